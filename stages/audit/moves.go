package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Kinds of combined moves.
const (
	KindPair     = "pair"
	KindGathered = "gathered"
)

// Move is one way to fill in a form differently.
type Move struct {
	Def   *templates.AuditMove // nil: a combination
	Kind  string
	ID    string // unique on a form
	What  string
	Cells string // changed cells, joined by "; "

	detail  string              // What without the label of the move
	slots   []string            // changed values and roster rows
	changes []func(*table.Form) // each edits a copy of the form
}

// Apply returns a changed copy of the form.
func (m Move) Apply(f *table.Form) *table.Form {
	out := f.Clone()
	for _, e := range m.changes {
		e(out)
	}
	return out
}

// List returns the list of the move; combinations are perverse.
func (m Move) List() templates.AuditList {
	if m.Def == nil {
		return templates.Perverse
	}
	return m.Def.List
}

// Touches reports whether an expression depends on what the move changes.
func (m Move) Touches(x *templates.Expression) bool {
	ofRoster := func(slot string) bool { return strings.HasPrefix(slot, rosterPrefix) }
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

const rosterPrefix = "members:"

// combine makes one move of several that do not overlap.
func combine(kind string, moves ...Move) Move {
	out := Move{Kind: kind}
	var ids, what, cells []string
	for i, m := range moves {
		if i > 0 && m.Def == moves[i-1].Def {
			what[len(what)-1] += "，" + m.detail
		} else {
			what = append(what, m.What)
		}
		ids, cells = append(ids, m.ID), append(cells, m.Cells)
		out.slots, out.changes = append(out.slots, m.slots...), append(out.changes, m.changes...)
	}
	out.ID, out.What, out.Cells = strings.Join(ids, " + "), strings.Join(what, "；并且"), strings.Join(cells, "; ")
	return out
}

// change is a change of one value or one roster row.
type change struct {
	slot  string
	what  string
	place model.Place
	apply func(*table.Form)
	group string // for scopes row and kind: the field, or the kind of the member
}

// Moves lists the single moves possible on a form, in the order of the definition.
func Moves(d *templates.Definition, f *table.Form) []Move {
	var out []Move
	for _, def := range d.Audit().Moves {
		for _, changes := range changeGroups(d, def, f) {
			if len(changes) > 0 {
				out = append(out, newMove(def, changes))
			}
		}
	}
	return out
}

// changeGroups lists the changes of one kind of move; those of a group are made together.
func changeGroups(d *templates.Definition, def *templates.AuditMove, f *table.Form) [][]change {
	switch {
	case def.Act == "add":
		return addMembers(d, def, f)
	case def.Act == "rekind":
		return changeKinds(d, def, f)
	case def.Act == "shift":
		return [][]change{shiftFigures(d, def, f)}
	case def.Act == "swap" && def.OfRoster():
		return swapEnrolments(d, f)
	}
	var all []change
	if def.Act == "drop" {
		all = dropMembers(f)
	} else if def.OfRoster() {
		all = changeFigures(def, enrolments(d, f))
	}
	for _, field := range def.Fields {
		all = append(all, changeFigures(def, figuresOf(d, def, field, f))...)
	}
	for i := range all {
		switch def.Scope {
		case "value", "member":
			all[i].group = strconv.Itoa(i)
		case "all", "roster":
			all[i].group = ""
		case "kind":
			own := func(k templates.MemberKind) bool { return k.ID == all[i].group }
			all[i].group = fmt.Sprint(slices.IndexFunc(d.Form.Kinds, own))
		}
	}
	if def.Scope == "kind" {
		slices.SortStableFunc(all, func(a, b change) int { return strings.Compare(a.group, b.group) })
	}
	return table.GroupBy(all, func(c change) string { return c.group })
}

const maxShown = 3

func newMove(def *templates.AuditMove, changes []change) Move {
	m := Move{Def: def, Kind: def.ID}
	what := table.Each(changes, func(c change) string { return c.what })
	cells := table.Unique(changes, func(c change) string {
		return model.Place{Sheet: c.place.Sheet, Cell: c.place.Cell}.String()
	})
	for _, c := range changes {
		m.slots, m.changes = append(m.slots, c.slot), append(m.changes, c.apply)
	}
	m.ID = def.ID + " " + changes[0].slot
	m.detail = strings.Join(what[:min(len(what), maxShown)], "，")
	if n := len(what); n > maxShown {
		m.detail += fmt.Sprintf(" 等%d处", n)
	}
	m.What = def.Label + "：" + m.detail
	m.Cells = strings.Join(cells, "; ")
	return m
}

// figure is a figure on a form: a field, or the enrolment of a school.
type figure struct {
	slot, name string
	group      string // see change.group
	field      *templates.Field
	year       int
	status     table.Status
	shown      string          // the present value
	value      decimal.Decimal // where the status is normal
	place      model.Place
	set        func(*table.Form, table.Status, decimal.Decimal, string)
}

// figuresOf lists the figures of a field that a move may change.
func figuresOf(d *templates.Definition, def *templates.AuditMove, field *templates.Field, f *table.Form) []figure {
	if !field.Dated() && (def.Extra || len(def.Years) > 0) || field.Extra {
		return nil
	}
	var out []figure
	for _, r := range d.Refs(field) {
		year := d.Form.YearOf(r.Year)
		other := len(def.Years) > 0 && !slices.Contains(def.Years, year.ID)
		if year.ID != "" && (other || def.Extra && slices.Contains(field.RequiredYears, year.ID)) {
			continue
		}
		o := f.Observe(r)
		n, ok := f.Number(r.Field, r.Year)
		if !ok && o.Status == table.Normal {
			continue
		}
		shown := cmp.Or(map[table.Status]string{table.Normal: o.Value, table.Invalid: o.Raw}[o.Status], o.Status.Absent())
		out = append(out, figure{slot: templates.SlotName(r.Field, r.Year), name: d.Name(r), group: field.ID, field: field,
			year: r.Year, status: o.Status, shown: shown, value: n, place: o.Place,
			set: func(f *table.Form, s table.Status, v decimal.Decimal, raw string) { f.SetNumber(r, s, v, raw) }})
	}
	return out
}

// changeFigures applies a move to figures and returns those that it changes.
func changeFigures(def *templates.AuditMove, list []figure) (out []change) {
	if def.Act == "swap" {
		return swapYears(def, list)
	}
	for _, a := range list {
		status, value := table.Normal, a.value
		switch def.Act {
		case "blank":
			status = table.Missing
		case "not_applicable":
			status = table.NotApplicable
		case "times":
			value = fitField(a.field, a.value.Mul(def.Factor))
		case "to":
			value = fitField(a.field, def.Value)
		}
		better := a.field.Better == templates.Lower && value.LessThan(a.value) // no perverse move: lower is better
		differs := !value.Equal(a.value) && !(better && def.List == templates.Perverse)
		if status != a.status || status == table.Normal && differs {
			out = append(out, a.changeTo(status, value))
		}
	}
	return out
}

// fitField truncates and limits a figure to what its field allows.
func fitField(f *templates.Field, v decimal.Decimal) decimal.Decimal {
	if f.Decimals != nil {
		v = v.Truncate(*f.Decimals)
	}
	if f.Max != nil && v.GreaterThan(*f.Max) {
		v = *f.Max
	}
	return v
}

// changeTo returns the change of a figure to another value.
func (a figure) changeTo(status table.Status, value decimal.Decimal) change {
	after := table.Either(status == table.Normal, value.String(), status.Absent())
	set := func(f *table.Form) { a.set(f, status, value, after) }
	return change{a.slot, fmt.Sprintf("%s %s→%s", a.name, a.shown, after), a.place, set, a.group}
}

// swapYears swaps two years of a figure. Alone, a perverse move must make the later year worse, a claim better.
func swapYears(def *templates.AuditMove, list []figure) []change {
	if len(list) != 2 || list[0].status != table.Normal || list[1].status != table.Normal {
		return nil
	}
	earlier, later := list[0], list[1]
	rises := earlier.value.Cmp(later.value)
	if rises == 0 || def.Scope != "all" && (rises > 0) != (def.List == templates.Claim) {
		return nil
	}
	return []change{earlier.changeTo(table.Normal, later.value), later.changeTo(table.Normal, earlier.value)}
}

// shiftFigures moves a part of some figures into another of the same year, or of the first year that the move names.
func shiftFigures(d *templates.Definition, def *templates.AuditMove, f *table.Form) []change {
	var out []change
	moved := map[int]decimal.Decimal{}
	for _, field := range def.Fields {
		for _, a := range figuresOf(d, def, field, f) {
			to := a.year
			if len(def.Years) > 1 {
				if to = d.Form.Year(def.Years[0]).Year; a.year == to {
					continue
				}
			}
			part := fitField(field, a.value.Mul(def.Factor))
			if a.status == table.Normal && part.IsPositive() {
				moved[to] = moved[to].Add(part)
				out = append(out, a.changeTo(table.Normal, a.value.Sub(part)))
			}
		}
	}
	for _, a := range figuresOf(d, def, d.Field(def.Into), f) {
		if part := moved[a.year]; a.status == table.Normal && part.IsPositive() {
			return append([]change{a.changeTo(table.Normal, a.value.Add(part))}, out...)
		}
	}
	return nil
}

func dropMembers(f *table.Form) []change {
	return table.Each(f.Members, func(m table.Member) change {
		return memberChange(m, fmt.Sprintf("“%s”（%s）", m.Name, m.KindLabel), func(f *table.Form) {
			f.Members = slices.DeleteFunc(f.Members, func(x table.Member) bool { return x.Record == m.Record })
		})
	})
}

func enrolments(d *templates.Definition, f *table.Form) (out []figure) {
	for _, m := range f.Members {
		if !d.Form.Kind(m.Kind).School || !m.Enrolment.Valid {
			continue
		}
		c := memberChange(m, "", nil)
		out = append(out, figure{slot: c.slot, name: "“" + m.Name + "”", group: m.Kind, field: d.Field("members_enrolment"),
			status: m.Status, shown: table.Plain(m.Enrolment), value: decimal.NewFromFloat(m.Enrolment.V), place: c.place,
			set: func(f *table.Form, s table.Status, v decimal.Decimal, _ string) {
				editMember(f, m, func(x *table.Member) {
					x.Status, x.Enrolment = s, table.Known(v.InexactFloat64(), s == table.Normal)
				})
			}})
	}
	return out
}

func memberChange(m table.Member, what string, apply func(*table.Form)) change {
	at := model.Place{Sheet: m.Sheet, Cell: m.Cell}
	return change{fmt.Sprintf("%s%d", rosterPrefix, m.Record), what, at, apply, m.Kind}
}

// editMember edits a member; nothing where another move has dropped it.
func editMember(f *table.Form, m table.Member, edit func(*table.Member)) {
	for i := range f.Members {
		if f.Members[i].Record == m.Record {
			edit(&f.Members[i])
		}
	}
}

// addMembers adds a fictitious member, one of each kind.
func addMembers(d *templates.Definition, def *templates.AuditMove, f *table.Form) (groups [][]change) {
	if len(f.Members) == 0 {
		return nil
	}
	last := f.Members[len(f.Members)-1]
	row, col := model.RowCol(last.Cell)
	for _, k := range d.Form.Kinds {
		m := table.Member{Submission: last.Submission, Record: last.Record + 1, Status: table.Missing,
			Name: "（假设）新成员" + k.ID, Sheet: last.Sheet, Cell: model.CellName(row+1, col)}
		m.NameKey = text.NameKey(m.Name)
		setKind(&m, k, def.Value)
		c := memberChange(m, k.Label, func(f *table.Form) { f.Members = append(f.Members, m) })
		c.slot += " " + k.ID
		groups = append(groups, []change{c})
	}
	return groups
}

// changeKinds changes the kind of a member, the first of each kind that is not a lead.
func changeKinds(d *templates.Definition, def *templates.AuditMove, f *table.Form) (groups [][]change) {
	for _, from := range d.Form.Kinds {
		i := slices.IndexFunc(f.Members, func(m table.Member) bool { return m.Kind == from.ID && !m.IsLead })
		for _, to := range d.Form.Kinds {
			if i < 0 || to == from {
				continue
			}
			m := f.Members[i]
			c := memberChange(m, fmt.Sprintf("“%s” %s→%s", m.Name, from.Label, to.Label), func(f *table.Form) {
				editMember(f, m, func(x *table.Member) { setKind(x, to, def.Value) })
			})
			c.slot += " " + to.ID
			groups = append(groups, []change{c})
		}
	}
	return groups
}

// setKind changes the kind of a member; a school without an enrolment gets this one.
func setKind(m *table.Member, k templates.MemberKind, enrolment decimal.Decimal) {
	m.Kind, m.KindLabel = k.ID, k.Label
	switch {
	case !k.School:
		m.Enrolment, m.Status = table.Opt[float64]{}, table.Missing
	case !m.Enrolment.Valid:
		m.Enrolment, m.Status = table.Some(enrolment.InexactFloat64()), table.Normal
	}
}

// swapEnrolments swaps the enrolments of two schools of different kinds.
func swapEnrolments(d *templates.Definition, f *table.Form) (groups [][]change) {
	all := enrolments(d, f)
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.group != b.group && !a.value.Equal(b.value) {
				one, two := a.changeTo(table.Normal, b.value), b.changeTo(table.Normal, a.value)
				one.slot += strings.TrimPrefix(two.slot, rosterPrefix[:len(rosterPrefix)-1])
				groups = append(groups, []change{one, two})
			}
		}
	}
	return groups
}
