package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Named is a table as it is published. Its record is made anew each time, so that no more of them are in memory than
// are being written.
type Named struct {
	Name   string
	Record func() arrow.Record
}

// Published gives every table that goes to the analysts, in the order of tables.yaml. Phone and id numbers are masked
// in all texts; contacts are not among the tables.
func Published(r *Round) (out []Named, err error) {
	d := r.Definition
	schemas, err := Schemas(d)
	if err != nil {
		return nil, err
	}
	entries, err := Dictionary(d)
	if err != nil {
		return nil, err
	}
	records := map[string]arrow.Record{"codes": Of(Codes(d)).raw(), "dictionary": Of(entries).raw(),
		"file_notes": Of(notesOf(r.Reading)).raw(), "changes": r.Changes.raw()}
	for _, holder := range []any{r.Facts, r.Judgement, r.Ranking} {
		for name, t := range tablesOf(holder) {
			if t.raw() == nil { // nobody had anything to put into it
				t.clear()
			}
			records[name] = t.raw()
		}
	}
	records["files"], records["findings"] = r.AllFiles().raw(), Of(r.AllFindings()).raw()

	labels := labelsOf(d)
	for _, s := range schemas {
		name := Said(s.Metadata(), KeyTable)
		switch name {
		case "submissions":
			if records[name], err = wideSubmissions(s, r.Facts, r.Judgement); err != nil {
				return nil, err
			}
		case "panel":
			records[name] = widePanel(s, r.Facts)
		}
		out = append(out, Named{name, func() arrow.Record { return publishable(d, s, records[name], labels) }})
	}
	return out, nil
}

// Apart is a table that no run publishes, under the description that tables.yaml has of it.
func Apart[T any](d *templates.Definition, name string, rows []T) (Named, error) {
	schema, err := describe(d, name, fieldsOf[T]())
	return Named{name, func() arrow.Record { return publishable(d, schema, Of(rows).raw(), labelsOf(d)) }}, err
}

// publishable is a record under its described schema: behind the batch, with every text fit to be seen, and the labels
// beside the codes. All columns are built anew: the bytes depend on the values alone, not on where the rows come from.
func publishable(d *templates.Definition, schema *arrow.Schema, rec arrow.Record,
	labels map[string]map[string]string) arrow.Record {
	columns := make([]arrow.Array, schema.NumFields())
	for i, f := range schema.Fields() {
		show := visible
		if slices.Contains(hashColumns, f.Name) {
			show = visibleHash
		}
		if f.Name == batchColumn {
			b := array.NewInt32Builder(memory.DefaultAllocator)
			b.AppendValues(slices.Repeat([]int32{int32(d.Directory.Batch)}, int(rec.NumRows())), nil)
			columns[i] = b.NewArray()
		} else if of := Said(f.Metadata, KeyNames); of != "" {
			columns[i] = labelled(columnOf(rec, of), labels[of])
		} else {
			columns[i] = rebuilt(columnOf(rec, f.Name), show)
		}
	}
	return array.NewRecord(schema, columns, rec.NumRows())
}

func labelled(codes arrow.Array, labels map[string]string) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range codes.Len() {
		if codes.IsNull(i) || labels[textAt(codes, i)] == "" {
			b.AppendNull()
		} else {
			b.Append(labels[textAt(codes, i)])
		}
	}
	return b.NewArray()
}

// labelsOf gives the labels of codes by the column that they stand in; a field may be an indicator.
func labelsOf(d *templates.Definition) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, c := range Codes(d) {
		In(out, c.List)[c.Code] = c.Label
	}
	maps.Copy(out["field"], out["indicator"])
	return out
}

// rebuilt copies a column value by value, texts as they may be shown.
func rebuilt(column arrow.Array, show func(string) string) arrow.Array {
	var shown []string // the texts of the column, each once
	typ := column.DataType()
	if d, ok := column.(*array.Dictionary); ok {
		typ = arrow.BinaryTypes.String
		for i := range d.Dictionary().Len() {
			shown = append(shown, show(textAt(d.Dictionary(), i)))
		}
	}
	b := array.NewBuilder(memory.DefaultAllocator, typ)
	b.Reserve(column.Len())
	for i := range column.Len() {
		if column.IsNull(i) {
			b.AppendNull()
			continue
		}
		switch c := column.(type) {
		case *array.Dictionary:
			b.(*array.StringBuilder).Append(shown[c.GetValueIndex(i)])
		case *array.String:
			b.(*array.StringBuilder).Append(show(c.Value(i)))
		case *array.Float64:
			b.(*array.Float64Builder).Append(c.Value(i))
		case *array.Int32:
			b.(*array.Int32Builder).Append(c.Value(i))
		case *array.Int64:
			b.(*array.Int64Builder).Append(c.Value(i))
		case *array.Date32:
			b.(*array.Date32Builder).Append(c.Value(i))
		case *array.Boolean:
			b.(*array.BooleanBuilder).Append(c.Value(i))
		}
	}
	return b.NewArray()
}

// visible masks a text once more: words put together may look like a phone. Readers refuse what is no UTF-8.
func visible(s string) string { return text.Mask(strings.ToValidUTF8(s, "\uFFFD")) }

func visibleHash(s string) string {
	if (len(s) == 16 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == "" && strings.ContainsAny(s, "abcdef") {
		return s
	}
	return visible(s)
}

// A hash may hold eleven digits in a row by chance, and masked it leads nowhere. The column alone does not tell: a
// filler can type anything into the fingerprint of an explanation. Digits alone are not taken for a hash.
var hashColumns = []string{"sha256", "fingerprint", "value_hash"}

// panelRow is what a row of panel begins with: one submission in one year. A column for each metric follows.
type panelRow struct {
	Submission string `col:"submission"`
	CityCode   string `col:"city_code,null"`
	City       string `col:"city,null"`
	Consortium string `col:"consortium,null"`
	Year       int32  `col:"year"`
	Kind       string `col:"kind"`
}

// formFields are the columns that the form adds to a wide table: its singles or its metrics. Null means that there is
// no normal value.
func formFields(d *templates.Definition, name, form string) []arrow.Field {
	t := d.Table(name)
	if t == nil || t.Form != form {
		return nil
	}
	var out []arrow.Field
	for _, f := range formColumns(d, t) {
		out = append(out, arrow.Field{Name: f.ID, Type: answerType(f), Nullable: true})
		if f.Type == templates.DateField {
			out = append(out, arrow.Field{Name: f.ID + textSuffix, Type: arrow.BinaryTypes.String, Nullable: true})
		}
	}
	return out
}

// answerType is the Arrow type of a field's column. Whole numbers are float64 like all others: a filler may have typed
// a fraction. A date is a day; its text stands beside it, because some are months.
func answerType(f *templates.Field) arrow.DataType {
	switch {
	case f.Numeric():
		return arrow.PrimitiveTypes.Float64
	case f.Type == templates.ConfirmField:
		return arrow.FixedWidthTypes.Boolean
	case f.Type == templates.DateField:
		return arrow.FixedWidthTypes.Date32
	}
	return arrow.BinaryTypes.String
}

// textSuffix names the column that has a date as it reads, to the day or to the month.
const textSuffix = "_text"

// wideSubmissions puts the verdict and the undated answers of each submission beside it.
func wideSubmissions(schema *arrow.Schema, f *Facts, j *Judgement) (arrow.Record, error) {
	if j.Verdicts.Len() != f.Submissions.Len() {
		return nil, fmt.Errorf("%d 个申报有 %d 个受理结论", f.Submissions.Len(), j.Verdicts.Len())
	}
	row := map[string]int{}
	for s := range f.Submissions.All() {
		if v := j.Verdicts.Row(len(row)); v.Submission != s.Submission {
			return nil, fmt.Errorf("申报 %s 的受理结论不在它的位置上", s.Submission)
		}
		row[s.Submission] = len(row)
	}
	w := widening{f.Submissions.Len(), map[string][]wide{}}
	for g := range f.Figures.All() {
		w.put(g.Field, row[g.Submission], wide{g.Number, g.Text, g.Status == Normal})
	}
	return w.record(schema, slices.Concat(f.Submissions.raw().Columns(), j.Verdicts.raw().Columns()[1:])), nil
}

// widening gathers the answers of so many rows by the field that becomes a column.
type widening struct {
	rows    int
	answers map[string][]wide
}

// wide is an answer in a column of its own; the zero value: none.
type wide struct {
	number Opt[float64]
	text   string
	there  bool
}

func (w widening) put(field string, row int, x wide) {
	if w.answers[field] == nil {
		w.answers[field] = make([]wide, w.rows)
	}
	w.answers[field][row] = x
}

// record puts the columns that the form adds, each made of its field, beside those that the rows have.
func (w widening) record(schema *arrow.Schema, columns []arrow.Array) arrow.Record {
	fields := schema.Fields()[1:] // publishing puts the batch before them
	for _, field := range fields[len(columns):] {
		columns = append(columns, w.column(field.Type, w.answers[strings.TrimSuffix(field.Name, textSuffix)]))
	}
	for i, c := range columns {
		fields[i].Type = c.DataType()
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(w.rows))
}

// column writes the answers to one field.
func (w widening) column(t arrow.DataType, answers []wide) arrow.Array {
	b := array.NewBuilder(memory.DefaultAllocator, t)
	for i := range w.rows {
		if answers == nil || !answers[i].there {
			b.AppendNull()
			continue
		}
		switch x := answers[i]; b := b.(type) {
		case *array.Float64Builder:
			b.AppendValues([]float64{x.number.V}, []bool{x.number.Valid})
		case *array.BooleanBuilder:
			b.Append(x.text == "true")
		case *array.StringBuilder:
			b.Append(x.text)
		case *array.Date32Builder:
			day := Day(x.text)
			b.AppendValues([]arrow.Date32{day.V}, []bool{day.Valid})
		}
	}
	return b.NewArray()
}

// widePanel turns the metrics round: a row for each submission and year of the form, a column for each metric.
func widePanel(schema *arrow.Schema, f *Facts) arrow.Record {
	years := f.Definition.Form.Years
	begin, rows := map[string]int{}, NewBuilder[panelRow]()
	for s := range f.Submissions.All() {
		begin[s.Submission] = rows.Len()
		for _, y := range years {
			rows.Append(panelRow{s.Submission, s.CityCode, s.City, s.Consortium, int32(y.Year), string(y.Kind)})
		}
	}
	head := rows.Finish()
	w := widening{head.Len(), map[string][]wide{}}
	for m := range f.Metrics.All() {
		w.put(m.Indicator, begin[m.Submission]+int(m.Year)-years[0].Year, wide{number: m.Value, there: m.Status == Normal})
	}
	return w.record(schema, slices.Clone(head.raw().Columns()))
}
