package consolidate

import (
	"cmp"
	"fmt"
	"slices"

	"lianheti/stages/table"
)

// doubt is a finding that nobody has table.Explained, with what hangs on it.
type doubt struct {
	table.Finding
	rank   table.Opt[int32]
	Points string `col:"concerns"` // observation points that hang on it
	Since  string `col:"since"`    // from which round; empty: not compared with one
	Void   string `col:"void"`     // what was said and does not count
}

// doubts lists the findings that wait for an explanation, those first that points of a ranked submission hang on, by rank; and says how many
// of them move the ranking.
func (w *workbook) doubts() ([]doubt, words) {
	since := map[string]string{}
	for c := range w.Changes.All() {
		if c.Fingerprint != "" {
			since[c.Fingerprint] = c.Kind.Label()
		}
	}
	points := map[[2]string]string{} // that hang on a finding
	for x := range w.Ranking.Stakes.All() {
		points[[2]string{x.Submission, x.Fingerprint}] = x.Points
	}
	var all []doubt
	for x := range w.Judgement.Findings.All() {
		if x.Answered() == table.ToExplain {
			d := doubt{Finding: x, rank: w.ranks[x.Submission].Rank, Points: points[[2]string{x.Submission, x.Fingerprint}], Since: since[x.Fingerprint]}
			if x.Own != "" {
				d.Void = "登记不采纳：" + x.Own
			} else if x.Outdated != "" {
				d.Void = "说明后数又改了：" + x.Outdated
			}
			all = append(all, d)
		}
	}
	last := func(x doubt) int32 { // those without a rank come last
		switch {
		case !x.rank.Valid:
			return 2
		case x.Points == "":
			return 1
		}
		return 0
	}
	slices.SortStableFunc(all, func(a, b doubt) int { return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(a.rank.V, b.rank.V)) })
	scored, submissions := 0, map[string]bool{}
	for _, x := range all {
		submissions[x.Submission] = true
		scored += one(last(x) == 0)
	}
	return all, words{"submissions": fmt.Sprint(len(submissions)), "scored": fmt.Sprint(scored)}
}
