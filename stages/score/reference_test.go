package score

import (
	"slices"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Requirements
//  1. Scales stay once there are marks: a later submission moves nobody else, not by a bit; it is clipped to 0–1. Without marks they are laid
//     anew in every round, and a changed formula lays its own anew. The ranking says which.
//  2. One that experts were not asked about does not shape the scale on which the others were marked.
//  3. Amounts per student count only where the register vouches for every school, with its numbers, and for whose they are; leaving
//     one out gains nothing; the size of the consortia is said.

// panelOf are three experts' marks of everything that they mark.
func panelOf(d *templates.Definition, ids ...string) []table.Mark {
	var out []table.Mark
	for _, expert := range []string{"A", "B", "C"} {
		for k, id := range ids {
			for i, p := range d.Rubric().Points() {
				kind := table.MarkPoint
				if p.Deduction {
					kind = table.MarkDeduction
				}
				if p.ExpertShare.IsPositive() {
					out = append(out, table.Mark{Expert: expert, Submission: id, Point: p.ID, Kind: kind, Value: table.Some(float64((i + k) % 7)), Status: table.MarkCounted})
				}
			}
		}
	}
	return out
}

// onScales scores a batch with marks, on scales that were kept.
func onScales(t *testing.T, d *templates.Definition, batch []*made, marks []table.Mark, kept []table.Scale) *table.Ranking {
	t.Helper()
	facts, judgement := tables(d, batch)
	got, err := Run(facts, judgement, markingOf(marks), Options{Draws: 1, Scales: kept})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func accepted(batch []*made) (ids []string) {
	for _, m := range batch {
		m.verdict = table.Verdict{Submission: m.id, Verdict: model.Accept, Ranked: true}
		ids = append(ids, m.id)
	}
	return ids
}

func TestScalesStay(t *testing.T) {
	d := definition(t)
	batch := random(d, 9, 4, true)
	ids := accepted(batch)
	for ref := range batch[8].numbers {
		batch[8].numbers[ref] = 1e5
	}
	first := onScales(t, d, batch[:8], panelOf(d, ids[:8]...), nil)
	kept := slices.Collect(first.Scales.All())
	if len(kept) == 0 || !kept[0].Fixed {
		t.Fatal("the scales with marks are not fixed")
	}
	second := onScales(t, d, batch, panelOf(d, ids...), kept)
	was, is := publishedTotals(first), publishedTotals(second)
	for _, id := range ids[:8] {
		if was[id] != is[id] {
			t.Errorf("%s moved from %v to %v by a newcomer", id, was[id], is[id])
		}
	}
	if !slices.Equal(slices.Collect(second.Scales.All()), kept) {
		t.Error("the scales are others in the second round")
	}
	for s := range second.Scores.All() {
		if n := s.Normalised; s.Submission == ids[8] && n.Valid && (n.V < 0 || n.V > 1) {
			t.Errorf("beyond the scale: %+v", s)
		}
	}
	method := func(r *table.Ranking) string { return r.Ranking.Row(0).Method }
	if !strings.Contains(method(second), "尺度沿用上一轮（") || !strings.Contains(method(first), "尺度本轮所定") {
		t.Error(method(first), method(second))
	}
	again := onScales(t, d, batch, panelOf(d, ids...), nil)
	if is := publishedTotals(again); was[ids[0]] == is[ids[0]] {
		t.Error("laid anew, a scale is as it was")
	}
	other := withRubric(t, "../../templates/2024/rubric.yaml", func(s string) string {
		return strings.Replace(s, "expr: 'demand_reports.last'", "expr: 'demand_reports.last * 2'", 1)
	})
	if m := method(onScales(t, other, batch, panelOf(d, ids...), kept)); !strings.Contains(m, "尺度沿用上一轮；1条依据的算法改了") {
		t.Error(m)
	}
	unmarked := slices.Collect(onScales(t, d, batch, nil, nil).Scales.All())
	if m := method(onScales(t, d, batch[:8], nil, unmarked)); !strings.Contains(m, "尺度本轮所定") {
		t.Error("scales of a round without marks are kept:", m)
	}
}

func TestNewcomerShapesNoScale(t *testing.T) {
	d := definition(t)
	batch := random(d, 7, 6, true)
	ids := accepted(batch)
	marks := panelOf(d, ids[:6]...)
	without, with := onScales(t, d, batch[:6], marks, nil), onScales(t, d, batch, marks, nil)
	if !slices.Equal(slices.Collect(without.Scales.All()), slices.Collect(with.Scales.All())) {
		t.Error("a submission that nobody was asked about shapes the scales")
	}
}

func TestPerStudentOnlyWithTheDepartmentsNumbers(t *testing.T) {
	d := withRubric(t, "../../templates/2024/rubric.yaml", func(s string) string { return strings.Replace(s, "weights_note:", "basis: students\nweights_note:", 1) })
	batch := random(d, 5, 2, false)
	accepted(batch)
	for _, m := range batch {
		for i := range m.members {
			m.members[i].Name += m.members[i].Kind // a school is of one kind
			m.members[i].NameKey = text.NameKey(m.members[i].Name)
		}
	}
	facts, judgement := tables(d, batch)
	if _, err := Run(facts, judgement, table.Marking{}, Options{Draws: 1}); err == nil || !strings.Contains(err.Error(), "学校名录") {
		t.Fatal("counted by what applicants state: ", err)
	}
	var sheet *templates.RegisterSheet
	for _, s := range d.Register().Sheets {
		if s.Effect == templates.EffectSchools {
			sheet = s
		}
	}
	consortium := map[string]string{}
	for x := range facts.Submissions.All() {
		consortium[x.Submission] = x.Consortium
	}
	list := func(without string) (out table.Register) { // of schools, each with its consortia but one
		at := map[string]int{}
		for m := range facts.Members.All() {
			kind := d.Form.Kind(m.Kind)
			if !kind.School {
				continue
			}
			i, listed := at[m.Kind+m.NameKey]
			if !listed {
				i = len(out)
				at[m.Kind+m.NameKey] = i
				out = append(out, table.RegisterEntry{Sheet: sheet, Values: map[string]string{
					templates.RegisterSchool: m.Name, templates.RegisterKind: kind.Label, templates.RegisterEnrolment: "2000"}})
			}
			if m.Submission != without {
				out[i].Values[templates.RegisterMemberOf] += "、" + consortium[m.Submission]
			}
		}
		return out
	}
	judgement.Register = list(batch[0].id)
	if _, err := Run(facts, judgement, table.Marking{}, Options{Draws: 1}); err == nil || !strings.Contains(err.Error(), "所属联合体") {
		t.Fatal("nobody said whose schools they are: ", err)
	}
	register, schools := list(""), 0.0
	for _, m := range batch[0].members {
		if m.Enrolment.Valid {
			schools++
		}
	}
	want := batch[0].numbers[templates.Ref{Field: "apprentices", Year: 2023}] * 1000 / (2000 * schools)
	var got *table.Ranking
	for _, members := range [][]table.Member{batch[0].members, nil} { // whoever is left out
		batch[0].members = members
		facts, judgement = tables(d, batch)
		judgement.Register = register
		var err error
		if got, err = Run(facts, judgement, table.Marking{}, Options{Draws: 1}); err != nil {
			t.Fatal(err)
		}
		for s := range got.Scores.All() {
			if s.Submission == batch[0].id && s.Evidence == "apprentices_level" && !near(s.Raw.V, want) {
				t.Errorf("%v per 1,000 students of %d members, want %v", s.Raw, len(members), want)
			}
		}
	}
	// Without that base the list serves for nothing: as evidence counts what was stated.
	facts, judgement = tables(definition(t), batch)
	stated, err := Run(facts, judgement, table.Marking{}, Options{Draws: 1})
	if err != nil {
		t.Fatal(err)
	}
	judgement.Register = register
	besides, err := Run(facts, judgement, table.Marking{}, Options{Draws: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range stated.Scores.Len() {
		if was, is := stated.Scores.Row(i), besides.Scores.Row(i); was != is {
			t.Errorf("the list of schools changed %+v to %+v", was, is)
		}
	}
	if m := got.Ranking.Row(0).Method; !strings.Contains(m, "秩相关") || strings.Contains(m, "有漏洞") {
		t.Error("a base that nobody can bend: ", m)
	}
}
