package check

import (
	"strings"

	"lianheti/stages"
	"lianheti/stages/table"
)

// explain puts the explanations beside the warnings they are about. Words cover a finding for the values they were given
// for: those whose hash stands with them, or, where none does, those of the workbook they stand in. What was in force in the
// last round is so still while the values are the same, even if a prefecture mended its own original in which nothing is
// explained. Changed values open the finding again; the words are kept beside it. What they say is for a person to judge.
func (f *form) explain(findings []table.Finding) {
	given := map[string][]table.Given{}
	for _, e := range f.Explanations {
		if words := stages.Mask(strings.TrimSpace(e.Explanation)); e.Fingerprint != "" && words != "" {
			given[e.Fingerprint] = append(given[e.Fingerprint], table.Given{Fingerprint: e.Fingerprint, ValueHash: e.ValueHash, Words: words})
		}
	}
	for i := range findings {
		x := &findings[i]
		if x.Severity != stages.Explain {
			continue
		}
		before := f.batch.given[x.Fingerprint]
		for _, e := range append(given[x.Fingerprint], before...) {
			switch {
			case e.ValueHash == x.ValueHash, e.ValueHash == "" && !saidOfOthers(e.Words, x.ValueHash, before):
				if x.Own == "" {
					x.Own = e.Words
				}
			default:
				x.Outdated = e.Words
			}
		}
		if x.Own != "" {
			x.Explanation, x.Outdated = x.Own, ""
		}
	}
}

// saidOfOthers says whether the very same words were given in the last round, for other values.
func saidOfOthers(words, valueHash string, before []table.Given) bool {
	for _, b := range before {
		if b.Words == words && b.ValueHash != valueHash {
			return true
		}
	}
	return false
}
