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

// call evaluates a function: those that choose what they look at, those over areas, those of single values.
func (c *calculation) call(n call) Value {
	switch n.name {
	case "IF":
		return c.choose(n)
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
		return c.place(n)
	}
	args := c.values(n.args...)
	if f, ok := overAreas[n.name]; ok {
		return f(args)
	}
	f, ok := ofSingles[n.name]
	switch {
	case !ok:
		try.Do(fmt.Errorf("unknown function %s", n.name))
	case n.name == "ISNUMBER" || n.name == "ISERROR": // they look at errors, which stop the others
		return eachRaw(args, f)
	}
	return each(args, f)
}

func (c *calculation) choose(n call) Value {
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

// place evaluates the functions that look at where a reference points, not at what stands there.
func (c *calculation) place(n call) Value {
	of := n.args[0]
	switch n.name {
	case "INDEX":
		of = n
	case "CELL":
		of = n.args[1]
	}
	a, ok := c.pointed(of)
	switch {
	case !ok:
		return RefErr
	case n.name == "INDEX":
		return c.cells(a)
	case n.name == "CELL":
		return formatCode(c.w.Format(a.Sheet, a.Row, a.Col))
	}
	return float64(a.Row)
}

// pointed gives the area of a reference or of INDEX into one. INDEX(area, i) counts along a row or column.
func (c *calculation) pointed(n node) (Area, bool) {
	switch n := n.(type) {
	case reference:
		return c.area(n)
	case call:
		if n.name != "INDEX" || len(n.args) < 2 {
			return Area{}, false
		}
		a, ok := c.pointed(n.args[0])
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

// formatCode is what CELL("format") says of a number format, as far as anybody asks.
func formatCode(format string) string {
	if strings.Contains(format, "%") {
		return "P2"
	}
	return "G"
}

// overAreas are the functions that take whole areas.
var overAreas = map[string]func([]Value) Value{
	"AND": arithmetic(func(x ...float64) Value { return !slices.Contains(x, 0) }),
	"OR":  arithmetic(func(x ...float64) Value { return slices.ContainsFunc(x, func(x float64) bool { return x != 0 }) }),
	"SUM": arithmetic(func(x ...float64) Value {
		total := 0.0
		for _, x := range x {
			total += x
		}
		return total
	}),
	"MAX": arithmetic(func(x ...float64) Value { return extreme(x, slices.Max) }),
	"MIN": arithmetic(func(x ...float64) Value { return extreme(x, slices.Min) }),
	"SUMPRODUCT": func(a []Value) Value {
		total := 0.0
		for r, row := range rectangle(a[0]) {
			for c := range row {
				product := 1.0
				for _, factor := range a {
					v := at(factor, r, c)
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
		for range matching(a[0], a[1]) {
			n++
		}
		return n
	},
	"SUMIF": func(a []Value) Value {
		total := 0.0
		for r, c := range matching(a[0], a[1]) {
			if x, ok := at(a[2], r, c).(float64); ok {
				total += x
			}
		}
		return total
	},
	"MATCH": func(a []Value) Value { // in one row or column
		for r, c := range matching(a[1], a[0]) {
			return float64(r + c + 1)
		}
		return NA
	},
}

// matching are the places, from 0, of an area that hold a value.
func matching(area, want Value) iter.Seq2[int, int] {
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

// extreme is the greatest or the least of numbers; of none 0.
func extreme(x []float64, of func([]float64) float64) Value {
	if len(x) == 0 {
		return 0.0
	}
	return of(x)
}

// ofSingles are the functions of single values.
var ofSingles = map[string]func([]Value) Value{
	"NOT":   arithmetic(func(x ...float64) Value { return x[0] == 0 }),
	"ABS":   arithmetic(func(x ...float64) Value { return math.Abs(x[0]) }),
	"INT":   arithmetic(func(x ...float64) Value { return math.Floor(x[0]) }),
	"MOD":   arithmetic(func(x ...float64) Value { return x[0] - x[1]*math.Floor(x[0]/x[1]) }),
	"ROUND": arithmetic(func(x ...float64) Value { return roundHalfUp(x[0], int(x[1])) }),
	"YEAR":  arithmetic(func(x ...float64) Value { return float64(day(x[0]).Year()) }),
	"MONTH": arithmetic(func(x ...float64) Value { return float64(day(x[0]).Month()) }),
	"DAY":   arithmetic(func(x ...float64) Value { return float64(day(x[0]).Day()) }),
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
	"LEFT": func(a []Value) Value { return part(text(a[0]), 1, count(a, 1)) },
	"RIGHT": func(a []Value) Value {
		n := utf8.RuneCountInString(text(a[0]))
		k := min(n, count(a, 1))
		return part(text(a[0]), n-k+1, k)
	},
	"MID":        func(a []Value) Value { return part(text(a[0]), count(a, 1), count(a, 2)) },
	"FIND":       find,
	"SUBSTITUTE": substitute,
}

// count reads the length that an argument gives; 1 where it is left out.
func count(a []Value, i int) int {
	if i >= len(a) {
		return 1
	}
	x, _ := number(a[i])
	return int(x)
}

// arithmetic makes a function of the numbers among values; in areas, texts and blanks are passed over.
func arithmetic(f func(...float64) Value) func([]Value) Value {
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

// roundHalfUp rounds as Excel does, on the decimal that a float was meant to be.
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

// part cuts n characters from a text, from the i-th.
func part(s string, i, n int) Value {
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
