package normalize

import (
	"strings"
	"unicode"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"

	"github.com/shopspring/decimal"
	"golang.org/x/text/width"
)

// TextReading is a cell read as text, or as a date in ISO notation.
type TextReading struct {
	Status    table.Status // Normal, Missing or Invalid
	Value     string
	Coercions []Coercion
}

// Text reads a cell as text: as typed, without blanks around it and without characters that nobody sees. A number keeps
// all its digits, whatever the cell shows; a date and a percentage are taken as shown.
func Text(c model.Cell) TextReading {
	if !c.Filled {
		return TextReading{Status: table.Missing}
	}
	if c.Kind == model.Error {
		return TextReading{Status: table.Invalid}
	}
	t, s := &trail{}, c.Raw
	if c.Formula {
		t.list = append(t.list, Coercion{Formula, "=", s})
	}
	switch {
	case c.Kind == model.Bool:
		s = map[string]string{"1": "TRUE", "0": "FALSE"}[c.Raw]
	case c.Kind == model.Number && (c.IsDate || strings.Contains(c.Format, "%")):
		s = c.Shown
	case c.Kind == model.Number:
		if n, ok := plain(c.Raw); ok {
			s = n.String()
		}
	}
	if c.Kind != model.Text {
		t.note(NumberText, c.Raw, s)
	}
	clean := trim(s)
	t.note(Trimmed, s, clean)
	if clean == "" {
		return TextReading{Status: table.Missing, Coercions: t.list}
	}
	return TextReading{table.Normal, clean, t.list}
}

// trim takes white space off both ends and drops what nobody sees; line ends become \n.
func trim(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n").Replace(s)
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// fold makes full-width letters, digits and punctuation half-width.
func fold(s string) string { return width.Fold.String(s) }

// ChoiceReading is a text matched with the options it could be.
type ChoiceReading struct {
	Value     string // the option where it is known, otherwise as typed
	Known     bool
	Coercions []Coercion
}

// Choice finds the option that a text means: the same but for width and blanks, with 市 behind it, or without the option's
// bracket (高职院校 for 高职院校（含职教本科）). Anything else is left as typed.
func Choice(s string, options []string) ChoiceReading {
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
				t := &trail{}
				t.note(Option, s, option)
				return ChoiceReading{option, true, t.list}
			}
		}
	}
	return ChoiceReading{Value: s}
}

// Words and signs by which fillers confirm a declaration, or don't. Compared in lower case and half width.
var (
	affirmed = []string{"☑", "☒", "√", "✓", "✔", "■", "●", "是", "已确认", "确认", "已签", "已签字", "已盖章", "yes", "y", "true", "1"}
	denied   = []string{"☐", "□", "○", "×", "✗", "✘", "否", "未确认", "不确认", "未签", "no", "n", "false", "0"}
)

// Confirm reads a declaration's box. ok is false where neither yes nor no stands there.
func Confirm(s string) (yes, ok bool) {
	s = strings.ToLower(fold(trim(s)))
	for _, word := range affirmed {
		if s == word {
			return true, true
		}
	}
	for _, word := range denied {
		if s == word {
			return false, true
		}
	}
	return false, false
}

// Names splits a list of persons: by commas, semicolons, slashes and line ends, or by blanks where there is nothing else.
// A blank inside a name of two characters (王 伟) does not split it; numbers before and brackets behind a name are dropped.
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

// plain reads a number in plain or scientific notation. Numbers that no form can mean (beyond 10^18, or of more than 40
// characters) are none, so that exact arithmetic stays small.
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
