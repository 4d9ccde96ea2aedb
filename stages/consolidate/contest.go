package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
)

// line is 入选线: who is firmly inside or outside, who is not and why, and what would make two change places.
func (w *workbook) line(name string) error {
	if !w.Standing.Complete() {
		return w.leads(name)
	}
	swaps := map[string][]table.Swap{}
	for s := range w.Ranking.Swaps.All() {
		swaps[s.Outside] = append(swaps[s.Outside], s)
		swaps[s.Inside] = append(swaps[s.Inside], s)
	}
	all := w.inOrder()
	steps := map[string]table.Lift{} // the last of each
	for l := range w.Ranking.Lifts.All() {
		steps[l.Submission] = l
	}
	last := w.lastInside(all)
	columns := []column[table.Rank]{{Head: w.head("ranking", "rank"), Width: 7, Cell: func(r table.Rank) book.Cell { return optional(r.Rank, book.Centred) }}}
	columns = append(columns, who(w, rankID)...)
	columns = append(columns,
		column[table.Rank]{Head: w.totalHead(), Width: 12, Cell: func(r table.Rank) book.Cell { return book.Cell{Value: r.Total, Look: book.Points} }},
		column[table.Rank]{Head: "距线", Width: 10, Cell: func(r table.Rank) book.Cell { return book.Cell{Value: round(r.Total - last), Look: book.Points} }},
		column[table.Rank]{Head: w.head("ranking", "line"), Width: 10, Style: book.Column{Marks: sideMarks}, Cell: func(r table.Rank) book.Cell { return centred(w.side(r)) }},
		column[table.Rank]{Head: w.head("ranking", "firm"), Width: 8, Style: book.Column{Marks: firmMarks}, Cell: func(r table.Rank) book.Cell { return centred(firmness[r.Firm]) }},
		column[table.Rank]{Head: w.head("ranking", "line_reason"), Width: 44, Cell: func(r table.Rank) book.Cell { return words(strings.ReplaceAll(r.LineReason, "；", "\n")) }},
		column[table.Rank]{Head: "要与对面换位，权重至少要改多少", Width: 80, Cell: func(r table.Rank) book.Cell {
			var each []string
			for _, s := range swaps[r.Submission] {
				each = append(each, s.Words)
			}
			return words(strings.Join(each, "\n"))
		}},
		column[table.Rank]{Head: "要有几个数达到各家最好", Width: 12, Cell: func(r table.Rank) book.Cell { return reached(steps[r.Submission]) }},
	)
	columns = append(columns, w.ranges()...)
	columns = append(columns,
		column[table.Rank]{Head: w.head("ranking", "first_k"), Width: 10, Style: book.Column{Scale: 1}, Cell: func(r table.Rank) book.Cell { return optional(r.FirstK, book.Share) }},
	)
	remark := w.known(fmt.Sprintf("拟遴选%d家，按运行权重；线内线外只是名次，入选由处里决定并登记。“%s”是在线内的机会（权重和专家一起抽）不低于%s、起决定作用的情景里、尺度去掉任何一家、登记认定专家的提议、待评的评满分时都不越线；“%s”是恰有一样使它越线，“%s”不止一样，都写明是哪样。"+
		"“距线”是与线内末位的分差。两家逐点比较见“%s”，线外的差在哪些数上见“%s”。", w.choose(), firmness["safe"], share(table.Some(w.Definition.Rubric.Robustness.Sure.InexactFloat64())), firmness["fairly"], firmness["contested"], sheetDuel, sheetLifts))
	for c := range w.Ranking.Certificate.All() {
		remark += c.Words + "。"
	}
	return rows(w, name, remark, 4, len(all), slices.Values(all), columns)
}

// lastInside is the total of the last one inside the line.
func (w *workbook) lastInside(ranked []table.Rank) float64 {
	last := 0.0
	for _, r := range ranked {
		if int(r.Rank.V) <= w.choose() {
			last = r.Total
		}
	}
	return last
}

// scenarios is 换一种方法: the rank of each submission under each other way to rank.
func (w *workbook) scenarios(name string) error {
	ranks, ids := map[[2]string]int32{}, []string{}
	for s := range w.Ranking.Scenarios.All() {
		if !slices.Contains(ids, s.Scenario) {
			ids = append(ids, s.Scenario)
		}
		ranks[[2]string{s.Scenario, s.Submission}] = s.Rank
	}
	all, k, colours := w.inOrder(), 0, ""
	if w.Standing.Complete() {
		k, colours = w.choose(), fmt.Sprintf("绿色是前%d名。", w.choose())
	}
	columns := who(w, rankID)
	for _, id := range ids {
		columns = append(columns, column[table.Rank]{Head: w.scenario(id), Width: 8, Style: book.Column{Rank: k}, Cell: func(r table.Rank) book.Cell {
			if rank, ok := ranks[[2]string{id, r.Submission}]; ok {
				return count(rank)
			}
			return book.Cell{Look: book.Plain}
		}})
	}
	remark := w.known("各列是换一种做法后的名次，每次只换一处；带*的决定稳不稳，其余只供参考。" + colours + "由数据得出的权重（熵权、主成分）在二十份左右的小样本里不稳，只作对照，从不作正式权重。")
	return rows(w, name, remark, 3, len(all), slices.Values(all), columns)
}

// scenario is how a person calls a scenario.
func (w *workbook) scenario(id string) string {
	if id == "base" {
		return "本次运行"
	}
	if point, ok := strings.CutPrefix(id, "without_"); ok {
		return "去掉\n" + point
	}
	for _, s := range w.Definition.Rubric.Scenarios {
		if s.ID == id && s.Decides {
			return s.Label + "*"
		}
		if s.ID == id {
			return s.Label
		}
	}
	return id
}

// credibility is 承诺可信度: promises that grow faster than what was achieved and than the peers promise.
func (w *workbook) credibility(name string) error {
	var all []table.Growth
	total := 0
	for g := range w.Ranking.Credibility.All() {
		total++
		if g.Flag == "verify" {
			all = append(all, g)
		}
	}
	units := map[string]string{"percent": "％/年", "points": "百分点/年"}
	rate := func(column2 string, value func(table.Growth) table.Opt[float64]) column[table.Growth] {
		return column[table.Growth]{Head: w.head("credibility", column2), Width: 12, Cell: func(g table.Growth) book.Cell { return optional(value(g), book.Points) }}
	}
	columns := append(who(w, func(g table.Growth) string { return g.Submission }),
		column[table.Growth]{Head: w.head("credibility", "indicator"), Width: 32, Cell: func(g table.Growth) book.Cell { return words(w.Definition.Label(g.Indicator)) }},
		column[table.Growth]{Head: "单位", Width: 10, Cell: func(g table.Growth) book.Cell { return centred(units[g.Measure]) }},
		rate("achieved", func(g table.Growth) table.Opt[float64] { return g.Achieved }),
		rate("promised", func(g table.Growth) table.Opt[float64] { return g.Promised }),
		rate("peers_promised", func(g table.Growth) table.Opt[float64] { return g.PeersPromised }),
		rate("peers_upper", func(g table.Growth) table.Opt[float64] { return g.PeersUpper }),
		column[table.Growth]{Head: w.head("credibility", "note"), Width: 50, Cell: func(g table.Growth) book.Cell { return words(g.Note) }},
		column[table.Growth]{Head: "单元格", Width: 28, Cell: func(g table.Growth) book.Cell { return mono(g.Cells) }},
	)
	remark := fmt.Sprintf("%d项承诺中，%d项的增长既高于已实现的增长，也高于同批多数申报的承诺，请核实。只提示，不影响得分。全部见 data/credibility。", total, len(all))
	return rows(w, name, remark, 3, len(all), slices.Values(all), columns)
}

// opinions is 专家评分: what the experts' marks come to, by submission and point; comments beside them.
func (w *workbook) opinions(name string) error {
	n := w.Ranking.Marks.Len()
	label := func(column string) string { return w.head("marks", column) }
	columns := append([]column[table.Mark]{
		{Head: label("expert"), Width: 10, Cell: func(m table.Mark) book.Cell { return mono(m.Expert) }},
	}, who(w, func(m table.Mark) string { return m.Submission })...)
	columns = append(columns,
		column[table.Mark]{Head: label("point"), Width: 8, Cell: func(m table.Mark) book.Cell { return centred(m.Point) }},
		column[table.Mark]{Head: label("kind"), Width: 10, Cell: func(m table.Mark) book.Cell { return centred(markKinds[m.Kind]) }},
		column[table.Mark]{Head: label("value"), Width: 9, Cell: func(m table.Mark) book.Cell { return optional(m.Value, book.Decimal) }},
		column[table.Mark]{Head: label("status"), Width: 12, Style: book.Column{Marks: markMarks}, Cell: func(m table.Mark) book.Cell { return centred(markStatus[m.Status]) }},
		column[table.Mark]{Head: label("comment"), Width: 36, Cell: func(m table.Mark) book.Cell { return words(m.Comment) }},
		column[table.Mark]{Head: label("note"), Width: 24, Cell: func(m table.Mark) book.Cell { return words(m.Note) }},
		column[table.Mark]{Head: label("file"), Width: 27, Cell: func(m table.Mark) book.Cell { return words(m.File) }},
		column[table.Mark]{Head: label("cell"), Width: 32, Cell: func(m table.Mark) book.Cell { return mono(m.Sheet + "!" + m.Cell) }},
	)
	remark := "专家只以编号出现。去掉的最高最低分、回避的、未填的都列出，各起什么作用见“" + label("status") + "”。"
	if n == 0 {
		remark = "本次运行没有读入专家评分表（run --marks 文件夹）。"
	}
	return rows(w, name, remark, 1, n, w.Ranking.Marks.All(), columns)
}

var (
	markKinds  = map[string]string{table.MarkPoint: "评分", table.MarkDeduction: "提议扣分", table.MarkVeto: "提议不予立项"}
	markStatus = map[string]string{table.MarkCounted: "计入", table.MarkDropped: "去掉", table.MarkConflict: "回避", table.MarkUnfilled: "未填", table.MarkInvalid: "无效", table.MarkUnknown: "对不上"}
	markMarks  = []book.Mark{{Word: "未填", Tone: book.Caution}, {Word: "无效", Tone: book.Bad}, {Word: "对不上", Tone: book.Bad}, {Word: "回避", Tone: book.Info}}
)
