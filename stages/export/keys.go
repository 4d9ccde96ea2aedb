package export

import (
	"slices"

	"lianheti/stages/table"

	"github.com/apache/arrow/go/v17/arrow"
)

// The data package declares a key only where it holds in this very run: a path that was masked, say, may name two
// files.

// unique says whether columns together are there in every row and never repeat.
func unique(rec arrow.Record, names []string) bool {
	gap := func(name string) bool {
		at := rec.Schema().FieldIndices(name)
		return len(at) != 1 || rec.Column(at[0]).NullN() > 0
	}
	return !slices.ContainsFunc(names, gap) && table.Twice(rec, names) == ""
}

// refers says whether every value of a column is one of those that another table holds; nil: there is no such table.
func refers(rec arrow.Record, column string, held map[string]bool) bool {
	for v := range table.Values(rec, column) {
		if !held[v] {
			return false
		}
	}
	return held != nil
}
