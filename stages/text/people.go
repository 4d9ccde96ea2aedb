package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
