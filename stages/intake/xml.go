package intake

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// element is what a walk shows: an element at its start, and again at its end with its own text. It is valid while it is shown.
type element struct {
	name  string
	attrs []attribute
	text  []byte
	start bool // shown at its start, before its content
	path  []string
}

type attribute struct{ name, value []byte }

func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if string(a.name) == name {
			return string(a.value)
		}
	}
	return ""
}

// errXML is a reason that a part can't be believed.
type errXML struct{ what string }

func (e errXML) Error() string { return e.what }

var (
	errBroken = errXML{"XML 不完整"}
	errToken  = errMany{"XML 的一个标记超过 1 MB"}
)

// budget is how much XML may still be read of one workbook.
type budget struct{ elements int }

func newBudget() *budget { return &budget{maxElements} }

// walk reads a part strictly to its end and shows every element twice: at its start and, with its text, at its end. It
// knows no DOCTYPE and no entities but XML's own.
func (b *budget) walk(data []byte, show func(*element) error) error {
	s := &scanner{rest: data}
	var elements []*element // by depth; used again and again
	var names []string      // of the elements that are open
	var tags [][]byte       // the same with their prefixes
	known := map[string]string{}
	root := false
	for {
		kind, err := s.next()
		if err != nil {
			return err
		}
		depth := len(names)
		switch kind {
		case startTag:
			if root && depth == 0 || depth >= maxDepth {
				return errXML{"XML 结构异常"}
			}
			if b.elements--; b.elements < 0 {
				return errMany{"XML 元素超过 " + strconv.Itoa(maxElements) + " 个"}
			}
			root = true
			name, ok := known[string(local(s.name))]
			if !ok {
				name = string(local(s.name))
				known[name] = name
			}
			names, tags = append(names, name), append(tags, s.name)
			if depth == len(elements) {
				elements = append(elements, &element{})
			}
			e := elements[depth]
			e.attrs, s.attrs = s.attrs, e.attrs
			e.name, e.text, e.start, e.path = name, e.text[:0], true, names
			if err := show(e); err != nil {
				return err
			}
			e.start = false
			if !s.alone {
				continue
			}
			depth++
			fallthrough
		case endTag:
			if depth == 0 || !bytes.Equal(tags[depth-1], s.name) {
				return errBroken
			}
			if err := show(elements[depth-1]); err != nil {
				return err
			}
			names, tags = names[:depth-1], tags[:depth-1]
		case words:
			if depth > 0 {
				elements[depth-1].text = append(elements[depth-1].text, s.text...)
			}
		case endOfPart:
			if !root || depth > 0 {
				return errBroken
			}
			return nil
		}
	}
}

// scanner reads the XML of a part token by token. It takes and refuses what encoding/xml does, in a fifth of the time: on what
// spreadsheets write most, tags and texts without references, it copies nothing. A test holds the two against each other.
type scanner struct {
	rest  []byte      // what is not read yet
	name  []byte      // of the tag, with its prefix
	attrs []attribute // of the start tag
	alone bool        // the start tag is its own end: <a/>
	text  []byte
}

// token is a kind of what a scanner reads.
type token int

const (
	endOfPart token = iota
	startTag
	endTag
	words // text, CDATA sections included
	aside // a comment, a processing instruction
)

// next reads one token, of at most maxToken bytes.
func (s *scanner) next() (token, error) {
	whole := s.rest
	kind, err := s.token()
	if err == nil && len(whole)-len(s.rest) > maxToken {
		err = errToken
	}
	return kind, err
}

func (s *scanner) token() (token, error) {
	ok := true
	switch {
	case len(s.rest) == 0:
		return endOfPart, nil
	case s.rest[0] != '<':
		n := bytes.IndexByte(s.rest, '<')
		if n < 0 {
			n = len(s.rest)
		}
		raw := s.rest[:n]
		s.rest = s.rest[n:]
		if n > maxToken {
			return words, errToken
		}
		s.text, ok = plain(raw, true)
		return words, broken(ok && !bytes.Contains(raw, []byte("]]>")))
	case s.take("</"):
		ok = s.readName()
		s.space()
		return endTag, broken(ok && s.take(">"))
	case s.take("<!--"):
		_, ok = s.until("--")
		return aside, broken(ok && s.take(">"))
	case s.take("<![CDATA["):
		raw, ended := s.until("]]>")
		if len(raw) > maxToken {
			return words, errToken
		}
		s.text, ok = plain(raw, false)
		return words, broken(ok && ended)
	case s.take("<!-"), s.take("<!["):
		return aside, errBroken
	case s.take("<!"):
		return aside, errXML{"含 DOCTYPE"}
	case s.take("<?"):
		raw, ended := s.until("?>")
		if len(raw) > maxToken {
			return aside, errToken
		}
		return aside, broken(ended && believed("<?"+string(raw)+"?>"))
	}
	return startTag, s.startTag()
}

func (s *scanner) startTag() error {
	whole := s.rest
	if s.take("<"); !s.readName() {
		return errBroken
	}
	tag := s.name
	for s.attrs = s.attrs[:0]; ; {
		s.space()
		if s.alone = s.take("/>"); s.alone || s.take(">") {
			s.name = tag
			return nil
		}
		ok := s.readName()
		s.space()
		ok = ok && s.take("=")
		s.space()
		quote := `"`
		if !s.take(quote) {
			quote = `'`
			ok = ok && s.take(quote)
		}
		raw, ended := s.until(quote)
		if len(whole)-len(s.rest) > maxToken { // here: a tag may have millions
			return errToken
		}
		value, legal := plain(raw, true)
		if !ok || !ended || !legal || bytes.IndexByte(raw, '<') >= 0 {
			return errBroken
		}
		s.attrs = append(s.attrs, attribute{local(s.name), value})
	}
}

func broken(ok bool) error {
	if !ok {
		return errBroken
	}
	return nil
}

// take reads what must come next; false where something else does.
func (s *scanner) take(what string) bool {
	if len(s.rest) < len(what) || string(s.rest[:len(what)]) != what {
		return false
	}
	s.rest = s.rest[len(what):]
	return true
}

// until reads what stands before an end, and the end; all that is left where it does not come.
func (s *scanner) until(end string) (raw []byte, ended bool) {
	raw, s.rest, ended = bytes.Cut(s.rest, []byte(end))
	return raw, ended
}

func (s *scanner) space() {
	for len(s.rest) > 0 && strings.IndexByte(" \t\r\n", s.rest[0]) >= 0 {
		s.rest = s.rest[1:]
	}
}

func (s *scanner) readName() bool {
	n, colons, ascii := 0, 0, true
	for ; n < len(s.rest); n++ {
		c := s.rest[n]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
		case c == ':':
			colons++
		case c >= utf8.RuneSelf:
			ascii = false
		case n > 0 && ('0' <= c && c <= '9' || c == '-' || c == '.'):
		default:
			goto end
		}
	}
end:
	s.name, s.rest = s.rest[:n], s.rest[n:]
	return n > 0 && colons <= 1 && (ascii || believed("<"+string(s.name)+">"))
}

// local is a name without its prefix.
func local(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i > 0 && i < len(name)-1 {
		return name[i+1:]
	}
	return name
}

// believed asks encoding/xml about what is rare: which encoding a part declares, which letters beyond ASCII a name may have.
func believed(token string) bool {
	_, err := xml.NewDecoder(strings.NewReader(token)).RawToken()
	return err == nil
}

// plain is a text as it is meant: line ends alike, references resolved. Not ok: it holds what no XML may.
func plain(raw []byte, references bool) (text []byte, ok bool) {
	if bytes.IndexByte(raw, '\r') < 0 && (!references || bytes.IndexByte(raw, '&') < 0) {
		return raw, legal(raw)
	}
	text = make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '&' && references:
			name, _, ended := bytes.Cut(raw[i+1:], []byte(";"))
			r, known := reference(string(name))
			if !ended || !known {
				return nil, false
			}
			text = utf8.AppendRune(text, r)
			i += len(name) + 1
		case c == '\r':
			text = append(text, '\n')
			if i+1 < len(raw) && raw[i+1] == '\n' {
				i++
			}
		default:
			text = append(text, c)
		}
	}
	return text, legal(text)
}

// reference resolves what stands between & and ;.
func reference(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "apos":
		return '\'', true
	case "quot":
		return '"', true
	}
	digits, base := strings.TrimPrefix(name, "#"), 10
	if digits == name {
		return 0, false
	}
	if strings.HasPrefix(digits, "x") {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 64)
	return rune(n), err == nil && n <= unicode.MaxRune
}

// legal says whether a text is UTF-8 and holds only characters that XML allows.
func legal(text []byte) bool {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 || r == 0xFFFE || r == 0xFFFF {
			return false
		}
		i += size
	}
	return true
}
