// Package audit looks for what an applicant could gain by filling its form otherwise inside the form's rules: leave out
// a member, shrink an enrolment, write 不适用 where it is weak. University rankings have been moved by these means.
//
// The moves stand in the definition (audit.yaml). This package makes them of one form at a time, combines the strong
// ones, and writes what came of them; the pipeline judges and scores the changed form, all others as they are.
package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Tried is a move and what came of it.
type Tried struct {
	Move
	table.Place
	Verdict model.Verdict
	Judged  bool            // the verdict and the findings are known: a move that brings nothing is not judged
	New     []table.Finding // open ones that the move brings: it is not free
	Gone    int             // open ones that it makes vanish
}

// Subject is one submission as it was handed in.
type Subject struct {
	Submission table.Submission
	City       string
	table.Place
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
	var out, strongest []Tried
	for _, m := range Moves(d, f) {
		out = append(out, try(m))
	}
	for _, singles := range table.Grouped(out, func(t Tried) string { return t.Kind }) {
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
