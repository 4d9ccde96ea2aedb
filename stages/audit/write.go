package audit

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Report is what the workbook tells of.
type Report struct {
	Definition *templates.Definition
	Subjects   []Subject
	LeftOut    []Subject // who was not tried
	Rows       []table.Incentive
}

// Write writes the workbook. It is for the Department alone, and says so on every sheet and page.
func (r Report) Write(w io.Writer) error {
	rising := func(of templates.AuditList) list.Source {
		return list.From(func() ([]table.Incentive, list.Words) { return r.moves(of) })
	}
	lists := &list.Lists{Definition: r.Definition, Sources: map[string]list.Source{
		"tallies":  list.Named("list label tried rises pays free most whose evidence", r.tallies),
		"perverse": rising(templates.Perverse), "claims": rising(templates.Claim),
		"subjects": list.Named("rank consortium total pays perverse claim unranked", r.subjects),
	}, Views: map[string]list.View{
		"rank_after": list.Of(func(x table.Incentive) book.Cell { return place(x.RankAfter.V, x.RankAfter.Valid) }),
		"gain": list.Of(func(x table.Incentive) book.Cell {
			return book.Cell{Value: x.TotalAfter.V - x.TotalBefore, Look: book.Gain}
		}),
		"findings": list.Of(func(x table.Incentive) book.Cell { return book.Cell{Value: cmp.Or(x.Findings, "没有")} }),
		"cells":    list.Of(fewCells),
	}}
	return lists.Write(w, "激励审计", r.title())
}

func (r Report) title() string {
	a := r.Definition.Audit
	return fmt.Sprintf("%d年%s（%s）", r.Definition.Directory.Batch, a.Title, a.Mark)
}

// tallies is 总览: what each kind of move brings, the perverse ones as defined, several together, then the claims.
func (r Report) tallies() ([][]any, list.Words) {
	kinds := append(slices.Clone(r.Definition.Audit.Moves),
		&templates.AuditMove{ID: KindGathered, List: templates.Perverse, Label: "同一动作几处一起做"},
		&templates.AuditMove{ID: KindPair, List: templates.Perverse, Label: "最强的动作两两一起做"})
	slices.SortStableFunc(kinds, func(a, b *templates.AuditMove) int { return cmp.Compare(b.List, a.List) })
	paying := 0
	all := table.Each(kinds, func(m *templates.AuditMove) []any {
		tried := table.Where(slices.Values(r.Rows), func(x table.Incentive) bool { return x.Kind == m.ID })
		raise := table.Where(slices.Values(tried), func(x table.Incentive) bool { return x.Pays })
		free := table.Where(slices.Values(raise), func(x table.Incentive) bool { return x.Warnings.V == 0 })
		most, whose := "", ""
		if len(raise) > 0 {
			best := slices.MinFunc(raise, First)
			most, whose = fmt.Sprintf("第%d名→第%d名", best.RankBefore, best.RankAfter.V), best.Consortium
		}
		if m.List == templates.Perverse {
			paying += len(raise)
		}
		rising := table.Where(slices.Values(tried), rises)
		return []any{r.sheet(m.List), m.Label, len(tried), len(rising), len(raise), len(free), most, whose, m.Evidence}
	})
	said := r.words(len(r.Rows))
	said["subjects"], said["found"] = fmt.Sprint(len(r.Subjects)), "没有一个逆向动作能抬高名次。"
	if paying > 0 {
		said["found"] = fmt.Sprintf("逆向动作里有%d个能抬高名次，是计分办法的毛病，见“%s”。", paying,
			r.sheet(templates.Perverse))
		said[list.Alarm] = said["found"]
	}
	return all, said
}

// sheet is the name of the sheet that has the moves of a kind.
func (r Report) sheet(of templates.AuditList) string {
	return r.Definition.Sheets.Sheet(string(of)).Name
}

// words are those of every remark; tried is how many moves it is about.
func (r Report) words(tried int) list.Words {
	return list.Words{"title": r.title(), "mark": r.Definition.Audit.Mark, "tried": fmt.Sprint(tried)}
}

// rises says whether a move raises the total, by more than rounding.
func rises(r table.Incentive) bool {
	return r.TotalAfter.Valid && r.TotalAfter.V-r.TotalBefore >= table.SameTotal
}

// First orders moves by the places and the points that they bring.
func First(a, b table.Incentive) int {
	up := func(r table.Incentive) int32 {
		if !r.RankAfter.Valid {
			return -1 << 30
		}
		return r.RankBefore - r.RankAfter.V
	}
	return cmp.Or(cmp.Compare(up(b), up(a)), cmp.Compare(b.TotalAfter.V-b.TotalBefore, a.TotalAfter.V-a.TotalBefore),
		cmp.Compare(a.Submission, b.Submission), cmp.Compare(a.Move, b.Move))
}

// place is a rank, of what is ranked.
func place(rank int32, ranked bool) book.Cell {
	if !ranked {
		return book.Cell{Value: "不排", Look: book.Quiet}
	}
	return book.Cell{Value: rank, Look: book.Integer}
}

// moves lists the moves of a kind that raise a total or a rank, those first that raise the rank most.
func (r Report) moves(of templates.AuditList) ([]table.Incentive, list.Words) {
	rows := table.Where(slices.Values(r.Rows), func(x table.Incentive) bool { return x.List == string(of) })
	rising := table.Where(slices.Values(rows), func(x table.Incentive) bool { return x.Pays || rises(x) })
	slices.SortStableFunc(rising, First)
	return rising, r.words(len(rows))
}

func fewCells(x table.Incentive) book.Cell {
	c, cells := book.Cell{Value: x.Cells, Look: book.Mono}, strings.Split(x.Cells, "; ")
	if n := len(cells); n > shown {
		c.Value = fmt.Sprintf("%s 等%d格", strings.Join(cells[:shown], "; "), n)
	}
	return c
}

// subjects is 各家: what each could gain at most; then those that were not tried.
func (r Report) subjects() ([][]any, list.Words) {
	all := slices.Clone(r.Subjects)
	slices.SortStableFunc(all, func(a, b Subject) int { return cmp.Compare(a.Rank, b.Rank) })
	return table.Each(append(all, r.LeftOut...), func(s Subject) []any {
		paying := func(of templates.AuditList) (n int, most string) {
			rows := table.Where(slices.Values(r.Rows), func(x table.Incentive) bool {
				return x.Pays && x.List == string(of) && x.Submission == s.Submission.Submission
			})
			if len(rows) == 0 {
				return 0, ""
			}
			best := slices.MinFunc(rows, First)
			return len(rows), fmt.Sprintf("第%d名　%s", best.RankAfter.V, best.What)
		}
		n, perverse := paying(templates.Perverse)
		_, claim := paying(templates.Claim)
		return []any{place(int32(s.Rank), s.Ranked), s.Submission.Consortium,
			table.Opt[float64]{V: s.Total, Valid: s.Ranked}, n, perverse, claim, s.Unranked}
	}), r.words(0)
}
