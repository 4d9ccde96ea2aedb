package score

import (
	"cmp"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// reason is why a value is doubtful: an open finding about it, or a guess of the reading.
type reason struct {
	table.Check
	finding *table.Finding // nil: a guess
	places  []string       // all cells of the finding; none: it is about every cell of its field
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

// reasons gathers by submission and value why it is doubtful: a finding that must be corrected, or asks for an explanation and has none in
// force, or a guess of the reading.
func (m *scheme) reasons(facts *table.Facts, judgement *table.Judgement) map[string]map[templates.Ref][]reason {
	out := map[string]map[templates.Ref][]reason{}
	add := func(submission, field string, year table.Opt[int32], x reason) {
		if out[submission] == nil {
			out[submission] = map[templates.Ref][]reason{}
		}
		for _, r := range m.refs(field, year) {
			out[submission][r] = append(out[submission][r], x)
		}
	}
	for x := range judgement.Findings.All() {
		words := map[model.Severity]string{model.MustFix: "必须修改：", model.Explain: "未说明："}[x.Severity]
		if words == "" || x.Severity == model.Explain && (x.Explanation != "" || x.Accepted) {
			continue
		}
		var places []string
		if x.Places != "" && !x.Year.Valid { // a year says which cell
			places = strings.Split(x.Places, "; ")
		}
		for field := range strings.FieldsSeq(x.Fields) {
			add(x.Submission, field, x.Year, reason{table.Check{Sheet: x.Sheet, Cell: x.Cell, Raw: x.Raw, Reason: words + x.Title}, &x, places})
		}
	}
	for c := range facts.Coercions.All() {
		if c.Guess {
			guess := table.Check{Sheet: c.Sheet, Cell: c.Cell, Raw: c.From, Guessed: true, Reason: "读数属于推测，读作" + c.To}
			add(c.Submission, c.Field, c.Year, reason{guess, nil, []string{c.Sheet + "!" + c.Cell}})
		}
	}
	return out
}

// refs lists the values of a field that a year stands for: where it names none, those of all years.
func (m *scheme) refs(field string, year table.Opt[int32]) []templates.Ref {
	if f := m.def.Field(field); f != nil && !year.Valid {
		return m.def.Refs(f)
	}
	return []templates.Ref{{Field: field, Year: int(year.V)}}
}

// hang is a doubtful value of which a counted evidence is made.
type hang struct {
	reason
	evidence int // its slot
}

// hangs lists the doubtful values that points hang on, evidence by evidence.
func (m *scheme) hangs(form *table.Form, reasons map[templates.Ref][]reason) []hang {
	var out []hang
	for at, s := range m.slots[:m.evidence] {
		if c := m.criteria[s.criterion]; c.shares[s.part] == 0 || c.weight == 0 || len(reasons) == 0 {
			continue
		}
		for _, ref := range m.doubtful(form, s.Expression, reasons) {
			o := form.Observe(ref)
			for _, r := range reasons[ref] {
				if !r.about(o.Place) {
					continue
				}
				h := hang{r, at}
				if h.Field, h.Year = ref.Field, table.Nonzero(ref.Year); o.Place.Sheet != "" {
					h.Sheet, h.Cell, h.Raw = o.Place.Sheet, o.Place.Cell, o.Raw
				}
				out = append(out, h)
			}
		}
	}
	return out
}

// hanging gives the observation points and the evidence that hang on some values together.
func (m *scheme) hanging(all []hang) (points string, evidence []int) {
	var ids []string
	for _, h := range all {
		evidence = append(evidence, h.evidence)
		if id := m.criteria[m.slots[h.evidence].criterion].ID; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, "、"), evidence
}

// doubtful lists the values of an evidence that may be in doubt: those that its expression names, and what is said of members on which it hangs.
func (m *scheme) doubtful(form *table.Form, x *templates.Expression, reasons map[templates.Ref][]reason) []templates.Ref {
	refs := slices.Clone(x.Refs)
	if x.Roster == nil {
		return refs
	}
	for ref, doubted := range reasons {
		if strings.HasPrefix(ref.Field, "members_") && m.rests(form, x, ref.Field, doubted) {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs[len(x.Refs):], func(a, b templates.Ref) int { return cmp.Compare(a.Field, b.Field) })
	return refs
}

// rests says whether an evidence that looks at the roster would be another without the doubtful members: where one enterprise is enough, one
// of ten in doubt takes nothing away. A doubtful enrolment matters where enrolments are added up.
func (m *scheme) rests(form *table.Form, x *templates.Expression, field string, doubted []reason) bool {
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

// doubt says of an evidence why its value is doubtful; empty where no finding about it is open.
func (e *entrant) doubt(evidence int) string {
	var out []string
	for _, h := range e.hangs {
		if h.evidence == evidence && h.finding != nil && !slices.Contains(out, h.Reason) {
			out = append(out, h.Reason)
		}
	}
	return strings.Join(out, "；")
}

// placed is the place that a total would have among the ranked, the others' staying as they are.
func (e *entrant) placed(total float64, ranked []*entrant) table.Opt[int32] {
	return table.Some(int32(e.place(ranked, total, func(o *entrant) float64 { return o.Total })))
}

// stakes lists what hangs on each open finding, the others and the scales staying as they are, and sets the places that a returned submission
// could have if it were mended.
func (m *scheme) stakes(entrants, ranked []*entrant) []table.Stake {
	var out []table.Stake
	for _, e := range entrants {
		open := slices.DeleteFunc(slices.Clone(e.hangs), func(h hang) bool { return h.finding == nil })
		for _, own := range table.Grouped(open, func(h hang) string { return h.finding.Fingerprint }) {
			x := own[0].finding
			points, on := m.hanging(own)
			low, high := m.at(e, 0, on...), m.at(e, 1, on...)
			out = append(out, table.Stake{Submission: x.Submission, Fingerprint: x.Fingerprint, Code: x.Code, Severity: x.Severity, Title: x.Title,
				Points: points, Loss: max(0, e.Total-low), Gain: max(0, high-e.Total), RankBest: e.placed(high, ranked).V, RankWorst: e.placed(low, ranked).V})
		}
		if e.verdict.Verdict == model.Return {
			_, all := m.hanging(slices.DeleteFunc(open, func(h hang) bool { return h.finding.Severity != model.MustFix }))
			e.MendedBest, e.MendedWorst = e.placed(m.at(e, 1, all...), ranked), e.placed(m.at(e, 0, all...), ranked)
		}
	}
	return out
}

// doubt is one cell whose figure may be wrong, with what hangs on it.
type doubt struct {
	table.Check
	evidence []int
}

// checklist says which cells to confirm so that nothing that is found in the rest can change who is chosen. For each one inside the line
// its doubtful figures, the one with the greatest possible loss first: as many of them as it takes until its total, with the rest counting
// nothing, is still higher than any outside would have with their guessed readings counting all. The scales stay as they are. Before there
// is a line it lists the doubtful figures of those around it and settles nothing.
func (m *scheme) checklist(ranked []*entrant, k int) []table.Check {
	line, around := 0.0, m.near(ranked, k)
	for _, e := range ranked {
		if !e.inside(k) {
			var guessed []doubt
			if slices.Contains(around, e) {
				guessed = slices.DeleteFunc(m.doubted(e), func(d doubt) bool { return !d.Guessed })
			}
			line = max(line, m.at(e, 1, allOf(guessed)...))
		}
	}
	var out []table.Check
	for _, e := range around {
		if m.complete && !e.inside(k) {
			continue
		}
		settled, rows := false, m.doubted(e)
		for i := range rows {
			settled = m.complete && round10(m.at(e, 0, allOf(rows[i:])...)) > round10(line)
			rows[i].Order, rows[i].Needed = int32(i+1), m.complete && !settled
			out = append(out, rows[i].Check)
		}
		if end := round10(e.Total) > round10(line); m.complete && !end {
			out = append(out, table.Check{Submission: e.Submission, Order: int32(len(rows) + 1), Needed: true,
				Reason: "本家的数全部核实也定不下来：线外的推测读数若取最高，仍可能不低于它；请先核线外的推测读数"})
		}
	}
	return out
}

// allOf lists the evidence that hangs on some doubts.
func allOf(doubts []doubt) []int {
	var out []int
	for _, d := range doubts {
		out = append(out, d.evidence...)
	}
	return out
}

// doubted lists the cells of one submission that nobody has explained and on which points hang, by possible loss, then as they stand on the
// form.
func (m *scheme) doubted(e *entrant) []doubt {
	open := slices.DeleteFunc(slices.Clone(e.hangs), func(h hang) bool {
		return m.criteria[m.slots[h.evidence].criterion].earn(e.Complete) == 0 || h.finding != nil && h.finding.Severity != model.Explain
	})
	var out []doubt
	for _, own := range table.Grouped(open, func(h hang) [3]string { return [3]string{h.Sheet, h.Cell, h.Field} }) {
		d := doubt{Check: own[0].Check}
		for _, h := range own {
			d.Guessed = d.Guessed || h.Guessed
			if !strings.Contains(d.Reason, h.Reason) {
				d.Reason += "；" + h.Reason
			}
		}
		d.Points, d.evidence = m.hanging(own)
		d.Submission, d.Loss = e.Submission, max(0, e.Total-m.at(e, 0, d.evidence...))
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b doubt) int {
		return cmp.Or(-cmp.Compare(round10(a.Loss), round10(b.Loss)), cmp.Compare(a.Sheet, b.Sheet), cmp.Compare(a.Cell, b.Cell),
			cmp.Compare(a.Field, b.Field))
	})
	return out
}
