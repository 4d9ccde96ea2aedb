package score

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// marked is what the experts together say to one point of one submission.
type marked struct {
	opinions []opinion
	ok       bool    // value means something
	trim     bool    // every ranked submission has enough marks for the point
	value    float64 // combined, on the rubric's scale; of a deduction, points
	spread   float64 // sample standard deviation; of two opinions or more
}

// opinion is one expert's.
type opinion struct {
	expert int // index into panel.experts
	row    int // index into panel.rows
	value  float64
}

// panel is all experts with all their marks.
type panel struct {
	rows     []table.Mark
	experts  []string
	wanting  []string // what keeps the marks from counting: submission and point
	leniency []table.Opt[float64]
	uneven   bool // recusals make the sets of experts differ among the ranked
	combined templates.Experts
}

// combine gives every entrant the opinions about it, combines them, and says whom the experts turn down.
func (m *scheme) combine(marking table.Marking, register table.Register, entrants []*entrant) *panel {
	p := &panel{combined: m.def.Rubric.Experts}
	byID := map[string]*entrant{}
	for _, e := range entrants {
		byID[e.Submission] = e
		e.marks = make([]marked, len(m.criteria))
	}
	first := map[*entrant]bool{}
	for row := range marking.Marks.All() {
		p.rows = append(p.rows, row)
		e := byID[row.Submission]
		if e != nil && row.Supplement == 0 {
			first[e] = true
		}
		if row.Status != table.MarkCounted || e == nil {
			continue
		}
		expert := slices.Index(p.experts, row.Expert)
		if expert < 0 {
			expert = len(p.experts)
			p.experts = append(p.experts, row.Expert)
		}
		if row.Kind == table.MarkVeto {
			if e.Vetoes.Valid = true; row.Value.V > 0 {
				e.Vetoes.V++
			}
			continue
		}
		if i := slices.IndexFunc(m.criteria, func(c criterion) bool { return c.ID == row.Point }); i >= 0 { // else it is of another rubric
			e.marks[i].opinions = append(e.marks[i].opinions, opinion{expert, len(p.rows) - 1, row.Value.V})
		}
	}
	for _, e := range entrants {
		m.propose(e, register.Ruling(table.ConsortiumKey(e.submission)))
	}
	m.wait(p, entrants, first)
	return p
}

// wait sets those apart that came after the marking, as long as they have too few marks: that throws nobody else's away. Those that the first
// workbooks ask about are what the marking is for.
func (m *scheme) wait(p *panel, entrants []*entrant, first map[*entrant]bool) {
	if !slices.ContainsFunc(entrants, func(e *entrant) bool { return e.verdict.Ranked && first[e] }) {
		return
	}
	for _, e := range entrants {
		if e.Waiting = e.verdict.Ranked && !first[e] && m.short(p, e) != nil; e.Waiting {
			e.Unranked = "待评：评分之后才有的申报，评分还不够"
		}
	}
}

// short lists the points on which an entrant has fewer than the least number of marks, with how many it has.
func (m *scheme) short(p *panel, e *entrant) (out []string) {
	for i, c := range m.criteria {
		if n := len(e.marks[i].opinions); c.marked() && n < p.combined.Least {
			out = append(out, fmt.Sprintf("%s的%s（%d个）", e.Submission, c.ID, n))
		}
	}
	return out
}

// interval gives one that waits the places that it could take among the ranked: its open points are worth nothing or all.
func (m *scheme) interval(e *entrant, ranked []*entrant) {
	low, high := e.Lower, e.Upper+m.waiting(e.Complete)
	best := e.place(ranked, high, func(o *entrant) float64 { return o.Lower })
	worst := e.place(ranked, low, func(o *entrant) float64 { return o.Upper })
	e.RankBest, e.RankWorst = table.Some(int32(best)), table.Some(int32(worst))
	e.Unranked = fmt.Sprintf("%s；可能的得分%.2f—%.2f分，排在第%d—%d名", e.Unranked, low, high, best, worst)
}

// propose sets what the experts propose beside what the Department decided: only that takes points off. A single expert's proposal is one,
// and the largest deduction is what the other total takes off.
func (m *scheme) propose(e *entrant, r table.Ruling) {
	var parts []string
	e.Deduction = r.Points
	for i, c := range m.criteria {
		var asked []float64
		for _, o := range e.marks[i].opinions {
			if c.Deduction && o.value > 0 {
				asked = append(asked, o.value)
			}
		}
		if asked == nil {
			continue
		}
		most := slices.Max(asked)
		words := fmt.Sprintf("%d名专家提议扣%s分", len(asked), plain(most))
		if least := slices.Min(asked); least < most {
			words = fmt.Sprintf("%d名专家提议扣%s—%s分", len(asked), plain(least), plain(most))
		}
		if r.Points.Valid {
			words += fmt.Sprintf("，登记扣%s分（%s）", plain(r.Points.V), r.Document)
		} else {
			e.Pending, e.proposed = true, table.Some(most)
		}
		parts = append(parts, words)
	}
	if e.Vetoes.V > 0 {
		words := fmt.Sprintf("%d名专家提议不予立项", e.Vetoes.V)
		if r.Reject.Valid {
			words += map[bool]string{true: "，登记不予立项（", false: "，登记予以保留（"}[r.Reject.V] + r.Document + "）"
		} else {
			e.Pending, e.ousted = true, true
		}
		parts = append(parts, words)
	}
	e.Proposals = text.Mask(strings.Join(parts, "；"))
}

// combine makes one mark of the opinions and notes which were dropped. Of deductions none is: the largest stands for all until the Department decides.
func (p *panel) combine(x *marked, deduction, trim bool) {
	if len(x.opinions) == 0 {
		return
	}
	values := make([]float64, len(x.opinions))
	for i, o := range x.opinions {
		values[i] = o.value
	}
	x.ok = true
	x.spread = deviation(values)
	if deduction {
		x.value = slices.Max(values)
		return
	}
	if x.trim = trim; p.trims(len(values), trim) {
		byValue := slices.Clone(x.opinions)
		slices.SortStableFunc(byValue, func(a, b opinion) int { return cmp.Compare(a.value, b.value) })
		for _, o := range []opinion{byValue[0], byValue[len(byValue)-1]} {
			p.rows[o.row].Status = table.MarkDropped
		}
	}
	x.value = p.mean(values, trim)
}

// mean combines marks as the rubric says. It orders them.
func (p *panel) mean(values []float64, trim bool) float64 {
	slices.Sort(values)
	if p.trims(len(values), trim) {
		values = values[1 : len(values)-1]
	}
	return sum(values) / float64(len(values))
}

// trims says whether one highest and one lowest of n marks are dropped. trim says that every ranked submission has enough of them for the
// point: a rule that changes from one to the other would compare different things.
func (p *panel) trims(n int, trim bool) bool {
	return trim && p.combined.Combine == templates.TrimmedMean && n >= p.combined.TrimFrom
}

// count decides whether the marks count: every ranked submission has enough of them for every point. Until then nobody's do; and they
// never do for one that lacks some itself.
func (m *scheme) count(p *panel, entrants []*entrant) {
	for i, c := range m.criteria {
		trim := !slices.ContainsFunc(entrants, func(e *entrant) bool { return e.Ranked && len(e.marks[i].opinions) < p.combined.TrimFrom })
		for _, e := range entrants {
			p.combine(&e.marks[i], c.Deduction, trim)
		}
	}
	p.fit(m, entrants)
	ranked := false
	for _, e := range entrants {
		short := m.short(p, e)
		e.Complete = len(p.rows) > 0 && short == nil
		if ranked = ranked || e.Ranked; e.Ranked && len(p.rows) > 0 {
			p.wanting = append(p.wanting, short...)
		}
	}
	m.complete = ranked && len(p.rows) > 0 && len(p.wanting) == 0
	switch m.state = table.FiguresOnly; {
	case m.complete:
		m.state = table.AllMarked
	case slices.ContainsFunc(p.rows, func(r table.Mark) bool { return r.Kind == table.MarkPoint && r.Value.Valid }):
		m.state = table.PartMarked
	}
	for _, e := range entrants {
		e.Complete = e.Complete && m.complete
	}
}

// deviation is the sample standard deviation; 0 of fewer than two values.
func deviation(values []float64) float64 {
	return math.Sqrt(covariance(values, values))
}
