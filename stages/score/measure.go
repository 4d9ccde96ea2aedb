package score

import (
	"errors"
	"fmt"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"

	"golang.org/x/sync/errgroup"
)

// measure is one evidence of one submission.
type measure struct {
	ok         bool // false: missing; note says why
	raw        float64
	normalised float64 // 0–1
	cells      string  // where its values stand, joined by "; "
	note       string
}

// measure evaluates all evidence of all submissions, in their order. The result does not depend on the number of workers.
func (m *scheme) measure(facts *table.Facts, judgement *table.Judgement, workers int) ([]*entrant, error) {
	verdicts := map[string]table.Verdict{}
	for v := range judgement.Verdicts.All() {
		verdicts[v.Submission] = v
	}
	var entrants []*entrant
	var group errgroup.Group
	group.SetLimit(workers)
	for form := range facts.Forms {
		v, ok := verdicts[form.Submission.Submission]
		if !ok {
			return nil, errors.Join(fmt.Errorf("申报 %s 没有检查结论", form.Submission.Submission), group.Wait())
		}
		e := &entrant{submission: form.Submission, verdict: v, measures: make([]measure, m.evidence)}
		entrants = append(entrants, e)
		group.Go(func() error {
			m.take(e, form)
			return nil
		})
	}
	return entrants, group.Wait()
}

// take evaluates all evidence on one form.
func (m *scheme) take(e *entrant, form *table.Form) {
	for _, c := range m.criteria {
		for k, evidence := range c.Evidence {
			e.measures[c.first+k] = m.evaluate(form, evidence.Expression)
		}
	}
}

// evaluate gives the value of one expression, or says what it lacks.
func (m *scheme) evaluate(f *table.Form, x *templates.Expression) measure {
	out := measure{cells: cells(f, x)}
	value, err := x.Number(f)
	switch {
	case err == nil:
		out.ok, out.raw = true, value.InexactFloat64()
		return out
	case !errors.Is(err, templates.ErrMissing):
		out.note = "无法计算：" + cause(err).Error()
		return out
	}
	var lacks []string
	for _, r := range x.Missing(f) {
		lacks = append(lacks, m.name(r)+lack(f.Observe(r).Status))
	}
	if lacks == nil {
		lacks = []string{"成员名册中没有学校，或有学校未填在校生数"}
	}
	out.note = strings.Join(lacks, "；")
	return out
}

func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// lack says in which way a value is not there.
func lack(s table.Status) string {
	switch s {
	case table.NotApplicable:
		return "不适用"
	case table.Invalid:
		return "无法识别"
	}
	return "未填"
}

// name is how a person calls a value: label, unit where there is one, year.
func (m *scheme) name(r templates.Ref) string {
	f := m.def.Field(r.Field)
	name := f.Label
	if f.Unit != "" {
		name += "（" + f.Unit + "）"
	}
	if y, ok := m.def.Form.YearOf(r.Year); ok {
		name += y.Label
	}
	return name
}

// cells lists where the values of an expression stand in the submission's workbook; the roster as one range.
func cells(f *table.Form, x *templates.Expression) string {
	var out []string
	for _, r := range x.Refs {
		if place := f.Observe(r).Place; place.Sheet != "" {
			out = append(out, place.String())
		}
	}
	if n := len(f.Members); x.Roster != nil && n > 0 {
		first, last := f.Members[0], f.Members[n-1]
		place := model.Place{Sheet: first.Sheet, Cell: first.Cell}
		if last.Cell != first.Cell {
			place.Cell += ":" + last.Cell
		}
		out = append(out, place.String())
	}
	return strings.Join(out, "; ")
}
