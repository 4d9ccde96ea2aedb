package blankform

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/office/formula"
	"lianheti/stages/office/try"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// ledger is the workbook before it is written, every formula with its value for programs that calculate nothing.
type ledger struct {
	cells map[spot]*entry
	names map[string]formula.Area
	order []string // names in the order of definition
}

type spot struct {
	sheet    string
	row, col int
}

// entry is a constant, or a formula with its value once it was asked for.
type entry struct {
	says    string // the formula as of any row; empty: a constant
	formula string
	value   formula.Value
	format  string
	state   int // 0 not calculated, 1 being calculated, 2 done
}

func (l *ledger) set(sheet string, row, col int, v formula.Value, format string) {
	l.cells[spot{sheet, row, col}] = &entry{value: v, format: format, state: 2}
}

// Rows in a formula, its own and the one above: formulas that say the same of their own rows are written once.
const (
	hereRow  = "{row}"
	rowAbove = "{row-1}"
)

func (l *ledger) calculate(sheet string, row, col int, says string) {
	f := strings.ReplaceAll(says, hereRow, strconv.Itoa(row))
	f = strings.ReplaceAll(f, rowAbove, strconv.Itoa(row-1))
	l.cells[spot{sheet, row, col}] = &entry{says: says, formula: f}
}

func (l *ledger) define(name, sheet string, row, col, lastRow, lastCol int) {
	l.names[name] = formula.Area{Sheet: sheet, Row: row, Col: col, LastRow: lastRow, LastCol: lastCol}
	l.order = append(l.order, name)
}

// Name implements formula.Workbook.
func (l *ledger) Name(name string) (formula.Area, bool) {
	a, ok := l.names[name]
	return a, ok
}

// Format implements formula.Workbook.
func (l *ledger) Format(sheet string, row, col int) string {
	if e := l.cells[spot{sheet, row, col}]; e != nil {
		return e.format
	}
	return ""
}

// Cell implements formula.Workbook.
func (l *ledger) Cell(sheet string, row, col int) (formula.Value, error) {
	e := l.cells[spot{sheet, row, col}]
	switch {
	case e == nil:
		return nil, nil
	case e.state == 2:
		return e.value, nil
	case e.state == 1:
		return nil, fmt.Errorf("%s!%s 循环引用", sheet, cell(row, col))
	}
	e.state = 1
	v, err := formula.Evaluate(l, sheet, e.formula)
	if err != nil {
		return nil, fmt.Errorf("%s!%s：%w", sheet, cell(row, col), err)
	}
	e.value, e.state = v, 2
	return v, nil
}

// shown is the value of a cell as it is written. That of a formula of ours is no error.
func (l *ledger) shown(at spot) formula.Value {
	v := try.Get(l.Cell(at.sheet, at.row, at.col))
	if e, bad := v.(formula.Error); bad {
		try.Do(fmt.Errorf("%s!%s 的值是 %s", at.sheet, cell(at.row, at.col), e))
	}
	return v
}

// written is a cell as it is streamed: a formula with its value.
func (l *ledger) written(sheet string, row, col int) excelize.Cell {
	at := spot{sheet, row, col}
	return excelize.Cell{Formula: l.cells[at].formula, Value: l.shown(at)}
}

// inputs puts what the template is filled with into its cells, and names them.
func (l *ledger) inputs(layout *templates.Layout, v Values) {
	put := func(sheet string, row, col int, f *templates.Field, value Value) {
		l.set(sheet, row, col, contentOf(value), cmp.Or(value.Format, numberFormat(f)))
	}
	for _, s := range layout.Sheets {
		title := s.Sheet.Title
		for _, slot := range s.Slots {
			l.define(slot.Name, title, slot.Row, slot.Col, slot.Row, slot.Col)
			put(title, slot.Row, slot.Col, slot.Field, v.Fields[templates.Ref{Field: slot.Field.ID, Year: slot.Year}])
		}
		for _, area := range s.Records {
			rows := v.Records[area.Block.ID]
			if len(rows) > area.Block.Rows {
				try.Do(fmt.Errorf("%s 有 %d 行，模板只有 %d 行", title, len(rows), area.Block.Rows))
			}
			for _, c := range area.Columns {
				l.define(c.Name, title, area.FirstRow, c.Col, area.LastRow, c.Col)
				for i, row := range rows {
					put(title, area.FirstRow+i, c.Col, c.Field, row[c.Field.ID])
				}
			}
		}
		for _, static := range s.Statics {
			if static.Role.Formula() {
				l.calculate(title, static.Row, static.Col, static.Text)
			}
		}
	}
}

// The sheets behind, some 3,600 formulas. The library writes each in full; shared ones halve the file.
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

// shared gives the element of every formula of a sheet; of the same ones in a column the first stands for all.
func (l *ledger) shared(sheet string, lastRow, lastCol int) map[spot]string {
	out, groups := map[spot]string{}, -1
	says := func(row, col int) string {
		if e := l.cells[spot{sheet, row, col}]; e != nil {
			return e.says
		}
		return ""
	}
	for col := 1; col <= lastCol; col++ {
		for row := 1; row <= lastRow; row++ {
			at, said := spot{sheet, row, col}, says(row, col)
			switch {
			case said == "":
				continue
			case says(row-1, col) == said:
				out[at] = fmt.Sprintf(`<f t="shared" si="%d"/>`, groups)
				continue
			}
			groups++
			attributes, last := "", row
			for says(last+1, col) == said {
				last++
			}
			if last > row {
				attributes = fmt.Sprintf(` t="shared" ref="%s:%s" si="%d"`, cell(row, col), cell(last, col), groups)
			}
			out[at] = "<f" + attributes + ">" + book.XMLText(l.cells[at].formula) + "</f>"
		}
	}
	return out
}

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
