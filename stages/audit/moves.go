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

	detail string              // What without what kind of move it is
	slots  []string            // values and rows of the roster that change
	edits  []func(*table.Form) // each changes a form that may be changed
}

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
	ofRoster := func(slot string) bool { return strings.HasPrefix(slot, rosterSlot) }
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
	edit  func(*table.Form)
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
		all = changes(def, schools(d, f))
	}
	for _, field := range def.Fields {
		all = append(all, changes(def, answers(d, def, field, f))...)
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

// answer is a figure as it stands on a form: of a field, or the enrolment of a school.
type answer struct {
	slot, name string
	group      string // see change
	field      *templates.Field
	year       int
	status     table.Status
	shown      string          // as it stands
	value      decimal.Decimal // where the status is normal
	place      model.Place
	set        func(*table.Form, table.Status, decimal.Decimal, string)
}

// answers lists the figures of a field that a move may change.
func answers(d *templates.Definition, def *templates.AuditMove, field *templates.Field, f *table.Form) []answer {
	if !field.Dated() && (def.Extra || len(def.Years) > 0) || field.Extra {
		return nil
	}
	var out []answer
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
		out = append(out, answer{slot: templates.SlotName(r.Field, r.Year), name: d.Name(r), group: field.ID, field: field,
			year: r.Year, status: o.Status, shown: shown, value: n, place: o.Place,
			set: func(f *table.Form, s table.Status, v decimal.Decimal, raw string) { f.SetNumber(r, s, v, raw) }})
	}
	return out
}

// changes makes a move in each of some figures that it makes another.
func changes(def *templates.AuditMove, list []answer) (out []change) {
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
			value = fit(a.field, a.value.Mul(def.Factor))
		case "to":
			value = fit(a.field, def.Value)
		}
		better := a.field.Better == templates.Lower && value.LessThan(a.value) // which is no perverse move
		differs := !value.Equal(a.value) && !(better && def.List == templates.Perverse)
		if status != a.status || status == table.Normal && differs {
			out = append(out, a.change(status, value))
		}
	}
	return out
}

// fit makes a figure one that the field may hold.
func fit(f *templates.Field, v decimal.Decimal) decimal.Decimal {
	if f.Decimals != nil {
		v = v.Truncate(*f.Decimals)
	}
	if f.Max != nil && v.GreaterThan(*f.Max) {
		v = *f.Max
	}
	return v
}

// change puts another value in the place of an answer.
func (a answer) change(status table.Status, value decimal.Decimal) change {
	after := status.Absent()
	if status == table.Normal {
		after = value.String()
	}
	set := func(f *table.Form) { a.set(f, status, value, after) }
	return change{a.slot, fmt.Sprintf("%s %s→%s", a.name, a.shown, after), a.place, set, a.group}
}

// swapYears swaps the two years of a figure; unless all are, a perverse move makes the later worse, a claim better.
func swapYears(def *templates.AuditMove, list []answer) []change {
	if len(list) != 2 || list[0].status != table.Normal || list[1].status != table.Normal {
		return nil
	}
	earlier, later := list[0], list[1]
	rises := earlier.value.Cmp(later.value)
	if rises == 0 || def.Scope != "all" && (rises > 0) != (def.List == templates.Claim) {
		return nil
	}
	return []change{earlier.change(table.Normal, later.value), later.change(table.Normal, earlier.value)}
}

// shift moves a part of some figures into another of the same year, or of the first year that the move names.
func shift(d *templates.Definition, def *templates.AuditMove, f *table.Form) []change {
	var out []change
	moved := map[int]decimal.Decimal{}
	for _, field := range def.Fields {
		for _, a := range answers(d, def, field, f) {
			to := a.year
			if len(def.Years) > 1 {
				if to = d.Form.Year(def.Years[0]).Year; a.year == to {
					continue
				}
			}
			part := fit(field, a.value.Mul(def.Factor))
			if a.status == table.Normal && part.IsPositive() {
				moved[to] = moved[to].Add(part)
				out = append(out, a.change(table.Normal, a.value.Sub(part)))
			}
		}
	}
	for _, a := range answers(d, def, d.Field(def.Into), f) {
		if part := moved[a.year]; a.status == table.Normal && part.IsPositive() {
			return append([]change{a.change(table.Normal, a.value.Add(part))}, out...)
		}
	}
	return nil
}

func drops(f *table.Form) []change {
	return table.Each(f.Members, func(m table.Member) change {
		c := onMember(m, fmt.Sprintf("“%s”（%s）", m.Name, m.KindLabel), nil)
		c.edit = func(f *table.Form) {
			f.Members = slices.DeleteFunc(f.Members, func(x table.Member) bool { return x.Record == m.Record })
		}
		return c
	})
}

func schools(d *templates.Definition, f *table.Form) (out []answer) {
	for _, m := range f.Members {
		if !d.Form.Kind(m.Kind).School || !m.Enrolment.Valid {
			continue
		}
		c := onMember(m, "", nil)
		out = append(out, answer{slot: c.slot, name: "“" + m.Name + "”", group: m.Kind, field: d.Field("members_enrolment"),
			status: m.Status, shown: table.Plain(m.Enrolment), value: decimal.NewFromFloat(m.Enrolment.V), place: c.place,
			set: func(f *table.Form, s table.Status, v decimal.Decimal, _ string) {
				onMember(m, "", func(x *table.Member) {
					x.Status, x.Enrolment = s, table.Opt[float64]{}
					if s == table.Normal {
						x.Enrolment = table.Some(v.InexactFloat64())
					}
				}).edit(f)
			}})
	}
	return out
}

func onMember(m table.Member, what string, edit func(*table.Member)) change {
	at := model.Place{Sheet: m.Sheet, Cell: m.Cell}
	return change{fmt.Sprintf("%s%d", rosterSlot, m.Record), what, at, func(f *table.Form) {
		for i := range f.Members {
			if f.Members[i].Record == m.Record {
				edit(&f.Members[i])
			}
		}
	}, m.Kind}
}

// additions adds a unit that nobody knows, one of each kind.
func additions(d *templates.Definition, def *templates.AuditMove, f *table.Form) (groups [][]change) {
	if len(f.Members) == 0 {
		return nil
	}
	last := f.Members[len(f.Members)-1]
	row, col := model.RowCol(last.Cell)
	for _, k := range d.Form.Kinds {
		m := table.Member{Submission: last.Submission, Record: last.Record + 1, Status: table.Missing,
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

// swaps changes the enrolments of two schools of different kinds for each other.
func swaps(d *templates.Definition, f *table.Form) (groups [][]change) {
	all := schools(d, f)
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.group != b.group && !a.value.Equal(b.value) {
				one, two := a.change(table.Normal, b.value), b.change(table.Normal, a.value)
				one.slot += strings.TrimPrefix(two.slot, rosterSlot[:len(rosterSlot)-1])
				groups = append(groups, []change{one, two})
			}
		}
	}
	return groups
}
