package marking

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
)

// Requirements
//  1. Points, rows and the expert's number in the hidden index are those that were sent: by its digest, and by the locked words beside each
//     cell, should somebody have made the digest anew or claim to have a workbook of before it.
//  2. It is told whose workbook was issued under another rubric than the one in force, where the workbook says so.
//  3. A mark is what the expert saw: 85% is 85, where full marks are 100; a date is none, and 0.9 is no mark out of 100. A cell that shows
//     another number than it holds, or one crossed out, has none.
//  4. An expert of a member's is one under every name of it, also among several units; no unit, or words in its place, can't be held
//     against the members.
//  5. What else than 是 or 否 stands in the cell of recusal is told, and no mark counts before it is clear.
//  6. What stands beside a mark, right of the columns to fill in, is told with it.
//  7. Marks that all lie in the lowest tenth are likely out of 10, not of 100.

func TestTheIndexIsWhatWasSent(t *testing.T) {
	d := definition(t)
	facts := &table.Facts{Definition: d, Submissions: table.Of([]table.Submission{{Submission: "2024-01", SHA256: "abc"}}), Members: table.Of([]table.Member{})}
	points := ExpertPoints(d.Rubric())
	cell := func(use string, col int, to string) func(rows [][]string) {
		return func(rows [][]string) {
			for _, row := range rows {
				if row[0] == use {
					row[col] = to
				}
			}
		}
	}
	for what, change := range map[string]func(rows [][]string){
		"nothing": nil, "the point of a mark": cell(markUse, 5, points[1].ID), "the row of a mark": cell(markUse, 2, "6"), "its column": cell(markUse, 3, "9"),
		"whose it is": func(rows [][]string) { rows[0][4] = "E2" }, "the submission": cell(markUse, 4, "2024-02"), "the row of a comment": cell(commentUse, 2, "9"),
	} {
		for _, how := range []string{"left", "dropped", "made anew"} {
			lines := withIndex(written(d), func(rows [][]string) [][]string {
				if change != nil {
					change(rows)
				}
				last := len(rows) - 1
				switch how {
				case "dropped":
					return rows[:last]
				case "made anew":
					rows[last][1] = digestRows(rows[:last])
				}
				return rows
			})
			m := Read(facts, []Returned{{File: model.File{Path: "甲.xlsx", Fate: model.Accepted}, Cells: cellsOf(lines)}})
			if row := m.Files.Row(0); (row.Fate == model.Accepted) != (change == nil && how != "dropped") || row.Fate != model.Accepted && row.Code != CodeAltered {
				t.Errorf("%s, the digest %s: %s %s %s", what, how, row.Fate, row.Code, row.Reason)
			}
		}
	}
}

func TestTheRubricIsThatOfTheIssue(t *testing.T) {
	d := definition(t)
	facts := &table.Facts{Definition: d, Submissions: table.Of([]table.Submission{{Submission: "2024-01", SHA256: "abc"}}), Members: table.Of([]table.Member{})}
	for rubric, told := range map[string]bool{"": false, rubricHash(d): false, "another": true} {
		lines := withIndex(written(d), func(rows [][]string) [][]string {
			rows[0] = append(append(rows[0], make([]string, 10)...)[:9], rubric)
			rows[len(rows)-1][1] = digestRows(rows[:len(rows)-1])
			return rows
		})
		m := Read(facts, []Returned{{File: model.File{Path: "甲.xlsx", Fate: model.Accepted}, Cells: cellsOf(lines)}})
		if m.Files.Row(0).Fate != model.Accepted || (len(m.Earlier) == 1) != told || rubricHash(d) == "" {
			t.Errorf("issued under %q: %s, %v", rubric, m.Files.Row(0).Reason, m.Earlier)
		}
	}
}

// withIndex changes the rows of the index in a workbook that is written as lines.
func withIndex(lines string, change func(rows [][]string) [][]string) string {
	var rows [][]string
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
		if !strings.HasPrefix(line, indexSheet+"\t") {
			fmt.Fprintln(&b, line)
		}
	}
	for _, c := range cellsOf(lines) {
		if c.Place.Sheet == indexSheet {
			rows = putCell(rows, c)
		}
	}
	for i, row := range change(rows) {
		for k, words := range row {
			fmt.Fprintf(&b, "%s\t%d\t%d\t%s\n", indexSheet, i+1, k+1, words)
		}
	}
	return b.String()
}

func TestAMarkIsWhatTheExpertSaw(t *testing.T) {
	for _, c := range []struct {
		raw, shown string
		date       bool
		most       float64
		want       string
	}{
		{"85", "85", false, 100, "85"}, {"0.85", "85%", false, 100, "85 noted"}, {"85", "85%", false, 100, "85 noted"}, {"84.6", "85", false, 100, "84.6"},
		{"0.05", "5%", false, 10, "none"}, {"45000", "2023-03-15", true, 100, "none"}, {"优", "优", false, 100, "none"}, {"８５", "８５", false, 100, "85"},
		{"85分", "85分", false, 100, "85"}, {"85", "85分", false, 100, "85"}, {"5", "85", false, 100, "none"}, {"85", "", false, 100, "none"}, {"85", "8.5", false, 100, "none"},
		{"1_0", "1_0", false, 100, "none"}, {"80-85", "80-85", false, 100, "none"},
	} {
		v, note, ok := displayedNumber(model.Cell{Kind: model.Number, Raw: c.raw, Shown: c.shown, IsDate: c.date}, c.most)
		got := strings.TrimSpace(fmt.Sprint(v) + map[bool]string{true: " noted"}[note != ""])
		if !ok {
			got = "none"
		}
		if got != c.want {
			t.Errorf("%s shown as %s: %s, want %s", c.raw, c.shown, got, c.want)
		}
	}
	if v, _, ok := displayedNumber(model.Cell{Kind: model.Number, Raw: "85", Shown: "85", Struck: "85"}, 100); ok {
		t.Errorf("crossed out: %v", v)
	}
}

func TestRecusalIsClear(t *testing.T) {
	d := definition(t)
	facts := &table.Facts{Definition: d, Submissions: table.Of([]table.Submission{{Submission: "2024-01", SHA256: "abc"}}), Members: table.Of([]table.Member{})}
	for said, want := range map[string]string{"": table.MarkCounted, "否": table.MarkCounted, "是 ": table.MarkConflict, "回避": table.MarkInvalid, "√": table.MarkInvalid} {
		lines := written(d) + fmt.Sprintf("一\t3\t1\t%s\n", said)
		m := Read(facts, []Returned{{File: model.File{Path: "甲.xlsx", Fate: model.Accepted}, Cells: cellsOf(lines)}})
		if mark := m.Marks.Row(0); mark.Status != want || want == table.MarkInvalid && (mark.Value.Valid || !strings.Contains(mark.Note, said)) {
			t.Errorf("%q: %+v, want %s", said, mark, want)
		}
	}
}

func TestWordsBesideAMarkAreTold(t *testing.T) {
	d := definition(t)
	facts := &table.Facts{Definition: d, Submissions: table.Of([]table.Submission{{Submission: "2024-01", SHA256: "abc"}}), Members: table.Of([]table.Member{})}
	lines := written(d) + fmt.Sprintf("一\t5\t%d\t改为70\n", colComment+2)
	m := Read(facts, []Returned{{File: model.File{Path: "甲.xlsx", Fate: model.Accepted}, Cells: cellsOf(lines)}})
	if mark := m.Marks.Row(0); !strings.Contains(mark.Note, "写有“改为70”，没有读") || strings.Contains(m.Marks.Row(1).Note, "改为70") {
		t.Errorf("%+v", mark)
	}
}

func TestNoUnitIsNoUnit(t *testing.T) {
	d := definition(t)
	facts := &table.Facts{Definition: d, Submissions: table.Of([]table.Submission{{Submission: "2024-01", SHA256: "abc"}}), Members: table.Of([]table.Member{})}
	for _, unit := range []string{"无", "/", "保密", "同上", "详见附件"} {
		lines := strings.Replace(written(d), "样例学院", unit, 1)
		m := Read(facts, []Returned{{File: model.File{Path: "甲.xlsx", Fate: model.Accepted}, Cells: cellsOf(lines)}})
		if file := m.Files.Row(0); file.Code != CodeNoUnit || !strings.Contains(file.Reason, unit) || m.Marks.Len() != 0 {
			t.Errorf("%s: %+v", unit, file)
		}
	}
}

func TestMarksOutOfTen(t *testing.T) {
	for marks, invalid := range map[string]int{"7 8 9.5": 3, "7 8 85": 0, "0 0 0": 0, "7 8": 0, "10 10 10": 3} {
		b := &workbook{}
		for _, v := range strings.Fields(marks) {
			n, _ := strconv.ParseFloat(v, 64)
			b.marks = append(b.marks, table.Mark{Kind: table.MarkPoint, Status: table.MarkCounted, Value: table.Some(n)})
		}
		b.marks = append(b.marks, table.Mark{Kind: table.MarkPoint, Status: table.MarkConflict, Value: table.Some(90.0)}, table.Mark{Kind: table.MarkDeduction, Status: table.MarkCounted, Value: table.Some(2.0)})
		b.doubtScale(100)
		got := 0
		for _, m := range b.marks {
			if m.Status == table.MarkInvalid && !m.Value.Valid && strings.Contains(m.Note, "10分制") {
				got++
			}
		}
		if got != invalid {
			t.Errorf("%s: %d invalid, want %d", marks, got, invalid)
		}
	}
}

func TestFractionIsNoMark(t *testing.T) {
	d := definition(t)
	for raw, want := range map[string]string{"0.9": table.MarkInvalid, "0": table.MarkCounted, "1": table.MarkCounted, "90": table.MarkCounted} {
		m := table.Mark{Kind: table.MarkPoint, Status: table.MarkCounted}
		(&workbook{}).readValue(d, &m, model.Cell{Kind: model.Number, Raw: raw, Shown: raw, Filled: true})
		if m.Status != want || m.Value.Valid != (want == table.MarkCounted) {
			t.Errorf("%s: %+v, want %s", raw, m, want)
		}
	}
}

func TestExpertOfAMemberUnderEveryName(t *testing.T) {
	d, form := definition(t), &table.Form{}
	for _, name := range []string{"东侨新能源职业技术学院", "盛科动力电池有限公司", "宁德市教育局"} {
		form.Members = append(form.Members, table.Member{Name: name, NameKey: text.NameKey(name)})
	}
	for unit, want := range map[string]bool{
		"东侨新能源职业技术学院": true, "东侨新能源职业技术学院信息系": true, "东侨新能源职院": true, "东侨新能源职业学院继续教育学院": true,
		"盛科动力电池（集团）股份有限公司": true, "盛科动力电池有限公司研发中心": true, "盛和动力电池有限公司": false, "福州大学、东侨新能源职院": true, "原东侨新能源职业技术学院": true, "福建省东侨新能源职业技术学院信息系": true, "福州大学": false, "": false,
	} {
		if got := isMemberUnit(d, unit, form); got != want {
			t.Errorf("%s: member %v, want %v", unit, got, want)
		}
	}
}
