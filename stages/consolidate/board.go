package consolidate

import (
	"fmt"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// board is what lets the workbook answer back: where the weights stand, where the points, and the formulas from the one to the
// other. They follow stages/score step by step, over the normalised values that the run found:
//
//	total = Σ earn × value × (Σ earn ÷ Σ earn of the points of which something is there) − deduction
//	earn  = weight × (1 − share that waits for experts)
//
// where the weights of the points that are switched on are put in proportion so that they add up to 100, which is what a
// definition must hold. Normalised values do not depend on the weights, as long as the same submissions are ranked; where other
// weights would let another set be ranked (the availability gate), the status says so instead of pretending.
type board struct {
	points    []*templates.Point // that earn, in official order
	figured   []*templates.Point // of those, the ones that figures speak to
	earning   []*templates.Point // of those, the ones that bring points as things stand: all, once the experts' marks count
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

// Rows and columns of the sheet 观测点得分.
const (
	sheetPoints  = "观测点得分"
	pointsLead   = 2 // row of the points that can be earned
	pointsFirst  = 4
	colTotal     = 5
	colRank      = 6
	colLower     = 7
	colUpper     = 8
	colPresent   = 9
	colRanked    = 10
	firstPoint   = 11 // column of the first point
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

// Columns of 观测点得分 beyond the points: what the formulas work on.

func (b *board) colValue() int { return firstPoint + len(b.points) }    // first value, 0–1
func (b *board) colThere() int { return b.colValue() + len(b.earning) } // first share of the evidence
func (b *board) colSaid() int { // first share of all that is to be said, marks included
	if b.complete {
		return b.colThere() + len(b.figured)
	}
	return b.colThere()
}
func (b *board) colDeducted() int { return b.colSaid() + len(b.earning) }
func (b *board) colRounded() int  { return b.colDeducted() + 1 }              // total as it is compared
func (b *board) colPlace() int    { return b.colRounded() + 1 }               // rank with ties put in order
func (b *board) colEngine() int   { return b.colPlace() + 1 }                 // total of the run
func (b *board) colRunRank() int  { return b.colEngine() + 1 }                // rank of the run
func (b *board) lastRow() int     { return pointsFirst + max(b.rows, 1) - 1 } // of 观测点得分
func (b *board) lastWeight() int  { return weightsFirst + len(b.points) - 1 } // row of the last point in 权重

// column is a column of 观测点得分 over all submissions, for formulas of other sheets.
func (b *board) column(col int) string {
	return book.Absolute(sheetPoints, pointsFirst, col, b.lastRow(), col)
}

// weightCells is a column of 权重 over all points.
func (b *board) weightCells(sheet string, col int) string {
	area := book.Fixed(weightsFirst, col) + ":" + book.Fixed(b.lastWeight(), col)
	if sheet == "" {
		return area
	}
	return book.Range(sheet) + area
}

// setting is one of the cells over the weights.
func setting(row int) string { return book.Range(sheetWeights) + book.Fixed(row, settingCol) }

// span is a run of cells in one row of 观测点得分; the leading row's is fixed.
func span(row, col, n int) string {
	return "$" + model.CellName(row, col) + ":$" + model.CellName(row, col+n-1)
}

func fixedSpan(row, col, n int) string { return book.Fixed(row, col) + ":" + book.Fixed(row, col+n-1) }

// earnable are the points that can be earned, over the values.
func (b *board) earnable() string { return fixedSpan(pointsLead, b.colValue(), len(b.earning)) }

func (b *board) values(row int) string { return span(row, b.colValue(), len(b.earning)) }
func (b *board) said(row int) string   { return span(row, b.colSaid(), len(b.earning)) }

// deducted is what experts take off, as a formula writes it.
func (b *board) deducted(row int) string { return "$" + model.CellName(row, b.colDeducted()) }

// weights are what counts for a submission: all that can be earned, or, as long as its own marks are not in, what figures can earn.
func (b *board) weights(complete bool) string {
	if complete {
		return b.earnable()
	}
	return fixedSpan(pointsLead, b.colSaid(), len(b.earning))
}

// weightsFrom is the same as other sheets write it.
func (b *board) weightsFrom(complete bool) string {
	return book.Range(sheetPoints) + b.weights(complete)
}

// total is the formula of a submission's total.
func (b *board) total(row int, complete bool) string {
	w, v := b.weights(complete), b.values(row)
	with := fmt.Sprintf("SUMPRODUCT(%s*ISNUMBER(%s))", w, v)
	return b.formula("IF(%s=0,0,SUMPRODUCT(%s,%s)*(SUM(%s)/%s))-%s", with, w, v, w, with, b.deducted(row))
}

// lower counts what is missing as nothing, upper as everything.
func (b *board) lower(row int, complete bool) string {
	return b.formula("SUMPRODUCT(%s,%s,%s)-%s", b.weights(complete), b.values(row), b.said(row), b.deducted(row))
}

// upper needs what is known of each point, where a gap that counts as nothing is not: it stands in the formula.
func (b *board) upper(row int, complete bool, known map[string]float64) string {
	w, shares := b.weights(complete), make([]string, len(b.earning))
	for i, p := range b.earning {
		shares[i] = strconv.FormatFloat(known[p.ID], 'f', -1, 64)
	}
	return b.formula("%s+SUM(%s)-SUMPRODUCT(%s,{%s})", model.CellName(row, colLower), w, w, strings.Join(shares, ","))
}

// present is the share of the evidence that is there: figures only, whatever experts say.
func (b *board) present(row int) string {
	w := fixedSpan(pointsLead, b.colThere(), len(b.figured))
	return b.formula("IF(SUM(%s)=0,1,ROUND(SUMPRODUCT(%s,%s)/SUM(%s),10))", w, w, span(row, b.colThere(), len(b.figured)), w)
}

// rounded is a total as ranks compare it; text where a submission is not ranked, which RANK leaves aside.
func (b *board) rounded(row int) string {
	return b.formula(`IF(%s=%s,ROUND(%s,10),"")`, model.CellName(row, colRanked), book.Quote(rankedYes), model.CellName(row, colTotal))
}

func (b *board) rank(row int) string {
	x := model.CellName(row, b.colRounded())
	all := book.Fixed(pointsFirst, b.colRounded()) + ":" + book.Fixed(b.lastRow(), b.colRounded())
	return b.formula(`IF(ISNUMBER(%s),RANK(%s,%s),"不排")`, x, x, all)
}

// place is the rank with equals in the order of their rows, so that each place is taken once.
func (b *board) place(row int) string {
	rank := model.CellName(row, colRank)
	from := book.Fixed(pointsFirst, colRank)
	return b.formula(`IF(ISNUMBER(%s),%s+COUNTIF(%s:%s,%s)-1,"")`, rank, rank, from, rank, rank)
}

// lookup finds what stands in a column of 观测点得分 for a submission, by its id in a cell.
func (b *board) lookup(col int, id string) string {
	return b.formula("INDEX(%s,MATCH(%s,%s,0))", b.column(col), id, b.column(1))
}

// at looks a column of 观测点得分 up for a place in the order of ranks.
func (b *board) at(col, place int) string {
	return b.formula("INDEX(%s,MATCH(%d,%s,0))", b.column(col), place, b.column(b.colPlace()))
}

// changed asks, in a formula, whether the weights are no longer the run's.
func (b *board) changed(sheet string) string {
	return fmt.Sprintf("SUMPRODUCT(--(ABS(%s-%s)>1E-9))>0", b.weightCells(sheet, weightColScale), b.weightCells(sheet, weightColRun))
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

// figures is what figures can bring.
func (b *board) figures(p *templates.Point) float64 {
	return p.Weight.Sub(p.Weight.Mul(p.ExpertShare)).InexactFloat64()
}

// standing is what is said of one submission, by point.
type standing struct {
	value map[string]table.Opt[float64] // 0–1
	there map[string]float64            // share of the evidence that is there
	said  map[string]float64            // the same with the experts' marks
	known map[string]float64            // share of both that has a value
	score map[string]table.Score
}

// standings reads the scores of all submissions.
func (w *workbook) standings() map[string]standing {
	if w.cache.standing != nil {
		return w.cache.standing
	}
	shares, pieces := map[string]float64{}, map[string]int{}
	for _, p := range w.Definition.Rubric.Points() {
		for _, e := range p.Evidence {
			if shares[p.ID+" "+e.ID] = e.Weight.InexactFloat64(); e.Counts() {
				pieces[p.ID]++
			}
		}
	}
	type key struct{ submission, point string }
	out, found := map[string]standing{}, map[key]int{}
	w.cache.standing = out
	for s := range w.Ranking.Scores.All() {
		at, ok := out[s.Submission]
		if !ok {
			at = standing{map[string]table.Opt[float64]{}, map[string]float64{}, map[string]float64{}, map[string]float64{}, map[string]table.Score{}}
			out[s.Submission] = at
		}
		switch {
		case s.Evidence == "":
			at.value[s.Point], at.score[s.Point] = s.Value, s
		case s.Normalised.Valid && s.Weight > 0:
			at.there[s.Point] += shares[s.Point+" "+s.Evidence]
			k := key{s.Submission, s.Point}
			if found[k]++; found[k] == pieces[s.Point] {
				at.there[s.Point] = 1 // the shares are rounded: their sum may miss it by the last digit
			}
		}
	}
	complete := map[string]bool{}
	for r := range w.Ranking.Ranking.All() {
		complete[r.Submission] = r.Complete
	}
	for id, at := range out {
		for _, p := range w.points {
			at.said[p.ID], at.known[p.ID] = at.there[p.ID], 1
			if s := at.score[p.ID]; s.Weight > s.Open { // what is not known is all that the bounds differ by
				at.known[p.ID] = round(1 - (s.Upper-s.Lower)/(s.Weight-s.Open))
			}
			if complete[id] { // their marks are all there
				at.said[p.ID] = 1 - (1-p.ExpertShare.InexactFloat64())*(1-at.there[p.ID])
			}
		}
	}
	return out
}

// short is the beginning of a point's wording, as much as a narrow column shows.
func short(p *templates.Point, runes int) string {
	words := []rune(strings.TrimSpace(strings.TrimPrefix(p.Label, p.ID)))
	if len(words) > runes {
		return string(words[:runes-1]) + "…"
	}
	return string(words)
}
