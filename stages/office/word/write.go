package word

import (
	"archive/zip"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"lianheti/stages/text"

	"github.com/beevik/etree"
)

const wordML = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

// Write writes the document: the same content gives the same bytes. A table that doesn't fit its columns is an error.
func Write(w io.Writer, d Document) error {
	if d.Text == (Type{}) {
		d.Text = FormText
	}
	k := &writer{d: d}
	main := k.main()
	if k.err != nil {
		return k.err
	}
	core := "application/vnd.openxmlformats-package.core-properties+xml"
	parts := append([]part{{"[Content_Types].xml", "", nil}, {"_rels/.rels", "", nil}, {"word/_rels/document.xml.rels", "", nil},
		{"docProps/core.xml", core, nil}, {"word/document.xml", contentType("document.main"), main}, {"word/fontTable.xml", contentType("fontTable"), nil}}, k.bands...)
	f := filling{d, append(parts, part{"word/footnotes.xml", contentType("footnotes"), k.footnotes()},
		part{"word/settings.xml", contentType("settings"), nil}, part{"word/styles.xml", contentType("styles"), nil})}
	zw := zip.NewWriter(w)
	for _, p := range f.Parts { // in a fixed order and without times
		entry, err := zw.CreateHeader(&zip.FileHeader{Name: p.Name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		if err := f.write(entry, p); err != nil {
			return err
		}
	}
	return zw.Close()
}

// writer turns a document into the elements of its main part, and gathers what stands in parts of its own.
type writer struct {
	d     Document
	bands []part // headers and footers
	notes []string
	err   error
}

// main gives the root of word/document.xml.
func (k *writer) main() *etree.Element {
	root := node("w:document", "xmlns:w", wordML, "xmlns:r", "http://schemas.openxmlformats.org/officeDocument/2006/relationships")
	body := add(root, "w:body")
	for i, s := range k.d.Sections {
		k.blocks(body, s.Body)
		properties := k.section(s)
		if i == len(k.d.Sections)-1 {
			body.AddChild(properties)
			continue
		}
		last := lastParagraph(body, s.Body)
		paragraphProperties(last).AddChild(properties)
	}
	return root
}

// lastParagraph gives the paragraph that ends a section: its last, or an unseen one behind a table.
func lastParagraph(body *etree.Element, blocks []Block) *etree.Element {
	if n := len(blocks); n > 0 {
		if _, ok := blocks[n-1].(Paragraph); ok {
			children := body.ChildElements()
			return children[len(children)-1]
		}
	}
	return seam(body)
}

// paragraphProperties gives the w:pPr of a paragraph. What is added to it goes last, where w:sectPr belongs.
func paragraphProperties(p *etree.Element) *etree.Element {
	if found := p.SelectElement("w:pPr"); found != nil {
		return found
	}
	properties := node("w:pPr")
	p.InsertChildAt(0, properties)
	return properties
}

// seam adds a paragraph that nobody sees: between two tables, which Word would join, and behind one that ends a section.
func seam(parent *etree.Element) *etree.Element {
	p := add(parent, "w:p")
	properties := add(p, "w:pPr")
	add(properties, "w:spacing", "w:before", "0", "w:after", "0", "w:line", "60", "w:lineRule", "exact")
	add(add(properties, "w:rPr"), "w:sz", "w:val", "2")
	return p
}

func (k *writer) blocks(parent *etree.Element, blocks []Block) {
	for i, b := range blocks {
		switch b := b.(type) {
		case Paragraph:
			k.paragraph(parent, b, "")
		case Table:
			if i > 0 {
				if _, ok := blocks[i-1].(Table); ok {
					seam(parent)
				}
			}
			k.table(parent, b)
		}
	}
}

func (k *writer) section(s Section) *etree.Element {
	properties := node("w:sectPr")
	k.band(properties, "header", s.Header)
	k.band(properties, "footer", s.Footer)
	add(add(properties, "w:footnotePr"), "w:numRestart", "w:val", "eachPage")
	add(properties, "w:type", "w:val", "nextPage")
	size := add(properties, "w:pgSz", "w:w", twips(s.Page.Width), "w:h", twips(s.Page.Height))
	if s.Page.Landscape {
		size.CreateAttr("w:orient", "landscape")
	}
	const edge = 15 // of header and footer, from the edge of the paper
	add(properties, "w:pgMar", "w:top", twips(s.Page.Top), "w:right", twips(s.Page.Right), "w:bottom", twips(s.Page.Bottom), "w:left", twips(s.Page.Left),
		"w:header", twips(edge), "w:footer", twips(edge), "w:gutter", "0")
	if s.FirstPage > 0 {
		add(properties, "w:pgNumType", "w:start", strconv.Itoa(s.FirstPage))
	}
	return properties
}

// band writes a header or footer to a part of its own. An empty one is written too: a section without one would show that of
// the section before.
func (k *writer) band(section *etree.Element, kind string, paragraphs []Paragraph) {
	root := node("w:"+map[string]string{"header": "hdr", "footer": "ftr"}[kind], "xmlns:w", wordML)
	if len(paragraphs) == 0 {
		paragraphs = []Paragraph{{Style: Small}}
	}
	for _, p := range paragraphs {
		k.paragraph(root, p, "")
	}
	name := fmt.Sprintf("%s%d", kind, len(k.bands)+1)
	k.bands = append(k.bands, part{"word/" + name + ".xml", contentType(kind), root})
	add(section, "w:"+kind+"Reference", "w:type", "default", "r:id", name)
}

func (k *writer) paragraph(parent *etree.Element, p Paragraph, align Align) {
	if p.Style == "" {
		p.Style = Plain
	}
	if p.Align != "" {
		align = p.Align
	}
	e := add(parent, "w:p")
	properties := add(e, "w:pPr")
	add(properties, "w:pStyle", "w:val", styleID(p.Style))
	toggle(properties, "w:keepNext", p.KeepNext)
	toggle(properties, "w:pageBreakBefore", p.NewPage)
	if p.Before != 0 || p.After != 0 || p.Line != 0 {
		spacing := add(properties, "w:spacing", "w:before", points20(p.Before), "w:after", points20(p.After))
		if p.Line != 0 {
			spacing.CreateAttr("w:line", points20(p.Line))
			spacing.CreateAttr("w:lineRule", "exact")
		}
	}
	if p.Indent != 0 {
		add(properties, "w:ind", "w:firstLineChars", strconv.Itoa(int(p.Indent*100)), "w:firstLine", points20(p.Indent*k.d.Text.Size))
	}
	if align != "" {
		add(properties, "w:jc", "w:val", string(align))
	}
	for _, r := range p.Runs {
		k.run(e, r)
	}
}

func (k *writer) run(parent *etree.Element, r Run) {
	switch {
	case r.Field != "":
		for _, kind := range []string{"begin", "", "separate", "1", "end"} {
			e := add(parent, "w:r")
			look(e, r)
			switch kind {
			case "":
				add(e, "w:instrText").SetText(string(r.Field))
			case "1": // shown until it is computed
				add(e, "w:t").SetText(kind)
			default:
				add(e, "w:fldChar", "w:fldCharType", kind)
			}
		}
	case r.Text != "":
		e := add(parent, "w:r")
		look(e, r)
		content(e, r.Text)
	}
	if r.Footnote != "" {
		k.notes = append(k.notes, r.Footnote)
		e := add(parent, "w:r")
		add(add(e, "w:rPr"), "w:vertAlign", "w:val", "superscript")
		add(e, "w:footnoteReference", "w:id", strconv.Itoa(len(k.notes)))
	}
}

// look writes the properties of a run that differ from its style.
func look(run *etree.Element, r Run) {
	properties := node("w:rPr")
	if r.Font != "" {
		properties.AddChild(fonts(r.Font))
	}
	toggle(properties, "w:b", r.Bold)
	if r.Color != "" {
		add(properties, "w:color", "w:val", r.Color)
	}
	if r.Size != 0 {
		add(properties, "w:sz", "w:val", halfPoints(r.Size))
		add(properties, "w:szCs", "w:val", halfPoints(r.Size))
	}
	if r.Underline {
		add(properties, "w:u", "w:val", "single")
	}
	if len(properties.Child) > 0 {
		run.AddChild(properties)
	}
}

// content writes text as text: whatever it looks like, only line ends and tabs mean anything.
func content(run *etree.Element, words string) {
	for i, line := range strings.Split(text.Legible(words), "\n") {
		if i > 0 {
			add(run, "w:br")
		}
		for j, piece := range strings.Split(line, "\t") {
			if j > 0 {
				add(run, "w:tab")
			}
			if piece != "" {
				add(run, "w:t", "xml:space", "preserve").SetText(piece)
			}
		}
	}
}

// footnotes gives the root of word/footnotes.xml; the first two are the lines that Word draws above them.
func (k *writer) footnotes() *etree.Element {
	root := node("w:footnotes", "xmlns:w", wordML)
	for i, kind := range []string{"separator", "continuationSeparator"} {
		e := add(root, "w:footnote", "w:type", kind, "w:id", strconv.Itoa(i-1))
		p := add(e, "w:p")
		add(add(p, "w:pPr"), "w:spacing", "w:before", "0", "w:after", "0", "w:line", "240", "w:lineRule", "auto")
		add(add(p, "w:r"), "w:"+kind)
	}
	for i, note := range k.notes {
		p := add(add(root, "w:footnote", "w:id", strconv.Itoa(i+1)), "w:p")
		add(add(p, "w:pPr"), "w:pStyle", "w:val", styleID(footnote))
		mark := add(p, "w:r")
		add(add(mark, "w:rPr"), "w:vertAlign", "w:val", "superscript")
		add(mark, "w:footnoteRef")
		k.run(p, Run{Text: " " + note})
	}
	return root
}

// node makes an element from its name and pairs of attributes.
func node(name string, attributes ...string) *etree.Element {
	e := etree.NewElement(name)
	for i := 0; i+1 < len(attributes); i += 2 {
		e.CreateAttr(attributes[i], attributes[i+1])
	}
	return e
}

// add makes an element below another.
func add(parent *etree.Element, name string, attributes ...string) *etree.Element {
	e := node(name, attributes...)
	parent.AddChild(e)
	return e
}

// toggle adds a property that is on where it stands.
func toggle(parent *etree.Element, name string, on bool) {
	if on {
		add(parent, name)
	}
}

// Word counts lengths in twentieths of a point, type in half points.
func twips(mm float64) string        { return strconv.Itoa(int(math.Round(mm / 25.4 * 1440))) }
func points20(points float64) string { return strconv.Itoa(int(math.Round(points * 20))) }
func halfPoints(size float64) string { return strconv.Itoa(int(math.Round(size * 2))) }
