package score

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/table"
)

// Where a submission stands to the line after the first k.
const (
	Inside  = "inside"
	Tied    = "tied" // a tie stands across the line
	Outside = "outside"
)

// How firmly it stands there.
const (
	Safe      = "safe"      // no test carries it over the line
	Fairly    = "fairly"    // exactly one does
	Contested = "contested" // more do, or a tie stands across the line
)

// line says of each ranked entrant on which side of the line it stands and how firmly, and how those around the line that are not
// firm would change places. Before all marks are in there is no line.
func (m *scheme) line(ranked, waiting []*entrant, scenarios []scenario, k, draws int) []table.Swap {
	if !m.complete {
		return nil
	}
	holders := map[int32]int{}
	for _, e := range ranked {
		holders[e.Rank.V]++
	}
	for i, e := range ranked {
		e.Line = Outside
		if e.inside(k) {
			e.Line = Inside
		}
		doubts := append(m.doubts(e, i, scenarios, k), m.undecided(e, ranked, waiting, k)...)
		if e.inside(k) && int(e.Rank.V)+holders[e.Rank.V]-1 > k {
			e.Line, doubts = Tied, append([]string{"并列跨线"}, doubts...)
		}
		switch {
		case draws == 0: // the weights were not tried, so that nothing can be called firm
			continue
		case len(doubts) == 0:
			e.Firm = Safe
		case len(doubts) == 1 && e.Line != Tied:
			e.Firm = Fairly
		default:
			e.Firm = Contested
		}
		e.LineReason = strings.Join(doubts, "；")
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

// doubts lists the tests that carry an entrant, the i-th of the ranked, over the line: the draws, what is missing, a scale without one of the
// others, and the scenarios that decide.
func (m *scheme) doubts(e *entrant, i int, scenarios []scenario, k int) []string {
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

// undecided lists what nobody has decided yet and would carry an entrant over the line: what experts propose of one, or of all, if the
// Department agrees; and those that wait for marks, if they get all of them.
func (m *scheme) undecided(e *entrant, ranked, waiting []*entrant, k int) []string {
	var out []string
	pending := slices.DeleteFunc(slices.Clone(ranked), func(o *entrant) bool { return !o.Pending })
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
	place := int(e.Rank.V)
	for _, o := range waiting {
		if round10(o.Upper+m.waiting(o.Complete)) > round10(e.Total) {
			place++
		}
	}
	if e.inside(k) && place > k {
		out = append(out, fmt.Sprintf("待评的%d家评分都满：第%d名", len(waiting), place))
	}
	return out
}

// placeIf is an entrant's place if what experts propose of some is agreed to: a deduction is off the total, who is rejected is not
// ranked any more. 0: it is rejected itself.
func placeIf(e *entrant, ranked, agreed []*entrant) int {
	at := func(o *entrant) float64 {
		if slices.Contains(agreed, o) {
			return round10(o.Total - o.proposed.V)
		}
		return round10(o.Total)
	}
	place := 1
	for _, o := range ranked {
		rejected := o.ousted && slices.Contains(agreed, o)
		switch {
		case rejected && o == e:
			return 0
		case !rejected && at(o) > at(e):
			place++
		}
	}
	return place
}

// swap finds the point whose weight has to change least, the others staying as they are, until b is level with a.
func (m *scheme) swap(a, b *entrant) table.Swap {
	s := table.Swap{Batch: a.Batch, Inside: a.Submission, Outside: b.Submission, Gap: a.Total - b.Total}
	least := math.Inf(1)
	for i, c := range m.criteria {
		if c.earn(m.complete) == 0 {
			continue
		}
		if change, ok := m.level(a, b, i, c); ok && math.Abs(change) < math.Abs(least) {
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

// heaviest is the most that a single weight is tried at: as much as all points together.
func (m *scheme) heaviest() float64 {
	all := 0.0
	for _, c := range m.criteria {
		all += c.weight
	}
	return all
}

// level is the change of one weight, from 0 to the heaviest, at which two totals are equal. The changed weights are scaled to the sum that they
// had, as on the sheet where a reader changes them: only so is a deduction still worth as much. The factors by which points stand for missing
// ones stay as they are. With all weights adding up to S, the gap G before deductions, their difference d, and the gain g a point of weight,
// S / (S + change) · (G + change · g) = d.
func (m *scheme) level(a, b *entrant, i int, c criterion) (float64, bool) {
	all, deducted := m.heaviest(), a.Deduction.V-b.Deduction.V
	gap, gain := a.Total-b.Total+deducted, c.earn(m.complete)/c.weight*(a.bring(i)-b.bring(i))
	turn := float64(all*gain) - deducted
	if round10(turn) == 0 {
		return 0, round10(gap-deducted) == 0
	}
	change := all * (deducted - gap) / turn
	return change, change >= -c.weight && change <= all-c.weight
}

// cents writes a weight with two decimals, rounded to the side on which the swap has happened.
func cents(round func(float64) float64, weight float64) string { return plain(round(weight*100) / 100) }
