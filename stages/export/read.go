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

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	flatbuffers "github.com/google/flatbuffers/go"
)

// Read gives the tables that Write put into dir, by name. Nothing but the sha256 of a run's manifest tells a changed
// byte: the caller has verified the folder.
func Read(dir string) (map[string]arrow.Record, error) {
	files, err := fs.Glob(os.DirFS(dir), "*.arrow") // of the folder's name nothing is a pattern
	if err != nil {
		return nil, err
	}
	out := map[string]arrow.Record{}
	for _, file := range files {
		rec, err := readArrow(filepath.Join(dir, file))
		if err != nil {
			return nil, fmt.Errorf("数据表 %s 已损坏或被改动，读不出来：请改用没有动过的结果，或从原件重新运行", file)
		}
		out[strings.TrimSuffix(file, ".arrow")] = rec
	}
	return out, nil
}

// mostBytes is more than any table of a batch takes.
const mostBytes = 1 << 30

// readFile reads a file, and nothing that is none: a pipe would never end.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("不是普通文件")
	case info.Size() > mostBytes:
		return nil, errors.New("大小超过任何一份数据表")
	}
	return os.ReadFile(path)
}

// readArrow reads one IPC file as one record, every value of it. The library believes what a file says of itself: one
// that was altered makes it panic, or ask for any amount of memory.
func readArrow(path string) (rec arrow.Record, err error) {
	defer func() {
		if p := recover(); p != nil {
			rec, err = nil, fmt.Errorf("%v", p)
		}
	}()

	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	if err := sensible(data); err != nil {
		return nil, err
	}
	const headers = 1 << 20
	room := bounded{memory.DefaultAllocator, 2*len(data) + headers}
	r, err := ipc.NewFileReader(bytes.NewReader(data), ipc.WithAllocator(room))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	columns, rows := make([][]arrow.Array, r.Schema().NumFields()), int64(0)
	for c, f := range r.Schema().Fields() { // there may be no batch at all
		columns[c] = []arrow.Array{array.MakeArrayOfNull(memory.DefaultAllocator, f.Type, 0)}
	}
	for i := range r.NumRecords() {
		batch, err := r.RecordAt(i)
		if err != nil {
			return nil, err
		}
		for c, column := range batch.Columns() {
			if err := touch(column, 8*len(data)); err != nil {
				return nil, err
			}
			columns[c] = append(columns[c], column)
		}
		rows += batch.NumRows()
	}
	whole := make([]arrow.Array, len(columns))
	for c, parts := range columns {
		if whole[c], err = array.Concatenate(parts, memory.DefaultAllocator); err != nil {
			return nil, err
		}
	}
	return array.NewRecord(r.Schema(), whole, rows), nil
}

// sensible looks at the lists of the footer before the library does, which makes room for as many things as each says
// it has: no more than there are bytes for. A field of ours has no fields in it.
func sensible(data []byte) error {
	const magic, length = len("ARROW1"), 4
	end := len(data) - magic - length
	if end < 0 {
		return errors.New("不完整")
	}
	size := int(binary.LittleEndian.Uint32(data[end:]))
	if size < length || size > end {
		return errors.New("尾部的大小不对")
	}
	const schemaOf, fieldsOf, notesOfSchema, childrenOf, notesOfField = 6, 6, 8, 14, 16 // places in the format's tables
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

// touch reads all values of a column of a kind that we write, so that what is wrong with one shows here. A value takes
// one bit at least, so a column has no more than the file has.
func touch(column arrow.Array, most int) error {
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

// bounded allocates no more at a time than a file can need.
type bounded struct {
	memory.Allocator
	most int
}

func (b bounded) Allocate(size int) []byte { return b.Allocator.Allocate(b.within(size)) }

func (b bounded) Reallocate(size int, old []byte) []byte {
	return b.Allocator.Reallocate(b.within(size), old)
}

func (b bounded) within(size int) int {
	if size < 0 || size > b.most {
		panic("大小不对")
	}
	return size
}

// Package is what Verify learned of a data folder.
type Package struct {
	Batch      int
	Definition map[string]string // file: sha256, of the definition that the tables were made with
}

// dataPackage is what is read again of a data package, see datapackage.json.tmpl.
type dataPackage struct {
	Package
	Resources []resource
}

// Verify hashes every file that the data package of dir names, and gives what the package says of their making and its
// own sha256. An error names the first file that is missing, is not listed, or is not what was written.
func Verify(dir string) (*Package, string, error) {
	data, err := readFile(filepath.Join(dir, PackageName))
	if err != nil {
		return nil, "", fmt.Errorf("没有可读的 %s，不是一次运行的 data 文件夹：%w", PackageName, err)
	}
	var p dataPackage
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, "", fmt.Errorf("%s 已损坏：%w", PackageName, err)
	}
	listed := map[string]bool{}
	for _, r := range p.Resources {
		listed[r.Path] = true
		if !filepath.IsLocal(filepath.FromSlash(r.Path)) {
			return nil, "", fmt.Errorf("%s 里的路径 %s 不在这个文件夹里", PackageName, r.Path)
		}
		content, err := readFile(filepath.Join(dir, filepath.FromSlash(r.Path)))
		if err != nil {
			return nil, "", fmt.Errorf("缺 %s：%w", r.Path, err)
		}
		if "sha256:"+model.Digest(content) != r.Hash {
			return nil, "", fmt.Errorf("%s 不是公布时的样子，请改用没有动过的数据表", r.Path)
		}
	}
	files, err := fs.Glob(os.DirFS(dir), "*.arrow")
	if err != nil {
		return nil, "", err
	}
	for _, file := range files {
		if !listed[file] {
			return nil, "", fmt.Errorf("%s 不在 %s 里，请移走", file, PackageName)
		}
	}
	return &p.Package, model.Digest(data), nil
}
