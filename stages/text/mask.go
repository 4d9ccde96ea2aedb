package text

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Replacements for personal data; the others are made from the names in personal.tsv.
const (
	maskedID   = "〔证件号已隐去〕"
	maskedCard = "〔卡号已隐去〕"

	// MaskedName replaces the name of a person.
	MaskedName = "〔姓名已隐去〕"
)

// personalPatterns lists the patterns of personal data. They are searched in a view, so width and invisible characters
// don't matter.
//
//go:embed personal.tsv
var personalPatterns string

// phoneWordList holds the words that people write before a phone number, in lower case.
const phoneWordList = "电话|手机|传真|座机|联系方式|热线|tel|phone|mobile|fax"

// pattern is one kind of personal data; see personal.tsv.
type pattern struct {
	replacement string
	hints       []string       // a text with a match contains one; for digits: after how many they are split
	flags       string         // see has
	find        *regexp.Regexp // group 1 is masked
}

func (p *pattern) has(flag string) bool { return strings.Contains(p.flags, flag) }

// patterns reads personalPatterns: labelled ones are recognised by a sign or a word, numbered ones by digits alone.
var patterns = sync.OnceValues(func() (labelled, numbered []*pattern) {
	for line := range strings.Lines(strings.ReplaceAll(personalPatterns, "{call}", phoneWordList)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		find := regexp.MustCompile(strings.ReplaceAll(f[3], "{signs}", f[1]))
		p := &pattern{"〔" + f[0] + "已隐去〕", strings.Split(f[1], "|"), f[2], find}
		if p.has("number") {
			numbered = append(numbered, p)
		} else {
			labelled = append(labelled, p)
		}
	}
	return labelled, numbered
})

// Mask replaces personal data in a text: phone numbers, identity card numbers, mail addresses, and what is labelled as
// an account or a card number. It also removes bidirectional control characters. Masking twice changes nothing more.
// Names of persons have no pattern; see People.
func Mask(s string) string {
	s = StripBidi(s)
	const maxPasses = 20 // two or three are enough for any text not made to break this
	for range maxPasses {
		numbers, labels := mayContainPersonal(s)
		if !numbers && !labels {
			break
		}
		before, v := s, newView(s)
		labelled, _ := patterns()
		for _, p := range labelled {
			first := v.firstIndex(p.hints)
			if first < 0 {
				continue
			}
			if spans := v.matches(max(0, first-window), p); spans != nil {
				s = replaceSpans(s, spans)
				v = newView(s)
			}
		}
		if numbers {
			s = replaceSpans(s, v.numbers())
		}
		if s == before {
			break
		}
		// Next to what was masked, another match may now begin or end.
	}
	return s
}

// firstIndex returns the offset of the first of these signs; -1: there is none.
func (v *view) firstIndex(signs []string) int {
	if v.lower == "" {
		v.lower = lower(v.text)
	}
	first := -1
	for _, sign := range signs {
		if at := strings.Index(v.lower, sign); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// mayContainPersonal checks in one cheap pass whether a text may contain a numbered pattern (as many digits close
// together as the shortest phone number) or a labelled one (a character that they need, and a long enough account).
// Most texts contain neither.
func mayContainPersonal(s string) (numbers, labels bool) {
	const shortest, shortestAccount = 7, 5
	digits, gap := 0, 0
	wordLength, wordGap, sign, accountLong := 0, 0, false, false
	for _, r := range s {
		han := r >= firstHan && r <= lastHan && digitOf(r) < 0
		switch {
		case han, r >= 'a' && r <= 'z' && r != 'l' && r != 'o', r >= 'A' && r <= 'Z' && r != 'I' && r != 'O':
			digits = 0
		case r >= '0' && r <= '9' || r > maxASCII && (digitOf(r) >= 0 || normalizesToDigit(r)):
			digits, gap = digits+1, 0
			numbers = numbers || digits >= shortest
		case r <= maxASCII || !invisible(r):
			if gap++; gap > widestGap {
				digits = 0
			}
		}
		switch r {
		case '@', '＠', '﹫':
			sign, accountLong = true, true
		case '#', '＃', 't', 'T', '信', '鹅', '扣', '卡', '账', '证', '照',
			'q', 'Q', 'Ｑ', 'ｑ', 'x', 'X', 'ｘ', 'Ｘ', 'v', 'V':
			sign = true
		}
		switch {
		case han:
			wordLength = 0
		case isAccountCharacter(r):
			wordLength, wordGap = wordLength+1, 0
			accountLong = accountLong || wordLength >= shortestAccount
		case r <= maxASCII || !invisible(r):
			if wordGap++; wordGap > widestGap {
				wordLength = 0
			}
		}
	}
	return numbers, sign && accountLong || numbers
}

// isAccountCharacter reports whether a character can be part of an account or an address; a rare one may be.
func isAccountCharacter(r rune) bool {
	switch {
	case r <= maxASCII:
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
	case r > 0x3000 && r <= 0x3020, r >= 0x2013 && r <= 0x201F: // common punctuation
		return false
	case r >= 0xFF01 && r <= 0xFF5E:
		return isAccountCharacter(r - 0xFF01 + '!')
	}
	return !invisible(r)
}

type span struct {
	start, end  int32
	replacement string
}

func (v *view) matches(from int, p *pattern) []span {
	var out []span
	for {
		m := p.find.FindStringSubmatchIndex(v.text[from:])
		if m == nil {
			return out
		}
		begin, end := from+m[2], from+m[3]
		if next, _ := utf8.DecodeRuneInString(v.text[end:]); p.has("whole") && next >= '0' && next <= '9' {
			from = end
			continue
		}
		out = append(out, span{v.start[begin], v.end[end-1], p.replacement})
		from = end
	}
}

// replaceSpans replaces the spans, which are in order, by their replacements.
func replaceSpans(s string, spans []span) string {
	if len(spans) == 0 {
		return s
	}
	var b strings.Builder
	at := int32(0)
	for _, x := range spans {
		if x.start < at {
			continue
		}
		b.WriteString(s[at:x.start])
		b.WriteString(x.replacement)
		at = x.end
	}
	b.WriteString(s[at:])
	return b.String()
}

// AmountText adds thousands separators to an amount that Mask would take for a phone or identity number, so that it is
// not masked. Others stay as they are.
func AmountText(s string) string {
	const shortest = len("13900001111")
	if len(s) < shortest || Mask(s) == s {
		return s
	}
	whole, fraction, _ := strings.Cut(s, ".")
	for at := len(whole) - 3; at > 0 && whole[at-1] != '-'; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return whole
}

const (
	maxASCII = 0x7F
	firstHan = 0x3400
	lastHan  = 0x9FFF
)

// view is a text as a reader sees it: compatibility characters are normalised (NFKC), invisible ones removed. start and
// end give for each byte of it the bytes of the original text that it stands for.
type view struct {
	text       string
	lower      string // made when it is searched
	start, end []int32
}

func newView(s string) *view {
	v := &view{start: make([]int32, 0, len(s)), end: make([]int32, 0, len(s))}
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		n := len(string(r))
		if r == unicode.ReplacementChar && (i+n > len(s) || s[i:i+n] != string(r)) {
			n = 1 // invalid UTF-8
		}
		switch {
		case r <= maxASCII:
			if r >= ' ' || r == '\n' || r == '\t' || r == '\r' {
				b.WriteByte(byte(r))
			}
		case r >= firstHan && r <= lastHan, r > 0x3000 && r <= 0x3020, r >= 0x2013 && r <= 0x201F: // same in NFKC
			b.WriteRune(r)
		case r >= 0xFF01 && r <= 0xFF5E: // full width
			b.WriteByte(byte(r - 0xFF01 + '!'))
		case !invisible(r):
			b.WriteString(norm.NFKC.String(string(r)))
		}
		for len(v.start) < b.Len() {
			v.start, v.end = append(v.start, int32(i)), append(v.end, int32(i+n))
		}
	}
	v.text = b.String()
	return v
}

// lower converts ASCII letters to lower case; byte positions don't change.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// invisible reports whether a character has no shape of its own, such as a joiner, a mark or a control character.
func invisible(r rune) bool {
	if r >= 0x3000 && r <= 0x3020 || r >= 0xFF01 && r <= 0xFF5E { // common punctuation and full width
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Mn, unicode.Me) ||
		strings.ContainsRune("\u3164\u115F\u1160\uFFA0\u2800", r)
}

// isSeparator reports whether a character may stand within one number or name, between its parts.
func isSeparator(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`.·•・‧/*-—–‐‑‒―−~,()[]【】〔〕_`, r)
}

// StripBidi removes bidirectional control characters. They make a name or a file extension look like another one.
func StripBidi(s string) string { return Replaced(s, isBidiControl, -1) }

// Replaced returns a text with some of its characters replaced by another one, or left out if that is -1.
func Replaced(s string, which func(rune) bool, by rune) string {
	return strings.Map(func(r rune) rune {
		if which(r) {
			return by
		}
		return r
	}, s)
}

func isBidiControl(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x061C
}
