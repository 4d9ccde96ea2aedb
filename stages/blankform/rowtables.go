package blankform

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

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
	status := fmt.Sprintf("IF(LEN(%s)=0,%d,0)", rowText(f.ID), missing)
	if f.Numeric() {
		status = r.statusOfNumber(rowCell(f.ID))
	}
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
