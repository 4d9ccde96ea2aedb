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
//  1. What fillers do to a workbook's shape does no harm: rows and columns inserted, sheets renamed, moved or hidden.
//  2. Where defined names are gone the labels serve, and a finding says so; where the form's identity is gone, too.
//  3. A name that no longer stands beside its label is not believed; the finding names the cell that was read.
//  4. A field that can't be found is a finding that names it; the rest is read.
//  5. Lists go on below the rows prepared in the template.
//  6. What is written outside the form is kept, counted and told; what the program wrote into a return is neither.
//  7. Other years', versions' and forms' workbooks are refused, each with its own code.

func formSheets(f *excelize.File) []string {
	return slices.DeleteFunc(f.GetSheetList(), func(s string) bool { return strings.HasPrefix(s, templates.HiddenPrefix) })
}

// slotAt gives the title of the sheet and the cell of a field in the template.
func slotAt(t *testing.T, field string, year int) (string, string) {
	t.Helper()
	slot := definition().Layout().Slot(field, year)
	if slot.Field == nil {
		t.Fatalf("no slot %s %d", field, year)
	}
	return slot.Sheet, model.CellName(slot.Row, slot.Col)
}

func forgetNames(f *excelize.File, only func(name string) bool) error {
	for _, n := range f.GetDefinedName() {
		if strings.HasPrefix(n.Name, "_xlnm") || !only(n.Name) {
			continue
		}
		if err := f.DeleteDefinedName(&excelize.DefinedName{Name: n.Name, Scope: n.Scope}); err != nil {
			return err
		}
	}
	return nil
}

func everyName(string) bool { return true }

func TestShapeDoesNoHarm(t *testing.T) {
	for what, change := range map[string]func(f *excelize.File) error{
		"rows inserted on top of every sheet": func(f *excelize.File) error {
			for _, s := range formSheets(f) {
				if err := f.InsertRows(s, 1, 3); err != nil {
					return err
				}
			}
			return nil
		},
		"a row inserted between the fields": func(f *excelize.File) error {
			for _, s := range definition().Layout().Sheets {
				if len(s.Records) > 0 { // there it would be a row of the list
					continue
				}
				if err := f.InsertRows(s.Sheet.Title, 6, 1); err != nil {
					return err
				}
			}
			return nil
		},
		"a column inserted in front": func(f *excelize.File) error {
			for _, s := range formSheets(f) {
				if err := f.InsertCols(s, "A", 1); err != nil {
					return err
				}
			}
			return nil
		},
		"sheets renamed": func(f *excelize.File) error {
			for i, s := range formSheets(f) {
				if err := f.SetSheetName(s, fmt.Sprintf("表%d", i+1)); err != nil {
					return err
				}
			}
			return nil
		},
		"the last sheet hidden and another added": func(f *excelize.File) error {
			sheets := formSheets(f)
			if err := f.SetSheetVisible(sheets[len(sheets)-1], false); err != nil {
				return err
			}
			_, err := f.NewSheet("草稿")
			return err
		},
	} {
		t.Run(what, func(t *testing.T) { sameValues(t, readBytes(edit(t, sent(), change)), 0) })
	}
}

func TestLabelsServeWhereNamesAreGone(t *testing.T) {
	bare := edit(t, sent(), func(f *excelize.File) error { return forgetNames(f, everyName) })
	w := readBytes(bare)
	sameValues(t, w, 0)
	if count(w, CodeNamesLost) != 1 {
		t.Errorf("names lost: told %d times", count(w, CodeNamesLost))
	}
	moved := edit(t, sent(), func(f *excelize.File) error {
		for _, s := range formSheets(f) {
			if err := f.InsertRows(s, 2, 2); err != nil {
				return err
			}
		}
		if err := forgetNames(f, everyName); err != nil {
			return err
		}
		return f.DeleteSheet(templates.MetaSheet)
	})
	w = readBytes(moved)
	sameValues(t, w, 0)
	if !has(w, CodeMetaLost) {
		t.Error("a workbook without the form's identity passes for an untouched one")
	}
}

func TestNamesAwayFromTheirLabelsAreNotBelieved(t *testing.T) {
	year := definition().Form.Years[0].Year
	field := definition().Form.Metrics()
	first := field[slices.IndexFunc(field, func(f *templates.Field) bool { return len(f.Years) == 5 })]
	sheet, cell := slotAt(t, first.ID, year)
	other, elsewhere := slotAt(t, first.ID, year+1)
	w := readBytes(edit(t, sent(), func(f *excelize.File) error {
		if err := forgetNames(f, func(n string) bool { return n == templates.SlotName(first.ID, year) }); err != nil {
			return err
		}
		return f.SetDefinedName(&excelize.DefinedName{Name: templates.SlotName(first.ID, year), RefersTo: fmt.Sprintf("'%s'!$%s$%s", other, strings.TrimRight(elsewhere, "0123456789"), strings.TrimLeft(elsewhere, "ABCDEFGHIJ"))})
	}))
	sameValues(t, w, 0)
	if count(w, CodeAltered) != 1 || w.Notes[0].Places[0].Cell != cell {
		t.Errorf("a misplaced name: %+v", w.Notes)
	}
	w = readBytes(edit(t, sent(), func(f *excelize.File) error { // a name that points at nothing
		if err := forgetNames(f, func(n string) bool { return n == templates.SlotName(first.ID, year) }); err != nil {
			return err
		}
		return f.SetDefinedName(&excelize.DefinedName{Name: templates.SlotName(first.ID, year), RefersTo: "#REF!"})
	}))
	sameValues(t, w, 0)
	if e := entriesOf(w)[entryKey{first.ID, year, 0}]; e.Place.Sheet != sheet || e.Place.Cell != cell {
		t.Errorf("read at %v", e.Place)
	}
}

func TestOverwrittenLabelIsTold(t *testing.T) {
	slot := definition().Layout().Slot("office_area", 0)
	label := model.CellName(slot.Row, slot.RowAnchorCols[0])
	w := readBytes(edit(t, sent(), func(f *excelize.File) error { return f.SetCellStr(slot.Sheet, label, "别的标签") }))
	sameValues(t, w, 1) // the text over the label is not the template's
	if !has(w, CodeAltered) || !has(w, CodeLoose) {
		t.Errorf("an overwritten label: %+v", w.Notes)
	}
}

func TestLostFieldIsNamed(t *testing.T) {
	slot := definition().Layout().Slot("office_area", 0)
	w := readBytes(edit(t, sent(), func(f *excelize.File) error {
		if err := f.RemoveRow(slot.Sheet, slot.Row); err != nil {
			return err
		}
		return forgetNames(f, func(n string) bool { return n == slot.Name })
	}))
	mustAccept(t, w)
	if count(w, CodeFieldLost) != 1 {
		t.Fatalf("told %d times", count(w, CodeFieldLost))
	}
	lost := w.Notes[slices.IndexFunc(w.Notes, func(n model.Finding) bool { return n.Code == CodeFieldLost })]
	if !strings.Contains(lost.Vars["detail"], slot.Field.Label) || lost.Places[0].Sheet != slot.Sheet {
		t.Errorf("told as %v at %v", lost.Vars, lost.Places)
	}
	if e := entriesOf(w)[entryKey{"staff_total", 0, 0}]; e.Raw != entriesOf(original())[entryKey{"staff_total", 0, 0}].Raw {
		t.Errorf("the field below it reads %q", e.Raw)
	}
}

func TestListsGoOn(t *testing.T) {
	area := definition().Layout().Area("members")
	below := area.LastRow + 7
	w := readBytes(edit(t, sent(), func(f *excelize.File) error {
		return f.SetCellStr(area.Sheet, model.CellName(below, area.Columns[1].Col), "名册之下的单位")
	}))
	mustAccept(t, w)
	e := entriesOf(w)[entryKey{area.Columns[1].Field.ID, 0, below - area.HeaderRow}]
	if e.Raw != "名册之下的单位" {
		t.Errorf("below the prepared rows: %q", e.Raw)
	}
	if w.CellsRead != original().CellsRead+1 {
		t.Errorf("%d cells read, want one more than %d", w.CellsRead, original().CellsRead)
	}
}

func TestSavedResultsAreComparedWithTheirFormulas(t *testing.T) {
	cell := func(row, col int, kind model.Kind, raw string) Cell {
		return Cell{Cell: model.Cell{Row: row, Col: col, Kind: kind, Raw: raw}}
	}
	sheet := &Sheet{Title: "表", Cells: []Cell{cell(1, 1, model.Number, "3"), cell(2, 1, model.Number, "4"),
		cell(3, 1, model.Text, "5"), cell(4, 1, model.Error, "#N/A")}}
	for _, c := range []struct{ formula, saved, stale string }{
		{"100+20", "999", "120"}, {"100+20", "120", ""}, {"SUM(A1:A3)", "7", ""}, {"SUM($A$1:A2)*10", "7", "70"}, {"A1+A3", "8", ""},
		{"A1*50%", "1.5", ""}, {"ROUND(A1/A2,1)", "0.7", "0.8"}, {"0.1+0.2", "0.3", ""}, {"-A2", "4", "-4"}, {"SUM(A2:A1)", "8", "7"},
		{"IF(1>2,12,2)", "12", "2"}, {"IF(AND(A1=3,A2>=4),A1,0)", "3", ""}, {"'2 另一张'!A2", "3", "4"}, {"SUM('2 另一张'!A1:A2)", "3", "7"}, {"表!A1+1", "3", "4"}, {"MOD(A2,3)", "2", "1"},
		// what it can't calculate is left alone, whoever wrote it
		{"1000000000000+1", "1000000000000", ""}, {"1000000+1", "1000000", "1000001"}, // more digits than a cell shows
		{"A4+1", "1", ""}, {"VLOOKUP(A1,B:B,1)", "1", ""}, {"'别的表'!A1", "1", ""}, {"ROUND(A1)", "1", ""}, {"ABS()", "1", ""}, {"MAX(,)", "1", ""},
		{"1/0", "1", ""}, {"SUM(A1:ZZ9999)", "1", ""}, {"((((", "1", ""}, {"A0", "1", ""}, {"A1:A2:A3", "1", ""}, {"1%%+", "1", ""}, {strings.Repeat("(", 900), "1", ""},
	} {
		b := &binder{sheets: map[*templates.SheetLayout]*Sheet{{}: sheet, {}: {Title: "2 另一张", Cells: sheet.Cells}, {}: nil}}
		b.out.Entries = []model.Entry{{Cell: model.Cell{Place: model.Place{Sheet: "表"}, Kind: model.Number, Raw: c.saved, Formula: c.formula}}}
		if b.recalculate(); b.out.Entries[0].Stale != c.stale {
			t.Errorf("=%s with %s: %q, not %q", c.formula, c.saved, b.out.Entries[0].Stale, c.stale)
		}
	}
}

// A sheet of another name with a long first column is not taken for the self-check, in which every row has a code.
func TestLongColumnsAreNoSelfCheck(t *testing.T) {
	w := readBytes(edit(t, sent(), func(f *excelize.File) error {
		if _, err := f.NewSheet("底稿"); err != nil {
			return err
		}
		for row := range len(definition().Rules) {
			if err := f.SetCellStr("底稿", model.CellName(row+1, 1), "备忘"); err != nil {
				return err
			}
		}
		return f.SetCellStr("底稿", "A2", definition().Rules[0].Code)
	}))
	sameValues(t, w, len(definition().Rules))
}

func TestOutsideTheForm(t *testing.T) {
	w := readBytes(edit(t, sent(), func(f *excelize.File) error {
		if _, err := f.NewSheet("底稿"); err != nil {
			return err
		}
		if err := f.SetCellStr("底稿", "C3", "请先看这里"); err != nil {
			return err
		}
		if _, err := f.NewSheet(templates.ReturnSheet); err != nil {
			return err
		}
		return f.SetCellStr(templates.ReturnSheet, "A1", "上一轮的问题")
	}))
	sameValues(t, w, 2)
	if firstCells(w.Loose)[0] != "底稿!C3=请先看这里" || w.CellsRead != original().CellsRead+2 {
		t.Errorf("outside the form: %v, %d cells read", w.Loose, w.CellsRead)
	}
}

// Requirement: where formulas of our own hidden sheets became values, that is one note for each sheet, not one for each cell.
func TestValuesOnHiddenSheetsAreOneNote(t *testing.T) {
	for cells, want := range map[int]int{3: 3, 4: 1, 40: 1} {
		w := readBytes(edit(t, slim(), func(f *excelize.File) error {
			if _, err := f.NewSheet(templates.RowSheet); err != nil {
				return err
			}
			for row := range cells {
				if err := f.SetCellStr(templates.RowSheet, model.CellName(row+2, 3), "通过"); err != nil {
					return err
				}
			}
			return nil
		}))
		if len(w.Loose) != cells || count(w, CodeLoose) != want {
			t.Errorf("%d cells: %d kept, %d notes", cells, len(w.Loose), count(w, CodeLoose))
		}
	}
}

func TestOtherForms(t *testing.T) {
	identity := func(key, value string) func(f *excelize.File) error {
		return func(f *excelize.File) error {
			rows, err := f.GetRows(templates.MetaSheet)
			if err != nil {
				return err
			}
			for i, row := range rows {
				if len(row) > 0 && row[0] == key {
					return f.SetCellStr(templates.MetaSheet, model.CellName(i+1, 2), value)
				}
			}
			return fmt.Errorf("no %s", key)
		}
	}
	for what, c := range map[string]struct {
		change func(f *excelize.File) error
		code   string
	}{
		"another form":    {identity(templates.MetaForm, "GZ-2020"), CodeNotTemplate},
		"another year":    {identity(templates.MetaYear, "2019"), CodeWrongYear},
		"another version": {identity(templates.MetaVersion, "99"), CodeWrongVersion},
		"an emptied form": {func(f *excelize.File) error {
			if err := forgetNames(f, everyName); err != nil {
				return err
			}
			if _, err := f.NewSheet("空"); err != nil {
				return err
			}
			for _, s := range formSheets(f) {
				if s != "空" {
					if err := f.DeleteSheet(s); err != nil {
						return err
					}
				}
			}
			return nil
		}, CodeNotTemplate},
	} {
		w := readBytes(edit(t, sent(), c.change))
		if w.File.Fate != model.Rejected || w.File.Code != c.code || w.File.Detail == "" {
			t.Errorf("%s: %s %s %q, want %s", what, w.File.Fate, w.File.Code, w.File.Detail, c.code)
		}
	}
}
