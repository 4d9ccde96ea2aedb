package score

import (
	"cmp"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
)

// doubt is one cell whose figure may be wrong, with what hangs on it.
type doubt struct {
	table.Check
	evidence []int
}

// checklist says which cells to confirm so that nothing that is found in the rest can change who is chosen. For each one inside the line
// its doubtful figures, the one with the greatest possible loss first: as many of them as it takes until its total, with the rest counting
// nothing, is still higher than any outside would have with their guessed readings counting all. The scales stay as they are. Before there
// is a line it lists the doubtful figures of those around it and settles nothing.
func (m *scheme) checklist(ranked []*entrant, k int) []table.Check {
	line, around := 0.0, m.near(ranked, k)
	for _, e := range ranked {
		if !e.inside(k) {
			var guessed []doubt
			if slices.Contains(around, e) {
				guessed = slices.DeleteFunc(m.doubted(e), func(d doubt) bool { return !d.Guessed })
			}
			line = max(line, m.at(e, 1, allOf(guessed)...))
		}
	}
	var out []table.Check
	for _, e := range around {
		if m.complete && !e.inside(k) {
			continue
		}
		settled, rows := false, m.doubted(e)
		for i := range rows {
			settled = m.complete && round10(m.at(e, 0, allOf(rows[i:])...)) > round10(line)
			rows[i].Order, rows[i].Needed = int32(i+1), m.complete && !settled
			out = append(out, rows[i].Check)
		}
		if end := round10(e.Total) > round10(line); m.complete && !end {
			out = append(out, table.Check{Batch: e.Batch, Submission: e.Submission, Order: int32(len(rows) + 1), Needed: true,
				Reason: "本家的数全部核实也定不下来：线外的推测读数若取最高，仍可能不低于它；请先核线外的推测读数"})
		}
	}
	return out
}

// allOf lists the evidence that hangs on some doubts.
func allOf(doubts []doubt) []int {
	var out []int
	for _, d := range doubts {
		out = append(out, d.evidence...)
	}
	return out
}

// doubted lists the cells of one submission that nobody has explained and on which points hang, by possible loss, then as they stand on the
// form.
func (m *scheme) doubted(e *entrant) []doubt {
	var out []doubt
	for _, h := range e.hangs {
		if c := m.criteria[h.point]; c.earn(e.Complete) > 0 && (h.finding == nil || h.finding.Severity == model.Explain) {
			out = h.collect(out, c.ID)
		}
	}
	for i := range out {
		out[i].Batch, out[i].Submission = e.Batch, e.Submission
		out[i].Loss = max(0, e.Total-m.at(e, 0, out[i].evidence...))
	}
	slices.SortStableFunc(out, func(a, b doubt) int {
		return cmp.Or(-cmp.Compare(round10(a.Loss), round10(b.Loss)), cmp.Compare(a.Sheet, b.Sheet), cmp.Compare(a.Cell, b.Cell),
			cmp.Compare(a.Field, b.Field))
	})
	return out
}

// collect adds one reason to the row of its cell.
func (h hang) collect(out []doubt, point string) []doubt {
	i := slices.IndexFunc(out, func(d doubt) bool { return d.Sheet == h.Sheet && d.Cell == h.Cell && d.Field == h.Field })
	if i < 0 {
		h.Points = point
		return append(out, doubt{h.Check, []int{h.evidence}})
	}
	d := &out[i]
	d.Guessed = d.Guessed || h.Guessed
	d.evidence = append(d.evidence, h.evidence)
	d.Points = alsoIn(d.Points, point)
	if !strings.Contains(d.Reason, h.Reason) {
		d.Reason += "；" + h.Reason
	}
	return out
}
