package compare

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. Every kind of change is told, with the words and numbers of both rounds and the place.
//  2. A submission that was sent again unchanged is said to be so; the same file, to be not sent again.
//  3. What stayed the same is not told; without an earlier round nothing is.
//  4. A total is followed by its steps, a verdict says what turned it.
//  5. Nothing of personal data is shown, whatever a filler typed.

const phone = "13900001111"

// state is one submission in one round.
type state struct {
	id, sha  string
	edition  int32
	metrics  []table.Metric
	texts    []table.Text
	members  []table.Member
	findings []table.Finding
	verdict  model.Verdict
	total    float64
	rank     int32
	objected map[string]string // what the register says of an objection
}

func round(t *testing.T, states ...state) *table.Round {
	t.Helper()
	d, err := templates.Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	f, j, k := &table.Facts{Definition: d}, &table.Judgement{}, &table.Ranking{}
	var submissions []table.Submission
	var metrics []table.Metric
	var texts []table.Text
	var members []table.Member
	var findings []table.Finding
	var verdicts []table.Verdict
	var ranks []table.Rank
	for _, s := range states {
		submissions = append(submissions, table.Submission{Submission: s.id, DirectoryNo: table.Some(int32(len(s.id))), City: "福州", CityCode: "350100",
			Consortium: "联合体" + s.id, Edition: table.Some(s.edition), SHA256: s.sha})
		for _, sheet := range d.Register().Sheets {
			if sheet.Effect == templates.EffectObject && s.objected != nil {
				key := table.ConsortiumKey(submissions[len(submissions)-1])
				j.Register = append(j.Register, table.RegisterEntry{Sheet: sheet, Key: key, Values: s.objected, Private: map[string]string{"who": phone}})
			}
		}
		for _, m := range s.metrics {
			m.Submission, m.Sheet, m.Cell = s.id, "2年度数据", "E7"
			metrics = append(metrics, m)
		}
		for _, x := range s.texts {
			x.Submission = s.id
			texts = append(texts, x)
		}
		for _, m := range s.members {
			m.Submission = s.id
			members = append(members, m)
		}
		for _, x := range s.findings {
			x.Submission = s.id
			findings = append(findings, x)
		}
		verdicts = append(verdicts, table.Verdict{Submission: s.id, Verdict: s.verdict})
		ranks = append(ranks, table.Rank{Submission: s.id, Total: s.total, Rank: table.Opt[int32]{V: s.rank, Valid: s.rank > 0}})
	}
	f.Submissions, f.Metrics, f.Texts, f.Members = table.Of(submissions), table.Of(metrics), table.Of(texts), table.Of(members)
	j.Findings, j.Verdicts, k.Ranking = table.Of(findings), table.Of(verdicts), table.Of(ranks)
	return &table.Round{Facts: f, Judgement: j, Ranking: k}
}

// changes lists what Run says, a line each.
func changes(t *testing.T, before, now []state, why Causes) []string {
	t.Helper()
	var out []string
	is := round(t, now...)
	for c := range Run(round(t, before...), is, why).All() {
		kind := string(c.Kind)
		known := slices.Contains(is.Definition.Table("changes").Column("kind").Values, kind)
		if !known || is.Definition.Sheets().Codes["change"][kind] == "" || c.Label == "" || c.City == "" {
			t.Errorf("not a whole change: %+v", c)
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s: %s→%s %s", c.Submission, c.Kind, c.Label, c.Before, c.After, c.Causes)))
	}
	return out
}

func value(indicator string, year int32, v float64, raw string) table.Metric {
	return table.Metric{Indicator: indicator, Year: year, Value: table.Some(v), Status: table.Normal, Raw: raw}
}

func missing(indicator string, year int32) table.Metric {
	return table.Metric{Indicator: indicator, Year: year, Status: table.Missing}
}

func TestEveryKindOfChange(t *testing.T) {
	before := []state{
		{id: "A", sha: "1", edition: 1, verdict: model.Return, total: 50, rank: 0,
			metrics: []table.Metric{value("apprentices", 2022, 12, "12"), missing("apprentices", 2023), value("field_engineers", 2022, 3, "3"), value("sales", 2022, 120000, "12万"), value("shared_courses", 2022, 4, "4")},
			texts:   []table.Text{{Field: "plan", Text: "旧，电话" + phone, Status: table.Normal}},
			members: []table.Member{{Name: "甲公司", KindLabel: "企业"}, {Name: "乙公司", KindLabel: "企业"}, {Name: "丙学校", KindLabel: "中职学校", Enrolment: table.Some(100.0)}},
			findings: []table.Finding{{Fingerprint: "a", Title: "关了的", Message: "x"}, {Fingerprint: "b", Title: "没关的", Message: "y"},
				{Fingerprint: "c", Title: "说明了的", Message: "z"}, {Fingerprint: "d", Title: "又开的", Message: "w", Explanation: "属实"},
				{Fingerprint: "f", Title: "早说明的", Message: "u", Explanation: "如前"}}},
		{id: "BB", sha: "2", edition: 1, verdict: model.Accept},
		{id: "CCC", sha: "3", edition: 1, verdict: model.Accept},
		{id: "DDDD", sha: "4", edition: 1, verdict: model.Accept},
	}
	now := []state{
		{id: "A", sha: "9", edition: 2, verdict: model.AskFirst, total: 61.5, rank: 2,
			objected: map[string]string{"date": "2024-09-12", "about": "成员单位有误", "outcome": "成立"},
			metrics:  []table.Metric{value("apprentices", 2022, 20, "20"), value("apprentices", 2023, 0, "0"), missing("field_engineers", 2022), value("sales", 2022, 120000, "120000"), value("shared_courses", 2022, 4, "4")},
			texts:    []table.Text{{Field: "plan", Text: "新，电话" + phone, Status: table.Normal}},
			members:  []table.Member{{Name: "甲公司", KindLabel: "企业", IsLead: true}, {Name: "丙学校", KindLabel: "中职学校", Enrolment: table.Some(100.0)}, {Name: "丁公司", KindLabel: "企业"}},
			findings: []table.Finding{{Fingerprint: "b", Title: "没关的", Message: "y"}, {Fingerprint: "c", Title: "说明了的", Message: "z", Explanation: "因为"}, {Fingerprint: "f", Title: "早说明的", Message: "u", Explanation: "如前"},
				{Fingerprint: "d", Title: "又开的", Message: "w2"}, {Fingerprint: "e", Title: "新来的", Message: "v"}}},
		{id: "BB", sha: "2", edition: 1, verdict: model.Accept, objected: map[string]string{"date": "2024-09-13", "outcome": "不成立"}},
		{id: "CCC", sha: "33", edition: 2, verdict: model.Accept},
		{id: "EEEEE", sha: "5", edition: 1, verdict: model.Accept},
	}
	want := []string{
		"A resent 已重报: 报送版次1→报送版次2",
		"A objection 异议成立: →2024-09-12收到",
		"A verdict 受理结论: 退回修改→待说明 own",
		"A finding_new 新来的: →v",
		"A finding_reopened 又开的: w→w2",
		"A finding_open 没关的: y→y",
		"A finding_explained 说明了的: z→因为",
		"A finding_explained 早说明的: 如前→如前",
		"A finding_closed 关了的: x→",
		"A value_filled 2023年中国特色学徒制培养: →0",
		"A value_cleared 2022年现场工程师培养: 3→",
		"A value_changed 2022年中国特色学徒制培养: 12→20",
		"A value_changed 建设规划: 旧，电话〔电话已隐去〕→新，电话〔电话已隐去〕",
		"A value_rewritten 2022年企业销售总额: 12万→120000",
		"A record_added 丁公司: →企业，丁公司",
		"A record_removed 乙公司: 企业，乙公司→",
		"A record_changed 甲公司: 企业，甲公司→企业，甲公司，牵头单位",
		"A total 得分: 50.00→61.50",
		"A total_step 得分：本申报的数: 50.00→63.00 own",
		"A total_step 得分：权重、计分办法: 63.00→61.50 rubric",
		"A rank 名次: 不参加排名→第2名",
		"BB not_resent 没有重报: 报送版次1→报送版次1",
		"CCC resent_unchanged 重报而内容未变（个人信息栏目不比较）: 报送版次1→报送版次2",
		"DDDD submission_withdrawn 本轮没有: 受理→",
		"EEEEE submission_new 新增申报: →受理",
	}
	why := Causes{
		Moves:  map[string][]table.Move{"A": {{Cause: table.CauseOwn, Before: 50, After: 63}, {Cause: table.CauseRubric, Before: 63, After: 61.5}}},
		Judged: &table.Judgement{Verdicts: table.Of([]table.Verdict{{Submission: "A", Verdict: model.AskFirst}})},
	}
	if got := changes(t, before, now, why); !slices.Equal(got, want) {
		t.Errorf("changes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	told := map[string]bool{}
	for _, line := range want {
		told[strings.Fields(line)[1]] = true
	}
	for _, k := range round(t).Definition.Table("changes").Column("kind").Values {
		if !told[k] {
			t.Errorf("%s is not tried here", k)
		}
	}
}

func TestNothingToCompareWith(t *testing.T) {
	none := Run(nil, round(t, state{id: "A", sha: "1"}), Causes{})
	if none.Len() != 0 {
		t.Errorf("%d changes since nothing", none.Len())
	}
}

func TestWhatTurnedAVerdict(t *testing.T) {
	for judged, want := range map[model.Verdict]string{model.Return: "rules", model.Accept: "own", model.AskFirst: "own rules", "": "form"} {
		why := Causes{}
		if judged != "" {
			why.Judged = &table.Judgement{Verdicts: table.Of([]table.Verdict{{Submission: "A", Verdict: judged}})}
		}
		got := changes(t, []state{{id: "A", sha: "1", verdict: model.Return}}, []state{{id: "A", sha: "1", verdict: model.Accept}}, why)
		if line := "A verdict 受理结论: 退回修改→受理 " + want; !slices.Contains(got, line) {
			t.Errorf("%q by the earlier rules: %v, want %s", judged, got, line)
		}
	}
}
