package intake

// Requirements
//  1. A filled form with something absurd added costs neither time nor memory: it is refused with a reason, or read with
//     all its values.
//  2. A file is judged by what it holds where its name says otherwise.
//  3. A package whose end was cut off, or that would unpack to more than a disk holds, is refused before it is read.
//  4. A file that makes the program itself fail is refused; an encrypted one with an absurd spin count is not turned for minutes.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lianheti/samples/programs"
	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"

	"github.com/xuri/excelize/v2"
)

func TestOddForms(t *testing.T) {
	append1 := func(before, what string) func(string) string {
		return func(s string) string { return strings.Replace(s, before, what+before, 1) }
	}
	rows := func(n, from int, row func(r int) string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `<row r="%d">%s</row>`, from+i, row(from+i))
		}
		return b.String()
	}
	text := func(at, s string) string { return `<c r="` + at + `" t="inlineStr"><is><t>` + s + `</t></is></c>` }
	const second = "worksheets/sheet3"
	label := definition().Layout().Sheets[1].Slots[0].RowAnchor[0]
	cases := []struct {
		name, part string
		change     func(string) string
		code       string
		loose      int // where it is accepted
	}{
		{"relationships by the hundred thousand", "xl/_rels/workbook.xml.rels", append1("</Relationships>", strings.Repeat(`<Relationship Id="x" Type="y" Target="z"/>`, 200000)), CodeManyParts, 0},
		{"all sheets one content", "xl/workbook.xml", func(s string) string {
			return regexp.MustCompile(`r:id="rId\d+"`).ReplaceAllString(s, `r:id="rId1"`)
		}, CodeDamaged, 0},
		{"names by the ten thousand", "xl/workbook.xml", append1("</definedNames>", strings.Repeat(`<definedName name="x">A!$A$1</definedName>`, maxNames)), CodeManyParts, 0},
		{"styles by the hundred thousand", "xl/styles.xml", append1("</cellXfs>", strings.Repeat(`<xf numFmtId="164"/>`, maxStyles)), CodeManyParts, 0},
		{"one tag of megabytes", second, func(s string) string {
			return strings.Replace(s, "<sheetData>", "<sheetData"+strings.Repeat(` a=""`, 300000)+">", 1)
		}, CodeManyParts, 0},
		{"empty cells by the million", second, append1("</sheetData>", `<row r="2000">`+strings.Repeat(`<c r="A2000"/>`, ooxml.MaxElements)+`</row>`), CodeManyParts, 0},
		{"a cell in the last column of a thousand rows", second, append1("</sheetData>", rows(1000, 2000, func(r int) string { return fmt.Sprintf(`<c r="XFD%d" s="1"/>`, r) })), CodeManyParts, 0},
		{"a cell in the last row", second, append1("</sheetData>", rows(1, maxRow, func(r int) string { return text(fmt.Sprintf("AZ%d", r), "x") })), "", 1},
		{"a cell behind the last row", second, append1("</sheetData>", rows(1, maxRow, func(r int) string { return "" })+`<row><c><v>1</v></c></row>`), CodeDamaged, 0},
		{"a cell behind the last column", second, append1("</sheetData>", `<row r="2000"><c r="XFD2000"/><c><v>1</v></c></row>`), CodeDamaged, 0},
		{"a label a thousand times", "worksheets/sheet", append1("</sheetData>", rows(1000, 2000, func(r int) string { return text(fmt.Sprintf("AZ%d", r), label) })), CodeManyParts, 0},
		{"a text longer than a cell holds", second, append1("</sheetData>", rows(1, 2000, func(int) string { return text("AZ2000", strings.Repeat("字", maxText+1)) })), CodeManyParts, 0},
		{"a text as long as a cell holds", second, append1("</sheetData>", rows(1, 2000, func(int) string { return text("AZ2000", strings.Repeat("𠮷", maxText/2)) })), "", 1},
		{"notes beside the form by the thousand", second, append1("</sheetData>", rows(5000, 2000, func(r int) string { return text(fmt.Sprintf("AZ%d", r), "注") })), "", 5000},
		{"texts by the megabyte", second, append1("</sheetData>", rows(200, 2000, func(r int) string { return text(fmt.Sprintf("AZ%d", r), strings.Repeat("1390000 ", maxText/8)) })), CodeManyParts, 0},
		{"rows of a list by the thousand", "worksheets/sheet", append1("</sheetData>", rows(maxRecords+1, 2000, func(r int) string { return text(fmt.Sprintf("B%d", r), "甲") })), CodeManyParts, 0},
		{"formats behind the styles that use them", "xl/styles.xml", func(s string) string {
			formats := regexp.MustCompile(`(?s)<numFmts.*</numFmts>`).FindString(s)
			return strings.Replace(strings.Replace(s, formats, "", 1), "</styleSheet>", formats+"</styleSheet>", 1)
		}, "", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			data := changeParts(t, sent(), c.part, c.change)
			within1(t, c.name, func() {
				w := readBytes(data)
				became(t, w, c.code, c.loose)
				if n := count(w, CodeLoose); c.code == "" && n != min(c.loose, 1) {
					t.Errorf("%d findings about loose cells", n)
				}
			})
		})
	}
}

func TestContentAgainstName(t *testing.T) {
	dir := t.TempDir()
	docx := putTogether(t, []part{{"[Content_Types].xml", []byte("wordprocessingml")}, {"word/document.xml", []byte("<d/>")}})
	put(t, dir, map[string][]byte{
		"无后缀": filled(), "推荐书.xlsx.download": filled(), "推荐书.xls": filled(), "推荐书.et": filled(), "表.dat": docx, "说明.docx": docx, "图.kmz": putTogether(t, []part{{"a", []byte("b")}}),
		"笔记.txt": []byte("备忘"), "半个.bin": filled()[:len(filled())/2],
	})
	want := map[string]string{"无后缀": "", "推荐书.xlsx.download": "", "推荐书.xls": "", "推荐书.et": "", "表.dat": CodeOtherFile, "说明.docx": CodeOtherFile,
		"图.kmz": CodeOtherFile, "笔记.txt": CodeOtherFile, "半个.bin": CodeIncomplete}
	for _, w := range readFolder(t, dir) {
		oneFate(t, w)
		if w.File.Code != want[w.File.Path] || len(w.File.SHA256) != 64 {
			t.Errorf("%s: %s %q, want %q", w.File.Path, w.File.Fate, w.File.Code, want[w.File.Path])
		}
	}
}

// A workbook that is no submission is handed over cell by cell, and one that can't be read not at all.
func TestCellsOfOtherWorkbooks(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string][]byte{"登记.xlsx": small(t, `<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1" t="str"><v> </v></c></row></sheetData>`, nil), "坏.xlsx": sent()[:5000], "表.xlsx": sent()})
	file, cells := ReadCells(FromDisk(filepath.Join(dir, "登记.xlsx")))
	if file.Fate != model.Accepted || len(cells) != 1 || cells[0].Place != (model.Place{File: "登记.xlsx", Sheet: "表", Cell: "A1"}) {
		t.Errorf("%+v %+v", file, cells)
	}
	if file, cells := ReadCells(FromDisk(filepath.Join(dir, "坏.xlsx"))); file.Code != CodeIncomplete || cells != nil {
		t.Errorf("%+v %+v", file, cells)
	}
	for name, want := range map[string]int{"登记.xlsx": 0, "坏.xlsx": 0, "表.xlsx": 2024} {
		if year := FormYear(FromDisk(filepath.Join(dir, name))); year != want {
			t.Errorf("%s is of %d, want %d", name, year, want)
		}
	}
}

// Requirements of Word files
//  1. The main part and the footers are handed over, wherever they lie, and what is made of them decides.
//  2. What is no Word file of today is refused, and it is said what it is.
func TestWordFiles(t *testing.T) {
	word := func(kind string, more ...part) []byte {
		return putTogether(t, append([]part{{"[Content_Types].xml", []byte(`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/` + kind + `.main+xml"/></Types>`)},
			{"_rels/.rels", []byte(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`)}}, more...))
	}
	const today = "vnd.openxmlformats-officedocument.wordprocessingml.document"
	document := part{"word/document.xml", []byte("<d/>")}
	sound := word(today, document, part{"word/footer1.xml", []byte("<f/>")}, part{"word/footer12.xml", []byte("<g/>")})
	for what, c := range map[string]struct {
		data       []byte
		foreign    string
		err        error
		want, said string // code, and what it says; of an accepted one what was handed over
	}{
		"the form":                {sound, "", nil, "", "<d/> <f/> <g/>"},
		"another document":        {sound, "没有推荐书的表", nil, CodeNotWordForm, "没有推荐书的表"},
		"a document that is torn": {sound, "", damagedError("标签没有结束"), CodeDamaged, "document.xml：标签没有结束"},
		"with macros":             {word("vnd.ms-word.document.macroEnabled", document), "", nil, CodeNotWord, "带宏的文档（.docm）"},
		"a workbook":              {sent(), "", nil, CodeNotWord, "工作簿（.xlsx）"},
		"of OpenOffice":           {word("x", document, part{"mimetype", []byte("application/vnd.oasis.opendocument.text")}), "", nil, CodeNotWord, "ODF 文档（.odt）"},
		"another package":         {word("x", document), "", nil, CodeNotWord, "别的压缩文件"},
		"without its main part":   {word(today), "", nil, CodeNotWord, "别的压缩文件"},
		"a page of the web":       {[]byte("<html><body>推荐书</body></html>"), "", nil, CodeNotWord, "网页或文本"},
		"nothing":                 {nil, "", nil, CodeEmpty, ""},
	} {
		dir, handed := t.TempDir(), []string(nil)
		put(t, dir, map[string][]byte{"推荐书.docx": c.data})
		file := ReadWord(FromDisk(filepath.Join(dir, "推荐书.docx")), func(main []byte, footers [][]byte) (string, error) {
			handed = append(handed, string(main))
			for _, footer := range footers {
				handed = append(handed, string(footer))
			}
			return c.foreign, c.err
		})
		said := file.Detail
		if file.Fate == model.Accepted {
			said = strings.Join(handed, " ")
		}
		if file.Code != c.want || (file.Fate == model.Accepted) != (c.want == "") || !strings.Contains(said, c.said) || len(file.SHA256) != 64 && c.data != nil {
			t.Errorf("%s: %+v, handed over %v", what, file, handed)
		}
	}
	if file := ReadWord(FromDisk(t.TempDir()), nil); file.Code != CodeUnreadable {
		t.Errorf("a folder: %+v", file)
	}
}

func TestPackagesThatLie(t *testing.T) {
	// Stored, so that a package that was cut off behind its first file ends like a whole container.
	pack := stored(t, putTogether(t, []part{{"甲.xlsx", filled()}, {"乙.xlsx", sparse()}}))
	first := bytes.Index(pack[100:], []byte("PK\x05\x06")) + 100 + 22 // the end of 甲.xlsx
	if got := pack[first : first+4]; string(got) != "PK\x03\x04" {
		t.Fatalf("not the end of the first file: %q", got)
	}
	dir := t.TempDir()
	huge := bytes.Clone(putTogether(t, []part{{"甲.pdf", []byte("a")}, {"乙.pdf", []byte("b")}}))
	for at := bytes.Index(huge, []byte("PK\x01\x02")); at >= 0; {
		binary.LittleEndian.PutUint32(huge[at+24:], 0xfffffff0)
		next := bytes.Index(huge[at+4:], []byte("PK\x01\x02"))
		if next < 0 {
			break
		}
		at += 4 + next
	}
	put(t, dir, map[string][]byte{
		"好.zip": pack, "断在第一个文件之后.zip": pack[:first], "断在中间.zip": pack[:len(pack)/2], "断在末尾.zip": pack[:len(pack)-1], "前有杂物.zip": append([]byte("head"), pack...),
		"膨胀.zip": huge, "其实是rar.zip": []byte("Rar!\x1a\x07\x01\x00 more"), "空.zip": {},
	})
	want := map[string]string{"好.zip": CodePackage, "好.zip/甲.xlsx": "", "好.zip/乙.xlsx": "", "断在第一个文件之后.zip": CodePackageDamaged, "断在中间.zip": CodePackageDamaged,
		"断在末尾.zip": CodePackageDamaged, "前有杂物.zip": CodePackageDamaged, "膨胀.zip": CodePackageDamaged, "其实是rar.zip": CodeOtherArchive, "空.zip": CodeEmpty}
	got := readFolder(t, dir)
	for _, w := range got {
		oneFate(t, w)
		if code, ok := want[w.File.Path]; !ok || code != w.File.Code {
			t.Errorf("%s: %s %q %s, want %q", w.File.Path, w.File.Fate, w.File.Code, w.File.Detail, code)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
}

// A directory of a million entries is refused before archive/zip reads it.
func TestLargeDirectory(t *testing.T) {
	entry := append([]byte("PK\x01\x02"), make([]byte, 42)...)
	size := (ooxml.MaxDirectory/len(entry) + 1) * len(entry)
	end := append([]byte("PK\x05\x06"), make([]byte, 18)...)
	binary.LittleEndian.PutUint32(end[12:], uint32(size))
	file := filepath.Join(t.TempDir(), "大.zip")
	if err := os.WriteFile(file, append(bytes.Repeat(entry, size/len(entry)), end...), 0o600); err != nil {
		t.Fatal(err)
	}
	sources, err := Discover([]string{file})
	if err != nil || len(sources) != 1 {
		t.Fatalf("%d sources, %v", len(sources), err)
	}
	if w := Read(definition(), sources[0]); w.File.Code != CodePackageMany {
		t.Errorf("%q %s", w.File.Code, w.File.Detail)
	}
}

// What can't be hashed says why; everything else that arrived has its hash, read or not.
func TestEveryFileHasItsHash(t *testing.T) {
	dir := t.TempDir()
	broken := bytes.Clone(putTogether(t, []part{{"坏.xlsx", sparse()}}))
	broken[len(broken)/2] ^= 0x40
	put(t, dir, map[string][]byte{
		"甲.xlsx": sparse(), "读我.txt": []byte("x"), "坏.zip": broken,
	})
	sizes := map[string]int64{"大.xlsx": MaxFile + 1, "太大.xlsx": maxHashed + 1}
	if programs.InCI() { // a gigabyte to hash
		sizes["很大.zip"] = maxPackage + 1
	}
	for name, size := range sizes {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.Truncate(size), f.Close()); err != nil {
			t.Skipf("no sparse files here: %v", err)
		}
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "链接.xlsx")); err != nil {
		t.Logf("no links here: %v", err)
	}
	without := map[string]string{"坏.zip/坏.xlsx": "校验和不符", "太大.xlsx": "超过 2 GB", "链接.xlsx": "不是普通文件"}
	for _, w := range readFolder(t, dir) {
		why, none := without[w.File.Path]
		if f := w.File; none != (f.SHA256 == "") || !none && len(f.SHA256) != 64 || !strings.Contains(f.NoHash, why) || (f.NoHash == "") == none {
			t.Errorf("%s: hash %q, none because %q", f.Path, f.SHA256, f.NoHash)
		}
		if got := w.File.Because("拒绝。"); none && !strings.Contains(got, "拒绝。没有校验值（sha256）：") || !none && got != "拒绝。" {
			t.Errorf("%s: %s", w.File.Path, got)
		}
	}
}

func TestDefeated(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string][]byte{"甲.xlsx": filled()})
	sources, err := Discover([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	w := Failed(sources[0])
	oneFate(t, w)
	if w.File.Code != CodeFailed || len(w.File.SHA256) != 64 || w.File.Size != int64(len(filled())) {
		t.Errorf("%+v", w.File)
	}
}

// A book encrypted with the password that everybody knows is read; one whose key takes minutes to make is refused at once.
func TestEncryption(t *testing.T) {
	book, err := excelize.Encrypt(filled(), &excelize.Options{Password: "VelvetSweatshop"})
	if err != nil {
		t.Fatal(err)
	}
	sameValues(t, readBytes(book), 0)
	secret, err := excelize.Encrypt(filled(), &excelize.Options{Password: "123456"})
	if err != nil {
		t.Fatal(err)
	}
	if w := readBytes(secret); w.File.Code != CodeEncrypted {
		t.Errorf("%q %s", w.File.Code, w.File.Detail)
	}
	flipped := bytes.Clone(book)
	flipped[len(flipped)/2] ^= 1
	if w := readBytes(flipped); w.File.Fate == model.Accepted {
		t.Error("a flipped bit inside the encryption passes")
	}
}

// An old container whose streams stand each inside the last makes the library's paths grow with the square of their number.
func TestStreamsInsideEachOther(t *testing.T) {
	within1(t, "streams inside each other", func() {
		if w := readBytes(nestedStreams(100000)); w.File.Code != CodeManyParts {
			t.Errorf("%q %s", w.File.Code, w.File.Detail)
		}
	})
	if w := readBytes(nestedStreams(40)); w.File.Code != CodeOldExcel {
		t.Errorf("%q %s", w.File.Code, w.File.Detail)
	}
}

// nestedStreams is an old container (MS-CFB, version 3) with a directory of n entries, each the child of the one before it.
func nestedStreams(n int) []byte {
	const sector, perSector, inHeader = 512, 128, 109 // bytes; sector numbers in a sector; tables that the header lists
	const end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
	directory := (n*128 + sector - 1) / sector
	tables := directory/perSector + 1 + directory/perSector/perSector + 1
	lists := max(0, (tables-inHeader+perSector-2)/(perSector-1))
	var numbers []uint32
	add := func(n int, value func(i int) uint32) {
		for i := range n {
			numbers = append(numbers, value(i))
		}
	}
	until := func(i, n int, value uint32) uint32 {
		if i < n {
			return value
		}
		return free
	}
	add(tables, func(int) uint32 { return table })
	add(directory-1, func(i int) uint32 { return uint32(tables + i + 1) })
	add(1, func(int) uint32 { return end })
	add(tables*perSector-len(numbers), func(int) uint32 { return free })
	header := []uint32{0, uint32(tables), uint32(tables), 0, 4096, end, 0, uint32(tables + directory), uint32(lists)}
	for i := range inHeader {
		header = append(header, until(i, tables, uint32(i)))
	}
	out := append(bytes.Clone(ooxml.MagicOLE), make([]byte, 16)...)
	out = append(out, 0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0, 6, 0, 0, 0, 0, 0, 0, 0)
	for _, v := range append(header, numbers...) {
		out = binary.LittleEndian.AppendUint32(out, v)
	}
	for i := range directory * sector / 128 {
		entry := make([]byte, 128)
		entry[0], entry[64], entry[66] = 'a', 4, 1
		if i == 0 {
			entry[66] = 5
		}
		for at, v := range map[int]uint32{68: free, 72: free, 76: until(i, n-1, uint32(i+1)), 116: end} {
			binary.LittleEndian.PutUint32(entry[at:], v)
		}
		out = append(out, entry...)
	}
	for i := range lists {
		for j := range perSector - 1 {
			k := inHeader + i*(perSector-1) + j
			out = binary.LittleEndian.AppendUint32(out, until(k, tables, uint32(k)))
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(tables+directory+i+1))
	}
	return out
}
