package table

import (
	"slices"
	"strings"

	"lianheti/stages"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Named is a table as it is published: its columns, with what they mean as metadata.
type Named struct {
	Name   string
	Record arrow.Record
}

// Published gives every table that goes to the analysts, in the order of tables.yaml. Phone and id numbers are masked in
// whatever text a person may have typed; contacts are not among the tables. changes may have no rows. The caller releases the records.
func Published(mem memory.Allocator, d *templates.Definition, f *Facts, j *Judgement, r *Ranking, changes Table[Change]) ([]Named, error) {
	schemas, err := Schemas(d)
	if err != nil {
		return nil, err
	}
	entries, err := Dictionary(d)
	if err != nil {
		return nil, err
	}
	codes, dictionary, notes := Of(mem, Codes(d)), Of(mem, entries), Of(mem, notesOf(d, f.Reading))
	defer codes.Release()
	defer dictionary.Release()
	defer notes.Release()
	records := map[string]arrow.Record{"codes": codes.Record(), "dictionary": dictionary.Record(), "file_notes": notes.Record(), "changes": changes.Record()}
	for _, holder := range []any{f, j, r} {
		for name, t := range tablesOf(holder) {
			records[name] = t.Record()
		}
	}
	files := f.AllFiles(mem)
	defer files.Release()
	records["files"] = files.Record()

	var out []Named
	for _, s := range schemas {
		name := Said(s.Metadata(), KeyTable)
		switch name {
		case "submissions":
			if records[name], err = wideSubmissions(mem, s, f, j); err != nil {
				Release(out)
				return nil, err
			}
			defer records[name].Release()
		case "panel":
			records[name] = widePanel(mem, s, f)
			defer records[name].Release()
		}
		out = append(out, Named{name, publishable(mem, s, records[name])})
	}
	return out, nil
}

// Release frees published tables.
func Release(tables []Named) {
	for _, t := range tables {
		t.Record.Release()
	}
}

// publishable is a record under its described schema, with every text fit to be seen.
func publishable(mem memory.Allocator, schema *arrow.Schema, rec arrow.Record) arrow.Record {
	columns := slices.Clone(rec.Columns())
	for i, c := range columns {
		if texts, ok := c.(*array.String); ok {
			columns[i] = maskedColumn(mem, texts, slices.Contains(hashColumns, schema.Field(i).Name))
			defer columns[i].Release()
		}
	}
	return array.NewRecord(schema, columns, rec.NumRows())
}

// maskedColumn masks every text of a column; most have nothing to mask and stay as they are.
func maskedColumn(mem memory.Allocator, texts *array.String, hashes bool) arrow.Array {
	masked := func(i int) string {
		s := texts.Value(i)
		if hashes && isHash(s) {
			return s
		}
		return stages.Mask(strings.ToValidUTF8(s, "\uFFFD")) // Arrow promises UTF-8, and readers refuse a file without it
	}
	n, first := texts.Len(), 0
	for first < n && (texts.IsNull(first) || masked(first) == texts.Value(first)) {
		first++
	}
	if first == n {
		texts.Retain()
		return texts
	}
	b := array.NewStringBuilder(mem)
	defer b.Release()
	for i := range n {
		if texts.IsNull(i) {
			b.AppendNull()
			continue
		}
		b.Append(masked(i))
	}
	return b.NewArray()
}

// A hash may hold eleven digits in a row by chance, and masking them would break the link that it is. The column alone does
// not tell: into the fingerprint of an explanation a filler can type anything. Digits alone are not taken for a hash.
var hashColumns = []string{"sha256", "fingerprint", "value_hash"}

func isHash(s string) bool {
	return (len(s) == 16 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == "" && strings.ContainsAny(s, "abcdef")
}
