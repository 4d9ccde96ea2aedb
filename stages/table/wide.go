package table

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// panelRow is what a row of panel begins with: one submission in one year. A column for each metric follows.
type panelRow struct {
	Submission string `col:"submission"`
	CityCode   string `col:"city_code,null"`
	City       string `col:"city,null"`
	Consortium string `col:"consortium,null"`
	Year       int32  `col:"year"`
	Kind       string `col:"kind"`
}

// formFields are the columns that the form adds to a wide table, which takes its singles or its metrics and nothing else. Null
// means that there is no normal value.
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

// answerType is the Arrow type of a field's column. Whole numbers are float64 like all others: a filler may have typed a
// fraction, which is a finding and still the value. A date is a day; its text stands beside it, because a month is enough for some.
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
	answers := map[string][]Figure{}
	for g := range f.Figures.All() {
		if answers[g.Field] == nil {
			answers[g.Field] = make([]Figure, f.Submissions.Len())
		}
		answers[g.Field][row[g.Submission]] = g
	}
	columns := slices.Concat(f.Submissions.Record().Columns(), j.Verdicts.Record().Columns()[1:])
	return widened(schema, f.Submissions.Len(), columns, func(field arrow.Field) arrow.Array {
		return answerColumn(field.Type, answers[strings.TrimSuffix(field.Name, textSuffix)], f.Submissions.Len())
	}), nil
}

// widened puts the columns that the form adds, each made of its field, beside those that the rows have.
func widened(schema *arrow.Schema, rows int, columns []arrow.Array, made func(arrow.Field) arrow.Array) arrow.Record {
	fields := schema.Fields()[1:] // publishing puts the batch before them
	for _, field := range fields[len(columns):] {
		columns = append(columns, made(field))
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(rows))
}

// answerColumn writes one undated answer of n submissions, in their order.
func answerColumn(t arrow.DataType, answers []Figure, n int) arrow.Array {
	b := array.NewBuilder(memory.DefaultAllocator, t)
	for i := range n {
		if answers == nil || answers[i].Status != Normal {
			b.AppendNull()
			continue
		}
		switch b := b.(type) {
		case *array.Float64Builder:
			b.AppendValues([]float64{answers[i].Number.V}, []bool{answers[i].Number.Valid})
		case *array.BooleanBuilder:
			b.Append(answers[i].Text == "true")
		case *array.StringBuilder:
			b.Append(answers[i].Text)
		case *array.Date32Builder:
			day := Day(answers[i].Text)
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
	values := map[string][]Opt[float64]{}
	for m := range f.Metrics.All() {
		if m.Status != Normal {
			continue
		}
		if values[m.Indicator] == nil {
			values[m.Indicator] = make([]Opt[float64], head.Len())
		}
		values[m.Indicator][begin[m.Submission]+int(m.Year)-years[0].Year] = m.Value
	}
	return widened(schema, head.Len(), slices.Clone(head.Record().Columns()), func(field arrow.Field) arrow.Array {
		b := array.NewFloat64Builder(memory.DefaultAllocator)
		for i := range head.Len() {
			if of := values[field.Name]; of != nil && of[i].Valid {
				b.Append(of[i].V)
			} else {
				b.AppendNull()
			}
		}
		return b.NewArray()
	})
}
