package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"lianheti/pipeline/publish"
	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/model"
	"lianheti/stages/score"
	"lianheti/stages/table"

	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. What experts type comes back as marks, cell by cell; with all marks in, the result is 总分, and until then 数据部分得分.
//  2. Every file that comes back has a fate and a hash, in the files table and in run.json; none is taken for a submission's.
//  3. Unfilled, out of range, text: noted, not counted. A unit that is a member, or an expert who steps aside: not counted.
//  4. Altered, foreign, of another batch, without a unit, two of one expert: refused with a code.
//  5. Names of experts are in no table.
//  6. Scores, ranks, scenarios, draws and swaps are the same worked out in another language from data/ and rubric.yaml: with marks,
//     with too few of them, and without.

const sampleCities = "../samples/2024"

// issued is the workbooks of eight experts for two prefectures, made once: path in the folder -> bytes.
var issued = sync.OnceValues(func() (map[string][]byte, error) {
	b, err := batch()
	if err != nil {
		return nil, err
	}
	o := Options{Definition: b.d, Inputs: markedCities, Count: 8}
	made, err := Experts(context.Background(), o)
	if err != nil {
		return nil, err
	}
	if len(made.Files) != 8 || len(made.Subjects) < 4 {
		return nil, fmt.Errorf("%d files about %d submissions", len(made.Files), len(made.Subjects))
	}
	out := map[string][]byte{}
	for _, f := range made.Files {
		out[f.Path] = f.Data
	}
	return out, nil
})

var markedCities = []string{filepath.Join(sampleCities, "福州"), filepath.Join(sampleCities, "厦门")}

// handOut gives a folder with the workbooks of the first n experts.
func handOut(t *testing.T, n int) (Options, string) {
	t.Helper()
	b := must.Get(batch())(t)
	files := must.Get(issued())(t)
	dir := filepath.Join(t.TempDir(), "评分")
	for i := range n {
		put(t, dir, expertFile("", i+1), string(files[expertFile("", i+1)]))
	}
	return Options{Definition: b.d, Inputs: markedCities, Out: t.TempDir(), Score: score.Options{Draws: 20}}, dir
}

// place is a row of a workbook's index.
type place struct {
	use, sheet, cell, submission, point string
}

func places(t *testing.T, f *excelize.File) []place {
	t.Helper()
	rows := must.Get(f.GetRows("_评分索引"))(t)
	var out []place
	for _, r := range rows {
		r = append(r, make([]string, 6)...)
		row, err1 := strconv.Atoi(r[2])
		col, err2 := strconv.Atoi(r[3])
		if err1 == nil && err2 == nil && r[0] != "region" && r[0] != "form" {
			out = append(out, place{r[0], r[1], model.CellName(row, col), r[4], r[5]})
		}
	}
	return out
}

// fill types into a workbook what value gives; nil: nothing.
func fill(t *testing.T, path string, value func(place) any) {
	t.Helper()
	f := must.Get(excelize.OpenFile(path))(t)
	defer f.Close()
	for _, p := range places(t, f) {
		if v := value(p); v != nil {
			must.Do(t, f.SetCellValue(p.sheet, p.cell, v))
		}
	}
	must.Do(t, f.Save())
}

// diligent is an expert who fills everything.
func diligent(n int) func(place) any {
	return func(p place) any {
		switch p.use {
		case "unit":
			return "样例评审中心"
		case "mark":
			return float64(60 + (len(p.cell)*7+len(p.point)*n+int(p.point[0])*n)%37)
		case "deduct":
			return n % 2
		case "comment":
			if p.point == "1.2" {
				return "请向 13800138000 核实"
			}
		}
		return nil
	}
}

func expertFile(dir string, n int) string {
	return filepath.Join(dir, fmt.Sprintf("2024年专家评分表_E%d.xlsx", n))
}

// tableOf reads a table of a run's results.
func tableOf[T any](t *testing.T, r *Result, name string) []T {
	t.Helper()
	data := must.Get(os.ReadFile(filepath.Join(r.Dir, "data", name+".arrow")))(t)
	reader := must.Get(ipc.NewFileReader(bytes.NewReader(data)))(t)
	defer reader.Close()
	var out []T
	for i := range reader.NumRecords() {
		rec := must.Get(reader.Record(i))(t)
		rows := must.Get(table.FromRecord[T](rec))(t)
		out = slices.AppendSeq(out, rows.All())
	}
	return out
}

// TestSheetShowsWhatBears: bands, materials for points without figures, and open findings stand beside the points, and the plan is a click away.
func TestSheetShowsWhatBears(t *testing.T) {
	files := must.Get(issued())(t)
	for path, data := range files {
		f := must.Get(excelize.OpenReader(bytes.NewReader(data)))(t)
		seen := map[string]string{}
		for _, sheet := range f.GetSheetList()[1:] {
			if strings.HasPrefix(sheet, "_") {
				continue
			}
			rows := must.Get(f.GetRows(sheet))(t)
			if len(rows) > 5 && !strings.HasPrefix(rows[3][0], "评分的参考档：90—100分") {
				t.Errorf("%s %s: %q", path, sheet, rows[3])
			}
			for _, row := range rows {
				if len(row) > 3 && slices.Contains([]string{"1.2", "2.2", "2.3", "2.4"}, row[0]) {
					seen[row[0]] += row[2] + row[3]
				}
			}
		}
		for _, point := range []string{"1.2", "2.2", "2.3"} {
			if !strings.Contains(seen[point], "材料") || !strings.Contains(seen[point], "见第") {
				t.Errorf("%s: %q", point, seen[point])
			}
		}
		if !strings.Contains(seen["2.4"], "存疑（未说明）：填的是约数") {
			t.Errorf("2.4: %q", seen["2.4"])
		}
		return
	}
}

func TestMarksRoundTrip(t *testing.T) {
	o, dir := handOut(t, 3)
	for n := 1; n <= 3; n++ {
		fill(t, expertFile(dir, n), diligent(n))
	}
	o.Score.Select = 2 // so that there is a line
	o.Marks = dir
	r := must.Get(Run(context.Background(), o))(t)
	marks := tableOf[table.Mark](t, r, "marks")
	ranked := 0
	for _, k := range tableOf[table.Rank](t, r, "ranking") {
		if k.Ranked {
			ranked++
			if !k.Complete || k.Possible != 100 || k.Open != 0 || !strings.HasPrefix(k.Method, "总分（满分100分，含3名专家评分") || !k.Experts.Valid || !k.ExpertLow.Valid {
				t.Errorf("%+v", k)
			}
			if apart := k.Foundation + k.Promise + k.Experts.V - k.Deduction.V - k.Total; apart > 1e-9 || apart < -1e-9 {
				t.Errorf("%s: the parts miss the total by %g", k.Submission, apart)
			}
		} else if k.Complete || k.Possible == 100 {
			t.Errorf("unmarked, and yet complete: %+v", k)
		}
	}
	sheets := map[string]string{}
	for _, m := range marks {
		if m.Status != table.MarkCounted || strings.Contains(m.Comment, "13800138000") {
			t.Errorf("%+v", m)
		}
		n, _ := strconv.Atoi(m.Expert[1:])
		want := diligent(n)(place{map[string]string{"mark": "mark", "deduction": "deduct", "veto": "veto"}[m.Kind], m.Sheet, m.Cell, m.Submission, m.Point})
		if m.Kind != table.MarkVeto && fmt.Sprint(want) != fmt.Sprint(m.Value.V) {
			t.Errorf("%s %s of %s at %s!%s is %v, typed %v", m.Expert, m.Point, m.Submission, m.Sheet, m.Cell, m.Value, want)
		}
		if before, ok := sheets[m.Submission]; ok && before != m.Sheet {
			t.Errorf("%s on two sheets", m.Submission)
		}
		sheets[m.Submission] = m.Sheet
	}
	if want := 3 * ranked * (15 + 1 + 1); len(marks) != want {
		t.Errorf("%d marks, want %d", len(marks), want)
	}
	recompute(t, r.Dir)
	if len(r.Manifest.Marks) != 3 {
		t.Errorf("run.json lists %d marking workbooks", len(r.Manifest.Marks))
	}
	for _, f := range r.Manifest.Marks {
		if f.Fate != model.Accepted || len(f.SHA256) != 64 || f.Size == 0 || !strings.HasPrefix(f.Path, "评分/") {
			t.Errorf("%+v", f)
		}
	}
}

func TestMarksAtFault(t *testing.T) {
	o, dir := handOut(t, 8)
	skip := func(p place) bool { return p.point == "1.3" && p.use == "mark" }
	var member, aside string
	fill(t, expertFile(dir, 1), func(p place) any { // some unfilled, some wrong
		switch {
		case skip(p):
			return nil
		case p.use == "mark" && p.point == "2.2":
			return 101
		case p.use == "mark" && p.point == "2.3":
			return "优秀"
		case p.use == "mark" && p.point == "6.1":
			return "８５"
		}
		return diligent(1)(p)
	})
	facts := memberOf(t, o)
	fill(t, expertFile(dir, 2), func(p place) any { // works in a member's department, and steps aside once
		switch {
		case p.use == "unit":
			member = facts.Submission
			return facts.Name + "信息工程系"
		case p.use == "recuse" && p.submission != facts.Submission && aside == "":
			aside = p.submission
			return "是"
		}
		return diligent(2)(p)
	})
	fill(t, expertFile(dir, 3), func(p place) any { // no unit
		if p.use == "unit" {
			return nil
		}
		return diligent(3)(p)
	})
	fill(t, expertFile(dir, 4), diligent(4))
	alter(t, expertFile(dir, 4), func(f *excelize.File, at place) {
		must.Do(t, f.UnprotectSheet(at.sheet))
		must.Do(t, f.InsertRows(at.sheet, 6, 1))
	})
	fill(t, expertFile(dir, 5), diligent(5))
	copyFile(t, expertFile(dir, 5), filepath.Join(dir, "再交", "E5改.xlsx"))
	fill(t, filepath.Join(dir, "再交", "E5改.xlsx"), diligent(7))
	fill(t, expertFile(dir, 6), diligent(6))
	copyFile(t, expertFile(dir, 6), filepath.Join(dir, "再交", "E6.xlsx"))
	fill(t, expertFile(dir, 7), diligent(7))
	alter(t, expertFile(dir, 7), func(f *excelize.File, at place) {
		must.Do(t, f.SetCellValue("_评分索引", "C1", "2023"))
	})
	alter(t, expertFile(dir, 8), func(f *excelize.File, at place) {
		must.Do(t, f.DeleteSheet("_评分索引"))
	})
	must.Do(t, os.WriteFile(filepath.Join(dir, "坏.xlsx"), []byte("PK\x03\x04 damaged"), 0o644))
	o.Marks = dir
	r := must.Get(Run(context.Background(), o))(t)
	codes := map[string]string{}
	for _, f := range tableOf[table.File](t, r, "files") {
		if f.Role == table.RoleMarks {
			codes[filepath.Base(f.Path)] = string(f.Fate) + " " + f.Code
			if f.Code != "" && (f.Reason == "" || f.Cure == "") || f.CellsRead != f.CellsUsed+f.CellsOther {
				t.Errorf("%+v", f)
			}
		}
	}
	for name, want := range map[string]string{
		"2024年专家评分表_E1.xlsx": "accepted ", "2024年专家评分表_E2.xlsx": "accepted ", "2024年专家评分表_E3.xlsx": "rejected LHT-1-063", "2024年专家评分表_E4.xlsx": "rejected LHT-1-062",
		"2024年专家评分表_E5.xlsx": "rejected LHT-1-064", "E5改.xlsx": "rejected LHT-1-064", "2024年专家评分表_E6.xlsx": "accepted ", "E6.xlsx": "superseded LHT-1-065",
		"2024年专家评分表_E7.xlsx": "rejected LHT-1-061", "2024年专家评分表_E8.xlsx": "rejected LHT-1-060", "坏.xlsx": "rejected LHT-1-005",
	} {
		if codes[name] != want {
			t.Errorf("%s: %q, want %q", name, codes[name], want)
		}
	}
	status := map[string]int{}
	for _, m := range tableOf[table.Mark](t, r, "marks") {
		status[m.Expert+" "+m.Status]++
		switch {
		case m.Expert == "E1" && m.Point == "1.3" && m.Status != table.MarkUnfilled,
			m.Expert == "E1" && (m.Point == "2.2" || m.Point == "2.3") && (m.Status != table.MarkInvalid || m.Note == "" || m.Value.Valid),
			m.Expert == "E1" && m.Point == "6.1" && (m.Status != table.MarkCounted || m.Value.V != 85),
			m.Expert == "E2" && (m.Submission == member || m.Submission == aside) != (m.Status == table.MarkConflict):
			t.Errorf("%+v", m)
		}
	}
	if status["E2 conflict"] != 2*17 {
		t.Errorf("%v: E2 is a member's once and steps aside once", status)
	}
	for k := range r.Ranking.Ranking.All() {
		if k.Complete || !strings.Contains(k.Method, "专家评分未评齐") {
			t.Errorf("incomplete marks are in a total: %+v", k)
		}
	}
	recompute(t, r.Dir)
	if c := r.Manifest.Counts; c.Files != len(r.Arrived()) || len(r.Manifest.Marks) != 11 {
		t.Errorf("%d marking workbooks in run.json, files %d of %d", len(r.Manifest.Marks), c.Files, len(r.Arrived()))
	}
}

// memberOf picks a school of a ranked submission that no other submission lists.
func memberOf(t *testing.T, o Options) table.Member {
	t.Helper()
	o.Out = t.TempDir()
	r := must.Get(Run(context.Background(), o))(t)
	lists := map[string]int{}
	members := tableOf[table.Member](t, r, "members")
	for _, m := range members {
		lists[m.NameKey]++
	}
	for k := range r.Ranking.Ranking.All() {
		for _, m := range members {
			if k.Ranked && m.Submission == k.Submission && m.Kind == "vocational" && lists[m.NameKey] == 1 {
				return m
			}
		}
	}
	t.Fatal("no member that stands alone")
	return table.Member{}
}

// alter does to a workbook what its protection should have kept people from.
func alter(t *testing.T, path string, do func(*excelize.File, place)) {
	t.Helper()
	f := must.Get(excelize.OpenFile(path))(t)
	defer f.Close()
	var at place
	for _, p := range places(t, f) {
		if p.use == "mark" {
			at = p
			break
		}
	}
	do(f, at)
	must.Do(t, f.Save())
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data := must.Get(os.ReadFile(from))(t)
	must.Do(t, os.MkdirAll(filepath.Dir(to), 0o755))
	must.Do(t, os.WriteFile(to, data, 0o644))
}

// TestRecomputedInPython has scores worked out again, by a program that shares nothing with this one: in CI those of all the samples with
// all the draws, which take Python six seconds; elsewhere those of three prefectures with some.
func TestRecomputedInPython(t *testing.T) {
	if programs.InCI() {
		dir := must.Get(published())(t)
		recompute(t, dir)
		return
	}
	b := must.Get(batch())(t)
	o := Options{Definition: b.d, Out: t.TempDir(), Score: score.Options{Draws: 50}}
	for _, city := range []string{"福州", "厦门", "泉州"} {
		o.Inputs = append(o.Inputs, filepath.Join(sampleCities, city))
	}
	r := must.Get(Run(context.Background(), o))(t)
	recompute(t, r.Dir)
}

// recompute compares a run's results with those of score/testdata/recompute.py.
func recompute(t *testing.T, dir string) {
	t.Helper()
	programs.NeedPython(t, "pyarrow", "yaml")
	out, err := exec.Command("python3", "../stages/score/testdata/recompute.py", filepath.Join(dir, "data"), "../templates/2024/rubric.yaml", filepath.Join(dir, publish.ManifestName)).CombinedOutput()
	if err != nil {
		t.Errorf("worked out again, the scores differ: %v\n%s", err, out)
	}
}
