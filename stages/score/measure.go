package score

import (
	"errors"
	"fmt"
	"maps"
	"math"
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
	verdicts := table.IndexBy(judgement.Verdicts.All(), func(v table.Verdict) string { return v.Submission })
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
			table.Submap(out, x.Submission)[templates.Ref{Field: field, Year: int(x.Year.V)}] = true
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

// point is what is said to one observation point.
type point struct {
	figures    float64 // 0–1, weighted mean of the evidence that counts, gaps without consent as 0
	there      float64 // share of the evidence that counts; figures means nothing where it is 0
	known      float64 // share of the evidence that has a value
	value      float64 // 0–1, figures and mark together as far as they count
	present    float64 // share of both that is there; value means nothing where it is 0
	foundation float64 // part of value that comes from what has happened
	promise    float64 // part of value that comes from what is promised
	experts    float64 // part of value that experts give
	lower      float64 // points, what is missing counted as 0
	upper      float64 // points, what is missing counted as 1
}

// aggregate makes points of evidence and marks, and the total with its parts: achieved, promised, given by experts.
func (m *scheme) aggregate(e *entrant) {
	weights := m.weights(e.Complete)
	e.points = m.points(e)
	e.reweighting = reweighting(weights, e.points)
	e.Total = total(weights, e.points) - e.Deduction.V
	e.Lower, e.Upper = -e.Deduction.V, -e.Deduction.V
	happened, promised, said := 0.0, 0.0, 0.0
	for i, p := range e.points {
		e.Lower += p.lower
		e.Upper += p.upper
		happened += float64(weights[i] * p.foundation)
		promised += float64(weights[i] * p.promise)
		said += float64(weights[i] * p.experts)
	}
	e.Foundation, e.Promise = happened*e.reweighting, promised*e.reweighting
	e.Experts = table.Known(said*e.reweighting, e.Complete)
	e.OtherTotal = table.Known(e.Total-e.proposed.V, e.proposed.Valid)
}

func (m *scheme) points(e *entrant) []point {
	out := make([]point, len(m.criteria))
	for i := range out {
		out[i] = m.point(e, i)
	}
	return out
}

// at is an entrant's total with some evidence at a normalised value.
func (m *scheme) at(e *entrant, value float64, evidence ...int) float64 {
	again := e.withMeasures(func(at int, x *measure) {
		if slices.Contains(evidence, at) {
			x.normalised = value
		}
	})
	return m.total(again)
}

func (m *scheme) total(e *entrant) float64 {
	return total(m.weights(e.Complete), m.points(e)) - e.Deduction.V
}

func (e *entrant) withMeasures(change func(at int, x *measure)) *entrant {
	again := *e
	again.measures = slices.Clone(e.measures)
	for at := range again.measures {
		change(at, &again.measures[at])
	}
	return &again
}

// point puts together what is said to one observation point.
func (m *scheme) point(e *entrant, i int) (p point) {
	c, happened, promised, figures := m.criteria[i], 0.0, 0.0, 0.0
	for k, share := range c.shares {
		measured := e.measures[c.first+k]
		if measured.ok {
			p.known += share
		}
		if measured.excused {
			continue
		}
		x := float64(share * measured.normalised)
		figures += x
		p.there += share
		if c.Evidence[k].Kind == templates.Commitment {
			promised += x
		} else {
			happened += x
		}
	}
	figures, p.there, p.known = min(figures, 1), whole(p.there), whole(p.known)
	if p.there > 0 {
		p.figures = min(figures/p.there, 1)
	}
	say, given := c.expertShare(e.Complete), 0.0 // of the experts
	said := float64((1 - say) * figures)
	p.present = float64((1 - say) * p.there)
	if say > 0 && e.marks[i].ok {
		given = float64(say * e.marks[i].value / m.scale)
		said += given
		p.present = whole(p.present + say)
	}
	if p.present > 0 {
		p.value = min(said/p.present, 1)
		p.foundation = (1 - say) * happened / p.present
		p.promise = (1 - say) * promised / p.present
		p.experts = given / p.present
	}
	p.lower = float64(c.earn(e.Complete) * said)
	p.upper = float64(c.earn(e.Complete) * min(said+(1-p.present)+float64((1-say)*max(p.there-p.known, 0)), 1))
	return p
}

// whole mends a sum of shares, which are rounded: all together may miss 1 by the last digit.
func whole(shares float64) float64 {
	if round10(shares) == 1 {
		return 1
	}
	return shares
}

// total is the weighted sum of the points. A point without anything is left out: the others stand for it by weight.
func total(weights []float64, points []point) float64 {
	sum := 0.0
	for i, w := range weights {
		if points[i].present > 0 {
			sum += float64(w * points[i].value)
		}
	}
	return sum * reweighting(weights, points)
}

// reweighting is the factor by which the other points stand for those of which nothing is there.
func reweighting(weights []float64, points []point) float64 {
	with, all := 0.0, sum(weights)
	for i, w := range weights {
		if points[i].present > 0 {
			with += w
		}
	}
	if with == all || with == 0 {
		return 1
	}
	return all / with
}

// floor replaces 0 in a geometric mean, which is 0 as soon as one factor is: values go from here to 1.
const floor = 0.01

// geometric is the weighted geometric mean of the points, times the sum of the weights.
func geometric(weights []float64, points []point) float64 {
	logs, with := 0.0, 0.0
	for i, w := range weights {
		if points[i].present > 0 {
			logs += float64(w * math.Log(floor+float64((1-floor)*points[i].value)))
			with += w
		}
	}
	if with == 0 {
		return 0
	}
	return sum(weights) * math.Exp(logs/with)
}
