package normalize

import (
	"regexp"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// NumberReading is a cell read as the number that a field asks for, in the field's unit; percentages are 0–100.
type NumberReading struct {
	Status    table.Status
	Value     decimal.Decimal // exact; meaningful with status Normal
	Coercions []Coercion
}

var (
	number     = regexp.MustCompile(`^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$`)
	leading    = regexp.MustCompile(`^[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]{1,3}(?: [0-9]{3})+(?:\.[0-9]*)?|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)`)
	bracketed  = regexp.MustCompile(`\([^()]*\)`)
	enumerated = regexp.MustCompile(`^[0-9]{1,2}[.、)]`)
	onlyCount  = regexp.MustCompile(`^[0-9]+(人|名|位)?$`)
	roughly    = regexp.MustCompile(`^(大约|大概|约为|约|近|超过|超|逾|将近|接近|不少于|不低于|至少|不超过|多于|[~≈≥≤><])+`)
	roughlyEnd = regexp.MustCompile(`^(余|多|来|\+)|(左右|上下|以上|以下|余|多|\+)$`)
)

// Words that fillers write instead of a figure, in half width and lower case.
var (
	noneWords        = []string{"无", "没有", "暂无", "尚无", "无此项", "none", "nil", "null", "-", "--", "—", "——", "―", "–", "/", "\\", "空"}
	notApplicableIDs = []string{"不适用", "不涉及", "n/a", "na", "n.a."}
)

// unit is how fillers write a unit, beside its name in the definition: other words for the same, and other units of the
// same thing with what they are worth.
type unit struct {
	same  []string
	worth map[string]decimal.Decimal
}

func tens(exponent int32) decimal.Decimal { return decimal.New(1, exponent) }

var units = map[string]unit{
	"人":   {same: []string{"名", "位", "个"}},
	"人次":  {same: []string{"次"}},
	"人月":  {same: []string{"个人月"}},
	"人日":  {same: []string{"人天"}},
	"课时数": {same: []string{"课时", "学时", "节"}},
	"个":   {same: []string{"家", "项", "门", "本", "部", "种", "间", "份", "册"}},
	"㎡":   {same: []string{"平方米", "平米", "平方", "m2", "m²"}},
	"万元":  {same: []string{"万元人民币"}, worth: map[string]decimal.Decimal{"亿元": tens(4), "亿": tens(4), "元": tens(-4), "千元": tens(-1), "百万元": tens(2), "千万元": tens(3), "万": tens(0)}},
	"亿元":  {same: []string{"亿元人民币"}, worth: map[string]decimal.Decimal{"万元": tens(-4), "万": tens(-4), "元": tens(-8), "千万元": tens(-1), "万亿元": tens(4), "亿": tens(0)}},
}

// scales multiply what stands before them, whatever the unit.
var scales = []struct {
	word  string
	times decimal.Decimal
}{{"万", tens(4)}, {"亿", tens(8)}, {"千", tens(3)}, {"百", tens(2)}, {"w", tens(4)}, {"k", tens(3)}}

// Number reads a cell as a number of the field's unit. Blank is Missing; 无 and 不适用 are NotApplicable, never 0; what
// can't be read is Invalid.
func Number(c model.Cell, f *templates.Field) NumberReading {
	if !c.Filled {
		return NumberReading{Status: table.Missing}
	}
	t := &trail{}
	if c.Formula {
		t.list = append(t.list, Coercion{Formula, "=", c.Raw})
	}
	var value decimal.Decimal
	status := table.Invalid
	switch c.Kind {
	case model.Number:
		value, status = numberCell(c, f, t)
	case model.Text:
		value, status = numberText(c.Raw, f, t)
	}
	if status == table.Normal { // once, before anything is computed
		exact := value
		value = f.Rounded(value)
		t.note(Rounded, exact.String(), value.String())
	}
	return NumberReading{status, value, t.list}
}

// numberCell reads a cell that holds a number. One that shows a date is none, nor is a percentage where no percentage is
// asked: the filler saw 45%, the cell says 0.45.
func numberCell(c model.Cell, f *templates.Field, t *trail) (decimal.Decimal, table.Status) {
	value, ok := plain(c.Raw)
	percent := strings.Contains(c.Format, "%")
	if !ok || c.IsDate || percent && f.Type != templates.PercentField {
		return value, table.Invalid
	}
	if value.NumDigits() > 15 { // a spreadsheet computes with 15 digits; what follows is noise of binary fractions
		clean := value.Round(int32(15-value.NumDigits()) - value.Exponent())
		t.note(FloatNoise, value.String(), clean.String())
		value = clean
	}
	if percent {
		t.note(PercentFormat, c.Raw, value.Shift(2).String())
		value = value.Shift(2)
	}
	return value, table.Normal
}

// numberText reads a number that was typed as text, or with words around it.
func numberText(raw string, f *templates.Field, t *trail) (decimal.Decimal, table.Status) {
	none := decimal.Decimal{}
	s := trim(raw)
	t.note(Trimmed, raw, s)
	half := strings.NewReplacer("−", "-", "﹣", "-", "，", ",", "．", ".").Replace(fold(s))
	t.note(FullWidth, s, half)
	s = half
	switch word := strings.ToLower(s); {
	case slices.Contains(noneWords, word):
		t.list = append(t.list, Coercion{NoneWord, raw, ""})
		return none, table.NotApplicable
	case slices.Contains(notApplicableIDs, word):
		t.list = append(t.list, Coercion{NotAsked, raw, ""})
		return none, table.NotApplicable
	}
	rest := withoutRoughly(withoutBrackets(s, f, t), roughly, t)
	if f.Type == templates.PercentField {
		bare := strings.TrimPrefix(rest, "百分之")
		t.note(PercentSign, rest, bare)
		rest = bare
	}
	value, rest, ok := takeNumber(rest, t)
	if !ok {
		return none, table.Invalid
	}
	rest = withoutRoughly(rest, roughlyEnd, t) // 300余人，300人左右
	if value, ok = inUnit(value, s, rest, f, t); !ok {
		return none, table.Invalid
	}
	return value, table.Normal
}

// withoutBrackets drops a bracket behind a number. One that just names the unit goes without a word.
func withoutBrackets(s string, f *templates.Field, t *trail) string {
	cut := strings.TrimSpace(bracketed.ReplaceAllString(s, ""))
	if cut == s || cut == "" {
		return s
	}
	kind := Annotated
	if slices.ContainsFunc(bracketed.FindAllString(s, -1), func(b string) bool { return sameUnit(strings.Trim(b, "()"), f.Unit) }) {
		kind = UnitSuffix
	}
	t.note(kind, s, cut)
	return cut
}

// withoutRoughly drops the words for "about" that a pattern finds.
func withoutRoughly(s string, words *regexp.Regexp, t *trail) string {
	cut := strings.TrimSpace(words.ReplaceAllString(s, ""))
	if cut != strings.TrimSpace(s) {
		t.note(Approximate, s, cut)
	}
	return cut
}

// takeNumber reads the number that a text begins with, in figures or in Chinese numerals, and gives what follows.
func takeNumber(s string, t *trail) (decimal.Decimal, string, bool) {
	if head := leading.FindString(s); head != "" {
		bare := strings.NewReplacer(",", "", " ", "").Replace(head)
		n, ok := plain(bare)
		t.note(Thousands, head, bare)
		if strings.ContainsAny(bare, "eE") {
			t.note(Scientific, bare, n.String())
		}
		return n, s[len(head):], ok
	}
	if n, rest, ok := chineseNumber(s); ok {
		t.note(ChineseNumerals, strings.TrimSuffix(s, rest), n.String())
		return n, rest, true
	}
	return decimal.Decimal{}, s, false
}

// inUnit brings a number to the field's unit by the words behind it. ok is false where they are of another kind.
func inUnit(n decimal.Decimal, whole, suffix string, f *templates.Field, t *trail) (_ decimal.Decimal, ok bool) {
	suffix = strings.ToLower(strings.TrimSpace(suffix))
	if f.Type == templates.PercentField && (suffix == "%" || suffix == "") {
		if suffix == "%" {
			t.note(PercentSign, whole, n.String())
		} else {
			t.list = append(t.list, Coercion{TextNumber, whole, n.String()})
		}
		return n, true
	}
	if suffix == "" {
		t.list = append(t.list, Coercion{TextNumber, whole, n.String()})
		return n, true
	}
	if f.Type == templates.PercentField {
		return n, false
	}
	if sameUnit(suffix, f.Unit) {
		t.note(UnitSuffix, whole, n.String())
		return n, true
	}
	if worth, known := units[f.Unit].worth[suffix]; known {
		value := n.Mul(worth)
		t.note(Magnitude, whole, value.String())
		return value, true
	}
	for _, scale := range scales {
		left, ok := strings.CutPrefix(suffix, scale.word)
		if ok && (left == "" || sameUnit(left, f.Unit)) {
			value := n.Mul(scale.times)
			t.note(Magnitude, whole, value.String())
			return value, true
		}
	}
	return n, false
}

// sameUnit says whether a word names the field's unit.
func sameUnit(word, unit string) bool {
	word, unit = strings.ToLower(fold(strings.TrimSpace(word))), fold(unit)
	return word == unit || slices.Contains(units[unit].same, word)
}

// Chinese numerals, everyday and banker's.
var (
	chineseDigits = map[rune]int64{'〇': 0, '零': 0, '一': 1, '壹': 1, '二': 2, '贰': 2, '两': 2, '三': 3, '叁': 3, '四': 4, '肆': 4,
		'五': 5, '伍': 5, '六': 6, '陆': 6, '七': 7, '柒': 7, '八': 8, '捌': 8, '九': 9, '玖': 9}
	chineseTens = map[rune]int64{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000}
)

// chineseNumber reads the Chinese numeral below 10,000 that a text begins with: 十二, 三百零五, 二〇二四. A digit behind a
// hundred or thousand without its own word (三百五) is not read: it may mean 350 or a slip.
func chineseNumber(s string) (n decimal.Decimal, rest string, ok bool) {
	total, digit, run, last, length := int64(0), int64(-1), 0, int64(10000), 0
	zero := false
	for i, r := range s {
		if d, isDigit := chineseDigits[r]; isDigit {
			switch {
			case digit > 0 && last < 10000, run > 8:
				return n, s, false
			case digit >= 0 && last == 10000: // digits in a row, like a year
				digit = digit*10 + d
			default:
				zero = zero || d == 0
				digit = d
			}
			run++
		} else if ten, isTen := chineseTens[r]; isTen {
			if run > 1 && last == 10000 || ten >= last || digit == 0 || digit < 0 && (ten != 10 || length > 0) {
				return n, s, false
			}
			total += max(digit, 1) * ten // 十二 is twelve
			digit, run, last, zero = -1, 0, ten, false
		} else {
			break
		}
		length = i + len(string(r))
	}
	if length == 0 || digit > 0 && last > 10 && last < 10000 && !zero {
		return n, s, false
	}
	return decimal.NewFromInt(total + max(digit, 0)), s[length:], true
}
