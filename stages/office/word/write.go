package word

import (
	"archive/zip"
	"cmp"
	_ "embed"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"text/template"

	"lianheti/stages/office/try"
	"lianheti/stages/text"
)

// Write writes the document: the same content gives the same bytes. A table that doesn't fit its columns is an error.
func Write(w io.Writer, d Document) (err error) {
	defer try.Caught(&err)
	if d.Text == (Type{}) {
		d.Text = FormText
	}
	k := &writer{Document: d}
	for i, s := range k.Sections {
		k.blocks(s, i == len(k.Sections)-1)
	}
	made := map[string]string{"word/document.xml": k.of("document", k.xml.String())} // the others are templates
	names := []string{"[Content_Types].xml", "_rels/.rels", "word/_rels/document.xml.rels", "docProps/core.xml",
		"word/document.xml", "word/fontTable.xml"}
	for _, b := range k.Bands {
		names, made["word/"+b.Name+".xml"] = append(names, "word/"+b.Name+".xml"), b.xml
	}
	names = append(names, "word/footnotes.xml", "word/settings.xml", "word/styles.xml")
	zw := zip.NewWriter(w)
	for _, name := range names { // in a fixed order and without times
		entry := try.Get(zw.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate}))
		try.Get(io.WriteString(entry, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+made[name]))
		if made[name] == "" {
			try.Do(templates.ExecuteTemplate(entry, name, k))
		}
	}
	return zw.Close()
}

//go:embed parts.xml.tmpl
var partsText string

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"half": halfPoints, "twentieths": points20, "twips": twips, "legible": legible, "content": content,
	"next":  func(i int) int { return i + 1 },
	"style": func(s Style) string { return cmp.Or(styleIDs[s], styleIDs[Plain]) },
}).Parse(regexp.MustCompile(`\n *`).ReplaceAllString(partsText, "")))

// writer writes the main part of a document, and gathers what stands in parts of its own.
type writer struct {
	Document
	xml   strings.Builder // of what stands in the main part so far
	Bands []band          // headers and footers
	Notes []string        // footnotes, written: the first has the id 1
}

// band is a header or footer, as it is written.
type band struct{ Kind, Name, xml string }

// TwoCharacters is an indent, in points.
func (k *writer) TwoCharacters() float64 { return 2 * k.Text.Size }

// Note gives a footnote its number.
func (k *writer) Note(words string) int {
	k.Notes = append(k.Notes, content(" "+words))
	return len(k.Notes)
}

// of gives the XML of a template.
func (k *writer) of(name string, data any) string {
	var b strings.Builder
	try.Do(templates.ExecuteTemplate(&b, name, data))
	return b.String()
}

func (k *writer) put(name string, data any) { try.Do(templates.ExecuteTemplate(&k.xml, name, data)) }

// line is a paragraph as it is written, perhaps with the properties of the section that it ends.
type line struct {
	*writer
	Paragraph
	Ends string
}

// lines are paragraphs that stand so where they say nothing else.
func (k *writer) lines(paragraphs []Paragraph, align Align) []line {
	out := make([]line, len(paragraphs))
	for i, p := range paragraphs {
		p.Align = cmp.Or(p.Align, align)
		out[i] = line{k, p, ""}
	}
	return out
}

// blocks writes a section. Its properties stand in its last paragraph, those of the last section behind it. Nobody sees
// the seam: between two tables, which Word would join, and behind one that ends a section.
func (k *writer) blocks(s Section, last bool) {
	below := false // a table
	for i, b := range s.Body {
		switch b := b.(type) {
		case Paragraph:
			p := line{k, b, ""}
			if below = false; i == len(s.Body)-1 && !last {
				p.Ends = k.section(s)
				k.put("paragraph", p)
				return
			}
			k.put("paragraph", p)
		case Table:
			if below {
				k.put("seam", "")
			}
			k.table(b)
			below = true
		}
	}
	if last {
		k.xml.WriteString(k.section(s))
	} else {
		k.put("seam", k.section(s))
	}
}

// section gives the properties of a section.
func (k *writer) section(s Section) string {
	return k.of("section", struct {
		Section
		Head, Foot string
	}{s, k.band("header", "hdr", s.Header), k.band("footer", "ftr", s.Footer)})
}

// band writes a header or footer, and gives its name. An empty one is written too: the section would show that of the
// one before.
func (k *writer) band(kind, element string, paragraphs []Paragraph) string {
	if len(paragraphs) == 0 {
		paragraphs = []Paragraph{{Style: Small}}
	}
	name := fmt.Sprintf("%s%d", kind, len(k.Bands)+1)
	k.Bands = append(k.Bands, band{kind, name, k.of("band", struct {
		Element string
		Lines   []line
	}{element, k.lines(paragraphs, "")})})
	return name
}

// styleIDs are the ids of the styles in the file; the names that people see are the styles themselves.
var styleIDs = map[Style]string{Plain: "Normal", Body: "Body", Title: "OfficialTitle", Heading: "Heading1",
	Small: "Small"}

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
