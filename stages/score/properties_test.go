package score

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/shopspring/decimal"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
	"pgregory.net/rapid"
)

// Requirements
//  1. Under the shipped rubric every property holds, on any batch, for any edit of any submission.
//  2. What the run works out bit by bit is what scoring the edited batch anew gives.
//  3. A rubric that can be bent is found out: amounts by what applicants state, growth, and what the form doesn't ask for.

// with gives the batch with one submission edited; its verdict stays.
func with(batch []*made, i int, x edit) []*made {
	out := slices.Clone(batch)
	m := batch[i].as(batch[i].id)
	switch {
	case x.roster != nil:
		m.members = x.roster(m.members)
		for k := range m.members {
			m.members[k].Submission = m.id
		}
	case x.value == nil:
		delete(m.numbers, x.ref)
		delete(m.excused, x.ref)
	default:
		m.numbers[x.ref] = x.value.InexactFloat64()
	}
	out[i] = m
	return out
}

// standings scores a batch as far as its ranks.
func standings(t interface{ Fatal(...any) }, d *templates.Definition, batch []*made, marks ...table.Mark) (*scoredBatch, []*entrant) {
	facts, judgement := tables(d, batch)
	f, err := scoreBatch(&table.Round{Facts: facts, Judgement: judgement, Marking: markingOf(marks)}, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	assignRanks(f.ranked)
	return f, f.ranked
}

func TestPropertiesHold(t *testing.T) {
	d := definition(t)
	rapid.Check(t, func(t *rapid.T) {
		batch := random(d, rapid.IntRange(2, 9).Draw(t, "submissions"), rapid.Uint64Range(0, 1000).Draw(t, "seed"), rapid.Bool().Draw(t, "gaps"))
		batch[0].verdict = table.Verdict{Submission: batch[0].id, Verdict: model.Accept, Ranked: true}
		var marks []table.Mark
		if rapid.Bool().Draw(t, "marked") {
			marks = marksOf(d, batch, 3, func(x int, s, p string) float64 { return float64((x*7 + int(s[len(s)-1])*13 + int(p[0])*11) % 100) })
		}
		f, ranked := standings(t, d, batch, marks...)
		if lapses, tried := f.testProperties(); len(lapses) > 0 || tried != len(ranked) {
			t.Fatalf("%d tried; %+v", tried, lapses)
		}
		e := ranked[rapid.IntRange(0, len(ranked)-1).Draw(t, "whose")]
		edits := f.edits(e.form)
		x := edits[rapid.IntRange(0, len(edits)-1).Draw(t, "edit")]
		got := f.placeAfter(e, x)
		i := slices.IndexFunc(batch, func(m *made) bool { return m.id == e.submission.Submission })
		_, again := standings(t, d, with(batch, i, x), marks...)
		j := slices.IndexFunc(again, func(o *entrant) bool { return o.submission.Submission == e.submission.Submission })
		if !near(got.Total, again[j].Total) || got.Rank != int(again[j].Rank.V) {
			t.Fatalf("%s %v %s: %+v bit by bit, %v at %d anew", x.property, x.ref, x.description, got, again[j].Total, again[j].Rank.V)
		}
	})
}

// TestUncountedFiguresMoveNothing changes every figure of a year before and beyond the form at once.
func TestUncountedFiguresMoveNothing(t *testing.T) {
	d := definition(t)
	batch := random(d, 8, 3, true)
	before := run(t, d, batch, Options{Draws: 1})
	other := slices.Clone(batch)
	for i, m := range batch {
		other[i] = m.as(m.id)
		for ref := range m.numbers {
			f := d.Field(ref.Field)
			y := d.Form.YearOf(ref.Year)
			if d.Supplementary(f, ref.Year) || y.ID == "prior" && len(f.Years) > 1 {
				other[i].numbers[ref] += float64(10 * (i + 1))
			}
		}
	}
	after := run(t, d, other, Options{Draws: 1})
	for _, k := range before.ranking {
		if now := after.of(t, k.Submission); now.Total != k.Total || now.Rank != k.Rank {
			t.Errorf("%s: %v at %v, before %v at %v", k.Submission, now.Total, now.Rank, k.Total, k.Rank)
		}
	}
}

// withRubric is the shipped definition with another rubric.
func withRubric(t testing.TB, path string, change func(string) string) *templates.Definition {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range definition(t).Texts {
		files[name] = &fstest.MapFile{Data: text}
	}
	text, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	files["2024/rubric.yaml"] = &fstest.MapFile{Data: []byte(change(string(text)))}
	d, err := templates.LoadFS(files, 2024)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What is tried with a figure, and what then mustn't happen.
func TestWhatIsTried(t *testing.T) {
	f, _ := standings(t, definition(t), random(definition(t), 3, 1, false))
	for ref, want := range map[templates.Ref]string{{Field: "apprentices", Year: 2022}: PropertyPrior, {Field: "apprentices", Year: 2023}: PropertyBetter,
		{Field: "apprentices", Year: 2026}: PropertySupplementary, {Field: "staff_full_time"}: PropertyBetter, {Field: "staff_total"}: PropertySize, {Field: "funding_total", Year: 2024}: PropertyBetter} {
		x := f.changedFigure(f.def.Field(ref.Field), ref, decimal.NewFromInt(40))
		value := map[string]int64{PropertyPrior: 20, PropertySize: 20, PropertyBetter: 45, PropertySupplementary: 81}[want]
		if x.property != want || x.value.IntPart() != value {
			t.Errorf("%v: %s with %v, want %s with %v", ref, x.property, x.value, want, value)
		}
	}
	was := table.Position{Total: 50, Rank: 3}
	for _, c := range []struct {
		total                           float64
		rank                            int
		blank, better, neitherDirection bool // violated
	}{{50, 3, false, false, false}, {51, 3, true, false, true}, {50, 2, true, false, true}, {49, 3, false, true, true}, {50, 4, false, true, true}, {50 + 1e-10, 3, false, false, false}, {50 - 1e-10, 3, false, false, false}} {
		now := table.Position{Total: c.total, Rank: c.rank}
		for property, want := range map[string]bool{PropertyBlank: c.blank, PropertyPrior: c.blank, PropertySize: c.blank, PropertyMember: c.better, PropertyBetter: c.better, PropertySupplementary: c.neitherDirection} {
			if got := (edit{property: property}).violatedBy(was, now); got != want {
				t.Errorf("%s: %+v violates it %v, want %v", property, now, got, want)
			}
		}
	}
}

func TestBentRubricIsFoundOut(t *testing.T) {
	d := withRubric(t, "testdata/rubric-ratios.yaml", func(s string) string { return s })
	f, _ := standings(t, d, random(d, 9, 11, false))
	lapses, _ := f.testProperties()
	found := map[string]bool{}
	for _, l := range lapses {
		found[l.Property] = true
	}
	for _, p := range []string{PropertyMember, PropertySize, PropertyPrior, PropertySupplementary} {
		if !found[p] {
			t.Errorf("nothing found of %s among %d lapses", p, len(lapses))
		}
	}
}

func BenchmarkProve(b *testing.B) {
	f, _ := standings(b, definition(b), random(definition(b), 20, 1, true))
	for b.Loop() {
		f.testProperties()
	}
}

func BenchmarkRun(b *testing.B) {
	d := definition(b)
	facts, judgement := tables(d, random(d, 20, 1, true))
	for b.Loop() {
		if _, err := Run(facts, judgement, table.Marking{}, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
