// Package score turns the facts into points by the rubric, and the points into a ranking with its uncertainty.
//
// The steps are those of the OECD/JRC Handbook on Constructing Composite Indicators, in its terms:
//
//  1. Evidence. Each evidence of the rubric is one expression over one submission (measure.go). Where a value that it needs
//     is not there, the evidence is missing: never 0.
//  2. Availability. A submission of whose evidence too little is there, by weight, can't be compared yet: it is not ranked.
//  3. Normalisation to 0–1 over the declared set, which is the submissions that are ranked (scale.go). The others are put
//     on the same scale and clipped, so that every submission has a provisional score.
//  4. Aggregation, linear: a point is the weighted mean of its evidence, the total the weighted mean of the points times
//     what figures can earn. What is missing is left out of the mean (the Handbook's shadow imputation), flagged, and
//     bounded: the lower bound counts it as 0, the upper as 1. Experts' shares stay open and are never filled in.
//  5. Ranks from unrounded totals, and their robustness over Dirichlet draws of the weights (robustness.go).
//
// The same facts give the same floats on one architecture: sums run in the rubric's order, and products are rounded before they are
// added, so that no compiler fuses them.
package score

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Options of the scoring. The zero value takes everything from the definition.
type Options struct {
	Draws   int    // of the weights; 0: as the rubric says
	Seed    uint64 // of the draws; 0: the rubric's
	Select  int    // how many are to be chosen; 0: the directory's default
	Workers int    // 0: as many as there are processors
}

// Values of Score.Status.
const (
	Scored  = "scored"  // all evidence is there
	Partial = "partial" // some evidence is missing
	Missing = "missing" // no evidence is there
	Waiting = "expert"  // only experts can speak to the point
)

// WeightedMean is the Score.Method of a point; that of an evidence is one of templates.Methods.
const WeightedMean = "weighted_mean"

// Run scores every submission of the batch and ranks those that may be ranked. For each submission and point the scores
// hold one row for the point and then one for each of its evidence, in the rubric's order; points are out of 100 over the whole rubric.
func Run(mem memory.Allocator, facts *table.Facts, judgement *table.Judgement, o Options) (*table.Ranking, error) {
	o, err := o.complete(facts.Definition)
	if err != nil {
		return nil, err
	}
	m := newModel(facts.Definition)
	entrants, err := m.measure(facts, judgement, o.Workers)
	if err != nil {
		return nil, err
	}
	declared := m.admit(entrants)
	m.normalise(entrants, declared)
	for _, e := range entrants {
		m.aggregate(e)
	}
	ranked := slices.DeleteFunc(slices.Clone(entrants), func(e *entrant) bool { return !e.ranked })
	rank(ranked)
	draws := m.robustness(ranked, o)
	method := m.method(len(ranked), len(declared), draws, o)
	return &table.Ranking{
		Scores:  m.scores(mem, entrants),
		Ranking: m.ranking(mem, entrants, method),
	}, nil
}

// complete fills in what the definition says.
func (o Options) complete(d *templates.Definition) (Options, error) {
	if o.Draws < 0 || o.Select < 0 {
		return o, fmt.Errorf("抽取次数 %d 或遴选家数 %d 小于0：请改为正整数，或不写而用默认值", o.Draws, o.Select)
	}
	o.Draws = cmp.Or(o.Draws, d.Rubric.Robustness.Draws)
	o.Seed = cmp.Or(o.Seed, d.Rubric.Robustness.Seed)
	o.Select = cmp.Or(o.Select, d.Directory.Select.Default)
	if o.Workers <= 0 {
		o.Workers = runtime.NumCPU()
	}
	return o, nil
}

// model is the rubric in floats.
type model struct {
	def       *templates.Definition
	criteria  []criterion
	evidence  int // how many there are
	available float64
	possible  float64 // points that figures can earn
	open      float64 // points that wait for experts
}

// criterion is one observation point.
type criterion struct {
	*templates.Point
	weight  float64   // of 100
	figures float64   // points of weight that figures can earn
	open    float64   // the rest, which waits for experts
	shares  []float64 // of the evidence in figures
	first   int       // index of the first evidence among all
}

func newModel(d *templates.Definition) *model {
	m := &model{def: d, available: d.Rubric.Available.InexactFloat64()}
	for _, p := range d.Rubric.Points() {
		open := p.Weight.Mul(p.ExpertShare)
		c := criterion{
			Point:   p,
			weight:  p.Weight.InexactFloat64(),
			figures: p.Weight.Sub(open).InexactFloat64(),
			open:    open.InexactFloat64(),
			first:   m.evidence,
		}
		for _, e := range p.Evidence {
			c.shares = append(c.shares, e.Weight.InexactFloat64())
		}
		m.criteria = append(m.criteria, c)
		m.evidence += len(p.Evidence)
		m.possible += c.figures
		m.open += c.open
	}
	return m
}

// entrant is one submission on its way through the scoring.
type entrant struct {
	submission table.Submission
	verdict    table.Verdict
	ranked     bool
	unranked   string // why not
	present    float64
	measures   []measure // of all evidence
	points     []point   // of all criteria
	total      float64
	lower      float64
	upper      float64
	standing
}

// point is what the figures say to one observation point.
type point struct {
	value   float64 // 0–1, weighted mean of the evidence that is there
	present float64 // share of the evidence that is there; value means nothing where it is 0
	lower   float64 // points, what is missing counted as 0
	upper   float64 // points, what is missing counted as 1
}

// admit says who is ranked, and gives the declared set: the submissions over which the scales are laid. Where nobody can be
// ranked yet, it is everybody, so that the provisional scores mean something.
func (m *model) admit(entrants []*entrant) []*entrant {
	var declared []*entrant
	for _, e := range entrants {
		e.present = m.share(e)
		e.ranked, e.unranked = e.verdict.Ranked, e.verdict.Unranked
		if e.ranked && e.present < m.available {
			e.ranked = false
			e.unranked = fmt.Sprintf("数据不足：计分依据只有%s在案（按权重），不到%s，暂不能比较", percent(e.present), percent(m.available))
		}
		if e.ranked {
			declared = append(declared, e)
		}
	}
	if len(declared) == 0 {
		return entrants
	}
	return declared
}

// share is how much of the evidence is there, by weight.
func (m *model) share(e *entrant) float64 {
	if m.possible == 0 {
		return 1
	}
	sum := 0.0
	for _, c := range m.criteria {
		for k, share := range c.shares {
			if e.measures[c.first+k].ok {
				sum += float64(c.figures * share)
			}
		}
	}
	return round10(sum / m.possible)
}

// aggregate makes points of the normalised evidence, and the total of the points.
func (m *model) aggregate(e *entrant) {
	e.points = make([]point, len(m.criteria))
	for i, c := range m.criteria {
		p, sum, complete := &e.points[i], 0.0, true
		for k, share := range c.shares {
			if x := e.measures[c.first+k]; x.ok {
				sum += float64(share * x.normalised)
				p.present += share
			} else {
				complete = false
			}
		}
		// The shares are rounded, so that their sum may miss 1 by the last digit.
		sum = min(sum, 1)
		if complete && len(c.shares) > 0 {
			p.present = 1
		}
		if p.present > 0 {
			p.value = min(sum/p.present, 1)
		}
		p.lower = float64(c.figures * sum)
		p.upper = float64(c.figures * min(sum+(1-p.present), 1))
		e.lower += p.lower
		e.upper += p.upper
	}
	e.total = total(m.weights(), e.points)
}

// weights are the points that figures can earn, a criterion.
func (m *model) weights() []float64 {
	out := make([]float64, len(m.criteria))
	for i, c := range m.criteria {
		out[i] = c.figures
	}
	return out
}

// total is the weighted sum of the points. A point without any evidence is left out, and the others stand for it in
// proportion to their weights.
func total(weights []float64, points []point) float64 {
	sum, with, all := 0.0, 0.0, 0.0
	for i, w := range weights {
		all += w
		if points[i].present > 0 {
			sum += float64(w * points[i].value)
			with += w
		}
	}
	if with == all || with == 0 {
		return sum
	}
	return sum * (all / with)
}
