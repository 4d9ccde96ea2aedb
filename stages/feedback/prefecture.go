package feedback

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/office/try"
	"lianheti/stages/office/word"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// letterOf chooses the letter that goes with a verdict.
func letterOf(d *templates.Definition, v table.Verdict) *templates.Letter {
	return d.Letters.Letter(map[model.Verdict]string{model.Return: templates.ReturnLetter,
		model.AskFirst: templates.ExplainLetter, model.Accept: templates.AcceptLetter}[v.Verdict])
}

// writeLetters writes a letter about each submission of a prefecture, and one about those that are missing.
func writeLetters(dir string, in table.Publication, p *pack) error {
	letters := in.Definition.Letters
	for _, r := range p.returns {
		tasks := append(taskTable(model.MustFix, r), taskTable(model.Explain, r)...)
		l, vars := letterOf(in.Definition, r.verdict), submissionVars(in, p, r)
		if err := writeLetter(filepath.Join(dir, r.letter), letters, l, vars, tasks...); err != nil {
			return err
		}
	}
	if len(p.missing) == 0 {
		return nil
	}
	vars := packVars(in, p)
	vars["count"], vars["due"] = fmt.Sprint(len(p.missing)), due(in, false)
	remind, missing := letters.Letter(templates.RemindLetter), missingTable(in.Definition, p.missing)
	return writeLetter(filepath.Join(dir, p.reminds), letters, remind, vars, missing)
}

// packVars are the words of every letter to a prefecture.
func packVars(in table.Publication, p *pack) map[string]string {
	d, addressee := in.Definition, in.Definition.Directory.Addressee
	vars := map[string]string{"city": p.city, "form": d.Form.Title, "deadline": table.ChineseDate(d.Directory.Deadline),
		"office": addressee.Office, "email": addressee.Email, "list": d.Letters.List, "due": due(in, true),
		"explanations": d.Layout().Area("explanations").Sheet}
	if p.city == table.UnknownCity {
		vars["city"] = "有关地"
	}
	if vars["late"] = ""; in.Date > d.Directory.Deadline {
		vars["late"] = templates.Fill(d.Letters.Overdue, vars)
	}
	return vars
}

// due says by when an answer is asked for, mended forms or first ones; an open place where nothing says the day.
func due(in table.Publication, mended bool) string {
	by := cmp.Or(in.ReplyBy, in.Definition.Directory.ReplyBy(in.Date, mended))
	if by == "" {
		return in.Definition.Letters.Open
	}
	return templates.Fill(in.Definition.Letters.Due, map[string]string{"reply": table.ChineseDate(by)})
}

func submissionVars(in table.Publication, p *pack, r *returned) map[string]string {
	v, vars := r.verdict, packVars(in, p)
	vars["edition"] = r.submission.EditionText()
	var faults []string
	for i, n := range []int32{v.Errors, v.Warnings} {
		if n > 0 {
			faults = append(faults, fmt.Sprintf("%s的问题%d处", model.Severities[i].Label(), n))
		}
	}
	vars["consortium"] = called(r.submission) + in.Facts.Entry(r.submission).AdjustmentNote()
	vars["faults"] = strings.Join(faults, "、")
	vars["explained"], vars["hints"] = fmt.Sprint(v.Explained), fmt.Sprint(v.Hints)
	vars["copy"], vars["sha256"] = r.name, r.submission.SHA256[:min(16, len(r.submission.SHA256))]
	return vars
}

// writeLetter writes one letter in the habit of official letters. Who signs it and when is for the Department to say.
func writeLetter(to string, of *templates.Letters, l *templates.Letter, vars map[string]string,
	list ...word.Block) error {
	title := templates.Fill(l.Title, vars)
	body := []word.Block{
		word.P(word.Small, of.Draft),
		word.Paragraph{Style: word.Title, After: 20, Runs: []word.Run{{Text: title}}},
		word.P(word.Plain, templates.Fill(of.To, vars)),
	}
	for i, text := range l.Before {
		if empty(text, vars) {
			continue
		}
		p := word.P(word.Body, templates.Fill(text, vars))
		if i == len(l.Before)-1 && len(list) > 0 {
			p.After = 6
		}
		body = append(body, p)
	}
	body = append(body, list...)
	for i, text := range l.After {
		p := word.P(word.Body, templates.Fill(text, vars))
		p.Align = word.Left // an address at a line's end would tear the line before it apart
		if i == 0 && len(list) > 0 {
			p.Before = 10
		}
		p.KeepNext = i == len(l.After)-1 // who signs never stands on a page alone
		body = append(body, p)
	}
	from, day := word.P("", templates.Fill(of.From, vars)), word.P("", "　　　　年　　月　　日")
	from.Align, from.Before, from.KeepNext, day.Align = word.Right, 28, true, word.Right
	body = append(body, from, day)
	d := word.Document{Title: strings.ReplaceAll(title, "\n", ""), Text: word.LetterText,
		Sections: []word.Section{{Page: word.A4, Footer: word.PageNumbers(), Body: body}}}
	var out bytes.Buffer
	if err := word.Write(&out, d); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}

// empty says whether a paragraph only counts what there is none of.
func empty(text string, vars map[string]string) bool {
	counts, none := 0, 0
	for _, word := range templates.Placeholders(text) {
		if n, err := strconv.Atoi(vars[word]); err == nil {
			counts++
			if n == 0 {
				none++
			}
		}
	}
	return counts > 0 && counts == none
}

// cell is a cell of a table with texts that people typed.
func cell(align word.Align, lines ...string) word.Cell {
	return word.ListCell(align, "", table.Each(lines, func(s string) string { return text.Mask(text.Legible(s)) })...)
}

// At most so many findings of one rule are worded one by one; of more, their cells are listed.
const worded = 4

// taskTable lists what is to be done about one severity, the findings of one rule in one row.
func taskTable(severity model.Severity, r *returned) []word.Block {
	asked := table.Where(slices.Values(r.findings), func(x table.Finding) bool {
		return x.Severity == severity && x.Explanation == ""
	})
	groups := table.GroupBy(asked, func(x table.Finding) string { return x.Code })
	if len(groups) == 0 {
		return nil
	}
	var rows []word.Row
	for i, g := range groups {
		var places, problems []string
		var all []model.Place
		for _, x := range g {
			places = append(places, strings.Join(model.Cells(x.AllPlaces()), " ")) // with blanks, where a line may end
			if all, problems = append(all, x.AllPlaces()...), append(problems, x.Message); x.Outdated != "" {
				problems = append(problems, explained(x))
			}
		}
		if len(g) > worded {
			places = []string{strings.ReplaceAll(model.Ranges(all), "、", " ")}
			problems = []string{fmt.Sprintf("%s，共%d处，例如：%s", g[0].Title, len(g), g[0].Message)}
		}
		cures := table.Unique(g, func(x table.Finding) string { return x.Cure })
		rows = append(rows, word.Row{Cells: []word.Cell{cell(word.Centre, fmt.Sprint(i+1)), cell(word.Left, places...),
			cell(word.Left, problems...), cell(word.Left, cures...)}})
	}
	heading := word.P(word.Heading, fmt.Sprintf("%s（%d项）", severity.Label(), len(groups)))
	heading.KeepNext, heading.Before = true, 6
	return []word.Block{heading, word.List([]string{"序号", "位置", "问题", "怎么办"}, []float64{10, 34, 62, 50}, rows)}
}

func missingTable(d *templates.Definition, missing []templates.Entry) word.Block {
	var rows []word.Row
	for _, e := range missing {
		var names, parks []string
		or := ""
		for _, p := range e.Pairs() {
			names, parks, or = append(names, or+p.Consortium), append(parks, or+p.Park), "或："
		}
		names[0] += e.AdjustmentNote()
		rows = append(rows, word.Row{Whole: true, Cells: []word.Cell{cell(word.Centre, fmt.Sprint(e.No)),
			cell(word.Left, names...), cell(word.Left, parks...)}})
	}
	return word.List([]string{"目录序号", d.Label("consortium"), d.Label("park")}, []float64{18, 80, 58}, rows)
}

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
	page.AddTitle(pane.Cols, title, table.ChineseDate(in.Date))
	part := func(heading string) {
		pane.Row++
		pane.AddText(heading, book.Heading)
	}
	three := func(a, b, c book.Cell) { pane.AddFitted(a.Over(2), b.Over(4), c.Over(3)) }
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
	pane.AddText(fmt.Sprintf("怎样改、怎样说明、怎样再报，见最后一张表“%s”，请%s报来。", helpSheet, due(in, true)), book.Prose)
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
		pane.AddFitted(words("没有可用的申报。").Over(pane.Cols))
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
	return lists.Layout(id).Write(report, book.Grid{Sheet: sheet})
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
