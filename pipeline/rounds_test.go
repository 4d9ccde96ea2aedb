package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"lianheti/samples"
	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/consolidate"
	"lianheti/stages/export"
	"lianheti/stages/feedback"
	"lianheti/stages/model"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. Return, partly corrected, explained, returned, corrected: 受理 in the third round. Each round is sent as the returned copy,
//     under a name and a time that would mislead whoever asked them.
//  2. Nothing is asked twice: a warning has one row; what was explained stays explained while its values are the same, also
//     where the words stand in the last round only; a changed value opens it again, and says so.
//  3. The changes of each round are told: closed, still open, new, explained; which cells, from what to what.
//     The words of the sheet are what they were.
//  4. A copy that LibreOffice saved on the way does as well.

// faulty is the sound sample with two errors and two warnings.
func faulty(t *testing.T, d *templates.Definition) []byte {
	t.Helper()
	fixtures, _, err := samples.Load(os.DirFS("../samples/fixtures/2024"))
	if err != nil {
		t.Fatal(err)
	}
	f := fixtures[0]
	years := func(field string, year int, v any) { f.Values[field].(map[string]any)[itoa(year)] = v }
	f.Values["staff_full_time"] = 5     // 5 + 3 are not 6
	years("shared_courses", 2023, "若干") // no number
	years("training_bases", 2024, 9)    // promised less than there is
	years("research_income", 2022, 40)  // a thirteenth of the next year's
	data := must.Get(f.Workbook(d))(t)
	return data
}

func itoa(n int) string {
	return string([]byte{byte('0' + n/1000), byte('0' + n/100%10), byte('0' + n/10%10), byte('0' + n%10)})
}

// game is the correspondence between one prefecture and the Department.
type game struct {
	*testing.T
	d      *templates.Definition
	in     string // everything that arrived so far
	rounds []string
}

// run makes the next round and gives its folder, the submission's verdict and the changes as lines.
func (g *game) run() (table.Verdict, []string) {
	g.Helper()
	o := Options{Definition: g.d, Inputs: []string{g.in}, Out: g.TempDir(), Score: score.Options{Draws: 20}} // ranks are not at issue here
	if n := len(g.rounds); n > 0 {
		o.Previous = g.rounds[n-1]
	}
	r, err := Run(context.Background(), o)
	if err != nil || r.Submissions.Len() != 1 {
		g.Fatalf("%v %+v", err, r)
	}
	g.rounds = append(g.rounds, r.Dir)
	records, err := export.Read(filepath.Join(r.Dir, dataFolder))
	if err != nil {
		g.Fatal(err)
	}
	changes, err := table.FromRecord[table.Change](records["changes"])
	if err != nil {
		g.Fatal(err)
	}
	var lines []string
	for c := range changes.All() {
		if c.Kind != table.TotalChanged && c.Kind != table.TotalStep && c.Kind != table.RankChanged {
			lines = append(lines, strings.TrimSpace(string(c.Kind)+" "+c.Label+" "+c.Before+"→"+c.After))
		}
	}
	return r.Verdicts.Row(0), lines
}

// copy opens the copy that came back in the last round.
func (g *game) copy() *excelize.File {
	g.Helper()
	found, _ := filepath.Glob(filepath.Join(g.rounds[len(g.rounds)-1], feedback.Folder, "福州", "*.xlsx"))
	found = slices.DeleteFunc(found, func(p string) bool { return filepath.Base(p) == "问题清单.xlsx" })
	if len(found) != 1 {
		g.Fatalf("copies: %v", found)
	}
	f, err := excelize.OpenFile(found[0])
	if err != nil {
		g.Fatal(err)
	}
	g.Cleanup(func() { f.Close() })
	return f
}

// send puts a workbook among what arrived, older by its time than everything there.
func (g *game) send(f *excelize.File, name string, through func(path string) string) {
	g.Helper()
	path := filepath.Join(g.TempDir(), name)
	if err := f.SaveAs(path); err != nil {
		g.Fatal(err)
	}
	if through != nil {
		path = through(path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		g.Fatal(err)
	}
	to := filepath.Join(g.in, name)
	if err := os.WriteFile(to, data, 0o644); err != nil {
		g.Fatal(err)
	}
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(to, old, old); err != nil {
		g.Fatal(err)
	}
}

func (g *game) set(f *excelize.File, field string, year int, v any) {
	g.Helper()
	slot := g.d.Layout().Slot(field, year)
	if slot.Field == nil {
		g.Fatalf("no cell for %s", field)
	}
	if err := f.SetCellValue(slot.Sheet, model.CellName(slot.Row, slot.Col), v); err != nil {
		g.Fatal(err)
	}
}

// asked lists the prefilled rows of 情况说明: title of the warning and the words beside it.
func (g *game) asked(f *excelize.File) []string {
	g.Helper()
	area := g.d.Layout().Area("explanations")
	var out []string
	for row := area.FirstRow; row <= area.LastRow; row++ {
		key, _ := f.GetCellValue(area.Sheet, model.CellName(row, 1))
		about, _ := f.GetCellValue(area.Sheet, model.CellName(row, 2))
		words, _ := f.GetCellValue(area.Sheet, model.CellName(row, 3))
		if key+about+words != "" {
			title, _, _ := strings.Cut(about, "：")
			out = append(out, title+"="+words)
		}
	}
	return out
}

func (g *game) explain(f *excelize.File, title, words string) {
	g.Helper()
	area := g.d.Layout().Area("explanations")
	for row := area.FirstRow; row <= area.LastRow; row++ {
		about, _ := f.GetCellValue(area.Sheet, model.CellName(row, 2))
		already, _ := f.GetCellValue(area.Sheet, model.CellName(row, 3))
		if strings.HasPrefix(about, title) && already == "" {
			if err := f.SetCellStr(area.Sheet, model.CellName(row, 3), words); err != nil {
				g.Fatal(err)
			}
			return
		}
	}
	g.Fatalf("%s is not asked", title)
}

func (g *game) want(what string, got, want []string) {
	g.Helper()
	if !slices.Equal(got, want) {
		g.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestThreeRounds(t *testing.T) {
	t.Run("as saved by Excel", func(t *testing.T) { threeRounds(t, nil) })
	t.Run("saved by LibreOffice on the way", func(t *testing.T) {
		programs.OnlyInCI(t)
		threeRounds(t, func(path string) string {
			return filepath.Join(programs.Convert(t, "xlsx", path), filepath.Base(path))
		})
	})
}

func threeRounds(t *testing.T, through func(string) string) {
	b := must.Get(batch())(t)
	g := &game{T: t, d: b.d, in: t.TempDir()}
	must.Do(t, os.WriteFile(filepath.Join(g.in, "福州 定稿.xlsx"), faulty(t, g.d), 0o644))

	v, changes := g.run()
	if v.Verdict != model.Return || v.Errors != 2 || v.Warnings != 2 || len(changes) != 0 {
		t.Fatalf("first round: %+v %v", v, changes)
	}
	f := g.copy()
	g.want("asked in the first round", g.asked(f), []string{"与上一年相差悬殊=", "承诺低于现状="})

	// The second round: one error is mended, one warning explained; the value of the other warning is mended and still odd.
	g.set(f, "shared_courses", 2023, 28)
	g.set(f, "training_bases", 2024, 8)
	g.explain(f, "与上一年相差悬殊", "新签两个大项目。")
	g.send(f, "a.xlsx", through)
	v, changes = g.run()
	if v.Verdict != model.Return || v.Errors != 1 || v.Warnings != 1 || v.Explained != 1 {
		t.Errorf("second round: %+v", v)
	}
	g.want("changes of the second round", shortened(changes), []string{
		"resent 已重报 报送版次1→报送版次1",
		"finding_open 秘书处人员数不相加 ", "finding_open 承诺低于现状 共建实训基地2024年承诺9个，低于2023年实际10个，差1个。→共建实训基地2024年承诺8个，低于2023年实际10个，差2个。", "finding_explained 与上一年相差悬殊 ",
		"finding_closed 数字无法识别 2023年共建课程填的是“若干”",
		"value_changed 2023年共建课程 若干→28", "value_changed 2024年共建实训基地 9→8",
		"record_added 与上一年相差悬殊：到账经费",
	})
	goldenSheet(t, filepath.Join(g.rounds[1], consolidate.FileName), "本次变化", "第二轮变化.tsv")
	f = g.copy()
	g.want("asked in the second round", g.asked(f), []string{"与上一年相差悬殊=新签两个大项目。", "承诺低于现状="})

	// The third: everything is mended or explained.
	g.set(f, "staff_full_time", 0, 3)
	g.explain(f, "承诺低于现状", "两个基地合并。")
	g.send(f, "0.xlsx", through)
	v, changes = g.run()
	if v.Verdict != model.Accept || v.Explained != 2 {
		t.Errorf("third round: %+v", v)
	}
	if !slices.Contains(changes, "verdict 受理结论 退回修改→受理") || !slices.ContainsFunc(changes, func(s string) bool { return strings.HasPrefix(s, "finding_closed 秘书处人员数不相加") }) {
		t.Errorf("changes of the third round: %v", changes)
	}
	last := filepath.Join(g.rounds[2], feedback.Folder, "福州")
	if left, _ := filepath.Glob(filepath.Join(last, "*.xlsx")); len(left) != 1 {
		t.Errorf("an accepted submission goes back: %v", left)
	}
	if letters, _ := filepath.Glob(filepath.Join(last, "受理回执*.docx")); len(letters) != 1 {
		t.Errorf("no receipt: %v", letters)
	}
	if through != nil {
		return
	}
	sent := f

	// Sent again as it was, it is a duplicate; from the prefecture's own original, mended but without any explanation, it is
	// accepted all the same, because the words were in force for these values; with a changed value it is asked again.
	g.send(sent, "again.xlsx", nil)
	if v, changes = g.run(); v.Verdict != model.Accept || changes[0] != "not_resent 没有重报 报送版次1→报送版次1" && changes[0] != "resent_unchanged 重报而内容未变（个人信息栏目不比较） 报送版次1→报送版次1" {
		t.Errorf("sent again as it was: %+v %v", v, changes)
	}
	own := must.Get(excelize.OpenFile(filepath.Join(g.in, "福州 定稿.xlsx")))(t)
	defer own.Close()
	g.set(own, "shared_courses", 2023, 28)
	g.set(own, "training_bases", 2024, 8)
	g.set(own, "staff_full_time", 0, 3)
	g.set(own, "edition", 0, 2)
	g.in = t.TempDir()
	g.send(own, "own.xlsx", nil)
	if v, _ = g.run(); v.Verdict != model.Accept || v.Explained != 2 {
		t.Errorf("the words of the last round are not in force any more: %+v", v)
	}
	g.set(own, "training_bases", 2024, 7)
	g.in = t.TempDir()
	g.send(own, "own.xlsx", nil)
	v, changes = g.run()
	if v.Verdict != model.AskFirst || v.Explained != 1 || v.Warnings != 1 || !slices.ContainsFunc(changes, func(s string) bool { return strings.HasPrefix(s, "finding_reopened 承诺低于现状") }) {
		t.Errorf("a changed value: %+v %v", v, changes)
	}
}

// shortened leaves of each line what does not depend on the exact words of a message.
func shortened(lines []string) []string {
	var out []string
	for _, line := range lines {
		kind, rest, _ := strings.Cut(line, " ")
		if strings.HasPrefix(kind, "finding") || kind == "record_added" {
			for _, end := range []string{"悬殊 ", "不相加 ", "“若干”", "到账经费"} {
				if before, _, found := strings.Cut(rest, end); found {
					rest = before + end
				}
			}
		}
		out = append(out, kind+" "+rest)
	}
	return out
}
