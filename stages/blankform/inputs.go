package blankform

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lianheti/stages/office/book"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v4"
)

func (p *renderer) inputCell(f *templates.Field, spare bool, v Value) excelize.Cell {
	return excelize.Cell{StyleID: p.inputStyle(f, spare, cmp.Or(v.Format, numberFormat(f))), Value: cellContent(v)}
}

// cellContent converts a value to the content of a cell; nil: blank.
func cellContent(v Value) any {
	switch {
	case v.Number != nil:
		// Exact as typed: the shortest float with this decimal is what a spreadsheet would have stored.
		return v.Number.InexactFloat64()
	case v.Date != "":
		day, err := time.Parse(time.DateOnly, v.Date)
		if err != nil {
			try.Do(fmt.Errorf("日期“%s”：%w", v.Date, err))
		}
		return day.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24
	case v.Text != "":
		return book.Text(v.Text)
	}
	return nil
}

// numberFormat returns the number format of a field. #,##0.## would show a point after whole numbers.
func numberFormat(f *templates.Field) string {
	switch f.Type {
	case templates.IntegerField, templates.DecimalField, templates.PercentField:
		return "General"
	case templates.DateField:
		return "yyyy-mm-dd"
	}
	return "@"
}

// addInputRules adds validations and conditional formats to all inputs of a sheet.
func (p *renderer) addInputRules(layout *templates.SheetLayout) {
	for _, r := range p.inputRuns(layout.Slots) {
		p.addValidation(r.slot.Field, r.extra, cell(r.slot.Row, r.slot.Col), cell(r.slot.Row, r.last))
		p.colourInputs(r)
	}
	for _, area := range layout.Records {
		for _, column := range area.Columns {
			p.addValidation(column.Field, false, cell(area.FirstRow, column.Col), cell(area.LastRow, column.Col))
		}
		p.colourRows(area)
	}
}

// inputRun is adjacent inputs with the same rules, such as the years of a figure.
type inputRun struct {
	slot     templates.Slot // the first
	last     int            // column of the last
	required bool
	extra    bool // collected beyond the official form
}

func (p *renderer) inputRuns(slots []templates.Slot) []inputRun {
	var out []inputRun
	number := p.check.number
	for _, slot := range slots {
		f, extra := slot.Field, p.d.Supplementary(slot.Field, slot.Year)
		r := inputRun{slot: slot, last: slot.Col, required: f.Required && !extra, extra: extra}
		if n := len(out) - 1; n >= 0 {
			to := &out[n]
			beside := to.slot.Field == f && to.slot.Row == slot.Row && to.last+1 == slot.Col &&
				slot.Cols == 1 && to.slot.Cols == 1 && slot.Rows == 1
			if beside && to.required == r.required && to.extra == r.extra &&
				number[slot.Name]-number[to.slot.Name] == slot.Col-to.slot.Col {
				to.last = slot.Col
				continue
			}
		}
		out = append(out, r)
	}
	return out
}

// addValidation adds a prompt, a dropdown or a check to inputs. 不适用 is allowed in every figure.
func (p *renderer) addValidation(f *templates.Field, extra bool, from, to string) {
	if f.Locked {
		return
	}
	const maxTitle, maxPrompt = 32, 255 // Excel's limits for the words of a validation
	v := excelize.NewDataValidation(true)
	v.Sqref = from + table.Either(to == from, "", ":"+to)
	kind, vars := formulas().Inputs[inputKind(f)], p.inputVars(f, from)
	prompt := p.prompt(f, extra, templates.Fill(kind.Prompt, vars))
	v.SetInput(text.Clip(f.Label, maxTitle-1), text.Clip(prompt, maxPrompt-1))
	switch {
	case f.Type == templates.ChoiceField:
		v.SetSqrefDropList(dropdownSource(f))
	case f.Suggest != "":
		column := p.d.Field(f.Suggest) != nil // the entries in a column of the form
		v.SetSqrefDropList(table.Either(column, f.Suggest, listName(f.Suggest)))
		v.ShowErrorMessage = false
	case f.Type == templates.ConfirmField:
		v.SetSqrefDropList(listName("confirm"))
	case kind.Demand != "":
		demand := xmlContent(templates.Fill(kind.Demand, vars)) // excelize writes it as it is
		try.Do(v.SetRange(demand, "", excelize.DataValidationTypeCustom, excelize.DataValidationOperatorBetween))
	}
	if kind.Title != "" {
		style := table.Either(f.Open, excelize.DataValidationErrorStyleWarning, excelize.DataValidationErrorStyleStop)
		v.SetError(style, kind.Title, text.Clip(templates.Fill(cmp.Or(kind.Stop, kind.Prompt), vars), maxPrompt-1))
	}
	try.Do(p.f.AddDataValidation(p.current, v))
}

// inputKind returns the key of an input in formulas.yaml.
func inputKind(f *templates.Field) string {
	switch {
	case f.Open:
		return "open"
	case f.Limit > 0 && f.Suggest == "":
		return "limited"
	}
	return string(f.Type)
}

// inputVars returns the placeholders of the texts and formulas of an input.
func (p *renderer) inputVars(f *templates.Field, at string) map[string]string {
	form, minimum, conditions := p.d.Form, "", []string{"ISNUMBER(" + at + ")"}
	if f.Min != nil {
		minimum = "，不小于" + f.Min.String()
		conditions = append(conditions, at+">="+f.Min.String())
	}
	if f.Max != nil {
		conditions = append(conditions, at+"<="+f.Max.String())
	}
	if f.Type == templates.IntegerField {
		conditions = append(conditions, at+"=INT("+at+")")
	}
	return map[string]string{"x": at, "limit": strconv.Itoa(f.Limit), "floor": minimum,
		"conditions": strings.Join(conditions, ","), "not_applicable": form.NotApplicable, "deadline": p.d.Directory.Deadline,
		"checked": form.Confirm.Checked, "unchecked": form.Confirm.Unchecked}
}

// prompt says what to fill in: unit, how, and where the figure comes from. The header shows the year.
func (p *renderer) prompt(f *templates.Field, extra bool, how string) string {
	parts := []string{"", "", how, f.Hint, p.d.Form.Mark(f)}
	if extra {
		parts[0] = p.d.Form.ExtraTag
	}
	if f.Unit != "" {
		parts[1] = "单位：" + f.Unit
	}
	parts = slices.DeleteFunc(parts, func(words string) bool { return words == "" })
	return cmp.Or(strings.Join(parts, "；"), "请如实填写") + "。"
}

// dropdownSource returns the options of a dropdown: the consortia of the chosen prefecture, the parks of the chosen
// consortium, all where none is chosen, or a list.
func dropdownSource(f *templates.Field) string {
	of := func(list, chosen, by string, all string) string {
		n := fmt.Sprintf("COUNTIF(%s,%s)", by, chosen)
		return fmt.Sprintf("OFFSET(%s,IF(%s=0,0,MATCH(%s,%s,0)-1),0,IF(%s=0,%s,%s),1)", list, n, chosen, by, n, all, n)
	}
	switch f.Choices {
	case "consortia":
		return of(consortiaList, "city", cityOfList, "ROWS("+consortiaList+")")
	case "parks":
		return of(parkOfList, "consortium", consortiaList, "ROWS("+parkOfList+")")
	}
	return listName(f.Choices)
}

// ValuesOf returns the values of a submission, to fill a template with. contacts has the personal data, by field.
func ValuesOf(d *templates.Definition, form *table.Form, contacts map[string]string) Values {
	v := Values{Fields: map[templates.Ref]Value{},
		Records: map[string][]map[string]Value{"members": RowsOf(d, form.Rows("members"))}}
	for _, slot := range d.Layout().Slots() {
		r := slot.Ref()
		if value := fieldValue(d, form, contacts, slot.Field, r); !value.blank() {
			v.Fields[r] = value
		}
	}
	return v
}

// RowsOf returns the rows of a list, to fill a template with.
func RowsOf(d *templates.Definition, rows []table.Row) (out []map[string]Value) {
	for _, r := range rows {
		row := map[string]Value{}
		for column, c := range r.Cells {
			row[column] = Value{Text: c.Text}
			if c.Number.Valid {
				row[column] = Value{Number: new(decimal.NewFromFloat(c.Number.V))}
			} else if f := d.Field(column); f != nil && f.Type == templates.DateField && len(c.Text) == len("2006-01-02") {
				row[column] = Value{Date: c.Text}
			}
		}
		out = append(out, row)
	}
	return out
}

func fieldValue(d *templates.Definition, form *table.Form, contacts map[string]string, f *templates.Field,
	r templates.Ref) Value {
	if f.Personal {
		return Value{Text: contacts[f.ID]}
	}
	o := form.Observe(r)
	switch {
	case o.Status == table.NotApplicable:
		return Value{Text: d.Form.NotApplicable}
	case o.Status == table.Invalid:
		return Value{Text: strings.TrimSpace(o.Raw)}
	case o.Status != table.Normal:
		return Value{}
	case f.Numeric():
		if n, err := decimal.NewFromString(o.Value); err == nil {
			return Value{Number: &n}
		}
	case f.Type == templates.DateField && len(o.Value) == len("2006-01-02"):
		return Value{Date: o.Value}
	case f.Type == templates.ConfirmField:
		yes, _ := form.Confirmed(f.ID)
		return Value{Text: table.Either(yes, d.Form.Confirm.Checked, d.Form.Confirm.Unchecked)}
	}
	return Value{Text: o.Value}
}

//go:embed styles.yaml
var stylesText []byte

var styles = sync.OnceValue(func() map[string]*excelize.Style {
	var own map[string]yaml.Node
	try.Do(yaml.Load(stylesText, &own)) // the program's own text
	out := map[string]*excelize.Style{}
	for name, differs := range own {
		out[name] = &excelize.Style{
			Font:       &excelize.Font{Family: book.FormFont, Size: textSize},
			Alignment:  &excelize.Alignment{Vertical: "center", WrapText: true},
			Protection: &excelize.Protection{Locked: true},
		}
		try.Do(differs.Decode(out[name]))
	}
	return out
})

// textSize is the default font size: 小四.
const textSize = 12

// watermarkColor is the colour of the watermark on samples.
const watermarkColor = "C00000"

// styleName returns the style of a fixed text; body for a role without a style.
func styleName(role templates.Role, merged bool) (name string) {
	switch {
	case role == templates.LabelRole && merged:
		return "label merged"
	case styles()[string(role)] == nil:
		return string(templates.BodyRole)
	}
	return string(role)
}

func (p *renderer) style(name string) int {
	return p.styles.Get(name, func() *excelize.Style { return styles()[name] })
}

// inputStyle returns the id of the style of an input: figures are right-aligned, long texts start at the top.
func (p *renderer) inputStyle(f *templates.Field, spare bool, format string) int {
	name := table.Either(spare, "spare ", "") + inputStyleName(f)
	multiline := f.Long() || f.Type == templates.NamesField || f.Record != "" && f.Type == templates.TextField
	return p.styles.Get(fmt.Sprint(name, multiline, f.Numeric(), format), func() *excelize.Style {
		style, alignment := *styles()[name], *styles()[name].Alignment
		style.Alignment, style.CustomNumFmt = &alignment, &format
		if multiline {
			alignment.Vertical = "top"
		}
		if f.Numeric() {
			alignment.Horizontal = "right"
		}
		return &style
	})
}

func inputStyleName(f *templates.Field) string { return table.Either(f.Locked, "locked", "input") }

// setUpPage sets up A4 with a binding margin, header, footer and protection, as on every visible sheet.
func (p *renderer) setUpPage(landscape bool) {
	print := book.Print{Landscape: landscape, Left: 0.8, Right: 0.5, Top: 0.5, Bottom: 0.5, Edge: 0.3}
	print.Head = excelize.HeaderFooterOptions{OddHeader: "&R&9" + p.current, OddFooter: "&C&P / &N"}
	if p.v.Watermark != "" {
		print.Top = 0.65 // below its header
		print.Head.OddHeader = "&C&\"" + book.FormFont + ",Bold\"&16&K" + watermarkColor + p.v.Watermark + "&R&9" + p.current
	}
	print.Set(p.f, p.current)
	try.Do(p.f.SetSheetView(p.current, 0, &excelize.ViewOptions{ShowGridLines: new(false)}))
	try.Do(book.Protect(p.f, p.current))
}

// watermark marks a sheet on the screen as the header does on paper. It is a shape: a cell would be content.
func (p *renderer) watermark(col int) {
	if p.v.Watermark == "" {
		return
	}
	try.Do(p.f.SetSheetProps(p.current, &excelize.SheetPropsOptions{TabColorRGB: new("FF" + watermarkColor)}))
	font := &excelize.Font{Bold: true, Size: 10, Color: watermarkColor, Family: book.FormFont}
	try.Do(p.f.AddShape(p.current, &excelize.Shape{
		Cell: cell(1, col), Type: "rect", Width: 124, Height: 24,
		Format:    excelize.GraphicOptions{Positioning: "oneCell", OffsetX: 2, OffsetY: 4},
		Line:      excelize.LineOptions{Type: excelize.LineSolid, Fill: book.SolidFill(watermarkColor), Width: 1.5},
		Fill:      excelize.Fill{Color: []string{"FFFFFF"}, Pattern: 1},
		Paragraph: []excelize.RichTextRun{{Text: p.v.Watermark, Font: font}},
	}))
}

// colourInputs colours inputs while one types. Older programs reach the flags, on another sheet, only by a name.
func (p *renderer) colourInputs(r inputRun) {
	if r.slot.Field.Locked {
		return
	}
	at, flag := cell(r.slot.Row, r.slot.Col), fmt.Sprint(p.check.number[r.slot.Name]+1)
	if r.last > r.slot.Col {
		flag += fmt.Sprintf("+COLUMN(%s)-%d", at, r.slot.Col)
	}
	flag = fmt.Sprintf("INDEX(%s,%s)", flagsName, flag)
	given := "LEN(TRIM(" + at + "))>0"
	var rules []conditionalFormat
	if r.required {
		rules = append(rules, conditionalFormat{templates.BlankTest(at), "blank"})
	}
	rules = append(rules, conditionalFormat{"AND(" + given + "," + flag + "=3)", "error"},
		conditionalFormat{"AND(" + given + "," + flag + "=2)", "warning"})
	p.addConditionalFormats(at+":"+cell(r.slot.Row, r.last), rules)
}

// A list shows openRows rows, and always spareRows more than are filled in: so it prints no longer than needed.
const (
	openRows  = 30
	spareRows = 5
)

// colourRows colours a list; its later rows look like inputs once one shortly before them is filled.
func (p *renderer) colourRows(area templates.RecordArea) {
	later := min(area.FirstRow+openRows, area.LastRow+1)
	p.colourPart(area, area.FirstRow, later-1)
	if later <= area.LastRow {
		p.colourPart(area, later, area.LastRow)
	}
}

func (p *renderer) colourPart(area templates.RecordArea, from, to int) {
	first, last := columnName(area.Columns[0].Col), columnName(area.Columns[len(area.Columns)-1].Col)
	for _, c := range area.Columns {
		at := cell(from, c.Col)
		var rules []conditionalFormat
		if c.Field.Required {
			blank := fmt.Sprintf("AND(COUNTA($%s%d:$%s%d)>0,%s)", first, from, last, from, templates.BlankTest(at))
			rules = append(rules, conditionalFormat{blank, "blank"})
		}
		if flags := rowFlagsName + area.Block.ID; p.workbook.names[flags].Sheet != "" {
			flag := fmt.Sprintf("INDEX(%s,ROW(%s)-ROW(INDEX(%s,1))+1)", flags, at, c.Name)
			rules = append(rules, conditionalFormat{flag + "=3", "error"}, conditionalFormat{flag + "=2", "warning"})
		}
		if c.Field.Locked {
			rules = nil
		}
		if from > area.FirstRow {
			near := fmt.Sprintf("COUNTA($%s%d:$%s$%d)>0", first, from-spareRows, last, area.LastRow)
			rules = append(rules, conditionalFormat{near, inputStyleName(c.Field)})
		}
		p.addConditionalFormats(at+":"+cell(to, c.Col), rules)
	}
}

// conditionalFormat is a condition and the style of a cell where it holds.
type conditionalFormat struct{ condition, style string }

func (p *renderer) addConditionalFormats(area string, rules []conditionalFormat) {
	var options []excelize.ConditionalFormatOptions
	for _, r := range rules {
		id := p.styles.GetConditional(r.style, func() *excelize.Style {
			return &excelize.Style{Fill: styles()[r.style].Fill, Border: styles()[r.style].Border}
		})
		options = append(options, excelize.ConditionalFormatOptions{Type: "formula", Criteria: r.condition, Format: &id,
			StopIfTrue: true})
	}
	if len(options) > 0 {
		try.Do(p.f.SetConditionalFormat(p.current, area, options))
	}
}
