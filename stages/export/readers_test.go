package export

import (
	_ "embed"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lianheti/samples/programs"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

var (
	//go:embed testdata/readers.py
	readersPy []byte
	//go:embed testdata/readers.cjs
	readersJS []byte
)

// readByPython demands that pyarrow, pandas, DuckDB and polars see in a data folder what the records of its tables
// hold: rows, columns, types, nulls, sums and, where the reader shows it, the metadata.
func readByPython(t *testing.T, dir string, tables map[string]arrow.Record) {
	programs.NeedPython(t, "pyarrow", "pandas", "duckdb", "polars")
	seenBy(t, dir, tables, map[string]int{"pyarrow arrow": 2, "pyarrow parquet": 2, "pandas parquet": 1,
		"duckdb parquet": 1, "polars arrow": 1, "polars parquet": 1},
		"python3", "readers.py", readersPy)
}

// readByNode demands the same of apache-arrow and parquet-wasm.
func readByNode(t *testing.T, dir string, tables map[string]arrow.Record) {
	programs.NeedNode(t, "apache-arrow", "parquet-wasm")
	seenBy(t, dir, tables, map[string]int{"apache-arrow": 2, "parquet-wasm": 2}, "node", "readers.cjs", readersJS)
}

// sight is what a reader reports of a table: its content, or its metadata.
type sight struct {
	Reader, Table     string
	Rows              int64
	Columns, Metadata map[string]string
	Nulls             map[string]int
	Sums              map[string]float64
	Fields            map[string]map[string]string
}

// seenBy runs a script that reports what readers see, so many lines a reader and table, and compares that with what was
// written.
func seenBy(t *testing.T, dir string, tables map[string]arrow.Record, lines map[string]int, program, name string,
	script []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, script, 0o644); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, path, dir)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	seen := map[string]int{}
	for line := range strings.Lines(string(out)) {
		var s sight
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatal(err)
		}
		want, ok := tables[s.Table]
		if !ok {
			t.Errorf("%s: there is no table %s", s.Reader, s.Table)
			continue
		}
		seen[s.Reader]++
		if s.Metadata != nil {
			s.compareMetadata(t, want.Schema())
		} else {
			s.compareContent(t, want)
		}
	}
	for reader, n := range lines {
		if seen[reader] != n*len(tables) {
			t.Errorf("%s reported %d times on %d tables", reader, seen[reader], len(tables))
		}
	}
}

func (s sight) compareMetadata(t *testing.T, want *arrow.Schema) {
	for key, value := range want.Metadata().ToMap() {
		if s.Metadata[key] != value {
			t.Errorf("%s %s: metadata %s is %q, want %q", s.Reader, s.Table, key, s.Metadata[key], value)
		}
	}
	for _, f := range want.Fields() {
		for key, value := range f.Metadata.ToMap() {
			if s.Fields[f.Name][key] != value {
				t.Errorf("%s %s.%s: metadata %s is %q, want %q", s.Reader, s.Table, f.Name, key, s.Fields[f.Name][key], value)
			}
		}
	}
}

var pyarrowTypes = map[arrow.Type]string{arrow.STRING: "string", arrow.INT32: "int32", arrow.INT64: "int64",
	arrow.FLOAT64: "double", arrow.BOOL: "bool", arrow.DATE32: "date32[day]"}

func (s sight) compareContent(t *testing.T, want arrow.Record) {
	if s.Rows != want.NumRows() || len(s.Columns) != int(want.NumCols()) {
		t.Errorf("%s %s: %d × %d, written were %d × %d", s.Reader, s.Table, s.Rows, len(s.Columns), want.NumRows(),
			want.NumCols())
	}
	for i, f := range want.Schema().Fields() {
		if n, ok := s.Nulls[f.Name]; !ok || n != want.Column(i).NullN() {
			t.Errorf("%s %s.%s: %d nulls, written were %d", s.Reader, s.Table, f.Name, n, want.Column(i).NullN())
		}
		if typ := s.Columns[f.Name]; typ != "" && typ != pyarrowTypes[f.Type.ID()] {
			t.Errorf("%s %s.%s is %s", s.Reader, s.Table, f.Name, typ)
		}
		// Readers add in another order, which shows in the last digits.
		if total, ok := sum(want.Column(i)); ok && math.Abs(s.Sums[f.Name]-total) > 1e-9*max(1, math.Abs(total)) {
			t.Errorf("%s %s.%s adds up to %v, written was %v", s.Reader, s.Table, f.Name, s.Sums[f.Name], total)
		}
	}
}

// sum adds up a column. Not numeric: it holds no numbers.
func sum(a arrow.Array) (total float64, numeric bool) {
	var value func(int) float64
	switch a := a.(type) {
	case *array.Int32:
		value = func(i int) float64 { return float64(a.Value(i)) }
	case *array.Int64:
		value = func(i int) float64 { return float64(a.Value(i)) }
	case *array.Float64:
		value = a.Value
	default:
		return 0, false
	}
	for i := range a.Len() {
		if a.IsValid(i) {
			total += value(i)
		}
	}
	return total, true
}
