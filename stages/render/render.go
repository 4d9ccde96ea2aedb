// Package render paints the Excel template from the definition's layout, blank or with values filled in. It knows how
// things look; what stands where is the layout's.
package render

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"lianheti/stages/book"
	"lianheti/templates"

	"github.com/mattn/go-runewidth"
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
func Fill(w io.Writer, d *templates.Definition, v Values) error {
	f := book.New()
	defer f.Close()
	p := &painter{d: d, v: v, f: f, styles: book.NewStyles(f)}
	if err := p.lists(); err != nil {
		return err
	}
	for i, layout := range d.Layout().Sheets {
		if err := p.sheet(i, layout); err != nil {
			return fmt.Errorf("工作表“%s”：%w", layout.Sheet.Title, err)
		}
	}
	if err := p.meta(); err != nil {
		return err
	}
	f.SetActiveSheet(0)
	return book.Write(w, f, d.Form.Title)
}

// painter writes one workbook.
type painter struct {
	d      *templates.Definition
	v      Values
	f      *excelize.File
	styles *book.Styles
	ranges map[string]string // choices -> range on the list sheet
}

// lists writes what the dropdowns offer to a hidden sheet, one column a list: a typed list is limited to 255 characters.
func (p *painter) lists() error {
	if _, err := p.f.NewSheet(templates.ListSheet); err != nil {
		return err
	}
	p.ranges = map[string]string{}
	for _, field := range p.d.Form.Fields() {
		key, options := field.Choices, p.d.Options(field)
		if field.Type == templates.ConfirmField {
			key, options = "confirm", []string{p.d.Form.Confirm.Checked, p.d.Form.Confirm.Unchecked}
		}
		if key == "" || p.ranges[key] != "" {
			continue
		}
		column, err := excelize.ColumnNumberToName(len(p.ranges) + 1)
		if err != nil {
			return err
		}
		if err := p.f.SetSheetCol(templates.ListSheet, column+"1", &options); err != nil {
			return err
		}
		p.ranges[key] = fmt.Sprintf("'%s'!$%s$1:$%s$%d", templates.ListSheet, column, column, len(options))
	}
	return nil
}

// meta writes the very hidden sheet with the form's identity.
func (p *painter) meta() error {
	if _, err := p.f.NewSheet(templates.MetaSheet); err != nil {
		return err
	}
	for i, pair := range [][2]string{
		{templates.MetaForm, p.d.Form.ID}, {templates.MetaYear, strconv.Itoa(p.d.Year)},
		{templates.MetaVersion, strconv.Itoa(p.d.Form.Version)}, {templates.MetaParent, p.v.Parent},
	} {
		row := []any{pair[0], pair[1]}
		if err := p.f.SetSheetRow(templates.MetaSheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			return err
		}
	}
	for _, hidden := range []string{templates.ListSheet, templates.MetaSheet} {
		if err := p.f.SetSheetVisible(hidden, false, hidden == templates.MetaSheet); err != nil {
			return err
		}
		if err := p.f.ProtectSheet(hidden, &excelize.SheetProtectionOptions{}); err != nil {
			return err
		}
	}
	return nil
}

// sheet paints one sheet: page, names and validations first, then the rows from top to bottom.
func (p *painter) sheet(index int, layout *templates.SheetLayout) error {
	title := layout.Sheet.Title
	if index == 0 {
		if err := p.f.SetSheetName("Sheet1", title); err != nil {
			return err
		}
	} else if _, err := p.f.NewSheet(title); err != nil {
		return err
	}
	if err := p.f.SetSheetDimension(title, "A1:"+cell(layout.LastRow, layout.LastCol)); err != nil {
		return err
	}
	if err := p.page(layout); err != nil {
		return err
	}
	if err := p.inputs(layout); err != nil {
		return err
	}
	c, err := p.canvas(layout)
	if err != nil {
		return err
	}
	return p.rows(layout, c)
}

// rows streams the cells: a stream is the one way to write a formula together with its value.
func (p *painter) rows(layout *templates.SheetLayout, c *canvas) error {
	sw, err := p.f.NewStreamWriter(layout.Sheet.Title)
	if err != nil {
		return err
	}
	if err := book.SetWidths(sw, layout.Widths); err != nil {
		return err
	}
	if layout.Freeze > 0 {
		err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: layout.Freeze, TopLeftCell: cell(layout.Freeze+1, 1), ActivePane: "bottomLeft"})
		if err != nil {
			return err
		}
	}
	for row := 1; row <= layout.LastRow; row++ {
		cells := make([]any, layout.LastCol)
		for col := range cells {
			cells[col] = c.cells[[2]int{row, col + 1}]
		}
		if err := sw.SetRow(cell(row, 1), cells, excelize.RowOpts{Height: c.height(row)}); err != nil {
			return err
		}
	}
	for _, m := range c.merged {
		if err := sw.MergeCell(m[0], m[1]); err != nil {
			return err
		}
	}
	return sw.Flush()
}

// canvas is a sheet's cells before they are written.
type canvas struct {
	cells   map[[2]int]excelize.Cell
	heights map[int]float64
	merged  [][2]string
}

// canvas puts everything of a layout in its place.
func (p *painter) canvas(layout *templates.SheetLayout) (*canvas, error) {
	c := &canvas{cells: map[[2]int]excelize.Cell{}, heights: map[int]float64{}}
	for _, s := range layout.Statics {
		style, err := p.styles.Get(string(s.Role), staticStyle(s.Role))
		if err != nil {
			return nil, err
		}
		content := excelize.Cell{StyleID: style, Value: s.Text}
		if s.Role == templates.FormulaRole {
			content.Formula, content.Value = s.Text, p.derived(layout, s)
		}
		c.put(s.Row, s.Col, s.Rows, s.Cols, content)
		if s.Role == templates.FormulaRole {
			c.grow(s.Row, 1, s.Role)
		} else if s.Rows == 1 {
			c.grow(s.Row, lines(s.Text, width(layout, s.Col, s.Cols)), s.Role)
		} else if per := (lines(s.Text, width(layout, s.Col, 1)) + s.Rows - 1) / s.Rows; s.Role == templates.GroupRole {
			for row := s.Row; row < s.Row+s.Rows; row++ {
				c.grow(row, per, s.Role)
			}
		}
	}
	for _, slot := range layout.Slots {
		value := p.v.Fields[templates.Ref{Field: slot.Field.ID, Year: slot.Year}]
		content, err := p.input(slot.Field, slot.Extra || p.committed(slot.Year), value)
		if err != nil {
			return nil, err
		}
		c.put(slot.Row, slot.Col, slot.Rows, slot.Cols, content)
		for row := slot.Row; row < slot.Row+slot.Rows; row++ {
			c.grow(row, (templates.LinesFor(slot.Field)+slot.Rows-1)/slot.Rows, templates.BodyRole)
		}
	}
	for _, area := range layout.Records {
		if err := p.records(c, area); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (p *painter) committed(year int) bool {
	y, ok := p.d.Form.YearOf(year)
	return ok && y.Kind == templates.Committed
}

func (p *painter) records(c *canvas, area templates.RecordArea) error {
	rows := p.v.Records[area.Block.ID]
	for i := range area.Block.Rows {
		for _, column := range area.Columns {
			var value Value
			if i < len(rows) {
				value = rows[i][column.Field.ID]
			}
			content, err := p.input(column.Field, false, value)
			if err != nil {
				return err
			}
			c.put(area.FirstRow+i, column.Col, 1, 1, content)
			c.grow(area.FirstRow+i, lines(value.Text, column.Field.Width), templates.BodyRole)
		}
	}
	return nil
}

// derived is the value of a count by member kind: what the formula beside it gives on these records.
func (p *painter) derived(layout *templates.SheetLayout, s templates.Static) any {
	count, total := 0, decimal.Decimal{}
	for _, kind := range p.d.Form.Kinds {
		label := slices.ContainsFunc(layout.Statics, func(l templates.Static) bool {
			return l.Row == s.Row && l.Role == templates.LabelRole && l.Text == kind.Label
		})
		if !label {
			continue
		}
		for _, m := range p.v.Records["members"] {
			if m["members_kind"].Text == kind.Label {
				count++
				if n := m["members_enrolment"].Number; n != nil {
					total = total.Add(*n)
				}
			}
		}
	}
	if slices.ContainsFunc(layout.Statics, func(o templates.Static) bool {
		return o.Row == s.Row && o.Role == templates.FormulaRole && o.Col < s.Col
	}) {
		return total.InexactFloat64() // the second formula of the row: enrolment
	}
	return count
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
	lineHeight = 17
	maxHeight  = 400 // Excel allows 409
)

// grow makes a row at least so many lines tall.
func (c *canvas) grow(row, lines int, role templates.Role) {
	height := float64(lines*lineHeight) + 5
	if role == templates.TitleRole {
		height = 36
	}
	c.heights[row] = min(maxHeight, max(c.heights[row], height))
}

func (c *canvas) height(row int) float64 { return max(c.heights[row], lineHeight+5) }

// lines is how many lines a text takes in a column of so many characters. A hanzi of the form's font is 16 pixels wide,
// a unit of column width 7.
func lines(text string, width float64) int {
	const pixelsPerHalf, pixelsPerUnit = 8.2, 7.0
	n := 0
	for _, paragraph := range splitLines(text) {
		pixels := float64(runewidth.StringWidth(paragraph)) * pixelsPerHalf
		n += 1 + int(pixels/(width*pixelsPerUnit-6))
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

func cell(row, col int) string {
	name, _ := excelize.CoordinatesToCellName(col, row)
	return name
}
