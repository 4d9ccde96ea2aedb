package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// influence is 计分的影响: what each point weighs and what it decides, which of its evidence tells nobody apart, and whether the way to score
// can be bent.
func (w *workbook) influence(name string) error {
	label := func(column string) string { return w.head("influence", column) }
	flat := w.flat()
	columns := []column[table.Influence]{
		{Head: label("point"), Width: 8, Cell: func(x table.Influence) book.Cell { return centred(x.Point) }},
		{Head: "观测点", Width: 50, Cell: func(x table.Influence) book.Cell { return words(short(w.Definition.Rubric.Point(x.Point), 60)) }},
		{Head: label("nominal"), Width: 10, Cell: func(x table.Influence) book.Cell { return book.Cell{Value: x.Nominal, Look: book.Share} }},
		{Head: label("effective"), Width: 12, Cell: func(x table.Influence) book.Cell { return optional(x.Effective, book.Share) }},
		{Head: label("r2"), Width: 12, Cell: func(x table.Influence) book.Cell { return optional(x.R2, book.Share) }},
		{Head: label("deviation"), Width: 12, Cell: func(x table.Influence) book.Cell { return optional(x.Deviation, book.Decimal) }},
		{Head: "分不出各家的依据", Width: 60, Cell: func(x table.Influence) book.Cell { return words(strings.Join(flat[x.Point], "、")) }},
	}
	remark := "名义权重是说好的，实际影响是它在各家得分差异中所占的份额：各家差不多的观测点，权重再大也不起作用。权重要在下一批开始之前改；看过本批结果再改本批的权重，等于挑名次。" +
		strings.Join(slices.DeleteFunc([]string{w.said("尺度"), w.said("名次与"), w.said("逐项"), w.said("注意：")}, func(s string) bool { return s == "" }), "；") + "。"
	return rows(w, name, w.known(remark), 2, w.Ranking.Influence.Len(), w.Ranking.Influence.All(), columns)
}

// said is the part of how the ranking was made that begins with some words; empty where nothing is said of that.
func (w *workbook) said(begins string) string {
	for part := range strings.SplitSeq(w.method(), "；") {
		if strings.HasPrefix(part, begins) {
			return part
		}
	}
	return ""
}

// flat names the counted evidence of each point that is the same for the whole reference set.
func (w *workbook) flat() map[string][]string {
	first, differs := map[string]table.Opt[float64]{}, map[string]bool{}
	for s := range w.Ranking.Scales.All() {
		if s.Base != table.AsCounted {
			continue
		}
		if v, seen := first[s.Evidence]; seen && v != s.Raw {
			differs[s.Evidence] = true
		} else if !seen {
			first[s.Evidence] = s.Raw
		}
	}
	out := map[string][]string{}
	for _, p := range w.Definition.Rubric.Points() {
		for _, e := range p.Evidence {
			if _, laid := first[e.ID]; laid && e.Counts() && !differs[e.ID] {
				out[p.ID] = append(out[p.ID], flatWords(e, first[e.ID]))
			}
		}
	}
	return out
}

func flatWords(e *templates.Evidence, v table.Opt[float64]) string {
	if !v.Valid {
		return e.Label + "（都没有数）"
	}
	return fmt.Sprintf("%s（都是%s%s）", e.Label, table.Plain(v), e.Unit)
}
