package consolidate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// The sheet of one-page reports: an A4 page for each consortium, in the order of the ranking. All are on one sheet,
// with page breaks, so that one click prints them all.
const (
	sheetProfiles = "一页一联合体"
	profileCols   = 12
	profileWidth  = 8.6    // of a column, in characters
	profileScale  = 70     // percent; at this scale twelve columns are as wide as the paper
	profileHigh   = 1042.0 // height of a page at this scale, in points
	mostProfiles  = 60     // maximum number of pages, for the first in the ranking
	helperCol     = 14     // first of the columns, to the right of the page, with the data of the charts
	mostYears     = 12     // maximum of years in a chart
	chartHigh     = 7      // rows
	profileList   = 5      // maximum of strengths and of weaknesses
	dots          = 25     // characters of a dot plot
	strong, weak  = 0.75, 0.25
)

func (w *workbook) profiles(string) error {
	page, _ := w.profilePages()
	return w.report.Page(page)
}

// profilePages lays out all pages, once, and returns the first row of each.
func (w *workbook) profilePages() (*book.Page, map[string]int) {
	if w.pages != nil {
		return w.pages, w.pageRows
	}
	w.pages, w.pageRows = &book.Page{Sheet: sheetProfiles, Scale: profileScale, Printed: profileCols,
		Widths: slices.Repeat([]float64{profileWidth}, helperCol+2*mostYears)}, map[string]int{}
	p := &profile{workbook: w, Pane: book.Pane{Page: w.pages, Row: 1, Col: 1, Cols: profileCols}}
	begin := func(of string) {
		if p.Row > 1 {
			w.pages.Break(p.Row)
		}
		w.pageRows[of], p.first = p.Row, p.Row
	}
	ranking := slices.Collect(w.Ranking.Ranking.All())
	shown := ranking[:min(len(ranking), mostProfiles)]
	all := table.Each(shown, func(r table.Rank) []table.Opt[float64] { return w.indicatorShares(w.details[r.Submission]) })
	for i := range w.Definition.Rubric().Indicators {
		var values []float64
		for k, r := range shown {
			if r.Ranked && all[k][i].Valid {
				values = append(values, all[k][i].V)
			}
		}
		p.medians = append(p.medians, table.Median(values))
	}
	for k, r := range shown {
		begin(r.Submission)
		p.SubmissionRows, p.shares = w.about[r.Submission], all[k]
		p.write()
	}
	for _, form := range w.FulfilmentByForm() {
		begin(form[0].File)
		p.writeFulfilment(form)
	}
	if p.Row == 1 {
		w.pages.Span(1, 1, profileCols, plain("没有申报。"))
	}
	return w.pages, w.pageRows
}

// pageLink links to the page of a submission, or of a progress form by its file.
func (w *workbook) pageLink(of string) book.Cell {
	_, rows := w.profilePages()
	row, ok := rows[of]
	return table.Either(ok, linked("细看", book.CellLink(sheetProfiles, model.CellName(row, 1))), centred(""))
}

// indicatorShares is the share of the earnable points that a submission has earned, by indicator.
func (w *workbook) indicatorShares(s map[string]pointDetail) []table.Opt[float64] {
	out := make([]table.Opt[float64], len(w.Definition.Rubric().Indicators))
	for i, indicator := range w.Definition.Rubric().Indicators {
		var earned, most float64
		for _, p := range indicator.Points {
			if v := s[p.ID].score.Value; v.Valid && !p.Deduction {
				earned += float64(w.earn(p) * v.V)
				most += w.earn(p)
			}
		}
		out[i] = table.Known(earned/most, most > 0)
	}
	return out
}

type profile struct {
	*workbook
	*table.SubmissionRows
	book.Pane
	shares       []table.Opt[float64] // earned share of each indicator, in the order of the rubric
	medians      []table.Opt[float64] // of the ranked
	first, heads int                  // rows of the page's first line and of the years
}

func (p *profile) heading(name, said string) {
	p.AddText(name, book.Title)
	p.Height(p.Row-1, 30)
	p.AddText(said, book.Subtitle)
}

func (p *profile) write() {
	s := p.Form.Submission
	p.heading(p.name(s.Submission), text.Mask(table.Join("；", s.Submission, s.City, p.Rank.Verdict, p.Rank.Unranked,
		p.Standing.String(), p.Definition.Rubric().WeightsNote)))
	p.tiles()
	p.facts()
	p.indicators()
	p.years()
	p.strengths()
	p.questions()
}

func (p *profile) tiles() {
	r, possible := p.Rank, table.Plain(table.Some(table.Rounded(p.Rank.Possible)))
	rank, ranks := table.Either(r.Ranked, fmt.Sprint(r.Rank.V), "不排"), "名次"
	chance := table.Either(r.FirstK.Valid, fmt.Sprintf("%.0f%%", math.Floor(r.FirstK.V*100)), "－")
	last := [][2]string{{chance, fmt.Sprintf("进入前%d的机会", p.Choose())}, {p.sideText(r), "线内线外"}}
	if !p.Standing.Complete() {
		ranks, last = "数据部分暂列", [][2]string{{r.Ranges()[table.Filled].String(), "补齐缺失时的名次"},
			{table.Plain(table.Some(table.Rounded(r.Open))), "待专家评（分）"}}
	}
	for i, t := range append([][2]string{
		{rank, fmt.Sprintf("%s（共%d家排名）", ranks, len(p.byRank))},
		{fmt.Sprintf("%.2f", r.Total), "得分（可得" + possible + "分）"},
		{fmt.Sprintf("%.1f–%.1f", r.Lower, r.Upper), "缺数据的下限—上限"},
		{r.Ranges()[table.Reweighted].String(), "权重变动时的名次"},
	}, last...) {
		p.Span(p.Row, 2*i+1, 2, cell(t[0], book.Figure, p.onlyAtRun(t[0])))
		p.Span(p.Row+1, 2*i+1, 2, cell(t[1], book.Caption))
	}
	p.Height(p.Row, 28)
	p.Height(p.Row+2, 6)
	p.Put(p.Row+2, 1, book.Cell{Look: book.Bare})
	p.Row += 3
}

func (p *profile) facts() {
	s := p.Form.Submission
	enrolment := table.Missing.Absent()
	if n, ok := p.Form.Enrolment(); ok {
		enrolment = n.String() + "人"
	}
	list := [][2]string{
		{p.head("submissions", "park"), s.Park}, {p.head("submissions", "lead_school"), s.LeadSchool},
		{p.head("submissions", "lead_enterprise"), s.LeadEnterprise},
		{p.Definition.Table("members").Label, p.Form.MembersByKind(p.Definition)},
		{p.head("members", "enrolment"), enrolment},
	}
	if funding := p.Definition.Form.MetricsByTopic(templates.Funding); len(funding) > 0 {
		f := funding[0]
		value := table.Missing.Absent()
		y := p.Definition.Form.Year(f.Years[0])
		if m := p.Form.Metric(f.ID, y.Year); m != nil && m.Value.Valid {
			value = table.Plain(m.Value) + f.Unit
		}
		list = append(list, [2]string{p.Definition.Name(templates.Ref{Field: f.ID, Year: y.Year}), value})
	}
	half := (len(list) + 1) / 2
	for i, x := range list {
		col := 1 + i/half*profileCols/2
		p.PutFitted(p.Row+i%half, col, cell(x[0], book.Total).Over(2), plain(x[1]).Over(profileCols/2-2))
	}
	p.Row += half
}

// indicators has a line for each indicator: the earned share, the median of the ranked, and both as a dot plot.
func (p *profile) indicators() {
	p.AddSection("各指标：得分占可得分的比重（●本联合体，○参加排名各家的中位数，◎两者在一处）", 24)
	p.Add(head(3, "指标"), head(0, "本联合体"), head(0, "中位数"), head(7, "0％　←　　　　　　　　　　　→　100％"))
	for i, indicator := range p.Definition.Rubric().Indicators {
		own, median, label := p.shares[i], p.medians[i], plain(indicator.Label).Over(3)
		switch {
		case indicator.Points[0].Deduction:
		case own.Valid && median.Valid:
			p.Add(label, cell(own.V, book.Share), cell(median.V, book.Share), centred(dotPlot(own.V, median.V)).Over(7))
		default:
			p.Add(label, greyed(pointWaiting).Over(9))
		}
	}
}

// dotPlot draws two shares on one scale, in characters that are all as wide as a hanzi.
func dotPlot(own, median float64) string {
	line := slices.Repeat([]rune{'－'}, dots)
	at := func(share float64) int { return int(math.Round(min(max(share, 0), 1) * (dots - 1))) }
	line[at(median)] = '○'
	if line[at(own)] = '●'; at(own) == at(median) {
		line[at(own)] = '◎'
	}
	return string(line)
}

// smallChart draws one figure over the years in its own scale: actual values solid, committed ones dashed. row is the
// figure's row in the table below; the data is in that row, to the right of the page.
func (p *profile) smallChart(title string, courses [2][]table.Opt[float64], at, col, cols, row int) {
	numbers, n := 0, len(courses[0])
	for i := range n {
		numbers += boolToInt(courses[0][i].Valid || courses[1][i].Valid)
		for part, course := range courses {
			if course[i].Valid {
				p.Put(row, helperCol+part*(n+1)+i, cell(course[i].V, book.Subtitle))
			}
		}
	}
	if numbers < 2 {
		p.Span(at, col, cols, cell(title+"：不到两年有数", book.Subtitle))
		return
	}
	var series []excelize.ChartSeries
	for part, dash := range []excelize.LineDashType{excelize.LineDashSolid, excelize.LineDashDash} {
		from, colour := helperCol+part*(n+1), []string{book.Blue, book.Amber}[part]
		series = append(series, line(book.AbsRange(sheetProfiles, row, 2, row, 2),
			book.AbsRange(sheetProfiles, p.heads, helperCol, p.heads, helperCol+n-1),
			book.AbsRange(sheetProfiles, row, from, row, from+n-1), colour, dash))
	}
	chart := lineChart(title, series)
	chart.Legend, chart.YAxis.MajorGridLines = excelize.ChartLegend{Position: "none"}, false
	const column, high = 65, 24 // pixels
	chart.Dimension = excelize.ChartDimension{Width: uint(cols*column - 4), Height: chartHigh*high - 4}
	p.Chart(at, col, chart)
}

// actualAndCommitted are the two series of a figure. The committed one begins with the last actual value.
func (p *profile) actualAndCommitted(f *templates.Field) (out [2][]table.Opt[float64]) {
	years := p.Definition.Form.Years
	for i, y := range years {
		value := table.Opt[float64]{}
		if m := p.Form.Metric(f.ID, y.Year); m != nil {
			value = m.Value
		}
		both := [2]table.Opt[float64]{value, value}
		if y.Kind != templates.Actual {
			both[0].Valid = false
		} else if i+1 < len(years) && years[i+1].Kind == templates.Actual {
			both[1].Valid = false
		}
		for part, v := range both {
			out[part] = append(out[part], v)
		}
	}
	return out
}

// startCharts leaves room for small charts, and writes their years beside the header row below.
func (p *profile) startCharts(years []int) (at int) {
	at = p.Row
	for range chartHigh {
		p.Put(p.Row, 1, book.Cell{Look: book.Bare})
		p.Row++
	}
	p.heads = p.Row
	for i, y := range years {
		p.Put(p.Row, helperCol+i, cell(fmt.Sprintf("%02d", y%100), book.Subtitle)) // as much as a small chart shows
	}
	return at
}

// line is one series of a chart.
func line(name, categories, values, colour string, dash excelize.LineDashType) excelize.ChartSeries {
	fill := book.SolidFill(colour)
	return excelize.ChartSeries{Name: name, Categories: categories, Values: values, Fill: fill,
		Line:   excelize.LineOptions{Type: excelize.LineSolid, Dash: dash, Width: 2, Fill: fill},
		Marker: excelize.ChartMarker{Symbol: "circle", Size: 4, Fill: fill}}
}

// lineChart is a line chart in our style: title, legend below, dark grey axes that LibreOffice shows too.
func lineChart(title string, series []excelize.ChartSeries) *excelize.Chart {
	small := excelize.Font{Size: 8, Color: book.Ink, Family: book.SheetFont}
	heading := excelize.Font{Size: 9, Bold: true, Color: book.Blue, Family: book.SheetFont}
	numbers := excelize.ChartNumFmt{CustomNumFmt: "#,##0.##"}
	return &excelize.Chart{
		Type: excelize.Line, Series: series, VaryColors: new(bool), ShowBlanksAs: "gap",
		Title:  excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: title, Font: &heading}}},
		Legend: excelize.ChartLegend{Position: "bottom", Font: &small}, XAxis: excelize.ChartAxis{Font: small},
		YAxis:  excelize.ChartAxis{Font: small, MajorGridLines: true, NumFmt: numbers},
		Border: excelize.LineOptions{Type: excelize.LineSolid, Width: 0.75, Fill: book.SolidFill(book.Line)},
	}
}

func (p *profile) years() {
	fields := p.Definition.Form.MetricsByTopic(templates.Headline)
	p.AddSection(fmt.Sprintf("主要指标（各图各自的尺度；虚线和浅黄为承诺；基数不到%s的不算增长率）",
		p.Definition.Rubric().Credibility.Base), 24)
	years := p.Definition.Form.Years
	heads := table.Each(years, func(y templates.Year) book.Cell { return yearHead(y, y.Label) })
	heads = append([]book.Cell{head(4, p.head("metrics", "indicator"))}, heads...)
	begin := p.startCharts(table.Each(years, func(y templates.Year) int { return y.Year }))
	last := p.year("last")
	final := years[len(years)-1].Year
	promised := cell(fmt.Sprintf("%d比%d", final, last), book.CommittedHeader)
	p.Height(p.Row, 32)
	p.Add(append(heads, head(0, fmt.Sprintf("%d比%d", last, last-1)), promised, head(0, "单元格"))...)
	cols := profileCols / max(1, len(fields))
	for k, f := range fields {
		title := p.Definition.Label(f.ID) + "（" + f.Unit + "）"
		if cols > 0 {
			p.smallChart(title, p.actualAndCommitted(f), begin, 1+k*cols, cols, p.Row)
		}
		cells := []book.Cell{centred(fmt.Sprint(k + 1)), plain(title).Over(3)}
		for _, y := range years {
			cells = append(cells, yearValue(p.Form.Metric(f.ID, y.Year), y))
		}
		place := mono(p.place(series{form: p.Form, field: f}).Cell)
		p.Add(append(cells, p.change(f, last-1, last), p.change(f, last, final), place)...)
	}
}

// change compares two years, in percent or in points.
func (p *profile) change(f *templates.Field, from, to int) book.Cell {
	c := p.grown(f, p.Form.Metric(f.ID, from), p.Form.Metric(f.ID, to))
	return table.Either(c.Value == "", greyed("－"), c)
}

// strengths lists strong and weak evidence, each with its observation point.
func (p *profile) strengths() {
	half := profileCols / 2
	p.Span(p.Row, 1, half, cell(fmt.Sprintf("强项（在各家中居前%.0f%%）", (1-strong)*100), book.Heading))
	p.Span(p.Row, 1+half, half, cell(fmt.Sprintf("弱项（在各家中居后%.0f%%）", weak*100), book.Heading))
	p.Height(p.Row, 24)
	p.Row++
	heads := []book.Cell{head(0, p.head("scores", "point")), head(4, "依据"), head(0, "数值")}
	p.Add(append(heads, heads...)...)
	strengths := p.topEvidence(func(s table.Score) bool { return s.Normalised.V >= strong }, -1)
	weaknesses := p.topEvidence(func(s table.Score) bool { return s.Normalised.V <= weak }, 1)
	p.Row = max(p.listEvidence(1, strengths), p.listEvidence(half+1, weaknesses))
}

// topEvidence picks the strongest or weakest evidence. It counts no targets, and no zero, missing or doubtful values.
func (p *profile) topEvidence(fits func(table.Score) bool, order int) []table.Score {
	seen := map[string]bool{}
	out := table.Where(p.Scores, func(s table.Score) bool {
		e := p.Definition.Rubric().Point(s.Point).Find(s.Evidence)
		return e != nil && s.Weight > 0 && !e.Absolute() && s.Raw.Valid && s.Raw.V != 0 && s.Normalised.Valid && fits(s) &&
			s.Doubt == ""
	})
	slices.SortStableFunc(out, func(a, b table.Score) int {
		return cmp.Or(order*cmp.Compare(a.Normalised.V, b.Normalised.V), -cmp.Compare(a.Weight, b.Weight))
	})
	// The same figures are listed once, even if they count for several points or with several denominators.
	out = slices.DeleteFunc(out, func(s table.Score) bool {
		key := fmt.Sprint(p.evidence(s.Point, s.Evidence).Expression.Refs)
		twice := seen[key] || seen[s.Cells]
		seen[key], seen[s.Cells] = true, true
		return twice
	})
	return out[:min(profileList, len(out))]
}

func (p *profile) listEvidence(col int, list []table.Score) (next int) {
	for i, s := range list {
		e := p.evidence(s.Point, s.Evidence)
		label := plain(e.Label + textIf(e.Per(), "，"+e.Basis))
		p.PutFitted(p.Row+i, col, centred(s.Point), label.Over(4), centred(withUnit(e, s.Raw.V)))
	}
	if len(list) == 0 {
		p.Span(p.Row, col, 6, greyed("没有"))
		return p.Row + 1
	}
	return p.Row + len(list)
}

// questions lists what to ask at the defence, most serious first, as many as fit on the page.
func (p *profile) questions() {
	p.AddSection("答辩待问", 24)
	all := p.Questions(p.Definition)
	for i, q := range all {
		p.PutFitted(p.Row, 1, centred(q.Kind).Over(2), plain(q.Words).Over(profileCols-2))
		left := profileHigh - p.RowsHeight(p.first, p.Row)
		if left < 20 && i < len(all)-1 || left < 0 {
			more := fmt.Sprintf("还有%d条，见“问题清单”和附录“得分依据”“承诺可信度”", len(all)-i)
			p.PutFitted(p.Row, 1, centred("其余").Over(2), plain(more).Over(profileCols-2))
			p.Height(p.Row, 18)
			p.Row++
			return
		}
		p.Row++
	}
	if len(all) == 0 {
		p.Add(plain("没有未了结的问题、缺失的依据和需核实的承诺。").Over(profileCols))
	}
}
