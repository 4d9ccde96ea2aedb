package table

import (
	"slices"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Requirements
//  1. The published tables are those of tables.yaml but the internal ones, in that order, each under its described schema.
//  2. submissions: verdict and undated answers beside the submission, numbers as numbers, confirmations as bools; null where
//     nothing normal stands, which 0, false and empty are not.
//  3. panel: a row for every submission and year of the form, a column for every metric; each value in its year.
//  4. Phone and id numbers are masked in text of any column; hashes stay whole. Nothing of contacts appears.
//  5. A verdict that is not at its submission's place stops publication.
//  6. All memory is given back.

const (
	phone  = "13800001234"
	person = "350102199001011234"
	digest = "a13800001234567f" // a hash with a phone number in it by chance
)

// two submissions: the first filled in part, the second not at all.
func round(d *templates.Definition) *Round {
	f := &Facts{
		Definition: d,
		Files: Of([]File{
			{Path: "福州/张三" + phone + ".xlsx", SHA256: digest, Fate: model.Accepted, Submission: "2024-01"},
			{Path: "厦门/\xff.xlsx", SHA256: digest, Fate: model.Accepted, Submission: "2024-05", Reason: "原名 " + phone + ".xlsx"},
		}),
		Submissions: Of([]Submission{
			{Submission: "2024-01", DirectoryNo: Some[int32](1), CityCode: "350100", City: "福州", Consortium: "甲联合体", File: "a.xlsx", SHA256: digest},
			{Submission: "2024-05", DirectoryNo: Some[int32](5), Consortium: "乙联合体", File: "b.xlsx", SHA256: digest},
		}),
		Figures: Of([]Figure{
			{Submission: "2024-01", Field: "office_area", Number: Some(0.0), Unit: "㎡", Status: Normal},
			{Submission: "2024-01", Field: "staff_total", Number: Some(6.5), Status: Normal},
			{Submission: "2024-01", Field: "employees", Status: NotApplicable, Raw: "无"},
			{Submission: "2024-01", Field: "assets", Status: Invalid, Raw: "见附件，联系" + phone},
			{Submission: "2024-01", Field: "established_on", Text: "2024-08", Status: Normal},
			{Submission: "2024-01", Field: "no_violation", Text: "false", Status: Normal},
			{Submission: "2024-01", Field: "office_unit", Text: "管委会 " + phone, Status: Normal},
			{Submission: "2024-01", Field: "staff_names", Number: Some(2.0), Status: Normal},
			{Submission: "2024-05", Field: "office_area", Status: Missing},
			{Submission: "2024-05", Field: "no_violation", Text: "true", Status: Normal},
		}),
		Metrics: Of([]Metric{
			{Submission: "2024-01", Indicator: "apprentices", Year: 2022, Value: Some(0.0), Kind: "actual", Status: Normal, Raw: "0"},
			{Submission: "2024-01", Indicator: "apprentices", Year: 2026, Value: Some(260.0), Kind: "committed", Status: Normal, Raw: "260"},
			{Submission: "2024-01", Indicator: "park_output", Year: 2023, Value: Some(12.5), Kind: "actual", Status: Normal},
			{Submission: "2024-01", Indicator: "employment_rate", Year: 2023, Status: NotApplicable, Raw: "/"},
			{Submission: "2024-05", Indicator: "apprentices", Year: 2023, Value: Some(7.0), Kind: "actual", Status: Normal},
		}),
		Texts:         Of([]Text{{Submission: "2024-01", Field: "plan", Text: "联系人电话" + phone + "，证件" + person, Characters: 30, Status: Normal}}),
		Members:       Of([]Member{{Submission: "2024-01", Record: 1, Name: "某校（" + phone + "）", NameKey: "某校(" + phone + ")", Status: Missing}}),
		Materials:     Of([]Material{{Submission: "2024-01", Record: 1, Title: "证明" + person}}),
		Verifications: Of([]Verification{{Submission: "2024-01", Record: 1, Means: "电话" + phone}}),
		Explanations:  Of([]Explanation{{Submission: "2024-01", Record: 1, Fingerprint: digest, Explanation: "问 " + phone}, {Submission: "2024-05", Record: 1, Fingerprint: phone}}),
		Coercions:     Of([]Coercion{{Submission: "2024-01", Field: "assets", From: phone + "万", To: phone}}),
		ListColumns:   Of([]ListColumn{{Submission: "2024-01", Field: "members_name", Sheet: "成员名册", Cell: "B2"}}),
		Loose:         Of([]LooseCell{{Submission: "2024-01", Raw: person, Reason: "不在推荐书栏目内"}}),
		Contacts:      Of([]Contact{{Submission: "2024-01", Field: "head_name", Text: "林某某主任"}}),
		Fulfilment:    Of([]Fulfilled{{Submission: "2024-01", Indicator: "apprentices", Year: 2023, Status: StatusShort, Reason: "问 " + phone}}),
	}
	j := &Judgement{
		Findings: Of([]Finding{{Code: "LHT-2-002", Submission: "2024-01", File: "张三" + phone + ".xlsx", Places: "2年度数据!F12", Raw: phone,
			Message: "“" + phone + "”不是数字", Fingerprint: digest, ValueHash: digest, Explanation: person}}),
		Outcomes: Of([]Outcome{{Submission: "2024-01", Code: "LHT-2-002", Outcome: model.Fail, Reason: phone}}),
		Verdicts: Of([]Verdict{
			{Submission: "2024-01", Verdict: model.Return, Unranked: "退回修改", Errors: 1},
			{Submission: "2024-05", Verdict: model.Accept, Ranked: true},
		}),
	}
	r := &Ranking{
		Scores:  Of([]Score{{Submission: "2024-05", Point: "3.1", Note: "原文 " + phone}}),
		Ranking: Of([]Rank{{Submission: "2024-05", Consortium: "乙联合体", Verdict: "受理", Ranked: true, Rank: Some[int32](1)}}),
		Marks:   Of([]Mark{{Expert: "E1", Submission: "2024-05", Point: "1.2", Kind: MarkPoint, Status: MarkCounted, Value: Some(80.0), Comment: "请致电 " + phone}}),
		Experts: Of[Expert](nil), Credibility: Of[Growth](nil), Scenarios: Of[Scenario](nil), Influence: Of[Influence](nil), Swaps: Of[Swap](nil), Lifts: Of[Lift](nil), Scales: Of[Scale](nil), Lapses: Of[Lapse](nil),
		Certificate: Of[Certificate](nil), Checklist: Of[Check](nil),
		Stakes: Of[Stake](nil), Assessments: Of[Assessment](nil), Disagreements: Of[Disagreement](nil),
	}
	return &Round{Facts: f, Judgement: j, Ranking: r}
}

func publish(t *testing.T) map[string]arrow.Record {
	t.Helper()
	d := load(t)
	r := round(d)
	r.Changes = Of([]Change{{Submission: "2024-01", Kind: FindingClosed, Label: "x", Before: "电话" + phone, After: person, Fingerprint: digest}})
	tables, err := Published(r)
	if err != nil {
		t.Fatal(err)
	}
	var names, want []string
	out := map[string]arrow.Record{}
	for _, p := range tables {
		names = append(names, p.Name)
		out[p.Name] = p.Record()
	}
	for _, table := range d.Published().Tables {
		if !table.Internal {
			want = append(want, table.Name)
		}
	}
	if !slices.Equal(names, want) {
		t.Fatalf("published %v, described %v", names, want)
	}
	return out
}

// cell gives one value as text; null as "null".
func cell(t *testing.T, rec arrow.Record, column string, row int) string {
	t.Helper()
	at := rec.Schema().FieldIndices(column)
	if len(at) != 1 {
		t.Fatalf("no column %s", column)
	}
	if rec.Column(at[0]).IsNull(row) {
		return "null"
	}
	return rec.Column(at[0]).ValueStr(row)
}

func TestSubmissionsWide(t *testing.T) {
	rec := publish(t)["submissions"]
	for column, want := range map[string][2]string{
		"submission": {"2024-01", "2024-05"}, "city_code": {"350100", "null"}, "verdict": {"退回修改", "受理"}, "ranked": {"false", "true"},
		"unranked_reason": {"退回修改", "null"}, "errors": {"1", "0"},
		"office_area": {"0", "null"}, "staff_total": {"6.5", "null"}, "employees": {"null", "null"}, "assets": {"null", "null"},
		"established_on": {"null", "null"}, "established_on_text": {"2024-08", "null"}, "no_violation": {"false", "true"}, "pledge_signed": {"null", "null"},
	} {
		if got := [2]string{cell(t, rec, column, 0), cell(t, rec, column, 1)}; got != want {
			t.Errorf("%s: %v, want %v", column, got, want)
		}
	}
	for _, personal := range []string{"head_name", "head_contact", "office_phone", "staff_names"} {
		if rec.Schema().HasField(personal) {
			t.Errorf("%s is about persons and stands in submissions", personal)
		}
	}
}

func TestPanelWide(t *testing.T) {
	rec := publish(t)["panel"]
	if rec.NumRows() != 10 {
		t.Fatalf("%d rows for two submissions and five years", rec.NumRows())
	}
	for column, want := range map[string]string{
		"submission":      "2024-01 2024-01 2024-01 2024-01 2024-01 2024-05 2024-05 2024-05 2024-05 2024-05",
		"year":            "2022 2023 2024 2025 2026 2022 2023 2024 2025 2026",
		"kind":            "actual actual committed committed committed actual actual committed committed committed",
		"city":            "福州 福州 福州 福州 福州 null null null null null",
		"apprentices":     "0 null null null 260 null 7 null null null",
		"park_output":     "null 12.5 null null null null null null null null",
		"employment_rate": "null null null null null null null null null null",
	} {
		var got []string
		for i := range int(rec.NumRows()) {
			got = append(got, cell(t, rec, column, i))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", column, got, want)
		}
	}
}

func TestPublishedIsMasked(t *testing.T) {
	tables := publish(t)
	masked := 0
	for name, rec := range tables {
		for c, column := range rec.Columns() {
			texts, ok := column.(*array.String)
			if !ok {
				continue
			}
			at := rec.ColumnName(c)
			for i := range texts.Len() {
				s := texts.Value(i)
				if s == digest {
					continue
				}
				if strings.Contains(s, phone) || strings.Contains(s, person) || strings.Contains(s, "林某某") || strings.Contains(s, "\xff") {
					t.Errorf("%s.%s still says what is not for analysts", name, at)
				}
				if strings.Contains(s, text.Mask(phone)) || strings.Contains(s, text.Mask(person)) {
					masked++
				}
			}
		}
	}
	if masked != 25 {
		t.Errorf("%d texts were masked, 25 were planted", masked)
	}
	for _, at := range [][2]string{{"files", "sha256"}, {"submissions", "sha256"}, {"findings", "fingerprint"}, {"findings", "value_hash"}, {"explanations", "fingerprint"}} {
		if got := cell(t, tables[at[0]], at[1], 0); got != digest {
			t.Errorf("%s.%s: the hash became %s", at[0], at[1], got)
		}
	}
	if got := cell(t, tables["texts"], "text", 0); !strings.HasPrefix(got, "联系人电话") || cell(t, tables["texts"], "characters", 0) != "30" {
		t.Errorf("more than the numbers was taken from the text: %s", got)
	}
}

func TestVerdictsOutOfPlace(t *testing.T) {
	d := load(t)
	for _, verdicts := range [][]Verdict{{{Submission: "2024-01"}}, {{Submission: "2024-05"}, {Submission: "2024-01"}}} {
		r := round(d)
		r.Verdicts, r.Changes = Of(verdicts), Of[Change](nil)
		if _, err := Published(r); err == nil {
			t.Errorf("verdicts %v were published", verdicts)
		}
	}
}
