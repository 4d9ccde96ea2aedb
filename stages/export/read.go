package export

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Read gives the tables that Write put into dir, by name. Nothing but the sha256 of a run's manifest tells a changed byte: the
// caller has verified the folder.
func Read(mem memory.Allocator, dir string) (map[string]arrow.Record, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.arrow"))
	if err != nil {
		return nil, err
	}
	out := map[string]arrow.Record{}
	for _, path := range paths {
		rec, err := readArrow(mem, path)
		if err != nil {
			return nil, fmt.Errorf("无法读取数据表 %s：%w", filepath.Base(path), err)
		}
		out[strings.TrimSuffix(filepath.Base(path), ".arrow")] = rec
	}
	return out, nil
}

// readArrow reads one IPC file as one record.
func readArrow(mem memory.Allocator, path string) (rec arrow.Record, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r, err := ipc.NewFileReader(f, ipc.WithAllocator(mem))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	columns := make([][]arrow.Array, r.Schema().NumFields())
	rows := int64(0)
	for i := range r.NumRecords() {
		batch, err := r.RecordAt(i)
		if err != nil {
			return nil, err
		}
		defer batch.Release()
		for c, column := range batch.Columns() {
			columns[c] = append(columns[c], column)
		}
		rows += batch.NumRows()
	}
	whole := make([]arrow.Array, len(columns))
	for c, parts := range columns {
		if len(parts) == 0 {
			whole[c] = array.MakeArrayOfNull(mem, r.Schema().Field(c).Type, 0)
		} else if whole[c], err = array.Concatenate(parts, mem); err != nil {
			return nil, err
		}
		defer whole[c].Release()
	}
	return array.NewRecord(r.Schema(), whole, rows), nil
}
