package check

import (
	"slices"
	"strings"

	"lianheti/stages"
	"lianheti/stages/table"
	"lianheti/templates"
)

// explain puts the explanations beside the warnings they are about. Words cover a finding for the values they were given
// for: those whose hash stands with them, or, where none does, those of the workbook they stand in. What was in force in the
// last round is so still while the values are the same, even if a prefecture mended its own original in which nothing is
// explained. Changed values open the finding again; the words are kept beside it. What they say is for a person to judge.
func (f *form) explain(findings []table.Finding) {
	for i := range findings {
		x := &findings[i]
		if x.Severity != stages.Explain {
			continue
		}
		before := f.batch.given[x.Fingerprint]
		for _, e := range append(f.given(x), before...) {
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

// given lists what the workbook says about a warning: in the rows with its key, and in rows without any that name the warning, or its
// field, as one does who explains before being asked.
func (f *form) given(x *table.Finding) (out []table.Given) {
	for _, e := range f.Explanations {
		words := e.Explanation
		switch {
		case e.Fingerprint == x.Fingerprint && words == "":
			words = stages.WordsBeside(e.About, x.Title, x.Message)
		case e.Fingerprint == x.Fingerprint, len(e.Fingerprint) != stages.KeyLength && f.names(e.About, x):
		default:
			continue
		}
		if words = stages.Mask(strings.TrimSpace(words)); words != "" {
			out = append(out, table.Given{Fingerprint: x.Fingerprint, ValueHash: e.ValueHash, Words: words})
		}
	}
	return out
}

// names says whether a text is what a returned copy says of a warning, or the name of its field.
func (f *form) names(about string, x *table.Finding) bool {
	key, w := stages.NameKey(about), f.batch.words
	if key == "" {
		return false
	}
	ours, fields := []string{stages.ExplanationAbout(x.Title, x.Message)}, strings.Fields(x.Fields)
	if x.Member != "" {
		fields = nil // the name of a column does not say which row
	}
	for _, field := range fields {
		ours = append(ours, w.label(field), w.name(templates.Ref{Field: field, Year: int(x.Year.V)}))
	}
	return slices.ContainsFunc(ours, func(s string) bool { return stages.NameKey(s) == key })
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
