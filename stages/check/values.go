package check

import (
	"fmt"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// The checks that go value by value, each value on its own.

// required fails each value that the official form asks for and that was left blank. 不适用 is an answer; something
// unreadable is neither given nor missing. Declarations have rules of their own.
func required(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		field := f.batch.def.Field(r.Field)
		switch s := f.Status(r); {
		case !field.Required || field.Type == templates.ConfirmField || f.batch.def.Supplementary(field, r.Year):
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

// supplement notes once a submission how many of the values that the Department collects beyond the form were left
// blank.
func supplement(f *form, p *plan, t *tally) {
	by := map[table.Status][]templates.Ref{}
	total := 0
	for _, r := range p.refs {
		switch {
		case !f.batch.def.Supplementary(f.batch.def.Field(r.Field), r.Year):
		case f.NotAsked(r) || f.voided[r] != "":
			t.skip(notAsked)
		default:
			total++
			by[f.Status(r)] = append(by[f.Status(r)], r)
		}
	}
	switch blank, unclear := by[table.Missing], by[table.Invalid]; {
	case len(blank) > 0:
		t.fail(fault{refs: blank, vars: map[string]string{"count": fmt.Sprint(len(blank)), "max": fmt.Sprint(total)}})
	case len(unclear) > 0:
		t.lack(unclear...)
	case total > 0:
		t.pass()
	}
}

// unreadable fails what stands where a number, a date or a choice belongs and can't be read as one. A number that was
// read, though it can't be right, is for bounds.
func unreadable(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		switch s := f.Status(r); {
		case f.NotAsked(r):
			t.skip(notAsked)
		case s == table.Missing:
			t.skip(notFilled)
		case s == table.Invalid && f.told(r): // an error, a picture …
			t.skip(toldElsewhere)
		default:
			t.value(r, s != table.Invalid, nil)
		}
	}
	t.faults = f.together(t.faults)
}

// bounds fails each number under its field's min, over its max, or with a fraction where whole numbers belong,
// whichever of the three the rule is about.
func bounds(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		field := f.batch.def.Field(r.Field)
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

// fraction fails a bare number between 0 and 1 where a percentage from 0 to 100 is asked: 0.45 is most likely 45 %.
// Where the filler typed a percent sign or formatted the cell as a percentage (the rule's kinds of coercions), what was
// meant is plain.
func fraction(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		if f.batch.def.Field(r.Field).Type != templates.PercentField || !t.byStatus(f, r) {
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
		if limit := f.batch.def.Field(r.Field).Limit; limit > 0 && t.byStatus(f, r) {
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
