package book

import (
	"strings"
	"unicode"

	"lianheti/stages/office/try"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/width"
)

// printing is how a sheet is printed.
type printing struct {
	landscape bool
	pages     int    // side by side
	high      int    // below each other; 0: as many as it takes
	scale     uint   // percent, instead of fitting the width: programs that fit leave page breaks aside
	titles    string // rows and columns repeated on each page
	area      string // that is printed; empty: all
	tab       string // colour of the sheet's tab, RGB; empty: none
}

// pageWidth is how many characters one page side by side takes before the print gets too small to read.
const pageWidth = 240

// setUp prepares a sheet for print: A4, so many pages wide, the sheet's name above and page numbers below.
func (r *Report) setUp(sheet string, p printing) {
	fit, paper, wide, high, orientation := true, 9, max(1, p.pages), p.high, "portrait"
	if p.landscape {
		orientation = "landscape"
	}
	layout := &excelize.PageLayoutOptions{Size: &paper, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &high}
	if p.scale > 0 {
		fit, layout = false, &excelize.PageLayoutOptions{Size: &paper, Orientation: &orientation, AdjustTo: &p.scale}
	}
	properties := &excelize.SheetPropsOptions{FitToPage: &fit}
	if p.tab != "" {
		opaque := "FF" + p.tab
		properties.TabColorRGB = &opaque
	}
	try.Do(r.file.SetSheetProps(sheet, properties))
	try.Do(r.file.SetPageLayout(sheet, layout))
	side, edge, band := 0.5, 0.7, 0.35 // inches; without the last, header and footer stand where printers don't reach
	centred := true
	try.Do(r.file.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &edge, Bottom: &edge, Header: &band, Footer: &band, Horizontally: &centred}))
	try.Do(r.file.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{OddHeader: "&C" + headerText(sheet), OddFooter: "&L" + headerText(r.footer) + "&R第 &P 页，共 &N 页"}))
	for _, name := range [][2]string{{"_xlnm.Print_Area", p.area}, {"_xlnm.Print_Titles", p.titles}} {
		if name[1] != "" {
			try.Do(r.file.SetDefinedName(&excelize.DefinedName{Name: name[0], RefersTo: name[1], Scope: sheet}))
		}
	}
}

// headerText is a text in a printed header, where & begins a code.
func headerText(s string) string { return strings.ReplaceAll(s, "&", "&&") }

// SetWidths sets the columns of a streamed sheet, from A. The last comes first: excelize puts each new column in front of the others, and
// Excel takes a file whose columns do not ascend for a damaged one.
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
