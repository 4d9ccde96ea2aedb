package pipeline

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"lianheti/samples/must"
	"lianheti/stages/blankform"
	"lianheti/stages/export"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// projects is a list of the form and two rules about its rows, as an edit of data would add them.
const (
	projects = `  - id: projects
    title: 项目清单
    blocks:
      - notes:
          - {role: title, text: 项目清单}
      - records:
          id: projects
          rows: 10
          columns:
            - {id: title, label: 项目名称, type: text, required: true, width: 30}
            - {id: funds, label: 项目经费, type: decimal, unit: 万元, better: higher, decimals: 2, width: 14}
          paragraph: 填报工具要求
          extra: true
`
	projectRules = `
  - code: LHT-3-198
    id: project_funds
    severity: warning
    check: expr
    each: [projects]
    when: filled(it.title)
    expr: it.funds > 0 and it.funds <= 5000
    title: 项目经费不合常情
    message: "项目清单第{count}行“{it.title}”的{label}为{value}{unit}，超出{=it.funds - 5000}。"
    cure: 请核对。
    authority: 填报工具要求
  - code: LHT-3-199
    id: project_title
    severity: error
    check: expr
    each: [projects]
    expr: filled(it.title)
    title: 项目没有名称
    message: "项目清单第{count}行没有名称。"
    cure: 请补填。
    authority: 填报工具要求
`
)

// Requirements
//  1. A list with rules about its rows is an edit of data: it is bound, checked at the cells that the rule looks at, shown in the
//     self-check, published, compared with the last round, and read back from the tables.
//  2. A rule that calls a column that is not there, or goes through a list without an expression, is refused at load.
func TestAListIsAnEditOfData(t *testing.T) {
	load := func(rules string) (*templates.Definition, error) {
		out := fstest.MapFS{}
		names, _ := filepath.Glob("../templates/2024/*.yaml")
		for _, name := range names {
			data := must.Get(os.ReadFile(name))(t)
			text := string(data)
			switch filepath.Base(name) {
			case "form.yaml":
				text = strings.Replace(text, "  - id: explanations\n", projects+"  - id: explanations\n", 1)
			case "rules.yaml":
				text += rules
			}
			out["2024/"+filepath.Base(name)] = &fstest.MapFile{Data: []byte(text)}
		}
		return templates.LoadFS(out, 2024)
	}
	for faulty, said := range map[string]string{
		strings.Replace(projectRules, "it.funds > 0", "it.money > 0", 1):                                                                     "没有列“money”",
		strings.Replace(projectRules, "check: expr\n    each: [projects]\n    expr:", "check: national\n    each: [projects]\n    when:", 1): "逐行",
	} {
		if _, err := load(faulty); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("not refused with %s: %v", said, err)
		}
	}
	d := must.Get(load(projectRules))(t)
	text := func(s string) blankform.Value { return blankform.Value{Text: s} }
	number := func(s string) blankform.Value {
		n := decimal.RequireFromString(s)
		return blankform.Value{Number: &n}
	}
	run := func(previous string, rows ...map[string]blankform.Value) *Result {
		t.Helper()
		var b bytes.Buffer
		if err := blankform.Fill(&b, d, blankform.Values{
			Fields:  map[templates.Ref]blankform.Value{{Field: "consortium"}: text(d.Directory.Entries[0].Consortium)},
			Records: map[string][]map[string]blankform.Value{"projects": rows}}); err != nil {
			t.Fatal(err)
		}
		in := filepath.Join(t.TempDir(), "甲.xlsx")
		must.Do(t, os.WriteFile(in, b.Bytes(), 0o644))
		r := must.Get(Run(context.Background(), Options{Definition: d, Inputs: []string{in}, Out: t.TempDir(), Previous: previous}))(t)
		return r
	}
	row := func(title, funds string) map[string]blankform.Value {
		return map[string]blankform.Value{"projects_title": text(title), "projects_funds": number(funds)}
	}
	first := run("", row("实训中心", "120"), row("共享课程", "7000.5"), map[string]blankform.Value{"projects_funds": number("3")})
	second := run(first.Dir, row("实训中心", "150"), row("共享课程", "700"))
	again := must.Get(Run(context.Background(), Options{Definition: d, From: filepath.Join(first.Dir, "data"), Out: t.TempDir()}))(t)
	for _, r := range []*Result{first, again} {
		records := must.Get(export.Read(filepath.Join(r.Dir, dataFolder)))(t)
		round := must.Get(table.Restore(d, records))(t)
		if round.ListCells.Len() != 5 {
			t.Errorf("%d cells of the list came back", round.ListCells.Len())
		}
		found := map[string]table.Finding{}
		for x := range round.Findings.All() {
			found[x.Code] = x
		}
		if x := found["LHT-3-198"]; !strings.Contains(x.Message, "“共享课程”的项目经费为7000.5万元，超出2000.5") || x.Sheet != "项目清单" || x.Fields != "projects_funds" || x.Raw != "7000.5" {
			t.Errorf("%+v", x)
		}
		if x := found["LHT-3-199"]; x.Sheet != "项目清单" || x.Cell == "" || x.Fields != "projects_title" {
			t.Errorf("%+v", x)
		}
	}
	records := must.Get(export.Read(filepath.Join(second.Dir, dataFolder)))(t)
	changes := must.Get(table.FromRecord[table.Change](records["changes"]))(t)
	kinds := map[table.ChangeKind]int{}
	for c := range changes.All() {
		if c.Field == "projects" {
			kinds[c.Kind]++
		}
	}
	if kinds[table.RecordChanged] != 2 || kinds[table.RecordRemoved] != 1 {
		t.Errorf("changes: %v", kinds)
	}
}
