package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// coercion fails each value, also of a list, with a coercion of one of the rule's kinds.
func coercion(f *form, p *plan, t *tally) {
	var elsewhere []templates.Ref
	if slices.Contains(p.rule.Kinds, "not_applicable") {
		elsewhere = f.inapplicableRefs()
	}
	for _, r := range p.refs {
		c, found := f.coercionOf(r, p.rule.Kinds)
		unread := found && f.class(c) == templates.Unreadable
		switch by, s := f.voided[r], f.Status(r); {
		case slices.Contains(elsewhere, r), by != "" && by != "bounds": // a value out of bounds may have a coercion, too
			t.skip(toldElsewhere)
		case !unread && (s == table.Missing || s == table.Invalid):
			t.skip(notFilled)
		case !found && s == table.NotApplicable && f.NotAsked(r):
			t.skip(notAsked)
		default:
			t.decide(!found, func() fault { return fault{refs: []templates.Ref{r}, vars: f.coercionVars(c)} })
		}
	}
	f.checkListCells(p, t)
	t.faults = f.mergeColumns(t.faults)
}

func (b *batch) class(c table.Coercion) string { return b.def.Reading.Route(c.Kind).Class }

// coercionVars returns the variables of a coercion: what the filler sees, and what was read or is stored.
func (b *batch) coercionVars(c table.Coercion) map[string]string {
	vars := map[string]string{}
	switch b.class(c) {
	case templates.Guess:
		if vars["raw"] = text.Clip(c.From, maxText); c.To != "" {
			vars["value"] = text.Clip(c.To, maxText)
		}
	case templates.Unreadable:
		vars["raw"], vars["detail"] = text.Clip(c.From, maxText), text.Clip(c.To, maxText)
	case templates.Lossless:
		vars["detail"] = text.Clip(c.From, maxText)
	}
	if b.def.Field(c.Field).Type == templates.DateField && vars["value"] != "" {
		vars["value"] = table.ChineseDate(vars["value"])
	}
	return vars
}

// coercionOf returns the coercion of a value that has one of these kinds.
func (f *form) coercionOf(r templates.Ref, kinds []string) (table.Coercion, bool) {
	i := slices.IndexFunc(f.coerced[r], func(c table.Coercion) bool { return slices.Contains(kinds, c.Kind) })
	if i < 0 {
		return table.Coercion{}, false
	}
	return f.coerced[r][i], true
}

// hasReason reports whether a coercion, which has its own rule, says why a value could not be read.
func (f *form) hasReason(r templates.Ref) bool {
	return slices.ContainsFunc(f.coerced[r], func(c table.Coercion) bool {
		return f.class(c) == templates.Unreadable
	})
}

// hasReasonIn is hasReason for columns of a list, in one of its rows.
func (f *form) hasReasonIn(record int32, columns ...string) bool {
	return slices.ContainsFunc(f.listCoercions, func(c table.Coercion) bool {
		if c.Kind == "unread" && c.Field == kindColumn { // has its own rule
			return false
		}
		return c.Record.V == record && slices.Contains(columns, c.Field) && f.class(c) == templates.Unreadable
	})
}

// checkListCells fails the cells of lists with a coercion of the rule; those struck out in one row are one fault.
func (f *form) checkListCells(p *plan, t *tally) {
	if !p.coversLists {
		return
	}
	rows := map[string]int{}
	for _, c := range f.listCoercions {
		field := f.def.Field(c.Field)
		if f.misplaced && field.Record == "members" {
			continue
		}
		if !slices.Contains(p.rule.Kinds, c.Kind) || !p.rule.AppliesTo(field) {
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
		t.fail(f.listCellFault(field, c, place))
	}
	if len(rows) == 0 && len(f.Members) > 0 {
		t.pass()
	}
}

func (f *form) listCellFault(field *templates.Field, c table.Coercion, place model.Place) fault {
	vars := f.coercionVars(c)
	row, _ := model.RowCol(c.Cell)
	key := fmt.Sprintf("%s:%d", field.Record, c.Record.V)
	for _, m := range f.Members {
		if field.Record == "members" && m.Record == c.Record.V && m.NameKey != "" {
			key, vars["member"] = m.NameKey, m.Name
		}
	}
	vars["name"] = fmt.Sprintf("“%s”第%d行的%s", c.Sheet, row, field.Label)
	if vars["member"] != "" && field.ID != nameColumn {
		vars["name"] += "（" + vars["member"] + "）"
	}
	return fault{places: []model.Place{place}, fields: []string{field.ID}, member: key,
		raw: vars["raw"], value: vars["value"], vars: vars}
}

// minColumnCells is how many equal faults in a column are one mistake, such as a format, or words filled down.
const minColumnCells = 8

// mergeColumns merges the faults that one mistake caused in a column.
func (f *form) mergeColumns(faults []fault) []fault {
	var out []fault
	for _, same := range table.GroupBy(faults, f.mistakeKey) {
		if columnOf(same[0]) == "" || len(same) < minColumnCells {
			out = append(out, same...)
			continue
		}
		out = append(out, f.columnFault(same))
	}
	return out
}

// mistakeKey returns the column of a fault and its raw value with digits as 0: 12万 and 3万 are the same mistake.
func (f *form) mistakeKey(x fault) string {
	return columnOf(x) + digits.ReplaceAllString(x.shownText("raw", f.shownRaw), "0")
}

// shownText returns what a fault of a single cell shows of it: a variable of the check, or else the value.
func (x fault) shownText(name string, of func(templates.Ref) string) string {
	said, given := x.vars[name]
	if !given && len(x.refs) == 1 {
		return of(x.refs[0])
	}
	return said
}

var digits = regexp.MustCompile(`[0-9][0-9,.]*`)

// columnOf returns the column of a fault of a single cell; empty: none.
func columnOf(x fault) string {
	switch {
	case len(x.refs) == 1 && x.refs[0].Year != 0:
		return fmt.Sprint(x.refs[0].Year)
	case len(x.refs) == 0 && len(x.fields) == 1 && len(x.places) == 1:
		return x.fields[0]
	}
	return ""
}

func (f *form) columnFault(faults []fault) fault {
	out := fault{member: f.mistakeKey(faults[0])}
	out.vars = map[string]string{"count": fmt.Sprint(len(faults)), "member": "", "unit": ""}
	var shown, raws, values []string // each; raws with its cell
	for _, x := range faults {
		places := append(f.placesOf(x.refs), x.places...)
		raw, value := x.shownText("raw", f.shownRaw), x.shownText("value", f.shownValue)
		if len(x.refs) == 1 {
			value += f.def.Field(x.refs[0].Field).Unit
		}
		out.refs, out.places = append(out.refs, x.refs...), append(out.places, x.places...)
		shown, raws, values = append(shown, raw), append(raws, places[0].Cell+" "+raw), append(values, value)
		out.vars["detail"] += "、" + x.vars["detail"]
	}
	column := f.yearLabel(commonYear(out.refs))
	if len(out.refs) == 0 {
		out.fields = faults[0].fields
		column = "“" + out.places[0].Sheet + "”" + f.def.Label(out.fields[0])
	}
	out.vars["name"] = fmt.Sprintf("%s一列的%d格", column, len(faults))
	out.vars["raw"], out.vars["value"] = strings.Join(raws, "、"), strings.Join(values, "、")
	if slices.Sort(shown); len(slices.Compact(shown)) == 1 { // the same down the column
		out.vars["raw"] = shown[0]
	}
	out.vars["detail"] = strings.TrimPrefix(out.vars["detail"], "、")
	out.raw, out.value = text.Clip(out.vars["raw"], maxText), text.Clip(out.vars["value"], maxText)
	return out
}

// inapplicableRefs returns the 不适用 figures that a rule for the whole column reports together.
func (f *form) inapplicableRefs() (none []templates.Ref) {
	for _, p := range f.plans {
		if p.rule.Check == "column" && slices.Contains(p.rule.Kinds, "not_applicable") {
			if all, refs := f.inapplicableFigures(); len(all) > 0 && !share(len(refs), len(all)).LessThan(*p.rule.Threshold) {
				none = append(none, refs...)
			}
		}
	}
	return none
}

// inapplicableFigures returns the actual figures that were filled in, and those of them that are 不适用.
func (f *form) inapplicableFigures() (all, none []templates.Ref) {
	for _, refs := range f.actualRefs {
		for _, r := range refs {
			switch s := f.Status(r); {
			case s == table.NotApplicable && !f.NotAsked(r):
				none = append(none, r)
				fallthrough
			case s == table.Normal:
				all = append(all, r)
			}
		}
	}
	return all, none
}
