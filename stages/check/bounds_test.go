package check

// Requirements
//  1. Texts below the least length are not compared, from it on they are; the threshold itself is near enough.
//  2. However many texts share a shingle, the index keeps the first few; a text that several hold has another of them as its neighbour.
//  3. Annual figures that stand one, two or three rows off, up or down, are one finding that says how far and which way; four are too many to tell.

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// letters is a text of n different characters.
func letters(from, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteRune(rune(0x4E00 + from + i))
	}
	return b.String()
}

func TestShortTextsAreNotCompared(t *testing.T) {
	for n, want := range map[int]model.Outcome{shortest - 1: model.NotApplicable, shortest: model.Fail} {
		words := letters(0, n) + "，。！"
		set := func(f filling) filling {
			edit := Edit{Set: map[string]any{}}
			for _, field := range []string{"park_industries", "platform_text.prior", "platform_text.last", "four_new_text.prior", "four_new_text.last", "features", "plan"} {
				edit.Set[field] = letters(500, 3)
			}
			edit.Set["plan"] = words
			return f.apply(edit, filling{})
		}
		found, o := about(t, definition.CodeOf("near_identical_text"), facts(t, definition, set(base(t)), set(another(t))), Known{})
		if o.Outcome != want || len(found) > 0 != (want == model.Fail) {
			t.Errorf("%d characters: %+v", n, o)
		}
	}
}

// A text has the length that it was typed in, whatever was hidden in it since.
func TestLengthIsAsTyped(t *testing.T) {
	for typed, want := range map[int32]int{200: 0, 201: 1} {
		f := facts(t, definition, base(t))
		texts := slices.Collect(f.Texts.All())
		for i := range texts {
			if texts[i].Field == "park_industries" {
				texts[i].Text, texts[i].Characters = "〔电话已隐去〕", typed
			}
		}
		f.Texts = table.Of(texts)
		if found, _ := about(t, definition.CodeOf("text_too_long"), f, Known{}); len(found) != want || want > 0 && !strings.Contains(found[0].Message, "201") {
			t.Errorf("%d characters: %+v", typed, found)
		}
	}
}

// What could not be read is nobody's neighbour.
func TestUnreadTextsAreNotCompared(t *testing.T) {
	words := letters(0, 2*shortest)
	first, second := base(t).apply(Edit{Set: map[string]any{"plan": words}}, filling{}), another(t).apply(Edit{Set: map[string]any{"plan": map[string]any{"status": "V", "value": words, "raw": words}}}, filling{})
	if found, o := about(t, definition.CodeOf("near_identical_text"), facts(t, definition, first, second), Known{}); len(found) > 0 || o.Outcome != model.Pass {
		t.Errorf("%+v %+v", o, found)
	}
}

// So many figures of one column that went wrong in one way are one mistake, and its words show each cell.
func TestOneMistakeDownAColumn(t *testing.T) {
	annual := slices.DeleteFunc(definition.Form.Metrics(), func(m *templates.Field) bool {
		return m.Type != templates.IntegerField || len(m.Years) < len(definition.Form.Years)
	})
	for _, c := range []struct {
		n, other int // figures of one habit, and of another
		findings int
		last     string // what the last of them says
	}{
		{minColumnCells - 1, 0, minColumnCells - 1, "2023年企业兼职教师（课时数）填的是“7万”，读作70000课时数。"},
		{minColumnCells - 1, 1, minColumnCells, "2023年校际兼职教师（人次）填的是“8千”，读作80000人次。"},
		{minColumnCells, 0, 1, "2023年一列的8格填的是“E4 1万、E5 2万、E6 3万、E7 4万、E8 5万、E9 6万、E10 7万、E11 8万”，读作10000个、20000个、30000个、40000个、50000个、60000人次、70000课时数、80000人次。"},
		{minColumnCells, 1, 2, "2023年校际兼职教师（课时数）填的是“9千”，读作90000课时数。"},
	} {
		e := Edit{Set: map[string]any{}}
		for i, m := range annual[:c.n+c.other] {
			raw := fmt.Sprintf("%d万", i+1)
			if i >= c.n {
				raw = fmt.Sprintf("%d千", i+1)
			}
			e.Set[m.ID+".last"] = map[string]any{"value": 10000 * (i + 1), "raw": raw}
			e.Coercions = append(e.Coercions, changed{Field: m.ID + ".last", Kind: "magnitude"})
		}
		found, _ := about(t, definition.CodeOf("magnitude_guessed"), facts(t, definition, base(t).apply(e, filling{})), Known{})
		if len(found) != c.findings || found[len(found)-1].Message != c.last {
			t.Errorf("%+v: %d findings, the last says %s", c, len(found), found[len(found)-1].Message)
		}
	}
	var list Edit
	for i := range minColumnCells {
		list.Coercions = append(list.Coercions, changed{Field: enrolmentColumn, Kind: "approximate", Row: i + 1})
	}
	found, _ := about(t, definition.CodeOf("approximate_number"), facts(t, definition, base(t).apply(list, filling{})), Known{})
	if len(found) != 1 || !strings.HasPrefix(found[0].Message, "“成员名册”在校生数一列的8格填的是“约300”，读作300、") {
		t.Errorf("down a column of a list: %+v", found)
	}
}

// Days and years are said as people say them.
func TestDaysAreSaidInChinese(t *testing.T) {
	filled := map[string]any{"filled_on": map[string]any{"value": "2024-01", "raw": "2024.1"}}
	early := []map[string]string{{"section": "全部", "means": "实地", "unit": "教育局", "result": "属实", "date": "2023-09-30"}}
	apart := map[int]map[string]any{1: {"enrolment": 60001}}
	name := fmt.Sprint(base(t).Members[0]["name"])
	for _, c := range []struct {
		rule, want string
		ruleCase
	}{
		{"month_as_number", "显示“2024.1”，看不全是哪一天，按单元格里存的读作2024年1月；", ruleCase{Edit: Edit{Set: filled, Coercions: []changed{{Field: "filled_on", Kind: "ambiguous_month", To: "2024-01"}}}}},
		{"verification_date_odd", "核实日期为2023年9月30日，", ruleCase{Edit: Edit{Verifications: &early}}},
		{"school_enrolment", "学校名录为100人（2023年），", ruleCase{Edit: Edit{Members: apart}, Schools: []string{name + "|中职学校|100|2023|"}}},
		{"school_enrolment", "学校名录为100人，", ruleCase{Edit: Edit{Members: apart}, Schools: []string{name + "|中职学校|100||"}}},
	} {
		f, known := prepare(t, c.ruleCase)
		if found, _ := about(t, definition.CodeOf(c.rule), f, known); len(found) != 1 || !strings.Contains(found[0].Message, c.want) {
			t.Errorf("%s: %+v, want %s", c.rule, found, c.want)
		}
	}
}

func TestRowsThatAreAColumnOff(t *testing.T) {
	f := newForm(&batch{def: definition, order: map[string]int{}}, &table.Form{})
	yes := definition.Form.YesNo[0]
	for _, c := range []struct {
		m    table.Member
		want bool
	}{
		{table.Member{Name: "企业"}, true}, {table.Member{Name: "1,200"}, true}, {table.Member{Name: yes}, true}, {table.Member{KindLabel: "某公司"}, true},
		{table.Member{Kind: "enterprise", Name: "企业"}, false}, {table.Member{Kind: "enterprise", Name: "1,200"}, false}, {table.Member{Kind: "enterprise", KindLabel: "企业"}, false},
		{table.Member{}, false}, {table.Member{Name: "某公司", KindLabel: "协会"}, false}, {table.Member{Name: "1号公司"}, false},
	} {
		if got := f.isShifted(c.m); got != c.want {
			t.Errorf("%+v: %v", c.m, got)
		}
	}
}

func TestNeighboursOfTexts(t *testing.T) {
	index := func(threshold float64, texts ...string) map[int]neighbour {
		x := &textIndex{threshold: threshold, postings: map[uint32][]int32{}, byText: map[string]int{}}
		for i, s := range texts {
			x.add(i, []rune(s))
		}
		return x.neighbours()
	}
	a, b := letters(0, 43), letters(20, 43)                    // forty shingles each, of which twenty are the same
	c := letters(0, 33) + letters(900, 10)                     // thirty of the first's
	far, same := letters(2000, 43), fmt.Sprint(letters(0, 43)) // none, all
	for _, x := range []struct {
		what      string
		threshold float64
		texts     []string
		want      map[int]neighbour
	}{
		{"as much in common as the threshold", 0.5, []string{a, b}, map[int]neighbour{0: {1, 0.5, 1}, 1: {0, 0.5, 1}}},
		{"a little less", 0.51, []string{a, b}, nil},
		{"nothing", 0.1, []string{a, far}, nil},
		{"the same", 0.9, []string{a, far, same}, map[int]neighbour{0: {2, 1, 1}, 2: {0, 1, 1}}},
		{"the nearer of two", 0.5, []string{a, b, c}, map[int]neighbour{0: {2, 0.75, 2}, 1: {0, 0.5, 2}, 2: {0, 0.75, 2}}},
		{"the first of two as near", 0.5, []string{b, a, a, b}, map[int]neighbour{0: {3, 1, 3}, 1: {2, 1, 3}, 2: {1, 1, 3}, 3: {0, 1, 3}}},
		{"by way of another", 0.5, []string{a, far, b, letters(40, 43)}, map[int]neighbour{0: {2, 0.5, 2}, 2: {0, 0.5, 2}, 3: {2, 0.5, 2}}},
	} {
		got := index(x.threshold, x.texts...)
		if len(got) != len(x.want) {
			t.Errorf("%s: %v, want %v", x.what, got, x.want)
		}
		for i, n := range x.want {
			if got[i] != n {
				t.Errorf("%s: of %d %+v, want %+v", x.what, i, got[i], n)
			}
		}
	}
	if n := len(shingles([]rune(letters(0, shingleLength)))); n != 1 {
		t.Errorf("the shortest text with a shingle has %d", n)
	}
	crowded := &textIndex{threshold: 0.99, postings: map[uint32][]int32{}, byText: map[string]int{}}
	for i := range postingLength + 8 {
		crowded.add(i, []rune(letters(0, 43)+letters(1000+100*i, 40)))
	}
	longest := 0
	for _, list := range crowded.postings {
		longest = max(longest, len(list))
	}
	if longest != postingLength {
		t.Errorf("%d texts are kept for a shingle", longest)
	}
	if slices.Max(crowded.hits) != 0 {
		t.Error("what was counted for one text is left for the next")
	}
}

// moved is the filling with its annual figures so many rows too low; below zero: too high. What is pushed out is lost, what is left stays blank.
func (f filling) moved(by int) filling {
	annual := slices.DeleteFunc(definition.Form.Metrics(), func(m *templates.Field) bool { return len(m.Years) < len(definition.Form.Years) })
	edit := Edit{Set: map[string]any{}}
	for i, m := range annual {
		for _, year := range m.Years {
			edit.Set[m.ID+"."+year] = nil
			if from := i - by; from >= 0 && from < len(annual) {
				edit.Set[m.ID+"."+year] = f.Values[annual[from].ID+"."+year]
			}
		}
	}
	return f.apply(edit, filling{})
}

func TestFiguresSomeRowsOff(t *testing.T) {
	code := definition.CodeOf("rows_slid")
	for by := -4; by <= 4; by++ {
		f := facts(t, definition, base(t).moved(by))
		found, o := about(t, code, f, Known{})
		if by == 0 || by < -3 || by > 3 {
			if len(found) != 0 || o.Outcome != model.Pass {
				t.Errorf("%d rows off: %+v", by, found)
			}
			continue
		}
		first := map[int]string{-3: "enterprise_teacher_hours", -2: "exchange_teachers", -1: "exchange_teacher_hours"}[by] // the first that can't be its row's
		words := fmt.Sprintf("整体下移%d行就都放得进", -by)
		if by > 0 { // with the rows that were put in and left blank
			first, words = "shared_programmes", fmt.Sprintf("整体上移%d行就都放得进", by)
		}
		if len(found) != 1 || !strings.Contains(found[0].Message, words) || !strings.HasPrefix(found[0].Fields, first+" ") || !strings.Contains(found[0].Message, definition.Label(first)) {
			t.Errorf("%d rows off: %+v", by, found)
		}
	}
}
