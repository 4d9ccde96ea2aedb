package templates

import (
	"slices"
)

// Table documents one published table, with labels and descriptions of the columns that the program defines.
type Table struct {
	Name        string   `check:"must,alone"`
	Label       string   `check:"must"`
	Description string   `check:"must"`
	Internal    bool     // has personal data, or is written by another command; never in a run's data/
	Key         []string // primary key
	Columns     []*Column
	// Form says which fields of the form follow as further columns: singles, metrics, or none.
	Form string

	pos `yaml:"-"`
}

// Published is tables.yaml: every published table, and the properties of the data package.
type Published struct {
	Data   `yaml:",inline"`
	Tables []*Table
}

// Data are the properties of the data package as a whole.
type Data struct {
	// Version of the schemas: an addition raises the minor number, an incompatible change the major one.
	Version string `check:"must,like version"`
	License struct {
		Name  string `check:"must"`
		Title string `check:"must"`
	} // or the statement that there is none
	Units []Measure // all units of fields and columns
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
	References  string   `check:"is column"` // foreign key: table.column; empty: none
	// column of this table with the codes that this column has the labels of; empty: the program fills the column
	Names string

	pos `yaml:"-"`
}

// Table finds a table by its name, or nil.
func (d *Definition) Table(name string) *Table {
	return first(d.Published().Tables, func(t *Table) bool { return t.Name == name })
}

// FormColumns lists the fields of the form that are columns of a table.
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
			l.problemIf(t.Column(name) == nil, t.pos, "表“"+t.Name+"”的主键“"+name+"”不是它的列", "key 里只写 columns 中的列名。")
		}
	}
}

// Column finds a column by its name, or nil; the columns from the form are not among them.
func (t *Table) Column(name string) *Column {
	return first(t.Columns, func(c *Column) bool { return c.Name == name })
}
