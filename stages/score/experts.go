package score

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"lianheti/stages/table"
)

// fit takes the marks apart into what is marked, a point of a submission, and who marks: mark = point + leniency, by least squares, the
// leniencies adding up to 0. Only so are experts comparable who marked different submissions. Who shares no point with anybody has none.
// It also finds whether recusals make the sets of experts differ among the ranked: only there leniency could decide anything.
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

// solve gives the unknowns of one group by elimination; that they add up to 0 takes the place of what the equations leave open.
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

// fair is a mark without the expert's leniency.
func (p *panel) fair(o opinion, scale float64) float64 {
	return round10(min(max(o.value-p.leniency[o.expert].V, 0), scale))
}

// withMarks is the entrant with what an expert says put otherwise, or several times, or not at all; where nothing is left the mark stays as it
// is. marks is room for the marks.
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
	for _, own := range table.Grouped(p.rows, func(r table.Mark) string { return r.Expert }) {
		x := table.Expert{Expert: own[0].Expert, File: own[0].File}
		var lacking []string
		var given []float64
		for _, r := range own {
			if r.Kind == table.MarkVeto {
				continue
			}
			x.Asked++
			switch r.Status {
			case table.MarkCounted, table.MarkDropped:
				x.Counted++
				if r.Kind == table.MarkPoint {
					given = append(given, r.Value.V)
				}
				continue
			case table.MarkConflict:
				x.Conflicts++
				continue
			case table.MarkUnfilled:
				x.Unfilled++
			default:
				x.Invalid++
			}
			lacking = append(lacking, r.Submission+" "+r.Point)
		}
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
	if len(values) > 0 {
		mean = table.Some(sum(values) / float64(len(values)))
	}
	if len(values) > 1 {
		deviates = table.Some(deviation(values))
	}
	return mean, deviates
}

// matrix is what each expert gives each submission, and what all together give each of the ranked, its Expert empty; then where
// experts disagree, what moves totals most first.
func (p *panel) matrix(m *scheme, ranked []*entrant) (rows []table.Assessment, apart []table.Disagreement) {
	of, full := map[string][]table.Assessment{}, map[string]float64{}
	for _, c := range m.criteria {
		full[c.ID] = c.open
	}
	for _, own := range table.Grouped(p.rows, func(r table.Mark) [2]string { return [2]string{r.Expert, r.Submission} }) {
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
	slices.SortStableFunc(apart, func(a, b table.Disagreement) int { return cmp.Compare(round10(b.Stake), round10(a.Stake)) })
	return rows, apart
}

// disagreements lists the points of one submission whose marks, each expert's leniency taken off, fall into different bands of the rubric:
// what the experts say of the same material is not the same.
func (p *panel) disagreements(m *scheme, e *entrant) []table.Disagreement {
	var out []table.Disagreement
	for i, c := range m.criteria {
		if given := e.marks[i].opinions; len(given) > 1 && !c.Deduction {
			fair := func(o opinion) float64 { return p.fair(o, m.scale) }
			by := func(a, b opinion) int { return cmp.Compare(fair(a), fair(b)) }
			low, high := slices.MinFunc(given, by), slices.MaxFunc(given, by)
			if p.combined.Band(fair(low)) == p.combined.Band(fair(high)) {
				continue
			}
			out = append(out, table.Disagreement{Submission: e.Submission, Point: c.ID,
				Marks: int32(len(given)), Lowest: low.value, LowestBy: p.experts[low.expert], Highest: high.value, HighestBy: p.experts[high.expert],
				Spread: e.marks[i].spread, Stake: c.open * (fair(high) - fair(low)) / m.scale})
		}
	}
	return out
}
