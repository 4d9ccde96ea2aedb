package blankform

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lianheti/samples/programs"
	"lianheti/templates"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. The committed template is what the definition says, byte for byte; twice rendered is the same.
//  2. Every slot and every column of a list has its defined name, pointing at its place; input cells are unlocked, all else
//     is locked, on protected sheets.
//  3. Choices offer the definition's options; numbers, dates and texts are validated, each with a prompt.
//  4. Values filled in arrive in their cells with their types; text that begins like a formula stays text.
//  5. The identity stands on a very hidden sheet; every visible sheet prints on A4, one page wide. A list prints as many rows as
//     are filled, however many those are, and few blank ones.

var update = flag.Bool("update", false, "write the committed template anew")

func load(t testing.TB) *templates.Definition {
	t.Helper()
	d, err := templates.Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func render(t testing.TB, d *templates.Definition, v Values) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Fill(&b, d, v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, data []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestTemplateIsCommitted(t *testing.T) {
	d := load(t)
	data := render(t, d, Values{})
	if !bytes.Equal(data, render(t, d, Values{})) {
		t.Error("rendered twice, the template differs")
	}
	path := filepath.Join("..", "..", "templates", "2024", FileName(d))
	if *update {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(committed, data) {
		t.Errorf("%s is not what the definition says (%v); task update", path, err)
	}
}

func TestEveryPlaceHasItsName(t *testing.T) {
	d := load(t)
	f := open(t, render(t, d, Values{}))
	refers := map[string]string{}
	for _, n := range f.GetDefinedName() {
		refers[n.Name] = strings.ReplaceAll(n.RefersTo, "$", "")
	}
	inputs := map[string]map[string]bool{}
	for _, s := range d.Layout().Sheets {
		title := s.Sheet.Title
		inputs[title] = map[string]bool{}
		for _, slot := range s.Slots {
			at := cell(slot.Row, slot.Col)
			if got := refers[slot.Name]; got != "'"+title+"'!"+at {
				t.Errorf("%s refers to %q, stands at %s!%s", slot.Name, got, title, at)
			}
			inputs[title][at] = !slot.Field.Locked
		}
		for _, area := range s.Records {
			for _, c := range area.Columns {
				want := fmt.Sprintf("'%s'!%s:%s", title, cell(area.FirstRow, c.Col), cell(area.LastRow, c.Col))
				if refers[c.Name] != want {
					t.Errorf("%s refers to %q, stands at %s", c.Name, refers[c.Name], want)
				}
				for row := area.FirstRow; row <= area.LastRow; row++ {
					inputs[title][cell(row, c.Col)] = !c.Field.Locked
				}
			}
		}
	}
	for _, s := range d.Layout().Sheets {
		for row := 1; row <= s.LastRow; row++ {
			for col := 1; col <= s.LastCol; col++ {
				at := cell(row, col)
				if merged(s, row, col) {
					continue
				}
				if locked := isLocked(t, f, s.Sheet.Title, at); locked == inputs[s.Sheet.Title][at] {
					t.Errorf("%s!%s: locked %v", s.Sheet.Title, at, locked)
				}
			}
		}
	}
}

// merged says whether a cell is inside an input's merged area but not its first.
func merged(s *templates.SheetLayout, row, col int) bool {
	return slices.ContainsFunc(s.Slots, func(x templates.Slot) bool {
		return row >= x.Row && row < x.Row+x.Rows && col >= x.Col && col < x.Col+x.Cols && (row != x.Row || col != x.Col)
	})
}

func isLocked(t *testing.T, f *excelize.File, sheet, at string) bool {
	t.Helper()
	id, err := f.GetCellStyle(sheet, at)
	if err != nil {
		t.Fatal(err)
	}
	style, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	return style.Protection == nil || style.Protection.Locked
}

func TestInputsAreValidated(t *testing.T) {
	d := load(t)
	f := open(t, render(t, d, Values{}))
	for _, s := range d.Layout().Sheets {
		rules, err := f.GetDataValidations(s.Sheet.Title)
		if err != nil {
			t.Fatal(err)
		}
		kind := map[string]*excelize.DataValidation{}
		for _, v := range rules {
			for part := range strings.FieldsSeq(v.Sqref) {
				first, last, ranged := strings.Cut(part, ":")
				if !ranged {
					last = first
				}
				col, row, err := excelize.CellNameToCoordinates(first)
				lastCol, lastRow, err2 := excelize.CellNameToCoordinates(last)
				if err != nil || err2 != nil {
					t.Fatal(err, err2)
				}
				for ; row <= lastRow; row++ {
					for c := col; c <= lastCol; c++ {
						kind[cell(row, c)] = v
					}
				}
			}
		}
		check := func(field *templates.Field, at string) {
			v := kind[at]
			if field.Locked {
				return
			}
			if v == nil {
				t.Errorf("%s has no prompt at %s", field.ID, at)
				return
			}
			if v.Prompt == nil || *v.Prompt == "" || len([]rune(*v.Prompt)) > 255 || v.PromptTitle != nil && len([]rune(*v.PromptTitle)) > 32 {
				t.Errorf("%s has no legal prompt", field.ID)
			}
			want := map[templates.FieldType]string{templates.ChoiceField: "list", templates.ConfirmField: "list", templates.ProseField: "custom"}[field.Type]
			if field.Limit == 0 && field.Type == templates.ProseField {
				want = ""
			}
			if want != "" && v.Type != want {
				t.Errorf("%s is validated as %q, want %q", field.ID, v.Type, want)
			}
			if field.Numeric() && v.Type == "" {
				t.Errorf("%s takes anything", field.ID)
			}
		}
		for _, slot := range s.Slots {
			check(slot.Field, cell(slot.Row, slot.Col))
		}
		for _, area := range s.Records {
			for _, c := range area.Columns {
				check(c.Field, cell(area.FirstRow, c.Col))
			}
		}
	}
}

func TestValuesArrive(t *testing.T) {
	d := load(t)
	n := decimal.RequireFromString("12.5")
	f := open(t, render(t, d, Values{
		Fields: map[templates.Ref]Value{
			{Field: "lead_school"}:                 {Text: "=1+1"},
			{Field: "filled_on"}:                   {Date: "2024-08-01"},
			{Field: "funding_total", Year: 2024}:   {Number: &n},
			{Field: "employment_rate", Year: 2023}: {Number: &n, Format: "0.00%"},
			{Field: "four_new_text", Year: 2022}:   {Text: "一\n二"},
		},
		Records: map[string][]map[string]Value{"members": {{"members_name": {Text: "样例学校"}}}},
		Parent:  "abc",
	}))
	for name, want := range map[string]string{"lead_school": "=1+1", "filled_on": "45505", "funding_total_2024": "12.5", "four_new_text_2022": "一\n二"} {
		sheet, at := where(t, f, name)
		if got, err := f.GetCellValue(sheet, at, excelize.Options{RawCellValue: true}); err != nil || got != want {
			t.Errorf("%s holds %q (%v), want %q", name, got, err, want)
		}
		if formula, _ := f.GetCellFormula(sheet, at); formula != "" {
			t.Errorf("%s became a formula", name)
		}
	}
	if got, _ := f.GetCellValue(templates.MetaSheet, "B4"); got != "abc" {
		t.Errorf("the parent is %q", got)
	}
	if visible, _ := f.GetSheetVisible(templates.MetaSheet); visible {
		t.Error("the identity can be seen")
	}
}

func where(t *testing.T, f *excelize.File, name string) (sheet, at string) {
	t.Helper()
	for _, n := range f.GetDefinedName() {
		if n.Name == name {
			sheet, at, _ = strings.Cut(strings.ReplaceAll(n.RefersTo, "$", ""), "!")
			return strings.Trim(sheet, "'"), at
		}
	}
	t.Fatalf("no name %s", name)
	return "", ""
}

func TestSheetsPrintOnA4(t *testing.T) {
	d := load(t)
	f := open(t, render(t, d, Values{}))
	for _, s := range d.Layout().Sheets {
		page, err := f.GetPageLayout(s.Sheet.Title)
		if err != nil {
			t.Fatal(err)
		}
		if page.Size == nil || *page.Size != 9 || page.FitToWidth == nil || *page.FitToWidth != 1 {
			t.Errorf("%s: %+v", s.Sheet.Title, page)
		}
		if p, err := f.GetSheetProtection(s.Sheet.Title); err != nil || p.SelectUnlockedCells == false && p.Password != "" {
			t.Errorf("%s: %+v %v", s.Sheet.Title, p, err)
		}
	}
}

func TestListsPrintAsFarAsTheyAreFilled(t *testing.T) {
	d := load(t)
	area := d.Layout().Area("members")
	v := Values{Records: map[string][]map[string]Value{}}
	for i := range openRows + 20 {
		v.Records["members"] = append(v.Records["members"], map[string]Value{"members_name": {Text: fmt.Sprintf("第%d家", i+1)}})
	}
	data := render(t, d, v)
	f := open(t, data)
	for _, n := range f.GetDefinedName() {
		if n.Name == "_xlnm.Print_Area" && n.Scope == area.Sheet {
			t.Errorf("what is filled in beyond %s is not printed", n.RefersTo)
		}
	}
	for row, shown := range map[int]bool{area.FirstRow: true, area.FirstRow + openRows - 1: true, area.FirstRow + openRows: false, area.LastRow: false} {
		id, err := f.GetCellStyle(area.Sheet, cell(row, 1))
		if err != nil {
			t.Fatal(err)
		}
		if style, err := f.GetStyle(id); err != nil || (len(style.Border) > 0 || style.Fill.Pattern != 0) != shown {
			t.Errorf("row %d: %v, want it shown: %v (%v)", row, style, shown, err)
		}
	}
	path := filepath.Join(t.TempDir(), "a.xlsx")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	programs.Need(t, "pdftotext", "-v")
	text := programs.Run(t, "pdftotext", "-layout", filepath.Join(programs.Convert(t, "pdf", path), "a.pdf"), "-")
	last, pages := fmt.Sprintf("第%d家", openRows+20), 0
	for page := range strings.SplitSeq(text, "\f") {
		if strings.Contains(page, d.Form.Note("members")) && strings.Contains(page, area.Sheet) {
			pages++
		}
	}
	if !strings.Contains(text, last) || pages != 2 {
		t.Errorf("the list prints on %d pages, %s among them: %v", pages, last, strings.Contains(text, last))
	}
}

// What to do is written for any cell that a rule may be about: none of it waits for a value that only a finding has.
func TestSelfCheckSaysWhatToDo(t *testing.T) {
	rows, err := open(t, render(t, load(t), Values{})).GetRows(templates.CheckSheet)
	if err != nil || len(rows) < 50 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	for i, row := range rows {
		if words := strings.Join(row, " "); strings.Contains(words, "（无）") || strings.Contains(words, "{") {
			t.Errorf("row %d: %s", i+1, words)
		}
	}
}

// What the dependent dropdowns offer, as a spreadsheet program calculates it: the consortia of the prefecture chosen, the park
// of the consortium chosen.
func TestDependentDropdownsOfferWhatFits(t *testing.T) {
	d := load(t)
	entry := d.Directory.Entries[6] // the one with two names, each with its park
	pair := entry.Pairs()[1]
	f := open(t, render(t, d, Values{Fields: map[templates.Ref]Value{{Field: "city"}: {Text: entry.City}, {Field: "consortium"}: {Text: pair.Consortium}}}))
	const offers, most = "offers", 30
	if _, err := f.NewSheet(offers); err != nil {
		t.Fatal(err)
	}
	for column, field := range []string{"consortium", "park"} {
		list := ""
		slot := d.Layout().Slot(field, 0)
		validations, err := f.GetDataValidations(slot.Sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range validations {
			if v.Sqref == cell(slot.Row, slot.Col) {
				list = v.Formula1
			}
		}
		if !strings.HasPrefix(list, "OFFSET(") {
			t.Fatalf("%s offers %q", field, list)
		}
		for row := 1; row <= most; row++ {
			if err := f.SetCellFormula(offers, cell(row, column+1), fmt.Sprintf(`IFERROR(INDEX(%s,%d),"")`, list, row)); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "a.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(programs.Convert(t, "xlsx", path), "a.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	columns, err := open(t, data).GetCols(offers)
	if err != nil {
		t.Fatal(err)
	}
	var consortia []string
	for _, e := range d.Directory.Entries {
		for _, p := range e.Pairs() {
			if e.City == entry.City {
				consortia = append(consortia, p.Consortium)
			}
		}
	}
	for i, want := range [][]string{consortia, {pair.Park}} {
		got := slices.DeleteFunc(slices.Clone(columns[i]), func(s string) bool { return s == "" })
		if !slices.Equal(got, want) {
			t.Errorf("offered %v, want %v", got, want)
		}
	}
}
