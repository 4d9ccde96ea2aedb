package main

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lianheti/samples/must"
	"lianheti/samples/programs"
)

// Requirements
//  1. Every command that writes single files × everything that may stand where it writes: what differs is replaced with --overwrite
//     only, what is no plain file never; otherwise exit 2, nothing touched, the file named.
//  2. run × every wrong folder an officer may point it at: exit 2, nothing touched, the file named and the cure told.
//  3. What somebody changed in the results is kept and said.
//  4. A flag without its value takes nothing else for it.

const sampleFolder = "../../../samples/2024"

// command runs the program and gives its exit code and all it said.
func command(args ...string) (int, string) {
	var said bytes.Buffer
	code := Main(append([]string{"lianheti"}, args...), &said, &said)
	return code, said.String()
}

// standing is everything below a folder, the lock left out.
func standing(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || strings.HasSuffix(at, ".lock") || at == dir {
			return err
		}
		out[at] = d.Type().String()
		if d.Type().IsRegular() {
			data, err := os.ReadFile(at)
			out[at] += string(data)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lay puts a file on the disk.
func lay(t *testing.T, at, text string) {
	t.Helper()
	must.Do(t, os.MkdirAll(filepath.Dir(at), 0o755))
	must.Do(t, os.WriteFile(at, []byte(text), 0o644))
}

func TestSingleFilesAreNotOverwritten(t *testing.T) {
	one := filepath.Join(sampleFolder, "福州", "福州经济技术开发区物联网产教联合体.xlsx")
	words := t.TempDir()
	if code, said := command("word", one, "-o", words); code != exitDone {
		t.Fatal(said)
	}
	form, err := filepath.Glob(filepath.Join(words, "*.docx"))
	if err != nil || len(form) != 1 {
		t.Fatal(form, err)
	}
	for name, args := range map[string][]string{
		"blank template": {"template", "--out"},
		"register":       {"template", "--register", "--out"},
		"kit":            {"template", "--city", "福州", "--out"},
		"from word":      {"template", "--from-word", form[0], "--out"},
		"word":           {"word", one, "--out"},
		"experts":        {"experts", one, "--count", "1", "--out"},
		"dictionary":     {"dictionary", "--xlsx"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "kit" {
				programs.OnlyInCI(t) // many workbooks
			}
			run := func(dir string, more ...string) (int, string) {
				to := dir
				if name == "dictionary" {
					to = filepath.Join(dir, "数据字典.xlsx")
				}
				return command(append(append(slices.Clone(args), to), more...)...)
			}
			clean := t.TempDir()
			done, said := run(clean)
			made := standing(t, clean)
			if len(made) != 1 || done == exitUsage || done == exitFailed {
				t.Fatalf("exit %d, %d files: %s", done, len(made), said)
			}
			path := slices.Collect(maps.Keys(made))[0]
			base := filepath.Base(path)
			if code, said := run(clean); code != done || !maps.Equal(standing(t, clean), made) {
				t.Errorf("again: exit %d, %s", code, said)
			}
			for thing, stand := range map[string]func(at string){
				"filled in": func(at string) { lay(t, at, "filled in by somebody") },
				"folder":    func(at string) { lay(t, filepath.Join(at, "x"), "x") },
				"link":      func(at string) { _ = os.Symlink(path, at) },
			} {
				if thing != "filled in" && name != "register" && !programs.InCI() {
					continue
				}
				dir := t.TempDir()
				stand(filepath.Join(dir, base))
				before := standing(t, dir)
				code, said := run(dir)
				if code != exitUsage || !maps.Equal(standing(t, dir), before) || !strings.Contains(said, base) {
					t.Errorf("%s in the way: exit %d, %s", thing, code, said)
				}
				code, said = run(dir, "--overwrite")
				if thing != "filled in" {
					if code != exitUsage || !maps.Equal(standing(t, dir), before) {
						t.Errorf("%s in the way of --overwrite: exit %d, %s", thing, code, said)
					}
				} else if data, err := os.ReadFile(filepath.Join(dir, base)); err != nil || code != done || "----------"+string(data) != made[path] || !strings.Contains(said, "已覆盖") {
					t.Errorf("--overwrite: exit %d, %s", code, said)
				}
			}
		})
	}
}

// inbox makes a folder D with a copy of one prefecture's workbooks in D/in.
func inbox(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must.Do(t, os.CopyFS(filepath.Join(dir, "in"), os.DirFS(filepath.Join(sampleFolder, "莆田"))))
	return dir
}

func TestRunIsPointedAtTheWrongFolder(t *testing.T) {
	d := inbox(t)
	in := filepath.Join(d, "in")
	if code, said := command("run", in, "-o", filepath.Join(d, "out")); code != exitDone {
		t.Fatal(said)
	}
	result := filepath.Join(d, "out", "2024")
	if err := os.CopyFS(filepath.Join(d, "2024"), os.DirFS(in)); err != nil { // originals in a folder named like a year
		t.Fatal(err)
	}
	lay(t, filepath.Join(d, "empty", "readme.txt"), "nothing here")
	lay(t, filepath.Join(d, "plain"), "a file")
	lay(t, filepath.Join(d, "file", "2024"), "a file named like a year")
	lay(t, filepath.Join(d, "stranger", "2024", "账.xlsx"), "somebody's")
	lay(t, filepath.Join(d, "junk", "a.xlsx"), "no workbook")
	if code, said := command("template", "--register", "-o", filepath.Join(d, "reg")); code != exitDone {
		t.Fatal(said)
	}
	register, _ := filepath.Glob(filepath.Join(d, "reg", "*.xlsx"))
	if err := os.Symlink(result, filepath.Join(d, "link")); err != nil {
		t.Skip("no links here")
	}
	_ = os.MkdirAll(filepath.Join(d, "linked"), 0o755)
	_ = os.Symlink(filepath.Join(d, "2024"), filepath.Join(d, "linked", "2024"))
	before := standing(t, d)
	for name, args := range map[string][]string{
		"the originals are the target":       {filepath.Join(d, "2024"), "-o", d},
		"out in the input":                   {in, "-o", filepath.Join(in, "结果")},
		"out is the input":                   {in, "-o", in},
		"input above":                        {d, "-o", filepath.Join(d, "out")},
		"results among the input":            {d, "-o", filepath.Join(t.TempDir(), "out")},
		"input in the target":                {filepath.Join(result, "退回"), "-o", filepath.Join(d, "out")},
		"input through a link":               {filepath.Join(d, "link"), "-o", filepath.Join(d, "out")},
		"a stranger's folder":                {in, "-o", filepath.Join(d, "stranger")},
		"a file named like a year":           {in, "-o", filepath.Join(d, "file")},
		"target is a link":                   {in, "-o", filepath.Join(d, "linked")},
		"out is a file":                      {in, "-o", filepath.Join(d, "plain")},
		"nothing to read":                    {filepath.Join(d, "empty"), "-o", filepath.Join(d, "out")},
		"nothing to read, nothing there":     {filepath.Join(d, "empty"), "-o", filepath.Join(d, "new")},
		"none instead of some":               {filepath.Join(d, "junk"), "-o", filepath.Join(d, "out")},
		"marks in the target":                {in, "-o", filepath.Join(d, "out"), "--marks", filepath.Join(result, "退回")},
		"register in the target":             {in, "-o", filepath.Join(d, "out"), "--register", filepath.Join(result, "省级汇总.xlsx")},
		"target in the previous":             {in, "-o", result, "--previous", result},
		"the register's folder is the input": {filepath.Dir(register[0]), "-o", filepath.Join(d, "reg")},
		"out without a value":                {in, "--out"},
		"out before another flag":            {in, "--out", "--strict"},
		"an empty out":                       {in, "--out", ""},
		"an empty register":                  {in, "-o", filepath.Join(d, "out"), "--register="},
		"an empty previous":                  {in, "-o", filepath.Join(d, "out"), "--previous="},
		"a freeze of blanks":                 {in, "-o", filepath.Join(d, "out"), "--freeze", "  "},
		"no such register":                   {in, "-o", filepath.Join(d, "out"), "--register", filepath.Join(d, "无.xlsx")},
		"no such previous":                   {in, "-o", filepath.Join(d, "out"), "--previous", filepath.Join(d, "无")},
		"a freeze on two lines":              {in, "-o", filepath.Join(d, "out"), "--freeze", "a\nb"},
		"out is a result":                    {in, "-o", result},
		"select none":                        {in, "-o", filepath.Join(d, "out"), "--select", "0"},
		"no such day":                        {in, "-o", filepath.Join(d, "out"), "--date", "2024-02-31"},
	} {
		code, said := command(append([]string{"run"}, args...)...)
		if after := standing(t, d); code != exitUsage || !maps.Equal(after, before) {
			t.Errorf("%s: exit %d, %d things, were %d: %s", name, code, len(after), len(before), said)
		}
	}
	for _, name := range []string{"experts", "audit"} { // single files too are no input of the next run
		for _, out := range []string{in, filepath.Join(in, "新"), filepath.Join(d, "2024", "deep", "er")} {
			code, said := command(name, in, filepath.Join(d, "2024"), "-o", out)
			if code != exitUsage || !maps.Equal(standing(t, d), before) || !strings.Contains(said, "在输入") {
				t.Errorf("%s to %s: exit %d: %s", name, out, code, said)
			}
		}
	}
	if left, err := filepath.Glob("--*"); err != nil || len(left) > 0 {
		t.Errorf("a flag became a folder: %v", left)
	}
}

func TestResultsMayBeReplaced(t *testing.T) {
	d := inbox(t)
	in, out := filepath.Join(d, "in"), filepath.Join(d, "out")
	result := filepath.Join(out, "2024")
	for i, more := range [][]string{nil, {"--previous", result}, {"--definition", filepath.Join(result, "definition")}} {
		if i > 0 { // weights tried and saved
			lay(t, filepath.Join(result, "省级汇总.xlsx"), "changed, time "+strings.Repeat("again ", i))
		}
		code, said := command(append([]string{"run", in, "-o", out}, more...)...)
		if code != exitDone || i > 0 && !strings.Contains(said, "留存为 "+filepath.Join(out, "留存")) {
			t.Fatalf("%v: exit %d, %s", more, code, said)
		}
	}
	if code, said := command("run", "--from", filepath.Join(result, "data"), "-o", out); code != exitDone {
		t.Errorf("from the tables of the results that it replaces: exit %d, %s", code, said)
	}
	kept, err := os.ReadDir(filepath.Join(out, "留存"))
	if err != nil || len(kept) != 2 {
		t.Errorf("kept: %v %v", kept, err)
	}
	if code, said := command("verify", result); code != exitDone {
		t.Error(said)
	}
}

func TestVerifyByRoot(t *testing.T) {
	d := inbox(t)
	_, said := command("run", filepath.Join(d, "in"), "-o", filepath.Join(d, "out"), "--json")
	field := func(name string) string {
		_, rest, _ := strings.Cut(said, `"`+name+`": "`)
		value, _, _ := strings.Cut(rest, `"`)
		return value
	}
	result := filepath.Join(d, "out", "2024")
	for root, want := range map[string]string{field("root"): "（root）", field("data_root")[:16]: "（data_root）", strings.Repeat("0", 64): "两个都不是", field("root")[:4]: "两个都不是"} {
		code, said := command("verify", result, "--root", root)
		if !strings.Contains(said, want) || (code == exitDone) == strings.Contains(want, "不是") {
			t.Errorf("%q: exit %d, %s", root, code, said)
		}
	}
}
