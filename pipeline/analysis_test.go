package pipeline

import (
	"bytes"
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/consolidate"
	"lianheti/stages/export"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. Every reader sees in the published tables what was written.
//  2. Every script under samples/analysis runs on what a run publishes, and its figures are those of the tables, worked out again here.

const scripts = "../samples/analysis/"

// readRound reads back the results of a year.
func readRound(t *testing.T, root, year string, d *templates.Definition) *table.Round {
	t.Helper()
	records := must.Get(export.Read(filepath.Join(root, year, dataFolder)))(t)
	round := must.Get(table.Restore(d, records))(t)
	return round
}

// samplesRound is the batch of the samples, read back from its tables, and where they stand.
func samplesRound(t *testing.T) (*table.Round, string) {
	t.Helper()
	dir := must.Get(published())(t)
	d := must.Get(templates.Load(2024))(t)
	return readRound(t, filepath.Dir(dir), filepath.Base(dir), d), filepath.Join(dir, dataFolder)
}

// answer is what a script says on the line of JSON that it prints.
func answer(t *testing.T, out string, into any) {
	t.Helper()
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), into) == nil {
			return
		}
	}
	t.Fatalf("no line of JSON in\n%s", out)
}

func TestApprenticesInPandas(t *testing.T) {
	programs.NeedPython(t, "pandas", "pyarrow", "matplotlib")
	round, data := samplesRound(t)
	picture := filepath.Join(t.TempDir(), "a.png")
	out := programs.Run(t, "python3", scripts+"apprentices.py", data, picture)
	var said struct {
		Submissions int
		Total       map[int32]float64
	}
	answer(t, out, &said)
	want, incomplete := map[int32]float64{}, map[string]bool{}
	for m := range round.Facts.Metrics.All() {
		if m.Indicator == "apprentices" && m.Status != table.Normal {
			incomplete[m.Submission] = true
		}
	}
	for m := range round.Facts.Metrics.All() {
		if m.Indicator == "apprentices" && !incomplete[m.Submission] {
			want[m.Year] += m.Value.V
		}
	}
	if said.Submissions != round.Facts.Submissions.Len()-len(incomplete) || len(said.Total) != 5 {
		t.Errorf("%d submissions, %d years\n%s", said.Submissions, len(said.Total), out)
	}
	for year, total := range want {
		if math.Abs(said.Total[year]-total) > 1e-9 {
			t.Errorf("%d: %v, the tables say %v", year, said.Total[year], total)
		}
	}
	if strings.Contains(out, "missing from") { // matplotlib's words for a character that no font has
		t.Errorf("the picture lacks characters:\n%s", out)
	}
	image := must.Get(os.ReadFile(picture))(t)
	if p, err := png.Decode(bytes.NewReader(image)); err != nil || p.Bounds().Dx() < 800 {
		t.Errorf("no picture: %v", err)
	}
}

func TestSharedMembersInPolars(t *testing.T) {
	programs.NeedPython(t, "polars")
	round, data := samplesRound(t)
	var said struct{ Shared, Pairs int }
	answer(t, programs.Run(t, "python3", scripts+"shared_members.py", data), &said)
	lists := map[string]map[string]bool{}
	for m := range round.Facts.Members.All() {
		if m.NameKey != "" {
			if lists[m.NameKey] == nil {
				lists[m.NameKey] = map[string]bool{}
			}
			lists[m.NameKey][m.Submission] = true
		}
	}
	shared, pairs := 0, map[[2]string]bool{}
	for _, in := range lists {
		if len(in) > 1 {
			shared++
		}
		for a := range in {
			for b := range in {
				if a < b {
					pairs[[2]string{a, b}] = true
				}
			}
		}
	}
	if said.Shared != shared || said.Pairs != len(pairs) || shared == 0 {
		t.Errorf("%+v, the tables say %d units and %d pairs", said, shared, len(pairs))
	}
}

// duckdb runs a script of SQL in a folder, and gives the rows of its answer.
func duckdb(t *testing.T, dir, script string) []map[string]any {
	t.Helper()
	programs.NeedPython(t, "duckdb")
	query := must.Get(filepath.Abs(scripts + script))(t)
	out := programs.Run(t, "python3", "-c", `
import duckdb, json, os, sys
os.chdir(sys.argv[1])
r = duckdb.sql(open(sys.argv[2], encoding="utf-8").read())
print(json.dumps({"rows": [dict(zip(r.columns, row)) for row in r.fetchall()]}))`, dir, query)
	var said struct{ Rows []map[string]any }
	answer(t, out, &said)
	return said.Rows
}

func TestCommitmentsInDuckDB(t *testing.T) {
	programs.NeedPython(t, "duckdb")
	round, data := samplesRound(t)
	rows := duckdb(t, data, "commitments.sql")
	if len(rows) != 20 {
		t.Fatalf("%d rows", len(rows))
	}
	values, names := map[[3]any]float64{}, map[string]string{}
	for s := range round.Facts.Submissions.All() {
		names[s.Submission] = s.Consortium
	}
	for m := range round.Facts.Metrics.All() {
		values[[3]any{names[m.Submission], round.Facts.Definition.Field(m.Indicator).Label + "（" + m.Unit + "）", m.Year}] = m.Value.V
	}
	gap := math.Inf(1)
	for _, r := range rows {
		at := func(year int32) float64 { return values[[3]any{r["联合体"], r["指标"], year}] }
		achieved, committed := at(2023)/at(2022)-1, math.Cbrt(at(2026)/at(2023))-1
		if math.Abs(100*achieved-r["已实现增长率"].(float64)) > 0.051 || math.Abs(100*committed-r["承诺年均增长率"].(float64)) > 0.051 {
			t.Errorf("%v: the tables say %v and %v", r, achieved, committed)
		}
		if g := r["差距"].(float64); g > gap {
			t.Errorf("not in order: %v after %v", g, gap)
		} else {
			gap = g
		}
	}
}

func TestFulfilmentInDuckDB(t *testing.T) {
	programs.NeedPython(t, "duckdb")
	root, later := twoYears(t)
	first := must.Get(templates.Load(2024))(t)
	want := commitmentsMet(readRound(t, root, "2024", first).Facts, readRound(t, root, "2025", later).Facts)
	rows := duckdb(t, root, "fulfilment.sql")
	if len(rows) != len(want) || len(rows) == 0 {
		t.Fatalf("%d rows, the program finds %d", len(rows), len(want))
	}
	promised, actual, shares := 0.0, 0.0, 0.0
	for _, f := range want {
		promised, actual, shares = promised+f.Promised, actual+f.Actual, shares+f.Share.V
	}
	for _, r := range rows {
		promised, actual = promised-r["承诺"].(float64), actual-r["实际"].(float64)
		if s, ok := r["兑现率"].(float64); ok {
			shares -= s / 100
		}
	}
	if math.Abs(promised) > 1e-6 || math.Abs(actual) > 1e-6 || math.Abs(shares) > 0.001*float64(len(rows)) {
		t.Errorf("promised differs by %v, actual by %v, shares by %v", promised, actual, shares)
	}
}

func TestRankingInJavaScript(t *testing.T) {
	programs.NeedNode(t, "apache-arrow")
	round, data := samplesRound(t)
	var said struct {
		Rows, Ranked, Observations, Normal int
		Total                              float64
	}
	answer(t, programs.Run(t, "node", scripts+"ranking.cjs", data), &said)
	ranked, normal, total := 0, 0, 0.0
	for r := range round.Ranking.Ranking.All() {
		total += r.Total
		if r.Ranked {
			ranked++
		}
	}
	for m := range round.Facts.Metrics.All() {
		if m.Status == table.Normal {
			normal++
		}
	}
	if said.Rows != round.Ranking.Ranking.Len() || said.Ranked != ranked || said.Observations != round.Facts.Metrics.Len() || said.Normal != normal || math.Abs(said.Total-total) > 1e-9 {
		t.Errorf("%+v; the tables say %d ranked, %d normal, %v in all", said, ranked, normal, total)
	}
}

// The provincial workbook shows the figures of the tables: the same sums, year by year, and as many cells without a figure.
func TestWorkbookAndTablesAddUpAlike(t *testing.T) {
	round, data := samplesRound(t)
	f := must.Get(excelize.OpenFile(filepath.Join(data, "..", consolidate.AppendixFile)))(t)
	defer f.Close()
	rows := must.Get(f.GetRows("年度数据", excelize.Options{RawCellValue: true}))(t)
	sums, absent, years := map[int32]float64{}, map[int32]int{}, map[int]int32{}
	for i, name := range rows[1] {
		for _, y := range round.Facts.Definition.Form.Years {
			if strings.HasPrefix(name, y.Label+" ") {
				years[i] = int32(y.Year)
			}
		}
	}
	for _, row := range rows[2:] {
		for i, year := range years {
			if i >= len(row) || row[i] == "" {
				continue // the form does not ask for that year
			}
			if v, err := strconv.ParseFloat(row[i], 64); err == nil {
				sums[year] += v
			} else {
				absent[year]++
			}
		}
	}
	if len(years) != 5 {
		t.Fatalf("columns of years: %v", years)
	}
	for m := range round.Facts.Metrics.All() {
		if m.Status == table.Normal {
			sums[m.Year] -= m.Value.V
		} else {
			absent[m.Year]--
		}
	}
	for _, year := range years {
		if math.Abs(sums[year]) > 1e-6 || absent[year] != 0 {
			t.Errorf("%d: the workbook has %v more than the tables, and %d more cells without a figure", year, sums[year], absent[year])
		}
	}
}
