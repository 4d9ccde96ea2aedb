package score

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// normalise returns the normalised value of a measurement; 0 for a gap.
func (s scale) normalise(x measurement) float64 {
	return table.Either(x.ok, s.normaliseValue(x.raw), 0)
}

// newScales computes a scale for each slot. method, if any, replaces the rubric's for evidence without a target.
func (m *scheme) newScales(r reference, method string) []scale {
	out := make([]scale, len(m.slots))
	for i, slot := range m.slots {
		out[i] = newScale(slot.Evidence, r.sets[i])
		if method != "" && !slot.Absolute() {
			out[i].method = method
		}
	}
	return out
}

// scale is how the values of one evidence are normalised.
type scale struct {
	method string
	lower  bool // lower is better
	target float64
	values []float64 // of the reference set, ascending
	gaps   int       // in the reference set; worse than any value
	least  float64   // of the reference set, gaps included
	most   float64
	mean   float64
	spread float64 // sample standard deviation
}

// newScale computes a scale from a reference set. In methods that use distances a gap counts as 0, or as the worst
// value where that is worse: leaving the worst figure blank must not move the scale in one's favour.
func newScale(e *templates.Evidence, set []referenceValue) scale {
	s := scale{method: e.Method, lower: e.Direction == templates.Lower, target: e.Target.InexactFloat64()}
	for _, x := range set {
		if x.value.Valid {
			s.values = append(s.values, x.value.V)
		} else {
			s.gaps++
		}
	}
	slices.Sort(s.values)
	all := slices.Clone(s.values)
	if n := len(all); n > 0 {
		worst := table.Either(s.lower, all[n-1], min(0, all[0]))
		for range s.gaps {
			all = append(all, worst)
		}
		s.least, s.most = slices.Min(all), slices.Max(all)
		s.mean, s.spread = sum(all)/float64(len(all)), deviation(all)
	}
	return s
}

// halfway is the normalised value where the reference set has no two different values.
const halfway = 0.5

// normaliseValue returns the normalised value of x, from 0 to 1, 1 being best. x need not be in the reference set.
//
//	target      x / target, or target / x where lower is better: the Handbook's distance to a reference, as a ratio
//	distance    the share of the distance from the set's worst value to the target that x has covered
//	minmax      (x − least) / (greatest − least)
//	zscore      0.5 + (x − mean) / sd / 6: three standard deviations from the middle to either end
//	percentile  (below + (equal − 1) / 2) / (n − 1): the average rank of ties; between two values, the middle
func (s scale) normaliseValue(x float64) float64 {
	up, n := halfway, len(s.values)+s.gaps
	switch {
	case s.method == "target" && !s.lower:
		return clip(x / s.target)
	case s.method == "target" && x <= s.target:
		return 1
	case s.method == "target":
		return clip(s.target / x)
	case s.method == "distance":
		return s.distanceToTarget(x)
	case s.method == "minmax" && s.least != s.most:
		up = clip((x - s.least) / (s.most - s.least))
	case s.method == "zscore" && s.least != s.most:
		up = clip(halfway + (x-s.mean)/s.spread/6)
	case s.method == "percentile" && n > 1:
		below := sort.SearchFloat64s(s.values, x)
		equal := countEqual(s.values[below:], x)
		if !s.lower {
			below += s.gaps
		}
		up = clip((float64(below) + float64(equal-1)/2) / float64(n-1))
	}
	return table.Either(s.lower, 1-up, up)
}

func (s scale) distanceToTarget(x float64) float64 {
	if len(s.values) == 0 {
		return halfway
	}
	done, way := x-s.least, s.target-s.least
	if s.lower {
		done, way = s.most-x, s.most-s.target
	}
	if way <= 0 { // even the worst has reached the target
		return 1
	}
	return clip(done / way)
}

func clip(x float64) float64 { return min(max(x, 0), 1) }

// countEqual counts the values equal to x in ascending values from x on.
func countEqual(values []float64, x float64) int {
	for i, v := range values[:min(len(values), 2)] { // most values are there once
		if v != x {
			return i
		}
	}
	return upperBound(values, x)
}

// upperBound is the index of the first value greater than x in ascending values.
func upperBound(values []float64, x float64) int {
	return sort.SearchFloat64s(values, math.Nextafter(x, math.Inf(1)))
}

// reference holds the reference sets of all scales: the values and gaps of the submissions that were ranked when the
// scales were made. Once experts have marked, the sets are fixed, and later submissions are normalised on them.
type reference struct {
	sets        [][]referenceValue // by slot
	fixed       []bool             // by slot: reused from an earlier round
	fixedSlots  int                // number of fixed slots
	submissions int                // number of submissions in the other reference sets
}

// referenceValue is one submission's value in a reference set.
type referenceValue struct {
	submission string
	value      table.Opt[float64] // absent: a gap that the register did not accept
}

// newReference reuses the kept reference sets of unchanged formulas; the others get the declared submissions.
func (m *scheme) newReference(declared []*entrant, kept []table.Scale) reference {
	earlier := map[[3]string][]referenceValue{}
	for _, k := range kept {
		if k.Fixed {
			key := [3]string{k.Evidence, k.Base, k.Formula}
			earlier[key] = append(earlier[key], referenceValue{k.Submission, k.Raw})
		}
	}
	n := len(m.slots)
	r := reference{sets: make([][]referenceValue, n), fixed: make([]bool, n), submissions: len(declared)}
	for _, e := range declared {
		e.inReference = true
	}
	for i, s := range m.slots {
		if set, ok := earlier[[3]string{s.ID, cmp.Or(s.base, table.AsCounted), s.formula()}]; ok {
			r.sets[i], r.fixed[i] = set, true
			r.fixedSlots++
			continue
		}
		for _, e := range declared {
			if x := e.measures[i]; x.ok || !x.excused {
				r.sets[i] = append(r.sets[i], referenceValue{e.Submission, table.Known(x.raw, x.ok)})
			}
		}
	}
	return r
}

// askedAbout keeps the submissions sent to experts, if any: what arrives after the marking must not change scales.
func (p *panel) askedAbout(declared []*entrant) []*entrant {
	marked := map[string]bool{}
	for _, r := range p.rows {
		marked[r.Submission] = true
	}
	if out := table.Where(slices.Values(declared), func(e *entrant) bool { return marked[e.Submission] }); len(out) > 0 {
		return out
	}
	return declared
}

// scaleRows lists the reference sets. They are fixed once there are marks.
func (r reference) scaleRows(m *scheme, p *panel) []table.Scale {
	var out []table.Scale
	for i, s := range m.slots {
		for _, x := range r.sets[i] {
			out = append(out, table.Scale{Evidence: s.ID, Base: cmp.Or(s.base, table.AsCounted), Formula: s.formula(),
				Submission: x.submission, Raw: x.value, Fixed: r.fixedSlots > 0 || len(p.experts) > 0})
		}
	}
	return out
}

// officialEnrolment returns the enrolment by submission and kind from the register's 学校名录, if that has every school. It
// also says who belongs to a consortium: by the roster, leaving out a school would make the divisor smaller. A basis
// that needs it and does not have it ends the guarded function (package try).
func (m *scheme) officialEnrolment(facts *table.Facts, register table.Register) map[string]map[string]float64 {
	lacking := table.Unique(register.UnconfirmedSchools(facts), func(s table.Member) string { return s.Name })
	if len(lacking) == 0 {
		return register.OfficialEnrolment(facts)
	}
	if b := m.def.Rubric().Base(m.def.Rubric().Basis); b != nil {
		const shown = 5
		try.Do(fmt.Errorf("rubric.yaml 的 basis 要求折算到%s，分母须用登记表“学校名录”的在校生数，"+
			"名录里查不到本批%d所成员学校（%s等）的类别、在校生数或所属联合体：请补全名录，或删去 basis 这一行",
			b.Label, len(lacking), strings.Join(lacking[:min(shown, len(lacking))], "、")))
	}
	return nil
}

// sizeCorrelation is the rank correlation of rank and enrolment, as amounts favour the large; empty for too few.
func sizeCorrelation(ranked []*entrant) string {
	if len(ranked) < minPeers {
		return ""
	}
	places := table.Each(ranked, func(e *entrant) float64 { return float64(e.Rank.V) })
	sizes := table.Each(ranked, func(e *entrant) float64 { return e.enrolment })
	return fmt.Sprintf("%.2f", correlation(midranks(places), midranks(sizes)))
}

// midranks returns the rank of each value, ascending; equal values share their mean rank.
func midranks(values []float64) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	out := make([]float64, len(values))
	for i, v := range values {
		below := sort.SearchFloat64s(sorted, v)
		out[i] = float64(below+upperBound(sorted, v)+1) / 2
	}
	return out
}

// withParts returns the scheme in which evidence that does not count gets so many parts, by kind.
func (m *scheme) withParts(parts map[string]int) *scheme {
	out := *m
	out.criteria = slices.Clone(m.criteria)
	for i := range out.criteria {
		c := &out.criteria[i]
		all, counts := 0, make([]int, len(c.Evidence))
		for k, e := range c.Evidence {
			if counts[k] = e.Parts; !e.Counts() {
				counts[k] = parts[e.Kind]
			}
			all += counts[k]
		}
		c.shares = make([]float64, len(c.Evidence))
		for k, n := range counts {
			c.shares[k] = decimal.NewFromInt(int64(n)).Div(decimal.NewFromInt(int64(max(all, 1)))).InexactFloat64()
		}
	}
	return &out
}

// onBases returns a copy of the entrant in which each amount is divided by its base.
func (e *entrant) onBases(m *scheme) *entrant {
	return e.withMeasures(func(at int, x *measurement) {
		if sized := m.slots[at].sized; sized > 0 {
			*x = e.measures[sized]
		}
	})
}
