package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Requirements
//  1. Results appear whole, replacing the old ones whole.
//  2. Whatever moment a run was killed at, the next one finds the old results or none, and clears up.
//  3. A second run at the same time says so and stops.
//  4. What can't be published leaves the old results intact.

func begin(t *testing.T, out string) *publication {
	t.Helper()
	p, err := publish(out, "2024")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// state reads what stands in the final place: the text of the one file there, or "" for nothing.
func state(t *testing.T, p *publication) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(p.final, "a"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

func TestResultsAreReplacedWhole(t *testing.T) {
	out := t.TempDir()
	for _, round := range []string{"one", "two"} {
		p := begin(t, out)
		put(t, p.fresh, "a", round)
		if round == "one" {
			put(t, p.fresh, "only in one", "")
		}
		if err := p.publish(); err != nil {
			t.Fatal(err)
		}
		p.discard()
		if state(t, p) != round {
			t.Errorf("after round %s: %q", round, state(t, p))
		}
	}
	left, _ := os.ReadDir(out)
	names := []string{}
	for _, e := range left {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != ".2024.lock 2024" {
		t.Errorf("left behind: %s", got)
	}
	if _, err := os.Stat(filepath.Join(out, "2024", "only in one")); err == nil {
		t.Error("a file of the first round survives in the second")
	}
}

func TestKilledRunsAreRecovered(t *testing.T) {
	for what, c := range map[string]struct {
		final, fresh, old string
		want              string
	}{
		"while writing":                  {"old", "half", "", "old"},
		"while writing, first run":       {"", "half", "", ""},
		"between the two renames":        {"", "new", "old", "old"},
		"before the old is removed":      {"new", "", "old", "new"},
		"while the old is being removed": {"new", "", "half of old", "new"},
	} {
		out := t.TempDir()
		for name, text := range map[string]string{"2024": c.final, ".2024.new": c.fresh, ".2024.old": c.old} {
			if text != "" {
				put(t, filepath.Join(out, name), "a", text)
			}
		}
		p := begin(t, out)
		if got := state(t, p); got != c.want {
			t.Errorf("%s: %q stands, want %q", what, got, c.want)
		}
		if left, _ := os.ReadDir(p.fresh); len(left) != 0 {
			t.Errorf("%s: the new run begins in a folder that holds %v", what, left)
		}
		p.discard()
		if _, err := os.Stat(p.old); err == nil {
			t.Errorf("%s: the old folder is left behind", what)
		}
	}
}

func TestOneRunAtATime(t *testing.T) {
	out := t.TempDir()
	p := begin(t, out)
	if _, err := publish(out, "2024"); !errors.Is(err, ErrBusy) {
		t.Errorf("a second run: %v", err)
	}
	p.discard()
	begin(t, out).discard()
}

func TestFailureLeavesTheOldResults(t *testing.T) {
	out := t.TempDir()
	put(t, filepath.Join(out, "2024"), "a", "old")
	p := begin(t, out)
	put(t, p.fresh, "a", "new")
	put(t, p.final, "~$a", "") // what an open workbook leaves beside itself
	put(t, p.old, "in the way", "")
	err := p.publish()
	p.discard()
	if err == nil || !strings.Contains(err.Error(), "正被打开：a") {
		t.Errorf("the error names the open file: %v", err)
	}
	if cause := Cause(err); !strings.Contains(cause, "旧结果里有文件正被打开") {
		t.Errorf("what to do: %q", cause)
	}
	if state(t, p) != "old" {
		t.Errorf("the old results are %q", state(t, p))
	}
	if _, err := publish(filepath.Join(out, "2024", "a"), "2024"); err == nil {
		t.Error("a file passes for an output folder")
	}
}

func TestVerifyNamesEveryDifference(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		put(t, dir, name, name)
	}
	outputs, err := hashTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&Manifest{Outputs: outputs}).write(dir); err != nil {
		t.Fatal(err)
	}
	if _, diff, err := Verify(dir); err != nil || len(diff) != 0 {
		t.Fatalf("untouched: %v %v", diff, err)
	}
	put(t, dir, "a", "changed")
	put(t, dir, "d", "")
	if err := os.Remove(filepath.Join(dir, "b")); err != nil {
		t.Fatal(err)
	}
	_, diff, err := Verify(dir)
	want := []Difference{{"a", "内容已变"}, {"b", "缺失"}, {"d", "多出"}}
	if err != nil || len(diff) != 3 || diff[0] != want[0] || diff[1] != want[1] || diff[2] != want[2] {
		t.Errorf("%v %v", diff, err)
	}
	if _, _, err := Verify(t.TempDir()); err == nil {
		t.Error("a folder without manifest passes")
	}
}
