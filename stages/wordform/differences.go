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

// Differences compares a Word form with a workbook value by value, in the order of the form: nothing personal, and no
// signature; of the roster, who is listed. Supplementary figures count only where the Word form has them.
func Differences(d *templates.Definition, word, book *table.Form) []Difference {
	var out []Difference
	for _, slot := range d.Layout().Slots() {
		f, r := slot.Field, templates.Ref{Field: slot.Field.ID, Year: slot.Year}
		if f.Personal || f.Extra || f.Locked || f.Type == templates.ConfirmField {
			continue
		}
		is, was := word.Observe(r), book.Observe(r)
		byHand := f.Type == templates.DateField || d.Supplementary(f, r.Year)
		same := is.Status == was.Status && sameText(said(is), said(was))
		if !same && !book.NotAsked(r) && !(is.Status == table.Missing && byHand) {
			out = append(out, Difference{r, is, was})
		}
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

func members(f *table.Form, kind string) []table.Member {
	return table.Where(slices.Values(f.Members), func(m table.Member) bool { return m.Kind == kind })
}

func names(list []table.Member) []string {
	return table.Each(list, func(m table.Member) string { return m.Name })
}

func keys(list []table.Member) []string {
	return slices.Sorted(slices.Values(table.Each(list, func(m table.Member) string { return m.NameKey })))
}

// listed names the members of a kind that others do not have, at the first one's place.
func listed(k templates.MemberKind, list, others []table.Member) table.Observation {
	there := keys(others)
	own := table.Where(slices.Values(list), func(m table.Member) bool { return !slices.Contains(there, m.NameKey) })
	o := table.Observation{Status: table.Normal, Value: k.Label + "：" + strings.Join(names(own), "、")}
	if len(own) > 0 {
		o.Place = model.Place{Sheet: own[0].Sheet, Cell: own[0].Cell}
	}
	return o
}
