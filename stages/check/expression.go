package check

import (
	"errors"
	"slices"

	"lianheti/stages/table"
	"lianheti/templates"
)

// expression evaluates the rule's condition in each of its cases. Where a value is missing, unreadable or at fault the case
// stays undecided; where it is 不适用, the case does not apply.
func expression(f *form, p *plan, t *tally) {
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
		switch holds, decided := f.evaluate(c.When, t); {
		case !decided:
			continue
		case !holds:
			t.skip(guardFalse)
			continue
		}
		switch holds, decided := f.evaluate(c.Expr, t); {
		case !decided:
		case holds:
			t.pass()
		default:
			t.fail(fault{refs: c.Expr.Refs, kase: c})
		}
	}
}

// evaluate gives the truth of a condition. Where there is none the tally is told, and decided is false. No condition
// always holds.
func (f *form) evaluate(e *templates.Expression, t *tally) (holds, decided bool) {
	if e == nil {
		return true, true
	}
	holds, err := e.Bool(f)
	missing := e.Missing(f)
	switch {
	case err == nil:
		return holds, true
	case len(missing) > 0:
		unknown := slices.DeleteFunc(slices.Clone(missing), func(r templates.Ref) bool { return f.status(r) == table.NotApplicable })
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
