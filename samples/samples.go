// Package samples makes the sample workbooks from fixtures: what each made-up filler typed, as data. The workbooks are
// committed beside the fixtures; a test proves them current.
package samples

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"lianheti/stages/blankform"
	"lianheti/stages/model"
	"lianheti/templates"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v4"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Watermark stands on every sample.
const Watermark = "样例数据，非真实"

// Fixture is one workbook as data.
type Fixture struct {
	Name       string                      `yaml:"-"` // name of the fixture file
	File       string                      // under samples/<year>; inside a package "包.zip!表.xlsx"
	PackageGBK bool                        `yaml:"package_gbk"` // names in the package in GBK, without the UTF-8 flag
	Values     map[string]any              // field -> value, or year -> value
	Lists      map[string][]map[string]any `yaml:",inline"` // rows, by the list of the form
	Defects    []Defect
}

// Defect is what was planted, and what a run must make of it: a finding of a rule, or a coercion of a kind, or (neither
// given) nothing but the right reading.
type Defect struct {
	Rule  string // id of the rule that must find it
	Kind  string // kind of the coercion that must record it
	Field string
	Year  int
	Row   int
	Note  string
}

// Extra is a file that is no submission: a text, a container of parts, or a copy.
type Extra struct {
	File  string
	Kind  string // lock, pdf, docx, thumbs, copy
	Text  string
	Size  int // spaces follow the text up to it
	Parts []struct{ Name, Text string }
	Of    string
}

// Load reads the fixtures of a folder, ordered by name, and the extras.
func Load(fsys fs.FS) ([]Fixture, []Extra, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, nil, err
	}
	var fixtures []Fixture
	var extras []Extra
	for _, name := range names {
		f := Fixture{Name: name}
		if name == "extras.yaml" {
			err = decode(fsys, name, &extras)
		} else if err = decode(fsys, name, &f); err == nil {
			fixtures = append(fixtures, f)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return fixtures, extras, nil
}

// Years as keys are texts like the other keys, and dates are texts.
var (
	yearKey = regexp.MustCompile(`([{,\s])(20\d\d):`)
	date    = regexp.MustCompile(`([{,\s])(20\d\d-\d\d-\d\d)([,}\s])`)
)

// decode reads a file strictly; edit changes its text first.
func decode(fsys fs.FS, name string, into any, edit ...func(string) string) error {
	data, err := fs.ReadFile(fsys, name)
	for _, change := range edit {
		data = []byte(change(string(data)))
	}
	if err == nil {
		data = date.ReplaceAll(yearKey.ReplaceAll(data, []byte(`$1"$2":`)), []byte(`$1"$2"$3`))
		err = yaml.Load(data, into, yaml.WithKnownFields())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Files makes every sample file: path under samples/<year> -> content.
func Files(d *templates.Definition, fixtures []Fixture, extras []Extra) (map[string][]byte, error) {
	out := map[string][]byte{}
	packages := map[string][]Fixture{}
	for _, f := range fixtures {
		if pack, _, packed := strings.Cut(f.File, "!"); packed {
			packages[pack] = append(packages[pack], f)
			continue
		}
		data, err := f.Workbook(d)
		if err != nil {
			return nil, err
		}
		out[f.File] = data
	}
	for pack, inside := range packages {
		data, err := zipped(d, inside)
		if err != nil {
			return nil, err
		}
		out[pack] = data
	}
	for _, e := range extras {
		data, err := e.content(out)
		if err != nil {
			return nil, err
		}
		out[e.File] = data
	}
	return out, nil
}

// Write puts files below dir.
func Write(dir string, files map[string][]byte) error {
	for name, data := range files {
		if err := put(filepath.Join(dir, filepath.FromSlash(name)), data); err != nil {
			return err
		}
	}
	return nil
}

// put writes a file, and makes the folders that it lies in.
func put(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// Workbook fills the template with a fixture.
func (f Fixture) Workbook(d *templates.Definition) ([]byte, error) {
	values, err := f.values(d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	var b bytes.Buffer
	if err := blankform.Fill(&b, d, values); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return b.Bytes(), nil
}

// values turns a fixture into what the template is filled with. A field that the form does not know is an error.
func (f Fixture) values(d *templates.Definition) (blankform.Values, error) {
	out := blankform.Values{Fields: map[templates.Ref]blankform.Value{},
		Records: map[string][]map[string]blankform.Value{}, Watermark: Watermark}
	for id, raw := range f.Values {
		field := d.Field(id)
		if field == nil || field.Record != "" {
			return out, fmt.Errorf("没有栏目 %s", id)
		}
		if !field.Dated() {
			v, err := valueOf(raw)
			if err != nil {
				return out, fmt.Errorf("%s: %w", id, err)
			}
			out.Fields[templates.Ref{Field: id}] = v
			continue
		}
		years, ok := raw.(map[string]any)
		if !ok {
			return out, fmt.Errorf("%s: 要按年度写", id)
		}
		for year, x := range years {
			v, err := valueOf(x)
			if err != nil {
				return out, fmt.Errorf("%s %s: %w", id, year, err)
			}
			n, err := decimal.NewFromString(year)
			if err != nil {
				return out, fmt.Errorf("%s: 年度 %s", id, year)
			}
			out.Fields[templates.Ref{Field: id, Year: int(n.IntPart())}] = v
		}
	}
	for block, rows := range f.Lists {
		for _, row := range rows {
			record, err := recordOf(d, block, row)
			if err != nil {
				return out, err
			}
			out.Records[block] = append(out.Records[block], record)
		}
	}
	return out, nil
}

func recordOf(d *templates.Definition, block string, row map[string]any) (map[string]blankform.Value, error) {
	record := map[string]blankform.Value{}
	for column, raw := range row {
		id := block + "_" + column
		if d.Field(id) == nil {
			return nil, fmt.Errorf("%s 没有列 %s", block, column)
		}
		if yes, ok := raw.(bool); ok {
			raw = d.Form.YesNo[map[bool]int{true: 0, false: 1}[yes]]
		}
		if f := d.Field(fmt.Sprint(raw)); column == "supports" && f != nil { // as a filler would write it
			raw = f.Label
		}
		v, err := valueOf(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		record[id] = v
	}
	return record, nil
}

// valueOf reads one value of a fixture: a number, a text, {value, format} or {date}.
func valueOf(raw any) (blankform.Value, error) {
	switch v := raw.(type) {
	case nil:
		return blankform.Value{}, nil
	case string:
		return blankform.Value{Text: v}, nil
	case map[string]any:
		if date, ok := v["date"]; ok {
			return blankform.Value{Date: fmt.Sprint(date)}, nil
		}
		inner, err := valueOf(v["value"])
		inner.Format = fmt.Sprint(v["format"])
		return inner, err
	}
	n, err := decimal.NewFromString(fmt.Sprint(raw))
	return blankform.Value{Number: &n}, err
}

// zipped makes a package, with names as Windows writes them where the fixture asks for it.
func zipped(d *templates.Definition, inside []Fixture) ([]byte, error) {
	var parts []part
	for _, f := range inside {
		data, err := f.Workbook(d)
		_, name, _ := strings.Cut(f.File, "!")
		if f.PackageGBK && err == nil {
			name, err = simplifiedchinese.GBK.NewEncoder().String(name)
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{zip.FileHeader{Name: name, Method: zip.Deflate, NonUTF8: f.PackageGBK}, data})
	}
	return packed(parts)
}

// part is one file of a container.
type part struct {
	header zip.FileHeader
	data   []byte
}

func packed(parts []part) ([]byte, error) {
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := zw.CreateHeader(&p.header)
		if err == nil {
			_, err = w.Write(p.data)
		}
		if err != nil {
			return nil, err
		}
	}
	err := zw.Close()
	return b.Bytes(), err
}

// content makes a file that is no submission.
func (e Extra) content(made map[string][]byte) ([]byte, error) {
	var parts []part
	for _, p := range e.Parts {
		parts = append(parts, part{zip.FileHeader{Name: p.Name, Method: zip.Deflate}, []byte(p.Text)})
	}
	switch data, ok := made[e.Of]; {
	case parts != nil:
		return packed(parts)
	case e.Of == "":
		return fmt.Appendf(nil, "%-*s", e.Size, e.Text), nil
	case ok:
		return data, nil
	}
	return nil, fmt.Errorf("%s 是 %s 的副本，而后者不在样例中", e.File, e.Of)
}

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
