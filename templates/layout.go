package templates

import (
	"strconv"

	"lianheti/stages/text"
)

// Layout is where everything of the form stands in the Excel template: rows and columns, no styling.
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

// Slot is the input cell of a field in one year. By its anchors and header it is found where its defined name is lost.
type Slot struct {
	Name                 string // defined name
	Sheet                string // its title
	Field                *Field
	Year                 int // 0: undated
	Row, Col, Rows, Cols int
	RowAnchor            []string // label and year, or label and unit
	RowAnchorCols        []int
	Header               string // text of the header over the column; empty: none
	Lines                int    // lines of text that it has to show, over all its rows
}

// RecordArea is a list: one defined name a column, over all prepared rows.
type RecordArea struct {
	Block     *RecordBlock
	Sheet     string // its title
	HeaderRow int
	FirstRow  int
	LastRow   int
	Columns   []RecordColumn
}

// RecordColumn is one column of a record area.
type RecordColumn struct {
	Name   string // defined name: the field's id
	Header string
	Field  *Field
	Col    int
}

// Columns of the line blocks: group, label, year, unit, value, note.
const (
	groupCol = 1
	labelCol = 2
	yearCol  = 3
	unitCol  = 4
	valueCol = 5
)

// MetaSheet is very hidden: the form's identity, keys in column A, values in B. Sheets of ours begin with HiddenPrefix.
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

// SlotName is the defined name of a field in a year; year 0 is an undated field.
func SlotName(field string, year int) string {
	if year == 0 {
		return field
	}
	return field + "_" + strconv.Itoa(year)
}

// Layout gives the places of the template, computed once at load.
func (d *Definition) Layout() *Layout { return d.layout }

// Slots lists every slot in form order.
func (l *Layout) Slots() []Slot {
	return flat(l.Sheets, func(s *SheetLayout) []Slot { return s.Slots })
}

// Slot finds the slot of a field in a year, or gives a zero one.
func (l *Layout) Slot(field string, year int) Slot {
	return first(l.Slots(), func(x Slot) bool { return x.Field.ID == field && x.Year == year })
}

// Area finds a record area by the id of its block, or gives a zero one.
func (l *Layout) Area(id string) RecordArea {
	areas := flat(l.Sheets, func(s *SheetLayout) []RecordArea { return s.Records })
	return first(areas, func(a RecordArea) bool { return a.Block.ID == id })
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

// BlankTest is the condition under which the form frames a required cell: it is empty.
func BlankTest(cell string) string { return "LEN(TRIM(" + cell + "))=0" }
