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

// Original is what is known of a submitted workbook beside its bytes.
type Original struct {
	Definition *templates.Definition
	Said       string             // what it says, hashed
	Columns    []table.ListColumn // where its lists stand
}

// Annotate gives a copy of a submitted workbook with each fault marked where it is: the cell coloured, a note beside
// it, a list with links on a sheet at the end and links back to it, a row in 情况说明 for each warning without an
// explanation. What an earlier round marked is unmarked first; everything else stays. The copy names its parent, so
// that it can be corrected and sent back as it is, and what that one says, so that it is known whether anybody worked
// on it. A panic of the library that writes it is an error: a copy that can't be annotated, not the end of the run.
func Annotate(data []byte, of Original, found []table.Finding, author string) (b []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("标注时程序出错：%v", p)
		}
	}()
	defer try.Caught(&err)
	c := &copying{d: of.Definition, columns: of.Columns, author: author, findings: found, marks: map[place][]int{},
		styles: map[styleKey]int{}, touched: map[string]bool{}}
	c.open(data)
	defer c.f.Close()
	for i, x := range found {
		for _, at := range c.places(x) {
			if !slices.Contains(c.marks[at], i) {
				c.marks[at] = append(c.marks[at], i)
			}
		}
	}
	for _, step := range []func(){c.identify, c.unmark, c.colour, c.annotate, c.ask, c.list, c.linkBack} {
		step()
	}
	c.origin(data, of.Said)
	c.protect()
	var copied bytes.Buffer
	try.Do(book.Save(&copied, c.f, c.plain))
	return copied.Bytes(), nil
}

// open reads the workbook, its notes apart. It is unpacked once: what was proven is what excelize gets.
func (c *copying) open(data []byte) {
	c.plain = try.Get(ooxml.Decrypt(data)) // given to excelize as an option the password would encrypt the copy as well
	parts := try.Get(ooxml.Unpack(c.plain))
	defer parts.Release()
	try.Do(bounded(parts))
	transitional(parts)
	c.f = open(parts.All)
	if !slices.ContainsFunc(parts.All, relatesNotes) {
		return
	}
	left, err := c.withoutNotes(parts)
	if c.silent = errors.Is(err, errControls); !c.silent { // a note of ours might cost the submitter's controls
		try.Do(err)
	}
	if left != nil {
		try.Do(c.f.Close())
		c.f = open(left)
	}
}

// open reads a submitted workbook. What could be read once fits these limits.
func open(parts []ooxml.Part) *excelize.File {
	const most = 128 << 20
	data := bytes.NewReader(try.Get(ooxml.Pack(parts, zip.Store))) // it is unpacked at once
	return try.Get(excelize.OpenReader(data, excelize.Options{UnzipSizeLimit: most, UnzipXMLSizeLimit: most}))
}

// Bounds of a workbook that is annotated: excelize takes time and memory that grow with the square of some things
// (notes, fonts, formats) and can't be stopped. A filled form has 0.4 MB of XML, saved by LibreOffice 1 MB; at the
// bounds it takes below 5 s. What lies outside goes back as it came, with its list.
const (
	maxXML   = 4 << 20
	maxNotes = 2000
)

var errUnbounded = errors.New("工作簿过于庞大，不做标注")

// bounded refuses a workbook of a size that annotating it might not end.
func bounded(parts *ooxml.Parts) error {
	size := 0
	for _, p := range parts.All {
		if slices.Contains([]string{".xml", ".rels", ".vml"}, strings.ToLower(path.Ext(p.Name))) { // all else is pictures
			size += len(p.Data)
		}
	}
	if size > maxXML {
		return errUnbounded
	}
	return nil
}

// place is a cell of the workbook.
type place struct{ sheet, cell string }

// copying is one workbook being annotated.
type copying struct {
	d        *templates.Definition
	author   string
	findings []table.Finding
	plain    []byte // the workbook without password
	f        *excelize.File
	notes    map[string][]excelize.Comment // that stood there, by sheet; ours taken out
	silent   bool                          // no notes can be added
	marks    map[place][]int               // findings, by cell
	columns  []table.ListColumn            // where lists stand
	styles   map[styleKey]int
	touched  map[string]bool
	asked    [][2]string // key and text of the rows of 情况说明 that wait for words
}

// styleKey is a cell's style with a fill laid over it.
type styleKey struct {
	style  int
	colour string
}

// places lists the cells of this workbook that a finding is about. A list as a whole is marked at its header.
func (c *copying) places(x table.Finding) []place {
	var out []place
	for _, p := range x.AllPlaces() {
		if p.File != x.File || p.Sheet == "" {
			continue
		}
		if p.Cell == "" {
			if h, ok := c.header("", p.Sheet); ok {
				out = append(out, place{p.Sheet, model.CellName(h.row, h.first)})
			}
			continue
		}
		if _, _, err := excelize.CellNameToCoordinates(p.Cell); err == nil && c.has(p.Sheet) {
			out = append(out, place{p.Sheet, p.Cell})
		}
	}
	return out
}

// marked lists the marked cells in order.
func (c *copying) marked() []place {
	return slices.SortedFunc(maps.Keys(c.marks), func(a, b place) int {
		ar, ac := model.RowCol(a.cell)
		br, bc := model.RowCol(b.cell)
		return cmp.Or(strings.Compare(a.sheet, b.sheet), cmp.Compare(ar, br), cmp.Compare(ac, bc))
	})
}

// tone is the colour of a cell: that of its gravest finding.
func (c *copying) tone(at place) book.Tone {
	for _, s := range model.Severities {
		if slices.ContainsFunc(c.marks[at], func(i int) bool { return c.findings[i].Severity == s }) {
			return tones[s]
		}
	}
	return book.Info
}

// colour fills the marked cells and keeps what colour they had. An empty one that the form itself frames stays: a fill
// would show only once it is filled, when nothing is wrong any more.
func (c *copying) colour() {
	for i, at := range c.marked() {
		if c.framed(at) {
			continue
		}
		id := try.Get(c.f.GetCellStyle(at.sheet, at.cell))
		c.remember(i, at, id)
		c.fill(at, id, c.tone(at).Fill())
	}
}

// framed says that a cell is empty and the form's own rule, which colours it for that, is still there.
func (c *copying) framed(at place) bool {
	if !c.has(at.sheet) || try.Get(c.f.GetCellValue(at.sheet, at.cell)) != "" {
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

// fill lays a fill over a cell's style.
func (c *copying) fill(at place, id int, fill excelize.Fill) {
	key := styleKey{id, strings.Join(fill.Color, "")}
	if _, known := c.styles[key]; !known {
		c.styles[key] = c.filled(id, fill)
	}
	c.touched[at.sheet] = true
	try.Do(c.f.SetCellStyle(at.sheet, at.cell, at.cell, c.styles[key]))
}

// filled makes a style that differs in its fill alone: put through excelize.Style, foreign colours come out illegal.
func (c *copying) filled(id int, colour excelize.Fill) int {
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
	c.identity(templates.MetaAsked, model.QuestionsHash(c.asked))
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
	fill := book.SolidFill(m.was)
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
				c.touched[sheet] = true
			}
		}
	}
	try.Do(c.f.DeleteSheet(templates.ReturnSheet))
}
