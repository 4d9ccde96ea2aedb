// Package dossier writes 公文/: the drafts that a division prepares from the notice to the publication. What they say
// stands in documents.yaml; this package knows the state of a batch, what words and lists there are, and one way to
// set them. Every number is the run's. Nobody who objected and no contact is among the words.
package dossier

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"lianheti/stages/office/word"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Input is what the documents tell of.
type Input struct {
	table.Publication
	// Outputs are path and sha256 of all else that there is: only what lists it is written. Nil: the others are.
	Outputs [][2]string
}

// Write gives the files of the folder, by path.
func Write(in Input) (map[string][]byte, error) {
	out, all, taken := map[string][]byte{}, newScope(in), map[string]bool{}
	for _, d := range in.Definition.Documents.Documents {
		if !all.state[d.When] || d.Last != (in.Outputs != nil) {
			continue
		}
		each := []*scope{all}
		if d.Each != "" {
			each = all.rows(&templates.DocumentBlock{Of: d.Each, Where: d.Where})
		}
		for _, s := range each {
			data, err := compose(in, d, s)
			if err != nil {
				return nil, fmt.Errorf("公文“%s”：%w", d.Name, err)
			}
			folder, name := in.Definition.Documents.Folder, text.FileName(s.fill(d.Name))
			if d.Each != "" {
				folder, name = path.Join(folder, d.Name), text.FileName(s.words["city"]+" "+s.words["consortium"])
			}
			file := path.Join(folder, name+"（"+in.Definition.Documents.Draft+"）.docx")
			for n := 2; taken[strings.ToLower(file)]; n++ {
				file = path.Join(folder, fmt.Sprintf("%s（%d）（%s）.docx", name, n, in.Definition.Documents.Draft))
			}
			taken[strings.ToLower(file)] = true
			out[file] = data
		}
	}
	return out, nil
}

// List gives what a prefecture sends with its submissions: of each a row, by the words of documents.yaml.
func List(d *templates.Definition, city string, rows []map[string]string) (map[string][]byte, error) {
	out, s := map[string][]byte{}, common(d)
	in := Input{Publication: table.Publication{Round: table.Round{Facts: &table.Facts{Definition: d}}}}
	s.words["city"] = city
	for _, r := range rows {
		s.append("submissions", r)
	}
	for _, x := range d.Documents.Documents {
		if x.When == "list" {
			data, err := compose(in, x, s)
			if err != nil {
				return nil, fmt.Errorf("公文“%s”：%w", x.Name, err)
			}
			out[x.Name+".docx"] = data
		}
	}
	return out, nil
}

// compose sets one document. A word that there is not is an error: a draft must not go out with a hole nobody sees.
func compose(in Input, d *templates.Document, s *scope) ([]byte, error) {
	title, all, standing := s.fill(d.Title), in.Definition.Documents, text.Mask(in.Standing.Short())
	known := centred(word.Small, all.Draft+"　"+standing)
	body := []word.Block{known}
	if d.Outward { // what leaves the house shows nothing of the program's
		body = []word.Block{word.P(word.Plain, all.Draft), centred(word.Plain, all.Number)}
	}
	body = append(body, word.Paragraph{Style: word.Title, After: 14, Runs: []word.Run{{Text: title}}})
	body = append(body, s.blocks(d.Blocks)...)
	if d.Outward {
		if last, ok := body[len(body)-1].(word.Paragraph); ok { // no signature stands alone on a page
			last.KeepNext = true
			body[len(body)-1] = last
		}
		for i, line := range strings.Split(all.Sign, "\n") {
			p := word.P(word.Plain, line)
			if p.Align, p.KeepNext = word.Right, true; i == 0 {
				p.Before = 28
			}
			body = append(body, p)
		}
	}
	if len(s.unknown) > 0 {
		return nil, fmt.Errorf("没有这些词：%s。请改正 documents.yaml", strings.Join(s.unknown, "、"))
	}
	foot := known
	if in.DataRoot != "" {
		foot = centred(word.Small, standing+"　数据校验值 "+in.DataRoot[:min(16, len(in.DataRoot))])
	}
	doc := word.Document{Title: strings.ReplaceAll(title, "\n", ""), Text: word.Type{Size: 14, Line: 26},
		Sections: []word.Section{{Page: word.A4, Footer: append(word.PageNumbers(), foot), Body: body}}}
	if d.Outward {
		doc.Text, doc.Sections[0].Footer = word.LetterText, word.PageNumbers()
	}
	var b bytes.Buffer
	err := word.Write(&b, doc)
	return b.Bytes(), err
}

func centred(style word.Style, words string) word.Paragraph {
	p := word.P(style, words)
	p.Align = word.Centre
	return p
}

// blocks sets blocks one after the other.
func (s *scope) blocks(list []*templates.DocumentBlock) []word.Block {
	var out []word.Block
	for _, b := range list {
		if b.If != "" && s.word(b.If) == "" {
			continue
		}
		if b.Heading != "" {
			p := word.P(word.Heading, s.fill(b.Heading))
			p.KeepNext, p.Before = true, 8
			out = append(out, p)
		}
		if b.Text != "" {
			for line := range strings.SplitSeq(strings.TrimSpace(s.fill(b.Text)), "\n") {
				p := word.P(word.Body, line)
				if strings.HasSuffix(line, "：") && len([]rune(line)) < 30 && len(out) == 0 { // whom it is addressed to
					p.Style = word.Plain
				}
				out = append(out, p)
			}
		}
		if len(b.Rows) > 0 {
			words := func(row, col int) string { return s.fill(b.Rows[row][col]) }
			out = append(out, grid(b.Columns, len(b.Rows), words))
		}
		if b.Of == "" {
			continue
		}
		rows := s.rows(b)
		if len(rows) == 0 && b.Empty != "" {
			out = append(out, word.P(word.Body, s.fill(b.Empty)))
		}
		if len(b.Columns) > 0 && len(rows) > 0 {
			words := func(row, col int) string { return rows[row].fill(b.Columns[col].Value) }
			out = append(out, grid(b.Columns, len(rows), words))
		}
		for _, r := range rows {
			out = append(out, r.blocks(b.Blocks)...)
			s.unknown = append(s.unknown, r.unknown...)
		}
	}
	return out
}

// grid is a table of words.
func grid(columns []*templates.DocumentColumn, rows int, words func(row, col int) string) word.Table {
	const short = 8 // characters that are centred
	lines := make([]word.Row, rows)
	for row := range lines {
		lines[row] = word.Row{Whole: true, Keep: row == rows-1} // who signs never stands on a page alone
		for col := range columns {
			said, align := words(row, col), word.Align("")
			if len([]rune(said)) <= short && (len(columns) > 2 || col == 0) {
				align = word.Centre
			}
			lines[row].Cells = append(lines[row].Cells, word.ListCell(align, "", strings.Split(said, "\n")...))
		}
	}
	heads := table.Each(columns, func(c *templates.DocumentColumn) string { return c.Label })
	shares := table.Each(columns, func(c *templates.DocumentColumn) float64 { return c.Width })
	return word.List(heads, shares, lines)
}
