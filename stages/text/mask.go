package text

import (
	_ "embed"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What stands in the place of personal data; the others are made of what personal.tsv calls them.
const (
	maskedPhone = "〔电话已隐去〕"
	maskedID    = "〔证件号已隐去〕"
	maskedCard  = "〔卡号已隐去〕"

	// MaskedName stands for a person's name, where somebody knows that it is one.
	MaskedName = "〔姓名已隐去〕"
)

// personal lists the patterns that are looked for in the plain view of a text, so that width and invisible characters
// don't matter.
//
//go:embed personal.tsv
var personal string

// callWords are what people put before a phone, in lower case.
const callWords = "电话|手机|传真|座机|联系方式|热线|tel|phone|mobile|fax"

// pattern is a kind of personal data, see personal.tsv.
type pattern struct {
	by    string         // what stands in its place
	at    []string       // signs that give it away; of a number, where it is usually parted
	flags string         // see is
	find  *regexp.Regexp // group 1 is hidden
}

func (p *pattern) is(flag string) bool { return strings.Contains(p.flags, flag) }

// labelled are the patterns that a sign or a word gives away, numbered those of digits alone.
var labelled, numbered = patterns()

func patterns() (labelled, numbered []*pattern) {
	for line := range strings.Lines(strings.ReplaceAll(personal, "{call}", callWords)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		find := regexp.MustCompile(strings.ReplaceAll(f[3], "{signs}", f[1]))
		p := &pattern{"〔" + f[0] + "已隐去〕", strings.Split(f[1], "|"), f[2], find}
		if p.is("number") {
			numbered = append(numbered, p)
		} else {
			labelled = append(labelled, p)
		}
	}
	return labelled, numbered
}

// Mask gives a text as everybody may see it: phone numbers, identity card numbers, mail addresses and what is said to
// be an account or a card give way to words that say what stood there, and marks that turn the direction of writing are
// left out. Masking twice changes nothing more. It knows patterns only: a person's name is not one.
func Mask(s string) string {
	s = Straight(s)
	const enough = 20 // only a text made for it needs more than two or three
	for range enough {
		numbers, labels := suspicious(s)
		if !numbers && !labels {
			break
		}
		before, v := s, viewOf(s)
		for _, p := range labelled {
			first := v.first(p.at)
			if first < 0 {
				continue
			}
			if spans := v.matches(max(0, first-window), p); spans != nil {
				s = replace(s, spans)
				v = viewOf(s)
			}
		}
		if numbers {
			s = replace(s, v.numbers())
		}
		if s == before {
			break
		}
		// What was masked no longer hides that its neighbour begins or ends there.
	}
	return s
}

func (v *view) first(signs []string) int {
	first := -1
	for _, sign := range signs {
		if at := strings.Index(v.lower, sign); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// suspicious says, in one cheap pass, whether a text may hold what is looked for: as many digits close together as the
// shortest phone number has; a character that the labelled patterns need, and what they hide, which is no shorter than
// an account. Most texts have neither.
func suspicious(s string) (numbers, labels bool) {
	const shortest, shortestAccount = 7, 5
	digits, gap := 0, 0
	word, apart, sign, account := 0, 0, false, false
	for _, r := range s {
		plain := r >= firstHan && r <= lastHan && digitOf(r) < 0
		switch {
		case plain, r >= 'a' && r <= 'z' && r != 'l' && r != 'o', r >= 'A' && r <= 'Z' && r != 'I' && r != 'O':
			digits = 0
		case r >= '0' && r <= '9' || r > unicodeLatin && (digitOf(r) >= 0 || isDigit(r)):
			digits, gap = digits+1, 0
			numbers = numbers || digits >= shortest
		case r <= unicodeLatin || !invisible(r):
			if gap++; gap > widestGap {
				digits = 0
			}
		}
		switch r {
		case '@', '＠', '﹫':
			sign, account = true, true
		case '#', '＃', 't', 'T', '信', '鹅', '扣', '卡', '账', '证', '照',
			'q', 'Q', 'Ｑ', 'ｑ', 'x', 'X', 'ｘ', 'Ｘ', 'v', 'V':
			sign = true
		}
		switch {
		case plain:
			word = 0
		case inWord(r):
			word, apart = word+1, 0
			account = account || word >= shortestAccount
		case r <= unicodeLatin || !invisible(r):
			if apart++; apart > widestGap {
				word = 0
			}
		}
	}
	return numbers, sign && account || numbers
}

// inWord says whether a character can be part of an account or an address; of rare ones it can't be excluded.
func inWord(r rune) bool {
	switch {
	case r <= unicodeLatin:
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
	case r > 0x3000 && r <= 0x3020, r >= 0x2013 && r <= 0x201F: // the punctuation that most texts are full of
		return false
	case r >= 0xFF01 && r <= 0xFF5E:
		return inWord(r - 0xFF01 + '!')
	}
	return !invisible(r)
}

type span struct {
	from, to int32
	by       string
}

func (v *view) matches(from int, p *pattern) []span {
	var out []span
	for {
		m := p.find.FindStringSubmatchIndex(v.text[from:])
		if m == nil {
			return out
		}
		begin, end := from+m[2], from+m[3]
		if next, _ := utf8.DecodeRuneInString(v.text[end:]); p.is("whole") && next >= '0' && next <= '9' {
			from = end
			continue
		}
		out = append(out, span{v.from[begin], v.to[end-1], p.by})
		from = end
	}
}

// replace puts the words of the spans, which are in order, in the place of what stood there.
func replace(s string, spans []span) string {
	if len(spans) == 0 {
		return s
	}
	var b strings.Builder
	at := int32(0)
	for _, x := range spans {
		if x.from < at {
			continue
		}
		b.WriteString(s[at:x.from])
		b.WriteString(x.by)
		at = x.to
	}
	b.WriteString(s[at:])
	return b.String()
}

// Amount writes a figure that could be taken for somebody's number with its thousands apart: nobody writes a phone so,
// and no mask takes it for one. Others stay as they are.
func Amount(s string) string {
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
	unicodeLatin = 0x7F
	firstHan     = 0x3400
	lastHan      = 0x9FFF
)

// view is a text as the eye takes it: compatible characters are their plain selves (NFKC), those without a shape are
// gone. Each byte knows which bytes of the text it stands for.
type view struct {
	text, lower string
	from, to    []int32
}

func viewOf(s string) *view {
	v := &view{from: make([]int32, 0, len(s)), to: make([]int32, 0, len(s))}
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		n := len(string(r))
		if r == unicode.ReplacementChar && (i+n > len(s) || s[i:i+n] != string(r)) {
			n = 1 // a byte that is no UTF-8
		}
		switch {
		case r <= unicodeLatin:
			if r >= ' ' || r == '\n' || r == '\t' || r == '\r' {
				b.WriteByte(byte(r))
			}
		case r >= firstHan && r <= lastHan, r > 0x3000 && r <= 0x3020, r >= 0x2013 && r <= 0x201F: // their own plain selves
			b.WriteRune(r)
		case r >= 0xFF01 && r <= 0xFF5E: // full width
			b.WriteByte(byte(r - 0xFF01 + '!'))
		case !invisible(r):
			b.WriteString(norm.NFKC.String(string(r)))
		}
		for len(v.from) < b.Len() {
			v.from, v.to = append(v.from, int32(i)), append(v.to, int32(i+n))
		}
	}
	v.text, v.lower = b.String(), lower(b.String())
	return v
}

// lower makes Latin letters small; every byte stays in its place.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// invisible says whether a character has no shape of its own: it joins, marks, or says how others are shown.
func invisible(r rune) bool {
	if r >= 0x3000 && r <= 0x3020 || r >= 0xFF01 && r <= 0xFF5E { // what most texts are full of
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Mn, unicode.Me) ||
		strings.ContainsRune("\u3164\u115F\u1160\uFFA0\u2800", r)
}

// separates says whether a character stands between the parts of one number or name without making them two.
func separates(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`.·•・‧/*-—–‐‑‒―−~,()[]【】〔〕_`, r)
}

// Straight leaves out the marks that turn the direction of writing: what follows one is shown back to front, and a name
// or a file's ending looks like another.
func Straight(s string) string {
	if !strings.ContainsFunc(s, turns) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if turns(r) {
			return -1
		}
		return r
	}, s)
}

func turns(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x061C
}
