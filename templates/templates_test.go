package templates

import (
	"io/fs"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"
)

// Requirements
//  1. Every shipped year loads, and holds what the official document holds; so does what Load decodes only when asked for.
//  2. A contradiction stops at load with file, line and cure.
//  3. The next year's batch and a new field are edits of data alone.

// Tests keep little and throw away much.
var _ = debug.SetGCPercent(400)

func TestShippedDefinition(t *testing.T) {
	for _, year := range Years() {
		d, err := LoadFS(shipped, year)
		if err != nil {
			t.Fatalf("%d: %v", year, err)
		}
		built, err := Load(year)
		decoded := 0
		for ; err == nil && built != nil; built = built.Progress {
			for _, file := range reflect.ValueOf(*built).Fields() {
				if file.Kind() == reflect.Func && !file.IsNil() {
					file.Call(nil) // panics where the file is wrong
					decoded++
				}
			}
		}
		if decoded < 8 {
			t.Errorf("%d: only %d files are decoded later", year, decoded)
		}
		if n := len(d.Directory.Cities); n != 9 {
			t.Errorf("%d: %d prefectures", year, n)
		}
	}
	d, _ := Load(2024)
	annual := 0
	for _, f := range d.Form.Metrics() {
		if len(f.Years) == 5 {
			annual++
		}
	}
	if annual != 29 || len(d.Directory.Entries) != 20 || len(d.Rubric().Points()) != 26 {
		t.Errorf("%d annual figures, %d entries, %d points; the document has 29, 20, 26", annual, len(d.Directory.Entries), len(d.Rubric().Points()))
	}
	if entry, pair, ok := d.Directory.ByConsortium("微电子产业产教联合体"); !ok || entry.No != 7 || pair.Park != "同翔高新技术产业基地" {
		t.Errorf("the alternative pair of entry 7: %v %v %v", entry, pair, ok)
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// edited gives the shipped definition with one file changed, under another year.
func edited(t *testing.T, year int, edit map[string]func(string) string) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	names, err := fs.Glob(shipped, "2024/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(shipped, name)
		if err != nil {
			t.Fatal(err)
		}
		base := strings.TrimPrefix(name, "2024/")
		text := string(data)
		for _, key := range []string{"*", base} {
			if change := edit[key]; change != nil {
				text = change(text)
			}
		}
		out[strconv.Itoa(year)+"/"+base] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func replace(old, new string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, new, 1) }
}

func TestContradictionsStopAtLoad(t *testing.T) {
	for what, c := range map[string]struct {
		file  string
		edit  func(string) string
		wants []string
	}{
		"unknown key":             {"form.yaml", replace("version: 1", "version: 1\nversoin: 2"), []string{"form.yaml", "versoin"}},
		"field twice":             {"form.yaml", replace("id: staff_part_time", "id: staff_total"), []string{"form.yaml", "staff_total", "重复"}},
		"name Excel refuses":      {"form.yaml", replace("id: assets", "id: as12"), []string{"as12", "名称"}},
		"unknown year":            {"form.yaml", replace("years: [first, next, final]", "years: [first, next, last_one]"), []string{"last_one"}},
		"unknown point":           {"form.yaml", replace(`evidence: ["5.2"]`, `evidence: ["5.9"]`), []string{"form.yaml", "5.9"}},
		"number without unit":     {"form.yaml", replace("type: decimal, unit: ㎡,", "type: decimal,"), []string{"office_area", "unit"}},
		"footnote without text":   {"form.yaml", replace("footnote: head", "footnote: hat"), []string{"hat"}},
		"city not in list":        {"directory.yaml", replace("city: 宁德", "city: 宁波"), []string{"directory.yaml", "宁波"}},
		"number twice":            {"directory.yaml", replace("no: 20", "no: 19"), []string{"19", "重复"}},
		"batch against form":      {"directory.yaml", replace("batch: 2024", "batch: 2025"), []string{"2025"}},
		"weights don't add up":    {"rubric.yaml", func(s string) string { i := strings.LastIndex(s, "weight: 0"); return s[:i] + "weight: 3" + s[i+9:] }, []string{"rubric.yaml", "100"}},
		"unknown field in a rule": {"rules.yaml", replace("staff_total ==", "staff_totla =="), []string{"rules.yaml", "第 ", "staff_totla"}},
		"field not on paper":      {"word.yaml", replace("{value: shared_courses.prior}", "{value: shared_programmes.prior}"), []string{"form.yaml", "shared_courses.prior"}},
		"value without year":      {"word.yaml", replace("{value: sales.prior,", "{value: sales,"), []string{"word.yaml", "“sales”"}},
		"cells beyond the paper":  {"word.yaml", replace("{label: shared_courses, span: 2}", "{label: shared_courses, span: 3}"), []string{"word.yaml", "列"}},
		"cells over each other":   {"word.yaml", replace("{value: park_output.last, span: 5}", "{value: park_output.last, span: 5, down: 2}"), []string{"word.yaml", "没有排满或排不下"}},
		"cells below the table":   {"word.yaml", replace("{value: policies, span: 8}", "{value: policies, span: 8, down: 2}"), []string{"word.yaml", "还要往下占"}},
		"two things in a cell":    {"word.yaml", replace("{text: 项目名称, span: 2}", "{text: 项目名称, note: pledge, span: 2}"), []string{"word.yaml", "写了2样（text、note）"}},
		"unknown note on paper":   {"word.yaml", replace("title: section_3", "title: section_9"), []string{"word.yaml", "section_9"}},
		"kind of an old program":  {"rules.yaml", replace("kinds: [enrolment_none]", "kinds: [member_kind]"), []string{"rules.yaml", "第 ", "member_kind", "当时的程序"}},
		"act of another scope":    {"audit.yaml", replace("act: drop, scope: member", "act: drop, scope: value"), []string{"audit.yaml", "drop_member", "scope"}},
		"claim without evidence":  {"audit.yaml", replace("list: perverse, act: drop, scope: kind", "list: claim, act: drop, scope: kind"), []string{"audit.yaml", "drop_kind", "evidence"}},
		"field of a move":         {"audit.yaml", replace("each: [sales, assets]", "each: [sails]"), []string{"audit.yaml", "sails"}},
		"schools without a kind":  {"register.yaml", replace("choices: schools, required: true", "choices: schools"), []string{"register.yaml", "学校名录", "kind"}},
		"code twice":              {"rules.yaml", func(s string) string { return s + "\n" + firstRule(s) }, []string{"重复"}},
	} {
		_, err := LoadFS(edited(t, 2024, map[string]func(string) string{c.file: c.edit}), 2024)
		if err == nil {
			t.Errorf("%s: loads", what)
			continue
		}
		for _, want := range c.wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in %v", what, want, err)
			}
		}
		if !strings.Contains(err.Error(), " 行：") {
			t.Errorf("%s: no line in %v", what, err)
		}
	}
	if _, err := LoadFS(shipped, 1999); err == nil || !strings.Contains(err.Error(), "1999") {
		t.Errorf("a year without definition: %v", err)
	}
}

// firstRule repeats the first rule of a catalogue.
func firstRule(s string) string {
	_, rest, _ := strings.Cut(s, "rules:\n")
	end := strings.Index(rest[4:], "\n  - ")
	return rest[:4+end]
}

func TestNextYearIsAnEditOfData(t *testing.T) {
	shift := func(s string) string {
		for y := 2026; y >= 2022; y-- {
			s = strings.ReplaceAll(s, strconv.Itoa(y), strconv.Itoa(y+1))
		}
		return s
	}
	addField := replace("            - {id: demand_reports,", "            - {id: toy_figure, label: 试验栏目, group: 人才培养质量, type: integer, unit: 个, better: higher, decimals: 0, evidence: [\"4.1\"]}\n            - {id: demand_reports,")
	onPaper := func(s string) string {
		s = replace("{group: demand_reports, down: 15}", "{group: demand_reports, down: 16}")(s)
		return replace("          - [{label: demand_reports,", "          - [{label: toy_figure, span: 2}, {value: toy_figure.prior}, {value: toy_figure.last}]\n          - [{label: demand_reports,")(s)
	}
	d, err := LoadFS(edited(t, 2025, map[string]func(string) string{"*": shift, "form.yaml": addField, "word.yaml": onPaper}), 2025)
	if err != nil {
		t.Fatal(err)
	}
	f := d.Field("toy_figure")
	if f == nil || !f.Metric() || len(f.RequiredYears) != 2 {
		t.Fatalf("the new field: %+v", f)
	}
	slot := d.Layout().Slot("toy_figure", 2027)
	if slot.Field == nil || slot.Name != "toy_figure_2027" {
		t.Errorf("its place: %+v", slot)
	}
	if d.Directory.Deadline != "2025-08-15" || d.Form.Years[0].Year != 2023 {
		t.Errorf("deadline %s, years from %d", d.Directory.Deadline, d.Form.Years[0].Year)
	}
}

func TestLayoutHasOnePlaceForEverything(t *testing.T) {
	d, err := Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, sheet := range d.Layout().Sheets {
		taken := map[[2]int]string{}
		take := func(row, col, rows, cols int, what string) {
			for r := row; r < row+rows; r++ {
				for c := col; c < col+cols; c++ {
					if other, ok := taken[[2]int{r, c}]; ok {
						t.Errorf("%s: %s stands on %s", sheet.Sheet.Title, what, other)
					}
					taken[[2]int{r, c}] = what
				}
			}
		}
		for _, s := range sheet.Statics {
			take(s.Row, s.Col, s.Rows, s.Cols, s.Text)
		}
		for _, s := range sheet.Slots {
			take(s.Row, s.Col, s.Rows, s.Cols, s.Name)
			if names[s.Name] {
				t.Errorf("name %s twice", s.Name)
			}
			names[s.Name] = true
		}
	}
	want := 0
	for _, f := range d.Form.Fields() {
		if f.Record == "" {
			want += max(1, len(f.Years))
		}
	}
	if len(names) != want {
		t.Errorf("%d places for %d values", len(names), want)
	}
}

// Requirements
//  1. The day by which an answer is asked for lies ahead of the run's date, on whatever day it runs; where nothing says one it is open.
//  2. Whoever has not reported is held to the deadline as long as it is ahead.
func TestReplyLiesAhead(t *testing.T) {
	d, err := Load(Years()[len(Years())-1])
	if err != nil {
		t.Fatal(err)
	}
	dir := *d.Directory
	deadline, _ := time.Parse(time.DateOnly, dir.Deadline)
	for days := -40; days <= 40; days++ {
		date := deadline.AddDate(0, 0, days).Format(time.DateOnly)
		mended, first := dir.ReplyBy(date, true), dir.ReplyBy(date, false)
		if mended <= date || first <= date || first > mended || days < 0 && (first != dir.Deadline || mended < dir.Deadline) {
			t.Errorf("%s: mended by %s, first by %s", date, mended, first)
		}
	}
	if by := dir.ReplyBy("", true); by != "" {
		t.Errorf("without a date: %s", by)
	}
	dir.Calendar.MendDays = 0
	if by := dir.ReplyBy(dir.Deadline, true); by != "" {
		t.Errorf("on the deadline, with no days set: %s", by)
	}
}

// A replacement is skipped where its hint says that it can't match: then it must not.
func TestHintsAreInEveryMatch(t *testing.T) {
	d, err := Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	finds := append(each(d.Reading.SameUnit, func(x Replacement) string { return x.find.String() }),
		`(?i)abc`, `[a-c]+x?`, `(?:ab|c)?d*`, `(?:a|b)(?:c|d)`, `[^a]`, `a{2,3}`, `x|`, `(?:aA|ab)c?`)
	letters := rapid.StringOf(rapid.SampledFrom([]rune("abcdxABCD()（市第一二三四学校学院大学公司集团有限责任股份总部区分职业技术高等中专朮冇原厂院所")))
	rapid.Check(t, func(t *rapid.T) {
		find, name := rapid.SampledFrom(finds).Draw(t, "find"), letters.Draw(t, "name")
		var x Replacement
		if err := x.compile(find); err != nil {
			t.Fatal(err)
		}
		if x.hint != "" && x.find.MatchString(name) && !strings.ContainsAny(name, x.hint) {
			t.Errorf("%s matches %s without one of %s", find, name, x.hint)
		}
	})
	if x := d.Reading.SameUnit[len(d.Reading.SameUnit)-1]; x.hint == "" {
		t.Error("the longest pattern has no hint")
	}
}
