package score

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/workers"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

type measure struct {
	ok         bool // false: a gap; note says why
	excused    bool // a gap that the register accepted: it is left out
	raw        float64
	normalised float64 // 0–1
	cells      string  // where its values stand, joined by "; "
	note       string
}

// measure evaluates all evidence of all submissions, in their order, whatever the number of workers.
func (m *scheme) measure(facts *table.Facts, judgement *table.Judgement, atOnce int) ([]*entrant, error) {
	excused, reasons, courses := m.excused(judgement), m.reasons(facts, judgement), m.courses()
	official, err := m.official(facts, judgement.Register)
	if err != nil {
		return nil, err
	}
	verdicts := table.By(judgement.Verdicts.All(), func(v table.Verdict) string { return v.Submission })
	// So many are kept with their forms, spread evenly, for the properties to be tried on.
	const tried = 60
	stride := max(1, (facts.Submissions.Len()+tried-1)/tried)
	for s := range facts.Submissions.All() {
		if _, known := verdicts[s.Submission]; !known {
			return nil, fmt.Errorf("申报 %s 没有检查结论", s.Submission)
		}
	}
	var entrants []*entrant
	for e := range workers.InOrder(atOnce, facts.Forms, func(form *table.Form) *entrant {
		x := form.Submission
		v := verdicts[x.Submission]
		a := answers{Form: form, excused: excused[x.Submission], official: official[x.Submission]}
		e := &entrant{submission: x, verdict: v, measures: make([]measure, len(m.slots)), form: a, excused: a.excused,
			standing: standing{Submission: x.Submission, CityCode: x.CityCode, City: x.City, Consortium: x.Consortium,
				Verdict: string(v.Verdict)}}
		m.fill(e, a)
		stated, _ := answers{Form: form}.Enrolment()
		e.suspects, e.size = m.suspects(form, reasons[e.Submission]), stated.InexactFloat64()
		for _, c := range courses {
			e.followed = append(e.followed, c.follow(form, m.def.Rubric.Credibility.Base))
		}
		return e
	}) {
		if len(entrants)%stride != 0 {
			e.form = answers{}
		}
		entrants = append(entrants, e)
	}
	return entrants, nil
}

// answers is one form as the scoring sees it.
type answers struct {
	*table.Form
	excused  map[templates.Ref]bool // gaps that the register accepted
	official map[string]float64     // enrolment by kind of school, see scheme.official; nil: what the roster states
	edit     *edit                  // nil: the form as it is
}

// Number implements templates.Answers.
func (a answers) Number(field string, year int) (decimal.Decimal, bool) {
	switch {
	case a.edit == nil || a.edit.ref != templates.Ref{Field: field, Year: year} || a.edit.roster != nil:
		return a.Form.Number(field, year)
	case a.edit.value == nil:
		return decimal.Decimal{}, false
	}
	return *a.edit.value, true
}

// Enrolment implements templates.Answers. A school that states none adds nothing.
func (a answers) Enrolment(kinds ...string) (decimal.Decimal, bool) {
	total := decimal.Decimal{}
	for kind, n := range a.official {
		if len(kinds) == 0 || slices.Contains(kinds, kind) {
			total = total.Add(decimal.NewFromFloat(n))
		}
	}
	for s := range a.Schools(kinds...) {
		if a.official == nil && s.Enrolment.Valid {
			total = total.Add(decimal.NewFromFloat(s.Enrolment.V))
		}
	}
	return total, true
}

func (m *scheme) fill(e *entrant, a answers) {
	maps.DeleteFunc(a.excused, func(r templates.Ref, _ bool) bool { // what is there is no gap
		_, there := a.Number(r.Field, r.Year)
		return there
	})
	for i := range m.slots {
		e.measures[i] = m.value(i, a)
		e.measures[i].cells = cells(a.Form, m.slots[i].expression())
	}
}

func (m *scheme) value(i int, a answers) measure {
	if s := m.slots[i]; s.base == "" && (m.def.Rubric.Basis == "" || s.Size != m.def.Rubric.Basis) {
		a.official = nil
	}
	return m.evaluate(a, m.slots[i].expression())
}

// excused lists the gaps of each submission that the register accepted: what was found missing, or not applicable.
func (m *scheme) excused(judgement *table.Judgement) map[string]map[templates.Ref]bool {
	out := map[string]map[templates.Ref]bool{}
	for x := range judgement.Findings.All() {
		if !x.Accepted {
			continue
		}
		if r := m.def.Rule(x.Code); r == nil || r.Check != "required" && r.Check != "coercion" {
			continue
		}
		for field := range strings.FieldsSeq(x.Fields) {
			table.In(out, x.Submission)[templates.Ref{Field: field, Year: int(x.Year.V)}] = true
		}
	}
	return out
}

// evaluate gives the value of one expression, or says what it lacks.
func (m *scheme) evaluate(f answers, x *templates.Expression) measure {
	var out measure
	value, err := x.Number(f)
	switch {
	case err == nil:
		const decimals = 10 // further ones would part what is equal, each language in its own way
		out.ok, out.raw = true, value.Round(decimals).InexactFloat64()
		unknown := func(s table.Member) bool { return !s.Enrolment.Valid }
		if slices.Contains(x.Roster, "members_enrolment") && len(table.Where(f.Schools(), unknown)) > 0 {
			out.note = "有学校未填在校生数，按0计"
		}
		return out
	case !errors.Is(err, templates.ErrMissing):
		out.note = "除数为0，或基数太小，不算"
		return out
	}
	var lacks []string
	out.excused = true
	for _, r := range x.Missing(f) {
		lacks = append(lacks, m.name(r)+f.Observe(r).Status.Absent())
		out.excused = out.excused && f.excused[r]
	}
	out.note = strings.Join(lacks, "；")
	if !out.excused {
		out.note += "，登记没有采纳理由，按最低计"
	}
	return out
}

// name is how a person calls a value: label, unit, year.
func (m *scheme) name(r templates.Ref) string {
	f := m.def.Field(r.Field)
	name := f.Label
	if f.Unit != "" {
		name += "（" + f.Unit + "）"
	}
	return name + m.def.Form.YearOf(r.Year).Label
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
