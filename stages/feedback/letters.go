package feedback

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/word"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// letterOf chooses the letter that goes with a verdict.
func letterOf(d *templates.Definition, v table.Verdict) *templates.Letter {
	return d.Letters.Letter(map[model.Verdict]string{
		model.Return: templates.ReturnLetter, model.AskFirst: templates.ExplainLetter, model.Accept: templates.AcceptLetter,
	}[v.Verdict])
}

// writeLetters writes a letter about each submission of a prefecture, and one about those that are missing.
func writeLetters(dir string, in Input, p *pack) error {
	for _, r := range p.returns {
		var tasks []word.Block
		for _, s := range []model.Severity{model.MustFix, model.Explain} {
			tasks = append(tasks, taskTable(s, r)...)
		}
		if err := writeLetter(filepath.Join(dir, r.letter), in, letterOf(in.Definition, r.verdict), submissionVars(in, p, r), tasks); err != nil {
			return err
		}
	}
	if len(p.missing) == 0 {
		return nil
	}
	vars := packVars(in, p)
	vars["count"], vars["due"] = fmt.Sprint(len(p.missing)), due(in, false)
	return writeLetter(filepath.Join(dir, p.reminds), in, in.Definition.Letters.Letter(templates.RemindLetter), vars, []word.Block{missingTable(in.Definition, p.missing)})
}

// packVars are the words of every letter to a prefecture.
func packVars(in Input, p *pack) map[string]string {
	d := in.Definition
	explanations := ""
	if sheet, _, ok := d.Layout().Area("explanations"); ok {
		explanations = sheet.Sheet.Title
	}
	vars := map[string]string{"city": p.city, "form": d.Form.Title, "deadline": table.ChineseDate(d.Directory.Deadline), "office": d.Directory.Addressee.Office,
		"email": d.Directory.Addressee.Email, "explanations": explanations, "list": d.Letters.List}
	if p.city == table.UnknownCity {
		vars["city"] = "有关地"
	}
	if in.Date > d.Directory.Deadline {
		vars["late"] = templates.Fill(d.Letters.Overdue, vars)
	}
	vars["due"] = due(in, true)
	return vars
}

// due says by when an answer is asked for, mended forms or first ones; an open place where nothing says the day.
func due(in Input, mended bool) string {
	by := cmp.Or(in.ReplyBy, in.Definition.Directory.ReplyBy(in.Date, mended))
	if by == "" {
		return in.Definition.Letters.Open
	}
	return templates.Fill(in.Definition.Letters.Due, map[string]string{"reply": table.ChineseDate(by)})
}

func submissionVars(in Input, p *pack, r *returned) map[string]string {
	vars := packVars(in, p)
	edition := "未填报送版次"
	if r.submission.Edition.Valid {
		edition = fmt.Sprintf("报送版次%d", r.submission.Edition.V)
	}
	v := r.verdict
	var faults []string
	for _, n := range []struct {
		severity model.Severity
		count    int32
	}{{model.MustFix, v.Errors}, {model.Explain, v.Warnings}} {
		if n.count > 0 {
			faults = append(faults, fmt.Sprintf("%s的问题%d处", n.severity.Label(), n.count))
		}
	}
	maps.Copy(vars, map[string]string{"consortium": called(r.submission) + in.Facts.Entry(r.submission).Note(), "edition": edition, "faults": strings.Join(faults, "、"), "explained": fmt.Sprint(v.Explained), "hints": fmt.Sprint(v.Hints), "copy": r.name, "sha256": r.submission.SHA256[:min(16, len(r.submission.SHA256))]})
	return vars
}

// writeLetter writes one letter in the habit of official letters. Who signs it and when is for the Department to say.
func writeLetter(to string, in Input, l *templates.Letter, vars map[string]string, tasks []word.Block) error {
	say := func(text string) string { return templates.Fill(text, vars) }
	title := say(l.Title)
	body := []word.Block{
		word.P(word.Small, in.Definition.Letters.Draft),
		word.Paragraph{Style: word.Title, After: 20, Runs: []word.Run{{Text: title}}},
		word.P(word.Plain, say(in.Definition.Letters.To)),
	}
	for i, text := range l.Before {
		if empty(text, vars) {
			continue
		}
		p := word.P(word.Body, say(text))
		if i == len(l.Before)-1 && len(tasks) > 0 {
			p.After = 6
		}
		body = append(body, p)
	}
	body = append(body, tasks...)
	for i, text := range l.After {
		p := word.P(word.Body, say(text))
		p.Align = word.Left // an address at a line's end would tear the line before it apart
		if i == 0 && len(tasks) > 0 {
			p.Before = 10
		}
		p.KeepNext = i == len(l.After)-1 // who signs never stands on a page alone
		body = append(body, p)
	}
	body = append(body,
		word.Paragraph{Align: word.Right, Before: 28, KeepNext: true, Runs: []word.Run{{Text: say(in.Definition.Letters.From)}}},
		word.Paragraph{Align: word.Right, Runs: []word.Run{{Text: "　　　　年　　月　　日"}}})
	d := word.Document{Title: strings.ReplaceAll(title, "\n", ""), Text: word.LetterText, Sections: []word.Section{{Page: word.A4, Footer: word.PageNumbers(), Body: body}}}
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

// What stands in tables is set smaller than the letter: 五号.
const (
	tableSize = 10.5
	tableLine = 16
)

func cell(align word.Align, lines ...string) word.Cell {
	c := word.Cell{Align: align}
	for _, words := range lines {
		c.Body = append(c.Body, word.Paragraph{Line: tableLine, Runs: []word.Run{{Text: text.Mask(text.Legible(words)), Size: tableSize}}})
	}
	return c
}

func headCell(text string) word.Cell {
	c := cell(word.Centre, text)
	c.Body[0].Runs[0].Font = word.HeiTi
	return c
}

// At most so many findings of one rule are worded one by one; of more, their cells are listed.
const worded = 4

// taskTable lists what is to be done about one severity, the findings of one rule in one row.
func taskTable(severity model.Severity, r *returned) []word.Block {
	asked := table.Where(slices.Values(r.findings), func(x table.Finding) bool { return x.Severity == severity && x.Explanation == "" })
	groups := table.Grouped(asked, func(x table.Finding) string { return x.Code })
	if len(groups) == 0 {
		return nil
	}
	t := word.Table{Columns: word.Widths(word.A4.Inside(), 10, 34, 62, 50),
		Rows: []word.Row{{Header: true, Cells: []word.Cell{headCell("序号"), headCell("位置"), headCell("问题"), headCell("怎么办")}}}}
	for i, g := range groups {
		var problems []string
		var all []model.Place
		places, cures := table.Each(g, cellsOf), table.Unique(g, func(x table.Finding) string { return x.Cure })
		for _, x := range g {
			all, problems = append(all, x.At()...), append(problems, x.Message)
			if x.Outdated != "" {
				problems = append(problems, explained(x))
			}
		}
		if len(g) > worded {
			places = []string{strings.ReplaceAll(model.Ranges(all), "、", " ")}
			problems = []string{fmt.Sprintf("%s，共%d处，例如：%s", g[0].Title, len(g), g[0].Message)}
		}
		t.Rows = append(t.Rows, word.Row{Cells: []word.Cell{cell(word.Centre, fmt.Sprint(i+1)), cell(word.Left, places...), cell(word.Left, problems...), cell(word.Left, cures...)}})
	}
	heading := word.Paragraph{Style: word.Heading, KeepNext: true, Before: 6, Runs: []word.Run{{Text: fmt.Sprintf("%s（%d项）", severity.Label(), len(groups))}}}
	return []word.Block{heading, t}
}

// cellsOf lists the cells of a finding; the sheet is named once where they stand on one.
func cellsOf(x table.Finding) string {
	var out []string
	sheet := ""
	for _, p := range x.At() {
		switch {
		case p.Sheet == "":
			out = append(out, "整份文件")
		case p.Sheet == sheet && p.Cell != "":
			out = append(out, p.Cell)
		default:
			out = append(out, model.Place{Sheet: p.Sheet, Cell: p.Cell}.String())
		}
		sheet = p.Sheet
	}
	return strings.Join(slices.Compact(out), " ") // with blanks, where a line may end
}

func missingTable(d *templates.Definition, missing []templates.Entry) word.Block {
	t := word.Table{Columns: word.Widths(word.A4.Inside(), 18, 80, 58),
		Rows: []word.Row{{Header: true, Cells: []word.Cell{headCell("目录序号"), headCell(d.Label("consortium")), headCell(d.Label("park"))}}}}
	for _, e := range missing {
		var names, parks []string
		for i, p := range e.Pairs() {
			or := ""
			if i > 0 {
				or = "或："
			}
			names, parks = append(names, or+p.Consortium), append(parks, or+p.Park)
		}
		names[0] += e.Note()
		t.Rows = append(t.Rows, word.Row{Whole: true, Cells: []word.Cell{cell(word.Centre, fmt.Sprint(e.No)), cell(word.Left, names...), cell(word.Left, parks...)}})
	}
	return t
}
