package wordform

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/text"
)

// rosterRow is what one row says of the members of a kind: how many, how many students, and who they are.
type rosterRow struct {
	kind            string
	row             int
	count, students string
	counted         model.Place // where count and students stand
	units           []rosterUnit
}

type rosterUnit struct {
	name, enrolment string
	place           model.Place
}

// moreUnits takes a row that goes on with the members of the row above: added by people who give each unit a row.
func (w *binder) moreUnits(t *docTable, row []docCell) bool {
	if w.above == nil || w.above.table != t {
		return false
	}
	counts, names, kind := -1, -1, ""
	for i, slot := range w.above.how.slots {
		switch at := w.above.how.cells[i][0].col; {
		case slot.Cell.Count != "":
			counts = at
		case slot.Cell.Names != "":
			names, kind = at, slot.Cell.Names
		}
	}
	if kind == "" {
		return false
	}
	label, _ := w.d.Form.Kind(kind)
	var count, name []docCell
	for _, c := range row {
		switch {
		case c.continued || c.text == "":
		case c.col >= names:
			name = append(name, c)
		case c.col >= counts:
			count = append(count, c)
		case labelKey(c.text) != labelKey(label.Label): // another kind, which the form does not have
			return false
		}
	}
	if len(name) == 0 {
		return false
	}
	for _, c := range count {
		w.count(kind, c.row, c.text, w.at(t, c))
	}
	for _, c := range name {
		w.names(kind, c.row, c.text, w.at(t, c))
	}
	return true
}

// rosterRow gives what a row says of a kind.
func (w *binder) rosterRow(kind string, row int) *rosterRow {
	if n := len(w.roster); n == 0 || w.roster[n-1].kind != kind || w.roster[n-1].row != row {
		w.roster = append(w.roster, rosterRow{kind: kind, row: row})
	}
	return &w.roster[len(w.roster)-1]
}

// count reads how many members there are, and how many students.
func (w *binder) count(kind string, row int, words string, place model.Place) {
	m := countCell.FindStringSubmatch(strings.ReplaceAll(text.NameKey(words), "，", ","))
	if m == nil {
		w.lose(words, place, "读不出数量")
		return
	}
	w.read++
	u := w.rosterRow(kind, row)
	u.count, u.students, u.counted = strings.ReplaceAll(m[1], ",", ""), strings.ReplaceAll(m[2], ",", ""), place
}

// names splits the members of a kind: by marks and line ends, not inside brackets.
func (w *binder) names(kind string, row int, text string, place model.Place) {
	w.read++
	r := w.rosterRow(kind, row)
	var lines strings.Builder
	depth := 0
	for _, r := range text {
		switch r {
		case '（', '(':
			depth++
		case '）', ')':
			depth = max(0, depth-1)
		case '、', '，', ',', '；', ';':
			if depth == 0 {
				r = '\n'
			}
		}
		lines.WriteRune(r)
	}
	for _, name := range memberBreak.Split(lines.String(), -1) {
		name = strings.TrimSpace(listEnd.ReplaceAllString(listNumber.ReplaceAllString(name, ""), ""))
		u := rosterUnit{name: name, place: place}
		if school := inSchool.FindStringSubmatch(name); school != nil {
			u.enrolment, u.name = school[1], strings.TrimSpace(strings.TrimSuffix(name, school[0]))
		}
		if u.name != "" && u.name != "无" {
			r.units = append(r.units, u)
		}
	}
}

// compareCounts compares the counts of members with those listed, and gives the students of a row to its one school.
func (w *binder) compareCounts() {
	for _, k := range w.d.Form.Kinds {
		listed, counted := 0, 0
		var at *rosterRow // the first that gives a count
		for i := range w.roster {
			r := &w.roster[i]
			if r.kind != k.ID {
				continue
			}
			listed += len(r.units)
			if r.count == "" {
				continue
			}
			if at == nil {
				at = r
			}
			n, _ := strconv.Atoi(r.count)
			counted += n
			given := slices.ContainsFunc(r.units, func(u rosterUnit) bool { return u.enrolment != "" })
			switch {
			case r.students == "" || !k.School || given:
			case n == 1 && len(r.units) == 1:
				r.units[0].enrolment = r.students
			default:
				w.lose(r.students, r.counted, fmt.Sprintf("%s的在校生数是 %d 所合计，模板要逐校填写", k.Label, n))
			}
		}
		if at != nil && counted != listed {
			w.lose(strconv.Itoa(counted), at.counted, fmt.Sprintf("%s写的数量是 %d，单位名称读出 %d 家，请核对成员名册", k.Label, counted, listed))
		}
	}
}
