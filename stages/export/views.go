package export

import (
	_ "embed"
	"fmt"
	"strings"

	"lianheti/stages/table"
)

// ViewsName is a file beside the tables: a DuckDB view of the same name for each, and views for what people ask most.
const ViewsName = "views.sql"

//go:embed views.sql
var questions string

// views gives the statements: first the tables, which the questions rest on.
// Less than base has no growth in per cent.
func views(tables []table.Named, base string) []byte {
	var b strings.Builder
	for _, t := range tables {
		fmt.Fprintf(&b, "CREATE OR REPLACE VIEW %s AS FROM '%s.parquet';\n", t.Name, t.Name)
	}
	return []byte(b.String() + strings.ReplaceAll(questions, "$base", base))
}
