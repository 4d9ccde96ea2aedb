package check

import (
	"fmt"
	"slices"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
)

// recordChecks are the faults that rows of a list can have; a rule names one of them in Kinds.
var recordChecks = map[string]check{
	"enrolment_none":      noEnrolment,
	"member_campus":       unitApart,
	"verification_denied": deniedVerification,
	"roster_shifted":      shiftedRoster,
}

// units are the rows of the roster, those together that name one unit.
func (f *form) units(t *tally) [][]table.Member {
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
	return table.Grouped(named, func(m table.Member) string { return m.NameKey })
}

// Columns of the roster.
const (
	kindColumn      = "members_kind"
	nameColumn      = "members_name"
	enrolmentColumn = "members_enrolment"
	leadColumn      = "members_lead"
)

// noEnrolment fails a roster whose schools give no enrolment at all: the official form's column is blank.
func noEnrolment(f *form, _ *plan, t *tally) {
	var x fault
	for _, m := range f.Members {
		switch {
		case !f.isSchool(m):
		case m.Status == table.Normal || m.Status == table.Invalid: // what can't be read is another rule's
			t.pass()
			return
		default:
			x.places = append(x.places, f.memberCell(m, enrolmentColumn))
		}
	}
	if len(x.places) == 0 {
		t.skip("名册中没有学校")
		return
	}
	x.fields, x.vars = []string{enrolmentColumn}, map[string]string{"count": fmt.Sprint(len(x.places))}
	t.fail(x)
}

// unitApart fails a unit that has several rows under names that differ but in a campus, a branch or a name of before, or that the Department's
// list has as one school.
func unitApart(f *form, p *plan, t *tally) {
	var units []table.Member
	for _, rows := range f.units(t) {
		units = append(units, rows[0])
		t.pass()
	}
	for _, rows := range table.Grouped(units, f.unit) {
		if len(rows) > 1 {
			x := f.repeated(rows)
			x.vars["other"] = rows[1].Name
			t.fail(x)
		}
	}
}

// unit is what rows of one unit have in common, however they call it: a school's kind may differ, too.
func (f *form) unit(m table.Member) string {
	if s, listed := f.batch.schools[m.NameKey]; listed {
		return text.NameKey(s.Name)
	}
	kind := m.Kind
	if f.isSchool(m) {
		kind = ""
	}
	return kind + f.batch.def.Reading.WithoutParts(m.NameKey)
}

// repeated is the fault of a unit that has several rows.
func (f *form) repeated(rows []table.Member) fault {
	x := f.memberFault(rows[0], rows[0].Name, nameColumn)
	for _, m := range rows[1:] {
		x.places = append(x.places, f.memberCell(m, nameColumn))
	}
	x.vars["count"] = fmt.Sprint(len(rows))
	return x
}

// rowOf is the row of the sheet that a place is in.
func rowOf(at model.Place) int {
	row, _ := model.RowCol(at.Cell)
	return row
}

// memberFault is a fault of one row of the roster, in one of its columns.
func (f *form) memberFault(m table.Member, raw, column string) fault {
	key := m.NameKey
	if key == "" {
		key = fmt.Sprintf("members:%d", m.Record)
	}
	name := m.Name
	if name == "" {
		name = fmt.Sprintf("第%d行", rowOf(model.Place{Cell: m.Cell})) // of the sheet, where it is looked for
	}
	return fault{places: []model.Place{f.memberCell(m, column)}, fields: []string{column}, member: key, raw: raw, value: raw,
		vars: map[string]string{"member": name, "kind": m.KindLabel, "raw": raw, "value": raw, "label": f.batch.words.label(column)}}
}

// memberCell is the cell of a column in a member's row.
func (f *form) memberCell(m table.Member, column string) model.Place {
	return f.listCell(model.Place{File: f.Submission.File, Sheet: m.Sheet, Cell: m.Cell}, column)
}

// listCell is the cell of a column in the row of a list in which another cell stands; that one, where the workbook has no such column.
func (f *form) listCell(at model.Place, column string) model.Place {
	for _, c := range f.ListColumns {
		if c.Field == column && c.Sheet == at.Sheet {
			row, _ := model.RowCol(at.Cell)
			_, col := model.RowCol(c.Cell)
			at.Cell = model.CellName(row, col)
		}
	}
	return at
}

func (f *form) isSchool(m table.Member) bool {
	kind, ok := f.batch.def.Form.Kind(m.Kind)
	return ok && kind.School
}
