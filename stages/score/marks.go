package score

import (
	"bytes"
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

// combine gives every entrant the opinions about it, and says what the experts propose.
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
		i := slices.IndexFunc(m.criteria, func(c criterion) bool { return c.ID == row.Point })
		if i >= 0 { // else it is of another rubric
			e.marks[i].opinions = append(e.marks[i].opinions, opinion{expert, len(p.rows) - 1, row.Value.V})
		}
	}
	for _, e := range entrants {
		m.propose(e, register.Ruling(table.ConsortiumKey(e.submission)))
	}
	m.wait(p, entrants, first)
	return p
}

// wait sets those apart that came after the marking and have too few marks, so that nobody else's are lost.
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

// interval gives one that waits the places that it could take among the ranked, its open points worth nothing or all.
func (m *scheme) interval(e *entrant, ranked []*entrant) {
	low, high := e.Lower, e.Upper+m.waiting(e.Complete)
	best := e.place(ranked, high, func(o *entrant) float64 { return o.Lower })
	worst := e.place(ranked, low, func(o *entrant) float64 { return o.Upper })
	e.RankBest, e.RankWorst = table.Some(int32(best)), table.Some(int32(worst))
	e.Unranked = fmt.Sprintf("%s；可能的得分%.2f—%.2f分，排在第%d—%d名", e.Unranked, low, high, best, worst)
}

// propose sets what experts propose beside what the Department decided, which alone takes points off.
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

// combine makes one mark of the opinions and notes which were dropped. Of deductions the largest stands for all.
func (p *panel) combine(x *marked, deduction, trim bool) {
	if len(x.opinions) == 0 {
		return
	}
	values := table.Each(x.opinions, func(o opinion) float64 { return o.value })
	x.ok, x.spread = true, deviation(values)
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

// trims says whether one highest and one lowest of n marks are dropped; trim: every ranked submission has enough.
func (p *panel) trims(n int, trim bool) bool {
	return trim && p.combined.Combine == templates.TrimmedMean && n >= p.combined.TrimFrom
}

// count decides whether the marks count: once every ranked submission has enough for every point.
func (m *scheme) count(p *panel, entrants []*entrant) {
	for i, c := range m.criteria {
		few := func(e *entrant) bool { return e.Ranked && len(e.marks[i].opinions) < p.combined.TrimFrom }
		trim := !slices.ContainsFunc(entrants, few)
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
func deviation(values []float64) float64 { return math.Sqrt(covariance(values, values)) }

// fit estimates leniency by least squares, mark = point of a submission + leniency, adding up to 0; none for who shares
// no point with anybody. It finds whether recusals make the experts differ among the ranked: only there it decides.
func (p *panel) fit(m *scheme, entrants []*entrant) {
	n := len(p.experts)
	p.leniency = make([]table.Opt[float64], n)
	rows := make([][]float64, n) // the normal equations once the points are eliminated, the right side last
	for i := range rows {
		rows[i] = make([]float64, n+1)
	}
	recused := slices.ContainsFunc(p.rows, func(r table.Mark) bool { return r.Status == table.MarkConflict })
	for i, c := range m.criteria {
		sets := map[string]bool{}
		for _, e := range entrants {
			marked := bytes.Repeat([]byte{'0'}, n)
			if given := e.marks[i].opinions; len(given) > 0 && !c.Deduction {
				normal(rows, given, marked)
			}
			if e.Ranked && c.marked() && !c.Deduction {
				sets[string(marked)] = true
			}
		}
		p.uneven = p.uneven || recused && len(sets) > 1
	}
	for _, group := range connected(rows) {
		if len(group) > 1 {
			for k, x := range solve(rows, group) {
				p.leniency[group[k]] = table.Some(x)
			}
		}
	}
}

// normal adds the opinions about one point of one submission to the normal equations, and notes whose they are.
func normal(rows [][]float64, given []opinion, marked []byte) {
	mean, share := 0.0, 1/float64(len(given))
	for _, o := range given {
		mean += o.value * share
	}
	for _, a := range given {
		marked[a.expert] = '1'
		rows[a.expert][len(rows)] += a.value - mean
		rows[a.expert][a.expert]++
		for _, b := range given {
			rows[a.expert][b.expert] -= share
		}
	}
}

// connected groups the experts who share points, directly or through others; some groups are empty.
func connected(rows [][]float64) [][]int {
	least := make([]int, len(rows)) // of those that one is connected with
	for i := range least {
		least[i] = i
	}
	for range rows {
		for i := range rows {
			for j := range rows {
				if rows[i][j] != 0 {
					least[i] = min(least[i], least[j])
				}
			}
		}
	}
	out := make([][]int, len(rows))
	for i, first := range least {
		out[first] = append(out[first], i)
	}
	return out
}

// solve gives the unknowns of one group by elimination; they add up to 0, which the equations leave open.
func solve(rows [][]float64, group []int) []float64 {
	n := len(group)
	a := make([][]float64, n)
	for i, x := range group {
		for _, y := range group {
			a[i] = append(a[i], rows[x][y]+1)
		}
		a[i] = append(a[i], rows[x][len(rows)])
	}
	for i := range a { // the matrix is positive definite: no pivoting
		for k := i + 1; k < n; k++ {
			f := a[k][i] / a[i][i]
			for j := i; j <= n; j++ {
				a[k][j] -= float64(f * a[i][j])
			}
		}
	}
	out := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		out[i] = a[i][n]
		for j := i + 1; j < n; j++ {
			out[i] -= float64(a[i][j] * out[j])
		}
		out[i] /= a[i][i]
	}
	return out
}

func (p *panel) fair(o opinion, scale float64) float64 {
	return round10(min(max(o.value-p.leniency[o.expert].V, 0), scale))
}

// withMarks is the entrant with opinions replaced, repeated or left out; a mark without any stays. marks is room.
func (e *entrant) withMarks(p *panel, marks []marked, say func([]float64, opinion) []float64) *entrant {
	again := *e
	again.marks = marks
	copy(marks, e.marks)
	var values []float64
	for i, x := range e.marks {
		values = values[:0]
		for _, o := range x.opinions {
			values = say(values, o)
		}
		if len(values) > 0 {
			marks[i].value = p.mean(values, x.trim)
		}
	}
	return &again
}

// summary says of each expert what was asked, given and lacking, and how the expert marks beside the others.
func (p *panel) summary() []table.Expert {
	var out []table.Expert
	for _, own := range table.GroupBy(p.rows, func(r table.Mark) string { return r.Expert }) {
		asked := table.Where(slices.Values(own), func(r table.Mark) bool { return r.Kind != table.MarkVeto })
		x := table.Expert{Expert: own[0].Expert, File: own[0].File, Asked: int32(len(asked))}
		var lacking []string
		var given []float64
		n := map[string]int32{}
		for _, r := range asked {
			n[r.Status]++
			switch counted := r.Status == table.MarkCounted || r.Status == table.MarkDropped; {
			case counted && r.Kind == table.MarkPoint:
				given = append(given, r.Value.V)
			case !counted && r.Status != table.MarkConflict:
				lacking = append(lacking, r.Submission+" "+r.Point)
			}
		}
		x.Counted, x.Conflicts = n[table.MarkCounted]+n[table.MarkDropped], n[table.MarkConflict]
		x.Unfilled, x.Invalid = n[table.MarkUnfilled], n[table.MarkInvalid]+n[table.MarkUnknown]
		x.Lacking = strings.Join(lacking, "；")
		x.Mean, x.Spread = spread(given)
		if k := slices.Index(p.experts, x.Expert); k >= 0 {
			x.Leniency = p.leniency[k]
		}
		out = append(out, x)
	}
	return out
}

// spread is the mean of some values and their sample standard deviation, as far as there are enough of them.
func spread(values []float64) (mean, deviates table.Opt[float64]) {
	n := len(values)
	return table.Known(sum(values)/float64(n), n > 0), table.Known(deviation(values), n > 1)
}

// matrix is what each expert, and all together (Expert empty), give each submission; then where experts disagree.
func (p *panel) matrix(m *scheme, ranked []*entrant) (rows []table.Assessment, apart []table.Disagreement) {
	of, full := map[string][]table.Assessment{}, map[string]float64{}
	for _, c := range m.criteria {
		full[c.ID] = c.open
	}
	for _, own := range table.GroupBy(p.rows, func(r table.Mark) [2]string { return [2]string{r.Expert, r.Submission} }) {
		row := table.Assessment{Expert: own[0].Expert, Submission: own[0].Submission}
		for _, r := range own {
			row.Add(r, full[r.Point], m.scale)
		}
		rows, of[row.Submission] = append(rows, row), append(of[row.Submission], row)
	}
	for _, e := range ranked {
		all := table.Assessment{Submission: e.Submission, State: table.AssessedPart}
		var totals, fulls []float64
		for _, x := range of[e.Submission] {
			all.Asked, all.Counted = all.Asked+x.Asked, all.Counted+x.Counted
			if x.State == table.AssessedWhole {
				totals, fulls = append(totals, x.Points.V), append(fulls, x.Full)
			}
		}
		if all.Asked == 0 {
			continue
		}
		if m.complete {
			all.State = table.AssessedWhole
		}
		all.Points, all.Spread = spread(totals)
		if fulls != nil {
			all.Full = sum(fulls) / float64(len(fulls))
		}
		rows, apart = append(rows, all), append(apart, p.disagreements(m, e)...)
	}
	slices.SortStableFunc(apart, func(a, b table.Disagreement) int {
		return cmp.Compare(round10(b.Stake), round10(a.Stake))
	})
	return rows, apart
}

// disagreements lists the points whose marks, leniency taken off, fall into different bands of the rubric.
func (p *panel) disagreements(m *scheme, e *entrant) []table.Disagreement {
	var out []table.Disagreement
	for i, c := range m.criteria {
		given := e.marks[i].opinions
		if len(given) < 2 || c.Deduction {
			continue
		}
		fair := func(o opinion) float64 { return p.fair(o, m.scale) }
		by := func(a, b opinion) int { return cmp.Compare(fair(a), fair(b)) }
		low, high := slices.MinFunc(given, by), slices.MaxFunc(given, by)
		if p.combined.Band(fair(low)) != p.combined.Band(fair(high)) {
			out = append(out, table.Disagreement{Submission: e.Submission, Point: c.ID, Marks: int32(len(given)),
				Lowest: low.value, LowestBy: p.experts[low.expert], Highest: high.value, HighestBy: p.experts[high.expert],
				Spread: e.marks[i].spread, Stake: c.open * (fair(high) - fair(low)) / m.scale})
		}
	}
	return out
}
