package word

import (
	_ "embed"
	"encoding/xml"
	"io"
	"path"
	"regexp"
	"strings"
	"text/template"

	"lianheti/stages/text"

	"github.com/beevik/etree"
)

// contentType is that of a part of a Word file, by its kind.
func contentType(kind string) string {
	return "application/vnd.openxmlformats-officedocument.wordprocessingml." + kind + "+xml"
}

// part is one XML file of the container. One without a root is a template of its name; one without a kind has no content type.
type part struct {
	Name, Kind string
	root       *etree.Element
}

// Beside says whether the main part refers to it.
func (p part) Beside() bool { return path.Dir(p.Name) == "word" && p.ID() != "document" }

// ID is what the main part calls it.
func (p part) ID() string { return strings.TrimSuffix(path.Base(p.Name), ".xml") }

// Relation is what it is to the main part: header for header1.
func (p part) Relation() string { return strings.TrimRight(p.ID(), "0123456789") }

// filling is what the templates know.
type filling struct {
	Document
	Parts []part
}

// TwoCharacters is an indent, in points.
func (f filling) TwoCharacters() float64 { return 2 * f.Text.Size }

//go:embed parts.xml.tmpl
var partsText string

var templates = template.Must(template.New("").Funcs(template.FuncMap{"half": halfPoints, "twentieths": points20, "legible": func(s string) (string, error) {
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(text.Legible(s)))
	return b.String(), err
}}).Parse(regexp.MustCompile(`\n *`).ReplaceAllString(partsText, "")))

const declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`

// write writes a part.
func (f filling) write(w io.Writer, p part) error {
	if _, err := io.WriteString(w, declaration); err != nil {
		return err
	}
	if p.root == nil {
		return templates.ExecuteTemplate(w, p.Name, f)
	}
	doc := etree.NewDocument()
	doc.SetRoot(p.root)
	_, err := doc.WriteTo(w)
	return err
}

// fonts sets a font for Chinese and Latin characters alike.
func fonts(name string) *etree.Element {
	return node("w:rFonts", "w:ascii", name, "w:eastAsia", name, "w:hAnsi", name, "w:cs", name, "w:hint", "eastAsia")
}

// styleIDs are the ids of the styles in the file; the names that people see are the styles themselves.
var styleIDs = map[Style]string{Plain: "Normal", Body: "Body", Title: "OfficialTitle", Heading: "Heading1", Small: "Small", footnote: "FootnoteText"}

func styleID(s Style) string {
	if id, ok := styleIDs[s]; ok {
		return id
	}
	return styleIDs[Plain]
}
