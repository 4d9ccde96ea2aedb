// Package score turns facts and experts' marks into points by the rubric, and these into a ranking with its range.
//
// The steps and terms are those of the OECD/JRC Handbook on Constructing Composite Indicators:
//
//  1. Evidence (measure.go): an expression over one submission. A gap that the register accepted is left out; any other
//     gap gets the lowest normalised value, 0, so that leaving a cell blank gains nothing.
//  2. Availability: a submission with too many accepted gaps, by weight, is not ranked.
//  3. Normalisation to 0–1 (scale.go) over the reference set: the ranked submissions, fixed once there are marks.
//     All others are normalised on the same scale and clipped, so that everyone has a provisional score.
//  4. Marks (marks.go) count, and the result is 总分, once every ranked submission has enough of them for every point;
//     until then it is 数据部分得分 for everybody.
//  5. Linear aggregation (measure.go). What is left out has no weight (the Handbook's shadow imputation) and is
//     flagged. The lower and upper bounds count missing values as 0 and as 1.
//  6. Ranks and their sensitivity: drawn weights, bootstrapped experts (robustness.go), other methods (scenarios.go).
//  7. The selection line after the first k (line.go): how safe each place is, what would swap two submissions or carry
//     one inside; and which cells to verify so that the selection can't change (doubts.go).
//
// Achievements and promises are kept apart: points are split into 已有基础 (level, growth) and 建设承诺 (commitment). Promises
// are compared with achieved growth and with the peers' (doubts.go). This flags what to verify and gives no points.
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
// Points that the user switches off have w = 0. Other weights are scaled to 100 first, w*100/SUM(w), because the
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

	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Options of the scoring. The zero value takes everything from the definition.
type Options struct {
	// Scales are the scales of an earlier round, to be reused; none: all are computed anew.
	Scales  []table.Scale
	Draws   int // of the weights; 0: as the rubric says
	Select  int // how many are to be chosen; 0: the directory's default
	Workers int // 0: as many as there are processors
}

// Run scores every submission and ranks the eligible ones. The scores have, by submission and point in the rubric's
// order, a row for the point and one for each of its evidence; points are out of 100.
func Run(facts *table.Facts, judgement *table.Judgement, marking table.Marking, o Options,
) (_ *table.Ranking, err error) {
	defer try.Caught(&err)
	o = try.Get(o.Resolve(facts.Definition))
	round := &table.Round{Facts: facts, Judgement: judgement, Marking: marking}
	f := try.Get(scoreBatch(round, o.Scales, o.Workers))
	m, panel, entrants := f.scheme, f.panel, f.entrants
	ranked := f.ranked
	assignRanks(ranked)
	waiting := table.Where(slices.Values(entrants), func(e *entrant) bool { return e.Waiting })
	for _, e := range waiting {
		m.setPossibleRanks(e, ranked)
	}
	draws := m.robustness(ranked, panel, o)
	lapses, tried := f.testProperties()
	scenarios := m.scenarios(ranked, f.reference, panel)
	m.leaveOneOut(ranked, f.reference, o.Select)
	swaps := m.selectionLine(ranked, waiting, scenarios, o.Select, draws)
	method := try.Get(f.describeMethod(ranked, draws, o, len(lapses), tried))
	stakes := m.stakes(entrants, ranked)
	assessments, disagreements := panel.assessments(m, ranked)
	return &table.Ranking{
		Scores:        table.Of(m.scores(entrants)),
		Ranking:       table.Of(m.ranking(entrants, method)),
		Marks:         table.Of(panel.rows),
		Experts:       table.Of(panel.expertRows()),
		Assessments:   table.Of(assessments),
		Disagreements: table.Of(disagreements),
		Credibility:   table.Of(m.credibility(entrants)),
		Scenarios:     table.Of(scenarioRows(ranked, scenarios)),
		Influence:     table.Of(m.influence(ranked)),
		Scales:        table.Of(f.reference.scaleRows(m, panel)),
		Lapses:        table.Of(lapses),
		Swaps:         table.Of(swaps),
		Lifts:         table.Of(m.lifts(ranked, o.Select)),
		Certificate:   table.Of(m.certificate(ranked, o.Select)),
		Checklist:     table.Of(m.checklist(ranked, o.Select)),
		Stakes:        table.Of(stakes),
	}, nil
}

// scoredBatch is a batch in which every submission has its total.
type scoredBatch struct {
	*scheme
	panel     *panel
	entrants  []*entrant
	ranked    []*entrant // those to be ranked
	reference reference  // the data from which the scales are computed
	scales    []scale
}

// scoreBatch computes the totals of a batch, not yet the ranks. kept are the scales of an earlier round.
func scoreBatch(r *table.Round, kept []table.Scale, workers int) (f *scoredBatch, err error) {
	defer try.Caught(&err)
	m := newScheme(r.Facts.Definition)
	entrants := m.measureAll(r.Facts, r.Judgement, workers)
	f = &scoredBatch{scheme: m, panel: m.newPanel(r.Marking, r.Register, entrants), entrants: entrants}
	f.reference = f.newReference(f.panel.askedAbout(f.selectRanked(entrants)), kept)
	f.ranked = table.Where(slices.Values(entrants), func(e *entrant) bool { return e.Ranked })
	f.combineMarks(f.panel, entrants)
	f.scales = f.newScales(f.reference, "")
	f.applyScales()
	return f, nil
}

func (f *scoredBatch) byID() map[string]*entrant {
	return table.IndexBy(slices.Values(f.entrants), func(e *entrant) string { return e.Submission })
}

// applyScales normalises every entrant's evidence on the scales and computes its total.
func (f *scoredBatch) applyScales() {
	for _, e := range f.entrants {
		for k, s := range f.scales {
			e.measures[k].normalised = s.normalise(e.measures[k])
		}
		f.aggregate(e)
	}
}

// Resolve replaces zero options by the definition's defaults.
func (o Options) Resolve(d *templates.Definition) (Options, error) {
	if o.Draws < 0 || o.Select < 0 {
		return o, fmt.Errorf("抽取次数 %d 或遴选家数 %d 小于0：请改为正整数，或不写而用默认值", o.Draws, o.Select)
	}
	o.Draws = cmp.Or(o.Draws, d.Rubric().Robustness.Draws)
	o.Select = cmp.Or(o.Select, d.Directory.Select.Default)
	return o, nil
}

// scheme is the rubric prepared for computation: decimals as floats, all evidence in one list of slots.
type scheme struct {
	def             *templates.Definition
	criteria        []criterion
	evidenceCount   int
	slots           []slot // all evidence as it counts, then the evidence that has a base, divided by it
	minAvailability float64
	markScale       float64 // the highest mark
	complete        bool    // the experts' marks count
	state           table.State
}

type criterion struct {
	*templates.Point
	weight       float64   // of 100
	figureWeight float64   // the part of weight that figures can earn
	expertWeight float64   // the part of weight that experts give
	shares       []float64 // of each evidence in figureWeight
	firstSlot    int       // slot of the first evidence
}

// slot is one thing that is measured of every submission: an evidence as it counts, or the same divided by its base.
type slot struct {
	*templates.Evidence
	base             string // id of the base; empty: not divided
	criterion, index int    // position of the criterion, and of the evidence in it
	sized            int    // slot of the same divided by its base; 0: it has none, or is divided
}

func (s slot) expression() *templates.Expression {
	return table.Either(s.base != "", s.SizedExpression, s.Expression)
}

// formula is the expression's source. A scale of an earlier round is reused only if it was made with the same formula.
func (s slot) formula() string {
	if x := s.expression(); x != nil {
		return x.Source
	}
	return ""
}

func (c criterion) takesMarks() bool { return c.expertWeight > 0 || c.Deduction }

func newScheme(d *templates.Definition) *scheme {
	r := d.Rubric()
	m := &scheme{def: d, minAvailability: r.Available.InexactFloat64(), markScale: r.Experts.Scale.InexactFloat64()}
	for i, p := range r.Points() {
		open := p.Weight.Mul(p.ExpertShare)
		c := criterion{Point: p, weight: p.Weight.InexactFloat64(), firstSlot: len(m.slots)}
		c.figureWeight, c.expertWeight = p.Weight.Sub(open).InexactFloat64(), open.InexactFloat64()
		for k, e := range p.Evidence {
			c.shares, m.slots = append(c.shares, e.Weight.InexactFloat64()), append(m.slots, slot{e, "", i, k, 0})
		}
		m.criteria = append(m.criteria, c)
	}
	m.evidenceCount = len(m.slots)
	for at, s := range m.slots {
		if s.SizedExpression != nil {
			m.slots[at].sized = len(m.slots)
			m.slots = append(m.slots, slot{s.Evidence, s.Size, s.criterion, s.index, 0})
		}
	}
	return m
}

// maxPoints is the most points that a criterion can earn: only the figures' part until the marks count.
func (c criterion) maxPoints(complete bool) float64 {
	return table.Either(complete, c.weight, c.figureWeight)
}

// expertShare is the share of a criterion's weight that experts give; 0 where the marks do not count.
func (c criterion) expertShare(complete bool) float64 {
	return table.Either(!complete || c.weight == 0, 0, c.expertWeight/c.weight)
}

// weights returns the most points that each criterion can earn.
func (m *scheme) weights(complete bool) []float64 {
	return table.Each(m.criteria, func(c criterion) float64 { return c.maxPoints(complete) })
}

func (m *scheme) openPoints(complete bool) float64 {
	open := 0.0
	for _, c := range m.criteria {
		open += c.weight - c.maxPoints(complete)
	}
	return open
}

// rankRow is table.Rank under another name: it is embedded in a type that has its field Rank.
type rankRow = table.Rank

// entrant is one submission being scored. Its row of the ranking is filled in step by step.
type entrant struct {
	rankRow
	submission        table.Submission
	verdict           table.Verdict
	form              answers                // kept only where the properties are tested on it
	excused           map[templates.Ref]bool // gaps that the register accepted
	inReference       bool                   // it is in the reference set of new scales
	measures          []measurement          // by slot
	doubts            []doubt
	growth            []table.Growth     // by trend
	enrolment         float64            // as stated in the roster
	marks             []combinedMark     // by criterion
	points            []pointScore       // by criterion
	reweighting       float64            // the factor of that name
	proposedDeduction table.Opt[float64] // not yet decided in the register
	tieSize           int                // number of the ranked with this rank
	rejectionProposed bool               // not yet decided in the register
}

// inside reports whether the rank is among the first k.
func (e *entrant) inside(k int) bool { return int(e.Rank.V) <= k }

// selectRanked decides who is ranked. It returns the reference set: the ranked, or everybody where nobody is ranked.
func (m *scheme) selectRanked(entrants []*entrant) []*entrant {
	var declared []*entrant
	for _, e := range entrants {
		share, lacking := m.availability(e)
		e.Present = share
		if e.Ranked = e.verdict.Ranked && e.Unranked == ""; !e.verdict.Ranked {
			e.Unranked = e.verdict.Unranked
		}
		if e.Ranked && share < m.minAvailability {
			e.Ranked = false
			e.Unranked = fmt.Sprintf("数据不足：登记同意不计的缺数太多，计分依据只余%s（按权重），不到%s，暂不能比较；缺的是观测点%s的依据",
				percent(share), percent(m.minAvailability), strings.Join(lacking, "、"))
		}
		if e.Ranked {
			declared = append(declared, e)
		}
	}
	return table.Either(len(declared) == 0, entrants, declared)
}

// availability is the share of the evidence, by weight, without accepted gaps. lacking are the points with gaps.
func (m *scheme) availability(e *entrant) (share float64, lacking []string) {
	counted, all := 0.0, 0.0
	for _, c := range m.criteria {
		all += c.figureWeight
		for k, share := range c.shares {
			switch {
			case !e.measures[c.firstSlot+k].excused:
				counted += float64(c.figureWeight * share)
			case share > 0 && !slices.Contains(lacking, c.ID):
				lacking = append(lacking, c.ID)
			}
		}
	}
	if all == 0 {
		return 1, nil
	}
	return table.Rounded(counted / all), lacking
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}
