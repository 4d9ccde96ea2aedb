package book

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/try"

	"github.com/klauspost/compress/flate"
	"github.com/xuri/excelize/v2"
)

// Report is a workbook for reading and printing: tables (Grid) and freely laid out sheets (Page), in the same looks and
// print set-up. Sheets are streamed, so a sheet of a million rows needs little memory.
type Report struct {
	file   *excelize.File
	styles *Styles
	footer string
	rows   map[string]*sheetRows // by sheet
}

// Cell is one cell to write.
type Cell struct {
	Value   any // string, RichText, number; nil: empty
	Look    Look
	Formula string // without =; Value is its result, which programs show that do not calculate
	Link    string // "#'sheet'!A1" inside the workbook, otherwise a relative path, perhaps with such an ending
	Cols    int    // how many columns it takes beside others; 0: one
}

// Cell is a cell with a value in this look.
func (l Look) Cell(value any) Cell { return Cell{Value: value, Look: l} }

// Over returns the cell spanning so many columns.
func (c Cell) Over(cols int) Cell {
	c.Cols = cols
	return c
}

// RichText is a text of which some runs are highlighted.
type RichText []TextRun

// TextRun is a part of a rich text. Common ones are written in red.
type TextRun struct {
	Text   string
	Common bool
}

// xml returns the runs of a text as they are written in a cell.
func (p RichText) xml() string {
	var b strings.Builder
	for _, x := range p {
		colour := Ink
		if x.Common {
			colour = Red
		}
		fmt.Fprintf(&b, `<r><rPr><rFont val="%s"></rFont><family val="2"></family><color rgb="FF%s"></color>`+
			`<sz val="%d"></sz></rPr><t%s>%s</t></r>`, SheetFont, colour, textSize, spaceAttribute(x.Text), escapeCell(x.Text))
	}
	return b.String()
}

// text returns the text of a cell, to compute its height.
func (c Cell) text() (string, bool) {
	switch v := c.Value.(type) {
	case string:
		return v, true
	case RichText:
		var b strings.Builder
		for _, p := range v {
			b.WriteString(p.Text)
		}
		return b.String(), true
	}
	return "", false
}

// NewReportOn adds sheets to an existing workbook; Save writes it.
func NewReportOn(f *excelize.File, footer string) *Report {
	return &Report{file: f, styles: NewStyles(f), footer: footer, rows: map[string]*sheetRows{}}
}

// NewReport creates a workbook with these sheets, in this order. footer is printed at the foot of each page.
func NewReport(footer string, sheets ...string) (r *Report, err error) {
	defer try.Caught(&err)
	f := excelize.NewFile()
	for _, name := range sheets {
		try.Get(f.NewSheet(name))
	}
	try.Do(f.DeleteSheet("Sheet1"))
	f.SetActiveSheet(0) // now: later it would read every sheet that was streamed
	return NewReportOn(f, footer), nil
}

// Write saves the workbook and closes it.
func (r *Report) Write(w io.Writer, title string) error {
	defer r.file.Close()
	return write(w, r.file, title, sheetXML{rows: r.rows})
}

// Hidden adds a hidden sheet of texts for the program that reads the workbook back.
func (r *Report) Hidden(sheet string, rows [][]string) (err error) {
	defer try.Caught(&err)
	try.Get(r.file.NewSheet(sheet))
	for i, row := range rows {
		try.Do(r.file.SetSheetRow(sheet, model.CellName(i+1, 1), &row))
	}
	try.Do(r.file.ProtectSheet(sheet, &excelize.SheetProtectionOptions{}))
	return r.file.SetSheetVisible(sheet, false, true)
}

// XMLText escapes a text for XML.
func XMLText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// round15 rounds to the 15 digits that a spreadsheet keeps: 9.8 and not 9.800000000000001.
func round15(v float64) float64 {
	short, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	return short
}

// linkTarget converts a link for excelize.
func linkTarget(target string) (to, kind string) {
	if at := cellLink.FindStringIndex(target); at != nil && at[0] == 0 {
		return target[1:], "Location"
	}
	return escapePath(target), "External"
}

// cellLink finds the ending that CellLink makes: a number sign may stand in a path, too.
var cellLink = regexp.MustCompile(`#'(?:[^']|'')+'!\$?[A-Z]+\$?[0-9]+(?::[A-Z0-9$]+)?$`)

// escapePath escapes a path for a link. Hanzi stay as they are, for people and programs alike.
func escapePath(path string) string {
	place, inside := "", false
	if at := cellLink.FindStringIndex(path); at != nil {
		path, place, inside = path[:at[0]], path[at[0]+1:], true
	}
	var b strings.Builder
	for _, c := range []byte(path) {
		if c <= ' ' || strings.IndexByte("%?#\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	if inside {
		b.WriteString("#" + strings.NewReplacer("%", "%25", " ", "%20").Replace(place))
	}
	return b.String()
}

// CellLink is the fragment of a link to a cell: #'2年度数据'!F12.
func CellLink(sheet, cell string) string {
	if sheet == "" {
		return ""
	}
	return "#" + SheetPrefix(sheet) + cmp.Or(cell, "A1")
}

// SheetPrefix is a sheet's name as formulas write it before a range: '2年度数据'!
func SheetPrefix(sheet string) string { return "'" + strings.ReplaceAll(sheet, "'", "''") + "'!" }

// AbsCell is a cell in absolute notation: $F$12.
func AbsCell(row, col int) string {
	name, _ := excelize.CoordinatesToCellName(col, row, true)
	return name
}

// AbsRange is a range of a sheet in absolute notation.
func AbsRange(sheet string, row, col, lastRow, lastCol int) string {
	if row == lastRow && col == lastCol {
		return SheetPrefix(sheet) + AbsCell(row, col)
	}
	return SheetPrefix(sheet) + AbsCell(row, col) + ":" + AbsCell(lastRow, lastCol)
}

// Quote writes a text as a literal of a formula.
func Quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// blockSize is how many bytes are compressed at once.
const blockSize = 64 << 10

// deflated is compressed data with the CRC and the size of what was compressed, as a zip directory needs them.
type deflated struct {
	data    bytes.Buffer
	crc     uint32
	size    uint64
	deflate *flate.Writer
}

func (k *deflated) add(p []byte) {
	k.crc, k.size = crc32.Update(k.crc, crc32.IEEETable, p), k.size+uint64(len(p))
	try.Get(k.deflate.Write(p))
}

// concat appends data that was compressed elsewhere and ends at a whole byte. CRCs are linear, so the CRC of both is
// the CRC of the first followed by zeros, combined with the CRC of the second.
func (k *deflated) concat(other *deflated) {
	try.Do(k.deflate.Flush())
	k.data.Write(other.data.Bytes())
	k.deflate.Reset(&k.data) // nothing that follows may refer back beyond the other data
	zeros, ofZeros := make([]byte, blockSize), uint32(0)
	for left := other.size; left > 0; {
		n := min(left, blockSize)
		k.crc, ofZeros = crc32.Update(k.crc, crc32.IEEETable, zeros[:n]), crc32.Update(ofZeros, crc32.IEEETable, zeros[:n])
		left -= n
	}
	k.crc, k.size = k.crc^ofZeros^other.crc, k.size+other.size
}

// sheetRows writes the rows of a sheet with the same XML as excelize's stream writer, which would keep up to 16 MB of
// every sheet in memory until the workbook is saved, the rest in files, and takes far longer.
type sheetRows struct {
	deflated
	styles  *Styles
	pending []byte // XML that is not compressed yet

	links    strings.Builder // XML of the links of the sheet
	targets  strings.Builder // XML of the relationships of external links
	external int             // number of external links
	charts   string          // XML of the sparklines
}

// Stream begins a sheet with the widths of its columns, and with the rows and columns that stay in view; a failure ends
// the guarded function (package try). The last column comes first: excelize puts each new one before the others, and
// Excel takes a file whose columns do not ascend for damaged.
func Stream(f *excelize.File, sheet string, widths []float64, frozen, frozenCols int) *excelize.StreamWriter {
	w := try.Get(f.NewStreamWriter(sheet))
	for i := len(widths); i >= 1; i-- {
		try.Do(w.SetColWidth(i, i, widths[i-1]))
	}
	if frozen > 0 {
		at := "bottomLeft"
		if frozenCols > 0 {
			at = "bottomRight"
		}
		try.Do(w.SetPanes(&excelize.Panes{Freeze: true, XSplit: frozenCols, YSplit: frozen,
			TopLeftCell: model.CellName(frozen+1, frozenCols+1), ActivePane: at}))
	}
	return w
}

func (r *Report) beginRows(sheet string) *sheetRows {
	s := &sheetRows{styles: r.styles}
	s.deflate = ooxml.DefaultCompressors.Get().(*flate.Writer)
	s.deflate.Reset(&s.data)
	r.rows[sheet] = s
	return s
}

func (s *sheetRows) beginRow(row int, height float64) {
	ht := strconv.FormatFloat(height, 'f', -1, 64)
	s.pending = fmt.Appendf(s.pending, `<row r="%d" ht="%s" customHeight="1">`, row, ht)
}

func (s *sheetRows) endRow() {
	if s.pending = append(s.pending, "</row>"...); len(s.pending) >= blockSize {
		s.add(s.pending)
		s.pending = s.pending[:0]
	}
}

func (s *sheetRows) finish() {
	s.add(s.pending)
	try.Do(s.deflate.Flush())
	ooxml.DefaultCompressors.Put(s.deflate)
	s.deflate, s.pending = nil, nil
}

// writeCell writes the next cell of a row. Texts are written inline: shared ones would be kept until the end.
func (s *sheetRows) writeCell(row, col int, c Cell) {
	kind, begin, value, end := "", "<v>", "", "</v>"
	switch v := c.Value.(type) {
	case nil:
	case int, int32, int64:
		value = fmt.Sprint(v)
	case float64:
		value = strconv.FormatFloat(round15(v), 'f', -1, 64)
	case RichText:
		kind, begin, value, end = "inlineStr", "<is>", v.xml(), "</is>"
	default:
		text, is := v.(string)
		if !is {
			text = fmt.Sprint(v)
		}
		if kind, value = "str", escapeCell(text); c.Formula == "" {
			kind, begin, end = "inlineStr", "<is><t"+spaceAttribute(text)+">", "</t></is>"
			value = strings.ReplaceAll(value, "&#xA;", "\n")
		}
	}
	b := append(model.AppendCellName(append(s.pending, `<c r="`...), row, col), `" s="`...)
	b = append(strconv.AppendInt(b, int64(s.styles.Of(cmp.Or(c.Look, Plain))), 10), '"')
	if kind != "" {
		b = append(append(append(b, ` t="`...), kind...), '"')
	}
	b = append(b, '>')
	if c.Formula != "" {
		b = append(append(append(b, "<f>"...), XMLText(c.Formula)...), "</f>"...)
	}
	if value != "" || kind == "inlineStr" {
		b = append(append(append(b, begin...), value...), end...)
	}
	s.pending = append(b, "</c>"...)
}

// escapeCell escapes a text for the XML of a cell.
func escapeCell(s string) string {
	if s = EscapedText(s); !strings.ContainsAny(s, "\"'&<>\t\n\r") { // nearly always
		return s
	}
	return XMLText(s)
}

// relationships begins a list of relationships.
const relationships = xml.Header +
	`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`

func (s *sheetRows) addLink(cell, target string) {
	to, kind := linkTarget(target)
	if kind != "External" {
		fmt.Fprintf(&s.links, `<hyperlink ref="%s" location="%s"></hyperlink>`, cell, XMLText(to))
		return
	}
	s.external++
	fmt.Fprintf(&s.links, `<hyperlink ref="%s" r:id="rId%d"></hyperlink>`, cell, s.external)
	fmt.Fprintf(&s.targets, `<Relationship Id="rId%d" Target="%s" Type="%s" TargetMode="External"></Relationship>`,
		s.external, XMLText(to), excelize.SourceRelationshipHyperLink)
}

// spaceAttribute is the attribute that keeps blanks at the ends of a text.
func spaceAttribute(s string) string {
	if s == "" || strings.IndexByte("\t\n\r ", s[0]) < 0 && strings.IndexByte("\t\n\r ", s[len(s)-1]) < 0 {
		return ""
	}
	return ` xml:space="preserve"`
}
