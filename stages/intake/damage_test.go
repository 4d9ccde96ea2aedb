package intake

// Requirements
//  1. A workbook with one flipped bit is refused, or reads exactly like the undamaged one: never with other values.
//  2. A workbook that is cut off anywhere is refused.
//  3. A checksum of zero does not hide a changed byte.
//  4. What a hand-made container or sheet says twice or wrongly is refused, or read with the right values; no cell is lost
//     in silence.

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"lianheti/samples/programs"
	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
)

func TestFlippedBits(t *testing.T) {
	data := sent()
	want := readBytes(data)
	sameValues(t, want, 0)
	rng := rand.New(rand.NewPCG(2024, 8))
	harmless, flips := 0, 500
	if programs.InCI() {
		flips = 2000
	}
	for range flips {
		at, bit := rng.IntN(len(data)), byte(1)<<rng.IntN(8)
		damaged := bytes.Clone(data)
		damaged[at] ^= bit
		got := readBytes(damaged)
		oneFate(t, got)
		if got.File.Fate == model.Accepted {
			harmless++
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("bit %d of byte %d flipped: accepted with other content", bit, at)
			}
		}
	}
	t.Logf("%d of %d flips were harmless, in a file of %d bytes", harmless, flips, len(data))
}

// The directory and the headers are a small part of a file: every byte of them is tried, on the first parts of the filled workbook, as
// they were written.
func TestFlippedHeaders(t *testing.T) {
	data := firstParts(t, filled(), 12)
	want, refusal := unpack(data, ooxml.Open)
	if refusal != nil {
		t.Fatal(refusal)
	}
	central := bytes.Index(data, []byte("PK\x01\x02"))
	for _, span := range [][2]int{{0, 60}, {central, central + 120}, {len(data) - 22, len(data)}} {
		for at := span[0]; at < span[1]; at++ {
			for bit := range 8 {
				damaged := bytes.Clone(data)
				damaged[at] ^= 1 << bit
				// A part may lose its name; one that the workbook names is then missing and the reader refuses.
				if got, refusal := unpack(damaged, ooxml.Open); refusal == nil && !subset(got, want) {
					t.Fatalf("bit %d of byte %d flipped: a part has other content", bit, at)
				}
			}
		}
	}
}

// firstParts is a container of the first parts of another, compressed as they are there.
func firstParts(t *testing.T, data []byte, n int) []byte {
	t.Helper()
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, f := range zr.File[:n] {
		if err := zw.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// subset says whether every part stands in want with the same content; a renamed one does not count.
func subset(got, want *ooxml.Parts) bool {
	for _, p := range got.All {
		if was := want.Get(p.Name); was != nil && !bytes.Equal(was, p.Data) {
			return false
		}
	}
	return true
}

func TestTruncated(t *testing.T) {
	data := sent()
	for i := range 200 {
		size := i * len(data) / 200
		if i >= 190 {
			size = len(data) - 1 - (i-190)*3 // the last bytes are the end of the directory
		}
		if w := readBytes(data[:size]); w.File.Fate != model.Rejected {
			t.Errorf("cut at %d of %d: %s", size, len(data), w.File.Fate)
		}
	}
}

// central finds the directory header of an entry.
func central(t *testing.T, data []byte, name string) int {
	t.Helper()
	for at := bytes.Index(data, []byte("PK\x01\x02")); at >= 0 && at+46 < len(data); {
		n := int(binary.LittleEndian.Uint16(data[at+28:]))
		if string(data[at+46:at+46+n]) == name {
			return at
		}
		at += 46 + n + int(binary.LittleEndian.Uint16(data[at+30:])) + int(binary.LittleEndian.Uint16(data[at+32:]))
	}
	t.Fatalf("no entry %s", name)
	return 0
}

// stored packs without compression, so that a byte of a part can be changed in place.
func stored(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, p := range takeApart(t, data) {
		w, err := zw.CreateRaw(&zip.FileHeader{Name: p.name, Method: zip.Store, CRC32: checksum(p.data), CompressedSize64: uint64(len(p.data)), UncompressedSize64: uint64(len(p.data))})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(p.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const firstSheet = "xl/worksheets/sheet1.xml"

func TestContainer(t *testing.T) {
	plain := stored(t, filled())
	sameValues(t, readBytes(plain), 0)
	put32 := func(data []byte, at int, v uint32) { binary.LittleEndian.PutUint32(data[at:], v) }
	cases := []struct {
		name   string
		change func(data []byte) []byte
		code   string // empty: read with the right values
	}{
		{"a byte changed", func(d []byte) []byte { return bytes.Replace(d, []byte("<v>1"), []byte("<v>2"), 1) }, CodeDamaged},
		{"a byte changed, checksum zeroed", func(d []byte) []byte {
			put32(d, central(t, d, firstSheet)+16, 0)
			at := bytes.Index(d, []byte("<sheetData>"))
			d[at+11+2] ^= 1
			return d
		}, CodeDamaged},
		{"checksum zeroed", func(d []byte) []byte { put32(d, central(t, d, firstSheet)+16, 0); return d }, CodeDamaged},
		{"size in the directory too small", func(d []byte) []byte { put32(d, central(t, d, firstSheet)+24, 100); return d }, CodeDamaged},
		{"size in the directory absurd", func(d []byte) []byte { put32(d, central(t, d, firstSheet)+24, 0xfffffff0); return d }, CodeInflates},
		{"packed size absurd", func(d []byte) []byte { put32(d, central(t, d, firstSheet)+20, 0xfffffff0); return d }, CodeDamaged},
		{"place of an entry beyond the file", func(d []byte) []byte { put32(d, central(t, d, firstSheet)+42, 0x7ffffff0); return d }, CodeDamaged},
		{"encrypted flag", func(d []byte) []byte { d[central(t, d, firstSheet)+8] |= 1; return d }, CodeEncrypted},
		{"unknown method", func(d []byte) []byte { d[central(t, d, firstSheet)+10] = 99; return d }, CodeDamaged},
		{"two entries, one place", func(d []byte) []byte {
			put32(d, central(t, d, "xl/worksheets/sheet2.xml")+42, binary.LittleEndian.Uint32(d[central(t, d, firstSheet)+42:]))
			return d
		}, CodeDamaged},
		{"something behind the end", func(d []byte) []byte { return append(d, "tail"...) }, CodeDamaged},
		{"another container behind", func(d []byte) []byte { return append(d, d...) }, CodeDamaged},
		{"something before the beginning", func(d []byte) []byte { return append([]byte("PK\x03\x04 head"), d...) }, CodeDamaged},
		{"local header disagrees about size and checksum", func(d []byte) []byte {
			at := int(binary.LittleEndian.Uint32(d[central(t, d, firstSheet)+42:]))
			put32(d, at+14, 1)
			put32(d, at+22, 7)
			return d
		}, ""},
		{"local header disagrees about the name's length", func(d []byte) []byte {
			d[int(binary.LittleEndian.Uint32(d[central(t, d, firstSheet)+42:]))+26]++
			return d
		}, CodeDamaged},
		{"a name twice", func(d []byte) []byte {
			return putTogether(t, append(takeApart(t, d), part{firstSheet, []byte("<worksheet/>")}))
		}, CodeDamaged},
		{"a name twice, in other letters", func(d []byte) []byte {
			return putTogether(t, append(takeApart(t, d), part{strings.ToUpper(firstSheet), []byte("<worksheet/>")}))
		}, CodeDamaged},
		{"a sheet missing", func(d []byte) []byte {
			var rest []part
			for _, p := range takeApart(t, d) {
				if p.name != firstSheet {
					rest = append(rest, p)
				}
			}
			return putTogether(t, rest)
		}, CodeDamaged},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			changed := c.change(bytes.Clone(plain))
			if bytes.Equal(changed, plain) {
				t.Fatal("nothing changed")
			}
			w := readBytes(changed)
			became(t, w, c.code, 0)
		})
	}
}

var anyRow = regexp.MustCompile(`(?s)<row .*?</row>`)

func TestSheetXML(t *testing.T) {
	first := func(old, new string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, new, 1) }
	}
	cases := []struct {
		name   string
		part   string
		change func(xml string) string
		code   string
	}{
		{"document type", firstSheet, first("<worksheet", "<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet"), CodeDamaged},
		{"unknown entity", firstSheet, first("<sheetData>", "<sheetData>&a;"), CodeDamaged},
		{"cut off", firstSheet, func(s string) string { return s[:len(s)*2/3] }, CodeDamaged},
		{"two roots", firstSheet, func(s string) string { return s + "<worksheet/>" }, CodeDamaged},
		{"too deep", firstSheet, first("<sheetData>", strings.Repeat("<a>", 100)+strings.Repeat("</a>", 100)+"<sheetData>"), CodeDamaged},
		{"GBK declared", firstSheet, first(`encoding="UTF-8"`, `encoding="GBK"`), CodeDamaged},
		{"not a sheet", firstSheet, func(string) string { return `<?xml version="1.0"?><other/>` }, CodeDamaged},
		{"a long comment before the sheet", "worksheets/sheet2", first("<worksheet", "<!--"+strings.Repeat("x", 5000)+"--><worksheet"), ""},
		{"shared strings missing", "sharedStrings", func(string) string { return `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>` }, CodeDamaged},
		{"rows in reverse", "worksheets/sheet2", func(s string) string {
			rows := anyRow.FindAllString(s, -1)
			for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
				rows[i], rows[j] = rows[j], rows[i]
			}
			return strings.Replace(anyRow.ReplaceAllString(s, ""), "<sheetData>", "<sheetData>"+strings.Join(rows, ""), 1)
		}, ""},
		{"a row twice", "worksheets/sheet2", func(s string) string {
			return strings.Replace(s, "</sheetData>", anyRow.FindString(s)+"</sheetData>", 1)
		}, CodeDamaged},
		{"a cell in another row", "worksheets/sheet2", func(s string) string {
			return strings.Replace(s, "</row>", `<c r="B999"><v>1</v></c></row>`, 1)
		}, CodeDamaged},
		{"a cell far away", "worksheets/sheet2", first("</sheetData>", `<row r="1048577"><c r="A1048577"><v>1</v></c></row></sheetData>`), CodeDamaged},
		{"a cell with two values", "worksheets/sheet2", first("</sheetData>", `<row r="900"><c r="A900"><v>1</v><v>2</v></c></row></sheetData>`), CodeDamaged},
		{"a text in a cell of numbers", "worksheets/sheet2", first("</sheetData>", `<row r="900"><c r="A900"><is><t>x</t></is></c></row></sheetData>`), CodeDamaged},
		{"not a number", "worksheets/sheet2", first("</sheetData>", `<row r="900"><c r="A900"><v>NaN</v></c></row></sheetData>`), CodeDamaged},
		{"a number in hexadecimal", "worksheets/sheet2", first("</sheetData>", `<row r="900"><c r="A900"><v>0x1p4</v></c></row></sheetData>`), CodeDamaged},
		{"an unknown type", "worksheets/sheet2", first("</sheetData>", `<row r="900"><c r="A900" t="q"><v>1</v></c></row></sheetData>`), CodeDamaged},
		{"two sheets of one name", "xl/workbook.xml", func(s string) string {
			titles := regexp.MustCompile(`<sheet name="([^"]*)"`).FindAllStringSubmatch(s, 2)
			return strings.Replace(s, `"`+titles[1][1]+`"`, `"`+titles[0][1]+`"`, 1)
		}, CodeDamaged},
		{"a sheet without a relationship", "xl/workbook.xml", func(s string) string {
			return regexp.MustCompile(`r:id="rId\d+"`).ReplaceAllString(s, "")
		}, CodeDamaged},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := readBytes(changeParts(t, sent(), c.part, c.change))
			became(t, w, c.code, 0)
		})
	}
}

// More of something than a form can have is refused before it costs time.
func TestLimits(t *testing.T) {
	cells := func(n int) string {
		var b strings.Builder
		b.WriteString(`<row r="2000">`)
		for i := range n {
			if i%10000 == 0 && i > 0 {
				fmt.Fprintf(&b, `</row><row r="%d">`, 2000+i)
			}
			b.WriteString(`<c><v>1</v></c>`)
		}
		return b.String() + `</row></sheetData>`
	}
	data := editParts(t, sent(), firstSheet, func(s string) string {
		return strings.Replace(s, "</sheetData>", cells(maxCells+1), 1)
	})
	if w := readBytes(data); w.File.Code != CodeManyParts {
		t.Errorf("too many cells: %q %s", w.File.Code, w.File.Detail)
	}
	data = editParts(t, sent(), firstSheet, func(s string) string {
		return strings.Replace(s, "</worksheet>", strings.Repeat(`<mergeCell ref="A1:B2"/>`, maxMerges+1)+"</worksheet>", 1)
	})
	if w := readBytes(data); w.File.Code != CodeManyParts {
		t.Errorf("too many merges: %q %s", w.File.Code, w.File.Detail)
	}
	parts := takeApart(t, filled())
	for i := range ooxml.MaxEntries {
		parts = append(parts, part{fmt.Sprintf("xl/media/%d.png", i), nil})
	}
	if w := readBytes(putTogether(t, parts)); w.File.Code != CodeInflates {
		t.Errorf("too many parts: %q %s", w.File.Code, w.File.Detail)
	}
}
