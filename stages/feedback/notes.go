package feedback

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// hasNoteRelations reports whether a part holds the relationships of a sheet with notes.
func hasNoteRelations(p ooxml.Part) bool {
	return strings.HasPrefix(p.Name, "xl/worksheets/_rels/") && bytes.Contains(p.Data, []byte("/comments\""))
}

// removeNotes reads the notes, to be added again later, and returns the parts without them. controls: the notes share
// their drawing with form controls, which can't be separated. Beside notes of another program excelize fails to add its
// own, or loses them.
func (c *annotator) removeNotes(parts *ooxml.Parts) (left []ooxml.Part, controls bool) {
	count := 0
	c.notes = map[string][]excelize.Comment{}
	for _, sheet := range c.f.GetSheetList() {
		found := try.Get(c.f.GetComments(sheet))
		if count += len(found); count > maxNotes {
			try.Do(errTooLarge)
		}
		for _, note := range found {
			if note, left := withoutOwnText(note); left {
				c.notes[sheet] = append(c.notes[sheet], note)
			}
		}
	}
	return withoutNoteParts(parts)
}

// shapeType matches the types of the shapes in the drawing of notes.
var shapeType = regexp.MustCompile(`ObjectType="(\w+)"`)

// XML elements, self-closing or (excelize) with an end tag.
var (
	legacyDrawing = element("legacyDrawing")
	relationship  = element("Relationship")
	override      = element("Override")
	attribute     = regexp.MustCompile(`(?:\w+:)?(\w+)="([^"]*)"`)
)

func element(name string) *regexp.Regexp {
	return regexp.MustCompile(`<(?:\w+:)?` + name + `\b[^>]*?(?:/>|>\s*</(?:\w+:)?` + name + `>)`)
}

// withoutNoteParts returns the parts of a workbook without comments, threaded comments and their drawings.
func withoutNoteParts(all *ooxml.Parts) (kept []ooxml.Part, controls bool) {
	parts := map[string][]byte{}
	for _, p := range all.All {
		parts[p.Name] = p.Data
	}
	removed := map[string]bool{}
	for _, p := range all.All {
		if !hasNoteRelations(p) {
			continue
		}
		sheet := "xl/worksheets/" + strings.TrimSuffix(path.Base(p.Name), ".rels")
		drawing := attributes(legacyDrawing.Find(parts[sheet]))["id"]
		parts[p.Name] = relationship.ReplaceAllFunc(p.Data, func(tag []byte) []byte {
			a := attributes(tag)
			kind := path.Base(a["Type"])
			if kind != "comments" && kind != "threadedComment" && a["Id"] != drawing {
				return tag
			}
			target := a["Target"]
			relative := path.Join("xl/worksheets", target)
			target = strings.TrimPrefix(table.Either(strings.HasPrefix(target, "/"), target, relative), "/")
			for _, shape := range shapeType.FindAllSubmatch(parts[target], -1) {
				controls = controls || string(shape[1]) != "Note"
			}
			removed[target] = true
			return nil
		})
		parts[sheet] = legacyDrawing.ReplaceAll(parts[sheet], nil)
	}
	parts["[Content_Types].xml"] = override.ReplaceAllFunc(parts["[Content_Types].xml"], func(tag []byte) []byte {
		return table.Either(removed[strings.TrimPrefix(attributes(tag)["PartName"], "/")], nil, tag)
	})
	for _, p := range all.All {
		if !removed[p.Name] {
			kept = append(kept, ooxml.Part{Name: p.Name, Data: parts[p.Name]})
		}
	}
	return kept, controls
}

func attributes(tag []byte) map[string]string {
	out := map[string]string{}
	for _, m := range attribute.FindAllSubmatch(tag, -1) {
		out[string(m[1])] = string(m[2])
	}
	return out
}

// toTransitional converts strict Open XML to transitional: excelize reads strict namespaces, but writes only some back.
func toTransitional(parts *ooxml.Parts) {
	plain := []byte("http://schemas.openxmlformats.org/$1/2006/$2")
	for i, p := range parts.All {
		isXML := strings.HasSuffix(p.Name, ".xml") || strings.HasSuffix(p.Name, ".rels")
		if !isXML || !bytes.Contains(p.Data, strictPrefix) {
			continue
		}
		data := strictNamespace.ReplaceAllFunc(p.Data, func(b []byte) []byte {
			return []byte(strictProperties.Replace(string(strictNamespace.ReplaceAll(b, plain))))
		})
		parts.All[i].Data = strictConformance.ReplaceAll(data, nil)
	}
}

var (
	strictPrefix      = []byte("http://purl.oclc.org/ooxml/")
	strictNamespace   = regexp.MustCompile(`http://purl\.oclc\.org/ooxml/(\w+)/([\w/]+)`)
	strictProperties  = strings.NewReplacer("/extendedP", "/extended-p", "/customP", "/custom-p")
	strictConformance = regexp.MustCompile(` conformance="strict"`)
)

// addNotes adds the former notes, and ours: code, title, problem and cure of each finding.
func (c *annotator) addNotes() {
	if c.noNotes {
		return
	}
	old := map[cellRef]excelize.Comment{}
	for _, sheet := range c.f.GetSheetList() {
		for _, note := range c.notes[sheet] {
			if at := (cellRef{sheet, note.Cell}); c.findingsAt[at] != nil {
				old[at] = note
			} else {
				try.Do(c.f.AddComment(sheet, note))
			}
		}
	}
	for _, at := range c.markedCells() {
		try.Do(c.f.AddComment(at.sheet, c.buildNote(at, old[at])))
		c.changedSheets[at.sheet] = true
	}
}

// buildNote returns the note of a marked cell, appended to the existing one.
func (c *annotator) buildNote(at cellRef, existing excelize.Comment) excelize.Comment {
	note := excelize.Comment{Cell: at.cell, Author: c.author, Width: 320, Paragraph: existing.Paragraph}
	add := func(text string, font *excelize.Font) {
		note.Paragraph = append(note.Paragraph, excelize.RichTextRun{Text: text, Font: font})
	}
	if existing.Cell != "" {
		if existing.Paragraph == nil {
			add(existing.Text, nil)
		}
		add("\n", nil)
	}
	add(model.NoteBegin+c.author+"\n", nil)
	for _, i := range c.findingsAt[at] {
		x := c.findings[i]
		add(fmt.Sprintf("【%s】%s（%s）\n", x.Severity.Label(), x.Title, x.Code), &excelize.Font{Bold: true})
		add(fmt.Sprintf("%s\n%s\n见“%s”第%d行\n", x.Message, x.Cure, templates.ReturnSheet, listRow(i)), nil)
	}
	add(model.NoteEnd, nil)
	lines := 0
	for _, run := range note.Paragraph {
		for line := range strings.SplitSeq(run.Text, "\n") {
			lines += 1 + book.TextWidth(line)/44
		}
	}
	note.Height = uint(min(400, 24+lines*15))
	return note
}

// withoutOwnText removes the text of an earlier round from a note; false: nothing is left.
func withoutOwnText(note excelize.Comment) (excelize.Comment, bool) {
	text := note.Text
	for _, run := range note.Paragraph {
		text += run.Text
	}
	if !strings.Contains(text, model.NoteBegin) {
		return note, true
	}
	text = model.WithoutNotes(text)
	note.Text, note.Paragraph = "", []excelize.RichTextRun{{Text: text}}
	return note, text != ""
}

// listRow returns the row of the i-th finding in the list.
func listRow(i int) int { return i + 3 }

// furtherPlaces lists the cells of a finding after the first.
func furtherPlaces(x table.Finding) string { return model.Ranges(x.AllPlaces()[1:]) }

// explanationText returns the explanation of a finding, or a remark that it is outdated.
func explanationText(x table.Finding) string {
	outdated := templates.ReturnOutdated + "：原来的说明针对的是改动前的数（" + x.Outdated + "）"
	return cmp.Or(x.Explanation, table.Either(x.Outdated != "", outdated, ""))
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
		return table.Either(c.canExplain(x), explanationKey(x), "")
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
	const points, tallest = 12, 400 // 小四, as the template has it; spreadsheet programs allow 409
	if tall := book.TextHeight(text, wide, points); tall > try.Get(r.f.GetRowHeight(r.header.sheet, row)) {
		try.Do(r.f.SetRowHeight(r.header.sheet, row, min(tall, tallest)))
	}
}

func (r *explanationRows) prefill(row int, x table.Finding) {
	about := model.ExplanationAbout(x.Title, x.Message) +
		table.Either(x.Outdated != "", "（原来的说明针对的是改动前的数，请重新说明）", "")
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
