package score

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. The steps of a total follow each other from the earlier total to this round's, whatever changed, all at once.
//  2. Each cause alone moves what it can move, and is named: own figures are weighed on the scales as they were; the others feel only the scales.
//  3. A mark of a point that the earlier rubric doesn't know is nobody's.

// reweighted is the definition with the weights of two points changed against each other.
func reweighted(t *testing.T) *templates.Definition {
	t.Helper()
	d, r := *definition(t), *definition(t).Rubric()
	r.Indicators = slices.Clone(r.Indicators)
	shift := map[string]int64{"3.1": 3, "5.1": -3}
	for i, indicator := range r.Indicators {
		x := *indicator
		x.Points = slices.Clone(x.Points)
		for k, p := range x.Points {
			q := *p
			q.Weight = q.Weight.Add(decimal.NewFromInt(shift[q.ID]))
			x.Points[k] = &q
		}
		r.Indicators[i] = &x
	}
	d.Rubric = func() *templates.Rubric { return &r }
	return &d
}

// roundOf scores a batch as a round.
func roundOf(t *testing.T, d *templates.Definition, batch []*made, marks []table.Mark) *table.Round {
	t.Helper()
	facts, judgement := tables(d, batch)
	ranking, err := Run(facts, judgement, markingOf(marks), Options{Draws: 5})
	if err != nil {
		t.Fatal(err)
	}
	return &table.Round{Facts: facts, Judgement: judgement, Marking: markingOf(marks), Ranking: ranking}
}

// basis is a round's facts under the earlier definition, with the verdicts that the earlier rules give.
func basis(d *templates.Definition, now *table.Round, batch []*made) *table.Round {
	facts := *now.Facts
	facts.Definition = d
	_, judgement := tables(d, batch)
	return &table.Round{Facts: &facts, Judgement: judgement}
}

// steps are the points that each cause moved, by submission.
func steps(t *testing.T, earlier *table.Round, between *table.Round, now *table.Round) map[string]map[table.Cause]float64 {
	t.Helper()
	moves, err := TotalChanges(earlier, nil, between, now)
	if err != nil {
		t.Fatal(err)
	}
	was, is := publishedTotals(earlier.Ranking), publishedTotals(now.Ranking)
	out := map[string]map[table.Cause]float64{}
	for id, before := range was {
		after, still := is[id]
		if !still {
			if moves[id] != nil {
				t.Errorf("%s is gone, and moved: %v", id, moves[id])
			}
			continue
		}
		if len(moves[id]) == 0 && math.Abs(before-after) >= table.SameTotal {
			t.Errorf("%s moved from %v to %v, and nothing did it", id, before, after)
		}
		out[id] = map[table.Cause]float64{}
		at, last := before, -1
		for _, m := range moves[id] {
			if m.Before != at || slices.Index(table.Causes, m.Cause) <= last {
				t.Errorf("%s: steps don't follow each other: %+v", id, moves[id])
			}
			at, last = m.After, slices.Index(table.Causes, m.Cause)
			out[id][m.Cause] = m.After - m.Before
		}
		if len(moves[id]) > 0 && at != after {
			t.Errorf("%s: steps end at %v, the total is %v", id, at, after)
		}
	}
	return out
}

// changed is a batch in which one submission has other figures.
func changed(batch []*made, at int, by float64) []*made {
	out := slices.Clone(batch)
	out[at] = batch[at].as(batch[at].id)
	for ref, v := range out[at].numbers {
		out[at].numbers[ref] = v*by + 1
	}
	return out
}

func TestMovesOfOwnFigures(t *testing.T) {
	d := definition(t)
	before := allRanked(d, 9, 11)
	after := changed(before, 2, 1.6)
	earlier, now := roundOf(t, d, before, nil), roundOf(t, d, after, nil)
	got := steps(t, earlier, basis(d, now, after), now)

	// Beside the others of the earlier round, as one that isn't ranked, the new figures stand on the scales as they were.
	beside := after[2].as("beside")
	beside.verdict = table.Verdict{Submission: "beside", Verdict: model.Return, Unranked: "退回修改"}
	with := run(t, d, append(slices.Clone(before), beside), Options{Draws: 5})
	want := with.of(t, "beside").Total - with.of(t, before[2].id).Total
	if own := got[before[2].id][table.CauseOwn]; want == 0 || !near(own, want) {
		t.Errorf("own figures moved %v, on the scales as they were %v", own, want)
	}
	moves, err := TotalChanges(earlier, nil, basis(d, now, after), now)
	if err != nil {
		t.Fatal(err)
	}
	felt := 0
	for id, causes := range got {
		for _, m := range moves[id] {
			if want := map[bool]string{true: "数变了：本申报自己", false: "数变了：样例联合体" + before[2].id}[id == before[2].id]; m.Cause == table.CauseScale && m.Because != want {
				t.Errorf("%s felt the scales because %s, want %s", id, m.Because, want)
			}
		}
		for cause := range causes {
			switch {
			case cause == table.CauseScale:
				felt++
			case cause != table.CauseOwn || id != before[2].id:
				t.Errorf("%s moved %s: %v", cause, id, causes)
			}
		}
	}
	if felt == 0 {
		t.Error("nobody felt the scales")
	}
}

func TestMovesOfOneCause(t *testing.T) {
	d := definition(t)
	batch := allRanked(d, 8, 23)
	back := slices.Clone(batch)
	back[4] = batch[4].as(batch[4].id)
	back[4].verdict = table.Verdict{Submission: back[4].id, Verdict: model.Return, Unranked: "退回修改"}
	marks := marksOf(d, batch, 3, func(x int, id, _ string) float64 { return float64(50 + 3*x + len(id)) })
	higher := marksOf(d, batch, 3, func(x int, id, _ string) float64 { return float64(60 + 3*x + len(id)) })
	plain := roundOf(t, d, batch, nil)
	doctored := *plain
	ranks := slices.Collect(plain.Ranking.Ranking.All())
	for i := range ranks {
		ranks[i].Total++
	}
	doctored.Ranking = &table.Ranking{Ranking: table.Of(ranks)}
	all := map[string]map[string]map[table.Cause]float64{}
	for _, c := range []struct {
		name     string
		cause    table.Cause
		earlier  *table.Round
		now      *table.Round
		verdicts []*made // by the earlier rules
	}{
		{"nothing", "", plain, roundOf(t, d, batch, nil), batch},
		{"weights", table.CauseRubric, plain, roundOf(t, reweighted(t), batch, nil), batch},
		{"rules", table.CauseRules, plain, roundOf(t, d, back, nil), batch},
		{"who is ranked", table.CauseScale, plain, roundOf(t, d, back, nil), back},
		{"marks", table.CauseMarks, roundOf(t, d, batch, marks), roundOf(t, d, batch, higher), batch},
		{"first marks", table.CauseMarks, plain, roundOf(t, d, batch, marks), batch},
		{"the program", table.CauseProgram, &doctored, plain, batch},
	} {
		got := steps(t, c.earlier, basis(d, c.now, c.verdicts), c.now)
		moved := 0
		for id, causes := range got {
			for cause := range causes {
				if moved++; cause != c.cause {
					t.Errorf("%s: %s moved by %s: %v", c.name, id, cause, causes)
				}
			}
		}
		if (moved > 0) != (c.cause != "") {
			t.Errorf("%s: %d moved", c.name, moved)
		}
		all[c.name] = got
	}
	for id, causes := range all["marks"] {
		if !near(causes[table.CauseMarks], 46*0.1) { // ten of a hundred more, on all that is the experts'
			t.Errorf("%s: ten more of each mark are %v", id, causes)
		}
	}

	returned := roundOf(t, d, back, nil)
	moves, err := TotalChanges(plain, nil, basis(d, returned, back), returned)
	if err != nil {
		t.Fatal(err)
	}
	for id, m := range moves {
		if want := "退出定标：样例联合体2024-05（退回修改）"; m[0].Because != want {
			t.Errorf("%s moved because %s, want %s", id, m[0].Because, want)
		}
	}
	moves, err = TotalChanges(plain, nil, nil, roundOf(t, reweighted(t), batch, nil))
	if err != nil {
		t.Fatal(err)
	}
	for id, m := range moves {
		if len(m) != 1 || m[0].Cause != table.CauseForm {
			t.Errorf("%s under another form: %+v", id, m)
		}
	}
}

func TestMovesOfEverything(t *testing.T) {
	d := definition(t)
	for seed := range uint64(6) {
		before := random(d, 10, seed, true)
		after := changed(random(d, 10, seed, true), int(seed), 2)[1:] // one is gone, one has other figures
		after = append(after, after[0].as("2024-99"))
		old := slices.Clone(after)
		for i := range after {
			if i%4 == int(seed)%4 {
				after[i] = after[i].as(after[i].id)
				after[i].verdict = table.Verdict{Submission: after[i].id, Verdict: model.Accept, Ranked: true}
			}
		}
		earlier, now := roundOf(t, d, before, nil), roundOf(t, reweighted(t), after, nil)
		seen := map[table.Cause]bool{}
		for id, causes := range steps(t, earlier, basis(d, now, old), now) {
			for cause := range causes {
				seen[cause] = true
			}
			if id == "2024-99" {
				t.Error("one that was not there moved")
			}
		}
		moves, err := TotalChanges(earlier, nil, basis(d, now, old), now)
		if err != nil {
			t.Fatal(err)
		}
		gone := "退出定标：样例联合体" + before[0].id
		for id, m := range moves {
			for _, step := range m {
				left := before[0].verdict.Ranked && step.Cause == table.CauseScale
				if strings.HasPrefix(step.Because, gone) != left || (step.Because == "") != !slices.Contains([]table.Cause{table.CauseScale, table.CauseRules}, step.Cause) {
					t.Errorf("seed %d: %s moved by %s attribution %q", seed, id, step.Cause, step.Because)
				}
			}
		}
		for _, cause := range []table.Cause{table.CauseOwn, table.CauseScale, table.CauseRubric} {
			if !seen[cause] && !(cause == table.CauseOwn && seed == 0) { // seed 0 changes the one that is gone
				t.Errorf("seed %d: %s moved nobody", seed, cause)
			}
		}
	}
}

func TestMarkOfAnUnknownPoint(t *testing.T) {
	d := definition(t)
	batch := allRanked(d, 5, 31)
	marks := marksOf(d, batch, 3, func(int, string, string) float64 { return 70 })
	stray := marks[0]
	stray.Point, stray.Value = "9.9", table.Some(5.0)
	want, _ := judged(t, d, batch, marks, Options{Draws: 5})
	got, _ := judged(t, d, batch, append(slices.Clone(marks), stray), Options{Draws: 5})
	for i := range want.ranking {
		if got.ranking[i].Total != want.ranking[i].Total {
			t.Errorf("a mark of no point moved %s from %v to %v", want.ranking[i].Submission, want.ranking[i].Total, got.ranking[i].Total)
		}
	}
}
