// Package formula calculates the small part of Excel's formula language that the program's own workbooks use. A
// workbook whose formulas carry no values is blank to everything but a spreadsheet program (pandas, previewers), so
// each formula is written with the value that it has; this package is where that value comes from. It follows Excel: a
// blank is 0 or "", texts compare without case, IF looks only at the branch it takes, an error spreads.
//
// A formula that goes beyond what is known here is an error of the program, never a wrong value.
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

// Value is what a cell holds or a formula gives: nil (blank), float64, string, bool, Error, or Array.
type Value any

// Error is an error value, such as #N/A.
type Error string

// Errors that formulas give.
const (
	NA       Error = "#N/A"
	ValueErr Error = "#VALUE!"
	RefErr   Error = "#REF!"
	DivZero  Error = "#DIV/0!"
)

// Array is a rectangle of values, row by row.
type Array [][]Value

// Area is a rectangle of cells; rows and columns are 1-based.
type Area struct {
	Sheet                      string
	Row, Col, LastRow, LastCol int
}

// Workbook is what formulas look at.
type Workbook interface {
	// Cell gives the value of a cell; nil where it is blank.
	Cell(sheet string, row, col int) (Value, error)
	// Name gives what a defined name points at.
	Name(name string) (Area, bool)
	// Format gives the number format of a cell, for CELL("format",…).
	Format(sheet string, row, col int) string
}

// Evaluate gives the value of a formula (without the leading =) that stands on a sheet.
func Evaluate(w Workbook, sheet, source string) (v Value, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w in %s", err, source)
		}
	}()
	defer try.Caught(&err)
	c := &calculation{w: w, sheet: sheet}
	v = c.value(parsed(source))
	if a, ok := v.(Array); ok { // a formula in one cell shows the first of several
		v = a[0][0]
	}
	if v == nil { // a reference to a blank cell shows 0
		v = 0.0
	}
	return v, nil
}

// calculation is one evaluation. What can't be calculated ends it.
type calculation struct {
	w     Workbook
	sheet string
}

// value evaluates a node; a reference gives its cell, or an Array of its cells.
func (c *calculation) value(n node) Value {
	switch n := n.(type) {
	case literal:
		return n.value
	case reference:
		if area, ok := c.area(n); ok {
			return c.cells(area)
		}
		return RefErr
	case binary:
		return each(c.values(n.left, n.right), func(a []Value) Value { return operate(n.sign, a[0], a[1]) })
	default:
		return c.call(n.(call))
	}
}

func (c *calculation) values(nodes ...node) []Value {
	out := make([]Value, len(nodes))
	for i, n := range nodes {
		out[i] = c.value(n)
	}
	return out
}

// area resolves a reference. ok is false where a name is not defined.
func (c *calculation) area(r reference) (Area, bool) {
	if r.name != "" {
		return c.w.Name(r.name)
	}
	a := r.area
	if a.Sheet == "" {
		a.Sheet = c.sheet
	}
	return a, true
}

func (c *calculation) cells(a Area) Value {
	if a.Row == a.LastRow && a.Col == a.LastCol {
		return try.Get(c.w.Cell(a.Sheet, a.Row, a.Col))
	}
	out := make(Array, 0, a.LastRow-a.Row+1)
	for row := a.Row; row <= a.LastRow; row++ {
		line := make([]Value, 0, a.LastCol-a.Col+1)
		for col := a.Col; col <= a.LastCol; col++ {
			line = append(line, try.Get(c.w.Cell(a.Sheet, row, col)))
		}
		out = append(out, line)
	}
	return out
}

// each applies a function to single values, in arrays to each of theirs. The first error among the arguments stops it.
func each(args []Value, f func([]Value) Value) Value {
	return eachRaw(args, func(args []Value) Value {
		for _, a := range args {
			if e, bad := a.(Error); bad {
				return e
			}
		}
		return f(args)
	})
}

// eachRaw applies a function that looks at errors, too.
func eachRaw(args []Value, f func([]Value) Value) Value {
	rows, cols := 0, 0
	for _, a := range args {
		if a, ok := a.(Array); ok {
			rows, cols = max(rows, len(a)), max(cols, len(a[0]))
		}
	}
	if rows == 0 {
		return f(args)
	}
	out := make(Array, rows)
	for r := range rows {
		out[r] = make([]Value, cols)
		for c := range cols {
			single := make([]Value, len(args))
			for i, a := range args {
				single[i] = at(a, r, c)
			}
			out[r][c] = f(single)
		}
	}
	return out
}

// at gives the value of an array in a place; a single row, column or value stands for all of them.
func at(v Value, row, col int) Value {
	a, ok := v.(Array)
	if !ok {
		return v
	}
	if len(a) == 1 {
		row = 0
	}
	if len(a[0]) == 1 {
		col = 0
	}
	if row >= len(a) || col >= len(a[row]) {
		return NA
	}
	return a[row][col]
}

// number reads a value as a number the way arithmetic does.
func number(v Value) (float64, Error) {
	switch v := v.(type) {
	case nil:
		return 0, ""
	case float64:
		return v, ""
	case bool:
		if v {
			return 1, ""
		}
		return 0, ""
	case string:
		if x, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			return x, ""
		}
		return 0, ValueErr
	case Error:
		return 0, v
	}
	return 0, ValueErr
}

// text reads a value as text.
func text(v Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strings.ToUpper(strconv.FormatBool(v))
	case string:
		return v
	}
	return fmt.Sprint(v)
}

func operate(sign string, l, r Value) Value {
	if slices.Contains(levels[0], sign) { // = <> < <= > >=
		relation := "<=>"[1+compare(l, r)]
		return strings.IndexByte(sign, relation) >= 0
	}
	x, bad := number(l)
	y, worse := number(r)
	switch bad = cmp.Or(bad, worse); {
	case sign == "&":
		return text(l) + text(r)
	case bad != "":
		return bad
	case sign == "+":
		return x + y
	case sign == "-":
		return x - y
	case sign == "*":
		return x * y
	case y == 0:
		return DivZero
	}
	return x / y
}

// compare orders values as Excel does: numbers, texts, conditions; a blank is like what it is compared with.
func compare(l, r Value) int {
	if l == nil {
		l = zeroLike(r)
	}
	if r == nil {
		r = zeroLike(l)
	}
	if d := cmp.Compare(rank(l), rank(r)); d != 0 {
		return d
	}
	if l, ok := l.(string); ok {
		return strings.Compare(strings.ToLower(l), strings.ToLower(r.(string)))
	}
	a, _ := number(l)
	b, _ := number(r)
	return cmp.Compare(a, b)
}

func zeroLike(v Value) Value {
	switch v.(type) {
	case string:
		return ""
	case bool:
		return false
	}
	return 0.0
}

func rank(v Value) int {
	switch v.(type) {
	case float64:
		return 0
	case string:
		return 1
	}
	return 2
}

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
