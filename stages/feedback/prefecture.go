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

func letterOf(d *templates.Definition, v table.Verdict) *templates.Letter {
	return d.Letters().Letter(map[model.Verdict]string{model.Return: templates.ReturnLetter,
		model.AskFirst: templates.ExplainLetter, model.Accept: templates.AcceptLetter}[v.Verdict])
}

// writeLetters writes a letter about each submission of a prefecture, and one about the missing ones.
func writeLetters(dir string, in table.Publication, p *parcel) (err error) {
	defer try.Caught(&err)
	letters := in.Definition.Letters()
	for _, r := range p.returns {
		tasks := append(taskTable(model.MustFix, r), taskTable(model.Explain, r)...)
		l, vars := letterOf(in.Definition, r.verdict), submissionVars(in, p, r)
		writeLetter(filepath.Join(dir, r.letterName), letters, l, vars, tasks...)
	}
	if len(p.missing) == 0 {
		return nil
	}
	vars := parcelVars(in, p)
	vars["count"], vars["due"] = fmt.Sprint(len(p.missing)), dueText(in, false)
	remind, missing := letters.Letter(templates.RemindLetter), missingTable(in.Definition, p.missing)
	writeLetter(filepath.Join(dir, p.reminder), letters, remind, vars, missing)
	return nil
}

// parcelVars returns the variables of all letters to a prefecture.
func parcelVars(in table.Publication, p *parcel) map[string]string {
	d, addressee := in.Definition, in.Definition.Directory.Addressee
	vars := map[string]string{"city": p.city, "form": d.Form.Title, "deadline": table.ChineseDate(d.Directory.Deadline),
		"office": addressee.Office, "email": addressee.Email, "list": d.Letters().List, "due": dueText(in, true),
		"explanations": d.Layout().Area("explanations").Sheet}
	if p.city == table.UnknownCity {
		vars["city"] = "有关地"
	}
	if vars["late"] = ""; in.Date > d.Directory.Deadline {
		vars["late"] = templates.Fill(d.Letters().Overdue, vars)
	}
	return vars
}

// dueText says by when corrected or first forms are due; a blank to fill in if the date is not known.
func dueText(in table.Publication, corrected bool) string {
	by := cmp.Or(in.ReplyBy, in.Definition.Directory.ReplyBy(in.Date, corrected))
	due := templates.Fill(in.Definition.Letters().Due, map[string]string{"reply": table.ChineseDate(by)})
	return table.Either(by == "", in.Definition.Letters().Open, due)
}

func submissionVars(in table.Publication, p *parcel, r *submissionReturn) map[string]string {
	v, vars := r.verdict, parcelVars(in, p)
	vars["edition"] = r.submission.EditionText()
	var faults []string
	for i, n := range []int32{v.Errors, v.Warnings} {
		if n > 0 {
			faults = append(faults, fmt.Sprintf("%s的问题%d处", model.Severities[i].Label(), n))
		}
	}
	vars["consortium"] = consortiumName(r.submission) + in.Facts.Entry(r.submission).AdjustmentNote()
	vars["faults"] = strings.Join(faults, "、")
	vars["explained"], vars["hints"] = fmt.Sprint(v.Explained), fmt.Sprint(v.Hints)
	vars["copy"], vars["sha256"] = r.copyName, r.submission.SHA256[:min(16, len(r.submission.SHA256))]
	return vars
}

// writeLetter writes a letter in the layout of official ones. The date is left open for the Department.
func writeLetter(file string, letters *templates.Letters, l *templates.Letter, vars map[string]string,
	list ...word.Block) {
	title := templates.Fill(l.Title, vars)
	body := []word.Block{
		word.P(word.Small, letters.Draft),
		word.Paragraph{Style: word.Title, After: 20, Runs: []word.Run{{Text: title}}},
		word.P(word.Plain, templates.Fill(letters.To, vars)),
	}
	for i, text := range l.Before {
		if countsNothing(text, vars) {
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
		p.Align = word.Left // justified, the line before a long address would be stretched
		if i == 0 && len(list) > 0 {
			p.Before = 10
		}
		p.KeepNext = i == len(l.After)-1 // the signature must not be alone on a page
		body = append(body, p)
	}
	from, day := word.P("", templates.Fill(letters.From, vars)), word.P("", "　　　　年　　月　　日")
	from.Align, from.Before, from.KeepNext, day.Align = word.Right, 28, true, word.Right
	body = append(body, from, day)
	d := word.Document{Title: strings.ReplaceAll(title, "\n", ""), Text: word.LetterText,
		Sections: []word.Section{{Page: word.A4, Footer: word.PageNumbers(), Body: body}}}
	var out bytes.Buffer
	try.Do(word.Write(&out, d))
	try.Do(os.WriteFile(file, out.Bytes(), 0o644))
}

// countsNothing reports whether a paragraph contains counts, and all of them are 0.
func countsNothing(text string, vars map[string]string) bool {
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

// letterCell returns a cell of a table in a letter; the lines may be typed by people and are masked.
func letterCell(align word.Align, lines ...string) word.Cell {
	return word.ListCell(align, "", table.Each(lines, func(s string) string { return text.Mask(text.Legible(s)) })...)
}

// taskTable lists the open findings of one severity, one row for each rule.
func taskTable(severity model.Severity, r *submissionReturn) []word.Block {
	open := table.Where(slices.Values(r.findings), func(x table.Finding) bool {
		return x.Severity == severity && x.Explanation == ""
	})
	groups := table.GroupBy(open, func(x table.Finding) string { return x.Code })
	if len(groups) == 0 {
		return nil
	}
	var rows []word.Row
	for i, g := range groups {
		var places, problems []string
		var all []model.Place
		for _, x := range g {
			places = append(places, strings.Join(model.Cells(x.AllPlaces()), " ")) // blanks allow line breaks
			if all, problems = append(all, x.AllPlaces()...), append(problems, x.Message); x.Outdated != "" {
				problems = append(problems, explanationText(x))
			}
		}
		const most = 4 // findings of one rule that are listed one by one
		if len(g) > most {
			places = []string{strings.ReplaceAll(model.Ranges(all), "、", " ")}
			problems = []string{fmt.Sprintf("%s，共%d处，例如：%s", g[0].Title, len(g), g[0].Message)}
		}
		cures := table.Unique(g, func(x table.Finding) string { return x.Cure })
		rows = append(rows, word.Row{Cells: []word.Cell{letterCell(word.Centre, fmt.Sprint(i+1)),
			letterCell(word.Left, places...), letterCell(word.Left, problems...), letterCell(word.Left, cures...)}})
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
		rows = append(rows, word.Row{Whole: true, Cells: []word.Cell{letterCell(word.Centre, fmt.Sprint(e.No)),
			letterCell(word.Left, names...), letterCell(word.Left, parks...)}})
	}
	return word.List([]string{"目录序号", d.Label("consortium"), d.Label("park")}, []float64{18, 80, 58}, rows)
}

type findingLine struct {
	*submissionReturn
	table.Finding
}

// Names of the sheets of the list, beside those of the severities.
const (
	coverSheet   = "总览"
	changesSheet = "与上轮相比"
	helpSheet    = "说明"
)

// writeList writes the list of one prefecture: verdicts, a sheet for each severity, changes since the last round, help.
func writeList(file string, in table.Publication, p *parcel) (err error) {
	defer try.Caught(&err)
	sheets, found := []string{coverSheet}, map[model.Severity][]findingLine{}
	for _, r := range p.returns {
		for _, x := range r.findings {
			found[x.Severity] = append(found[x.Severity], findingLine{r, x})
		}
	}
	severities := slices.DeleteFunc(slices.Clone(model.Severities), func(s model.Severity) bool { return found[s] == nil })
	sheets = append(sheets, table.Each(severities, model.Severity.Label)...)
	if in.Changes.Len() > 0 {
		sheets = append(sheets, changesSheet)
	}
	title := fmt.Sprintf("%s：%d年市域产教联合体申报问题清单", p.city, in.Definition.Year)
	report := try.Get(book.NewReport(title, append(sheets, helpSheet)...))
	try.Do(report.Page(coverPage(in, p, title)))
	for _, s := range severities {
		id := table.Either(s == model.Explain, "explain", "mend") // the first with the key for 情况说明
		try.Do(writeSheet(in, report, id, s.Label(), list.Rows(found[s])))
	}
	if in.Changes.Len() > 0 {
		try.Do(writeSheet(in, report, "since", changesSheet, list.Rows(p.changes)))
	}
	try.Do(report.Page(helpPage(in, p)))
	var out bytes.Buffer
	try.Do(report.Write(&out, title))
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// coverPage returns the first sheet: verdicts, rejected files, missing consortia, contacts.
func coverPage(in table.Publication, p *parcel, title string) *book.Page {
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
	addVerdicts(consortium, pane, p)
	if len(p.rejected) > 0 {
		part("不能使用的文件")
		three(headerCell("文件"), headerCell("原因"), headerCell("怎么办"))
		for _, f := range p.rejected {
			three(textCell(f.Path), textCell(f.Reason), textCell(f.Cure))
		}
	}
	if len(p.missing) > 0 {
		part("还没有可用申报的联合体")
		three(headerCell(consortium), headerCell(park), headerCell("通知"))
		for _, e := range p.missing {
			three(textCell(e.Consortium), textCell(e.Park), linkCell(p.reminder, p.reminder))
		}
	}
	part("有问题找谁")
	addressee := in.Definition.Directory.Addressee
	three(headerCell("事项"), headerCell("找谁"), headerCell("怎么联系"))
	three(textCell("问题怎么改、说明怎么写、期限，以及联合体名称或园区的调整"), textCell(addressee.Office), book.Plain.Cell(addressee.Email))
	three(textCell("数据和文字是否属实"), textCell("申报单位、本市教育行政部门"), textCell("见“"+helpSheet+"”；核实后改正或说明"))
	part("接下来")
	pane.AddText(fmt.Sprintf("怎样改、怎样说明、怎样再报，见最后一张表“%s”，请%s报来。", helpSheet, dueText(in, true)), book.Prose)
	return page
}

func addVerdicts(consortium string, pane *book.Pane, p *parcel) {
	pane.Add(table.Each([]string{consortium, "结论", model.MustFix.Label(), model.Explain.Label(), "已说明", model.Hint.Label(),
		"标注件", "公文", "文件"}, headerCell)...)
	first := pane.Row
	for _, r := range p.returns {
		annotated := textCell("无须退回")
		switch {
		case r.unannotated:
			annotated = linkCell("未能标注，原件退回", r.copyName)
		case r.copyName != "":
			annotated = linkCell("打开标注件", r.copyName)
		}
		v := r.verdict
		letter, _, _ := strings.Cut(r.letterName, "（")
		pane.Add(textCell(consortiumName(r.submission)), book.Centred.Cell(string(v.Verdict)), book.Integer.Cell(v.Errors),
			book.Integer.Cell(v.Warnings), book.Integer.Cell(v.Explained), book.Integer.Cell(v.Hints), annotated,
			linkCell(letter, r.letterName), textCell(r.submission.File))
	}
	if len(p.returns) == 0 {
		pane.AddFitted(textCell("没有可用的申报。").Over(pane.Cols))
	}
	pane.Mark(first, 2, pane.Row-1, 2, book.Mark{Word: string(model.Accept), Tone: book.Good},
		book.Mark{Word: string(model.AskFirst), Tone: book.Caution}, book.Mark{Word: string(model.Return), Tone: book.Bad})
}

//go:embed help.txt
var helpText string

// helpPage returns the sheet that explains what a prefecture has to do.
func helpPage(in table.Publication, p *parcel) *book.Page {
	page := &book.Page{Sheet: helpSheet, Widths: []float64{80}} // a wider column would be cut off in print
	page.Put(1, 1, book.Heading.Cell("怎样改、怎样说明、怎样再报"))
	vars := parcelVars(in, p)
	vars["edition"] = in.Definition.Field("edition").Label
	for i, step := range strings.Split(strings.TrimSpace(templates.Fill(helpText, vars)), "\n") {
		page.Span(i+2, 1, 1, book.Prose.Cell(fmt.Sprintf("%d. %s", i+1, strings.TrimSpace(step))))
	}
	return page
}

// listViews are the columns of the lists that are not columns of findings or changes.
var listViews = map[string]list.View{
	"consortium": list.Of(func(l findingLine) book.Cell { return textCell(consortiumName(l.submission)) }),
	"place":      list.Of(findingLine.place),
	"further":    list.Of(func(l findingLine) book.Cell { return textCell(furtherPlaces(l.Finding)) }),
	"explained":  list.Of(func(l findingLine) book.Cell { return textCell(explanationText(l.Finding)) }),
	"key":        list.Of(func(l findingLine) book.Cell { return book.Mono.Cell(explanationKey(l.Finding)) }),
	"changed": list.Of(func(c table.Change) book.Cell {
		return textCell(model.Place{Sheet: c.Sheet, Cell: c.Cell}.String())
	}),
}

func writeSheet(in table.Publication, report *book.Report, id, sheet string, rows list.Source) error {
	lists := list.Lists{Definition: in.Definition, Views: listViews,
		Sources: map[string]list.Source{"lines": rows, "changes": rows}}
	return lists.Layout(id).Write(report, book.Grid{Sheet: sheet})
}

// place returns a cell with the place of a finding, linked to the annotated copy.
func (l findingLine) place() book.Cell {
	at := model.Place{File: l.File, Sheet: l.Sheet, Cell: l.Cell}.String()
	switch {
	case l.Sheet == "":
		return textCell("整份文件")
	case l.copyName == "" || l.unannotated:
		return textCell(at)
	}
	return linkCell(at, l.copyName+book.CellLink(l.Sheet, l.Cell))
}

func headerCell(s string) book.Cell   { return book.Header.Cell(s) }
func textCell(s string) book.Cell     { return book.Plain.Cell(text.Mask(s)) }
func linkCell(s, to string) book.Cell { return book.Cell{Value: s, Look: book.Link, Link: to} }
