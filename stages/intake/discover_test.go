package intake

import (
	"archive/zip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lianheti/stages/model"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Requirements
//  1. Every file of every input is listed once, at any depth, ordered by path, whatever the order of the inputs.
//  2. What is no submission by its name is known as such without being read, and still has a hash.
//  3. Packages are opened: names in UTF-8 or GBK, with either slash, pointing outside or not; what can't be taken out of them says why.
//  4. A workbook under the name of a package is a workbook.
//  5. Links are not followed and nothing but regular files is opened.

// fates reads a folder and gives "path fate code" of every file, in order.
func fates(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	for _, w := range readFolder(t, dir) {
		oneFate(t, w)
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", w.File.Path, w.File.Fate, w.File.Code)))
		if w.File.Code != CodeUnreadable && w.File.Code != CodePackageDamaged && len(w.File.SHA256) != 64 {
			t.Errorf("%s has the hash %q", w.File.Path, w.File.SHA256)
		}
	}
	return out
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestEveryFileHasItsFate(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string][]byte{
		"福州/甲.xlsx":            filled(),
		"福州/深/更深/乙.XLSX":       sparse(),
		"福州/~$甲.xlsx":          []byte("lock"),
		"福州/.~甲.xlsx":          []byte("lock"),
		"福州/Thumbs.db":         []byte("x"),
		"福州/说明.txt":            []byte("x"),
		"福州/盖章件.pdf":           []byte("%PDF-1.4"),
		"旧.xls":                []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 old"),
		"宏.xlsm":               []byte("PK\x03\x04"),
		"表.ods":                []byte("PK\x03\x04"),
		"表.csv":                []byte("a,b"),
		"逗号.xlsx":              []byte("," + strings.Repeat("字", headSize)), // the head ends within a character
		"包.rar":                []byte("Rar!"),
		"空.xlsx":               {},
		"网页.xls":               []byte("<html><table></table></html>"),
		"浏览器存的.zip":            sparse(),
		"文件夹.xlsx/里面.xlsx":     sparse(),
		"扫描.xlsx":              []byte("%PDF-1.4 not a table"),
		"断.xlsx":               sparse()[:len(sparse())/2],
		"desktop.ini":          []byte("x"),
		"__MACOSX/._甲.xlsx":    []byte("x"),
		"名字 带空格\u3000和全角.xlsx": sparse(),
	})
	compare(t, fates(t, dir), []string{
		"__MACOSX/._甲.xlsx ignored LHT-1-051",
		"desktop.ini ignored LHT-1-051",
		"包.rar rejected LHT-1-010",
		"名字 带空格\u3000和全角.xlsx accepted",
		"宏.xlsm rejected LHT-1-018",
		"扫描.xlsx rejected LHT-1-020",
		"文件夹.xlsx/里面.xlsx accepted",
		"断.xlsx rejected LHT-1-005",
		"旧.xls rejected LHT-1-002",
		"浏览器存的.zip accepted",
		"福州/.~甲.xlsx ignored LHT-1-050",
		"福州/Thumbs.db ignored LHT-1-051",
		"福州/~$甲.xlsx ignored LHT-1-050",
		"福州/深/更深/乙.XLSX accepted",
		"福州/甲.xlsx accepted",
		"福州/盖章件.pdf ignored LHT-1-052",
		"福州/说明.txt ignored LHT-1-052",
		"空.xlsx rejected LHT-1-016",
		"网页.xls rejected LHT-1-003",
		"表.csv rejected LHT-1-004",
		"表.ods rejected LHT-1-019",
		"逗号.xlsx rejected LHT-1-004",
	})
}

func TestPackages(t *testing.T) {
	gbk := func(name string) string {
		out, err := simplifiedchinese.GBK.NewEncoder().String(name)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	const encrypted = 1
	inner := putTogether(t, []part{{"里.xlsx", sparse()}})
	damaged := putTogether(t, []part{{"坏.xlsx", sparse()}})
	damaged[len(damaged)/2] ^= 0x40
	dir := t.TempDir()
	put(t, dir, map[string][]byte{
		"gbk.zip": putWith(t, []part{{gbk("龙岩/推荐书（定稿）.xlsx"), sparse()}, {gbk(`龙岩\另一份.xlsx`), filled()}}, func(h *zip.FileHeader) { h.NonUTF8 = true }),
		"utf8.zip": putTogether(t, []part{{"宁德/推荐书.xlsx", sparse()}, {"宁德/套.zip", inner}, {"宁德/读我.txt", []byte("x")}, {"../../外面.xlsx", sparse()},
			{"/绝对.xlsx", sparse()}, {"__MACOSX/._推荐书.xlsx", []byte("x")}, {"目录/", nil}}),
		"pass.zip":  putWith(t, []part{{"密.xlsx", sparse()}}, func(h *zip.FileHeader) { h.Flags |= encrypted }),
		"坏.zip":     damaged,
		"半个.zip":    inner[:len(inner)/2],
		"不是压缩包.zip": []byte("hello"),
	})
	compare(t, fates(t, dir), []string{
		"gbk.zip ignored LHT-1-053",
		"gbk.zip/龙岩/另一份.xlsx accepted",
		"gbk.zip/龙岩/推荐书（定稿）.xlsx accepted",
		"pass.zip ignored LHT-1-053",
		"pass.zip/密.xlsx rejected LHT-1-007",
		"utf8.zip ignored LHT-1-053",
		"utf8.zip/__MACOSX/._推荐书.xlsx ignored LHT-1-051",
		"utf8.zip/外面.xlsx accepted",
		"utf8.zip/宁德/套.zip rejected LHT-1-009",
		"utf8.zip/宁德/推荐书.xlsx accepted",
		"utf8.zip/宁德/读我.txt ignored LHT-1-052",
		"utf8.zip/绝对.xlsx accepted",
		"不是压缩包.zip rejected LHT-1-008",
		"半个.zip rejected LHT-1-008",
		"坏.zip ignored LHT-1-053",
		"坏.zip/坏.xlsx rejected LHT-1-008",
	})
}

func TestLinksAreNotFollowed(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	put(t, outside, map[string][]byte{"外.xlsx": sparse()})
	for link, to := range map[string]string{"零.xlsx": "/dev/zero", "外.xlsx": filepath.Join(outside, "外.xlsx"), "夹": outside, "断.xlsx": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skipf("no links here: %v", err)
		}
	}
	for _, w := range readFolder(t, dir) {
		if w.File.Fate != model.Rejected || w.File.Code != CodeUnreadable {
			t.Errorf("%s: %s %s", w.File.Path, w.File.Fate, w.File.Code)
		}
	}
}

func TestOrderOfInputs(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	put(t, one, map[string][]byte{"甲.xlsx": {1}, "子/乙.xlsx": {2}})
	put(t, two, map[string][]byte{"甲.xlsx": {3}})
	paths := func(inputs ...string) (out []string) {
		sources, err := Discover(inputs)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sources {
			out = append(out, s.Path)
		}
		return out
	}
	file := filepath.Join(two, "甲.xlsx")
	a, b := paths(one, two, file), paths(file, two, one, one)
	if !slices.Equal(a, b) || len(a) != 4 {
		t.Errorf("%v and %v", a, b)
	}
	if got := paths(one); !slices.Equal(got, []string{"子/乙.xlsx", "甲.xlsx"}) {
		t.Errorf("one folder: %v", got)
	}
	if _, err := Discover([]string{filepath.Join(one, "没有")}); err == nil {
		t.Error("an input that isn't there passes")
	}
}
