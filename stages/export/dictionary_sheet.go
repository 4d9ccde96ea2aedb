package export

import (
	"fmt"
	"io"
	"slices"

	"lianheti/stages/office/book"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"
)

// DictionarySheetName is the dictionary as a workbook, beside the Markdown.
const DictionarySheetName = "数据字典.xlsx"

// DictionarySheet writes the dictionary as a workbook: the tables, their columns, and the codes in them, a sheet each. It is headed by the
// labels that the dictionary gives its own columns.
func DictionarySheet(w io.Writer, d *templates.Definition) (err error) {
	defer try.Caught(&err)
	columns := try.Get(table.Dictionary(d))
	codes := table.Codes(d)
	tables := table.Where(slices.Values(d.Tables), func(t *templates.Table) bool { return !t.Internal })
	title := fmt.Sprintf("%d年批次数据字典", d.Directory.Batch)
	tablesSheet, columnsSheet, codesSheet := "数据表", d.Table("dictionary").Label, d.Table("codes").Label
	r := try.Get(book.NewReport(title, tablesSheet, columnsSheet, codesSheet))
	of := heads(d, "dictionary")
	try.Do(book.Rows(r, book.Grid{Sheet: tablesSheet, Remark: title + "。每张表是 data/ 中的一个 .parquet 文件和一个内容相同的 .arrow 文件。" + CSVNote, Rows: len(tables), Freeze: 1}, slices.Values(tables),
		[]book.ColumnOf[*templates.Table]{
			{Head: of["table_name"], Width: 18, Cell: func(t *templates.Table) book.Cell { return cell(t.Name, book.Mono) }},
			{Head: of["label"], Width: 22, Cell: func(t *templates.Table) book.Cell { return cell(t.Label, book.Plain) }},
			{Head: of["description"], Width: 100, Cell: func(t *templates.Table) book.Cell { return cell(t.Description, book.Prose) }},
		}))
	try.Do(book.Rows(r, book.Grid{Sheet: columnsSheet, Remark: "每张表每一列的含义。空表示没有，与0和空文字不同。", Rows: len(columns), Freeze: 2}, slices.Values(columns),
		[]book.ColumnOf[table.Meaning]{
			{Head: of["table_name"], Width: 16, Cell: func(m table.Meaning) book.Cell { return cell(m.Table, book.Mono) }},
			{Head: of["column_name"], Width: 26, Cell: func(m table.Meaning) book.Cell { return cell(m.Column, book.Mono) }},
			{Head: of["label"], Width: 30, Cell: func(m table.Meaning) book.Cell { return cell(m.Label, book.Plain) }},
			{Head: of["unit"], Width: 9, Cell: func(m table.Meaning) book.Cell { return cell(m.Unit, book.Centred) }},
			{Head: of["description"], Width: 70, Cell: func(m table.Meaning) book.Cell { return cell(m.Description, book.Prose) }},
			{Head: of["allowed_values"], Width: 34, Cell: func(m table.Meaning) book.Cell { return cell(m.Values, book.Prose) }},
			{Head: of["type"], Width: 10, Cell: func(m table.Meaning) book.Cell { return cell(m.Type, book.Mono) }},
			{Head: of["nullable"], Width: 9, Cell: func(m table.Meaning) book.Cell { return cell(yes(m.Nullable), book.Centred) }},
			{Head: of["is_key"], Width: 8, Cell: func(m table.Meaning) book.Cell { return cell(yes(m.Key), book.Centred) }},
			{Head: of["refers_to"], Width: 24, Cell: func(m table.Meaning) book.Cell { return cell(m.References, book.Mono) }},
			{Head: of["paragraph"], Width: 26, Cell: func(m table.Meaning) book.Cell { return cell(m.Paragraph, book.Plain) }},
			{Head: of["formerly"], Width: 12, Cell: func(m table.Meaning) book.Cell { return cell(m.Formerly, book.Mono) }},
		}))
	of = heads(d, "codes")
	try.Do(book.Rows(r, book.Grid{Sheet: codesSheet, Remark: d.Table("codes").Description, Rows: len(codes), Freeze: 2}, slices.Values(codes),
		[]book.ColumnOf[table.Code]{
			{Head: of["list"], Width: 12, Cell: func(c table.Code) book.Cell { return cell(c.List, book.Mono) }},
			{Head: of["code"], Width: 30, Cell: func(c table.Code) book.Cell { return cell(c.Code, book.Mono) }},
			{Head: of["label"], Width: 44, Cell: func(c table.Code) book.Cell { return cell(c.Label, book.Prose) }},
			{Head: of["group_name"], Width: 22, Cell: func(c table.Code) book.Cell { return cell(c.Group, book.Plain) }},
			{Head: of["unit"], Width: 9, Cell: func(c table.Code) book.Cell { return cell(c.Unit, book.Centred) }},
			{Head: of["ucum"], Width: 14, Cell: func(c table.Code) book.Cell { return cell(c.UCUM, book.Mono) }},
			{Head: of["description"], Width: 80, Cell: func(c table.Code) book.Cell { return cell(c.Description, book.Prose) }},
			{Head: of["paragraph"], Width: 26, Cell: func(c table.Code) book.Cell { return cell(c.Paragraph, book.Plain) }},
		}))
	return r.Write(w, title)
}

func cell(s string, look book.Look) book.Cell { return book.Cell{Value: s, Look: look} }

// heads are the labels of a table's columns, by name.
func heads(d *templates.Definition, name string) map[string]string {
	out := map[string]string{}
	for _, c := range d.Table(name).Columns {
		out[c.Name] = c.Label
	}
	return out
}
