package text

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

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
