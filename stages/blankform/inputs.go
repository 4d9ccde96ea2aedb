package blankform

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"lianheti/stages/office/book"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
)

func (p *painter) input(f *templates.Field, spare bool, v Value) excelize.Cell {
	return excelize.Cell{StyleID: p.typed(f, spare, cmp.Or(v.Format, numberFormat(f))), Value: contentOf(v)}
}

// contentOf is a value as a cell holds it; nil where it is blank.
func contentOf(v Value) any {
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

// numberFormat shows a figure as it was typed: #,##0.## would leave a point at the end of every whole number.
func numberFormat(f *templates.Field) string {
	switch f.Type {
	case templates.IntegerField, templates.DecimalField, templates.PercentField:
		return "General"
	case templates.DateField:
		return "yyyy-mm-dd"
	}
	return "@"
}

// inputs says of every input cell what belongs there, and colours it as one types.
func (p *painter) inputs(layout *templates.SheetLayout) {
	for _, r := range p.runs(layout.Slots) {
		p.validate(r.slot.Field, r.extra, cell(r.slot.Row, r.slot.Col), cell(r.slot.Row, r.last))
		p.colourRun(r)
	}
	for _, area := range layout.Records {
		for _, column := range area.Columns {
			p.validate(column.Field, false, cell(area.FirstRow, column.Col), cell(area.LastRow, column.Col))
		}
		p.colourRows(area)
	}
}

// run is inputs side by side to which the same applies: the years of a figure.
type run struct {
	slot     templates.Slot // the first
	last     int            // column of the last
	required bool
	extra    bool // collected beyond the official form
}

func (p *painter) runs(slots []templates.Slot) []run {
	var out []run
	number := p.check.print.number
	for _, slot := range slots {
		f, extra := slot.Field, p.d.Supplementary(slot.Field, slot.Year)
		r := run{slot: slot, last: slot.Col, required: f.Required && !extra, extra: extra}
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

// Excel's limits for the words of a validation.
const (
	maxTitle  = 32
	maxPrompt = 255
)

// validate adds a message to an input, and a check as one types. 不适用 is allowed in every figure.
func (p *painter) validate(f *templates.Field, extra bool, from, to string) {
	v := excelize.NewDataValidation(true)
	v.Sqref = from
	if to != from {
		v.Sqref = from + ":" + to
	}
	v.SetInput(text.Clip(f.Label, maxTitle-1), text.Clip(p.prompt(f, extra), maxPrompt-1))
	stop := func(title, message string) {
		v.SetError(excelize.DataValidationErrorStyleStop, title, text.Clip(message, maxPrompt-1))
	}
	demand := func(condition string) {
		try.Do(v.SetRange(escape(condition), "", excelize.DataValidationTypeCustom, excelize.DataValidationOperatorBetween))
	}
	switch {
	case f.Locked:
		return
	case f.Type == templates.ChoiceField:
		v.SetSqrefDropList(offered(f))
		if stop("请从列表中选择", "这一格只能从下拉列表中选择。"); f.Open {
			v.SetError(excelize.DataValidationErrorStyleWarning, "请核对",
				"目录里没有这一项。原则上按指导目录填写；确需调整的，应事先征得省厅同意。仍要这样填写吗？")
		}
	case f.Suggest != "":
		offer := listName(f.Suggest)
		if p.d.Field(f.Suggest) != nil { // what stands in a column of the form
			offer = f.Suggest
		}
		v.SetSqrefDropList(offer)
		v.ShowErrorMessage = false
	case f.Type == templates.ConfirmField:
		v.SetSqrefDropList(listName("confirm"))
		stop("请从列表中选择", "确认请选 "+p.d.Form.Confirm.Checked+"，未确认请选 "+p.d.Form.Confirm.Unchecked+"。")
	case f.Numeric():
		demand(p.numberRule(f, from))
		stop("请填数字", p.numberWords(f))
	case f.Limit > 0:
		demand(fmt.Sprintf(`LEN(TRIM(SUBSTITUTE(%s,CHAR(10),"")))<=%d`, from, f.Limit)) // line breaks do not count
		stop("超过篇幅", fmt.Sprintf("这一栏不超过%d字（含标点）。请精简后再填。", f.Limit))
	}
	try.Do(p.f.AddDataValidation(p.at, v))
}

// prompt says what belongs in an input: unit, limit, and where it comes from. The year stands over it.
func (p *painter) prompt(f *templates.Field, extra bool) string {
	var parts []string
	if extra {
		parts = append(parts, p.d.Form.ExtraTag)
	}
	if f.Unit != "" {
		parts = append(parts, "单位："+f.Unit)
	}
	switch {
	case f.Numeric():
		parts = append(parts, p.numberWords(f))
	case f.Type == templates.DateField:
		parts = append(parts, "填日期，例如 "+p.d.Directory.Deadline)
	case f.Limit > 0:
		parts = append(parts, fmt.Sprintf("不超过%d字（含标点）", f.Limit))
	case f.Type == templates.ChoiceField, f.Type == templates.ConfirmField:
		parts = append(parts, "请从下拉列表中选择")
	}
	parts = append(parts, f.Hint, p.d.Form.Mark(f))
	parts = slices.DeleteFunc(parts, func(words string) bool { return words == "" })
	return cmp.Or(strings.Join(parts, "；"), "请如实填写") + "。"
}

func (p *painter) numberWords(f *templates.Field) string {
	words := "填数字"
	switch {
	case f.Type == templates.PercentField:
		words = "填0到100之间的数，例如百分之四十五填45"
	case f.Type == templates.IntegerField:
		words = "填整数"
	}
	if f.Min != nil && f.Type != templates.PercentField {
		words += "，不小于" + f.Min.String()
	}
	return words + "；没有的填0，不适用的填“" + p.d.Form.NotApplicable + "”"
}

// numberRule is the condition that an input cell has to meet, as a formula on its first cell.
func (p *painter) numberRule(f *templates.Field, at string) string {
	conditions := []string{"ISNUMBER(" + at + ")"}
	if f.Min != nil {
		conditions = append(conditions, at+">="+f.Min.String())
	}
	if f.Max != nil {
		conditions = append(conditions, at+"<="+f.Max.String())
	}
	if f.Type == templates.IntegerField {
		conditions = append(conditions, at+"=INT("+at+")")
	}
	// IF, because AND looks at all its parts and a text in a comparison is an error
	return fmt.Sprintf(`IF(ISNUMBER(%s),AND(%s),%s="%s")`, at, strings.Join(conditions, ","), at, p.d.Form.NotApplicable)
}

// escape makes a formula fit for the XML that excelize writes as it is.
func escape(formula string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(formula)
}

// offered is what a dropdown offers: consortia of the prefecture chosen, parks of the consortium; all while none is.
func offered(f *templates.Field) string {
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

// ValuesOf gives what to fill a template with to say what a submission says. contacts is personal data by field.
func ValuesOf(d *templates.Definition, form *table.Form, contacts map[string]string) Values {
	v := Values{Fields: map[templates.Ref]Value{},
		Records: map[string][]map[string]Value{"members": RowsOf(d, form.Rows("members"))}}
	for _, slot := range d.Layout().Slots() {
		r := templates.Ref{Field: slot.Field.ID, Year: slot.Year}
		if value := valueOf(d, form, contacts, slot.Field, r); !value.blank() {
			v.Fields[r] = value
		}
	}
	return v
}

// RowsOf gives what to fill a list of a template with so that it has these rows.
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

func valueOf(d *templates.Definition, form *table.Form, contacts map[string]string, f *templates.Field,
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
		if yes, _ := form.Confirmed(f.ID); yes {
			return Value{Text: d.Form.Confirm.Checked}
		}
		return Value{Text: d.Form.Confirm.Unchecked}
	}
	return Value{Text: o.Value}
}
