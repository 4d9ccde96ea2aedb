package table

import (
	"math"
	"testing"

	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

// Requirements
//  1. Tables as a run writes them are taken.
//  2. What no run can have written is refused, whatever its hash: values, references, keys, numbers, fields and years.
func TestSound(t *testing.T) {
	d, err := templates.Load(2024)
	if err != nil {
		t.Fatal(err)
	}
	good := Metric{Submission: "2024-01", Indicator: "funding_total", Year: 2024, Value: Some(1.0), Status: Normal, Kind: "committed"}
	refused := map[string]func(m *Metric){
		"":          func(*Metric) {},
		"status":    func(m *Metric) { m.Status = "Z" },
		"reference": func(m *Metric) { m.Submission = "2024-99" },
		"NaN":       func(m *Metric) { m.Value = Some(math.NaN()) },
		"Inf":       func(m *Metric) { m.Value = Some(math.Inf(1)) },
		"indicator": func(m *Metric) { m.Indicator = "nothing" },
		"year":      func(m *Metric) { m.Year = 9999 },
		"key":       func(m *Metric) { m.Year = 2025 },
	}
	for what, change := range refused {
		row, beside := good, good
		beside.Year = 2025
		change(&row)
		metrics, submissions := Of([]Metric{row, beside}), Of([]Submission{{Submission: "2024-01"}})
		err := validate(d, map[string]arrow.Record{"metrics": metrics.Record(), "submissions": submissions.Record()})
		if (err != nil) != (what != "") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
