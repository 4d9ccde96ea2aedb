package samples

import (
	"bytes"
	_ "embed"
	"slices"
	"strings"
	"text/template"

	"lianheti/stages/model"
	"lianheti/templates"
)

//go:embed readme.tmpl
var readmeText string

// Readme lists every sample file, and everything planted in it.
func Readme(d *templates.Definition, fixtures []Fixture, extras []Extra) ([]byte, error) {
	return readme(d, "fixtures", map[string]any{"D": d, "Watermark": Watermark, "Fixtures": fixtures, "Extras": extras})
}

// readme fills one of the pages.
func readme(d *templates.Definition, page string, with map[string]any) ([]byte, error) {
	functions := template.FuncMap{
		"cell": strings.NewReplacer("|", "\\|", "\n", " ").Replace, // keeps a text in one cell of a table
		"severity": func(rule string) string { // in the words of the workbooks
			if r := d.Rule(d.CodeOf(rule)); r != nil {
				return model.Severity(r.Severity).Label()
			}
			return "只记录，不成问题"
		},
		"labels": func(fields string) string {
			var labels []string
			for _, id := range strings.Fields(strings.ReplaceAll(fields, ",", " ")) {
				if f := d.Field(id); f != nil {
					id = f.Label
				}
				if !slices.Contains(labels, id) {
					labels = append(labels, id)
				}
			}
			return strings.Join(labels, "、")
		},
	}
	var b bytes.Buffer
	err := template.Must(template.New("").Funcs(functions).Parse(readmeText)).ExecuteTemplate(&b, page, with)
	return b.Bytes(), err
}
