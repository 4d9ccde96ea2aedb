package text

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:embed strokes.txt
var drawn string

// strokes are how characters are written: the kinds of their strokes, a letter each, in order.
var strokes = sync.OnceValue(func() map[rune]string {
	out := map[rune]string{}
	_, list, _ := strings.Cut(drawn, "\n# SOFTWARE.\n")
	for list != "" {
		char, size := utf8.DecodeRuneInString(list)
		rest := strings.TrimLeft(list[size:], "abcdefghijklmnopqrstuvwxyz")
		out[char], list = list[size:len(list)-len(rest)], rest
	}
	return out
})

// Resembles says whether one Han character may pass for another: three strokes in ten or fewer, one after the other,
// are others or missing, or half of them at the end are the same (技 and 枝, 州 and 洲). A rare character may pass for any.
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
	const fewest = 4 // strokes that make something of their own
	return 10*(start+end) >= 7*len(y) || end >= fewest && 2*end >= len(y)
}
