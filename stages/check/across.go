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

const (
	ordinarySize = 30  // a smaller number may be many times the median without being wrong
	distinctSize = 100 // smaller numbers are alike by chance
)

// reported is one value of one figure.
type reported struct {
	templates.Ref
	value float64
}

// indexFigures finds who reports which actual number, and the median of each figure that at least five report.
func (b *batch) indexFigures() {
	const fewest = 5
	values := map[templates.Ref][]float64{}
	for m := range b.facts.Metrics.All() {
		i, known := b.order[m.Submission]
		if !known || !m.Value.Valid {
			continue
		}
		r := templates.Ref{Field: m.Indicator, Year: int(m.Year)}
		if values[r] = append(values[r], m.Value.V); m.Kind == string(templates.Actual) && m.Value.V >= distinctSize {
			b.holders[reported{r, m.Value.V}] = append(b.holders[reported{r, m.Value.V}], int32(i))
		}
	}
	for x := range b.facts.Figures.All() {
		if r := (templates.Ref{Field: x.Field}); x.Number.Valid {
			values[r] = append(values[r], x.Number.V)
		}
	}
	for r, all := range values {
		if median := table.Median(all); len(all) >= fewest && median.V > 0 {
			b.medians[r] = decimal.NewFromFloat(median.V)
		}
	}
}

// outlier fails each number that is many times the median of the batch: in another unit, probably.
func outlier(f *form, p *plan, t *tally) {
	for _, r := range p.refs {
		median, known := f.medians[r]
		if !known {
			t.skip("本批填了这个数的不足五家，或中位数是0")
		} else if t.usable(f, r) {
			n, _ := f.number(r)
			ordinary := n.LessThanOrEqual(median.Mul(*p.rule.Threshold)) || n.LessThanOrEqual(decimal.NewFromInt(ordinarySize))
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
	own, common := 0, map[int32][]templates.Ref{}
	for _, r := range slices.Concat(f.actualRefs()...) {
		n, ok := f.number(r)
		if !ok || n.LessThan(decimal.NewFromInt(distinctSize)) {
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
	delete(common, int32(f.position))
	others := slices.SortedFunc(maps.Keys(common), func(x, y int32) int {
		return cmp.Or(len(common[y])-len(common[x]), cmp.Compare(x, y))
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
