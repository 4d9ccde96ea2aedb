package normalize

import "slices"

// Coercion is one change made in reading a value.
type Coercion struct {
	Kind     CoercionKind
	From, To string
}

// CoercionKind says what was changed.
type CoercionKind string

// What needs no asking back: the same value, written otherwise.
const (
	FullWidth       CoercionKind = "full_width"       // １２３
	Trimmed         CoercionKind = "trimmed"          // blanks around, invisible characters, line ends
	Thousands       CoercionKind = "thousands"        // 1,234
	TextNumber      CoercionKind = "text_number"      // a number in a cell of text
	NumberText      CoercionKind = "number_text"      // a text in a cell of numbers
	UnitSuffix      CoercionKind = "unit_suffix"      // 12人 where 人 is the unit
	PercentSign     CoercionKind = "percent_sign"     // 45%
	PercentFormat   CoercionKind = "percent_format"   // 0.45 in a cell that shows 45%
	ChineseNumerals CoercionKind = "chinese_numerals" // 三百二十
	Scientific      CoercionKind = "scientific"       // 1.2E+05
	FloatNoise      CoercionKind = "float_noise"      // 0.30000000000000004
	Formula         CoercionKind = "formula"          // the result of the filler's own formula
	DateWritten     CoercionKind = "date_written"     // 2024年8月1日
	SerialDate      CoercionKind = "serial_date"      // 45505, the spreadsheet's number of a day
	Option          CoercionKind = "choice"           // 福州市 for 福州
	Rounded         CoercionKind = "rounded"          // to the decimals that the field has
	EditionWords    CoercionKind = "edition_words"    // 第二次 for 2
	NotAsked        CoercionKind = "not_applicable"   // 不适用 in a figure
	Masked          CoercionKind = "masked"           // a phone, an identity number or a mail address was hidden in a text
	MaskedName      CoercionKind = "masked_name"      // a name that the fields for persons give was hidden in a text
)

// What changes magnitude or meaning: a person has to confirm it.
const (
	Magnitude      CoercionKind = "magnitude"       // 12万, or another unit of money than asked
	Approximate    CoercionKind = "approximate"     // 约300
	NoneWord       CoercionKind = "none"            // 无 in a figure: not 0
	Annotated      CoercionKind = "annotated"       // 12（含在建2个）: words left out
	AmbiguousMonth CoercionKind = "ambiguous_month" // the number 2024.1: January or October
)

var guesses = []CoercionKind{Magnitude, Approximate, NoneWord, Annotated, AmbiguousMonth}

// Guess says whether the change is one of magnitude or meaning.
func (k CoercionKind) Guess() bool { return slices.Contains(guesses, k) }

// trail gathers the changes to one value.
type trail struct{ list []Coercion }

// note records a change; none where nothing changed.
func (t *trail) note(kind CoercionKind, from, to string) {
	if from != to {
		t.list = append(t.list, Coercion{kind, from, to})
	}
}
