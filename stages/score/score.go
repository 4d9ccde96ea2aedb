// Package score turns facts and experts' marks into points by the rubric, and these into a ranking with its range.
//
// The steps and terms are those of the OECD/JRC Handbook on Constructing Composite Indicators:
//
//  1. Evidence (measure.go): an expression over one submission. A gap that the register accepted is left out; any other
//     stands at the bottom of its scale, so that nothing is gained by a blank.
//  2. Availability: a submission with too many accepted gaps, by weight, is not ranked.
//  3. Normalisation to 0–1 (scale.go) over the reference set: the ranked or, once there are marks, those ranked then.
//     All others are put on the same scale and clipped, so that everyone has a provisional score.
//  4. Marks (marks.go) count, and the result is 总分, once every ranked submission has enough of them for every point;
//     until then it is 数据部分得分 for everybody.
//  5. Linear aggregation (measure.go). What is left out has no weight (the Handbook's shadow imputation) and is
//     flagged. Bounds count whatever is missing as 0 and as 1 on the same scales.
//  6. Ranks and their sensitivity: drawn weights, resampled experts (robustness.go), other methods (scenarios.go).
//  7. The line after the first k (line.go): who is firm, what would swap two or carry one inside; and which cells to
//     confirm so that it stands (doubts.go).
//
// Achievements and promises never mix: points are split into 已有基础 (level, growth) and 建设承诺 (commitment). Promises are
// compared with growth achieved and with the peers' (doubts.go), to be verified, without points.
//
// # The total as a formula
//
// A spreadsheet can repeat the total from the published scores (rows with an empty evidence). With columns over the
// points of the weight w, the value v (0 where null), p = 1 where v is there and else 0, f = (weight − open) / weight
// (0 where the weight is 0), and the registered deduction d (ranking.deduction, 0 where null):
//
//	total = SUMPRODUCT(w,f,v) * SUMPRODUCT(w,f) / SUMPRODUCT(w,f,p) - d
//	rank  = RANK(ROUND(total,10), the ROUND(total,10) of the ranked)
//
// Points that a person switches off have w = 0. Other weights are scaled to 100 first, w*100/SUM(w), because the
// deduction is in points of 100. Normalised values, and so v, don't depend on weights.
//
// The same facts give the same floats on one architecture: sums run in the rubric's order, and products are rounded
// before they are added, so that no compiler fuses them.
package score

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

// Options of the scoring. The zero value takes everything from the definition.
type Options struct {
	// Scales are those of an earlier round, to be kept; none: they are laid anew.
	Scales  []table.Scale
	Draws   int // of the weights; 0: as the rubric says
	Select  int // how many are to be chosen; 0: the directory's default
	Workers int // 0: as many as there are processors
}

// Run scores every submission and ranks those that may be ranked. The scores hold, by submission and point, a row for
// the point and then one for each of its evidence, in the rubric's order; points are out of 100.
func Run(facts *table.Facts, judgement *table.Judgement, marking table.Marking, o Options) (*table.Ranking, error) {
	o, err := o.Resolve(facts.Definition)
	if err != nil {
		return nil, err
	}
	f, err := scored(&table.Round{Facts: facts, Judgement: judgement, Marking: marking}, o.Scales, o.Workers)
	if err != nil {
		return nil, err
	}
	m, panel, entrants := f.scheme, f.panel, f.entrants
	ranked := rank(table.Where(slices.Values(entrants), func(e *entrant) bool { return e.Ranked }))
	waiting := table.Where(slices.Values(entrants), func(e *entrant) bool { return e.Waiting })
	for _, e := range waiting {
		m.interval(e, ranked)
	}
	draws := m.robustness(ranked, panel, o)
	lapses, tried := f.testProperties(ranked)
	scenarios := m.scenarios(ranked, f.reference, panel)
	m.rescale(ranked, f.reference, o.Select)
	swaps := m.line(ranked, waiting, scenarios, o.Select, draws)
	method, err := f.method(ranked, draws, o, len(lapses), tried)
	if err != nil {
		return nil, err
	}
	impacts := m.impacts(entrants, ranked)
	assessments, disagreements := panel.matrix(m, ranked)
	return &table.Ranking{
		Scores:        table.Of(m.scores(entrants)),
		Ranking:       table.Of(m.ranking(entrants, method)),
		Marks:         table.Of(panel.rows),
		Experts:       table.Of(panel.summary()),
		Assessments:   table.Of(assessments),
		Disagreements: table.Of(disagreements),
		Credibility:   table.Of(m.credibility(entrants)),
		Scenarios:     table.Of(scenarioRows(ranked, scenarios)),
		Influence:     table.Of(m.influence(ranked)),
		Scales:        table.Of(f.reference.rows(m, panel)),
		Lapses:        table.Of(lapses),
		Swaps:         table.Of(swaps),
		Lifts:         table.Of(m.improvements(ranked, o.Select)),
		Certificate:   table.Of(m.certificate(ranked, o.Select)),
		Checklist:     table.Of(m.checklist(ranked, o.Select)),
		Stakes:        table.Of(impacts),
	}, nil
}

// field is all entrants of a batch with their totals.
type field struct {
	*scheme
	panel     *panel
	entrants  []*entrant
	reference reference // over what the scales are laid
}

// scored takes a batch as far as its totals; kept are the scales of an earlier round.
func scored(r *table.Round, kept []table.Scale, workers int) (*field, error) {
	m := newScheme(r.Facts.Definition)
	entrants, err := m.measure(r.Facts, r.Judgement, workers)
	if err != nil {
		return nil, err
	}
	f := &field{scheme: m, panel: m.combine(r.Marking, r.Register, entrants), entrants: entrants}
	f.reference = f.refer(f.panel.asked(f.eligible(entrants)), kept)
	f.count(f.panel, entrants)
	f.settle(f.scales(f.reference, ""))
	return f, nil
}

func (f *field) byID() map[string]*entrant {
	return table.IndexBy(slices.Values(f.entrants), func(e *entrant) string { return e.Submission })
}

// settle gives every entrant its total on these scales.
func (f *field) settle(scales []scale) {
	for _, e := range f.entrants {
		for k, s := range scales {
			e.measures[k].normalised = s.of(e.measures[k])
		}
		f.aggregate(e)
	}
}

// Resolve fills in what the definition says.
func (o Options) Resolve(d *templates.Definition) (Options, error) {
	if o.Draws < 0 || o.Select < 0 {
		return o, fmt.Errorf("抽取次数 %d 或遴选家数 %d 小于0：请改为正整数，或不写而用默认值", o.Draws, o.Select)
	}
	o.Draws = cmp.Or(o.Draws, d.Rubric.Robustness.Draws)
	o.Select = cmp.Or(o.Select, d.Directory.Select.Default)
	return o, nil
}

// scheme is the rubric in floats.
type scheme struct {
	def       *templates.Definition
	criteria  []criterion
	evidence  int    // how many there are
	slots     []slot // what is measured: all evidence, then what of it can be seen against a base
	available float64
	scale     float64 // of the experts' marks
	complete  bool    // the experts' marks count, for all who are ranked
	state     table.State
}

type criterion struct {
	*templates.Point
	weight  float64   // of 100
	figures float64   // points of weight that figures can earn
	open    float64   // the rest, which experts give
	shares  []float64 // of the evidence in figures
	first   int       // index of the first evidence among all
	sized   []int     // slot of each evidence against its base; −1: it has none
}

// slot is one thing that is measured of every submission.
type slot struct {
	*templates.Evidence
	base            string // id; empty: as it counts
	criterion, part int    // whose evidence it is, and which of its
}

func (s slot) expression() *templates.Expression {
	if s.base != "" {
		return s.SizedExpression
	}
	return s.Expression
}

// formula is what a kept scale must have been made with.
func (s slot) formula() string {
	if x := s.expression(); x != nil {
		return x.Source
	}
	return ""
}

// marked says whether experts have a say in the point.
func (c criterion) marked() bool { return c.open > 0 || c.Deduction }

func newScheme(d *templates.Definition) *scheme {
	m := &scheme{def: d, available: d.Rubric.Available.InexactFloat64(), scale: d.Rubric.Experts.Scale.InexactFloat64()}
	var against []slot
	for _, p := range d.Rubric.Points() {
		m.evidence += len(p.Evidence)
	}
	for i, p := range d.Rubric.Points() {
		open := p.Weight.Mul(p.ExpertShare)
		c := criterion{Point: p, weight: p.Weight.InexactFloat64(), first: len(m.slots)}
		c.figures, c.open = p.Weight.Sub(open).InexactFloat64(), open.InexactFloat64()
		for k, e := range p.Evidence {
			c.shares, m.slots = append(c.shares, e.Weight.InexactFloat64()), append(m.slots, slot{e, "", i, k})
			at := -1
			if e.SizedExpression != nil {
				at = m.evidence + len(against)
				against = append(against, slot{e, e.Size, i, k})
			}
			c.sized = append(c.sized, at)
		}
		m.criteria = append(m.criteria, c)
	}
	m.slots = append(m.slots, against...)
	return m
}

// earn is how many points a criterion can bring: those of figures; where the marks count, all.
func (c criterion) earn(complete bool) float64 {
	if complete {
		return c.weight
	}
	return c.figures
}

// expertShare is the share of a criterion that experts give; none where the marks do not count.
func (c criterion) expertShare(complete bool) float64 {
	if !complete || c.weight == 0 {
		return 0
	}
	return c.open / c.weight
}

// weights are the points that can be earned, by criterion.
func (m *scheme) weights(complete bool) []float64 {
	return table.Each(m.criteria, func(c criterion) float64 { return c.earn(complete) })
}

func (m *scheme) waiting(complete bool) float64 {
	open := 0.0
	for _, c := range m.criteria {
		open += c.weight - c.earn(complete)
	}
	return open
}

// standing is a row of the ranking.
type standing = table.Rank

// entrant is one submission on its way through the scoring; its standing is filled in as it becomes known.
type entrant struct {
	standing
	submission  table.Submission
	verdict     table.Verdict
	form        answers                // of some only
	excused     map[templates.Ref]bool // gaps that the register accepted
	shapes      bool                   // scales that are laid anew are laid over it, too
	measures    []measure              // of all slots
	suspects    []suspect              // what of them is in doubt
	followed    []table.Growth         // of all courses
	size        float64                // enrolment
	marks       []marked               // of all criteria
	points      []point                // of all criteria
	reweighting float64                // see reweighting
	proposed    table.Opt[float64]     // deduction that experts propose and the Department has not decided on
	sharing     int                    // how many of the ranked have its rank
	ousted      bool                   // what is pending is that it be rejected
}

// inside says whether it stands among the first k.
func (e *entrant) inside(k int) bool { return int(e.Rank.V) <= k }

// eligible says who is ranked, and over whom scales are laid: everybody where nobody can be ranked yet.
func (m *scheme) eligible(entrants []*entrant) []*entrant {
	var declared []*entrant
	for _, e := range entrants {
		share, lacking := m.share(e)
		e.Present = share
		if e.Ranked = e.verdict.Ranked && e.Unranked == ""; !e.verdict.Ranked {
			e.Unranked = e.verdict.Unranked
		}
		if e.Ranked && share < m.available {
			e.Ranked = false
			e.Unranked = fmt.Sprintf("数据不足：登记同意不计的缺数太多，计分依据只余%s（按权重），不到%s，暂不能比较；缺的是观测点%s的依据",
				percent(share), percent(m.available), strings.Join(lacking, "、"))
		}
		if e.Ranked {
			declared = append(declared, e)
		}
	}
	if len(declared) == 0 {
		return entrants
	}
	return declared
}

// share is how much of the evidence counts, by weight: all but the accepted gaps. It names the points that have some.
func (m *scheme) share(e *entrant) (share float64, lacking []string) {
	there, all := 0.0, 0.0
	for _, c := range m.criteria {
		all += c.figures
		for k, share := range c.shares {
			switch {
			case !e.measures[c.first+k].excused:
				there += float64(c.figures * share)
			case share > 0 && !slices.Contains(lacking, c.ID):
				lacking = append(lacking, c.ID)
			}
		}
	}
	if all == 0 {
		return 1, nil
	}
	return round10(there / all), lacking
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}
