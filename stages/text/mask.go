package text

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// What stands in the place of personal data.
const (
	maskedPhone = "〔电话已隐去〕"
	maskedID    = "〔证件号已隐去〕"
	maskedMail  = "〔邮箱已隐去〕"

	// MaskedName stands for a person's name, where somebody knows that it is one.
	MaskedName = "〔姓名已隐去〕"
)

// A digit as fillers type it, half or full width, and what they put between groups of digits.
const (
	digit = `[0-9０-９]`
	gap   = `[ \x{00A0}\x{3000}\-－—–]?`
)

// personal are the patterns of personal data, the longer before those that match a part of them. Group 1 is what is replaced.
var personal = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`([A-Za-z0-9._%+\-]+[@＠][A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+)`), maskedMail},
	{regexp.MustCompile(`([1-9１-９]` + digit + `{5}` + gap + `(?:[12１２][90９０]` + digit + `{2})` + gap + `[01０１]` + digit + `{3}` + gap + digit + `{3}[0-9０-９XxＸｘ])`), maskedID},
	{regexp.MustCompile(`((?:[+＋]?(?:86|８６)` + gap + `)?[1１][3-9３-９]` + digit + gap + digit + `{4}` + gap + digit + `{4})`), maskedPhone},
	{regexp.MustCompile(`([(（]?[0０][1-9１-９]` + digit + `{1,2}[)）]?` + gap + `[2-9２-９]` + digit + `{2,3}` + gap + digit + `{4})`), maskedPhone},
	{regexp.MustCompile(`(?:电话|手机|传真|座机|联系方式|[Tt][Ee][Ll])[：:.\s]*([2-9２-９]` + digit + `{2,3}` + gap + digit + `{4})`), maskedPhone},
}

// Mask replaces phone numbers, identity card numbers and mail addresses in a text by words that say what stood there. Masking
// twice changes nothing more. It knows patterns only: a person's name is not one.
func Mask(s string) string {
	if !suspicious(s) {
		return s
	}
	for {
		before := s
		for _, p := range personal {
			s = maskAll(s, p.pattern, p.by)
		}
		if s == before {
			return s
		}
		// What was masked no longer hides that its neighbour begins or ends there.
	}
}

// suspicious says whether a text may hold what the patterns are for: an @, or as many digits close together as the shortest
// phone number has. Most texts don't, and are spared the patterns.
func suspicious(s string) bool {
	const shortest, widestGap = 7, 3
	digits, gap := 0, 0
	for _, r := range s {
		switch {
		case r == '@' || r == '＠':
			return true
		case r >= '0' && r <= '9' || r >= '０' && r <= '９':
			if digits++; digits == shortest {
				return true
			}
			gap = 0
		default:
			if gap++; gap == widestGap {
				digits = 0
			}
		}
	}
	return false
}

// maskAll replaces group 1 of every match that is not a part of a longer number or word.
func maskAll(s string, pattern *regexp.Regexp, by string) string {
	var b strings.Builder
	for from := 0; ; {
		m := pattern.FindStringSubmatchIndex(s[from:])
		if m == nil {
			b.WriteString(s[from:])
			return b.String()
		}
		begin, end := from+m[2], from+m[3]
		if before, _ := utf8.DecodeLastRuneInString(s[:begin]); wordly(before) || before == '.' {
			begin = -1
		}
		if after, _ := utf8.DecodeRuneInString(s[end:]); begin < 0 || wordly(after) {
			_, n := utf8.DecodeRuneInString(s[from+m[0]:]) // not here: look again one character further
			b.WriteString(s[from : from+m[0]+n])
			from += m[0] + n
			continue
		}
		b.WriteString(s[from:begin])
		b.WriteString(by)
		from = end
	}
}

// wordly says whether a character next to a number makes it a part of something longer: a serial number, a hash.
func wordly(r rune) bool {
	return r >= '0' && r <= '9' || r >= '０' && r <= '９' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
