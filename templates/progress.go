package templates

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"lianheti/stages/model"
)

// progressFolder has the form with which consortia chosen earlier report each year on their commitments.
const progressFolder = "progress"

// Companion is an extra cell beside each metric: the committed or earlier figure, or the reason for a shortfall.
type Companion struct {
	ID     string // suffix of the field id: apprentices_promised
	Year   string // id; empty: undated
	Before string // id of the year whose column follows; empty: after the last
	Label  string // header of its column, after the year's label
	Tag    string
	Type   FieldType // empty: the metric's
	Locked bool
	Width  float64
}

// Promises names the companions and fields of a progress form; all empty in other forms.
type Promises struct {
	Promised, Stated, Reason string // companions: committed figure, earlier figure, reason for a shortfall
	// fields: whether the supplement was sealed, lead school and check code at the time, total of committed funding
	Basis, School, Code, Funds string
	Carried                    []string // lists that are prefilled from the previous year's form
}

// CompanionField returns the field of a metric's companion, or nil.
func (d *Definition) CompanionField(f *Field, companion string) *Field {
	return d.Field(f.ID + "_" + companion)
}

func (y *YearBlock) addCompanions() {
	for _, x := range y.Metrics {
		x.Companions = nil
		for _, c := range y.Companions {
			f := &Field{ID: x.ID + "_" + c.ID, Label: x.Label + " " + c.Label, Group: x.Group, Type: x.Type, Unit: x.Unit,
				Better: x.Better, Decimals: x.Decimals, Min: x.Min, Max: x.Max, Locked: c.Locked, Extra: true,
				Paragraph: x.Paragraph, Width: c.Width, pos: x.pos}
			if c.Year != "" {
				f.Years = []string{c.Year}
			}
			if c.Type != "" {
				f.Type, f.Unit, f.Better, f.Decimals, f.Min, f.Max = c.Type, "", "", nil, nil, nil
				f.Label = x.Label + "（" + x.Unit + "）" + c.Label
			}
			x.Companions = append(x.Companions, f)
		}
	}
}

// ForForm returns the definition of the form with an id: of the progress form, or else of the recommendation.
func (d *Definition) ForForm(form string) *Definition {
	return either(d.Progress != nil && d.Progress.Form.ID == form, d.Progress, d)
}

// FilterDirectory returns the definition with only the directory entries for which keep holds.
func (d *Definition) FilterDirectory(keep func(Entry) bool) *Definition {
	out, directory := *d, *d.Directory
	directory.Entries = slices.DeleteFunc(slices.Clone(directory.Entries), func(e Entry) bool { return !keep(e) })
	directory.index()
	out.Directory = &directory
	return &out
}

// loadProgress loads the progress form of a year. Settings that it lacks are those of the recommendation.
func (d *Definition) loadProgress(parent *loader, texts map[string][]byte) {
	l := &loader{dir: path.Join(parent.dir, progressFolder), sources: texts, proven: parent.proven}
	defer func() { parent.problems = append(parent.problems, l.problems...) }()
	recommendation := &Form{}
	_, _ = unmarshal(parent.sources["form.yaml"], recommendation) // once more: a copy, of what could be read before
	p := &Definition{Year: d.Year, Directory: d.Directory, Rubric: func() *Rubric { return &Rubric{} },
		Register: d.Register, Published: d.Published, Sheets: d.Sheets, Paper: func() *Paper { return &Paper{} },
		Reading: d.Reading, Sources: map[string]string{}, Texts: texts}
	for name, text := range texts {
		p.Sources[name] = model.Digest(text)
	}
	if on := d.Directory.Calendar.AnnualReport; on != "" {
		directory := *d.Directory
		directory.Deadline = fmt.Sprintf("%d-%s", d.Year, on)
		p.Directory = &directory
	}
	form := *recommendation
	form.Sheets, p.Form = nil, &form
	l.decode("form.yaml", p.Form)
	p.Letters = later(p, l, "letters.yaml", &Letters{})
	var catalogue struct {
		Keep  struct{ Checks, Rules []string }
		Rules []*Rule
	}
	l.decode("rules.yaml", &catalogue)
	if len(l.problems) > 0 {
		return
	}
	d.inherit(l, p.Form, recommendation)
	l.validate(p, append([]part{{"form.yaml", p.Form}}, l.rest...))
	if len(l.problems) > 0 {
		return
	}
	p.index()
	for i, r := range catalogue.Rules {
		r.setPos(pos{"rules.yaml", fmt.Sprintf("$.rules[%d]", i)})
	}
	for _, r := range d.Rules {
		if slices.Contains(catalogue.Keep.Checks, r.Check) || slices.Contains(catalogue.Keep.Rules, r.ID) {
			if kept := p.restrictRule(r); kept != nil {
				p.Rules = append(p.Rules, kept)
			}
		}
	}
	p.Rules = append(p.Rules, catalogue.Rules...)
	p.Reading.check(l, p)
	p.checkRules(l)
	d.Progress = p
}

// inherit copies into the progress form what it takes from the recommendation: whole sheets, and metrics of its blocks.
func (d *Definition) inherit(l *loader, form, recommendation *Form) {
	for si, s := range form.Sheets {
		if s.From != "" {
			i := slices.IndexFunc(recommendation.Sheets, func(o *Sheet) bool { return o.ID == s.From })
			if i < 0 {
				l.problem(pos{"form.yaml", fmt.Sprintf("$.sheets[%d]", si)}, "推荐书没有工作表“"+s.From+"”", "请写推荐书 form.yaml 里工作表的 id。")
				continue
			}
			form.Sheets[si] = recommendation.Sheets[i]
		}
		for bi, b := range s.Blocks {
			if b.Years == nil || len(b.Years.From) == 0 {
				continue
			}
			fields, err := d.selectFields(b.Years.From)
			if err != nil {
				l.problem(pos{"form.yaml", fmt.Sprintf("$.sheets[%d].blocks[%d].years", si, bi)}, "from 有误："+err.Error(),
					"请写推荐书的栏目，写法同规则的 each。")
			}
			for _, f := range fields { // without years and layout, which are the progress form's
				b.Years.Metrics = append(b.Years.Metrics, &Field{ID: f.ID, Label: f.Label, Printed: f.Printed, Unit: f.Unit,
					Group: cmp.Or(b.Years.Group, f.Group), Type: f.Type, Min: f.Min, Max: f.Max, Better: f.Better,
					Decimals: f.Decimals, Evidence: f.Evidence, Topics: f.Topics})
			}
		}
	}
}

// restrictRule is a rule of the recommendation without the fields that this form lacks; nil where no field is left.
func (d *Definition) restrictRule(r *Rule) *Rule {
	out := *r
	out.Cases, out.explainable = nil, nil
	unknown := func(word string) bool { _, err := d.selectFields([]string{word}); return err != nil }
	out.Each = slices.DeleteFunc(slices.Clone(r.Each), unknown)
	out.Explained = slices.DeleteFunc(slices.Clone(r.Explained), unknown)
	if len(r.Each) > 0 && len(out.Each) == 0 {
		return nil
	}
	return &out
}
