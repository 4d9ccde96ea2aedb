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

// rank ranks those that are ranked, and lists them in the order of the batch.
func (f *field) rank() []*entrant {
	ranked := slices.DeleteFunc(slices.Clone(f.entrants), func(e *entrant) bool { return !e.Ranked })
	rank(ranked)
	return ranked
}

// rank gives the places by total, the highest first: 1 + how many are better. Equal totals, to ten decimals, share a rank.
// What is missing makes a range of it: best is the place with one's upper bound among the others' lower bounds, worst the other
// way round.
func rank(ranked []*entrant) {
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
		e.Rank, e.Tied = table.Some(places[i]), holders[places[i]] > 1
		low, high := round10(e.Lower), round10(e.Upper)
		best, worst := 1+len(ranked)-above(lower, high), 1+len(ranked)-above(upper, low)
		if high > low {
			worst-- // oneself
		}
		e.RankBest, e.RankWorst = table.Some(int32(best)), table.Some(int32(worst))
	}
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

// robustness ranks the entrants again under drawn weights, under resampled experts, and under both together, and gives the number of draws made:
// fewer than wanted where draws × entrants would exceed the rubric's budget. Missing data is not part of it: that is what the
// bounds are for.
func (m *scheme) robustness(ranked []*entrant, p *panel, o Options) int {
	n := len(ranked)
	if n == 0 {
		return 0
	}
	draws := min(o.Draws, m.def.Rubric.Robustness.Budget/n)
	if draws == 0 {
		return 0
	}
	weights := m.draw(o.Seed, draws)
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
	var group workers.Group
	group.Limit(atOnce)
	const block = 256
	for from := 0; from < draws; from += block {
		group.Go(func() error {
			totals, sorted := make([]float64, n), make([]float64, n)
			for d := from; d < min(from+block, draws); d++ {
				fill(d, totals)
				place(totals, sorted, ranks[d*n:(d+1)*n])
			}
			return nil
		})
	}
	group.Wait() // no block fails
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

// within is the share of ranks up to k.
func within(ascending []int32, k int) float64 {
	n, _ := slices.BinarySearch(ascending, int32(k+1))
	return float64(n) / float64(len(ascending))
}

// quantile is the nearest-rank quantile: the least value that at least that many per cent do not exceed.
func quantile(ascending []int32, percent int) int32 {
	return ascending[(len(ascending)*percent+99)/100-1]
}

// resample ranks again under as many experts, drawn from those who marked with replacement (a bootstrap): the weights staying as they
// are, and together with the drawn weights, which gives the chances. Where none of the drawn experts marked a point, its mark stays as
// it is. The stream is SplitMix64 from the seed + 1.
func (m *scheme) resample(ranked []*entrant, p *panel, drawn [][]float64, o Options) {
	n, experts, draws := len(ranked), len(p.experts), len(drawn)
	random := stream(o.Seed + 1)
	times := make([][]int, draws) // how often each expert was drawn
	for d := range times {
		times[d] = make([]int, experts)
		for range experts {
			times[d][random.index(experts)]++
		}
	}
	weights, joint := m.weights(), make([]float64, draws*n)
	ranks := rankings(n, draws, o.Workers, func(d int, totals []float64) {
		points, marks := make([]point, len(m.criteria)), make([]marked, len(m.criteria))
		for i, e := range ranked {
			copy(points, e.points)
			again := e.heardBy(p, times[d], marks)
			for k, c := range m.criteria {
				if c.say(e.Complete) > 0 {
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
		chance := func(k int) table.Opt[float64] { return table.Some(within(own, k)) }
		e.First3, e.First4, e.First5, e.FirstK = chance(3), chance(4), chance(5), chance(o.Select)
	}
}

// heardBy is the entrant with the marks of some experts, each so many times; marks is room for them.
func (e *entrant) heardBy(p *panel, times []int, marks []marked) *entrant {
	again := *e
	again.marks = marks
	copy(marks, e.marks)
	var values []float64
	for i := range again.marks {
		values = values[:0]
		for _, o := range e.marks[i].opinions {
			for range times[o.expert] {
				values = append(values, o.value)
			}
		}
		if len(values) > 0 {
			again.marks[i].value = p.mean(values, again.marks[i].trim)
		}
	}
	return &again
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
