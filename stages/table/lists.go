package table

import (
	"slices"

	"lianheti/stages/model"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// Row is one row of a list of the form, whatever table it stands in. It implements templates.Answers: its columns are
// looked up in the row, everything else in the form.
type Row struct {
	*Form
	Record int32
	At     model.Place // of the row, where one of its cells stands
	Cells  map[string]RowCell
}

// RowCell is what one column says in a row; the zero value: nothing.
type RowCell struct {
	Text   string
	Number Opt[float64]
	Status Status
}

// ListCell is the cell of a column in the row in which another stands; that one, where there is no such column.
func (f *Form) ListCell(sheet, cell, column string) model.Place {
	at := model.Place{File: f.Submission.File, Sheet: sheet, Cell: cell}
	for _, c := range f.ListColumns {
		if c.Field == column && c.Sheet == sheet {
			row, _ := model.RowCol(cell)
			_, col := model.RowCol(c.Cell)
			at.Cell = model.CellName(row, col)
		}
	}
	return at
}

// Rows gives the rows of a list, in the order of the workbook.
func (f *Form) Rows(list string) []Row {
	var out []Row
	// said are names of columns, each with what it says
	add := func(record int32, sheet, cell string, said ...string) map[string]RowCell {
		cells := map[string]RowCell{}
		for i := 0; i < len(said); i += 2 {
			if said[i+1] != "" {
				cells[list+"_"+said[i]] = RowCell{Text: said[i+1], Status: Normal}
			}
		}
		out = append(out, Row{f, record, model.Place{File: f.Submission.File, Sheet: sheet, Cell: cell}, cells})
		return cells
	}
	switch list {
	case "members":
		for _, m := range f.Members {
			lead := ""
			if m.IsLead {
				lead = f.def.Form.Yes()
			}
			cells := add(m.Record, m.Sheet, m.Cell, "kind", m.KindLabel, "name", m.Name, "lead", lead)
			cells["members_enrolment"] = RowCell{Number: m.Enrolment, Status: m.Status, Text: Plain(m.Enrolment)}
		}
	case "materials":
		for _, m := range f.Materials {
			add(m.Record, m.Sheet, m.Cell, "number", m.Number, "title", m.Title, "supports", m.Supports, "pages", m.Pages)
		}
	case "verifications":
		for _, v := range f.Verifications {
			add(v.Record, v.Sheet, v.Cell, "section", v.Section, "means", v.Means, "unit", v.Unit, "result", v.Result,
				"date", v.Date)
		}
	case "explanations":
		for _, e := range f.Explanations {
			add(e.Record, e.Sheet, e.Cell, "fingerprint", e.Fingerprint, "about", e.About, "explanation", e.Explanation)
		}
	default:
		for _, c := range f.ListCells {
			if c.List != list {
				continue
			}
			if len(out) == 0 || out[len(out)-1].Record != c.Record {
				add(c.Record, c.Sheet, c.Cell)
			}
			said := c.Text
			if c.Number.Valid {
				said = Plain(c.Number)
			}
			out[len(out)-1].Cells[c.Field] = RowCell{said, c.Number, c.Status}
		}
	}
	return out
}

// Own are the lists of the form that have no table of their own: their cells stand in list_cells.
func Own(d *templates.Definition) []string {
	lists := Unique(d.Form.Fields(), func(f *templates.Field) string { return f.Record })
	with := []string{"", "members", "materials", "verifications", "explanations"}
	return slices.DeleteFunc(lists, func(list string) bool { return slices.Contains(with, list) })
}

// Cell is what a column says, in words or by being left blank.
func (r Row) Cell(field string) RowCell {
	c, _ := r.cell(field)
	return c
}

func (r Row) cell(field string) (RowCell, bool) {
	c, there := r.Cells[field]
	f := r.def.Field(field)
	if !there && f != nil && f.Record != "" && f.BlankIsNo() {
		c = RowCell{Text: r.def.Form.YesNo[1], Status: Normal}
	}
	return c, there || f != nil && f.Record != ""
}

// Number implements templates.Answers.
func (r Row) Number(field string, year int) (decimal.Decimal, bool) {
	c, ours := r.cell(field)
	if !ours {
		return r.Form.Number(field, year)
	}
	return decimal.NewFromFloat(c.Number.V), c.Status == Normal && c.Number.Valid
}

// Text implements templates.Answers.
func (r Row) Text(field string, year int) (string, bool) {
	c, ours := r.cell(field)
	if !ours {
		return r.Form.Text(field, year)
	}
	return c.Text, c.Status == Normal
}

// Filled implements templates.Answers.
func (r Row) Filled(field string, year int) bool {
	if _, ours := r.cell(field); !ours {
		return r.Form.Filled(field, year)
	}
	c := r.Cells[field]
	return c.Status != "" && c.Status != Missing
}
