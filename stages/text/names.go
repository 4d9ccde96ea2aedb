// Package text works on plain strings: comparing names of units, masking personal data, removing characters that office
// files can't hold, making valid file names. It imports no other package of this program.
package text

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"
)

//go:embed traditional.txt
var traditionalPairs string // traditional and simplified characters in turn: OpenCC's TSCharacters (Apache-2.0)

// simplified holds the simplified form of each Han character from firstHan on; the character itself where it has none.
var simplified = func() (out [lastHan - firstHan + 1]rune) {
	for i := range out {
		out[i] = firstHan + rune(i)
	}
	all := []rune(strings.ReplaceAll(traditionalPairs, "\n", ""))
	for i := 0; i+1 < len(all); i += 2 {
		out[all[i]-firstHan] = all[i+1]
	}
	return out
}()

// Simplified returns the simplified form of a traditional character, and any other character unchanged.
func Simplified(r rune) rune {
	if r < firstHan || r > lastHan {
		return r
	}
	return simplified[r-firstHan]
}

// NameKey returns a key under which the spellings of one name are equal. It normalises width and the radical ⼯ (NFKC),
// traditional characters and case, and removes spaces, invisible characters and a trailing （公章）. Wording stays:
// 有限公司 and 有限责任公司 are different units.
func NameKey(name string) string {
	if strings.ContainsFunc(name, mayNormalize) {
		name = norm.NFKC.String(name)
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= firstHan && r <= lastHan: // most are
			return Simplified(r)
		case r >= 0xFF01 && r <= 0xFF5E: // full width
			r += '!' - 0xFF01
		case unicode.IsSpace(r), !unicode.IsPrint(r), r > maxASCII && invisible(r):
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	return strings.TrimSuffix(name, "(公章)")
}

// mayNormalize reports whether NFKC may change a character. It excludes those that nearly all names consist of.
func mayNormalize(r rune) bool {
	return r > maxASCII && (r < firstHan || r > lastHan) && (r < 0xFF01 || r > 0xFF5E) &&
		(r < 0x3000 || r > 0x3020) && (r < 0x2013 || r == 0x2017 || r > 0x201F)
}

// Legible removes the characters that XML forbids, so that a text can be written into any office file: control
// characters except line feeds and tabs. It also removes bidirectional control characters.
func Legible(s string) string {
	return Replaced(s, func(r rune) bool {
		return r < 0x20 && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF || r == utf8.RuneError || isBidiControl(r)
	}, -1)
}

// longestName is in bytes. Of the 255 allowed it leaves room for an extension, a number and the folders.
const longestName = 150

// deviceName matches the names that Windows reserves for devices, with any extension.
var deviceName = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$`)

// FileName makes a file name that Windows allows from a text, with personal data masked: forbidden characters become _,
// the name of a device gets a _ before it, and a long name is cut.
func FileName(s string) string {
	s = Replaced(Mask(s), func(r rune) bool { return r < ' ' || strings.ContainsRune(`<>:"/\|?*`, r) }, '_')
	for len(s) > longestName {
		_, last := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-last]
	}
	if s = strings.TrimRight(s, ". "); deviceName.MatchString(s) {
		s = "_" + s
	}
	return s
}

// People is a set of names of persons that are to be masked. The zero value is empty.
type People map[rune][]string // names by their first character, the longer first

// NewPeople returns the set of these names.
func NewPeople(names []string) People {
	p := People{}
	for _, name := range names {
		if strings.ContainsFunc(name, func(r rune) bool { return r < firstHan || r > lastHan }) {
			name = Replaced(newView(name).text, isSeparator, -1)
		}
		first, size := utf8.DecodeRuneInString(name)
		if size > 0 && size < len(name) && !slices.Contains(p[first], name) {
			p[first] = append(p[first], name)
		}
	}
	for _, list := range p {
		slices.SortFunc(list, func(a, b string) int { // 欧阳明华 before 欧阳明
			return cmp.Or(len(b)-len(a), strings.Compare(a, b))
		})
	}
	return p
}

// Hide replaces the names in a text by MaskedName, also where blanks or marks stand between their characters.
func (p People) Hide(s string) string {
	if len(p) == 0 || !strings.ContainsFunc(s, func(r rune) bool { return isVariant(r) || p.mayOccur(r, s) }) {
		return s
	}
	v := newView(s)
	var spans []span
	for i, end := 0, 0; i < len(v.text); i = end {
		first, size := utf8.DecodeRuneInString(v.text[i:])
		end = i + size
		for _, name := range p[first] {
			if n := matchLength(v.text[i:], name); n > 0 {
				end = i + n
				spans = append(spans, span{v.start[i], v.end[end-1], MaskedName})
				break
			}
		}
	}
	return replaceSpans(s, spans)
}

// mayOccur reports whether a text contains all Han characters of some name that begins with this character.
func (p People) mayOccur(first rune, s string) bool {
	return slices.ContainsFunc(p[first], func(name string) bool {
		return !strings.ContainsFunc(name, func(r rune) bool {
			return r >= firstHan && r <= lastHan && !strings.ContainsRune(s, r)
		})
	})
}

// isVariant reports whether a character is a radical or compatibility form of a Han character.
func isVariant(r rune) bool { return r >= 0x2E80 && r < 0x2FE0 || r >= 0xF900 && r < 0xFB00 }

// matchLength returns how many bytes a name takes at the beginning of a text; 0: the text does not begin with it.
func matchLength(s, name string) int {
	const widest = 2
	at := 0
	for k, want := range name {
		for gap := 0; ; gap++ {
			r, size := utf8.DecodeRuneInString(s[at:])
			if r == want && size > 0 {
				at += size
				break
			}
			if k == 0 || size == 0 || gap == widest || !(unicode.IsSpace(r) || strings.ContainsRune(`.·•‧*-—–_/`, r)) {
				return 0
			}
			at += size
		}
	}
	return at
}

// Paths is a set of paths. It keeps paths unique that differed only in what was masked.
type Paths map[string]bool

// Unique returns the path, with a number if it was returned before.
func (p Paths) Unique(path string) string {
	unique := path
	for n := 2; p[unique]; n++ {
		unique = fmt.Sprintf("%s#%d", path, n)
	}
	p[unique] = true
	return unique
}

// Clip returns at most so many characters of a text, and … where there are more.
func Clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// Few joins the first names of a list; where there are more in all, it says how many.
func Few(names []string, most int, counter string) string {
	if len(names) <= most {
		return strings.Join(names, "、")
	}
	return fmt.Sprintf("%s等%d%s", strings.Join(names[:most], "、"), len(names), counter)
}

// JSON encodes a value without HTML escaping, with the keys of maps sorted and a line feed at the end. It panics on a
// value that JSON can't hold, such as a function: a mistake in the program.
func JSON(v any, indented bool) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if indented {
		e.SetIndent("", "  ")
	}
	if err := e.Encode(v); err != nil {
		panic("text: " + err.Error())
	}
	return b.Bytes()
}

// RoundDigits rounds a number to the 15 significant digits that spreadsheets calculate with.
func RoundDigits(v decimal.Decimal) decimal.Decimal {
	const digits = 15
	if v.NumDigits() <= digits {
		return v
	}
	return v.Round(int32(digits-v.NumDigits()) - v.Exponent())
}

// TrimFloatNoise rounds a stored fraction to 15 digits: some programs save 94.4 as 94.400000000000006. Any other text
// stays as it is.
func TrimFloatNoise(s string) string {
	v, err := decimal.NewFromString(s)
	if err != nil || !strings.Contains(s, ".") || RoundDigits(v).Equal(v) {
		return s
	}
	return RoundDigits(v).String()
}

// AppendParts appends parts with a zero byte between them, to be hashed.
func AppendParts(b []byte, parts ...string) []byte {
	for i, p := range parts {
		if i > 0 {
			b = append(b, 0)
		}
		b = append(b, p...)
	}
	return b
}

// CountCommon counts the elements that two sorted lists share, duplicates as often as they occur in both.
func CountCommon[T cmp.Ordered](a, b []T) (n int) {
	for i, k := 0, 0; i < len(a) && k < len(b); {
		switch c := cmp.Compare(a[i], b[k]); {
		case c < 0:
			i++
		case c > 0:
			k++
		default:
			n, i, k = n+1, i+1, k+1
		}
	}
	return n
}

//go:embed strokes.txt
var strokesFile string

// strokes gives the strokes of each character in writing order, one letter for each kind of stroke.
var strokes = sync.OnceValue(func() map[rune]string {
	out := map[rune]string{}
	_, list, _ := strings.Cut(strokesFile, "\n# SOFTWARE.\n")
	for list != "" {
		char, size := utf8.DecodeRuneInString(list)
		rest := strings.TrimLeft(list[size:], "abcdefghijklmnopqrstuvwxyz")
		out[char], list = list[size:len(list)-len(rest)], rest
	}
	return out
})

// Resembles reports whether two Han characters look alike: equal strokes at start and end together are at least 70 % of
// the longer one's, or those at the end at least half (技 and 枝, 州 and 洲). One without data resembles any other.
func Resembles(a, b rune) bool {
	x, y := strokes()[a], strokes()[b]
	if len(x) > len(y) {
		x, y = y, x
	}
	if x == "" {
		return unicode.Is(unicode.Han, a) && unicode.Is(unicode.Han, b)
	}
	start, end := 0, 0
	for start < len(x) && x[start] == y[start] {
		start++
	}
	for end < len(x)-start && x[len(x)-1-end] == y[len(y)-1-end] {
		end++
	}
	const minEqual = 4 // strokes that are recognisable by themselves
	return 10*(start+end) >= 7*len(y) || end >= minEqual && 2*end >= len(y)
}
