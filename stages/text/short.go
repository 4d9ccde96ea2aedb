package text

import (
	"fmt"
	"strings"
)

// Clip is the beginning of a text: so many characters, and … where there are more.
func Clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// Few joins the first names of a list; where there are more in all, it says how many.
func Few(names []string, most, all int, counter string) string {
	names = names[:min(len(names), most)]
	if all == len(names) {
		return strings.Join(names, "、")
	}
	return fmt.Sprintf("%s等%d%s", strings.Join(names, "、"), all, counter)
}
