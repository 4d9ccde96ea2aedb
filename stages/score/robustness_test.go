package score

import (
	"math"
	"slices"
	"strings"
	"testing"

	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. The drawn weights have the base weights as their mean, and the rubric's spread.
//  2. Seeded: the same for one worker and for eight, another for another seed.
//  3. Who leads in every point is first in every draw; the intervals agree with a plain count over the same draws.
//  4. The cost is bounded: draws × ranked stays within the budget, and the method tells how many draws there were.

func TestDrawsHaveTheRubricsMeanAndSpread(t *testing.T) {
	m := newScheme(definition(t))
	for i := range m.criteria { // make everything count, so that the weights of all points can be seen
		m.criteria[i].figureWeight = m.criteria[i].weight
	}
	const draws = 20000
	all := m.drawWeights(1, draws)
	for i, c := range m.criteria {
		var sum, squares float64
		for _, w := range all {
			sum += w[i]
			squares += w[i] * w[i]
		}
		mean := sum / draws
		sd := math.Sqrt(squares/draws - mean*mean)
		if math.Abs(mean-c.weight) > 0.03 || c.weight > 0 && math.Abs(sd/mean-0.25) > 0.006 {
			t.Errorf("%s: drawn %v ± %v, base %v", c.ID, mean, sd, c.weight)
		}
	}
	for _, w := range all[:100] {
		sum := 0.0
		for _, x := range w {
			sum += x
		}
		if !near(sum, 100) {
			t.Fatalf("drawn weights add up to %v", sum)
		}
	}
}

// TestGamma compares moments with the exact ones: mean a, variance a; below 1 too, where another formula is used.
func TestGamma(t *testing.T) {
	random := splitMix64(4)
	for _, a := range []float64{0.3, 1, 2.5, 15.32} {
		const n = 200000
		var sum, squares float64
		for range n {
			x := random.gamma(a)
			sum += x
			squares += x * x
		}
		mean := sum / n
		variance := squares/n - mean*mean
		if math.Abs(mean-a) > 6*math.Sqrt(a/n) || math.Abs(variance/a-1) > 0.05 {
			t.Errorf("gamma(%v): mean %v, variance %v", a, mean, variance)
		}
	}
}

func TestDrawsDoNotDependOnWorkers(t *testing.T) {
	d := definition(t)
	batch := random(d, 20, 8, true)
	one := run(t, d, batch, Options{Draws: 3000, Workers: 1})
	eight := run(t, d, batch, Options{Draws: 3000, Workers: 8})
	if !slices.Equal(one.ranking, eight.ranking) || !slices.Equal(one.scores, eight.scores) {
		t.Error("one worker and eight differ")
	}
	another, rubric := *d, *d.Rubric()
	rubric.Robustness.Seed = 99
	another.Rubric = func() *templates.Rubric { return &rubric }
	other := run(t, &another, batch, Options{Draws: 3000, Workers: 8})
	if slices.Equal(other.ranking, eight.ranking) {
		t.Error("another seed changes nothing")
	}
}

func TestIntervals(t *testing.T) {
	d := definition(t)
	batch := random(d, 12, 4, false)
	// The first leads in everything that more is better of.
	for ref := range batch[0].numbers {
		switch {
		case d.Field(ref.Field).Type == templates.PercentField:
			batch[0].numbers[ref] = 100
		case ref.Year == 2022, ref.Field == "sales", ref.Field == "employees", ref.Field == "staff_total":
			batch[0].numbers[ref] = 1
		default:
			batch[0].numbers[ref] = 1e5
		}
	}
	batch[0].members = fill(d, batch[0].id, func(*templates.Field, int) float64 { return 0 }, roster(1, 1, 1, 1, 1, 1, 700)...).members
	batch[0].verdict.Ranked = true
	const draws = 400
	got := run(t, d, batch, Options{Draws: draws})
	if k := got.of(t, batch[0].id); k.Rank.V != 1 || k.RankLow.V != 1 || k.RankHigh.V != 1 || k.First3.Valid {
		t.Errorf("leads everywhere, and yet %+v", k)
	}

	// A plain count over the same draws.
	m := newScheme(d)
	weights := m.drawWeights(d.Rubric().Robustness.Seed, draws)
	for _, k := range got.ranking {
		if !k.Ranked {
			continue
		}
		var ranks []int
		for _, w := range weights {
			mine, better := 0.0, 1
			value := func(id string) float64 {
				sum := 0.0
				for i, p := range d.Rubric().Points() {
					sum += w[i] * got.row(t, id, p.ID, "").Normalised.V
				}
				return math.Round(sum*1e10) / 1e10
			}
			mine = value(k.Submission)
			for _, other := range got.ranking {
				if other.Ranked && value(other.Submission) > mine {
					better++
				}
			}
			ranks = append(ranks, better)
		}
		slices.Sort(ranks)
		low, high := ranks[draws*5/100-1], ranks[draws*95/100-1]
		if int(k.RankLow.V) != low || int(k.RankHigh.V) != high {
			t.Errorf("%s: %d–%d; counted %d–%d", k.Submission, k.RankLow.V, k.RankHigh.V, low, high)
		}
	}
}

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		n, percent, want int
	}{{1, 5, 1}, {1, 95, 1}, {20, 5, 1}, {20, 95, 19}, {21, 5, 2}, {100, 5, 5}, {100, 95, 95}} {
		ranks := make([]int32, c.n)
		for i := range ranks {
			ranks[i] = int32(i + 1)
		}
		if got := quantile(ranks, c.percent); int(got) != c.want {
			t.Errorf("%d %% of 1…%d: %d, want %d", c.percent, c.n, got, c.want)
		}
	}
}

func TestMidranks(t *testing.T) {
	if got := midranks([]float64{7, 1, 7, 9}); !slices.Equal(got, []float64{2.5, 1, 2.5, 4}) {
		t.Errorf("equals share their mean rank, and yet %v", got)
	}
}

func TestBudget(t *testing.T) {
	d := withBudget(t, 1000)
	batch := random(d, 9, 4, false)
	for _, m := range batch {
		m.verdict.Ranked = true
	}
	got := run(t, d, batch, Options{})
	if want := "权重抽取111次"; !strings.Contains(got.ranking[0].Method, want) {
		t.Errorf("%q doesn't say %q", got.ranking[0].Method, want)
	}
	if k := run(t, withBudget(t, 5), batch, Options{}).ranking[0]; k.RankLow.Valid || k.First3.Valid || !k.Rank.Valid {
		t.Errorf("no draw was affordable: %+v", k)
	}
}

func BenchmarkTwenty(b *testing.B) {
	d := definition(b)
	facts, judgement := tables(d, random(d, 20, 1, true))
	for b.Loop() {
		if _, err := Run(facts, judgement, table.Marking{}, Options{Draws: 10000}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTenThousand(b *testing.B) {
	d := definition(b)
	facts, judgement := tables(d, random(d, 10000, 1, true))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Run(facts, judgement, table.Marking{}, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
