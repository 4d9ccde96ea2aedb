// Package book holds what every workbook that the program writes has in common: the same bytes for the same content,
// fixed document properties, text that stays text, and one list of styles.
package book

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"regexp"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"

	"lianheti/stages/office/try"
	"lianheti/stages/text"

	"github.com/klauspost/compress/flate"
	"github.com/xuri/excelize/v2"
)

// MaxText is the longest text that a cell holds, in characters.
const MaxText = 32767

// MaxRows is the number of rows of a worksheet.
const MaxRows = 1048576

// WriteParts saves a workbook that has the XML of some of its sheets from elsewhere, by the sheet's name.
func WriteParts(w io.Writer, f *excelize.File, title string, sheets map[string]string) error {
	return write(w, f, title, parts{whole: sheets})
}

// parts is what excelize doesn't write of a sheet: all of it, or what goes before its end; and the file opened from.
type parts struct {
	whole, tails map[string]string
	before       map[string]*zip.File
}

// core are the document properties. They name nobody, and the day from which containers count: they must have one, and
// nothing published reads the clock. ExcelJS knows them by their usual prefixes only, which excelize leaves out.
//
//go:embed core.xml
var core string

// write saves the workbook: the same content gives the same bytes.
func write(w io.Writer, f *excelize.File, title string, p parts) error {
	if err := f.SetDocProps(&excelize.DocProperties{Title: title}); err != nil { // content type and relationship
		return err
	}
	properties := strings.Replace(strings.TrimSpace(core), "{title}", XMLText(title), 1)
	f.Pkg.Store("docProps/core.xml", []byte(properties))
	return save(w, f, p)
}

// Save writes a workbook that was opened from a file. Parts that were not touched stay compressed as they were.
func Save(w io.Writer, f *excelize.File, from []byte) error {
	was, err := zip.NewReader(bytes.NewReader(from), int64(len(from)))
	if err != nil {
		return err
	}
	before := map[string]*zip.File{}
	for _, part := range was.File {
		if part.Method == zip.Deflate {
			before[part.Name] = part
		}
	}
	return save(w, f, parts{before: before})
}

func save(w io.Writer, f *excelize.File, p parts) error {
	if f.ContentTypes != nil { // it is read when first needed
		defaults := f.ContentTypes.Defaults
		sort.Slice(defaults, func(i, j int) bool { return defaults[i].Extension < defaults[j].Extension })
	}
	byPath, deflaters := parts{map[string]string{}, map[string]string{}, p.before}, &quick
	if len(p.whole) > 0 { // a form, which is made once and sent to many
		deflaters = &best
	}
	deflate := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(deflate)
	if len(p.whole)+len(p.tails) > 0 {
		for id, sheet := range f.GetSheetMap() {
			path := fmt.Sprintf("xl/worksheets/sheet%d.xml", id)
			byPath.whole[path], byPath.tails[path] = p.whole[sheet], p.tails[sheet]
		}
	}
	// Straight to where it goes: excelize would hold a workbook in memory twice.
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return &orderedZip{out: w, parts: byPath, deflate: deflate} })
	_, err := f.WriteTo(io.Discard)
	return err
}

// Compressors, which take more memory than most workbooks.
var quick, best = compressors(flate.DefaultCompression), compressors(flate.BestCompression)

func compressors(level int) sync.Pool {
	return sync.Pool{New: func() any {
		w, _ := flate.NewWriter(nil, level) // an error is for a level that there is not
		return w
	}}
}

// Protect locks a sheet, but for its inputs, without a password: it guards against slips, not against people.
func Protect(f *excelize.File, sheet string) error {
	return f.ProtectSheet(sheet, &excelize.SheetProtectionOptions{
		SelectLockedCells: true, SelectUnlockedCells: true, FormatColumns: true, FormatRows: true, FormatCells: true,
		InsertRows: true, Sort: true, AutoFilter: true, EditObjects: true,
	})
}

// orderedZip writes entries sorted by name with no times, whatever order they are created in: excelize hands streamed
// sheets over in the order of a map. As with archive/zip, an entry is whole when the next is created.
type orderedZip struct {
	out     io.Writer
	entries []*entry
	parts   parts         // by path
	deflate *flate.Writer // of one entry after the other: a new one costs more than a small entry itself
}

// entry is one compressed part, with the sums the directory needs.
type entry struct {
	name   string
	data   bytes.Buffer
	crc    uint32
	size   uint64
	whole  string // stands in place of what is written
	tail   string // goes before the closing tag
	before *zip.File
	kept   bool   // compressed as it was before
	begun  bool   // the root element is through
	held   []byte // what waits to be compressed
	to     *flate.Writer
}

// closing is the end of a worksheet.
const closing = "</worksheet>"

// streamed is the root element of a streamed sheet, with some fifty namespaces; in its place are those in use.
var (
	streamed = regexp.MustCompile(`^(<\?xml[^>]*>\s*)<worksheet [^>]*xmlns:mso14=[^>]*>`)
	root     = []byte(`$1<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"` +
		` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">`)
)

// Streamed sheets name relationships by the encoder's prefix, which ExcelJS does not know; the root declares the usual.
var (
	strange = []byte(`xmlns:relationships="http://schemas.openxmlformats.org/officeDocument/2006/relationships"` +
		` relationships:id=`)
	usual = []byte("r:id=")
)

// atOnce is how much is compressed at once, in bytes: more than any root element takes.
const atOnce = 64 << 10

func (e *entry) Write(p []byte) (int, error) {
	switch was := e.before; {
	case e.whole != "":
		return len(p), nil
	case was != nil && uint64(len(p)) == was.UncompressedSize64 && crc32.ChecksumIEEE(p) == was.CRC32: // not touched
		raw, err := was.OpenRaw()
		if err == nil {
			e.kept, e.crc, e.size = true, was.CRC32, was.UncompressedSize64
			_, err = e.data.ReadFrom(raw)
		}
		return len(p), err
	}
	if e.held = append(e.held, p...); len(e.held) < atOnce {
		return len(p), nil
	}
	return len(p), e.compress(len(strange)) // where one may begin
}

// compress writes what is held but for the end of it.
func (e *entry) compress(keep int) error {
	if e.size == 0 {
		e.to.Reset(&e.data)
	}
	if !e.begun {
		e.begun, e.held = true, streamed.ReplaceAll(e.held, root)
	}
	if bytes.Contains(e.held, strange) {
		e.held = bytes.ReplaceAll(e.held, strange, usual)
	}
	sure := e.held[:len(e.held)-keep]
	e.crc, e.size = crc32.Update(e.crc, crc32.IEEETable, sure), e.size+uint64(len(sure))
	_, err := e.to.Write(sure)
	e.held = append(e.held[:0], e.held[len(sure):]...)
	return err
}

// finish writes what was held back, the tail before the closing tag.
func (e *entry) finish() error {
	switch {
	case e.kept:
		return nil
	case e.whole != "":
		e.held, e.begun = []byte(e.whole), true
	case e.tail != "":
		rest, ok := bytes.CutSuffix(e.held, []byte(closing))
		if !ok {
			return fmt.Errorf("工作表 %s 的结尾不是 %s", e.name, closing)
		}
		e.held = append(rest, e.tail+closing...)
	}
	if err := e.compress(0); err != nil {
		return err
	}
	return e.to.Close()
}

func (z *orderedZip) Create(name string) (io.Writer, error) {
	z.entries = append(z.entries, &entry{name: name, to: z.deflate, whole: z.parts.whole[name], tail: z.parts.tails[name],
		before: z.parts.before[name], begun: z.parts.before != nil}) // what others wrote keeps its root
	if n := len(z.entries); n > 1 {
		return z.entries[n-1], z.entries[n-2].finish()
	}
	return z.entries[0], nil
}

func (z *orderedZip) AddFS(fs.FS) error { return fs.ErrInvalid }

func (z *orderedZip) Close() (err error) {
	defer try.Caught(&err)
	try.Do(z.entries[len(z.entries)-1].finish())
	sort.Slice(z.entries, func(i, j int) bool { return partOrder(z.entries[i].name) < partOrder(z.entries[j].name) })
	zw := zip.NewWriter(z.out)
	for _, e := range z.entries {
		w := try.Get(zw.CreateRaw(&zip.FileHeader{Name: e.name, Method: zip.Deflate, CRC32: e.crc,
			CompressedSize64: uint64(e.data.Len()), UncompressedSize64: e.size}))
		try.Get(w.Write(e.data.Bytes()))
	}
	return zw.Close()
}

// partOrder puts the content types and the root relationships first, where programs look for them.
func partOrder(name string) string {
	switch {
	case name == "[Content_Types].xml":
		return "\x00"
	case strings.HasPrefix(name, "_rels/"):
		return "\x01" + name
	}
	return name
}

// Text makes a text fit for a cell: what XML forbids is dropped, what exceeds a cell's length is cut with a sign.
// Written as a string it is never a formula, whatever it begins with.
func Text(s string) string {
	s = text.Legible(s)
	if utf8.RuneCountInString(s) > MaxText {
		s = string([]rune(s)[:MaxText-4]) + "…（略）"
	}
	return s
}

// Shared is Text for a cell set by itself: programs read _x0041_ as A, and excelize escapes it but in shared strings.
func Shared(s string) string {
	s = Text(s)
	var b strings.Builder
	for i := range len(s) { // one may begin at the end of another: _x0041_x0042_
		if b.WriteByte(s[i]); s[i] == '_' && coded.MatchString(s[i:min(len(s), i+len("_x0041_"))]) {
			b.WriteString("x005F_")
		}
	}
	return b.String()
}

var coded = regexp.MustCompile(`^_x[0-9A-Fa-f]{4}_`)
