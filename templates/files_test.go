package templates

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode"
)

// copied is the shipped definition as files in a folder.
func copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, shipped); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Requirements
//  1. What is said about a definition names the file that was read, the line, what is wrong in Chinese, and the cure; unknown functions and
//     fields of expressions, too.
func TestProblemsNameTheFileThatWasRead(t *testing.T) {
	for damage, want := range map[[3]string]string{
		{"form.yaml", "title:", "titel:"}:                "不认识的键“titel”",
		{"form.yaml", "version:", "version: [1, 2\nx:"}:  "",
		{"rubric.yaml", "method:", "method: x\nmethod:"}: "已经写过",
		{"rules.yaml", "rules:", "rules:\n\t- x"}:        "",
	} {
		dir := copied(t)
		path := filepath.Join(dir, "2024", damage[0])
		data, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(data), damage[1]) {
			t.Fatal(damage, err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(data), damage[1], damage[2], 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = LoadDir(dir, 2024)
		if err == nil || !strings.Contains(err.Error(), filepath.ToSlash(path)+" 第 ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: said is %v", damage, err)
		}
	}
	for message, want := range map[string]string{
		"unknown name foo (1:1)\n | foo(1)": "没有“foo”这个栏目或函数（第 1 个字符附近）", "did not find expected ',' or ']'": "括号里少了逗号，或括号没有闭合，请补上 ]",
		"cannot construct !!str `zwei` into int": "“zwei”的值类型不对", "cannot construct !!seq into int": "值的类型不对", "不是栏目": "不是栏目",
	} {
		if got := translate(message); got != want {
			t.Errorf("%q is said as %q, want %q", message, got, want)
		}
	}
	if got := translate("whatever it is"); !strings.ContainsFunc(got, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		t.Errorf("said is %q", got)
	}
}

// Requirements
//  1. A definition nested without end, full of references, too large, or a pipe in the place of a file is refused at once, with little memory.
func TestDefinitionIsBounded(t *testing.T) {
	const n = 100000
	nested := func(begin, each string) string { return begin + strings.Repeat(each, n) }
	deep := ""
	for i := range 3000 {
		deep += strings.Repeat(" ", i) + "a:\n"
	}
	for name, text := range map[string]string{
		"brackets": nested("a: ", "["), "braces": nested("a: ", "{a: "), "lines": nested("", "[\n"), "dashes": nested("", "- "), "questions": nested("", "? "), "indents": deep,
		"references": "a: &a [x,x,x]\nb: &b [*a,*a,*a]\n", "large": nested("# ", strings.Repeat("字", 20)), "closed": "a: " + strings.Repeat("[", n) + strings.Repeat("]", n),
	} {
		dir := copied(t)
		if err := os.WriteFile(filepath.Join(dir, "2024", "letters.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		_, err := LoadDir(dir, 2024)
		runtime.ReadMemStats(&after)
		if took, used := time.Since(began), after.TotalAlloc-before.TotalAlloc; err == nil || took > 5*time.Second || used > 1<<30 {
			t.Errorf("%s: %v, %d MB, %.200v", name, took, used>>20, err)
		}
	}
	if runtime.GOOS == "windows" {
		return
	}
	dir := copied(t)
	path := filepath.Join(dir, "2024", "rules.yaml")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("mkfifo", path).Run(); err != nil {
		t.Skip("no mkfifo")
	}
	if _, err := LoadDir(dir, 2024); err == nil || !strings.Contains(err.Error(), "不是普通文件") {
		t.Errorf("a pipe: %v", err)
	}
}

// Requirements
//  1. Whatever is changed in a definition, loading it ends in a definition that can be laid out, each input on a cell of its own, or in problems
//     that name their file.
func FuzzDefinition(f *testing.F) {
	names, err := fs.Glob(shipped, "2024/*.yaml")
	if err != nil || len(names) == 0 {
		f.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, name := range names {
		data, err := fs.ReadFile(shipped, name)
		if err != nil {
			f.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	for i, name := range names {
		if base := path.Base(name); base == "form.yaml" || base == "rules.yaml" || base == "rubric.yaml" { // a definition takes a while to load
			f.Add(uint8(i), uint32(len(files[name].Data)/2), uint16(9), "x: [")
		}
	}
	f.Add(uint8(0), uint32(0), uint16(0), "a: &a [*a, *a]\n")
	f.Fuzz(func(t *testing.T, which uint8, at uint32, cut uint16, text string) {
		name := names[int(which)%len(names)]
		data := files[name].Data
		from := int(at) % len(data)
		to := min(len(data), from+int(cut)%200)
		changed := fstest.MapFS{name: &fstest.MapFile{Data: slices.Concat(data[:from], []byte(text), data[to:])}}
		for _, other := range names {
			if other != name {
				changed[other] = files[other]
			}
		}
		d, err := LoadFS(changed, 2024)
		if err != nil {
			var p *Problem
			if !errors.As(err, &p) || !strings.HasPrefix(p.File, "templates/2024/") || p.What == "" {
				t.Errorf("%s: %v", path.Base(name), err)
			}
			return
		}
		taken := map[string]string{}
		for _, sheet := range d.Layout().Sheets {
			for _, slot := range sheet.Slots {
				cell := strings.Join([]string{sheet.Sheet.Title, string(rune(slot.Row)), string(rune(slot.Col))}, "\x00")
				if other, twice := taken[cell]; twice {
					t.Errorf("%s and %s stand on one cell of %s", other, slot.Field.ID, sheet.Sheet.Title)
				}
				taken[cell] = slot.Field.ID
			}
		}
		for _, rule := range d.Rules {
			if d.Rule(rule.Code) != rule {
				t.Errorf("rule %s is not found by its code", rule.Code)
			}
		}
	})
}
