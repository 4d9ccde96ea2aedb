package table

import (
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/text"
	"lianheti/templates"
)

// School is one school of the Department's own list (学校名录).
type School struct {
	Name      string
	Kind      string       // id of the member kind
	Enrolment Opt[float64] // official
	Year      string       // of the enrolment; empty: not said
}

// Schools is that list, by the key of every name that a school goes by. It is empty where nothing is registered.
func (r Register) Schools(d *templates.Definition) map[string]School {
	out := map[string]School{}
	for _, e := range r {
		if e.Sheet.Effect != templates.Lists {
			continue
		}
		kind, _ := d.Form.Kind(e.Values[templates.RegisterKind])
		s := School{Name: e.Values[templates.RegisterSchool], Kind: kind.ID, Year: e.Values[templates.RegisterYear]}
		if n, err := strconv.ParseFloat(e.Values[templates.RegisterEnrolment], 64); err == nil {
			s.Enrolment = Some(n)
		}
		for _, key := range e.SchoolNames() {
			out[key] = s
		}
	}
	return out
}

// SchoolNames are the keys of all names of an entry of the list of schools.
func (e Registered) SchoolNames() []string {
	var out []string
	names := strings.FieldsFunc(e.Values[templates.RegisterOthers], func(r rune) bool { return strings.ContainsRune("、，；,;\n", r) })
	for _, name := range append([]string{e.Values[templates.RegisterSchool]}, names...) {
		if key := text.NameKey(name); key != "" && !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

// Unvouched lists the schools of all rosters whose kind and official enrolment the Department's list does not say. Only where
// there are none (and the list is not blank) may evidence be relative to enrolment.
func (r Register) Unvouched(f *Facts) []Member {
	list := r.Schools(f.Definition)
	var out []Member
	for m := range f.Members.All() {
		kind, _ := f.Definition.Form.Kind(m.Kind)
		if s, ok := list[m.NameKey]; kind.School && (!ok || s.Kind != m.Kind || !s.Enrolment.Valid) {
			out = append(out, m)
		}
	}
	return out
}
