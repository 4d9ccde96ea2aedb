package check

import (
	"errors"
	"fmt"
	"slices"

	"lianheti/stages/table"
	"lianheti/templates"
)

// expression evaluates the rule's condition in each of its cases. Where a value is missing, unreadable or at fault the case
// stays undecided; where it is 不适用, the case does not apply.
func expression(f *form, p *plan, t *tally) {
	if p.rule.List != "" {
		eachRow(f, p, t)
		return
	}
	// An empty roster is a fault of its own, and tells nothing about who is missing from it.
	unlisted := len(f.Members) == 0 && slices.Contains(p.rule.Places, "members")
	for _, c := range p.rule.Cases {
		if unlisted {
			t.undecide(emptyRoster)
			continue
		}
		if f.misplaced && (slices.Contains(p.rule.Places, "members") || len(c.Expr.Roster) > 0 || c.When != nil && len(c.When.Roster) > 0) {
			t.undecide(shiftedList)
			continue
		}
		f.holds(f, c, t, func() fault { return fault{refs: c.Expr.Refs, kase: c} })
	}
}

// holds evaluates one case; fails says what is wrong where it does not hold.
func (f *form) holds(a templates.Answers, c templates.Case, t *tally, fails func() fault) {
	switch holds, decided := f.evaluate(a, c.When, t); {
	case !decided:
		return
	case !holds:
		t.skip(guardFalse)
		return
	}
	switch holds, decided := f.evaluate(a, c.Expr, t); {
	case !decided:
	case holds:
		t.pass()
	default:
		t.fail(fails())
	}
}

// eachRow evaluates the rule's condition in each row of a list. What fails is marked at the columns that the condition looks at.
func eachRow(f *form, p *plan, t *tally) {
	list := p.rule.List
	if f.misplaced && list == "members" {
		t.undecide(shiftedList)
		return
	}
	rows, c := f.Rows(list), p.rule.Cases[0]
	if len(rows) == 0 {
		sheet, _, _ := f.batch.def.Layout().Area(list)
		t.skip(sheet.Sheet.Title + "为空")
	}
	for _, row := range rows {
		f.holds(row, c, t, func() fault { return f.rowOf(list, row, c) })
	}
}

// rowOf is a fault of one row of a list.
func (f *form) rowOf(list string, row table.Row, c templates.Case) fault {
	x := fault{member: fmt.Sprintf("%s:%d", list, row.Record), vars: map[string]string{"count": fmt.Sprint(rowOf(row.At))}}
	for _, column := range f.batch.def.Form.Fields() {
		if column.Record != list {
			continue
		}
		said := clip(row.Cells[column.ID].Text)
		x.vars["it."+column.ID[len(list)+1:]] = said
		if slices.Contains(c.Expr.Fields, column.ID) {
			if len(x.fields) == 0 {
				x.raw, x.value = said, said
				x.vars["raw"], x.vars["value"], x.vars["label"], x.vars["unit"] = said, said, column.Label, column.Unit
			}
			x.places, x.fields = append(x.places, f.listCell(row.At, column.ID)), append(x.fields, column.ID)
		}
	}
	for name, sum := range c.Sums {
		if n, err := sum.Number(row); err == nil {
			x.vars[name] = n.String()
		}
	}
	return x
}

// statusIn is the status of a value, or of a column of the row at hand.
func (f *form) statusIn(a templates.Answers, r templates.Ref) table.Status {
	if row, ok := a.(table.Row); ok {
		if c, there := row.Cells[r.Field]; there {
			return c.Status
		}
	}
	return f.status(r)
}

// evaluate gives the truth of a condition. Where there is none the tally is told, and decided is false. No condition
// always holds.
func (f *form) evaluate(a templates.Answers, e *templates.Expression, t *tally) (holds, decided bool) {
	if e == nil {
		return true, true
	}
	holds, err := e.Bool(a)
	missing := e.Missing(a)
	switch {
	case err == nil:
		return holds, true
	case len(missing) > 0:
		unknown := slices.DeleteFunc(slices.Clone(missing), func(r templates.Ref) bool { return f.statusIn(a, r) == table.NotApplicable })
		if len(unknown) == 0 {
			t.skip(f.inapplicable(missing[0]))
		} else {
			t.lack(unknown...)
		}
	case errors.Is(err, templates.ErrMissing):
		t.undecide("名册中学校的在校生数不全")
	default:
		t.undecide("无法计算（例如除数为0）")
	}
	return false, false
}
