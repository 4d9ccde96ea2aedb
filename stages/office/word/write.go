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

	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/try"
	"lianheti/stages/text"
)

// Write writes the document; the same content gives the same bytes. Every table row must fill the columns.
func Write(w io.Writer, d Document) (err error) {
	defer try.Caught(&err)
	d.Text = cmp.Or(d.Text, FormText)
	k := &writer{Document: d}
	for i, s := range k.Sections {
		k.blocks(s, i == len(k.Sections)-1)
	}
	var all []ooxml.Part
	add := func(name, xml string) {
		xml = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + xml
		all = append(all, ooxml.Part{Name: name, Data: []byte(xml)})
	}
	addTemplates := func(names ...string) {
		for _, name := range names {
			add(name, k.render(name, k))
		}
	}
	addTemplates("[Content_Types].xml", "_rels/.rels", "word/_rels/document.xml.rels", "docProps/core.xml")
	add("word/document.xml", k.render("document", k.xml.String()))
	addTemplates("word/fontTable.xml")
	for _, b := range k.Bands {
		add("word/"+b.Name+".xml", b.xml)
	}
	addTemplates("word/footnotes.xml", "word/settings.xml", "word/styles.xml")
	try.Get(w.Write(try.Get(ooxml.Pack(all, zip.Deflate))))
	return nil
}

//go:embed parts.xml.tmpl
var partsText string

// parts are the parsed templates of partsText, parsed when the first document is written.
var parts = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"half": halfPoints, "twentieths": points20, "twips": twips, "legible": escape, "content": content,
		"mark":  func() string { return contentMark },
		"next":  func(i int) int { return i + 1 },
		"style": func(s Style) string { return cmp.Or(styleIDs[s], styleIDs[Plain]) },
	}).Parse(regexp.MustCompile(`\n *`).ReplaceAllString(partsText, "")))
})

// writer writes the main part of a document, and collects the content of the other parts.
type writer struct {
	Document
	xml   strings.Builder // main part
	Bands []band          // headers and footers
	Notes []string        // XML of the footnotes; the first has the id 1
}

// band is the XML of a header or footer.
type band struct{ Kind, Name, xml string }

// TwoCharacters is an indent, in points.
func (k *writer) TwoCharacters() float64 { return 2 * k.Text.Size }

func (k *writer) render(name string, data any) string {
	var b strings.Builder
	try.Do(parts().ExecuteTemplate(&b, name, data))
	return b.String()
}

// wrapper is the XML of a template before and after the content, rendered once for each of the few shapes (formats).
type wrapper struct{ begin, end string }

var wrappers sync.Map // by shape

// contentMark is rendered in place of the content.
const contentMark = "\x00"

// The shapes: data of the templates with a wrapper.
type (
	paragraphShape struct {
		Style               Style
		Align               Align
		Line, Before, After float64
		NewPage, KeepNext   bool
		Ends                string // properties of the section that the paragraph ends
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

func (k *writer) wrapper(name string, shape any) wrapper {
	if made, ok := wrappers.Load(shape); ok {
		return made.(wrapper)
	}
	begin, end, _ := strings.Cut(k.render(name, shape), contentMark)
	wrappers.Store(shape, wrapper{begin, end})
	return wrapper{begin, end}
}

// paragraph writes a paragraph; ends are the properties of the section that ends with it, if any.
func (k *writer) paragraph(b *strings.Builder, p Paragraph, ends string) {
	around := k.wrapper("paragraph",
		paragraphShape{p.Style, p.Align, p.Line, p.Before, p.After, p.NewPage, p.KeepNext, ends})
	b.WriteString(around.begin)
	for _, r := range p.Runs {
		if look := k.wrapper("run", Run{Font: r.Font, Size: r.Size}); r.Field != "" {
			b.WriteString(k.render("field", r))
		} else if r.Text != "" {
			b.WriteString(look.begin + content(r.Text) + look.end)
		}
		if r.Footnote != "" {
			k.Notes = append(k.Notes, content(" "+r.Footnote))
			b.WriteString(k.render("footnote", len(k.Notes)))
		}
	}
	b.WriteString(around.end)
}

// blocks writes a section. Its properties are in its last paragraph; those of the last section are after it. An
// invisible paragraph (seam) separates two tables, which Word would join, and follows a table at the end of a section.
func (k *writer) blocks(s Section, last bool) {
	below := false // directly below a table
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
				k.xml.WriteString(k.render("seam", ""))
			}
			k.table(b)
			below = true
		}
	}
	if last {
		k.xml.WriteString(k.section(s))
	} else {
		k.xml.WriteString(k.render("seam", k.section(s)))
	}
}

// section is the XML of the properties of a section.
func (k *writer) section(s Section) string {
	return k.render("section", struct {
		Section
		Head, Foot string
	}{s, k.band("header", "hdr", s.Header), k.band("footer", "ftr", s.Footer)})
}

// band adds a header or footer and returns its name. An empty one is written too: otherwise the section would show that
// of the previous section.
func (k *writer) band(kind, element string, paragraphs []Paragraph) string {
	if len(paragraphs) == 0 {
		paragraphs = []Paragraph{{Style: Small}}
	}
	name, around := fmt.Sprintf("%s%d", kind, len(k.Bands)+1), k.wrapper("band", element)
	var b strings.Builder
	for _, p := range paragraphs {
		k.paragraph(&b, p, "")
	}
	k.Bands = append(k.Bands, band{kind, name, around.begin + b.String() + around.end})
	return name
}

// styleIDs are the ids of the styles in the file.
var styleIDs = map[Style]string{Plain: "Normal", Body: "Body", Title: "OfficialTitle", Heading: "Heading1",
	Small: "Small"}

func escape(s string) string { return escapes.Replace(text.Legible(s)) }

var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&apos;", `"`, "&quot;")

// content is the XML of a text, in which only line ends and tabs have a meaning.
func content(words string) string {
	return strings.ReplaceAll(textBegin+breaks.Replace(escape(words))+textEnd, textBegin+textEnd, "")
}

const textBegin, textEnd = `<w:t xml:space="preserve">`, "</w:t>"

var breaks = strings.NewReplacer("\n", textEnd+"<w:br/>"+textBegin, "\t", textEnd+"<w:tab/>"+textBegin)

// Word's units are twentieths of a point for lengths and half points for font sizes.
func twips(mm float64) string        { return strconv.Itoa(int(math.Round(mm / 25.4 * 1440))) }
func points20(points float64) string { return strconv.Itoa(int(math.Round(points * 20))) }
func halfPoints(size float64) string { return strconv.Itoa(int(math.Round(size * 2))) }

// Width is the sum of the column widths.
func (t Table) Width() float64 { return sum(t.Columns) }

// table writes a table. Each row has to fill its columns.
func (k *writer) table(t Table) {
	k.xml.WriteString(k.render("table", t))
	for i, r := range t.Rows {
		around, col := k.wrapper("row", rowShape{r.Height, r.Header, r.Whole}), 0
		k.xml.WriteString(around.begin)
		for _, c := range r.Cells {
			from := col
			c.Span = max(1, c.Span)
			if col += c.Span; col <= len(t.Columns) {
				k.cell(r, c, sum(t.Columns[from:col]))
			}
		}
		if col != len(t.Columns) {
			try.Do(fmt.Errorf("表格第 %d 行的各格占 %d 列，表格有 %d 列", i+1, col, len(t.Columns)))
		}
		k.xml.WriteString(around.end)
	}
	k.xml.WriteString("</w:tbl>")
}

func (k *writer) cell(r Row, c Cell, width float64) {
	around := k.wrapper("cell", cellShape{width, c.Span, c.Down, c.Continued, c.Top, c.Underlined})
	k.xml.WriteString(around.begin)
	if c.Continued || len(c.Body) == 0 { // a cell must end with a paragraph
		c.Body = []Paragraph{{}}
	}
	for _, p := range c.Body {
		p.Align, p.KeepNext = cmp.Or(p.Align, c.Align), p.KeepNext || r.Keep
		k.paragraph(&k.xml, p, "")
	}
	k.xml.WriteString(around.end)
}

// ListCell is a cell of a list, with a paragraph for each line, in a smaller font size: 五号.
func ListCell(align Align, font string, lines ...string) Cell {
	c := Cell{Align: align}
	for _, line := range lines {
		c.Body = append(c.Body, Paragraph{Line: 16, Runs: []Run{{Text: line, Size: 10.5, Font: font}}})
	}
	return c
}

// List is a table of the page's text width, with headers; shares divide the width among the columns.
func List(heads []string, shares []float64, rows []Row) Table {
	head := Row{Header: true}
	for _, h := range heads {
		head.Cells = append(head.Cells, ListCell(Centre, HeiTi, strings.Split(h, "\n")...))
	}
	return Table{Columns: Widths(A4.Inside(), shares...), Rows: append([]Row{head}, rows...)}
}

func sum(widths []float64) (total float64) {
	for _, w := range widths {
		total += w
	}
	return total
}

// Widths divides a width into columns by shares, rounded to hundredths of a millimetre.
func Widths(total float64, shares ...float64) []float64 {
	all, left := sum(shares), total
	out := make([]float64, len(shares))
	for i, s := range shares {
		out[i] = math.Round(total*s/all*100) / 100
		if i == len(shares)-1 {
			out[i] = math.Round(left*100) / 100
		}
		left -= out[i]
	}
	return out
}
