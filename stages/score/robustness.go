package score

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"golang.org/x/sync/errgroup"
)

// standing is where one ranked entrant stands, and how firmly.
type standing struct {
	rank  int
	tied  bool
	drawn bool // low, high and first mean something
	low   int  // 5 % quantile of the ranks over the draws
	high  int  // 95 %
	first [3]float64
}

// firsts are the k of the chances to be among the first k.
var firsts = [3]int{3, 4, 5}

// rank gives the places by total, the highest first: 1 + how many are better. Equal totals, to ten decimals, share a rank.
func rank(ranked []*entrant) {
	totals := make([]float64, len(ranked))
	for i, e := range ranked {
		totals[i] = e.total
	}
	places := make([]int32, len(ranked))
	place(totals, make([]float64, len(ranked)), places)
	holders := map[int32]int{}
	for _, p := range places {
		holders[p]++
	}
	for i, e := range ranked {
		e.rank, e.tied = int(places[i]), holders[places[i]] > 1
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

// robustness ranks the entrants again under drawn weights, and gives the number of draws made: fewer than wanted where
// draws × entrants would exceed the rubric's budget. Missing data is not part of it: that is what the bounds are for.
func (m *model) robustness(ranked []*entrant, o Options) int {
	n := len(ranked)
	if n == 0 {
		return 0
	}
	draws := min(o.Draws, m.def.Rubric.Robustness.Budget/n)
	if draws == 0 {
		return 0
	}
	weights := m.draw(o.Seed, draws)
	ranks := make([]int32, draws*n) // draw by draw
	var group errgroup.Group
	group.SetLimit(o.Workers)
	const block = 256
	for from := 0; from < draws; from += block {
		group.Go(func() error {
			totals, sorted := make([]float64, n), make([]float64, n)
			for d := from; d < min(from+block, draws); d++ {
				for i, e := range ranked {
					totals[i] = total(weights[d], e.points)
				}
				place(totals, sorted, ranks[d*n:(d+1)*n])
			}
			return nil
		})
	}
	group.Wait() // no block fails
	own := make([]int32, draws)
	for i, e := range ranked {
		for d := range draws {
			own[d] = ranks[d*n+i]
		}
		slices.Sort(own)
		e.drawn, e.low, e.high = true, quantile(own, 5), quantile(own, 95)
		for j, k := range firsts {
			within, _ := slices.BinarySearch(own, int32(k+1))
			e.first[j] = float64(within) / float64(draws)
		}
	}
	return draws
}

// quantile is the nearest-rank quantile: the least value that at least that many per cent do not exceed.
func quantile(ascending []int32, percent int) int {
	return int(ascending[(len(ascending)*percent+99)/100-1])
}

// draw gives weights of the figures, a draw and criterion: Dirichlet around the rubric's weights, with the concentration at
// which a weight of average size has the rubric's spread as its relative standard deviation. All weighted points are drawn,
// those that wait for experts too, so that the same draws serve once the marks are there.
//
// One stream makes all draws, in order, before any is used: the number of workers can't matter.
func (m *model) draw(seed uint64, draws int) [][]float64 {
	random := rand.New(rand.NewPCG(seed, 0))
	shapes := m.shapes()
	out := make([][]float64, draws)
	for d := range out {
		weights, sum, base := make([]float64, len(m.criteria)), 0.0, 0.0
		for i, c := range m.criteria {
			if c.weight > 0 {
				weights[i] = gamma(random, shapes[i])
				sum += weights[i]
				base += c.weight
			}
		}
		for i, c := range m.criteria {
			if c.weight > 0 {
				weights[i] = weights[i] / sum * base * (c.figures / c.weight)
			}
		}
		out[d] = weights
	}
	return out
}

// shapes are the Dirichlet parameters a = s·A of the shares s. Their variance is s(1−s)/(A+1); a share of average size, 1/K, has the
// relative standard deviation v where A = (K−1)/v² − 1.
func (m *model) shapes() []float64 {
	spread := m.def.Rubric.Robustness.Spread.InexactFloat64()
	sum, k := 0.0, 0.0
	for _, c := range m.criteria {
		if c.weight > 0 {
			sum, k = sum+c.weight, k+1
		}
	}
	concentration := (k-1)/(spread*spread) - 1
	out := make([]float64, len(m.criteria))
	for i, c := range m.criteria {
		out[i] = c.weight / sum * concentration
	}
	return out
}

// gamma draws from the gamma distribution of the shape a and scale 1, by Marsaglia and Tsang (2000).
func gamma(random *rand.Rand, a float64) float64 {
	if a < 1 {
		return gamma(random, a+1) * math.Pow(random.Float64(), 1/a)
	}
	d := a - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := random.NormFloat64()
		v := 1 + float64(c*x)
		if v <= 0 {
			continue
		}
		v = v * v * v
		u := 1 - random.Float64() // never 0
		if math.Log(u) < float64(x*x/2)+d-float64(d*v)+float64(d*math.Log(v)) {
			return v * d
		}
	}
}

// byRank orders the ranked by their places, then the others; ties by id.
func byRank(a, b *entrant) int {
	if a.ranked != b.ranked {
		if a.ranked {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.submission.Submission, b.submission.Submission))
}
