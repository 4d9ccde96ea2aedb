package templates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Rubric is 附件2, the indicators with their observation points. The weights are a default that readers may change.
type Rubric struct {
	// Version decides which checks apply: from 2, counted evidence must use fields with a better; from 3, growth rates
	// need a minimum base. Older rubrics are still read for --previous.
	Version     int
	WeightsNote string `yaml:"weights_note" check:"must"` // 默认权重，非官方
	// Method is the default normalisation of evidence across the batch.
	Method string `check:"must,in minmax percentile target distance zscore"`
	// Available is the share of the evidence, by weight, that a submission needs to be compared with others.
	Available   decimal.Decimal `check:"from 0,to 1"`
	Robustness  Robustness
	Experts     Experts
	Credibility Credibility
	Scenarios   []Scenario
	// Bases are denominators of amounts. Basis is the id of the one used for scoring; empty: amounts are not divided.
	Bases      []*Base
	Basis      string
	Indicators []*Indicator
}

// Base is a denominator of amounts, a size. It is used in scenarios only, unless the Department has official figures.
type Base struct {
	ID       string          `check:"must,alone,like id"`
	Label    string          `check:"must"`   // 每千名在校生
	By       string          `check:"must"`   // an expression
	Times    decimal.Decimal `check:"over 0"` // factor of the amount: 1000 for 每千名
	Official bool            // the register's 学校名录 can replace the applicants' figures
}

// Base finds a base by its id, or nil.
func (r *Rubric) Base(id string) *Base {
	return first(r.Bases, func(b *Base) bool { return b.ID == id })
}

// Robustness configures the analysis of ranks under random weights: Dirichlet draws around the rubric's.
type Robustness struct {
	Draws  int             `check:"over 0"`
	Seed   uint64          `check:"must"`
	Spread decimal.Decimal `check:"over 0,under 1"` // standard deviation of a weight of average size, relative to it
	Budget int             `check:"over 0"`         // maximum of draws × ranked submissions
	// Near is the number of ranks around the line whose submissions are analysed in detail.
	Near int `check:"from 2"`
	// Sure is the probability of selection from which a submission is safe; below 1 − Sure it is out.
	Sure decimal.Decimal `check:"over 0.5,to 1"`
}

// Window returns the first and the last of the Near ranks around the line, which is after rank k.
func (r Robustness) Window(k int) (first, last int) {
	first = max(1, k-r.Near/2+1)
	return first, first + r.Near - 1
}

// Experts configures the experts' marks and how they are combined.
type Experts struct {
	Count     int             `check:"over 0"`                    // number of marking workbooks without a list of experts
	Scale     decimal.Decimal `check:"over 0"`                    // highest mark; the lowest is 0
	Combine   string          `check:"must,in mean trimmed_mean"` // trimmed: without the highest and the lowest mark
	TrimFrom  int             `yaml:"trim_from" check:"from 3"`   // fewest marks that are trimmed
	Least     int             `check:"from 1"`                    // fewest marks with which a point counts as marked
	Deduction decimal.Decimal `check:"from 0"`                    // largest deduction, in points
	// Bands describe ranges of marks, best first; the last begins at 0.
	Bands []Band `check:"must"`
	// Rejections are the work plan's conditions, verbatim, on which an expert may propose a rejection.
	Rejections []string `check:"must"`
}

// Band returns the index of the band of a mark; 0 is the best.
func (x Experts) Band(mark float64) int {
	return slices.IndexFunc(x.Bands, func(b Band) bool { return mark >= b.From.InexactFloat64() })
}

// Band describes the marks from From up to the next better band.
type Band struct {
	From  decimal.Decimal `check:"from 0"`
	Words string          `check:"must"`
}

// Credibility configures which commitments are flagged as hard to believe.
type Credibility struct {
	Upper  decimal.Decimal `check:"over 0,to 1"` // quantile of the peers' promised growth; a flagged one exceeds it
	Margin decimal.Decimal `check:"from 0"`      // percentage points by which it exceeds the achieved growth
	Base   decimal.Decimal `check:"over 0"`      // smallest figure from which a growth rate is computed
}

// Scenario is an alternative ranking that differs from the rubric in one setting.
type Scenario struct {
	ID    string `check:"must,alone,like id"`
	Label string `check:"must"`
	// normalisation of all evidence that is not measured against a target
	Method      string `check:"one,in minmax percentile target distance zscore"`
	Aggregation string `check:"one,in geometric"`
	Weights     string `check:"one,in indicators entropy pca"`
	Decides     bool   // a submission that crosses the line in it is not firm; other scenarios only inform
	Basis       string `check:"one,in size"` // size: every amount divided by its own base
	// leniency: marks corrected for each expert's leniency; matters only where recusals make the experts differ
	Experts string `check:"one,in leniency"`
	// Parts gives evidence whose own Parts is 0 this weight, by kind.
	Parts map[string]int `check:"one"`

	pos `yaml:"-"`
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

// Ids of the built-in scenarios: the rubric's own ranking, and the rankings that leave one point out.
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
	// ExpertShare is the share of the point that experts mark; the rest is scored from figures.
	ExpertShare decimal.Decimal `yaml:"expert_share" check:"from 0,to 1"`
	Deduction   bool            // point 7: experts deduct, nothing is earned
	Ask         string          // question to the experts beyond the official wording
	Evidence    []*Evidence

	Indicator *Indicator `yaml:"-"`
	pos       `yaml:"-"`
}

// Full is the point's number with its official wording.
func (p *Point) Full() string {
	return p.ID + " " + strings.TrimSpace(strings.TrimPrefix(p.Label, p.ID))
}

// Find finds an evidence of the point by its id, or nil.
func (p *Point) Find(id string) *Evidence {
	return first(p.Evidence, func(e *Evidence) bool { return e.ID == id })
}

// Evidence is one quantity by which a point is scored.
type Evidence struct {
	ID    string `check:"must,once,like id"`
	Label string `check:"must"`
	Expr  string
	Unit  string `check:"must"`
	Kind  string `check:"must,in level growth commitment"` // 已有基础 (level, growth) or 建设承诺
	// what the quantity is relative to, in words: 每千名在校生
	Basis     string          `check:"must"`
	Direction string          `check:"must,in higher lower"`                        // which is better
	Method    string          `check:"in minmax percentile target distance zscore"` // empty: the rubric's
	Target    decimal.Decimal // for the methods target and distance: the value that earns all
	// how much it counts beside the point's other evidence; 0: it is shown, and counts in scenarios
	Parts int    `check:"from 0"`
	Size  string // id of the base that it can be seen against; empty: none

	Weight          decimal.Decimal `yaml:"-"` // Parts as a share of the point's; they add up to 1 but for the last digit
	Expression      *Expression     `yaml:"-"`
	SizedExpression *Expression     `yaml:"-"` // divided by its base; nil where there is none
	pos             `yaml:"-"`
}

// Counts says whether the evidence earns points.
func (e *Evidence) Counts() bool { return e.Parts > 0 }

// Kinds of evidence. Level and growth are 已有基础 and use actual years only; commitment is 建设承诺.
const (
	Level      = "level"
	GrowthRate = "growth"
	Commitment = "commitment"
)

// Per says whether the value is an amount per something: 每千名在校生.
func (e *Evidence) Per() bool { return strings.HasPrefix(e.Basis, "每") }

// Absolute says whether the evidence is measured against a target; it then is in every scenario.
func (e *Evidence) Absolute() bool { return e.Method == "target" || e.Method == "distance" }

// Points lists all observation points in official order.
func (r *Rubric) Points() []*Point {
	return flatMap(r.Indicators, func(i *Indicator) []*Point { return i.Points })
}

// Point finds an observation point by its id, or nil.
func (r *Rubric) Point(id string) *Point {
	for _, i := range r.Indicators {
		if p := first(i.Points, func(p *Point) bool { return p.ID == id }); p != nil {
			return p
		}
	}
	return nil
}

func (r *Rubric) check(l *loader, d *Definition) {
	root := pos{"rubric.yaml", "$"}
	above := r.Experts.Scale
	for i, b := range r.Experts.Bands {
		l.problemIf(!b.From.LessThan(above) || i == len(r.Experts.Bands)-1 && !b.From.IsZero(), root,
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
			l.problemIf(!strings.HasPrefix(p.ID, indicator.ID), p.pos,
				"观测点编号“"+p.ID+"”不属于指标 "+indicator.ID, "请照附件2编号。")
			l.problemIf(p.Deduction && !p.Weight.IsZero(), p.pos, "观测点 "+p.ID+" 只扣分，却有 weight", "deduction 的观测点 weight 写0。")
			l.problemIf((len(p.Evidence) == 0) != p.ExpertShare.Equal(one), p.pos,
				"观测点 "+p.ID+" 的 evidence 与 expert_share 不配", "没有数据依据的观测点 expert_share 写1，有的小于1。")
			parts := 0
			for _, e := range p.Evidence {
				parts += e.Parts
				r.checkEvidence(l, e, d)
			}
			l.problemIf(len(p.Evidence) > 0 && parts == 0, p.pos,
				"观测点 "+p.ID+" 的依据都不计分", "至少一条依据的 parts 大于0；没有数据可计的，expert_share 写1并去掉 evidence。")
			for _, e := range p.Evidence {
				e.Weight = decimal.NewFromInt(int64(e.Parts)).Div(decimal.NewFromInt(int64(max(parts, 1))))
			}
		}
	}
	l.problemIf(!total.Equal(hundred), root, "各观测点权重合计为 "+total.String()+"，不是100", "请调整 weight，使合计为100。")
	for _, f := range d.Form.Fields() {
		for _, id := range f.Evidence {
			l.problemIf(r.Point(id) == nil, f.pos, "栏目“"+f.ID+"”的 evidence 指向不存在的观测点“"+id+"”", "请照附件2编号。")
		}
	}
}

func (r *Rubric) checkScenarios(l *loader) {
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		for kind, parts := range s.Parts {
			l.problemIf(!slices.Contains([]string{Level, GrowthRate, Commitment}, kind) || parts <= 0, s.pos,
				"情景“"+s.ID+"”的 parts 不认识", "写 level、growth、commitment 中的种类和大于0的份数。")
		}
		l.problemIf(s.Decides && (s.Weights == WeightsByEntropy || s.Weights == WeightsByPCA || len(s.Parts) > 0 ||
			s.Basis != ""), s.pos,
			"情景“"+s.ID+"”由数据得出权重、计入增长或补充采集、或折算到规模，却写了 decides", "这些情景只供参考，请去掉 decides。")
		l.problemIf(s.ID == BaseScenario || strings.HasPrefix(s.ID, WithoutScenario), s.pos,
			"情景“"+s.ID+"”的 id 已有别的意思", "请换一个 id。")
	}
}

// checkEvidence compiles one evidence and checks that its kind agrees with the years that it uses.
func (r *Rubric) checkEvidence(l *loader, e *Evidence, d *Definition) {
	name := "依据“" + e.ID + "”"
	e.Method = cmp.Or(e.Method, r.Method)
	l.problemIf(e.Absolute() != e.Target.IsPositive(), e.pos,
		name+"的 method 与 target 不配", "method 为 target、distance 的依据写大于0的 target，其余不写。")
	base := r.Credibility.Base.String()
	e.Expr = strings.ReplaceAll(e.Expr, "credibility.base", base)
	var err error
	if e.Expression, err = d.language.compile("", e.Expr, nil, decimal.Decimal{}); err != nil {
		l.problem(e.pos, name+"的表达式有误："+translate(err.Error()), "请对照 form.yaml 的栏目编号改正。")
		return
	}
	for _, id := range e.Expression.Fields {
		l.problemIf(d.fields[id].Better == Neither && e.Counts() && r.Version >= 2, e.pos,
			"计分的"+name+"用到栏目“"+id+"”，它的 better 是 none", "parts 改为0（只列示，作情景），或换用说得出好坏的栏目。")
	}
	if b := r.Base(e.Size); b != nil {
		sized := fmt.Sprintf("(%s) * %s / (%s)", e.Expr, b.Times, b.By)
		if e.SizedExpression, err = d.language.compile("", sized, nil, decimal.Decimal{}); err != nil {
			l.problem(e.pos, name+"折算的表达式有误："+translate(err.Error()), "请核对 bases 的 by。")
			return
		}
		if r.Basis == b.ID {
			e.Expr, e.Expression, e.Basis = sized, e.SizedExpression, b.Label
		}
	} else if e.Size != "" {
		l.problem(e.pos, name+"的 size“"+e.Size+"”不在 bases 之列", "请改为 bases 中的 id。")
	}
	rate := e.Kind == GrowthRate && e.Unit == "％" && r.Version >= 3
	l.problemIf(rate && !strings.Contains(e.Expr, "< "+base+" ? 0 :"), e.pos,
		name+"的增长率没有写基数的下限", "除数写成 (基数 < credibility.base ? 0 : 基数)：基数不到它的不算增长率。")
	years := map[YearKind]map[int]bool{Actual: {}, Committed: {}}
	for _, ref := range e.Expression.Refs {
		if y := d.Form.YearOf(ref.Year); y.ID != "" {
			years[y.Kind][ref.Year] = true
		}
	}
	actual, committed := len(years[Actual]), len(years[Committed])
	l.problemIf(e.Kind == Commitment && (actual > 0 || committed == 0) || e.Kind == Level && committed > 0 ||
		e.Kind == GrowthRate && (committed > 0 || actual < 2), e.pos,
		name+"的 kind 是 "+e.Kind+"，与所用年度不合", "level 和 growth 只用实际年度（growth 至少两个），commitment 只用承诺年度。")
}
