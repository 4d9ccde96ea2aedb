package score

import (
	"math"
	"slices"
	"testing"

	"lianheti/stages/table"
)

// Requirements
//  1. Everybody outside the line has steps, nobody inside; they begin at the total, each adds its gain, and what brings most comes first.
//  2. The steps end as soon as the total is higher than that of the last inside, or when nothing brings any more: then every evidence
//     below the best has been taken.
//  3. A step of complete evidence gains what the published rows say: weight × (best − own).

func TestLifts(t *testing.T) {
	d := definition(t)
	const k = 3
	for seed := range uint64(4) {
		gaps := seed%2 == 1
		facts, judgement, marking := evenly(d, random(d, 9, seed, gaps))
		got, err := Run(facts, judgement, marking, Options{Draws: 1, Select: k})
		if err != nil {
			t.Fatal(err)
		}
		normalised, best := map[[2]string]table.Score{}, map[string]float64{}
		ranked, line := map[string]table.Rank{}, math.Inf(1)
		for r := range got.Ranking.All() {
			if r.Ranked {
				ranked[r.Submission] = r
				if r.Rank.V <= k {
					line = min(line, table.Rounded(r.Total))
				}
			}
		}
		for s := range got.Scores.All() {
			if _, in := ranked[s.Submission]; in && s.Evidence != "" {
				normalised[[2]string{s.Submission, s.Evidence}] = s
				if s.Normalised.Valid {
					best[s.Evidence] = max(best[s.Evidence], s.Normalised.V)
				}
			}
		}
		steps := map[string][]table.Lift{}
		for l := range got.Lifts.All() {
			steps[l.Submission] = append(steps[l.Submission], l)
		}
		for id, r := range ranked {
			path := steps[id]
			if (r.Rank.V > k) != (len(path) > 0) {
				t.Errorf("seed %d: rank %d has %d steps", seed, r.Rank.V, len(path))
			}
			at, taken := r.Total, map[string]bool{}
			for i, l := range path {
				own := normalised[[2]string{id, l.Evidence}]
				taken[l.Evidence] = true
				if l.Step != int32(i+1) || !near(l.Total, at+l.Gain) || l.Inside != (table.Rounded(l.Total) > line) || l.Inside && i < len(path)-1 {
					t.Errorf("seed %d, %s: step %+v after %v, the line at %v", seed, id, l, at, line)
				}
				if there := normalised[[2]string{l.BestOf, l.Evidence}]; there.Normalised.V != best[l.Evidence] || there.Raw.V != l.Best {
					t.Errorf("seed %d, %s: %s is not the best at %s", seed, id, l.BestOf, l.Evidence)
				}
				if r.Present == 1 {
					if want := own.Weight * (best[l.Evidence] - own.Normalised.V); !near(l.Gain, want) {
						t.Errorf("seed %d, %s: %s gains %v, want %v", seed, id, l.Evidence, l.Gain, want)
					}
					if i > 0 && l.Gain > path[i-1].Gain+1e-9 {
						t.Errorf("seed %d, %s: step %d gains more than the one before", seed, id, l.Step)
					}
				}
				at = l.Total
			}
			if len(path) == 0 || path[len(path)-1].Inside {
				continue
			}
			for at, s := range normalised {
				if at[0] == id && s.Normalised.Valid && s.Weight*(best[at[1]]-s.Normalised.V) > table.SameTotal && !taken[at[1]] {
					t.Errorf("seed %d, %s: %s was not tried", seed, id, at[1])
				}
			}
		}
	}
	// Marks are lifted to the best as well.
	facts, judgement := tables(d, allRanked(d, 6, 2))
	marks := marksOf(d, allRanked(d, 6, 2), 3, func(_ int, s, _ string) float64 { return float64(20 + 10*int(s[len(s)-1]-'0')) })
	lifted, err := Run(facts, judgement, markingOf(marks), Options{Draws: 1, Select: k})
	if err != nil {
		t.Fatal(err)
	}
	byMarks := 0
	for l := range lifted.Lifts.All() {
		if own := float64(20 + 10*int(l.Submission[len(l.Submission)-1]-'0')); l.Evidence == "" {
			if byMarks++; l.BestOf != "2024-06" || l.Raw.V != own || l.Best != 80 {
				t.Errorf("%+v, own marks of %v", l, own)
			}
		}
	}
	if byMarks == 0 {
		t.Error("no mark was lifted")
	}
	// All are inside: nothing to say.
	facts, judgement, marking := evenly(d, allRanked(d, 3, 1))
	got, err := Run(facts, judgement, marking, Options{Draws: 1, Select: 3})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(slices.Collect(got.Lifts.All())); n != 0 {
		t.Errorf("%d steps though nobody is outside", n)
	}
}
