package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// The checks that compare the figures of a submission with those of the others.

// small numbers are alike by chance, and many times the median without being wrong.
const small = 30

// reported is one value of one figure.
type reported struct {
	templates.Ref
	value float64
}

// indexFigures finds who reports which number, and the median of each figure that at least five report.
func (b *batch) indexFigures() {
	const fewest = 5
	values := map[templates.Ref][]float64{}
	note := func(submission string, r templates.Ref, v table.Opt[float64]) {
		if i, known := b.order[submission]; known && v.Valid {
			values[r] = append(values[r], v.V)
			b.holders[reported{r, v.V}] = append(b.holders[reported{r, v.V}], i)
		}
	}
	for m := range b.facts.Metrics.All() {
		note(m.Submission, templates.Ref{Field: m.Indicator, Year: int(m.Year)}, m.Value)
	}
	for x := range b.facts.Figures.All() {
		note(x.Submission, templates.Ref{Field: x.Field}, x.Number)
	}
	for r, all := range values {
		if len(all) >= fewest {
			b.medians[r] = decimal.NewFromFloat(table.Median(all).V)
		}
	}
}

// outlier fails each number that is many times the median of the batch: in another unit, probably.
func outlier(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		median, known := f.medians[r]
		if !known {
			t.skip("本批填了这个数的不足五家")
		} else if t.usable(f, r) {
			n, _ := f.number(r)
			ordinary := n.LessThanOrEqual(median.Mul(*p.rule.Threshold)) || n.LessThanOrEqual(decimal.NewFromInt(small))
			t.decideValue(r, ordinary, map[string]string{"other": median.String()})
		}
	}
}

// copiedFigures fails a form that has too many actual figures in common with another one.
func copiedFigures(f *form, p *plan, t *tally) {
	const (
		fewest     = 10
		maxHolders = 64 // a number that more report is common
	)
	own, common := 0, map[int][]templates.Ref{}
	for _, r := range slices.Concat(f.actualRefs()...) {
		n, ok := f.number(r)
		if !ok || n.LessThan(decimal.NewFromInt(small)) {
			continue
		}
		own++
		if holders := f.holders[reported{r, n.InexactFloat64()}]; len(holders) <= maxHolders {
			for _, i := range holders {
				common[i] = append(common[i], r)
			}
		}
	}
	if own < fewest {
		t.skip(notFilled)
		return
	}
	delete(common, f.position)
	others := slices.SortedFunc(maps.Keys(common), func(x, y int) int {
		return cmp.Or(len(common[y])-len(common[x]), x-y)
	})
	if len(others) == 0 || share(len(common[others[0]]), own).LessThan(*p.rule.Threshold) {
		t.pass()
		return
	}
	refs := common[others[0]]
	count := fmt.Sprint(len(refs))
	t.fail(fault{refs: refs, raw: count, value: count,
		vars: map[string]string{"count": count, "max": fmt.Sprint(own), "other": f.names[others[0]]}})
}

// sharedEnrolment fails a school of which another consortium gives quite another enrolment.
func sharedEnrolment(f *form, p *plan, t *tally) {
	for _, m := range slices.Concat(f.rosterUnits(t)...) {
		if !f.isSchool(m) || !m.Enrolment.Valid {
			t.skip("名册中没有填了在校生数的学校")
			continue
		}
		for _, s := range f.unit(m).rows {
			stated, other := decimal.NewFromFloat(m.Enrolment.V), decimal.NewFromFloat(s.enrolment.V)
			if s.form == f.position || !s.enrolment.Valid {
				t.pass()
				continue
			}
			t.decide(!stated.Sub(other).Abs().GreaterThan(other.Mul(*p.rule.Threshold)), func() fault {
				x := f.memberFault(m, stated.String(), enrolmentColumn)
				x.vars["other"], x.vars["detail"] = f.names[s.form], other.String()
				return x
			})
		}
	}
}
