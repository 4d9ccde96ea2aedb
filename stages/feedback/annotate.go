package feedback

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Authors of the notes.
const (
	Department = "省职成处"
	SelfCheck  = "报送前自检"
)

// Original is what Annotate needs to know about a submitted workbook beside its bytes.
type Original struct {
	Definition  *templates.Definition
	ContentHash string             // of everything filled in
	Columns     []table.ListColumn // headers of its lists
}

// Annotate returns a copy of a submitted workbook with the findings marked: their cells are coloured and get notes, a
// sheet at the end lists them with links in both directions, and 情况说明 gets a row for each warning without an
// explanation. Marks of an earlier round are removed first; everything else stays. The copy stores the hashes of its
// parent and of the parent's content, so that a corrected copy can be recognised when it is sent back. A panic of
// excelize is returned as an error: one copy that can't be annotated does not end the run.
func Annotate(data []byte, original Original, findings []table.Finding, author string) (b []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("标注时程序出错：%v", p)
		}
	}()
	defer try.Caught(&err)
	c := &annotator{d: original.Definition, columns: original.Columns, author: author, findings: findings,
		findingsAt: map[cellRef][]int{}, styles: map[string]int{}, changedSheets: map[string]bool{}}
	c.openData(data)
	defer c.f.Close()
	for i, x := range findings {
		for _, at := range c.cellsOf(x) {
			if !slices.Contains(c.findingsAt[at], i) {
				c.findingsAt[at] = append(c.findingsAt[at], i)
			}
		}
	}
	c.ensureIdentity()
	c.removeMarks()
	c.fillMarked()
	c.addNotes()
	c.addQuestions()
	c.addList()
	c.addBackLinks()
	c.setMeta(templates.MetaParent, model.Digest(data))
	c.setMeta(templates.MetaSaid, original.ContentHash)
	c.setMeta(templates.MetaAsked, model.QuestionsHash(c.questions))
	c.protectAgain()
	var copied bytes.Buffer
	try.Do(c.report.Save(&copied, c.decrypted))
	return copied.Bytes(), nil
}

// openData opens the workbook without its notes. It is unpacked only once, so excelize gets what was checked.
func (c *annotator) openData(data []byte) {
	c.decrypted = try.Get(ooxml.Decrypt(data)) // with the password, excelize would encrypt the copy too
	parts := try.Get(ooxml.Open(c.decrypted))
	defer parts.Release()
	size := 0
	for _, p := range parts.All {
		if slices.Contains([]string{".xml", ".rels", ".vml"}, strings.ToLower(path.Ext(p.Name))) { // all else is pictures
			size += len(p.Data)
		}
	}
	if size > maxXML {
		try.Do(errTooLarge)
	}
	toTransitional(parts)
	c.f = openWorkbook(parts.All)
	if !slices.ContainsFunc(parts.All, hasNoteRelations) {
		return
	}
	left, controls := c.removeNotes(parts)
	if c.noNotes = controls; !controls { // adding notes might lose the controls
		try.Do(c.f.Close())
		c.f = openWorkbook(left)
	}
}

// openWorkbook opens a workbook with excelize. The limits fit any workbook that intake accepts.
func openWorkbook(parts []ooxml.Part) *excelize.File {
	const most = 128 << 20
	data := bytes.NewReader(try.Get(ooxml.Pack(parts, zip.Store))) // not compressed: excelize unpacks it at once
	return try.Get(excelize.OpenReader(data, excelize.Options{UnzipSizeLimit: most, UnzipXMLSizeLimit: most}))
}

// Limits for annotating: the time and memory of excelize grow with the square of some counts (notes, fonts, formats),
// and it can't be stopped. A filled form has 0.4 MB of XML, saved by LibreOffice 1 MB; at the limits annotating takes
// below 5 s. A larger file goes back unchanged, with its list.
const (
	maxXML   = 4 << 20
	maxNotes = 2000
)

var errTooLarge = errors.New("工作簿过于庞大，不做标注")

type cellRef struct{ sheet, cell string }

type annotator struct {
	d             *templates.Definition
	author        string
	findings      []table.Finding
	decrypted     []byte // the workbook without password
	f             *excelize.File
	report        *book.Report                  // adds the sheet with the list of findings
	notes         map[string][]excelize.Comment // of the submitter, by sheet
	noNotes       bool                          // no notes can be added
	findingsAt    map[cellRef][]int             // findings, by cell
	columns       []table.ListColumn            // headers of lists
	styles        map[string]int                // by style and the fill that is put in it
	changedSheets map[string]bool
	questions     [][2]string // key and text of the unanswered rows of 情况说明
}

// cellsOf returns the cells of this workbook that a finding is about; for a list as a whole its header.
func (c *annotator) cellsOf(x table.Finding) []cellRef {
	var out []cellRef
	for _, p := range x.AllPlaces() {
		if p.File != x.File || p.Sheet == "" {
			continue
		}
		if p.Cell == "" {
			if h, ok := c.findList("", p.Sheet); ok {
				out = append(out, cellRef{p.Sheet, model.CellName(h.headerRow, h.firstColumn)})
			}
			continue
		}
		if _, _, err := excelize.CellNameToCoordinates(p.Cell); err == nil && c.hasSheet(p.Sheet) {
			out = append(out, cellRef{p.Sheet, p.Cell})
		}
	}
	return out
}

// markedCells returns the cells with findings, in order of sheet, row and column.
func (c *annotator) markedCells() []cellRef {
	return slices.SortedFunc(maps.Keys(c.findingsAt), func(a, b cellRef) int {
		ar, ac := model.RowCol(a.cell)
		br, bc := model.RowCol(b.cell)
		return cmp.Or(strings.Compare(a.sheet, b.sheet), cmp.Compare(ar, br), cmp.Compare(ac, bc))
	})
}

// fillMarked fills the marked cells with the colour of their most severe finding and records their former fill. It
// skips an empty cell that a conditional format of the form highlights: the fill would show only after the cell was
// filled in.
func (c *annotator) fillMarked() {
	for i, at := range c.markedCells() {
		if c.isFramed(at) {
			continue
		}
		id := try.Get(c.f.GetCellStyle(at.sheet, at.cell))
		former := []string{at.sheet, at.cell, cmp.Or(c.fillColour(id), noFill)}
		try.Do(c.f.SetSheetRow(templates.MetaSheet, model.CellName(i+1, markSheetColumn), &former))
		worst := slices.Min(table.Each(c.findingsAt[at], func(i int) int {
			return slices.Index(model.Severities, c.findings[i].Severity)
		}))
		c.setFill(at, id, severityTones[model.Severities[worst]].Fill())
	}
}

// isFramed reports whether a cell is empty and highlighted for that by a conditional format of the form.
func (c *annotator) isFramed(at cellRef) bool {
	if !c.hasSheet(at.sheet) || try.Get(c.f.GetCellValue(at.sheet, at.cell)) != "" {
		return false
	}
	row, col := model.RowCol(at.cell)
	for areas, rules := range try.Get(c.f.GetConditionalFormats(at.sheet)) {
		first, _, _ := strings.Cut(strings.Fields(areas)[0], ":")
		blank := func(o excelize.ConditionalFormatOptions) bool {
			return strings.Contains(o.Criteria, templates.BlankTest(first))
		}
		if !slices.ContainsFunc(rules, blank) {
			continue
		}
		for area := range strings.FieldsSeq(areas) {
			from, to, _ := strings.Cut(area, ":")
			top, left := model.RowCol(from)
			bottom, right := model.RowCol(cmp.Or(to, from))
			if top <= row && row <= bottom && left <= col && col <= right {
				return true
			}
		}
	}
	return false
}

// setFill gives a cell a fill and keeps the rest of its style.
func (c *annotator) setFill(at cellRef, id int, fill excelize.Fill) {
	key := fmt.Sprint(id, fill.Color)
	if _, known := c.styles[key]; !known {
		c.styles[key] = c.newFilledStyle(id, fill)
	}
	c.changedSheets[at.sheet] = true
	try.Do(c.f.SetCellStyle(at.sheet, at.cell, at.cell, c.styles[key]))
}

// newFilledStyle copies a style except for its fill. It edits the record, because excelize.Style damages some colours.
func (c *annotator) newFilledStyle(id int, colour excelize.Fill) int {
	fill := try.Get(c.f.NewStyle(&excelize.Style{Fill: colour}))
	formats := c.f.Styles.CellXfs
	if id >= len(formats.Xf) {
		return fill
	}
	format, applied := formats.Xf[id], true
	format.FillID, format.ApplyFill = formats.Xf[fill].FillID, &applied
	formats.Xf = append(formats.Xf, format)
	formats.Count = len(formats.Xf)
	return len(formats.Xf) - 1
}

// A very hidden sheet carries data from round to round: in columns A and B the identity of the form and the sha256 of
// the copy's parent, in D to F the cells that were filled and the fill that they had.
const (
	keyColumn, valueColumn                          = 1, 2
	markSheetColumn, markCellColumn, markFillColumn = 4, 5, 6
	noFill                                          = "none"
)

// ensureIdentity restores a lost very hidden sheet: the workbook was read as one of this form, and its copy needs the
// sheet to name its parent.
func (c *annotator) ensureIdentity() {
	if c.hasSheet(templates.MetaSheet) {
		return
	}
	try.Get(c.f.NewSheet(templates.MetaSheet))
	c.setMeta(templates.MetaForm, c.d.Form.ID)
	c.setMeta(templates.MetaYear, strconv.Itoa(c.d.Year))
	c.setMeta(templates.MetaVersion, strconv.Itoa(c.d.Form.Version))
	try.Do(c.f.SetSheetVisible(templates.MetaSheet, false, true))
}

func (c *annotator) hasSheet(sheet string) bool {
	index, err := c.f.GetSheetIndex(sheet)
	return err == nil && index >= 0
}

func (c *annotator) setMeta(key, value string) {
	rows, row := try.Get(c.f.GetRows(templates.MetaSheet)), 1
	for row <= len(rows) && len(rows[row-1]) > 0 && rows[row-1][0] != "" && rows[row-1][0] != key {
		row++
	}
	try.Do(c.f.SetCellStr(templates.MetaSheet, model.CellName(row, keyColumn), key))
	try.Do(c.f.SetCellStr(templates.MetaSheet, model.CellName(row, valueColumn), value))
}

// removeMarks removes the marks of an earlier round: fills that are still ours, the list and the links to it.
func (c *annotator) removeMarks() {
	var moved []earlierMark
	marked := map[string]bool{}
	for i, cells := range try.Get(c.f.GetRows(templates.MetaSheet)) {
		if len(cells) < markFillColumn || cells[markSheetColumn-1] == "" {
			continue
		}
		m := earlierMark{cellRef{cells[markSheetColumn-1], cells[markCellColumn-1]}, cells[markFillColumn-1]}
		for column := markSheetColumn; column <= markFillColumn; column++ {
			try.Do(c.f.SetCellValue(templates.MetaSheet, model.CellName(i+1, column), nil))
		}
		marked[m.sheet] = true
		if !c.restoreFill(m) {
			moved = append(moved, m)
		}
	}
	c.restoreMoved(moved, marked)
	c.removeList()
}

// earlierMark is a cell that an earlier round filled, and the fill before.
type earlierMark struct {
	cellRef
	fill string
}

// restoreFill gives a cell its former fill back, if it still has one of ours.
func (c *annotator) restoreFill(m earlierMark) (ours bool) {
	if !c.hasSheet(m.sheet) {
		return false // renamed since, or gone
	}
	id, err := c.f.GetCellStyle(m.sheet, m.cell)
	ours = err == nil && slices.ContainsFunc(model.Severities, func(s model.Severity) bool {
		return strings.EqualFold(c.fillColour(id), severityTones[s].Fill().Color[0])
	})
	if !ours {
		return false
	}
	c.setFill(m.cellRef, id, table.Either(m.fill == noFill, excelize.Fill{}, book.SolidFill(m.fill)))
	return true
}

// fillColour returns the fill colour of a style as RRGGBB; empty: no solid fill. Where excelize gives none, as for a
// workbook without a theme (LibreOffice), it is read from the fill record.
func (c *annotator) fillColour(style int) string {
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

// restoreMoved restores marks that moved because rows were inserted or a sheet was renamed: the cells of the sheet that
// still have our fills are the marked ones, in the same order.
func (c *annotator) restoreMoved(moved []earlierMark, marked map[string]bool) {
	const renamed = "" // marks whose sheet is gone are looked for on the sheets without marks
	bySheet, known := map[string][]earlierMark{}, c.f.GetSheetList()
	for _, m := range moved {
		sheet := table.Either(slices.Contains(known, m.sheet), m.sheet, renamed)
		bySheet[sheet] = append(bySheet[sheet], m)
	}
	for _, sheet := range known {
		hidden := strings.HasPrefix(sheet, templates.HiddenPrefix)
		from := table.Either(marked[sheet] || hidden || sheet == templates.ReturnSheet, sheet, renamed)
		pending := bySheet[from]
		if len(pending) == 0 {
			continue
		}
		rows := try.Get(c.f.GetRows(sheet))
		const wide = 30 // no form is wider
		for row := 1; row <= len(rows) && len(pending) > 0; row++ {
			for col := 1; col <= wide && len(pending) > 0; col++ {
				if c.restoreFill(earlierMark{cellRef{sheet, model.CellName(row, col)}, pending[0].fill}) {
					pending = pending[1:]
				}
			}
		}
		bySheet[from] = pending
	}
}

// removeList removes the list of an earlier round, and the links to it.
func (c *annotator) removeList() {
	if !c.hasSheet(templates.ReturnSheet) {
		return
	}
	to := book.SheetPrefix(templates.ReturnSheet)
	for _, sheet := range c.f.GetSheetList() {
		if sheet == templates.ReturnSheet || strings.HasPrefix(sheet, templates.HiddenPrefix) {
			continue
		}
		for _, cell := range try.Get(c.f.GetHyperLinkCells(sheet, "Location")) {
			_, target, err := c.f.GetCellHyperLink(sheet, cell)
			try.Do(err)
			if strings.HasPrefix(target, to) || strings.HasPrefix(target, templates.ReturnSheet+"!") {
				try.Do(c.f.SetCellHyperLink(sheet, cell, "", "None"))
				c.changedSheets[sheet] = true
			}
		}
	}
	try.Do(c.f.DeleteSheet(templates.ReturnSheet))
}
