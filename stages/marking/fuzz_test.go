package marking

// Requirements
//  1. Whatever comes back as a marking workbook, reading it ends with one fate for each file and its cells accounted for; a mark counts only
//     inside its scale, and none comes of a file that is refused.
//  2. Neither a phone nor the expert's name is in anything that was made of it.

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

const (
	fuzzPhone = "13900005678"
	fuzzName  = "欧阳若涵"
)

// written is a marking workbook as lines of sheet, cell and text: an index for one submission and what an expert might fill in.
func written(d *templates.Definition) string {
	sheet, point := "一", ExpertPoints(d.Rubric())[0].ID
	x := &index{form: formID(d), batch: d.Directory.Batch, version: version, expert: "E1", name: fuzzName, scale: d.Rubric().Experts.Scale.String(), maxDeduction: d.Rubric().Experts.Deduction.String(),
		sources: map[string]string{"2024-01": "abc"}, order: []string{"2024-01"},
		regions: []region{{coverSheet, 3, 3, digest([]lockedCell{{1, 1, "单位"}, {2, 1, normalizeText(expertLabel + "E1")}})},
			{sheet, 9, 9, digest([]lockedCell{{2, 1, "2024-01；福州"}, {5, colPoint, normalizeText(point)}, {6, colPoint, normalizeText(point)}})}},
		slots: []slot{{unitUse, cellRef{coverSheet, 1, 2}, "", ""}, {recuseUse, cellRef{sheet, 3, 1}, "2024-01", ""}, {markUse, cellRef{sheet, 5, colMark}, "2024-01", point},
			{commentUse, cellRef{sheet, 5, colComment}, "2024-01", point}, {deductUse, cellRef{sheet, 6, colMark}, "2024-01", point}, {vetoUse, cellRef{sheet, 7, 1}, "2024-01", ""}, {formulaUse, cellRef{sheet, 8, 1}, "", ""}}}
	var b strings.Builder
	for i, row := range x.rows() {
		for j, text := range row {
			fmt.Fprintf(&b, "%s\t%d\t%d\t%s\n", indexSheet, i+1, j+1, text)
		}
	}
	fmt.Fprintf(&b, "%s\t1\t1\t单位\n%s\t1\t2\t样例学院\n%s\t2\t1\t%sE1\n", coverSheet, coverSheet, coverSheet, expertLabel)
	fmt.Fprintf(&b, "%s\t2\t1\t2024-01；福州\n%s\t5\t%d\t%s\n%s\t6\t%d\t%s\n", sheet, sheet, colPoint, point, sheet, colPoint, point)
	fmt.Fprintf(&b, "%s\t5\t%d\t88\n%s\t5\t%d\t%s说%s\n%s\t6\t%d\t5\n%s\t7\t1\t否\n", sheet, colMark, sheet, colComment, fuzzName, fuzzPhone, sheet, colMark, sheet)
	return b.String()
}

// cellsOf reads lines of sheet, row, column and text; a text that is a number is one every other time.
func cellsOf(lines string) (cells []model.Cell) {
	seen := map[string]bool{}
	for i, line := range strings.Split(lines, "\n") {
		f := strings.SplitN(line, "\t", 4)
		if len(f) < 4 || strings.TrimSpace(f[3]) == "" {
			continue
		}
		row, err1 := strconv.Atoi(f[1])
		col, err2 := strconv.Atoi(f[2])
		at := strings.Join(f[:3], "\t")
		if err1 != nil || err2 != nil || row < 1 || row > 2000 || col < 1 || col > 16384 || seen[at] {
			continue
		}
		seen[at] = true
		c := model.Cell{Place: model.Place{Sheet: f[0], Cell: model.CellName(row, col)}, Row: row, Col: col, Raw: f[3], Shown: f[3], Kind: model.Text, Filled: true}
		if _, err := strconv.ParseFloat(f[3], 64); err == nil && i%2 == 0 {
			c.Kind = model.Number
		}
		cells = append(cells, c)
	}
	return cells
}

func FuzzMarks(f *testing.F) {
	d, err := templates.Load(2024)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(written(d), "")
	f.Add(written(d), written(d))
	f.Add(strings.ReplaceAll(written(d), "88", "1e9"), "x\t1\t1\ty")
	f.Add(strings.ReplaceAll(written(d), "样例学院", ""), written(d)+"表\t9\t9\t"+fuzzPhone)
	facts := &table.Facts{Definition: d, Submissions: table.Of([]table.Submission{{Submission: "2024-01", SHA256: "abc"}}),
		Members: table.Of([]table.Member{{Submission: "2024-01", NameKey: text.NameKey("样例学院")}})}
	f.Fuzz(func(t *testing.T, first, second string) {
		returned := []Returned{{File: model.File{Path: "甲.xlsx", Fate: model.Accepted}, Cells: cellsOf(first)}, {File: model.File{Path: "乙.xlsx", Fate: model.Accepted}, Cells: cellsOf(second)}}
		m := Read(facts, returned)
		if m.Files.Len() != len(returned) {
			t.Fatalf("%d files of %d", m.Files.Len(), len(returned))
		}
		accepted := map[string]bool{}
		for row := range m.Files.All() {
			accepted[row.Path] = row.Fate == model.Accepted
			if row.CellsUsed < 0 || row.CellsUsed+row.CellsOther != row.CellsRead || row.Fate != model.Accepted && (d.Rule(row.Code) == nil || row.Reason == "") {
				t.Errorf("%+v", row)
			}
			if said := row.Reason + row.Cure; strings.Contains(said, fuzzPhone) && text.Mask(fuzzPhone+" ") != fuzzPhone+" " && text.Mask(said) != said {
				t.Errorf("a phone in %q", said)
			}
		}
		for mark := range m.Marks.All() {
			most := d.Rubric().Experts.Scale
			if mark.Kind == table.MarkDeduction {
				most = d.Rubric().Experts.Deduction
			}
			if !accepted[mark.File] || mark.Status == table.MarkCounted && mark.Kind != table.MarkVeto && !(mark.Value.V >= 0 && mark.Value.V <= most.InexactFloat64()) {
				t.Errorf("%+v", mark)
			}
			if said := mark.Comment + mark.Note; text.Mask(said) != said {
				t.Errorf("a phone in %q", said)
			}
		}
	})
}
