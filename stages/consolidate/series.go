package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/templates"
)

type series struct {
	Submission string `col:"submission"`
	Indicator  string `col:"indicator"`
	Group      string `col:"group"`
	Unit       string `col:"unit"`
	form       *table.Form
	field      *templates.Field
}

func (s series) value(year int) *table.Metric { return s.form.Metric(s.field.ID, year) }

func (w *workbook) series() ([]series, list.Words) {
	var out []series
	for _, e := range w.entries {
		for _, f := range w.Definition.Form.Metrics() {
			out = append(out, series{e.id(), f.ID, f.Group, f.Unit, e.form, f})
		}
	}
	return out, nil
}

// year gives the number of a year by its id.
func (w *workbook) year(id string) int {
	y, _ := w.Definition.Form.Year(id)
	return y.Year
}

// place is where a series stands in its workbook: the cells from the first year to the last.
func (s series) place() (p model.Place) {
	for _, m := range s.form.Metrics {
		if m.Indicator != s.field.ID {
			continue
		}
		first, _, _ := strings.Cut(p.Cell, ":")
		if p.Sheet, p.Cell = m.Sheet, m.Cell; first != "" && first != m.Cell {
			p.Cell = first + ":" + m.Cell
		}
	}
	return p
}

func (w *workbook) seriesPlace(s series) book.Cell {
	p := s.place()
	c := w.placed(s.Submission, p.Sheet, p.Cell)
	c.Value = p.String()
	return c
}

type city struct {
	name   string
	counts map[string]int // by what is tallied
	sums   map[templates.Ref]float64
	total  bool
}

// tallied is what is tallied by prefecture, in the order of the columns of 地市汇总 and of the officers' sheets alike:
// listed = selected + expected, and expected = filed + untranscribed + lacking; filed + besides is what there is.
var tallied = []string{"listed", "selected", "expected", "filed", "untranscribed", "lacking", "besides", "all",
	string(model.Accept), string(model.AskFirst), string(model.Return), "units", "schools", "enterprises"}

// cityRows are the rows of 地市汇总.
func (w *workbook) cityRows() ([][]any, list.Words) {
	return table.Each(w.withTotal(w.tally()), func(c city) []any {
		counts := table.Each(tallied, func(id string) any { return c.counts[id] })
		return append([]any{c.name, c.total, c.sums}, counts...)
	}), nil
}

// ofKinds are the kinds of members that a column counts beside all.
var ofKinds = map[string]func(templates.MemberKind) bool{
	"schools":     func(k templates.MemberKind) bool { return k.School },
	"enterprises": func(k templates.MemberKind) bool { return k.ID == "enterprise" },
}

// kindNames are the counts of members by kind, as formulas of 地市汇总 call them.
func (w *workbook) kindNames(r list.Row) map[string]string {
	out, members := map[string]string{}, w.planned("members")
	for id, counts := range ofKinds {
		kinds := table.Where(slices.Values(w.Definition.Form.Kinds), counts)
		out[id] = strings.Join(table.Each(kinds, func(k templates.MemberKind) string {
			return fmt.Sprintf("COUNTIFS(%s,%s,%s,%s)", members.Area("belongs"), r.Cell("city_name"),
				members.Area("kind_of"), book.Quote(k.Label))
		}), "+")
	}
	return out
}

// tally counts by prefecture, in the order of the directory; submissions of no known prefecture come last.
func (w *workbook) tally() []city {
	out := []city{}
	at := func(name string) *city {
		i := slices.IndexFunc(out, func(c city) bool { return c.name == name })
		if i < 0 {
			i = len(out)
			out = append(out, city{name: name, counts: map[string]int{}, sums: map[templates.Ref]float64{}})
		}
		return &out[i]
	}
	for _, c := range w.Definition.Directory.Cities {
		at(c.Name)
	}
	due := map[int32]bool{}
	for _, e := range w.Definition.Directory.Entries {
		c := at(e.City)
		c.counts["listed"]++
		switch {
		case w.Register.Exempt(e) != "":
			c.counts["selected"]++
			continue
		case w.reported(e):
			c.counts["filed"]++
		case w.Untranscribed(e) != "":
			c.counts["untranscribed"]++
		default:
			c.counts["lacking"]++
		}
		c.counts["expected"]++
		due[int32(e.No)] = true
	}
	for _, e := range w.entries {
		c := at(w.Facts.CityOf(e.Submission))
		if !e.DirectoryNo.Valid || !due[e.DirectoryNo.V] {
			c.counts["besides"]++
		}
		c.counts["all"]++
		c.counts[string(e.Verdict.Verdict)]++
		c.counts["units"] += len(e.form.Members)
		for _, k := range w.Definition.Form.Kinds {
			for id, counts := range ofKinds {
				if counts(k) {
					c.counts[id] += e.form.Count(k.ID)
				}
			}
		}
		for _, m := range e.form.Metrics {
			if m.Value.Valid && m.Status == table.Normal {
				c.sums[templates.Ref{Field: m.Indicator, Year: int(m.Year)}] += m.Value.V
			}
		}
	}
	return out
}

func (w *workbook) withTotal(lines []city) []city {
	all := city{"合计", map[string]int{}, map[templates.Ref]float64{}, true}
	for _, c := range lines {
		for id, n := range c.counts {
			all.counts[id] += n
		}
		for r, v := range c.sums {
			all.sums[r] += v
		}
	}
	return append(slices.Clone(lines), all)
}

// inTotal makes a cell of the last line of 地市汇总 a sum of those above it.
func inTotal(r list.Row, c book.Cell, key string) book.Cell {
	if r.Get("total") == true {
		col := r.List.Col(key)
		c.Look = book.Sum
		c.Formula = fmt.Sprintf("SUM(%s:%s)", model.CellName(r.List.First(), col), model.CellName(r.At-1, col))
	}
	return c
}

// citySums are the sums by prefecture: the headline figures of the last actual and the last promised year, and the
// funding.
func (w *workbook) citySums(*list.List) []list.Column {
	var out []list.Column
	add := func(f *templates.Field, id string) {
		y, _ := w.Definition.Form.Year(id)
		ref := templates.Ref{Field: f.ID, Year: y.Year}
		c := list.Column{Key: f.ID + id, Head: fmt.Sprintf("%s\n%s%s\n%s", w.Definition.Label(f.ID), y.Label, y.Tag, f.Unit)}
		c.Style.Look = yearHead(y, "").Look
		c.Cell = func(r list.Row) book.Cell {
			cell := number(round(r.Get("sums").(map[templates.Ref]float64)[ref]))
			if w.live {
				p, label := w.planned("metrics"), book.Quote(w.Definition.Label(f.ID))
				cell.Formula = fmt.Sprintf("ROUND(SUMIFS(%s,%s,%s,%s,%s),10)", p.Area(yearKey(y.Year)),
					p.Area("belongs"), r.Cell("city_name"), p.Area("indicator"), label)
			}
			return inTotal(r, cell, c.Key)
		}
		out = append(out, c)
	}
	for _, f := range w.Definition.Form.About(templates.Headline) {
		add(f, "last")
		add(f, "final")
	}
	for _, f := range w.Definition.Form.About(templates.Funding) {
		for _, id := range f.Years {
			add(f, id)
		}
	}
	return out
}
