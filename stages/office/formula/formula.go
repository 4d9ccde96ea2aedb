// Package formula evaluates the part of Excel's formula language that the program's own workbooks use. Formulas are
// written with their values, because formulas without values look blank to everything but a spreadsheet program
// (pandas, previewers). It follows Excel: a blank is 0 or "", texts compare without case, IF evaluates only one branch,
// errors propagate.
//
// A formula with anything else is an error, never a wrong value.
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

// Value is the value of a cell or formula: nil (blank), float64, string, bool, Error, or Array.
type Value any

// Error is an error value, such as #N/A.
type Error string

// Error values of formulas.
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

// Workbook gives formulas the cells that they refer to.
type Workbook interface {
	// Cell gives the value of a cell; nil where it is blank.
	Cell(sheet string, row, col int) (Value, error)
	// Name gives the area of a defined name.
	Name(name string) (Area, bool)
	// Format gives the number format of a cell, for CELL("format",…).
	Format(sheet string, row, col int) string
}

// Evaluate evaluates a formula (without the leading =) on a sheet.
func Evaluate(w Workbook, sheet, source string) (v Value, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w in %s", err, source)
		}
	}()
	defer try.Caught(&err)
	c := &calculation{w: w, sheet: sheet}
	v = c.value(parse(source))
	if a, ok := v.(Array); ok { // a cell shows the first value of an array
		v = a[0][0]
	}
	if v == nil { // a reference to a blank cell shows 0
		v = 0.0
	}
	return v, nil
}

// calculation is one evaluation. It panics (package try) on what is not supported.
type calculation struct {
	w     Workbook
	sheet string
}

// value evaluates a node; the value of a reference is its cell, or an Array of its cells.
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
		return mapValues(c.values(n.left, n.right), func(a []Value) Value { return applyOperator(n.operator, a[0], a[1]) })
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

// mapValues applies a function of single values, to arrays element by element. An error argument is the result.
func mapValues(args []Value, f func([]Value) Value) Value {
	return mapAllValues(args, func(args []Value) Value {
		for _, a := range args {
			if e, bad := a.(Error); bad {
				return e
			}
		}
		return f(args)
	})
}

// mapAllValues is mapValues for functions that accept errors.
func mapAllValues(args []Value, f func([]Value) Value) Value {
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
				single[i] = element(a, r, c)
			}
			out[r][c] = f(single)
		}
	}
	return out
}

// element is an element of an array; a single row, column or value is repeated.
func element(v Value, row, col int) Value {
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

// number converts a value to a number, as arithmetic does.
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

func applyOperator(sign string, l, r Value) Value {
	if slices.Contains(operatorLevels[0], sign) { // = <> < <= > >=
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

// compare orders values as Excel does: numbers, texts, booleans. A blank is the zero of the other value's type.
func compare(l, r Value) int {
	if l == nil {
		l = zeroLike(r)
	}
	if r == nil {
		r = zeroLike(l)
	}
	if d := cmp.Compare(typeOrder(l), typeOrder(r)); d != 0 {
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

func typeOrder(v Value) int {
	switch v.(type) {
	case float64:
		return 0
	case string:
		return 1
	}
	return 2
}

// node is a node of the syntax tree: literal, reference, binary or call.
type node any

type (
	literal   struct{ value Value }
	reference struct {
		name string // defined name, or else
		area Area
	}
	binary struct {
		operator    string
		left, right node
	}
	call struct {
		name string
		args []node
	}
)

// tokenPattern matches a number, a name (function, cell or range, maybe with its sheet) or an operator.
var tokenPattern = regexp.MustCompile(`[0-9][0-9.]*|(?:'[^']*'!)?[\pL_$.][\pL_$.0-9!:]*|<=|>=|<>|[^ ]`)

// tokenize splits a formula. Text tokens keep their opening quote.
func tokenize(s string) []string {
	var out []string
	pieces := strings.Split(s, `"`)
	for i, piece := range pieces {
		switch n := len(out); {
		case i%2 == 0:
			out = append(out, tokenPattern.FindAllString(piece, -1)...)
		case i > 1 && pieces[i-1] == "": // a quote within a text is doubled
			out[n-1] += `"` + piece
		default:
			out = append(out, `"`+piece)
		}
	}
	return out
}

// parser is a recursive-descent parser. It panics (package try) on syntax errors.
type parser struct{ rest []string }

// parseCache has the formulas parsed before: all workbooks of a template have the same.
var parseCache sync.Map // source -> node

// parse parses a formula, or takes it from the cache.
func parse(source string) node {
	if n, ok := parseCache.Load(source); ok {
		return n
	}
	if strings.Count(source, `"`)%2 != 0 {
		try.Do(errors.New("a text without end"))
	}
	p := &parser{tokenize(source)}
	n := p.binaryLevel(0)
	if len(p.rest) > 0 {
		try.Do(fmt.Errorf("%q is too much", p.rest[0]))
	}
	parseCache.Store(source, n)
	return n
}

// operatorLevels are the operators by precedence, lowest first.
var operatorLevels = [][]string{{"=", "<>", "<", "<=", ">", ">="}, {"&"}, {"+", "-"}, {"*", "/"}}

func (p *parser) binaryLevel(i int) node {
	if i == len(operatorLevels) {
		return p.factor()
	}
	left := p.binaryLevel(i + 1)
	for {
		sign := p.take(operatorLevels[i]...)
		if sign == "" {
			return left
		}
		left = binary{sign, left, p.binaryLevel(i + 1)}
	}
}

// take consumes the next token where it is one of these; otherwise it returns "".
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

// expect consumes the next token, which must be this one.
func (p *parser) expect(sign string) {
	if p.take(sign) == "" {
		try.Do(fmt.Errorf("there should be %q", sign))
	}
}

func (p *parser) factor() node {
	n := p.operand()
	for p.take("%") != "" {
		n = binary{"/", n, literal{100.0}}
	}
	return n
}

func (p *parser) operand() node {
	t := p.next()
	switch {
	case t == "-":
		return binary{"-", literal{0.0}, p.factor()}
	case t == "(":
		n := p.binaryLevel(0)
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
	return parseName(t)
}

func (p *parser) call(name string) node {
	c := call{name: strings.ToUpper(name)}
	for p.take(")") == "" {
		if len(c.args) > 0 {
			p.expect(",")
		}
		c.args = append(c.args, p.binaryLevel(0))
	}
	return c
}

// cellPattern matches a cell or a range, maybe with its sheet.
var cellPattern = regexp.MustCompile(`^(?:(.*)!)?(\$?[A-Z]{1,3}\$?[0-9]+)(?::(\$?[A-Z]{1,3}\$?[0-9]+))?$`)

// relativePattern matches a cell in a formula, with its dollar signs.
var relativePattern = regexp.MustCompile(`(\$?)\b[A-Z]{1,3}(\$?)[0-9]{1,7}\b`)

// Move is a formula as it reads so many rows further down and columns to the right. What looks like a cell in a text of
// the formula is moved, too.
func Move(source string, rows, cols int) string {
	return relativePattern.ReplaceAllStringFunc(source, func(at string) string {
		m := relativePattern.FindStringSubmatch(at)
		row, col := model.RowCol(at)
		if m[1] == "" {
			col += cols
		}
		if m[2] == "" {
			row += rows
		}
		return m[1] + strings.TrimRight(model.CellName(1, col), "1") + m[2] + strconv.Itoa(row)
	})
}

// parseName parses TRUE, FALSE, a cell, a range or a defined name.
func parseName(s string) node {
	if upper := strings.ToUpper(s); upper == "TRUE" || upper == "FALSE" {
		return literal{upper == "TRUE"}
	}
	m := cellPattern.FindStringSubmatch(s)
	if m == nil {
		return reference{name: s}
	}
	row, col := model.RowCol(m[2])
	lastRow, lastCol := model.RowCol(cmp.Or(m[3], m[2]))
	return reference{area: Area{Sheet: strings.Trim(m[1], "'"), Row: min(row, lastRow), Col: min(col, lastCol),
		LastRow: max(row, lastRow), LastCol: max(col, lastCol)}}
}
