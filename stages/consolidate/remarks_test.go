package consolidate

import (
	"slices"
	"strings"
	"testing"

	"lianheti/samples/must"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Requirements
//  1. What is said to hang on a doubt is what the scoring says hangs on it.
//  2. What is as it was in the last round is listed, and is no difference.
//  3. Where not all outside the line are told what they lack, the sheet says so.
//  4. Of an explanation it is said how much it explains.

func TestDoubtsHangAsTheScoringSays(t *testing.T) {
	_, in, _ := open(t)
	hanging := 0
	doubts, _ := newWorkbook(in).openWarnings()
	for _, x := range doubts {
		want := ""
		for s := range in.Ranking.Stakes.All() {
			if s.Submission == x.Submission && s.Fingerprint == x.Fingerprint {
				want = s.Points
				hanging++
			}
		}
		if got := x.Points; got != want {
			t.Errorf("%s %s: %s, want %s", x.Submission, x.Title, got, want)
		}
	}
	if hanging == 0 {
		t.Error("nothing hangs on any doubt")
	}
}

func TestLiftsOfSomeOnly(t *testing.T) {
	_, figures, _ := open(t)
	if slices.ContainsFunc(newWorkbook(figures).sheetsWithContent(appendixBook), func(s *templates.ReportSheet) bool { return s.ID == "lifts" }) {
		t.Error("before the marks are in there is a line")
	}
	in := withMarks(t, figures)
	var first []table.Lift
	for l := range in.Ranking.Lifts.All() {
		if first == nil || l.Submission == first[0].Submission {
			first = append(first, l)
		}
	}
	const more = "只列离入选线最近的1家"
	for _, c := range []struct {
		lifts table.Table[table.Lift]
		told  bool
	}{{in.Ranking.Lifts, false}, {table.Of(first), true}} {
		ranking := *in.Ranking
		ranking.Lifts = c.lifts
		some := in
		some.Ranking = &ranking
		if remark := remarkOf(t, some, "lifts"); strings.Contains(remark, more) != c.told {
			t.Errorf("%d steps: %s", c.lifts.Len(), remark)
		}
	}
}

func TestWhatIsAsItWasIsNoDifference(t *testing.T) {
	_, in, _ := open(t)
	in.Earlier = &Earlier{Definition: in.Definition.Sources}
	in.Changes = table.Of([]table.Change{{Kind: table.NotResent}, {Kind: table.FindingOpen}, {Kind: table.ResentUnchanged}, {Kind: table.FindingClosed},
		{Kind: table.FindingExplained, Before: "属实", After: "属实"}, {Kind: table.FindingExplained, Before: "偏大", After: "属实"}})
	if remark := remarkOf(t, in, "changes"); !strings.Contains(remark, "，2处不同") {
		t.Error(remark)
	}
}

// TestTheLineComesFirst: who passed the line is named before all else, with why; where one of the rounds had no line, nobody passed it.
func TestTheLineComesFirst(t *testing.T) {
	_, figures, _ := open(t)
	marked := withMarks(t, figures)
	rank := func(id, name string, was, is float64) table.Change {
		c := table.Change{Submission: id, Consortium: name, Kind: table.RankChanged, Label: "名次", Before: "前", After: "后", BeforeNumber: table.Some(was), AfterNumber: table.Some(is)}
		if is == 0 {
			c.AfterNumber = table.Opt[float64]{}
		}
		return c
	}
	for _, c := range []struct {
		in       Input
		complete bool
		told     bool
	}{{marked, true, true}, {marked, false, false}, {figures, true, false}} {
		c.in.Earlier = &Earlier{Definition: c.in.Definition.Sources, Complete: c.complete}
		c.in.Changes = table.Of([]table.Change{rank("a", "甲", 1, 2), rank("b", "乙", 90, 1), rank("c", "丙", 2, 90), rank("d", "丁", 3, 0)})
		const want = "乙进到线内（前→后）、丙退出线内（前→后）、丁退出线内（前→后）。"
		if remark := remarkOf(t, c.in, "changes"); strings.Contains(remark, want) != c.told || strings.Contains(remark, "甲") {
			t.Error(remark)
		}
	}
	var unranked table.Rank
	for r := range figures.Ranking.Ranking.All() {
		if !r.Rank.Valid {
			unranked = r
		}
	}
	if got := newWorkbook(figures).reasons(rank(unranked.Submission, "", 3, 0)); got == "" || got != unranked.Unranked {
		t.Errorf("why out of the ranking: %q, want %q", got, unranked.Unranked)
	}
}

// remarkOf is what one plain sheet says over its rows.
func remarkOf(t *testing.T, in Input, id string) string {
	t.Helper()
	w := newWorkbook(in)
	l := w.lists.Layout(id)
	w.addRemarkWords(id, l.Words)
	return templates.Fill(l.Sheet.Remark, l.Words)
}

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
	made := must.Get(booksOf(in))(t)
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
				for _, word := range []string{"稳在", "两可", "入选机会", "拟入选", table.SideLabels["inside"], table.SideLabels["outside"]} {
					if strings.Contains(strings.ReplaceAll(cell, in.Definition.Sheets().Codes["line"]["before"], ""), word) && cell != "线内线外" && !strings.HasPrefix(cell, "评齐后") {
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

func TestWhatAnExplanationCovers(t *testing.T) {
	_, in, _ := open(t)
	w := newWorkbook(in)
	w.about["甲"] = &table.SubmissionRows{Findings: []table.Finding{
		{Code: "LHT-2-001", OwnExplanation: "正在审计"}, {Code: "LHT-2-001", OwnExplanation: "正在审计"}, {Code: "LHT-3-050", OwnExplanation: "正在审计"},
		{Code: "LHT-2-001", OwnExplanation: "另有原因"}, {Code: "LHT-2-001"}}}
	for said, want := range map[string]string{"正在审计": "3处，其中未填2格", "没有的事": "0处，其中未填0格"} {
		if got := w.covers(table.Explanation{Submission: "甲", About: "2年度数据!D4:H41", Explanation: said}); got != want {
			t.Errorf("%s: %s, want %s", said, got, want)
		}
	}
}
