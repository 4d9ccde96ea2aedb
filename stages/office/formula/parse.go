package formula

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lianheti/stages/model"
	"lianheti/stages/office/try"
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

// lexeme is a number, name or sign outside of texts. A name is a function, a cell or a range, perhaps with its sheet.
var lexeme = regexp.MustCompile(`[0-9][0-9.]*|(?:'[^']*'!)?[\pL_$.][\pL_$.0-9!:]*|<=|>=|<>|[^ ]`)

// tokens cuts a formula. A text keeps the quote before it, by which it is known.
func tokens(s string) []string {
	var out []string
	pieces := strings.Split(s, `"`)
	for i, piece := range pieces {
		switch n := len(out); {
		case i%2 == 0:
			out = append(out, lexeme.FindAllString(piece, -1)...)
		case i > 1 && pieces[i-1] == "": // a quote within a text is doubled
			out[n-1] += `"` + piece
		default:
			out = append(out, `"`+piece)
		}
	}
	return out
}

// parser reads tokens by precedence. What is no formula ends it with an error.
type parser struct{ rest []string }

// known are the formulas that were read before: every template is filled from the same ones.
var known sync.Map // source -> node

// parsed reads a formula, or remembers what it is.
func parsed(source string) node {
	if n, ok := known.Load(source); ok {
		return n
	}
	if strings.Count(source, `"`)%2 != 0 {
		try.Do(errors.New("a text without end"))
	}
	p := &parser{tokens(source)}
	n := p.level(0)
	if len(p.rest) > 0 {
		try.Do(fmt.Errorf("%q is too much", p.rest[0]))
	}
	known.Store(source, n)
	return n
}

// levels are the operators from the loosest to the tightest.
var levels = [][]string{{"=", "<>", "<", "<=", ">", ">="}, {"&"}, {"+", "-"}, {"*", "/"}}

func (p *parser) level(i int) node {
	if i == len(levels) {
		return p.factor()
	}
	left := p.level(i + 1)
	for {
		sign := p.take(levels[i]...)
		if sign == "" {
			return left
		}
		left = binary{sign, left, p.level(i + 1)}
	}
}

// take consumes the next token where it is one of these signs.
func (p *parser) take(signs ...string) string {
	if len(p.rest) > 0 && slices.Contains(signs, p.rest[0]) {
		return p.next()
	}
	return ""
}

func (p *parser) next() string {
	if len(p.rest) == 0 {
		try.Do(errors.New("the formula breaks off"))
	}
	t := p.rest[0]
	p.rest = p.rest[1:]
	return t
}

// expect ends the formula where the next token is another.
func (p *parser) expect(sign string) {
	if p.take(sign) == "" {
		try.Do(fmt.Errorf("there should be %q", sign))
	}
}

func (p *parser) factor() node {
	t := p.next()
	switch {
	case t == "-":
		return binary{"-", literal{0.0}, p.factor()}
	case t == "(":
		n := p.level(0)
		p.expect(")")
		return n
	case t[0] >= '0' && t[0] <= '9':
		return literal{try.Get(strconv.ParseFloat(t, 64))}
	case t[0] == '"':
		return literal{t[1:]}
	case strings.Contains("+*/&=<>),", t[:1]):
		try.Do(fmt.Errorf("%q is out of place", t))
	case p.take("(") != "":
		return p.call(t)
	}
	return named(t)
}

func (p *parser) call(name string) node {
	c := call{name: strings.ToUpper(name)}
	for p.take(")") == "" {
		if len(c.args) > 0 {
			p.expect(",")
		}
		c.args = append(c.args, p.level(0))
	}
	return c
}

// cells is a cell or a range, perhaps with its sheet.
var cells = regexp.MustCompile(`^(?:(.*)!)?(\$?[A-Z]{1,3}\$?[0-9]+)(?::(\$?[A-Z]{1,3}\$?[0-9]+))?$`)

// named reads TRUE, FALSE, a cell, a range or a defined name.
func named(s string) node {
	if upper := strings.ToUpper(s); upper == "TRUE" || upper == "FALSE" {
		return literal{upper == "TRUE"}
	}
	m := cells.FindStringSubmatch(s)
	if m == nil {
		return reference{name: s}
	}
	row, col := model.RowCol(m[2])
	lastRow, lastCol := model.RowCol(cmp.Or(m[3], m[2]))
	return reference{area: Area{strings.Trim(m[1], "'"), row, col, lastRow, lastCol}}
}
