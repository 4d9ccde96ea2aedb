package score

import (
	"slices"

	"lianheti/templates"
)

// normalise puts every evidence of every entrant on its scale of 0–1.
func normalise(entrants []*entrant, scales []scale) {
	for k, s := range scales {
		for _, e := range entrants {
			if x := &e.measures[k]; x.ok {
				x.normalised = s.at(x.raw)
			}
		}
	}
}

// scales lays a scale over the declared set for each evidence. A method takes the place of the rubric's for all evidence that
// isn't measured against a target.
func (m *scheme) scales(declared []*entrant, method string) []scale {
	out := make([]scale, m.evidence)
	for _, c := range m.criteria {
		for k, evidence := range c.Evidence {
			var values []float64
			for _, e := range declared {
				if x := e.measures[c.first+k]; x.ok {
					values = append(values, x.raw)
				}
			}
			s := newScale(evidence, values)
			if method != "" && !evidence.Absolute() {
				s.method = method
			}
			out[c.first+k] = s
		}
	}
	return out
}

// scale is how one evidence is made comparable.
type scale struct {
	method string
	lower  bool // lower is better
	target float64
	values []float64 // of the declared set, ascending
	mean   float64
	spread float64 // sample standard deviation
}

func newScale(e *templates.Evidence, values []float64) scale {
	slices.Sort(values)
	s := scale{method: e.Method, lower: e.Direction == "lower", target: e.Target.InexactFloat64(), values: values, spread: deviation(values)}
	if len(values) > 0 {
		s.mean = sum(values) / float64(len(values))
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
	n := len(s.values)
	if n < 2 {
		return undecided
	}
	below, _ := slices.BinarySearch(s.values, x)
	equal := above(s.values, x) - below
	return clip((float64(below) + float64(equal-1)/2) / float64(n-1))
}

// minmax is (x − least) / (greatest − least).
func (s scale) minmax(x float64) float64 {
	if !s.differs() {
		return undecided
	}
	least, greatest := s.values[0], s.values[len(s.values)-1]
	return clip((x - least) / (greatest - least))
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
func (s scale) differs() bool { return len(s.values) > 0 && s.values[0] != s.values[len(s.values)-1] }

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
	done, way := x-s.values[0], s.target-s.values[0]
	if s.lower {
		done, way = s.values[len(s.values)-1]-x, s.values[len(s.values)-1]-s.target
	}
	if way <= 0 { // all are there
		return 1
	}
	return clip(done / way)
}

func clip(x float64) float64 { return min(max(x, 0), 1) }

// above is the index of the first value greater than x in ascending values.
func above(values []float64, x float64) int {
	i, _ := slices.BinarySearchFunc(values, x, func(v, x float64) int {
		if v > x {
			return 1
		}
		return -1
	})
	return i
}
