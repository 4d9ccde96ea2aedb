package normalize

// Requirements
//  1. Of each cell it is kept what it was read as, what was typed, where it stands, and each change that isn't lossless with what it was
//     changed from and to.
//  2. Money is money, however long; a phone is no figure.
//  3. What holds the place of an answer is none, where an answer is due, and 无 is one where the form says that it is.
//  4. Of personal data only the status is published, and of an error in it the error.
//  5. A field that the workbook's version didn't have is not applicable, and nothing is said of it.

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// filled is a workbook that says whose it is, and these entries.
func filled(entries ...model.Entry) model.Workbook {
	first := model.Entry{Field: "consortium", Cell: typed("某联合体")}
	return model.Workbook{File: model.File{Path: "某.xlsx", SHA256: "ab", Fate: model.Accepted}, Entries: append([]model.Entry{first}, entries...)}
}

func factsOf(books ...model.Workbook) *table.Facts {
	b := NewBatch(definition)
	for _, w := range books {
		b.Add(Workbook(definition, w))
	}
	return b.Facts()
}

// entryWords writes what became of a field: its rows, and the changes in reading it.
func entryWords(facts *table.Facts, field string) string {
	var out []string
	add := func(kind string, status table.Status, value table.Opt[float64], words, raw string) {
		line := fmt.Sprintf("%s %s", kind, status)
		if value.Valid {
			line += fmt.Sprintf(" %v", value.V)
		}
		if words != "" {
			line += " " + words
		}
		if raw != "" {
			line += " of " + raw
		}
		out = append(out, line)
	}
	for x := range facts.Figures.All() {
		if x.Field == field {
			add("figure", x.Status, x.Number, x.Text, x.Raw)
		}
	}
	for x := range facts.Metrics.All() {
		if x.Indicator == field {
			add(fmt.Sprintf("metric %d", x.Year), x.Status, x.Value, "", x.Raw)
		}
	}
	for x := range facts.Texts.All() {
		if x.Field == field {
			kind := fmt.Sprintf("text %d", x.Characters)
			if x.Limit.Valid {
				kind += fmt.Sprintf("/%d", x.Limit.V)
			}
			if x.Year.Valid {
				kind += fmt.Sprintf(" in %d", x.Year.V)
			}
			add(kind, x.Status, table.Opt[float64]{}, x.Text, "")
		}
	}
	for x := range facts.Contacts.All() {
		if x.Field == field {
			out = append(out, "contact "+x.Text)
		}
	}
	for x := range facts.Coercions.All() {
		if x.Field == field {
			line := x.Kind
			if x.Guess {
				line += "?"
			}
			if x.Year.Valid {
				line += fmt.Sprint(" in ", x.Year.V)
			}
			if x.Record.Valid {
				line += fmt.Sprint(" row ", x.Record.V)
			}
			if x.From+x.To != "" {
				line += " " + x.From + "→" + x.To
			}
			out = append(out, line)
		}
	}
	return strings.Join(out, "; ")
}

func TestWhatBecomesOfACell(t *testing.T) {
	const phone = "13900005678"
	long := "负责人的情况以后再补充，详见附件"
	number := numeric
	with := func(c model.Cell, change func(*model.Cell)) model.Cell { change(&c); return c }
	for _, c := range []struct {
		field string
		year  int
		cell  model.Cell
		want  string
	}{
		{"staff_total", 0, number("12", ""), "figure A 12 of 12"},
		{"staff_total", 0, typed("约300"), "figure A 300 of 约300; approximate? 约300→300; text_number 约300→300"},
		{"staff_total", 0, typed("待定"), "figure V of 待定"},
		{"staff_total", 0, model.Cell{}, "figure O"},
		{"staff_total", 0, number(phone, ""), "figure V of 〔电话已隐去〕"},
		{"staff_total", 0, typed("电话" + phone), "figure V of 电话〔电话已隐去〕"},
		{"assets", 0, number(phone, ""), "figure A 1.3900005678e+10 of 13,900,005,678"},
		{"assets", 0, number("139000056.78", "1.39亿"), "figure A 13900.01 of 139000056.78; magnitude? 1.39亿（单元格里存的是139000056.78）→13900.01; rounded 13900.005678→13900.01"},
		{"assets", 0, number("12.123456789012345678", ""), "figure A 12.12 of 12.1234567890123; float_noise 12.123456789012345678→12.1234567890123; rounded 12.1234567890123→12.12"},
		{"assets", 0, typed(phone), "figure V of 〔电话已隐去〕; text_number 〔电话已隐去〕→〔电话已隐去〕"},
		{"apprentices", 2023, typed("1.2万人"), "metric 2023 A 12000 of 1.2万人; magnitude? in 2023 1.2万人→12000"},
		{"apprentices", 2022, with(number("12", ""), func(c *model.Cell) { c.Formula = `'C:\[b.xlsx]S'!A1+1` }), `metric 2022 A 12 of 12; volatile? in 2022 ='C:\[b.xlsx]S'!A1+1→12; formula in 2022 =→12`},
		{"apprentices", 2022, with(number("12", ""), func(c *model.Cell) { c.Formula = "TODAY()-45000" }), "metric 2022 A 12 of 12; volatile? in 2022 =TODAY()-45000→12; formula in 2022 =→12"},
		{"apprentices", 2022, with(number("12", ""), func(c *model.Cell) { c.Formula = "6+6" }), "metric 2022 A 12 of 12; formula in 2022 =→12"},
		{"apprentices", 2022, with(number("12", ""), func(c *model.Cell) { c.Struck = "11" }), "metric 2022 A 12 of 12; struck? in 2022 11→12"},
		{"apprentices", 2022, model.Cell{Kind: model.Number, Raw: "45505", Shown: "2024-08-01", IsDate: true, Filled: true}, "metric 2022 V of 2024-08-01; shown_otherwise in 2022 2024-08-01→45505"},
		{"apprentices", 2022, model.Cell{Kind: model.Bool, Raw: "1", Shown: "TRUE", Filled: true}, "metric 2022 V of TRUE"},
		{"apprentices", 2022, model.Cell{Kind: model.Picture, Raw: "#VALUE!", Filled: true}, "metric 2022 V of 〔图片〕; picture in 2022 〔图片〕→"},
		{"filled_on", 0, model.Cell{Kind: model.Number, Raw: "45505", Shown: "2024-08-01", IsDate: true, Filled: true}, "figure A 2024-08-01 of 2024-08-01"},
		{"filled_on", 0, typed("2024年8月1日"), "figure A 2024-08-01 of 2024年8月1日; date_written 2024年8月1日→2024-08-01"},
		{"filled_on", 0, typed("待定"), "figure V of 待定"},
		{"city", 0, typed("福州市"), "figure A 福州 of 福州市; choice 福州市→福州"},
		{"city", 0, typed("闽"), "figure V 闽 of 闽"},
		{"city", 0, typed("待定"), "figure V 待定 of 待定; unanswered 待定→待定"},
		{"office_area", 0, number("0.30000000000000004", ""), "figure A 0.3 of 0.3; float_noise 0.30000000000000004→0.3"},
		{"park", 0, typed("某园区"), "figure A 某园区 of 某园区"},
		{"lead_school", 0, typed("某学校"), "figure A 某学校 of 某学校"},
		{"lead_school", 0, typed("见附件"), "figure V 见附件 of 见附件; unanswered 见附件→见附件"},
		{"lead_school", 0, typed("#N/A"), "figure V of #N/A; error_value #N/A→"},
		{"lead_school", 0, with(number("45356", "3-5"), func(c *model.Cell) { c.IsDate = true }), "figure A 3-5 of 3-5; date_in_text? 3-5→3-5; number_text 45356→3-5"},
		{"lead_school", 0, with(typed("某学校"), func(c *model.Cell) { c.Struck = "别的" }), "figure A 某学校 of 某学校; struck? 别的→某学校"},
		{"head_name", 0, typed("张三"), "figure A; contact 张三"},
		{"head_name", 0, typed("待定"), "figure V; contact 待定; unanswered 待定→"},
		{"head_name", 0, typed(long), "figure A; contact 负责人的情况以后再补充，详见附件"},
		{"head_name", 0, typed("12345"), "figure V; contact 12345; unanswered 12345→"},
		{"head_name", 0, typed(strings.Repeat("-", 24)), "figure V; contact ------------------------; unanswered ------------------------→"},
		{"head_name", 0, typed(strings.Repeat("-", 25)), "figure V; contact -------------------------; unanswered"},
		{"head_name", 0, typed("#N/A"), "figure V; error_value #N/A→"},
		{"head_name", 0, with(typed("张三"), func(c *model.Cell) { c.Struck = "李四" }), "figure A; contact 张三; struck?"},
		{"office_phone", 0, typed("0591-87654321"), "figure A; contact 0591-87654321"},
		{"office_phone", 0, typed("1234567"), "figure A; contact 1234567"},
		{"office_phone", 0, typed("123456"), "figure A; contact 123456; doubtful_phone?"},
		{"office_phone", 0, typed("12345、0591-87654321"), "figure A; contact 12345、0591-87654321"},
		{"office_phone", 0, typed("139000056"), "figure A; contact 139000056; doubtful_phone?"},
		{"office_phone", 0, typed("861234567890123456"), "figure A; contact 861234567890123456"},
		{"office_phone", 0, typed("8612345678901234567"), "figure A; contact 8612345678901234567; doubtful_phone?"},
		{"office_phone", 0, typed("5.91E+10"), "figure A; contact 5.91E+10; doubtful_phone?"},
		{"office_phone", 0, typed("59187000000"), "figure A; contact 59187000000; doubtful_phone?"},
		{"office_phone", 0, typed("电话请见上面一行"), "figure A; contact 电话请见上面一行; doubtful_phone?"},
		{"office_phone", 0, typed("无"), "figure V; contact 无; unanswered 无→"},
		{"staff_names", 0, typed("张三、李四"), "figure A 2; contact 张三、李四"},
		{"no_violation", 0, typed("☑"), "figure A true of ☑"},
		{"no_violation", 0, typed(" ☑ "), "figure A true of  ☑ "},
		{"no_violation", 0, typed("未确认"), "figure A false of 未确认"},
		{"no_violation", 0, typed("再说"), "figure V of 再说"},
		{"no_violation", 0, typed(" "), "figure O of  "},
		{"no_violation", 0, model.Cell{Kind: model.Bool, Raw: "1", Shown: "TRUE", Filled: true}, "figure A true of TRUE"},
		{"edition", 0, typed("第二次"), "figure A 2 of 第二次; edition_words 第二次→2; edition 2"},
		{"edition", 0, number("3", ""), "figure A 3 of 3; edition 3"},
		{"edition", 0, number("99", ""), "figure A 99 of 99; edition 99"},
		{"edition", 0, number("100", ""), "figure A 100 of 100"},
		{"edition", 0, number("0", ""), "figure A 0 of 0"},
		{"edition", 0, number("2.0", "2.0"), "figure A 2 of 2.0; edition 2"},
		{"edition", 0, number("1.4", "1.4"), "figure A 1.4 of 1.4"},
		{"edition", 0, number("-1", ""), "figure A -1 of -1"},
		{"edition", 0, model.Cell{}, "figure O"},
		{"edition", 0, typed("约2"), "figure A 2 of 约2; approximate? 约2→2; text_number 约2→2"},
		{"edition", 0, number("2", "第2版"), "figure A 2 of 2; edition_words 第2版→2; edition 2"},
		{"edition", 0, number("3", "第2版"), "figure V of 第2版; shown_otherwise 第2版→3"},
		{"edition", 0, with(number("2", "第2版"), func(c *model.Cell) { c.IsDate = true }), "figure V of 第2版; shown_otherwise 第2版→2"},
		{"edition", 0, with(typed("2"), func(c *model.Cell) { c.Struck = "1" }), "figure A 2 of 2; struck? 1→2; edition 2"},
		{"edition", 0, with(typed("第2版"), func(c *model.Cell) { c.Merged = "A1:B2" }), "figure V of 第2版; merged 第2版→"},
		{"plan", 0, typed("规划"), "text 2/1000 A 规划"},
		{"plan", 0, typed("无"), "text 1/1000 V 无; unanswered 无→无"},
		{"plan", 0, number("12", "12"), "text 2/1000 A 12"},
		{"city_opinion", 0, typed("同意"), "text 2 A 同意"},
		{"team_awards", 0, typed("无"), "text 1/100 A 无"},
		{"team_awards", 0, typed("待定"), "text 2/100 V 待定; unanswered 待定→待定"},
		{"violation_note", 0, typed("无"), "text 1/500 A 无"},
	} {
		facts := factsOf(filled(model.Entry{Field: c.field, Year: c.year, Cell: c.cell}))
		got := entryWords(facts, c.field)
		if edition := facts.Submissions.Row(0).Edition; edition.Valid {
			got += fmt.Sprint("; edition ", edition.V)
		}
		if got != c.want {
			t.Errorf("%s %q (%s) became\n%s, want\n%s", c.field, c.cell.Raw, c.cell.Shown, got, c.want)
		}
		asked := entryWords(factsOf(filled(model.Entry{Field: c.field, Year: c.year, NotAsked: true, Cell: model.Cell{}})), c.field)
		if want := map[bool]string{true: fmt.Sprintf("metric %d M", c.year), false: "figure M"}[c.year != 0]; !strings.HasPrefix(asked, "text") && asked != want {
			t.Errorf("%s was not asked: %s, want %s", c.field, asked, want)
		}
	}
	stale := model.Entry{Field: "apprentices", Year: 2022, Stale: "11", Cell: number("12", "")}
	stale.Formula = "5+6"
	const want = "metric 2022 A 12 of 12; stale? in 2022 =5+6，算得11→12; formula in 2022 =→12"
	if got := entryWords(factsOf(filled(stale)), "apprentices"); got != want {
		t.Errorf("a formula with another result became\n%s, want\n%s", got, want)
	}
}

// A list's rows are put together by their record numbers, in the order in which they were met; blanks between them stay blank.
func TestRowsOfLists(t *testing.T) {
	row := func(field string, record int, words string) model.Entry {
		return model.Entry{Field: field, Record: record, Cell: model.Cell{Place: model.Place{Sheet: "表", Cell: fmt.Sprintf("%s%d", field[:1], record)}, Kind: model.Text, Raw: words, Shown: words, Filled: true}}
	}
	facts := factsOf(filled(
		row("members_kind", 2, "高职院校"), row("members_name", 2, "甲学院"), row("members_enrolment", 2, "约8,000人"), row("members_lead", 2, "是"),
		row("members_name", 1, "乙公司"), row("members_kind", 1, "行业协会"),
		row("members_kind", 4, "企业"), row("members_enrolment", 4, "#N/A"),
		row("materials_title", 1, "材料"), row("materials_number", 1, "1"), row("materials_supports", 1, "见附件"), row("materials_pages", 1, "1-9"),
		row("verifications_date", 1, "2024年8月1日"), row("verifications_result", 1, "属实"), row("verifications_unit", 1, "教育局"), row("verifications_means", 1, "实地"), row("verifications_section", 1, "全部"),
		row("verifications_date", 2, "八月"),
		row("explanations_fingerprint", 1, "0123456789abcdef-1111222233334444"), row("explanations_about", 1, "某栏"), row("explanations_explanation", 1, "无"),
	))
	var got []string
	for m := range facts.Members.All() {
		got = append(got, fmt.Sprintf("%d %s %s %s %s %v %s %v %s", m.Record, m.KindLabel, m.Kind, m.Name, m.NameKey, m.Enrolment, m.Status, m.IsLead, m.Cell))
	}
	for m := range facts.Materials.All() {
		got = append(got, fmt.Sprintf("%d %s %s %s %s %s", m.Record, m.Number, m.Title, m.Supports, m.Pages, m.Cell))
	}
	for v := range facts.Verifications.All() {
		got = append(got, fmt.Sprintf("%d %s %s %s %s %q %v %s", v.Record, v.Section, v.Means, v.Unit, v.Result, v.Date, v.Day.Valid, v.Cell))
	}
	for x := range facts.Explanations.All() {
		got = append(got, fmt.Sprintf("%d %s %s %s %s %s", x.Record, x.Fingerprint, x.ValueHash, x.About, x.Explanation, x.Cell))
	}
	for _, field := range []string{"members_kind", "members_enrolment", "materials_supports", "verifications_date", "explanations_explanation"} {
		got = append(got, field+": "+entryWords(facts, field))
	}
	want := []string{
		"2 高职院校（含职教本科） vocational 甲学院 甲学院 {8000 true} A true m2",
		"1 行业协会  乙公司 乙公司 {0 false} O false m1",
		"4 企业 enterprise   {0 false} V false m4",
		"1 1 材料 见附件 1-9 m1",
		"1 全部 实地 教育局 属实 \"2024-08-01\" true v1",
		"2     \"八月\" false v2",
		"1 0123456789abcdef 1111222233334444 某栏 无 e1",
		"members_kind: choice row 2 高职院校→高职院校（含职教本科）; unread row 1 行业协会→行业协会",
		"members_enrolment: approximate? row 2 约8,000人→8000; thousands row 2 8,000→8000; unit_suffix row 2 约8,000人→8000; error_value row 4 #N/A→",
		"materials_supports: vague? row 1 见附件→见附件",
		"verifications_date: date_written row 1 2024年8月1日→2024-08-01; unread row 2 八月→",
		"explanations_explanation: ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// The same cells in another order, a copy of a merged cell, or another sheet: the content is what is filled in.
func TestWhatBelongsToTheContent(t *testing.T) {
	content := func(asked string, entries ...model.Entry) string {
		w := filled(entries...)
		w.Form.QuestionsHash = asked
		return Workbook(definition, w).contentHash
	}
	entry := func(field string, year, record int, words string) model.Entry {
		return model.Entry{Field: field, Year: year, Record: record, Cell: typed(words)}
	}
	key, about := entry("explanations_fingerprint", 0, 1, "0123456789abcdef"), entry("explanations_about", 0, 1, "某栏")
	asked := model.QuestionsHash([][2]string{{"0123456789abcdef", "某栏"}})
	figure := entry("apprentices", 2023, 0, "12")
	plain := content("", figure)
	for what, c := range map[string]struct {
		content string
		same    bool
	}{
		"the same":                            {content("", figure), true},
		"another edition":                     {content("", figure, entry("edition", 0, 0, "2")), true},
		"a blank beside it":                   {content("", figure, model.Entry{Field: "staff_total"}), true},
		"blanks around it":                    {content("", entry("apprentices", 2023, 0, " 12 ")), true},
		"another year":                        {content("", entry("apprentices", 2022, 0, "12")), false},
		"another number":                      {content("", entry("apprentices", 2023, 0, "13")), false},
		"another field":                       {content("", entry("field_engineers", 2023, 0, "12")), false},
		"one more":                            {content("", figure, entry("staff_total", 0, 0, "3")), false},
		"the questions it was issued with":    {content(asked, figure, key, about), true},
		"questions that nobody asked":         {content("", figure, key, about), false},
		"other questions":                     {content(asked, figure, key, entry("explanations_about", 0, 1, "别的")), false},
		"an answer":                           {content(asked, figure, key, about, entry("explanations_explanation", 0, 1, "因为")), false},
		"a question and something of its own": {content(asked, figure, key, about, entry("explanations_explanation", 0, 2, "因为")), false},
		"a key that is none":                  {content(model.QuestionsHash([][2]string{{"0123", "某栏"}}), figure, entry("explanations_fingerprint", 0, 1, "0123"), about), false},
	} {
		if (c.content == plain) != c.same {
			t.Errorf("%s: same content %v, want %v", what, c.content == plain, c.same)
		}
	}
}

// Whose a workbook is stands in its name, wherever that stands, and what the cover says of the rest is kept.
func TestWhoseItIs(t *testing.T) {
	adjusted, err := definition.Adjusted([]templates.Adjustment{{Consortium: "增列联合体", Park: "增列园区", City: "福州", Basis: "文"}})
	if err != nil {
		t.Fatal(err)
	}
	first := definition.Directory.Entries[0]
	for _, c := range []struct {
		d     *templates.Definition
		cover map[string]string
		want  string
	}{
		{definition, map[string]string{"consortium": first.Consortium, "city": first.City + "市", "park": first.Park, "lead_school": "甲校", "lead_enterprise": "乙公司"},
			fmt.Sprintf("2024-01 {%d true} false %s %s %s %s 甲校 乙公司", first.No, first.Consortium, first.City, "350100", first.Park)},
		{definition, map[string]string{"consortium": "晋江市域产教联合体（已入选国家级）", "city": "闽南"}, "2024-10 {10 true} true 晋江市域产教联合体 闽南    "},
		{definition, map[string]string{"consortium": "某联合体", "city": "厦门"}, "2024-Xmgi90ohg {0 false} false 某联合体 厦门 350200   "},
		{adjusted, map[string]string{"consortium": "增列联合体"}, "2024-X145qeljk {1001 true} false 增列联合体     "},
		{definition, map[string]string{"consortium": "13900005678"}, "2024-Xuop37d4b {0 false} false 〔电话已隐去〕     "},
	} {
		w := model.Workbook{File: model.File{Path: "某.xlsx", SHA256: "ab", Fate: model.Accepted}, Entries: []model.Entry{{Field: "apprentices", Year: 2023, Cell: typed("1")}}}
		for _, field := range []string{"city", "consortium", "park", "lead_school", "lead_enterprise"} {
			if words, said := c.cover[field]; said {
				w.Entries = append(w.Entries, model.Entry{Field: field, Cell: typed(words)})
			}
		}
		b := NewBatch(c.d)
		b.Add(Workbook(c.d, w))
		s := b.Facts().Submissions.Row(0)
		if got := fmt.Sprintf("%s %v %v %s %s %s %s %s %s", s.Submission, s.DirectoryNo, s.National, s.Consortium, s.City, s.CityCode, s.Park, s.LeadSchool, s.LeadEnterprise); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}

// A copy says what its parent said as long as nothing is filled in otherwise.
func TestUntouchedCopies(t *testing.T) {
	w := filled(model.Entry{Field: "staff_total", Cell: typed("12")})
	said := Workbook(definition, w).versionHash()
	for words, want := range map[string]bool{said: true, "": false, said + "1": false} {
		w.Form.ContentHash = words
		if got := Workbook(definition, w).untouched; got != want {
			t.Errorf("%q: untouched %v", words, got)
		}
	}
}

// Cells that name the consortium, confirm something, or explain, tell nothing of who filled a workbook in; nor do blanks.
func TestTraits(t *testing.T) {
	figure := model.Entry{Field: "staff_total", Cell: typed("12")}
	for _, c := range []struct {
		entry model.Entry
		want  int
	}{
		{figure, 2}, {model.Entry{Field: "apprentices", Year: 2023, Cell: typed("3")}, 2}, {model.Entry{Field: "members_name", Record: 1, Cell: typed("甲")}, 2},
		{model.Entry{Field: "park", Cell: typed("甲")}, 1}, {model.Entry{Field: "edition", Cell: typed("2")}, 1}, {model.Entry{Field: "pledge_signed", Cell: typed("☑")}, 1},
		{model.Entry{Field: "explanations_about", Record: 1, Cell: typed("甲")}, 1}, {model.Entry{Field: "staff_full_time"}, 1},
	} {
		if got := cellHashes(definition, []model.Entry{c.entry, figure}); len(got) != c.want || !slices.IsSorted(got) {
			t.Errorf("%s %q: %v", c.entry.Field, c.entry.Raw, got)
		}
	}
}
