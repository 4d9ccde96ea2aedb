// Package blankform writes the Excel template, blank or filled in. The layout of the definition says where everything
// is; this package says how it looks, and writes the formulas of the self-check.
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

// Values are the values to fill a template with.
type Values struct {
	Fields  map[templates.Ref]Value       // by field and year; year 0 for undated fields
	Records map[string][]map[string]Value // block id -> rows -> field id
	Parent  string                        // for a returned copy: sha256 of the workbook it was made from
	// Watermark is shown and printed on every sheet: 样例数据，非真实.
	Watermark string
}

// Value is the content of one cell: at most one of Text, Number and Date is set.
type Value struct {
	Text   string
	Number *decimal.Decimal
	Date   string // ISO
	Format string // number format; empty: the template's
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
	l := &workbook{cells: map[cellRef]*entry{}, names: map[string]formula.Area{}}
	p := &renderer{d: d, v: v, f: f, styles: book.NewStyles(f), workbook: l}
	defer func() {
		if err != nil && p.current != "" {
			err = fmt.Errorf("工作表“%s”：%w", p.current, err)
		}
	}()
	defer try.Caught(&err)
	p.addLists()
	l.setInputs(d.Layout(), v)
	p.check = newSelfCheck(d, l)
	p.addSheets()
	for _, layout := range d.Layout().Sheets {
		p.writeSheet(layout)
	}
	p.writeCheckPage()
	p.current = ""
	parts := p.writeHidden()
	for _, name := range l.order {
		refers := l.names[name]
		to := book.AbsRange(refers.Sheet, refers.Row, refers.Col, refers.LastRow, refers.LastCol)
		try.Do(f.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: to}))
	}
	// Programs that fill in the template without calculating leave stale values of formulas.
	try.Do(f.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: new(true)}))
	return book.WriteParts(w, f, d.Form.Title, parts)
}

// renderer writes one workbook. It panics on errors; Fill recovers (package try).
type renderer struct {
	d        *templates.Definition
	v        Values
	f        *excelize.File
	styles   *book.Styles
	workbook *workbook
	check    *selfCheck
	current  string // title of the sheet being written
}

// addLists writes the options of dropdowns to a hidden sheet: a validation itself holds at most 255 characters.
func (p *renderer) addLists() {
	column := 0
	list := func(name string, options []string) {
		if _, known := p.workbook.names[name]; known || len(options) == 0 {
			return
		}
		column++
		for i, option := range options {
			p.workbook.set(templates.ListSheet, i+1, column, option, "")
		}
		p.workbook.defineName(name, templates.ListSheet, 1, column, len(options), column)
	}
	for _, f := range p.d.Form.Fields() {
		if f.Type == templates.ConfirmField {
			list(listName("confirm"), []string{p.d.Form.Confirm.Checked, p.d.Form.Confirm.Unchecked})
		}
		list(listName(f.Suggest), p.d.OptionList(f.Suggest))
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

// writeHidden writes the sheet with the form's identity, and returns the XML of the calculated sheets.
func (p *renderer) writeHidden() map[string]string {
	parts := map[string]string{}
	for _, sheet := range calculatedSheets {
		parts[sheet] = p.workbook.sheetXML(sheet)
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

// addSheets adds all sheets in order before any is written: excelize loops over all sheets to hide one.
func (p *renderer) addSheets() {
	visible := table.Each(p.d.Layout().Sheets, func(l *templates.SheetLayout) string { return l.Sheet.Title })
	visible = append(visible, templates.CheckSheet)
	try.Do(p.f.SetSheetName("Sheet1", visible[0]))
	hidden := append(slices.Clone(calculatedSheets), templates.MetaSheet)
	for _, sheet := range slices.Concat(visible[1:], hidden) {
		try.Get(p.f.NewSheet(sheet))
	}
	p.f.SetActiveSheet(0)
	for _, sheet := range hidden {
		try.Do(p.f.SetSheetVisible(sheet, false, sheet == templates.MetaSheet))
		try.Do(p.f.ProtectSheet(sheet, &excelize.SheetProtectionOptions{}))
	}
}

// writeSheet writes one sheet: page, names and validations first, then the rows from top to bottom.
func (p *renderer) writeSheet(layout *templates.SheetLayout) {
	p.current = layout.Sheet.Title
	try.Do(p.f.SetSheetDimension(p.current, "A1:"+cell(layout.LastRow, layout.LastCol)))
	p.setUpPage(layout.Sheet.Landscape)
	// no print area for a list: it would end before the rows that are filled in later
	area := table.Either(len(layout.Records) > 0, "", book.AbsRange(p.current, 1, 1, layout.LastRow, layout.LastCol))
	book.SetPrintNames(p.f, p.current, area, book.PrintTitles(p.current, 1, layout.Freeze, 0))
	// left of the centred title, on the cover right of the number of the annex
	p.watermark(table.Either(layout.Sheet.Cover, layout.LastCol-1, 1))
	p.addInputRules(layout)
	p.writeRows(layout, p.layoutCells(layout))
}

// writeRows streams the cells: only a stream can write a formula together with its value.
func (p *renderer) writeRows(layout *templates.SheetLayout, c *sheetCells) {
	sw := book.Stream(p.f, p.current, layout.Widths, layout.Freeze, 0)
	// rows after a page break: titles of the further parts of the form, and fields that ask for it
	pageBreaks := map[int]bool{}
	for _, s := range layout.Statics {
		pageBreaks[s.Row] = pageBreaks[s.Row] || s.Role == templates.TitleRole && s.Row > 1
	}
	for _, slot := range layout.Slots {
		pageBreaks[slot.Row] = pageBreaks[slot.Row] || slot.Field.NewPage
	}
	for row := 1; row <= layout.LastRow; row++ {
		cells := make([]any, layout.LastCol)
		for col := range cells {
			cells[col] = c.cells[[2]int{row, col + 1}]
		}
		if pageBreaks[row] {
			try.Do(sw.InsertPageBreak(cell(row, 1)))
		}
		try.Do(sw.SetRow(cell(row, 1), cells, excelize.RowOpts{Height: max(c.heights[row], lineHeight+padding)}))
	}
	for _, m := range c.merged {
		try.Do(sw.MergeCell(m[0], m[1]))
	}
	try.Do(sw.Flush())
}

// sheetCells are the cells, row heights and merged areas of a sheet before they are written.
type sheetCells struct {
	cells   map[[2]int]excelize.Cell
	heights map[int]float64
	merged  [][2]string
}

// layoutCells puts everything of a layout into its cells.
func (p *renderer) layoutCells(layout *templates.SheetLayout) *sheetCells {
	c := &sheetCells{map[[2]int]excelize.Cell{}, map[int]float64{}, nil}
	for _, s := range layout.Statics {
		c.put(s.Row, s.Col, s.Rows, s.Cols, p.staticCell(s.Row, s.Col, s.Role, s.Text, s.Rows > 1))
		c.growStatic(layout, s)
	}
	for _, slot := range layout.Slots {
		value := p.v.Fields[slot.Ref()]
		c.put(slot.Row, slot.Col, slot.Rows, slot.Cols, p.inputCell(slot.Field, false, value))
		c.growSlot(slot)
		if slot.Rows == 1 {
			c.growRow(slot.Row, float64(lines(value.Text, width(layout, slot.Col, slot.Cols), 12)*lineHeight)+padding)
		}
		if layout.Sheet.Cover {
			c.growRow(slot.Row, coverHeight)
		}
	}
	for _, area := range layout.Records {
		p.putRecords(c, area)
	}
	return c
}

// staticCell returns a fixed cell of the form: a text, or a formula with its value.
func (p *renderer) staticCell(row, col int, role templates.Role, text string, merged bool) excelize.Cell {
	content := excelize.Cell{Value: text}
	if role.Formula() {
		content = p.workbook.streamCell(p.current, row, col)
	}
	content.StyleID = p.style(styleName(role, merged))
	return content
}

func (p *renderer) putRecords(c *sheetCells, area templates.RecordArea) {
	rows := p.v.Records[area.Block.ID]
	for i := range area.Block.Rows {
		for _, column := range area.Columns {
			var value Value
			if i < len(rows) {
				value = rows[i][column.Field.ID]
			}
			c.put(area.FirstRow+i, column.Col, 1, 1, p.inputCell(column.Field, i >= openRows, value))
			c.growRow(area.FirstRow+i, float64(lines(value.Text, column.Field.Width, 12)*lineHeight)+padding)
		}
	}
}

// put sets a cell, merges it over rows and cols, and gives its style to all of them.
func (c *sheetCells) put(row, col, rows, cols int, content excelize.Cell) {
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

// fixedHeights are the heights of title rows, in points.
var fixedHeights = map[templates.Role]float64{
	templates.TitleRole: 40, templates.HeadingRole: 28, templates.AnnexRole: 26, templates.CoverRole: 170,
	templates.DatedRole: 150, templates.CaptionRole: 24,
}

func (c *sheetCells) growRow(row int, height float64) {
	c.heights[row] = min(maxHeight, max(c.heights[row], height))
}

// growSlot makes room for an input. If it has several rows, the first is only as tall as the labels beside it need.
func (c *sheetCells) growSlot(slot templates.Slot) {
	height := float64(slot.Lines*lineHeight) + padding
	if slot.Rows == 1 {
		c.growRow(slot.Row, height)
		return
	}
	c.growRow(slot.Row, lineHeight+padding)
	for row := slot.Row + 1; row < slot.Row+slot.Rows; row++ {
		c.growRow(row, (height-c.heights[slot.Row])/float64(slot.Rows-1))
	}
}

// growStatic makes room for a fixed text, over all its rows.
func (c *sheetCells) growStatic(layout *templates.SheetLayout, s templates.Static) {
	height := fixedHeights[s.Role]
	if height == 0 && !s.Role.Formula() {
		size := styles()[styleName(s.Role, false)].Font.Size
		height = float64(lines(s.Text, width(layout, s.Col, s.Cols), size))*size*lineHeight/12 + padding
	}
	if s.Rows > 1 && s.Role == templates.LabelRole { // the rows of the text beside it are tall enough
		return
	}
	for row := s.Row; row < s.Row+s.Rows; row++ {
		c.growRow(row, height/float64(s.Rows))
	}
}

// lines estimates how many lines a text takes, given the column width in characters and the font size in points.
func lines(text string, width, points float64) int {
	const pixelsPerPoint, pixelsPerUnit, margin = 96.0 / 72, 7.0, 8
	n := 0
	for _, paragraph := range strings.Split(text, "\n") {
		pixels := float64(book.TextWidth(paragraph)) / 2 * points * pixelsPerPoint
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
