package templates

import (
	"errors"
	"slices"
	"strings"

	"lianheti/stages/text"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/patcher"
	"github.com/shopspring/decimal"
)

// number is what expressions calculate with.
type number = decimal.Decimal

// function is one function of the expression language.
type function struct {
	name string
	call func(g *language, args []any) (any, error)
	sign any // a nil function of the signature, for type checking
}

// functionList is what rules and rubric may call.
var functionList = []function{
	{"sum", func(_ *language, a []any) (any, error) { return fold(a, number.Add), nil },
		new(func(number, ...number) number)},
	{"min", func(_ *language, a []any) (any, error) { return fold(a, least), nil }, new(func(number, ...number) number)},
	{"max", func(_ *language, a []any) (any, error) { return fold(a, greatest), nil },
		new(func(number, ...number) number)},
	{"abs", func(_ *language, a []any) (any, error) { return a[0].(number).Abs(), nil }, new(func(number) number)},
	{"round", func(_ *language, a []any) (any, error) {
		return a[0].(number).Round(int32(a[1].(number).IntPart())), nil
	}, new(func(number, number) number)},
	{"length", func(_ *language, a []any) (any, error) {
		return decimal.NewFromInt(int64(Characters(a[0].(string)))), nil
	}, new(func(string) number)},
	{"filled", func(_ *language, a []any) (any, error) {
		return a[0].(Answers).Filled(a[1].(string), a[2].(int)), nil
	}, new(func(*Answers, string, int) bool)},
	{"given", func(g *language, a []any) (any, error) {
		return g.has(a[0].(Answers), Ref{a[1].(string), a[2].(int)}), nil
	}, new(func(*Answers, string, int) bool)},
	{"same", func(_ *language, a []any) (any, error) {
		return text.NameKey(a[0].(string)) == text.NameKey(a[1].(string)), nil
	}, new(func(string, string) bool)},
	{"count", func(_ *language, a []any) (any, error) {
		return decimal.NewFromInt(int64(a[0].(Answers).Count(texts(a[1:])...))), nil
	}, new(func(*Answers, ...string) number)},
	{"enrolment", func(_ *language, a []any) (any, error) {
		n, ok := a[0].(Answers).Enrolment(texts(a[1:])...)
		if !ok {
			return nil, ErrMissing
		}
		return n, nil
	}, new(func(*Answers, ...string) number)},
	{"is_member", func(_ *language, a []any) (any, error) {
		return a[0].(Answers).IsMember(a[1].(string), texts(a[2:])...), nil
	}, new(func(*Answers, string, ...string) bool)},
	{"is_kind", func(g *language, a []any) (any, error) {
		kind, known := g.def.Form.Kind(a[0].(string))
		return known && (len(a) == 1 || slices.Contains(texts(a[1:]), kind.ID)), nil
	}, new(func(string, ...string) bool)},
	{"is_school", func(g *language, a []any) (any, error) {
		kind, _ := g.def.Form.Kind(a[0].(string))
		return kind.School, nil
	}, new(func(string) bool)},
	{"records", func(_ *language, a []any) (any, error) {
		if said := texts(a[2:]); len(said) == 2 {
			return decimal.NewFromInt(int64(a[0].(Answers).RecordsOf(a[1].(string), said[0], said[1]))), nil
		}
		return decimal.NewFromInt(int64(a[0].(Answers).Records(a[1].(string)))), nil
	}, new(func(*Answers, string, ...string) number)},
	{"total", func(_ *language, a []any) (any, error) {
		return a[0].(Answers).Total(a[1].(string), texts(a[2:])...), nil
	}, new(func(*Answers, string, ...string) number)},
	{"year", func(_ *language, a []any) (any, error) {
		year, _, _ := strings.Cut(a[0].(string), "-")
		return decimal.NewFromString(year)
	}, new(func(string) number)},
	{"listed", func(g *language, a []any) (any, error) {
		_, _, ok := g.def.Directory.ByConsortium(a[0].(string))
		return ok, nil
	}, new(func(string) bool)},
	{"national", func(g *language, a []any) (any, error) {
		e, _, _ := g.def.Directory.ByConsortium(a[0].(string))
		return e.National != "", nil
	}, new(func(string) bool)},
	{"mentions", func(g *language, a []any) (any, error) {
		said := func(word string) bool { return strings.Contains(a[0].(string), word) }
		return slices.ContainsFunc(g.def.Directory.Words(a[1].(string)), said), nil
	}, new(func(string, string) bool)},
	{"city_fits", func(g *language, a []any) (any, error) {
		e, _, ok := g.def.Directory.ByConsortium(a[0].(string))
		return ok && e.City == strings.TrimSuffix(a[1].(string), "市"), nil
	}, new(func(string, string) bool)},
	{"park_fits", func(g *language, a []any) (any, error) {
		_, pair, ok := g.def.Directory.ByConsortium(a[0].(string))
		return ok && pair.Park == a[1].(string), nil
	}, new(func(string, string) bool)},
}

func isFunction(name string) bool {
	return slices.ContainsFunc(functionList, func(f function) bool { return f.name == name })
}

func functions(g *language) []expr.Option {
	var out []expr.Option
	for _, f := range slices.Concat(functionList, dateOperators) {
		out = append(out, expr.Function(f.name, func(args ...any) (any, error) { return f.call(g, args) }, f.sign))
	}
	for _, o := range operatorList {
		out = append(out, expr.Function(o.name,
			func(args ...any) (any, error) { return o.call(args[0].(number), args[1].(number)) }, o.types))
	}
	return out
}

// operatorList gives the signs their meaning on exact decimals.
var operatorList = func() []operator {
	arithmetic := new(func(number, number) number)
	comparison := new(func(number, number) bool)
	return []operator{
		{"+", "add", func(a, b number) (any, error) { return a.Add(b), nil }, arithmetic},
		{"-", "subtract", func(a, b number) (any, error) { return a.Sub(b), nil }, arithmetic},
		{"*", "multiply", func(a, b number) (any, error) { return a.Mul(b), nil }, arithmetic},
		{"/", "divide", divide, arithmetic},
		{"==", "equal", func(a, b number) (any, error) { return a.Equal(b), nil }, comparison},
		{"!=", "unequal", func(a, b number) (any, error) { return !a.Equal(b), nil }, comparison},
		{"<", "less", func(a, b number) (any, error) { return a.LessThan(b), nil }, comparison},
		{"<=", "at_most", func(a, b number) (any, error) { return a.LessThanOrEqual(b), nil }, comparison},
		{">", "more", func(a, b number) (any, error) { return a.GreaterThan(b), nil }, comparison},
		{">=", "at_least", func(a, b number) (any, error) { return a.GreaterThanOrEqual(b), nil }, comparison},
	}
}()

// dateOperators compare ISO dates. A month and a day in it are not told apart: neither is before the other.
var dateOperators = []function{
	{"not_before", func(_ *language, a []any) (any, error) { return dateOrder(a) >= 0, nil },
		new(func(string, string) bool)},
	{"not_after", func(_ *language, a []any) (any, error) { return dateOrder(a) <= 0, nil },
		new(func(string, string) bool)},
}

func dateOrder(a []any) int {
	x, y := a[0].(string), a[1].(string)
	shorter := min(len(x), len(y))
	return strings.Compare(x[:shorter], y[:shorter])
}

type operator struct {
	sign, name string
	call       func(a, b number) (any, error)
	types      any
}

// operators puts the functions in the place of their signs, all in one pass: the library checks the types of an
// expression anew before every pass, and knows only passes for one sign.
type operators []*patcher.OperatorOverloading

func newOperators(c *conf.Config) operators {
	var out operators
	texts := map[string]string{">=": "not_before", "<=": "not_after"}
	for _, o := range operatorList {
		names := []string{o.name}
		if of := texts[o.sign]; of != "" {
			names = append(names, of)
		}
		out = append(out, &patcher.OperatorOverloading{Operator: o.sign, Overloads: names, Env: &c.Env,
			Functions: c.Functions, NtCache: &c.NtCache})
	}
	return out
}

func (all operators) Visit(node *ast.Node) {
	for _, o := range all {
		o.Visit(node)
	}
}

// Reset and ShouldRepeat let the pass be made again as long as it changes something.
func (all operators) Reset() {
	for _, o := range all {
		o.Reset()
	}
}

func (all operators) ShouldRepeat() bool {
	return slices.ContainsFunc(all, (*patcher.OperatorOverloading).ShouldRepeat)
}

func divide(a, b number) (any, error) {
	if b.IsZero() {
		return nil, errors.New("除数为0")
	}
	return a.Div(b), nil
}

func least(a, b number) number    { return decimal.Min(a, b) }
func greatest(a, b number) number { return decimal.Max(a, b) }

func fold(args []any, by func(a, b number) number) number {
	total := args[0].(number)
	for _, a := range args[1:] {
		total = by(total, a.(number))
	}
	return total
}

func texts(args []any) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = a.(string)
	}
	return out
}
