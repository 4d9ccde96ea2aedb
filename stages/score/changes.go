package score

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/stages/text"
)

// TotalChanges attributes the change of each total between two rounds to table.Causes, in their order. The earlier
// round is scored again with one input after another replaced by this round's, so the steps add up to the whole change.
//
// registered is the earlier facts checked with this round's register; nil where that changes nothing. between is this
// round's facts under the earlier definition and rules; nil where the form changed: then the causes can't be separated.
func TotalChanges(earlier *table.Round, registered *table.Judgement, between, now *table.Round) (
	_ map[string][]table.Move, err error) {
	defer try.Caught(&err)
	if between == nil {
		ends := []map[string]float64{publishedTotals(earlier.Ranking), publishedTotals(now.Ranking)}
		return totalChanges(nil, []table.Cause{table.CauseForm}, ends), nil
	}
	then, kept := slices.Collect(earlier.Ranking.Scales.All()), slices.Collect(now.Ranking.Scales.All())
	why := explanations{}
	was := try.Get(scoreBatch(earlier, then, 0))
	decided := table.IndexBy(earlier.Ranking.Ranking.All(), func(k table.Rank) string { return k.Submission })
	for _, e := range was.entrants { // the register that decided them is in no table
		e.Deduction = decided[e.Submission].Deduction
	}
	was.applyScales()
	steps := []map[string]float64{publishedTotals(earlier.Ranking), was.totals()}
	step := func(cause table.Cause, replaced bool, by table.Round, scales []table.Scale) {
		if replaced {
			f := try.Get(scoreBatch(&by, scales, 0))
			why[cause], was = was.referenceChanges(f, earlier, now), f
		}
		steps = append(steps, was.totals())
	}
	at := table.Round{Facts: earlier.Facts, Judgement: registered, Marking: earlier.Marking}
	step(table.CauseRegister, registered != nil, at, then)
	was.replaceForms(between)
	steps = append(steps, was.totals())
	at.Facts, at.Judgement = between.Facts, between.Judgement
	step(table.CauseScale, true, at, kept)
	at.Marking = now.Marking
	step(table.CauseMarks, earlier.Marking.Marks.Len()+now.Marking.Marks.Len() > 0, at, kept)
	at.Judgement = now.Judgement
	step(table.CauseRules, between.Judgement != now.Judgement, at, kept)
	return totalChanges(why, table.Causes, append(steps, publishedTotals(now.Ranking))), nil
}

// explanations gives, by cause, a function that says why the step changed a submission's total.
type explanations map[table.Cause]func(id string) string

// referenceChanges returns a function that says who entered, left or changed the reference sets.
func (f *scoredBatch) referenceChanges(to *scoredBatch, earlier, now *table.Round) func(id string) string {
	names, unranked := map[string]string{}, map[string]string{}
	sets := [2]map[string]string{{}, {}} // before and after: each submission's figures in the set, as one string
	for _, round := range []*table.Round{earlier, now} {
		for k := range round.Ranking.Ranking.All() {
			names[k.Submission], unranked[k.Submission] = k.Consortium, k.Unranked
		}
	}
	for i, from := range []*scoredBatch{f, to} {
		for at, slot := range f.slots[:f.evidenceCount] {
			for _, x := range from.reference.sets[at] {
				if slot.Counts() {
					sets[i][x.submission] += fmt.Sprint(at, x.value, ";")
				}
			}
		}
	}
	all := slices.Sorted(maps.Keys(names))
	return func(id string) string {
		words := [3][]string{}
		for _, other := range all {
			was, is, who, what := sets[0][other], sets[1][other], names[other], 2
			switch {
			case was == is:
				continue
			case was == "":
				what = 1
			case is == "":
				if what = 0; unranked[other] != "" {
					who += "（" + unranked[other] + "）"
				}
			case other == id:
				who = "本申报自己"
			}
			words[what] = append(words[what], who)
		}
		var out []string
		for i, what := range []string{"退出定标：", "进入定标：", "数变了："} {
			if words[i] != nil {
				out = append(out, what+text.Few(words[i], table.FewNames, "家"))
			}
		}
		return strings.Join(out, "；")
	}
}

// totalChanges lists each submission's changes, given all totals before the first cause and after each.
func totalChanges(why explanations, causes []table.Cause, totals []map[string]float64) map[string][]table.Move {
	out := map[string][]table.Move{}
	for id, at := range totals[0] {
		end, inBoth := totals[len(totals)-1][id]
		if !inBoth {
			continue
		}
		var steps []table.Move
		for i, cause := range causes {
			if after := totals[i+1][id]; math.Abs(after-at) >= table.SameTotal {
				step := table.Move{Cause: cause, Before: at, After: after}
				if explain := why[cause]; explain != nil {
					step.Because = explain(id)
				}
				steps, at = append(steps, step), after
			}
		}
		if len(steps) > 0 {
			steps[len(steps)-1].After = end // the changes left out are too small to be seen
			out[id] = steps
		}
	}
	return out
}

// replaceForms measures the same submissions on the forms of another round, with the scales unchanged.
func (f *scoredBatch) replaceForms(by *table.Round) {
	excused := f.acceptedGaps(by.Judgement)
	entrants := f.byID()
	for form := range by.Facts.Forms {
		if e := entrants[form.Submission.Submission]; e != nil {
			f.measureForm(e, answers{Form: form, excused: excused[e.Submission]})
		}
	}
	f.applyScales()
}

func (f *scoredBatch) totals() map[string]float64 {
	out := map[string]float64{}
	for _, e := range f.entrants {
		out[e.Submission] = e.Total
	}
	return out
}

func publishedTotals(r *table.Ranking) map[string]float64 {
	out := map[string]float64{}
	for k := range r.Ranking.All() {
		out[k.Submission] = k.Total
	}
	return out
}
