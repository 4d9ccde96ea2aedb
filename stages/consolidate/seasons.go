package consolidate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

func (w *workbook) fulfilmentRows() (out []table.Fulfilled, said list.Words) {
	return table.Where(w.Fulfilment.All(), func(r table.Fulfilled) bool {
		return r.Status != table.StatusAhead && r.Status != table.StatusEarlier
	}), nil
}

// fulfilmentByCity counts the figures of the progress forms by prefecture, in the order of their codes, with a total
// row; funding that was measured is summed (万元).
func (w *workbook) fulfilmentByCity() (out [][]any, said list.Words) {
	all, _ := w.fulfilmentRows()
	slices.SortStableFunc(all, func(a, b table.Fulfilled) int {
		return cmp.Or(cmp.Compare(a.CityCode, b.CityCode), cmp.Compare(a.City, b.City))
	})
	cities := table.GroupBy(all, func(r table.Fulfilled) string { return r.City })
	for i, rows := range append(cities, all)[:len(cities)+min(1, len(cities))] {
		city := table.Either(i == len(cities), "合计", rows[0].City)
		promised, paid := 0.0, 0.0
		for _, r := range rows {
			f := w.Definition.Field(r.Indicator)
			total := f != nil && len(f.RequiredYears) > 1 // not its sources
			if r.Measured && total && slices.Contains(f.Topics, templates.Funding) {
				promised, paid = promised+r.Promised.V, paid+r.Reported.V
			}
		}
		rate := table.Known(100*paid/promised, promised > 0)
		forms := table.GroupBy(rows, func(r table.Fulfilled) string { return r.File })
		out = append(out, []any{city, len(forms), table.Results(rows), promised, paid, rate})
	}
	return out, nil
}

// results are the statuses of figures in the progress form, after the number of measured ones.
func (w *workbook) results() []string {
	all := append([]string{table.ResultMeasured}, w.Definition.Table("fulfilment").Column("status").Values...)
	return slices.DeleteFunc(all, func(id string) bool { return id == table.StatusAhead || id == table.StatusEarlier })
}

func (w *workbook) resultColumns(*list.List) []list.Column {
	return table.Each(w.results(), func(id string) list.Column {
		return list.Column{Key: id, Head: w.Definition.Sheets().Codes["fulfilment"][id],
			Cell: func(r list.Row) book.Cell { return count(r.Get("results").(map[string]int)[id]) }}
	})
}

func (p *profile) writeFulfilment(form []table.Fulfilled) {
	results, last := table.Results(form), 0
	said := table.Words(p.results(), func(id string) string {
		return textIf(results[id] > 0, fmt.Sprint(p.Definition.Sheets().Codes["fulfilment"][id], results[id]))
	})
	for _, r := range form {
		if r.Status != table.StatusAhead {
			last = max(last, int(r.Year))
		}
	}
	years := slices.Sorted(slices.Values(table.Unique(form, func(r table.Fulfilled) int { return int(r.Year) })))
	years = years[max(0, len(years)-mostYears):]
	p.heading(text.Mask(form[0].Consortium), strings.Join(append([]string{"承诺兑现", form[0].City}, said...), "；"))
	p.AddSection("主要指标（各图各自的尺度；实线为实际，虚线为承诺）", 24)
	begin := p.startCharts(years)
	p.PutFitted(p.Row, 1, head(4, "指标"), head(1, fmt.Sprintf("%d原报", last-1)), head(1, "现报"),
		head(1, fmt.Sprintf("%d承诺", last)), head(1, "实际"), head(1, "兑现率％"), head(3, "结果、原因"))
	headline := p.Definition.Form.MetricsByTopic(templates.Headline)
	cols := profileCols / max(1, len(headline))
	for _, metric := range table.GroupBy(form, func(r table.Fulfilled) string { return r.Indicator }) {
		p.Row++
		title := p.Definition.Label(metric[0].Indicator) + "（" + metric[0].Unit + "）"
		p.Span(p.Row, 1, 4, plain(title))
		at := slices.IndexFunc(headline, func(f *templates.Field) bool { return f.ID == metric[0].Indicator })
		if at >= 0 && cols > 0 {
			p.smallChart(title, fulfilmentSeries(metric, years), begin, 1+at*cols, cols, p.Row)
		}
		p.figures(metric, last)
	}
	p.Row++
}

func (p *profile) figures(metric []table.Fulfilled, last int) {
	said := ""
	for _, r := range metric {
		first, values := 5, []table.Opt[float64]{r.Stated, r.Reported}
		switch {
		case r.Status == table.StatusAhead || r.Status == table.StatusEarlier:
			continue
		case int(r.Year) == last:
			first, values, said = 7, []table.Opt[float64]{r.Promised, r.Reported, r.Rate}, said+p.resultOf(r)
		case r.Status != table.StatusKept:
			said += fmt.Sprintf("%d年%s；", r.Year, p.resultOf(r))
		}
		for i, v := range values {
			if v.Valid {
				p.Put(p.Row, first+i, number(round2(v.V)))
			}
		}
	}
	p.Span(p.Row, 10, 3, plain(said))
}

func (w *workbook) resultOf(r table.Fulfilled) string {
	return strings.TrimSuffix(w.Definition.Sheets().Codes["fulfilment"][r.Status]+"："+r.Reason, "：")
}

// fulfilmentSeries are the actual and committed values of a metric by year; the latter begin at the last actual one.
func fulfilmentSeries(metric []table.Fulfilled, years []int) (out [2][]table.Opt[float64]) {
	out = [2][]table.Opt[float64]{make([]table.Opt[float64], len(years)), make([]table.Opt[float64], len(years))}
	for _, r := range metric {
		if i := slices.Index(years, int(r.Year)); i >= 0 {
			if out[0][i] = r.Reported; !r.Reported.Valid {
				out[0][i] = r.Stated
			}
			out[1][i] = r.Promised
		}
	}
	if i := slices.IndexFunc(out[1], func(v table.Opt[float64]) bool { return v.Valid }); i > 0 {
		out[1][i-1] = out[0][i-1]
	}
	return out
}

func (w *workbook) tasks() (out [][]any, said list.Words) {
	whose := table.IndexBy(w.Fulfilment.All(), func(r table.Fulfilled) string { return r.File })
	cells := table.Where(w.ListCells.All(), func(c table.ListCell) bool { return c.Submission == "" })
	for _, row := range table.GroupBy(cells, func(c table.ListCell) [3]any { return [3]any{c.File, c.List, c.Record} }) {
		at, columns := whose[row[0].File], map[string]book.Cell{}
		for _, c := range row {
			if columns[c.Field] = cell(c.Text, book.Plain); c.Number.Valid {
				columns[c.Field] = number(c.Number.V)
			}
		}
		out = append(out, []any{at.City, at.Consortium, row[0].File, row[0].Cell, columns})
	}
	return out, nil
}

// taskColumns are the columns of the lists that are carried over from year to year.
func (w *workbook) taskColumns(*list.List) []list.Column {
	if w.Definition.Progress == nil {
		return nil
	}
	form := w.Definition.Progress.Form
	fields := table.Where(slices.Values(form.Fields()), func(f *templates.Field) bool {
		return slices.Contains(form.Promises.Carried, f.Record)
	})
	return table.Each(fields, func(f *templates.Field) list.Column {
		show := func(r list.Row) book.Cell { return r.Get("columns").(map[string]book.Cell)[f.ID] }
		return list.Column{Key: f.ID, Head: f.Label, Cell: show}
	})
}

// batch is a round with its submissions by their present consortium keys: directories change their numbers.
type batch struct {
	*table.Round
	about        map[string]*table.SubmissionRows
	reports      map[string]bool      // what became of its promises
	chosenValues map[string][]float64 // values (0–1) of the chosen by observation point; empty before all marks are in
}

// rounds are the known rounds, oldest first; the last is this one.
func (w *workbook) rounds() []*table.Round { return append(slices.Clone(w.Before), &w.Round) }

// reserves lists the directory with the result of each entry in every batch, and its weakest points.
func (w *workbook) reserves() (out [][]any, said list.Words) {
	chosen, batches := w.Register.Chosen(), []batch{}
	for _, r := range w.rounds() {
		b := batch{r, map[string]*table.SubmissionRows{}, map[string]bool{}, map[string][]float64{}}
		for _, f := range r.FulfilmentByForm() {
			b.reports[table.KeyOf(w.Definition, f[0].Consortium)] = true
		}
		about := w.about
		if r != &w.Round {
			about = r.BySubmission()
		}
		for _, a := range about {
			key := table.KeyOf(w.Definition, a.Form.Submission.Consortium)
			if b.about[key] = a; !chosen[key] || !a.Rank.Complete {
				continue
			}
			for x := range a.Scores {
				if x.Evidence == "" && x.Value.Valid {
					b.chosenValues[x.Point] = append(b.chosenValues[x.Point], x.Value.V)
				}
			}
		}
		batches = append(batches, b)
	}
	for _, e := range w.Definition.Directory.Entries {
		key := table.EntryKey(e)
		settled := cmp.Or(w.Register.Exempt(e), w.Register.Award(key).Status())
		open, weak, seasons := textIf(settled == "", "从未报送"), "", []string{}
		var last *table.SubmissionRows // in the latest batch in which others were chosen
		for _, b := range batches {
			a := b.about[key]
			if seasons = append(seasons, b.season(e, a, chosen[key])); a != nil {
				open = a.OpenIssues()
			}
			if settled == "" && len(b.chosenValues) > 0 && (a != nil || last == nil) {
				weak, last = b.weakest(a), a
			}
		}
		now := cmp.Or(settled, e.Adjusted)
		out = append(out, []any{e.No, e.City, e.Consortium, e.Park, now, seasons, open, weak})
	}
	return out, nil
}

func (b batch) season(e templates.Entry, a *table.SubmissionRows, chosen bool) string {
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
	said = cmp.Or(said, table.Either(chosen, "登记为入选", "没有登记入选"))
	return fmt.Sprintf("第%d名（%s），%s", k.Rank.V, k.Ranges()[table.Reweighted], said)
}

// weakest names the observation points at which a submission is furthest behind the median of the chosen; without a
// submission, those at which the chosen earned most.
func (b batch) weakest(a *table.SubmissionRows) string {
	behind, points := map[string]float64{}, b.Definition.Rubric().Points()
	for point, values := range b.chosenValues {
		behind[point] = table.Median(values).V
	}
	whose, differ := "入选各家得分最多的", "%s %s %.1f分"
	if a != nil {
		whose, differ = "比入选各家的中位数", "%s %s 少%.1f分"
		for x := range a.Scores {
			switch {
			case x.Evidence != "":
			case x.Value.Valid:
				behind[x.Point] -= x.Value.V
			default: // not marked: no weakness
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
		return textIf(weight(p) > 0, fmt.Sprintf(differ, p.ID, short(p, words), weight(p)))
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
