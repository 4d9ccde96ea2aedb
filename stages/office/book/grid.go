package book

import (
	"cmp"
	_ "embed"
	"fmt"
	"iter"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/try"

	"github.com/xuri/excelize/v2"
)

// maxLinks is how many links a worksheet can have.
const maxLinks = excelize.TotalSheetHyperlinks

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
	Tab     string // colour of the sheet's tab, RGB; empty: none
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
func (r *Report) Grid(g Grid, rows iter.Seq[[]Cell]) (err error) {
	defer try.Caught(&err)
	parts, left := 0, g.Rows
	begin := func() *gridPart {
		name := g.Sheet
		if parts++; parts > 1 {
			name = fmt.Sprintf("%s(%d)", g.Sheet, parts)
			try.Get(r.file.NewSheet(name))
		}
		size := min(left, MaxRows-g.HeaderRow())
		left -= size
		return r.beginPart(g, name, size)
	}
	part, written := begin(), 0
	for cells := range rows {
		if part.full() {
			part.finish()
			part = begin()
		}
		part.add(cells)
		written++
	}
	if written != g.Rows {
		return fmt.Errorf("工作表“%s”应有 %d 行，写了 %d 行", g.Sheet, g.Rows, written)
	}
	part.finish()
	return nil
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
func (p *gridPart) finish() {
	if p.sparks.Len() > 0 {
		p.report.tails[p.name] = strings.Replace(strings.TrimSpace(sparklines), "{charts}", p.sparks.String(), 1)
	}
	if p.grid.Table != "" && p.row > p.grid.HeaderRow() {
		name, plain := p.grid.Table, false
		if p.name != p.grid.Sheet { // a further part
			name += "_" + strings.Trim(strings.TrimPrefix(p.name, p.grid.Sheet), "()")
		}
		area := fmt.Sprintf("A%d:%s", p.grid.HeaderRow(), model.CellName(p.row, len(p.grid.Columns)))
		try.Do(p.writer.AddTable(&excelize.Table{Range: area, Name: name, ShowRowStripes: &plain}))
	}
	try.Do(p.writer.Flush())
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
	text, taken := strings.Builder{}, linesOf(columnWidth, textSize)
	next := func() {
		if out = append(out, any(part)); !plain {
			out[len(out)-1] = text.String()
		}
		part = nil
		text.Reset()
	}
	for _, p := range all {
		begin := 0
		for at, c := range p.Text {
			if taken.add(c); taken.height() > tallest-line {
				part = append(part, Passage{p.Text[begin:at], p.Common})
				next()
				begin, taken = at, linesOf(columnWidth, textSize)
				taken.add(c)
			}
			text.WriteRune(c)
		}
		part = append(part, Passage{p.Text[begin:], p.Common})
	}
	next()
	return out
}

func (p *gridPart) full() bool { return p.row == p.last && p.last == MaxRows }

func (r *Report) beginPart(g Grid, name string, rows int) *gridPart {
	header, lastCol := g.HeaderRow(), len(g.Columns)
	p := &gridPart{report: r, grid: g, name: name, last: header + rows}
	corner := model.CellName(p.last, lastCol)
	if g.Table == "" {
		try.Do(r.file.AutoFilter(name, fmt.Sprintf("A%d:%s", header, corner), nil))
	}
	pages, repeated, area := 1+int(wide(g.Columns[:cmp.Or(g.Printed, lastCol)])/pageWidth), 0, ""
	if pages > 1 {
		repeated = g.Freeze
	}
	if g.Printed > 0 {
		area = Absolute(name, 1, 1, p.last, g.Printed)
	}
	r.setUp(name, Print{Landscape: true, Tab: g.Tab, Pages: pages}, area, titles(name, header, repeated))
	try.Do(r.file.SetSheetDimension(name, "A1:"+corner))
	p.colour()
	p.writer = try.Get(r.file.NewStreamWriter(name))
	var widths []float64
	for _, c := range g.Columns {
		widths = append(widths, c.Width)
	}
	try.Do(SetWidths(p.writer, widths))
	try.Do(p.writer.SetPanes(panes(header, g.Freeze)))
	p.head()
	return p
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
			fmt.Fprintf(&p.sparks, "<x14:sparkline><xm:f>%s%s</xm:f><xm:sqref>%s</xm:sqref></x14:sparkline>",
				XMLText(Range(p.name)), areaName(p.row, c.Spark[0], p.row, c.Spark[1]), model.CellName(p.row, i+1))
		}
	}
}

// sparklines groups the small charts of a sheet: columns from 0, because LibreOffice prints of lines only their points.
//
//go:embed sparklines.xml
var sparklines string

// head writes the remark and the header.
func (p *gridPart) head() {
	g := p.grid
	if g.Remark != "" {
		p.remark()
	}
	if g.Lead != nil {
		p.write(g.Lead, rowHeight)
	}
	line, tall := make([]Cell, len(g.Columns)), 0.0
	for i, c := range g.Columns {
		line[i] = Cell{Value: c.Header, Look: cmp.Or(c.Look, Header)}
		if c.Look == Standing {
			tall = max(tall, float64(len([]rune(c.Header)))*13+8)
			continue
		}
		tall = max(tall, Height(c.Header, c.Width, textSize)+4)
	}
	p.write(line, tall)
}

// remark writes what stands over the header, in one screen's width, or over the columns that each page repeats.
func (p *gridPart) remark() {
	g := p.grid
	total, frozen := wide(g.Columns), wide(g.Columns[:g.Freeze])
	cols, shown := len(g.Columns), total
	for shown > remarkWidth && cols > 1 {
		cols--
		shown -= g.Columns[cols].Width
	}
	if total > pageWidth && frozen >= remarkLeast {
		cols, shown = g.Freeze, frozen
	}
	line := make([]Cell, cols)
	for i := range line {
		if line[i].Look = Remark; g.Alarm {
			line[i].Look = Alarm
		}
	}
	line[0].Value = g.Remark
	if cols > 1 {
		try.Do(p.writer.MergeCell("A1", model.CellName(1, cols)))
	}
	p.write(line, Height(g.Remark, shown, textSize))
}

// wide is how wide columns are together.
func wide(columns []Column) float64 {
	total := 0.0
	for _, c := range columns {
		total += c.Width
	}
	return total
}

// How wide a remark is at most, in characters, and at least.
const (
	remarkWidth = 150
	remarkLeast = 40
)

// add writes the next row.
func (p *gridPart) add(cells []Cell) {
	tall := rowHeight
	for i, c := range cells {
		if s, ok := c.words(); ok && i < len(p.grid.Columns) {
			tall = max(tall, Height(s, p.grid.Columns[i].Width, textSize))
		}
	}
	p.write(cells, tall)
	p.spark(cells)
}

func (p *gridPart) write(cells []Cell, tall float64) {
	p.row++
	values := make([]any, len(cells))
	for i, c := range cells {
		if values[i] = p.report.value(c); c.Link != "" && p.links < maxLinks {
			p.links++
			p.link(model.CellName(p.row, i+1), c.Link)
		}
	}
	try.Do(p.writer.SetRow(model.CellName(p.row, 1), values, excelize.RowOpts{Height: min(tall, tallest)}))
}

// colour sets the conditional formats of the columns.
func (p *gridPart) colour() {
	if p.last == p.grid.HeaderRow() {
		return
	}
	for i, c := range p.grid.Columns {
		area := areaName(p.grid.HeaderRow()+1, i+1, p.last, i+1)
		p.report.mark(p.name, area, c.Marks)
		scale := excelize.ConditionalFormatOptions{Type: "2_color_scale", Criteria: "=", MinType: "num", MaxType: "num",
			MinValue: "0", MaxValue: fmt.Sprint(c.Scale), MinColor: "#FFFFFF", MaxColor: "#9BC2E6"}
		switch {
		case c.Signed:
			p.report.tint(p.name, area)
			continue
		case c.Heat:
			scale.Type, scale.MidType, scale.MinValue, scale.MidValue, scale.MaxValue = "3_color_scale", "num", "-0.5", "0", "1"
			scale.MinColor, scale.MidColor, scale.MaxColor = "#F4B084", "#FFFFFF", "#A9D08E"
		case c.Rank > 0:
			id := p.report.styles.Conditional(Good)
			scale = excelize.ConditionalFormatOptions{Type: "cell", Criteria: "between", MinValue: "1",
				MaxValue: fmt.Sprint(c.Rank), Format: &id}
		case c.Scale <= 0:
			continue
		}
		try.Do(p.report.file.SetConditionalFormat(p.name, area, []excelize.ConditionalFormatOptions{scale}))
	}
}

func (r *Report) mark(sheet, area string, marks []Mark) {
	var rules []excelize.ConditionalFormatOptions
	for _, m := range marks {
		id := r.styles.Conditional(m.Tone)
		rules = append(rules, excelize.ConditionalFormatOptions{Type: "cell", Criteria: "==", Value: Quote(m.Word),
			Format: &id})
	}
	if rules != nil {
		try.Do(r.file.SetConditionalFormat(sheet, area, rules))
	}
}
