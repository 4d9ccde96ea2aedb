package templates

import (
	"strconv"

	"lianheti/stages/text"
)

// Layout gives every text and input of the form its cells in the Excel template: rows and columns, no styling.
type Layout struct {
	Sheets []*SheetLayout
	keys   map[string]string // name keys of the template's texts
}

// Key is text.NameKey, cached for the template's texts: readers look for these in every workbook.
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

// Role is the kind of a static cell; it decides the style.
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
	WordsRole   Role = "words"   // likewise: number of characters of a text, and its limit
	ShownRole   Role = "shown"   // likewise: a result of the self-check
	LinkRole    Role = "link"    // likewise: what is left to fill in on a sheet, with a link to it
)

// Formula says whether a static cell of this role holds a formula.
func (r Role) Formula() bool {
	return r == FormulaRole || r == WordsRole || r == ShownRole || r == LinkRole
}

// Static is a text or formula of the template itself, merged over Rows × Cols cells (at least 1 × 1).
type Static struct {
	Row, Col, Rows, Cols int
	Role                 Role
	Text                 string
	Was                  string // Text in templates sent out earlier; empty where it is the same
}

// Slot is the input cell of a field in one year. Readers find it by its defined name, or, where a workbook has lost
// that, by the texts in its row (anchors) and over its column (header).
type Slot struct {
	Name                 string // defined name
	Sheet                string // its title
	Field                *Field
	Year                 int // 0: undated
	Row, Col, Rows, Cols int
	RowAnchor            []string // label, year and unit, those that there are
	RowAnchorCols        []int
	Header               string // header of the column; empty: none
	Lines                int    // lines of text that its rows must have room for
}

// RecordArea is the place of a list. Each column has a defined name that covers all prepared rows.
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

// Names of sheets. MetaSheet is very hidden and identifies the form: keys (Meta…) in column A, values in B. Our hidden
// sheets begin with HiddenPrefix.
const (
	HiddenPrefix = "_lianheti"
	MetaSheet    = HiddenPrefix
	ListSheet    = HiddenPrefix + "_lists"  // options of the dropdowns
	ValueSheet   = HiddenPrefix + "_values" // self-check: the clean value of each input
	CaseSheet    = HiddenPrefix + "_cases"  // self-check: the result of each case of a rule
	RowSheet     = HiddenPrefix + "_rows"   // self-check: the results for each row of a list
	ReturnSheet  = "退回问题"                   // in returned copies: what must be corrected; never read
	CheckSheet   = "自检"                     // the results of the rules in the workbook; never read

	ReturnSaid     = "已作的说明" // column of ReturnSheet that repeats the filler's explanation
	ReturnOutdated = "须重新说明" // prefix there where the explanation no longer counts

	MetaForm    = "form"
	MetaYear    = "year"
	MetaVersion = "version"
	MetaParent  = "parent"
	MetaSaid    = "said"  // hash of the parent's values: a copy with the same values was not edited
	MetaAsked   = "asked" // hash of the prefilled rows of 情况说明: these are not the filler's
)

// SlotName is the defined name of a field in a year; year 0 is an undated field.
func SlotName(field string, year int) string {
	if year == 0 {
		return field
	}
	return field + "_" + strconv.Itoa(year)
}

// Layout returns the layout of the template, computed once at load.
func (d *Definition) Layout() *Layout { return d.layout }

// Slots lists every slot in form order.
func (l *Layout) Slots() []Slot {
	return flatMap(l.Sheets, func(s *SheetLayout) []Slot { return s.Slots })
}

// Slot finds the slot of a field in a year; the zero value where there is none.
func (l *Layout) Slot(field string, year int) Slot {
	return first(l.Slots(), func(x Slot) bool { return x.Field.ID == field && x.Year == year })
}

// Area finds a record area by the id of its block; the zero value where there is none.
func (l *Layout) Area(id string) RecordArea {
	areas := flatMap(l.Sheets, func(s *SheetLayout) []RecordArea { return s.Records })
	return first(areas, func(a RecordArea) bool { return a.Block.ID == id })
}

func newLayout(form *Form) *Layout {
	l := &Layout{keys: map[string]string{}}
	for _, s := range form.Sheets {
		sheet := layOutSheet(form, s)
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

// BlankTest is the Excel condition that a cell is empty, under which a required cell gets its frame.
func BlankTest(cell string) string { return "LEN(TRIM(" + cell + "))=0" }
