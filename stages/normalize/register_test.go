package normalize

// Requirements
//  1. Whatever stands in a register, reading it ends in entries that are what their columns allow, or in faults that each name a place;
//     no fault repeats a phone.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lianheti/stages/model"
	"lianheti/stages/text"
)

func FuzzRegister(f *testing.F) {
	var blank strings.Builder
	for _, s := range definition.Register.Sheets {
		for i, c := range s.Columns {
			fmt.Fprintf(&blank, "%s\t3\t%d\t%s\n", s.Title, i+1, c.Label)
		}
	}
	f.Add(blank.String())
	f.Add(blank.String() + "同意调整\t4\t1\t三明市氟化工产教联合体\n同意调整\t4\t2\t文\n")
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
