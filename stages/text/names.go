// Package text is what the program knows about written words, whoever wrote them: when two names are the same unit's, what of a
// text is personal data and has to be hidden, what an office file can hold, which names a file may have. It imports nothing of
// ours.
package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// NameKey makes the names of one unit comparable: full and half width alike, letters in lower case, without spaces and
// brackets' shapes, without a trailing （公章）. Wording is left alone: 有限公司 and 有限责任公司 are different units.
func NameKey(name string) string {
	if plain(name) {
		return name
	}
	name = strings.ToLower(width.Fold.String(name))
	name = strings.TrimSuffix(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name), "(公章)")
	return name
}

// plain says whether a name is its own key: of Chinese characters, small letters, digits and the like alone.
func plain(name string) bool {
	for _, r := range name {
		if (r < 0x4E00 || r > 0x9FA5) && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.' {
			return false
		}
	}
	return true
}
