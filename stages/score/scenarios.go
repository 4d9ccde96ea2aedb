package score

import (
	"math"
	"slices"

	"lianheti/stages/table"
	"lianheti/templates"
)

// scenario is the ranked entrants' totals and places under one way to rank, in the order of ranked.
type scenario struct {
	id     string
	totals []float64
	places []int32
}

// scenarios ranks again with one thing changed at a time; each set of weights adds up to the same points.
func (m *scheme) scenarios(ranked []*entrant, ref reference, p *panel) []scenario {
	if len(ranked) == 0 {
		return nil
	}
	base := m.weights(m.complete)
	own := func(e *entrant) []point { return e.points }
	out := []scenario{m.try(templates.BaseScenario, ranked, base, own, total)}
	for _, s := range m.def.Rubric.Scenarios {
		weights, points, aggregate := base, own, total
		switch {
		case s.Experts != "":
			if !m.complete || !p.uneven {
				continue
			}
			levelled := func(values []float64, o opinion) []float64 { return append(values, p.fair(o, m.scale)) }
			points = func(e *entrant) []point { return m.points(e.withMarks(p, make([]marked, len(e.marks)), levelled)) }
		case s.Method != "":
			scales := m.scales(ref, s.Method)
			points = func(e *entrant) []point { return m.points(e.scaled(scales)) }
		case s.Basis == templates.BySize:
			points = func(e *entrant) []point { return m.points(e.against(m)) }
		case len(s.Parts) > 0:
			points = m.otherParts(s.Parts).points
		case s.Aggregation == templates.Geometric:
			aggregate = geometric
		default:
			weights = m.reweighed(s.Weights, ranked)
		}
		tried := m.try(s.ID, ranked, weights, points, aggregate)
		for i, e := range ranked {
			widen(&e.MethodBest, &e.MethodWorst, tried.places[i])
		}
		out = append(out, tried)
	}
	for i, c := range m.criteria {
		if base[i] == 0 {
			continue
		}
		weights := slices.Clone(base)
		weights[i] = 0
		tried := m.try(templates.WithoutScenario+c.ID, ranked, adjusted(weights, sum(base)), own, total)
		for j, e := range ranked {
			widen(&e.LeaveBest, &e.LeaveWorst, tried.places[j])
		}
		out = append(out, tried)
	}
	return out
}

// rescale ranks on scales laid without one submission after the other of those around the line; all stay ranked.
func (m *scheme) rescale(ranked []*entrant, ref reference, k int) {
	weights := m.weights(m.complete)
	for _, out := range m.near(ranked, k) {
		if len(ranked) < 2 {
			continue
		}
		scales := m.scales(ref.without(out.Submission), "")
		tried := m.try("", ranked, weights, func(e *entrant) []point { return m.points(e.scaled(scales)) }, total)
		for i, e := range ranked {
			widen(&e.ScaleBest, &e.ScaleWorst, tried.places[i])
		}
	}
}

func (r reference) without(id string) reference {
	return reference{sets: table.Each(r.sets, func(set []standard) []standard {
		return table.Where(slices.Values(set), func(x standard) bool { return x.submission != id })
	})}
}

// near are those whose places are around the line after the first k.
func (m *scheme) near(ranked []*entrant, k int) []*entrant {
	first, last := m.def.Rubric.Robustness.Window(k)
	return table.Where(slices.Values(ranked), func(e *entrant) bool { return int(e.Rank.V) >= first && e.inside(last) })
}

func (m *scheme) try(id string, ranked []*entrant, weights []float64, points func(*entrant) []point,
	aggregate func([]float64, []point) float64) scenario {
	s := scenario{id, make([]float64, len(ranked)), make([]int32, len(ranked))}
	for i, e := range ranked {
		s.totals[i] = aggregate(weights, points(e)) - e.Deduction.V
	}
	place(slices.Clone(s.totals), make([]float64, len(ranked)), s.places)
	return s
}

func (e *entrant) scaled(scales []scale) *entrant {
	return e.withMeasures(func(at int, x *measure) { x.normalised = scales[at].of(*x) })
}

// adjusted are weights in the same proportions that add up to a sum.
func adjusted(weights []float64, to float64) []float64 {
	all := sum(weights)
	if all == 0 {
		return make([]float64, len(weights))
	}
	return table.Each(weights, func(w float64) float64 { return w * (to / all) })
}

func (m *scheme) reweighed(kind string, ranked []*entrant) []float64 {
	weights, base := make([]float64, len(m.criteria)), m.weights(m.complete)
	var columns [][]float64 // of the points that can bring something
	members := map[*templates.Indicator]float64{}
	for i, c := range m.criteria {
		if base[i] > 0 {
			columns = append(columns, values(ranked, i))
		}
		if c.weight > 0 {
			members[c.Indicator]++
		}
	}
	made := entropy
	if kind == templates.WeightsByPCA {
		made = principal
	}
	others := made(columns)
	for i, c := range m.criteria {
		switch {
		case kind == templates.WeightsByIndicator && c.weight > 0:
			weights[i] = 1 / members[c.Indicator] * (base[i] / c.weight)
		case kind != templates.WeightsByIndicator && base[i] > 0:
			weights[i], others = others[0], others[1:]
		}
	}
	if sum(weights) == 0 { // the data tell nothing apart
		return base
	}
	return adjusted(weights, sum(base))
}

// values lists a point's value of each entrant; the mean of the others' stands for one that is not there.
func values(ranked []*entrant, i int) []float64 {
	out, all, n := make([]float64, len(ranked)), 0.0, 0.0
	for j, e := range ranked {
		if out[j] = e.points[i].value; e.points[i].present > 0 {
			all += out[j]
			n++
		}
	}
	for j, e := range ranked {
		if e.points[i].present == 0 && n > 0 {
			out[j] = all / n
		}
	}
	return out
}

// entropy weighs each column by 1 − the entropy of its shares, relative to the greatest: what differs more weighs more.
func entropy(columns [][]float64) []float64 {
	out := make([]float64, len(columns))
	for k, column := range columns {
		all := sum(column)
		if all == 0 || len(column) < 2 {
			continue
		}
		h := 0.0
		for _, v := range column {
			if v > 0 {
				h -= float64(v / all * math.Log(v/all))
			}
		}
		out[k] = max(0, 1-h/math.Log(float64(len(column))))
	}
	return out
}

// principal weighs each column by its squared loading on the first principal component of the correlations.
func principal(columns [][]float64) []float64 {
	n := len(columns)
	correlations := table.Each(columns, func(a []float64) []float64 {
		return table.Each(columns, func(b []float64) float64 { return correlation(a, b) })
	})
	loadings := slices.Repeat([]float64{1 / math.Sqrt(float64(n))}, n)
	const rounds = 1000
	for range rounds {
		next := table.Each(correlations, func(row []float64) float64 { return product(row, loadings) })
		length := math.Sqrt(product(next, next))
		if length == 0 {
			return next
		}
		for i := range next {
			loadings[i] = next[i] / length
		}
	}
	return table.Each(loadings, func(v float64) float64 { return v * v })
}

func product(a, b []float64) (sum float64) {
	for i := range a {
		sum += float64(a[i] * b[i])
	}
	return sum
}

func correlation(a, b []float64) float64 {
	spread := deviation(a) * deviation(b)
	if spread == 0 {
		return 0
	}
	return covariance(a, b) / spread
}

// covariance is that of the sample; 0 of fewer than two pairs.
func covariance(a, b []float64) float64 {
	n := float64(len(a))
	if n < 2 {
		return 0
	}
	meanA, meanB, products := sum(a)/n, sum(b)/n, 0.0
	for i := range a {
		products += float64((a[i] - meanA) * (b[i] - meanB))
	}
	return products / (n - 1)
}

// scenarioRows writes the scenarios of the ranked, each in the order of the ranking.
func scenarioRows(ranked []*entrant, scenarios []scenario) (rows []table.Scenario) {
	order := make([]int, len(ranked))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return byRank(ranked[a], ranked[b]) })
	for _, s := range scenarios {
		for _, i := range order {
			rows = append(rows, table.Scenario{Scenario: s.id, Submission: ranked[i].Submission,
				Total: s.totals[i], Rank: s.places[i]})
		}
	}
	return rows
}

// influence gives each point's nominal share and its share of the variance of the totals.
func (m *scheme) influence(ranked []*entrant) (rows []table.Influence) {
	weights := m.weights(m.complete)
	all := sum(weights)
	totals := table.Each(ranked, func(e *entrant) float64 { return total(weights, e.points) })
	variance := covariance(totals, totals)
	for i, c := range m.criteria {
		if c.Deduction {
			continue
		}
		row := table.Influence{Point: c.ID, Nominal: weights[i] / all}
		value := values(ranked, i)
		brought := table.Each(ranked, func(e *entrant) float64 { return weights[i] * e.contribution(i) })
		row.Deviation = table.Known(deviation(value), len(ranked) > 1 && weights[i] > 0)
		row.Effective = table.Known(covariance(brought, totals)/variance, variance > 0)
		r := correlation(value, totals)
		row.R2 = table.Known(r*r, variance > 0 && row.Deviation.V > 0)
		rows = append(rows, row)
	}
	return rows
}
