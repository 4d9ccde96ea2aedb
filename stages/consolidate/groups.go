package consolidate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/templates"
)

func (w *workbook) allGroups() map[string]list.Group {
	all := w.pointGroups()
	maps.Copy(all, map[string]list.Group{
		"ranges": w.rangeColumns, "ahead": w.marginColumns, "scenarios": w.scenarioColumns, "causes": w.causeColumns,
		"receipts": w.receipts,
		"singles":  w.singles, "funding": w.funding, "contacts": w.contacts, "years": w.years, "growths": w.growths,
		"sums": w.citySums, "experts": w.experts,
		"submissions": w.outcomeColumns, "results": w.resultColumns, "seasons": w.seasonColumns, "tasks": w.taskColumns,
	})
	return all
}

// rangeColumns are the ranges of ranks under changed assumptions.
func (w *workbook) rangeColumns(*list.List) []list.Column {
	var out []list.Column
	for i, x := range (table.Rank{}).Ranges() {
		if !x.Marked || w.Standing.Complete() {
			show := func(r table.Rank) book.Cell { return centred(r.Ranges()[i].String()) }
			out = append(out, list.Column{Key: x.Where, Head: x.Where + "时的名次", Cell: list.Of(show)})
		}
	}
	return out
}

// marginColumns say, for each rank around the line, by how much the experts' points must exceed those of that rank.
func (w *workbook) marginColumns(*list.List) []list.Column {
	return table.Each(w.nearLine(), func(first table.Rank) list.Column {
		head := fmt.Sprintf("超过第%d名须高出", first.Rank.V)
		return list.Column{Key: first.Submission, Head: head, Cell: list.Of(func(r table.Rank) book.Cell {
			needed, possible := margin(first, r)
			switch {
			case r.Rank.V <= first.Rank.V:
				return book.Cell{Look: book.Plain}
			case !possible:
				return greyed("不可能")
			}
			return points(needed)
		})}
	})
}

func (w *workbook) scenarioColumns(*list.List) []list.Column {
	all := slices.Collect(w.Ranking.Scenarios.All())
	in := table.IndexBy(slices.Values(all), func(s table.Scenario) [2]string {
		return [2]string{s.Scenario, s.Submission}
	})
	ids := table.Unique(all, func(s table.Scenario) string { return s.Scenario })
	style := book.Column{}
	if w.Standing.Complete() {
		style.Rank = w.Choose()
	}
	return table.Each(ids, func(id string) list.Column {
		return list.Column{Key: id, Head: w.scenarioLabel(id), Style: style, Cell: list.Of(func(r table.Rank) book.Cell {
			s, ok := in[[2]string{id, r.Submission}]
			return table.Either(ok, count(int(s.Rank)), book.Cell{Look: book.Plain})
		})}
	})
}

func (w *workbook) scenarioLabel(id string) string {
	if id == "base" {
		return "本次运行"
	}
	if point, ok := strings.CutPrefix(id, "without_"); ok {
		return "去掉 " + point
	}
	for _, s := range w.Definition.Rubric().Scenarios {
		if s.ID == id {
			return s.Label + textIf(s.Decides, "*")
		}
	}
	return id
}

// causeColumns are the points by which each cause changed a total, for 本次变化 and 得分变动.
func (w *workbook) causeColumns(*list.List) []list.Column {
	var out []list.Column
	for _, cause := range allCauses {
		moved, some := map[string]float64{}, false // by submission
		for id, steps := range w.steps {
			for _, c := range steps {
				if table.Cause(c.Causes) == cause {
					moved[id] = c.AfterNumber.V - c.BeforeNumber.V
					some = some || moved[id] != 0
				}
			}
		}
		if !some {
			continue
		}
		head := w.Definition.Sheets().Codes["cause"][string(cause)]
		out = append(out, list.Column{Key: string(cause), Head: head, Cell: func(r list.Row) book.Cell {
			c, change := r.Value.(table.Change)
			v, ok := moved[r.Text("submission")]
			shown := ok && (!change || c.Kind == table.TotalChanged)
			return table.Either(shown, cell(table.Rounded(v), book.Gain), book.Cell{Look: book.Gain})
		}})
	}
	return out
}

// coverFields have columns of their own.
var coverFields = []string{"consortium", "city", "park", "lead_school", "lead_enterprise", "edition"}

func (w *workbook) singles(*list.List) []list.Column {
	fields := slices.DeleteFunc(w.Definition.Form.Singles(), func(f *templates.Field) bool {
		return f.Personal || slices.Contains(coverFields, f.ID)
	})
	return table.Each(fields, func(f *templates.Field) list.Column {
		show := func(e entry) book.Cell { return w.single(f, e.form.Figure(f.ID)) }
		return list.Column{Key: f.ID, Head: strings.TrimSpace(w.Definition.Label(f.ID) + "\n" + f.Unit), Cell: list.Of(show)}
	})
}

func (w *workbook) single(f *templates.Field, g *table.Figure) book.Cell {
	switch {
	case g == nil:
		return greyed(table.Missing.Absent())
	case f.Numeric() || g.Status != table.Normal:
		return figure(g.Number, g.Status)
	case f.Type == templates.ConfirmField:
		said := w.Definition.Form.Confirm
		return centred(map[string]string{"true": said.Checked, "false": said.Unchecked}[g.Text])
	case f.Type == templates.TextField:
		return plain(g.Text)
	}
	return centred(g.Text)
}

// contacts are the personal fields, not masked: they are only in the workbook of contacts.
func (w *workbook) contacts(*list.List) []list.Column {
	given := table.IndexBy(w.Facts.Contacts.All(), func(c table.Contact) [2]string {
		return [2]string{c.Submission, c.Field}
	})
	fields := slices.DeleteFunc(w.Definition.Form.Singles(), func(f *templates.Field) bool { return !f.Personal })
	return table.Each(fields, func(f *templates.Field) list.Column {
		return list.Column{Key: f.ID, Head: w.Definition.Label(f.ID), Cell: list.Of(func(e entry) book.Cell {
			c, ok := given[[2]string{e.id(), f.ID}]
			return table.Either(ok, cell(c.Text, book.Plain), w.single(f, e.form.Figure(f.ID)))
		})}
	})
}

func (w *workbook) funding(*list.List) []list.Column {
	var out []list.Column
	for _, f := range w.Definition.Form.MetricsByTopic(templates.Funding) {
		for _, id := range f.Years {
			y := w.Definition.Form.Year(id)
			head := fmt.Sprintf("%s\n%s\n%s", w.Definition.Label(f.ID), y.Label, f.Unit)
			show := func(e entry) book.Cell { return yearValue(e.form.Metric(f.ID, y.Year), y) }
			out = append(out, list.Column{Key: f.ID + id, Head: head, Style: book.Column{Look: book.CommittedHeader},
				Cell: list.Of(show)})
		}
	}
	return out
}

// yearValue is the figure of one year; committed years have another background.
func yearValue(m *table.Metric, y templates.Year) book.Cell {
	if m == nil {
		return book.Cell{Look: book.Plain}
	}
	c := figure(m.Value, m.Status)
	if y.Kind == templates.Committed {
		c.Look = c.Look.Committed()
	}
	return c
}

func yearHead(y templates.Year, words string) book.Cell {
	return cell(words, table.Either(y.Kind == templates.Committed, book.CommittedHeader, book.Header))
}

func yearKey(year int) string { return fmt.Sprint("year ", year) }

func (w *workbook) years(p *list.List) []list.Column {
	p.Words["next"] = fmt.Sprint(w.year("first"))
	return table.Each(w.Definition.Form.Years, func(y templates.Year) list.Column {
		show := func(s series) book.Cell { return yearValue(s.value(y.Year), y) }
		style := book.Column{Look: yearHead(y, "").Look}
		return list.Column{Key: yearKey(y.Year), Head: y.Label + "\n" + y.Tag, Cell: list.Of(show), Style: style}
	})
}

// growths compare the last actual year with the one before, and the last committed year with the last actual one.
func (w *workbook) growths(*list.List) []list.Column {
	years, last := w.Definition.Form.Years, w.year("last")
	final := years[len(years)-1].Year
	column := func(between string, from, to int) list.Column {
		head := fmt.Sprintf("%d年%s比%d年", to, between, from)
		return list.Column{Key: head, Head: head, Cell: func(r list.Row) book.Cell {
			return w.growth(r.Value.(series), r.Cell(yearKey(from)), r.Cell(yearKey(to)), from, to)
		}}
	}
	return []list.Column{column("", last-1, last), column("承诺", last, final)}
}

// growth compares two years, in the cells x and y, by a formula: relative growth, or the difference of percentages.
func (w *workbook) growth(s series, x, y string, from, to int) book.Cell {
	a, b, base := s.value(from), s.value(to), w.Definition.Rubric().Credibility.Base // less has no growth in per cent
	if a == nil || b == nil {
		return book.Cell{Look: book.Growth}
	}
	c, formula := w.grown(s.field, a, b), fmt.Sprintf("IF(%s>=%s,ROUND(%s/%s-1,10),\"\")", x, base, y, x)
	if c.Look == book.Change {
		formula = fmt.Sprintf("ROUND(%s-%s,10)", y, x)
	}
	c.Formula = fmt.Sprintf(`IF(AND(ISNUMBER(%s),ISNUMBER(%s)),%s,"")`, x, y, formula)
	return c
}

// grown is the growth between two figures of a field, in percent, or of percentages in points; "" where it is unknown.
func (w *workbook) grown(f *templates.Field, a, b *table.Metric) book.Cell {
	c := cell("", book.Growth)
	if f.Type == templates.PercentField {
		c.Look = book.Change
	}
	switch {
	case a == nil || b == nil || !a.Value.Valid || !b.Value.Valid:
	case c.Look == book.Change:
		c.Value = table.Rounded(b.Value.V - a.Value.V)
	case a.Value.V >= w.Definition.Rubric().Credibility.Base.InexactFloat64():
		c.Value = table.Rounded(b.Value.V/a.Value.V - 1)
	}
	return c
}

// receipts show the register's entries about a submission.
func (w *workbook) receipts(*list.List) []list.Column {
	var out []list.Column
	add := func(key, head string, show func(e entry) book.Cell) {
		out = append(out, list.Column{Key: key, Head: head, Cell: list.Of(show)})
	}
	for _, s := range w.Definition.Register().Sheets {
		find := func(e entry) table.RegisterEntry { return w.Register.EntryOn(s, table.ConsortiumKey(e.Submission)) }
		switch {
		case len(w.Register) == 0:
		case s.Effect == templates.EffectAward:
			add(s.ID, s.Title, func(e entry) book.Cell { return plain(w.award(e.Submission)) })
		case s.Effect == templates.EffectAdjust:
			add(s.ID, s.Title, func(e entry) book.Cell {
				return plain(cmp.Or(w.Facts.Entry(e.Submission).Adjusted, find(e).Values[templates.RegisterDecision]))
			})
		case s.Effect == templates.EffectReceive:
			for _, c := range s.Columns {
				if c.Must {
					add(s.ID+c.ID, c.Label, func(e entry) book.Cell { return centred(find(e).Values[c.ID]) })
				}
			}
		case s.Effect != templates.EffectExplain && s.Effect != templates.EffectSchools && s.Effect != templates.EffectObject:
			add(s.ID, s.Title, func(e entry) book.Cell { return plain(find(e).Document()) })
		}
	}
	return out
}

// experts are the points that each expert gave; of an expert who has not marked everything, also the points possible.
func (w *workbook) experts(p *list.List) []list.Column {
	ids := map[string]bool{}
	most := 0.0
	for x := range p.All {
		for id, a := range x.(markedRow).by {
			ids[id], most = true, max(most, a.Full)
		}
	}
	return table.Each(slices.Sorted(maps.Keys(ids)), func(id string) list.Column {
		show := func(x markedRow) book.Cell {
			switch a := x.by[id]; {
			case a.State == table.AssessedConflict:
				return greyed("回避")
			case !a.Points.Valid:
				return greyed("－")
			case a.State == table.AssessedPart:
				return outOf(a.Points.V, a.Full)
			default:
				return points(a.Points.V)
			}
		}
		return list.Column{Key: id, Head: id, Style: book.Column{Scale: max(most, 1)}, Cell: list.Of(show)}
	})
}

// outcomeColumns are the outcomes of a rule by submission; none where there are too many submissions.
func (w *workbook) outcomeColumns(*list.List) []list.Column {
	if len(w.entries) > maxOutcomeColumns {
		return nil
	}
	var out []list.Column
	for i, s := range w.entries {
		show := func(r list.Row) book.Cell {
			if each := r.Get("each").([]model.Outcome); each != nil {
				return centred(marks[each[i]])
			}
			return centred("")
		}
		out = append(out, list.Column{Key: s.id(), Head: s.Consortium, Style: book.Column{Look: book.Vertical}, Cell: show})
	}
	return out
}
