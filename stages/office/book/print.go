package book

import (
	"fmt"
	"strings"
	"unicode"

	"lianheti/stages/model"
	"lianheti/stages/office/try"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/width"
)

// Print is how a sheet is printed, on A4.
type Print struct {
	Landscape                      bool
	Pages                          int     // side by side; 0: one
	High                           int     // below each other; 0: as many as it takes
	Scale                          uint    // percent, instead of fitting the width: then page breaks hold
	Tab                            string  // colour of the sheet's tab, RGB; empty: none
	Left, Right, Top, Bottom, Edge float64 // margins, and header and footer from the edge, in inches
	Head                           excelize.HeaderFooterOptions
}

// Set sets the sheet up.
func (p Print) Set(f *excelize.File, sheet string) {
	fit, paper, wide, orientation, centred := p.Scale == 0, 9, max(1, p.Pages), "portrait", true
	if p.Landscape {
		orientation = "landscape"
	}
	layout := &excelize.PageLayoutOptions{Size: &paper, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &p.High}
	if !fit {
		layout = &excelize.PageLayoutOptions{Size: &paper, Orientation: &orientation, AdjustTo: &p.Scale}
	}
	properties := &excelize.SheetPropsOptions{FitToPage: &fit}
	if p.Tab != "" {
		opaque := "FF" + p.Tab
		properties.TabColorRGB = &opaque
	}
	try.Do(f.SetSheetProps(sheet, properties))
	try.Do(f.SetPageLayout(sheet, layout))
	try.Do(f.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{Left: &p.Left, Right: &p.Right, Top: &p.Top,
		Bottom: &p.Bottom, Header: &p.Edge, Footer: &p.Edge, Horizontally: &centred}))
	try.Do(f.SetHeaderFooter(sheet, &p.Head))
}

// pageWidth is how many characters one page side by side takes before the print gets too small to read.
const pageWidth = 240

// setUp prepares a sheet for print: an area, all where it is empty, with rows and columns repeated on each page.
func (r *Report) setUp(sheet string, p Print, area, titles string) {
	p.Left, p.Right, p.Top, p.Bottom, p.Edge = 0.5, 0.5, 0.7, 0.7, 0.35 // closer to the edge no printer reaches
	p.Head = excelize.HeaderFooterOptions{OddHeader: "&C" + headerText(sheet),
		OddFooter: "&L" + headerText(r.footer) + "&R第 &P 页，共 &N 页"}
	p.Set(r.file, sheet)
	for _, name := range [][2]string{{"_xlnm.Print_Area", area}, {"_xlnm.Print_Titles", titles}} {
		if name[1] != "" {
			try.Do(r.file.SetDefinedName(&excelize.DefinedName{Name: name[0], RefersTo: name[1], Scope: sheet}))
		}
	}
}

// titles are the header row and so many first columns, repeated on each page.
func titles(sheet string, header, columns int) string {
	rows := fmt.Sprintf("%s$%d:$%d", Range(sheet), header, header)
	if columns == 0 {
		return rows
	}
	last, _ := excelize.ColumnNumberToName(columns)
	return fmt.Sprintf("%s$A:$%s,%s", Range(sheet), last, rows)
}

// panes keep rows and columns in view.
func panes(rows, columns int) *excelize.Panes {
	at := "bottomLeft"
	if columns > 0 {
		at = "bottomRight"
	}
	corner := model.CellName(rows+1, columns+1)
	return &excelize.Panes{Freeze: true, XSplit: columns, YSplit: rows, TopLeftCell: corner, ActivePane: at}
}

// headerText is a text in a printed header, where & begins a code.
func headerText(s string) string { return strings.ReplaceAll(s, "&", "&&") }

// SetWidths sets the columns of a streamed sheet, from A. The last comes first: excelize puts each new column in front
// of the others, and Excel takes a file whose columns do not ascend for a damaged one.
func SetWidths(w *excelize.StreamWriter, widths []float64) error {
	for i := len(widths); i >= 1; i-- {
		if err := w.SetColWidth(i, i, widths[i-1]); err != nil {
			return err
		}
	}
	return nil
}

// Heights of rows in points: of one line, and the tallest that programs allow.
const (
	rowHeight = 18.0
	line      = 14.5
	tallest   = 409.0
)

// textSize is that of the texts of a report, in points.
const textSize = 10

// Height is how tall a row must be for a text of so many points in a column of a width.
func Height(text string, columnWidth, points float64) float64 {
	l := linesOf(columnWidth, points)
	for _, c := range text {
		l.add(c)
	}
	return l.height()
}

// lines counts the lines of a text that grows by a character at a time.
type lines struct {
	points      float64
	room        int // width of a line
	full, along int // lines that have ended, and how wide the one at hand would be by itself
}

func linesOf(columnWidth, points float64) lines {
	return lines{points: points, room: max(2, int(columnWidth*textSize/points)-1)}
}

func (l *lines) add(c rune) {
	if c == '\n' {
		l.full, l.along = l.count(), 0
	} else {
		l.along += runeWidth(c)
	}
}

func (l *lines) count() int { return l.full + max(1, (l.along+l.room-1)/l.room) }

func (l *lines) height() float64 {
	return max(rowHeight, float64(l.count())*line*l.points/textSize+3.5)
}

// Width is how wide a text is in characters of a column's width: a hanzi takes two.
func Width(s string) int {
	n := 0
	for _, c := range s {
		n += runeWidth(c)
	}
	return n
}

func runeWidth(c rune) int {
	const firstHan, lastHan = '\u4e00', '\u9fff'
	switch { // most of what there is; the table is slower
	case c <= unicode.MaxASCII:
		return 1
	case c >= firstHan && c <= lastHan:
		return 2
	}
	switch width.LookupRune(c).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianAmbiguous:
		return 2
	}
	return 1
}
