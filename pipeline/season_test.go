package pipeline

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lianheti/pipeline/publish"
	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/blankform"
	"lianheti/stages/check"
	"lianheti/stages/dossier"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. A run writes the register for the next one. Handed back untouched it changes nothing; filled in, every decision takes effect, and
//     nothing that was typed has to be typed again in the one after it.
//  2. It is filled in a copy: inside the results folder it is refused, and what stands there is not lost. No frozen copy has it.
//  3. Who objected stands in the next register and in nothing else that the run writes.
//  4. 公文 follows the state: no list before the marks are in; what is published names those whom the register has come so far with and nobody
//     else, without points or ranks; the index lists every file but itself and the manifest. All are drafts.
//     Feedback to a prefecture has medians, and neither scores nor ranks nor another's name.
//  5. An award goes its steps in their order, or back; whoever is chosen past a better rank, or with pieces lacking, is asked about. A meeting's
//     advice is prefilled.

// register opens a register to be filled in by column heads.
type register struct {
	t    *testing.T
	f    *excelize.File
	path string
}

func openRegister(t *testing.T, from, to string) register {
	t.Helper()
	f := must.Get(excelize.OpenFile(from))(t)
	t.Cleanup(func() { f.Close() })
	return register{t, f, to}
}

// rows gives the filled rows below the heads, each by head.
func (r register) rows(sheet string) []map[string]string {
	all, err := r.f.GetRows(sheet)
	if err != nil || len(all) < 3 {
		r.t.Fatal(sheet, err)
	}
	var out []map[string]string
	for _, row := range all[3:] {
		cells, any := map[string]string{}, false
		for i, v := range row {
			cells[all[2][i]], any = v, any || v != ""
		}
		if any {
			out = append(out, cells)
		}
	}
	return out
}

// fill types into the row that names what, or the first free one.
func (r register) fill(sheet, what string, values map[string]string) {
	r.t.Helper()
	all, _ := r.f.GetRows(sheet)
	at := len(all) + 1
	for n, row := range all {
		if n >= 3 && len(row) > 0 && row[0] == what {
			at = n + 1
		} else if n >= 3 && strings.Join(row, "") == "" {
			at = min(at, n+1)
		}
	}
	values[all[2][0]] = what
	for i, head := range all[2] {
		if v, ok := values[head]; ok {
			cell, _ := excelize.CoordinatesToCellName(i+1, at)
			if err := r.f.SetCellStr(sheet, cell, v); err != nil {
				r.t.Fatal(err)
			}
		}
	}
}

func (r register) save() string {
	r.t.Helper()
	if err := r.f.SaveAs(r.path); err != nil {
		r.t.Fatal(err)
	}
	return r.path
}

func TestSeasonByRegisters(t *testing.T) {
	programs.OnlyInCI(t) // a season of runs
	const secret = "钱某某实名反映"
	o, dir := handOut(t, 3)
	for n := 1; n <= 3; n++ {
		fill(t, expertFile(dir, n), diligent(n))
	}
	o.Marks, o.Out, o.Date = dir, t.TempDir(), "2024-09-12"
	run := func() *Result {
		t.Helper()
		r := must.Get(Run(context.Background(), o))(t)
		return r
	}
	first := run()
	name := o.Definition.Register().Next
	next := filepath.Join(first.Dir, name)
	o.Register = next
	if _, err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), "拷出来") {
		t.Fatal("a register inside the results is read: ", err)
	}

	// What the meeting advised stands in it.
	advised := restoredRound(t, first.Dir, o.Definition).NextRegister(map[string][2]string{first.Ranking.Ranking.Row(0).Submission: {"缓议", "再议"}})
	if row := advised["awards"][0]; row["advice"] != "缓议" || row[templates.RegisterReason] != "再议" {
		t.Errorf("advised: %v", row)
	}

	// Untouched, it is as if there were none.
	r := openRegister(t, next, filepath.Join(t.TempDir(), "登记.xlsx"))
	o.Register = r.save()
	read := func() (*publish.Source, error) {
		_, described, err := readRegister(o)
		return described, err
	}
	if untouched, err := read(); err != nil || untouched.Entries != 0 {
		t.Errorf("%+v of an untouched register: %v", untouched, err)
	}

	// Everything that waits is decided.
	var ranked []table.Rank
	for k := range first.Ranking.Ranking.All() {
		if k.Ranked {
			ranked = append(ranked, k)
		}
	}
	asked := r.rows("说明采纳")
	awards := r.rows("遴选结果")
	if len(asked) == 0 || len(awards) != len(ranked) || !strings.Contains(awards[0]["待办（程序预填）"], "第1名") {
		t.Fatalf("%d explanations, %d awards of %d ranked", len(asked), len(awards), len(ranked))
	}
	r.fill("说明采纳", asked[0]["问题指纹"], map[string]string{"是否采纳": "采纳", "说明的内容或不采纳的理由": "电话核实属实"})
	second := ranked[1].Consortium
	r.fill("遴选结果", second, map[string]string{"拟入选": "拟入选", "依据（会议、纪要或批示）": "厅务会纪要5号", "日期": "2024-09-10", "公示开始": "2024-09-11", "公示结束": "2024-09-13"})
	r.fill("遴选结果", ranked[2].Consortium, map[string]string{"评审会建议": "建议入选", "拟入选": "拟入选", "依据（会议、纪要或批示）": "厅务会纪要5号", "日期": "2024-09-10", "公示开始": "2024-09-11", "公示结束": "2024-09-18",
		"公示结果": "无异议", "公布文号": "闽教职成〔2024〕30号", "公布日期": "2024-10-08", "推荐教育部": "推荐"})
	r.fill("异议", second, map[string]string{"收到日期": "2024-09-12", "提出人（只留在本表）": secret, "异议的内容": "成员单位有误"})
	r.fill("材料收讫", second, map[string]string{"纸质件": "2024-08-20", "纸质件的校验码": "V2-0000-0000-0000-0000"})
	o.Register, o.Freeze = r.save(), "会"
	decided := run()
	if decided.Manifest.Register.Entries != 5 {
		t.Errorf("%d entries", decided.Manifest.Register.Entries)
	}
	if _, err := os.Stat(filepath.Join(o.Out, "2024-会", name)); err == nil {
		t.Error("the frozen copy has the register")
	}
	for _, dir := range []string{decided.Dir, filepath.Join(o.Out, "2024-会")} {
		if _, differ, err := publish.Verify(dir); err != nil || len(differ) > 0 {
			t.Error(differ, err)
		}
		if path := holding(t, dir, secret); len(path) != 0 && (len(path) != 1 || path[0] != name) {
			t.Errorf("%s: who objected stands in %v", dir, path)
		}
	}
	drafts := filepath.Join(decided.Dir, o.Definition.Documents().Folder)
	if methods := filesOf(t, drafts, "评审办法*", "回避*"); len(methods) > 0 {
		t.Error("after the review: ", methods)
	}
	for name, names := range map[string][]table.Rank{"公示稿": {ranked[1], ranked[2]}, "拟入选名单": {ranked[1], ranked[2]}, "公布通知稿": {ranked[2]}, "推荐教育部函稿": {ranked[2]}} {
		words := wordsOf(t, filepath.Join(drafts, name+"（代拟稿）.docx"))
		for _, k := range ranked {
			if listed := slices.Contains(names, k); strings.Contains(words, k.Consortium) != listed || name != "拟入选名单" && strings.Contains(words, fmt.Sprintf("%.2f", k.Total)) {
				t.Errorf("%s: %s is to be listed: %v", name, k.Consortium, listed)
			}
		}
		if !strings.Contains(words, "代拟稿") {
			t.Errorf("%s is no draft", name)
		}
	}
	byRank := wordsOf(t, filepath.Join(drafts, "按名次建议名单（代拟稿）.docx"))
	for _, k := range ranked {
		if inside := k.Rank.V <= int32(o.Definition.Directory.Select.Default); strings.Contains(byRank, fmt.Sprintf("%.2f / ", k.Total)) != inside {
			t.Errorf("%s in the list by rank: %v", k.Consortium, !inside)
		}
	}
	for _, k := range ranked {
		told := wordsOf(t, filepath.Join(drafts, "申报情况反馈", k.City+" "+k.Consortium+"（代拟稿）.docx"))
		if !strings.Contains(told, "同批中位数") || strings.Contains(told, fmt.Sprintf("%.2f", k.Total)) || strings.Contains(told, fmt.Sprintf("第%d名", k.Rank.V)) {
			t.Errorf("the feedback for %s has no medians, or its score or rank", k.Consortium)
		}
		for _, other := range ranked {
			if other != k && strings.Contains(told, other.Consortium) {
				t.Errorf("the feedback for %s names %s", k.Consortium, other.Consortium)
			}
		}
	}
	index := wordsOf(t, filepath.Join(drafts, "归档目录（代拟稿）.docx"))
	for _, f := range decided.Manifest.Outputs {
		if listed := strings.Contains(index, f.SHA256); listed == strings.Contains(f.Path, "归档目录") {
			t.Errorf("%s in the index: %v", f.Path, listed)
		}
	}
	r = openRegister(t, filepath.Join(decided.Dir, name), filepath.Join(t.TempDir(), "登记.xlsx"))
	if got := r.rows("说明采纳")[0]; got["是否采纳"] != "采纳" || got["说明的内容或不采纳的理由"] != "电话核实属实" || got["问题指纹"] != asked[0]["问题指纹"] {
		t.Errorf("what was typed: %v", got)
	}
	if got := r.rows("异议")[0]; got["提出人（只留在本表）"] != secret || got["待办（程序预填）"] != "还没有处理结果" {
		t.Errorf("the objection: %v", got)
	}
	for sheet, wants := range map[string][]string{
		"遴选结果": {"公示3个工作日", "少于5个", "拟入选而材料收讫缺", "拟入选而签章核对缺", "下一步：公示无异议", "名次在前而没有拟入选（拟入选的到第3名），请写明理由"},
		"材料收讫": {"缺：Word版、盖章PDF", "纸质件的校验码V2-0000-0000-0000-0000"},
		"逾期补报": {"纸质件2024-08-20收到，晚于报送期限"},
	} {
		all := ""
		for _, row := range r.rows(sheet) {
			all += row["待办（程序预填）"] + "\n"
		}
		for _, want := range wants {
			if !strings.Contains(all, want) {
				t.Errorf("%s: %q is not asked:\n%s", sheet, want, all)
			}
		}
	}
	o.Register, o.Freeze = r.save(), ""
	_, register, err := Register(o.Definition, o.Register)
	chosen := register.Chosen()
	if no := o.Definition.Directory.Entries; err != nil || len(chosen) != 1 {
		t.Errorf("chosen of %d: %v, %v", len(no), chosen, err)
	}
	for _, city := range o.Definition.Directory.Cities {
		var kit bytes.Buffer
		err := blankform.Kit(&kit, o.Definition, city, func(e templates.Entry) blankform.Values {
			if chosen[table.EntryKey(e)] {
				return blankform.Values{}
			}
			return blankform.Prefilled(e)
		})
		if zr, zerr := zip.NewReader(bytes.NewReader(kit.Bytes()), int64(kit.Len())); err != nil || zerr != nil || slices.ContainsFunc(zr.File, func(f *zip.File) bool { return strings.Contains(f.Name, ranked[2].Consortium) }) {
			t.Error("whoever was chosen gets another form: ", err, zerr)
		}
		if city.Name == ranked[2].City {
			break
		}
	}
	if again, err := read(); err != nil || again.Entries != decided.Manifest.Register.Entries {
		t.Errorf("%+v the next time: %v", again, err)
	}

	// A step that was taken back leaves what followed it as what happened.
	r.fill("遴选结果", second, map[string]string{"公示结果": "异议成立", "拟入选": "不拟入选"})
	o.Register = r.save()
	e, _, _ := o.Definition.Directory.ByConsortium(second)
	if kept, _, err := readRegister(o); err != nil || kept.Award(table.EntryKey(e)).Reached(templates.StepProposed) {
		t.Error("taken back after its publication: ", err)
	}

	// A step out of order stops the run.
	r.fill("遴选结果", ranked[0].Consortium, map[string]string{"公布文号": "闽教职成〔2024〕30号", "公布日期": "2024-10-08"})
	o.Register = r.save()
	if _, err := read(); err == nil || !strings.Contains(err.Error(), "登记了“入选”，而前一步“拟入选”") {
		t.Error(err)
	}
}

// holding lists the files below dir that hold words, also in their parts.
func holding(t *testing.T, dir, words string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(at)
		if err != nil {
			return err
		}
		found := bytes.Contains(data, []byte(words))
		if zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data))); err == nil {
			for _, part := range zr.File {
				r, err := part.Open()
				if err != nil {
					return err
				}
				text, err := io.ReadAll(r)
				if err != nil {
					return err
				}
				found = found || bytes.Contains(text, []byte(words))
			}
		}
		if found {
			rel, _ := filepath.Rel(dir, at)
			out = append(out, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wordsOf gives the text of a Word file.
func wordsOf(t *testing.T, path string) string {
	t.Helper()
	zr := must.Get(zip.OpenReader(path))(t)
	defer zr.Close()
	f := must.Get(zr.Open("word/document.xml"))(t)
	text := must.Get(io.ReadAll(f))(t)
	return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(string(text), ""))
}

func filesOf(t *testing.T, dir string, patterns ...string) []string {
	t.Helper()
	var out []string
	for _, p := range patterns {
		found := must.Get(filepath.Glob(filepath.Join(dir, p)))(t)
		out = append(out, found...)
	}
	return out
}

func TestNoDraftHasAHole(t *testing.T) {
	b := must.Get(batch())(t)
	round := must.Get(checkAndScore(b.facts, check.Known{}, table.Marking{}, score.Options{Draws: 10}))(t)
	in := dossier.Input{Publication: table.Publication{Round: *round, Standing: table.Standing{State: round.State()}}}
	files := map[string][]byte{}
	in.Outputs = func() ([][2]string, error) { return nil, nil }
	put := func(name string, data []byte) error {
		files[name] = data
		return nil
	}
	err := dossier.Write(in, put)
	const offDirectory = 2 // ask for an adjustment
	if err != nil || len(files) != 2+round.Submissions.Len()+offDirectory {
		t.Fatalf("%d drafts before the review: %v", len(files), err)
	}
	d := *b.d
	d.Documents = func() *templates.Documents {
		return &templates.Documents{Folder: "公文", Draft: "稿", Documents: []*templates.Document{{Name: "试", Title: "试", When: "always", Blocks: []*templates.DocumentBlock{{Text: "{nobody_knows}"}}}}}
	}
	facts := *round.Facts
	facts.Definition = &d
	in.Facts = &facts
	if err := dossier.Write(in, put); err == nil || !strings.Contains(err.Error(), "nobody_knows") {
		t.Error("a draft with a hole: ", err)
	}
}
