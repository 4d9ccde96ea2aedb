package pipeline

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/audit"
	"lianheti/stages/check"
	"lianheti/stages/model"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. With a rubric that counts ratios, growth and supplementary figures (kept for this test) the audit finds the moves that are known to pay:
//     an enrolment of 1, undergraduate members left out, supplementary figures × 3.9, the prior year halved.
//  2. With the rubric that ships, no perverse move on the samples raises a rank or even a total.
//  3. Before any move a submission stands where the run ranks it; a move after which it must be corrected never pays.
//     The experts' marks count as they do there.
//  4. Nor does one with amounts per student, where the Department's list says who belongs to a consortium and how many they are.
//  5. What is found does not depend on the number of workers, nor do the bytes that are written.

// auditOf audits the samples under a definition, so many submissions of them, with only the moves that keep chooses.
func auditOf(t *testing.T, d *templates.Definition, every, workers int, keep func(*templates.AuditMove) bool) (*auditRun, *Audited) {
	t.Helper()
	return auditWith(t, d, nil, every, workers, keep)
}

func auditWith(t *testing.T, d *templates.Definition, register table.Register, every, workers int, keep func(*templates.AuditMove) bool) (*auditRun, *Audited) {
	t.Helper()
	b := must.Get(batch())(t)
	facts := *b.facts
	facts.Definition = only(d, keep)
	a := must.Get(newAuditRun(&facts, check.Known{Register: register}, table.Marking{}, nil))(t)
	var some []*auditCase
	for i, c := range a.cases {
		if i%every == 0 {
			some = append(some, c)
		}
	}
	a.cases = some
	must.Do(t, a.tryAll(t.Context(), workers))
	r := a.result()
	r.Files = must.Get(a.files("out", r))(t)
	return a, r
}

// only is a definition with some of the moves.
func only(d *templates.Definition, keep func(*templates.AuditMove) bool) *templates.Definition {
	own, moves := *d, *d.Audit()
	moves.Moves = slices.DeleteFunc(slices.Clone(moves.Moves), func(m *templates.AuditMove) bool { return !keep(m) })
	moves.Pairs = 6
	own.Audit = func() *templates.Audit { return &moves }
	return &own
}

// ratios is the definition with the rubric as it was when it divided by what applicants state.
func ratios(t *testing.T) *templates.Definition {
	return rubricOf(t, "../stages/score/testdata/rubric-ratios.yaml", "")
}

// rubricOf is the definition with another rubric, below a line of its own.
func rubricOf(t *testing.T, rubric, line string) *templates.Definition {
	t.Helper()
	files := fstest.MapFS{}
	paths := must.Get(filepath.Glob("../templates/2024/*.yaml"))(t)
	for _, path := range paths {
		name := "2024/" + filepath.Base(path)
		if name == "2024/rubric.yaml" {
			path = rubric
		}
		data := must.Get(os.ReadFile(path))(t)
		if path == rubric {
			data = append([]byte(line), data...)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	d := must.Get(templates.LoadFS(files, 2024))(t)
	return d
}

func TestAuditFindsWhatIsKnownToPay(t *testing.T) {
	up := map[string]int32{"enrolment_one": 8, "drop_kind": 7, "extra_all": 4, "prior_all_half": 4} // places at least
	_, r := auditOf(t, ratios(t), 1, 2, func(m *templates.AuditMove) bool { return up[m.ID] > 0 })
	most := map[string]int32{}
	for _, p := range r.Pays {
		most[p.Kind] = max(most[p.Kind], p.Before-p.After)
	}
	for kind, least := range up {
		if most[kind] < least {
			t.Errorf("%s raises by %d places at most, known are %d", kind, most[kind], least)
		}
	}
	if most[audit.KindPair] < up["enrolment_one"] || most[audit.KindGathered] < up["enrolment_one"] {
		t.Errorf("several together are no stronger than one: %v", most)
	}
	if r.Pays[0].Before-r.Pays[0].After < most["enrolment_one"] {
		t.Errorf("the strongest does not come first: %+v", r.Pays[0])
	}
	for _, row := range r.Rows {
		if row.Pays && (row.Verdict == string(model.Return) || row.Errors.V > 0) {
			t.Errorf("%s: pays although it must be corrected: %+v", row.Submission, row)
		}
	}
}

func TestNoPerverseMovePays(t *testing.T) {
	every := 4
	if programs.InCI() {
		every = 1
	}
	b := must.Get(batch())(t)
	a, r := auditOf(t, b.d, every, 2, func(*templates.AuditMove) bool { return true })
	for _, row := range r.Rows {
		if row.List == string(templates.Perverse) && (row.Pays || row.TotalAfter.Valid && row.TotalAfter.V-row.TotalBefore >= table.SameTotal) {
			t.Errorf("%s: %s raises %.4f to %.4f, rank %d to %d", row.Submission, row.What, row.TotalBefore, row.TotalAfter.V, row.RankBefore, row.RankAfter.V)
		}
		if row.Kind == "add_member" && row.Errors.V > 0 {
			t.Errorf("%s: %s: one unit more is a fault: %s", row.Submission, row.What, row.Findings)
		}
		if (row.List == string(templates.Claim)) != (row.Evidence != "") {
			t.Errorf("%s %s: evidence %q", row.List, row.Move, row.Evidence)
		}
	}
	tried := map[string]int{}
	for _, row := range r.Rows {
		tried[row.Kind]++
	}
	for _, m := range b.d.Audit().Moves {
		if tried[m.ID] == 0 && m.ID != "swap_up" { // whose rows are few
			t.Errorf("%s was never tried", m.ID)
		}
	}
	if tried[audit.KindPair] == 0 {
		t.Error("no pairs were tried")
	}
	ranking := must.Get(score.Run(b.facts, b.judgement, table.Marking{}, score.Options{Draws: 1}))(t)
	for k := range ranking.Ranking.All() {
		for _, c := range a.cases {
			if c.subject.Submission.Submission == k.Submission && (c.subject.Total != k.Total || int32(c.subject.Rank) != k.Rank.V) {
				t.Errorf("%s stands at %v, the run says %v, %d", k.Submission, c.subject.Position, k.Total, k.Rank.V)
			}
		}
	}
	// Evaluating everything anew changes nothing: a move that touches all and changes none.
	for _, c := range a.cases {
		place := a.scoreTrial.Place(c.form.Clone(), c.verdict, func(*templates.Expression) bool { return true })
		if place.Total != c.subject.Total || place.Rank != c.subject.Rank {
			t.Errorf("%s: nothing changed, and it stands at %v instead of %v", c.subject.Submission.Submission, place, c.subject.Position)
		}
	}
}

func TestNothingPaysPerStudent(t *testing.T) {
	b := must.Get(batch())(t)
	var sheet *templates.RegisterSheet
	for _, s := range b.d.Register().Sheets {
		if s.Effect == templates.EffectSchools {
			sheet = s
		}
	}
	names, at := map[string]string{}, map[string]int{}
	for s := range b.facts.Submissions.All() {
		names[s.Submission] = s.Consortium
	}
	var register table.Register
	for m := range b.facts.Members.All() {
		i, listed := at[m.NameKey]
		if !b.d.Form.Kind(m.Kind).School {
			continue
		} else if !listed {
			i = len(register)
			at[m.NameKey] = i
			register = append(register, table.RegisterEntry{Sheet: sheet, Values: map[string]string{templates.RegisterSchool: m.Name,
				templates.RegisterKind: m.KindLabel, templates.RegisterEnrolment: table.Plain(table.Some(max(m.Enrolment.V, 1000)))}})
		}
		register[i].Values[templates.RegisterMemberOf] += "、" + names[m.Submission]
	}
	every := 4
	if programs.InCI() {
		every = 1
	}
	_, r := auditWith(t, rubricOf(t, "../templates/2024/rubric.yaml", "basis: students\n"), register, every, 2, func(m *templates.AuditMove) bool { return m.List == templates.Perverse })
	if len(r.Rows) == 0 || len(r.Pays) > 0 {
		t.Errorf("of %d moves %d pay: %+v", len(r.Rows), len(r.Pays), r.Pays[:min(3, len(r.Pays))])
	}
}

func TestAuditIsTheSameForAnyWorkers(t *testing.T) {
	few := []string{"drop_member", "row_na", "rekind", "swap_down"}
	keep := func(m *templates.AuditMove) bool { return slices.Contains(few, m.ID) }
	b := must.Get(batch())(t)
	_, one := auditOf(t, b.d, 5, 1, keep)
	_, many := auditOf(t, b.d, 5, 7, keep)
	for i, f := range one.Files {
		if f.Path != many.Files[i].Path || !bytes.Equal(f.Data, many.Files[i].Data) {
			t.Errorf("%s depends on the workers", f.Path)
		}
	}
	if len(one.Files) != 5 {
		t.Errorf("%d files", len(one.Files))
	}
}

func TestAuditHearsTheExperts(t *testing.T) {
	programs.OnlyInCI(t) // several runs with marks
	o, dir := handOut(t, 3)
	for n := 1; n <= 3; n++ {
		fill(t, expertFile(dir, n), diligent(n))
	}
	o.Marks = dir
	o.Definition = only(o.Definition, func(m *templates.AuditMove) bool { return m.ID == "drop_kind" || m.ID == "row_na" })
	r := must.Get(Audit(t.Context(), o))(t)
	o.Out = t.TempDir()
	run := must.Get(Run(t.Context(), o))(t)
	stands := map[string]table.Rank{}
	for k := range run.Ranking.Ranking.All() {
		stands[k.Submission] = k
	}
	for _, row := range r.Rows {
		if k := stands[row.Submission]; !k.Complete || k.Total != row.TotalBefore || k.Rank.V != row.RankBefore {
			t.Fatalf("%s stands at %v, %d; the run says %v, %d", row.Submission, row.TotalBefore, row.RankBefore, k.Total, k.Rank.V)
		}
	}
	if len(r.Pays) > 0 {
		t.Errorf("with marks a perverse move pays: %+v", r.Pays[0])
	}
	// A later audit keeps that run's marks and scales, though one of its submissions is gone.
	o.Previous, o.Marks, o.Out, o.Inputs = run.Dir, "", t.TempDir(), o.Inputs[:1]
	if r = must.Get(Audit(t.Context(), o))(t); len(r.Rows) == 0 {
		t.Fatal("nothing was tried")
	}
	for _, row := range r.Rows {
		if k := stands[row.Submission]; k.Total != row.TotalBefore {
			t.Errorf("%s stands at %v, on the earlier scales at %v", row.Submission, row.TotalBefore, k.Total)
		}
	}
}
