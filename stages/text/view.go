package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	unicodeLatin = 0x7F
	firstHan     = 0x3400
	lastHan      = 0x9FFF
)

// view is a text as the eye takes it: compatible characters are their plain selves (NFKC), those without a shape are
// gone. Each byte knows which bytes of the text it stands for.
type view struct {
	text, lower string
	from, to    []int32
}

func viewOf(s string) *view {
	v := &view{from: make([]int32, 0, len(s)), to: make([]int32, 0, len(s))}
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		n := len(string(r))
		if r == unicode.ReplacementChar && (i+n > len(s) || s[i:i+n] != string(r)) {
			n = 1 // a byte that is no UTF-8
		}
		switch {
		case r <= unicodeLatin:
			if r >= ' ' || r == '\n' || r == '\t' || r == '\r' {
				b.WriteByte(byte(r))
			}
		case r >= firstHan && r <= lastHan, r > 0x3000 && r <= 0x3020, r >= 0x2013 && r <= 0x201F: // their own plain selves
			b.WriteRune(r)
		case r >= 0xFF01 && r <= 0xFF5E: // full width
			b.WriteByte(byte(r - 0xFF01 + '!'))
		case !invisible(r):
			b.WriteString(norm.NFKC.String(string(r)))
		}
		for len(v.from) < b.Len() {
			v.from, v.to = append(v.from, int32(i)), append(v.to, int32(i+n))
		}
	}
	v.text, v.lower = b.String(), lower(b.String())
	return v
}

// lower makes Latin letters small; every byte stays in its place.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// invisible says whether a character has no shape of its own: it joins, marks, or says how others are shown.
func invisible(r rune) bool {
	if r >= 0x3000 && r <= 0x3020 || r >= 0xFF01 && r <= 0xFF5E { // what most texts are full of
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Mn, unicode.Me) ||
		strings.ContainsRune("\u3164\u115F\u1160\uFFA0", r)
}

// separates says whether a character stands between the parts of one number or name without making them two.
func separates(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`.·•・‧/*-—–‐‑‒―−~,()[]【】〔〕_`, r)
}

// Straight leaves out the marks that turn the direction of writing: what follows one is shown back to front, and a name
// or a file's ending looks like another.
func Straight(s string) string {
	if !strings.ContainsFunc(s, turns) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if turns(r) {
			return -1
		}
		return r
	}, s)
}

func turns(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x061C
}
