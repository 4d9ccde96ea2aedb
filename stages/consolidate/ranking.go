package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

func rankID(r table.Rank) string { return r.Submission }

// ranking is 排名: ranked ones first, then the others with their provisional scores and why they are not ranked.
func (w *workbook) ranking(name string) error {
	label := func(column string) string { return w.head("ranking", column) }
	points := func(head string, value func(table.Rank) float64) column[table.Rank] {
		return column[table.Rank]{Head: head, Width: 13, Cell: func(r table.Rank) book.Cell { return book.Cell{Value: value(r), Look: book.Points} }}
	}
	chance := func(head string, value func(table.Rank) table.Opt[float64]) column[table.Rank] {
		return column[table.Rank]{Head: head, Width: 14, Style: book.Column{Scale: 1}, Cell: func(r table.Rank) book.Cell { return optional(value(r), book.Share) }}
	}
	columns := []column[table.Rank]{{Head: label("rank"), Width: 8, Cell: func(r table.Rank) book.Cell {
		if !r.Ranked {
			return book.Cell{Value: "不排", Look: book.Quiet}
		}
		return optional(r.Rank, book.Integer)
	}}}
	columns = append(columns, who(w, rankID)...)
	columns = append(columns,
		column[table.Rank]{Head: label("verdict"), Width: 10, Style: book.Column{Marks: verdictMarks}, Cell: func(r table.Rank) book.Cell { return word(r.Verdict) }},
		points(label("total"), func(r table.Rank) float64 { return r.Total }),
		points(label("total_lower"), func(r table.Rank) float64 { return r.Lower }),
		points(label("total_upper"), func(r table.Rank) float64 { return r.Upper }),
		points(label("possible"), func(r table.Rank) float64 { return r.Possible }),
		points(label("open"), func(r table.Rank) float64 { return r.Open }),
		column[table.Rank]{Head: label("tied"), Width: 7, Cell: func(r table.Rank) book.Cell { return yes(r.Tied) }},
		column[table.Rank]{Head: label("rank_low"), Width: 14, Cell: func(r table.Rank) book.Cell { return optional(r.RankLow, book.Integer) }},
		column[table.Rank]{Head: label("rank_high"), Width: 14, Cell: func(r table.Rank) book.Cell { return optional(r.RankHigh, book.Integer) }},
		chance(label("first_3"), func(r table.Rank) table.Opt[float64] { return r.First3 }),
		chance(label("first_4"), func(r table.Rank) table.Opt[float64] { return r.First4 }),
		chance(label("first_5"), func(r table.Rank) table.Opt[float64] { return r.First5 }),
		column[table.Rank]{Head: label("evidence_present"), Width: 13, Cell: func(r table.Rank) book.Cell { return book.Cell{Value: r.Present, Look: book.Share} }},
		column[table.Rank]{Head: label("unranked_reason"), Width: 40, Cell: func(r table.Rank) book.Cell { return text(r.Unranked) }},
	)
	return rows(w, name, w.method(), 4, w.Ranking.Ranking.Len(), w.Ranking.Ranking.All(), columns)
}

// method says how the ranking was made.
func (w *workbook) method() string {
	for r := range w.Ranking.Ranking.All() {
		return r.Method
	}
	return w.Definition.Rubric.WeightsNote
}

// scored is the points of one submission, by point.
type scored struct {
	submission string
	points     map[string]table.Score
}

// scores goes through the submissions with the rows of their points.
func (w *workbook) scores(yield func(scored) bool) {
	current := scored{}
	for s := range w.Ranking.Scores.All() {
		if s.Submission != current.submission {
			if current.points != nil && !yield(current) {
				return
			}
			current = scored{s.Submission, map[string]table.Score{}}
		}
		if s.Evidence == "" {
			current.points[s.Point] = s
		}
	}
	if current.points != nil {
		yield(current)
	}
}

// points is 观测点得分.
func (w *workbook) points(name string) error {
	const waiting, lacking = "待评", "缺依据"
	columns := who(w, func(s scored) string { return s.submission })
	columns = append(columns, column[scored]{Head: w.head("submissions", "verdict"), Width: 10, Style: book.Column{Marks: verdictMarks},
		Cell: func(s scored) book.Cell { return word(string(w.verdicts[w.index[s.submission]].Verdict)) }})
	for _, p := range w.Definition.Rubric.Points() {
		weight := p.Weight.InexactFloat64()
		columns = append(columns, column[scored]{
			Head: fmt.Sprintf("%s\n满分%s", p.ID, p.Weight), Width: 9, Style: book.Column{Scale: weight, Marks: []book.Mark{{Word: lacking, Tone: book.Caution}}},
			Cell: func(s scored) book.Cell {
				row := s.points[p.ID]
				switch {
				case row.Points.Valid:
					return book.Cell{Value: row.Points.V, Look: book.Points}
				case len(p.Evidence) == 0:
					return book.Cell{Value: waiting, Look: book.Quiet}
				}
				return book.Cell{Value: lacking, Look: book.Quiet}
			}})
	}
	remark := fmt.Sprintf("%s。分数只是数据能说明的部分；“%s”要等专家评分，从不代填；“%s”是该观测点没有一项依据在案，不按0分计。各观测点的原文和依据见“观测点”表，怎么得来见“得分依据”表。",
		w.Definition.Rubric.WeightsNote, waiting, lacking)
	return rows(w, name, remark, 4, len(w.submissions), w.scores, columns)
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
		column[table.Score]{Head: label("point"), Width: 8, Cell: func(s table.Score) book.Cell { return word(s.Point) }},
		column[table.Score]{Head: label("evidence"), Width: 28, Cell: func(s table.Score) book.Cell { return text(of(s).Label) }},
		column[table.Score]{Head: label("kind"), Width: 8, Cell: func(s table.Score) book.Cell { return word(kinds[s.Kind]) }},
		column[table.Score]{Head: "相对于", Width: 20, Cell: func(s table.Score) book.Cell { return text(of(s).Basis) }},
		column[table.Score]{Head: label("raw"), Width: 13, Cell: func(s table.Score) book.Cell { return optional(s.Raw, book.Decimal) }},
		column[table.Score]{Head: "单位", Width: 8, Cell: func(s table.Score) book.Cell { return word(of(s).Unit) }},
		column[table.Score]{Head: label("method"), Width: 11, Cell: func(s table.Score) book.Cell { return mono(s.Method) }},
		column[table.Score]{Head: label("normalised"), Width: 10, Style: book.Column{Scale: 1}, Cell: func(s table.Score) book.Cell { return optional(s.Normalised, book.Points) }},
		column[table.Score]{Head: label("weight"), Width: 10, Cell: func(s table.Score) book.Cell { return book.Cell{Value: s.Weight, Look: book.Decimal} }},
		column[table.Score]{Head: label("points"), Width: 10, Cell: func(s table.Score) book.Cell { return optional(s.Points, book.Points) }},
		column[table.Score]{Head: label("formula"), Width: 46, Cell: func(s table.Score) book.Cell { return mono(s.Formula) }},
		column[table.Score]{Head: label("cells"), Width: 40, Cell: func(s table.Score) book.Cell { return mono(s.Cells) }},
		column[table.Score]{Head: label("note"), Width: 36, Cell: func(s table.Score) book.Cell { return text(s.Note) }},
	)
	remark := "得分＝权重×归一值。公式里的名称是栏目编号，prior、last、first、next、final 依次是" + w.yearNames() + "；归一方法见“观测点”表。"
	return rows(w, name, remark, 3, n, func(yield func(table.Score) bool) {
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
	remark := w.Definition.Rubric.WeightsNote + "：原文没有权重和分值。percentile 是百分位（并列取平均），minmax 是（值－最小）÷（最大－最小），target 是值÷目标值；都归一到0—1。"
	return rows(w, name, remark, 2, len(all), slices.Values(all), []column[*templates.Point]{
		{Head: w.head("scores", "point"), Width: 8, Cell: func(p *templates.Point) book.Cell { return word(p.ID) }},
		{Head: "原文", Width: 70, Cell: func(p *templates.Point) book.Cell { return prose(p.Label) }},
		{Head: "所属指标", Width: 16, Cell: func(p *templates.Point) book.Cell { return text(p.Indicator.Label) }},
		{Head: "权重（分）", Width: 10, Cell: func(p *templates.Point) book.Cell { return number(p.Weight.InexactFloat64()) }},
		{Head: "等专家评的部分", Width: 10, Cell: func(p *templates.Point) book.Cell {
			return book.Cell{Value: p.ExpertShare.InexactFloat64(), Look: book.Share}
		}},
		{Head: "数据依据（占数据部分的比重）", Width: 70, Cell: func(p *templates.Point) book.Cell {
			var lines []string
			for _, e := range p.Evidence {
				lines = append(lines, fmt.Sprintf("%s（%s，%s）：%s％", e.Label, e.Basis, e.Method, e.Weight.Shift(2).Round(1)))
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
