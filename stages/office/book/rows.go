package book

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/try"

	"github.com/klauspost/compress/flate"
	"github.com/xuri/excelize/v2"
)

// blockSize is how many bytes are compressed at once.
const blockSize = 64 << 10

// deflated is compressed data with the CRC and the size of what was compressed, as a zip directory needs them.
type deflated struct {
	data    bytes.Buffer
	crc     uint32
	size    uint64
	deflate *flate.Writer
}

func (k *deflated) add(p []byte) error {
	k.crc, k.size = crc32.Update(k.crc, crc32.IEEETable, p), k.size+uint64(len(p))
	_, err := k.deflate.Write(p)
	return err
}

// concat appends data that was compressed elsewhere and ends at a whole byte. CRCs are linear, so the CRC of both is
// the CRC of the first followed by zeros, combined with the CRC of the second.
func (k *deflated) concat(other *deflated) error {
	if err := k.deflate.Flush(); err != nil {
		return err
	}
	_, err := k.data.Write(other.data.Bytes())
	k.deflate.Reset(&k.data) // nothing that follows may refer back beyond the other data
	zeros, ofZeros := make([]byte, blockSize), uint32(0)
	for left := other.size; left > 0; {
		n := min(left, blockSize)
		k.crc, ofZeros = crc32.Update(k.crc, crc32.IEEETable, zeros[:n]), crc32.Update(ofZeros, crc32.IEEETable, zeros[:n])
		left -= n
	}
	k.crc, k.size = k.crc^ofZeros^other.crc, k.size+other.size
	return err
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

// beginRows begins the rows of a sheet.
func (r *Report) beginRows(sheet string) *sheetRows {
	s := &sheetRows{styles: r.styles}
	s.deflate = ooxml.DefaultCompressors.Get().(*flate.Writer)
	s.deflate.Reset(&s.data)
	r.rows[sheet] = s
	return s
}

// beginRow begins a row of a height in points.
func (s *sheetRows) beginRow(row int, height float64) {
	ht := strconv.FormatFloat(height, 'f', -1, 64)
	s.pending = fmt.Appendf(s.pending, `<row r="%d" ht="%s" customHeight="1">`, row, ht)
}

func (s *sheetRows) endRow() {
	if s.pending = append(s.pending, "</row>"...); len(s.pending) >= blockSize {
		try.Do(s.add(s.pending))
		s.pending = s.pending[:0]
	}
}

// finish ends the rows.
func (s *sheetRows) finish() {
	try.Do(s.add(s.pending))
	try.Do(s.deflate.Flush())
	ooxml.DefaultCompressors.Put(s.deflate)
	s.deflate, s.pending = nil, nil
}

// writeCell writes the next cell of a row. Texts are written inline: shared ones would be kept until the end.
func (s *sheetRows) writeCell(row, col int, c Cell) {
	kind, begin, value, end := "", "<v>", "", "</v>"
	switch v := c.Value.(type) {
	case nil:
		if c.Formula != "" {
			kind = "str"
		}
	case bool:
		kind, value = "b", strconv.Itoa(map[bool]int{true: 1}[v])
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
	b = append(strconv.AppendInt(b, int64(try.Get(s.styles.Of(cmp.Or(c.Look, Plain)))), 10), '"')
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

// addLink makes a cell a link.
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
