package normalize

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
	"golang.org/x/text/width"
)

// Reading is the value of a cell, read as the type of its field, with the coercions that were needed.
type Reading struct {
	Status    table.Status
	Value     string                     // a text, an ISO date, an option, "true" or "false"
	Number    table.Opt[decimal.Decimal] // exact, in the field's unit; percentages are 0–100; of persons their number
	typed     string                     // a text before masking
	Coercions []table.Coercion           // kind (a route of reading.yaml), from and to only
}

func (r *Reading) float() table.Opt[float64] {
	return table.Opt[float64]{V: r.Number.V.InexactFloat64(), Valid: r.Number.Valid}
}

// coerce records a coercion if from and to differ, and returns to.
func (r *Reading) coerce(kind, from, to string) string {
	if from != to {
		r.addCoercion(kind, from, to)
	}
	return to
}

func (r *Reading) addCoercion(kind string, from, to string) {
	r.Coercions = append(r.Coercions, table.Coercion{Kind: kind, From: from, To: to})
}

func (r *Reading) addStruck(c model.Cell) {
	switch c.Struck {
	case "":
	case c.Raw:
		r.addCoercion("struck_out", c.Raw, c.Raw)
	default:
		r.addCoercion("struck", c.Struck, "")
	}
}

// errorText is an error value that was pasted as text.
var errorText = regexp.MustCompile(`^#(?:N/A|DIV/0!|[A-Z_]+[!?])$`)

// newReading starts the reading of a cell: Missing if it is blank, Invalid with the reason if it is unreadable.
func newReading(c model.Cell) *Reading {
	r := &Reading{Status: table.Normal}
	switch why := unreadableReason(c); {
	case why != "":
		r.Status = table.Invalid
		r.addCoercion(why, c.Shown, c.Raw)
	case !c.Filled:
		r.Status = table.Missing
	case c.Formula != "":
		r.addCoercion("formula", "=", c.Raw)
	}
	return r
}

// unreadableReason returns the coercion kind that says why a cell can't be read as any type; empty: it may be readable.
func unreadableReason(c model.Cell) string {
	plain := c.Kind == model.Number && !c.IsDate
	switch {
	case c.Merged != "":
		return "merged"
	case c.Kind == model.Error, c.Kind == model.Text && errorText.MatchString(strings.TrimSpace(c.Raw)):
		return "error_value"
	case c.Kind == model.Uncomputed:
		return "uncomputed"
	case c.Kind == model.Picture:
		return "picture"
	case trim(c.Shown) == "" && trim(c.Raw) != "", c.Kind == model.Text && !strings.Contains(c.Shown, c.Raw), // its format
		plain && len(c.Shown) > 100, // no number is as long, except in words
		plain && !strings.ContainsAny(c.Shown, "0123456789") && strings.Trim(c.Shown, "- —") != "":
		return "shown_otherwise"
	}
	return ""
}

// ReadText reads a cell as displayed, without invisible characters; a number without a format keeps all its digits.
func ReadText(c model.Cell) *Reading {
	r := newReading(c)
	if r.Status != table.Normal {
		return r
	}
	s := c.Shown
	switch {
	case c.Kind == model.Number && c.IsDate:
		r.addCoercion("date_in_text", s, s)
	case c.Kind == model.Number && s == c.Raw:
		if n, ok := parseDecimal(c.Raw); ok {
			s = n.String()
		}
	}
	if c.Kind != model.Text {
		r.coerce("number_text", c.Raw, s)
	}
	if r.Value = r.coerce("trimmed", s, trim(s)); r.Value == "" {
		r.Status = table.Missing
		return r
	}
	r.addStruck(c)
	return r
}

// checkAnswer marks a text that does not answer the field: 待定 and 见附件 don't, and 5.91E+10 is no phone number.
func (r *Reading) checkAnswer(f *templates.Field) {
	if r.Status != table.Normal || !f.Required && f.Type != templates.PersonField && f.Type != templates.PhoneField {
		return
	}
	words, bare := f.Reading, strings.ToLower(foldWidth(r.Value))
	unanswered := false
	switch {
	case f.Type == templates.PersonField && !strings.ContainsFunc(bare, unicode.IsLetter): // a number is no name
		unanswered = true
	case f.None && slices.Contains(words.None, bare):
	case f.Required && f.Record != "explanations" && words.IsPlaceholder(bare):
		if slices.Contains(words.Placeholders.Vague, f.Record) {
			r.addCoercion("vague", r.Value, "")
		} else {
			unanswered = slices.Contains(words.Placeholders.Unanswered, f.Type)
		}
	case f.Type == templates.PhoneField && !looksLikePhone(bare):
		r.addCoercion("doubtful_phone", r.Value, r.Value)
	}
	if unanswered {
		r.Status = table.Invalid
		r.addCoercion("unanswered", r.Value, "")
	}
}

// The number of digits of a phone number: from a local one to one with country code, area code and extension.
const fewestDigits, mostDigits = 7, 18

// looksLikePhone reports whether a text contains a number that may be a phone number.
func looksLikePhone(s string) bool {
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、,;/|\n", r) }) {
		digits := notDigits.ReplaceAllString(part, "")
		n, whole := len(digits), !scientific.MatchString(part) && !truncatedMobile.MatchString(digits)
		if whole && n >= fewestDigits && n <= mostDigits && !strings.HasSuffix(digits, "000000") {
			return true
		}
	}
	return false
}

var (
	truncatedMobile = regexp.MustCompile(`^1[3-9][0-9]{5,8}$`) // no local number begins with 1
	notDigits       = regexp.MustCompile(`[^0-9]+`)
	scientific      = regexp.MustCompile(`[0-9]e\+?[0-9]`)
	lineEnds        = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n")
)

// trim removes white space at both ends and invisible characters; line ends become \n.
func trim(s string) string {
	if strings.Contains(s, "\r") || strings.Contains(s, "\u2028") {
		s = lineEnds.Replace(s)
	}
	s = strings.Map(func(r rune) rune {
		if r >= ' ' && r <= '~' || r > 0x2FFF && r < 0xFE00 { // fast path for most texts
			return r
		}
		if r == unicode.ReplacementChar || r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf) {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

func foldWidth(s string) string { return width.Fold.String(s) }

// MatchOption finds the option that a text means. It ignores width and blanks, and accepts a missing 市 or a missing
// bracket (高职院校 for 高职院校（含职教本科）). Anything else is returned as typed.
func MatchOption(s string, options []string) (option string, known bool) {
	s = trim(s)
	for _, same := range []func(option string) bool{
		func(option string) bool { return option == s },
		func(option string) bool { return text.NameKey(option) == text.NameKey(s) },
		func(option string) bool { return text.NameKey(option)+"市" == text.NameKey(s) },
		func(option string) bool {
			head, _, bracket := strings.Cut(option, "（")
			return bracket && text.NameKey(head) == text.NameKey(s)
		},
	} {
		for _, option := range options {
			if same(option) {
				return option, true
			}
		}
	}
	return s, false
}

// Words and signs by which fillers confirm a declaration, or don't. Compared in lower case and half width.
var (
	yesWords = []string{"☑", "☒", "√", "✓", "✔", "■", "●", "是", "已确认", "确认", "已签", "已签字", "已盖章", "yes", "y", "true", "1"}
	noWords  = []string{"☐", "□", "○", "×", "✗", "✘", "否", "未确认", "不确认", "未签", "no", "n", "false", "0"}
)

// ParseConfirmation reads the check box of a declaration. ok is false where it says neither yes nor no.
func ParseConfirmation(s string) (yes, ok bool) {
	s = strings.ToLower(foldWidth(trim(s)))
	yes = slices.Contains(yesWords, s)
	return yes, yes || slices.Contains(noWords, s)
}

// SplitNames splits a list of persons by punctuation and line ends, or else by blanks (but not within 王 伟).
func SplitNames(s string) []string {
	s = bracketPattern.ReplaceAllString(foldWidth(trim(s)), "")
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、､,;/|\n\t", r) })
	if len(parts) == 1 {
		parts = joinSingleCharacters(strings.Fields(parts[0]))
	}
	var names []string
	for _, p := range parts {
		p = strings.Join(strings.Fields(itemNumber.ReplaceAllString(strings.TrimSpace(p), "")), "")
		p = strings.Trim(p, ".。·:等共")
		if p != "" && !countOnly.MatchString(p) && !slices.Contains(names, p) {
			names = append(names, p)
		}
	}
	return names
}

// joinSingleCharacters joins a name that was written with a blank between its two characters.
func joinSingleCharacters(parts []string) []string {
	var out []string
	for i := 0; i < len(parts); i++ {
		if i+1 < len(parts) && len([]rune(parts[i])) == 1 && len([]rune(parts[i+1])) == 1 {
			out = append(out, parts[i]+parts[i+1])
			i++
			continue
		}
		out = append(out, parts[i])
	}
	return out
}

// parseDecimal reads a number in plain or scientific notation. It refuses one above 10^18 or longer than 40 characters.
func parseDecimal(s string) (decimal.Decimal, bool) {
	if len(s) > 40 || !numberPattern.MatchString(s) {
		return decimal.Decimal{}, false
	}
	n, err := decimal.NewFromString(s)
	if err != nil || n.Exponent() > 18 || n.Exponent() < -40 || n.Abs().GreaterThan(decimal.New(1, 18)) {
		return decimal.Decimal{}, false
	}
	return n, true
}

var (
	dateDigits     = regexp.MustCompile(`^((?:19|20)[0-9]{2})(0[1-9]|1[0-2])([0-9]{2})?$`)
	dateParts      = regexp.MustCompile(`^((?:19|20)[0-9]{2})[年./-]([0-9]{1,2})(?:[月./-]([0-9]{1,2})[日号]?|月)?$`)
	dateTime       = regexp.MustCompile(`[ t][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?z?$`)
	monthPart      = regexp.MustCompile(`月(初|上旬|中旬|下旬|底|末)$`)
	plannedWords   = regexp.MustCompile(`^(拟于|拟|预计|计划)+|(\(?拟\)?|\(?预计\)?|成立)+$`)
	approximateDay = regexp.MustCompile(`^(大约|约)|(左右|前后|前|\([^()]*\))$`)
	chineseDate    = regexp.MustCompile(`^([〇零○一二三四五六七八九]{4})年([十一二三四五六七八九]{1,3})月(?:([十一二三四五六七八九]{1,3})[日号])?$`)
)

// Serial numbers that spreadsheets give to the first day of 2000 and the last of 2099.
const (
	firstSerial = 36526
	lastSerial  = 73050
)

// ReadDate reads a cell as an ISO date: 2024-08-01, or 2024-08 where only the month is given. Blank is Missing; a year
// alone, a date without a year, or a date that does not exist is Invalid.
func ReadDate(c model.Cell) *Reading {
	r := newReading(c)
	if r.Status != table.Normal {
		return r
	}
	ok := false
	switch c.Kind {
	case model.Number:
		r.Value, ok = readDateNumber(c, r)
	case model.Text:
		r.Value, ok = readDateText(c.Shown, r)
	}
	if !ok {
		r.Status = table.Invalid
		return r
	}
	r.addStruck(c)
	return r
}

// readDateNumber reads a serial number of a spreadsheet, or a date typed as a number: 20240801, 202408, or 2024.8 (a
// guess: 2024.1 may have been typed as 2024.10).
func readDateNumber(c model.Cell, r *Reading) (string, bool) {
	n, ok := parseDecimal(c.Raw)
	if !ok {
		return "", false
	}
	s := n.String()
	value, ok := parseDate(s)
	shown, same := parseDecimal(strings.ReplaceAll(c.Shown, ",", ""))
	if !c.IsDate && c.Shown != c.Raw && !(same && shown.Equal(n)) {
		if seen, read := readDateText(c.Shown, &Reading{}); !read || seen != value { // 0000-00-00
			r.addCoercion("shown_otherwise", c.Shown, c.Raw)
			return "", false
		}
	}
	switch day := n.IntPart(); {
	case ok && (c.IsDate || !n.IsInteger()):
		r.addCoercion("ambiguous_month", s, value)
		return value, true
	case ok:
		return r.coerce("date_written", s, value), true
	case c.IsDate && day >= 1 && day <= lastSerial, n.IsInteger() && day >= firstSerial && day <= lastSerial:
		value = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(day)).Format(time.DateOnly)
		if day < 60 { // here serial numbers are off by one: spreadsheets have a 29 February 1900
			value = c.Shown
		}
		if !c.IsDate { // a true date cell needs no coercion
			return r.coerce("serial_date", c.Raw, value), true
		}
		return dateAsShown(c, value, r), true
	}
	return "", false
}

// dateAsShown reduces a date to what the cell displays, such as the month alone. Without a year shown it is a guess.
func dateAsShown(c model.Cell, value string, r *Reading) string {
	if c.Shown == c.Raw {
		return value
	}
	seen, ok := readDateText(c.Shown, &Reading{})
	switch {
	case !ok:
		r.addCoercion("ambiguous_month", c.Shown, value)
	case strings.HasPrefix(value, seen) && seen != value:
		return r.coerce("date_written", c.Shown, seen)
	}
	return value
}

func readDateText(raw string, r *Reading) (string, bool) {
	s := r.coerce("trimmed", raw, trim(raw))
	bare := strings.Join(strings.Fields(foldWidth(s)), "")
	if value, ok := parseDate(bare); ok {
		return r.coerce("date_written", s, value), true
	}
	lower := strings.ToLower(strings.TrimSpace(foldWidth(s)))
	day := strings.Join(strings.Fields(dateTime.ReplaceAllString(lower, "")), "")
	bare = plannedWords.ReplaceAllString(day, "")
	whole := monthPart.ReplaceAllString(approximateDay.ReplaceAllString(bare, ""), "月")
	whole = plannedWords.ReplaceAllString(whole, "")
	for _, left := range [][2]string{{"date_written", day}, {"date_words", bare}, {"annotated", whole}} {
		if value, ok := parseDate(left[1]); ok {
			return r.coerce(left[0], s, value), true
		}
	}
	return "", false
}

// parseDate reads a date in digits or Chinese numerals, year first.
func parseDate(s string) (string, bool) {
	for _, form := range []*regexp.Regexp{chineseDate, dateDigits, dateParts} {
		if m := form.FindStringSubmatch(s); m != nil {
			return isoDate(parseDigits(m[1]), parseDigits(m[2]), parseDigits(m[3]), m[3] != "")
		}
	}
	return "", false
}

// parseDigits reads a number in digits or Chinese numerals; 0, which is no valid month, day or edition: not a number.
func parseDigits(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	n, _, _ := parseChineseNumber(strings.ReplaceAll(s, "○", "〇"))
	return int(n.IntPart())
}

// isoDate formats a day or a month; ok is false where it does not exist.
func isoDate(year, month, day int, dayGiven bool) (string, bool) {
	at := time.Date(year, time.Month(month), table.Either(dayGiven, day, 1), 0, 0, 0, 0, time.UTC)
	if int(at.Month()) != month || dayGiven && at.Day() != day {
		return "", false
	}
	return at.Format(table.Either(dayGiven, time.DateOnly, "2006-01")), true
}
