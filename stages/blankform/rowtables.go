package blankform

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

// rowTables is the hidden sheet about the lists: row k+1 is about their k-th row, by the names of their columns.
type rowTables struct {
	d       *templates.Definition
	columns []rowColumn
	at      map[string]int // key -> column, 1-based
}

// rowColumn is one column of the sheet: a formula for each row of a list.
type rowColumn struct {
	block   string
	key     string
	rows    int
	formula string
}

// column gives the number of a column, made on first use.
func (r *rowTables) column(block, key, formula string) int {
	id := block + " " + key
	if n, ok := r.at[id]; ok {
		return n
	}
	area := r.d.Layout().Area(block)
	r.columns = append(r.columns, rowColumn{block, key, area.Block.Rows, formula})
	r.at[id] = len(r.columns)
	return len(r.columns)
}

func (r *rowTables) span(column int) string {
	return span(templates.RowSheet, column, 2, r.columns[column-1].rows+1)
}

// rowOf is the row of a list's column that the row of the formula is about, counted from its place.
func rowOf(name string) string { return fmt.Sprintf("INDEX(%s,ROW(A%s))", name, rowAbove) }

// entryOf is the content of that row; blank where it was deleted or holds an error.
func entryOf(name string) string { return `IFERROR(TRIM(` + rowOf(name) + `),"")` }

// started is 1 for each row of a list that holds anything.
func (r *rowTables) started(block string) int {
	area := r.d.Layout().Area(block)
	parts := table.Each(area.Columns, func(c templates.RecordColumn) string { return "LEN(" + entryOf(c.Name) + ")" })
	return r.column(block, "started", "IF("+strings.Join(parts, "+")+">0,1,0)")
}

func (r *rowTables) records(block string) string { return "SUM(" + r.span(r.started(block)) + ")" }

// explained is what each explanation is about, between commas; empty where nothing is explained.
func (r *rowTables) explained() int {
	none := quote("|" + strings.ToLower(strings.Join(r.d.Reading.Placeholders.Words, "|")) + "|")
	words, about := entryOf("explanations_explanation"), entryOf("explanations_about")
	// which say nothing
	for _, sign := range []string{"/", "／", "\\", "-", "—", "–", "*", "?", "？", "。", ".", "…", "、", "，"} {
		words = substituted(words, sign, "")
	}
	about = substituted(about, "，", "、", ",", "、", "；", "、", ";", "、", "！", "!")
	return r.column("explanations", "about",
		fmt.Sprintf(`IF(OR(LEN(%s)=0,ISNUMBER(FIND("|"&LOWER(%s)&"|",%s))),"","、"&%s&"、")`, words, words, none, about))
}

// substituted puts the second text in the place of the first, and so with further pairs.
func substituted(x string, pairs ...string) string {
	for pair := range slices.Chunk(pairs, 2) {
		x = fmt.Sprintf("SUBSTITUTE(%s,%s,%s)", x, quote(pair[0]), quote(pair[1]))
	}
	return x
}

// explains is the condition that an explanation is about one of these, each a formula with commas around the name.
func (r *rowTables) explains(names []string) string {
	said := r.span(r.explained())
	found := table.Each(names, func(name string) string { return fmt.Sprintf("ISNUMBER(FIND(%s,%s))", name, said) })
	return "SUMPRODUCT(" + strings.Join(found, "+") + ")>0"
}

// kind is the number of a member's kind; 0 where none was chosen, -1 where it is unknown.
func (r *rowTables) kind() int {
	x := entryOf("members_kind")
	return r.column("members", "kind", fmt.Sprintf("IF(LEN(%s)=0,0,IFERROR(MATCH(%s,%s,0),-1))", x, x, listName("kinds")))
}

// nameKey follows text.NameKey as far as a sheet can: without blanks, brackets alike, in lower case, without （公章）.
func nameKey(x string) string {
	return "LOWER(" + substituted(x, " ", "", "　", "", "（", "(", "）", ")", "(公章)", "") + ")"
}

func (r *rowTables) enrolled() int {
	return r.column("members", "enrolment", r.statusOfNumber(rowOf("members_enrolment")))
}

// statusOfNumber says whether a figure in a list can be used.
func (r *rowTables) statusOfNumber(x string) string {
	return templates.Fill(formulas().Number, map[string]string{"x": x, "not_applicable": quote(r.d.Form.NotApplicable)})
}

func (r *rowTables) statusOf(f *templates.Field) string {
	status := fmt.Sprintf("IF(LEN(%s)=0,%d,0)", entryOf(f.ID), missing)
	if f.Numeric() {
		status = r.statusOfNumber(rowOf(f.ID))
	}
	return own(r.column(f.Record, f.ID+" status", status))
}

func (r *rowTables) count(kinds []int) string {
	if len(kinds) == 0 {
		return r.records("members")
	}
	span := r.span(r.kind())
	return joined("", "+", table.Each(kinds, func(k int) string { return fmt.Sprintf("COUNTIF(%s,%d)", span, k) }))
}

// enrolment adds up what the schools of these kinds give.
func (r *rowTables) enrolment(kinds []int) string {
	n := r.column("members", "number", "") // it stands before the one that it looks at
	r.columns[n-1].formula = fmt.Sprintf("IF(%s=0,%s,0)", own(r.enrolled()), rowOf("members_enrolment"))
	return joined("", "+", table.Each(r.schools(kinds), func(kind int) string {
		return fmt.Sprintf("SUMIF(%s,%d,%s)", r.span(r.kind()), kind, r.span(n))
	}))
}

// enrolmentUnknown is the condition that no school of these kinds is listed, or one gives no enrolment.
func (r *rowTables) enrolmentUnknown(kinds []int) string {
	schools := r.schools(kinds)
	return fmt.Sprintf("OR(%s=0,SUMPRODUCT((%s)*(%s<>0))>0)", r.count(schools), isKind(r.span(r.kind()), schools),
		r.span(r.enrolled()))
}

// schools keeps the kinds that have an enrolment; of none asked for, all that do.
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
	keys := r.span(r.column("members", "key", nameKey(entryOf("members_name"))))
	return fmt.Sprintf("SUMPRODUCT((%s=%s)*(%s))>0", keys, nameKey(name), isKind(r.span(r.kind()), kinds))
}

func isKind(x string, kinds []int) string {
	if len(kinds) == 0 {
		return x + "<>0"
	}
	each := func(kind int) string { return fmt.Sprintf("(%s=%d)", x, kind) }
	return strings.Join(table.Each(kinds, each), "+")
}

// speaksOf is the condition that a material is listed for a field or one of its points: 3.1, but not 13.1 or 3.12.
func (r *rowTables) speaksOf(f *templates.Field) string {
	// what each says it is for, with its title, made comparable
	said := nameKey(entryOf("materials_supports") + `&"|"&` + entryOf("materials_title"))
	span := r.span(r.column("materials", "supports", said))
	found := []string{fmt.Sprintf("ISNUMBER(FIND(%s,%s))", nameKey(quote(f.Label)), span)}
	for _, point := range f.Evidence {
		found = append(found, fmt.Sprintf("ISNUMBER(FIND(%s,%s))", quote(point), alone(span, point)))
	}
	return "SUMPRODUCT(" + strings.Join(found, "+") + ")>0"
}

// alone takes out of a text the numbers that merely contain a point's.
func alone(x, point string) string {
	const digits = "0123456789"
	for _, digit := range digits {
		x = substituted(x, string(digit)+point, "#")
	}
	x = substituted(x, "."+point, "#")
	for _, digit := range digits {
		x = substituted(x, point+string(digit), "#", point+"."+string(digit), "#")
	}
	return x
}
