package consolidate

import (
	"fmt"
	"slices"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
)

// files is 文件清单.
func (w *workbook) files(name string) error {
	label := func(column string) string { return w.head("files", column) }
	counted := func(name string, of func(table.File) int32) column[table.File] {
		return column[table.File]{Head: label(name), Width: 10, Cell: func(f table.File) book.Cell { return count(of(f)) }}
	}
	columns := []column[table.File]{
		{Head: label("fate"), Width: 12, Style: book.Column{Marks: fateMarks}, Cell: func(f table.File) book.Cell { return centred(f.Fate.Label()) }},
		{Head: label("path"), Width: 60, Cell: func(f table.File) book.Cell { return words(f.Path) }},
		{Head: label("reason"), Width: 46, Cell: func(f table.File) book.Cell { return words(f.Reason) }},
		{Head: label("cure"), Width: 46, Cell: func(f table.File) book.Cell { return words(f.Cure) }},
		{Head: label("submission"), Width: 13, Cell: func(f table.File) book.Cell { return mono(f.Submission) }},
		{Head: label("superseded_by"), Width: 40, Cell: func(f table.File) book.Cell { return words(f.SupersededBy) }},
		{Head: label("size"), Width: 11, Cell: func(f table.File) book.Cell { return number(float64(f.Size)) }},
		counted("cells_read", func(f table.File) int32 { return f.CellsRead }),
		counted("cells_used", func(f table.File) int32 { return f.CellsUsed }),
		counted("cells_explained", func(f table.File) int32 { return f.CellsOther }),
		{Head: label("code"), Width: 12, Cell: func(f table.File) book.Cell { return mono(f.Code) }},
		{Head: label("sha256"), Width: 70, Cell: func(f table.File) book.Cell { return mono(f.SHA256) }},
	}
	remark := fmt.Sprintf("收到的%d个文件逐个列出，每个恰有一个去向；读到的格子等于用上的加另有说明的。", w.Facts.Files.Len())
	return rows(w, name, remark, 2, w.Facts.Files.Len(), w.Facts.Files.All(), columns)
}

// coercions is 读数更正.
func (w *workbook) coercions(name string) error {
	label := func(column string) string { return w.head("coercions", column) }
	columns := append(who(w, func(c table.Coercion) string { return c.Submission }),
		column[table.Coercion]{Head: label("field"), Width: 34, Cell: func(c table.Coercion) book.Cell { return words(w.Definition.Label(c.Field)) }},
		column[table.Coercion]{Head: label("year"), Width: 8, Cell: func(c table.Coercion) book.Cell { return optional(c.Year, book.Plain) }},
		column[table.Coercion]{Head: label("record"), Width: 7, Cell: func(c table.Coercion) book.Cell { return optional(c.Record, book.Integer) }},
		column[table.Coercion]{Head: label("from_raw"), Width: 30, Cell: func(c table.Coercion) book.Cell { return words(c.From) }},
		column[table.Coercion]{Head: label("to_clean"), Width: 30, Cell: func(c table.Coercion) book.Cell { return words(c.To) }},
		column[table.Coercion]{Head: label("guess"), Width: 10, Style: book.Column{Marks: []book.Mark{{Word: "是", Tone: book.Caution}}}, Cell: func(c table.Coercion) book.Cell { return yes(c.Guess) }},
		column[table.Coercion]{Head: label("kind"), Width: 18, Cell: func(c table.Coercion) book.Cell { return mono(c.Kind) }},
		column[table.Coercion]{Head: label("sheet"), Width: 14, Cell: func(c table.Coercion) book.Cell { return words(c.Sheet) }},
		column[table.Coercion]{Head: label("cell"), Width: 9, Cell: func(c table.Coercion) book.Cell { return mono(c.Cell) }},
	)
	remark := "填报习惯千差万别，读数时作的整理逐条记下；“属于推测”的改变了数量级或含义，另在“问题清单”列出，须由填报单位核实。涉及个人的栏目不显示原文。"
	return rows(w, name, remark, 3, w.Facts.Coercions.Len(), w.Facts.Coercions.All(), columns)
}

// loose is 表外内容.
func (w *workbook) loose(name string) error {
	label := func(column string) string { return w.head("loose_cells", column) }
	columns := append(who(w, func(c table.LooseCell) string { return c.Submission }),
		column[table.LooseCell]{Head: label("sheet"), Width: 16, Cell: func(c table.LooseCell) book.Cell { return words(c.Sheet) }},
		column[table.LooseCell]{Head: label("cell"), Width: 9, Cell: func(c table.LooseCell) book.Cell { return mono(c.Cell) }},
		column[table.LooseCell]{Head: label("raw"), Width: 70, Cell: func(c table.LooseCell) book.Cell { return words(c.Raw) }},
		column[table.LooseCell]{Head: label("reason"), Width: 30, Cell: func(c table.LooseCell) book.Cell { return words(c.Reason) }},
	)
	remark := "下列单元格有内容而没有成为任何数据，原样列出，一格不漏。"
	if w.Facts.Loose.Len() == 0 {
		remark = "没有栏目之外的内容。"
	}
	return rows(w, name, remark, 3, w.Facts.Loose.Len(), w.Facts.Loose.All(), columns)
}

// dictionary is 数据字典.
func (w *workbook) dictionary(name string) error {
	entries, err := table.Dictionary(w.Definition)
	if err != nil {
		return err
	}
	label := func(column string) string { return w.head("dictionary", column) }
	return rows(w, name, "data/ 中每张表每一列的含义；同一内容也在 data/dictionary。", 2, len(entries), slices.Values(entries), []column[table.Meaning]{
		{Head: label("table_name"), Width: 16, Cell: func(m table.Meaning) book.Cell { return mono(m.Table) }},
		{Head: label("column_name"), Width: 26, Cell: func(m table.Meaning) book.Cell { return mono(m.Column) }},
		{Head: label("label"), Width: 26, Cell: func(m table.Meaning) book.Cell { return words(m.Label) }},
		{Head: label("unit"), Width: 9, Cell: func(m table.Meaning) book.Cell { return centred(m.Unit) }},
		{Head: label("description"), Width: 64, Cell: func(m table.Meaning) book.Cell { return words(m.Description) }},
		{Head: label("allowed_values"), Width: 25, Cell: func(m table.Meaning) book.Cell { return words(m.Values) }},
		{Head: label("type"), Width: 10, Cell: func(m table.Meaning) book.Cell { return mono(m.Type) }},
		{Head: label("nullable"), Width: 9, Cell: func(m table.Meaning) book.Cell { return yes(m.Nullable) }},
		{Head: label("is_key"), Width: 8, Cell: func(m table.Meaning) book.Cell { return yes(m.Key) }},
		{Head: label("refers_to"), Width: 22, Cell: func(m table.Meaning) book.Cell { return mono(m.References) }},
		{Head: label("paragraph"), Width: 14, Cell: func(m table.Meaning) book.Cell { return words(m.Paragraph) }},
	})
}
