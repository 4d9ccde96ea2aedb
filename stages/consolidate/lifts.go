package consolidate

import (
	"fmt"
	"slices"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// reached says how many figures would have to be the best, by the last step.
func reached(last table.Lift) book.Cell {
	switch {
	case last.Step == 0:
		return book.Cell{Value: "－", Look: book.Quiet}
	case !last.Inside:
		return centred("都达到也不够")
	}
	return book.Cell{Value: last.Step, Look: book.Link, Link: book.CellLink(sheetLifts, "A1")}
}

// lifts is 入选条件: what would have to be true for one outside the line to be chosen, figure by figure.
func (w *workbook) lifts(name string) error {
	var all []table.Lift
	ranks, scores := map[string]table.Rank{}, map[[2]string]table.Score{}
	var outside []string // by rank
	for _, r := range w.inOrder() {
		ranks[r.Submission] = r
		if int(r.Rank.V) > w.choose() {
			outside = append(outside, r.Submission)
		}
	}
	last := w.lastInside(w.inOrder())
	told := map[string]bool{}
	for l := range w.Ranking.Lifts.All() {
		all = append(all, l)
		told[l.Submission] = true
	}
	for s := range w.Ranking.Scores.All() {
		if told[s.Submission] {
			scores[[2]string{s.Submission, s.Evidence}] = s
		}
	}
	slices.SortStableFunc(all, func(a, b table.Lift) int {
		return slices.Index(outside, a.Submission) - slices.Index(outside, b.Submission)
	})
	evidence := func(l table.Lift) *templates.Evidence {
		return w.evidenceOf(scores[[2]string{l.Submission, l.Evidence}])
	}
	amount := func(l table.Lift, v table.Opt[float64]) string {
		switch {
		case !v.Valid:
			return "缺"
		case l.Evidence == "":
			return table.Plain(table.Some(round2(v.V))) + "分"
		}
		return sized(evidence(l), v.V)
	}
	columns := append([]column[table.Lift]{
		{Head: w.head("ranking", "rank"), Width: 7, Cell: func(l table.Lift) book.Cell { return optional(ranks[l.Submission].Rank, book.Centred) }},
	}, who(w, func(l table.Lift) string { return l.Submission })...)
	columns = append(columns,
		column[table.Lift]{Head: "距线", Width: 10, Cell: func(l table.Lift) book.Cell {
			return book.Cell{Value: round(ranks[l.Submission].Total - last), Look: book.Points}
		}},
		column[table.Lift]{Head: w.head("lifts", "step"), Width: 7, Cell: func(l table.Lift) book.Cell { return count(l.Step) }},
		column[table.Lift]{Head: w.head("lifts", "point"), Width: 8, Cell: func(l table.Lift) book.Cell { return centred(l.Point) }},
		column[table.Lift]{Head: "要达到各家最好的数", Width: 28, Cell: func(l table.Lift) book.Cell {
			if l.Evidence == "" {
				return words("专家评分")
			}
			return words(evidence(l).Label)
		}},
		column[table.Lift]{Head: w.head("lifts", "raw"), Width: 12, Cell: func(l table.Lift) book.Cell { return centred(amount(l, l.Raw)) }},
		column[table.Lift]{Head: w.head("lifts", "best"), Width: 12, Cell: func(l table.Lift) book.Cell { return centred(amount(l, table.Some(l.Best))) }},
		column[table.Lift]{Head: "相对于", Width: 16, Cell: func(l table.Lift) book.Cell {
			if l.Evidence == "" {
				return centred("")
			}
			return words(evidence(l).Basis)
		}},
		column[table.Lift]{Head: w.head("lifts", "best_of"), Width: 26, Cell: func(l table.Lift) book.Cell { return words(w.of(l.BestOf).Consortium) }},
		column[table.Lift]{Head: w.head("lifts", "gain"), Width: 8, Cell: func(l table.Lift) book.Cell { return book.Cell{Value: l.Gain, Look: book.Points} }},
		column[table.Lift]{Head: w.head("lifts", "total"), Width: 10, Cell: func(l table.Lift) book.Cell { return book.Cell{Value: l.Total, Look: book.Points} }},
		column[table.Lift]{Head: w.head("lifts", "inside"), Width: 8, Style: book.Column{Marks: []book.Mark{{Word: "是", Tone: book.Good}}}, Cell: func(l table.Lift) book.Cell { return yes(l.Inside) }},
		column[table.Lift]{Head: "原表位置", Width: 16, Cell: func(l table.Lift) book.Cell {
			if l.Evidence == "" {
				return centred("")
			}
			return w.sourceLink(scores[[2]string{l.Submission, l.Evidence}])
		}},
	)
	remark := fmt.Sprintf("线外各家要进到线内，得有哪些事成立：把增分最多的数依次换成参加排名的各家中最好的，换到得分高于线内末位（%.2f分）为止。按运行权重和遴选%d家；别家的数和尺度按不动算。"+
		"用来看差在哪里，不改变得分。“承诺”只是许诺，不是已有的成绩。", last, w.choose())
	switch {
	case !w.Standing.Complete():
		remark = noLine + "差在哪里，看“" + sheetLine + "”和“" + sheetDuel + "”。"
	case len(outside) == 0:
		remark = "没有参加排名而在线外的申报。"
	case len(told) < len(outside):
		remark += fmt.Sprintf("线外共%d家，只列离入选线最近的%d家。", len(outside), len(told))
	}
	return rows(w, name, w.known(remark), 4, len(all), slices.Values(all), columns)
}
