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

// line says who stands on which side of the line and how firmly, and what would swap those around it.
func (m *scheme) line(ranked, waiting []*entrant, scenarios []scenario, k, draws int) []table.Swap {
	if !m.complete {
		return nil
	}
	for i, e := range ranked {
		e.Line = table.Outside
		if e.inside(k) {
			e.Line = table.Inside
		}
		reasons := append(m.crossings(e, i, scenarios, k), m.pendingCrossings(e, ranked, waiting, k)...)
		if e.inside(k) && int(e.Rank.V)+e.sharing-1 > k {
			e.Line, reasons = table.Tied, append([]string{"并列跨线"}, reasons...)
		}
		switch {
		case draws == 0: // the weights were not tried, so that nothing can be called firm
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
	around := slices.DeleteFunc(m.near(ranked, k), func(e *entrant) bool { return e.LineReason == "" })
	for _, a := range around {
		for _, b := range around {
			if a.inside(k) && !b.inside(k) {
				swaps = append(swaps, m.swap(a, b))
			}
		}
	}
	return swaps
}

// crossings lists the tests that carry the i-th of the ranked over the line.
func (m *scheme) crossings(e *entrant, i int, scenarios []scenario, k int) []string {
	var out []string
	crosses := func(best, worst int32) bool { return e.inside(k) && int(worst) > k || !e.inside(k) && int(best) <= k }
	sure := m.def.Rubric.Robustness.Sure.InexactFloat64()
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
	for _, s := range m.def.Rubric.Scenarios {
		at := slices.IndexFunc(scenarios, func(x scenario) bool { return x.id == s.ID })
		if at < 0 || !s.Decides {
			continue
		}
		if place := scenarios[at].places[i]; crosses(place, place) {
			out = append(out, fmt.Sprintf("%s：第%d名", s.Label, place))
		}
	}
	return out
}

// pendingCrossings lists the decisions and marks still to come that would carry an entrant over the line.
func (m *scheme) pendingCrossings(e *entrant, ranked, waiting []*entrant, k int) []string {
	var out []string
	pending := table.Where(slices.Values(ranked), func(o *entrant) bool { return o.Pending })
	try := func(what string, agreed ...*entrant) {
		if place := placeIf(e, ranked, agreed); place == 0 && e.inside(k) {
			out = append(out, what+"：退出排名")
		} else if place > 0 && (place <= k) != e.inside(k) {
			out = append(out, fmt.Sprintf("%s：第%d名", what, place))
		}
	}
	for _, o := range pending {
		what := "登记认定专家的提议"
		if o != e {
			what = fmt.Sprintf("登记认定专家对%s的提议", o.Consortium)
		}
		try(what, o)
	}
	if len(pending) > 1 && out == nil {
		try("登记认定专家的全部提议", pending...)
	}
	atBest := func(o *entrant) float64 { return o.Upper + m.waiting(o.Complete) }
	if place := int(e.Rank.V) - 1 + e.place(waiting, e.Total, atBest); e.inside(k) && place > k {
		out = append(out, fmt.Sprintf("待评的%d家评分都满：第%d名", len(waiting), place))
	}
	return out
}

// placeIf is an entrant's place if what experts propose of some is agreed to; 0: it is rejected itself.
func placeIf(e *entrant, ranked, agreed []*entrant) int {
	at := func(o *entrant) float64 {
		switch {
		case !slices.Contains(agreed, o):
			return o.Total
		case o.ousted:
			return math.Inf(-1)
		}
		return o.Total - o.proposed.V
	}
	if e.ousted && slices.Contains(agreed, e) {
		return 0
	}
	return e.place(ranked, at(e), at)
}

// swap finds the point whose weight has to change least, the others staying as they are, until b is level with a.
func (m *scheme) swap(a, b *entrant) table.Swap {
	s := table.Swap{Inside: a.Submission, Outside: b.Submission, Gap: a.Total - b.Total}
	least := math.Inf(1)
	for i, c := range m.criteria {
		if c.earn(m.complete) == 0 {
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
		s.Words = fmt.Sprintf("单独改动任何一个观测点的权重（0到%s分之间），%s都超不过%s", plain(m.heaviest()), upper, lower)
	case round10(s.Gap) == 0:
		s.Words = fmt.Sprintf("%s与%s同分，权重稍有改动就分出先后", upper, lower)
	case least > 0:
		s.Words = fmt.Sprintf("%s提到%s分以上（其余不动），%s就超过%s", at, cents(math.Ceil, s.Needed.V), upper, lower)
	case s.Needed.V < 0.005:
		s.Words = fmt.Sprintf("%s降到几乎为0（其余不动），%s才赶上%s", at, upper, lower)
	default:
		s.Words = fmt.Sprintf("%s降到%s分以下（其余不动），%s就超过%s", at, cents(math.Floor, s.Needed.V), upper, lower)
	}
	return s
}

// heaviest is the most that a single weight is tried at: all points together.
func (m *scheme) heaviest() float64 { return sum(m.weights(true)) }

// breakEvenWeight is the change of one weight at which two totals are equal, and whether it is possible. Changed
// weights are scaled to their sum S, so that with the gap G before deductions, the deductions' difference d and the
// gain g a point of weight S / (S + change) · (G + change · g) = d.
func (m *scheme) breakEvenWeight(a, b *entrant, i int, c criterion) (float64, bool) {
	all, deducted := m.heaviest(), a.Deduction.V-b.Deduction.V
	gap, gain := a.Total-b.Total+deducted, c.earn(m.complete)/c.weight*(a.contribution(i)-b.contribution(i))
	turn := float64(all*gain) - deducted
	if round10(turn) == 0 {
		return 0, round10(gap-deducted) == 0
	}
	change := all * (deducted - gap) / turn
	return change, change >= -c.weight && change <= all-c.weight
}

// cents writes a weight with two decimals, rounded to the side on which the swap has happened.
func cents(round func(float64) float64, weight float64) string { return plain(round(weight*100) / 100) }

// certificate gives the least weight that must be moved between points for anybody else to be chosen. Totals are sums
// over the points: the cheapest way is to the point worst for the one inside, from where it is best off first.
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
			if c, ok := m.breakEven(a, b); ok && c.Moved.V < best.Moved.V {
				best = c
			}
		}
	}
	if math.IsInf(best.Moved.V, 1) {
		return nil
	}
	return []table.Certificate{best}
}

// breakEven is the least that must be moved for b to be level with a; none where nothing does.
func (m *scheme) breakEven(a, b *entrant) (table.Certificate, bool) {
	gain := make([]float64, len(m.criteria)) // of a over b, a point of weight
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
		from = append(from, fmt.Sprintf("%s减%s分", m.criteria[i].ID, cents(math.Round, take)))
	}
	c := table.Certificate{Inside: a.Submission, Outside: b.Submission, Gap: gap, Moved: table.Some(moved)}
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

// contribution is what a point of weight on an observation point brings to the total.
func (e *entrant) contribution(i int) float64 {
	if e.points[i].present == 0 {
		return 0
	}
	return e.points[i].value * e.reweighting
}

// improvements says which figures and marks of those outside would have to be as good as the best to carry them inside.
func (m *scheme) improvements(ranked []*entrant, k int) []table.Lift {
	if !m.complete || len(ranked) == 0 {
		return nil // no line yet
	}
	order := slices.SortedStableFunc(slices.Values(ranked), byRank)
	first := slices.IndexFunc(order, func(e *entrant) bool { return !e.inside(k) })
	if first <= 0 {
		return nil
	}
	var out []table.Lift
	const most = 50 // of those outside the line, the nearest first
	best := m.benchmarks(ranked)
	for _, e := range order[first:min(first+most, len(order))] {
		out = append(out, m.improve(e, best, round10(order[first-1].Total))...)
	}
	return out
}

// answer is one thing that a point is made of: an evidence, or the experts' mark.
type answer struct {
	criterion int
	slot      int                 // of the evidence
	evidence  *templates.Evidence // nil: the mark
	best      *entrant            // of the ranked; the first of equals
}

// raw is what an entrant has there; none: a gap.
func (a answer) raw(e *entrant) table.Opt[float64] {
	if a.evidence == nil {
		return table.Known(e.marks[a.criterion].value, e.marks[a.criterion].ok)
	}
	return table.Known(e.measures[a.slot].raw, e.measures[a.slot].ok)
}

func (a answer) take(e, from *entrant) {
	if a.evidence == nil {
		e.marks[a.criterion] = from.marks[a.criterion]
	} else {
		e.measures[a.slot] = from.measures[a.slot]
	}
}

// benchmarks finds who is best at each thing that earns points.
func (m *scheme) benchmarks(ranked []*entrant) []answer {
	var out []answer
	add := func(a answer, value func(*entrant) float64) {
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
			add(answer{i, c.first + k, x, nil}, func(e *entrant) float64 { return e.measures[c.first+k].normalised })
		}
		if c.expertShare(m.complete) > 0 {
			add(answer{criterion: i}, func(e *entrant) float64 { return e.marks[i].value })
		}
	}
	return out
}

// improve takes over the best answers, the most effective first, until the total is above the line or nothing helps.
func (m *scheme) improve(e *entrant, best []answer, line float64) []table.Lift {
	same := func(int, *measure) {}
	at, own := e.withMeasures(same), e.withMeasures(same) // as far as taken over; one to try on
	at.marks, own.marks = slices.Clone(e.marks), slices.Clone(e.marks)
	var out []table.Lift
	for before := e.Total; round10(before) <= line; {
		var chosen answer
		after := before
		for _, a := range best {
			a.take(own, a.best)
			if t := m.total(own); t > after {
				chosen, after = a, t
			}
			a.take(own, at)
		}
		if after-before < table.SameTotal {
			break
		}
		row := table.Lift{Submission: e.Submission, Step: int32(len(out) + 1), Point: m.criteria[chosen.criterion].ID,
			BestOf: chosen.best.Submission, Raw: chosen.raw(at), Best: chosen.raw(chosen.best).V,
			Gain: after - before, Total: after, Inside: round10(after) > line}
		if x := chosen.evidence; x != nil {
			row.Evidence, row.Kind = x.ID, x.Kind
		}
		out = append(out, row)
		chosen.take(at, chosen.best)
		chosen.take(own, chosen.best)
		before = after
	}
	return out
}
