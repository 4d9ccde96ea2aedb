// Package table holds what a run knows in Arrow: typed rows in record batches, the schemas of the published tables with
// their labels and units as field metadata, and the view of one submission that expressions are evaluated on.
//
// Everything is left to Go's garbage collector: no Release is called. Arrow counts references for memory outside of Go,
// and none of ours is.
//
// A Table is built once by a Builder and never changed. Rows are plain structs whose tags name the columns; the words
// about tables and columns come from the definition's tables.yaml, and Schema proves that the two agree.
package table

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Opt is a value that may be absent; absent is null in Arrow, and never zero.
type Opt[T any] struct {
	V     T
	Valid bool
}

// Pointer is nil where there is no value, as JSON has it.
func (o Opt[T]) Pointer() *T {
	if !o.Valid {
		return nil
	}
	return &o.V
}

// Some is a value that is there.
func Some[T any](v T) Opt[T] { return Opt[T]{v, true} }

// Known is a value that is there if it is known.
func Known[T any](v T, known bool) Opt[T] {
	if !known {
		return Opt[T]{}
	}
	return Some(v)
}

// Nonzero is a number that counts from 1, such as a year or a row; 0: absent.
func Nonzero(n int) Opt[int32] { return Known(int32(n), n != 0) }

// Table is rows of type T in one Arrow record.
type Table[T any] struct {
	record arrow.Record
	codec  codec
}

// Record gives the columns, without the metadata that Schema adds; nil where nobody built the table.
func (t Table[T]) Record() arrow.Record {
	if t.record == nil {
		return nil
	}
	columns := slices.Clone(t.record.Columns())
	for i, c := range columns {
		columns[i] = rebuilt(c, func(s string) string { return s })
	}
	return array.NewRecord(t.codec.schema(), columns, t.record.NumRows())
}

func (t Table[T]) raw() arrow.Record { return t.record }

// Len is the number of rows.
func (t Table[T]) Len() int {
	if t.record == nil {
		return 0
	}
	return int(t.record.NumRows())
}

// Row reads one row.
func (t Table[T]) Row(i int) T {
	var row T
	t.read(i, &row)
	return row
}

// read reads a row into its place.
func (t Table[T]) read(i int, row *T) {
	v := reflect.ValueOf(row).Elem()
	v.SetZero()
	for c := range t.codec {
		t.codec[c].get(t.record.Column(c), i, v.Field(t.codec[c].field))
	}
}

// All yields the rows in order.
func (t Table[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) { t.yield(t.Len(), func(i int) int { return i }, yield) }
}

func (t Table[T]) yield(n int, at func(i int) int, to func(T) bool) {
	row := new(T) // one place for all: what is yielded is a copy
	for i := range n {
		if t.read(at(i), row); !to(*row) {
			return
		}
	}
}

// Having gives the rows in which a column of texts says something, and how many there are.
func (t Table[T]) Having(name string) (n int, rows iter.Seq[T]) {
	var at []int
	for i := range t.Len() {
		if cellOf(t.record, name, i) != "" {
			at = append(at, i)
		}
	}
	return len(at), func(yield func(T) bool) { t.yield(len(at), func(i int) int { return at[i] }, yield) }
}

// Builder gathers rows.
type Builder[T any] struct {
	codec  codec
	arrays *array.RecordBuilder
}

// NewBuilder makes a builder for rows of type T. The row types are fixed in this package, so a type without a codec
// panics: it is a mistake in the program, found by its first test.
func NewBuilder[T any]() *Builder[T] {
	c := codecOf(reflect.TypeFor[T]())
	return &Builder[T]{codec: c, arrays: array.NewRecordBuilder(memory.DefaultAllocator, c.stored())}
}

// Append adds rows at the end.
func (b *Builder[T]) Append(rows ...T) {
	for i := range rows {
		v := reflect.ValueOf(&rows[i]).Elem()
		for c := range b.codec {
			b.codec[c].put(b.arrays.Field(c), v.Field(b.codec[c].field))
		}
	}
}

// Len is the number of rows gathered so far.
func (b *Builder[T]) Len() int { return b.arrays.Field(0).Len() }

// Finish gives the table and empties the builder.
func (b *Builder[T]) Finish() Table[T] {
	return Table[T]{record: b.arrays.NewRecord(), codec: b.codec}
}

// Of builds a table from rows at hand.
func Of[T any](rows []T) Table[T] {
	b := NewBuilder[T]()
	b.Append(rows...)
	return b.Finish()
}

// FromRecord reads a record that was written earlier as a table of T. It gives an error where a column is missing or
// has another type. Columns that T does not know are left aside; one that may be null, or is tagged later, is null or
// zero where an earlier program did not write it.
func FromRecord[T any](rec arrow.Record) (Table[T], error) {
	c := codecOf(reflect.TypeFor[T]())
	columns := make([]arrow.Array, len(c))
	for i, col := range c {
		at := rec.Schema().FieldIndices(col.name)
		if len(at) == 0 && col.was != "" {
			at = rec.Schema().FieldIndices(col.was)
		}
		if len(at) == 0 && (col.null || col.opt || col.later) {
			columns[i] = col.blank(int(rec.NumRows()))
			continue
		}
		if len(at) != 1 {
			return Table[T]{}, fmt.Errorf("表中没有列 %s", col.name)
		}
		if col.kind.arrow == arrow.FixedWidthTypes.Date32 && rec.Column(at[0]).DataType().ID() == arrow.STRING {
			columns[i] = col.blank(int(rec.NumRows())) // before dates were dates, their text stood there
			continue
		}
		if columns[i] = rec.Column(at[0]); !arrow.TypeEqual(columns[i].DataType(), col.kind.arrow) {
			return Table[T]{}, fmt.Errorf("列 %s 的类型是 %s，应为 %s", col.name, columns[i].DataType(), col.kind.arrow)
		}
	}
	for i, column := range columns {
		columns[i] = encoded(column)
	}
	return Table[T]{record: array.NewRecord(c.stored(), columns, rec.NumRows()), codec: c}, nil
}

// stored is a table whatever its rows are.
type stored interface {
	raw() arrow.Record
	fields() []arrow.Field
	anyRows() Rows
	fill(rec arrow.Record) error
	clear()
}

// tablesOf gives the published tables that a struct holds, by the names in their tags.
func tablesOf(holder any) iter.Seq2[string, stored] {
	return func(yield func(string, stored) bool) {
		v := reflect.ValueOf(holder).Elem()
		for i := range v.NumField() {
			name := v.Type().Field(i).Tag.Get("table")
			if name != "" && !yield(name, v.Field(i).Addr().Interface().(stored)) {
				return
			}
		}
	}
}

// Rows are the rows of a table whatever they are.
type Rows struct {
	Len int
	Of  reflect.Type
	All iter.Seq[any]
}

func (t Table[T]) anyRows() Rows { return RowsOf(t.Len(), t.All()) }

// RowsOf forgets what rows are.
func RowsOf[T any](n int, rows iter.Seq[T]) Rows {
	return Rows{n, reflect.TypeFor[T](), func(yield func(any) bool) {
		for row := range rows {
			if !yield(row) {
				return
			}
		}
	}}
}

// Find gives the rows of the published table with a name, of Facts, Judgement or Ranking.
func Find(name string, holders ...any) (Rows, bool) {
	for _, h := range holders {
		for n, t := range tablesOf(h) {
			if n == name {
				return t.anyRows(), true
			}
		}
	}
	return Rows{}, false
}

func (t Table[T]) fields() []arrow.Field { return fieldsOf[T]() }

// fill takes the rows of a record that was written earlier.
func (t *Table[T]) fill(rec arrow.Record) (err error) {
	*t, err = FromRecord[T](rec)
	return err
}

func (t *Table[T]) clear() { *t = Of[T](nil) }

// codec is how a row type is stored: one entry a column.
type codec []column

type column struct {
	name  string
	was   string // its name in tables of an earlier major version; empty: the same
	field int    // index in the struct
	null  bool
	later bool // earlier programs did not write it
	opt   bool // Opt[T]
	kind  kind
}

// kind stores one Go type as one Arrow type.
type kind struct {
	arrow  arrow.DataType
	append func(array.Builder, reflect.Value)
	read   func(arrow.Array, int, reflect.Value)
}

var kinds = map[reflect.Kind]kind{
	reflect.String: {arrow.BinaryTypes.String,
		func(b array.Builder, v reflect.Value) { appendText(b, v.String()) },
		func(a arrow.Array, i int, v reflect.Value) { v.SetString(textAt(a, i)) }},
	reflect.Int32: {arrow.PrimitiveTypes.Int32,
		func(b array.Builder, v reflect.Value) { b.(*array.Int32Builder).Append(int32(v.Int())) },
		func(a arrow.Array, i int, v reflect.Value) { v.SetInt(int64(a.(*array.Int32).Value(i))) }},
	reflect.Int64: {arrow.PrimitiveTypes.Int64,
		func(b array.Builder, v reflect.Value) { b.(*array.Int64Builder).Append(v.Int()) },
		func(a arrow.Array, i int, v reflect.Value) { v.SetInt(a.(*array.Int64).Value(i)) }},
	reflect.Float64: {arrow.PrimitiveTypes.Float64,
		func(b array.Builder, v reflect.Value) { b.(*array.Float64Builder).Append(v.Float()) },
		func(a arrow.Array, i int, v reflect.Value) { v.SetFloat(a.(*array.Float64).Value(i)) }},
	reflect.Bool: {arrow.FixedWidthTypes.Boolean,
		func(b array.Builder, v reflect.Value) { b.(*array.BooleanBuilder).Append(v.Bool()) },
		func(a arrow.Array, i int, v reflect.Value) { v.SetBool(a.(*array.Boolean).Value(i)) }},
}

// storedText keeps each text once: most columns say the same again and again.
var storedText = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

func appendText(b array.Builder, s string) {
	if err := b.(*array.BinaryDictionaryBuilder).AppendString(s); err != nil {
		panic(err) // for more different texts than an index can count
	}
}

// textAt reads a text that is there, however it is stored.
func textAt(a arrow.Array, i int) string {
	if d, ok := a.(*array.Dictionary); ok {
		return d.Dictionary().(*array.String).Value(int(d.Indices().(*array.Int32).Value(i)))
	}
	return a.(*array.String).Value(i)
}

// encoded is a column as a table stores it.
func encoded(column arrow.Array) arrow.Array {
	if _, ok := column.(*array.String); !ok {
		return column
	}
	b := array.NewBuilder(memory.DefaultAllocator, storedText)
	for i := range column.Len() {
		if column.IsNull(i) {
			b.AppendNull()
		} else {
			appendText(b, textAt(column, i))
		}
	}
	return b.NewArray()
}

// dayKind stores a whole day, counted from 1970 as Arrow does.
var dayKind = kind{arrow.FixedWidthTypes.Date32,
	func(b array.Builder, v reflect.Value) { b.(*array.Date32Builder).Append(arrow.Date32(v.Int())) },
	func(a arrow.Array, i int, v reflect.Value) { v.SetInt(int64(a.(*array.Date32).Value(i))) }}

// Day reads an ISO 8601 date; nothing where it is not a whole day.
func Day(iso string) Opt[arrow.Date32] {
	day, err := time.Parse(time.DateOnly, iso)
	return Known(arrow.Date32FromTime(day), err == nil)
}

func codecOf(t reflect.Type) codec {
	var c codec
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("col"), ",")
		col := column{name: name, was: f.Tag.Get("was"), field: i, null: option == "null", later: option == "later"}
		typ := f.Type
		if typ.Kind() == reflect.Struct { // Opt[T]
			col.opt, typ = true, typ.Field(0).Type
		}
		k, ok := kinds[typ.Kind()]
		if typ == reflect.TypeFor[arrow.Date32]() {
			k = dayKind
		}
		if !ok || name == "" {
			panic("table: no column for " + t.Name() + "." + f.Name)
		}
		col.kind = k
		c = append(c, col)
	}
	return c
}

func (c codec) schema() *arrow.Schema {
	fields := make([]arrow.Field, len(c))
	for i, col := range c {
		fields[i] = arrow.Field{Name: col.name, Type: col.kind.arrow, Nullable: col.null || col.opt}
		if col.was != "" {
			fields[i].Metadata = arrow.NewMetadata([]string{KeyFormerly}, []string{col.was})
		}
	}
	return arrow.NewSchema(fields, nil)
}

// stored is the schema in memory.
func (c codec) stored() *arrow.Schema {
	fields := c.schema().Fields()
	for i := range fields {
		if fields[i].Type == arrow.BinaryTypes.String {
			fields[i].Type = storedText
		}
	}
	return arrow.NewSchema(fields, nil)
}

// blank is the column of a record that was written before it was there.
func (c column) blank(n int) arrow.Array {
	if c.null || c.opt {
		return array.MakeArrayOfNull(memory.DefaultAllocator, c.kind.arrow, n)
	}
	b := array.NewBuilder(memory.DefaultAllocator, c.kind.arrow)
	b.AppendEmptyValues(n)
	return b.NewArray()
}

func (c column) put(b array.Builder, v reflect.Value) {
	switch {
	case c.opt && !v.Field(1).Bool(), c.null && v.IsZero():
		b.AppendNull()
	case c.opt:
		c.kind.append(b, v.Field(0))
	default:
		c.kind.append(b, v)
	}
}

func (c column) get(a arrow.Array, i int, v reflect.Value) {
	switch {
	case a.IsNull(i):
	case c.opt:
		c.kind.read(a, i, v.Field(0))
		v.Field(1).SetBool(true)
	default:
		c.kind.read(a, i, v)
	}
}
