package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

func rankID(r table.Rank) string { return r.Submission }

// ranking is 排名: ranked ones first, then the others with their provisional scores and why they are not ranked.
func (w *workbook) ranking(name string) error {
	label := func(column string) string { return w.head("ranking", column) }
	// What the weights change is looked up in the live sheet, by the id in this row.
	row := pointsFirst - 2
	id := func() string { return "$" + model.CellName(row, 2) }
	points := func(head string, value func(table.Rank) float64, col int) column[table.Rank] {
		return column[table.Rank]{Head: head, Width: 11, Cell: func(r table.Rank) book.Cell {
			return book.Cell{Value: value(r), Look: book.Points, Formula: w.lookup(col, id())}
		}}
	}
	constant := func(head string, value func(table.Rank) float64) column[table.Rank] {
		return column[table.Rank]{Head: head, Width: 10, Cell: func(r table.Rank) book.Cell { return book.Cell{Value: value(r), Look: book.Points} }}
	}
	// What was drawn at the run's weights says so once they are others.
	drawn := func(head string, width float64, style book.Column, value func(table.Rank) book.Cell) column[table.Rank] {
		return column[table.Rank]{Head: head, Width: width, Style: style, Cell: func(r table.Rank) book.Cell {
			c := value(r)
			if c.Value != nil {
				c.Formula = w.formula("IF(%s=%s,%s,%v)", setting(rangesRow), book.Quote(onlyRun), book.Quote(onlyRun), c.Value)
			}
			return c
		}}
	}
	columns := []column[table.Rank]{{Head: label("rank"), Width: 8, Cell: func(r table.Rank) book.Cell {
		row++
		c := book.Cell{Value: "不排", Look: book.Centred, Formula: w.lookup(colRank, id())}
		if r.Ranked {
			c.Value = r.Rank.V
		}
		return c
	}}}
	columns = append(columns, who(w, rankID)...)
	columns = append(columns,
		column[table.Rank]{Head: label("verdict"), Width: 10, Style: book.Column{Marks: verdictMarks}, Cell: func(r table.Rank) book.Cell { return centred(r.Verdict) }},
		column[table.Rank]{Head: "一页", Width: 7, Cell: func(r table.Rank) book.Cell { return w.pageLink(r.Submission) }},
		column[table.Rank]{Head: label("line"), Width: 10, Style: book.Column{Marks: sideMarks}, Cell: func(r table.Rank) book.Cell {
			return book.Cell{Value: w.side(r), Look: book.Centred, Formula: w.sideFormula("$" + model.CellName(row, 1))}
		}},
		points(label("total"), func(r table.Rank) float64 { return r.Total }, colTotal),
		points(label("total_lower"), func(r table.Rank) float64 { return r.Lower }, colLower),
		points(label("total_upper"), func(r table.Rank) float64 { return r.Upper }, colUpper),
		drawn(label("rank_low"), 10, book.Column{}, func(r table.Rank) book.Cell { return optional(r.RankLow, book.Integer) }),
		drawn(label("rank_high"), 10, book.Column{}, func(r table.Rank) book.Cell { return optional(r.RankHigh, book.Integer) }),
	)
	if w.Standing.Complete() {
		for i, first := range []string{"first_3", "first_4", "first_5"} {
			columns = append(columns, drawn(label(first), 10, book.Column{Scale: 1}, func(r table.Rank) book.Cell {
				return optional([]table.Opt[float64]{r.First3, r.First4, r.First5}[i], book.Share)
			}))
		}
	}
	columns = append(columns,
		column[table.Rank]{Head: label("evidence_present"), Width: 10, Cell: func(r table.Rank) book.Cell {
			return book.Cell{Value: r.Present, Look: book.Share, Formula: w.lookup(colPresent, id())}
		}},
		column[table.Rank]{Head: label("total_if_deducted"), Width: 11, Cell: func(r table.Rank) book.Cell { return optional(r.OtherTotal, book.Points) }},
		column[table.Rank]{Head: label("proposals"), Width: 30, Cell: func(r table.Rank) book.Cell { return words(r.Proposals) }},
		column[table.Rank]{Head: "登记的结果", Width: 16, Cell: func(r table.Rank) book.Cell { return words(w.award(r)) }},
		constant("运行时"+label("total"), func(r table.Rank) float64 { return r.Total }),
		constant(label("possible"), func(r table.Rank) float64 { return r.Possible }),
		constant(label("open"), func(r table.Rank) float64 { return r.Open }),
		column[table.Rank]{Head: label("tied"), Width: 7, Cell: func(r table.Rank) book.Cell { return yes(r.Tied) }},
		column[table.Rank]{Head: label("unranked_reason"), Width: 40, Cell: func(r table.Rank) book.Cell { return words(r.Unranked) }},
	)
	return rows(w, name, w.known(w.method()), 4, w.Ranking.Ranking.Len(), w.Ranking.Ranking.All(), columns)
}

// method says how the ranking was made.
func (w *workbook) method() string {
	for r := range w.Ranking.Ranking.All() {
		return r.Method
	}
	return w.Definition.Rubric.WeightsNote
}

// points is 观测点得分: what each submission earns at each point, live, and to the right the normalised values that it is made
// of. Everything that the formulas of a row need stands in that row, so that the sheet can be sorted.
func (w *workbook) pointScores(name string) error {
	standings, ranks := w.standings(), map[string]table.Rank{}
	for r := range w.Ranking.Ranking.All() {
		ranks[r.Submission] = r
	}
	all := func(yield func(pointRow) bool) {
		for i, s := range w.submissions {
			if !yield(pointRow{s, w.verdicts[i], ranks[s.Submission], standings[s.Submission], pointsFirst + i}) {
				return
			}
		}
	}
	lead := make([]book.Cell, w.colRunRank())
	lead[0] = book.Cell{Value: "满分", Look: book.Caption}
	for i := 1; i < firstPoint-1; i++ {
		lead[i].Look = book.Caption
	}
	columns := append(who(w, func(r pointRow) string { return r.submission.Submission }), w.totals()...)
	for i, p := range w.points {
		most := w.earn(p)
		lead[len(columns)] = book.Cell{Value: most, Look: book.Points, Formula: w.formula("%s", book.Range(sheetWeights)+book.Fixed(weightsFirst+i, weightColEarn))}
		value, top := slices.Index(w.earning, p), book.Fixed(pointsLead, len(columns)+1)
		columns = append(columns, column[pointRow]{
			Head: p.ID, Width: 8, Style: book.Column{Scale: max(most, 0.01), Marks: []book.Mark{{Word: pointLacking, Tone: book.Caution}}},
			Cell: func(r pointRow) book.Cell {
				if value < 0 {
					return book.Cell{Value: pointWaiting, Look: book.Quiet}
				}
				x, top, most := "$"+model.CellName(r.row, w.colValue()+value), top, most
				if w.complete && !r.rank.Complete {
					top, most = book.Fixed(pointsLead, w.colSaid()+value), w.figures(p)
				}
				c := book.Cell{Value: pointLacking, Look: book.Points, Formula: w.formula("IF(ISNUMBER(%s),%s*%s,%s)", x, top, x, book.Quote(pointLacking))}
				if v := r.value[p.ID]; v.Valid {
					c.Value = most * v.V
				}
				return c
			}})
	}
	// block adds one column a point, what the formulas work on.
	block := func(title string, points []*templates.Point, scale float64, most func(i int, p *templates.Point) book.Cell, cell func(pointRow, *templates.Point) book.Cell) {
		for i, p := range points {
			lead[len(columns)] = most(i, p)
			head := p.ID
			if i == 0 {
				head = title + "\n" + p.ID
			}
			columns = append(columns, column[pointRow]{Head: head, Width: 8, Style: book.Column{Scale: scale, Look: book.Promised}, Cell: func(r pointRow) book.Cell { return cell(r, p) }})
		}
	}
	same := func(i int, p *templates.Point) book.Cell {
		return book.Cell{Value: w.earn(p), Look: book.Points, Formula: w.formula("%s", book.Fixed(pointsLead, firstPoint+slices.Index(w.points, p)))}
	}
	block("归一值", w.earning, 1, same, func(r pointRow, p *templates.Point) book.Cell {
		if v := r.value[p.ID]; v.Valid {
			return book.Cell{Value: v.V, Look: book.Precise}
		}
		return book.Cell{Value: pointLacking, Look: book.Quiet}
	})
	block("依据在案", w.figured, 0, func(i int, p *templates.Point) book.Cell {
		scaled := book.Range(sheetWeights) + book.Fixed(weightsFirst+slices.Index(w.points, p), weightColScale)
		return book.Cell{Value: w.figures(p), Look: book.Points, Formula: w.formula("%s*(1-%s)", scaled, p.ExpertShare)}
	}, func(r pointRow, p *templates.Point) book.Cell {
		return book.Cell{Value: r.there[p.ID], Look: book.Share}
	})
	if w.complete {
		// Over this block stands what figures can earn: it counts for those whose marks are not in.
		block("连同评分在案", w.earning, 0, func(i int, p *templates.Point) book.Cell {
			scaled := book.Range(sheetWeights) + book.Fixed(weightsFirst+i, weightColScale)
			return book.Cell{Value: w.figures(p), Look: book.Points, Formula: w.formula("%s*(1-%s)", scaled, p.ExpertShare)}
		}, func(r pointRow, p *templates.Point) book.Cell {
			return book.Cell{Value: r.said[p.ID], Look: book.Share}
		})
	}
	columns = append(columns, w.order()...)
	remark := w.known(fmt.Sprintf("%s。各观测点是得分，最上一行是满分；“%s”要等专家评分，从不代填；“%s”是没有一项依据在案，不按0分计，由其余观测点按比例代表。改“%s”表，这里随即重算。右边黄色表头是算得分用的归一值（0—1）和依据在案的比重。观测点的原文和依据见“观测点”，怎么得来见“得分依据”。",
		w.Definition.Rubric.WeightsNote, pointWaiting, pointLacking, sheetWeights))
	return book.Rows(w.report, book.Grid{Sheet: name, Remark: remark, Lead: lead, Rows: len(w.submissions), Freeze: 3, Printed: firstPoint + len(w.points) - 1}, all, columns)
}

// pointRow is one submission with what its points are made of.
type pointRow struct {
	submission table.Submission
	verdict    table.Verdict
	rank       table.Rank
	standing
	row int
}

// totals are the columns between a submission's name and its points.
func (w *workbook) totals() []column[pointRow] {
	live := func(head string, width float64, look book.Look, value func(pointRow) any, formula func(row int, complete bool) string) column[pointRow] {
		return column[pointRow]{Head: head, Width: width, Cell: func(r pointRow) book.Cell {
			return book.Cell{Value: value(r), Look: look, Formula: formula(r.row, r.rank.Complete)}
		}}
	}
	label := func(column string) string { return w.head("ranking", column) }
	return []column[pointRow]{
		{Head: label("verdict"), Width: 10, Style: book.Column{Marks: verdictMarks}, Cell: func(r pointRow) book.Cell { return centred(string(r.verdict.Verdict)) }},
		live("得分", 9, book.Points, func(r pointRow) any { return r.rank.Total }, w.total),
		live(label("rank"), 7, book.Centred, func(r pointRow) any {
			if !r.rank.Ranked {
				return "不排"
			}
			return r.rank.Rank.V
		}, func(row int, _ bool) string { return w.board.rank(row) }),
		live("下限", 8, book.Points, func(r pointRow) any { return r.rank.Lower }, w.lower),
		{Head: "上限", Width: 8, Cell: func(r pointRow) book.Cell {
			return book.Cell{Value: r.rank.Upper, Look: book.Points, Formula: w.upper(r.row, r.rank.Complete, r.known)}
		}},
		live("依据在案", 8, book.Share, func(r pointRow) any { return r.rank.Present }, func(row int, _ bool) string { return w.present(row) }),
		{Head: "参加排名", Width: 9, Cell: func(r pointRow) book.Cell {
			switch {
			case r.rank.Ranked:
				return centred(rankedYes)
			case r.verdict.Ranked && r.rank.Present < w.available:
				return centred(rankedGate)
			}
			return centred(rankedNo)
		}},
	}
}

// order are the last columns: what ranks are compared by, and what the run found.
func (w *workbook) order() []column[pointRow] {
	style := book.Column{Look: book.Promised}
	place := map[string]int{}
	for r := range w.Ranking.Ranking.All() {
		place[r.Submission] = len(place) + 1
	}
	return []column[pointRow]{
		{Head: "扣分", Width: 8, Style: style, Cell: func(r pointRow) book.Cell {
			return book.Cell{Value: r.rank.Deduction.V, Look: book.Points}
		}},
		{Head: "比较用得分", Width: 12, Style: style, Cell: func(r pointRow) book.Cell {
			c := book.Cell{Value: "", Look: book.Precise, Formula: w.rounded(r.row)}
			if r.rank.Ranked {
				c.Value = round(r.rank.Total)
			}
			return c
		}},
		{Head: "位次", Width: 8, Style: style, Cell: func(r pointRow) book.Cell {
			c := book.Cell{Value: "", Look: book.Integer, Formula: w.place(r.row)}
			if r.rank.Ranked {
				c.Value = place[r.submission.Submission]
			}
			return c
		}},
		{Head: "引擎得分", Width: 12, Style: style, Cell: func(r pointRow) book.Cell { return book.Cell{Value: r.rank.Total, Look: book.Precise} }},
		{Head: "运行名次", Width: 9, Style: style, Cell: func(r pointRow) book.Cell { return optional(r.rank.Rank, book.Integer) }},
	}
}

// evidence is 得分依据: every score down to the cells that it came from.
func (w *workbook) evidence(name string) error {
	byID := map[string]*templates.Evidence{}
	for _, p := range w.Definition.Rubric.Points() {
		for _, e := range p.Evidence {
			byID[p.ID+" "+e.ID] = e
		}
	}
	n := 0
	for s := range w.Ranking.Scores.All() {
		if s.Evidence != "" {
			n++
		}
	}
	of := func(s table.Score) *templates.Evidence { return byID[s.Point+" "+s.Evidence] }
	label := func(column string) string { return w.head("scores", column) }
	kinds := map[string]string{"level": "现状", "growth": "增长", "commitment": "承诺"}
	columns := append(who(w, func(s table.Score) string { return s.Submission }),
		column[table.Score]{Head: label("point"), Width: 8, Cell: func(s table.Score) book.Cell { return centred(s.Point) }},
		column[table.Score]{Head: label("evidence"), Width: 36, Cell: func(s table.Score) book.Cell { return words(of(s).Label) }},
		column[table.Score]{Head: label("kind"), Width: 8, Cell: func(s table.Score) book.Cell { return centred(kinds[s.Kind]) }},
		column[table.Score]{Head: "相对于", Width: 16, Cell: func(s table.Score) book.Cell { return words(of(s).Basis) }},
		column[table.Score]{Head: label("raw"), Width: 11, Cell: func(s table.Score) book.Cell { return optional(s.Raw, book.Decimal) }},
		column[table.Score]{Head: "单位", Width: 8, Cell: func(s table.Score) book.Cell { return centred(of(s).Unit) }},
		column[table.Score]{Head: label("normalised"), Width: 9, Style: book.Column{Scale: 1}, Cell: func(s table.Score) book.Cell { return optional(s.Normalised, book.Points) }},
		column[table.Score]{Head: label("weight"), Width: 9, Cell: func(s table.Score) book.Cell { return book.Cell{Value: s.Weight, Look: book.Decimal} }},
		column[table.Score]{Head: label("points"), Width: 9, Cell: func(s table.Score) book.Cell { return optional(s.Points, book.Points) }},
		column[table.Score]{Head: label("cells"), Width: 34, Cell: w.sourceLink},
		column[table.Score]{Head: label("note"), Width: 20, Cell: func(s table.Score) book.Cell { return words(s.Note) }},
	)
	printed := len(columns) // what follows is the same for every submission and printed with 观测点
	columns = append(columns,
		column[table.Score]{Head: label("method"), Width: 11, Cell: func(s table.Score) book.Cell { return mono(s.Method) }},
		column[table.Score]{Head: label("formula"), Width: 46, Cell: func(s table.Score) book.Cell { return book.Cell{Value: s.Formula, Look: book.Code} }},
	)
	remark := "得分＝权重×归一值。公式里的名称是栏目编号，prior、last、first、next、final 依次是" + w.yearNames() + "；归一方法见“观测点”表。"
	return book.Rows(w.report, book.Grid{Sheet: name, Remark: remark, Rows: n, Freeze: 3, Printed: printed}, func(yield func(table.Score) bool) {
		for s := range w.Ranking.Scores.All() {
			if s.Evidence != "" && !yield(s) {
				return
			}
		}
	}, columns)
}

func (w *workbook) yearNames() string {
	var out []string
	for _, y := range w.Definition.Form.Years {
		out = append(out, y.Label)
	}
	return strings.Join(out, "、")
}

// rubric is 观测点: official wording, weights, and what figures speak to.
func (w *workbook) rubric(name string) error {
	all := w.Definition.Rubric.Points()
	remark := w.Definition.Rubric.WeightsNote + "：原文没有权重和分值。percentile 是百分位（并列取平均），minmax 是（值－最小）÷（最大－最小），target 是值÷目标值；都归一到0—1。计算式里 prior、last、first、next、final 依次是" + w.yearNames() + "。"
	return rows(w, name, remark, 2, len(all), slices.Values(all), []column[*templates.Point]{
		{Head: w.head("scores", "point"), Width: 8, Cell: func(p *templates.Point) book.Cell { return centred(p.ID) }},
		{Head: "原文", Width: 70, Cell: func(p *templates.Point) book.Cell { return prose(p.Label) }},
		{Head: "所属指标", Width: 16, Cell: func(p *templates.Point) book.Cell { return words(p.Indicator.Label) }},
		{Head: "权重（分）", Width: 10, Cell: func(p *templates.Point) book.Cell { return number(p.Weight.InexactFloat64()) }},
		{Head: "等专家评的部分", Width: 10, Cell: func(p *templates.Point) book.Cell {
			return book.Cell{Value: p.ExpertShare.InexactFloat64(), Look: book.Share}
		}},
		{Head: "数据依据（占数据部分的比重）", Width: 70, Cell: func(p *templates.Point) book.Cell {
			var lines []string
			for _, e := range p.Evidence {
				lines = append(lines, fmt.Sprintf("%s（%s，%s）：%s％\n　＝ %s", e.Label, e.Basis, e.Method, e.Weight.Shift(2).Round(1), e.Expr))
			}
			if p.Deduction {
				lines = append(lines, "由专家酌情扣分")
			} else if lines == nil {
				lines = append(lines, "等专家评分")
			}
			return prose(strings.Join(lines, "\n"))
		}},
	})
}
