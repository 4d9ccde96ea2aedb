package pipeline

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/table"
)

// Requirements
//  1. A submission that comes after the marking is 待评: listed with the places it could take, and the others' totals are the same bit for
//     bit, their marks counted.
//  2. The supplementary workbooks ask for just what is missing; with them filled in it is ranked like the others.
//  3. Where too few experts can mark, it is said before anybody marks.

func TestNewcomerAfterTheMarking(t *testing.T) {
	programs.OnlyInCI(t) // several runs with marks
	o, dir := handOut(t, 3)
	for n := 1; n <= 3; n++ {
		fill(t, expertFile(dir, n), diligent(n))
	}
	o.Marks = dir
	before := must.Get(Run(context.Background(), o))(t)
	totals := map[string]float64{}
	for k := range before.Ranking.Ranking.All() {
		totals[k.Submission] = k.Total
	}
	o.Inputs = append(markedCities, filepath.Join(sampleCities, "莆田"))
	late := o
	late.Out = t.TempDir()
	during := must.Get(Run(context.Background(), late))(t)
	newcomer := ""
	for k := range during.Ranking.Ranking.All() {
		total, old := totals[k.Submission]
		switch {
		case old && (k.Total != total || k.State != string(table.AllMarked) || k.Ranked && !k.Complete):
			t.Errorf("%s had %v: %+v", k.Submission, total, k)
		case !old:
			newcomer = k.Submission
			if !k.Waiting || k.Ranked || k.Complete || !k.RankBest.Valid || k.RankWorst.V < k.RankBest.V || !strings.HasPrefix(k.Unranked, "待评") {
				t.Errorf("%+v", k)
			}
		}
	}
	if newcomer == "" {
		t.Fatal("nobody is new")
	}
	recompute(t, during.Dir)

	o.Out, o.Count = dir, 3
	made := must.Get(Experts(context.Background(), o))(t)
	if len(made.Files) != 3 || len(made.Short) > 0 {
		t.Fatalf("%d supplementary workbooks; %v", len(made.Files), made.Short)
	}
	for n, f := range made.Files {
		if only := made.Parts[n].Only; len(only) != 1 || len(only[newcomer]) != 16 || !strings.HasSuffix(f.Path, "_补1.xlsx") {
			t.Errorf("%s asks %v", f.Path, only)
		}
		put(t, dir, filepath.Base(f.Path), string(f.Data))
		fill(t, f.Path, diligent(n+1))
	}
	late.Out = t.TempDir()
	after := must.Get(Run(context.Background(), late))(t)
	for k := range after.Ranking.Ranking.All() {
		if k.Submission == newcomer && (k.Waiting || !k.Ranked || !k.Complete) {
			t.Errorf("marked, and yet: %+v", k)
		}
	}
	for f := range after.Marking.Files.All() {
		if f.Code != "" {
			t.Errorf("%s: %s", f.Path, f.Code)
		}
	}
	recompute(t, after.Dir)
	if _, err := Experts(context.Background(), Options{Definition: o.Definition, Inputs: o.Inputs, Marks: dir, Out: dir, Count: 3}); err == nil || !strings.Contains(err.Error(), "没有要做的补充表") {
		t.Errorf("nothing is missing: %v", err)
	}
	two, err := Experts(context.Background(), Options{Definition: o.Definition, Inputs: markedCities, Out: t.TempDir(), Count: 2})
	if err != nil || len(two.Short) != len(two.Subjects) || !strings.Contains(two.Short[0], "最多只能有2个评分，不到3个") {
		t.Errorf("two experts can't give three marks: %v %v", two.Short, err)
	}
}
