package pipeline

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/export"
	"lianheti/stages/feedback"
	"lianheti/stages/model"
	"lianheti/stages/table"
)

// Requirements, of a prefecture that mends its own original and writes as people do:
//  1. The edition in words (首次, 第二版, V3) decides; one in words that tell none (修改版) leaves both standing, as a finding, in the folder
//     of its prefecture.
//  2. What is explained in rows of its own is heard: by cell, by the field's name and year, several at once; a blank figure too. What says
//     nothing, and words in notes, are said and explain nothing.
//  3. A number sign in the name of a file breaks no link.
//  4. Sent once more under a corrected name it is one finding, and one submission.

// mine opens the prefecture's own original: the faulty form, with another blank figure.
func (g *game) mine() *excelize.File {
	g.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(faulty(g.T, g.d)))
	if err != nil {
		g.Fatal(err)
	}
	g.Cleanup(func() { f.Close() })
	g.set(f, "staff_full_time", 0, 3)
	g.set(f, "shared_courses", 2023, 28)
	g.set(f, "internship_volume", 2022, nil)
	return f
}

// row writes a row of one's own into 情况说明, below those there.
func (g *game) row(f *excelize.File, about, words string) {
	g.Helper()
	area := g.d.Layout().Area("explanations")
	row := area.FirstRow
	for {
		if v, _ := f.GetCellValue(area.Sheet, model.CellName(row, 2)); v == "" {
			break
		}
		row++
	}
	for col, v := range map[int]string{2: about, 3: words} {
		if err := f.SetCellStr(area.Sheet, model.CellName(row, col), v); err != nil {
			g.Fatal(err)
		}
	}
}

// found lists the codes of the last round's findings, with how grave they are and whether they are answered.
func (g *game) found() (out []string, files map[string]string) {
	g.Helper()
	records, err := export.Read(filepath.Join(g.rounds[len(g.rounds)-1], dataFolder))
	if err != nil {
		g.Fatal(err)
	}
	findings, err := table.FromRecord[table.Finding](records["findings"])
	if err != nil {
		g.Fatal(err)
	}
	for x := range findings.All() {
		if words := string(x.Severity) + " " + x.Rule; x.Explanation != "" {
			out = append(out, words+"="+x.Explanation)
		} else if x.Severity != model.Hint || x.Rule == "explanation_unheard" || x.Rule == "note_words" {
			out = append(out, words)
		}
	}
	rows, err := table.FromRecord[table.File](records["files"])
	if err != nil {
		g.Fatal(err)
	}
	files = map[string]string{}
	for x := range rows.All() {
		files[x.Path] = strings.TrimSpace(string(x.Fate) + " " + x.Code)
	}
	return out, files
}

func TestRoundsAsPeopleWriteThem(t *testing.T) {
	programs.OnlyInCI(t) // rounds are gone through everywhere
	b := must.Get(batch())(t)
	g := &game{T: t, d: b.d, in: t.TempDir()}
	first := g.mine()
	g.set(first, "edition", 0, "首次报送")
	g.send(first, "1#福州 - 副本.xlsx", nil)
	g.send(first, "1#福州.xlsx", nil)
	if v, _ := g.run(); v.Verdict != model.Return || v.Errors != 1 || v.Warnings != 2 {
		t.Fatalf("first round: %+v", v)
	}
	if _, files := g.found(); files["1#福州.xlsx"] != "accepted" || files["1#福州 - 副本.xlsx"] != "superseded LHT-1-040" {
		t.Errorf("of the original and its copy: %v", files)
	}
	g.linked("1#福州.xlsx")

	second := g.mine()
	g.set(second, "edition", 0, "第二版")
	g.row(second, "2022年校企合作开展技术研发到账经费", "新签两个大项目")
	g.row(second, "2年度数据!F7", "无")
	g.row(second, g.d.Label("internship_volume")+"、没有这一栏", "2022年没有单独统计")
	must.Do(t, second.AddComment("2年度数据", excelize.Comment{Cell: "F7", Author: "某甲", Text: "两个基地合并，已报市里"}))
	g.send(second, "0#改.xlsx", nil)
	v, _ := g.run()
	if v.Verdict != model.AskFirst || v.Errors != 0 || v.Warnings != 1 || v.Explained != 2 {
		t.Errorf("second round: %+v", v)
	}
	found, files := g.found()
	g.want("found in the second round", found, []string{"warning missing_required=2022年没有单独统计", "warning jump_from_last_year=新签两个大项目",
		"warning commitment_below_actual", "info note_words", "info explanation_unheard", "info explanation_unheard"})
	if files["0#改.xlsx"] != "accepted" || files["1#福州.xlsx"] != "superseded LHT-1-041" {
		t.Errorf("second round: %v", files)
	}

	third := g.mine()
	g.set(third, "edition", 0, "修改版")
	g.set(third, "training_bases", 2024, 12)
	g.send(third, "再改.xlsx", nil)
	if v, _ = g.run(); v.Verdict != model.Return {
		t.Errorf("two that nobody can order: %+v", v)
	}
	found, files = g.found()
	if !slices.Contains(found, "error two_versions") || files["0#改.xlsx"] == files["再改.xlsx"] {
		t.Errorf("two that nobody can order: %v %v", found, files)
	}
	list, _ := filepath.Glob(filepath.Join(g.rounds[2], feedback.Folder, "*"))
	if slices.ContainsFunc(list, func(p string) bool { return filepath.Base(p) == table.UnknownCity }) {
		t.Errorf("the other one belongs to nobody: %v", list)
	}

	g.set(third, "edition", 0, "V3")
	g.row(third, "LHT-2-001", "2022年没有单独统计")
	g.send(third, "再改.xlsx", nil)
	if v, _ = g.run(); v.Verdict != model.Accept || v.Explained != 2 {
		found, files = g.found()
		t.Errorf("third round: %+v %v %v", v, found, files)
	}

	g.set(third, "consortium", 0, "福州经济技朮开发区物联网产教联合体")
	g.set(third, "edition", 0, 4)
	g.send(third, "更名.xlsx", nil)
	if v, _ = g.run(); v.Errors != 1 {
		t.Errorf("under another name: %+v", v)
	}
	found, files = g.found()
	if n := len(slices.DeleteFunc(found, func(s string) bool {
		return s != "error suspected_same" && !strings.Contains(s, "shared") && !strings.Contains(s, "near")
	})); n != 1 || files["更名.xlsx"] != "rejected LHT-1-044" {
		t.Errorf("under another name: %v %v", found, files)
	}
}

// linked proves that the links to a copy lead to a file that is there.
func (g *game) linked(name string) {
	g.Helper()
	dir := filepath.Join(g.rounds[len(g.rounds)-1], feedback.Folder, "福州")
	if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
		g.Error(err)
	}
	f, err := excelize.OpenFile(filepath.Join(dir, "问题清单.xlsx"))
	if err != nil {
		g.Fatal(err)
	}
	defer f.Close()
	found := false
	for _, sheet := range f.GetSheetList() {
		cells, err := f.GetHyperLinkCells(sheet, "External")
		if err != nil {
			g.Fatal(err)
		}
		for _, cell := range cells {
			_, target, _ := f.GetCellHyperLink(sheet, cell)
			path, _, _ := strings.Cut(target, "#") // what follows is a place within the file
			found = found || path == strings.ReplaceAll(name, "#", "%23")
		}
	}
	if !found {
		g.Errorf("no link leads to %s", name)
	}
}
