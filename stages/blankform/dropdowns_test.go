package blankform

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lianheti/samples/programs"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// What the dependent dropdowns offer, as a spreadsheet program calculates it: the consortia of the prefecture chosen, the park
// of the consortium chosen.
func TestDependentDropdownsOfferWhatFits(t *testing.T) {
	d, err := templates.Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	entry := d.Directory.Entries[6] // the one with two names, each with its park
	pair := entry.Pairs()[1]
	var b bytes.Buffer
	if err := Fill(&b, d, Values{Fields: map[templates.Ref]Value{{Field: "city"}: {Text: entry.City}, {Field: "consortium"}: {Text: pair.Consortium}}}); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const offers, most = "offers", 30
	if _, err := f.NewSheet(offers); err != nil {
		t.Fatal(err)
	}
	for column, field := range []string{"consortium", "park"} {
		list := ""
		sheet, slot, _ := d.Layout().Slot(field, 0)
		validations, err := f.GetDataValidations(sheet.Sheet.Title)
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
	calculated, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer calculated.Close()
	columns, err := calculated.GetCols(offers)
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
