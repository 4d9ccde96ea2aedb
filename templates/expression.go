package templates

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
	"github.com/shopspring/decimal"
)

// The expression language of rules and rubric is a small part of expr-lang, small enough to be printed as an Excel
// formula: arithmetic, comparison, and/or/not, the conditional, in, and the functions below. An undated field is named
// by its id; a dated one by id and year id (apprentices.last). In a rule with `each`, `it` is the current field; where
// `each` names a list of the form, it.column is a column of the current row. Numbers are exact decimals. A field of
// type names has the number of its names as value.
//
//	sum(a, b, …)             total
//	min(a, b, …) max(a, b, …)
//	abs(a)  round(a, n)
//	length(text)             characters, as the form counts them
//	filled(x)                whether the cell is filled in (不适用 counts)
//	given(x)                 whether there is a value (不适用 is none)
//	same(a, b)               whether two names have the same name key
//	count(kind, …)           members of these kinds (no kind: all)
//	enrolment(kind, …)       their enrolment (no kind: all schools)
//	is_member(name, kind, …) whether a unit of that name is a member of these kinds
//	is_kind(x, kind, …)      whether a text names one of these kinds of members (no kind: any)
//	is_school(x)             whether a text names a kind of members that has an enrolment
//	records(block)           number of filled rows of a list of the form
//	records(block, column, x)  number of its rows with x in a column
//	total(block, column, …)  sum of these columns
//	year(date)               its year
//	mentions(text, list)     whether a text contains a word of a list (directory.yaml: economies, one economy's id,
//	horizon, or schools)
//	listed(consortium)  national(consortium)  city_fits(consortium, city)  park_fits(consortium, park)   against the
//	directory
//
// Constants: deadline (ISO date), batch; in a rule with `each`, label: the current field's label.

// Answers gives expressions the values of one submission.
type Answers interface {
	// Number gives a number and whether there is one: false where it is missing, not applicable or invalid.
	Number(field string, year int) (decimal.Decimal, bool)
	// Text gives a text, an ISO date or a choice.
	Text(field string, year int) (string, bool)
	// Confirmed gives the value of a field of type confirm.
	Confirmed(field string) (yes, ok bool)
	// Filled says whether the cell is filled in.
	Filled(field string, year int) bool
	Count(kinds ...string) int
	Enrolment(kinds ...string) (decimal.Decimal, bool)
	IsMember(name string, kinds ...string) bool
	Records(block string) int
	// RecordsOf counts the rows of a list with a value in a column, compared by name key.
	RecordsOf(block, column, value string) int
	Total(block string, columns ...string) decimal.Decimal
}

// Ref refers to a value: a field, and its year where it has years.
type Ref struct {
	Field string
	Year  int // 0: undated
}

// Expression is compiled once and type-checked at load.
type Expression struct {
	Source    string
	Tree      ast.Node // after `it` was resolved; for printing as a formula
	Refs      []Ref    // the values that it needs, in order of appearance
	Roster    []string // field ids of the list columns that its functions use
	Fields    []string // field ids of Refs and Roster, each once
	variables []string // names of Refs in the program
	program   *vm.Program
	lang      *language
}

// ErrMissing is returned where a value that the expression needs is missing.
var ErrMissing = errors.New("缺少所需数据")

// Missing lists the values that an evaluation needs and does not have.
func (e *Expression) Missing(a Answers) (out []Ref) {
	for _, r := range e.Refs {
		if _, ok := e.lang.value(a, r); !ok {
			out = append(out, r)
		}
	}
	return out
}

// Bool evaluates a condition. The error is ErrMissing where a value is missing, another where the arithmetic fails.
func (e *Expression) Bool(a Answers) (bool, error) { return run[bool](e, a) }

// Number evaluates a quantity, with the errors of Bool.
func (e *Expression) Number(a Answers) (decimal.Decimal, error) { return run[decimal.Decimal](e, a) }

func run[T any](e *Expression, a Answers) (result T, err error) {
	x := evaluations.Get().(*evaluation)
	defer x.release()
	for i, r := range e.Refs {
		v, ok := e.lang.value(a, r)
		if !ok {
			return result, ErrMissing
		}
		x.env[e.variables[i]] = v
	}
	x.env["answers"], x.env["deadline"], x.env["batch"] = a, e.lang.def.Directory.Deadline, e.lang.batch
	v, err := x.machine.Run(e.program, x.env)
	if err == nil {
		result = v.(T)
	}
	return result, err
}

// evaluation is the memory of one evaluation, kept for the next.
type evaluation struct {
	machine vm.VM
	env     map[string]any
}

var evaluations = sync.Pool{New: func() any { return &evaluation{env: map[string]any{}} }}

func (x *evaluation) release() {
	clear(x.env)
	evaluations.Put(x)
}

type language struct {
	def      *Definition
	batch    any // the number of the batch
	builtins []function
	config   *conf.Config // functions and types of all names: preparing them takes longer than compiling
}

func newLanguage(d *Definition) *language {
	g := &language{def: d, batch: fromInt(d.Directory.Batch), config: conf.CreateNew()}
	g.builtins = builtinFunctions(g)
	expr.DisableAllBuiltins()(g.config)
	for _, f := range append(each(operatorList, func(o operator) function { return o.function }), g.builtins...) {
		call := func(args ...any) (any, error) { return f.call(args) }
		expr.Function(f.name, call, f.signature)(g.config)
	}
	types := map[string]any{"answers": new(Answers), "deadline": "", "batch": decimal.Decimal{}}
	for _, f := range d.Form.Fields() {
		for _, ref := range d.Refs(f) {
			types[SlotName(ref.Field, ref.Year)] = g.zero(f)
		}
	}
	g.config.WithEnv(types)
	return g
}

// counts reports whether a field is a number in expressions.
func (f *Field) counts() bool { return f.Numeric() || f.Type == NamesField }

// zero is the zero value of the type that a field has in expressions.
func (g *language) zero(f *Field) any {
	switch {
	case f.counts():
		return decimal.Decimal{}
	case f.Type == ConfirmField:
		return false
	}
	return ""
}

func (g *language) value(a Answers, r Ref) (any, bool) {
	switch f := g.def.Field(r.Field); {
	case f.counts():
		return a.Number(r.Field, r.Year)
	case f.Type == ConfirmField:
		return a.Confirmed(r.Field)
	}
	return a.Text(r.Field, r.Year)
}

// compile compiles an expression. list is the list whose rows it is evaluated on, or empty; it is the current field or
// nil; want has the type of the result.
func (g *language) compile(list, source string, it *Field, want any) (*Expression, error) {
	tree, err := parser.ParseWithConfig(source, g.config)
	if err != nil {
		return nil, err
	}
	reader := &resolver{lang: g, it: it, list: list}
	if ast.Walk(&tree.Node, reader); reader.err != nil {
		return nil, reader.err
	}
	if err := g.replaceOperators(tree); err != nil {
		return nil, err
	}
	program, err := compiler.Compile(tree, g.config)
	if err != nil {
		return nil, err
	}
	if got := program.Node().Type(); got == nil || got.String() != fmt.Sprintf("%T", want) {
		return nil, fmt.Errorf("结果应为%s，却是 %v", map[bool]string{true: "条件（是或否）", false: "数"}[want == any(false)], got)
	}
	out := &Expression{Source: source, Tree: tree.Node, Refs: reader.refs, Roster: reader.roster, program: program,
		lang: g}
	for _, r := range out.Refs {
		out.Fields, out.variables = appendNew(out.Fields, r.Field), append(out.variables, SlotName(r.Field, r.Year))
	}
	out.Fields = append(out.Fields, out.Roster...)
	return out, nil
}

// resolver visits the nodes of an expression: it resolves `it` and the year ids, collects the references, turns
// literals into exact decimals, and refuses nodes that can't be printed as an Excel formula.
type resolver struct {
	lang   *language
	it     *Field
	list   string // list whose row is `it`; empty: none
	refs   []Ref
	roster []string
	err    error
}

// rosterFunctions need the submission and get it as a hidden first argument.
var rosterFunctions = []string{"count", "enrolment", "is_member", "records", "total", "filled", "given"}

var rosterColumns = map[string][]string{
	"count":     {"members_kind", "members_name"},
	"enrolment": {"members_kind", "members_enrolment"},
	"is_member": {"members_kind", "members_name"},
}

// Visit is called bottom-up.
func (r *resolver) Visit(node *ast.Node) {
	if r.err != nil {
		return
	}
	switch n := (*node).(type) {
	case *ast.IntegerNode:
		r.patch(node, &ast.ConstantNode{Value: decimal.NewFromInt(int64(n.Value))})
	case *ast.FloatNode:
		r.patch(node, &ast.ConstantNode{Value: decimal.NewFromFloat(n.Value)})
	case *ast.IdentifierNode:
		r.identifier(node, n)
	case *ast.MemberNode:
		r.member(node, n)
	case *ast.CallNode:
		r.call(n)
	case *ast.UnaryNode:
		if n.Operator != "not" && n.Operator != "!" {
			r.fail("不支持负号，请写成 0 - x")
		}
	case *ast.BinaryNode:
		if !slices.Contains([]string{"+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">=", "and", "or", "&&", "||", "in"},
			n.Operator) {
			r.fail("不支持运算符 " + n.Operator)
		}
	case *ast.StringNode, *ast.BoolNode, *ast.ConditionalNode, *ast.ArrayNode, *ast.ConstantNode:
	default:
		r.fail(fmt.Sprintf("不支持这种写法：%s", n.String()))
	}
}

func (r *resolver) patch(node *ast.Node, to ast.Node) {
	to.SetLocation((*node).Location())
	ast.Patch(node, to)
}

func (r *resolver) fail(what string) { r.err = errors.New(what) }

// identifier resolves an undated field. A dated one is resolved by the member node around it.
func (r *resolver) identifier(node *ast.Node, n *ast.IdentifierNode) {
	id := n.Value
	if id == "it" && r.it != nil {
		id = r.it.ID
	}
	switch f := r.lang.def.Field(id); {
	case id == "label" && r.it != nil:
		r.patch(node, &ast.StringNode{Value: r.lang.def.Label(r.it.ID)})
	case id == "it" && r.list != "": // resolved by the member node
	case id == "deadline" || id == "batch" || r.lang.isFunction(id):
	case f == nil || f.Record != "": // a column of a list is written it.column
		r.fail("不认识的名称“" + n.Value + "”")
	case f.Dated():
		n.Value = id // resolved by the member node
	default:
		r.refs = appendNew(r.refs, Ref{Field: id})
		if id != n.Value {
			r.patch(node, &ast.IdentifierNode{Value: id})
		}
	}
}

func (r *resolver) member(node *ast.Node, n *ast.MemberNode) {
	base, ok1 := n.Node.(*ast.IdentifierNode)
	property, ok2 := n.Property.(*ast.StringNode)
	if !ok1 || !ok2 {
		r.fail("不支持这种写法：" + n.String())
		return
	}
	if base.Value == "it" && r.list != "" {
		column := r.lang.def.Field(r.list + "_" + property.Value)
		if column == nil {
			r.fail(fmt.Sprintf("列表“%s”没有列“%s”", r.list, property.Value))
			return
		}
		r.refs = appendNew(r.refs, Ref{Field: column.ID})
		r.patch(node, &ast.IdentifierNode{Value: column.ID})
		return
	}
	field := r.lang.def.Field(base.Value)
	if field == nil || !slices.Contains(field.Years, property.Value) {
		r.fail(fmt.Sprintf("栏目“%s”没有年度“%s”", base.Value, property.Value))
		return
	}
	ref := Ref{field.ID, r.lang.def.Form.Year(property.Value).Year}
	r.refs = appendNew(r.refs, ref)
	r.patch(node, &ast.IdentifierNode{Value: SlotName(ref.Field, ref.Year)})
}

// call adds the hidden argument of rosterFunctions. filled and given take a reference: they do not need its value.
func (r *resolver) call(n *ast.CallNode) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok || !r.lang.isFunction(callee.Value) {
		r.fail("不认识的函数：" + n.String())
		return
	}
	if callee.Value == "mentions" && len(n.Arguments) == 2 {
		if list, ok := n.Arguments[1].(*ast.StringNode); !ok || len(r.lang.def.Directory.Words(list.Value)) == 0 {
			r.fail("mentions 的第二项须是 directory.yaml 里有词的词表")
		}
	}
	if !slices.Contains(rosterFunctions, callee.Value) {
		return
	}
	if callee.Value == "filled" || callee.Value == "given" {
		i := slices.IndexFunc(r.refs, func(x Ref) bool {
			return len(n.Arguments) == 1 && SlotName(x.Field, x.Year) == n.Arguments[0].String()
		})
		if i < 0 {
			r.fail(callee.Value + " 的括号里须是一个栏目，也只要一个")
			return
		}
		if column := r.lang.def.Field(r.refs[i].Field); column.Record != "" {
			r.roster = appendNew(r.roster, column.ID)
		}
		n.Arguments = []ast.Node{&ast.StringNode{Value: r.refs[i].Field}, &ast.ConstantNode{Value: r.refs[i].Year}}
		r.refs = slices.Delete(r.refs, i, i+1)
	}
	for _, column := range rosterColumns[callee.Value] {
		r.roster = appendNew(r.roster, column)
	}
	n.Arguments = append([]ast.Node{&ast.IdentifierNode{Value: "answers"}}, n.Arguments...)
}

func appendNew[T comparable](list []T, x T) []T {
	if slices.Contains(list, x) {
		return list
	}
	return append(list, x)
}
