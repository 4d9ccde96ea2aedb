// Package export writes the published tables for analysts: an Arrow IPC file, a Parquet file and a CSV file for each
// table, and a datapackage.json that describes them. It only uses what all common readers support: IPC without
// compression, Parquet with snappy, stored Arrow schema and required root, plain types. The bytes depend only on the
// tables and the definition.
package export

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/stages/workers"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/metadata"
	"github.com/apache/arrow/go/v17/parquet/schema"
)

// format is a file format for tables. Only Parquet is declared as tabular in the data package: tools that check
// packages read tabular resources, and do not support Arrow.
type format struct {
	name      string // also the file's suffix
	folder    string // below data
	mediatype string
	tabular   bool
	write     func(w io.WriteSeeker, rec arrow.Record) error
}

var formats = []format{
	{"parquet", "", "application/vnd.apache.parquet", true, writeParquet},
	{"arrow", "", "application/vnd.apache.arrow.file", false, writeArrow},
	{"csv", "csv", "text/csv", false, writeCSV},
}

// File is a file with a table, by its path below the data folder.
type File struct {
	Path, SHA256 string
	Size         int64
}

// Write writes the tables and their data package to dir, which it creates if necessary.
func Write(dir string, d *templates.Definition, tables []table.NamedTable) (files []File, err error) {
	defer try.Caught(&err)
	resources := try.Get(writeTables(dir, tables, d))
	var views strings.Builder // views of the tables first, which the others use
	for _, t := range tables {
		fmt.Fprintf(&views, "CREATE OR REPLACE VIEW %s AS FROM '%s.parquet';\n", t.Name, t.Name)
	}
	views.WriteString(strings.ReplaceAll(queryViews, "$base", d.Rubric().Credibility.Base.String()))
	sql := []byte(views.String())
	try.Do(os.WriteFile(filepath.Join(dir, ViewsName), sql, 0o644))
	files = table.Each(resources, func(r resource) File { return r.File })
	return files, writePackage(dir, d, resources, sql)
}

// WriteOne writes one table that no run publishes to dir, with a data package of its own.
func WriteOne(dir string, d *templates.Definition, t table.NamedTable) (err error) {
	defer try.Caught(&err)
	return writePackage(dir, d, try.Get(writeTables(dir, []table.NamedTable{t}, d)), nil)
}

// writeTables writes every table in every format, several tables at a time.
func writeTables(dir string, tables []table.NamedTable, d *templates.Definition) (resources []resource, err error) {
	defer try.Caught(&err)
	for _, f := range formats {
		try.In("无法建立文件夹 "+dir, os.MkdirAll(filepath.Join(dir, f.folder), 0o755))
	}
	referenced := table.ReferencedValues(d, func(name string) arrow.Record {
		if i := slices.IndexFunc(tables, func(t table.NamedTable) bool { return t.Name == name }); i >= 0 {
			return tables[i].Record()
		}
		return nil
	})
	type written func() ([]resource, error)
	for result := range workers.InOrder(0, slices.Values(tables), func(t table.NamedTable) written {
		made, err := writeTable(dir, t, referenced)
		return func() ([]resource, error) { return made, err }
	}) {
		resources = append(resources, try.Get(result())...)
	}
	return resources, nil
}

// writeTable writes one table in every format. referenced has the values of columns that foreign keys refer to.
func writeTable(dir string, t table.NamedTable,
	referenced map[string]map[string]bool) (resources []resource, err error) {
	defer try.Caught(&err)
	rec := t.Record()
	r := newResource(t.Name, rec, referenced)
	for _, f := range formats {
		name := path.Join(f.folder, t.Name+"."+f.name)
		to, err := os.Create(filepath.Join(dir, filepath.FromSlash(name)))
		try.In("无法写 "+name, err)
		w := newSink(to)
		try.In("无法写 "+name+"，请检查剩余空间", w.finish(f.write(w, rec)))
		r.File, r.Format, r.MediaType, r.Tabular = File{name, w.sha256(), w.size}, f.name, f.mediatype, f.tabular
		resources = append(resources, r)
	}
	return resources, nil
}

// batchRows limits the record batches of an IPC file, so that a browser need not hold a whole table.
const batchRows = 1 << 16

func writeArrow(w io.WriteSeeker, rec arrow.Record) (err error) {
	defer try.Caught(&err)
	f := try.Get(ipc.NewFileWriter(w, ipc.WithSchema(rec.Schema())))
	for begin := int64(0); begin < rec.NumRows(); begin += batchRows {
		try.Do(f.Write(rec.NewSlice(begin, min(begin+batchRows, rec.NumRows()))))
	}
	return f.Close()
}

// ViewsName is a file of DuckDB views: one for each table, and views that answer frequent questions.
const ViewsName = "views.sql"

// queryViews are the latter. $base is the smallest figure from which a growth rate is computed.
//
//go:embed views.sql
var queryViews string

// sink is a file being written, with its size and sha256. The Parquet writer ignores errors of Close and of a row
// group's end, and panics on one at the beginning. Therefore Write never returns an error; finish returns the first
// one, which the buffer keeps.
type sink struct {
	file io.WriteCloser
	to   *bufio.Writer
	sum  hash.Hash
	size int64
}

func newSink(f io.WriteCloser) *sink {
	return &sink{file: f, to: bufio.NewWriterSize(f, 1<<16), sum: sha256.New()}
}

func (s *sink) Write(p []byte) (int, error) {
	s.to.Write(p)
	s.sum.Write(p)
	s.size += int64(len(p))
	return len(p), nil
}

// Seek returns the position; the IPC writer uses nothing else.
func (s *sink) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("export: files are written from front to back")
	}
	return s.size, nil
}

// finish closes the file and joins all errors.
func (s *sink) finish(writing error) error { return errors.Join(writing, s.to.Flush(), s.file.Close()) }

func (s *sink) sha256() string { return hex.EncodeToString(s.sum.Sum(nil)) }

// CSVNote describes the CSV files, in the data package and in the dictionary.
const CSVNote = "csv/ 里是同样内容的 CSV：UTF-8（带 BOM）、RFC 4180（逗号分隔、CRLF 换行、双引号），空表示没有，加引号的空是空文字；" +
	"以 = + - @、制表符或回车开头的文字前加了一个半角单引号，免得被当作公式。Excel 直接双击打开会把申报编号（年份-序号）认成日期，请用“数据—自文本/CSV”导入，把编号各列设为文本。"

// byteOrderMark tells Excel that a text is UTF-8.
const byteOrderMark = "\ufeff"

// formulaPrefixes are the characters with which a formula begins for a spreadsheet program.
const formulaPrefixes = "=+-@\t\r"

// writeCSV writes a table as in RFC 4180. Null is empty, an empty text is a pair of quotes.
func writeCSV(w io.WriteSeeker, rec arrow.Record) error {
	names := table.Each(rec.Schema().Fields(), func(f arrow.Field) string { return f.Name })
	line := []byte(byteOrderMark + strings.Join(names, ","))
	for row := 0; ; row++ {
		if _, err := w.Write(append(line, "\r\n"...)); err != nil || row == int(rec.NumRows()) {
			return err
		}
		line = line[:0]
		for i, column := range rec.Columns() {
			if i > 0 {
				line = append(line, ',')
			}
			if !column.IsNull(row) {
				line = appendCSV(line, column, row)
			}
		}
	}
}

// appendCSV writes one value: numbers in full, no exponents.
func appendCSV(line []byte, column arrow.Array, row int) []byte {
	switch c := column.(type) {
	case *array.Float64:
		return strconv.AppendFloat(line, c.Value(row), 'f', -1, 64)
	case *array.String:
		return append(line, csvText(c.Value(row))...)
	}
	return append(line, column.ValueStr(row)...) // whole numbers, true and false
}

func csvText(s string) string {
	if s != "" && strings.ContainsRune(formulaPrefixes, rune(s[0])) {
		s = "'" + s
	}
	if s == "" || strings.ContainsAny(s, ",\"\r\n") || strings.TrimSpace(s) != s {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// Package pqarrow is not used, because it links a network stack and a compute engine (15 MB), and flat tables of six
// types need little of it. A test checks that the bytes are the same.

// maxDictionary is so large that no dictionary is ever full. Otherwise the library would write the rest of the column
// in another encoding and list the encodings in the order of a Go map: the bytes would not be deterministic.
const maxDictionary = 1 << 30

// arrowSchema is the metadata key of the stored Arrow schema.
const arrowSchema = "ARROW:schema"

func writeParquet(w io.WriteSeeker, rec arrow.Record) (err error) {
	defer try.Caught(&err)
	root, words, said := parquetSchema(rec.Schema()), metadata.KeyValueMetadata{}, rec.Schema().Metadata()
	for i, key := range said.Keys() {
		try.Do(words.Append(key, said.Values()[i]))
	}
	var head bytes.Buffer
	try.Do(ipc.NewWriter(&head, ipc.WithSchema(rec.Schema())).Close())
	try.Do(words.Append(arrowSchema, base64.StdEncoding.EncodeToString(head.Bytes())))
	f := file.NewParquetWriter(w, root, file.WithWriteMetadata(words), file.WithWriterProps(parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Snappy), parquet.WithDictionaryPageSizeLimit(maxDictionary))))
	most := f.Properties().MaxRowGroupLength()
	for begin := int64(0); begin == 0 || begin < rec.NumRows(); begin += most {
		group, rows := f.AppendBufferedRowGroup(), rec.NewSlice(begin, min(begin+most, rec.NumRows()))
		for i, column := range rows.Columns() {
			if w := try.Get(group.Column(i)); column.Len() > 0 {
				try.Do(writeColumn(w, column))
			}
		}
		try.Do(group.Close())
		rows.Release()
	}
	return f.Close()
}

var parquetTypes = map[arrow.Type]struct {
	physical parquet.Type
	logical  schema.LogicalType
}{
	arrow.STRING:  {parquet.Types.ByteArray, schema.StringLogicalType{}},
	arrow.INT32:   {parquet.Types.Int32, schema.NewIntLogicalType(32, true)},
	arrow.DATE32:  {parquet.Types.Int32, schema.DateLogicalType{}},
	arrow.INT64:   {parquet.Types.Int64, schema.NewIntLogicalType(64, true)},
	arrow.FLOAT64: {parquet.Types.Double, schema.NoLogicalType{}},
	arrow.BOOL:    {parquet.Types.Boolean, schema.NoLogicalType{}},
}

func parquetSchema(s *arrow.Schema) *schema.GroupNode {
	const noLength, noID = -1, -1
	var columns schema.FieldList
	for _, f := range s.Fields() {
		as, known := parquetTypes[f.Type.ID()]
		if !known {
			try.Do(fmt.Errorf("列 %s 的类型 %s 不能写成 Parquet", f.Name, f.Type))
		}
		repetition := table.Either(f.Nullable, parquet.Repetitions.Optional, parquet.Repetitions.Required)
		columns = append(columns, try.Get(schema.NewPrimitiveNodeLogical(f.Name, repetition, as.logical, as.physical,
			noLength, noID)))
	}
	return try.Get(schema.NewGroupNode("schema", parquet.Repetitions.Required, columns, noID))
}

func writeColumn(w file.ColumnChunkWriter, column arrow.Array) error {
	switch w := w.(type) {
	case *file.ByteArrayColumnChunkWriter:
		text := column.(*array.String)
		rest := text.ValueBytes() // of all, one behind the other
		return writeValues(w, column, valuesOf(column, func(i int) (value parquet.ByteArray) {
			value, rest = rest[:text.ValueLen(i)], rest[text.ValueLen(i):]
			return value
		}))
	case *file.BooleanColumnChunkWriter:
		return writeValues(w, column, valuesOf(column, column.(*array.Boolean).Value))
	case *file.Int32ColumnChunkWriter:
		if days, ok := column.(*array.Date32); ok {
			return writeValues(w, column, valuesOf(column, func(i int) int32 { return int32(days.Value(i)) }))
		}
		return writeValues(w, column, column.(*array.Int32).Int32Values())
	case *file.Int64ColumnChunkWriter:
		return writeValues(w, column, column.(*array.Int64).Int64Values())
	case *file.Float64ColumnChunkWriter:
		return writeValues(w, column, column.(*array.Float64).Float64Values())
	}
	return fmt.Errorf("类型 %s 不能写成 Parquet", column.DataType())
}

func valuesOf[T any](column arrow.Array, value func(i int) T) []T {
	out := make([]T, column.Len())
	for i := range out {
		out[i] = value(i)
	}
	return out
}

// writeValues writes the values of a column, with definition levels for nulls.
func writeValues[T any](w interface {
	WriteBatch(values []T, present, repeated []int16) (int64, error)
	WriteBatchSpaced(values []T, present, repeated []int16, valid []byte, offset int64)
}, column arrow.Array, values []T) error {
	present := valuesOf(column, func(i int) int16 {
		return table.Either[int16](column.IsValid(i), 1, 0)
	})
	if column.NullN() == 0 {
		_, err := w.WriteBatch(values, present, nil)
		return err
	}
	w.WriteBatchSpaced(values, present, nil, column.NullBitmapBytes(), int64(column.Data().Offset()))
	return nil
}
