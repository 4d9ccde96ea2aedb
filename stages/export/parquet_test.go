package export

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	"pgregory.net/rapid"
)

// Requirements: 1 whatever the values, nulls and slices, a table is the bytes that pqarrow would write; 2 all memory is given back.
func TestParquetIsWhatPqarrowWrites(t *testing.T) {
	types := []arrow.DataType{arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float64, arrow.FixedWidthTypes.Boolean, arrow.FixedWidthTypes.Date32}
	rapid.Check(t, func(t *rapid.T) {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		defer mem.AssertSize(t, 0)
		var fields []arrow.Field
		for i := range rapid.IntRange(1, 6).Draw(t, "columns") {
			fields = append(fields, arrow.Field{Name: fmt.Sprint("c", i), Type: rapid.SampledFrom(types).Draw(t, "type"),
				Nullable: rapid.Bool().Draw(t, "nullable"), Metadata: arrow.NewMetadata([]string{"label"}, []string{"栏"})})
		}
		words := arrow.NewMetadata([]string{"table", "label"}, []string{"t", "表"})
		b := array.NewRecordBuilder(mem, arrow.NewSchema(fields, &words))
		defer b.Release()
		rows := rapid.IntRange(0, 40).Draw(t, "rows")
		for i, f := range fields {
			for range rows {
				if f.Nullable && rapid.Bool().Draw(t, "null") {
					b.Field(i).AppendNull()
					continue
				}
				appendAny(b.Field(i), rapid.IntRange(-3, 3).Draw(t, "value"))
			}
		}
		whole := b.NewRecord()
		defer whole.Release()
		rec := whole.NewSlice(int64(rapid.IntRange(0, rows).Draw(t, "from")), int64(rows))
		defer rec.Release()

		ours, theirs := newSink(discarded{}), &bytes.Buffer{}
		var got bytes.Buffer
		ours.to.Reset(&got)
		if err := ours.finish(writeParquet(ours, rec)); err != nil {
			t.Fatal(err)
		}
		w, err := pqarrow.NewFileWriter(rec.Schema(), theirs, parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Snappy),
			parquet.WithRootRepetition(parquet.Repetitions.Required), parquet.WithDictionaryPageSizeLimit(maxDictionary)),
			pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WriteBuffered(rec); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), theirs.Bytes()) {
			t.Fatalf("%d bytes, pqarrow writes %d others", got.Len(), theirs.Len())
		}
	})
}

func appendAny(b array.Builder, n int) {
	switch b := b.(type) {
	case *array.StringBuilder:
		b.Append(fmt.Sprint("值", n))
	case *array.Int32Builder:
		b.Append(int32(n))
	case *array.Int64Builder:
		b.Append(int64(n))
	case *array.Float64Builder:
		b.Append(float64(n) / 3)
	case *array.Date32Builder:
		b.Append(arrow.Date32(n))
	case *array.BooleanBuilder:
		b.Append(n > 0)
	}
}

type discarded struct{}

func (discarded) Write(p []byte) (int, error) { return len(p), nil }
func (discarded) Close() error                { return nil }
