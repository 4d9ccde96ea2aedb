package blankform

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/expr-lang/expr/ast"
	"github.com/shopspring/decimal"
)

// formulaPrinter writes expressions of the rules as Excel formulas over the defined names of the form. What Excel does
// differently is guarded here: binary sums are rounded before they are compared, texts are compared exactly, dates as
// yyyymmdd numbers. That a value is there at all is the caller's to ask first (see sheetCase): to Excel a blank is 0.
type formulaPrinter struct {
	d      *templates.Definition
	slots  []templates.Slot // in form order
	number map[string]int   // defined name -> place among slots
	rows   *rowTables
	base   int   // the value that a case is about, by its number; noBase: none
	err    error // the first thing that a sheet can't say; what is printed with it is thrown away
}

const noBase = -1

// value is what templates.ValueSheet knows of the i-th value, counted from the case's own so that all share a formula.
func (p *formulaPrinter) value(i, column int) string {
	if p.base == noBase {
		return fmt.Sprintf("%s!$%s$%d", templates.ValueSheet, columnName(column), i+2)
	}
	here := "$B" + hereRow
	if i != p.base {
		here += fmt.Sprintf("%+d", i-p.base)
	}
	return fmt.Sprintf("INDEX(%s,%s)", valueNames[column], here)
}

type printed struct {
	text string
	kind kind
	open bool // needs brackets within an arithmetic one
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
	return m[1] + m[2] + cmp.Or(m[4], "00")
}

func (p *formulaPrinter) fail(format string, args ...any) printed {
	p.err = cmp.Or(p.err, fmt.Errorf(format, args...))
	return printed{}
}

// node prints a part of an expression, or all of it.
func (p *formulaPrinter) node(n ast.Node) printed {
	switch n := n.(type) {
	case *ast.ConstantNode:
		switch v := n.Value.(type) {
		case decimal.Decimal:
			return printed{text: v.String()}
		case bool:
			return truth(strings.ToUpper(fmt.Sprint(v)))
		}
	case *ast.BoolNode:
		return truth(strings.ToUpper(fmt.Sprint(n.Value)))
	case *ast.StringNode:
		return printed{text: quote(n.Value), kind: aText}
	case *ast.IdentifierNode:
		return p.identifier(n.Value)
	case *ast.UnaryNode:
		return truth("NOT(" + p.node(n.Node).text + ")")
	case *ast.BinaryNode:
		if n.Operator == "in" {
			return p.membership(n)
		}
		return p.operation(n.Operator, n.Left, n.Right)
	case *ast.ConditionalNode:
		when, then, otherwise := p.node(n.Cond), p.node(n.Exp1), p.node(n.Exp2)
		return printed{text: fmt.Sprintf("IF(%s,%s,%s)", when.text, then.text, otherwise.text), kind: otherwise.kind}
	case *ast.CallNode:
		return p.call(n)
	}
	return p.fail("表内公式不能表达 %s", n)
}

// truth is a condition that needs no brackets.
func truth(text string) printed { return printed{text: text, kind: aTruth} }

func (p *formulaPrinter) identifier(name string) printed {
	switch name {
	case "deadline":
		return printed{text: dateNumber(p.d.Directory.Deadline), kind: aDate}
	case "batch":
		return printed{text: fmt.Sprint(p.d.Directory.Batch)}
	}
	if f := p.d.Field(name); f != nil && f.Record != "" {
		return p.column(f)
	}
	i, ok := p.number[name]
	if !ok {
		return p.fail("没有名称 %s", name)
	}
	switch f := p.slots[i].Field; {
	case f.Type == templates.NamesField:
		return p.fail("姓名的个数要拆分才知道")
	case f.Type == templates.ConfirmField:
		return truth(fmt.Sprintf("EXACT(TRIM(%s),%s)", name, quote(p.d.Form.Confirm.Checked)))
	case f.Type == templates.DateField:
		return printed{text: p.value(i, cleanColumn), kind: aDate}
	case f.Type == templates.PercentField:
		return printed{text: p.value(i, cleanColumn)}
	case f.Numeric():
		if p.base != noBase {
			name = p.value(i, cleanColumn)
		}
		return rounded(f, name)
	}
	return printed{text: "TRIM(" + name + ")", kind: aText}
}

// rounded is a figure with the decimals that its field has.
func rounded(f *templates.Field, x string) printed {
	if f.Type == templates.DecimalField {
		x = fmt.Sprintf("ROUND(%s,%d)", x, *f.Decimals)
	}
	return printed{text: x}
}

// column is what a column says in the row at hand.
func (p *formulaPrinter) column(f *templates.Field) printed {
	switch {
	case f.Type == templates.DateField || f.Type == templates.NamesField || f.Type == templates.ConfirmField:
		return p.fail("列表里的%s表内不能看", f.Label)
	case f.Numeric():
		return rounded(f, rowOf(f.ID))
	}
	return printed{text: entryOf(f.ID), kind: aText}
}

// operatorNames are what the compiler makes of the signs between numbers.
var operatorNames = map[string]string{"add": "+", "subtract": "-", "multiply": "*", "divide": "/",
	"equal": "==", "unequal": "!=", "less": "<", "at_most": "<=", "more": ">", "at_least": ">=", "not_before": ">=",
	"not_after": "<="}

func (p *formulaPrinter) operation(sign string, left, right ast.Node) printed {
	l, r := p.node(left), p.node(right)
	switch sign {
	case "and", "&&":
		return truth("AND(" + l.text + "," + r.text + ")")
	case "or", "||":
		return truth("OR(" + l.text + "," + r.text + ")")
	case "+", "-", "*", "/":
		return printed{bracketed(l) + sign + bracketed(r), aNumber, true}
	}
	return p.compared(excelSign[sign], l, r)
}

var excelSign = map[string]string{"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

func (p *formulaPrinter) compared(sign string, l, r printed) printed {
	switch {
	case l.kind == aDate || r.kind == aDate:
		for _, side := range []*printed{&l, &r} {
			if side.kind == aText {
				side.text = dateNumber(strings.Trim(side.text, `"`))
			}
			if side.text == "" {
				return p.fail("日期只能与日期比较")
			}
		}
		// A month, which ends in 00, and a day in it are alike: what may be later or earlier goes to the month's end.
		switch sign {
		case ">=":
			l.text = toMonthsEnd(l.text)
		case "<=":
			r.text = toMonthsEnd(r.text)
		}
	case l.kind == aText || r.kind == aText:
		switch sign {
		case "=":
			return truth("EXACT(" + l.text + "," + r.text + ")")
		case "<>":
			return truth("NOT(EXACT(" + l.text + "," + r.text + "))")
		}
		return p.fail("文字不能比大小")
	case l.kind == aNumber && (l.open || r.open):
		const precision = 6 // decimals: finer than anything a form asks, coarser than binary noise
		return printed{fmt.Sprintf("ROUND(%s-%s,%d)%s0", bracketed(l), bracketed(r), precision, sign), aTruth, true}
	}
	if l.kind == aTruth { // conditions
		l.text, r.text = bracketed(l), bracketed(r)
	}
	return printed{l.text + sign + r.text, aTruth, true}
}

// toMonthsEnd makes of a date's number, where only the month is given, one behind all its days.
func toMonthsEnd(date string) string {
	if _, err := strconv.Atoi(date); err == nil {
		return date // a whole date of the definition
	}
	return fmt.Sprintf("(%s+(MOD(%s,100)=0)*99)", date, date)
}

func bracketed(p printed) string {
	if p.open {
		return "(" + p.text + ")"
	}
	return p.text
}

func (p *formulaPrinter) membership(n *ast.BinaryNode) printed {
	x := p.node(n.Left)
	list, ok := n.Right.(*ast.ArrayNode)
	if !ok {
		return p.fail("in 的右边须是列表")
	}
	any := table.Each(list.Nodes, func(option ast.Node) string { return p.compared("=", x, p.node(option)).text })
	return truth("OR(" + strings.Join(any, ",") + ")")
}

// call prints a function. Those that look at the submission carry it as a first argument, which a sheet does not need.
func (p *formulaPrinter) call(n *ast.CallNode) printed {
	name, args := n.Callee.(*ast.IdentifierNode).Value, n.Arguments
	if sign, ok := operatorNames[name]; ok {
		return p.operation(sign, args[0], args[1])
	}
	if id, ok := args[0].(*ast.IdentifierNode); ok && id.Value == "answers" {
		args = args[1:]
	}
	switch name { // those that do not look at the value of their first argument
	case "filled", "given":
		is := map[string]string{"filled": fmt.Sprintf("<>%d", missing), "given": "=0"}[name]
		id := args[0].(*ast.StringNode).Value
		if f := p.d.Field(id); f.Record != "" {
			return printed{p.rows.statusOf(f) + is, aTruth, true}
		}
		i := p.number[templates.SlotName(id, args[1].(*ast.ConstantNode).Value.(int))]
		return printed{p.value(i, statusColumn) + is, aTruth, true}
	case "length":
		id, ok := args[0].(*ast.IdentifierNode)
		if !ok {
			return p.fail("length 的括号里须是一个栏目")
		}
		if f := p.d.Field(id.Value); f != nil && f.Record != "" {
			return printed{text: "LEN(" + entryOf(f.ID) + ")"}
		}
		return printed{text: p.value(p.number[id.Value], lengthColumn)}
	case "count":
		return printed{text: p.rows.count(p.kinds(args))}
	case "enrolment":
		return printed{text: p.rows.enrolment(p.kinds(args))}
	case "records", "total":
		return p.ofList(name, args)
	}
	return p.callOn(name, p.node(args[0]).text, args[1:])
}

// callOn prints a function of a value and what else it is given.
func (p *formulaPrinter) callOn(name, x string, more []ast.Node) printed {
	switch name {
	case "sum", "min", "max", "abs", "round":
		for _, a := range more {
			x += "," + p.node(a).text
		}
		return printed{text: strings.ToUpper(name) + "(" + x + ")"}
	case "mentions": // any word of a list
		words := p.d.Directory.Words(more[0].(*ast.StringNode).Value)
		found := table.Each(words, func(w string) string { return fmt.Sprintf("ISNUMBER(FIND(%s,%s))", quote(w), x) })
		return truth(joined("OR", ",", found))
	case "is_kind":
		kind := own(p.rows.kind())
		if len(more) == 0 {
			return printed{kind + ">0", aTruth, true}
		}
		return printed{"(" + isKind(kind, p.kinds(more)) + ")>0", aTruth, true}
	case "is_school":
		return printed{"(" + isKind(own(p.rows.kind()), p.rows.schools(nil)) + ")>0", aTruth, true}
	case "is_member":
		return printed{p.rows.isMember(x, p.kinds(more)), aTruth, true}
	}
	formula, known := formulas().Functions[name]
	if !known {
		return p.fail("表内公式没有函数 %s", name)
	}
	words := map[string]string{"key": nameKey(x)}
	for _, a := range more { // one at most
		words["other"] = p.node(a).text
		words["other_key"] = nameKey(words["other"])
	}
	return printed{templates.Fill(formula, words), aTruth, strings.HasSuffix(formula, ">0")}
}

// ofList counts the rows of a list, all or those in which a column says something, or adds up columns.
func (p *formulaPrinter) ofList(function string, args []ast.Node) printed {
	list := args[0].(*ast.StringNode).Value
	var columns []string
	for _, c := range args[1:] {
		if name, ok := c.(*ast.StringNode); ok {
			columns = append(columns, list+"_"+name.Value)
		}
	}
	switch {
	case function == "total":
		return printed{text: "SUM(" + strings.Join(columns, ",") + ")"}
	case len(args) == 1:
		return printed{text: p.rows.records(list)}
	}
	return printed{text: fmt.Sprintf("SUMPRODUCT(--(%s=%s))", nameKey(columns[0]), nameKey(p.node(args[2]).text))}
}

// kinds gives the numbers of the member kinds that arguments name; all kinds where there are none.
func (p *formulaPrinter) kinds(args []ast.Node) []int {
	return table.Each(args, func(a ast.Node) int {
		id := a.(*ast.StringNode).Value
		return 1 + slices.IndexFunc(p.d.Form.Kinds, func(k templates.MemberKind) bool { return k.ID == id })
	})
}

// enrolments are those that an expression asks for, by their kinds: they may be missing without any field being so.
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

func quote(s string) string { return book.Quote(s) }
