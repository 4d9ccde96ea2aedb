package templates

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/shopspring/decimal"
)

// Form is 附件3, the recommendation form, sheet by sheet and block by block in the order a filler meets them.
type Form struct {
	ID      string `check:"must"` // form id, in the very hidden sheet of every workbook
	Version int    `check:"must"`
	Accepts []int  // versions that a run still reads
	Title   string
	Short   string // what one of them is called: 推荐书
	Intro   string // of the guide in a prefecture's kit; {city} is the prefecture
	Dated   string // date printed on the official cover
	Years   []Year
	// ExtraTag marks what the Department collects beyond the official form.
	ExtraTag string `yaml:"extra_tag"`
	// Beyond are the words for what rests on no line of the official form, of fields and of rules alike.
	Beyond struct{ Asked, Tool, Coherence string }
	// Posts tell from what is written about the head of the consortium whether it is the park's.
	Posts struct{ Park, Elsewhere []string }
	// Formerly gives for texts of the template what stood there in those sent out earlier, which are still read.
	Formerly map[string]string
	Kinds    []MemberKind
	Confirm  struct {
		Checked, Unchecked string `check:"must"`
	}
	YesNo []string `yaml:"yes_no"`
	// NotApplicable is what a filler writes in a figure that does not apply.
	NotApplicable string              `yaml:"not_applicable"`
	Lists         map[string][]string // further choices, by name
	Promises      Promises
	Sheets        []*Sheet
}

// YearKind tells figures that happened from figures that are promised.
type YearKind string

const (
	Actual    YearKind = "actual"
	Committed YearKind = "committed" // 说明三：申报单位承诺的建成数据
)

// Year is one column of the series. Rules and rubric name it by its id, so that a new batch only shifts the numbers.
type Year struct {
	ID    string
	Year  int
	Kind  YearKind `check:"must,in actual committed"`
	Label string   // as printed: 2022年
	Tag   string   // 实际 or 承诺
}

// MemberKind is one 组成 of the members, in official order.
type MemberKind struct {
	ID     string
	Label  string
	School bool // has an enrolment
}

// Sheet is one worksheet of the template.
type Sheet struct {
	ID        string
	Title     string `check:"like sheet"`
	From      string // of a progress form: the recommendation's sheet that takes its place
	Landscape bool
	Cover     bool // set apart like the cover of the official form
	Blocks    []*Block
}

// Block is one part of a sheet; exactly one of its members is set.
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
	ID   string // for what fields (footnotes) and the Word form refer to
	Text string
}

// ProgressBlock shows how far the workbook is filled and what the self-check says of it.
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

	// Of a progress form: the recommendation's metrics asked again, their group there, and what stands beside each.
	From       []string
	Group      string
	Companions []*Companion
	beside     [][]*Field // by metric, then by companion
}

// RecordBlock is a list that the filler extends: the roster, the supporting materials …
type RecordBlock struct {
	ID        string
	Rows      int // rows prepared in the template
	Columns   []*Field
	Paragraph string
	Evidence  []string
	Extra     bool
}

// RosterSummary prints 数量 and 在校生数 by 组成, computed from a record block.
type RosterSummary struct {
	Group   string
	Headers []string
	Of      string
}

// Year finds a year by its id, or gives a zero one.
func (f *Form) Year(id string) Year {
	return first(f.Years, func(y Year) bool { return y.ID == id })
}

// YearOf finds a year by its number, or gives a zero one.
func (f *Form) YearOf(year int) Year {
	return first(f.Years, func(y Year) bool { return y.Year == year })
}

// Kind finds a member kind by its label or id, or gives a zero one.
func (f *Form) Kind(labelOrID string) MemberKind {
	return first(f.Kinds, func(k MemberKind) bool { return k.Label == labelOrID || k.ID == labelOrID })
}

// find gives the first that is so; a zero one where none is.
func find[T any](of []T, is func(T) bool) (found T, ok bool) {
	if i := slices.IndexFunc(of, is); i >= 0 {
		return of[i], true
	}
	return found, false
}

// first gives the first that is so; a zero one, nil of pointers, where none is.
func first[T any](of []T, is func(T) bool) T {
	found, _ := find(of, is)
	return found
}

// Yes is the affirmative choice.
func (f *Form) Yes() string { return f.YesNo[0] }

// suggestions are what texts may offer; members_name is a column of the form itself.
var suggestions = []string{"evidence", "sheets", "reported", "members_name"}

// offers are what can be offered to choose from, in its order, by the words that definitions have for it.
var offers = map[string]func(*Definition) []string{
	"cities":    func(d *Definition) []string { return each(d.Directory.Cities, func(c City) string { return c.Name }) },
	"consortia": func(d *Definition) []string { return d.Directory.Names() },
	"kinds":     func(d *Definition) []string { return each(d.Form.Kinds, func(k MemberKind) string { return k.Label }) },
	"yes_no":    func(d *Definition) []string { return d.Form.YesNo },
	"parks":     func(d *Definition) []string { return d.Directory.parks },
	"schools": func(d *Definition) []string {
		return each(where(d.Form.Kinds, func(k MemberKind) bool { return k.School }),
			func(k MemberKind) string { return k.Label })
	},
	"evidence": func(d *Definition) []string {
		spoken := where(d.Form.Fields(), func(x *Field) bool { return len(x.Evidence) > 0 && x.Record == "" })
		return append(each(d.Rubric.Points(), (*Point).Full), each(spoken, d.label)...)
	},
	"reported": func(d *Definition) []string {
		return each(slices.DeleteFunc(d.Form.Metrics(), func(x *Field) bool {
			return !x.Accompanied || slices.Contains(x.Topics, Funding)
		}), d.label)
	},
	"sheets": func(d *Definition) []string {
		return each(where(d.Form.Sheets, (*Sheet).Asks), func(s *Sheet) string { return s.Title })
	},
}

// Suggestions lists what is offered for a text, in the order it is offered; nil where nothing is.
func (d *Definition) Suggestions(f *Field) []string { return d.offered(f.Suggest) }

// Options lists what a choice field offers, in the order it is offered; nil for other fields.
func (d *Definition) Options(f *Field) []string { return d.offered(f.Choices) }

func (d *Definition) offered(words string) []string {
	if offer := offers[words]; offer != nil {
		return offer(d)
	}
	return d.Form.Lists[words]
}

// Note gives the text of a note by its id: a footnote, a section's title, the pledge.
func (f *Form) Note(id string) string {
	return first(f.notes(), func(n Note) bool { return n.ID == id && id != "" }).Text
}

func (f *Form) notes() []Note { return flat(f.blocks(), func(b *Block) []Note { return b.Notes }) }

func (f *Form) blocks() []*Block { return flat(f.Sheets, func(s *Sheet) []*Block { return s.Blocks }) }

// Fields lists every field in form order, columns of records included.
func (f *Form) Fields() []*Field { return flat(f.blocks(), (*Block).fields) }

// fields lists those of a block, each metric before what stands beside it.
func (b *Block) fields() []*Field {
	out := slices.Clone(b.Lines)
	if b.Years != nil {
		for i, x := range b.Years.Metrics {
			out = append(out, x)
			if len(b.Years.beside) > 0 {
				out = append(out, b.Years.beside[i]...)
			}
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

// About lists the metrics with a topic, in form order.
func (f *Form) About(topic string) []*Field {
	return slices.DeleteFunc(f.Metrics(), func(x *Field) bool { return !slices.Contains(x.Topics, topic) })
}

// Singles lists the undated fields that are neither long texts nor columns of records, in form order.
func (f *Form) Singles() []*Field {
	return slices.DeleteFunc(f.Fields(), func(x *Field) bool { return x.Dated() || x.Long() || x.Record != "" })
}

// cellLike matches names that Excel refuses as defined names because they read as cell references.
var cellLike = regexp.MustCompile(`(?i)^([a-z]{1,3}[0-9]+|r[0-9]*c?[0-9]*|c[0-9]*)$`)

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// check derives what follows from the blocks and proves the form sound.
func (f *Form) check(l *loader, _ *Definition) {
	whole := at{"form.yaml", "$"}
	l.when(!slices.Contains(f.Accepts, f.Version), whole, "accepts 里没有现在的版本", "请让 accepts 包含 version。")
	l.when(len(f.YesNo) != 2, whole, "yes_no 不完整", "yes_no 写肯定、否定两项。")
	for i := 1; i < len(f.Years); i++ {
		l.when(f.Years[i].Year != f.Years[i-1].Year+1, at{whole.file, fmt.Sprintf("$.years[%d]", i)},
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

// derive writes into the fields of a block what the block says of all of them.
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
		y.companions()
	}
	if r := b.Records; r != nil {
		for _, x := range r.Columns {
			x.Record, x.Extra, x.ID = r.ID, r.Extra, r.ID+"_"+x.ID
			x.Paragraph = cmp.Or(x.Paragraph, r.Paragraph)
		}
	}
}
