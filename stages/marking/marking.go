// Package marking writes a marking workbook for each expert and reads the ones that come back.
//
// A very hidden sheet is the index of the workbook (layout.go): its expert, its batch, what each mark is about, and
// digests of everything that the expert must not change. Reading relies on the index alone; if locked content was
// changed, the whole workbook is rejected.
//
// Marks are in hundredths of the share of a point that experts give, so they stay valid when weights change. Experts
// are known by an id; their names are in the workbooks they get, and in nothing that is read back.
package marking

import (
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Assignment is the task of one expert.
type Assignment struct {
	Expert string // id: E1, 专家03 …
	Name   string // for the workbook only
	Unit   string // employer, for conflicts of interest
	Points []string
	Part   int                 // number of the supplementary workbook; 0: the first workbook
	Only   map[string][]string // for a supplementary workbook: the points it asks about, by submission
}

// ExpertPoints returns the points that experts mark, in the order of the rubric, the deduction last.
func ExpertPoints(r *templates.Rubric) []*templates.Point {
	all := slices.Values(r.Points())
	deductions := table.Where(all, func(p *templates.Point) bool { return p.Deduction })
	return append(table.Where(all, func(p *templates.Point) bool {
		return !p.Deduction && !p.ExpertShare.IsZero() && !p.Weight.IsZero()
	}), deductions...)
}

// NumberedAssignments returns n assignments without names: everybody marks everything.
func NumberedAssignments(n int) []Assignment {
	var out []Assignment
	for i := range n {
		out = append(out, Assignment{Expert: fmt.Sprintf("E%d", i+1)})
	}
	return out
}

func (a Assignment) covers(p *templates.Point) bool {
	return len(a.Points) == 0 || slices.Contains(a.Points, p.ID)
}

// pointsFor returns the points that the workbook asks about a submission.
func (a Assignment) pointsFor(r *templates.Rubric, submission string) []*templates.Point {
	return slices.DeleteFunc(ExpertPoints(r), func(p *templates.Point) bool {
		return !a.covers(p) || a.Part > 0 && !slices.Contains(a.Only[submission], p.ID)
	})
}

// FileName is the name of an expert's workbook.
func FileName(d *templates.Definition, a Assignment) string {
	part := table.Either(a.Part > 0, fmt.Sprintf("_补%d", a.Part), "")
	return fmt.Sprintf("%d年专家评分表_%s%s.xlsx", d.Year, a.Expert, part)
}

// Subject is one submission as experts see it.
type Subject struct {
	Submission table.Submission
	data       map[string][]string // by point: lines about figures, materials and open findings
	texts      []passage
	materials  []table.Material
}

// openIssues describes, by point, the open findings about its figures and texts.
func openIssues(d *templates.Definition, findings []table.Finding) map[string][]string {
	out := map[string][]string{}
	for _, x := range findings {
		words := map[string]string{table.ToMend: "必须修改", table.ToExplain: "未说明"}[x.State()]
		if words == "" || x.Severity == model.Explain && x.Accepted {
			continue
		}
		line := fmt.Sprintf("存疑（%s）：%s　%s", words, x.Title, model.Place{Sheet: x.Sheet, Cell: x.Cell})
		for _, p := range ExpertPoints(d.Rubric()) {
			about := func(id string) bool { return isEvidence(d, p, id) }
			if slices.ContainsFunc(strings.Fields(x.Fields), about) && !slices.Contains(out[p.ID], line) {
				out[p.ID] = append(out[p.ID], line)
			}
		}
	}
	return out
}

// isEvidence reports whether a field is evidence of a point, by the form or by the rubric.
func isEvidence(d *templates.Definition, p *templates.Point, id string) bool {
	f, counts := d.Field(id), func(e *templates.Evidence) bool {
		return e.Counts() && slices.Contains(e.Expression.Fields, id)
	}
	return f != nil && slices.Contains(f.Evidence, p.ID) || slices.ContainsFunc(p.Evidence, counts)
}

// supporting lists the materials that name a point by its number, or by the label of a field that is evidence of it.
func (s Subject) supporting(d *templates.Definition, p *templates.Point) []string {
	var out []string
	for _, m := range s.materials {
		named := strings.FieldsFunc(m.Supports, func(c rune) bool { return c != '.' && (c < '0' || c > '9') })
		labelled := slices.ContainsFunc(d.Form.Fields(), func(f *templates.Field) bool {
			return slices.Contains(f.Evidence, p.ID) && f.Label == strings.TrimSpace(m.Supports)
		})
		if slices.Contains(named, p.ID) || labelled {
			pages := table.Either(m.Pages != "", "，第"+m.Pages+"页", "")
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

// Subjects collects what experts see of each ranked submission.
func Subjects(r *table.Round) []Subject {
	d, of, raw := r.Facts.Definition, r.BySubmission(), map[string][]float64{} // values of the ranked, by evidence
	for _, a := range of {
		for s := range a.Scores {
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
		s := Subject{Submission: form.Submission, data: evidenceLines(d, a.Scores, raw), materials: form.Materials}
		open := openIssues(d, a.Findings)
		for _, p := range ExpertPoints(d.Rubric()) {
			if s.data[p.ID] == nil {
				s.data[p.ID] = answerLines(d, form, p)
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

// evidenceLines describes, by point, the scored figures of a submission beside the medians of the ranked.
func evidenceLines(d *templates.Definition, scores iter.Seq[table.Score],
	raw map[string][]float64) map[string][]string {
	out := map[string][]string{}
	for s := range scores {
		e := d.Rubric().Point(s.Point).Find(s.Evidence)
		if e == nil || !e.Counts() {
			continue
		}
		line := fmt.Sprintf("%s：缺（%s）", e.Label, s.Note)
		if s.Raw.Valid {
			median := figure(table.Median(raw[s.Evidence]).V)
			line = fmt.Sprintf("%s：%s%s（%s；同批中位数%s）", e.Label, figure(s.Raw.V), e.Unit, e.Basis, median)
		}
		out[s.Point] = append(out[s.Point], line)
	}
	return out
}

// answerLines lists the short answers that are evidence of a point without scored figures.
func answerLines(d *templates.Definition, form *table.Form, p *templates.Point) []string {
	var out []string
	for _, f := range d.Form.Fields() {
		if !slices.Contains(f.Evidence, p.ID) || f.Record != "" || f.Personal || f.Type == templates.ProseField || f.Dated() {
			continue
		}
		if o := form.Observe(templates.Ref{Field: f.ID}); o.Status == table.Normal {
			mark := table.Either(o.Value == "true", d.Form.Confirm.Checked, d.Form.Confirm.Unchecked)
			value := table.Either(f.Type == templates.ConfirmField, mark, o.Value)
			out = append(out, fmt.Sprintf("%s：%s%s", d.Label(f.ID), value, f.Unit))
		}
	}
	return out
}

// title is the name of the sheet: unique, at most 31 characters, without forbidden ones.
func (s Subject) title(n int) string {
	forbidden := strings.NewReplacer("[", " ", "]", " ", ":", " ", "*", " ", "?", " ", "/", " ", `\`, " ", "'", " ")
	name := []rune(forbidden.Replace(fmt.Sprintf("%02d %s", n, s.Submission.Consortium)))
	return string(name[:min(len(name), 31)])
}

func figure(v float64) string { return table.Plain(table.Some(math.Round(v*100) / 100)) }

// Column titles of a list of experts. Only the first is required.
const (
	titleID     = "编号"
	titleName   = "姓名"
	titleUnit   = "单位"
	titlePoints = "观测点"
)

// ReadList reads a list of experts: a header row (编号, 姓名, 单位, 观测点), then a row for each. An expert without points
// marks all; an indicator (3) means all its points.
func ReadList(d *templates.Definition, cells []model.Cell) ([]Assignment, error) {
	first := slices.IndexFunc(cells, func(c model.Cell) bool { return strings.TrimSpace(c.Raw) == titleID })
	if first < 0 {
		return nil, fmt.Errorf("专家名单里没有“%s”这一列：第一行请写 %s、%s、%s、%s，一位专家一行", titleID, titleID, titleName, titleUnit, titlePoints)
	}
	heads, row := map[int]string{}, cells[first].Row
	rows := map[int]map[string]string{}
	for _, c := range cells {
		switch {
		case c.Place.Sheet != cells[first].Place.Sheet:
		case c.Row == row:
			heads[c.Col] = strings.TrimSpace(c.Raw)
		case c.Row > row && (c.CrossedOut() || !c.Kind.Readable()):
			return nil, fmt.Errorf("专家名单第%d行的“%s”划掉了，或者没有可读的内容：请删去这一行，或者直接写出来", c.Row, strings.TrimSpace(c.Raw))
		case c.Row > row:
			table.Submap(rows, c.Row)[heads[c.Col]] = strings.TrimSpace(c.Raw)
		}
	}
	var out []Assignment
	taken := map[string]int{}
	for _, n := range slices.Sorted(maps.Keys(rows)) {
		a := Assignment{Expert: rows[n][titleID], Name: rows[n][titleName], Unit: rows[n][titleUnit]}
		if a.Expert == "" || strings.ContainsAny(a.Expert, `\/:*?"<>|.`) {
			return nil, fmt.Errorf("专家名单第%d行的编号“%s”为空，或含有文件名不能用的字符：请写 E1、专家01 这样的编号", n, a.Expert)
		}
		if before, twice := taken[text.NameKey(a.Expert)]; twice {
			return nil, fmt.Errorf("专家名单第%d行与第%d行的编号相同（%s）：编号不能重复", n, before, a.Expert)
		}
		taken[text.NameKey(a.Expert)] = n
		var err error
		if a.Points, err = readPoints(d.Rubric(), rows[n][titlePoints]); err != nil {
			return nil, fmt.Errorf("专家名单第%d行：%w", n, err)
		}
		out = append(out, a)
	}
	if out == nil {
		return nil, fmt.Errorf("专家名单里没有专家：表头下面一位专家一行")
	}
	return out, nil
}

func readPoints(r *templates.Rubric, words string) ([]string, error) {
	var out []string
	for _, id := range strings.FieldsFunc(words, func(c rune) bool { return c != '.' && (c < '0' || c > '9') }) {
		meant := func(p *templates.Point) bool { return p.ID == id || p.Indicator.ID == id }
		found := table.Where(slices.Values(ExpertPoints(r)), meant)
		if found == nil {
			return nil, fmt.Errorf("观测点“%s”不由专家评：可写的有 %s", id, strings.Join(table.Each(ExpertPoints(r), pointID), "、"))
		}
		out = append(out, table.Each(found, pointID)...)
	}
	return out, nil
}

func pointID(p *templates.Point) string { return p.ID }

// markingProgress knows the marks that came back, and the recusals.
type markingProgress struct {
	definition *templates.Definition
	forms      map[string]*table.Form
	counted    map[[2]string][]string // experts, by submission and point
	conflict   map[[2]string]bool     // by expert and submission
	part       int32                  // the highest part number that came back
}

func newMarkingProgress(facts *table.Facts, marking table.Marking) *markingProgress {
	r := &markingProgress{definition: facts.Definition, forms: formsByID(facts), counted: map[[2]string][]string{},
		conflict: map[[2]string]bool{}}
	for m := range marking.Marks.All() {
		r.part = max(r.part, m.Supplement)
		switch {
		case m.Status == table.MarkConflict:
			r.conflict[[2]string{m.Expert, m.Submission}] = true
		case m.Status == table.MarkCounted && m.Kind != table.MarkVeto:
			at := [2]string{m.Submission, m.Point}
			r.counted[at] = append(r.counted[at], m.Expert)
		}
	}
	return r
}

// availableExperts returns the experts, by index, who can still mark a point of a submission.
func (r *markingProgress) availableExperts(list []Assignment, submission string, p *templates.Point) (out []int) {
	for i, a := range list {
		marked := slices.Contains(r.counted[[2]string{submission, p.ID}], a.Expert)
		conflict := r.conflict[[2]string{a.Expert, submission}] ||
			a.Unit != "" && isMemberUnit(r.definition, a.Unit, r.forms[submission])
		if a.covers(p) && !marked && !conflict {
			out = append(out, i)
		}
	}
	return out
}

// Supplements assigns what is still to be marked: each submission gets as many marks for a point as the best marked
// one has, and at least the required number. Nobody marks the same twice.
func Supplements(facts *table.Facts, marking table.Marking, subjects []Subject, list []Assignment) []Assignment {
	r := newMarkingProgress(facts, marking)
	only := map[int]map[string][]string{}
	for _, p := range ExpertPoints(r.definition.Rubric()) {
		wanted := r.definition.Rubric().Experts.Least
		for _, s := range subjects {
			wanted = max(wanted, len(r.counted[[2]string{s.Submission.Submission, p.ID}]))
		}
		for _, s := range subjects {
			id := s.Submission.Submission
			available, lacking := r.availableExperts(list, id, p), wanted-len(r.counted[[2]string{id, p.ID}])
			for _, i := range available[:min(lacking, len(available))] {
				of := table.Submap(only, i)
				of[id] = append(of[id], p.ID)
			}
		}
	}
	var out []Assignment
	for i, a := range list {
		if only[i] != nil {
			a.Part, a.Only = int(r.part)+1, only[i]
			out = append(out, a)
		}
	}
	return out
}

// Shortages describes where too few of these experts can mark, given their units and recusals.
func Shortages(facts *table.Facts, marking table.Marking, subjects []Subject, list []Assignment) []string {
	r := newMarkingProgress(facts, marking)
	var out []string
	for _, s := range subjects {
		id := s.Submission.Submission
		lacking := map[int][]string{} // points, by the number of marks that is possible
		for _, p := range ExpertPoints(r.definition.Rubric()) {
			n := len(r.counted[[2]string{id, p.ID}]) + len(r.availableExperts(list, id, p))
			lacking[n] = append(lacking[n], p.ID)
		}
		for n := range r.definition.Rubric().Experts.Least {
			if points := lacking[n]; points != nil {
				out = append(out, fmt.Sprintf("%s（%s）的观测点%s最多只能有%d个评分，不到%d个，评不齐：请增加没有利害关系的专家",
					s.Submission.Consortium, id, strings.Join(points, "、"), n, r.definition.Rubric().Experts.Least))
			}
		}
	}
	return out
}
