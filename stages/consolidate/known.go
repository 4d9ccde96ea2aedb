package consolidate

import (
	"cmp"
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

// standsAt says on which side of the line a submission stands and how firmly; a dash before there is a line.
func (w *workbook) standsAt(r table.Rank) string {
	if firm := w.Definition.Sheets.Codes["firm"][r.Firm]; firm != "" {
		return table.Sides[r.Line] + "，" + firm
	}
	return cmp.Or(table.Sides[r.Line], "－")
}

// totalHead heads a column of totals: what they are out of stands wherever they stand.
func (w *workbook) totalHead() string {
	for r := range w.Ranking.Ranking.All() {
		return fmt.Sprintf("得分（满%s）", table.Plain(table.Some(round(r.Possible))))
	}
	return "得分"
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

// overtake says what the open points would have to do for a submission to stand before the one before it.
func (w *workbook) overtake(r table.Rank) book.Cell {
	ranked := w.inOrder
	i := slices.IndexFunc(ranked, func(x table.Rank) bool { return x.Submission == r.Submission })
	if i < 1 {
		return quiet("－")
	}
	points, possible := lead(ranked[i-1], r)
	most := table.Plain(table.Some(round(r.Open)))
	if !possible {
		return plain(fmt.Sprintf("专家部分（满%s）全得满也不够", most))
	}
	return plain(fmt.Sprintf("专家部分要比“%s”高出%.2f分（满%s）", ranked[i-1].Consortium, points, most))
}
