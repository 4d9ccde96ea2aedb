package blankform

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianheti/templates"
)

// rowTables is the hidden sheet that looks at the lists of the form row by row: row k+1 is about the k-th row of a
// list. The lists are reached through the names of their columns, which grow with rows that the filler inserts.
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
	formula func(k int) string
}

func newRowTables(d *templates.Definition) *rowTables {
	return &rowTables{d: d, at: map[string]int{}}
}

// column gives the number of a column, made on first use.
func (r *rowTables) column(block, key string, formula func(k int) string) int {
	id := block + " " + key
	if n, ok := r.at[id]; ok {
		return n
	}
	_, area, _ := r.d.Layout().Area(block)
	r.columns = append(r.columns, rowColumn{block, key, area.Block.Rows, formula})
	r.at[id] = len(r.columns)
	return len(r.columns)
}

// cell addresses the k-th row of a column; span the whole column. The row is relative, so that all rows share one
// formula.
func (r *rowTables) cell(column, k int) string {
	return "$" + columnName(column) + strconv.Itoa(k+1)
}

func (r *rowTables) span(column int) string {
	return fmt.Sprintf("%s!$%s$2:$%s$%d", templates.RowSheet, columnName(column), columnName(column),
		r.columns[column-1].rows+1)
}

// rowOf is the k-th row of a list's column: k is counted from the place of the formula.
func rowOf(name string, k int) string { return fmt.Sprintf("INDEX(%s,ROW(A%d))", name, k) }

// entryOf is the content of a column of a list in its k-th row; blank where the row was deleted or holds an error.
func entryOf(name string, k int) string { return `IFERROR(TRIM(` + rowOf(name, k) + `),"")` }

// started is 1 for each row of a list that holds anything.
func (r *rowTables) started(block string) int {
	_, area, _ := r.d.Layout().Area(block)
	return r.column(block, "started", func(k int) string {
		var parts []string
		for _, c := range area.Columns {
			parts = append(parts, "LEN("+entryOf(c.Name, k)+")")
		}
		return "IF(" + strings.Join(parts, "+") + ">0,1,0)"
	})
}

func (r *rowTables) records(block string) string { return "SUM(" + r.span(r.started(block)) + ")" }

// explained is what each explanation is about, between commas; empty where nothing is explained.
func (r *rowTables) explained() int {
	none := quote("|" + strings.ToLower(strings.Join(r.d.Reading.Placeholders.Words, "|")) + "|")
	return r.column("explanations", "about", func(k int) string {
		words, about := entryOf("explanations_explanation", k), entryOf("explanations_about", k)
		// which say nothing
		for _, sign := range []string{"/", "／", "\\", "-", "—", "–", "*", "?", "？", "。", ".", "…", "、", "，"} {
			words = fmt.Sprintf("SUBSTITUTE(%s,%s,%s)", words, quote(sign), quote(""))
		}
		for _, change := range [][2]string{{"，", "、"}, {",", "、"}, {"；", "、"}, {";", "、"}, {"！", "!"}} {
			about = fmt.Sprintf("SUBSTITUTE(%s,%s,%s)", about, quote(change[0]), quote(change[1]))
		}
		return fmt.Sprintf(`IF(OR(LEN(%s)=0,ISNUMBER(FIND("|"&LOWER(%s)&"|",%s))),"","、"&%s&"、")`, words, words, none, about)
	})
}

// explains is the condition that an explanation is about one of these, each a formula with commas around the name.
func (r *rowTables) explains(names []string) string {
	var heard []string
	for _, name := range names {
		heard = append(heard, fmt.Sprintf("ISNUMBER(FIND(%s,%s))", name, r.span(r.explained())))
	}
	return "SUMPRODUCT(" + strings.Join(heard, "+") + ")>0"
}

// kind is the number of a member's kind; 0 where none was chosen, -1 where it is unknown.
func (r *rowTables) kind() int {
	return r.column("members", "kind", func(k int) string {
		x := entryOf("members_kind", k)
		return fmt.Sprintf("IF(LEN(%s)=0,0,IFERROR(MATCH(%s,%s,0),-1))", x, x, listName("kinds"))
	})
}

// key is a unit's name made comparable.
func (r *rowTables) key() int {
	return r.column("members", "key", func(k int) string { return nameKey(entryOf("members_name", k)) })
}

// nameKey follows text.NameKey as far as a sheet can: without blanks, brackets alike, in lower case, without （公章）.
func nameKey(x string) string {
	for _, change := range [][2]string{{" ", ""}, {"　", ""}, {"（", "("}, {"）", ")"}, {"(公章)", ""}} {
		x = fmt.Sprintf("SUBSTITUTE(%s,%s,%s)", x, quote(change[0]), quote(change[1]))
	}
	return "LOWER(" + x + ")"
}

// enrolled is the status of a member's enrolment.
func (r *rowTables) enrolled() int {
	return r.column("members", "enrolment", func(k int) string {
		return statusOfNumber(rowOf("members_enrolment", k), r.d.Form.NotApplicable)
	})
}

// statusOf is the status of a column in the k-th row of its list.
func (r *rowTables) statusOf(f *templates.Field, k int) string {
	return r.cell(r.column(f.Record, f.ID+" status", func(k int) string {
		if f.Numeric() {
			return statusOfNumber(rowOf(f.ID, k), r.d.Form.NotApplicable)
		}
		return fmt.Sprintf("IF(LEN(%s)=0,%d,0)", entryOf(f.ID, k), missing)
	}), k)
}

func (r *rowTables) enrolmentOf(k int) string { return rowOf("members_enrolment", k) }

func (r *rowTables) count(kinds []int) string {
	if len(kinds) == 0 {
		return r.records("members")
	}
	var parts []string
	for _, kind := range kinds {
		parts = append(parts, fmt.Sprintf("COUNTIF(%s,%d)", r.span(r.kind()), kind))
	}
	return sumOf(parts)
}

// enrolment adds up what the schools of these kinds give.
func (r *rowTables) enrolment(kinds []int) string {
	n := r.column("members", "number", func(k int) string {
		return fmt.Sprintf("IF(%s=0,%s,0)", r.cell(r.enrolled(), k), r.enrolmentOf(k))
	})
	var parts []string
	for _, kind := range r.schools(kinds) {
		parts = append(parts, fmt.Sprintf("SUMIF(%s,%d,%s)", r.span(r.kind()), kind, r.span(n)))
	}
	return sumOf(parts)
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
	return fmt.Sprintf("SUMPRODUCT((%s=%s)*(%s))>0", r.span(r.key()), nameKey(name), isKind(r.span(r.kind()), kinds))
}

// isKind is 1 where a kind is one of these.
func isKind(x string, kinds []int) string {
	if len(kinds) == 0 {
		return x + "<>0"
	}
	var parts []string
	for _, kind := range kinds {
		parts = append(parts, fmt.Sprintf("(%s=%d)", x, kind))
	}
	return strings.Join(parts, "+")
}

func sumOf(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, "+") + ")"
}

// faults is the column of a rule's outcomes row by row; rows that hold nothing do not count.
func (r *rowTables) faults(rule *templates.Rule, outcome func(k int) string) int {
	started := r.started(rule.List)
	outcome(1) // so that the columns it looks at stand before it
	return r.column(rule.List, rule.Code, func(k int) string {
		return fmt.Sprintf("IF(%s=0,%d,%s)", r.cell(started, k), notApplicable, outcome(k))
	})
}

// supports is what each supporting material says it is for, with its title, made comparable.
func (r *rowTables) supports() int {
	return r.column("materials", "supports", func(k int) string {
		return nameKey(entryOf("materials_supports", k) + `&"|"&` + entryOf("materials_title", k))
	})
}

// speaksOf is the condition that a material is listed for a field or one of the points it is evidence for. A point's
// number counts only where it stands alone: 3.1, not the 3.1 of 13.1 or of 3.12.
func (r *rowTables) speaksOf(f *templates.Field) string {
	span := r.span(r.supports())
	found := []string{fmt.Sprintf("ISNUMBER(FIND(%s,%s))", nameKey(quote(f.Label)), span)}
	for _, point := range f.Evidence {
		found = append(found, fmt.Sprintf("ISNUMBER(FIND(%s,%s))", quote(point), alone(span, point)))
	}
	return "SUMPRODUCT(" + strings.Join(found, "+") + ")>0"
}

// alone takes the numbers out of a text that merely contain a point's number.
func alone(x, point string) string {
	for _, digit := range "0123456789" {
		x = fmt.Sprintf(`SUBSTITUTE(%s,"%c%s","#")`, x, digit, point)
	}
	x = fmt.Sprintf(`SUBSTITUTE(%s,".%s","#")`, x, point)
	for _, digit := range "0123456789" {
		x = fmt.Sprintf(`SUBSTITUTE(%s,"%s%c","#")`, x, point, digit)
		x = fmt.Sprintf(`SUBSTITUTE(%s,"%s.%c","#")`, x, point, digit)
	}
	return x
}
