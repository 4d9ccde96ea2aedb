package check

import (
	"fmt"
	"slices"

	"lianheti/stages/text"
)

// indexMembers notes which submissions list each unit.
func (b *batch) indexMembers() {
	b.members = map[string][]int{}
	for m := range b.facts.Members.All() {
		i, known := b.order[m.Submission]
		if !known || m.NameKey == "" {
			continue
		}
		if list := b.members[m.NameKey]; len(list) == 0 || list[len(list)-1] != i {
			b.members[m.NameKey] = append(list, i)
		}
	}
}

// sharedMember fails each unit of the rule's kinds that another consortium lists too.
func sharedMember(f *form, p *plan, t *tally) {
	for _, rows := range f.units(t) {
		others, count := f.alsoIn(rows[0].NameKey)
		switch {
		case !slices.Contains(p.rule.Kinds, rows[0].Kind):
			t.skip("名册中没有这类单位")
		case count == 0:
			t.pass()
		default:
			x := f.repeated(rows)
			x.vars["other"], x.vars["count"] = text.Few(others, shownNames, count, "个联合体"), fmt.Sprint(count)
			t.fail(x)
		}
	}
}

// alsoIn names the first of the other consortia that list a unit, in the order of the submissions, and counts them all.
func (f *form) alsoIn(member string) (names []string, count int) {
	for _, i := range f.batch.members[member] {
		if i == f.position {
			continue
		}
		if count++; len(names) < shownNames {
			names = append(names, f.batch.names[i])
		}
	}
	return names, count
}
