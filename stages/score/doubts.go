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

// reason is why a value is doubtful: an open finding about it, or a guess made when reading it.
type reason struct {
	table.Check
	finding *table.Finding // nil: a guess
	places  []string       // cells of the finding; nil: every cell of its field
}

// covers reports whether the reason is about this cell, and not only about another year of the same field.
func (r reason) covers(at model.Place) bool {
	return r.places == nil || at.Sheet == "" || slices.Contains(r.places, at.Sheet+"!"+at.Cell)
}

// namesMember reports whether one of the reason's cells is in the row of the member.
func (r reason) namesMember(s table.Member) bool {
	row := func(sheet, cell string) string {
		return sheet + "!" + strings.TrimLeft(cell, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	}
	return slices.ContainsFunc(r.places, func(place string) bool {
		sheet, cell, _ := strings.Cut(place, "!")
		return row(sheet, cell) == row(s.Sheet, s.Cell)
	})
}

// reasons collects the reasons why values are doubtful, by submission and value.
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

// doubt is one reason to doubt a value from which counted evidence is computed.
type doubt struct {
	reason
	evidence int // slot
}

// doubts lists the doubtful values of one submission that points depend on, evidence by evidence.
func (m *scheme) doubts(form *table.Form, reasons map[templates.Ref][]reason) []doubt {
	var out []doubt
	for at, s := range m.slots[:m.evidenceCount] {
		if c := m.criteria[s.criterion]; c.shares[s.index] == 0 || c.weight == 0 || len(reasons) == 0 {
			continue
		}
		for _, ref := range m.doubtfulRefs(form, s.Expression, reasons) {
			o := form.Observe(ref)
			for _, r := range reasons[ref] {
				if !r.covers(o.Place) {
					continue
				}
				h := doubt{r, at}
				if h.Field, h.Year = ref.Field, table.Nonzero(ref.Year); o.Place.Sheet != "" {
					h.Sheet, h.Cell, h.Raw = o.Place.Sheet, o.Place.Cell, o.Raw
				}
				out = append(out, h)
			}
		}
	}
	return out
}

// affected returns the observation points and the evidence that depend on any of the doubtful values.
func (m *scheme) affected(all []doubt) (points string, evidence []int) {
	ids := table.Unique(all, func(s doubt) string { return m.criteria[m.slots[s.evidence].criterion].ID })
	return strings.Join(ids, "、"), table.Each(all, func(s doubt) int { return s.evidence })
}

// doubtfulRefs lists the values an expression refers to, and the doubtful roster fields on which it depends.
func (m *scheme) doubtfulRefs(f *table.Form, x *templates.Expression, reasons map[templates.Ref][]reason,
) []templates.Ref {
	refs := slices.Clone(x.Refs)
	if x.Roster == nil {
		return refs
	}
	for ref, doubted := range reasons {
		if strings.HasPrefix(ref.Field, "members_") && m.dependsOn(f, x, ref.Field, doubted) {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs[len(x.Refs):], func(a, b templates.Ref) int { return cmp.Compare(a.Field, b.Field) })
	return refs
}

// dependsOn reports whether an expression over the roster changes without the doubtful members.
func (m *scheme) dependsOn(form *table.Form, x *templates.Expression, field string, doubted []reason) bool {
	if field == "members_enrolment" {
		return strings.Contains(x.Source, "enrolment(")
	}
	without := form.WithMembers(slices.DeleteFunc(slices.Clone(form.Members), func(s table.Member) bool {
		return slices.ContainsFunc(doubted, func(r reason) bool { return r.namesMember(s) })
	}))
	if len(without.Members) == len(form.Members) { // unknown which members are meant
		return true
	}
	before, after := m.evaluate(answers{Form: form}, x), m.evaluate(answers{Form: without}, x)
	return before.ok != after.ok || before.raw != after.raw
}

func (e *entrant) openReasons(evidence int) string {
	open := func(s doubt) bool { return s.evidence == evidence && s.finding != nil }
	found := table.Where(slices.Values(e.doubts), open)
	return strings.Join(table.Unique(found, func(s doubt) string { return s.Reason }), "；")
}

// rankWith is the rank that the entrant would have with another total.
func (e *entrant) rankWith(total float64, ranked []*entrant) table.Opt[int32] {
	return table.Some(int32(e.rankAmong(ranked, total, func(o *entrant) float64 { return o.Total })))
}

// stakes lists, for each open finding, the points that depend on it and the ranks that a correction could bring.
func (m *scheme) stakes(entrants, ranked []*entrant) []table.Stake {
	var out []table.Stake
	for _, e := range entrants {
		open := table.Where(slices.Values(e.doubts), func(h doubt) bool { return h.finding != nil })
		for _, group := range table.GroupBy(open, func(h doubt) string { return h.finding.Fingerprint }) {
			x := group[0].finding
			points, evidence := m.affected(group)
			low, high := m.totalWith(e, 0, evidence...), m.totalWith(e, 1, evidence...)
			out = append(out, table.Stake{Submission: x.Submission, Fingerprint: x.Fingerprint, Code: x.Code,
				Severity: x.Severity, Title: x.Title, Points: points, Loss: max(0, e.Total-low), Gain: max(0, high-e.Total),
				RankBest: e.rankWith(high, ranked).V, RankWorst: e.rankWith(low, ranked).V})
		}
		if e.verdict.Verdict == model.Return {
			_, all := m.affected(slices.DeleteFunc(open, func(h doubt) bool { return h.finding.Severity != model.MustFix }))
			e.MendedBest = e.rankWith(m.totalWith(e, 1, all...), ranked)
			e.MendedWorst = e.rankWith(m.totalWith(e, 0, all...), ranked)
		}
	}
	return out
}

// doubtfulCell is one cell whose figure may be wrong, with the evidence that depends on it.
type doubtfulCell struct {
	table.Check
	evidence []int
}

// checklist lists the cells to verify so that no error in the others can change who is selected: for each one inside
// the line, as many as it takes for its total, with the others at 0, to exceed any possible one outside.
func (m *scheme) checklist(ranked []*entrant, k int) []table.Check {
	line, around := 0.0, m.aroundLine(ranked, k)
	for _, e := range ranked {
		if !e.inside(k) {
			var guessed []doubtfulCell
			if slices.Contains(around, e) {
				guessed = slices.DeleteFunc(m.doubtfulCells(e), func(d doubtfulCell) bool { return !d.Guessed })
			}
			line = max(line, m.totalWith(e, 1, evidenceOf(guessed)...))
		}
	}
	var out []table.Check
	for _, e := range around {
		if m.complete && !e.inside(k) {
			continue
		}
		settled, rows := false, m.doubtfulCells(e)
		for i := range rows {
			settled = m.complete && table.Rounded(m.totalWith(e, 0, evidenceOf(rows[i:])...)) > table.Rounded(line)
			rows[i].Order, rows[i].Needed = int32(i+1), m.complete && !settled
			out = append(out, rows[i].Check)
		}
		if m.complete && table.Rounded(e.Total) <= table.Rounded(line) {
			out = append(out, table.Check{Submission: e.Submission, Order: int32(len(rows) + 1), Needed: true,
				Reason: "本家的数全部核实也定不下来：线外的推测读数若取最高，仍可能不低于它；请先核线外的推测读数"})
		}
	}
	return out
}

func evidenceOf(cells []doubtfulCell) []int {
	return slices.Concat(table.Each(cells, func(d doubtfulCell) []int { return d.evidence })...)
}

// doubtfulCells lists a submission's unexplained cells that earn points, the greatest possible loss first.
func (m *scheme) doubtfulCells(e *entrant) []doubtfulCell {
	open := table.Where(slices.Values(e.doubts), func(h doubt) bool {
		earns := m.criteria[m.slots[h.evidence].criterion].maxPoints(e.Complete) != 0
		return earns && (h.finding == nil || h.finding.Severity == model.Explain)
	})
	var out []doubtfulCell
	for _, group := range table.GroupBy(open, func(h doubt) [3]string { return [3]string{h.Sheet, h.Cell, h.Field} }) {
		d := doubtfulCell{Check: group[0].Check}
		for _, h := range group {
			d.Guessed = d.Guessed || h.Guessed
			if !strings.Contains(d.Reason, h.Reason) {
				d.Reason += "；" + h.Reason
			}
		}
		d.Points, d.evidence = m.affected(group)
		d.Submission, d.Loss = e.Submission, max(0, e.Total-m.totalWith(e, 0, d.evidence...))
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b doubtfulCell) int {
		return cmp.Or(cmp.Compare(table.Rounded(b.Loss), table.Rounded(a.Loss)), cmp.Compare(a.Sheet, b.Sheet),
			cmp.Compare(a.Cell, b.Cell), cmp.Compare(a.Field, b.Field))
	})
	return out
}

// minPeers is the least number of peers for a comparison.
const minPeers = 3

// trend is a metric and the years between which its growth is computed.
type trend struct {
	field                  *templates.Field
	prior, last, committed templates.Year // the last two actual years, and the last committed one
}

// trends lists the metrics that have two actual years and a committed one.
func (m *scheme) trends() []trend {
	var out []trend
	for _, f := range m.def.Form.Metrics() {
		years := map[templates.YearKind][]templates.Year{}
		for _, id := range f.Years {
			y := m.def.Form.Year(id)
			years[y.Kind] = append(years[y.Kind], y)
		}
		actual, committed := years[templates.Actual], years[templates.Committed]
		if n := len(actual); n >= 2 && len(committed) > 0 {
			out = append(out, trend{f, actual[n-2], actual[n-1], committed[len(committed)-1]})
		}
	}
	return out
}

// credibility compares promised growth with the achieved and with the peers': a flag to verify, no points.
func (m *scheme) credibility(entrants []*entrant) (rows []table.Growth) {
	trends := m.trends()
	achieved, promised := make([][]float64, len(trends)), make([][]float64, len(trends)) // by the ranked, each ascending
	for k := range trends {
		for _, e := range entrants {
			if x := e.growth[k]; e.Ranked && x.Achieved.Valid {
				achieved[k] = append(achieved[k], x.Achieved.V)
			}
			if x := e.growth[k]; e.Ranked && x.Promised.Valid {
				promised[k] = append(promised[k], x.Promised.V)
			}
		}
		slices.Sort(achieved[k])
		slices.Sort(promised[k])
	}
	const median = 0.5
	upper := m.def.Rubric().Credibility.Upper.InexactFloat64()
	for _, e := range entrants {
		for k, row := range e.growth {
			row.PeersAchieved = peerQuantile(achieved[k], row.Achieved, e.Ranked, median)
			row.PeersPromised = peerQuantile(promised[k], row.Promised, e.Ranked, median)
			row.PeersUpper = peerQuantile(promised[k], row.Promised, e.Ranked, upper)
			if row.Flag == "" {
				row.Flag, row.Note = m.flag(row, trends[k].committed)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// growth computes the achieved and the promised growth. It sets a flag only where they can't be compared.
func (c trend) growth(f *table.Form, base decimal.Decimal) table.Growth {
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
	lacks = nil // keep only the years from which the promised growth is computed
	last, final := at(c.last), at(c.committed)
	least := base.InexactFloat64()
	row := table.Growth{Submission: f.Submission.Submission, Indicator: c.field.ID, Measure: c.rateMeasure(),
		Cells: strings.Join(cells, "; "), Achieved: c.rate(prior, last, c.last.Year-c.prior.Year, least),
		Promised: c.rate(last, final, c.committed.Year-c.last.Year, least)}
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

// rate is the compound growth a year in per cent, or points for percentages; absent if the base is too small.
func (c trend) rate(from, to table.Opt[float64], years int, base float64) table.Opt[float64] {
	switch {
	case !from.Valid || !to.Valid:
		return table.Opt[float64]{}
	case c.rateMeasure() == "points":
		return table.Some((to.V - from.V) / float64(years))
	case from.V < base || to.V < 0:
		return table.Opt[float64]{}
	}
	return table.Some((math.Pow(to.V/from.V, 1/float64(years)) - 1) * 100)
}

func (c trend) rateMeasure() string {
	return table.Either(c.field.Type == templates.PercentField, "points", "percent")
}

// peerQuantile is the nearest-rank quantile of the ascending values without own; absent if there are too few.
func peerQuantile(ascending []float64, own table.Opt[float64], among bool, q float64) table.Opt[float64] {
	n, skip := len(ascending), len(ascending)
	if among && own.Valid {
		n--
		skip, _ = slices.BinarySearch(ascending, own.V)
	}
	if n < minPeers {
		return table.Opt[float64]{}
	}
	i := max(1, int(math.Ceil(table.Rounded(q*float64(n))))) - 1
	if i >= skip {
		i++
	}
	return table.Some(ascending[i])
}

func (m *scheme) flag(x table.Growth, final templates.Year) (flag, note string) {
	unit := table.Either(x.Measure == "points", "个百分点", "％")
	margin := m.def.Rubric().Credibility.Margin.InexactFloat64()
	switch {
	case !x.PeersUpper.Valid:
		return table.UnknownGrowth, "可比的申报不足"
	case x.Promised.V > x.Achieved.V+margin && x.Promised.V > x.PeersUpper.V:
		return table.Verify, fmt.Sprintf("承诺到%s年均增长%s%s，已实现的是%s%s，同批承诺的上分位是%s%s，请核实依据",
			final.Label, oneDecimal(x.Promised.V), unit, oneDecimal(x.Achieved.V), unit, oneDecimal(x.PeersUpper.V), unit)
	}
	return table.NoFlag, ""
}

func oneDecimal(v float64) string { return plain(math.Round(v*10) / 10) }
