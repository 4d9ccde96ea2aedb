package score

import (
	"cmp"
	"math"
	"slices"

	"lianheti/stages/table"
)

// mostLifted is how many of those outside the line are told what they lack, the nearest first.
const mostLifted = 50

// lifts says of those outside the first k what would carry them inside: which of their figures, and of the experts' marks once these
// count, would have to be as good as the best of the ranked. The one that brings most comes first, until the total is higher than that of
// the last inside. The others and the scales stay as they are.
func (m *scheme) lifts(ranked []*entrant, k int) []table.Lift {
	if !m.complete || len(ranked) == 0 {
		return nil // no line yet
	}
	order := slices.SortedStableFunc(slices.Values(ranked), func(a, b *entrant) int { return cmp.Compare(a.Rank.V, b.Rank.V) })
	first := slices.IndexFunc(order, func(e *entrant) bool { return !e.inside(k) })
	if first <= 0 {
		return nil
	}
	var out []table.Lift
	best, outside := m.bests(ranked), order[first:]
	for _, e := range outside[:min(mostLifted, len(outside))] {
		out = append(out, m.lift(e, best, round10(order[first-1].Total))...)
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
	add := func(criterion, evidence int, value func(*entrant) (float64, bool)) {
		var best *entrant
		most := math.Inf(-1)
		for _, e := range ranked {
			if v, ok := value(e); ok && v > most {
				best, most = e, v
			}
		}
		if best != nil {
			out = append(out, answer{criterion, evidence, best})
		}
	}
	for i, c := range m.criteria {
		for k := range c.Evidence {
			add(i, k, func(e *entrant) (float64, bool) { x := e.measures[c.first+k]; return x.normalised, x.ok })
		}
		if c.say(m.complete) > 0 {
			add(i, len(c.Evidence), func(e *entrant) (float64, bool) { return e.marks[i].value, e.marks[i].ok })
		}
	}
	return out
}

// lift takes over the best answers, the one that brings most first, until the total is higher than the line or nothing brings more.
func (m *scheme) lift(e *entrant, best []answer, line float64) []table.Lift {
	at := *e
	at.measures, at.marks = slices.Clone(e.measures), slices.Clone(e.marks)
	var out []table.Lift
	for before := e.Total; round10(before) <= line; {
		var chosen answer
		after := before
		for _, a := range best {
			undo := m.take(&at, a)
			if t := m.total(&at); t > after {
				chosen, after = a, t
			}
			undo()
		}
		if after-before < table.SameTotal {
			break
		}
		out = append(out, m.step(&at, chosen, int32(len(out)+1), before, after, line))
		m.take(&at, chosen)
		before = after
	}
	return out
}

// take takes over the best answer; undo gives it back.
func (m *scheme) take(e *entrant, a answer) (undo func()) {
	c := m.criteria[a.criterion]
	if a.evidence == len(c.Evidence) {
		own := e.marks[a.criterion]
		e.marks[a.criterion] = a.best.marks[a.criterion]
		return func() { e.marks[a.criterion] = own }
	}
	at := c.first + a.evidence
	own := e.measures[at]
	e.measures[at] = a.best.measures[at]
	return func() { e.measures[at] = own }
}

// step is the row of one answer that is taken over.
func (m *scheme) step(e *entrant, a answer, n int32, before, after, line float64) table.Lift {
	c := m.criteria[a.criterion]
	row := table.Lift{Batch: e.Batch, Submission: e.Submission, Step: n, Point: c.ID, BestOf: a.best.Submission,
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
