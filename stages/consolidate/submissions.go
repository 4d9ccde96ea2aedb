package consolidate

import (
	"fmt"
	"slices"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// entry is a submission with its place in the order.
type entry struct {
	table.Submission
	table.Verdict
	form *table.Form
}

// entries goes through the submissions with all their answers.
func (w *workbook) entries(yield func(entry) bool) {
	i := 0
	for form := range w.Facts.Forms {
		if !yield(entry{form.Submission, w.verdicts[i], form}) {
			return
		}
		i++
	}
}

func entryID(e entry) string { return e.Submission.Submission }

// submitted is 申报一览.
func (w *workbook) submitted(name string) error {
	label := func(column string) string { return w.head("submissions", column) }
	tally := func(column string, n func(table.Verdict) int32) perEntry {
		return perEntry{Head: label(column), Width: 8, Cell: func(e entry) book.Cell { return count(n(e.Verdict)) }}
	}
	columns := append(who(w, entryID),
		belongs(w, entryID),
		perEntry{Head: label("verdict"), Width: 10, Cell: func(e entry) book.Cell { return centred(string(e.Verdict.Verdict)) }, Style: book.Column{Marks: verdictMarks}},
		tally("errors", func(v table.Verdict) int32 { return v.Errors }),
		tally("warnings", func(v table.Verdict) int32 { return v.Warnings }),
		tally("explained", func(v table.Verdict) int32 { return v.Explained }),
		tally("hints", func(v table.Verdict) int32 { return v.Hints }),
		perEntry{Head: label("unranked_reason"), Width: 26, Cell: func(e entry) book.Cell { return words(e.Unranked) }},
		perEntry{Head: label("park"), Width: 24, Cell: func(e entry) book.Cell { return words(e.Park) }},
		perEntry{Head: label("lead_school"), Width: 24, Cell: func(e entry) book.Cell { return words(e.LeadSchool) }},
		perEntry{Head: label("lead_enterprise"), Width: 26, Cell: func(e entry) book.Cell { return words(e.LeadEnterprise) }},
		perEntry{Head: label("is_national"), Width: 10, Cell: func(e entry) book.Cell { return yes(e.National) }},
		perEntry{Head: label("edition"), Width: 7, Cell: func(e entry) book.Cell { return optional(e.Edition, book.Integer) }},
		perEntry{Head: w.Definition.Table("members").Label, Width: 8, Cell: func(e entry) book.Cell { return count(int32(len(e.form.Members))) }},
	)
	columns = append(columns, perEntry{Head: label("check_code"), Width: 22, Cell: func(e entry) book.Cell { return mono(e.CheckCode) }})
	columns = append(columns, w.receipts()...)
	for _, f := range w.Definition.Form.Singles() {
		if f.Personal || slices.Contains(coverFields, f.ID) {
			continue
		}
		columns = append(columns, w.single(f))
	}
	columns = append(columns,
		perEntry{Head: label("file"), Width: 44, Cell: func(e entry) book.Cell { return words(e.File) }},
		perEntry{Head: "标注件", Width: 12, Cell: func(e entry) book.Cell { return w.copyLink(e.Submission.Submission) }},
	)
	remark := "每个申报一行。单值栏目取自推荐书的封面、1概况、2年度数据和5申报承诺；联系人另见“联系人”表。"
	return rows(w, name, remark, 3, len(w.submissions), w.entries, columns)
}

// perEntry is a column of a sheet with one row a submission.
type perEntry = column[entry]

// coverFields stand in columns of their own already.
var coverFields = []string{"consortium", "city", "park", "lead_school", "lead_enterprise", "edition"}

// single is the column of an undated field.
func (w *workbook) single(f *templates.Field) perEntry {
	head, width := w.Definition.Label(f.ID), 14.0
	if f.Unit != "" {
		head += "\n" + f.Unit
	}
	if f.Type == templates.TextField {
		width = 24
	}
	return perEntry{Head: head, Width: width, Style: book.Column{Marks: w.absences()}, Cell: func(e entry) book.Cell {
		g := e.form.Figure(f.ID)
		switch {
		case g == nil:
			return book.Cell{Value: w.absent(table.Missing), Look: book.Quiet}
		case f.Numeric() || g.Status != table.Normal:
			return w.figure(g.Number, g.Status)
		case f.Type == templates.ConfirmField:
			return centred(map[string]string{"true": w.Definition.Form.Confirm.Checked, "false": w.Definition.Form.Confirm.Unchecked}[g.Text])
		case f.Type == templates.TextField:
			return words(g.Text)
		}
		return centred(g.Text)
	}}
}

// copyLink leads to the annotated copy of a submission that goes back.
func (w *workbook) copyLink(submission string) book.Cell {
	path, ok := w.Returns[submission]
	if !ok {
		return centred("")
	}
	return book.Cell{Value: "打开标注件", Look: book.Link, Link: path}
}

// contacts is 联系人: the one sheet with personal data.
func (w *workbook) contacts(name string) error {
	var fields []*templates.Field
	for _, f := range w.Definition.Form.Singles() {
		if f.Personal {
			fields = append(fields, f)
		}
	}
	given := map[[2]string]string{}
	for c := range w.Facts.Contacts.All() {
		given[[2]string{c.Submission, c.Field}] = c.Text
	}
	columns := who(w, entryID)
	for _, f := range fields {
		columns = append(columns, perEntry{Head: w.Definition.Label(f.ID), Width: 24, Style: book.Column{Marks: w.absences()}, Cell: func(e entry) book.Cell {
			if s, ok := given[[2]string{entryID(e), f.ID}]; ok {
				return book.Cell{Value: s, Look: book.Plain} // not masked: this is where it belongs
			}
			status := table.Missing
			if g := e.form.Figure(f.ID); g != nil {
				status = g.Status
			}
			return book.Cell{Value: w.absent(status), Look: book.Quiet}
		}})
	}
	if w.FromTables {
		remark := "本工作簿由数据表重新计算，数据表不含个人信息；联系人请看由原件得出的省级汇总。"
		return rows(w, name, remark, 3, 0, func(func(entry) bool) {}, columns)
	}
	return rows(w, name, "含个人信息，仅限本处工作使用；外传、公开本工作簿前请先删除本表。", 3, len(w.submissions), w.entries, columns)
}

// missing is 未报清单: who of the directory should have reported and did not. Consortia that are national already or were selected
// before need not report.
func (w *workbook) missing(name string) error {
	entries, exempt := w.unreported(), 0
	for _, e := range w.Definition.Directory.Entries {
		if w.exempt(e) != "" {
			exempt++
		}
	}
	remark := fmt.Sprintf("指导目录共%d个联合体，已入选国家级或登记为已入选而不用报的%d个，下列%d个没有可用的申报。", len(w.Definition.Directory.Entries), exempt, len(entries))
	if len(entries) == 0 {
		remark = "指导目录中应报的联合体都有申报。"
	}
	return rows(w, name, remark, 0, len(entries), slices.Values(entries), []column[templates.Entry]{
		{Head: w.head("submissions", "directory_no"), Width: 10, Cell: func(e templates.Entry) book.Cell { return count(int32(e.No)) }},
		{Head: w.head("submissions", "city"), Width: 10, Cell: func(e templates.Entry) book.Cell { return centred(e.City) }},
		{Head: w.head("submissions", "consortium"), Width: 44, Cell: func(e templates.Entry) book.Cell { return words(e.Consortium) }},
		{Head: w.head("submissions", "park"), Width: 40, Cell: func(e templates.Entry) book.Cell { return words(e.Park) }},
		{Head: "情况", Width: 40, Cell: func(e templates.Entry) book.Cell {
			return words("未收到可用的申报；请查“文件清单”有无不予受理的文件，或催报")
		}},
	})
}

// reported says whether an entry of the directory has a submission.
func (w *workbook) reported(e templates.Entry) bool {
	return slices.ContainsFunc(w.submissions, func(s table.Submission) bool { return s.DirectoryNo.Valid && s.DirectoryNo.V == int32(e.No) })
}
