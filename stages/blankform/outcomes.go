package blankform

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

// The outcomes of a case on the hidden sheets. The greatest of several is the outcome of the rule, as in the engine.
// The 无法检查 of the engine is either missing or unclear here.
const (
	notApplicable = iota
	passed
	explained // 未填, and the reason is given
	missing   // 未填
	unclear   // 无法判断
	failed
)

// outcomeWords are the outcomes in Chinese, from 0.
var outcomeWords = []string{"不适用", "通过", "已说明", "未填", "无法判断", "未通过"}

// statusNotApplicable is the status of 不适用. Others are 0 (usable) or an outcome; the greatest of several decides.
const statusNotApplicable = 1

type sheetCase struct {
	slots   []int // indexes of the values it is about; the first is linked
	formula string
}

// sheetRule is a rule as the sheets show it: cases, or a column about the rows of a list.
type sheetRule struct {
	rule     *templates.Rule
	cases    []sheetCase
	perValue int    // for a rule about single values: its column in templates.ValueSheet
	block    string // for a rule about the rows of a list: the list
	column   int    // and its column in templates.RowSheet
	first    int    // first row in templates.CaseSheet
}

// sheetChecks print the cases of a rule, by kind of check. Parts that a formula can't express are errors;
// a rule of another kind gives the reason in its `sheet`.
var sheetChecks = map[string]func(s *selfCheck, r *templates.Rule) sheetRule{
	"required":    slotCases,
	"supplement":  slotCases,
	"coercion":    slotCases, // only 不适用 in a figure, see Rule.Sheet
	"bounds":      slotCases,
	"fraction":    slotCases,
	"length":      slotCases,
	"expr":        expressionCases,
	"unsupported": unsupportedCases,
}

// slotCases makes a case of every value that a rule covers and demands something of.
func slotCases(s *selfCheck, r *templates.Rule) sheetRule {
	s.lastColumn++
	out := sheetRule{rule: r, perValue: s.lastColumn}
	for i, slot := range s.slots {
		covered := slices.ContainsFunc(r.Cases, func(c templates.Case) bool {
			return (c.Field == nil || c.Field == slot.Field) && (c.Year.Year == 0 || c.Year.Year == slot.Year)
		})
		if !covered || !r.Covers(s.d, slot.Field, slot.Year) {
			continue
		}
		if fails := s.failCondition(r, slot); fails != "" {
			words := map[string]string{"status": thisStatus, "fails": fails}
			out.cases = append(out.cases, sheetCase{[]int{i}, templates.Fill(formulas().Checks[r.Check], words)})
		}
	}
	return out
}

// A case about a single value is in the row of the value, so that all cases of the rule share one formula.
const (
	thisStatus = "$C" + thisRow
	thisNumber = "$D" + thisRow
	thisLength = "$F" + thisRow
)

// failCondition is the condition under which a value fails, for its check in formulas.yaml, or the outcome of a
// blank; empty: the rule demands nothing of the value.
func (s *selfCheck) failCondition(r *templates.Rule, slot templates.Slot) string {
	f, x, extra := slot.Field, thisNumber, s.d.Supplementary(slot.Field, slot.Year)
	var fails []string
	add := func(required bool, format string, args ...any) {
		if required {
			fails = append(fails, fmt.Sprintf(format, args...))
		}
	}
	switch r.Check {
	case "required":
		required := f.Required && f.Type != templates.ConfirmField && !extra
		if required && r.CanExplain(f.ID) {
			return fmt.Sprintf("IF(%s,%d,%d)", s.explainedCondition(r, slot), explained, failed)
		}
		add(required, "%d", failed)
	case "supplement":
		add(extra, "%d", failed)
	case "coercion":
		add(f.Numeric(), "%s=%d", thisStatus, statusNotApplicable)
	case "bounds":
		for _, k := range r.Kinds {
			add(k == "min" && f.Numeric() && f.Min != nil, "%s<%s", x, f.Min)
			add(k == "max" && f.Numeric() && f.Max != nil, "%s>%s", x, f.Max)
			add(k == "whole" && f.Type == templates.IntegerField, "%s<>INT(%s)", x, x)
		}
	case "fraction": // with a % format the clean value is another
		add(f.Type == templates.PercentField, "AND(%[1]s>0,%[1]s<1,%[2]s=%[1]s)", slot.Name, x)
	case "length":
		add(f.Limit > 0, "%s>%d", thisLength, f.Limit)
	}
	return table.Either(fails == nil, "", combine("OR", ",", fails))
}

// explainedCondition is the condition that an explanation names a value: by its name, its cell, or the rule's code.
func (s *selfCheck) explainedCondition(r *templates.Rule, slot templates.Slot) string {
	names := []string{quote("、" + r.Code + "、"), quote("、" + s.d.Label(slot.Field.ID) + "、"),
		fmt.Sprintf(`%s&ROW(%s)&"、"`, quote("、"+slot.Sheet+"!"+columnName(slot.Col)), slot.Name)}
	if name := s.d.Name(slot.Ref()); name != s.d.Label(slot.Field.ID) {
		names = append(names, quote("、"+name+"、"))
	}
	about := s.rows.span(s.rows.explainedColumn())
	found := table.Each(names, func(name string) string { return fmt.Sprintf("ISNUMBER(FIND(%s,%s))", name, about) })
	return "SUMPRODUCT(" + strings.Join(found, "+") + ")>0"
}

// combine joins the parts as arguments of a function; a single part is left as it is: OR(a,b), MAX(a,b), (a+b).
func combine(function, sign string, parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return function + "(" + strings.Join(parts, sign) + ")"
}

// expressionCases prints the rule's expressions, each with its guard first, as the engine evaluates them.
func expressionCases(s *selfCheck, r *templates.Rule) sheetRule {
	if r.List != "" {
		return s.rowRule(r)
	}
	out := sheetRule{rule: r}
	defer func() { s.base = noBase }()
	for _, c := range r.Cases {
		refs := slices.Clone(c.Expr.Refs)
		for _, place := range r.Places {
			if ref, err := s.d.CaseRef(c, place); err == nil && !slices.Contains(refs, ref) {
				refs = append(refs, ref)
			}
		}
		slots := table.Each(refs, s.slotIndex)
		if len(r.Cases) > 1 && len(slots) > 0 {
			s.base = slots[0]
		}
		f := s.guardWhen(c.When, s.passOrFail(c.Expr))
		// an empty roster does not say who is missing
		if slices.Contains(r.Places, "members") && c.LooksAtMembers() {
			f = s.requireMembers(f)
		}
		out.cases = append(out.cases, sheetCase{slots, f})
	}
	return out
}

// rowRule prints a rule about the rows of a list. An empty roster leaves it undecided; other lists may be empty.
func (s *selfCheck) rowRule(r *templates.Rule) sheetRule {
	started := thisRowCell(s.rows.startedColumn(r.List)) // rows that hold nothing do not count
	outcome := s.guardWhen(r.Cases[0].When, s.passOrFail(r.Cases[0].Expr))
	column := s.rows.column(r.List, r.Code, fmt.Sprintf("IF(%s=0,%d,%s)", started, notApplicable, outcome))
	f := "MAX(" + s.rows.span(column) + ")"
	if r.List == "members" {
		f = s.requireMembers(f)
	}
	return sheetRule{rule: r, block: r.List, column: column, cases: []sheetCase{{nil, f}}}
}

// requireMembers makes the outcome unclear where the roster is empty.
func (s *selfCheck) requireMembers(f string) string {
	return fmt.Sprintf("IF(%s=0,%d,%s)", s.rows.records("members"), unclear, f)
}

func (s *selfCheck) guardWhen(when *templates.Expression, then string) string {
	if when == nil {
		return then
	}
	return s.guardStatus(when, fmt.Sprintf("IF(%s,%s,%d)", s.expression(when.Tree).text, then, notApplicable))
}

// passOrFail passes where an expression holds and fails where it does not.
func (s *selfCheck) passOrFail(e *templates.Expression) string {
	return s.guardStatus(e, fmt.Sprintf("IF(%s,%d,%d)", s.expression(e.Tree).text, passed, failed))
}

// guardStatus gives the outcome of missing or unclear values before an expression is evaluated.
func (s *selfCheck) guardStatus(e *templates.Expression, then string) string {
	then = fmt.Sprintf("IFERROR(%s,%d)", then, unclear)
	for _, kinds := range s.enrolmentKinds(e) {
		then = fmt.Sprintf("IF(%s,%d,%s)", s.rows.enrolmentUnknown(kinds), unclear, then)
	}
	if len(e.Refs) == 0 {
		return then
	}
	var cells []string
	for _, ref := range e.Refs {
		if f := s.d.Field(ref.Field); f.Record != "" {
			if f.BlankIsNo() {
				continue
			}
			cells = append(cells, s.rows.statusOf(f))
			continue
		}
		i := s.slotIndex(ref)
		cells = append(cells, s.value(i, s.statusColumnOf(i)))
	}
	status := combine("MAX", ",", cells)
	return fmt.Sprintf("CHOOSE(%s+1,%s,%d,%d,%d,%d)", status, then, notApplicable, explained, missing, unclear)
}

// slotIndex is the index of a value in form order.
func (s *selfCheck) slotIndex(r templates.Ref) int {
	return s.number[templates.SlotName(r.Field, r.Year)]
}

func unsupportedCases(s *selfCheck, r *templates.Rule) sheetRule {
	out := sheetRule{rule: r}
	for _, c := range r.Cases {
		f := s.guardWhen(c.When, fmt.Sprintf("IF(%s,%d,%d)", s.rows.hasMaterial(c.Field), passed, failed))
		f = fmt.Sprintf("IF(%s=0,%d,%s)", s.rows.records("materials"), notApplicable, f)
		out.cases = append(out.cases, sheetCase{[]int{s.slotIndex(templates.Ref{Field: c.Field.ID, Year: c.Year.Year})}, f})
	}
	return out
}

// rowTables is the hidden sheet about the lists: row k+1 is about the k-th row of each list.
type rowTables struct {
	d       *templates.Definition
	columns []rowColumn
	index   map[string]int // key -> column, 1-based
}

// rowColumn is one column of the sheet: the same formula for each row of a list.
type rowColumn struct {
	block   string
	key     string
	rows    int
	formula string
}

// column returns the number of a column, and creates it on first use.
func (r *rowTables) column(block, key, formula string) int {
	id := block + " " + key
	if n, ok := r.index[id]; ok {
		return n
	}
	area := r.d.Layout().Area(block)
	r.columns = append(r.columns, rowColumn{block, key, area.Block.Rows, formula})
	r.index[id] = len(r.columns)
	return len(r.columns)
}

func (r *rowTables) span(column int) string {
	return span(templates.RowSheet, column, 2, r.columns[column-1].rows+1)
}

// rowCell refers to the list row that the formula's row is about.
func rowCell(name string) string { return fmt.Sprintf("INDEX(%s,ROW(A%s))", name, previousRow) }

// rowText is the text of that cell; empty if it was deleted or holds an error.
func rowText(name string) string { return `IFERROR(TRIM(` + rowCell(name) + `),"")` }

// startedColumn is 1 for each row of a list that holds anything.
func (r *rowTables) startedColumn(block string) int {
	area := r.d.Layout().Area(block)
	parts := table.Each(area.Columns, func(c templates.RecordColumn) string { return "LEN(" + rowText(c.Name) + ")" })
	return r.column(block, "started", "IF("+strings.Join(parts, "+")+">0,1,0)")
}

func (r *rowTables) records(block string) string {
	return "SUM(" + r.span(r.startedColumn(block)) + ")"
}

// explainedColumn is what each explanation is about, in 、; empty for a row without an explanation.
func (r *rowTables) explainedColumn() int {
	none := quote("|" + strings.ToLower(strings.Join(r.d.Reading.Placeholders.Words, "|")) + "|")
	words, about := rowText("explanations_explanation"), rowText("explanations_about")
	// words that consist of these signs are no explanation
	for _, sign := range []string{"/", "／", "\\", "-", "—", "–", "*", "?", "？", "。", ".", "…", "、", "，"} {
		words = substitute(words, sign, "")
	}
	about = substitute(about, "，", "、", ",", "、", "；", "、", ";", "、", "！", "!")
	return r.column("explanations", "about",
		fmt.Sprintf(`IF(OR(LEN(%s)=0,ISNUMBER(FIND("|"&LOWER(%s)&"|",%s))),"","、"&%s&"、")`, words, words, none, about))
}

// substitute replaces texts, given as pairs of old and new.
func substitute(x string, pairs ...string) string {
	for pair := range slices.Chunk(pairs, 2) {
		x = fmt.Sprintf("SUBSTITUTE(%s,%s,%s)", x, quote(pair[0]), quote(pair[1]))
	}
	return x
}

// kindColumn is the number of a member's kind; 0: none chosen, -1: unknown.
func (r *rowTables) kindColumn() int {
	x := rowText("members_kind")
	return r.column("members", "kind", fmt.Sprintf("IF(LEN(%s)=0,0,IFERROR(MATCH(%s,%s,0),-1))", x, x, listName("kinds")))
}

// nameKey is text.NameKey as far as Excel can: no spaces, one kind of brackets, lower case, without （公章）.
func nameKey(x string) string {
	return "LOWER(" + substitute(x, " ", "", "　", "", "（", "(", "）", ")", "(公章)", "") + ")"
}

func (r *rowTables) enrolmentStatusColumn() int {
	return r.column("members", "enrolment", r.statusOfNumber(rowCell("members_enrolment")))
}

// statusOfNumber is the status of a figure in a list.
func (r *rowTables) statusOfNumber(x string) string {
	return templates.Fill(formulas().Number, map[string]string{"x": x, "not_applicable": quote(r.d.Form.NotApplicable)})
}

func (r *rowTables) statusOf(f *templates.Field) string {
	status := table.Either(f.Numeric(), r.statusOfNumber(rowCell(f.ID)),
		fmt.Sprintf("IF(LEN(%s)=0,%d,0)", rowText(f.ID), missing))
	return thisRowCell(r.column(f.Record, f.ID+" status", status))
}

func (r *rowTables) count(kinds []int) string {
	if len(kinds) == 0 {
		return r.records("members")
	}
	span := r.span(r.kindColumn())
	return combine("", "+", table.Each(kinds, func(k int) string { return fmt.Sprintf("COUNTIF(%s,%d)", span, k) }))
}

// enrolment is the sum of the enrolments of the schools of these kinds.
func (r *rowTables) enrolment(kinds []int) string {
	n := r.column("members", "number", "") // created before the column that its formula refers to
	status := thisRowCell(r.enrolmentStatusColumn())
	r.columns[n-1].formula = fmt.Sprintf("IF(%s=0,%s,0)", status, rowCell("members_enrolment"))
	return combine("", "+", table.Each(r.schools(kinds), func(kind int) string {
		return fmt.Sprintf("SUMIF(%s,%d,%s)", r.span(r.kindColumn()), kind, r.span(n))
	}))
}

// enrolmentUnknown is the condition that no school of these kinds is listed, or one has no enrolment.
func (r *rowTables) enrolmentUnknown(kinds []int) string {
	schools := r.schools(kinds)
	return fmt.Sprintf("OR(%s=0,SUMPRODUCT((%s)*(%s<>0))>0)", r.count(schools), isKind(r.span(r.kindColumn()), schools),
		r.span(r.enrolmentStatusColumn()))
}

// schools returns those of the kinds that have an enrolment; of all kinds if none is given.
func (r *rowTables) schools(kinds []int) []int {
	var out []int
	for i, k := range r.d.Form.Kinds {
		if k.School && (len(kinds) == 0 || slices.Contains(kinds, i+1)) {
			out = append(out, i+1)
		}
	}
	return out
}

func (r *rowTables) isMember(name string, kinds []int) string {
	keys := r.span(r.column("members", "key", nameKey(rowText("members_name"))))
	return fmt.Sprintf("SUMPRODUCT((%s=%s)*(%s))>0", keys, nameKey(name), isKind(r.span(r.kindColumn()), kinds))
}

func isKind(x string, kinds []int) string {
	if len(kinds) == 0 {
		return x + "<>0"
	}
	each := func(kind int) string { return fmt.Sprintf("(%s=%d)", x, kind) }
	return strings.Join(table.Each(kinds, each), "+")
}

// hasMaterial is the condition that a supporting material names a field or one of its points: 3.1, not 13.1 or 3.12.
func (r *rowTables) hasMaterial(f *templates.Field) string {
	// the purpose and title of each material
	text := nameKey(rowText("materials_supports") + `&"|"&` + rowText("materials_title"))
	span := r.span(r.column("materials", "supports", text))
	found := []string{fmt.Sprintf("ISNUMBER(FIND(%s,%s))", nameKey(quote(f.Label)), span)}
	for _, point := range f.Evidence {
		found = append(found, fmt.Sprintf("ISNUMBER(FIND(%s,%s))", quote(point), removeLongerNumbers(span, point)))
	}
	return "SUMPRODUCT(" + strings.Join(found, "+") + ")>0"
}

// removeLongerNumbers replaces the numbers in a text that merely contain the number of a point.
func removeLongerNumbers(x, point string) string {
	const digits = "0123456789"
	for _, digit := range digits {
		x = substitute(x, string(digit)+point, "#")
	}
	x = substitute(x, "."+point, "#")
	for _, digit := range digits {
		x = substitute(x, point+string(digit), "#", point+"."+string(digit), "#")
	}
	return x
}
