package export

import (
	"slices"
	"strings"

	"lianheti/stages/table"

	"github.com/apache/arrow/go/v17/arrow"
)

// The data package declares a key only where it holds in this very run: a path that was masked, say, may name two
// files.

// columnsOf gives columns by name; nil where one is not there.
func columnsOf(rec arrow.Record, names []string) []arrow.Array {
	var out []arrow.Array
	for _, name := range names {
		at := rec.Schema().FieldIndices(name)
		if len(at) == 0 {
			return nil
		}
		out = append(out, rec.Column(at[0]))
	}
	return out
}

// unique says whether columns together are there in every row and never repeat.
func unique(rec arrow.Record, names []string) bool {
	columns, seen := columnsOf(rec, names), make(map[string]bool, rec.NumRows())
	for row := range int(rec.NumRows()) {
		var key strings.Builder
		for _, c := range columns {
			if c.IsNull(row) {
				return false
			}
			key.WriteString(c.ValueStr(row) + "\x00")
		}
		if seen[key.String()] {
			return false
		}
		seen[key.String()] = true
	}
	return len(columns) > 0
}

// refers says whether every value of a column stands in the column of another table.
func refers(tables []table.Named, rec arrow.Record, column, to, toColumn string) bool {
	i := slices.IndexFunc(tables, func(t table.Named) bool { return t.Name == to })
	if i < 0 {
		return false
	}
	from, target := columnsOf(rec, []string{column}), columnsOf(tables[i].Record, []string{toColumn})
	if from == nil || target == nil {
		return false
	}
	known := map[string]bool{}
	for row := range target[0].Len() {
		known[target[0].ValueStr(row)] = true
	}
	for row := range from[0].Len() {
		if !from[0].IsNull(row) && !known[from[0].ValueStr(row)] {
			return false
		}
	}
	return true
}
