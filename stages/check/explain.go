package check

import (
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// explain puts the explanations beside the warnings they are about. Words cover a finding for the values they were given
// for: those whose hash stands with them, or, where none does, those of the workbook they stand in. What was in force in the
// last round is so still while the values are the same, even if a prefecture mended its own original in which nothing is
// explained. Changed values open the finding again; the words are kept beside it. What they say is for a person to judge.
func (f *form) explain(findings []table.Finding) {
	rows := f.asked()
	for i := range findings {
		x := &findings[i]
		if x.Severity != model.Explain {
			continue
		}
		before := f.batch.given[x.Fingerprint]
		for _, e := range append(f.given(x, rows), before...) {
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

// asked finds the rows of the workbook's explanations, by their number: by the key of a warning, or where a row has none, by what it says
// it is about.
type asked struct{ byKey, byAbout map[string][]int }

func (f *form) asked() asked {
	out := asked{map[string][]int{}, map[string][]int{}}
	for i, e := range f.Explanations {
		if len(e.Fingerprint) == model.KeyLength {
			out.byKey[e.Fingerprint] = append(out.byKey[e.Fingerprint], i)
		} else if about := text.NameKey(e.About); about != "" {
			out.byAbout[about] = append(out.byAbout[about], i)
		}
	}
	return out
}

// given lists what the workbook says about a warning: in the rows with its key, and in rows without any that name the warning, or its
// field, as one does who explains before being asked.
func (f *form) given(x *table.Finding, rows asked) (out []table.Given) {
	found := slices.Clone(rows.byKey[x.Fingerprint])
	for _, name := range f.names(x) {
		found = append(found, rows.byAbout[text.NameKey(name)]...)
	}
	slices.Sort(found)
	for _, i := range slices.Compact(found) {
		e := f.Explanations[i]
		words := e.Explanation
		if words == "" && e.Fingerprint == x.Fingerprint {
			words = model.WordsBeside(e.About, x.Title, x.Message)
		}
		if words = text.Mask(strings.TrimSpace(words)); words != "" {
			out = append(out, table.Given{Fingerprint: x.Fingerprint, ValueHash: e.ValueHash, Words: words})
		}
	}
	return out
}

// names gives what a returned copy says of a warning, and the name of its field.
func (f *form) names(x *table.Finding) []string {
	out, fields := []string{model.ExplanationAbout(x.Title, x.Message)}, strings.Fields(x.Fields)
	if x.Member != "" || len(fields) > 1 || f.batch.def.Rule(x.Code).Tier() == 1 {
		return out // the name of a field says neither which row, nor what of several values, nor what became of the workbook
	}
	for _, field := range fields {
		out = append(out, f.batch.words.label(field), f.batch.words.name(templates.Ref{Field: field, Year: int(x.Year.V)}))
	}
	return out
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
