package templates

import (
	"fmt"
	"slices"
	"strings"
)

// Layout says where everything of the form stands in the Excel template: rows and columns only, no styling. The template
// is painted from it, and a workbook whose names are lost is read by it.
type Layout struct {
	Sheets []*SheetLayout
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
	TagRole     Role = "tag"     // 实际 / 承诺 under a year
	FormulaRole Role = "formula" // Text is an Excel formula without the leading =
)

// Static is the template's own text or formula. Rows and Cols say over how many cells it is merged (at least 1).
type Static struct {
	Row, Col, Rows, Cols int
	Role                 Role
	Text                 string
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
	ListSheet    = HiddenPrefix + "_lists" // what the dropdowns offer
	ReturnSheet  = "退回问题"                  // of a returned copy: what is to be mended; never read

	MetaForm    = "form"
	MetaYear    = "year"
	MetaVersion = "version"
	MetaParent  = "parent"
)

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
	l := &Layout{}
	for _, s := range form.Sheets {
		l.Sheets = append(l.Sheets, layOut(form, s))
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

// measure decides the columns of the sheet from the blocks it holds.
func (p *placer) measure() {
	p.valueEnd, p.noteCol = valueCol, valueCol+1
	p.out.Widths = []float64{12, 26, 11, 8, 52, 20}
	for _, b := range p.out.Sheet.Blocks {
		if b.Years != nil {
			n := len(b.Years.Columns)
			p.valueEnd = valueCol + n - 2 // group, label, unit, then the years
			p.noteCol = p.valueEnd + 1
			p.out.Widths = append([]float64{13, 42, 9}, slices.Repeat([]float64{13}, n)...)
			p.out.Widths = append(p.out.Widths, 20)
		}
		if b.Records != nil {
			p.out.Widths = nil
			for _, c := range b.Records.Columns {
				p.out.Widths = append(p.out.Widths, c.Width)
			}
		}
	}
	if !slices.ContainsFunc(p.out.Sheet.Blocks, func(b *Block) bool { return b.Notes == nil }) {
		p.out.Widths = []float64{84}
	}
	p.out.LastCol = len(p.out.Widths)
}

func (p *placer) static(row, col, rows, cols int, role Role, text string) {
	if text != "" {
		p.out.Statics = append(p.out.Statics, Static{row, col, rows, cols, role, text})
	}
}

func (p *placer) notes(notes []Note) {
	for _, n := range notes {
		p.static(p.row, 1, 1, p.out.LastCol, Role(n.Role), n.Text)
		p.row++
	}
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
	rows := rowsFor(f)
	label := f.Label + f.PrintedLimit
	// The label takes the columns of year and unit where there is neither.
	free := 1
	switch {
	case year.ID == "" && f.Unit == "":
		free = unitCol - labelCol + 1
	case year.ID == "":
		free = yearCol - labelCol + 1
	}
	p.static(p.row, labelCol, rows, free, LabelRole, label)
	anchor, cols := []string{label}, []int{labelCol}
	if year.ID != "" {
		anchor, cols = append(anchor, year.Label+year.Tag), append(cols, yearCol)
	}
	if year.ID != "" && f.Unit == "" {
		p.static(p.row, yearCol, rows, 2, YearRole, year.Label+year.Tag)
	} else if year.ID != "" {
		p.static(p.row, yearCol, rows, 1, YearRole, year.Label+year.Tag)
	}
	p.static(p.row, unitCol, rows, 1, UnitRole, f.Unit)
	p.static(p.row, p.noteCol, rows, 1, HintRole, p.hint(f))
	p.out.Slots = append(p.out.Slots, Slot{
		Name: SlotName(f.ID, year.Year), Field: f, Year: year.Year, Extra: f.Extra,
		Row: p.row, Col: valueCol, Rows: rows, Cols: p.valueEnd - valueCol + 1,
		RowAnchor: anchor, RowAnchorCols: cols,
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
	parts := []string{footnote, f.Hint, f.Seal}
	if f.Extra {
		parts = append(parts, p.form.ExtraTag)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n")
}

// Lines of text that fit in an input cell's width, and the number of lines a row of the sheet can be tall.
const (
	charsPerLine = 22
	linesPerRow  = 23
)

// LinesFor is how many lines of text an input cell has to show.
func LinesFor(f *Field) int {
	switch {
	case f.Tall > 0:
		return f.Tall
	case f.Limit > 0:
		return max(3, (f.Limit+charsPerLine-1)/charsPerLine)
	case f.Type == NamesField:
		return 2
	}
	return 1
}

// rowsFor is over how many rows an input cell is merged: Excel limits the height of one row.
func rowsFor(f *Field) int { return (LinesFor(f) + linesPerRow - 1) / linesPerRow }

// years places a header of two rows, then one row a metric: group, label, unit, the years, note.
func (p *placer) years(b *YearBlock) {
	header := p.row
	p.static(header, groupCol, 2, 1, HeaderRole, b.Category)
	p.static(header, labelCol, 2, 1, HeaderRole, b.Item)
	p.static(header, yearCol, 2, 1, HeaderRole, b.Unit)
	for i, id := range b.Columns {
		year, _ := p.form.Year(id)
		tag := year.Tag
		if slices.Contains(b.Extra, id) {
			tag += "\n" + p.form.ExtraTag
		}
		p.static(header, unitCol+i, 1, 1, HeaderRole, year.Label)
		p.static(header+1, unitCol+i, 1, 1, TagRole, tag)
	}
	p.row += 2
	p.out.Freeze = p.row - 1
	var groups []span
	for _, f := range b.Metrics {
		groups = append(groups, span{f.Group, p.row})
		p.static(p.row, labelCol, 1, 1, LabelRole, f.Label)
		p.static(p.row, yearCol, 1, 1, UnitRole, f.Unit)
		p.static(p.row, p.noteCol, 1, 1, HintRole, p.hint(f))
		for i, id := range b.Columns {
			year, _ := p.form.Year(id)
			p.out.Slots = append(p.out.Slots, Slot{
				Name: SlotName(f.ID, year.Year), Field: f, Year: year.Year, Extra: slices.Contains(b.Extra, id),
				Row: p.row, Col: unitCol + i, Rows: 1, Cols: 1,
				RowAnchor: []string{f.Label, f.Unit}, RowAnchorCols: []int{labelCol, yearCol},
				Header: year.Label, HeaderRow: header,
			})
		}
		p.row++
	}
	p.groups(groups)
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
