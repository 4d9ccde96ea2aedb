package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// liveScores has what the formulas need that recompute the ranking in the workbook when somebody changes weights. They
// follow stages/score step by step, over the normalised values of the run:
//
//	total = Σ earn × value × (Σ earn ÷ Σ earn of the points of which something is there) − deduction
//	earn  = weight × (1 − share that waits for experts)
//
// The weights of the points that are switched on are scaled to a sum of 100. Normalised values do not depend on the
// weights as long as the same submissions are ranked; where other weights change that (the required share of evidence),
// the status cell says so.
type liveScores struct {
	points       []*templates.Point // all but deductions, in official order
	withEvidence []*templates.Point // those with evidence
	earning      []*templates.Point // those that earn points in the present state of the marking
	complete     bool               // the experts' marks count
	live         bool               // formulas are written, not only values
}

// mostLive is the largest number of submissions with formulas: each rank compares a submission with all others.
const mostLive = 400

// Rows and columns of the sheet 权重.
const (
	sheetWeights   = "权重"
	weightsFirst   = 9 // row of the first point
	weightColRun   = 4
	weightColOn    = 5
	weightColOwn   = 6
	weightColScale = 7
	weightColOpen  = 8 // share of the point that is not marked yet
	weightColEarn  = 9 // points that can be earned
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

func newLiveScores(in Input) *liveScores {
	b := &liveScores{live: in.Facts.Submissions.Len() <= mostLive}
	all := slices.Values(in.Definition.Rubric().Points())
	b.points = table.Where(all, func(p *templates.Point) bool { return !p.Deduction })
	withEvidence := func(p *templates.Point) bool { return len(p.Evidence) > 0 }
	b.withEvidence = table.Where(slices.Values(b.points), withEvidence)
	b.complete = table.First(in.Ranking.Ranking.All(), func(r table.Rank) bool { return r.Complete }).Complete
	b.earning = table.Either(b.complete, b.points, b.withEvidence)
	return b
}

// formula formats a formula; empty where the batch is too large for formulas.
func (b *liveScores) formula(format string, args ...any) string {
	if !b.live {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// filled replaces words in a formula, pair by pair; empty as in formula.
func (b *liveScores) filled(formula string, pairs ...string) string {
	return b.formula("%s", strings.NewReplacer(pairs...).Replace(formula))
}

func (b *liveScores) lastWeight() int { return weightsFirst + len(b.points) - 1 }

// area is a column of 观测点得分 over all submissions, for formulas of other sheets.
func (w *workbook) area(column string) string { return w.lists.Layout("points").Area(column) }

// weightCells is a column of 权重 over all points.
func (b *liveScores) weightCells(col int) string {
	return book.AbsCell(weightsFirst, col) + ":" + book.AbsCell(b.lastWeight(), col)
}

// setting is one of the cells over the weights.
func setting(row int) string { return book.SheetPrefix(sheetWeights) + book.AbsCell(row, settingCol) }

// changed is the condition, for formulas, that the weights differ from the run's.
func (b *liveScores) changed() string {
	return fmt.Sprintf("SUMPRODUCT(--(ABS(%s-%s)>1E-9))>0", b.weightCells(weightColScale), b.weightCells(weightColRun))
}

// open is the share of a point that is not marked yet.
func (b *liveScores) open(p *templates.Point) float64 {
	return table.Either(b.complete, 0, p.ExpertShare.InexactFloat64())
}

// earn are the points that can be earned for a point with the run's weights.
func (b *liveScores) earn(p *templates.Point) float64 {
	return table.Either(b.complete, p.Weight.InexactFloat64(), b.figures(p))
}

func (b *liveScores) figures(p *templates.Point) float64 {
	return p.Weight.Sub(p.Weight.Mul(p.ExpertShare)).InexactFloat64()
}

// pointDetail is what the sheets show of one observation point of one submission.
type pointDetail struct {
	present          float64     // share of the evidence that is not missing
	presentWithMarks float64     // the same with the experts' marks
	known            float64     // share of the earnable points that is known: 1 without missing evidence
	doubt            string      // why a figure is in doubt; empty: none is
	score            table.Score // the row of the point as a whole
}

// pointsOfAll are the details of all points, by submission and point.
func (w *workbook) pointsOfAll() map[string]map[string]pointDetail {
	out := map[string]map[string]pointDetail{}
	for s := range w.Ranking.Scores.All() {
		points := table.Submap(out, s.Submission)
		at := points[s.Point]
		switch {
		case s.Evidence == "":
			at.score = s
		case s.Weight > 0:
			if !strings.Contains(at.doubt, s.Doubt) {
				at.doubt = table.Join("；", at.doubt, s.Doubt)
			}
			if s.Normalised.Valid {
				at.present += w.evidence(s.Point, s.Evidence).Weight.InexactFloat64()
			}
		}
		points[s.Point] = at
	}
	for id, points := range out {
		for _, p := range w.points {
			at := points[p.ID]
			if at.present > 1-1e-9 {
				at.present = 1 // the shares are rounded, so their sum may differ in the last digit
			}
			at.presentWithMarks, at.known = at.present, 1
			if s := at.score; s.Weight > s.Open { // upper and lower bound differ by what is unknown
				at.known = table.Rounded(1 - (s.Upper-s.Lower)/(s.Weight-s.Open))
			}
			if w.ranks[id].Complete { // all its marks are in
				at.presentWithMarks = 1 - (1-p.ExpertShare.InexactFloat64())*(1-at.present)
			}
			points[p.ID] = at
		}
	}
	return out
}

// short is the beginning of a point's wording, at most so many characters.
func short(p *templates.Point, runes int) string {
	return text.Clip(strings.TrimSpace(strings.TrimPrefix(p.Label, p.ID)), runes-1)
}

// Columns of the live ranking on 权重, right of the weights.
const (
	placeCol  = 11
	placeCols = 7
)

func (w *workbook) weights(name string) error {
	p := &book.Page{Sheet: name, Landscape: true, Protected: w.live, Frozen: weightsFirst - 1,
		Widths: []float64{6, 44, 14, 9, 7, 9, 10, 10, 10, 2, 6, 7, 36, 8, 9, 7, 10}}
	p.AddTitle(len(p.Widths), "改一改权重，看名次怎样变", "")
	s := w.Definition.Sheets().Sheet("weights")
	remark := w.remarkText(s, s.Remark, list.Words{"weights": w.Definition.Rubric().WeightsNote})
	p.Span(2, 1, placeCol-2, cell(remark, book.Subtitle))
	w.settings(p)
	w.weightTable(p)
	w.liveRanking(p)
	return w.report.Page(p)
}

// settings are the cells above the table: the number to choose, and two status cells.
func (w *workbook) settings(p *book.Page) {
	put := func(row int, caption string, c book.Cell, cols int) {
		p.Span(row, 1, 3, cell(caption, book.Header))
		p.Span(row, settingCol, cols, c)
	}
	k, s := w.Choose(), w.Definition.Directory.Select
	put(selectRow, "拟遴选家数", cell(k, book.Input), 1)
	p.LimitToNumbers(selectRow, settingCol, selectRow, settingCol, fmt.Sprintf("写整数；原文为每年%d—%d家左右", s.Min, s.Max), 1,
		float64(max(len(w.entries), 1)), true)
	note := fmt.Sprintf("原文：每年遴选%d—%d家左右；本次运行按%d家", s.Min, s.Max, k)
	p.Span(selectRow, settingCol+1, 5, cell(note, book.Subtitle))

	// gate counts the submissions that the changed weights would add to, or remove from, the ranked ones
	gate := `SUMPRODUCT(({ranked}="是")*({present}<{least}))+SUMPRODUCT(({ranked}="数据不足")*({present}>={least}))`
	status := cell(unchanged, book.Verdict, w.filled(`IF(SUM({scaled})=0,"请至少启用一个有权重的观测点",IF({changed},IF(`+gate+
		`>0,{crossed},"权重已改动：得分和名次已按新权重重算"),IF(SUMPRODUCT(--(ABS({total}-{engine})>1E-9))=0,{unchanged},`+
		`"与引擎不一致，请勿使用，并报告给开发者")))`, "{scaled}", w.weightCells(weightColScale), "{changed}", w.changed(),
		"{ranked}", w.area("ranked"), "{present}", w.area("evidence_present"), "{total}", w.area("total"),
		"{least}", w.Definition.Rubric().Available.String(), "{engine}", w.area("engine"),
		"{crossed}", book.Quote(gateCrossed), "{unchanged}", book.Quote(unchanged)))
	if !w.live {
		status.Value = fmt.Sprintf("申报超过%d份，未设重算公式；请改定义后重新运行", mostLive)
	}
	put(statusRow, "核对", status, 6)
	ranges := "名次区间" + textIf(w.Standing.Complete(), "、"+w.head("ranking", "first_k")) // chances are known only then
	put(rangesRow, ranges, cell("有效", book.Verdict, w.formula(`IF(OR(%s,%s<>%d),%s,"有效")`, w.changed(),
		book.AbsCell(selectRow, settingCol), k, book.Quote(onlyRun))), 6)
	p.Mark(statusRow, settingCol, rangesRow, settingCol, book.Mark{Word: unchanged, Tone: book.Good},
		book.Mark{Word: "有效", Tone: book.Good}, book.Mark{Word: onlyRun, Tone: book.Caution})
}

func (w *workbook) weightTable(p *book.Page) {
	header := weightsFirst - 1
	p.PutHeaders(header, 1, w.head("scores", "point"), "原文（全文见"+w.sheet("rubric")+"）", "所属指标", "运行权重", "启用", "权重",
		"折算到100", "等专家评的部分", "可得的分")
	p.Height(header, 34)
	sum := fmt.Sprintf("SUMPRODUCT((%s=%s)*%s)", w.weightCells(weightColOn), book.Quote(rankedYes),
		w.weightCells(weightColOwn))
	weights, earns := 0.0, 0.0
	for i, point := range w.points {
		row := weightsFirst + i
		at := func(col int) string { return book.AbsCell(row, col) }
		weight, open, earn := point.Weight.InexactFloat64(), w.open(point), w.earn(point)
		weights, earns = weights+weight, earns+earn
		scaled := w.filled("IF({sum}=0,0,IF({on}={yes},{own},0)*100/{sum})", "{sum}", sum, "{on}", at(weightColOn),
			"{yes}", book.Quote(rankedYes), "{own}", at(weightColOwn))
		p.PutRow(row, 1, centred(point.ID), plain(short(point, 21)), plain(point.Indicator.Label), number(weight),
			cell(rankedYes, book.Input), cell(weight, book.Input), cell(weight, book.Points, scaled), cell(open, book.Share),
			cell(earn, book.Points, w.formula("%s*(1-%s)", at(weightColScale), at(weightColOpen))))
	}
	last := w.lastWeight()
	p.LimitToWords(weightsFirst, weightColOn, last, weightColOn, "选“是”或“否”；选“否”，这个观测点不计分，其余按比例折算", rankedYes, rankedNo)
	p.LimitToNumbers(weightsFirst, weightColOwn, last, weightColOwn, "写不小于0的数；合计不必是100，会按比例折算", 0, 1e6, false)
	p.Mark(weightsFirst, weightColOn, last, weightColOn, book.Mark{Word: rankedNo, Tone: book.Caution})
	p.Span(last+1, 1, 3, cell("合计", book.Total))
	totals := map[int]float64{weightColRun: weights, weightColOwn: weights, weightColScale: weights, weightColEarn: earns}
	for col := weightColRun; col <= weightColEarn; col++ {
		c := book.Cell{Look: book.Sum}
		if total, added := totals[col]; added {
			c.Value, c.Formula = total, w.formula("SUM(%s)", w.weightCells(col))
		}
		p.Put(last+1, col, c)
	}
}

// liveRanking lists the ranked submissions in the order of the current weights.
func (w *workbook) liveRanking(p *book.Page) {
	p.PutHeaders(weightsFirst-1, placeCol, w.head("ranking", "rank"), w.head("submissions", "city"),
		w.head("submissions", "consortium"), "得分", "运行名次", "升降", w.head("ranking", "line"))
	for i, r := range w.byRank {
		row := weightsFirst + i
		find := func(column string) string {
			return w.formula("INDEX(%s,MATCH(%d,%s,0))", w.area(column), i+1, w.area("place"))
		}
		at := func(i int) string { return book.AbsCell(row, placeCol+i) }
		p.PutRow(row, placeCol, cell(r.Rank.V, book.Integer, find("rank")), cell(r.City, book.Centred, find("city")),
			cell(w.name(r.Submission), book.Plain, find("consortium")), cell(r.Total, book.Points, find("total")),
			cell(r.Rank.V, book.Integer, find("run_rank")),
			cell("－", book.Centred, w.filled(`IF({was}>{is},"↑"&({was}-{is}),IF({was}<{is},"↓"&({is}-{was}),"－"))`,
				"{is}", at(0), "{was}", at(4))),
			cell(table.SideLabels[r.Line], book.Centred, w.sideFormula(at(0))))
	}
	next := weightsFirst + len(w.byRank)
	if next == weightsFirst {
		p.Span(weightsFirst, placeCol, placeCols, plain("没有可以排名的申报，原因见"+w.sheet("ranking")+"。"))
		return
	}
	p.Mark(weightsFirst, placeCol+6, next-1, placeCol+6, list.Marks(w.Definition, "side")...)
	if next <= w.lastWeight() {
		note := "退回修改、已入选等不参加排名的，见" + w.sheet("ranking") + "。"
		p.Span(next, placeCol, placeCols, cell(note, book.Subtitle))
	}
}

// sideFormula is the formula for the side of the line of the rank in a cell; empty before there is a line.
func (w *workbook) sideFormula(rank string) string {
	if !w.Standing.Complete() {
		return ""
	}
	side := func(id string) string { return book.Quote(table.SideLabels[id]) }
	return w.filled(`IF(ISNUMBER({rank}),IF({rank}>{k},{outside},IF(COUNTIF({all},"<="&{rank})>{k},{tied},{inside})),"")`,
		"{rank}", rank, "{k}", setting(selectRow), "{all}", w.area("rank"), "{outside}", side(table.Outside),
		"{tied}", side(table.Tied), "{inside}", side(table.Inside))
}

// Rows and columns of 两家对比.
const (
	pairPick  = 4 // row of the two choices
	pairFirst = 8 // row of the first point
	pairCol   = 4 // column of the first one's points
)

// comparison is 两家对比: formulas show what each of two chosen consortia earned for each point, with the weights of 权重.
func (w *workbook) comparison(name string) error {
	p := &book.Page{Sheet: name, Landscape: true, Protected: w.live, Frozen: pairFirst - 1,
		Widths: []float64{7, 60, 11, 16, 16, 12, 16, 40}}
	w.beginPage(p, len(p.Widths), "甲为什么排在乙前面", "duel", nil)
	pick, list := w.aroundLine(), w.area("consortium")
	// find looks a column up for the consortium that is chosen as the first or the second
	find := func(column string, i int) string {
		return w.formula("INDEX(%s,MATCH(%s,%s,0))", w.area(column), book.AbsCell(pairPick, pairCol+i), list)
	}
	for i, r := range pick {
		col := pairCol + i
		p.Put(pairPick, col, cell(w.name(r.Submission), book.Input))
		p.LimitToRange(pairPick, col, pairPick, col, false, "从下拉中选一家", list)
		p.Put(pairPick+1, col, cell(r.Total, book.Points, find("total", i)))
		p.Put(pairPick+2, col, cell(r.Rank.V, book.Centred, find("rank", i)))
	}
	p.Height(pairPick, 48)
	p.PutHeaders(pairPick-1, pairCol, "甲", "乙")
	for i, caption := range []string{"联合体", "得分", w.head("ranking", "rank")} {
		p.Put(pairPick+i, 3, cell(caption, book.Header))
	}
	first, second := book.AbsCell(pairPick+1, pairCol), book.AbsCell(pairPick+1, pairCol+1)
	diff := w.formula("ROUND(%s-%s,10)", first, second)
	p.Put(pairPick+1, pairCol+2, cell(table.Rounded(pick[0].Total-pick[1].Total), book.Gain, diff))
	p.PutHeaders(pairFirst-1, 1, w.head("scores", "point"), "原文", "可得的分", "甲得", "乙得", "差（甲－乙）", "占得益一方的比重",
		"存疑（核清之前，这一点的差不作数）")
	gains := make([]float64, len(w.points))
	for i, point := range w.points {
		row := pairFirst + i
		most := w.formula("%s", book.SheetPrefix(sheetWeights)+book.AbsCell(weightsFirst+i, weightColEarn))
		p.PutRow(row, 1, centred(point.ID), plain(short(point, 29)), cell(w.earn(point), book.Points, most))
		var earned [2]table.Opt[float64]
		for k := range earned {
			earned[k] = w.details[pick[k].Submission][point.ID].score.Value
			c := cell(pointLacking, book.Points, find(point.ID, k))
			switch {
			case earned[k].Valid:
				earned[k].V *= w.earn(point)
				c.Value = earned[k].V
			case w.open(point) == 1:
				c.Value = pointWaiting
			}
			p.Put(row, pairCol+k, c)
		}
		gain := cell("", book.Gain, w.filled(`IF(AND(ISNUMBER({x}),ISNUMBER({y})),ROUND({x}-{y},10),"")`,
			"{x}", book.AbsCell(row, pairCol), "{y}", book.AbsCell(row, pairCol+1)))
		if earned[0].Valid && earned[1].Valid {
			gains[i] = table.Rounded(earned[0].V - earned[1].V)
			gain.Value = gains[i]
		}
		p.Put(row, pairCol+2, gain)
		p.Span(row, pairCol+4, 1, w.pairDoubts(point, pick, find))
	}
	last := pairFirst + len(w.points) - 1
	w.gainShares(p, gains)
	p.ColourBySign(pairFirst, pairCol+2, last, pairCol+2)
	note := fmt.Sprintf("“%s”的观测点由其余观测点按比例代表，因此各点之差之和可能不等于总差；“%s”的等专家评分。",
		pointLacking, pointWaiting)
	p.Span(last+1, 1, len(p.Widths)-1, cell(note, book.Subtitle))
	return w.report.Page(p)
}

// pairDoubts says why a figure of either consortium for a point is in doubt.
func (w *workbook) pairDoubts(point *templates.Point, pick []table.Rank, find func(string, int) string) book.Cell {
	value, parts := "", []string{}
	for k, side := range []string{"甲：", "乙："} {
		if why := w.details[pick[k].Submission][point.ID].doubt; why != "" {
			value += side + why + "。"
		}
		if slices.Contains(w.withEvidence, point) { // T: an empty cell is no 0
			parts = append(parts, w.filled(`IF(T({why})="","",{side}&T({why})&"。")`, "{why}", find("doubt"+point.ID, k),
				"{side}", book.Quote(side)))
		}
	}
	return cell(value, book.Plain, w.formula("%s", strings.Join(parts, "&")))
}

// gainShares is the share of each point in all gains of the consortium that gains by it.
func (w *workbook) gainShares(p *book.Page, gains []float64) {
	up, down := 0.0, 0.0
	for _, g := range gains {
		up, down = up+max(g, 0), down+min(g, 0)
	}
	all := book.AbsCell(pairFirst, pairCol+2) + ":" + book.AbsCell(pairFirst+len(gains)-1, pairCol+2)
	for i, g := range gains {
		c := cell("", book.Share, w.filled(
			`IF(ISNUMBER({at}),IF({at}>0,{at}/SUMIF({all},">0"),IF({at}<0,{at}/SUMIF({all},"<0"),"")),"")`,
			"{at}", book.AbsCell(pairFirst+i, pairCol+2), "{all}", all))
		switch {
		case g > 0:
			c.Value = table.Rounded(g / up)
		case g < 0:
			c.Value = table.Rounded(g / down)
		}
		p.Put(pairFirst+i, pairCol+3, c)
	}
}

func (w *workbook) aroundLine() []table.Rank {
	k := min(w.Choose(), len(w.byRank)-1)
	if k < 1 {
		return nil
	}
	return w.byRank[k-1 : k+1]
}
