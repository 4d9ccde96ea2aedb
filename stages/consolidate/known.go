package consolidate

import (
	"fmt"
	"math"
	"slices"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
)

// known puts how much of the scores is known before what a sheet says of itself.
func (w *workbook) known(remark string) string { return w.Standing.String() + "。" + remark }

// noLine is what stands where a line would, before the marks are in.
const noLine = "评齐之前不分线内线外，不说稳不稳，不算入围的机会，不出名单；名次只是数据部分暂列。"

// Words for where a submission stands to the line after the first k.
const (
	lineInside  = "线内"
	lineTied    = "并列跨线"
	lineOutside = "线外"
)

var (
	sides      = map[string]string{"inside": lineInside, "tied": lineTied, "outside": lineOutside}
	firmness   = map[string]string{"safe": "稳", "fairly": "较稳", "contested": "两可"}
	sideMarks  = []book.Mark{{Word: lineInside, Tone: book.Good}, {Word: lineTied, Tone: book.Caution}}
	standMarks = []book.Mark{{Word: lineInside + "，" + firmness["safe"], Tone: book.Good}, {Word: lineInside + "，" + firmness["fairly"], Tone: book.Good}, {Word: lineInside + "，" + firmness["contested"], Tone: book.Caution},
		{Word: lineTied + "，" + firmness["contested"], Tone: book.Caution}, {Word: lineOutside + "，" + firmness["contested"], Tone: book.Caution}}
	firmMarks = []book.Mark{{Word: firmness["safe"], Tone: book.Good}, {Word: firmness["fairly"], Tone: book.Good}, {Word: firmness["contested"], Tone: book.Caution}}
)

// standsAt says on which side of the line a submission stands and how firmly; a dash before there is a line.
func standsAt(r table.Rank) string {
	if firm := firmness[r.Firm]; firm != "" {
		return sides[r.Line] + "，" + firm
	}
	return orDash(sides[r.Line])
}

// placeOf says where a submission stands, in the words that are true so far.
func (w *workbook) placeOf(r table.Rank) string {
	if w.Standing.Complete() {
		return fmt.Sprintf("第%d名", r.Rank.V)
	}
	return fmt.Sprintf("数据部分暂列第%d名", r.Rank.V)
}

// totalHead heads a column of totals: what they are out of stands wherever they stand.
func (w *workbook) totalHead() string {
	for r := range w.Ranking.Ranking.All() {
		return fmt.Sprintf("得分（满%s）", table.Plain(table.Some(round(r.Possible))))
	}
	return "得分"
}

// inOrder lists the ranked in their order.
func (w *workbook) inOrder() []table.Rank {
	var out []table.Rank
	for r := range w.Ranking.Ranking.All() {
		if r.Ranked {
			out = append(out, r)
		}
	}
	return out
}

// near are the places around the line for which pairs are worked out.
func (w *workbook) near(ranked []table.Rank) []table.Rank {
	first, last := w.Definition.Rubric.Robustness.Window(w.choose())
	return slices.DeleteFunc(slices.Clone(ranked), func(r table.Rank) bool { return int(r.Rank.V) < first || int(r.Rank.V) > last })
}

// lead is what one's experts' points must exceed the other's by, to stand before it: rounded up, and whether that can be.
func lead(ahead, behind table.Rank) (float64, bool) {
	points := math.Ceil(round(ahead.Total-behind.Total)*100) / 100
	return points, points < behind.Open
}

// overtaking says what the open points would have to do for one submission to stand before another.
func (w *workbook) overtaking(ahead, behind table.Rank) string {
	points, possible := lead(ahead, behind)
	most := table.Plain(table.Some(round(behind.Open)))
	if !possible {
		return fmt.Sprintf("%s要超过%s，专家部分（满%s）全得满也不够", behind.Consortium, ahead.Consortium, most)
	}
	return fmt.Sprintf("%s要超过%s，专家部分须高出%.2f分（满%s）", behind.Consortium, ahead.Consortium, points, most)
}

// leads is 入选线 before the marks are in: what the experts' points would have to do for one to stand before another.
func (w *workbook) leads(name string) error {
	ranked := w.inOrder()
	all := w.near(ranked)
	columns := []column[table.Rank]{{Head: "数据部分暂列", Width: 8, Cell: func(r table.Rank) book.Cell { return optional(r.Rank, book.Centred) }}}
	columns = append(columns, who(w, rankID)...)
	columns = append(columns,
		column[table.Rank]{Head: w.totalHead(), Width: 12, Cell: func(r table.Rank) book.Cell { return book.Cell{Value: r.Total, Look: book.Points} }},
		column[table.Rank]{Head: "待专家评", Width: 9, Cell: func(r table.Rank) book.Cell { return book.Cell{Value: r.Open, Look: book.Points} }},
	)
	columns = append(columns, w.ranges()...)
	columns = append(columns, column[table.Rank]{Head: "要超过前一名", Width: 60, Cell: func(r table.Rank) book.Cell {
		i := slices.IndexFunc(ranked, func(x table.Rank) bool { return x.Submission == r.Submission })
		if i == 0 {
			return book.Cell{Value: "－", Look: book.Quiet}
		}
		return words(w.overtaking(ranked[i-1], r))
	}})
	for _, ahead := range all {
		columns = append(columns, column[table.Rank]{Head: fmt.Sprintf("超过第%d名须高出", ahead.Rank.V), Width: 9, Cell: func(r table.Rank) book.Cell {
			points, possible := lead(ahead, r)
			switch {
			case r.Rank.V <= ahead.Rank.V:
				return book.Cell{Look: book.Plain}
			case !possible:
				return book.Cell{Value: "不可能", Look: book.Quiet}
			}
			return book.Cell{Value: points, Look: book.Points}
		}})
	}
	remark := w.known(noLine + "右边各列：这一行的要排到那一名前面，专家部分要比它高出多少分。")
	if len(all) < len(ranked) {
		remark += fmt.Sprintf("只算第%d名前后的%d家，其余不算。", w.choose(), len(all))
	}
	return rows(w, name, remark, 4, len(all), slices.Values(all), columns)
}

// ranges are the columns of the ranks that a submission has where something is otherwise.
func (w *workbook) ranges() []column[table.Rank] {
	of := func(head string, ends func(table.Rank) (best, worst table.Opt[int32])) column[table.Rank] {
		return column[table.Rank]{Head: head, Width: 10, Cell: func(r table.Rank) book.Cell {
			return centred(between(ends(r)))
		}}
	}
	out := []column[table.Rank]{
		of("权重变动", func(r table.Rank) (a, b table.Opt[int32]) { return r.RankLow, r.RankHigh }),
		of("补齐缺失", func(r table.Rank) (a, b table.Opt[int32]) { return r.RankBest, r.RankWorst }),
		of("尺度去一家", func(r table.Rank) (a, b table.Opt[int32]) { return r.ScaleBest, r.ScaleWorst }),
		of("换方法", func(r table.Rank) (a, b table.Opt[int32]) { return r.MethodBest, r.MethodWorst }),
		of("去一点", func(r table.Rank) (a, b table.Opt[int32]) { return r.LeaveBest, r.LeaveWorst }),
	}
	if w.Standing.Complete() {
		out = append(out, of("换专家", func(r table.Rank) (a, b table.Opt[int32]) { return r.ExpertLow, r.ExpertHigh }))
	}
	return out
}

// between writes a range of ranks.
func between(best, worst table.Opt[int32]) string {
	if !best.Valid {
		return "－"
	}
	return fmt.Sprintf("%d–%d", best.V, worst.V)
}
