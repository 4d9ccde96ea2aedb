package document_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"lianheti/stages/document"

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
	letter := document.Document{
		Title: "受理回执",
		Text:  document.LetterText,
		Sections: []document.Section{{
			Page:   document.A4,
			Footer: document.PageNumbers(),
			Body: []document.Block{
				document.P(document.Title, "受理回执"),
				document.P(document.Plain, "福州市教育局："),
				document.P(document.Body, "你局报送的推荐书收悉，请按下表处理。"),
				document.Table{Columns: document.Widths(document.A4.Inside(), 1, 3), Rows: []document.Row{
					{Header: true, Cells: []document.Cell{document.Label("栏目"), document.Label("问题")}},
					{Whole: true, Cells: []document.Cell{document.Text("依托园区"), document.Text("与目录不符")}},
				}},
				document.Paragraph{Align: document.Right, Before: 28, Runs: []document.Run{{Text: "福建省教育厅职成处"}}},
			},
		}},
	}
	var b bytes.Buffer
	if err := document.Write(&b, letter); err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.Join(texts(b.Bytes(), "word/document.xml"), "|"))
	// Output: 受理回执|福州市教育局：|你局报送的推荐书收悉，请按下表处理。|栏目|问题|依托园区|与目录不符|福建省教育厅职成处
}

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

func write(t *testing.T, d document.Document) []byte {
	t.Helper()
	var b, again bytes.Buffer
	if err := document.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	if err := document.Write(&again, d); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("written twice, the document differs (%v)", err)
	}
	return b.Bytes()
}

// sample has everything that a document can hold.
func sample() document.Document {
	merged := document.Table{Columns: []float64{20, 40, 40, 56}, Rows: []document.Row{
		{Header: true, Cells: []document.Cell{{Span: 2, Align: document.Centre, Body: []document.Paragraph{document.P(document.Plain, "甲")}}, document.Label("乙"), document.Label("丙")}},
		{Height: 12, Cells: []document.Cell{{Down: 3, Body: []document.Paragraph{document.P(document.Plain, "丁")}}, document.Text("戊"), {Span: 2, Down: 2, Shade: "EEEEEE", Body: []document.Paragraph{document.P(document.Plain, "己")}}}},
		{Cells: []document.Cell{document.Text("庚")}},
		{Whole: true, Cells: []document.Cell{document.Text("辛"), document.Text("壬"), document.Text("癸")}},
	}}
	page := document.A4Bound
	return document.Document{Title: "样例", TwoSided: true, Sections: []document.Section{
		{Page: page, Body: []document.Block{
			document.P(document.Title, "封面"),
			document.Table{Bare: true, Columns: []float64{40, 80}, Rows: []document.Row{{Cells: []document.Cell{{Align: document.Spread, Body: []document.Paragraph{document.P(document.Plain, "地市")}}, {Underlined: true, Body: []document.Paragraph{document.P(document.Plain, "福州")}}}}}},
		}},
		{Page: page, FirstPage: 1, Footer: document.PageNumbers(), Header: []document.Paragraph{document.P(document.Small, "页眉")}, Body: []document.Block{
			document.P(document.Heading, "1.概况"),
			document.Paragraph{Runs: []document.Run{{Text: "负责人", Bold: true, Color: "C00000", Size: 15, Font: document.HeiTi, Underline: true, Footnote: "指负责同志。"}, {Text: "二", Footnote: "下同。"}}},
			merged, merged,
		}},
		{Page: document.A4Wide, Body: []document.Block{document.Paragraph{Style: document.Body, NewPage: true, Before: 6, Indent: 4, Line: 20, Runs: []document.Run{{Text: "第一行\n第二行\t后"}}}}},
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
	data := write(t, document.Document{Title: hostile, Sections: []document.Section{{Page: document.A4, Body: []document.Block{document.P(document.Body, hostile)}}}})
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
	for name, rows := range map[string][]document.Row{
		"too few":     {{Cells: []document.Cell{document.Text("a")}}},
		"too many":    {{Cells: []document.Cell{document.Text("a"), document.Text("b"), document.Text("c")}}},
		"too wide":    {{Cells: []document.Cell{document.Text("a"), {Span: 2}}}},
		"beyond":      {{Cells: []document.Cell{{Down: 2}, document.Text("b")}}},
		"overlapping": {{Cells: []document.Cell{document.Text("a"), {Down: 2}}}, {Cells: []document.Cell{{Span: 2}}}},
	} {
		err := document.Write(io.Discard, document.Document{Sections: []document.Section{{Page: document.A4, Body: []document.Block{document.Table{Columns: []float64{50, 50}, Rows: rows}}}}})
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
