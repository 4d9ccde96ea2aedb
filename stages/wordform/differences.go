package wordform

import (
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Difference is what a Word form and the workbook of the same consortium say differently.
type Difference struct {
	Ref        templates.Ref
	Word, Book table.Observation
}

// Differences compares a Word form with a workbook value by value, in the order of the form: what is printed by the official form, but
// nothing personal, and no signature. What the form prints beyond it (the supplementary figures) counts only where the Word form has it. Of the
// roster, who is listed is compared, kind by kind.
func Differences(d *templates.Definition, word, book *table.Form) []Difference {
	var out []Difference
	for _, slot := range d.Layout().Slots() {
		f, r := slot.Field, templates.Ref{Field: slot.Field.ID, Year: slot.Year}
		if f.Personal || f.Extra || f.Locked || f.Type == templates.ConfirmField {
			continue
		}
		is, was := word.Observe(r), book.Observe(r)
		byHand := f.Type == templates.DateField || d.Supplementary(f, r.Year)
		if is.Status == table.Missing && byHand || book.NotAsked(r) || is.Status == was.Status && sameText(said(is), said(was)) {
			continue
		}
		out = append(out, Difference{r, is, was})
	}
	for _, k := range d.Form.Kinds {
		is, was := members(word, k.ID), members(book, k.ID)
		if !slices.Equal(keys(is), keys(was)) {
			out = append(out, Difference{templates.Ref{Field: "members_name"}, listed(k, is, was), listed(k, was, is)})
		}
	}
	return out
}

func said(o table.Observation) string {
	if o.Status == table.Invalid {
		return o.Raw
	}
	return o.Value
}

// sameText leaves blanks and line ends out of account, which a printed page may have others of.
func sameText(a, b string) bool {
	return a == b || strings.Join(strings.Fields(text.NameKey(a)), "") == strings.Join(strings.Fields(text.NameKey(b)), "")
}

func members(f *table.Form, kind string) (out []table.Member) {
	for _, m := range f.Members {
		if m.Kind == kind {
			out = append(out, m)
		}
	}
	return out
}

func keys(list []table.Member) (out []string) {
	for _, m := range list {
		out = append(out, m.NameKey)
	}
	slices.Sort(out)
	return out
}

// listed names the members of a kind that others do not have, at the first one's place.
func listed(k templates.MemberKind, list, others []table.Member) table.Observation {
	o := table.Observation{Status: table.Normal}
	var names []string
	there := keys(others)
	for _, m := range list {
		if !slices.Contains(there, m.NameKey) {
			names = append(names, m.Name)
			if o.Place.Cell == "" {
				o.Place = model.Place{Sheet: m.Sheet, Cell: m.Cell}
			}
		}
	}
	o.Value = k.Label + "：" + strings.Join(names, "、")
	return o
}
