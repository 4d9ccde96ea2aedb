package score

import (
	"cmp"
	"math"
	"slices"

	"lianheti/stages/table"
	"lianheti/stages/workers"
)

// widen lets a range of ranks include another.
func widen(best, worst *table.Opt[int32], rank int32) {
	if !best.Valid || rank < best.V {
		*best = table.Some(rank)
	}
	*worst = table.Some(max(worst.V, rank))
}

// place is 1 + how many of the others have more than it with this total, to ten decimals.
func (e *entrant) place(others []*entrant, with float64, total func(*entrant) float64) int {
	place := 1
	for _, o := range others {
		if o != e && round10(total(o)) > round10(with) {
			place++
		}
	}
	return place
}

// rank gives the places by total, to ten decimals; best and worst are those of the upper and lower bounds.
func rank(ranked []*entrant) []*entrant {
	totals, lower, upper := make([]float64, len(ranked)), make([]float64, len(ranked)), make([]float64, len(ranked))
	for i, e := range ranked {
		totals[i], lower[i], upper[i] = e.Total, round10(e.Lower), round10(e.Upper)
	}
	places := make([]int32, len(ranked))
	place(totals, make([]float64, len(ranked)), places)
	holders := map[int32]int{}
	for _, p := range places {
		holders[p]++
	}
	slices.Sort(lower)
	slices.Sort(upper)
	for i, e := range ranked {
		e.Rank, e.sharing = table.Some(places[i]), holders[places[i]]
		e.Tied = e.sharing > 1
		low, high := round10(e.Lower), round10(e.Upper)
		best, worst := 1+len(ranked)-above(lower, high), 1+len(ranked)-above(upper, low)
		if high > low {
			worst-- // oneself
		}
		e.RankBest, e.RankWorst = table.Some(int32(best)), table.Some(int32(worst))
	}
	return ranked
}

// place writes the rank of each total. It rounds the totals in place; sorted is room to work in.
func place(totals, sorted []float64, places []int32) {
	for i := range totals {
		totals[i] = round10(totals[i])
	}
	copy(sorted, totals)
	slices.Sort(sorted)
	for i, t := range totals {
		places[i] = int32(1 + len(sorted) - above(sorted, t))
	}
}

// round10 rounds to ten decimals, as ROUND(x, 10) does.
func round10(x float64) float64 { return math.Round(x*1e10) / 1e10 }

// robustness ranks again under drawn weights and experts, and gives the number of draws, within the budget.
func (m *scheme) robustness(ranked []*entrant, p *panel, o Options) int {
	n := len(ranked)
	if n == 0 {
		return 0
	}
	draws := min(o.Draws, m.def.Rubric.Robustness.Budget/n)
	if draws == 0 {
		return 0
	}
	weights := m.draw(m.def.Rubric.Robustness.Seed, draws)
	ranks := rankings(n, draws, o.Workers, func(d int, totals []float64) {
		for i, e := range ranked {
			totals[i] = total(weights[d], e.points) - e.Deduction.V
		}
	})
	for i, e := range ranked {
		e.RankLow, e.RankHigh = interval(column(ranks, n, i))
	}
	if m.complete {
		m.resample(ranked, p, weights, o)
	}
	return draws
}

// rankings ranks n entrants draw by draw; fill writes their totals under one draw.
func rankings(n, draws, atOnce int, fill func(draw int, totals []float64)) []int32 {
	ranks := make([]int32, draws*n)
	const block = 256
	blocks := func(yield func(from int) bool) {
		for from := 0; from < draws && yield(from); from += block {
		}
	}
	_ = workers.Each(atOnce, blocks, func(from int) error { // no block fails
		totals, sorted := make([]float64, n), make([]float64, n)
		for d := from; d < min(from+block, draws); d++ {
			fill(d, totals)
			place(totals, sorted, ranks[d*n:(d+1)*n])
		}
		return nil
	})
	return ranks
}

// column gives one entrant's ranks over the draws, ascending.
func column(ranks []int32, n, i int) []int32 {
	own := make([]int32, len(ranks)/n)
	for d := range own {
		own[d] = ranks[d*n+i]
	}
	slices.Sort(own)
	return own
}

func interval(ascending []int32) (low, high table.Opt[int32]) {
	return table.Some(quantile(ascending, 5)), table.Some(quantile(ascending, 95))
}

// quantile is the nearest-rank quantile: the least value that at least that many per cent do not exceed.
func quantile(ascending []int32, percent int) int32 {
	return ascending[(len(ascending)*percent+99)/100-1]
}

// resample ranks again under as many experts drawn with replacement (bootstrap, SplitMix64 from the seed + 1), alone
// and with the drawn weights, which gives the chances. A point that none of the drawn marked keeps its mark.
func (m *scheme) resample(ranked []*entrant, p *panel, drawn [][]float64, o Options) {
	n, experts, draws := len(ranked), len(p.experts), len(drawn)
	random := stream(m.def.Rubric.Robustness.Seed + 1)
	times := make([][]int, draws) // how often each expert was drawn
	for d := range times {
		times[d] = make([]int, experts)
		for range experts {
			times[d][random.index(experts)]++
		}
	}
	weights, joint := m.weights(m.complete), make([]float64, draws*n)
	ranks := rankings(n, draws, o.Workers, func(d int, totals []float64) {
		points, marks := make([]point, len(m.criteria)), make([]marked, len(m.criteria))
		for i, e := range ranked {
			copy(points, e.points)
			again := e.withMarks(p, marks, func(values []float64, o opinion) []float64 {
				for range times[d][o.expert] {
					values = append(values, o.value)
				}
				return values
			})
			for k, c := range m.criteria {
				if c.expertShare(e.Complete) > 0 {
					points[k] = m.point(again, k)
				}
			}
			totals[i] = total(weights, points) - e.Deduction.V
			joint[d*n+i] = total(drawn[d], points) - e.Deduction.V
		}
	})
	together := rankings(n, draws, o.Workers, func(d int, totals []float64) { copy(totals, joint[d*n:]) })
	for i, e := range ranked {
		e.ExpertLow, e.ExpertHigh = interval(column(ranks, n, i))
		own := column(together, n, i)
		chance := func(k int) table.Opt[float64] {
			n, _ := slices.BinarySearch(own, int32(k+1))
			return table.Some(float64(n) / float64(draws))
		}
		e.First3, e.First4, e.First5, e.FirstK = chance(3), chance(4), chance(5), chance(o.Select)
	}
}

// byRank orders the ranked by their places, then the others; ties by id.
func byRank(a, b *entrant) int {
	if a.Ranked != b.Ranked {
		if a.Ranked {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.Rank.V, b.Rank.V), cmp.Compare(a.submission.Submission, b.submission.Submission))
}

// draw gives weights of the criteria draw by draw: Dirichlet around the rubric's, with the concentration at which a
// weight of average size has the rubric's spread as its relative standard deviation. All weighted points are drawn, so
// that the same draws serve once the marks are there. One stream makes all draws before any is used: the number of
// workers can't matter. Anybody can make them again (testdata/recompute.py does):
//
//	points with weight w > 0 in the rubric's order, K of them, S the sum of w
//	concentration A = (K − 1) / spread² − 1;  shape of a point a = w / S · A
//	for each draw: g = gamma(a) for each point, in order; the drawn weight is g / Σg · S
//	stream: SplitMix64 from the seed; a uniform number is the upper 53 bits / 2⁵³
//	normal: Marsaglia's polar method, the first of the two numbers
//	gamma: Marsaglia and Tsang (2000)
func (m *scheme) draw(seed uint64, draws int) [][]float64 {
	random, shapes, base := stream(seed), m.shapes(), m.heaviest()
	out := make([][]float64, draws)
	for d := range out {
		weights := make([]float64, len(m.criteria))
		for i, a := range shapes {
			if a > 0 {
				weights[i] = random.gamma(a)
			}
		}
		drawn := sum(weights)
		for i, c := range m.criteria {
			if c.weight > 0 {
				weights[i] = weights[i] / drawn * base * (c.earn(m.complete) / c.weight)
			}
		}
		out[d] = weights
	}
	return out
}

// shapes are the Dirichlet parameters a = s·A of the shares s, which have the variance s(1−s)/(A+1).
func (m *scheme) shapes() []float64 {
	spread, k := m.def.Rubric.Robustness.Spread.InexactFloat64(), 0.0
	for _, c := range m.criteria {
		if c.weight > 0 {
			k++
		}
	}
	concentration := (k-1)/(spread*spread) - 1
	return table.Each(m.criteria, func(c criterion) float64 { return c.weight / m.heaviest() * concentration })
}

// stream is SplitMix64 (Steele, Lea and Flood 2014): a few lines in any language, so that others can draw the same.
type stream uint64

func (s *stream) next() uint64 {
	*s += 0x9E3779B97F4A7C15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// uniform is in [0, 1).
func (s *stream) uniform() float64 { return float64(s.next()>>11) / (1 << 53) }

// index is below n, which is far smaller than 2⁵³.
func (s *stream) index(n int) int { return int(s.uniform() * float64(n)) }

// normal is Marsaglia's polar method; the second number of each pair is not used.
func (s *stream) normal() float64 {
	for {
		u, v := 2*s.uniform()-1, 2*s.uniform()-1
		q := float64(u*u) + float64(v*v)
		if q > 0 && q < 1 {
			return u * math.Sqrt(-2*math.Log(q)/q)
		}
	}
}

// gamma draws from the gamma distribution of the shape a and scale 1, by Marsaglia and Tsang (2000).
func (s *stream) gamma(a float64) float64 {
	if a < 1 {
		g := s.gamma(a + 1)
		return g * math.Pow(1-s.uniform(), 1/a)
	}
	d := a - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := s.normal()
		v := 1 + float64(c*x)
		if v <= 0 {
			continue
		}
		v = v * v * v
		u := 1 - s.uniform() // never 0
		if math.Log(u) < float64(x*x/2)+d-float64(d*v)+float64(d*math.Log(v)) {
			return v * d
		}
	}
}
