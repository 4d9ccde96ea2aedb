package blankform

import (
	"cmp"
	"fmt"
	"io"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// RegisterFile is the file name of the blank register.
func RegisterFile(d *templates.Definition) string {
	return fmt.Sprintf("%s（%d年）.xlsx", d.Register().Title, d.Year)
}

// Rows of a sheet of the register that are ready for input; registerRows where the definition gives no number.
const (
	registerRows = 60
	emptyRows    = 20 // below the filled rows
	printedEmpty = 8  // of those, how many are printed
)

// Register writes the register with rows by sheet and column. The dropdowns offer the directory and names.
func Register(w io.Writer, d *templates.Definition, rows map[string][]map[string]string, names ...string) error {
	sheets := table.Each(d.Register().Sheets, func(s *templates.RegisterSheet) string { return s.Title })
	names = append(d.Directory.Names(), names...)
	title := fmt.Sprintf("%d年%s", d.Year, d.Register().Title)
	r, err := book.NewReport(title, append(sheets, templates.RegisterNames)...)
	if err != nil {
		return err
	}
	for _, s := range d.Register().Sheets {
		if err := r.Page(registerSheet(d, s, rows[s.ID], len(names))); err != nil {
			return fmt.Errorf("工作表“%s”：%w", s.Title, err)
		}
	}
	list := &book.Page{Sheet: templates.RegisterNames, Widths: []float64{50}}
	list.Put(1, 1, book.Cell{Value: "指导目录所列联合体（供下拉选用）", Look: book.Header})
	for i, name := range names {
		list.Put(i+2, 1, book.Cell{Value: name, Look: book.Plain})
	}
	if err := r.Page(list); err != nil {
		return err
	}
	return r.Write(w, title)
}

func registerSheet(d *templates.Definition, s *templates.RegisterSheet, rows []map[string]string,
	names int) *book.Page {
	const header = 3
	p := &book.Page{Sheet: s.Title, Landscape: true, Frozen: header, PrintedRows: header + len(rows) + printedEmpty}
	const readable = 120 // characters; a wider hint would be cut at the page break
	hint, wide := 0, 0.0
	for _, c := range s.Columns {
		p.Widths = append(p.Widths, c.Width)
		if wide += c.Width; wide <= readable {
			hint++
		}
	}
	p.Span(1, 1, len(s.Columns), book.Cell{Value: s.Title, Look: book.Title})
	p.Height(1, 30)
	p.Span(2, 1, max(1, hint), book.Cell{Value: s.Hint, Look: book.Remark})
	for i, c := range s.Columns {
		col, last := i+1, header+max(cmp.Or(s.Rows, registerRows), len(rows)+emptyRows)
		p.Put(header, col, book.Cell{Value: c.Label, Look: book.Header})
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
