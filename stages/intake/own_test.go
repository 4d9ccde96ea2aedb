package intake

import (
	"slices"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Requirement: of the program's own sheets what the program itself wrote is no data and is not told; what somebody else put there, under
// whatever name, counts as loose like on every other sheet.
func TestOwnSheets(t *testing.T) {
	words := func(sheet, cell, text string) func(f *excelize.File) error {
		return func(f *excelize.File) error {
			if index, err := f.GetSheetIndex(sheet); err == nil && index < 0 {
				if _, err := f.NewSheet(sheet); err != nil {
					return err
				}
			}
			return f.SetCellStr(sheet, cell, text)
		}
	}
	replaced := func(sheet, cell, text string) func(f *excelize.File) error {
		return func(f *excelize.File) error {
			if err := f.DeleteSheet(sheet); err != nil {
				return err
			}
			return words(sheet, cell, text)(f)
		}
	}
	// A list of findings as a return has it: a header, and rows that end with a code.
	returned := func(cell, text string) func(f *excelize.File) error {
		return func(f *excelize.File) error {
			if _, err := f.NewSheet(templates.ReturnSheet); err != nil {
				return err
			}
			for i, row := range [][]any{{"程度", "问题", templates.ReturnSaid, "代码"}, {"需核实说明", "多了一倍", "新增两个专业", "LHT-3-001"}, {"必须修改", "未填", "", "LHT-2-001"}} {
				if err := f.SetSheetRow(templates.ReturnSheet, model.CellName(i+1, 1), &row); err != nil {
					return err
				}
			}
			if err := f.SetCellStr("底稿", "A1", "新增两个专业"); err != nil { // where the quoted words stand; loose itself
				return err
			}
			return f.SetCellStr(templates.ReturnSheet, cell, text)
		}
	}
	note := templates.HiddenPrefix + "_notes"
	for what, c := range map[string]struct {
		change func(f *excelize.File) error
		want   string
	}{
		"nothing":                    {func(*excelize.File) error { return nil }, ""},
		"beside the self-check":      {words(templates.CheckSheet, "H7", "已改"), "自检!H7"},
		"over a result":              {words(templates.CheckSheet, "D5", "通过"), "自检!D5"},
		"below the self-check":       {words(templates.CheckSheet, "A900", "已改"), "自检!A900"},
		"a sheet of a hidden name":   {words(note, "A1", "藏在这里"), note + "!A1"},
		"on a calculating sheet":     {words(templates.ValueSheet, "Z900", "藏在这里"), templates.ValueSheet + "!Z900"},
		"in place of one":            {replaced(templates.RowSheet, "A1", "藏在这里"), templates.RowSheet + "!A1"},
		"beside the lists":           {words(templates.ListSheet, "Z9", "藏在这里"), templates.ListSheet + "!Z9"},
		"in place of the lists":      {replaced(templates.ListSheet, "A1", "藏在这里"), templates.ListSheet + "!A1"},
		"beside the identity":        {words(templates.MetaSheet, "A9", "藏在这里"), templates.MetaSheet + "!A9"},
		"the list of a return":       {returned("A1", "程度"), ""},
		"beside the list":            {returned("F2", "不属实"), "退回问题!F2"},
		"an answer in the list":      {returned("C3", "去年没有"), "退回问题!C3"},
		"in place of what was said":  {returned("C2", "去年没有"), "退回问题!C2"},
		"below the list of a return": {returned("A4", "此致"), "退回问题!A4"},
	} {
		w := readBytes(edit(t, edit(t, filled(), func(f *excelize.File) error { _, err := f.NewSheet("底稿"); return err }), c.change))
		mustAccept(t, w)
		var at []string
		for _, cell := range w.Loose {
			if cell.Place.Sheet != "底稿" {
				at = append(at, cell.Place.String())
			}
		}
		if got := strings.Join(at, " "); got != c.want {
			t.Errorf("%s: loose %q, want %q", what, got, c.want)
		}
		if c.want != "" && !slices.ContainsFunc(w.Notes, func(n model.Finding) bool { return n.Code == CodeLoose && n.Places[0].String() == c.want }) {
			t.Errorf("%s: not told", what)
		}
	}
}
