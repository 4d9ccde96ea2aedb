package wordform

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"lianheti/stages/intake"
	"lianheti/stages/normalize"
	"lianheti/templates"
)

// Requirements
//  1. What Write prints, Read reads: nothing of it is without a place.
//  2. Whatever stands in a Word form, reading it ends, and what has no place is listed with a reason.

var definition = sync.OnceValue(func() *templates.Definition {
	d, err := templates.Load(2024)
	if err != nil {
		panic(err)
	}
	return d
})

// printed is the main part of a sample as a Word form.
var printed = sync.OnceValue(func() (main []byte) {
	sources, err := intake.Discover([]string{"../../samples/2024/福州/福州经济技术开发区物联网产教联合体.xlsx"})
	if err != nil {
		panic(err)
	}
	batch := normalize.NewBatch(definition())
	batch.Add(normalize.Verbatim(definition(), intake.Read(definition(), sources[0])))
	var b bytes.Buffer
	for f := range batch.Facts().Forms {
		if err := Write(&b, definition(), f, nil, "0000-0000"); err != nil {
			panic(err)
		}
	}
	zr, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		panic(err)
	}
	r, err := zr.Open("word/document.xml")
	if err != nil {
		panic(err)
	}
	if main, err = io.ReadAll(r); err != nil {
		panic(err)
	}
	return main
})

func TestReadsWhatItWrites(t *testing.T) {
	f, err := Read(definition(), "表.docx", printed())
	if err != nil || f.Foreign != "" || f.CellsRead == 0 {
		t.Fatalf("%+v %v", f, err)
	}
	for _, u := range f.Unplaced { // students of several schools are printed as one number
		if !strings.Contains(u.Why, "在校生数") {
			t.Errorf("unplaced %+v", u)
		}
	}
}

// FuzzWord changes the main part of a filled Word form.
func FuzzWord(f *testing.F) {
	f.Add(uint32(0), uint32(0), "")
	f.Add(uint32(3000), uint32(40), "<w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>")
	f.Add(uint32(9000), uint32(0), `</w:tc></w:tr><w:tr><w:tc><w:tcPr><w:gridSpan w:val="9"/><w:vMerge/></w:tcPr><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc></w:tr>`)
	f.Add(uint32(20000), uint32(0), "<w:del><w:r><w:t>")
	f.Fuzz(func(t *testing.T, at, cut uint32, text string) {
		main := printed()
		from := int(at) % len(main)
		to := min(len(main), from+int(cut)%2000)
		form, err := Read(definition(), "表.docx", slices.Concat(main[:from], []byte(text), main[to:]))
		if err != nil {
			return
		}
		if (form.Foreign == "") == (len(form.Entries) == 0) {
			t.Errorf("foreign %q with %d entries", form.Foreign, len(form.Entries))
		}
		for _, e := range form.Entries {
			if definition().Field(e.Field) == nil {
				t.Errorf("field %q", e.Field)
			}
		}
		for _, u := range form.Unplaced {
			if strings.TrimSpace(u.Text) == "" || u.Why == "" {
				t.Errorf("unplaced %+v", u)
			}
		}
	})
}
