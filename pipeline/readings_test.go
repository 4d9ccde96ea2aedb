package pipeline

import (
	"strings"
	"testing"

	"lianheti/stages/table"
)

// Requirement: every number and date that was filled in is listed with what the filler sees, what was read and by which
// route; the raw values of a sample that were typed with words around them say which.
func TestReadingsListEveryNumber(t *testing.T) {
	b, err := batch()
	if err != nil {
		t.Fatal(err)
	}
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
		for _, m := range f.Metrics {
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
