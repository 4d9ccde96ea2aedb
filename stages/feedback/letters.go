package feedback

import (
	"bytes"
	"cmp"
	"fmt"
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
		"explanations": ""}
	if sheet, _, ok := d.Layout().Area("explanations"); ok {
		vars["explanations"] = sheet.Sheet.Title
	}
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
	vars["edition"] = r.submission.Sent()
	var faults []string
	for i, n := range []int32{v.Errors, v.Warnings} {
		if n > 0 {
			faults = append(faults, fmt.Sprintf("%s的问题%d处", model.Severities[i].Label(), n))
		}
	}
	vars["consortium"] = called(r.submission) + in.Facts.Entry(r.submission).Note()
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
	groups := table.Grouped(asked, func(x table.Finding) string { return x.Code })
	if len(groups) == 0 {
		return nil
	}
	var rows []word.Row
	for i, g := range groups {
		var places, problems []string
		var all []model.Place
		for _, x := range g {
			places = append(places, strings.Join(model.Cells(x.At()), " ")) // with blanks, where a line may end
			if all, problems = append(all, x.At()...), append(problems, x.Message); x.Outdated != "" {
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
		names[0] += e.Note()
		rows = append(rows, word.Row{Whole: true, Cells: []word.Cell{cell(word.Centre, fmt.Sprint(e.No)),
			cell(word.Left, names...), cell(word.Left, parks...)}})
	}
	return word.List([]string{"目录序号", d.Label("consortium"), d.Label("park")}, []float64{18, 80, 58}, rows)
}
