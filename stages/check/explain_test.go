package check

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"lianheti/samples/programs"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. What a row of the filler's is about is understood as people write it; what is not is said, and so is an explanation that says nothing.
//  2. A blank figure is one to be explained only once it is explained, and must be filled in otherwise; so is one whose explanation
//     the Department refuses. Nothing else that must be mended can be explained away.
//  3. The 自检 sheet hears such an explanation as well, and offers for every problem words that are understood.

func TestWhatAnExplanationIsAbout(t *testing.T) {
	// Warnings: committed below actual (F14 beside E14, F15 beside E15).
	form := base(t).apply(Edit{Set: map[string]any{"apprentices.first": 400, "field_engineers.first": 100}}, filling{})
	const apprentices, engineers = "apprentices", "field_engineers"
	both := []string{apprentices, engineers}
	for about, want := range map[string][]string{
		"2年度数据!F14":               {apprentices},
		"2年度数据！f14":               {apprentices},
		"'2年度数据'!$F$14":           nil, // nobody writes so by hand, and check does not print it
		"2年度数据 F14格":              {apprentices},
		"“2年度数据”表F14":             {apprentices},
		"2年度数据!F14、F15":           both,
		"2年度数据!F14、E14；2年度数据!F15": both,
		"2年度数据!F14:F15":           both,
		"2年度数据!D4":                nil,
		"2年度数据!C14:D15":           nil,
		"2年度数据!F15:F14":           nil,
		"F14":                     nil, // of which sheet?
		"中国特色学徒制培养":               {apprentices},
		"2024年中国特色学徒制培养":          {apprentices},
		"2024年度中国特色学徒制培养承诺数":      {apprentices},
		"中国特色学徒制培养（2024年）":        {apprentices},
		"2023、2024年中国特色学徒制培养":     {apprentices},
		"2022年中国特色学徒制培养":          nil, // another year's
		"2023年和2024年中国特色学徒制培养":    {apprentices},
		"2022至2024年中国特色学徒制培养":     {apprentices},
		"2021至2022年中国特色学徒制培养":     nil,
		"2022年和2024年中国特色学徒制培养":    {apprentices},
		"中国特色学徒制培养、现场工程师培养":       both,
		"中国特色学徒制培养，现场工程师培养":       both,
		"中国特色学徒制培养\n现场工程师培养":      both,
		"关于中国特色学徒制培养人数减少的说明":      {apprentices},
		"除中国特色学徒制培养外":             nil,
		"除了中国特色学徒制培养以外的各项":        nil,
		"中国特色学徒制培养之外":             nil,
		"不含中国特色学徒制培养":             nil,
		"非中国特色学徒制培养":              nil,
		"中国特色学徒制培养没有问题":           nil,
		"中国特色学徒制培养（除2022年）":       nil,
		"学徒":        nil,
		"LHT-3-032": both,
		"lht-3-032": both,
		"LHT-3-032：2024年现场工程师培养": {engineers},
		"LHT-3-032 2年度数据!F15":    {engineers},
		"LHT-3-030 2024年现场工程师培养": nil,
		"承诺低于现状":                 both,
		"承诺低于现状：2024年":           both,
		"LHT-3-032 2024年":        both,
		"LHT-3-032 2026年":        nil,
		"承诺低于现状：2022年":           nil,
		"承诺低于现状：中国特色学徒制培养":       {apprentices},
		"承诺低于现状：中国特色学徒制培养为450人":  nil, // a message with another value
		"中国特色学徒制培养、并无此栏":         {apprentices},
	} {
		x := form
		x.Explanations = map[string]string{"|" + about: "试点到期"}
		var heard []string
		said := false
		for _, f := range run(t, facts(t, definition, x)).findings {
			if f.Explanation != "" {
				heard = append(heard, f.Fields)
			}
			said = said || f.Rule == "explanation_unheard" && strings.Contains(f.Message, strings.Split(about, "\n")[0])
		}
		slices.Sort(heard)
		if !slices.Equal(heard, want) {
			t.Errorf("%q explains %v, want %v", about, heard, want)
		}
		if lost := len(want) == 0 || strings.Contains(about, "并无此栏"); said != lost {
			t.Errorf("%q: said %v, want %v", about, said, lost)
		}
	}
	form.Explanations = map[string]string{"|2年度数据!F14：试点到期": "", "|2年度数据!F15": "／"}
	j := run(t, facts(t, definition, form))
	if v := j.verdicts[0]; v.Explained != 1 || v.Warnings != 1 || v.Hints != 1 {
		t.Errorf("words beside the cell, and none: %+v", v)
	}
}

func TestBlankFiguresAreExplained(t *testing.T) {
	judge := func(about, words string, decisions ...table.RegisterEntry) (judgement, table.Finding) {
		x := base(t).apply(Edit{Set: map[string]any{"research_income.prior": nil}}, filling{})
		if x.Explanations = nil; about != "" {
			x.Explanations = map[string]string{"|" + about: words}
		}
		f := facts(t, definition, x)
		j := runKnowing(t, f, Known{Register: decisions})
		for _, x := range j.findings {
			if x.Rule == "missing_required" {
				return j, x
			}
		}
		t.Fatalf("%+v", j.findings)
		return j, table.Finding{}
	}
	label := definition.Label("research_income")
	j, x := judge("", "")
	if x.Severity != model.MustFix || j.verdicts[0].Verdict != model.Return {
		t.Errorf("without an explanation: %+v %+v", x, j.verdicts)
	}
	for _, about := range []string{label, "2022年" + label, x.Sheet + "!" + x.Cell, x.Code, model.ExplanationAbout(x.Title, x.Message)} {
		j, x := judge(about, "没有单独统计")
		if v := j.verdicts[0]; x.Severity != model.Explain || v.Verdict != model.Accept || !v.Ranked || v.Explained != 1 || v.Hints != 0 {
			t.Errorf("%s: %+v %+v", about, x, v)
		}
		for _, hollow := range []string{"无", "啊啊啊啊啊啊"} {
			if _, x := judge(about, hollow); x.Severity != model.MustFix {
				t.Errorf("%s: %s explains it", about, hollow)
			}
		}
	}
	decision := table.RegisterEntry{Sheet: definition.Register().Sheets[slices.IndexFunc(definition.Register().Sheets, func(s *templates.RegisterSheet) bool { return s.Effect == templates.EffectExplain })],
		Fingerprint: x.Fingerprint, Values: map[string]string{}}
	if j, x := judge(label, "没有单独统计", decision); x.Severity != model.MustFix || j.verdicts[0].Verdict != model.Return {
		t.Errorf("refused: %+v", x)
	}
	decision.Accepted, decision.Values[templates.RegisterDecision] = true, "采纳"
	if j, x := judge("", "", decision); x.Severity != model.Explain || j.verdicts[0].Verdict != model.Accept {
		t.Errorf("accepted without words: %+v", x)
	}
	roster := base(t).apply(Edit{Members: map[int]map[string]any{1: {"enrolment": nil}}}, filling{})
	sheet, at := rowCell(definition, "members", 1, "enrolment")
	for about, want := range map[string]model.Verdict{fmt.Sprint(roster.Members[0]["name"]): model.Accept, sheet + "!" + at: model.Accept, fmt.Sprint(roster.Members[0]["name"], "在校生数"): model.Accept,
		fmt.Sprint(roster.Members[1]["name"]): model.AskFirst, "在校生数": model.AskFirst} {
		roster.Explanations = map[string]string{"|" + about: "新校，尚未招生"}
		if v := run(t, facts(t, definition, roster)).verdicts[0]; v.Verdict != want {
			t.Errorf("a school without enrolment, explained as %s: %+v", about, v)
		}
	}
	text := base(t).apply(Edit{Set: map[string]any{"plan": nil}, Explanations: map[string]string{"|" + definition.Label("plan"): "还没有写"}}, filling{})
	if v := run(t, facts(t, definition, text)).verdicts[0]; v.Verdict != model.Return {
		t.Errorf("a text was explained away: %+v", v)
	}
}

// What the Department registers settles a warning, or opens it again, for the values that it names; nothing else is touched.
func TestTheRegisterAnswersWarnings(t *testing.T) {
	form := func(words string) *table.Facts {
		x := base(t).apply(Edit{Set: map[string]any{"filled_on": "2024-08-20", "staff_total": 11, "staff_names": 11}}, filling{})
		if words != "" {
			x.Explanations = map[string]string{"|" + definition.Label("filled_on"): words}
		}
		return facts(t, definition, x)
	}
	of := func(j judgement, rule string) table.Finding {
		return j.findings[slices.IndexFunc(j.findings, func(x table.Finding) bool { return x.Rule == rule })]
	}
	asked := run(t, form(""))
	late, wrong := of(asked, "after_deadline"), of(asked, "staff_adds_up")
	entry := func(effect templates.RegisterEffect, about, decision, words string) table.RegisterEntry {
		sheets := definition.Register().Sheets
		e := table.RegisterEntry{Sheet: sheets[slices.IndexFunc(sheets, func(s *templates.RegisterSheet) bool { return s.Effect == effect })], Accepted: decision == "采纳",
			Values: map[string]string{templates.RegisterDecision: decision, templates.RegisterWords: words, templates.RegisterDocument: words}}
		if e.Fingerprint = about; effect == templates.EffectAnswer {
			e.Key, e.Fingerprint = about, ""
		}
		return e
	}
	own := table.KeyOf(definition, form("").Submissions.Row(0).Consortium)
	for _, c := range []struct {
		said            string
		entry           table.RegisterEntry
		explained, told string
		accepted        bool
	}{
		{"", entry(templates.EffectExplain, late.Fingerprint, "采纳", ""), "采纳", "", true},
		{"", entry(templates.EffectExplain, late.Fingerprint, "采纳", "台风"), "台风（采纳）", "", true},
		{"停电", entry(templates.EffectExplain, late.Fingerprint, "采纳", ""), "停电（采纳）", "", true},
		{"停电", entry(templates.EffectExplain, late.Fingerprint, "不采纳", ""), "", "（原说明不采纳）", false},
		{"停电", entry(templates.EffectExplain, late.Fingerprint, "不采纳", "请附文件"), "", "（原说明不采纳：请附文件）", false},
		{"停电", entry(templates.EffectExplain, wrong.Fingerprint, "采纳", ""), "停电", "", false},
		{"", entry(templates.EffectAnswer, own, "", "闽教〔2024〕1号"), "逾期补报：闽教〔2024〕1号", "", false},
		{"", entry(templates.EffectAnswer, own+"1", "", "闽教〔2024〕1号"), "", "", false},
	} {
		j := runKnowing(t, form(c.said), Known{Register: table.Register{c.entry}})
		x, y := of(j, "after_deadline"), of(j, "staff_adds_up")
		if x.Explanation != c.explained || x.Message != late.Message+c.told || x.Accepted != c.accepted || y.Explanation != "" || y.Accepted || y.Severity != model.MustFix {
			t.Errorf("%+v:\n%+v\n%+v", c, x, y)
		}
	}
}

// Rows that can't be used for one reason are said one by one, or together where they are many.
func TestManyRowsThatExplainNothing(t *testing.T) {
	for n, want := range map[int]int{5: 5, 6: 1} {
		e := Edit{Explanations: map[string]string{}}
		for i := range n {
			e.Explanations[fmt.Sprintf("|没有的栏目%d", i)] = "原因"
		}
		if found, _ := about(t, definition.CodeOf("explanation_unheard"), facts(t, definition, base(t).apply(e, filling{})), Known{}); len(found) != want {
			t.Errorf("%d rows: %+v", n, found)
		}
	}
}

func TestTheSheetHearsExplanations(t *testing.T) {
	form := func(about, words string) filling {
		return base(t).apply(Edit{Set: map[string]any{"research_income.prior": nil, "apprentices.first": 400}, Explanations: map[string]string{"|" + about: words}}, filling{})
	}
	label, dir := definition.Label("research_income"), t.TempDir()
	var paths []string
	var want []string
	for i, c := range []struct{ about, words, result string }{
		{label, "没有单独统计", "已说明"}, {"2022年" + label, "没有单独统计", "已说明"}, {"中国特色学徒制培养、2年度数据!D27", "没有单独统计", "已说明"},
		{"LHT-2-001", "没有单独统计", "已说明"}, {label, "无", "未通过"}, {label, "", "未通过"}, {"2023年" + label, "没有单独统计", "未通过"},
	} {
		x := form(c.about, c.words)
		data := workbookOf(t, x)
		if got := programs.SelfCheck(t, data)["LHT-2-001"]; got != c.result {
			t.Errorf("%s %s: the sheet says %s, want %s", c.about, c.words, got, c.result)
		}
		if v := run(t, facts(t, definition, x)).verdicts[0]; (v.Errors == 0) != (c.result == "已说明") {
			t.Errorf("%s %s: the engine says %+v", c.about, c.words, v)
		}
		paths, want = append(paths, filepath.Join(dir, fmt.Sprintf("%d.xlsx", i))), append(want, c.result)
		if err := os.WriteFile(paths[i], data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := excelize.OpenFile(paths[len(paths)-1])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(templates.CheckSheet)
	if err != nil {
		t.Fatal(err)
	}
	pasted := 0
	for _, row := range rows {
		if len(row) < 7 || row[3] != "未通过" || !strings.HasPrefix(row[6], "LHT-") {
			continue
		}
		pasted++
		x := form(row[6], "当年扩招")
		for _, found := range run(t, facts(t, definition, x)).findings {
			if found.Code == row[0] && found.Severity != model.Hint && found.Explanation != "当年扩招" {
				t.Errorf("%q explains nothing", row[6])
			}
		}
	}
	if pasted < 2 {
		t.Errorf("%d rows offer a text", pasted)
	}
	recalculated := programs.Convert(t, "xlsx", paths...)
	for i := range paths {
		data, err := os.ReadFile(filepath.Join(recalculated, filepath.Base(paths[i])))
		if err != nil {
			t.Fatal(err)
		}
		if got := programs.SelfCheck(t, data)["LHT-2-001"]; got != want[i] {
			t.Errorf("%d recalculated: %s, want %s", i, got, want[i])
		}
	}
}
