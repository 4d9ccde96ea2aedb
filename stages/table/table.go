// Package table stores the data of a run in Arrow record batches with typed rows. It has the schemas of the published
// tables, with labels and units as field metadata, and the view of one submission on which expressions are evaluated.
//
// Release is never called: Arrow's reference counts are for memory outside of Go, and all of ours is garbage collected.
//
// A Table is built once by a Builder and never changed. Rows are plain structs whose tags name the columns; labels and
// descriptions come from the definition's tables.yaml, and Schemas checks that the two agree.
package table

import (
	"fmt"
	"iter"
	"reflect"
	"strings"
	"time"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Opt is an optional value: null in Arrow where it is not Valid.
type Opt[T any] struct {
	V     T
	Valid bool
}

// Pointer points to the value, for JSON; nil where it is not valid.
func (o Opt[T]) Pointer() *T { return Either(o.Valid, &o.V, nil) }

// Some is a valid value.
func Some[T any](v T) Opt[T] { return Opt[T]{v, true} }

// Known is a value that is valid if known.
func Known[T any](v T, known bool) Opt[T] {
	if !known {
		return Opt[T]{}
	}
	return Some(v)
}

// Nonzero is a number such as a year or a row; 0 is null.
func Nonzero(n int) Opt[int32] { return Known(int32(n), n != 0) }

// Table is rows of type T in one Arrow record.
type Table[T any] struct {
	record arrow.Record
	codec  codec
}

// raw is the record itself; where no stage filled the table, one without rows.
func (t Table[T]) raw() arrow.Record {
	if t.record == nil {
		return Of[T](nil).record
	}
	return t.record
}

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

func (t Table[T]) read(i int, row *T) {
	v := reflect.ValueOf(row).Elem()
	v.SetZero()
	for c := range t.codec {
		t.codec[c].readValue(t.record.Column(c), i, v.Field(t.codec[c].field))
	}
}

// All yields the rows in order.
func (t Table[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) { t.yield(t.Len(), func(i int) int { return i }, yield) }
}

func (t Table[T]) only(at []int) iter.Seq[T] {
	return func(yield func(T) bool) { t.yield(len(at), func(i int) int { return at[i] }, yield) }
}

func (t Table[T]) yield(n int, at func(i int) int, to func(T) bool) {
	row := new(T) // reused: yield gets a copy
	for i := range n {
		if t.read(at(i), row); !to(*row) {
			return
		}
	}
}

// NonEmpty yields the rows in which a text column is not empty, and returns their number.
func (t Table[T]) NonEmpty(name string) (n int, rows iter.Seq[T]) {
	var at []int
	for i := range t.Len() {
		if cellOf(t.record, name, i) != "" {
			at = append(at, i)
		}
	}
	return len(at), t.only(at)
}

// Builder builds a Table.
type Builder[T any] struct {
	codec  codec
	arrays *array.RecordBuilder
}

// NewBuilder makes a builder for rows of type T with a capacity: one that grows ends up to twice as large as needed. It
// panics where a field of T has no tag or no Arrow type, a mistake in the program that its first test finds.
func NewBuilder[T any](capacity int) *Builder[T] {
	c := codecOf(reflect.TypeFor[T]())
	b := &Builder[T]{codec: c, arrays: array.NewRecordBuilder(memory.DefaultAllocator, c.memorySchema())}
	for _, column := range b.arrays.Fields() {
		column.Resize(capacity)
	}
	return b
}

// Append adds rows at the end.
func (b *Builder[T]) Append(rows ...T) {
	for i := range rows {
		v := reflect.ValueOf(&rows[i]).Elem()
		for c := range b.codec {
			b.codec[c].appendValue(b.arrays.Field(c), v.Field(b.codec[c].field))
		}
	}
}

// Len is the number of rows appended so far.
func (b *Builder[T]) Len() int { return b.arrays.Field(0).Len() }

// Finish returns the table and resets the builder.
func (b *Builder[T]) Finish() Table[T] {
	return Table[T]{record: b.arrays.NewRecord(), codec: b.codec}
}

// Of builds a table from rows.
func Of[T any](rows []T) Table[T] {
	b := NewBuilder[T](len(rows))
	b.Append(rows...)
	return b.Finish()
}

// FromRecord converts a record to a table of T. It returns an error where a column is missing or has another type.
// Columns that T does not have are ignored. Columns that may be null, or are tagged later, may be missing: older
// programs did not write them, and they are null or zero.
func FromRecord[T any](rec arrow.Record) (Table[T], error) {
	c := codecOf(reflect.TypeFor[T]())
	columns := make([]arrow.Array, len(c))
	for i, col := range c {
		at := rec.Schema().FieldIndices(col.name)
		if len(at) == 0 && col.was != "" {
			at = rec.Schema().FieldIndices(col.was)
		}
		switch {
		case len(at) == 0 && (col.null || col.opt || col.later):
			columns[i] = col.emptyArray(int(rec.NumRows()))
		case len(at) != 1:
			return Table[T]{}, fmt.Errorf("表中没有列 %s", col.name)
		default:
			columns[i] = rec.Column(at[0])
		}
		switch typ := columns[i].DataType(); {
		case col.kind.arrow == arrow.FixedWidthTypes.Date32 && typ.ID() == arrow.STRING:
			columns[i] = col.emptyArray(int(rec.NumRows())) // older programs stored dates as text
		case !arrow.TypeEqual(typ, col.kind.arrow):
			return Table[T]{}, fmt.Errorf("列 %s 的类型是 %s，应为 %s", col.name, typ, col.kind.arrow)
		}
		columns[i] = dictionaryEncoded(columns[i])
	}
	return Table[T]{record: array.NewRecord(c.memorySchema(), columns, rec.NumRows()), codec: c}, nil
}

type anyTable interface {
	raw() arrow.Record
	fields() []arrow.Field
	anyRows() Rows
	fill(rec arrow.Record) error
}

// tables yields the published tables of a round, by the names in their tags.
func (r *Round) tables() iter.Seq2[string, anyTable] {
	return func(yield func(string, anyTable) bool) {
		for _, holder := range []any{r.Facts, r.Judgement, r.Ranking} {
			v := reflect.ValueOf(holder).Elem()
			for i := range v.NumField() {
				name := v.Type().Field(i).Tag.Get("table")
				if name != "" && !yield(name, v.Field(i).Addr().Interface().(anyTable)) {
					return
				}
			}
		}
	}
}

// Rows are the rows of a table of any row type, which is Of.
type Rows struct {
	Len int
	Of  reflect.Type
	All iter.Seq[any]
}

func (t Table[T]) anyRows() Rows { return AnyRows(t.Len(), t.All()) }

// AnyRows makes Rows from typed rows.
func AnyRows[T any](n int, rows iter.Seq[T]) Rows {
	return Rows{n, reflect.TypeFor[T](), func(yield func(any) bool) {
		for row := range rows {
			if !yield(row) {
				return
			}
		}
	}}
}

// Find returns the rows of the published table with a name.
func (r *Round) Find(name string) (Rows, bool) {
	for n, t := range r.tables() {
		if n == name {
			return t.anyRows(), true
		}
	}
	return Rows{}, false
}

func (t Table[T]) fields() []arrow.Field { return fieldsOf[T]() }

func (t *Table[T]) fill(rec arrow.Record) (err error) {
	*t, err = FromRecord[T](rec)
	return err
}

// codec maps the fields of a row type to Arrow columns.
type codec []column

type column struct {
	name  string
	was   string // name in tables of an earlier major version; empty: the same
	field int    // index in the struct
	null  bool   // the zero value is null
	later bool   // older programs did not write it
	opt   bool   // Opt[T]
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

// dictionaryType stores each different text of a column once: most columns have few.
var dictionaryType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

func appendText(b array.Builder, s string) {
	value := unsafe.Slice(unsafe.StringData(s), len(s)) // AppendString would copy it before it looks whether it is new
	if s == "" {
		value = []byte{}
	}
	if err := b.(*array.BinaryDictionaryBuilder).Append(value); err != nil {
		panic(err) // more different texts than an int32 index allows
	}
}

// textAt reads a text that is not null, dictionary-encoded or not.
func textAt(a arrow.Array, i int) string {
	if d, ok := a.(*array.Dictionary); ok {
		return d.Dictionary().(*array.String).Value(int(d.Indices().(*array.Int32).Value(i)))
	}
	return a.(*array.String).Value(i)
}

// dictionaryEncoded encodes a text column; others are returned as they are.
func dictionaryEncoded(column arrow.Array) arrow.Array {
	if _, ok := column.(*array.String); !ok {
		return column
	}
	b := array.NewBuilder(memory.DefaultAllocator, dictionaryType)
	for i := range column.Len() {
		if column.IsNull(i) {
			b.AppendNull()
		} else {
			appendText(b, textAt(column, i))
		}
	}
	return b.NewArray()
}

// dayKind stores a date as days since 1970.
var dayKind = kind{arrow.FixedWidthTypes.Date32,
	func(b array.Builder, v reflect.Value) { b.(*array.Date32Builder).Append(arrow.Date32(v.Int())) },
	func(a arrow.Array, i int, v reflect.Value) { v.SetInt(int64(a.(*array.Date32).Value(i))) }}

// Day parses an ISO 8601 date; null where it is not a full date.
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

func (c codec) memorySchema() *arrow.Schema {
	fields := c.schema().Fields()
	for i := range fields {
		if fields[i].Type == arrow.BinaryTypes.String {
			fields[i].Type = dictionaryType
		}
	}
	return arrow.NewSchema(fields, nil)
}

// emptyArray is an array of n nulls, or zero values where the column can't be null.
func (c column) emptyArray(n int) arrow.Array {
	if c.null || c.opt {
		return array.MakeArrayOfNull(memory.DefaultAllocator, c.kind.arrow, n)
	}
	b := array.NewBuilder(memory.DefaultAllocator, c.kind.arrow)
	b.AppendEmptyValues(n)
	return b.NewArray()
}

func (c column) appendValue(b array.Builder, v reflect.Value) {
	switch {
	case c.opt && !v.Field(1).Bool(), c.null && v.IsZero():
		b.AppendNull()
	case c.opt:
		c.kind.append(b, v.Field(0))
	default:
		c.kind.append(b, v)
	}
}

func (c column) readValue(a arrow.Array, i int, v reflect.Value) {
	switch {
	case a.IsNull(i):
	case c.opt:
		c.kind.read(a, i, v.Field(0))
		v.Field(1).SetBool(true)
	default:
		c.kind.read(a, i, v)
	}
}
