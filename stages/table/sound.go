package table

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// sound says what speaks against tables that are to be read again, by what their description promises: keys that don't repeat, closed
// sets of values, references that lead somewhere, numbers that are some, fields and years that the form has. Whoever altered a table
// could alter its hash with it; nothing that reads on need be ready for what no run can have written.
func sound(d *templates.Definition, records map[string]arrow.Record) error {
	held := Held(d, func(name string) arrow.Record { return records[name] })
	for _, t := range d.Tables {
		if rec := records[t.Name]; rec != nil {
			if err := soundTable(d, t, rec, held); err != nil {
				return fmt.Errorf("数据表 %s：%w", t.Name, err)
			}
		}
	}
	return nil
}

// Held gives what the columns hold that others refer to, by table.column, of the tables that there are (nil: it is not there).
func Held(d *templates.Definition, record func(table string) arrow.Record) map[string]map[string]bool {
	held := map[string]map[string]bool{}
	for _, t := range d.Tables {
		for _, c := range t.Columns {
			table, column, ok := strings.Cut(c.References, ".")
			if _, known := held[c.References]; !ok || known {
				continue
			}
			held[c.References] = nil
			if rec := record(table); rec != nil {
				held[c.References] = Values(rec, column)
			}
		}
	}
	return held
}

func soundTable(d *templates.Definition, t *templates.Table, rec arrow.Record, held map[string]map[string]bool) error {
	for i, f := range rec.Schema().Fields() {
		if numbers, ok := rec.Column(i).(*array.Float64); ok && slices.ContainsFunc(numbers.Float64Values(), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
			return fmt.Errorf("列 %s 里有不是数的值", f.Name)
		}
	}
	for _, c := range t.Columns {
		for v := range Values(rec, c.Name) {
			switch {
			case v == "":
			case len(c.Values) > 0 && !slices.Contains(c.Values, v):
				return fmt.Errorf("列 %s 里没有“%s”这样的值", c.Name, v)
			case held[c.References] != nil && !held[c.References][v]:
				return fmt.Errorf("列 %s 的“%s”在 %s 里没有", c.Name, v, c.References)
			}
		}
	}
	if key := Twice(rec, t.Key); key != "" {
		return fmt.Errorf("有两行的主键相同（%s）", key)
	}
	if t.Name == "fulfilment" { // of the years of several batches
		return nil
	}
	for row := range int(rec.NumRows()) {
		form := d
		if t.Name == "list_cells" && cellOf(rec, "submission", row) == "" && d.Progress != nil {
			form = d.Progress
		}
		if err := ofTheForm(form, rec, row); err != nil {
			return err
		}
	}
	return nil
}

// Twice gives a key that two rows share, its parts with 、 between; empty where none do, or there is no key.
func Twice(rec arrow.Record, key []string) string {
	seen, parts := make(map[string]bool, rec.NumRows()), make([]string, len(key))
	for row := range int(rec.NumRows()) {
		for i, name := range key {
			parts[i] = cellOf(rec, name, row)
		}
		whole := strings.Join(parts, "\x00")
		if len(key) > 0 && seen[whole] {
			return strings.Join(parts, "、")
		}
		seen[whole] = true
	}
	return ""
}

// ofTheForm says whether a row is about a field that the form has, in one of its years.
func ofTheForm(d *templates.Definition, rec arrow.Record, row int) error {
	for _, name := range []string{"field", "indicator"} {
		id, year := cellOf(rec, name, row), cellOf(rec, "year", row)
		f := d.Field(id)
		switch {
		case id == "", slices.ContainsFunc(d.Form.Fields(), func(f *templates.Field) bool { return f.Record == id }): // a list as a whole
		case f == nil:
			return fmt.Errorf("推荐书没有栏目 %s", id)
		case year != "" && !slices.ContainsFunc(d.Refs(f), func(r templates.Ref) bool { return fmt.Sprint(r.Year) == year }):
			return fmt.Errorf("栏目 %s 没有 %s 年", id, year)
		}
	}
	return nil
}

// Values are the different values of a column, as text; none where there is no such column.
func Values(rec arrow.Record, name string) map[string]bool {
	out := map[string]bool{}
	if column := columnOf(rec, name); column != nil {
		for row := range column.Len() {
			if !column.IsNull(row) {
				out[column.ValueStr(row)] = true
			}
		}
	}
	return out
}

// cellOf is a value as text; empty where there is none.
func cellOf(rec arrow.Record, name string, row int) string {
	if column := columnOf(rec, name); column != nil && !column.IsNull(row) {
		return column.ValueStr(row)
	}
	return ""
}

// columnOf finds a column; nil where there is none, or more than one.
func columnOf(rec arrow.Record, name string) arrow.Array {
	if at := rec.Schema().FieldIndices(name); len(at) == 1 {
		return rec.Column(at[0])
	}
	return nil
}
