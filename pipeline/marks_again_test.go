package pipeline

import (
	"context"
	"lianheti/pipeline/publish"
	"lianheti/samples/must"
	"lianheti/samples/programs"
	"path/filepath"
	"strings"
	"testing"
)

// Requirements
//  1. The same workbooks and the same marks give the same bytes.
//  2. A run from the tables of a run with marks gives the same tables: the marks stand in them.

func TestMarksAgain(t *testing.T) {
	programs.OnlyInCI(t) // several runs with marks
	o, dir := handOut(t, 3)
	for n := 1; n <= 3; n++ {
		fill(t, expertFile(dir, n), diligent(n))
	}
	o.Marks = dir
	run := func(o Options) *Result {
		t.Helper()
		o.Out = t.TempDir()
		r := must.Get(Run(context.Background(), o))(t)
		return r
	}
	first, second := run(o), run(o)
	if len(first.Manifest.Outputs) != len(second.Manifest.Outputs) {
		t.Errorf("%d files, and %d the second time", len(first.Manifest.Outputs), len(second.Manifest.Outputs))
	}
	want := map[string]publish.Output{}
	for _, f := range first.Manifest.Outputs {
		want[f.Path] = f
	}
	for _, f := range second.Manifest.Outputs {
		if f != want[f.Path] {
			t.Errorf("%s is another one the second time", f.Path)
		}
	}
	if !first.Ranking.Ranking.Row(0).Complete {
		t.Fatal("the marks do not count: this proves nothing")
	}

	o.Inputs, o.Marks, o.From = nil, "", filepath.Join(first.Dir, dataFolder)
	tables := 0
	for _, f := range run(o).Manifest.Outputs {
		if strings.HasPrefix(f.Path, dataFolder+"/") {
			tables++
			if f != want[f.Path] {
				t.Errorf("%s is another one from the tables", f.Path)
			}
		}
	}
	if tables < 20 {
		t.Errorf("only %d tables", tables)
	}
}
