package consolidate

import (
	"strings"
	"testing"

	"lianheti/stages/table"
)

// Requirements
//  1. What experts propose and nobody has decided stands beside the name wherever the name stands, before and after the marks are in.
//  2. Before the marks are in no sheet speaks of a line, of being firm or of chances; each ranking says how much is known.

func TestProposalsStandBesideTheName(t *testing.T) {
	_, in, _ := open(t)
	rows := []table.Rank{}
	for r := range in.Ranking.Ranking.All() {
		if len(rows) == 1 {
			r.Pending, r.Proposals = true, "1名专家提议扣5分"
		}
		rows = append(rows, r)
	}
	ranking := *in.Ranking
	ranking.Ranking = table.Of(rows)
	in.Ranking = &ranking
	made, err := booksOf(in)
	if err != nil {
		t.Fatal(err)
	}
	books := shelved(t, made)
	plain, tagged := rows[1].Consortium, rows[1].Consortium+"〔待厅里认定：1名专家提议扣5分〕"
	for _, sheet := range []string{"总览", "排名", sheetWeights, sheetPoints, "入选线", sheetProfiles, "换一种方法", "申报一览", "申报与地市"} {
		cells := books.rows(t, sheet)
		found := 0
		for _, row := range cells {
			for _, cell := range row {
				if cell == plain {
					t.Errorf("%s: the name stands alone", sheet)
				}
				if strings.HasPrefix(cell, tagged) {
					found++
				}
			}
		}
		if found == 0 {
			t.Errorf("%s: the proposal is not there", sheet)
		}
	}
}

func TestNothingIsClaimedBeforeTheMarksAreIn(t *testing.T) {
	books, in, _ := open(t)
	if in.Standing.Complete() {
		t.Fatal("the samples have marks")
	}
	for _, sheet := range []string{"总览", "排名", sheetWeights, sheetPoints, "两家对比", "入选线", sheetProfiles, "换一种方法"} {
		cells := books.rows(t, sheet)
		said := false
		for _, row := range cells {
			for _, cell := range row {
				said = said || strings.Contains(cell, in.Standing.String())
				for _, word := range []string{"稳在", "两可", "入选机会", "拟入选", table.Sides["inside"], table.Sides["outside"]} {
					if strings.Contains(strings.ReplaceAll(cell, in.Definition.Sheets.Codes["line"]["before"], ""), word) && cell != "线内线外" && !strings.HasPrefix(cell, "评齐后") {
						t.Errorf("%s claims more than is known: %.60s", sheet, cell)
					}
				}
			}
		}
		if !said {
			t.Errorf("%s does not say how much is known", sheet)
		}
	}
}
