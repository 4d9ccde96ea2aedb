package templates

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"lianheti/stages/text"

	"github.com/shopspring/decimal"
)

// Form is 附件3, the recommendation form, sheet by sheet and block by block in the order a filler meets them.
type Form struct {
	ID      string `check:"must"` // form id, in the very hidden sheet of every workbook
	Version int    `check:"must"`
	Accepts []int  // versions that a run still reads
	Title   string
	Short   string // short name of the form: 推荐书
	Intro   string // first paragraph of the guide in a prefecture's kit; {city} is the prefecture
	Dated   string // date printed on the official cover
	Years   []Year
	// ExtraTag marks fields and years that the Department collects beyond the official form.
	ExtraTag string `yaml:"extra_tag"`
	// Beyond are the words that fields and rules cite instead of a paragraph where the official form says nothing.
	Beyond struct{ Asked, Tool, Coherence string }
	// Posts are words that tell whether a person's post is in the park or elsewhere.
	Posts struct{ Park, Elsewhere []string }
	// Formerly maps texts of the template to their wording in templates sent out earlier, which are still read.
	Formerly map[string]string
	Kinds    []MemberKind
	Confirm  struct {
		Checked, Unchecked string `check:"must"`
	}
	YesNo []string `yaml:"yes_no"`
	// NotApplicable is what a filler writes into a number that does not apply: 不适用.
	NotApplicable string              `yaml:"not_applicable"`
	Lists         map[string][]string // further choices, by name
	Promises      Promises
	Sheets        []*Sheet
}

// YearKind tells years with actual figures from years with commitments.
type YearKind string

const (
	Actual    YearKind = "actual"
	Committed YearKind = "committed" // 说明三：申报单位承诺的建成数据
)

// Year is one year of the metrics. Rules and rubric refer to its id, so that a new batch only shifts the numbers.
type Year struct {
	ID    string
	Year  int
	Kind  YearKind `check:"must,in actual committed"`
	Label string   // as printed: 2022年
	Tag   string   // 实际 or 承诺
}

// MemberKind is one kind of member unit (组成), in official order.
type MemberKind struct {
	ID     string
	Label  string
	School bool // has an enrolment
}

// Sheet is one worksheet of the template.
type Sheet struct {
	ID        string
	Title     string `check:"like sheet"`
	From      string // of a progress form: the recommendation's sheet to use instead
	Landscape bool
	Cover     bool // styled like the cover of the official form
	Blocks    []*Block
}

// Block is one part of a sheet; exactly one of its fields is set.
type Block struct {
	Notes         []Note         `check:"one"`
	Progress      *ProgressBlock `check:"one"`
	Lines         []*Field       `check:"one"`
	Years         *YearBlock     `check:"one"`
	Records       *RecordBlock   `check:"one"`
	RosterSummary *RosterSummary `yaml:"roster_summary" check:"one"`
}

// Note is a static text.
type Note struct {
	Role string // annex, cover, dated, title, heading, body, note
	ID   string // by which fields (footnotes) and the Word form refer to it
	Text string
}

// ProgressBlock shows how much of the workbook is filled in and the results of the self-check.
type ProgressBlock struct {
	Lines []struct {
		Label string
		Show  string `check:"must,in progress errors warnings hints open conclusion"`
	}
}

// YearBlock is a grid of metrics by year.
type YearBlock struct {
	Category  string   // header of the group column
	Item      string   // official header of the label column
	Unit      string   // header of the unit column
	Columns   []string `check:"is year"`
	Extra     []string `check:"is year"` // year ids that the official form does not print
	Metrics   []*Field
	Paragraph string

	// Of a progress form: the recommendation's metrics to ask again, their group, and the cells beside each.
	From       []string
	Group      string
	Companions []*Companion
}

// RecordBlock is a list with a row for each record: the roster, the supporting materials …
type RecordBlock struct {
	ID        string
	Rows      int // rows prepared in the template
	Columns   []*Field
	Paragraph string
	Evidence  []string
	Extra     bool
}

// RosterSummary shows 数量 and 在校生数 by member kind, computed from the record block with the id Of.
type RosterSummary struct {
	Group   string
	Headers []string
	Of      string
}

// Year finds a year by its id; the zero value where there is none.
func (f *Form) Year(id string) Year {
	return first(f.Years, func(y Year) bool { return y.ID == id })
}

// YearOf finds a year by its number; the zero value where there is none.
func (f *Form) YearOf(year int) Year {
	return first(f.Years, func(y Year) bool { return y.Year == year })
}

// Kind finds a member kind by its label or id; the zero value where there is none.
func (f *Form) Kind(labelOrID string) MemberKind {
	return first(f.Kinds, func(k MemberKind) bool { return k.Label == labelOrID || k.ID == labelOrID })
}

// find returns the first element for which is holds.
func find[T any](of []T, is func(T) bool) (found T, ok bool) {
	if i := slices.IndexFunc(of, is); i >= 0 {
		return of[i], true
	}
	return found, false
}

// first returns the first element for which is holds, or the zero value.
func first[T any](of []T, is func(T) bool) T {
	found, _ := find(of, is)
	return found
}

// Yes is the affirmative choice.
func (f *Form) Yes() string { return f.YesNo[0] }

// suggestions are the lists that a Suggest may name: of optionLists, or members_name, a column of the form itself.
var suggestions = []string{"evidence", "sheets", "reported", "members_name"}

// optionLists gives the options of dropdowns, by the names that Choices and Suggest use.
var optionLists = map[string]func(*Definition) []string{
	"cities":    func(d *Definition) []string { return each(d.Directory.Cities, func(c City) string { return c.Name }) },
	"consortia": func(d *Definition) []string { return d.Directory.Names() },
	"kinds":     func(d *Definition) []string { return each(d.Form.Kinds, func(k MemberKind) string { return k.Label }) },
	"yes_no":    func(d *Definition) []string { return d.Form.YesNo },
	"parks":     func(d *Definition) []string { return d.Directory.parks },
	"schools": func(d *Definition) []string {
		return each(filter(d.Form.Kinds, func(k MemberKind) bool { return k.School }),
			func(k MemberKind) string { return k.Label })
	},
	"evidence": func(d *Definition) []string {
		spoken := filter(d.Form.Fields(), func(x *Field) bool { return len(x.Evidence) > 0 && x.Record == "" })
		return append(each(d.Rubric().Points(), (*Point).Full), each(spoken, d.label)...)
	},
	"reported": func(d *Definition) []string {
		return each(slices.DeleteFunc(d.Form.Metrics(), func(x *Field) bool {
			return len(x.Companions) == 0 || slices.Contains(x.Topics, Funding)
		}), d.label)
	},
	"sheets": func(d *Definition) []string {
		return each(filter(d.Form.Sheets, (*Sheet).HasInputs), func(s *Sheet) string { return s.Title })
	},
}

// Options lists the options of a choice field, in order; nil for other fields.
func (d *Definition) Options(f *Field) []string { return d.OptionList(f.Choices) }

// OptionList lists what a dropdown offers, by the name that Choices or Suggest gives; nil where there is none.
func (d *Definition) OptionList(words string) []string {
	if offer := optionLists[words]; offer != nil {
		return offer(d)
	}
	return d.Form.Lists[words]
}

// Note returns the text of a note by its id: a footnote, a section's title, the pledge.
func (f *Form) Note(id string) string {
	return first(f.notes(), func(n Note) bool { return n.ID == id && id != "" }).Text
}

func (f *Form) notes() []Note { return flatMap(f.blocks(), func(b *Block) []Note { return b.Notes }) }

func (f *Form) blocks() []*Block {
	return flatMap(f.Sheets, func(s *Sheet) []*Block { return s.Blocks })
}

// Fields lists every field in form order, columns of records included.
func (f *Form) Fields() []*Field { return flatMap(f.blocks(), (*Block).fields) }

// fields lists the fields of a block, each metric followed by its companions.
func (b *Block) fields() []*Field {
	out := slices.Clone(b.Lines)
	if b.Years != nil {
		for _, x := range b.Years.Metrics {
			out = append(append(out, x), x.Companions...)
		}
	}
	if b.Records != nil {
		out = append(out, b.Records.Columns...)
	}
	return out
}

// Metrics lists the numbers with years, in form order.
func (f *Form) Metrics() []*Field {
	return slices.DeleteFunc(f.Fields(), func(x *Field) bool { return !x.Metric() })
}

// MetricsByTopic lists the metrics that have a topic, in form order.
func (f *Form) MetricsByTopic(topic string) []*Field {
	return slices.DeleteFunc(f.Metrics(), func(x *Field) bool { return !slices.Contains(x.Topics, topic) })
}

// Singles lists the undated fields that are neither long texts nor columns of records, in form order.
func (f *Form) Singles() []*Field {
	return slices.DeleteFunc(f.Fields(), func(x *Field) bool { return x.Dated() || x.Long() || x.Record != "" })
}

// cellLike matches names that Excel refuses as defined names because they read as cell references.
var cellLike = regexp.MustCompile(`(?i)^([a-z]{1,3}[0-9]+|r[0-9]*c?[0-9]*|c[0-9]*)$`)

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// check completes the fields from their blocks and validates the form.
func (f *Form) check(l *loader, _ *Definition) {
	root := pos{"form.yaml", "$"}
	l.problemIf(!slices.Contains(f.Accepts, f.Version), root, "accepts 里没有现在的版本", "请让 accepts 包含 version。")
	l.problemIf(len(f.YesNo) != 2, root, "yes_no 不完整", "yes_no 写肯定、否定两项。")
	for i := 1; i < len(f.Years); i++ {
		l.problemIf(f.Years[i].Year != f.Years[i-1].Year+1, pos{root.file, fmt.Sprintf("$.years[%d]", i)},
			fmt.Sprintf("年度 %d 不接着上一年", f.Years[i].Year), "years 须逐年连续。")
	}
	seen := map[string]string{}
	for _, b := range f.blocks() {
		f.derive(b)
		for _, x := range b.fields() {
			f.checkField(l, x, seen)
		}
	}
}

// derive copies into the fields of a block the settings that the block has for all of them.
func (f *Form) derive(b *Block) {
	for _, x := range b.Lines {
		x.RequiredYears = x.Years
	}
	if y := b.Years; y != nil {
		for _, x := range y.Metrics {
			x.Years, x.Required = y.Columns, true
			x.RequiredYears = slices.DeleteFunc(slices.Clone(y.Columns),
				func(id string) bool { return slices.Contains(y.Extra, id) })
			x.Paragraph = cmp.Or(x.Paragraph, y.Paragraph)
			x.Min = cmp.Or(x.Min, new(decimal.Decimal))
		}
		y.addCompanions()
	}
	if r := b.Records; r != nil {
		for _, x := range r.Columns {
			x.Record, x.Extra, x.ID = r.ID, r.Extra, r.ID+"_"+x.ID
			x.Paragraph = cmp.Or(x.Paragraph, r.Paragraph)
		}
	}
}

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

// Ref is the value that the slot holds.
func (s Slot) Ref() Ref { return Ref{s.Field.ID, s.Year} }

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
