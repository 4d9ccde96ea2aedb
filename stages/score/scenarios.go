package score

import (
	"cmp"
	"math"
	"slices"

	"lianheti/stages/table"
	"lianheti/templates"
)

// scenario is the totals and ranks of the ranked entrants under one alternative method, in the order of ranked.
type scenario struct {
	id     string
	totals []float64
	ranks  []int32
}

// scenarios ranks again with one choice changed at a time. All sets of weights have the same sum.
func (m *scheme) scenarios(ranked []*entrant, ref reference, p *panel) []scenario {
	if len(ranked) == 0 {
		return nil
	}
	base := m.weights(m.complete)
	unchanged := func(e *entrant) []pointScore { return e.points }
	out := []scenario{m.newScenario(templates.BaseScenario, ranked, base, unchanged, weightedTotal)}
	for _, s := range m.def.Rubric().Scenarios {
		weights, points, aggregate := base, unchanged, weightedTotal
		switch {
		case s.Experts != "":
			if !m.complete || !p.unequal {
				continue
			}
			levelled := func(values []float64, o expertMark) []float64 {
				return append(values, p.withoutLeniency(o, m.markScale))
			}
			points = func(e *entrant) []pointScore {
				return m.scorePoints(e.withMarks(p, make([]combinedMark, len(e.marks)), levelled))
			}
		case s.Method != "":
			points = m.pointsOn(m.newScales(ref, s.Method))
		case s.Basis == templates.BySize:
			points = func(e *entrant) []pointScore { return m.scorePoints(e.onBases(m)) }
		case len(s.Parts) > 0:
			points = m.withParts(s.Parts).scorePoints
		case s.Aggregation == templates.Geometric:
			aggregate = geometricTotal
		default:
			weights = m.scenarioWeights(s.Weights, ranked)
		}
		tried := m.newScenario(s.ID, ranked, weights, points, aggregate)
		for i, e := range ranked {
			widenRange(&e.MethodBest, &e.MethodWorst, tried.ranks[i])
		}
		out = append(out, tried)
	}
	for i, c := range m.criteria {
		if base[i] == 0 {
			continue
		}
		weights := slices.Clone(base)
		weights[i] = 0
		weights = scaledToSum(weights, sum(base))
		tried := m.newScenario(templates.WithoutScenario+c.ID, ranked, weights, unchanged, weightedTotal)
		for j, e := range ranked {
			widenRange(&e.LeaveBest, &e.LeaveWorst, tried.ranks[j])
		}
		out = append(out, tried)
	}
	return out
}

// leaveOneOut ranks on scales computed without one submission, for each around the line; all stay ranked.
func (m *scheme) leaveOneOut(ranked []*entrant, ref reference, k int) {
	weights := m.weights(m.complete)
	ref = ref.ascending() // once, not for each submission
	for _, out := range m.aroundLine(ranked, k) {
		if len(ranked) < 2 {
			continue
		}
		points := m.pointsOn(m.newScales(ref.without(out.Submission), ""))
		tried := m.newScenario("", ranked, weights, points, weightedTotal)
		for i, e := range ranked {
			widenRange(&e.ScaleBest, &e.ScaleWorst, tried.ranks[i])
		}
	}
}

func (r reference) ascending() reference {
	return reference{sets: table.Each(r.sets, func(set []referenceValue) []referenceValue {
		byValue := func(a, b referenceValue) int { return cmp.Compare(a.value.V, b.value.V) }
		return slices.SortedFunc(slices.Values(set), byValue)
	})}
}

func (r reference) without(id string) reference {
	return reference{sets: table.Each(r.sets, func(set []referenceValue) []referenceValue {
		return table.Where(slices.Values(set), func(x referenceValue) bool { return x.submission != id })
	})}
}

// aroundLine returns the entrants whose ranks are around the line after the first k.
func (m *scheme) aroundLine(ranked []*entrant, k int) []*entrant {
	first, last := m.def.Rubric().Robustness.Window(k)
	return table.Where(slices.Values(ranked), func(e *entrant) bool { return int(e.Rank.V) >= first && e.inside(last) })
}

func (m *scheme) newScenario(id string, ranked []*entrant, weights []float64, points func(*entrant) []pointScore,
	aggregate func([]float64, []pointScore) float64) scenario {
	s := scenario{id, make([]float64, len(ranked)), make([]int32, len(ranked))}
	for i, e := range ranked {
		s.totals[i] = aggregate(weights, points(e)) - e.Deduction.V
	}
	rankTotals(slices.Clone(s.totals), make([]float64, len(ranked)), s.ranks)
	return s
}

// pointsOn returns a function that scores one entrant after the other on other scales.
func (m *scheme) pointsOn(scales []scale) func(e *entrant) []pointScore {
	var measures []measurement
	return func(e *entrant) []pointScore {
		rescaled := *e
		measures = append(measures[:0], e.measures...)
		for at := range measures {
			measures[at].normalised = scales[at].normalise(measures[at])
		}
		rescaled.measures = measures
		return m.scorePoints(&rescaled)
	}
}

func scaledToSum(weights []float64, to float64) []float64 {
	all := sum(weights)
	if all == 0 {
		return make([]float64, len(weights))
	}
	return table.Each(weights, func(w float64) float64 { return w * (to / all) })
}

func (m *scheme) scenarioWeights(kind string, ranked []*entrant) []float64 {
	weights, base := make([]float64, len(m.criteria)), m.weights(m.complete)
	var columns [][]float64 // values of the points that can earn something
	members := map[*templates.Indicator]float64{}
	for i, c := range m.criteria {
		if base[i] > 0 {
			columns = append(columns, pointValues(ranked, i))
		}
		if c.weight > 0 {
			members[c.Indicator]++
		}
	}
	fromColumns := table.Either(kind == templates.WeightsByPCA, pcaWeights, entropyWeights)
	others := fromColumns(columns)
	for i, c := range m.criteria {
		switch {
		case kind == templates.WeightsByIndicator && c.weight > 0:
			weights[i] = 1 / members[c.Indicator] * (base[i] / c.weight)
		case kind != templates.WeightsByIndicator && base[i] > 0:
			weights[i], others = others[0], others[1:]
		}
	}
	if sum(weights) == 0 { // the values do not differ
		return base
	}
	return scaledToSum(weights, sum(base))
}

// pointValues returns a point's value of each entrant. A missing value is replaced by the mean of the others.
func pointValues(ranked []*entrant, i int) []float64 {
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

// entropyWeights weighs each column by 1 − the entropy of its shares, relative to the greatest possible.
func entropyWeights(columns [][]float64) []float64 {
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

// pcaWeights weighs each column by its squared loading on the first principal component of the correlation matrix.
func pcaWeights(columns [][]float64) []float64 {
	n := len(columns)
	correlations := table.Each(columns, func(a []float64) []float64 {
		return table.Each(columns, func(b []float64) float64 { return correlation(a, b) })
	})
	loadings := slices.Repeat([]float64{1 / math.Sqrt(float64(n))}, n)
	const rounds = 1000
	for range rounds {
		next := table.Each(correlations, func(row []float64) float64 { return dotProduct(row, loadings) })
		length := math.Sqrt(dotProduct(next, next))
		if length == 0 {
			return next
		}
		for i := range next {
			loadings[i] = next[i] / length
		}
	}
	return table.Each(loadings, func(v float64) float64 { return v * v })
}

func dotProduct(a, b []float64) (sum float64) {
	for i := range a {
		sum += float64(a[i] * b[i])
	}
	return sum
}

func correlation(a, b []float64) float64 {
	spread := deviation(a) * deviation(b)
	return table.Either(spread == 0, 0, covariance(a, b)/spread)
}

// covariance is the sample covariance; 0 of fewer than two pairs.
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

// scenarioRows lists the results of the scenarios, each in the order of the ranking.
func scenarioRows(ranked []*entrant, scenarios []scenario) (rows []table.Scenario) {
	order := make([]int, len(ranked))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return byRank(ranked[a], ranked[b]) })
	for _, s := range scenarios {
		for _, i := range order {
			rows = append(rows, table.Scenario{Scenario: s.id, Submission: ranked[i].Submission,
				Total: s.totals[i], Rank: s.ranks[i]})
		}
	}
	return rows
}

// influence computes each point's nominal weight and its share of the variance of the totals.
func (m *scheme) influence(ranked []*entrant) (rows []table.Influence) {
	weights := m.weights(m.complete)
	all := sum(weights)
	totals := table.Each(ranked, func(e *entrant) float64 { return weightedTotal(weights, e.points) })
	variance := covariance(totals, totals)
	for i, c := range m.criteria {
		if c.Deduction {
			continue
		}
		row := table.Influence{Point: c.ID, Nominal: weights[i] / all}
		value := pointValues(ranked, i)
		brought := table.Each(ranked, func(e *entrant) float64 { return weights[i] * e.contribution(i) })
		row.Deviation = table.Known(deviation(value), len(ranked) > 1 && weights[i] > 0)
		row.Effective = table.Known(covariance(brought, totals)/variance, variance > 0)
		r := correlation(value, totals)
		row.R2 = table.Known(r*r, variance > 0 && row.Deviation.V > 0)
		rows = append(rows, row)
	}
	return rows
}
