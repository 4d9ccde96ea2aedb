package blankform

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"
)

// Requirements
//  1. A kit has a workbook for each consortium of the prefecture that reports, its name, prefecture and park filled in, and the page of
//     instructions; consortia that are national already have none.
//  2. Names are marked as UTF-8; twice written, the bytes are the same.

func TestKit(t *testing.T) {
	d := load(t)
	city, _ := d.Directory.CityByName("泉州") // one of its four is national
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := Kit(w, d, city, Prefilled); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("twice written, the kit differs")
	}
	zr, err := zip.NewReader(bytes.NewReader(a.Bytes()), int64(a.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range zr.File {
		names = append(names, f.Name)
		if f.NonUTF8 || f.Flags&0x800 == 0 {
			t.Errorf("%s is not marked as UTF-8", f.Name)
		}
		if !strings.HasSuffix(f.Name, ".xlsx") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var data bytes.Buffer
		if _, err := data.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		book := open(t, data.Bytes())
		for name, want := range map[string]string{"city": "泉州", "consortium": strings.TrimSuffix(f.Name[3:], ".xlsx")} {
			sheet, at := where(t, book, name)
			if got, _ := book.GetCellValue(sheet, at); got != want {
				t.Errorf("%s: %s is %q", f.Name, name, got)
			}
		}
		sheet, at := where(t, book, "park")
		entry, _, _ := d.Directory.ByConsortium(strings.TrimSuffix(f.Name[3:], ".xlsx"))
		if got, _ := book.GetCellValue(sheet, at); got != entry.Park {
			t.Errorf("%s: the park is %q", f.Name, got)
		}
	}
	want := []string{KitGuide, "11 泉州石油化工产业产教联合体.xlsx", "12 泉州现代物流业产教联合体.xlsx", "13 泉州陶瓷工艺产教联合体.xlsx"}
	if !slices.Equal(names, want) {
		t.Errorf("the kit holds %v", names)
	}
}
