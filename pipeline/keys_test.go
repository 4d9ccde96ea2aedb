package pipeline

import (
	"path/filepath"
	"strings"
	"testing"

	"lianheti/stages/export"
	"lianheti/stages/table"

	"github.com/apache/arrow/go/v17/arrow"
)

// Requirements
//  1. In what a run publishes, the columns of a primary key never repeat together, and none of them is empty.
//  2. What a column refers to is there.
func TestKeysHold(t *testing.T) {
	dir, err := published()
	if err != nil {
		t.Fatal(err)
	}
	records, err := export.Read(filepath.Join(dir, dataFolder))
	if err != nil {
		t.Fatal(err)
	}
	column := func(name, column string) arrow.Array {
		t.Helper()
		at := records[name].Schema().FieldIndices(column)
		if len(at) != 1 {
			t.Fatalf("no column %s.%s", name, column)
		}
		return records[name].Column(at[0])
	}
	keys, references := 0, 0
	for name, rec := range records {
		if key := table.Said(rec.Schema().Metadata(), table.KeyPrimary); key != "" {
			keys++
			seen := map[string]bool{}
			for row := range int(rec.NumRows()) {
				id := ""
				for _, c := range strings.Split(key, table.ValueSeparator) {
					if column(name, c).IsNull(row) {
						t.Fatalf("%s: row %d has no %s", name, row, c)
					}
					id += column(name, c).ValueStr(row) + "\x00"
				}
				if seen[id] {
					t.Errorf("%s: %q stands twice", name, id)
				}
				seen[id] = true
			}
		}
		for i, f := range rec.Schema().Fields() {
			to, target, ok := strings.Cut(table.Said(f.Metadata, table.KeyReferences), ".")
			if !ok {
				continue
			}
			references++
			there, targets := map[string]bool{}, column(to, target)
			for row := range targets.Len() {
				there[targets.ValueStr(row)] = true
			}
			for row := range int(rec.NumRows()) {
				if c := rec.Column(i); !c.IsNull(row) && !there[c.ValueStr(row)] {
					t.Errorf("%s.%s: %s is not in %s.%s", name, f.Name, c.ValueStr(row), to, target)
				}
			}
		}
	}
	if keys < 12 || references < 12 {
		t.Errorf("only %d keys and %d references were looked at", keys, references)
	}
}
