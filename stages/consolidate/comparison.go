package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Rows and columns of 两家对比.
const (
	pairPick  = 4 // row of the two choices
	pairFirst = 8 // row of the first point
	pairCol   = 4 // column of the first one's points
)

// comparison is 两家对比: two consortia are chosen from a list, and each point shows what either earned and who gains by
// it, live, at the weights of 权重.
func (w *workbook) comparison(name string) error {
	p := &book.Page{Sheet: name, Landscape: true, Protected: w.live, Frozen: pairFirst - 1,
		Widths: []float64{7, 60, 11, 16, 16, 12, 16, 40}}
	w.begin(p, len(p.Widths), "甲为什么排在乙前面", "duel", nil)
	pick, list := w.aroundLine(), w.area("consortium")
	// find looks a column up for the consortium that is chosen as the first or the second
	find := func(column string, i int) string {
		return w.formula("INDEX(%s,MATCH(%s,%s,0))", w.area(column), book.Fixed(pairPick, pairCol+i), list)
	}
	for i, r := range pick {
		col := pairCol + i
		p.Put(pairPick, col, cell(w.name(r.Submission), book.Input))
		p.ChoiceOf(pairPick, col, pairPick, col, false, "从下拉中选一家", list)
		p.Put(pairPick+1, col, cell(r.Total, book.Points, find("total", i)))
		p.Put(pairPick+2, col, cell(r.Rank.V, book.Centred, find("rank", i)))
	}
	p.Height(pairPick, 48)
	p.Heads(pairPick-1, pairCol, "甲", "乙")
	for i, caption := range []string{"联合体", "得分", w.head("ranking", "rank")} {
		p.Put(pairPick+i, 3, cell(caption, book.Header))
	}
	first, second := book.Fixed(pairPick+1, pairCol), book.Fixed(pairPick+1, pairCol+1)
	diff := w.formula("ROUND(%s-%s,10)", first, second)
	p.Put(pairPick+1, pairCol+2, cell(round(pick[0].Total-pick[1].Total), book.Gain, diff))
	p.Heads(pairFirst-1, 1, w.head("scores", "point"), "原文", "满分", "甲得", "乙得", "差（甲－乙）", "占得益一方的比重",
		"存疑（核清之前，这一点的差不作数）")
	gains := make([]float64, len(w.points))
	for i, point := range w.points {
		row := pairFirst + i
		most := w.formula("%s", book.Range(sheetWeights)+book.Fixed(weightsFirst+i, weightColEarn))
		p.PutRow(row, 1, centred(point.ID), plain(short(point, 29)), cell(w.earn(point), book.Points, most))
		var earned [2]table.Opt[float64]
		for k := range earned {
			earned[k] = w.standings[pick[k].Submission][point.ID].score.Value
			c := cell(pointLacking, book.Points, find(point.ID, k))
			switch {
			case earned[k].Valid:
				earned[k].V *= w.earn(point)
				c.Value = earned[k].V
			case w.open(point) == 1:
				c.Value = pointWaiting
			}
			p.Put(row, pairCol+k, c)
		}
		gain := cell("", book.Gain, w.filled(`IF(AND(ISNUMBER({x}),ISNUMBER({y})),ROUND({x}-{y},10),"")`,
			"{x}", book.Fixed(row, pairCol), "{y}", book.Fixed(row, pairCol+1)))
		if earned[0].Valid && earned[1].Valid {
			gains[i] = round(earned[0].V - earned[1].V)
			gain.Value = gains[i]
		}
		p.Put(row, pairCol+2, gain)
		p.Span(row, pairCol+4, 1, w.pairDoubts(point, pick, find))
	}
	last := pairFirst + len(w.points) - 1
	w.gainShares(p, gains)
	p.Tinted(pairFirst, pairCol+2, last, pairCol+2)
	note := fmt.Sprintf("“%s”的观测点由其余观测点按比例代表，因此各点之差之和可能不等于总差；“%s”的等专家评分。",
		pointLacking, pointWaiting)
	p.Span(last+1, 1, len(p.Widths)-1, cell(note, book.Subtitle))
	return w.report.Page(p)
}

// pairDoubts says of which of the two a figure of a point is in doubt, and why.
func (w *workbook) pairDoubts(point *templates.Point, pick []table.Rank, find func(string, int) string) book.Cell {
	value, parts := "", []string{}
	for k, side := range []string{"甲：", "乙："} {
		if why := w.standings[pick[k].Submission][point.ID].doubt; why != "" {
			value += side + why + "。"
		}
		if slices.Contains(w.figured, point) { // T: an empty cell is no 0
			parts = append(parts, w.filled(`IF(T({why})="","",{side}&T({why})&"。")`, "{why}", find("doubt"+point.ID, k),
				"{side}", book.Quote(side)))
		}
	}
	return cell(value, book.Plain, w.formula("%s", strings.Join(parts, "&")))
}

// gainShares says of each point which part it has of all that its side gains.
func (w *workbook) gainShares(p *book.Page, gains []float64) {
	up, down := 0.0, 0.0
	for _, g := range gains {
		up, down = up+max(g, 0), down+min(g, 0)
	}
	all := book.Fixed(pairFirst, pairCol+2) + ":" + book.Fixed(pairFirst+len(gains)-1, pairCol+2)
	for i, g := range gains {
		c := cell("", book.Share, w.filled(
			`IF(ISNUMBER({at}),IF({at}>0,{at}/SUMIF({all},">0"),IF({at}<0,{at}/SUMIF({all},"<0"),"")),"")`,
			"{at}", book.Fixed(pairFirst+i, pairCol+2), "{all}", all))
		switch {
		case g > 0:
			c.Value = round(g / up)
		case g < 0:
			c.Value = round(g / down)
		}
		p.Put(pairFirst+i, pairCol+3, c)
	}
}

func (w *workbook) aroundLine() []table.Rank {
	k := min(w.Choose(), len(w.inOrder)-1)
	if k < 1 {
		return nil
	}
	return w.inOrder[k-1 : k+1]
}
