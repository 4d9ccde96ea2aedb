package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lianheti/samples/must"
	"lianheti/stages/model"
	"lianheti/stages/rehearse"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. Every damage of the catalogue is noticed on a good workbook, with its code and its place; harmless ones change no value.
//  2. The rehearsal can fail: what is not noticed, noticed elsewhere, or changes values in silence is told as unseen.
//  3. The original is not touched, and a bad one is refused.

func TestEveryDamageIsNoticed(t *testing.T) {
	d := must.Get(templates.Load(2024))(t)
	good := filepath.Join(samplesDir, "南平", "南平市竹产业产教联合体.xlsx")
	before := must.Get(os.ReadFile(good))(t)
	results := must.Get(Rehearse(context.Background(), d, good))(t)
	refused, harmless := 0, 0
	for _, r := range results {
		if !r.Seen || r.Error != "" {
			t.Errorf("%s: %s, %s %s %s", r.What, r.Expected, r.Code, r.Noticed, r.Error)
		}
		if r.Code == "" {
			harmless++
		} else if d.Rule(r.Code) == nil {
			t.Errorf("%s: code %s is not in the catalogue", r.What, r.Code)
		} else if r.Place == "" {
			refused++
		}
	}
	if len(results) < 50 || refused < 20 || harmless < 8 {
		t.Errorf("%d damages, %d refused, %d harmless", len(results), refused, harmless)
	}
	if after, err := os.ReadFile(good); err != nil || !slices.Equal(before, after) {
		t.Errorf("the original was touched: %v", err)
	}
	if _, err := Rehearse(context.Background(), d, filepath.Join(samplesDir, "泉州", "推荐书扫描件.xlsx")); err == nil {
		t.Error("a rehearsal with a file that is no workbook")
	}
}

func TestTheRehearsalCanFail(t *testing.T) {
	accepted := []table.File{{Fate: model.Accepted}}
	good := &reading{files: accepted, values: []string{"1"}}
	finding := table.Finding{Code: "LHT-2-001", Sheet: "表", Cell: "B2", Places: "表!B2; 表!B3"}
	cell := func(c string) model.Place { return model.Place{Sheet: "表", Cell: c} }
	for name, c := range map[string]struct {
		want rehearse.Expectation
		bad  reading
		seen bool
	}{
		"read although damaged":            {rehearse.Expectation{Refused: []string{"LHT-1-006"}}, reading{files: accepted}, false},
		"refused with another code":        {rehearse.Expectation{Refused: []string{"LHT-1-006"}}, reading{files: []table.File{{Fate: model.Rejected, Code: "LHT-1-013"}}}, false},
		"refused as it must be":            {rehearse.Expectation{Refused: []string{"LHT-1-006"}}, reading{files: []table.File{{Fate: model.Rejected, Code: "LHT-1-006"}}}, true},
		"refused although harmless":        {rehearse.Expectation{Values: true}, reading{files: []table.File{{Fate: model.Rejected, Code: "LHT-1-006"}}}, false},
		"another value in silence":         {rehearse.Expectation{Values: true}, reading{files: accepted, values: []string{"2"}}, false},
		"a value lost in silence":          {rehearse.Expectation{Values: true}, reading{files: accepted}, false},
		"no finding":                       {rehearse.Expectation{Found: []string{"LHT-2-001"}, Place: cell("B2")}, reading{files: accepted, values: []string{"2"}}, false},
		"a finding elsewhere":              {rehearse.Expectation{Found: []string{"LHT-2-001"}, Place: cell("C9")}, reading{files: accepted, findings: []table.Finding{finding}}, false},
		"the finding":                      {rehearse.Expectation{Found: []string{"LHT-2-001"}, Place: cell("B3")}, reading{files: accepted, findings: []table.Finding{finding}}, true},
		"the finding, but another value":   {rehearse.Expectation{Found: []string{"LHT-2-001"}, Place: cell("B2"), Values: true}, reading{files: accepted, findings: []table.Finding{finding}, values: []string{"2"}}, false},
		"the finding, and the same values": {rehearse.Expectation{Found: []string{"LHT-2-001"}, Place: cell("B2"), Values: true}, reading{files: accepted, findings: []table.Finding{finding}, values: []string{"1"}}, true},
	} {
		var r Rehearsed
		if r.compare(c.want, good, &c.bad); r.Seen != c.seen {
			t.Errorf("%s: seen %v (%s)", name, r.Seen, r.Noticed)
		}
	}
}
