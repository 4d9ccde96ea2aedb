package publish

import (
	"errors"
	"io/fs"
	"lianheti/samples/must"
	"lianheti/stages/model"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// Requirements
//  1. Results appear whole, replacing the old ones whole.
//  2. Whatever moment a run was killed at, the next one finds the old results or none, and clears up; it says what it found.
//  3. A second run at the same time says so and stops.
//  4. What can't be published leaves the old results intact.
//  5. What is not provably ours is neither replaced nor removed, nor is what the run reads, whatever it is and wherever: see
//     TestNothingOfOthersIsTouched, which puts everything everywhere.
//  6. A result that somebody changed is kept and said, once.
//  7. Verify names what differs, follows no link and opens no pipe; the manifest itself is protected.

func begin(t *testing.T, out string, reads ...ReadPath) *Target {
	t.Helper()
	p := must.Get(Begin(out, "2024", reads))(t)
	return p
}

func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	at := filepath.Join(dir, name)
	must.Do(t, os.MkdirAll(filepath.Dir(at), 0o755))
	must.Do(t, os.WriteFile(at, []byte(text), 0o644))
	return at
}

// result makes a folder of results of ours with one file a that says this, and one below a folder.
func result(t *testing.T, dir, text string) {
	t.Helper()
	put(t, dir, "a", text)
	put(t, dir, "data/b", "b of "+text)
	must.Do(t, (&Manifest{Year: 2024, Version: Version}).Seal(dir))
}

// run publishes results that say this.
func run(t *testing.T, out, text string, reads ...ReadPath) *Target {
	t.Helper()
	p := begin(t, out, reads...)
	result(t, p.Temp, text)
	must.Do(t, p.Publish())
	p.Discard()
	return p
}

// state reads the text of the results in the final place, or "" for nothing.
func state(t *testing.T, p *Target) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(p.Final, "a"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

// snapshot is everything below a folder: what it is and what it holds. The lock is left out: taking it harms nobody.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || strings.HasSuffix(at, ".lock") {
			return err
		}
		rel, _ := filepath.Rel(dir, at)
		out[rel] = d.Type().String()
		if d.Type().IsRegular() {
			data, err := os.ReadFile(at)
			out[rel] += string(data)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestResultsAreReplacedWhole(t *testing.T) {
	out := t.TempDir()
	p := begin(t, out)
	put(t, p.Temp, "only in one", "")
	result(t, p.Temp, "one")
	must.Do(t, p.Publish())
	p.Discard()
	put(t, p.Final, "Thumbs.db", "") // what Windows and office programs leave
	put(t, p.Final, "data/~$b", "")
	p = run(t, out, "two")
	if state(t, p) != "two" || len(p.Kept)+len(p.Notes) > 0 {
		t.Errorf("%q stands; %v %v", state(t, p), p.Kept, p.Notes)
	}
	left, _ := os.ReadDir(out)
	names := []string{}
	for _, e := range left {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != ".2024.lock 2024" {
		t.Errorf("left behind: %s", got)
	}
	if _, diff, err := Verify(p.Final); err != nil || len(diff) > 0 {
		t.Errorf("%v %v", diff, err)
	}
}

func TestKilledRunsAreRecovered(t *testing.T) {
	for what, c := range map[string]struct {
		final, fresh, old string
		want              string
		said              string
	}{
		"while writing":                  {"old", "half", "", "old", ""},
		"while writing, first run":       {"", "half", "", "", ""},
		"between the two renames":        {"", "new", "old", "old", "已从"},
		"before the old is removed":      {"new", "", "old", "new", ""},
		"while the old is being removed": {"new", "", "half of old", "new", ""},
	} {
		out := t.TempDir()
		for name, text := range map[string]string{"2024": c.final, ".2024.new": c.fresh, ".2024.old": c.old} {
			dir := filepath.Join(out, name)
			switch {
			case text == "half":
				put(t, dir, markerName, "")
				put(t, dir, "a", text)
			case text != "":
				result(t, dir, text)
			}
			if text == "half of old" {
				must.Do(t, os.Remove(filepath.Join(dir, "a")))
			}
		}
		if c.final == "" && c.old != "" {
			if _, _, err := Verify(filepath.Join(out, "2024")); err == nil || !strings.Contains(err.Error(), ".2024.old") {
				t.Errorf("%s: verify does not say where the old results are: %v", what, err)
			}
		}
		p := begin(t, out)
		if got := state(t, p); got != c.want {
			t.Errorf("%s: %q stands, want %q", what, got, c.want)
		}
		if said := strings.Join(p.Notes, ""); c.said == "" && said != "" || !strings.Contains(said, c.said) {
			t.Errorf("%s: %q is said", what, said)
		}
		if left, _ := os.ReadDir(p.Temp); len(left) != 1 {
			t.Errorf("%s: the new run begins in a folder that holds %v", what, left)
		}
		p.Discard()
		if _, err := os.Stat(p.old); err == nil {
			t.Errorf("%s: the old folder is left behind", what)
		}
	}
}

func TestOneRunAtATime(t *testing.T) {
	out := t.TempDir()
	p := begin(t, out)
	if _, err := Begin(out, "2024", nil); !errors.Is(err, ErrBusy) {
		t.Errorf("a second run: %v", err)
	}
	p.Discard()
	begin(t, out).Discard()
}

func TestFailureLeavesTheOldResults(t *testing.T) {
	out := t.TempDir()
	run(t, out, "old")
	p := begin(t, out)
	result(t, p.Temp, "new")
	put(t, p.Final, "~$a", "") // what an open workbook leaves beside itself
	result(t, p.old, "in the way")
	err := p.Publish()
	p.Discard()
	if err == nil || !strings.Contains(err.Error(), "正被打开：a") {
		t.Errorf("the error names the open file: %v", err)
	}
	if cause := Advice(err); !strings.Contains(cause, "旧结果里有文件正被打开") {
		t.Errorf("what to do: %q", cause)
	}
	if state(t, p) != "old" {
		t.Errorf("the old results are %q", state(t, p))
	}
	var refusal Refusal
	if _, err := Begin(filepath.Join(out, "2024", "a"), "2024", nil); !errors.As(err, &refusal) {
		t.Errorf("a file passes for an output folder: %v", err)
	}
	if _, err := Begin(" ", "2024", nil); !errors.As(err, &refusal) {
		t.Errorf("no output folder: %v", err)
	}
}

// Everything that may stand where we write × every place where we write.
// A run that is refused after it began leaves no folder where there was none, and every folder that was there.
func TestARefusedRunLeavesNothing(t *testing.T) {
	root := t.TempDir()
	for _, out := range []string{filepath.Join(root, "a", "b"), root} {
		run := must.Get(Begin(out, "2024", nil))(t)
		run.Discard()
	}
	left, err := os.ReadDir(root)
	if err != nil || len(left) != 1 || left[0].Name() != ".2024.lock" {
		t.Errorf("%v, %v", left, err)
	}
}

func TestNothingOfOthersIsTouched(t *testing.T) {
	things := map[string]func(t *testing.T, at string){
		"a file":                 func(t *testing.T, at string) { put(t, filepath.Dir(at), filepath.Base(at), "a letter") },
		"a stranger's folder":    func(t *testing.T, at string) { put(t, at, "申报.xlsx", "an original") },
		"another program's json": func(t *testing.T, at string) { put(t, at, ManifestName, `{"year": 2024, "name": "x"}`) },
		"a link": func(t *testing.T, at string) {
			to := filepath.Join(t.TempDir(), "elsewhere")
			result(t, to, "elsewhere")
			if err := os.Symlink(to, at); err != nil {
				t.Skip("no links here")
			}
		},
		"a dangling link": func(t *testing.T, at string) { _ = os.Symlink(filepath.Join(t.TempDir(), "nowhere"), at) },
		"results and a note": func(t *testing.T, at string) {
			result(t, at, "old")
			put(t, at, "笔记.docx", "notes of the meeting")
		},
		"results and a folder": func(t *testing.T, at string) {
			result(t, at, "old")
			put(t, at, "data/mine/x", "mine")
		},
		"results and an empty folder": func(t *testing.T, at string) {
			result(t, at, "old")
			_ = os.Mkdir(filepath.Join(at, "新建文件夹"), 0o755)
		},
		"results and a link": func(t *testing.T, at string) {
			result(t, at, "old")
			_ = os.Symlink(put(t, t.TempDir(), "x", ""), filepath.Join(at, "x"))
		},
		"a result replaced by a link": func(t *testing.T, at string) {
			result(t, at, "old")
			_ = os.Remove(filepath.Join(at, "a"))
			_ = os.Symlink(put(t, t.TempDir(), "x", ""), filepath.Join(at, "a"))
		},
		"results with another manifest": func(t *testing.T, at string) {
			result(t, at, "old")
			data, _ := os.ReadFile(filepath.Join(at, ManifestName))
			put(t, at, ManifestName, strings.Replace(string(data), `"year": 2024`, `"year": 2023`, 1))
		},
		"a pipe": func(t *testing.T, at string) {
			result(t, at, "old")
			if err := makePipe(filepath.Join(at, "pipe")); err != nil {
				t.Skip(err)
			}
		},
	}
	for name, thing := range things {
		for _, place := range []string{"2024", ".2024.old", ".2024.new"} {
			if place == ".2024.new" && strings.HasPrefix(name, "results with") {
				continue
			}
			t.Run(name+" at "+place, func(t *testing.T) {
				out := t.TempDir()
				thing(t, filepath.Join(out, place))
				before := snapshot(t, out)
				p, err := Begin(out, "2024", nil)
				var refusal Refusal
				if !errors.As(err, &refusal) {
					t.Fatalf("not refused: %v %v", p, err)
				}
				if after := snapshot(t, out); !sameMap(before, after) {
					t.Errorf("touched: %v, was %v", after, before)
				}
				if !strings.Contains(err.Error(), out) {
					t.Errorf("the message names no file: %v", err)
				}
			})
		}
	}
}

func sameMap(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// Everything that a run reads × where it lies.
func TestWhatIsReadIsNotReplaced(t *testing.T) {
	type c struct {
		path, out string // below a folder that holds results at out/2024, and in/a.xlsx
		whole     bool
		refused   bool
	}
	for name, c := range map[string]c{
		"beside the results":            {"in", "out", false, false},
		"the results":                   {"out/2024", "out", false, true},
		"in the results":                {"out/2024/a", "out", false, true},
		"above the results":             {"out", "out", false, true},
		"far above":                     {".", "out", false, true},
		"above results yet to come":     {"in", "in/sub", false, true},
		"a file beside":                 {"in/a.xlsx", "in", false, false},
		"through a link":                {"link", "out", false, true},
		"results through a linked out":  {"out/2024", "linkedout", false, true},
		"above, read whole":             {".", "out", true, true},
		"the results, read whole":       {"out/2024", "out", true, false},
		"in the results, read whole":    {"out/2024/data", "out", true, false},
		"old results of a killed run":   {"out/.2024.old", "out", false, false},
		"results in it, to come, whole": {"in", "in", true, true},
	} {
		dir := t.TempDir()
		put(t, dir, "in/a.xlsx", "an original")
		result(t, filepath.Join(dir, "out", "2024"), "old")
		_ = os.Symlink(filepath.Join(dir, "out", "2024"), filepath.Join(dir, "link"))
		_ = os.Symlink(filepath.Join(dir, "out"), filepath.Join(dir, "linkedout"))
		p, err := Begin(filepath.Join(dir, c.out), "2024", []ReadPath{{Path: filepath.Join(dir, c.path), Label: "输入", ReadFirst: c.whole}, {Label: "登记表"}})
		var refusal Refusal
		if errors.As(err, &refusal) != c.refused || err != nil && !c.refused {
			t.Errorf("%s: %v", name, err)
		}
		if p != nil {
			p.Discard()
		}
	}
}

func TestChangedResultsAreKept(t *testing.T) {
	out := t.TempDir()
	p := run(t, out, "one")
	put(t, p.Final, "a", "weights tried and saved")
	put(t, p.Final, "省级汇总 副本", "one") // a copy of a result is nobody's work
	p = run(t, out, "two")
	if len(p.Kept) != 1 || p.Kept[0].Path != "a" || state(t, p) != "two" {
		t.Fatalf("%v, %q", p.Kept, state(t, p))
	}
	kept := p.Kept[0].Now
	if data, err := os.ReadFile(kept); err != nil || string(data) != "weights tried and saved" || filepath.Base(kept) != model.Digest(data)[:8]+"-a" {
		t.Errorf("%s: %q %v", kept, data, err)
	}
	put(t, p.Final, "a", "weights tried and saved") // the same again is kept once
	p = run(t, out, "three")
	put(t, filepath.Dir(kept), filepath.Base(kept), "somebody wrote over it")
	put(t, p.Final, "a", "weights tried and saved")
	run(t, out, "four")
	list, _ := os.ReadDir(filepath.Dir(kept))
	if data, _ := os.ReadFile(kept); len(list) != 2 || string(data) != "somebody wrote over it" {
		t.Errorf("%v, %q", list, data)
	}
}

// A manifest as earlier versions wrote it has no hash of its own.
func TestOlderResultsAreReplaced(t *testing.T) {
	out := t.TempDir()
	dir := filepath.Join(out, "2024")
	put(t, dir, "a", "old")
	outputs := must.Get(Outputs(dir))(t)
	put(t, dir, ManifestName, string((&Manifest{Year: 2024, Version: "0.1.0", Outputs: outputs}).encode()))
	if p := run(t, out, "new"); state(t, p) != "new" {
		t.Errorf("%q", state(t, p))
	}
	put(t, t.TempDir(), "x", "")
	other := t.TempDir()
	put(t, filepath.Join(other, "2024"), "a", "something else") // a manifest that knows nothing that stands here
	put(t, filepath.Join(other, "2024"), ManifestName, string((&Manifest{Year: 2024, Version: "0.1.0", Outputs: outputs}).encode()))
	if _, err := Begin(other, "2024", nil); err == nil {
		t.Error("a manifest without a hash, of which no file stands there, proves something")
	}
}

func TestFrozenCopies(t *testing.T) {
	out := t.TempDir()
	p := begin(t, out)
	f := must.Get(PrepareFreeze(out, "2024", "会"))(t)
	result(t, p.Temp, "one")
	for _, step := range []error{f.Copy(p.Temp, Manifest{Year: 2024, Version: Version}, func(string) error { return nil }), p.Publish(), f.Publish(p.Final)} {
		if step != nil {
			t.Fatal(step)
		}
	}
	p.Discard()
	if _, diff, err := Verify(filepath.Join(out, "2024-会")); err != nil || len(diff) > 0 {
		t.Errorf("%v %v", diff, err)
	}
	var refusal Refusal
	if _, err := PrepareFreeze(out, "2024", "会"); !errors.As(err, &refusal) {
		t.Errorf("a frozen copy is made twice: %v", err)
	}
	put(t, filepath.Join(out, ".2024-b.new"), "x", "a stranger's")
	if _, err := PrepareFreeze(out, "2024", "b"); !errors.As(err, &refusal) {
		t.Errorf("a stranger's folder is taken for ours: %v", err)
	}
	f = must.Get(PrepareFreeze(out, "2024", "c"))(t)
	must.Do(t, f.Copy(p.Final, Manifest{Year: 2024, Version: Version}, func(string) error { return nil }))
	put(t, out, "2024-c", "came in the meantime")
	var halfway PartialError
	if err := f.Publish(p.Final); !errors.As(err, &halfway) || halfway.Dir != p.Final {
		t.Errorf("what is said of results without their frozen copy: %v", err)
	}
}

func TestVerifyNamesWhatDiffers(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c", "d", "e/f"} {
		put(t, dir, name, "text of "+name)
	}
	must.Do(t, (&Manifest{Year: 2024, Version: Version}).Seal(dir))
	if _, diff, err := Verify(dir); err != nil || len(diff) != 0 {
		t.Fatalf("untouched: %v %v", diff, err)
	}
	put(t, dir, "a", "changed")
	put(t, dir, "more/than", "there was")
	put(t, dir, "renamed", "text of c")
	want := []Difference{{"a", "内容已变"}, {"b", "缺失"}, {"c", "改名为 renamed"}, {"d", "换成了链接"}, {"more", "多出文件夹"}, {"more/than", "多出"}}
	for _, name := range []string{"b", "c", "d"} {
		must.Do(t, os.Remove(filepath.Join(dir, name)))
	}
	if err := os.Symlink(filepath.Join(dir, "a"), filepath.Join(dir, "d")); err != nil {
		t.Skip("no links here")
	}
	if makePipe(filepath.Join(dir, "pipe")) == nil {
		want = append(want, Difference{"pipe", "多出管道"})
	}
	done := make(chan []Difference)
	go func() { _, diff, _ := Verify(dir); done <- diff }()
	select {
	case diff := <-done:
		if !slices.Equal(diff, want) {
			t.Errorf("%v", diff)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("hangs")
	}
	if _, _, err := Verify(t.TempDir()); err == nil {
		t.Error("a folder without manifest passes")
	}
}

func TestManifestProtectsItself(t *testing.T) {
	for _, change := range [][2]string{{`"year": 2024`, `"year": 2023`}, {`"outputs"`, `"more": 1, "outputs"`}, {"\n}", "\n}\n"}, {`"root": "`, `"root": "0`}, {`{`, `[`}} {
		dir := t.TempDir()
		result(t, dir, "x")
		data := must.Get(os.ReadFile(filepath.Join(dir, ManifestName)))(t)
		changed := strings.Replace(string(data), change[0], change[1], 1)
		if changed == string(data) {
			t.Fatalf("nothing was changed: %v", change)
		}
		put(t, dir, ManifestName, changed)
		if _, _, err := Verify(dir); err == nil {
			t.Errorf("%v passes", change)
		}
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	put(t, dir, "same", "x")
	put(t, dir, "filled in", "somebody's")
	_ = os.Mkdir(at("folder"), 0o755)
	_ = os.Symlink(at("same"), at("link"))
	put(t, dir, "new.new", "somebody's too")
	before := snapshot(t, dir)
	x := []byte("x")
	var refusal Refusal
	for _, in := range []string{"filled in", "folder", "link", "same/below a file"} {
		for _, overwrite := range []bool{false, true} {
			if overwrite && in == "filled in" {
				continue
			}
			if _, err := WriteFiles([]File{{at("new"), x}, {at(in), x}}, overwrite); !errors.As(err, &refusal) || !strings.Contains(err.Error(), dir) {
				t.Errorf("%s: %v", in, err)
			}
		}
	}
	if after := snapshot(t, dir); !sameMap(before, after) {
		t.Errorf("touched: %v", after)
	}
	got, err := WriteFiles([]File{{at("new"), x}, {at("same"), x}, {at("filled in"), x}, {at("deep/er"), x}}, true)
	if want := []WriteStatus{StatusNew, StatusSame, StatusReplaced, StatusNew}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
	if left := snapshot(t, dir); len(left) != len(before)+3 || left["new.new"] != before["new.new"] {
		t.Errorf("%v", left)
	}
}
