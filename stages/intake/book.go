package intake

import (
	"sort"
	"strconv"
	"strings"
	"sync"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
)

// Book is a workbook as read: sheets with every filled cell, and defined names.
type Book struct {
	Sheets []*Sheet
	Names  []DefinedName
	memory []Cell // the cells of the sheets, one sheet behind the other
}

var cellMemory = sync.Pool{New: func() any { return new([]Cell) }}

// release gives the memory of the cells to the next book. They must not be used afterwards.
func (b *Book) release() {
	const maxKept = 20000 // a form has some 2,300 cells
	cells := 0
	for _, s := range b.Sheets {
		cells += len(s.Cells)
	}
	clear(b.memory)
	memory := b.memory[:0]
	if cap(memory) < cells { // it moved, so that not all were in it
		memory = make([]Cell, 0, cells)
	}
	if cap(memory) <= maxKept {
		cellMemory.Put(&memory)
	}
}

// DefinedName is a name of the workbook (Scope empty) or of one sheet.
type DefinedName struct {
	Name     string
	Scope    string // title of the sheet
	RefersTo string // as written: '2年度数据'!$F$12
}

// Cell is a cell with its search key.
type Cell struct {
	model.Cell
	key  string // see nameKey
	used bool   // it became a value
}

// Sheet is one worksheet.
type Sheet struct {
	Title         string
	Cells         []Cell              // those with content, row by row
	textPositions map[string][][2]int // key of a text -> where it stands; nil until somebody looks for one
	keyOf         func(string) string // text.NameKey; set when the book is bound

	merges   []mergedArea
	used     bool   // some of it became a value
	part     string // of the container
	comments []comment
	embedded int    // files
	over     []span // where pictures, charts and text boxes lie, from row and column 0
}

// span is a range of cells, from its first to its last.
type span struct{ row, col, lastRow, lastCol int }

func (s span) contains(row, col int) bool {
	return row >= s.row && row <= s.lastRow && col >= s.col && col <= s.lastCol
}

// mergedArea is a merged range; it shows the value of its first cell.
type mergedArea struct {
	ref string
	span
}

// mergedAt returns the merged area that contains a cell; nil if none does.
func (s *Sheet) mergedAt(row, col int) *mergedArea {
	for i := range s.merges {
		if m := &s.merges[i]; m.contains(row, col) {
			return m
		}
	}
	return nil
}

// Sheet finds a sheet by its title, whatever the case; nil if there is none.
func (b *Book) Sheet(title string) *Sheet {
	for _, s := range b.Sheets {
		if strings.EqualFold(s.Title, title) {
			return s
		}
	}
	return nil
}

// At returns the cell at a row and column; a blank one if it has no content.
func (s *Sheet) At(row, col int) model.Cell {
	if c := s.at(row, col); c != nil {
		return c.Cell
	}
	return model.Cell{Place: model.Place{Sheet: s.Title, Cell: model.CellName(row, col)}, Row: row, Col: col}
}

// at returns the cell if it has content; otherwise nil.
func (s *Sheet) at(row, col int) *Cell {
	i := sort.Search(len(s.Cells), func(i int) bool { return s.Cells[i].compare(row, col) >= 0 })
	if i == len(s.Cells) || s.Cells[i].compare(row, col) != 0 {
		return nil
	}
	return &s.Cells[i]
}

// markUsed records that a cell, perhaps blank, became a value.
func (s *Sheet) markUsed(row, col int) {
	s.used = true
	if c := s.at(row, col); c != nil {
		c.used = true
	}
}

// find lists the positions of a text by its key, which ignores width and spacing. A nil sheet has none.
func (s *Sheet) find(key string) [][2]int {
	if s == nil {
		return nil
	}
	if s.textPositions == nil {
		s.textPositions = make(map[string][][2]int, len(s.Cells)/2)
		for i := range s.Cells {
			if c := &s.Cells[i]; c.Kind == model.Text {
				key := s.nameKey(c)
				s.textPositions[key] = append(s.textPositions[key], [2]int{c.Row, c.Col})
			}
		}
	}
	return s.textPositions[key]
}

// nameKey is the key of a cell's text, computed once.
func (s *Sheet) nameKey(c *Cell) string {
	if c.key == "" {
		c.key = s.keyOf(c.Raw)
	}
	return c.key
}

// parseReference parses what a defined name refers to: one cell or one range of one sheet.
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

// loadDrawing reads where pictures, charts and text boxes lie; the words in them are reported like those of comments.
func (w *workbookReader) loadDrawing(sheet *Sheet, drawing string) {
	if !w.parts.Has(drawing) {
		return
	}
	const most = 1000 // objects
	var at span
	var words strings.Builder
	var hollow, opaque bool // a frame around a number, or a line, covers nothing
	row, col := &at.row, &at.col
	_ = w.walker.Walk(w.parts.Get(drawing), func(e *ooxml.Element) error {
		n := func(text string, unit int) int { v, _ := strconv.Atoi(strings.TrimSpace(text)); return v / unit }
		switch name := string(e.Name); {
		case e.Start && strings.HasSuffix(name, "Anchor"):
			at, hollow, opaque = span{}, false, false
			words.Reset()
		case e.Start && name == "noFill":
			hollow = hollow || string(e.Parent().Name) == "spPr"
		case e.Start && (name == "from" || name == "pos"): // a default column and row are 609,600 and 190,500 units
			row, col = &at.row, &at.col
			*row, *col = n(e.Attr("y"), 190500), n(e.Attr("x"), 609600)
		case e.Start && name == "to":
			row, col = &at.lastRow, &at.lastCol
		case e.Start && name == "ext" && e.Depth == 3:
			at.lastRow, at.lastCol = at.row+n(e.Attr("cy"), 190500), at.col+n(e.Attr("cx"), 609600)
		case !e.Start && name == "row":
			*row = n(string(e.Text()), 1)
		case !e.Start && name == "col":
			*col = n(string(e.Text()), 1)
		case !e.Start && name == "rowOff" && row == &at.lastRow && string(e.Text()) == "0": // it ends before this row
			at.lastRow--
		case !e.Start && name == "colOff" && row == &at.lastRow && string(e.Text()) == "0":
			at.lastCol--
		case !e.Start && name == "t":
			words.Write(e.Text())
		case !e.Start && (name == "pic" || name == "graphicFrame" || name == "contentPart" || name == "sp"):
			opaque = opaque || name != "sp" || !hollow
			hollow = false
		case !e.Start && strings.HasSuffix(name, "Anchor"):
			said := strings.TrimSpace(words.String())
			if (opaque || said != "") && len(sheet.over) < most {
				sheet.over = append(sheet.over, at)
			}
			if said != "" && at.row > 0 { // what says 样例 stands in the first row
				sheet.comments = append(sheet.comments, comment{model.CellName(at.row+1, at.col+1), said})
			}
		}
		return nil
	})
}
