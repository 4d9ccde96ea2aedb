// Package wordform writes and reads the official form (附件3) as a Word file. Write prints a submission. Read finds the
// values of a filled form by the labels before them, and lists texts that fit no field, with the reason.
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

// Filled is what was read from a filled Word form. Places are tables, rows and cells of the document.
type Filled struct {
	Entries   []model.Entry // every field of the form in the order of the template, blank ones too, and the roster
	CellsRead int           // number of texts filled in
	Unplaced  []Unplaced    // texts that fit no field
	Code      string        // check code in the footers; empty: none
	Foreign   string        // why the document is not the form; empty: it is
}

// Unplaced is a text of a Word form that fits no field.
type Unplaced struct {
	Place model.Place
	Text  string
	Why   string
}

// Read reads the main part of a Word file, and the code in its footers. An error is a fault of the file
// (ooxml.Fault).
func Read(d *templates.Definition, file string, main []byte, footers ...[]byte) (*Filled, error) {
	blocks, err := parseDocument(main)
	if err != nil {
		return nil, err
	}
	w := &formReader{d: d, file: file}
	if !w.readDocument(blocks) {
		return &Filled{Foreign: fmt.Sprintf("只认出 %d 行", w.recognised)}, nil
	}
	out := &Filled{Entries: w.entries(), CellsRead: w.textsRead, Unplaced: w.unplaced}
	for _, footer := range footers {
		if blocks, err := parseDocument(footer); err == nil && out.Code == "" {
			for _, b := range blocks {
				out.Code = cmp.Or(out.Code, table.FindCode(b.text))
			}
		}
	}
	return out, nil
}

// formReader assigns the texts of a Word form to fields. It recognises a table row by its labels, however cells were
// merged or split; the cells between labels are the values, in the order of the official form.
type formReader struct {
	d    *templates.Definition
	file string

	patterns        []*rowPattern
	ownTexts        map[string]bool // normalised texts of the blank form
	values          map[templates.Ref]model.Cell
	roster          []rosterRow
	lastRow         *matchedRow          // the latest recognised row
	unlabelledTexts map[int][]model.Cell // texts in sections without labels, by section
	unplaced        []Unplaced
	textsRead       int // number of texts filled in
	recognised      int // rows
}

var (
	inBrackets      = regexp.MustCompile(`\([^()]*\)`)
	wordLimit       = regexp.MustCompile(`[（(]\s*(?:不超过)?\s*[0-9０-９]+\s*字\s*(?:以内)?\s*[）)]`)
	handDate        = regexp.MustCompile(`[0-9０-９]{4}\s*年\s*[0-9０-９]{1,2}\s*月\s*[0-9０-９]{1,2}\s*日`)
	listNumber      = regexp.MustCompile(`^\s*(?:[0-9]{1,3}\s*[.、)）．]|[（(][0-9]{1,3}[)）]|[①-⑳])\s*`)
	figures         = regexp.MustCompile(`[0-9]+(?:[.,/][0-9]+)*`)
	etcSuffix       = regexp.MustCompile(`等(?:[0-9０-９一二三四五六七八九十]+[家所个])?$`)
	enrolmentSuffix = regexp.MustCompile(`[（(]\s*(?:在校生)?(?:数)?[:：]?\s*([0-9０-９,，]+)\s*(?:名|人)?\s*[）)]$`)
	countCell       = regexp.MustCompile(`^([0-9,]+)[^0-9(]*(?:\(?[^0-9]*([0-9][0-9,]*(?:\.[0-9]+)?)[^0-9]*\)?)?$`)
	tickBefore      = regexp.MustCompile(`([☑☒√✓✔■☐□×✗])[ \t\n　]*$`)
	tickAfter       = regexp.MustCompile(`^[ \t　]*([☑☒√✓✔■☐□×✗])`)
	memberBreak     = regexp.MustCompile(`[\n\t]+|\s{2,}`)
)

// labelKey normalises a label: no spaces, punctuation, brackets or footnote numbers.
func labelKey(s string) string {
	s = inBrackets.ReplaceAllString(strings.ReplaceAll(text.NameKey(s), "(公章)", ""), "")
	s = strings.Map(func(r rune) rune {
		return table.Either(unicode.IsLetter(r) || unicode.IsDigit(r), r, -1)
	}, s)
	return strings.TrimRight(s, "0123456789")
}

// headingKey normalises a section heading, with or without its number.
func headingKey(s string) string { return strings.TrimLeft(labelKey(s), "0123456789") }

// readDocument reads the document from top to bottom; false: it is not the form.
func (w *formReader) readDocument(blocks []block) bool {
	w.values, w.unlabelledTexts = map[templates.Ref]model.Cell{}, map[int][]model.Cell{}
	w.collectPatterns()
	section := -1
	for i, block := range blocks {
		if block.table != nil {
			for _, row := range block.table.rows {
				w.readRow(block.table, row, section)
			}
			continue
		}
		if s := w.sectionOf(block.text); s >= 0 {
			section = s
			continue
		}
		w.readParagraph(block.text, section, model.Place{File: w.file, Sheet: "正文", Cell: fmt.Sprintf("第%d段", i+1)})
	}
	const fewest = 8 // rows
	if w.recognised < fewest {
		return false
	}
	for i, s := range w.d.Paper().Sections {
		w.readSection(i, s)
	}
	w.compareCounts()
	return true
}

// readRow finds the pattern that a table row matches best, and reads its values.
func (w *formReader) readRow(t *docTable, row []docCell, section int) {
	best, bestMatch, yearMap := -1, rowMatch{}, map[int]int(nil)
	keys, known := make([]string, len(row)), false
	for i, c := range row {
		const longest = 4096       // bytes: more than all labels of the form with what people may add
		if len(c.text) > longest { // a merged cell may be compared in many rows
			continue
		}
		keys[i] = labelKey(c.text)
		known = known || w.ownTexts[keys[i]]
	}
	if known {
		for i, p := range w.patterns {
			if p.used {
				continue
			}
			if m, ok := w.match(p, row, keys); ok && (best < 0 || m.score > bestMatch.score) {
				best, bestMatch, yearMap = i, m, nil
			}
			if other, years := w.reorderYears(p, keys); years != nil {
				if m, ok := w.match(other, row, keys); ok && (best < 0 || m.score > bestMatch.score) {
					best, bestMatch, yearMap = i, m, years
				}
			}
		}
	}
	if best < 0 {
		best, bestMatch = w.matchRowBelow(t, row)
	}
	if best >= 0 {
		w.patterns[best].yearMap = yearMap
		w.takeRow(t, row, best, bestMatch, section)
		return
	}
	if w.readFurtherUnits(t, row) {
		return
	}
	head := ""
	for _, c := range row {
		if c.continued || c.text == "" {
			continue
		}
		w.lastRow = nil // the next row does not continue the recognised one
		w.readUnlabelled(c.text, head, section, w.placeOf(t, c))
		head = cmp.Or(head, c.text)
	}
}

// takeRow reads the values of a row that matches a pattern. Texts in further cells are reported.
func (w *formReader) takeRow(t *docTable, row []docCell, pattern int, match rowMatch, section int) {
	p := w.patterns[pattern]
	p.used = true
	w.recognised++
	w.lastRow = &matchedRow{t, pattern, match}
	answered := map[int]bool{} // by column
	for i, slot := range match.slots {
		for _, c := range match.cells[i] {
			answered[c.col] = true
		}
		w.readSlot(p, slot, match.cells[i], t)
	}
	label := ""
	for i, c := range row {
		if item, taken := match.labels[i]; taken {
			label = strings.TrimSpace(c.text)
			if added := w.hasExtraText(item, c.text); added && !c.continued {
				w.addUnplaced(c.text, w.placeOf(t, c), "内容写在栏目名称的格子里，请填到它右边的格子对应的栏目")
			}
		} else if !answered[c.col] && !c.continued {
			w.readUnlabelled(c.text, label, section, w.placeOf(t, c))
		}
	}
}

// hasExtraText reports whether a label's cell has a number or bracketed words besides those of the form.
func (w *formReader) hasExtraText(item templates.PaperItem, words string) bool {
	const longestUnit = 3
	printed := text.NameKey(w.d.Wording(item))
	shown := text.NameKey(wordLimit.ReplaceAllString(words, ""))
	numbers := figures.FindAllString(printed, -1)
	for _, n := range figures.FindAllString(shown, -1) {
		if k := slices.Index(numbers, n); k >= 0 {
			numbers = slices.Delete(numbers, k, k+1)
		} else if item.Footnote == "" || len(n) > 1 {
			return true
		}
	}
	for _, brackets := range inBrackets.FindAllString(shown, -1) {
		inner := strings.Trim(brackets, "()")
		if len([]rune(inner)) > longestUnit && !strings.Contains(printed, inner) && brackets != "(公章)" {
			return true
		}
	}
	return false
}

func (w *formReader) readSlot(p *rowPattern, slot templates.PaperSlot, cells []docCell, t *docTable) {
	text, place := joinTexts(cells, "\n"), w.placeOf(t, cells[0])
	switch item := slot.Cell.PaperItem; {
	case text == "":
	case p.years != nil && !p.years.used:
		w.addUnplaced(text, place, "这一部分的表头不是本批次的年度，分不清是哪一年的数")
	case slot.Cell.Lines != nil:
		w.readLines(slot.Cell, text, place)
	case item.Count != "":
		w.readCount(item.Count, cells[0].row, text, place)
	case item.Names != "":
		w.readNames(item.Names, cells[0].row, text, place)
	default:
		refs := slices.Clone(item.Refs)
		for i := range refs {
			if p.years != nil && p.years.yearMap != nil {
				refs[i].Year = p.years.yearMap[refs[i].Year]
			}
		}
		w.setValues(refs, text, place)
	}
}

// setValues assigns a text to the fields that share a cell.
func (w *formReader) setValues(refs []templates.Ref, words string, place model.Place) {
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
			w.addUnplaced(words, place, "这一格要填"+w.d.Name(refs[0])+"等 "+strconv.Itoa(len(refs))+" 项，用 / 隔开，分不清哪个是哪项")
			return
		}
	}
	for i, r := range refs {
		f := w.d.Field(r.Field)
		clean := strings.Trim(wordLimit.ReplaceAllString(texts[i], ""), " \t\n　_＿")
		clean = table.Either(f.Long(), clean, strings.TrimSpace(strings.TrimSuffix(clean, f.Seal)))
		if clean == "" || text.NameKey(clean) == text.NameKey(f.PaperUnit()) {
			continue
		}
		if had, ok := w.values[r]; ok {
			if text.NameKey(had.Raw) != text.NameKey(clean) {
				w.addUnplaced(clean, place, w.d.Name(r)+"前面已填“"+had.Raw+"”，两处不一致，取前面的")
			}
			continue
		}
		w.textsRead++
		w.values[r] = textCell(clean, place)
	}
}

func textCell(text string, place model.Place) model.Cell {
	return model.Cell{Place: place, Kind: model.Text, Raw: text, Shown: text, Filled: true}
}

func (w *formReader) addUnplaced(text string, place model.Place, why string) {
	w.textsRead++
	w.unplaced = append(w.unplaced, Unplaced{place, strings.TrimSpace(text), why})
}

// entries returns every field of the form in the order of the template, blank ones too, and the roster.
func (w *formReader) entries() []model.Entry {
	var out []model.Entry
	nowhere := model.Place{File: w.file, Sheet: "Word 版"}
	for _, slot := range w.d.Layout().Slots() {
		cell, ok := w.values[slot.Ref()]
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
						out = append(out, model.Entry{Field: field, Record: record, Cell: textCell(words, u.place)})
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

func (w *formReader) placeOf(t *docTable, c docCell) model.Place {
	return model.Place{File: w.file, Sheet: fmt.Sprintf("第%d个表格", t.number), Cell: fmt.Sprintf("第%d行第%d格", c.row, c.cell)}
}
