package table

import (
	"reflect"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Forms yields the submissions in order, each with its rows of every table.
func (f *Facts) Forms(yield func(*Form) bool) {
	figures, metrics, texts := rowReader(f.Figures), metricReader(f.Metrics), rowReader(f.Texts)
	members, materials, verifications := rowReader(f.Members), rowReader(f.Materials), rowReader(f.Verifications)
	explanations, coercions, loose := rowReader(f.Explanations), rowReader(f.Coercions), rowReader(f.Loose)
	columns, cells := rowReader(f.ListColumns), rowReader(f.ListCells)
	last := &Form{}
	for s := range f.Submissions.All() {
		id := s.Submission
		form := &Form{Submission: s, def: f.Definition, Figures: figures(id), Texts: texts(id),
			Members: members(id), Materials: materials(id), Verifications: verifications(id), Explanations: explanations(id),
			Coercions: coercions(id), ListColumns: columns(id), ListCells: cells(id), Loose: loose(id)}
		form.asked, form.metrics = metrics(id)
		if form.values = last.values; !form.hasRowsOf(last) { // nearly all have the same rows, and share their index
			form.index()
		}
		if last = form; !yield(form) {
			return
		}
	}
}

// rowReader returns a function that reads the rows of one submission after another, in the order of the submissions.
func rowReader[T any](t Table[T]) func(submission string) []T {
	next := t.groups()
	return func(submission string) []T { return t.slice(next(submission)) }
}

// groups returns a function that finds the rows of one submission after another, in the order of the submissions.
func (t Table[T]) groups() func(submission string) (from, to int) {
	at := 0
	return func(submission string) (from, to int) {
		for from = at; at < t.Len() && cellOf(t.record, "submission", at) == submission; {
			at++
		}
		return from, at
	}
}

// slice reads some rows.
func (t Table[T]) slice(from, to int) (out []T) {
	out = slices.Grow(out, to-from)[:to-from]
	for i := range out {
		t.read(from+i, &out[i])
	}
	return out
}

// metricValue is what a form has of its own in a row of metrics.
type metricValue struct {
	Value  Opt[float64] `col:"value"`
	Status Status       `col:"status"`
	Raw    string       `col:"raw,null"`
}

// metricReader is rowReader for metrics, of which there are hundreds in a form and nearly all forms have the same.
func metricReader(t Table[Metric]) func(submission string) ([]Metric, []metricValue) {
	values, next := columnsOf[metricValue](t), t.groups()
	var asked []Metric
	first := 0 // row of the first of asked
	return func(submission string) ([]Metric, []metricValue) {
		from, to := next(submission)
		if len(asked) != to-from || !t.repeats(first, from, to-from, "indicator", "year", "unit", "kind", "sheet", "cell") {
			asked, first = t.slice(from, to), from
		}
		return asked, values.slice(from, to)
	}
}

// repeats reports whether n rows from a on have the same texts and whole numbers in some columns as those from b on.
func (t Table[T]) repeats(a, b, n int, columns ...string) bool {
	return !slices.ContainsFunc(columns, func(name string) bool {
		column := columnOf(t.raw(), name)
		if d, ok := column.(*array.Dictionary); ok {
			column = d.Indices()
		}
		numbers := column.(*array.Int32).Int32Values()
		return !slices.Equal(numbers[a:a+n], numbers[b:b+n])
	})
}

// columnsOf is a table of some of the columns, without copying them.
func columnsOf[V, T any](t Table[T]) Table[V] {
	c, rec := codecOf(reflect.TypeFor[V]()), t.raw()
	columns := Each(c, func(col column) arrow.Array { return columnOf(rec, col.name) })
	return Table[V]{record: array.NewRecord(c.memorySchema(), columns, rec.NumRows()), codec: c}
}
