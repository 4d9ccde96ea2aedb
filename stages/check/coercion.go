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

// coercion fails each value that was read only after a change of one of the rule's kinds, or for such a reason could
// not be read: those of the form one by one, then those of its lists.
func coercion(f *form, p *plan, t *tally) {
	var elsewhere []templates.Ref
	if slices.Contains(p.rule.Kinds, notApplicableKind) {
		elsewhere = f.inapplicableRefs()
	}
	for _, r := range p.refs {
		c, found := f.changed(r, p.rule.Kinds)
		unread := found && f.batch.class(c) == templates.Unreadable
		switch by, s := f.voided[r], f.status(r); {
		case slices.Contains(elsewhere, r), by != "" && by != "bounds": // a bound says nothing of how it was read
			t.skip(toldElsewhere)
		case !unread && (s == table.Missing || s == table.Invalid):
			t.skip(notFilled)
		case !found && f.Observe(r).NotAsked():
			t.skip(notAsked)
		default:
			t.judge(!found, func() fault { return fault{refs: []templates.Ref{r}, vars: f.batch.readAs(c)} })
		}
	}
	f.coercedRows(p, t)
	t.faults = f.together(t.faults)
}

// notApplicableKind is the change that says that a figure is 不适用.
const notApplicableKind = "not_applicable"

// class says how grave a change in reading is.
func (b *batch) class(c table.Coercion) string { return b.def.Reading.Route(c.Kind).Class }

// readAs are the variables of a change that is told: what the filler sees, and what was read, or is stored. A change of
// form has none.
func (b *batch) readAs(c table.Coercion) map[string]string {
	vars := map[string]string{}
	switch b.class(c) {
	case templates.Guess:
		if vars["raw"] = text.Clip(c.From, longest); c.To != "" {
			vars["value"] = text.Clip(c.To, longest)
		}
	case templates.Unreadable:
		vars["raw"], vars["detail"] = text.Clip(c.From, longest), text.Clip(c.To, longest)
	case templates.Lossless:
		vars["detail"] = text.Clip(c.From, longest)
	}
	if b.def.Field(c.Field).Type == templates.DateField && vars["value"] != "" {
		vars["value"] = date(vars["value"])
	}
	return vars
}

// changed gives the change of one of these kinds that a value was read after.
func (f *form) changed(r templates.Ref, kinds []string) (table.Coercion, bool) {
	i := slices.IndexFunc(f.coerced[r], func(c table.Coercion) bool { return slices.Contains(kinds, c.Kind) })
	if i < 0 {
		return table.Coercion{}, false
	}
	return f.coerced[r][i], true
}

// told says whether another rule says why a value could not be read.
func (f *form) told(r templates.Ref) bool {
	return slices.ContainsFunc(f.coerced[r], func(c table.Coercion) bool {
		return f.batch.class(c) == templates.Unreadable
	})
}

// toldIn is told for columns of a list, in one of its rows.
func (f *form) toldIn(record int32, columns ...string) bool {
	return slices.ContainsFunc(f.listed, func(c table.Coercion) bool {
		if c.Kind == unreadKind && c.Field == kindColumn { // which has a rule of its own
			return false
		}
		return c.Record.V == record && slices.Contains(columns, c.Field) && f.batch.class(c) == templates.Unreadable
	})
}

// unreadKind is the change that says of a cell of a list that it could not be read, and not why.
const unreadKind = "unread"

// coercedRows fails the cells of lists that a rule on changes covers. A row of which several cells are struck out is
// one finding.
func (f *form) coercedRows(p *plan, t *tally) {
	if !p.lists {
		return
	}
	rows := map[string]int{}
	for _, c := range f.listed {
		field := f.batch.def.Field(c.Field)
		if f.misplaced && field.Record == "members" {
			continue
		}
		if !slices.Contains(p.rule.Kinds, c.Kind) || !p.rule.About(field) {
			continue
		}
		row := fmt.Sprint(field.Record, c.Record.V, c.Kind)
		place := model.Place{File: f.Submission.File, Sheet: c.Sheet, Cell: c.Cell}
		if f.voidedAt[place] {
			continue
		}
		if i, struck := rows[row]; struck && strings.HasPrefix(c.Kind, "struck") {
			x := &t.faults[i]
			x.places, x.fields = append(x.places, place), append(x.fields, c.Field)
			continue
		}
		rows[row] = len(t.faults)
		t.fail(f.rowFault(field, c, place))
	}
	if len(rows) == 0 && len(f.Members) > 0 {
		t.pass()
	}
}

// rowFault is a fault of one cell of a list.
func (f *form) rowFault(field *templates.Field, c table.Coercion, place model.Place) fault {
	vars := f.batch.readAs(c)
	row, _ := model.RowCol(c.Cell)
	key := fmt.Sprintf("%s:%d", field.Record, c.Record.V)
	for _, m := range f.Members {
		if field.Record == "members" && m.Record == c.Record.V && m.NameKey != "" {
			key, vars["member"] = m.NameKey, m.Name
		}
	}
	vars["label"], vars["unit"], vars["how"] = field.Label, field.Unit, f.batch.def.Reading.How[field.Type]
	vars["name"] = fmt.Sprintf("“%s”第%d行的%s", c.Sheet, row, field.Label)
	if vars["member"] != "" && field.ID != nameColumn {
		vars["name"] += "（" + vars["member"] + "）"
	}
	return fault{places: []model.Place{place}, fields: []string{field.ID}, member: key,
		raw: vars["raw"], value: vars["value"], vars: vars}
}
