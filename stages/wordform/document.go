package wordform

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/word"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// block is a paragraph or a table.
type block struct {
	text  string
	table *docTable
}

// docTable is a table; number counts the tables of the document from 1.
type docTable struct {
	number int
	rows   [][]docCell
}

// docCell is a cell in one row. A vertically merged cell is repeated, with its text, in every row that it spans.
type docCell struct {
	text      string
	row, cell int // where the cell begins, from 1
	continued bool
	col, span int // first grid column, from 0, and number of columns
}

// parseDocument reads the visible content of the main part of a Word file, from top to bottom.
func parseDocument(main []byte) ([]block, error) {
	r := &docReader{tables: []*openTable{{docTable: &docTable{}}}}
	err := ooxml.NewWalker().Walk(main, r.visit)
	return r.blocks, err
}

// docReader collects the visible text. Deleted and hidden text is skipped, and the fallback copy of a shape.
type docReader struct {
	blocks       []block
	space        ooxml.Namespace
	paragraphs   []*strings.Builder // open, innermost last: a shape may be inside one
	tables       []*openTable       // open, innermost last; the first stands for the document, and has no rows
	tableCount   int
	placeholders []bool // for each open content control: whether it shows only its placeholder
	hiddenRun    bool   // whether the current run is hidden
}

// openTable is a table that is being read.
type openTable struct {
	*docTable
	cell        *docCell // open; nil: none
	col         int
	columnCells map[int]docCell // by grid column: the latest cell that begins there
	deleted     bool            // whether the current row is deleted
	texts       []string        // paragraphs of the open cell
}

func (r *docReader) visit(e *ooxml.Element) error {
	if e.Depth == 1 {
		r.space = e.Namespace
	}
	if e.Namespace != r.space {
		return nil // an element of a drawing; paragraphs in it are in the main namespace again
	}
	parent := ""
	if e.Parent() != nil {
		parent = string(e.Parent().Name)
	}
	if t := last(r.tables); e.Start {
		r.startElement(string(e.Name), t, parent)
	} else {
		r.endElement(e, t, parent)
	}
	return nil
}

func last[T any](open []T) T { return open[len(open)-1] }

func (r *docReader) startElement(name string, t *openTable, parent string) {
	switch inTable := len(r.tables) > 1; {
	case name == "p":
		r.paragraphs = append(r.paragraphs, &strings.Builder{})
	case name == "tbl":
		r.tableCount++
		r.tables = append(r.tables, &openTable{docTable: &docTable{number: r.tableCount}, columnCells: map[int]docCell{}})
	case name == "tr" && inTable:
		t.rows, t.col, t.deleted = append(t.rows, nil), 0, false
	case name == "tc" && len(t.rows) > 0:
		t.cell, t.texts = &docCell{span: 1, row: len(t.rows), cell: len(last(t.rows)) + 1}, nil
	case name == "sdt":
		r.placeholders = append(r.placeholders, false)
	case name == "r":
		r.hiddenRun = false
	case name == "del" && parent == "trPr":
		t.deleted = true
	}
}

func (r *docReader) endElement(e *ooxml.Element, t *openTable, parent string) {
	switch name := string(e.Name); {
	case name == "p":
		r.addText(last(r.paragraphs).String())
		r.paragraphs = r.paragraphs[:len(r.paragraphs)-1]
	case name == "tbl":
		r.endTable(t)
	case name == "tr" && t.deleted && len(t.rows) > 0:
		t.rows[len(t.rows)-1] = nil
	case name == "sdt":
		r.placeholders = r.placeholders[:len(r.placeholders)-1]
	case name == "showingPlcHdr" && len(r.placeholders) > 0:
		r.placeholders[len(r.placeholders)-1] = true
	case name == "vanish" && parent == "rPr" && e.Parent().Parent() != nil && string(e.Parent().Parent().Name) == "r":
		v := e.AttrIn(r.space, "val")
		r.hiddenRun = v != "0" && v != "false"
	case t.cell == nil:
		r.addRunText(e, parent)
	case name == "tc":
		t.endCell()
	case name == "gridSpan" && parent == "tcPr":
		span, _ := strconv.Atoi(e.AttrIn(r.space, "val"))
		const widest = 63
		t.cell.span = min(max(1, span), widest)
	case name == "vMerge" && parent == "tcPr":
		t.cell.continued = e.AttrIn(r.space, "val") != "restart"
	default:
		r.addRunText(e, parent)
	}
}

// symbols are check boxes from symbol fonts, by character code.
var symbols = map[string]string{"F052": "☑", "F0FE": "☑", "F0FC": "☑", "F053": "☒", "F0FD": "☒",
	"F0A3": "☐", "F0A8": "☐", "F06F": "☐"}

// addRunText adds the text of a run to the open paragraph.
func (r *docReader) addRunText(e *ooxml.Element, parent string) {
	if len(r.paragraphs) == 0 || r.hiddenRun || slices.Contains(r.placeholders, true) || parent != "r" ||
		e.Within("del") || e.Within("moveFrom") {
		return
	}
	b := last(r.paragraphs)
	switch string(e.Name) {
	case "t":
		b.Write(e.Text())
	case "tab", "ptab":
		b.WriteByte('\t')
	case "br", "cr":
		b.WriteByte('\n')
	case "noBreakHyphen":
		b.WriteByte('-')
	case "sym":
		b.WriteString(symbols[strings.ToUpper(e.AttrIn(r.space, "char"))])
	}
}

// addText adds a text to the open cell, or as a paragraph between tables.
func (r *docReader) addText(text string) {
	if t := last(r.tables); t.cell != nil {
		t.texts = append(t.texts, text)
	} else if strings.TrimSpace(text) != "" {
		r.blocks = append(r.blocks, block{text: text})
	}
}

// endTable closes a table. A table inside a cell becomes text of that cell.
func (r *docReader) endTable(t *openTable) {
	r.tables = r.tables[:len(r.tables)-1]
	if last(r.tables).cell == nil {
		r.blocks = append(r.blocks, block{table: t.docTable})
		return
	}
	for _, row := range t.rows {
		r.addText(joinTexts(slices.DeleteFunc(row, func(c docCell) bool { return c.continued }), " "))
	}
}

func joinTexts(cells []docCell, by string) string {
	return strings.Join(table.Words(cells, func(c docCell) string { return strings.TrimSpace(c.text) }), by)
}

// endCell appends a cell to its row. A cell that continues one from above takes its text from there.
func (t *openTable) endCell() {
	c := *t.cell
	c.text = strings.TrimSpace(strings.Join(t.texts, "\n"))
	if above, ok := t.columnCells[t.col]; ok && c.continued {
		extra := c.text // some programs leave text in merged cells
		c = above
		c.continued, c.span = true, t.cell.span
		if extra != "" {
			c.text += "\n" + extra
		}
	} else {
		c.continued, c.col = false, t.col
		t.columnCells[t.col] = c
	}
	t.col += c.span
	t.rows[len(t.rows)-1] = append(t.rows[len(t.rows)-1], c)
	t.cell = nil
}

// Name is the file name of a consortium's official form.
func Name(d *templates.Definition, consortium string) string {
	return fmt.Sprintf("%s（%d年推荐书）.docx", text.FileName(consortium), d.Year)
}

// Write prints 附件3 for a submission, with personal data (contacts, by field) and the check code in the footer. Seals,
// signatures and their dates are left blank.
func Write(w io.Writer, d *templates.Definition, form *table.Form, contacts map[string]string, checkCode string) error {
	p := &printer{d: d, form: form, contacts: contacts}
	out := word.Document{Title: d.Form.Title, Text: word.FormText, TwoSided: true}
	code := word.Run{Text: "校验码 " + checkCode}
	// The cover and the notes are the two sides of the first sheet, so that page 1 is on the right.
	out.Sections = append(out.Sections, word.Section{Page: word.A4Bound, Body: append(p.cover(), p.notes()...),
		Footer: []word.Paragraph{{Style: word.Small, Align: word.Centre, Runs: []word.Run{code}}}})
	// All parts are one section: LibreOffice draws the line above footnotes only in the first section that has any.
	numbers := word.PageNumbers()
	numbers[0].Runs = append(numbers[0].Runs[:2], word.Run{Text: " —　　"}, code)
	parts := word.Section{Page: word.A4Bound, FirstPage: 1, Footer: numbers}
	for i, s := range d.Paper().Sections {
		if s.Supplementary() && !p.answered(s) {
			continue
		}
		heading := word.P(word.Heading, s.Heading(d.Form))
		heading.NewPage = i > 0
		parts.Body = append(parts.Body, heading)
		parts.Body = append(parts.Body, table.Each(s.Tables, p.table)...)
	}
	out.Sections = append(out.Sections, parts)
	return word.Write(w, out)
}

type printer struct {
	d        *templates.Definition
	form     *table.Form
	contacts map[string]string
}

func (p *printer) answered(s *templates.PaperSection) bool {
	for _, item := range s.Items() {
		if slices.ContainsFunc(item.Refs, func(r templates.Ref) bool { return p.form.Filled(r.Field, r.Year) }) {
			return true
		}
	}
	return false
}

// cover prints the title, and the lines with their seals.
func (p *printer) cover() []word.Block {
	const coverTitle, coverText, coverLine = 26, 16, 20 // points
	line := func(text string) []word.Paragraph {
		return []word.Paragraph{{Line: coverLine, Runs: []word.Run{{Text: text, Size: coverText}}}}
	}
	lines := word.Table{Bare: true, Columns: []float64{34, 100, 26}}
	for _, id := range p.d.Paper().Cover {
		f := p.d.Field(id)
		lines.Rows = append(lines.Rows, word.Row{Height: 14, Whole: true, Cells: []word.Cell{
			{Align: word.Spread, Body: line(f.PaperLabel())},
			{Align: word.Centre, Underlined: true, Body: line(p.answer(templates.Ref{Field: id}))},
			{Body: line(f.Seal)},
		}})
	}
	return []word.Block{
		word.Paragraph{Runs: []word.Run{{Text: p.d.Paper().Attachment, Font: word.HeiTi, Size: coverText}}, Line: coverLine},
		word.Paragraph{Style: word.Title, Before: 110, After: 120, Line: 40,
			Runs: []word.Run{{Text: p.d.Form.Title, Size: coverTitle}}},
		lines,
		word.Paragraph{Align: word.Centre, Before: 90, Line: coverLine,
			Runs: []word.Run{{Text: p.d.Form.Dated, Size: coverText}}},
	}
}

// notes prints the notes in force.
func (p *printer) notes() []word.Block {
	var out []word.Block
	for i, id := range p.d.Paper().Notes {
		note := word.P(word.Body, p.d.Form.Note(id))
		if i == 0 {
			note.Style, note.NewPage = word.Title, true
		}
		out = append(out, note)
	}
	return out
}

func (p *printer) table(t *templates.PaperTable) word.Block {
	out := word.Table{Columns: t.Columns}
	kept := 0                   // how many rows from here on stay on a page with the next
	const most, lowest = 4, 6.2 // rows under one label that are kept on one page; millimetres of a row
	for _, slots := range t.Grid {
		kept--
		r := word.Row{Whole: true}
		for _, slot := range slots {
			cell := slot.Cell
			if slot.Starts {
				r.Height = max(r.Height, cell.Height, lowest)
			}
			if slot.Starts && cell.Down <= most {
				kept = max(kept, cell.Down-1)
			}
			printed := word.Cell{Span: cell.Span, Down: cell.Down, Continued: !slot.Starts, Align: word.Centre}
			for _, item := range cell.Items() {
				printed.Body = append(printed.Body, p.item(*item)...)
				if p.long(*item) { // a long text may continue on the next page
					r.Whole, printed.Top, printed.Align = !slot.Starts, true, word.Left
				}
			}
			r.Cells = append(r.Cells, printed)
		}
		r.Keep = kept > 0
		out.Rows = append(out.Rows, r)
	}
	return out
}

// long reports whether an item is a long text, which is printed at the top of its cell.
func (p *printer) long(i templates.PaperItem) bool {
	const label = 30 // characters: a longer note is a text
	return len(i.Refs) > 0 && p.d.Field(i.Refs[0].Field).Long() ||
		i.Note != "" && templates.Characters(p.d.Form.Note(i.Note)) > label
}

// item prints one item of a cell.
func (p *printer) item(i templates.PaperItem) []word.Paragraph {
	out := make([]word.Paragraph, i.Gap)
	align := word.Align(i.Align)
	switch {
	case i.Value != "" && p.long(i):
		return append(out, p.prose(i.Refs[0])...)
	case p.long(i): // the pledge
		return append(out, word.P(word.Body, p.d.Wording(i)))
	case i.Value != "":
		return append(out, word.Paragraph{Align: align, Runs: []word.Run{{Text: p.figure(i.Refs)}}})
	case i.Declare != "":
		return append(out, word.P(word.Body, p.declaration(i.Declare)))
	case i.Count != "":
		return append(out, word.Paragraph{Runs: []word.Run{{Text: p.count(i.Count)}}})
	case i.Names != "":
		listed := strings.Join(names(members(p.form, i.Names)), "、")
		return append(out, word.Paragraph{Align: word.Left, Runs: []word.Run{{Text: listed}}})
	}
	words := p.d.Wording(i)
	if i.Hand {
		const room = "　　　"
		words = room + strings.ReplaceAll(words, " ", room)
	}
	return append(out, word.Paragraph{Align: align, Runs: []word.Run{{Text: words, Footnote: p.d.Form.Note(i.Footnote)}}})
}

// answer returns a value as filled in, personal data included.
func (p *printer) answer(r templates.Ref) string {
	return table.Either(p.d.Field(r.Field).Personal, p.contacts[r.Field], p.form.PaperAnswer(r))
}

// figure prints short values that share a cell, each with its unit.
func (p *printer) figure(refs []templates.Ref) string {
	var answers []string
	filled := false
	for _, r := range refs {
		answer, unit := p.answer(r), p.d.Field(r.Field).PaperUnit()
		filled = filled || answer != ""
		switch {
		case answer == "":
			answer = unit
		case unit != "" && p.form.Observe(r).Status == table.Normal:
			answer += " " + unit
		}
		answers = append(answers, answer)
	}
	return table.Either(filled, strings.Join(answers, "/"), p.d.Field(refs[0].Field).PaperUnit())
}

// prose prints a long text below its limit, a paragraph for each line.
func (p *printer) prose(r templates.Ref) []word.Paragraph {
	var out []word.Paragraph
	if limit := p.d.Field(r.Field).PrintedLimit; limit != "" {
		out = append(out, word.P(word.Plain, limit))
	}
	for line := range strings.SplitSeq(p.answer(r), "\n") {
		out = append(out, word.P(word.Body, strings.TrimSpace(line)))
	}
	return out
}

// declaration prints a declaration with its box ticked or not; no box where it was left blank.
func (p *printer) declaration(field string) string {
	yes, answered := p.form.Confirmed(field)
	box := table.Either(yes, p.d.Form.Confirm.Checked, p.d.Form.Confirm.Unchecked) + " "
	return table.Either(answered, box, "") + p.d.Field(field).Label
}

// count prints the number of members of a kind, and at schools their students: 3（4795）.
func (p *printer) count(kind string) string {
	n := p.form.Count(kind)
	if n == 0 {
		return ""
	}
	enrolment, known := p.form.Enrolment(kind)
	return fmt.Sprint(n) + table.Either(known, "（"+enrolment.String()+"）", "")
}
