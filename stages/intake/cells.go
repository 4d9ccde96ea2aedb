package intake

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"lianheti/stages/model"
	"lianheti/stages/office/formula"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/table"
)

func (w *workbookReader) loadSheet(part sheetPart) error {
	name := ooxml.TargetByID(w.rels, part.rid)
	if part.rid == "" || !w.parts.Has(name) {
		return refuse(CodeDamaged, "工作表“%s”的内容缺失", part.title)
	}
	before := w.counts
	r := w.newSheetReader(part)
	r.generated = formulaSheets[strings.ToLower(part.title)]
	err := r.walk(name)
	if err == nil && r.generated != nil && !(r.sorted && r.generated.matches(r.sheet)) { // not ours: keep every cell
		w.counts = before
		r = w.newSheetReader(part)
		err = r.walk(name)
	}
	if err != nil {
		return inPart(name, err)
	}
	switch r.root {
	case "worksheet":
	case "chartsheet", "dialogsheet": // hold no cells
		return nil
	default:
		return refuse(CodeDamaged, "工作表“%s”的内容不是表格", part.title)
	}
	if twice := r.sheet.sortCells(r.sorted); twice != nil {
		return refuse(CodeDamaged, "%s：单元格 %s 出现两次", name[strings.LastIndex(name, "/")+1:], twice.Place.Cell)
	}
	r.sheet.part = name
	w.book.Sheets = append(w.book.Sheets, r.sheet)
	return nil
}

func (w *workbookReader) newSheetReader(part sheetPart) *sheetReader {
	return &sheetReader{w: w, sheet: &Sheet{Title: part.title}, sheetHidden: part.hidden, sorted: true}
}

// walk collects the cells in the book's memory, behind those of the sheets before.
func (r *sheetReader) walk(name string) error {
	memory := &r.w.book.memory
	used, free := len(*memory), cap(*memory)-len(*memory)
	r.sheet.Cells = (*memory)[used:]
	err := r.w.walker.Walk(r.w.parts.Get(name), r.element)
	n := len(r.sheet.Cells)
	if n <= free {
		*memory = (*memory)[:used+n]
	} else { // it had to move
		*memory = r.sheet.Cells
	}
	r.sheet.Cells = r.sheet.Cells[:n:n]
	for i := range r.sheet.Cells {
		c := &r.sheet.Cells[i]
		c.Hidden = c.Hidden || slices.ContainsFunc(r.hiddenAreas, func(s span) bool { return s.contains(c.Row, c.Col) })
	}
	return err
}

// sortCells sorts the cells by position unless they are, and returns one that occurs twice.
func (s *Sheet) sortCells(sorted bool) (twice *Cell) {
	if sorted {
		return nil
	}
	slices.SortStableFunc(s.Cells, func(x, y Cell) int { return x.compare(y.Row, y.Col) })
	for i := 1; i < len(s.Cells); i++ {
		if s.Cells[i].compare(s.Cells[i-1].Row, s.Cells[i-1].Col) == 0 {
			return &s.Cells[i]
		}
	}
	return nil
}

// compare compares a cell's position with another, by row, then by column.
func (c *Cell) compare(row, col int) int {
	return cmp.Or(cmp.Compare(c.Row, row), cmp.Compare(c.Col, col))
}

// sheetReader reads the cells of one sheet.
type sheetReader struct {
	w             *workbookReader
	sheet         *Sheet
	generated     *formulaSheet // set for a sheet of the template's own, whose cells are verified and not kept
	root          string        // the outermost element
	row, col      int
	lastRow       int
	lastCol       int  // of the row
	lastFilledRow int  // the last row with a cell
	sorted        bool // so far
	emptyRow      bool // the row at hand has nothing in it yet
	value         []byte
	formula       []byte
	shared        map[string]sharedFormula // by group
	hasValue      bool
	inline        richText
	inInline      bool             // text that stands in the cell itself is being read
	hasInline     bool             // there is such text
	sheetHidden   bool             // the sheet is
	rowHidden     bool             // the row at hand is hidden
	hiddenColumns [][2]int         // hidden columns, from and to
	zerosHidden   bool             // zeros are shown as nothing
	overlay       conditionalStyle // of the extension at hand
	overlayHides  bool             // the conditional format at hand, in an extension, does
	hiddenAreas   []span           // areas under a conditional format that hides or changes what is shown
}

func (r *sheetReader) element(e *ooxml.Element) error {
	if !e.Native {
		r.extension(e)
		return nil
	}
	if r.inInline {
		r.inlineElement(e)
		return nil
	}
	switch string(e.Name) {
	case "c":
		if e.Depth != 4 || string(e.Parent().Name) != "row" {
			return errPlace
		}
		if e.Start {
			return r.beginCell(e.AttrBytes("r"))
		}
		return r.endCell(e)
	case "row":
		if e.Depth != 3 || string(e.Parent().Name) != "sheetData" {
			return errPlace
		}
		if e.Start {
			r.rowHidden = r.sheetHidden || isHidden(e)
			return r.beginRow(e.AttrBytes("r"))
		}
		if r.emptyRow && r.sorted {
			r.w.walker.Uncount() // an empty row sets only a height, and some sheets have them down to the last row
		}
	case "v", "f", "is":
		if e.Depth == 5 && string(e.Parent().Name) == "c" {
			return r.contentElement(e)
		}
	case "mergeCell":
		if e.Start {
			return r.addMerge(e.Attr("ref"))
		}
	case "cfRule":
		if id, ok := parseUint(e.AttrBytes("dxfId")); e.Start && ok && id < len(r.w.hidingFormats) && r.w.hidingFormats[id] {
			r.addHiddenAreas(e.Parent().Attr("sqref"))
		}
	case "dataBar", "iconSet": // alone, without the value
		if e.Start && e.Depth == 4 && !boolAttr(e.Attr("showValue")) {
			r.addHiddenAreas(e.Parent().Parent().Attr("sqref"))
		}
	case "sheetView":
		r.zerosHidden = r.zerosHidden || e.Start && !boolAttr(e.Attr("showZeros"))
	case "col":
		if e.Start && isHidden(e) && len(r.hiddenColumns) < 1000 {
			from, _ := strconv.Atoi(e.Attr("min"))
			to, _ := strconv.Atoi(e.Attr("max"))
			r.hiddenColumns = append(r.hiddenColumns, [2]int{from, to})
		}
	default:
		if e.Depth == 1 && e.Start {
			r.root = string(e.Name)
		}
	}
	return nil
}

var errPlace = damagedError("单元格不在它的行里")

func (r *sheetReader) contentElement(e *ooxml.Element) error {
	switch name := e.Name[0]; {
	case name == 'i':
		r.inInline = e.Start
	case e.Start:
	case name == 'f' && r.generated != nil && r.row > titleRows && e.Size() > 0 && e.Size() <= maxText:
		r.formula = append(r.formula[:0], '=') // that there is one is enough
	case name == 'f':
		r.formula = append(r.formula[:0], e.Text()...)
		if e.Attr("t") == "shared" {
			r.shareFormula(e.Attr("si"))
		}
	case r.hasValue:
		return damagedError("一个单元格有两个值")
	default:
		r.value, r.hasValue = append(r.value[:0], e.Text()...), true
	}
	return nil
}

// sharedFormula is a formula in the cell that it was written for; others have it moved to where they are.
type sharedFormula struct {
	text     string
	row, col int
}

// shareFormula keeps a group's formula, or moves it to a further cell: no long one, and none of the template's sheets.
func (r *sheetReader) shareFormula(group string) {
	const longest = 200 // bytes
	switch of, known := r.shared[group]; {
	case len(r.formula) > 0 && r.shared == nil:
		r.shared = map[string]sharedFormula{}
		fallthrough
	case len(r.formula) > 0:
		r.shared[group] = sharedFormula{string(r.formula), r.row, r.col}
	case known && r.generated == nil && len(of.text) <= longest:
		r.formula = append(r.formula, formula.Move(of.text, r.row-of.row, r.col-of.col)...)
	default:
		r.formula = append(r.formula, "shared"...)
	}
}

func (r *sheetReader) inlineElement(e *ooxml.Element) {
	if string(e.Name) == "is" {
		r.inInline = e.Start
		return
	}
	r.inline.element(e)
	r.hasInline = r.hasInline || !e.Start && string(e.Name) == "t" && len(e.Text()) > 0
}

// isHidden reports whether a row or column is hidden, by hand, by a filter, or by being too low or narrow to see.
func isHidden(e *ooxml.Element) bool {
	const lowest, narrowest = 3, 0.5 // points; digits
	below := func(name string, least float64) bool {
		written := e.AttrBytes(name)
		if written == nil {
			return false
		}
		size, err := strconv.ParseFloat(string(written), 64)
		return err == nil && size < least
	}
	hidden := e.AttrBytes("hidden")
	return hidden != nil && boolAttr(string(hidden)) || below("ht", lowest) || below("width", narrowest)
}

// addHiddenAreas notes areas where a conditional format may show something other than the value.
func (r *sheetReader) addHiddenAreas(areas string) {
	for _, ref := range strings.Fields(areas) {
		if at, ok := parseSpan(ref); ok && len(r.hiddenAreas) < maxMerges {
			r.hiddenAreas = append(r.hiddenAreas, at)
		}
	}
}

// addMerge notes a merged area. An invalid one is ignored.
func (r *sheetReader) addMerge(ref string) error {
	if len(r.sheet.merges) == maxMerges {
		return tooManyError("合并单元格超过 1 万处")
	}
	if at, ok := parseSpan(ref); ok && strings.Contains(ref, ":") {
		r.sheet.merges = append(r.sheet.merges, mergedArea{ref, at})
	}
	return nil
}

// beginRow reads the row's number; without one it is the next row.
func (r *sheetReader) beginRow(name []byte) error {
	r.row, r.col, r.lastCol, r.emptyRow = r.row+1, 0, 0, true
	if name != nil {
		n, ok := parseUint(name)
		if !ok {
			return damagedError("行号有误")
		}
		r.row = n
	}
	if r.row < 1 || r.row > maxRow {
		return damagedError("行号有误")
	}
	r.sorted, r.lastRow = r.sorted && r.row > r.lastRow, max(r.lastRow, r.row)
	return nil
}

func (r *sheetReader) beginCell(name []byte) error {
	r.value, r.formula, r.hasValue, r.hasInline = r.value[:0], r.formula[:0], false, false
	before := r.col
	if r.col++; name != nil {
		row, col, ok := parseCell(string(name))
		if !ok || row != r.row {
			return damagedError("单元格 " + string(name[:min(len(name), 20)]) + " 的位置有误")
		}
		r.col = col
	}
	if r.col > maxCol {
		return damagedError("列号有误")
	}
	grows := max(0, r.col-before)
	if r.emptyRow {
		grows += max(0, r.row-r.lastFilledRow)
		r.emptyRow, r.lastFilledRow = false, max(r.lastFilledRow, r.row)
	}
	r.sorted = r.sorted && r.col > r.lastCol
	r.lastCol = max(r.lastCol, r.col)
	if r.w.grid += grows; r.w.grid > maxGrid {
		return tooManyError("“" + r.sheet.Title + "”的内容或格式铺到了 " + model.CellName(r.row, r.col) +
			"，请选中表格下方、右方的空行空列整行整列删除")
	}
	return nil
}

// parseUint parses a number without a sign, within a worksheet's limits.
func parseUint(b []byte) (n int, ok bool) {
	const bits = 30
	if len(b) == 0 { // often: cheaper than an error
		return 0, false
	}
	v, err := strconv.ParseUint(string(b), 10, bits)
	return int(v), err == nil
}

// cellError is the error for invalid content of the current cell.
func (r *sheetReader) cellError(what string) error {
	return damagedError("单元格 " + model.CellName(r.row, r.col) + " " + what)
}

// endCell adds the cell that was read. A cell without content has at most a style, and is left out.
func (r *sheetReader) endCell(e *ooxml.Element) error {
	kind := e.AttrBytes("t")
	if len(r.value) == 0 && !r.hasInline && len(r.formula) == 0 {
		if r.sorted {
			r.w.walker.Uncount() // counted by where it stands
		}
		return nil
	}
	if r.w.cells++; r.w.cells > maxCells {
		return tooManyError("单元格超过 " + strconv.Itoa(maxCells) + " 个")
	}
	var c Cell
	c.Row, c.Col, c.Hidden = r.row, r.col, r.rowHidden
	keep := r.generated == nil || r.generated.keeps(r.row, r.col, len(r.formula) > 0, kind)
	var look cellStyle
	if keep {
		c.Formula = string(r.formula)
		c.Place = model.Place{Sheet: r.sheet.Title, Cell: model.CellName(r.row, r.col)}
		look = r.w.styleOf(e.AttrBytes("s"))
	}
	if err := r.setValue(&c, kind, look); err != nil {
		return err
	}
	if utf16Len(c.Raw) > maxText || len(r.formula) > maxText && utf16Len(string(r.formula)) > maxText {
		return tooManyError("单元格 " + model.CellName(r.row, r.col) + " 的文字超过 32767 字")
	}
	if r.w.words += utf8.RuneCountInString(c.Raw); r.w.words > maxWords {
		return tooManyError("文字共超过 " + strconv.Itoa(maxWords/10000) + " 万字")
	}
	if !keep {
		return nil
	}
	c.Hidden = c.Hidden || look.invisible || r.zerosHidden && c.Kind == model.Number && strings.Trim(c.Raw, "-0.") == ""
	for _, f := range r.hiddenColumns {
		c.Hidden = c.Hidden || r.col >= f[0] && r.col <= f[1]
	}
	switch {
	case inCellPicture(c.Formula), inCellPicture(c.Raw), c.Kind == model.Error && e.Attr("vm") != "":
		c.Kind, c.Shown, c.Struck = model.Picture, "", ""
	case look.struck && c.Kind != model.Text:
		c.Struck = c.Raw
	}
	c.Filled = strings.TrimSpace(c.Raw) != ""
	r.sheet.Cells = append(r.sheet.Cells, c)
	return nil
}

// utf16Len is the length of a text as spreadsheets count it, exact only above maxText.
func utf16Len(s string) int {
	if len(s) <= maxText {
		return len(s) // at most: enough to pass
	}
	return len(utf16.Encode([]rune(s)))
}

// inCellPicture reports whether a formula shows a picture in its cell, as WPS writes it, or Excel with an address.
func inCellPicture(s string) bool {
	s = strings.TrimPrefix(s, "=")
	for strings.HasPrefix(s, "_xlfn.") {
		s = s[len("_xlfn."):]
	}
	return strings.HasPrefix(s, "DISPIMG(") || strings.HasPrefix(s, "IMAGE(")
}

// setValue sets a cell's kind, value and shown text.
func (r *sheetReader) setValue(c *Cell, kind []byte, look cellStyle) error {
	if r.hasInline && string(kind) != "inlineStr" {
		return r.cellError("的内容与类型不符")
	}
	number := len(kind) == 0 || string(kind) == "n"
	if len(r.formula) > 0 && !r.hasInline && (!r.hasValue || number && len(r.value) == 0) {
		c.Kind, c.Raw = model.Uncomputed, "="+c.Formula // no program has computed it, so its value is unknown
		c.Shown = c.Raw
		return nil
	}
	if number {
		return r.setNumber(c, look.format)
	}
	switch string(kind) {
	case "s":
		i, ok := parseUint(r.value)
		if !ok || i >= len(r.w.strings) {
			return r.cellError("的文字缺失")
		}
		c.Kind = model.Text
		c.Raw, c.Struck = r.w.strings[i].inCell(look.struck)
		c.Hidden = c.Hidden || r.w.strings[i].hidden
	case "str", "inlineStr":
		var words cellText
		if r.hasInline {
			words = r.inline.take()
		}
		c.Kind, c.Hidden = model.Text, c.Hidden || words.hidden
		if c.Raw, c.Struck = words.inCell(look.struck); c.Raw == "" {
			c.Raw, c.Struck = cellText{text: unescapeControl(string(r.value))}.inCell(look.struck)
		}
	case "b":
		if v := string(r.value); v != "0" && v != "1" && v != "" {
			return r.cellError("的是否值有误")
		}
		c.Kind, c.Raw = model.Bool, string(r.value)
		c.Shown = table.Either(c.Raw == "1", "TRUE", "FALSE")
		return nil
	case "e":
		c.Kind, c.Raw = model.Error, string(r.value)
	case "d":
		r.setDate(c)
		return nil
	default:
		return r.cellError("的类型不认识")
	}
	if c.Shown = c.Raw; c.Kind == model.Text {
		c.Shown = look.format.showText(c.Raw)
	}
	return nil
}

// setDate reads a cell of ISO date type; an invalid date is kept as text.
func (r *sheetReader) setDate(c *Cell) {
	value := string(r.value)
	day, _, _ := strings.Cut(value, "T")
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		c.Kind, c.Raw, c.Shown = model.Text, value, value
		return
	}
	c.Kind, c.IsDate, c.Format = model.Number, true, "yyyy-mm-dd"
	c.Raw, c.Shown = strconv.Itoa(int(t.Sub(epoch).Hours()/24)), value
}

func (r *sheetReader) setNumber(c *Cell, f *numberFormat) error {
	value := string(bytes.TrimSpace(r.value))
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || !plainNumber(value) { // no NaN, no hexadecimal
		return r.cellError("的数字有误")
	}
	c.Kind, c.Raw, c.Shown = model.Number, value, value
	if f == nil {
		return nil
	}
	c.Format = f.code
	const offset1904 = 1462 // days between the first days of the two date systems
	if c.Shown, c.IsDate = f.showNumber(value); c.IsDate && r.w.date04 {
		c.Raw = strconv.FormatFloat(v+offset1904, 'f', -1, 64)
		c.Shown, _ = f.showNumber(c.Raw)
	}
	return nil
}

func plainNumber(s string) bool { // called for each cell, so without strings.Trim, which builds its set each time
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c|0x20 != 'e' {
			return false
		}
	}
	return true
}
