package export

import (
	"fmt"
	"io"
	"slices"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// DictionarySheetName is the dictionary as a workbook, beside the Markdown.
const DictionarySheetName = "数据字典.xlsx"

type shown struct {
	name  string
	width float64
	look  book.Look
}

// DictionarySheet writes the dictionary as a workbook: the tables, their columns, and the codes in them, a sheet each,
// headed by the labels that the dictionary gives its own columns.
func DictionarySheet(w io.Writer, d *templates.Definition) error {
	columns, err := table.Dictionary(d)
	if err != nil {
		return err
	}
	var tables []table.Meaning
	for _, t := range d.Tables {
		if !t.Internal {
			tables = append(tables, table.Meaning{Table: t.Name, Label: t.Label, Description: t.Description})
		}
	}
	title := fmt.Sprintf("%d年批次数据字典", d.Directory.Batch)
	tablesSheet, columnsSheet, codesSheet := "数据表", d.Table("dictionary").Label, d.Table("codes").Label
	r, err := book.NewReport(title, tablesSheet, columnsSheet, codesSheet)
	if err != nil {
		return err
	}
	of := book.Grid{Sheet: tablesSheet, Freeze: 1}
	of.Remark = title + "。每张表是 data/ 中的一个 .parquet 文件和一个内容相同的 .arrow 文件。" + CSVNote
	if err := sheet(r, of, d, table.Of(tables).Record(), "dictionary", []shown{
		{"table_name", 18, book.Mono}, {"label", 22, book.Plain}, {"description", 100, book.Prose},
	}); err != nil {
		return err
	}
	of = book.Grid{Sheet: columnsSheet, Freeze: 2, Remark: "每张表每一列的含义。空表示没有，与0和空文字不同。"}
	if err := sheet(r, of, d, table.Of(columns).Record(), "dictionary", []shown{
		{"table_name", 16, book.Mono}, {"column_name", 26, book.Mono}, {"label", 30, book.Plain}, {"unit", 9, book.Centred},
		{"description", 70, book.Prose}, {"allowed_values", 34, book.Prose}, {"type", 10, book.Mono},
		{"nullable", 9, book.Centred}, {"is_key", 8, book.Centred}, {"refers_to", 24, book.Mono},
		{"paragraph", 26, book.Plain}, {"formerly", 12, book.Mono},
	}); err != nil {
		return err
	}
	of = book.Grid{Sheet: codesSheet, Freeze: 2, Remark: d.Table("codes").Description}
	if err := sheet(r, of, d, table.Of(table.Codes(d)).Record(), "codes", []shown{
		{"list", 12, book.Mono}, {"code", 30, book.Mono}, {"label", 44, book.Prose}, {"group_name", 22, book.Plain},
		{"unit", 9, book.Centred}, {"ucum", 14, book.Mono}, {"description", 80, book.Prose}, {"paragraph", 26, book.Plain},
	}); err != nil {
		return err
	}
	return r.Write(w, title)
}

func sheet(r *book.Report, g book.Grid, d *templates.Definition, rec arrow.Record, name string, columns []shown) error {
	rows := make([][]book.Cell, rec.NumRows())
	for _, c := range columns {
		g.Columns = append(g.Columns, book.Column{Header: d.ColumnLabel(name, c.name), Width: c.width})
		column := rec.Column(rec.Schema().FieldIndices(c.name)[0])
		for row := range rows {
			said := ""
			if truth, ok := column.(*array.Boolean); ok {
				said = yes(truth.Value(row))
			} else if !column.IsNull(row) {
				said = column.ValueStr(row)
			}
			rows[row] = append(rows[row], book.Cell{Value: said, Look: c.look})
		}
	}
	g.Rows = len(rows)
	return r.Grid(g, slices.Values(rows))
}
