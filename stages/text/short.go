package text

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
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
