package templates

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"lianheti/stages/text"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/parser"
	"github.com/shopspring/decimal"
)

type number = decimal.Decimal

// function is one function of the expression language, or the implementation of an operator.
type function struct {
	name      string
	call      func(args []any) (any, error)
	signature any // pointer to a function type, for type checking
}

func unary[A, R any](name string, call func(A) R) function {
	return function{name, func(a []any) (any, error) { return call(a[0].(A)), nil }, new(func(A) R)}
}

func binary[A, B, R any](name string, call func(A, B) R) function {
	return function{name, func(a []any) (any, error) { return call(a[0].(A), a[1].(B)), nil }, new(func(A, B) R)}
}

// variadic folds any number of arguments from left to right.
func variadic(name string, by func(a, b number) number) function {
	return function{name, func(a []any) (any, error) {
		total := a[0].(number)
		for _, x := range a[1:] {
			total = by(total, x.(number))
		}
		return total, nil
	}, new(func(number, ...number) number)}
}

// ofSubmission is a function of the submission, one text and any number of further texts.
func ofSubmission[R any](name string, call func(a Answers, of string, words []string) R) function {
	return function{name, func(a []any) (any, error) {
		return call(a[0].(Answers), a[1].(string), texts(a[2:])), nil
	}, new(func(*Answers, string, ...string) R)}
}

func fromInt(n int) number { return decimal.NewFromInt(int64(n)) }

func builtinFunctions(g *language) []function {
	directory, form := g.def.Directory, g.def.Form
	return []function{
		variadic("sum", number.Add),
		variadic("min", func(a, b number) number { return decimal.Min(a, b) }),
		variadic("max", func(a, b number) number { return decimal.Max(a, b) }),
		unary("abs", number.Abs),
		binary("round", func(x, digits number) number { return x.Round(int32(digits.IntPart())) }),
		unary("length", func(s string) number { return fromInt(Characters(s)) }),
		{"filled", func(a []any) (any, error) {
			return a[0].(Answers).Filled(a[1].(string), a[2].(int)), nil
		}, new(func(*Answers, string, int) bool)},
		{"given", func(a []any) (any, error) {
			_, given := g.value(a[0].(Answers), Ref{a[1].(string), a[2].(int)})
			return given, nil
		}, new(func(*Answers, string, int) bool)},
		binary("same", func(a, b string) bool { return text.NameKey(a) == text.NameKey(b) }),
		{"count", func(a []any) (any, error) {
			return fromInt(a[0].(Answers).Count(texts(a[1:])...)), nil
		}, new(func(*Answers, ...string) number)},
		{"enrolment", func(a []any) (any, error) {
			n, ok := a[0].(Answers).Enrolment(texts(a[1:])...)
			if !ok {
				return nil, ErrMissing
			}
			return n, nil
		}, new(func(*Answers, ...string) number)},
		ofSubmission("is_member", func(a Answers, name string, kinds []string) bool { return a.IsMember(name, kinds...) }),
		{"is_kind", func(a []any) (any, error) {
			kind := form.Kind(a[0].(string))
			return kind.ID != "" && (len(a) == 1 || slices.Contains(texts(a[1:]), kind.ID)), nil
		}, new(func(string, ...string) bool)},
		unary("is_school", func(said string) bool { return form.Kind(said).School }),
		ofSubmission("records", func(a Answers, block string, said []string) number {
			if len(said) == 2 {
				return fromInt(a.RecordsOf(block, said[0], said[1]))
			}
			return fromInt(a.Records(block))
		}),
		ofSubmission("total", func(a Answers, block string, columns []string) number { return a.Total(block, columns...) }),
		{"year", func(a []any) (any, error) {
			year, _, _ := strings.Cut(a[0].(string), "-")
			return decimal.NewFromString(year)
		}, new(func(string) number)},
		unary("listed", func(name string) bool { _, _, ok := directory.ByConsortium(name); return ok }),
		unary("national", func(name string) bool { e, _, _ := directory.ByConsortium(name); return e.National != "" }),
		binary("mentions", func(said, list string) bool {
			return slices.ContainsFunc(directory.Words(list), func(word string) bool { return strings.Contains(said, word) })
		}),
		binary("city_fits", func(name, city string) bool {
			e, _, ok := directory.ByConsortium(name)
			return ok && e.City == strings.TrimSuffix(city, "市")
		}),
		binary("park_fits", func(name, park string) bool {
			_, pair, ok := directory.ByConsortium(name)
			return ok && pair.Park == park
		}),
	}
}

func (g *language) isFunction(name string) bool {
	return slices.ContainsFunc(g.builtins, func(f function) bool { return f.name == name })
}

// operatorList implements the operators on decimals and ISO dates. A month equals every day in it.
var operatorList = []operator{
	{"+", binary("add", number.Add)},
	{"-", binary("subtract", number.Sub)},
	{"*", binary("multiply", number.Mul)},
	{"/", function{"divide", divide, new(func(number, number) number)}},
	{"==", binary("equal", number.Equal)},
	{"!=", binary("unequal", func(a, b number) bool { return !a.Equal(b) })},
	{"<", binary("less", number.LessThan)},
	{"<=", binary("at_most", number.LessThanOrEqual)},
	{">", binary("more", number.GreaterThan)},
	{">=", binary("at_least", number.GreaterThanOrEqual)},
	{">=", binary("not_before", func(a, b string) bool { return dateOrder(a, b) >= 0 })},
	{"<=", binary("not_after", func(a, b string) bool { return dateOrder(a, b) <= 0 })},
}

type operator struct {
	symbol string
	function
}

func dateOrder(a, b string) int {
	shorter := min(len(a), len(b))
	return strings.Compare(a[:shorter], b[:shorter])
}

// operators is a visitor that puts functions in the place of operators, chosen by the types of the operands.
type operators struct{ changed bool }

func (v *operators) Visit(node *ast.Node) {
	n, ok := (*node).(*ast.BinaryNode)
	if !ok {
		return
	}
	for _, o := range operatorList {
		types := reflect.TypeOf(o.signature).Elem()
		if n.Operator == o.symbol && n.Left.Type() == types.In(0) && n.Right.Type() == types.In(1) {
			call := &ast.CallNode{Callee: &ast.IdentifierNode{Value: o.name}, Arguments: []ast.Node{n.Left, n.Right}}
			call.SetType(types.Out(0))
			ast.Patch(node, call)
			v.changed = true
			return
		}
	}
}

// replaceOperators checks the types in an expression and visits it, again as long as that changes something: the type
// of one operator may be needed to find the function of another. The library's own loop checks three times as often.
func (g *language) replaceOperators(tree *parser.Tree) error {
	for {
		visitor := &operators{}
		_, err := checker.Check(tree, g.config)
		if ast.Walk(&tree.Node, visitor); !visitor.changed {
			return err
		}
	}
}

func divide(args []any) (any, error) {
	a, b := args[0].(number), args[1].(number)
	if b.IsZero() {
		return nil, errors.New("除数为0")
	}
	return a.Div(b), nil
}

func texts(args []any) []string { return each(args, func(a any) string { return a.(string) }) }
