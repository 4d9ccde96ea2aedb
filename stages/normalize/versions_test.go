package normalize

import (
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
)

// Requirements
//  1. An issued copy that was mended comes after what it was made from, also by way of a copy on which nobody worked, or of one
//     with the same content; copies that have nothing to do with each other, or name each other as parents, stay side by side.
//  2. Editions are read as people write them; one that is not told beats nothing and is beaten by nothing.
//  3. A copy's file is not preferred to the original's.
//  4. One consortium under two names is one finding, by what the workbooks have in common; another prefecture's is another's. A copy
//     in which the name was corrected takes the place of what it was made from.

func TestWhichFileIsTheLatest(t *testing.T) {
	file := func(sha, parent, content string, untouched bool) arrived {
		return arrived{Rows: &Rows{file: model.File{Path: sha + ".xlsx", SHA256: sha, Fate: model.Accepted}, parent: parent, content: content, untouched: untouched}, submission: "2024-01"}
	}
	edition := func(sha string, n int32) arrived {
		a := file(sha, "", sha, false)
		a.edition = n
		return a
	}
	for _, c := range []struct {
		what  string
		files []arrived
		want  map[string]model.Fate
	}{
		{"a copy was mended", []arrived{file("a", "", "1", false), file("b", "a", "2", false)}, map[string]model.Fate{"a": model.Superseded, "b": model.Accepted}},
		{"a copy of an untouched copy", []arrived{file("a", "", "1", false), file("b", "a", "1", true), file("c", "b", "2", false)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Superseded, "c": model.Accepted}},
		{"so, and the untouched one has other rows", []arrived{file("a", "", "1", false), file("b", "a", "1b", true), file("c", "b", "2", false)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Superseded, "c": model.Accepted}},
		{"a copy of the same saved once more", []arrived{file("a", "", "1", false), file("b", "", "1", false), file("c", "b", "2", false)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Superseded, "c": model.Accepted}},
		{"two of which nobody knows", []arrived{file("a", "", "1", false), file("b", "", "2", false)}, map[string]model.Fate{"a": model.Accepted, "b": model.Rejected}},
		{"two copies of one", []arrived{file("a", "", "1", false), file("b", "a", "2", false), file("c", "a", "3", false)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Accepted, "c": model.Rejected}},
		{"the later edition", []arrived{edition("a", 1), edition("b", 2)}, map[string]model.Fate{"a": model.Superseded, "b": model.Accepted}},
		{"an edition that is not told", []arrived{edition("b", 1), edition("a", 0)}, map[string]model.Fate{"a": model.Accepted, "b": model.Rejected}},
		{"one not told beside two told", []arrived{edition("a", 1), edition("b", 0), edition("c", 2)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Accepted, "c": model.Rejected}},
		{"the same, one without its edition", []arrived{file("b - 副本", "", "1", false), file("b", "", "1", false)},
			map[string]model.Fate{"b - 副本": model.Superseded, "b": model.Accepted}},
		{"a copy's name on other content", []arrived{file("b - 副本", "", "1", false), file("b", "", "2", false)},
			map[string]model.Fate{"b - 副本": model.Rejected, "b": model.Accepted}},
		{"each the other's parent", []arrived{file("a", "b", "1", false), file("b", "a", "2", false)}, map[string]model.Fate{"a": model.Accepted, "b": model.Rejected}},
	} {
		b := NewBatch(definition)
		b.files = c.files
		b.submissions = make([]table.Submission, len(c.files))
		b.settle()
		for _, f := range b.files {
			if f.file.Fate != c.want[f.file.SHA256] {
				t.Errorf("%s: %s is %s, want %s", c.what, f.file.SHA256, f.file.Fate, c.want[f.file.SHA256])
			}
		}
	}
}

func TestEditionsAsPeopleWriteThem(t *testing.T) {
	for words, want := range map[string]int32{"2": 2, "２": 2, "第二次": 2, "第2次": 2, "第 2 次报送": 2, "二次": 2, "第二版": 2, "2版": 2, "V2": 2, "v2.0": 2,
		"Ver.3": 3, "版次：2": 2, "第十一次": 11, "首次报送": 1, "初版": 1, "第二稿": 2, "贰": 2,
		"修改版": 0, "更正": 0, "定稿": 0, "最终版": 0, "第一次修改": 0, "二次修改": 0, "V2.1": 0, "再次报送": 0, "约2": 0, "2（修改）": 0, "0": 0, "第零次": 0, "2024.8.5": 0, "无": 0, "": 0} {
		if n, ok := Edition(words); n != want || ok != (want > 0) {
			t.Errorf("%q is edition %d (%v), want %d", words, n, ok, want)
		}
	}
}

func TestOneConsortiumUnderTwoNames(t *testing.T) {
	cells := func(from, to int) (out []uint64) {
		for n := from; n < to; n++ {
			out = append(out, uint64(n))
		}
		return out
	}
	named := func(file, id, city string, traits []uint64, parent string) (arrived, table.Submission) {
		s := table.Submission{Submission: id, CityCode: city, Consortium: id}
		if len(id) == len("2024-01") {
			s.DirectoryNo = table.Some(int32(1))
		}
		return arrived{Rows: &Rows{file: model.File{Path: file, SHA256: file, Fate: model.Accepted}, parent: parent, content: file, traits: traits}, submission: id, edition: 1}, s
	}
	for _, c := range []struct {
		what, city, parent string
		shared             int // of 100 cells
		want, code         string
	}{
		{"the name corrected", "3501", "", 95, "rejected LHT-1-044", "LHT-5-020"},
		{"and much else", "3501", "", 70, "accepted", ""},
		{"another prefecture's", "3502", "", 95, "accepted", ""},
		{"a copy with the name corrected", "3501", "old.xlsx", 70, "superseded LHT-1-041", ""},
		{"a copy filled with another's", "3501", "old.xlsx", 30, "accepted", ""},
	} {
		b := NewBatch(definition)
		old, first := named("old.xlsx", "2024-Xabcdef", "3501", cells(0, 100), "")
		corrected, second := named("z.xlsx", "2024-01", c.city, cells(100-c.shared, 200-c.shared), c.parent)
		b.files, b.submissions = []arrived{old, corrected}, []table.Submission{first, second}
		found := b.settle()
		if got := strings.TrimSpace(string(b.files[0].file.Fate) + " " + b.files[0].file.Code); got != c.want || b.files[1].file.Fate != model.Accepted {
			t.Errorf("%s: the old one is %s, want %s; the new one is %s", c.what, got, c.want, b.files[1].file.Fate)
		}
		if c.want != "accepted" && b.files[0].submission != "2024-01" {
			t.Errorf("%s: the old one belongs to %s", c.what, b.files[0].submission)
		}
		if len(found) > 1 || len(found) == 1 != (c.code != "") || len(found) == 1 && (found[0].Code != c.code || len(found[0].Places) != 2) {
			t.Errorf("%s: %+v", c.what, found)
		}
		if v := append(found, model.Finding{})[0].Vars; c.code != "" && (v["list"] != "z.xlsx、old.xlsx" || v["detail"] != "“2024-01”、“2024-Xabcdef”") {
			t.Errorf("%s: the files are %s, their names in this order %s", c.what, v["list"], v["detail"])
		}
	}
}

func TestNamesAsTheDirectoryPrintsThem(t *testing.T) {
	for printed, want := range map[string]string{"晋江市域产教联合体（已入选国家级）": "晋江市域产教联合体", "晋江市域产教联合体 (已入选国家级)": "晋江市域产教联合体",
		"厦门渔港经济与海洋种苗业产教联合体（或微电子产业产教联合体）": "厦门渔港经济与海洋种苗业产教联合体", "厦门海洋高新技术产业园区（或同翔高新技术产业基地）": "厦门海洋高新技术产业园区",
		"三明市现代农业（种业）产教联合体": "三明市现代农业（种业）产教联合体", "晋江市域产教联合体（修改）": "晋江市域产教联合体（修改）", "龙岩高新区（龙岩经济开发区）": "龙岩高新区（龙岩经济开发区）"} {
		if got := definition.Directory.Plain(printed); got != want {
			t.Errorf("%s is %s, want %s", printed, got, want)
		}
	}
}

// A correction may be to a cell's format alone: 12 shown as 12千, struck through, or as a date is not the same as 12. Another look that
// changes nothing of the reading is.
func TestContentIsWhatIsSeen(t *testing.T) {
	content := func(c model.Cell) string {
		c.Place, c.Kind, c.Raw, c.Filled = model.Place{File: "a.xlsx", Sheet: "2年度数据", Cell: "E15"}, model.Number, "12", true
		return Workbook(definition, model.Workbook{File: model.File{Fate: model.Accepted}, Entries: []model.Entry{{Cell: c, Field: "apprentices", Year: 2023}}}).content
	}
	plain := content(model.Cell{Shown: "12"})
	for what, c := range map[string]model.Cell{
		"a multiplier":   {Shown: "12千", Format: `0"千"`},
		"a percent sign": {Shown: "12%", Format: `0\%`},
		"a date":         {Shown: "1900-01-12", Format: "yyyy-mm-dd", IsDate: true},
		"struck through": {Shown: "12", Struck: "12"},
	} {
		if content(c) == plain {
			t.Errorf("%s makes no difference", what)
		}
	}
	for what, c := range map[string]model.Cell{"digits": {Shown: "12.00", Format: "0.00"}, "a hidden row": {Shown: "12", Hidden: true}} {
		if content(c) != plain {
			t.Errorf("%s makes a difference", what)
		}
	}
}
