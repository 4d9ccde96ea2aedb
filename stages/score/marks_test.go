package score

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. Marks count once every ranked submission has enough for every point, and for nobody before.
//  2. From five on, one highest and one lowest are dropped, and marked so; below, the mean.
//  3. What experts propose moves nothing, a single one's stands in words, and the other total beside; what the Department decides comes off
//     the total, and off it alone.
//  4. Conflicts and faults don't count.
//  5. Totals and ranks agree with aggregates that COINr publishes of its ASEM example.
//  6. A promise beyond what was achieved and what the peers promise is flagged, and costs nothing.
//  7. "safe" is who no test carries over the line, fairly safe whom one does; pairs that are not safe are told what would swap them.

// marksOf makes marks of n experts for every point of every submission.
func marksOf(d *templates.Definition, batch []*made, experts int, mark func(expert int, submission, point string) float64) []table.Mark {
	var out []table.Mark
	for x := range experts {
		for _, m := range batch {
			for _, p := range d.Rubric().Points() {
				kind, value := table.MarkPoint, 0.0
				switch {
				case p.Deduction:
					kind = table.MarkDeduction
				case p.ExpertShare.IsZero():
					continue
				default:
					value = mark(x, m.id, p.ID)
				}
				out = append(out, table.Mark{Expert: fmt.Sprintf("E%d", x+1), Submission: m.id, Point: p.ID, Kind: kind, Value: table.Some(value), Status: table.MarkCounted, File: "m.xlsx", Sheet: "s", Cell: "F6"})
			}
			out = append(out, table.Mark{Expert: fmt.Sprintf("E%d", x+1), Submission: m.id, Kind: table.MarkVeto, Value: table.Some(0.0), Status: table.MarkCounted, File: "m.xlsx", Sheet: "s", Cell: "F9"})
		}
	}
	return out
}

// markingOf is what the experts say, of their marks.
func markingOf(marks []table.Mark) table.Marking { return table.Marking{Marks: table.Of(marks)} }

// evenly is a batch of which every submission has the same marks, so that they count and move nobody.
func evenly(d *templates.Definition, batch []*made) (*table.Facts, *table.Judgement, table.Marking) {
	facts, judgement := tables(d, batch)
	return facts, judgement, markingOf(marksOf(d, batch, 3, func(int, string, string) float64 { return 75 }))
}

func judged(t *testing.T, d *templates.Definition, batch []*made, marks []table.Mark, o Options) (result, []table.Mark) {
	t.Helper()
	facts, judgement := tables(d, batch)
	got, err := Run(facts, judgement, markingOf(marks), o)
	if err != nil {
		t.Fatal(err)
	}
	r := result{slices.Collect(got.Scores.All()), slices.Collect(got.Ranking.All()), map[[3]string]int{}}
	for i, s := range r.scores {
		r.rows[[3]string{s.Submission, s.Point, s.Evidence}] = i
	}
	return r, slices.Collect(got.Marks.All())
}

func allRanked(d *templates.Definition, n int, seed uint64) []*made {
	batch := random(d, n, seed, false)
	for _, m := range batch {
		m.verdict = table.Verdict{Submission: m.id, Verdict: model.Accept, Ranked: true}
	}
	return batch
}

func TestMarksCountTogether(t *testing.T) {
	d := definition(t)
	batch := allRanked(d, 6, 3)
	marks := marksOf(d, batch, 3, func(x int, _, _ string) float64 { return float64(70 + 5*x) })
	full, _ := judged(t, d, batch, marks, Options{Draws: 20})
	figures := run(t, d, batch, Options{Draws: 20})
	for _, k := range full.ranking {
		before := figures.of(t, k.Submission)
		if want := before.Total + 46*0.75; !k.Complete || !near(k.Total, want) || !near(k.Experts.V, 46*0.75) || k.Possible != 100 {
			t.Errorf("%s: total %v with marks of 75 everywhere, want %v: %+v", k.Submission, k.Total, want, k)
		}
	}
	vetoes := slices.DeleteFunc(slices.Clone(marks), func(m table.Mark) bool { return m.Kind == table.MarkPoint })
	if none, _ := judged(t, d, batch, vetoes, Options{Draws: 5}); none.ranking[0].State != string(table.FiguresOnly) {
		t.Errorf("no point was marked, and yet %+v", none.ranking[0])
	}
	lacking := slices.Clone(marks)
	for i := range lacking {
		if lacking[i].Submission == batch[4].id && lacking[i].Point == "6.2" && lacking[i].Expert == "E3" {
			lacking[i].Status, lacking[i].Value = table.MarkUnfilled, table.Opt[float64]{}
		}
	}
	part, _ := judged(t, d, batch, lacking, Options{Draws: 20})
	for _, k := range part.ranking {
		before := figures.of(t, k.Submission)
		if k.Complete || k.State != string(table.PartMarked) || k.Total != before.Total || k.Rank != before.Rank || !strings.Contains(k.Method, batch[4].id+"的6.2（2个）") {
			t.Errorf("one mark is lacking, and yet: %+v", k)
		}
	}
}

func TestTrimmedMean(t *testing.T) {
	d := definition(t)
	batch := allRanked(d, 4, 5)
	values := []float64{40, 80, 70, 100, 90}
	for n, want := range map[int]float64{5: 80, 4: 72.5} {
		got, marks := judged(t, d, batch, marksOf(d, batch, n, func(x int, _, _ string) float64 { return values[x] }), Options{Draws: 5})
		if s := got.row(t, batch[0].id, "1.2", ""); !near(s.Mark.V, want) || int(s.Marks.V) != n || !near(s.Points.V, s.Weight*want/100) {
			t.Errorf("%d marks: %+v, want %v", n, s, want)
		}
		for _, m := range marks {
			if m.Kind == table.MarkPoint && (m.Status == table.MarkDropped) != (n == 5 && (m.Expert == "E1" || m.Expert == "E4")) {
				t.Errorf("of %d: %+v", n, m)
			}
		}
	}
}

func TestProposals(t *testing.T) {
	d := definition(t)
	batch := allRanked(d, 6, 7)
	plain := marksOf(d, batch, 5, func(int, string, string) float64 { return 80 })
	marks := slices.Clone(plain)
	for i := range marks {
		switch m := &marks[i]; {
		case m.Submission == batch[0].id && m.Kind == table.MarkDeduction && m.Expert == "E2", m.Submission == batch[3].id && m.Kind == table.MarkDeduction:
			m.Value.V = 5
		case m.Submission == batch[1].id && m.Kind == table.MarkVeto && m.Expert == "E3":
			m.Value.V = 1
		}
	}
	register := func(id, points, reject string) table.RegisterEntry {
		sheet := d.Register().Sheets[slices.IndexFunc(d.Register().Sheets, func(s *templates.RegisterSheet) bool { return s.Effect == templates.EffectRule })]
		return table.RegisterEntry{Sheet: sheet, Key: table.ConsortiumKey(table.Submission{Consortium: "样例联合体" + id}), Values: map[string]string{templates.RegisterPoints: points,
			templates.RegisterReject: reject, templates.RegisterDocument: "处务会"}}
	}
	scored := func(marks []table.Mark, decided ...table.RegisterEntry) result {
		facts, judgement := tables(d, batch)
		judgement.Register = decided
		got, err := Run(facts, judgement, markingOf(marks), Options{Draws: 5})
		if err != nil {
			t.Fatal(err)
		}
		return result{ranking: slices.Collect(got.Ranking.All())}
	}
	before, proposed := scored(plain), scored(marks)
	decided := scored(marks, register(batch[3].id, "2.5", ""), register(batch[1].id, "", "予以保留"))
	for i, m := range batch {
		was, is, ruled := before.of(t, m.id), proposed.of(t, m.id), decided.of(t, m.id)
		if is.Total != was.Total || !is.Ranked || is.Rank != was.Rank || is.Deduction.Valid {
			t.Errorf("a proposal moved %s: %+v", m.id, is)
		}
		want := map[int]string{0: "1名专家提议扣5分", 1: "1名专家提议不予立项", 3: "5名专家提议扣5分"}[i]
		if is.Proposals != want || is.Pending != (want != "") || is.OtherTotal.Valid != (i == 0 || i == 3) || is.OtherTotal.Valid && !near(is.OtherTotal.V, is.Total-5) {
			t.Errorf("%d: want %q: %+v", i, want, is)
		}
		switch i {
		case 1:
			if ruled.Pending || ruled.Proposals != want+"，登记予以保留（处务会）" || !ruled.Ranked {
				t.Errorf("%+v", ruled)
			}
		case 3:
			if ruled.Pending || ruled.OtherTotal.Valid || ruled.Deduction.V != 2.5 || !near(ruled.Total, was.Total-2.5) || !near(ruled.Lower, was.Lower-2.5) ||
				!near(ruled.Foundation+ruled.Promise+ruled.Experts.V-2.5, ruled.Total) {
				t.Errorf("%+v", ruled)
			}
		default:
			if ruled.Total != was.Total {
				t.Errorf("%+v", ruled)
			}
		}
	}
}

// TestUndecided: what experts propose and nobody has decided, and who still waits for marks, can change who is inside: then nobody whom it
// carries over the line is safe, and it is said.
func TestUndecided(t *testing.T) {
	m := newScheme(definition(t))
	batch := func() []*entrant {
		var out []*entrant
		for i, total := range []float64{90, 80, 71, 70, 60} {
			e := &entrant{rankRow: rankRow{Total: total, Upper: total, Consortium: string(rune('甲' + i))}}
			e.Rank = table.Some(int32(i + 1))
			out = append(out, e)
		}
		return out
	}
	veto, deduct := func(e *entrant) { e.Pending, e.rejectionProposed = true, true }, func(e *entrant) { e.Pending, e.proposedDeduction = true, table.Some(5.0) }
	for name, c := range map[string]struct {
		set     func([]*entrant)
		waiting float64 // upper; 0: nobody waits
		want    map[int]string
	}{
		"nothing":         {func([]*entrant) {}, 0, nil},
		"veto of first":   {func(b []*entrant) { veto(b[0]) }, 0, map[int]string{0: "登记认定专家的提议：退出排名", 3: "登记认定专家对甲的提议：第3名"}},
		"veto outside":    {func(b []*entrant) { veto(b[4]) }, 0, nil},
		"deduction third": {func(b []*entrant) { deduct(b[2]) }, 0, map[int]string{2: "登记认定专家的提议：第4名", 3: "登记认定专家对" + string(rune('甲'+2)) + "的提议：第3名"}},
		"small deduction": {func(b []*entrant) { deduct(b[0]) }, 0, nil},
		"two vetoes":      {func(b []*entrant) { veto(b[3]); veto(b[2]) }, 0, map[int]string{2: "退出排名", 3: "第3名", 4: "登记认定专家的全部提议：第3名"}},
		"newcomer":        {func([]*entrant) {}, 75, map[int]string{2: "待评的1家评分都满：第4名"}},
	} {
		ranked, late := batch(), []*entrant(nil)
		c.set(ranked)
		if c.waiting > 0 {
			late = append(late, &entrant{rankRow: rankRow{Upper: c.waiting - m.openPoints(false)}})
		}
		for i, e := range ranked {
			if got := strings.Join(m.pendingCrossings(e, ranked, late, 3), "；"); (got == "") != (c.want[i] == "") || !strings.Contains(got, c.want[i]) {
				t.Errorf("%s, No. %d: %q, want %q", name, i+1, got, c.want[i])
			}
		}
	}
}

// TestTrimmedForAllOrNone: one submission with a mark less keeps the point of all from being trimmed, for both are compared.
func TestTrimmedForAllOrNone(t *testing.T) {
	d := definition(t)
	batch := allRanked(d, 4, 5)
	values := []float64{40, 80, 70, 100, 90}
	marks := marksOf(d, batch, 5, func(x int, _, _ string) float64 { return values[x] })
	for i := range marks {
		if m := &marks[i]; m.Submission == batch[2].id && m.Point == "1.2" && m.Expert == "E5" {
			m.Status, m.Value = table.MarkConflict, table.Opt[float64]{}
		}
	}
	got, after := judged(t, d, batch, marks, Options{Draws: 5})
	for i, m := range batch {
		want := map[bool]float64{true: 72.5, false: 76}[i == 2]
		if s := got.row(t, m.id, "1.2", ""); !near(s.Mark.V, want) {
			t.Errorf("%s: %v, want %v", m.id, s.Mark.V, want)
		}
		if s := got.row(t, m.id, "1.3", ""); !near(s.Mark.V, 80) {
			t.Errorf("%s: every submission has five marks on 1.3, and yet %v", m.id, s.Mark.V)
		}
	}
	for _, m := range after {
		if m.Point == "1.2" && m.Status == table.MarkDropped {
			t.Errorf("dropped: %+v", m)
		}
	}
}

// TestPublishedAggregates aggregates the pillars of COINr's ASEM example as published (vignette “Presenting Results”, COINr 1.1):
// Index is the mean of two sub-indices, which are the means of five and three pillars. The raw data are not published as text;
// an index whose are is tried from them on in TestPublishedIndex.
func TestPublishedAggregates(t *testing.T) {
	pillars := []float64{0.5 / 5, 0.5 / 5, 0.5 / 5, 0.5 / 5, 0.5 / 5, 0.5 / 3, 0.5 / 3, 0.5 / 3}
	countries := []struct {
		name   string
		index  float64
		pillar [8]float64
	}{
		{"IND", 39.79, [8]float64{18.78, 6.38, 51.90, 59.84, 6.07, 75.34, 22.74, 54.88}},
		{"BEL", 63.54, [8]float64{71.97, 48.22, 80.84, 75.60, 43.32, 53.01, 86.17, 50.09}},
		{"NLD", 64.82, [8]float64{64.87, 46.62, 84.55, 71.74, 41.92, 58.73, 86.58, 57.78}},
		{"CHE", 68.38, [8]float64{63.41, 32.87, 74.78, 85.94, 56.93, 77.21, 87.85, 56.88}},
		{"SWE", 63.00, [8]float64{51.51, 23.87, 80.98, 74.51, 38.50, 66.37, 87.74, 62.27}},
		{"NOR", 64.47, [8]float64{58.18, 25.70, 80.03, 89.46, 33.80, 70.90, 87.00, 56.59}},
		{"DNK", 64.80, [8]float64{50.52, 30.43, 78.13, 75.35, 51.04, 69.83, 86.40, 61.29}},
	}
	var ranked []*entrant
	for _, c := range countries {
		e := &entrant{rankRow: rankRow{Submission: c.name}}
		for _, v := range c.pillar {
			e.points = append(e.points, pointScore{value: v / 100, present: 1})
		}
		e.Total = 100 * weightedTotal(pillars, e.points)
		e.Lower, e.Upper = e.Total, e.Total
		if math.Abs(e.Total-c.index) > 0.011 { // two roundings to two decimals
			t.Errorf("%s: %.4f, published %v", c.name, e.Total, c.index)
		}
		ranked = append(ranked, e)
	}
	assignRanks(ranked)
	slices.SortFunc(ranked, func(a, b *entrant) int { return int(a.Rank.V - b.Rank.V) })
	for i, want := range []string{"CHE", "NLD", "DNK", "NOR", "BEL", "SWE", "IND"} {
		if ranked[i].Submission != want {
			t.Errorf("place %d: %s, published %s", i+1, ranked[i].Submission, want)
		}
	}
}

func TestCredibility(t *testing.T) {
	d := definition(t)
	var batch []*made
	for i := range 6 {
		m := fill(d, fmt.Sprintf("2024-%02d", i+1), func(f *templates.Field, year int) float64 {
			if f.Type == templates.PercentField {
				return 50
			}
			return math.Round(100 * math.Pow(1.05, float64(year-2022)))
		}, roster(1, 1, 1, 1, 3, 1, 900)...)
		m.verdict.Ranked = true
		batch = append(batch, m)
	}
	set := func(i int, field string, year int, v float64) {
		batch[i].numbers[templates.Ref{Field: field, Year: year}] = v
	}
	set(0, "apprentices", 2026, 400)     // 105 → 400
	set(1, "apprentices", 2023, 0)       // from nothing
	set(1, "apprentices", 2026, 200)     //
	set(2, "conversion_rate", 2026, 99)  // 50 → 99 %
	set(4, "field_engineers", 2026, 140) // 10.1 % a year, hardly more than the 5 % so far, and more than anybody else
	delete(batch[3].numbers, templates.Ref{Field: "apprentices", Year: 2026})
	facts, judgement := tables(d, batch)
	got, err := Run(facts, judgement, table.Marking{}, Options{Draws: 5})
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string]table.Growth{}
	verify := 0
	for g := range got.Credibility.All() {
		flags[g.Submission+" "+g.Indicator] = g
		if g.Flag == "verify" {
			verify++
		}
	}
	if g := flags["2024-01 apprentices"]; g.Flag != "verify" || math.Abs(g.Promised.V-(math.Cbrt(400.0/105)-1)*100) > 1e-9 || math.Abs(g.Achieved.V-5) > 1e-9 || g.Measure != "percent" || len(strings.Split(g.Cells, "; ")) != 3 {
		t.Errorf("%+v", g)
	}
	if g := flags["2024-02 apprentices"]; g.Flag != "none" || g.Promised.Valid || !strings.Contains(g.Note, "基数不到30") {
		t.Errorf("%+v", g)
	}
	if g := flags["2024-03 conversion_rate"]; g.Flag != "verify" || g.Measure != "points" || math.Abs(g.Promised.V-49.0/3) > 1e-9 {
		t.Errorf("%+v", g)
	}
	if g := flags["2024-04 apprentices"]; g.Flag != "unknown" || g.Note != "2026年没有数据" {
		t.Errorf("%+v", g)
	}
	if g := flags["2024-05 apprentices"]; g.Flag != "none" || verify != 2 {
		t.Errorf("%d flagged, %+v", verify, g)
	}
}

func TestLine(t *testing.T) {
	d := definition(t)
	batch := allRanked(d, 12, 2)
	if before := run(t, d, batch, Options{Draws: 40, Select: 4}); slices.ContainsFunc(before.ranking, func(k table.Rank) bool {
		return k.Line != "" || k.Firm != "" || k.LineReason != "" || k.First3.Valid || k.FirstK.Valid || k.State != string(table.FiguresOnly) || !k.RankLow.Valid
	}) {
		t.Errorf("no marks, and yet there is a line: %+v", before.ranking)
	}
	facts, judgement, marking := evenly(d, batch)
	got, err := Run(facts, judgement, marking, Options{Draws: 400, Select: 4})
	if err != nil {
		t.Fatal(err)
	}
	lines, names, firm, tried := map[string]table.Rank{}, map[string]string{}, map[string]int{}, map[[2]string]int32{}
	for s := range got.Scenarios.All() {
		tried[[2]string{s.Scenario, s.Submission}] = s.Rank
	}
	for k := range got.Ranking.All() {
		lines[k.Submission], names[k.Submission] = k, k.Consortium
		if (k.Line == "inside") != (k.Rank.V <= 4) || k.Line == "" || k.State != string(table.AllMarked) {
			t.Errorf("%+v", k)
		}
		places := [][2]int32{{k.RankBest.V, k.RankWorst.V}, {k.ScaleBest.V, k.ScaleWorst.V}}
		for _, s := range d.Rubric().Scenarios {
			if at, there := tried[[2]string{s.ID, k.Submission}]; there && s.Decides {
				places = append(places, [2]int32{at, at})
			}
		}
		flips := 0
		if in := k.Rank.V <= 4; in && k.FirstK.V < 0.95 || !in && k.FirstK.V > 0.05 {
			flips++
		}
		for _, at := range places {
			if k.Rank.V <= 4 && at[1] > 4 || k.Rank.V > 4 && at[0] <= 4 {
				flips++
			}
		}
		want := []string{"safe", "fairly", "contested"}[min(flips, 2)]
		firm[want]++
		if k.Firm != want || (k.LineReason == "") != (want == "safe") {
			t.Errorf("%s, want %s: %+v", k.Firm, want, k)
		}
	}
	t.Logf("稳 %d，较稳 %d，两可 %d", firm["safe"], firm["fairly"], firm["contested"])
	if firm["safe"] == 0 || firm["safe"] == len(batch) {
		t.Error("the word means nothing")
	}
	seen := 0
	for s := range got.Swaps.All() {
		seen++
		in, out := lines[s.Inside], lines[s.Outside]
		if in.Firm == "safe" || out.Firm == "safe" || in.Rank.V > 4 || out.Rank.V <= 4 || !near(s.Gap, in.Total-out.Total) {
			t.Errorf("%+v", s)
		}
		if s.Point != "" && (!strings.Contains(s.Words, s.Point) || !strings.Contains(s.Words, names[s.Outside])) {
			t.Errorf("%+v", s)
		}
	}
	if seen == 0 {
		t.Error("nobody is contested: the test shows nothing")
	}
}
