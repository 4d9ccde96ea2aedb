package consolidate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages"
	"lianheti/stages/book"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// The first sheet: tables on the left (columns A–I), a chart beside each (from column K).
const (
	tableCols = 9
	chartCol  = 11
	shownTop  = 20 // submissions in the ranking shown
	shownRule = 10 // rules shown
)

// overview is 总览.
func (w *workbook) overview(name string) error {
	o := &overview{workbook: w, page: &book.Page{Sheet: name, Landscape: true, Widths: []float64{9, 13, 13, 13, 11, 11, 11, 11, 11, 2, 13, 13, 13, 13, 13, 13}}, row: 1}
	o.heading()
	o.tiles()
	o.byCity()
	o.top()
	o.figures()
	o.issues()
	o.contents()
	return w.report.Page(o.page)
}

// overview lays the first sheet out from top to bottom.
type overview struct {
	*workbook
	page *book.Page
	row  int
}

func (o *overview) heading() {
	width := len(o.page.Widths)
	o.page.Span(1, 1, width, book.Cell{Value: o.title(), Look: book.Title})
	o.page.Height(1, 34)
	parts := []string{o.Definition.Rubric.WeightsNote, "得分只是数据能说明的部分，其余等专家评分"}
	if o.Date != "" {
		parts = append([]string{o.Date}, parts...)
	}
	if o.FromTables {
		parts = append(parts, "由数据表重新计算，没有退回件和联系人")
	}
	o.page.Span(2, 1, width, book.Cell{Value: strings.Join(parts, "；"), Look: book.Subtitle})
	o.row = 4
}

// tiles are the figures to be seen from afar, each over two columns.
func (o *overview) tiles() {
	fates, verdicts := map[stages.Fate]int{}, map[stages.Verdict]int{}
	for f := range o.Facts.Files.All() {
		fates[f.Fate]++
	}
	for _, v := range o.verdicts {
		verdicts[v.Verdict]++
	}
	unreported := 0
	for _, e := range o.Definition.Directory.Entries {
		if o.exempt(e) == "" && !o.reported(e) {
			unreported++
		}
	}
	tiles := []struct {
		caption string
		n       int
	}{
		{"收到文件", o.Facts.Files.Len()}, {"文件不予受理", fates[stages.Rejected]}, {"申报", len(o.submissions)}, {string(stages.Accept), verdicts[stages.Accept]},
		{string(stages.AskFirst), verdicts[stages.AskFirst]}, {string(stages.Return), verdicts[stages.Return]}, {"目录中未报", unreported},
	}
	for i, t := range tiles {
		col := []int{1, 3, 5, 7, 11, 13, 15}[i]
		o.page.Span(o.row, col, 2, book.Cell{Value: t.n, Look: book.Figure})
		o.page.Span(o.row+1, col, 2, book.Cell{Value: t.caption, Look: book.Caption})
	}
	o.page.Height(o.row, 30)
	o.row += 3
}

// part begins a part with its heading.
func (o *overview) part(title string) {
	o.page.Span(o.row, 1, tableCols, book.Cell{Value: title, Look: book.Heading})
	o.page.Height(o.row, 22)
	o.row++
}

// skip leaves room for a chart that began at a row, at least.
func (o *overview) skip(from, rows int) { o.row = max(o.row, from+rows) + 1 }

// chartRows is how many rows a chart is tall.
const chartRows = 14

// place puts a chart beside the table that begins at a row.
func (o *overview) place(row int, c *excelize.Chart, rows int) {
	c.Dimension = excelize.ChartDimension{Width: 640, Height: uint(rows * 24)}
	o.page.Chart(row, chartCol, c)
}

// byCity shows how reporting stands, prefecture by prefecture.
func (o *overview) byCity() {
	begin := o.row
	o.part("各地市报送情况")
	lines := o.tally()
	o.page.Span(o.row, 1, 3, book.Cell{Value: o.head("submissions", "city"), Look: book.Header})
	for i, c := range cityCounts {
		o.page.Put(o.row, 4+i, book.Cell{Value: c.head, Look: book.Header})
	}
	first := o.row + 1
	for c := range o.withTotal(lines) {
		o.row++
		label, figure := book.Centred, book.Integer
		if c.row == len(lines)+3 {
			label, figure = book.Total, book.Sum
		}
		o.page.Span(o.row, 1, 3, book.Cell{Value: c.name, Look: label})
		for i, counted := range cityCounts {
			cell := book.Cell{Value: counted.of(c), Look: figure}
			if figure == book.Sum {
				cell.Formula = fmt.Sprintf("SUM(%s:%s)", stages.CellName(first, 4+i), stages.CellName(o.row-1, 4+i))
			}
			o.page.Put(o.row, 4+i, cell)
		}
	}
	o.row++
	last := first + len(lines) - 1
	var series []excelize.ChartSeries
	for i, colour := range []string{book.Green, book.Amber, book.Red, book.Line} {
		series = append(series, o.series(first-1, first, last, 1, 6+i, colour))
	}
	o.place(begin, columnChart(excelize.ColStacked, "各地市申报：受理、待说明、退回、未报（家）", series, "0"), chartRows)
	o.skip(begin, chartRows)
}

// series refers to a column of figures on the first sheet with its heading and the labels before it.
func (o *overview) series(header, first, last, labels, col int, colour string) excelize.ChartSeries {
	area := func(row, lastRow, col int) string { return book.Absolute(sheetOverview, row, col, lastRow, col) }
	return excelize.ChartSeries{
		Name: area(header, header, col), Categories: area(first, last, labels), Values: area(first, last, col),
		Fill: solid(colour),
	}
}

// top shows the ranking.
func (o *overview) top() {
	begin := o.row
	o.part("定量部分得分（完整名单见“" + sheetRanking + "”）")
	header := o.row
	o.page.Put(header, 1, book.Cell{Value: o.head("ranking", "rank"), Look: book.Header})
	o.page.Put(header, 2, book.Cell{Value: o.head("submissions", "city"), Look: book.Header})
	o.page.Span(header, 3, 3, book.Cell{Value: o.head("submissions", "consortium"), Look: book.Header})
	for i, head := range []string{"得分", "下限", "上限", "名次区间"} {
		o.page.Put(header, 6+i, book.Cell{Value: head, Look: book.Header})
	}
	for r := range o.Ranking.Ranking.All() {
		if !r.Ranked || o.row-header == shownTop {
			break
		}
		o.row++
		o.page.Put(o.row, 1, optional(r.Rank, book.Integer))
		o.page.Put(o.row, 2, word(r.City))
		o.page.Span(o.row, 3, 3, text(r.Consortium))
		for i, v := range []float64{r.Total, r.Lower, r.Upper} {
			o.page.Put(o.row, 6+i, book.Cell{Value: v, Look: book.Points})
		}
		interval := ""
		if r.RankLow.Valid {
			interval = fmt.Sprintf("%d–%d", r.RankLow.V, r.RankHigh.V)
		}
		o.page.Put(o.row, 9, word(interval))
	}
	shown := o.row - header
	o.row++
	if shown == 0 {
		o.page.Span(o.row, 1, tableCols, text("没有可以排名的申报，原因见“"+sheetRanking+"”。"))
		o.row += 2
		return
	}
	chart := columnChart(excelize.Bar, "定量部分得分（"+o.Definition.Rubric.WeightsNote+"）", []excelize.ChartSeries{o.series(header, header+1, header+shown, 3, 6, book.Blue)}, "0")
	chart.XAxis.ReverseOrder = true // the best on top
	chart.Legend = excelize.ChartLegend{Position: "none"}
	tall := max(chartRows, shown+2)
	o.place(begin, chart, tall)
	o.skip(begin, tall)
}

// figures shows the headline figures over the years, of the submissions that have them all, and how they grow.
func (o *overview) figures() {
	o.page.Break(o.row)
	begin := o.row
	years := o.Definition.Form.Years
	o.part("主要指标合计（只含各年都有数的申报；" + years[len(years)-1].Tag + "年为承诺数）")
	o.header("指标", 1, 2)
	o.page.Put(o.row, 3, book.Cell{Value: "单位", Look: book.Header})
	for i, y := range years {
		look := book.Header
		if y.Kind == templates.Committed {
			look = book.Promised
		}
		o.page.Put(o.row, 4+i, book.Cell{Value: y.Label, Look: look})
	}
	o.page.Put(o.row, 4+len(years), book.Cell{Value: "申报数", Look: book.Header})
	header := o.row
	fields := o.Definition.Form.About(templates.Headline)
	sums := o.complete(fields)
	for _, f := range fields {
		o.row++
		o.page.Span(o.row, 1, 2, text(o.labels[f.ID]))
		o.page.Put(o.row, 3, word(f.Unit))
		for i, v := range sums[f.ID].sums {
			c := number(round(v))
			if years[i].Kind == templates.Committed {
				c.Look = "promised " + c.Look
			}
			o.page.Put(o.row, 4+i, c)
		}
		o.page.Put(o.row, 4+len(years), count(int32(sums[f.ID].n)))
	}
	first := header + 1
	o.row++
	o.page.Span(o.row, 1, 3, book.Cell{Value: fmt.Sprintf("以%s为100", years[0].Label), Look: book.Header})
	for i, y := range years {
		o.page.Put(o.row, 4+i, book.Cell{Value: y.Label, Look: book.Header})
	}
	base := o.row
	var series []excelize.ChartSeries
	lowest := 100.0 // where the axis begins: lines over a hundred are flat above a zero
	for k, f := range fields {
		o.row++
		o.page.Span(o.row, 1, 3, text(o.labels[f.ID]))
		for i, v := range sums[f.ID].sums {
			cell, start := stages.CellName(first+k, 4+i), "$"+stages.CellName(first+k, 4)
			c := book.Cell{Look: book.Decimal, Formula: fmt.Sprintf(`IF(%s>0,ROUND(%s/%s*100,1),"")`, start, cell, start), Value: ""}
			if sums[f.ID].sums[0] > 0 {
				index := math.Round(v/sums[f.ID].sums[0]*1000) / 10
				c.Value, lowest = index, min(lowest, math.Floor(index/20)*20)
			}
			o.page.Put(o.row, 4+i, c)
		}
		series = append(series, excelize.ChartSeries{
			Name: book.Absolute(sheetOverview, o.row, 1, o.row, 1), Categories: book.Absolute(sheetOverview, base, 4, base, 3+len(years)), Values: book.Absolute(sheetOverview, o.row, 4, o.row, 3+len(years)),
			Fill:   solid(book.Palette[k%len(book.Palette)]),
			Line:   excelize.LineOptions{Type: excelize.LineSolid, Width: 2.25, Fill: solid(book.Palette[k%len(book.Palette)])},
			Marker: excelize.ChartMarker{Symbol: "circle", Size: 6, Fill: solid(book.Palette[k%len(book.Palette)])},
		})
	}
	o.row++
	chart := columnChart(excelize.Line, fmt.Sprintf("主要指标走势（%s＝100，%d年起为承诺）", years[0].Label, o.year("first")), series, "0")
	chart.YAxis.Minimum = &lowest
	o.place(begin+1, chart, chartRows+2)
	o.skip(begin, chartRows+2)
}

func (o *overview) header(words string, col, cols int) {
	o.page.Span(o.row, col, cols, book.Cell{Value: words, Look: book.Header})
}

// run is a metric added up year by year.
type run struct {
	sums []float64
	n    int // submissions that have all years
}

// complete adds up metrics over the submissions that have a number for every year: otherwise a blank would look like a fall.
func (o *overview) complete(fields []*templates.Field) map[string]run {
	out := map[string]run{}
	for _, f := range fields {
		out[f.ID] = run{sums: make([]float64, len(o.Definition.Form.Years))}
	}
	for form := range o.Facts.Forms {
		for _, f := range fields {
			values, all := make([]float64, 0, len(o.Definition.Form.Years)), true
			for _, y := range o.Definition.Form.Years {
				m := form.Metric(f.ID, y.Year)
				if all = all && m != nil && m.Status == table.Normal && m.Value.Valid; all {
					values = append(values, m.Value.V)
				}
			}
			if !all {
				continue
			}
			r := out[f.ID]
			for i, v := range values {
				r.sums[i] += v
			}
			out[f.ID] = run{r.sums, r.n + 1}
		}
	}
	return out
}

// issues shows what goes wrong most.
func (o *overview) issues() {
	begin := o.row
	o.part("问题最多的规则（逐条见“问题清单”）")
	o.header(o.head("findings", "code"), 1, 2)
	o.header(o.head("findings", "title"), 3, 4)
	for i, head := range []string{"程度", "处数", "申报数"} {
		o.page.Put(o.row, 7+i, book.Cell{Value: head, Look: book.Header})
	}
	header := o.row
	all := o.counted()
	for _, c := range all[:min(shownRule, len(all))] {
		o.row++
		o.page.Span(o.row, 1, 2, mono(c.rule.Code))
		o.page.Span(o.row, 3, 4, text(c.rule.Title))
		o.page.Put(o.row, 7, word(stages.Severity(c.rule.Severity).Label()))
		o.page.Put(o.row, 8, count(int32(c.times)))
		o.page.Put(o.row, 9, count(int32(len(c.submissions))))
	}
	if len(all) == 0 {
		o.row++
		o.page.Span(o.row, 1, tableCols, text("没有查出问题。"))
		o.row += 2
		return
	}
	o.page.Mark(header+1, 7, o.row, 7, severityMarks...)
	chart := columnChart(excelize.Bar, "问题处数", []excelize.ChartSeries{o.series(header, header+1, o.row, 3, 8, book.Amber)}, "0")
	chart.XAxis.ReverseOrder = true
	chart.Legend = excelize.ChartLegend{Position: "none"}
	o.row++
	o.place(begin, chart, chartRows)
	o.skip(begin, chartRows)
}

// counted is how often one rule was broken, and by whom.
type counted struct {
	rule        *templates.Rule
	times       int
	submissions map[string]bool
}

// counted lists the rules that were broken, the most frequent first.
func (o *overview) counted() []*counted {
	byCode := map[string]*counted{}
	var out []*counted
	for x := range o.Judgement.Findings.All() {
		c := byCode[x.Code]
		if c == nil {
			c = &counted{rule: o.Definition.Rule(x.Code), submissions: map[string]bool{}}
			byCode[x.Code] = c
			out = append(out, c)
		}
		c.times++
		if x.Submission != "" {
			c.submissions[x.Submission] = true
		}
	}
	slices.SortStableFunc(out, func(a, b *counted) int {
		if a.times != b.times {
			return b.times - a.times
		}
		return strings.Compare(a.rule.Code, b.rule.Code)
	})
	return out
}

// contents lists the sheets.
func (o *overview) contents() {
	o.page.Break(o.row)
	o.part("各工作表")
	for _, s := range sheets[1:] {
		o.page.Span(o.row, 1, 2, book.Cell{Value: s.name, Look: book.Link, Link: book.CellLink(s.name, "A1")})
		o.page.Span(o.row, 3, tableCols-2, text(s.shows))
		o.row++
	}
}

func solid(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

// columnChart is a chart with the house's looks: a title, a legend below, axes in dark grey that LibreOffice shows too.
func columnChart(kind excelize.ChartType, title string, series []excelize.ChartSeries, format string) *excelize.Chart {
	vary := false
	small := excelize.Font{Size: 9, Color: book.Ink, Family: book.SheetFont}
	return &excelize.Chart{
		Type: kind, Series: series, VaryColors: &vary, ShowBlanksAs: "gap",
		Title:  excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: title, Font: &excelize.Font{Size: 11, Bold: true, Color: book.Blue, Family: book.SheetFont}}}},
		Legend: excelize.ChartLegend{Position: "bottom", Font: &small},
		XAxis:  excelize.ChartAxis{Font: small}, YAxis: excelize.ChartAxis{Font: small, MajorGridLines: true, NumFmt: excelize.ChartNumFmt{CustomNumFmt: format}},
		Border: excelize.LineOptions{Type: excelize.LineSolid, Width: 0.75, Fill: solid(book.Line)},
	}
}

// round drops the noise of binary sums.
func round(v float64) float64 { return math.Round(v*1e10) / 1e10 }
