package pipeline

import (
	"cmp"
	"context"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"lianheti/samples"
	"lianheti/samples/must"
	"lianheti/stages/export"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Requirements
//  1. A year later, with a field more in the form, the tables of both years are one data set: nothing that was there is gone or of
//     another type. A column that is dropped or retyped is refused by name.
//  2. Commitments of the first year meet the actual figures of the second.
//  3. No shipped year breaks the tables of the one before.

// nextYear is a toy definition of 2025: all years one later, and a field more.
func nextYear(t testing.TB) *templates.Definition {
	t.Helper()
	d, err := templates.LoadFS(shifted(t, "../templates/2024", "2025/", func(name, text string) string {
		if name == "form.yaml" {
			const at = "            - {id: demand_reports,"
			if !strings.Contains(text, at) {
				t.Fatal("form.yaml has changed")
			}
			text = strings.Replace(text, at, "            - {id: toy_figure, label: 试验栏目, group: 人才培养质量, type: integer, unit: 个, better: higher, decimals: 0, extra: true, evidence: [\"4.1\"]}\n"+at, 1)
		}
		return text
	}), 2025)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// shifted gives the YAML files of a folder with all years of the form one later.
func shifted(t testing.TB, dir, prefix string, edit func(name, text string) string) fs.FS {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal(dir, err)
	}
	out := fstest.MapFS{}
	for _, path := range files {
		data := must.Get(os.ReadFile(path))(t)
		text := string(data)
		for y := 2026; y >= 2022; y-- {
			text = strings.ReplaceAll(text, strconv.Itoa(y), strconv.Itoa(y+1))
		}
		out[prefix+filepath.Base(path)] = &fstest.MapFile{Data: []byte(edit(filepath.Base(path), text))}
	}
	return out
}

var twoYearsOnce sync.Once
var twoYearsDir string

// twoYears is a folder with the results of 2024 and of the toy 2025, where the first four consortia of the samples reported again:
// what they had in 2023 they have in 2024.
func twoYears(t testing.TB) (root string, later *templates.Definition) {
	t.Helper()
	first := must.Get(published())(t)
	d := nextYear(t)
	root = filepath.Dir(first)
	twoYearsOnce.Do(func() {
		all, _, err := samples.Load(shifted(t, "../samples/fixtures/2024", "", func(_, text string) string { return text }))
		if err != nil {
			t.Fatal(err)
		}
		files := must.Get(samples.Files(d, all[:4], nil))(t)
		in := t.TempDir()
		must.Do(t, samples.Write(in, files))
		if _, err := Run(context.Background(), Options{Definition: d, Inputs: []string{in}, Out: root}); err != nil {
			t.Fatal(err)
		}
		twoYearsDir = root
	})
	if twoYearsDir == "" {
		t.Fatal("the toy year could not be run")
	}
	return root, d
}

func TestYearsAreOneDataSet(t *testing.T) {
	first := must.Get(templates.Load(2024))(t)
	if err := evolution(first, nextYear(t)); err != nil {
		t.Error(err)
	}
	if err := evolution(nextYear(t), first); err != nil {
		t.Errorf("a field that the form no longer asks for: %v", err)
	}
	dropped, retyped := nextYear(t), nextYear(t)
	dropped.Table("loose_cells").Internal = true
	retyped.Field("office_area").Type = templates.TextField
	for want, later := range map[string]*templates.Definition{"缺表 loose_cells": dropped, "submissions.office_area 由 float64 变为 utf8": retyped} {
		if err := evolution(first, later); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
	years := templates.Years()
	for i := 1; i < len(years); i++ {
		earlier := must.Get(templates.Load(years[i-1]))(t)
		later := must.Get(templates.Load(years[i]))(t)
		if err := evolution(earlier, later); err != nil {
			t.Error(err)
		}
	}
}

func TestCommitmentsMeetActuals(t *testing.T) {
	root, d := twoYears(t)
	facts := map[int]*table.Facts{}
	for year, def := range map[int]*templates.Definition{2024: nil, 2025: d} {
		if def == nil {
			def = must.Get(templates.Load(year))(t)
		}
		records := must.Get(export.Read(filepath.Join(root, strconv.Itoa(year), dataFolder)))(t)
		round := must.Get(table.Restore(def, records))(t)
		facts[year] = round.Facts
	}
	found := commitmentsMet(facts[2024], facts[2025])
	if len(found) < 50 {
		t.Fatalf("%d commitments met an actual figure", len(found))
	}
	had := map[string]float64{} // by the made-up rule: the actual of 2024 is what the consortium had in 2023
	names := map[string]string{}
	for s := range facts[2024].Submissions.All() {
		names[s.Submission] = s.Consortium
	}
	for m := range facts[2024].Metrics.All() {
		if m.Year == 2023 && m.Status == table.Normal {
			had[names[m.Submission]+m.Indicator] = m.Value.V
		}
	}
	for _, f := range found {
		if f.Year != 2024 || f.Actual != had[f.Consortium+f.Indicator] {
			t.Errorf("%+v, which had %v in 2023", f, had[f.Consortium+f.Indicator])
		}
		if f.Share.Valid && math.Abs(f.Share.V*f.Promised-f.Actual) > 1e-9 {
			t.Errorf("%+v", f)
		}
	}
}

// met is a commitment of one batch beside the actual figure that a later batch reports for the same year.
type met struct {
	Consortium, City string // as the earlier batch has them
	Indicator, Unit  string
	Year             int32
	Promised, Actual float64
	Share            table.Opt[float64] // actual over promised; nothing where 0 was promised
}

// commitmentsMet finds what became of the commitments of an earlier batch (承诺兑现). A consortium is known by its name from year to year,
// for the directory may number anew; an indicator by its id, if the unit is the same. The order is that of the earlier metrics.
func commitmentsMet(earlier, later *table.Facts) []met {
	type slot struct {
		consortium, indicator, unit string
		year                        int32
	}
	key := func(s table.Submission) string { return cmp.Or(text.NameKey(s.Consortium), s.Submission) }
	names := map[string]string{}
	for s := range later.Submissions.All() {
		names[s.Submission] = key(s)
	}
	actual := map[slot]float64{}
	for m := range later.Metrics.All() {
		if m.Kind == string(templates.Actual) && m.Status == table.Normal {
			actual[slot{names[m.Submission], m.Indicator, m.Unit, m.Year}] = m.Value.V
		}
	}
	submissions := map[string]table.Submission{}
	for s := range earlier.Submissions.All() {
		submissions[s.Submission] = s
	}
	var out []met
	for m := range earlier.Metrics.All() {
		s := submissions[m.Submission]
		now, reported := actual[slot{key(s), m.Indicator, m.Unit, m.Year}]
		if m.Kind != string(templates.Committed) || m.Status != table.Normal || !reported {
			continue
		}
		f := met{Consortium: s.Consortium, City: s.City, Indicator: m.Indicator, Unit: m.Unit, Year: m.Year, Promised: m.Value.V, Actual: now}
		if f.Promised != 0 {
			f.Share = table.Some(f.Actual / f.Promised)
		}
		out = append(out, f)
	}
	return out
}
