// Package text is what the program knows about written words, whoever wrote them: when two names are the same unit's,
// what of a text is personal data and has to be hidden, what an office file can hold, which names a file may have. It
// imports nothing of ours.
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
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"
)

//go:embed traditional.txt
var pairs string // each traditional character, and the simplified one behind it: OpenCC's TSCharacters (Apache-2.0)

// simplified gives the simplified character of each Han character, itself where it has none.
var simplified = func() (out [lastHan - firstHan + 1]rune) {
	for i := range out {
		out[i] = firstHan + rune(i)
	}
	all := []rune(strings.ReplaceAll(pairs, "\n", ""))
	for i := 0; i+1 < len(all); i += 2 {
		out[all[i]-firstHan] = all[i+1]
	}
	return out
}()

// Simplified gives the simplified form of a traditional character of those listed; any other is its own.
func Simplified(r rune) rune {
	if r < firstHan || r > lastHan {
		return r
	}
	return simplified[r-firstHan]
}

// NameKey makes the names of one unit comparable: full and half width, 工 and the radical ⼯ alike (NFKC), traditional
// and simplified characters alike, letters in lower case, without spaces and what nobody sees, without a trailing
// （公章）. Wording is left alone: 有限公司 and 有限责任公司 are different units.
func NameKey(name string) string {
	if strings.ContainsFunc(name, compatible) {
		name = norm.NFKC.String(name)
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= firstHan && r <= lastHan: // most are
			return Simplified(r)
		case r >= 0xFF01 && r <= 0xFF5E: // full width
			r += '!' - 0xFF01
		case unicode.IsSpace(r), !unicode.IsPrint(r), r > unicodeLatin && invisible(r):
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	return strings.TrimSuffix(name, "(公章)")
}

// compatible says whether a character may be another's like; not so what nearly all names are made of.
func compatible(r rune) bool {
	return r > unicodeLatin && (r < firstHan || r > lastHan) && (r < 0xFF01 || r > 0xFF5E) &&
		(r < 0x3000 || r > 0x3020) && (r < 0x2013 || r == 0x2017 || r > 0x201F)
}

// Legible drops the characters that XML forbids, so that a text can be written into any office file. Line ends and tabs
// stay; a carriage return before a line end goes with the other control characters. Marks that turn the direction of
// writing go, too.
func Legible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case turns(r):
			return -1
		case r == '\t' || r == '\n', r >= 0x20 && r != 0xFFFE && r != 0xFFFF && r != utf8.RuneError:
			return r
		}
		return -1
	}, s)
}

// longestName leaves room in a name, which may have 255 bytes, for an extension and a number, and for the folders
// before it.
const longestName = 150

// reserved are the names that mean a device to Windows, whatever their extension.
var reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$`)

// FileName makes a name that Windows allows of a text, without personal data: what separates folders or is forbidden
// becomes _, a device gets one before it, and what is too long is cut.
func FileName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, Mask(s))
	for len(s) > longestName {
		_, last := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-last]
	}
	if s = strings.TrimRight(s, ". "); reserved.MatchString(s) {
		s = "_" + s
	}
	return s
}

// People are persons whose names are to be hidden. The zero value knows nobody.
type People map[rune][]string // names by their first character, the longer first

// NewPeople knows these names.
func NewPeople(names []string) People {
	p := People{}
	for _, name := range names {
		name = strings.Map(func(r rune) rune {
			if separates(r) {
				return -1
			}
			return r
		}, viewOf(name).text)
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

// Hide hides the names in a text, whatever blanks and marks stand between their characters.
func (p People) Hide(s string) string {
	if len(p) == 0 || !strings.ContainsFunc(s, func(r rune) bool { return isVariant(r) || p.mayBegin(r, s) }) {
		return s
	}
	v := viewOf(s)
	var spans []span
	for i, end := 0, 0; i < len(v.text); i = end {
		first, size := utf8.DecodeRuneInString(v.text[i:])
		end = i + size
		for _, name := range p[first] {
			if n := lengthOf(v.text[i:], name); n > 0 {
				end = i + n
				spans = append(spans, span{v.from[i], v.to[end-1], MaskedName})
				break
			}
		}
	}
	return replace(s, spans)
}

// mayBegin says whether all Han characters of a name that begins so occur in a text.
func (p People) mayBegin(first rune, s string) bool {
	return slices.ContainsFunc(p[first], func(name string) bool {
		return !strings.ContainsFunc(name, func(r rune) bool {
			return r >= firstHan && r <= lastHan && !strings.ContainsRune(s, r)
		})
	})
}

// isVariant says whether a character is another shape of a Han character.
func isVariant(r rune) bool { return r >= 0x2E80 && r < 0x2FE0 || r >= 0xF900 && r < 0xFB00 }

// lengthOf gives how many bytes a name takes at the beginning of a text; 0: it isn't there.
func lengthOf(s, name string) int {
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

// Paths keeps paths apart that differed only in what was hidden in them.
type Paths map[string]bool

// Free gives a path that was not given before.
func (p Paths) Free(path string) string {
	free := path
	for n := 2; p[free]; n++ {
		free = fmt.Sprintf("%s#%d", path, n)
	}
	p[free] = true
	return free
}

// Clip is the beginning of a text: so many characters, and … where there are more.
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

// JSON writes what is made of texts, numbers, lists and maps, its keys in order, with a line break at the end; indented
// where that is asked for. What can't be written is a mistake in the program, and panics.
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

// Rounded is a number with the 15 digits that spreadsheets calculate with.
func Rounded(v decimal.Decimal) decimal.Decimal {
	const digits = 15
	if v.NumDigits() <= digits {
		return v
	}
	return v.Round(int32(digits-v.NumDigits()) - v.Exponent())
}

// Shown is a stored fraction without the noise behind those digits: programs save one as 94.4 and as
// 94.400000000000006. Any other text stays as it is.
func Shown(s string) string {
	v, err := decimal.NewFromString(s)
	if err != nil || !strings.Contains(s, ".") || Rounded(v).Equal(v) {
		return s
	}
	return Rounded(v).String()
}

// Common counts what two sorted lists have in common, each entry as often as it stands in both.
func Common[T cmp.Ordered](a, b []T) (n int) {
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
