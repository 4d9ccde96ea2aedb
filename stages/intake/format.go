package intake

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"lianheti/stages/table"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
	"github.com/xuri/nfp"
)

// numberFormat is a number format, which decides what a cell shows: 45.2% or 12万 where the value is 0.452 or 120000.
type numberFormat struct {
	code         string
	sections     []nfp.Section
	sectionCodes []string // of the sections, without their conditions
}

// Number formats that every program knows by number; those of dates as a Chinese program shows them.
var builtinFormats = map[int]string{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%",
	11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
	14: "yyyy/m/d", 15: "d-m-yy", 16: "d-m", 17: "m-yy", 18: "h:mm AM/PM",
	19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
	27: "yyyy年m月", 28: "m月d日", 29: "m月d日", 30: "m-d-yy",
	31: "yyyy年m月d日", 32: "h时mm分", 33: "h时mm分ss秒", 34: "h时mm分", 35: "h时mm分ss秒", 36: "yyyy年m月",
	37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)",
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss",
	48: "##0.0E+0", 49: "@", 50: "yyyy年m月", 51: "m月d日", 52: "yyyy年m月",
	53: "m月d日", 54: "m月d日", 55: "h时mm分", 56: "h时mm分ss秒", 57: "yyyy年m月", 58: "m月d日"}

func newNumberFormat(id int, codes map[int]string) *numberFormat {
	code, ok := codes[id]
	if !ok {
		code = builtinFormats[id]
	}
	f := &numberFormat{code: code}
	if code != "" && code != "General" {
		parser := nfp.NumberFormatParser()
		f.sections = parser.Parse(normaliseCode(code))
		for _, section := range sectionPattern.FindAllString(normaliseCode(code)+";", -1) {
			f.sectionCodes = append(f.sectionCodes, conditionOrScript.ReplaceAllString(strings.TrimSuffix(section, ";"), ""))
		}
	}
	return f
}

var (
	sectionPattern    = regexp.MustCompile(`(?:"[^"]*"?|\\[^\n]|\[[^\]]*\]|[^;"\\\[])*;`)
	fillCharacter     = regexp.MustCompile(`\*([\p{L}\p{N}])`) // fills the cell with a digit or letter
	fixedDecimals     = regexp.MustCompile(`^0(?:\.(0+))?$`)
	conditionOrScript = regexp.MustCompile(`\[(?:[<>=][^\]]*|DBNum[0-9])\]`) // a condition, or the digits' script
)

// normaliseCode rewrites what the library's parser does not know: ! for a backslash, as Chinese programs write it.
func normaliseCode(code string) string {
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

// showNumber formats a number. isDate: it shows as a date or a time.
func (f *numberFormat) showNumber(raw string) (shown string, isDate bool) {
	const longestCode = 3 * 255 // bytes: spreadsheets bound a format by 255 characters
	v, err := decimal.NewFromString(raw)
	if f == nil || len(f.sections) == 0 || len(f.code) > longestCode || err != nil || len(raw) > 40 ||
		v.Exponent() > 30 || v.Exponent() < -40 {
		return raw, false
	}
	chosen, signed := f.chooseSection(v)
	if chosen < 0 {
		return raw, false
	}
	items, code := f.sections[chosen].Items, f.sectionCodes[min(chosen, len(f.sectionCodes)-1)]
	has := func(types ...string) bool {
		return slices.ContainsFunc(items, func(t nfp.Token) bool { return slices.Contains(types, t.TType) })
	}
	switch {
	case has(nfp.TokenTypeGeneral):
		return layOutValue(items, nfp.TokenTypeGeneral, v.String()), false
	case has(nfp.TokenTypeFraction):
		return raw, false
	case code == "", v.IsZero() && has(placeholders...) && !has(nfp.TokenTypeZeroPlaceHolder): // no digit of it is shown
		return layOutValue(items, "", ""), false
	case fillCharacter.MatchString(code): // as often as the column is wide
		return fillCharacter.FindStringSubmatch(code)[1] + "…", false
	case has(nfp.TokenTypeDateTimes, nfp.TokenTypeElapsedDateTimes) && !has(placeholders...):
		if v.IsNegative() || v.GreaterThanOrEqual(decimal.NewFromInt(lastDay+1)) {
			return v.String(), true
		}
		if isFullDate(items) {
			return isoDate(v.IntPart()), true
		}
		code, isDate = "[$-804]"+code, true // days and months are named as a Chinese program does
	}
	if !signed {
		v = v.Abs()
	}
	if m := fixedDecimals.FindStringSubmatch(code); m != nil { // the most common, and the library takes its time
		return v.StringFixed(int32(len(m[1]))), false
	}
	return render(code, v.String()), isDate
}

const lastDay = 2958465

// isFullDate reports whether a section shows year, month and day; such dates are written in ISO format.
func isFullDate(items []nfp.Token) bool {
	shows := ""
	for _, t := range items {
		if t.TType == nfp.TokenTypeDateTimes {
			shows += strings.ToLower(t.TValue[:1])
		}
	}
	return strings.ContainsAny(shows, "ye") && strings.Contains(shows, "m") && strings.Contains(shows, "d")
}

func isoDate(n int64) string {
	at := epoch.AddDate(0, 0, int(n))
	if n == 0 {
		return "1900-01-00" // as they show the day before the first
	}
	if n < 60 { // spreadsheets think that 1900 was a leap year
		at = at.AddDate(0, 0, 1)
	}
	return at.Format(time.DateOnly)
}

// renderer is a workbook of one cell, in which the library formats a value.
var renderer struct {
	sync.Mutex
	*excelize.File
}

// render is what a cell with a format of one section shows for a number.
func render(code, value string) string {
	const sheet, cell = "Sheet1", "A1"
	renderer.Lock()
	defer renderer.Unlock()
	var err error
	if renderer.File == nil {
		renderer.File = excelize.NewFile()
		style := 0
		if style, err = renderer.NewStyle(&excelize.Style{CustomNumFmt: new("0.0")}); err == nil {
			err = renderer.SetCellStyle(sheet, cell, cell, style)
		}
	}
	renderer.Styles.NumFmts.NumFmt[0].FormatCode = code // a style for each would be looked for among all of them
	shown := ""
	if err = errors.Join(err, renderer.SetCellDefault(sheet, cell, value)); err == nil {
		shown, err = renderer.GetCellValue(sheet, cell)
	}
	return table.Either(err == nil, shown, value)
}

// showText formats a text by the section for texts, if there is one.
func (f *numberFormat) showText(raw string) string {
	if f == nil {
		return raw
	}
	for _, s := range f.sections {
		if s.Type == nfp.TokenSectionText {
			return layOutValue(s.Items, nfp.TokenTypeTextPlaceHolder, raw)
		}
	}
	return raw
}

var placeholders = []string{nfp.TokenTypeZeroPlaceHolder, nfp.TokenTypeHashPlaceHolder, nfp.TokenTypeDigitalPlaceHolder}

// chooseSection returns the section that formats a number, or -1. signed: the section shows no minus sign of its own.
func (f *numberFormat) chooseSection(v decimal.Decimal) (section int, signed bool) {
	var numbers []int
	conditions := false
	for i := range f.sections {
		if s := &f.sections[i]; s.Type != nfp.TokenSectionText {
			numbers = append(numbers, i)
			_, _, conditional := condition(s)
			conditions = conditions || conditional
		}
	}
	if conditions {
		for _, i := range numbers {
			if operator, operand, ok := condition(&f.sections[i]); !ok || compareHolds(v.Cmp(operand), operator) {
				return i, true
			}
		}
		return -1, false
	}
	switch {
	case len(numbers) == 0:
		return -1, false
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

// compareHolds reports whether an operator is true for the result of a comparison.
func compareHolds(compared int, operator string) bool {
	switch operator {
	case "<", "<=":
		return compared < 0 || compared == 0 && operator == "<="
	case ">", ">=":
		return compared > 0 || compared == 0 && operator == ">="
	}
	return (compared == 0) == (operator != "<>")
}

// layOutValue replaces the placeholder by a value and keeps the literal texts around it.
func layOutValue(items []nfp.Token, sign, value string) string {
	var b strings.Builder
	for _, t := range items {
		if t.TType == sign {
			b.WriteString(value)
		} else {
			b.WriteString(literalText(t))
		}
	}
	return b.String()
}

// literalText is what a part of a format shows whatever the value.
func literalText(t nfp.Token) string {
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

// epoch is day 0 of the 1900 system, for dates after February 1900.
var epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
