package feedback

import (
	"archive/zip"
	"bytes"
	"image"
	"image/png"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/office/book"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. An annotated copy of a workbook with a chart, a picture, notes, validations (also those of Excel 2010's x14 kind),
//     conditional formats, names and links of the submitter's own loses none of them, nor a value; also where LibreOffice or
//     openpyxl saved the workbook, or Excel did as strict Open XML, of which the copy has nothing left.
//  2. The next copy shows the marks of its round only: colours, notes, list and links of the earlier round are gone, what a
//     submitter wrote into a note of ours stays, and the cells have the colours they had.
//     LibreOffice saves workbooks without a theme; there, too.
//  3. Where notes share a drawing with buttons the notes stay as they are, and the cells are marked all the same.

const (
	faultySubmission = "2024-04"
	faultySheet      = "2年度数据"
)

// original is the faulty sample as it was sent.
func original(t *testing.T, w world) []byte {
	t.Helper()
	for s := range w.in.Facts.Submissions.All() {
		if s.Submission == faultySubmission {
			return read(t, filepath.Join(samples, filepath.FromSlash(s.File)))
		}
	}
	t.Fatal("no such sample")
	return nil
}

// decorated is the faulty sample with all that people put into workbooks.
func decorated(t *testing.T, w world) []byte {
	t.Helper()
	f := must.Get(excelize.OpenReader(bytes.NewReader(original(t, w))))(t)
	defer f.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var picture, out bytes.Buffer
	must(png.Encode(&picture, image.NewGray(image.Rect(0, 0, 9, 9))))
	must(f.AddPictureFromBytes(faultySheet, "K3", &excelize.Picture{Extension: ".png", File: picture.Bytes()}))
	must(f.AddChart(faultySheet, "K10", &excelize.Chart{Type: excelize.Col, Series: []excelize.ChartSeries{{Name: "学徒", Values: book.SheetPrefix(faultySheet) + "$D$14:$H$14"}}}))
	must(f.AddComment(faultySheet, excelize.Comment{Cell: "E7", Author: "填报人", Text: "填报人的批注 E7"})) // on a faulty cell
	must(f.AddComment(faultySheet, excelize.Comment{Cell: "F8", Author: "填报人", Text: "填报人的批注 F8"}))
	must(f.SetCellHyperLink(faultySheet, "A1", "https://example.org/", "External"))
	must(f.SetDefinedName(&excelize.DefinedName{Name: "自用名称", RefersTo: book.SheetPrefix(faultySheet) + "$K$1"}))
	red, err := f.NewConditionalStyle(&excelize.Style{Font: &excelize.Font{Color: "FF0000"}})
	must(err)
	must(f.SetConditionalFormat(faultySheet, "E7:E9", []excelize.ConditionalFormatOptions{{Type: "cell", Criteria: ">", Value: "5", Format: &red}}))
	validation := excelize.NewDataValidation(true)
	validation.Sqref = "K1:K2"
	must(validation.SetDropList([]string{"甲", "乙"}))
	must(f.AddDataValidation(faultySheet, validation))
	must(f.Write(&out))
	return rewritten(t, out.Bytes(), func(name, part string) string {
		const x14 = `<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"><x14:dataValidations xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main" count="1"><x14:dataValidation type="list" allowBlank="1"><x14:formula1><xm:f>封面!$A$1:$A$3</xm:f></x14:formula1><xm:sqref>K5</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>`
		if strings.HasPrefix(name, "xl/worksheets/sheet") && strings.Contains(part, "<legacyDrawing") {
			return strings.Replace(part, "</worksheet>", x14+"</worksheet>", 1)
		}
		return part
	})
}

// rewritten passes every part of a workbook through a function.
func rewritten(t *testing.T, data []byte, edit func(name, part string) string) []byte {
	t.Helper()
	parts, order := unzip(t, data)
	for name, part := range parts {
		parts[name] = []byte(edit(name, string(part)))
	}
	return packed(t, parts, order)
}

// unzip gives the parts of a workbook and their order.
func unzip(t testing.TB, data []byte) (parts map[string][]byte, order []string) {
	t.Helper()
	all := must.Get(ooxml.Open(data))(t)
	parts = map[string][]byte{}
	for _, p := range all.All {
		parts[p.Name], order = p.Data, append(order, p.Name)
	}
	return parts, order
}

// packed makes a workbook of parts in an order.
func packed(t testing.TB, parts map[string][]byte, order []string) []byte {
	t.Helper()
	var all []ooxml.Part
	for _, name := range order {
		all = append(all, ooxml.Part{Name: name, Data: parts[name]})
	}
	data := must.Get(ooxml.Pack(all, zip.Deflate))(t)
	return data
}

// inventory counts what a workbook holds besides values.
func inventory(t *testing.T, data []byte) map[string]int {
	t.Helper()
	parts, _ := unzip(t, data)
	out := map[string]int{}
	for name, part := range parts {
		for _, kind := range []string{"xl/media/", "xl/charts/chart", "xl/drawings/drawing", "xl/worksheets/sheet", "customXml/"} {
			if strings.HasPrefix(name, kind) {
				out[kind]++
			}
		}
		if strings.HasPrefix(name, "xl/media/") {
			out["bytes of pictures"] += len(part)
		}
		for _, tag := range []string{"dataValidation", "conditionalFormatting", "cfRule", "mergeCell", "definedName", "drawing", "ext", "col", "rowBreaks", "pageSetup", "headerFooter", "hyperlink", "sheetProtection"} {
			out[tag] += len(regexp.MustCompile(`<(?:\w+:)?`+tag+`[\s>]`).FindAll(part, -1))
		}
		out["x14 validation"] += len(regexp.MustCompile(`<x14:dataValidation[\s>]`).FindAll(part, -1))
	}
	return out
}

// notesOf gives the texts of a workbook's notes by sheet and cell.
func notesOf(t *testing.T, data []byte) map[string]string {
	t.Helper()
	f := must.Get(excelize.OpenReader(bytes.NewReader(data)))(t)
	defer f.Close()
	out := map[string]string{}
	for _, sheet := range f.GetSheetList() {
		comments := must.Get(f.GetComments(sheet))(t)
		for _, c := range comments {
			out[sheet+"!"+c.Cell] += c.Text
			for _, run := range c.Paragraph {
				out[sheet+"!"+c.Cell] += run.Text
			}
		}
	}
	return out
}

func TestNothingIsLost(t *testing.T) {
	_, w, _ := written()(t)
	data := decorated(t, w)
	openpyxl := func(t *testing.T, data []byte) []byte {
		programs.OnlyInCI(t) // nobody fills the form with it; LibreOffice somebody does
		programs.NeedPython(t, "openpyxl")
		from, to := filepath.Join(t.TempDir(), "a.xlsx"), filepath.Join(t.TempDir(), "b.xlsx")
		must.Do(t, os.WriteFile(from, data, 0o644))
		programs.Run(t, "python3", "-W", "ignore", "-c", "import openpyxl,sys; openpyxl.load_workbook(sys.argv[1]).save(sys.argv[2])", from, to)
		return read(t, to)
	}
	libreOffice := func(t *testing.T, data []byte) []byte {
		from := filepath.Join(t.TempDir(), "a.xlsx")
		must.Do(t, os.WriteFile(from, data, 0o644))
		return read(t, filepath.Join(programs.Convert(t, "xlsx", from), "a.xlsx"))
	}
	strict := func(t *testing.T, data []byte) []byte {
		return rewritten(t, data, func(_, part string) string {
			return regexp.MustCompile(`http://schemas\.openxmlformats\.org/(spreadsheetml|officeDocument|drawingml)/2006/`).ReplaceAllString(part, "http://purl.oclc.org/ooxml/$1/")
		})
	}
	for name, save := range map[string]func(*testing.T, []byte) []byte{"strict Open XML": strict, "Excel": func(_ *testing.T, b []byte) []byte { return b }, "openpyxl": openpyxl, "LibreOffice": libreOffice} {
		t.Run(name, func(t *testing.T) {
			data := save(t, data)
			copied, err := Annotate(data, originalOf(w, faultySubmission), findingsOf(w, faultySubmission), Department)
			if err != nil {
				t.Fatal(err)
			}
			parts, _ := unzip(t, copied)
			for part, content := range parts {
				if bytes.Contains(content, []byte("http://purl.oclc.org/ooxml/")) {
					t.Errorf("%s is still strict", part)
				}
			}
			before, after := inventory(t, data), inventory(t, copied)
			if name == "Excel" && before["x14 validation"] != 1 || before["xl/media/"] == 0 || before["xl/charts/chart"] == 0 {
				t.Fatalf("nothing to lose: %v", before)
			}
			for what, n := range before {
				if after[what] < n {
					t.Errorf("%s: %d became %d", what, n, after[what])
				}
			}
			notes := notesOf(t, copied)
			for at, text := range notesOf(t, data) {
				if !strings.Contains(notes[at], strings.TrimSpace(text)) {
					t.Errorf("the note at %s became %q, was %q", at, notes[at], text)
				}
			}
			if !strings.Contains(notes[faultySheet+"!E7"], "LHT-2-001") {
				t.Errorf("no note of ours: %q", notes[faultySheet+"!E7"])
			}
			a, b := readAgain(t, data), readAgain(t, copied)
			same(t, "figures", a.Figures, b.Figures)
			same(t, "metrics", slices.Collect(a.Metrics), slices.Collect(b.Metrics))
			same(t, "texts", a.Texts, b.Texts)
			same(t, "members", a.Members, b.Members)
			same(t, "loose", a.Loose, b.Loose)
		})
	}
}

// readAgain reads one workbook.
func readAgain(t *testing.T, data []byte) *table.Form {
	t.Helper()
	dir := t.TempDir()
	must.Do(t, os.WriteFile(filepath.Join(dir, "a.xlsx"), data, 0o644))
	for form := range judge(t, dir).in.Facts.Forms {
		return form
	}
	t.Fatal("not accepted")
	return nil
}

func TestTheNextRoundShowsItsOwnMarksOnly(t *testing.T) {
	_, w, _ := written()(t)
	all := findingsOf(w, faultySubmission)
	first := must.Get(Annotate(original(t, w), originalOf(w, faultySubmission), all, Department))(t)
	// The submitter answers in our note, inserts nothing, and mends all but the last finding.
	f := must.Get(excelize.OpenReader(bytes.NewReader(first)))(t)
	defer f.Close()
	comments := must.Get(f.GetComments(faultySheet))(t)
	i := slices.IndexFunc(comments, func(c excelize.Comment) bool { return c.Cell == "E7" })
	answered := comments[i]
	answered.Paragraph = append(answered.Paragraph, excelize.RichTextRun{Text: "\n已改，见附表。"})
	must.Do(t, f.DeleteComment(faultySheet, "E7"))
	must.Do(t, f.AddComment(faultySheet, answered))
	var sent bytes.Buffer
	must.Do(t, f.Write(&sent))
	last := all[len(all)-1:]
	second := must.Get(Annotate(sent.Bytes(), originalOf(w, faultySubmission), last, Department))(t)
	notes := notesOf(t, second)
	if notes[faultySheet+"!E7"] != "已改，见附表。" {
		t.Errorf("of the note of the first round is left: %q", notes[faultySheet+"!E7"])
	}
	delete(notes, faultySheet+"!E7")
	if len(notes) != len(last[0].AllPlaces()) {
		t.Errorf("notes: %v", notes)
	}
	was, is := looks(t, original(t, w)), looks(t, second)
	marked := map[string]bool{}
	for _, p := range last[0].AllPlaces() {
		marked[p.String()] = true
	}
	for at, colour := range was {
		if marked[at] == (is[at] == colour) {
			t.Errorf("%s: colour %s became %s, marked: %v", at, colour, is[at], marked[at])
		}
	}
	g := must.Get(excelize.OpenReader(bytes.NewReader(second)))(t)
	defer g.Close()
	if rows, err := g.GetRows(templates.ReturnSheet); err != nil || len(rows) != 3 {
		t.Errorf("the list: %v %v", rows, err)
	}
	links := 0
	for _, sheet := range g.GetSheetList() {
		cells, _ := g.GetHyperLinkCells(sheet, "Location")
		for _, cell := range cells {
			if _, to, _ := g.GetCellHyperLink(sheet, cell); strings.Contains(to, templates.ReturnSheet) {
				links++
				if to != book.SheetPrefix(templates.ReturnSheet)+"A3" {
					t.Errorf("%s!%s leads to %s", sheet, cell, to)
				}
			}
		}
	}
	if links == 0 {
		t.Error("no label leads to the list")
	}
}

// looks gives the colours of the inputs of a workbook.
func looks(t *testing.T, data []byte) map[string]string {
	t.Helper()
	f := must.Get(excelize.OpenReader(bytes.NewReader(data)))(t)
	defer f.Close()
	d := must.Get(templates.Load(2024))(t)
	out := map[string]string{}
	for _, layout := range d.Layout().Sheets {
		for _, slot := range layout.Slots {
			cell, _ := excelize.CoordinatesToCellName(slot.Col, slot.Row)
			id := must.Get(f.GetCellStyle(layout.Sheet.Title, cell))(t)
			out[layout.Sheet.Title+"!"+cell] = (&annotator{f: f}).fillColour(id)
		}
	}
	return out
}

func TestColoursAreTakenBackWithoutATheme(t *testing.T) {
	_, w, _ := written()(t)
	const theme = "xl/theme/theme1.xml"
	parts, order := unzip(t, rewritten(t, original(t, w), func(_, part string) string {
		return regexp.MustCompile(`<(Override|Relationship) [^>]*theme/theme1\.xml[^>]*?(/>|></(Override|Relationship)>)`).ReplaceAllString(part, "")
	}))
	if parts[theme] == nil {
		t.Fatal("no theme")
	}
	bare := packed(t, parts, slices.DeleteFunc(order, func(name string) bool { return name == theme }))
	marked := must.Get(Annotate(bare, originalOf(w, faultySubmission), findingsOf(w, faultySubmission), Department))(t)
	clean := must.Get(Annotate(marked, originalOf(w, faultySubmission), nil, Department))(t)
	was, with, is := looks(t, bare), looks(t, marked), looks(t, clean)
	if maps.Equal(was, with) || !maps.Equal(was, is) {
		t.Errorf("marked: %v; the colours of the round before are left, or others are lost: %v", !maps.Equal(was, with), !maps.Equal(was, is))
	}
}

func TestButtonsKeepTheirDrawing(t *testing.T) {
	_, w, _ := written()(t)
	data := rewritten(t, decorated(t, w), func(name, part string) string {
		if strings.HasPrefix(path.Base(name), "vmlDrawing") {
			return strings.Replace(part, "</xml>", `<v:shape id="b1" type="#_x0000_t201" style="position:absolute"><x:ClientData ObjectType="Button"></x:ClientData></v:shape></xml>`, 1)
		}
		return part
	})
	copied := must.Get(Annotate(data, originalOf(w, faultySubmission), findingsOf(w, faultySubmission), Department))(t)
	parts, _ := unzip(t, copied)
	kept := false
	for name, part := range parts {
		kept = kept || strings.Contains(name, "vmlDrawing") && bytes.Contains(part, []byte(`ObjectType="Button"`))
	}
	if notes := notesOf(t, copied); !kept || len(notes) != 2 || notes[faultySheet+"!F8"] != "填报人的批注 F8" {
		t.Errorf("button kept: %v, notes %v", kept, notes)
	}
	was, is := looks(t, data), looks(t, copied)
	if maps.Equal(was, is) {
		t.Error("no faulty cell is coloured")
	}
	if was[faultySheet+"!E7"] != is[faultySheet+"!E7"] { // empty and required: framed by the form until it is filled
		t.Error("an empty cell that the form frames is coloured too, and would be once it is filled")
	}
}
