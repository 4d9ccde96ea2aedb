package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"lianheti/stages/model"
	"lianheti/stages/text"
	"lianheti/templates"
)

// wordBinder brings the texts of a Word form to the fields. Rows of tables are recognised by the labels in them, in whatever
// order and however cells were merged or split; what stands between labels are the answers, in the order of the paper.
type wordBinder struct {
	d    *templates.Definition
	file string
	doc  *wordDocument

	patterns   []*wordPattern
	wordings   map[string]bool // the form's own texts, by labelKey and by text.NameKey
	values     map[templates.Ref]model.Cell
	roster     []rosterRow
	above      *rowAbove          // the row last recognised
	free       map[int][]freeText // texts of the sections that have no labels, by section
	unplaced   []Unplaced
	read       int // texts that people wrote
	recognised int // rows
}

// wordPattern is a row of the paper: what it looks like and where its answers go.
type wordPattern struct {
	section int // -1: the cover
	slots   []templates.PaperSlot
	years   *wordPattern // the header that says which year its columns are
	turned  map[int]int  // of a header: the year that stands where the paper has another; nil: as on the paper
	used    bool
}

// rosterRow is what one row says of the members of a kind: how many they are, how many students they have, and who they are.
type rosterRow struct {
	kind            string
	row             int
	count, students string
	counted         model.Place // where count and students stand
	units           []rosterUnit
}

type rosterUnit struct {
	name, enrolment string
	place           model.Place
}

// rowAbove is a row of the document with the pattern that it fits.
type rowAbove struct {
	table   *wordTable
	pattern int
	how     pairing
}

type freeText struct {
	text  string
	place model.Place
}

// longestLabel is more than any label of the form has, in bytes, with what people add to it.
const longestLabel = 4096

// A Word file with fewer rows of the form than this is not the form.
const fewestRows = 8

var (
	inBrackets  = regexp.MustCompile(`\([^()]*\)`)
	wordLimit   = regexp.MustCompile(`[（(]\s*(?:不超过)?\s*[0-9０-９]+\s*字\s*(?:以内)?\s*[）)]`)
	handDate    = regexp.MustCompile(`[0-9０-９]{4}\s*年\s*[0-9０-９]{1,2}\s*月\s*[0-9０-９]{1,2}\s*日`)
	listNumber  = regexp.MustCompile(`^\s*(?:[0-9]{1,3}\s*[.、)）．]|[（(][0-9]{1,3}[)）]|[①-⑳])\s*`)
	figures     = regexp.MustCompile(`[0-9]+(?:[.,/][0-9]+)*`)
	listEnd     = regexp.MustCompile(`等(?:[0-9０-９一二三四五六七八九十]+[家所个])?$`)
	inSchool    = regexp.MustCompile(`[（(]\s*(?:在校生)?(?:数)?[:：]?\s*([0-9０-９,，]+)\s*(?:名|人)?\s*[）)]$`)
	countCell   = regexp.MustCompile(`^([0-9,]+)[^0-9(]*(?:\(?[^0-9]*([0-9][0-9,]*(?:\.[0-9]+)?)[^0-9]*\)?)?$`)
	memberBreak = regexp.MustCompile(`[、，,；;\n\t]+|\s{2,}`)
)

// labelKey makes labels comparable: without blanks, punctuation, bracketed units and limits, and the number of a footnote behind.
func labelKey(s string) string {
	s = inBrackets.ReplaceAllString(strings.ReplaceAll(text.NameKey(s), "(公章)", ""), "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
	return strings.TrimRight(s, "0123456789")
}

// headingKey is the key of a section's title, with or without its number.
func headingKey(s string) string { return strings.TrimLeft(labelKey(s), "0123456789") }

// bind reads the document from top to bottom; false where it is not the form.
func (w *wordBinder) bind() bool {
	w.values, w.free = map[templates.Ref]model.Cell{}, map[int][]freeText{}
	w.learn()
	section := -1
	for i, block := range w.doc.blocks {
		if block.table != nil {
			for _, row := range block.table.rows {
				w.row(block.table, row, section)
			}
			continue
		}
		if s, ok := w.heading(block.text); ok {
			section = s
			continue
		}
		w.paragraph(block.text, section, model.Place{File: w.file, Sheet: "正文", Cell: fmt.Sprintf("第%d段", i+1)})
	}
	if w.recognised < fewestRows {
		return false
	}
	for i, s := range w.d.Paper.Sections {
		w.section(i, s)
	}
	w.compareCounts()
	return true
}

// learn makes the patterns of all rows of the paper, and the list of its own words.
func (w *wordBinder) learn() {
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
		w.patterns = append(w.patterns, &wordPattern{section: -1, slots: []templates.PaperSlot{
			{Cell: &templates.PaperCell{PaperItem: templates.PaperItem{Label: id}}, Began: true},
			{Cell: &templates.PaperCell{PaperItem: w.d.Paper.Answer(id)}, Began: true}}})
	}
	for i, s := range w.d.Paper.Sections {
		own(s.Heading(w.d.Form))
		for _, t := range s.Tables {
			var header *wordPattern
			for _, slots := range t.Grid() {
				p := &wordPattern{section: i, slots: slots}
				years, answers := 0, 0
				for _, slot := range slots {
					for _, item := range slot.Cell.Items() {
						own(w.d.Wording(item))
						own(w.d.Form.Note(item.Footnote))
						if item.Year != "" && slot.Began {
							years++
						}
						if item.Filled() && len(item.Values()) > 0 && item.Values()[0].Year != 0 {
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

// heading says which section a paragraph begins.
func (w *wordBinder) heading(text string) (section int, ok bool) {
	for i, s := range w.d.Paper.Sections {
		if key := headingKey(text); key != "" && key == headingKey(s.Heading(w.d.Form)) {
			return i, true
		}
	}
	return 0, false
}

// label gives the key of a slot that holds words of the form; not ok where people write there.
func (w *wordBinder) label(slot templates.PaperSlot) (key string, group, ok bool) {
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
	cells [][]wordCell // for each of slots
}

// match pairs a row with a pattern. Its labels must be there, but for those of groups and those that only reach in from above; where
// there are no others, the last.
func (w *wordBinder) match(p *wordPattern, row []wordCell, keys []string) (pairing, bool) {
	out := pairing{taken: map[int]templates.PaperItem{}}
	need := -1
	for i, slot := range p.slots {
		if key, group, ok := w.label(slot); ok && key != "" && (!slot.Began || group) {
			need = i
		} else if ok && key != "" {
			need = -1
			break
		}
	}
	var pending []templates.PaperSlot
	at := 0
	settle := func(until int) {
		var cells []wordCell
		for k := at; k < until; k++ {
			cells = append(cells, row[k])
		}
		if len(pending) == len(cells) {
			for k, slot := range pending {
				out.slots, out.cells = append(out.slots, slot), append(out.cells, []wordCell{cells[k]})
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
		found := -1
		for k := at; k < len(row) && found < 0; k++ {
			if keys[k] == key {
				found = k
			}
		}
		if found < 0 {
			if i == need || need < 0 && slot.Began && !group {
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
func (w *wordBinder) units(p pairing) (score int) {
	for i, slot := range p.slots {
		refs := slot.Cell.Values()
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

// row finds the pattern that a row of the document fits best, and takes its answers.
func (w *wordBinder) row(t *wordTable, row []wordCell, section int) {
	best, how, turned := -1, pairing{}, map[int]int(nil)
	keys, known := make([]string, len(row)), false
	for i, c := range row {
		if len(c.text) > longestLabel { // it may reach down through many rows
			continue
		}
		keys[i] = labelKey(c.text)
		known = known || w.wordings[keys[i]]
	}
	if known {
		for i, p := range w.patterns {
			if p.used {
				continue
			}
			if m, ok := w.match(p, row, keys); ok && (best < 0 || m.score > how.score) {
				best, how, turned = i, m, nil
			}
			if other, years := w.turn(p, keys); years != nil {
				if m, ok := w.match(other, row, keys); ok && (best < 0 || m.score > how.score) {
					best, how, turned = i, m, years
				}
			}
		}
	}
	if best < 0 {
		best, how = w.below(t, row)
	}
	if best >= 0 {
		w.patterns[best].turned = turned
		w.take(t, row, best, how, section)
		return
	}
	if w.moreUnits(t, row) {
		return
	}
	head := ""
	for _, c := range row {
		if c.continued || c.text == "" {
			continue
		}
		w.above = nil // what follows goes on with this row
		w.leftover(c.text, head, section, w.at(t, c))
		if head == "" {
			head = c.text
		}
	}
}

// turn gives a header as it would be with its years in the order of a row, and which year then stands in the place of which; none
// where the row has other years than the header, or the same order.
func (w *wordBinder) turn(p *wordPattern, keys []string) (*wordPattern, map[int]int) {
	ofKey := map[string]templates.PaperSlot{}
	var at []int // the slots of years
	for i, slot := range p.slots {
		if slot.Cell.Year != "" && slot.Began {
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
	out, years, moved := &wordPattern{section: p.section, slots: slices.Clone(p.slots)}, map[int]int{}, false
	for k, i := range at {
		was, _ := w.d.Form.Year(p.slots[i].Cell.Year)
		is, _ := w.d.Form.Year(shown[k].Cell.Year)
		out.slots[i], years[was.Year] = shown[k], is.Year
		moved = moved || was.Year != is.Year
	}
	if !moved {
		return nil, nil
	}
	return out, years
}

// take takes the answers of a row that fits a pattern. What stands in cells beyond those of the pattern is listed.
func (w *wordBinder) take(t *wordTable, row []wordCell, pattern int, how pairing, section int) {
	p := w.patterns[pattern]
	p.used = true
	w.recognised++
	w.above = &rowAbove{t, pattern, how}
	answered := map[int]bool{} // by column
	for i, slot := range how.slots {
		for _, c := range how.cells[i] {
			answered[c.col] = true
		}
		w.answer(p, slot, how.cells[i], t)
	}
	label := ""
	for i, c := range row {
		if item, taken := how.taken[i]; taken {
			label = strings.TrimSpace(c.text)
			if added := w.added(item, c.text); added && !c.continued {
				w.lose(c.text, w.at(t, c), "内容写在栏目名称的格子里，请填到它右边的格子对应的栏目")
			}
		} else if !answered[c.col] && !c.continued {
			w.leftover(c.text, label, section, w.at(t, c))
		}
	}
}

// added says whether somebody wrote an answer into the cell of a label: a number or words in brackets that the paper doesn't have
// there. The number of a footnote is none.
func (w *wordBinder) added(item templates.PaperItem, words string) bool {
	const longestUnit = 3
	own := text.NameKey(w.d.Wording(item))
	shown := text.NameKey(wordLimit.ReplaceAllString(words, ""))
	numbers := figures.FindAllString(own, -1)
	for _, n := range figures.FindAllString(shown, -1) {
		if k := slices.Index(numbers, n); k >= 0 {
			numbers = slices.Delete(numbers, k, k+1)
		} else if item.Footnote == "" || len(n) > 1 {
			return true
		}
	}
	for _, said := range inBrackets.FindAllString(shown, -1) {
		if inner := strings.Trim(said, "()"); len([]rune(inner)) > longestUnit && !strings.Contains(own, inner) && said != "(公章)" {
			return true
		}
	}
	return false
}

// below pairs a row that shows no words of the form with the row of the paper under the one just read, whose labels all reach
// down from above: 课时数 under 人次, where somebody has split the cell of the label.
func (w *wordBinder) below(t *wordTable, row []wordCell) (pattern int, how pairing) {
	if w.above == nil || w.above.table != t || w.above.pattern+1 == len(w.patterns) || w.patterns[w.above.pattern+1].used {
		return -1, how
	}
	p := w.patterns[w.above.pattern+1]
	for _, slot := range p.slots {
		if _, _, isLabel := w.label(slot); !isLabel {
			how.slots = append(how.slots, slot)
		} else if slot.Began {
			return -1, how
		}
	}
	labels := len(row) - len(how.slots)
	if labels <= 0 || slices.ContainsFunc(row[:labels], func(c wordCell) bool { return c.text != "" }) {
		return -1, how
	}
	for _, c := range row[labels:] {
		how.cells = append(how.cells, []wordCell{c})
	}
	return w.above.pattern + 1, how
}

// moreUnits takes a row that goes on with the members of the row above: added by people who give each unit a row.
func (w *wordBinder) moreUnits(t *wordTable, row []wordCell) bool {
	if w.above == nil || w.above.table != t {
		return false
	}
	counts, names, kind := -1, -1, ""
	for i, slot := range w.above.how.slots {
		switch at := w.above.how.cells[i][0].col; {
		case slot.Cell.Count != "":
			counts = at
		case slot.Cell.Names != "":
			names, kind = at, slot.Cell.Names
		}
	}
	if kind == "" {
		return false
	}
	label, _ := w.d.Form.Kind(kind)
	var count, name []wordCell
	for _, c := range row {
		switch {
		case c.continued || c.text == "":
		case c.col >= names:
			name = append(name, c)
		case c.col >= counts:
			count = append(count, c)
		case labelKey(c.text) != labelKey(label.Label): // another kind, which the form does not have
			return false
		}
	}
	if len(name) == 0 {
		return false
	}
	for _, c := range count {
		w.count(kind, c.row, c.text, w.at(t, c))
	}
	for _, c := range name {
		w.names(kind, c.row, c.text, w.at(t, c))
	}
	return true
}

// answer takes what people wrote into one slot of the paper.
func (w *wordBinder) answer(p *wordPattern, slot templates.PaperSlot, cells []wordCell, t *wordTable) {
	var texts []string
	for _, c := range cells {
		if text := strings.TrimSpace(c.text); text != "" {
			texts = append(texts, text)
		}
	}
	text, place := strings.Join(texts, "\n"), w.at(t, cells[0])
	if text == "" {
		return
	}
	if p.years != nil && !p.years.used {
		w.lose(text, place, "这一部分的表头不是本批次的年度，分不清是哪一年的数")
		return
	}
	switch item := slot.Cell.PaperItem; {
	case slot.Cell.Lines != nil:
		w.lines(slot.Cell, text, place)
	case item.Count != "":
		w.count(item.Count, cells[0].row, text, place)
	case item.Names != "":
		w.names(item.Names, cells[0].row, text, place)
	default:
		refs := slices.Clone(item.Values())
		for i := range refs {
			if p.years != nil && p.years.turned != nil {
				refs[i].Year = p.years.turned[refs[i].Year]
			}
		}
		w.set(refs, text, place)
	}
}

// set gives a text to the fields that share its place.
func (w *wordBinder) set(refs []templates.Ref, words string, place model.Place) {
	texts := []string{words}
	if len(refs) > 1 {
		texts = strings.FieldsFunc(words, func(r rune) bool { return r == '/' || r == '／' || r == '\n' })
		if joined := strings.TrimSpace(words); strings.HasPrefix(joined, "/") || strings.HasPrefix(joined, "／") {
			texts = append([]string{""}, texts...)
		}
		if strings.Trim(words, "/／ \n") == "" {
			return
		}
		if len(texts) != len(refs) {
			w.lose(words, place, "这一格要填"+w.d.Name(refs[0])+"等 "+strconv.Itoa(len(refs))+" 项，用 / 隔开，分不清哪个是哪项")
			return
		}
	}
	for i, r := range refs {
		f := w.d.Field(r.Field)
		clean := strings.Trim(wordLimit.ReplaceAllString(texts[i], ""), " \t\n　_＿")
		if !f.Long() {
			clean = strings.TrimSpace(strings.TrimSuffix(clean, f.Seal))
		}
		if clean == "" || text.NameKey(clean) == text.NameKey(f.PaperUnit()) {
			continue
		}
		if had, ok := w.values[r]; ok {
			if text.NameKey(had.Raw) != text.NameKey(clean) {
				w.lose(clean, place, w.d.Name(r)+"前面已填“"+had.Raw+"”，两处不一致，取前面的")
			}
			continue
		}
		w.read++
		w.values[r] = model.Cell{Place: place, Kind: model.Text, Raw: clean, Shown: clean, Filled: true}
	}
}

// rosterRow gives what a row says of a kind.
func (w *wordBinder) rosterRow(kind string, row int) *rosterRow {
	if n := len(w.roster); n == 0 || w.roster[n-1].kind != kind || w.roster[n-1].row != row {
		w.roster = append(w.roster, rosterRow{kind: kind, row: row})
	}
	return &w.roster[len(w.roster)-1]
}

// count reads how many members there are, and how many students.
func (w *wordBinder) count(kind string, row int, words string, place model.Place) {
	m := countCell.FindStringSubmatch(strings.ReplaceAll(text.NameKey(words), "，", ","))
	if m == nil {
		w.lose(words, place, "读不出数量")
		return
	}
	w.read++
	u := w.rosterRow(kind, row)
	u.count, u.students, u.counted = strings.ReplaceAll(m[1], ",", ""), strings.ReplaceAll(m[2], ",", ""), place
}

// names splits the members of a kind: by marks and line ends, not inside brackets.
func (w *wordBinder) names(kind string, row int, text string, place model.Place) {
	w.read++
	r := w.rosterRow(kind, row)
	var shielded strings.Builder
	depth := 0
	for _, r := range text {
		switch r {
		case '（', '(':
			depth++
		case '）', ')':
			depth = max(0, depth-1)
		case '、', '，', ',', '；', ';':
			if depth > 0 {
				r += inside
			}
		}
		shielded.WriteRune(r)
	}
	for _, name := range memberBreak.Split(shielded.String(), -1) {
		name = strings.Map(func(r rune) rune {
			if r >= inside && r < inside+0x10000 {
				return r - inside
			}
			return r
		}, name)
		name = strings.TrimSpace(listEnd.ReplaceAllString(listNumber.ReplaceAllString(name, ""), ""))
		u := rosterUnit{name: name, place: place}
		if school := inSchool.FindStringSubmatch(name); school != nil {
			u.enrolment, u.name = school[1], strings.TrimSpace(strings.TrimSuffix(name, school[0]))
		}
		if u.name != "" && u.name != "无" {
			r.units = append(r.units, u)
		}
	}
}

// inside shifts a mark within brackets into the private planes, so that it does not split.
const inside = 0xF0000

// lines reads a cell in which several things are printed: the pledge, the prefecture's opinion.
func (w *wordBinder) lines(cell *templates.PaperCell, words string, place model.Place) {
	var value *templates.PaperItem
	var dates []templates.Ref
	labels := map[string]bool{} // what stands before a signature -> false, before the value -> true
	for i, item := range cell.Lines {
		switch {
		case item.Value != "":
			value = &cell.Lines[i]
		case item.Hand && item.Label != "":
			dates = append(dates, templates.Ref{Field: item.Label})
		case len([]rune(w.d.Wording(item))) > 30:
			before, after, _ := cutWording(words, w.d.Wording(item))
			words = before + "\n" + after
		default:
			labels[text.NameKey(w.d.Wording(item))] = false
		}
	}
	if value != nil {
		for _, item := range cell.Lines {
			if item.Label == value.Values()[0].Field {
				labels[text.NameKey(w.d.Wording(item))] = true
			}
		}
	}
	var rest []string
	for line := range strings.SplitSeq(words, "\n") {
		line = strings.TrimSpace(line)
		if found := handDate.FindString(line); found != "" && text.NameKey(found) == text.NameKey(line) && len(dates) > 0 {
			w.set(dates[:1], found, place)
			continue
		}
		own, remains := false, line
		for key, ofValue := range labels {
			if after, ok := cutPrefix(line, key); ok {
				own, remains = true, after
				if !ofValue && strings.Trim(after, " \t　:：_＿年月日") != "" {
					w.lose(line, place, "签字、盖章以纸质版为准，不进模板")
				}
				if !ofValue {
					remains = ""
				}
			}
		}
		switch {
		case strings.Trim(text.NameKey(remains), "年月日_") == "":
		case value != nil:
			rest = append(rest, remains)
		case !own:
			w.lose(line, place, "这一格只印承诺、签字和盖章处")
		}
	}
	if value != nil && len(rest) > 0 {
		w.set(value.Values(), strings.Join(rest, "\n"), place)
	}
}

// cutPrefix takes a label off the beginning of a line, whatever blanks stand in it. It reads no further than the label goes.
func cutPrefix(line, key string) (rest string, ok bool) {
	left := key
	for i, r := range line {
		if left == "" {
			return strings.TrimSpace(line[i:]), key != ""
		}
		if left, ok = strings.CutPrefix(left, text.NameKey(string(r))); !ok {
			return line, false
		}
	}
	return "", left == "" && key != ""
}

// cutWording takes words of the form out of a text, whatever blanks and line ends stand in them.
func cutWording(text, wording string) (before, after string, ok bool) {
	squeeze := func(s string) []rune { return []rune(strings.Join(strings.Fields(s), "")) }
	want, runes := squeeze(wording), []rune(text)
	var dense []rune
	var where []int // of each dense rune, in runes
	for i, r := range runes {
		if !unicode.IsSpace(r) {
			dense, where = append(dense, r), append(where, i)
		}
	}
	at := strings.Index(string(dense), string(want))
	if at < 0 || len(want) == 0 {
		return text, "", false
	}
	from := len([]rune(string(dense)[:at]))
	return string(runes[:where[from]]), string(runes[where[from+len(want)-1]+1:]), true
}

// paragraph takes a text between the tables.
func (w *wordBinder) paragraph(words string, section int, place model.Place) {
	if section < 0 {
		for _, id := range w.d.Paper.Cover {
			f := w.d.Field(id)
			if rest, ok := cutPrefix(words, text.NameKey(f.PaperLabel())); ok {
				w.set(w.d.Paper.Answer(id).Values(), strings.Trim(rest, " \t　:：_＿"), place)
				return
			}
		}
	}
	w.leftover(words, "", section, place)
}

// leftover takes a text that answers no label: the form's own words, or what is written in a section without labels. head is
// what its row begins with, where it stands in one.
func (w *wordBinder) leftover(words, head string, section int, place model.Place) {
	if strings.TrimSpace(words) == "" || w.wordings[text.NameKey(words)] || w.wordings[labelKey(words)] {
		return
	}
	key := text.NameKey(words)
	for i, s := range w.d.Paper.Sections {
		cell := unlabelled(s)
		if cell == nil {
			continue
		}
		for _, item := range cell.Items() { // the limit or the declaration says where it belongs, whatever heading stands above
			if own := text.NameKey(w.d.Wording(item)); own != "" && strings.Contains(key, own) {
				section = i
			}
		}
	}
	if section >= 0 && unlabelled(w.d.Paper.Sections[section]) != nil {
		w.free[section] = append(w.free[section], freeText{words, place})
		return
	}
	why := "认不出是哪个栏目的内容"
	if head != "" {
		why += "（所在行：" + head + "）"
	}
	w.lose(words, place, why)
}

// unlabelled gives the one cell of a section in which people write without a label beside it; nil where there is none.
func unlabelled(s *templates.PaperSection) *templates.PaperCell {
	if len(s.Tables) == 1 && len(s.Tables[0].Rows) == 1 && len(s.Tables[0].Rows[0]) == 1 {
		return s.Tables[0].Rows[0][0]
	}
	return nil
}

// section reads what was written in a section without labels: its text, and whether its declaration was confirmed.
func (w *wordBinder) section(i int, s *templates.PaperSection) {
	cell, free := unlabelled(s), w.free[i]
	if cell == nil || len(free) == 0 {
		return
	}
	var texts []string
	for _, f := range free {
		texts = append(texts, f.text)
	}
	text := strings.Join(texts, "\n")
	for _, item := range cell.Items() {
		if item.Declare == "" {
			continue
		}
		before, after, printed := cutWording(text, w.d.Wording(item))
		if !printed {
			continue
		}
		mark := ""
		if head, last := lastRune(before); strings.ContainsRune("☑☒√✓✔■☐□×✗", last) {
			mark, before = string(last), head
		} else if first := strings.TrimLeft(after, " \t　"); first != "" && strings.ContainsRune("☑☒√✓✔■☐□×✗", []rune(first)[0]) {
			mark, after = string([]rune(first)[0]), strings.TrimPrefix(first, string([]rune(first)[0]))
		}
		if mark == "" {
			w.lose(w.d.Wording(item), free[0].place, "Word 版照印了这一句，没有勾选；请在模板中选“"+w.d.Form.Confirm.Checked+"”或“"+w.d.Form.Confirm.Unchecked+"”")
		} else {
			w.set(item.Values(), mark, free[0].place)
		}
		text = before + after
	}
	for _, item := range cell.Items() {
		if item.Value != "" {
			w.set(item.Values(), strings.TrimSpace(text), free[0].place)
		}
	}
}

// lastRune gives the last sign of a text that is no blank, and what stands before it.
func lastRune(s string) (before string, last rune) {
	runes := []rune(strings.TrimRight(s, " \t\n　"))
	if len(runes) == 0 {
		return "", 0
	}
	return string(runes[:len(runes)-1]), runes[len(runes)-1]
}

func (w *wordBinder) lose(text string, place model.Place, why string) {
	w.read++
	w.unplaced = append(w.unplaced, Unplaced{place, strings.TrimSpace(text), why})
}

// compareCounts compares the counts of members with those listed, and gives the students of a row to its school where it is one.
func (w *wordBinder) compareCounts() {
	for _, k := range w.d.Form.Kinds {
		listed, counted := 0, 0
		var at *rosterRow // the first that gives a count
		for i := range w.roster {
			r := &w.roster[i]
			if r.kind != k.ID {
				continue
			}
			listed += len(r.units)
			if r.count == "" {
				continue
			}
			if at == nil {
				at = r
			}
			n, _ := strconv.Atoi(r.count)
			counted += n
			given := slices.ContainsFunc(r.units, func(u rosterUnit) bool { return u.enrolment != "" })
			switch {
			case r.students == "" || !k.School || given:
			case n == 1 && len(r.units) == 1:
				r.units[0].enrolment = r.students
			default:
				w.lose(r.students, r.counted, fmt.Sprintf("%s的在校生数是 %d 所合计，模板要逐校填写", k.Label, n))
			}
		}
		if at != nil && counted != listed {
			w.lose(strconv.Itoa(counted), at.counted, fmt.Sprintf("%s写的数量是 %d，单位名称读出 %d 家，请核对成员名册", k.Label, counted, listed))
		}
	}
}

// entries gives every field of the form in the order of the template, blank ones too, and the roster.
func (w *wordBinder) entries() []model.Entry {
	var out []model.Entry
	nowhere := model.Place{File: w.file, Sheet: "Word 版"}
	for _, slot := range w.d.Layout().Slots() {
		e := model.Entry{Field: slot.Field.ID, Year: slot.Year, Cell: model.Cell{Place: nowhere}}
		if cell, ok := w.values[templates.Ref{Field: slot.Field.ID, Year: slot.Year}]; ok {
			e.Cell = cell
		}
		out = append(out, e)
	}
	leads := map[string]bool{}
	for _, field := range []string{"lead_school", "lead_enterprise"} {
		leads[text.NameKey(w.values[templates.Ref{Field: field}].Raw)] = true
	}
	record := 0
	for _, k := range w.d.Form.Kinds {
		for _, r := range w.roster {
			for _, u := range r.units {
				if r.kind != k.ID {
					continue
				}
				record++
				column := func(field, words string) {
					if words != "" {
						out = append(out, model.Entry{Field: field, Record: record, Cell: model.Cell{Place: u.place, Kind: model.Text, Raw: words, Shown: words, Filled: true}})
					}
				}
				column("members_kind", k.Label)
				column("members_name", u.name)
				column("members_enrolment", u.enrolment)
				if leads[text.NameKey(u.name)] {
					column("members_lead", w.d.Form.Yes())
				}
			}
		}
	}
	return out
}
