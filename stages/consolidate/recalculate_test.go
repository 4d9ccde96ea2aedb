package consolidate

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/model"
	"lianheti/stages/office/list"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. Weights changed on 权重 and recalculated by LibreOffice give the totals, bounds and ranks of the engine under the same weights,
//     to 1e-9, points switched off included; 排名 and the list on 权重 follow.
//  2. What stands beside a formula when the workbook is made is what LibreOffice makes of it. (excelize's own calculation does not know
//     all of these formulas.)
//  3. 地市汇总 follows the sheets that it counts and adds up.
//  4. Weights under which others would be ranked are refused by name.
//  5. While the weights are the run's, the check cell says so; once they differ, what was drawn says that it is the run's only.

// weighting is what a reader does on 权重.
type weighting struct {
	name    string
	weights map[string]int // of a point; those not named stay
	off     []string
	choose  int
	marked  bool // the experts' marks are in
}

func weightings(d *templates.Definition) []weighting {
	random := rand.New(rand.NewPCG(7, 0))
	draw := func(name string, off ...string) weighting {
		w := weighting{name: name, weights: map[string]int{}, off: off, choose: 3}
		for _, p := range d.Rubric().Points() {
			if !p.Deduction {
				w.weights[p.ID] = random.IntN(20)
			}
		}
		return w
	}
	return []weighting{
		{name: "as run", choose: 5},
		draw("random"),
		draw("random, two off", "3.1", "1.3"),
		{name: "one point off", off: []string{"5.2"}, choose: 4},
		{name: "as run, with marks", choose: 5, marked: true},
		counting(draw("random, with marks", "6.1")),
	}
}

func counting(w weighting) weighting {
	w.marked = true
	return w
}

// withMarks adds the marks of three experts for every submission and point that they have a say in, one short of them for a
// submission that is not ranked.
func withMarks(t *testing.T, in Input) Input {
	t.Helper()
	random := rand.New(rand.NewPCG(11, 0))
	var marks []table.Mark
	for expert := range 3 {
		for v := range in.Judgement.Verdicts.All() {
			for _, p := range in.Definition.Rubric().Points() {
				m := table.Mark{Expert: fmt.Sprint("Z", expert+1), Submission: v.Submission, Point: p.ID, Kind: table.MarkPoint, Status: table.MarkCounted, Value: table.Some(float64(random.IntN(101)))}
				switch {
				case p.Deduction:
					m.Kind, m.Value = table.MarkDeduction, table.Some(float64(random.IntN(3)))
				case !p.ExpertShare.IsPositive(), !v.Ranked && p.ID == "1.2":
					continue
				}
				marks = append(marks, m)
			}
		}
	}
	in.Marking.Marks = table.Of(marks)
	in.Ranking = must.Get(score.Run(in.Facts, in.Judgement, in.Marking, score.Options{Draws: 100}))(t)
	if in.Standing.State = in.Ranking.State(); !in.Standing.Complete() {
		t.Fatal("the marks do not count: ", in.Ranking.Ranking.Row(0).Method)
	}
	return in
}

func TestRecalculatedWeightsAgreeWithTheEngine(t *testing.T) {
	programs.OnlyInCI(t) // LibreOffice calculates
	_, in, _ := open(t)
	all := in.Definition.Sheets().Sheets // without a hundred charts that nothing is calculated from
	in.Definition.Sheets().Sheets = slices.DeleteFunc(slices.Clone(all), func(s *templates.ReportSheet) bool {
		return s.ID == "profiles"
	})
	t.Cleanup(func() { in.Definition.Sheets().Sheets = all })
	inputs, books := map[bool]Input{false: in, true: withMarks(t, in)}, map[bool][]byte{}
	for marks, in := range inputs {
		made := must.Get(booksOf(in))(t)
		books[marks] = made[FileName]
	}
	dir, cases := t.TempDir(), weightings(in.Definition)
	var paths []string
	for i, c := range cases {
		path := filepath.Join(dir, fmt.Sprintf("%d.xlsx", i))
		c.apply(t, in.Definition, books[c.marked], path)
		paths = append(paths, path)
	}
	lacking, gate := crossing(t, in)
	short := must.Get(booksOf(lacking))(t)
	gate.apply(t, in.Definition, short[FileName], filepath.Join(dir, "gate.xlsx"))
	cities, edits := prefectures(t, in, filepath.Join(dir, "cities.xlsx"), filepath.Join(dir, "edited.xlsx"))
	paths = append(paths, filepath.Join(dir, "gate.xlsx"), filepath.Join(dir, "cities.xlsx"), filepath.Join(dir, "edited.xlsx"))
	saved := programs.Convert(t, "xlsx", paths...)
	recalculated := func(name string) *excelize.File {
		f := must.Get(excelize.OpenFile(filepath.Join(saved, name)))(t)
		t.Cleanup(func() { f.Close() })
		return f
	}
	if got, _ := recalculated("gate.xlsx").GetCellValue(sheetWeights, model.CellName(statusRow, settingCol)); got != gateCrossed {
		t.Errorf("weights under which others would be ranked: %q", got)
	}
	sameResults(t, cities, recalculated("cities.xlsx"), 250)
	edits(recalculated("cities.xlsx"), recalculated("edited.xlsx"))
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := must.Get(excelize.OpenFile(filepath.Join(saved, fmt.Sprintf("%d.xlsx", i))))(t)
			defer f.Close()
			c.compare(t, inputs[c.marked], f)
			if c.weights == nil && c.off == nil {
				sameResults(t, books[c.marked], f, 800)
			}
		})
	}
}

// apply types the weighting into a copy of the workbook, with the remembered results taken out so that all is calculated.
func (c weighting) apply(t *testing.T, d *templates.Definition, data []byte, path string) {
	t.Helper()
	f := must.Get(excelize.OpenReader(bytes.NewReader(data)))(t)
	defer f.Close()
	set := func(row, col int, v any) {
		must.Do(t, f.SetCellValue(sheetWeights, model.CellName(row, col), v))
	}
	set(selectRow, settingCol, c.choose)
	row := weightsFirst
	for _, p := range d.Rubric().Points() {
		if p.Deduction {
			continue
		}
		if weight, ok := c.weights[p.ID]; ok {
			set(row, weightColOwn, weight)
		}
		if slices.Contains(c.off, p.ID) {
			set(row, weightColOn, rankedNo)
		}
		row++
	}
	must.Do(t, f.UpdateLinkedValue())
	must.Do(t, f.SaveAs(path))
}

// engine scores the samples under the same weights, put in proportion to 100 as the sheet does.
func (c weighting) engine(t *testing.T, in Input) *table.Ranking {
	t.Helper()
	fsys := fstest.MapFS{}
	names, err := filepath.Glob("../../templates/2024/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		data := must.Get(os.ReadFile(name))(t)
		if filepath.Base(name) == "rubric.yaml" {
			data = c.rewrite(t, in.Definition, string(data))
		}
		fsys["2024/"+filepath.Base(name)] = &fstest.MapFile{Data: data}
	}
	d := must.Get(templates.LoadFS(fsys, 2024))(t)
	facts := *in.Facts
	facts.Definition = d
	r := must.Get(score.Run(&facts, in.Judgement, in.Marking, score.Options{Draws: 10}))(t)
	return r
}

// rewrite puts the weights into the text of rubric.yaml, to 13 decimals: YAML holds them as floats. The last one takes what rounding leaves, so that they add up to 100.
func (c weighting) rewrite(t *testing.T, d *templates.Definition, text string) []byte {
	t.Helper()
	var points []*templates.Point
	own, sum := map[string]decimal.Decimal{}, decimal.Decimal{}
	for _, p := range d.Rubric().Points() {
		if p.Deduction {
			continue
		}
		points = append(points, p)
		own[p.ID] = p.Weight
		if weight, ok := c.weights[p.ID]; ok {
			own[p.ID] = decimal.NewFromInt(int64(weight))
		}
		if slices.Contains(c.off, p.ID) {
			own[p.ID] = decimal.Decimal{}
		}
		sum = sum.Add(own[p.ID])
	}
	left, last := decimal.NewFromInt(100), ""
	for _, p := range points {
		own[p.ID] = own[p.ID].Mul(decimal.NewFromInt(100)).DivRound(sum, 13)
		left = left.Sub(own[p.ID])
		if own[p.ID].IsPositive() {
			last = p.ID
		}
	}
	own[last] = own[last].Add(left)
	for _, p := range points {
		at := strings.Index(text, fmt.Sprintf("- id: %q", p.ID))
		weight := at + strings.Index(text[at:], "weight: ") + len("weight: ")
		text = text[:weight] + own[p.ID].String() + text[weight+strings.Index(text[weight:], "\n"):]
	}
	return []byte(text)
}

func (c weighting) compare(t *testing.T, in Input, f *excelize.File) {
	want := c.engine(t, in)
	w := newWorkbook(in)
	ranking := w.lists.Layout("ranking")
	text := func(sheet string, row, col int) string {
		s := must.Get(f.GetCellValue(sheet, model.CellName(row, col), excelize.Options{RawCellValue: true}))(t)
		return s
	}
	number := func(sheet string, row, col int) float64 {
		v, err := strconv.ParseFloat(text(sheet, row, col), 64)
		if err != nil {
			t.Fatalf("%s %s: %v", sheet, model.CellName(row, col), err)
		}
		return v
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: the sheet says %v, the engine %v", what, got, want)
		}
	}
	changed := false
	before := map[string]table.Rank{}
	for r := range in.Ranking.Ranking.All() {
		before[r.Submission] = r
	}
	place, rankingRow := 0, map[string]int{}
	for i := range in.Ranking.Ranking.Len() {
		rankingRow[text("排名", i+3, ranking.Col("submission"))] = i + 3
	}
	for r := range want.Ranking.All() {
		row, p := pointsLead+2+w.index[r.Submission], w.lists.Layout("points")
		near(r.Submission+" total", number(sheetPoints, row, p.Col("total")), r.Total)
		near(r.Submission+" lower", number(sheetPoints, row, p.Col("total_lower")), r.Lower)
		near(r.Submission+" upper", number(sheetPoints, row, p.Col("total_upper")), r.Upper)
		near(r.Submission+" present", number(sheetPoints, row, p.Col("evidence_present")), r.Present)
		near(r.Submission+" total in 排名", number("排名", rankingRow[r.Submission], ranking.Col("total")), r.Total)
		rank := "不排"
		if r.Ranked {
			rank = strconv.Itoa(int(r.Rank.V))
		}
		if got := text(sheetPoints, row, p.Col("rank")); got != rank {
			t.Errorf("%s: rank %s on the sheet, %s by the engine", r.Submission, got, rank)
		}
		if got := text("排名", rankingRow[r.Submission], 1); got != rank {
			t.Errorf("%s: rank %s in 排名, %s by the engine", r.Submission, got, rank)
		}
		if r.Ranked != before[r.Submission].Ranked {
			t.Fatalf("%s: other submissions are ranked; choose other weights for the test", r.Submission)
		}
		changed = changed || math.Abs(r.Total-before[r.Submission].Total) > 1e-6
		if !r.Ranked {
			continue
		}
		place++
		if got, _, _ := strings.Cut(text(sheetWeights, weightsFirst+place-1, placeCol+2), "〔待厅里认定"); got != r.Consortium {
			t.Errorf("place %d of the list: %s, by the engine %s", place, got, r.Consortium)
		}
		chosen := ""
		switch {
		case c.marked && int(r.Rank.V) <= c.choose:
			chosen = table.SideLabels["inside"]
		case c.marked:
			chosen = table.SideLabels["outside"]
		}
		if got := text(sheetWeights, weightsFirst+place-1, placeCol+6); got != chosen {
			t.Errorf("place %d of the list: %q, want %q for %d", place, got, chosen, c.choose)
		}
	}
	if place == 0 {
		t.Fatal("nobody is ranked")
	}
	status, ranges := text(sheetWeights, statusRow, settingCol), text(sheetWeights, rangesRow, settingCol)
	low := text("排名", 3, ranking.Col((table.Rank{}).Ranges()[table.Filled].Where))
	if (changed || c.choose != w.Choose()) && (ranges != onlyRun || low != "－") || changed && status == unchanged {
		t.Errorf("the weights differ, and the sheets say %q, %q, %q", status, ranges, low)
	}
	if !changed && (status != unchanged || c.choose == w.Choose() && (ranges == onlyRun || low == "－")) {
		t.Errorf("the weights are the run's, and the sheets say %q, %q, %q", status, ranges, low)
	}
}

// sameResults compares every result that was written beside a formula with the one that LibreOffice calculated.
func sameResults(t *testing.T, data []byte, recalculated *excelize.File, least int) {
	f := must.Get(excelize.OpenReader(bytes.NewReader(data)))(t)
	defer f.Close()
	formulas := 0
	for _, sheet := range f.GetSheetList() {
		rows := must.Get(f.GetRows(sheet, excelize.Options{RawCellValue: true}))(t)
		for r, row := range rows {
			for c, written := range row {
				at := model.CellName(r+1, c+1)
				if formula, err := f.GetCellFormula(sheet, at); err != nil || formula == "" {
					continue
				}
				formulas++
				got := must.Get(recalculated.GetCellValue(sheet, at, excelize.Options{RawCellValue: true}))(t)
				a, errA := strconv.ParseFloat(got, 64)
				b, errB := strconv.ParseFloat(written, 64)
				if (errA == nil) != (errB == nil) || errA == nil && math.Abs(a-b) > 1e-9 || errA != nil && got != written {
					t.Errorf("%s!%s: LibreOffice makes it %q, beside it stands %q", sheet, at, got, written)
				}
			}
		}
	}
	if formulas < least {
		t.Errorf("only %d formulas", formulas)
	}
}

// crossing takes from the first in the ranking all metrics that one point rests on, and weighs nothing but that point.
func crossing(t *testing.T, in Input) (Input, weighting) {
	t.Helper()
	const point = "5.3"
	gone := map[string]bool{}
	for _, e := range in.Definition.Rubric().Point(point).Evidence {
		for _, r := range e.Expression.Refs {
			gone[r.Field] = true
		}
	}
	first := in.Ranking.Ranking.Row(0).Submission
	var metrics []table.Metric
	findings := slices.Collect(in.Judgement.Findings.All())
	for m := range in.Facts.Metrics.All() {
		if m.Submission == first && gone[m.Indicator] { // the register accepted that: they are left out
			m.Value, m.Status = table.Opt[float64]{}, table.Missing
			findings = append(findings, table.Finding{Code: "LHT-2-001", Submission: first, Fields: m.Indicator, Year: table.Some(m.Year), Accepted: true})
		}
		metrics = append(metrics, m)
	}
	facts := *in.Facts
	facts.Metrics = table.Of(metrics)
	in.Facts = &facts
	judgement := *in.Judgement
	judgement.Findings = table.Of(findings)
	in.Judgement = &judgement
	in.Ranking = must.Get(score.Run(in.Facts, in.Judgement, in.Marking, score.Options{Draws: 10}))(t)
	c := weighting{weights: map[string]int{}, choose: 3}
	for _, p := range in.Definition.Rubric().Points() {
		c.weights[p.ID] = 0
	}
	c.weights[point] = 5
	return in, c
}

// prefectures writes 地市汇总 with the sheets that it rests on, as made and with one figure, one verdict and one kind of member changed, both
// without remembered results, and gives what compares the two once they are recalculated.
func prefectures(t *testing.T, in Input, as, edited string) ([]byte, func(before, after *excelize.File)) {
	t.Helper()
	made := must.Get(booksOf(in))(t)
	f := must.Get(excelize.OpenReader(bytes.NewReader(made[AppendixFile])))(t)
	defer f.Close()
	must.Do(t, f.UpdateLinkedValue())
	must.Do(t, f.SaveAs(as))
	w := newWorkbook(in)
	field := in.Definition.Form.MetricsByTopic(templates.Headline)[0]
	at := list.First + slices.IndexFunc(in.Definition.Form.Metrics(), func(f *templates.Field) bool { return f.ID == field.ID }) // row of 年度数据
	text := func(f *excelize.File, sheet string, row, col int) string {
		v := must.Get(f.GetCellValue(sheet, model.CellName(row, col), excelize.Options{RawCellValue: true}))(t)
		return v
	}
	number := func(f *excelize.File, sheet string, row, col int) float64 {
		v, err := strconv.ParseFloat(text(f, sheet, row, col), 64)
		if err != nil {
			t.Fatal(sheet, row, col, err)
		}
		return v
	}
	year := w.lists.Layout("metrics").Col(yearKey(w.year("last")))
	set := func(sheet string, row, col int, v any) {
		must.Do(t, f.SetCellValue(sheet, model.CellName(row, col), v))
	}
	set("年度数据", at, year, number(f, "年度数据", at, year)+1000.5)
	set("申报一览", 3, w.lists.Layout("submissions").Col("verdict"), "别的")
	set("成员单位", 3, w.lists.Layout("members").Col("kind_of"), "别的")
	must.Do(t, f.SaveAs(edited))
	line := 3 // of the prefecture of the first submission
	for text(f, "地市汇总", line, 1) != text(f, "申报一览", 3, w.lists.Layout("submissions").Col("belongs")) {
		line++
	}
	return made[AppendixFile], func(before, after *excelize.File) {
		var moved []string
		first := 1 + len(tallyColumns) + 1
		for col := 2; col <= len(w.lists.Layout("cities").Columns); col++ {
			if by := number(after, "地市汇总", line, col) - number(before, "地市汇总", line, col); by != 0 {
				moved = append(moved, fmt.Sprintf("%d by %v", col-first, by))
			}
			total := len(w.tally()) + 3
			if a, b := number(after, "地市汇总", total, col)-number(before, "地市汇总", total, col), number(after, "地市汇总", line, col)-number(before, "地市汇总", line, col); math.Abs(a-b) > 1e-9 {
				t.Errorf("column %d: the total moved by %v, its prefecture by %v", col, a, b)
			}
		}
		if len(moved) != 3 || moved[2] != "0 by 1000.5" {
			t.Errorf("a verdict, a member and a figure were changed, and these moved: %v", moved)
		}
	}
}
