package score

import (
	"cmp"
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	_ "lianheti/samples/programs"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. Every score can be recomputed from the rows and the rubric alone.
//  2. Scores lie within 0 and their weight; bounds bracket them, and meet where nothing is missing.
//  3. The order of the submissions doesn't matter; better figures never lose points.
//  4. Missing never helps: it counts as the least, and says so; where the register accepted it, it is left out. The points always add up
//     to the total. 不适用 and an impossible division are named.
//  5. Who may not be ranked is scored on the scale of those who are, and doesn't shape it. Too little data: not ranked.
//  6. What waits for experts stays open, and nothing is invented for it.
//  7. Ties share a rank, ranks follow unrounded totals, the unranked come last by id.
//  8. Every evidence names its cells and its formula.
//  9. All memory is given back.

var update = flag.Bool("update", false, "write the goldens anew")

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9 }

// TestRecomputed is a second implementation, from the evidence rows' raw values up: plain loops over maps, no sorting tricks.
func TestRecomputed(t *testing.T) {
	d := definition(t)
	for seed := range uint64(8) {
		got := run(t, d, random(d, 15, seed, seed%2 == 1), Options{Draws: 10})
		raw := map[string]map[string]float64{} // evidence -> submission -> value
		excused := map[[2]string]bool{}
		for _, s := range got.scores {
			excused[[2]string{s.Submission, s.Evidence}] = s.Status == "missing"
			if s.Evidence != "" && s.Raw.Valid {
				if raw[s.Evidence] == nil {
					raw[s.Evidence] = map[string]float64{}
				}
				raw[s.Evidence][s.Submission] = s.Raw.V
			}
		}
		ranked := map[string]bool{}
		for _, k := range got.ranking {
			ranked[k.Submission] = k.Ranked
		}
		totals := map[string]float64{}
		for _, k := range got.ranking {
			sum, with, all, lower, upper, points := 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
			for _, p := range d.Rubric().Points() {
				figures := p.Weight.InexactFloat64() * (1 - p.ExpertShare.InexactFloat64())
				var parts, value, present, known float64
				for _, e := range p.Evidence {
					parts += float64(e.Parts)
				}
				for _, e := range p.Evidence {
					x, ok := raw[e.ID][k.Submission]
					row := got.row(t, k.Submission, p.ID, e.ID)
					left := excused[[2]string{k.Submission, e.ID}]
					if left == row.Normalised.Valid || !ok && !left && row.Status != "bottom" {
						t.Fatalf("%s %s: raw %v, left out %v, %+v", k.Submission, e.ID, ok, left, row)
					}
					if left {
						continue
					}
					share := float64(e.Parts) / parts
					present += share
					var n float64
					if !ok {
						// the least
					} else if known += share; e.Method == "target" {
						n = math.Min(x/e.Target.InexactFloat64(), 1)
					} else {
						var less, same, count float64
						for id := range ranked {
							y, there := raw[e.ID][id]
							if !ranked[id] || excused[[2]string{id, e.ID}] {
								continue
							}
							count++
							if !there || y < x {
								less++
							}
							if there && y == x {
								same++
							}
						}
						n = math.Max(0, math.Min(1, (less+(same-1)/2)/(count-1)))
						if count < 2 {
							n = 0.5
						}
					}
					if !near(n, row.Normalised.V) {
						t.Errorf("%s %s: normalised %v, recomputed %v", k.Submission, e.ID, row.Normalised.V, n)
					}
					value += share * n
				}
				row := got.row(t, k.Submission, p.ID, "")
				if row.Value.Valid != (present > 0) || present > 0 && !near(row.Value.V, value/present) {
					t.Errorf("%s %s: %v, recomputed %v", k.Submission, p.ID, row.Value, value/present)
				}
				points += row.Points.V
				if len(p.Evidence) == 0 {
					continue
				}
				lower += figures * value
				upper += figures * (value + 1 - known)
				all += figures
				if present > 0 {
					with += figures
					sum += figures * value / present
				}
			}
			totals[k.Submission] = sum * all / with
			if !near(points, k.Total) {
				t.Errorf("%s: points add up to %v, total %v", k.Submission, points, k.Total)
			}
			if !near(k.Total, totals[k.Submission]) || !near(k.Lower, lower) || !near(k.Upper, upper) || !near(k.Possible, all) {
				t.Errorf("%s: total %v in %v–%v of %v, recomputed %v in %v–%v of %v", k.Submission, k.Total, k.Lower, k.Upper, k.Possible, totals[k.Submission], lower, upper, all)
			}
		}
		for _, k := range got.ranking {
			better := int32(1)
			for id, other := range totals {
				if ranked[id] && other > totals[k.Submission]+1e-9 {
					better++
				}
			}
			if k.Ranked != k.Rank.Valid || k.Ranked && k.Rank.V != better {
				t.Errorf("%s: rank %v, recomputed %d", k.Submission, k.Rank, better)
			}
		}
	}
}

// TestRaw works some evidence out by hand, so that an expression of the rubric that means something else is noticed.
func TestRaw(t *testing.T) {
	d := definition(t)
	m := fill(d, "2024-01", func(*templates.Field, int) float64 { return 10 }, roster(2, 1, 0, 1, 4, 0, 500)...)
	set := func(field string, year int, v float64) { m.numbers[templates.Ref{Field: field, Year: year}] = v }
	set("apprentices", 2022, 100)
	set("apprentices", 2023, 300)
	set("apprentices", 2026, 450)
	set("employment_rate", 2022, 91.5)
	set("employment_rate", 2023, 94)
	set("tech_platforms", 2022, 0)
	set("tech_platforms", 2023, 0)
	set("funding_total", 2024, 300)
	set("funding_total", 2025, 400)
	set("funding_total", 2026, 500)
	set("funding_government", 2024, 75)
	set("research_income", 2023, 60)
	set("employees", 0, 8000)
	set("employee_training", 2023, 400)
	set("staff_full_time", 0, 4)
	set("cooperation_benefit", 2022, 30)
	set("sales", 2022, 1200)
	got := run(t, d, []*made{m}, Options{})
	for _, want := range []struct {
		point, evidence string
		raw             float64
	}{
		{"1.1", "vocational_enrolment", 1500},
		{"1.1", "school_kinds", 2},
		{"1.1", "large_enterprises", 20},   // 10+10
		{"1.4", "funding_commitment", 400}, // mean a year
		{"1.4", "government_funding", 75},
		{"2.1", "council_kinds", 3}, // nobody does research
		{"2.4", "full_time_staff", 4},
		{"3.1", "apprentices_level", 300},
		{"3.1", "apprentices_growth", 200}, // 200 more on 100
		{"3.1", "apprentices_commitment", 450},
		{"4.2", "employment_rate_growth", 2.5},
		{"5.1", "tech_platforms_growth", 0}, // none and none
		{"5.1", "enterprise_research_level", 60},
		{"5.1", "cooperation_benefit", 30},
		{"5.2", "research_income_level", 60},
		{"5.3", "employee_training_level", 400},
	} {
		if row := got.row(t, m.id, want.point, want.evidence); !near(row.Raw.V, want.raw) {
			t.Errorf("%s: %v, by hand %v", want.evidence, row.Raw, want.raw)
		}
	}
	if row := got.row(t, m.id, "1.1", "school_kinds"); row.Cells != "成员名册!B5:B12" {
		t.Errorf("the roster is at %s", row.Cells)
	}
	row := got.row(t, m.id, "3.1", "apprentices_level")
	if row.Cells != placeOf(d, "apprentices", 2023) || row.Formula != "apprentices.last" || row.Kind != "level" || row.Method != "percentile" {
		t.Errorf("the evidence can't be followed: %+v", row)
	}
}

func placeOf(d *templates.Definition, field string, year int) string {
	slot := d.Layout().Slot(field, year)
	return slot.Sheet + "!" + model.CellName(slot.Row, slot.Col)
}

// addUp fails where the points of the evidence and of the experts are not the point's, or the parts of a total not the total.
func addUp(t *testing.T, r result) {
	t.Helper()
	points := map[[2]string]float64{}
	for _, s := range r.scores {
		if at := [2]string{s.Submission, s.Point}; s.Evidence != "" {
			points[at] += s.Points.V
		} else {
			points[at] += s.ExpertPoints.V - s.Points.V
		}
	}
	for at, apart := range points {
		if !near(apart, 0) {
			t.Errorf("%v: the parts of the point are %v apart from it", at, apart)
		}
	}
	for _, k := range r.ranking {
		if !near(k.Foundation+k.Promise+k.Experts.V-k.Deduction.V, k.Total) {
			t.Errorf("what was reached, what is promised and the experts' aren't the total: %+v", k)
		}
	}
}

func TestPartsAddUp(t *testing.T) {
	d := definition(t)
	for seed := range uint64(4) {
		batch := allRanked(d, 6, seed)
		for _, field := range []string{"training_bases", "industry_colleges"} { // all that 3.3 rests on
			ref := templates.Ref{Field: field, Year: 2023}
			delete(batch[0].numbers, ref)
			batch[0].excused[ref] = true
		}
		apprentices := templates.Ref{Field: "apprentices", Year: 2023} // a part of 3.1
		delete(batch[1].numbers, apprentices)
		batch[1].excused[apprentices] = true
		addUp(t, run(t, d, batch, Options{Draws: 1}))
		marked, _ := judged(t, d, batch, marksOf(d, batch, 3, func(x int, s, p string) float64 { return float64((x*7 + int(s[len(s)-1])*13 + int(p[0])*11) % 100) }), Options{Draws: 1})
		if k := marked.of(t, batch[0].id); !k.Complete || k.Present == 1 {
			t.Fatalf("nothing was left out: %+v", k)
		}
		addUp(t, marked)
	}
}

func TestBounds(t *testing.T) {
	d := definition(t)
	for seed := range uint64(20) {
		got := run(t, d, random(d, 12, seed, true), Options{Draws: 20})
		for _, s := range got.scores {
			figures := s.Weight - s.Open
			switch {
			case s.Lower < 0 || s.Upper > figures+1e-12 || s.Lower > s.Upper+1e-12:
				t.Fatalf("bounds %v–%v outside 0–%v: %+v", s.Lower, s.Upper, figures, s)
			case s.Evidence == "" && s.Value.Valid && (figures*s.Value.V < s.Lower-1e-12 || figures*s.Value.V > s.Upper+1e-12):
				t.Fatalf("%v points outside %v–%v: %+v", s.Points.V, s.Lower, s.Upper, s)
			case s.Evidence == "" && s.Value != s.Normalised: // before there are marks, figures are all there is
				t.Fatalf("the figures' mean isn't the value: %+v", s)
			case s.Status == "scored" && !near(s.Lower, s.Upper), s.Status == "missing" && s.Points.Valid, (s.Status == "missing" || s.Status == "partial" || s.Status == "bottom") && s.Note == "":
				t.Fatalf("status %s doesn't fit: %+v", s.Status, s)
			}
		}
		for _, k := range got.ranking {
			if k.Total < k.Lower-1e-9 || k.Total > k.Upper+1e-9 || k.Upper > k.Possible+1e-9 || k.Present < 1 && near(k.Lower, k.Upper) {
				t.Fatalf("%+v", k)
			}
			if k.Ranked && (k.RankLow.V > k.RankHigh.V || k.First3.V > k.First4.V || k.First4.V > k.First5.V) {
				t.Fatalf("%+v", k)
			}
		}
	}
}

func TestOrderOfSubmissionsDoesNotMatter(t *testing.T) {
	d := definition(t)
	batch := random(d, 14, 3, true)
	want := run(t, d, batch, Options{Draws: 300})
	r := rand.New(rand.NewPCG(1, 1))
	r.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
	got := run(t, d, batch, Options{Draws: 300})
	if !slices.Equal(got.ranking, want.ranking) {
		t.Error("the ranking changed with the order of the submissions")
	}
	slices.SortStableFunc(got.scores, func(a, b table.Score) int { return cmp.Compare(a.Submission, b.Submission) })
	if !slices.Equal(got.scores, want.scores) {
		t.Error("the scores changed with the order of the submissions")
	}
}

// TestBetterNeverLoses raises what was reached in 2023 or what is promised for 2026, one number at a time. None of these
// is a measure of size.
func TestBetterNeverLoses(t *testing.T) {
	d := definition(t)
	r := rand.New(rand.NewPCG(2, 2))
	for seed := range uint64(6) {
		batch := random(d, 10, seed, false)
		before := run(t, d, batch, Options{Draws: 1})
		for range 12 {
			i := r.IntN(len(batch))
			metrics := slices.DeleteFunc(d.Form.Metrics(), func(f *templates.Field) bool { return len(f.Years) < 5 })
			ref := templates.Ref{Field: metrics[r.IntN(len(metrics))].ID, Year: []int{2023, 2026}[r.IntN(2)]}
			better := slices.Clone(batch)
			better[i] = batch[i].as(batch[i].id)
			better[i].numbers[ref] += float64(1 + r.IntN(30))
			after := run(t, d, better, Options{Draws: 1})
			id := batch[i].id
			if after.of(t, id).Total < before.of(t, id).Total-1e-9 {
				t.Errorf("%s lost points by more %s in %d: %v, before %v", id, ref.Field, ref.Year, after.of(t, id).Total, before.of(t, id).Total)
			}
			for _, p := range d.Rubric().Points() {
				a, b := after.row(t, id, p.ID, ""), before.row(t, id, p.ID, "")
				if a.Points.V < b.Points.V-1e-9 {
					t.Errorf("%s lost points in %s by more %s in %d", id, p.ID, ref.Field, ref.Year)
				}
			}
		}
	}
}

func TestMissing(t *testing.T) {
	d := definition(t)
	batch := random(d, 8, 5, false)
	for _, m := range batch {
		m.verdict = table.Verdict{Submission: m.id, Verdict: model.Accept, Ranked: true}
	}
	m := batch[0]
	training := templates.Ref{Field: "public_training", Year: 2023} // all that 5.4 rests on
	apprentices := templates.Ref{Field: "apprentices", Year: 2023}
	for _, ref := range []templates.Ref{training, apprentices} {
		delete(m.numbers, ref)
	}
	m.status[apprentices] = table.NotApplicable
	m.numbers[templates.Ref{Field: "sales", Year: 2022}] = 0
	before := run(t, d, batch, Options{Draws: 1})
	if s := before.row(t, m.id, "5.4", ""); s.Points != table.Some(0.0) || s.Status != "partial" || s.Lower != 0 || s.Upper != 2 || s.Open != 2 {
		t.Errorf("a point without figures: %+v", s)
	}
	s := before.row(t, m.id, "3.1", "apprentices_level")
	if s.Raw.Valid || s.Normalised != table.Some(0.0) || s.Status != "bottom" || s.Note != "中国特色学徒制培养（人）2023年不适用，登记没有采纳理由，按最低计" || s.Upper != s.Weight {
		t.Errorf("an evidence that does not apply: %+v", s)
	}
	if k := before.of(t, m.id); k.Present != 1 || !k.Ranked || k.Upper-k.Total < 2 {
		t.Errorf("what is missing without consent: %+v", k)
	}

	m.excused[training], m.excused[apprentices] = true, true
	got := run(t, d, batch, Options{Draws: 1})
	point := got.row(t, m.id, "5.4", "")
	if point.Points.Valid || point.Status != "missing" || point.Lower != 0 || point.Upper != 2 {
		t.Errorf("a point of which all was left out: %+v", point)
	}
	if s := got.row(t, m.id, "3.1", ""); s.Status != "partial" || !(s.Lower < s.Points.V && s.Points.V < s.Upper) {
		t.Errorf("a point of which an evidence was left out: %+v", s)
	} else {
		evidence := d.Rubric().Point("3.1").Evidence
		share := evidence[slices.IndexFunc(evidence, func(x *templates.Evidence) bool { return x.ID == "apprentices_level" })].Weight.InexactFloat64()
		if !strings.HasPrefix(s.Note, percent(share)+"登记同意不计，") || !strings.HasSuffix(s.Note, "得分按1.0385放大") { // 54 of 52
			t.Errorf("how it was left out: %s", s.Note)
		}
	}
	sum, values := 0.0, 0.0
	for _, p := range d.Rubric().Points() {
		row := got.row(t, m.id, p.ID, "")
		sum += row.Points.V
		values += (row.Weight - row.Open) * row.Value.V
	}
	if k := got.of(t, m.id); !near(k.Total, sum) || !near(k.Total, values/(54-2)*54) || k.Present >= 1 || !k.Ranked {
		t.Errorf("the others don't stand for a missing point: sum %v, %+v", sum, k)
	}

	was := got.of(t, batch[1].id)
	batch[1].members[0].Enrolment = table.Opt[float64]{} // a school
	got = run(t, d, batch, Options{Draws: 1})
	for _, s := range got.scores {
		if s.Submission == batch[1].id && s.Evidence != "" && s.Weight > 0 && !s.Raw.Valid {
			t.Errorf("a school's number blanks %+v", s)
		}
	}
	if k := got.of(t, batch[1].id); k.Total > was.Total || !k.Ranked {
		t.Errorf("a school's number left blank: %v, before %v", k.Total, was.Total)
	}
	for ref := range m.numbers {
		delete(m.numbers, ref)
		m.excused[ref] = true
	}
	if k := run(t, d, batch, Options{Draws: 1}).of(t, m.id); k.Ranked || !strings.HasPrefix(k.Unranked, "数据不足：登记同意不计的缺数太多") {
		t.Errorf("too little data: %+v", k)
	}
}

// TestProvisional takes a submission that must be corrected: its figures may be anything, so they must not move the others'.
func TestProvisional(t *testing.T) {
	d := definition(t)
	batch := random(d, 9, 11, false)
	for _, m := range batch {
		m.verdict = table.Verdict{Submission: m.id, Verdict: model.AskFirst, Ranked: true}
	}
	last := batch[8]
	last.verdict = table.Verdict{Submission: last.id, Verdict: model.Return, Unranked: "退回修改"}
	before := run(t, d, batch, Options{Draws: 50})
	for ref := range last.numbers {
		last.numbers[ref] = 1e6
	}
	after := run(t, d, batch, Options{Draws: 50})
	if !slices.Equal(before.ranking[:8], after.ranking[:8]) {
		t.Error("a returned submission moved the ranked ones")
	}
	k := after.ranking[8]
	if k.Submission != last.id || k.Ranked || k.Unranked != "退回修改" || k.Rank.Valid || !(k.Total > 0 && k.Total <= k.Possible) {
		t.Errorf("the returned one: %+v", k)
	}
	if s := after.row(t, last.id, "3.4", "enterprise_teachers_level"); s.Normalised.V != 1 {
		t.Errorf("beyond the scale and not clipped: %+v", s)
	}

	for _, m := range batch {
		m.verdict = last.verdict
		m.verdict.Submission = m.id
	}
	nobody := run(t, d, batch, Options{})
	for _, k := range nobody.ranking {
		if k.Ranked || k.Total <= 0 || !strings.Contains(k.Method, "没有可以排名的，得分仅供参考") {
			t.Errorf("nobody can be ranked: %+v", k)
		}
	}
}

func TestExpertsShareStaysOpen(t *testing.T) {
	d := definition(t)
	got := run(t, d, random(d, 5, 1, false), Options{Draws: 1})
	for _, s := range got.scores {
		p := d.Rubric().Point(s.Point)
		switch {
		case s.Evidence != "":
		case !near(s.Open, p.Weight.Mul(p.ExpertShare).InexactFloat64()) || s.Weight != p.Weight.InexactFloat64():
			t.Errorf("open %v of %v: %+v", s.Open, s.Weight, s)
		case len(p.Evidence) == 0 && (s.Points.Valid || s.Normalised.Valid || s.Status != "expert" || s.Lower != 0 || s.Upper != 0):
			t.Errorf("a point that only experts can mark: %+v", s)
		}
	}
	for _, k := range got.ranking {
		if k.Possible != 54 || k.Open != 46 || !strings.Contains(k.Method, "默认权重，非官方") || !strings.Contains(k.Method, "数据部分得分") {
			t.Errorf("%+v", k)
		}
	}
}

func TestTies(t *testing.T) {
	d := definition(t)
	batch := random(d, 4, 9, false)
	for i, m := range batch {
		m.verdict = table.Verdict{Submission: m.id, Verdict: model.Accept, Ranked: true}
		if i == 2 {
			batch[2] = batch[1].as(m.id)
		}
	}
	got := run(t, d, batch, Options{Draws: 100})
	a, b := got.of(t, "2024-02"), got.of(t, "2024-03")
	if a.Rank != b.Rank || !a.Tied || !b.Tied || a.RankLow != b.RankLow || a.RankHigh != b.RankHigh {
		t.Errorf("equals are not equal: %+v, %+v", a, b)
	}
	taken := map[int32]int{}
	for i, k := range got.ranking {
		taken[k.Rank.V]++
		if k.Tied != (k.Submission == a.Submission || k.Submission == b.Submission) || i > 0 && got.ranking[i-1].Total < k.Total {
			t.Errorf("%+v", k)
		}
	}
	if taken[a.Rank.V] != 2 || taken[a.Rank.V+1] != 0 {
		t.Errorf("ranks %v: after a tie the next rank is skipped", taken)
	}
	facts, judgement, marking := evenly(d, batch)
	crossed, err := Run(facts, judgement, marking, Options{Draws: 100, Select: int(a.Rank.V)})
	if err != nil {
		t.Fatal(err)
	}
	for k := range crossed.Ranking.All() {
		if (k.Line == table.Tied) != k.Tied || k.Tied && (k.Firm != table.Contested || !strings.HasPrefix(k.LineReason, "并列跨线")) {
			t.Errorf("equals on both sides of the line: %+v", k)
		}
	}
}

// TestTotalsAreComparedToTenDecimals: a sum's last binary digit doesn't part equals, the eleventh decimal neither.
func TestTotalsAreComparedToTenDecimals(t *testing.T) {
	tenth := 0.1
	places := make([]int32, 5)
	rankTotals([]float64{0.3, tenth + 0.2, 0.3 + 1e-12, 0.3 + 1e-9, 0.2}, make([]float64, 5), places)
	if want := []int32{2, 2, 2, 1, 5}; !slices.Equal(places, want) {
		t.Errorf("places %v, want %v", places, want)
	}
}

func TestMethods(t *testing.T) {
	target := templates.Evidence{Method: "target", Direction: "higher"}
	target.Target = target.Target.Add(definition(t).Rubric().Points()[0].Weight) // 4
	lower := target
	lower.Direction = "lower"
	distance, backwards := target, lower
	distance.Method, backwards.Method = "distance", "distance"
	values := []float64{1, 2, 2, 5}
	for _, c := range []struct {
		evidence templates.Evidence
		x, want  float64
	}{
		{templates.Evidence{Method: "percentile", Direction: "higher"}, 1, 0},
		{templates.Evidence{Method: "percentile", Direction: "higher"}, 2, 0.5},
		{templates.Evidence{Method: "percentile", Direction: "higher"}, 5, 1},
		{templates.Evidence{Method: "percentile", Direction: "higher"}, 3, 2.5 / 3},
		{templates.Evidence{Method: "percentile", Direction: "higher"}, -9, 0},
		{templates.Evidence{Method: "percentile", Direction: "higher"}, 9, 1},
		{templates.Evidence{Method: "percentile", Direction: "lower"}, 1, 1},
		{templates.Evidence{Method: "minmax", Direction: "higher"}, 2, 0.25},
		{templates.Evidence{Method: "minmax", Direction: "lower"}, 2, 0.75},
		{templates.Evidence{Method: "minmax", Direction: "higher"}, 7, 1},
		{templates.Evidence{Method: "zscore", Direction: "higher"}, 2.5, 0.5},                        // the mean
		{templates.Evidence{Method: "zscore", Direction: "higher"}, 2.5 + math.Sqrt(3), 0.5 + 1.0/6}, // one sample standard deviation above
		{templates.Evidence{Method: "zscore", Direction: "lower"}, 2.5 + math.Sqrt(3), 0.5 - 1.0/6},  // and where less is better
		{templates.Evidence{Method: "zscore", Direction: "higher"}, 99, 1},                           // three and more
		{distance, 1, 0}, {distance, 2.5, 0.5}, {distance, 5, 1}, // from 1 to 4
		{backwards, 5, 0}, {backwards, 4.5, 0.5}, {backwards, 1, 1}, // from 5 down to 4
		{target, 3, 0.75},
		{target, 40, 1},
		{lower, 3, 1},
		{lower, 16, 0.25},
	} {
		s := newScale(&c.evidence, standards(values))
		if got := s.normaliseValue(c.x); !near(got, c.want) {
			t.Errorf("%s %s: %v becomes %v, want %v", c.evidence.Method, c.evidence.Direction, c.x, got, c.want)
		}
	}
	for _, method := range []string{"percentile", "minmax", "zscore"} {
		for _, same := range [][]float64{{}, {3}, {3, 3, 3}} {
			if got := newScale(&templates.Evidence{Method: method}, standards(same)).normaliseValue(3); got != 0.5 {
				t.Errorf("%s: 3 among %v becomes %v, want half way", method, same, got)
			}
		}
	}
}

func standards(values []float64) []referenceValue {
	var out []referenceValue
	for _, v := range values {
		out = append(out, referenceValue{value: table.Some(v)})
	}
	return out
}

func TestRefusals(t *testing.T) {
	d := definition(t)
	facts, judgement := tables(d, random(d, 2, 1, false))
	if _, err := Run(facts, judgement, table.Marking{}, Options{Draws: -1}); err == nil {
		t.Error("a negative number of draws was accepted")
	}
	_, none := tables(d, nil)
	if _, err := Run(facts, none, table.Marking{}, Options{}); err == nil {
		t.Error("submissions without a verdict were scored")
	}
	empty, noVerdicts := tables(d, nil)
	got, err := Run(empty, noVerdicts, table.Marking{}, Options{})
	if err != nil || got.Ranking.Len() != 0 {
		t.Errorf("an empty batch: %v", err)
	}
}

// TestGolden pins a batch of six: five ranked, one of them with gaps, two of them twins, one with a school of unknown size; one returned.
func TestGolden(t *testing.T) {
	d := definition(t)
	var batch []*made
	for i := range 6 {
		batch = append(batch, fill(d, fmt.Sprintf("2024-%02d", i+1), func(f *templates.Field, year int) float64 {
			h := fnv.New32a()
			fmt.Fprint(h, f.ID, year, i)
			return float64(20 + h.Sum32()%60)
		}, roster(1+i%2, 1, i%2, 1, 3+2*i, i%2, float64(950+150*i))...))
	}
	batch[1] = batch[0].as("2024-02")
	for ref := range batch[2].numbers {
		if ref.Year == 2023 && len(ref.Field)%3 == 0 {
			delete(batch[2].numbers, ref)
			batch[2].excused[ref] = len(ref.Field)%2 == 0
		}
	}
	batch[4].verdict = table.Verdict{Submission: "2024-05", Verdict: model.Return, Unranked: "退回修改"}
	batch[5].members[0].Enrolment = table.Opt[float64]{}
	got := run(t, d, batch, Options{})

	var b strings.Builder
	for _, k := range got.ranking {
		fmt.Fprintf(&b, "%s\t%s\t%s\trank %d %v\t%.10g in %.10g–%.10g of %g, open %g, happened %.10g, promised %.10g\tinterval %d–%d\tmissing %d–%d\tmethods %d–%d\twithout %d–%d\tfirst %g %g %g\t%s %s\tpresent %.10g\n",
			k.Submission, k.Verdict, k.Unranked, k.Rank.V, k.Tied, k.Total, k.Lower, k.Upper, k.Possible, k.Open, k.Foundation, k.Promise, k.RankLow.V, k.RankHigh.V, k.RankBest.V, k.RankWorst.V,
			k.MethodBest.V, k.MethodWorst.V, k.LeaveBest.V, k.LeaveWorst.V, k.First3.V, k.First4.V, k.First5.V, k.Line+k.Firm, k.LineReason, k.Present)
	}
	fmt.Fprintln(&b, got.ranking[0].Method)
	for _, s := range got.scores {
		if s.Evidence == "" && s.Status != "expert" {
			fmt.Fprintf(&b, "%s\t%s\t%s\t%.10g in %.10g–%.10g of %g\n", s.Submission, s.Point, s.Status, s.Points.V, s.Lower, s.Upper, s.Weight)
		}
	}
	const golden = "testdata/six.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the six are scored otherwise than in %s (go test -update writes it anew):\n%s", golden, b.String())
	}
}
