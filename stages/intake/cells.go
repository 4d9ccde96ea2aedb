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
	"lianheti/stages/office/ooxml"
)

func (w *workbookReader) loadSheet(part sheetPart) *Refusal {
	name := ooxml.ByID(w.rels, part.rid)
	if part.rid == "" || !w.parts.Has(name) {
		return refuse(CodeDamaged, "工作表“%s”的内容缺失", part.title)
	}
	before := w.counts
	r := w.reader(part)
	if !w.whole {
		r.known = calculates[strings.ToLower(part.title)]
	}
	err := r.walk(name)
	if err == nil && r.known != nil && !(r.sorted && r.known.begins(r.sheet)) { // not ours after all: every cell counts
		w.counts = before
		r = w.reader(part)
		err = r.walk(name)
	}
	if err != nil {
		return damaged(err, name)
	}
	switch r.root {
	case "worksheet":
	case "chartsheet", "dialogsheet": // hold no cells
		return nil
	default:
		return refuse(CodeDamaged, "工作表“%s”的内容不是表格", part.title)
	}
	if r.present != len(r.sheet.Cells)+r.passed {
		return refuse(CodeDamaged, "工作表“%s”应有 %d 格，读到 %d 格", part.title, r.present, len(r.sheet.Cells))
	}
	if twice := r.sheet.order(r.sorted); twice != nil {
		return refuse(CodeDamaged, "%s：单元格 %s 出现两次", name[strings.LastIndex(name, "/")+1:], twice.Place.Cell)
	}
	r.sheet.part = name
	w.book.Sheets = append(w.book.Sheets, r.sheet)
	return nil
}

func (w *workbookReader) reader(part sheetPart) *sheetReader {
	return &sheetReader{w: w, sheet: &Sheet{Title: part.title}, hidden: part.hidden, sorted: true}
}

// walk gathers the cells in one place for all sheets, which grows once, and gives the sheet as many as it has.
func (r *sheetReader) walk(name string) error {
	r.sheet.Cells = r.w.gathered[:0]
	err := r.w.walker.Walk(r.w.parts.Get(name), r.element)
	r.w.gathered = r.sheet.Cells
	r.sheet.Cells = append([]Cell(nil), r.sheet.Cells...)
	for i := range r.sheet.Cells {
		c := &r.sheet.Cells[i]
		c.Hidden = c.Hidden || slices.ContainsFunc(r.veiled, func(s span) bool { return s.holds(c.Row, c.Col) })
	}
	return err
}

// order brings the cells into the order of the sheet, as programs write them, and gives one that stands there twice.
func (s *Sheet) order(sorted bool) (twice *Cell) {
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

// compare says whether a cell stands before, at or behind a place.
func (c *Cell) compare(row, col int) int {
	return cmp.Or(cmp.Compare(c.Row, row), cmp.Compare(c.Col, col))
}

// sheetReader reads the cells of a sheet as they come.
type sheetReader struct {
	w        *workbookReader
	sheet    *Sheet
	known    *calculation // a sheet of the template's own, whose cells are proven and not kept
	root     string       // the outermost element
	row, col int
	lastRow  int
	lastCol  int  // of the row
	reach    int  // the last row with a cell
	sorted   bool // so far
	bare     bool // the row at hand has nothing in it yet
	value    []byte
	formula  []byte
	hasV     bool
	inline   richText
	within   bool     // text that stands in the cell itself is being read
	isInline bool     // there is such text
	hidden   bool     // the sheet is
	unseen   bool     // the row at hand is hidden
	folded   [][2]int // hidden columns, from and to
	veiled   []span   // areas under a conditional format that hides or changes what is shown
	present  int      // cells with content, counted apart from those yielded
	passed   int      // of them those not kept
}

func (r *sheetReader) element(e *ooxml.Element) error {
	if !e.Native {
		return nil
	}
	if r.within {
		r.inlined(e)
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
			r.unseen = r.hidden || hides(e)
			return r.beginRow(e.AttrBytes("r"))
		}
		if r.bare && r.sorted {
			r.w.walker.Spare() // an empty row says nothing but a height: sheets have them down to the last
		}
	case "v", "f", "is":
		if e.Depth == 5 && string(e.Parent().Name) == "c" {
			return r.content(e)
		}
	case "mergeCell":
		if e.Start {
			return r.merge(e.Attr("ref"))
		}
	case "cfRule":
		if id, ok := digits(e.AttrBytes("dxfId")); e.Start && ok && id < len(r.w.veils) && r.w.veils[id] {
			r.veil(e.Parent().Attr("sqref"))
		}
	case "col":
		if e.Start && hides(e) && len(r.folded) < 1000 {
			from, _ := strconv.Atoi(e.Attr("min"))
			to, _ := strconv.Atoi(e.Attr("max"))
			r.folded = append(r.folded, [2]int{from, to})
		}
	default:
		if e.Depth == 1 && e.Start {
			r.root = string(e.Name)
		}
	}
	return nil
}

var errPlace = wrong("单元格不在它的行里")

func (r *sheetReader) content(e *ooxml.Element) error {
	switch name := e.Name[0]; {
	case name == 'i':
		r.within = e.Start
	case e.Start:
	case name == 'f' && r.known != nil && r.row > calculated && e.Size() > 0 && e.Size() <= maxText:
		r.formula = append(r.formula[:0], '=') // that there is one is enough
	case name == 'f':
		r.formula = append(r.formula[:0], e.Text()...)
		if len(r.formula) == 0 && e.Attr("t") == "shared" {
			r.formula = append(r.formula, "shared"...)
		}
	case r.hasV:
		return wrong("一个单元格有两个值")
	default:
		r.value, r.hasV = append(r.value[:0], e.Text()...), true
	}
	return nil
}

func (r *sheetReader) inlined(e *ooxml.Element) {
	if string(e.Name) == "is" {
		r.within = e.Start
		return
	}
	r.inline.element(e)
	r.isInline = r.isInline || !e.Start && string(e.Name) == "t" && len(e.Text()) > 0
}

// hides says whether a row or column is hidden, by hand or by a filter, or so low or narrow that nothing of it is seen.
func hides(e *ooxml.Element) bool {
	const lowest, narrowest = 3, 0.5 // points; digits
	below := func(name string, least float64) bool {
		size, err := strconv.ParseFloat(string(e.AttrBytes(name)), 64)
		return err == nil && size < least
	}
	hidden := e.AttrBytes("hidden")
	return hidden != nil && on(string(hidden)) || below("ht", lowest) || below("width", narrowest)
}

// veil notes areas where a conditional format may show something else than the cells hold.
func (r *sheetReader) veil(areas string) {
	for _, ref := range strings.Fields(areas) {
		if at, ok := parseSpan(ref); ok && len(r.veiled) < maxMerges {
			r.veiled = append(r.veiled, at)
		}
	}
}

// merge notes a merged area; one that is no area merges nothing.
func (r *sheetReader) merge(ref string) error {
	if len(r.sheet.merges) == maxMerges {
		return tooMany("合并单元格超过 1 万处")
	}
	if at, ok := parseSpan(ref); ok && strings.Contains(ref, ":") {
		r.sheet.merges = append(r.sheet.merges, merged{ref, at})
	}
	return nil
}

// beginRow takes the row's number; without one it is the next.
func (r *sheetReader) beginRow(name []byte) error {
	r.row, r.col, r.lastCol, r.bare = r.row+1, 0, 0, true
	if name != nil {
		n, ok := digits(name)
		if !ok {
			return wrong("行号有误")
		}
		r.row = n
	}
	if r.row < 1 || r.row > maxRow {
		return wrong("行号有误")
	}
	r.sorted, r.lastRow = r.sorted && r.row > r.lastRow, max(r.lastRow, r.row)
	return nil
}

func (r *sheetReader) beginCell(name []byte) error {
	r.value, r.formula, r.hasV, r.isInline = r.value[:0], r.formula[:0], false, false
	before := r.col
	if r.col++; name != nil {
		row, col, ok := parseCell(string(name))
		if !ok || row != r.row {
			return wrong("单元格 " + string(name[:min(len(name), 20)]) + " 的位置有误")
		}
		r.col = col
	}
	if r.col > maxCol {
		return wrong("列号有误")
	}
	grows := max(0, r.col-before)
	if r.bare {
		grows += max(0, r.row-r.reach)
		r.bare, r.reach = false, max(r.reach, r.row)
	}
	r.sorted = r.sorted && r.col > r.lastCol
	r.lastCol = max(r.lastCol, r.col)
	if r.w.grid += grows; r.w.grid > maxGrid {
		return tooMany("“" + r.sheet.Title + "”的内容或格式铺到了 " + model.CellName(r.row, r.col) +
			"，请选中表格下方、右方的空行空列整行整列删除")
	}
	return nil
}

// digits reads a number without a sign, one that a worksheet can have.
func digits(b []byte) (n int, ok bool) {
	const bits = 30
	v, err := strconv.ParseUint(string(b), 10, bits)
	return int(v), err == nil
}

// wrong is a fault of the cell at hand.
func (r *sheetReader) wrong(what string) error {
	return wrong("单元格 " + model.CellName(r.row, r.col) + " " + what)
}

// endCell makes a cell of what was gathered. A cell without content is left out: it has a style at most.
func (r *sheetReader) endCell(e *ooxml.Element) error {
	kind := e.AttrBytes("t")
	if len(r.value) == 0 && !r.isInline && len(r.formula) == 0 {
		if r.sorted {
			r.w.walker.Spare() // counted by where it stands
		}
		return nil
	}
	r.present++
	if r.w.cells++; r.w.cells > maxCells {
		return tooMany("单元格超过 " + strconv.Itoa(maxCells) + " 个")
	}
	var c Cell
	c.Row, c.Col, c.Hidden = r.row, r.col, r.unseen
	keep := r.known == nil || r.known.keeps(r.row, r.col, len(r.formula) > 0, kind)
	var look style
	if keep {
		c.Formula = string(r.formula)
		c.Place = model.Place{Sheet: r.sheet.Title, Cell: model.CellName(r.row, r.col)}
		look = r.w.styleOf(e.AttrBytes("s"))
	}
	if err := r.fill(&c, kind, look); err != nil {
		return err
	}
	if utf16Len(c.Raw) > maxText || len(r.formula) > maxText && utf16Len(string(r.formula)) > maxText {
		return tooMany("单元格 " + model.CellName(r.row, r.col) + " 的文字超过 32767 字")
	}
	if r.w.words += utf8.RuneCountInString(c.Raw); r.w.words > maxWords {
		return tooMany("文字共超过 " + strconv.Itoa(maxWords/10000) + " 万字")
	}
	if !keep {
		r.passed++
		return nil
	}
	c.Hidden = c.Hidden || look.unseen
	for _, f := range r.folded {
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

// utf16Len is the length of a text as spreadsheets count it.
func utf16Len(s string) int {
	if len(s) <= maxText {
		return len(s) // at most: enough to pass
	}
	return len(utf16.Encode([]rune(s)))
}

// inCellPicture says whether a formula shows a picture in its cell, as WPS writes it, and Excel from an address.
func inCellPicture(s string) bool {
	s = strings.TrimPrefix(s, "=")
	for strings.HasPrefix(s, "_xlfn.") {
		s = s[len("_xlfn."):]
	}
	return strings.HasPrefix(s, "DISPIMG(") || strings.HasPrefix(s, "IMAGE(")
}

// fill gives a cell its kind and value, and what its format shows of it.
func (r *sheetReader) fill(c *Cell, kind []byte, look style) error {
	if r.isInline && string(kind) != "inlineStr" {
		return r.wrong("的内容与类型不符")
	}
	number := len(kind) == 0 || string(kind) == "n"
	if len(r.formula) > 0 && !r.isInline && (!r.hasV || number && len(r.value) == 0) {
		c.Kind, c.Raw = model.Uncomputed, "="+c.Formula // no program has computed it: nobody can say what stands there
		c.Shown = c.Raw
		return nil
	}
	if number {
		return r.number(c, look.format)
	}
	switch string(kind) {
	case "s":
		i, ok := digits(r.value)
		if !ok || i >= len(r.w.strings) {
			return r.wrong("的文字缺失")
		}
		c.Kind = model.Text
		c.Raw, c.Struck = r.w.strings[i].in(look.struck)
	case "str", "inlineStr":
		words := r.inline.take()
		c.Kind = model.Text
		if c.Raw, c.Struck = words.in(look.struck); string(kind) == "str" || c.Raw == "" {
			c.Raw, c.Struck = cellText{text: unescape(string(r.value))}.in(look.struck)
		}
	case "b":
		if v := string(r.value); v != "0" && v != "1" && v != "" {
			return r.wrong("的是否值有误")
		}
		c.Kind, c.Raw, c.Shown = model.Bool, string(r.value), "FALSE"
		if c.Raw == "1" {
			c.Shown = "TRUE"
		}
		return nil
	case "e":
		c.Kind, c.Raw = model.Error, string(r.value)
	case "d":
		r.date(c)
		return nil
	default:
		return r.wrong("的类型不认识")
	}
	if c.Shown = c.Raw; c.Kind == model.Text {
		c.Shown = look.format.text(c.Raw)
	}
	return nil
}

// date reads a cell of ISO type; what is no day is kept as the text it is.
func (r *sheetReader) date(c *Cell) {
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

func (r *sheetReader) number(c *Cell, f *format) error {
	value := string(bytes.TrimSpace(r.value))
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || !plainNumber(value) { // no NaN, no hexadecimal
		return r.wrong("的数字有误")
	}
	c.Kind, c.Raw, c.Shown = model.Number, value, value
	if f == nil {
		return nil
	}
	c.Format = f.code
	const offset1904 = 1462 // days between the first days of the two date systems
	if c.Shown, c.IsDate = f.number(value); c.IsDate && r.w.date04 {
		c.Raw = strconv.FormatFloat(v+offset1904, 'f', -1, 64)
		c.Shown, _ = f.number(c.Raw)
	}
	return nil
}

func plainNumber(s string) bool { // cell by cell: not by a set of characters, which is made anew each time
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c|0x20 != 'e' {
			return false
		}
	}
	return true
}
