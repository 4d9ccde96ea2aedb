package book

import (
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/try"

	"github.com/xuri/excelize/v2"
)

// Report is a workbook for reading and printing: tables (Grid) and freely laid out sheets (Page), in the same looks and
// print set-up. Sheets are streamed, so a sheet of a million rows needs little memory.
type Report struct {
	file   *excelize.File
	styles *Styles
	footer string
	rows   map[string]*sheetRows // by sheet
}

// Cell is one cell to write.
type Cell struct {
	Value   any // string, Passages, number, bool; nil: empty
	Look    Look
	Formula string // without =; Value is its result, which programs show that do not calculate
	Link    string // "#'sheet'!A1" inside the workbook, otherwise a relative path, perhaps with such an ending
	Cols    int    // how many columns it takes beside others; 0: one
}

// Over returns the cell spanning so many columns.
func (c Cell) Over(cols int) Cell {
	c.Cols = cols
	return c
}

// RichText is a text of which some runs are highlighted.
type RichText []TextRun

// TextRun is a part of a rich text. Common ones are written in red.
type TextRun struct {
	Text   string
	Common bool
}

// xml returns the runs of a text as they are written in a cell.
func (p RichText) xml() string {
	var b strings.Builder
	for _, x := range p {
		colour := Ink
		if x.Common {
			colour = Red
		}
		fmt.Fprintf(&b, `<r><rPr><rFont val="%s"></rFont><family val="2"></family><color rgb="FF%s"></color>`+
			`<sz val="%d"></sz></rPr><t%s>%s</t></r>`, SheetFont, colour, textSize, spaceAttribute(x.Text), escapeCell(x.Text))
	}
	return b.String()
}

// text returns the text of a cell, to compute its height.
func (c Cell) text() (string, bool) {
	switch v := c.Value.(type) {
	case string:
		return v, true
	case RichText:
		var b strings.Builder
		for _, p := range v {
			b.WriteString(p.Text)
		}
		return b.String(), true
	}
	return "", false
}

// NewReportOn adds sheets to an existing workbook; Save writes it.
func NewReportOn(f *excelize.File, footer string) *Report {
	return &Report{file: f, styles: NewStyles(f), footer: footer, rows: map[string]*sheetRows{}}
}

// NewReport creates a workbook with these sheets, in this order. footer is printed at the foot of each page.
func NewReport(footer string, sheets ...string) (r *Report, err error) {
	defer try.Caught(&err)
	f := excelize.NewFile()
	for _, name := range sheets {
		try.Get(f.NewSheet(name))
	}
	try.Do(f.DeleteSheet("Sheet1"))
	f.SetActiveSheet(0) // now: later it would read every sheet that was streamed
	return NewReportOn(f, footer), nil
}

// Write saves the workbook and closes it.
func (r *Report) Write(w io.Writer, title string) error {
	defer r.file.Close()
	return write(w, r.file, title, sheetXML{rows: r.rows})
}

// Hidden adds a hidden sheet of texts for the program that reads the workbook back.
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

// round15 rounds to the 15 digits that a spreadsheet keeps: 9.8 and not 9.800000000000001.
func round15(v float64) float64 {
	short, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	return short
}

func (r *Report) link(sheet, cell, target string) {
	to, kind := linkTarget(target)
	try.Do(r.file.SetCellHyperLink(sheet, cell, to, kind))
}

// linkTarget converts a link for excelize.
func linkTarget(target string) (to, kind string) {
	if at := cellLink.FindStringIndex(target); at != nil && at[0] == 0 {
		return target[1:], "Location"
	}
	return escapePath(target), "External"
}

// cellLink finds the ending that CellLink makes: a number sign may stand in a path, too.
var cellLink = regexp.MustCompile(`#'(?:[^']|'')+'!\$?[A-Z]+\$?[0-9]+(?::[A-Z0-9$]+)?$`)

// escapePath escapes a path for a link. Hanzi stay as they are, for people and programs alike.
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

// CellLink is the fragment of a link to a cell: #'2年度数据'!F12.
func CellLink(sheet, cell string) string {
	if sheet == "" {
		return ""
	}
	if cell == "" {
		cell = "A1"
	}
	return "#" + SheetPrefix(sheet) + cell
}

// SheetPrefix is a sheet's name as formulas write it before a range: '2年度数据'!
func SheetPrefix(sheet string) string { return "'" + strings.ReplaceAll(sheet, "'", "''") + "'!" }

// AbsCell is a cell in absolute notation: $F$12.
func AbsCell(row, col int) string {
	name, _ := excelize.CoordinatesToCellName(col, row, true)
	return name
}

// AbsRange is a range of a sheet in absolute notation.
func AbsRange(sheet string, row, col, lastRow, lastCol int) string {
	if row == lastRow && col == lastCol {
		return SheetPrefix(sheet) + AbsCell(row, col)
	}
	return SheetPrefix(sheet) + AbsCell(row, col) + ":" + AbsCell(lastRow, lastCol)
}

// Quote writes a text as a literal of a formula.
func Quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
