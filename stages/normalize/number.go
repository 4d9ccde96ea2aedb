package normalize

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

var (
	number  = regexp.MustCompile(`^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$`)
	leading = regexp.MustCompile(`^[+-]?(?:[0-9]{1,3}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+)(?:\.[0-9]*)?|` +
		`(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)`)
	bracketed  = regexp.MustCompile(`\([^()]*\)`)
	enumerated = regexp.MustCompile(`^[0-9]{1,2}[.、)]`)
	onlyCount  = regexp.MustCompile(`^[0-9]+(人|名|位)?$`)
	parted     = regexp.MustCompile(`([0-9])[\x{00A0}\x{2007}\x{2009}\x{202F}]([0-9])`) // as typesetters part thousands
	currency   = regexp.MustCompile(`[¥￥]|(?i:cny|rmb)`)
	figures    = regexp.MustCompile(`[0-9][0-9,]*(?:\.[0-9]*)?|\.[0-9]+`)
)

// Number reads a cell as a number of the field's unit. Blank is Missing; 无 and 不适用 are NotApplicable, never 0; what
// can't be read is Invalid, the last change saying why.
func Number(c model.Cell, f *templates.Field) *Reading {
	r := begin(c)
	if r.Status != table.Normal {
		return r
	}
	var value decimal.Decimal
	r.Status = table.Invalid
	switch c.Kind {
	case model.Number:
		value, r.Status = numberCell(c, f, r)
	case model.Text:
		value, r.Status = numberText(c.Shown, f, r)
	}
	if r.Status == table.Invalid { // what was changed on the way to nothing is no change
		r.Coercions = slices.DeleteFunc(r.Coercions, func(c table.Coercion) bool { return c.Kind != "shown_otherwise" })
		return r
	}
	r.struck(c)
	if r.Status == table.Normal { // once, before anything is computed
		r.Number = table.Some(f.Rounded(value))
		r.note("rounded", value.String(), r.Number.V.String())
	}
	return r
}

// numberCell reads a cell that holds a number by what its format shows: 0.45 shown as 45% is 45, twelve million shown
// as 1200万 is that many of the field's unit. One that shows a date or other words is none.
func numberCell(c model.Cell, f *templates.Field, t *Reading) (decimal.Decimal, table.Status) {
	value, ok := plain(c.Raw)
	if !ok {
		return value, table.Invalid
	}
	if clean := text.Rounded(value); !clean.Equal(value) { // what follows is noise of binary fractions
		t.note("float_noise", value.String(), clean.String())
		value = clean
	}
	if c.Shown == c.Raw {
		return value, table.Normal
	}
	if !c.IsDate {
		if value, ok = shownNumber(c.Shown, value, f, t); ok {
			return value, table.Normal
		}
	}
	t.Coercions = nil
	t.add("shown_otherwise", c.Shown, c.Raw)
	return value, table.Invalid
}

// shownNumber reads the number that a cell shows of the one it stores, to all its digits.
func shownNumber(shown string, value decimal.Decimal, f *templates.Field, t *Reading) (decimal.Decimal, bool) {
	if value.IsZero() && strings.Trim(shown, "- —") == "" && shown != "" { // as accounts write a zero
		t.add("shown_dash", shown, "0")
		return value, true
	}
	if seen, ok := plain(shown); ok && strings.ContainsAny(shown, "eE") { // 5.91E+09, which stands for all its digits
		power, found := powerBetween(value, seen)
		return value, found && power == 0
	}
	runs := figures.FindAllStringIndex(shown, -1)
	if len(runs) != 1 {
		return value, false
	}
	digits := strings.ReplaceAll(shown[runs[0][0]:runs[0][1]], ",", "")
	seen, err := decimal.NewFromString(digits)
	if err != nil {
		return value, false
	}
	power, found := powerBetween(value.Abs(), seen)
	if !found {
		return value, false
	}
	before, after := strings.TrimSpace(shown[:runs[0][0]]), strings.TrimSpace(shown[runs[0][1]:])
	minus := strings.Contains(before, "-") || strings.HasSuffix(before, "(") && strings.HasPrefix(after, ")")
	if minus != value.IsNegative() { // 0;0 shows -12 as 12
		return value, false
	}
	around := currency.ReplaceAllString(shown[:runs[0][0]], "")
	if around != shown[:runs[0][0]] { // money, in a unit that the sign leaves open
		if !strings.Contains(f.Unit, "元") {
			return value, false
		}
		t.add("annotated", shown, value.String())
	}
	words := strings.Trim(around, "-( ") + value.Abs().Shift(power).String() + strings.Trim(shown[runs[0][1]:], ") ")
	read := &Reading{}
	n, status := numberText(words, f, read)
	if status != table.Normal {
		return value, false
	}
	if value.IsNegative() {
		n = n.Neg()
	}
	scaled := power != 0
	near := false
	switch stored := value.Abs().Shift(power); {
	case f.Type == templates.IntegerField: // another rule says so
	case stored.Sub(seen).Abs().Shift(2).GreaterThan(stored): // by more than a hundredth
		t.add("shown_rounded", shown, n.String())
	case !stored.Equal(seen):
		near = true
	}
	for _, c := range read.Coercions {
		switch {
		case c.Kind == "percent_sign" && power == 2:
			t.add("percent_format", value.String(), n.String())
			scaled = false
		case c.Kind == "text_number", c.Kind == "trimmed", c.Kind == "full_width":
		default:
			t.Coercions = append(t.Coercions, c)
			scaled = scaled && c.Kind != "magnitude"
		}
	}
	if scaled {
		t.add("magnitude", shown, n.String())
	}
	changed := func(c table.Coercion) bool { return c.Kind == "magnitude" } // which shows it, too
	if near && !slices.ContainsFunc(t.Coercions, changed) {
		t.add("shown_near", shown, n.String())
	}
	return n, true
}

// powerBetween finds the power of ten between a stored number and what is shown of it, rounded to its last digit.
func powerBetween(value, seen decimal.Decimal) (power int32, found bool) {
	half := decimal.New(5, seen.Exponent()-1)
	if value.Sub(seen).Abs().LessThanOrEqual(half) {
		return 0, true
	}
	const widest = 12 // 亿 and percentages are eight and two
	for n := int32(1); n <= widest; n++ {
		for _, power = range []int32{n, -n} {
			if value.Shift(power).Sub(seen).Abs().LessThanOrEqual(half) && !seen.IsZero() {
				return power, true
			}
		}
	}
	return 0, false
}

func numberText(raw string, f *templates.Field, t *Reading) (decimal.Decimal, table.Status) {
	none := decimal.Decimal{}
	s := t.note("trimmed", raw, trim(raw))
	s = t.note("full_width", s, strings.NewReplacer("−", "-", "﹣", "-", "，", ",", "．", ".").Replace(fold(s)))
	s = t.note("invisible", s, strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, parted.ReplaceAllString(s, "$1,$2")))
	words := f.Reading
	switch word := strings.ToLower(s); {
	case slices.Contains(words.None, word):
		t.add("none", raw, "")
		return none, table.NotApplicable
	case slices.Contains(words.NotApplicable, word):
		t.add("not_applicable", raw, "")
		return none, table.NotApplicable
	}
	rest, ok := withoutBrackets(s, f, t)
	if !ok {
		return none, table.Invalid
	}
	rest = withoutRoughly(rest, words.Before, t)
	if f.Type == templates.PercentField {
		rest = t.note("percent_sign", rest, strings.TrimPrefix(rest, "百分之"))
	}
	value, rest, ok := takeNumber(rest, t)
	if !ok {
		return none, table.Invalid
	}
	rest = withoutRoughly(rest, words.Behind, t) // 300余人，300人左右
	if value, ok = inUnit(value, s, rest, f, t); !ok {
		return none, table.Invalid
	}
	return value, table.Normal
}

// withoutBrackets reads what stands in brackets behind a number: the field's unit goes, another unit or multiplier is
// put in their place, 估 makes an estimate, and a unit that can't be reckoned with makes it none.
func withoutBrackets(s string, f *templates.Field, t *Reading) (string, bool) {
	words := f.Reading
	cut := strings.TrimSpace(bracketed.ReplaceAllString(s, ""))
	if cut == s || cut == "" {
		return s, true
	}
	units, kinds := "", []string{}
	for _, b := range bracketed.FindAllString(s, -1) {
		inner := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(strings.Trim(b, "()"), "单位:")))
		_, multiplies := factor(inner, f)
		switch {
		case sameUnit(inner, f):
			kinds = append(kinds, "unit_suffix")
		case multiplies:
			units += inner
		case slices.Contains(words.About.Alone, inner):
			kinds = append(kinds, "approximate")
		case words.IsUnitName(inner):
			return s, false
		default:
			kinds = append(kinds, "annotated")
		}
	}
	for _, kind := range kinds {
		t.note(kind, s, cut)
	}
	return cut + units, true
}

// factor is what a unit or multiplier is worth in the field's unit.
func factor(word string, f *templates.Field) (decimal.Decimal, bool) {
	words := f.Reading
	if worth, known := words.UnitOf(f.Unit).Worth[word]; known {
		return worth, true
	}
	if f.Type == templates.PercentField {
		return decimal.Decimal{}, false
	}
	for _, scale := range words.Scales {
		left, ok := strings.CutPrefix(word, scale.Word)
		worth, known := words.UnitOf(f.Unit).Worth[left]
		switch {
		case ok && (left == "" || sameUnit(left, f)):
			return scale.Times, true
		case ok && known: // 万亿
			return scale.Times.Mul(worth), true
		}
	}
	return decimal.Decimal{}, false
}

// withoutRoughly drops the words for "about" that a pattern finds.
func withoutRoughly(s string, words *regexp.Regexp, t *Reading) string {
	cut := strings.TrimSpace(words.ReplaceAllString(s, ""))
	if cut != strings.TrimSpace(s) {
		t.note("approximate", s, cut)
	}
	return cut
}

// takeNumber reads the number that a text begins with, in figures or in Chinese numerals, and gives what follows.
func takeNumber(s string, t *Reading) (decimal.Decimal, string, bool) {
	if head := leading.FindString(s); head != "" {
		bare := strings.NewReplacer(",", "", " ", "").Replace(head)
		n, ok := plain(bare)
		if strings.Contains(head, " ") { // thousands, or two numbers
			t.add("spaced", head, bare)
		} else {
			t.note("thousands", head, bare)
		}
		if strings.ContainsAny(bare, "eE") {
			t.note("scientific", bare, n.String())
		}
		return n, s[len(head):], ok
	}
	if n, rest, ok := chineseNumber(s); ok {
		t.note("chinese_numerals", strings.TrimSuffix(s, rest), n.String())
		return n, rest, true
	}
	return decimal.Decimal{}, s, false
}

// inUnit brings a number to the field's unit by the words behind it. ok is false where they are of another kind.
func inUnit(n decimal.Decimal, whole, suffix string, f *templates.Field, t *Reading) (_ decimal.Decimal, ok bool) {
	suffix = strings.ToLower(strings.TrimSpace(suffix))
	switch {
	case suffix == "":
		t.add("text_number", whole, n.String())
		return n, true
	case f.Type == templates.PercentField && sameUnit(suffix, f):
		t.note("percent_sign", whole, n.String())
		return n, true
	case sameUnit(suffix, f):
		t.note("unit_suffix", whole, n.String())
		return n, true
	}
	worth, ok := factor(suffix, f)
	if !ok {
		return n, false
	}
	value := n.Mul(worth)
	t.note("magnitude", whole, value.String())
	return value, true
}

func sameUnit(word string, f *templates.Field) bool {
	word, unit := strings.ToLower(fold(strings.TrimSpace(word))), fold(f.Unit)
	return word == unit && word != "" || slices.Contains(f.Reading.UnitOf(f.Unit).Same, word)
}

// Chinese numerals, everyday and banker's.
var (
	chineseDigits = map[rune]int64{'〇': 0, '零': 0, '一': 1, '壹': 1, '二': 2, '贰': 2, '两': 2, '三': 3, '叁': 3, '四': 4, '肆': 4,
		'五': 5, '伍': 5, '六': 6, '陆': 6, '七': 7, '柒': 7, '八': 8, '捌': 8, '九': 9, '玖': 9}
	chineseTens = map[rune]int64{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000}
)

// chineseNumber reads the Chinese numeral below 10,000 that a text begins with: 十二, 三百零五, 二〇二四; not 三百五.
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

// Editions as people write them: 第二次, 2版, V2.0, 第3次报送. What may count corrections instead of editions (第一次修改) is none.
var (
	editionForm = regexp.MustCompile(`^(?:报送)?(?:版次|版本)?:?(?:第|v|ver\.?|version)?` +
		`([0-9]{1,2}|[〇零一二三四五六七八九十两壹贰叁肆伍陆柒捌玖拾]+)(?:\.0)?` +
		`(?:版次|版本|版|次|稿|轮)?(?:报送|上报|申报|填报|提交)?$`)
	firstForm = regexp.MustCompile(`^(?:首|初)(?:次|版)(?:报送|上报|申报|填报|提交)?$`)
)

// Edition reads the number of an edition in words; ok is false where they don't tell it.
func Edition(words string) (n int32, ok bool) {
	s := strings.ToLower(strings.Join(strings.Fields(fold(trim(words))), ""))
	if firstForm.MatchString(s) {
		return 1, true
	}
	m := editionForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	edition := figure(m[1])
	return int32(edition), edition > 0
}

// edition reads the field as a number or as words for one; other words (约2) don't tell the edition.
func (r *reader) edition(f *templates.Field, e model.Entry) *Reading {
	n, known := Edition(e.Shown)
	stored, _ := plain(e.Raw)
	// 2 shown as 第2版
	worded := e.Kind == model.Number && !e.IsDate && e.Shown != e.Raw && stored.Equal(decimal.NewFromInt32(n))
	if known && cause(e.Cell) == "" && (e.Kind == model.Text || worded) {
		v := &Reading{Status: table.Normal, Number: table.Some(decimal.NewFromInt32(n))}
		v.note("edition_words", e.Shown, strconv.Itoa(int(n)))
		v.struck(e.Cell)
		r.coerced(f, e, v.Coercions, strconv.Itoa(int(n)))
		r.Submission.Edition = table.Some(n)
		return v
	}
	v := r.number(f, e)
	value := v.Number.V
	sure := e.Kind != model.Text && v.Number.Valid && value.IsInteger() && value.IsPositive()
	if sure && (f.Max == nil || value.LessThanOrEqual(*f.Max)) {
		r.Submission.Edition = table.Some(int32(value.IntPart()))
	}
	return v
}
