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

// listRow is the row of the list on which the i-th finding stands.
func listRow(i int) int { return i + 3 }

// tallest is how tall a row is made, in points; programs allow 409.
const tallest = 400

// furtherPlaces lists the cells of a finding beyond the first.
func furtherPlaces(x table.Finding) string { return model.Ranges(x.AllPlaces()[1:]) }

// explained is what was said about a finding, in force or not.
func explained(x table.Finding) string {
	if x.Explanation == "" && x.Outdated != "" {
		return templates.ReturnOutdated + "：原来的说明针对的是改动前的数（" + x.Outdated + "）"
	}
	return x.Explanation
}

// explainable says whether words can answer a finding: a warning, or a blank where nobody has the figure yet.
func (c *copying) explainable(x table.Finding) bool {
	rule, fields := c.d.Rule(x.Code), strings.Fields(x.Fields)
	mustStay := func(field string) bool { return !rule.CanExplain(field) }
	return x.Severity == model.Explain || rule != nil && len(fields) > 0 && !slices.ContainsFunc(fields, mustStay)
}

// explanationKey is what stands before the explanation of a warning.
func explanationKey(x table.Finding) string { return model.ExplanationKey(x.Fingerprint, x.ValueHash) }

// list appends the sheet with all findings, each linked to its cell.
func (c *copying) list() {
	name := templates.ReturnSheet
	try.Get(c.f.NewSheet(name))
	try.Do(book.Protect(c.f, name)) // what is written here is not read: answers belong into the form
	text := func(say func(table.Finding) string) list.View {
		return list.Of(func(x table.Finding) book.Cell { return book.Cell{Value: say(x)} })
	}
	lists := list.Lists{Definition: c.d, Sources: map[string]list.Source{
		"findings": list.From(func() ([]table.Finding, list.Words) {
			return c.findings, list.Words{"edition": c.d.Field("edition").Label}
		}),
	}, Views: map[string]list.View{"further": text(furtherPlaces), "explained": text(explained), "key": text(c.keyOf),
		"place": list.Of(func(x table.Finding) book.Cell {
			cell := book.Cell{Value: model.Place{File: "整份文件", Sheet: x.Sheet, Cell: x.Cell}.String()}
			if places := c.places(x); len(places) > 0 {
				cell.Look, cell.Link = book.Link, book.CellLink(places[0].sheet, places[0].cell)
			}
			return cell
		})}}
	try.Do(lists.Layout("returned").Write(book.NewReportOn(c.f, ""), book.Grid{Sheet: name, Tab: book.Red}))
}

// keyOf is the key of the row that explains a finding; empty where words are no answer.
func (c *copying) keyOf(x table.Finding) string {
	if !c.explainable(x) {
		return ""
	}
	return explanationKey(x)
}

// linkBack makes of the label left of each marked cell a link to the list. The cell itself gets none: who clicks there
// wants to type. A link that stands on a label already stays.
func (c *copying) linkBack() {
	labels := map[string]bool{}
	for _, slot := range c.d.Layout().Slots() {
		if len(slot.RowAnchor) > 0 {
			labels[slot.RowAnchor[0]] = true
		}
	}
	for _, at := range c.marked() {
		row, col := model.RowCol(at.cell)
		for col--; col > 0; col-- {
			cell := model.CellName(row, col)
			if !labels[strings.TrimSpace(try.Get(c.f.GetCellValue(at.sheet, cell)))] {
				continue
			}
			linked, _, err := c.f.GetCellHyperLink(at.sheet, cell)
			if try.Do(err); !linked {
				row := listRow(c.marks[at][0])
				tip := fmt.Sprintf("看“%s”第%d行", templates.ReturnSheet, row)
				to := book.SheetPrefix(templates.ReturnSheet) + model.CellName(row, 1)
				try.Do(c.f.SetCellHyperLink(at.sheet, cell, to, "Location", excelize.HyperlinkOpts{Tooltip: &tip}))
			}
			break
		}
	}
}

// header is where a list of the form begins in this workbook.
type header struct {
	sheet      string
	row, first int // first: the leftmost column
	columns    map[string]int
	rows       int // prepared below it
}

// header finds where a list stands in this workbook: the one, or the first of a sheet where no list is named.
func (c *copying) header(list, sheet string) (header, bool) {
	for _, s := range c.d.Layout().Sheets {
		for _, area := range s.Records {
			h := header{columns: map[string]int{}, rows: area.LastRow - area.HeaderRow}
			for _, at := range c.columns {
				f := c.d.Field(at.Field)
				if f != nil && f.Record == area.Block.ID && (list == "" || list == f.Record) && (sheet == "" || sheet == at.Sheet) {
					row, col := model.RowCol(at.Cell)
					h.sheet, h.row, h.columns[strings.TrimPrefix(f.ID, f.Record+"_")] = at.Sheet, row, col
				}
			}
			if len(h.columns) == len(area.Columns) {
				h.first = slices.Min(slices.Collect(maps.Values(h.columns)))
				return h, true
			}
		}
	}
	return header{}, false
}

// ask prefills a row of 情况说明 for each warning that no explanation covers yet: its key and what it is about. A row that
// an earlier round prefilled and nobody answered is prefilled anew, or cleared where nothing is to be explained any
// more; rows that hold something of the filler's are left alone, but for a fingerprint that lacks the hash of its
// values.
func (c *copying) ask() {
	h, ok := c.header("explanations", "")
	if !ok {
		return // lost: the list of problems gives the keys
	}
	open, all := map[string]table.Finding{}, map[string]table.Finding{} // by fingerprint: what nobody explained, and all
	for _, x := range c.findings {
		if c.explainable(x) {
			all[x.Fingerprint] = x
			if x.Explanation == "" {
				open[x.Fingerprint] = x
			}
		}
	}
	rows := explanationRows{c, h}
	for row := h.row + 1; row <= h.row+h.rows; row++ {
		fingerprint, values := model.SplitExplanationKey(rows.value(row, "fingerprint"))
		_, asked := open[fingerprint]
		x, known := all[fingerprint]
		beside := model.FillersWords(rows.value(row, "about"), x.Title, x.Message)
		switch words := rows.value(row, "explanation"); {
		case len(fingerprint) != model.KeyLength:
		case words == "" && known && beside != "": // words in the wrong cell: put where they belong
			delete(open, fingerprint)
			rows.prefill(row, x)
			rows.set(row, "explanation", beside)
		case words == "" && asked:
			delete(open, fingerprint)
			rows.prefill(row, x)
		case words == "":
			rows.clear(row)
		case asked && values == x.ValueHash: // answered for these values; what was refused is written anew in its place
			delete(open, fingerprint)
		case values == "" && known && !asked:
			rows.set(row, "fingerprint", explanationKey(x))
		}
	}
	row := h.row + 1
	for _, x := range c.findings {
		if _, asked := open[x.Fingerprint]; !asked || !c.explainable(x) {
			continue
		}
		for row <= h.row+h.rows && (rows.value(row, "fingerprint") != "" || rows.value(row, "about") != "" ||
			rows.value(row, "explanation") != "") {
			row++
		}
		if row > h.row+h.rows {
			break // full: the list of problems gives the keys
		}
		rows.prefill(row, x)
	}
	for row := h.row + 1; row <= h.row+h.rows; row++ {
		key := rows.value(row, "fingerprint")
		if print, _ := model.SplitExplanationKey(key); len(print) == model.KeyLength && rows.value(row, "explanation") == "" {
			c.asked = append(c.asked, [2]string{key, rows.value(row, "about")})
		}
	}
}

// explanationRows are the rows of 情况说明 in this workbook.
type explanationRows struct {
	*copying
	header header
}

func (r *explanationRows) at(row int, name string) string {
	return model.CellName(row, r.header.columns[name])
}

func (r *explanationRows) value(row int, name string) string {
	return strings.TrimSpace(try.Get(r.f.GetCellValue(r.header.sheet, r.at(row, name))))
}

// set writes a text, and makes the row tall enough to show it.
func (r *explanationRows) set(row int, name, text string) {
	r.touched[r.header.sheet] = true
	try.Do(r.f.SetCellStr(r.header.sheet, r.at(row, name), book.EscapedText(text)))
	wide := try.Get(r.f.GetColWidth(r.header.sheet, strings.TrimRight(r.at(row, name), "0123456789")))
	const points = 12 // 小四, as the template has it
	if tall := book.TextHeight(text, wide, points); tall > try.Get(r.f.GetRowHeight(r.header.sheet, row)) {
		try.Do(r.f.SetRowHeight(r.header.sheet, row, min(tall, tallest)))
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
		r.touched[r.header.sheet] = true
		try.Do(r.f.SetCellValue(r.header.sheet, r.at(row, name), nil))
	}
}

// protect locks again what was touched and was locked: excelize loosens a protection that relied on defaults.
func (c *copying) protect() {
	for sheet := range c.touched {
		if was, err := c.f.GetSheetProtection(sheet); err == nil && was != (excelize.SheetProtectionOptions{}) {
			try.Do(book.Protect(c.f, sheet))
		}
	}
}
