package blankform

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/templates"

	"github.com/expr-lang/expr/ast"
	"github.com/shopspring/decimal"
)

// formulaPrinter writes expressions of the rules as Excel formulas over the defined names of the form. What Excel does differently is
// guarded here: binary sums are rounded before they are compared, texts are compared exactly, dates as yyyymmdd
// numbers. That a value is there at all is the caller's to ask first (see sheetCase): to Excel a blank is 0.
type formulaPrinter struct {
	d      *templates.Definition
	slots  []templates.Slot // in form order
	number map[string]int   // defined name -> place among slots
	rows   *rowTables
	row    int // of the list that a rule goes through; 0: of none
	base   int // the value that a case is about, by its number; noBase: none
}

const noBase = -1

// value is what templates.ValueSheet knows of the i-th value. In one of several cases of a rule it is counted from the value that the
// case is about, so that all of them share one formula.
func (p *formulaPrinter) value(i, column int) string {
	if p.base == noBase {
		return valueCell(i, column)
	}
	here := "$B" + hereRow
	if i != p.base {
		here += fmt.Sprintf("%+d", i-p.base)
	}
	return fmt.Sprintf("INDEX(%s,%s)", valueNames[column], here)
}

// printed is a formula with what it gives.
type printed struct {
	text string
	kind kind
	leaf bool // needs no brackets
}

type kind int

const (
	aNumber kind = iota
	aDate        // yyyymmdd; yyyymm00 where only the month is given
	aText
	aTruth
)

var isoDate = regexp.MustCompile(`^(\d{4})-(\d{2})(-(\d{2}))?$`)

// dateNumber writes an ISO date or month as yyyymmdd, which orders as the text does.
func dateNumber(iso string) string {
	m := isoDate.FindStringSubmatch(iso)
	if m == nil {
		return ""
	}
	day := m[4]
	if day == "" {
		day = "00"
	}
	return m[1] + m[2] + day
}

// condition prints a whole expression.
func (p *formulaPrinter) condition(e *templates.Expression) (string, error) {
	out, err := p.node(e.Tree)
	return out.text, err
}

func (p *formulaPrinter) node(n ast.Node) (printed, error) {
	switch n := n.(type) {
	case *ast.ConstantNode:
		switch v := n.Value.(type) {
		case decimal.Decimal:
			return printed{v.String(), aNumber, true}, nil
		case bool:
			return printed{strings.ToUpper(fmt.Sprint(v)), aTruth, true}, nil
		}
	case *ast.BoolNode:
		return printed{strings.ToUpper(fmt.Sprint(n.Value)), aTruth, true}, nil
	case *ast.StringNode:
		return printed{quote(n.Value), aText, true}, nil
	case *ast.IdentifierNode:
		return p.identifier(n.Value)
	case *ast.UnaryNode:
		of, err := p.node(n.Node)
		return printed{"NOT(" + of.text + ")", aTruth, true}, err
	case *ast.BinaryNode:
		if n.Operator == "in" {
			return p.membership(n)
		}
		return p.operation(n.Operator, n.Left, n.Right)
	case *ast.ConditionalNode:
		return p.conditional(n)
	case *ast.CallNode:
		return p.call(n)
	}
	return printed{}, fmt.Errorf("表内公式不能表达 %s", n)
}

func (p *formulaPrinter) identifier(name string) (printed, error) {
	switch name {
	case "deadline":
		return printed{dateNumber(p.d.Directory.Deadline), aDate, true}, nil
	case "batch":
		return printed{fmt.Sprint(p.d.Directory.Batch), aNumber, true}, nil
	}
	if f := p.d.Field(name); f != nil && f.Record != "" {
		return p.column(f)
	}
	i, ok := p.number[name]
	if !ok {
		return printed{}, fmt.Errorf("没有名称 %s", name)
	}
	switch f := p.slots[i].Field; {
	case f.Type == templates.NamesField:
		return printed{}, errors.New("姓名的个数要拆分才知道")
	case f.Type == templates.ConfirmField:
		return printed{fmt.Sprintf("EXACT(TRIM(%s),%s)", name, quote(p.d.Form.Confirm.Checked)), aTruth, true}, nil
	case f.Type == templates.DateField:
		return printed{p.value(i, cleanColumn), aDate, true}, nil
	case f.Type == templates.PercentField:
		return printed{p.value(i, cleanColumn), aNumber, true}, nil
	case f.Numeric():
		if p.base != noBase {
			name = p.value(i, cleanColumn)
		}
		if f.Type == templates.DecimalField && f.Decimals != nil {
			name = fmt.Sprintf("ROUND(%s,%d)", name, *f.Decimals)
		}
		return printed{name, aNumber, true}, nil
	}
	return printed{"TRIM(" + name + ")", aText, true}, nil
}

// column is what a column says in the row at hand.
func (p *formulaPrinter) column(f *templates.Field) (printed, error) {
	switch {
	case f.Type == templates.DateField || f.Type == templates.NamesField || f.Type == templates.ConfirmField:
		return printed{}, fmt.Errorf("列表里的%s表内不能看", f.Label)
	case f.Type == templates.DecimalField && f.Decimals != nil:
		return printed{fmt.Sprintf("ROUND(%s,%d)", rowOf(f.ID, p.row), *f.Decimals), aNumber, true}, nil
	case f.Numeric():
		return printed{rowOf(f.ID, p.row), aNumber, true}, nil
	}
	return printed{entryOf(f.ID, p.row), aText, true}, nil
}

// operatorNames are what the compiler makes of the signs between numbers.
var operatorNames = map[string]string{"add": "+", "subtract": "-", "multiply": "*", "divide": "/",
	"equal": "==", "unequal": "!=", "less": "<", "at_most": "<=", "more": ">", "at_least": ">=", "not_before": ">=", "not_after": "<="}

func (p *formulaPrinter) operation(sign string, left, right ast.Node) (printed, error) {
	l, err := p.node(left)
	if err != nil {
		return l, err
	}
	r, err := p.node(right)
	if err != nil {
		return r, err
	}
	switch sign {
	case "and", "&&":
		return printed{"AND(" + l.text + "," + r.text + ")", aTruth, true}, nil
	case "or", "||":
		return printed{"OR(" + l.text + "," + r.text + ")", aTruth, true}, nil
	case "+", "-", "*", "/":
		return printed{bracketed(l) + sign + bracketed(r), aNumber, false}, nil
	}
	return compared(excelSign[sign], l, r)
}

// excelSign is how Excel writes a comparison.
var excelSign = map[string]string{"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

// precision is to how many decimals numbers are compared: finer than anything a form asks, coarser than binary noise.
const precision = 6

func compared(sign string, l, r printed) (printed, error) {
	switch {
	case l.kind == aDate || r.kind == aDate:
		for _, side := range []*printed{&l, &r} {
			if side.kind == aText {
				side.text = dateNumber(strings.Trim(side.text, `"`))
			}
			if side.text == "" {
				return printed{}, errors.New("日期只能与日期比较")
			}
		}
		// A month, which ends in 00, and a day in it are not told apart: what may be later or earlier goes to the month's end.
		switch sign {
		case ">=":
			l.text = toMonthsEnd(l.text)
		case "<=":
			r.text = toMonthsEnd(r.text)
		}
	case l.kind == aText || r.kind == aText:
		switch sign {
		case "=":
			return printed{"EXACT(" + l.text + "," + r.text + ")", aTruth, true}, nil
		case "<>":
			return printed{"NOT(EXACT(" + l.text + "," + r.text + "))", aTruth, true}, nil
		}
		return printed{}, errors.New("文字不能比大小")
	case l.kind == aNumber && !(l.leaf && r.leaf):
		return printed{fmt.Sprintf("ROUND(%s-%s,%d)%s0", bracketed(l), bracketed(r), precision, sign), aTruth, false}, nil
	}
	return printed{l.text + sign + r.text, aTruth, false}, nil
}

// toMonthsEnd makes of a date's number, where only the month is given, one behind all its days.
func toMonthsEnd(date string) string {
	if _, err := strconv.Atoi(date); err == nil {
		return date // a whole date of the definition
	}
	return fmt.Sprintf("(%s+(MOD(%s,100)=0)*99)", date, date)
}

func bracketed(p printed) string {
	if p.leaf {
		return p.text
	}
	return "(" + p.text + ")"
}

func (p *formulaPrinter) membership(n *ast.BinaryNode) (printed, error) {
	x, err := p.node(n.Left)
	list, ok := n.Right.(*ast.ArrayNode)
	if err != nil || !ok {
		return x, errors.Join(err, fmt.Errorf("in 的右边须是列表"))
	}
	var any []string
	for _, option := range list.Nodes {
		o, err := p.node(option)
		if err != nil {
			return o, err
		}
		same, err := compared("=", x, o)
		if err != nil {
			return same, err
		}
		any = append(any, same.text)
	}
	return printed{"OR(" + strings.Join(any, ",") + ")", aTruth, true}, nil
}

func (p *formulaPrinter) conditional(n *ast.ConditionalNode) (printed, error) {
	var parts []string
	out := printed{leaf: true}
	for _, x := range []ast.Node{n.Cond, n.Exp1, n.Exp2} {
		part, err := p.node(x)
		if err != nil {
			return part, err
		}
		parts, out.kind = append(parts, part.text), part.kind
	}
	out.text = "IF(" + strings.Join(parts, ",") + ")"
	return out, nil
}

// call prints a function. Those that look at the submission carry it as a first argument, which a sheet does not need.
func (p *formulaPrinter) call(n *ast.CallNode) (printed, error) {
	name := n.Callee.(*ast.IdentifierNode).Value
	if sign, ok := operatorNames[name]; ok {
		return p.operation(sign, n.Arguments[0], n.Arguments[1])
	}
	args := n.Arguments
	if id, ok := args[0].(*ast.IdentifierNode); ok && id.Value == "answers" {
		args = args[1:]
	}
	switch name {
	case "filled":
		if f := p.d.Field(args[0].(*ast.StringNode).Value); f.Record != "" {
			return printed{fmt.Sprintf("%s<>%d", p.rows.statusOf(f, p.row), missing), aTruth, false}, nil
		}
		i := p.number[templates.SlotName(args[0].(*ast.StringNode).Value, args[1].(*ast.ConstantNode).Value.(int))]
		return printed{fmt.Sprintf("%s<>%d", p.value(i, statusColumn), missing), aTruth, false}, nil
	case "length":
		id, ok := args[0].(*ast.IdentifierNode)
		if !ok {
			return printed{}, errors.New("length 的括号里须是一个栏目")
		}
		if f := p.d.Field(id.Value); f != nil && f.Record != "" {
			return printed{"LEN(" + entryOf(f.ID, p.row) + ")", aNumber, true}, nil
		}
		return printed{p.value(p.number[id.Value], lengthColumn), aNumber, true}, nil
	case "count":
		return printed{p.rows.count(p.kinds(args)), aNumber, true}, nil
	case "enrolment":
		return printed{p.rows.enrolment(p.kinds(args)), aNumber, true}, nil
	case "mentions":
		return p.mentions(args)
	case "records":
		return printed{p.rows.records(args[0].(*ast.StringNode).Value), aNumber, true}, nil
	}
	parts := make([]string, len(args))
	for i, a := range args {
		part, err := p.node(a)
		if err != nil {
			return part, err
		}
		parts[i] = part.text
	}
	switch name {
	case "sum", "min", "max", "abs", "round":
		return printed{strings.ToUpper(name) + "(" + strings.Join(parts, ",") + ")", aNumber, true}, nil
	case "is_member":
		return printed{p.rows.isMember(parts[0], p.kinds(args[1:])), aTruth, false}, nil
	case "listed":
		return printed{fmt.Sprintf("SUMPRODUCT(--EXACT(%s,%s))>0", keyList, nameKey(parts[0])), aTruth, false}, nil
	case "city_fits":
		return printed{fmt.Sprintf("SUMPRODUCT(EXACT(%s,%s)*EXACT(%s,%s))>0", keyList, nameKey(parts[0]), cityOfList, withoutSuffix(parts[1])), aTruth, false}, nil
	case "park_fits":
		return printed{fmt.Sprintf("SUMPRODUCT(EXACT(%s,%s)*EXACT(%s,%s))>0", keyList, nameKey(parts[0]), parkKeyList, nameKey(parts[1])), aTruth, false}, nil
	}
	return printed{}, fmt.Errorf("表内公式没有函数 %s", name)
}

// mentions looks for each word of a list.
func (p *formulaPrinter) mentions(args []ast.Node) (printed, error) {
	x, err := p.node(args[0])
	var found []string
	for _, word := range p.d.Directory.Words(args[1].(*ast.StringNode).Value) {
		found = append(found, fmt.Sprintf("ISNUMBER(FIND(%s,%s))", quote(word), x.text))
	}
	return printed{orOf(found), aTruth, true}, err
}

// withoutSuffix drops the 市 behind a city's name.
func withoutSuffix(text string) string {
	return fmt.Sprintf(`IF(RIGHT(%s,1)="市",LEFT(%s,LEN(%s)-1),%s)`, text, text, text, text)
}

// kinds gives the numbers of the member kinds that arguments name; all kinds where there are none.
func (p *formulaPrinter) kinds(args []ast.Node) []int {
	var out []int
	for _, a := range args {
		id := a.(*ast.StringNode).Value
		out = append(out, 1+slices.IndexFunc(p.d.Form.Kinds, func(k templates.MemberKind) bool { return k.ID == id }))
	}
	return out
}

// callsEnrolment says whether an expression asks for enrolments, and of which kinds: they may be missing without any field being so.
func (p *formulaPrinter) enrolments(e *templates.Expression) [][]int {
	var out [][]int
	ast.Find(e.Tree, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallNode); ok && c.Callee.String() == "enrolment" {
			out = append(out, p.kinds(c.Arguments[1:]))
		}
		return false
	})
	return out
}

// quote writes a text as an Excel string literal.
func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
