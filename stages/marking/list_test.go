package marking

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. A list of experts is read wherever its heads stand and in whatever order; an indicator means all of its points; no points means all.
//  2. A list that can't be meant so is refused with the row and what to do.
//  3. Names of sheets are legal and differ; long texts are cut without losing a character.

func definition(t *testing.T) *templates.Definition {
	t.Helper()
	d, err := templates.Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// list lays rows out as the flat cells of one sheet, from a row and a column on.
func list(row, col int, rows ...[]string) []model.Cell {
	var out []model.Cell
	for i, cells := range rows {
		for k, raw := range cells {
			if raw != "" {
				out = append(out, model.Cell{Place: model.Place{Sheet: "名单", Cell: model.CellName(row+i, col+k)}, Row: row + i, Col: col + k, Raw: raw, Filled: true})
			}
		}
	}
	return out
}

func TestListOfExperts(t *testing.T) {
	d := definition(t)
	cells := list(3, 2, []string{"姓名", " 编号 ", "观测点", "备注", "单位"},
		[]string{"甲", "E7", "1.2、6", "随便", "某学院"},
		[]string{},
		[]string{"", "专家02", "", "", ""},
		[]string{"丙", "E1", "7", "", ""})
	other := model.Cell{Place: model.Place{Sheet: "别的表", Cell: "B9"}, Row: 9, Col: 3, Raw: "E9", Filled: true}
	got, err := ReadList(d, append([]model.Cell{{Place: model.Place{Sheet: "名单", Cell: "A1"}, Row: 1, Col: 1, Raw: "2024年专家名单", Filled: true}}, append(cells, other)...))
	if err != nil {
		t.Fatal(err)
	}
	want := []Assignment{{Expert: "E7", Name: "甲", Unit: "某学院", Points: []string{"1.2", "6.1", "6.2", "6.3"}}, {Expert: "专家02"}, {Expert: "E1", Name: "丙", Points: []string{"7"}}}
	if !slices.EqualFunc(got, want, func(a, b Assignment) bool {
		return a.Expert == b.Expert && a.Name == b.Name && a.Unit == b.Unit && slices.Equal(a.Points, b.Points)
	}) {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, p := range ExpertPoints(d.Rubric()) {
		if got[0].covers(p) != slices.Contains(want[0].Points, p.ID) || !got[1].covers(p) {
			t.Errorf("%s: marked by %v and %v", p.ID, got[0].covers(p), got[1].covers(p))
		}
	}
}

func TestListsThatAreRefused(t *testing.T) {
	d := definition(t)
	heads := []string{"编号", "姓名", "单位", "观测点"}
	for name, c := range map[string]struct {
		rows [][]string
		says []string
	}{
		"no heads":         {[][]string{{"专家", "姓名"}, {"E1", "甲"}}, []string{"没有“编号”这一列"}},
		"nobody":           {[][]string{heads}, []string{"没有专家"}},
		"no id":            {[][]string{heads, {"", "甲"}}, []string{"第6行", "为空"}},
		"id in a path":     {[][]string{heads, {"a/b", "甲"}}, []string{"第6行", "文件名不能用"}},
		"same id":          {[][]string{heads, {"E1", "甲"}, {"Ｅ1", "乙"}}, []string{"第7行", "第6行", "不能重复"}},
		"point of figures": {[][]string{heads, {"E1", "甲", "", "3.1"}}, []string{"第6行", "3.1", "可写的有 1.2"}},
		"no such point":    {[][]string{heads, {"E1", "甲", "", "9"}}, []string{"第6行", "“9”"}},
	} {
		got, err := ReadList(d, list(5, 1, c.rows...))
		if err == nil {
			t.Errorf("%s: taken as %+v", name, got)
			continue
		}
		for _, words := range c.says {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%s: %v does not say %s", name, err, words)
			}
		}
	}
}

func TestCrossedOutExpert(t *testing.T) {
	cells := list(1, 1, []string{"编号"}, []string{"E1"}, []string{"E2"})
	for i := range cells {
		if c := &cells[i]; c.Raw == "E2" {
			c.Struck = c.Raw
		}
	}
	if _, err := ReadList(definition(t), cells); err == nil || !strings.Contains(err.Error(), "第3行的“E2”划掉了") {
		t.Errorf("%v", err)
	}
}

func TestNamesOfSheets(t *testing.T) {
	long := Subject{Submission: table.Submission{Consortium: strings.Repeat("很长的名称", 10)}}
	odd := Subject{Submission: table.Submission{Consortium: `甲[乙]:丙*丁?戊/己\庚'`}}
	for n, s := range []Subject{long, long, odd} {
		name := s.title(n + 1)
		if utf8.RuneCountInString(name) > 31 || strings.ContainsAny(name, `[]:*?/\'`) {
			t.Errorf("%q is no name of a sheet", name)
		}
	}
	if long.title(1) == long.title(2) {
		t.Error("two sheets of one name")
	}
}

func TestLongTextsLoseNothing(t *testing.T) {
	words := strings.Repeat("一二三四五六七八九十", 250) + "\n\n短的一段\n" + strings.Repeat("末", 1200)
	pieces := splitText(words)
	for _, p := range pieces {
		if n := utf8.RuneCountInString(p); n == 0 || n > 1200 {
			t.Errorf("a piece of %d characters", n)
		}
	}
	if got := strings.Join(pieces, ""); got != strings.ReplaceAll(words, "\n", "") || len(pieces) != 5 {
		t.Errorf("%d pieces with %d characters of %d", len(pieces), utf8.RuneCountInString(got), utf8.RuneCountInString(words))
	}
}
