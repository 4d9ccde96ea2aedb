package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// checklist is 核查清单: which cells to confirm, so that what the rest turns out to be can't change who stands inside the line.
func (w *workbook) checklist(name string) error {
	ranks := map[string]table.Rank{}
	for _, r := range w.inOrder() {
		ranks[r.Submission] = r
	}
	var all []table.Check
	needed := 0
	for c := range w.Ranking.Checklist.All() {
		all = append(all, c)
		if c.Needed {
			needed++
		}
	}
	columns := append([]column[table.Check]{
		{Head: w.head("ranking", "rank"), Width: 7, Cell: func(c table.Check) book.Cell { return optional(ranks[c.Submission].Rank, book.Centred) }},
	}, who(w, func(c table.Check) string { return c.Submission })...)
	columns = append(columns,
		column[table.Check]{Head: w.head("checklist", "item_no"), Width: 7, Cell: func(c table.Check) book.Cell { return count(c.Order) }},
		column[table.Check]{Head: w.head("checklist", "needed"), Width: 7, Style: book.Column{Marks: []book.Mark{{Word: "是", Tone: book.Bad}}}, Cell: func(c table.Check) book.Cell { return yes(c.Needed) }},
		column[table.Check]{Head: "要核的数", Width: 34, Cell: func(c table.Check) book.Cell {
			if c.Field == "" {
				return words("")
			}
			return words(w.Definition.Name(templates.Ref{Field: c.Field, Year: int(c.Year.V)}))
		}},
		column[table.Check]{Head: "表上填的", Width: 14, Cell: func(c table.Check) book.Cell { return words(c.Raw) }},
		column[table.Check]{Head: w.head("checklist", "points"), Width: 12, Cell: func(c table.Check) book.Cell { return words(c.Points) }},
		column[table.Check]{Head: w.head("checklist", "loss"), Width: 9, Cell: func(c table.Check) book.Cell { return book.Cell{Value: c.Loss, Look: book.Points} }},
		column[table.Check]{Head: w.head("checklist", "reason"), Width: 44, Cell: func(c table.Check) book.Cell { return words(strings.ReplaceAll(c.Reason, "；", "\n")) }},
		column[table.Check]{Head: "原表位置", Width: 18, Cell: func(c table.Check) book.Cell {
			if c.Cell == "" {
				return centred("")
			}
			return w.sourceLink(table.Score{Submission: c.Submission, Cells: c.Sheet + "!" + c.Cell})
		}},
		column[table.Check]{Head: "核查情况（手填）", Width: 20, Cell: func(table.Check) book.Cell { return book.Cell{Look: book.Plain} }},
	)
	remark := fmt.Sprintf("存疑的数（有未说明的问题，或读数属于推测）%d格，按可能的失分排列，一格一行。", len(all))
	if w.Standing.Complete() {
		remark += fmt.Sprintf("只列线内各家。标“须核”的%d格都核实之后，其余就算全不成立、线外的推测读数就算都取最高，也不会换人。", needed)
	} else {
		remark += "评齐之前没有线，列的是线前后的各家，不说核到哪里为止。"
	}
	return rows(w, name, w.known(remark), 4, len(all), slices.Values(all), columns)
}

// sized is the value of an evidence as a person says it: rounded, with its unit.
func sized(e *templates.Evidence, v float64) string {
	return table.Plain(table.Some(round2(v))) + e.Unit
}

// relative names an evidence, with what its value is divided by where it is.
func relative(e *templates.Evidence) string {
	if !e.Per() {
		return e.Label
	}
	return e.Label + "，" + e.Basis
}

func round2(v float64) float64 { return float64(int64(v*100+0.5*sign(v))) / 100 }

func sign(v float64) float64 {
	if v < 0 {
		return -1
	}
	return 1
}

// sourceLink shows the cells of an evidence and leads to the first of them.
func (w *workbook) sourceLink(s table.Score) book.Cell {
	c := mono(s.Cells)
	sheet, cell, ok := strings.Cut(strings.Split(s.Cells, "; ")[0], "!")
	if path, there := w.Returns[s.Submission]; there && ok {
		c.Look, c.Link = book.Link, path+book.CellLink(sheet, strings.Split(cell, ":")[0])
	}
	return c
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
