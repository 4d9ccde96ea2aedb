package feedback

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// listRow returns the row of the i-th finding in the list.
func listRow(i int) int { return i + 3 }

// maxRowHeight is in points; spreadsheet programs allow 409.
const maxRowHeight = 400

// furtherPlaces lists the cells of a finding after the first.
func furtherPlaces(x table.Finding) string { return model.Ranges(x.AllPlaces()[1:]) }

// explanationText returns the explanation of a finding, or a remark that it is outdated.
func explanationText(x table.Finding) string {
	if x.Explanation == "" && x.Outdated != "" {
		return templates.ReturnOutdated + "：原来的说明针对的是改动前的数（" + x.Outdated + "）"
	}
	return x.Explanation
}

// canExplain reports whether a finding can be answered by an explanation: a warning, or a blank that its rule allows.
func (c *annotator) canExplain(x table.Finding) bool {
	rule, fields := c.d.Rule(x.Code), strings.Fields(x.Fields)
	mustStay := func(field string) bool { return !rule.CanExplain(field) }
	return x.Severity == model.Explain || rule != nil && len(fields) > 0 && !slices.ContainsFunc(fields, mustStay)
}

// explanationKey returns the key that is written beside the explanation of a warning.
func explanationKey(x table.Finding) string { return model.ExplanationKey(x.Fingerprint, x.ValueHash) }

// addList appends the sheet with all findings, each linked to its cell.
func (c *annotator) addList() {
	name := templates.ReturnSheet
	try.Get(c.f.NewSheet(name))
	try.Do(book.Protect(c.f, name)) // this sheet is not read: answers belong into the form
	text := func(say func(table.Finding) string) list.View {
		return list.Of(func(x table.Finding) book.Cell { return book.Cell{Value: say(x)} })
	}
	keyIfExplainable := func(x table.Finding) string {
		if c.canExplain(x) {
			return explanationKey(x)
		}
		return ""
	}
	lists := list.Lists{Definition: c.d, Sources: map[string]list.Source{
		"findings": list.From(func() ([]table.Finding, list.Words) {
			return c.findings, list.Words{"edition": c.d.Field("edition").Label}
		}),
	}, Views: map[string]list.View{"further": text(furtherPlaces), "explained": text(explanationText),
		"key": text(keyIfExplainable), "place": list.Of(func(x table.Finding) book.Cell {
			cell := book.Cell{Value: model.Place{File: "整份文件", Sheet: x.Sheet, Cell: x.Cell}.String()}
			if places := c.cellsOf(x); len(places) > 0 {
				cell.Look, cell.Link = book.Link, book.CellLink(places[0].sheet, places[0].cell)
			}
			return cell
		})}}
	c.report = book.NewReportOn(c.f, "")
	try.Do(lists.Layout("returned").Write(c.report, book.Grid{Sheet: name, Tab: book.Red}))
}

// addBackLinks links the label left of each marked cell to the list. The cell itself gets no link: a click there is for
// typing. An existing link on a label stays.
func (c *annotator) addBackLinks() {
	labels := map[string]bool{}
	for _, slot := range c.d.Layout().Slots() {
		if len(slot.RowAnchor) > 0 {
			labels[slot.RowAnchor[0]] = true
		}
	}
	for _, at := range c.markedCells() {
		row, col := model.RowCol(at.cell)
		for col--; col > 0; col-- {
			cell := model.CellName(row, col)
			if !labels[strings.TrimSpace(try.Get(c.f.GetCellValue(at.sheet, cell)))] {
				continue
			}
			linked, _, err := c.f.GetCellHyperLink(at.sheet, cell)
			if try.Do(err); !linked {
				row := listRow(c.findingsAt[at][0])
				tip := fmt.Sprintf("看“%s”第%d行", templates.ReturnSheet, row)
				to := book.SheetPrefix(templates.ReturnSheet) + model.CellName(row, 1)
				try.Do(c.f.SetCellHyperLink(at.sheet, cell, to, "Location", excelize.HyperlinkOpts{Tooltip: &tip}))
			}
			break
		}
	}
}

// listHeader is the position of a list of the form in this workbook.
type listHeader struct {
	sheet                  string
	headerRow, firstColumn int // firstColumn: the leftmost one
	columns                map[string]int
	dataRows               int // prepared below the header
}

// findList finds the header of a list; without a name, that of the first list on the sheet.
func (c *annotator) findList(list, sheet string) (listHeader, bool) {
	for _, s := range c.d.Layout().Sheets {
		for _, area := range s.Records {
			h := listHeader{columns: map[string]int{}, dataRows: area.LastRow - area.HeaderRow}
			for _, at := range c.columns {
				f := c.d.Field(at.Field)
				if f != nil && f.Record == area.Block.ID && (list == "" || list == f.Record) && (sheet == "" || sheet == at.Sheet) {
					row, col := model.RowCol(at.Cell)
					h.sheet, h.headerRow, h.columns[strings.TrimPrefix(f.ID, f.Record+"_")] = at.Sheet, row, col
				}
			}
			if len(h.columns) == len(area.Columns) {
				h.firstColumn = slices.Min(slices.Collect(maps.Values(h.columns)))
				return h, true
			}
		}
	}
	return listHeader{}, false
}

// addQuestions prefills a row of 情况说明, key and subject, for each finding that still needs an explanation. Unanswered
// rows of an earlier round are prefilled again, or cleared if nothing is left to explain. Rows with input stay, but a
// fingerprint without a value hash is completed.
func (c *annotator) addQuestions() {
	h, ok := c.findList("explanations", "")
	if !ok {
		return // the list is lost; the sheet of findings gives the keys
	}
	unexplained, explainable := map[string]table.Finding{}, map[string]table.Finding{} // by fingerprint
	for _, x := range c.findings {
		if c.canExplain(x) {
			explainable[x.Fingerprint] = x
			if x.Explanation == "" {
				unexplained[x.Fingerprint] = x
			}
		}
	}
	rows := explanationRows{c, h}
	for row := h.headerRow + 1; row <= h.headerRow+h.dataRows; row++ {
		fingerprint, values := model.SplitExplanationKey(rows.value(row, "fingerprint"))
		_, isOpen := unexplained[fingerprint]
		x, known := explainable[fingerprint]
		misplaced := model.FillersWords(rows.value(row, "about"), x.Title, x.Message)
		switch explanation := rows.value(row, "explanation"); {
		case len(fingerprint) != model.KeyLength:
		case explanation == "" && known && misplaced != "": // typed into the wrong cell: moved
			delete(unexplained, fingerprint)
			rows.prefill(row, x)
			rows.set(row, "explanation", misplaced)
		case explanation == "" && isOpen:
			delete(unexplained, fingerprint)
			rows.prefill(row, x)
		case explanation == "":
			rows.clear(row)
		case isOpen && values == x.ValueHash: // answered for these values; a refused answer is rewritten in its row
			delete(unexplained, fingerprint)
		case values == "" && known && !isOpen:
			rows.set(row, "fingerprint", explanationKey(x))
		}
	}
	row := h.headerRow + 1
	for _, x := range c.findings {
		if _, isOpen := unexplained[x.Fingerprint]; !isOpen || !c.canExplain(x) {
			continue
		}
		for row <= h.headerRow+h.dataRows && (rows.value(row, "fingerprint") != "" || rows.value(row, "about") != "" ||
			rows.value(row, "explanation") != "") {
			row++
		}
		if row > h.headerRow+h.dataRows {
			break // full; the sheet of findings gives the keys
		}
		rows.prefill(row, x)
	}
	for row := h.headerRow + 1; row <= h.headerRow+h.dataRows; row++ {
		key := rows.value(row, "fingerprint")
		if print, _ := model.SplitExplanationKey(key); len(print) == model.KeyLength && rows.value(row, "explanation") == "" {
			c.questions = append(c.questions, [2]string{key, rows.value(row, "about")})
		}
	}
}

// explanationRows gives access to the rows of 情况说明.
type explanationRows struct {
	*annotator
	header listHeader
}

func (r *explanationRows) cellName(row int, name string) string {
	return model.CellName(row, r.header.columns[name])
}

func (r *explanationRows) value(row int, name string) string {
	return strings.TrimSpace(try.Get(r.f.GetCellValue(r.header.sheet, r.cellName(row, name))))
}

// set writes a text and makes the row tall enough for it.
func (r *explanationRows) set(row int, name, text string) {
	r.changedSheets[r.header.sheet] = true
	try.Do(r.f.SetCellStr(r.header.sheet, r.cellName(row, name), book.EscapedText(text)))
	wide := try.Get(r.f.GetColWidth(r.header.sheet, strings.TrimRight(r.cellName(row, name), "0123456789")))
	const points = 12 // 小四, as the template has it
	if tall := book.TextHeight(text, wide, points); tall > try.Get(r.f.GetRowHeight(r.header.sheet, row)) {
		try.Do(r.f.SetRowHeight(r.header.sheet, row, min(tall, maxRowHeight)))
	}
}

func (r *explanationRows) prefill(row int, x table.Finding) {
	about := model.ExplanationAbout(x.Title, x.Message)
	if x.Outdated != "" {
		about += "（原来的说明针对的是改动前的数，请重新说明）"
	}
	r.set(row, "fingerprint", explanationKey(x))
	r.set(row, "about", about)
}

func (r *explanationRows) clear(row int) {
	for _, name := range []string{"fingerprint", "about"} {
		r.changedSheets[r.header.sheet] = true
		try.Do(r.f.SetCellValue(r.header.sheet, r.cellName(row, name), nil))
	}
}

// protectAgain protects the changed sheets that were protected: excelize loosens protection options left at defaults.
func (c *annotator) protectAgain() {
	for sheet := range c.changedSheets {
		if was, err := c.f.GetSheetProtection(sheet); err == nil && was != (excelize.SheetProtectionOptions{}) {
			try.Do(book.Protect(c.f, sheet))
		}
	}
}
