package check

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// deniedVerification fails what a city found to be untrue, at the result and at the figures that its row names.
func deniedVerification(f *form, _ *plan, t *tally) {
	t.skip("市级核实表为空")
	for _, v := range f.Verifications {
		if !f.batch.def.Reading.Denied(v.Result) {
			t.pass()
			continue
		}
		const column = "verifications_result"
		at := f.listCell(model.Place{File: f.Submission.File, Sheet: v.Sheet, Cell: v.Cell}, column)
		t.fail(fault{refs: f.named(v.Section), places: []model.Place{at}, fields: []string{column},
			member: fmt.Sprintf("verifications:%d", v.Record), raw: v.Result, value: v.Result, vars: map[string]string{
				"count": fmt.Sprint(rowOf(at)), "raw": text.Clip(v.Result, longest), "value": text.Clip(v.Result, longest), "detail": text.Clip(v.Section, longest)}})
	}
}

// named lists the values whose names a text holds, those of the actual years where a value has years.
func (f *form) named(s string) (out []templates.Ref) {
	key := text.NameKey(s)
	for _, r := range f.batch.every {
		label := text.NameKey(f.batch.words.label(r.Field))
		year, dated := f.batch.def.Form.YearOf(r.Year)
		if label != "" && strings.Contains(key, label) && (!dated || year.Kind == templates.Actual) {
			out = append(out, r)
		}
	}
	return out
}

// shiftedRoster fails a list of members that was pasted a column off: under 组成 stand no kinds in most rows, and in the
// column beside it they do, or numbers and other things that no unit is called. What else could be said of such a list
// follows from that.
func shiftedRoster(f *form, _ *plan, t *tally) {
	off := f.shiftedRows()
	switch {
	case len(f.Members) == 0:
		t.undecide(emptyRoster)
	case !f.misplaced:
		t.pass()
	default:
		x := fault{raw: fmt.Sprint(off), value: fmt.Sprint(off),
			fields: []string{kindColumn, nameColumn, enrolmentColumn, leadColumn},
			vars:   map[string]string{"count": fmt.Sprint(off), "max": fmt.Sprint(len(f.Members))}}
		for _, m := range f.Members {
			for _, column := range x.fields {
				x.places = append(x.places, f.memberCell(m, column))
			}
		}
		t.fail(x)
	}
}

// shiftedRows counts the rows of the roster that are off.
func (f *form) shiftedRows() (n int) {
	for _, m := range f.Members {
		if f.shifted(m) {
			n++
		}
	}
	return n
}

// shifted says whether a row of the roster has in one column what belongs in another.
func (f *form) shifted(m table.Member) bool {
	if m.Kind != "" {
		return false
	}
	_, kindAsName := f.batch.def.Form.Kind(m.Name)
	number := m.Name != "" && strings.Trim(m.Name, "0123456789.,，") == ""
	return kindAsName || number || slices.Contains(f.batch.def.Form.YesNo, m.Name) || m.Name == "" && m.KindLabel != ""
}
