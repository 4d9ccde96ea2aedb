package consolidate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
)

// Earlier is the run that this one is compared with.
type Earlier struct {
	Date       string
	Definition map[string]string // sha256 of its definition files
	Complete   bool              // all marks were in: it had a line
}

// crossing says whether a rank passed the line, and which way; before both rounds were marked there was none.
func (w *workbook) crossing(c table.Change) string {
	if c.Kind != table.RankChanged || !w.Standing.Complete() || w.Earlier == nil || !w.Earlier.Complete {
		return ""
	}
	inside := func(rank table.Opt[float64]) bool { return rank.Valid && int(rank.V) <= w.choose() }
	switch was, is := inside(c.BeforeNumber), inside(c.AfterNumber); {
	case was == is:
		return ""
	case is:
		return "进到线内"
	}
	return "退出线内"
}

// changes is 本次变化: what is different from the run before, and what moved the scores.
func (w *workbook) changes(name string) error {
	label := func(column string) string { return w.head("changes", column) }
	why := w.why()
	columns := append([]column[table.Change]{
		{Head: label("kind"), Width: 16, Style: book.Column{Marks: changeMarks}, Cell: func(c table.Change) book.Cell { return centred(c.Kind.Label()) }},
	}, who(w, func(c table.Change) string { return c.Submission })...)
	// A submission that is gone is not among those of this run.
	columns[2].Cell = func(c table.Change) book.Cell { return centred(c.City) }
	columns[3].Cell = func(c table.Change) book.Cell { return words(c.Consortium) }
	columns = append(columns,
		column[table.Change]{Head: label("label"), Width: 32, Cell: func(c table.Change) book.Cell { return words(c.Label) }},
		column[table.Change]{Head: label("before"), Width: 24, Cell: func(c table.Change) book.Cell { return words(c.Before) }},
		column[table.Change]{Head: label("after"), Width: 24, Cell: func(c table.Change) book.Cell { return words(c.After) }},
		column[table.Change]{Head: "变动", Width: 11, Cell: func(c table.Change) book.Cell {
			if !c.BeforeNumber.Valid || !c.AfterNumber.Valid {
				return book.Cell{Look: book.Plain}
			}
			moved := round(c.AfterNumber.V - c.BeforeNumber.V)
			return book.Cell{Value: moved, Look: book.Number(moved)}
		}},
		column[table.Change]{Head: "为什么变（得分、名次、结论）", Width: 44, Cell: func(c table.Change) book.Cell {
			return words(strings.TrimPrefix(w.crossing(c)+"："+why(c), "："))
		}},
		column[table.Change]{Head: "位置", Width: 16, Cell: func(c table.Change) book.Cell {
			if c.Sheet == "" {
				return centred("")
			}
			return w.placed(c.Submission, c.Sheet, c.Cell)
		}},
	)
	remark := "本次运行没有与上一次相比（run --previous 上次的结果文件夹；会议版也可以）。"
	var shown []table.Change
	different := 0
	for c := range w.Changes.All() {
		switch {
		case c.Kind == table.TotalStep: // told with the total, and on 得分变动
			continue
		case slices.Contains([]table.ChangeKind{table.NotResent, table.ResentUnchanged, table.FindingOpen}, c.Kind):
		case c.Kind == table.FindingExplained && c.Before == c.After: // in the last round
		default:
			different++
		}
		shown = append(shown, c)
	}
	passes := func(c table.Change) int { return min(len(w.crossing(c)), 1) }
	slices.SortStableFunc(shown, func(a, b table.Change) int { return passes(b) - passes(a) }) // the line comes first
	if w.Earlier != nil {
		when := ""
		if w.Earlier.Date != "" {
			when = "（" + w.Earlier.Date + "）"
		}
		remark = fmt.Sprintf("与上一次运行%s相比，%d处不同（没有重报的、仍未解决的、早已说明的也列出，不算在内）。%s%s", when, different, w.definitionChanges(), w.causes())
		var passed []string
		for _, c := range shown {
			if passes(c) == 0 {
				break
			}
			passed = append(passed, fmt.Sprintf("%s%s（%s→%s）", c.Consortium, w.crossing(c), c.Before, c.After))
		}
		if passed != nil {
			remark = fmt.Sprintf("拟遴选%d家的线：%s。%s", w.choose(), strings.Join(passed, "、"), remark)
		}
	}
	return rows(w, name, remark, 4, len(shown), slices.Values(shown), columns)
}

var changeMarks = []book.Mark{{Word: table.FindingNew.Label(), Tone: book.Bad}, {Word: table.FindingReopened.Label(), Tone: book.Bad}, {Word: table.FindingOpen.Label(), Tone: book.Caution},
	{Word: table.FindingClosed.Label(), Tone: book.Good}, {Word: table.FindingExplained.Label(), Tone: book.Good}, {Word: table.VerdictChanged.Label(), Tone: book.Info},
	{Word: table.TotalChanged.Label(), Tone: book.Info}, {Word: table.RankChanged.Label(), Tone: book.Info}}

// movers says what a change of a definition file moves.
var movers = []struct{ prefix, moves string }{{"rubric", "权重或计分办法"}, {"rules", "检查规则"}, {"form", "表单"}, {"directory", "指导目录、期限或遴选家数"}, {"register", "登记项目的作用"}}

// moved lists what of the definition changed since the run before.
func (w *workbook) moved() []string {
	var out []string
	if w.Earlier == nil {
		return nil
	}
	for _, m := range movers {
		for file, sum := range w.Definition.Sources {
			base := file[strings.LastIndex(file, "/")+1:]
			if before, was := w.Earlier.Definition[file]; strings.HasPrefix(base, m.prefix) && (!was || before != sum) && !slices.Contains(out, m.moves) {
				out = append(out, m.moves)
			}
		}
	}
	return out
}

func (w *workbook) definitionChanges() string {
	if moved := w.moved(); moved != nil {
		return "定义也改过：" + strings.Join(moved, "、") + "。"
	}
	return "定义没有改动。"
}

// causes counts the submissions whose total each cause moved.
func (w *workbook) causes() string {
	moved := map[table.Cause]int{}
	for c := range w.Changes.All() {
		if c.Kind == table.TotalStep {
			moved[table.Cause(c.Causes)]++
		}
	}
	var out []string
	for _, cause := range moving {
		if n := moved[cause]; n > 0 {
			out = append(out, fmt.Sprintf("%s%d家", cause.Label(), n))
		}
	}
	if out == nil {
		return "得分没有变。"
	}
	return "得分变动的原因：" + strings.Join(out, "、") + "，逐家见“" + sheetMoves + "”。"
}

// moving are all causes, as the workbook lists them.
var moving = append(slices.Clone(table.Causes), table.CauseForm)

// why says of a change what made it: of a total the points of each cause, of a verdict what turned it.
func (w *workbook) why() func(table.Change) string {
	steps := map[string][]string{}
	for c := range w.Changes.All() {
		if c.Kind == table.TotalStep {
			step := fmt.Sprintf("%s%+.2f", table.Cause(c.Causes).Label(), c.AfterNumber.V-c.BeforeNumber.V)
			if c.Because != "" {
				step += "（" + c.Because + "）"
			}
			steps[c.Submission] = append(steps[c.Submission], step)
		}
	}
	out := map[string]string{} // of the ranking now, why
	for r := range w.Ranking.Ranking.All() {
		if !r.Rank.Valid {
			out[r.Submission] = r.Unranked
		}
	}
	return func(c table.Change) string {
		switch c.Kind {
		case table.VerdictChanged:
			var out []string
			for _, cause := range strings.Fields(c.Causes) {
				out = append(out, turned[table.Cause(cause)])
			}
			return strings.Join(out, "；")
		case table.TotalChanged:
			if out[c.Submission] != "" {
				return "不参加排名，得分只作对照：" + strings.Join(steps[c.Submission], "；")
			}
			return strings.Join(steps[c.Submission], "；")
		case table.RankChanged:
			switch {
			case !c.AfterNumber.Valid && out[c.Submission] != "":
				return out[c.Submission]
			case !c.BeforeNumber.Valid:
				return "上轮不参加排名，本轮参加"
			}
			if own := steps[c.Submission]; own != nil {
				return strings.TrimSuffix("自己的得分变了："+strings.Join(own, "；")+"。"+c.Because, "。")
			}
			return "自己的得分没有变。" + c.Because
		}
		return ""
	}
}

// turned says what turns a verdict.
var turned = map[table.Cause]string{table.CauseRegister: "登记变了", table.CauseOwn: "报送的内容或说明变了", table.CauseRules: "规则或目录改了", table.CauseForm: "表单改了，分不清是数据还是规则"}

// scoreMove is one submission whose total moved.
type scoreMove struct {
	row   int // of the sheet
	total table.Change
	rank  [2]table.Opt[float64] // before and now; none: not ranked
	steps map[table.Cause]float64
}

// moves is 得分变动: what moved each total, cause by cause; the parts add up to the whole.
func (w *workbook) moves(name string) error {
	var all []*scoreMove
	at := map[string]*scoreMove{}
	for c := range w.Changes.All() {
		switch c.Kind {
		case table.TotalChanged:
			m := &scoreMove{total: c, steps: map[table.Cause]float64{}}
			at[c.Submission], all = m, append(all, m)
		case table.TotalStep:
			at[c.Submission].steps[table.Cause(c.Causes)] = c.AfterNumber.V - c.BeforeNumber.V
		}
	}
	for r := range w.Ranking.Ranking.All() {
		if m := at[r.Submission]; m != nil {
			now := table.Opt[float64]{V: float64(r.Rank.V), Valid: r.Rank.Valid}
			m.rank = [2]table.Opt[float64]{now, now}
		}
	}
	for c := range w.Changes.All() {
		if m := at[c.Submission]; m != nil && c.Kind == table.RankChanged {
			m.rank[0] = c.BeforeNumber
		}
	}
	slices.SortStableFunc(all, func(a, b *scoreMove) int { return cmp.Compare(math.Abs(b.moved()), math.Abs(a.moved())) })
	for i, m := range all {
		m.row = i + 3
	}
	columns := who(w, func(m *scoreMove) string { return m.total.Submission })
	columns = append(columns, column[*scoreMove]{Head: "上轮得分", Width: 10, Cell: func(m *scoreMove) book.Cell { return book.Cell{Value: m.total.BeforeNumber.V, Look: book.Points} }})
	first := len(columns)
	for _, cause := range moving {
		if !slices.ContainsFunc(all, func(m *scoreMove) bool { return m.steps[cause] != 0 }) {
			continue
		}
		columns = append(columns, column[*scoreMove]{Head: cause.Label(), Width: 11, Style: book.Column{Signed: true}, Cell: func(m *scoreMove) book.Cell {
			if v, ok := m.steps[cause]; ok {
				return book.Cell{Value: v, Look: book.Gain}
			}
			return book.Cell{Look: book.Gain}
		}})
	}
	last := len(columns)
	columns = append(columns,
		column[*scoreMove]{Head: "本轮得分", Width: 10, Cell: func(m *scoreMove) book.Cell {
			return book.Cell{Value: m.total.AfterNumber.V, Look: book.Points, Formula: fmt.Sprintf("SUM(%s:%s)", model.CellName(m.row, first), model.CellName(m.row, last))}
		}},
		column[*scoreMove]{Head: "变动", Width: 10, Style: book.Column{Signed: true}, Cell: func(m *scoreMove) book.Cell {
			return book.Cell{Value: m.moved(), Look: book.Gain, Formula: fmt.Sprintf("%s-%s", model.CellName(m.row, last+1), model.CellName(m.row, first))}
		}},
		column[*scoreMove]{Head: "上轮名次", Width: 9, Cell: func(m *scoreMove) book.Cell { return placed(m.rank[0]) }},
		column[*scoreMove]{Head: "本轮名次", Width: 9, Cell: func(m *scoreMove) book.Cell { return placed(m.rank[1]) }},
	)
	remark := "没有得分变动：本次没有与上一次相比，或者各家得分都没有变。"
	if len(all) > 0 {
		remark = "得分为什么变：从上轮得分起，依次把一样换成本轮的再算一遍，每换一样差多少就记在哪一列，各列相加等于本轮得分。" +
			"本申报的数：只换这一家的数，尺度不动。定标的各家：尺度按本轮参加排名的各家重定（别家的数变了，或者有的进、有的出）。" +
			"登记（谁已入选）、专家评分、规则和目录（决定谁参加排名）、权重和计分办法依次换上。没有起作用的原因不列。变动大的在前；新增的和本轮没有的不在内。"
	}
	return rows(w, name, remark, 3, len(all), slices.Values(all), columns)
}

func (m *scoreMove) moved() float64 { return m.total.AfterNumber.V - m.total.BeforeNumber.V }

// placed is a rank, or that there is none.
func placed(rank table.Opt[float64]) book.Cell {
	if !rank.Valid {
		return centred("不排")
	}
	return book.Cell{Value: rank.V, Look: book.Integer}
}
