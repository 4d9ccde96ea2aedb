// Package samples makes the sample workbooks from fixtures, which say as data what each fictitious applicant filled
// in. The workbooks are committed beside the fixtures; a test proves that they are current.
package samples

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"lianheti/pipeline/publish"
	"lianheti/stages/blankform"
	"lianheti/stages/model"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v4"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Watermark is on every sheet of the samples.
const Watermark = "样例数据，非真实"

// Fixture is one workbook as data.
type Fixture struct {
	Name       string                      `yaml:"-"` // name of the fixture file
	File       string                      // path below samples/<year>; inside a zip file "包.zip!表.xlsx"
	PackageGBK bool                        `yaml:"package_gbk"` // names in the package in GBK, without the UTF-8 flag
	Values     map[string]any              // field -> value, or year -> value
	Lists      map[string][]map[string]any `yaml:",inline"` // rows, by list
	Defects    []Defect
}

// Defect is a planted fault, and what a run must make of it: a finding, a coercion, or a correct value.
type Defect struct {
	Rule  string // id of the rule that must find it
	Kind  string // kind of the coercion that must record it
	Field string
	Year  int
	Row   int
	Note  string
}

// Extra is a file that is no submission.
type Extra struct {
	File  string
	Kind  string // lock, pdf, docx, thumbs, copy
	Text  string
	Size  int // the text is padded with spaces to this size
	Parts []struct{ Name, Text string }
	Of    string
}

// Load reads the fixtures of a folder, ordered by name, and extras.yaml.
func Load(fsys fs.FS) (fixtures []Fixture, extras []Extra, err error) {
	defer try.Caught(&err)
	for _, name := range try.Get(fs.Glob(fsys, "*.yaml")) {
		if name == "extras.yaml" {
			try.Do(decode(fsys, name, &extras))
			continue
		}
		f := Fixture{Name: name}
		try.Do(decode(fsys, name, &f))
		fixtures = append(fixtures, f)
	}
	return fixtures, extras, nil
}

// Year keys and dates are quoted before parsing, so that YAML reads them as strings.
var (
	yearKey = regexp.MustCompile(`([{,\s])(20\d\d):`)
	date    = regexp.MustCompile(`([{,\s])(20\d\d-\d\d-\d\d)([,}\s])`)
)

// decode reads a YAML file strictly, after applying edit to its text.
func decode(fsys fs.FS, name string, into any, edit ...func(string) string) error {
	data, err := fs.ReadFile(fsys, name)
	for _, change := range edit {
		data = []byte(change(string(data)))
	}
	if err == nil {
		data = date.ReplaceAll(yearKey.ReplaceAll(data, []byte(`$1"$2":`)), []byte(`$1"$2"$3`))
		err = yaml.Load(data, into, yaml.WithKnownFields())
	}
	return try.Named(name, err)
}

// Files makes all sample files: path below samples/<year> -> content.
func Files(d *templates.Definition, fixtures []Fixture, extras []Extra) (out map[string][]byte, err error) {
	defer try.Caught(&err)
	out = map[string][]byte{}
	packages := map[string][]Fixture{}
	for _, f := range fixtures {
		if pack, _, packed := strings.Cut(f.File, "!"); packed {
			packages[pack] = append(packages[pack], f)
			continue
		}
		out[f.File] = try.Get(f.Workbook(d))
	}
	for pack, inside := range packages {
		out[pack] = zipFixtures(d, inside)
	}
	for _, e := range extras {
		out[e.File] = e.content(out)
	}
	return out, nil
}

// Write writes the files below dir.
func Write(dir string, files map[string][]byte) (err error) {
	defer try.Caught(&err)
	for name, data := range files {
		try.Do(publish.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), data))
	}
	return nil
}

// Workbook returns the template filled with a fixture.
func (f Fixture) Workbook(d *templates.Definition) (data []byte, err error) {
	defer try.Caught(&err)
	var b bytes.Buffer
	values, err := f.values(d)
	try.In(f.Name, err)
	try.In(f.Name, blankform.Fill(&b, d, values))
	return b.Bytes(), nil
}

// values converts a fixture to the values of a template. An unknown field is an error.
func (f Fixture) values(d *templates.Definition) (out blankform.Values, err error) {
	defer try.Caught(&err)
	out = blankform.Values{Fields: map[templates.Ref]blankform.Value{},
		Records: map[string][]map[string]blankform.Value{}, Watermark: Watermark}
	for id, raw := range f.Values {
		field := d.Field(id)
		if field == nil || field.Record != "" {
			return out, fmt.Errorf("没有栏目 %s", id)
		}
		years, dated := raw.(map[string]any)
		switch {
		case !field.Dated():
			out.Fields[templates.Ref{Field: id}] = valueOf(id, raw)
		case !dated:
			return out, fmt.Errorf("%s: 要按年度写", id)
		default:
			for year, x := range years {
				out.Fields[templates.Ref{Field: id, Year: try.Get(strconv.Atoi(year))}] = valueOf(id+" "+year, x)
			}
		}
	}
	for block, rows := range f.Lists {
		out.Records[block] = table.Each(rows, func(row map[string]any) map[string]blankform.Value {
			return recordOf(d, block, row)
		})
	}
	return out, nil
}

func recordOf(d *templates.Definition, block string, row map[string]any) map[string]blankform.Value {
	record := map[string]blankform.Value{}
	for column, raw := range row {
		id := block + "_" + column
		if d.Field(id) == nil {
			try.Do(fmt.Errorf("%s 没有列 %s", block, column))
		}
		if yes, ok := raw.(bool); ok {
			raw = d.Form.YesNo[map[bool]int{true: 0, false: 1}[yes]]
		}
		if f := d.Field(fmt.Sprint(raw)); column == "supports" && f != nil { // as an applicant would write it
			raw = f.Label
		}
		record[id] = valueOf(id, raw)
	}
	return record
}

// valueOf reads one value of a fixture: a number, a text, {value, format} or {date}.
func valueOf(what string, raw any) blankform.Value {
	switch v := raw.(type) {
	case nil:
		return blankform.Value{}
	case string:
		return blankform.Value{Text: v}
	case map[string]any:
		if date, ok := v["date"]; ok {
			return blankform.Value{Date: fmt.Sprint(date)}
		}
		inner := valueOf(what, v["value"])
		inner.Format = fmt.Sprint(v["format"])
		return inner
	}
	n, err := decimal.NewFromString(fmt.Sprint(raw))
	if err != nil {
		try.Do(fmt.Errorf("%s: %w", what, err))
	}
	return blankform.Value{Number: &n}
}

// zipFixtures makes a zip file of workbooks, with names in GBK where the fixtures ask for it.
func zipFixtures(d *templates.Definition, inside []Fixture) []byte {
	return zipParts(table.Each(inside, func(f Fixture) part {
		_, name, _ := strings.Cut(f.File, "!")
		if f.PackageGBK {
			name = try.Get(simplifiedchinese.GBK.NewEncoder().String(name))
		}
		header := zip.FileHeader{Name: name, Method: zip.Deflate, NonUTF8: f.PackageGBK}
		return part{header, try.Get(f.Workbook(d))}
	}))
}

type part struct {
	header zip.FileHeader
	data   []byte
}

func zipParts(parts []part) []byte {
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, p := range parts {
		try.Get(try.Get(zw.CreateHeader(&p.header)).Write(p.data))
	}
	try.Do(zw.Close())
	return b.Bytes()
}

func (e Extra) content(made map[string][]byte) []byte {
	var parts []part
	for _, p := range e.Parts {
		parts = append(parts, part{zip.FileHeader{Name: p.Name, Method: zip.Deflate}, []byte(p.Text)})
	}
	data, ok := made[e.Of]
	switch {
	case parts != nil:
		return zipParts(parts)
	case e.Of == "":
		return fmt.Appendf(nil, "%-*s", e.Size, e.Text)
	case !ok:
		try.Do(fmt.Errorf("%s 是 %s 的副本，而后者不在样例中", e.File, e.Of))
	}
	return data
}

//go:embed readme.tmpl
var readmeText string

// Readme lists every sample file and its planted faults.
func Readme(d *templates.Definition, fixtures []Fixture, extras []Extra) ([]byte, error) {
	return readme(d, "fixtures", map[string]any{"D": d, "Watermark": Watermark, "Fixtures": fixtures, "Extras": extras})
}

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
			ids := strings.Fields(strings.ReplaceAll(fields, ",", " "))
			return strings.Join(table.Unique(ids, func(id string) string {
				if f := d.Field(id); f != nil {
					return f.Label
				}
				return id
			}), "、")
		},
	}
	var b bytes.Buffer
	err := template.Must(template.New("").Funcs(functions).Parse(readmeText)).ExecuteTemplate(&b, page, with)
	return b.Bytes(), err
}

// NextYear is the fixtures of the year after: some apply again, the selected ones report on their commitments.
type NextYear struct {
	Again    []struct{ From, File string } // fixtures of the year before, with all years moved by one
	Selected []struct{ Consortium, Document string }
	Progress []Progress
}

// Progress is one progress form as data.
type Progress struct {
	From    string // fixture of the year before, with the commitments
	File    string
	Code    string // check code of the recommendation
	Sealed  bool   // whether the supplement is sealed too
	Rate    decimal.Decimal
	Values  map[string]any              // override what follows from commitments and Rate
	Lists   map[string][]map[string]any `yaml:",inline"` // as in Fixture; the members are those of the year before
	Planted []Planted
}

// Planted is a situation in a progress form, and what a run must make of it: findings, or results of figures.
type Planted struct {
	Rule   string
	Status string // in the table fulfilment
	Field  string // empty: the form as a whole
	Year   int
	Count  int // for a status without a field: the number of figures
	Note   string
}

// RegisterName is the file name of the Department's register.
const RegisterName = "登记表.xlsx"

// LoadNextYear reads the fixtures of a year, and those of the year before that they refer to.
func LoadNextYear(fsys fs.FS, year int) (f *NextYear, earlier map[string]Fixture, err error) {
	defer try.Caught(&err)
	f = &NextYear{}
	try.Do(decode(fsys, fmt.Sprintf("%d.yaml", year), f))
	before := try.Get(fs.Sub(fsys, fmt.Sprint(year-1)))
	all, _, err := Load(before)
	try.Do(err)
	earlier = table.IndexBy(slices.Values(all), func(x Fixture) string { return x.Name })
	for _, a := range f.Again {
		x := Fixture{Name: a.File}
		move := func(text string) string { return templates.ShiftYears(text, year-1, year) }
		try.Do(decode(before, a.From, &x, move))
		x.File, earlier[a.File] = a.File, x
	}
	return f, earlier, nil
}

// Files makes all sample files of the year.
func (f *NextYear) Files(d *templates.Definition, earlier map[string]Fixture) (out map[string][]byte, err error) {
	defer try.Caught(&err)
	out = map[string][]byte{"README.md": try.Get(readme(d, "following", map[string]any{
		"D": d, "Watermark": Watermark, "Before": d.Year - 1, "Register": RegisterName, "Forms": f.Progress,
	}))}
	for _, a := range f.Again {
		out[a.File] = try.Get(earlier[a.File].Workbook(d))
	}
	register := map[string][]map[string]string{}
	for _, s := range f.Selected {
		register["selected"] = append(register["selected"],
			map[string]string{"consortium": s.Consortium, "document": s.Document})
	}
	for _, p := range f.Progress {
		out[p.File] = try.Get(p.fixture(d.Progress, earlier[p.From]).Workbook(d.Progress))
	}
	var book bytes.Buffer
	try.Do(blankform.Register(&book, d, register))
	out[RegisterName] = book.Bytes()
	return out, nil
}

// fixture returns the filled form: prefilled, with figures at the given rate of the commitments, then Values.
func (p Progress) fixture(d *templates.Definition, was Fixture) Fixture {
	names := d.Form.Promises
	basis := map[bool]string{true: "附表（盖章）", false: "未盖章"}[p.Sealed]
	out := Fixture{Name: p.File, File: p.File, Lists: map[string][]map[string]any{"members": was.Lists["members"]},
		Values: map[string]any{names.School: was.Values["lead_school"], names.Code: p.Code, names.Basis: basis}}
	maps.Copy(out.Lists, p.Lists)
	for _, id := range []string{"consortium", "city", "park", "lead_school", "lead_enterprise"} {
		out.Values[id] = was.Values[id]
	}
	if funds, ok := was.Values["funding_total"].(map[string]any); ok {
		sum := decimal.Decimal{}
		for _, v := range funds {
			if n, err := decimal.NewFromString(fmt.Sprint(v)); err == nil {
				sum = sum.Add(n)
			}
		}
		out.Values[names.Funds] = sum
	}
	for _, metric := range d.Form.Metrics() {
		if len(metric.Companions) == 0 {
			continue
		}
		given, _ := was.Values[metric.ID].(map[string]any)
		reported := map[string]any{}
		for companion, rate := range map[string]decimal.Decimal{names.Stated: decimal.NewFromInt(1), names.Promised: p.Rate} {
			field := d.CompanionField(metric, companion)
			if field == nil {
				continue
			}
			for _, r := range d.Refs(field) {
				year := fmt.Sprint(r.Year)
				n, err := decimal.NewFromString(fmt.Sprint(given[year]))
				if err != nil {
					continue // blank, or not a number
				}
				out.Values[field.ID] = map[string]any{year: n}
				reached := n.Mul(rate).RoundUp(*metric.Decimals)
				if metric.Max != nil {
					reached = decimal.Min(reached, *metric.Max)
				}
				reported[year] = reached
			}
		}
		out.Values[metric.ID] = reported
	}
	for id, v := range p.Values {
		years, dated := v.(map[string]any)
		if into, ok := out.Values[id].(map[string]any); ok && dated {
			maps.Copy(into, years)
			continue
		}
		out.Values[id] = v
	}
	return out
}
