package check

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// annual lists the values of the metrics that run through all years, metric by metric.
func (b *batch) annual() (out [][]templates.Ref) {
	for _, m := range b.def.Form.Metrics() {
		if len(m.Years) == len(b.def.Form.Years) {
			out = append(out, b.def.Refs(m))
		}
	}
	return out
}

// actual is annual without the years that are promises.
func (b *batch) actual() [][]templates.Ref {
	rows := b.annual()
	for i := range rows {
		rows[i] = slices.DeleteFunc(rows[i], func(r templates.Ref) bool {
			year, _ := b.def.Form.YearOf(r.Year)
			return year.Kind != templates.Actual
		})
	}
	return rows
}

// inapplicable fails a form that calls more of its actual figures 不适用 than the rule's threshold.
func inapplicable(f *form, p *plan, t *tally) {
	all, none := f.calledInapplicable()
	if len(all) == 0 {
		t.skip(notFilled)
		return
	}
	t.judge(share(len(none), len(all)).LessThan(*p.rule.Threshold), func() fault {
		return fault{refs: none, raw: f.def.Form.NotApplicable, value: f.def.Form.NotApplicable,
			vars: map[string]string{"max": fmt.Sprint(len(all))}}
	})
}

// swapped fails a form of whose figures more than the threshold fall from the first actual year to the next.
func swapped(f *form, p *plan, t *tally) {
	falls, differ := 0, 0
	var all []templates.Ref
	for _, refs := range f.actual() {
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
	const fewest = 10 // figures beside each other that say anything about their column
	if differ < fewest {
		t.skip(notFilled)
		return
	}
	t.judge(share(falls, differ).LessThan(*p.rule.Threshold), func() fault {
		return fault{refs: all, raw: fmt.Sprint(falls), value: fmt.Sprint(falls),
			vars: map[string]string{"count": fmt.Sprint(falls), "max": fmt.Sprint(differ)}}
	})
}

// rowOffset is a part of the annual figures that stands in the rows of others.
type rowOffset struct {
	refs    []templates.Ref   // all figures from the first such row on
	misfits [][]templates.Ref // the rows whose figures are none of theirs
	by      int               // how many rows too low; below zero: too high
}

// slidRows finds whether the annual figures stand rows off: several can't be theirs, and all would fit a few rows away.
func (f *form) slidRows(fewest int) (out rowOffset) {
	rows := f.annual()
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
	const farthest = 3 // rows up and down that are tried
	for n := range farthest {
		for _, by := range []int{n + 1, -n - 1} {
			ok := true
			for i := first; i < len(rows); i++ {
				ok = ok && (i-by < 0 || i-by >= len(rows) || fits(i, i-by))
			}
			if !ok {
				continue
			}
			blank := func(row int) bool {
				return !slices.ContainsFunc(rows[row], func(r templates.Ref) bool { return f.Status(r) != table.Missing })
			}
			for i := first - 1; i >= 0 && by > 0; i-- { // rows were put in, and left blank
				if blank(i) && (first == i+1 || !blank(first)) {
					first = i
				}
			}
			out.by, out.refs = by, slices.Concat(rows[first:]...)
			return out
		}
	}
	return rowOffset{}
}

// slid fails a form whose annual figures stand in the rows of others.
func slid(f *form, _ *plan, t *tally) {
	switch all, _ := f.calledInapplicable(); {
	case len(all) == 0:
		t.skip(notFilled)
		return
	case len(f.slid.refs) == 0:
		t.pass()
		return
	}
	shown := table.Each(f.slid.misfits, func(row []templates.Ref) string { return f.def.Label(row[0].Field) })
	direction := "整体上移"
	if f.slid.by < 0 {
		direction = "整体下移"
	}
	t.fail(fault{refs: f.slid.refs, raw: fmt.Sprint(f.slid.by), value: fmt.Sprint(f.slid.by), vars: map[string]string{
		"count": fmt.Sprint(len(shown)), "list": text.Few(shown, shownNames, len(shown), "行"), "detail": direction,
		"max": strings.TrimPrefix(fmt.Sprint(f.slid.by), "-"), "member": f.def.Label(f.slid.refs[0].Field)}})
}

func share(n, of int) decimal.Decimal {
	return decimal.NewFromInt(int64(n)).Div(decimal.NewFromInt(int64(of)))
}
