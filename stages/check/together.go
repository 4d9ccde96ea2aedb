package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// wholeColumn is how many cells of one column must have gone wrong in one way before it is one mistake: a format, a unit, words filled down.
const wholeColumn = 8

// together makes one fault of those that one mistake made down a column: of the figures of one year, or of one column of a list. It
// names the column and every cell with what it shows.
func (f *form) together(faults []fault) []fault {
	var out []fault
	for _, same := range table.Grouped(faults, f.mistake) {
		if columnOf(same[0]) == "" || len(same) < wholeColumn {
			out = append(out, same...)
			continue
		}
		out = append(out, f.wholeColumn(same))
	}
	return out
}

// mistake names the column of a fault and how what is shown there is written, whatever the digits: 12万 and 3万 are one habit.
func (f *form) mistake(x fault) string {
	return columnOf(x) + digits.ReplaceAllString(x.shown("raw", f.typed), "0")
}

// shown is what a fault of a single cell shows of it: the check's own words, or what stands there.
func (x fault) shown(name string, of func(templates.Ref) string) string {
	said, told := x.vars[name]
	if !told && len(x.refs) == 1 {
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
	out := fault{member: f.mistake(faults[0]), vars: map[string]string{"count": fmt.Sprint(len(faults)), "member": "", "unit": ""}}
	var shown, raws, values []string // each; raws with its cell
	for _, x := range faults {
		places, raw, value := append(f.placesOf(x.refs), x.places...), x.shown("raw", f.typed), x.shown("value", f.said)
		if len(x.refs) == 1 {
			value += f.batch.def.Field(x.refs[0].Field).Unit
		}
		out.refs, out.places = append(out.refs, x.refs...), append(out.places, x.places...)
		shown, raws, values = append(shown, raw), append(raws, places[0].Cell+" "+raw), append(values, value)
		out.vars["detail"] += "、" + x.vars["detail"]
	}
	column := f.batch.year(commonYear(out.refs))
	if len(out.refs) == 0 {
		out.fields = faults[0].fields
		column = "“" + out.places[0].Sheet + "”" + f.batch.def.Label(out.fields[0])
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

// inapplicableRefs are the figures that a rule on the column tells together as 不适用, so that no rule tells them one by one.
func (f *form) inapplicableRefs() (none []templates.Ref) {
	for _, p := range f.batch.plans {
		if p.rule.Check == "column" && slices.Contains(p.rule.Kinds, notApplicableKind) {
			if all, refs := f.calledInapplicable(); len(all) > 0 && !share(len(refs), len(all)).LessThan(*p.rule.Threshold) {
				none = append(none, refs...)
			}
		}
	}
	return none
}

// calledInapplicable gives the actual figures that were answered, and those of them that are said to be 不适用.
func (f *form) calledInapplicable() (all, none []templates.Ref) {
	for _, refs := range f.batch.actual() {
		for _, r := range refs {
			if s := f.status(r); s != table.Missing && s != table.Invalid && !f.Observe(r).NotAsked() {
				all = append(all, r)
				if s == table.NotApplicable {
					none = append(none, r)
				}
			}
		}
	}
	return all, none
}
