package templates

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// Requirements
//  1. The labels of indicators and points are the document's, character by character; all are there, in its order.
//  2. What form.yaml calls evidence for a point that figures speak to is used there.
//  3. Points that only words can speak to have no evidence; weights are equal and add up to 100; 7 only deducts.
//  4. A rubric that contradicts itself doesn't load: the problem names the file, the line and the cure.
//  5. Where a definition differs from the one in force is said by file, place and both values.

func TestRubricLabelsAreTheDocuments(t *testing.T) {
	text, err := os.ReadFile("../../shared/reference/work-plan-2024.txt")
	if err != nil {
		t.Skip("the official document is not at hand: ", err)
	}
	_, annex, _ := strings.Cut(string(text), "附件2\n市域产教联合体建设指标")
	annex, _, _ = strings.Cut(annex, "附件3")
	official := regexp.MustCompile(`(?m)^\s*((?:\d\.|联合体近3年).*)$`).FindAllStringSubmatch(annex, -1)
	d, err := Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, i := range d.Rubric().Indicators {
		labels = append(labels, i.Label)
		for _, p := range i.Points {
			labels = append(labels, p.Label)
		}
	}
	if len(labels) != 7+26 || len(official) != len(labels) {
		t.Fatalf("%d labels, %d in the document", len(labels), len(official))
	}
	for i, o := range official {
		if labels[i] != o[1] {
			t.Errorf("label %q, the document says %q", labels[i], o[1])
		}
	}
}

func TestRubricUsesTheFormsEvidence(t *testing.T) {
	d, err := Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	unused := []string{"funding_lead", "funding_members", "funding_other", "staff_total"} // 1.4 looks at the total and at the government's part, 2.4 at the full-time staff
	for _, p := range d.Rubric().Points() {
		used := map[string]bool{}
		for _, e := range p.Evidence {
			for _, r := range e.Expression.Refs {
				used[r.Field] = true
			}
		}
		for _, f := range d.Form.Fields() {
			if f.Numeric() && len(p.Evidence) > 0 && slices.Contains(f.Evidence, p.ID) && !used[f.ID] && !slices.Contains(unused, f.ID) {
				t.Errorf("%s speaks to %s and is not used there", f.ID, p.ID)
			}
		}
	}
}

func TestRubricWeights(t *testing.T) {
	d, err := Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	words := []string{"1.2", "1.3", "2.2", "2.3", "4.3", "6.1", "6.2", "6.3", "7"}
	halves := []string{"1.4", "2.1", "2.4", "3.2", "4.1", "4.2", "5.4"}
	for _, p := range d.Rubric().Points() {
		expert, weight := "0", "4"
		switch {
		case slices.Contains(words, p.ID):
			expert = "1"
		case slices.Contains(halves, p.ID):
			expert = "0.5"
		}
		if p.Deduction {
			weight = "0"
		}
		if p.ExpertShare.String() != expert || p.Weight.String() != weight || p.Deduction != (p.ID == "7") {
			t.Errorf("%s: weight %s, experts %s", p.ID, p.Weight, p.ExpertShare)
		}
		for _, e := range p.Evidence { // what counts stands on the official form and is divided by nothing
			for _, r := range e.Expression.Refs {
				f := d.Field(r.Field)
				if year := d.Form.YearOf(r.Year); e.Counts() && year.ID != "" && !slices.Contains(f.RequiredYears, year.ID) {
					t.Errorf("%s counts %s of %s, which is not on the form", e.ID, f.ID, year.Label)
				}
			}
			if e.Counts() && (e.Kind == GrowthRate || strings.Contains(strings.TrimSuffix(e.Expr, "/ 3"), "/")) {
				t.Errorf("%s counts: %s", e.ID, e.Expr)
			}
		}
	}
}

func TestRubricContradictions(t *testing.T) {
	sound, err := os.ReadFile("2024/rubric.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"promised in a level":   {"'apprentices.last'", "'apprentices.final'", "依据“apprentices_level”的 kind 是 level，与所用年度不合"},
		"actual in a promise":   {"'apprentices.final'", "'apprentices.final - apprentices.last'", "依据“apprentices_commitment”的 kind 是 commitment，与所用年度不合"},
		"growth of one year":    {"employment_rate.last - employment_rate.prior", "employment_rate.last - 50", "依据“employment_rate_growth”的 kind 是 growth，与所用年度不合"},
		"weight of 5":           {"weight: 4\n", "weight: 5\n", "各观测点权重合计为 101，不是100"},
		"no parts":              {"parts: 1}", "parts: -1}", "parts 是 -1。要不小于0"},
		"no unit":               {"unit: 亿元, ", "", "“park_output_level”缺 unit"},
		"target missing":        {"method: target, target: 3, ", "method: target, ", "method 与 target 不配"},
		"id twice":              {"id: school_kinds", "id: park_output_level", "id“park_output_level”重复"},
		"unknown field":         {"park_output.last", "park_outputs.last", "依据“park_output_level”的表达式有误"},
		"a condition":           {"'park_output.last'", "'park_output.last > 0'", "依据“park_output_level”的表达式有误"},
		"deduction with weight": {"weight: 0\n", "weight: 1\n", "观测点 7 只扣分，却有 weight"},
		"experts only":          {"expert_share: 0.5", "expert_share: 1", "evidence 与 expert_share 不配"},
		"gate":                  {"available: 0.6", "available: 60", "available 是 60。要不大于1"},
		"nothing counts":        {"expr: 'demand_reports.last', unit: 个, basis: 联合体整体, kind: level, direction: higher, parts: 3", "expr: 'demand_reports.last', unit: 个, basis: 联合体整体, kind: level, direction: higher, parts: 0", "观测点 4.1 的依据都不计分"},
		"neither way is better": {"'staff_full_time'", "'staff_total'", "better 是 none"},
		"unknown base":          {"size: members", "size: guests", "不在 bases 之列"},
		"a base of one's own":   {"weights_note:", "basis: employees\nweights_note:", "不能作计分的基数"},
		"no spread":             {"  spread: 0.25", "  spread: 25", "spread 是 25。要小于1"},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := fstest.MapFS{}
			files, _ := filepath.Glob("2024/*.yaml")
			for _, f := range files {
				data, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				fsys[filepath.ToSlash(f)] = &fstest.MapFile{Data: data}
			}
			changed := strings.Replace(string(sound), c.old, c.new, 1)
			if changed == string(sound) {
				t.Fatalf("%q is not in the rubric", c.old)
			}
			fsys["2024/rubric.yaml"] = &fstest.MapFile{Data: []byte(changed)}
			if _, err := LoadFS(fsys, 2024); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "templates/2024/rubric.yaml 第 ") {
				t.Errorf("want %q, got %v", c.want, err)
			}
		})
	}
}

func TestDifferences(t *testing.T) {
	d, err := Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	if said := d.Differences(); said != nil {
		t.Errorf("the definition in force differs from itself: %v", said)
	}
	other := *d
	other.Sources, other.Texts = maps.Clone(d.Sources), maps.Clone(d.Texts)
	const name = "2024/rubric.yaml"
	text := "# a remark\n" + string(d.Texts[name])
	other.Texts[name], other.Sources[name] = []byte(text), "other"
	if said := other.Differences(); said != nil {
		t.Errorf("a remark is no difference: %v", said)
	}
	other.Texts[name] = []byte(strings.Replace(text, "  draws: 10000\n", "  draws: 500\n", 1))
	if said := other.Differences(); len(said) != 1 || said[0] != "rubric.yaml robustness/draws（10000→500）" {
		t.Errorf("%v", said)
	}
}

// TestSheetsOfBefore: --previous reads the definitions that earlier programs kept: a key of theirs stays known.
func TestSheetsOfBefore(t *testing.T) {
	d, err := Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	texts := maps.Clone(d.Texts)
	const name, column = "2024/sheets.yaml", "{each: scenarios, width: 8"
	texts[name] = []byte(strings.Replace(string(texts[name]), column, column+", top: true", 1))
	if _, err := LoadTexts(texts, 2024); err != nil || string(texts[name]) == string(d.Texts[name]) {
		t.Error(err)
	}
}

// TestRubricOfBefore: --previous reads the rubric of an earlier version, with the other files as they are now.
func TestRubricOfBefore(t *testing.T) {
	d, err := Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	rubric, err := os.ReadFile("../stages/score/testdata/rubric-ratios.yaml")
	if err != nil {
		t.Fatal(err)
	}
	texts := maps.Clone(d.Texts)
	texts["2024/rubric.yaml"] = rubric
	old, err := LoadTexts(texts, 2024)
	if err != nil {
		t.Fatal(err)
	}
	if !old.Form.CompatibleWith(d.Form) || old.Rubric().Version != 0 {
		t.Error("the definition of before is read as another")
	}
}
