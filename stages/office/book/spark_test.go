package book

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
)

// Requirements
//  1. A row with two numbers or more has a small chart of them; one number alone, or none, has no course to show.

func TestSparklines(t *testing.T) {
	r, err := NewReport("走势", "数据")
	if err != nil {
		t.Fatal(err)
	}
	row := func(values ...any) []Cell {
		var cells []Cell
		for _, v := range values {
			cells = append(cells, Cell{Value: v, Look: Decimal})
		}
		return append(cells, Cell{Look: Plain})
	}
	columns := []Column{{Header: "甲", Width: 8}, {Header: "乙", Width: 8}, {Header: "走势", Width: 8, Spark: [2]int{1, 2}}}
	rows := [][]Cell{row(1.0, 2.0), row(3.0, ""), row("未填", "未填"), row(0.0, 4.0)}
	if err := r.Grid(Grid{Sheet: "数据", Rows: len(rows), Columns: columns}, slices.Values(rows)); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := r.Write(&out, "走势"); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	sheets := ""
	for _, f := range z.File {
		if strings.HasPrefix(f.Name, "xl/worksheets/sheet") {
			part, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			xml, err := io.ReadAll(part)
			if err != nil {
				t.Fatal(err)
			}
			sheets += string(xml)
		}
	}
	for cell, want := range map[string]bool{"C2": true, "C3": false, "C4": false, "C5": true} {
		if got := strings.Contains(sheets, "<xm:sqref>"+cell+"</xm:sqref>"); got != want {
			t.Errorf("%s: a small chart is there: %v", cell, got)
		}
	}
}
