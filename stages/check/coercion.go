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

// coercion fails each value, also of a list, that was read with a change of one of the rule's kinds, or not at all.
func coercion(f *form, p *plan, t *tally) {
	var elsewhere []templates.Ref
	if slices.Contains(p.rule.Kinds, "not_applicable") {
		elsewhere = f.inapplicableRefs()
	}
	for _, r := range p.refs {
		c, found := f.changed(r, p.rule.Kinds)
		unread := found && f.class(c) == templates.Unreadable
		switch by, s := f.voided[r], f.Status(r); {
		case slices.Contains(elsewhere, r), by != "" && by != "bounds": // a bound says nothing of how it was read
			t.skip(toldElsewhere)
		case !unread && (s == table.Missing || s == table.Invalid):
			t.skip(notFilled)
		case !found && f.NotAsked(r):
			t.skip(notAsked)
		default:
			t.judge(!found, func() fault { return fault{refs: []templates.Ref{r}, vars: f.readAs(c)} })
		}
	}
	f.coercedRows(p, t)
	t.faults = f.together(t.faults)
}

func (b *batch) class(c table.Coercion) string { return b.def.Reading.Route(c.Kind).Class }

// readAs are the variables of a change: what the filler sees, and what was read or is stored.
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
		vars["value"] = table.ChineseDate(vars["value"])
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

// unreadable says whether another rule says why a value could not be read.
func (f *form) unreadable(r templates.Ref) bool {
	return slices.ContainsFunc(f.coerced[r], func(c table.Coercion) bool {
		return f.class(c) == templates.Unreadable
	})
}

// unreadableIn is unreadable for columns of a list, in one of its rows.
func (f *form) unreadableIn(record int32, columns ...string) bool {
	return slices.ContainsFunc(f.listed, func(c table.Coercion) bool {
		if c.Kind == "unread" && c.Field == kindColumn { // which has a rule of its own
			return false
		}
		return c.Record.V == record && slices.Contains(columns, c.Field) && f.class(c) == templates.Unreadable
	})
}

// coercedRows fails the cells of lists that a rule on changes covers; those struck out in one row are one finding.
func (f *form) coercedRows(p *plan, t *tally) {
	if !p.lists {
		return
	}
	rows := map[string]int{}
	for _, c := range f.listed {
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
		t.fail(f.rowFault(field, c, place))
	}
	if len(rows) == 0 && len(f.Members) > 0 {
		t.pass()
	}
}

func (f *form) rowFault(field *templates.Field, c table.Coercion, place model.Place) fault {
	vars := f.readAs(c)
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

// wholeColumn is how many cells of a column make one mistake: a format, a unit, words filled down.
const wholeColumn = 8

// together makes one fault of those that one mistake made down a column.
func (f *form) together(faults []fault) []fault {
	var out []fault
	for _, same := range table.GroupBy(faults, f.mistake) {
		if columnOf(same[0]) == "" || len(same) < wholeColumn {
			out = append(out, same...)
			continue
		}
		out = append(out, f.wholeColumn(same))
	}
	return out
}

// mistake names the column of a fault and how it is written, whatever the digits: 12万 and 3万 are one habit.
func (f *form) mistake(x fault) string {
	return columnOf(x) + digits.ReplaceAllString(x.shown("raw", f.typed), "0")
}

// shown is what a fault of a single cell shows of it: the check's own words, or what stands there.
func (x fault) shown(name string, of func(templates.Ref) string) string {
	said, given := x.vars[name]
	if !given && len(x.refs) == 1 {
		return of(x.refs[0])
	}
	return said
}

var digits = regexp.MustCompile(`[0-9][0-9,.]*`)

// columnOf names the column that a fault of a single cell is in; empty: none.
func columnOf(x fault) string {
	switch {
	case len(x.refs) == 1 && x.refs[0].Year != 0:
		return fmt.Sprint(x.refs[0].Year)
	case len(x.refs) == 0 && len(x.fields) == 1 && len(x.places) == 1:
		return x.fields[0]
	}
	return ""
}

func (f *form) wholeColumn(faults []fault) fault {
	out := fault{member: f.mistake(faults[0])}
	out.vars = map[string]string{"count": fmt.Sprint(len(faults)), "member": "", "unit": ""}
	var shown, raws, values []string // each; raws with its cell
	for _, x := range faults {
		places, raw, value := append(f.placesOf(x.refs), x.places...), x.shown("raw", f.typed), x.shown("value", f.said)
		if len(x.refs) == 1 {
			value += f.def.Field(x.refs[0].Field).Unit
		}
		out.refs, out.places = append(out.refs, x.refs...), append(out.places, x.places...)
		shown, raws, values = append(shown, raw), append(raws, places[0].Cell+" "+raw), append(values, value)
		out.vars["detail"] += "、" + x.vars["detail"]
	}
	column := f.year(commonYear(out.refs))
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
	out.raw, out.value = text.Clip(out.vars["raw"], longest), text.Clip(out.vars["value"], longest)
	return out
}

// inapplicableRefs are the figures that a rule on the whole column calls 不适用 together.
func (f *form) inapplicableRefs() (none []templates.Ref) {
	for _, p := range f.plans {
		if p.rule.Check == "column" && slices.Contains(p.rule.Kinds, "not_applicable") {
			if all, refs := f.calledInapplicable(); len(all) > 0 && !share(len(refs), len(all)).LessThan(*p.rule.Threshold) {
				none = append(none, refs...)
			}
		}
	}
	return none
}

// calledInapplicable gives the actual figures that were answered, and those of them that are said to be 不适用.
func (f *form) calledInapplicable() (all, none []templates.Ref) {
	for _, refs := range f.actual() {
		for _, r := range refs {
			if s := f.Status(r); s != table.Missing && s != table.Invalid && !f.NotAsked(r) {
				all = append(all, r)
				if s == table.NotApplicable {
					none = append(none, r)
				}
			}
		}
	}
	return all, none
}
