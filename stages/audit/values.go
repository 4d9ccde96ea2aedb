package audit

import (
	"fmt"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// become gives what a move makes of a figure, and whether that is another.
func become(def *templates.AuditMove, a answer) (table.Status, decimal.Decimal, bool) {
	value := a.value
	switch def.Act {
	case "blank":
		return table.Missing, value, a.Status != table.Missing
	case "not_applicable":
		return table.NotApplicable, value, a.Status != table.NotApplicable
	case "times":
		value = fit(a.field, a.value.Mul(def.Factor))
	case "to":
		value = fit(a.field, def.Value)
	}
	better := a.field.Better == templates.Lower && value.LessThan(a.value) // which is no perverse move
	return table.Normal, value, a.Status == table.Normal && !value.Equal(a.value) && !(better && def.List == templates.Perverse)
}

// fit makes a figure one that the field may hold.
func fit(f *templates.Field, v decimal.Decimal) decimal.Decimal {
	if f.Decimals != nil {
		v = v.Truncate(*f.Decimals)
	}
	if f.Max != nil && v.GreaterThan(*f.Max) {
		v = *f.Max
	}
	return v
}

// change puts another value in the place of an answer.
func (a answer) change(d *templates.Definition, status table.Status, value decimal.Decimal) change {
	after := map[table.Status]string{table.Missing: "未填", table.NotApplicable: d.Form.NotApplicable, table.Normal: value.String()}[status]
	before := a.Value
	if a.Status != table.Normal {
		before = map[table.Status]string{table.Missing: "未填", table.NotApplicable: d.Form.NotApplicable, table.Invalid: a.Raw}[a.Status]
	}
	return change{
		slot:  templates.SlotName(a.ref.Field, a.ref.Year),
		what:  fmt.Sprintf("%s %s→%s", d.Name(a.ref), before, after),
		place: a.Place,
		edit:  func(f *table.Form) { f.Answer(a.ref, status, value, after) },
	}
}

// swapYears changes the two years of a figure for each other: a perverse move makes the later one worse, a claim makes it
// better, unless all figures are swapped.
func swapYears(d *templates.Definition, def *templates.AuditMove, list []answer) []change {
	if len(list) != 2 || list[0].Status != table.Normal || list[1].Status != table.Normal {
		return nil
	}
	earlier, later := list[0], list[1]
	rises := earlier.value.Cmp(later.value)
	if rises == 0 || def.Scope != "all" && (rises > 0) != (def.List == templates.Claim) {
		return nil
	}
	return []change{earlier.change(d, table.Normal, later.value), later.change(d, table.Normal, earlier.value)}
}

// shift moves a part of some figures into another of the same year.
func shift(d *templates.Definition, def *templates.AuditMove, f *table.Form) []change {
	var out []change
	moved := map[int]decimal.Decimal{}
	for _, field := range def.Fields {
		for _, a := range answers(d, def, field, f) {
			part := fit(field, a.value.Mul(def.Factor))
			if a.Status == table.Normal && part.IsPositive() {
				moved[a.ref.Year] = moved[a.ref.Year].Add(part)
				out = append(out, a.change(d, table.Normal, a.value.Sub(part)))
			}
		}
	}
	for _, a := range answers(d, def, d.Field(def.Into), f) {
		if part := moved[a.ref.Year]; a.Status == table.Normal && part.IsPositive() {
			return append([]change{a.change(d, table.Normal, a.value.Add(part))}, out...)
		}
	}
	return nil
}
