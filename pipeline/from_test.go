package pipeline

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"lianheti/stages/consolidate"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. With other weights and another rule, a run from the tables gives the tables of a run from the workbooks.
//  2. What is left out is said in the workbook.
//  3. A form or a directory that differs from the one the tables were read with is refused; nothing is published then.

// edited is the shipped definition with one text in one of its files replaced.
func edited(t *testing.T, changes map[string][2]string) *templates.Definition {
	t.Helper()
	files, err := filepath.Glob("../templates/2024/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		if c, ok := changes[name]; ok {
			if !strings.Contains(string(data), c[0]) {
				t.Fatalf("%s does not say %s", name, c[0])
			}
			data = []byte(strings.Replace(string(data), c[0], c[1], 1))
		}
		fsys["2024/"+name] = &fstest.MapFile{Data: data}
	}
	d, err := templates.LoadFS(fsys, 2024)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestScenarioFromTables(t *testing.T) {
	dir, err := published()
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, dataFolder)
	scenario := edited(t, map[string][2]string{
		"rules.yaml":  {"id: missing_required\n    severity: error", "id: missing_required\n    severity: warning"},
		"rubric.yaml": {"draws: 10000", "draws: 500"},
	})
	run := func(o Options) string {
		t.Helper()
		o.Definition, o.Out = scenario, t.TempDir()
		r, err := Run(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		return r.Dir
	}
	read, again := run(Options{Inputs: []string{samplesDir}}), run(Options{From: data})
	files, err := filepath.Glob(filepath.Join(read, dataFolder, "*"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	differs := 0
	for _, path := range files {
		name := filepath.Base(path)
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(again, dataFolder, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is another one when made from the tables: %v", name, err)
		}
		if before, err := os.ReadFile(filepath.Join(data, name)); err == nil && !bytes.Equal(before, want) {
			differs++
		}
	}
	if differs < 4 {
		t.Errorf("the scenario changed only %d files: it proves nothing", differs)
	}

	f, err := excelize.OpenFile(filepath.Join(again, consolidate.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for sheet, want := range map[string]string{"总览": "由数据表重新计算", "联系人": "数据表不含个人信息"} {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, row := range rows {
			text += strings.Join(row, "\t") + "\n"
		}
		if !strings.Contains(text, want) {
			t.Errorf("%s does not say %s: %.200s", sheet, want, text)
		}
	}
}

func TestTablesOfAnotherForm(t *testing.T) {
	dir, err := published()
	if err != nil {
		t.Fatal(err)
	}
	for file, change := range map[string][2]string{"form.yaml": {"label: 联合体负责人", "label: 联合体的负责人"}, "directory.yaml": {"default: 5", "default: 4"}} {
		out := t.TempDir()
		_, err := Run(context.Background(), Options{Definition: edited(t, map[string][2]string{file: change}), From: filepath.Join(dir, dataFolder), Out: out})
		if err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("tables of another %s: %v", file, err)
		}
		if left, _ := filepath.Glob(filepath.Join(out, "*")); len(left) > 1 {
			t.Errorf("published all the same: %v", left)
		}
	}
}
