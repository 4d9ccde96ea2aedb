// Package templates is one year's knowledge as data, loaded and validated: the form with every field and its place on
// the sheets, the directory of consortia, the rules, the rubric, and what the published tables mean. Everything else in
// the program is derived from it: the Excel template, the reader, the Arrow schemas, the checks, the dictionary.
//
// A definition that contradicts itself does not load: Load names file, line and cure. The structs are plain; Arrow and
// Excel are not known here.
package templates

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
)

//go:embed */*.yaml */progress/*.yaml
var shipped embed.FS

// Definition is one year's call.
type Definition struct {
	Year      int
	Form      *Form
	Directory *Directory
	Rules     []*Rule // ordered by code
	Rubric    *Rubric
	Register  *Register
	Letters   *Letters
	*Published
	Paper     *Paper
	Reading   *Reading
	Sheets    *Sheets
	Documents *Documents
	Audit     *Audit
	Notice    *Notice // nil where Warning says why
	// Progress is the form by which those chosen earlier report: rules and letters of its own, no rubric; nil: none.
	Progress *Definition
	// Warning is the one thing wrong with a definition that does not keep it from being used; empty in those that ship.
	Warning string
	// Sources gives the sha256 of each definition file, in hexadecimal, keyed by "<year>/<file>".
	Sources map[string]string
	// Texts gives the definition files themselves, under the same keys: a run keeps them beside its results.
	Texts map[string][]byte

	fields   map[string]*Field
	rules    map[string]*Rule
	layout   *Layout
	labels   map[string]string // of fields
	language *language
	dir      string // as people know where the files stand
}

// Load gives the definition of a year that ships with the program.
func Load(year int) (*Definition, error) { return LoadFS(shipped, year) }

// LoadDir gives the definition of a year that stands in <dir>/<year>.
func LoadDir(dir string, year int) (*Definition, error) { return load(os.DirFS(dir), dir, year) }

// Years lists the years that ship with the program, ascending.
func Years() []int { return yearsIn(shipped) }

// YearsIn lists the years of which a folder has a definition, ascending; none where it can't be read.
func YearsIn(dir string) []int { return yearsIn(os.DirFS(dir)) }

func yearsIn(fsys fs.FS) []int {
	entries, _ := fs.ReadDir(fsys, ".")
	var years []int
	for _, e := range entries {
		if y, err := strconv.Atoi(e.Name()); err == nil {
			years = append(years, y)
		}
	}
	return years
}

// LoadFS loads the definition in <year>/*.yaml of fsys and checks it against itself; all rules*.yaml are one catalogue.
// The error joins all contradictions found, each a *Problem. What is wrong with notice.yaml is a Warning.
func LoadFS(fsys fs.FS, year int) (*Definition, error) { return load(fsys, "templates", year) }

// load reads the files of a year; root is how people know where they stand.
func load(fsys fs.FS, root string, year int) (*Definition, error) {
	files, err := filesOf(fsys, root, year)
	if err != nil {
		return nil, err
	}
	return loadTexts(files, root, year)
}

// LoadTexts loads a definition as LoadFS does, from the texts of its files by "<year>/<file>".
func LoadTexts(texts map[string][]byte, year int) (*Definition, error) {
	return loadTexts(texts, "templates", year)
}

func loadTexts(texts map[string][]byte, root string, year int) (*Definition, error) {
	d := &Definition{
		Year: year, Sources: map[string]string{}, Texts: texts,
		Form: &Form{}, Directory: &Directory{}, Rubric: &Rubric{}, Register: &Register{}, Letters: &Letters{},
		Paper: &Paper{}, Reading: &Reading{}, Sheets: &Sheets{}, Published: &Published{}, Documents: &Documents{},
		Audit: &Audit{},
	}
	dir, names, sources, progress := strconv.Itoa(year), slices.Sorted(maps.Keys(texts)), map[string][]byte{},
		map[string][]byte{}
	for _, name := range names {
		d.Sources[name] = model.Digest(texts[name])
		if path.Base(path.Dir(name)) == progressFolder {
			progress[path.Base(name)] = texts[name]
		} else {
			sources[path.Base(name)] = texts[name]
		}
	}
	l := &loader{dir: filepath.ToSlash(filepath.Join(root, dir)), sources: sources}
	d.dir = l.dir
	for _, p := range d.parts() {
		l.decode(p.file, p.says)
	}
	d.Directory.list()
	for _, name := range names {
		if base := path.Base(name); strings.HasPrefix(base, "rules") && path.Dir(name) == dir {
			l.rules(d, base)
		}
	}
	if len(l.problems) > 0 { // what did not decode cannot be checked
		return nil, errors.Join(l.problems...)
	}
	d.check(l)
	if len(progress) > 0 && len(l.problems) == 0 {
		d.loadProgress(l, progress)
	}
	if len(l.problems) > 0 {
		return nil, errors.Join(l.problems...)
	}
	d.loadNotice(l)
	return d, nil
}

// Field gives the field with the id, or nil.
func (d *Definition) Field(id string) *Field { return d.fields[id] }

// Rule gives the catalogue entry of a finding code, be it one of the progress form's, or nil.
func (d *Definition) Rule(code string) *Rule {
	if r := d.rules[code]; r != nil || d.Progress == nil {
		return r
	}
	return d.Progress.Rule(code)
}

// AllRules are the rules of the recommendation, then those that the progress form alone has.
func (d *Definition) AllRules() []*Rule {
	if d.Progress == nil {
		return d.Rules
	}
	own := slices.DeleteFunc(slices.Clone(d.Progress.Rules), func(r *Rule) bool { return d.rules[r.Code] != nil })
	return slices.Concat(d.Rules, own)
}

// CodeOf gives the finding code of the rule with an id; empty where there is none.
func (d *Definition) CodeOf(rule string) string {
	return cmp.Or(first(d.Rules, func(r *Rule) bool { return r.ID == rule }), &Rule{}).Code
}

// Problem is one contradiction in a definition file: where it stands, what is wrong, how to mend it.
type Problem struct {
	File string
	Line int
	What string
	Cure string
}

func (p *Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s：%s。%s", p.File, p.What, p.Cure)
	}
	return fmt.Sprintf("%s 第 %d 行：%s。%s", p.File, p.Line, p.What, p.Cure)
}

// loader reads the files of one definition and gathers their problems.
type loader struct {
	dir      string
	sources  map[string][]byte
	lines    map[string]map[string]int // of the files in which one was looked for, by path
	members  map[reflect.Type][]member // of the structs looked at
	problems []error
}

// decode reads one file strictly: a key that the definition does not know is a problem.
func (l *loader) decode(file string, into any) {
	data, ok := l.sources[file]
	if !ok {
		l.problems = append(l.problems, &Problem{path.Join(l.dir, file), 0, "缺少这个定义文件", "请补上，可参照上一年度的同名文件。"})
		return
	}
	if line, err := unmarshal(data, into); err != nil {
		l.problems = append(l.problems, &Problem{path.Join(l.dir, file), line, "无法读取：" + err.Error(),
			"请改正拼写或缩进；不认识的键一律不接受。"})
	}
}

func (l *loader) rules(d *Definition, file string) {
	var list struct{ Rules []*Rule }
	l.decode(file, &list)
	for i, r := range list.Rules {
		r.stand(at{file, fmt.Sprintf("$.rules[%d]", i)})
	}
	d.Rules = append(d.Rules, list.Rules...)
}

// at is where in a definition file a thing was written: the file and its YAML path.
type at struct{ file, path string }

// stand notes it in what holds it.
func (a *at) stand(where at) { *a = where }

func (l *loader) when(wrong bool, where at, what, cure string) {
	if wrong {
		l.problem(where, what, cure)
	}
}

func (l *loader) problem(where at, what, cure string) {
	l.problems = append(l.problems, &Problem{path.Join(l.dir, where.file), l.line(where), what, cure})
}

// index finds the fields of the form by their ids, and gives each its place and label.
func (d *Definition) index() {
	d.fields = map[string]*Field{}
	for _, f := range d.Form.Fields() {
		d.fields[f.ID] = f
	}
	d.layout, d.labels, d.language = newLayout(d.Form), labels(d.Form), newLanguage(d)
}

// part is one file of a definition, and what it says; check proves what no tag can.
type part struct {
	file string
	says interface {
		check(l *loader, d *Definition)
	}
}

// parts lists the files but for the rules, in the order in which they can be proven: all refer to the first three.
func (d *Definition) parts() []part {
	return []part{{"form.yaml", d.Form}, {"directory.yaml", d.Directory}, {"reading.yaml", d.Reading},
		{"rubric.yaml", d.Rubric}, {"register.yaml", d.Register}, {"letters.yaml", d.Letters}, {"word.yaml", d.Paper},
		{"tables.yaml", d.Published}, {"sheets.yaml", d.Sheets}, {"documents.yaml", d.Documents}, {"audit.yaml", d.Audit}}
}

// check proves that the parts of the definition fit each other.
func (d *Definition) check(l *loader) {
	parts := d.parts()
	l.prove(d, parts[:3])
	if len(l.problems) > 0 {
		return
	}
	d.index()
	d.checkRules(l)
	d.Reading.checkReported(l, d)
	l.prove(d, parts[3:])
}
