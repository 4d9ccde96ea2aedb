package publish

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestFilesThatCome(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	x := []byte("x")
	// What comes between looking and writing is left alone, and what was written before is named.
	_, err := WriteFiles([]File{{at("a"), x}, {at("b"), x}, {at("b"), []byte("another")}}, false)
	if half, _ := errors.AsType[PartialError](err); !errors.Is(err, errOccupied) || !slices.Equal(half.Written, []string{at("a"), at("b")}) {
		t.Errorf("%v, written: %v", err, half.Written)
	}
	for _, want := range []string{"copy（标注）.xlsx", "copy（标注）（2）.xlsx", "copy（标注）（3）.xlsx"} {
		if got, err := WriteUnique(at("copy（标注）.xlsx"), x); err != nil || got != at(want) {
			t.Errorf("%s: %v", got, err)
		}
	}
	if left := snapshot(t, dir); len(left) != 6 || !strings.HasSuffix(left["b"], "x") {
		t.Errorf("%v", left)
	}
	result(t, at("2024"), "x")
	_ = os.Symlink(at("nowhere"), at("dangling"))
	var refusal Refusal
	if _, err := WriteFiles([]File{{at("2024/a"), []byte("other")}}, true); !errors.As(err, &refusal) {
		t.Errorf("over a result: %v", err)
	}
	for _, folder := range []string{"a", "a/b/c", "dangling", "dangling/x", "2024", "2024/data/new"} {
		if err := CheckFolder(at(folder)); !errors.As(err, &refusal) {
			t.Errorf("%s: %v", folder, err)
		}
	}
}

func TestResultsThroughALink(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "there"), link); err != nil {
		t.Skip("no links here")
	}
	result(t, filepath.Join(dir, "there", "2024"), "x")
	if _, diff, err := Verify(filepath.Join(link, "2024")); err != nil || len(diff) > 0 {
		t.Errorf("below a link: %v %v", diff, err)
	}
	if FindResult(link) == "" {
		t.Error("no result seen behind a link")
	}
	straight := filepath.Join(dir, "straight")
	_ = os.Symlink(filepath.Join(dir, "there", "2024"), straight)
	if _, diff, err := Verify(straight); err != nil || len(diff) > 0 {
		t.Errorf("a link: %v %v", diff, err)
	}
}

// What is named like a lock file and is none is somebody's; what stands where our lock or 留存 belongs is named, not waited for.
func TestNamesAreNoProof(t *testing.T) {
	big := strings.Repeat("a workbook", 1<<10)
	for name, lay := range map[string]func(out string){
		"~$a.xlsx":   func(out string) { put(t, out, "2024/~$a.xlsx", big) },
		".~a.xlsx":   func(out string) { put(t, out, "2024/data/.~a.xlsx", big) },
		".2024.lock": func(out string) { _ = os.Mkdir(filepath.Join(out, ".2024.lock"), 0o755) },
		keptFolder:   func(out string) { put(t, out, keptFolder, "somebody's") },
		"a 管道":       func(out string) { _ = makePipe(filepath.Join(out, ".2024.lock")) },
	} {
		out := t.TempDir()
		result(t, filepath.Join(out, "2024"), "x")
		lay(out)
		before := snapshot(t, out)
		p, err := Begin(out, "2024", nil)
		if err == nil {
			p.Discard()
		}
		var refusal Refusal
		if word := strings.TrimPrefix(name, "a "); runtime.GOOS != "windows" && (!errors.As(err, &refusal) || !strings.Contains(err.Error(), word)) {
			t.Errorf("%s: %v", name, err)
		}
		if !sameMap(before, snapshot(t, out)) {
			t.Errorf("%s: touched", name)
		}
	}
}
