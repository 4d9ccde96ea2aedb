package export

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/metadata"
	"github.com/apache/arrow/go/v17/parquet/schema"
)

// Flat tables of six types need little of what pqarrow does, and pqarrow links a network stack and a compute engine: 15
// MB. What is written here is byte for byte what it writes.

// maxDictionary bounds the dictionary of a column in memory. It is never full: where a column outgrows its dictionary,
// the library writes the rest in another way and lists the two ways in the order of a Go map, so that the same rows
// would not give the same bytes.
const maxDictionary = 1 << 30

// arrowSchema is the key under which readers look for the Arrow schema, with the words about the columns in it.
const arrowSchema = "ARROW:schema"

func writeParquet(w io.WriteSeeker, rec arrow.Record) error {
	root, err := parquetSchema(rec.Schema())
	if err != nil {
		return err
	}
	var words metadata.KeyValueMetadata
	said := rec.Schema().Metadata()
	for i, key := range said.Keys() {
		if err := words.Append(key, said.Values()[i]); err != nil {
			return err
		}
	}
	var head bytes.Buffer
	if err := ipc.NewWriter(&head, ipc.WithSchema(rec.Schema())).Close(); err != nil {
		return err
	}
	if err := words.Append(arrowSchema, base64.StdEncoding.EncodeToString(head.Bytes())); err != nil {
		return err
	}
	f := file.NewParquetWriter(w, root, file.WithWriteMetadata(words), file.WithWriterProps(parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Snappy), parquet.WithDictionaryPageSizeLimit(maxDictionary))))
	most := f.Properties().MaxRowGroupLength()
	for begin := int64(0); begin == 0 || begin < rec.NumRows(); begin += most {
		if err := writeGroup(f.AppendBufferedRowGroup(), rec.NewSlice(begin, min(begin+most, rec.NumRows()))); err != nil {
			return err
		}
	}
	return f.Close()
}

// writeGroup writes the rows of a slice, and releases it.
func writeGroup(group file.BufferedRowGroupWriter, rows arrow.Record) error {
	defer rows.Release()
	for i, column := range rows.Columns() {
		w, err := group.Column(i)
		if err == nil && column.Len() > 0 {
			err = writeColumn(w, column)
		}
		if err != nil {
			return err
		}
	}
	return group.Close()
}

// stored is how a type is stored.
var stored = map[arrow.Type]struct {
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

func parquetSchema(s *arrow.Schema) (*schema.GroupNode, error) {
	const noLength, noID = -1, -1
	var columns schema.FieldList
	for _, f := range s.Fields() {
		as, known := stored[f.Type.ID()]
		if !known {
			return nil, fmt.Errorf("列 %s 的类型 %s 不能写成 Parquet", f.Name, f.Type)
		}
		repetition := parquet.Repetitions.Required
		if f.Nullable {
			repetition = parquet.Repetitions.Optional
		}
		node, err := schema.NewPrimitiveNodeLogical(f.Name, repetition, as.logical, as.physical, noLength, noID)
		if err != nil {
			return nil, err
		}
		columns = append(columns, node)
	}
	return schema.NewGroupNode("schema", parquet.Repetitions.Required, columns, noID)
}

func writeColumn(w file.ColumnChunkWriter, column arrow.Array) error {
	switch w := w.(type) {
	case *file.ByteArrayColumnChunkWriter:
		texts := column.(*array.String)
		values := make([]parquet.ByteArray, texts.Len())
		for i := range values {
			values[i] = parquet.ByteArray(texts.Value(i))
		}
		return writeValues(w, column, values)
	case *file.BooleanColumnChunkWriter:
		truths := column.(*array.Boolean)
		values := make([]bool, truths.Len())
		for i := range values {
			values[i] = truths.Value(i)
		}
		return writeValues(w, column, values)
	case *file.Int32ColumnChunkWriter:
		if days, ok := column.(*array.Date32); ok {
			values := make([]int32, days.Len())
			for i, day := range days.Date32Values() {
				values[i] = int32(day)
			}
			return writeValues(w, column, values)
		}
		return writeValues(w, column, column.(*array.Int32).Int32Values())
	case *file.Int64ColumnChunkWriter:
		return writeValues(w, column, column.(*array.Int64).Int64Values())
	case *file.Float64ColumnChunkWriter:
		return writeValues(w, column, column.(*array.Float64).Float64Values())
	}
	return fmt.Errorf("类型 %s 不能写成 Parquet", column.DataType())
}

// writeValues writes the values of a column, and for each of one that may be null whether it is there.
func writeValues[T any](w interface {
	WriteBatch(values []T, present, repeated []int16) (int64, error)
	WriteBatchSpaced(values []T, present, repeated []int16, valid []byte, offset int64)
}, column arrow.Array, values []T) error {
	present := make([]int16, len(values))
	for i := range present {
		if column.IsValid(i) {
			present[i] = 1
		}
	}
	if column.NullN() == 0 {
		_, err := w.WriteBatch(values, present, nil)
		return err
	}
	w.WriteBatchSpaced(values, present, nil, column.NullBitmapBytes(), int64(column.Data().Offset()))
	return nil
}
