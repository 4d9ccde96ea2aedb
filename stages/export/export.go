// Package export writes the published tables for analysts: of each table an Arrow IPC file, a Parquet file and a CSV
// file, and a datapackage.json that explains them all. The forms are the ones that all readers tried know: IPC without
// compression, Parquet with snappy, the stored Arrow schema and a required root, plain types. The bytes depend on
// nothing but the tables and the definition.
package export

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/stages/workers"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
)

// format is one way to store a table. Only a tabular one is declared as such in the data package: the tools that check
// packages read it, and know Parquet but not Arrow.
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

// Write puts the tables and their data package into dir, which it makes if need be.
func Write(dir string, d *templates.Definition, tables []table.Named) error {
	resources, err := writeTables(dir, tables, d)
	if err != nil {
		return err
	}
	sql := views(tables, d.Rubric.Credibility.Base.String())
	if err := os.WriteFile(filepath.Join(dir, ViewsName), sql, 0o644); err != nil {
		return err
	}
	return explain(dir, d, append(resources, resource{Name: "views", Path: ViewsName, Title: "DuckDB 视图",
		Description: "每张表一个同名的视图，另有十个视图回答常问的问题。", Format: "sql", MediaType: "application/sql",
		Encoding: "utf-8", Bytes: int64(len(sql)), Hash: fmt.Sprintf("sha256:%x", sha256.Sum256(sql))}))
}

// Alone puts one table that no run publishes into dir, with a data package of its own.
func Alone(dir string, d *templates.Definition, t table.Named) error {
	resources, err := writeTables(dir, []table.Named{t}, d)
	if err != nil {
		return err
	}
	return explain(dir, d, resources)
}

// writeTables writes every table in every format, some tables at a time.
func writeTables(dir string, tables []table.Named, d *templates.Definition) (resources []resource, err error) {
	for _, f := range formats {
		if err := os.MkdirAll(filepath.Join(dir, f.folder), 0o755); err != nil {
			return nil, fmt.Errorf("无法建立文件夹 %s：%w", dir, err)
		}
	}
	held := table.ReferencedValues(d, func(name string) arrow.Record {
		if i := slices.IndexFunc(tables, func(t table.Named) bool { return t.Name == name }); i >= 0 {
			return tables[i].Record()
		}
		return nil
	})
	type written struct {
		resources []resource
		err       error
	}
	for w := range workers.InOrder(0, slices.Values(tables), func(t table.Named) (w written) {
		w.resources, w.err = writeTable(dir, t, held)
		return w
	}) {
		if w.err != nil {
			return nil, w.err
		}
		resources = append(resources, w.resources...)
	}
	return resources, nil
}

// writeTable writes one table in every format. held is what columns hold that others refer to.
func writeTable(dir string, t table.Named, held map[string]map[string]bool) (resources []resource, err error) {
	rec := t.Record()
	for _, f := range formats {
		name := path.Join(f.folder, t.Name+"."+f.name)
		w, err := create(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return nil, fmt.Errorf("无法写 %s：%w", name, err)
		}
		if err := w.finish(f.write(w, rec)); err != nil {
			return nil, fmt.Errorf("无法写 %s，请检查剩余空间：%w", name, err)
		}
		resources = append(resources, newResource(t.Name, rec, held, f, name, w))
	}
	return resources, nil
}

// batchRows bounds the record batches of an IPC file, so that a browser need not hold a whole table.
const batchRows = 1 << 16

func writeArrow(w io.WriteSeeker, rec arrow.Record) error {
	f, err := ipc.NewFileWriter(w, ipc.WithSchema(rec.Schema()))
	if err != nil {
		return err
	}
	for begin := int64(0); begin < rec.NumRows(); begin += batchRows {
		if err := f.Write(rec.NewSlice(begin, min(begin+batchRows, rec.NumRows()))); err != nil {
			return err
		}
	}
	return f.Close()
}

// ViewsName is a file beside the tables: a DuckDB view of the same name for each, and views for what people ask most.
const ViewsName = "views.sql"

//go:embed views.sql
var questions string

// views gives the statements: first the tables, which the questions rest on.
// Less than base has no growth in per cent.
func views(tables []table.Named, base string) []byte {
	var b strings.Builder
	for _, t := range tables {
		fmt.Fprintf(&b, "CREATE OR REPLACE VIEW %s AS FROM '%s.parquet';\n", t.Name, t.Name)
	}
	return []byte(b.String() + strings.ReplaceAll(questions, "$base", base))
}

// sink is a file being written. It keeps the first error itself: the Parquet writer drops errors of Close and of a row
// group's end, and panics on one at the beginning. So the writer is told that all is well, and finish tells the truth.
//
// Size and sha256 are those of the bytes written.
type sink struct {
	file io.WriteCloser
	to   *bufio.Writer
	sum  hash.Hash
	size int64
	err  error
}

func create(path string) (*sink, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return newSink(f), nil
}

func newSink(f io.WriteCloser) *sink {
	return &sink{file: f, to: bufio.NewWriter(f), sum: sha256.New()}
}

func (s *sink) Write(p []byte) (int, error) {
	if s.err == nil {
		_, s.err = s.to.Write(p)
	}
	s.sum.Write(p)
	s.size += int64(len(p))
	return len(p), nil
}

// Seek tells the position, which is all that the IPC writer asks for.
func (s *sink) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("export: files are written from front to back")
	}
	return s.size, nil
}

// finish closes the file and gives what went wrong, in writing or before.
func (s *sink) finish(writing error) error {
	return errors.Join(writing, s.err, s.to.Flush(), s.file.Close())
}

func (s *sink) sha256() string { return hex.EncodeToString(s.sum.Sum(nil)) }
