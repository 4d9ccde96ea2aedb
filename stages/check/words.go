package check

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// words names fields and values the way people read them.
type words struct {
	def    *templates.Definition
	sheets map[string]int // order of the form's sheets by title, from 1
}

func newWords(d *templates.Definition) *words {
	w := &words{def: d, sheets: map[string]int{}}
	for i, s := range d.Layout().Sheets {
		w.sheets[s.Sheet.Title] = i + 1
	}
	return w
}

func (w *words) label(field string) string { return w.def.Label(field) }

func (w *words) year(year int) string {
	y, ok := w.def.Form.YearOf(year)
	if !ok {
		return ""
	}
	return y.Label
}

func (w *words) name(r templates.Ref) string { return w.def.Name(r) }

// calendar are the variables of the year's call: {last} is 2023年, {deadline} the last day for sending.
func (w *words) calendar() map[string]string {
	vars := map[string]string{"deadline": date(w.def.Directory.Deadline)}
	for _, y := range w.def.Form.Years {
		vars[y.ID] = y.Label
	}
	return vars
}

// names lists values by name, the first few and how many there are.
func (w *words) names(refs []templates.Ref) string {
	list := make([]string, len(refs))
	for i, r := range refs {
		list[i] = w.name(r)
	}
	return text.Few(list, shownNames, len(list), "项")
}

// shownNames is how many names a list in a text begins with.
const shownNames = 5

// undecided is why a rule could not run.
func (w *words) undecided(t *tally) string {
	reasons := slices.Clone(t.reasons)
	if len(t.missing) > 0 {
		reasons = append(reasons, "缺少可用的数据："+w.names(t.missing))
	}
	return strings.Join(reasons, "；")
}

// longest is how much of a text is shown in a finding.
const longest = 60

// value shows a clean value to a person; nothing of personal data but how many names there are.
func (w *words) value(f *form, r templates.Ref) string {
	field, o := w.def.Field(r.Field), f.Observe(r)
	switch o.Status {
	case table.Missing:
		return "未填"
	case table.NotApplicable:
		return "不适用"
	case table.Invalid:
		return "无法识别"
	}
	switch {
	case field.Type == templates.NamesField:
		if n, ok := f.number(r); ok {
			return n.String()
		}
		return "已填"
	case field.Personal:
		return "已填"
	case field.Type == templates.ConfirmField:
		return map[string]string{"true": "已确认", "false": "未确认"}[o.Value]
	case field.Type == templates.DateField:
		return date(o.Value)
	case field.Numeric():
		return text.Amount(o.Value)
	}
	return text.Clip(o.Value, longest)
}

// raw shows what was typed, nothing of personal data.
func (w *words) raw(f *form, r templates.Ref) string {
	if w.def.Field(r.Field).Personal {
		return ""
	}
	return text.Clip(f.Observe(r).Raw, longest)
}

var isoMonth = regexp.MustCompile(`^\d{4}-\d{2}$`)

// date writes an ISO date, or month, the Chinese way.
func date(iso string) string {
	layout, shown := time.DateOnly, "2006年1月2日"
	if isoMonth.MatchString(iso) {
		layout, shown = "2006-01", "2006年1月"
	}
	t, err := time.Parse(layout, iso)
	if err != nil {
		return iso
	}
	return t.Format(shown)
}
