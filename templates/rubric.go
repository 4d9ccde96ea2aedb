package templates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Rubric is 附件2, the indicators with their observation points. Its weights are a default, and the reader's to change.
type Rubric struct {
	// Version 2 holds counted evidence to the fields' better. Rubrics without one are older, still read for --previous.
	Version     int
	WeightsNote string `yaml:"weights_note" check:"must"` // 默认权重，非官方
	// Method is how an evidence is made comparable across the batch where it doesn't say otherwise.
	Method string `check:"must,in minmax percentile target distance zscore"`
	// Available is the share of the evidence, by weight, that must be there before a submission is compared with others.
	Available   decimal.Decimal `check:"from 0,to 1"`
	Robustness  Robustness
	Experts     Experts
	Credibility Credibility
	Scenarios   []Scenario
	// Bases are what amounts may be divided by. Basis is the one that counts; empty: amounts count as they are.
	Bases      []*Base
	Basis      string
	Indicators []*Indicator
}

// Base is a size that amounts are seen against: only in scenarios, unless the Department has its own list of it.
type Base struct {
	ID       string          `check:"must,alone,like id"`
	Label    string          `check:"must"`   // 每千名在校生
	By       string          `check:"must"`   // an expression
	Times    decimal.Decimal `check:"over 0"` // the amount is multiplied by it first
	Official bool            // the register's 学校名录 can take the place of what applicants state
}

// Base finds a base by its id, or gives nil.
func (r *Rubric) Base(id string) *Base {
	return first(r.Bases, func(b *Base) bool { return b.ID == id })
}

// Robustness says how the ranks are tried under other weights: Dirichlet draws around the rubric's.
type Robustness struct {
	Draws  int             `check:"over 0"`
	Seed   uint64          `check:"must"`
	Spread decimal.Decimal `check:"over 0,under 1"` // standard deviation of a weight of average size, relative to it
	Budget int             `check:"over 0"`         // draws × ranked submissions never exceed this
	// Near is how many places around the line are worked out pair by pair and figure by figure.
	Near int `check:"from 2"`
	// Sure is the chance of being chosen from which a submission is safe; below 1 − Sure it is out.
	Sure decimal.Decimal `check:"over 0.5,to 1"`
}

// Window gives the first and the last place around the line after the first k.
func (r Robustness) Window(k int) (first, last int) {
	first = max(1, k-r.Near/2+1)
	return first, first + r.Near - 1
}

// Experts says how marks are given and put together.
type Experts struct {
	Count     int             `check:"over 0"`                    // marking workbooks where no list of experts is given
	Scale     decimal.Decimal `check:"over 0"`                    // a mark goes from 0 to this
	Combine   string          `check:"must,in mean trimmed_mean"` // the latter without one highest and one lowest
	TrimFrom  int             `yaml:"trim_from" check:"from 3"`   // a trimmed mean needs as many marks
	Least     int             `check:"from 1"`                    // so many marks make a point marked
	Deduction decimal.Decimal `check:"from 0"`                    // the most points that may be deducted
	// Bands say what marks mean, from the best down; the last begins at 0.
	Bands []Band `check:"must"`
	// Rejections are the work plan's conditions, verbatim, on which an expert may propose to turn one down.
	Rejections []string `check:"must"`
}

// Band says which of the bands a mark falls into, the best being 0.
func (x Experts) Band(mark float64) int {
	return slices.IndexFunc(x.Bands, func(b Band) bool { return mark >= b.From.InexactFloat64() })
}

// Band is what marks from one mark up mean.
type Band struct {
	From  decimal.Decimal `check:"from 0"`
	Words string          `check:"must"`
}

// Credibility says when a promise is flagged.
type Credibility struct {
	Upper  decimal.Decimal `check:"over 0,to 1"` // quantile of the peers' promises that a flagged promise exceeds
	Margin decimal.Decimal `check:"from 0"`      // percentage points by which it exceeds what was achieved
	Base   decimal.Decimal `check:"over 0"`      // figures below it have no growth in per cent
}

// Scenario is one other way to rank, which differs from the rubric in one thing.
type Scenario struct {
	ID    string `check:"must,alone,like id"`
	Label string `check:"must"`
	// of normalisation, for all evidence that isn't measured against a target
	Method      string `check:"one,in minmax percentile target distance zscore"`
	Aggregation string `check:"one,in geometric"`
	Weights     string `check:"one,in indicators entropy pca"`
	Decides     bool   // whoever crosses the line by it can't be called firm; the others only inform
	Basis       string `check:"one,in size"` // each amount on its own base
	// each expert's is taken off the marks; only where recusals make the sets of experts differ
	Experts string `check:"one,in leniency"`
	// Parts lets evidence that counts nothing count so much, by kind.
	Parts map[string]int `check:"one"`

	at `yaml:"-"`
}

// Ways to combine marks, to aggregate and to weigh.
const (
	TrimmedMean        = "trimmed_mean" // the other is mean
	Geometric          = "geometric"
	WeightsByIndicator = "indicators" // each indicator weighs the same, and within it each point
	WeightsByEntropy   = "entropy"
	WeightsByPCA       = "pca"
	BySize             = "size"
)

// Ids of scenarios that are always there: the rubric's own ranking, and those without one of the points.
const (
	BaseScenario    = "base"
	WithoutScenario = "without_" // and the point's id
)

// Indicator is one 基本指标.
type Indicator struct {
	ID     string
	Label  string
	Points []*Point
}

// Point is one 观测点.
type Point struct {
	ID     string          `check:"must,once"`
	Label  string          // official wording, verbatim
	Weight decimal.Decimal `check:"from 0"`
	// ExpertShare is how much of the point only words can speak to: 1 waits for experts wholly, 0 is scored from figures.
	ExpertShare decimal.Decimal `yaml:"expert_share" check:"from 0,to 1"`
	Deduction   bool            // 7: experts deduct, nothing is earned
	Ask         string          // what experts are asked beyond the official wording
	Evidence    []*Evidence

	Indicator *Indicator `yaml:"-"`
	at        `yaml:"-"`
}

// Full is the point's number with its official wording.
func (p *Point) Full() string {
	return p.ID + " " + strings.TrimSpace(strings.TrimPrefix(p.Label, p.ID))
}

// Find finds a quantity of the point by its id; nil where there is none.
func (p *Point) Find(id string) *Evidence {
	return first(p.Evidence, func(e *Evidence) bool { return e.ID == id })
}

// Evidence is one quantity that speaks to a point.
type Evidence struct {
	ID    string `check:"must,once,like id"`
	Label string `check:"must"`
	Expr  string
	Unit  string `check:"must"`
	Kind  string `check:"must,in level growth commitment"` // 已有基础 (level, growth) or 建设承诺
	// what it is relative to, for a person: 每千名在校生
	Basis     string          `check:"must"`
	Direction string          `check:"must,in higher lower"`                        // which is better
	Method    string          `check:"in minmax percentile target distance zscore"` // empty: the rubric's
	Target    decimal.Decimal // for the methods target and distance: the value that earns all
	// how much it counts beside the point's other evidence; 0: it is shown, and counts in scenarios
	Parts int    `check:"from 0"`
	Size  string // id of the base that it can be seen against; empty: none

	Weight     decimal.Decimal `yaml:"-"` // Parts as a share of the point's; they add up to 1 but for the last digit
	Expression *Expression     `yaml:"-"`
	Sized      *Expression     `yaml:"-"` // divided by its base; nil where there is none
	at         `yaml:"-"`
}

// Counts says whether the evidence earns points by itself.
func (e *Evidence) Counts() bool { return e.Parts > 0 }

// Kinds of evidence. Level and growth are 已有基础 and only know years that are over; commitment is 建设承诺.
const (
	Level      = "level"
	GrowthRate = "growth"
	Commitment = "commitment"
)

// Per says whether the value is an amount per something, which its basis names: 每千名在校生.
func (e *Evidence) Per() bool { return strings.HasPrefix(e.Basis, "每") }

// Absolute says whether the method measures against the rubric's target, which it then does in every scenario.
func (e *Evidence) Absolute() bool { return e.Method == "target" || e.Method == "distance" }

// Points lists all observation points in official order.
func (r *Rubric) Points() []*Point {
	return flat(r.Indicators, func(i *Indicator) []*Point { return i.Points })
}

// Point finds an observation point by its id, or gives nil.
func (r *Rubric) Point(id string) *Point {
	return first(r.Points(), func(p *Point) bool { return p.ID == id })
}

func (r *Rubric) check(l *loader, d *Definition) {
	root := at{"rubric.yaml", "$"}
	above := r.Experts.Scale
	for i, b := range r.Experts.Bands {
		l.when(!b.From.LessThan(above) || i == len(r.Experts.Bands)-1 && !b.From.IsZero(), root,
			"experts.bands 不是从高到低，或最后一档不从0起", "每档写 from 和 words，从最好的写起，最后一档从0起。")
		above = b.From
	}
	r.checkScenarios(l)
	if b := r.Base(r.Basis); r.Basis != "" && (b == nil || !b.Official) { // only one that the Department has a list for
		l.problem(root, "basis“"+r.Basis+"”不能作计分的基数", "申报单位自己填的数不能作除数；basis 只可写 bases 中 official: true 的，或者不写。")
	}
	one, hundred, total := decimal.NewFromInt(1), decimal.NewFromInt(100), decimal.Decimal{}
	for _, indicator := range r.Indicators {
		for _, p := range indicator.Points {
			p.Indicator = indicator
			total = total.Add(p.Weight)
			l.when(!strings.HasPrefix(p.ID, indicator.ID), p.at,
				"观测点编号“"+p.ID+"”不属于指标 "+indicator.ID, "请照附件2编号。")
			l.when(p.Deduction && !p.Weight.IsZero(), p.at, "观测点 "+p.ID+" 只扣分，却有 weight", "deduction 的观测点 weight 写0。")
			l.when((len(p.Evidence) == 0) != p.ExpertShare.Equal(one), p.at,
				"观测点 "+p.ID+" 的 evidence 与 expert_share 不配", "没有数据依据的观测点 expert_share 写1，有的小于1。")
			parts := 0
			for _, e := range p.Evidence {
				parts += e.Parts
				r.checkEvidence(l, e, d)
			}
			l.when(len(p.Evidence) > 0 && parts == 0, p.at,
				"观测点 "+p.ID+" 的依据都不计分", "至少一条依据的 parts 大于0；没有数据可计的，expert_share 写1并去掉 evidence。")
			for _, e := range p.Evidence {
				e.Weight = decimal.NewFromInt(int64(e.Parts)).Div(decimal.NewFromInt(int64(max(parts, 1))))
			}
		}
	}
	l.when(!total.Equal(hundred), root, "各观测点权重合计为 "+total.String()+"，不是100", "请调整 weight，使合计为100。")
	for _, f := range d.Form.Fields() {
		for _, id := range f.Evidence {
			l.when(r.Point(id) == nil, f.at, "栏目“"+f.ID+"”的 evidence 指向不存在的观测点“"+id+"”", "请照附件2编号。")
		}
	}
}

func (r *Rubric) checkScenarios(l *loader) {
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		for kind, parts := range s.Parts {
			l.when(!slices.Contains([]string{Level, GrowthRate, Commitment}, kind) || parts <= 0, s.at,
				"情景“"+s.ID+"”的 parts 不认识", "写 level、growth、commitment 中的种类和大于0的份数。")
		}
		l.when(s.Decides && (s.Weights == WeightsByEntropy || s.Weights == WeightsByPCA || len(s.Parts) > 0 ||
			s.Basis != ""), s.at,
			"情景“"+s.ID+"”由数据得出权重、计入增长或补充采集、或折算到规模，却写了 decides", "这些情景只供参考，请去掉 decides。")
		l.when(s.ID == BaseScenario || strings.HasPrefix(s.ID, WithoutScenario), s.at,
			"情景“"+s.ID+"”的 id 已有别的意思", "请换一个 id。")
	}
}

// checkEvidence compiles one evidence and proves that it keeps what happened and what is promised apart.
func (r *Rubric) checkEvidence(l *loader, e *Evidence, d *Definition) {
	name := "依据“" + e.ID + "”"
	e.Method = cmp.Or(e.Method, r.Method)
	l.when(e.Absolute() != e.Target.IsPositive(), e.at,
		name+"的 method 与 target 不配", "method 为 target、distance 的依据写大于0的 target，其余不写。")
	base := r.Credibility.Base.String()
	e.Expr = strings.ReplaceAll(e.Expr, "credibility.base", base)
	var err error
	if e.Expression, err = d.language.compile("", e.Expr, nil, decimal.Decimal{}); err != nil {
		l.problem(e.at, name+"的表达式有误："+inChinese(err.Error()), "请对照 form.yaml 的栏目编号改正。")
		return
	}
	for _, id := range e.Expression.Fields {
		l.when(d.fields[id].Better == Neither && e.Counts() && r.Version >= 2, e.at,
			"计分的"+name+"用到栏目“"+id+"”，它的 better 是 none", "parts 改为0（只列示，作情景），或换用说得出好坏的栏目。")
	}
	if b := r.Base(e.Size); b != nil {
		sized := fmt.Sprintf("(%s) * %s / (%s)", e.Expr, b.Times, b.By)
		if e.Sized, err = d.language.compile("", sized, nil, decimal.Decimal{}); err != nil {
			l.problem(e.at, name+"折算的表达式有误："+inChinese(err.Error()), "请核对 bases 的 by。")
			return
		}
		if r.Basis == b.ID {
			e.Expr, e.Expression, e.Basis = sized, e.Sized, b.Label
		}
	} else if e.Size != "" {
		l.problem(e.at, name+"的 size“"+e.Size+"”不在 bases 之列", "请改为 bases 中的 id。")
	}
	rate := e.Kind == GrowthRate && e.Unit == "％" && r.Version >= 3
	l.when(rate && !strings.Contains(e.Expr, "< "+base+" ? 0 :"), e.at,
		name+"的增长率没有写基数的下限", "除数写成 (基数 < credibility.base ? 0 : 基数)：基数不到它的不算增长率。")
	years := map[YearKind]map[int]bool{Actual: {}, Committed: {}}
	for _, ref := range e.Expression.Refs {
		if y := d.Form.YearOf(ref.Year); y.ID != "" {
			years[y.Kind][ref.Year] = true
		}
	}
	actual, committed := len(years[Actual]), len(years[Committed])
	l.when(e.Kind == Commitment && (actual > 0 || committed == 0) || e.Kind == Level && committed > 0 ||
		e.Kind == GrowthRate && (committed > 0 || actual < 2), e.at,
		name+"的 kind 是 "+e.Kind+"，与所用年度不合", "level 和 growth 只用实际年度（growth 至少两个），commitment 只用承诺年度。")
}
