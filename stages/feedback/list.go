package feedback

import (
	"bytes"
	"fmt"
	"os"
	"slices"

	"lianheti/stages"
	"lianheti/stages/book"
	"lianheti/stages/table"
)

// line is one finding with the submission it is about.
type line struct {
	*returned
	table.Finding
}

// writeList writes one prefecture's list: the verdicts, then a sheet for each severity.
func writeList(to string, in Input, p *pack) error {
	sheets := []string{"总览"}
	for _, s := range stages.Severities {
		sheets = append(sheets, s.Label())
	}
	title := fmt.Sprintf("%s：%d年市域产教联合体申报问题清单", p.city, in.Definition.Year)
	report, err := book.NewReport(title, sheets...)
	if err != nil {
		return err
	}
	if err := report.Page(summary(in, p, title)); err != nil {
		return err
	}
	for _, severity := range stages.Severities {
		if err := findings(report, p, severity); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	if err := report.Write(&out, title); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}

// summary is the first sheet: each submission's verdict, the files that could not be used, and what to do now.
func summary(in Input, p *pack, title string) *book.Page {
	page := &book.Page{Sheet: "总览", Landscape: true, Widths: []float64{40, 12, 11, 11, 11, 11, 20, 46}}
	width := len(page.Widths)
	page.Span(1, 1, width, book.Cell{Value: title, Look: book.Title})
	page.Height(1, 32)
	row := 2
	if in.Date != "" {
		page.Span(row, 1, width, book.Cell{Value: in.Date, Look: book.Subtitle})
		row++
	}
	row++
	part := func(heading string) {
		page.Span(row, 1, width, book.Cell{Value: heading, Look: book.Heading})
		row++
	}
	part("各申报的结论")
	row = verdicts(page, row, p)
	if len(p.refused) > 0 {
		row++
		part("不能使用的文件")
		page.Span(row, 1, 2, book.Cell{Value: "文件", Look: book.Header})
		page.Span(row, 3, 4, book.Cell{Value: "原因", Look: book.Header})
		page.Span(row, 7, 2, book.Cell{Value: "怎么办", Look: book.Header})
		for _, f := range p.refused {
			row++
			page.Span(row, 1, 2, text(f.Path))
			page.Span(row, 3, 4, text(f.Reason))
			page.Span(row, 7, 2, text(f.Cure))
		}
		row++
	}
	row++
	part("接下来怎么做")
	for i, s := range steps(in) {
		page.Span(row, 1, width, book.Cell{Value: fmt.Sprintf("%d. %s", i+1, s), Look: book.Prose})
		row++
	}
	return page
}

// verdicts lists the submissions; it gives the next free row.
func verdicts(page *book.Page, row int, p *pack) int {
	heads := []string{"联合体名称", "结论", stages.MustFix.Label(), stages.Explain.Label(), "已说明", stages.Hint.Label(), "标注件", "文件"}
	for i, h := range heads {
		page.Put(row, i+1, book.Cell{Value: h, Look: book.Header})
	}
	first := row + 1
	for _, r := range p.returns {
		row++
		v := r.verdict
		link := text("无须退回")
		switch {
		case r.plain:
			link = book.Cell{Value: "未能标注，原件退回", Look: book.Link, Link: r.name}
		case r.name != "":
			link = book.Cell{Value: "打开标注件", Look: book.Link, Link: r.name}
		}
		page.PutRow(row, 1, text(r.submission.Consortium), centred(string(v.Verdict)), number(v.Errors), number(v.Warnings), number(v.Explained), number(v.Hints), link, text(r.submission.File))
	}
	if len(p.returns) == 0 {
		row++
		page.Span(row, 1, len(heads), text("没有可用的申报。"))
	}
	page.Mark(first, 2, row, 2, book.Mark{Word: string(stages.Accept), Tone: book.Good}, book.Mark{Word: string(stages.AskFirst), Tone: book.Caution}, book.Mark{Word: string(stages.Return), Tone: book.Bad})
	return row + 1
}

// steps tell a prefecture what to do.
func steps(in Input) []string {
	explanations := "情况说明"
	if sheet, _, ok := in.Definition.Layout().Area("explanations"); ok {
		explanations = sheet.Sheet.Title
	}
	return []string{
		fmt.Sprintf("“%s”的问题改正后才能受理；“%s”的，核对后改正，或在标注件“%s”表预填的那一行写明原因；“%s”不影响受理。", stages.MustFix.Label(), stages.Explain.Label(), explanations, stages.Hint.Label()),
		"请直接在标注件里改：有颜色的格子就是有问题的格子，批注里写着怎么改；“退回问题”表逐条列出，点“位置”到那一格。颜色、批注和“退回问题”表不会被当作数据，不用清除。",
		fmt.Sprintf("改好后把封面的“%s”加一，另存为 .xlsx 重新报送。报送期限：%s；%s，%s。", in.Definition.Field("edition").Label, in.Definition.Directory.Deadline, in.Definition.Directory.Addressee.Office, in.Definition.Directory.Addressee.Email),
		"不能使用的文件请按“怎么办”处理后重新报送。",
	}
}

// findings is the sheet of one severity.
func findings(report *book.Report, p *pack, severity stages.Severity) error {
	var lines []line
	for _, r := range p.returns {
		for _, x := range r.findings {
			if x.Severity == severity {
				lines = append(lines, line{r, x})
			}
		}
	}
	columns := []book.ColumnOf[line]{
		{Head: "联合体名称", Width: 38, Cell: func(l line) book.Cell { return text(l.submission.Consortium) }},
		{Head: "位置", Width: 20, Cell: func(l line) book.Cell { return l.place() }},
		{Head: "问题", Width: 22, Cell: func(l line) book.Cell { return text(l.Title) }},
		{Head: "具体情况", Width: 50, Cell: func(l line) book.Cell { return text(l.Message) }},
		{Head: "怎么改", Width: 46, Cell: func(l line) book.Cell { return text(l.Cure) }},
		{Head: "依据", Width: 22, Cell: func(l line) book.Cell { return text(l.Authority) }},
		{Head: "代码", Width: 13, Cell: func(l line) book.Cell { return book.Cell{Value: l.Code, Look: book.Mono} }},
	}
	if severity == stages.Explain {
		columns = slices.Insert(columns, 5, book.ColumnOf[line]{Head: "已作的说明", Width: 36, Cell: func(l line) book.Cell { return text(l.Explanation) }})
	}
	columns = append(columns, book.ColumnOf[line]{Head: "问题指纹", Width: 19, Cell: func(l line) book.Cell { return book.Cell{Value: l.Fingerprint, Look: book.Mono} }})
	remark := map[stages.Severity]string{
		stages.MustFix: "下列问题改正后才能受理。", stages.Explain: "下列问题请核对：填错的改正，属实的写明原因。", stages.Hint: "下列情况不影响受理，供核对。",
	}[severity]
	if len(lines) == 0 {
		remark = "没有这一类问题。"
	}
	return book.Rows(report, book.Grid{Sheet: severity.Label(), Remark: remark, Rows: len(lines), Freeze: 2}, slices.Values(lines), columns)
}

// place shows where a finding is, and leads there in the annotated copy.
func (l line) place() book.Cell {
	at := stages.Place{File: l.File, Sheet: l.Sheet, Cell: l.Cell}
	if l.Sheet == "" {
		return text("整份文件")
	}
	if l.name == "" || l.plain {
		return text(at.String())
	}
	return book.Cell{Value: at.String(), Look: book.Link, Link: l.name + book.CellLink(l.Sheet, l.Cell)}
}

func text(s string) book.Cell    { return book.Cell{Value: stages.Mask(s), Look: book.Plain} }
func centred(s string) book.Cell { return book.Cell{Value: s, Look: book.Centred} }
func number(n int32) book.Cell   { return book.Cell{Value: n, Look: book.Integer} }
