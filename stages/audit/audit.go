// Package audit looks for what an applicant could gain by filling its form otherwise inside the form's rules: leave out
// a member, shrink an enrolment, write 不适用 where it is weak. University rankings have been moved by these means.
//
// The moves stand in the definition (audit.yaml). This package makes them of one form at a time, combines the strong
// ones, and writes what came of them; the pipeline judges and scores the changed form, all others as they are.
package audit

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Tried is a move and what came of it.
type Tried struct {
	Move
	table.Position
	Verdict model.Verdict
	Judged  bool            // the verdict and the findings are known: a move that brings nothing is not judged
	New     []table.Finding // open ones that the move brings: it is not free
	Gone    int             // open ones that it makes vanish
}

// Subject is one submission as it was handed in.
type Subject struct {
	Submission table.Submission
	City       string
	table.Position
}

// Pays says whether a move raises the rank.
func (s Subject) Pays(t Tried) bool { return t.Ranked && t.Rank < s.Rank }

// Gains is by how much a move raises the total; what falls out of the ranking gains nothing.
func (s Subject) Gains(t Tried) float64 {
	if !t.Ranked {
		return -s.Total
	}
	return t.Total - s.Total
}

// stronger orders moves by what they bring.
func (s Subject) stronger(a, b Tried) int {
	place := func(t Tried) int {
		if t.Ranked {
			return t.Rank
		}
		return int(^uint(0) >> 1)
	}
	return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(s.Gains(b), s.Gains(a)), strings.Compare(a.ID, b.ID))
}

// Examine tries every single move, then those of one kind together that each help, then the strongest two by two.
func Examine(d *templates.Definition, s Subject, f *table.Form, try func(Move) Tried) []Tried {
	out, strongest := table.Each(Moves(d, f), try), []Tried(nil)
	for _, singles := range table.GroupBy(out, func(t Tried) string { return t.Kind }) {
		if singles[0].List() != templates.Perverse {
			continue
		}
		slices.SortStableFunc(singles, s.stronger)
		out = append(out, gather(d.Audit, s, singles, try)...)
		// What changes no total has nothing to add to another.
		singles = slices.DeleteFunc(singles, func(t Tried) bool { return !t.Ranked || s.Gains(t) == 0 })
		strongest = append(strongest, singles[:min(len(singles), d.Audit.Strongest)]...)
	}
	slices.SortStableFunc(strongest, s.stronger)
	strongest = strongest[:min(len(strongest), d.Audit.Pairs)]
	for i, a := range strongest {
		for _, b := range strongest[i+1:] {
			if !a.overlaps(b.Move) {
				out = append(out, try(together(KindPair, a.Move, b.Move)))
			}
		}
	}
	return out
}

// gather adds up moves of one kind that each help, the strongest first, as long as the total rises.
func gather(a *templates.Audit, s Subject, singles []Tried, try func(Move) Tried) []Tried {
	best, moves := 0.0, []Move(nil)
	var out []Tried
	for _, t := range singles {
		if len(moves) == a.Gather || s.Gains(t) <= 0 {
			break
		}
		if len(moves) == 0 {
			moves, best = []Move{t.Move}, s.Gains(t)
			continue
		}
		if slices.ContainsFunc(moves, t.overlaps) {
			continue
		}
		more := try(together(KindGathered, append(slices.Clone(moves), t.Move)...))
		if gain := s.Gains(more); gain > best {
			moves, best, out = append(moves, t.Move), gain, []Tried{more}
		}
	}
	return out
}

// Row is a move as the table has it.
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
	var said []string
	for _, x := range t.New {
		if x.Severity == model.MustFix {
			row.Errors.V++
		} else {
			row.Warnings.V++
		}
		if title := fmt.Sprintf("%s %s", x.Code, x.Title); !slices.Contains(said, title) {
			said = append(said, title)
		}
	}
	row.Findings = strings.Join(said, "；")
	if t.Def != nil {
		row.Evidence = t.Def.Evidence
	}
	return row
}

// Paying is a move that raises a rank. Its JSON keys are public.
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
	Evidence   string  `json:"evidence,omitempty"` // that would check a claim
}

// NewPaying makes one of a row that pays.
func NewPaying(r table.Incentive) Paying {
	return Paying{r.Submission, r.Consortium, r.Kind, r.What, r.RankBefore, r.RankAfter.V, r.TotalAfter.V - r.TotalBefore,
		r.Verdict, r.Findings, r.Evidence}
}

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
