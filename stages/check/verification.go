package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// deniedVerification fails what a city found to be untrue, at the result and at the figures that its row names.
func deniedVerification(f *form, _ *plan, t *tally) {
	f.eachVerification(t, func(v table.Verification, x fault) bool {
		if !f.batch.def.Reading.Denied(v.Result) {
			return false
		}
		x.refs, x.raw, x.value = f.named(v.Section), v.Result, v.Result
		const column = "verifications_result"
		x.places, x.fields = []model.Place{f.verificationCell(v, column)}, []string{column}
		x.vars["raw"], x.vars["value"], x.vars["detail"] = clip(v.Result), clip(v.Result), clip(v.Section)
		t.fail(x)
		return true
	})
}

// oddVerificationDate notes a day on which nobody can have looked at what this batch reports.
func oddVerificationDate(f *form, _ *plan, t *tally) {
	f.eachVerification(t, func(v table.Verification, x fault) bool {
		year, _, iso := strings.Cut(v.Date, "-")
		batch := fmt.Sprint(f.batch.def.Directory.Batch)
		if _, err := strconv.Atoi(year); !iso || err != nil || year == batch {
			return false
		}
		x.raw, x.value = v.Date, v.Date
		x.places, x.fields = []model.Place{f.verificationCell(v, "verifications_date")}, []string{"verifications_date"}
		x.vars["value"] = date(v.Date)
		t.fail(x)
		return true
	})
}

// eachVerification goes through the rows of the city's verification; one that does not fail passes.
func (f *form) eachVerification(t *tally, fails func(v table.Verification, x fault) bool) {
	for _, v := range f.Verifications {
		row := fmt.Sprint(rowOf(model.Place{Cell: v.Cell}))
		x := fault{member: fmt.Sprintf("verifications:%d", v.Record), vars: map[string]string{"count": row}}
		if !fails(v, x) {
			t.pass()
		}
	}
	t.skip("市级核实表为空")
}

func (f *form) verificationCell(v table.Verification, column string) model.Place {
	return f.listCell(model.Place{File: f.Submission.File, Sheet: v.Sheet, Cell: v.Cell}, column)
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
