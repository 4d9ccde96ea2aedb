package intake

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode/utf16"

	"lianheti/samples/programs"
	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"

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
		"福州/~$乙.xlsx":          sparse(), // somebody's name for a workbook
		"福州/.丙.xlsx":           sparse(),
		"福州/~$丁.zip":           putTogether(t, []part{{"丁.xlsx", sparse()}}),
		"福州/~$戊.xlsx":          encrypted(),
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
		"福州/.丙.xlsx accepted",
		"福州/Thumbs.db ignored LHT-1-051",
		"福州/~$丁.zip ignored LHT-1-053",
		"福州/~$丁.zip/丁.xlsx accepted",
		"福州/~$乙.xlsx accepted",
		"福州/~$戊.xlsx accepted",
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
		"pass.zip":            putWith(t, []part{{"密.xlsx", sparse()}}, func(h *zip.FileHeader) { h.Flags |= encrypted }),
		"坏.zip":               damaged,
		"半个.zip":              inner[:len(inner)/2],
		"不是压缩包.zip":           []byte("hello"),
		"空的.zip":              putTogether(t, []part{{"宁德/", nil}}),
		"推荐书.xlsx - 快捷方式.lnk": []byte("L\x00\x00\x00"),
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
		"推荐书.xlsx - 快捷方式.lnk rejected LHT-1-026",
		"空的.zip rejected LHT-1-008",
	})
}

// One bit of a package's directory may make a folder of a file, or end its name as a folder's: it must not vanish.
func TestNothingVanishesFromAPackage(t *testing.T) {
	good := putTogether(t, []part{{"名字X", sparse()}, {"夹/", nil}})
	central := bytes.Index(good, []byte("PK\x01\x02"))
	name := central + 46
	whole := len(readPackage(t, good))
	for at := central; at < name+len("名字X"); at++ {
		for bit := range 8 {
			if bit != at%8 && !programs.InCI() { // one of each byte
				continue
			}
			damaged := bytes.Clone(good)
			damaged[at] ^= 1 << bit
			if local := 30 + len("名字"); at == name+len("名字") { // the name in both places
				damaged[local] ^= 1 << bit
			}
			all := readPackage(t, damaged)
			if refused := len(all) == 1 && all[0].File.Fate == model.Rejected; len(all) < whole && !refused {
				t.Errorf("bit %d of byte %d: only %d of %d files are seen", bit, at-central, len(all), whole)
			}
		}
	}
	for _, name := range []string{"表.xlsx/", `表.xlsx\`} {
		all := readPackage(t, bookWith([]part{{name, sparse()}}))
		if last := all[len(all)-1].File; len(all) != 2 || last.Code != CodePackageDamaged || len(last.SHA256) == 0 && last.NoHash == "" {
			t.Errorf("%s: %d files, %+v", name, len(all), last)
		}
	}
}

// readPackage reads a package and everything in it.
func readPackage(t *testing.T, data []byte) []model.Workbook {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, map[string][]byte{"包.zip": data})
	return readFolder(t, dir)
}

// A refusal says what is the matter, so that its cure helps.
func TestRefusalsSayWhy(t *testing.T) {
	gz := append([]byte("\x1F\x8B\x08\x00"), make([]byte, 100)...)
	tarred := append(make([]byte, 257), "ustar\x0000"...)
	var many []part
	for i := range ooxml.MaxEntries + 1 {
		many = append(many, part{fmt.Sprintf("%d.txt", i), nil})
	}
	none := bookOf(`<worksheet/>`, `<sst/>`, `<styleSheet/>`)
	none = editParts(t, none, "xl/workbook.xml", func(s string) string { return strings.Replace(s, `<sheet name="表" r:id="a"/>`, "", 1) })
	for name, c := range map[string]struct {
		data   []byte
		code   string
		detail string
	}{
		"甲.tar.gz": {gz, CodeOtherArchive, "TAR.GZ"}, "乙.tgz": {gz, CodeOtherArchive, "TGZ"}, "丙.tar": {tarred, CodeOtherArchive, "TAR"}, "丁.cab": {[]byte("MSCF\x00"), CodeOtherArchive, "CAB"},
		"戊.zipx": {[]byte("PK\x03\x04\x14\x00"), CodeOtherArchive, "ZIPX"}, "己.z01": {[]byte("PK\x07\x08PK\x03\x04"), CodeOtherArchive, "分卷"}, "庚.zip.001": {sparse()[:3000], CodeOtherArchive, "分卷"},
		"报送.eml": {[]byte("Subject: x"), "LHT-1-026", "整封邮件"}, "winmail.dat": {[]byte("x"), "LHT-1-026", "整封邮件"},
		"gz.zip": {gz, CodeOtherArchive, "GZ"}, "gz.xlsx": {gz, CodeOtherArchive, "GZ"}, "tar.xlsx": {tarred, CodeOtherArchive, "TAR"},
		"biff2.xlsx": {[]byte("\x09\x00\x04\x00\x02\x00\x10\x00"), CodeOldExcel, ""}, "biff8.xlsx": {[]byte("\x09\x08\x10\x00\x00\x06\x05\x00"), CodeOldExcel, ""},
		"一个字节.xlsx": {[]byte("x"), CodeIncomplete, "只有 1 个字节"}, "文字.xlsx": {[]byte("会议通知"), CodeWebPage, "文本"}, "逗号.xlsx": {[]byte("a,b\n1,2\n"), CodeCSV, ""},
		"2003.xlsx": {[]byte(`<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook><Worksheet><Table/>`), CodeWebPage, "XML"},
		"网页.xlsx":   {[]byte(`<?xml version="1.0"?><html><table/></html>`), CodeWebPage, "HTML"},
		"许多.zip":    {putTogether(t, many), CodePackageMany, "含 2001 个文件，最多 2000 个"}, "没有表.xlsx": {none, CodeNotTemplate, "没有工作表"},
	} {
		dir := t.TempDir()
		put(t, dir, map[string][]byte{name: c.data})
		if all := readFolder(t, dir); len(all) != 1 || all[0].File.Fate != model.Rejected || all[0].File.Code != c.code || all[0].File.Detail != c.detail {
			t.Errorf("%s: %+v", name, all[0].File)
		}
	}
	if got := reasonOf(&fs.PathError{Err: syscall.ENAMETOOLONG}); !strings.Contains(got, "路径太长") {
		t.Errorf("too long a path: %s", got)
	}
}

// What is written oddly and soundly is read.
func TestSoundOddities(t *testing.T) {
	parts := takeApart(t, sent())
	for i, p := range parts {
		switch {
		case p.name == "xl/sharedStrings.xml":
			parts[i].name = "xl/SharedStrings.xml"
		case p.name == "xl/styles.xml":
			var wide []byte
			for _, u := range utf16.Encode([]rune("\ufeff" + strings.Replace(string(p.data), "UTF-8", "UTF-16", 1))) {
				wide = append(wide, byte(u), byte(u>>8))
			}
			parts[i].data = wide
		}
	}
	parts = append(parts, part{"xl/empty.bin", nil})
	sameValues(t, readBytes(putTogether(t, parts)), 0)
	rows := editParts(t, sent(), firstSheet, func(s string) string {
		return strings.Replace(s, "</sheetData>", strings.Repeat("<row/>", ooxml.MaxElements)+"</sheetData>", 1)
	})
	sameValues(t, readBytes(rows), 0)
	full := editParts(t, sent(), firstSheet, func(s string) string {
		return strings.Replace(s, "</sheetData>", strings.Repeat("<row>"+strings.Repeat(`<c s="1"/>`, 25)+"</row>", maxGrid/25)+"</sheetData>", 1)
	})
	if w := readBytes(full); w.File.Code != CodeManyParts || !strings.Contains(w.File.Detail, "整行整列删除") {
		t.Errorf("formats to the bottom: %s %s", w.File.Code, w.File.Detail)
	}
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

func TestTheFolderOneStandsIn(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string][]byte{"福州/甲.xlsx": sparse(), ".~乙.xlsx": []byte("lock"), ".丙": nil})
	t.Chdir(dir)
	got := fates(t, ".")
	compare(t, got, []string{".~乙.xlsx ignored " + CodeLockFile, ".丙 ignored " + CodeSystemFile, "福州/甲.xlsx accepted"})
}
