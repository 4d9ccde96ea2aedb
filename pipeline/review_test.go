package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lianheti/pipeline/publish"
	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/review"
)

// Requirements
//  1. A run publishes the page for the meeting; verify knows it. A copy that is kept for a meeting has its own, without weights to try.
//  2. What is advised on the page and exported is read by the next run, is part of its data root, and stands on its page.
//  3. Advice on another run is refused, both runs named; so is advice without a previous run.
//  4. The run says where the rubric is another than when the marking workbooks were issued.

// inBrowser has a browser look at, or work with, the page of a run.
func inBrowser(t *testing.T, command string, r *Result, with string) {
	t.Helper()
	t.Log(programs.Run(t, "node", "../stages/review/testdata/browser.cjs", command, filepath.Join(r.Dir, review.FileName), with))
}

func TestAdviceComesBack(t *testing.T) {
	programs.NeedBrowser(t)
	o, dir := handOut(t, 3)
	for n := 1; n <= 3; n++ {
		fill(t, expertFile(dir, n), diligent(n))
	}
	o.Marks, o.Score.Select, o.Freeze = dir, 2, "评审会"
	first := must.Get(Run(context.Background(), o))(t)
	if _, differences, err := publish.Verify(first.Dir); err != nil || len(differences) > 0 {
		t.Error(differences, err)
	}
	trial := `"trial":true`
	if page, kept := pageOf(t, first.Dir, review.FileName), pageOf(t, first.Dir+"-评审会", review.FileName); !strings.Contains(page, trial) || strings.Contains(kept, trial) ||
		!strings.Contains(kept, "会议版 评审会") {
		t.Error("the copy for the meeting is not what it should be")
	}
	if first.Marking.Earlier != nil {
		t.Error(first.Marking.Earlier)
	}
	advice := filepath.Join(t.TempDir(), review.OpinionsFile)
	inBrowser(t, "advise", first, advice)

	o.Freeze, o.Opinions, o.Previous = "", advice, first.Dir
	o.Out = t.TempDir()
	with := must.Get(Run(context.Background(), o))(t)
	inBrowser(t, "shown", with, "上次：不入选（园区主导产业待核实 </script>）")
	if m := with.Manifest; m.Opinions == nil || m.Opinions.Entries != 2 || m.Opinions.SHA256 == "" {
		t.Errorf("%+v", m.Opinions)
	}
	o.Opinions, o.Out = "", t.TempDir()
	without := must.Get(Run(context.Background(), o))(t)
	if without.Manifest.DataRoot == with.Manifest.DataRoot {
		t.Error("the data root does not tell whether there was advice")
	}

	o.Opinions, o.Previous = advice, with.Dir
	_, err := Run(context.Background(), o)
	if err == nil || !strings.Contains(err.Error(), first.Manifest.DataRoot) || !strings.Contains(err.Error(), with.Manifest.DataRoot) {
		t.Errorf("advice on another run: %v", err)
	}
	o.Previous = ""
	if _, err = Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), "--previous") {
		t.Errorf("advice without its run: %v", err)
	}
}

// pageOf gives a published file.
func pageOf(t *testing.T, dir, name string) string {
	t.Helper()
	data := must.Get(os.ReadFile(filepath.Join(dir, name)))(t)
	return string(data)
}
