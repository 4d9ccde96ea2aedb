package score

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
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

// reasons gathers by submission and value why it is doubtful: an open finding, or a guess of the reading.
func (m *scheme) reasons(facts *table.Facts, judgement *table.Judgement) map[string]map[templates.Ref][]reason {
	out := map[string]map[templates.Ref][]reason{}
	add := func(submission, field string, year table.Opt[int32], x reason) {
		of, refs := table.Submap(out, submission), []templates.Ref{{Field: field, Year: int(year.V)}}
		if f := m.def.Field(field); f != nil && !year.Valid {
			refs = m.def.Refs(f)
		}
		for _, r := range refs {
			of[r] = append(of[r], x)
		}
	}
	for x := range judgement.Findings.All() {
		words := map[string]string{table.ToMend: "必须修改：", table.ToExplain: "未说明："}[x.State()]
		if words == "" || x.Accepted && x.Severity == model.Explain {
			continue
		}
		var places []string
		if x.Places != "" && !x.Year.Valid { // a year says which cell
			places = strings.Split(x.Places, "; ")
		}
		for field := range strings.FieldsSeq(x.Fields) {
			why := table.Check{Sheet: x.Sheet, Cell: x.Cell, Raw: x.Raw, Reason: words + x.Title}
			add(x.Submission, field, x.Year, reason{why, &x, places})
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

// suspect is a doubtful value of which a counted evidence is made.
type suspect struct {
	reason
	evidence int // its slot
}

// suspects lists the doubtful values that points depend on, evidence by evidence.
func (m *scheme) suspects(form *table.Form, reasons map[templates.Ref][]reason) []suspect {
	var out []suspect
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
				h := suspect{r, at}
				if h.Field, h.Year = ref.Field, table.Nonzero(ref.Year); o.Place.Sheet != "" {
					h.Sheet, h.Cell, h.Raw = o.Place.Sheet, o.Place.Cell, o.Raw
				}
				out = append(out, h)
			}
		}
	}
	return out
}

// affected gives the observation points and the evidence that depend on some values together.
func (m *scheme) affected(all []suspect) (points string, evidence []int) {
	ids := table.Unique(all, func(s suspect) string { return m.criteria[m.slots[s.evidence].criterion].ID })
	return strings.Join(ids, "、"), table.Each(all, func(s suspect) int { return s.evidence })
}

// doubtful lists the values that an evidence names, and what is doubted of the members on which it depends.
func (m *scheme) doubtful(f *table.Form, x *templates.Expression, reasons map[templates.Ref][]reason) []templates.Ref {
	refs := slices.Clone(x.Refs)
	if x.Roster == nil {
		return refs
	}
	for ref, doubted := range reasons {
		if strings.HasPrefix(ref.Field, "members_") && m.rests(f, x, ref.Field, doubted) {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs[len(x.Refs):], func(a, b templates.Ref) int { return cmp.Compare(a.Field, b.Field) })
	return refs
}

// rests says whether an evidence over the roster changes without the doubtful members: one of ten may not matter.
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

func (e *entrant) doubt(evidence int) string {
	open := func(s suspect) bool { return s.evidence == evidence && s.finding != nil }
	found := table.Where(slices.Values(e.suspects), open)
	return strings.Join(table.Unique(found, func(s suspect) string { return s.Reason }), "；")
}

func (e *entrant) placed(total float64, ranked []*entrant) table.Opt[int32] {
	return table.Some(int32(e.place(ranked, total, func(o *entrant) float64 { return o.Total })))
}

// impacts lists what depends on each open finding, all else staying as it is, and the ranks that mending could bring.
func (m *scheme) impacts(entrants, ranked []*entrant) []table.Stake {
	var out []table.Stake
	for _, e := range entrants {
		open := table.Where(slices.Values(e.suspects), func(h suspect) bool { return h.finding != nil })
		for _, own := range table.GroupBy(open, func(h suspect) string { return h.finding.Fingerprint }) {
			x := own[0].finding
			points, on := m.affected(own)
			low, high := m.at(e, 0, on...), m.at(e, 1, on...)
			out = append(out, table.Stake{Submission: x.Submission, Fingerprint: x.Fingerprint, Code: x.Code,
				Severity: x.Severity, Title: x.Title, Points: points, Loss: max(0, e.Total-low), Gain: max(0, high-e.Total),
				RankBest: e.placed(high, ranked).V, RankWorst: e.placed(low, ranked).V})
		}
		if e.verdict.Verdict == model.Return {
			_, all := m.affected(slices.DeleteFunc(open, func(h suspect) bool { return h.finding.Severity != model.MustFix }))
			e.MendedBest, e.MendedWorst = e.placed(m.at(e, 1, all...), ranked), e.placed(m.at(e, 0, all...), ranked)
		}
	}
	return out
}

// suspectCell is one cell whose figure may be wrong, with the evidence that depends on it.
type suspectCell struct {
	table.Check
	evidence []int
}

// checklist says which cells to confirm so that no error in the rest can change who is chosen: of each one inside the
// line as many as it takes until its total without the others is above any outside at its best. Before the line it only
// lists.
func (m *scheme) checklist(ranked []*entrant, k int) []table.Check {
	line, around := 0.0, m.near(ranked, k)
	for _, e := range ranked {
		if !e.inside(k) {
			var guessed []suspectCell
			if slices.Contains(around, e) {
				guessed = slices.DeleteFunc(m.suspectCells(e), func(d suspectCell) bool { return !d.Guessed })
			}
			line = max(line, m.at(e, 1, allOf(guessed)...))
		}
	}
	var out []table.Check
	for _, e := range around {
		if m.complete && !e.inside(k) {
			continue
		}
		settled, rows := false, m.suspectCells(e)
		for i := range rows {
			settled = m.complete && round10(m.at(e, 0, allOf(rows[i:])...)) > round10(line)
			rows[i].Order, rows[i].Needed = int32(i+1), m.complete && !settled
			out = append(out, rows[i].Check)
		}
		if m.complete && round10(e.Total) <= round10(line) {
			out = append(out, table.Check{Submission: e.Submission, Order: int32(len(rows) + 1), Needed: true,
				Reason: "本家的数全部核实也定不下来：线外的推测读数若取最高，仍可能不低于它；请先核线外的推测读数"})
		}
	}
	return out
}

func allOf(cells []suspectCell) []int {
	return slices.Concat(table.Each(cells, func(d suspectCell) []int { return d.evidence })...)
}

// suspectCells lists the unexplained cells of one submission on which points depend, by possible loss, then by place.
func (m *scheme) suspectCells(e *entrant) []suspectCell {
	open := table.Where(slices.Values(e.suspects), func(h suspect) bool {
		earns := m.criteria[m.slots[h.evidence].criterion].earn(e.Complete) != 0
		return earns && (h.finding == nil || h.finding.Severity == model.Explain)
	})
	var out []suspectCell
	for _, own := range table.GroupBy(open, func(h suspect) [3]string { return [3]string{h.Sheet, h.Cell, h.Field} }) {
		d := suspectCell{Check: own[0].Check}
		for _, h := range own {
			d.Guessed = d.Guessed || h.Guessed
			if !strings.Contains(d.Reason, h.Reason) {
				d.Reason += "；" + h.Reason
			}
		}
		d.Points, d.evidence = m.affected(own)
		d.Submission, d.Loss = e.Submission, max(0, e.Total-m.at(e, 0, d.evidence...))
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b suspectCell) int {
		return cmp.Or(cmp.Compare(round10(b.Loss), round10(a.Loss)), cmp.Compare(a.Sheet, b.Sheet),
			cmp.Compare(a.Cell, b.Cell), cmp.Compare(a.Field, b.Field))
	})
	return out
}

// fewest is how many peers a comparison needs.
const fewest = 3

// course is the years over which an indicator is followed.
type course struct {
	field              *templates.Field
	prior, last, final templates.Year // the last two actual years, and the last committed one
}

// courses are the metrics that have two actual years and a committed one.
func (m *scheme) courses() []course {
	var out []course
	for _, f := range m.def.Form.Metrics() {
		years := map[templates.YearKind][]templates.Year{}
		for _, id := range f.Years {
			y := m.def.Form.Year(id)
			years[y.Kind] = append(years[y.Kind], y)
		}
		actual, committed := years[templates.Actual], years[templates.Committed]
		if n := len(actual); n >= 2 && len(committed) > 0 {
			out = append(out, course{f, actual[n-2], actual[n-1], committed[len(committed)-1]})
		}
	}
	return out
}

// credibility compares each promise with what was achieved and with the peers: a flag to verify, without points.
func (m *scheme) credibility(entrants []*entrant) (rows []table.Growth) {
	courses := m.courses()
	achieved, promised := make([][]float64, len(courses)), make([][]float64, len(courses)) // by the ranked, each ascending
	for k := range courses {
		for _, e := range entrants {
			if x := e.followed[k]; e.Ranked && x.Achieved.Valid {
				achieved[k] = append(achieved[k], x.Achieved.V)
			}
			if x := e.followed[k]; e.Ranked && x.Promised.Valid {
				promised[k] = append(promised[k], x.Promised.V)
			}
		}
		slices.Sort(achieved[k])
		slices.Sort(promised[k])
	}
	const median = 0.5
	upper := m.def.Rubric.Credibility.Upper.InexactFloat64()
	for _, e := range entrants {
		for k, row := range e.followed {
			row.PeersAchieved = quantileOf(achieved[k], row.Achieved, e.Ranked, median)
			row.PeersPromised = quantileOf(promised[k], row.Promised, e.Ranked, median)
			row.PeersUpper = quantileOf(promised[k], row.Promised, e.Ranked, upper)
			if row.Flag == "" {
				row.Flag, row.Note = m.flag(row, courses[k].final)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// follow reads one indicator over its years. It has no flag yet where it can be compared.
func (c course) follow(f *table.Form, base decimal.Decimal) table.Growth {
	var cells, lacks []string
	at := func(y templates.Year) table.Opt[float64] {
		ref := templates.Ref{Field: c.field.ID, Year: y.Year}
		if place := f.Observe(ref).Place; place.Sheet != "" {
			cells = append(cells, place.String())
		}
		v, ok := f.Number(ref.Field, ref.Year)
		if !ok {
			lacks = append(lacks, y.Label)
		}
		return table.Known(v.InexactFloat64(), ok)
	}
	prior := at(c.prior)
	lacks = nil // of the years that a promise rests on
	last, final := at(c.last), at(c.final)
	least := base.InexactFloat64()
	row := table.Growth{Submission: f.Submission.Submission, Indicator: c.field.ID, Measure: c.measure(),
		Cells: strings.Join(cells, "; "), Achieved: c.growth(prior, last, c.last.Year-c.prior.Year, least),
		Promised: c.growth(last, final, c.final.Year-c.last.Year, least)}
	switch {
	case lacks != nil:
		row.Flag, row.Note = table.UnknownGrowth, strings.Join(lacks, "、")+"没有数据"
	case !row.Promised.Valid, prior.Valid && !row.Achieved.Valid:
		row.Flag, row.Note = table.NoFlag, fmt.Sprintf("基数不到%s，不算增长率", base)
	case !row.Achieved.Valid:
		row.Flag, row.Note = table.UnknownGrowth, c.prior.Label+"没有数据，已实现的增长无从计算"
	}
	return row
}

// growth is what a year brings from one value to another; no rate from less than the base, where one more is a lot.
func (c course) growth(from, to table.Opt[float64], years int, base float64) table.Opt[float64] {
	switch {
	case !from.Valid || !to.Valid:
		return table.Opt[float64]{}
	case c.measure() == "points":
		return table.Some((to.V - from.V) / float64(years))
	case from.V < base || to.V < 0:
		return table.Opt[float64]{}
	}
	return table.Some((math.Pow(to.V/from.V, 1/float64(years)) - 1) * 100)
}

func (c course) measure() string {
	if c.field.Type == templates.PercentField {
		return "points"
	}
	return "percent"
}

// quantileOf is the nearest-rank quantile of the ascending values without one's own; none of too few peers.
func quantileOf(ascending []float64, own table.Opt[float64], among bool, q float64) table.Opt[float64] {
	n, skip := len(ascending), len(ascending)
	if among && own.Valid {
		n--
		skip, _ = slices.BinarySearch(ascending, own.V)
	}
	if n < fewest {
		return table.Opt[float64]{}
	}
	i := max(1, int(math.Ceil(round10(q*float64(n))))) - 1
	if i >= skip {
		i++
	}
	return table.Some(ascending[i])
}

func (m *scheme) flag(x table.Growth, final templates.Year) (flag, note string) {
	unit, margin := "％", m.def.Rubric.Credibility.Margin.InexactFloat64()
	if x.Measure == "points" {
		unit = "个百分点"
	}
	switch {
	case !x.PeersUpper.Valid:
		return table.UnknownGrowth, "可比的申报不足"
	case x.Promised.V > x.Achieved.V+margin && x.Promised.V > x.PeersUpper.V:
		return table.Verify, fmt.Sprintf("承诺到%s年均增长%s%s，已实现的是%s%s，同批承诺的上分位是%s%s，请核实依据",
			final.Label, short(x.Promised.V), unit, short(x.Achieved.V), unit, short(x.PeersUpper.V), unit)
	}
	return table.NoFlag, ""
}

func short(v float64) string { return plain(math.Round(v*10) / 10) }
