package ooxml

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. Every entry is proven: length, checksum (zero included), its name told apart from the others.
//  2. What is sound is taken however it is written: names in another case, slashes of the other kind, an empty entry that is deflated.
//  3. A fault says its kind: cut off, damaged, encrypted, an old document, or far too large.

// packed is a container of entries, deflated.
func packed(t *testing.T, entries ...Part) []byte {
	t.Helper()
	data, err := Pack(entries, zip.Deflate)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// raw is a container of one entry with a header of its own.
func raw(h zip.FileHeader, content string) []byte {
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	w, _ := zw.CreateRaw(&h)
	_, _ = io.WriteString(w, content)
	_ = zw.Close()
	return b.Bytes()
}

func TestOpen(t *testing.T) {
	data := packed(t, Part{"[content_types].xml", []byte("<a/>")}, Part{`xl\Workbook.xml`, []byte("<b/>")}, Part{"xl/media/1.png", []byte("p")}, Part{"empty.xml", nil})
	p, err := Open(data)
	if err != nil {
		t.Fatal(err)
	}
	if string(p.Get("[Content_Types].xml")) != "<a/>" || string(p.Get("xl/workbook.xml")) != "<b/>" || string(p.Get("xl/media/1.png")) != "p" || !p.Has("XL/media/1.PNG") || !p.Has("empty.xml") {
		t.Errorf("%+v", p.All)
	}
	again, err := Open(packed(t, p.All...))
	if err != nil || fmt.Sprint(again.All) != fmt.Sprint(p.All) {
		t.Errorf("packed again: %v", err)
	}
}

func kindOf(err error) Kind {
	var f *Fault
	if !errors.As(err, &f) {
		return -1
	}
	return f.Kind
}

func TestFaults(t *testing.T) {
	whole := packed(t, Part{"a.xml", bytes.Repeat([]byte("<a/>"), 300)})
	sum := crc32.ChecksumIEEE([]byte("abc"))
	central := bytes.Index(whole, []byte("PK\x01\x02"))
	changed := func(at int, to byte) []byte {
		data := bytes.Clone(whole)
		data[at] = to
		return data
	}
	stored := zip.FileHeader{Name: "a.xml", Method: zip.Store, CRC32: sum, CompressedSize64: 3, UncompressedSize64: 3}
	with := func(change func(h *zip.FileHeader)) []byte {
		h := stored
		change(&h)
		return raw(h, "abc")
	}
	for what, c := range map[string]struct {
		data []byte
		want Kind
	}{
		"cut":             {whole[:len(whole)-30], Incomplete},
		"more behind":     {append(bytes.Clone(whole), 'x'), Damaged},
		"more before":     {append([]byte("x"), whole...), Damaged},
		"content":         {changed(50, whole[50]^1), Damaged},
		"checksum zero":   {with(func(h *zip.FileHeader) { h.CRC32 = 0 }), Damaged},
		"twice":           {packed(t, Part{"a.xml", nil}, Part{"A.xml", nil}), Damaged},
		"a folder now":    {changed(central+38, 0x10), Damaged},
		"a folder's name": {with(func(h *zip.FileHeader) { h.Name = "a.xml/" }), Damaged},
		"longer":          {with(func(h *zip.FileHeader) { h.UncompressedSize64 = 4 }), Damaged},
		"enormous":        {with(func(h *zip.FileHeader) { h.UncompressedSize64 = 1 << 40 }), Inflates},
		"large lie":       {with(func(h *zip.FileHeader) { h.Method, h.UncompressedSize64 = zip.Deflate, 60<<20 }), Damaged},
		"method":          {with(func(h *zip.FileHeader) { h.Method = 12 }), Damaged},
		"password":        {with(func(h *zip.FileHeader) { h.Flags = 1 }), Encrypted},
	} {
		if _, err := Open(c.data); kindOf(err) != c.want {
			t.Errorf("%s: %d %v", what, kindOf(err), err)
		}
	}
	if p, err := Open(raw(zip.FileHeader{Name: "a.xml", Method: zip.Deflate}, "")); err != nil || !p.Has("a.xml") {
		t.Errorf("an empty entry: %v", err)
	}
	var many []Part
	for i := range MaxEntries + 1 {
		many = append(many, Part{Name: fmt.Sprint(i)})
	}
	if _, err := Open(packed(t, many...)); kindOf(err) != Inflates {
		t.Errorf("many entries: %v", err)
	}
}

func TestDecrypt(t *testing.T) {
	noise := make([]byte, 20000) // below 4 KB the library that encrypts for this test writes what nobody can read
	rand.NewChaCha8([32]byte{}).Read(noise)
	plain := packed(t, Part{"a.bin", noise})
	locked := func(password string) []byte {
		data, err := excelize.Encrypt(plain, &excelize.Options{Password: password})
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	known, other := locked(Password), locked("x")
	if got, err := Decrypt(known); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%v", err)
	}
	if got, err := Decrypt(plain); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("what is not encrypted: %v", err)
	}
	if _, err := Decrypt(other); kindOf(err) != Encrypted {
		t.Errorf("a password: %v", err)
	}
	renamed := bytes.Clone(other)
	at := bytes.Index(renamed, []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P"))
	renamed[at] = 'F'
	if _, err := Decrypt(renamed); kindOf(err) != OldOffice {
		t.Errorf("an old document: %v", err)
	}
	for _, size := range []int{len(MagicOLE), 600, len(other) / 2} {
		if _, err := Decrypt(other[:size]); kindOf(err) != Incomplete && kindOf(err) != Damaged {
			t.Errorf("cut to %d: %d %v", size, kindOf(err), err)
		}
	}
	binary.LittleEndian.PutUint32(known[:], 0)
	if got, err := Decrypt(known); err != nil || !bytes.Equal(got, known) {
		t.Error("what is no old container is not given as it is")
	}
}

// How often the library would turn a password is known before it does.
func TestSpinCount(t *testing.T) {
	const agile = "\x04\x00\x04\x00\x40\x00\x00\x00"
	for _, c := range []struct {
		info  string
		want  int
		clear bool
	}{
		{"", 0, true}, {"\x04\x00\x02\x00 binary", 0, true}, {agile + "<encryption/>", 0, true}, {agile + `<e><k spinCount="100000"/></e>`, 100000, true},
		{agile + `<e><k spinCount='9999999'/><k spinCount="5"/></e>`, 9999999, true}, {agile + `<e><k spinCount=" &#57;999999 "/>`, 9999999, false},
		{agile + `<e xmlns:x="u"><k x:spinCount="9999999"/></e>`, 9999999, true},
		{agile + `<!DOCTYPE e><e><k spinCount="9999999"/></e>`, 0, false}, // the library reads on
	} {
		if got, clear := spinCount([]byte(c.info)); got != c.want || clear != c.clear {
			t.Errorf("%q: %d, %v", c.info, got, clear)
		}
	}
}

// workbooks are the committed samples.
func workbooks(b *testing.B) (out [][]byte) {
	b.Helper()
	err := filepath.WalkDir("../../../samples/2024", func(name string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".xlsx") {
			return err
		}
		data, err := os.ReadFile(name)
		if _, bad := Open(data); bad == nil {
			out = append(out, data)
		}
		return err
	})
	if err != nil || len(out) == 0 {
		b.Fatal("no samples: ", err)
	}
	return out
}

// InflateOnly unpacks all entries and looks at nothing: what no reader can do without.
func InflateOnly(data []byte) {
	zr, _ := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	for _, f := range zr.File {
		r, _ := f.OpenRaw()
		if f.Method == zip.Deflate {
			r = flate.NewReader(r)
		}
		_, _ = io.Copy(io.Discard, r)
	}
}

// BenchmarkOpen sets proving, and proving with a walk over all XML, against inflating alone. One operation is all samples.
func BenchmarkOpen(b *testing.B) {
	books := workbooks(b)
	for _, c := range []struct {
		name string
		do   func(data []byte)
	}{
		{"archive-zip", func(data []byte) {
			zr, _ := zip.NewReader(bytes.NewReader(data), int64(len(data)))
			for _, f := range zr.File {
				r, _ := f.Open()
				_, _ = io.Copy(io.Discard, r)
			}
		}},
		{"inflate", InflateOnly},
		{"open", func(data []byte) { _, _ = Open(data) }},
		{"walk", func(data []byte) {
			p, _ := Open(data)
			w := NewWalker()
			for _, part := range p.All {
				_ = w.Walk(part.Data, func(*Element) error { return nil })
			}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, data := range books {
					c.do(data)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(books)), "µs/book")
		})
	}
}
