package normalize

import (
	"fmt"
	"slices"
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
	file := func(sha, parent, content string, untouched bool) *Rows {
		return &Rows{file: model.File{Path: sha + ".xlsx", SHA256: sha, Fate: model.Accepted}, parent: parent, contentHash: content, untouched: untouched,
			Form: table.Form{Submission: table.Submission{Submission: "2024-01"}}}
	}
	edition := func(sha string, n int32) *Rows {
		a := file(sha, "", sha, false)
		a.Submission.Edition = table.Some(n)
		return a
	}
	for _, c := range []struct {
		what  string
		files []*Rows
		want  map[string]model.Fate
	}{
		{"a copy was mended", []*Rows{file("a", "", "1", false), file("b", "a", "2", false)}, map[string]model.Fate{"a": model.Superseded, "b": model.Accepted}},
		{"a copy of an untouched copy", []*Rows{file("a", "", "1", false), file("b", "a", "1", true), file("c", "b", "2", false)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Superseded, "c": model.Accepted}},
		{"so, and the untouched one has other rows", []*Rows{file("a", "", "1", false), file("b", "a", "1b", true), file("c", "b", "2", false)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Superseded, "c": model.Accepted}},
		{"a copy of the same saved once more", []*Rows{file("a", "", "1", false), file("b", "", "1", false), file("c", "b", "2", false)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Superseded, "c": model.Accepted}},
		{"beside one on which nobody worked", []*Rows{file("a", "", "1", true), file("b", "", "2", false)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Accepted}},
		{"two on which nobody worked", []*Rows{file("a", "", "1", true), file("b", "", "2", true)},
			map[string]model.Fate{"a": model.Accepted, "b": model.Rejected}},
		{"two of which nobody knows", []*Rows{file("a", "", "1", false), file("b", "", "2", false)}, map[string]model.Fate{"a": model.Accepted, "b": model.Rejected}},
		{"two copies of one", []*Rows{file("a", "", "1", false), file("b", "a", "2", false), file("c", "a", "3", false)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Accepted, "c": model.Rejected}},
		{"the later edition", []*Rows{edition("a", 1), edition("b", 2)}, map[string]model.Fate{"a": model.Superseded, "b": model.Accepted}},
		{"an edition that is not told", []*Rows{edition("b", 1), edition("a", 0)}, map[string]model.Fate{"a": model.Accepted, "b": model.Rejected}},
		{"one not told beside two told", []*Rows{edition("a", 1), edition("b", 0), edition("c", 2)},
			map[string]model.Fate{"a": model.Superseded, "b": model.Accepted, "c": model.Rejected}},
		{"the same, one without its edition", []*Rows{file("b - 副本", "", "1", false), file("b", "", "1", false)},
			map[string]model.Fate{"b - 副本": model.Superseded, "b": model.Accepted}},
		{"a copy's name on other content", []*Rows{file("b - 副本", "", "1", false), file("b", "", "2", false)},
			map[string]model.Fate{"b - 副本": model.Rejected, "b": model.Accepted}},
		{"each the other's parent", []*Rows{file("a", "b", "1", false), file("b", "a", "2", false)}, map[string]model.Fate{"a": model.Accepted, "b": model.Rejected}},
	} {
		b := NewBatch(definition)
		b.files = c.files
		b.chooseSubmissions()
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
		if n, ok := ParseEdition(words); n != want || ok != (want > 0) {
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
	named := func(file, id, city string, cellHashes []uint64, parent string) *Rows {
		s := table.Submission{Submission: id, CityCode: city, Consortium: id, Edition: table.Some(int32(1))}
		if len(id) == len("2024-01") {
			s.DirectoryNo = table.Some(int32(1))
		}
		return &Rows{file: model.File{Path: file, SHA256: file, Fate: model.Accepted}, parent: parent, contentHash: file, cellHashes: cellHashes, Form: table.Form{Submission: s}}
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
		{"a copy of which half is left", "3501", "old.xlsx", 50, "superseded LHT-1-041", ""},
		{"a copy of which less is left", "3501", "old.xlsx", 49, "accepted", ""},
		{"a copy filled with another's", "3501", "old.xlsx", 30, "accepted", ""},
		{"just as much as makes one suspect", "3501", "", 80, "rejected LHT-1-044", "LHT-5-020"},
		{"a little less", "3501", "", 79, "accepted", ""},
		{"a prefecture that isn't told", "", "", 95, "rejected LHT-1-044", "LHT-5-020"},
	} {
		b := NewBatch(definition)
		old := named("old.xlsx", "2024-Xabcdef", "3501", cells(0, 100), "")
		corrected := named("z.xlsx", "2024-01", c.city, cells(100-c.shared, 200-c.shared), c.parent)
		stranger := named("0.xlsx", "2024-02", "3501", cells(1000, 1100), "")
		b.files = []*Rows{old, corrected, stranger}
		if c.shared == 95 { // a stranger before them makes no difference
			b.files = []*Rows{stranger, old, corrected}
		}
		found := b.chooseSubmissions()
		b.files = slices.DeleteFunc(b.files, func(a *Rows) bool { return a.file.Path == "0.xlsx" })
		if got := strings.TrimSpace(string(b.files[0].file.Fate) + " " + b.files[0].file.Code); got != c.want || b.files[1].file.Fate != model.Accepted {
			t.Errorf("%s: the old one is %s, want %s; the new one is %s", c.what, got, c.want, b.files[1].file.Fate)
		}
		if c.want != "accepted" && b.files[0].id() != "2024-01" {
			t.Errorf("%s: the old one belongs to %s", c.what, b.files[0].id())
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
		if got := definition.Directory.WithoutRemark(printed); got != want {
			t.Errorf("%s is %s, want %s", printed, got, want)
		}
	}
}

// A correction may be to a cell's format alone: 12 shown as 12千, struck through, or as a date is not the same as 12. Another look that
// changes nothing of the reading is.
func TestContentIsWhatIsSeen(t *testing.T) {
	content := func(c model.Cell) string {
		c.Place, c.Kind, c.Raw, c.Filled = model.Place{File: "a.xlsx", Sheet: "2年度数据", Cell: "E15"}, model.Number, "12", true
		return Workbook(definition, model.Workbook{File: model.File{Fate: model.Accepted}, Entries: []model.Entry{{Cell: c, Field: "apprentices", Year: 2023}}}).contentHash
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

// batchWords writes what became of each file, and what is found about them.
func batchWords(facts *table.Facts) string {
	var out []string
	for f := range facts.Files.All() {
		line := strings.Join([]string{f.Path, string(f.Fate), f.Code, f.Submission}, " ")
		if f.SupersededBy != "" {
			line += " by " + f.SupersededBy
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %d=%d+%d %s", line, f.CellsRead, f.CellsUsed, f.CellsOther, f.Reason)))
	}
	for _, x := range facts.FileFindings {
		var places []string
		for _, p := range x.Places {
			places = append(places, p.File)
		}
		out = append(out, strings.Join([]string{"!", x.Code, x.Submission, strings.Join(places, "、"), x.Vars["file"], x.Vars["other"], x.Vars["detail"], x.Vars["list"]}, " "))
		out[len(out)-1] = strings.TrimSpace(out[len(out)-1])
	}
	return strings.Join(out, "\n")
}

func TestFilesOfABatch(t *testing.T) {
	// a workbook of so many cells: name, figures
	book := func(path, name string, cells int, change func(*model.Workbook)) model.Workbook {
		w := model.Workbook{File: model.File{Path: path, SHA256: path, Fate: model.Accepted}, CellsRead: cells + 5,
			Entries: []model.Entry{{Field: "consortium", Cell: typed(name)}}}
		for i := range cells {
			w.Entries = append(w.Entries, model.Entry{Field: "apprentices", Year: 2023, Record: i, Cell: typed(fmt.Sprint(i))})
		}
		if change != nil {
			change(&w)
		}
		return w
	}
	edition := func(words string) func(*model.Workbook) {
		return func(w *model.Workbook) {
			w.Entries = append(w.Entries, model.Entry{Field: "edition", Cell: typed(words)})
		}
	}
	rejected := func(path string) model.Workbook {
		return model.Workbook{File: model.File{Path: path, SHA256: path, Fate: model.Rejected, Code: definition.CodeOf("file_damaged"), Detail: "坏了"}, CellsRead: 7}
	}
	first, second := definition.Directory.Entries[0].Consortium, definition.Directory.Entries[1].Consortium
	for _, c := range []struct {
		what  string
		books []model.Workbook
		want  string
	}{
		{"by the directory, those off it last", []model.Workbook{book("a.xlsx", "某联合体", 1, nil), book("b.xlsx", second, 2, nil), book("c.xlsx", first, 1, nil)},
			`a.xlsx accepted  2024-Xmgi90ohg 6=2+4
b.xlsx accepted  2024-02 7=3+4
c.xlsx accepted  2024-01 6=2+4`},
		{"two side by side", []model.Workbook{book("b - 副本.xlsx", first, 2, edition("第一版")), book("b.xlsx", first, 3, edition("第1次"))},
			`b - 副本.xlsx rejected LHT-1-043 2024-01 by b.xlsx 7=0+7 与 b.xlsx 同属一个联合体，内容不同，两份封面的“报送版次”依次是第一版、第1次，分不出先后，暂不采用。
b.xlsx accepted  2024-01 8=5+3
! LHT-5-006 2024-01 b.xlsx、b - 副本.xlsx b.xlsx b - 副本.xlsx 依次是第1次、第一版 b.xlsx、b - 副本.xlsx`},
		{"two without an edition", []model.Workbook{book("a.xlsx", first, 2, nil), book("b.xlsx", first, 3, nil)},
			`a.xlsx accepted  2024-01 7=3+4
b.xlsx rejected LHT-1-043 2024-01 by a.xlsx 8=0+8 与 a.xlsx 同属一个联合体，内容不同，两份封面的“报送版次”都未填，分不出先后，暂不采用。
! LHT-5-006 2024-01 a.xlsx、b.xlsx a.xlsx b.xlsx 都未填 a.xlsx、b.xlsx`},
		{"one of them without", []model.Workbook{book("a.xlsx", first, 2, nil), book("b.xlsx", first, 3, edition("2"))},
			`a.xlsx accepted  2024-01 7=3+4
b.xlsx rejected LHT-1-043 2024-01 by a.xlsx 8=0+8 与 a.xlsx 同属一个联合体，内容不同，两份封面的“报送版次”依次是2、未填，分不出先后，暂不采用。
! LHT-5-006 2024-01 a.xlsx、b.xlsx a.xlsx b.xlsx 依次是未填、2 a.xlsx、b.xlsx`},
		{"the later edition", []model.Workbook{book("a.xlsx", first, 3, edition("2")), book("b.xlsx", first, 3, edition("3"))},
			`a.xlsx superseded LHT-1-041 2024-01 by b.xlsx 8=0+8 已被同一联合体的新版 b.xlsx 取代。
b.xlsx accepted  2024-01 8=5+3`},
		{"the later edition first", []model.Workbook{book("a.xlsx", first, 3, edition("3")), book("b.xlsx", first, 3, edition("2"))},
			`a.xlsx accepted  2024-01 8=5+3
b.xlsx superseded LHT-1-041 2024-01 by a.xlsx 8=0+8 已被同一联合体的新版 a.xlsx 取代。`},
		{"a later edition in another prefecture's folder", []model.Workbook{book("厦门/新.xlsx", first, 3, edition("3")), book("福州/a.xlsx", first, 3, edition("2"))},
			`厦门/新.xlsx rejected LHT-1-045  by 福州/a.xlsx 8=0+8 这个联合体是别的地市的，本地市的文件夹里另有 福州/a.xlsx，以那一份为准，没有采用这一份。
福州/a.xlsx accepted  2024-01 8=5+3`},
		{"the same in another prefecture's folder", []model.Workbook{book("厦门报送/a.xlsx", first, 3, edition("2")), book("福州市/长的名称.xlsx", first, 3, edition("2"))},
			`厦门报送/a.xlsx rejected LHT-1-045  by 福州市/长的名称.xlsx 8=0+8 这个联合体是别的地市的，本地市的文件夹里另有 福州市/长的名称.xlsx，以那一份为准，没有采用这一份。
福州市/长的名称.xlsx accepted  2024-01 8=5+3`},
		{"all in another prefecture's folder", []model.Workbook{book("厦门/a.xlsx", first, 3, edition("2")), book("厦门/b.xlsx", first, 3, edition("3"))},
			`厦门/a.xlsx superseded LHT-1-041 2024-01 by 厦门/b.xlsx 8=0+8 已被同一联合体的新版 厦门/b.xlsx 取代。
厦门/b.xlsx accepted  2024-01 8=5+3`},
		{"the same, and the same edition", []model.Workbook{book("a.xlsx", first, 3, edition("2")), book("b.xlsx", first, 3, edition("2"))},
			`a.xlsx accepted  2024-01 8=5+3
b.xlsx superseded LHT-1-040 2024-01 by a.xlsx 8=0+8 与 a.xlsx 内容完全相同，只采用一份。`},
		{"side by side under the name of the consortium", []model.Workbook{rejected("别的.xlsx"), book(first+"a.xlsx", first, 3, nil), book(first+"b.xlsx", first, 4, nil)},
			`别的.xlsx rejected LHT-1-006  7=0+7 文件内容与校验不符（坏了），读出来的数据不可信。
福州经济技术开发区物联网产教联合体a.xlsx accepted  2024-01 8=4+4
福州经济技术开发区物联网产教联合体b.xlsx rejected LHT-1-043 2024-01 by 福州经济技术开发区物联网产教联合体a.xlsx 9=0+9 与 福州经济技术开发区物联网产教联合体a.xlsx 同属一个联合体，内容不同，两份封面的“报送版次”都未填，分不出先后，暂不采用。
! LHT-1-006  别的.xlsx 别的.xlsx  坏了
! LHT-5-006 2024-01 福州经济技术开发区物联网产教联合体a.xlsx、福州经济技术开发区物联网产教联合体b.xlsx 福州经济技术开发区物联网产教联合体a.xlsx 福州经济技术开发区物联网产教联合体b.xlsx 都未填 福州经济技术开发区物联网产教联合体a.xlsx、福州经济技术开发区物联网产教联合体b.xlsx`},
		{"the same twice", []model.Workbook{book("a.xlsx", first, 3, nil), book("b.xlsx", first, 3, nil), book("c.xlsx", first, 3, nil)},
			`a.xlsx accepted  2024-01 8=4+4
b.xlsx superseded LHT-1-040 2024-01 by a.xlsx 8=0+8 与 a.xlsx 内容完全相同，只采用一份。
c.xlsx superseded LHT-1-040 2024-01 by a.xlsx 8=0+8 与 a.xlsx 内容完全相同，只采用一份。`},
		{"the same, one tells the edition", []model.Workbook{book("a.xlsx", first, 3, nil), book("b.xlsx", first, 3, edition("3"))},
			`a.xlsx superseded LHT-1-040 2024-01 by b.xlsx 8=0+8 与 b.xlsx 内容完全相同，只采用一份。
b.xlsx accepted  2024-01 8=5+3`},
		{"the same, one an issued copy", []model.Workbook{book("a.xlsx", first, 3, func(w *model.Workbook) { w.Form.Parent = "0000" }), book("b.xlsx", first, 3, nil)},
			`a.xlsx superseded LHT-1-040 2024-01 by b.xlsx 8=0+8 与 b.xlsx 内容完全相同，只采用一份。
b.xlsx accepted  2024-01 8=4+4`},
		{"the mail that brought it beside it", []model.Workbook{book("a.xlsx", first, 3, nil), {File: model.File{Path: first + ".eml", SHA256: "e", Fate: model.Rejected, Code: definition.CodeOf("file_wrapped"), Detail: "整封邮件"}, CellsRead: 7}},
			`a.xlsx accepted  2024-01 8=4+4
福州经济技术开发区物联网产教联合体.eml rejected LHT-1-026  7=0+7 文件是 整封邮件，里面的内容没有读取。
! LHT-1-026  福州经济技术开发区物联网产教联合体.eml 福州经济技术开发区物联网产教联合体.eml  整封邮件`},
		{"one that can't be read beside it", []model.Workbook{book("a.xlsx", first, 3, nil), rejected(first + "新.xlsx"), rejected("别的.xlsx")},
			`a.xlsx accepted  2024-01 8=4+4
福州经济技术开发区物联网产教联合体新.xlsx rejected LHT-1-006  7=0+7 文件内容与校验不符（坏了），读出来的数据不可信。
别的.xlsx rejected LHT-1-006  7=0+7 文件内容与校验不符（坏了），读出来的数据不可信。
! LHT-1-006  福州经济技术开发区物联网产教联合体新.xlsx 福州经济技术开发区物联网产教联合体新.xlsx  坏了
! LHT-1-006  别的.xlsx 别的.xlsx  坏了
! LHT-1-042 2024-01 福州经济技术开发区物联网产教联合体新.xlsx、a.xlsx 福州经济技术开发区物联网产教联合体新.xlsx a.xlsx 福州经济技术开发区物联网产教联合体新.xlsx`},
		{"one that can't be read beside what another replaced", []model.Workbook{book("a.xlsx", first, 3, edition("1")), book("b.xlsx", first, 4, edition("2")), rejected(first + "新.xlsx")},
			`a.xlsx superseded LHT-1-041 2024-01 by b.xlsx 8=0+8 已被同一联合体的新版 b.xlsx 取代。
b.xlsx accepted  2024-01 9=6+3
福州经济技术开发区物联网产教联合体新.xlsx rejected LHT-1-006  7=0+7 文件内容与校验不符（坏了），读出来的数据不可信。
! LHT-1-006  福州经济技术开发区物联网产教联合体新.xlsx 福州经济技术开发区物联网产教联合体新.xlsx  坏了
! LHT-1-042 2024-01 福州经济技术开发区物联网产教联合体新.xlsx、b.xlsx 福州经济技术开发区物联网产教联合体新.xlsx b.xlsx 福州经济技术开发区物联网产教联合体新.xlsx`},
		{"no name", []model.Workbook{{File: model.File{Path: "a.xlsx", SHA256: "a", Fate: model.Accepted}}, {File: model.File{Path: "b.xlsx", SHA256: "b", Fate: model.Accepted}}}, `a.xlsx accepted  2024-Xpabo24ma 0=0+0
b.xlsx accepted  2024-X7ohug5g0 0=0+0`},
		{"a name of the directory as it is printed", []model.Workbook{book("a.xlsx", "晋江市域产教联合体（已入选国家级）", 1, nil)}, "a.xlsx accepted  2024-10 6=2+4"},
		{"notes", []model.Workbook{book("a.xlsx", first, 3, func(w *model.Workbook) { w.Notes = []model.Finding{{Code: "LHT-1-001"}} }),
			book("b.xlsx", first, 3, func(w *model.Workbook) { w.Notes = []model.Finding{{Code: "LHT-1-002"}} })},
			`a.xlsx accepted  2024-01 8=4+4
b.xlsx superseded LHT-1-040 2024-01 by a.xlsx 8=0+8 与 a.xlsx 内容完全相同，只采用一份。
! LHT-1-001 2024-01`},
		{"below a merged cell", []model.Workbook{book("a.xlsx", first, 3, func(w *model.Workbook) { w.Entries[1].Copied = true })}, "a.xlsx accepted  2024-01 8=3+5"},
	} {
		if got := batchWords(factsOf(c.books...)); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.what, got, c.want)
		}
	}
}

// Few cells tell nothing, nor does a cell that many files share.
func TestWhatMakesFilesAlike(t *testing.T) {
	for _, c := range []struct{ files, cells, suspected int }{
		{2, minCells, 2}, {2, minCells - 1, 0}, {maxHolders, minCells, maxHolders}, {maxHolders + 1, minCells, 0},
	} {
		b := NewBatch(definition)
		for i := range c.files {
			cellHashes := make([]uint64, c.cells)
			for n := range cellHashes {
				cellHashes[n] = uint64(n)
			}
			id := fmt.Sprintf("2024-X%06d", i)
			rows := &Rows{file: model.File{Path: id, SHA256: id, Fate: model.Accepted}, contentHash: id, cellHashes: cellHashes}
			rows.Submission = table.Submission{Submission: id, Consortium: id}
			b.Add(rows)
		}
		places := 0
		for _, x := range b.chooseSubmissions() {
			places += len(x.Places)
		}
		if places != c.suspected {
			t.Errorf("%d files of %d cells: %d are suspected, want %d", c.files, c.cells, places, c.suspected)
		}
	}
}
