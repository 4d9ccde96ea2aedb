package stages

import (
	"strings"
	"unicode/utf8"
)

// Legible drops the characters that XML forbids, so that a text can be written into any office file. Line ends and tabs
// stay; a carriage return before a line end goes with the other control characters.
func Legible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n', r >= 0x20 && r != 0xFFFE && r != 0xFFFF && r != utf8.RuneError:
			return r
		}
		return -1
	}, s)
}

// FileName makes a name that Windows allows of a text, without personal data: what separates folders or is forbidden becomes _.
func FileName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, Mask(s))
	return strings.TrimRight(s, ". ")
}
