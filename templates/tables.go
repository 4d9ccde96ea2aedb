package templates

import (
	"slices"
)

// Table says what one published table means. Names and types of its columns are the program's; the words are here.
type Table struct {
	Name        string   `check:"must,alone"`
	Label       string   `check:"must"`
	Description string   `check:"must"`
	Internal    bool     // holds personal data, or is another command's; never in a run's data/
	Key         []string // columns that together never repeat
	Columns     []*Column
	// Form names the fields that follow as columns of their own: singles, metrics, or nothing.
	Form string

	at `yaml:"-"`
}

// Published is tables.yaml: every published table, and what the data package says of all of them together.
type Published struct {
	Data   `yaml:",inline"`
	Tables []*Table
}

// Data is what the data package says of all tables together.
type Data struct {
	// Version is of the schemas: an addition raises the minor number, anything that breaks a reader the major one.
	Version string `check:"must,like version"`
	License struct {
		Name  string `check:"must"`
		Title string `check:"must"`
	} // or the statement that there is none
	Units []Measure // all that fields and columns are counted in
}

// Measure is a unit with its code in the Unified Code for Units of Measure, where counted things are annotations.
type Measure struct {
	Unit        string
	UCUM        string
	Description string
}

// Column is one column of a published table.
type Column struct {
	Name        string `check:"must,alone"`
	Label       string `check:"must"`
	Unit        string `check:"is unit"`
	Description string `check:"must"`
	Paragraph   string
	Values      []string // allowed values, where they are a closed set
	References  string   `check:"is column"` // table.column that holds every value of this one; empty: none
	// column of this table whose codes this one gives the labels of, from table codes; empty: the program fills it
	Names string

	at `yaml:"-"`
}

// Table finds the description of a table, or gives nil.
func (d *Definition) Table(name string) *Table {
	return first(d.Tables, func(t *Table) bool { return t.Name == name })
}

// FormColumns lists the fields that a table has as columns of their own.
func (d *Definition) FormColumns(t *Table) []*Field {
	switch t.Form {
	case "singles":
		return slices.DeleteFunc(d.Form.Singles(), func(f *Field) bool { return f.Personal })
	case "metrics":
		return d.Form.Metrics()
	}
	return nil
}

func (x *Published) check(l *loader, _ *Definition) {
	for _, t := range x.Tables {
		for _, name := range t.Key {
			l.when(t.Column(name) == nil, t.at, "表“"+t.Name+"”的主键“"+name+"”不是它的列", "key 里只写 columns 中的列名。")
		}
	}
}

// Column finds the description of a column, or gives nil; of what the form adds there is none.
func (t *Table) Column(name string) *Column {
	return first(t.Columns, func(c *Column) bool { return c.Name == name })
}
