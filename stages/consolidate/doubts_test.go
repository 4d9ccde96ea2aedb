package consolidate

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"testing"

	"lianheti/stages/book"
	"lianheti/stages/table"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/xuri/excelize/v2"
)

// Requirements
//  1. A doubtful enrolment on the roster concerns every point of which an evidence is counted per student.
//  2. Where not all outside the line are told what they lack, the sheet says so.

func TestTheRosterConcernsPoints(t *testing.T) {
	_, in, _ := open(t)
	w := newWorkbook(in)
	var want []string
	for _, p := range in.Definition.Rubric.Points() {
		for _, e := range p.Evidence {
			if strings.Contains(e.Expr, "enrolment(") && !slices.Contains(want, p.ID) {
				want = append(want, p.ID)
			}
		}
	}
	if got := w.pointsOf([]string{"members_enrolment"}); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("a doubtful enrolment concerns %v, want %v", got, want)
	}
}

func TestLiftsOfSomeOnly(t *testing.T) {
	_, in, _ := open(t)
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
	}{{in.Ranking.Lifts, false}, {table.Of(memory.NewGoAllocator(), first), true}} {
		ranking := *in.Ranking
		ranking.Lifts = c.lifts
		some := in
		some.Ranking = &ranking
		w, err := newWorkbook(some), error(nil)
		if w.report, err = book.NewReport("", sheetLifts); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := cmp.Or(w.lifts(sheetLifts), w.report.Write(&b, "")); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		if remark, err := f.GetCellValue(sheetLifts, "A1"); err != nil || strings.Contains(remark, more) != c.told {
			t.Errorf("%d steps: %s (%v)", c.lifts.Len(), remark, err)
		}
		f.Close()
	}
}
