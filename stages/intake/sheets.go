package intake

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"lianheti/stages/model"
)

// Limits of a workbook's structure: a form has some 15 sheets and some thousand cells.
const (
	maxSheets   = 100
	maxNames    = 20000
	maxCells    = 100000 // with content
	maxElements = 800000 // of all parts together
	maxMerges   = 10000
	maxDepth    = 64
	maxToken    = 1 << 20 // bytes of one tag or one run of text
	maxStyles   = 65000
	maxText     = 32767   // of one cell
	maxWords    = 2000000 // characters of all cells together; what looks for persons and phones in them takes a second for each million
	// maxGrid bounds what a program makes of the sheets when it opens them: all rows down to the last, each as wide as its
	// last cell. One cell in the last column of every row costs gigabytes, and 30 bytes a row in the file.
	maxGrid = 2000000
)

// open reads a workbook: the container proven, every sheet's XML walked to its end, every filled cell kept. There is one
// reader: what it counts is what it yields.
func open(data []byte) (*Book, *Refusal) {
	p, refusal := unpack(data)
	if refusal != nil {
		return nil, refusal
	}
	return p.book()
}

func (p parts) book() (*Book, *Refusal) {
	budget := newBudget()
	roots, err := p.relations("_rels/.rels", "", budget)
	if err != nil {
		return nil, refuse(CodeDamaged, ".rels：%v", err)
	}
	main := relation(roots, "", "/officeDocument")
	if main == "" || p[main] == nil {
		return nil, refuse(CodeDamaged, "找不到工作簿的主部件")
	}
	w := &workbookReader{parts: p, budget: budget, book: &Book{}}
	if w.rels, err = p.relations(relsName(main), path.Dir(main), budget); err != nil {
		return nil, w.refusal(err, relsName(main))
	}
	if err := budget.walk(p[main], w.element); err != nil {
		return nil, w.refusal(err, main)
	}
	if len(w.sheets) == 0 || len(w.sheets) > maxSheets {
		return nil, refuse(CodeManyParts, "有 %d 张工作表", len(w.sheets))
	}
	titles, contents := map[string]bool{}, map[string]bool{}
	for _, s := range w.sheets {
		title, content := strings.ToLower(s.title), relation(w.rels, s.rid, "")
		if titles[title] { // a place could not say which of the two it means
			return nil, refuse(CodeDamaged, "工作表“%s”有两张", s.title)
		}
		if contents[content] {
			return nil, refuse(CodeDamaged, "两张工作表共用一份内容")
		}
		titles[title], contents[content] = true, true
	}
	if refusal := w.loadStrings(); refusal != nil {
		return nil, refusal
	}
	if refusal := w.loadStyles(); refusal != nil {
		return nil, refusal
	}
	for _, s := range w.sheets {
		if refusal := w.loadSheet(s); refusal != nil {
			return nil, refusal
		}
	}
	for i, n := range w.book.Names {
		if at, err := strconv.Atoi(n.Scope); err == nil && at >= 0 && at < len(w.sheets) {
			w.book.Names[i].Scope = w.sheets[at].title
		}
	}
	return w.book, nil
}

// relsName is where the relationships of a part stand.
func relsName(part string) string {
	return path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
}

// relationship is one part that another points at.
type relationship struct{ id, kind, target string }

// relations reads the relationships of a part; none where it has none.
func (p parts) relations(rels, dir string, budget *budget) (out []relationship, err error) {
	if p[rels] == nil {
		return nil, nil
	}
	err = budget.walk(p[rels], func(e *element) error {
		if e.start && e.name == "Relationship" {
			out = append(out, relationship{e.attr("Id"), e.attr("Type"), resolve(dir, e.attr("Target"))})
		}
		if len(out) > maxEntries {
			return errMany{"部件间的关系过多"}
		}
		return nil
	})
	return out, err
}

// relation finds the part of a relationship id, or else of a kind, by the end of its type.
func relation(all []relationship, id, kind string) string {
	for _, r := range all {
		if id != "" && r.id == id || id == "" && kind != "" && strings.HasSuffix(r.kind, kind) {
			return r.target
		}
	}
	return ""
}

func resolve(dir, target string) string {
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(target, "/")
	}
	return path.Join(dir, target)
}

// workbookReader reads the parts of one workbook.
type workbookReader struct {
	parts   parts
	budget  *budget
	rels    []relationship
	book    *Book
	sheets  []sheetPart
	date04  bool
	strings []said
	styles  []style // by style index
	cells   int
	words   int // characters in cells
	grid    int // see maxGrid
}

type sheetPart struct {
	title, rid string
	hidden     bool
}

func (w *workbookReader) refusal(err error, part string) *Refusal {
	if e, ok := err.(errMany); ok {
		return &Refusal{CodeManyParts, e.what}
	}
	return refuse(CodeDamaged, "%s：%v", path.Base(part), err)
}

// errMany is more of something than a form can have.
type errMany struct{ what string }

func (e errMany) Error() string { return e.what }

func (w *workbookReader) element(e *element) error {
	switch {
	case e.start && e.name == "workbookPr":
		w.date04 = e.attr("date1904") == "1" || e.attr("date1904") == "true"
	case e.start && e.name == "sheet":
		w.sheets = append(w.sheets, sheetPart{e.attr("name"), e.attr("id"), e.attr("state") == "hidden" || e.attr("state") == "veryHidden"})
	case !e.start && e.name == "definedName":
		if len(w.book.Names) == maxNames {
			return errMany{"名称超过 " + strconv.Itoa(maxNames) + " 个"}
		}
		w.book.Names = append(w.book.Names, DefinedName{e.attr("name"), e.attr("localSheetId"), string(e.text)})
	}
	return nil
}

// loadStrings reads the shared strings.
func (w *workbookReader) loadStrings() *Refusal {
	part := relation(w.rels, "", "/sharedStrings")
	if part == "" {
		return nil
	}
	var text richText
	err := w.budget.walk(w.parts[part], func(e *element) error {
		if text.element(e); !e.start && e.name == "si" {
			w.strings = append(w.strings, text.take())
		}
		return nil
	})
	if err != nil {
		return w.refusal(err, part)
	}
	return nil
}

func within(path []string, name string) bool {
	for _, p := range path {
		if p == name {
			return true
		}
	}
	return false
}

var escaped = regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`)

// unescape reads the way spreadsheets write control characters.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escaped.ReplaceAllStringFunc(s, func(m string) string {
		n, _ := strconv.ParseUint(m[2:6], 16, 32)
		return string(rune(n))
	})
}

// style is what of a cell's style says something: its number format, and whether all of it is struck through.
type style struct {
	format *format
	struck bool
}

// loadStyles reads what each style says.
func (w *workbookReader) loadStyles() *Refusal {
	part := relation(w.rels, "", "/styles")
	if part == "" {
		return nil
	}
	codes, fonts, ids := map[int]string{}, []bool{}, [][2]int{}
	err := w.budget.walk(w.parts[part], func(e *element) error {
		if !e.start {
			return nil
		}
		switch {
		case e.name == "numFmt" && within(e.path, "numFmts"):
			id, err := strconv.Atoi(e.attr("numFmtId"))
			if err != nil {
				return errXML{"数字格式编号有误"}
			}
			codes[id] = e.attr("formatCode")
		case e.name == "font" && within(e.path, "fonts"):
			fonts = append(fonts, false)
		case e.name == "strike" && within(e.path, "fonts") && len(fonts) > 0:
			fonts[len(fonts)-1] = on(e.attr("val"))
		case e.name == "xf" && within(e.path, "cellXfs"):
			if len(ids) == maxStyles {
				return errMany{"单元格格式超过 " + strconv.Itoa(maxStyles) + " 种"}
			}
			id, _ := strconv.Atoi(e.attr("numFmtId"))
			font, _ := strconv.Atoi(e.attr("fontId"))
			ids = append(ids, [2]int{id, font})
		}
		return nil
	})
	if err != nil {
		return w.refusal(err, part)
	}
	known := map[int]*format{} // each code is looked at once, however many styles use it
	for _, id := range ids {
		if known[id[0]] == nil {
			known[id[0]] = formatOf(id[0], codes)
		}
		w.styles = append(w.styles, style{known[id[0]], id[1] >= 0 && id[1] < len(fonts) && fonts[id[1]]})
	}
	return nil
}

// styleOf is the style of an index as a cell has it; that of an unknown one says nothing.
func (w *workbookReader) styleOf(index string) style {
	if i, err := strconv.Atoi(index); err == nil && i >= 0 && i < len(w.styles) {
		return w.styles[i]
	}
	return style{}
}

// loadSheet reads one worksheet to its end.
func (w *workbookReader) loadSheet(part sheetPart) *Refusal {
	name := relation(w.rels, part.rid, "")
	data, ok := w.parts[name]
	if !ok || part.rid == "" {
		return refuse(CodeDamaged, "工作表“%s”的内容缺失", part.title)
	}
	s := &Sheet{Title: part.title, at: map[[2]int]int{}}
	r := &sheetReader{w: w, sheet: s, hidden: part.hidden}
	if err := w.budget.walk(data, r.element); err != nil {
		return w.refusal(err, name)
	}
	switch r.root {
	case "worksheet":
	case "chartsheet", "dialogsheet": // hold no cells
		return nil
	default:
		return refuse(CodeDamaged, "工作表“%s”的内容不是表格", part.title)
	}
	if r.present != len(s.Cells) {
		return refuse(CodeDamaged, "工作表“%s”应有 %d 格，读到 %d 格", part.title, r.present, len(s.Cells))
	}
	w.book.Sheets = append(w.book.Sheets, s)
	return nil
}

// sheetReader reads the cells of a sheet as they come.
type sheetReader struct {
	w        *workbookReader
	sheet    *Sheet
	root     string // the outermost element
	row, col int
	lastRow  int
	value    string
	inline   richText
	isInline bool // text stands in the cell itself
	formula  string
	hasV     bool
	hidden   bool     // the sheet is
	unseen   bool     // the row at hand is hidden
	folded   [][2]int // hidden columns, from and to
	present  int      // cells with content, counted apart from those yielded
}

func (r *sheetReader) element(e *element) error {
	switch {
	case e.start && len(e.path) == 1:
		r.root = e.name
	case e.start && e.name == "row":
		r.unseen = r.hidden || hides(e)
		return r.beginRow(e.attr("r"))
	case e.start && e.name == "c":
		r.value, r.formula, r.hasV, r.isInline, r.inline = "", "", false, false, richText{}
		return r.beginCell(e.attr("r"))
	case e.start && e.name == "col" && hides(e) && len(r.folded) < 1000:
		from, _ := strconv.Atoi(e.attr("min"))
		to, _ := strconv.Atoi(e.attr("max"))
		r.folded = append(r.folded, [2]int{from, to})
	case e.start && e.name == "mergeCell":
		return r.merge(e.attr("ref"))
	case within(e.path, "is"):
		r.inline.element(e)
		r.isInline = r.isInline || !e.start && e.name == "t" && len(e.text) > 0
	case e.start:
	case e.name == "v":
		if r.hasV {
			return errXML{"一个单元格有两个值"}
		}
		r.value, r.hasV = string(e.text), true
	case e.name == "f":
		r.formula = string(e.text)
		if r.formula == "" && e.attr("t") == "shared" {
			r.formula = "shared"
		}
	case e.name == "c":
		return r.endCell(e)
	}
	return nil
}

// hides says whether a row or column is hidden: by hand or by a filter, or made so low or narrow that nothing of it is seen.
func hides(e *element) bool {
	return e.attr("hidden") != "" && on(e.attr("hidden")) || e.attr("ht") == "0" || e.attr("width") == "0"
}

// merge notes a merged area; one that is no area merges nothing.
func (r *sheetReader) merge(ref string) error {
	if len(r.sheet.merges) == maxMerges {
		return errMany{"合并单元格超过 1 万处"}
	}
	m := merged{ref: ref}
	from, to, _ := strings.Cut(ref, ":")
	var ok, also bool
	m.row, m.col, ok = parseCell(from)
	if m.lastRow, m.lastCol, also = parseCell(to); ok && also {
		r.sheet.merges = append(r.sheet.merges, m)
	}
	return nil
}

func (r *sheetReader) beginRow(name string) error {
	r.row, r.col = r.row+1, 0
	if name != "" {
		n, err := strconv.Atoi(name)
		if err != nil || n < 1 {
			return errXML{"行号有误"}
		}
		r.row = n
	}
	if r.row > maxRow {
		return errXML{"行号有误"}
	}
	return r.spread(max(0, r.row-r.lastRow))
}

func (r *sheetReader) beginCell(name string) error {
	before := r.col
	if r.col++; name != "" {
		row, col, ok := parseCell(name)
		if !ok || row != r.row {
			return errXML{"单元格 " + name + " 的位置有误"}
		}
		r.col = col
	}
	if r.col > maxCol {
		return errXML{"列号有误"}
	}
	return r.spread(max(0, r.col-before))
}

// spread counts what the sheet grows by.
func (r *sheetReader) spread(n int) error {
	r.lastRow = max(r.lastRow, r.row)
	if r.w.grid += n; r.w.grid > maxGrid {
		return errMany{"内容铺得太开，到了 " + r.sheet.Title + " 的 " + model.CellName(r.row, max(1, r.col))}
	}
	return nil
}

// endCell makes a cell of what was gathered. A cell without content is left out: it has a style at most.
func (r *sheetReader) endCell(e *element) error {
	kind := e.attr("t")
	hasContent := r.hasV && r.value != "" || r.isInline
	if !hasContent && r.formula == "" {
		return nil
	}
	r.present++
	if r.w.cells++; r.w.cells > maxCells {
		return errMany{"单元格超过 " + strconv.Itoa(maxCells) + " 个"}
	}
	c := Cell{FormulaText: r.formula}
	c.Place = model.Place{Sheet: r.sheet.Title, Cell: model.CellName(r.row, r.col)}
	c.Row, c.Col, c.Formula, c.Hidden = r.row, r.col, r.formula != "", r.unseen
	for _, f := range r.folded {
		c.Hidden = c.Hidden || r.col >= f[0] && r.col <= f[1]
	}
	look := r.w.styleOf(e.attr("s"))
	if err := r.fill(&c, kind, look.format); err != nil {
		return err
	}
	switch {
	case inCellPicture.MatchString(c.FormulaText), inCellPicture.MatchString(c.Raw), c.Kind == model.Error && e.attr("vm") != "":
		c.Kind, c.Shown = model.Picture, ""
	case look.struck:
		c.Struck = c.Raw
	}
	if utf16Len(c.Raw) > maxText || utf16Len(c.FormulaText) > maxText {
		return errMany{"单元格 " + c.Place.Cell + " 的文字超过 32767 字"}
	}
	if r.w.words += utf8.RuneCountInString(c.Raw); r.w.words > maxWords {
		return errMany{"文字共超过 " + strconv.Itoa(maxWords/10000) + " 万字"}
	}
	c.Filled = strings.TrimSpace(c.Raw) != ""
	if !r.sheet.add(c) {
		return errXML{"单元格 " + c.Place.Cell + " 出现两次"}
	}
	return nil
}

// utf16Len is the length of a text as spreadsheets count it.
func utf16Len(s string) int {
	if len(s) <= maxText {
		return len(s) // at most: enough to pass
	}
	n := 0
	for _, c := range s {
		n += utf16.RuneLen(c)
	}
	return n
}

// inCellPicture is a picture in a cell as WPS writes it, and Excel where it came from an address.
var inCellPicture = regexp.MustCompile(`^=?(_xlfn\.)*(DISPIMG|IMAGE)\(`)

// fill gives a cell its kind and value, and what its format shows of it.
func (r *sheetReader) fill(c *Cell, kind string, f *format) error {
	if kind != "inlineStr" && r.isInline {
		return errXML{"单元格 " + c.Place.Cell + " 的内容与类型不符"}
	}
	if number := kind == "n" || kind == ""; c.Formula && !r.isInline && (!r.hasV || number && r.value == "") {
		c.Kind, c.Raw = model.Uncomputed, "="+c.FormulaText // no program has computed it: something stands there, and nobody can say what
		c.Shown = c.Raw
		return nil
	}
	switch kind {
	case "s":
		i, err := strconv.Atoi(r.value)
		if err != nil || i < 0 || i >= len(r.w.strings) {
			return errXML{"单元格 " + c.Place.Cell + " 的文字缺失"}
		}
		c.Kind, c.Raw, c.Struck = model.Text, r.w.strings[i].text, r.w.strings[i].struck
	case "str", "inlineStr":
		words := r.inline.take()
		c.Kind, c.Raw, c.Struck = model.Text, words.text, words.struck
		if kind == "str" || c.Raw == "" {
			c.Raw = unescape(r.value)
		}
	case "b":
		if r.value != "0" && r.value != "1" && r.value != "" {
			return errXML{"单元格 " + c.Place.Cell + " 的是否值有误"}
		}
		c.Kind, c.Raw, c.Shown = model.Bool, r.value, map[string]string{"1": "TRUE"}[r.value]
		if c.Shown == "" {
			c.Shown = "FALSE"
		}
		return nil
	case "e":
		c.Kind, c.Raw = model.Error, r.value
	case "d":
		r.date(c)
		return nil
	case "n", "":
		return r.number(c, f)
	default:
		return errXML{"单元格 " + c.Place.Cell + " 的类型不认识"}
	}
	if c.Shown = c.Raw; c.Kind == model.Text {
		c.Shown = f.text(c.Raw)
	}
	return nil
}

// date reads a cell of ISO type; what is no day is kept as the text it is.
func (r *sheetReader) date(c *Cell) {
	day, _, _ := strings.Cut(r.value, "T")
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		c.Kind, c.Raw, c.Shown = model.Text, r.value, r.value
		return
	}
	c.Kind, c.IsDate, c.Format = model.Number, true, "yyyy-mm-dd"
	c.Raw, c.Shown = strconv.Itoa(int(t.Sub(epoch).Hours()/24)), r.value
}

// days between the first days of the two date systems
const offset1904 = 1462

func (r *sheetReader) number(c *Cell, f *format) error {
	value := strings.TrimSpace(r.value)
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || strings.Trim(value, "0123456789+-.eE") != "" { // no NaN, no hexadecimal
		return errXML{"单元格 " + c.Place.Cell + " 的数字有误"}
	}
	c.Kind, c.Raw, c.Shown = model.Number, value, value
	if f == nil {
		return nil
	}
	c.Format = f.code
	if c.Shown, c.IsDate = f.number(value); c.IsDate && r.w.date04 {
		c.Raw = strconv.FormatFloat(v+offset1904, 'f', -1, 64)
		c.Shown, _ = f.number(c.Raw)
	}
	return nil
}
