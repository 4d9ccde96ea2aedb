package formula

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// node is a part of a formula.
type node any

type (
	literal   struct{ value Value }
	reference struct {
		name string // defined name, or else
		area Area
	}
	binary struct {
		sign        string
		left, right node
	}
	call struct {
		name string
		args []node
	}
)

// token is one sign, name, number or text. Kind is the first letter of what it is.
type token struct {
	kind byte // n number, s text, i name or reference, o operator or bracket
	text string
}

var cellToken = regexp.MustCompile(`^\$?([A-Z]{1,3})\$?([0-9]+)$`)

func tokens(s string) ([]token, error) {
	var out []token
	for s != "" {
		switch {
		case s[0] == ' ':
			s = s[1:]
		case s[0] == '"':
			end, unquoted := quoted(s)
			if end == 0 {
				return nil, errors.New("a text without end")
			}
			out, s = append(out, token{'s', unquoted}), s[end:]
		case s[0] >= '0' && s[0] <= '9':
			n := span(s, func(r rune) bool { return r >= '0' && r <= '9' || r == '.' })
			out, s = append(out, token{'n', s[:n]}), s[n:]
		case nameSign(rune(s[0])) || s[0] == '\'' || s[0] >= utf8.RuneSelf:
			n := nameLength(s)
			out, s = append(out, token{'i', s[:n]}), s[n:]
		case len(s) > 1 && (s[:2] == "<=" || s[:2] == ">=" || s[:2] == "<>"):
			out, s = append(out, token{'o', s[:2]}), s[2:]
		case strings.ContainsRune("+-*/&=<>(),", rune(s[0])):
			out, s = append(out, token{'o', s[:1]}), s[1:]
		default:
			return nil, fmt.Errorf("unknown sign %q", s)
		}
	}
	return out, nil
}

// nameLength is how long the name, cell or range is that a formula begins with: a sheet in front, a colon in the
// middle.
func nameLength(s string) int {
	n := 0
	if s[0] == '\'' {
		n = strings.Index(s[1:], "'") + 2
	}
	for n < len(s) {
		more := span(s[n:], nameSign)
		n += more
		switch {
		case n < len(s) && s[n] == '!':
			n++
		case more > 0 && n+1 < len(s) && s[n] == ':':
			n++
		default:
			return n
		}
	}
	return n
}

// nameSign says whether a name may hold a sign.
func nameSign(r rune) bool {
	return r == '_' || r == '$' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' ||
		r >= utf8.RuneSelf && unicode.IsLetter(r)
}

// span is how many bytes at the beginning of a text hold such signs.
func span(s string, holds func(rune) bool) int {
	if n := strings.IndexFunc(s, func(r rune) bool { return !holds(r) }); n >= 0 {
		return n
	}
	return len(s)
}

// quoted reads a text in quotes, with "" for a quote in it, and gives where it ends.
func quoted(s string) (end int, unquoted string) {
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			i++
			continue
		}
		return i + 1, strings.ReplaceAll(s[1:i], `""`, `"`)
	}
	return 0, ""
}

// parser reads tokens by precedence.
type parser struct{ rest []token }

// known are the formulas that were read before: every template is filled from the same ones.
var known sync.Map // source -> node

// parsed reads a formula, or remembers what it is.
func parsed(source string) (node, error) {
	if n, ok := known.Load(source); ok {
		return n, nil
	}
	n, err := parse(source)
	if err == nil {
		known.Store(source, n)
	}
	return n, err
}

func parse(s string) (node, error) {
	list, err := tokens(s)
	if err != nil {
		return nil, err
	}
	p := &parser{list}
	n, err := p.level(0)
	if err == nil && len(p.rest) > 0 {
		err = fmt.Errorf("%q is too much", p.rest[0].text)
	}
	return n, err
}

// levels are the operators from the loosest to the tightest.
var levels = [][]string{{"=", "<>", "<", "<=", ">", ">="}, {"&"}, {"+", "-"}, {"*", "/"}}

func (p *parser) level(i int) (node, error) {
	if i == len(levels) {
		return p.factor()
	}
	left, err := p.level(i + 1)
	for err == nil {
		sign := p.take(levels[i]...)
		if sign == "" {
			break
		}
		var right node
		right, err = p.level(i + 1)
		left = binary{sign, left, right}
	}
	return left, err
}

// take consumes the next token where it is one of these operators.
func (p *parser) take(signs ...string) string {
	for _, s := range signs {
		if len(p.rest) > 0 && p.rest[0].kind == 'o' && p.rest[0].text == s {
			p.rest = p.rest[1:]
			return s
		}
	}
	return ""
}

func (p *parser) factor() (node, error) {
	switch {
	case p.take("-") != "":
		of, err := p.factor()
		return binary{"-", literal{0.0}, of}, err
	case p.take("(") != "":
		n, err := p.level(0)
		if err == nil && p.take(")") == "" {
			err = errors.New("a bracket is open")
		}
		return n, err
	case len(p.rest) == 0:
		return nil, errors.New("the formula breaks off")
	}
	t := p.rest[0]
	p.rest = p.rest[1:]
	switch t.kind {
	case 'n':
		x, err := strconv.ParseFloat(t.text, 64)
		return literal{x}, err
	case 's':
		return literal{t.text}, nil
	case 'i':
		if p.take("(") != "" {
			return p.call(t.text)
		}
		return named(t.text), nil
	}
	return nil, fmt.Errorf("%q is out of place", t.text)
}

func (p *parser) call(name string) (node, error) {
	c := call{name: strings.ToUpper(name)}
	if p.take(")") != "" {
		return c, nil
	}
	for {
		if len(p.rest) > 0 && p.rest[0].kind == 'o' && p.rest[0].text == "," {
			c.args = append(c.args, literal{nil}) // left out
		} else {
			n, err := p.level(0)
			if err != nil {
				return nil, err
			}
			c.args = append(c.args, n)
		}
		if p.take(")") != "" {
			return c, nil
		}
		if p.take(",") == "" {
			return nil, errors.New("a bracket is open")
		}
	}
}

// named reads TRUE, FALSE, a cell, a range or a defined name.
func named(s string) node {
	switch strings.ToUpper(s) {
	case "TRUE":
		return literal{true}
	case "FALSE":
		return literal{false}
	}
	sheet, at := "", s
	if i := strings.LastIndex(s, "!"); i >= 0 {
		sheet, at = strings.Trim(s[:i], "'"), s[i+1:]
	}
	from, to, ranged := strings.Cut(at, ":")
	if !ranged {
		to = from
	}
	row, col, ok1 := coordinates(from)
	lastRow, lastCol, ok2 := coordinates(to)
	if !ok1 || !ok2 {
		return reference{name: s}
	}
	return reference{area: Area{sheet, row, col, lastRow, lastCol}}
}

// coordinates reads $A$1.
func coordinates(s string) (row, col int, ok bool) {
	m := cellToken.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, false
	}
	for _, r := range m[1] {
		col = col*26 + int(r-'A') + 1
	}
	row, err := strconv.Atoi(m[2])
	return row, col, err == nil
}

// Relative writes a formula with the rows of its references as seen from the row it stands in. Where two cells of a
// column give the same, a file needs the formula once: fixed rows ($A$1) stay, others are offsets.
func Relative(source string, row int) (string, error) {
	list, err := tokens(source)
	var b strings.Builder
	for _, t := range list {
		if t.kind != 'i' {
			fmt.Fprintf(&b, "%c%q ", t.kind, t.text)
			continue
		}
		sheet, at := "", t.text
		if i := strings.LastIndex(at, "!"); i >= 0 {
			sheet, at = at[:i+1], at[i+1:]
		}
		b.WriteString(sheet)
		for part := range strings.SplitSeq(at, ":") {
			if n, _, ok := coordinates(part); ok && !strings.Contains(part[1:], "$") {
				part = fmt.Sprintf("%s[%d]", strings.TrimRight(part, "0123456789"), n-row)
			}
			b.WriteString(part + " ")
		}
	}
	return b.String(), err
}
