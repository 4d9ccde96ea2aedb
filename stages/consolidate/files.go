package consolidate

import (
	"fmt"
	"slices"

	"lianheti/stages/book"
	"lianheti/stages/table"
)

// files is 文件清单.
func (w *workbook) files(name string) error {
	label := func(column string) string { return w.head("files", column) }
	counted := func(name string, of func(table.File) int32) column[table.File] {
		return column[table.File]{head: label(name), width: 10, cell: func(f table.File) book.Cell { return count(of(f)) }}
	}
	columns := []column[table.File]{
		{head: label("fate"), width: 12, style: book.Column{Marks: fateMarks}, cell: func(f table.File) book.Cell { return word(f.Fate.Label()) }},
		{head: label("path"), width: 60, cell: func(f table.File) book.Cell { return text(f.Path) }},
		{head: label("reason"), width: 46, cell: func(f table.File) book.Cell { return text(f.Reason) }},
		{head: label("cure"), width: 46, cell: func(f table.File) book.Cell { return text(f.Cure) }},
		{head: label("submission"), width: 13, cell: func(f table.File) book.Cell { return mono(f.Submission) }},
		{head: label("superseded_by"), width: 40, cell: func(f table.File) book.Cell { return text(f.SupersededBy) }},
		{head: label("size"), width: 11, cell: func(f table.File) book.Cell { return number(float64(f.Size)) }},
		counted("cells_read", func(f table.File) int32 { return f.CellsRead }),
		counted("cells_used", func(f table.File) int32 { return f.CellsUsed }),
		counted("cells_explained", func(f table.File) int32 { return f.CellsOther }),
		{head: label("code"), width: 12, cell: func(f table.File) book.Cell { return mono(f.Code) }},
		{head: label("sha256"), width: 70, cell: func(f table.File) book.Cell { return mono(f.SHA256) }},
	}
	remark := fmt.Sprintf("收到的%d个文件逐个列出，每个恰有一个去向；读到的格子等于用上的加另有说明的。", w.Facts.Files.Len())
	return rows(w, name, remark, 2, w.Facts.Files.Len(), w.Facts.Files.All(), columns)
}

// coercions is 读数更正.
func (w *workbook) coercions(name string) error {
	label := func(column string) string { return w.head("coercions", column) }
	columns := append(who(w, func(c table.Coercion) string { return c.Submission }),
		column[table.Coercion]{head: label("field"), width: 34, cell: func(c table.Coercion) book.Cell { return text(w.labels[c.Field]) }},
		column[table.Coercion]{head: label("year"), width: 8, cell: func(c table.Coercion) book.Cell { return optional(c.Year, book.Plain) }},
		column[table.Coercion]{head: label("record"), width: 7, cell: func(c table.Coercion) book.Cell { return optional(c.Record, book.Integer) }},
		column[table.Coercion]{head: label("from_raw"), width: 30, cell: func(c table.Coercion) book.Cell { return text(c.From) }},
		column[table.Coercion]{head: label("to_clean"), width: 30, cell: func(c table.Coercion) book.Cell { return text(c.To) }},
		column[table.Coercion]{head: label("guess"), width: 10, style: book.Column{Marks: []book.Mark{{Word: "是", Tone: book.Caution}}}, cell: func(c table.Coercion) book.Cell { return yes(c.Guess) }},
		column[table.Coercion]{head: label("kind"), width: 18, cell: func(c table.Coercion) book.Cell { return mono(c.Kind) }},
		column[table.Coercion]{head: label("sheet"), width: 14, cell: func(c table.Coercion) book.Cell { return text(c.Sheet) }},
		column[table.Coercion]{head: label("cell"), width: 9, cell: func(c table.Coercion) book.Cell { return mono(c.Cell) }},
	)
	remark := "填报习惯千差万别，读数时作的整理逐条记下；“属于推测”的改变了数量级或含义，另在“问题清单”列出，须由填报单位核实。涉及个人的栏目不显示原文。"
	return rows(w, name, remark, 3, w.Facts.Coercions.Len(), w.Facts.Coercions.All(), columns)
}

// loose is 表外内容.
func (w *workbook) loose(name string) error {
	label := func(column string) string { return w.head("loose_cells", column) }
	columns := append(who(w, func(c table.LooseCell) string { return c.Submission }),
		column[table.LooseCell]{head: label("sheet"), width: 16, cell: func(c table.LooseCell) book.Cell { return text(c.Sheet) }},
		column[table.LooseCell]{head: label("cell"), width: 9, cell: func(c table.LooseCell) book.Cell { return mono(c.Cell) }},
		column[table.LooseCell]{head: label("raw"), width: 70, cell: func(c table.LooseCell) book.Cell { return text(c.Raw) }},
		column[table.LooseCell]{head: label("reason"), width: 30, cell: func(c table.LooseCell) book.Cell { return text(c.Reason) }},
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
		{head: label("table"), width: 16, cell: func(m table.Meaning) book.Cell { return mono(m.Table) }},
		{head: label("column"), width: 26, cell: func(m table.Meaning) book.Cell { return mono(m.Column) }},
		{head: label("label"), width: 34, cell: func(m table.Meaning) book.Cell { return text(m.Label) }},
		{head: label("unit"), width: 9, cell: func(m table.Meaning) book.Cell { return word(m.Unit) }},
		{head: label("description"), width: 80, cell: func(m table.Meaning) book.Cell { return text(m.Description) }},
		{head: label("allowed_values"), width: 36, cell: func(m table.Meaning) book.Cell { return text(m.Values) }},
		{head: label("type"), width: 10, cell: func(m table.Meaning) book.Cell { return mono(m.Type) }},
		{head: label("nullable"), width: 9, cell: func(m table.Meaning) book.Cell { return yes(m.Nullable) }},
		{head: label("paragraph"), width: 28, cell: func(m table.Meaning) book.Cell { return text(m.Paragraph) }},
	})
}
