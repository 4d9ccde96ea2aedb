package word

import (
	"fmt"
	"math"
	"strings"

	"lianheti/stages/office/try"
)

// Width is that of all columns.
func (t Table) Width() float64 { return sum(t.Columns) }

// open is a cell that reaches into the rows below.
type open struct {
	cell Cell
	left int // rows still to cover
}

// table writes a table, and in each row the continuations of the cells that reach into it from above.
func (k *writer) table(t Table) {
	k.put("table", t)
	fail := func(format string, args ...any) { try.Do(fmt.Errorf(format, args...)) }
	above := make([]open, len(t.Columns)) // by first column
	for i, r := range t.Rows {
		var placed []placedCell
		next := 0
		for col := 0; col < len(t.Columns); {
			c, continued := above[col].cell, above[col].left > 0
			switch {
			case continued:
				above[col].left--
			case next == len(r.Cells):
				fail("表格第 %d 行只有 %d 格，没有排满 %d 列", i+1, next, len(t.Columns))
			default:
				c = r.Cells[next]
				next++
				c.Span, c.Down = max(1, c.Span), max(1, c.Down)
				above[col] = open{c, c.Down - 1}
			}
			if col+c.Span > len(t.Columns) || !continued && covered(above, col, c.Span) {
				fail("表格第 %d 行第 %d 格放不下：要占 %d 列", i+1, next, c.Span)
			}
			placed = append(placed, k.placed(r, c, sum(t.Columns[col:col+c.Span]), continued))
			col += c.Span
		}
		if next < len(r.Cells) {
			fail("表格第 %d 行多出 %d 格", i+1, len(r.Cells)-next)
		}
		k.put("row", placedRow{r, placed})
	}
	k.xml.WriteString("</w:tbl>")
	for _, o := range above {
		if o.left > 0 {
			fail("表格结束时还有 %d 行要由上面的格子占用", o.left)
		}
	}
}

// covered says whether a new cell would lie over one that reaches down from above.
func covered(above []open, col, span int) bool {
	for i := col + 1; i < col+span; i++ {
		if above[i].left > 0 {
			return true
		}
	}
	return false
}

// placedRow is a row as it is written.
type placedRow struct {
	Row
	Placed []placedCell
}

// placedCell is a cell as one row shows it.
type placedCell struct {
	Cell
	Width     float64
	Continued bool // from above
	Lines     []line
}

func (k *writer) placed(r Row, c Cell, width float64, continued bool) placedCell {
	body := c.Body
	if continued || len(body) == 0 { // a cell ends with a paragraph, come what may
		body = []Paragraph{{}}
	}
	lines := k.lines(body, c.Align)
	for i := range lines {
		lines[i].KeepNext = lines[i].KeepNext || r.Keep
	}
	return placedCell{c, width, continued, lines}
}

// ListCell is a cell of a list, a paragraph a line, set smaller than the text: 五号.
func ListCell(align Align, font string, lines ...string) Cell {
	c := Cell{Align: align}
	for _, line := range lines {
		c.Body = append(c.Body, Paragraph{Line: 16, Runs: []Run{{Text: line, Size: 10.5, Font: font}}})
	}
	return c
}

// List is a table as wide as the text, with heads over its columns, which share the width.
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

// Widths divides a width into columns by their shares, to the hundredth of a millimetre.
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
