package consolidate

import (
	"cmp"
	"fmt"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
)

// Columns of the live ranking on 权重, right of the weights.
const (
	placeCol  = 11
	placeCols = 7
)

// weights is 权重: the sheet on which the reader changes weights, and reads the ranking that follows.
func (w *workbook) weights(name string) error {
	p := &book.Page{Sheet: name, Landscape: true, Protected: w.live, Frozen: weightsFirst - 1,
		Widths: []float64{6, 44, 14, 9, 7, 9, 10, 10, 10, 2, 6, 7, 36, 8, 9, 7, 10}}
	last := len(p.Widths)
	p.Begin(last, "改一改权重，看名次怎样变", "")
	p.Span(2, 1, placeCol-2, book.Cell{Value: w.Standing.String() + "。" + w.Definition.Rubric.WeightsNote + "：原文没有权重和分值。黄色格子可以改：改权重、把观测点关掉（否）、改拟遴选家数；得分、名次随即重算，“" +
		sheetPoints + "”" + w.sheet("ranking") + "也跟着变。启用的观测点按比例折算到合计100。归一值不因权重而变，取自本次运行。", Look: book.Subtitle})
	w.settings(p)
	w.weightTable(p)
	w.liveRanking(p)
	return w.report.Page(p)
}

// settings are the cells over the table: k, and what the sheet says of itself.
func (w *workbook) settings(p *book.Page) {
	put := func(row int, caption string, c book.Cell, cols int) {
		p.Span(row, 1, 3, book.Cell{Value: caption, Look: book.Header})
		p.Span(row, settingCol, cols, c)
	}
	k := w.choose()
	put(selectRow, "拟遴选家数", book.Cell{Value: k, Look: book.Input}, 1)
	s := w.Definition.Directory.Select
	p.Between(selectRow, settingCol, selectRow, settingCol, fmt.Sprintf("写整数；原文为每年%d—%d家左右", s.Min, s.Max), 1, float64(max(w.rows, 1)), true)
	p.Span(selectRow, settingCol+1, 5, book.Cell{Value: fmt.Sprintf("原文：每年遴选%d—%d家左右；本次运行按%d家", s.Min, s.Max, k), Look: book.Subtitle})

	off := fmt.Sprintf("SUMPRODUCT(--(ABS(%s-%s)>1E-9))=0", w.area("total"), w.area("engine"))
	gate := fmt.Sprintf("SUMPRODUCT((%s=%s)*(%s<%v))+SUMPRODUCT((%s=%s)*(%s>=%v))",
		w.area("ranked"), book.Quote(rankedYes), w.area("evidence_present"), w.available, w.area("ranked"), book.Quote(rankedGate), w.area("evidence_present"), w.available)
	status := book.Cell{Value: unchanged, Look: book.Verdict, Formula: w.formula(
		`IF(SUM(%s)=0,"请至少启用一个有权重的观测点",IF(%s,IF(%s>0,%s,"权重已改动：得分和名次已按新权重重算"),IF(%s,%s,"与引擎不一致，请勿使用，并报告给开发者")))`,
		w.weightCells(weightColScale), w.changed(), gate, book.Quote(gateCrossed), off, book.Quote(unchanged))}
	if !w.live {
		status.Value = fmt.Sprintf("申报超过%d份，未设重算公式；请改定义后重新运行", mostLive)
	}
	put(statusRow, "核对", status, 6)
	ranges := "名次区间"
	if w.Standing.Complete() { // before it nothing is said of chances
		ranges += "、" + w.head("ranking", "first_k")
	}
	put(rangesRow, ranges, book.Cell{Value: "有效", Look: book.Verdict, Formula: w.formula(`IF(OR(%s,%s<>%d),%s,"有效")`, w.changed(), book.Fixed(selectRow, settingCol), k, book.Quote(onlyRun))}, 6)
	p.Mark(statusRow, settingCol, rangesRow, settingCol, book.Mark{Word: unchanged, Tone: book.Good}, book.Mark{Word: "有效", Tone: book.Good}, book.Mark{Word: onlyRun, Tone: book.Caution})
}

// weightTable is where the weights are changed.
func (w *workbook) weightTable(p *book.Page) {
	header := weightsFirst - 1
	p.Heads(header, 1, w.head("scores", "point"), "原文（全文见"+w.sheet("rubric")+"）", "所属指标", "运行权重", "启用", "权重", "折算到100", "等专家评的部分", "可得的分")
	p.Height(header, 34)
	own := w.weightCells(weightColOwn)
	on := w.weightCells(weightColOn)
	sum := fmt.Sprintf("SUMPRODUCT((%s=%s)*%s)", on, book.Quote(rankedYes), own)
	for i, point := range w.points {
		row := weightsFirst + i
		at := func(col int) string { return book.Fixed(row, col) }
		weight, open, earn := point.Weight.InexactFloat64(), w.open(point), w.earn(point)
		p.PutRow(row, 1,
			centred(point.ID), plain(short(point, 21)), plain(point.Indicator.Label),
			book.Cell{Value: weight, Look: book.Number(weight)},
			book.Cell{Value: rankedYes, Look: book.Input},
			book.Cell{Value: weight, Look: book.Input},
			book.Cell{Value: weight, Look: book.Points, Formula: w.formula("IF(%s=0,0,IF(%s=%s,%s,0)*100/%s)", sum, at(weightColOn), book.Quote(rankedYes), at(weightColOwn), sum)},
			book.Cell{Value: open, Look: book.Share},
			book.Cell{Value: earn, Look: book.Points, Formula: w.formula("%s*(1-%s)", at(weightColScale), at(weightColOpen))},
		)
	}
	last := w.lastWeight()
	p.Choice(weightsFirst, weightColOn, last, weightColOn, "选“是”或“否”；选“否”，这个观测点不计分，其余按比例折算", rankedYes, rankedNo)
	p.Between(weightsFirst, weightColOwn, last, weightColOwn, "写不小于0的数；合计不必是100，会按比例折算", 0, 1e6, false)
	p.Mark(weightsFirst, weightColOn, last, weightColOn, book.Mark{Word: rankedNo, Tone: book.Caution})
	p.Span(last+1, 1, 3, book.Cell{Value: "合计", Look: book.Total})
	for col := weightColRun; col <= weightColEarn; col++ {
		c := book.Cell{Look: book.Sum}
		if col != weightColOn && col != weightColOpen {
			total := 0.0
			for _, point := range w.points {
				if col == weightColEarn {
					total += w.earn(point)
				} else {
					total += point.Weight.InexactFloat64()
				}
			}
			c.Value, c.Formula = total, w.formula("SUM(%s)", w.weightCells(col))
		}
		p.Put(last+1, col, c)
	}
}

// liveRanking lists the ranked submissions in the order that the weights give.
func (w *workbook) liveRanking(p *book.Page) {
	header := weightsFirst - 1
	p.Heads(header, placeCol, w.head("ranking", "rank"), w.head("submissions", "city"), w.head("submissions", "consortium"), "得分", "运行名次", "升降", w.head("ranking", "line"))
	row := header
	for r := range w.Ranking.Ranking.All() {
		if !r.Ranked {
			break
		}
		row++
		place := row - header
		at := func(i int) string { return book.Fixed(row, placeCol+i) }
		p.PutRow(row, placeCol,
			book.Cell{Value: r.Rank.V, Look: book.Integer, Formula: w.at("rank", place)},
			book.Cell{Value: r.City, Look: book.Centred, Formula: w.at("city", place)},
			book.Cell{Value: w.name(r.Submission), Look: book.Plain, Formula: w.at("consortium", place)},
			book.Cell{Value: r.Total, Look: book.Points, Formula: w.at("total", place)},
			book.Cell{Value: r.Rank.V, Look: book.Integer, Formula: w.at("run_rank", place)},
			book.Cell{Value: "－", Look: book.Centred, Formula: w.formula(`IF(%s>%s,"↑"&(%s-%s),IF(%s<%s,"↓"&(%s-%s),"－"))`, at(4), at(0), at(4), at(0), at(4), at(0), at(0), at(4))},
			book.Cell{Value: w.side(r), Look: book.Centred, Formula: w.sideFormula(at(0))},
		)
	}
	if row == header {
		p.Span(weightsFirst, placeCol, placeCols, plain("没有可以排名的申报，原因见"+w.sheet("ranking")+"。"))
		return
	}
	p.Mark(weightsFirst, placeCol+6, row, placeCol+6, w.marks("side")...)
	if row < w.lastWeight() {
		p.Span(row+1, placeCol, placeCols, book.Cell{Value: "退回修改、已入选等不参加排名的，见" + w.sheet("ranking") + "。", Look: book.Subtitle})
	}
}

// choose is how many are to be chosen.
func (w *workbook) choose() int {
	return cmp.Or(max(w.Select, 0), w.Definition.Directory.Select.Default)
}

// side says on which side of the line a submission stands at the run's weights; nothing before there is a line.
func (w *workbook) side(r table.Rank) string { return table.Sides[r.Line] }

// sideFormula says the same of a rank in a cell, for the k of the sheet.
func (w *workbook) sideFormula(rank string) string {
	if !w.Standing.Complete() {
		return ""
	}
	k := setting(selectRow)
	return w.formula(`IF(ISNUMBER(%s),IF(%s>%s,%s,IF(COUNTIF(%s,"<="&%s)>%s,%s,%s)),"")`, rank, rank, k, book.Quote(table.Sides["outside"]), w.area("rank"), rank, k, book.Quote(table.Sides["tied"]), book.Quote(table.Sides["inside"]))
}
