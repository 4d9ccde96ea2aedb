package intake

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/ooxml"
	"lianheti/stages/office/try"
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
	// maxGrid limits the cells that programs allocate for a sheet: all rows to the last, each to its last cell. One cell
	// in the last column of every row costs gigabytes in memory, and 30 bytes a row in the file.
	maxGrid = 2000000
)

// open verifies the container of a workbook and reads all filled cells, without the results of the template's own
// sheets. With onlySheet, a title, other sheets are neither read nor verified.
func open(data []byte, onlySheet string) (*Book, *Refusal) {
	p, refusal := unpack(data, table.Either(onlySheet == "", ooxml.Open, ooxml.OpenLazily))
	if refusal != nil {
		return nil, refusal
	}
	defer p.Release()
	w := &workbookReader{parts: p, walker: ooxml.NewWalker(), book: &Book{}, onlySheet: onlySheet}
	w.book.memory = *cellMemory.Get().(*[]Cell)
	if err := w.readAll(); err != nil {
		return nil, refuseFault(err, "")
	}
	return w.book, nil
}

func (w *workbookReader) readAll() (err error) {
	defer try.Caught(&err)
	main, contentType, err := w.parts.MainPart(w.walker)
	try.Do(inPart("[Content_Types].xml", err))
	try.Do(refuseKind(w.parts, contentType))
	if main == "" || !w.parts.Has(main) {
		return refuse(CodeDamaged, "找不到工作簿的主部件")
	}
	w.rels, err = w.parts.Relations(w.walker, main)
	try.Do(inPart(ooxml.RelationsPart(main), err))
	try.Do(w.walkPart(main, w.element))
	try.Do(w.checkSheets())
	try.Do(w.loadStrings())
	if w.onlySheet == "" {
		w.loadTheme()
		try.Do(w.loadStyles())
	}
	for _, s := range w.sheets {
		try.Do(w.loadSheet(s))
	}
	for _, s := range w.book.Sheets {
		rels, _ := w.parts.Relations(w.walker, s.part) // no value depends on what can't be read of these
		w.loadComments(s, ooxml.TargetByType(rels, "/comments"))
		w.loadDrawing(s, ooxml.TargetByType(rels, "/drawing"))
		s.embedded = len(table.Where(slices.Values(rels), func(r ooxml.Relation) bool {
			return strings.HasSuffix(r.Type, "/package") || strings.HasSuffix(r.Type, "/oleObject")
		}))
	}
	for i, n := range w.book.Names {
		if at, ok := parseUint([]byte(n.Scope)); ok && at < len(w.sheets) {
			w.book.Names[i].Scope = w.sheets[at].title
		}
	}
	return nil
}

// checkSheets refuses workbooks without sheets, and sheets that can't be told apart.
func (w *workbookReader) checkSheets() error {
	switch {
	case len(w.sheets) == 0:
		return refuse(CodeNotTemplate, "没有工作表")
	case len(w.sheets) > maxSheets:
		return refuse(CodeManyParts, "有 %d 张工作表", len(w.sheets))
	}
	titles, contents := map[string]bool{}, map[string]bool{}
	for _, s := range w.sheets {
		title, content := strings.ToLower(s.title), strings.ToLower(ooxml.TargetByID(w.rels, s.rid))
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
	parts         *ooxml.Parts
	walker        *ooxml.Walker
	rels          []ooxml.Relation
	onlySheet     string // title of the only sheet to read; empty: all
	book          *Book
	sheets        []sheetPart
	date04        bool
	strings       []cellText
	styles        []cellStyle // by style index
	theme         []string    // its colours
	hidingFormats []bool      // by dxfId: a conditional format that hides or changes what is shown
	counts
}

// counts are the totals over all sheets that are limited.
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
	switch name := string(e.Name); {
	case e.Depth == 1:
	case e.Start && name == "workbookPr":
		w.date04 = e.Attr("date1904") == "1" || e.Attr("date1904") == "true"
	case e.Start && name == "sheet" && e.Within("sheets") && (w.onlySheet == "" || w.onlySheet == e.Attr("name")):
		state := e.Attr("state")
		w.sheets = append(w.sheets,
			sheetPart{e.Attr("name"), e.AttrIn(ooxml.OfficeRelationships, "id"), state == "hidden" || state == "veryHidden"})
	case !e.Start && name == "definedName" && w.onlySheet == "":
		if len(w.book.Names) == maxNames {
			return tooManyError("名称超过 " + strconv.Itoa(maxNames) + " 个")
		}
		w.book.Names = append(w.book.Names, DefinedName{e.Attr("name"), e.Attr("localSheetId"), string(e.Text())})
	}
	return nil
}

// walkPart walks the elements of a part that no other program's extension added, if the workbook has the part.
func (w *workbookReader) walkPart(part string, native func(*ooxml.Element) error) error {
	if part == "" {
		return nil
	}
	return inPart(part, w.walker.Walk(w.parts.Get(part), func(e *ooxml.Element) error {
		if !e.Native {
			return nil
		}
		return native(e)
	}))
}

func (w *workbookReader) loadStrings() error {
	var text richText
	return w.walkPart(ooxml.TargetByType(w.rels, "/sharedStrings"), func(e *ooxml.Element) error {
		if text.element(e); !e.Start && string(e.Name) == "si" {
			w.strings = append(w.strings, text.take())
		}
		return nil
	})
}

var escaped = regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`)

// unescapeControl decodes the _x000D_ notation of control characters.
func unescapeControl(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escaped.ReplaceAllStringFunc(s, func(m string) string {
		n, _ := strconv.ParseUint(m[2:6], 16, 32)
		return string(rune(n))
	})
}

// cellStyle is what matters of a cell's style: number format, struck through, text too small or in the colour of its
// background.
type cellStyle struct {
	format            *numberFormat
	struck, invisible bool
}

type font struct {
	struck, tiny bool
	color        string
}

// legible is the size in points below which a text on screen or paper is a speck.
const legible = 4

func isTiny(size *ooxml.Element) bool {
	v, err := strconv.ParseFloat(size.Attr("val"), 64)
	return err == nil && v < legible
}

func (w *workbookReader) loadStyles() error {
	codes, fonts, fills, ids, overlays := map[int]string{}, []font{}, []string{}, [][3]int{}, []conditionalStyle{}
	repeats := map[int]bool{} // by style index
	err := w.walkPart(ooxml.TargetByType(w.rels, "/styles"), func(e *ooxml.Element) error {
		switch name := string(e.Name); {
		case !e.Start:
		case name == "dxf" && e.Within("dxfs"):
			overlays = append(overlays, conditionalStyle{background: white})
		case e.Within("dxf") && len(overlays) > 0:
			overlays[len(overlays)-1].element(e)
		case name == "numFmt" && e.Within("numFmts"):
			id, err := strconv.Atoi(e.Attr("numFmtId"))
			if err != nil {
				return damagedError("数字格式编号有误")
			}
			codes[id] = e.Attr("formatCode")
		case name == "font" && e.Within("fonts"):
			fonts = append(fonts, font{color: black})
		case name == "strike" && e.Within("fonts") && len(fonts) > 0:
			fonts[len(fonts)-1].struck = boolAttr(e.Attr("val"))
		case name == "color" && e.Within("fonts") && len(fonts) > 0 && e.Attr("auto") == "" && e.Attr("indexed") != "64":
			fonts[len(fonts)-1].color = readColor(e)
		case name == "sz" && e.Within("fonts") && len(fonts) > 0:
			fonts[len(fonts)-1].tiny = isTiny(e)
		case name == "fill" && e.Within("fills"):
			fills = append(fills, white)
		case len(fills) > 0 && (name == "fgColor" && e.Within("fills") && e.Parent().Attr("patternType") == "solid" ||
			name == "color" && e.Within("gradientFill") && e.Within("fills")):
			fills[len(fills)-1] = readColor(e)
		case name == "xf" && e.Within("cellXfs"):
			if len(ids) == maxStyles {
				return tooManyError("单元格格式超过 " + strconv.Itoa(maxStyles) + " 种")
			}
			id, _ := strconv.Atoi(e.Attr("numFmtId"))
			font, _ := strconv.Atoi(e.Attr("fontId"))
			fill, _ := strconv.Atoi(e.Attr("fillId"))
			ids = append(ids, [3]int{id, font, fill})
		case name == "alignment" && e.Within("cellXfs") && e.Attr("horizontal") == "fill": // 12 is shown as 121212
			repeats[len(ids)-1] = true
		}
		return nil
	})
	w.hidingFormats = table.Each(overlays, w.hides)
	known := map[int]*numberFormat{} // each code is parsed once, however many styles use it
	for i, id := range ids {
		if known[id[0]] == nil {
			known[id[0]] = newNumberFormat(id[0], codes)
		}
		look := cellStyle{format: known[id[0]], invisible: repeats[i]}
		if id[1] >= 0 && id[1] < len(fonts) {
			behind := white
			if id[2] >= 0 && id[2] < len(fills) {
				behind = w.rgb(fills[id[2]])
			}
			look.struck = fonts[id[1]].struck
			look.invisible = look.invisible || fonts[id[1]].tiny || indistinguishable(w.rgb(fonts[id[1]].color), behind) ||
				whiteFormat.MatchString(look.format.code) && indistinguishable(white, behind)
		}
		w.styles = append(w.styles, look)
	}
	return err
}

// styleOf is the cell style of an index; the zero style if it is unknown.
func (w *workbookReader) styleOf(index []byte) cellStyle {
	if i, ok := parseUint(index); ok && i < len(w.styles) {
		return w.styles[i]
	}
	return cellStyle{}
}

// richText collects a text run by run. Text struck through is kept apart. Superscript digits become the superscript
// characters, because 260² is not 2602. Phonetic guides are left out.
type richText struct {
	kept, struck          strings.Builder
	styledText, plainText strings.Builder // of the runs kept: those with a look of their own, and those with their cell's
	runStruck             bool            // the run at hand is struck through
	runStyled             bool            // it has a look of its own
	runHidden, hidden     bool            // it is white or tiny; so is one of the runs with text
	vertAlign             string
}

// element handles the elements inside <si> or <is>.
func (x *richText) element(e *ooxml.Element) {
	switch {
	case e.Start && string(e.Name) == "r":
		x.runStruck, x.runStyled, x.runHidden, x.vertAlign = false, false, false, ""
	case e.Start && string(e.Name) == "rPr":
		x.runStyled = true
	case e.Start && string(e.Name) == "strike" && e.Within("rPr"):
		x.runStruck = boolAttr(e.Attr("val"))
	case e.Start && (string(e.Name) == "color" || string(e.Name) == "sz") && e.Within("rPr"):
		x.runHidden = x.runHidden || string(e.Name) == "color" && readColor(e) == white || isTiny(e)
	case e.Start && string(e.Name) == "vertAlign" && e.Within("rPr"):
		x.vertAlign = e.Attr("val")
	case !e.Start && string(e.Name) == "t" && !e.Within("rPh"):
		run := e.Within("r")
		if !run {
			x.runStruck, x.runStyled, x.runHidden, x.vertAlign = false, false, false, ""
		}
		words := e.Text()
		x.hidden = x.hidden || x.runHidden && len(bytes.TrimSpace(words)) > 0
		if x.runStruck {
			x.struck.Write(words)
			return
		}
		if signs := raisedLowered[x.vertAlign]; signs != nil {
			words = []byte(signs.Replace(string(words)))
		}
		x.kept.Write(words)
		if x.runStyled {
			x.styledText.Write(words)
		} else if run {
			x.plainText.Write(words)
		}
	}
}

// take returns the text, and what was struck out of it. If all is struck out, that is the text.
func (x *richText) take() cellText {
	out := cellText{text: unescapeControl(x.kept.String()), struck: unescapeControl(x.struck.String()),
		hidden: x.hidden}
	if strings.TrimSpace(x.styledText.String()) != "" {
		out.styled, out.plain = unescapeControl(x.styledText.String()), unescapeControl(x.plainText.String())
	}
	if strings.TrimSpace(out.text) == "" && out.struck != "" {
		out.text = out.struck
	}
	*x = richText{}
	return out
}

// cellText is a text, what is struck out of it, its runs with and without a style of their own, and whether a part
// can't be seen.
type cellText struct {
	text, struck, styled, plain string
	hidden                      bool
}

// inCell returns the text in a cell; if the cell is struck through, so are the runs without their own style.
func (s cellText) inCell(crossed bool) (text, struck string) {
	switch {
	case !crossed:
		return s.text, s.struck
	case s.styled == "":
		return s.text, s.text
	}
	return s.styled, s.plain + s.struck
}

// boolAttr reads a boolean property, which is true if it has no value.
func boolAttr(val string) bool { return val != "0" && val != "false" }

var raisedLowered = map[string]*strings.Replacer{
	"superscript": strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴",
		"5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹", "+", "⁺", "-", "⁻"),
	"subscript": strings.NewReplacer("0", "₀", "1", "₁", "2", "₂", "3", "₃", "4", "₄",
		"5", "₅", "6", "₆", "7", "₇", "8", "₈", "9", "₉", "+", "₊", "-", "₋"),
}

// comment is the text of a cell comment. It is no data, but may be an answer to a question, so it is reported.
type comment struct{ cell, text string }

// loadComments reads the comments of a sheet. Unreadable ones are left out, because no value depends on them.
func (w *workbookReader) loadComments(sheet *Sheet, notes string) {
	if !w.parts.Has(notes) {
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
			if words := commentText(text.take().text, author); words != "" {
				sheet.comments = append(sheet.comments, comment{ref, words})
			}
		default:
			text.element(e)
		}
		return nil
	})
}

// threadedPrefixes begin a comment that stands for a conversation, for programs without these; its text comes last.
var threadedPrefixes = []string{"[Threaded comment]", "[线程批注]", "[线程注释]"}

// commentText is what a filler wrote in a comment, without our own text and the author's name that programs put first.
func commentText(note, author string) string {
	words := strings.TrimSpace(model.WithoutNotes(note))
	if slices.ContainsFunc(threadedPrefixes, func(head string) bool { return strings.HasPrefix(words, head) }) {
		if at := max(strings.LastIndex(words, ":\n"), strings.LastIndex(words, "：\n")); at >= 0 {
			words = strings.TrimLeft(words[at:], ":：\n ")
		}
	}
	if author != "" {
		words = strings.TrimPrefix(words, author+":")
	}
	return strings.TrimSpace(words)
}
