package feedback

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/try"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// What goes from round to round in a workbook stands on the very hidden sheet: in columns A and B the identity of the
// form and the sha256 of the copy's parent, in D to F which cells were coloured and what colour they had.
const (
	keyColumn, valueColumn                   = 1, 2
	markSheetColumn, markCellColumn, markWas = 4, 5, 6
	noFill                                   = "none"
)

// identify gives a workbook that lost the very hidden sheet its identity again: it was read as a workbook of this
// form, and without the sheet it can't say what it was made from.
func (c *copying) identify() {
	if c.has(templates.MetaSheet) {
		return
	}
	try.Get(c.f.NewSheet(templates.MetaSheet))
	c.identity(templates.MetaForm, c.d.Form.ID)
	c.identity(templates.MetaYear, strconv.Itoa(c.d.Year))
	c.identity(templates.MetaVersion, strconv.Itoa(c.d.Form.Version))
	try.Do(c.f.SetSheetVisible(templates.MetaSheet, false, true))
}

// has says whether there is a sheet of a name.
func (c *copying) has(sheet string) bool {
	index, err := c.f.GetSheetIndex(sheet)
	return err == nil && index >= 0
}

// origin writes what the copy was made from: the original's hash, what it says, and what the copy asks.
func (c *copying) origin(original []byte, said string) {
	c.identity(templates.MetaParent, model.Digest(original))
	c.identity(templates.MetaSaid, said)
	c.identity(templates.MetaAsked, model.AskedHash(c.asked))
}

// identity writes one entry of the form's identity.
func (c *copying) identity(key, value string) {
	rows, row := try.Get(c.f.GetRows(templates.MetaSheet)), 1
	for row <= len(rows) && len(rows[row-1]) > 0 && rows[row-1][0] != "" && rows[row-1][0] != key {
		row++
	}
	try.Do(c.f.SetCellStr(templates.MetaSheet, model.CellName(row, keyColumn), key))
	try.Do(c.f.SetCellStr(templates.MetaSheet, model.CellName(row, valueColumn), value))
}

// remember notes what colour the cell that is marked as the i-th had.
func (c *copying) remember(i int, at place, style int) {
	row := []string{at.sheet, at.cell, cmp.Or(c.fillOf(style), noFill)}
	try.Do(c.f.SetSheetRow(templates.MetaSheet, model.CellName(i+1, markSheetColumn), &row))
}

// unmark takes away what an earlier round marked: colours, where they still are ours, the list and the links to it.
func (c *copying) unmark() {
	var moved []earlierMark
	marked := map[string]bool{}
	for i, cells := range try.Get(c.f.GetRows(templates.MetaSheet)) {
		if len(cells) < markWas || cells[markSheetColumn-1] == "" {
			continue
		}
		m := earlierMark{place{cells[markSheetColumn-1], cells[markCellColumn-1]}, cells[markWas-1]}
		for column := markSheetColumn; column <= markWas; column++ {
			try.Do(c.f.SetCellValue(templates.MetaSheet, model.CellName(i+1, column), nil))
		}
		marked[m.sheet] = true
		if !c.restore(m) {
			moved = append(moved, m)
		}
	}
	c.restoreMoved(moved, marked)
	c.dropList()
}

// earlierMark is a cell that an earlier round coloured.
type earlierMark struct {
	place
	was string
}

// restore gives a cell its colour back, if it still has one of ours.
func (c *copying) restore(m earlierMark) (ours bool) {
	if !c.has(m.sheet) {
		return false // renamed since, or gone
	}
	id, err := c.f.GetCellStyle(m.sheet, m.cell)
	if err != nil || !c.ourColour(id) {
		return false
	}
	fill := book.Solid(m.was)
	if m.was == noFill {
		fill = excelize.Fill{}
	}
	c.fill(m.place, id, fill)
	return true
}

func (c *copying) ourColour(style int) bool {
	colour := c.fillOf(style)
	return slices.ContainsFunc(model.Severities, func(s model.Severity) bool {
		return strings.EqualFold(colour, tones[s].Fill().Color[0])
	})
}

// fillOf is the colour that a style fills cells with, in six digits; empty where it does not. It is read from the
// format record: the library gives no colours of a workbook without a theme, as LibreOffice saves them.
func (c *copying) fillOf(style int) string {
	s, err := c.f.GetStyle(style)
	if err != nil || s.Fill.Type != "pattern" || s.Fill.Pattern != 1 || len(s.Fill.Color) == 0 {
		return ""
	}
	fills, id := c.f.Styles.Fills.Fill, c.f.Styles.CellXfs.Xf[style].FillID
	if s.Fill.Color[0] == "" && id != nil && *id < len(fills) {
		if p := fills[*id].PatternFill; p != nil && p.FgColor != nil {
			return p.FgColor.RGB[max(0, len(p.FgColor.RGB)-len("RRGGBB")):]
		}
	}
	return s.Fill.Color[0]
}

// restoreMoved finds the marks that moved with inserted rows, or went under another name with their sheet: the cells
// of the sheet that still have our colours are, in their order, those that were marked there.
func (c *copying) restoreMoved(moved []earlierMark, marked map[string]bool) {
	const renamed = "" // marks whose sheet is gone lie on one that had none under its name
	bySheet, known := map[string][]earlierMark{}, c.f.GetSheetList()
	for _, m := range moved {
		sheet := m.sheet
		if !slices.Contains(known, sheet) {
			sheet = renamed
		}
		bySheet[sheet] = append(bySheet[sheet], m)
	}
	for _, sheet := range known {
		from := sheet
		if !marked[sheet] && sheet != templates.ReturnSheet && !strings.HasPrefix(sheet, templates.HiddenPrefix) {
			from = renamed
		}
		left := bySheet[from]
		if len(left) == 0 {
			continue
		}
		rows := try.Get(c.f.GetRows(sheet))
		const wide = 30 // no form is wider
		for row := 1; row <= len(rows) && len(left) > 0; row++ {
			for col := 1; col <= wide && len(left) > 0; col++ {
				if c.restore(earlierMark{place{sheet, model.CellName(row, col)}, left[0].was}) {
					left = left[1:]
				}
			}
		}
		bySheet[from] = left
	}
}

// dropList removes an earlier round's list, and the links that led to it.
func (c *copying) dropList() {
	if !c.has(templates.ReturnSheet) {
		return
	}
	to := book.Range(templates.ReturnSheet)
	for _, sheet := range c.f.GetSheetList() {
		if sheet == templates.ReturnSheet || strings.HasPrefix(sheet, templates.HiddenPrefix) {
			continue
		}
		for _, cell := range try.Get(c.f.GetHyperLinkCells(sheet, "Location")) {
			_, target, err := c.f.GetCellHyperLink(sheet, cell)
			try.Do(err)
			if strings.HasPrefix(target, to) || strings.HasPrefix(target, templates.ReturnSheet+"!") {
				try.Do(c.f.SetCellHyperLink(sheet, cell, "", "None"))
				c.touched[sheet] = true
			}
		}
	}
	try.Do(c.f.DeleteSheet(templates.ReturnSheet))
}
