// Package wordform is the official form (附件3) as a Word file, both ways: Write prints a submission, Read brings what
// somebody filled in to the fields of the form, by the labels before it, and lists what has no place with the reason.
package wordform

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Filled is a Word form that somebody has filled in. Places are tables, rows and cells of the document.
type Filled struct {
	Entries   []model.Entry // every field of the form in the order of the template, blank ones too, and the roster
	CellsRead int           // texts that people wrote
	Unplaced  []Unplaced    // those that became no value
	Code      string        // check code that the footers print; empty: none
	Foreign   string        // why the document is not the form; empty: it is
}

// Unplaced is a text of a Word form that became no value.
type Unplaced struct {
	Place model.Place
	Text  string
	Why   string
}

// Read reads the main part of a Word file, and the code in its footers. An error is a fault of the file (ooxml.Fault).
func Read(d *templates.Definition, file string, main []byte, footers ...[]byte) (*Filled, error) {
	doc, err := shown(main)
	if err != nil {
		return nil, err
	}
	w := &binder{d: d, file: file, doc: doc}
	if !w.bind() {
		return &Filled{Foreign: fmt.Sprintf("只认出 %d 行", w.recognised)}, nil
	}
	out := &Filled{Entries: w.entries(), CellsRead: w.read, Unplaced: w.unplaced}
	for _, footer := range footers {
		if doc, err := shown(footer); err == nil && out.Code == "" {
			for _, b := range doc.blocks {
				out.Code = cmp.Or(out.Code, table.FindCode(b.text))
			}
		}
	}
	return out, nil
}

// binder brings the texts of a Word form to the fields. Rows of tables are recognised by the labels in them, however
// cells were merged or split; what stands between labels are the answers, in the order of the paper.
type binder struct {
	d    *templates.Definition
	file string
	doc  *document

	patterns   []*rowPattern
	wordings   map[string]bool // the form's own texts, by labelKey and by text.NameKey
	values     map[templates.Ref]model.Cell
	roster     []rosterRow
	above      *rowAbove          // the row last recognised
	free       map[int][]freeText // texts of the sections that have no labels, by section
	unplaced   []Unplaced
	read       int // texts that people wrote
	recognised int // rows
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
	tickBefore  = regexp.MustCompile(`([☑☒√✓✔■☐□×✗])[ \t\n　]*$`)
	tickAfter   = regexp.MustCompile(`^[ \t　]*([☑☒√✓✔■☐□×✗])`)
	memberBreak = regexp.MustCompile(`[\n\t]+|\s{2,}`)
)

// labelKey makes labels comparable: without blanks, punctuation, brackets, and a footnote's number behind.
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
func (w *binder) bind() bool {
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
		if s := w.heading(block.text); s >= 0 {
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

// row finds the pattern that a row of the document fits best, and takes its answers.
func (w *binder) row(t *docTable, row []docCell, section int) {
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

// take takes the answers of a row that fits a pattern. What stands in cells beyond those of the pattern is listed.
func (w *binder) take(t *docTable, row []docCell, pattern int, how pairing, section int) {
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

// added says whether a label's cell holds a number or bracketed words that the paper doesn't have, a footnote's apart.
func (w *binder) added(item templates.PaperItem, words string) bool {
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
		inner := strings.Trim(said, "()")
		if len([]rune(inner)) > longestUnit && !strings.Contains(own, inner) && said != "(公章)" {
			return true
		}
	}
	return false
}

// answer takes what people wrote into one slot of the paper.
func (w *binder) answer(p *rowPattern, slot templates.PaperSlot, cells []docCell, t *docTable) {
	text, place := joined(cells, "\n"), w.at(t, cells[0])
	switch item := slot.Cell.PaperItem; {
	case text == "":
	case p.years != nil && !p.years.used:
		w.lose(text, place, "这一部分的表头不是本批次的年度，分不清是哪一年的数")
	case slot.Cell.Lines != nil:
		w.lines(slot.Cell, text, place)
	case item.Count != "":
		w.count(item.Count, cells[0].row, text, place)
	case item.Names != "":
		w.names(item.Names, cells[0].row, text, place)
	default:
		refs := slices.Clone(item.Refs)
		for i := range refs {
			if p.years != nil && p.years.turned != nil {
				refs[i].Year = p.years.turned[refs[i].Year]
			}
		}
		w.set(refs, text, place)
	}
}

// set gives a text to the fields that share its place.
func (w *binder) set(refs []templates.Ref, words string, place model.Place) {
	texts := []string{words}
	if len(refs) > 1 {
		texts = strings.FieldsFunc(words, func(r rune) bool { return strings.ContainsRune("/／\n", r) })
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
		w.values[r] = written(clean, place)
	}
}

// written is a cell with a text.
func written(text string, place model.Place) model.Cell {
	return model.Cell{Place: place, Kind: model.Text, Raw: text, Shown: text, Filled: true}
}

func (w *binder) lose(text string, place model.Place, why string) {
	w.read++
	w.unplaced = append(w.unplaced, Unplaced{place, strings.TrimSpace(text), why})
}

// entries gives every field of the form in the order of the template, blank ones too, and the roster.
func (w *binder) entries() []model.Entry {
	var out []model.Entry
	nowhere := model.Place{File: w.file, Sheet: "Word 版"}
	for _, slot := range w.d.Layout().Slots() {
		cell, ok := w.values[templates.Ref{Field: slot.Field.ID, Year: slot.Year}]
		if !ok {
			cell.Place = nowhere
		}
		out = append(out, model.Entry{Field: slot.Field.ID, Year: slot.Year, Cell: cell})
	}
	leads := map[string]bool{}
	for _, field := range []string{"lead_school", "lead_enterprise"} {
		leads[text.NameKey(w.values[templates.Ref{Field: field}].Raw)] = true
	}
	record := 0
	for _, k := range w.d.Form.Kinds {
		for _, r := range w.roster {
			if r.kind != k.ID {
				continue
			}
			for _, u := range r.units {
				record++
				column := func(field, words string) {
					if words != "" {
						out = append(out, model.Entry{Field: field, Record: record, Cell: written(words, u.place)})
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

// at is the place of a cell.
func (w *binder) at(t *docTable, c docCell) model.Place {
	return model.Place{File: w.file, Sheet: fmt.Sprintf("第%d个表格", t.number), Cell: fmt.Sprintf("第%d行第%d格", c.row, c.cell)}
}
