package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. Of each workbook alone, check says what the run of the batch says of it: same findings, cells, values; but for the rules
//     across submissions, which it names and does not judge, even where several workbooks lie together.
//  2. The JSON has stable keys in English, and every finding has a place.
//  3. Workbooks mangled as people do (rows inserted, a sheet renamed, values pasted over validation, saved by other programs)
//     have the same verdict, and the addresses that the cells have now.
//  4. Annotated copies are put beside what is there: nothing is overwritten; a sound workbook gets none.
//  5. Copies that lie beside their original, also one mended since, are no versions of it while nobody works on them.

func TestCheckAgreesWithTheRun(t *testing.T) {
	b := must.Get(batch())(t)
	across := func(code string) bool {
		rule := b.d.Rule(code)
		return rule.NeedsBatch() || rule.Check == "file" && rule.Tier() == 1 && strings.HasPrefix(code, "LHT-1-04") || rule.Check == "two_versions"
	}
	want := map[string][]string{}
	for x := range b.judgement.Findings.All() {
		if !across(x.Code) {
			want[x.Submission] = append(want[x.Submission], strings.Join([]string{x.Code, x.Sheet, x.Cell, x.Message, x.Fingerprint, x.ValueHash}, "|"))
		}
	}
	compared := 0
	for f := range b.facts.Files.All() {
		path := filepath.Join(samplesDir, filepath.FromSlash(f.Path))
		if f.Fate != model.Accepted || strings.Contains(f.Path, ".zip/") {
			continue
		}
		r, err := Check(context.Background(), Options{Definition: b.d, Inputs: []string{path}})
		if err != nil || len(r.Files) != 1 || r.Files[0].Submission == nil {
			t.Fatalf("%s: %v %+v", f.Path, err, r)
		}
		var got []string
		for _, x := range r.Files[0].Submission.Findings {
			if across(x.Code) {
				t.Errorf("%s: %s was judged of one workbook", f.Path, x.Code)
				continue
			}
			got = append(got, strings.Join([]string{x.Code, x.Places[0].Sheet, x.Places[0].Cell, x.Message, x.Fingerprint, x.ValueHash}, "|"))
		}
		if !slices.Equal(got, want[f.Submission]) {
			t.Errorf("%s: check finds\n%s\nthe run\n%s", f.Path, strings.Join(got, "\n"), strings.Join(want[f.Submission], "\n"))
		}
		compared++
	}
	if compared < 15 {
		t.Errorf("only %d workbooks compared", compared)
	}
	together := must.Get(Check(context.Background(), Options{Definition: b.d, Inputs: []string{samplesDir}}))(t)
	for _, f := range together.Files {
		if f.Submission == nil {
			continue
		}
		for _, x := range f.Submission.Findings {
			if b.d.Rule(x.Code).NeedsBatch() {
				t.Errorf("%s: %s was judged though it needs the whole batch", f.Path, x.Code)
			}
		}
	}
	if len(together.Later) != 11 {
		t.Errorf("the rules left to the run: %+v", together.Later)
	}
}

func TestCheckForPrograms(t *testing.T) {
	b := must.Get(batch())(t)
	dir := t.TempDir()
	inputs := []string{filepath.Join(samplesDir, "福州")}
	r, err := Check(context.Background(), Options{Definition: b.d, Inputs: inputs, Annotate: dir})
	if err != nil || !r.MustCorrect() {
		t.Fatal(err)
	}
	text := must.Get(json.Marshal(r))(t)
	for _, key := range regexp.MustCompile(`"([^"\\]*)":`).FindAllSubmatch(text, -1) {
		if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).Match(key[1]) {
			t.Errorf("%s is no stable English key", key[1])
		}
	}
	first := map[string][]byte{}
	for _, f := range r.Files {
		if f.Submission == nil {
			continue
		}
		if faulty := len(f.Submission.Findings) > 0; faulty != (f.Annotated != "") {
			t.Errorf("%s has %d findings, annotated copy %q %s", f.Path, len(f.Submission.Findings), f.Annotated, f.NotAnnotated)
		}
		for _, x := range f.Submission.Findings {
			if len(x.Places) == 0 || x.Cure == "" || x.Title == "" || x.Severity == "" || len(x.Fingerprint) != 16 {
				t.Errorf("not a whole finding: %+v", x)
			}
		}
		if f.Annotated != "" {
			if first[f.Annotated], err = os.ReadFile(f.Annotated); err != nil {
				t.Error(err)
			}
		}
	}
	if len(first) < 3 {
		t.Fatalf("%d copies", len(first))
	}
	if _, err := Check(context.Background(), Options{Definition: b.d, Inputs: inputs, Annotate: dir}); err != nil {
		t.Fatal(err)
	}
	for path, data := range first {
		if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%s was written over: %v", path, err)
		}
	}
	if all, _ := filepath.Glob(filepath.Join(dir, "*")); len(all) != 2*len(first) {
		t.Errorf("%d files stand there after two checks", len(all))
	}
}

func TestCopiesBesideTheirOriginal(t *testing.T) {
	b := must.Get(batch())(t)
	const original, copied = "甲.xlsx", "甲（标注）.xlsx"
	dir := t.TempDir()
	data := must.Get(os.ReadFile(filepath.Join(samplesDir, "福州", "02 福州新区电子信息产业产教联合体.xlsx")))(t) // two warnings
	must.Do(t, os.WriteFile(filepath.Join(dir, original), data, 0o644))
	set := func(name, field string, year int, cell string, value any) {
		t.Helper()
		f := must.Get(excelize.OpenFile(filepath.Join(dir, name)))(t)
		defer f.Close()
		slot := b.d.Layout().Slot(field, year)
		sheet := b.d.Layout().Area("explanations").Sheet
		if slot.Field != nil {
			sheet, cell = slot.Sheet, model.CellName(slot.Row, slot.Col)
		}
		must.Do(t, f.SetCellValue(sheet, cell, value))
		must.Do(t, f.Save())
	}
	for _, round := range []struct {
		what     string
		change   func()
		annotate string
		want     map[string]model.Fate
		warnings int32
	}{
		{"before", func() {}, dir, map[string]model.Fate{original: model.Accepted}, 2},
		{"the copy beside it", func() {}, "", map[string]model.Fate{original: model.Accepted, copied: model.Superseded}, 2},
		{"the original mended", func() { set(original, "field_engineers", 2023, "", 300) }, "", map[string]model.Fate{original: model.Accepted, copied: model.Superseded}, 1},
		{"the copy mended as well", func() { set(copied, "", 0, "C4", "属实") }, "", map[string]model.Fate{original: model.Accepted, copied: model.Rejected}, 1},
	} {
		round.change()
		r, err := Check(context.Background(), Options{Definition: b.d, Inputs: []string{dir}, Annotate: round.annotate})
		if err != nil || len(r.Files) != len(round.want) {
			t.Fatalf("%s: %v %+v", round.what, err, r)
		}
		for _, f := range r.Files {
			if f.Fate != round.want[f.Path] {
				t.Errorf("%s: %s is %s, want %s", round.what, f.Path, f.Fate, round.want[f.Path])
			}
			if s := f.Submission; s != nil && (s.Warnings != round.warnings || s.Errors != 0 && round.want[copied] != model.Rejected) {
				t.Errorf("%s: %d errors and %d warnings, want %d", round.what, s.Errors, s.Warnings, round.warnings)
			}
		}
	}
}

func TestMangledWorkbooks(t *testing.T) {
	b := must.Get(batch())(t)
	original := filepath.Join(samplesDir, "福州", "福州数字教育产教联合体.xlsx")
	faultyRoster := filepath.Join(samplesDir, "漳州", "漳州台投区食品产业产教联合体.xlsx")
	const sheet, roster, renamed, inserted = "2年度数据", "成员名册", "年度数据（改）", 3
	mangled := func(path string, edit func(f *excelize.File) error) string {
		t.Helper()
		f := must.Get(excelize.OpenFile(path))(t)
		defer f.Close()
		must.Do(t, edit(f))
		to := filepath.Join(t.TempDir(), "改过的.xlsx") // of the whole test: a case may use another's
		must.Do(t, f.SaveAs(to))
		return to
	}
	mangle := func(edit func(f *excelize.File) error) string { return mangled(original, edit) }
	openpyxl := func(t *testing.T, path string) string {
		programs.NeedPython(t, "openpyxl")
		to := filepath.Join(t.TempDir(), "另存.xlsx")
		programs.Run(t, "python3", "-W", "ignore", "-c", "import openpyxl,sys; openpyxl.load_workbook(sys.argv[1]).save(sys.argv[2])", path, to)
		return to
	}
	below := sync.OnceValue(func() string { // rows above the table, and every name moves along
		return mangle(func(f *excelize.File) error { return f.InsertRows(sheet, 2, inserted) })
	})
	same := func(p model.Place) model.Place { return p }
	moved := func(p model.Place) model.Place {
		if p.Sheet == sheet && p.Cell != "" {
			col, row, err := excelize.CellNameToCoordinates(p.Cell)
			if err != nil {
				t.Fatal(err)
			}
			p.Cell = model.CellName(row+inserted, col)
		}
		return p
	}
	columnInserted := func(p model.Place) model.Place { // in front of the roster's third
		if p.Sheet != roster {
			return p
		}
		if row, col := model.RowCol(p.Cell); col >= 3 {
			p.Cell = model.CellName(row, col+1)
		}
		p.Sheet = renamed
		return p
	}
	want := map[string][]CheckedFinding{original: findingsAt(t, b.d, original), faultyRoster: findingsAt(t, b.d, faultyRoster)}
	for _, c := range []struct {
		what string
		path func(*testing.T) string
		at   func(model.Place) model.Place
		of   string
	}{
		{"a column inserted in the roster, its sheet renamed", func(*testing.T) string {
			return mangled(faultyRoster, func(f *excelize.File) error {
				if err := f.InsertCols(roster, "C", 1); err != nil {
					return err
				}
				return f.SetSheetName(roster, renamed)
			})
		}, columnInserted, faultyRoster},
		{"rows inserted", func(*testing.T) string { return below() }, moved, original},
		{"a sheet renamed", func(*testing.T) string {
			return mangle(func(f *excelize.File) error { return f.SetSheetName(sheet, renamed) })
		}, func(p model.Place) model.Place {
			if p.Sheet == sheet {
				p.Sheet = renamed
			}
			return p
		}, original},
		{"values pasted over validation and looks", func(*testing.T) string {
			return mangle(func(f *excelize.File) error {
				plain, err := f.NewStyle(&excelize.Style{})
				if err != nil {
					return err
				}
				if err := f.DeleteDataValidation(sheet); err != nil {
					return err
				}
				return f.SetCellStyle(sheet, "D5", "H40", plain)
			})
		}, same, original},
		{"saved by openpyxl after rows were inserted", func(t *testing.T) string {
			programs.OnlyInCI(t)
			return openpyxl(t, below())
		}, moved, original},
		{"saved by LibreOffice after rows were inserted", func(t *testing.T) string {
			programs.OnlyInCI(t)
			return filepath.Join(programs.Convert(t, "xlsx", below()), "改过的.xlsx")
		}, moved, original},
	} {
		t.Run(c.what, func(t *testing.T) {
			var expected []string
			for _, x := range want[c.of] {
				expected = append(expected, x.told(c.at))
			}
			var got []string
			for _, x := range findingsAt(t, b.d, c.path(t)) {
				if !strings.HasPrefix(x.Code, "LHT-1-03") { // that the structure was altered is said besides
					got = append(got, x.told(same))
				}
			}
			if slices.Sort(got); !slices.Equal(got, sorted(expected)) {
				t.Errorf("findings\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(expected, "\n"))
			}
		})
	}
}

func sorted(s []string) []string { slices.Sort(s); return s }

// told is a finding with its cells, as they are expected to be.
func (x CheckedFinding) told(at func(model.Place) model.Place) string {
	out := x.Code + " " + x.Message
	for _, p := range x.Places {
		p = at(p)
		out += " " + p.Sheet + "!" + p.Cell
	}
	return out
}

// findingsAt checks one workbook, which has to be returned for correction.
func findingsAt(t *testing.T, d *templates.Definition, path string) []CheckedFinding {
	t.Helper()
	r, err := Check(context.Background(), Options{Definition: d, Inputs: []string{path}})
	if err != nil || len(r.Files) != 1 || r.Files[0].Submission == nil || r.Files[0].Submission.Verdict != model.Return {
		t.Fatalf("%s: %v %+v", path, err, r)
	}
	return r.Files[0].Submission.Findings
}

// Requirement: every number and date that was filled in is listed with what the filler sees, what was read and by which
// route; the raw values of a sample that were typed with words around them say which.
func TestReadingsListEveryNumber(t *testing.T) {
	b := must.Get(batch())(t)
	changed := 0
	for f := range b.facts.Forms {
		listed := map[string]CheckedReading{}
		for _, r := range readings(b.d, f) {
			listed[r.Sheet+"!"+r.Cell] = r
			if r.Raw == "" || len(r.Routes) != len(r.Rules) || (r.Value == "") == (r.Status == string(table.Normal)) {
				t.Errorf("%s: %+v", f.Submission.Submission, r)
			}
			changed += len(r.Routes)
		}
		for m := range f.Metrics {
			if _, ok := listed[m.Sheet+"!"+m.Cell]; ok == (m.Status == table.Missing) {
				t.Errorf("%s %s %d: listed %v", f.Submission.Submission, m.Indicator, m.Year, ok)
			}
		}
	}
	file := string(readingsFile([]CheckedReading{{Raw: `=SUM(A1),"x"`, Status: string(table.Invalid)}, {Raw: "-5", Value: "-5", Status: string(table.Normal)}}))
	if !strings.HasPrefix(file, "\uFEFF工作表,") || !strings.Contains(file, `"'=SUM(A1),""x"""`) || !strings.Contains(file, ",读不出,") || !strings.Contains(file, ",-5,-5,") {
		t.Errorf("written as %q", file)
	}
	if changed == 0 {
		t.Error("no value of the samples is said to be read by any route")
	}
}
