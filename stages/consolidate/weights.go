package consolidate

import (
	"fmt"

	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
)

// Columns of the live ranking on 权重, right of the weights.
const (
	placeCol  = 11
	placeCols = 7
)

func (w *workbook) weights(name string) error {
	p := &book.Page{Sheet: name, Landscape: true, Protected: w.live, Frozen: weightsFirst - 1,
		Widths: []float64{6, 44, 14, 9, 7, 9, 10, 10, 10, 2, 6, 7, 36, 8, 9, 7, 10}}
	last := len(p.Widths)
	p.Begin(last, "改一改权重，看名次怎样变", "")
	s := w.Definition.Sheets.Sheet("weights")
	remark := w.filledIn(s, s.Remark, list.Words{"weights": w.Definition.Rubric.WeightsNote})
	p.Span(2, 1, placeCol-2, cell(remark, book.Subtitle))
	w.settings(p)
	w.weightTable(p)
	w.liveRanking(p)
	return w.report.Page(p)
}

// settings are the cells over the table: k, and what the sheet says of itself.
func (w *workbook) settings(p *book.Page) {
	put := func(row int, caption string, c book.Cell, cols int) {
		p.Span(row, 1, 3, cell(caption, book.Header))
		p.Span(row, settingCol, cols, c)
	}
	k, s := w.Choose(), w.Definition.Directory.Select
	put(selectRow, "拟遴选家数", cell(k, book.Input), 1)
	p.Between(selectRow, settingCol, selectRow, settingCol, fmt.Sprintf("写整数；原文为每年%d—%d家左右", s.Min, s.Max), 1,
		float64(max(w.rows, 1)), true)
	note := fmt.Sprintf("原文：每年遴选%d—%d家左右；本次运行按%d家", s.Min, s.Max, k)
	p.Span(selectRow, settingCol+1, 5, cell(note, book.Subtitle))

	// gate counts the submissions that other weights would let in or keep out
	gate := `SUMPRODUCT(({ranked}="是")*({present}<{least}))+SUMPRODUCT(({ranked}="数据不足")*({present}>={least}))`
	status := cell(unchanged, book.Verdict, w.filled(`IF(SUM({scaled})=0,"请至少启用一个有权重的观测点",IF({changed},IF(`+gate+
		`>0,{crossed},"权重已改动：得分和名次已按新权重重算"),IF(SUMPRODUCT(--(ABS({total}-{engine})>1E-9))=0,{unchanged},`+
		`"与引擎不一致，请勿使用，并报告给开发者")))`, "{scaled}", w.weightCells(weightColScale), "{changed}", w.changed(),
		"{ranked}", w.area("ranked"), "{present}", w.area("evidence_present"), "{least}", fmt.Sprint(w.available),
		"{crossed}", book.Quote(gateCrossed), "{total}", w.area("total"), "{engine}", w.area("engine"),
		"{unchanged}", book.Quote(unchanged)))
	if !w.live {
		status.Value = fmt.Sprintf("申报超过%d份，未设重算公式；请改定义后重新运行", mostLive)
	}
	put(statusRow, "核对", status, 6)
	ranges := "名次区间"
	if w.Standing.Complete() { // before it nothing is said of chances
		ranges += "、" + w.head("ranking", "first_k")
	}
	put(rangesRow, ranges, cell("有效", book.Verdict, w.formula(`IF(OR(%s,%s<>%d),%s,"有效")`, w.changed(),
		book.Fixed(selectRow, settingCol), k, book.Quote(onlyRun))), 6)
	p.Mark(statusRow, settingCol, rangesRow, settingCol, book.Mark{Word: unchanged, Tone: book.Good},
		book.Mark{Word: "有效", Tone: book.Good}, book.Mark{Word: onlyRun, Tone: book.Caution})
}

func (w *workbook) weightTable(p *book.Page) {
	header := weightsFirst - 1
	p.Heads(header, 1, w.head("scores", "point"), "原文（全文见"+w.sheet("rubric")+"）", "所属指标", "运行权重", "启用", "权重",
		"折算到100", "等专家评的部分", "可得的分")
	p.Height(header, 34)
	sum := fmt.Sprintf("SUMPRODUCT((%s=%s)*%s)", w.weightCells(weightColOn), book.Quote(rankedYes),
		w.weightCells(weightColOwn))
	weights, earns := 0.0, 0.0
	for i, point := range w.points {
		row := weightsFirst + i
		at := func(col int) string { return book.Fixed(row, col) }
		weight, open, earn := point.Weight.InexactFloat64(), w.open(point), w.earn(point)
		weights, earns = weights+weight, earns+earn
		scaled := w.filled("IF({sum}=0,0,IF({on}={yes},{own},0)*100/{sum})", "{sum}", sum, "{on}", at(weightColOn),
			"{yes}", book.Quote(rankedYes), "{own}", at(weightColOwn))
		p.PutRow(row, 1, centred(point.ID), plain(short(point, 21)), plain(point.Indicator.Label), number(weight),
			cell(rankedYes, book.Input), cell(weight, book.Input), cell(weight, book.Points, scaled), cell(open, book.Share),
			cell(earn, book.Points, w.formula("%s*(1-%s)", at(weightColScale), at(weightColOpen))))
	}
	last := w.lastWeight()
	p.Choice(weightsFirst, weightColOn, last, weightColOn, "选“是”或“否”；选“否”，这个观测点不计分，其余按比例折算", rankedYes, rankedNo)
	p.Between(weightsFirst, weightColOwn, last, weightColOwn, "写不小于0的数；合计不必是100，会按比例折算", 0, 1e6, false)
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

// liveRanking lists the ranked submissions in the order that the weights give.
func (w *workbook) liveRanking(p *book.Page) {
	p.Heads(weightsFirst-1, placeCol, w.head("ranking", "rank"), w.head("submissions", "city"),
		w.head("submissions", "consortium"), "得分", "运行名次", "升降", w.head("ranking", "line"))
	for i, r := range w.inOrder {
		row := weightsFirst + i
		find := func(column string) string { return w.at(column, i+1) }
		at := func(i int) string { return book.Fixed(row, placeCol+i) }
		p.PutRow(row, placeCol, cell(r.Rank.V, book.Integer, find("rank")), cell(r.City, book.Centred, find("city")),
			cell(w.name(r.Submission), book.Plain, find("consortium")), cell(r.Total, book.Points, find("total")),
			cell(r.Rank.V, book.Integer, find("run_rank")),
			cell("－", book.Centred, w.filled(`IF({was}>{is},"↑"&({was}-{is}),IF({was}<{is},"↓"&({is}-{was}),"－"))`,
				"{is}", at(0), "{was}", at(4))),
			cell(table.Sides[r.Line], book.Centred, w.sideFormula(at(0))))
	}
	next := weightsFirst + len(w.inOrder)
	if next == weightsFirst {
		p.Span(weightsFirst, placeCol, placeCols, plain("没有可以排名的申报，原因见"+w.sheet("ranking")+"。"))
		return
	}
	p.Mark(weightsFirst, placeCol+6, next-1, placeCol+6, w.marks("side")...)
	if next <= w.lastWeight() {
		note := "退回修改、已入选等不参加排名的，见" + w.sheet("ranking") + "。"
		p.Span(next, placeCol, placeCols, cell(note, book.Subtitle))
	}
}

// sideFormula says on which side of the line the rank in a cell is, for the k of the sheet; empty before there is a
// line.
func (w *workbook) sideFormula(rank string) string {
	if !w.Standing.Complete() {
		return ""
	}
	side := func(id string) string { return book.Quote(table.Sides[id]) }
	return w.filled(`IF(ISNUMBER({rank}),IF({rank}>{k},{outside},IF(COUNTIF({all},"<="&{rank})>{k},{tied},{inside})),"")`,
		"{rank}", rank, "{k}", setting(selectRow), "{all}", w.area("rank"), "{outside}", side(table.Outside),
		"{tied}", side(table.Tied), "{inside}", side(table.Inside))
}
