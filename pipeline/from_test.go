package pipeline

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/check"
	"lianheti/stages/consolidate"
	"lianheti/stages/model"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. With other weights and another rule, a run from the tables gives the tables of a run from the workbooks, those about the changes
//     since an earlier run too.
//  2. What is left out is said in the workbook.
//  3. A form or a directory that differs from the one the tables were read with is refused; nothing is published then.

// edited is the shipped definition with texts in its files replaced: old and new by turns, each where it stands first.
func edited(t *testing.T, changes map[string][]string) *templates.Definition {
	t.Helper()
	files := must.Get(filepath.Glob("../templates/2024/*.yaml"))(t)
	fsys := fstest.MapFS{}
	for _, path := range files {
		data := must.Get(os.ReadFile(path))(t)
		name := filepath.Base(path)
		for c := range slices.Chunk(changes[name], 2) {
			if !strings.Contains(string(data), c[0]) {
				t.Fatalf("%s does not say %s", name, c[0])
			}
			data = []byte(strings.Replace(string(data), c[0], c[1], 1))
		}
		fsys["2024/"+name] = &fstest.MapFile{Data: data}
	}
	d := must.Get(templates.LoadFS(fsys, 2024))(t)
	return d
}

func TestScenarioFromTables(t *testing.T) {
	programs.OnlyInCI(t) // several runs from tables
	dir := must.Get(published())(t)
	data := filepath.Join(dir, dataFolder)
	scenario := edited(t, map[string][]string{
		"rules.yaml":  {"severity: error\n    check: required\n    explained: [integer, decimal, percent]", "severity: warning\n    check: required"},
		"rubric.yaml": {"draws: 10000", "draws: 500"},
	})
	run := func(o Options) string {
		t.Helper()
		o.Definition, o.Out, o.Previous = scenario, t.TempDir(), dir
		r := must.Get(Run(context.Background(), o))(t)
		return r.Dir
	}
	read, again := run(Options{Inputs: []string{samplesDir}}), run(Options{From: data})
	files, err := filepath.Glob(filepath.Join(read, dataFolder, "*.*"))
	text, _ := filepath.Glob(filepath.Join(read, dataFolder, "*", "*"))
	if files = append(files, text...); err != nil || len(files) < 60 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	differs := 0
	for _, path := range files {
		name := must.Get(filepath.Rel(filepath.Join(read, dataFolder), path))(t)
		want := must.Get(os.ReadFile(path))(t)
		got, err := os.ReadFile(filepath.Join(again, dataFolder, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is another one when made from the tables: %v", name, err)
		}
		if before, err := os.ReadFile(filepath.Join(data, name)); err == nil && !bytes.Equal(before, want) {
			differs++
		}
	}
	if before, err := os.ReadFile(filepath.Join(data, "changes.parquet")); err != nil || sameFile(t, before, filepath.Join(again, dataFolder, "changes.parquet")) {
		t.Errorf("there are no changes to compare: %v", err)
	}
	if differs < 4 {
		t.Errorf("the scenario changed only %d files: it proves nothing", differs)
	}

	f := must.Get(excelize.OpenFile(filepath.Join(again, consolidate.FileName)))(t)
	defer f.Close()
	if _, err := os.Stat(filepath.Join(again, consolidate.ContactsFile)); err == nil {
		t.Error("there are contacts, which no table holds")
	}
	for sheet, want := range map[string]string{"总览": "由数据表重新计算"} {
		rows := must.Get(f.GetRows(sheet))(t)
		text := ""
		for _, row := range rows {
			text += strings.Join(row, "\t") + "\n"
		}
		if !strings.Contains(text, want) {
			t.Errorf("%s does not say %s: %.200s", sheet, want, text)
		}
	}
}

func sameFile(t *testing.T, want []byte, path string) bool {
	t.Helper()
	got := must.Get(os.ReadFile(path))(t)
	return bytes.Equal(got, want)
}

func TestTablesOfAnotherForm(t *testing.T) {
	dir := must.Get(published())(t)
	for file, change := range map[string][]string{"form.yaml": {"label: 联合体负责人", "label: 联合体的负责人"}, "directory.yaml": {"default: 5", "default: 4"}} {
		out := t.TempDir()
		_, err := Run(context.Background(), Options{Definition: edited(t, map[string][]string{file: change}), From: filepath.Join(dir, dataFolder), Out: out})
		if err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("tables of another %s: %v", file, err)
		}
		if left, _ := filepath.Glob(filepath.Join(out, "*")); len(left) > 1 {
			t.Errorf("published all the same: %v", left)
		}
	}
}

// Marks that are read back say what became of them; scored again they come to the same.
func TestMarksFromTables(t *testing.T) {
	round, _ := samplesRound(t)
	facts := round.Facts
	judgement := must.Get(check.Run(facts, check.Known{}))(t)
	var given []table.Mark
	for e := range 5 {
		for s := range facts.Submissions.All() {
			for i, p := range facts.Definition.Rubric().Points() {
				m := table.Mark{Expert: string(rune('A' + e)), Submission: s.Submission, Point: p.ID, Kind: table.MarkPoint,
					Value: table.Some(float64((i*7+e*13+len(s.Consortium))%11) / 2), Status: table.MarkCounted, File: string(rune('A'+e)) + ".xlsx", Sheet: s.Submission, Cell: model.CellName(i+9, 3)}
				if i%3 == 0 {
					m.Note = "读时的话"
				}
				given = append(given, m)
			}
		}
	}
	var files []table.File
	for e := range 5 {
		files = append(files, table.File{Role: table.RoleMarks, Path: string(rune('A'+e)) + ".xlsx", Fate: model.Accepted})
	}
	marking := table.Marking{Marks: table.Of(given), Files: table.Of(files)}
	before := facts.Files.Len()
	first := must.Get(score.Run(facts, judgement, marking, score.Options{Draws: 50}))(t)
	tables := must.Get(table.Published(&table.Round{Facts: facts, Judgement: judgement, Marking: marking, Ranking: first, Changes: table.Of[table.Change](nil)}))(t)
	records := map[string]arrow.Record{}
	for _, n := range tables {
		records[n.Name] = n.Record()
	}
	again := must.Get(table.Restore(facts.Definition, records))(t)
	if again.Facts.Files.Len() != before || again.Marking.Files.Len() != 5 {
		t.Errorf("%d files and %d of experts came back of %d and 5", again.Facts.Files.Len(), again.Marking.Files.Len(), before)
	}
	second := must.Get(score.Run(again.Facts, judgement, again.Marking, score.Options{Draws: 50}))(t)
	dropped := 0
	for m := range first.Marks.All() {
		if m.Status == table.MarkDropped {
			dropped++
		}
	}
	if dropped == 0 {
		t.Error("no mark was dropped: this proves nothing")
	}
	if !slices.Equal(slices.Collect(first.Marks.All()), slices.Collect(second.Marks.All())) || !slices.Equal(slices.Collect(first.Ranking.All()), slices.Collect(second.Ranking.All())) {
		t.Error("marks and ranking are others when scored from the tables")
	}
}
