package book

import (
	"cmp"
	"encoding/xml"
	"io"
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
