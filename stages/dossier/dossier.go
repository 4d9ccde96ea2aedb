// Package dossier writes 公文/: drafts of the documents from the notice to the publication. Their texts are in
// documents.yaml; this package fills in placeholders and lists, chooses documents by the state of the batch, and
// formats them. All numbers are the run's; contacts and the names of objectors are never included.
package dossier

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/office/try"
	"lianheti/stages/office/word"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Input is what the documents are written from.
type Input struct {
	table.Publication
	// Outputs returns path and sha256 of all other files, for the document that lists them: it is written last.
	Outputs func() ([][2]string, error)
}

// Write passes the files of the folder to put, by path.
func Write(in Input, put func(name string, data []byte) error) (err error) {
	defer try.Caught(&err)
	all, taken := newScope(in), map[string]bool{}
	docs, last := in.Definition.Documents().Documents, func(d *templates.Document) bool { return d.Last }
	docs = slices.Concat(slices.DeleteFunc(slices.Clone(docs), last), table.Where(slices.Values(docs), last))
	for _, d := range docs {
		if !all.state[d.When] {
			continue
		}
		if d.Last && all.lists["outputs"] == nil {
			outputs := try.Get(in.Outputs())
			for _, o := range outputs {
				all.append("outputs", map[string]string{"path": o[0], "sha256": o[1]})
			}
			all.words["outputs_count"] = strconv.Itoa(len(outputs))
		}
		each := []*scope{all}
		if d.Each != "" {
			each = all.selectRows(&templates.DocumentBlock{Of: d.Each, Where: d.Where})
		}
		for _, s := range each {
			data := try.Get(composeDocument(in, d, s))
			folder, name := in.Definition.Documents().Folder, text.FileName(s.fill(d.Name))
			if d.Each != "" {
				folder, name = path.Join(folder, d.Name), text.FileName(s.words["city"]+" "+s.words["consortium"])
			}
			file := path.Join(folder, name+"（"+in.Definition.Documents().Draft+"）.docx")
			for n := 2; taken[strings.ToLower(file)]; n++ {
				file = path.Join(folder, fmt.Sprintf("%s（%d）（%s）.docx", name, n, in.Definition.Documents().Draft))
			}
			taken[strings.ToLower(file)] = true
			try.Do(put(file, data))
		}
	}
	return nil
}

// List returns what a prefecture sends with its submissions: a table with a row for each.
func List(d *templates.Definition, city string, rows []map[string]string) (_ map[string][]byte, err error) {
	defer try.Caught(&err)
	out, s := map[string][]byte{}, commonWords(d)
	in := Input{Publication: table.Publication{Round: table.Round{Facts: &table.Facts{Definition: d}}}}
	s.words["city"] = city
	for _, r := range rows {
		s.append("submissions", r)
	}
	for _, x := range d.Documents().Documents {
		if x.When == "list" {
			out[x.Name+".docx"] = try.Get(composeDocument(in, x, s))
		}
	}
	return out, nil
}

// composeDocument formats one document. An unknown placeholder is an error: a draft must have no hidden gaps.
func composeDocument(in Input, d *templates.Document, s *scope) ([]byte, error) {
	title, all, standing := s.fill(d.Title), in.Definition.Documents(), text.Mask(in.Standing.Short())
	known := centredParagraph(word.Small, all.Draft+"　"+standing)
	body := []word.Block{known}
	if d.Outward { // documents for others show nothing of the program's state
		body = []word.Block{word.P(word.Plain, all.Draft), centredParagraph(word.Plain, all.Number)}
	}
	body = append(body, word.Paragraph{Style: word.Title, After: 14, Runs: []word.Run{{Text: title}}})
	body = append(body, s.compose(d.Blocks)...)
	if d.Outward {
		if last, ok := body[len(body)-1].(word.Paragraph); ok { // keeps the signature with the text
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
		return nil, fmt.Errorf("公文“%s”：没有这些词：%s。请改正 documents.yaml", d.Name, strings.Join(s.unknown, "、"))
	}
	foot := known
	if in.DataRoot != "" {
		foot = centredParagraph(word.Small, standing+"　数据校验值 "+in.DataRoot[:min(16, len(in.DataRoot))])
	}
	doc := word.Document{Title: strings.ReplaceAll(title, "\n", ""), Text: word.Type{Size: 14, Line: 26},
		Sections: []word.Section{{Page: word.A4, Footer: append(word.PageNumbers(), foot), Body: body}}}
	if d.Outward {
		doc.Text, doc.Sections[0].Footer = word.LetterText, word.PageNumbers()
	}
	var b bytes.Buffer
	err := word.Write(&b, doc)
	return b.Bytes(), try.Named("公文“"+d.Name+"”", err)
}

func centredParagraph(style word.Style, words string) word.Paragraph {
	p := word.P(style, words)
	p.Align = word.Centre
	return p
}

func (s *scope) compose(list []*templates.DocumentBlock) []word.Block {
	var out []word.Block
	for _, b := range list {
		if b.If != "" && s.lookUp(b.If) == "" {
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
				if strings.HasSuffix(line, "：") && len([]rune(line)) < 30 && len(out) == 0 { // the addressee
					p.Style = word.Plain
				}
				out = append(out, p)
			}
		}
		if len(b.Rows) > 0 {
			words := func(row, col int) string { return s.fill(b.Rows[row][col]) }
			out = append(out, newTable(b.Columns, len(b.Rows), words))
		}
		if b.Of == "" {
			continue
		}
		rows := s.selectRows(b)
		if len(rows) == 0 && b.Empty != "" {
			out = append(out, word.P(word.Body, s.fill(b.Empty)))
		}
		if len(b.Columns) > 0 && len(rows) > 0 {
			words := func(row, col int) string { return rows[row].fill(b.Columns[col].Value) }
			out = append(out, newTable(b.Columns, len(rows), words))
		}
		for _, r := range rows {
			out = append(out, r.compose(b.Blocks)...)
			s.unknown = append(s.unknown, r.unknown...)
		}
	}
	return out
}

func newTable(columns []*templates.DocumentColumn, rows int, words func(row, col int) string) word.Table {
	const short = 8 // characters; shorter texts are centred
	lines := make([]word.Row, rows)
	for row := range lines {
		lines[row] = word.Row{Whole: true, Keep: row == rows-1} // keeps the signature with the table
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
