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

// combinedMark is the experts' combined mark for one point of one submission.
type combinedMark struct {
	individual []expertMark
	ok         bool    // there is a value
	trim       bool    // every ranked submission has enough marks for the point
	value      float64 // on the rubric's scale; points if it is a deduction
	spread     float64 // sample standard deviation of two or more marks
}

type expertMark struct {
	expert int // index into panel.experts
	row    int // index into panel.rows
	value  float64
}

// panel is all experts with all their marks.
type panel struct {
	rows     []table.Mark
	experts  []string
	missing  []string // submission and point of the missing marks, without which no marks count
	leniency []table.Opt[float64]
	unequal  bool // recusals make the sets of experts differ among the ranked
	rules    templates.Experts
}

// newPanel assigns the marks to the entrants, and sets the proposals and who came too late to be marked.
func (m *scheme) newPanel(marking table.Marking, register table.Register, entrants []*entrant) *panel {
	p := &panel{rules: m.def.Rubric().Experts}
	byID := map[string]*entrant{}
	for _, e := range entrants {
		byID[e.Submission] = e
		e.marks = make([]combinedMark, len(m.criteria))
	}
	first := map[*entrant]bool{} // entrants in the first marking, not in a supplement
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
		if i >= 0 { // else the point is of another rubric
			e.marks[i].individual = append(e.marks[i].individual, expertMark{expert, len(p.rows) - 1, row.Value.V})
		}
	}
	for _, e := range entrants {
		m.setProposals(e, register.Ruling(table.ConsortiumKey(e.submission)))
	}
	m.setWaiting(p, entrants, first)
	return p
}

// setWaiting sets apart submissions that came after the marking with too few marks, lest no marks count at all.
func (m *scheme) setWaiting(p *panel, entrants []*entrant, first map[*entrant]bool) {
	if !slices.ContainsFunc(entrants, func(e *entrant) bool { return e.verdict.Ranked && first[e] }) {
		return
	}
	for _, e := range entrants {
		if e.Waiting = e.verdict.Ranked && !first[e] && m.missingMarks(p, e) != nil; e.Waiting {
			e.Unranked = "待评：评分之后才有的申报，评分还不够"
		}
	}
}

// missingMarks lists the points for which an entrant has fewer marks than the rubric's minimum, with their number.
func (m *scheme) missingMarks(p *panel, e *entrant) (out []string) {
	for i, c := range m.criteria {
		if n := len(e.marks[i].individual); c.takesMarks() && n < p.rules.Least {
			out = append(out, fmt.Sprintf("%s的%s（%d个）", e.Submission, c.ID, n))
		}
	}
	return out
}

// setPossibleRanks sets the ranks that a waiting entrant could reach, with its open points counted as 0 and as full.
func (m *scheme) setPossibleRanks(e *entrant, ranked []*entrant) {
	low, high := e.Lower, e.Upper+m.openPoints(e.Complete)
	best := e.rankAmong(ranked, high, func(o *entrant) float64 { return o.Lower })
	worst := e.rankAmong(ranked, low, func(o *entrant) float64 { return o.Upper })
	e.RankBest, e.RankWorst = table.Some(int32(best)), table.Some(int32(worst))
	e.Unranked = fmt.Sprintf("%s；可能的得分%.2f—%.2f分，排在第%d—%d名", e.Unranked, low, high, best, worst)
}

// setProposals sets what experts propose to deduct or reject. Only what the register decided is deducted.
func (m *scheme) setProposals(e *entrant, r table.Ruling) {
	var parts []string
	e.Deduction = r.Points
	for i, c := range m.criteria {
		var asked []float64
		for _, o := range e.marks[i].individual {
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
			e.Pending, e.proposedDeduction = true, table.Some(most)
		}
		parts = append(parts, words)
	}
	if e.Vetoes.V > 0 {
		words := fmt.Sprintf("%d名专家提议不予立项", e.Vetoes.V)
		if r.Reject.Valid {
			words += map[bool]string{true: "，登记不予立项（", false: "，登记予以保留（"}[r.Reject.V] + r.Document + "）"
		} else {
			e.Pending, e.rejectionProposed = true, true
		}
		parts = append(parts, words)
	}
	e.Proposals = text.Mask(strings.Join(parts, "；"))
}

// combine combines the marks for one point and records which were dropped. Of deductions it takes the largest.
func (p *panel) combine(x *combinedMark, deduction, trim bool) {
	if len(x.individual) == 0 {
		return
	}
	values := table.Each(x.individual, func(o expertMark) float64 { return o.value })
	x.ok, x.spread = true, deviation(values)
	if deduction {
		x.value = slices.Max(values)
		return
	}
	if x.trim = trim; p.trims(len(values), trim) {
		byValue := slices.Clone(x.individual)
		slices.SortStableFunc(byValue, func(a, b expertMark) int { return cmp.Compare(a.value, b.value) })
		for _, o := range []expertMark{byValue[0], byValue[len(byValue)-1]} {
			p.rows[o.row].Status = table.MarkDropped
		}
	}
	x.value = p.mean(values, trim)
}

// mean is the mean of marks, trimmed if the rubric says so. It sorts the values in place.
func (p *panel) mean(values []float64, trim bool) float64 {
	slices.Sort(values)
	if p.trims(len(values), trim) {
		values = values[1 : len(values)-1]
	}
	return sum(values) / float64(len(values))
}

// trims reports whether the highest and lowest of n marks are dropped. trim: all the ranked have enough marks.
func (p *panel) trims(n int, trim bool) bool {
	return trim && p.rules.Combine == templates.TrimmedMean && n >= p.rules.TrimFrom
}

// combineMarks combines all marks. They count once every ranked submission has enough of them for every point.
func (m *scheme) combineMarks(p *panel, entrants []*entrant) {
	for i, c := range m.criteria {
		few := func(e *entrant) bool { return e.Ranked && len(e.marks[i].individual) < p.rules.TrimFrom }
		trim := !slices.ContainsFunc(entrants, few)
		for _, e := range entrants {
			p.combine(&e.marks[i], c.Deduction, trim)
		}
	}
	p.estimateLeniency(m, entrants)
	ranked := false
	for _, e := range entrants {
		short := m.missingMarks(p, e)
		e.Complete = len(p.rows) > 0 && short == nil
		if ranked = ranked || e.Ranked; e.Ranked && len(p.rows) > 0 {
			p.missing = append(p.missing, short...)
		}
	}
	m.complete = ranked && len(p.rows) > 0 && len(p.missing) == 0
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

// estimateLeniency fits mark = quality at the point + leniency by least squares, the leniencies adding up to 0. It
// matters only where recusals make the sets of experts unequal among the ranked.
func (p *panel) estimateLeniency(m *scheme, entrants []*entrant) {
	n := len(p.experts)
	p.leniency = make([]table.Opt[float64], n)
	rows := make([][]float64, n) // normal equations with the qualities eliminated, the right side last
	for i := range rows {
		rows[i] = make([]float64, n+1)
	}
	recused := slices.ContainsFunc(p.rows, func(r table.Mark) bool { return r.Status == table.MarkConflict })
	for i, c := range m.criteria {
		sets := map[string]bool{}
		for _, e := range entrants {
			marked := bytes.Repeat([]byte{'0'}, n)
			if given := e.marks[i].individual; len(given) > 0 && !c.Deduction {
				addEquations(rows, given, marked)
			}
			if e.Ranked && c.takesMarks() && !c.Deduction {
				sets[string(marked)] = true
			}
		}
		p.unequal = p.unequal || recused && len(sets) > 1
	}
	for _, group := range connectedGroups(rows) {
		if len(group) > 1 {
			for k, x := range solveGroup(rows, group) {
				p.leniency[group[k]] = table.Some(x)
			}
		}
	}
}

// addEquations adds the marks for one point of one submission to the normal equations; marked gets their experts.
func addEquations(rows [][]float64, given []expertMark, marked []byte) {
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

// connectedGroups groups the experts who share points, directly or through others. Some groups are empty.
func connectedGroups(rows [][]float64) [][]int {
	least := make([]int, len(rows)) // the least index in each expert's group
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

// solveGroup solves one group by Gaussian elimination. The 1 added to all coefficients makes the unknowns add up to 0.
func solveGroup(rows [][]float64, group []int) []float64 {
	n := len(group)
	a := make([][]float64, n)
	for i, x := range group {
		for _, y := range group {
			a[i] = append(a[i], rows[x][y]+1)
		}
		a[i] = append(a[i], rows[x][len(rows)])
	}
	for i := range a { // the matrix is positive definite, so no pivoting is needed
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

func (p *panel) withoutLeniency(o expertMark, scale float64) float64 {
	return table.Rounded(min(max(o.value-p.leniency[o.expert].V, 0), scale))
}

// withMarks returns a copy with marks combined anew; resample appends what a single mark becomes, perhaps nothing or
// several. A point left without any keeps its mark. marks is a buffer.
func (e *entrant) withMarks(p *panel, marks []combinedMark, resample func([]float64, expertMark) []float64) *entrant {
	again := *e
	again.marks = marks
	copy(marks, e.marks)
	var values []float64
	for i, x := range e.marks {
		values = values[:0]
		for _, o := range x.individual {
			values = resample(values, o)
		}
		if len(values) > 0 {
			marks[i].value = p.mean(values, x.trim)
		}
	}
	return &again
}

// expertRows summarises each expert: marks asked for, given and missing; mean and leniency.
func (p *panel) expertRows() []table.Expert {
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
		x.Mean, x.Spread = meanAndDeviation(given)
		if k := slices.Index(p.experts, x.Expert); k >= 0 {
			x.Leniency = p.leniency[k]
		}
		out = append(out, x)
	}
	return out
}

// meanAndDeviation is the mean of the values and their sample standard deviation, absent where there are too few.
func meanAndDeviation(values []float64) (mean, deviates table.Opt[float64]) {
	n := len(values)
	return table.Known(sum(values)/float64(n), n > 0), table.Known(deviation(values), n > 1)
}

// assessments sums what each expert, and all together (Expert empty), give; and lists the disagreements.
func (p *panel) assessments(m *scheme, ranked []*entrant) (rows []table.Assessment, apart []table.Disagreement) {
	of, full := map[string][]table.Assessment{}, map[string]float64{}
	for _, c := range m.criteria {
		full[c.ID] = c.expertWeight
	}
	for _, own := range table.GroupBy(p.rows, func(r table.Mark) [2]string { return [2]string{r.Expert, r.Submission} }) {
		row := table.Assessment{Expert: own[0].Expert, Submission: own[0].Submission}
		for _, r := range own {
			row.Add(r, full[r.Point], m.markScale)
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
		all.Points, all.Spread = meanAndDeviation(totals)
		if fulls != nil {
			all.Full = sum(fulls) / float64(len(fulls))
		}
		rows, apart = append(rows, all), append(apart, p.disagreements(m, e)...)
	}
	slices.SortStableFunc(apart, func(a, b table.Disagreement) int {
		return cmp.Compare(table.Rounded(b.Stake), table.Rounded(a.Stake))
	})
	return rows, apart
}

// disagreements lists the points whose marks, less leniency, fall into different bands of the rubric.
func (p *panel) disagreements(m *scheme, e *entrant) []table.Disagreement {
	var out []table.Disagreement
	for i, c := range m.criteria {
		given := e.marks[i].individual
		if len(given) < 2 || c.Deduction {
			continue
		}
		fair := func(o expertMark) float64 { return p.withoutLeniency(o, m.markScale) }
		by := func(a, b expertMark) int { return cmp.Compare(fair(a), fair(b)) }
		low, high := slices.MinFunc(given, by), slices.MaxFunc(given, by)
		if p.rules.Band(fair(low)) != p.rules.Band(fair(high)) {
			out = append(out, table.Disagreement{Submission: e.Submission, Point: c.ID, Marks: int32(len(given)),
				Lowest: low.value, LowestBy: p.experts[low.expert], Highest: high.value, HighestBy: p.experts[high.expert],
				Spread: e.marks[i].spread, Stake: c.expertWeight * (fair(high) - fair(low)) / m.markScale})
		}
	}
	return out
}
