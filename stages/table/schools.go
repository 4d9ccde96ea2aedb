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
	MemberOf  []string     // keys of the consortia that the Department counts it to, see KeyOf
}

// School reads an entry of that list.
func (e Registered) School(d *templates.Definition) School {
	kind, _ := d.Form.Kind(e.Values[templates.RegisterKind])
	s := School{Name: e.Values[templates.RegisterSchool], Kind: kind.ID, Year: e.Values[templates.RegisterYear]}
	if n, err := strconv.ParseFloat(e.Values[templates.RegisterEnrolment], 64); err == nil {
		s.Enrolment = Some(n)
	}
	for _, name := range names(e.Values[templates.RegisterMemberOf]) {
		s.MemberOf = append(s.MemberOf, KeyOf(d, name))
	}
	return s
}

// Schools is that list, by the key of every name that a school goes by. It is empty where nothing is registered.
func (r Register) Schools(d *templates.Definition) map[string]School {
	out := map[string]School{}
	for _, e := range r {
		if e.Sheet.Effect == templates.Lists {
			for _, key := range e.SchoolNames() {
				out[key] = e.School(d)
			}
		}
	}
	return out
}

// SchoolNames are the keys of all names of an entry of the list of schools.
func (e Registered) SchoolNames() []string {
	var out []string
	for _, name := range append([]string{e.Values[templates.RegisterSchool]}, names(e.Values[templates.RegisterOthers])...) {
		if key := text.NameKey(name); key != "" && !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

func names(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune("、，；,;\n", r) })
}

// Unvouched lists the schools of all rosters whose kind, official enrolment or consortium the Department's list does not say. Only where
// there are none (and the list is not blank) may evidence be relative to enrolment.
func (r Register) Unvouched(f *Facts) []Member {
	list, keys := r.Schools(f.Definition), map[string]string{}
	for s := range f.Submissions.All() {
		keys[s.Submission] = ConsortiumKey(s)
	}
	var out []Member
	for m := range f.Members.All() {
		kind, _ := f.Definition.Form.Kind(m.Kind)
		s, ok := list[m.NameKey]
		if kind.School && (!ok || s.Kind != m.Kind || !s.Enrolment.Valid || !slices.Contains(s.MemberOf, keys[m.Submission])) {
			out = append(out, m)
		}
	}
	return out
}

// Enrolled is the official enrolment of each submission's consortium by kind of school: of whom the Department counts to it, whatever its
// roster says.
func (r Register) Enrolled(f *Facts) map[string]map[string]float64 {
	out := map[string]map[string]float64{}
	for s := range f.Submissions.All() {
		out[s.Submission] = map[string]float64{}
		for _, e := range r {
			if school := e.School(f.Definition); slices.Contains(school.MemberOf, ConsortiumKey(s)) {
				out[s.Submission][school.Kind] += school.Enrolment.V
			}
		}
	}
	return out
}
