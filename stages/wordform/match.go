package wordform

import (
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// rowPattern is a row of the paper: what it looks like and where its answers go.
type rowPattern struct {
	section int // -1: the cover
	slots   []templates.PaperSlot
	years   *rowPattern // the header that says which year its columns are
	turned  map[int]int // of a header: the year that stands where the paper has another; nil: as on the paper
	used    bool
}

// rowAbove is a row of the document with the pattern that it fits.
type rowAbove struct {
	table   *docTable
	pattern int
	how     pairing
}

// learn makes the patterns of all rows of the paper, and the list of its own words.
func (w *binder) learn() {
	w.wordings = map[string]bool{}
	own := func(words string) {
		for line := range strings.SplitSeq(words, "\n") {
			w.wordings[text.NameKey(line)] = true
		}
		w.wordings[labelKey(words)], w.wordings[text.NameKey(words)] = true, true
	}
	for _, words := range []string{w.d.Paper.Attachment, w.d.Form.Title, w.d.Form.Dated} {
		own(words)
	}
	for _, id := range w.d.Paper.Notes {
		own(w.d.Form.Note(id))
	}
	for _, id := range w.d.Paper.Cover {
		f := w.d.Field(id)
		own(f.PaperLabel())
		w.patterns = append(w.patterns, &rowPattern{section: -1, slots: []templates.PaperSlot{
			{Cell: &templates.PaperCell{PaperItem: templates.PaperItem{Label: id}}, Starts: true},
			{Cell: &templates.PaperCell{PaperItem: w.d.Paper.CoverItem(id)}, Starts: true}}})
	}
	for i, s := range w.d.Paper.Sections {
		own(s.Heading(w.d.Form))
		for _, t := range s.Tables {
			var header *rowPattern
			for _, slots := range t.Grid {
				p := &rowPattern{section: i, slots: slots}
				years, answers := 0, 0
				for _, slot := range slots {
					for _, item := range slot.Cell.Items() {
						own(w.d.Wording(*item))
						own(w.d.Form.Note(item.Footnote))
						if item.Year != "" && slot.Starts {
							years++
						}
						if item.Filled() && len(item.Refs) > 0 && item.Refs[0].Year != 0 {
							answers++
						}
					}
				}
				if years > 1 {
					header = p
				} else if answers > 1 {
					p.years = header
				}
				w.patterns = append(w.patterns, p)
			}
		}
	}
	delete(w.wordings, "")
}

// heading says which section a paragraph begins; below 0: none.
func (w *binder) heading(text string) int {
	key := headingKey(text)
	return slices.IndexFunc(w.d.Paper.Sections, func(s *templates.PaperSection) bool {
		return key != "" && key == headingKey(s.Heading(w.d.Form))
	})
}

// label gives the key of a slot that holds words of the form; not ok where people write there.
func (w *binder) label(slot templates.PaperSlot) (key string, group, ok bool) {
	if slot.Cell.Lines != nil || slot.Cell.Filled() {
		return "", false, false
	}
	return labelKey(w.d.Wording(slot.Cell.PaperItem)), slot.Cell.Group != "" || slot.Cell.Note != "", true
}

// pairing is how the cells of a row answer a pattern.
type pairing struct {
	score int
	taken map[int]templates.PaperItem // cells that are labels, and of what
	slots []templates.PaperSlot
	cells [][]docCell // for each of slots
}

// match pairs a row with a pattern. Its labels must be there, but for those of groups and those reaching in from above;
// where there are no others, the last.
func (w *binder) match(p *rowPattern, row []docCell, keys []string) (pairing, bool) {
	out := pairing{taken: map[int]templates.PaperItem{}}
	need := -1
	for i, slot := range p.slots {
		if key, group, ok := w.label(slot); ok && key != "" && (!slot.Starts || group) {
			need = i
		} else if ok && key != "" {
			need = -1
			break
		}
	}
	var pending []templates.PaperSlot
	at := 0
	settle := func(until int) {
		cells := row[at:until]
		if len(pending) == len(cells) {
			for k, slot := range pending {
				out.slots, out.cells = append(out.slots, slot), append(out.cells, cells[k:k+1])
			}
		} else if len(pending) == 1 && len(cells) > 0 {
			out.slots, out.cells = append(out.slots, pending[0]), append(out.cells, cells)
		}
		pending = nil
	}
	for i, slot := range p.slots {
		key, group, isLabel := w.label(slot)
		if !isLabel {
			pending = append(pending, slot)
			continue
		}
		if key == "" {
			continue
		}
		found := at + slices.Index(keys[at:], key)
		if found < at {
			if i == need || need < 0 && slot.Starts && !group {
				return out, false
			}
			continue
		}
		settle(found)
		out.taken[found] = slot.Cell.PaperItem
		out.score += 10
		at = found + 1
	}
	settle(len(row))
	if out.score > 0 {
		out.score += w.units(out)
	}
	return out, out.score > 0
}

// units lets the units in the cells speak: 人次 and 课时数 stand in two rows under one label.
func (w *binder) units(p pairing) (score int) {
	for i, slot := range p.slots {
		refs := slot.Cell.Refs
		if len(refs) != 1 || w.d.Field(refs[0].Field).PaperUnit() == "" {
			continue
		}
		words := text.NameKey(p.cells[i][0].text)
		if strings.HasSuffix(words, text.NameKey(w.d.Field(refs[0].Field).PaperUnit())) {
			score++
		}
	}
	return score
}

// turn gives a header with its years in the order of a row, and which year then stands in the place of which; none
// where the row has other years than the header, or the same order.
func (w *binder) turn(p *rowPattern, keys []string) (*rowPattern, map[int]int) {
	ofKey := map[string]templates.PaperSlot{}
	var at []int // the slots of years
	for i, slot := range p.slots {
		if slot.Cell.Year != "" && slot.Starts {
			ofKey[labelKey(w.d.Wording(slot.Cell.PaperItem))] = slot
			at = append(at, i)
		}
	}
	var shown []templates.PaperSlot
	for _, key := range keys {
		if slot, ok := ofKey[key]; ok {
			shown = append(shown, slot)
			delete(ofKey, key)
		}
	}
	if len(at) < 2 || len(shown) != len(at) {
		return nil, nil
	}
	out, years, moved := &rowPattern{section: p.section, slots: slices.Clone(p.slots)}, map[int]int{}, false
	for k, i := range at {
		was, is := w.d.Form.Year(p.slots[i].Cell.Year).Year, w.d.Form.Year(shown[k].Cell.Year).Year
		out.slots[i], years[was] = shown[k], is
		moved = moved || was != is
	}
	if !moved {
		return nil, nil
	}
	return out, years
}

// below pairs a row that shows no words of the form with the row of the paper under the one just read, whose labels all
// reach down from above: 课时数 under 人次, where somebody has split the cell of the label.
func (w *binder) below(t *docTable, row []docCell) (pattern int, how pairing) {
	if w.above == nil || w.above.table != t || w.above.pattern+1 == len(w.patterns) || w.patterns[w.above.pattern+1].used {
		return -1, how
	}
	p := w.patterns[w.above.pattern+1]
	for _, slot := range p.slots {
		if _, _, isLabel := w.label(slot); !isLabel {
			how.slots = append(how.slots, slot)
		} else if slot.Starts {
			return -1, how
		}
	}
	labels := len(row) - len(how.slots)
	if labels <= 0 || slices.ContainsFunc(row[:labels], func(c docCell) bool { return c.text != "" }) {
		return -1, how
	}
	how.cells = table.Each(row[labels:], func(c docCell) []docCell { return []docCell{c} })
	return w.above.pattern + 1, how
}

// Difference is what a Word form and the workbook of the same consortium say differently.
type Difference struct {
	Ref        templates.Ref
	Word, Book table.Observation
}

// Differences compares a Word form with a workbook value by value, in the order of the form: nothing personal, and no
// signature; of the roster, who is listed. Supplementary figures count only where the Word form has them.
func Differences(d *templates.Definition, word, book *table.Form) []Difference {
	var out []Difference
	for _, slot := range d.Layout().Slots() {
		f, r := slot.Field, templates.Ref{Field: slot.Field.ID, Year: slot.Year}
		if f.Personal || f.Extra || f.Locked || f.Type == templates.ConfirmField {
			continue
		}
		is, was := word.Observe(r), book.Observe(r)
		byHand := f.Type == templates.DateField || d.Supplementary(f, r.Year)
		// by keys, which have no blanks and line ends: a printed page may have others
		same := is.Status == was.Status && text.NameKey(said(is)) == text.NameKey(said(was))
		if !same && !book.NotAsked(r) && !(is.Status == table.Missing && byHand) {
			out = append(out, Difference{r, is, was})
		}
	}
	for _, k := range d.Form.Kinds {
		is, was := members(word, k.ID), members(book, k.ID)
		if !slices.Equal(keys(is), keys(was)) {
			out = append(out, Difference{templates.Ref{Field: "members_name"}, listed(k, is, was), listed(k, was, is)})
		}
	}
	return out
}

func said(o table.Observation) string {
	if o.Status == table.Invalid {
		return o.Raw
	}
	return o.Value
}

func members(f *table.Form, kind string) []table.Member {
	return table.Where(slices.Values(f.Members), func(m table.Member) bool { return m.Kind == kind })
}

func names(list []table.Member) []string {
	return table.Each(list, func(m table.Member) string { return m.Name })
}

func keys(list []table.Member) []string {
	return slices.Sorted(slices.Values(table.Each(list, func(m table.Member) string { return m.NameKey })))
}

// listed names the members of a kind that others do not have, at the first one's place.
func listed(k templates.MemberKind, list, others []table.Member) table.Observation {
	there := keys(others)
	own := table.Where(slices.Values(list), func(m table.Member) bool { return !slices.Contains(there, m.NameKey) })
	o := table.Observation{Status: table.Normal, Value: k.Label + "：" + strings.Join(names(own), "、")}
	if len(own) > 0 {
		o.Place = model.Place{Sheet: own[0].Sheet, Cell: own[0].Cell}
	}
	return o
}
