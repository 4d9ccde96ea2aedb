package word

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"lianheti/stages/office/try"
)

// Width is the sum of the column widths.
func (t Table) Width() float64 { return sum(t.Columns) }

// table writes a table. Each row has to fill its columns.
func (k *writer) table(t Table) {
	k.xml.WriteString(k.render("table", t))
	for i, r := range t.Rows {
		around, col := k.wrapper("row", rowShape{r.Height, r.Header, r.Whole}), 0
		k.xml.WriteString(around.begin)
		for _, c := range r.Cells {
			from := col
			c.Span = max(1, c.Span)
			if col += c.Span; col <= len(t.Columns) {
				k.cell(r, c, sum(t.Columns[from:col]))
			}
		}
		if col != len(t.Columns) {
			try.Do(fmt.Errorf("表格第 %d 行的各格占 %d 列，表格有 %d 列", i+1, col, len(t.Columns)))
		}
		k.xml.WriteString(around.end)
	}
	k.xml.WriteString("</w:tbl>")
}

func (k *writer) cell(r Row, c Cell, width float64) {
	around := k.wrapper("cell", cellShape{width, c.Span, c.Down, c.Continued, c.Top, c.Underlined})
	k.xml.WriteString(around.begin)
	if c.Continued || len(c.Body) == 0 { // a cell must end with a paragraph
		c.Body = []Paragraph{{}}
	}
	for _, p := range c.Body {
		p.Align, p.KeepNext = cmp.Or(p.Align, c.Align), p.KeepNext || r.Keep
		k.paragraph(&k.xml, p, "")
	}
	k.xml.WriteString(around.end)
}

// ListCell is a cell of a list, with a paragraph for each line, in a smaller font size: 五号.
func ListCell(align Align, font string, lines ...string) Cell {
	c := Cell{Align: align}
	for _, line := range lines {
		c.Body = append(c.Body, Paragraph{Line: 16, Runs: []Run{{Text: line, Size: 10.5, Font: font}}})
	}
	return c
}

// List is a table of the page's text width, with headers; shares divide the width among the columns.
func List(heads []string, shares []float64, rows []Row) Table {
	head := Row{Header: true}
	for _, h := range heads {
		head.Cells = append(head.Cells, ListCell(Centre, HeiTi, strings.Split(h, "\n")...))
	}
	return Table{Columns: Widths(A4.Inside(), shares...), Rows: append([]Row{head}, rows...)}
}

func sum(widths []float64) (total float64) {
	for _, w := range widths {
		total += w
	}
	return total
}

// Widths divides a width into columns by shares, rounded to hundredths of a millimetre.
func Widths(total float64, shares ...float64) []float64 {
	all, left := sum(shares), total
	out := make([]float64, len(shares))
	for i, s := range shares {
		out[i] = math.Round(total*s/all*100) / 100
		if i == len(shares)-1 {
			out[i] = math.Round(left*100) / 100
		}
		left -= out[i]
	}
	return out
}
