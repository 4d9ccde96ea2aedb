package book

import (
	"fmt"
	"regexp"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/try"
)

func (r *Report) link(sheet, cell, target string) {
	if at := cellLink.FindStringIndex(target); at != nil && at[0] == 0 {
		try.Do(r.file.SetCellHyperLink(sheet, cell, target[1:], "Location"))
		return
	}
	try.Do(r.file.SetCellHyperLink(sheet, cell, escapePath(target), "External"))
}

// cellLink finds the ending that CellLink makes: a number sign may stand in a path, too.
var cellLink = regexp.MustCompile(`#'(?:[^']|'')+'!\$?[A-Z]+\$?[0-9]+(?::[A-Z0-9$]+)?$`)

// escapePath makes a path a legal address and leaves hanzi as they are, for people and programs alike.
func escapePath(path string) string {
	place, inside := "", false
	if at := cellLink.FindStringIndex(path); at != nil {
		path, place, inside = path[:at[0]], path[at[0]+1:], true
	}
	var b strings.Builder
	for _, c := range []byte(path) {
		if c <= ' ' || strings.IndexByte("%?#\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	if inside {
		b.WriteString("#" + strings.NewReplacer("%", "%25", " ", "%20").Replace(place))
	}
	return b.String()
}

// CellLink is the ending of a link that points to a cell: #'2年度数据'!F12.
func CellLink(sheet, cell string) string {
	if sheet == "" {
		return ""
	}
	if cell == "" {
		cell = "A1"
	}
	return "#" + Range(sheet) + cell
}

// Range is a sheet's name as formulas write it before a range.
func Range(sheet string) string { return "'" + strings.ReplaceAll(sheet, "'", "''") + "'!" }

// Fixed is a cell with row and column fixed, as formulas that are copied write it: $F$12.
func Fixed(row, col int) string {
	name := model.CellName(row, col)
	letters := strings.TrimRight(name, "0123456789")
	return "$" + letters + "$" + strings.TrimPrefix(name, letters)
}

// Absolute writes an area of a sheet with fixed rows and columns.
func Absolute(sheet string, row, col, lastRow, lastCol int) string {
	if row == lastRow && col == lastCol {
		return Range(sheet) + Fixed(row, col)
	}
	return Range(sheet) + Fixed(row, col) + ":" + Fixed(lastRow, lastCol)
}

// Quote writes a text as a literal in a formula.
func Quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
