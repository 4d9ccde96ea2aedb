package templates

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Sheets say what workbooks show that are made for reading: which sheets in which book, and of each plain one its
// columns.
type Sheets struct {
	Books  []*ReportBook
	Marks  map[string]Tones             // by name
	Codes  map[string]map[string]string // by name: code -> word
	Sets   map[string][]*ReportColumn   // columns that stand together on several sheets
	Sheets []*ReportSheet               // in the order of their book
}

// Tones are words and what colours the cells that say them, in the order written.
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
	Personal  bool   // the one with personal data: not in what is kept for a meeting
	By        string // the stage that writes it; empty: the officers' workbooks
}

// ReportSheet is one worksheet: a plain one with rows, or without rows one that the program lays out under its id.
type ReportSheet struct {
	ID     string `check:"must,alone"`
	Name   string `check:"must"`
	Book   string `check:"must,is book"`
	Was    string // the sheets that showed this before, for those who look for them
	Shows  string `check:"must"` // one line for the list of sheets
	Remark string // over the header: what it says and how to read it; {words} are the program's
	Known  bool   // how much of the scores is known goes before the remark
	When   string `check:"in complete before"` // only once all is marked; only until then; empty: always
	Rows   string // a table of tables.yaml, or rows that the program derives
	Table  string `check:"is table"` // whose labels the columns have; empty: Rows
	Freeze int    // columns that stay in view
	Always bool   // written without rows too: the remark is then None
	None   string
	Long   bool // texts too long for a row go on in the next
	// Columns from left to right.
	Columns []*ReportColumn

	at `yaml:"-"`
}

// ReportColumn is one column, or a set of them, of a plain sheet. ID or View, Set or Each says what it shows.
type ReportColumn struct {
	ID     string // a column of the rows, or what formulas call the column
	View   string // what the program makes of a row
	Set    string `check:"is set"` // the columns of a set
	Each   string // as many columns as the program finds: one a year, a scenario …
	Label  string // default: as tables.yaml has it
	Of     string // table.column whose label it takes
	Width  float64
	Look   string  // of the cells; default: by type
	Head   string  // look of the header
	Marks  string  `check:"is marks"`           // colours by word
	Codes  string  `check:"is codes"`           // words by code
	When   string  `check:"in complete before"` // as of a sheet
	Scale  float64 // above 0: colours from 0 to this
	Heat   bool    // colours for growth
	Signed bool    // colours by sign
	Spark  string  // small charts of what stands in these columns: the id of an each before it
	Drawn  bool    // holds at the run's weights and k only
	Top    bool    // in results of earlier programs, whose definitions --previous reads; nobody asks it
	// Formula stands beside the value where weights can be tried: {x} is the cell of column x, {x:} the whole column.
	Formula string
	Aside   bool // beside what is printed; once aside, all that follow

	at `yaml:"-"`
}

// Sheet finds a sheet by its id, or gives nil.
func (s *Sheets) Sheet(id string) *ReportSheet {
	return first(s.Sheets, func(x *ReportSheet) bool { return x.ID == id })
}

// BooksBy lists the books that a stage writes; those of no stage are the officers'.
func (s *Sheets) BooksBy(stage string) []*ReportBook {
	return slices.DeleteFunc(slices.Clone(s.Books), func(b *ReportBook) bool { return b.By != stage })
}

// In lists the sheets of a book.
func (s *Sheets) In(book string) []*ReportSheet {
	return slices.DeleteFunc(slices.Clone(s.Sheets), func(x *ReportSheet) bool { return x.Book != book })
}

// Expanded lists the columns of a sheet with the sets taken apart.
func (s *Sheets) Expanded(sheet *ReportSheet) []*ReportColumn {
	return flat(sheet.Columns, func(c *ReportColumn) []*ReportColumn {
		if c.Set != "" {
			return s.Sets[c.Set]
		}
		return []*ReportColumn{c}
	})
}

// SheetProblem says what only the program knows to be wrong with a sheet, or with one of its columns.
func (d *Definition) SheetProblem(s *ReportSheet, column *ReportColumn, what, cure string) error {
	l := &loader{dir: d.dir, sources: map[string][]byte{s.at.file: d.Texts[fmt.Sprintf("%d/%s", d.Year, s.at.file)]}}
	where := s.at
	if column != nil && column.file != "" {
		where = column.at
	}
	l.problem(where, "工作表“"+s.Name+"”"+what, cure)
	return l.problems[0]
}

// WhenComplete is the state that a sheet or a column can wait for; the other is before it.
const WhenComplete = "complete"

// elsewhere are the lists of other stages than the officers', which ask for them by id.
var elsewhere = []string{"mend", "explain", "since", "returned", "audit", string(Perverse), string(Claim), "subjects",
	"dictionary_tables", "dictionary", "codes"}

func (s *Sheets) check(l *loader, d *Definition) {
	for _, id := range elsewhere {
		l.when(s.Sheet(id) == nil, at{"sheets.yaml", "$.sheets"}, "缺“"+id+"”这张表",
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
		l.when(names[x.Book+x.Name], x.at, name+"的名称重复", "一个文件里的名称各不相同。")
		names[x.Book+x.Name] = true
		if x.Rows == "" {
			continue
		}
		b := first(s.Books, func(b *ReportBook) bool { return b.ID == x.Book })
		l.when(x.Remark == "" && (b == nil || b.By == "") || len(x.Columns) == 0 || x.Always && x.None == "", x.at,
			name+"缺 remark 或 columns；写了 always 的缺 none", "请补上一句：说的是什么，怎么看。")
		if x.Table == "" && d.Table(x.Rows) != nil {
			x.Table = x.Rows
		}
		for _, c := range x.Columns {
			s.checkColumn(l, d, x, c)
		}
	}
}

// checkColumn proves a column of a sheet, or of a set where there is no sheet.
func (s *Sheets) checkColumn(l *loader, d *Definition, x *ReportSheet, c *ReportColumn) {
	says := 0
	for _, what := range []string{cmp.Or(c.View, c.ID), c.Set, c.Each} { // a view may have an id to be called by
		says += min(len(what), 1)
	}
	switch {
	case says != 1:
		l.problem(c.at, "一列写了 id、view、set、each 中的"+fmt.Sprint(says)+"样", "恰写一样。")
	case c.ID != "" && x != nil && x.Table != "" && x.Table == x.Rows && c.Of == "" && c.Label == "" &&
		d.ColumnLabel(x.Table, c.ID) == "":
		l.problem(c.at, "列“"+c.ID+"”不在表 "+x.Table+" 里", "请改成 tables.yaml 里这张表的列名。")
	case (c.Set == "" && c.Each == "") && s.Label(d, x, c) == "":
		l.problem(c.at, "列“"+c.ID+c.View+"”没有名称", "请写 label，或用 of 指明取哪张表哪一列的名称。")
	}
}

// Label is the heading of a column; empty where nothing says it.
func (s *Sheets) Label(d *Definition, x *ReportSheet, c *ReportColumn) string {
	if c.Label != "" {
		return c.Label
	}
	if t, column, ok := strings.Cut(c.Of, "."); ok {
		return d.ColumnLabel(t, column)
	}
	if x == nil || x.Table == "" {
		return ""
	}
	return d.ColumnLabel(x.Table, c.ID)
}

// ColumnLabel is what tables.yaml, or the form, calls a column; empty where there is none.
func (d *Definition) ColumnLabel(name, column string) string {
	t := d.Table(name)
	if t == nil {
		return ""
	}
	if c := t.Column(column); c != nil {
		return c.Label
	}
	if slices.ContainsFunc(d.FormColumns(t), func(f *Field) bool { return f.ID == column }) {
		return d.Label(column)
	}
	return ""
}
