package blankform

import (
	"archive/zip"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"lianheti/stages/office/book"
	"lianheti/stages/office/try"
	"lianheti/stages/office/word"
	"lianheti/stages/table"
	"lianheti/templates"
)

// KitFile is the file name of a prefecture's kit.
func KitFile(d *templates.Definition, city templates.City) string {
	return fmt.Sprintf("%s市%d年%s填报包.zip", city.Name, d.Year, d.Form.Short)
}

// KitGuide is the first file of a kit.
const KitGuide = "填报说明.docx"

// Prefilled returns what the directory knows of a consortium: name, prefecture and park.
func Prefilled(e templates.Entry) Values {
	return Values{Fields: map[templates.Ref]Value{{Field: "consortium"}: {Text: e.Consortium},
		{Field: "city"}: {Text: e.City}, {Field: "park"}: {Text: e.Park}}}
}

// Kit writes the kit of a prefecture: a guide, and a workbook for each consortium for which prefill returns values.
func Kit(w io.Writer, d *templates.Definition, city templates.City,
	prefill func(templates.Entry) Values) (err error) {
	defer try.Caught(&err)
	zw := zip.NewWriter(w)
	// Zip entries need a date. No output reads the clock, so it is the first day of the batch.
	stamp := time.Date(d.Directory.Batch, 1, 1, 0, 0, 0, 0, time.UTC)
	add := func(name string, write func(io.Writer) error) {
		entry := try.Get(zw.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: stamp}))
		try.In(name, write(entry))
	}
	entries := slices.DeleteFunc(slices.Clone(d.Directory.Entries), func(e templates.Entry) bool {
		return e.City != city.Name || e.National != "" || prefill(e).Fields == nil
	})
	add(KitGuide, func(w io.Writer) error { return word.Write(w, guide(d, city, entries)) })
	for _, e := range entries {
		name := fmt.Sprintf("%02d %s.xlsx", e.No, e.Consortium)
		add(name, func(w io.Writer) error { return Fill(w, d, prefill(e)) })
	}
	return zw.Close()
}

// guide is the document with the workbooks: how to fill them in, when and where to send them.
func guide(d *templates.Definition, city templates.City, entries []templates.Entry) word.Document {
	text := func(style word.Style, format string, args ...any) word.Paragraph {
		return word.P(style, fmt.Sprintf(format, args...))
	}
	var below []word.Paragraph
	for _, e := range entries {
		for _, other := range e.Alternatives {
			below = append(below,
				text(word.Body, "指导目录序号%d也可以“%s”（依托园区：%s）申报：请在封面的下拉列表中改选，园区随之改选。", e.No, other.Consortium, other.Park))
		}
	}
	for _, b := range d.Form.Sheets[0].Blocks { // the numbered instructions of the form itself
		for _, n := range b.Notes {
			if templates.Role(n.Role) == templates.BodyRole && strings.ContainsAny(n.Text[:1], "123456789") {
				below = append(below, word.P(word.Body, n.Text))
			}
		}
	}
	below = append(below, text(word.Body, "报送期限：%s。报送%s，邮箱 %s。", table.ChineseDate(d.Directory.Deadline),
		d.Directory.Addressee.Office, d.Directory.Addressee.Email))
	below[0].Before = 8 // distance from the table
	body := []word.Block{
		text(word.Title, "%s填报说明", d.Form.Title),
		word.P(word.Body, templates.Fill(d.Form.Intro, map[string]string{"city": city.Name})),
		entryTable(d, entries),
	}
	body = append(body, table.Each(below, func(p word.Paragraph) word.Block { return p })...)
	if len(d.Rubric().Indicators) > 0 {
		body = append(body, text(word.Heading, "观测点（附件2 原文）"))
	}
	for _, i := range d.Rubric().Indicators {
		body = append(body, word.P(word.Body, i.Label))
		for _, p := range i.Points {
			body = append(body, word.P(word.Body, p.Full()))
		}
	}
	return word.Document{Title: d.Form.Title + "填报说明", Text: word.Type{Size: 14, Line: 22},
		Sections: []word.Section{{Page: word.A4Bound, Body: body}}}
}

func entryTable(d *templates.Definition, entries []templates.Entry) word.Table {
	head := word.Row{Header: true, Cells: table.Each([]string{"序号", d.Label("consortium"), d.Label("park")}, word.Label)}
	rows := table.Each(entries, func(e templates.Entry) word.Row {
		cells := []word.Cell{word.Label(fmt.Sprint(e.No)), word.Text(e.Consortium), word.Text(e.Park)}
		return word.Row{Whole: true, Cells: cells}
	})
	return word.Table{Columns: word.Widths(word.A4Bound.Inside(), 9, 51, 40), Rows: append([]word.Row{head}, rows...)}
}

// Register writes the register with rows by sheet and column. The dropdowns offer the directory and names.
func Register(w io.Writer, d *templates.Definition, rows map[string][]map[string]string,
	names ...string) (err error) {
	defer try.Caught(&err)
	sheets := table.Each(d.Register().Sheets, func(s *templates.RegisterSheet) string { return s.Title })
	names = append(d.Directory.Names(), names...)
	title := fmt.Sprintf("%d年%s", d.Year, d.Register().Title)
	r := try.Get(book.NewReport(title, append(sheets, templates.RegisterNames)...))
	for _, s := range d.Register().Sheets {
		try.In("工作表“"+s.Title+"”", r.Page(registerSheet(d, s, rows[s.ID], len(names))))
	}
	list := &book.Page{Sheet: templates.RegisterNames, Widths: []float64{50}}
	list.Put(1, 1, book.Header.Cell("指导目录所列联合体（供下拉选用）"))
	for i, name := range names {
		list.Put(i+2, 1, book.Plain.Cell(name))
	}
	try.Do(r.Page(list))
	return r.Write(w, title)
}

func registerSheet(d *templates.Definition, s *templates.RegisterSheet, rows []map[string]string,
	names int) *book.Page {
	const header = 3
	// rows that are ready for input where the definition gives no number, and below the filled ones; of those, printed
	const prepared, empty, printed = 60, 20, 8
	p := &book.Page{Sheet: s.Title, Landscape: true, Frozen: header, PrintedRows: header + len(rows) + printed}
	const readable = 120 // characters; a wider hint would be cut at the page break
	hint, wide := 0, 0.0
	for _, c := range s.Columns {
		p.Widths = append(p.Widths, c.Width)
		if wide += c.Width; wide <= readable {
			hint++
		}
	}
	p.Span(1, 1, len(s.Columns), book.Title.Cell(s.Title))
	p.Height(1, 30)
	p.Span(2, 1, max(1, hint), book.Remark.Cell(s.Hint))
	for i, c := range s.Columns {
		col, last := i+1, header+max(cmp.Or(s.Rows, prepared), len(rows)+empty)
		p.Put(header, col, book.Header.Cell(c.Label))
		for row := header + 1; row <= last; row++ {
			cell := book.Cell{Look: book.Entry}
			if c.Given {
				cell.Look = book.Plain
			}
			if n := row - header - 1; n < len(rows) && rows[n][c.ID] != "" {
				cell.Value = rows[n][c.ID]
				p.Span(row, col, 1, cell) // Span fits the row height
				continue
			}
			p.Put(row, col, cell)
		}
		switch {
		case d.OptionsOf(c) != nil:
			p.LimitToWords(header+1, col, last, col, c.Hint, d.OptionsOf(c)...)
		case c.Choices != "":
			list := book.AbsRange(templates.RegisterNames, 2, 1, names+1, 1)
			p.LimitToRange(header+1, col, last, col, true, c.Hint, list)
		}
	}
	return p
}
