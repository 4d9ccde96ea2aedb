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
	strings []string
	formats []format // by style index
	cells   int
	words   int // characters in cells
	grid    int // see maxGrid
}

type sheetPart struct{ title, rid string }

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
		w.sheets = append(w.sheets, sheetPart{e.attr("name"), e.attr("id")})
	case !e.start && e.name == "definedName":
		if len(w.book.Names) == maxNames {
			return errMany{"名称超过 " + strconv.Itoa(maxNames) + " 个"}
		}
		w.book.Names = append(w.book.Names, DefinedName{e.attr("name"), e.attr("localSheetId"), string(e.text)})
	}
	return nil
}

// loadStrings reads the shared strings: rich text joined, phonetic guides left out.
func (w *workbookReader) loadStrings() *Refusal {
	part := relation(w.rels, "", "/sharedStrings")
	if part == "" {
		return nil
	}
	var text strings.Builder
	err := w.budget.walk(w.parts[part], func(e *element) error {
		switch {
		case e.start:
		case e.name == "t" && !within(e.path, "rPh"):
			text.Write(e.text)
		case e.name == "si":
			w.strings = append(w.strings, text.String())
			text.Reset()
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

// format is a number format: its code, and what it shows.
type format struct {
	code    string
	isDate  bool
	percent bool
}

// loadStyles reads which number format each style has.
func (w *workbookReader) loadStyles() *Refusal {
	part := relation(w.rels, "", "/styles")
	if part == "" {
		return nil
	}
	codes, ids := map[int]string{}, []int{}
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
		case e.name == "xf" && within(e.path, "cellXfs"):
			if len(ids) == maxStyles {
				return errMany{"单元格格式超过 " + strconv.Itoa(maxStyles) + " 种"}
			}
			id, _ := strconv.Atoi(e.attr("numFmtId"))
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		return w.refusal(err, part)
	}
	known := map[int]format{} // each code is looked at once, however many styles use it
	for _, id := range ids {
		if _, ok := known[id]; !ok {
			known[id] = formatOf(id, codes)
		}
		w.formats = append(w.formats, known[id])
	}
	return nil
}

// Number formats that every program knows by number.
var builtin = map[int]string{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
	37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 48: "##0.0E+0", 49: "@"}

func formatOf(id int, codes map[int]string) format {
	if code, ok := codes[id]; ok {
		bare := formatLiteral.ReplaceAllString(code, "")
		return format{code, showsDate(bare), strings.Contains(bare, "%")}
	}
	if id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58 {
		return format{code: "yyyy-mm-dd", isDate: true} // dates and times, East Asian ones included
	}
	return format{code: builtin[id], percent: strings.Contains(builtin[id], "%")}
}

var formatLiteral = regexp.MustCompile(`"[^"]*"|\\.|\[[^\]]*\]|_.|\*.`)

// showsDate says whether a format code, literals taken out, shows a date or a time.
func showsDate(bare string) bool {
	bare = strings.ToLower(bare)
	return strings.ContainsAny(bare, "ymdhs") && !strings.Contains(bare, "general") && !strings.ContainsAny(bare, "0#?")
}

// loadSheet reads one worksheet to its end.
func (w *workbookReader) loadSheet(part sheetPart) *Refusal {
	name := relation(w.rels, part.rid, "")
	data, ok := w.parts[name]
	if !ok || part.rid == "" {
		return refuse(CodeDamaged, "工作表“%s”的内容缺失", part.title)
	}
	s := &Sheet{Title: part.title, at: map[[2]int]int{}}
	r := &sheetReader{w: w, sheet: s}
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
	inline   strings.Builder
	formula  string
	hasV     bool
	merges   int
	present  int // cells with content, counted apart from those yielded
}

func (r *sheetReader) element(e *element) error {
	switch {
	case e.start && len(e.path) == 1:
		r.root = e.name
	case e.start && e.name == "row":
		return r.beginRow(e.attr("r"))
	case e.start && e.name == "c":
		r.value, r.formula, r.hasV = "", "", false
		r.inline.Reset()
		return r.beginCell(e.attr("r"))
	case e.start && e.name == "mergeCell":
		if r.merges++; r.merges > maxMerges {
			return errMany{"合并单元格超过 1 万处"}
		}
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
	case e.name == "t" && within(e.path, "is") && !within(e.path, "rPh"):
		r.inline.Write(e.text)
	case e.name == "c":
		return r.endCell(e)
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
	hasContent := r.hasV && r.value != "" || r.inline.Len() > 0
	if !hasContent && r.formula == "" {
		return nil
	}
	r.present++
	if r.w.cells++; r.w.cells > maxCells {
		return errMany{"单元格超过 " + strconv.Itoa(maxCells) + " 个"}
	}
	c := Cell{FormulaText: r.formula}
	c.Place = model.Place{Sheet: r.sheet.Title, Cell: model.CellName(r.row, r.col)}
	c.Row, c.Col, c.Formula = r.row, r.col, r.formula != ""
	if err := r.fill(&c, kind, e.attr("s")); err != nil {
		return err
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

// fill gives a cell its kind and value.
func (r *sheetReader) fill(c *Cell, kind, style string) error {
	if kind != "inlineStr" && r.inline.Len() > 0 {
		return errXML{"单元格 " + c.Place.Cell + " 的内容与类型不符"}
	}
	if number := kind == "n" || kind == ""; c.Formula && r.inline.Len() == 0 && (!r.hasV || number && r.value == "") {
		c.Kind, c.Raw = model.Error, "="+c.FormulaText // no program has computed it: something stands there, and nobody can say what
		c.Shown = c.Raw
		return nil
	}
	switch kind {
	case "s":
		i, err := strconv.Atoi(r.value)
		if err != nil || i < 0 || i >= len(r.w.strings) {
			return errXML{"单元格 " + c.Place.Cell + " 的文字缺失"}
		}
		c.Kind, c.Raw = model.Text, unescape(r.w.strings[i]) // here: what no cell shows may be endless
	case "str", "inlineStr":
		c.Kind, c.Raw = model.Text, unescape(r.inline.String())
		if kind == "str" || c.Raw == "" {
			c.Raw = unescape(r.value)
		}
	case "b":
		if r.value != "0" && r.value != "1" && r.value != "" {
			return errXML{"单元格 " + c.Place.Cell + " 的是否值有误"}
		}
		c.Kind, c.Raw = model.Bool, r.value
	case "e":
		c.Kind, c.Raw = model.Error, r.value
	case "d":
		r.date(c)
		return nil
	case "n", "":
		return r.number(c, style)
	default:
		return errXML{"单元格 " + c.Place.Cell + " 的类型不认识"}
	}
	c.Shown = c.Raw
	return nil
}

// epoch is day 0 of the 1900 system, for dates after February 1900.
var epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

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

func (r *sheetReader) number(c *Cell, style string) error {
	value := strings.TrimSpace(r.value)
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || strings.Trim(value, "0123456789+-.eE") != "" { // no NaN, no hexadecimal
		return errXML{"单元格 " + c.Place.Cell + " 的数字有误"}
	}
	c.Kind, c.Raw, c.Shown = model.Number, value, value
	i, _ := strconv.Atoi(style)
	if style == "" || i < 0 || i >= len(r.w.formats) {
		return nil
	}
	f := r.w.formats[i]
	c.Format = f.code
	switch {
	case f.isDate:
		c.IsDate = true
		if r.w.date04 {
			v += offset1904
			c.Raw = strconv.FormatFloat(v, 'f', -1, 64)
		}
		if v >= 0 && v < 2958466 {
			c.Shown = epoch.AddDate(0, 0, int(v)).Format("2006-01-02")
		}
	case f.percent:
		shown, _ := strconv.ParseFloat(strconv.FormatFloat(v*100, 'e', 14, 64), 64) // 15 digits, as a spreadsheet shows them
		c.Shown = strconv.FormatFloat(shown, 'f', -1, 64) + "%"
	}
	return nil
}
