package templates

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"lianheti/stages/model"
)

// progressFolder holds the form by which those chosen earlier report each year on their promises.
const progressFolder = "progress"

// Companion is a cell beside each metric of a block: what was promised or said of it before, or why it is as it is.
type Companion struct {
	ID     string // follows the metric's: apprentices_promised
	Year   string // id; empty: undated
	Before string // id of the year whose column it stands before; empty: behind the last
	Label  string // stands over its column, behind the year's
	Tag    string
	Type   FieldType // empty: the metric's
	Locked bool
	Width  float64
}

// Promises says which companions of a progress form hold what; all empty in other forms.
type Promises struct {
	Promised, Stated, Reason string // ids of companions
	// ids of fields: whether the supplement was sealed, the lead school and check code then, all funding promised
	Basis, School, Code, Funds string
	Carried                    []string // lists that each year's form takes over from the last one's
}

// Beside gives the companion of a metric, or nil.
func (d *Definition) Beside(f *Field, companion string) *Field {
	return d.Field(f.ID + "_" + companion)
}

func (y *YearBlock) companions() {
	y.beside = nil
	for _, x := range y.Metrics {
		var row []*Field
		for _, c := range y.Companions {
			f := &Field{ID: x.ID + "_" + c.ID, Label: x.Label + " " + c.Label, Group: x.Group, Type: x.Type, Unit: x.Unit,
				Better: x.Better, Decimals: x.Decimals, Min: x.Min, Max: x.Max, Locked: c.Locked, Extra: true,
				Paragraph: x.Paragraph, Width: c.Width, at: x.at}
			if c.Year != "" {
				f.Years = []string{c.Year}
			}
			if c.Type != "" {
				f.Type, f.Unit, f.Better, f.Decimals, f.Min, f.Max = c.Type, "", "", nil, nil, nil
				f.Label = x.Label + "（" + x.Unit + "）" + c.Label
			}
			row = append(row, f)
		}
		x.Accompanied = len(row) > 0
		y.beside = append(y.beside, row)
	}
}

// Asking is the definition of the form with an id: of the progress form, or else of the recommendation.
func (d *Definition) Asking(form string) *Definition {
	if d.Progress != nil && d.Progress.Form.ID == form {
		return d.Progress
	}
	return d
}

// Only is the definition with no other entries in its directory.
func (d *Definition) Only(keep func(Entry) bool) *Definition {
	out, directory := *d, *d.Directory
	directory.Entries = slices.DeleteFunc(slices.Clone(directory.Entries), func(e Entry) bool { return !keep(e) })
	directory.list()
	out.Directory = &directory
	return &out
}

// loadProgress reads the second form of a year, where there is one. What it does not say is as in the recommendation.
func (d *Definition) loadProgress(of *loader, own map[string][]byte) {
	l := &loader{dir: path.Join(of.dir, progressFolder), sources: own}
	defer func() { of.problems = append(of.problems, l.problems...) }()
	fresh := &Form{}
	if _, err := unmarshal(of.sources["form.yaml"], fresh); err != nil {
		return // known already
	}
	p := &Definition{Year: d.Year, Directory: d.Directory, Rubric: &Rubric{}, Register: d.Register, Letters: &Letters{},
		Published: d.Published, Sheets: d.Sheets, Paper: &Paper{}, Reading: d.Reading,
		Sources: map[string]string{}, Texts: own}
	for name, text := range own {
		p.Sources[name] = model.Digest(text)
	}
	if on := d.Directory.Calendar.AnnualReport; on != "" {
		directory := *d.Directory
		directory.Deadline = fmt.Sprintf("%d-%s", d.Year, on)
		p.Directory = &directory
	}
	form := *fresh
	form.Sheets, p.Form = nil, &form
	l.decode("form.yaml", p.Form)
	l.decode("letters.yaml", p.Letters)
	var catalogue struct {
		Keep  struct{ Checks, Rules []string }
		Rules []*Rule
	}
	l.decode("rules.yaml", &catalogue)
	if len(l.problems) > 0 {
		return
	}
	d.takeOver(l, p.Form, fresh)
	l.prove(p, []part{{"form.yaml", p.Form}, {"letters.yaml", p.Letters}})
	if len(l.problems) > 0 {
		return
	}
	p.index()
	for i, r := range catalogue.Rules {
		r.stand(at{"rules.yaml", fmt.Sprintf("$.rules[%d]", i)})
	}
	for _, r := range d.Rules {
		if slices.Contains(catalogue.Keep.Checks, r.Check) || slices.Contains(catalogue.Keep.Rules, r.ID) {
			if kept := p.fitting(r); kept != nil {
				p.Rules = append(p.Rules, kept)
			}
		}
	}
	p.Rules = append(p.Rules, catalogue.Rules...)
	p.Reading.check(l, p)
	p.checkRules(l)
	d.Progress = p
}

// takeOver puts in place what the form takes from the recommendation: whole sheets, and metrics of its blocks.
func (d *Definition) takeOver(l *loader, form, fresh *Form) {
	for si, s := range form.Sheets {
		if s.From != "" {
			i := slices.IndexFunc(fresh.Sheets, func(o *Sheet) bool { return o.ID == s.From })
			if i < 0 {
				l.problem(at{"form.yaml", fmt.Sprintf("$.sheets[%d]", si)}, "推荐书没有工作表“"+s.From+"”", "请写推荐书 form.yaml 里工作表的 id。")
				continue
			}
			form.Sheets[si] = fresh.Sheets[i]
		}
		for bi, b := range s.Blocks {
			if b.Years == nil || len(b.Years.From) == 0 {
				continue
			}
			fields, err := d.selectFields(b.Years.From)
			if err != nil {
				l.problem(at{"form.yaml", fmt.Sprintf("$.sheets[%d].blocks[%d].years", si, bi)}, "from 有误："+err.Error(),
					"请写推荐书的栏目，写法同规则的 each。")
			}
			again := each(fields, func(f *Field) *Field { return asked(f, b.Years.Group) })
			b.Years.Metrics = append(b.Years.Metrics, again...)
		}
	}
}

// asked is a metric of the recommendation as it is asked again.
func asked(f *Field, group string) *Field {
	return &Field{ID: f.ID, Label: f.Label, Printed: f.Printed, Unit: f.Unit, Group: cmp.Or(group, f.Group),
		Type: f.Type, Min: f.Min, Max: f.Max, Better: f.Better, Decimals: f.Decimals, Evidence: f.Evidence,
		Topics: f.Topics}
}

// fitting is a rule of the recommendation without the fields that this form lacks; nil where none is left.
func (d *Definition) fitting(r *Rule) *Rule {
	out := *r
	out.Cases, out.yields = nil, nil
	unknown := func(word string) bool { _, err := d.selectFields([]string{word}); return err != nil }
	out.Each = slices.DeleteFunc(slices.Clone(r.Each), unknown)
	out.Explained = slices.DeleteFunc(slices.Clone(r.Explained), unknown)
	if len(r.Each) > 0 && len(out.Each) == 0 {
		return nil
	}
	return &out
}
