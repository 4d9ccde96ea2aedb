package score

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/stages/workers"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

type measurement struct {
	ok         bool // false: a gap; note says why
	excused    bool // a gap that the register accepted; it does not count
	raw        float64
	normalised float64 // 0–1
	cells      string  // cells of its values, joined by "; "
	note       string
}

// measureAll evaluates all evidence of all submissions. Their order does not depend on the number of workers. A failure
// ends the guarded function (package try).
func (m *scheme) measureAll(facts *table.Facts, judgement *table.Judgement, atOnce int) (entrants []*entrant) {
	excused, reasons, trends := m.acceptedGaps(judgement), m.reasons(facts, judgement), m.trends()
	official := m.officialEnrolment(facts, judgement.Register)
	verdicts := table.IndexBy(judgement.Verdicts.All(), func(v table.Verdict) string { return v.Submission })
	// The forms of about so many submissions, evenly spread, are kept to test the properties on.
	const tried = 60
	stride := max(1, (facts.Submissions.Len()+tried-1)/tried)
	for s := range facts.Submissions.All() {
		if _, known := verdicts[s.Submission]; !known {
			try.Do(fmt.Errorf("申报 %s 没有检查结论", s.Submission))
		}
	}
	for e := range workers.InOrder(atOnce, facts.Forms, func(form *table.Form) *entrant {
		x := form.Submission
		v := verdicts[x.Submission]
		a := answers{Form: form, excused: excused[x.Submission], official: official[x.Submission]}
		e := &entrant{submission: x, verdict: v, measures: make([]measurement, len(m.slots)), form: a, excused: a.excused,
			rankRow: rankRow{Submission: x.Submission, CityCode: x.CityCode, City: x.City, Consortium: x.Consortium,
				Verdict: string(v.Verdict)}}
		m.measureForm(e, a)
		stated, _ := answers{Form: form}.Enrolment()
		e.doubts, e.enrolment = m.doubts(form, reasons[e.Submission]), stated.InexactFloat64()
		for _, t := range trends {
			e.growth = append(e.growth, t.growth(form, m.def.Rubric().Credibility.Base))
		}
		return e
	}) {
		if len(entrants)%stride != 0 {
			e.form = answers{}
		}
		entrants = append(entrants, e)
	}
	return entrants
}

// answers is one form as the scoring reads it: with accepted gaps, official enrolment, and perhaps an edit.
type answers struct {
	*table.Form
	excused  map[templates.Ref]bool // gaps that the register accepted
	official map[string]float64     // official enrolment by kind of school; nil: use the roster's
	edit     *edit                  // nil: the form as it is
}

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

func (m *scheme) measureForm(e *entrant, a answers) {
	maps.DeleteFunc(a.excused, func(r templates.Ref, _ bool) bool { // a value that is present is no gap
		_, there := a.Number(r.Field, r.Year)
		return there
	})
	for i := range m.slots {
		e.measures[i] = m.measureSlot(i, a)
		e.measures[i].cells = cellsOf(a.Form, m.slots[i].expression())
	}
}

// measureSlot evaluates one slot. The official enrolment serves only as a base, not for evidence as it counts.
func (m *scheme) measureSlot(i int, a answers) measurement {
	if s := m.slots[i]; s.base == "" && (m.def.Rubric().Basis == "" || s.Size != m.def.Rubric().Basis) {
		a.official = nil
	}
	return m.evaluate(a, m.slots[i].expression())
}

// acceptedGaps lists, by submission, the missing or inapplicable values whose reason the register accepted.
func (m *scheme) acceptedGaps(judgement *table.Judgement) map[string]map[templates.Ref]bool {
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

// evaluate computes the value of an expression, or notes which values it lacks.
func (m *scheme) evaluate(f answers, x *templates.Expression) measurement {
	var out measurement
	value, err := x.Number(f)
	switch {
	case err == nil:
		const decimals = 10 // further decimals differ between languages and would separate equal values
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
		lacks = append(lacks, m.valueName(r)+f.Observe(r).Status.Absent())
		out.excused = out.excused && f.excused[r]
	}
	out.note = strings.Join(lacks, "；")
	if !out.excused {
		out.note += "，登记没有采纳理由，按最低计"
	}
	return out
}

// valueName is a value's name for people: label, unit, year.
func (m *scheme) valueName(r templates.Ref) string {
	f := m.def.Field(r.Field)
	name := f.Label
	if f.Unit != "" {
		name += "（" + f.Unit + "）"
	}
	return name + m.def.Form.YearOf(r.Year).Label
}

// cellsOf lists the cells of the values in an expression, joined by "; "; the roster as one range.
func cellsOf(f *table.Form, x *templates.Expression) string {
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

// pointScore is the score of one observation point, with its parts.
type pointScore struct {
	figures    float64 // 0–1, weighted mean of the evidence that counts; gaps that were not accepted are 0
	counted    float64 // share of the evidence that counts; if 0, figures is undefined
	known      float64 // share of the evidence that has a value
	value      float64 // 0–1, figures and mark together
	present    float64 // share of figures and mark that is there; if 0, value is undefined
	foundation float64 // part of value from achievements
	promise    float64 // part of value from promises
	experts    float64 // part of value from experts
	lower      float64 // points with missing values counted as 0
	upper      float64 // points with missing values counted as 1
}

// aggregate computes the points, and the total with its parts: achieved, promised, given by experts.
func (m *scheme) aggregate(e *entrant) {
	weights := m.weights(e.Complete)
	e.points = m.scorePoints(e)
	e.reweighting = reweighting(weights, e.points)
	e.Total = weightedTotal(weights, e.points) - e.Deduction.V
	e.Lower, e.Upper = -e.Deduction.V, -e.Deduction.V
	achieved, promised, marked := 0.0, 0.0, 0.0
	for i, p := range e.points {
		e.Lower += p.lower
		e.Upper += p.upper
		achieved += float64(weights[i] * p.foundation)
		promised += float64(weights[i] * p.promise)
		marked += float64(weights[i] * p.experts)
	}
	e.Foundation, e.Promise = achieved*e.reweighting, promised*e.reweighting
	e.Experts = table.Known(marked*e.reweighting, e.Complete)
	e.OtherTotal = table.Known(e.Total-e.proposedDeduction.V, e.proposedDeduction.Valid)
}

func (m *scheme) scorePoints(e *entrant) []pointScore {
	out := make([]pointScore, len(m.criteria))
	for i := range out {
		out[i] = m.scorePoint(e, i)
	}
	return out
}

// totalWith is the entrant's total if some of its evidence had the given normalised value.
func (m *scheme) totalWith(e *entrant, value float64, evidence ...int) float64 {
	again := e.withMeasures(func(at int, x *measurement) {
		if slices.Contains(evidence, at) {
			x.normalised = value
		}
	})
	return m.totalOf(again)
}

func (m *scheme) totalOf(e *entrant) float64 {
	return weightedTotal(m.weights(e.Complete), m.scorePoints(e)) - e.Deduction.V
}

func (e *entrant) withMeasures(change func(at int, x *measurement)) *entrant {
	again := *e
	again.measures = slices.Clone(e.measures)
	for at := range again.measures {
		change(at, &again.measures[at])
	}
	return &again
}

// scorePoint computes the score of the i-th observation point.
func (m *scheme) scorePoint(e *entrant, i int) (p pointScore) {
	c, achieved, promised, figures := m.criteria[i], 0.0, 0.0, 0.0
	for k, share := range c.shares {
		measured := e.measures[c.firstSlot+k]
		if measured.ok {
			p.known += share
		}
		if measured.excused {
			continue
		}
		x := float64(share * measured.normalised)
		figures += x
		p.counted += share
		if c.Evidence[k].Kind == templates.Commitment {
			promised += x
		} else {
			achieved += x
		}
	}
	figures, p.counted, p.known = min(figures, 1), exactOne(p.counted), exactOne(p.known)
	if p.counted > 0 {
		p.figures = min(figures/p.counted, 1)
	}
	share, marked := c.expertShare(e.Complete), 0.0
	value := float64((1 - share) * figures)
	p.present = float64((1 - share) * p.counted)
	if share > 0 && e.marks[i].ok {
		marked = float64(share * e.marks[i].value / m.markScale)
		value += marked
		p.present = exactOne(p.present + share)
	}
	if p.present > 0 {
		p.value = min(value/p.present, 1)
		p.foundation = (1 - share) * achieved / p.present
		p.promise = (1 - share) * promised / p.present
		p.experts = marked / p.present
	}
	p.lower = float64(c.maxPoints(e.Complete) * value)
	p.upper = float64(c.maxPoints(e.Complete) * min(value+(1-p.present)+float64((1-share)*max(p.counted-p.known, 0)), 1))
	return p
}

// exactOne returns exactly 1 for a sum of rounded shares that misses it by the last digit.
func exactOne(shares float64) float64 { return table.Either(table.Rounded(shares) == 1, 1, shares) }

// weightedTotal is the weighted sum of the points. Those of which nothing is present are left out, see reweighting.
func weightedTotal(weights []float64, points []pointScore) float64 {
	sum := 0.0
	for i, w := range weights {
		if points[i].present > 0 {
			sum += float64(w * points[i].value)
		}
	}
	return sum * reweighting(weights, points)
}

// reweighting is the factor by which the other points are scaled up for those of which nothing is present.
func reweighting(weights []float64, points []pointScore) float64 {
	with, all := 0.0, sum(weights)
	for i, w := range weights {
		if points[i].present > 0 {
			with += w
		}
	}
	return table.Either(with == all || with == 0, 1, all/with)
}

// geometricTotal is the weighted geometric mean of the points, times the sum of the weights.
func geometricTotal(weights []float64, points []pointScore) float64 {
	const floor = 0.01 // values go from here to 1: the mean is 0 as soon as one factor is
	logs, with := 0.0, 0.0
	for i, w := range weights {
		if points[i].present > 0 {
			logs += float64(w * math.Log(floor+float64((1-floor)*points[i].value)))
			with += w
		}
	}
	return table.Either(with == 0, 0, sum(weights)*math.Exp(logs/with))
}
