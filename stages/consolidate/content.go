package consolidate

import (
	"lianheti/stages/office/book"
	"lianheti/stages/table"
)

// members is 成员单位.
func (w *workbook) members(name string) error {
	label := func(column string) string { return w.head("members", column) }
	id := func(m table.Member) string { return m.Submission }
	columns := append(who(w, id),
		belongs(w, id),
		column[table.Member]{Head: label("record"), Width: 7, Cell: func(m table.Member) book.Cell { return count(m.Record) }},
		column[table.Member]{Head: label("kind_label"), Width: 22, Cell: func(m table.Member) book.Cell { return words(w.kindOf(m)) }},
		column[table.Member]{Head: label("name"), Width: 40, Cell: func(m table.Member) book.Cell { return words(m.Name) }},
		column[table.Member]{Head: label("is_lead"), Width: 8, Cell: func(m table.Member) book.Cell { return yes(m.IsLead) }},
		column[table.Member]{Head: label("enrolment"), Width: 11, Cell: func(m table.Member) book.Cell {
			if kind, ok := w.Definition.Form.Kind(m.Kind); ok && !kind.School && m.Status == table.Missing {
				return book.Cell{Look: book.Plain}
			}
			return w.figure(m.Enrolment, m.Status)
		}, Style: book.Column{Marks: w.absences()}},
		column[table.Member]{Head: label("sheet"), Width: 12, Cell: func(m table.Member) book.Cell { return words(m.Sheet) }},
		column[table.Member]{Head: label("cell"), Width: 9, Cell: func(m table.Member) book.Cell { return mono(m.Cell) }},
	)
	return rows(w, name, "只有学校填在校生数。同一单位在几个联合体中的，见“问题清单”。", 3, w.Facts.Members.Len(), w.Facts.Members.All(), columns)
}

// kindOf is the kind of a member as the form calls it; what nobody knows stays as typed.
func (w *workbook) kindOf(m table.Member) string {
	if k, ok := w.Definition.Form.Kind(m.Kind); ok {
		return k.Label
	}
	return m.KindLabel
}

// texts is 文字材料.
func (w *workbook) texts(name string) error {
	label := func(column string) string { return w.head("texts", column) }
	columns := append(who(w, func(t table.Text) string { return t.Submission }),
		column[table.Text]{Head: label("field"), Width: 25, Cell: func(t table.Text) book.Cell { return words(w.Definition.Label(t.Field)) }},
		column[table.Text]{Head: label("year"), Width: 8, Cell: func(t table.Text) book.Cell {
			return centred(table.Plain(table.Opt[float64]{V: float64(t.Year.V), Valid: t.Year.Valid}))
		}},
		column[table.Text]{Head: label("text"), Width: 100, Cell: func(t table.Text) book.Cell {
			if f := w.Definition.Field(t.Field); t.Status == table.Missing && !f.Required {
				return book.Cell{Look: book.Prose}
			} else if t.Status != table.Normal {
				return book.Cell{Value: w.absent(t.Status), Look: book.Quiet}
			}
			return prose(t.Text)
		}, Style: book.Column{Marks: w.absences()}},
		column[table.Text]{Head: label("characters"), Width: 8, Cell: func(t table.Text) book.Cell { return count(t.Characters) }},
		column[table.Text]{Head: label("character_limit"), Width: 8, Cell: func(t table.Text) book.Cell { return optional(t.Limit, book.Integer) }},
		column[table.Text]{Head: label("sheet"), Width: 11, Cell: func(t table.Text) book.Cell { return words(t.Sheet) }},
		column[table.Text]{Head: label("cell"), Width: 9, Cell: func(t table.Text) book.Cell { return mono(t.Cell) }},
	)
	return rows(w, name, "字数：去掉首尾空白，标点计入，换行不计。文字中的电话、证件号码已遮盖，原文见报送的工作簿。", 3, w.Facts.Texts.Len(), w.Facts.Texts.All(), columns)
}

// listed is a column of one of the lists of the form, headed as the form heads it.
func listed[T any](w *workbook, field string, value func(T) string) column[T] {
	f := w.Definition.Field(field)
	return column[T]{Head: f.Label, Width: max(f.Width, 10), Cell: func(row T) book.Cell { return words(value(row)) }}
}

// materials is 支撑材料.
func (w *workbook) materials(name string) error {
	columns := append(who(w, func(m table.Material) string { return m.Submission }),
		listed(w, "materials_number", func(m table.Material) string { return m.Number }),
		listed(w, "materials_title", func(m table.Material) string { return m.Title }),
		listed(w, "materials_supports", func(m table.Material) string { return m.Supports }),
		listed(w, "materials_pages", func(m table.Material) string { return m.Pages }),
	)
	return rows(w, name, w.paragraph("materials_title"), 3, w.Facts.Materials.Len(), w.Facts.Materials.All(), columns)
}

// verifications is 市级核实.
func (w *workbook) verifications(name string) error {
	columns := append(who(w, func(v table.Verification) string { return v.Submission }),
		listed(w, "verifications_section", func(v table.Verification) string { return v.Section }),
		listed(w, "verifications_means", func(v table.Verification) string { return v.Means }),
		listed(w, "verifications_unit", func(v table.Verification) string { return v.Unit }),
		listed(w, "verifications_result", func(v table.Verification) string { return v.Result }),
		listed(w, "verifications_date", func(v table.Verification) string { return v.Date }),
	)
	return rows(w, name, w.paragraph("verifications_section"), 3, w.Facts.Verifications.Len(), w.Facts.Verifications.All(), columns)
}

// explanations is 情况说明.
func (w *workbook) explanations(name string) error {
	columns := append(who(w, func(e table.Explanation) string { return e.Submission }),
		listed(w, "explanations_about", func(e table.Explanation) string { return e.About }),
		listed(w, "explanations_explanation", func(e table.Explanation) string { return e.Explanation }),
		column[table.Explanation]{Head: w.Definition.Field("explanations_fingerprint").Label, Width: 20, Cell: func(e table.Explanation) book.Cell { return words(e.Fingerprint) }},
	)
	return rows(w, name, "带指纹的说明对应“问题清单”中同一指纹的问题；其余是填报单位主动说明的。", 3, w.Facts.Explanations.Len(), w.Facts.Explanations.All(), columns)
}

// paragraph says where the work plan asks for a list.
func (w *workbook) paragraph(field string) string {
	f := w.Definition.Field(field)
	return "依据：" + f.Paragraph + "。"
}
