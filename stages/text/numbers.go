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

// widestGap is how many separating characters two digits of one number may have between them.
const widestGap = 3

// spoken are the digits in words, from 0 on, then other words for 0 and 1: 幺 is how a one is read out.
const spoken = "〇一二三四五六七八九零幺"

// digitOf gives the digit that a character of a view stands for, in words too; -1: none.
func digitOf(r rune) int {
	if r >= '0' && r <= '9' {
		return int(r - '0')
	}
	if r >= '〇' && r <= '零' {
		if at := strings.IndexRune(spoken, r); at >= 0 {
			return at / utf8.RuneLen(r) % 10
		}
	}
	return -1
}

// isDigit says whether the plain self of a character holds a digit: １, ①, ₁.
func isDigit(r rune) bool {
	switch {
	case r > 0x3000 && r <= 0x3020, r >= 0x2013 && r <= 0x201F: // the punctuation that most texts are full of
		return false
	case r >= 0xFF01 && r <= 0xFF5E:
		return r >= '０' && r <= '９'
	}
	return strings.ContainsAny(norm.NFKC.String(string(r)), "0123456789")
}

// run is the digits of a view that nothing but separating characters parts.
type run struct {
	view     *view
	digits   []byte   // '0'–'9'; 'X' behind 17 digits
	at       []int    // where each begins in the view
	gaps     []string // what stands before each, since the digit before
	finished int      // digits up to which numbers were found
}

// numbers finds the phones and identity numbers.
func (v *view) numbers() []span {
	var out []span
	r := &run{view: v}
	end := 0 // behind the last digit
	var gap int
	for i, c := range v.text {
		d := digitOf(c)
		if d < 0 && len(r.digits) > 0 && end == i && strings.ContainsRune("lIOo", c) && digitAfter(v.text[i+1:]) {
			d = strings.IndexByte("OolI", byte(c)) / 2 // typed for a 0 or a 1
		}
		switch {
		case d >= 0:
			r.add(byte('0'+d), i, end)
			end, gap = i+utf8.RuneLen(c), 0
		case (c == 'X' || c == 'x') && len(r.digits) >= 17 && !digitAfter(v.text[i+1:]):
			r.add('X', i, end)
			end, gap = i+1, 0
		case len(r.digits) > 0 && separates(c) && gap < widestGap:
			gap++
		default:
			out = r.personal(out)
			*r, gap = run{view: v, digits: r.digits[:0], at: r.at[:0], gaps: r.gaps[:0]}, 0
		}
	}
	return r.personal(out)
}

func digitAfter(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

func (r *run) add(d byte, at, end int) {
	gap := ""
	if len(r.digits) > 0 {
		gap = r.view.text[end:at]
	}
	r.digits, r.at, r.gaps = append(r.digits, d), append(r.at, at), append(r.gaps, gap)
}

const longestKind = 19

// personal adds the numbers of persons among the digits to the list.
func (r *run) personal(out []span) []span {
	for i := 0; i+7 <= len(r.digits); i++ {
		n, by := r.number(i)
		if n == 0 {
			continue
		}
		first, last := r.at[i], r.at[i+n-1]
		bracket := strings.Contains(strings.Join(r.gaps[i+1:i+n], ""), ")")
		if before := r.view.text[:first]; strings.HasSuffix(before, "+") || bracket && strings.HasSuffix(before, "(") {
			first--
		}
		out = append(out, span{r.view.from[first], r.view.to[last+digitSize(r.view.text[last:])-1], by})
		r.finished = i + n
		i += n - 1
	}
	return out
}

// number gives how many digits from i on are the number of a person, and what stands in its place; 0: they are none.
func (r *run) number(i int) (digits int, by string) {
	rest := string(r.digits[i:min(len(r.digits), i+longestKind)])
	for _, k := range numbered {
		n, id := len(k.find.FindString(rest)), k.by == maskedID
		if n == 0 || !r.parted(i, i+n, k) || k.by == maskedCard && i+n < len(r.digits) {
			continue
		}
		if r.called(i) || !(r.figure(i, i+n) || !id && r.document(i) || r.code(i, i+n, id)) {
			return n, k.by
		}
	}
	return 0, ""
}

// parted says whether the digits from i to j can be one number, by what parts them from their neighbours and each
// other.
func (r *run) parted(i, j int, kind *pattern) bool {
	begins := i == 0 || i == r.finished || r.gaps[i] != ""
	ends := j == len(r.digits) || r.gaps[j] != "" || mobile.Match(r.digits[j:])
	var cuts []int
	atUsual := true
	for k := i + 1; k < j; k++ {
		if r.gaps[k] == "" {
			continue
		}
		cuts = append(cuts, k-i)
		atUsual = atUsual && slices.Contains(kind.at, strconv.Itoa(k-i))
	}
	const mostParts = 5
	switch {
	case len(cuts) == 0:
		return kind.is("glued") || begins && ends && (r.digits[i] != '4' && r.digits[i] != '8' || r.signed(i))
	case r.dated(i, j), len(cuts) == 1 && r.gaps[i+cuts[0]] == "." && !r.called(i): // a date; a decimal fraction
		return false
	case kind.is("typical") && !begins && kind.at[0] == "3": // 2023 2024 2025
		return false
	case atUsual:
		return true
	}
	return begins && ends && !kind.is("typical") && (len(cuts) < mostParts || len(cuts) == j-i-1)
}

var mobile = regexp.MustCompile(`^1[3-9]\d{9}`)

func (r *run) signed(i int) bool { return r.at[i] > 0 && r.view.text[r.at[i]-1] == '+' }

// dated says whether some of the digits are a date: 2023-12-31.
func (r *run) dated(i, j int) bool {
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
	calls     = regexp.MustCompile(`(?i)(?:联系人|` + callWords + `)(?:号码?)?[\s:.为是(+]*$`)
	documents = regexp.MustCompile(`(?i)(?:合同|协议|发票|凭证|专利|证书|许可证|(?:批准|备案|立项|登记|注册|受理)(?:编号|号)|` +
		`编号|文号|单号|票号|代码|编码|条码|序列号)(?:编号|号码?)?[\s:第]*[\sA-Z〔〕\[\]()年第字号0-9\-—_/.]{0,24}$`)
	thousands = regexp.MustCompile(`^[0-9]{1,3}(?:[, ][0-9]{3})+(?:\.[0-9]+)?\b`)
	units     = regexp.MustCompile(`^\s{0,2}(?:[十百千万亿]{0,3}元|[万亿]{1,2}美元|亿|万人|人次|平方|㎡|m2|吨|度电|千瓦|%|‰)`)
)

// window is as much of a text around a number as is looked at: what is looked at again for each digit has to be short.
const window = 80

func ahead(s string) string { return s[:min(len(s), 2*window)] }

func (r *run) before(i int) string {
	at := r.at[i]
	return r.view.text[max(0, at-window):at]
}

// called says that the words before the digits are those that people put before a phone.
func (r *run) called(i int) bool { return calls.MatchString(r.before(i)) }

// document says that it is the number of a contract or another paper, as the words before it say.
func (r *run) document(i int) bool { return documents.MatchString(r.before(i)) }

// figure says whether digits are a figure: grouped by thousands, in money or another unit, or behind a decimal point.
func (r *run) figure(i, j int) bool {
	first := i // of the group
	for first > max(0, i-window) && r.gaps[first] == "" {
		first--
	}
	last := j
	for last < min(len(r.digits), j+window) && r.gaps[last] == "" {
		last++
	}
	parted := slices.ContainsFunc(r.gaps[i+1:j], func(gap string) bool { return gap != "" })
	if first > 0 && !parted && r.gaps[first] == "." && (last-first != len("13900001111") ||
		r.digits[first-1] == '0' && (first == 1 || r.gaps[first-1] != "")) {
		return true
	}
	if !parted && last == j && last < len(r.digits) && r.gaps[last] == "." { // 13900001111.55
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
	chain := first // of groups of three
	for chain > max(0, i-window) && (r.gaps[chain] == "" || r.gaps[chain] == "," || r.gaps[chain] == " ") {
		chain--
	}
	end := r.at[last-1] + digitSize(text[r.at[last-1]:])
	if grouped := thousands.FindString(ahead(text[r.at[chain]:])); r.at[chain]+len(grouped) >= end {
		if strings.Contains(grouped, ",") {
			return true
		}
		first, end = chain, r.at[chain]+len(grouped)
	} else if parted {
		return false
	}
	if units.MatchString(ahead(text[end:])) {
		return true
	}
	sign, _ := utf8.DecodeLastRuneInString(r.before(first))
	return sign == '¥' || sign == '￥'
}

// digitSize is how many bytes the digit has that a text begins with.
func digitSize(s string) int {
	_, size := utf8.DecodeRuneInString(s)
	return size
}

var (
	hash   = regexp.MustCompile(`^(?:[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$`)
	credit = regexp.MustCompile(`^(?:9[1-3]|1[1-39]|5[1-39])[1-6]\d{5}[0-9A-HJ-NPQRTUWXY]{10}$`)
	stamp  = regexp.MustCompile(`^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{4}|\d{6}|\d{9})$`)
)

// code says whether the digits are a part of a hash, of a credit code, or of a point in time written in one.
func (r *run) code(i, j int, id bool) bool {
	text := r.view.text
	alnum := func(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
	from, to := r.at[i], r.at[j-1]+1
	for from > max(0, r.at[i]-window) && alnum(text[from-1]) {
		from--
	}
	for to < min(len(text), r.at[i]+window) && alnum(text[to]) {
		to++
	}
	whole := text[from:to]
	if !strings.ContainsFunc(whole, unicode.IsLetter) {
		return stamp.MatchString(whole) || credit.MatchString(whole) && !id && whole[0] == '9'
	}
	apart := func(c rune) bool { return c > 0x7f || !alnum(byte(c)) }
	for _, word := range strings.FieldsFunc(whole, apart) { // two hashes with a dash between
		if hash.MatchString(word) && strings.ContainsFunc(word, unicode.IsLetter) {
			return true
		}
	}
	return credit.MatchString(whole) && !id
}
