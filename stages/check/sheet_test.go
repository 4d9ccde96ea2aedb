package check

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"lianheti/samples/programs"
	"lianheti/stages/blankform"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// One rule, two places. What is demanded here:
//  1. Every rule is a formula in the template's 自检 sheet, or says in its `sheet` why not.
//  2. Recalculated by a spreadsheet program, the sheet says of every fixture what the engine says, rule by rule; and the values
//     that the template was written with are those of the spreadsheet program.

// sheetWords are the words of the sheet for the engine's outcomes. Where the engine can't run, the sheet tells two causes apart.
var sheetWords = map[string]model.Outcome{"通过": model.Pass, "未通过": model.Fail, "已说明": model.Fail, "不适用": model.NotApplicable, "未填": model.NotRun, "无法判断": model.NotRun}

func TestEveryRuleIsInTheSheetOrSaysWhyNot(t *testing.T) {
	results := programs.SelfCheck(t, workbookOf(t, base(t)))
	for _, r := range definition.Rules {
		word, shown := results[r.Code]
		switch _, formula := sheetWords[word]; {
		case r.Tier() == 1:
			if shown || r.Sheet == "" {
				t.Errorf("%s is about files: shown %v, reason %q", r.Code, shown, r.Sheet)
			}
		case !shown:
			t.Errorf("%s has no line", r.Code)
		case formula == (r.Sheet != ""):
			t.Errorf("%s: result %q, reason %q", r.Code, word, r.Sheet)
		}
	}
}

// example is a fixture on its way into a workbook.
type example struct {
	code string
	edit Edit
	want model.Outcome
}

// typed lists the fixtures that a filler can type into one workbook: no neighbours, nothing that reading has to interpret.
func typed(t *testing.T) []example {
	fixtures := map[string]fixture{}
	readYAML(t, "testdata/fixtures.yaml", &fixtures)
	var out []example
	for _, code := range slices.Sorted(maps.Keys(fixtures)) {
		add := func(cases []ruleCase, want model.Outcome) {
			for _, c := range cases {
				if c.Neighbour != nil || len(c.Reading) > 0 || slices.ContainsFunc(c.Coercions, func(x changed) bool { return x.Kind != "not_applicable" }) {
					continue
				}
				if c.Outcome != "" {
					want = c.Outcome
				}
				out = append(out, example{code, c.Edit, want})
			}
		}
		if definition.Rule(code).Sheet != "" {
			continue
		}
		add(fixtures[code].Valid, model.Pass)
		add(fixtures[code].Invalid, model.Fail)
		add(fixtures[code].Undecided, "")
	}
	return out
}

// group is several examples in one workbook: as many as leave each other alone.
type group struct {
	filling  filling
	examples []example
	outcomes map[string]model.Outcome
}

// groups packs the examples: a spreadsheet program takes its time with each workbook. Those that come out otherwise in company
// are packed anew.
func groups(t *testing.T, rest []example) []*group {
	var out []*group
	for len(rest) > 0 {
		packed := pack(t, rest)
		rest = nil
		for _, g := range packed {
			crowded := g.settle(t)
			if len(g.examples) == 0 {
				t.Fatalf("%s: not even alone is it %s", crowded[0].code, crowded[0].want)
			}
			out, rest = append(out, g), append(rest, crowded...)
		}
	}
	return out
}

// pack puts each example into the first group where it touches nothing that others touch.
func pack(t *testing.T, all []example) []*group {
	var out []*group
	for _, x := range all {
		i := slices.IndexFunc(out, func(g *group) bool {
			return !slices.ContainsFunc(g.examples, func(y example) bool { return y.edit.clashes(x.edit) })
		})
		if i < 0 {
			out = append(out, &group{filling: base(t)})
			i = len(out) - 1
		}
		out[i].examples = append(out[i].examples, x)
	}
	return out
}

// settle judges the group by the engine until all its examples come out as they should, and gives those it had to leave out.
func (g *group) settle(t *testing.T) []example {
	var crowded []example
	for {
		f := base(t)
		for _, x := range g.examples {
			f = f.apply(x.edit, filling{})
		}
		f.Coercions = notApplicableIn(f)
		g.filling, g.outcomes = f, map[string]model.Outcome{}
		for _, o := range run(t, facts(t, definition, f)).outcomes {
			g.outcomes[o.Code] = o.Outcome
		}
		var fits []example
		for _, x := range g.examples {
			if g.outcomes[x.code] == x.want {
				fits = append(fits, x)
			} else {
				crowded = append(crowded, x)
			}
		}
		switch {
		case len(fits) == len(g.examples):
			return crowded
		case len(fits) == 0 && len(g.examples) > 1: // each in another's way: let the first have its own
			crowded = slices.DeleteFunc(crowded, func(x example) bool { return reflect.DeepEqual(x, g.examples[0]) })
			fits = g.examples[:1]
		}
		g.examples = fits
	}
}

// notApplicableIn lists what reading would note of the 不适用 in a filling.
func notApplicableIn(f filling) []changed {
	var out []changed
	for _, field := range slices.Sorted(maps.Keys(f.Values)) {
		if c := cellOf(f.Values[field]); c.status == table.NotApplicable && c.raw == definition.Form.NotApplicable {
			out = append(out, changed{Field: field, Kind: "not_applicable"})
		}
	}
	return out
}

// clashes says whether two edits touch the same value or list.
func (e Edit) clashes(o Edit) bool {
	for field := range e.Set {
		if _, both := o.Set[field]; both {
			return true
		}
	}
	for field := range e.Repeat {
		if _, both := o.Repeat[field]; both {
			return true
		}
	}
	for row := range e.Members {
		if _, both := o.Members[row]; both {
			return true
		}
	}
	whole := func(e Edit) bool { return e.Without != nil || e.Noroster }
	return e.Empty || o.Empty || whole(e) && whole(o) || e.Materials != nil && o.Materials != nil || e.Verifications != nil && o.Verifications != nil
}

// workbookOf is a filling as a workbook.
func workbookOf(t *testing.T, f filling) []byte {
	t.Helper()
	v := blankform.Values{Fields: map[templates.Ref]blankform.Value{}, Records: map[string][]map[string]blankform.Value{}}
	for key, x := range f.Values {
		ref, err := definition.Ref(key, nil)
		if err != nil {
			t.Fatal(err)
		}
		v.Fields[ref] = typedValue(definition.Field(ref.Field), x)
	}
	for block, rows := range map[string][]map[string]any{"members": f.Members, "materials": anyRows(f.Materials), "verifications": anyRows(f.Verifications)} {
		for _, row := range rows {
			cells := map[string]blankform.Value{}
			for column, x := range row {
				field := definition.Field(block + "_" + column)
				if kind := definition.Form.Kind(fmt.Sprint(x)); kind.ID != "" && column == "kind" {
					x = kind.Label
				}
				cells[field.ID] = typedValue(field, x)
			}
			v.Records[block] = append(v.Records[block], cells)
		}
	}
	for _, whole := range slices.Sorted(maps.Keys(f.Explanations)) {
		_, about, _ := strings.Cut(whole, "|")
		v.Records["explanations"] = append(v.Records["explanations"], map[string]blankform.Value{
			"explanations_about": {Text: about}, "explanations_explanation": {Text: f.Explanations[whole]}})
	}
	var b bytes.Buffer
	if err := blankform.Fill(&b, definition, v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func anyRows(rows []map[string]string) []map[string]any {
	var out []map[string]any
	for _, row := range rows {
		cells := map[string]any{}
		for k, x := range row {
			cells[k] = x
		}
		out = append(out, cells)
	}
	return out
}

// typedValue is what a filler would have typed.
func typedValue(f *templates.Field, x any) blankform.Value {
	switch v := x.(type) {
	case nil:
		return blankform.Value{}
	case map[string]any:
		if v["value"] == nil {
			return blankform.Value{Text: fmt.Sprint(v["raw"])}
		}
		x = v["value"]
	case bool:
		boxes, yesNo := definition.Form.Confirm, definition.Form.YesNo
		words := []string{boxes.Unchecked, boxes.Checked}
		if f.Type != templates.ConfirmField {
			words = []string{yesNo[1], yesNo[0]}
		}
		return blankform.Value{Text: words[map[bool]int{true: 1}[v]]}
	case string:
		if _, err := time.Parse(time.DateOnly, v); err == nil && f.Type == templates.DateField {
			return blankform.Value{Date: v}
		}
		return blankform.Value{Text: v}
	}
	n, err := decimal.NewFromString(fmt.Sprint(x))
	switch {
	case err != nil:
		return blankform.Value{Text: fmt.Sprint(x)}
	case f.Type == templates.NamesField:
		return blankform.Value{Text: strings.TrimSuffix(strings.Repeat("张三、", int(n.IntPart())), "、")}
	}
	return blankform.Value{Number: &n}
}

func TestSheetAndEngineAgree(t *testing.T) {
	programs.OnlyInCI(t) // LibreOffice calculates
	all := groups(t, typed(t))
	books := map[string][]byte{}
	n := 0
	for i, g := range all {
		books[fmt.Sprintf("%03d.xlsx", i)] = workbookOf(t, g.filling)
		n += len(g.examples)
	}
	t.Logf("%d fixtures in %d workbooks", n, len(all))
	recalculated := recalculate(t, books)
	for i, g := range all {
		name := fmt.Sprintf("%03d.xlsx", i)
		was, is := programs.SelfCheck(t, books[name]), programs.SelfCheck(t, recalculated[name])
		for code, outcome := range g.outcomes {
			if definition.Rule(code).Sheet != "" {
				continue
			}
			if is[code] != was[code] {
				t.Errorf("%s %s: written %q, recalculated %q", name, code, was[code], is[code])
			}
			if sheetWords[is[code]] != outcome {
				t.Errorf("%s %s: the sheet says %q, the engine %s; %s", name, code, is[code], outcome, g.about())
			}
		}
	}
}

// recalculate gives the workbooks as a spreadsheet program saves them after calculating everything.
func recalculate(t *testing.T, books map[string][]byte) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for name, data := range books {
		paths = append(paths, filepath.Join(dir, name))
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	saved := programs.Convert(t, "xlsx", paths...)
	out := map[string][]byte{}
	for name := range books {
		data, err := os.ReadFile(filepath.Join(saved, name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = data
	}
	return out
}

func (g *group) about() string {
	var out []string
	for _, x := range g.examples {
		out = append(out, x.code)
	}
	return strings.Join(out, " ")
}
