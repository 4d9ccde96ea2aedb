package audit

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
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
}

// Moves lists the single moves that there are on a form, in the order of the definition. What changes nothing is none.
func Moves(d *templates.Definition, f *table.Form) []Move {
	var out []Move
	for _, def := range d.Audit.Moves {
		groups := valueChanges
		if def.OfRoster() {
			groups = rosterChanges
		}
		for _, changes := range groups(d, def, f) {
			if len(changes) > 0 {
				out = append(out, newMove(def, changes))
			}
		}
	}
	return out
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

// answer is a figure as it stands on a form.
type answer struct {
	table.Observation
	ref   templates.Ref
	field *templates.Field
	value decimal.Decimal // where the status is normal
}

// answers lists the figures of a field that a move may change.
func answers(d *templates.Definition, def *templates.AuditMove, field *templates.Field, f *table.Form) []answer {
	if !field.Dated() && (def.Extra || len(def.Years) > 0) || field.Extra {
		return nil
	}
	var out []answer
	for _, r := range d.Refs(field) {
		year, dated := d.Form.YearOf(r.Year)
		if dated && (len(def.Years) > 0 && !slices.Contains(def.Years, year.ID) || def.Extra && slices.Contains(field.RequiredYears, year.ID)) {
			continue
		}
		a := answer{Observation: f.Observe(r), ref: r, field: field}
		if n, ok := f.Number(r.Field, r.Year); ok {
			a.value = n
		} else if a.Status == table.Normal {
			continue
		}
		out = append(out, a)
	}
	return out
}

// valueChanges makes the moves in figures, as groups of changes made together.
func valueChanges(d *templates.Definition, def *templates.AuditMove, f *table.Form) [][]change {
	if def.Act == "shift" {
		return [][]change{shift(d, def, f)}
	}
	var groups [][]change
	var all []change
	for _, field := range def.Fields {
		var row []change
		list := answers(d, def, field, f)
		if def.Act == "swap" {
			row = swapYears(d, def, list)
		} else {
			for _, a := range list {
				if status, value, changed := become(def, a); changed {
					row = append(row, a.change(d, status, value))
				}
			}
		}
		switch def.Scope {
		case "value":
			for _, c := range row {
				groups = append(groups, []change{c})
			}
		case "row":
			groups = append(groups, row)
		}
		all = append(all, row...)
	}
	if def.Scope == "all" {
		return [][]change{all}
	}
	return groups
}
