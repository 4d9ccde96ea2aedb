package check

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// The checks that go case by case: first those of values, each on its own.

// required fails each blank value that the official form requires; declarations have their own rules.
func required(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		field := f.def.Field(r.Field)
		switch s := f.Status(r); {
		case !field.Required || field.Type == templates.ConfirmField || f.def.Supplementary(field, r.Year):
		case f.voided[r] != "":
			t.skip(toldElsewhere)
		case s == table.Invalid:
			t.lackValues(r)
		case f.NotAsked(r):
			t.skip(notAsked)
		default:
			t.decideValue(r, s != table.Missing, nil)
		}
	}
}

// supplement makes one fault of all blank values that the Department collects beyond the official form.
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
		t.lackValues(unclear...)
	case total > 0:
		t.pass()
	}
}

// unreadable fails each value that can't be read as a number, date or choice, as its field requires.
func unreadable(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		switch s := f.Status(r); {
		case f.NotAsked(r):
			t.skip(notAsked)
		case s == table.Missing:
			t.skip(notFilled)
		case s == table.Invalid && f.hasReason(r): // an error, a picture …
			t.skip(toldElsewhere)
		default:
			t.decideValue(r, s != table.Invalid, nil)
		}
	}
	t.faults = f.mergeColumns(t.faults)
}

// bounds fails each number below the min or above the max of its field, or with a fraction, as the rule's kinds say.
func bounds(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		field := f.def.Field(r.Field)
		if bounded, _ := outside(field, p.rule.Kinds, decimal.Zero); bounded && t.usable(f, r) {
			n, _ := f.number(r)
			_, beyond := outside(field, p.rule.Kinds, n)
			t.decideValue(r, !beyond, nil)
		}
	}
}

// outside reports whether a field has a bound of one of these kinds, and whether a number is beyond one.
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
		if f.def.Field(r.Field).Type != templates.PercentField || !t.usable(f, r) {
			continue
		}
		n, _ := f.number(r)
		_, plain := f.coercionOf(r, p.rule.Kinds)
		sound := plain || !n.IsPositive() || !n.LessThan(decimal.NewFromInt(1))
		if c, rounded := f.coercionOf(r, []string{"rounded"}); rounded {
			n, _ = decimal.NewFromString(c.From)
		}
		t.decideValue(r, sound, map[string]string{"detail": n.Shift(2).String()})
	}
}

// length fails each text over its limit, by the one count of characters.
func length(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		if limit := f.def.Field(r.Field).Limit; limit > 0 && t.usable(f, r) {
			n := f.characters(r)
			t.decideValue(r, n <= limit, map[string]string{"count": fmt.Sprint(n)})
		}
	}
}

// characters counts a text as it was typed: long texts were counted before masking.
func (f *form) characters(r templates.Ref) int {
	if t := f.LongText(r.Field, r.Year); t != nil {
		return int(t.Characters)
	}
	text, _ := f.Text(r.Field, r.Year)
	return templates.Characters(text)
}

// The checks of all annual figures together.

// listAnnual lists the values of the metrics that have all years: all of them, and those without the committed years.
func (b *batch) listAnnual() {
	actual := func(r templates.Ref) bool { return b.def.Form.YearOf(r.Year).Kind == templates.Actual }
	for _, m := range b.def.Form.Metrics() {
		if len(m.Years) == len(b.def.Form.Years) {
			refs := b.def.Refs(m)
			b.annualRefs = append(b.annualRefs, refs)
			b.actualRefs = append(b.actualRefs, table.Where(slices.Values(refs), actual))
		}
	}
}

// inapplicable fails a form in which the share of 不适用 in the actual figures reaches the threshold of the rule.
func inapplicable(f *form, p *plan, t *tally) {
	all, none := f.inapplicableFigures()
	if len(all) == 0 {
		t.skip(notFilled)
		return
	}
	t.decide(share(len(none), len(all)).LessThan(*p.rule.Threshold), func() fault {
		return fault{refs: none, raw: f.def.Form.NotApplicable, value: f.def.Form.NotApplicable,
			vars: map[string]string{"max": fmt.Sprint(len(all))}}
	})
}

// swappedYears fails a form in which too many figures fall from the first actual year to the next, or don't change.
func swappedYears(f *form, p *plan, t *tally) {
	found, pairs, unchanged := 0, 0, p.rule.Kinds[0] == "unchanged"
	var all []templates.Ref
	for _, refs := range f.actualRefs {
		if len(refs) < 2 {
			continue
		}
		all = append(all, refs[:2]...) // both columns are marked
		before, ok := f.number(refs[0])
		after, also := f.number(refs[1])
		if !ok || !also || before.Equal(after) && !unchanged {
			continue
		}
		if pairs++; before.GreaterThan(after) && !unchanged || before.Equal(after) {
			found++
		}
	}
	const fewest = 10 // with fewer pairs, nothing is concluded
	if pairs < fewest {
		t.skip(notFilled)
		return
	}
	t.decide(share(found, pairs).LessThan(*p.rule.Threshold), func() fault {
		return fault{refs: all, raw: fmt.Sprint(found), value: fmt.Sprint(found),
			vars: map[string]string{"count": fmt.Sprint(found), "max": fmt.Sprint(pairs)}}
	})
}

// rowOffset describes annual figures that were entered in wrong rows.
type rowOffset struct {
	refs    []templates.Ref   // all figures from the first such row on
	misfits [][]templates.Ref // the rows with impossible figures
	by      int               // how many rows too low; below zero: too high
}

// findRowShift finds annual figures entered in wrong rows: several are impossible, and all would fit a few rows away.
func (f *form) findRowShift(fewest int) (out rowOffset) {
	rows := f.annualRefs
	fits := func(row, as int) bool {
		field := f.def.Field(rows[as][0].Field)
		return !slices.ContainsFunc(rows[row], func(r templates.Ref) bool {
			n, ok := f.number(r)
			_, beyond := outside(field, []string{"min", "max", "whole"}, n)
			return ok && beyond
		})
	}
	first := len(rows)
	for i := range rows {
		if !fits(i, i) {
			out.misfits, first = append(out.misfits, rows[i]), min(first, i)
		}
	}
	if len(out.misfits) < fewest {
		return rowOffset{}
	}
	blank := func(row int) bool {
		return !slices.ContainsFunc(rows[row], func(r templates.Ref) bool { return f.Status(r) != table.Missing })
	}
	for _, by := range []int{1, -1, 2, -2, 3, -3} {
		ok := true
		for i := first; i < len(rows); i++ {
			ok = ok && (i-by < 0 || i-by >= len(rows) || fits(i, i-by))
		}
		if !ok {
			continue
		}
		for i := first - 1; i >= 0 && by > 0; i-- { // include blank rows that were inserted
			if blank(i) && (first == i+1 || !blank(first)) {
				first = i
			}
		}
		out.by, out.refs = by, slices.Concat(rows[first:]...)
		return out
	}
	return rowOffset{}
}

// shiftedRows fails a form whose annual figures were entered in wrong rows.
func shiftedRows(f *form, _ *plan, t *tally) {
	switch all, _ := f.inapplicableFigures(); {
	case len(all) == 0:
		t.skip(notFilled)
		return
	case len(f.rowShift.refs) == 0:
		t.pass()
		return
	}
	shown := table.Each(f.rowShift.misfits, func(row []templates.Ref) string { return f.def.Label(row[0].Field) })
	direction := table.Either(f.rowShift.by < 0, "整体下移", "整体上移")
	by := fmt.Sprint(f.rowShift.by)
	t.fail(fault{refs: f.rowShift.refs, raw: by, value: by, vars: map[string]string{
		"count": fmt.Sprint(len(shown)), "list": text.Few(shown, maxNames, "行"), "detail": direction,
		"max": strings.TrimPrefix(by, "-"), "member": f.def.Label(f.rowShift.refs[0].Field)}})
}

func share(n, of int) decimal.Decimal {
	return decimal.NewFromInt(int64(n)).Div(decimal.NewFromInt(int64(of)))
}

// expression evaluates the rule's condition in each case; without a usable value it is undecided, 不适用 does not apply.
func expression(f *form, p *plan, t *tally) {
	if p.rule.List != "" {
		eachRow(f, p, t)
		return
	}
	// An empty roster has its own rule, and does not show who is missing from it.
	unlisted := len(f.Members) == 0 && slices.Contains(p.rule.Places, "members")
	for _, c := range p.rule.Cases {
		if unlisted && c.LooksAtMembers() {
			t.undecide(emptyRoster)
			continue
		}
		if f.misplaced && c.LooksAtMembers() {
			t.undecide(shiftedList)
			continue
		}
		f.evaluateCase(f, c, t, func() fault { return fault{refs: c.Expr.Refs, ruleCase: c} })
	}
}

// evaluateCase evaluates one case; fails makes the fault if it does not hold.
func (f *form) evaluateCase(a templates.Answers, c templates.Case, t *tally, fails func() fault) {
	if !f.applies(a, c, t) {
		return
	}
	if holds, decided := f.evaluate(a, c.Expr, t); decided {
		t.decide(holds, fails)
	}
}

func (f *form) applies(a templates.Answers, c templates.Case, t *tally) bool {
	holds, decided := f.evaluate(a, c.When, t)
	if decided && !holds {
		t.skip(guardFalse)
	}
	return holds && decided
}

// eachRow evaluates the rule's condition in each row of a list.
func eachRow(f *form, p *plan, t *tally) {
	list := p.rule.List
	if f.misplaced && list == "members" {
		t.undecide(shiftedList)
		return
	}
	rows, c := f.Rows(list), p.rule.Cases[0]
	switch {
	case len(rows) > 0:
	case list == "members":
		t.undecide(emptyRoster)
	default:
		t.skip(f.def.Layout().Area(list).Sheet + "为空")
	}
	// Rows with the same name in a column are checked as one; rows with a blank one are checked alone.
	groups := slices.Collect(slices.Chunk(rows, 1))
	if p.rule.By != "" {
		groups = table.GroupBy(rows, func(r table.Row) string {
			return cmp.Or(text.NameKey(r.Cells[list+"_"+p.rule.By].Text), fmt.Sprint(r.Record))
		})
	}
	for _, same := range groups {
		row := same[0]
		if f.hasReasonIn(row.Record, c.Expr.Fields...) || f.onlyUnreadable(list, row) {
			t.skip(toldElsewhere)
			continue
		}
		f.evaluateCase(row, c, t, func() fault {
			x := f.rowFault(list, row, c)
			for _, other := range same[1:] {
				for _, column := range x.fields {
					x.places = append(x.places, f.ListCell(other.At.Sheet, other.At.Cell, column))
				}
			}
			return x
		})
	}
}

// onlyUnreadable reports whether a row has only unreadable values, which another rule reports.
func (f *form) onlyUnreadable(list string, row table.Row) bool {
	var read, unread bool
	if len(f.listCoercions) == 0 {
		return false
	}
	for _, column := range f.def.Layout().Area(list).Columns {
		unread = unread || f.hasReasonIn(row.Record, column.Field.ID)
		read = read || !column.Field.BlankIsNo() && row.Filled(column.Field.ID, 0)
	}
	return unread && !read
}

// rowFault makes a fault of one row of a list: of the blank columns in the condition, or of all if none is blank.
func (f *form) rowFault(list string, row table.Row, c templates.Case) fault {
	x := fault{member: fmt.Sprintf("%s:%d", list, row.Record)}
	x.vars = map[string]string{"count": fmt.Sprint(rowNumber(row.At))}
	var looked []string
	for _, field := range c.Expr.Fields {
		switch f.def.Field(field).Record {
		case list:
			looked = append(looked, field)
		case "":
			x.refs = append(x.refs, templates.Ref{Field: field})
		}
	}
	blank := func(column string) bool { return !row.Filled(column, 0) }
	if slices.ContainsFunc(looked, blank) {
		looked = table.Where(slices.Values(looked), blank)
	}
	var labels []string
	for _, shown := range f.def.Layout().Area(list).Columns {
		column := shown.Field
		said := text.Clip(row.Cell(column.ID).Text, maxText)
		if column.Type == templates.DateField {
			said = table.ChineseDate(said)
		}
		x.vars["it."+column.ID[len(list)+1:]] = said
		if slices.Contains(looked, column.ID) {
			if len(x.fields) == 0 {
				x.raw, x.value = said, said
			}
			x.places, x.fields = append(x.places, f.ListCell(row.At.Sheet, row.At.Cell, column.ID)), append(x.fields, column.ID)
			labels = append(labels, column.Label)
		}
	}
	x.vars["list"] = text.Few(labels, maxNames, "项")
	if name := row.Cells[nameColumn].Text; list == "members" {
		x.member = cmp.Or(text.Mask(text.NameKey(name)), x.member)
		x.vars["member"] = cmp.Or(name, fmt.Sprintf("第%d行", rowNumber(row.At)))
	}
	for name, sum := range c.Sums {
		if n, err := sum.Number(row); err == nil {
			x.vars[name] = n.String()
		}
	}
	return x
}

// evaluate evaluates a condition; if that is not possible, it records why. A nil condition holds.
func (f *form) evaluate(a templates.Answers, e *templates.Expression, t *tally) (holds, decided bool) {
	if e == nil {
		return true, true
	}
	holds, err := e.Bool(a)
	if err == nil {
		return holds, true
	}
	missing := e.Missing(a)
	switch {
	case len(missing) > 0:
		row, _ := a.(table.Row)
		asked := func(r templates.Ref) bool {
			return cmp.Or(row.Cells[r.Field].Status, f.Status(r)) != table.NotApplicable
		}
		unknown := table.Where(slices.Values(missing), asked)
		if len(unknown) == 0 {
			t.skip(f.skipReason(missing[0]))
		} else {
			t.lackValues(unknown...)
		}
	case errors.Is(err, templates.ErrMissing):
		t.undecide("名册中学校的在校生数不全")
	default:
		t.undecide("无法计算（例如除数为0）")
	}
	return false, false
}
