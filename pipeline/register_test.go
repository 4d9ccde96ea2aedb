package pipeline

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"lianheti/pipeline/publish"
	"lianheti/samples/must"
	"lianheti/stages/blankform"
	"lianheti/stages/check"
	"lianheti/stages/model"
	"lianheti/stages/score"
	"lianheti/stages/table"
)

// Requirements
//  1. What is typed into the blank register takes effect: a consent and a late acceptance answer their findings and nobody else's, an
//     explanation refused or accepted changes the verdict, who is selected already or turned down is not ranked, a
//     deduction comes off.
//     A list of schools checks every school of every roster, and vouches for none that it does not know.
//  2. A register that can't be read for sure stops the run; every fault is named with sheet and cell.

// typed makes a register with these cells: sheet!cell -> what is typed.
func typed(t *testing.T, cells map[string]string) string {
	t.Helper()
	b := must.Get(batch())(t)
	var blank bytes.Buffer
	must.Do(t, blankform.Register(&blank, b.d, nil))
	f := must.Get(excelize.OpenReader(&blank))(t)
	defer f.Close()
	for at, value := range cells {
		sheet, cell, _ := strings.Cut(at, "!")
		if i, err := f.GetSheetIndex(sheet); err != nil || i < 0 {
			if _, err := f.NewSheet(sheet); err != nil {
				t.Fatal(err)
			}
		}
		must.Do(t, f.SetCellStr(sheet, cell, value))
	}
	path := filepath.Join(t.TempDir(), "登记.xlsx")
	must.Do(t, f.SaveAs(path))
	return path
}

func TestRegisterTakesEffect(t *testing.T) {
	b := must.Get(batch())(t)
	const fluorine, cars, tea, oil = "2024-14", "2024-20", "2024-13", "2024-11"
	before := map[string]table.Verdict{}
	for v := range b.judgement.Verdicts.All() {
		before[v.Submission] = v
	}
	var accepted table.Finding // of the one that is to be accepted
	for x := range b.judgement.Findings.All() {
		if x.Submission == tea && x.Severity == model.Explain && accepted.Fingerprint == "" {
			accepted = x
		}
	}
	path := typed(t, map[string]string{
		"目录调整!A4": "三明市氟化工产教联合体", "目录调整!B4": "三明", "目录调整!C4": "三明高新技术产业开发区金沙园", "目录调整!F4": "同意", "目录调整!G4": "闽教职成〔2024〕9号", "目录调整!H4": "2024-08-01",
		"逾期补报!A4": "三明市氟化工产教联合体", "逾期补报!B4": "处务会同意", "逾期补报!C4": "2024年8月20日",
		"已入选!A4": "宁德新能源汽车产业产教联合体", "已入选!B4": "闽教职成〔2023〕1号",
		"说明采纳!A4": model.ExplanationKey(accepted.Fingerprint, accepted.ValueHash), "说明采纳!B4": "采纳", "说明采纳!C4": "电话核实属实",
		"材料收讫!A4": "三明市氟化工产教联合体", "材料收讫!B4": "2024-08-20",
		"扣分和不予立项!A4": "三明市氟化工产教联合体", "扣分和不予立项!B4": "２.5", "扣分和不予立项!D4": "处务会",
		"扣分和不予立项!A5": "泉州石油化工产业产教联合体", "扣分和不予立项!C5": "不予立项", "扣分和不予立项!D5": "厅务会纪要3号",
		"遴选结果!A4": "三明市氟化工产教联合体", "遴选结果!D4": "拟入选", "遴选结果!E4": "厅务会纪要3号", "遴选结果!F4": "2024-09-10",
	})
	r := run{Options: Options{Definition: b.d, Register: path}}
	must.Do(t, r.readRegister())
	register, manifest := r.known.Register, r.registerFile
	facts := withDefinition(r.Definition, b.facts)
	if manifest.Name != "登记.xlsx" || len(manifest.SHA256) != 64 || manifest.Entries != 8 {
		t.Errorf("the manifest says %+v", manifest)
	}
	judgement := must.Get(check.Run(facts, check.Known{Register: register}))(t)
	answered := map[string]string{}
	for x := range judgement.Findings.All() {
		switch {
		case x.Submission == fluorine && (x.Rule == "park_of_directory" || x.Rule == "after_deadline"), x.Fingerprint == accepted.Fingerprint:
			answered[x.Rule] = x.Explanation
		}
	}
	if said, found := answered["park_of_directory"]; found || answered["after_deadline"] != "逾期补报：处务会同意" || answered[accepted.Rule] != "电话核实属实（采纳）" {
		t.Errorf("answered: %v %s", answered, said)
	}
	for v := range judgement.Verdicts.All() {
		switch v.Submission {
		case fluorine:
			if v.Explained != before[fluorine].Explained+1 || v.Warnings != before[fluorine].Warnings-2 {
				t.Errorf("%s: %+v", fluorine, v)
			}
		case cars:
			if v.Ranked || !strings.Contains(v.Unranked, "闽教职成〔2023〕1号") {
				t.Errorf("%s is ranked: %+v", cars, v)
			}
		case oil:
			if v.Ranked || !strings.Contains(v.Unranked, "不予立项（厅务会纪要3号）") || v.Verdict != before[oil].Verdict {
				t.Errorf("%s is ranked: %+v", oil, v)
			}
		case tea:
			if v.Warnings != before[tea].Warnings-1 {
				t.Errorf("%s: %+v", tea, v)
			}
		default:
			if v != before[v.Submission] {
				t.Errorf("%s changed to %+v", v.Submission, v)
			}
		}
	}
	ranking := must.Get(score.Run(facts, judgement, table.Marking{}, score.Options{Draws: 10}))(t)
	for r := range ranking.Ranking.All() {
		if r.Submission == cars && r.Ranked {
			t.Error("an earlier selection is ranked")
		}
		if r.Submission == fluorine && (r.Deduction.V != 2.5 || r.Total > r.Foundation+r.Promise-2.4) {
			t.Errorf("2.5 points are to be taken off: %+v", r)
		}
	}

	// Decided about other values, it is open.
	path = typed(t, map[string]string{"说明采纳!A4": model.ExplanationKey(accepted.Fingerprint, strings.Repeat("0", 16)), "说明采纳!B4": "采纳", "说明采纳!C4": "电话核实属实"})
	register, _, err := readRegister(Options{Definition: b.d, Register: path})
	must.Do(t, err)
	judgement = must.Get(check.Run(facts, check.Known{Register: register}))(t)
	for x := range judgement.Findings.All() {
		if x.Fingerprint == accepted.Fingerprint && x.Explanation != accepted.Explanation {
			t.Errorf("a decision about other values counts: %q", x.Explanation)
		}
	}

	// The explanation that counted is refused: the finding is open again, and says why.
	explained, decided := *b.facts, check.Known{}
	explained.Explanations = table.Of([]table.Explanation{{Submission: tea, Record: 1, Fingerprint: accepted.Fingerprint, Explanation: "误填"}})
	for _, refuse := range []bool{false, true} {
		if refuse {
			path := typed(t, map[string]string{"说明采纳!A4": accepted.Fingerprint, "说明采纳!B4": "不采纳", "说明采纳!C4": "与市级核实不符"})
			decided.Register, _, err = readRegister(Options{Definition: b.d, Register: path})
			must.Do(t, err)
		}
		judgement := must.Get(check.Run(&explained, decided))(t)
		for x := range judgement.Findings.All() {
			if x.Fingerprint == accepted.Fingerprint && (x.Explanation == "") != refuse {
				t.Errorf("refused %v: the explanation is %q", refuse, x.Explanation)
			}
			if x.Fingerprint == accepted.Fingerprint && refuse && !strings.Contains(x.Message, "与市级核实不符") {
				t.Errorf("the refusal gives no reason: %s", x.Message)
			}
		}
	}
}

// An agreed adjustment makes a consortium count as one of the directory, under the id that it had; a refused one changes nothing.
func TestAdjustmentsOfTheDirectory(t *testing.T) {
	b := must.Get(batch())(t)
	const bamboo, fluorine = "南平市竹产业产教联合体", "三明市氟化工产教联合体"
	run := func(decision string) *table.Round {
		o := Options{Definition: b.d, Inputs: []string{samplesDir + "/南平", samplesDir + "/三明"}, Out: t.TempDir(), Score: score.Options{Draws: 1}}
		o.Register = typed(t, map[string]string{
			"目录调整!A4": bamboo, "目录调整!B4": "南平", "目录调整!C4": "样例建瓯竹产业园", "目录调整!F4": decision, "目录调整!G4": "文", "目录调整!H4": "2024-08-01",
			"目录调整!A5": fluorine, "目录调整!B5": "三明", "目录调整!C5": "三明高新技术产业开发区金沙园", "目录调整!F5": decision, "目录调整!G5": "文", "目录调整!H5": "2024-08-01"})
		result := must.Get(Run(t.Context(), o))(t)
		return restoredRound(t, result.Dir, b.d)
	}
	for decision, listed := range map[string]bool{"同意": true, "不同意": false} {
		r, open := run(decision), map[string]bool{}
		for x := range r.Findings.All() {
			open[x.Rule] = open[x.Rule] || x.Explanation == "" && (x.Consortium == bamboo || x.Consortium == fluorine)
		}
		for s := range r.Submissions.All() {
			if s.Consortium == bamboo && (s.DirectoryNo.Valid != listed || !strings.HasPrefix(s.Submission, "2024-X")) {
				t.Errorf("%s: %+v", decision, s)
			}
		}
		if open["consortium_in_directory"] == listed || open["park_of_directory"] == listed {
			t.Errorf("%s: %v", decision, open)
		}
	}
}

func TestFaultyRegisterStopsTheRun(t *testing.T) {
	b := must.Get(batch())(t)
	path := typed(t, map[string]string{
		"目录调整!A4": "三明市氟化工产教联合体", "目录调整!B4": "三明", "目录调整!C4": "甲园区", "目录调整!F4": "同意", "目录调整!A5": "新来的联合体", "目录调整!C5": "乙园区",
		"说明采纳!A5": "8bf18", "说明采纳!B5": "同意",
		"说明采纳!A6": strings.Repeat("a", 16), "说明采纳!B6": "采纳", "说明采纳!A7": strings.Repeat("a", 16) + "-" + strings.Repeat("b", 16), "说明采纳!B7": "不采纳",
		"已入选!A4": "南平茶产业产教联合体", "已入选!B4": "甲", "已入选!A9": "南平茶产业产教联合体", "已入选!B9": "乙", "已入选!C9": "八月",
		"扣分和不予立项!A4": "南平茶产业产教联合体", "扣分和不予立项!B4": "11", "扣分和不予立项!D4": "甲", "扣分和不予立项!A5": "三明市氟化工产教联合体", "扣分和不予立项!D5": "乙",
		"材料收讫!A4": "某联合体", "材料收讫!J4": "另有光盘",
		"备忘!B2": "下周再议",
	})
	out := t.TempDir()
	_, err := Run(t.Context(), Options{Definition: b.d, Inputs: []string{samplesDir + "/福州"}, Out: out, Register: path})
	if err == nil {
		t.Fatal("the run went on")
	}
	for _, want := range []string{"目录调整!A4：“同意调整”没有登记完，缺：依据（文号或批示）、日期", "目录调整!B5：“推荐地市”没有填", "说明采纳!A5：“8bf18”不是问题指纹", "说明采纳!B5：“同意”不在可选之列", "已入选!C9：“八月”不是日期", "已入选!A9：与 已入选!A4 是同一个", "说明采纳!A7：与 说明采纳!A6 是同一个", "材料收讫!J4：这一列没有表头", "扣分和不予立项!A4：扣11分，超过第7项最多的10分", "扣分和不予立项!A5：扣几分、是否不予立项都没有填", "备忘!B2：不认识工作表"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
	if _, err := os.Stat(filepath.Join(out, "2024")); err == nil {
		t.Error("results were published")
	}
	if _, _, err := readRegister(Options{Definition: b.d, Register: samplesDir}); err == nil {
		t.Error("a folder was taken for a register")
	}
}

func TestSchoolsAreHeldAgainstTheList(t *testing.T) {
	b := must.Get(batch())(t)
	cells, row, short := map[string]string{}, 4, ""
	seen, consortium, in := map[string]bool{}, map[string]string{}, map[string][]string{}
	for x := range b.facts.Submissions.All() {
		consortium[x.Submission] = x.Consortium
	}
	for m := range b.facts.Members.All() {
		in[m.NameKey] = append(in[m.NameKey], consortium[m.Submission])
	}
	for m := range b.facts.Members.All() {
		if !b.d.Form.Kind(m.Kind).School || seen[m.NameKey] || !m.Enrolment.Valid {
			continue
		}
		enrolment := m.Enrolment
		if seen[m.NameKey] = true; short == "" {
			short, enrolment.V = m.NameKey, enrolment.V*1.2
		}
		for column, value := range map[string]string{"A": m.Name, "B": m.KindLabel, "C": table.Plain(enrolment), "D": "2023", "F": strings.Join(in[m.NameKey], "、")} {
			cells[fmt.Sprintf("学校名录!%s%d", column, row)] = value
		}
		row++
	}
	register, _, err := readRegister(Options{Definition: b.d, Register: typed(t, cells)})
	if err != nil {
		t.Fatal(err)
	}
	judgement := must.Get(check.Run(b.facts, check.Known{Register: register}))(t)
	found := map[string]bool{}
	for x := range judgement.Findings.All() {
		if x.Rule == "school_enrolment" {
			found[x.Member] = true
		}
		if x.Rule == "school_unlisted" && seen[x.Member] {
			t.Errorf("%s is listed: %s", x.Member, x.Message)
		}
	}
	if !found[short] {
		t.Errorf("%s states a fifth less than the list, and nothing is said; found %v", short, found)
	}
	for _, m := range register.UnconfirmedSchools(b.facts) {
		if m.Enrolment.Valid && !seen[m.NameKey] {
			t.Errorf("%s is not vouched for", m.Name)
		}
	}
	if len(table.Register{}.UnconfirmedSchools(b.facts)) == 0 {
		t.Error("a blank list vouches for every school")
	}
	twice := map[string]string{"学校名录!A4": "甲学校", "学校名录!B4": "中职学校", "学校名录!C4": "很多", "学校名录!A5": "乙学校", "学校名录!B5": "幼儿园", "学校名录!E5": "丙学校、甲学校"}
	_, _, err = readRegister(Options{Definition: b.d, Register: typed(t, twice)})
	for _, fault := range []string{"学校名录!C4：“很多”", "学校名录!B5：“幼儿园”", "学校名录!A5：与 学校名录!A4 是同一个"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("no fault %s in %v", fault, err)
		}
	}
}

func readRegister(o Options) (table.Register, *publish.Source, error) {
	r := run{Options: o}
	err := r.readRegister()
	return r.known.Register, r.registerFile, err
}
