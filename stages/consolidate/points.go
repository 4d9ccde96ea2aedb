package consolidate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// method says how the ranking was made.
func (w *workbook) method() string {
	for r := range w.Ranking.Ranking.All() {
		return r.Method
	}
	return w.Definition.Rubric.WeightsNote
}

// how says in a sentence or two what the ranking rests on, and where there is a line, what it means to stand firmly.
func (w *workbook) how() string {
	first, _, _ := strings.Cut(w.method(), "；")
	out := first + "；" + w.Definition.Rubric.WeightsNote + "。"
	if !w.Standing.Complete() {
		return out + noLine
	}
	sure := share(table.Some(w.Definition.Rubric.Robustness.Sure.InexactFloat64()))
	out += fmt.Sprintf("拟遴选%d家，按运行权重；线内线外只是名次，入选由处里决定并登记。“%s”是在线内的机会（权重和专家一起抽）不低于%s、起决定作用的情景里、尺度去掉任何一家、登记认定专家的提议、待评的评满分时都不越线；"+
		"“%s”是恰有一样使它越线，“%s”不止一样，都写明是哪样。“距线”是与线内末位的分差。", w.choose(), table.Firmness["safe"], sure, table.Firmness["fairly"], table.Firmness["contested"])
	for c := range w.Ranking.Certificate.All() {
		out += c.Words + "。"
	}
	return out
}

// drawnBy is how an interval was drawn, which is told in 计分说明.md.
var drawnBy = regexp.MustCompile(`权重抽取.*$`)

// points is 观测点得分: what each submission earns at each point, live, and to the right the normalised values that it is made
// of. Everything that the formulas of a row need stands in that row, so that the sheet can be sorted.
func (w *workbook) pointScores(name string) error {
	standings := w.standings()
	all := func(yield func(pointRow) bool) {
		for i, s := range w.submissions {
			if !yield(pointRow{s, w.verdicts[i], w.ranks[s.Submission], standings[s.Submission], pointsFirst + i}) {
				return
			}
		}
	}
	lead := make([]book.Cell, w.colRunRank())
	lead[0] = book.Cell{Value: "满分", Look: book.Caption}
	for i := 1; i < firstPoint-1; i++ {
		lead[i].Look = book.Caption
	}
	columns := append([]book.ColumnOf[pointRow]{
		{Head: w.head("submissions", "submission"), Width: 14, Cell: func(r pointRow) book.Cell { return mono(r.submission.Submission) }},
		{Head: w.head("submissions", "city"), Width: 8, Cell: func(r pointRow) book.Cell { return centred(r.submission.City) }},
		{Head: w.head("submissions", "consortium"), Width: 36, Cell: func(r pointRow) book.Cell { return plain(w.name(r.submission.Submission)) }},
	}, w.totals()...)
	for i, p := range w.points {
		most := w.earn(p)
		lead[len(columns)] = book.Cell{Value: most, Look: book.Points, Formula: w.formula("%s", book.Range(sheetWeights)+book.Fixed(weightsFirst+i, weightColEarn))}
		value, top := slices.Index(w.earning, p), book.Fixed(pointsLead, len(columns)+1)
		columns = append(columns, book.ColumnOf[pointRow]{
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
			columns = append(columns, book.ColumnOf[pointRow]{Head: head, Width: 8, Style: book.Column{Scale: scale, Look: book.Promised}, Cell: func(r pointRow) book.Cell { return cell(r, p) }})
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
	remark := w.known(fmt.Sprintf("%s。各观测点是得分，最上一行是满分；“%s”要等专家评分，从不代填；“%s”是没有一项依据在案，不按0分计，由其余观测点按比例代表。改“%s”表，这里随即重算。右边黄色表头是算得分用的归一值（0—1）和依据在案的比重。观测点的原文和依据见%s，怎么得来见%s。",
		w.Definition.Rubric.WeightsNote, pointWaiting, pointLacking, sheetWeights, w.sheet("rubric"), w.sheet("evidence")))
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
func (w *workbook) totals() []book.ColumnOf[pointRow] {
	live := func(head string, width float64, look book.Look, value func(pointRow) any, formula func(row int, complete bool) string) book.ColumnOf[pointRow] {
		return book.ColumnOf[pointRow]{Head: head, Width: width, Cell: func(r pointRow) book.Cell {
			return book.Cell{Value: value(r), Look: look, Formula: formula(r.row, r.rank.Complete)}
		}}
	}
	label := func(column string) string { return w.head("ranking", column) }
	return []book.ColumnOf[pointRow]{
		{Head: label("verdict"), Width: 10, Style: book.Column{Marks: w.marks("verdict")}, Cell: func(r pointRow) book.Cell { return centred(string(r.verdict.Verdict)) }},
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
func (w *workbook) order() []book.ColumnOf[pointRow] {
	style := book.Column{Look: book.Promised}
	place := map[string]int{}
	for r := range w.Ranking.Ranking.All() {
		place[r.Submission] = len(place) + 1
	}
	return []book.ColumnOf[pointRow]{
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

// share writes a share for a person, rounded down: less than all is never 100.
func share(v table.Opt[float64]) string {
	if !v.Valid {
		return "－"
	}
	return table.Plain(table.Some(float64(int64(v.V*1000))/10)) + "％"
}
