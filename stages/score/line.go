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
	holders := map[int]int{}
	for _, e := range ranked {
		holders[e.rank]++
	}
	for i, e := range ranked {
		e.line = Outside
		if e.rank <= k {
			e.line = Inside
		}
		doubts := append(m.doubts(e, i, scenarios, k), m.undecided(e, ranked, waiting, k)...)
		if e.rank <= k && e.rank+holders[e.rank]-1 > k {
			e.line, doubts = Tied, append([]string{"并列跨线"}, doubts...)
		}
		switch {
		case draws == 0: // the weights were not tried, so that nothing can be called firm
			continue
		case len(doubts) == 0:
			e.firm = Safe
		case len(doubts) == 1 && e.line != Tied:
			e.firm = Fairly
		default:
			e.firm = Contested
		}
		e.reason = strings.Join(doubts, "；")
	}
	var swaps []table.Swap
	around := slices.DeleteFunc(m.near(ranked, k), func(e *entrant) bool { return e.reason == "" })
	for _, a := range around {
		for _, b := range around {
			if a.rank <= k && b.rank > k {
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
	crosses := func(best, worst int) bool { return e.rank <= k && worst > k || e.rank > k && best <= k }
	sure := m.def.Rubric.Robustness.Sure.InexactFloat64()
	if e.rank <= k && e.chosen < sure || e.rank > k && e.chosen > 1-sure+1e-12 {
		out = append(out, fmt.Sprintf("权重和专家变动：在线内的机会%s", percent(e.chosen)))
	}
	for _, s := range []struct {
		span span
		what string
	}{{e.missing, "缺失的数据补齐后"}, {e.scale, "尺度里去掉一家"}} {
		if s.span.best > 0 && crosses(s.span.best, s.span.worst) {
			out = append(out, fmt.Sprintf("%s：名次%d—%d", s.what, s.span.best, s.span.worst))
		}
	}
	for _, s := range m.def.Rubric.Scenarios {
		at := slices.IndexFunc(scenarios, func(x scenario) bool { return x.id == s.ID })
		if at < 0 || !s.Decides {
			continue
		}
		if place := int(scenarios[at].places[i]); crosses(place, place) {
			out = append(out, fmt.Sprintf("%s：第%d名", s.Label, place))
		}
	}
	return out
}

// undecided lists what nobody has decided yet and would carry an entrant over the line: what experts propose of one, or of all, if the
// Department agrees; and those that wait for marks, if they get all of them.
func (m *scheme) undecided(e *entrant, ranked, waiting []*entrant, k int) []string {
	var out []string
	pending := slices.DeleteFunc(slices.Clone(ranked), func(o *entrant) bool { return !o.pending })
	try := func(what string, agreed ...*entrant) {
		if place := placeIf(e, ranked, agreed); place == 0 && e.rank <= k {
			out = append(out, what+"：退出排名")
		} else if place > 0 && (place <= k) != (e.rank <= k) {
			out = append(out, fmt.Sprintf("%s：第%d名", what, place))
		}
	}
	for _, o := range pending {
		what := "登记认定专家的提议"
		if o != e {
			what = fmt.Sprintf("登记认定专家对%s的提议", o.submission.Consortium)
		}
		try(what, o)
	}
	if len(pending) > 1 && out == nil {
		try("登记认定专家的全部提议", pending...)
	}
	place := e.rank
	for _, o := range waiting {
		if round10(o.upper+m.waiting(o.complete)) > round10(e.total) {
			place++
		}
	}
	if e.rank <= k && place > k {
		out = append(out, fmt.Sprintf("待评的%d家评分都满：第%d名", len(waiting), place))
	}
	return out
}

// placeIf is an entrant's place if what experts propose of some is agreed to: a deduction is off the total, who is rejected is not
// ranked any more. 0: it is rejected itself.
func placeIf(e *entrant, ranked, agreed []*entrant) int {
	at := func(o *entrant) float64 {
		if slices.Contains(agreed, o) {
			return round10(o.total - o.proposed.V)
		}
		return round10(o.total)
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
	s := table.Swap{Batch: a.submission.Batch, Inside: a.submission.Submission, Outside: b.submission.Submission, Gap: a.total - b.total}
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
	upper, lower := b.submission.Consortium, a.submission.Consortium
	switch {
	case s.Point == "":
		s.Words = fmt.Sprintf("单独改动任何一个观测点的权重（0到%s分之间），%s都超不过%s", plain(m.heaviest()), upper, lower)
	case round10(s.Gap) == 0:
		s.Words = fmt.Sprintf("%s与%s同分，权重稍有改动就分出先后", upper, lower)
	case least > 0:
		s.Words = fmt.Sprintf("观测点%s的权重由%s分提到%s分以上（其余不动），%s就超过%s", s.Point, plain(s.Weight.V), cents(math.Ceil, s.Needed.V), upper, lower)
	case s.Needed.V < 0.005:
		s.Words = fmt.Sprintf("观测点%s的权重由%s分降到几乎为0（其余不动），%s才赶上%s", s.Point, plain(s.Weight.V), upper, lower)
	default:
		s.Words = fmt.Sprintf("观测点%s的权重由%s分降到%s分以下（其余不动），%s就超过%s", s.Point, plain(s.Weight.V), cents(math.Floor, s.Needed.V), upper, lower)
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
	all, deducted := m.heaviest(), a.deduction-b.deduction
	gap, gain := a.total-b.total+deducted, c.earn(m.complete)/c.weight*(a.bring(i)-b.bring(i))
	turn := float64(all*gain) - deducted
	if round10(turn) == 0 {
		return 0, round10(gap-deducted) == 0
	}
	change := all * (deducted - gap) / turn
	return change, change >= -c.weight && change <= all-c.weight
}

// cents writes a weight with two decimals, rounded to the side on which the swap has happened.
func cents(round func(float64) float64, weight float64) string { return plain(round(weight*100) / 100) }
