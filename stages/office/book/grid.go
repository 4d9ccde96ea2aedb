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

// Grid is a sheet that is one table: rows under a header.
type Grid struct {
	Sheet   string
	Remark  string // row over the header; empty: the header is row 1
	Warning bool   // the remark must not be missed
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

// Mark colours the cells whose text is exactly Word.
type Mark struct {
	Word string
	Tone Tone
}

// HeaderRow is the row number of the header; the rows follow it.
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

// Grid writes a table. Rows beyond a worksheet's maximum continue in further sheets, named Sheet(2), Sheet(3) ….
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
		if part.row == part.last && part.last == MaxRows {
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
	report    *Report
	grid      Grid
	name      string
	writer    *excelize.StreamWriter
	rows      *sheetRows
	row       int // last written
	last      int
	linkCount int
	charts    strings.Builder // sparklines of the rows so far
}

// finish ends the worksheet. excelize can't stream sparklines, and searches all links of a sheet for each new one, so
// saving inserts both.
func (p *gridPart) finish() {
	if p.charts.Len() > 0 {
		p.rows.charts = strings.Replace(strings.TrimSpace(sparklines), "{charts}", p.charts.String(), 1)
	}
	if targets := p.rows.targets.String(); targets != "" {
		part := fmt.Sprintf("xl/worksheets/_rels/sheet%d.xml.rels", p.writer.SheetID)
		p.report.file.Pkg.Store(part, []byte(relationships+targets+"</Relationships>"))
	}
	if p.grid.Table != "" && p.row > p.grid.HeaderRow() {
		name, plain := p.grid.Table, false
		if p.name != p.grid.Sheet { // a further part
			name += "_" + strings.Trim(strings.TrimPrefix(p.name, p.grid.Sheet), "()")
		}
		area := fmt.Sprintf("A%d:%s", p.grid.HeaderRow(), model.CellName(p.row, len(p.grid.Columns)))
		heads := make([]any, len(p.grid.Columns)) // where it looks for the names of the columns; our rows take its place
		for i, c := range p.grid.Columns {
			heads[i] = Text(c.Header)
		}
		try.Do(p.writer.SetRow(model.CellName(p.grid.HeaderRow(), 1), heads))
		try.Do(p.writer.AddTable(&excelize.Table{Range: area, Name: name, ShowRowStripes: &plain}))
	}
	p.rows.finish()
	try.Do(p.writer.Flush())
}

// SplitRow splits a row with a text taller than a row can be: the rest continues in further rows.
func (g Grid) SplitRow(cells []Cell) [][]Cell {
	out := [][]Cell{cells}
	for i, c := range cells {
		for k, piece := range splitText(c.Value, g.Columns[i].Width) {
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

// splitText splits a text into pieces that fit in one row of a column; nil if it fits.
func splitText(value any, columnWidth float64) []any {
	words, ok := Cell{Value: value}.text()
	if !ok || TextHeight(words, columnWidth, textSize) <= tallest {
		return nil
	}
	all, rich := value.(RichText)
	if !rich {
		all = RichText{{Text: words}}
	}
	parts, taken := []RichText{nil}, newLineCounter(columnWidth, textSize)
	add := func(run TextRun) { parts[len(parts)-1] = append(parts[len(parts)-1], run) }
	for _, p := range all {
		begin := 0
		for at, c := range p.Text {
			if taken.add(c); taken.height() > tallest-line {
				add(TextRun{p.Text[begin:at], p.Common})
				parts, begin, taken = append(parts, nil), at, newLineCounter(columnWidth, textSize)
				taken.add(c)
			}
		}
		add(TextRun{p.Text[begin:], p.Common})
	}
	out := make([]any, len(parts))
	for i, part := range parts {
		if out[i] = part; !rich {
			out[i] = part[0].Text
		}
	}
	return out
}

func (r *Report) beginPart(g Grid, name string, rows int) *gridPart {
	header, lastCol := g.HeaderRow(), len(g.Columns)
	p := &gridPart{report: r, grid: g, name: name, last: header + rows}
	corner := model.CellName(p.last, lastCol)
	if g.Table == "" {
		try.Do(r.file.AutoFilter(name, fmt.Sprintf("A%d:%s", header, corner), nil))
	}
	var widths []float64
	for _, c := range g.Columns {
		widths = append(widths, c.Width)
	}
	pages, repeated, area := 1+int(sum(widths[:cmp.Or(g.Printed, lastCol)])/pageWidth), 0, ""
	if pages > 1 {
		repeated = g.Freeze
	}
	if g.Printed > 0 {
		area = AbsRange(name, 1, 1, p.last, g.Printed)
	}
	r.setUp(name, Print{Landscape: true, Tab: g.Tab, Pages: pages}, area, PrintTitles(name, header, header, repeated))
	try.Do(r.file.SetSheetDimension(name, "A1:"+corner))
	p.setConditionalFormats()
	p.writer, p.rows = Stream(r.file, name, widths, header, g.Freeze), r.beginRows(name)
	p.writeHeader(widths)
	return p
}

// addSparklines adds the sparklines of the last row, where there are at least two numbers.
func (p *gridPart) addSparklines(cells []Cell) {
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
			fmt.Fprintf(&p.charts, "<x14:sparkline><xm:f>%s%s</xm:f><xm:sqref>%s</xm:sqref></x14:sparkline>",
				XMLText(SheetPrefix(p.name)), areaName(p.row, c.Spark[0], p.row, c.Spark[1]), model.CellName(p.row, i+1))
		}
	}
}

// sparklines is the group of a sheet's sparklines: columns from 0, because LibreOffice prints only the points of lines.
//
//go:embed sparklines.xml
var sparklines string

func (p *gridPart) writeHeader(widths []float64) {
	g := p.grid
	if g.Remark != "" {
		p.writeRemark(widths)
	}
	if g.Lead != nil {
		p.write(g.Lead, rowHeight)
	}
	line, tall := make([]Cell, len(g.Columns)), 0.0
	for i, c := range g.Columns {
		line[i] = Cell{Value: c.Header, Look: cmp.Or(c.Look, Header)}
		if c.Look == Vertical {
			tall = max(tall, float64(len([]rune(c.Header)))*13+8)
			continue
		}
		tall = max(tall, TextHeight(c.Header, c.Width, textSize)+4)
	}
	p.write(line, tall)
}

// writeRemark writes the row over the header, merged over a screen's width, or over the columns that each page repeats.
func (p *gridPart) writeRemark(widths []float64) {
	g, total, cols := p.grid, sum(widths), len(widths)
	shown, frozen := total, sum(widths[:p.grid.Freeze])
	const most, least = 150, 40 // characters
	for shown > most && cols > 1 {
		cols--
		shown -= widths[cols]
	}
	if total > pageWidth && frozen >= least {
		cols, shown = g.Freeze, frozen
	}
	line := make([]Cell, cols)
	for i := range line {
		if line[i].Look = Remark; g.Warning {
			line[i].Look = Alarm
		}
	}
	line[0].Value = g.Remark
	if cols > 1 {
		try.Do(p.writer.MergeCell("A1", model.CellName(1, cols)))
	}
	p.write(line, TextHeight(g.Remark, shown, textSize))
}

func sum(widths []float64) (total float64) {
	for _, w := range widths {
		total += w
	}
	return total
}

// add writes the next row.
func (p *gridPart) add(cells []Cell) {
	tall := rowHeight
	for i, c := range cells {
		if s, ok := c.text(); ok && i < len(p.grid.Columns) {
			tall = max(tall, TextHeight(s, p.grid.Columns[i].Width, textSize))
		}
	}
	p.write(cells, tall)
	p.addSparklines(cells)
}

func (p *gridPart) write(cells []Cell, tall float64) {
	p.row++
	p.rows.beginRow(p.row, min(tall, tallest))
	for i, c := range cells {
		if p.rows.writeCell(p.row, i+1, c); c.Link != "" && p.linkCount < excelize.TotalSheetHyperlinks {
			p.linkCount++
			p.rows.addLink(model.CellName(p.row, i+1), c.Link)
		}
	}
	p.rows.endRow()
}

func (p *gridPart) setConditionalFormats() {
	if p.last == p.grid.HeaderRow() {
		return
	}
	for i, c := range p.grid.Columns {
		area := areaName(p.grid.HeaderRow()+1, i+1, p.last, i+1)
		p.report.colourWords(p.name, area, c.Marks)
		scale := excelize.ConditionalFormatOptions{Type: "2_color_scale", Criteria: "=", MinType: "num", MaxType: "num",
			MinValue: "0", MaxValue: fmt.Sprint(c.Scale), MinColor: "#FFFFFF", MaxColor: "#9BC2E6"}
		switch {
		case c.Signed:
			p.report.colourBySign(p.name, area)
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

func (r *Report) colourWords(sheet, area string, marks []Mark) {
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
