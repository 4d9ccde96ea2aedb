package intake

// Requirements
//  1. The first bytes of a file, or its name where that is enough, tell what it is; what it is instead of a workbook is said.
//  2. References and cell names are those of a sheet, or none; cells are found wherever they stand.
//  3. Letters are unseen where their colour can't be told from the cell's, and not where it can.
//  4. A path is plain whatever it came with.

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
)

func TestWhatTheFirstBytesTell(t *testing.T) {
	tar := append(bytes.Repeat([]byte{'x'}, 257), "ustar"...)
	for _, c := range []struct{ data, want string }{
		{"", "LHT-1-016"}, {"PK\x03\x04", ""}, {string(ooxml.MagicOLE), ""}, {"%PDF-1.7", "LHT-1-020  PDF 文件"}, {"\n %pdf", "LHT-1-020  PDF 文件"},
		{"Rar!\x1a", "LHT-1-010 RAR"}, {"\x1F\x8B\x08", "LHT-1-010 GZ"}, {string(tar), "LHT-1-010 TAR"}, {string(tar[1:]), "LHT-1-003 文本"}, {string(tar[:258]), "LHT-1-003 文本"},
		{"\x09\x08\x10\x00\x00", "LHT-1-002"}, {"\x09\x08\x10", "LHT-1-005 开头不是表格文件"}, {"MIME-Version: 1.0", "LHT-1-003 MHT"},
		{"<?xml version=\"1.0\"?><a/>", "LHT-1-003 XML"}, {"<?xml version=\"1.0\"?><html/>", "LHT-1-003 HTML"}, {"<office:document>", "LHT-1-003 XML"}, {"<!DOCTYPE html>", "LHT-1-003 HTML"}, {"a <table>", "LHT-1-003 HTML"},
		{"\xEF\xBB\xBF<html>", "LHT-1-003 HTML"}, {"UEsDBBQ", "LHT-1-005 还是邮件的 Base64 编码，没有还原"}, {"\x89PNG", "LHT-1-020 图片"}, {"BM6", "LHT-1-020 图片"},
		{"ab", "LHT-1-005 只有 2 个字节"}, {"abc", "LHT-1-003 文本"}, {"a,b", "LHT-1-004"}, {"甲；乙", "LHT-1-004"}, {"甲 , 乙 丙 丁 戊", "LHT-1-004"}, {"\xbc\xd7,\xd2\xd2", "LHT-1-004"}, {"甲乙", "LHT-1-003 文本"},
		{"甲,乙" + strings.Repeat("\x00", 1), "LHT-1-005 开头不是表格文件"}, {strings.Repeat("a,", 49) + "\x01a", "LHT-1-004"}, {strings.Repeat("a,", 24) + "\x01", "LHT-1-005 开头不是表格文件"},
		{"aa" + strings.Repeat("甲", 1366), "LHT-1-003 文本"}, {"a" + strings.Repeat("甲", 1366), "LHT-1-003 文本"}, // cut off within a character
		{"\xff\xfe\x00\x01\x02", "LHT-1-005 开头不是表格文件"}, {strings.Repeat("x", ooxml.MaxFile) + "y", "LHT-1-011 超过 20 MB"}, {"PK\x03\x04" + strings.Repeat("y", ooxml.MaxFile-4), ""},
	} {
		got := ""
		if r := sniff([]byte(c.data)); r != nil {
			got = strings.TrimSuffix(r.Code+" "+r.Detail, " ")
		}
		if got != c.want {
			t.Errorf("%.20q: %s, want %s", c.data, got, c.want)
		}
	}
}

func TestWhatANameTells(t *testing.T) {
	for name, want := range map[string]string{
		"甲.xlsx": "", "甲.XLSX": "", "甲.zip": "", "~$甲.xlsx": "ignored LHT-1-050 by name", ".~甲.xlsx": "ignored LHT-1-050 by name", ".甲.xlsx": "ignored LHT-1-051 by name", "Thumbs.db": "ignored LHT-1-051 by name",
		"desktop.INI": "ignored LHT-1-051 by name", "__MACOSX/甲.xlsx": "ignored LHT-1-051 by name", "a/__MACOSX/甲.xlsx": "ignored LHT-1-051 by name", "a__MACOSX/甲.xlsx": "", "甲" + model.ReadingsSuffix: "ignored LHT-1-054 自检列出的读数一览",
		"甲.rar": "rejected LHT-1-010 RAR by name", "甲.tar.gz": "rejected LHT-1-010 TAR.GZ by name", "甲.GZ": "rejected LHT-1-010 GZ by name", "甲.zip.001": "rejected LHT-1-010 分卷 by name", "甲.z01": "rejected LHT-1-010 分卷 by name", "甲rar": "ignored LHT-1-052 by name",
		"甲.xls": "rejected LHT-1-002 by name", "甲.et": "rejected LHT-1-002 by name", "甲.xlsm": "rejected LHT-1-018", "甲.ods": "rejected LHT-1-019", "甲.uos": "rejected LHT-1-026 其他格式的表格", "甲.MHT": "rejected LHT-1-026 单个文件的网页", "甲.gsheet": "rejected LHT-1-026 快捷方式", "甲.html": "ignored LHT-1-052 by name", "甲.csv": "rejected LHT-1-004 by name", "甲.docx": "ignored LHT-1-052", "甲.png": "ignored LHT-1-052 by name", "甲": "ignored LHT-1-052 by name",
	} {
		got := ""
		if f, doubt := refuseByName(name, 1); f != nil {
			got = strings.TrimSpace(fmt.Sprintf("%s %s %s", f.fate(), f.Code, f.Detail))
			if doubt {
				got += " by name"
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, c := range []struct {
		name string
		size int64
		want bool
	}{{"甲.xlsx", MaxFile, true}, {"甲.xlsx", MaxFile + 1, false}, {"甲.zip", maxPackage, true}, {"甲.zip", maxPackage + 1, false}} {
		if f, _ := refuseByName(c.name, c.size); (f == nil) != c.want || f != nil && f.Code != CodeTooLarge {
			t.Errorf("%s of %d bytes: %+v", c.name, c.size, f)
		}
	}
	for name, want := range map[string]string{"甲/乙.xlsx": "甲/乙.xlsx", `甲\乙.xlsx`: "甲/乙.xlsx", "../../甲": "甲", "/甲": "甲", "甲/./../乙": "乙", "甲\x01乙\x1f\x20\x7f": "甲_乙_ _", "甲\u2029乙\u202a\u202e\u202f\u2065\u2066\u2069\u206a": "甲\u2029乙__\u202f\u2065__\u206a", "\xff甲": "�甲"} {
		if got := cleanPath(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
	for raw, want := range map[string]string{"甲.xlsx": "甲.xlsx", "\xbc\xd7.xlsx": "甲.xlsx"} {
		if got := entryName(&zip.File{FileHeader: zip.FileHeader{Name: raw}}); got != want {
			t.Errorf("%q is %s, want %s", raw, got, want)
		}
	}
}

func TestReferences(t *testing.T) {
	for refers, want := range map[string]string{
		"'2年度数据'!$F$12": "2年度数据 12 6 12 6 true", "Sheet1!A1": "Sheet1 1 1 1 1 true", "=Sheet1!$A$1:$B$3": "Sheet1 1 1 3 2 true", "$表.A1": " 0 0 0 0 false", "'a''b'!$A$1": "a'b 1 1 1 1 true", "'a!b'!$C$2": "a!b 2 3 2 3 true",
		"$表!$A$1": "表 1 1 1 1 true", "#REF!": " 0 0 0 0 false", "Sheet1!#REF!": "Sheet1 0 0 0 0 false", "A!$A$1,A!$B$1": " 0 0 0 0 false", "'甲,乙'!$A$1": "甲,乙 1 1 1 1 true", "!A1": " 1 1 1 1 true", "A!A1:x": "A 1 1 0 24 false",
	} {
		sheet, at, ok := parseReference(refers)
		if got := fmt.Sprint(sheet, " ", at.row, " ", at.col, " ", at.lastRow, " ", at.lastCol, " ", ok); ok && got != want || ok != strings.HasSuffix(want, "true") {
			t.Errorf("%s: %s, want %s", refers, got, want)
		}
	}
	for name, want := range map[string][3]int{"A1": {1, 1, 1}, "z9": {9, 26, 1}, "AA10": {10, 27, 1}, "XFD1048576": {maxRow, maxCol, 1}, "XFE1": {}, "A1048577": {}, "A0": {}, "A": {}, "1": {}, "A+1": {}, "A-1": {}, "ABCD1": {}, "[1": {}, "@1": {}, "{1": {}, "`1": {}, "a1": {1, 1, 1}, "Z1": {1, 26, 1}} {
		row, col, ok := parseCell(name)
		if ok != (want[2] == 1) || ok && (row != want[0] || col != want[1]) {
			t.Errorf("%s: row %d, column %d (%v), want %v", name, row, col, ok, want)
		}
	}
	s := &Sheet{Title: "表"}
	for _, at := range [][2]int{{2, 2}, {2, 4}, {5, 1}} {
		s.Cells = append(s.Cells, Cell{Cell: model.Cell{Row: at[0], Col: at[1], Raw: fmt.Sprint(at)}})
	}
	for at, want := range map[[2]int]string{{2, 2}: "[2 2]", {2, 4}: "[2 4]", {5, 1}: "[5 1]", {2, 3}: "", {1, 2}: "", {5, 2}: "", {2, 1}: ""} {
		if c := s.At(at[0], at[1]); c.Raw != want || c.Row != at[0] || c.Col != at[1] {
			t.Errorf("at %v stands %+v", at, c)
		}
	}
	s.merges = []mergedArea{{"B2:C3", span{2, 2, 3, 3}}}
	for at, within := range map[[2]int]bool{{2, 2}: true, {3, 3}: true, {2, 3}: true, {1, 2}: false, {4, 2}: false, {2, 1}: false, {2, 4}: false} {
		if (s.mergedAt(at[0], at[1]) != nil) != within {
			t.Errorf("%v: within %v", at, !within)
		}
	}
	for digitsOf, want := range map[string]int{"0": 0, "7": 7, "123456789": 123456789, "1234567890": -1, "": -1, "1a": -1, "-1": -1, "1/": -1, "1:": -1} {
		if n, ok := parseUint([]byte(digitsOf)); ok != (want >= 0) || ok && n != want {
			t.Errorf("%q: %d (%v)", digitsOf, n, ok)
		}
	}
	for number, want := range map[string]bool{"12": true, "-1.5E+10": true, "1e5": true, "0x1": false, "NaN": false, "Inf": false, "1_0": false, "/": false, ":": false} {
		if plainNumber(number) != want {
			t.Errorf("%s: plain %v", number, !want)
		}
	}
}

func TestColoursThatCannotBeToldApart(t *testing.T) {
	for _, c := range []struct {
		x, y string
		want bool
	}{{white, white, true}, {white, "DFFFFF", true}, {white, "DEFFFF", false}, {"DEFFFF", white, false}, {"FFFFDF", white, true}, {"FFFFDE", white, false}, {"000000", white, false}, {"1,,", "1,,", true}, {"1,,", "2,,", false}, {"1,,", white, false}, {white, "FFFF", false}, {"FFFF", "FFFF", true}} {
		if indistinguishable(c.x, c.y) != c.want {
			t.Errorf("%s and %s: alike %v", c.x, c.y, !c.want)
		}
	}
	for attributes, want := range map[string]string{`theme="0"`: white, `theme="0" tint="-0.5"`: "0,-0.5,", `theme="1"`: black, `theme="1" tint="0.5"`: "1,0.5,", `indexed="8"`: black, `indexed="1"`: white, `indexed="9"`: white, `indexed="65"`: white, `indexed="64"`: ",,64", `rgb="FF123456"`: "123456", `rgb="123456"`: ",,", `auto="1"`: ",,"} {
		got := ""
		if err := ooxml.NewWalker().Walk([]byte(`<color xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" `+attributes+`/>`), func(e *ooxml.Element) error { got = readColor(e); return nil }); err != nil || got != want {
			t.Errorf("%s: %s, want %s (%v)", attributes, got, want, err)
		}
	}
	for s, want := range map[string]string{"a_x000D_b": "a\rb", "_x005F_x000D_": "_x000D_", "_x00zz_": "_x00zz_", "plain": "plain", "_x4E00_": "一"} {
		if got := unescapeControl(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	for formula, want := range map[string]bool{"=DISPIMG(\"ID\",1)": true, "_xlfn.DISPIMG(1)": true, "=_xlfn._xlfn.IMAGE(1)": true, "=SUM(A1)": false, "IMAGES(1)": false} {
		if inCellPicture(formula) != want {
			t.Errorf("%s: a picture %v", formula, !want)
		}
	}
}

// Of a sheet that calculates, what tells it and what may be somebody's words is kept.
func TestWhatIsKeptOfASheetThatCalculates(t *testing.T) {
	c := &formulaSheet{textColumns: []int{1, 8}}
	for _, x := range []struct {
		row, col int
		formula  bool
		kind     string
		want     bool
	}{
		{1, 3, true, "", true}, {2, 3, true, "", true}, {3, 3, true, "str", false}, {3, 3, false, "str", true}, {3, 3, false, "s", true}, {3, 3, false, "inlineStr", true}, {3, 3, false, "", false}, {3, 3, false, "b", false},
		{3, 1, false, "s", false}, {3, 8, false, "s", false},
	} {
		if got := c.keeps(x.row, x.col, x.formula, []byte(x.kind)); got != x.want {
			t.Errorf("%+v: kept %v", x, got)
		}
	}
}
