package model

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// rectangle is a block of cells: columns and rows from and to.
type rectangle struct{ left, top, right, bottom int }

func (r rectangle) String() string {
	first, last := CellName(r.top, r.left), CellName(r.bottom, r.right)
	if first == last {
		return first
	}
	return first + ":" + last
}

// Cells lists cells one by one, each once; the sheet is named once where they stand on one.
func Cells(places []Place) (out []string) {
	sheet := ""
	for _, p := range places {
		at := Place{Sheet: p.Sheet, Cell: p.Cell}.String()
		switch {
		case p.Sheet == "":
			at = "整份文件"
		case p.Sheet == sheet && p.Cell != "":
			at = p.Cell
		}
		if sheet = p.Sheet; !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return out
}

// Ranges lists many cells in few words, sheet by sheet, and leaves none out: 封面!E2:E7；2年度数据!D4:E32、E34.
func Ranges(places []Place) string {
	var sheets []string
	cells := map[string][][2]int{} // column and row, by sheet
	for _, p := range places {
		if !slices.Contains(sheets, p.Sheet) {
			sheets = append(sheets, p.Sheet)
		}
		if row, col := RowCol(p.Cell); p.Cell != "" {
			cells[p.Sheet] = append(cells[p.Sheet], [2]int{col, row})
		}
	}
	var out []string
	for _, sheet := range sheets {
		var names []string
		for _, r := range rectangles(cells[sheet]) {
			names = append(names, r.String())
		}
		switch {
		case sheet == "":
			out = append(out, "整份文件")
		case names == nil:
			out = append(out, sheet)
		default:
			out = append(out, fmt.Sprintf("%s!%s", sheet, strings.Join(names, "、")))
		}
	}
	return strings.Join(out, "；")
}

// rectangles covers cells exactly: runs down each column, those of neighbouring columns that are alike put together.
func rectangles(cells [][2]int) []rectangle {
	slices.SortFunc(cells, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	var runs []rectangle
	for _, c := range slices.Compact(cells) {
		if n := len(runs); n > 0 && runs[n-1].left == c[0] && runs[n-1].bottom+1 == c[1] {
			runs[n-1].bottom++
			continue
		}
		runs = append(runs, rectangle{c[0], c[1], c[0], c[1]})
	}
	var out []rectangle
	for _, r := range runs {
		i := slices.IndexFunc(out, func(o rectangle) bool {
			return o.top == r.top && o.bottom == r.bottom && o.right+1 == r.left
		})
		if i < 0 {
			out = append(out, r)
			continue
		}
		out[i].right = r.right
	}
	slices.SortFunc(out, func(a, b rectangle) int {
		return cmp.Or(cmp.Compare(a.top, b.top), cmp.Compare(a.left, b.left))
	})
	return out
}
