package check

import (
	"fmt"

	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// fewestRows is how many figures must stand beside each other before their column says anything.
const fewestRows = 10

// column looks at the annual figures of the actual years together: one by one each may be as it is.
func column(f *form, p *plan, t *tally) {
	for _, kind := range p.rule.Kinds {
		columns[kind](f, p, t)
	}
}

var columns = map[string]check{"not_applicable": inapplicable, "swapped": swapped}

// actual lists the values of the metrics that run through all years, of the years that are no promises, metric by
// metric.
func (b *batch) actual() (out [][]templates.Ref) {
	for _, m := range b.def.Form.Metrics() {
		if len(m.Years) != len(b.def.Form.Years) {
			continue
		}
		var refs []templates.Ref
		for _, y := range b.def.Form.Years {
			if y.Kind == templates.Actual {
				refs = append(refs, templates.Ref{Field: m.ID, Year: y.Year})
			}
		}
		out = append(out, refs)
	}
	return out
}

// inapplicable fails a form that calls more of its actual figures 不适用 than the rule's threshold: there is nothing left
// to judge.
func inapplicable(f *form, p *plan, t *tally) {
	all, none := f.calledInapplicable()
	if len(all) == 0 {
		t.skip(notFilled)
		return
	}
	if share(len(none), len(all)).LessThan(*p.rule.Threshold) {
		t.pass()
		return
	}
	t.fail(fault{refs: none, raw: f.batch.def.Form.NotApplicable, value: f.batch.def.Form.NotApplicable,
		vars: map[string]string{"count": fmt.Sprint(len(none)), "max": fmt.Sprint(len(all))}})
}

// swapped fails a form of whose figures more than the rule's threshold fall from the first actual year to the next: not
// one figure, but the column stands under the wrong year.
func swapped(f *form, p *plan, t *tally) {
	falls, differ := 0, 0
	var all []templates.Ref
	for _, refs := range f.batch.actual() {
		if len(refs) < 2 {
			continue
		}
		all = append(all, refs[:2]...) // the columns are at fault, whole
		before, ok := f.number(refs[0])
		after, also := f.number(refs[1])
		if !ok || !also || before.Equal(after) {
			continue
		}
		if differ++; before.GreaterThan(after) {
			falls++
		}
	}
	switch {
	case differ < fewestRows:
		t.skip(notFilled)
	case share(falls, differ).LessThan(*p.rule.Threshold):
		t.pass()
	default:
		t.fail(fault{refs: all, raw: fmt.Sprint(falls), value: fmt.Sprint(falls),
			vars: map[string]string{"count": fmt.Sprint(falls), "max": fmt.Sprint(differ)}})
	}
}

func share(n, of int) decimal.Decimal {
	return decimal.NewFromInt(int64(n)).Div(decimal.NewFromInt(int64(of)))
}
