package wordform

import (
	"fmt"
	"strings"
	"unicode"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// lines reads a cell in which several things are printed: the pledge, the prefecture's opinion.
func (w *binder) lines(cell *templates.PaperCell, words string, place model.Place) {
	var value *templates.PaperItem
	var dates []templates.Ref
	labels := map[string]bool{} // what stands before a signature -> false, before the value -> true
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
			w.set(dates[:1], found, place)
			continue
		}
		own, remains := false, line
		for key, ofValue := range labels {
			if after, ok := cutPrefix(line, key); ok {
				own, remains = true, after
				if !ofValue && strings.Trim(after, " \t　:：_＿年月日") != "" {
					w.lose(line, place, "签字、盖章以纸质版为准，不进模板")
				}
				if !ofValue {
					remains = ""
				}
			}
		}
		switch {
		case strings.Trim(text.NameKey(remains), "年月日_") == "":
		case value != nil:
			rest = append(rest, remains)
		case !own:
			w.lose(line, place, "这一格只印承诺、签字和盖章处")
		}
	}
	if value != nil && len(rest) > 0 {
		w.set(value.Refs, strings.Join(rest, "\n"), place)
	}
}

// cutPrefix takes a label off the beginning of a line, whatever blanks stand in it.
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

// cutWording takes words of the form out of a text, whatever blanks and line ends stand in them.
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

// paragraph takes a text between the tables.
func (w *binder) paragraph(words string, section int, place model.Place) {
	if section < 0 {
		for _, id := range w.d.Paper.Cover {
			f := w.d.Field(id)
			if rest, ok := cutPrefix(words, text.NameKey(f.PaperLabel())); ok {
				w.set(w.d.Paper.Answer(id).Refs, strings.Trim(rest, " \t　:：_＿"), place)
				return
			}
		}
	}
	w.leftover(words, "", section, place)
}

// leftover takes a text that answers no label; head is what its row begins with, where it stands in one.
func (w *binder) leftover(words, head string, section int, place model.Place) {
	if strings.TrimSpace(words) == "" || w.wordings[text.NameKey(words)] || w.wordings[labelKey(words)] {
		return
	}
	key := text.NameKey(words)
	for i, s := range w.d.Paper.Sections {
		cell := unlabelled(s)
		if cell == nil {
			continue
		}
		for _, item := range cell.Items() { // its limit or declaration says where it belongs, whatever heading stands above
			if own := text.NameKey(w.d.Wording(*item)); own != "" && strings.Contains(key, own) {
				section = i
			}
		}
	}
	if section >= 0 && unlabelled(w.d.Paper.Sections[section]) != nil {
		w.free[section] = append(w.free[section], freeText{words, place})
		return
	}
	why := "认不出是哪个栏目的内容"
	if head != "" {
		why += "（所在行：" + head + "）"
	}
	w.lose(words, place, why)
}

// unlabelled gives the one cell of a section in which people write without a label beside it; nil where there is none.
func unlabelled(s *templates.PaperSection) *templates.PaperCell {
	if len(s.Tables) == 1 && len(s.Tables[0].Rows) == 1 && len(s.Tables[0].Rows[0]) == 1 {
		return s.Tables[0].Rows[0][0]
	}
	return nil
}

// section reads what was written in a section without labels: its text, and whether its declaration was confirmed.
func (w *binder) section(i int, s *templates.PaperSection) {
	cell, free := unlabelled(s), w.free[i]
	if cell == nil || len(free) == 0 {
		return
	}
	text := strings.Join(table.Each(free, func(f freeText) string { return f.text }), "\n")
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
			w.lose(w.d.Wording(*item), free[0].place, fmt.Sprintf("Word 版照印了这一句，没有勾选；请在模板中选“%s”或“%s”",
				w.d.Form.Confirm.Checked, w.d.Form.Confirm.Unchecked))
		} else {
			w.set(item.Refs, mark, free[0].place)
		}
		text = before + after
	}
	for _, item := range cell.Items() {
		if item.Value != "" {
			w.set(item.Refs, strings.TrimSpace(text), free[0].place)
		}
	}
}
