package templates

import (
	"fmt"
	"lianheti/stages/text"
	"slices"
	"strings"
)

// Layout says where everything of the form stands in the Excel template: rows and columns only, no styling. The template
// is painted from it, and a workbook whose names are lost is read by it.
type Layout struct {
	Sheets []*SheetLayout
	keys   map[string]string // of the printed texts
}

// Key is the name key of a text that the form prints; readers look for these in every workbook.
func (l *Layout) Key(words string) string {
	if key, ok := l.keys[words]; ok {
		return key
	}
	return text.NameKey(words)
}

// SheetLayout is one worksheet as a grid. Rows and columns are 1-based.
type SheetLayout struct {
	Sheet   *Sheet
	Widths  []float64 // column widths in characters, from column A
	Statics []Static
	Slots   []Slot
	Records []RecordArea
	LastRow int
	LastCol int
	Freeze  int // rows kept in view; 0: none
}

// Role says what a static cell is, for painting.
type Role string

const (
	TitleRole   Role = "title"
	HeadingRole Role = "heading"
	BodyRole    Role = "body"
	NoteRole    Role = "note"
	GroupRole   Role = "group"
	LabelRole   Role = "label"
	YearRole    Role = "year"
	UnitRole    Role = "unit"
	HintRole    Role = "hint"
	HeaderRole  Role = "header"
	TagRole     Role = "tag" // 实际 / 承诺 under a year
	AnnexRole   Role = "annex"
	CoverRole   Role = "cover" // title of the cover
	DatedRole   Role = "dated" // date printed on the cover
	CaptionRole Role = "caption"
	FormulaRole Role = "formula" // Text is an Excel formula without the leading =
	WordsRole   Role = "words"   // likewise: characters and limit of a text
	ShownRole   Role = "shown"   // likewise: what the self-check says of the workbook
	LinkRole    Role = "link"    // likewise: what is left on a sheet, leading there
)

// Formula says whether a static cell of this role holds a formula.
func (r Role) Formula() bool {
	return r == FormulaRole || r == WordsRole || r == ShownRole || r == LinkRole
}

// Static is the template's own text or formula. Rows and Cols say over how many cells it is merged (at least 1).
type Static struct {
	Row, Col, Rows, Cols int
	Role                 Role
	Text                 string
	Was                  string // in templates that were sent out earlier; empty where the same
}

// Slot is the input cell of a field in one year. Anchors are the template's texts by which it can be found again where
// its defined name is lost: the texts in its row to its left, and the header over it.
type Slot struct {
	Name                 string // defined name
	Field                *Field
	Year                 int // 0: undated
	Extra                bool
	Row, Col, Rows, Cols int
	RowAnchor            []string // label and year, or label and unit
	RowAnchorCols        []int
	Header               string // text of the header over the column; empty: none
	HeaderRow            int
	Lines                int // lines of text that it has to show, over all its rows
}

// RecordArea is a list: one defined name a column, over all prepared rows.
type RecordArea struct {
	Block     *RecordBlock
	HeaderRow int
	FirstRow  int
	LastRow   int
	Columns   []RecordColumn
}

// RecordColumn is one column of a record area.
type RecordColumn struct {
	Name  string
	Field *Field
	Col   int
}

// Columns of the line blocks: group, label, year, unit, value, note.
const (
	groupCol = 1
	labelCol = 2
	yearCol  = 3
	unitCol  = 4
	valueCol = 5
)

// MetaSheet is the very hidden sheet with the form's identity; its keys stand in column A, values in column B. Every sheet
// of the program's own begins with HiddenPrefix.
const (
	HiddenPrefix = "_lianheti"
	MetaSheet    = HiddenPrefix
	ListSheet    = HiddenPrefix + "_lists"  // what the dropdowns offer
	ValueSheet   = HiddenPrefix + "_values" // what the self-check calculates: of each input,
	CaseSheet    = HiddenPrefix + "_cases"  // of each place that a rule looks at,
	RowSheet     = HiddenPrefix + "_rows"   // of each row of a list
	ReturnSheet  = "退回问题"                   // of a returned copy: what is to be mended; never read
	CheckSheet   = "自检"                     // what the rules say of the workbook as it is filled; never read

	ReturnSaid     = "已作的说明" // the column of ReturnSheet that repeats the filler's own words,
	ReturnOutdated = "须重新说明" // or begins so where they no longer count

	MetaForm    = "form"
	MetaYear    = "year"
	MetaVersion = "version"
	MetaParent  = "parent"
	MetaSaid    = "said"  // what the parent says, as a hash: a copy that says the same was not worked on
	MetaAsked   = "asked" // the rows of 情况说明 that a copy was issued with, as a hash: they are not the filler's
)

// Names of what the self-check has to say, for the sheets that show it.
const (
	ProgressName   = "check_progress"   // required values filled
	ErrorsName     = "check_errors"     // rules of each severity that fail
	WarningsName   = "check_warnings"   //
	HintsName      = "check_hints"      //
	OpenName       = "check_open"       // rules that cannot be decided yet, hints left out
	ConclusionName = "check_conclusion" // in words
)

// CheckNames lists them.
var CheckNames = []string{ProgressName, ErrorsName, WarningsName, HintsName, OpenName, ConclusionName}

// SlotName is the defined name of a field in a year; year 0 is an undated field.
func SlotName(field string, year int) string {
	if year == 0 {
		return field
	}
	return fmt.Sprintf("%s_%d", field, year)
}

// Layout gives the places of the template, computed once at load.
func (d *Definition) Layout() *Layout { return d.layout }

// Slots lists every slot in form order.
func (l *Layout) Slots() []Slot {
	var out []Slot
	for _, s := range l.Sheets {
		out = append(out, s.Slots...)
	}
	return out
}

// Slot finds the slot of a field in a year.
func (l *Layout) Slot(field string, year int) (*SheetLayout, Slot, bool) {
	for _, s := range l.Sheets {
		for _, slot := range s.Slots {
			if slot.Field.ID == field && slot.Year == year {
				return s, slot, true
			}
		}
	}
	return nil, Slot{}, false
}

// Area finds a record area by the id of its block.
func (l *Layout) Area(id string) (*SheetLayout, RecordArea, bool) {
	for _, s := range l.Sheets {
		for _, a := range s.Records {
			if a.Block.ID == id {
				return s, a, true
			}
		}
	}
	return nil, RecordArea{}, false
}

func newLayout(form *Form) *Layout {
	l := &Layout{keys: map[string]string{}}
	for _, s := range form.Sheets {
		sheet := layOut(form, s)
		l.Sheets = append(l.Sheets, sheet)
		for _, printed := range sheet.Statics {
			if !printed.Role.Formula() {
				l.keys[printed.Text], l.keys[printed.Was] = text.NameKey(printed.Text), text.NameKey(printed.Was)
			}
		}
	}
	for _, was := range form.Formerly {
		l.keys[was] = text.NameKey(was)
	}
	return l
}

// layOut places the blocks of a sheet one under the other.
func layOut(form *Form, s *Sheet) *SheetLayout {
	p := &placer{form: form, out: &SheetLayout{Sheet: s}, row: 1}
	p.measure()
	for _, b := range s.Blocks {
		switch {
		case b.Notes != nil:
			p.notes(b.Notes)
		case b.Progress != nil:
			p.progress(b.Progress)
		case b.Lines != nil:
			p.lines(b.Lines)
		case b.Years != nil:
			p.years(b.Years)
		case b.Records != nil:
			p.records(b.Records)
		case b.RosterSummary != nil:
			p.summary(b.RosterSummary)
		}
	}
	p.out.LastRow = p.row - 1
	return p.out
}

// placer puts blocks on a sheet from top to bottom.
type placer struct {
	form *Form
	out  *SheetLayout
	row  int
	// valueEnd is the last column of the value cells, noteCol the column of the notes beside them.
	valueEnd, noteCol int
}

// Column widths, in characters. A4 shows 95 upright and 140 across at full size, so that 小四 stays 小四 on paper.
var (
	lineWidths     = []float64{12, 17, 14, 6, 22, 24} // group, label, year, unit, value, note
	plainWidths    = []float64{2, 14, 10, 7, 36, 26}  // the same where no line has a group
	guideWidths    = []float64{24, 71}
	yearBlockStart = []float64{14, 40, 7} // group, label, unit, before the years
	yearWidth      = 12.0
	yearNoteWidth  = 19.0
)

// measure decides the columns of the sheet from the blocks it holds.
func (p *placer) measure() {
	p.valueEnd, p.noteCol = valueCol, valueCol+1
	p.out.Widths = plainWidths
	lines := false
	for _, b := range p.out.Sheet.Blocks {
		lines = lines || b.Lines != nil
		if slices.ContainsFunc(b.Lines, func(f *Field) bool { return f.Group != "" }) || b.RosterSummary != nil {
			p.out.Widths = lineWidths
		}
	}
	for _, b := range p.out.Sheet.Blocks {
		if b.Years != nil {
			columns := p.yearColumns(b.Years)
			p.valueEnd = valueCol + len(columns) - 2 // group, label, unit, then the years
			p.noteCol = p.valueEnd + 1
			p.out.Widths = slices.Clone(yearBlockStart)
			for _, c := range columns {
				p.out.Widths = append(p.out.Widths, c.width)
			}
			p.out.Widths = append(p.out.Widths, yearNoteWidth)
			lines = true
		}
		if b.Records != nil {
			p.out.Widths = nil
			for _, c := range b.Records.Columns {
				p.out.Widths = append(p.out.Widths, c.Width)
			}
			lines = true
		}
	}
	if !lines {
		p.out.Widths = guideWidths
	}
	p.out.LastCol = len(p.out.Widths)
}

// progress places what the self-check says of the whole workbook, and what is left on each sheet.
func (p *placer) progress(b *ProgressBlock) {
	line := func(label string, role Role, formula string) {
		p.static(p.row, 1, 1, 1, CaptionRole, label)
		p.static(p.row, 2, 1, p.out.LastCol-1, role, formula)
		p.row++
	}
	for _, l := range b.Lines {
		line(l.Label, ShownRole, "check_"+l.Show)
	}
	for _, s := range p.form.Sheets {
		if s.Asks() {
			line(s.Title, LinkRole, fmt.Sprintf("HYPERLINK(%s,%s)", quote("#'"+s.Title+"'!A1"), LeftName(s)))
		}
	}
}

// Asks says whether a sheet has anything to fill in.
func (s *Sheet) Asks() bool {
	return slices.ContainsFunc(s.Blocks, func(b *Block) bool { return b.Lines != nil || b.Years != nil || b.Records != nil })
}

// LeftName is the defined name of what is left to fill in on a sheet, in words.
func LeftName(s *Sheet) string { return "check_left_" + s.ID }

func (p *placer) static(row, col, rows, cols int, role Role, text string) {
	if text == "" {
		return
	}
	was := p.form.Formerly[text]
	if hint, ok := strings.CutSuffix(text, p.form.Beyond.Tool); ok && role == HintRole {
		was = hint + p.form.ExtraTag
	}
	p.out.Statics = append(p.out.Statics, Static{row, col, rows, cols, role, text, was})
}

func (p *placer) notes(notes []Note) {
	for _, n := range notes {
		if Role(n.Role) == DatedRole {
			n.Text = p.form.Dated
		}
		p.static(p.row, 1, 1, p.out.LastCol, Role(n.Role), n.Text)
		if mark := p.mark(); mark != "" && Role(n.Role) == BodyRole { // the sheet's list is not the official form's
			s := &p.out.Statics[len(p.out.Statics)-1]
			s.Text, s.Was = n.Text+"（"+mark+"）", n.Text
		}
		p.row++
	}
}

// mark is how the list of the sheet is marked where the official form has none; empty otherwise.
func (p *placer) mark() string {
	for _, b := range p.out.Sheet.Blocks {
		if b.Records != nil && b.Records.Extra {
			return p.form.Mark(b.Records.Columns[0])
		}
	}
	return ""
}

// lines places one row a field and year: group, label, year, unit, value, note.
func (p *placer) lines(fields []*Field) {
	var groups []span
	for _, f := range fields {
		years := f.Years
		if len(years) == 0 {
			years = []string{""}
		}
		for _, id := range years {
			year, _ := p.form.Year(id)
			groups = append(groups, span{f.Group, p.row})
			p.line(f, year)
		}
	}
	p.groups(groups)
}

// span is a label and the row it begins in.
type span struct {
	label string
	row   int
}

// groups merges the group labels over the neighbouring rows that share one, up to the row placed last.
func (p *placer) groups(spans []span) {
	for i := 0; i < len(spans); {
		j, end := i, p.row
		for j < len(spans) && spans[j].label == spans[i].label {
			j++
		}
		if j < len(spans) {
			end = spans[j].row
		}
		p.static(spans[i].row, groupCol, end-spans[i].row, 1, GroupRole, spans[i].label)
		i = j
	}
}

func (p *placer) line(f *Field, year Year) {
	if f.Limit > 0 {
		p.prose(f, year)
		return
	}
	label := f.Label + f.PrintedLimit
	// The label takes the columns of year and unit where there is neither.
	free := 1
	switch {
	case year.ID == "" && f.Unit == "":
		free = unitCol - labelCol + 1
	case year.ID == "":
		free = yearCol - labelCol + 1
	}
	p.static(p.row, labelCol, 1, free, LabelRole, label)
	anchor, cols := []string{label}, []int{labelCol}
	if year.ID != "" {
		anchor, cols = append(anchor, year.Label+year.Tag), append(cols, yearCol)
	}
	if year.ID != "" && f.Unit == "" {
		p.static(p.row, yearCol, 1, 2, YearRole, year.Label+year.Tag)
	} else if year.ID != "" {
		p.static(p.row, yearCol, 1, 1, YearRole, year.Label+year.Tag)
	}
	p.static(p.row, unitCol, 1, 1, UnitRole, f.ShownUnit())
	p.static(p.row, p.noteCol, 1, 1, HintRole, p.hint(f))
	p.out.Slots = append(p.out.Slots, Slot{
		Name: SlotName(f.ID, year.Year), Field: f, Year: year.Year, Extra: f.Extra,
		Row: p.row, Col: valueCol, Rows: 1, Cols: p.valueEnd - valueCol + 1,
		RowAnchor: anchor, RowAnchorCols: cols, Lines: linesFor(f),
	})
	p.row++
}

// wordsLabel stands over the count of characters of an undated text.
const wordsLabel = "字数"

// prose places a text with a limit over two rows or more, so that the count of its characters stands beside it, under the year: the
// label, below it the hint; the year, below it the count; the text.
func (p *placer) prose(f *Field, year Year) {
	wide := 0.0
	for _, w := range p.out.Widths[unitCol-1 : p.noteCol] {
		wide += w
	}
	lines := max(3, f.Limit/int(wide*unitPixels/hanziPixels)+2) // room for the ends of paragraphs
	rows := 1 + (lines+linesPerRow-1)/linesPerRow               // the first is as tall as the year's cell
	name, label, tag := SlotName(f.ID, year.Year), f.Label+f.PrintedLimit, wordsLabel
	anchor, cols := []string{label}, []int{labelCol}
	if year.ID != "" {
		tag = year.Label + year.Tag
		anchor, cols = append(anchor, tag), append(cols, yearCol)
	}
	if hint := p.hint(f); hint == "" {
		p.static(p.row, labelCol, rows, 1, LabelRole, label)
	} else {
		p.static(p.row, labelCol, 1, 1, LabelRole, label)
		p.static(p.row+1, labelCol, rows-1, 1, HintRole, hint)
	}
	p.static(p.row, yearCol, 1, 1, YearRole, tag)
	p.static(p.row+1, yearCol, rows-1, 1, WordsRole, "check_words_"+name)
	p.out.Slots = append(p.out.Slots, Slot{
		Name: name, Field: f, Year: year.Year, Extra: f.Extra,
		Row: p.row, Col: unitCol, Rows: rows, Cols: p.noteCol - unitCol + 1,
		RowAnchor: anchor, RowAnchorCols: cols, Lines: lines,
	})
	p.row += rows
}

// A footnote that is longer than this stands below its table only.
const (
	longNote = 40
	seeBelow = "见表下注"
)

// hint is the note beside an input: footnote, hint, seal, and whether the official form knows the field.
func (p *placer) hint(f *Field) string {
	footnote := p.form.Note(f.Footnote)
	if Characters(footnote) > longNote {
		footnote = seeBelow
	}
	parts := []string{f.Heading, footnote, f.Hint, f.Seal, p.form.Mark(f)}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n")
}

// A unit of column width and a hanzi of the form's size, in pixels; and the lines that a row of the sheet can be tall.
const (
	unitPixels  = 7
	hanziPixels = 16
	linesPerRow = 22
)

// linesFor is how many lines an input cell of a single row has to show.
func linesFor(f *Field) int {
	switch {
	case f.Tall > 0:
		return f.Tall
	case f.Type == NamesField:
		return 2
	}
	return 1
}

// years places a header of two rows, then one row a metric: group, label, unit, the years, note.
func (p *placer) years(b *YearBlock) {
	header := p.row
	p.static(header, groupCol, 2, 1, HeaderRole, b.Category)
	p.static(header, labelCol, 2, 1, HeaderRole, b.Item)
	p.static(header, yearCol, 2, 1, HeaderRole, b.Unit)
	columns := p.yearColumns(b)
	for i, c := range columns {
		p.static(header, unitCol+i, 1, 1, HeaderRole, c.header)
		p.static(header+1, unitCol+i, 1, 1, TagRole, c.tag)
	}
	p.row += 2
	p.out.Freeze = p.row - 1
	var groups []span
	for m, f := range b.Metrics {
		groups = append(groups, span{f.Group, p.row})
		p.static(p.row, labelCol, 1, 1, LabelRole, f.Label)
		p.static(p.row, yearCol, 1, 1, UnitRole, f.ShownUnit())
		p.static(p.row, p.noteCol, 1, 1, HintRole, p.hint(f))
		for i, c := range columns {
			field := f
			if c.beside >= 0 {
				field = b.beside[m][c.beside]
			}
			p.out.Slots = append(p.out.Slots, Slot{
				Name: SlotName(field.ID, c.year.Year), Field: field, Year: c.year.Year, Extra: slices.Contains(b.Extra, c.year.ID),
				Row: p.row, Col: unitCol + i, Rows: 1, Cols: 1,
				RowAnchor: []string{f.Label, f.ShownUnit()}, RowAnchorCols: []int{labelCol, yearCol},
				Header: c.header, HeaderRow: header, Lines: 1,
			})
		}
		p.row++
	}
	p.groups(groups)
}

// yearColumn is one column of a block of years: a year's, or a companion's.
type yearColumn struct {
	year        Year
	header, tag string
	width       float64
	beside      int // of Companions; -1: the metrics themselves
}

// yearColumns orders them: each companion before its year, those without one behind the last.
func (p *placer) yearColumns(b *YearBlock) []yearColumn {
	var out []yearColumn
	companions := func(before string) {
		for i, c := range b.Companions {
			if c.Before == before {
				year, _ := p.form.Year(c.Year)
				out = append(out, yearColumn{year, c.header(p.form), c.Tag, c.Width, i})
			}
		}
	}
	for _, id := range b.Columns {
		companions(id)
		year, _ := p.form.Year(id)
		tag := year.Tag
		if slices.Contains(b.Extra, id) {
			tag += "\n" + p.form.ExtraTag
		}
		out = append(out, yearColumn{year, year.Label, tag, yearWidth, -1})
	}
	companions("")
	return out
}

// records places a header and the prepared rows.
func (p *placer) records(b *RecordBlock) {
	area := RecordArea{Block: b, HeaderRow: p.row, FirstRow: p.row + 1, LastRow: p.row + b.Rows}
	for i, f := range b.Columns {
		label := f.Label
		if f.Unit != "" {
			label += "（" + f.Unit + "）"
		}
		p.static(p.row, i+1, 1, 1, HeaderRole, label)
		area.Columns = append(area.Columns, RecordColumn{Name: f.ID, Field: f, Col: i + 1})
	}
	p.out.Records = append(p.out.Records, area)
	p.out.Freeze = p.row
	p.row = area.LastRow + 1
}

// summary places the counts by member kind, as formulas over the names of the record columns.
func (p *placer) summary(b *RosterSummary) {
	from := p.row
	for i, h := range b.Headers {
		p.static(p.row, []int{labelCol, unitCol, valueCol}[i], 1, []int{2, 1, 1}[i], HeaderRole, h)
	}
	p.row++
	for _, k := range p.form.Kinds {
		p.static(p.row, labelCol, 1, 2, LabelRole, k.Label)
		p.static(p.row, unitCol, 1, 1, FormulaRole, fmt.Sprintf(`SUMPRODUCT(--(%s_kind=%s))`, b.Of, quote(k.Label)))
		if k.School {
			p.static(p.row, valueCol, 1, 1, FormulaRole, fmt.Sprintf(`SUMIF(%s_kind,%s,%s_enrolment)`, b.Of, quote(k.Label), b.Of))
		}
		p.row++
	}
	p.static(from, groupCol, p.row-from, 1, GroupRole, b.Group)
}

// quote writes a text as an Excel string literal.
func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
