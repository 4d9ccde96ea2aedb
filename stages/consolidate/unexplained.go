package consolidate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// doubt is a finding that nobody has explained, with what hangs on it.
type doubt struct {
	table.Finding
	rank   table.Opt[int32]
	points []string // observation points whose evidence uses one of its fields
	since  string   // from which round; empty: not compared with one
}

// unexplained is 未说明的数: which figures were never explained, those first that move the ranking.
func (w *workbook) unexplained(name string) error {
	all := w.doubtful()
	scored, submissions := 0, map[string]bool{}
	for _, x := range all {
		submissions[x.Submission] = true
		if x.points != nil && x.rank.Valid {
			scored++
		}
	}
	label := func(column string) string { return w.head("findings", column) }
	columns := append([]column[doubt]{
		{Head: w.head("ranking", "rank"), Width: 8, Cell: func(x doubt) book.Cell {
			if !x.rank.Valid {
				return book.Cell{Value: "不排", Look: book.Quiet}
			}
			return optional(x.rank, book.Centred)
		}},
	}, who(w, func(x doubt) string { return x.Submission })...)
	columns = append(columns,
		column[doubt]{Head: label("title"), Width: 18, Cell: func(x doubt) book.Cell { return words(x.Title) }},
		column[doubt]{Head: label("raw"), Width: 16, Cell: func(x doubt) book.Cell { return words(x.Raw) }},
		column[doubt]{Head: label("message"), Width: 34, Cell: func(x doubt) book.Cell { return words(x.Message) }},
		column[doubt]{Head: "关系到的观测点", Width: 12, Cell: func(x doubt) book.Cell { return words(strings.Join(x.points, "、")) }},
		column[doubt]{Head: "位置", Width: 17, Cell: func(x doubt) book.Cell { return w.placeLink(x.Finding) }},
		column[doubt]{Head: "与上一轮比", Width: 11, Cell: func(x doubt) book.Cell { return centred(x.since) }},
		column[doubt]{Head: "说明过而不算数的", Width: 20, Cell: func(x doubt) book.Cell { return words(x.void()) }},
		column[doubt]{Head: label("fingerprint"), Width: 33, Cell: func(x doubt) book.Cell { return mono(fingerprint(x.Finding)) }},
	)
	remark := fmt.Sprintf("需核实说明而至今没有有效说明的，共%d处，涉及%d家；其中%d处关系到参加排名的得分，排在前面。说明过而登记不采纳的、说明后数又改了的，也在内。"+
		"处里核实过的，把问题指纹照抄到登记表，下次运行就不再列。", len(all), len(submissions), scored)
	if len(all) == 0 {
		remark = "需核实说明的都有说明了。"
	}
	return rows(w, name, remark, 4, len(all), slices.Values(all), columns)
}

// void is what was said and does not count.
func (x doubt) void() string {
	switch {
	case x.Own != "":
		return "登记不采纳：" + x.Own
	case x.Outdated != "":
		return "说明后数又改了：" + x.Outdated
	}
	return ""
}

// doubtful lists the findings that wait for an explanation: those first that points of a ranked submission hang on, by rank.
func (w *workbook) doubtful() []doubt {
	ranks, since := map[string]table.Opt[int32]{}, map[string]string{}
	for r := range w.Ranking.Ranking.All() {
		ranks[r.Submission] = r.Rank
	}
	for c := range w.Changes.All() {
		if c.Fingerprint != "" {
			since[c.Fingerprint] = c.Kind.Label()
		}
	}
	forms := map[string]*table.Form{}
	for form := range w.Facts.Forms {
		forms[form.Submission.Submission] = form
	}
	var all []doubt
	for x := range w.Judgement.Findings.All() {
		if w.answered(x) == toExplain {
			all = append(all, doubt{x, ranks[x.Submission], w.pointsOf(x, forms[x.Submission]), since[x.Fingerprint]})
		}
	}
	last := func(x doubt) int32 { // those without a rank come last
		switch {
		case !x.rank.Valid:
			return 2
		case x.points == nil:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(all, func(a, b doubt) int { return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(a.rank.V, b.rank.V)) })
	return all
}

// pointsOf names the observation points whose evidence uses one of a finding's cells; of the roster, one of its columns. What
// is wrong in a year that counts nothing moves no ranking.
func (w *workbook) pointsOf(x table.Finding, form *table.Form) []string {
	fields, places := strings.Fields(x.Fields), strings.Split(x.Places, "; ")
	listed := func(column string) bool { return slices.Contains(fields, column) }
	uses := func(r templates.Ref) bool {
		at := form.Observe(r).Place
		return slices.Contains(fields, r.Field) && (at.Sheet == "" || slices.Contains(places, at.Sheet+"!"+at.Cell))
	}
	var out []string
	for _, p := range w.Definition.Rubric.Points() {
		if slices.ContainsFunc(p.Evidence, func(e *templates.Evidence) bool {
			return e.Counts() && (slices.ContainsFunc(e.Expression.Roster, listed) || form != nil && slices.ContainsFunc(e.Expression.Refs, uses))
		}) {
			out = append(out, p.ID)
		}
	}
	return out
}
