package book

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"iter"
	"math"
	"regexp"
	"slices"
	"strings"

	"lianheti/stages/model"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/width"
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

// MaxLinks is how many links a sheet of rows gets: excelize looks through all of them for each new one.
const MaxLinks = 4000

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

// Grid is a sheet of rows: what a table looks like for people.
type Grid struct {
	Sheet   string
	Remark  string // row over the header; empty: the header is row 1
	Alarm   bool   // the remark must not be missed
	Lead    []Cell // row between remark and header: what holds for whole columns; nil: none
	Columns []Column
	Rows    int    // how many will come
	Freeze  int    // columns kept in view
	Printed int    // columns that are printed, those after them only help; 0: all
	Table   string // name as an Excel table; empty: a plain range with a filter
}

// Column is one column of a grid.
type Column struct {
	Header string
	Width  float64 // in characters: a hanzi takes two
	Look   Look    // of the header; empty: Header
	Marks  []Mark  // colours for what cells say
	Heat   bool    // colour scale for growth: -50% red, 0 white, +100% green
	Scale  float64 // above 0: colour scale from 0 to this
	Signed bool    // colours of positive and negative numbers
	Rank   int     // above 0: numbers up to this are good
	Spark  [2]int  // small columns of what stands in these columns of the row, first and last; zero: none
}

// ColumnOf is a column of a sheet with one row a T: its heading and what stands in it.
type ColumnOf[T any] struct {
	Head  string
	Width float64
	Cell  func(T) Cell
	Style Column // looks and colours; Header and Width are those above
}

// Rows writes a sheet with one row a T. Columns, if the grid has any, are overwritten by those given.
func Rows[T any](r *Report, g Grid, all iter.Seq[T], columns []ColumnOf[T]) error {
	g.Columns = make([]Column, len(columns))
	for i, c := range columns {
		g.Columns[i] = c.Style
		g.Columns[i].Header, g.Columns[i].Width = c.Head, c.Width
	}
	return r.Grid(g, func(yield func([]Cell) bool) {
		for row := range all {
			cells := make([]Cell, len(columns))
			for i, c := range columns {
				cells[i] = c.Cell(row)
			}
			if !yield(cells) {
				return
			}
		}
	})
}

// Mark colours the cells that say just this.
type Mark struct {
	Word string
	Tone Tone
}

// HeaderRow is the row of the header; the rows follow it.
func (g Grid) HeaderRow() int {
	row := 1
	if g.Remark != "" {
		row++
	}
	if g.Lead != nil {
		row++
	}
	return row
}

// Grid writes a sheet of rows. Rows beyond what a worksheet holds go on in further sheets, named Sheet(2), Sheet(3) ….
func (r *Report) Grid(g Grid, rows iter.Seq[[]Cell]) error {
	part, left := (*gridPart)(nil), g.Rows
	begin := func(n int) (err error) {
		name := g.Sheet
		if n > 1 {
			name = fmt.Sprintf("%s(%d)", g.Sheet, n)
			if _, err := r.file.NewSheet(name); err != nil {
				return err
			}
		}
		size := min(left, MaxRows-g.HeaderRow())
		left -= size
		part, err = r.beginPart(g, name, size)
		return err
	}
	if err := begin(1); err != nil {
		return err
	}
	written, n := 0, 1
	for cells := range rows {
		if part.full() {
			if err := part.finish(); err != nil {
				return err
			}
			n++
			if err := begin(n); err != nil {
				return err
			}
		}
		if err := part.add(cells); err != nil {
			return err
		}
		written++
	}
	if written != g.Rows {
		return fmt.Errorf("工作表“%s”应有 %d 行，写了 %d 行", g.Sheet, g.Rows, written)
	}
	return part.finish()
}

// gridPart is one worksheet of a grid.
type gridPart struct {
	report *Report
	grid   Grid
	name   string
	writer *excelize.StreamWriter
	row    int // last written
	last   int
	links  int
	sparks strings.Builder // of the rows so far
}

// finish ends the worksheet. excelize leaves sparklines out of streamed sheets, so that Save puts them in.
func (p *gridPart) finish() error {
	if p.sparks.Len() > 0 {
		p.report.tails[p.name] = sparklines(p.sparks.String())
	}
	if p.grid.Table != "" && p.row > p.grid.HeaderRow() {
		name, plain := p.grid.Table, false
		if p.name != p.grid.Sheet { // a further part
			name += "_" + strings.Trim(strings.TrimPrefix(p.name, p.grid.Sheet), "()")
		}
		area := fmt.Sprintf("A%d:%s", p.grid.HeaderRow(), model.CellName(p.row, len(p.grid.Columns)))
		if err := p.writer.AddTable(&excelize.Table{Range: area, Name: name, ShowRowStripes: &plain}); err != nil {
			return err
		}
	}
	return p.writer.Flush()
}

// Cut divides a row of which a text is taller than a row can be: what does not fit goes on in further rows.
func (g Grid) Cut(cells []Cell) [][]Cell {
	out := [][]Cell{cells}
	for i, c := range cells {
		for k, piece := range pieces(c.Value, g.Columns[i].Width) {
			if k == len(out) {
				more := slices.Clone(cells)
				for at := g.Freeze; at < len(more); at++ {
					more[at] = Cell{Look: cells[at].Look}
				}
				out = append(out, more)
			}
			if k == 0 {
				out[0] = slices.Clone(out[0])
			}
			out[k][i].Value = piece
		}
	}
	return out
}

// pieces cuts a text into what one row of a column holds; nothing where it fits.
func pieces(value any, columnWidth float64) []any {
	all, plain := value.(Passages)
	if s, ok := value.(string); ok {
		all = Passages{{Text: s}}
	} else if !plain {
		return nil
	}
	if words, _ := (Cell{Value: value}).words(); Height(words, columnWidth, textSize) <= tallest {
		return nil
	}
	var out []any
	var part Passages
	text := ""
	next := func() {
		if out = append(out, any(part)); !plain {
			out[len(out)-1] = text
		}
		part, text = nil, ""
	}
	for _, p := range all {
		begin := 0
		for at, c := range p.Text {
			if Height(text+string(c), columnWidth, textSize) > tallest-line {
				part = append(part, Passage{p.Text[begin:at], p.Common})
				next()
				begin = at
			}
			text += string(c)
		}
		part = append(part, Passage{p.Text[begin:], p.Common})
	}
	next()
	return out
}

func (p *gridPart) full() bool { return p.row == p.last && p.last == MaxRows }

func (r *Report) beginPart(g Grid, name string, rows int) (*gridPart, error) {
	header, lastCol := g.HeaderRow(), len(g.Columns)
	p := &gridPart{report: r, grid: g, name: name, last: header + rows}
	corner := model.CellName(p.last, lastCol)
	if g.Table == "" {
		if err := r.file.AutoFilter(name, fmt.Sprintf("A%d:%s", header, corner), nil); err != nil {
			return nil, err
		}
	}
	total := 0.0
	for i, c := range g.Columns {
		if g.Printed == 0 || i < g.Printed {
			total += c.Width
		}
	}
	if g.Printed > 0 {
		area := fmt.Sprintf("%s$A$1:%s", Range(name), Fixed(p.last, g.Printed))
		if err := r.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: area, Scope: name}); err != nil {
			return nil, err
		}
	}
	print := printing{landscape: true, pages: 1 + int(total/pageWidth), titles: fmt.Sprintf("%s$%d:$%d", Range(name), header, header)}
	if g.Freeze > 0 && print.pages > 1 {
		last, _ := excelize.ColumnNumberToName(g.Freeze)
		print.titles = fmt.Sprintf("%s$A:$%s,%s", Range(name), last, print.titles)
	}
	if err := r.setUp(name, print); err != nil {
		return nil, err
	}
	if err := r.file.SetSheetDimension(name, "A1:"+corner); err != nil {
		return nil, err
	}
	if err := p.colour(); err != nil {
		return nil, err
	}
	var err error
	if p.writer, err = r.file.NewStreamWriter(name); err != nil {
		return nil, err
	}
	widths := make([]float64, len(g.Columns))
	for i, c := range g.Columns {
		widths[i] = c.Width
	}
	if err := SetWidths(p.writer, widths); err != nil {
		return nil, err
	}
	panes := &excelize.Panes{Freeze: true, XSplit: g.Freeze, YSplit: header, TopLeftCell: model.CellName(header+1, g.Freeze+1), ActivePane: "bottomLeft"}
	if g.Freeze > 0 {
		panes.ActivePane = "bottomRight"
	}
	if err := p.writer.SetPanes(panes); err != nil {
		return nil, err
	}
	return p, p.head()
}

// spark notes the small charts of the last row: of what is at least two numbers, because one alone has no course.
func (p *gridPart) spark(cells []Cell) {
	for i, c := range p.grid.Columns {
		if c.Spark == [2]int{} {
			continue
		}
		numbers := 0
		for _, cell := range cells[c.Spark[0]-1 : c.Spark[1]] {
			if _, ok := cell.Value.(float64); ok {
				numbers++
			}
		}
		if numbers > 1 {
			fmt.Fprintf(&p.sparks, "<x14:sparkline><xm:f>%s%s:%s</xm:f><xm:sqref>%s</xm:sqref></x14:sparkline>",
				XMLText(Range(p.name)), model.CellName(p.row, c.Spark[0]), model.CellName(p.row, c.Spark[1]), model.CellName(p.row, i+1))
		}
	}
}

// sparklines groups the small charts of a sheet: columns from 0, because LibreOffice prints of lines only their points.
func sparklines(charts string) string {
	const open = `<extLst><ext uri="{05C60535-1F16-4fd2-B633-F4F36F0B64E0}" xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">` +
		`<x14:sparklineGroups xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:sparklineGroup type="column" displayEmptyCellsAs="gap" last="1" minAxisType="custom" manualMin="0">`
	colours := ""
	for _, c := range [][2]string{{"Series", Blue}, {"Negative", Red}, {"Axis", Ink}, {"Markers", Blue}, {"First", Blue}, {"Last", Red}, {"High", Blue}, {"Low", Blue}} {
		colours += fmt.Sprintf(`<x14:color%s rgb="FF%s"/>`, c[0], c[1])
	}
	return open + colours + "<x14:sparklines>" + charts + "</x14:sparklines></x14:sparklineGroup></x14:sparklineGroups></ext></extLst>"
}

// XMLText escapes a text for XML.
func XMLText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// head writes the remark and the header.
func (p *gridPart) head() error {
	g := p.grid
	if g.Remark != "" {
		look, total := Remark, 0.0
		if g.Alarm {
			look = Alarm
		}
		for _, c := range g.Columns {
			total += c.Width
		}
		// What stands far to the right is out of sight: the remark takes about one screen.
		cols, shown := len(g.Columns), total
		for shown > remarkWidth && cols > 1 {
			cols--
			shown -= g.Columns[cols].Width
		}
		if total > pageWidth { // several pages side by side repeat the first columns, and what stands in them
			frozen := 0.0
			for _, c := range g.Columns[:g.Freeze] {
				frozen += c.Width
			}
			if frozen >= remarkLeast {
				cols, shown = g.Freeze, frozen
			}
		}
		line := make([]Cell, cols)
		for i := range line {
			line[i].Look = look
		}
		line[0].Value = g.Remark
		if cols > 1 {
			if err := p.writer.MergeCell("A1", model.CellName(1, cols)); err != nil {
				return err
			}
		}
		if err := p.write(line, Height(g.Remark, shown, textSize)); err != nil {
			return err
		}
	}
	if g.Lead != nil {
		if err := p.write(g.Lead, rowHeight); err != nil {
			return err
		}
	}
	line, tall := make([]Cell, len(g.Columns)), 0.0
	for i, c := range g.Columns {
		line[i] = Cell{Value: c.Header, Look: c.Look}
		if c.Look == "" {
			line[i].Look = Header
		}
		if c.Look == Standing {
			tall = max(tall, float64(len([]rune(c.Header)))*13+8)
			continue
		}
		tall = max(tall, Height(c.Header, c.Width, textSize)+4)
	}
	return p.write(line, tall)
}

// How wide a remark is at most, in characters, and at least.
const (
	remarkWidth = 150
	remarkLeast = 40
)

// add writes the next row.
func (p *gridPart) add(cells []Cell) error {
	tall := rowHeight
	for i, c := range cells {
		if s, ok := c.words(); ok && i < len(p.grid.Columns) && c.Look != Code {
			tall = max(tall, Height(s, p.grid.Columns[i].Width, textSize))
		}
	}
	if err := p.write(cells, tall); err != nil {
		return err
	}
	p.spark(cells)
	return nil
}

func (p *gridPart) write(cells []Cell, tall float64) error {
	p.row++
	values := make([]any, len(cells))
	for i, c := range cells {
		v, err := p.report.value(c)
		if err != nil {
			return err
		}
		values[i] = v
		if c.Link != "" && p.links < MaxLinks {
			p.links++
			if err := p.report.link(p.name, model.CellName(p.row, i+1), c.Link); err != nil {
				return err
			}
		}
	}
	return p.writer.SetRow(model.CellName(p.row, 1), values, excelize.RowOpts{Height: min(tall, tallest)})
}

// colour sets the conditional formats of the columns.
func (p *gridPart) colour() error {
	if p.last == p.grid.HeaderRow() {
		return nil
	}
	for i, c := range p.grid.Columns {
		area := model.CellName(p.grid.HeaderRow()+1, i+1) + ":" + model.CellName(p.last, i+1)
		if err := p.report.mark(p.name, area, c.Marks); err != nil {
			return err
		}
		scale := excelize.ConditionalFormatOptions{Type: "2_color_scale", Criteria: "=", MinType: "num", MaxType: "num",
			MinValue: "0", MaxValue: fmt.Sprint(c.Scale), MinColor: "#FFFFFF", MaxColor: "#9BC2E6"}
		switch {
		case c.Signed:
			if err := p.report.tint(p.name, area); err != nil {
				return err
			}
			continue
		case c.Heat:
			scale = excelize.ConditionalFormatOptions{Type: "3_color_scale", Criteria: "=", MinType: "num", MidType: "num", MaxType: "num",
				MinValue: "-0.5", MidValue: "0", MaxValue: "1", MinColor: "#F4B084", MidColor: "#FFFFFF", MaxColor: "#A9D08E"}
		case c.Rank > 0:
			id, err := p.report.styles.Conditional(Good)
			if err != nil {
				return err
			}
			scale = excelize.ConditionalFormatOptions{Type: "cell", Criteria: "between", MinValue: "1", MaxValue: fmt.Sprint(c.Rank), Format: &id}
		case c.Scale <= 0:
			continue
		}
		if err := p.report.file.SetConditionalFormat(p.name, area, []excelize.ConditionalFormatOptions{scale}); err != nil {
			return err
		}
	}
	return nil
}

func (r *Report) mark(sheet, area string, marks []Mark) error {
	var rules []excelize.ConditionalFormatOptions
	for _, m := range marks {
		id, err := r.styles.Conditional(m.Tone)
		if err != nil {
			return err
		}
		rules = append(rules, excelize.ConditionalFormatOptions{Type: "cell", Criteria: "==", Value: Quote(m.Word), Format: &id})
	}
	if rules == nil {
		return nil
	}
	return r.file.SetConditionalFormat(sheet, area, rules)
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
		if math.Abs(v) < 1e5 { // 9.8 and not 9.800000000000001
			c.Value = math.Round(v*1e10) / 1e10
		}
	case Passages:
		c.Value = v.runs()
	}
	return excelize.Cell{StyleID: id, Value: c.Value, Formula: c.Formula}, nil
}

func (r *Report) link(sheet, cell, target string) error {
	if at := cellLink.FindStringIndex(target); at != nil && at[0] == 0 {
		return r.file.SetCellHyperLink(sheet, cell, target[1:], "Location")
	}
	return r.file.SetCellHyperLink(sheet, cell, escapePath(target), "External")
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
	name := model.CellName(row, col)
	letters := strings.TrimRight(name, "0123456789")
	return "$" + letters + "$" + strings.TrimPrefix(name, letters)
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

// printing is how a sheet is printed.
type printing struct {
	landscape bool
	pages     int    // side by side
	high      int    // below each other; 0: as many as it takes
	scale     uint   // percent, instead of fitting the width: programs that fit leave page breaks aside
	titles    string // rows and columns repeated on each page
}

// pageWidth is how many characters one page side by side takes before the print gets too small to read.
const pageWidth = 230

// setUp prepares a sheet for print: A4, so many pages wide, the sheet's name above and page numbers below.
func (r *Report) setUp(sheet string, p printing) error {
	fit, paper, wide, high, orientation := true, 9, max(1, p.pages), p.high, "portrait"
	if p.landscape {
		orientation = "landscape"
	}
	layout := &excelize.PageLayoutOptions{Size: &paper, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &high}
	if p.scale > 0 {
		fit, layout = false, &excelize.PageLayoutOptions{Size: &paper, Orientation: &orientation, AdjustTo: &p.scale}
	}
	if err := r.file.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	if err := r.file.SetPageLayout(sheet, layout); err != nil {
		return err
	}
	side, edge, band := 0.5, 0.7, 0.35 // inches; without the last, header and footer stand where printers don't reach
	centred := true
	if err := r.file.SetPageMargins(sheet, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &edge, Bottom: &edge, Header: &band, Footer: &band, Horizontally: &centred}); err != nil {
		return err
	}
	header := &excelize.HeaderFooterOptions{OddHeader: "&C" + headerText(sheet), OddFooter: "&L" + headerText(r.footer) + "&R第 &P 页，共 &N 页"}
	if err := r.file.SetHeaderFooter(sheet, header); err != nil {
		return err
	}
	if p.titles == "" {
		return nil
	}
	return r.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: p.titles, Scope: sheet})
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
	lines := 0
	for part := range strings.SplitSeq(text, "\n") {
		room := max(2, int(columnWidth*textSize/points)-1)
		lines += max(1, (Width(part)+room-1)/room)
	}
	return max(rowHeight, float64(lines)*line*points/textSize+3.5)
}

// Width is how wide a text is in characters of a column's width: a hanzi takes two.
func Width(s string) int {
	n := 0
	for _, c := range s {
		switch width.LookupRune(c).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianAmbiguous:
			n += 2
		default:
			n++
		}
	}
	return n
}

// Page is a sheet laid out freely: cells, merged areas and charts put where they belong, then written at once.
type Page struct {
	Sheet     string
	Widths    []float64
	Landscape bool
	Scale     uint // of the print, in percent; 0: as wide as a page
	OnePage   bool // in print
	Protected bool // but for the inputs: cells of the look Input
	Frozen    int  // rows kept in view
	Printed   int  // columns that are printed; 0: all

	inputs []input
	cells  map[int]map[int]Cell
	spans  [][4]int
	high   map[int]float64
	marks  []areaMarks
	tinted [][4]int
	charts []placedChart
	breaks []int
}

// input is what may be typed into an area.
type input struct {
	area    [4]int
	list    []string // one of these; nil: a number from least to most
	source  string   // one of the texts of this range
	open    bool     // others may be typed too
	least   float64
	most    float64
	whole   bool
	message string
}

type areaMarks struct {
	area  [4]int
	marks []Mark
}

type placedChart struct {
	row, col int
	chart    *excelize.Chart
}

// Put places a cell.
func (p *Page) Put(row, col int, c Cell) {
	if p.cells == nil {
		p.cells, p.high = map[int]map[int]Cell{}, map[int]float64{}
	}
	if p.cells[row] == nil {
		p.cells[row] = map[int]Cell{}
	}
	p.cells[row][col] = c
}

// PutRow places cells side by side.
func (p *Page) PutRow(row, col int, cells ...Cell) {
	for i, c := range cells {
		p.Put(row, col+i, c)
	}
}

// Span places a cell over several columns and gives the row the height that its text needs.
func (p *Page) Span(row, col, cols int, c Cell) {
	wide := 0.0
	for i := range cols {
		p.Put(row, col+i, Cell{Look: c.Look})
		wide += p.Widths[col+i-1]
	}
	p.Put(row, col, c)
	// Merged areas that overlap make Excel offer a repair: what is put last holds.
	p.spans = slices.DeleteFunc(p.spans, func(s [4]int) bool { return s[0] == row && s[1] < col+cols && s[3] >= col })
	if cols > 1 {
		p.spans = append(p.spans, [4]int{row, col, row, col + cols - 1})
	}
	if s, ok := c.Value.(string); ok && c.Look != Title {
		p.high[row] = max(p.high[row], Height(s, wide, textSize))
	}
}

// Height sets the height of a row, in points.
func (p *Page) Height(row int, points float64) { p.high[row] = points }

// Tall is how tall the rows from one to another are, in points.
func (p *Page) Tall(from, to int) float64 {
	sum := 0.0
	for row := from; row <= to; row++ {
		sum += p.tall(row)
	}
	return sum
}

func (p *Page) tall(row int) float64 {
	if h := p.high[row]; h > 0 {
		return min(h, tallest)
	}
	return rowHeight
}

// Break begins a new printed page at a row.
func (p *Page) Break(row int) { p.breaks = append(p.breaks, row) }

// Mark colours the cells of an area that say just this.
func (p *Page) Mark(row, col, lastRow, lastCol int, marks ...Mark) {
	p.marks = append(p.marks, areaMarks{[4]int{row, col, lastRow, lastCol}, marks})
}

// Tinted colours the numbers of an area by their sign.
func (p *Page) Tinted(row, col, lastRow, lastCol int) {
	p.tinted = append(p.tinted, [4]int{row, col, lastRow, lastCol})
}

// tint colours positive and negative numbers.
func (r *Report) tint(sheet, area string) error {
	good, err := r.styles.Conditional(Good)
	if err != nil {
		return err
	}
	bad, err := r.styles.Conditional(Bad)
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(area, ":")
	return r.file.SetConditionalFormat(sheet, area, []excelize.ConditionalFormatOptions{
		{Type: "formula", Criteria: fmt.Sprintf("AND(ISNUMBER(%s),%s>0)", first, first), Format: &good},
		{Type: "formula", Criteria: fmt.Sprintf("AND(ISNUMBER(%s),%s<0)", first, first), Format: &bad},
	})
}

// Choice limits an area to a list of words.
func (p *Page) Choice(row, col, lastRow, lastCol int, message string, words ...string) {
	p.inputs = append(p.inputs, input{area: [4]int{row, col, lastRow, lastCol}, list: words, message: message})
}

// ChoiceOf offers the texts of a range, written as formulas write it; open: others may be typed too.
func (p *Page) ChoiceOf(row, col, lastRow, lastCol int, open bool, message, source string) {
	p.inputs = append(p.inputs, input{area: [4]int{row, col, lastRow, lastCol}, source: source, open: open, message: message})
}

// Between limits an area to numbers.
func (p *Page) Between(row, col, lastRow, lastCol int, message string, least, most float64, whole bool) {
	p.inputs = append(p.inputs, input{area: [4]int{row, col, lastRow, lastCol}, least: least, most: most, whole: whole, message: message})
}

func (r *Report) validate(sheet string, x input) error {
	v := excelize.NewDataValidation(true)
	v.SetSqref(model.CellName(x.area[0], x.area[1]) + ":" + model.CellName(x.area[2], x.area[3]))
	switch {
	case x.list != nil:
		if err := v.SetDropList(x.list); err != nil {
			return err
		}
	case x.source != "":
		v.SetSqrefDropList(x.source)
	default:
		kind := excelize.DataValidationTypeDecimal
		if x.whole {
			kind = excelize.DataValidationTypeWhole
		}
		if err := v.SetRange(x.least, x.most, kind, excelize.DataValidationOperatorBetween); err != nil {
			return err
		}
	}
	if !x.open {
		v.SetError(excelize.DataValidationErrorStyleStop, "请改正", cmp.Or(x.message, "请从下拉中选"))
	}
	if x.message != "" {
		v.SetInput("填写", x.message)
	}
	return r.file.AddDataValidation(sheet, v)
}

// Chart places a chart with its upper left corner in a cell.
func (p *Page) Chart(row, col int, c *excelize.Chart) {
	// Anchored by one cell it keeps its size whatever the height of the rows.
	c.Format.Positioning = "oneCell"
	p.charts = append(p.charts, placedChart{row, col, c})
}

// Page writes a page.
func (r *Report) Page(p *Page) error {
	rows, lastCol := []int{}, 1
	for row, cells := range p.cells {
		rows = append(rows, row)
		for col := range cells {
			lastCol = max(lastCol, col)
		}
	}
	slices.Sort(rows)
	last := rows[len(rows)-1]
	print := printing{landscape: p.Landscape, scale: p.Scale}
	if p.OnePage {
		print.high = 1
	}
	if err := r.setUp(p.Sheet, print); err != nil {
		return err
	}
	if p.Printed > 0 {
		area := Absolute(p.Sheet, 1, 1, last, p.Printed)
		if err := r.file.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: area, Scope: p.Sheet}); err != nil {
			return err
		}
	}
	hidden := false
	if err := r.file.SetSheetView(p.Sheet, 0, &excelize.ViewOptions{ShowGridLines: &hidden}); err != nil {
		return err
	}
	if err := r.file.SetSheetDimension(p.Sheet, "A1:"+model.CellName(last, lastCol)); err != nil {
		return err
	}
	for _, m := range p.marks {
		if err := r.mark(p.Sheet, model.CellName(m.area[0], m.area[1])+":"+model.CellName(m.area[2], m.area[3]), m.marks); err != nil {
			return err
		}
	}
	for _, a := range p.tinted {
		if err := r.tint(p.Sheet, model.CellName(a[0], a[1])+":"+model.CellName(a[2], a[3])); err != nil {
			return err
		}
	}
	for _, x := range p.inputs {
		if err := r.validate(p.Sheet, x); err != nil {
			return err
		}
	}
	if p.Protected {
		if err := Protect(r.file, p.Sheet); err != nil {
			return err
		}
	}
	for _, row := range p.breaks {
		if err := r.file.InsertPageBreak(p.Sheet, model.CellName(row, 1)); err != nil {
			return err
		}
	}
	w, err := r.file.NewStreamWriter(p.Sheet)
	if err != nil {
		return err
	}
	if err := SetWidths(w, p.Widths); err != nil {
		return err
	}
	if p.Frozen > 0 {
		if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: p.Frozen, TopLeftCell: model.CellName(p.Frozen+1, 1), ActivePane: "bottomLeft"}); err != nil {
			return err
		}
	}
	for _, row := range rows {
		values := make([]any, lastCol)
		for col := 1; col <= lastCol; col++ {
			c, ok := p.cells[row][col]
			if !ok {
				continue
			}
			if values[col-1], err = r.value(c); err != nil {
				return err
			}
			if c.Link != "" {
				if err := r.link(p.Sheet, model.CellName(row, col), c.Link); err != nil {
					return err
				}
			}
		}
		if err := w.SetRow(model.CellName(row, 1), values, excelize.RowOpts{Height: p.tall(row)}); err != nil {
			return err
		}
	}
	for _, s := range p.spans {
		if err := w.MergeCell(model.CellName(s[0], s[1]), model.CellName(s[2], s[3])); err != nil {
			return err
		}
	}
	for _, c := range p.charts {
		if err := r.file.AddChart(p.Sheet, model.CellName(c.row, c.col), c.chart); err != nil {
			return err
		}
	}
	return w.Flush()
}
