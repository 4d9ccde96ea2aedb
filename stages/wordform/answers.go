package wordform

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// readLines reads a cell with several printed items: the pledge, the prefecture's opinion.
func (w *formReader) readLines(cell *templates.PaperCell, words string, place model.Place) {
	var value *templates.PaperItem
	var dates []templates.Ref
	labels := map[string]bool{} // key -> whether it labels the value; otherwise a signature
	for _, item := range cell.Lines {
		switch {
		case item.Value != "":
			value = item
		case item.Hand && item.Label != "":
			dates = append(dates, templates.Ref{Field: item.Label})
		case len([]rune(w.d.Wording(*item))) > 30:
			before, after, _ := cutWording(words, w.d.Wording(*item))
			words = before + "\n" + after
		default:
			labels[text.NameKey(w.d.Wording(*item))] = false
		}
	}
	if value != nil {
		for _, item := range cell.Lines {
			if item.Label == value.Refs[0].Field {
				labels[text.NameKey(w.d.Wording(*item))] = true
			}
		}
	}
	var rest []string
	for line := range strings.SplitSeq(words, "\n") {
		line = strings.TrimSpace(line)
		if found := handDate.FindString(line); found != "" && text.NameKey(found) == text.NameKey(line) && len(dates) > 0 {
			w.setValues(dates[:1], found, place)
			continue
		}
		labelled, remains := false, line
		for key, ofValue := range labels {
			if after, ok := cutPrefix(line, key); ok {
				labelled, remains = true, table.Either(ofValue, after, "")
				if !ofValue && strings.Trim(after, " \t　:：_＿年月日") != "" {
					w.addUnplaced(line, place, "签字、盖章以纸质版为准，不进模板")
				}
			}
		}
		switch {
		case strings.Trim(text.NameKey(remains), "年月日_") == "":
		case value != nil:
			rest = append(rest, remains)
		case !labelled:
			w.addUnplaced(line, place, "这一格只印承诺、签字和盖章处")
		}
	}
	if value != nil && len(rest) > 0 {
		w.setValues(value.Refs, strings.Join(rest, "\n"), place)
	}
}

// cutPrefix removes a label, given by its key, from the beginning of a line, whatever spaces are in it.
func cutPrefix(line, key string) (rest string, ok bool) {
	left := key
	for i, r := range line {
		if left == "" {
			return strings.TrimSpace(line[i:]), key != ""
		}
		if left, ok = strings.CutPrefix(left, text.NameKey(string(r))); !ok {
			return line, false
		}
	}
	return "", left == "" && key != ""
}

// cutWording removes a printed text from a text, whatever spaces and line breaks are in it.
func cutWording(text, wording string) (before, after string, ok bool) {
	squeeze := func(s string) []rune { return []rune(strings.Join(strings.Fields(s), "")) }
	want, runes := squeeze(wording), []rune(text)
	var dense []rune
	var where []int // of each dense rune, in runes
	for i, r := range runes {
		if !unicode.IsSpace(r) {
			dense, where = append(dense, r), append(where, i)
		}
	}
	at := strings.Index(string(dense), string(want))
	if at < 0 || len(want) == 0 {
		return text, "", false
	}
	from := len([]rune(string(dense)[:at]))
	return string(runes[:where[from]]), string(runes[where[from+len(want)-1]+1:]), true
}

func (w *formReader) readParagraph(words string, section int, place model.Place) {
	if section < 0 {
		for _, id := range w.d.Paper().Cover {
			f := w.d.Field(id)
			if rest, ok := cutPrefix(words, text.NameKey(f.PaperLabel())); ok {
				w.setValues(w.d.Paper().CoverItem(id).Refs, strings.Trim(rest, " \t　:：_＿"), place)
				return
			}
		}
	}
	w.readUnlabelled(words, "", section, place)
}

// readUnlabelled takes a text without a label, for a section without labels or as unplaced. head: the first in its
// row.
func (w *formReader) readUnlabelled(words, head string, section int, place model.Place) {
	if strings.TrimSpace(words) == "" || w.ownTexts[text.NameKey(words)] || w.ownTexts[labelKey(words)] {
		return
	}
	key := text.NameKey(words)
	for i, s := range w.d.Paper().Sections {
		cell := unlabelledCell(s)
		if cell == nil {
			continue
		}
		for _, item := range cell.Items() { // a printed limit or declaration tells the section, whatever the heading is
			if own := text.NameKey(w.d.Wording(*item)); own != "" && strings.Contains(key, own) {
				section = i
			}
		}
	}
	if section >= 0 && unlabelledCell(w.d.Paper().Sections[section]) != nil {
		w.unlabelledTexts[section] = append(w.unlabelledTexts[section], textCell(words, place))
		return
	}
	row := table.Either(head != "", "（所在行："+head+"）", "")
	w.addUnplaced(words, place, "认不出是哪个栏目的内容"+row)
}

// unlabelledCell returns the cell of a section that consists of a single cell without label; nil: it has others.
func unlabelledCell(s *templates.PaperSection) *templates.PaperCell {
	if len(s.Tables) == 1 && len(s.Tables[0].Rows) == 1 && len(s.Tables[0].Rows[0]) == 1 {
		return s.Tables[0].Rows[0][0]
	}
	return nil
}

// readSection reads a section without labels: its text, and whether its declaration was ticked.
func (w *formReader) readSection(i int, s *templates.PaperSection) {
	cell, free := unlabelledCell(s), w.unlabelledTexts[i]
	if cell == nil || len(free) == 0 {
		return
	}
	text := strings.Join(table.Each(free, func(c model.Cell) string { return c.Raw }), "\n")
	for _, item := range cell.Items() {
		if item.Declare == "" {
			continue
		}
		before, after, printed := cutWording(text, w.d.Wording(*item))
		if !printed {
			continue
		}
		mark := ""
		if m := tickBefore.FindStringSubmatch(before); m != nil {
			mark, before = m[1], strings.TrimSuffix(before, m[0])
		} else if m := tickAfter.FindStringSubmatch(after); m != nil {
			mark, after = m[1], strings.TrimPrefix(after, m[0])
		}
		if mark == "" {
			w.addUnplaced(w.d.Wording(*item), free[0].Place, fmt.Sprintf("Word 版照印了这一句，没有勾选；请在模板中选“%s”或“%s”",
				w.d.Form.Confirm.Checked, w.d.Form.Confirm.Unchecked))
		} else {
			w.setValues(item.Refs, mark, free[0].Place)
		}
		text = before + after
	}
	for _, item := range cell.Items() {
		if item.Value != "" {
			w.setValues(item.Refs, strings.TrimSpace(text), free[0].Place)
		}
	}
}

// rosterRow is what one table row says about the members of a kind.
type rosterRow struct {
	kind            string
	row             int
	count, students string
	counted         model.Place // place of count and students
	units           []rosterUnit
}

type rosterUnit struct {
	name, enrolment string
	place           model.Place
}

// readFurtherUnits reads a row that continues the list of members above: some people add a row for each unit.
func (w *formReader) readFurtherUnits(t *docTable, row []docCell) bool {
	if w.lastRow == nil || w.lastRow.table != t {
		return false
	}
	counts, names, kind := -1, -1, ""
	for i, slot := range w.lastRow.match.slots {
		switch at := w.lastRow.match.cells[i][0].col; {
		case slot.Cell.Count != "":
			counts = at
		case slot.Cell.Names != "":
			names, kind = at, slot.Cell.Names
		}
	}
	if kind == "" {
		return false
	}
	var count, name []docCell
	for _, c := range row {
		switch {
		case c.continued || c.text == "":
		case c.col >= names:
			name = append(name, c)
		case c.col >= counts:
			count = append(count, c)
		case labelKey(c.text) != labelKey(w.d.Form.Kind(kind).Label): // another kind, which the form does not have
			return false
		}
	}
	if len(name) == 0 {
		return false
	}
	for _, c := range count {
		w.readCount(kind, c.row, c.text, w.placeOf(t, c))
	}
	for _, c := range name {
		w.readNames(kind, c.row, c.text, w.placeOf(t, c))
	}
	return true
}

func (w *formReader) rosterRow(kind string, row int) *rosterRow {
	if n := len(w.roster); n == 0 || w.roster[n-1].kind != kind || w.roster[n-1].row != row {
		w.roster = append(w.roster, rosterRow{kind: kind, row: row})
	}
	return &w.roster[len(w.roster)-1]
}

// readCount reads the number of members, and of students.
func (w *formReader) readCount(kind string, row int, words string, place model.Place) {
	m := countCell.FindStringSubmatch(strings.ReplaceAll(text.NameKey(words), "，", ","))
	if m == nil {
		w.addUnplaced(words, place, "读不出数量")
		return
	}
	w.textsRead++
	u := w.rosterRow(kind, row)
	u.count, u.students, u.counted = strings.ReplaceAll(m[1], ",", ""), strings.ReplaceAll(m[2], ",", ""), place
}

// readNames splits the names of members at punctuation and line breaks, but not inside brackets.
func (w *formReader) readNames(kind string, row int, text string, place model.Place) {
	w.textsRead++
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
		name = strings.TrimSpace(etcSuffix.ReplaceAllString(listNumber.ReplaceAllString(name, ""), ""))
		u := rosterUnit{name: name, place: place}
		if school := enrolmentSuffix.FindStringSubmatch(name); school != nil {
			u.enrolment, u.name = school[1], strings.TrimSpace(strings.TrimSuffix(name, school[0]))
		}
		if u.name != "" && u.name != "无" {
			r.units = append(r.units, u)
		}
	}
}

// compareCounts compares member counts with the members listed, and gives the students of a row to its one school.
func (w *formReader) compareCounts() {
	for _, k := range w.d.Form.Kinds {
		listed, counted := 0, 0
		var at *rosterRow // the first with a count
		for i := range w.roster {
			r := &w.roster[i]
			if r.kind != k.ID {
				continue
			}
			listed += len(r.units)
			if r.count == "" {
				continue
			}
			at = cmp.Or(at, r)
			n, _ := strconv.Atoi(r.count)
			counted += n
			given := slices.ContainsFunc(r.units, func(u rosterUnit) bool { return u.enrolment != "" })
			switch {
			case r.students == "" || !k.School || given:
			case n == 1 && len(r.units) == 1:
				r.units[0].enrolment = r.students
			default:
				w.addUnplaced(r.students, r.counted, fmt.Sprintf("%s的在校生数是 %d 所合计，模板要逐校填写", k.Label, n))
			}
		}
		if at != nil && counted != listed {
			w.addUnplaced(strconv.Itoa(counted), at.counted,
				fmt.Sprintf("%s写的数量是 %d，单位名称读出 %d 家，请核对成员名册", k.Label, counted, listed))
		}
	}
}
