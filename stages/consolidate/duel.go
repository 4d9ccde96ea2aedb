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
	duelPick  = 4 // row of the two choices
	duelFirst = 8 // row of the first point
	duelA     = 4 // column of the first one's points
)

// duel is 两家对比: why one stands before the other. Two consortia are chosen from a list, and each point shows what either earned and
// who gains by it; live, at the weights of 权重.
func (w *workbook) duel(name string) error {
	p := &book.Page{Sheet: name, Landscape: true, Protected: w.live, Frozen: duelFirst - 1, Widths: []float64{7, 60, 11, 16, 16, 12, 16, 40}}
	p.Begin(len(p.Widths), "甲为什么排在乙前面", w.Standing.String()+"。在黄色格子里各选一家，逐个观测点比较；随“"+sheetWeights+
		"”的权重变。差为正是甲得益。每一分怎么得来，到“得分依据”按联合体和观测点筛选。")
	pick, list := w.pair(), w.area("consortium")
	for i, r := range pick {
		col := duelA + i
		at := book.Fixed(duelPick, col)
		find := func(column string) string { return w.formula("INDEX(%s,MATCH(%s,%s,0))", w.area(column), at, list) }
		p.Put(duelPick, col, book.Cell{Value: w.name(r.Submission), Look: book.Input})
		p.ChoiceOf(duelPick, col, duelPick, col, false, "从下拉中选一家", list)
		p.Put(duelPick+1, col, book.Cell{Value: r.Total, Look: book.Points, Formula: find("total")})
		p.Put(duelPick+2, col, book.Cell{Value: r.Rank.V, Look: book.Centred, Formula: find("rank")})
	}
	p.Height(duelPick, 48)
	p.Heads(duelPick-1, duelA, "甲", "乙")
	for i, caption := range []string{"联合体", "得分", w.head("ranking", "rank")} {
		p.Put(duelPick+i, 3, book.Cell{Value: caption, Look: book.Header})
	}
	a, b := book.Fixed(duelPick, duelA), book.Fixed(duelPick, duelA+1)
	diff, gains := round(pick[0].Total-pick[1].Total), make([]float64, len(w.points))
	p.Put(duelPick+1, duelA+2, book.Cell{Value: diff, Look: book.Gain, Formula: w.formula("ROUND(%s-%s,10)", book.Fixed(duelPick+1, duelA), book.Fixed(duelPick+1, duelA+1))})
	p.Heads(duelFirst-1, 1, w.head("scores", "point"), "原文", "满分", "甲得", "乙得", "差（甲－乙）", "占得益一方的比重", "存疑（核清之前，这一点的差不作数）")
	for i, point := range w.points {
		row := duelFirst + i
		most := w.formula("%s", book.Range(sheetWeights)+book.Fixed(weightsFirst+i, weightColEarn))
		p.PutRow(row, 1, centred(point.ID), plain(short(point, 29)), book.Cell{Value: w.earn(point), Look: book.Points, Formula: most})
		var earned []table.Opt[float64]
		for k, cell := range []string{a, b} {
			v := w.standings[pick[k].Submission][point.ID].score.Value
			c := book.Cell{Look: book.Points, Value: pointLacking, Formula: w.formula("INDEX(%s,MATCH(%s,%s,0))", w.area(point.ID), cell, list)}
			switch {
			case v.Valid:
				v.V *= w.earn(point)
				c.Value = v.V
			case w.open(point) == 1:
				c.Value = pointWaiting
			}
			earned = append(earned, v)
			p.Put(row, duelA+k, c)
		}
		x, y := book.Fixed(row, duelA), book.Fixed(row, duelA+1)
		gain := book.Cell{Value: "", Look: book.Gain, Formula: w.formula(`IF(AND(ISNUMBER(%s),ISNUMBER(%s)),ROUND(%s-%s,10),"")`, x, y, x, y)}
		if earned[0].Valid && earned[1].Valid {
			gains[i] = round(earned[0].V - earned[1].V)
			gain.Value = gains[i]
		}
		p.Put(row, duelA+2, gain)
		p.Span(row, duelA+4, 1, w.duelDoubt(point, pick, a, b))
	}
	last := duelFirst + len(w.points) - 1
	w.duelShares(p, gains)
	p.Tinted(duelFirst, duelA+2, last, duelA+2)
	p.Span(last+1, 1, len(p.Widths)-1, book.Cell{Value: fmt.Sprintf("“%s”的观测点由其余观测点按比例代表，因此各点之差之和可能不等于总差；“%s”的等专家评分。", pointLacking, pointWaiting), Look: book.Subtitle})
	return w.report.Page(p)
}

// duelDoubt says of which of the two a figure of a point is in doubt, and why.
func (w *workbook) duelDoubt(point *templates.Point, pick []table.Rank, cells ...string) book.Cell {
	var value string
	var parts []string
	for k, cell := range cells {
		side := []string{"甲：", "乙："}[k]
		if why := w.standings[pick[k].Submission][point.ID].doubt; why != "" {
			value += side + why + "。"
		}
		if slices.Contains(w.figured, point) { // T: an empty cell is no 0
			find := fmt.Sprintf("T(INDEX(%s,MATCH(%s,%s,0)))", w.area("doubt"+point.ID), cell, w.area("consortium"))
			parts = append(parts, fmt.Sprintf(`IF(%s="","",%s&%s&"。")`, find, book.Quote(side), find))
		}
	}
	return book.Cell{Value: value, Look: book.Plain, Formula: w.formula("%s", strings.Join(parts, "&"))}
}

// duelShares says of each point which part it has of all that its side gains: never more than the whole, whatever the totals differ by.
func (w *workbook) duelShares(p *book.Page, gains []float64) {
	up, down := 0.0, 0.0
	for _, g := range gains {
		up, down = up+max(g, 0), down+min(g, 0)
	}
	all := book.Fixed(duelFirst, duelA+2) + ":" + book.Fixed(duelFirst+len(gains)-1, duelA+2)
	for i, g := range gains {
		at := book.Fixed(duelFirst+i, duelA+2)
		c := book.Cell{Value: "", Look: book.Share, Formula: w.formula(`IF(ISNUMBER(%s),IF(%s>0,%s/SUMIF(%s,">0"),IF(%s<0,%s/SUMIF(%s,"<0"),"")),"")`, at, at, at, all, at, at, all)}
		switch {
		case g > 0:
			c.Value = round(g / up)
		case g < 0:
			c.Value = round(g / down)
		}
		p.Put(duelFirst+i, duelA+3, c)
	}
}

// pair are the two that stand on either side of the line, to begin with.
func (w *workbook) pair() []table.Rank {
	k := min(w.choose(), len(w.inOrder)-1)
	if k < 1 {
		return nil
	}
	return w.inOrder[k-1 : k+1]
}
