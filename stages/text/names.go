// Package text is what the program knows about written words, whoever wrote them: when two names are the same unit's,
// what of a text is personal data and has to be hidden, what an office file can hold, which names a file may have. It
// imports nothing of ours.
package text

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// NameKey makes the names of one unit comparable: full and half width alike, letters in lower case, without spaces and
// brackets' shapes, without a trailing （公章）. Wording is left alone: 有限公司 and 有限责任公司 are different units.
func NameKey(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= firstHan && r <= lastHan { // most are, and are their own key
			return r
		}
		if folded := width.LookupRune(r).Folded(); folded != 0 {
			r = folded
		}
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	return strings.TrimSuffix(name, "(公章)")
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
