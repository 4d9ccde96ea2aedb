package intake

import (
	"cmp"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/table"
)

// Limits of a workbook's structure: a form has some 15 sheets and some thousand cells.
const (
	maxSheets = 100
	maxNames  = 20000
	maxCells  = 100000 // with content
	maxMerges = 10000
	maxStyles = 65000
	maxText   = 32767   // of one cell
	maxWords  = 2000000 // characters of all cells: looking for persons and phones takes a second for each million
	// maxGrid bounds what a program makes of the sheets it opens: all rows down to the last, each as wide as its last
	// cell. One cell in the last column of every row costs gigabytes, and 30 bytes a row in the file.
	maxGrid = 2000000
)

// open reads a workbook: the container proven, every sheet walked to its end, every filled cell kept, but for what the
// template's own sheets calculate where whole is not asked for. Of only one sheet, named by its title, the others are
// left alone, and unproven.
func open(data []byte, whole bool, only string) (*Book, *Refusal) {
	with := ooxml.Open
	if only != "" {
		with = ooxml.Glance
	}
	p, refusal := unpack(data, with)
	if refusal != nil {
		return nil, refusal
	}
	defer p.Release()
	w := &workbookReader{parts: p, walker: ooxml.NewWalker(), book: &Book{}, whole: whole, only: only}
	gathered := scratch.Get().(*[]Cell)
	w.gathered = *gathered
	defer func() {
		clear(w.gathered[:cap(w.gathered)])
		*gathered = w.gathered
		scratch.Put(gathered)
	}()
	main, contentType, err := p.Main(w.walker)
	if err != nil {
		return nil, damaged(err, "[Content_Types].xml")
	}
	if refusal := kind(p, contentType); refusal != nil {
		return nil, refusal
	}
	return w.read(main)
}

// scratch is where the cells of a sheet are gathered, before it is known how many there are.
var scratch = sync.Pool{New: func() any { return new([]Cell) }}

func (w *workbookReader) read(main string) (book *Book, refusal *Refusal) {
	if main == "" || !w.parts.Has(main) {
		return nil, refuse(CodeDamaged, "找不到工作簿的主部件")
	}
	var err error
	if w.rels, err = w.parts.Relations(w.walker, main); err != nil {
		return nil, damaged(err, ooxml.RelationsOf(main))
	}
	if err := w.walker.Walk(w.parts.Get(main), w.element); err != nil {
		return nil, damaged(err, main)
	}
	if refusal := w.distinct(); refusal != nil {
		return nil, refusal
	}
	if refusal = cmp.Or(w.loadStrings(), w.loadStyles()); refusal != nil {
		return nil, refusal
	}
	for _, s := range w.sheets {
		if w.only != "" && w.only != s.title {
			continue
		}
		if refusal := w.loadSheet(s); refusal != nil {
			return nil, refusal
		}
	}
	for _, s := range w.book.Sheets {
		w.loadComments(s)
	}
	for i, n := range w.book.Names {
		if at, err := strconv.Atoi(n.Scope); err == nil && at >= 0 && at < len(w.sheets) {
			w.book.Names[i].Scope = w.sheets[at].title
		}
	}
	return w.book, nil
}

// distinct sees to it that there are sheets, and that each is told apart from the others.
func (w *workbookReader) distinct() *Refusal {
	switch {
	case len(w.sheets) == 0:
		return refuse(CodeNotTemplate, "没有工作表")
	case len(w.sheets) > maxSheets:
		return refuse(CodeManyParts, "有 %d 张工作表", len(w.sheets))
	}
	titles, contents := map[string]bool{}, map[string]bool{}
	for _, s := range w.sheets {
		title, content := strings.ToLower(s.title), strings.ToLower(ooxml.ByID(w.rels, s.rid))
		if titles[title] { // a place could not say which of the two it means
			return refuse(CodeDamaged, "工作表“%s”有两张", s.title)
		}
		if contents[content] {
			return refuse(CodeDamaged, "两张工作表共用一份内容")
		}
		titles[title], contents[content] = true, true
	}
	return nil
}

type workbookReader struct {
	parts    *ooxml.Parts
	walker   *ooxml.Walker
	rels     []ooxml.Relation
	gathered []Cell // of the sheet at hand
	whole    bool   // keep what the template's own sheets calculate
	only     string // title of the only sheet to read; empty: all
	book     *Book
	sheets   []sheetPart
	date04   bool
	strings  []cellText
	styles   []style // by style index
	veils    []bool  // by dxfId: a conditional format that hides or changes what is shown
	counts
}

// counts are what is bounded over all sheets.
type counts struct {
	cells int
	words int // characters in cells
	grid  int // see maxGrid
}

type sheetPart struct {
	title, rid string
	hidden     bool
}

func (w *workbookReader) element(e *ooxml.Element) error {
	if !e.Native || e.Depth == 1 {
		return nil
	}
	switch name := string(e.Name); {
	case e.Start && name == "workbookPr":
		w.date04 = e.Attr("date1904") == "1" || e.Attr("date1904") == "true"
	case e.Start && name == "sheet" && e.Within("sheets"):
		state := e.Attr("state")
		w.sheets = append(w.sheets,
			sheetPart{e.Attr("name"), e.AttrIn(ooxml.Related, "id"), state == "hidden" || state == "veryHidden"})
	case !e.Start && name == "definedName":
		if len(w.book.Names) == maxNames {
			return tooMany("名称超过 " + strconv.Itoa(maxNames) + " 个")
		}
		w.book.Names = append(w.book.Names, DefinedName{e.Attr("name"), e.Attr("localSheetId"), string(e.Text())})
	}
	return nil
}

// load walks the part of a kind that the workbook may have.
func (w *workbookReader) load(kind string, native func(*ooxml.Element) error) *Refusal {
	part := ooxml.ByType(w.rels, kind)
	if part == "" {
		return nil
	}
	err := w.walker.Walk(w.parts.Get(part), func(e *ooxml.Element) error {
		if !e.Native {
			return nil
		}
		return native(e)
	})
	if err != nil {
		return damaged(err, part)
	}
	return nil
}

func (w *workbookReader) loadStrings() *Refusal {
	var text richText
	return w.load("/sharedStrings", func(e *ooxml.Element) error {
		if text.element(e); !e.Start && string(e.Name) == "si" {
			w.strings = append(w.strings, text.take())
		}
		return nil
	})
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

// style is what of a cell's style counts: its format, whether it is struck through, or has the colour of its cell.
type style struct {
	format         *format
	struck, unseen bool
}

type font struct {
	struck bool
	color  string
}

// overlay is what a conditional format lays over a cell.
type overlay struct {
	color, behind string
	format        bool
}

func (o *overlay) element(e *ooxml.Element) {
	switch string(e.Name) {
	case "numFmt":
		o.format = e.Attr("formatCode") != "General"
	case "color":
		if e.Within("font") {
			o.color = colorOf(e)
		}
	case "bgColor":
		o.behind = colorOf(e)
	}
}

// veil says whether a cell under it shows nothing, or something else.
func (o overlay) veil() bool { return o.format || o.color != "" && alike(o.color, o.behind) }

// inWhite finds a number format that writes in white whatever the font.
var inWhite = regexp.MustCompile(`(?i)\[(?:white|白色?|(?:color|颜色) ?2)\]`)

// colorOf names a colour as RRGGBB where it is written so, or is the sheet's own white.
func colorOf(e *ooxml.Element) string {
	switch theme, indexed, rgb := e.Attr("theme"), e.Attr("indexed"), e.Attr("rgb"); {
	case theme == "0" && e.Attr("tint") == "", indexed == "1", indexed == "9", indexed == "65":
		return white
	case len(rgb) == 8:
		return rgb[2:]
	default:
		return theme + "," + e.Attr("tint") + "," + indexed
	}
}

const white = "FFFFFF"

// alike says whether two colours can't be told apart: none of their parts differs by an eighth.
func alike(x, y string) bool {
	a, err := hex.DecodeString(x)
	b, also := hex.DecodeString(y)
	if err != nil || also != nil || len(a) != 3 || len(b) != 3 {
		return x == y
	}
	for i := range a {
		if max(a[i], b[i])-min(a[i], b[i]) > 32 {
			return false
		}
	}
	return true
}

func (w *workbookReader) loadStyles() *Refusal {
	codes, fonts, fills, ids, overlays := map[int]string{}, []font{}, []string{}, [][3]int{}, []overlay{}
	refusal := w.load("/styles", func(e *ooxml.Element) error {
		switch name := string(e.Name); {
		case !e.Start:
		case name == "dxf" && e.Within("dxfs"):
			overlays = append(overlays, overlay{behind: white})
		case e.Within("dxf") && len(overlays) > 0:
			overlays[len(overlays)-1].element(e)
		case name == "numFmt" && e.Within("numFmts"):
			id, err := strconv.Atoi(e.Attr("numFmtId"))
			if err != nil {
				return wrong("数字格式编号有误")
			}
			codes[id] = e.Attr("formatCode")
		case name == "font" && e.Within("fonts"):
			fonts = append(fonts, font{})
		case name == "strike" && e.Within("fonts") && len(fonts) > 0:
			fonts[len(fonts)-1].struck = on(e.Attr("val"))
		case name == "color" && e.Within("fonts") && len(fonts) > 0:
			fonts[len(fonts)-1].color = colorOf(e)
		case name == "fill" && e.Within("fills"):
			fills = append(fills, white)
		case name == "fgColor" && e.Within("fills") && len(fills) > 0 && e.Parent().Attr("patternType") == "solid":
			fills[len(fills)-1] = colorOf(e)
		case name == "xf" && e.Within("cellXfs"):
			if len(ids) == maxStyles {
				return tooMany("单元格格式超过 " + strconv.Itoa(maxStyles) + " 种")
			}
			id, _ := strconv.Atoi(e.Attr("numFmtId"))
			font, _ := strconv.Atoi(e.Attr("fontId"))
			fill, _ := strconv.Atoi(e.Attr("fillId"))
			ids = append(ids, [3]int{id, font, fill})
		}
		return nil
	})
	w.veils = table.Each(overlays, overlay.veil)
	known := map[int]*format{} // each code is looked at once, however many styles use it
	for _, id := range ids {
		if known[id[0]] == nil {
			known[id[0]] = formatOf(id[0], codes)
		}
		look := style{format: known[id[0]]}
		if id[1] >= 0 && id[1] < len(fonts) {
			behind := white
			if id[2] >= 0 && id[2] < len(fills) {
				behind = fills[id[2]]
			}
			look.struck, look.unseen = fonts[id[1]].struck, alike(fonts[id[1]].color, behind)
			look.unseen = look.unseen || inWhite.MatchString(look.format.code) && alike(white, behind)
		}
		w.styles = append(w.styles, look)
	}
	return refusal
}

// styleOf is the style of an index as a cell has it; that of an unknown one says nothing.
func (w *workbookReader) styleOf(index []byte) style {
	if i, ok := digits(index); ok && i < len(w.styles) {
		return w.styles[i]
	}
	return style{}
}

// richText gathers a text run by run. What a filler struck out is kept apart. Raised and lowered digits are written as
// the signs that look so, because 260² is not 2602. Phonetic guides are left out.
type richText struct {
	kept, struck strings.Builder
	own, bare    strings.Builder // of the runs kept: those with a look of their own, and those with their cell's
	crossed      bool            // the run at hand is struck through
	styled       bool            // it has a look of its own
	place        string
}

// element takes what stands inside <si> or <is>.
func (x *richText) element(e *ooxml.Element) {
	switch {
	case e.Start && string(e.Name) == "r":
		x.crossed, x.styled, x.place = false, false, ""
	case e.Start && string(e.Name) == "rPr":
		x.styled = true
	case e.Start && string(e.Name) == "strike" && e.Within("rPr"):
		x.crossed = on(e.Attr("val"))
	case e.Start && string(e.Name) == "vertAlign" && e.Within("rPr"):
		x.place = e.Attr("val")
	case !e.Start && string(e.Name) == "t" && !e.Within("rPh"):
		run := e.Within("r")
		if !run {
			x.crossed, x.styled, x.place = false, false, ""
		}
		words := e.Text()
		if x.crossed {
			x.struck.Write(words)
			return
		}
		if signs := shiftedSigns[x.place]; signs != nil {
			words = []byte(signs.Replace(string(words)))
		}
		x.kept.Write(words)
		if x.styled {
			x.own.Write(words)
		} else if run {
			x.bare.Write(words)
		}
	}
}

// take gives the text, and what was struck out of it. Where all of it is, that is the text.
func (x *richText) take() cellText {
	out := cellText{text: unescape(x.kept.String()), struck: unescape(x.struck.String())}
	if strings.TrimSpace(x.own.String()) != "" {
		out.own, out.bare = unescape(x.own.String()), unescape(x.bare.String())
	}
	if strings.TrimSpace(out.text) == "" && out.struck != "" {
		out.text = out.struck
	}
	*x = richText{}
	return out
}

// cellText is a text as shown, what is struck out in it, and its runs with and without a look of their own.
type cellText struct{ text, struck, own, bare string }

// in gives the text in a cell: where that is struck through, so is what looks as the cell does.
func (s cellText) in(crossed bool) (text, struck string) {
	switch {
	case !crossed:
		return s.text, s.struck
	case s.own == "":
		return s.text, s.text
	}
	return s.own, s.bare + s.struck
}

// on reads a property that is also on where it has no value.
func on(val string) bool { return val != "0" && val != "false" }

var shiftedSigns = map[string]*strings.Replacer{
	"superscript": strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴",
		"5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹", "+", "⁺", "-", "⁻"),
	"subscript": strings.NewReplacer("0", "₀", "1", "₁", "2", "₂", "3", "₃", "4", "₄",
		"5", "₅", "6", "₆", "7", "₇", "8", "₈", "9", "₉", "+", "₊", "-", "₋"),
}

// comment is what somebody wrote in the note of a cell. It is no data, but may answer what was asked: it is reported.
type comment struct{ cell, words string }

// loadComments reads the notes of a sheet. What can't be read there is left out: no value rests on it.
func (w *workbookReader) loadComments(sheet *Sheet) {
	rels, err := w.parts.Relations(w.walker, sheet.part)
	if err != nil {
		return
	}
	notes := ooxml.ByType(rels, "/comments")
	if notes == "" || !w.parts.Has(notes) {
		return
	}
	var text richText
	var authors []string
	ref, author := "", ""
	_ = w.walker.Walk(w.parts.Get(notes), func(e *ooxml.Element) error {
		switch name := string(e.Name); {
		case !e.Native:
		case !e.Start && name == "author":
			authors = append(authors, string(e.Text()))
		case e.Start && name == "comment":
			ref, author, text = e.Attr("ref"), "", richText{}
			if i, err := strconv.Atoi(e.Attr("authorId")); err == nil && i >= 0 && i < len(authors) {
				author = authors[i]
			}
		case !e.Start && name == "comment":
			if words := written(text.take().text, author); words != "" {
				sheet.comments = append(sheet.comments, comment{ref, words})
			}
		default:
			text.element(e)
		}
		return nil
	})
}

// Beginnings of a note that stands for a conversation, for programs that know only notes; the words come last.
var conversations = []string{"[Threaded comment]", "[线程批注]", "[线程注释]"}

// written is what a filler wrote in a note: without our own words, and the author's name that programs put first.
func written(note, author string) string {
	words := strings.TrimSpace(model.WithoutNotes(note))
	if slices.ContainsFunc(conversations, func(head string) bool { return strings.HasPrefix(words, head) }) {
		if at := max(strings.LastIndex(words, ":\n"), strings.LastIndex(words, "：\n")); at >= 0 {
			words = strings.TrimLeft(words[at:], ":：\n ")
		}
	}
	if author != "" {
		words = strings.TrimPrefix(words, author+":")
	}
	return strings.TrimSpace(words)
}
