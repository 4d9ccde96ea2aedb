package intake

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"

	"github.com/xuri/excelize/v2"
)

// Requirement: a cell is read as the filler sees it. What is struck out is not said; a raised digit is none of the number; a
// picture, an error and a formula without a result are no values; merged inputs and hidden ones are known to be.
func TestCellsAreReadAsTheyAreSeen(t *testing.T) {
	sheet, cell := slotAt(t, "office_area", 0)
	put := func(attributes, inner string) model.Entry {
		t.Helper()
		pattern := regexp.MustCompile(`<c r="` + cell + `"( s="\d+")?[^>]*?(/>|>.*?</c>)`)
		w := readBytes(editParts(t, edit(t, filled(), func(f *excelize.File) error { return f.SetCellValue(sheet, cell, "put") }), "worksheets/sheet3.xml",
			func(s string) string {
				return pattern.ReplaceAllString(s, `<c r="`+cell+`"$1 `+attributes+`>`+inner+`</c>`)
			}))
		mustAccept(t, w)
		return entriesOf(w)[entryKey{"office_area", 0, 0}]
	}
	run := func(properties, words string) string {
		return "<r><rPr>" + properties + "</rPr><t>" + words + "</t></r>"
	}
	for _, c := range []struct {
		attributes, inner        string
		kind                     model.Kind
		raw, shown, struck, what string
	}{
		{`t="inlineStr"`, "<is>" + run("<strike/>", "26") + run("", "300") + "</is>", model.Text, "300", "300", "26", "struck runs"},
		{`t="inlineStr"`, "<is>" + run(`<strike val="0"/>`, "26") + run("", "300") + "</is>", model.Text, "26300", "26300", "", "runs not struck"},
		{`t="inlineStr"`, "<is>" + run("<strike/>", "300") + "</is>", model.Text, "300", "300", "300", "all struck"},
		{`t="inlineStr"`, "<is>" + run("", "260m") + run(`<vertAlign val="superscript"/>`, "2") + "</is>", model.Text, "260m²", "260m²", "", "raised"},
		{`t="e" vm="1"`, "<v>#VALUE!</v>", model.Picture, "#VALUE!", "", "", "picture"},
		{`t="str"`, `<f>_xlfn.DISPIMG("ID_1",1)</f><v>=DISPIMG("ID_1",1)</v>`, model.Picture, `=DISPIMG("ID_1",1)`, "", "", "WPS picture"},
		{`t="e"`, "<v>#N/A</v>", model.Error, "#N/A", "#N/A", "", "error"},
		{``, "<f>50+68</f>", model.Uncomputed, "=50+68", "=50+68", "", "no result"},
		{`t="b"`, "<v>1</v>", model.Bool, "1", "TRUE", "", "TRUE"},
	} {
		if e := put(c.attributes, c.inner); e.Kind != c.kind || e.Raw != c.raw || e.Shown != c.shown || e.Struck != c.struck {
			t.Errorf("%s: %+v", c.what, e.Cell)
		}
	}
}

// Requirement: in a cell that is struck through, a run with a look of its own is not struck: 120 struck out and 118 typed
// behind it is 118.
func TestRunsWithinAStruckCell(t *testing.T) {
	for _, c := range []struct{ inner, text, struck string }{
		{"<t>118</t>", "118", "118"},
		{"<r><t>118</t></r>", "118", "118"},
		{"<r><t>120</t></r><r><rPr><sz val=\"11\"/></rPr><t>118</t></r>", "118", "120"},
		{"<r><rPr><sz val=\"11\"/></rPr><t>118</t></r>", "118", ""},
		{"<r><rPr><strike/></rPr><t>120</t></r><r><t>118</t></r>", "118", "118"},
	} {
		var x richText
		err := ooxml.NewWalker().Walk([]byte(`<si xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`+c.inner+`</si>`),
			func(e *ooxml.Element) error { x.element(e); return nil })
		if text, struck := x.take().inCell(true); err != nil || text != c.text || struck != c.struck {
			t.Errorf("%s in a struck cell: %q, struck %q, %v", c.inner, text, struck, err)
		}
	}
}

func TestMergedAndHiddenInputsAreTold(t *testing.T) {
	sheet, cell := slotAt(t, "apprentices", 2022)
	_, next := slotAt(t, "apprentices", 2023)
	area := definition().Layout().Area("members")
	at := func(row, col int) string { return model.CellName(area.HeaderRow+row, col) }
	kind, name, enrolment := area.Columns[0].Col, area.Columns[1].Col, area.Columns[2].Col
	w := readBytes(edit(t, filled(), func(f *excelize.File) error {
		for _, c := range []string{at(2, kind), at(3, kind), at(2, enrolment)} {
			if err := f.SetCellValue(area.Sheet, c, nil); err != nil {
				return err
			}
		}
		for _, m := range [][3]string{{sheet, cell, next}, {area.Sheet, at(1, kind), at(3, kind)}, {area.Sheet, at(1, enrolment), at(2, enrolment)}} {
			if err := f.MergeCell(m[0], m[1], m[2]); err != nil {
				return err
			}
		}
		fill := excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFF9E3"}}
		pale, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Color: "FFFFFF"}, Fill: fill})
		if err != nil {
			return err
		}
		return errors.Join(f.SetRowVisible(area.Sheet, area.HeaderRow+5, false), f.SetCellStyle(area.Sheet, at(4, name), at(4, name), pale))
	}))
	mustAccept(t, w)
	got := entriesOf(w)
	for _, year := range []int{2022, 2023} {
		if e := got[entryKey{"apprentices", year, 0}]; e.Merged != cell+":"+next {
			t.Errorf("%d: %+v", year, e)
		}
	}
	first := got[entryKey{"members_kind", 0, 1}]
	for row := 2; row <= 3; row++ {
		if e := got[entryKey{"members_kind", 0, row}]; e.Raw != first.Raw || !e.Copied || e.Merged != "" || e.Place.Cell != at(row, kind) {
			t.Errorf("kind of row %d: %+v", row, e)
		}
		if e := got[entryKey{"members_enrolment", 0, min(row-1, 2)}]; e.Merged == "" || e.Copied {
			t.Errorf("enrolment: %+v", e)
		}
	}
	if n := noteOf(t, w, CodeMergedGroup); len(n.Places) != 3 || n.Vars["cell"] != at(1, kind)+":"+at(3, kind) || n.Vars["value"] != first.Raw {
		t.Errorf("group told as %+v", n)
	}
	merges := 0
	for _, n := range w.Notes {
		if n.Code == CodeMerged {
			merges++
		}
	}
	if merges != 2 {
		t.Errorf("%d notes about merged inputs", merges)
	}
	if n := noteOf(t, w, CodeHidden); len(n.Places) == 0 || !strings.HasSuffix(n.Places[len(n.Places)-1].Cell, at(5, name)[1:]) {
		t.Errorf("hidden rows told as %+v", n)
	}
	if !got[entryKey{"members_name", 0, 4}].Hidden || got[entryKey{"members_name", 0, 3}].Hidden {
		t.Errorf("white letters on a pale cell are not hidden, or others are: %+v", got[entryKey{"members_name", 0, 4}])
	}
}

// Requirement: a figure beneath a picture, a chart or a text box is known to be hidden, and what a text box says is told; a seal on the
// cover, or over a name, hides nothing.
func TestWhatLiesOverTheCells(t *testing.T) {
	sheet, cell := slotAt(t, "apprentices", 2022)
	cover, edition := slotAt(t, "edition", 0)
	pledge, signed := slotAt(t, "pledge_date", 0)
	box := func(cell, words string) *excelize.Shape {
		return &excelize.Shape{Cell: cell, Type: "rect", Width: 40, Height: 12, Paragraph: []excelize.RichTextRun{{Text: words}}}
	}
	for _, over := range []struct {
		sheet, cell, words string
		hidden, told       int
	}{{sheet, cell, "19", 1, 1}, {sheet, cell, "", 1, 0}, {sheet, "Z99", "见附件", 0, 1}, {cover, edition, "", 0, 0}, {pledge, signed, "", 0, 0}} {
		w := readBytes(edit(t, filled(), func(f *excelize.File) error { return f.AddShape(over.sheet, box(over.cell, over.words)) }))
		mustAccept(t, w)
		if count(w, CodeHidden) != over.hidden || count(w, CodeNoteWords) != over.told {
			t.Errorf("%q over %s!%s: %d hidden, %d told, want %d, %d: %+v", over.words, over.sheet, over.cell, count(w, CodeHidden), count(w, CodeNoteWords), over.hidden, over.told, w.Notes)
		}
	}
	frame := func(xml string) string { return strings.ReplaceAll(xml, "</a:prstGeom>", "</a:prstGeom><a:noFill/>") }
	drawn := edit(t, filled(), func(f *excelize.File) error { return f.AddShape(sheet, box(cell, "")) })
	if w := readBytes(editParts(t, drawn, "drawings/drawing", frame)); count(w, CodeHidden) != 0 {
		t.Errorf("a frame around a figure hides it: %+v", w.Notes)
	}
	row, col := model.RowCol(cell)
	corner := func(name string, row, col, off int) string { // rows and columns are counted from 0
		return fmt.Sprintf("<xdr:%s><xdr:col>%d</xdr:col><xdr:colOff>%d</xdr:colOff><xdr:row>%d</xdr:row><xdr:rowOff>%[3]d</xdr:rowOff></xdr:%[1]s>", name, col-1, off, row-1)
	}
	size := func(name, x, y string, cols, rows int) string {
		return fmt.Sprintf(`<xdr:%s %s="%d" %s="%d"/>`, name, x, cols*609600, y, rows*190500)
	}
	for anchor, covers := range map[string]bool{
		corner("from", row-1, col-1, 9) + corner("to", row, col, 9):         true,
		corner("from", row-1, col-1, 9) + corner("to", row, col, 0):         false, // it ends where the cell begins
		corner("from", row-1, col-1, 9) + corner("to", row+1, col+1, 0):     true,
		corner("from", row, col+1, 0) + corner("to", row+1, col+2, 9):       false,
		corner("from", row+1, col, 0) + corner("to", row+1, col+2, 9):       false,
		corner("from", row-3, col, 0) + size("ext", "cx", "cy", 0, 3):       true,
		corner("from", row-3, col, 0) + size("ext", "cx", "cy", 0, 2):       false,
		corner("from", row, col-2, 0) + size("ext", "cx", "cy", 2, 0):       true,
		corner("from", row, col-2, 0) + size("ext", "cx", "cy", 1, 0):       false,
		size("pos", "x", "y", col-1, row-1) + size("ext", "cx", "cy", 0, 0): true,
		size("pos", "x", "y", col-2, row-2) + size("ext", "cx", "cy", 1, 1): true,
		size("pos", "x", "y", col-2, row-1) + size("ext", "cx", "cy", 0, 9): false,
		size("pos", "x", "y", col, row-1) + size("ext", "cx", "cy", 9, 9):   false,
	} {
		moved := editParts(t, drawn, "drawings/drawing", func(xml string) string {
			head, rest, _ := strings.Cut(xml, "<xdr:from>")
			if strings.Contains(xml, "样例") {
				return xml
			}
			_, rest, _ = strings.Cut(rest, "<xdr:sp ")
			return head + anchor + "<xdr:sp " + rest
		})
		hidden := slices.ContainsFunc(readBytes(moved).Notes, func(n model.Finding) bool {
			return n.Code == CodeHidden && slices.ContainsFunc(n.Places, func(p model.Place) bool { return p.Cell == cell })
		})
		if hidden != covers {
			t.Errorf("%s over %s: covers %v", anchor, cell, hidden)
		}
	}
}

// Requirement: a file embedded in a sheet is told, since nobody reads it.
func TestEmbeddedFilesAreTold(t *testing.T) {
	sheet, cell := slotAt(t, "apprentices", 2022)
	data := edit(t, filled(), func(f *excelize.File) error { return f.AddShape(sheet, &excelize.Shape{Cell: cell, Type: "rect"}) })
	data = changeParts(t, data, "worksheets/_rels", func(xml string) string {
		return strings.Replace(xml, "</Relationships>", `<Relationship Id="r99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/package" Target="../embeddings/a.docx"/></Relationships>`, 1)
	})
	w := readBytes(data)
	mustAccept(t, w)
	if n := noteOf(t, w, CodeLoose); n.Vars["detail"] != "（嵌入的文件 1 个）" || n.Places[0].Sheet != sheet {
		t.Errorf("told as %+v", n)
	}
}

// Requirement: what a number format makes a cell show is known, whatever Excel's or WPS's way to write it.
func TestNumberFormats(t *testing.T) {
	for _, c := range []struct{ code, raw, shown string }{
		{`0.0"%"`, "45.2", "45.2%"}, {`0.0\%`, "45.2", "45.2%"}, {`0.0%`, "0.452", "45.2%"}, {`0%%`, "0.0045", "45%%"},
		{`[<=1]0.0%;0.0"%"`, "0.452", "45.2%"}, {`[<=1]0.0%;0.0"%"`, "45.2", "45.2%"},
		{`0"万"`, "12", "12万"}, {`0!.0,"万"`, "14996692", "1499.7万"}, {`0\.0,"万"`, "14996692", "1499.7万"},
		{`0.0,,`, "14996692", "15.0"}, {`#,##0,`, "14996692", "14,997"}, {`[>=10000]0!.0,"万";0`, "9999", "9999"}, {`[>=10000]0!.0,"万";0`, "12345", "1.2万"},
		{`0*0`, "164", "0…"}, {`0* `, "164", "164"},
		{`;;;`, "12", ""}, {`"无"`, "12", "无"}, {`[=0]"无";0`, "0", "无"}, {`[=0]"无";0`, "7", "7"},
		{`#,##0.00_);[Red]\(#,##0.00\)`, "-1234.5", "(1,234.50)"}, {`#,##0.00`, "-1234.5", "-1,234.50"}, {`0;-0;;@`, "0", ""},
		{`General"人"`, "12.5", "12.5人"}, {`G/通用格式"人"`, "12", "12人"}, {`[$¥-804]#,##0.00`, "1234567", "¥1,234,567.00"}, {`"约"0`, "12", "约12"},
		{`000-0000-0000`, "13800138000", "138-0013-8000"}, {`00000000000`, "5912345678", "05912345678"}, {`#.##`, "0.5", "0.5"}, {`0.0##`, "1.20", "1.2"}, {`0`, "12.5", "13"},
		{`@`, "12", "12"}, {`_ * #,##0.00_ ;_ * \-#,##0.00_ ;_ * "-"??_ ;_ @_ `, "1234.5", "1,234.50"}, {`_ * #,##0.00_ ;_ * \-#,##0.00_ ;_ * "-"??_ ;_ @_ `, "0", "-"}, {`#,##0_ ;[Red]\-#,##0\ `, "-1200", "-1,200"}, {`[DBNum1]0`, "12", "12"}, {`[蓝色]0`, "12", "12"}, {`0.00E+00`, "5913456789", "5.91E+09"}, {`0E+0`, "120000", "120000"}, {`# ?/?`, "0.5", "0.5"}, {"", "1E+5", "1E+5"},
		{`"a!b"0`, "1", "a!b1"}, {`0!`, "1", "1!"}, {`[<5]"小"0;"大"0`, "5", "大5"}, {`[<5]"小"0;"大"0`, "4", "小4"}, {`[<=5]"小"0;"大"0`, "5", "小5"}, {`[<=5]"小"0;"大"0`, "6", "大6"}, {`[>5]"大"0;"小"0`, "5", "小5"}, {`[>5]"大"0;"小"0`, "6", "大6"},
		{`[>=5]"大"0;"小"0`, "4", "小4"}, {`[>=5]"大"0;"小"0`, "5", "大5"}, {`[<>5]"别"0;"五"0`, "5", "五5"}, {`[<>5]"别"0;"五"0`, "4", "别4"}, {`[=5]"五"0;"别"0`, "5", "五5"}, {`[=5]"五"0;"别"0`, "-5", "-别5"}, {`[<5]"小"0;[>9]"大"0`, "7", "7"},
		{"0", "1" + strings.Repeat("0", 39), "1" + strings.Repeat("0", 39)}, {"0", "1" + strings.Repeat("0", 40), "1" + strings.Repeat("0", 40)}, {"0.0", "1E30", "1000000000000000000000000000000.0"}, {"0.0", "1E31", "1E31"}, {"0.0", "1E-40", "0.0"}, {"0.0", "1E-41", "1E-41"}, {strings.Repeat("0", 765), "1.6", strings.Repeat("0", 764) + "2"}, {strings.Repeat("0", 766), "1.6", "1.6"},
		{"0;(0)", "-5", "(5)"}, {"0;(0)", "5", "5"}, {"0;(0)", "0", "0"}, {"0;-0;零", "0", "零"}, {"0", "-5", "-5"}, {"#,##0.0#", "-1234.5", "-1,234.5"}, {"@;", "5", ""}, {"#", "0", ""}, {"0.00", "1.005", "1.01"},
	} {
		if shown, isDate := newNumberFormat(200, map[int]string{200: c.code}).showNumber(c.raw); strings.TrimSpace(shown) != c.shown || isDate {
			t.Errorf("%s of %s: %q, date %v; want %q", c.code, c.raw, shown, isDate, c.shown)
		}
	}
	for _, c := range []struct{ code, raw, shown string }{
		{"yyyy-mm-dd", "45505", "2024-08-01"}, {"yyyy/m/d", "7", "1900-01-07"}, {`yyyy"年"m"月"d"日"`, "61", "1900-03-01"}, {"[$-804]yyyy年m月", "45505", "2024年8月"},
		{`m"月"d"日"`, "45292", "1月1日"}, {"h:mm", "0.5", "12:00"}, {"mm:ss", "0.5007", "01:00"}, {"[h]:mm", "1.5", "36:00"}, {"yyyy-m", "-3", "-3"}, {"yyyy-mm-dd", "59", "1900-02-28"}, {"yyyy-mm-dd", "60", "1900-02-28"}, {"yyyy-mm-dd", "2958465", "9999-12-31"}, {"yyyy-mm-dd", "2958465.9", "9999-12-31"}, {"yyyy-mm-dd", "2958466", "2958466"}, {"yyyy-mm-dd", "0", "1900-01-00"}, {"d", "45505", "1"}, {"aaaa", "45505", "星期四"},
	} {
		if shown, isDate := newNumberFormat(200, map[int]string{200: c.code}).showNumber(c.raw); shown != c.shown || !isDate {
			t.Errorf("%s of %s: %q, date %v; want %q", c.code, c.raw, shown, isDate, c.shown)
		}
	}
	for _, c := range []struct{ code, raw, shown string }{{`@"元"`, "12", "12元"}, {";;;", "12", ""}, {"0", "十二", "十二"}, {"0;-0;;@", "x", "x"}} {
		if shown := newNumberFormat(200, map[int]string{200: c.code}).showText(c.raw); shown != c.shown {
			t.Errorf("%s of %q: %q, want %q", c.code, c.raw, shown, c.shown)
		}
	}
}
