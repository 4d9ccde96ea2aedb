package templates

import (
	"slices"

	"github.com/shopspring/decimal"
)

// Values of Field.Better.
const (
	Higher  = "higher"
	Lower   = "lower"
	Neither = "none"
)

// Rounded is a number with as many decimals as the field has. A whole number is left alone: that it is none is a fault
// of its own.
func (f *Field) Rounded(x decimal.Decimal) decimal.Decimal {
	if f.Decimals == nil || f.Type == IntegerField {
		return x
	}
	return x.Round(*f.Decimals)
}

// Supplementary says whether the official form does not print the field in a year: the Department collects it beyond
// the form.
func (d *Definition) Supplementary(f *Field, year int) bool {
	y, _ := d.Form.YearOf(year)
	return f.Dated() && !slices.Contains(f.RequiredYears, y.ID)
}

// Refs lists the values of a field: one, or one a year.
func (d *Definition) Refs(f *Field) []Ref {
	if !f.Dated() {
		return []Ref{{Field: f.ID}}
	}
	var out []Ref
	for _, id := range f.Years {
		y, _ := d.Form.Year(id)
		out = append(out, Ref{Field: f.ID, Year: y.Year})
	}
	return out
}

// SameAnswers says whether two forms ask for the same things: what was answered to one can be scored under the other.
// How they are called, and which way is better, may differ.
func (f *Form) SameAnswers(other *Form) bool {
	same := func(a, b *Field) bool {
		return a.ID == b.ID && a.Type == b.Type && a.Unit == b.Unit && a.Record == b.Record && slices.Equal(a.Years, b.Years)
	}
	return slices.EqualFunc(f.Fields(), other.Fields(), same) && slices.Equal(f.Years, other.Years) &&
		slices.Equal(f.Kinds, other.Kinds)
}

// checkFigures proves that every number says which way is better and how many decimals it has, where any does: forms from
// before that are still read, for --previous.
func (f *Form) checkFigures(l *loader) {
	if !slices.ContainsFunc(f.Fields(), func(x *Field) bool { return x.Better != "" }) {
		return
	}
	for _, x := range f.Fields() {
		declared := slices.Contains([]string{Higher, Lower, Neither}, x.Better) && x.Decimals != nil && *x.Decimals >= 0
		l.when(x.Numeric() && !declared || !x.Numeric() && (x.Better != "" || x.Decimals != nil), x.at,
			"数字栏目“"+x.ID+"”缺 better 或 decimals，或不是数字而写了",
			"数字栏目写 better（higher、lower、none）和 decimals（小数位数），其余不写。")
	}
}
