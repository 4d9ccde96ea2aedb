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
	"sync"
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
	k := &writer{Document: d, shells: map[any]shell{}}
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
			try.Do(parts().ExecuteTemplate(entry, name, k))
		}
	}
	return zw.Close()
}

//go:embed parts.xml.tmpl
var partsText string

// parts are its templates, read when the first document is written.
var parts = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"half": halfPoints, "twentieths": points20, "twips": twips, "legible": legible, "content": content,
		"mark":  func() string { return mark },
		"next":  func(i int) int { return i + 1 },
		"style": func(s Style) string { return cmp.Or(styleIDs[s], styleIDs[Plain]) },
	}).Parse(regexp.MustCompile(`\n *`).ReplaceAllString(partsText, "")))
})

// writer writes the main part of a document, and gathers what stands in parts of its own.
type writer struct {
	Document
	xml   strings.Builder // of what stands in the main part so far
	Bands []band          // headers and footers
	Notes []string        // footnotes, written: the first has the id 1

	shells map[any]shell // those made, by their shape
}

// band is a header or footer, as it is written.
type band struct{ Kind, Name, xml string }

// TwoCharacters is an indent, in points.
func (k *writer) TwoCharacters() float64 { return 2 * k.Text.Size }

// of gives the XML of a template.
func (k *writer) of(name string, data any) string {
	var b strings.Builder
	try.Do(parts().ExecuteTemplate(&b, name, data))
	return b.String()
}

func (k *writer) put(name string, data any) { try.Do(parts().ExecuteTemplate(&k.xml, name, data)) }

// shell is what a template writes before and behind the words: made once for each shape, of which a document has few.
type shell struct{ begin, end string }

// mark stands in a template where the words go.
const mark = "\x00"

// The shapes that shells have.
type (
	paragraphShape struct {
		Style               Style
		Align               Align
		Line, Before, After float64
		NewPage, KeepNext   bool
		Ends                string // properties of the section that the paragraph ends
	}
	runShape struct {
		Font string
		Size float64
	}
	rowShape struct {
		Height        float64
		Header, Whole bool
	}
	cellShape struct {
		Width                      float64
		Span, Down                 int
		Continued, Top, Underlined bool
	}
)

func (k *writer) shell(name string, shape any) shell {
	made, ok := k.shells[shape]
	if !ok {
		made.begin, made.end, _ = strings.Cut(k.of(name, shape), mark)
		k.shells[shape] = made
	}
	return made
}

// paragraph writes a paragraph, perhaps with the properties of the section that it ends.
func (k *writer) paragraph(b *strings.Builder, p Paragraph, ends string) {
	around := k.shell("paragraph",
		paragraphShape{p.Style, p.Align, p.Line, p.Before, p.After, p.NewPage, p.KeepNext, ends})
	b.WriteString(around.begin)
	for _, r := range p.Runs {
		if look := k.shell("run", runShape{r.Font, r.Size}); r.Field != "" {
			b.WriteString(k.of("field", r))
		} else if r.Text != "" {
			b.WriteString(look.begin + content(r.Text) + look.end)
		}
		if r.Footnote != "" {
			k.Notes = append(k.Notes, content(" "+r.Footnote))
			b.WriteString(k.of("footnote", len(k.Notes)))
		}
	}
	b.WriteString(around.end)
}

// blocks writes a section. Its properties stand in its last paragraph, those of the last section behind it. Nobody sees
// the seam: between two tables, which Word would join, and behind one that ends a section.
func (k *writer) blocks(s Section, last bool) {
	below := false // a table
	for i, b := range s.Body {
		switch b := b.(type) {
		case Paragraph:
			if below = false; i == len(s.Body)-1 && !last {
				k.paragraph(&k.xml, b, k.section(s))
				return
			}
			k.paragraph(&k.xml, b, "")
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
	name, around := fmt.Sprintf("%s%d", kind, len(k.Bands)+1), k.shell("band", element)
	var b strings.Builder
	for _, p := range paragraphs {
		k.paragraph(&b, p, "")
	}
	k.Bands = append(k.Bands, band{kind, name, around.begin + b.String() + around.end})
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
