// Package marking is the experts' round trip: it writes one marking workbook an expert, and reads what comes back.
//
// The workbook carries its own index (layout.go) on a very hidden sheet: whose it is, for which batch, what each mark
// is about, and a digest of everything that is not the expert's to fill. Reading goes by that index alone; where the
// locked content is not what was sent, the whole workbook is refused.
//
// A mark is in hundredths of what the point leaves to experts, so that it outlives a change of the weights. An expert
// is known by an id; names stand in the workbook that the expert gets, and nowhere in what is read back.
package marking

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Assignment is one expert's task.
type Assignment struct {
	Expert string // id: E1, 专家03 …
	Name   string // for the workbook only
	Unit   string // where the expert works, for conflicts of interest
	Points []string
	Part   int                 // which supplementary workbook; 0: the first
	Only   map[string][]string // of a supplementary one: the points that it asks about, by submission
}

// Marked lists the points that experts have a say in, the deduction last, in the rubric's order.
func Marked(r *templates.Rubric) []*templates.Point {
	var points, deductions []*templates.Point
	for _, p := range r.Points() {
		switch {
		case p.Deduction:
			deductions = append(deductions, p)
		case !p.ExpertShare.IsZero() && !p.Weight.IsZero():
			points = append(points, p)
		}
	}
	return append(points, deductions...)
}

// Numbered makes n assignments without a list: everybody marks everything.
func Numbered(n int) []Assignment {
	var out []Assignment
	for i := range n {
		out = append(out, Assignment{Expert: fmt.Sprintf("E%d", i+1)})
	}
	return out
}

func (a Assignment) marks(p *templates.Point) bool {
	return len(a.Points) == 0 || slices.Contains(a.Points, p.ID)
}

// asks lists the points that the workbook asks about one submission.
func (a Assignment) asks(r *templates.Rubric, submission string) []*templates.Point {
	return slices.DeleteFunc(Marked(r), func(p *templates.Point) bool {
		return !a.marks(p) || a.Part > 0 && !slices.Contains(a.Only[submission], p.ID)
	})
}

// FileName is what an expert's workbook is called.
func FileName(d *templates.Definition, a Assignment) string {
	part := ""
	if a.Part > 0 {
		part = fmt.Sprintf("_补%d", a.Part)
	}
	return fmt.Sprintf("%d年专家评分表_%s%s.xlsx", d.Year, a.Expert, part)
}

// Subject is one submission as an expert sees it.
type Subject struct {
	Submission table.Submission
	data       map[string][]string // by point, what figures say, which materials are listed for it, and what is in doubt
	texts      []passage
	materials  []table.Material
}

// openIssues lists by point what must be corrected or explained about its figures and texts.
func openIssues(d *templates.Definition, findings []table.Finding) map[string][]string {
	out := map[string][]string{}
	for _, x := range findings {
		words := map[string]string{table.ToMend: "必须修改", table.ToExplain: "未说明"}[x.Answered()]
		if words == "" || x.Severity == model.Explain && x.Accepted {
			continue
		}
		line := fmt.Sprintf("存疑（%s）：%s　%s", words, x.Title, model.Place{Sheet: x.Sheet, Cell: x.Cell})
		for _, p := range Marked(d.Rubric) {
			about := func(id string) bool { return isEvidence(d, p, id) }
			if slices.ContainsFunc(strings.Fields(x.Fields), about) && !slices.Contains(out[p.ID], line) {
				out[p.ID] = append(out[p.ID], line)
			}
		}
	}
	return out
}

// isEvidence says whether a field is evidence of a point, by the form or by the rubric.
func isEvidence(d *templates.Definition, p *templates.Point, id string) bool {
	f, counts := d.Field(id), func(e *templates.Evidence) bool {
		return e.Counts() && slices.Contains(e.Expression.Fields, id)
	}
	return f != nil && slices.Contains(f.Evidence, p.ID) || slices.ContainsFunc(p.Evidence, counts)
}

// supporting lists the materials that name a point: by its number, or by the label of a field that is evidence of it.
func (s Subject) supporting(d *templates.Definition, p *templates.Point) []string {
	var out []string
	for _, m := range s.materials {
		named := strings.FieldsFunc(m.Supports, func(c rune) bool { return c != '.' && (c < '0' || c > '9') })
		labelled := slices.ContainsFunc(d.Form.Fields(), func(f *templates.Field) bool {
			return slices.Contains(f.Evidence, p.ID) && f.Label == strings.TrimSpace(m.Supports)
		})
		if slices.Contains(named, p.ID) || labelled {
			pages := ""
			if m.Pages != "" {
				pages = "，第" + m.Pages + "页"
			}
			out = append(out, fmt.Sprintf("材料%s：%s%s", m.Number, m.Title, pages))
		}
	}
	return out
}

type passage struct {
	label  string
	points []string
	words  string
}

// Subjects gathers what the experts are to see of each submission that is ranked, in the order of the submissions.
func Subjects(r *table.Round) []Subject {
	d, of, raw := r.Facts.Definition, r.About(), map[string][]float64{} // of the ranked, by evidence
	for _, a := range of {
		for _, s := range a.Scores {
			if s.Raw.Valid && (a.Rank.Ranked || a.Rank.Waiting) {
				raw[s.Evidence] = append(raw[s.Evidence], s.Raw.V)
			}
		}
	}
	var out []Subject
	for form := range r.Facts.Forms {
		a := of[form.Submission.Submission]
		if !a.Rank.Ranked && !a.Rank.Waiting {
			continue
		}
		s := Subject{Submission: form.Submission, data: evidence(d, a.Scores, raw), materials: form.Materials}
		open := openIssues(d, a.Findings)
		for _, p := range Marked(d.Rubric) {
			if s.data[p.ID] == nil {
				s.data[p.ID] = answers(d, form, p)
			}
			s.data[p.ID] = slices.Concat(s.data[p.ID], s.supporting(d, p), open[p.ID])
		}
		for _, t := range form.Texts {
			if f := d.Field(t.Field); f != nil && t.Status == table.Normal {
				label := d.Name(templates.Ref{Field: t.Field, Year: int(t.Year.V)})
				s.texts = append(s.texts, passage{label, f.Evidence, t.Text})
			}
		}
		out = append(out, s)
	}
	return out
}

// evidence says what a submission's figures come to for each point, beside the middle of the ranked.
func evidence(d *templates.Definition, scores []table.Score, raw map[string][]float64) map[string][]string {
	out := map[string][]string{}
	for _, s := range scores {
		point := d.Rubric.Point(s.Point)
		i := slices.IndexFunc(point.Evidence, func(e *templates.Evidence) bool { return e.ID == s.Evidence })
		if i < 0 || !point.Evidence[i].Counts() {
			continue
		}
		e := point.Evidence[i]
		line := fmt.Sprintf("%s：缺（%s）", e.Label, s.Note)
		if s.Raw.Valid {
			median := figure(table.Median(raw[s.Evidence]).V)
			line = fmt.Sprintf("%s：%s%s（%s；同批中位数%s）", e.Label, figure(s.Raw.V), e.Unit, e.Basis, median)
		}
		out[s.Point] = append(out[s.Point], line)
	}
	return out
}

// answers lists the short answers that the form names as evidence of a point which no figure is scored for.
func answers(d *templates.Definition, form *table.Form, p *templates.Point) []string {
	var out []string
	for _, f := range d.Form.Fields() {
		if !slices.Contains(f.Evidence, p.ID) || f.Record != "" || f.Personal || f.Type == templates.ProseField || f.Dated() {
			continue
		}
		if o := form.Observe(templates.Ref{Field: f.ID}); o.Status == table.Normal {
			value := o.Value
			if f.Type == templates.ConfirmField {
				value = map[string]string{"true": d.Form.Confirm.Checked, "false": d.Form.Confirm.Unchecked}[value]
			}
			out = append(out, fmt.Sprintf("%s：%s%s", d.Label(f.ID), value, f.Unit))
		}
	}
	return out
}

// title is the name of a submission's sheet: at most 31 characters, none that programs forbid, and no two alike.
func (s Subject) title(n int) string {
	forbidden := strings.NewReplacer("[", " ", "]", " ", ":", " ", "*", " ", "?", " ", "/", " ", `\`, " ", "'", " ")
	name := []rune(forbidden.Replace(fmt.Sprintf("%02d %s", n, s.Submission.Consortium)))
	return string(name[:min(len(name), 31)])
}

func figure(v float64) string { return table.Plain(table.Some(math.Round(v*100) / 100)) }
