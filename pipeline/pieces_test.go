package pipeline

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lianheti/samples/must"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. What we print of a workbook agrees with it; a changed figure, text or member is told with both values, in the table and in one finding.
//  2. A PDF is held against the workbook by the code that it prints; a scan has none. An old format is named as such. One whose name is
//     another consortium's than its content is told with both.
//  3. A Word or PDF file without its workbook is reported, never unreported. None of them is counted, none becomes a submission.

// changedWord is a Word file with other words in its main part.
func changedWord(t *testing.T, data []byte, old, new string) []byte {
	t.Helper()
	in := must.Get(zip.NewReader(bytes.NewReader(data), int64(len(data))))(t)
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, f := range in.File {
		r, _ := f.Open()
		part, _ := io.ReadAll(r)
		if f.Name == "word/document.xml" {
			if !strings.Contains(string(part), old) {
				t.Fatalf("nothing says %s", old)
			}
			part = []byte(strings.Replace(string(part), old, new, 1))
		}
		w, _ := out.Create(f.Name)
		w.Write(part)
	}
	out.Close()
	return b.Bytes()
}

func TestPiecesAreHeldAgainstTheirWorkbooks(t *testing.T) {
	d := must.Get(templates.Load(templates.Latest()))(t)
	dir := t.TempDir()
	var books []string
	for _, name := range []string{"福州/福州经济技术开发区物联网产教联合体.xlsx", "宁德/宁德新能源汽车产业产教联合体.xlsx"} {
		books = append(books, filepath.Join("..", "samples", "2024", filepath.FromSlash(name)))
	}
	lone := filepath.Join("..", "samples", "2024", "厦门", "闽台软件和信息技术服务产教联合体.xlsx")
	printed, err := Word(context.Background(), Options{Definition: d, Inputs: append(slices.Clone(books), lone)})
	if err != nil || len(printed.Forms) != 3 {
		t.Fatal(printed, err)
	}
	put := func(name string, data []byte) {
		must.Do(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	word := map[string]PrintedForm{}
	for _, f := range printed.Forms {
		word[f.Submission.City] = f
	}
	put("甲.docx", changedWord(t, word["福州"].Data, ">42<", ">43<"))
	put("乙.docx", word["宁德"].Data)
	put("丙.docx", word["厦门"].Data)
	put("乙.pdf", []byte("%PDF-1.4\nstream\nBT ("+word["宁德"].CheckCode+") Tj ET\nendstream"))
	put("宁德新能源汽车产业产教联合体 旧版.pdf", []byte("%PDF-1.4\nstream\nBT (V2-0000-0000-0000-0000) Tj ET\nendstream"))
	put("漳州古雷石化产教联合体.pdf", []byte("%PDF-1.4\nstream\nBT ("+word["宁德"].CheckCode+") Tj ET\nendstream"))
	put("福州经济技术开发区物联网产教联合体 扫描.pdf", []byte("%PDF-1.4\n"))
	put("福州经济技术开发区物联网产教联合体.doc", []byte("x"))
	put("说明.pdf", []byte("%PDF-1.4\n"))
	r := must.Get(Run(context.Background(), Options{Definition: d, Inputs: append(slices.Clone(books), dir), Out: t.TempDir()}))(t)
	round := restoredRound(t, r.Dir, d)
	var got []string
	for p := range round.Pieces.All() {
		got = append(got, strings.Join([]string{filepath.Base(p.File), p.Result, p.Field, p.Said, p.Held}, " "))
	}
	want := []string{"丙.docx alone   ", "乙.docx same   ", "乙.pdf same   ", "宁德新能源汽车产业产教联合体 旧版.pdf differs   ",
		"漳州古雷石化产教联合体.pdf misnamed   ", "甲.docx differs   ",
		"甲.docx differs research_results 43 42", "福州经济技术开发区物联网产教联合体 扫描.pdf no_code   ", "福州经济技术开发区物联网产教联合体.doc no_code   "}
	if !slices.Equal(got, want) {
		t.Errorf("pieces\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	told, misnamed := 0, 0
	for x := range round.Findings.All() {
		if x.Rule == "piece_misnamed" && strings.Contains(x.Message, "漳州古雷石化") && strings.Contains(x.Message, "“宁德新能源汽车") {
			misnamed++
		}
		if x.Rule == "piece_differs" || x.Rule == "piece_code_differs" {
			if told++; !strings.Contains(x.Message, "43") || !strings.Contains(x.Message, "42") || !strings.Contains(x.Places, "2年度数据!E28") {
				t.Errorf("told: %+v", x)
			}
		}
	}
	if misnamed != 1 {
		t.Errorf("%d findings tell of the file that is called after another", misnamed)
	}
	if told != 1 {
		t.Errorf("%d findings, want that of the changed figure: the old PDF stands beside one that agrees", told)
	}
	if c := r.Manifest.Counts; c.Submissions != 2 || c.Accepted != 2 || c.Ignored != 9 {
		t.Errorf("counts: %+v", c)
	}
	for _, e := range round.Unreported() {
		if e.Consortium == word["厦门"].Submission.Consortium {
			t.Error("who sent the Word form alone counts as unreported")
		}
	}
	if !slices.ContainsFunc(slices.Collect(r.Pieces.All()), func(p table.Piece) bool { return strings.Contains(p.File, "丙.docx") && p.Result == table.PieceAlone }) {
		t.Errorf("nothing tells that a Word form is to be transcribed: %v", slices.Collect(r.Pieces.All()))
	}
}
