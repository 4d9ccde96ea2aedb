package score

import (
	"math"
	"slices"

	"lianheti/stages/table"
	"lianheti/templates"
)

// point is what is said to one observation point.
type point struct {
	figures    float64 // 0–1, weighted mean of the evidence that counts, gaps without consent as 0
	there      float64 // share of the evidence that counts; figures means nothing where it is 0
	known      float64 // share of the evidence that has a value
	value      float64 // 0–1, figures and mark together as far as they count
	present    float64 // share of both that is there; value means nothing where it is 0
	foundation float64 // part of value that comes from what has happened
	promise    float64 // part of value that comes from what is promised
	experts    float64 // part of value that experts give
	lower      float64 // points, what is missing counted as 0
	upper      float64 // points, what is missing counted as 1
}

// aggregate makes points of evidence and marks, and the total with its parts: achieved, promised, given by experts.
func (m *scheme) aggregate(e *entrant) {
	weights := m.weights(e.Complete)
	e.points = m.points(e)
	e.reweighting = reweighting(weights, e.points)
	e.Total = total(weights, e.points) - e.Deduction.V
	e.Lower, e.Upper = -e.Deduction.V, -e.Deduction.V
	happened, promised, said := 0.0, 0.0, 0.0
	for i, p := range e.points {
		e.Lower += p.lower
		e.Upper += p.upper
		happened += float64(weights[i] * p.foundation)
		promised += float64(weights[i] * p.promise)
		said += float64(weights[i] * p.experts)
	}
	e.Foundation, e.Promise = happened*e.reweighting, promised*e.reweighting
	e.Experts = table.Known(said*e.reweighting, e.Complete)
	e.OtherTotal = table.Known(e.Total-e.proposed.V, e.proposed.Valid)
}

func (m *scheme) points(e *entrant) []point {
	out := make([]point, len(m.criteria))
	for i := range out {
		out[i] = m.point(e, i)
	}
	return out
}

// at is an entrant's total with some evidence at a normalised value.
func (m *scheme) at(e *entrant, value float64, evidence ...int) float64 {
	again := e.withMeasures(func(at int, x *measure) {
		if slices.Contains(evidence, at) {
			x.normalised = value
		}
	})
	return m.total(again)
}

func (m *scheme) total(e *entrant) float64 {
	return total(m.weights(e.Complete), m.points(e)) - e.Deduction.V
}

func (e *entrant) withMeasures(change func(at int, x *measure)) *entrant {
	again := *e
	again.measures = slices.Clone(e.measures)
	for at := range again.measures {
		change(at, &again.measures[at])
	}
	return &again
}

// point puts together what is said to one observation point.
func (m *scheme) point(e *entrant, i int) (p point) {
	c, happened, promised, figures := m.criteria[i], 0.0, 0.0, 0.0
	for k, share := range c.shares {
		measured := e.measures[c.first+k]
		if measured.ok {
			p.known += share
		}
		if measured.excused {
			continue
		}
		x := float64(share * measured.normalised)
		figures += x
		p.there += share
		if c.Evidence[k].Kind == templates.Commitment {
			promised += x
		} else {
			happened += x
		}
	}
	figures, p.there, p.known = min(figures, 1), whole(p.there), whole(p.known)
	if p.there > 0 {
		p.figures = min(figures/p.there, 1)
	}
	say, given := c.expertShare(e.Complete), 0.0 // of the experts
	said := float64((1 - say) * figures)
	p.present = float64((1 - say) * p.there)
	if say > 0 && e.marks[i].ok {
		given = float64(say * e.marks[i].value / m.scale)
		said += given
		p.present = whole(p.present + say)
	}
	if p.present > 0 {
		p.value = min(said/p.present, 1)
		p.foundation = (1 - say) * happened / p.present
		p.promise = (1 - say) * promised / p.present
		p.experts = given / p.present
	}
	p.lower = float64(c.earn(e.Complete) * said)
	p.upper = float64(c.earn(e.Complete) * min(said+(1-p.present)+float64((1-say)*max(p.there-p.known, 0)), 1))
	return p
}

// whole mends a sum of shares, which are rounded: all together may miss 1 by the last digit.
func whole(shares float64) float64 {
	if round10(shares) == 1 {
		return 1
	}
	return shares
}

// total is the weighted sum of the points. A point without anything is left out: the others stand for it by weight.
func total(weights []float64, points []point) float64 {
	sum := 0.0
	for i, w := range weights {
		if points[i].present > 0 {
			sum += float64(w * points[i].value)
		}
	}
	return sum * reweighting(weights, points)
}

// reweighting is the factor by which the other points stand for those of which nothing is there.
func reweighting(weights []float64, points []point) float64 {
	with, all := 0.0, sum(weights)
	for i, w := range weights {
		if points[i].present > 0 {
			with += w
		}
	}
	if with == all || with == 0 {
		return 1
	}
	return all / with
}

// floor replaces 0 in a geometric mean, which is 0 as soon as one factor is: values go from here to 1.
const floor = 0.01

// geometric is the weighted geometric mean of the points, times the sum of the weights.
func geometric(weights []float64, points []point) float64 {
	logs, with := 0.0, 0.0
	for i, w := range weights {
		if points[i].present > 0 {
			logs += float64(w * math.Log(floor+float64((1-floor)*points[i].value)))
			with += w
		}
	}
	if with == 0 {
		return 0
	}
	return sum(weights) * math.Exp(logs/with)
}
