package score

import (
	"slices"

	"lianheti/templates"
)

// normalise puts every evidence of every entrant on a scale of 0–1, laid over the declared set.
func (m *model) normalise(entrants, declared []*entrant) {
	for _, c := range m.criteria {
		for k, evidence := range c.Evidence {
			s := scale{evidence: evidence}
			for _, e := range declared {
				if x := e.measures[c.first+k]; x.ok {
					s.values = append(s.values, x.raw)
				}
			}
			slices.Sort(s.values)
			for _, e := range entrants {
				if x := &e.measures[c.first+k]; x.ok {
					x.normalised = s.at(x.raw)
				}
			}
		}
	}
}

// scale is how one evidence is made comparable.
type scale struct {
	evidence *templates.Evidence
	values   []float64 // of the declared set, ascending
}

// undecided is where a value stands that can't be told from any other: half way.
const undecided = 0.5

// at gives the normalised value of x, from 0 to 1, 1 being best. x need not be of the declared set.
func (s scale) at(x float64) float64 {
	lower := s.evidence.Direction == "lower"
	if s.evidence.Method == "target" {
		return s.target(x, lower)
	}
	var up float64
	if s.evidence.Method == "minmax" {
		up = s.minmax(x)
	} else {
		up = s.percentile(x)
	}
	if lower {
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
	if len(s.values) == 0 || s.values[0] == s.values[len(s.values)-1] {
		return undecided
	}
	least, greatest := s.values[0], s.values[len(s.values)-1]
	return clip((x - least) / (greatest - least))
}

// target is x / target, or target / x where lower is better.
func (s scale) target(x float64, lower bool) float64 {
	goal := s.evidence.Target.InexactFloat64()
	if !lower {
		return clip(x / goal)
	}
	if x <= goal {
		return 1
	}
	return clip(goal / x)
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
