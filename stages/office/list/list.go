// Package list writes rows as sheets with the columns that the definition's sheets.yaml lists. A column shows a column
// of the rows, or a cell that the writer makes from a row (a view); an each is replaced by as many columns as there are
// years, scenarios … (a group).
package list

import (
	"cmp"
	"io"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Row is a row of a list.
type Row struct {
	Value any // of the row type of the source
	List  *List
	At    int // row of the worksheet
	data  reflect.Value
}

// Get is the value of a column of the row; nil where there is no such column.
func (r Row) Get(id string) any {
	if at, ok := r.List.fields[id]; ok {
		return r.value(at).Interface()
	}
	return nil
}

func (r Row) value(field []int) reflect.Value {
	if r.data.Kind() == reflect.Slice {
		return r.data.Index(field[0])
	}
	return r.data.FieldByIndex(field)
}

// Text is the value of a text column of the row; empty where there is no such column.
func (r Row) Text(id string) string {
	s, _ := r.Get(id).(string)
	return s
}

// Cell is the address of a cell of the row, with absolute column.
func (r Row) Cell(id string) string { return "$" + model.CellName(r.At, r.List.Col(id)) }

// View makes a cell from a row.
type View func(r Row) book.Cell

// Of is a View for rows of type T.
func Of[T any](show func(x T) book.Cell) View {
	return func(r Row) book.Cell { return show(r.Value.(T)) }
}

// Group makes a column for each year, scenario, expert …
type Group func(l *List) []Column

// Words are the values of the placeholders of a remark.
type Words map[string]string

// Source is a source of rows, and of the words for their remark.
type Source struct {
	fields map[string][]int // index path of the row's field, by column
	rows   func() (table.Rows, Words)
}

// From is a source of rows of one type.
func From[T any](all func() ([]T, Words)) Source {
	return Source{fieldsOf(reflect.TypeFor[T]()), func() (table.Rows, Words) {
		found, said := all()
		return table.AnyRows(len(found), slices.Values(found)), said
	}}
}

// Rows is a source of given rows.
func Rows[T any](all []T) Source { return From(func() ([]T, Words) { return all, nil }) }

// Table is a source of the rows of a table.
func Table(t table.Rows) Source {
	return Source{fieldsOf(t.Of), func() (table.Rows, Words) { return t, nil }}
}

// Named is a source of rows that are slices, with the given column names.
func Named(columns string, all func() ([][]any, Words)) Source {
	s := From(all)
	for i, name := range strings.Fields(columns) {
		s.fields[name] = []int{i}
	}
	return s
}

// Lists are the rows, views and groups of a writer, by the names in sheets.yaml.
type Lists struct {
	Definition *templates.Definition
	Sources    map[string]Source
	Views      map[string]View
	Groups     map[string]Group
	// Find returns published tables by name; nil: there are none.
	Find func(name string) (table.Rows, bool)
	// IsDue says whether a column with this When is shown; nil: all are.
	IsDue func(when string) bool
	// AdjustCell changes every cell before it is written; nil: no change.
	AdjustCell func(*templates.ReportColumn, Row, book.Cell) book.Cell

	layouts map[string]*List
}

// Column is a column of a list, laid out.
type Column struct {
	*templates.ReportColumn
	Key   string // by which formulas call it
	Head  string
	Above *book.Cell // over the header; nil: nothing
	Cell  View
	Style book.Column
}

// List is a list, laid out.
type List struct {
	table.Rows
	Sheet   *templates.ReportSheet
	Words   Words
	Columns []Column
	lists   *Lists
	fields  map[string][]int // as in Source
}

// First is the first row of most lists, below remark and header.
const First = 3

// First is the first row of this list.
func (l *List) First() int {
	grid := book.Grid{Remark: l.Sheet.Remark}
	if l.firstAbove() >= 0 {
		grid.Lead = []book.Cell{{}}
	}
	return grid.HeaderRow() + 1
}

// Col is the number of a column. It panics where there is none; tests run every view that names one.
func (l *List) Col(key string) int {
	i := slices.IndexFunc(l.Columns, func(c Column) bool { return c.Key == key })
	if i < 0 {
		panic("sheets.yaml: " + l.Sheet.ID + " has no column " + key)
	}
	return i + 1
}

// Area is the range of a column over all rows, for formulas of the same book.
func (l *List) Area(key string) string {
	col := l.Col(key)
	return book.AbsRange(l.Sheet.Name, l.First(), col, max(l.Len, 2)+l.First()-1, col)
}

// Group returns the first column of an each, and the number of its columns.
func (l *List) Group(each string) (first, n int) {
	for i, c := range l.Columns {
		if c.Each == each {
			if n++; n == 1 {
				first = i + 1
			}
		}
	}
	return first, n
}

// source finds a source of the writer by its name, or else a published table.
func (x *Lists) source(name string) (Source, bool) {
	if s, ok := x.Sources[name]; ok || x.Find == nil {
		return s, ok
	}
	t, ok := x.Find(name)
	if !ok {
		return Source{}, false
	}
	return Table(t), true
}

// Check checks that the rows, views and groups of a sheet exist. The error names file, line and cure.
func (x *Lists) Check(s *templates.ReportSheet) error {
	d := x.Definition
	source, ok := x.source(s.Rows)
	if !ok {
		return d.SheetProblem(s, nil, "的 rows 是“"+s.Rows+"”，程序没有这样的行",
			"请改成 tables.yaml 里的表名，或程序汇集的行："+keys(x.Sources)+"。")
	}
	for _, c := range d.Sheets().Expanded(s) {
		_, stored := source.fields[c.ID]
		_, viewed := x.Views[c.View]
		_, each := x.Groups[c.Each]
		if !stored && !viewed && !each {
			return d.SheetProblem(s, c, "没有列“"+c.ID+c.View+c.Each+"”",
				"id 写行里有的列："+keys(source.fields)+"；view、each 写程序有的名称。")
		}
	}
	return nil
}

func keys[V any](of map[string]V) string { return strings.Join(slices.Sorted(maps.Keys(of)), "、") }

// Layout lays out the list of a sheet, once: formulas of other sheets use its columns.
func (x *Lists) Layout(id string) *List {
	if l := x.layouts[id]; l != nil {
		return l
	}
	s := x.Definition.Sheets().Sheet(id)
	source, _ := x.source(s.Rows)
	l := &List{Sheet: s, lists: x, fields: source.fields}
	if x.layouts == nil {
		x.layouts = map[string]*List{}
	}
	x.layouts[id] = l
	if l.Rows, l.Words = source.rows(); l.Words == nil {
		l.Words = Words{}
	}
	l.Words["count"] = cmp.Or(l.Words["count"], strconv.Itoa(l.Len))
	for _, c := range x.Definition.Sheets().Expanded(s) {
		switch {
		case x.IsDue != nil && !x.IsDue(c.When):
		case c.Each != "":
			for _, column := range x.Groups[c.Each](l) {
				l.Columns = append(l.Columns, x.withStyle(c, column))
			}
		default:
			column := Column{Key: cmp.Or(c.ID, c.View), Head: x.Definition.Sheets().Label(x.Definition, s, c),
				Cell: table.Either(c.View == "", x.storedView(c, l.fields[c.ID]), x.Views[c.View])}
			if first, n := l.Group(c.Spark); c.Spark != "" && n > 0 {
				column.Style.Spark = [2]int{first, first + n - 1}
			}
			l.Columns = append(l.Columns, x.withStyle(c, column))
		}
	}
	return l
}

func (x *Lists) withStyle(c *templates.ReportColumn, column Column) Column {
	column.ReportColumn = c
	s := &column.Style
	s.Header, s.Heat, s.Signed = column.Head, c.Heat, c.Signed
	s.Width, s.Scale = cmp.Or(s.Width, c.Width), cmp.Or(s.Scale, c.Scale)
	s.Look = cmp.Or(book.Look(c.Head), s.Look)
	if c.Marks != "" {
		s.Marks = Marks(x.Definition, c.Marks)
	}
	show := column.Cell
	column.Cell = func(r Row) book.Cell {
		cell := show(r)
		if c.Look != "" && (cell.Look == "" || cell.Look == book.Plain) {
			cell.Look = book.Look(c.Look)
		}
		if x.AdjustCell != nil {
			cell = x.AdjustCell(c, r, cell)
		}
		return cell
	}
	return column
}

// Marks are the definition's colours under a name.
func Marks(d *templates.Definition, name string) []book.Mark {
	return table.Each(d.Sheets().Marks[name], func(m [2]string) book.Mark {
		return book.Mark{Word: m[0], Tone: book.Tone(m[1])}
	})
}

// storedView is the view of a column of the rows.
func (x *Lists) storedView(c *templates.ReportColumn, at []int) View {
	codes := x.Definition.Sheets().Codes[c.Codes]
	return func(r Row) book.Cell {
		out := cellOf(r.value(at))
		if s, ok := out.Value.(string); ok {
			if out.Value = cmp.Or(codes[s], s); c.Look != string(book.Mono) { // codes and hashes are not masked
				out.Value = text.Mask(out.Value.(string))
			}
		}
		out.Look = cmp.Or(book.Look(c.Look), out.Look)
		return out
	}
}

// cellOf makes a cell from a value, with the style of its type.
func cellOf(v reflect.Value) book.Cell {
	switch x := v.Interface().(type) {
	case book.Cell:
		return x
	case interface{ Label() string }:
		return book.Cell{Value: x.Label(), Look: book.Plain}
	}
	if v.Kind() == reflect.Interface {
		if v.IsNil() {
			return book.Cell{Look: book.Plain}
		}
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct { // table.Opt
		if !v.FieldByName("Valid").Bool() {
			return book.Cell{Look: book.Plain}
		}
		v = v.FieldByName("V")
	}
	if day, ok := v.Interface().(interface{ FormattedString() string }); ok { // of a date
		return book.Cell{Value: day.FormattedString(), Look: book.Centred}
	}
	switch v.Kind() {
	case reflect.Bool:
		return book.Cell{Value: map[bool]string{true: "是", false: ""}[v.Bool()], Look: book.Centred}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return book.Cell{Value: v.Int(), Look: book.Integer}
	case reflect.Float64:
		return book.Cell{Value: table.Rounded(v.Float()), Look: book.NumberLook(table.Rounded(v.Float()))}
	}
	return book.Cell{Value: v.String(), Look: book.Plain}
}

// fieldsOf maps the column tags of a row type to fields. Its own fields hide those of embedded structs.
func fieldsOf(t reflect.Type) map[string][]int {
	out := map[string][]int{}
	if t.Kind() != reflect.Struct {
		return out
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("col"), ","); name != "" {
			out[name] = f.Index
		} else if f.Anonymous {
			for name, at := range fieldsOf(f.Type) {
				if out[name] == nil {
					out[name] = append([]int{i}, at...)
				}
			}
		}
	}
	return out
}

// Write writes the list as a sheet. Sheet and Remark of the grid override the list's.
func (l *List) Write(r *book.Report, grid book.Grid) error {
	grid.Sheet, grid.Rows, grid.Freeze = cmp.Or(grid.Sheet, l.Sheet.Name), l.Len, l.Sheet.Freeze
	grid.Remark, grid.Lead = cmp.Or(grid.Remark, templates.Fill(l.Sheet.Remark, l.Words)), l.aboveRow()
	for i, c := range l.Columns {
		if c.Style.Header = strings.ReplaceAll(c.Style.Header, "\n", " "); c.Aside && grid.Printed == 0 {
			grid.Printed = i
		}
		grid.Columns = append(grid.Columns, c.Style)
	}
	all := l.cells()
	if l.Sheet.Long {
		var cut [][]book.Cell
		for cells := range all {
			cut = append(cut, grid.SplitRow(slices.Clone(cells))...)
		}
		grid.Rows, all = len(cut), slices.Values(cut)
	}
	return r.Grid(grid, all)
}

// Write writes a book whose sheets are all lists.
func (x *Lists) Write(w io.Writer, id, title string) (err error) {
	defer try.Caught(&err)
	sheets := x.Definition.Sheets().In(id)
	names := table.Each(sheets, func(s *templates.ReportSheet) string { return s.Name })
	r := try.Get(book.NewReport(title, names...))
	for _, s := range sheets {
		try.Do(x.Check(s))
		l := x.Layout(s.ID)
		try.Do(l.Write(r, book.Grid{Warning: l.Words[Alarm] != ""}))
	}
	return r.Write(w, title)
}

// Alarm is a word whose presence highlights the remark.
const Alarm = "alarm"

// firstAbove is the index of the first column with a cell above its header; -1: none.
func (l *List) firstAbove() int {
	return slices.IndexFunc(l.Columns, func(c Column) bool { return c.Above != nil })
}

// aboveRow is the row above the header; nil where no column has a cell there.
func (l *List) aboveRow() []book.Cell {
	first := l.firstAbove()
	if first < 0 {
		return nil
	}
	cells := slices.Repeat([]book.Cell{{Look: book.Caption}}, first)
	for _, c := range l.Columns[first:] {
		cells = append(cells, *cmp.Or(c.Above, new(book.Cell)))
	}
	cells[0].Value = "满分"
	return cells
}

func (l *List) cells() iter.Seq[[]book.Cell] {
	return func(yield func([]book.Cell) bool) {
		at, cells := l.First(), make([]book.Cell, len(l.Columns)) // cells of one row after the other
		for value := range l.All {
			r := Row{value, l, at, reflect.ValueOf(value)}
			for i, c := range l.Columns {
				cells[i] = c.Cell(r)
			}
			if at++; !yield(cells) {
				return
			}
		}
	}
}
