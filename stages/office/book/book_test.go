package book

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/xuri/excelize/v2"
)

// What is set by itself is read as it was typed, whatever it would mean to programs that read codes.
func TestSharedStringsAreReadAsTyped(t *testing.T) {
	for typed, written := range map[string]string{
		"_x003D_": "_x005F_x003D_", "a_x000D_b": "a_x005F_x000D_b", "_x0041_x0042_": "_x005F_x0041_x005F_x0042_", "_x005F_x0041_": "_x005F_x005F_x005F_x0041_",
		"_x41_": "_x41_", "x0041_": "x0041_", "_x00G1_": "_x00G1_", "": "", "=1+1": "=1+1", "_": "_",
	} {
		if got := Shared(typed); got != written {
			t.Errorf("%q is written %q, want %q", typed, got, written)
		}
		f := excelize.NewFile()
		defer f.Close()
		if err := f.SetCellStr("Sheet1", "A1", Shared(typed)); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := write(&b, f, "", parts{}); err != nil {
			t.Fatal(err)
		}
		again, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
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
	if err := write(&before, f, "题", parts{}); err != nil {
		t.Fatal(err)
	}
	g, err := excelize.OpenReader(bytes.NewReader(before.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := errors.Join(g.SetCellStr("Sheet1", "A1", "改"), Save(&after, g, before.Bytes())); err != nil {
		t.Fatal(err)
	}
	raw := func(b *bytes.Buffer, name string) string {
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range z.File {
			if part.Name == name {
				r, _ := part.OpenRaw()
				data, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
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
