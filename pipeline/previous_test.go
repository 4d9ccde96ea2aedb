package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"lianheti/samples/must"
	"lianheti/stages/check"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. Of a definition that an earlier program kept, what this one cannot load of sheets.yaml and tables.yaml is this one's.
//  2. What it cannot load of the rest is this one's, but for the rubric.

func TestDefinitionOfAnEarlierProgram(t *testing.T) {
	now := must.Get(templates.Load(2024))(t)
	const sheets, rules, rubric = "2024/sheets.yaml", "2024/rules.yaml", "2024/rubric.yaml"
	for what, c := range map[string]struct {
		file, old, new string
		rules          bool // are its own
	}{
		"a sheet of its own": {sheets, "id: mend\n", "id: mended\n", true},
		"an unknown key":     {rules, "rules:", "sorts: 1\nrules:", false},
	} {
		dir := t.TempDir()
		for name, data := range now.Texts {
			said := string(data)
			if name == c.file {
				said = strings.Replace(said, c.old, c.new, 1)
			}
			if name == c.file && said == string(data) {
				t.Fatalf("%s: %q is not there", what, c.old)
			}
			if name == rules {
				said = strings.Replace(said, "title: ", "title: 从前的", 1)
			}
			if name == rubric {
				said = strings.Replace(said, "available: 0.6", "available: 0.5", 1)
			}
			file := filepath.Join(dir, filepath.FromSlash(name))
			must.Do(t, os.MkdirAll(filepath.Dir(file), 0o755))
			must.Do(t, os.WriteFile(file, []byte(said), 0o644))
		}
		if _, err := templates.LoadDir(dir, 2024); err == nil {
			t.Errorf("%s: loads", what)
		}
		got, err := loadEarlierDefinition(dir, now)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		own := false
		for _, r := range got.Rules {
			own = own || strings.HasPrefix(r.Title, "从前的")
		}
		if own != c.rules || got.Rubric().Available.String() != "0.5" {
			t.Errorf("%s: own rules %v, available %s", what, own, got.Rubric().Available)
		}
	}
}

// Requirements
//  1. A field that a later version of the form asks for (since: 2) returns no workbook of an earlier accepted one: verdicts and findings are what they were.
//  2. The outcome says why it was not looked at.
//  3. Without since the workbooks are told to lack it: that is what the key is for.
//  4. since is a version that the form has had.
func TestFieldOfALaterVersion(t *testing.T) {
	const at, field = "            - {id: demand_reports,", "            - {id: toy_figure, label: 试验栏目, group: 人才培养质量, type: integer, unit: 个, better: higher, decimals: 0, extra: true, evidence: [\"4.1\"]"
	load := func(since string) (*templates.Definition, error) {
		files, out := os.DirFS("../templates/2024"), fstest.MapFS{}
		names, _ := filepath.Glob("../templates/2024/*.yaml")
		for _, name := range names {
			data, err := files.(interface {
				ReadFile(string) ([]byte, error)
			}).ReadFile(filepath.Base(name))
			if err != nil {
				t.Fatal(err)
			}
			text := string(data)
			if filepath.Base(name) == "form.yaml" {
				text = strings.Replace(text, at, field+since+"}\n"+at, 1)
				text = strings.Replace(text, "version: 1\naccepts: [1]", "version: 2\naccepts: [1, 2]", 1)
			}
			out["2024/"+filepath.Base(name)] = &fstest.MapFile{Data: []byte(text)}
		}
		return templates.LoadFS(out, 2024)
	}
	if _, err := load(", since: 3"); err == nil || !strings.Contains(err.Error(), "since 3") {
		t.Errorf("a version that is still to come: %v", err)
	}
	b := must.Get(batch())(t)
	judged := func(d *templates.Definition) (*table.Facts, *table.Judgement) {
		sources := must.Get(intake.Discover([]string{filepath.Join(samplesDir, "福州")}))(t)
		facts := must.Get(read(context.Background(), sources, Options{Definition: d}, normalize.Workbook))(t)[0]
		judgement := must.Get(check.Run(facts, check.Known{Alone: true}))(t)
		return facts, judgement
	}
	found := func(j *table.Judgement) (out []string) {
		for x := range j.Findings.All() {
			out = append(out, x.Submission+" "+x.Code+" "+x.Places)
		}
		return out
	}
	_, before := judged(b.d)
	later := must.Get(load(", since: 2"))(t)
	facts, now := judged(later)
	if was, is := strings.Join(found(before), "\n"), strings.Join(found(now), "\n"); facts.Submissions.Len() == 0 || was != is {
		t.Errorf("found:\n%s\nand before:\n%s", is, was)
	}
	for i := range now.Verdicts.Len() {
		if before.Verdicts.Row(i) != now.Verdicts.Row(i) {
			t.Errorf("%+v was %+v", now.Verdicts.Row(i), before.Verdicts.Row(i))
		}
	}
	for form := range facts.Forms {
		if r := (templates.Ref{Field: "toy_figure", Year: b.d.Form.Years[0].Year}); !form.NotAsked(r) {
			t.Errorf("%s: %+v", form.Submission.Submission, form.Observe(r))
		}
	}
	without := must.Get(load(""))(t)
	told := false
	_, asked := judged(without)
	for x := range asked.Findings.All() {
		told = told || x.Severity == model.MustFix && strings.Contains(x.Message+x.Raw+x.Value, "试验栏目")
	}
	if !told {
		t.Error("without since nothing is said of the field: this proves nothing")
	}
}
