package check

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
)

// Requirements
//  1. What is found of a batch with many faults, where it is marked, in what words and order, and how many cases each rule looked at, stays as it
//     is, unless somebody means to change it.

var update = flag.Bool("update", false, "write the golden anew")

// troubled is a batch in which most of what can be wrong is: values and changes in reading in one form, lists in the second, a roster pasted a
// column off in the third, figures some rows off in the fourth, nothing filled in in the fifth, and a sound one at last.
func troubled(t *testing.T) *table.Facts {
	none := []map[string]string{}
	first := faulty(t)
	first.Coercions = []changed{{Field: "apprentices.last", Kind: "magnitude"}, {Field: "staff_full_time", Kind: "approximate"}, {Field: "employee_training.last", Kind: "thousands"},
		{Field: "members_enrolment", Kind: "approximate", Row: 1}, {Field: "members_name", Kind: "struck", Row: 2}, {Field: "members_kind", Kind: "struck", Row: 2},
		{Field: "members_name", Kind: "error_value", Row: 9}, {Field: "members_kind", Kind: "unread", Row: 20}}
	first.Explanations = map[string]string{"|现场工程师培养": "扩招", "|没有的栏目": "说明", "|": "什么也没说", "0123456789abcdef": "无关"}
	materials := []map[string]string{{"number": "1", "title": "待定", "supports": "9.9"}, {"title": "材料"}, {}}
	verifications := []map[string]string{{"section": "全部", "means": "实地", "unit": "教育局", "result": "部分不属实", "date": "2024-09-30"}, {"section": "2年度数据"}}
	second := another(t).apply(Edit{Copy: []string{"plan", "features", "platform_text.prior"}, Materials: &materials, Verifications: &verifications, Set: map[string]any{"consortium": "某联合体", "head_name": nil},
		Members: map[int]map[string]any{1: {"enrolment": 60001}, 2: {"enrolment": map[string]any{"status": "V", "raw": "很多"}}, 3: {"lead": false}, 4: {"name": nil}, 6: {"enrolment": 12}},
		Add:     []map[string]any{{"kind": "vocational", "name": "卓峰职业技术学院湖里校区", "enrolment": 10}, {"kind": "enterprise", "name": "鼎创软件有限公司"}}}, first)
	second.File = "样例/乙.xlsx"
	third := base(t).apply(Edit{Materials: &none, Verifications: &none, Inapplicable: 60}, filling{}).named("丙联合体")
	third.File = "样例/丙.xlsx"
	for i := range third.Members {
		third.Members[i]["name"], third.Members[i]["kind"] = third.Members[i]["kind"], third.Members[i]["name"]
	}
	fourth := base(t).apply(Edit{Slide: 2, Noroster: true}, filling{}).named("丁联合体")
	fourth.File = "样例/丁.xlsx"
	fifth := base(t).apply(Edit{Empty: true}, filling{})
	fifth.Values, fifth.File = map[string]any{"consortium": "戊联合体"}, "样例/戊.xlsx"
	sixth := base(t).apply(Edit{Swap: 30, Repeat: map[string]int{"plan": 1001, "features": 20}}, filling{}).named("己联合体")
	sixth.File = "样例/己.xlsx"
	f := facts(t, definition, first, second, third, fourth, fifth, sixth)
	id := f.Submissions.Row(0).Submission
	f.FileFindings = []model.Finding{
		{Code: "LHT-1-030", Submission: id, Fields: []string{"field_engineers"}, Places: []model.Place{{File: first.File, Sheet: "2年度数据", Cell: "B3"}, {File: first.File, Sheet: "2年度数据", Cell: "A2"}}, Vars: map[string]string{"detail": "表头"}},
		{Code: "LHT-1-006", Places: []model.Place{{File: "样例/坏.xlsx"}}, Vars: map[string]string{"detail": "缺页", "file": "样例/坏.xlsx"}},
		{Code: "LHT-5-006", Submission: id, Places: []model.Place{{File: "样例/甲2.xlsx"}}, Vars: map[string]string{"list": "样例/甲.xlsx、样例/甲2.xlsx", "file": "样例/甲.xlsx", "detail": "都是1"}},
	}
	return f
}

func TestGoldenFindings(t *testing.T) {
	j := runKnowing(t, troubled(t), Known{})
	var b strings.Builder
	told := map[string]int{} // how often of a submission; of the same it is enough to see a few
	for _, x := range j.findings {
		if told[x.Submission+x.Code] < 6 {
			fmt.Fprintf(&b, "%s %s %s %s %s %v %s\n\t%s %s %s %s\n\t%s\n", x.Code, x.Severity, x.Submission, x.Fingerprint, x.Fields, x.Year.V, x.Member, x.Places, x.Raw, x.Value, x.ValueHash, x.Message)
		}
		if told[x.Code] == 0 {
			fmt.Fprintf(&b, "\t%s\n", x.Cure)
		}
		told[x.Code], told[x.Submission+x.Code] = told[x.Code]+1, told[x.Submission+x.Code]+1
		if said := x.Explanation + x.Outdated; said != "" {
			fmt.Fprintf(&b, "\t说明：%s\n", said)
		}
	}
	passed := map[string][]string{}
	for _, o := range j.outcomes {
		if o.Outcome == model.Pass {
			passed[o.Submission] = append(passed[o.Submission], fmt.Sprintf("%s:%d", o.Code, o.Cases))
			continue
		}
		fmt.Fprintf(&b, "%s %s %s %d/%d/%d %s\n", o.Submission, o.Code, o.Outcome, o.Cases, o.Failed, o.Undecided, o.Reason)
	}
	for _, v := range j.verdicts {
		fmt.Fprintf(&b, "%+v\n\t%s\n", v, strings.Join(passed[v.Submission], " "))
	}
	const golden = "testdata/troubled.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	is, was := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(is), len(was)) {
		if is[i] != was[i] {
			t.Fatalf("%s, line %d (go test -run Golden -update writes it anew):\n%s\nwant\n%s", golden, i+1, is[i], was[i])
		}
	}
	if len(is) != len(was) {
		t.Errorf("%d lines, %s has %d", len(is), golden, len(was))
	}
}
