package intake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/nfp"
)

// Here a number format says what a cell shows: a filler reads 45.2% or 12万 on the screen, the file holds 0.452 or
// 120000. The library takes the code apart; what its parts do to a value stands here.

// format is a number format: its code, and its sections as the library's parser gives them.
type format struct {
	code     string
	sections []nfp.Section
}

// Number formats that every program knows by number; those of dates as a Chinese program shows them.
var builtin = map[int]string{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%",
	11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
	14: "yyyy/m/d", 15: "d-m-yy", 16: "d-m", 17: "m-yy", 18: "h:mm AM/PM",
	19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
	27: "yyyy年m月", 28: "m月d日", 29: "m月d日", 30: "m-d-yy",
	31: "yyyy年m月d日", 32: "h时mm分", 33: "h时mm分ss秒", 34: "h时mm分", 35: "h时mm分ss秒", 36: "yyyy年m月",
	37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)",
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss",
	48: "##0.0E+0", 49: "@", 50: "yyyy年m月", 51: "m月d日", 52: "yyyy年m月",
	53: "m月d日", 54: "m月d日", 55: "h时mm分", 56: "h时mm分ss秒", 57: "yyyy年m月", 58: "m月d日"}

func formatOf(id int, codes map[int]string) *format {
	code, ok := codes[id]
	if !ok {
		code = builtin[id]
	}
	f := &format{code: code}
	if code != "" && code != "General" {
		parser := nfp.NumberFormatParser()
		f.sections = parser.Parse(plainCode(code))
	}
	return f
}

// plainCode writes what the library's parser doesn't know in the way it does: ! before a sign, as Chinese programs have
// it, for a backslash.
func plainCode(code string) string {
	code = strings.ReplaceAll(code, "G/通用格式", "General")
	var b strings.Builder
	quoted := false
	for i, c := range code {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '!' && !quoted && i+1 < len(code):
			c = '\\'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// number shows a number. isDate says that what it shows is a date or a time.
func (f *format) number(raw string) (shown string, isDate bool) {
	v, err := decimal.NewFromString(raw)
	if f == nil || len(f.sections) == 0 || err != nil || len(raw) > 40 || v.Exponent() > 30 || v.Exponent() < -40 {
		return raw, false
	}
	section, signed := f.section(v)
	if section == nil {
		return raw, false
	}
	has := func(types ...string) bool {
		return slices.ContainsFunc(section.Items, func(t nfp.Token) bool { return slices.Contains(types, t.TType) })
	}
	switch {
	case has(nfp.TokenTypeGeneral):
		return layOut(section.Items, nfp.TokenTypeGeneral, v.String()), false
	case has(nfp.TokenTypeDateTimes, nfp.TokenTypeElapsedDateTimes) && !has(placeholders...):
		return showDate(section.Items, v), true
	case has(nfp.TokenTypeExponential):
		return showExponent(section.Items, v), false
	case has(nfp.TokenTypeFraction):
		return raw, false
	}
	return showNumber(section.Items, v, signed), false
}

// text shows a text: by the fourth section, or by one that has the sign for it.
func (f *format) text(raw string) string {
	if f == nil {
		return raw
	}
	for _, s := range f.sections {
		if s.Type == nfp.TokenSectionText {
			return layOut(s.Items, nfp.TokenTypeTextPlaceHolder, raw)
		}
	}
	return raw
}

var placeholders = []string{nfp.TokenTypeZeroPlaceHolder, nfp.TokenTypeHashPlaceHolder, nfp.TokenTypeDigitalPlaceHolder}

// section is the one that shows a number; signed says that the minus sign is not left to it. None shows it where a
// format is for texts only.
func (f *format) section(v decimal.Decimal) (section *nfp.Section, signed bool) {
	var numbers []*nfp.Section
	conditions := false
	for i := range f.sections {
		if s := &f.sections[i]; s.Type != nfp.TokenSectionText {
			numbers = append(numbers, s)
			_, _, conditional := condition(s)
			conditions = conditions || conditional
		}
	}
	if conditions {
		for _, s := range numbers {
			if operator, operand, ok := condition(s); !ok || holds(v.Cmp(operand), operator) {
				return s, true
			}
		}
		return nil, false
	}
	switch {
	case len(numbers) == 0:
		return nil, false
	case len(numbers) > 1 && v.IsNegative():
		return numbers[1], false
	case len(numbers) > 2 && v.IsZero():
		return numbers[2], false
	}
	return numbers[0], true
}

func condition(s *nfp.Section) (operator string, operand decimal.Decimal, ok bool) {
	for _, t := range s.Items {
		if t.TType != nfp.TokenTypeCondition {
			continue
		}
		for _, p := range t.Parts {
			if p.Token.TType == nfp.TokenTypeOperator {
				operator = p.Token.TValue
			} else if n, err := decimal.NewFromString(p.Token.TValue); err == nil {
				operand, ok = n, true
			}
		}
	}
	return operator, operand, ok && operator != ""
}

// holds says whether an operator is true of how two numbers compare.
func holds(compared int, operator string) bool {
	switch operator {
	case "<":
		return compared < 0
	case "<=":
		return compared <= 0
	case ">":
		return compared > 0
	case ">=":
		return compared >= 0
	case "<>":
		return compared != 0
	}
	return compared == 0
}

// layOut puts a value where its sign stands, with the words around it.
func layOut(items []nfp.Token, sign, value string) string {
	var b strings.Builder
	for _, t := range items {
		if t.TType == sign {
			b.WriteString(value)
		} else {
			b.WriteString(words(t))
		}
	}
	return b.String()
}

// words is what a part of a format shows whatever the value.
func words(t nfp.Token) string {
	switch t.TType {
	case nfp.TokenTypeLiteral, nfp.TokenTypePercent, nfp.TokenTypeDateTimes:
		return t.TValue
	case nfp.TokenTypeCurrencyLanguage:
		for _, p := range t.Parts {
			if p.Token.TType == nfp.TokenSubTypeCurrencyString {
				return p.Token.TValue
			}
		}
	}
	return ""
}

// showExponent shows a number as 5.91E+09, with as many digits behind the point as the format has places for.
func showExponent(items []nfp.Token, v decimal.Decimal) string {
	point := slices.IndexFunc(items, func(t nfp.Token) bool { return t.TType == nfp.TokenTypeDecimalPoint })
	digits := 0
	for i, t := range items {
		if t.TType == nfp.TokenTypeExponential {
			break
		}
		if point >= 0 && i > point && slices.Contains(placeholders, t.TType) {
			digits += len(t.TValue)
		}
	}
	return strings.ToUpper(strconv.FormatFloat(v.InexactFloat64(), 'e', digits, 64))
}

// showNumber fills the digits' places of a section.
func showNumber(items []nfp.Token, v decimal.Decimal, signed bool) string {
	var whole, fraction string // the places before and behind the point
	grouped, point := false, false
	commas := 0
	for i, t := range items {
		switch {
		case slices.Contains(placeholders, t.TType) && point:
			fraction += t.TValue
		case slices.Contains(placeholders, t.TType):
			whole += t.TValue
			grouped, commas = grouped || commas > 0, 0
		case t.TType == nfp.TokenTypeDecimalPoint:
			point = true
		case t.TType == nfp.TokenTypeThousandsSeparator, anotherComma(items, i):
			commas++
		case t.TType == nfp.TokenTypePercent:
			v = v.Shift(2)
		}
	}
	v = v.Shift(int32(-3 * commas)).Round(int32(len(fraction))) // commas behind the last digit: in thousands
	digits, decimals, _ := strings.Cut(v.Abs().StringFixed(int32(len(fraction))), ".")
	digits = strings.TrimLeft(digits, "0")
	digits = strings.Repeat("0", max(0, strings.Count(whole, "0")-len(digits))) + digits
	for len(decimals) > 0 && fraction[len(decimals)-1] != '0' && decimals[len(decimals)-1] == '0' {
		decimals = decimals[:len(decimals)-1]
	}
	var b strings.Builder
	if signed && v.IsNegative() {
		b.WriteString("-")
	}
	left, point := len(whole), false
	for i, t := range items {
		switch {
		case slices.Contains(placeholders, t.TType) && point:
			n := min(len(t.TValue), len(decimals))
			b.WriteString(decimals[:n])
			decimals = decimals[n:]
		case slices.Contains(placeholders, t.TType):
			left -= len(t.TValue)
			n := max(0, len(digits)-left) // the first place takes all that the others have no room for
			b.WriteString(group(digits[:n], left, grouped))
			digits = digits[n:]
		case t.TType == nfp.TokenTypeDecimalPoint:
			point = true
			b.WriteString(".")
		case anotherComma(items, i):
		default:
			b.WriteString(words(t))
		}
	}
	return b.String()
}

// anotherComma says whether a part is a comma behind one for thousands, which the library takes for a literal.
func anotherComma(items []nfp.Token, i int) bool {
	return i > 0 && items[i].TType == nfp.TokenTypeLiteral && items[i].TValue == "," &&
		items[i-1].TType == nfp.TokenTypeThousandsSeparator
}

// group puts a comma before every third digit from the right; so many more follow.
func group(digits string, following int, grouped bool) string {
	if !grouped {
		return digits
	}
	var b strings.Builder
	for i, c := range digits {
		b.WriteRune(c)
		if left := len(digits) - 1 - i + following; left > 0 && left%3 == 0 {
			b.WriteString(",")
		}
	}
	return b.String()
}

// epoch is day 0 of the 1900 system, for dates after February 1900.
var epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// lastDay is the number of 9999-12-31.
const lastDay = 2958465

// showDate shows a serial number as a date or time. A full date is written the ISO way, whichever the format's own is.
func showDate(items []nfp.Token, v decimal.Decimal) string {
	if v.IsNegative() || v.GreaterThanOrEqual(decimal.NewFromInt(lastDay+1)) {
		return v.String()
	}
	day := v.IntPart()
	at := epoch.AddDate(0, 0, int(day))
	if day < 60 { // spreadsheets think that 1900 was a leap year
		at = at.AddDate(0, 0, 1)
	}
	seconds := v.Sub(decimal.NewFromInt(day)).Mul(decimal.NewFromInt(86400)).Round(0).IntPart()
	at = at.Add(time.Duration(seconds) * time.Second)
	shows := ""
	for _, t := range items {
		if t.TType == nfp.TokenTypeDateTimes {
			shows += strings.ToLower(t.TValue[:1])
		}
	}
	if strings.ContainsAny(shows, "ye") && strings.Contains(shows, "m") && strings.Contains(shows, "d") {
		return at.Format(time.DateOnly)
	}
	var b strings.Builder
	minutes := false // an m behind an h, or before an s
	for i, t := range items {
		part := strings.ToLower(t.TValue)
		switch {
		case t.TType == nfp.TokenTypeElapsedDateTimes && part == "h":
			fmt.Fprint(&b, v.Mul(decimal.NewFromInt(24)).IntPart())
		case t.TType == nfp.TokenTypeElapsedDateTimes || t.TType == nfp.TokenTypeDateTimes:
			minutes = minutes || strings.Contains(shows, "s") && !strings.Contains(shows, "d") && i == 0
			b.WriteString(datePart(part, at, minutes))
		default:
			b.WriteString(words(t))
		}
		minutes = minutes || strings.HasPrefix(part, "h")
	}
	return b.String()
}

// datePart shows one part of a date or time.
func datePart(part string, at time.Time, minutes bool) string {
	n, width := 0, len(part)
	switch part[0] {
	case 'y', 'e':
		if part == "yy" {
			return at.Format("06")
		}
		return strconv.Itoa(at.Year())
	case 'm':
		if n = int(at.Month()); minutes {
			n = at.Minute()
		}
	case 'd':
		if n = at.Day(); width > 2 {
			return weekdays[at.Weekday()]
		}
	case 'h':
		n = at.Hour()
	case 's':
		n = at.Second()
	case 'a':
		if strings.Contains(part, "/") {
			return at.Format("PM")
		}
		return weekdays[at.Weekday()]
	default:
		return ""
	}
	if width == 2 {
		return fmt.Sprintf("%02d", n)
	}
	return strconv.Itoa(n)
}

var weekdays = []string{"星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"}
