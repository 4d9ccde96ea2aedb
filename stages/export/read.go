package export

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"lianheti/stages/model"
	"lianheti/stages/office/try"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	flatbuffers "github.com/google/flatbuffers/go"
)

// Read reads the tables in a folder made by Write, by name. The caller has to verify first that it is unchanged.
func Read(dir string) (_ map[string]arrow.Record, err error) {
	defer try.Caught(&err)
	out := map[string]arrow.Record{}
	for _, file := range try.Get(arrowFiles(dir)) {
		rec, err := readArrow(filepath.Join(dir, file))
		if err != nil {
			return nil, fmt.Errorf("数据表 %s 已损坏或被改动，读不出来：请改用没有动过的结果，或从原件重新运行", file)
		}
		out[strings.TrimSuffix(file, ".arrow")] = rec
	}
	return out, nil
}

func arrowFiles(dir string) ([]string, error) {
	return fs.Glob(os.DirFS(dir), "*.arrow") // not filepath.Glob, for which dir could be a pattern
}

// maxFileSize is more than the size of any table.
const maxFileSize = 1 << 30

// readFile reads a regular file. It refuses others: reading a pipe would never end.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("不是普通文件")
	case info.Size() > maxFileSize:
		return nil, errors.New("大小超过任何一份数据表")
	}
	return os.ReadFile(path)
}

// readArrow reads one IPC file as one record and checks every value. The library trusts the file: an altered one can
// make it panic, or allocate any amount of memory.
func readArrow(path string) (rec arrow.Record, err error) {
	defer func() {
		if p := recover(); p != nil {
			rec, err = nil, fmt.Errorf("%v", p)
		}
	}()
	defer try.Caught(&err)

	data := try.Get(readFile(path))
	try.Do(checkFooter(data))
	const headers = 1 << 20
	room := limitedAllocator{memory.DefaultAllocator, 2*len(data) + headers}
	r := try.Get(ipc.NewFileReader(bytes.NewReader(data), ipc.WithAllocator(room)))
	defer func() { err = errors.Join(err, r.Close()) }()
	columns, rows := make([][]arrow.Array, r.Schema().NumFields()), int64(0)
	for c, f := range r.Schema().Fields() { // there may be no batch at all
		columns[c] = []arrow.Array{array.MakeArrayOfNull(memory.DefaultAllocator, f.Type, 0)}
	}
	for i := range r.NumRecords() {
		batch := try.Get(r.RecordAt(i))
		for c, column := range batch.Columns() {
			try.Do(checkColumn(column, 8*len(data)))
			columns[c] = append(columns[c], column)
		}
		rows += batch.NumRows()
	}
	whole := make([]arrow.Array, len(columns))
	for c, parts := range columns {
		whole[c] = try.Get(array.Concatenate(parts, memory.DefaultAllocator))
	}
	return array.NewRecord(r.Schema(), whole, rows), nil
}

// checkFooter checks the lengths of the footer's lists, because the library allocates memory for them. No list can be
// longer than the footer, and our fields have no child fields.
func checkFooter(data []byte) error {
	const magic, length = len("ARROW1"), 4
	end := len(data) - magic - length
	if end < 0 {
		return errors.New("不完整")
	}
	size := int(binary.LittleEndian.Uint32(data[end:]))
	if size < length || size > end {
		return errors.New("尾部的大小不对")
	}
	const schemaOf, fieldsOf, notesOfSchema, childrenOf, notesOfField = 6, 6, 8, 14, 16 // flatbuffers vtable offsets
	footer := data[end-size : end]
	root := flatbuffers.Table{Bytes: footer, Pos: flatbuffers.GetUOffsetT(footer)}
	at := flatbuffers.UOffsetT(root.Offset(schemaOf))
	if at == 0 {
		return errors.New("没有列")
	}
	schema := flatbuffers.Table{Bytes: footer, Pos: root.Indirect(at + root.Pos)}
	list := func(t flatbuffers.Table, field flatbuffers.VOffsetT, most int) (flatbuffers.UOffsetT, int, error) {
		at := flatbuffers.UOffsetT(t.Offset(field))
		if at == 0 {
			return 0, 0, nil
		}
		n := t.VectorLen(at)
		if n < 0 || n > most {
			return 0, 0, errors.New("列的个数不对")
		}
		return t.Vector(at), n, nil
	}
	first, n, err := list(schema, fieldsOf, size/length)
	for i := 0; err == nil && i < n; i++ {
		field := flatbuffers.Table{Bytes: footer, Pos: schema.Indirect(first + flatbuffers.UOffsetT(i*length))}
		if _, _, err = list(field, childrenOf, 0); err == nil {
			_, _, err = list(field, notesOfField, size/length)
		}
	}
	if err == nil {
		_, _, err = list(schema, notesOfSchema, size/length)
	}
	return err
}

// checkColumn checks type, length and values of a column. A value takes at least one bit, so that a column has at most
// as many values as the file has bits.
func checkColumn(column arrow.Array, most int) error {
	if column.Len() > most {
		return errors.New("行数不对")
	}
	words, text := column.(*array.String)
	yes, truth := column.(*array.Boolean)
	switch column.(type) {
	case *array.String, *array.Float64, *array.Int32, *array.Int64, *array.Boolean, *array.Date32:
	default:
		return fmt.Errorf("类型 %s", column.DataType())
	}
	for i := range column.Len() {
		switch {
		case column.IsNull(i):
		case text && !utf8.ValidString(words.Value(i)):
			return errors.New("不是 UTF-8")
		case truth:
			yes.Value(i)
		}
	}
	return nil
}

// limitedAllocator panics where a single allocation is larger than a file can need.
type limitedAllocator struct {
	memory.Allocator
	most int
}

func (b limitedAllocator) Allocate(size int) []byte { return b.Allocator.Allocate(b.checkSize(size)) }

func (b limitedAllocator) Reallocate(size int, old []byte) []byte {
	return b.Allocator.Reallocate(b.checkSize(size), old)
}

func (b limitedAllocator) checkSize(size int) int {
	if size < 0 || size > b.most {
		panic("大小不对")
	}
	return size
}

// Package are the keys of a data package that are read, see datapackage.json.tmpl.
type Package struct {
	Batch      int
	Definition map[string]string // file: sha256, of the definition that the tables were made with
	Resources  []struct{ Path, Hash string }
}

// Verify compares the hash of every file in the data package of dir, and returns the package's properties and its own
// sha256. The error names the first file that is missing, not listed, or changed.
func Verify(dir string) (_ *Package, digest string, err error) {
	defer try.Caught(&err)
	data, err := readFile(filepath.Join(dir, PackageName))
	try.In("没有可读的 "+PackageName+"，不是一次运行的 data 文件夹", err)
	p := &Package{}
	try.In(PackageName+" 已损坏", json.Unmarshal(data, p))
	listed := map[string]bool{}
	for _, r := range p.Resources {
		listed[r.Path] = true
		if !filepath.IsLocal(filepath.FromSlash(r.Path)) {
			return nil, "", fmt.Errorf("%s 里的路径 %s 不在这个文件夹里", PackageName, r.Path)
		}
		content, err := readFile(filepath.Join(dir, filepath.FromSlash(r.Path)))
		try.In("缺 "+r.Path, err)
		if "sha256:"+model.Digest(content) != r.Hash {
			return nil, "", fmt.Errorf("%s 不是公布时的样子，请改用没有动过的数据表", r.Path)
		}
	}
	for _, file := range try.Get(arrowFiles(dir)) {
		if !listed[file] {
			return nil, "", fmt.Errorf("%s 不在 %s 里，请移走", file, PackageName)
		}
	}
	return p, model.Digest(data), nil
}
