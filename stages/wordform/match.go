package wordform

import (
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// rowPattern is a row of the official form: its labels, and the fields of its cells.
type rowPattern struct {
	section int // -1: the cover
	slots   []templates.PaperSlot
	years   *rowPattern // the header row with the years of its columns
	yearMap map[int]int // for a header: the year found in the place of each; nil: the same
	used    bool
}

// matchedRow is a table row with the pattern that it matches.
type matchedRow struct {
	table   *docTable
	pattern int
	match   rowMatch
}

// collectPatterns collects the patterns of all rows of the official form, and all its texts.
func (w *formReader) collectPatterns() {
	w.ownTexts = map[string]bool{}
	addOwn := func(words string) {
		for line := range strings.SplitSeq(words, "\n") {
			w.ownTexts[text.NameKey(line)] = true
		}
		w.ownTexts[labelKey(words)], w.ownTexts[text.NameKey(words)] = true, true
	}
	for _, words := range []string{w.d.Paper().Attachment, w.d.Form.Title, w.d.Form.Dated} {
		addOwn(words)
	}
	for _, id := range w.d.Paper().Notes {
		addOwn(w.d.Form.Note(id))
	}
	for _, id := range w.d.Paper().Cover {
		f := w.d.Field(id)
		addOwn(f.PaperLabel())
		w.patterns = append(w.patterns, &rowPattern{section: -1, slots: []templates.PaperSlot{
			{Cell: &templates.PaperCell{PaperItem: templates.PaperItem{Label: id}}, Starts: true},
			{Cell: &templates.PaperCell{PaperItem: w.d.Paper().CoverItem(id)}, Starts: true}}})
	}
	for i, s := range w.d.Paper().Sections {
		addOwn(s.Heading(w.d.Form))
		for _, t := range s.Tables {
			var header *rowPattern
			for _, slots := range t.Grid {
				p := &rowPattern{section: i, slots: slots}
				years, answers := 0, 0
				for _, slot := range slots {
					for _, item := range slot.Cell.Items() {
						addOwn(w.d.Wording(*item))
						addOwn(w.d.Form.Note(item.Footnote))
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
	delete(w.ownTexts, "")
}

// sectionOf returns the section that a heading begins; negative: it is no heading.
func (w *formReader) sectionOf(text string) int {
	key := headingKey(text)
	return slices.IndexFunc(w.d.Paper().Sections, func(s *templates.PaperSection) bool {
		return key != "" && key == headingKey(s.Heading(w.d.Form))
	})
}

// slotLabel returns the normalised label of a slot; not ok where people write there.
func (w *formReader) slotLabel(slot templates.PaperSlot) (key string, group, ok bool) {
	if slot.Cell.Lines != nil || slot.Cell.Filled() {
		return "", false, false
	}
	return labelKey(w.d.Wording(slot.Cell.PaperItem)), slot.Cell.Group != "" || slot.Cell.Note != "", true
}

// rowMatch maps the cells of a table row to the slots of a pattern.
type rowMatch struct {
	score  int
	labels map[int]templates.PaperItem // cells that hold labels
	slots  []templates.PaperSlot
	cells  [][]docCell // for each of slots
}

// match matches a table row with a pattern. All its labels must be there, except those of groups and those of cells
// that begin above; if it has only such labels, the last one must be.
func (w *formReader) match(p *rowPattern, row []docCell, keys []string) (rowMatch, bool) {
	out := rowMatch{labels: map[int]templates.PaperItem{}}
	need := -1
	for i, slot := range p.slots {
		if key, group, ok := w.slotLabel(slot); ok && key != "" && (!slot.Starts || group) {
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
		key, group, isLabel := w.slotLabel(slot)
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
		out.labels[found] = slot.Cell.PaperItem
		out.score += 10
		at = found + 1
	}
	settle(len(row))
	if out.score > 0 {
		out.score += w.unitScore(out)
	}
	return out, out.score > 0
}

// unitScore counts cells that end with the unit of their slot: 人次 and 课时数 are rows under one label.
func (w *formReader) unitScore(p rowMatch) (score int) {
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

// reorderYears returns a header with its years in the order of a row, and the new year by the old; nil: not needed.
func (w *formReader) reorderYears(p *rowPattern, keys []string) (*rowPattern, map[int]int) {
	ofKey := map[string]templates.PaperSlot{}
	var at []int // indexes of slots with years
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

// matchRowBelow matches a row without labels with the row of the form below the latest one, if the labels of that row
// all begin above: 课时数 under 人次, where somebody split the label cell.
func (w *formReader) matchRowBelow(t *docTable, row []docCell) (pattern int, match rowMatch) {
	if w.lastRow == nil || w.lastRow.table != t || w.lastRow.pattern+1 == len(w.patterns) {
		return -1, match
	}
	p := w.patterns[w.lastRow.pattern+1]
	if p.used {
		return -1, match
	}
	for _, slot := range p.slots {
		if _, _, isLabel := w.slotLabel(slot); !isLabel {
			match.slots = append(match.slots, slot)
		} else if slot.Starts {
			return -1, match
		}
	}
	labels := len(row) - len(match.slots)
	if labels <= 0 || slices.ContainsFunc(row[:labels], func(c docCell) bool { return c.text != "" }) {
		return -1, match
	}
	match.cells = table.Each(row[labels:], func(c docCell) []docCell { return []docCell{c} })
	return w.lastRow.pattern + 1, match
}

// Difference is a value that differs between a Word form and the workbook of the same consortium.
type Difference struct {
	Ref        templates.Ref
	Word, Book table.Observation
}

// Differences compares a Word form with a workbook in the order of the form, without personal data and signatures; of
// the roster, only who is listed. Supplementary figures are compared only where the Word form has them.
func Differences(d *templates.Definition, word, book *table.Form) []Difference {
	var out []Difference
	for _, slot := range d.Layout().Slots() {
		f, r := slot.Field, slot.Ref()
		if f.Personal || f.Extra || f.Locked || f.Type == templates.ConfirmField {
			continue
		}
		is, was := word.Observe(r), book.Observe(r)
		byHand := f.Type == templates.DateField || d.Supplementary(f, r.Year)
		// compared without spaces and line breaks, which differ on a printed page
		same := is.Status == was.Status && text.NameKey(displayValue(is)) == text.NameKey(displayValue(was))
		if !same && !book.NotAsked(r) && !(is.Status == table.Missing && byHand) {
			out = append(out, Difference{r, is, was})
		}
	}
	for _, k := range d.Form.Kinds {
		is, was := members(word, k.ID), members(book, k.ID)
		if !slices.Equal(keys(is), keys(was)) {
			name := templates.Ref{Field: "members_name"}
			out = append(out, Difference{name, membersOnlyIn(k, is, was), membersOnlyIn(k, was, is)})
		}
	}
	return out
}

func displayValue(o table.Observation) string {
	return table.Either(o.Status == table.Invalid, o.Raw, o.Value)
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

// membersOnlyIn names the members of a kind that the other list lacks, at the place of the first.
func membersOnlyIn(k templates.MemberKind, list, others []table.Member) table.Observation {
	there := keys(others)
	own := table.Where(slices.Values(list), func(m table.Member) bool { return !slices.Contains(there, m.NameKey) })
	o := table.Observation{Status: table.Normal, Value: k.Label + "：" + strings.Join(names(own), "、")}
	if len(own) > 0 {
		o.Place = model.Place{Sheet: own[0].Sheet, Cell: own[0].Cell}
	}
	return o
}
