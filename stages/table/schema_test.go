package table

import (
	"cmp"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"lianheti/stages/model"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

// Requirements
//  1. Names, order, types and nullability of tables and columns are public: a change shows in the golden file.
//  2. Every table and column is explained; where tables.yaml and the program disagree either way, the error names table and column.
//  3. The metadata carry label, unit, description, paragraph and allowed values, from form.yaml for the form's fields. No two
//     columns of a table are called alike.
//  4. What tables.yaml repeats (labels of fields, closed lists of codes) agrees with where it comes from.
//  5. A field more in form.yaml is a column more, without a change here.

var update = flag.Bool("update", false, "write the golden files anew")

func load(t *testing.T) *templates.Definition {
	t.Helper()
	d, err := templates.Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// writtenSchemas gives the published columns as the golden files have them.
func writtenSchemas(t *testing.T) string {
	t.Helper()
	schemas, err := Schemas(load(t))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range schemas {
		fmt.Fprintf(&b, "%s\n", MetadataValue(s.Metadata(), KeyTable))
		for _, f := range s.Fields() {
			fmt.Fprintf(&b, "  %s %s", f.Name, f.Type)
			if f.Nullable {
				b.WriteString(" null")
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func TestSchemasGolden(t *testing.T) {
	columns := writtenSchemas(t)
	const golden = "testdata/schemas.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(columns), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if columns != string(want) {
		t.Errorf("the published columns changed; if that is meant, run with -update and say so in the commit\n%s", columns)
	}
}

func TestSchemaMetadata(t *testing.T) {
	d := load(t)
	schemas, err := Schemas(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ table, column, key, want string }{
		{"panel", "apprentices", KeyLabel, "中国特色学徒制培养"},
		{"panel", "apprentices", KeyUnit, "人"},
		{"panel", "enterprise_teacher_hours", KeyLabel, "企业兼职教师（课时数）"},
		{"submissions", "pledge_date", KeyLabel, "申报单位承诺 年 月 日"},
		{"panel", "apprentices", KeyParagraph, "附件3 2.办学成效和服务能力"},
		{"panel", "apprentices", KeyDescription, "人才培养质量 联合培养情况；2024、2025、2026年为省厅补充采集（非推荐书栏目）；佐证观测点 3.1"},
		{"submissions", "office_area", KeyUnit, "㎡"},
		{"submissions", "city", KeyValues, ""}, // what a filler typed there instead of one of the nine stays
		{"submissions", "city", KeyParagraph, "附件3 封面；附件1"},
		{"submissions", "large_trade", KeyDescription, ""},
		{"members", "enrolment", KeyUnit, "人"},
		{"metrics", "status", KeyValues, "A; O; M; V"},
		{"materials", "title", KeyParagraph, "附件3 说明五"},
	} {
		s := schemas[slices.IndexFunc(schemas, func(s *arrow.Schema) bool { return MetadataValue(s.Metadata(), KeyTable) == c.table })]
		f, ok := s.FieldsByName(c.column)
		if !ok {
			t.Errorf("%s has no column %s", c.table, c.column)
			continue
		}
		if c.column == "large_trade" {
			c.want = "联合体企业情况；" + strings.TrimSuffix(d.Form.Note("trade"), "。") + "；佐证观测点 1.1"
		}
		if got := MetadataValue(f[0].Metadata, c.key); got != c.want {
			t.Errorf("%s.%s %s: %q, want %q", c.table, c.column, c.key, got, c.want)
		}
	}
	for _, s := range schemas {
		for key, want := range map[string]string{KeyBatch: "2024", KeyForm: "FJ-SYCJLHT v1", KeyDefinition: definitionHash(d)} {
			if got := MetadataValue(s.Metadata(), key); got != want {
				t.Errorf("%s %s: %q, want %q", MetadataValue(s.Metadata(), KeyTable), key, got, want)
			}
		}
		called := map[string]string{}
		for _, f := range s.Fields() {
			label := MetadataValue(f.Metadata, KeyLabel)
			if label == "" || MetadataValue(f.Metadata, KeyDescription) == "" || called[label] != "" {
				t.Errorf("%s.%s is not explained, or called %s like %s", MetadataValue(s.Metadata(), KeyTable), f.Name, label, called[label])
			}
			called[label] = f.Name
		}
	}
}

func TestSchemaDisagreement(t *testing.T) {
	drop := func(name string) func(*templates.Table) {
		return func(t *templates.Table) {
			t.Columns = slices.DeleteFunc(t.Columns, func(c *templates.Column) bool { return c.Name == name })
		}
	}
	for _, c := range []struct {
		table  string
		change func(*templates.Table)
		names  []string
	}{
		{"metrics", drop("value"), []string{"metrics", "value"}},
		{"submissions", drop("verdict"), []string{"submissions", "verdict"}},
		{"contacts", drop("text"), []string{"contacts", "text"}},
		{"texts", func(t *templates.Table) { t.Columns = append(t.Columns, &templates.Column{Name: "mood"}) }, []string{"texts", "mood"}},
		{"panel", func(t *templates.Table) { t.Form = "singles" }, []string{"panel", "office_area"}},
		{"texts", func(t *templates.Table) { t.Form = "metrics" }, []string{"texts", "apprentices"}},
		{"panel", func(t *templates.Table) { t.Name = "wide" }, []string{"wide"}},
	} {
		d := load(t)
		c.change(d.Table(c.table))
		_, err := Schemas(d)
		for _, name := range c.names {
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: error %v does not name %s", c.table, err, name)
			}
		}
	}
	d := load(t)
	d.Published().Tables = slices.DeleteFunc(d.Published().Tables, func(t *templates.Table) bool { return t.Name == "ranking" })
	if _, err := Schemas(d); err == nil || !strings.Contains(err.Error(), "ranking") {
		t.Errorf("a table left out: %v", err)
	}
}

func TestTablesRepeatTruly(t *testing.T) {
	d := load(t)
	text := func(values ...any) []string {
		var out []string
		for _, v := range values {
			out = append(out, fmt.Sprint(v))
		}
		return out
	}
	var kinds []string
	for _, k := range d.Form.Kinds {
		kinds = append(kinds, k.ID)
	}
	status := text(Normal, Missing, NotApplicable, Invalid)
	closed := map[string][]string{
		"members.kind": kinds, "figures.status": status, "metrics.status": status, "texts.status": status, "enrolment_status": status,
		"fate":         text(model.Accepted, model.Superseded, model.Rejected, model.Ignored),
		"verdict":      text(model.Return, model.AskFirst, model.Accept),
		"severity":     text(model.MustFix, model.Explain, model.Hint),
		"outcome":      text(model.Pass, model.Fail, model.NotApplicable, model.NotRun),
		"metrics.kind": text(templates.Actual, templates.Committed), "panel.kind": text(templates.Actual, templates.Committed),
	}
	for _, table := range d.Published().Tables {
		for _, c := range table.Columns {
			want, known := closed[table.Name+"."+c.Name]
			if !known {
				want, known = closed[c.Name]
			}
			if known && !slices.Equal(c.Values, want) {
				t.Errorf("%s.%s allows %v, the program makes %v", table.Name, c.Name, c.Values, want)
			}
			f := cmp.Or(d.Field(c.Name), d.Field(table.Name+"_"+c.Name))
			if coded := len(c.Values) > 0; f != nil && !coded && c.Label != f.Label {
				t.Errorf("%s.%s is called %s, on the form %s", table.Name, c.Name, c.Label, f.Label)
			}
		}
	}
}

func TestFieldMoreIsColumnMore(t *testing.T) {
	files := fstest.MapFS{}
	shipped := os.DirFS("../../templates")
	names, err := fs.Glob(shipped, "2024/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(shipped, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	form := string(files["2024/form.yaml"].Data)
	more := strings.Replace(form, "            - {id: demand_reports,", "            - {id: patents, label: 发明专利, type: integer, unit: 件, better: higher, decimals: 0}\n            - {id: demand_reports,", 1)
	more = strings.Replace(more, "          - {id: assets,", "          - {id: founded, label: 园区成立日期, type: date}\n          - {id: assets,", 1)
	if strings.Count(more, "\n") != strings.Count(form, "\n")+2 {
		t.Fatal("form.yaml no longer has the lines this test puts others before")
	}
	files["2024/form.yaml"] = &fstest.MapFile{Data: []byte(more)}
	paper := strings.NewReplacer("{value: demand_reports.prior}", "{value: demand_reports.prior/patents.prior}", "{value: demand_reports.last}", "{value: demand_reports.last/patents.last}",
		"{value: assets,", "{value: assets/founded,").Replace(string(files["2024/word.yaml"].Data))
	files["2024/word.yaml"] = &fstest.MapFile{Data: []byte(paper)}
	d, err := templates.LoadFS(files, 2024)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := Dictionary(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []DictionaryRow{
		{Table: "submissions", Column: "founded", Type: "date32", Nullable: true, Label: "园区成立日期", Description: "日期；只填到月的为空，见所填"},
		{Table: "panel", Column: "patents", Type: "float64", Nullable: true, Unit: "件", Label: "发明专利", Decimals: Some[int32](0),
			Description: "2024、2025、2026年为省厅补充采集（非推荐书栏目）", Paragraph: "附件3 2.办学成效和服务能力"},
	} {
		if !slices.Contains(entries, want) {
			t.Errorf("the dictionary lacks %+v", want)
		}
	}
}

func TestCodesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Codes(load(t)) {
		if key := c.List + " " + c.Code; seen[key] || c.Code == "" || c.Label == "" {
			t.Errorf("%s stands twice, or without a name", key)
		} else {
			seen[key] = true
		}
	}
}

// Wherever a city stands, its code stands beside it, one of the directory's.
func TestCitiesHaveCodes(t *testing.T) {
	d := load(t)
	schemas, err := Schemas(d)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, c := range d.Directory.Cities {
		codes = append(codes, c.Code)
	}
	tables := 0
	for _, s := range schemas {
		at := s.FieldIndices("city")
		if len(at) == 0 {
			continue
		}
		tables++
		if f := s.Field(at[0] - 1); f.Name != "city_code" || MetadataValue(f.Metadata, KeyValues) != strings.Join(codes, ValueSeparator) {
			t.Errorf("%s: beside the city stands %s, one of %s", MetadataValue(s.Metadata(), KeyTable), f.Name, MetadataValue(f.Metadata, KeyValues))
		}
	}
	if tables < 5 {
		t.Errorf("%d tables have a city", tables)
	}
}

// columnsIn gives the columns of a golden file, as "table column" with type and whether it may be null.
func columnsIn(golden string) map[string]string {
	out, name := map[string]string{}, ""
	for line := range strings.Lines(golden) {
		words := strings.Fields(line)
		switch {
		case len(words) == 1:
			name = words[0]
		case len(words) > 1:
			out[name+" "+words[0]] = strings.Join(words[1:], " ")
		}
	}
	return out
}

// A name that SQL keeps for itself has to be quoted in every query: no table and no column has one. The words are DuckDB's.
func TestNamesNeedNoQuotes(t *testing.T) {
	const reserved = " all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create default " +
		"deferrable desc describe distinct do else end except false fetch for foreign from group having in initially intersect into lambda " +
		"lateral leading limit not null offset on only or order pivot placing primary qualify references returning select show some summarize " +
		"symmetric table then to trailing true union unique unpivot using variadic when where window with "
	for _, x := range load(t).Published().Tables {
		for _, c := range x.Columns {
			if strings.Contains(reserved, " "+c.Name+" ") || strings.Contains(reserved, " "+x.Name+" ") {
				t.Errorf("%s.%s needs quotes in SQL", x.Name, c.Name)
			}
		}
	}
}

// testdata/released.golden is what analysts last got, under its version: yesterday's reader scripts have to run on today's tables. What is
// only added raises the minor number; what is gone or another, the major one. A release replaces the file.
func TestVersionKeepsItsPromise(t *testing.T) {
	data, err := os.ReadFile("testdata/released.golden")
	if err != nil {
		t.Fatal(err)
	}
	released, rest, _ := strings.Cut(string(data), "\n")
	var broken, added []string
	before, after := columnsIn(rest), columnsIn(writtenSchemas(t))
	for column, kind := range before {
		if got := after[column]; got != kind && got+" null" != kind { // no longer null is a promise more
			broken = append(broken, fmt.Sprintf("%s: %s, now %q", column, kind, got))
		}
	}
	for column := range after {
		if before[column] == "" {
			added = append(added, column)
		}
	}
	var numbers [2][3]int
	for i, version := range []string{released, load(t).Published().Data.Version} {
		if _, err := fmt.Sscanf(version, "%d.%d.%d", &numbers[i][0], &numbers[i][1], &numbers[i][2]); err != nil {
			t.Fatalf("version %q: %v", version, err)
		}
	}
	was, is := numbers[0], numbers[1]
	switch {
	case is[0] > was[0]:
	case len(broken) > 0:
		t.Errorf("a reader of version %s would break; raise the major number in tables.yaml:\n%s", released, strings.Join(broken, "\n"))
	case len(added) > 0 && is[1] <= was[1]:
		t.Errorf("%d columns more than in version %s; raise the minor number in tables.yaml", len(added), released)
	}
}
