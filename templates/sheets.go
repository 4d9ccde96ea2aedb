package templates

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Sheets is sheets.yaml: the workbooks that the program writes for readers, their sheets, and the columns of each list.
type Sheets struct {
	Books  []*ReportBook
	Marks  map[string]Tones             // by name
	Codes  map[string]map[string]string // by name: code -> word
	Sets   map[string][]*ReportColumn   // groups of columns that several sheets use
	Sheets []*ReportSheet               // in the order of their book
}

// Tones maps words to the colours of the cells that contain them, in the order written.
type Tones [][2]string

// UnmarshalYAML reads word: tone.
func (t *Tones) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return errors.New("颜色要写成 文字: 颜色")
	}
	for pair := range slices.Chunk(n.Content, 2) {
		*t = append(*t, [2]string{pair[0].Value, pair[1].Value})
	}
	return nil
}

// ReportBook is one workbook.
type ReportBook struct {
	ID, Title string
	Personal  bool   // has personal data: not part of the copy kept for a meeting
	By        string // stage that writes it; empty: consolidate
}

// ReportSheet is one worksheet: a list of Rows, or, without Rows, a sheet that the program lays out, known by its id.
type ReportSheet struct {
	ID     string `check:"must,alone"`
	Name   string `check:"must"`
	Book   string `check:"must,is book"`
	Was    string // names of the earlier sheets with this content, for readers who look for them
	Shows  string `check:"must"` // one line for the list of sheets
	Remark string // text above the header: content and how to read it; the program fills {words}
	Known  bool   // the state of the scores is put before the remark
	When   string `check:"in complete before"` // complete: only once all is marked; before: only until then; empty: always
	Rows   string // a table of tables.yaml, or a source of rows in the program
	Table  string `check:"is table"` // table with the labels of the columns; empty: Rows
	Freeze int    // columns kept in view
	Always bool   // written without rows too, with None as the remark
	None   string
	Long   bool // texts too long for a row continue in the next row
	// Columns from left to right.
	Columns []*ReportColumn

	pos `yaml:"-"`
}

// ReportColumn is one column of a list, or several. Exactly one of ID or View, Set, Each says what it shows.
type ReportColumn struct {
	ID     string // a column of the rows; with View, the name of the column in formulas
	View   string // a function of the program that makes a cell from a row
	Set    string `check:"is set"` // the columns of a set
	Each   string // a group of columns that the program makes: one for each year, scenario …
	Label  string // default: as in tables.yaml
	Of     string // table.column whose label to use
	Width  float64
	Look   string  // style of the cells; default: by type
	Head   string  // style of the header
	Marks  string  `check:"is marks"`           // colours by word
	Codes  string  `check:"is codes"`           // words by code
	When   string  `check:"in complete before"` // as for a sheet
	Scale  float64 // above 0: colour scale from 0 to this
	Heat   bool    // colours for growth
	Signed bool    // colours by sign
	Spark  string  // sparklines of an earlier group: the name of its Each
	Drawn  bool    // valid only for the run's weights and number to choose
	Top    bool    // obsolete; still in older definitions, which --previous reads
	// Formula recomputes the value where weights can be tried: {x} is the cell of column x, {x:} the whole column.
	Formula string
	Aside   bool // this and the following columns are not printed

	pos `yaml:"-"`
}

// Sheet finds a sheet by its id, or nil.
func (s *Sheets) Sheet(id string) *ReportSheet {
	return first(s.Sheets, func(x *ReportSheet) bool { return x.ID == id })
}

// BooksBy lists the books that a stage writes; empty: consolidate.
func (s *Sheets) BooksBy(stage string) []*ReportBook {
	return slices.DeleteFunc(slices.Clone(s.Books), func(b *ReportBook) bool { return b.By != stage })
}

// In lists the sheets of a book.
func (s *Sheets) In(book string) []*ReportSheet {
	return slices.DeleteFunc(slices.Clone(s.Sheets), func(x *ReportSheet) bool { return x.Book != book })
}

// Expanded lists the columns of a sheet, each set replaced by its columns.
func (s *Sheets) Expanded(sheet *ReportSheet) []*ReportColumn {
	return flatMap(sheet.Columns, func(c *ReportColumn) []*ReportColumn {
		return either(c.Set != "", s.Sets[c.Set], []*ReportColumn{c})
	})
}

// SheetProblem is the error of a writer that finds a fault in the definition of a sheet or of one of its columns.
func (d *Definition) SheetProblem(s *ReportSheet, column *ReportColumn, what, cure string) error {
	l := &loader{dir: d.dir, sources: map[string][]byte{s.pos.file: d.Texts[fmt.Sprintf("%d/%s", d.Year, s.pos.file)]}}
	where := s.pos
	if column != nil && column.file != "" {
		where = column.pos
	}
	l.problem(where, "工作表“"+s.Name+"”"+what, cure)
	return l.problems[0]
}

// WhenComplete is the value of When for "once all is marked"; the other is before.
const WhenComplete = "complete"

func (s *Sheets) check(l *loader, d *Definition) {
	for _, id := range []string{"mend", "explain", "since", "returned", "audit", string(Perverse), string(Claim),
		"subjects", "dictionary_tables", "dictionary", "codes"} { // used by stages other than consolidate
		l.problemIf(s.Sheet(id) == nil, pos{"sheets.yaml", "$.sheets"}, "缺“"+id+"”这张表",
			"请从这一版程序的 sheets.yaml 照抄，每次运行的结果里 definition/ 有一份。")
	}
	names := map[string]bool{}
	for _, columns := range s.Sets {
		for _, c := range columns {
			s.checkColumn(l, d, nil, c)
		}
	}
	for _, x := range s.Sheets {
		name := "工作表“" + x.Name + "”"
		l.problemIf(names[x.Book+x.Name], x.pos, name+"的名称重复", "一个文件里的名称各不相同。")
		names[x.Book+x.Name] = true
		if x.Rows == "" {
			continue
		}
		b := first(s.Books, func(b *ReportBook) bool { return b.ID == x.Book })
		l.problemIf(x.Remark == "" && (b == nil || b.By == "") || len(x.Columns) == 0 || x.Always && x.None == "", x.pos,
			name+"缺 remark 或 columns；写了 always 的缺 none", "请补上一句：说的是什么，怎么看。")
		if x.Table == "" && d.Table(x.Rows) != nil {
			x.Table = x.Rows
		}
		for _, c := range x.Columns {
			s.checkColumn(l, d, x, c)
		}
	}
}

// checkColumn checks a column of a sheet, or of a set where x is nil.
func (s *Sheets) checkColumn(l *loader, d *Definition, x *ReportSheet, c *ReportColumn) {
	says := 0
	for _, what := range []string{cmp.Or(c.View, c.ID), c.Set, c.Each} { // a view may also have an id, for formulas
		says += min(len(what), 1)
	}
	switch {
	case says != 1:
		l.problem(c.pos, "一列写了 id、view、set、each 中的"+fmt.Sprint(says)+"样", "恰写一样。")
	case c.ID != "" && x != nil && x.Table != "" && x.Table == x.Rows && c.Of == "" && c.Label == "" &&
		d.ColumnLabel(x.Table, c.ID) == "":
		l.problem(c.pos, "列“"+c.ID+"”不在表 "+x.Table+" 里", "请改成 tables.yaml 里这张表的列名。")
	case (c.Set == "" && c.Each == "") && s.Label(d, x, c) == "":
		l.problem(c.pos, "列“"+c.ID+c.View+"”没有名称", "请写 label，或用 of 指明取哪张表哪一列的名称。")
	}
}

// Label is the heading of a column; empty where there is none.
func (s *Sheets) Label(d *Definition, x *ReportSheet, c *ReportColumn) string {
	if t, column, ok := strings.Cut(c.Of, "."); ok || c.Label != "" {
		return cmp.Or(c.Label, d.ColumnLabel(t, column))
	}
	return d.ColumnLabel(cmp.Or(x, &ReportSheet{}).Table, c.ID)
}

// ColumnLabel is the label of a table's column in tables.yaml or the form; empty where there is none.
func (d *Definition) ColumnLabel(name, column string) string {
	t := cmp.Or(d.Table(name), &Table{})
	if c := t.Column(column); c != nil {
		return c.Label
	}
	own := first(d.FormColumns(t), func(f *Field) bool { return f.ID == column })
	return d.Label(cmp.Or(own, &Field{}).ID)
}

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
