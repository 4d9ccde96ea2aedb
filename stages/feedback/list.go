package feedback

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// line is one finding with the submission it is about.
type line struct {
	*returned
	table.Finding
}

// Sheets of the list beside those of the severities.
const (
	coverSheet   = "总览"
	changesSheet = "与上轮相比"
	helpSheet    = "说明"
)

// writeList writes one prefecture's list: the verdicts, a sheet for each severity that has any findings, what changed since the last round, and what
// to do on a sheet of its own, so that the others are rows from their first cell on.
func writeList(to string, in Input, p *pack) (err error) {
	defer try.Caught(&err)
	sheets, found := []string{coverSheet}, p.lines()
	for _, s := range model.Severities {
		if len(found[s]) > 0 {
			sheets = append(sheets, s.Label())
		}
	}
	if in.Changes.Len() > 0 {
		sheets = append(sheets, changesSheet)
	}
	title := fmt.Sprintf("%s：%d年市域产教联合体申报问题清单", p.city, in.Definition.Year)
	report := try.Get(book.NewReport(title, append(sheets, helpSheet)...))
	try.Do(report.Page(cover(in, p, title)))
	for _, severity := range model.Severities {
		if len(found[severity]) > 0 {
			try.Do(findings(in, report, found[severity], severity))
		}
	}
	if in.Changes.Len() > 0 {
		try.Do(changes(in, report, p))
	}
	try.Do(report.Page(help(in)))
	var out bytes.Buffer
	try.Do(report.Write(&out, title))
	return os.WriteFile(to, out.Bytes(), 0o644)
}

// cover is the first sheet: each submission's verdict, the files that could not be used, who is missing, whom to ask.
func cover(in Input, p *pack, title string) *book.Page {
	page := &book.Page{Sheet: coverSheet, Landscape: true, Widths: []float64{40, 12, 11, 12, 11, 11, 22, 22, 40}}
	width := len(page.Widths)
	page.Begin(width, title, table.ChineseDate(in.Date))
	row := 3
	part := func(heading string) {
		row++
		page.Span(row, 1, width, book.Cell{Value: heading, Look: book.Heading})
		row++
	}
	part("各申报的结论")
	row = verdicts(in, page, row, p)
	if len(p.refused) > 0 {
		part("不能使用的文件")
		row = threes(page, row, []string{"文件", "原因", "怎么办"}, p.refused, func(f table.File) []book.Cell { return []book.Cell{words(f.Path), words(f.Reason), words(f.Cure)} })
	}
	if len(p.missing) > 0 {
		part("还没有可用申报的联合体")
		row = threes(page, row, []string{in.Definition.Label("consortium"), in.Definition.Label("park"), "通知"}, p.missing, func(e templates.Entry) []book.Cell {
			return []book.Cell{words(e.Consortium), words(e.Park), {Value: p.reminds, Look: book.Link, Link: p.reminds}}
		})
	}
	part("有问题找谁")
	addressee := in.Definition.Directory.Addressee
	row = threes(page, row, []string{"事项", "找谁", "怎么联系"}, [][3]string{
		{"问题怎么改、说明怎么写、期限，以及联合体名称或园区的调整", addressee.Office, addressee.Email},
		{"数据和文字是否属实", "申报单位、本市教育行政部门", "见“" + helpSheet + "”；核实后改正或说明"},
	}, func(x [3]string) []book.Cell {
		return []book.Cell{words(x[0]), words(x[1]), {Value: x[2], Look: book.Plain}}
	})
	part("接下来")
	page.Span(row, 1, width, book.Cell{Value: fmt.Sprintf("怎样改、怎样说明、怎样再报，见最后一张表“%s”，请%s报来。", helpSheet, due(in, true)), Look: book.Prose})
	return page
}

// threes writes a small table of three columns; it gives the next free row.
func threes[T any](page *book.Page, row int, heads []string, list []T, cells func(T) []book.Cell) int {
	for _, line := range append([][]book.Cell{table.Each(heads, head)}, table.Each(list, cells)...) {
		page.Line(row, 1, line[0].Over(2), line[1].Over(4), line[2].Over(3))
		row++
	}
	return row
}

// verdicts lists the submissions; it gives the next free row.
func verdicts(in Input, page *book.Page, row int, p *pack) int {
	heads := []string{in.Definition.Label("consortium"), "结论", model.MustFix.Label(), model.Explain.Label(), "已说明", model.Hint.Label(), "标注件", "公文", "文件"}
	page.Heads(row, 1, heads...)
	first := row + 1
	for _, r := range p.returns {
		row++
		v := r.verdict
		link := words("无须退回")
		switch {
		case r.plain:
			link = book.Cell{Value: "未能标注，原件退回", Look: book.Link, Link: r.name}
		case r.name != "":
			link = book.Cell{Value: "打开标注件", Look: book.Link, Link: r.name}
		}
		letter, _, _ := strings.Cut(r.letter, "（")
		page.PutRow(row, 1, words(called(r.submission)), centred(string(v.Verdict)), number(v.Errors), number(v.Warnings), number(v.Explained), number(v.Hints), link,
			book.Cell{Value: letter, Look: book.Link, Link: r.letter}, words(r.submission.File))
	}
	if len(p.returns) == 0 {
		row++
		page.Span(row, 1, len(heads), words("没有可用的申报。"))
	}
	page.Mark(first, 2, row, 2, book.Mark{Word: string(model.Accept), Tone: book.Good}, book.Mark{Word: string(model.AskFirst), Tone: book.Caution}, book.Mark{Word: string(model.Return), Tone: book.Bad})
	return row + 1
}

// help is the sheet that tells what to do.
func help(in Input) *book.Page {
	page := &book.Page{Sheet: helpSheet, Widths: []float64{80}} // one column wider than the page would be cut off in print
	page.Put(1, 1, book.Cell{Value: "怎样改、怎样说明、怎样再报", Look: book.Heading})
	for i, s := range steps(in) {
		page.Span(i+2, 1, 1, book.Cell{Value: fmt.Sprintf("%d. %s", i+1, s), Look: book.Prose})
	}
	return page
}

// steps tell a prefecture what to do.
func steps(in Input) []string {
	sheet, _, _ := in.Definition.Layout().Area("explanations")
	explanations := sheet.Sheet.Title
	addressee := in.Definition.Directory.Addressee
	return []string{
		fmt.Sprintf("“%s”的问题改正后才能受理；“%s”的，核对后改正，或写明原因；“%s”不影响受理，供核对。", model.MustFix.Label(), model.Explain.Label(), model.Hint.Label()),
		fmt.Sprintf("请直接在标注件里改：有颜色的格子、橙框的空格子就是有问题的，批注里写着怎么改；“%s”表逐条列出，点“位置”到那一格，点那一格左边的栏目名称回到“%s”。颜色、批注和“%s”表不会被当作数据，不用清除。", templates.ReturnSheet, templates.ReturnSheet, templates.ReturnSheet),
		fmt.Sprintf("说明写在标注件的“%s”表预填的那一行。第一列的“问题指纹”请勿改动：它记着针对哪个问题、哪些数；数据没有再变，下一轮不用重复说明；数据变了，要重新说明。", explanations),
		fmt.Sprintf("不在标注件上改而在自己的原件上改也可以：把“%s”表末列的“问题指纹”抄到原件“%s”表的第一列，再写原因。", model.Explain.Label(), explanations),
		fmt.Sprintf("改好后把封面的“%s”加一，另存为 .xlsx 重新报送，文件名不限。先后按“由哪一份标注件改来”“报送版次”判定，不看文件名和时间；内容完全相同的算重复。", in.Definition.Field("edition").Label),
		fmt.Sprintf("%s报送到：%s，%s。", due(in, true), addressee.Office, addressee.Email),
		"不能使用的文件请按“怎么办”处理后重新报送。",
	}
}

// changes is the sheet of what is different since the last round.
func changes(in Input, report *book.Report, p *pack) error {
	return book.Rows(report, book.Grid{Sheet: changesSheet, Rows: len(p.changes), Freeze: 2}, slices.Values(p.changes), []book.ColumnOf[table.Change]{
		{Head: in.Definition.Label("consortium"), Width: 38, Cell: func(c table.Change) book.Cell { return words(c.Consortium) }},
		{Head: "变化", Width: 18, Cell: func(c table.Change) book.Cell { return words(c.Kind.Label()) }, Style: book.Column{Marks: []book.Mark{
			{Word: table.FindingClosed.Label(), Tone: book.Good}, {Word: table.FindingExplained.Label(), Tone: book.Good},
			{Word: table.FindingOpen.Label(), Tone: book.Caution}, {Word: table.FindingReopened.Label(), Tone: book.Caution}, {Word: table.FindingNew.Label(), Tone: book.Bad}}}},
		{Head: "程度", Width: 13, Cell: func(c table.Change) book.Cell { return words(c.Severity.Label()) }},
		{Head: "事项", Width: 36, Cell: func(c table.Change) book.Cell { return words(c.Label) }},
		{Head: "上轮", Width: 44, Cell: func(c table.Change) book.Cell { return words(c.Before) }},
		{Head: "本轮", Width: 44, Cell: func(c table.Change) book.Cell { return words(c.After) }},
		{Head: "位置", Width: 20, Cell: func(c table.Change) book.Cell { return words(model.Place{Sheet: c.Sheet, Cell: c.Cell}.String()) }},
		{Head: "代码", Width: 13, Cell: func(c table.Change) book.Cell { return book.Cell{Value: c.Code, Look: book.Mono} }},
	})
}

// lines lists the findings by severity.
func (p *pack) lines() map[model.Severity][]line {
	out := map[model.Severity][]line{}
	for _, r := range p.returns {
		for _, x := range r.findings {
			out[x.Severity] = append(out[x.Severity], line{r, x})
		}
	}
	return out
}

// findings is the sheet of one severity.
func findings(in Input, report *book.Report, lines []line, severity model.Severity) error {
	columns := []book.ColumnOf[line]{
		{Head: in.Definition.Label("consortium"), Width: 28, Cell: func(l line) book.Cell { return words(called(l.submission)) }},
		{Head: "位置", Width: 16, Cell: func(l line) book.Cell { return l.place() }},
		{Head: "其余位置", Width: 14, Cell: func(l line) book.Cell { return words(furtherPlaces(l.Finding)) }},
		{Head: "问题", Width: 20, Cell: func(l line) book.Cell { return words(l.Title) }},
		{Head: "具体情况", Width: 42, Cell: func(l line) book.Cell { return words(l.Message) }},
		{Head: "怎么改", Width: 36, Cell: func(l line) book.Cell { return words(l.Cure) }},
		{Head: "依据", Width: 16, Cell: func(l line) book.Cell { return words(l.Authority) }},
		{Head: "代码", Width: 12, Cell: func(l line) book.Cell { return book.Cell{Value: l.Code, Look: book.Mono} }},
	}
	if severity == model.Explain { // what is to be explained needs the key of its row
		columns = slices.Insert(columns, 6, book.ColumnOf[line]{Head: "已作的说明", Width: 24, Cell: func(l line) book.Cell { return words(explained(l.Finding)) }})
		columns = append(columns, book.ColumnOf[line]{Head: "问题指纹", Width: 19, Cell: func(l line) book.Cell { return book.Cell{Value: explanationKey(l.Finding), Look: book.Mono} }})
	}
	return book.Rows(report, book.Grid{Sheet: severity.Label(), Rows: len(lines), Freeze: 2}, slices.Values(lines), columns)
}

// place shows where a finding is, and leads there in the annotated copy.
func (l line) place() book.Cell {
	at := model.Place{File: l.File, Sheet: l.Sheet, Cell: l.Cell}
	if l.Sheet == "" {
		return words("整份文件")
	}
	if l.name == "" || l.plain {
		return words(at.String())
	}
	return book.Cell{Value: at.String(), Look: book.Link, Link: l.name + book.CellLink(l.Sheet, l.Cell)}
}

func head(s string) book.Cell    { return book.Cell{Value: s, Look: book.Header} }
func words(s string) book.Cell   { return book.Cell{Value: text.Mask(s), Look: book.Plain} }
func centred(s string) book.Cell { return book.Cell{Value: s, Look: book.Centred} }
func number(n int32) book.Cell   { return book.Cell{Value: n, Look: book.Integer} }
