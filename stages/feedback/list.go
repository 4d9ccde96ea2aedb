package feedback

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
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

// writeList writes one prefecture's list: the verdicts, a sheet a severity, changes since the last round, what to do.
func writeList(to string, in table.Publication, p *pack) (err error) {
	defer try.Caught(&err)
	sheets, found := []string{coverSheet}, map[model.Severity][]line{}
	for _, r := range p.returns {
		for _, x := range r.findings {
			found[x.Severity] = append(found[x.Severity], line{r, x})
		}
	}
	severities := slices.DeleteFunc(slices.Clone(model.Severities), func(s model.Severity) bool { return found[s] == nil })
	for _, s := range severities {
		sheets = append(sheets, s.Label())
	}
	if in.Changes.Len() > 0 {
		sheets = append(sheets, changesSheet)
	}
	title := fmt.Sprintf("%s：%d年市域产教联合体申报问题清单", p.city, in.Definition.Year)
	report := try.Get(book.NewReport(title, append(sheets, helpSheet)...))
	try.Do(report.Page(cover(in, p, title)))
	for _, s := range severities {
		id := "mend"
		if s == model.Explain { // what is to be explained needs the key of its row
			id = "explain"
		}
		try.Do(writeRows(in, report, id, s.Label(), list.Rows(found[s])))
	}
	if in.Changes.Len() > 0 {
		try.Do(writeRows(in, report, "since", changesSheet, list.Rows(p.changes)))
	}
	try.Do(report.Page(help(in, p)))
	var out bytes.Buffer
	try.Do(report.Write(&out, title))
	return os.WriteFile(to, out.Bytes(), 0o644)
}

// cover is the first sheet: each submission's verdict, the files that could not be used, who is missing, whom to ask.
func cover(in table.Publication, p *pack, title string) *book.Page {
	page := &book.Page{Sheet: coverSheet, Landscape: true, Widths: []float64{40, 12, 11, 12, 11, 11, 22, 22, 40}}
	pane := &book.Pane{Page: page, Row: 3, Col: 1, Cols: len(page.Widths)}
	page.Begin(pane.Cols, title, table.ChineseDate(in.Date))
	part := func(heading string) {
		pane.Row++
		pane.Say(heading, book.Heading)
	}
	three := func(a, b, c book.Cell) { pane.Fit(a.Over(2), b.Over(4), c.Over(3)) }
	consortium, park := in.Definition.Label("consortium"), in.Definition.Label("park")
	part("各申报的结论")
	verdicts(consortium, pane, p)
	if len(p.refused) > 0 {
		part("不能使用的文件")
		three(head("文件"), head("原因"), head("怎么办"))
		for _, f := range p.refused {
			three(words(f.Path), words(f.Reason), words(f.Cure))
		}
	}
	if len(p.missing) > 0 {
		part("还没有可用申报的联合体")
		three(head(consortium), head(park), head("通知"))
		for _, e := range p.missing {
			three(words(e.Consortium), words(e.Park), link(p.reminds, p.reminds))
		}
	}
	part("有问题找谁")
	addressee := in.Definition.Directory.Addressee
	three(head("事项"), head("找谁"), head("怎么联系"))
	three(words("问题怎么改、说明怎么写、期限，以及联合体名称或园区的调整"), words(addressee.Office),
		book.Cell{Value: addressee.Email, Look: book.Plain})
	three(words("数据和文字是否属实"), words("申报单位、本市教育行政部门"), words("见“"+helpSheet+"”；核实后改正或说明"))
	part("接下来")
	pane.Say(fmt.Sprintf("怎样改、怎样说明、怎样再报，见最后一张表“%s”，请%s报来。", helpSheet, due(in, true)), book.Prose)
	return page
}

// verdicts lists the submissions.
func verdicts(consortium string, pane *book.Pane, p *pack) {
	pane.Add(table.Each([]string{consortium, "结论", model.MustFix.Label(), model.Explain.Label(), "已说明", model.Hint.Label(),
		"标注件", "公文", "文件"}, head)...)
	first := pane.Row
	for _, r := range p.returns {
		annotated := words("无须退回")
		switch {
		case r.plain:
			annotated = link("未能标注，原件退回", r.name)
		case r.name != "":
			annotated = link("打开标注件", r.name)
		}
		v := r.verdict
		letter, _, _ := strings.Cut(r.letter, "（")
		pane.Add(words(called(r.submission)), book.Cell{Value: string(v.Verdict), Look: book.Centred},
			number(v.Errors), number(v.Warnings), number(v.Explained), number(v.Hints),
			annotated, link(letter, r.letter), words(r.submission.File))
	}
	if len(p.returns) == 0 {
		pane.Fit(words("没有可用的申报。").Over(pane.Cols))
	}
	pane.Mark(first, 2, pane.Row-1, 2, book.Mark{Word: string(model.Accept), Tone: book.Good},
		book.Mark{Word: string(model.AskFirst), Tone: book.Caution}, book.Mark{Word: string(model.Return), Tone: book.Bad})
}

//go:embed help.txt
var steps string

// help is the sheet that tells a prefecture what to do.
func help(in table.Publication, p *pack) *book.Page {
	page := &book.Page{Sheet: helpSheet, Widths: []float64{80}} // one column wider than the page would be cut off in print
	page.Put(1, 1, book.Cell{Value: "怎样改、怎样说明、怎样再报", Look: book.Heading})
	vars := packVars(in, p)
	vars["edition"] = in.Definition.Field("edition").Label
	for i, step := range strings.Split(strings.TrimSpace(templates.Fill(steps, vars)), "\n") {
		page.Span(i+2, 1, 1, book.Cell{Value: fmt.Sprintf("%d. %s", i+1, strings.TrimSpace(step)), Look: book.Prose})
	}
	return page
}

// views are what the lists show beside what stands in findings and changes.
var views = map[string]list.View{
	"consortium": list.Of(func(l line) book.Cell { return words(called(l.submission)) }),
	"place":      list.Of(line.place),
	"further":    list.Of(func(l line) book.Cell { return words(furtherPlaces(l.Finding)) }),
	"explained":  list.Of(func(l line) book.Cell { return words(explained(l.Finding)) }),
	"key":        list.Of(func(l line) book.Cell { return book.Cell{Value: explanationKey(l.Finding), Look: book.Mono} }),
	"changed": list.Of(func(c table.Change) book.Cell {
		return words(model.Place{Sheet: c.Sheet, Cell: c.Cell}.String())
	}),
}

// writeRows writes a list of sheets.yaml as a sheet.
func writeRows(in table.Publication, report *book.Report, id, sheet string, rows list.Source) error {
	lists := list.Lists{Definition: in.Definition, Views: views,
		Sources: map[string]list.Source{"lines": rows, "changes": rows}}
	return lists.Of(id).Write(report, book.Grid{Sheet: sheet})
}

// place shows where a finding is, and leads there in the annotated copy.
func (l line) place() book.Cell {
	at := model.Place{File: l.File, Sheet: l.Sheet, Cell: l.Cell}.String()
	switch {
	case l.Sheet == "":
		return words("整份文件")
	case l.name == "" || l.plain:
		return words(at)
	}
	return link(at, l.name+book.CellLink(l.Sheet, l.Cell))
}

func head(s string) book.Cell     { return book.Cell{Value: s, Look: book.Header} }
func words(s string) book.Cell    { return book.Cell{Value: text.Mask(s), Look: book.Plain} }
func number(n int32) book.Cell    { return book.Cell{Value: n, Look: book.Integer} }
func link(s, to string) book.Cell { return book.Cell{Value: s, Look: book.Link, Link: to} }
