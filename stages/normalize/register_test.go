package normalize

// Requirements
//  1. Whatever stands in a register, reading it ends in entries that are what their columns allow, or in faults that each name a place;
//     no fault repeats a phone.
//  2. An error value is a fault; a consortium that nobody knows is said.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

func FuzzRegister(f *testing.F) {
	var blank strings.Builder
	for _, s := range definition.Register.Sheets {
		for i, c := range s.Columns {
			fmt.Fprintf(&blank, "%s\t3\t%d\t%s\n", s.Title, i+1, c.Label)
		}
	}
	f.Add(blank.String())
	f.Add(blank.String() + "目录调整\t4\t1\t三明市氟化工产教联合体\n目录调整\t4\t6\t同意\n")
	f.Add(blank.String() + "说明采纳\t4\t1\t0123456789abcdef\n说明采纳\t4\t2\t采纳\n说明采纳\t5\t9\t13900005678\n别的\t1\t1\tx\n")
	f.Add(blank.String() + "逾期补报\t4\t1\t甲\n逾期补报\t4\t2\t处\n逾期补报\t4\t3\t2024年8月20日\n逾期补报\t5\t3\t13900005678\n")
	f.Fuzz(func(t *testing.T, lines string) {
		var cells []model.Cell
		seen := map[string]bool{}
		for line := range strings.SplitSeq(lines, "\n") {
			p := strings.SplitN(line, "\t", 4)
			if len(p) < 4 || strings.TrimSpace(p[3]) == "" || seen[strings.Join(p[:3], "\t")] {
				continue
			}
			seen[strings.Join(p[:3], "\t")] = true
			row, err1 := strconv.Atoi(p[1])
			col, err2 := strconv.Atoi(p[2])
			if err1 != nil || err2 != nil || row < 1 || row > 1048576 || col < 1 || col > 16384 {
				continue
			}
			cells = append(cells, model.Cell{Place: model.Place{File: "登记.xlsx", Sheet: p[0], Cell: model.CellName(row, col)}, Row: row, Col: col, Raw: p[3], Kind: model.Text, Filled: true})
		}
		entries, err := Register(definition, cells)
		if err != nil {
			if said := err.Error(); text.Mask(said) != said || !strings.Contains(said, "登记表") {
				t.Errorf("fault %q", said)
			}
			return
		}
		for _, e := range entries {
			for _, c := range e.Sheet.Columns {
				v := e.Values[c.ID]
				if c.Required && v == "" || v != "" && len(c.Options) > 0 && !slices.Contains(c.Options, v) {
					t.Errorf("%s %s: %q", e.Place, c.Label, v)
				}
				_, day := time.Parse(time.DateOnly, v)
				_, month := time.Parse("2006-01", v)
				if c.Date && v != "" && day != nil && month != nil {
					t.Errorf("%s %s: %q is no day", e.Place, c.Label, v)
				}
			}
		}
	})
}

func TestRegisterNamesNobodyKnows(t *testing.T) {
	sheet := definition.Register.Sheets[slices.IndexFunc(definition.Register.Sheets, func(s *templates.RegisterSheet) bool { return s.Effect == templates.Selects })]
	read := func(name string, kind model.Kind) ([]table.Registered, error) {
		var cells []model.Cell
		for i, c := range sheet.Columns {
			for row, words := range map[int]string{3: c.Label, 4: map[string]string{templates.RegisterConsortium: name, templates.RegisterDocument: "文"}[c.ID]} {
				if words != "" {
					cells = append(cells, model.Cell{Place: model.Place{Sheet: sheet.Title, Cell: model.CellName(row, i+1)}, Row: row, Col: i + 1, Raw: words, Kind: kind, Filled: true})
				}
			}
		}
		return Register(definition, cells)
	}
	if _, err := read("#N/A", model.Error); err == nil || !strings.Contains(err.Error(), sheet.Title+"!A4") {
		t.Errorf("an error value: %v", err)
	}
	for name, unknown := range map[string]bool{"不存在的联合体": true, "晋江市域产教联合体（已入选国家级）": false, definition.Directory.Entries[0].Consortium: false, "南平市竹产业产教联合体": false} {
		entries, err := read(name, model.Text)
		if err != nil {
			t.Fatal(err)
		}
		facts := &table.Facts{Definition: definition, Submissions: table.Of([]table.Submission{{Submission: "2024-Xa", Consortium: "南平市竹产业产教联合体"}})}
		f := table.Round{Facts: facts, Judgement: &table.Judgement{Register: entries}}
		if got := f.Strangers(); (len(got) == 1) != unknown {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
