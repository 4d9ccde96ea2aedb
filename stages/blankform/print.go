package blankform

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/expr-lang/expr/ast"
	"github.com/shopspring/decimal"
)

// noBase is selfCheck.base where a case is about no single value.
const noBase = -1

// value refers to a column of templates.ValueSheet, relative to the case's own value so that cases share a formula.
func (s *selfCheck) value(i, column int) string {
	if s.base == noBase {
		return fmt.Sprintf("%s!$%s$%d", templates.ValueSheet, columnName(column), i+2)
	}
	here := "$B" + thisRow + table.Either(i == s.base, "", fmt.Sprintf("%+d", i-s.base))
	return fmt.Sprintf("INDEX(%s,%s)", valueNames[column], here)
}

type excelExpr struct {
	text          string
	kind          kind
	needsBrackets bool // as an operand
}

type kind int

const (
	numberKind kind = iota
	dateKind        // yyyymmdd; yyyymm00 where only the month is given
	textKind
	boolKind
)

var isoDate = regexp.MustCompile(`^(\d{4})-(\d{2})(-(\d{2}))?$`)

// dateNumber converts an ISO date or month to yyyymmdd, which sorts as the text does.
func dateNumber(iso string) string {
	m := isoDate.FindStringSubmatch(iso)
	if m == nil {
		return ""
	}
	return m[1] + m[2] + cmp.Or(m[4], "00")
}

// fail ends the printing (package try): the rule has a part that can't be printed.
func (s *selfCheck) fail(format string, args ...any) excelExpr {
	what := fmt.Sprintf(format, args...)
	try.Do(fmt.Errorf("规则 %s：%s；不能写成表内公式的，请在 sheet 写明原因", s.rule, what))
	return excelExpr{}
}

// expression prints a node of an expression tree as an Excel formula over the defined names of the form. It allows for
// the differences of Excel: binary sums are rounded before they are compared, texts are compared exactly, dates are
// yyyymmdd numbers. Whether a value is filled in must be tested before (see guardStatus): to Excel, a blank is 0.
func (s *selfCheck) expression(n ast.Node) excelExpr {
	switch n := n.(type) {
	case *ast.ConstantNode:
		switch v := n.Value.(type) {
		case decimal.Decimal:
			return excelExpr{text: v.String()}
		case bool:
			return condition(strings.ToUpper(fmt.Sprint(v)))
		}
	case *ast.BoolNode:
		return condition(strings.ToUpper(fmt.Sprint(n.Value)))
	case *ast.StringNode:
		return excelExpr{text: quote(n.Value), kind: textKind}
	case *ast.IdentifierNode:
		return s.identifier(n.Value)
	case *ast.UnaryNode:
		return condition("NOT(" + s.expression(n.Node).text + ")")
	case *ast.BinaryNode:
		if n.Operator == "in" {
			return s.membership(n)
		}
		return s.binary(n.Operator, n.Left, n.Right)
	case *ast.ConditionalNode:
		when, then, otherwise := s.expression(n.Cond), s.expression(n.Exp1), s.expression(n.Exp2)
		return excelExpr{text: fmt.Sprintf("IF(%s,%s,%s)", when.text, then.text, otherwise.text), kind: otherwise.kind}
	case *ast.CallNode:
		return s.call(n)
	}
	return s.fail("表内公式不能表达 %s", n)
}

// condition is a boolean formula that needs no brackets.
func condition(text string) excelExpr { return excelExpr{text: text, kind: boolKind} }

func (s *selfCheck) identifier(name string) excelExpr {
	switch name {
	case "deadline":
		return excelExpr{text: dateNumber(s.d.Directory.Deadline), kind: dateKind}
	case "batch":
		return excelExpr{text: fmt.Sprint(s.d.Directory.Batch)}
	}
	if f := s.d.Field(name); f != nil && f.Record != "" {
		return s.columnValue(f)
	}
	i, ok := s.number[name]
	if !ok {
		return s.fail("没有名称 %s", name)
	}
	switch f := s.slots[i].Field; {
	case f.Type == templates.NamesField:
		return s.fail("姓名的个数要拆分才知道")
	case f.Type == templates.ConfirmField:
		return condition(fmt.Sprintf("EXACT(TRIM(%s),%s)", name, quote(s.d.Form.Confirm.Checked)))
	case f.Type == templates.DateField:
		return excelExpr{text: s.value(i, cleanColumn), kind: dateKind}
	case f.Type == templates.PercentField:
		return excelExpr{text: s.value(i, cleanColumn)}
	case f.Numeric():
		return rounded(f, table.Either(s.base == noBase, name, s.value(i, cleanColumn)))
	}
	return excelExpr{text: "TRIM(" + name + ")", kind: textKind}
}

// rounded rounds a figure to the decimals of its field.
func rounded(f *templates.Field, x string) excelExpr {
	if f.Type == templates.DecimalField {
		x = fmt.Sprintf("ROUND(%s,%d)", x, *f.Decimals)
	}
	return excelExpr{text: x}
}

// columnValue refers to a column of a list in the row of the formula.
func (s *selfCheck) columnValue(f *templates.Field) excelExpr {
	switch {
	case f.Type == templates.DateField || f.Type == templates.NamesField || f.Type == templates.ConfirmField:
		return s.fail("列表里的%s表内不能看", f.Label)
	case f.Numeric():
		return rounded(f, rowCell(f.ID))
	}
	return excelExpr{text: rowText(f.ID), kind: textKind}
}

// operatorNames are the function names that the compiler puts in place of operators on numbers.
var operatorNames = map[string]string{"add": "+", "subtract": "-", "multiply": "*", "divide": "/",
	"equal": "==", "unequal": "!=", "less": "<", "at_most": "<=", "more": ">", "at_least": ">=", "not_before": ">=",
	"not_after": "<="}

func (s *selfCheck) binary(sign string, left, right ast.Node) excelExpr {
	l, r := s.expression(left), s.expression(right)
	switch sign {
	case "and", "&&":
		return condition("AND(" + l.text + "," + r.text + ")")
	case "or", "||":
		return condition("OR(" + l.text + "," + r.text + ")")
	case "+", "-", "*", "/":
		return excelExpr{inBrackets(l) + sign + inBrackets(r), numberKind, true}
	}
	return s.comparison(excelOperators[sign], l, r)
}

var excelOperators = map[string]string{"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

func (s *selfCheck) comparison(sign string, l, r excelExpr) excelExpr {
	switch {
	case l.kind == dateKind || r.kind == dateKind:
		for _, side := range []*excelExpr{&l, &r} {
			if side.kind == textKind {
				side.text = dateNumber(strings.Trim(side.text, `"`))
			}
			if side.text == "" {
				return s.fail("日期只能与日期比较")
			}
		}
		// A month (ends in 00) equals any day in it: the side that may be greater is moved to the end of the month.
		switch sign {
		case ">=":
			l.text = monthEnd(l.text)
		case "<=":
			r.text = monthEnd(r.text)
		}
	case l.kind == textKind || r.kind == textKind:
		switch sign {
		case "=":
			return condition("EXACT(" + l.text + "," + r.text + ")")
		case "<>":
			return condition("NOT(EXACT(" + l.text + "," + r.text + "))")
		}
		return s.fail("文字不能比大小")
	case l.kind == numberKind && (l.needsBrackets || r.needsBrackets):
		const precision = 6 // decimals: finer than anything a form asks, coarser than binary noise
		return excelExpr{fmt.Sprintf("ROUND(%s-%s,%d)%s0", inBrackets(l), inBrackets(r), precision, sign), boolKind, true}
	}
	if l.kind == boolKind { // conditions
		l.text, r.text = inBrackets(l), inBrackets(r)
	}
	return excelExpr{l.text + sign + r.text, boolKind, true}
}

// monthEnd moves a date number of a month, which ends in 00, behind all days of the month.
func monthEnd(date string) string {
	_, err := strconv.Atoi(date) // a whole date of the definition
	return table.Either(err == nil, date, fmt.Sprintf("(%s+(MOD(%s,100)=0)*99)", date, date))
}

func inBrackets(p excelExpr) string { return table.Either(p.needsBrackets, "("+p.text+")", p.text) }

func (s *selfCheck) membership(n *ast.BinaryNode) excelExpr {
	x := s.expression(n.Left)
	list, ok := n.Right.(*ast.ArrayNode)
	if !ok {
		return s.fail("in 的右边须是列表")
	}
	any := table.Each(list.Nodes, func(option ast.Node) string { return s.comparison("=", x, s.expression(option)).text })
	return condition("OR(" + strings.Join(any, ",") + ")")
}

// call prints a function call. Functions that look at the submission have it as first argument, which is dropped.
func (s *selfCheck) call(n *ast.CallNode) excelExpr {
	name, args := n.Callee.(*ast.IdentifierNode).Value, n.Arguments
	if sign, ok := operatorNames[name]; ok {
		return s.binary(sign, args[0], args[1])
	}
	if id, ok := args[0].(*ast.IdentifierNode); ok && id.Value == "answers" {
		args = args[1:]
	}
	switch name { // functions that do not take the value of their first argument
	case "filled", "given":
		is := map[string]string{"filled": fmt.Sprintf("<>%d", missing), "given": "=0"}[name]
		id := args[0].(*ast.StringNode).Value
		if f := s.d.Field(id); f.Record != "" {
			return excelExpr{s.rows.statusOf(f) + is, boolKind, true}
		}
		i := s.number[templates.SlotName(id, args[1].(*ast.ConstantNode).Value.(int))]
		return excelExpr{s.value(i, statusColumn) + is, boolKind, true}
	case "length":
		id, ok := args[0].(*ast.IdentifierNode)
		if !ok {
			return s.fail("length 的括号里须是一个栏目")
		}
		if f := s.d.Field(id.Value); f != nil && f.Record != "" {
			return excelExpr{text: "LEN(" + rowText(f.ID) + ")"}
		}
		return excelExpr{text: s.value(s.number[id.Value], lengthColumn)}
	case "count":
		return excelExpr{text: s.rows.count(s.kinds(args))}
	case "enrolment":
		return excelExpr{text: s.rows.enrolment(s.kinds(args))}
	case "records", "total":
		return s.listFunction(name, args)
	}
	return s.valueFunction(name, s.expression(args[0]).text, args[1:])
}

// valueFunction prints a function of a value and further arguments.
func (s *selfCheck) valueFunction(name, x string, more []ast.Node) excelExpr {
	switch name {
	case "sum", "min", "max", "abs", "round":
		for _, a := range more {
			x += "," + s.expression(a).text
		}
		return excelExpr{text: strings.ToUpper(name) + "(" + x + ")"}
	case "mentions": // contains any word of a list
		words := s.d.Directory.Words(more[0].(*ast.StringNode).Value)
		found := table.Each(words, func(w string) string { return fmt.Sprintf("ISNUMBER(FIND(%s,%s))", quote(w), x) })
		return condition(combine("OR", ",", found))
	case "is_kind":
		kind := thisRowCell(s.rows.kindColumn())
		if len(more) == 0 {
			return excelExpr{kind + ">0", boolKind, true}
		}
		return excelExpr{"(" + isKind(kind, s.kinds(more)) + ")>0", boolKind, true}
	case "is_school":
		return excelExpr{"(" + isKind(thisRowCell(s.rows.kindColumn()), s.rows.schools(nil)) + ")>0", boolKind, true}
	case "is_member":
		return excelExpr{s.rows.isMember(x, s.kinds(more)), boolKind, true}
	}
	formula, known := formulas().Functions[name]
	if !known {
		return s.fail("表内公式没有函数 %s", name)
	}
	words := map[string]string{"key": nameKey(x)}
	for _, a := range more { // one at most
		words["other"] = s.expression(a).text
		words["other_key"] = nameKey(words["other"])
	}
	return excelExpr{templates.Fill(formula, words), boolKind, strings.HasSuffix(formula, ">0")}
}

// listFunction prints the number of rows of a list, all or those with a certain value, or the sum of columns.
func (s *selfCheck) listFunction(function string, args []ast.Node) excelExpr {
	list := args[0].(*ast.StringNode).Value
	var columns []string
	for _, c := range args[1:] {
		if name, ok := c.(*ast.StringNode); ok {
			columns = append(columns, list+"_"+name.Value)
		}
	}
	switch {
	case function == "total":
		return excelExpr{text: "SUM(" + strings.Join(columns, ",") + ")"}
	case len(args) == 1:
		return excelExpr{text: s.rows.records(list)}
	}
	return excelExpr{text: fmt.Sprintf("SUMPRODUCT(--(%s=%s))", nameKey(columns[0]), nameKey(s.expression(args[2]).text))}
}

// kinds returns the numbers, from 1, of the member kinds named by the arguments.
func (s *selfCheck) kinds(args []ast.Node) []int {
	return table.Each(args, func(a ast.Node) int {
		id := a.(*ast.StringNode).Value
		return 1 + slices.IndexFunc(s.d.Form.Kinds, func(k templates.MemberKind) bool { return k.ID == id })
	})
}

// enrolmentKinds returns the kinds of each call of enrolment in an expression.
func (s *selfCheck) enrolmentKinds(e *templates.Expression) [][]int {
	var out [][]int
	ast.Find(e.Tree, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallNode); ok && c.Callee.String() == "enrolment" {
			out = append(out, s.kinds(c.Arguments[1:]))
		}
		return false
	})
	return out
}

func quote(s string) string { return book.Quote(s) }
