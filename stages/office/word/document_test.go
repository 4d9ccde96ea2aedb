package word_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"lianheti/stages/office/word"

	"github.com/beevik/etree"
)

// Requirements
//  1. The same document gives the same bytes; no part has a time, and the properties name nobody.
//  2. Text stays text: what looks like markup or a field is written as it is, what XML forbids is dropped.
//  3. Merged cells are written as Word merges them; a table that doesn't fit its columns is an error.
//  4. Every section has its own header and footer, page size and margins; a section that ends with a table still ends.
//  5. Footnotes stand in their part and are referred to in order.

// Example is a letter with a list of what to do.
func Example() {
	letter := word.Document{
		Title: "受理回执",
		Text:  word.LetterText,
		Sections: []word.Section{{
			Page:   word.A4,
			Footer: word.PageNumbers(),
			Body: []word.Block{
				word.P(word.Title, "受理回执"),
				word.P(word.Plain, "福州市教育局："),
				word.P(word.Body, "你局报送的推荐书收悉，请按下表处理。"),
				word.Table{Columns: word.Widths(word.A4.Inside(), 1, 3), Rows: []word.Row{
					{Header: true, Cells: []word.Cell{word.Label("栏目"), word.Label("问题")}},
					{Whole: true, Cells: []word.Cell{word.Text("依托园区"), word.Text("与目录不符")}},
				}},
				word.Paragraph{Align: word.Right, Before: 28, Runs: []word.Run{{Text: "福建省教育厅职成处"}}},
			},
		}},
	}
	var b bytes.Buffer
	if err := word.Write(&b, letter); err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.Join(texts(b.Bytes(), "word/document.xml"), "|"))
	// Output: 受理回执|福州市教育局：|你局报送的推荐书收悉，请按下表处理。|栏目|问题|依托园区|与目录不符|福建省教育厅职成处
}

var wide = word.Page{Width: 297, Height: 210, Top: 22, Bottom: 20, Left: 25, Right: 25}

// parts unpacks a document.
func parts(data []byte) map[string]string {
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		panic(err)
	}
	out := map[string]string{}
	for _, f := range zr.File {
		r, err := f.Open()
		if err != nil {
			panic(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			panic(err)
		}
		out[f.Name] = string(b)
	}
	return out
}

// texts lists the texts of a part, run by run.
func texts(data []byte, name string) []string {
	doc := etree.NewDocument()
	if err := doc.ReadFromString(parts(data)[name]); err != nil {
		panic(err)
	}
	var out []string
	var walk func(*etree.Element)
	walk = func(e *etree.Element) { // in the order of the document; FindElements goes level by level
		if e.FullTag() == "w:t" {
			out = append(out, e.Text())
		}
		for _, child := range e.ChildElements() {
			walk(child)
		}
	}
	walk(doc.Root())
	return out
}

func write(t *testing.T, d word.Document) []byte {
	t.Helper()
	var b, again bytes.Buffer
	if err := word.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	if err := word.Write(&again, d); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("written twice, the document differs (%v)", err)
	}
	return b.Bytes()
}

// sample has everything that a document can hold.
func sample() word.Document {
	merged := word.Table{Columns: []float64{20, 40, 40, 56}, Rows: []word.Row{
		{Header: true, Cells: []word.Cell{{Span: 2, Align: word.Centre, Body: []word.Paragraph{word.P(word.Plain, "甲")}}, word.Label("乙"), word.Label("丙")}},
		{Height: 12, Cells: []word.Cell{{Down: 3, Body: []word.Paragraph{word.P(word.Plain, "丁")}}, word.Text("戊"), {Span: 2, Down: 2, Body: []word.Paragraph{word.P(word.Plain, "己")}}}},
		{Cells: []word.Cell{{Continued: true}, word.Text("庚"), {Span: 2, Continued: true}}},
		{Whole: true, Cells: []word.Cell{{Continued: true}, word.Text("辛"), word.Text("壬"), word.Text("癸")}},
	}}
	page := word.A4Bound
	return word.Document{Title: "样例", TwoSided: true, Sections: []word.Section{
		{Page: page, Body: []word.Block{
			word.P(word.Title, "封面"),
			word.Table{Bare: true, Columns: []float64{40, 80}, Rows: []word.Row{{Cells: []word.Cell{{Align: word.Spread, Body: []word.Paragraph{word.P(word.Plain, "地市")}}, {Underlined: true, Body: []word.Paragraph{word.P(word.Plain, "福州")}}}}}},
		}},
		{Page: page, FirstPage: 1, Footer: word.PageNumbers(), Header: []word.Paragraph{word.P(word.Small, "页眉")}, Body: []word.Block{
			word.P(word.Heading, "1.概况"),
			word.Paragraph{Runs: []word.Run{{Text: "负责人", Size: 15, Font: word.HeiTi, Footnote: "指负责同志。"}, {Text: "二", Footnote: "下同。"}}},
			merged, merged,
		}},
		{Page: wide, Body: []word.Block{word.Paragraph{Style: word.Body, NewPage: true, Before: 6, Line: 20, Runs: []word.Run{{Text: "第一行\n第二行\t后"}}}}},
	}}
}

func TestPartsNameNobodyAndNoTime(t *testing.T) {
	data := write(t, sample())
	zr, _ := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	for _, f := range zr.File {
		if f.ModifiedDate != 0 || f.ModifiedTime != 0 || !f.Modified.IsZero() && f.Modified.Year() > 1980 {
			t.Errorf("%s has the time %v", f.Name, f.Modified)
		}
	}
	core := parts(data)["docProps/core.xml"]
	if !strings.Contains(core, "<dc:title>样例</dc:title>") || regexp.MustCompile(`creator|lastModifiedBy|created|modified`).MatchString(core) {
		t.Errorf("document properties: %s", core)
	}
}

func TestTextStaysText(t *testing.T) {
	hostile := "=HYPERLINK(\"http://x\") <w:fldSimple w:instr=\"DATE\"/> { DATE } &amp; ]]>\x00\x07\x1f\ufffe\r\n尾"
	data := write(t, word.Document{Title: hostile, Sections: []word.Section{{Page: word.A4, Body: []word.Block{word.P(word.Body, hostile)}}}})
	got := strings.Join(texts(data, "word/document.xml"), "\n")
	if want := "=HYPERLINK(\"http://x\") <w:fldSimple w:instr=\"DATE\"/> { DATE } &amp; ]]>\n尾"; got != want {
		t.Errorf("text became %q, want %q", got, want)
	}
	main := parts(data)["word/document.xml"]
	for _, bad := range []string{"<w:fldSimple", "<w:hyperlink", "<w:instrText"} {
		if strings.Contains(main, bad) {
			t.Errorf("the text became %s", bad)
		}
	}
}

func TestCellsMerge(t *testing.T) {
	doc := etree.NewDocument()
	if err := doc.ReadFromString(parts(write(t, sample()))["word/document.xml"]); err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, tr := range doc.FindElements("//w:tbl")[1].SelectElements("w:tr") {
		var cells []string
		for _, tc := range tr.SelectElements("w:tc") {
			s := ""
			if span := tc.FindElement("w:tcPr/w:gridSpan"); span != nil {
				s += "×" + span.SelectAttrValue("w:val", "")
			}
			if merge := tc.FindElement("w:tcPr/w:vMerge"); merge != nil {
				s += "↓" + merge.SelectAttrValue("w:val", "")
			}
			if text := tc.FindElement(".//w:t"); text != nil {
				s = text.Text() + s
			}
			cells = append(cells, s)
		}
		rows = append(rows, strings.Join(cells, " "))
	}
	want := "甲×2 乙 丙|丁↓restart 戊 己×2↓restart|↓ 庚 ×2↓|↓ 辛 壬 癸"
	if got := strings.Join(rows, "|"); got != want {
		t.Errorf("cells are %s, want %s", got, want)
	}
	for name, rows := range map[string][]word.Row{
		"too few":  {{Cells: []word.Cell{word.Text("a")}}},
		"too many": {{Cells: []word.Cell{word.Text("a"), word.Text("b"), word.Text("c")}}},
		"too wide": {{Cells: []word.Cell{word.Text("a"), {Span: 2}}}},
	} {
		err := word.Write(io.Discard, word.Document{Sections: []word.Section{{Page: word.A4, Body: []word.Block{word.Table{Columns: []float64{50, 50}, Rows: rows}}}}})
		if err == nil {
			t.Errorf("a table with %s cells was written", name)
		}
	}
}

func TestSectionsAndFootnotes(t *testing.T) {
	data := write(t, sample())
	doc := etree.NewDocument()
	if err := doc.ReadFromString(parts(data)["word/document.xml"]); err != nil {
		t.Fatal(err)
	}
	sections := doc.FindElements("//w:sectPr")
	if len(sections) != 3 || len(doc.FindElements("//w:body/w:sectPr")) != 1 {
		t.Fatalf("%d sections", len(sections))
	}
	for _, s := range sections {
		if len(s.SelectElements("w:headerReference")) != 1 || len(s.SelectElements("w:footerReference")) != 1 {
			t.Error("a section takes over header or footer from the one before")
		}
	}
	if footer := parts(data)["word/footer4.xml"]; !strings.Contains(footer, "<w:instrText>PAGE</w:instrText>") {
		t.Errorf("no page number in %s", footer)
	}
	if got := strings.Join(texts(data, "word/footnotes.xml"), "|"); got != " 指负责同志。| 下同。" {
		t.Errorf("footnotes are %s", got)
	}
	refs := doc.FindElements("//w:footnoteReference")
	if len(refs) != 2 || refs[0].SelectAttrValue("w:id", "") != "1" || refs[1].SelectAttrValue("w:id", "") != "2" {
		t.Errorf("%d references", len(refs))
	}
}
