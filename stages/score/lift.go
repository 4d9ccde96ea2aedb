package score

import (
	"cmp"
	"slices"

	"lianheti/stages/table"
)

// mostLifted is how many of those outside the line are told what they lack, the nearest first.
const mostLifted = 50

// lifts says of those outside the first k what would carry them inside: which of their figures, and of the experts' marks once these
// count, would have to be as good as the best of the ranked. The one that brings most comes first, until the total is higher than that of
// the last inside. The others and the scales stay as they are.
func (m *scheme) lifts(ranked []*entrant, k int) []table.Lift {
	var outside []*entrant
	var last *entrant // inside
	if !m.complete {
		return nil // no line yet
	}
	for _, e := range ranked {
		switch {
		case e.rank > k:
			outside = append(outside, e)
		case last == nil || e.rank > last.rank:
			last = e
		}
	}
	if last == nil {
		return nil
	}
	slices.SortStableFunc(outside, func(a, b *entrant) int { return cmp.Compare(a.rank, b.rank) })
	var out []table.Lift
	best := m.bests(ranked)
	for _, e := range outside[:min(mostLifted, len(outside))] {
		out = append(out, m.lift(e, best, round10(last.total))...)
	}
	return out
}

// answer is one thing that a point is made of: an evidence, or the experts' mark.
type answer struct {
	criterion int
	evidence  int      // of the criterion; its number of evidence: the mark
	best      *entrant // of the ranked; the first of equals
}

// bests finds who is best at each thing that earns points.
func (m *scheme) bests(ranked []*entrant) []answer {
	var out []answer
	for i, c := range m.criteria {
		for k := range c.Evidence {
			a := answer{i, k, nil}
			for _, e := range ranked {
				if x := e.measures[c.first+k]; x.ok && (a.best == nil || x.normalised > a.best.measures[c.first+k].normalised) {
					a.best = e
				}
			}
			out = append(out, a)
		}
		if c.say(m.complete) > 0 {
			a := answer{i, len(c.Evidence), nil}
			for _, e := range ranked {
				if x := e.marks[i]; x.ok && (a.best == nil || x.value > a.best.marks[i].value) {
					a.best = e
				}
			}
			out = append(out, a)
		}
	}
	return slices.DeleteFunc(out, func(a answer) bool { return a.best == nil })
}

// lift takes over the best answers, the one that brings most first, until the total is higher than the line or nothing brings more.
func (m *scheme) lift(e *entrant, best []answer, line float64) []table.Lift {
	at := *e
	at.measures, at.marks, at.points = slices.Clone(e.measures), slices.Clone(e.marks), slices.Clone(e.points)
	weights, normalised := m.weights(), e.normalised()
	var out []table.Lift
	for before := e.total; round10(before) <= line; {
		var chosen answer
		after := before
		for _, a := range best {
			undo := m.take(&at, normalised, a)
			if t := total(weights, at.points) - e.deduction; t > after {
				chosen, after = a, t
			}
			undo()
		}
		if after-before < table.SameTotal {
			break
		}
		out = append(out, m.step(&at, chosen, int32(len(out)+1), before, after, line))
		m.take(&at, normalised, chosen)
		before = after
	}
	return out
}

// take takes over the best answer; undo gives it back.
func (m *scheme) take(e *entrant, normalised []float64, a answer) (undo func()) {
	i, c := a.criterion, m.criteria[a.criterion]
	point0, mark0, at := e.points[i], e.marks[i], -1
	var measure0 measure
	if a.evidence < len(c.Evidence) {
		at = c.first + a.evidence
		measure0, e.measures[at] = e.measures[at], a.best.measures[at]
		normalised[at] = e.measures[at].normalised
	} else {
		e.marks[i] = a.best.marks[i]
	}
	e.points[i] = point{}
	m.point(&e.points[i], e, i, c, normalised)
	return func() {
		if e.points[i], e.marks[i] = point0, mark0; at >= 0 {
			e.measures[at], normalised[at] = measure0, measure0.normalised
		}
	}
}

// step is the row of one answer that is taken over.
func (m *scheme) step(e *entrant, a answer, n int32, before, after, line float64) table.Lift {
	c := m.criteria[a.criterion]
	row := table.Lift{Batch: e.submission.Batch, Submission: e.submission.Submission, Step: n, Point: c.ID, BestOf: a.best.submission.Submission,
		Gain: after - before, Total: after, Inside: round10(after) > line}
	if a.evidence < len(c.Evidence) {
		own, best := e.measures[c.first+a.evidence], a.best.measures[c.first+a.evidence]
		row.Evidence, row.Kind, row.Best = c.Evidence[a.evidence].ID, c.Evidence[a.evidence].Kind, best.raw
		if own.ok {
			row.Raw = table.Some(own.raw)
		}
		return row
	}
	row.Best = a.best.marks[a.criterion].value
	if own := e.marks[a.criterion]; own.ok {
		row.Raw = table.Some(own.value)
	}
	return row
}
