package score

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/stages/text"
)

// Moves says of every submission of both rounds what moved its total, by table.Causes in their order: the earlier round
// is scored again, one thing after the other being replaced by this round's, so that the steps add up to the whole.
//
// registered is the earlier facts judged with this round's register; nil where that is the same. between has this
// round's facts under the earlier definition and rules; nil where the form is another: nobody can tell the steps apart.
func Moves(earlier *table.Round, registered *table.Judgement, between, now *table.Round) (
	map[string][]table.Move, error) {
	if between == nil {
		ends := []map[string]float64{published(earlier.Ranking), published(now.Ranking)}
		return moves(nil, []table.Cause{table.CauseForm}, ends), nil
	}
	then, kept := slices.Collect(earlier.Ranking.Scales.All()), slices.Collect(now.Ranking.Scales.All())
	why := attribution{}
	was, err := scored(earlier, then, 0)
	if err != nil {
		return nil, err
	}
	was.rule(earlier.Ranking)
	steps := []map[string]float64{published(earlier.Ranking), was.totals()}
	step := func(cause table.Cause, replaced bool, by table.Round, scales []table.Scale) {
		if replaced && err == nil {
			var f *field
			if f, err = scored(&by, scales, 0); err != nil {
				return
			}
			why[cause], was = was.shifted(f, earlier, now), f
		}
		steps = append(steps, was.totals())
	}
	at := table.Round{Facts: earlier.Facts, Judgement: registered, Marking: earlier.Marking}
	step(table.CauseRegister, registered != nil, at, then)
	was.replace(between)
	steps = append(steps, was.totals())
	at.Facts, at.Judgement = between.Facts, between.Judgement
	step(table.CauseScale, true, at, kept)
	at.Marking = now.Marking
	step(table.CauseMarks, earlier.Marking.Marks.Len()+now.Marking.Marks.Len() > 0, at, kept)
	at.Judgement = now.Judgement
	step(table.CauseRules, between.Judgement != now.Judgement, at, kept)
	if err != nil {
		return nil, err
	}
	return moves(why, table.Causes, append(steps, published(now.Ranking))), nil
}

// attribution says of a submission why a step moved its total.
type attribution map[table.Cause]func(id string) string

// shifted says of each submission who moved the scales on which it stands, and how.
func (f *field) shifted(to *field, earlier, now *table.Round) func(id string) string {
	names, gone := map[string]string{}, map[string]string{}
	sets := [2]map[string]string{{}, {}} // all figures of one in the set
	for _, round := range []*table.Round{earlier, now} {
		for k := range round.Ranking.Ranking.All() {
			names[k.Submission], gone[k.Submission] = k.Consortium, k.Unranked
		}
	}
	for i, from := range []*field{f, to} {
		for at, slot := range f.slots[:f.evidence] {
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
				if what = 0; gone[other] != "" {
					who += "（" + gone[other] + "）"
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

// moves makes steps of the totals before the first cause and after each.
func moves(why attribution, causes []table.Cause, totals []map[string]float64) map[string][]table.Move {
	out := map[string][]table.Move{}
	for id, at := range totals[0] {
		end, still := totals[len(totals)-1][id]
		if !still {
			continue
		}
		var steps []table.Move
		for i, cause := range causes {
			if after := totals[i+1][id]; math.Abs(after-at) >= table.SameTotal {
				step := table.Move{Cause: cause, Before: at, After: after}
				if said := why[cause]; said != nil {
					step.Because = said(id)
				}
				steps, at = append(steps, step), after
			}
		}
		if len(steps) > 0 {
			steps[len(steps)-1].After = end // what was left out is less than anybody sees
			out[id] = steps
		}
	}
	return out
}

// rule takes over the deductions that a published ranking has: the register that decided them is in no table.
func (f *field) rule(r *table.Ranking) {
	decided := table.IndexBy(r.Ranking.All(), func(k table.Rank) string { return k.Submission })
	for _, e := range f.entrants {
		e.Deduction = decided[e.Submission].Deduction
	}
	f.settle(f.scales(f.reference, ""))
}

// replace puts other figures of the same submissions in the place of theirs, on the scales as they are.
func (f *field) replace(by *table.Round) {
	excused := f.excused(by.Judgement)
	entrants := f.byID()
	for form := range by.Facts.Forms {
		if e := entrants[form.Submission.Submission]; e != nil {
			f.fill(e, answers{Form: form, excused: excused[e.Submission]})
		}
	}
	f.settle(f.scales(f.reference, ""))
}

func (f *field) totals() map[string]float64 {
	out := map[string]float64{}
	for _, e := range f.entrants {
		out[e.Submission] = e.Total
	}
	return out
}

func published(r *table.Ranking) map[string]float64 {
	out := map[string]float64{}
	for k := range r.Ranking.All() {
		out[k.Submission] = k.Total
	}
	return out
}
