package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/blankform"
	"lianheti/stages/consolidate"
	"lianheti/stages/export"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v4"
)

// recipe is one of README's, as an edit of the definition and what comes of it: see testdata/recipes.yaml.
type recipe struct {
	Recipe                       string
	Year                         int // 0: that of the samples
	Edits                        []struct{ File, Old, New string }
	Loads, Runs                  string // what is said where the definition does not load, or a run does not begin
	Column, Finding, Sheet, Says string
	SelfCheck                    bool `yaml:"self_check"`
	Moved                        bool
}

// Requirements
//  1. Each recipe of README is followed on a copy of the definition, and gives what it promises without a line of Go; a slip on the way stops
//     with words that name it.
//  2. Every recipe that README has is followed here, and every task that it names exists.
func TestRecipes(t *testing.T) {
	data := must.Get(os.ReadFile("testdata/recipes.yaml"))(t)
	var recipes []recipe
	must.Do(t, yaml.Load(data, &recipes, yaml.WithKnownFields()))
	readme, tasks := string(read1(t, "../README.md")), string(read1(t, "../Taskfile.yml"))
	followed := map[string]bool{}
	for i, r := range recipes {
		followed[r.Recipe] = true
		t.Run(fmt.Sprint(i+1, r.Recipe), func(t *testing.T) {
			if r.Loads == "" && i%3 > 0 { // those that run
				programs.OnlyInCI(t)
			}
			r.follow(t)
		})
	}
	for _, m := range regexp.MustCompile(`(?m)^### (配方.*)$`).FindAllStringSubmatch(readme, -1) {
		if !followed[m[1]] && !strings.Contains(m[1], "升级") { // a library's new version is no edit of the definition
			t.Errorf("nobody follows %s", m[1])
		}
		delete(followed, m[1])
	}
	if len(followed) > 0 {
		t.Errorf("README has no recipes %v", slices.Sorted(maps.Keys(followed)))
	}
	for _, m := range regexp.MustCompile("`task ([a-z]+)`").FindAllStringSubmatch(readme, -1) {
		if !strings.Contains(tasks, "\n  "+m[1]+":\n") {
			t.Errorf("README names a task that is not there: %s", m[1])
		}
	}
}

func read1(t *testing.T, path string) []byte {
	t.Helper()
	data := must.Get(os.ReadFile(path))(t)
	return data
}

func (r recipe) follow(t *testing.T) {
	year := max(r.Year, 2024)
	dir := t.TempDir()
	into := filepath.Join(dir, fmt.Sprint(year))
	if r.Year == 0 {
		must.Do(t, os.CopyFS(into, os.DirFS("../templates/2024")))
	}
	for _, e := range r.Edits {
		path := filepath.Join(into, e.File)
		text := e.New
		if e.Old != "" {
			was := string(read1(t, path))
			if strings.Count(was, e.Old) != 1 {
				t.Fatalf("%s stands %d times in %s", e.Old, strings.Count(was, e.Old), e.File)
			}
			text = strings.Replace(was, e.Old, e.New, 1)
		}
		put(t, into, e.File, text)
	}
	d, err := templates.LoadDir(dir, year)
	if r.Loads != "" {
		if err == nil || !strings.Contains(err.Error(), r.Loads) {
			t.Errorf("loading says %v, not %s", err, r.Loads)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var blank, dictionary bytes.Buffer
	must.Do(t, blankform.Template(&blank, d))
	if _, shown := programs.SelfCheck(t, blank.Bytes())[r.Finding]; r.SelfCheck && !shown {
		t.Error("not in the self-check")
	}
	if err := export.DictionaryMarkdown(&dictionary, d); err == nil && !strings.Contains(dictionary.String(), r.Says) {
		t.Errorf("the dictionary does not say %s", r.Says)
	}
	if r.Year == 0 {
		r.run(t, d)
	}
}

// run looks at what a run makes of samples under the definition.
func (r recipe) run(t *testing.T, d *templates.Definition) {
	made, err := Run(context.Background(), Options{Definition: d, Inputs: []string{filepath.Join(samplesDir, "福州")}, Out: t.TempDir()})
	if r.Runs != "" {
		if err == nil || !strings.Contains(err.Error(), r.Runs) {
			t.Errorf("running says %v, not %s", err, r.Runs)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	records := must.Get(export.Read(filepath.Join(made.Dir, dataFolder)))(t)
	if name, column, ok := strings.Cut(r.Column, "."); ok && len(records[name].Schema().FieldIndices(column)) != 1 {
		t.Errorf("no column %s", r.Column)
	}
	round := must.Get(table.Restore(d, records))(t)
	found := func(x table.Finding) bool { return x.Code == r.Finding }
	if r.Finding != "" && !slices.ContainsFunc(slices.Collect(round.Findings.All()), found) {
		t.Errorf("no finding %s", r.Finding)
	}
	if r.Moved && made.Ranking.Ranking.Row(0).Total == undisturbed(t) {
		t.Error("no total moved")
	}
	if r.Sheet != "" {
		f := must.Get(excelize.OpenFile(filepath.Join(made.Dir, consolidate.AppendixFile)))(t)
		defer f.Close()
		if !slices.Contains(f.GetSheetList(), r.Sheet) {
			t.Errorf("no sheet %s among %v", r.Sheet, f.GetSheetList())
		}
	}
}

// undisturbed is the first total under the shipped definition.
func undisturbed(t *testing.T) float64 {
	t.Helper()
	b := must.Get(batch())(t)
	made := must.Get(Run(context.Background(), Options{Definition: b.d, Inputs: []string{filepath.Join(samplesDir, "福州")}, Out: t.TempDir()}))(t)
	return made.Ranking.Ranking.Row(0).Total
}
