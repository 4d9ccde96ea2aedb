package audit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Kinds of moves that are several of the definition's together.
const (
	KindPair     = "pair"
	KindGathered = "gathered"
)

// Move is one way to fill a form otherwise.
type Move struct {
	Def   *templates.AuditMove // nil: several together
	Kind  string
	ID    string // unique on a form
	What  string
	Cells string // that change, joined by "; "

	detail string   // What without what kind of move it is
	slots  []string // values and rows of the roster that change
	edits  []edit
}

// edit changes a form that may be changed.
type edit func(*table.Form)

// Apply gives the form as the move leaves it.
func (m Move) Apply(f *table.Form) *table.Form {
	out := f.Clone()
	for _, e := range m.edits {
		e(out)
	}
	return out
}

// List says whether the move claims something; several together are perverse.
func (m Move) List() templates.AuditList {
	if m.Def == nil {
		return templates.Perverse
	}
	return m.Def.List
}

// Touches says whether an expression looks at what the move changes.
func (m Move) Touches(x *templates.Expression) bool {
	if x.Roster != nil && slices.ContainsFunc(m.slots, ofRoster) {
		return true
	}
	return slices.ContainsFunc(x.Refs, func(r templates.Ref) bool {
		return slices.Contains(m.slots, templates.SlotName(r.Field, r.Year))
	})
}

func (m Move) overlaps(o Move) bool {
	return slices.ContainsFunc(m.slots, func(s string) bool { return slices.Contains(o.slots, s) })
}

const rosterSlot = "members:"

func ofRoster(slot string) bool { return strings.HasPrefix(slot, rosterSlot) }

// together makes one move of several that don't overlap.
func together(kind string, moves ...Move) Move {
	out := Move{Kind: kind}
	var ids, what, cells []string
	for i, m := range moves {
		if i > 0 && m.Def == moves[i-1].Def {
			what[len(what)-1] += "，" + m.detail
		} else {
			what = append(what, m.What)
		}
		ids, cells = append(ids, m.ID), append(cells, m.Cells)
		out.slots, out.edits = append(out.slots, m.slots...), append(out.edits, m.edits...)
	}
	out.ID, out.What, out.Cells = strings.Join(ids, " + "), strings.Join(what, "；并且"), strings.Join(cells, "; ")
	return out
}

// change is one value or row of the roster that a move changes.
type change struct {
	slot  string
	what  string
	place model.Place
	edit  edit
	group string // what the scopes row and kind put together: the field, or the kind of the member
}

// Moves lists the single moves that there are on a form, in the order of the definition. What changes nothing is none.
func Moves(d *templates.Definition, f *table.Form) []Move {
	var out []Move
	for _, def := range d.Audit.Moves {
		for _, changes := range groups(d, def, f) {
			if len(changes) > 0 {
				out = append(out, newMove(def, changes))
			}
		}
	}
	return out
}

// groups lists the changes of one kind of move, those together that are made together.
func groups(d *templates.Definition, def *templates.AuditMove, f *table.Form) [][]change {
	switch {
	case def.Act == "add":
		return additions(d, def, f)
	case def.Act == "rekind":
		return rekindings(d, def, f)
	case def.Act == "shift":
		return [][]change{shift(d, def, f)}
	case def.Act == "swap" && def.OfRoster():
		return swaps(d, f)
	}
	var all []change
	if def.Act == "drop" {
		all = drops(f)
	} else if def.OfRoster() {
		all = changes(d, def, schools(d, f))
	}
	for _, field := range def.Fields {
		all = append(all, changes(d, def, answers(d, def, field, f))...)
	}
	for i := range all {
		switch def.Scope {
		case "value", "member":
			all[i].group = strconv.Itoa(i)
		case "all", "roster":
			all[i].group = ""
		case "kind":
			all[i].group = fmt.Sprint(slices.IndexFunc(d.Form.Kinds, func(k templates.MemberKind) bool { return k.ID == all[i].group }))
		}
	}
	if def.Scope == "kind" {
		slices.SortStableFunc(all, func(a, b change) int { return strings.Compare(a.group, b.group) })
	}
	return table.Grouped(all, func(c change) string { return c.group })
}

// shown is how many changes are put into words.
const shown = 3

func newMove(def *templates.AuditMove, changes []change) Move {
	m := Move{Def: def, Kind: def.ID}
	var what, cells []string
	for _, c := range changes {
		m.slots, m.edits, what = append(m.slots, c.slot), append(m.edits, c.edit), append(what, c.what)
		if cell := (model.Place{Sheet: c.place.Sheet, Cell: c.place.Cell}).String(); !slices.Contains(cells, cell) {
			cells = append(cells, cell)
		}
	}
	m.ID = def.ID + " " + changes[0].slot
	m.detail = strings.Join(what[:min(len(what), shown)], "，")
	if n := len(what); n > shown {
		m.detail += fmt.Sprintf(" 等%d处", n)
	}
	m.What = def.Label + "：" + m.detail
	m.Cells = strings.Join(cells, "; ")
	return m
}
