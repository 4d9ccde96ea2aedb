package check

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Columns of the roster.
const (
	kindColumn      = "members_kind"
	nameColumn      = "members_name"
	enrolmentColumn = "members_enrolment"
	leadColumn      = "members_lead"
)

// rosterUnits returns the rows of the roster grouped by unit.
func (f *form) rosterUnits(t *tally) [][]table.Member {
	switch {
	case len(f.Members) == 0:
		t.undecide(emptyRoster)
	case f.misplaced:
		t.undecide(shiftedList)
		return nil
	}
	named := slices.DeleteFunc(slices.Clone(f.Members), func(m table.Member) bool {
		if m.NameKey == "" {
			t.undecide("名册中有的行没有单位名称")
		}
		return m.NameKey == ""
	})
	return table.GroupBy(named, func(m table.Member) string { return m.NameKey })
}

// noEnrolment fails a roster in which no school gives its enrolment: the column of the official form is blank.
func noEnrolment(f *form, _ *plan, t *tally) {
	x := fault{fields: []string{enrolmentColumn}}
	for m := range f.Schools() {
		if m.Status == table.Normal || m.Status == table.Invalid { // another rule reports unreadable ones
			t.pass()
			return
		}
		x.places = append(x.places, f.memberCell(m, enrolmentColumn))
	}
	if len(x.places) == 0 {
		t.skip("名册中没有学校")
		return
	}
	t.fail(x)
}

// repeatedUnit fails a unit with several names that differ by a campus, a branch, a former name, or hardly at all.
func repeatedUnit(f *form, _ *plan, t *tally) {
	rows, told := f.rosterUnits(t), map[int]bool{}
	for i, unit := range rows {
		t.pass()
		for k := i + 1; k < len(rows) && !told[i]; k++ {
			if !told[k] && f.sameUnit(f.unit(unit[0]), f.unit(rows[k][0])) {
				told[k] = true
				unit = append(unit, rows[k][0])
			}
		}
		if len(unit) > len(rows[i]) {
			x := f.repeatedFault(unit)
			x.vars["other"] = unit[len(rows[i])].Name
			t.fail(x)
		}
	}
}

// unit is a name in the rosters of all submissions.
type unit struct {
	templates.Spelling
	listed string // the name in the Department's list of schools
	hashes []uint64
	rows   []rosterRow
}

// rosterRow is a row of a roster.
type rosterRow struct {
	form int    // its position
	name string // of the unit, as it is written there

	enrolment table.Opt[float64]
}

func (b *batch) unit(m table.Member) *unit {
	if known := b.unitsByKey[m.NameKey]; known != nil {
		return known
	}
	school := text.NameKey(b.schools[m.NameKey].Name)
	return &unit{Spelling: b.def.Reading.Spell(cmp.Or(school, m.NameKey)), listed: school}
}

func (b *batch) indexUnits() {
	for i, u := range b.units {
		u.hashes = u.Hashes()
		for _, h := range u.hashes {
			b.unitsByHash[h] = append(b.unitsByHash[h], int32(i))
		}
	}
}

// sameUnits returns a unit and those of the batch whose names may mean the same unit.
func (b *batch) sameUnits(own *unit) []*unit {
	const maxHolders = 64 // a hash of more names is ignored
	var found []int32
	for _, h := range own.hashes {
		if holders := b.unitsByHash[h]; len(holders) <= maxHolders {
			found = append(found, holders...)
		}
	}
	out := []*unit{own}
	slices.Sort(found)
	for _, i := range slices.Compact(found) {
		if u := b.units[i]; u != own && b.sameUnit(own, u) {
			out = append(out, u)
		}
	}
	return out
}

// sameUnit reports whether two names may mean one unit; for schools in the list of schools, the list decides.
func (b *batch) sameUnit(x, y *unit) bool {
	if x.listed != "" && y.listed != "" {
		return x.listed == y.listed
	}
	return b.def.Reading.Alike(x.Spelling, y.Spelling)
}

// schoolList compares the roster with the Department's list of schools. It skips an empty list.
func schoolList(f *form, p *plan, t *tally) {
	if len(f.schools) == 0 {
		t.skip("没有登记学校名录")
		return
	}
	for _, m := range slices.Concat(f.rosterUnits(t)...) {
		s, listed := f.schools[m.NameKey]
		switch kind := p.rule.Kinds[0]; { // one rule, one difference
		case kind == "enrolment" && (!listed || !s.Enrolment.Valid):
			t.skip("名册中没有名录写明在校生数的学校")
		case kind == "enrolment" && !m.Enrolment.Valid:
			t.undecide("有的学校没有可用的在校生数")
		case kind == "enrolment":
			stated, official := decimal.NewFromFloat(m.Enrolment.V), decimal.NewFromFloat(s.Enrolment.V)
			off := stated.Sub(official).Abs()
			t.decide(!off.GreaterThan(official.Mul(*p.rule.Threshold)), func() fault {
				x := f.memberFault(m, stated.String(), enrolmentColumn)
				x.vars["other"], x.vars["share"] = official.String(), off.String()
				x.vars["limit"] = p.rule.Threshold.Shift(2).String()
				if x.vars["detail"] = ""; s.Year != "" {
					x.vars["detail"] = fmt.Sprintf("（%s年）", s.Year)
				}
				return x
			})
		case kind == "unlisted" && !f.isSchool(m):
			t.skip("名册中没有学校")
		case kind == "unlisted":
			t.decide(listed, func() fault { return f.memberFault(m, m.Name, nameColumn) })
		case !listed:
			t.skip("名册中没有名录所列的学校")
		default: // wrong kind
			t.decide(m.Kind == s.Kind, func() fault {
				x := f.memberFault(m, m.KindLabel, kindColumn)
				x.vars["other"] = f.def.Form.Kind(s.Kind).Label
				return x
			})
		}
	}
}

// sharedMember fails each unit of the rule's kinds that another consortium lists too, even under another name.
func sharedMember(f *form, p *plan, t *tally) {
	for _, rows := range f.rosterUnits(t) {
		if !slices.Contains(p.rule.Kinds, rows[0].Kind) {
			t.skip("名册中没有这类单位")
			continue
		}
		others, own := map[int]string{}, f.unit(rows[0])
		for _, u := range f.sameUnits(own) {
			for _, s := range u.rows {
				if u == own {
					others[s.form] = f.names[s.form]
				} else if others[s.form] == "" {
					others[s.form] = f.names[s.form] + "（那里写作“" + s.name + "”，看来是同一单位）"
				}
			}
		}
		delete(others, f.position)
		t.decide(len(others) == 0, func() fault {
			x := f.repeatedFault(rows)
			names := table.Each(slices.Sorted(maps.Keys(others)), func(i int) string { return others[i] })
			x.vars["other"] = text.Few(names, maxNames, "个联合体")
			return x
		})
	}
}

// shiftedRoster fails a roster that was pasted a column off; other rules skip it.
func shiftedRoster(f *form, _ *plan, t *tally) {
	if len(f.Members) == 0 {
		t.undecide(emptyRoster)
		return
	}
	t.decide(!f.misplaced, func() fault {
		off := fmt.Sprint(f.shifted)
		x := fault{raw: off, value: off, fields: []string{kindColumn, nameColumn, enrolmentColumn, leadColumn},
			vars: map[string]string{"count": off, "max": fmt.Sprint(len(f.Members))}}
		for _, m := range f.Members {
			for _, column := range x.fields {
				x.places = append(x.places, f.memberCell(m, column))
			}
		}
		return x
	})
}

// isShifted reports whether a row of the roster has in one column what belongs in another.
func (f *form) isShifted(m table.Member) bool {
	kindAsName := f.def.Form.Kind(m.Name).ID != ""
	number := m.Name != "" && strings.Trim(m.Name, "0123456789.,，") == ""
	return m.Kind == "" && (kindAsName || number || slices.Contains(f.def.Form.YesNo, m.Name) ||
		m.Name == "" && m.KindLabel != "")
}

func (f *form) repeatedFault(rows []table.Member) fault {
	x := f.memberFault(rows[0], rows[0].Name, nameColumn)
	for _, m := range rows[1:] {
		x.places = append(x.places, f.memberCell(m, nameColumn))
	}
	return x
}

func (f *form) memberFault(m table.Member, raw, column string) fault {
	return fault{places: []model.Place{f.memberCell(m, column)}, fields: []string{column}, member: m.NameKey,
		raw: raw, value: raw, vars: map[string]string{"member": m.Name, "kind": m.KindLabel}}
}

func (f *form) memberCell(m table.Member, column string) model.Place {
	return f.ListCell(m.Sheet, m.Cell, column)
}

func rowNumber(at model.Place) int {
	row, _ := model.RowCol(at.Cell)
	return row
}

func (f *form) isSchool(m table.Member) bool {
	return f.def.Form.Kind(m.Kind).School
}

// unsupported fails a large value (by the rule's guard) if no supporting material names the field or its points.
func unsupported(f *form, p *plan, t *tally) {
	for _, c := range p.rule.Cases {
		if len(f.Materials) == 0 {
			t.skip(f.def.Layout().Area("materials").Sheet + "为空")
			continue
		}
		if f.applies(f, c, t) {
			t.decide(f.supported(c.Field), func() fault {
				return fault{refs: []templates.Ref{{Field: c.Field.ID, Year: c.Year.Year}}, ruleCase: c,
					vars: map[string]string{"list": strings.Join(c.Field.Evidence, "、")}}
			})
		}
	}
}

// pointNumber matches numbers of points: 3.1, but not the 3.1 of 13.12.
var pointNumber = regexp.MustCompile(`[0-9]+(\.[0-9]+)+`)

func (f *form) supported(field *templates.Field) bool {
	point := func(n string) bool { return slices.Contains(field.Evidence, n) }
	for _, m := range f.Materials {
		for _, said := range []string{text.NameKey(m.Supports), text.NameKey(m.Title)} {
			if strings.Contains(said, text.NameKey(field.Label)) || strings.Contains(said, field.ID) ||
				slices.ContainsFunc(pointNumber.FindAllString(said, -1), point) {
				return true
			}
		}
	}
	return false
}

// deniedVerification fails what a city found to be untrue; it marks the result and the figures that the row names.
func deniedVerification(f *form, _ *plan, t *tally) {
	t.skip("市级核实表为空")
	for _, v := range f.Verifications {
		t.decide(!f.def.Reading.IsNegative(v.Result), func() fault {
			const column = "verifications_result"
			at := f.ListCell(v.Sheet, v.Cell, column)
			return fault{refs: f.refsNamedIn(v.Section), places: []model.Place{at}, fields: []string{column},
				member: fmt.Sprintf("verifications:%d", v.Record), raw: v.Result, value: v.Result,
				vars: map[string]string{"count": fmt.Sprint(rowNumber(at)), "detail": text.Clip(v.Section, maxText)}}
		})
	}
}

// refsNamedIn returns the values whose names occur in a text; of dated values only the actual years.
func (f *form) refsNamedIn(s string) (out []templates.Ref) {
	key := text.NameKey(s)
	for _, r := range f.allRefs {
		label := text.NameKey(f.def.Label(r.Field))
		year := f.def.Form.YearOf(r.Year)
		if label != "" && strings.Contains(key, label) && (year.ID == "" || year.Kind == templates.Actual) {
			out = append(out, r)
		}
	}
	return out
}
