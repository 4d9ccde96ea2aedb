package intake

import (
	"regexp"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/text"
	"lianheti/templates"
)

// The program's own sheets (self-check, list of a return, identity) are no data; but their names say nothing about what
// somebody has put there. A sheet is known by how it is built, in whichever version of the template, and only what has
// the place and the kind of its own content is ours. Everything else is loose, as on any other sheet.

var (
	ruleCode = regexp.MustCompile(`^LHT-\d-\d{3}$`)
	fieldID  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	rowHead  = regexp.MustCompile(`^[a-z][a-z0-9_]* [\w -]+$`)
)

// calculation is a hidden sheet of formulas, known by its first cells; its own texts stand in some columns.
type calculation struct {
	first      int // row in which it says what it is
	says       *regexp.Regexp
	textColumn []int
}

var calculates = map[string]*calculation{
	templates.ValueSheet: {2, fieldID, []int{1, 2}},
	templates.CaseSheet:  {2, ruleCode, []int{1, 8}},
	templates.RowSheet:   {1, rowHead, nil},
}

// calculated is the last of the rows by which a sheet that calculates is known.
const calculated = 2

// keeps says whether a cell is looked at later: the first rows, by which the sheet is known, and texts not its own.
func (c *calculation) keeps(row, col int, formula bool, kind []byte) bool {
	texts := string(kind) == "s" || string(kind) == "str" || string(kind) == "inlineStr"
	return row <= calculated || texts && !formula && !slices.Contains(c.textColumn, col)
}

// begins says whether the sheet is what its title says.
func (c *calculation) begins(s *Sheet) bool {
	return c.says.MatchString(s.At(c.first, 1).Raw)
}

func (c *calculation) own(cell *Cell) bool {
	return cell.Formula != "" || cell.Kind != model.Text || slices.Contains(c.textColumn, cell.Col) ||
		cell.Row == 1 && c.textColumn == nil && rowHead.MatchString(cell.Raw)
}

// ownSheet says whether a sheet has the name or the build of one of the program's own.
func (b *binder) ownSheet(sheet *Sheet) bool {
	return strings.HasPrefix(sheet.Title, templates.HiddenPrefix) || sheet.Title == templates.ReturnSheet ||
		sheet.Title == templates.CheckSheet || b.checks(sheet)
}

// checks says whether a sheet is the self-check, be it renamed: the rules' codes stand in its first column.
func (b *binder) checks(sheet *Sheet) bool {
	codes, _ := sheet.heads(func(s string) bool { return b.d.Rule(s) != nil })
	return 2*codes > len(b.d.Rules)
}

// heads counts the cells of the first column of which something is so, and all of them.
func (s *Sheet) heads(is func(string) bool) (n, all int) {
	for i := range s.Cells {
		if c := &s.Cells[i]; c.Col == 1 {
			if all++; is(c.Raw) {
				n++
			}
		}
	}
	return n, all
}

// owned gives what tells the program's own cells of one of its sheets; nil for others, and for one with only the name.
func (b *binder) owned(sheet *Sheet) func(*Cell) bool {
	switch known := calculates[strings.ToLower(sheet.Title)]; {
	case known != nil && known.begins(sheet):
		return known.own
	case strings.EqualFold(sheet.Title, templates.MetaSheet) && b.out.Form.ID == b.d.Form.ID:
		return func(c *Cell) bool { return ownMeta(sheet, c) }
	case strings.EqualFold(sheet.Title, templates.ListSheet) && b.lists(sheet):
		// A list begins in the first row; where its first item is blank, the one beside it does.
		return func(c *Cell) bool {
			return sheet.At(1, c.Col).Kind != model.Blank || c.Col > 1 && sheet.At(1, c.Col-1).Kind != model.Blank
		}
	case sheet.Title == templates.ReturnSheet:
		return b.ownTable(sheet, templates.ReturnSaid)
	case sheet.Title == templates.CheckSheet || b.checks(sheet):
		return b.ownTable(sheet, "")
	}
	return nil
}

// ownMeta says whether a cell of the identity is a key, its value, or notes how an earlier round found a cell.
func ownMeta(sheet *Sheet, c *Cell) bool {
	switch c.Col {
	case 1, 2:
		return fieldID.MatchString(sheet.At(c.Row, 1).Raw)
	case 4, 5, 6:
		_, _, ok := parseCell(sheet.At(c.Row, 5).Raw)
		return ok
	}
	return false
}

// lists says whether a sheet begins with the cities, as the lists of the template do.
func (b *binder) lists(sheet *Sheet) bool {
	cities, all := sheet.heads(func(s string) bool {
		return slices.ContainsFunc(b.d.Directory.Cities, func(city templates.City) bool { return city.Name == s })
	})
	return 2*cities > all
}

// ownTable tells the cells of a table of findings or rules: the header, every row with a code, and what stands over the
// header in its first column; nothing right of the header. In the column said, words are the program's own only where
// they are quoted from another sheet; in the self-check, results are formulas. Nil where the sheet is no such table.
func (b *binder) ownTable(sheet *Sheet, said string) func(*Cell) bool {
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
			return strings.HasPrefix(c.Raw, templates.ReturnOutdated) || b.quoted(sheet, c.Raw)
		case said == "" && formulas[c.Row] && (c.Col == left+3 || c.Col == left+4):
			return c.Formula != ""
		}
		return true
	}
}

func (b *binder) quoted(sheet *Sheet, words string) bool {
	key := text.NameKey(words)
	return slices.ContainsFunc(b.book.Sheets, func(s *Sheet) bool { return s != sheet && len(s.find(key)) > 0 })
}
