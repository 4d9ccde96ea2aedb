package intake

import (
	"regexp"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/text"
	"lianheti/templates"
)

// The program's own sheets (self-check, list of a return, identity) hold no data, but people may have written on them.
// A sheet is recognised by its structure, in any version of the template. Only cells with the position and kind of the
// program's content are its own; all others are loose, as on any other sheet.

var (
	ruleCode = regexp.MustCompile(`^LHT-\d-\d{3}$`)
	fieldID  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	rowHead  = regexp.MustCompile(`^[a-z][a-z0-9_]* [\w -]+$`)
)

// formulaSheet is a hidden sheet of formulas of the template's own, recognised by its first cells.
type formulaSheet struct {
	titleRow    int // row of the cell that identifies it
	title       *regexp.Regexp
	textColumns []int
}

var formulaSheets = map[string]*formulaSheet{
	templates.ValueSheet: {2, fieldID, []int{1, 2}},
	templates.CaseSheet:  {2, ruleCode, []int{1, 8}},
	templates.RowSheet:   {1, rowHead, nil},
}

// titleRows is the last row that is used to recognise a formula sheet.
const titleRows = 2

// keeps reports whether a cell is needed later: the first rows, to recognise the sheet, and texts in other columns.
func (c *formulaSheet) keeps(row, col int, formula bool, kind []byte) bool {
	texts := string(kind) == "s" || string(kind) == "str" || string(kind) == "inlineStr"
	return row <= titleRows || texts && !formula && !slices.Contains(c.textColumns, col)
}

// matches reports whether the sheet is what its title says.
func (c *formulaSheet) matches(s *Sheet) bool {
	return c.title.MatchString(s.At(c.titleRow, 1).Raw)
}

func (c *formulaSheet) isOwn(cell *Cell) bool {
	return cell.Formula != "" || cell.Kind != model.Text || slices.Contains(c.textColumns, cell.Col) ||
		cell.Row == 1 && c.textColumns == nil && rowHead.MatchString(cell.Raw)
}

// isOwnSheet reports whether a sheet has the name or the structure of one of the program's own.
func (b *binder) isOwnSheet(sheet *Sheet) bool {
	return strings.HasPrefix(sheet.Title, templates.HiddenPrefix) || sheet.Title == templates.ReturnSheet ||
		sheet.Title == templates.CheckSheet || b.isSelfCheck(sheet)
}

// isSelfCheck reports whether a sheet is the self-check, perhaps renamed: most rule codes are in its first column.
func (b *binder) isSelfCheck(sheet *Sheet) bool {
	codes, _ := sheet.countFirstColumn(func(s string) bool { return b.d.Rule(s) != nil })
	return 2*codes > len(b.d.Rules)
}

// countFirstColumn counts the cells in the first column that match, and all of them.
func (s *Sheet) countFirstColumn(is func(string) bool) (n, all int) {
	for i := range s.Cells {
		if c := &s.Cells[i]; c.Col == 1 {
			if all++; is(c.Raw) {
				n++
			}
		}
	}
	return n, all
}

// ownCells returns a predicate for the program's own cells of a sheet; nil if it is none of the program's.
func (b *binder) ownCells(sheet *Sheet) func(*Cell) bool {
	switch known := formulaSheets[strings.ToLower(sheet.Title)]; {
	case known != nil && known.matches(sheet):
		return known.isOwn
	case strings.EqualFold(sheet.Title, templates.MetaSheet) && b.out.Form.ID == b.d.Form.ID:
		return func(c *Cell) bool { return isOwnMeta(sheet, c) }
	case strings.EqualFold(sheet.Title, templates.ListSheet) && b.isListSheet(sheet):
		// A list begins in the first row; where its first item is blank, the one beside it does.
		return func(c *Cell) bool {
			return sheet.At(1, c.Col).Kind != model.Blank || c.Col > 1 && sheet.At(1, c.Col-1).Kind != model.Blank
		}
	case sheet.Title == templates.ReturnSheet:
		return b.ownTableCells(sheet, templates.ReturnSaid)
	case sheet.Title == templates.CheckSheet || b.isSelfCheck(sheet):
		return b.ownTableCells(sheet, "")
	}
	return nil
}

// isOwnMeta reports whether a cell of the identity sheet is a key, a value, or a note on a cell of an earlier round.
func isOwnMeta(sheet *Sheet, c *Cell) bool {
	switch c.Col {
	case 1, 2:
		return fieldID.MatchString(sheet.At(c.Row, 1).Raw)
	case 4, 5, 6:
		_, _, ok := parseCell(sheet.At(c.Row, 5).Raw)
		return ok
	}
	return false
}

// isListSheet reports whether a sheet begins with the cities, as the template's lists do.
func (b *binder) isListSheet(sheet *Sheet) bool {
	cities, all := sheet.countFirstColumn(func(s string) bool {
		return slices.ContainsFunc(b.d.Directory.Cities, func(city templates.City) bool { return city.Name == s })
	})
	return 2*cities > all
}

// ownTableCells returns a predicate for the program's cells in a table of findings or rules: the header, rows with a
// code, and what is above the header in its first column. In the column said, only texts quoted from another sheet are
// the program's; in the self-check, results are formulas. Nil if the sheet has no such table.
func (b *binder) ownTableCells(sheet *Sheet, said string) func(*Cell) bool {
	coded, formulas, first := map[int]bool{}, map[int]bool{}, 0
	for i := range sheet.Cells {
		c := &sheet.Cells[i]
		if ruleCode.MatchString(c.Raw) {
			if coded[c.Row] = true; first == 0 {
				first = c.Row
			}
		}
		formulas[c.Row] = formulas[c.Row] || c.Formula != ""
	}
	if first < 2 {
		return nil
	}
	const maxMoved = 20
	header, left, last, saidAt := first-1, 1, 0, 0
	for left < maxMoved && !sheet.At(header, left).Filled {
		left++ // a column was inserted in front
	}
	for col := left; sheet.At(header, col).Filled; col++ {
		if last = col; said != "" && sheet.At(header, col).Raw == said {
			saidAt = col
		}
	}
	return func(c *Cell) bool {
		switch {
		case c.Row < header:
			return c.Col == left
		case c.Row == header:
			return c.Col >= left && c.Col <= last
		case !coded[c.Row] || c.Col < left || c.Col > last:
			return false
		case c.Col == saidAt:
			return strings.HasPrefix(c.Raw, templates.ReturnOutdated) || b.isQuoted(sheet, c.Raw)
		case said == "" && formulas[c.Row] && (c.Col == left+3 || c.Col == left+4):
			return c.Formula != ""
		}
		return true
	}
}

func (b *binder) isQuoted(sheet *Sheet, words string) bool {
	key := text.NameKey(words)
	return slices.ContainsFunc(b.book.Sheets, func(s *Sheet) bool { return s != sheet && len(s.find(key)) > 0 })
}
