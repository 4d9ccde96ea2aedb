package book

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"lianheti/stages/model"

	"github.com/xuri/excelize/v2"
)

// Report is a workbook that is made for reading and printing: sheets of rows (Grid) and freely laid out ones (Page), all
// with the same looks and print set-up. Sheets are streamed, so a sheet of a million rows needs little memory.
type Report struct {
	file   *excelize.File
	styles *Styles
	footer string
	tails  map[string]string // by sheet: what belongs before the end of its XML
}

// Cell is one cell to write.
type Cell struct {
	Value   any // string, Passages, number, bool; nil: empty
	Look    Look
	Formula string // without =; Value is its result, which programs show that do not calculate
	Link    string // "#'sheet'!A1" inside the workbook, otherwise a relative path, perhaps with such an ending
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
	out := make([]excelize.RichTextRun, 0, len(p))
	for _, x := range p {
		colour := Ink
		if x.Common {
			colour = Red
		}
		out = append(out, excelize.RichTextRun{Text: Text(x.Text), Font: &excelize.Font{Family: SheetFont, Size: 10, Color: colour}})
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

// NewReport begins a workbook with these sheets, in this order. footer is printed at the foot of each page.
func NewReport(footer string, sheets ...string) (*Report, error) {
	f := New()
	r := &Report{file: f, styles: NewStyles(f), footer: footer, tails: map[string]string{}}
	for _, name := range sheets {
		if _, err := f.NewSheet(name); err != nil {
			return nil, err
		}
	}
	if err := f.DeleteSheet("Sheet1"); err != nil {
		return nil, err
	}
	f.SetActiveSheet(0) // now: later it would read every sheet that was streamed
	return r, nil
}

// Write saves the workbook and closes it.
func (r *Report) Write(w io.Writer, title string) error {
	defer r.file.Close()
	return write(w, r.file, title, parts{tails: r.tails})
}

// Hidden adds a sheet of texts that people don't see: what a workbook has to say to the program that reads it back.
func (r *Report) Hidden(sheet string, rows [][]string) error {
	if _, err := r.file.NewSheet(sheet); err != nil {
		return err
	}
	for i, row := range rows {
		if err := r.file.SetSheetRow(sheet, model.CellName(i+1, 1), &row); err != nil {
			return err
		}
	}
	if err := r.file.ProtectSheet(sheet, &excelize.SheetProtectionOptions{}); err != nil {
		return err
	}
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
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	if err != nil {
		return v
	}
	return short
}

// value is a cell as excelize takes it.
func (r *Report) value(c Cell) (any, error) {
	if c.Look == "" {
		c.Look = Plain
	}
	id, err := r.styles.Of(c.Look)
	if err != nil {
		return nil, err
	}
	switch v := c.Value.(type) {
	case string:
		c.Value = Text(v)
	case float64:
		c.Value = shown(v)
	case Passages:
		c.Value = v.runs()
	}
	return excelize.Cell{StyleID: id, Value: c.Value, Formula: c.Formula}, nil
}
