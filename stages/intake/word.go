package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/templates"
)

// Word reads the official form as a Word file that somebody has filled in: its container proven like any other, its texts as
// people see them, each brought to the field whose label stands before it. Places are tables, rows and cells of the document.
// The second result is everything that found no place, with the reason: nothing is dropped in silence.
func Word(d *templates.Definition, file string) (model.Workbook, []Unplaced) {
	s := Source{Path: filepath.Base(file), disk: file, entry: -1}
	out := model.File{Path: s.Path}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return refused(out, refuse(CodeUnreadable, "不是普通文件")), nil
	}
	data, err := s.Read(MaxFile)
	if err != nil {
		return refused(out, s.unread(err)), nil
	}
	return word(d, out, data)
}

// word reads the bytes of one Word form.
func word(d *templates.Definition, out model.File, data []byte) (model.Workbook, []Unplaced) {
	sum := sha256.Sum256(data)
	out.SHA256, out.Size = hex.EncodeToString(sum[:]), int64(len(data))
	doc, refusal := openWord(data)
	if refusal != nil {
		return refused(out, refusal), nil
	}
	w := &wordBinder{d: d, file: out.Path, doc: doc}
	if !w.bind() {
		return refused(out, refuse(CodeNotWordForm, "只认出 %d 行", w.recognised)), nil
	}
	out.Fate = model.Accepted
	return model.Workbook{File: out, Form: model.FormID{ID: d.Form.ID, Year: d.Year, Version: d.Form.Version}, Entries: w.entries(), CellsRead: w.read}, w.unplaced
}

// Unplaced is a text of a Word form that became no value.
type Unplaced struct {
	Place model.Place
	Text  string
	Why   string
}

// wordDocument is what a Word file shows, from top to bottom.
type wordDocument struct{ blocks []wordBlock }

// wordBlock is a paragraph, or a table.
type wordBlock struct {
	text  string
	table *wordTable
}

// wordTable is a table; number counts the tables of the document from 1.
type wordTable struct {
	number int
	rows   [][]wordCell
}

// wordCell is a cell as one row sees it: one that reaches down from above shows its text in every row.
type wordCell struct {
	text      string
	row, cell int // where it begins, from 1
	continued bool
	col, span int // the first column of the grid that it covers, from 0, and how many
}

// openWord reads the container and the main part of a Word file.
func openWord(data []byte) (*wordDocument, *Refusal) {
	p, refusal := unpack(data)
	if refusal != nil {
		return nil, notWord(refusal)
	}
	walker := ooxml.NewWalker()
	main, kind, err := p.Main(walker)
	switch {
	case err != nil:
		return nil, damaged(err, "[Content_Types].xml")
	case strings.Contains(kind, "macroEnabled"):
		return nil, refuse(CodeNotWord, "带宏的文档（.docm）")
	case strings.Contains(kind, "spreadsheetml"):
		return nil, refuse(CodeNotWord, "工作簿（.xlsx）")
	case strings.HasPrefix(string(p.Get("mimetype")), "application/vnd.oasis"):
		return nil, refuse(CodeNotWord, "ODF 文档（.odt）")
	case !strings.Contains(kind, "wordprocessingml") || !p.Has(main):
		return nil, refuse(CodeNotWord, "别的压缩文件")
	}
	r := &wordReader{doc: &wordDocument{}}
	if err := walker.Walk(p.Get(main), r.element); err != nil {
		return nil, damaged(err, main)
	}
	return r.doc, nil
}

// notWord says of a file that is no container of parts what it is instead of a Word form.
func notWord(r *Refusal) *Refusal {
	switch r.Code {
	case CodeOldExcel:
		return refuse(CodeNotWord, "旧版文档（.doc 或 .wps）")
	case CodeWebPage, CodeCSV:
		return refuse(CodeNotWord, "网页或文本")
	case CodeOtherArchive:
		return refuse(CodeNotWord, "压缩包")
	case CodeNotWorkbook:
		return refuse(CodeNotWord, "%s", strings.TrimSpace(r.Detail))
	}
	return r
}

// wordReader gathers what the main part shows. Deleted and hidden text is not shown, nor is the second telling of a shape.
type wordReader struct {
	doc        *wordDocument
	space      ooxml.Space
	paragraphs []*strings.Builder // open, the innermost last: a shape may stand inside one
	tables     []*openTable       // open, the innermost last
	count      int
	prompts    []bool // for each open control: it shows only what to type there
	hidden     bool   // the run
}

// openTable is a table while it is read.
type openTable struct {
	*wordTable
	cell    *wordCell
	col     int
	begun   map[int]wordCell // by grid column: the cell last begun
	deleted bool             // the row
	texts   []string         // of the cell, paragraph by paragraph
}

// unseen are the elements whose content nobody sees.
var unseen = []string{"del", "moveFrom"}

func (r *wordReader) element(e *ooxml.Element) error {
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

func (r *wordReader) begin(e *ooxml.Element, parent string) {
	t := r.table()
	switch string(e.Name) {
	case "p":
		r.paragraphs = append(r.paragraphs, &strings.Builder{})
	case "tbl":
		r.count++
		r.tables = append(r.tables, &openTable{wordTable: &wordTable{number: r.count}, begun: map[int]wordCell{}})
	case "tr":
		if t != nil {
			t.rows, t.col, t.deleted = append(t.rows, nil), 0, false
		}
	case "tc":
		if t != nil && len(t.rows) > 0 {
			t.cell, t.texts = &wordCell{span: 1, row: len(t.rows), cell: len(t.rows[len(t.rows)-1]) + 1}, nil
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

func (r *wordReader) end(e *ooxml.Element, parent string) {
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
			t.cell.span = min(max(1, number(e.AttrIn(r.space, "val"))), maxSpan)
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
		if v := e.AttrIn(r.space, "val"); parent == "rPr" && e.Parent().Parent() != nil && string(e.Parent().Parent().Name) == "r" {
			r.hidden = v != "0" && v != "false"
		}
	default:
		r.say(e, parent)
	}
}

// maxSpan bounds the columns that a cell can cover.
const maxSpan = 63

// number reads a small count; 0 where it is none.
func number(s string) int {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' || n > 1000 {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// symbols are boxes that fillers insert from the symbol fonts.
var symbols = map[string]string{"F052": "☑", "F0FE": "☑", "F0FC": "☑", "F053": "☒", "F0FD": "☒", "F0A3": "☐", "F0A8": "☐", "F06F": "☐"}

// say takes what a run shows.
func (r *wordReader) say(e *ooxml.Element, parent string) {
	if len(r.paragraphs) == 0 || r.hidden || slices.Contains(r.prompts, true) || parent != "r" {
		return
	}
	for _, name := range unseen {
		if e.Within(name) {
			return
		}
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

func (r *wordReader) table() *openTable {
	if len(r.tables) == 0 {
		return nil
	}
	return r.tables[len(r.tables)-1]
}

func (r *wordReader) endParagraph() {
	if len(r.paragraphs) == 0 {
		return
	}
	text := r.paragraphs[len(r.paragraphs)-1].String()
	r.paragraphs = r.paragraphs[:len(r.paragraphs)-1]
	r.show(text)
}

// show puts a text where it stands: in the open cell, or between the tables.
func (r *wordReader) show(text string) {
	if t := r.table(); t != nil && t.cell != nil {
		t.texts = append(t.texts, text)
		return
	}
	if strings.TrimSpace(text) != "" {
		r.doc.blocks = append(r.doc.blocks, wordBlock{text: text})
	}
}

// endTable closes a table. One inside a cell becomes text of that cell.
func (r *wordReader) endTable() {
	t := r.table()
	if t == nil {
		return
	}
	r.tables = r.tables[:len(r.tables)-1]
	if outer := r.table(); outer == nil || outer.cell == nil {
		r.doc.blocks = append(r.doc.blocks, wordBlock{table: t.wordTable})
		return
	}
	for _, row := range t.rows {
		var texts []string
		for _, c := range row {
			if !c.continued && strings.TrimSpace(c.text) != "" {
				texts = append(texts, strings.TrimSpace(c.text))
			}
		}
		r.show(strings.Join(texts, " "))
	}
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

// at is the place of a cell.
func (w *wordBinder) at(t *wordTable, c wordCell) model.Place {
	return model.Place{File: w.file, Sheet: fmt.Sprintf("第%d个表格", t.number), Cell: fmt.Sprintf("第%d行第%d格", c.row, c.cell)}
}
