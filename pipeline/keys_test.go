package pipeline

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lianheti/samples/must"
	"lianheti/stages/export"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

// Requirements
//  1. In what a run publishes, the columns of a primary key never repeat together, and none of them is empty.
//  2. What a column refers to is there.
func TestKeysHold(t *testing.T) {
	dir := must.Get(published())(t)
	records := must.Get(export.Read(filepath.Join(dir, dataFolder)))(t)
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
		if key := table.MetadataValue(rec.Schema().Metadata(), table.KeyPrimary); key != "" {
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
			to, target, ok := strings.Cut(table.MetadataValue(f.Metadata, table.KeyReferences), ".")
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

// Tables of several years are one data set: each row names its batch. What a later year may do to the tables of an earlier one:
//
//	may    add tables, and columns to tables; allow further values; word labels and descriptions anew; drop a field of the form from
//	       the wide tables (submissions, panel), as the form itself drops it
//	never  drop, rename or retype a table or a column of the program's own, retype a field's column, or leave empty
//	       what was never empty
//
// evolution gives an error that names everything later does which it may not.
func evolution(earlier, later *templates.Definition) error {
	before, err := schemasByName(earlier)
	if err != nil {
		return err
	}
	after, err := schemasByName(later)
	if err != nil {
		return err
	}
	var broken []string
	for _, name := range slices.Sorted(maps.Keys(before)) {
		now, ok := after[name]
		if !ok {
			broken = append(broken, "缺表 "+name)
			continue
		}
		for _, f := range before[name].Fields() {
			g, ok := now.FieldsByName(f.Name)
			switch {
			case !ok && earlier.Field(f.Name) != nil && later.Field(f.Name) == nil: // the form no longer asks for it
			case !ok:
				broken = append(broken, fmt.Sprintf("%s 缺列 %s", name, f.Name))
			case !arrow.TypeEqual(f.Type, g[0].Type):
				broken = append(broken, fmt.Sprintf("%s.%s 由 %s 变为 %s", name, f.Name, f.Type, g[0].Type))
			case !f.Nullable && g[0].Nullable:
				broken = append(broken, fmt.Sprintf("%s.%s 从前不会为空", name, f.Name))
			}
		}
	}
	if len(broken) > 0 {
		return fmt.Errorf("%d年批次的数据表接不上%d年批次的：%v", later.Directory.Batch, earlier.Directory.Batch, broken)
	}
	return nil
}

func schemasByName(d *templates.Definition) (map[string]*arrow.Schema, error) {
	schemas, err := table.Schemas(d)
	out := map[string]*arrow.Schema{}
	for _, s := range schemas {
		out[table.MetadataValue(s.Metadata(), table.KeyTable)] = s
	}
	return out, err
}
