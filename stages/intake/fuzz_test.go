package intake

// Requirements
//  1. Whatever bytes arrive, reading them ends with one fate, every filled cell accounted for, and neither a panic nor much time.
//  2. Whatever stands in a sheet, its strings or its styles, the same holds, and no cell is read that the XML does not have.
//  3. A part of a defined name or of a cell's name is read rightly or not at all.

import (
	"archive/zip"
	"bytes"
	"hash/crc32"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
)

// quick fails where reading takes longer than any file of its size may.
func quick(t *testing.T, read func()) {
	t.Helper()
	begin := time.Now()
	read()
	if took := time.Since(begin); took > maxTime {
		t.Errorf("took %v", took)
	}
}

func FuzzContainer(f *testing.F) {
	for _, seed := range [][]byte{sparse(), sparse()[:2000], nil, []byte("PK\x03\x04"), ooxml.MagicOLE, []byte("<html><table>"), []byte("UEsDBBQ"), []byte("Rar!\x1a\x07"), []byte("a,b\n1,2\n")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		quick(t, func() { oneFate(t, readBytes(data)) })
	})
}

// FuzzEncrypted goes behind the first bytes of the old container, where the libraries for it work.
func FuzzEncrypted(f *testing.F) {
	f.Add([]byte{}, uint16(0))
	f.Add(make([]byte, 504), uint16(30))
	f.Fuzz(func(t *testing.T, data []byte, at uint16) {
		book := bytes.Clone(encrypted())
		copy(book[min(8+int(at), len(book)):], data[:min(len(data), 600)])
		quick(t, func() {
			oneFate(t, readBytes(book))
		})
	})
}

// encrypted is a read-only book as Excel makes it.
var encrypted = sync.OnceValue(func() []byte {
	book, err := excelize.Encrypt(sparse(), &excelize.Options{Password: "VelvetSweatshop"})
	if err != nil {
		panic(err)
	}
	return book
})

// bookOf is a workbook of one sheet with given parts.
func bookOf(sheet, texts, styles string) []byte {
	return bookWith([]part{
		{"[Content_Types].xml", []byte(`<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`)},
		{"_rels/.rels", []byte(`<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`)},
		{"xl/workbook.xml", []byte(`<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="表" r:id="a"/></sheets></workbook>`)},
		{"xl/_rels/workbook.xml.rels", []byte(`<Relationships><Relationship Id="a" Type="x/worksheet" Target="s.xml"/><Relationship Id="b" Type="x/sharedStrings" Target="t.xml"/><Relationship Id="c" Type="x/styles" Target="f.xml"/></Relationships>`)},
	}, part{"xl/s.xml", []byte(sheet)}, part{"xl/t.xml", []byte(texts)}, part{"xl/f.xml", []byte(styles)})
}

// bookWith is a container of parts, stored as they are.
func bookWith(parts []part, more ...part) []byte {
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, p := range slices.Concat(parts, more) {
		w, _ := zw.CreateRaw(&zip.FileHeader{Name: p.name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(p.data), CompressedSize64: uint64(len(p.data)), UncompressedSize64: uint64(len(p.data))})
		_, _ = w.Write(p.data)
	}
	_ = zw.Close()
	return b.Bytes()
}

func FuzzCells(f *testing.F) {
	const styles = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="10"/></cellXfs></styleSheet>`
	const texts = `<sst><si><t>甲</t></si><si><r><t>乙</t></r><r><t>_x000D_丙</t></r><rPh><t>x</t></rPh></si></sst>`
	for _, cells := range []string{
		`<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>`, `<c r="A1" s="1"><v>45000</v></c><c><v>1e3</v></c><c s="2"><v>0.45</v></c>`,
		`<c t="inlineStr"><is><t>丁</t></is></c><c t="b"><v>1</v></c><c t="e"><v>#REF!</v></c><c t="d"><v>2024-08-02</v></c><c t="str"><f>A1</f><v>x</v></c>`,
	} {
		f.Add(`<worksheet><sheetData><row r="1">`+cells+`</row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>`, texts, styles)
	}
	f.Fuzz(func(t *testing.T, sheet, texts, styles string) {
		quick(t, func() {
			book, refusal := open(bookOf(sheet, texts, styles), "")
			if refusal != nil {
				if definition().Rule(refusal.Code) == nil {
					t.Errorf("code %q", refusal.Code)
				}
				return
			}
			for _, s := range book.Sheets {
				if n := strings.Count(sheet, "<"); len(s.Cells) > n {
					t.Errorf("%d cells of %d tags", len(s.Cells), n)
				}
				at := map[string]bool{}
				for _, c := range s.Cells {
					row, col, ok := parseCell(c.Place.Cell)
					if !ok || row != c.Row || col != c.Col || at[c.Place.Cell] {
						t.Errorf("%s is row %d, column %d", c.Place.Cell, c.Row, c.Col)
					}
					at[c.Place.Cell] = true
				}
			}
		})
	})
}

func FuzzReference(f *testing.F) {
	for _, s := range []string{"'2年度数据'!$F$12", "表!A1:B2", "='it''s'!$A$1", "#REF!", "A!XFD1048576", "A!XFE1", "A!A0", "A!+1", "A,B!A1", "!A1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, at, ok := parseReference(s)
		if !ok {
			return
		}
		for _, p := range [][2]int{{at.row, at.col}, {at.lastRow, at.lastCol}} {
			if p[0] < 1 || p[0] > maxRow || p[1] < 1 || p[1] > maxCol {
				t.Errorf("%q: row %d, column %d", s, p[0], p[1])
			}
		}
		if r, c, ok := parseCell(model.CellName(at.row, at.col)); !ok || r != at.row || c != at.col {
			t.Errorf("%q: %+v does not come back", s, at)
		}
	})
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"a/b.xlsx", `..\..\x`, "\u202ex", "\xc1\xd9", "", "/", "a\x00b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := cleanPath(s)
		if strings.HasPrefix(name, "/") || strings.Contains("/"+name+"/", "/../") || strings.ContainsAny(name, "\\\x00\n\t") {
			t.Errorf("%q became %q", s, name)
		}
		_, _ = refuseByName(name, 1)
	})
}
