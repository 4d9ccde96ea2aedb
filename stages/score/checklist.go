package score

import (
	"cmp"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// doubt is one cell whose figure may be wrong, with what hangs on it.
type doubt struct {
	table.Check
	guessed  bool
	evidence []int // indices
}

// reason is why a value is doubtful, with all cells of the finding; none: it is about every cell of its field.
type reason struct {
	table.Check
	places []string
}

// about says whether a reason is about a cell, or about another year of the same field.
func (r reason) about(at model.Place) bool {
	return r.places == nil || at.Sheet == "" || slices.Contains(r.places, at.Sheet+"!"+at.Cell)
}

// lists says whether one of the cells stands in the row of a member.
func (r reason) lists(s table.Member) bool {
	row := func(sheet, cell string) string {
		return sheet + "!" + strings.TrimLeft(cell, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	}
	return slices.ContainsFunc(r.places, func(place string) bool {
		sheet, cell, _ := strings.Cut(place, "!")
		return row(sheet, cell) == row(s.Sheet, s.Cell)
	})
}

// checklist says which cells to confirm so that nothing that is found in the rest can change who is chosen. For each one inside the line
// its doubtful figures, the one with the greatest possible loss first: as many of them as it takes until its total, with the rest counting
// nothing, is still higher than any outside would have with their guessed readings counting all. The scales stay as they are. Before there
// is a line it lists the doubtful figures of those around it and settles nothing.
func (m *scheme) checklist(facts *table.Facts, judgement *table.Judgement, ranked []*entrant, k int) []table.Check {
	reasons := m.reasons(facts, judgement)
	around := map[string]*entrant{}
	for _, e := range m.near(ranked, k) {
		around[e.submission.Submission] = e
	}
	doubts, line := map[*entrant][]doubt{}, 0.0
	for form := range facts.Forms {
		e := around[form.Submission.Submission]
		if e == nil {
			continue
		}
		doubts[e] = m.doubted(e, form, reasons[e.submission.Submission])
	}
	for _, e := range ranked {
		if e.rank > k {
			line = max(line, m.at(e, doubts[e], 1, func(d doubt) bool { return d.guessed }))
		}
	}
	var out []table.Check
	for _, e := range m.near(ranked, k) {
		if m.complete && e.rank > k {
			continue
		}
		settled, rows := false, doubts[e]
		for i := range rows {
			settled = m.complete && round10(m.at(e, rows[i:], 0, nil)) > round10(line)
			rows[i].Order, rows[i].Needed = int32(i+1), m.complete && !settled
			out = append(out, rows[i].Check)
		}
		if end := round10(e.total) > round10(line); m.complete && !end {
			out = append(out, table.Check{Batch: e.submission.Batch, Submission: e.submission.Submission, Order: int32(len(rows) + 1), Needed: true,
				Reason: "本家的数全部核实也定不下来：线外的推测读数若取最高，仍可能不低于它；请先核线外的推测读数"})
		}
	}
	return out
}

// at is an entrant's total with the evidence of some doubts at a normalised value; which nil takes all.
func (m *scheme) at(e *entrant, doubts []doubt, value float64, which func(doubt) bool) float64 {
	normalised := e.normalised()
	for _, d := range doubts {
		if which != nil && !which(d) {
			continue
		}
		for _, i := range d.evidence {
			normalised[i] = value
		}
	}
	return total(m.earnings(e.complete), m.points(e, normalised)) - e.deduction
}

// doubted lists the doubtful cells of one submission on which points hang, by possible loss, then as they stand on the form.
func (m *scheme) doubted(e *entrant, form *table.Form, reasons map[templates.Ref][]reason) []doubt {
	var out []doubt
	for i, c := range m.criteria {
		for k, evidence := range c.Evidence {
			if c.shares[k] == 0 || c.earn(e.complete) == 0 {
				continue
			}
			refs := slices.Clone(evidence.Expression.Refs)
			if evidence.Expression.Roster != nil {
				for ref, doubted := range reasons {
					if strings.HasPrefix(ref.Field, "members_") && m.hangs(form, evidence.Expression, ref.Field, doubted) {
						refs = append(refs, ref)
					}
				}
			}
			for _, ref := range refs {
				at := form.Observe(ref).Place
				for _, x := range reasons[ref] {
					if x.about(at) {
						out = m.collect(out, form, i, c.first+k, ref, x.Check)
					}
				}
			}
		}
	}
	for i := range out {
		out[i].Batch, out[i].Submission = e.submission.Batch, e.submission.Submission
		out[i].Loss = max(0, e.total-m.at(e, out[i:i+1], 0, nil))
	}
	slices.SortStableFunc(out, func(a, b doubt) int {
		return cmp.Or(-cmp.Compare(round10(a.Loss), round10(b.Loss)), cmp.Compare(a.Sheet, b.Sheet), cmp.Compare(a.Cell, b.Cell), cmp.Compare(a.Field, b.Field))
	})
	return out
}

// hangs says whether an evidence that looks at the roster would be another without the doubtful members: where one enterprise is enough, one
// of ten in doubt takes nothing away. A doubtful enrolment matters where enrolments are added up.
func (m *scheme) hangs(form *table.Form, x *templates.Expression, field string, doubted []reason) bool {
	if field == "members_enrolment" {
		return strings.Contains(x.Source, "enrolment(")
	}
	less := *form
	less.Members = slices.DeleteFunc(slices.Clone(form.Members), func(s table.Member) bool {
		return slices.ContainsFunc(doubted, func(r reason) bool { return r.lists(s) })
	})
	if len(less.Members) == len(form.Members) { // which members are meant is not known
		return true
	}
	was, is := m.evaluate(answers{Form: form}, x), m.evaluate(answers{Form: &less}, x)
	return was.ok != is.ok || was.raw != is.raw
}

// collect adds one reason to the row of its cell.
func (m *scheme) collect(out []doubt, form *table.Form, point, evidence int, ref templates.Ref, x table.Check) []doubt {
	if o := form.Observe(ref); o.Place.Sheet != "" {
		x.Sheet, x.Cell, x.Raw = o.Place.Sheet, o.Place.Cell, o.Raw
	}
	guessed := x.Guessed
	i := slices.IndexFunc(out, func(d doubt) bool { return d.Sheet == x.Sheet && d.Cell == x.Cell && d.Field == ref.Field })
	if i < 0 {
		x.Field = ref.Field
		if ref.Year != 0 {
			x.Year = table.Some(int32(ref.Year))
		}
		x.Points = m.criteria[point].ID
		return append(out, doubt{x, guessed, []int{evidence}})
	}
	d := &out[i]
	d.guessed = d.guessed || guessed
	d.Guessed = d.guessed
	if !slices.Contains(d.evidence, evidence) {
		d.evidence = append(d.evidence, evidence)
	}
	if id := m.criteria[point].ID; !slices.Contains(strings.Split(d.Points, "、"), id) {
		d.Points += "、" + id
	}
	if !strings.Contains(d.Reason, x.Reason) {
		d.Reason += "；" + x.Reason
	}
	return out
}

// reasons gathers by submission and value why it is doubtful: a finding that asks for an explanation and has none in force, or a guess of the reading.
func (m *scheme) reasons(facts *table.Facts, judgement *table.Judgement) map[string]map[templates.Ref][]reason {
	out := map[string]map[templates.Ref][]reason{}
	add := func(submission, field string, year table.Opt[int32], x reason) {
		f := m.def.Field(field)
		if f == nil {
			return
		}
		if out[submission] == nil {
			out[submission] = map[templates.Ref][]reason{}
		}
		years := []int{int(year.V)}
		if !year.Valid && f.Dated() {
			years = nil
			for _, id := range f.Years {
				if y, ok := m.def.Form.Year(id); ok {
					years = append(years, y.Year)
				}
			}
		}
		for _, y := range years {
			ref := templates.Ref{Field: field, Year: y}
			out[submission][ref] = append(out[submission][ref], x)
		}
	}
	for x := range judgement.Findings.All() {
		if x.Severity != model.Explain || x.Explanation != "" || x.Accepted {
			continue
		}
		var places []string
		if x.Places != "" && !x.Year.Valid { // a year says which cell
			places = strings.Split(x.Places, "; ")
		}
		for _, field := range strings.Fields(x.Fields) {
			add(x.Submission, field, x.Year, reason{table.Check{Sheet: x.Sheet, Cell: x.Cell, Raw: x.Raw, Reason: "未说明：" + x.Title}, places})
		}
	}
	for c := range facts.Coercions.All() {
		if c.Guess {
			add(c.Submission, c.Field, c.Year, reason{table.Check{Sheet: c.Sheet, Cell: c.Cell, Raw: c.From, Guessed: true, Reason: "读数属于推测，读作" + c.To}, []string{c.Sheet + "!" + c.Cell}})
		}
	}
	return out
}
