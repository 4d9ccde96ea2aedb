package text

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// widestGap is the largest number of separators between two digits of one number.
const widestGap = 3

// spokenDigits are the Chinese digits from 0 on, then alternatives for 0 and 1 (幺 is a spoken 1).
var spokenDigits = []rune("〇一二三四五六七八九零幺")

// digitOf returns the value of a digit of a view, ASCII or Chinese; -1: not a digit.
func digitOf(r rune) int {
	if r >= '0' && r <= '9' {
		return int(r - '0')
	}
	if r >= '〇' && r <= '零' {
		if at := slices.Index(spokenDigits, r); at >= 0 {
			return at % 10
		}
	}
	return -1
}

// normalizesToDigit reports whether the NFKC form of a character contains a digit: １, ①, ₁.
func normalizesToDigit(r rune) bool {
	switch {
	case r > 0x3000 && r <= 0x3020, r >= 0x2013 && r <= 0x201F: // common punctuation
		return false
	case r >= 0xFF01 && r <= 0xFF5E:
		return r >= '０' && r <= '９'
	}
	return strings.ContainsAny(norm.NFKC.String(string(r)), "0123456789")
}

// digitRun is a sequence of digits of a view with nothing but separators between them.
type digitRun struct {
	view     *view
	digits   []byte   // '0'–'9'; 'X' behind 17 digits
	starts   []int    // offset of each digit in the view
	gaps     []string // separators before each digit
	finished int      // number of digits up to the end of the last match
}

// numbers finds phone and identity numbers.
func (v *view) numbers() []span {
	var out []span
	r := &digitRun{view: v}
	end := 0 // of the last digit
	var gap int
	for i, c := range v.text {
		d := digitOf(c)
		if d < 0 && len(r.digits) > 0 && end == i && strings.ContainsRune("lIOo", c) && startsWithDigit(v.text[i+1:]) {
			d = strings.IndexByte("OolI", byte(c)) / 2 // a letter typed instead of 0 or 1
		}
		switch {
		case d >= 0:
			r.add(byte('0'+d), i, end)
			end, gap = i+utf8.RuneLen(c), 0
		case (c == 'X' || c == 'x') && len(r.digits) >= 17 && !startsWithDigit(v.text[i+1:]):
			r.add('X', i, end)
			end, gap = i+1, 0
		case len(r.digits) > 0 && isSeparator(c) && gap < widestGap:
			gap++
		default:
			out = r.appendPersonal(out)
			*r, gap = digitRun{view: v, digits: r.digits[:0], starts: r.starts[:0], gaps: r.gaps[:0]}, 0
		}
	}
	return r.appendPersonal(out)
}

func startsWithDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

func (r *digitRun) add(d byte, at, end int) {
	gap := ""
	if len(r.digits) > 0 {
		gap = r.view.text[end:at]
	}
	r.digits, r.starts, r.gaps = append(r.digits, d), append(r.starts, at), append(r.gaps, gap)
}

// appendPersonal appends the spans of the personal numbers among the digits.
func (r *digitRun) appendPersonal(out []span) []span {
	for i := 0; i+7 <= len(r.digits); i++ {
		n, by := r.personalNumber(i)
		if n == 0 {
			continue
		}
		first, last := r.starts[i], r.starts[i+n-1]
		bracket := strings.Contains(strings.Join(r.gaps[i+1:i+n], ""), ")")
		if before := r.view.text[:first]; strings.HasSuffix(before, "+") || bracket && strings.HasSuffix(before, "(") {
			first--
		}
		out = append(out, span{r.view.start[first], r.view.end[last+firstRuneSize(r.view.text[last:])-1], by})
		r.finished = i + n
		i += n - 1
	}
	return out
}

// personalNumber returns the length of the personal number at digit i, and its replacement; 0: there is none.
func (r *digitRun) personalNumber(i int) (digits int, by string) {
	const longest = 19
	rest := string(r.digits[i:min(len(r.digits), i+longest)])
	_, numbered := patterns()
	for _, k := range numbered {
		n, id := len(k.find.FindString(rest)), k.replacement == maskedID
		if n == 0 || !r.isOneNumber(i, i+n, k) || k.replacement == maskedCard && i+n < len(r.digits) {
			continue
		}
		document := !id && documentWord.MatchString(r.before(i))
		if r.isAfterPhoneWord(i) || !(document || r.isQuantity(i, i+n) || r.isCode(i, i+n, id)) {
			return n, k.replacement
		}
	}
	return 0, ""
}

// isOneNumber reports whether the digits i to j can be one number of a kind, by the separators around and within them.
func (r *digitRun) isOneNumber(i, j int, kind *pattern) bool {
	begins := i == 0 || i == r.finished || r.gaps[i] != ""
	ends := j == len(r.digits) || r.gaps[j] != "" || mobileNumber.Match(r.digits[j:])
	var cuts []int
	atUsual := true
	for k := i + 1; k < j; k++ {
		if r.gaps[k] == "" {
			continue
		}
		cuts = append(cuts, k-i)
		atUsual = atUsual && slices.Contains(kind.hints, strconv.Itoa(k-i))
	}
	const mostParts = 5
	switch {
	case len(cuts) == 0:
		return kind.has("glued") || begins && ends &&
			(r.digits[i] != '4' && r.digits[i] != '8' || strings.HasSuffix(r.before(i), "+"))
	case r.containsDate(i, j), len(cuts) == 1 && r.gaps[i+cuts[0]] == "." && !r.isAfterPhoneWord(i): // decimal fraction
		return false
	case kind.has("typical") && !begins && kind.hints[0] == "3": // 2023 2024 2025
		return false
	case atUsual:
		return true
	}
	return begins && ends && !kind.has("typical") && (len(cuts) < mostParts || len(cuts) == j-i-1)
}

var mobileNumber = regexp.MustCompile(`^1[3-9]\d{9}`)

// containsDate reports whether the digits i to j overlap a date such as 2023-12-31.
func (r *digitRun) containsDate(i, j int) bool {
	var begins []int
	for k := max(0, i-6); k <= min(len(r.digits), j+4); k++ {
		if k == 0 || k == len(r.digits) || r.gaps[k] != "" {
			begins = append(begins, k)
		}
	}
	for b := 0; b+3 < len(begins); b++ {
		y, m, d, end := begins[b], begins[b+1], begins[b+2], begins[b+3]
		year, month, day := string(r.digits[y:m]), string(r.digits[m:d]), string(r.digits[d:end])
		if len(year) == 4 && (year[:2] == "19" || year[:2] == "20") && len(month) <= 2 && month <= "12" &&
			len(day) <= 2 && day <= "31" && d < j && end > i {
			return true
		}
	}
	return false
}

var (
	phoneWord    = regexp.MustCompile(`(?i)(?:联系人|` + phoneWordList + `)(?:号码?)?[\s:.为是(+]*$`)
	documentWord = regexp.MustCompile(`(?i)(?:合同|协议|发票|凭证|专利|证书|许可证|(?:批准|备案|立项|登记|注册|受理)(?:编号|号)|` +
		`编号|文号|单号|票号|代码|编码|条码|序列号)(?:编号|号码?)?[\s:第]*[\sA-Z〔〕\[\]()年第字号0-9\-—_/.]{0,24}$`)
	groupedDigits = regexp.MustCompile(`^[0-9]{1,3}(?:[, ][0-9]{3})+(?:\.[0-9]+)?\b`)
	quantityUnit  = regexp.MustCompile(`^\s{0,2}(?:[十百千万亿]{0,3}元|[万亿]{1,2}美元|亿|万人|人次|平方|㎡|m2|吨|度电|千瓦|%|‰)`)
)

// window limits the bytes examined around a number: they are examined again for each digit.
const window = 80

func clipAhead(s string) string { return s[:min(len(s), 2*window)] }

func (r *digitRun) before(i int) string {
	at := r.starts[i]
	return r.view.text[max(0, at-window):at]
}

// isAfterPhoneWord reports whether a word such as 电话 stands before the digits.
func (r *digitRun) isAfterPhoneWord(i int) bool { return phoneWord.MatchString(r.before(i)) }

// isQuantity reports whether the digits i to j are a quantity: with thousands separators, a unit or a decimal point.
func (r *digitRun) isQuantity(i, j int) bool {
	first := i // of the digits without separators
	for first > max(0, i-window) && r.gaps[first] == "" {
		first--
	}
	last := j
	for last < min(len(r.digits), j+window) && r.gaps[last] == "" {
		last++
	}
	separated := slices.ContainsFunc(r.gaps[i+1:j], func(gap string) bool { return gap != "" })
	if first > 0 && !separated && r.gaps[first] == "." && (last-first != len("13900001111") ||
		r.digits[first-1] == '0' && (first == 1 || r.gaps[first-1] != "")) {
		return true
	}
	if !separated && last == j && last < len(r.digits) && r.gaps[last] == "." { // 13900001111.55
		const most = 4
		end := last + 1
		for end < len(r.digits) && r.gaps[end] == "" && end-last <= most {
			end++
		}
		if end-last <= most && (end == len(r.digits) || r.gaps[end] != ".") {
			return true
		}
	}
	text := r.view.text
	group := first // the first of several groups of three digits
	for group > max(0, i-window) && (r.gaps[group] == "" || r.gaps[group] == "," || r.gaps[group] == " ") {
		group--
	}
	end := r.starts[last-1] + firstRuneSize(text[r.starts[last-1]:])
	if grouped := groupedDigits.FindString(clipAhead(text[r.starts[group]:])); r.starts[group]+len(grouped) >= end {
		if strings.Contains(grouped, ",") {
			return true
		}
		first, end = group, r.starts[group]+len(grouped)
	} else if separated {
		return false
	}
	if quantityUnit.MatchString(clipAhead(text[end:])) {
		return true
	}
	sign, _ := utf8.DecodeLastRuneInString(r.before(first))
	return sign == '¥' || sign == '￥'
}

// firstRuneSize returns the size in bytes of the first character.
func firstRuneSize(s string) int {
	_, size := utf8.DecodeRuneInString(s)
	return size
}

var (
	hashPattern = regexp.MustCompile(`^(?:[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$`)
	creditCode  = regexp.MustCompile(`^(?:9[1-3]|1[1-39]|5[1-39])[1-6]\d{5}[0-9A-HJ-NPQRTUWXY]{10}$`)
	timestamp   = regexp.MustCompile(`^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{4}|\d{6}|\d{9})$`)
)

// isCode reports whether the digits i to j are part of a hash, a credit code (统一社会信用代码) or a timestamp.
func (r *digitRun) isCode(i, j int, id bool) bool {
	text := r.view.text
	alnum := func(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
	from, to := r.starts[i], r.starts[j-1]+1
	for from > max(0, r.starts[i]-window) && alnum(text[from-1]) {
		from--
	}
	for to < min(len(text), r.starts[i]+window) && alnum(text[to]) {
		to++
	}
	whole := text[from:to]
	if !strings.ContainsFunc(whole, unicode.IsLetter) {
		return timestamp.MatchString(whole) || creditCode.MatchString(whole) && !id && whole[0] == '9'
	}
	apart := func(c rune) bool { return c > 0x7f || !alnum(byte(c)) }
	for _, word := range strings.FieldsFunc(whole, apart) { // two hashes joined by a dash
		if hashPattern.MatchString(word) && strings.ContainsFunc(word, unicode.IsLetter) {
			return true
		}
	}
	return creditCode.MatchString(whole) && !id
}
