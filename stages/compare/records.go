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

// known are the columns that a row of a list is known by, and those that it says; nil: the first one, and all.
var known = map[string]struct{ by, says []string }{
	"materials":     {by: []string{"title"}},
	"verifications": {by: []string{"section", "means"}},
	// Those that say something: the rows that a returned copy brings prefilled are ours.
	"explanations": {by: []string{"about"}, says: []string{"explanation"}},
}

// records compares the lists of the form.
func (p *pair) records() {
	p.list("members", members(p.before.form), members(p.now.form))
	for _, list := range append([]string{"materials", "verifications", "explanations"}, table.Own(p.d)...) {
		p.list(list, p.rowsOf(list, p.before.form), p.rowsOf(list, p.now.form))
	}
}

// rowsOf are the rows of a list that say anything.
func (p *pair) rowsOf(list string, f *table.Form) []record {
	_, area, _ := p.d.Layout().Area(list)
	by, says := known[list].by, known[list].says
	for _, c := range area.Columns {
		column := c.Name[len(list)+1:]
		if by == nil {
			by = []string{column}
		}
		if known[list].says == nil {
			says = append(says, column)
		}
	}
	var out []record
	for _, row := range f.Rows(list) {
		said := func(columns []string) string {
			var texts []string
			for _, c := range columns {
				texts = append(texts, row.Cells[list+"_"+c].Text)
			}
			return say(texts...)
		}
		if r := (record{said(by), said(says), row.At.Sheet, row.At.Cell}); r.says != "" {
			out = append(out, r)
		}
	}
	return out
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
