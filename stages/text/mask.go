package text

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// What stands in the place of personal data.
const (
	maskedPhone   = "〔电话已隐去〕"
	maskedID      = "〔证件号已隐去〕"
	maskedMail    = "〔邮箱已隐去〕"
	maskedAccount = "〔账号已隐去〕"
	maskedCard    = "〔卡号已隐去〕"

	// MaskedName stands for a person's name, where somebody knows that it is one.
	MaskedName = "〔姓名已隐去〕"
)

// labelled are the patterns that a sign or a word before them gives away. Group 1 is what is replaced; what only numbers give
// away is in numbers.go. They are looked for in the plain view of a text, so width and invisible characters don't matter, and only
// where one of the signs or words is there.
var labelled = []struct {
	signs   string
	pattern *regexp.Regexp
	by      string
	whole   bool // no digit may follow: it would be a part of a longer number
}{
	{"@", regexp.MustCompile(`(\p{Han}{0,4}[A-Za-z0-9._%+\-]*\s{0,3}@\s{0,3}\p{Han}[\p{Han}A-Za-z0-9\-]*\.(?:中国|公司|网络|政务|公益|[A-Za-z]+))`), maskedMail, false},
	{"@|at]|at)|at】|at ]|at )", regexp.MustCompile(`(?i)([a-z0-9._%+\-]+\s{0,3}(?:@|[\[(【]\s*at\s*[\])】])\s{0,3}[a-z0-9\-]+(?:\s{0,2}\.\s{0,2}[a-z0-9\-]+)+)`), maskedMail, false},
	{"#", regexp.MustCompile(`(?i)([a-z0-9._%+\-]{3,}\s?#\s?[a-z0-9\-]+\.(?:com|cn|net|org|edu|gov)(?:\.cn)?)`), maskedMail, false},
	{callWords, regexp.MustCompile(`(?i)(?:` + callWords + `)(?:号码?)?[\s:.为是]*([2-9][0-9]{2,3}[\s.·*/,()\-—–]{0,2}[0-9]{4})`), maskedPhone, true},
	{"wxid_", regexp.MustCompile(`(?i)(wxid_[a-z0-9]+)`), maskedAccount, false},
	{chatWords, regexp.MustCompile(`(?i)(?:` + chatWords + `)(?:群?号码?|账号|id|\s*[:=为是])[\s:=为是\[【(]*([a-z0-9][a-z0-9_\-]{4,})`), maskedAccount, false},
	{chatWords, regexp.MustCompile(`(?i)(?:` + chatWords + `)\s*([a-z][a-z0-9]*[0-9_\-][a-z0-9_\-]{3,})`), maskedAccount, false},
	{"wx", regexp.MustCompile(`(?i)\bwx\s*:\s*([a-z0-9][a-z0-9_\-]{4,})`), maskedAccount, false},
	{"qq|扣扣|企鹅", regexp.MustCompile(`(?i)(?:qq|扣扣|企鹅)(?:群?号?码?|账号)[\s:=为是\[【(]*([1-9](?:[\s\-]?[0-9]){4,11})`), maskedAccount, true},
	{cardWords, regexp.MustCompile(`(?:` + cardWords + `)[^0-9\n]{0,12}?([0-9](?:[\s\-]{0,2}[0-9]){11,20})`), maskedCard, true},
	{paperWords, regexp.MustCompile(`(?:` + paperWords + `)(?:号码?|编号)?[\s:为是\[【(]*([A-Za-z]{0,2}[0-9]{7,10})`), maskedID, true},
}

// The words that people put before a number of theirs, in lower case.
const (
	callWords  = "电话|手机|传真|座机|联系方式|热线|tel|phone|mobile|fax"
	chatWords  = "微信|威信|v信|weixin|wechat|vx|加v|加 v"
	cardWords  = "银行卡|储蓄卡|借记卡|信用卡|卡号|银行账号|银行账户"
	paperWords = "护照|通行证|台胞证|回乡证|身份证"
)

// Mask gives a text as everybody may see it: phone numbers, identity card numbers, mail addresses and what is said to be an
// account or a card give way to words that say what stood there, and marks that turn the direction of writing are left out.
// Masking twice changes nothing more. It knows patterns only: a person's name is not one.
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
			first := v.first(p.signs)
			if first < 0 {
				continue
			}
			if spans := v.matches(max(0, first-window), p.pattern, p.by, p.whole); spans != nil {
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

// first gives where the first of these signs is in the view; -1: there is none.
func (v *view) first(signs string) int {
	first := -1
	for sign := range strings.SplitSeq(signs, "|") {
		if at := strings.Index(v.lower, sign); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// suspicious says, in one cheap pass, whether a text may hold what is looked for: as many digits close together as the shortest
// phone number has; a character that the labelled patterns need. Most texts have neither.
func suspicious(s string) (numbers, labels bool) {
	const shortest = 7
	digits, gap := 0, 0
	for _, r := range s {
		switch {
		case r >= firstHan && r <= lastHan && digitOf(r) < 0, r >= 'a' && r <= 'z' && r != 'l' && r != 'o', r >= 'A' && r <= 'Z' && r != 'I' && r != 'O':
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
		case '@', '＠', '﹫', '#', '＃', 't', 'T', '信', '鹅', '扣', '卡', '账', '证', '照', 'q', 'Q', 'Ｑ', 'ｑ', 'x', 'X', 'ｘ', 'Ｘ', 'v', 'V':
			labels = true
		}
	}
	return numbers, labels || numbers
}

// span is a part of a text, in bytes, and what is to stand in its place.
type span struct {
	from, to int
	by       string
}

// matches are the places of group 1 of a pattern, looked for from a byte on.
func (v *view) matches(from int, pattern *regexp.Regexp, by string, whole bool) []span {
	var out []span
	for {
		m := pattern.FindStringSubmatchIndex(v.text[from:])
		if m == nil {
			return out
		}
		begin, end := from+m[2], from+m[3]
		if next, _ := utf8.DecodeRuneInString(v.text[end:]); whole && next >= '0' && next <= '9' {
			from = end
			continue
		}
		out = append(out, span{v.from[begin], v.to[end-1], by})
		from = end
	}
}

// replace puts the words of the spans, which are in order, in the place of what stood there.
func replace(s string, spans []span) string {
	if len(spans) == 0 {
		return s
	}
	var b strings.Builder
	at := 0
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

// Amount writes a figure that could be taken for somebody's number with its thousands apart: nobody writes a phone so, and no
// mask takes it for one. Others stay as they are.
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
