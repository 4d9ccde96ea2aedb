package wordform

import (
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/office/ooxml"
)

// document is what a Word file shows, from top to bottom.
type document struct{ blocks []block }

// block is a paragraph, or a table.
type block struct {
	text  string
	table *docTable
}

// docTable is a table; number counts the tables of the document from 1.
type docTable struct {
	number int
	rows   [][]docCell
}

// docCell is a cell as one row sees it: one that reaches down from above shows its text in every row.
type docCell struct {
	text      string
	row, cell int // where it begins, from 1
	continued bool
	col, span int // the first column of the grid that it covers, from 0, and how many
}

// shown walks the main part of a Word file.
func shown(main []byte) (*document, error) {
	r := &reader{doc: &document{}}
	return r.doc, ooxml.NewWalker().Walk(main, r.element)
}

// reader gathers what the main part shows. Deleted and hidden text is not shown, nor is the second telling of a shape.
type reader struct {
	doc        *document
	space      ooxml.Space
	paragraphs []*strings.Builder // open, the innermost last: a shape may stand inside one
	tables     []*openTable       // open, the innermost last
	count      int
	prompts    []bool // for each open control: it shows only what to type there
	hidden     bool   // the run
}

// openTable is a table while it is read.
type openTable struct {
	*docTable
	cell    *docCell
	col     int
	begun   map[int]docCell // by grid column: the cell last begun
	deleted bool            // the row
	texts   []string        // of the cell, paragraph by paragraph
}

func (r *reader) element(e *ooxml.Element) error {
	if e.Depth == 1 {
		r.space = e.Space
	}
	if e.Space != r.space {
		return nil // of a drawing; texts in it are Word's again
	}
	parent := ""
	if e.Parent() != nil {
		parent = string(e.Parent().Name)
	}
	if e.Start {
		r.begin(e, parent)
	} else {
		r.end(e, parent)
	}
	return nil
}

func (r *reader) begin(e *ooxml.Element, parent string) {
	t := r.table()
	switch string(e.Name) {
	case "p":
		r.paragraphs = append(r.paragraphs, &strings.Builder{})
	case "tbl":
		r.count++
		r.tables = append(r.tables, &openTable{docTable: &docTable{number: r.count}, begun: map[int]docCell{}})
	case "tr":
		if t != nil {
			t.rows, t.col, t.deleted = append(t.rows, nil), 0, false
		}
	case "tc":
		if t != nil && len(t.rows) > 0 {
			t.cell, t.texts = &docCell{span: 1, row: len(t.rows), cell: len(t.rows[len(t.rows)-1]) + 1}, nil
		}
	case "sdt":
		r.prompts = append(r.prompts, false)
	case "r":
		r.hidden = false
	case "del":
		if parent == "trPr" && t != nil {
			t.deleted = true
		}
	}
}

func (r *reader) end(e *ooxml.Element, parent string) {
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
		if len(r.prompts) > 0 {
			r.prompts = r.prompts[:len(r.prompts)-1]
		}
	case "showingPlcHdr":
		if len(r.prompts) > 0 {
			r.prompts[len(r.prompts)-1] = true
		}
	case "vanish":
		v := e.AttrIn(r.space, "val")
		if parent == "rPr" && e.Parent().Parent() != nil && string(e.Parent().Parent().Name) == "r" {
			r.hidden = v != "0" && v != "false"
		}
	default:
		r.say(e, parent)
	}
}

// maxSpan bounds the columns that a cell can cover.
const maxSpan = 63

// symbols are boxes that fillers insert from the symbol fonts.
var symbols = map[string]string{"F052": "☑", "F0FE": "☑", "F0FC": "☑", "F053": "☒", "F0FD": "☒",
	"F0A3": "☐", "F0A8": "☐", "F06F": "☐"}

// say takes what a run shows.
func (r *reader) say(e *ooxml.Element, parent string) {
	if len(r.paragraphs) == 0 || r.hidden || slices.Contains(r.prompts, true) || parent != "r" ||
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

func (r *reader) table() *openTable {
	if len(r.tables) == 0 {
		return nil
	}
	return r.tables[len(r.tables)-1]
}

func (r *reader) endParagraph() {
	if len(r.paragraphs) == 0 {
		return
	}
	last := len(r.paragraphs) - 1
	r.show(r.paragraphs[last].String())
	r.paragraphs = r.paragraphs[:last]
}

// show puts a text where it stands: in the open cell, or between the tables.
func (r *reader) show(text string) {
	if t := r.table(); t != nil && t.cell != nil {
		t.texts = append(t.texts, text)
		return
	}
	if strings.TrimSpace(text) != "" {
		r.doc.blocks = append(r.doc.blocks, block{text: text})
	}
}

// endTable closes a table. One inside a cell becomes text of that cell.
func (r *reader) endTable() {
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
		r.show(joined(slices.DeleteFunc(row, func(c docCell) bool { return c.continued }), " "))
	}
}

// joined are the texts of cells.
func joined(cells []docCell, by string) string {
	var texts []string
	for _, c := range cells {
		if text := strings.TrimSpace(c.text); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, by)
}

// endCell puts a cell into its row; one that reaches down from above takes the text from there.
func (t *openTable) endCell() {
	c := *t.cell
	c.text = strings.TrimSpace(strings.Join(t.texts, "\n"))
	if above, ok := t.begun[t.col]; ok && c.continued {
		extra := c.text // a program may leave words in a cell that is merged away
		c = above
		c.continued, c.span = true, t.cell.span
		if extra != "" {
			c.text += "\n" + extra
		}
	} else {
		c.continued, c.col = false, t.col
		t.begun[t.col] = c
	}
	t.col += c.span
	t.rows[len(t.rows)-1] = append(t.rows[len(t.rows)-1], c)
	t.cell = nil
}
