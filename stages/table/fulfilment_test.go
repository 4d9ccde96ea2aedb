package table

import (
	"testing"

	"lianheti/templates"
)

// Requirements
//  1. What falls short in two years running is told, with both figures; what was short once, or has a better year between, is not.
//  2. A promise that says otherwise than the archive is told at its cell, with what was prefilled.

// progressFacts is one progress form that reports a figure beside a promise.
func progressFacts(d *templates.Definition, promised, reported float64) *Facts {
	const consortium, id = "样例联合体", "2025-01"
	var metrics []Metric
	for _, f := range d.Form.Metrics() {
		for _, r := range d.Refs(f) {
			m := Metric{Submission: id, Indicator: r.Field, Year: int32(r.Year), Status: Missing, Sheet: "年度数据核对", Cell: "A1"}
			switch {
			case r == templates.Ref{Field: "apprentices", Year: d.Year - 1}:
				m.Value, m.Status, m.Cell = Some(reported), Normal, "G9"
			case r == templates.Ref{Field: "apprentices_promised", Year: d.Year - 1}:
				m.Value, m.Status, m.Cell = Some(promised), Normal, "F9"
			}
			metrics = append(metrics, m)
		}
	}
	return &Facts{Definition: d, Submissions: Of([]Submission{{Submission: id, Consortium: consortium, File: "甲.xlsx"}}),
		Figures: Of([]Figure{{Submission: id, Field: d.Form.Promises.Basis, Text: BasisSupplement, Status: Normal}}),
		Metrics: Of(metrics), Texts: Of([]Text(nil)), Members: Of([]Member(nil)),
		Materials: Of([]Material(nil)), Verifications: Of([]Verification(nil)), Explanations: Of([]Explanation(nil)), Coercions: Of([]Coercion(nil)),
		ListColumns: Of([]ListColumn(nil)), ListCells: Of([]ListCell(nil)), Loose: Of([]LooseCell(nil))}
}

func TestFulfilTellsWhatIsLowTwoYearsRunning(t *testing.T) {
	d, err := templates.Load(templates.Latest() + 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		before   int32 // low years up to the year before
		reported float64
		low      int32
		told     bool
	}{{0, 79, 1, false}, {1, 79, 2, true}, {2, 79, 3, true}, {1, 80, 0, false}} {
		earlier := &Facts{Definition: d.Progress, Submissions: Of([]Submission(nil)),
			Fulfilment: Of([]Fulfilled{{Consortium: "样例联合体", Indicator: "apprentices", Year: int32(d.Year - 2), LowYears: x.before}})}
		rows, found := CompareCommitments(progressFacts(d.Progress, 100, x.reported), &Judgement{}, NewArchive([]*Round{{Facts: earlier}}))
		low := int32(0)
		for _, r := range rows {
			if r.Indicator == "apprentices" && r.Year == int32(d.Year-1) {
				low = r.LowYears
			}
		}
		told := len(found) == 1 && found[0].Code == d.Progress.CodeOf(ruleLowAgain) && found[0].Value == "79" && found[0].Vars["other"] == "100" && found[0].Places[0].Cell == "G9"
		if low != x.low || told != x.told || !told && len(found) > 0 {
			t.Errorf("%+v: low %d years, found %+v", x, low, found)
		}
	}
}

func TestFulfilTellsAnAlteredPromise(t *testing.T) {
	d, err := templates.Load(templates.Latest() + 1)
	if err != nil {
		t.Fatal(err)
	}
	first := progressFacts(d, 0, 0)
	first.Metrics = Of([]Metric{{Submission: "2025-01", Indicator: "apprentices", Year: int32(d.Year - 1), Value: Some(120.0), Kind: string(templates.Committed), Status: Normal}})
	_, found := CompareCommitments(progressFacts(d.Progress, 100, 100), &Judgement{}, NewArchive([]*Round{{Facts: first}}))
	if len(found) != 1 || found[0].Code != d.Progress.CodeOf(ruleAltered) || found[0].Value != "120" || found[0].Places[0].Cell != "F9" {
		t.Errorf("found %+v", found)
	}
}
