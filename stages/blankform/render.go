// Package blankform paints the Excel template from the definition's layout, blank or with values filled in. It knows
// how things look; what stands where is the layout's.
package blankform

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/formula"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
)

// Values is what to fill a template with.
type Values struct {
	Fields  map[templates.Ref]Value       // by field and year; year 0 for undated fields
	Records map[string][]map[string]Value // block id -> rows -> field id
	Parent  string                        // sha256 of the workbook that an issued copy was made from
	// Watermark is shown on every sheet and printed with it: 样例数据，非真实.
	Watermark string
}

// Value is one cell's content; exactly one of Text, Number and Date is set, none is blank.
type Value struct {
	Text   string
	Number *decimal.Decimal
	Date   string // ISO
	Format string // number format in place of the template's; empty: the template's
}

func (v Value) blank() bool { return v.Text == "" && v.Number == nil && v.Date == "" }

// FileName is the name of the blank template.
func FileName(d *templates.Definition) string {
	return fmt.Sprintf("%s（%d年填报模板）.xlsx", d.Form.Title, d.Year)
}

// Template writes the blank template.
func Template(w io.Writer, d *templates.Definition) error { return Fill(w, d, Values{}) }

// Fill writes the template with values filled in.
func Fill(w io.Writer, d *templates.Definition, v Values) (err error) {
	f := excelize.NewFile()
	defer f.Close()
	l := &ledger{cells: map[spot]*entry{}, names: map[string]formula.Area{}}
	p := &painter{d: d, v: v, f: f, styles: book.NewStyles(f), l: l, formats: map[string]int{}}
	defer func() {
		if err != nil && p.at != "" {
			err = fmt.Errorf("工作表“%s”：%w", p.at, err)
		}
	}()
	defer try.Caught(&err)
	p.lists()
	l.inputs(d.Layout(), v)
	p.check = try.Get(newSelfCheck(d, l))
	p.sheets()
	for _, layout := range d.Layout().Sheets {
		p.sheet(layout)
	}
	p.checkPage()
	p.at = ""
	parts := p.behind()
	p.names()
	// Whoever fills the template without a spreadsheet program leaves the values of formulas as they were.
	try.Do(f.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: new(true)}))
	return book.WriteParts(w, f, d.Form.Title, parts)
}

// painter writes one workbook. An error ends it.
type painter struct {
	d      *templates.Definition
	v      Values
	f      *excelize.File
	styles *book.Styles
	l      *ledger
	check  *selfCheck

	formats map[string]int // conditional formats by look
	at      string         // the sheet being painted
}

// lists puts what the dropdowns offer on a hidden sheet: a typed list is limited to 255 characters.
func (p *painter) lists() {
	column := 0
	list := func(name string, options []string) {
		if _, known := p.l.names[name]; known || len(options) == 0 {
			return
		}
		column++
		for i, option := range options {
			p.l.set(templates.ListSheet, i+1, column, option, "")
		}
		p.l.define(name, templates.ListSheet, 1, column, len(options), column)
	}
	for _, f := range p.d.Form.Fields() {
		if f.Type == templates.ConfirmField {
			list(listName("confirm"), []string{p.d.Form.Confirm.Checked, p.d.Form.Confirm.Unchecked})
		}
		list(listName(f.Suggest), p.d.Suggestions(f))
		if f.Choices != "" && f.Choices != "consortia" {
			list(listName(f.Choices), p.d.Options(f))
		}
	}
	names := []string{consortiaList, cityOfList, parkOfList, nationalList, keyList, parkKeyList}
	columns := map[string][]string{}
	for _, city := range p.d.Directory.Cities {
		for _, e := range p.d.Directory.Entries {
			for _, pair := range e.Pairs() {
				for i, x := range []string{pair.Consortium, e.City, pair.Park, e.National, text.NameKey(pair.Consortium),
					text.NameKey(pair.Park)} {
					if e.City == city.Name {
						columns[names[i]] = append(columns[names[i]], x)
					}
				}
			}
		}
	}
	for _, f := range p.d.Form.Fields() { // behind the cities, by which the sheet is known
		list(placeholderList(f), f.PlaceholderWords())
	}
	for _, name := range names {
		list(name, columns[name])
	}
}

// behind writes the form's identity, and gives the XML of the sheets that calculate.
func (p *painter) behind() map[string]string {
	parts := map[string]string{}
	for _, sheet := range calculated {
		parts[sheet] = p.l.hidden(sheet)
	}
	for i, pair := range [][2]string{
		{templates.MetaForm, p.d.Form.ID}, {templates.MetaYear, strconv.Itoa(p.d.Year)},
		{templates.MetaVersion, strconv.Itoa(p.d.Form.Version)}, {templates.MetaParent, p.v.Parent},
	} {
		try.Do(p.f.SetSheetRow(templates.MetaSheet, cell(i+1, 1), &[]any{pair[0], pair[1]}))
	}
	try.Do(p.f.SetSheetDimension(templates.MetaSheet, "A1:B4"))
	return parts
}

// sheets adds all sheets in their order, before any is written: excelize looks through all of them when one is hidden.
func (p *painter) sheets() {
	visible := table.Each(p.d.Layout().Sheets, func(l *templates.SheetLayout) string { return l.Sheet.Title })
	visible = append(visible, templates.CheckSheet)
	try.Do(p.f.SetSheetName("Sheet1", visible[0]))
	hidden := append(slices.Clone(calculated), templates.MetaSheet)
	for _, sheet := range slices.Concat(visible[1:], hidden) {
		try.Get(p.f.NewSheet(sheet))
	}
	p.f.SetActiveSheet(0)
	for _, sheet := range hidden {
		try.Do(p.f.SetSheetVisible(sheet, false, sheet == templates.MetaSheet))
		try.Do(p.f.ProtectSheet(sheet, &excelize.SheetProtectionOptions{}))
	}
}

func (p *painter) names() {
	for _, name := range p.l.order {
		a := p.l.names[name]
		refers := book.Absolute(a.Sheet, a.Row, a.Col, a.LastRow, a.LastCol)
		try.Do(p.f.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: refers}))
	}
}

// sheet paints one sheet: page, names and validations first, then the rows from top to bottom.
func (p *painter) sheet(layout *templates.SheetLayout) {
	p.at = layout.Sheet.Title
	try.Do(p.f.SetSheetDimension(p.at, "A1:"+cell(layout.LastRow, layout.LastCol)))
	p.page(layout)
	p.inputs(layout)
	p.rows(layout, p.canvas(layout))
}

// rows streams the cells: a stream is the one way to write a formula together with its value.
func (p *painter) rows(layout *templates.SheetLayout, c *canvas) {
	sw := try.Get(p.f.NewStreamWriter(p.at))
	try.Do(book.SetWidths(sw, layout.Widths))
	if layout.Freeze > 0 {
		try.Do(sw.SetPanes(&excelize.Panes{
			Freeze: true, YSplit: layout.Freeze, TopLeftCell: cell(layout.Freeze+1, 1), ActivePane: "bottomLeft",
		}))
	}
	// rows that a page begins with: every part of the form but the first of its sheet, and fields that say so
	begins := map[int]bool{}
	for _, s := range layout.Statics {
		begins[s.Row] = begins[s.Row] || s.Role == templates.TitleRole && s.Row > 1
	}
	for _, slot := range layout.Slots {
		begins[slot.Row] = begins[slot.Row] || slot.Field.NewPage
	}
	for row := 1; row <= layout.LastRow; row++ {
		cells := make([]any, layout.LastCol)
		for col := range cells {
			cells[col] = c.cells[[2]int{row, col + 1}]
		}
		if begins[row] {
			try.Do(sw.InsertPageBreak(cell(row, 1)))
		}
		try.Do(sw.SetRow(cell(row, 1), cells, excelize.RowOpts{Height: max(c.heights[row], lineHeight+padding)}))
	}
	for _, m := range c.merged {
		try.Do(sw.MergeCell(m[0], m[1]))
	}
	try.Do(sw.Flush())
}

// canvas is a sheet's cells before they are written.
type canvas struct {
	cells   map[[2]int]excelize.Cell
	heights map[int]float64
	merged  [][2]string
}

// canvas puts everything of a layout in its place.
func (p *painter) canvas(layout *templates.SheetLayout) *canvas {
	c := newCanvas()
	for _, s := range layout.Statics {
		c.put(s.Row, s.Col, s.Rows, s.Cols, p.static(s.Row, s.Col, s.Role, s.Text, s.Rows > 1))
		c.growStatic(layout, s)
	}
	for _, slot := range layout.Slots {
		value := p.v.Fields[templates.Ref{Field: slot.Field.ID, Year: slot.Year}]
		c.put(slot.Row, slot.Col, slot.Rows, slot.Cols, p.input(slot.Field, false, value))
		c.growSlot(slot)
		if slot.Rows == 1 {
			c.grow(slot.Row, float64(lines(value.Text, width(layout, slot.Col, slot.Cols), 12)*lineHeight)+padding)
		}
		if layout.Sheet.Cover {
			c.grow(slot.Row, coverHeight)
		}
	}
	for _, area := range layout.Records {
		p.records(c, area)
	}
	return c
}

func newCanvas() *canvas {
	return &canvas{cells: map[[2]int]excelize.Cell{}, heights: map[int]float64{}}
}

// static is the content of a static cell: its text, or its formula with the value that it has.
func (p *painter) static(row, col int, role templates.Role, text string, merged bool) excelize.Cell {
	content := excelize.Cell{Value: text}
	if role.Formula() {
		content = p.l.written(p.at, row, col)
	}
	content.StyleID = p.styled(lookOf(role, merged))
	return content
}

func (p *painter) records(c *canvas, area templates.RecordArea) {
	rows := p.v.Records[area.Block.ID]
	for i := range area.Block.Rows {
		for _, column := range area.Columns {
			var value Value
			if i < len(rows) {
				value = rows[i][column.Field.ID]
			}
			c.put(area.FirstRow+i, column.Col, 1, 1, p.input(column.Field, i >= openRows, value))
			c.grow(area.FirstRow+i, float64(lines(value.Text, column.Field.Width, 12)*lineHeight)+padding)
		}
	}
}

// put writes a cell, and its style to all cells that it is merged over.
func (c *canvas) put(row, col, rows, cols int, content excelize.Cell) {
	for r := row; r < row+rows; r++ {
		for k := col; k < col+cols; k++ {
			c.cells[[2]int{r, k}] = excelize.Cell{StyleID: content.StyleID}
		}
	}
	c.cells[[2]int{row, col}] = content
	if rows > 1 || cols > 1 {
		c.merged = append(c.merged, [2]string{cell(row, col), cell(row+rows-1, col+cols-1)})
	}
}

// Row heights, in points.
const (
	lineHeight  = 16 // of 小四
	padding     = 5
	coverHeight = 40  // of a line of the cover
	maxHeight   = 400 // Excel allows 409
)

// fixedHeights are the rows of titles, which do not follow from their text.
var fixedHeights = map[templates.Role]float64{
	templates.TitleRole: 40, templates.HeadingRole: 28, templates.AnnexRole: 26, templates.CoverRole: 170,
	templates.DatedRole: 150, templates.CaptionRole: 24,
}

func (c *canvas) grow(row int, height float64) {
	c.heights[row] = min(maxHeight, max(c.heights[row], height))
}

// growSlot makes room for what is to be written. Of several rows the first is only as tall as the texts beside it.
func (c *canvas) growSlot(slot templates.Slot) {
	height := float64(slot.Lines*lineHeight) + padding
	if slot.Rows == 1 {
		c.grow(slot.Row, height)
		return
	}
	c.grow(slot.Row, lineHeight+padding)
	for row := slot.Row + 1; row < slot.Row+slot.Rows; row++ {
		c.grow(row, (height-c.heights[slot.Row])/float64(slot.Rows-1))
	}
}

// growStatic makes room for a static text, over all the rows that it takes.
func (c *canvas) growStatic(layout *templates.SheetLayout, s templates.Static) {
	height := fixedHeights[s.Role]
	if height == 0 && !s.Role.Formula() {
		size := looks()[lookOf(s.Role, false)].Font.Size
		height = float64(lines(s.Text, width(layout, s.Col, s.Cols), size))*size*lineHeight/12 + padding
	}
	if s.Rows > 1 && s.Role == templates.LabelRole { // beside a text of several rows, which make room enough
		return
	}
	for row := s.Row; row < s.Row+s.Rows; row++ {
		c.grow(row, height/float64(s.Rows))
	}
}

const pixelsPerUnit = 7.0

// lines is how many lines a text of so many points takes in a column of so many characters.
func lines(text string, width, points float64) int {
	const pixelsPerPoint, margin = 96.0 / 72, 8
	n := 0
	for _, paragraph := range strings.Split(text, "\n") {
		pixels := float64(book.Width(paragraph)) / 2 * points * pixelsPerPoint
		n += max(1, int(math.Ceil(pixels/(width*pixelsPerUnit-margin))))
	}
	return max(1, n)
}

func width(layout *templates.SheetLayout, col, cols int) float64 {
	total := 0.0
	for _, w := range layout.Widths[col-1 : min(len(layout.Widths), col-1+cols)] {
		total += w
	}
	return total
}

func cell(row, col int) string { return model.CellName(row, col) }
