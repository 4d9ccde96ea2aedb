package intake

import (
	"bytes"
	"encoding/xml"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"lianheti/stages"
)

// Limits of a workbook's structure: a form has some 15 sheets and some thousand cells.
const (
	maxSheets = 100
	maxCells  = 300000
	maxMerges = 10000
	maxDepth  = 64
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
	main := p.target("_rels/.rels", "", "/officeDocument")
	if main == "" || p[main] == nil {
		return nil, refuse(CodeDamaged, "找不到工作簿的主部件")
	}
	w := &workbookReader{parts: p, dir: path.Dir(main), rels: relsName(main), book: &Book{}}
	if err := walk(p[main], w.element); err != nil {
		return nil, w.refusal(err, main)
	}
	if len(w.sheets) == 0 || len(w.sheets) > maxSheets {
		return nil, refuse(CodeManyParts, "有 %d 张工作表", len(w.sheets))
	}
	titles := map[string]bool{}
	for _, s := range w.sheets {
		title := strings.ToLower(s.title)
		if titles[title] { // a place could not say which of the two it means
			return nil, refuse(CodeDamaged, "工作表“%s”有两张", s.title)
		}
		titles[title] = true
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

// target finds the part that a relationship points at, by the end of its type.
func (p parts) target(rels, dir, kind string) string {
	found := ""
	_ = walk(p[rels], func(e *element) error {
		if e.name == "Relationship" && found == "" && strings.HasSuffix(e.attr("Type"), kind) {
			found = resolve(dir, e.attr("Target"))
		}
		return nil
	})
	return found
}

func resolve(dir, target string) string {
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(target, "/")
	}
	return path.Join(dir, target)
}

// element is what a walk shows: an element at its end, with its attributes and its own text.
type element struct {
	name  string
	attrs []xml.Attr
	text  strings.Builder
	start bool // shown at its start, before its content
	path  []string
}

func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// errXML is a reason that a part can't be believed.
type errXML struct{ what string }

func (e errXML) Error() string { return e.what }

// walk reads a part strictly to its end and shows every element twice: at its start and, with its text, at its end. It
// knows no DOCTYPE and no entities but XML's own.
func walk(data []byte, show func(*element) error) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	var open []*element
	var names []string
	root := false
	for {
		token, err := d.Token()
		if err != nil {
			if root && len(open) == 0 && err.Error() == "EOF" {
				return nil
			}
			return errXML{"XML 不完整"}
		}
		switch t := token.(type) {
		case xml.StartElement:
			if root && len(open) == 0 || len(open) >= maxDepth {
				return errXML{"XML 结构异常"}
			}
			root = true
			names = append(names, t.Name.Local)
			e := &element{name: t.Name.Local, attrs: t.Attr, start: true, path: names}
			open = append(open, e)
			if err := show(e); err != nil {
				return err
			}
			e.start = false
		case xml.EndElement:
			e := open[len(open)-1]
			if err := show(e); err != nil {
				return err
			}
			open, names = open[:len(open)-1], names[:len(names)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text.Write(t)
			}
		case xml.Directive:
			return errXML{"含 DOCTYPE"}
		}
	}
}

// workbookReader reads the parts of one workbook.
type workbookReader struct {
	parts   parts
	dir     string
	rels    string
	book    *Book
	sheets  []sheetPart
	date04  bool
	strings []string
	formats []format // by style index
	cells   int
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
		w.book.Names = append(w.book.Names, DefinedName{e.attr("name"), e.attr("localSheetId"), e.text.String()})
	}
	return nil
}

// relation finds the part of a relationship id, or of a kind.
func (w *workbookReader) relation(id, kind string) string {
	found := ""
	_ = walk(w.parts[w.rels], func(e *element) error {
		if e.start && e.name == "Relationship" && (id != "" && e.attr("Id") == id || id == "" && strings.HasSuffix(e.attr("Type"), kind)) {
			found = resolve(w.dir, e.attr("Target"))
		}
		return nil
	})
	return found
}

// loadStrings reads the shared strings: rich text joined, phonetic guides left out.
func (w *workbookReader) loadStrings() *Refusal {
	part := w.relation("", "/sharedStrings")
	if part == "" {
		return nil
	}
	var text strings.Builder
	err := walk(w.parts[part], func(e *element) error {
		switch {
		case e.start:
		case e.name == "t" && !within(e.path, "rPh"):
			text.WriteString(e.text.String())
		case e.name == "si":
			w.strings = append(w.strings, unescape(text.String()))
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
	code   string
	isDate bool
}

// loadStyles reads which number format each style has.
func (w *workbookReader) loadStyles() *Refusal {
	part := w.relation("", "/styles")
	if part == "" {
		return nil
	}
	codes := map[int]string{}
	err := walk(w.parts[part], func(e *element) error {
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
			id, _ := strconv.Atoi(e.attr("numFmtId"))
			w.formats = append(w.formats, formatOf(id, codes))
		}
		return nil
	})
	if err != nil {
		return w.refusal(err, part)
	}
	return nil
}

// Number formats that every program knows by number.
var builtin = map[int]string{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
	37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 48: "##0.0E+0", 49: "@"}

func formatOf(id int, codes map[int]string) format {
	if code, ok := codes[id]; ok {
		return format{code, showsDate(code)}
	}
	if id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58 {
		return format{"yyyy-mm-dd", true} // dates and times, East Asian ones included
	}
	return format{builtin[id], false}
}

var formatLiteral = regexp.MustCompile(`"[^"]*"|\\.|\[[^\]]*\]|_.|\*.`)

// showsDate says whether a format code shows a date or a time.
func showsDate(code string) bool {
	bare := strings.ToLower(formatLiteral.ReplaceAllString(code, ""))
	return strings.ContainsAny(bare, "ymdhs") && !strings.Contains(bare, "general") && !strings.ContainsAny(bare, "0#?")
}

// loadSheet reads one worksheet to its end.
func (w *workbookReader) loadSheet(part sheetPart) *Refusal {
	name := w.relation(part.rid, "")
	data, ok := w.parts[name]
	if !ok || part.rid == "" {
		return refuse(CodeDamaged, "工作表“%s”的内容缺失", part.title)
	}
	s := &Sheet{Title: part.title, at: map[[2]int]int{}, texts: map[string][][2]int{}}
	r := &sheetReader{w: w, sheet: s}
	if err := walk(data, r.element); err != nil {
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
		r.value, r.hasV = e.text.String(), true
	case e.name == "f":
		r.formula = e.text.String()
		if r.formula == "" && e.attr("t") == "shared" {
			r.formula = "shared"
		}
	case e.name == "t" && within(e.path, "is") && !within(e.path, "rPh"):
		r.inline.WriteString(e.text.String())
	case e.name == "c":
		return r.endCell(e)
	}
	return nil
}

func (r *sheetReader) beginRow(name string) error {
	r.row, r.col = r.row+1, 0
	if name == "" {
		return nil
	}
	n, err := strconv.Atoi(name)
	if err != nil || n < 1 || n > maxRow {
		return errXML{"行号有误"}
	}
	r.row = n
	return nil
}

func (r *sheetReader) beginCell(name string) error {
	r.col++
	if name == "" {
		return nil
	}
	row, col, ok := parseCell(name)
	if !ok || row != r.row {
		return errXML{"单元格 " + name + " 的位置有误"}
	}
	r.col = col
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
	c.Place = stages.Place{Sheet: r.sheet.Title, Cell: stages.CellName(r.row, r.col)}
	c.Row, c.Col, c.Formula = r.row, r.col, r.formula != ""
	if err := r.fill(&c, kind, e.attr("s")); err != nil {
		return err
	}
	c.Filled = strings.TrimSpace(c.Raw) != ""
	if !r.sheet.add(c) {
		return errXML{"单元格 " + c.Place.Cell + " 出现两次"}
	}
	return nil
}

// fill gives a cell its kind and value.
func (r *sheetReader) fill(c *Cell, kind, style string) error {
	if kind != "inlineStr" && r.inline.Len() > 0 {
		return errXML{"单元格 " + c.Place.Cell + " 的内容与类型不符"}
	}
	switch kind {
	case "s":
		i, err := strconv.Atoi(r.value)
		if err != nil || i < 0 || i >= len(r.w.strings) {
			return errXML{"单元格 " + c.Place.Cell + " 的文字缺失"}
		}
		c.Kind, c.Raw = stages.Text, r.w.strings[i]
	case "str", "inlineStr":
		c.Kind, c.Raw = stages.Text, unescape(r.inline.String())
		if kind == "str" || c.Raw == "" {
			c.Raw = unescape(r.value)
		}
	case "b":
		if r.value != "0" && r.value != "1" && r.value != "" {
			return errXML{"单元格 " + c.Place.Cell + " 的是否值有误"}
		}
		c.Kind, c.Raw = stages.Bool, r.value
	case "e":
		c.Kind, c.Raw = stages.Error, r.value
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
		c.Kind, c.Raw, c.Shown = stages.Text, r.value, r.value
		return
	}
	c.Kind, c.IsDate, c.Format = stages.Number, true, "yyyy-mm-dd"
	c.Raw, c.Shown = strconv.Itoa(int(t.Sub(epoch).Hours()/24)), r.value
}

// days between the first days of the two date systems
const offset1904 = 1462

func (r *sheetReader) number(c *Cell, style string) error {
	if r.value == "" { // a formula without a cached result
		return nil
	}
	value := strings.TrimSpace(r.value)
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || strings.Trim(value, "0123456789+-.eE") != "" { // no NaN, no hexadecimal
		return errXML{"单元格 " + c.Place.Cell + " 的数字有误"}
	}
	c.Kind, c.Raw, c.Shown = stages.Number, value, value
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
	case strings.Contains(formatLiteral.ReplaceAllString(f.code, ""), "%"):
		shown, _ := strconv.ParseFloat(strconv.FormatFloat(v*100, 'e', 14, 64), 64) // 15 digits, as a spreadsheet shows them
		c.Shown = strconv.FormatFloat(shown, 'f', -1, 64) + "%"
	}
	return nil
}
