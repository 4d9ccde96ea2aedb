package blankform

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
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
	if f.Locked {
		return
	}
	v := excelize.NewDataValidation(true)
	v.Sqref = from
	if to != from {
		v.Sqref = from + ":" + to
	}
	how, words := formulas().Inputs[inputKind(f)], p.inputWords(f, from)
	prompt := p.prompt(f, extra, templates.Fill(how.Prompt, words))
	v.SetInput(text.Clip(f.Label, maxTitle-1), text.Clip(prompt, maxPrompt-1))
	switch {
	case f.Type == templates.ChoiceField:
		v.SetSqrefDropList(offered(f))
	case f.Suggest != "":
		offer := listName(f.Suggest)
		if p.d.Field(f.Suggest) != nil { // what stands in a column of the form
			offer = f.Suggest
		}
		v.SetSqrefDropList(offer)
		v.ShowErrorMessage = false
	case f.Type == templates.ConfirmField:
		v.SetSqrefDropList(listName("confirm"))
	case how.Demand != "":
		demand := escape(templates.Fill(how.Demand, words))
		try.Do(v.SetRange(demand, "", excelize.DataValidationTypeCustom, excelize.DataValidationOperatorBetween))
	}
	if how.Title != "" {
		style := excelize.DataValidationErrorStyleStop
		if f.Open {
			style = excelize.DataValidationErrorStyleWarning
		}
		v.SetError(style, how.Title, text.Clip(templates.Fill(cmp.Or(how.Stop, how.Prompt), words), maxPrompt-1))
	}
	try.Do(p.f.AddDataValidation(p.at, v))
}

// inputKind is the kind of an input, as formulas.yaml has it.
func inputKind(f *templates.Field) string {
	switch {
	case f.Open:
		return "open"
	case f.Limit > 0 && f.Suggest == "":
		return "limited"
	}
	return string(f.Type)
}

// inputWords are what the words and formulas of an input leave open.
func (p *painter) inputWords(f *templates.Field, at string) map[string]string {
	form, floor, conditions := p.d.Form, "", []string{"ISNUMBER(" + at + ")"}
	if f.Min != nil {
		floor = "，不小于" + f.Min.String()
		conditions = append(conditions, at+">="+f.Min.String())
	}
	if f.Max != nil {
		conditions = append(conditions, at+"<="+f.Max.String())
	}
	if f.Type == templates.IntegerField {
		conditions = append(conditions, at+"=INT("+at+")")
	}
	return map[string]string{"x": at, "limit": strconv.Itoa(f.Limit), "floor": floor,
		"conditions": strings.Join(conditions, ","), "not_applicable": form.NotApplicable, "deadline": p.d.Directory.Deadline,
		"checked": form.Confirm.Checked, "unchecked": form.Confirm.Unchecked}
}

// prompt says what belongs in an input: unit, how to fill it, and where it comes from. The year stands over it.
func (p *painter) prompt(f *templates.Field, extra bool, how string) string {
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
