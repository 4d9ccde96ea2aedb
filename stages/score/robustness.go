package score

import (
	"cmp"
	"math"
	"slices"

	"lianheti/stages/table"
	"lianheti/stages/workers"
)

// widenRange extends a range of ranks to include rank.
func widenRange(best, worst *table.Opt[int32], rank int32) {
	if !best.Valid || rank < best.V {
		*best = table.Some(rank)
	}
	*worst = table.Some(max(worst.V, rank))
}

// rankAmong is the entrant's rank with this total: 1 + how many others have more, to ten decimals.
func (e *entrant) rankAmong(others []*entrant, with float64, total func(*entrant) float64) int {
	place := 1
	for _, o := range others {
		if o != e && table.Rounded(total(o)) > table.Rounded(with) {
			place++
		}
	}
	return place
}

// assignRanks sets the ranks by total, to ten decimals, and the best and worst ranks that the bounds allow.
func assignRanks(ranked []*entrant) {
	totals, lower, upper := make([]float64, len(ranked)), make([]float64, len(ranked)), make([]float64, len(ranked))
	for i, e := range ranked {
		totals[i], lower[i], upper[i] = e.Total, table.Rounded(e.Lower), table.Rounded(e.Upper)
	}
	places := make([]int32, len(ranked))
	rankTotals(totals, make([]float64, len(ranked)), places)
	holders := map[int32]int{}
	for _, p := range places {
		holders[p]++
	}
	slices.Sort(lower)
	slices.Sort(upper)
	for i, e := range ranked {
		e.Rank, e.tieSize = table.Some(places[i]), holders[places[i]]
		e.Tied = e.tieSize > 1
		low, high := table.Rounded(e.Lower), table.Rounded(e.Upper)
		best, worst := 1+len(ranked)-upperBound(lower, high), 1+len(ranked)-upperBound(upper, low)
		if high > low {
			worst-- // the entrant itself
		}
		e.RankBest, e.RankWorst = table.Some(int32(best)), table.Some(int32(worst))
	}
}

// rankTotals writes the rank of each total. It rounds the totals in place; sorted is a buffer.
func rankTotals(totals, sorted []float64, places []int32) {
	for i := range totals {
		totals[i] = table.Rounded(totals[i])
	}
	copy(sorted, totals)
	slices.Sort(sorted)
	for i, t := range totals {
		places[i] = int32(1 + len(sorted) - upperBound(sorted, t))
	}
}

// robustness ranks under drawn weights and bootstrapped experts. It returns the number of draws, limited by the budget.
func (m *scheme) robustness(ranked []*entrant, p *panel, o Options) int {
	n := len(ranked)
	if n == 0 {
		return 0
	}
	draws := min(o.Draws, m.def.Rubric().Robustness.Budget/n)
	if draws == 0 {
		return 0
	}
	weights := m.drawWeights(m.def.Rubric().Robustness.Seed, draws)
	ranks := rankDraws(n, draws, o.Workers, func(d int, totals []float64) {
		for i, e := range ranked {
			totals[i] = weightedTotal(weights[d], e.points) - e.Deduction.V
		}
	})
	for i, e := range ranked {
		e.RankLow, e.RankHigh = interval90(ranksOf(ranks, n, i))
	}
	if m.complete {
		m.bootstrapExperts(ranked, p, weights, o)
	}
	return draws
}

// rankDraws ranks n entrants in each draw; fill writes their totals in one draw. The result has n ranks per draw.
func rankDraws(n, draws, atOnce int, fill func(draw int, totals []float64)) []int32 {
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
			rankTotals(totals, sorted, ranks[d*n:(d+1)*n])
		}
		return nil
	})
	return ranks
}

// ranksOf returns the ranks of the i-th entrant in all draws, ascending.
func ranksOf(ranks []int32, n, i int) []int32 {
	own := make([]int32, len(ranks)/n)
	for d := range own {
		own[d] = ranks[d*n+i]
	}
	slices.Sort(own)
	return own
}

// interval90 is the interval from the 5 % to the 95 % quantile.
func interval90(ascending []int32) (low, high table.Opt[int32]) {
	return table.Some(quantile(ascending, 5)), table.Some(quantile(ascending, 95))
}

// quantile is the nearest-rank quantile: the least value that at least that many per cent do not exceed.
func quantile(ascending []int32, percent int) int32 {
	return ascending[(len(ascending)*percent+99)/100-1]
}

// bootstrapExperts ranks under experts drawn with replacement (SplitMix64 from the seed + 1): with the rubric's
// weights, and with the drawn ones for the chances of selection. A point that no drawn expert marked keeps its mark.
func (m *scheme) bootstrapExperts(ranked []*entrant, p *panel, drawn [][]float64, o Options) {
	n, experts, draws := len(ranked), len(p.experts), len(drawn)
	random := splitMix64(m.def.Rubric().Robustness.Seed + 1)
	times := make([][]int, draws) // how often each expert was drawn
	for d := range times {
		times[d] = make([]int, experts)
		for range experts {
			times[d][random.index(experts)]++
		}
	}
	weights, joint := m.weights(m.complete), make([]float64, draws*n)
	ranks := rankDraws(n, draws, o.Workers, func(d int, totals []float64) {
		points, marks := make([]pointScore, len(m.criteria)), make([]combinedMark, len(m.criteria))
		for i, e := range ranked {
			copy(points, e.points)
			again := e.withMarks(p, marks, func(values []float64, o expertMark) []float64 {
				for range times[d][o.expert] {
					values = append(values, o.value)
				}
				return values
			})
			for k, c := range m.criteria {
				if c.expertShare(e.Complete) > 0 {
					points[k] = m.scorePoint(again, k)
				}
			}
			totals[i] = weightedTotal(weights, points) - e.Deduction.V
			joint[d*n+i] = weightedTotal(drawn[d], points) - e.Deduction.V
		}
	})
	together := rankDraws(n, draws, o.Workers, func(d int, totals []float64) { copy(totals, joint[d*n:]) })
	for i, e := range ranked {
		e.ExpertLow, e.ExpertHigh = interval90(ranksOf(ranks, n, i))
		own := ranksOf(together, n, i)
		chance := func(k int) table.Opt[float64] {
			n, _ := slices.BinarySearch(own, int32(k+1))
			return table.Some(float64(n) / float64(draws))
		}
		e.First3, e.First4, e.First5, e.FirstK = chance(3), chance(4), chance(5), chance(o.Select)
	}
}

// byRank compares by rank, the unranked last; ties by id.
func byRank(a, b *entrant) int {
	if a.Ranked != b.Ranked {
		return table.Either(a.Ranked, -1, 1)
	}
	return cmp.Or(cmp.Compare(a.Rank.V, b.Rank.V), cmp.Compare(a.submission.Submission, b.submission.Submission))
}

// drawWeights draws the weights of the criteria from a Dirichlet distribution around the rubric's. Its concentration
// gives a weight of average size the rubric's spread as its relative standard deviation. All weighted points are drawn,
// so that the draws are the same before and after the marks arrive. One stream makes all draws in advance, so the
// number of workers can't change them. They can be reproduced (testdata/recompute.py does):
//
//	points with weight w > 0 in the rubric's order, K of them, S the sum of w
//	concentration A = (K − 1) / spread² − 1;  shape of a point a = w / S · A
//	for each draw: g = gamma(a) for each point, in order; the drawn weight is g / Σg · S
//	stream: SplitMix64 from the seed; a uniform number is the upper 53 bits / 2⁵³
//	normal: Marsaglia's polar method, the first of the two numbers
//	gamma: Marsaglia and Tsang (2000)
func (m *scheme) drawWeights(seed uint64, draws int) [][]float64 {
	random, shapes, base := splitMix64(seed), m.dirichletShapes(), m.totalWeight()
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
				weights[i] = weights[i] / drawn * base * (c.maxPoints(m.complete) / c.weight)
			}
		}
		out[d] = weights
	}
	return out
}

// dirichletShapes returns the Dirichlet parameters a = s·A of the shares s, which have the variance s(1−s)/(A+1).
func (m *scheme) dirichletShapes() []float64 {
	spread, k := m.def.Rubric().Robustness.Spread.InexactFloat64(), 0.0
	for _, c := range m.criteria {
		if c.weight > 0 {
			k++
		}
	}
	concentration := (k-1)/(spread*spread) - 1
	return table.Each(m.criteria, func(c criterion) float64 { return c.weight / m.totalWeight() * concentration })
}

// splitMix64 is by Steele, Lea and Flood (2014): short in any language, so that others can draw the same numbers.
type splitMix64 uint64

func (s *splitMix64) next() uint64 {
	*s += 0x9E3779B97F4A7C15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// uniform returns a number in [0, 1).
func (s *splitMix64) uniform() float64 { return float64(s.next()>>11) / (1 << 53) }

// index returns a whole number in [0, n); n is far smaller than 2⁵³.
func (s *splitMix64) index(n int) int { return int(s.uniform() * float64(n)) }

// normal draws by Marsaglia's polar method; the second number of each pair is not used.
func (s *splitMix64) normal() float64 {
	for {
		u, v := 2*s.uniform()-1, 2*s.uniform()-1
		q := float64(u*u) + float64(v*v)
		if q > 0 && q < 1 {
			return u * math.Sqrt(-2*math.Log(q)/q)
		}
	}
}

// gamma draws from the gamma distribution of the shape a and scale 1, by Marsaglia and Tsang (2000).
func (s *splitMix64) gamma(a float64) float64 {
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
