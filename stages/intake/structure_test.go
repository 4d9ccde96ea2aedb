package intake

import (
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
			sheet, _, _ := definition().Layout().Slot("team_awards", 0)
			return f.DeleteSheet(sheet.Sheet.Title)
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
	layout, area, _ := definition().Layout().Area("members")
	title := layout.Sheet.Title
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
