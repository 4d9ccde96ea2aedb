package ooxml

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Classes of bytes.
const (
	whitespace   = 1 << iota // between tokens
	nameByte                 // within a name; bytes of other scripts are looked at again
	nameStart                // at its beginning
	valueSpecial             // within a value: needs a look
)

var class = func() (c [256]uint8) {
	for b := range c {
		letter := b|0x20 >= 'a' && b|0x20 <= 'z' || b == '_' || b >= utf8.RuneSelf
		switch {
		case letter:
			c[b] = nameByte | nameStart
		case b >= '0' && b <= '9', b == '-', b == '.':
			c[b] = nameByte
		case strings.IndexByte(" \t\r\n", byte(b)) >= 0:
			c[b] = whitespace
		}
	}
	for _, b := range "<&\r'\"" {
		c[b] |= valueSpecial
	}
	return c
}()

var errToken = &Fault{Excessive, "XML 的一个标记超过 1 MB"}

// checkCharacters checks that a part holds only characters that XML allows, in UTF-8.
func checkCharacters(data []byte) error {
	const ones, highs, step = 0x0101010101010101, 0x8080808080808080, 16
	for i := 0; i < len(data); {
		for ; len(data)-i >= step; i += step { // most of a part is plain
			v, u := binary.LittleEndian.Uint64(data[i:]), binary.LittleEndian.Uint64(data[i+8:])
			if (v|u|(v-0x20*ones)|(u-0x20*ones))&highs != 0 {
				break
			}
		}
		for end := min(i+step, len(data)); i < end; {
			switch c := data[i]; {
			case c >= 0x20 && c < utf8.RuneSelf, c == '\t', c == '\n', c == '\r':
				i++
			case c < 0x20:
				return errMalformed
			case c >= 0xE4 && c <= 0xE9 && i+2 < len(data) && data[i+1]&0xC0 == 0x80 && data[i+2]&0xC0 == 0x80:
				i += 3 // Chinese, as nearly all of what isn't plain
			default:
				r, n := utf8.DecodeRune(data[i:])
				if r == utf8.RuneError && n == 1 || r == 0xFFFE || r == 0xFFFF {
					return errMalformed
				}
				i += n
			}
		}
	}
	return nil
}

// name reads a name; colon is the length of its prefix, 0 if it has none.
func (w *Walker) name() (name []byte, colon int, err error) {
	data, from := w.data, w.pos
	i, other := from, byte(0)
	if i >= len(data) || class[data[i]]&nameStart == 0 {
		return nil, 0, errMalformed
	}
	for ; i < len(data); i++ {
		c := data[i]
		if class[c]&nameByte != 0 {
			other |= c
			continue
		}
		if c != ':' {
			break
		}
		if colon > 0 || i+1 == len(data) || class[data[i+1]]&nameStart == 0 {
			return nil, 0, errMalformed
		}
		colon = i - from
	}
	if i == len(data) || i-from > MaxToken {
		return nil, 0, errMalformed
	}
	w.pos = i
	if name = data[from:i]; other >= utf8.RuneSelf && !legalName(name) {
		return nil, 0, errMalformed
	}
	return name, colon, nil
}

// legalName checks a name beyond ASCII with the standard library, which has XML's tables. Such names are rare.
func legalName(name []byte) bool {
	_, err := xml.NewDecoder(strings.NewReader("<" + string(name) + "/>")).RawToken()
	return err == nil
}

// skipSpace returns the position behind white space.
func skipSpace(data []byte, at int) int {
	for at < len(data) && class[data[at]]&whitespace != 0 {
		at++
	}
	return at
}

// attributes reads the attributes of a start tag, and the namespaces that they declare. special: one has a prefix.
func (w *Walker) attributes(e *Element) (closed, special bool, err error) {
	data, from := w.data, w.pos
	for {
		i := skipSpace(data, w.pos)
		switch spaced := i > w.pos; {
		case w.pos-from > MaxToken:
			return false, false, errToken
		case i == len(data):
			return false, false, errMalformed
		case data[i] == '>':
			w.pos = i + 1
			return false, special, w.resolveAttributes(e, special)
		case data[i] == '/' && i+1 < len(data) && data[i+1] == '>':
			w.pos = i + 2
			return true, special, w.resolveAttributes(e, special)
		case !spaced:
			return false, false, errMalformed
		}
		w.pos = i
		name, colon, err := w.name()
		if err != nil {
			return false, false, err
		}
		a := attr{namespace: Namespace(-colon), name: span{int32(i), int32(w.pos)}}
		if a.val, a.undecoded, err = w.value(); err != nil {
			return false, false, err
		}
		switch {
		case colon == 0 && string(name) == "xmlns":
			err = w.bind("", string(a.value(data)))
		case colon > 0 && string(name[:colon]) == "xmlns":
			err = w.bind(string(name[colon+1:]), string(a.value(data)))
		default:
			e.attrs = append(e.attrs, a)
			special = special || colon > 0
		}
		if err != nil {
			return false, false, err
		}
	}
}

// value reads the equals sign and the quoted value behind an attribute's name.
func (w *Walker) value() (value span, raw bool, err error) {
	data := w.data
	equals := skipSpace(data, w.pos)
	if equals == len(data) || data[equals] != '=' {
		return span{}, false, errMalformed
	}
	from := skipSpace(data, equals+1) + 1
	if from > len(data) || data[from-1] != '"' && data[from-1] != '\'' {
		return span{}, false, errMalformed
	}
	quote := data[from-1]
	for i := from; i < len(data); i++ {
		c := data[i]
		if class[c]&valueSpecial == 0 {
			continue
		}
		switch {
		case c == quote:
			w.pos = i + 1
			return span{int32(from), int32(i)}, raw, nil
		case c == '<':
			return span{}, false, errMalformed
		case c == '&':
			n, _ := parseReference(data[i:])
			if n == 0 {
				return span{}, false, errMalformed
			}
			raw = true
			i += n - 1
		case c == '\r':
			raw = true
		}
	}
	return span{}, false, errMalformed
}

// resolveAttributes resolves the prefixes of an element's attributes once all are declared, and refuses duplicates.
func (w *Walker) resolveAttributes(e *Element, special bool) error {
	if special {
		for i := range e.attrs {
			a := &e.attrs[i]
			colon := int(-a.namespace)
			if colon == 0 {
				continue
			}
			space, err := w.namespaceOf(a.name.of(w.data)[:colon])
			if err != nil {
				return err
			}
			a.namespace, a.name.from = space, a.name.from+int32(colon)+1
		}
	}
	const few = 16
	if len(e.attrs) > few {
		return refuseDuplicates(w.data, e.attrs)
	}
	for i := range e.attrs {
		a := &e.attrs[i]
		for j := range i {
			b := &e.attrs[j]
			if a.namespace == b.namespace && string(a.name.of(w.data)) == string(b.name.of(w.data)) {
				return errDuplicate
			}
		}
	}
	return nil
}

var errDuplicate = malformed("属性重复")

func refuseDuplicates(data []byte, attrs []attr) error {
	type key struct {
		space Namespace
		name  string
	}
	met := make(map[key]bool, len(attrs))
	for _, a := range attrs {
		k := key{a.namespace, string(a.name.of(data))}
		if met[k] {
			return errDuplicate
		}
		met[k] = true
	}
	return nil
}

// textRun reads text up to the next tag.
func (w *Walker) textRun() error {
	n := bytes.IndexByte(w.data[w.pos:], '<')
	if n < 0 {
		return errMalformed
	}
	if n > MaxToken {
		return errToken
	}
	text := w.data[w.pos : w.pos+n : w.pos+n]
	raw := w.hasReturns && bytes.IndexByte(text, '\r') >= 0
	for i := 0; ; {
		at := bytes.IndexByte(text[i:], '&')
		if at < 0 {
			break
		}
		size, _ := parseReference(text[i+at:])
		if size == 0 {
			return errMalformed
		}
		i, raw = i+at+size, true
	}
	if w.hasSectionEnd && bytes.Contains(text, sectionEnd) {
		return errMalformed
	}
	w.pos += n
	w.appendText(text, raw)
	return nil
}

var sectionEnd = []byte("]]>") // which may stand nowhere else

// commentOrCDATA reads a comment or a CDATA section. Other declarations are refused; no office program writes them.
func (w *Walker) commentOrCDATA() error {
	const comment, section = "<!--", "<![CDATA["
	rest := w.data[w.pos:]
	switch {
	case bytes.HasPrefix(rest, []byte(comment)):
		_, err := w.upTo(len(comment), "--")
		if err == nil && w.pos < len(w.data) && w.data[w.pos] == '>' {
			w.pos++
			return nil
		}
		return cmp.Or(err, errMalformed)
	case bytes.HasPrefix(rest, []byte(section)) && w.depth > 0:
		text, err := w.upTo(len(section), "]]>")
		if bytes.IndexByte(text, '\r') >= 0 {
			text = []byte(newlines.Replace(string(text)))
		}
		w.appendText(text, false)
		return err
	case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
		return malformed("含 DOCTYPE")
	}
	return errMalformed
}

// upTo reads what stands between so many bytes and an end, and moves behind that.
func (w *Walker) upTo(skip int, end string) ([]byte, error) {
	rest := w.data[w.pos+skip:]
	n := bytes.Index(rest, []byte(end))
	switch {
	case n < 0:
		return nil, errMalformed
	case n > MaxToken:
		return nil, errToken
	}
	w.pos += skip + n + len(end)
	return rest[:n:n], nil
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// declaration matches the XML declaration.
var declaration = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^<\?xml\s+version\s*=\s*(?:"1\.0"|'1\.0')(?:\s+encoding\s*=\s*["']([A-Za-z][\w.-]*)["'])?` +
		`(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>`)
})

// prolog reads the XML declaration. The part is in UTF-8 by now; declared encodings other than Open XML's are refused.
func (w *Walker) prolog() error {
	const begin, longest = "<?xml", 200
	if !bytes.HasPrefix(w.data, []byte(begin)) || len(w.data) > len(begin) && class[w.data[len(begin)]]&nameByte != 0 {
		return nil
	}
	said := declaration().FindSubmatch(w.data[:min(len(w.data), longest)])
	if said == nil {
		return malformed("XML 声明有误")
	}
	encoding := strings.ToLower(string(said[1]))
	if encoding != "" && encoding != "utf-8" && encoding != "utf-16" {
		return malformed("XML 的编码 " + excerpt(said[1]) + " 不认识")
	}
	w.pos = len(said[0])
	return nil
}

// processingInstruction skips a processing instruction.
func (w *Walker) processingInstruction() error {
	w.pos += 2
	target, colon, err := w.name()
	if err != nil || colon > 0 || strings.EqualFold(string(target), "xml") {
		return errMalformed
	}
	_, err = w.upTo(0, "?>")
	return err
}

// parseReference parses a character or entity reference at the beginning of b: its length, 0 if it is invalid.
func parseReference(b []byte) (n int, r rune) {
	const longest = 16
	end := 1
	for end < len(b) && b[end] != ';' {
		if end++; end == longest {
			return 0, 0
		}
	}
	if end == len(b) {
		return 0, 0
	}
	name := b[1:end]
	switch string(name) { // as often as there are quotes in formulas
	case "lt":
		return end + 1, '<'
	case "gt":
		return end + 1, '>'
	case "amp":
		return end + 1, '&'
	case "apos":
		return end + 1, '\''
	case "quot":
		return end + 1, '"'
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, 0
	}
	digits, base := string(name[1:]), 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	v, err := strconv.ParseUint(digits, base, 32)
	legal := v >= 0x20 && v <= 0xD7FF || v == '\t' || v == '\n' || v == '\r' ||
		v >= 0xE000 && v <= 0xFFFD || v >= 0x10000 && v <= 0x10FFFF
	if err != nil || !legal {
		return 0, 0
	}
	return end + 1, rune(v)
}

// decode appends text with references decoded and line ends normalised.
func decode(to, text []byte) []byte {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '&':
			n, r := parseReference(text[i:])
			to = utf8.AppendRune(to, r)
			i += n
		case c == '\r':
			if i++; i < len(text) && text[i] == '\n' {
				i++
			}
			to = append(to, '\n')
		default:
			from := i
			for i < len(text) && text[i] != '&' && text[i] != '\r' {
				i++
			}
			to = append(to, text[from:i]...)
		}
	}
	return to
}
