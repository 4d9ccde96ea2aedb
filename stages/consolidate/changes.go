package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages"
	"lianheti/stages/book"
	"lianheti/stages/table"
)

// Earlier is the run that this one is compared with.
type Earlier struct {
	Date       string
	Definition map[string]string // sha256 of its definition files
}

// changes is 本次变化: what is different from the run before, and what moved the scores.
func (w *workbook) changes(name string) error {
	label := func(column string) string { return w.head("changes", column) }
	cause := w.causes()
	columns := append([]column[table.Change]{
		{Head: label("kind"), Width: 18, Style: book.Column{Marks: changeMarks}, Cell: func(c table.Change) book.Cell { return word(c.Kind.Label()) }},
	}, who(w, func(c table.Change) string { return c.Submission })...)
	// A submission that is gone is not among those of this run.
	columns[2].Cell = func(c table.Change) book.Cell { return word(c.City) }
	columns[3].Cell = func(c table.Change) book.Cell { return text(c.Consortium) }
	columns = append(columns,
		column[table.Change]{Head: label("label"), Width: 44, Cell: func(c table.Change) book.Cell { return text(c.Label) }},
		column[table.Change]{Head: label("before"), Width: 24, Cell: func(c table.Change) book.Cell { return text(c.Before) }},
		column[table.Change]{Head: label("after"), Width: 24, Cell: func(c table.Change) book.Cell { return text(c.After) }},
		column[table.Change]{Head: "变动", Width: 11, Cell: func(c table.Change) book.Cell {
			if !c.BeforeNumber.Valid || !c.AfterNumber.Valid {
				return book.Cell{Look: book.Plain}
			}
			return book.Cell{Value: round(c.AfterNumber.V - c.BeforeNumber.V), Look: book.Decimal}
		}},
		column[table.Change]{Head: "为什么变（得分、名次、结论）", Width: 46, Cell: func(c table.Change) book.Cell {
			switch c.Kind {
			case table.TotalChanged, table.RankChanged, table.VerdictChanged:
				return text(cause(c.Submission))
			}
			return text("")
		}},
		column[table.Change]{Head: "位置", Width: 16, Cell: func(c table.Change) book.Cell {
			if c.Sheet == "" {
				return word("")
			}
			return w.placed(c.Submission, c.Sheet, c.Cell)
		}},
	)
	remark := "本次运行没有与上一次相比（run --previous 上次的结果文件夹；会议版也可以）。"
	if w.Earlier != nil {
		when := ""
		if w.Earlier.Date != "" {
			when = "（" + w.Earlier.Date + "）"
		}
		remark = fmt.Sprintf("与上一次运行%s相比，%d处不同。%s", when, w.Changes.Len(), w.definitionChanges())
	}
	return rows(w, name, remark, 4, w.Changes.Len(), w.Changes.All(), columns)
}

var changeMarks = []book.Mark{{Word: table.FindingNew.Label(), Tone: book.Bad}, {Word: table.FindingReopened.Label(), Tone: book.Bad}, {Word: table.FindingOpen.Label(), Tone: book.Caution},
	{Word: table.FindingClosed.Label(), Tone: book.Good}, {Word: table.FindingExplained.Label(), Tone: book.Good}, {Word: table.VerdictChanged.Label(), Tone: book.Info},
	{Word: table.TotalChanged.Label(), Tone: book.Info}, {Word: table.RankChanged.Label(), Tone: book.Info}}

// movers says what a change of a definition file moves.
var movers = []struct{ prefix, moves string }{{"rubric", "权重或计分办法"}, {"rules", "检查规则"}, {"form", "表单"}, {"directory", "指导目录、期限或遴选家数"}}

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
	return "定义没有改动，变化来自数据。"
}

// causes says of each submission what can have moved its score: its own data, the definition, or the others' data, over which
// the scales are laid.
func (w *workbook) causes() func(submission string) string {
	cells, verdicts := map[string]int{}, map[string]bool{}
	for c := range w.Changes.All() {
		switch c.Kind {
		case table.ValueFilled, table.ValueCleared, table.ValueChanged, table.RecordAdded, table.RecordRemoved, table.RecordChanged:
			cells[c.Submission]++
		case table.VerdictChanged, table.SubmissionNew, table.SubmissionWithdrawn:
			verdicts[c.Submission] = true
		}
	}
	moved := w.moved()
	return func(submission string) string {
		var out []string
		if n := cells[submission]; n > 0 {
			out = append(out, fmt.Sprintf("数据：本申报改了%d处", n))
		}
		for _, m := range moved {
			out = append(out, m+"改了")
		}
		others, sets := 0, 0
		for id := range cells {
			if id != submission {
				others++
			}
		}
		for id := range verdicts {
			if id != submission {
				sets++
			}
		}
		if others > 0 {
			out = append(out, fmt.Sprintf("数据：另有%d份申报改了数，归一的尺度随之移动", others))
		}
		if sets > 0 {
			out = append(out, fmt.Sprintf("范围：另有%d份申报的结论或有无变了，参加排名的范围可能不同", sets))
		}
		if out == nil {
			return "登记、专家评分或遴选家数改了"
		}
		return stages.Mask(strings.Join(out, "；"))
	}
}
