package consolidate

import (
	"fmt"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// board is what lets the workbook answer back: where the weights stand, where the points, and the formulas from the one
// to the other. They follow stages/score step by step, over the normalised values of the run:
//
//	total = Σ earn × value × (Σ earn ÷ Σ earn of the points of which something is there) − deduction
//	earn  = weight × (1 − share that waits for experts)
//
// The weights of the points that are switched on are put in proportion so that they add up to 100. Normalised values do
// not depend on the weights as long as the same submissions are ranked; where other weights would change that (the
// availability gate), the status says so.
type board struct {
	points    []*templates.Point // that earn, in official order
	figured   []*templates.Point // of those, the ones that figures speak to
	earning   []*templates.Point // those that bring points as things stand
	complete  bool               // they count
	rows      int                // submissions
	ranked    int                // of those
	available float64
	live      bool // formulas are written; beyond mostLive only their values
}

// mostLive is up to how many submissions the points are live: ranks compare each with all others.
const mostLive = 400

// Rows and columns of the sheet 权重.
const (
	sheetWeights   = "权重"
	weightsFirst   = 9 // row of the first point
	weightColRun   = 4
	weightColOn    = 5
	weightColOwn   = 6
	weightColScale = 7
	weightColOpen  = 8 // share that waits for experts
	weightColEarn  = 9 // points that figures can earn
	selectRow      = 4
	statusRow      = 5
	rangesRow      = 6
	settingCol     = 4
)

// Words of the sheet 观测点得分.
const (
	sheetPoints  = "观测点得分"
	rankedYes    = "是"
	rankedGate   = "数据不足"
	rankedNo     = "否"
	unchanged    = "与引擎一致"
	onlyRun      = "只对运行时的权重和家数有效"
	gateCrossed  = "这组权重下，数据齐备程度跨过界线的申报使参加排名的范围改变，归一值要重算：请用这组权重重新运行"
	pointWaiting = "待评"
	pointLacking = "缺依据"
)

func newBoard(in Input) *board {
	b := &board{rows: in.Facts.Submissions.Len(), available: in.Definition.Rubric.Available.InexactFloat64()}
	for _, p := range in.Definition.Rubric.Points() {
		if p.Deduction {
			continue
		}
		b.points = append(b.points, p)
		if len(p.Evidence) > 0 {
			b.figured = append(b.figured, p)
		}
	}
	for r := range in.Ranking.Ranking.All() {
		b.complete = b.complete || r.Complete
		if r.Ranked {
			b.ranked++
		}
	}
	b.earning = b.figured
	if b.complete {
		b.earning = b.points
	}
	b.live = b.rows <= mostLive
	return b
}

// formula leaves a formula out where the batch is too large for live ones.
func (b *board) formula(format string, args ...any) string {
	if !b.live {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// filled is a formula with words in braces replaced, pair by pair; left out like formula.
func (b *board) filled(formula string, pairs ...string) string {
	return b.formula("%s", strings.NewReplacer(pairs...).Replace(formula))
}

// lastWeight is the row of the last point in 权重.
func (b *board) lastWeight() int { return weightsFirst + len(b.points) - 1 }

// area is a column of 观测点得分 over all submissions, for formulas of other sheets.
func (w *workbook) area(column string) string { return w.planned("points").Area(column) }

// weightCells is a column of 权重 over all points.
func (b *board) weightCells(col int) string {
	return book.Fixed(weightsFirst, col) + ":" + book.Fixed(b.lastWeight(), col)
}

// setting is one of the cells over the weights.
func setting(row int) string { return book.Range(sheetWeights) + book.Fixed(row, settingCol) }

// weightsFrom is what can be earned, as sheets beside 观测点得分 write it; see pointRow.
func (w *workbook) weightsFrom(complete bool) string {
	return book.Range(sheetPoints) + counted(w.planned("points"), complete)
}

// at looks a column of 观测点得分 up for a place in the order of ranks.
func (w *workbook) at(column string, place int) string {
	return w.formula("INDEX(%s,MATCH(%d,%s,0))", w.area(column), place, w.area("place"))
}

// changed asks, in a formula, whether the weights are no longer the run's.
func (b *board) changed() string {
	return fmt.Sprintf("SUMPRODUCT(--(ABS(%s-%s)>1E-9))>0", b.weightCells(weightColScale), b.weightCells(weightColRun))
}

// open is the share of a point that waits for experts as things stand.
func (b *board) open(p *templates.Point) float64 {
	if b.complete {
		return 0
	}
	return p.ExpertShare.InexactFloat64()
}

// earn is what a point can bring at the run's weights.
func (b *board) earn(p *templates.Point) float64 {
	if b.complete {
		return p.Weight.InexactFloat64()
	}
	return b.figures(p)
}

func (b *board) figures(p *templates.Point) float64 {
	return p.Weight.Sub(p.Weight.Mul(p.ExpertShare)).InexactFloat64()
}

// standing is what is said of one submission, by observation point.
type standing map[string]pointStanding

type pointStanding struct {
	there float64     // share of the evidence that is there
	said  float64     // the same with the experts' marks
	known float64     // share of both that has a value
	doubt string      // why a figure of it is in doubt; empty: it is not
	score table.Score // as a whole
}

// standing reads the scores of all submissions.
func (w *workbook) standing() map[string]standing {
	shares := map[[2]string]float64{}
	for _, p := range w.Definition.Rubric.Points() {
		for _, e := range p.Evidence {
			shares[[2]string{p.ID, e.ID}] = e.Weight.InexactFloat64()
		}
	}
	out := map[string]standing{}
	for s := range w.Ranking.Scores.All() {
		if out[s.Submission] == nil {
			out[s.Submission] = standing{}
		}
		at := out[s.Submission][s.Point]
		switch {
		case s.Evidence == "":
			at.score = s
		case s.Weight > 0:
			if !strings.Contains(at.doubt, s.Doubt) {
				at.doubt = joined(at.doubt, s.Doubt)
			}
			if s.Normalised.Valid {
				at.there += shares[[2]string{s.Point, s.Evidence}]
			}
		}
		out[s.Submission][s.Point] = at
	}
	for id, points := range out {
		for _, p := range w.points {
			at := points[p.ID]
			if at.there > 1-1e-9 {
				at.there = 1 // the shares are rounded: their sum may miss it by the last digit
			}
			at.said, at.known = at.there, 1
			if s := at.score; s.Weight > s.Open { // what is not known is all that the bounds differ by
				at.known = round(1 - (s.Upper-s.Lower)/(s.Weight-s.Open))
			}
			if w.ranks[id].Complete { // its marks are all there
				at.said = 1 - (1-p.ExpertShare.InexactFloat64())*(1-at.there)
			}
			points[p.ID] = at
		}
	}
	return out
}

// short is the beginning of a point's wording, as much as a narrow column shows.
func short(p *templates.Point, runes int) string {
	return text.Clip(strings.TrimSpace(strings.TrimPrefix(p.Label, p.ID)), runes-1)
}
