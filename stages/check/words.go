package check

import (
	"slices"
	"strings"
	"time"

	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// How fields and values are called and shown to people.
const (
	shownNames = 5  // how many names a list in a text begins with
	longest    = 60 // characters of a text that a finding shows
)

func (b *batch) year(year int) string {
	y, _ := b.def.Form.YearOf(year)
	return y.Label
}

// calendar are the variables of the year's call: {last} is 2023年, {deadline} the last day for sending.
func (b *batch) calendar() map[string]string {
	vars := map[string]string{"deadline": date(b.def.Directory.Deadline)}
	for _, y := range b.def.Form.Years {
		vars[y.ID] = y.Label
	}
	return vars
}

// namesOf lists values by name, the first few and how many there are.
func (b *batch) namesOf(refs []templates.Ref) string {
	list := make([]string, len(refs))
	for i, r := range refs {
		list[i] = b.def.Name(r)
	}
	return text.Few(list, shownNames, len(list), "项")
}

// undecided is why a rule could not run.
func (b *batch) undecided(t *tally) string {
	reasons := slices.Clone(t.reasons)
	if len(t.missing) > 0 {
		reasons = append(reasons, "缺少可用的数据："+b.namesOf(t.missing))
	}
	return strings.Join(reasons, "；")
}

// said shows a clean value to a person; nothing of personal data but how many names there are.
func (f *form) said(r templates.Ref) string {
	field, o := f.batch.def.Field(r.Field), f.Observe(r)
	n, counted := f.number(r)
	switch {
	case o.Status != table.Normal:
		return o.Status.Absent()
	case field.Type == templates.NamesField && counted:
		return n.String()
	case field.Type == templates.NamesField, field.Personal:
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

// typed shows what was typed, nothing of personal data.
func (f *form) typed(r templates.Ref) string {
	if f.batch.def.Field(r.Field).Personal {
		return ""
	}
	return text.Clip(f.Observe(r).Raw, longest)
}

// date writes an ISO date, or month, the Chinese way.
func date(iso string) string {
	if day, err := time.Parse(time.DateOnly, iso); err == nil {
		return day.Format("2006年1月2日")
	}
	if month, err := time.Parse("2006-01", iso); err == nil {
		return month.Format("2006年1月")
	}
	return iso
}
