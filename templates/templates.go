// Package templates loads and validates the definition of one year's call, which is data (YAML): the form with every
// field and its cell on the sheets, the directory of consortia, the rules, the rubric, the published tables. The rest
// of the program is derived from it: the Excel template, the reader, the Arrow schemas, the checks, the dictionary.
//
// A definition that contradicts itself does not load; the error names file, line and cure. The structs are plain: this
// package uses neither Arrow nor Excel.
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
	"sync"

	"lianheti/stages/model"
)

//go:embed */*.yaml */progress/*.yaml
var shipped embed.FS

// Definition is one year's call.
type Definition struct {
	Year      int
	Form      *Form
	Directory *Directory
	Reading   *Reading
	Rules     []*Rule // ordered by code
	// The other files. Those that are part of the program are read when first asked for: a check needs none of them.
	Rubric    func() *Rubric
	Register  func() *Register
	Letters   func() *Letters
	Published func() *Published
	Paper     func() *Paper
	Sheets    func() *Sheets
	Documents func() *Documents
	Audit     func() *Audit
	Notice    *Notice // nil where Warning says why, and in what Load returns
	// Progress is the yearly report form of consortia selected earlier, with its own rules and letters and no rubric;
	// nil where the year has none.
	Progress *Definition
	// Warning says what is wrong with notice.yaml, the only file whose faults do not stop the load; empty if nothing is.
	Warning string
	// Sources gives the sha256 of each definition file, in hexadecimal, keyed by "<year>/<file>".
	Sources map[string]string
	// Texts gives the definition files themselves, under the same keys: a run keeps them beside its results.
	Texts map[string][]byte

	fields   map[string]*Field
	rules    map[string]*Rule
	layout   *Layout
	labels   map[string]string // by field id
	language *language
	dir      string // folder of the files, as shown in messages
}

// Load loads the definition of a year that is embedded in the program. What tests prove of it is not checked again.
func Load(year int) (*Definition, error) { return load(shipped, "templates", year, true) }

// LoadDir loads the definition of a year from <dir>/<year>.
func LoadDir(dir string, year int) (*Definition, error) { return load(os.DirFS(dir), dir, year, false) }

// Years lists the years that are embedded in the program, ascending.
func Years() []int { return yearsOf(shipped) }

// YearsIn lists the years that a folder has definitions of, ascending; none where the folder can't be read.
func YearsIn(dir string) []int { return yearsOf(os.DirFS(dir)) }

func yearsOf(fsys fs.FS) []int {
	entries, _ := fs.ReadDir(fsys, ".")
	var years []int
	for _, e := range entries {
		if y, err := strconv.Atoi(e.Name()); err == nil {
			years = append(years, y)
		}
	}
	return years
}

// LoadFS loads and validates the definition in <year>/*.yaml of fsys; all rules*.yaml together are one catalogue.
// The error joins all problems found, each a *Problem. Problems of notice.yaml only set Warning.
func LoadFS(fsys fs.FS, year int) (*Definition, error) { return load(fsys, "templates", year, false) }

// load reads and loads the files of a year; root is the folder that messages name, proven says that they are right.
func load(fsys fs.FS, root string, year int, proven bool) (*Definition, error) {
	files, err := readFiles(fsys, root, year)
	if err != nil {
		return nil, err
	}
	return loadTexts(files, root, year, proven)
}

// LoadTexts loads a definition as LoadFS does, from the contents of its files, keyed by "<year>/<file>".
func LoadTexts(texts map[string][]byte, year int) (*Definition, error) {
	return loadTexts(texts, "templates", year, false)
}

func loadTexts(texts map[string][]byte, root string, year int, proven bool) (*Definition, error) {
	d := &Definition{Year: year, Sources: map[string]string{}, Texts: texts, Form: &Form{}, Directory: &Directory{},
		Reading: &Reading{}}
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
	l := &loader{dir: filepath.ToSlash(filepath.Join(root, dir)), sources: sources, proven: proven}
	d.dir = l.dir
	for _, p := range d.core() {
		l.decode(p.file, p.content)
	}
	d.decodeRest(l)
	d.Directory.index()
	for _, name := range names {
		if base := path.Base(name); strings.HasPrefix(base, "rules") && path.Dir(name) == dir {
			l.rules(d, base)
		}
	}
	if len(l.problems) == 0 { // what did not decode cannot be checked
		d.check(l)
	}
	if len(progress) > 0 && len(l.problems) == 0 {
		d.loadProgress(l, progress)
	}
	if len(l.problems) > 0 {
		return nil, errors.Join(l.problems...)
	}
	if !proven {
		d.loadNotice(l)
	}
	return d, nil
}

// Field returns the field with the id, or nil.
func (d *Definition) Field(id string) *Field { return d.fields[id] }

// Rule returns the rule with a finding code, of the recommendation or else of the progress form, or nil.
func (d *Definition) Rule(code string) *Rule {
	if r := d.rules[code]; r != nil || d.Progress == nil {
		return r
	}
	return d.Progress.Rule(code)
}

// AllRules lists the rules of the recommendation, then those that only the progress form has.
func (d *Definition) AllRules() []*Rule {
	if d.Progress == nil {
		return d.Rules
	}
	progressOnly := slices.DeleteFunc(slices.Clone(d.Progress.Rules), func(r *Rule) bool { return d.rules[r.Code] != nil })
	return slices.Concat(d.Rules, progressOnly)
}

// CodeOf returns the finding code of the rule with an id; empty where there is none.
func (d *Definition) CodeOf(rule string) string {
	return cmp.Or(first(d.Rules, func(r *Rule) bool { return r.ID == rule }), &Rule{}).Code
}

// Problem is one fault in a definition file: where it is, what is wrong, how to fix it. Line 0 is unknown.
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

// loader reads the files of one definition and collects their problems.
type loader struct {
	dir           string
	sources       map[string][]byte
	lines         map[string]map[string]int // of the files in which one was looked for, by path
	membersByType map[reflect.Type][]member // of the structs looked at
	problems      []error
	proven        bool   // the files are known to be right
	rest          []part // decoded, to be validated after the rules
}

// decode parses one file strictly: an unknown key is a problem.
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
		r.setPos(pos{file, fmt.Sprintf("$.rules[%d]", i)})
	}
	d.Rules = append(d.Rules, list.Rules...)
}

// pos is where in a definition file a thing was written: the file and its YAML path.
type pos struct{ file, path string }

// setPos records the position; structs that embed a pos get it when their tags are validated.
func (p *pos) setPos(where pos) { *p = where }

func (l *loader) problemIf(wrong bool, where pos, what, cure string) {
	if wrong {
		l.problem(where, what, cure)
	}
}

func (l *loader) problem(where pos, what, cure string) {
	l.problems = append(l.problems, &Problem{path.Join(l.dir, where.file), l.lineOf(where), what, cure})
}

// index builds what is derived from the form: fields by id, layout, labels and the expression language.
func (d *Definition) index() {
	d.fields = map[string]*Field{}
	for _, f := range d.Form.Fields() {
		d.fields[f.ID] = f
	}
	d.layout, d.labels, d.language = newLayout(d.Form), labels(d.Form), newLanguage(d)
}

// part is one file of a definition with the struct it is decoded into.
type part struct {
	file string
	content
}

// content is what a file is decoded into; its check method validates what tags can't, and sets what is derived.
type content interface {
	check(l *loader, d *Definition)
}

// core lists the files that all others refer to, in the order of validation; the rules come next.
func (d *Definition) core() []part {
	return []part{{"form.yaml", d.Form}, {"directory.yaml", d.Directory}, {"reading.yaml", d.Reading}}
}

func (d *Definition) decodeRest(l *loader) {
	d.Rubric = later(d, l, "rubric.yaml", &Rubric{})
	d.Register = later(d, l, "register.yaml", &Register{})
	d.Letters = later(d, l, "letters.yaml", &Letters{})
	d.Paper = later(d, l, "word.yaml", &Paper{})
	d.Published = later(d, l, "tables.yaml", &Published{})
	d.Sheets = later(d, l, "sheets.yaml", &Sheets{})
	d.Documents = later(d, l, "documents.yaml", &Documents{})
	d.Audit = later(d, l, "audit.yaml", &Audit{})
}

// later returns the accessor of a file. A file that is proven is decoded when first asked for, any other now, to be
// validated.
func later[T content](d *Definition, l *loader, file string, into T) func() T {
	if !l.proven {
		l.decode(file, into)
		l.rest = append(l.rest, part{file, into})
		return func() T { return into }
	}
	return sync.OnceValue(func() T {
		own := &loader{dir: l.dir, sources: l.sources, proven: true}
		own.decode(file, into)
		into.check(own, d)
		if len(own.problems) > 0 { // no test was run
			panic(errors.Join(own.problems...))
		}
		return into
	})
}

// check validates the parts of the definition, each by itself and against the others.
func (d *Definition) check(l *loader) {
	l.validate(d, d.core())
	if len(l.problems) > 0 {
		return
	}
	d.index()
	d.checkRules(l)
	d.Reading.checkReported(l, d)
	l.validate(d, l.rest)
}
