package score

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/table"
)

// certificate gives the least weight, in points moved from some observation points to others, that makes one outside the line level with one
// inside: below it nobody else is chosen, whatever is moved. The factors by which points stand for missing ones stay as they are. Then each
// difference of two totals is a sum over the points, and the cheapest way to undo it is to move weight to the point that is worst for
// the one inside, from where it is best off first: no linear program is needed.
func (m *scheme) certificate(ranked []*entrant, k int) []table.Certificate {
	if !m.complete {
		return nil
	}
	best := table.Certificate{Moved: table.Some(math.Inf(1))}
	for _, a := range ranked {
		for _, b := range ranked {
			if !a.inside(k) || b.inside(k) {
				continue
			}
			if c, ok := m.undo(a, b); ok && c.Moved.V < best.Moved.V {
				best = c
			}
		}
	}
	if math.IsInf(best.Moved.V, 1) {
		return nil
	}
	return []table.Certificate{best}
}

// undo is the least that must be moved for b to be level with a; none where nothing does.
func (m *scheme) undo(a, b *entrant) (table.Certificate, bool) {
	gain := make([]float64, len(m.criteria)) // of a over b, a point of weight
	var order []int
	gap, worst := b.Deduction.V-a.Deduction.V, -1
	for i, c := range m.criteria {
		if c.weight == 0 {
			continue
		}
		gain[i] = a.bring(i) - b.bring(i)
		gap += float64(c.weight * gain[i])
		order = append(order, i)
		if worst < 0 || gain[i] < gain[worst] {
			worst = i
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(gain[y], gain[x]) }) // best off first
	moved, from := 0.0, []string{}
	left := gap
	for _, i := range order {
		if left <= 0 || gain[i] <= gain[worst] {
			break
		}
		take := min(m.criteria[i].weight, left/(gain[i]-gain[worst]))
		moved += take
		left -= float64(take * (gain[i] - gain[worst]))
		from = append(from, fmt.Sprintf("%s减%s分", m.criteria[i].ID, cents(math.Round, take)))
	}
	c := table.Certificate{Batch: a.Batch, Inside: a.Submission, Outside: b.Submission, Gap: gap, Moved: table.Some(moved)}
	if left > 1e-12 {
		return c, false
	}
	c.To = m.criteria[worst].ID
	c.Words = fmt.Sprintf("至少要在观测点之间挪动%s分权重，才可能换人：%s，加给%s，%s就赶上%s；挪动少于此数，怎样挪线内都是这些家",
		cents(math.Floor, moved), strings.Join(from, "、"), c.To, b.Consortium, a.Consortium)
	if moved == 0 {
		c.Words = fmt.Sprintf("%s与%s同分，权重稍有改动就可能换人", b.Consortium, a.Consortium)
	}
	return c, true
}

// bring is what a point of weight on an observation point brings to the total.
func (e *entrant) bring(i int) float64 {
	if e.points[i].present == 0 {
		return 0
	}
	return e.points[i].value * e.stretch
}
