package check

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// expression evaluates the rule's condition in each case; without a usable value it is undecided, 不适用 does not apply.
func expression(f *form, p *plan, t *tally) {
	if p.rule.List != "" {
		eachRow(f, p, t)
		return
	}
	// An empty roster is a fault of its own, and tells nothing about who is missing from it.
	unlisted := len(f.Members) == 0 && slices.Contains(p.rule.Places, "members")
	for _, c := range p.rule.Cases {
		if unlisted && c.LooksAtMembers() {
			t.undecide(emptyRoster)
			continue
		}
		if f.misplaced && c.LooksAtMembers() {
			t.undecide(shiftedList)
			continue
		}
		f.holds(f, c, t, func() fault { return fault{refs: c.Expr.Refs, kase: c} })
	}
}

// holds evaluates one case; fails says what is wrong where it does not hold.
func (f *form) holds(a templates.Answers, c templates.Case, t *tally, fails func() fault) {
	if !f.applies(a, c, t) {
		return
	}
	if holds, decided := f.evaluate(a, c.Expr, t); decided {
		t.judge(holds, fails)
	}
}

func (f *form) applies(a templates.Answers, c templates.Case, t *tally) bool {
	holds, decided := f.evaluate(a, c.When, t)
	if decided && !holds {
		t.skip(guardFalse)
	}
	return holds && decided
}

// eachRow evaluates the rule's condition in each row of a list.
func eachRow(f *form, p *plan, t *tally) {
	list := p.rule.List
	if f.misplaced && list == "members" {
		t.undecide(shiftedList)
		return
	}
	rows, c := f.Rows(list), p.rule.Cases[0]
	switch sheet, _, _ := f.def.Layout().Area(list); {
	case len(rows) > 0:
	case list == "members":
		t.undecide(emptyRoster)
	default:
		t.skip(sheet.Sheet.Title + "为空")
	}
	// Rows that name the same in a column are looked at as one; those that name nothing there stay alone.
	named := func(r table.Row) string {
		return cmp.Or(text.NameKey(r.Cells[list+"_"+p.rule.By].Text), fmt.Sprint(r.Record))
	}
	for _, same := range table.Grouped(rows, named) {
		row := same[0]
		if f.unreadableIn(row.Record, c.Expr.Fields...) || f.nothingElse(list, row) {
			t.skip(toldElsewhere)
			continue
		}
		f.holds(row, c, t, func() fault {
			x := f.rowOf(list, row, c)
			for _, other := range same[1:] {
				for _, column := range x.fields {
					x.places = append(x.places, f.listCell(other.At, column))
				}
			}
			return x
		})
	}
}

// nothingElse says whether all that stands in a row could not be read, which another rule says.
func (f *form) nothingElse(list string, row table.Row) bool {
	var read, unread bool
	for _, column := range f.columnsOf(list) {
		unread = unread || f.unreadableIn(row.Record, column.Field.ID)
		read = read || !column.Field.BlankIsNo() && row.Filled(column.Field.ID, 0)
	}
	return unread && !read
}

func (f *form) columnsOf(list string) []templates.RecordColumn {
	_, area, _ := f.def.Layout().Area(list)
	return area.Columns
}

// rowOf is a fault of one row of a list: of its blank columns or, without any, of those that the condition looks at.
func (f *form) rowOf(list string, row table.Row, c templates.Case) fault {
	x := fault{member: fmt.Sprintf("%s:%d", list, row.Record)}
	x.vars = map[string]string{"count": fmt.Sprint(rowOf(row.At))}
	var looked []string
	for _, field := range c.Expr.Fields {
		switch f.def.Field(field).Record {
		case list:
			looked = append(looked, field)
		case "":
			x.refs = append(x.refs, templates.Ref{Field: field})
		}
	}
	blank := func(column string) bool { return !row.Filled(column, 0) }
	if slices.ContainsFunc(looked, blank) {
		looked = table.Where(slices.Values(looked), blank)
	}
	var labels []string
	for _, shown := range f.columnsOf(list) {
		column := shown.Field
		said := text.Clip(row.Cell(column.ID).Text, longest)
		if column.Type == templates.DateField {
			said = table.ChineseDate(said)
		}
		x.vars["it."+column.ID[len(list)+1:]] = said
		if slices.Contains(looked, column.ID) {
			if len(x.fields) == 0 {
				x.raw, x.value = said, said
			}
			x.places, x.fields = append(x.places, f.listCell(row.At, column.ID)), append(x.fields, column.ID)
			labels = append(labels, column.Label)
		}
	}
	x.vars["list"] = text.Few(labels, shownNames, len(labels), "项")
	if name := row.Cells[nameColumn].Text; list == "members" {
		x.member = cmp.Or(text.Mask(text.NameKey(name)), x.member)
		x.vars["member"] = cmp.Or(name, fmt.Sprintf("第%d行", rowOf(row.At)))
	}
	for name, sum := range c.Sums {
		if n, err := sum.Number(row); err == nil {
			x.vars[name] = n.String()
		}
	}
	return x
}

// evaluate gives the truth of a condition; where there is none the tally is told. No condition always holds.
func (f *form) evaluate(a templates.Answers, e *templates.Expression, t *tally) (holds, decided bool) {
	if e == nil {
		return true, true
	}
	holds, err := e.Bool(a)
	if err == nil {
		return holds, true
	}
	missing := e.Missing(a)
	switch {
	case len(missing) > 0:
		row, _ := a.(table.Row)
		asked := func(r templates.Ref) bool {
			return cmp.Or(row.Cells[r.Field].Status, f.Status(r)) != table.NotApplicable
		}
		unknown := table.Where(slices.Values(missing), asked)
		if len(unknown) == 0 {
			t.skip(f.inapplicable(missing[0]))
		} else {
			t.lack(unknown...)
		}
	case errors.Is(err, templates.ErrMissing):
		t.undecide("名册中学校的在校生数不全")
	default:
		t.undecide("无法计算（例如除数为0）")
	}
	return false, false
}
