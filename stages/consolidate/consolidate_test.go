package consolidate

import (
	"archive/zip"
	"bytes"
	"cmp"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"
	"lianheti/stages/check"
	"lianheti/stages/intake"
	"lianheti/stages/normalize"
	"lianheti/stages/office/book"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. The sheets are those of the list, in its order; every sheet of rows has a frozen header and a filter; there are charts.
//  2. A formula's value beside it is what the formula gives.
//  3. What begins like a formula stays text.
//  4. Every figure that was read stands in the workbook, and every finding leads somewhere.
//  5. The same input gives the same bytes.
//  6. An empty batch makes a workbook too, and so does one beyond the columns of 规则执行.

// made is the workbook of the samples, written once.
var made = sync.OnceValues(func() (m struct {
	in   Input
	data []byte
}, err error) {
	m.in, err = input("../../samples/2024")
	if err != nil {
		return m, err
	}
	m.in.Returns = map[string]string{"2024-04": "退回/福州/甲.xlsx"}
	var b bytes.Buffer
	err = Write(&b, m.in)
	m.data = b.Bytes()
	return m, err
})

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
	in := Input{Round: table.Round{Facts: batch.Facts(), Changes: table.Of[table.Change](nil)}}
	if in.Judgement, err = check.Run(in.Facts, check.Known{}); err != nil {
		return in, err
	}
	in.Ranking, err = score.Run(in.Facts, in.Judgement, table.Marking{}, score.Options{Draws: 100})
	return in, err
}

func open(t *testing.T) (*excelize.File, Input, []byte) {
	t.Helper()
	m, err := made()
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(m.data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, m.in, m.data
}

func TestSheets(t *testing.T) {
	f, _, data := open(t)
	list := f.GetSheetList()
	if len(list) != len(sheets) {
		t.Fatalf("%d sheets, %d listed", len(list), len(sheets))
	}
	for i, s := range sheets {
		if list[i] != s.name {
			t.Errorf("sheet %d is %s, want %s", i+1, list[i], s.name)
		}
		if i == 0 {
			continue
		}
		frozen := map[string]int{ // header rows of those that have more than a remark over them
			sheetWeights: weightsFirst - 1, sheetPoints: pointsFirst - 1, sheetDuel: duelFirst - 1, sheetTrends: 2}
		if s.name == sheetProfiles {
			continue // pages, not a list
		}
		panes, err := f.GetPanes(s.name)
		if err != nil || !panes.Freeze || panes.YSplit != cmp.Or(frozen[s.name], 2) {
			t.Errorf("%s: its header is not frozen: %+v %v", s.name, panes, err)
		}
	}
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	charts, filters := 0, 0
	for _, e := range zr.File {
		if strings.HasPrefix(e.Name, "xl/charts/chart") {
			charts++
		}
		if strings.HasPrefix(e.Name, "xl/worksheets/sheet") {
			r, err := e.Open()
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if _, err := b.ReadFrom(r); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(b.String(), "<autoFilter ref=") {
				filters++
			}
		}
	}
	if charts < 3 || filters != len(sheets)-5 {
		t.Errorf("%d charts, %d filters on %d sheets", charts, filters, len(sheets))
	}
}

func TestFormulasGiveTheValuesBesideThem(t *testing.T) {
	f, _, _ := open(t)
	counted := 0
	for _, sheet := range []string{sheetTrends, sheetMetrics} {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
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
	f, _, _ := open(t)
	rows, err := f.GetRows("文字材料")
	if err != nil {
		t.Fatal(err)
	}
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
	f, in, _ := open(t)
	rows, err := f.GetRows(sheetMetrics, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, row := range rows {
		for _, v := range row[min(firstYear-1, len(row)):min(firstYear+4, len(row))] {
			seen[v]++
		}
	}
	for m := range in.Facts.Metrics.All() {
		v := table.Plain(m.Value)
		if !m.Value.Valid {
			continue
		}
		if seen[v]--; seen[v] < 0 {
			t.Fatalf("%s %s %d: %s is not in %s", m.Submission, m.Indicator, m.Year, v, sheetMetrics)
		}
	}
}

func TestFindingsLeadSomewhere(t *testing.T) {
	f, in, _ := open(t)
	rows, err := f.GetRows("问题清单")
	if err != nil {
		t.Fatal(err)
	}
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
			sheet, cell, _ := strings.Cut(strings.ReplaceAll(target, "'", ""), "!")
			_, row, err := excelize.CellNameToCoordinates(cell)
			if err != nil {
				t.Fatal(err)
			}
			id, _ := f.GetCellValue(sheet, "A"+strconv.Itoa(row))
			if id != x.Submission {
				t.Errorf("%s leads to the row of %q", at, id)
			}
		}
	}
}

func TestBytesAreStable(t *testing.T) {
	_, in, data := open(t)
	var again bytes.Buffer
	if err := Write(&again, in); err != nil || !bytes.Equal(data, again.Bytes()) {
		t.Errorf("written twice, the workbook differs: %v", err)
	}
}

func TestEmptyAndLargeBatches(t *testing.T) {
	empty, err := input(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(&bytes.Buffer{}, empty); err != nil {
		t.Error("an empty batch: ", err)
	}
	_, in, _ := open(t)
	w := newWorkbook(in)
	for range widest {
		w.submissions = append(w.submissions, w.submissions[0])
	}
	if w.report, err = book.NewReport("", "规则执行"); err != nil {
		t.Fatal(err)
	}
	if err := w.rules("规则执行"); err != nil {
		t.Error("a large batch: ", err)
	}
}
