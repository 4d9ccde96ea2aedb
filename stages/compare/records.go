package compare

import (
	"strings"

	"lianheti/stages/table"
	"lianheti/stages/text"
)

// record is one row of a list of the form: what it is known by, and all that it says.
type record struct {
	name, says  string
	sheet, cell string
}

// records compares the lists of the form.
func (p *pair) records() {
	p.list("members", members(p.before.form), members(p.now.form))
	p.list("materials", materials(p.before.form), materials(p.now.form))
	p.list("verifications", verifications(p.before.form), verifications(p.now.form))
	p.list("explanations", explanations(p.before.form), explanations(p.now.form))
}

// list compares two lists whose order means nothing. Rows of one name are matched in their order.
func (p *pair) list(block string, was, is []record) {
	earlier := map[string][]record{}
	for _, r := range was {
		earlier[r.name] = append(earlier[r.name], r)
	}
	change := func(kind table.ChangeKind, at record, before, after string) {
		p.add(table.Change{Kind: kind, Field: block, Label: at.name, Before: before, After: after, Sheet: at.sheet, Cell: at.cell})
	}
	for _, r := range is {
		list := earlier[r.name]
		if len(list) == 0 {
			change(table.RecordAdded, r, "", r.says)
			continue
		}
		earlier[r.name] = list[1:]
		if list[0].says != r.says {
			change(table.RecordChanged, r, list[0].says, r.says)
		}
	}
	for _, r := range was {
		if list := earlier[r.name]; len(list) > 0 && list[0] == r {
			earlier[r.name] = list[1:]
			change(table.RecordRemoved, r, r.says, "")
		}
	}
}

// say joins the columns of a row, those left empty aside, fit to be published.
func say(columns ...string) string {
	var out []string
	for _, c := range columns {
		if c != "" {
			out = append(out, text.Mask(c))
		}
	}
	return strings.Join(out, "，")
}

func members(f *table.Form) []record {
	var out []record
	for _, m := range f.Members {
		lead, pupils := "", table.Plain(m.Enrolment)
		if m.IsLead {
			lead = "牵头单位"
		}
		if pupils != "" {
			pupils = "在校生" + pupils + "人"
		}
		out = append(out, record{text.Mask(m.Name), say(m.KindLabel, m.Name, pupils, lead), m.Sheet, m.Cell})
	}
	return out
}

func materials(f *table.Form) []record {
	var out []record
	for _, m := range f.Materials {
		out = append(out, record{text.Mask(m.Title), say(m.Number, m.Title, m.Supports, m.Pages), m.Sheet, m.Cell})
	}
	return out
}

func verifications(f *table.Form) []record {
	var out []record
	for _, v := range f.Verifications {
		out = append(out, record{say(v.Section, v.Means), say(v.Section, v.Means, v.Unit, v.Result, v.Date), v.Sheet, v.Cell})
	}
	return out
}

// explanations are those that say something: the rows that a returned copy brings prefilled are ours.
func explanations(f *table.Form) []record {
	var out []record
	for _, e := range f.Explanations {
		if e.Explanation != "" {
			out = append(out, record{say(e.About), say(e.Explanation), e.Sheet, e.Cell})
		}
	}
	return out
}
