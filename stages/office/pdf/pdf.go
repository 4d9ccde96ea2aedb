// Package pdf extracts the text of a PDF, well enough to search for a code or a name.
//
// It does not follow references, with which a hostile file could send a reader round in circles: it inflates all
// streams in file order, up to a limit, and decodes every content stream with each of the file's character maps, and as
// plain bytes. One of these results is the text; the others are noise that no search matches. A scan, an encrypted file
// and a file that is no PDF have no text.
package pdf

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"io"
	"iter"
	"regexp"
	"strings"
	"unicode/utf16"
)

// Limits for one file.
const (
	maxInflated = 64 << 20 // bytes of all streams together
	maxDecoded  = 128 << 20
	maxMaps     = 256
	maxMapped   = 1 << 17 // characters of one map
)

var (
	magic      = []byte("%PDF-")
	streamHead = []byte("stream")
	streamEnd  = []byte("endstream")
	mapSection = regexp.MustCompile(`(?s)beginbf(char|range)(.*?)endbf`)
	hexString  = regexp.MustCompile(hexPattern)
	// mapEntries match a code or the first and last of a range, and what stands for it: one text, or a list of texts.
	mapEntries = map[string]*regexp.Regexp{
		"char":  regexp.MustCompile(hexPattern + `()\s*` + hexPattern + `()`),
		"range": regexp.MustCompile(hexPattern + `\s*` + hexPattern + `\s*(?:` + hexPattern + `|\[([^\]]*)\])`),
	}
)

const hexPattern = `<([0-9A-Fa-f\s]*)>`

// Is says whether a file begins like a PDF.
func Is(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data[:min(len(data), 1024)], "\ufeff \r\n\x00"), magic)
}

// Texts yields the text of every content stream, decoded with each character map.
func Texts(data []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		var contents [][]byte
		maps := []charMap{{width: 1}}
		for s := range streams(data) {
			if bytes.Contains(s, []byte("beginbf")) && len(maps) < maxMaps {
				maps = append(maps, readMap(s))
			} else if bytes.Contains(s, []byte("Tj")) || bytes.Contains(s, []byte("TJ")) {
				contents = append(contents, stringCodes(s))
			}
		}
		budget := maxDecoded
		for _, c := range contents {
			for _, m := range maps {
				if budget -= len(c); budget < 0 || !yield(m.decode(c)) {
					return
				}
			}
		}
	}
}

// streams yields the bytes between stream and endstream, inflated where compressed.
func streams(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		budget := int64(maxInflated)
		for budget > 0 {
			at := bytes.Index(data, streamHead)
			if at < 0 {
				return
			}
			body := bytes.TrimLeft(data[at+len(streamHead):], "\r\n")
			end := bytes.Index(body, streamEnd)
			if end < 0 {
				return
			}
			data = body[end+len(streamEnd):]
			body = body[:end]
			if z, err := zlib.NewReader(bytes.NewReader(body)); err == nil {
				body, _ = io.ReadAll(io.LimitReader(z, budget)) // the bytes before an error are used
			}
			budget -= int64(len(body))
			if !yield(body) {
				return
			}
		}
	}
}

// stringCodes are the bytes of all strings in a content stream: (literal) or <hexadecimal>.
func stringCodes(s []byte) []byte {
	var out []byte
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '<' && i+1 < len(s) && s[i+1] != '<':
			end := bytes.IndexByte(s[i:], '>')
			if end < 0 {
				return out
			}
			out = append(out, unhex(string(s[i+1:i+end]))...)
			i += end
		case s[i] == '(':
			depth := 1
			for i++; i < len(s) && depth > 0; i++ {
				switch c := s[i]; {
				case c == '\\' && i+1 < len(s):
					var code byte
					code, i = unescape(s, i+1)
					out = append(out, code)
				case c == ')' && depth == 1:
					depth = 0
				default:
					if out = append(out, c); c == '(' {
						depth++
					} else if c == ')' {
						depth--
					}
				}
			}
			i--
		}
	}
	return out
}

// unescape decodes the escape after a backslash and returns the index of its last byte.
func unescape(s []byte, at int) (code byte, last int) {
	if i := strings.IndexByte("nrtbf", s[at]); i >= 0 {
		return "\n\r\t\b\f"[i], at
	}
	n := 0
	for n < 3 && at+n < len(s) && s[at+n] >= '0' && s[at+n] <= '7' {
		code, n = code<<3|(s[at+n]-'0'), n+1
	}
	if n == 0 {
		return s[at], at
	}
	return code, at + n - 1
}

func unhex(s string) []byte {
	s = strings.Join(strings.Fields(s), "")
	out, _ := hex.DecodeString(s + strings.Repeat("0", len(s)%2))
	return out
}

// charMap maps codes of width bytes to characters; with nil chars, a byte is a character.
type charMap struct {
	width int
	chars map[int]string
}

// readMap parses a ToUnicode map.
func readMap(s []byte) charMap {
	m := charMap{width: 1, chars: map[int]string{}}
	for _, section := range mapSection.FindAllStringSubmatch(string(s), -1) {
		for _, x := range mapEntries[section[1]].FindAllStringSubmatch(section[2], -1) {
			low, high, listed := number(unhex(x[1])), number(unhex(x[2])), hexString.FindAllStringSubmatch(x[4], -1)
			m.width = max(1, min(2, len(unhex(x[1]))))
			for code := low; code <= min(max(low, high), low+0xFFFF) && len(m.chars) < maxMapped; code++ {
				if i := code - low; i < len(listed) {
					m.chars[code] = utf16Text(unhex(listed[i][1]), 0)
				} else if x[4] == "" {
					m.chars[code] = utf16Text(unhex(x[3]), i)
				}
			}
		}
	}
	return m
}

func number(b []byte) (n int) {
	for _, c := range b[:min(len(b), 3)] {
		n = n<<8 | int(c)
	}
	return n
}

// utf16Text decodes big-endian UTF-16, with further added to the last unit.
func utf16Text(b []byte, further int) string {
	var units []uint16
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
	}
	if len(units) > 0 {
		units[len(units)-1] += uint16(further)
	}
	return string(utf16.Decode(units))
}

func (m charMap) decode(codes []byte) string {
	var b strings.Builder
	for i := 0; i+m.width <= len(codes); i += m.width {
		if code := number(codes[i : i+m.width]); m.chars != nil {
			b.WriteString(m.chars[code])
		} else {
			b.WriteRune(rune(code))
		}
	}
	return b.String()
}
