package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"lianheti/samples"
	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/check"
	"lianheti/stages/consolidate"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. One run reads recommendations and progress forms from one folder; in the progress forms it finds exactly what was planted, and of one
//     restated figure exactly that cell.
//  2. A kit fills what the samples' locked cells hold.
//  3. The committed samples are current.
//  4. The totals of fulfilment are those of the forms, recomputed in DuckDB.
//  5. How numbers were read is told of every list, those of the progress forms too.

var followingDir = filepath.Join("..", "samples", "fixtures")

// later is the samples of the year after, and a run over them.
var later = sync.OnceValues(func() (*followingYear, error) {
	first, err := published()
	if err != nil {
		return nil, err
	}
	y := &followingYear{first: first, year: templates.Latest() + 1}
	if y.d, err = templates.Load(y.year); err != nil {
		return nil, err
	}
	if y.samples, y.earlier, err = samples.LoadNextYear(os.DirFS(followingDir), y.year); err != nil {
		return nil, err
	}
	y.dir = filepath.Join("..", "samples", fmt.Sprint(y.year))
	y.result, err = Run(context.Background(), Options{Definition: y.d, Inputs: []string{filepath.Join(y.dir, "收件")}, Out: filepath.Join(filepath.Dir(first), "following"),
		Earlier: []string{first}, Register: filepath.Join(y.dir, samples.RegisterName)})
	return y, err
})

type followingYear struct {
	first   string
	year    int
	d       *templates.Definition
	samples *samples.NextYear
	earlier map[string]samples.Fixture
	dir     string
	result  *Result
}

func TestProgressFindsExactlyWhatWasPlanted(t *testing.T) {
	y := must.Get(later())(t)
	planted, found := map[string]bool{}, map[string]bool{}
	place := func(file, what, field string, year int) string {
		return fmt.Sprintf("%s %s %s %d", file, what, field, year)
	}
	for _, p := range y.samples.Progress {
		for _, x := range p.Planted {
			if x.Rule != "" {
				planted[place(strings.TrimPrefix(p.File, "收件/"), x.Rule, x.Field, x.Year)] = true
			}
		}
	}
	for x := range y.result.Progress.Findings.All() {
		field, year := strings.Split(x.Fields, " ")[0], int(x.Year.V)
		found[place(x.File, x.Rule, field, year)] = true
	}
	for x := range planted {
		if !found[x] {
			t.Errorf("planted and not found: %s", x)
		}
	}
	for x := range found {
		if !planted[x] {
			t.Errorf("found and not planted: %s", x)
		}
	}
	rows := slices.Collect(y.result.Progress.Facts.Submissions.All())
	fulfilled := restoredRound(t, y.result.Dir, y.d)
	for _, p := range y.samples.Progress {
		for _, x := range p.Planted {
			if x.Status != "" && !slices.ContainsFunc(slices.Collect(fulfilled.Fulfilment.All()), func(r table.Fulfilled) bool {
				return r.File == strings.TrimPrefix(p.File, "收件/") && r.Indicator == x.Field && int(r.Year) == x.Year && r.Status == x.Status
			}) {
				t.Errorf("%s: %s %d is not %s", p.File, x.Field, x.Year, x.Status)
			}
		}
	}
	if len(rows) != len(y.samples.Progress) || y.result.Manifest.Counts.Submissions != len(y.samples.Again) {
		t.Errorf("%d progress forms, %d submissions", len(rows), y.result.Manifest.Counts.Submissions)
	}
	if missing := y.result.Progress.Unreported(); len(missing) != len(y.samples.Selected)-len(y.samples.Progress) {
		t.Errorf("missing: %v", missing)
	}
	restated := 0
	for r := range fulfilled.Fulfilment.All() {
		if r.Status == table.StatusRestated {
			restated++
		}
	}
	if restated != 1 {
		t.Errorf("%d figures were restated, one was planted", restated)
	}
}

func restoredRound(t *testing.T, dir string, d *templates.Definition) *table.Round {
	t.Helper()
	round := must.Get(readPublishedRound(filepath.Join(dir, dataFolder)))(t)
	return round
}

func TestFollowingSamplesAreCurrent(t *testing.T) {
	y := must.Get(later())(t)
	files := must.Get(y.samples.Files(y.d, y.earlier))(t)
	for name, data := range files {
		if committed, err := os.ReadFile(filepath.Join(y.dir, filepath.FromSlash(name))); err != nil || string(committed) != string(data) {
			t.Errorf("%s is not current: go run ./samples/make", name)
		}
	}
}

func TestFulfilmentGolden(t *testing.T) {
	y := must.Get(later())(t)
	for sheet, book := range map[string]string{"承诺核对": consolidate.FileName, "承诺核对合计": consolidate.AppendixFile} {
		goldenSheet(t, filepath.Join(y.result.Dir, book), sheet, sheet+".tsv")
	}
}

func TestKitHoldsWhatWasStated(t *testing.T) {
	y := must.Get(later())(t)
	issue := must.Get(PrepareProgressForms(y.d, []string{filepath.Join(y.first, dataFolder)}, filepath.Join(y.dir, samples.RegisterName)))(t)
	if len(issue.WithoutData) > 0 || len(issue.Definition.Directory.Entries) != len(y.samples.Selected) {
		t.Errorf("unknown %v of %d", issue.WithoutData, len(issue.Definition.Directory.Entries))
	}
	given := map[string]templates.Entry{}
	for _, e := range issue.Definition.Directory.Entries {
		given[fmt.Sprintf("%d-%02d", y.year, e.No)] = e
	}
	locked, differ := 0, 0
	for form := range y.result.Progress.Forms {
		values := issue.Prefill(given[form.Submission.Submission])
		for _, slot := range issue.Definition.Layout().Slots() {
			if !slot.Field.Locked || !slot.Field.Metric() {
				continue
			}
			r := templates.Ref{Field: slot.Field.ID, Year: slot.Year}
			was, now := values.Fields[r], form.Observe(r)
			filled := was.Number != nil
			if filled {
				locked++
			}
			if filled != (now.Status != table.Missing) || filled && was.Number.String() != now.Value {
				differ++
			}
		}
	}
	if locked < 200 || differ != 1 { // the one promise that somebody made smaller
		t.Errorf("%d locked figures, %d differ", locked, differ)
	}
}

func TestFulfilmentTotalsInDuckDB(t *testing.T) {
	programs.NeedPython(t, "duckdb")
	y := must.Get(later())(t)
	promised, reported, measured := 0.0, 0.0, 0
	for form := range y.result.Progress.Forms {
		for m := range form.Metrics {
			if field := y.d.Progress.CompanionField(y.d.Progress.Field(m.Indicator), "promised"); field != nil && form.Metric(field.ID, int(m.Year)) != nil {
				basis, _ := form.Text("supplement_basis", 0)
				funding := slices.Contains(y.d.Progress.Field(m.Indicator).Topics, templates.Funding)
				if p := form.Metric(field.ID, int(m.Year)); p.Status == table.Normal && m.Status == table.Normal && (funding || basis == table.BasisSupplement) {
					promised, reported, measured = promised+p.Value.V, reported+m.Value.V, measured+1
				}
			}
		}
	}
	// what was read with a doubt is held against nothing: it stands apart
	got := ask(t, filepath.Join(y.result.Dir, dataFolder), `SELECT count(*) AS n, sum(promised) AS promised, sum(reported) AS reported, count(*) FILTER (measured) AS sure
		FROM fulfilment WHERE measured OR status = 'doubtful'`)
	if got[0]["n"] != float64(measured) || abs(got[0]["promised"].(float64)-promised) > 1e-6 || abs(got[0]["reported"].(float64)-reported) > 1e-6 {
		t.Errorf("%v, the forms say %d, %v, %v", got[0], measured, promised, reported)
	}
	programs.NeedPython(t, "pandas")
	var said struct{ Measured, Met int }
	answer(t, programs.Run(t, "python3", scripts+"promises.py", filepath.Join(y.first, dataFolder), filepath.Join(y.result.Dir, dataFolder)), &said)
	met := 0
	for _, f := range tableOf[table.Fulfilled](t, y.result, "fulfilment") {
		if f.Measured && f.Status == "met" {
			met++
		}
	}
	if float64(said.Measured) != got[0]["sure"] || said.Measured == measured || said.Met != met {
		t.Errorf("the script measures %+v, the run %d, of which %d are met", said, measured, met)
	}
}

func abs(x float64) float64 { return max(x, -x) }

func TestWhoWasNotSelectedIsTold(t *testing.T) {
	y := must.Get(later())(t)
	o := Options{Definition: y.d, Register: filepath.Join(y.dir, samples.RegisterName)}
	register, _, err := readRegister(o)
	if err != nil {
		t.Fatal(err)
	}
	gone := register[0].Key
	r := run{Options: o, inputs: inputs{facts: &table.Facts{Definition: y.d, Progress: y.result.Progress.Facts}, known: check.Known{Register: register[1:]}}}
	err = r.checkProgressForms()
	progress := r.progressRound
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for x := range progress.Findings.All() {
		if x.Rule != "not_selected" {
			continue
		}
		if told++; !strings.HasSuffix(x.Submission, fmt.Sprintf("-%02s", strings.TrimPrefix(gone, "no:"))) {
			t.Errorf("%s was selected", x.Submission)
		}
	}
	if told != 1 {
		t.Errorf("told %d times of %s", told, gone)
	}
}

func TestWhoReportsAgainFindsWhatIsKnown(t *testing.T) {
	y := must.Get(later())(t)
	prefill := must.Get(PrefillFromEarlier(y.d, []string{filepath.Join(y.first, dataFolder)}))(t)
	e, _, _ := y.d.Directory.ByConsortium("泉州石油化工产业产教联合体")
	v := prefill(e)
	if len(v.Records["members"]) < 10 || v.Fields[templates.Ref{Field: "office_unit"}].Text == "" || v.Fields[templates.Ref{Field: "shared_programmes", Year: y.year - 2}].Number == nil {
		t.Errorf("%d members, %d values", len(v.Records["members"]), len(v.Fields))
	}
	for r := range v.Fields {
		if f := y.d.Field(r.Field); f.Personal || f.Long() || f.Type == templates.DateField || r.Year > y.year-2 {
			t.Errorf("%+v is filled in", r)
		}
	}
	never := templates.Entry{No: 99, City: "福州", Consortium: "样例没有报过的产教联合体", Park: "样例园区"}
	if new := prefill(never); len(new.Records) > 0 || len(new.Fields) != 3 {
		t.Errorf("of one that never reported: %d values", len(new.Fields))
	}
}

func TestReadingsOfProgressLists(t *testing.T) {
	y := must.Get(later())(t)
	checked := must.Get(Check(context.Background(), Options{Definition: y.d, Inputs: []string{filepath.Join(y.dir, "收件")}}))(t)
	told := map[string]bool{}
	for _, f := range checked.Files {
		if f.Submission != nil {
			for _, r := range f.Submission.Readings {
				told[f.Path+r.Sheet+r.Cell] = true
			}
		}
	}
	numbers := 0
	for c := range y.result.Progress.Facts.ListCells.All() {
		if c.Number.Valid {
			if numbers++; !told[c.File+c.Sheet+c.Cell] {
				t.Errorf("%s: how %s %s was read is not told", c.File, c.Sheet, c.Cell)
			}
		}
	}
	if numbers == 0 {
		t.Error("no list of the samples has a number")
	}
}
