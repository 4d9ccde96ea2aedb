package templates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// FieldType says how a field is read and stored.
type FieldType string

const (
	TextField    FieldType = "text"    // one line
	ProseField   FieldType = "prose"   // long text, with a limit in characters
	ChoiceField  FieldType = "choice"  // one of a list
	DateField    FieldType = "date"    // ISO date, month precision allowed
	IntegerField FieldType = "integer" // whole number
	DecimalField FieldType = "decimal" // exact decimal
	PercentField FieldType = "percent" // 0–100
	ConfirmField FieldType = "confirm" // ☑ or ☐
	PersonField  FieldType = "person"  // personal data
	PhoneField   FieldType = "phone"   // personal data
	NamesField   FieldType = "names"   // list of persons, personal data; in expressions: how many
)

var fieldTypes = []FieldType{TextField, ProseField, ChoiceField, DateField, IntegerField, DecimalField, PercentField,
	ConfirmField, PersonField, PhoneField, NamesField}

// Topics of metrics in the provincial workbook.
const (
	Headline = "headline" // one of the few figures on the first sheet
	Funding  = "funding"  // what the consortium will run on
)

// Field is one thing the form asks. With years it is a metric (or an annual text).
type Field struct {
	ID           string
	Label        string    `check:"must"`         // official wording, verbatim
	PrintedLabel string    `yaml:"printed_label"` // where the official form prints another label over several fields
	Printed      string    // unit as printed
	PrintedLimit string    `yaml:"printed_limit"`
	Unit         string    `check:"is unit"` // unit stored
	Group        string    // official group label
	Type         FieldType `check:"must,is type"`
	// for choices: consortia, cities, parks, kinds, yes_no, or one of the form's Lists
	Choices string `check:"is choice"`
	Open    bool   // a choice that may be departed from
	// what a dropdown offers for a text without asking that it be kept to: see suggestions
	Suggest  string   `check:"is suggestion"`
	Years    []string `check:"is year"`
	Required bool
	Extra    bool // not in the official form
	// version of the form that asked for it first: workbooks of earlier accepted ones are not asked; 0: the first
	Since     int
	Personal  bool
	None      bool // 无 is an answer
	Locked    bool // prefilled by a return, not for the filler
	Post      bool // of somebody who should hold a post in the park: see Form.Posts
	Min, Max  *decimal.Decimal
	Better    string `check:"in higher lower none"` // of a number: none: no counted evidence looks at it
	Decimals  *int32 // of a number: digits behind the point; a figure is rounded to them before anything is computed
	Limit     int    // characters; 0: none
	Seal      string
	Hint      string
	Footnote  string   `check:"is note"`
	Heading   string   // what the official form prints over the labels from here on, where it is not the block's
	Evidence  []string // observation points (附件2)
	Paragraph string
	Width     float64 // column width in a record block, in characters
	Tall      int     // lines to show where no limit says it
	NewPage   bool    `yaml:"new_page"` // begins a page on paper
	// what the provincial workbook gathers it under, beside its own sheet: see Topics
	Topics []string `check:"in headline funding"`

	Record string `yaml:"-"` // id of the record block it is a column of; empty otherwise
	// RequiredYears are the years that must be given; all of Years unless some are extra.
	RequiredYears []string `yaml:"-"`
	Accompanied   bool     `yaml:"-"` // something that was stated before stands beside the metric
	Reading       *Reading `yaml:"-"` // how its cells are read
	at            `yaml:"-"`
}

// Numeric says whether the field holds a number.
func (f *Field) Numeric() bool {
	return f.Type == IntegerField || f.Type == DecimalField || f.Type == PercentField
}

// BlankIsNo says whether leaving the field blank answers it: a yes or no that nobody asks for.
func (f *Field) BlankIsNo() bool { return f.Choices == "yes_no" && !f.Required }

// Dated says whether the field has years.
func (f *Field) Dated() bool { return len(f.Years) > 0 }

// Metric says whether the field is a number with years.
func (f *Field) Metric() bool { return f.Numeric() && f.Dated() }

// Long says whether the field is a long text, which stands in the texts table.
func (f *Field) Long() bool { return f.Type == ProseField }

func (f *Form) checkField(l *loader, x *Field, seen map[string]string) {
	name := "栏目“" + x.ID + "”"
	l.when(!identifier.MatchString(x.ID) || cellLike.MatchString(x.ID), x.at, "栏目编号“"+x.ID+"”不能用作名称",
		"请用小写英文字母、数字和下划线，且不像单元格地址。")
	other, known := seen[x.ID]
	l.when(known, x.at, "栏目编号“"+x.ID+"”与 "+other+" 重复", "请换一个编号。")
	seen[x.ID] = x.at.path
	l.when(x.Since < 0 || x.Since > f.Version, x.at, fmt.Sprintf("%s的 since %d 不是表单已有的版本", name, x.Since),
		"since 写从哪一版起才有这一栏，不大于 version。")
	l.when(x.Numeric() && x.Unit == "" && x.ID != "edition", x.at, "数字"+name+"没有 unit", "请写明入库单位。")
	if x.Type == PercentField && x.Max == nil {
		x.Max, x.Min = new(decimal.NewFromInt(100)), cmp.Or(x.Min, new(decimal.Decimal))
	}
	x.Personal = x.Personal || slices.Contains([]FieldType{PersonField, PhoneField, NamesField}, x.Type)
	l.when((x.Type == ChoiceField) != (x.Choices != ""), x.at, name+"的 type 与 choices 不配", "选择栏目写 choices，其余不写。")
	l.when(x.Suggest != "" && x.Type != TextField || len(x.Topics) > 0 && !x.Metric(), x.at,
		name+"不能写 suggest 或 topics", "suggest 只用于文字，topics 只用于分年度的数字。")
	l.when(x.Numeric() != (x.Better != "") || x.Numeric() != (x.Decimals != nil) ||
		x.Decimals != nil && *x.Decimals < 0, x.at,
		"数字栏目“"+x.ID+"”缺 better 或 decimals，或不是数字而写了",
		"数字栏目写 better（higher、lower、none）和 decimals（小数位数），其余不写。")
}

// Values of Field.Better.
const (
	Higher  = "higher"
	Lower   = "lower"
	Neither = "none"
)

// Rounded rounds to the field's decimals; a whole number is left alone: a fraction there is a fault of its own.
func (f *Field) Rounded(x decimal.Decimal) decimal.Decimal {
	if f.Type == IntegerField {
		return x
	}
	return x.Round(*f.Decimals)
}

// Supplementary says whether the field is collected in a year beyond what the official form prints.
func (d *Definition) Supplementary(f *Field, year int) bool {
	return f.Dated() && !slices.Contains(f.RequiredYears, d.Form.YearOf(year).ID)
}

// Refs lists the values of a field: one, or one a year.
func (d *Definition) Refs(f *Field) []Ref {
	if !f.Dated() {
		return []Ref{{Field: f.ID}}
	}
	return each(f.Years, func(id string) Ref { return Ref{Field: f.ID, Year: d.Form.Year(id).Year} })
}

// SameAnswers says whether answers to one form can be scored under the other; labels and better may differ.
func (f *Form) SameAnswers(other *Form) bool {
	same := func(a, b *Field) bool {
		return a.ID == b.ID && a.Type == b.Type && a.Unit == b.Unit && a.Record == b.Record && slices.Equal(a.Years, b.Years)
	}
	return slices.EqualFunc(f.Fields(), other.Fields(), same) && slices.Equal(f.Years, other.Years) &&
		slices.Equal(f.Kinds, other.Kinds)
}

// Label names a field among all: as printed, without the last punctuation, with unit or group where several are alike.
func (d *Definition) Label(field string) string { return d.labels[field] }

func (d *Definition) label(f *Field) string { return d.labels[f.ID] }

// Name is the label of a value with its year, where the label does not say the year itself.
func (d *Definition) Name(r Ref) string {
	label := d.Label(r.Field)
	if year := d.Form.YearOf(r.Year).Label; !strings.HasPrefix(label, year) {
		return year + label
	}
	return label
}

// ExplainedIn says where a filler explains a warning: 在“…”表; empty where the form has no list for it.
func (d *Definition) ExplainedIn() string {
	if sheet := d.Layout().Area("explanations").Sheet; sheet != "" {
		return "在“" + sheet + "”表"
	}
	return ""
}

func labels(form *Form) map[string]string {
	same, out := map[string][]*Field{}, map[string]string{}
	for _, f := range form.Fields() {
		label := strings.TrimRight(f.Label, "：。")
		same[label] = append(same[label], f)
	}
	for label, fields := range same {
		for _, f := range fields {
			switch {
			case len(fields) == 1:
				out[f.ID] = label
			case !slices.ContainsFunc(fields, func(o *Field) bool { return o != f && o.Unit == f.Unit }):
				out[f.ID] = label + "（" + f.Unit + "）"
			default:
				out[f.ID] = strings.TrimPrefix(f.Group+" "+label, " ")
			}
		}
	}
	return out
}

// Characters counts a text as the sheet does: trimmed, punctuation included, without line breaks; like LEN in the BMP.
func Characters(s string) int {
	s = strings.TrimSpace(s)
	return utf8.RuneCountInString(s) - strings.Count(s, "\r") - strings.Count(s, "\n")
}
