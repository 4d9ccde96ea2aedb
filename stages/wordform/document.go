package wordform

import (
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/office/ooxml"
)

// document is the visible content of a Word file, from top to bottom.
type document struct{ blocks []block }

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

// parseDocument parses the main part of a Word file.
func parseDocument(main []byte) (*document, error) {
	r := &docReader{doc: &document{}}
	return r.doc, ooxml.NewWalker().Walk(main, r.handleElement)
}

// docReader collects the visible text. Deleted and hidden text is skipped, and the fallback copy of a shape.
type docReader struct {
	doc          *document
	space        ooxml.Namespace
	paragraphs   []*strings.Builder // open, innermost last: a shape may be inside one
	tables       []*openTable       // open, innermost last
	tableCount   int
	placeholders []bool // for each open content control: whether it shows only its placeholder
	hiddenRun    bool   // whether the current run is hidden
}

// openTable is a table that is being read.
type openTable struct {
	*docTable
	cell        *docCell
	col         int
	columnCells map[int]docCell // by grid column: the latest cell that begins there
	deleted     bool            // whether the current row is deleted
	texts       []string        // paragraphs of the open cell
}

func (r *docReader) handleElement(e *ooxml.Element) error {
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
	if e.Start {
		r.startElement(e, parent)
	} else {
		r.endElement(e, parent)
	}
	return nil
}

func (r *docReader) startElement(e *ooxml.Element, parent string) {
	t := r.table()
	switch string(e.Name) {
	case "p":
		r.paragraphs = append(r.paragraphs, &strings.Builder{})
	case "tbl":
		r.tableCount++
		r.tables = append(r.tables, &openTable{docTable: &docTable{number: r.tableCount}, columnCells: map[int]docCell{}})
	case "tr":
		if t != nil {
			t.rows, t.col, t.deleted = append(t.rows, nil), 0, false
		}
	case "tc":
		if t != nil && len(t.rows) > 0 {
			t.cell, t.texts = &docCell{span: 1, row: len(t.rows), cell: len(t.rows[len(t.rows)-1]) + 1}, nil
		}
	case "sdt":
		r.placeholders = append(r.placeholders, false)
	case "r":
		r.hiddenRun = false
	case "del":
		if parent == "trPr" && t != nil {
			t.deleted = true
		}
	}
}

func (r *docReader) endElement(e *ooxml.Element, parent string) {
	t := r.table()
	switch string(e.Name) {
	case "p":
		r.endParagraph()
	case "tbl":
		r.endTable()
	case "tr":
		if t != nil && t.deleted && len(t.rows) > 0 {
			t.rows[len(t.rows)-1] = nil
		}
	case "tc":
		if t != nil && t.cell != nil {
			t.endCell()
		}
	case "gridSpan":
		if t != nil && t.cell != nil && parent == "tcPr" {
			span, _ := strconv.Atoi(e.AttrIn(r.space, "val"))
			t.cell.span = min(max(1, span), maxSpan)
		}
	case "vMerge":
		if t != nil && t.cell != nil && parent == "tcPr" {
			t.cell.continued = e.AttrIn(r.space, "val") != "restart"
		}
	case "sdt":
		if len(r.placeholders) > 0 {
			r.placeholders = r.placeholders[:len(r.placeholders)-1]
		}
	case "showingPlcHdr":
		if len(r.placeholders) > 0 {
			r.placeholders[len(r.placeholders)-1] = true
		}
	case "vanish":
		v := e.AttrIn(r.space, "val")
		if parent == "rPr" && e.Parent().Parent() != nil && string(e.Parent().Parent().Name) == "r" {
			r.hiddenRun = v != "0" && v != "false"
		}
	default:
		r.addRunText(e, parent)
	}
}

// maxSpan limits the columns that a cell can span.
const maxSpan = 63

// symbols are check boxes from symbol fonts, by character code.
var symbols = map[string]string{"F052": "☑", "F0FE": "☑", "F0FC": "☑", "F053": "☒", "F0FD": "☒",
	"F0A3": "☐", "F0A8": "☐", "F06F": "☐"}

// addRunText adds the text of a run to the open paragraph.
func (r *docReader) addRunText(e *ooxml.Element, parent string) {
	if len(r.paragraphs) == 0 || r.hiddenRun || slices.Contains(r.placeholders, true) || parent != "r" ||
		e.Within("del") || e.Within("moveFrom") {
		return
	}
	b := r.paragraphs[len(r.paragraphs)-1]
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

func (r *docReader) table() *openTable {
	if len(r.tables) == 0 {
		return nil
	}
	return r.tables[len(r.tables)-1]
}

func (r *docReader) endParagraph() {
	if len(r.paragraphs) == 0 {
		return
	}
	last := len(r.paragraphs) - 1
	r.addText(r.paragraphs[last].String())
	r.paragraphs = r.paragraphs[:last]
}

// addText adds a text to the open cell, or as a paragraph between tables.
func (r *docReader) addText(text string) {
	if t := r.table(); t != nil && t.cell != nil {
		t.texts = append(t.texts, text)
		return
	}
	if strings.TrimSpace(text) != "" {
		r.doc.blocks = append(r.doc.blocks, block{text: text})
	}
}

// endTable closes a table. A table inside a cell becomes text of that cell.
func (r *docReader) endTable() {
	t := r.table()
	if t == nil {
		return
	}
	r.tables = r.tables[:len(r.tables)-1]
	if outer := r.table(); outer == nil || outer.cell == nil {
		r.doc.blocks = append(r.doc.blocks, block{table: t.docTable})
		return
	}
	for _, row := range t.rows {
		r.addText(joinTexts(slices.DeleteFunc(row, func(c docCell) bool { return c.continued }), " "))
	}
}

// joinTexts joins the texts of cells.
func joinTexts(cells []docCell, by string) string {
	var texts []string
	for _, c := range cells {
		if text := strings.TrimSpace(c.text); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, by)
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
