package export

import (
	"fmt"
	"io"

	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/templates"
)

// DictionarySheetName is the dictionary as a workbook, beside the Markdown.
const DictionarySheetName = "数据字典.xlsx"

// DictionarySheet writes the dictionary as a workbook: the tables, their columns, and the codes in them, a sheet each,
// headed by the labels that the dictionary gives its own columns.
func DictionarySheet(w io.Writer, d *templates.Definition) error {
	columns, err := table.Dictionary(d)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("%d年批次数据字典", d.Directory.Batch)
	tables := func() (out []table.Meaning, said list.Words) {
		for _, t := range d.Tables {
			if !t.Internal {
				out = append(out, table.Meaning{Table: t.Name, Label: t.Label, Description: t.Description})
			}
		}
		return out, list.Words{"title": title, "csv": CSVNote}
	}
	lists := list.Lists{Definition: d, Sources: map[string]list.Source{"tables": list.From(tables),
		"dictionary": list.Rows(columns), "codes": list.Rows(table.Codes(d))}}
	return lists.Write(w, "数据字典", title)
}
