package consolidate

import (
	"fmt"
	"math"
	"slices"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

const sheetTrends = "主要指标"

func (w *workbook) trends(name string) error {
	page := &book.Page{Sheet: name, Landscape: true, OnePage: true, Frozen: 2, Printed: 9,
		Widths: []float64{9, 27, 8, 11, 11, 11, 11, 11, 8, 2, 2, 7, 7, 7, 7, 7, 2, 7, 7, 7, 7, 7}}
	w.begin(page, page.Printed, "主要指标合计与走势", "trends", nil)
	t := &trends{w, book.Pane{Page: page, Row: 3, Col: 1}}
	years, fields := w.Definition.Form.Years, w.Definition.Form.About(templates.Headline)
	t.figures(years, fields)
	t.indexed(years, fields)
	return w.report.Page(page)
}

// helper is the first of the columns beside the page that the chart is drawn from.
const helper = 12

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
			c := number(round(all[templates.Ref{Field: f.ID, Year: y.Year}]))
			if y.Kind == templates.Committed {
				c.Look = c.Look.Pledged()
			}
			cells = append(cells, c)
		}
		o.Add(cells...)
	}
	o.Row++
}

// indexed shows the figures as an index of the first year, of the submissions that have them all.
func (o *trends) indexed(years []templates.Year, fields []*templates.Field) {
	heads := table.Each(years, func(y templates.Year) book.Cell { return head(0, y.Label) })
	heads = append([]book.Cell{head(3, fmt.Sprintf("以%s为100", years[0].Label))}, heads...)
	base := o.Row
	o.Add(append(heads, head(0, "申报数"))...)
	var series []excelize.ChartSeries
	lowest, last := 100.0, slices.IndexFunc(years, func(y templates.Year) bool { return y.Year == o.year("last") })
	for k, f := range fields {
		cells, total := []book.Cell{plain(o.Definition.Label(f.ID)).Over(3)}, o.whole(f, years)
		for i := range years {
			c := cell(total.since(i), book.Decimal)
			if index, ok := c.Value.(float64); ok {
				lowest = min(lowest, math.Floor(index/20)*20)
			}
			cells = append(cells, c)
		}
		o.PutRow(o.Row, 1, append(cells, count(total.n))...)
		name, heads := book.Absolute(sheetTrends, o.Row, 1, o.Row, 1), book.Absolute(sheetTrends, base, 4, base, 3+len(years))
		// what is promised is never drawn as achieved
		for part, dash := range []excelize.LineDashType{excelize.LineDashSolid, excelize.LineDashDash} {
			from := helper + part*(len(years)+1)
			for i := range years {
				if c := model.CellName(o.Row, 4+i); part == 0 && i <= last || part == 1 && i >= last {
					o.Put(o.Row, from+i, cell(total.since(i), book.Subtitle, c))
				}
			}
			area := book.Absolute(sheetTrends, o.Row, from, o.Row, from+len(years)-1)
			series = append(series, line(name, heads, area, book.Palette[k%len(book.Palette)], dash))
		}
		o.Row++
	}
	chart := lineChart(fmt.Sprintf("主要指标走势（%s＝100，虚线为承诺）", years[0].Label), series)
	chart.YAxis.Minimum = &lowest
	chart.Dimension = excelize.ChartDimension{Width: 800, Height: 380}
	o.Chart(o.Row+1, 1, chart)
	const under = 18 // rows that the chart takes: what is printed ends with the last row that holds something
	o.Put(o.Row+under, 1, book.Cell{Look: book.Bare})
}

// run is a metric added up year by year.
type run struct {
	sums []float64
	n    int // submissions that have all years
}

// since is a year as an index of the first, 100; nothing where the first is nothing.
func (r run) since(year int) any {
	if r.sums[0] <= 0 {
		return ""
	}
	return math.Round(r.sums[year]/r.sums[0]*1000) / 10
}

// whole adds up a metric over the submissions that have a number for every year: otherwise a blank would look like a
// fall.
func (o *trends) whole(f *templates.Field, years []templates.Year) run {
	r := run{sums: make([]float64, len(years))}
	for _, e := range o.entries {
		all := table.Each(years, func(y templates.Year) *table.Metric { return e.form.Metric(f.ID, y.Year) })
		if slices.ContainsFunc(all, func(m *table.Metric) bool {
			return m == nil || m.Status != table.Normal || !m.Value.Valid
		}) {
			continue
		}
		r.n++
		for i, m := range all {
			r.sums[i] += m.Value.V
		}
	}
	return r
}
