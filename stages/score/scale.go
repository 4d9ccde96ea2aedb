package score

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// of puts a measure on the scale; a gap stands at 0.
func (s scale) of(x measure) float64 {
	if !x.ok {
		return 0
	}
	return s.at(x.raw)
}

// scales lays a scale for each slot. A method replaces the rubric's for evidence without a target.
func (m *scheme) scales(r reference, method string) []scale {
	out := make([]scale, len(m.slots))
	for i, slot := range m.slots {
		out[i] = newScale(slot.Evidence, r.sets[i])
		if method != "" && !slot.Absolute() {
			out[i].method = method
		}
	}
	return out
}

// scale is how one evidence is made comparable.
type scale struct {
	method string
	lower  bool // lower is better
	target float64
	values []float64 // of the reference set, ascending
	gaps   int       // of it; they are worse than any value
	least  float64   // of the reference set, gaps included
	most   float64
	mean   float64
	spread float64 // sample standard deviation
}

// newScale lays a scale over a reference set. Where distances are measured a gap is 0, or the worst value where that is
// worse: who leaves the worst figure blank must not move the scale to its own good.
func newScale(e *templates.Evidence, set []standard) scale {
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
		worst := min(0, all[0])
		if s.lower {
			worst = all[n-1]
		}
		for range s.gaps {
			all = append(all, worst)
		}
		s.least, s.most = slices.Min(all), slices.Max(all)
		s.mean, s.spread = sum(all)/float64(len(all)), deviation(all)
	}
	return s
}

// undecided is where a value stands that can't be told from any other: half way.
const undecided = 0.5

// at gives the normalised value of x, from 0 to 1, 1 being best. x need not be of the declared set.
func (s scale) at(x float64) float64 {
	var up float64
	switch s.method {
	case "target":
		return s.reference(x)
	case "distance":
		return s.distance(x)
	case "minmax", "zscore":
		up = s.apart(x)
	default:
		up = s.percentile(x)
	}
	if s.lower {
		return 1 - up
	}
	return up
}

// percentile is (below + (equal − 1) / 2) / (n − 1): ties share their average rank; a value from outside the set stands
// half way between its neighbours.
func (s scale) percentile(x float64) float64 {
	n := len(s.values) + s.gaps
	if n < 2 {
		return undecided
	}
	below, _ := slices.BinarySearch(s.values, x)
	equal := above(s.values, x) - below
	if !s.lower {
		below += s.gaps
	}
	return clip((float64(below) + float64(equal-1)/2) / float64(n-1))
}

// apart is (x − least) / (greatest − least), or for zscore 0.5 + (x − mean) / sd / 6.
func (s scale) apart(x float64) float64 {
	switch {
	case s.least == s.most: // the set has no two different values
		return undecided
	case s.method == "minmax":
		return clip((x - s.least) / (s.most - s.least))
	}
	const reach = 3 // standard deviations from the middle to either end
	return clip(undecided + (x-s.mean)/s.spread/(2*reach))
}

// reference is x / target, or target / x where lower is better: the Handbook's distance to a reference, as a ratio.
func (s scale) reference(x float64) float64 {
	if !s.lower {
		return clip(x / s.target)
	}
	if x <= s.target {
		return 1
	}
	return clip(s.target / x)
}

// distance is how much of the way from the worst of the set to the target is done.
func (s scale) distance(x float64) float64 {
	if len(s.values) == 0 {
		return undecided
	}
	done, way := x-s.least, s.target-s.least
	if s.lower {
		done, way = s.most-x, s.most-s.target
	}
	if way <= 0 { // all are there
		return 1
	}
	return clip(done / way)
}

func clip(x float64) float64 { return min(max(x, 0), 1) }

// above is the index of the first value greater than x in ascending values.
func above(values []float64, x float64) int {
	i, _ := slices.BinarySearch(values, math.Nextafter(x, math.Inf(1)))
	return i
}

// reference is what scales are laid over: by slot, the values and gaps of those ranked when it was made. Once experts
// have marked it stays: later submissions are placed on it.
type reference struct {
	sets  [][]standard // of all slots
	stays []bool       // of each slot: its scale is an earlier round's
	kept  int          // how many do
	fresh int          // submissions over which the others are laid
}

// standard is one submission's value in a reference set.
type standard struct {
	submission string
	value      table.Opt[float64] // none: a gap without the register's consent
}

// refer takes over the scales that were kept for the same formula, and lays the others over the declared submissions.
func (m *scheme) refer(declared []*entrant, kept []table.Scale) reference {
	held := map[[3]string][]standard{}
	for _, k := range kept {
		if k.Fixed {
			key := [3]string{k.Evidence, k.Base, k.Formula}
			held[key] = append(held[key], standard{k.Submission, k.Raw})
		}
	}
	r := reference{sets: make([][]standard, len(m.slots)), stays: make([]bool, len(m.slots)), fresh: len(declared)}
	for _, e := range declared {
		e.shapes = true
	}
	for i, s := range m.slots {
		if set, ok := held[[3]string{s.ID, cmp.Or(s.base, table.AsCounted), s.formula()}]; ok {
			r.sets[i], r.stays[i] = set, true
			r.kept++
			continue
		}
		for _, e := range declared {
			if x := e.measures[i]; x.ok || !x.excused {
				r.sets[i] = append(r.sets[i], standard{e.Submission, table.Known(x.raw, x.ok)})
			}
		}
	}
	return r
}

// asked leaves out those that experts were not asked about: what comes after the marking moves nobody's scale.
func (p *panel) asked(declared []*entrant) []*entrant {
	about := map[string]bool{}
	for _, r := range p.rows {
		about[r.Submission] = true
	}
	if out := table.Where(slices.Values(declared), func(e *entrant) bool { return about[e.Submission] }); len(out) > 0 {
		return out
	}
	return declared
}

// rows publishes the scales. They are fixed where there are marks, and where they were.
func (r reference) rows(m *scheme, p *panel) []table.Scale {
	var out []table.Scale
	for i, s := range m.slots {
		for _, x := range r.sets[i] {
			out = append(out, table.Scale{Evidence: s.ID, Base: cmp.Or(s.base, table.AsCounted), Formula: s.formula(),
				Submission: x.submission, Raw: x.value, Fixed: r.kept > 0 || len(p.experts) > 0})
		}
	}
	return out
}

// official gives the official enrolment by submission and kind, where the register's 学校名录 has every school. It also
// says who belongs to a consortium: were it the roster, leaving out a school would make the divisor small.
func (m *scheme) official(facts *table.Facts, register table.Register) (map[string]map[string]float64, error) {
	lacking := table.Unique(register.UnconfirmedSchools(facts), func(s table.Member) string { return s.Name })
	if len(lacking) == 0 {
		return register.OfficialEnrolment(facts), nil
	}
	if b := m.def.Rubric.Base(m.def.Rubric.Basis); b != nil {
		const shown = 5
		return nil, fmt.Errorf("rubric.yaml 的 basis 要求折算到%s，分母须用登记表“学校名录”的在校生数，"+
			"名录里查不到本批%d所成员学校（%s等）的类别、在校生数或所属联合体：请补全名录，或删去 basis 这一行",
			b.Label, len(lacking), strings.Join(lacking[:min(shown, len(lacking))], "、"))
	}
	return nil, nil
}

// sizeWords is how the ranks go with the size of the consortia: amounts that count as they are favour the large. It is
// empty where there are too few to say.
func sizeWords(ranked []*entrant) string {
	if len(ranked) < fewest {
		return ""
	}
	places := table.Each(ranked, func(e *entrant) float64 { return float64(e.Rank.V) })
	sizes := table.Each(ranked, func(e *entrant) float64 { return e.size })
	return fmt.Sprintf("%.2f", correlation(midranks(places), midranks(sizes)))
}

// midranks gives each value its rank, the lowest first; equal ones share their mean.
func midranks(values []float64) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	out := make([]float64, len(values))
	for i, v := range values {
		below, _ := slices.BinarySearch(sorted, v)
		out[i] = float64(below+above(sorted, v)+1) / 2
	}
	return out
}

// otherParts is the scheme in which evidence that counts nothing counts so many parts, by kind.
func (m *scheme) otherParts(parts map[string]int) *scheme {
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

// against gives the entrant with each amount on its own base.
func (e *entrant) against(m *scheme) *entrant {
	return e.withMeasures(func(at int, x *measure) {
		if at < m.evidence {
			if sized := m.criteria[m.slots[at].criterion].sized[m.slots[at].part]; sized >= 0 {
				*x = e.measures[sized]
			}
		}
	})
}
