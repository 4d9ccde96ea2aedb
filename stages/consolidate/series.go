package consolidate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
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

func (w *workbook) year(id string) int { return w.Definition.Form.Year(id).Year }

// place are the cells of a series in its workbook, from the first year to the last.
func (w *workbook) place(s series) (p model.Place) {
	for _, r := range w.Definition.Refs(s.field) {
		m := s.value(r.Year)
		if m == nil {
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
	p := w.place(s)
	c := w.placeCell(s.Submission, p.Sheet, p.Cell)
	c.Value = p.String()
	return c
}

type city struct {
	name   string
	counts map[string]int // by tallyColumns
	sums   map[templates.Ref]float64
	total  bool
}

// tallyColumns are the counts by prefecture, in the order of the columns: listed = selected + expected, and expected =
// filed + untranscribed + lacking; all = filed + besides.
var tallyColumns = []string{"listed", "selected", "expected", "filed", "untranscribed", "lacking", "besides", "all",
	string(model.Accept), string(model.AskFirst), string(model.Return), "units", "schools", "enterprises"}

func (w *workbook) cityRows() ([][]any, list.Words) {
	return table.Each(w.withTotal(w.tally()), func(c city) []any {
		counts := table.Each(tallyColumns, func(id string) any { return c.counts[id] })
		return append([]any{c.name, c.total, c.sums}, counts...)
	}), nil
}

// kindColumns are the counts of members of some kinds.
var kindColumns = map[string]func(templates.MemberKind) bool{
	"schools":     func(k templates.MemberKind) bool { return k.School },
	"enterprises": func(k templates.MemberKind) bool { return k.ID == "enterprise" },
}

// kindNames are the formulas for kindColumns, by the names that formulas of 地市汇总 use.
func (w *workbook) kindNames(r list.Row) map[string]string {
	out, members := map[string]string{}, w.lists.Layout("members")
	for id, counts := range kindColumns {
		kinds := table.Where(slices.Values(w.Definition.Form.Kinds), counts)
		out[id] = strings.Join(table.Each(kinds, func(k templates.MemberKind) string {
			return fmt.Sprintf("COUNTIFS(%s,%s,%s,%s)", members.Area("belongs"), r.Cell("city_name"),
				members.Area("kind_of"), book.Quote(k.Label))
		}), "+")
	}
	return out
}

// tally counts by prefecture, in the order of the directory; submissions of unknown prefecture come last.
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
	}
	for _, e := range w.entries {
		c := at(w.Facts.CityOf(e.Submission))
		if listed := w.Facts.Entry(e.Submission); listed.No == 0 || w.Register.Exempt(listed) != "" {
			c.counts["besides"]++
		}
		c.counts["all"]++
		c.counts[string(e.Verdict.Verdict)]++
		c.counts["units"] += len(e.form.Members)
		for _, k := range w.Definition.Form.Kinds {
			for id, counts := range kindColumns {
				if counts(k) {
					c.counts[id] += e.form.Count(k.ID)
				}
			}
		}
		for m := range e.form.Metrics {
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

// inTotal turns a cell of the total row of 地市汇总 into a sum of the rows above.
func inTotal(r list.Row, c book.Cell, key string) book.Cell {
	if r.Get("total") == true {
		col := r.List.Col(key)
		c.Look = book.Sum
		c.Formula = fmt.Sprintf("SUM(%s:%s)", model.CellName(r.List.First(), col), model.CellName(r.At-1, col))
	}
	return c
}

// citySums are the sums by prefecture: headline figures of the last actual and the last committed year, and funding.
func (w *workbook) citySums(*list.List) []list.Column {
	var out []list.Column
	add := func(f *templates.Field, id string) {
		y := w.Definition.Form.Year(id)
		ref := templates.Ref{Field: f.ID, Year: y.Year}
		c := list.Column{Key: f.ID + id, Head: fmt.Sprintf("%s\n%s%s\n%s", w.Definition.Label(f.ID), y.Label, y.Tag, f.Unit)}
		c.Style.Look = yearHead(y, "").Look
		c.Cell = func(r list.Row) book.Cell {
			cell := number(table.Rounded(r.Get("sums").(map[templates.Ref]float64)[ref]))
			if w.live {
				p, label := w.lists.Layout("metrics"), book.Quote(w.Definition.Label(f.ID))
				cell.Formula = fmt.Sprintf("ROUND(SUMIFS(%s,%s,%s,%s,%s),10)", p.Area(yearKey(y.Year)),
					p.Area("belongs"), r.Cell("city_name"), p.Area("indicator"), label)
			}
			return inTotal(r, cell, c.Key)
		}
		out = append(out, c)
	}
	for _, f := range w.Definition.Form.MetricsByTopic(templates.Headline) {
		add(f, "last")
		add(f, "final")
	}
	for _, f := range w.Definition.Form.MetricsByTopic(templates.Funding) {
		for _, id := range f.Years {
			add(f, id)
		}
	}
	return out
}

const sheetTrends = "主要指标"

func (w *workbook) trends(name string) error {
	page := &book.Page{Sheet: name, Landscape: true, OnePage: true, Frozen: 2, Printed: 9,
		Widths: []float64{9, 27, 8, 11, 11, 11, 11, 11, 8, 2, 2, 7, 7, 7, 7, 7, 2, 7, 7, 7, 7, 7}}
	w.beginPage(page, page.Printed, "主要指标合计与走势", "trends", nil)
	t := &trends{w, book.Pane{Page: page, Row: 3, Col: 1}}
	years, fields := w.Definition.Form.Years, w.Definition.Form.MetricsByTopic(templates.Headline)
	t.figures(years, fields)
	t.indexed(years, fields)
	return w.report.Page(page)
}

// trendHelperCol is the first of the columns, to the right of the printed page, with the data of the chart.
const trendHelperCol = 12

type trends struct {
	*workbook
	book.Pane
}

func (o *trends) figures(years []templates.Year, fields []*templates.Field) {
	heads := table.Each(years, func(y templates.Year) book.Cell { return yearHead(y, y.Label) })
	o.Add(append([]book.Cell{head(2, "指标"), head(0, "单位")}, heads...)...)
	lines := o.withTotal(o.tally())
	all := lines[len(lines)-1].sums
	for _, f := range fields {
		cells := []book.Cell{plain(o.Definition.Label(f.ID)).Over(2), centred(f.Unit)}
		for _, y := range years {
			c := number(table.Rounded(all[templates.Ref{Field: f.ID, Year: y.Year}]))
			if y.Kind == templates.Committed {
				c.Look = c.Look.Committed()
			}
			cells = append(cells, c)
		}
		o.Add(cells...)
	}
	o.Row++
}

// indexed shows the figures as an index of the first year, over the submissions that have all years.
func (o *trends) indexed(years []templates.Year, fields []*templates.Field) {
	heads := table.Each(years, func(y templates.Year) book.Cell { return head(0, y.Label) })
	heads = append([]book.Cell{head(3, fmt.Sprintf("以%s为100", years[0].Label))}, heads...)
	base := o.Row
	o.Add(append(heads, head(0, "申报数"))...)
	var series []excelize.ChartSeries
	lowest, last := 100.0, slices.IndexFunc(years, func(y templates.Year) bool { return y.Year == o.year("last") })
	for k, f := range fields {
		index, n := o.indexOf(f, years)
		cells := []book.Cell{plain(o.Definition.Label(f.ID)).Over(3)}
		for _, v := range index {
			if v, ok := v.(float64); ok {
				lowest = min(lowest, math.Floor(v/20)*20)
			}
			cells = append(cells, cell(v, book.Decimal))
		}
		o.PutRow(o.Row, 1, append(cells, count(n))...)
		name, heads := book.AbsRange(sheetTrends, o.Row, 1, o.Row, 1), book.AbsRange(sheetTrends, base, 4, base, 3+len(years))
		// committed years are dashed
		for part, dash := range []excelize.LineDashType{excelize.LineDashSolid, excelize.LineDashDash} {
			from := trendHelperCol + part*(len(years)+1)
			for i := range years {
				if c := model.CellName(o.Row, 4+i); part == 0 && i <= last || part == 1 && i >= last {
					o.Put(o.Row, from+i, cell(index[i], book.Subtitle, c))
				}
			}
			area := book.AbsRange(sheetTrends, o.Row, from, o.Row, from+len(years)-1)
			series = append(series, line(name, heads, area, book.Palette[k%len(book.Palette)], dash))
		}
		o.Row++
	}
	chart := lineChart(fmt.Sprintf("主要指标走势（%s＝100，虚线为承诺）", years[0].Label), series)
	chart.YAxis.Minimum = &lowest
	chart.Dimension = excelize.ChartDimension{Width: 800, Height: 380}
	o.Chart(o.Row+1, 1, chart)
	const under = 18 // rows under the chart: the print area ends with the last row that is not empty
	o.Put(o.Row+under, 1, book.Cell{Look: book.Bare})
}

// indexOf is the sum of a metric by year, as an index of the first year (100), over the n submissions that have a
// number for every year: a blank would look like a fall. It is empty where the first sum is 0.
func (o *trends) indexOf(f *templates.Field, years []templates.Year) (index []any, n int) {
	sums := make([]float64, len(years))
	for _, e := range o.entries {
		all := table.Each(years, func(y templates.Year) *table.Metric { return e.form.Metric(f.ID, y.Year) })
		if slices.ContainsFunc(all, func(m *table.Metric) bool {
			return m == nil || m.Status != table.Normal || !m.Value.Valid
		}) {
			continue
		}
		n++
		for i, m := range all {
			sums[i] += m.Value.V
		}
	}
	return table.Each(sums, func(sum float64) any {
		return table.Either[any](sums[0] > 0, math.Round(sum/sums[0]*1000)/10, "")
	}), n
}
