package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lianheti/stages/office/try"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// NamedTable is a published table. Record makes the record when called: only tables being written are in memory.
type NamedTable struct {
	Name   string
	Record func() arrow.Record
}

// Published lists the tables for the analysts in the order of tables.yaml, without contacts and with masked texts.
func Published(r *Round) (out []NamedTable, err error) {
	defer try.Caught(&err)
	d := r.Definition
	schemas, entries := try.Get(Schemas(d)), try.Get(Dictionary(d))
	records := map[string]arrow.Record{"codes": Of(Codes(d)).raw(), "dictionary": Of(entries).raw(),
		"file_notes": Of(notesFromFindings(r.FileFindings)).raw(), "changes": r.Changes.raw()}
	for name, t := range r.tables() {
		records[name] = t.raw()
	}
	files := append(r.Arrived(), slices.Collect(r.Marking.Files.All())...)
	records["files"], records["findings"] = Of(files).raw(), Of(r.AllFindings()).raw()

	labels := labelsOf(d)
	for _, s := range schemas {
		name := MetadataValue(s.Metadata(), KeyTable)
		switch name {
		case "submissions":
			records[name] = try.Get(submissionsRecord(s, r.Facts, r.Judgement))
		case "panel":
			records[name] = panelRecord(s, r.Facts)
		}
		out = append(out, NamedTable{name, func() arrow.Record { return publishedRecord(d, s, records[name], labels) }})
	}
	return out, nil
}

// InternalTable is a table that no run publishes, with its description in tables.yaml.
func InternalTable[T any](d *templates.Definition, name string, rows []T) (NamedTable, error) {
	schema, err := withMetadata(d, name, fieldsOf[T]())
	return NamedTable{name, func() arrow.Record { return publishedRecord(d, schema, Of(rows).raw(), labelsOf(d)) }}, err
}

// publishedRecord makes the record to publish: schema with metadata, batch column, masked texts, labels beside codes.
// All columns are built again, so that the bytes depend on the values alone, not on where the rows come from.
func publishedRecord(d *templates.Definition, schema *arrow.Schema, rec arrow.Record,
	labels map[string]map[string]string) arrow.Record {
	columns := make([]arrow.Array, schema.NumFields())
	for i, f := range schema.Fields() {
		name, show := f.Name, maskText
		if of := MetadataValue(f.Metadata, KeyNames); of != "" {
			name, show = of, func(code string) Opt[string] { return Known(labels[of][code], labels[of][code] != "") }
		} else if slices.Contains(hashColumns, name) {
			show = maskUnlessHash
		}
		if name == batchColumn {
			b := array.NewInt32Builder(memory.DefaultAllocator)
			b.AppendValues(slices.Repeat([]int32{int32(d.Directory.Batch)}, int(rec.NumRows())), nil)
			columns[i] = b.NewArray()
		} else {
			columns[i] = copyColumn(columnOf(rec, name), show)
		}
	}
	return array.NewRecord(schema, columns, rec.NumRows())
}

// labelsOf maps columns with codes to the labels of their codes; a column of fields may also have indicators.
func labelsOf(d *templates.Definition) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, c := range Codes(d) {
		Submap(out, c.List)[c.Code] = c.Label
	}
	maps.Copy(out["field"], out["indicator"])
	return out
}

// copyColumn copies a column value by value; show is applied to texts, to each different one once.
func copyColumn(column arrow.Array, show func(string) Opt[string]) arrow.Array {
	var shown []Opt[string]
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
			appendShown(b, shown[c.GetValueIndex(i)])
		case *array.String:
			appendShown(b, show(c.Value(i)))
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

func appendShown(b array.Builder, text Opt[string]) {
	if text.Valid {
		b.(*array.StringBuilder).Append(text.V)
	} else {
		b.AppendNull()
	}
}

// maskText masks a text once more, because joined texts may look like a phone, and makes it valid UTF-8 for readers.
func maskText(s string) Opt[string] { return Some(text.Mask(strings.ToValidUTF8(s, "\uFFFD"))) }

func maskUnlessHash(s string) Opt[string] {
	if (len(s) == 16 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == "" && strings.ContainsAny(s, "abcdef") {
		return Some(s)
	}
	return maskText(s)
}

// hashColumns are exempt from masking where the value is a hash: it may contain eleven digits by chance. The value is
// checked too, because a filler can type anything as the fingerprint of an explanation; digits alone are no hash.
var hashColumns = []string{"sha256", "fingerprint", "value_hash"}

// panelRow are the first columns of the table panel, which has a row for each submission and year; the metrics follow.
type panelRow struct {
	Submission string `col:"submission"`
	CityCode   string `col:"city_code,null"`
	City       string `col:"city,null"`
	Consortium string `col:"consortium,null"`
	Year       int32  `col:"year"`
	Kind       string `col:"kind"`
}

// formFields are the columns that the form adds to a wide table; they are null where the status is not Normal.
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

// answerType is the Arrow type of a field's column. Integer fields are float64 too: a filler may have typed a fraction.
// A date has a second column for its text, because some dates are months.
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

// textSuffix ends the name of the column with the text of a date.
const textSuffix = "_text"

// submissionsRecord is the table submissions with the columns of the verdicts and of the undated fields.
func submissionsRecord(schema *arrow.Schema, f *Facts, j *Judgement) (arrow.Record, error) {
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
	w := pivot{f.Submissions.Len(), map[string][]pivotValue{}}
	for g := range f.Figures.All() {
		w.put(g.Field, row[g.Submission], pivotValue{g.Number, g.Text, g.Status == Normal})
	}
	return w.record(schema, slices.Concat(f.Submissions.raw().Columns(), j.Verdicts.raw().Columns()[1:])), nil
}

// pivot turns long rows into wide ones: it collects the values of each field, which becomes a column.
type pivot struct {
	rows    int
	answers map[string][]pivotValue
}

// pivotValue is one value of a pivoted column; the zero value is null.
type pivotValue struct {
	number Opt[float64]
	text   string
	there  bool
}

func (w pivot) put(field string, row int, x pivotValue) {
	if w.answers[field] == nil {
		w.answers[field] = make([]pivotValue, w.rows)
	}
	w.answers[field][row] = x
}

// record appends the pivoted columns to the given ones.
func (w pivot) record(schema *arrow.Schema, columns []arrow.Array) arrow.Record {
	fields := schema.Fields()[1:] // publishing puts the batch before them
	for _, field := range fields[len(columns):] {
		columns = append(columns, w.column(field.Type, w.answers[strings.TrimSuffix(field.Name, textSuffix)]))
	}
	for i, c := range columns {
		fields[i].Type = c.DataType()
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(w.rows))
}

func (w pivot) column(t arrow.DataType, answers []pivotValue) arrow.Array {
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

// panelRecord pivots the metrics: a row for each submission and year of the form, a column for each metric.
func panelRecord(schema *arrow.Schema, f *Facts) arrow.Record {
	years := f.Definition.Form.Years
	begin, rows := map[string]int{}, NewBuilder[panelRow](f.Submissions.Len()*len(years))
	for s := range f.Submissions.All() {
		begin[s.Submission] = rows.Len()
		for _, y := range years {
			rows.Append(panelRow{s.Submission, s.CityCode, s.City, s.Consortium, int32(y.Year), string(y.Kind)})
		}
	}
	head := rows.Finish()
	w := pivot{head.Len(), map[string][]pivotValue{}}
	for m := range f.Metrics.All() {
		row := begin[m.Submission] + int(m.Year) - years[0].Year
		w.put(m.Indicator, row, pivotValue{number: m.Value, there: m.Status == Normal})
	}
	return w.record(schema, slices.Clone(head.raw().Columns()))
}
