package pipeline

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// CheckedReading is how one number or date was read.
type CheckedReading struct {
	model.Place
	Field  string   `json:"field"`
	Name   string   `json:"name"`
	Raw    string   `json:"raw"`
	Value  string   `json:"value"` // empty where none was read
	Unit   string   `json:"unit,omitempty"`
	Status string   `json:"status"`
	Routes []string `json:"routes"` // ids of reading.yaml; none: as it stands
	Rules  []string `json:"rules"`  // the same in words
}

// readings lists how every number and date of a submission was read, in form order, those of the lists last.
func readings(d *templates.Definition, f *table.Form) []CheckedReading {
	at := map[string][]table.Coercion{}
	for _, c := range f.Coercions {
		at[c.Sheet+"!"+c.Cell] = append(at[c.Sheet+"!"+c.Cell], c)
	}
	out := []CheckedReading{}
	add := func(field *templates.Field, name string, place model.Place, raw, value string, status table.Status) {
		r := CheckedReading{Place: place, Field: field.ID, Name: name, Raw: raw, Value: value,
			Unit: field.Unit, Status: string(status), Routes: []string{}, Rules: []string{}}
		for _, c := range at[place.String()] {
			route := d.Reading.Route(c.Kind)
			r.Routes, r.Rules = append(r.Routes, route.ID), append(r.Rules, route.Label)
			if c.From != "" && (r.Raw == "" || route.Class != templates.Lossless) {
				r.Raw = c.From
			}
		}
		if r.Raw == "" {
			r.Raw = value
		}
		out = append(out, r)
	}
	for _, slot := range d.Layout().Slots() {
		field, ref := slot.Field, templates.Ref{Field: slot.Field.ID, Year: slot.Year}
		if o := f.Observe(ref); (field.Numeric() || field.Type == templates.DateField) && o.Status != table.Missing {
			if o.Status != table.Normal {
				o.Value = ""
			}
			add(field, d.Name(ref), o.Place, o.Raw, o.Value, o.Status)
		}
	}
	for _, m := range f.Members {
		if m.Status != table.Missing && m.Status != "" {
			const column = "members_enrolment"
			add(d.Field(column), m.Name, listPlace(f, m.Sheet, m.Cell, column), "", table.Plain(m.Enrolment), m.Status)
		}
	}
	for _, v := range f.Verifications {
		if v.Date == "" {
			continue
		}
		place, status := listPlace(f, v.Sheet, v.Cell, "verifications_date"), table.Normal
		value := v.Date
		if slices.ContainsFunc(at[place.String()], func(c table.Coercion) bool {
			return d.Reading.Route(c.Kind).Class == templates.Unreadable
		}) {
			value, status = "", table.Invalid
		}
		add(d.Field("verifications_date"), v.Section, place, v.Date, value, status)
	}
	return out
}

// readingsFile is the list as a table that every spreadsheet program opens.
func readingsFile(list []CheckedReading) []byte {
	var b bytes.Buffer
	b.WriteString("\uFEFF") // by which Excel knows the encoding
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	rows := [][]string{{"工作表", "单元格", "栏目", "所见", "读作", "单位", "怎样读的"}}
	for _, r := range list {
		rows = append(rows, []string{r.Sheet, r.Cell, r.Name, r.Raw, r.Shown(), r.Unit, strings.Join(r.Rules, "、")})
	}
	for _, row := range rows {
		for i, s := range row {
			if strings.IndexAny(s, "=+-@") == 0 && strings.Trim(s, "+-0123456789.") != "" { // a text, no formula
				row[i] = "'" + s
			}
		}
	}
	_ = w.WriteAll(rows) // into memory
	return b.Bytes()
}

// Shown is what was read, or why nothing was.
func (r CheckedReading) Shown() string {
	switch table.Status(r.Status) {
	case table.NotApplicable:
		return "不适用"
	case table.Invalid:
		return "读不出"
	}
	return r.Value
}

// listPlace finds a cell of a list by its row and the header of its column.
func listPlace(f *table.Form, sheet, cell, column string) model.Place {
	place := model.Place{File: f.Submission.File, Sheet: sheet, Cell: cell}
	for _, c := range f.ListColumns {
		if c.Field == column && c.Sheet == sheet {
			row, _ := model.RowCol(cell)
			_, col := model.RowCol(c.Cell)
			place.Cell = model.CellName(row, col)
		}
	}
	return place
}
