package score

import (
	"math"
	"slices"

	"lianheti/templates"
)

// of puts a measure on the scale. A gap stands at 0; whether it counts, excused says.
func (s scale) of(x measure) float64 {
	if !x.ok {
		return 0
	}
	return s.at(x.raw)
}

// scales lays a scale over the reference set for each slot. A method takes the place of the rubric's for all evidence that isn't measured
// against a target.
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

// newScale lays a scale over a reference set. Methods that measure distances take a gap for 0, or for the worst value where that is worse:
// whoever leaves the worst figure blank must not move the others' scale to its own good.
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
	case "minmax":
		up = s.minmax(x)
	case "zscore":
		up = s.zscore(x)
	default:
		up = s.percentile(x)
	}
	if s.lower {
		return 1 - up
	}
	return up
}

// percentile is (below + (equal − 1) / 2) / (n − 1): the percentile rank in which ties share their average rank. The
// least of n different values gets 0, the greatest 1. A value from outside the set stands half way between its neighbours.
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

// minmax is (x − least) / (greatest − least).
func (s scale) minmax(x float64) float64 {
	if !s.differs() {
		return undecided
	}
	return clip((x - s.least) / (s.most - s.least))
}

// reach is how many standard deviations a z-score takes from the middle to either end of 0–1.
const reach = 3

// zscore is 0.5 + (x − mean) / sd / 6: three standard deviations either way fill 0–1.
func (s scale) zscore(x float64) float64 {
	if !s.differs() {
		return undecided
	}
	return clip(undecided + (x-s.mean)/s.spread/(2*reach))
}

// differs says whether the set has two different values.
func (s scale) differs() bool { return s.least != s.most }

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

// distance is (x − least) / (target − least), or (greatest − x) / (greatest − target) where lower is better: how much of the way from the
// worst of the set to the target is done.
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
