package templates

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/checker/nature"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/optimizer"
	"github.com/expr-lang/expr/vm"
	"github.com/shopspring/decimal"
)

// The expression language of rules and rubric is a small part of expr-lang, small enough to be printed as an Excel
// formula: arithmetic, comparison, and/or/not, the conditional, in, and the functions below. An undated field is named
// by its id; a dated one by id and year id (apprentices.last); in a rule with `each`, `it` is the field at hand, and
// where it names a list of the form, it.column is that column in the row at hand. Numbers are exact
// decimals. A list of persons (type names) is the number of names in it.
//
//	sum(a, b, …)             total
//	min(a, b, …) max(a, b, …)
//	abs(a)  round(a, n)
//	length(text)             characters, as the form counts them
//	filled(x)                whether something was given (不适用 counts as given)
//	given(x)                 whether a value was given (不适用 is none)
//	same(a, b)               whether two names are of one unit
//	count(kind, …)           members of these kinds (no kind: all)
//	enrolment(kind, …)       their enrolment (no kind: all schools)
//	is_member(name, kind, …) whether a unit of that name is a member of these kinds
//	is_kind(x, kind, …)      whether a text names one of these kinds of members (no kind: any)
//	is_school(x)             whether a text names a kind of members that has an enrolment
//	records(block)           rows filled in a list of the form
//	records(block, column, x)  rows of it in which a column says x
//	total(block, column, …)  what the figures of these columns come to
//	year(date)               its year
//	mentions(text, list)     whether a text has one of the words of a list (directory.yaml: economies, one of them by its
//	id, horizon)
//	listed(consortium)  national(consortium)  city_fits(consortium, city)  park_fits(consortium, park)   against the
//	directory
//
// Constants: deadline (ISO date), batch; in a rule with `each`, label: what the form calls the field at hand.

// Answers is one submission, as expressions see it.
type Answers interface {
	// Number gives a number and whether there is one: false where it is missing, not applicable or invalid.
	Number(field string, year int) (decimal.Decimal, bool)
	// Text gives a text, an ISO date or a choice.
	Text(field string, year int) (string, bool)
	// Confirmed gives a declaration.
	Confirmed(field string) (yes, ok bool)
	// Filled says whether the filler wrote anything.
	Filled(field string, year int) bool
	Count(kinds ...string) int
	Enrolment(kinds ...string) (decimal.Decimal, bool)
	IsMember(name string, kinds ...string) bool
	Records(block string) int
	// RecordsOf counts the rows of a list in which a column says something, by the key of its name.
	RecordsOf(block, column, said string) int
	Total(block string, columns ...string) decimal.Decimal
}

// Ref is a value that an expression looks at.
type Ref struct {
	Field string
	Year  int // 0: undated
}

// Expression is compiled once and type-checked at load.
type Expression struct {
	Source  string
	Tree    ast.Node // after `it` was resolved; for printing as a formula
	Refs    []Ref    // the values without which it can't be evaluated, in order of appearance
	Roster  []string // the columns of the roster that it looks at
	Fields  []string // those of Refs and Roster, each once
	program *vm.Program
	lang    *language
}

// ErrMissing says that a value the expression needs is not there.
var ErrMissing = errors.New("缺少所需数据")

// Missing lists the values that an evaluation would need and does not have.
func (e *Expression) Missing(a Answers) (out []Ref) {
	for _, r := range e.Refs {
		if _, ok := e.lang.value(a, r); !ok {
			out = append(out, r)
		}
	}
	return out
}

// Bool evaluates a condition. It gives ErrMissing where a value is missing, another error where the arithmetic fails.
func (e *Expression) Bool(a Answers) (bool, error) { return run[bool](e, a) }

// Number evaluates a quantity, with errors as Bool has them.
func (e *Expression) Number(a Answers) (decimal.Decimal, error) { return run[decimal.Decimal](e, a) }

func run[T any](e *Expression, a Answers) (result T, err error) {
	env, complete := e.lang.environment(a, e.Refs)
	if !complete {
		return result, ErrMissing
	}
	v, err := expr.Run(e.program, env)
	if err == nil {
		result = v.(T)
	}
	return result, err
}

type language struct {
	def       *Definition
	callable  []function
	functions conf.FunctionsTable // see program
	disabled  map[string]bool
}

func newLanguage(d *Definition) *language {
	g := &language{def: d}
	g.callable = functionList(g)
	return g
}

// field finds what an identifier names: a field that is no column of a list; nil: something else.
func (g *language) field(id string) *Field {
	if f := g.def.Field(id); f != nil && f.Record == "" {
		return f
	}
	return nil
}

// zero is a value of the type a field has in expressions.
func (g *language) zero(f *Field) any {
	switch {
	case f.Numeric() || f.Type == NamesField:
		return decimal.Decimal{}
	case f.Type == ConfirmField:
		return false
	}
	return ""
}

func (g *language) value(a Answers, r Ref) (any, bool) {
	f := g.def.Field(r.Field)
	switch g.zero(f).(type) {
	case decimal.Decimal:
		return first2(a.Number(r.Field, r.Year))
	case bool:
		return first2(a.Confirmed(r.Field))
	}
	return first2(a.Text(r.Field, r.Year))
}

func first2[T any](v T, ok bool) (any, bool) { return v, ok }

// environment holds just the values that one expression looks at; complete is false where one is missing.
func (g *language) environment(a Answers, refs []Ref) (env map[string]any, complete bool) {
	env = map[string]any{
		"deadline": g.def.Directory.Deadline,
		"batch":    decimal.NewFromInt(int64(g.def.Directory.Batch)),
		"answers":  a,
	}
	for _, r := range refs {
		v, ok := g.value(a, r)
		if !ok {
			return nil, false
		}
		env[SlotName(r.Field, r.Year)] = v
	}
	return env, true
}

// compile reads an expression about list's rows, or none; `it` is a field or nil; want has the type of the result.
func (g *language) compile(list, source string, it *Field, want any) (*Expression, error) {
	reader, types := &refReader{lang: g, it: it, list: list}, g.typesIn(source, it)
	for _, column := range g.def.list(list) {
		types[column.ID] = g.zero(column)
	}
	program, err := g.program(source, types, reader)
	if reader.err != nil {
		return nil, reader.err
	}
	if err != nil {
		return nil, err
	}
	if got := program.Node().Type(); got == nil || got.String() != fmt.Sprintf("%T", want) {
		return nil, fmt.Errorf("结果应为%s，却是 %v", map[bool]string{true: "条件（是或否）", false: "数"}[want == any(false)], got)
	}
	out := &Expression{Source: source, Tree: reader.tree, Refs: reader.refs, Roster: reader.roster, program: program,
		lang: g}
	for _, r := range out.Refs {
		out.Fields = appendNew(out.Fields, r.Field)
	}
	out.Fields = append(out.Fields, out.Roster...)
	return out, nil
}

// program is expr.Compile with functions and names prepared once: that takes longer than an expression itself.
func (g *language) program(source string, types map[string]any, reader ast.Visitor) (*vm.Program, error) {
	if g.functions == nil {
		base := conf.CreateNew()
		for _, option := range append(functions(g), expr.DisableAllBuiltins()) {
			option(base)
		}
		g.functions, g.disabled = base.Functions, base.Disabled
	}
	c := &conf.Config{Optimize: true, ShortCircuit: true, MaxNodes: conf.DefaultMaxNodes, Functions: g.functions,
		Disabled: g.disabled}
	c.WithEnv(types)
	c.Visitors = []ast.Visitor{reader, newOperators(c)}
	tree, err := checker.ParseCheck(source, c)
	if err != nil {
		return nil, err
	}
	if err := optimizer.Optimize(&tree.Node, c); err != nil {
		return nil, err
	}
	return compiler.Compile(tree, c)
}

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// typesIn gives the types of the names in an expression: expr prepares all it is told of, and a form has hundreds.
func (g *language) typesIn(source string, it *Field) map[string]any {
	flat := map[string]any{"answers": new(Answers)}
	for _, id := range word.FindAllString(source, -1) {
		if id == "it" && it != nil {
			id = it.ID
		}
		switch f := g.field(id); {
		case id == "deadline":
			flat[id] = ""
		case id == "batch":
			flat[id] = decimal.Decimal{}
		case f != nil:
			for _, ref := range g.def.Refs(f) {
				flat[SlotName(ref.Field, ref.Year)] = g.zero(f)
			}
		}
	}
	return flat
}

// refReader walks an expression once: it resolves `it` and the year ids, notes which values are looked at, makes
// literals exact decimals, and refuses every kind of node that an Excel formula could not show.
type refReader struct {
	lang   *language
	it     *Field
	list   string // whose row is `it`
	refs   []Ref
	roster []string
	tree   ast.Node
	err    error
}

// rosterFunctions look at the members; they get the submission as a hidden first argument.
var rosterFunctions = []string{"count", "enrolment", "is_member", "records", "total", "filled", "given"}

var rosterColumns = map[string][]string{
	"count":     {"members_kind", "members_name"},
	"enrolment": {"members_kind", "members_enrolment"},
	"is_member": {"members_kind", "members_name"},
}

// Visit is called bottom-up by expr; the last node is the root.
func (r *refReader) Visit(node *ast.Node) {
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
	r.tree = *node
}

func (r *refReader) patch(node *ast.Node, to ast.Node) {
	to.SetLocation((*node).Location())
	ast.Patch(node, to)
}

func (r *refReader) fail(what string) { r.err = errors.New(what) }

// identifier resolves an undated field. A dated one is resolved by the member node around it.
func (r *refReader) identifier(node *ast.Node, n *ast.IdentifierNode) {
	id := n.Value
	if id == "it" && r.it != nil {
		id = r.it.ID
	}
	switch f := r.lang.field(id); {
	case id == "label" && r.it != nil:
		r.patch(node, &ast.StringNode{Value: r.lang.def.Label(r.it.ID)})
	case id == "it" && r.list != "": // the member node reads it next
	case id == "deadline" || id == "batch" || r.lang.isFunction(id):
	case f == nil:
		r.fail("不认识的名称“" + n.Value + "”")
	case f.Dated():
		n.Value = id // the member node reads it next
	default:
		r.refs = appendNew(r.refs, Ref{Field: id})
		if id != n.Value {
			r.patch(node, &ast.IdentifierNode{Value: id})
		}
	}
}

func (r *refReader) member(node *ast.Node, n *ast.MemberNode) {
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

// call passes the submission to the functions that look at it. filled and given ask about a place: no value is needed.
func (r *refReader) call(n *ast.CallNode) {
	// The checker does not look again into a call whose type it has settled, and the arguments have just changed.
	n.SetNature(nature.Nature{})
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
		if len(n.Arguments) != 1 {
			r.fail(callee.Value + " 只要一个栏目")
			return
		}
		id, ok := n.Arguments[0].(*ast.IdentifierNode)
		i := -1
		if ok {
			i = slices.IndexFunc(r.refs, func(x Ref) bool { return SlotName(x.Field, x.Year) == id.Value })
		}
		if i < 0 {
			r.fail(callee.Value + " 的括号里须是一个栏目")
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
