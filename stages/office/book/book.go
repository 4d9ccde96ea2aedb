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

	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/try"
	"lianheti/stages/text"

	"github.com/klauspost/compress/flate"
	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v4"
)

// MaxText is the longest text that a cell holds, in characters.
const MaxText = 32767

// MaxRows is the number of rows of a worksheet.
const MaxRows = 1048576

// WriteParts saves a workbook with the XML of some of its sheets given, by sheet name.
func WriteParts(w io.Writer, f *excelize.File, title string, sheets map[string]string) error {
	return write(w, f, title, sheetXML{whole: sheets})
}

// sheetXML is XML that excelize does not write: whole sheets, or their rows; and the original file's parts.
type sheetXML struct {
	whole     map[string]string
	rows      map[string]*sheetRows
	originals map[string]*zip.File
}

// coreProperties are the document properties. They name nobody, and the first day of zip times: a date is required, and
// nothing published reads the clock. ExcelJS knows them by their usual prefixes only, which excelize leaves out.
//
//go:embed core.xml
var coreProperties string

// write saves the workbook: the same content gives the same bytes.
func write(w io.Writer, f *excelize.File, title string, p sheetXML) (err error) {
	defer try.Caught(&err)
	try.Do(f.SetDocProps(&excelize.DocProperties{Title: title})) // content type and relationship
	properties := strings.Replace(strings.TrimSpace(coreProperties), "{title}", XMLText(title), 1)
	f.Pkg.Store("docProps/core.xml", []byte(properties))
	return save(w, f, p)
}

// Save writes a workbook that was opened from a file. Unchanged parts are copied without compressing them again.
func (r *Report) Save(w io.Writer, from []byte) (err error) {
	defer try.Caught(&err)
	before := map[string]*zip.File{}
	for _, part := range try.Get(zip.NewReader(bytes.NewReader(from), int64(len(from)))).File {
		if part.Method == zip.Deflate {
			before[part.Name] = part
		}
	}
	return save(w, r.file, sheetXML{rows: r.rows, originals: before})
}

func save(w io.Writer, f *excelize.File, p sheetXML) error {
	if f.ContentTypes != nil { // it is read when first needed
		defaults := f.ContentTypes.Defaults
		sort.Slice(defaults, func(i, j int) bool { return defaults[i].Extension < defaults[j].Extension })
	}
	byPath, deflaters := sheetXML{map[string]string{}, map[string]*sheetRows{}, p.originals}, &ooxml.DefaultCompressors
	if len(p.whole) > 0 { // a form, which is made once and sent to many
		deflaters = &ooxml.BestCompressors
	}
	deflate := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(deflate)
	if len(p.whole)+len(p.rows) > 0 {
		for id, sheet := range f.GetSheetMap() {
			path := fmt.Sprintf("xl/worksheets/sheet%d.xml", id)
			byPath.whole[path], byPath.rows[path] = p.whole[sheet], p.rows[sheet]
		}
	}
	// Straight to where it goes: excelize would hold a workbook in memory twice.
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return &orderedZip{out: w, parts: byPath, deflate: deflate} })
	_, err := f.WriteTo(io.Discard)
	return err
}

// Protect locks a sheet except for its inputs, without a password: it guards against slips, not against people.
func Protect(f *excelize.File, sheet string) error {
	return f.ProtectSheet(sheet, &excelize.SheetProtectionOptions{
		SelectLockedCells: true, SelectUnlockedCells: true, FormatColumns: true, FormatRows: true, FormatCells: true,
		InsertRows: true, Sort: true, AutoFilter: true, EditObjects: true,
	})
}

// orderedZip writes entries sorted by name and without times, because excelize creates streamed sheets in the order of
// a map. As with archive/zip, an entry is complete when the next is created.
type orderedZip struct {
	out     io.Writer
	entries []*entry
	parts   sheetXML      // by path
	deflate *flate.Writer // of one entry after the other: a new one costs more than a small entry itself
}

// entry is one compressed part.
type entry struct {
	deflated
	name    string
	pending []byte // what excelize writes of it: never much, because rows are not written by it
	sheets  *sheetXML
}

const closingTag = "</worksheet>"

// Links and rows are inserted at these tags of a worksheet.
var rowsBegin, rowsEnd, afterLinks = []byte("<sheetData>"), []byte("</sheetData>"), []byte("<printOptions")

// streamedRoot matches the root element of a streamed sheet, with some fifty namespaces; in its place are those in use.
var (
	streamedRoot = regexp.MustCompile(`^(<\?xml[^>]*>\s*)<worksheet [^>]*xmlns:mso14=[^>]*>`)
	plainRoot    = []byte(`$1<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"` +
		` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">`)
)

// Streamed sheets name relationships by the encoder's prefix, which ExcelJS does not know; the root declares the usual.
var (
	streamedAttr = []byte(`xmlns:relationships="http://schemas.openxmlformats.org/officeDocument/2006/relationships"` +
		` relationships:id=`)
	usualAttr = []byte("r:id=")
)

func (e *entry) Write(p []byte) (int, error) {
	e.pending = append(e.pending, p...)
	return len(p), nil
}

// finish compresses the part, with the rows of the sheet and what belongs to them inserted. A failure ends the guarded
// function (package try), as in what it calls.
func (e *entry) finish() {
	data, rows, whole := e.pending, e.sheets.rows[e.name], e.sheets.whole[e.name]
	e.pending = nil
	switch was := e.sheets.originals[e.name]; {
	case was != nil && uint64(len(data)) == was.UncompressedSize64 && crc32.ChecksumIEEE(data) == was.CRC32: // not touched
		e.crc, e.size = was.CRC32, was.UncompressedSize64
		try.Get(e.data.ReadFrom(try.Get(was.OpenRaw())))
		return
	case whole != "":
		data = []byte(whole)
	case e.sheets.originals == nil: // what others wrote keeps its root
		data = streamedRoot.ReplaceAll(data, plainRoot)
	}
	e.deflate.Reset(&e.data)
	data = bytes.ReplaceAll(data, streamedAttr, usualAttr)
	if rows != nil {
		begin, end := bytes.Index(data, rowsBegin)+len(rowsBegin), bytes.Index(data, rowsEnd)
		e.add(data[:begin])
		e.concat(&rows.deflated)
		data = append(data[end:len(data)-len(closingTag)], rows.charts+closingTag...)
		if rows.links.Len() > 0 {
			links := "<hyperlinks>" + rows.links.String() + "</hyperlinks>"
			data = bytes.Replace(data, afterLinks, append([]byte(links), afterLinks...), 1)
		}
	}
	e.add(data)
	try.Do(e.deflate.Close())
}

func (z *orderedZip) Create(name string) (io.Writer, error) {
	z.entries = append(z.entries, &entry{name: name, deflated: deflated{deflate: z.deflate}, sheets: &z.parts})
	n := len(z.entries)
	if n > 1 {
		z.entries[n-2].finish()
	}
	return z.entries[n-1], nil
}

func (z *orderedZip) AddFS(fs.FS) error { return fs.ErrInvalid }

func (z *orderedZip) Close() (err error) {
	defer try.Caught(&err)
	z.entries[len(z.entries)-1].finish()
	sort.Slice(z.entries, func(i, j int) bool { return partOrder(z.entries[i].name) < partOrder(z.entries[j].name) })
	zw := zip.NewWriter(z.out)
	for _, e := range z.entries {
		w := try.Get(zw.CreateRaw(&zip.FileHeader{Name: e.name, Method: zip.Deflate, CRC32: e.crc,
			CompressedSize64: uint64(e.data.Len()), UncompressedSize64: e.size}))
		try.Get(w.Write(e.data.Bytes()))
	}
	return zw.Close()
}

// partOrder is a sort key that puts the content types and the root relationships first, where programs look for them.
func partOrder(name string) string {
	switch {
	case name == "[Content_Types].xml":
		return "\x00"
	case strings.HasPrefix(name, "_rels/"):
		return "\x01" + name
	}
	return name
}

// Text makes a text valid for a cell: characters that XML forbids are dropped, and what is too long is cut with a sign.
// Written as a string it is never a formula, whatever it begins with.
func Text(s string) string {
	s = text.Legible(s)
	if utf8.RuneCountInString(s) > MaxText {
		s = string([]rune(s)[:MaxText-4]) + "…（略）"
	}
	return s
}

// EscapedText is Text for a cell set by itself: programs read _x0041_ as A, and excelize escapes that only elsewhere.
func EscapedText(s string) string {
	if s = Text(s); !strings.Contains(s, "_x") { // nearly always
		return s
	}
	var b strings.Builder
	for i := range len(s) { // one may begin at the end of another: _x0041_x0042_
		if b.WriteByte(s[i]); s[i] == '_' && escapedCode.MatchString(s[i:min(len(s), i+len("_x0041_"))]) {
			b.WriteString("x005F_")
		}
	}
	return b.String()
}

var escapedCode = regexp.MustCompile(`^_x[0-9A-Fa-f]{4}_`)

// Fonts. The official form is set in 仿宋_GB2312, 小四 (12 point); programs without it fall back by themselves.
const (
	FormFont  = "仿宋_GB2312"
	SheetFont = "微软雅黑"
)

// Styles creates each style of a workbook once, because excelize's NewStyle is slow with many styles.
type Styles struct {
	file *excelize.File
	ids  map[string]int
}

// NewStyles creates the list for one workbook.
func NewStyles(f *excelize.File) *Styles { return &Styles{f, map[string]int{}} }

// Get returns the id of a named style, created on first use. A failure ends the guarded function (package try).
func (s *Styles) Get(name string, style func() *excelize.Style) int {
	id, known := s.ids[name]
	if !known {
		id = try.Get(s.file.NewStyle(style()))
		s.ids[name] = id
	}
	return id
}

// GetConditional is Get for a style of a conditional format.
func (s *Styles) GetConditional(name string, style func() *excelize.Style) int {
	name = "conditional " + name
	if _, known := s.ids[name]; !known {
		s.ids[name] = try.Get(s.file.NewConditionalStyle(style()))
	}
	return s.ids[name]
}

// Look is the name of a style in workbooks for reading; the form has its own styles.
type Look string

const (
	Title           Look = "title"
	Subtitle        Look = "subtitle"
	Heading         Look = "heading" // of a part of a sheet
	Remark          Look = "remark"  // what a sheet says about itself, over its header
	Alarm           Look = "alarm"   // a remark that must not be missed
	Header          Look = "header"
	CommittedHeader Look = "header promised" // header over committed figures
	Vertical        Look = "header standing" // header with its text from top to bottom
	Plain           Look = "text"
	Prose           Look = "prose"  // long texts
	Mono            Look = "mono"   // hashes, codes, cell addresses
	Quiet           Look = "quiet"  // 未填, 不适用: what stands for a value that is not there
	Centred         Look = "centre" // short words
	Link            Look = "link"
	Integer         Look = "integer"
	Decimal         Look = "decimal"
	Points          Look = "points"  // two decimals
	Precise         Look = "precise" // four decimals
	Share           Look = "share"   // 0–1 shown as percent
	Growth          Look = "growth"  // signed percent
	Change          Look = "change"  // signed percentage points
	Gain            Look = "gain"    // signed, two decimals
	Total           Look = "total"   // text in a line of totals
	Sum             Look = "sum"     // number in a line of totals
	Figure          Look = "figure"  // a number to be seen from afar
	Input           Look = "input"   // a number or word that the reader may change
	Entry           Look = "entry"   // a text that the reader types: a number typed into it stays as typed
	Verdict         Look = "status"  // what a sheet says about its own state
	Caption         Look = "caption"
	Bare            Look = "bare" // nothing to see
)

// committedPrefix begins the looks of committed figures, which have their own background.
const committedPrefix = "promised "

// Committed is the same look for a committed figure.
func (l Look) Committed() Look { return committedPrefix + l }

//go:embed looks.yaml
var looksText []byte

// looks holds, by look, the differences from the default style.
var looks = sync.OnceValue(func() (all map[Look]yaml.Node) {
	try.Do(yaml.Load(looksText, &all)) // the program's own text
	return all
})

// Colours of the workbooks, as RGB.
const (
	Ink    = "262626"
	Faint  = "767676"
	Blue   = "1F4E79"
	Cream  = "FFF9E3" // what is typed in, and committed figures
	Line   = "D0D7DE"
	Green  = "548235"
	Amber  = "ED9B00"
	Accent = "ED7D31" // of the border: required and still blank
	Red    = "C0392B"
)

// Palette are the colours of lines, in order.
var Palette = []string{Blue, Red, Green, Amber, "7030A0", "00838F", Faint}

// OutOf is the look of points with their maximum: 16.70/54.
func OutOf(most string) Look { return Points + outOf + Look(most) }

const outOf = " of "

// Of returns the id of a look's style.
func (s *Styles) Of(l Look) int { return s.Get(string(l), l.style) }

func (l Look) style() *excelize.Style {
	style := &excelize.Style{
		Font:      &excelize.Font{Family: SheetFont, Size: textSize, Color: Ink},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
		Border:    borders(Line),
	}
	base, committed := strings.CutPrefix(string(l), committedPrefix)
	if committed {
		style.Fill = SolidFill(Cream)
	}
	base, most, of := strings.Cut(base, outOf)
	if own, ok := looks()[Look(base)]; ok {
		try.Do(own.Decode(style))
	}
	if of {
		format := `0.00"/` + most + `"`
		style.CustomNumFmt = &format
	}
	return style
}

// SolidFill is a fill of one colour.
func SolidFill(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

func borders(colour string) []excelize.Border {
	return []excelize.Border{{Type: "left", Color: colour, Style: 1}, {Type: "top", Color: colour, Style: 1},
		{Type: "right", Color: colour, Style: 1}, {Type: "bottom", Color: colour, Style: 1}}
}

// Tone is a meaning that is shown as a colour.
type Tone string

const (
	Good    Tone = "good"
	Caution Tone = "caution"
	Bad     Tone = "bad"
	Info    Tone = "info"
	Doubt   Tone = "doubt"   // in the form itself, whose cells to fill are of Caution's yellow
	Lacking Tone = "lacking" // required and still blank: an accent around the cell, no fill
)

// tones holds the fill and font colour of each tone.
var tones = map[Tone][2]string{
	Good:    {"C6EFCE", "006100"},
	Caution: {"FFEB9C", "7F4F00"},
	Bad:     {"FFC7CE", "9C0006"},
	Info:    {"DDEBF7", "1F4E79"},
	Doubt:   {"FBD5B0", "7F4F00"},
}

// Fill is the fill of a cell in the tone.
func (t Tone) Fill() excelize.Fill { return SolidFill(tones[t][0]) }

// Conditional returns the id of a tone's conditional style.
func (s *Styles) Conditional(t Tone) int {
	return s.GetConditional(string(t), func() *excelize.Style {
		if t == Lacking {
			return &excelize.Style{Border: borders(Accent)}
		}
		return &excelize.Style{Fill: t.Fill(), Font: &excelize.Font{Color: tones[t][1]}}
	})
}

// NumberLook is the look for a number: whole ones are shown without decimals.
func NumberLook(v float64) Look {
	if v == float64(int64(v)) {
		return Integer
	}
	return Decimal
}
