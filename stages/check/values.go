package check

import (
	"fmt"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// The checks that go value by value, each value on its own.

// required fails each blank value that the official form asks for; declarations have rules of their own.
func required(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		field := f.def.Field(r.Field)
		switch s := f.Status(r); {
		case !field.Required || field.Type == templates.ConfirmField || f.def.Supplementary(field, r.Year):
		case f.voided[r] != "":
			t.skip(toldElsewhere)
		case s == table.Invalid:
			t.lack(r)
		case f.NotAsked(r):
			t.skip(notAsked)
		default:
			t.value(r, s != table.Missing, nil)
		}
	}
}

// supplement counts once a submission the blank values that the Department collects beyond the form.
func supplement(f *form, p *plan, t *tally) {
	by := map[table.Status][]templates.Ref{}
	total := 0
	for _, r := range p.refs {
		switch {
		case !f.def.Supplementary(f.def.Field(r.Field), r.Year):
		case f.NotAsked(r) || f.voided[r] != "":
			t.skip(notAsked)
		default:
			total++
			by[f.Status(r)] = append(by[f.Status(r)], r)
		}
	}
	switch blank, unclear := by[table.Missing], by[table.Invalid]; {
	case len(blank) > 0:
		t.fail(fault{refs: blank, vars: map[string]string{"max": fmt.Sprint(total)}})
	case len(unclear) > 0:
		t.lack(unclear...)
	case total > 0:
		t.pass()
	}
}

// unreadable fails what can't be read as the number, date or choice that it should be.
func unreadable(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		switch s := f.Status(r); {
		case f.NotAsked(r):
			t.skip(notAsked)
		case s == table.Missing:
			t.skip(notFilled)
		case s == table.Invalid && f.unreadable(r): // an error, a picture …
			t.skip(toldElsewhere)
		default:
			t.value(r, s != table.Invalid, nil)
		}
	}
	t.faults = f.together(t.faults)
}

// bounds fails each number under its field's min, over its max or with a fraction, as the rule's kinds say.
func bounds(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		field := f.def.Field(r.Field)
		if bounded, _ := outside(field, p.rule.Kinds, decimal.Zero); bounded && t.byStatus(f, r) {
			n, _ := f.number(r)
			_, beyond := outside(field, p.rule.Kinds, n)
			t.value(r, !beyond, nil)
		}
	}
}

// outside says whether a field has a bound of one of these kinds, and whether a number is beyond one.
func outside(field *templates.Field, kinds []string, n decimal.Decimal) (bounded, beyond bool) {
	for _, kind := range kinds {
		switch {
		case kind == "min" && field.Numeric() && field.Min != nil:
			bounded, beyond = true, beyond || n.LessThan(*field.Min)
		case kind == "max" && field.Numeric() && field.Max != nil:
			bounded, beyond = true, beyond || n.GreaterThan(*field.Max)
		case kind == "whole" && field.Type == templates.IntegerField:
			bounded, beyond = true, beyond || !n.IsInteger()
		}
	}
	return bounded, beyond
}

// fraction fails a bare 0.45 for a percentage, which most likely is 45 %, unless a percent sign or format says so.
func fraction(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		if f.def.Field(r.Field).Type != templates.PercentField || !t.byStatus(f, r) {
			continue
		}
		n, _ := f.number(r)
		_, plain := f.changed(r, p.rule.Kinds)
		sound := plain || !n.IsPositive() || !n.LessThan(decimal.NewFromInt(1))
		if c, rounded := f.changed(r, []string{"rounded"}); rounded {
			n, _ = decimal.NewFromString(c.From)
		}
		t.value(r, sound, map[string]string{"detail": n.Shift(2).String()})
	}
}

// length fails each text over its limit, by the one count of characters.
func length(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		if limit := f.def.Field(r.Field).Limit; limit > 0 && t.byStatus(f, r) {
			n := f.characters(r)
			t.value(r, n <= limit, map[string]string{"count": fmt.Sprint(n)})
		}
	}
}

// characters counts a text as it was typed: a long one was counted before anything was hidden in it.
func (f *form) characters(r templates.Ref) int {
	if t := f.LongText(r.Field, r.Year); t != nil {
		return int(t.Characters)
	}
	text, _ := f.Text(r.Field, r.Year)
	return templates.Characters(text)
}
