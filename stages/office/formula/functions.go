package formula

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lianheti/stages/office/try"
)

// required is the number of arguments that a function can't do without, where it is not 1.
var required = map[string]int{"IF": 2, "IFERROR": 2, "CELL": 2, "INDEX": 2, "MOD": 2, "ROUND": 2, "EXACT": 2, "MID": 3,
	"FIND": 2, "COUNTIF": 2, "MATCH": 2, "SUMIF": 3, "SUBSTITUTE": 3}

func (c *calculation) call(n call) Value {
	if len(n.args) < max(1, required[n.name]) {
		try.Do(fmt.Errorf("%s has too few arguments", n.name))
	}
	switch n.name {
	case "IF":
		return c.ifFunction(n)
	case "IFERROR":
		v := c.value(n.args[0])
		if _, bad := v.(Error); bad {
			return c.value(n.args[1])
		}
		return v
	case "CHOOSE":
		x, bad := number(c.value(n.args[0]))
		if i := int(x); bad == "" && i >= 1 && i < len(n.args) {
			return c.value(n.args[i])
		}
		return ValueErr
	case "ROW", "CELL", "INDEX":
		return c.ofReference(n)
	}
	args := c.values(n.args...)
	if f, ok := areaFunctions[n.name]; ok {
		return f(args)
	}
	f, ok := scalarFunctions[n.name]
	switch {
	case !ok:
		try.Do(fmt.Errorf("unknown function %s", n.name))
	case n.name == "ISNUMBER" || n.name == "ISERROR": // the only functions that accept errors
		return mapAllValues(args, f)
	}
	return mapValues(args, f)
}

func (c *calculation) ifFunction(n call) Value {
	v := c.value(n.args[0])
	if _, array := v.(Array); array {
		try.Do(errors.New("IF over an area is not calculated here"))
	}
	yes, bad := number(v)
	switch {
	case bad != "":
		return bad
	case yes != 0:
		return c.value(n.args[1])
	case len(n.args) > 2:
		return c.value(n.args[2])
	}
	return false
}

// ofReference evaluates the functions that use the address of a reference, not its value.
func (c *calculation) ofReference(n call) Value {
	of := n.args[0]
	switch n.name {
	case "INDEX":
		of = n
	case "CELL":
		of = n.args[1]
	}
	a, ok := c.resolve(of)
	switch {
	case !ok:
		return RefErr
	case n.name == "INDEX":
		return c.cells(a)
	case n.name == "CELL" && strings.Contains(c.w.Format(a.Sheet, a.Row, a.Col), "%"): // others are not told apart
		return "P2"
	case n.name == "CELL":
		return "G"
	}
	return float64(a.Row)
}

// resolve is the area of a reference or of INDEX into one. INDEX(area, i) counts along a row or column.
func (c *calculation) resolve(n node) (Area, bool) {
	switch n := n.(type) {
	case reference:
		return c.area(n)
	case call:
		if n.name != "INDEX" || len(n.args) < 2 {
			return Area{}, false
		}
		a, ok := c.resolve(n.args[0])
		x, bad := number(c.value(n.args[1]))
		i := int(x)
		if a.Row == a.LastRow && a.Col != a.LastCol {
			a.Col += i - 1
		} else {
			a.Row += i - 1
		}
		inside := ok && bad == "" && i >= 1 && a.Row <= a.LastRow && a.Col <= a.LastCol
		return Area{a.Sheet, a.Row, a.Col, a.Row, a.Col}, inside
	}
	return Area{}, false
}

var areaFunctions = map[string]func([]Value) Value{
	"AND": numeric(func(x ...float64) Value { return !slices.Contains(x, 0) }),
	"OR":  numeric(func(x ...float64) Value { return slices.ContainsFunc(x, func(x float64) bool { return x != 0 }) }),
	"SUM": numeric(func(x ...float64) Value {
		total := 0.0
		for _, x := range x {
			total += x
		}
		return total
	}),
	"MAX": numeric(func(x ...float64) Value { return extreme(x, slices.Max) }),
	"MIN": numeric(func(x ...float64) Value { return extreme(x, slices.Min) }),
	"SUMPRODUCT": func(a []Value) Value {
		total := 0.0
		for r, row := range rectangle(a[0]) {
			for c := range row {
				product := 1.0
				for _, factor := range a {
					v := element(factor, r, c)
					if e, bad := v.(Error); bad {
						return e
					}
					x, _ := v.(float64) // texts and conditions count as 0
					product *= x
				}
				total += product
			}
		}
		return total
	},
	"COUNTIF": func(a []Value) Value {
		n := 0.0
		for range matches(a[0], a[1]) {
			n++
		}
		return n
	},
	"SUMIF": func(a []Value) Value {
		total := 0.0
		for r, c := range matches(a[0], a[1]) {
			if x, ok := element(a[2], r, c).(float64); ok {
				total += x
			}
		}
		return total
	},
	"MATCH": func(a []Value) Value { // in one row or column
		for r, c := range matches(a[1], a[0]) {
			return float64(r + c + 1)
		}
		return NA
	},
}

// matches yields the zero-based rows and columns of the cells of an area that equal a value.
func matches(area, want Value) iter.Seq2[int, int] {
	return func(yield func(r, c int) bool) {
		for r, row := range rectangle(area) {
			for c, v := range row {
				if v != nil && compare(v, want) == 0 && !yield(r, c) {
					return
				}
			}
		}
	}
}

func rectangle(v Value) Array {
	if a, ok := v.(Array); ok {
		return a
	}
	return Array{{v}}
}

// extreme is the maximum or minimum of numbers; 0 where there are none.
func extreme(x []float64, of func([]float64) float64) Value {
	if len(x) == 0 {
		return 0.0
	}
	return of(x)
}

var scalarFunctions = map[string]func([]Value) Value{
	"NOT":   numeric(func(x ...float64) Value { return x[0] == 0 }),
	"ABS":   numeric(func(x ...float64) Value { return math.Abs(x[0]) }),
	"INT":   numeric(func(x ...float64) Value { return math.Floor(x[0]) }),
	"MOD":   numeric(func(x ...float64) Value { return x[0] - x[1]*math.Floor(x[0]/x[1]) }),
	"ROUND": numeric(func(x ...float64) Value { return roundHalfUp(x[0], int(x[1])) }),
	"YEAR":  numeric(func(x ...float64) Value { return float64(day(x[0]).Year()) }),
	"MONTH": numeric(func(x ...float64) Value { return float64(day(x[0]).Month()) }),
	"DAY":   numeric(func(x ...float64) Value { return float64(day(x[0]).Day()) }),
	"LEN":   func(a []Value) Value { return float64(utf8.RuneCountInString(text(a[0]))) },
	"TRIM": func(a []Value) Value {
		return strings.Join(strings.FieldsFunc(text(a[0]), func(r rune) bool { return r == ' ' }), " ")
	},
	"LOWER":     func(a []Value) Value { return strings.ToLower(text(a[0])) },
	"EXACT":     func(a []Value) Value { return text(a[0]) == text(a[1]) },
	"CHAR":      func(a []Value) Value { x, _ := number(a[0]); return string(rune(int(x))) },
	"HYPERLINK": func(a []Value) Value { return a[len(a)-1] },
	"ISNUMBER":  func(a []Value) Value { _, ok := a[0].(float64); return ok },
	"ISERROR":   func(a []Value) Value { _, ok := a[0].(Error); return ok },
	"VALUE": func(a []Value) Value {
		x, err := strconv.ParseFloat(strings.TrimSpace(text(a[0])), 64)
		if err != nil {
			return ValueErr
		}
		return x
	},
	"LEFT": func(a []Value) Value { return substring(text(a[0]), 1, count(a, 1)) },
	"RIGHT": func(a []Value) Value {
		n := utf8.RuneCountInString(text(a[0]))
		k := min(n, count(a, 1))
		return substring(text(a[0]), n-k+1, k)
	},
	"MID":        func(a []Value) Value { return substring(text(a[0]), count(a, 1), count(a, 2)) },
	"FIND":       find,
	"SUBSTITUTE": substitute,
}

// count is the value of an optional numeric argument; 1 where it is left out.
func count(a []Value, i int) int {
	if i >= len(a) {
		return 1
	}
	x, _ := number(a[i])
	return int(x)
}

// numeric makes a function of values from one of numbers; texts and blanks in areas are skipped.
func numeric(f func(...float64) Value) func([]Value) Value {
	return func(args []Value) Value {
		xs := make([]float64, 0, len(args))
		for _, a := range args {
			_, area := a.(Array)
			for _, row := range rectangle(a) {
				for _, v := range row {
					if _, isText := v.(string); area && (v == nil || isText) {
						continue
					}
					x, bad := number(v)
					if bad != "" {
						return bad
					}
					xs = append(xs, x)
				}
			}
		}
		return f(xs...)
	}
}

// roundHalfUp rounds as Excel does: on the 15-digit decimal of the float, half away from zero.
func roundHalfUp(x float64, digits int) float64 {
	if math.Abs(x) > 1e15 {
		return x
	}
	scale := math.Pow10(digits)
	scaled, _ := strconv.ParseFloat(strconv.FormatFloat(x*scale, 'g', 15, 64), 64)
	return math.Copysign(math.Floor(math.Abs(scaled)+0.5), scaled) / scale
}

func day(serial float64) time.Time {
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(serial))
}

// substring returns n characters of a text from the i-th (1-based).
func substring(s string, i, n int) Value {
	if i < 1 || n < 0 {
		return ValueErr
	}
	r := []rune(s)
	from := min(i-1, len(r))
	return string(r[from:min(len(r), from+n)])
}

func find(a []Value) Value {
	what, in, from := text(a[0]), []rune(text(a[1])), count(a, 2)
	if from < 1 || from > len(in)+1 {
		return ValueErr
	}
	before, _, found := strings.Cut(string(in[from-1:]), what)
	if !found {
		return ValueErr
	}
	return float64(from + utf8.RuneCountInString(before))
}

func substitute(a []Value) Value {
	s, from, to := text(a[0]), text(a[1]), text(a[2])
	switch {
	case from == "":
		return s
	case len(a) < 4:
		return strings.ReplaceAll(s, from, to)
	}
	pieces, nth := strings.Split(s, from), count(a, 3)
	if nth < 1 || nth >= len(pieces) {
		return s
	}
	return strings.Join(pieces[:nth], from) + to + strings.Join(pieces[nth:], from)
}
