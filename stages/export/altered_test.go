package export

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Requirements
//  1. An altered table is read with every value in its place, or refused with one sentence that names it: nothing panics, nothing takes
//     long, whatever sizes the file claims.
func TestAlteredTablesAreRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "metrics.arrow")
	good := small(t)
	r := rand.New(rand.NewPCG(3, 4))
	refused := 0
	began := time.Now()
	const trials = 1000
	for trial := range trials {
		data := append([]byte(nil), good...)
		switch at := r.IntN(len(data) - 8); trial % 4 {
		case 0:
			data[at] ^= 1 << r.IntN(8)
		case 1:
			binary.LittleEndian.PutUint64(data[at&^7:], uint64(r.Int64()))
		case 2:
			binary.LittleEndian.PutUint32(data[at&^3:], []uint32{0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 0}[r.IntN(4)])
		default:
			data = data[:at]
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		records, err := Read(dir)
		if err != nil {
			refused++
			if !strings.Contains(err.Error(), "数据表 metrics.arrow 已损坏或被改动") || strings.Contains(err.Error(), "\n") {
				t.Fatalf("said is %v", err)
			}
			continue
		}
		for _, rec := range records {
			for _, c := range rec.Columns() {
				for i := range c.Len() {
					_ = c.ValueStr(i)
				}
			}
		}
	}
	if took := time.Since(began); refused < trials/4 || took > 20*time.Second {
		t.Errorf("%d of %d refused in %v", refused, trials, took)
	}
}

// small is the bytes of a table of a few rows.
func small(t *testing.T) []byte {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "value", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "year", Type: arrow.PrimitiveTypes.Int32}, {Name: "yes", Type: arrow.FixedWidthTypes.Boolean}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range 5 {
		b.Field(0).(*array.StringBuilder).Append(strings.Repeat("甲", i))
		b.Field(1).(*array.Float64Builder).AppendNull()
		b.Field(2).(*array.Int32Builder).Append(int32(i))
		b.Field(3).(*array.BooleanBuilder).Append(i > 2)
	}
	rec := b.NewRecord()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	w, err := ipc.NewFileWriter(f, ipc.WithSchema(schema), ipc.WithAllocator(memory.DefaultAllocator))
	if err == nil {
		err = w.Write(rec)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return data
}
