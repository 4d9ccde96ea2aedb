package table

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/shopspring/decimal"
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

// Forms share what they ask, and the index of their rows, where that is the same, and only there.
func TestFormsFindTheirOwnRows(t *testing.T) {
	asked := Metric{Indicator: "x", Year: 2022, Unit: "个", Kind: "actual", Sheet: "s", Cell: "B2", Status: Normal}
	facts, metrics := &Facts{Figures: Of([]Figure{{Submission: "0", Field: "a"}, {Submission: "1", Field: "a"}, {Submission: "2", Field: "b"}})}, []Metric{}
	var ids []string
	for i, differ := range []func(*Metric){ // from the submission before
		func(*Metric) {}, func(*Metric) {}, func(m *Metric) { m.Indicator = "y" }, func(m *Metric) { m.Year = 2021 }, func(m *Metric) { m.Unit = "家" },
		func(m *Metric) { m.Kind = "committed" }, func(m *Metric) { m.Sheet = "t" }, func(m *Metric) { m.Cell = "B3" },
	} {
		differ(&asked)
		ids = append(ids, fmt.Sprint(i))
		for range 2 {
			m := asked
			m.Submission, m.Year, m.Value, m.Raw = ids[i], m.Year+int32(len(metrics)%2), Some(float64(len(metrics))), fmt.Sprint("typed ", len(metrics))
			metrics = append(metrics, m)
		}
	}
	metrics = append(metrics, asked)
	metrics[len(metrics)-1].Submission = "one row less"
	metrics[3].Status, metrics[3].Value, metrics[3].Raw = Missing, Opt[float64]{}, ""
	facts.Metrics = Of(metrics)
	facts.Submissions = Of(Each(append(ids, "one row less", "none"), func(id string) Submission { return Submission{Submission: id} }))
	for form := range facts.Forms {
		id := form.Submission.Submission
		own := slices.DeleteFunc(slices.Clone(metrics), func(m Metric) bool { return m.Submission != id })
		copied := form.Clone()
		for _, m := range own {
			copied.SetNumber(templates.Ref{Field: m.Indicator, Year: int(m.Year)}, Normal, decimal.NewFromInt(77), "77")
			if n, ok := copied.Number(m.Indicator, int(m.Year)); !ok || n.IntPart() != 77 {
				t.Errorf("a changed copy of %s has %s", id, n)
			}
			if found := form.Metric(m.Indicator, int(m.Year)); found == nil || *found != m {
				t.Errorf("%s %d of %s is %+v", m.Indicator, m.Year, id, found)
			}
		}
		if found := slices.Collect(form.Metrics); !slices.Equal(found, own) {
			t.Errorf("metrics of %s are %+v, not %+v", id, found, own)
		}
		for _, g := range form.Figures {
			if found := form.Figure(g.Field); found == nil || *found != g {
				t.Errorf("%s of %s is %+v", g.Field, g.Submission, found)
			}
		}
		if id == "2" && (form.Metric("x", 2022) != nil || form.Figure("a") != nil) || id == "none" && form.Metric("y", 2021) != nil {
			t.Errorf("%s has rows of another", id)
		}
	}
}
