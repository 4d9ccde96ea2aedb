package normalize

import (
	"fmt"
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

// Reading is a cell read as what a field asks for, with the changes on the way.
type Reading struct {
	Status    table.Status
	Value     string                     // a text, a date in ISO notation, an option, true or false
	Number    table.Opt[decimal.Decimal] // exact, in the field's unit; percentages are 0–100; of persons how many
	typed     string                     // a text before anything was hidden in it
	Coercions []table.Coercion           // so far kind, from and to; the kinds are the routes of reading.yaml
}

func (r *Reading) float() table.Opt[float64] {
	return table.Opt[float64]{V: r.Number.V.InexactFloat64(), Valid: r.Number.Valid}
}

// note records a change, if it is one, and gives what is read on.
func (r *Reading) note(kind, from, to string) string {
	if from != to {
		r.add(kind, from, to)
	}
	return to
}

func (r *Reading) add(kind string, from, to string) {
	r.Coercions = append(r.Coercions, table.Coercion{Kind: kind, From: from, To: to})
}

func (r *Reading) struck(c model.Cell) {
	switch c.Struck {
	case "":
	case c.Raw:
		r.add("struck_out", c.Raw, c.Raw)
	default:
		r.add("struck", c.Struck, "")
	}
}

// errorText is an error value that was pasted as text.
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
		r.add("formula", "=", c.Raw)
	}
	return r
}

// cause is why nothing can be read from a cell, whatever it is asked for; empty where something may be.
func cause(c model.Cell) string {
	switch {
	case c.Merged != "":
		return "merged"
	case c.Kind == model.Error, c.Kind == model.Text && errorText.MatchString(strings.TrimSpace(c.Raw)):
		return "error_value"
	case c.Kind == model.Uncomputed:
		return "uncomputed"
	case c.Kind == model.Picture:
		return "picture"
	case trim(c.Shown) == "" && trim(c.Raw) != "": // its format hides it
		return "shown_otherwise"
	}
	return ""
}

// Text reads a cell as shown, without what nobody sees; a number without a format keeps all its digits.
func Text(c model.Cell) *Reading {
	r := begin(c)
	if r.Status != table.Normal {
		return r
	}
	s := c.Shown
	switch {
	case c.Kind == model.Number && c.IsDate:
		r.add("date_in_text", s, s)
	case c.Kind == model.Number && s == c.Raw:
		if n, ok := plain(c.Raw); ok {
			s = n.String()
		}
	}
	if c.Kind != model.Text {
		r.note("number_text", c.Raw, s)
	}
	if r.Value = r.note("trimmed", s, trim(s)); r.Value == "" {
		r.Status = table.Missing
		return r
	}
	r.struck(c)
	return r
}

// answer looks whether a text answers what a field asks: 待定 and 见附件 don't, and 5.91E+10 is no phone.
func (r *Reading) answer(f *templates.Field) {
	if r.Status != table.Normal {
		return
	}
	words, bare := f.Reading, strings.ToLower(fold(r.Value))
	unanswered := false
	switch {
	case f.Type == templates.PersonField && !strings.ContainsFunc(bare, unicode.IsLetter): // a number is nobody's name
		unanswered = true
	case f.None && slices.Contains(words.None, bare), !f.Required && f.Type != templates.PhoneField:
	case f.Required && f.Record != "explanations" && words.IsPlaceholder(bare):
		if slices.Contains(words.Placeholders.Vague, f.Record) {
			r.add("vague", r.Value, "")
		} else {
			unanswered = slices.Contains(words.Placeholders.Unanswered, f.Type)
		}
	case f.Type == templates.PhoneField && !phoneLike(bare):
		r.add("doubtful_phone", r.Value, r.Value)
	}
	if unanswered {
		r.Status = table.Invalid
		r.add("unanswered", r.Value, "")
	}
}

// Digits of a phone number: those of a local one, and of one with country and area code and extension.
const fewestDigits, mostDigits = 7, 18

// phoneLike says whether one of the numbers in a text may be a phone's.
func phoneLike(s string) bool {
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、,;/|\n", r) }) {
		digits := notDigits.ReplaceAllString(part, "")
		n, whole := len(digits), !scientific.MatchString(part) && !cutMobile.MatchString(digits)
		if whole && n >= fewestDigits && n <= mostDigits && !strings.HasSuffix(digits, "000000") {
			return true
		}
	}
	return false
}

// cutMobile is a mobile's number that lacks digits: no local number begins with 1.
var cutMobile = regexp.MustCompile(`^1[3-9][0-9]{5,8}$`)

var notDigits = regexp.MustCompile(`[^0-9]+`)

var scientific = regexp.MustCompile(`[0-9]e\+?[0-9]`)

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n")

// trim takes white space off both ends and drops what nobody sees; line ends become \n.
func trim(s string) string {
	if strings.ContainsAny(s, "\r\u2028") {
		s = lineEnds.Replace(s)
	}
	s = strings.Map(func(r rune) rune {
		if r >= ' ' && r <= '~' || r > 0x2FFF && r < 0xFE00 { // most texts are of nothing else
			return r
		}
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

func fold(s string) string { return width.Fold.String(s) }

// Choice finds the option that a text means: but for width and blanks, with 市 behind it, or without the option's
// bracket (高职院校 for 高职院校（含职教本科）). Anything else is left as typed.
func Choice(s string, options []string) (option string, known bool) {
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
	affirmed = []string{"☑", "☒", "√", "✓", "✔", "■", "●", "是", "已确认", "确认", "已签", "已签字", "已盖章", "yes", "y", "true", "1"}
	denied   = []string{"☐", "□", "○", "×", "✗", "✘", "否", "未确认", "不确认", "未签", "no", "n", "false", "0"}
)

// Confirm reads a declaration's box. ok is false where neither yes nor no stands there.
func Confirm(s string) (yes, ok bool) {
	s = strings.ToLower(fold(trim(s)))
	yes = slices.Contains(affirmed, s)
	return yes, yes || slices.Contains(denied, s)
}

// Names splits a list of persons by punctuation and line ends, or else by blanks but not within 王 伟.
func Names(s string) []string {
	s = bracketed.ReplaceAllString(fold(trim(s)), "")
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、､,;/|\n\t", r) })
	if len(parts) == 1 {
		parts = joinSingles(strings.Fields(parts[0]))
	}
	var names []string
	for _, p := range parts {
		p = strings.Join(strings.Fields(enumerated.ReplaceAllString(strings.TrimSpace(p), "")), "")
		p = strings.Trim(p, ".。·:等共")
		if p != "" && !onlyCount.MatchString(p) {
			names = append(names, p)
		}
	}
	return names
}

// joinSingles puts a name of two single characters back together.
func joinSingles(parts []string) []string {
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

// plain reads a number in plain or scientific notation; beyond 10^18 or 40 characters it is none.
func plain(s string) (decimal.Decimal, bool) {
	if len(s) > 40 || !number.MatchString(s) {
		return decimal.Decimal{}, false
	}
	n, err := decimal.NewFromString(s)
	if err != nil || n.Exponent() > 18 || n.Exponent() < -40 || n.Abs().GreaterThan(decimal.New(1, 18)) {
		return decimal.Decimal{}, false
	}
	return n, true
}

var (
	dateDigits  = regexp.MustCompile(`^((?:19|20)[0-9]{2})(0[1-9]|1[0-2])([0-9]{2})?$`)
	dateParts   = regexp.MustCompile(`^((?:19|20)[0-9]{2})[年./-]([0-9]{1,2})(?:[月./-]([0-9]{1,2})[日号]?|月)?$`)
	dateTime    = regexp.MustCompile(`[ t][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?z?$`)
	monthPart   = regexp.MustCompile(`月(初|上旬|中旬|下旬|底|末)$`)
	planned     = regexp.MustCompile(`^(拟于|拟|预计|计划)+|(\(?拟\)?|\(?预计\)?|成立)+$`)
	aboutDay    = regexp.MustCompile(`^(大约|约)|(左右|前后|前|\([^()]*\))$`)
	chineseDate = regexp.MustCompile(`^([〇零○一二三四五六七八九]{4})年([十一二三四五六七八九]{1,3})月(?:([十一二三四五六七八九]{1,3})[日号])?$`)
)

// Days between 2000 and 2100 in the numbering of spreadsheets.
const (
	firstSerial = 36526
	lastSerial  = 73050
)

// Date reads a cell as a date: 2024-08-01, or 2024-08 where only the month is given. Blank is Missing; a bare year, a
// date without one, or one that no calendar has is Invalid.
func Date(c model.Cell) *Reading {
	r := begin(c)
	if r.Status != table.Normal {
		return r
	}
	ok := false
	switch c.Kind {
	case model.Number:
		r.Value, ok = dateNumber(c, r)
	case model.Text:
		r.Value, ok = dateText(c.Shown, r)
	}
	if !ok {
		r.Status = table.Invalid
		return r
	}
	r.struck(c)
	return r
}

// dateNumber reads a day number, or a date typed as a number: 20240801, 202408, and 2024.8, which may be 2024.80.
func dateNumber(c model.Cell, t *Reading) (string, bool) {
	n, ok := plain(c.Raw)
	if !ok {
		return "", false
	}
	s := n.String()
	value, ok := written(s)
	shown, same := plain(strings.ReplaceAll(c.Shown, ",", ""))
	if !c.IsDate && c.Shown != c.Raw && !(same && shown.Equal(n)) {
		if seen, read := dateText(c.Shown, &Reading{}); !read || seen != value { // as 0000-00-00 shows 20240801
			t.add("shown_otherwise", c.Shown, c.Raw)
			return "", false
		}
	}
	switch day := n.IntPart(); {
	case ok && (c.IsDate || !n.IsInteger()):
		t.add("ambiguous_month", s, value)
		return value, true
	case ok:
		return t.note("date_written", s, value), true
	case c.IsDate && day >= 1 && day <= lastSerial, n.IsInteger() && day >= firstSerial && day <= lastSerial:
		value = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(day)).Format(time.DateOnly)
		if day < 60 { // spreadsheets count from the day after
			value = c.Shown
		}
		if !c.IsDate { // a cell that shows a date is no habit to be put right
			return t.note("serial_date", c.Raw, value), true
		}
		return asShown(c, value, t), true
	}
	return "", false
}

// asShown keeps of a day what its cell shows: a month alone, or a day whose year the spreadsheet added unseen.
func asShown(c model.Cell, value string, t *Reading) string {
	if c.Shown == c.Raw {
		return value
	}
	seen, ok := dateText(c.Shown, &Reading{})
	switch {
	case !ok:
		t.add("ambiguous_month", c.Shown, value)
	case strings.HasPrefix(value, seen) && seen != value:
		return t.note("date_written", c.Shown, seen)
	}
	return value
}

func dateText(raw string, t *Reading) (string, bool) {
	s := t.note("trimmed", raw, trim(raw))
	bare := strings.Join(strings.Fields(fold(s)), "")
	if value, ok := written(bare); ok {
		return t.note("date_written", s, value), true
	}
	lower := strings.ToLower(strings.TrimSpace(fold(s)))
	day := strings.Join(strings.Fields(dateTime.ReplaceAllString(lower, "")), "")
	bare = planned.ReplaceAllString(day, "")
	whole := planned.ReplaceAllString(monthPart.ReplaceAllString(aboutDay.ReplaceAllString(bare, ""), "月"), "")
	for _, left := range [][2]string{{"date_written", day}, {"date_words", bare}, {"annotated", whole}} {
		if value, ok := written(left[1]); ok {
			return t.note(left[0], s, value), true
		}
	}
	return "", false
}

// written reads a date that is written out, year first.
func written(s string) (string, bool) {
	for _, form := range []*regexp.Regexp{chineseDate, dateDigits, dateParts} {
		if m := form.FindStringSubmatch(s); m != nil {
			return calendar(figure(m[1]), figure(m[2]), figure(m[3]), m[3] != "")
		}
	}
	return "", false
}

// figure reads a number in figures or in Chinese numerals; what is none is 0, and no calendar has that.
func figure(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	n, _, _ := chineseNumber(strings.ReplaceAll(s, "○", "〇"))
	return int(n.IntPart())
}

// calendar gives the ISO notation of a day or month that exists.
func calendar(year, month, day int, dayGiven bool) (string, bool) {
	if month < 1 || month > 12 {
		return "", false
	}
	if !dayGiven {
		return fmt.Sprintf("%04d-%02d", year, month), true
	}
	at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if at.Day() != day {
		return "", false
	}
	return at.Format(time.DateOnly), true
}
