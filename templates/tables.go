package templates

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Table says what one published table means. Names and types of its columns are the program's; the words are here.
type Table struct {
	Name        string
	Label       string
	Description string
	Internal    bool     // holds personal data, or is another command's; never in a run's data/
	Key         []string // columns that together never repeat
	Columns     []*Column
	// Form names the fields that follow as columns of their own: singles, metrics, or nothing.
	Form string
}

// Data is what the data package says of all tables together.
type Data struct {
	// Version is of the schemas: an addition raises the minor number, anything that breaks a reader the major one.
	Version string
	License struct{ Name, Title string } // or the statement that there is none
	Units   []Measure                    // all that fields and columns are counted in
}

// Measure is a unit of measure, with its code in the Unified Code for Units of Measure; things that are only counted are annotations there.
type Measure struct {
	Unit        string
	UCUM        string
	Description string
}

// Column is one column of a published table.
type Column struct {
	Name        string
	Label       string
	Unit        string
	Description string
	Paragraph   string
	Values      []string // allowed values, where they are a closed set
	References  string   // table.column that holds every value of this one; empty: none
	Names       string   // column of this table whose codes this one gives the labels of, from table codes; empty: the program fills it
}

// Table finds the description of a table, or gives nil.
func (d *Definition) Table(name string) *Table {
	for _, t := range d.Tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// FormColumns lists the fields that a table has as columns of their own.
func (d *Definition) FormColumns(t *Table) []*Field {
	switch t.Form {
	case "singles":
		var out []*Field
		for _, f := range d.Form.Singles() {
			if !f.Personal {
				out = append(out, f)
			}
		}
		return out
	case "metrics":
		return d.Form.Metrics()
	}
	return nil
}

var dataVersion = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

func (d *Definition) checkTables(l *loader) {
	if !dataVersion.MatchString(d.Data.Version) || d.Data.License.Name == "" || d.Data.License.Title == "" {
		l.problem(at{"tables.yaml", "$"}, "缺 version（如 1.0.0）或 license 的 name、title", "可参照上一年度的 tables.yaml。")
	}
	measures := map[string]bool{"": true}
	for _, u := range d.Data.Units {
		measures[u.Unit] = true
	}
	unit := func(where at, name, unit string) {
		if len(d.Data.Units) > 0 && !measures[unit] { // a definition from before there was a list has none
			l.problem(where, "“"+name+"”的单位“"+unit+"”不在 tables.yaml 的 units 里", "请补上这个单位和它的 UCUM 代码，或改用已有的写法。")
		}
	}
	for _, f := range d.Form.Fields() {
		unit(at{"tables.yaml", "$.units"}, f.Label, f.Unit)
	}
	seen := map[string]bool{}
	for i, t := range d.Tables {
		where := at{"tables.yaml", fmt.Sprintf("$.tables[%d]", i)}
		if seen[t.Name] || t.Label == "" || t.Description == "" {
			l.problem(where, "表“"+t.Name+"”重复，或缺 label、description", "每张表只写一次，并说清一行是什么。")
		}
		seen[t.Name] = true
		columns := map[string]bool{}
		for _, c := range t.Columns {
			if columns[c.Name] || c.Label == "" || c.Description == "" {
				l.problem(where, "表“"+t.Name+"”的列“"+c.Name+"”重复，或缺 label、description", "每列只写一次，并说清含义。")
			}
			unit(where, c.Name, c.Unit)
			columns[c.Name] = true
		}
		for _, name := range t.Key {
			if !columns[name] {
				l.problem(where, "表“"+t.Name+"”的主键“"+name+"”不是它的列", "key 里只写 columns 中的列名。")
			}
		}
		for _, c := range t.Columns {
			table, column, _ := strings.Cut(c.References, ".")
			if other := d.Table(table); c.References != "" && (other == nil || !slices.ContainsFunc(other.Columns, func(o *Column) bool { return o.Name == column })) {
				l.problem(where, "表“"+t.Name+"”的列“"+c.Name+"”取自“"+c.References+"”，没有这张表或这一列", "请写成 表.列，例如 submissions.submission。")
			}
		}
		for _, f := range d.FormColumns(t) {
			if columns[f.ID] {
				continue // a column of the program's own, such as consortium, already holds the field
			}
			columns[f.ID] = true
		}
	}
}
