package table

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Requirements
//  1. Rows of every type come back from Arrow as they went in; what is absent comes back absent, and zero as zero.
//  2. A record written with other columns around, in another order, reads as the same rows; one that lacks a column or has it in
//     another type is refused by name.
//  3. All memory is given back.
func TestRowsComeBack(t *testing.T) {
	t.Run("File", comesBack[File])
	t.Run("Submission", comesBack[Submission])
	t.Run("Figure", comesBack[Figure])
	t.Run("Metric", comesBack[Metric])
	t.Run("Text", comesBack[Text])
	t.Run("Member", comesBack[Member])
	t.Run("Material", comesBack[Material])
	t.Run("Verification", comesBack[Verification])
	t.Run("Explanation", comesBack[Explanation])
	t.Run("Coercion", comesBack[Coercion])
	t.Run("ListColumn", comesBack[ListColumn])
	t.Run("LooseCell", comesBack[LooseCell])
	t.Run("Contact", comesBack[Contact])
	t.Run("Finding", comesBack[Finding])
	t.Run("Outcome", comesBack[Outcome])
	t.Run("Verdict", comesBack[Verdict])
	t.Run("Score", comesBack[Score])
	t.Run("Rank", comesBack[Rank])
	t.Run("Mark", comesBack[Mark])
	t.Run("Expert", comesBack[Expert])
	t.Run("Growth", comesBack[Growth])
	t.Run("Scenario", comesBack[Scenario])
	t.Run("Influence", comesBack[Influence])
	t.Run("Swap", comesBack[Swap])
	t.Run("Meaning", comesBack[DictionaryRow])
	t.Run("Code", comesBack[Code])
}

func comesBack[T any](t *testing.T) {
	r := rand.New(rand.NewPCG(20240815, 3))
	for n := range 40 {
		rows := make([]T, n)
		for i := range rows {
			randomRow(r, reflect.ValueOf(&rows[i]).Elem())
		}
		made := Of(rows)
		if got := slices.Collect(made.All()); !reflect.DeepEqual(got, rows) && n > 0 {
			t.Fatalf("went in %+v, came back %+v", rows, got)
		}
		shuffled := rearranged(made.Record())
		again, err := FromRecord[T](shuffled)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Collect(again.All()); !reflect.DeepEqual(got, rows) && n > 0 {
			t.Fatalf("went in %+v, read again %+v", rows, got)
		}
	}
}

// randomRow fills a row; about half of what may be absent is absent.
func randomRow(r *rand.Rand, row reflect.Value) {
	for i := range row.NumField() {
		f := row.Field(i)
		if f.Kind() != reflect.Struct {
			randomValue(r, f)
		} else if r.IntN(2) == 0 {
			randomValue(r, f.Field(0)) // may be zero: a zero that is there
			f.Field(1).SetBool(true)
		}
	}
}

func randomValue(r *rand.Rand, v reflect.Value) {
	if r.IntN(3) == 0 {
		return // zero
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"福州", "=1+1", "a\x00b", "多行\n文字", "😀", " "}[r.IntN(6)])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Float64:
		v.SetFloat(r.NormFloat64() * 1e6)
	default:
		v.SetInt(int64(int32(r.Uint32())))
	}
}

// rearranged is the record with its columns the other way round and a foreign one among them.
func rearranged(rec arrow.Record) arrow.Record {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	for i := range rec.NumRows() {
		b.Append(i)
	}
	foreign := b.NewArray()
	fields, columns := slices.Clone(rec.Schema().Fields()), slices.Clone(rec.Columns())
	fields, columns = append(fields, arrow.Field{Name: "foreign", Type: foreign.DataType()}), append(columns, foreign)
	slices.Reverse(fields)
	slices.Reverse(columns)
	return array.NewRecord(arrow.NewSchema(fields, nil), columns, rec.NumRows())
}

func TestFromRecordRefuses(t *testing.T) {
	contacts := Of([]Contact{{Submission: "2024-01"}})
	if _, err := FromRecord[Material](contacts.Record()); err == nil || !strings.Contains(err.Error(), "record") {
		t.Errorf("a record without the column record: %v", err)
	}
	rec := contacts.Record()
	fields, columns := slices.Clone(rec.Schema().Fields()), slices.Clone(rec.Columns())
	columns[0] = array.MakeArrayOfNull(memory.DefaultAllocator, arrow.PrimitiveTypes.Int32, 1)
	fields[0].Type = columns[0].DataType()
	wrong := array.NewRecord(arrow.NewSchema(fields, nil), columns, 1)
	if _, err := FromRecord[Contact](wrong); err == nil || !strings.Contains(err.Error(), "submission") {
		t.Errorf("a record with numbers for submission: %v", err)
	}
}

// Record is a copy of the table's record, texts not dictionary-encoded, as tables are published.
func (t Table[T]) Record() arrow.Record {
	columns := slices.Clone(t.record.Columns())
	for i, c := range columns {
		columns[i] = copyColumn(c, Some[string])
	}
	return array.NewRecord(t.codec.schema(), columns, t.record.NumRows())
}

// Forms share the index of their rows where they have the same rows, and only there.
func TestFormsFindTheirOwnRows(t *testing.T) {
	metric := func(id, field string, year int32) Metric {
		return Metric{Submission: id, Indicator: field, Year: year, Value: Some(float64(year)), Status: Normal, Cell: id + field}
	}
	facts := &Facts{Submissions: Of([]Submission{{Submission: "1"}, {Submission: "2"}, {Submission: "3"}, {Submission: "4"}}),
		Figures: Of([]Figure{{Submission: "1", Field: "a"}, {Submission: "2", Field: "a"}, {Submission: "4", Field: "b"}}),
		Texts:   Of([]Text(nil)),
		Metrics: Of([]Metric{metric("1", "x", 2022), metric("1", "x", 2023), metric("2", "x", 2022), metric("2", "x", 2023),
			metric("3", "x", 2023), metric("3", "x", 2022), metric("4", "x", 2023)}),
		Members: Of([]Member(nil)), Materials: Of([]Material(nil)), Verifications: Of([]Verification(nil)), Explanations: Of([]Explanation(nil)),
		Coercions: Of([]Coercion(nil)), ListColumns: Of([]ListColumn(nil)), ListCells: Of([]ListCell(nil)), Loose: Of([]LooseCell(nil))}
	for form := range facts.Forms {
		for m := range form.Metrics {
			if found := form.Metric(m.Indicator, int(m.Year)); found == nil || *found != m {
				t.Errorf("%s %d of %s is %+v", m.Indicator, m.Year, m.Submission, found)
			}
		}
		for _, g := range form.Figures {
			if found := form.Figure(g.Field); found == nil || *found != g {
				t.Errorf("%s of %s is %+v", g.Field, g.Submission, found)
			}
		}
		if id := form.Submission.Submission; id == "4" && (form.Metric("x", 2022) != nil || form.Figure("a") != nil) {
			t.Error("a form has rows of another")
		}
	}
}
