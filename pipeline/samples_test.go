package pipeline

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"
	"lianheti/samples"
	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/blankform"
	"lianheti/stages/check"
	"lianheti/stages/consolidate"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Requirements
//  1. A run over the samples finds exactly what was planted in them, and records every change in reading.
//  2. The committed samples are what the fixtures say.
//  3. Every file has one fate, and every filled cell of an accepted workbook, counted by another reader, is accounted for.
//  4. Tables and the provincial workbook say what they said before (goldens); formulas give the values beside them.
//  5. Names and phones stand on one sheet of the provincial workbook and in the returned copies, nowhere else.
//  6. A run that is interrupted leaves nothing behind.

var update = flag.Bool("update", false, "write the goldens anew")

const samplesDir = "../samples/2024"

// batch is the samples, read and checked once for all tests.
var batch = sync.OnceValues(func() (b struct {
	d         *templates.Definition
	fixtures  []samples.Fixture
	extras    []samples.Extra
	facts     *table.Facts
	judgement *table.Judgement
}, err error) {
	if b.d, err = templates.Load(2024); err != nil {
		return b, err
	}
	if b.fixtures, b.extras, err = samples.Load(os.DirFS("../samples/fixtures/2024")); err != nil {
		return b, err
	}
	sources, err := intake.Discover([]string{samplesDir})
	if err != nil {
		return b, err
	}
	facts, err := read(context.Background(), sources, Options{Definition: b.d}, normalize.Workbook)
	if err != nil {
		return b, err
	}
	b.facts = facts[0]
	b.judgement, err = check.Run(b.facts, check.Known{})
	return b, err
})

// published is a run over the samples, done once for all tests that look at it.
var published = sync.OnceValues(func() (string, error) {
	d, err := templates.Load(2024)
	if err != nil {
		return "", err
	}
	if publishedIn, err = os.MkdirTemp("", "lianheti"); err != nil {
		return "", err
	}
	r, err := Run(context.Background(), Options{Definition: d, Inputs: []string{samplesDir}, Out: publishedIn})
	if err != nil {
		return "", err
	}
	return r.Dir, nil
})

var publishedIn string // where it is; empty: no test has looked

func TestMain(m *testing.M) {
	code := m.Run()
	if publishedIn != "" {
		_ = os.RemoveAll(publishedIn)
	}
	os.Exit(code)
}

func TestSamplesFindExactlyWhatWasPlanted(t *testing.T) {
	b := must.Get(batch())(t)
	accepted := map[string]string{} // file -> submission
	for f := range b.facts.Files.All() {
		if f.Fate == model.Accepted {
			accepted[f.Path] = f.Submission
		}
	}
	var found []table.Finding
	for x := range b.judgement.Findings.All() {
		found = append(found, x)
	}
	for _, f := range b.fixtures {
		submission, ok := accepted[strings.ReplaceAll(f.File, "!", "/")]
		if copied := slices.IndexFunc(b.extras, func(e samples.Extra) bool { return e.Kind == "copy" && e.Of == f.File }); !ok && copied >= 0 {
			submission, ok = accepted[b.extras[copied].File], true
		}
		if !ok {
			continue // a later version took its place
		}
		for _, x := range f.Defects {
			switch {
			case x.Rule != "":
				i := slices.IndexFunc(found, func(y table.Finding) bool { return planted(b.d, x, submission, y) })
				if i < 0 {
					t.Errorf("%s: %s at %s %d was planted and not found", f.File, x.Rule, x.Field, x.Year)
					continue
				}
				found = slices.Delete(found, i, i+1)
			case x.Kind != "":
				if !coerced(b.facts, x, submission) {
					t.Errorf("%s: no %s recorded for %s %d", f.File, x.Kind, x.Field, x.Year)
				}
			}
		}
	}
	for _, e := range b.extras {
		if e.Kind == "pdf" {
			found = slices.DeleteFunc(found, func(y table.Finding) bool { return y.File == e.File && y.Rule == "file_not_workbook" })
		}
	}
	for _, y := range found {
		t.Errorf("%s %s (%s %s %d) was found and not planted: %s", y.Submission, y.Rule, y.Fields, y.Cell, y.Year.V, y.Message)
	}
}

// planted says whether a finding is the one that a defect must give.
func planted(d *templates.Definition, x samples.Defect, submission string, y table.Finding) bool {
	if y.Rule != x.Rule || y.Submission != submission || y.Year.Valid && x.Year != 0 && int(y.Year.V) != x.Year {
		return false
	}
	fields := strings.Fields(y.Fields)
	if len(fields) > 0 && !slices.ContainsFunc(fields, func(f string) bool { return f == x.Field || strings.HasPrefix(f, x.Field+"_") }) {
		return false
	}
	if x.Row == 0 {
		return true
	}
	area := d.Layout().Area("members")
	digits := fmt.Sprint(area.FirstRow + x.Row - 1)
	return slices.ContainsFunc(strings.Split(y.Places, "; "), func(p string) bool {
		return strings.TrimLeft(p[strings.LastIndex(p, "!")+1:], "ABCDEFGHIJ") == digits
	})
}

func coerced(facts *table.Facts, x samples.Defect, submission string) bool {
	for c := range facts.Coercions.All() {
		if c.Submission == submission && c.Field == x.Field && c.Kind == x.Kind && (x.Year == 0 || int(c.Year.V) == x.Year) {
			return true
		}
	}
	return x.Field == "consortium" && x.Kind == "choice"
}

func TestSamplesAreCurrent(t *testing.T) {
	b := must.Get(batch())(t)
	files := must.Get(samples.Files(b.d, b.fixtures, b.extras))(t)
	files["README.md"] = must.Get(samples.Readme(b.d, b.fixtures, b.extras))(t)
	err := fs.WalkDir(os.DirFS(samplesDir), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(samplesDir, path))
		if want, ok := files[path]; !ok || !bytes.Equal(data, want) {
			t.Errorf("%s is not what the fixtures say; go run ./samples/make", path)
		}
		delete(files, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range files {
		t.Errorf("%s is missing; go run ./samples/make", path)
	}
}

func TestEveryFilledCellIsAccounted(t *testing.T) {
	b := must.Get(batch())(t)
	var blank bytes.Buffer
	must.Do(t, blankform.Template(&blank, b.d))
	own := filled(t, blank.Bytes())
	used := usedCells(b.facts)
	checked, least, every := 0, 5, 3 // excelize takes its time with each; in CI all are counted
	if programs.InCI() {
		least, every = 15, 1
	}
	for i, f := range slices.Collect(b.facts.Files.All()) {
		if f.Fate != model.Accepted || strings.Contains(f.Path, ".zip/") || i%every != 0 {
			continue
		}
		data := must.Get(os.ReadFile(filepath.Join(samplesDir, filepath.FromSlash(f.Path))))(t)
		count := 0
		for at, value := range filled(t, data) {
			if own[at] == value || own[at] != "" || strings.HasPrefix(at, templates.CheckSheet+"!") { // the template's texts, and its formulas with other results
				continue
			}
			count++
			if !used[[2]string{f.Submission, at}] {
				t.Errorf("%s: %s (%q) is in no table", f.Path, at, value)
			}
		}
		if count != int(f.CellsRead) || f.CellsRead != f.CellsUsed+f.CellsOther {
			t.Errorf("%s: %d cells are filled, %d were read, %d used and %d explained", f.Path, count, f.CellsRead, f.CellsUsed, f.CellsOther)
		}
		checked++
	}
	if checked < least {
		t.Errorf("only %d workbooks were counted", checked)
	}
}

// filled gives the non-empty cells of the visible sheets by sheet!cell, as excelize reads them.
func filled(t *testing.T, data []byte) map[string]string {
	t.Helper()
	f := must.Get(excelize.OpenReader(bytes.NewReader(data)))(t)
	defer f.Close()
	out := map[string]string{}
	for _, sheet := range f.GetSheetList() {
		if strings.HasPrefix(sheet, templates.HiddenPrefix) {
			continue
		}
		rows := must.Get(f.GetRows(sheet, excelize.Options{RawCellValue: true}))(t)
		for r, row := range rows {
			for c, value := range row {
				if strings.TrimSpace(value) != "" {
					out[sheet+"!"+model.CellName(r+1, c+1)] = value
				}
			}
		}
	}
	return out
}

// usedCells gives the cells that tables name, by submission and sheet!cell; a row of a list names its first.
func usedCells(f *table.Facts) map[[2]string]bool {
	out := map[[2]string]bool{}
	add := func(submission, sheet, cell string) { out[[2]string{submission, sheet + "!" + cell}] = true }
	row := func(submission, sheet, cell string) {
		digits := strings.TrimLeft(cell, "ABCDEFGHIJ")
		for _, column := range "ABCDEF" {
			add(submission, sheet, string(column)+digits)
		}
	}
	for x := range f.Figures.All() {
		add(x.Submission, x.Sheet, x.Cell)
	}
	for x := range f.Metrics.All() {
		add(x.Submission, x.Sheet, x.Cell)
	}
	for x := range f.Texts.All() {
		add(x.Submission, x.Sheet, x.Cell)
	}
	for x := range f.Members.All() {
		row(x.Submission, x.Sheet, x.Cell)
	}
	for x := range f.Materials.All() {
		row(x.Submission, x.Sheet, x.Cell)
	}
	for x := range f.Verifications.All() {
		row(x.Submission, x.Sheet, x.Cell)
	}
	for x := range f.Explanations.All() {
		row(x.Submission, x.Sheet, x.Cell)
	}
	for x := range f.Loose.All() {
		add(x.Submission, x.Sheet, x.Cell)
	}
	return out
}

// golden compares a text with the committed one.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		must.Do(t, os.MkdirAll("testdata", 0o755))
		must.Do(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want := must.Get(os.ReadFile(path))(t)
	a, b := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(a), len(b)) {
		x, y := "", ""
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			t.Errorf("%s, line %d (of %d, %d):\n got %s\nwant %s\nIf that is meant: go test ./pipeline -update", name, i+1, len(a), len(b), x, y)
			return
		}
	}
}

func TestFindingsGolden(t *testing.T) {
	b := must.Get(batch())(t)
	var out strings.Builder
	for x := range b.judgement.Findings.All() {
		fmt.Fprintln(&out, strings.Join([]string{x.Code, string(x.Severity), x.Submission, x.Fields, x.Places, x.Raw, x.Message, x.Fingerprint}, "\t"))
	}
	golden(t, "findings.tsv", out.String())
}

var dataRoot = regexp.MustCompile(`（data_root）[0-9a-f]{64}`)

func TestProvincialWorkbookGolden(t *testing.T) {
	dir := must.Get(published())(t)
	for name, sheets := range map[string][]string{consolidate.FileName: {"总览", "排名", "观测点得分", "申报与地市"}, consolidate.AppendixFile: {"经费", "地市汇总", "未报清单", "文件清单"}} {
		for _, sheet := range sheets {
			goldenSheet(t, filepath.Join(dir, name), sheet, sheet+".tsv")
		}
	}
}

// goldenSheet holds what a sheet says to a file, hashes left out that are others after any change of the definition.
func goldenSheet(t *testing.T, path, sheet, name string) {
	t.Helper()
	f := must.Get(excelize.OpenFile(path))(t)
	defer f.Close()
	rows := must.Get(f.GetRows(sheet))(t)
	var out strings.Builder
	for _, row := range rows {
		fmt.Fprintln(&out, strings.ReplaceAll(strings.Join(row, "\t"), "\n", "⏎"))
	}
	golden(t, name, dataRoot.ReplaceAllString(out.String(), "（data_root）…"))
}

func TestPersonalDataStandsInOnePlace(t *testing.T) {
	b := must.Get(batch())(t)
	dir := must.Get(published())(t)
	secrets := map[string]bool{}
	for c := range b.facts.Contacts.All() {
		secrets[c.Text] = true
	}
	if len(secrets) < 50 {
		t.Fatalf("only %d contacts", len(secrets))
	}
	seen := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		texts, err := textsOf(path)
		if err != nil {
			return err
		}
		for place, words := range texts {
			for s := range secrets {
				if !strings.Contains(words, s) {
					continue
				}
				if place != "联系人" {
					t.Errorf("%s (%s) holds what belongs to 联系人 only", filepath.Base(path), place)
				}
				seen++
			}
			if place == "联系人" || filepath.Ext(path) != ".xlsx" {
				continue
			}
			words = strings.ReplaceAll(words, b.d.Directory.Addressee.Email, "") // the Department's own, for everybody
			if text.Mask(words) != words {
				t.Errorf("%s (%s) holds something like a phone or an identity number", filepath.Base(path), place)
			}
		}
		return nil
	})
	if err != nil || seen < 50 {
		t.Errorf("%d found at all: %v", seen, err)
	}
}

// textsOf gives what a published file says, a workbook by sheet; the annotated copies are the submitters' own and left out.
func textsOf(path string) (map[string]string, error) {
	if filepath.Ext(path) != ".xlsx" {
		data, err := os.ReadFile(path)
		return map[string]string{"": string(data)}, err
	}
	out := map[string]string{}
	if !slices.Contains([]string{consolidate.FileName, consolidate.AppendixFile, consolidate.ContactsFile, "问题清单.xlsx"}, filepath.Base(path)) {
		return out, nil
	}
	f, err := excelize.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			return nil, err
		}
		var b strings.Builder
		for _, row := range rows {
			for _, c := range row {
				if len(c) != 64 && len(c) != 16 { // hashes hold digits in a row by chance
					b.WriteString(c + "\n格\n") // two numbers in two cells are no phone
				}
			}
		}
		out[sheet] = b.String()
	}
	return out, nil
}

func TestInterruptedRunLeavesNothing(t *testing.T) {
	b := must.Get(batch())(t)
	out := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Run(ctx, Options{Definition: b.d, Inputs: []string{samplesDir}, Out: out, Progress: func(_ string, done, _ int) {
		if done == 5 {
			cancel()
		}
	}})
	if err == nil {
		t.Error("the run went on")
	}
	left, err := filepath.Glob(filepath.Join(out, "*"))
	if err != nil || !slices.Equal(left, []string{filepath.Join(out, ".2024.lock")}) {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// put writes a file below a folder that need not be there yet.
func put(t *testing.T, dir, name, text string) {
	t.Helper()
	must.Do(t, os.MkdirAll(dir, 0o755))
	must.Do(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
}
