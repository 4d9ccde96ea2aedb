package score

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

// selectionLine sets each entrant's side of the line after the first k, how safe it is, and what would swap two.
func (m *scheme) selectionLine(ranked, waiting []*entrant, scenarios []scenario, k, draws int) []table.Swap {
	if !m.complete {
		return nil
	}
	for i, e := range ranked {
		e.Line = table.Either(e.inside(k), table.Inside, table.Outside)
		reasons := append(m.crossings(e, i, scenarios, k), m.pendingCrossings(e, ranked, waiting, k)...)
		if e.inside(k) && int(e.Rank.V)+e.tieSize-1 > k {
			e.Line, reasons = table.Tied, append([]string{"并列跨线"}, reasons...)
		}
		switch {
		case draws == 0: // without drawn weights nothing can be called safe
			continue
		case len(reasons) == 0:
			e.Firm = table.Safe
		case len(reasons) == 1 && e.Line != table.Tied:
			e.Firm = table.Fairly
		default:
			e.Firm = table.Contested
		}
		e.LineReason = strings.Join(reasons, "；")
	}
	var swaps []table.Swap
	around := slices.DeleteFunc(m.aroundLine(ranked, k), func(e *entrant) bool { return e.LineReason == "" })
	for _, a := range around {
		for _, b := range around {
			if a.inside(k) && !b.inside(k) {
				swaps = append(swaps, m.newSwap(a, b))
			}
		}
	}
	return swaps
}

// crossings lists the sensitivity tests in which the i-th of the ranked changes to the other side of the line.
func (m *scheme) crossings(e *entrant, i int, scenarios []scenario, k int) []string {
	var out []string
	crosses := func(best, worst int32) bool { return e.inside(k) && int(worst) > k || !e.inside(k) && int(best) <= k }
	sure := m.def.Rubric().Robustness.Sure.InexactFloat64()
	if chance := e.FirstK.V; e.inside(k) && chance < sure || !e.inside(k) && chance > 1-sure+1e-12 {
		out = append(out, fmt.Sprintf("权重和专家变动：在线内的机会%s", percent(chance)))
	}
	for _, s := range []struct {
		best, worst table.Opt[int32]
		what        string
	}{{e.RankBest, e.RankWorst, "缺失的数据补齐后"}, {e.ScaleBest, e.ScaleWorst, "尺度里去掉一家"}} {
		if s.best.Valid && crosses(s.best.V, s.worst.V) {
			out = append(out, fmt.Sprintf("%s：名次%d—%d", s.what, s.best.V, s.worst.V))
		}
	}
	for _, s := range m.def.Rubric().Scenarios {
		at := slices.IndexFunc(scenarios, func(x scenario) bool { return x.id == s.ID })
		if at < 0 || !s.Decides {
			continue
		}
		if place := scenarios[at].ranks[i]; crosses(place, place) {
			out = append(out, fmt.Sprintf("%s：第%d名", s.Label, place))
		}
	}
	return out
}

// pendingCrossings lists the decisions and marks still to come with which an entrant would change to the other side.
func (m *scheme) pendingCrossings(e *entrant, ranked, waiting []*entrant, k int) []string {
	var out []string
	pending := table.Where(slices.Values(ranked), func(o *entrant) bool { return o.Pending })
	try := func(what string, agreed ...*entrant) {
		if place := rankIf(e, ranked, agreed); place == 0 && e.inside(k) {
			out = append(out, what+"：退出排名")
		} else if place > 0 && (place <= k) != e.inside(k) {
			out = append(out, fmt.Sprintf("%s：第%d名", what, place))
		}
	}
	for _, o := range pending {
		what := table.Either(o != e, fmt.Sprintf("登记认定专家对%s的提议", o.Consortium), "登记认定专家的提议")
		try(what, o)
	}
	if len(pending) > 1 && out == nil {
		try("登记认定专家的全部提议", pending...)
	}
	atBest := func(o *entrant) float64 { return o.Upper + m.openPoints(o.Complete) }
	if place := int(e.Rank.V) - 1 + e.rankAmong(waiting, e.Total, atBest); e.inside(k) && place > k {
		out = append(out, fmt.Sprintf("待评的%d家评分都满：第%d名", len(waiting), place))
	}
	return out
}

// rankIf is an entrant's rank if the experts' proposals on the agreed entrants are confirmed; 0: it is rejected itself.
func rankIf(e *entrant, ranked, agreed []*entrant) int {
	at := func(o *entrant) float64 {
		switch {
		case !slices.Contains(agreed, o):
			return o.Total
		case o.rejectionProposed:
			return math.Inf(-1)
		}
		return o.Total - o.proposedDeduction.V
	}
	if e.rejectionProposed && slices.Contains(agreed, e) {
		return 0
	}
	return e.rankAmong(ranked, at(e), at)
}

// newSwap finds the smallest change of a single weight with which b reaches the total of a, other weights unchanged.
func (m *scheme) newSwap(a, b *entrant) table.Swap {
	s := table.Swap{Inside: a.Submission, Outside: b.Submission, Gap: a.Total - b.Total}
	least := math.Inf(1)
	for i, c := range m.criteria {
		if c.maxPoints(m.complete) == 0 {
			continue
		}
		if change, ok := m.breakEvenWeight(a, b, i, c); ok && math.Abs(change) < math.Abs(least) {
			least = change
			s.Point, s.Weight, s.Needed = c.ID, table.Some(c.weight), table.Some(c.weight+change)
		}
	}
	upper, lower := b.Consortium, a.Consortium
	at := fmt.Sprintf("观测点%s的权重由%s分", s.Point, plain(s.Weight.V))
	switch {
	case s.Point == "":
		s.Words = fmt.Sprintf("单独改动任何一个观测点的权重（0到%s分之间），%s都超不过%s", plain(m.totalWeight()), upper, lower)
	case table.Rounded(s.Gap) == 0:
		s.Words = fmt.Sprintf("%s与%s同分，权重稍有改动就分出先后", upper, lower)
	case least > 0:
		s.Words = fmt.Sprintf("%s提到%s分以上（其余不动），%s就超过%s", at, twoDecimals(math.Ceil, s.Needed.V), upper, lower)
	case s.Needed.V < 0.005:
		s.Words = fmt.Sprintf("%s降到几乎为0（其余不动），%s才赶上%s", at, upper, lower)
	default:
		s.Words = fmt.Sprintf("%s降到%s分以下（其余不动），%s就超过%s", at, twoDecimals(math.Floor, s.Needed.V), upper, lower)
	}
	return s
}

// totalWeight is the sum of all weights, and so the most that a single weight is tried at.
func (m *scheme) totalWeight() float64 { return sum(m.weights(true)) }

// breakEvenWeight is the change of one weight at which two totals are equal, and whether it is possible. Changed
// weights are scaled back to their sum S. With the gap G before deductions, the difference d of the deductions, and the
// gain g per point of weight: S / (S + change) · (G + change · g) = d.
func (m *scheme) breakEvenWeight(a, b *entrant, i int, c criterion) (float64, bool) {
	all, deducted := m.totalWeight(), a.Deduction.V-b.Deduction.V
	gap, gain := a.Total-b.Total+deducted, c.maxPoints(m.complete)/c.weight*(a.contribution(i)-b.contribution(i))
	slope := float64(all*gain) - deducted
	if table.Rounded(slope) == 0 {
		return 0, table.Rounded(gap-deducted) == 0
	}
	change := all * (deducted - gap) / slope
	return change, change >= -c.weight && change <= all-c.weight
}

// twoDecimals formats a weight, rounded to the side on which the swap has happened.
func twoDecimals(round func(float64) float64, weight float64) string {
	return plain(round(weight*100) / 100)
}

// certificate is the least weight that has to be moved between points to change who is selected. As totals are sums,
// the cheapest way is to the point where the inside one leads least, from where it leads most.
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
			if c, ok := m.leastWeightMoved(a, b); ok && c.Moved.V < best.Moved.V {
				best = c
			}
		}
	}
	return table.Either(math.IsInf(best.Moved.V, 1), nil, []table.Certificate{best})
}

// leastWeightMoved is the least weight that has to be moved for b to reach a; false: no move is enough.
func (m *scheme) leastWeightMoved(a, b *entrant) (table.Certificate, bool) {
	gain := make([]float64, len(m.criteria)) // lead of a over b per point of weight
	var order []int
	gap, worst := b.Deduction.V-a.Deduction.V, -1
	for i, c := range m.criteria {
		if c.weight == 0 {
			continue
		}
		gain[i] = a.contribution(i) - b.contribution(i)
		gap += float64(c.weight * gain[i])
		order = append(order, i)
		if worst < 0 || gain[i] < gain[worst] {
			worst = i
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(gain[y], gain[x]) }) // best off first
	moved, from, left := 0.0, []string{}, gap
	for _, i := range order {
		if left <= 0 || gain[i] <= gain[worst] {
			break
		}
		take := min(m.criteria[i].weight, left/(gain[i]-gain[worst]))
		moved += take
		left -= float64(take * (gain[i] - gain[worst]))
		from = append(from, fmt.Sprintf("%s减%s分", m.criteria[i].ID, twoDecimals(math.Round, take)))
	}
	c := table.Certificate{Inside: a.Submission, Outside: b.Submission, Gap: gap, Moved: table.Some(moved)}
	if left > 1e-12 {
		return c, false
	}
	c.To = m.criteria[worst].ID
	c.Words = fmt.Sprintf("至少要在观测点之间挪动%s分权重，才可能换人：%s，加给%s，%s就赶上%s；挪动少于此数，怎样挪线内都是这些家",
		twoDecimals(math.Floor, moved), strings.Join(from, "、"), c.To, b.Consortium, a.Consortium)
	if moved == 0 {
		c.Words = fmt.Sprintf("%s与%s同分，权重稍有改动就可能换人", b.Consortium, a.Consortium)
	}
	return c, true
}

// contribution is what one point of weight on an observation point adds to the total.
func (e *entrant) contribution(i int) float64 {
	return table.Either(e.points[i].present == 0, 0, e.points[i].value*e.reweighting)
}

// lifts lists which figures and marks of those outside the line must equal the best for them to be selected.
func (m *scheme) lifts(ranked []*entrant, k int) []table.Lift {
	if !m.complete || len(ranked) == 0 {
		return nil // no line yet
	}
	order := slices.SortedStableFunc(slices.Values(ranked), byRank)
	first := slices.IndexFunc(order, func(e *entrant) bool { return !e.inside(k) })
	if first <= 0 {
		return nil
	}
	var out []table.Lift
	const most = 50 // number of submissions outside the line that are listed, the nearest first
	best := m.bestComponents(ranked)
	for _, e := range order[first:min(first+most, len(order))] {
		out = append(out, m.liftsOf(e, best, table.Rounded(order[first-1].Total))...)
	}
	return out
}

// component is one component of a point: an evidence, or the experts' mark.
type component struct {
	criterion int
	slot      int                 // of the evidence
	evidence  *templates.Evidence // nil: the mark
	best      *entrant            // of the ranked; the first of equals
}

// raw is the entrant's value before normalisation; absent: a gap.
func (a component) raw(e *entrant) table.Opt[float64] {
	if a.evidence == nil {
		return table.Known(e.marks[a.criterion].value, e.marks[a.criterion].ok)
	}
	return table.Known(e.measures[a.slot].raw, e.measures[a.slot].ok)
}

func (a component) copyFrom(e, from *entrant) {
	if a.evidence == nil {
		e.marks[a.criterion] = from.marks[a.criterion]
	} else {
		e.measures[a.slot] = from.measures[a.slot]
	}
}

// bestComponents lists the components that earn points, each with the ranked entrant who is best at it.
func (m *scheme) bestComponents(ranked []*entrant) []component {
	var out []component
	add := func(a component, value func(*entrant) float64) {
		for _, e := range ranked {
			if a.raw(e).Valid && (a.best == nil || value(e) > value(a.best)) {
				a.best = e
			}
		}
		if a.best != nil {
			out = append(out, a)
		}
	}
	for i, c := range m.criteria {
		for k, x := range c.Evidence {
			add(component{i, c.firstSlot + k, x, nil}, func(e *entrant) float64 { return e.measures[c.firstSlot+k].normalised })
		}
		if c.expertShare(m.complete) > 0 {
			add(component{criterion: i}, func(e *entrant) float64 { return e.marks[i].value })
		}
	}
	return out
}

// liftsOf takes over the best components, the most effective first, until the total is above the line or nothing helps.
func (m *scheme) liftsOf(e *entrant, best []component, line float64) []table.Lift {
	same := func(int, *measurement) {}
	at, own := e.withMeasures(same), e.withMeasures(same) // with the replacements so far; for trying one more
	at.marks, own.marks = slices.Clone(e.marks), slices.Clone(e.marks)
	var out []table.Lift
	for before := e.Total; table.Rounded(before) <= line; {
		var chosen component
		after := before
		for _, a := range best {
			a.copyFrom(own, a.best)
			if t := m.totalOf(own); t > after {
				chosen, after = a, t
			}
			a.copyFrom(own, at)
		}
		if after-before < table.SameTotal {
			break
		}
		row := table.Lift{Submission: e.Submission, Step: int32(len(out) + 1), Point: m.criteria[chosen.criterion].ID,
			BestOf: chosen.best.Submission, Raw: chosen.raw(at), Best: chosen.raw(chosen.best).V,
			Gain: after - before, Total: after, Inside: table.Rounded(after) > line}
		if x := chosen.evidence; x != nil {
			row.Evidence, row.Kind = x.ID, x.Kind
		}
		out = append(out, row)
		chosen.copyFrom(at, chosen.best)
		chosen.copyFrom(own, chosen.best)
		before = after
	}
	return out
}
