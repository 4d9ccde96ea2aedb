package score

import (
	"math"
	"slices"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
)

// Requirements
//  1. The additive fit gives back each expert's leniency where the marks are made of it, whoever stood aside where; it decides, as a scenario, only
//     where recusals make the sets of experts differ.
//  2. The matrix adds up what an expert gives a submission, says who has not marked what, and where the words of experts differ.
//  3. Before all marks are in, every neighbouring pair has its sentence, and what it says is so; afterwards none has.
//  4. What depends on an open finding, and where a returned submission would stand if it were mended, agrees with working it out again.

// panelled scores a batch with five experts whose leniencies are known; recused says who stood aside from whom, or from all.
func panelled(t *testing.T, recused map[string]string) (*table.Ranking, []float64) {
	return withheld(t, table.MarkConflict, recused)
}

// withheld is panelled with marks that don't count for another reason.
func withheld(t *testing.T, status string, from map[string]string) (*table.Ranking, []float64) {
	t.Helper()
	d, lenient := definition(t), []float64{8, -6, 3, -5, 0}
	batch := allRanked(d, 8, 3)
	marks := marksOf(d, batch, len(lenient), func(x int, s, p string) float64 {
		return 60 + float64((int(s[len(s)-1])*13+len(p)*5+int(p[0])*11)%20) + lenient[x]
	})
	for i := range marks {
		if m := &marks[i]; from[m.Expert] == m.Submission || from[m.Expert] == "all" {
			m.Status = status
		}
	}
	facts, judgement := tables(d, batch)
	got, err := Run(facts, judgement, markingOf(marks), Options{Draws: 20})
	if err != nil {
		t.Fatal(err)
	}
	return got, lenient
}

func TestLeniency(t *testing.T) {
	for _, recused := range []map[string]string{nil, {"E1": "2024-01", "E2": "2024-03"}} {
		got, lenient := panelled(t, recused)
		mean := sum(lenient) / float64(len(lenient))
		for x := range got.Experts.All() {
			if want := lenient[x.Expert[1]-'1'] - mean; !near(x.Leniency.V, want) || !x.Spread.Valid {
				t.Errorf("%v: %+v, want %v", recused, x, want)
			}
		}
		tried := slices.ContainsFunc(slices.Collect(got.Scenarios.All()), func(s table.Scenario) bool { return s.Scenario == "leniency" })
		if tried != (recused != nil) {
			t.Errorf("recused %v, tried %v", recused, tried)
		}
	}
}

// Only who stands aside makes the experts' sets differ: not from everybody alike, and not by a mark that is faulty. That is said of its expert.
func TestLeniencyMattersWhereSomeStandAside(t *testing.T) {
	aside, _ := withheld(t, table.MarkConflict, map[string]string{"E1": "all"})
	faulty, _ := withheld(t, table.MarkUnknown, map[string]string{"E1": "2024-01"})
	for what, got := range map[string]*table.Ranking{"from all": aside, "faulty": faulty} {
		for s := range got.Scenarios.All() {
			if s.Scenario == "leniency" {
				t.Errorf("%s: tried %+v", what, s)
			}
		}
	}
	if x := faulty.Experts.Row(0); x.Invalid != x.Asked-x.Counted || x.Invalid < 10 || !strings.Contains(x.Lacking, "2024-01 1.2") {
		t.Errorf("%+v", x)
	}
}

func TestMatrix(t *testing.T) {
	got, _ := panelled(t, map[string]string{"E1": "2024-01"})
	full := 46.0
	for a := range got.Assessments.All() {
		var points, counted float64
		for m := range got.Marks.All() {
			if m.Submission == a.Submission && (m.Expert == a.Expert || a.Expert == "") && m.Kind == table.MarkPoint && m.Status != table.MarkConflict {
				p := definition(t).Rubric().Point(m.Point)
				points += p.Weight.Mul(p.ExpertShare).InexactFloat64() * m.Value.V / 100
				counted++
			}
		}
		aside := a.Expert == "E1" && a.Submission == "2024-01"
		switch {
		case aside && (a.State != table.AssessedConflict || a.Points.Valid || !strings.HasPrefix(a.Lacking, "1.2、1.3")),
			!aside && (a.State != table.AssessedWhole || a.Lacking != ""),
			a.Expert != "" && !aside && (!near(a.Points.V, points) || a.Full != full),
			a.Expert == "" && (!near(a.Points.V, points/(counted/15)) || !a.Spread.Valid):
			t.Errorf("%+v: %v of %v", a, points, counted)
		}
	}
	if n := got.Assessments.Len(); n != 8*6 {
		t.Errorf("%d rows", n)
	}
	if got.Disagreements.Len() != 0 { // only leniency parts them
		t.Errorf("%+v", got.Disagreements.Row(0))
	}
	d := definition(t)
	batch := allRanked(d, 4, 3)
	marks := marksOf(d, batch, 3, func(x int, s, p string) float64 {
		if x == 0 && s == "2024-02" && p == "6.1" {
			return 20
		}
		return 80
	})
	facts, judgement := tables(d, batch)
	apart, err := Run(facts, judgement, markingOf(marks), Options{Draws: 5})
	if err != nil {
		t.Fatal(err)
	}
	if n := apart.Disagreements.Len(); n != 1 || apart.Disagreements.Row(0).LowestBy != "E1" || apart.Disagreements.Row(0).Point != "6.1" {
		t.Errorf("%d: %+v", n, slices.Collect(apart.Disagreements.All()))
	}
}

func TestOvertaking(t *testing.T) {
	d := definition(t)
	batch := allRanked(d, 8, 5)
	r := run(t, d, batch, Options{Draws: 5})
	for i, k := range r.ranking {
		if (i > 0) != k.OvertakeBy.Valid || (i > 0) != strings.Contains(k.Overtake, "要超过") {
			t.Fatalf("%d: %+v", i, k)
		}
		if i == 0 {
			continue
		}
		gap := r.ranking[i-1].Total - k.Total
		if by := k.OvertakeBy.V; by < gap-1e-9 || by > gap+0.01 || strings.Contains(k.Overtake, "不够") != (by >= k.Open) {
			t.Errorf("%s: %v behind, %v", k.Overtake, gap, by)
		}
	}
	facts, judgement, marking := evenly(d, batch)
	got, err := Run(facts, judgement, marking, Options{Draws: 5})
	if err != nil {
		t.Fatal(err)
	}
	for k := range got.Ranking.All() {
		if k.OvertakeBy.Valid || k.Overtake != "" {
			t.Errorf("all marks are in, and yet %+v", k)
		}
	}
}

func TestStakes(t *testing.T) {
	d := definition(t)
	batch := allRanked(d, 8, 7)
	batch[2].verdict = table.Verdict{Submission: batch[2].id, Verdict: model.Return, Unranked: "退回"}
	facts, judgement := tables(d, batch)
	finding := func(at int, s model.Severity, fields, print string) table.Finding {
		return table.Finding{Submission: batch[at].id, Severity: s, Title: "偏大", Code: "LHT-3-001", Fields: fields, Year: table.Some(int32(2023)), Fingerprint: print}
	}
	judgement.Findings = table.Of([]table.Finding{finding(2, model.MustFix, "training_bases", "a"),
		finding(2, model.Explain, "conversion_rate", "b"), finding(4, model.Explain, "training_bases", "c")})
	got, err := Run(facts, judgement, table.Marking{}, Options{Draws: 5})
	if err != nil {
		t.Fatal(err)
	}
	r := result{slices.Collect(got.Scores.All()), slices.Collect(got.Ranking.All()), map[[3]string]int{}}
	for i, s := range r.scores {
		r.rows[[3]string{s.Submission, s.Point, s.Evidence}] = i
	}
	doubted := 0
	for _, s := range r.scores {
		if s.Doubt != "" {
			doubted++
		}
	}
	if doubted != 3 || r.row(t, batch[2].id, "3.3", "training_bases_level").Doubt != "必须修改：偏大" {
		t.Errorf("%d figures in doubt", doubted)
	}
	place := func(id string, total float64) int32 {
		n := int32(1)
		for _, k := range r.ranking {
			if k.Ranked && k.Submission != id && k.Total > total+1e-10 {
				n++
			}
		}
		return n
	}
	if got.Stakes.Len() != 3 {
		t.Fatalf("%d impacts", got.Stakes.Len())
	}
	for x := range got.Stakes.All() {
		evidence := map[string][2]string{"a": {"3.3", "training_bases_level"}, "b": {"5.2", "conversion_rate_level"}, "c": {"3.3", "training_bases_level"}}[x.Fingerprint]
		s, k := r.row(t, x.Submission, evidence[0], evidence[1]), r.of(t, x.Submission)
		loss := s.Points.V
		gain := s.Weight - s.Points.V
		if math.Abs(x.Loss-loss) > 1e-9 || math.Abs(x.Gain-gain) > 1e-9 || x.Points != evidence[0] ||
			x.RankBest != place(x.Submission, k.Total+gain) || x.RankWorst != place(x.Submission, k.Total-loss) {
			t.Errorf("%+v, want %v and %v", x, loss, gain)
		}
		if k.MendedBest.Valid != (k.Submission == batch[2].id) || x.Fingerprint == "a" && (k.MendedBest.V != x.RankBest || k.MendedWorst.V != x.RankWorst) {
			t.Errorf("mended: %+v", k)
		}
	}
}
