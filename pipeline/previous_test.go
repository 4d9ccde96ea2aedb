package pipeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lianheti/templates"
)

// Requirements
//  1. Of a definition that an earlier program kept, what this one cannot load of sheets.yaml and tables.yaml is this one's.
//  2. What it cannot load of the rest is this one's, but for the rubric.

func TestDefinitionOfAnEarlierProgram(t *testing.T) {
	now, err := templates.Load(2024)
	if err != nil {
		t.Fatal(err)
	}
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
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(said), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := templates.LoadDir(dir, 2024); err == nil {
			t.Errorf("%s: loads", what)
		}
		got, err := definitionOf(dir, now)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		own := false
		for _, r := range got.Rules {
			own = own || strings.HasPrefix(r.Title, "从前的")
		}
		if own != c.rules || got.Rubric.Available.String() != "0.5" {
			t.Errorf("%s: own rules %v, available %s", what, own, got.Rubric.Available)
		}
	}
}
