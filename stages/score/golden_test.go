package score

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. Everything that is published of a round stays as it is, to eight digits, unless somebody means to change it: with some of the marks, and with
//     all.

// rowsOf writes the rows of all tables of a ranking, each with its columns that say something. Of what is long it writes a part: of the scores,
// growths and marks those of a few submissions, of the disagreements the widest. The scales are what the scores' raw values are.
func rowsOf(r *table.Ranking) string {
	var out strings.Builder
	tables := reflect.ValueOf(r).Elem()
	for i := range tables.NumField() {
		name, rows := tables.Type().Field(i).Tag.Get("table"), tables.Field(i)
		if name == "scales" {
			continue
		}
		fmt.Fprintf(&out, "\n%s\n", name)
		for at := range int(rows.MethodByName("Len").Call(nil)[0].Int()) {
			if row := rows.MethodByName("Row").Call([]reflect.Value{reflect.ValueOf(at)})[0]; telling(row.Interface(), at) {
				out.WriteString(rowOf(row) + "\n")
			}
		}
	}
	return out.String()
}

// telling says whether a row is written into the golden.
func telling(row any, at int) bool {
	switch x := row.(type) {
	case table.Score:
		few := x.Submission == "2024-01" || x.Submission == "2024-03"
		return few && x.Evidence == "" || x.Evidence != "" && (x.Doubt != "" || few && x.Status == "bottom")
	case table.Growth:
		return x.Submission == "2024-01" || x.Flag == "verify" && x.Submission < "2024-04"
	case table.Mark:
		return x.Status != table.MarkCounted && (x.Status != table.MarkDropped || x.Submission == "2024-04") || x.Kind != table.MarkPoint && x.Value.V > 0
	case table.Assessment:
		return x.Expert == "" || x.Submission < "2024-03" || x.Submission == "2024-04"
	case table.Disagreement:
		return at < 10
	}
	return true
}

// rowOf writes a row, without what is the same in all or stands in another column.
func rowOf(row reflect.Value) string {
	var out []string
	for i := range row.NumField() {
		name, _, _ := strings.Cut(row.Type().Field(i).Tag.Get("col"), ",")
		v := row.Field(i)
		if v.IsZero() || slices.Contains([]string{"batch", "formula", "cells", "file", "sheet", "cell", "city", "consortium"}, name) {
			continue
		}
		if v.Kind() == reflect.Struct && v.FieldByName("Valid").IsValid() {
			v = v.FieldByName("V")
		}
		said := fmt.Sprint(v.Interface())
		if v.CanFloat() {
			said = strconv.FormatFloat(table.Rounded(v.Float()), 'g', 8, 64)
		}
		out = append(out, name+"="+said)
	}
	return strings.Join(out, " ")
}

// richBatch is a batch of twelve: with gaps that the register accepted and others, twins, one that is returned, one that came after the
// marking; with findings on figures and members.
func richBatch(d *templates.Definition) (*table.Facts, *table.Judgement, []*made) {
	batch := random(d, 12, 21, true)
	for i, m := range batch {
		m.verdict = table.Verdict{Submission: m.id, Verdict: model.Accept, Ranked: true}
		if i == 4 {
			m.verdict = table.Verdict{Submission: m.id, Verdict: model.Return, Unranked: "退回修改"}
		}
	}
	batch[7] = batch[6].as(batch[7].id)
	facts, judgement := tables(d, batch)
	findings := slices.Collect(judgement.Findings.All())
	doubts := []table.Finding{
		{Submission: batch[0].id, Severity: model.Explain, Code: "LHT-3-001", Title: "偏大", Fields: "training_bases", Year: table.Some(int32(2023)), Sheet: "2年度数据", Cell: "E9", Fingerprint: "a"},
		{Submission: batch[1].id, Severity: model.Explain, Code: "LHT-3-002", Title: "变动大", Fields: "apprentices", Year: table.Some(int32(2022)), Sheet: "2年度数据", Cell: "D15", Fingerprint: "b"},
		{Submission: batch[2].id, Severity: model.MustFix, Code: "LHT-3-003", Title: "超出", Fields: "conversion_rate", Year: table.Some(int32(2023)), Sheet: "2年度数据", Cell: "E30", Fingerprint: "c"},
		{Submission: batch[3].id, Severity: model.Explain, Code: "LHT-3-004", Title: "同名", Fields: "members_name", Sheet: "成员名册", Cell: "B6", Places: "成员名册!B6", Fingerprint: "d"},
		{Submission: batch[4].id, Severity: model.MustFix, Code: "LHT-3-001", Title: "偏大", Fields: "training_bases", Year: table.Some(int32(2023)), Sheet: "2年度数据", Cell: "E9", Fingerprint: "e"},
		{Submission: batch[5].id, Severity: model.Explain, Code: "LHT-3-005", Title: "合计不符", Fields: "funding_total; funding_lead", Year: table.Some(int32(2024)), Sheet: "1推荐书", Cell: "C9", Fingerprint: "f"},
	}
	judgement.Findings = table.Of(append(findings, doubts...))
	return facts, judgement, batch
}

// richMarks are the marks of six experts: one is stricter, one stands aside from one submission, one never differs; a deduction and a rejection are
// proposed; the last submission has none.
func richMarks(d *templates.Definition, batch []*made) []table.Mark {
	lenient := []float64{6, -9, 2, 0, 1, -3}
	marks := marksOf(d, batch[:11], len(lenient), func(x int, s, p string) float64 {
		return 55 + float64((int(s[len(s)-1])*13+len(p)*5+int(p[0])*11+int(p[2])*17+x*x*3)%37) + lenient[x]
	})
	for i := range marks {
		switch m := &marks[i]; {
		case m.Expert == "E2" && m.Submission == batch[3].id:
			m.Status = table.MarkConflict
		case m.Expert == "E5" && m.Submission == batch[1].id && m.Point == "6.1":
			m.Status, m.Value = table.MarkUnfilled, table.Opt[float64]{}
		case m.Expert == "E6" && m.Submission == batch[1].id && m.Point == "1.2":
			m.Status, m.Value = table.MarkInvalid, table.Opt[float64]{}
		case m.Kind == table.MarkDeduction && m.Submission == batch[2].id && (m.Expert == "E1" || m.Expert == "E3"):
			m.Value.V = float64(m.Expert[1] - '0')
		case m.Kind == table.MarkDeduction && m.Submission == batch[8].id && m.Expert == "E4":
			m.Value.V = 2
		case m.Kind == table.MarkVeto && m.Submission == batch[9].id && m.Expert == "E1":
			m.Value.V = 1
		}
	}
	return marks
}

func TestGoldenTables(t *testing.T) {
	d := definition(t)
	ruling := func(id, points string) table.RegisterEntry {
		sheet := d.Register().Sheets[slices.IndexFunc(d.Register().Sheets, func(s *templates.RegisterSheet) bool { return s.Effect == templates.EffectRule })]
		return table.RegisterEntry{Sheet: sheet, Key: table.ConsortiumKey(table.Submission{Consortium: "样例联合体" + id}),
			Values: map[string]string{templates.RegisterPoints: points, templates.RegisterDocument: "处务会"}}
	}
	for name, marks := range map[string]func([]table.Mark) []table.Mark{
		"part": func(all []table.Mark) []table.Mark {
			return slices.DeleteFunc(all, func(m table.Mark) bool { return m.Expert > "E3" || m.Expert == "E3" && m.Point > "6" })
		},
		"marked": func(all []table.Mark) []table.Mark { return all },
	} {
		facts, judgement, batch := richBatch(d)
		judgement.Register = []table.RegisterEntry{ruling(batch[8].id, "1.5")}
		got, err := Run(facts, judgement, markingOf(marks(richMarks(d, batch))), Options{Draws: 300, Select: 4})
		if err != nil {
			t.Fatal(err)
		}
		golden := "testdata/" + name + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(rowsOf(got)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		was, is := strings.Split(string(want), "\n"), strings.Split(rowsOf(got), "\n")
		for i := range max(len(was), len(is)) {
			if i >= len(was) || i >= len(is) || was[i] != is[i] {
				t.Errorf("%s, line %d (go test -run Golden -update writes it anew):\n%s\nwant\n%s", golden, i+1, strings.Join(is[min(i, len(is)):min(i+1, len(is))], ""), strings.Join(was[min(i, len(was)):min(i+1, len(was))], ""))
				break
			}
		}
	}
}
