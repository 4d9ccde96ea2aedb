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
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// workbook holds the cells and names, and calculates the formulas for programs that do not calculate.
type workbook struct {
	cells map[cellRef]*entry
	names map[string]formula.Area
	order []string // names in the order of definition
}

type cellRef struct {
	sheet    string
	row, col int
}

// entry is a constant or a formula. The value of a formula is calculated when it is first needed.
type entry struct {
	pattern string // the formula with placeholders for its rows; empty: a constant
	formula string
	value   formula.Value
	format  string
	state   int // 0 not calculated, 1 being calculated, 2 done
}

func (l *workbook) set(sheet string, row, col int, v formula.Value, format string) {
	l.cells[cellRef{sheet, row, col}] = &entry{value: v, format: format, state: 2}
}

// Placeholders for row numbers in a pattern: formulas with the same pattern are written once, as a shared formula.
const (
	thisRow     = "{row}"
	previousRow = "{row-1}"
)

func (l *workbook) setFormula(sheet string, row, col int, pattern string) {
	f := strings.ReplaceAll(pattern, thisRow, strconv.Itoa(row))
	f = strings.ReplaceAll(f, previousRow, strconv.Itoa(row-1))
	l.cells[cellRef{sheet, row, col}] = &entry{pattern: pattern, formula: f}
}

func (l *workbook) defineName(name, sheet string, row, col, lastRow, lastCol int) {
	l.names[name] = formula.Area{Sheet: sheet, Row: row, Col: col, LastRow: lastRow, LastCol: lastCol}
	l.order = append(l.order, name)
}

// Name implements formula.Workbook.
func (l *workbook) Name(name string) (formula.Area, bool) {
	a, ok := l.names[name]
	return a, ok
}

// Format implements formula.Workbook.
func (l *workbook) Format(sheet string, row, col int) string {
	if e := l.cells[cellRef{sheet, row, col}]; e != nil {
		return e.format
	}
	return ""
}

// Cell implements formula.Workbook.
func (l *workbook) Cell(sheet string, row, col int) (formula.Value, error) {
	e := l.cells[cellRef{sheet, row, col}]
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

// cachedValue returns the value to be written for a cell. An error value in a formula of ours is a bug.
func (l *workbook) cachedValue(at cellRef) formula.Value {
	v := try.Get(l.Cell(at.sheet, at.row, at.col))
	if e, bad := v.(formula.Error); bad {
		try.Do(fmt.Errorf("%s!%s 的值是 %s", at.sheet, cell(at.row, at.col), e))
	}
	return v
}

// streamCell returns a formula with its value, as excelize streams it.
func (l *workbook) streamCell(sheet string, row, col int) excelize.Cell {
	at := cellRef{sheet, row, col}
	return excelize.Cell{Formula: l.cells[at].formula, Value: l.cachedValue(at)}
}

// setInputs sets the input cells to the values filled in, and defines their names.
func (l *workbook) setInputs(layout *templates.Layout, v Values) {
	put := func(sheet string, row, col int, f *templates.Field, value Value) {
		l.set(sheet, row, col, cellContent(value), cmp.Or(value.Format, numberFormat(f)))
	}
	for _, s := range layout.Sheets {
		title := s.Sheet.Title
		for _, slot := range s.Slots {
			l.defineName(slot.Name, title, slot.Row, slot.Col, slot.Row, slot.Col)
			put(title, slot.Row, slot.Col, slot.Field, v.Fields[slot.Ref()])
		}
		for _, area := range s.Records {
			rows := v.Records[area.Block.ID]
			if len(rows) > area.Block.Rows {
				try.Do(fmt.Errorf("%s 有 %d 行，模板只有 %d 行", title, len(rows), area.Block.Rows))
			}
			for _, c := range area.Columns {
				l.defineName(c.Name, title, area.FirstRow, c.Col, area.LastRow, c.Col)
				for i, row := range rows {
					put(title, area.FirstRow+i, c.Col, c.Field, row[c.Field.ID])
				}
			}
		}
		for _, static := range s.Statics {
			if static.Role.Formula() {
				l.setFormula(title, static.Row, static.Col, static.Text)
			}
		}
	}
}

// calculatedSheets are hidden and have some 3,600 formulas. excelize writes each in full; shared, they take half the
// space.
var calculatedSheets = []string{templates.ListSheet, templates.ValueSheet, templates.CaseSheet, templates.RowSheet}

func (l *workbook) sheetXML(sheet string) string {
	const head = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:%s"/>` +
		`<sheetData>`
	const tail = `</sheetData><sheetProtection sheet="1" objects="1" scenarios="1" selectLockedCells="1" ` +
		`selectUnlockedCells="1"/></worksheet>`
	lastRow, lastCol := 1, 1
	for at := range l.cells {
		if at.sheet == sheet {
			lastRow, lastCol = max(lastRow, at.row), max(lastCol, at.col)
		}
	}
	shared := l.sharedFormulas(sheet, lastRow, lastCol)
	var b strings.Builder
	fmt.Fprintf(&b, xml.Header+head, cell(lastRow, lastCol))
	for row := 1; row <= lastRow; row++ {
		fmt.Fprintf(&b, `<row r="%d">`, row)
		for col := 1; col <= lastCol; col++ {
			if at := (cellRef{sheet, row, col}); l.cells[at] != nil {
				writeCell(&b, at, shared[at], l.cachedValue(at))
			}
		}
		b.WriteString(`</row>`)
	}
	b.WriteString(tail)
	return b.String()
}

// sharedFormulas returns the <f> elements of a sheet. Equal patterns in consecutive rows of a column share a formula.
func (l *workbook) sharedFormulas(sheet string, lastRow, lastCol int) map[cellRef]string {
	out, groups := map[cellRef]string{}, -1
	pattern := func(row, col int) string {
		if e := l.cells[cellRef{sheet, row, col}]; e != nil {
			return e.pattern
		}
		return ""
	}
	for col := 1; col <= lastCol; col++ {
		for row := 1; row <= lastRow; row++ {
			at, this := cellRef{sheet, row, col}, pattern(row, col)
			switch {
			case this == "":
				continue
			case pattern(row-1, col) == this:
				out[at] = fmt.Sprintf(`<f t="shared" si="%d"/>`, groups)
				continue
			}
			groups++
			attributes, last := "", row
			for pattern(last+1, col) == this {
				last++
			}
			if last > row {
				attributes = fmt.Sprintf(` t="shared" ref="%s:%s" si="%d"`, cell(row, col), cell(last, col), groups)
			}
			out[at] = "<f" + attributes + ">" + xmlContent(l.cells[at].formula) + "</f>"
		}
	}
	return out
}

func writeCell(b *strings.Builder, at cellRef, f string, v formula.Value) {
	kind, content := "", ""
	switch v := v.(type) {
	case string:
		kind, content = ` t="str"`, "<v>"+xmlContent(v)+"</v>"
		if f == "" {
			kind, content = ` t="inlineStr"`, "<is><t>"+xmlContent(v)+"</t></is>"
		}
	case bool:
		kind, content = ` t="b"`, "<v>"+table.Either(v, "1", "0")+"</v>"
	case float64:
		content = "<v>" + strconv.FormatFloat(v, 'f', -1, 64) + "</v>"
	}
	fmt.Fprintf(b, `<c r="%s"%s>%s%s</c>`, cell(at.row, at.col), kind, f, content)
}

// xmlContent escapes a text for an element, where quotes stand for themselves.
func xmlContent(s string) string {
	return strings.NewReplacer("&#34;", `"`, "&#39;", "'").Replace(book.XMLText(s))
}
