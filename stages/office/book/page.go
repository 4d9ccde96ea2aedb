package book

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"lianheti/stages/model"
	"lianheti/stages/office/try"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/width"
)

// Page is a freely laid out sheet: cells, merged areas and charts are collected, then written at once.
type Page struct {
	Sheet     string
	Widths    []float64
	Landscape bool
	Scale     uint // of the print, in percent; 0: as wide as a page
	OnePage   bool // in print
	Protected bool // but for the inputs: cells of the look Input
	Frozen    int  // rows kept in view, the last of which is repeated on each printed page
	Printed   int  // columns that are printed; 0: all
	// PrintedRows is how many rows are printed; 0: all.
	PrintedRows int

	cells   map[int]map[int]Cell
	last    [2]int           // row and column, of those that hold something
	spans   map[int][][2]int // merged columns, from and to, by row
	heights map[int]float64
	before  []func(*Report) // what must be set before the rows are streamed
	after   []func(*Report) // what comes after them
}

// Put sets a cell.
func (p *Page) Put(row, col int, c Cell) {
	if p.cells == nil {
		p.cells, p.heights, p.spans = map[int]map[int]Cell{}, map[int]float64{}, map[int][][2]int{}
	}
	if p.cells[row] == nil {
		p.cells[row] = map[int]Cell{}
	}
	p.cells[row][col] = c
	p.last = [2]int{max(p.last[0], row), max(p.last[1], col)}
}

// Cells yields the cells of the page by row and column, in no order.
func (p *Page) Cells(yield func(at [2]int, c Cell) bool) {
	for row, cells := range p.cells {
		for col, c := range cells {
			if !yield([2]int{row, col}, c) {
				return
			}
		}
	}
}

// PutFitted sets cells side by side, each over as many columns as it spans, and makes the row high enough for all.
func (p *Page) PutFitted(row, col int, cells ...Cell) {
	for _, c := range cells {
		p.Span(row, col, max(1, c.Cols), c)
		col += max(1, c.Cols)
	}
}

// PutRow sets cells side by side; only those spanning several columns make the row higher.
func (p *Page) PutRow(row, col int, cells ...Cell) {
	for _, c := range cells {
		if c.Cols > 0 {
			p.Span(row, col, c.Cols, c)
		} else {
			p.Put(row, col, c)
		}
		col += max(1, c.Cols)
	}
}

// Span sets a cell over several columns and makes the row high enough for its text.
func (p *Page) Span(row, col, cols int, c Cell) {
	for i := range cols {
		p.Put(row, col+i, Cell{Look: c.Look})
	}
	p.Put(row, col, c)
	// Merged areas that overlap make Excel offer a repair: what is put last holds.
	p.spans[row] = slices.DeleteFunc(p.spans[row], func(s [2]int) bool { return s[0] < col+cols && s[1] >= col })
	if cols > 1 {
		p.spans[row] = append(p.spans[row], [2]int{col, col + cols - 1})
	}
	if s, ok := c.Value.(string); ok && c.Look != Title {
		p.heights[row] = max(p.heights[row], TextHeight(s, sum(p.Widths[col-1:col-1+cols]), textSize))
	}
}

// Pane is an area of a page that is filled row by row.
type Pane struct {
	*Page
	Row, Col, Cols int
}

// Add is PutRow in the next row.
func (p *Pane) Add(cells ...Cell) {
	p.PutRow(p.Row, p.Col, cells...)
	p.Row++
}

// AddFitted is PutFitted in the next row.
func (p *Pane) AddFitted(cells ...Cell) {
	p.PutFitted(p.Row, p.Col, cells...)
	p.Row++
}

// AddText adds a row with one text.
func (p *Pane) AddText(words string, look Look) { p.Add(Cell{Value: words, Look: look, Cols: p.Cols}) }

// AddSection adds a heading of so many points' height.
func (p *Pane) AddSection(title string, high float64) {
	p.AddText(title, Heading)
	p.Height(p.Row-1, high)
}

// AddTitle sets the title over so many columns, and below it a text that explains the page.
func (p *Page) AddTitle(cols int, title, words string) {
	const high = 32
	p.Span(1, 1, cols, Cell{Value: title, Look: Title})
	p.Height(1, high)
	if words != "" {
		p.Span(2, 1, cols, Cell{Value: words, Look: Subtitle})
	}
}

// PutHeaders sets column headers side by side.
func (p *Page) PutHeaders(row, col int, words ...string) {
	for i, w := range words {
		p.Put(row, col+i, Cell{Value: w, Look: Header})
	}
}

// Height sets the height of a row, in points.
func (p *Page) Height(row int, points float64) { p.heights[row] = points }

// RowsHeight is the height of the rows between two, both included, in points.
func (p *Page) RowsHeight(from, to int) float64 {
	sum := 0.0
	for row := from; row <= to; row++ {
		sum += p.rowHeight(row)
	}
	return sum
}

func (p *Page) rowHeight(row int) float64 {
	if h := p.heights[row]; h > 0 {
		return min(h, tallest)
	}
	return rowHeight
}

// Break starts a new printed page at a row.
func (p *Page) Break(row int) {
	p.before = append(p.before, func(r *Report) { try.Do(r.file.InsertPageBreak(p.Sheet, model.CellName(row, 1))) })
}

// Mark colours the cells of an area whose text is exactly a mark's word.
func (p *Page) Mark(row, col, lastRow, lastCol int, marks ...Mark) {
	p.before = append(p.before, func(r *Report) { r.colourWords(p.Sheet, areaName(row, col, lastRow, lastCol), marks) })
}

// ColourBySign colours the positive and negative numbers of an area.
func (p *Page) ColourBySign(row, col, lastRow, lastCol int) {
	p.before = append(p.before, func(r *Report) { r.colourBySign(p.Sheet, areaName(row, col, lastRow, lastCol)) })
}

func (r *Report) colourBySign(sheet, area string) {
	good, bad := r.styles.Conditional(Good), r.styles.Conditional(Bad)
	first, _, _ := strings.Cut(area, ":")
	try.Do(r.file.SetConditionalFormat(sheet, area, []excelize.ConditionalFormatOptions{
		{Type: "formula", Criteria: fmt.Sprintf("AND(ISNUMBER(%s),%s>0)", first, first), Format: &good},
		{Type: "formula", Criteria: fmt.Sprintf("AND(ISNUMBER(%s),%s<0)", first, first), Format: &bad},
	}))
}

// LimitToWords adds a drop-down list of words to an area.
func (p *Page) LimitToWords(row, col, lastRow, lastCol int, message string, words ...string) {
	limit := func(v *excelize.DataValidation) { try.Do(v.SetDropList(words)) }
	p.addValidation(areaName(row, col, lastRow, lastCol), false, message, limit)
}

// LimitToRange adds a drop-down list with the texts of a range to an area. open: other texts may be typed, too.
func (p *Page) LimitToRange(row, col, lastRow, lastCol int, open bool, message, source string) {
	limit := func(v *excelize.DataValidation) { v.SetSqrefDropList(source) }
	p.addValidation(areaName(row, col, lastRow, lastCol), open, message, limit)
}

// LimitToNumbers allows only numbers from least to most in an area.
func (p *Page) LimitToNumbers(row, col, lastRow, lastCol int, message string, least, most float64, whole bool) {
	kind := excelize.DataValidationTypeDecimal
	if whole {
		kind = excelize.DataValidationTypeWhole
	}
	p.addValidation(areaName(row, col, lastRow, lastCol), false, message, func(v *excelize.DataValidation) {
		try.Do(v.SetRange(least, most, kind, excelize.DataValidationOperatorBetween))
	})
}

// addValidation adds a data validation to an area. open: other values are allowed.
func (p *Page) addValidation(area string, open bool, message string, limit func(*excelize.DataValidation)) {
	p.before = append(p.before, func(r *Report) {
		v := excelize.NewDataValidation(true)
		v.SetSqref(area)
		limit(v)
		if !open {
			v.SetError(excelize.DataValidationErrorStyleStop, "请改正", cmp.Or(message, "请从下拉中选"))
		}
		if message != "" {
			v.SetInput("填写", message)
		}
		try.Do(r.file.AddDataValidation(p.Sheet, v))
	})
}

// Chart places a chart with its upper left corner in a cell.
func (p *Page) Chart(row, col int, c *excelize.Chart) {
	// Anchored by one cell it keeps its size whatever the height of the rows.
	c.Format.Positioning = "oneCell"
	p.after = append(p.after, func(r *Report) { try.Do(r.file.AddChart(p.Sheet, model.CellName(row, col), c)) })
}

// Page writes a page.
func (r *Report) Page(p *Page) (err error) {
	defer try.Caught(&err)
	r.prepare(p)
	w, rows := Stream(r.file, p.Sheet, p.Widths, p.Frozen, 0), r.beginRows(p.Sheet)
	for _, row := range slices.Sorted(maps.Keys(p.cells)) {
		rows.beginRow(row, p.rowHeight(row))
		for _, col := range slices.Sorted(maps.Keys(p.cells[row])) {
			c := p.cells[row][col]
			if rows.writeCell(row, col, c); c.Link != "" {
				to, kind := linkTarget(c.Link)
				try.Do(r.file.SetCellHyperLink(p.Sheet, model.CellName(row, col), to, kind))
			}
		}
		rows.endRow()
	}
	rows.finish()
	for _, row := range slices.Sorted(maps.Keys(p.spans)) {
		for _, s := range p.spans[row] {
			try.Do(w.MergeCell(model.CellName(row, s[0]), model.CellName(row, s[1])))
		}
	}
	for _, add := range p.after {
		add(r)
	}
	return w.Flush()
}

// prepare sets what must be set for a sheet before its rows are streamed.
func (r *Report) prepare(p *Page) {
	last, lastCol := p.last[0], p.last[1]
	print, area, repeated := Print{Landscape: p.Landscape, Scale: p.Scale}, "", ""
	if p.OnePage {
		print.High = 1
	}
	if p.Printed > 0 || p.PrintedRows > 0 {
		area = AbsRange(p.Sheet, 1, 1, cmp.Or(p.PrintedRows, last), cmp.Or(p.Printed, lastCol))
	}
	if p.Frozen > 0 && !p.OnePage {
		print.Pages = 1 + int(sum(p.Widths[:cmp.Or(p.Printed, len(p.Widths))])/pageWidth)
		repeated = PrintTitles(p.Sheet, p.Frozen, p.Frozen, min(1, print.Pages-1))
	}
	r.setUp(p.Sheet, print, area, repeated)
	try.Do(r.file.SetSheetView(p.Sheet, 0, &excelize.ViewOptions{ShowGridLines: new(false)}))
	try.Do(r.file.SetSheetDimension(p.Sheet, "A1:"+model.CellName(last, lastCol)))
	for _, set := range p.before {
		set(r)
	}
	if p.Protected {
		try.Do(Protect(r.file, p.Sheet))
	}
}

// areaName writes an area: A1:B2.
func areaName(row, col, lastRow, lastCol int) string {
	return model.CellName(row, col) + ":" + model.CellName(lastRow, lastCol)
}

// Print is the print set-up of a sheet, on A4.
type Print struct {
	Landscape                      bool
	Pages                          int     // side by side; 0: one
	High                           int     // below each other; 0: as many as it takes
	Scale                          uint    // percent, instead of fitting the width: then page breaks hold
	Tab                            string  // colour of the sheet's tab, RGB; empty: none
	Left, Right, Top, Bottom, Edge float64 // margins, and header and footer from the edge, in inches
	Head                           excelize.HeaderFooterOptions
}

// Set applies the print set-up to a sheet.
func (p Print) Set(f *excelize.File, sheet string) {
	const paper = 9 // A4
	orientation := map[bool]string{true: "landscape", false: "portrait"}[p.Landscape]
	layout := &excelize.PageLayoutOptions{Size: new(paper), Orientation: &orientation}
	if p.Scale > 0 {
		layout.AdjustTo = &p.Scale
	} else {
		layout.FitToWidth, layout.FitToHeight = new(max(1, p.Pages)), &p.High
	}
	properties := &excelize.SheetPropsOptions{FitToPage: new(p.Scale == 0)}
	if p.Tab != "" {
		properties.TabColorRGB = new("FF" + p.Tab)
	}
	try.Do(f.SetSheetProps(sheet, properties))
	try.Do(f.SetPageLayout(sheet, layout))
	try.Do(f.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{Left: &p.Left, Right: &p.Right, Top: &p.Top,
		Bottom: &p.Bottom, Header: &p.Edge, Footer: &p.Edge, Horizontally: new(true)}))
	try.Do(f.SetHeaderFooter(sheet, &p.Head))
}

// pageWidth is how many characters fit on a page before the print gets too small to read.
const pageWidth = 240

// setUp sets the print area, empty for all, and the rows and columns that each page repeats.
func (r *Report) setUp(sheet string, p Print, area, titles string) {
	p.Left, p.Right, p.Top, p.Bottom, p.Edge = 0.5, 0.5, 0.7, 0.7, 0.35 // closer to the edge no printer reaches
	p.Head = excelize.HeaderFooterOptions{OddHeader: "&C" + headerText(sheet),
		OddFooter: "&L" + headerText(r.footer) + "&R第 &P 页，共 &N 页"}
	p.Set(r.file, sheet)
	SetPrintNames(r.file, sheet, area, titles)
}

// SetPrintNames sets what is printed of a sheet, and what each page repeats; empty: all, nothing. A failure ends the
// guarded function (package try).
func SetPrintNames(f *excelize.File, sheet, area, titles string) {
	for _, name := range [][2]string{{"_xlnm.Print_Area", area}, {"_xlnm.Print_Titles", titles}} {
		if name[1] != "" {
			try.Do(f.SetDefinedName(&excelize.DefinedName{Name: name[0], RefersTo: name[1], Scope: sheet}))
		}
	}
}

// PrintTitles are rows, and the first columns, that each page repeats; empty where the last row is 0.
func PrintTitles(sheet string, from, to, columns int) string {
	if to == 0 {
		return ""
	}
	rows := fmt.Sprintf("%s$%d:$%d", SheetPrefix(sheet), from, to)
	if columns == 0 {
		return rows
	}
	last, _ := excelize.ColumnNumberToName(columns)
	return fmt.Sprintf("%s$A:$%s,%s", SheetPrefix(sheet), last, rows)
}

// headerText escapes a text for a printed header, where & begins a code.
func headerText(s string) string { return strings.ReplaceAll(s, "&", "&&") }

// Heights of rows in points: of one line, and the tallest that programs allow.
const (
	rowHeight = 18.0
	line      = 14.5
	tallest   = 409.0
)

// textSize is that of the texts of a report, in points.
const textSize = 10

// TextHeight is the row height that a text needs in a column, given the font size in points.
func TextHeight(text string, columnWidth, points float64) float64 {
	l := newLineCounter(columnWidth, points)
	for _, c := range text {
		l.add(c)
	}
	return l.height()
}

// lineCounter counts the lines of a text, character by character.
type lineCounter struct {
	points       float64
	room         int // width of a line
	ended, width int // lines that have ended, and how wide the one at hand would be by itself
}

func newLineCounter(columnWidth, points float64) lineCounter {
	return lineCounter{points: points, room: max(2, int(columnWidth*textSize/points)-1)}
}

func (l *lineCounter) add(c rune) {
	if c == '\n' {
		l.ended, l.width = l.count(), 0
	} else {
		l.width += runeWidth(c)
	}
}

func (l *lineCounter) count() int { return l.ended + max(1, (l.width+l.room-1)/l.room) }

func (l *lineCounter) height() float64 {
	return max(rowHeight, float64(l.count())*line*l.points/textSize+3.5)
}

// TextWidth is the width of a text in characters of a column's width: a hanzi takes two.
func TextWidth(s string) int {
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
