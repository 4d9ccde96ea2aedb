package normalize

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
	"golang.org/x/text/width"
)

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
	case f.Required && f.Record != "explanations" && words.Placeholder(bare):
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
