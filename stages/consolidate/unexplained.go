package consolidate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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

// doubts are the findings that wait for an explanation, and how many of them move the ranking.
func (w *workbook) doubts() ([]doubt, words) {
	all := w.doubtful()
	scored, submissions := 0, map[string]bool{}
	for _, x := range all {
		submissions[x.Submission] = true
		if x.points != nil && x.rank.Valid {
			scored++
		}
	}
	return all, words{"submissions": fmt.Sprint(len(submissions)), "scored": fmt.Sprint(scored)}
}

// doubtful lists the findings that wait for an explanation: those first that points of a ranked submission hang on, by rank.
func (w *workbook) doubtful() []doubt {
	since := map[string]string{}
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
			all = append(all, doubt{x, w.ranks[x.Submission].Rank, w.pointsOf(x, forms[x.Submission]), since[x.Fingerprint]})
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
