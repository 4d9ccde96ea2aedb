package book

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/try"

	"github.com/xuri/excelize/v2"
)

// Report is a workbook that is made for reading and printing: sheets of rows (Grid) and freely laid out ones (Page),
// with the same looks and print set-up. Sheets are streamed, so a sheet of a million rows needs little memory.
type Report struct {
	file   *excelize.File
	styles *Styles
	footer string
	ours   bool              // nothing is in the workbook but what we write
	tails  map[string]string // by sheet: what belongs before the end of its XML
}

// Cell is one cell to write.
type Cell struct {
	Value   any // string, Passages, number, bool; nil: empty
	Look    Look
	Formula string // without =; Value is its result, which programs show that do not calculate
	Link    string // "#'sheet'!A1" inside the workbook, otherwise a relative path, perhaps with such an ending
	Cols    int    // how many columns it takes beside others; 0: one
}

// Over is the cell over so many columns.
func (c Cell) Over(cols int) Cell {
	c.Cols = cols
	return c
}

// Passages is a text of which parts stand out.
type Passages []Passage

// Passage is a piece of such a text. What is Common is set in red.
type Passage struct {
	Text   string
	Common bool
}

// runs is how excelize takes it.
func (p Passages) runs() []excelize.RichTextRun {
	out := make([]excelize.RichTextRun, len(p))
	for i, x := range p {
		font := &excelize.Font{Family: SheetFont, Size: textSize, Color: Ink}
		if x.Common {
			font.Color = Red
		}
		out[i] = excelize.RichTextRun{Text: Text(x.Text), Font: font}
	}
	return out
}

// words is the text of a cell, for its height.
func (c Cell) words() (string, bool) {
	switch v := c.Value.(type) {
	case string:
		return v, true
	case Passages:
		var b strings.Builder
		for _, p := range v {
			b.WriteString(p.Text)
		}
		return b.String(), true
	}
	return "", false
}

// On adds sheets to a workbook that there is, which the caller saves.
func On(f *excelize.File, footer string) *Report {
	return &Report{file: f, styles: NewStyles(f), footer: footer, tails: map[string]string{}}
}

// NewReport begins a workbook with these sheets, in this order. footer is printed at the foot of each page.
func NewReport(footer string, sheets ...string) (r *Report, err error) {
	defer try.Caught(&err)
	f := excelize.NewFile()
	for _, name := range sheets {
		try.Get(f.NewSheet(name))
	}
	try.Do(f.DeleteSheet("Sheet1"))
	f.SetActiveSheet(0) // now: later it would read every sheet that was streamed
	r = On(f, footer)
	r.ours = true
	return r, nil
}

// Write saves the workbook and closes it.
func (r *Report) Write(w io.Writer, title string) error {
	defer r.file.Close()
	return write(w, r.file, title, parts{tails: r.tails})
}

// Hidden adds a sheet of texts that people don't see: what a workbook has to say to the program that reads it back.
func (r *Report) Hidden(sheet string, rows [][]string) (err error) {
	defer try.Caught(&err)
	try.Get(r.file.NewSheet(sheet))
	for i, row := range rows {
		try.Do(r.file.SetSheetRow(sheet, model.CellName(i+1, 1), &row))
	}
	try.Do(r.file.ProtectSheet(sheet, &excelize.SheetProtectionOptions{}))
	return r.file.SetSheetVisible(sheet, false, true)
}

// XMLText escapes a text for XML.
func XMLText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// shown is a number to the 15 digits that a spreadsheet keeps: 9.8 and not 9.800000000000001.
func shown(v float64) float64 {
	short, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	return short
}

// value is a cell as excelize takes it.
func (r *Report) value(c Cell) any {
	switch v := c.Value.(type) {
	case string:
		c.Value = Text(v)
	case float64:
		c.Value = shown(v)
	case Passages:
		c.Value = v.runs()
	}
	return excelize.Cell{StyleID: try.Get(r.styles.Of(cmp.Or(c.Look, Plain))), Value: c.Value, Formula: c.Formula}
}

func (r *Report) link(sheet, cell, target string) {
	to, kind := addressOf(target)
	try.Do(r.file.SetCellHyperLink(sheet, cell, to, kind))
}

// addressOf is a link as excelize takes it.
func addressOf(target string) (to, kind string) {
	if at := cellLink.FindStringIndex(target); at != nil && at[0] == 0 {
		return target[1:], "Location"
	}
	return escapePath(target), "External"
}

// link puts a link behind those of a sheet of rows. excelize looks through all links of the sheet, and all its
// relationships, for each new one; so only the first of a kind is put in by it, and what follows is added to its lists.
func (p *gridPart) link(cell, target string) {
	to, kind := addressOf(target)
	links, relations := p.lists()
	if !p.report.ours || !links.IsValid() || kind == "External" && !relations.IsValid() {
		p.report.link(p.name, cell, target)
		return
	}
	add := func(list reflect.Value, fields map[string]string) {
		x := reflect.New(list.Type().Elem()).Elem()
		for name, value := range fields {
			x.FieldByName(name).SetString(value)
		}
		list.Set(reflect.Append(list, x))
	}
	if kind == "Location" {
		add(links, map[string]string{"Ref": cell, "Location": to})
		return
	}
	id := "rId" + strconv.Itoa(relations.Len()+1)
	add(relations, map[string]string{"ID": id, "Type": excelize.SourceRelationshipHyperLink, "Target": to,
		"TargetMode": kind})
	add(links, map[string]string{"Ref": cell, "RID": id})
}

// lists are what excelize keeps of the sheet's links and relationships; not valid where there are none yet.
func (p *gridPart) lists() (links, relations reflect.Value) {
	part := "sheet" + strconv.Itoa(p.writer.SheetID) + ".xml"
	if x, ok := p.report.file.Sheet.Load("xl/worksheets/" + part); ok {
		if of := reflect.ValueOf(x).Elem().FieldByName("Hyperlinks"); of.IsValid() && !of.IsNil() {
			links = of.Elem().FieldByName("Hyperlink")
		}
	}
	if x, ok := p.report.file.Relationships.Load("xl/worksheets/_rels/" + part + ".rels"); ok {
		relations = reflect.ValueOf(x).Elem().FieldByName("Relationships")
	}
	return links, relations
}

// cellLink finds the ending that CellLink makes: a number sign may stand in a path, too.
var cellLink = regexp.MustCompile(`#'(?:[^']|'')+'!\$?[A-Z]+\$?[0-9]+(?::[A-Z0-9$]+)?$`)

// escapePath makes a path a legal address and leaves hanzi as they are, for people and programs alike.
func escapePath(path string) string {
	place, inside := "", false
	if at := cellLink.FindStringIndex(path); at != nil {
		path, place, inside = path[:at[0]], path[at[0]+1:], true
	}
	var b strings.Builder
	for _, c := range []byte(path) {
		if c <= ' ' || strings.IndexByte("%?#\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	if inside {
		b.WriteString("#" + strings.NewReplacer("%", "%25", " ", "%20").Replace(place))
	}
	return b.String()
}

// CellLink is the ending of a link that points to a cell: #'2年度数据'!F12.
func CellLink(sheet, cell string) string {
	if sheet == "" {
		return ""
	}
	if cell == "" {
		cell = "A1"
	}
	return "#" + Range(sheet) + cell
}

// Range is a sheet's name as formulas write it before a range.
func Range(sheet string) string { return "'" + strings.ReplaceAll(sheet, "'", "''") + "'!" }

// Fixed is a cell with row and column fixed, as formulas that are copied write it: $F$12.
func Fixed(row, col int) string {
	name, _ := excelize.CoordinatesToCellName(col, row, true)
	return name
}

// Absolute writes an area of a sheet with fixed rows and columns.
func Absolute(sheet string, row, col, lastRow, lastCol int) string {
	if row == lastRow && col == lastCol {
		return Range(sheet) + Fixed(row, col)
	}
	return Range(sheet) + Fixed(row, col) + ":" + Fixed(lastRow, lastCol)
}

// Quote writes a text as a literal in a formula.
func Quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
