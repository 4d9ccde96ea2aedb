package word

import (
	"archive/zip"
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"
	"text/template"

	"lianheti/stages/office/try"
	"lianheti/stages/text"
)

const (
	wordML    = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
)

// Write writes the document: the same content gives the same bytes. A table that doesn't fit its columns is an error.
func Write(w io.Writer, d Document) (err error) {
	defer try.Caught(&err)
	if d.Text == (Type{}) {
		d.Text = FormText
	}
	k := &writer{Document: d}
	main := k.apart(k.main)
	k.Parts = append([]part{{Name: "[Content_Types].xml"}, {Name: "_rels/.rels"}, {Name: "word/_rels/document.xml.rels"},
		{Name: "docProps/core.xml", Kind: "application/vnd.openxmlformats-package.core-properties+xml"},
		wordPart("document", "document.main", main), wordPart("fontTable", "fontTable", "")}, k.bands...)
	k.Parts = append(k.Parts, wordPart("footnotes", "footnotes", ""),
		wordPart("settings", "settings", ""), wordPart("styles", "styles", ""))
	zw := zip.NewWriter(w)
	for _, p := range k.Parts { // in a fixed order and without times
		entry := try.Get(zw.CreateHeader(&zip.FileHeader{Name: p.Name, Method: zip.Deflate}))
		try.Get(io.WriteString(entry, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+p.xml))
		if p.xml == "" {
			try.Do(templates.ExecuteTemplate(entry, p.Name, k))
		}
	}
	return zw.Close()
}

//go:embed parts.xml.tmpl
var partsText string

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"half": halfPoints, "twentieths": points20, "twips": twips, "legible": legible,
	"next": func(i int) int { return i + 1 },
}).Parse(regexp.MustCompile(`\n *`).ReplaceAllString(partsText, "")))

// part is one XML file. One without XML is a template of its name, one without a kind has no content type.
type part struct{ Name, Kind, xml string }

// wordPart is a part of a kind that is Word's own.
func wordPart(name, kind, xml string) part {
	const office = "application/vnd.openxmlformats-officedocument.wordprocessingml."
	return part{"word/" + name + ".xml", office + kind + "+xml", xml}
}

// Beside says whether the main part refers to it.
func (p part) Beside() bool { return path.Dir(p.Name) == "word" && p.ID() != "document" }

// ID is what the main part calls it.
func (p part) ID() string { return strings.TrimSuffix(path.Base(p.Name), ".xml") }

// Relation is what it is to the main part: header for header1.
func (p part) Relation() string { return strings.TrimRight(p.ID(), "0123456789") }

// writer writes the main part of a document, and gathers what stands in parts of its own.
type writer struct {
	Document
	Parts []part
	xml   *strings.Builder // of the part at hand
	bands []part           // headers and footers
	Notes []string         // footnotes, written: the first has the id 1
}

// TwoCharacters is an indent, in points.
func (k *writer) TwoCharacters() float64 { return 2 * k.Text.Size }

// apart gives the XML of a part.
func (k *writer) apart(write func()) string {
	around := k.xml
	defer func() { k.xml = around }()
	k.xml = &strings.Builder{}
	write()
	return k.xml.String()
}

func (k *writer) put(format string, args ...any) { fmt.Fprintf(k.xml, format, args...) }

// when puts what is there only where something is so.
func (k *writer) when(so bool, format string, args ...any) {
	if so {
		k.put(format, args...)
	}
}

func (k *writer) main() {
	k.put(`<w:document xmlns:w="%s" xmlns:r="%s"><w:body>`, wordML, relations)
	last := len(k.Sections) - 1
	for _, s := range k.Sections[:last] {
		k.blocks(s.Body, &s)
	}
	k.blocks(k.Sections[last].Body, nil)
	k.section(k.Sections[last])
	k.put("</w:body></w:document>")
}

// blocks writes paragraphs and tables, the last of which ends a section.
func (k *writer) blocks(blocks []Block, ends *Section) {
	below := false // a table
	for i, b := range blocks {
		switch b := b.(type) {
		case Paragraph:
			if i == len(blocks)-1 {
				k.paragraph(b, "", ends)
				return
			}
			k.paragraph(b, "", nil)
			below = false
		case Table:
			if below {
				k.seam(nil)
			}
			k.table(b)
			below = true
		}
	}
	if ends != nil {
		k.seam(ends)
	}
}

// seam is a paragraph that nobody sees: between two tables, which Word would join, and behind one that ends a section.
func (k *writer) seam(ends *Section) {
	k.put(`<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="60" w:lineRule="exact"/>`)
	k.put(`<w:rPr><w:sz w:val="2"/></w:rPr>`)
	if ends != nil {
		k.section(*ends)
	}
	k.put("</w:pPr></w:p>")
}

// section ends a section; in all but the last, the properties stand in its last paragraph.
func (k *writer) section(s Section) {
	k.put("<w:sectPr>")
	k.band("header", "hdr", s.Header)
	k.band("footer", "ftr", s.Footer)
	try.Do(templates.ExecuteTemplate(k.xml, "section", s))
}

// band writes a header or footer. An empty one is written too: the section would show that of the one before.
func (k *writer) band(kind, element string, paragraphs []Paragraph) {
	if len(paragraphs) == 0 {
		paragraphs = []Paragraph{{Style: Small}}
	}
	name := fmt.Sprintf("%s%d", kind, len(k.bands)+1)
	k.bands = append(k.bands, wordPart(name, kind, k.apart(func() {
		k.put(`<w:%s xmlns:w="%s">`, element, wordML)
		for _, p := range paragraphs {
			k.paragraph(p, "", nil)
		}
		k.put("</w:%s>", element)
	})))
	k.put(`<w:%sReference w:type="default" r:id="%s"/>`, kind, name)
}

// styleIDs are the ids of the styles in the file; the names that people see are the styles themselves.
var styleIDs = map[Style]string{Plain: "Normal", Body: "Body", Title: "OfficialTitle", Heading: "Heading1",
	Small: "Small"}

func (k *writer) paragraph(p Paragraph, align Align, ends *Section) {
	align = cmp.Or(p.Align, align)
	k.put(`<w:p><w:pPr><w:pStyle w:val="%s"/>`, cmp.Or(styleIDs[p.Style], styleIDs[Plain]))
	k.when(p.KeepNext, "<w:keepNext/>")
	k.when(p.NewPage, "<w:pageBreakBefore/>")
	if p.Before != 0 || p.After != 0 || p.Line != 0 {
		k.put(`<w:spacing w:before="%s" w:after="%s"`, points20(p.Before), points20(p.After))
		k.when(p.Line != 0, ` w:line="%s" w:lineRule="exact"`, points20(p.Line))
		k.put("/>")
	}
	k.when(align != "", `<w:jc w:val="%s"/>`, align)
	if ends != nil {
		k.section(*ends)
	}
	k.put("</w:pPr>")
	for _, r := range p.Runs {
		k.run(r)
	}
	k.put("</w:p>")
}

// raised is the look of the number of a footnote.
const raised = `<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>`

func (k *writer) run(r Run) {
	say := func(what string) { k.put("<w:r>%s%s</w:r>", look(r), what) }
	switch {
	case r.Field != "":
		say(`<w:fldChar w:fldCharType="begin"/>`)
		say("<w:instrText>" + string(r.Field) + "</w:instrText>")
		say(`<w:fldChar w:fldCharType="separate"/>`)
		say("<w:t>1</w:t>") // shown until it is computed
		say(`<w:fldChar w:fldCharType="end"/>`)
	case r.Text != "":
		say(content(r.Text))
	}
	if r.Footnote != "" {
		k.Notes = append(k.Notes, content(" "+r.Footnote))
		k.put(`<w:r>%s<w:footnoteReference w:id="%d"/></w:r>`, raised, len(k.Notes))
	}
}

// look are the properties of a run that differ from its style.
func look(r Run) (out string) {
	if r.Font != "" {
		const fonts = `<w:rFonts w:ascii="%[1]s" w:eastAsia="%[1]s" w:hAnsi="%[1]s" w:cs="%[1]s" w:hint="eastAsia"/>`
		out += fmt.Sprintf(fonts, r.Font)
	}
	if r.Size != 0 {
		out += fmt.Sprintf(`<w:sz w:val="%[1]s"/><w:szCs w:val="%[1]s"/>`, halfPoints(r.Size))
	}
	if out == "" {
		return ""
	}
	return "<w:rPr>" + out + "</w:rPr>"
}

// legible escapes a text.
func legible(s string) string { return escapes.Replace(text.Legible(s)) }

var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&apos;", `"`, "&quot;")

// content is text as text: whatever it looks like, only line ends and tabs mean anything.
func content(words string) string {
	return strings.ReplaceAll(textBegin+breaks.Replace(legible(words))+textEnd, textBegin+textEnd, "")
}

const textBegin, textEnd = `<w:t xml:space="preserve">`, "</w:t>"

var breaks = strings.NewReplacer("\n", textEnd+"<w:br/>"+textBegin, "\t", textEnd+"<w:tab/>"+textBegin)

// Word counts lengths in twentieths of a point, type in half points.
func twips(mm float64) string        { return strconv.Itoa(int(math.Round(mm / 25.4 * 1440))) }
func points20(points float64) string { return strconv.Itoa(int(math.Round(points * 20))) }
func halfPoints(size float64) string { return strconv.Itoa(int(math.Round(size * 2))) }
