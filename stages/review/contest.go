package review

import (
	"cmp"
	"fmt"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
)

// judged fills in what was found, and between which ranks it may stand.
func (x subject) judged() {
	x.record["findings"] = each(x.Findings, func(f table.Finding) record {
		place := model.Place{File: f.File, Sheet: f.Sheet, Cell: f.Cell}
		return record{"state": cmp.Or(f.Answered(), "提示"), "title": said(f.Title), "message": said(f.Message), "answer": said(f.Explanation), "place": said(place.String())}
	})
	var ranges [][2]string
	for i, r := range x.Rank.Ranges() {
		if r.Best.Valid && r.Worst.Valid {
			ranges = append(ranges, [2]string{r.Where, "第" + r.String() + "名"})
		}
		if i == 0 && r.Best.Valid {
			x.record["reach"] = r.String()
		}
	}
	x.record["ranges"] = ranges
}

// contest says why a place is contested, and what would settle it.
func (x subject) contest() {
	r := x.Rank
	x.record["line"], x.record["firm"] = table.Sides[r.Line], x.Definition.Sheets.Codes["firm"][r.Firm]
	x.record["chances"] = [4]*float64{maybe(r.First3), maybe(r.First4), maybe(r.First5), maybe(r.FirstK)}
	if r.LineReason != "" {
		x.record["reasons"] = each(strings.Split(r.LineReason, "；"), func(s string) said { return said(s) })
	}
	var decides []said
	add := func(format string, args ...any) { decides = append(decides, said(fmt.Sprintf(format, args...))) }
	if r.Pending {
		add("厅里认定：%s", r.Proposals)
	}
	for _, c := range x.Checks {
		if c.Needed {
			add("核实 %s!%s（%s，填的是“%s”）：不成立则少%.2f分", c.Sheet, c.Cell, x.Definition.Label(c.Field), c.Raw, c.Loss)
		}
	}
	const few = 3
	for i, l := range x.Lifts {
		if i == few {
			add("……共%d步，见省级汇总", len(x.Lifts))
			break
		}
		what := "专家评分"
		if e := x.Definition.Rubric.Point(l.Point).Find(l.Evidence); e != nil {
			what = e.Label
		}
		words := fmt.Sprintf("%s %s若同各家最好的一样（%s），加%.2f分，到%.2f分", l.Point, what, table.Plain(table.Some(l.Best)), l.Gain, l.Total)
		if l.Inside {
			words += "，过线"
		}
		add("%s", words)
	}
	x.record["decides"] = decides
}
