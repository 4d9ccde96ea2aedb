package intake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lianheti/samples/programs"
	"lianheti/stages/blankform"
)

// Requirements
//  1. A workbook that another program opened and saved again reads the same: LibreOffice, openpyxl, SheetJS.
//  2. A blank template that another program filled reads as it was filled.

const resaveWithOpenpyxl = `
import sys, openpyxl
openpyxl.load_workbook(sys.argv[1]).save(sys.argv[2])
`

const resaveWithSheetJS = `
const xlsx = require("xlsx"), [, from, to] = process.argv
xlsx.writeFile(xlsx.readFile(from, {cellNF: true, cellDates: false}), to)
`

// fillWithOpenpyxl puts the number of its turn into every named input cell that is alone, and a text into the first list.
const fillWithOpenpyxl = `
import sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
for i, (name, defined) in enumerate(sorted(book.defined_names.items())):
    for sheet, cell in defined.destinations:
        if ":" not in cell and not name.startswith("_"):
            book[sheet][cell.replace("$", "")] = i + 1
book.save(sys.argv[2])
`

func onDiskCopy(t *testing.T, data []byte) (from, to string) {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, map[string][]byte{"原件.xlsx": data})
	return filepath.Join(dir, "原件.xlsx"), filepath.Join(dir, "另存.xlsx")
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSavedByLibreOffice(t *testing.T) {
	from, _ := onDiskCopy(t, filled())
	out := programs.Convert(t, "xlsx", from)
	sameValues(t, readBytes(readFile(t, filepath.Join(out, "原件.xlsx"))), 0)
}

func TestSavedByOpenpyxl(t *testing.T) {
	programs.NeedPython(t, "openpyxl")
	from, to := onDiskCopy(t, filled())
	programs.Run(t, "python3", "-c", resaveWithOpenpyxl, from, to)
	sameValues(t, readBytes(readFile(t, to)), 0)
}

func TestSavedBySheetJS(t *testing.T) {
	programs.NeedNode(t, "xlsx")
	v := values() // SheetJS takes a text like _x0041_ for the escape of a letter
	for ref, value := range v.Fields {
		v.Fields[ref] = blankform.Value{Text: strings.ReplaceAll(value.Text, "_x000D_", ""), Number: value.Number, Date: value.Date}
	}
	for _, rows := range v.Records {
		for _, row := range rows {
			for id, value := range row {
				row[id] = blankform.Value{Text: strings.ReplaceAll(value.Text, "_x000D_", ""), Number: value.Number, Date: value.Date}
			}
		}
	}
	data := render1(v)
	from, to := onDiskCopy(t, data)
	programs.Run(t, "node", "-e", resaveWithSheetJS, from, to)
	sameAs(t, readBytes(readFile(t, to)), readBytes(data), 0)
}

func TestFilledByOpenpyxl(t *testing.T) {
	programs.NeedPython(t, "openpyxl")
	blank, err := filepath.Glob("../../templates/2024/福建*.xlsx")
	if err != nil || len(blank) == 0 {
		t.Fatalf("no committed template: %v", err)
	}
	_, to := onDiskCopy(t, nil)
	programs.Run(t, "python3", "-c", fillWithOpenpyxl, blank[0], to)
	w := readBytes(readFile(t, to))
	mustAccept(t, w)
	seen := map[string]string{}
	for _, e := range w.Entries {
		if e.Record > 0 {
			continue
		}
		if e.Raw == "" {
			t.Errorf("%s %d arrives blank", e.Field, e.Year)
		}
		if other, twice := seen[e.Raw]; twice {
			t.Errorf("%s and %s both read %s", e.Field, other, e.Raw)
		}
		seen[e.Raw] = e.Field
	}
	if len(w.Loose) != 0 {
		t.Errorf("outside the form: %v", firstCells(w.Loose))
	}
}
