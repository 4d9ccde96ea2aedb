package pipeline

import (
	"fmt"
	"maps"
	"slices"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

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
		out[table.Said(s.Metadata(), table.KeyTable)] = s
	}
	return out, err
}
