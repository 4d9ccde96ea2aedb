package consolidate

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"lianheti/samples/must"
	"lianheti/stages/check"
	"lianheti/stages/intake"
	"lianheti/stages/normalize"
	"lianheti/stages/office/book"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. The sheets are those of the definition that have something to say, in its order, at most twelve in the officers' book; every plain
//     one has a frozen header and is a table named as its id; personal data has a book of its own.
//  2. A formula's value beside it is what the formula gives.
//  3. What begins like a formula stays text.
//  4. Every figure that was read stands in the workbooks, and every finding leads somewhere.
//  5. The same input gives the same bytes.
//  6. An empty batch makes a workbook too, and so does one beyond the columns of 规则执行.
//  7. A definition that asks for what the program has not is refused, with file and line.

// made is the workbooks of the samples, written once.
var made = sync.OnceValues(func() (m struct {
	in    Input
	books map[string][]byte
}, err error) {
	m.in, err = input("../../samples/2024")
	if err != nil {
		return m, err
	}
	m.in.Returns = map[string]string{"2024-04": "退回/福州/甲.xlsx"}
	m.books, err = booksOf(m.in)
	return m, err
})

// booksOf keeps in memory what Books writes.
func booksOf(in Input) (map[string][]byte, error) {
	made, out := map[string]*memory{}, map[string][]byte{}
	err := Books(in, func(name string) (io.WriteCloser, error) {
		made[name] = &memory{}
		return made[name], nil
	})
	for name, m := range made {
		out[name] = m.Bytes()
	}
	return out, err
}

type memory struct{ bytes.Buffer }

func (*memory) Close() error { return nil }

// input reads, checks and scores what stands in a folder.
func input(dir string) (Input, error) {
	d, err := templates.Load(2024)
	if err != nil {
		return Input{}, err
	}
	sources, err := intake.Discover([]string{dir})
	if err != nil {
		return Input{}, err
	}
	batch := normalize.NewBatch(d)
	for _, s := range sources {
		batch.Add(normalize.Workbook(d, intake.Read(d, s)))
	}
	round := table.Round{Facts: batch.Facts(), Changes: table.Of[table.Change](nil)}
	in := Input{Publication: table.Publication{Round: round}}
	if in.Judgement, err = check.Run(in.Facts, check.Known{}); err != nil {
		return in, err
	}
	in.Ranking, err = score.Run(in.Facts, in.Judgement, table.Marking{}, score.Options{Draws: 100})
	return in, err
}

// shelf is several workbooks, opened.
type shelf map[string]*excelize.File

// of is the workbook that has a sheet.
func (s shelf) of(t *testing.T, sheet string) *excelize.File {
	t.Helper()
	for _, f := range s {
		if i, err := f.GetSheetIndex(sheet); err == nil && i >= 0 {
			return f
		}
	}
	t.Fatal("no workbook has ", sheet)
	return nil
}

// rows are the rows of a sheet as stored.
func (s shelf) rows(t *testing.T, sheet string) [][]string {
	t.Helper()
	rows := must.Get(s.of(t, sheet).GetRows(sheet, excelize.Options{RawCellValue: true}))(t)
	return rows
}

// shelved opens workbooks.
func shelved(t *testing.T, books map[string][]byte) shelf {
	t.Helper()
	s := shelf{}
	for name, data := range books {
		f := must.Get(excelize.OpenReader(bytes.NewReader(data)))(t)
		t.Cleanup(func() { f.Close() })
		s[name] = f
	}
	return s
}

func open(t *testing.T) (shelf, Input, map[string][]byte) {
	t.Helper()
	m := must.Get(made())(t)
	return shelved(t, m.books), m.in, m.books
}

func TestSheets(t *testing.T) {
	books, in, data := open(t)
	w := newWorkbook(in)
	if len(books) != 3 || len(books[FileName].GetSheetList()) > 12 || len(books[ContactsFile].GetSheetList()) != 1 {
		t.Fatalf("%d books; %v", len(books), books[FileName].GetSheetList())
	}
	for _, b := range in.Definition.Sheets().BooksBy("") {
		f := books[b.ID+extension]
		var want []string
		for _, s := range w.sheetsWithContent(b.ID) {
			want = append(want, s.Name)
			if s.Rows == "" {
				continue
			}
			if panes, err := f.GetPanes(s.Name); err != nil || !panes.Freeze || panes.YSplit != w.lists.Layout(s.ID).First()-1 {
				t.Errorf("%s: its header is not frozen: %+v %v", s.Name, panes, err)
			}
			if tables, err := f.GetTables(s.Name); err != nil || len(tables) != 1 || tables[0].Name != s.ID {
				t.Errorf("%s is no table %s: %v %v", s.Name, s.ID, tables, err)
			}
		}
		if got := f.GetSheetList(); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", b.ID, got, want)
		}
	}
	zr := must.Get(zip.NewReader(bytes.NewReader(data[FileName]), int64(len(data[FileName]))))(t)
	charts := 0
	for _, e := range zr.File {
		if strings.HasPrefix(e.Name, "xl/charts/chart") {
			charts++
		}
	}
	if charts < 3 {
		t.Errorf("%d charts", charts)
	}
	kept := in
	kept.Standing.Meeting = "会议"
	if again, err := booksOf(kept); err != nil || len(again) != 2 {
		t.Errorf("what is kept for a meeting has %d books: %v", len(again), err)
	}
}

// TestDefinitionsAreHeldToTheProgram: the error names the sheet, the line and what there is instead.
func TestDefinitionsAreHeldToTheProgram(t *testing.T) {
	for was, is := range map[string]string{"rows: members\n": "rows: membres\n", "{view: belongs, label: 汇总地市": "{view: belogns, label: 汇总地市", "{each: years, width: 12": "{each: yaers, width: 12", "id: trends\n": "id: trend\n"} {
		d := must.Get(templates.Load(2024))(t)
		texts := maps.Clone(d.Texts)
		text := strings.Replace(string(texts["2024/sheets.yaml"]), was, is, 1)
		texts["2024/sheets.yaml"] = []byte(text)
		d, err := templates.LoadTexts(texts, 2024)
		if err == nil {
			err = Check(d)
		}
		var problem *templates.Problem
		if !errors.As(err, &problem) || problem.Line == 0 || !strings.HasSuffix(problem.File, "sheets.yaml") || problem.Cure == "" {
			t.Errorf("%s: %v", is, err)
		}
	}
}

func TestFormulasGiveTheValuesBesideThem(t *testing.T) {
	books, _, _ := open(t)
	counted := 0
	for _, sheet := range []string{sheetTrends, "年度数据"} {
		f, rows := books.of(t, sheet), books.rows(t, sheet)
		for r, row := range rows {
			for c, cached := range row {
				at, _ := excelize.CoordinatesToCellName(c+1, r+1)
				formula, err := f.GetCellFormula(sheet, at)
				if err != nil || formula == "" {
					continue
				}
				counted++
				got, err := f.CalcCellValue(sheet, at, excelize.Options{RawCellValue: true})
				if err != nil {
					t.Fatalf("%s!%s =%s: %v", sheet, at, formula, err)
				}
				a, errA := strconv.ParseFloat(got, 64)
				b, errB := strconv.ParseFloat(cached, 64)
				if (errA == nil) != (errB == nil) || errA == nil && math.Abs(a-b) > 1e-9 || errA != nil && got != cached {
					t.Errorf("%s!%s =%s gives %q, beside it stands %q", sheet, at, formula, got, cached)
				}
			}
		}
	}
	if counted < 500 {
		t.Errorf("only %d formulas", counted)
	}
}

func TestFormulaLikeTextStaysText(t *testing.T) {
	books, _, _ := open(t)
	f, rows := books.of(t, "文字材料"), books.rows(t, "文字材料")
	for r, row := range rows {
		for c, v := range row {
			if !strings.HasPrefix(v, "=") {
				continue
			}
			at, _ := excelize.CoordinatesToCellName(c+1, r+1)
			kind, err := f.GetCellType("文字材料", at)
			if formula, _ := f.GetCellFormula("文字材料", at); formula != "" || err != nil || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
				t.Errorf("%s: %q is a formula or no text: %v %v", at, v, kind, err)
			}
			return
		}
	}
	t.Error("the text that begins with = is gone")
}

func TestEveryFigureIsThere(t *testing.T) {
	books, in, _ := open(t)
	first, seen := newWorkbook(in).lists.Layout("metrics").Col(yearKey(in.Definition.Form.Years[0].Year))-1, map[string]int{}
	for _, row := range books.rows(t, "年度数据") {
		for _, v := range row[min(first, len(row)):min(first+len(in.Definition.Form.Years), len(row))] {
			seen[v]++
		}
	}
	for m := range in.Facts.Metrics.All() {
		v := table.Plain(m.Value)
		if !m.Value.Valid {
			continue
		}
		if seen[v]--; seen[v] < 0 {
			t.Fatalf("%s %s %d: %s is not in 年度数据", m.Submission, m.Indicator, m.Year, v)
		}
	}
}

func TestFindingsLeadSomewhere(t *testing.T) {
	books, in, _ := open(t)
	f, rows := books.of(t, "问题清单"), books.rows(t, "问题清单")
	if len(rows)-2 != in.Judgement.Findings.Len() {
		t.Errorf("%d lines for %d findings", len(rows)-2, in.Judgement.Findings.Len())
	}
	for i := range in.Judgement.Findings.Len() {
		x := in.Judgement.Findings.Row(i)
		at := "F" + strconv.Itoa(i+3)
		ok, target, err := f.GetCellHyperLink("问题清单", at)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case x.Submission == "2024-04" && !strings.HasPrefix(target, "退回/福州/甲.xlsx#"):
			t.Errorf("%s leads to %q, not into the copy", at, target)
		case x.Submission != "" && x.Sheet != "" && !ok:
			t.Errorf("%s (%s) leads nowhere", at, x.Message)
		case ok && x.Submission != "2024-04":
			target, inside := strings.CutPrefix(target, AppendixFile+"#")
			if sheet, cell, _ := strings.Cut(strings.ReplaceAll(target, "'", ""), "!"); inside {
				_, row, err := excelize.CellNameToCoordinates(cell)
				if err != nil {
					t.Fatal(err)
				}
				if id, _ := books[AppendixFile].GetCellValue(sheet, "A"+strconv.Itoa(row)); id != x.Submission {
					t.Errorf("%s leads to the row of %q", at, id)
				}
			} else {
				t.Errorf("%s leads to %s", at, target)
			}
		}
	}
}

func TestBytesAreStable(t *testing.T) {
	_, in, data := open(t)
	again, err := booksOf(in)
	if err != nil || !maps.EqualFunc(data, again, bytes.Equal) {
		t.Errorf("written twice, a workbook differs: %v", err)
	}
}

func TestEmptyAndLargeBatches(t *testing.T) {
	empty := must.Get(input(t.TempDir()))(t)
	if books, err := booksOf(empty); err != nil || len(books[FileName]) == 0 || len(books[ContactsFile]) != 0 {
		t.Errorf("an empty batch: %d books, %v", len(books), err)
	}
	_, in, _ := open(t)
	w := newWorkbook(in)
	for range maxOutcomeColumns {
		w.entries = append(w.entries, w.entries[0])
	}
	w.report = must.Get(book.NewReport("", "规则执行"))(t)
	if err := w.writeList(w.lists.Layout("rules")); err != nil {
		t.Error("a large batch: ", err)
	}
}
