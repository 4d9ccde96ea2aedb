package blankform

import (
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

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
				row[column] = numberValue(c.Number.V)
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

func numberValue(n float64) Value {
	return Value{Number: new(decimal.NewFromFloat(n))}
}
