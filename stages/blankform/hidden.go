package blankform

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/office/formula"
	"lianheti/templates"
)

// The sheets behind: lists and calculations. They are some 3,600 formulas, most of them the same from row to row, and
// are written here because the library writes each in full: shared formulas halve the file that every applicant is
// sent.
var calculated = []string{templates.ListSheet, templates.ValueSheet, templates.CaseSheet, templates.RowSheet}

const (
	hiddenHead = xml.Header +
		`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:%s"/><sheetData>`
	hiddenTail = `</sheetData><sheetProtection sheet="1" objects="1" scenarios="1" selectLockedCells="1" ` +
		`selectUnlockedCells="1"/></worksheet>`
)

// hidden is the XML of one of these sheets.
func (l *ledger) hidden(sheet string) string {
	lastRow, lastCol := 1, 1
	for at := range l.cells {
		if at.sheet == sheet {
			lastRow, lastCol = max(lastRow, at.row), max(lastCol, at.col)
		}
	}
	shared := l.shared(sheet, lastRow, lastCol)
	var b strings.Builder
	fmt.Fprintf(&b, hiddenHead, cell(lastRow, lastCol))
	for row := 1; row <= lastRow; row++ {
		fmt.Fprintf(&b, `<row r="%d">`, row)
		for col := 1; col <= lastCol; col++ {
			if at := (spot{sheet, row, col}); l.cells[at] != nil {
				writeCell(&b, at, shared[at], l.shown(at))
			}
		}
		b.WriteString(`</row>`)
	}
	b.WriteString(hiddenTail)
	return b.String()
}

// shared gives the element of every formula of a sheet. Of formulas one below the other that say the same of their own
// rows the first stands for all.
func (l *ledger) shared(sheet string, lastRow, lastCol int) map[spot]string {
	out, groups := map[spot]string{}, 0
	for col := 1; col <= lastCol; col++ {
		says := make([]string, lastRow+2) // by row; empty: no formula
		for row := 1; row <= lastRow; row++ {
			if e := l.cells[spot{sheet, row, col}]; e != nil && !e.constant {
				says[row] = e.says
			}
		}
		for row := 1; row <= lastRow; {
			last := row
			for says[row] != "" && says[last+1] == says[row] {
				last++
			}
			if says[row] != "" {
				attributes := ""
				if last > row {
					attributes = fmt.Sprintf(` t="shared" ref="%s:%s" si="%d"`, cell(row, col), cell(last, col), groups)
				}
				out[spot{sheet, row, col}] = "<f" + attributes + ">" + book.XMLText(l.cells[spot{sheet, row, col}].formula) + "</f>"
				for below := row + 1; below <= last; below++ {
					out[spot{sheet, below, col}] = fmt.Sprintf(`<f t="shared" si="%d"/>`, groups)
				}
				groups++
			}
			row = last + 1
		}
	}
	return out
}

// writeCell writes a cell, its formula and its value.
func writeCell(b *strings.Builder, at spot, f string, v formula.Value) {
	kind, content := "", ""
	switch v := v.(type) {
	case string:
		kind, content = ` t="str"`, "<v>"+book.XMLText(v)+"</v>"
		if f == "" {
			kind, content = ` t="inlineStr"`, "<is><t>"+book.XMLText(v)+"</t></is>"
		}
	case bool:
		kind, content = ` t="b"`, "<v>0</v>"
		if v {
			content = "<v>1</v>"
		}
	case float64:
		content = "<v>" + strconv.FormatFloat(v, 'f', -1, 64) + "</v>"
	}
	fmt.Fprintf(b, `<c r="%s"%s>%s%s</c>`, cell(at.row, at.col), kind, f, content)
}
