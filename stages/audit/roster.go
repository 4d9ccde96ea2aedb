package audit

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// rosterChanges makes the moves in the roster, as groups of changes made together.
func rosterChanges(d *templates.Definition, def *templates.AuditMove, f *table.Form) [][]change {
	switch def.Act {
	case "add":
		return additions(d, def, f)
	case "rekind":
		return rekindings(d, def, f)
	case "swap":
		return swaps(d, f)
	}
	var groups [][]change
	byKind := map[string][]change{}
	var all []change
	for _, m := range f.Members {
		c, ok := memberChange(d, def, m)
		if !ok {
			continue
		}
		groups, all = append(groups, []change{c}), append(all, c)
		byKind[m.Kind] = append(byKind[m.Kind], c)
	}
	switch def.Scope {
	case "roster":
		return [][]change{all}
	case "kind":
		groups = nil
		for _, k := range d.Form.Kinds {
			groups = append(groups, byKind[k.ID])
		}
	}
	return groups
}

// memberChange drops a member or changes its enrolment.
func memberChange(d *templates.Definition, def *templates.AuditMove, m table.Member) (change, bool) {
	if def.Act == "drop" {
		out := onMember(m, fmt.Sprintf("“%s”（%s）", m.Name, m.KindLabel), nil)
		out.edit = func(f *table.Form) {
			f.Members = slices.DeleteFunc(f.Members, func(x table.Member) bool { return x.Record == m.Record })
		}
		return out, true
	}
	kind, _ := d.Form.Kind(m.Kind)
	if !kind.School || !m.Enrolment.Valid {
		return change{}, false
	}
	a := answer{field: d.Field("members_enrolment"), value: decimal.NewFromFloat(m.Enrolment.V)}
	a.Status = m.Status
	status, value, changed := become(def, a)
	after := table.Opt[float64]{}
	if status == table.Normal {
		after = table.Some(value.InexactFloat64())
	}
	what := fmt.Sprintf("“%s” %s→%s", m.Name, table.Plain(m.Enrolment), table.Plain(after))
	return onMember(m, what, func(x *table.Member) { x.Status, x.Enrolment = status, after }), changed
}

// onMember changes one row of the roster.
func onMember(m table.Member, what string, edit func(*table.Member)) change {
	return change{
		slot: fmt.Sprintf("%s%d", rosterSlot, m.Record), what: what, place: model.Place{Sheet: m.Sheet, Cell: m.Cell},
		edit: func(f *table.Form) {
			for i := range f.Members {
				if f.Members[i].Record == m.Record {
					edit(&f.Members[i])
				}
			}
		},
	}
}

// additions adds a unit that nobody knows, one of each kind.
func additions(d *templates.Definition, def *templates.AuditMove, f *table.Form) (groups [][]change) {
	if len(f.Members) == 0 {
		return nil
	}
	last := f.Members[len(f.Members)-1]
	row, col := model.RowCol(last.Cell)
	for _, k := range d.Form.Kinds {
		m := table.Member{Batch: last.Batch, Submission: last.Submission, Record: last.Record + 1, Status: table.Missing,
			Name: "（假设）新成员" + k.ID, Sheet: last.Sheet, Cell: model.CellName(row+1, col)}
		m.NameKey = text.NameKey(m.Name)
		become := ofKind(k, def.Value)
		become(&m)
		c := onMember(m, k.Label, nil)
		c.slot += " " + k.ID
		c.edit = func(f *table.Form) { f.Members = append(f.Members, m) }
		groups = append(groups, []change{c})
	}
	return groups
}

// rekindings makes the first member of each kind that leads nothing one of another kind.
func rekindings(d *templates.Definition, def *templates.AuditMove, f *table.Form) (groups [][]change) {
	for _, from := range d.Form.Kinds {
		i := slices.IndexFunc(f.Members, func(m table.Member) bool { return m.Kind == from.ID && !m.IsLead })
		if i < 0 {
			continue
		}
		for _, to := range d.Form.Kinds {
			if to != from {
				what := fmt.Sprintf("“%s” %s→%s", f.Members[i].Name, from.Label, to.Label)
				c := onMember(f.Members[i], what, ofKind(to, def.Value))
				c.slot += " " + to.ID
				groups = append(groups, []change{c})
			}
		}
	}
	return groups
}

// ofKind makes a member one of a kind; a new school has the enrolment.
func ofKind(k templates.MemberKind, enrolment decimal.Decimal) func(*table.Member) {
	return func(m *table.Member) {
		m.Kind, m.KindLabel = k.ID, k.Label
		switch {
		case !k.School:
			m.Enrolment, m.Status = table.Opt[float64]{}, table.Missing
		case !m.Enrolment.Valid:
			m.Enrolment, m.Status = table.Some(enrolment.InexactFloat64()), table.Normal
		}
	}
}

// takes gives a school the enrolment of another.
func takes(m, of table.Member) change {
	what := fmt.Sprintf("“%s” %s→%s", m.Name, table.Plain(m.Enrolment), table.Plain(of.Enrolment))
	return onMember(m, what, func(x *table.Member) { x.Enrolment = of.Enrolment })
}

// swaps changes the enrolments of two schools of different kinds for each other.
func swaps(d *templates.Definition, f *table.Form) (groups [][]change) {
	schools := slices.DeleteFunc(slices.Clone(f.Members), func(m table.Member) bool {
		kind, _ := d.Form.Kind(m.Kind)
		return !kind.School || !m.Enrolment.Valid
	})
	for i, a := range schools {
		for _, b := range schools[i+1:] {
			if a.Kind == b.Kind || a.Enrolment == b.Enrolment {
				continue
			}
			one, two := takes(a, b), takes(b, a)
			one.slot += strings.TrimPrefix(two.slot, rosterSlot[:len(rosterSlot)-1])
			groups = append(groups, []change{one, two})
		}
	}
	return groups
}
