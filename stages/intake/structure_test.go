package intake

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. What has one cause is told once, with every cell: a block sorted, a header retyped, a column or a sheet deleted.
//  2. What is told keeps the fields it is about, wherever the cells move: an explanation given once stays in force.
//  3. A list is found by its headers where its names stay behind or its columns are moved; its columns are told with their headers.
//  4. A second sheet of the same shape is told once, as a matter to explain; its cells are kept.
//  5. A formula that nobody computed is not blank.

// noteOf is the only note of a code.
func noteOf(t *testing.T, w model.Workbook, code string) model.Finding {
	t.Helper()
	if count(w, code) != 1 {
		t.Fatalf("%s is told %d times: %+v", code, count(w, code), w.Notes)
	}
	return w.Notes[slices.IndexFunc(w.Notes, func(n model.Finding) bool { return n.Code == code })]
}

// yearTable is the sheet with a row for each metric: its first and last slots.
func yearTable() (title string, slots []templates.Slot) {
	for _, sheet := range definition().Layout().Sheets {
		for _, slot := range sheet.Slots {
			if slot.Header != "" {
				title, slots = sheet.Sheet.Title, append(slots, slot)
			}
		}
	}
	return title, slots
}

func TestOneCauseIsToldOnce(t *testing.T) {
	title, slots := yearTable()
	first, last := slots[0], slots[len(slots)-1]
	var columns []int
	for _, slot := range slots {
		if !slices.Contains(columns, slot.Col) {
			columns = append(columns, slot.Col)
		}
	}
	rows := len(slots) / len(columns)
	for _, c := range []struct {
		what   string
		change func(f *excelize.File) error
		code   string
		cells  int
		detail string
		loose  int
		values bool
	}{
		{"a block turned upside down, names left where they were", func(f *excelize.File) error {
			for top, bottom := first.Row, last.Row; top < bottom; top, bottom = top+1, bottom-1 {
				for col := first.RowAnchorCols[0]; col <= last.Col; col++ {
					a, b := model.CellName(top, col), model.CellName(bottom, col)
					x, _ := f.GetCellValue(title, a, excelize.Options{RawCellValue: true})
					y, _ := f.GetCellValue(title, b, excelize.Options{RawCellValue: true})
					if err := set(f, title, a, y); err != nil {
						return err
					}
					if err := set(f, title, b, x); err != nil {
						return err
					}
				}
			}
			return nil
		}, CodeAltered, len(slots) - len(columns), fmt.Sprintf("等%d项", rows-1), 0, true}, // the middle row stands where it stood
		{"a year retyped", func(f *excelize.File) error {
			return f.SetCellValue(title, model.CellName(first.Row-2, first.Col), first.Year)
		}, CodeAltered, rows, first.Header, 1, true},
		{"a label retyped", func(f *excelize.File) error {
			return f.SetCellValue(title, model.CellName(first.Row, first.RowAnchorCols[0]), "另写的栏目名")
		}, CodeAltered, len(columns), "现在是“另写的栏目名”", 1, true},
		{"a year's column deleted", func(f *excelize.File) error {
			return f.RemoveCol(title, strings.TrimRight(model.CellName(1, last.Col), "1"))
		}, CodeFieldLost, 1, last.Header, 0, false},
		{"a sheet deleted", func(f *excelize.File) error {
			sheet := definition().Layout().Slot("team_awards", 0)
			return f.DeleteSheet(sheet.Sheet)
		}, CodeFieldLost, 1, "整张表", 0, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := readBytes(edit(t, filled(), c.change))
			if c.values {
				sameValues(t, w, c.loose)
			}
			mustAccept(t, w)
			n := noteOf(t, w, c.code)
			if len(n.Places) != c.cells || !strings.Contains(n.Vars["detail"], c.detail) || len(n.Fields) == 0 {
				t.Errorf("%d places, %q, of %v", len(n.Places), n.Vars["detail"], n.Fields)
			}
			for _, e := range w.Entries {
				if c.code == CodeAltered && slices.Contains(n.Places, e.Place) && !slices.Contains(n.Fields, e.Field) {
					t.Errorf("%s of %s is marked and not named", e.Place, e.Field)
				}
			}
		})
	}
}

// set writes a number as a number.
func set(f *excelize.File, sheet, cell, value string) error {
	var n float64
	if _, err := fmt.Sscanf(value, "%g", &n); err == nil && strings.Trim(value, "0123456789.-") == "" {
		return f.SetCellValue(sheet, cell, n)
	}
	return f.SetCellStr(sheet, cell, value)
}

func TestListsAreFoundByTheirHeaders(t *testing.T) {
	area := definition().Layout().Area("members")
	title := area.Sheet
	headers := func(w model.Workbook) (out []string) {
		for _, c := range w.Columns {
			if strings.HasPrefix(c.Field, "members_") {
				out = append(out, c.Place.Sheet+"!"+c.Place.Cell)
			}
		}
		return out
	}
	at := func(row int, cols ...int) (out []string) {
		for _, col := range cols {
			out = append(out, title+"!"+model.CellName(row, col))
		}
		return out
	}
	namesAt := func(f *excelize.File, down int) error { // where they were before the rows were inserted
		if err := forgetNames(f, func(n string) bool { return strings.HasPrefix(n, "members_") }); err != nil {
			return err
		}
		for _, c := range area.Columns {
			letter := strings.TrimRight(model.CellName(1, c.Col), "1")
			refers := fmt.Sprintf("'%s'!$%s$%d:$%s$%d", title, letter, area.FirstRow+down, letter, area.LastRow+down)
			if err := f.SetDefinedName(&excelize.DefinedName{Name: c.Name, RefersTo: refers}); err != nil {
				return err
			}
		}
		return nil
	}
	for _, c := range []struct {
		what    string
		change  func(f *excelize.File) error
		want    []string
		altered int
	}{
		{"as they were", func(*excelize.File) error { return nil }, at(area.HeaderRow, 1, 2, 3, 4), 0},
		{"a column inserted between", func(f *excelize.File) error { return f.InsertCols(title, "C", 1) }, at(area.HeaderRow, 1, 2, 4, 5), 0},
		{"rows inserted above, the names left behind", func(f *excelize.File) error {
			if err := f.InsertRows(title, 1, 3); err != nil {
				return err
			}
			return namesAt(f, 0)
		}, at(area.HeaderRow+3, 1, 2, 3, 4), 1},
		{"the headers again in the middle, for printing", func(f *excelize.File) error {
			for _, col := range area.Columns {
				text, _ := f.GetCellValue(title, model.CellName(area.HeaderRow, col.Col))
				if err := f.SetCellStr(title, model.CellName(area.FirstRow+50, col.Col), text); err != nil {
					return err
				}
			}
			return nil
		}, at(area.HeaderRow, 1, 2, 3, 4), 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := readBytes(edit(t, filled(), c.change))
			sameValues(t, w, 0)
			if got := headers(w); !slices.Equal(got, c.want) || count(w, CodeAltered) != c.altered {
				t.Errorf("headers at %v, want %v; told %+v", got, c.want, w.Notes)
			}
		})
	}
}

func TestCopiesOfSheetsAreTold(t *testing.T) {
	title, _ := yearTable()
	w := readBytes(edit(t, filled(), func(f *excelize.File) error {
		from, err := f.GetSheetIndex(title)
		if err != nil {
			return err
		}
		to, err := f.NewSheet(title + " (2)")
		if err != nil {
			return err
		}
		return f.CopySheet(from, to)
	}))
	sameValues(t, w, -1)
	if n := noteOf(t, w, CodeAltered); n.Places[0].Sheet != title+" (2)" || has(w, CodeLoose) || len(w.Loose) < 150 {
		t.Errorf("told as %+v, %d cells kept, told singly: %v", n, len(w.Loose), has(w, CodeLoose))
	}
}

func TestFormulasThatNobodyComputedAreNotBlank(t *testing.T) {
	sheet, cell := slotAt(t, "staff_total", 0)
	w := readBytes(edit(t, filled(), func(f *excelize.File) error {
		if err := f.SetCellValue(sheet, cell, nil); err != nil {
			return err
		}
		return f.SetCellFormula(sheet, cell, "12*3")
	}))
	mustAccept(t, w)
	if e := entriesOf(w)[entryKey{"staff_total", 0, 0}]; !e.Filled || e.Kind != model.Uncomputed || e.Raw != "=12*3" {
		t.Errorf("read as %+v", e)
	}
	if w.CellsRead != original().CellsRead {
		t.Errorf("%d cells read, want %d", w.CellsRead, original().CellsRead)
	}
}

// Requirements
//  1. What a filler wrote in a note is said with its cell, without the author's name that programs put before it; what a returned copy wrote
//     there is not.

func TestWordsInNotes(t *testing.T) {
	ours := model.NoteBegin + "省教育厅\n【必须修改】…\n" + model.NoteEnd
	for note, want := range map[string]string{ours: "", "王某:\n已核实": "已核实", "已核实": "已核实", ours + "\n已改": "已改", "已改\n" + ours + "\n属实": "已改\n属实",
		"[Threaded comment]\n\nYour version of Excel allows you to read this.\n\nComment:\n    属实": "属实"} {
		if got := commentText(note, "王某"); got != want {
			t.Errorf("%q: %q, want %q", note, got, want)
		}
	}
	data := edit(t, sent(), func(f *excelize.File) error {
		for cell, words := range map[string]string{"F14": "试点到期", "F15": ours} {
			if err := f.AddComment("2年度数据", excelize.Comment{Cell: cell, Author: "王某", Text: words}); err != nil {
				return err
			}
		}
		return nil
	})
	book, refusal := open(data, "")
	if refusal != nil {
		t.Fatal(refusal)
	}
	sheet := book.Sheet("2年度数据")
	if len(sheet.comments) != 1 || sheet.comments[0] != (comment{"F14", "试点到期"}) {
		t.Errorf("%+v", sheet.comments)
	}
}

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
		"the list moved to the right": {func(f *excelize.File) error {
			return errors.Join(returned("A1", "程度")(f), f.InsertCols(templates.ReturnSheet, "A", 2))
		}, ""},
		"in front of the list": {func(f *excelize.File) error {
			return errors.Join(returned("A1", "程度")(f), f.InsertCols(templates.ReturnSheet, "A", 2), f.SetCellStr(templates.ReturnSheet, "B2", "不属实"))
		}, "退回问题!B2"},
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
