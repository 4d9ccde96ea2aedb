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
	NamesField   FieldType = "names"   // list of persons, personal data; in expressions: their number
)

var fieldTypes = []FieldType{TextField, ProseField, ChoiceField, DateField, IntegerField, DecimalField, PercentField,
	ConfirmField, PersonField, PhoneField, NamesField}

// Topics of metrics in the provincial workbook.
const (
	Headline = "headline" // key figures, on the first sheet
	Funding  = "funding"  // the consortium's money
)

// Field is one input of the form. With years it is a metric (or a text for each year).
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
	Open    bool   // other values than the choices are allowed
	// list that the dropdown of a text offers; other texts are allowed
	Suggest  string   `check:"is suggestion"`
	Years    []string `check:"is year"`
	Required bool
	Extra    bool // not in the official form
	// first version of the form that has the field; workbooks of earlier accepted versions lack it; 0: the first
	Since     int
	Personal  bool
	None      bool // 无 is an answer
	Locked    bool // prefilled by the Department, not by the filler
	Post      bool // names a person's post, which should be in the park: see Form.Posts
	Min, Max  *decimal.Decimal
	Better    string `check:"in higher lower none"` // numbers only; none: counted evidence must not use it
	Decimals  *int32 // numbers only: decimal places, to which a value is rounded before anything is computed
	Limit     int    // characters; 0: none
	Seal      string
	Hint      string
	Footnote  string   `check:"is note"`
	Heading   string   // official heading over this field and the next ones, where it differs from the block's
	Evidence  []string // observation points (附件2)
	Paragraph string
	Width     float64 // column width in a record block, in characters
	Tall      int     // lines of text to show; 0: derived from type and limit
	NewPage   bool    `yaml:"new_page"` // begins a page on paper
	// topics under which the provincial workbook lists it again
	Topics []string `check:"in headline funding"`

	Record string `yaml:"-"` // id of the record block it is a column of; empty otherwise
	// RequiredYears are the years of the official form: Years without the block's extra ones.
	RequiredYears []string `yaml:"-"`
	Companions    []*Field `yaml:"-"` // of a metric of a progress form: see Companion
	Reading       *Reading `yaml:"-"` // how its cells are read
	pos           `yaml:"-"`
}

// Numeric says whether the field holds a number.
func (f *Field) Numeric() bool {
	return f.Type == IntegerField || f.Type == DecimalField || f.Type == PercentField
}

// BlankIsNo says whether a blank cell means no: an optional yes-or-no field.
func (f *Field) BlankIsNo() bool { return f.Choices == "yes_no" && !f.Required }

// Dated says whether the field has years.
func (f *Field) Dated() bool { return len(f.Years) > 0 }

// Metric says whether the field is a number with years.
func (f *Field) Metric() bool { return f.Numeric() && f.Dated() }

// Long says whether the field is a long text; those are in the texts table.
func (f *Field) Long() bool { return f.Type == ProseField }

func (f *Form) checkField(l *loader, x *Field, seen map[string]string) {
	name := "栏目“" + x.ID + "”"
	l.problemIf(!identifier.MatchString(x.ID) || cellLike.MatchString(x.ID), x.pos, "栏目编号“"+x.ID+"”不能用作名称",
		"请用小写英文字母、数字和下划线，且不像单元格地址。")
	other, known := seen[x.ID]
	l.problemIf(known, x.pos, "栏目编号“"+x.ID+"”与 "+other+" 重复", "请换一个编号。")
	seen[x.ID] = x.pos.path
	l.problemIf(x.Since < 0 || x.Since > f.Version, x.pos, fmt.Sprintf("%s的 since %d 不是表单已有的版本", name, x.Since),
		"since 写从哪一版起才有这一栏，不大于 version。")
	l.problemIf(x.Numeric() && x.Unit == "" && x.ID != "edition", x.pos, "数字"+name+"没有 unit", "请写明入库单位。")
	if x.Type == PercentField && x.Max == nil {
		x.Max, x.Min = new(decimal.NewFromInt(100)), cmp.Or(x.Min, new(decimal.Decimal))
	}
	x.Personal = x.Personal || slices.Contains([]FieldType{PersonField, PhoneField, NamesField}, x.Type)
	l.problemIf((x.Type == ChoiceField) != (x.Choices != ""), x.pos, name+"的 type 与 choices 不配", "选择栏目写 choices，其余不写。")
	l.problemIf(x.Suggest != "" && x.Type != TextField || len(x.Topics) > 0 && !x.Metric(), x.pos,
		name+"不能写 suggest 或 topics", "suggest 只用于文字，topics 只用于分年度的数字。")
	l.problemIf(x.Numeric() != (x.Better != "") || x.Numeric() != (x.Decimals != nil) ||
		x.Decimals != nil && *x.Decimals < 0, x.pos,
		"数字栏目“"+x.ID+"”缺 better 或 decimals，或不是数字而写了",
		"数字栏目写 better（higher、lower、none）和 decimals（小数位数），其余不写。")
}

// Values of Field.Better.
const (
	Higher  = "higher"
	Lower   = "lower"
	Neither = "none"
)

// Rounded rounds to the field's decimals. Integer fields are left alone: a fraction there is a finding of its own.
func (f *Field) Rounded(x decimal.Decimal) decimal.Decimal {
	if f.Type == IntegerField {
		return x
	}
	return x.Round(*f.Decimals)
}

// Supplementary says whether the official form does not ask for the field in this year.
func (d *Definition) Supplementary(f *Field, year int) bool {
	return f.Dated() && !slices.Contains(f.RequiredYears, d.Form.YearOf(year).ID)
}

// Refs lists the references to a field's values: one, or one for each year.
func (d *Definition) Refs(f *Field) []Ref {
	if !f.Dated() {
		return []Ref{{Field: f.ID}}
	}
	return each(f.Years, func(id string) Ref { return Ref{Field: f.ID, Year: d.Form.Year(id).Year} })
}

// CompatibleWith says whether answers to one form can be scored under the other: same fields, types, units and years.
func (f *Form) CompatibleWith(other *Form) bool {
	same := func(a, b *Field) bool {
		return a.ID == b.ID && a.Type == b.Type && a.Unit == b.Unit && a.Record == b.Record && slices.Equal(a.Years, b.Years)
	}
	return slices.EqualFunc(f.Fields(), other.Fields(), same) && slices.Equal(f.Years, other.Years) &&
		slices.Equal(f.Kinds, other.Kinds)
}

// Label is the unique label of a field: as printed, with unit or group where another field has the same label.
func (d *Definition) Label(field string) string { return d.labels[field] }

func (d *Definition) label(f *Field) string { return d.labels[f.ID] }

// Name is the label of a value, prefixed with its year unless the label begins with it.
func (d *Definition) Name(r Ref) string {
	label := d.Label(r.Field)
	if year := d.Form.YearOf(r.Year).Label; !strings.HasPrefix(label, year) {
		return year + label
	}
	return label
}

// ExplainedIn names the sheet on which a filler explains warnings: 在“…”表; empty where the form has none.
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

// Characters counts the characters of a text as the template's formula does: trimmed, with punctuation, without line
// breaks. Within the BMP this is Excel's LEN.
func Characters(s string) int {
	s = strings.TrimSpace(s)
	return utf8.RuneCountInString(s) - strings.Count(s, "\r") - strings.Count(s, "\n")
}
