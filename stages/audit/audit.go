// Package audit finds out what an applicant could gain by filling in its form differently within the rules: leave out
// a member, reduce an enrolment, write 不适用 where it is weak. University rankings have been manipulated in these ways.
//
// The moves are defined in audit.yaml. This package applies them to one form at a time, combines the strong ones, and
// writes the results; package pipeline checks and scores the changed form, with all others unchanged.
package audit

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Tried is a move with its result.
type Tried struct {
	Move
	table.Position
	Verdict model.Verdict
	Judged  bool            // whether the form was checked: a move that gains nothing is not
	New     []table.Finding // open findings that the move causes
	Gone    int             // number of open findings that it removes
}

// Subject is one submission as it was handed in.
type Subject struct {
	Submission table.Submission
	City       string
	table.Position
}

// Pays reports whether a move improves the rank.
func (s Subject) Pays(t Tried) bool { return t.Ranked && t.Rank < s.Rank }

// Gain is the increase of the total; negative if the submission is no longer ranked.
func (s Subject) Gain(t Tried) float64 { return table.Either(t.Ranked, t.Total-s.Total, -s.Total) }

// compareMoves orders moves by their gain, the strongest first.
func (s Subject) compareMoves(a, b Tried) int {
	place := func(t Tried) int { return table.Either(t.Ranked, t.Rank, math.MaxInt) }
	return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(s.Gain(b), s.Gain(a)), strings.Compare(a.ID, b.ID))
}

// TryMoves tries every single move, then several of one kind that each help, then the strongest in pairs.
func TryMoves(d *templates.Definition, s Subject, f *table.Form, try func(Move) Tried) []Tried {
	out, strongest := table.Each(Moves(d, f), try), []Tried(nil)
	for _, singles := range table.GroupBy(out, func(t Tried) string { return t.Kind }) {
		if singles[0].List() != templates.Perverse {
			continue
		}
		slices.SortStableFunc(singles, s.compareMoves)
		out = append(out, tryTogether(d.Audit(), s, singles, try)...)
		// a move that changes no total adds nothing to another
		singles = slices.DeleteFunc(singles, func(t Tried) bool { return !t.Ranked || s.Gain(t) == 0 })
		strongest = append(strongest, singles[:min(len(singles), d.Audit().Strongest)]...)
	}
	slices.SortStableFunc(strongest, s.compareMoves)
	strongest = strongest[:min(len(strongest), d.Audit().Pairs)]
	for i, a := range strongest {
		for _, b := range strongest[i+1:] {
			if !a.overlaps(b.Move) {
				out = append(out, try(combine(KindPair, a.Move, b.Move)))
			}
		}
	}
	return out
}

// tryTogether adds moves of one kind that each help, the strongest first, while the total rises.
func tryTogether(a *templates.Audit, s Subject, singles []Tried, try func(Move) Tried) []Tried {
	best, moves := 0.0, []Move(nil)
	var out []Tried
	for _, t := range singles {
		if len(moves) == a.Gather || s.Gain(t) <= 0 {
			break
		}
		if len(moves) == 0 {
			moves, best = []Move{t.Move}, s.Gain(t)
			continue
		}
		if slices.ContainsFunc(moves, t.overlaps) {
			continue
		}
		more := try(combine(KindGathered, append(slices.Clone(moves), t.Move)...))
		if gain := s.Gain(more); gain > best {
			moves, best, out = append(moves, t.Move), gain, []Tried{more}
		}
	}
	return out
}

// Row returns a move as a table row.
func (s Subject) Row(t Tried) table.Incentive {
	row := table.Incentive{
		Submission: s.Submission.Submission, City: s.City, Consortium: s.Submission.Consortium,
		List: string(t.List()), Kind: t.Kind, Move: t.ID, What: t.What, Cells: t.Cells,
		RankBefore: int32(s.Rank), TotalBefore: s.Total, Pays: s.Pays(t),
	}
	if t.Judged {
		row.Verdict, row.Gone = string(t.Verdict), table.Some(int32(t.Gone))
		row.Errors, row.Warnings = table.Some(int32(0)), table.Some(int32(0))
	}
	if t.Ranked {
		row.RankAfter, row.TotalAfter = table.Some(int32(t.Rank)), table.Some(t.Total)
	}
	for _, x := range t.New {
		if x.Severity == model.MustFix {
			row.Errors.V++
		} else {
			row.Warnings.V++
		}
	}
	titles := table.Unique(t.New, func(x table.Finding) string { return x.Code + " " + x.Title })
	row.Findings = strings.Join(titles, "；")
	if t.Def != nil {
		row.Evidence = t.Def.Evidence
	}
	return row
}

// Paying is a move that improves a rank. Its JSON keys are public.
type Paying struct {
	Submission string  `json:"submission"`
	Consortium string  `json:"consortium"`
	Kind       string  `json:"kind"`
	What       string  `json:"what"`
	Before     int32   `json:"rank_before"`
	After      int32   `json:"rank_after"`
	Gain       float64 `json:"gain"` // of the total
	Verdict    string  `json:"verdict"`
	Findings   string  `json:"new_findings,omitempty"`
	Evidence   string  `json:"evidence,omitempty"` // what would prove a claim
}

// NewPaying converts a row that pays.
func NewPaying(r table.Incentive) Paying {
	return Paying{r.Submission, r.Consortium, r.Kind, r.What, r.RankBefore, r.RankAfter.V, r.TotalAfter.V - r.TotalBefore,
		r.Verdict, r.Findings, r.Evidence}
}

// Report is the content of the workbook.
type Report struct {
	Definition *templates.Definition
	Subjects   []Subject
	LeftOut    []Subject // not ranked, so not tried
	Rows       []table.Incentive
}

// Write writes the workbook. It is for the Department only, and says so on every sheet and page.
func (r Report) Write(w io.Writer) error {
	rising := func(of templates.AuditList) list.Source {
		return list.From(func() ([]table.Incentive, list.Words) { return r.risingMoves(of) })
	}
	lists := &list.Lists{Definition: r.Definition, Sources: map[string]list.Source{
		"tallies":  list.Named("list label tried rises pays free most whose evidence", r.kindSummary),
		"perverse": rising(templates.Perverse), "claims": rising(templates.Claim),
		"subjects": list.Named("rank consortium total pays perverse claim unranked", r.subjectRows),
	}, Views: map[string]list.View{
		"rank_after": list.Of(func(x table.Incentive) book.Cell { return rankCell(x.RankAfter.V, x.RankAfter.Valid) }),
		"gain": list.Of(func(x table.Incentive) book.Cell {
			return book.Cell{Value: x.TotalAfter.V - x.TotalBefore, Look: book.Gain}
		}),
		"findings": list.Of(func(x table.Incentive) book.Cell { return book.Cell{Value: cmp.Or(x.Findings, "没有")} }),
		"cells":    list.Of(cellsCell),
	}}
	return lists.Write(w, "激励审计", r.title())
}

func (r Report) title() string {
	a := r.Definition.Audit()
	return fmt.Sprintf("%d年%s（%s）", r.Definition.Directory.Batch, a.Title, a.Mark)
}

// kindSummary is the sheet 总览: the result of each kind of move, the perverse ones first, claims last.
func (r Report) kindSummary() ([][]any, list.Words) {
	kinds := append(slices.Clone(r.Definition.Audit().Moves),
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
			best := slices.MinFunc(raise, CompareRows)
			most, whose = fmt.Sprintf("第%d名→第%d名", best.RankBefore, best.RankAfter.V), best.Consortium
		}
		if m.List == templates.Perverse {
			paying += len(raise)
		}
		rising := table.Where(slices.Values(tried), raisesTotal)
		return []any{r.sheetName(m.List), m.Label, len(tried), len(rising), len(raise), len(free), most, whose, m.Evidence}
	})
	said := r.remarkWords(len(r.Rows))
	said["subjects"], said["found"] = fmt.Sprint(len(r.Subjects)), "没有一个逆向动作能抬高名次。"
	if paying > 0 {
		said["found"] = fmt.Sprintf("逆向动作里有%d个能抬高名次，是计分办法的毛病，见“%s”。", paying,
			r.sheetName(templates.Perverse))
		said[list.Alarm] = said["found"]
	}
	return all, said
}

// sheetName is the name of the sheet with the moves of a list.
func (r Report) sheetName(of templates.AuditList) string {
	return r.Definition.Sheets().Sheet(string(of)).Name
}

// remarkWords are the placeholders of remarks; tried is the number of moves.
func (r Report) remarkWords(tried int) list.Words {
	return list.Words{"title": r.title(), "mark": r.Definition.Audit().Mark, "tried": fmt.Sprint(tried)}
}

// raisesTotal reports whether a move raises the total by more than a rounding error.
func raisesTotal(r table.Incentive) bool {
	return r.TotalAfter.Valid && r.TotalAfter.V-r.TotalBefore >= table.SameTotal
}

// CompareRows orders moves by the ranks gained, then by the points gained, most first.
func CompareRows(a, b table.Incentive) int {
	up := func(r table.Incentive) int32 {
		return table.Either(r.RankAfter.Valid, r.RankBefore-r.RankAfter.V, -1<<30)
	}
	return cmp.Or(cmp.Compare(up(b), up(a)), cmp.Compare(b.TotalAfter.V-b.TotalBefore, a.TotalAfter.V-a.TotalBefore),
		cmp.Compare(a.Submission, b.Submission), cmp.Compare(a.Move, b.Move))
}

// rankCell shows a rank, or that there is none.
func rankCell(rank int32, ranked bool) book.Cell {
	return table.Either(ranked, book.Cell{Value: rank, Look: book.Integer}, book.Cell{Value: "不排", Look: book.Quiet})
}

// risingMoves lists the moves of a list that improve a total or a rank, the strongest first.
func (r Report) risingMoves(of templates.AuditList) ([]table.Incentive, list.Words) {
	rows := table.Where(slices.Values(r.Rows), func(x table.Incentive) bool { return x.List == string(of) })
	rising := table.Where(slices.Values(rows), func(x table.Incentive) bool { return x.Pays || raisesTotal(x) })
	slices.SortStableFunc(rising, CompareRows)
	return rising, r.remarkWords(len(rows))
}

func cellsCell(x table.Incentive) book.Cell {
	c, cells := book.Cell{Value: x.Cells, Look: book.Mono}, strings.Split(x.Cells, "; ")
	if n := len(cells); n > maxShown {
		c.Value = fmt.Sprintf("%s 等%d格", strings.Join(cells[:maxShown], "; "), n)
	}
	return c
}

// subjectRows is the sheet 各家: the most that each submission could gain; then those that are not ranked.
func (r Report) subjectRows() ([][]any, list.Words) {
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
			best := slices.MinFunc(rows, CompareRows)
			return len(rows), fmt.Sprintf("第%d名　%s", best.RankAfter.V, best.What)
		}
		n, perverse := paying(templates.Perverse)
		_, claim := paying(templates.Claim)
		return []any{rankCell(int32(s.Rank), s.Ranked), s.Submission.Consortium,
			table.Opt[float64]{V: s.Total, Valid: s.Ranked}, n, perverse, claim, s.Unranked}
	}), r.remarkWords(0)
}
