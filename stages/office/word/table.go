package word

import (
	"fmt"
	"math"
	"strconv"

	"github.com/beevik/etree"
)

// table writes a table with fixed columns: the pages are the same whatever program lays them out.
func (k *writer) table(parent *etree.Element, t Table) {
	e := add(parent, "w:tbl")
	properties := add(e, "w:tblPr")
	total := 0.0
	for _, c := range t.Columns {
		total += c
	}
	add(properties, "w:tblW", "w:w", twips(total), "w:type", "dxa")
	add(properties, "w:jc", "w:val", "center")
	if !t.Bare {
		borders := add(properties, "w:tblBorders")
		for _, side := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
			add(borders, "w:"+side, "w:val", "single", "w:sz", "4", "w:space", "0", "w:color", "000000")
		}
	}
	add(properties, "w:tblLayout", "w:type", "fixed")
	margins := add(properties, "w:tblCellMar")
	for _, side := range []string{"left", "right"} {
		add(margins, "w:"+side, "w:w", "60", "w:type", "dxa")
	}
	grid := add(e, "w:tblGrid")
	for _, c := range t.Columns {
		add(grid, "w:gridCol", "w:w", twips(c))
	}
	k.rows(e, t)
}

// open is a cell that reaches into the rows below.
type open struct {
	cell Cell
	left int // rows still to cover
}

// rows writes the rows, and in each the continuations of the cells that reach into it from above.
func (k *writer) rows(table *etree.Element, t Table) {
	above := make([]open, len(t.Columns)) // by first column
	for i, r := range t.Rows {
		e := add(table, "w:tr")
		rowProperties(e, r)
		next := 0
		for col := 0; col < len(t.Columns); {
			c, continued := above[col].cell, above[col].left > 0
			switch {
			case continued:
				above[col].left--
			case next == len(r.Cells):
				k.fail("表格第 %d 行只有 %d 格，没有排满 %d 列", i+1, next, len(t.Columns))
				return
			default:
				c = r.Cells[next]
				next++
				c.Span, c.Down = max(1, c.Span), max(1, c.Down)
				above[col] = open{c, c.Down - 1}
			}
			if col+c.Span > len(t.Columns) || !continued && covered(above, col, c.Span) {
				k.fail("表格第 %d 行第 %d 格放不下：要占 %d 列", i+1, next, c.Span)
				return
			}
			k.cell(e, t, r, c, col, continued)
			col += c.Span
		}
		if next < len(r.Cells) {
			k.fail("表格第 %d 行多出 %d 格", i+1, len(r.Cells)-next)
			return
		}
	}
	for _, o := range above {
		if o.left > 0 {
			k.fail("表格结束时还有 %d 行要由上面的格子占用", o.left)
			return
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

func rowProperties(row *etree.Element, r Row) {
	properties := node("w:trPr")
	toggle(properties, "w:cantSplit", r.Whole || r.Header)
	if r.Height > 0 {
		add(properties, "w:trHeight", "w:val", twips(r.Height), "w:hRule", "atLeast")
	}
	toggle(properties, "w:tblHeader", r.Header)
	if len(properties.Child) > 0 {
		row.AddChild(properties)
	}
}

func (k *writer) cell(row *etree.Element, t Table, r Row, c Cell, col int, continued bool) {
	e := add(row, "w:tc")
	properties := add(e, "w:tcPr")
	width := 0.0
	for _, w := range t.Columns[col : col+c.Span] {
		width += w
	}
	add(properties, "w:tcW", "w:w", twips(width), "w:type", "dxa")
	if c.Span > 1 {
		add(properties, "w:gridSpan", "w:val", strconv.Itoa(c.Span))
	}
	switch {
	case continued:
		add(properties, "w:vMerge")
	case c.Down > 1:
		add(properties, "w:vMerge", "w:val", "restart")
	}
	if c.Underlined {
		add(add(properties, "w:tcBorders"), "w:bottom", "w:val", "single", "w:sz", "6", "w:space", "0", "w:color", "000000")
	}
	if c.Shade != "" {
		add(properties, "w:shd", "w:val", "clear", "w:color", "auto", "w:fill", c.Shade)
	}
	if !c.Top {
		add(properties, "w:vAlign", "w:val", "center")
	}
	if continued || len(c.Body) == 0 { // a cell ends with a paragraph, come what may
		k.paragraph(e, Paragraph{KeepNext: r.Keep}, c.Align)
		return
	}
	for _, p := range c.Body {
		p.KeepNext = p.KeepNext || r.Keep
		k.paragraph(e, p, c.Align)
	}
}

func (k *writer) fail(format string, args ...any) {
	if k.err == nil {
		k.err = fmt.Errorf(format, args...)
	}
}

// Widths divides a width into columns by their shares, to the hundredth of a millimetre.
func Widths(total float64, shares ...float64) []float64 {
	sum, left := 0.0, total
	for _, s := range shares {
		sum += s
	}
	out := make([]float64, len(shares))
	for i, s := range shares {
		out[i] = math.Round(total*s/sum*100) / 100
		if i == len(shares)-1 {
			out[i] = math.Round(left*100) / 100
		}
		left -= out[i]
	}
	return out
}
