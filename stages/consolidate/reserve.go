package consolidate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/templates"
)

// batch is a round with its submissions by the keys that their consortia have now: directories number anew.
type batch struct {
	*table.Round
	about   map[string]*table.About
	reports map[string]bool      // what became of its promises
	typical map[string][]float64 // what the chosen got of each observation point, 0–1; empty before all marks are in
}

// rounds are those that are known, the oldest first; the last is this one.
func (w *workbook) rounds() []*table.Round { return append(slices.Clone(w.Before), &w.Round) }

// reserves lists the directory with what became of each entry in every batch, and what it would take.
func (w *workbook) reserves() (out [][]any, said list.Words) {
	chosen, batches := w.Register.Chosen(), []batch{}
	for _, r := range w.rounds() {
		b := batch{r, map[string]*table.About{}, map[string]bool{}, map[string][]float64{}}
		for _, f := range r.Followed() {
			b.reports[table.KeyOf(w.Definition, f[0].Consortium)] = true
		}
		for _, a := range r.About() {
			key := table.KeyOf(w.Definition, a.Form.Submission.Consortium)
			b.about[key] = a
			for _, x := range a.Scores {
				if chosen[key] && a.Rank.Complete && x.Evidence == "" && x.Value.Valid {
					b.typical[x.Point] = append(b.typical[x.Point], x.Value.V)
				}
			}
		}
		batches = append(batches, b)
	}
	for _, e := range w.Definition.Directory.Entries {
		key := table.EntryKey(e)
		settled := cmp.Or(w.Register.Exempt(e), w.Register.Award(key).Said())
		open, weak, seasons := when(settled == "", "从未报送"), "", []string{}
		var last *table.About // of the batches in which others were chosen
		for _, b := range batches {
			a := b.about[key]
			if seasons = append(seasons, b.season(e, a, chosen[key])); a != nil {
				open = a.Open()
			}
			if settled == "" && len(b.typical) > 0 && (a != nil || last == nil) {
				weak, last = b.weakest(a), a
			}
		}
		now := cmp.Or(settled, e.Adjusted)
		out = append(out, []any{e.No, e.City, e.Consortium, e.Park, now, seasons, open, weak})
	}
	return out, nil
}

func (b batch) season(e templates.Entry, a *table.About, chosen bool) string {
	listed, _, known := b.Definition.Directory.ByConsortium(e.Consortium)
	switch {
	case a == nil && b.reports[table.EntryKey(e)]:
		return "报了年度数据核对表"
	case a == nil && !known:
		return "不在当时的目录"
	case a == nil:
		return cmp.Or(b.Register.Exempt(listed), b.Untranscribed(listed), "未报")
	}
	said, k := cmp.Or(a.Verdict.Award, a.Verdict.Unranked), a.Rank
	if !k.Ranked || !k.Complete {
		return cmp.Or(said, string(a.Verdict.Verdict)+"，没有评齐")
	}
	if said == "" {
		said = map[bool]string{true: "登记为入选", false: "没有登记入选"}[chosen]
	}
	return fmt.Sprintf("第%d名（%s），%s", k.Rank.V, k.Ranges()[table.Reweighted], said)
}

// weakest names the observation points at which a submission stands furthest behind the chosen; without a submission,
// those at which the chosen got most.
func (b batch) weakest(a *table.About) string {
	behind, points := map[string]float64{}, b.Definition.Rubric.Points()
	for point, values := range b.typical {
		behind[point] = table.Median(values).V
	}
	whose, differ := "入选各家得分最多的", "%s %s %.1f分"
	if a != nil {
		whose, differ = "比入选各家的中位数", "%s %s 少%.1f分"
		for _, x := range a.Scores {
			switch {
			case x.Evidence != "":
			case x.Value.Valid:
				behind[x.Point] -= x.Value.V
			default: // what nobody marked is no weakness
				behind[x.Point] = 0
			}
		}
	}
	weight := func(p *templates.Point) float64 { return p.Weight.InexactFloat64() * behind[p.ID] }
	points = slices.SortedStableFunc(slices.Values(points), func(x, y *templates.Point) int {
		return cmp.Compare(weight(y), weight(x))
	})
	const few, words = 3, 16
	said := table.Words(points[:min(few, len(points))], func(p *templates.Point) string {
		return when(weight(p) > 0, fmt.Sprintf(differ, p.ID, short(p, words), weight(p)))
	})
	return fmt.Sprintf("%d年%s：%s", b.Definition.Year, whose, strings.Join(said, "；"))
}

func (w *workbook) seasonColumns(*list.List) (out []list.Column) {
	for i, r := range w.rounds() {
		out = append(out, list.Column{Key: fmt.Sprint("season", i), Head: fmt.Sprintf("%d年", r.Definition.Year),
			Cell: func(r list.Row) book.Cell { return plain(r.Get("seasons").([]string)[i]) }})
	}
	return out
}
