package check

import (
	"slices"

	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// bounds fails each number under its field's min, over its max, or with a fraction where whole numbers belong,
// whichever of the three the rule is about.
func bounds(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		field := f.batch.def.Field(r.Field)
		if !slices.ContainsFunc(p.rule.Kinds, func(kind string) bool { return bounded(field, kind) }) || !t.byStatus(f, r) {
			continue
		}
		n, _ := f.number(r)
		if slices.ContainsFunc(p.rule.Kinds, func(kind string) bool { return bounded(field, kind) && outside(field, kind, n) }) {
			t.fail(fault{refs: []templates.Ref{r}})
			continue
		}
		t.pass()
	}
}

// bounded says whether a field has a bound of this kind.
func bounded(field *templates.Field, kind string) bool {
	switch kind {
	case "min":
		return field.Numeric() && field.Min != nil
	case "max":
		return field.Numeric() && field.Max != nil
	case "whole":
		return field.Type == templates.IntegerField
	}
	return false
}

func outside(field *templates.Field, kind string, n decimal.Decimal) bool {
	switch kind {
	case "min":
		return n.LessThan(*field.Min)
	case "max":
		return n.GreaterThan(*field.Max)
	}
	return !n.IsInteger()
}
