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
	numberPattern = regexp.MustCompile(`^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$`)
	leadingNumber = regexp.MustCompile(`^[+-]?(?:[0-9]{1,3}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+)(?:\.[0-9]*)?|` +
		`(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)`)
	bracketPattern  = regexp.MustCompile(`\([^()]*\)`)
	itemNumber      = regexp.MustCompile(`^[0-9]{1,2}[.、)]`)
	countOnly       = regexp.MustCompile(`^[0-9]+(人|名|位)?$`)
	spacedThousands = regexp.MustCompile(`([0-9])[\x{00A0}\x{2007}\x{2009}\x{202F}]([0-9])`) // fixed or thin spaces
	currencySign    = regexp.MustCompile(`[¥￥]|(?i:cny|rmb)`)
	digitRun        = regexp.MustCompile(`[0-9][0-9,]*(?:\.[0-9]*)?|\.[0-9]+`)
)

// ReadNumber reads a cell as a number in the unit of the field. Blank is Missing; 无 and 不适用 are NotApplicable, never
// 0; what can't be read is Invalid.
func ReadNumber(c model.Cell, f *templates.Field) *Reading {
	r := newReading(c)
	if r.Status != table.Normal {
		return r
	}
	var value decimal.Decimal
	r.Status = table.Invalid
	switch c.Kind {
	case model.Number:
		value, r.Status = readNumberCell(c, f, r)
	case model.Text:
		value, r.Status = readNumberText(c.Shown, f, r)
	}
	if r.Status == table.Invalid { // drop the steps of a failed attempt
		r.Coercions = slices.DeleteFunc(r.Coercions, func(c table.Coercion) bool { return c.Kind != "shown_otherwise" })
		return r
	}
	r.addStruck(c)
	if r.Status == table.Normal { // rounded only here, before anything is computed
		r.Number = table.Some(f.Rounded(value))
		r.coerce("rounded", value.String(), r.Number.V.String())
	}
	return r
}

// readNumberCell reads a numeric cell as its format displays it: 0.45 displayed as 45% is 45, and 12000000 displayed as
// 1200万 is converted to the unit of the field. A cell that displays a date or other words is Invalid.
func readNumberCell(c model.Cell, f *templates.Field, r *Reading) (decimal.Decimal, table.Status) {
	value, ok := parseDecimal(c.Raw)
	if !ok {
		return value, table.Invalid
	}
	if clean := text.RoundDigits(value); !clean.Equal(value) { // digits beyond the 15th are noise of binary fractions
		r.coerce("float_noise", value.String(), clean.String())
		value = clean
	}
	if c.Shown == c.Raw {
		return value, table.Normal
	}
	if !c.IsDate {
		if value, ok = readShownNumber(c.Shown, value, f, r); ok {
			return value, table.Normal
		}
	}
	r.Coercions = nil
	r.addCoercion("shown_otherwise", c.Shown, c.Raw)
	return value, table.Invalid
}

// readShownNumber reads the number that a cell displays, with all stored digits; false: display and value don't agree.
func readShownNumber(shown string, value decimal.Decimal, f *templates.Field, r *Reading) (decimal.Decimal, bool) {
	if value.IsZero() && strings.Trim(shown, "- —") == "" && shown != "" { // accounting format: zero as a dash
		r.addCoercion("shown_dash", shown, "0")
		return value, true
	}
	if seen, ok := parseDecimal(shown); ok && strings.ContainsAny(shown, "eE") { // 5.91E+09
		power, found := powerOfTen(value, seen)
		return value, found && power == 0
	}
	runs := digitRun.FindAllStringIndex(shown, -1)
	if len(runs) != 1 {
		return value, false
	}
	digits := strings.ReplaceAll(shown[runs[0][0]:runs[0][1]], ",", "")
	seen, err := decimal.NewFromString(digits)
	if err != nil {
		return value, false
	}
	power, found := powerOfTen(value.Abs(), seen)
	if !found {
		return value, false
	}
	before, after := strings.TrimSpace(shown[:runs[0][0]]), strings.TrimSpace(shown[runs[0][1]:])
	minus := strings.Contains(before, "-") || strings.HasSuffix(before, "(") && strings.HasPrefix(after, ")")
	if minus != value.IsNegative() { // the format 0;0 shows -12 as 12
		return value, false
	}
	prefix := currencySign.ReplaceAllString(shown[:runs[0][0]], "")
	if prefix != shown[:runs[0][0]] { // the sign says money, but not whether in 元 or 万元
		if !strings.Contains(f.Unit, "元") {
			return value, false
		}
		r.addCoercion("annotated", shown, value.String())
	}
	words := strings.Trim(prefix, "-( ") + value.Abs().Shift(power).String() + strings.Trim(shown[runs[0][1]:], ") ")
	read := &Reading{}
	n, status := readNumberText(words, f, read)
	if status != table.Normal {
		return value, false
	}
	if value.IsNegative() {
		n = n.Neg()
	}
	scaled := power != 0
	slightlyRounded := false
	switch stored := value.Abs().Shift(power); {
	case f.Type == templates.IntegerField: // a rule of check reports fractions
	case stored.Sub(seen).Abs().Shift(2).GreaterThan(stored): // differs by more than 1 %
		r.addCoercion("shown_rounded", shown, n.String())
	case !stored.Equal(seen):
		slightlyRounded = true
	}
	for _, c := range read.Coercions {
		switch {
		case c.Kind == "percent_sign" && power == 2:
			r.addCoercion("percent_format", value.String(), n.String())
			scaled = false
		case c.Kind == "text_number", c.Kind == "trimmed", c.Kind == "full_width":
		default:
			r.Coercions = append(r.Coercions, c)
			scaled = scaled && c.Kind != "magnitude"
		}
	}
	if scaled {
		r.addCoercion("magnitude", shown, n.String())
	}
	changed := func(c table.Coercion) bool { return c.Kind == "magnitude" } // its finding shows both numbers already
	if slightlyRounded && !slices.ContainsFunc(r.Coercions, changed) {
		r.addCoercion("shown_near", shown, n.String())
	}
	return n, true
}

// powerOfTen returns the power of ten by which a stored number is multiplied in display (rounded to its last digit).
func powerOfTen(value, shown decimal.Decimal) (power int32, found bool) {
	half := decimal.New(5, shown.Exponent()-1)
	if value.Sub(shown).Abs().LessThanOrEqual(half) {
		return 0, true
	}
	const widest = 12 // 亿 needs 8, a percentage 2
	for n := int32(1); n <= widest; n++ {
		for _, power = range []int32{n, -n} {
			if value.Shift(power).Sub(shown).Abs().LessThanOrEqual(half) && !shown.IsZero() {
				return power, true
			}
		}
	}
	return 0, false
}

// readNumberText reads a number that was typed as text, with units, brackets and words such as 约.
func readNumberText(raw string, f *templates.Field, r *Reading) (decimal.Decimal, table.Status) {
	none := decimal.Decimal{}
	if strings.ContainsRune(raw, '\u202E') { // shows the digits in reverse
		return none, table.Invalid
	}
	s := r.coerce("trimmed", raw, trim(raw))
	s = r.coerce("full_width", s, strings.NewReplacer("−", "-", "﹣", "-", "，", ",", "．", ".").Replace(foldWidth(s)))
	blank := func(r rune) bool { return unicode.Is(unicode.Zs, r) }
	s = r.coerce("invisible", s, text.Replaced(spacedThousands.ReplaceAllString(s, "$1,$2"), blank, ' '))
	words := f.Reading
	switch word := strings.ToLower(s); {
	case slices.Contains(words.None, word):
		r.addCoercion("none", raw, "")
		return none, table.NotApplicable
	case slices.Contains(words.NotApplicable, word):
		r.addCoercion("not_applicable", raw, "")
		return none, table.NotApplicable
	}
	rest, ok := resolveBrackets(s, f, r)
	if !ok {
		return none, table.Invalid
	}
	rest = trimApproximation(rest, words.Before, r)
	if f.Type == templates.PercentField {
		rest = r.coerce("percent_sign", rest, strings.TrimPrefix(rest, "百分之"))
	}
	value, rest, ok := takeLeadingNumber(rest, r)
	if !ok {
		return none, table.Invalid
	}
	rest = trimApproximation(rest, words.Behind, r) // 300余人，300人左右
	if value, ok = convertUnit(value, s, rest, f, r); !ok {
		return none, table.Invalid
	}
	return value, table.Normal
}

// resolveBrackets removes the brackets of a number. The unit of the field and remarks are dropped, another unit or
// multiplier is put behind the number, 估 is recorded as an estimate. ok is false for a unit that can't be converted.
func resolveBrackets(s string, f *templates.Field, r *Reading) (string, bool) {
	words := f.Reading
	cut := strings.TrimSpace(bracketPattern.ReplaceAllString(s, ""))
	if cut == s || cut == "" {
		return s, true
	}
	units, kinds := "", []string{}
	for _, b := range bracketPattern.FindAllString(s, -1) {
		inner := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(strings.Trim(b, "()"), "单位:")))
		_, multiplies := unitFactor(inner, f)
		switch {
		case isFieldUnit(inner, f):
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
		r.coerce(kind, s, cut)
	}
	return cut + units, true
}

// unitFactor returns the factor from a unit or multiplier (万) to the unit of the field.
func unitFactor(word string, f *templates.Field) (decimal.Decimal, bool) {
	words := f.Reading
	if value, known := words.UnitOf(f.Unit).Worth[word]; known {
		return value, true
	}
	if f.Type == templates.PercentField {
		return decimal.Decimal{}, false
	}
	for _, scale := range words.Scales {
		unit, ok := strings.CutPrefix(word, scale.Word)
		value, known := words.UnitOf(f.Unit).Worth[unit]
		switch {
		case ok && (unit == "" || isFieldUnit(unit, f)):
			return scale.Times, true
		case ok && known: // 万亿
			return scale.Times.Mul(value), true
		}
	}
	return decimal.Decimal{}, false
}

// trimApproximation removes words for "about", which the pattern finds.
func trimApproximation(s string, words *regexp.Regexp, r *Reading) string {
	cut := strings.TrimSpace(words.ReplaceAllString(s, ""))
	if cut != strings.TrimSpace(s) {
		r.coerce("approximate", s, cut)
	}
	return cut
}

// takeLeadingNumber reads the number at the beginning of a text, in digits or Chinese numerals, and returns the rest.
func takeLeadingNumber(s string, r *Reading) (decimal.Decimal, string, bool) {
	if match := leadingNumber.FindString(s); match != "" {
		digits := strings.NewReplacer(",", "", " ", "").Replace(match)
		n, ok := parseDecimal(digits)
		if strings.Contains(match, " ") { // thousands separators, or two numbers
			r.addCoercion("spaced", match, digits)
		} else {
			r.coerce("thousands", match, digits)
		}
		if strings.ContainsAny(digits, "eE") {
			r.coerce("scientific", digits, n.String())
		}
		return n, s[len(match):], ok
	}
	if n, rest, ok := parseChineseNumber(s); ok {
		r.coerce("chinese_numerals", strings.TrimSuffix(s, rest), n.String())
		return n, rest, true
	}
	return decimal.Decimal{}, s, false
}

// convertUnit converts a number to the unit of the field by the words behind it. ok is false for any other words.
func convertUnit(n decimal.Decimal, whole, suffix string, f *templates.Field, r *Reading) (_ decimal.Decimal, ok bool) {
	suffix = strings.ToLower(strings.TrimSpace(suffix))
	switch {
	case suffix == "":
		r.addCoercion("text_number", whole, n.String())
		return n, true
	case f.Type == templates.PercentField && isFieldUnit(suffix, f):
		r.coerce("percent_sign", whole, n.String())
		return n, true
	case isFieldUnit(suffix, f):
		r.coerce("unit_suffix", whole, n.String())
		return n, true
	}
	factor, ok := unitFactor(suffix, f)
	if !ok {
		return n, false
	}
	value := n.Mul(factor)
	r.coerce("magnitude", whole, value.String())
	return value, true
}

// isFieldUnit reports whether a word is the unit of the field or a synonym.
func isFieldUnit(word string, f *templates.Field) bool {
	word, unit := strings.ToLower(foldWidth(strings.TrimSpace(word))), foldWidth(f.Unit)
	return word == unit && word != "" || slices.Contains(f.Reading.UnitOf(f.Unit).Same, word)
}

// Chinese numerals, everyday and financial (大写).
var (
	chineseDigits = map[rune]int64{'〇': 0, '零': 0, '一': 1, '壹': 1, '二': 2, '贰': 2, '两': 2, '三': 3, '叁': 3, '四': 4, '肆': 4,
		'五': 5, '伍': 5, '六': 6, '陆': 6, '七': 7, '柒': 7, '八': 8, '捌': 8, '九': 9, '玖': 9}
	chineseTens = map[rune]int64{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000}
)

// parseChineseNumber reads a Chinese numeral below 10,000 at the start of a text: 十二, 三百零五, 二〇二四; not 三百五.
func parseChineseNumber(s string) (n decimal.Decimal, rest string, ok bool) {
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

// Editions as people write them: 第二次, 2版, V2.0, 第3次报送. 第一次修改 is not accepted: it may count corrections.
var (
	editionPattern = regexp.MustCompile(`^(?:报送)?(?:版次|版本)?:?(?:第|v|ver\.?|version)?` +
		`([0-9]{1,2}|[〇零一二三四五六七八九十两壹贰叁肆伍陆柒捌玖拾]+)(?:\.0)?` +
		`(?:版次|版本|版|次|稿|轮)?(?:报送|上报|申报|填报|提交)?$`)
	firstEditionPattern = regexp.MustCompile(`^(?:首|初)(?:次|版)(?:报送|上报|申报|填报|提交)?$`)
)

// ParseEdition reads the number of an edition from words; ok is false where they give none.
func ParseEdition(words string) (n int32, ok bool) {
	s := strings.ToLower(strings.Join(strings.Fields(foldWidth(trim(words))), ""))
	if firstEditionPattern.MatchString(s) {
		return 1, true
	}
	m := editionPattern.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	edition := parseDigits(m[1])
	return int32(edition), edition > 0
}

// readEdition reads 报送版次, as a number or as words. Anything less than certain (约2) leaves the edition unknown.
func (r *reader) readEdition(f *templates.Field, e *model.Entry) *Reading {
	n, known := ParseEdition(e.Shown)
	stored, _ := parseDecimal(e.Raw)
	// the number 2 displayed as 第2版
	formatted := e.Kind == model.Number && !e.IsDate && e.Shown != e.Raw && stored.Equal(decimal.NewFromInt32(n))
	if known && unreadableReason(e.Cell) == "" && (e.Kind == model.Text || formatted) {
		v := &Reading{Status: table.Normal, Number: table.Some(decimal.NewFromInt32(n))}
		v.coerce("edition_words", e.Shown, strconv.Itoa(int(n)))
		v.addStruck(e.Cell)
		r.addCoercions(f, e, v.Coercions, strconv.Itoa(int(n)))
		r.Submission.Edition = table.Some(n)
		return v
	}
	v := r.readNumber(f, e)
	value := v.Number.V
	sure := e.Kind != model.Text && v.Number.Valid && value.IsInteger() && value.IsPositive()
	if sure && (f.Max == nil || value.LessThanOrEqual(*f.Max)) {
		r.Submission.Edition = table.Some(int32(value.IntPart()))
	}
	return v
}
