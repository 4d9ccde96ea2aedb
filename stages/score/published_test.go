package score

import (
	"math"
	"slices"
	"testing"

	"lianheti/templates"
)

// TestPublishedIndex takes a published index all the way from its raw data: the Human Development Index 2007 (Human Development Report
// 2009, Table H and Technical note 1), min–max between goalposts, two thirds literacy and one third enrolment in the one dimension
// that has two evidences, and the plain mean of three dimensions. The goalposts stand in the declared set as two units more. As the
// report has it, enrolment and income above their goalposts count as these, income counts by its logarithm, and a literacy
// that is not given as 99. (COINr's ASEM data, whose aggregates are tried elsewhere, are not published as text.)
func TestPublishedIndex(t *testing.T) {
	countries := []struct {
		name  string
		hdi   float64
		raw   [4]float64 // life expectancy, literacy, enrolment, income
		index [3]float64 // life expectancy, education, income
	}{
		{name: "Norway", hdi: 0.971, raw: [4]float64{80.5, 99, 98.6, 53433}, index: [3]float64{0.925, 0.989, 1}},
		{name: "Australia", hdi: 0.970, raw: [4]float64{81.4, 99, 114.2, 34923}, index: [3]float64{0.940, 0.993, 0.977}},
		{name: "Iceland", hdi: 0.969, raw: [4]float64{81.7, 99, 96.0, 35742}, index: [3]float64{0.946, 0.980, 0.981}},
		{name: "Canada", hdi: 0.966, raw: [4]float64{80.6, 99, 99.3, 35812}, index: [3]float64{0.927, 0.991, 0.982}},
		{name: "Netherlands", hdi: 0.964, raw: [4]float64{79.8, 99, 97.5, 38694}, index: [3]float64{0.914, 0.985, 0.994}},
		{name: "Sweden", hdi: 0.963, raw: [4]float64{80.8, 99, 94.3, 36712}, index: [3]float64{0.930, 0.974, 0.986}},
		{name: "France", hdi: 0.961, raw: [4]float64{81.0, 99, 95.4, 33674}, index: [3]float64{0.933, 0.978, 0.971}},
		{name: "Japan", hdi: 0.960, raw: [4]float64{82.7, 99, 86.6, 33632}, index: [3]float64{0.961, 0.949, 0.971}},
		{name: "Austria", hdi: 0.955, raw: [4]float64{79.9, 99, 90.5, 37370}, index: [3]float64{0.915, 0.962, 0.989}},
		{name: "Spain", hdi: 0.955, raw: [4]float64{80.7, 97.9, 96.5, 31560}, index: [3]float64{0.929, 0.975, 0.960}},
		{name: "Italy", hdi: 0.951, raw: [4]float64{81.1, 98.9, 91.8, 30353}, index: [3]float64{0.935, 0.965, 0.954}},
		{name: "New Zealand", hdi: 0.950, raw: [4]float64{80.1, 99, 107.5, 27336}, index: [3]float64{0.919, 0.993, 0.936}},
		{name: "United Kingdom", hdi: 0.947, raw: [4]float64{79.3, 99, 89.2, 35130}, index: [3]float64{0.906, 0.957, 0.978}},
		{name: "Germany", hdi: 0.947, raw: [4]float64{79.8, 99, 88.1, 34401}, index: [3]float64{0.913, 0.954, 0.975}},
		{name: "Greece", hdi: 0.942, raw: [4]float64{79.1, 97.1, 101.6, 28517}, index: [3]float64{0.902, 0.981, 0.944}},
		{name: "Korea", hdi: 0.937, raw: [4]float64{79.2, 99, 98.5, 24801}, index: [3]float64{0.904, 0.988, 0.920}},
	}
	evidence := func(n int) []*templates.Evidence {
		out := make([]*templates.Evidence, n)
		for i := range out {
			out[i] = &templates.Evidence{Method: "minmax", Direction: "higher", Kind: templates.Level}
		}
		return out
	}
	m := &scheme{evidenceCount: 4}
	for i, c := range []struct {
		first  int
		shares []float64
	}{{0, []float64{1}}, {1, []float64{2.0 / 3, 1.0 / 3}}, {3, []float64{1}}} {
		all := evidence(len(c.shares))
		for k, e := range all {
			m.slots = append(m.slots, slot{Evidence: e, criterion: i, index: k})
		}
		m.criteria = append(m.criteria, criterion{Point: &templates.Point{Evidence: all}, weight: 100.0 / 3, figureWeight: 100.0 / 3, shares: c.shares, firstSlot: c.first})
	}
	enter := func(name string, raw [4]float64) *entrant {
		e := &entrant{rankRow: rankRow{Submission: name, Ranked: true}, marks: make([]combinedMark, len(m.criteria))}
		for _, v := range []float64{raw[0], raw[1], min(raw[2], 100), math.Log(min(raw[3], 40000))} {
			e.measures = append(e.measures, measurement{ok: true, raw: v})
		}
		return e
	}
	f := &scoredBatch{scheme: m, entrants: []*entrant{enter("worst", [4]float64{25, 0, 0, 100}), enter("best", [4]float64{85, 100, 100, 40000})}}
	for _, c := range countries {
		f.entrants = append(f.entrants, enter(c.name, c.raw))
	}
	f.scales = m.newScales(m.newReference(f.entrants, nil), "")
	f.applyScales()
	const rounding = 0.0014 // life expectancy to 0.1 of 60 years, and three decimals
	for i, c := range countries {
		e := f.entrants[i+2]
		for k, want := range c.index {
			if got := e.points[k].value; math.Abs(got-want) > rounding {
				t.Errorf("%s: dimension %d is %.4f, published %v", c.name, k+1, got, want)
			}
		}
		if got := e.Total / 100; math.Abs(got-c.hdi) > rounding {
			t.Errorf("%s: %.4f, published %v", c.name, got, c.hdi)
		}
	}
	if worst, best := f.entrants[0].Total, f.entrants[1].Total; worst != 0 || !near(best, 100) {
		t.Errorf("the goalposts come to %v and %v", worst, best)
	}
	assignRanks(f.entrants)
	slices.SortFunc(f.entrants[2:], func(a, b *entrant) int { return int(a.Rank.V - b.Rank.V) })
	for i, c := range countries { // ranks are the published ones where values differ by more than the rounding
		if e := f.entrants[i+2]; math.Abs(e.Total/100-c.hdi) > rounding {
			t.Errorf("place %d: %s with %.4f, published %s with %v", i+1, e.Submission, e.Total/100, c.name, c.hdi)
		}
	}
}
