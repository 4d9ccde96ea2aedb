package normalize

import (
	"regexp"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"

	"github.com/shopspring/decimal"
)

// The kinds of changes in reading, and why nothing was read: the routes of the definition (reading.yaml), where their
// classes stand.

// Lossless: the same value, written otherwise.
const (
	FullWidth       = "full_width"       // １２３
	Trimmed         = "trimmed"          // blanks around, invisible characters, line ends
	Invisible       = "invisible"        // a blank within a number that is none of the keyboard's
	Thousands       = "thousands"        // 1,234
	TextNumber      = "text_number"      // a number in a cell of text
	NumberText      = "number_text"      // a text in a cell of numbers
	UnitSuffix      = "unit_suffix"      // 12人 where 人 is the unit
	PercentSign     = "percent_sign"     // 45%
	PercentFormat   = "percent_format"   // 0.45 in a cell that shows 45%
	ShownDash       = "shown_dash"       // 0 in a cell that shows - for it
	ChineseNumerals = "chinese_numerals" // 三百二十
	Scientific      = "scientific"       // 1.2E+05
	FloatNoise      = "float_noise"      // 0.30000000000000004
	Formula         = "formula"          // the result of the filler's own formula
	DateWritten     = "date_written"     // 2024年8月1日
	DateWords       = "date_words"       // 拟于2024年8月
	SerialDate      = "serial_date"      // 45505, the spreadsheet's number of a day
	Option          = "choice"           // 福州市 for 福州
	ShownNear       = "shown_near"       // 45.23 in a cell that shows 45.2
	Rounded         = "rounded"          // to the decimals that the field has
	EditionWords    = "edition_words"    // 第二次 for 2
	NotAsked        = "not_applicable"   // 不适用 in a figure
	Masked          = "masked"           // a phone, an identity number or a mail address was hidden in a text
	OtherPost       = "other_post"       // not changed: what is said of the head is no post in the park
	MaskedName      = "masked_name"      // a name that the fields for persons give was hidden in a text
)

// Guesses: a person has to confirm them.
const (
	Magnitude      = "magnitude"       // 12万, or another unit of money than asked
	Approximate    = "approximate"     // 约300
	NoneWord       = "none"            // 无 in a figure: not 0
	ShownRounded   = "shown_rounded"   // 12.5 in a cell that shows 13
	Volatile       = "volatile"        // the result of a formula that is another whenever the file is opened
	Spaced         = "spaced"          // 118 164: thousands, or two numbers
	Annotated      = "annotated"       // 12（含在建2个）: words left out
	AmbiguousMonth = "ambiguous_month" // the number 2024.1: January or October; or shown as a day of 1905
	Struck         = "struck"          // what is struck out was left out
	StruckOut      = "struck_out"      // all of it is struck out
	DateInText     = "date_in_text"    // 1.1 that a spreadsheet made 1月1日
	DoubtfulPhone  = "doubtful_phone"  // 5.91E+10, 12345
	Vague          = "vague"           // 见附件 in a list
)

// Why nothing was read.
const (
	Unanswered     = "unanswered"      // 待定 where an answer is due
	ErrorValue     = "error_value"     // #N/A
	Uncomputed     = "uncomputed"      // a formula without a saved result
	Picture        = "picture"         // in the cell
	Merged         = "merged"          // with other inputs
	ShownOtherwise = "shown_otherwise" // the format shows a date, other words, nothing
	Unread         = "unread"          // in a list: anything else
)

// Reading is a cell read as what a field asks for, with the changes on the way.
type Reading struct {
	Status    table.Status
	Value     string                     // a text, a date in ISO notation, an option, true or false
	Number    table.Opt[decimal.Decimal] // exact, in the field's unit; percentages are 0–100; of persons how many
	Coercions []table.Coercion           // so far kind, from and to
}

// float is the number as tables store it.
func (r *Reading) float() table.Opt[float64] {
	return table.Opt[float64]{V: r.Number.V.InexactFloat64(), Valid: r.Number.Valid}
}

// note records a change; none where nothing changed.
func (r *Reading) note(kind string, from, to string) {
	if from != to {
		r.add(kind, from, to)
	}
}

// to is note for a change that gives what is read on.
func (r *Reading) to(kind string, from, to string) string {
	r.note(kind, from, to)
	return to
}

func (r *Reading) add(kind string, from, to string) {
	r.Coercions = append(r.Coercions, table.Coercion{Kind: kind, From: from, To: to})
}

// struck notes what a filler struck out.
func (r *Reading) struck(c model.Cell) {
	switch c.Struck {
	case "":
	case c.Raw:
		r.add(StruckOut, c.Raw, c.Raw)
	default:
		r.add(Struck, c.Struck, "")
	}
}

// errorText is an error value that became a text.
var errorText = regexp.MustCompile(`^#(?:N/A|DIV/0!|[A-Z_]+[!?])$`)

// begin is where reading any cell begins: what there is to read, or why there is nothing.
func begin(c model.Cell) *Reading {
	r := &Reading{Status: table.Normal}
	switch why := cause(c); {
	case why != "":
		r.Status = table.Invalid
		r.add(why, c.Shown, c.Raw)
	case !c.Filled:
		r.Status = table.Missing
	case c.Formula != "":
		r.add(Formula, "=", c.Raw)
	}
	return r
}

// cause is why nothing can be read from a cell, whatever it is asked for; empty where something may be.
func cause(c model.Cell) string {
	switch {
	case c.Merged != "":
		return Merged
	case c.Kind == model.Error, c.Kind == model.Text && errorText.MatchString(strings.TrimSpace(c.Raw)): // also pasted as text
		return ErrorValue
	case c.Kind == model.Uncomputed:
		return Uncomputed
	case c.Kind == model.Picture:
		return Picture
	case trim(c.Shown) == "" && trim(c.Raw) != "": // its format hides it
		return ShownOtherwise
	}
	return ""
}
