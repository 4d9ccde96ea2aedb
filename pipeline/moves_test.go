package pipeline

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/consolidate"
	"lianheti/stages/model"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. Data, a rule and a weight changed between two runs at once: the steps split each difference as the runs do that change only one.
//  2. The workbook shows the split, and its sums are those of the runs.
//  3. What the register does is a cause of its own, for totals and verdicts; what it no longer says no longer counts.
//  4. The definition of a run stands beside its results: with it the run can be repeated.

// otherFigures copies two prefectures' workbooks with one figure of one of them changed.
func otherFigures(t *testing.T, d *templates.Definition) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, city := range []string{"宁德", "厦门", "泉州"} {
		must.Do(t, os.CopyFS(filepath.Join(dir, city), os.DirFS(filepath.Join(sampleCities, city))))
	}
	path := filepath.Join(dir, "宁德", "宁德新能源汽车产业产教联合体.xlsx")
	f := must.Get(excelize.OpenFile(path))(t)
	defer f.Close()
	slot := d.Layout().Slot("shared_courses", 2023)
	must.Do(t, f.SetCellValue(slot.Sheet, model.CellName(slot.Row, slot.Col), 1))
	must.Do(t, f.Save())
	return dir
}

func TestWhatMovedTheScores(t *testing.T) {
	programs.OnlyInCI(t) // a run for each cause
	shipped := must.Get(templates.Load(2024))(t)
	rules := []string{"id: commitment_below_actual\n    severity: warning", "id: commitment_below_actual\n    severity: error"}
	onlyRules := edited(t, map[string][]string{"rules.yaml": rules})
	other := edited(t, map[string][]string{"rules.yaml": rules, "rubric.yaml": {"weight: 4", "weight: 7", "weight: 4", "weight: 1"}})
	data := otherFigures(t, shipped)
	var inputs []string
	for _, city := range []string{"宁德", "厦门", "泉州"} {
		inputs = append(inputs, filepath.Join(sampleCities, city))
	}
	run := func(d *templates.Definition, previous, from string, inputs ...string) *Result {
		t.Helper()
		r := must.Get(Run(context.Background(), Options{Definition: d, Inputs: inputs, From: from, Out: t.TempDir(), Previous: previous, Score: score.Options{Draws: 20}}))(t)
		return r
	}
	first := run(shipped, "", "", inputs...)
	figures := run(shipped, "", "", data)
	read := filepath.Join(figures.Dir, dataFolder)
	judged := run(onlyRules, "", read)
	last := run(other, first.Dir, read)
	totals := func(r *Result) map[string]float64 {
		out := map[string]float64{}
		for k := range r.Ranking.Ranking.All() {
			out[k.Submission] = k.Total
		}
		return out
	}
	a, b, c, e := totals(first), totals(figures), totals(judged), totals(last)
	steps := map[string]map[table.Cause]float64{}
	ending := map[string]float64{}
	for _, x := range tableOf[table.Change](t, last, "changes") {
		if x.Kind == table.TotalStep {
			if steps[x.Submission] == nil {
				steps[x.Submission] = map[table.Cause]float64{}
			}
			steps[x.Submission][table.Cause(x.Causes)] = x.AfterNumber.V - x.BeforeNumber.V
			ending[x.Submission] = x.AfterNumber.V
		}
	}
	seen := map[table.Cause]int{}
	for id := range a {
		s := steps[id]
		for cause := range s {
			seen[cause]++
		}
		for _, part := range []struct {
			name string
			got  float64
			want float64
		}{
			{"data", s[table.CauseOwn] + s[table.CauseScale], b[id] - a[id]},
			{"rules", s[table.CauseRules], c[id] - b[id]},
			{"weights", s[table.CauseRubric], e[id] - c[id]},
		} {
			if math.Abs(part.got-part.want) > 1e-9 {
				t.Errorf("%s: %s moved %v, the runs differ by %v: %v", id, part.name, part.got, part.want, s)
			}
		}
		if len(s) > 0 && math.Abs(ending[id]-e[id]) > 0 {
			t.Errorf("%s: steps end at %v, not at %v", id, ending[id], e[id])
		}
	}
	if seen[table.CauseOwn] != 1 || seen[table.CauseScale] == 0 || seen[table.CauseRules] == 0 || seen[table.CauseRubric] == 0 || seen[table.CauseProgram] != 0 {
		t.Errorf("causes: %v", seen)
	}

	f := must.Get(excelize.OpenFile(filepath.Join(last.Dir, consolidate.AppendixFile)))(t)
	defer f.Close()
	rows := must.Get(f.GetRows("得分变动", excelize.Options{RawCellValue: true}))(t)
	column := map[string]int{}
	for i, head := range rows[1] {
		column[head] = i
	}
	number := func(row []string, head string) float64 {
		i, shown := column[head]
		if !shown || row[i] == "" {
			return 0
		}
		v := must.Get(strconv.ParseFloat(row[i], 64))(t)
		return v
	}
	shown := 0
	for _, row := range rows[2:] {
		id := row[0]
		shown++
		for _, cause := range table.Causes {
			if math.Abs(number(row, shipped.Sheets().Codes["cause"][string(cause)])-steps[id][cause]) > 1e-9 {
				t.Errorf("%s: the workbook says %v for %s", id, row, cause)
			}
		}
		if math.Abs(number(row, "上轮得分")-a[id]) > 1e-9 || math.Abs(number(row, "本轮得分")-e[id]) > 1e-9 || math.Abs(number(row, "变动")-(e[id]-a[id])) > 1e-9 {
			t.Errorf("%s: %v, from %v to %v", id, row, a[id], e[id])
		}
	}
	if shown != len(steps) {
		t.Errorf("%d shown of %d that moved", shown, len(steps))
	}

	kept := must.Get(templates.LoadFS(os.DirFS(filepath.Join(last.Dir, definitionFolder)), 2024))(t)
	again := run(kept, first.Dir, read)
	for i, o := range again.Manifest.Outputs {
		if o != last.Manifest.Outputs[i] {
			t.Errorf("repeated with the definition that was kept, %s is another", o.Path)
		}
	}
}

func TestRegisterIsACause(t *testing.T) {
	programs.OnlyInCI(t) // a run for each entry
	d := must.Get(templates.Load(2024))(t)
	run := func(previous, register, from string, inputs ...string) *Result {
		t.Helper()
		r := must.Get(Run(context.Background(), Options{Definition: d, Inputs: inputs, From: from, Out: t.TempDir(), Previous: previous, Register: register, Score: score.Options{Draws: 20}}))(t)
		return r
	}
	first := run("", "", "", filepath.Join(sampleCities, "宁德"), filepath.Join(sampleCities, "厦门"), filepath.Join(sampleCities, "泉州"))
	read := filepath.Join(first.Dir, dataFolder)
	cells := map[string]string{"已入选!A4": "宁德新能源汽车产业产教联合体", "已入选!B4": "闽教职成〔2023〕1号"}
	const asked = "2024-13"
	row := 4
	for _, x := range tableOf[table.Finding](t, first, "findings") {
		if x.Submission == asked && x.Severity == model.Explain {
			at := strconv.Itoa(row)
			cells["说明采纳!A"+at], cells["说明采纳!B"+at] = model.ExplanationKey(x.Fingerprint, x.ValueHash), "采纳"
			row++
		}
	}
	registered := run(first.Dir, typed(t, cells), read)
	withdrawn := run(registered.Dir, "", read)
	for _, step := range []struct {
		r      *Result
		before model.Verdict
		after  model.Verdict
	}{{registered, model.AskFirst, model.Accept}, {withdrawn, model.Accept, model.AskFirst}} {
		moved, turned, named := 0, 0, 0
		for _, x := range tableOf[table.Change](t, step.r, "changes") {
			if x.Kind == table.RankChanged && strings.Contains(x.Because, "宁德新能源汽车产业产教联合体") {
				named++
			}
			switch {
			case x.Kind == table.TotalStep && x.Causes == string(table.CauseRegister):
				if moved++; !strings.Contains(x.Because, "宁德新能源汽车产业产教联合体") {
					t.Errorf("whose register moved it is not said: %+v", x)
				}
			case x.Kind == table.VerdictChanged && x.Submission == asked && x.Before == string(step.before) && x.After == string(step.after) && x.Causes == string(table.CauseRegister):
				turned++
			case x.Kind == table.TotalStep || x.Kind == table.VerdictChanged:
				t.Errorf("%s: %s %s→%s by %s", x.Submission, x.Kind, x.Before, x.After, x.Causes)
			}
		}
		if moved < 3 || turned != 1 || named < 2 {
			t.Errorf("the register moved %d totals and turned %d verdicts", moved, turned)
		}
	}
	for _, x := range tableOf[table.Finding](t, withdrawn, "findings") {
		if x.Submission == asked && x.Explanation != "" {
			t.Errorf("what the register said before counts still: %q", x.Explanation)
		}
	}
}
