package intake

import (
	"sort"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/text"
)

// Book is a workbook as read: its sheets with every filled cell, and its defined names.
type Book struct {
	Sheets []*Sheet
	Names  []DefinedName
}

// DefinedName is a name of the workbook (Scope empty) or of one sheet.
type DefinedName struct {
	Name   string
	Scope  string // title of the sheet
	Refers string // as written: '2年度数据'!$F$12
}

// Cell is a cell with its key.
type Cell struct {
	model.Cell
	key  string // see nameKey
	used bool   // it became a value
}

// Sheet is one worksheet.
type Sheet struct {
	Title string
	Cells []Cell              // those with content, row by row
	texts map[string][][2]int // key of a text -> where it stands; nil until somebody looks for one

	merges   []merged
	used     bool   // some of it became a value
	part     string // of the container
	comments []comment
}

// span is a range of cells, from its first to its last.
type span struct{ row, col, lastRow, lastCol int }

func (s span) holds(row, col int) bool {
	return row >= s.row && row <= s.lastRow && col >= s.col && col <= s.lastCol
}

// merged is an area of cells that shows one value, that of its first cell.
type merged struct {
	ref string
	span
}

// mergedAt gives the merged area that a cell lies in; nil where in none.
func (s *Sheet) mergedAt(row, col int) *merged {
	for i := range s.merges {
		if m := &s.merges[i]; m.holds(row, col) {
			return m
		}
	}
	return nil
}

// Sheet finds a sheet by its title; nil where there is none.
func (b *Book) Sheet(title string) *Sheet {
	for _, s := range b.Sheets {
		if strings.EqualFold(s.Title, title) {
			return s
		}
	}
	return nil
}

// At gives the cell at a row and column, a blank one with its place where nothing stands.
func (s *Sheet) At(row, col int) model.Cell {
	if c := s.at(row, col); c != nil {
		return c.Cell
	}
	return model.Cell{Place: model.Place{Sheet: s.Title, Cell: model.CellName(row, col)}, Row: row, Col: col}
}

// at is the cell where something stands; otherwise nil.
func (s *Sheet) at(row, col int) *Cell {
	i := sort.Search(len(s.Cells), func(i int) bool { return s.Cells[i].compare(row, col) >= 0 })
	if i == len(s.Cells) || s.Cells[i].compare(row, col) != 0 {
		return nil
	}
	return &s.Cells[i]
}

// use says that a cell, be it empty, became a value.
func (s *Sheet) use(row, col int) {
	s.used = true
	if c := s.at(row, col); c != nil {
		c.used = true
	}
}

// find lists where a text stands, by its key: whatever its width and spacing; nowhere on no sheet.
func (s *Sheet) find(key string) [][2]int {
	if s == nil {
		return nil
	}
	if s.texts == nil {
		s.texts = make(map[string][][2]int, len(s.Cells)/2)
		for i := range s.Cells {
			if c := &s.Cells[i]; c.Kind == model.Text {
				key := c.nameKey()
				s.texts[key] = append(s.texts[key], [2]int{c.Row, c.Col})
			}
		}
	}
	return s.texts[key]
}

// nameKey is the key of the cell's text, found once.
func (c *Cell) nameKey() string {
	if c.key == "" {
		c.key = text.NameKey(c.Raw)
	}
	return c.key
}

// parseReference reads what a defined name points at: one cell or one range of one sheet.
func parseReference(refers string) (sheet string, at span, ok bool) {
	i := strings.LastIndex(refers, "!")
	if i < 0 || strings.Contains(refers, ",") && !strings.HasPrefix(refers, "'") {
		return
	}
	sheet = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(refers[:i], "="), "'"), "'")
	sheet = strings.TrimPrefix(strings.ReplaceAll(sheet, "''", "'"), "$")
	at, ok = parseSpan(strings.ReplaceAll(refers[i+1:], "$", ""))
	return
}

func parseSpan(name string) (at span, ok bool) {
	from, to, ranges := strings.Cut(name, ":")
	if at.row, at.col, ok = parseCell(from); ok && ranges {
		at.lastRow, at.lastCol, ok = parseCell(to)
		return
	}
	at.lastRow, at.lastCol = at.row, at.col
	return
}

// Size of a worksheet.
const (
	maxRow = 1048576
	maxCol = 16384
)

func parseCell(name string) (row, col int, ok bool) {
	i := 0
	for i < len(name) && (name[i]|0x20) >= 'a' && (name[i]|0x20) <= 'z' && i < 4 {
		col = col*26 + int(name[i]|0x20-'a') + 1
		i++
	}
	row, err := strconv.Atoi(name[i:])
	return row, col, err == nil && i > 0 && row >= 1 && row <= maxRow && col <= maxCol && name[i] != '+'
}
