package templates

import (
	"strings"
	"unicode/utf8"
)

// Characters is the one count of a text's length, in the sheet and here alike: after trimming, punctuation included,
// line breaks left out. For text in the basic plane Excel's LEN agrees.
func Characters(s string) int {
	s = strings.NewReplacer("\r", "", "\n", "").Replace(strings.TrimSpace(s))
	return utf8.RuneCountInString(s)
}
