package blankform

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

// The outcome of a case as the hidden sheets hold it. Of several cases the greatest is the rule's, as in the engine.
// Where the engine says 无法检查, the sheet tells the two causes apart.
const (
	notApplicable = iota
	passed
	explained // 未填, and the reason is given
	missing   // 未填
	unclear   // 无法判断
	failed
)

// outcomeWords are the outcomes as a filler reads them, from 0.
var outcomeWords = []string{"不适用", "通过", "已说明", "未填", "无法判断", "未通过"}

// The status of a value: 0 usable, 1 不适用, else an outcome; the greatest of several decides of a rule that needs all.
const statusNotApplicable = 1

type sheetCase struct {
	slots   []int // values it is about, by their number in form order; the first is linked
	formula string
}

// sheetRule is a rule as the sheet shows it: cases, or a column of rows.
type sheetRule struct {
	rule     *templates.Rule
	cases    []sheetCase
	perValue int    // of a rule about single values: the column of templates.ValueSheet with its outcomes
	block    string // of a rule about the rows of a list
	column   int    // the column of its outcomes
	first    int    // row in templates.CaseSheet, the first where every case has one
}

// sheetChecks print the cases of a rule, by the kinds of checks that a sheet can show. What a sheet can't say is noted
// by the printer; a rule of another kind says in its `sheet` why not.
var sheetChecks = map[string]func(s *selfCheck, r *templates.Rule) sheetRule{
	"required":    eachSlot,
	"supplement":  eachSlot,
	"coercion":    eachSlot, // finds 不适用 in a figure: the one reading that a sheet can tell. See Rule.Sheet.
	"bounds":      eachSlot,
	"fraction":    eachSlot,
	"length":      eachSlot,
	"expr":        expressionCases,
	"unsupported": unsupportedCases,
}

// eachSlot makes a case of every value that a rule covers and asks something of.
func eachSlot(s *selfCheck, r *templates.Rule) sheetRule {
	s.perValue++
	out := sheetRule{rule: r, perValue: s.perValue}
	for i, slot := range s.slots {
		covered := slices.ContainsFunc(r.Cases, func(c templates.Case) bool {
			return (c.Field == nil || c.Field == slot.Field) && (c.Year.Year == 0 || c.Year.Year == slot.Year)
		})
		if !covered || !r.Covers(s.d, slot.Field, slot.Year) {
			continue
		}
		if fails := s.fails(r, slot); fails != "" {
			words := map[string]string{"status": hereStatus, "fails": fails}
			out.cases = append(out.cases, sheetCase{[]int{i}, templates.Fill(formulas().Checks[r.Check], words)})
		}
	}
	return out
}

// A case about one value stands in the row of the value: all such cases of a rule share one formula.
const (
	hereStatus = "$C" + hereRow
	hereNumber = "$D" + hereRow
	hereLength = "$F" + hereRow
)

// byStatus is what becomes of a case by the status of what it needs: then, where that can be used.
func byStatus(status, then string) string {
	return fmt.Sprintf("CHOOSE(%s+1,%s,%d,%d,%d,%d)", status, then, notApplicable, explained, missing, unclear)
}

// fails is the condition under which a value fails, as its check in formulas.yaml has it, or the outcome of a blank;
// empty where the rule asks nothing of the value.
func (s *selfCheck) fails(r *templates.Rule, slot templates.Slot) string {
	f, x, extra := slot.Field, hereNumber, s.d.Supplementary(slot.Field, slot.Year)
	var fails []string
	when := func(asked bool, format string, args ...any) {
		if asked {
			fails = append(fails, fmt.Sprintf(format, args...))
		}
	}
	switch r.Check {
	case "required":
		asked := f.Required && f.Type != templates.ConfirmField && !extra
		if asked && r.CanExplain(f.ID) {
			return fmt.Sprintf("IF(%s,%d,%d)", s.explains(r, slot), explained, failed)
		}
		when(asked, "%d", failed)
	case "supplement":
		when(extra, "%d", failed)
	case "coercion":
		when(f.Numeric(), "%s=%d", hereStatus, statusNotApplicable)
	case "bounds":
		for _, k := range r.Kinds {
			when(k == "min" && f.Numeric() && f.Min != nil, "%s<%s", x, f.Min)
			when(k == "max" && f.Numeric() && f.Max != nil, "%s>%s", x, f.Max)
			when(k == "whole" && f.Type == templates.IntegerField, "%s<>INT(%s)", x, x)
		}
	case "fraction": // in a cell shown as % the two differ
		when(f.Type == templates.PercentField, "AND(%[1]s>0,%[1]s<1,%[2]s=%[1]s)", slot.Name, x)
	case "length":
		when(f.Limit > 0, "%s>%d", hereLength, f.Limit)
	}
	if fails == nil {
		return ""
	}
	return joined("OR", ",", fails)
}

// explains is the condition that an explanation names a value: by its name, its cell, or the rule's code.
func (s *selfCheck) explains(r *templates.Rule, slot templates.Slot) string {
	names := []string{quote("、" + r.Code + "、"), quote("、" + s.d.Label(slot.Field.ID) + "、"),
		fmt.Sprintf(`%s&ROW(%s)&"、"`, quote("、"+slot.Sheet+"!"+columnName(slot.Col)), slot.Name)}
	if name := s.d.Name(templates.Ref{Field: slot.Field.ID, Year: slot.Year}); name != s.d.Label(slot.Field.ID) {
		names = append(names, quote("、"+name+"、"))
	}
	return s.rows.explains(names)
}

// joined puts several parts together, one alone as it is: OR(a,b), MAX(a,b), (a+b).
func joined(function, sign string, parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return function + "(" + strings.Join(parts, sign) + ")"
}

// expressionCases prints the rule's expressions as the engine evaluates them, the guard first.
func expressionCases(s *selfCheck, r *templates.Rule) sheetRule {
	if r.List != "" {
		return s.byRow(r)
	}
	out := sheetRule{rule: r}
	defer func() { s.print.base = noBase }()
	for _, c := range r.Cases {
		refs := slices.Clone(c.Expr.Refs)
		for _, place := range r.Places {
			if ref, err := s.d.CaseRef(c, place); err == nil && !slices.Contains(refs, ref) {
				refs = append(refs, ref)
			}
		}
		slots := table.Each(refs, s.number)
		if len(r.Cases) > 1 && len(slots) > 0 {
			s.print.base = slots[0]
		}
		f := s.guarded(c.When, s.decided(c.Expr))
		// an empty roster tells nothing about who is missing from it
		if slices.Contains(r.Places, "members") && c.LooksAtMembers() {
			f = s.needsMembers(f)
		}
		out.cases = append(out.cases, sheetCase{slots, f})
	}
	return out
}

// byRow looks at a list row by row. An empty roster leaves its rules undecided; other lists may be empty.
func (s *selfCheck) byRow(r *templates.Rule) sheetRule {
	started := own(s.rows.started(r.List)) // rows that hold nothing do not count
	outcome := s.guarded(r.Cases[0].When, s.decided(r.Cases[0].Expr))
	column := s.rows.column(r.List, r.Code, fmt.Sprintf("IF(%s=0,%d,%s)", started, notApplicable, outcome))
	f := "MAX(" + s.rows.span(column) + ")"
	if r.List == "members" {
		f = s.needsMembers(f)
	}
	return sheetRule{rule: r, block: r.List, column: column, cases: []sheetCase{{nil, f}}}
}

// needsMembers leaves undecided what an empty roster can't tell.
func (s *selfCheck) needsMembers(f string) string {
	return fmt.Sprintf("IF(%s=0,%d,%s)", s.rows.records("members"), unclear, f)
}

func (s *selfCheck) guarded(when *templates.Expression, then string) string {
	if when == nil {
		return then
	}
	return s.asked(when, fmt.Sprintf("IF(%s,%s,%d)", s.print.node(when.Tree).text, then, notApplicable))
}

// decided passes where an expression holds and fails where it does not.
func (s *selfCheck) decided(e *templates.Expression) string {
	return s.asked(e, fmt.Sprintf("IF(%s,%d,%d)", s.print.node(e.Tree).text, passed, failed))
}

// asked makes sure that an expression has the values it needs.
func (s *selfCheck) asked(e *templates.Expression, then string) string {
	then = fmt.Sprintf("IFERROR(%s,%d)", then, unclear)
	for _, kinds := range s.print.enrolments(e) {
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
		i := s.number(ref)
		cells = append(cells, s.print.value(i, s.usableColumn(i)))
	}
	return byStatus(joined("MAX", ",", cells), then)
}

// number is the place of a value in form order.
func (s *selfCheck) number(r templates.Ref) int {
	return s.print.number[templates.SlotName(r.Field, r.Year)]
}

func unsupportedCases(s *selfCheck, r *templates.Rule) sheetRule {
	out := sheetRule{rule: r}
	for _, c := range r.Cases {
		f := s.guarded(c.When, fmt.Sprintf("IF(%s,%d,%d)", s.rows.speaksOf(c.Field), passed, failed))
		f = fmt.Sprintf("IF(%s=0,%d,%s)", s.rows.records("materials"), notApplicable, f)
		out.cases = append(out.cases, sheetCase{[]int{s.number(templates.Ref{Field: c.Field.ID, Year: c.Year.Year})}, f})
	}
	return out
}
