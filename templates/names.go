package templates

import (
	"slices"
	"strings"
)

// Label is what a field is called among all fields: its label as printed, without the punctuation that ends a line of
// the form, and with its unit or else its group where several fields are printed with the same label.
func (d *Definition) Label(field string) string { return d.labels[field] }

// Name is the label of a value with its year, where the label does not say the year itself.
func (d *Definition) Name(r Ref) string {
	label := d.Label(r.Field)
	year, ok := d.Form.YearOf(r.Year)
	if !ok || strings.HasPrefix(label, year.Label) {
		return label
	}
	return year.Label + label
}

// ExplainedIn says where a filler explains a warning: 在“…”表; empty where the form has no list for it.
func (d *Definition) ExplainedIn() string {
	sheet, _, ok := d.Layout().Area("explanations")
	if !ok {
		return ""
	}
	return "在“" + sheet.Sheet.Title + "”表"
}

// labels names every field of a form.
func labels(form *Form) map[string]string {
	same := map[string][]*Field{}
	for _, f := range form.Fields() {
		same[trimLabel(f)] = append(same[trimLabel(f)], f)
	}
	out := map[string]string{}
	for _, f := range form.Fields() {
		out[f.ID] = distinguish(f, same[trimLabel(f)])
	}
	return out
}

func trimLabel(f *Field) string { return strings.TrimRight(f.Label, "：。") }

func distinguish(f *Field, same []*Field) string {
	label := trimLabel(f)
	if len(same) == 1 {
		return label
	}
	if !slices.ContainsFunc(same, func(o *Field) bool { return o != f && o.Unit == f.Unit }) {
		return label + "（" + f.Unit + "）"
	}
	if f.Group == "" {
		return label
	}
	return f.Group + " " + label
}
