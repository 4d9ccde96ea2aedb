package export

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"testing"

	"lianheti/stages/table"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// compareCSV reads a CSV file as RFC 4180 has it and demands the values that were written.
func compareCSV(t *testing.T, what string, want arrow.Record, data []byte) {
	t.Helper()
	text, ok := strings.CutPrefix(string(data), byteOrderMark)
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = int(want.NumCols())
	rows, err := r.ReadAll()
	if err != nil || !ok || len(rows) != int(want.NumRows())+1 {
		t.Fatalf("%s: %d lines of %d, marked as UTF-8: %v; %v", what, len(rows), want.NumRows()+1, ok, err)
	}
	for i, column := range want.Columns() {
		if rows[0][i] != want.ColumnName(i) {
			t.Errorf("%s: column %q is headed %q", what, want.ColumnName(i), rows[0][i])
		}
		for n := range column.Len() {
			got, expect := rows[n+1][i], ""
			switch c := column.(type) {
			case *array.String:
				got = strings.ReplaceAll(strings.TrimPrefix(got, "'"), "\r\n", "\n") // encoding/csv reads a line end within quotes as \n
				expect = strings.ReplaceAll(strings.TrimPrefix(c.Value(n), "'"), "\r\n", "\n")
			case *array.Float64:
				if v, err := strconv.ParseFloat(got, 64); err == nil && v == c.Value(n) && !strings.ContainsAny(got, "eE") {
					expect = got
				}
			default:
				expect = column.ValueStr(n)
			}
			if column.IsNull(n) {
				expect = ""
			}
			if got != expect {
				t.Fatalf("%s, row %d, %s: %q came back as %q", what, n+1, want.ColumnName(i), expect, rows[n+1][i])
			}
		}
	}
}

func TestCSVIsWhatExcelTakes(t *testing.T) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "words", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "value", Type: arrow.PrimitiveTypes.Float64, Nullable: true}}, nil))
	words, value := b.Field(0).(*array.StringBuilder), b.Field(1).(*array.Float64Builder)
	words.AppendValues([]string{"=1+1", "+甲", "-", "@a", "\t乙", "丙,\"丁\"\n戊", "", " 己 ", "庚"}, nil)
	words.AppendNull()
	value.AppendValues([]float64{1e21, 0.1, -3, 0, 1e-7, 2.5, 12, 13, 14}, nil)
	value.AppendNull()
	rec := b.NewRecord()
	var out bytes.Buffer
	w := newSink(nopCloser{&out})
	if err := w.finish(writeCSV(w, rec)); err != nil {
		t.Fatal(err)
	}
	want := byteOrderMark + "words,value\r\n'=1+1,1000000000000000000000\r\n'+甲,0.1\r\n'-,-3\r\n'@a,0\r\n'\t乙,0.0000001\r\n" +
		"\"丙,\"\"丁\"\"\n戊\",2.5\r\n\"\",12\r\n\" 己 \",13\r\n庚,14\r\n,\r\n"
	if out.String() != want {
		t.Errorf("%q\nwant\n%q", out.String(), want)
	}
}

// A key that does not hold in a run is not declared for it.
func TestKeysAreDeclaredWhereTheyHold(t *testing.T) {
	files := func(paths ...string) arrow.Record {
		var rows []table.File
		for _, p := range paths {
			rows = append(rows, table.File{Role: table.RoleMarks, Path: p})
		}
		return recordOf(t, "files", rows)
	}
	key := []string{"role", "path"}
	if twice, once := files("a", "a"), files("a", "b"); unique(twice, key) || !unique(once, key) || unique(once, []string{"code"}) {
		t.Error("a key that repeats or is null is taken for one, or one that holds is not")
	}
	marks := recordOf(t, "marks", []table.Mark{{File: "b"}})
	if !refers(marks, "file", table.Values(files("a", "b"), "path")) || refers(marks, "file", table.Values(files("a"), "path")) || refers(marks, "file", nil) {
		t.Error("a reference is not told from one that leads nowhere")
	}
}
