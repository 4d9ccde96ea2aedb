package consolidate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/xuri/excelize/v2"
)

// The sheet of one-page reports: one printed A4 page a consortium, in the order of the ranking, below each other with page
// breaks, so that one click prints them all and the workbook stays one that people find their way in.
const (
	sheetProfiles = "一页一联合体"
	profileCols   = 12
	profileWidth  = 8.6    // of a column, in characters
	profileScale  = 70     // percent, at which twelve columns are as wide as the paper
	profileHigh   = 1042.0 // points that one page holds at that scale
	mostProfiles  = 60     // pages; beyond it only the first in the ranking get one
	helperCol     = 14     // first of the columns beside the page that the charts are drawn from
	chartHigh     = 10     // rows
	profileList   = 6      // strengths, weaknesses
	strong, weak  = 0.75, 0.25
)

// profiles is 一页一联合体.
func (w *workbook) profiles(string) error {
	page, _ := w.laidOut()
	return w.report.Page(page)
}

// laidOut lays all pages out, once, and says on which row each begins.
func (w *workbook) laidOut() (*book.Page, map[string]int) {
	if w.pages != nil {
		return w.pages, w.pageRows
	}
	widths := make([]float64, helperCol+11)
	for i := range widths {
		widths[i] = profileWidth
	}
	w.pages, w.pageRows = &book.Page{Sheet: sheetProfiles, Scale: profileScale, Widths: widths, Printed: profileCols}, map[string]int{}
	row := 1
	for i, g := range w.gathered() {
		if i > 0 {
			w.pages.Break(row)
		}
		w.pageRows[g.submission] = row
		x := &profile{workbook: w, page: w.pages, gathered: g, first: row, row: row}
		row = x.write()
	}
	if row == 1 {
		w.pages.Span(1, 1, profileCols, words("没有申报。"))
	}
	return w.pages, w.pageRows
}

// pageLink leads to the page of a submission.
func (w *workbook) pageLink(submission string) book.Cell {
	_, rows := w.laidOut()
	row, ok := rows[submission]
	if !ok {
		return centred("")
	}
	return book.Cell{Value: "细看", Look: book.Link, Link: book.CellLink(sheetProfiles, model.CellName(row, 1))}
}

// gathered is all that a page tells of one consortium.
type gathered struct {
	form       *table.Form
	rank       table.Rank
	shares     []table.Opt[float64] // of what an indicator can bring, in the order of the rubric
	medians    []table.Opt[float64] // of the ranked
	proof      []table.Score
	found      []table.Finding
	promises   []table.Growth // those to verify
	submission string
}

// gathered collects what the pages tell, in the order of the ranking.
func (w *workbook) gathered() []*gathered {
	byID := map[string]*gathered{}
	var out []*gathered
	for r := range w.Ranking.Ranking.All() {
		if len(out) == mostProfiles {
			break
		}
		g := &gathered{rank: r, submission: r.Submission}
		byID[r.Submission], out = g, append(out, g)
	}
	for form := range w.Facts.Forms {
		if g := byID[form.Submission.Submission]; g != nil {
			g.form = form
		}
	}
	for s := range w.Ranking.Scores.All() {
		if g := byID[s.Submission]; g != nil && s.Evidence != "" && s.Weight > 0 {
			g.proof = append(g.proof, s)
		}
	}
	for x := range w.Judgement.Findings.All() {
		if g := byID[x.Submission]; g != nil {
			g.found = append(g.found, x)
		}
	}
	for c := range w.Ranking.Credibility.All() {
		if g := byID[c.Submission]; g != nil && c.Flag == "verify" {
			g.promises = append(g.promises, c)
		}
	}
	standings := w.standings()
	for _, g := range out {
		g.shares = w.indicatorShares(standings[g.submission])
	}
	for i := range w.Definition.Rubric.Indicators {
		var values []float64
		for _, g := range out {
			if g.rank.Ranked && i < len(g.shares) && g.shares[i].Valid {
				values = append(values, g.shares[i].V)
			}
		}
		m := median(values)
		for _, g := range out {
			g.medians = append(g.medians, m)
		}
	}
	return out
}

// indicatorShares gives for each indicator how much of what its points can bring a submission has earned; nothing where nothing is there.
func (w *workbook) indicatorShares(s standing) []table.Opt[float64] {
	out := make([]table.Opt[float64], len(w.Definition.Rubric.Indicators))
	for i, indicator := range w.Definition.Rubric.Indicators {
		earned, most := 0.0, 0.0
		for _, p := range indicator.Points {
			if v := s.value[p.ID]; v.Valid && !p.Deduction {
				earned += float64(w.earn(p) * v.V)
				most += w.earn(p)
			}
		}
		if most > 0 {
			out[i] = table.Some(earned / most)
		}
	}
	return out
}

func median(values []float64) table.Opt[float64] {
	if len(values) == 0 {
		return table.Opt[float64]{}
	}
	slices.Sort(values)
	n := len(values)
	return table.Some((values[(n-1)/2] + values[n/2]) / 2)
}

// profile lays one page out.
type profile struct {
	*workbook
	*gathered
	page       *book.Page
	first, row int
}

func (p *profile) write() int {
	p.heading()
	p.tiles()
	p.facts()
	p.drawn()
	p.years()
	p.indicators()
	p.questions()
	return p.row
}

// heading is the name, and where the consortium belongs.
func (p *profile) heading() {
	s := p.form.Submission
	p.page.Span(p.row, 1, profileCols, book.Cell{Value: p.name(s.Submission), Look: book.Title})
	p.page.Height(p.row, 30)
	parts := []string{s.Submission, s.City, string(p.rank.Verdict)}
	if p.rank.Unranked != "" {
		parts = append(parts, p.rank.Unranked)
	}
	parts = append(parts, p.Standing.String(), p.Definition.Rubric.WeightsNote)
	p.page.Span(p.row+1, 1, profileCols, book.Cell{Value: text.Mask(strings.Join(parts, "；")), Look: book.Subtitle})
	p.row += 2
}

func (p *profile) tiles() {
	r := p.rank
	rank, ranks, chance := "不排", "名次", "－"
	if r.Ranked {
		rank = fmt.Sprint(r.Rank.V)
	}
	if r.FirstK.Valid {
		chance = fmt.Sprintf("%.0f%%", math.Floor(r.FirstK.V*100))
	}
	last := [][2]string{{chance, fmt.Sprintf("进入前%d的机会", p.choose())}, {standsAt(r), "线内线外"}}
	if !p.Standing.Complete() {
		ranks, last = "数据部分暂列", [][2]string{{between(r.RankBest, r.RankWorst), "补齐缺失时的名次"}, {table.Plain(table.Some(round(r.Open))), "待专家评（分）"}}
	}
	for i, t := range append([][2]string{
		{rank, ranks + "（共" + fmt.Sprint(p.ranked) + "家排名）"}, {fmt.Sprintf("%.2f", r.Total), fmt.Sprintf("得分（可得%s分）", table.Plain(table.Some(round(r.Possible))))},
		{fmt.Sprintf("%.1f–%.1f", r.Lower, r.Upper), "缺数据的下限—上限"}, {between(r.RankLow, r.RankHigh), "权重变动时的名次"},
	}, last...) {
		p.page.Span(p.row, 2*i+1, 2, book.Cell{Value: t[0], Look: book.Figure})
		p.page.Span(p.row+1, 2*i+1, 2, book.Cell{Value: t[1], Look: book.Caption})
	}
	p.page.Height(p.row, 28)
	p.page.Height(p.row+2, 6)
	p.page.Put(p.row+2, 1, book.Cell{Look: book.Bare})
	p.row += 3
}

// facts are what the consortium is: two columns of label and value.
func (p *profile) facts() {
	s, kinds := p.form.Submission, []string{}
	for _, k := range p.Definition.Form.Kinds {
		if n := p.form.Count(k.ID); n > 0 {
			kinds = append(kinds, fmt.Sprintf("%s%d", k.Label, n))
		}
	}
	enrolment := p.absent(table.Missing)
	if n, ok := p.form.Enrolment(); ok {
		enrolment = n.String() + "人"
	}
	list := [][2]string{
		{p.head("submissions", "park"), s.Park}, {p.head("submissions", "lead_school"), s.LeadSchool}, {p.head("submissions", "lead_enterprise"), s.LeadEnterprise},
		{p.Definition.Table("members").Label, fmt.Sprintf("%d家：%s", len(p.form.Members), strings.Join(kinds, "、"))}, {p.head("members", "enrolment"), enrolment},
	}
	if funding := p.Definition.Form.About(templates.Funding); len(funding) > 0 {
		f := funding[0]
		value := p.absent(table.Missing)
		y, _ := p.Definition.Form.Year(f.Years[0])
		if m := p.form.Metric(f.ID, y.Year); m != nil && m.Value.Valid {
			value = table.Plain(m.Value) + f.Unit
		}
		list = append(list, [2]string{p.Definition.Label(f.ID) + y.Label, value})
	}
	half := (len(list) + 1) / 2
	for i, x := range list {
		col := 1 + i/half*profileCols/2
		p.page.Span(p.row+i%half, col, 2, book.Cell{Value: x[0], Look: book.Total})
		p.page.Span(p.row+i%half, col+2, profileCols/2-2, words(x[1]))
	}
	p.row += half
}

// part begins a part of the page over some columns.
func (p *profile) part(title string, col, cols int) {
	p.page.Span(p.row, col, cols, book.Cell{Value: title, Look: book.Heading})
	p.page.Height(p.row, 24)
}

// drawn leaves room for the two charts; what they are drawn from comes below and beside.
func (p *profile) drawn() {
	years := p.Definition.Form.Years
	p.part("各指标得分占可得分的比重，与参加排名各家的中位数", 1, profileCols/2)
	p.part(fmt.Sprintf("主要指标走势：%s＝100，虚线为承诺", years[0].Label), profileCols/2+1, profileCols/2)
	p.row++
	begin := p.row
	for range chartHigh {
		p.page.Put(p.row, 1, book.Cell{Look: book.Bare})
		p.row++
	}
	const width, height = 390, chartHigh * 24
	size := excelize.ChartDimension{Width: width, Height: height - 6}
	fields := p.Definition.Form.About(templates.Headline)
	if series, lowest := p.course(fields, p.row+2); len(series) > 0 {
		chart := columnChart(excelize.Line, "", series, "0")
		chart.YAxis.Minimum = &lowest
		chart.Title, chart.Legend, chart.Dimension = excelize.ChartTitle{}, excelize.ChartLegend{Position: "none"}, size
		p.page.Chart(begin, profileCols/2+1, chart)
	} else {
		p.page.Span(begin, profileCols/2+1, profileCols/2, book.Cell{Value: "没有一项主要指标有起始年度的数，画不出走势。", Look: book.Subtitle})
	}
	// The table of indicators follows that of the years: its rows are known from here.
	table := p.row + 2 + len(fields)
	if n := len(p.scorable()); n >= 3 {
		area := func(col, cols int) string { return book.Absolute(sheetProfiles, table+2, col, table+1+n, col+cols-1) }
		var series []excelize.ChartSeries
		for i, colour := range []string{book.Blue, book.Amber} {
			series = append(series, excelize.ChartSeries{
				Name: book.Absolute(sheetProfiles, table+1, 3+i, table+1, 3+i), Categories: area(1, 1), Values: area(3+i, 1),
				Line: excelize.LineOptions{Type: excelize.LineSolid, Width: 2.25 - 0.75*float64(i), Fill: solid(colour)}, Fill: solid(colour),
				Marker: excelize.ChartMarker{Symbol: "circle", Size: 5, Fill: solid(colour)},
			})
		}
		chart := columnChart(excelize.Radar, "", series, "0%")
		least, most := 0.0, 1.0
		chart.YAxis.Minimum, chart.YAxis.Maximum = &least, &most
		chart.Title, chart.Dimension = excelize.ChartTitle{}, size
		p.page.Chart(begin, 1, chart)
	} else {
		p.page.Span(begin, 1, profileCols/2, book.Cell{Value: "能计分的指标不到三个，画不出雷达图。", Look: book.Subtitle})
	}
}

// course writes the index of each headline figure beside the page, actual and promised years apart, and gives the lines and where
// their axis begins. row is the first figure's in the table of years.
func (p *profile) course(fields []*templates.Field, row int) ([]excelize.ChartSeries, float64) {
	years := p.Definition.Form.Years
	n := len(years)
	for i, y := range years {
		p.page.Put(row-1, helperCol+i, book.Cell{Value: y.Label, Look: book.Subtitle})
		p.page.Put(row-1, helperCol+n+1+i, book.Cell{Value: y.Label, Look: book.Subtitle})
	}
	var series []excelize.ChartSeries
	lowest := 100.0
	for k, f := range fields {
		base := p.form.Metric(f.ID, years[0].Year)
		if base == nil || !base.Value.Valid || base.Value.V <= 0 {
			continue
		}
		lastActual := -1
		for i, y := range years {
			if y.Kind == templates.Actual {
				lastActual = i
			}
		}
		for i, y := range years {
			m := p.form.Metric(f.ID, y.Year)
			if m == nil || !m.Value.Valid {
				continue
			}
			value := math.Round(m.Value.V/base.Value.V*1000) / 10
			index := book.Cell{Value: value, Look: book.Subtitle}
			lowest = min(lowest, axis(value))
			if i <= lastActual {
				p.page.Put(row+k, helperCol+i, index)
			}
			if i >= lastActual { // the dashes begin where the line ends
				p.page.Put(row+k, helperCol+n+1+i, index)
			}
		}
		colour := solid(book.Palette[k%len(book.Palette)])
		for part, dash := range []excelize.LineDashType{excelize.LineDashSolid, excelize.LineDashDash} {
			col := helperCol + part*(n+1)
			series = append(series, excelize.ChartSeries{
				Name: book.Absolute(sheetProfiles, row+k, 2, row+k, 2), Categories: book.Absolute(sheetProfiles, row-1, col, row-1, col+n-1),
				Values: book.Absolute(sheetProfiles, row+k, col, row+k, col+n-1), Fill: colour,
				Line:   excelize.LineOptions{Type: excelize.LineSolid, Dash: dash, Width: 2, Fill: colour},
				Marker: excelize.ChartMarker{Symbol: "circle", Size: 4, Fill: colour},
			})
		}
	}
	return series, lowest
}

// axis is where the axis of an index begins so that a value stands on it: lines over a hundred are flat above a zero.
func axis(value float64) float64 { return math.Floor(value/20) * 20 }

// years is the table of the headline figures.
func (p *profile) years() {
	p.part("主要指标（浅黄为承诺）", 1, profileCols)
	p.row++
	years := p.Definition.Form.Years
	p.page.Span(p.row, 1, 4, book.Cell{Value: p.head("metrics", "indicator"), Look: book.Header})
	for i, y := range years {
		look := book.Header
		if y.Kind == templates.Committed {
			look = book.Promised
		}
		p.page.Put(p.row, 5+i, book.Cell{Value: y.Label, Look: look})
	}
	last := p.year("last")
	final := years[len(years)-1].Year
	p.page.Put(p.row, 10, book.Cell{Value: fmt.Sprintf("%d比%d", last, last-1), Look: book.Header})
	p.page.Put(p.row, 11, book.Cell{Value: fmt.Sprintf("%d比%d", final, last), Look: book.Promised})
	p.page.Put(p.row, 12, book.Cell{Value: "单元格", Look: book.Header})
	p.page.Height(p.row, 32)
	for k, f := range p.Definition.Form.About(templates.Headline) {
		p.row++
		p.page.Put(p.row, 1, book.Cell{Value: "■", Look: book.Key(k)})
		p.page.Span(p.row, 2, 3, words(p.Definition.Label(f.ID)+"（"+f.Unit+"）"))
		for i, y := range years {
			m := p.form.Metric(f.ID, y.Year)
			if m == nil {
				p.page.Put(p.row, 5+i, book.Cell{Look: book.Plain})
				continue
			}
			c := p.figure(m.Value, m.Status)
			if y.Kind == templates.Committed {
				c.Look = "promised " + c.Look
			}
			p.page.Put(p.row, 5+i, c)
		}
		p.page.Put(p.row, 10, p.change(f, last-1, last))
		p.page.Put(p.row, 11, p.change(f, last, final))
		p.page.Put(p.row, 12, mono(series{form: p.form, field: f}.place().Cell))
	}
	p.row++
}

// change compares two years, in percent or in points.
func (p *profile) change(f *templates.Field, from, to int) book.Cell {
	a, b := p.form.Metric(f.ID, from), p.form.Metric(f.ID, to)
	switch {
	case a == nil || b == nil || !a.Value.Valid || !b.Value.Valid:
		return book.Cell{Value: "－", Look: book.Quiet}
	case f.Type == templates.PercentField:
		return book.Cell{Value: round(b.Value.V - a.Value.V), Look: book.Change}
	case a.Value.V <= 0:
		return book.Cell{Value: "－", Look: book.Quiet}
	}
	return book.Cell{Value: round(b.Value.V/a.Value.V - 1), Look: book.Growth}
}

// scorable are the indicators that have something to show, by their place in the rubric.
func (p *profile) scorable() []int {
	var out []int
	for i := range p.Definition.Rubric.Indicators {
		if p.shares[i].Valid && p.medians[i].Valid {
			out = append(out, i)
		}
	}
	return out
}

// indicators is the table that the radar is drawn from, and beside it what is strong and what is weak.
func (p *profile) indicators() {
	p.part("各指标", 1, 4)
	p.part(fmt.Sprintf("强项（在各家中居前%.0f%%）", (1-strong)*100), 5, 4)
	p.part(fmt.Sprintf("弱项（在各家中居后%.0f%%）", weak*100), 9, 4)
	p.row++
	p.page.Span(p.row, 1, 2, book.Cell{Value: "指标", Look: book.Header})
	p.page.Put(p.row, 3, book.Cell{Value: "本联合体", Look: book.Header})
	p.page.Put(p.row, 4, book.Cell{Value: "中位数", Look: book.Header})
	for _, col := range []int{5, 9} {
		p.page.Span(p.row, col, 3, book.Cell{Value: "依据", Look: book.Header})
		p.page.Put(p.row, col+3, book.Cell{Value: "数值", Look: book.Header})
	}
	p.row++
	row := p.row
	shown := p.scorable()
	for _, i := range shown {
		p.page.Span(row, 1, 2, words(p.Definition.Rubric.Indicators[i].Label))
		p.page.Put(row, 3, book.Cell{Value: p.shares[i].V, Look: book.Share})
		p.page.Put(row, 4, book.Cell{Value: p.medians[i].V, Look: book.Share})
		row++
	}
	for i, indicator := range p.Definition.Rubric.Indicators {
		if slices.Contains(shown, i) || indicator.Points[0].Deduction {
			continue
		}
		p.page.Span(row, 1, 2, words(indicator.Label))
		p.page.Span(row, 3, 2, book.Cell{Value: pointWaiting, Look: book.Quiet})
		row++
	}
	last := max(row, p.listed(5, p.best(func(s table.Score) bool { return s.Normalised.V >= strong }, -1)), p.listed(9, p.best(func(s table.Score) bool { return s.Normalised.V <= weak }, 1)))
	p.row = last
}

// best picks evidence, the most telling first; what is measured against a target says nothing about the others. What is zero, missing or in doubt says
// nothing about strength or weakness and is left out.
func (p *profile) best(fits func(table.Score) bool, order int) []table.Score {
	var out []table.Score
	seen := map[string]bool{}
	for _, s := range p.proof {
		e := p.evidenceOf(s)
		label := e.Label
		if !e.Absolute() && s.Raw.Valid && s.Raw.V != 0 && s.Normalised.Valid && fits(s) && !seen[label] && !p.doubted(e) {
			seen[label] = true
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b table.Score) int {
		return cmp.Or(order*cmp.Compare(a.Normalised.V, b.Normalised.V), -cmp.Compare(a.Weight, b.Weight))
	})
	return out[:min(profileList, len(out))]
}

// doubted says whether a value that an evidence is made of stands under an open finding.
func (p *profile) doubted(e *templates.Evidence) bool {
	return slices.ContainsFunc(p.found, func(x table.Finding) bool {
		if open := p.answered(x); open != toMend && open != toExplain {
			return false
		}
		fields := strings.Fields(x.Fields)
		return slices.ContainsFunc(e.Expression.Refs, func(r templates.Ref) bool {
			return slices.Contains(fields, r.Field) && (!x.Year.Valid || r.Year == 0 || int(x.Year.V) == r.Year)
		})
	})
}

func (p *profile) listed(col int, list []table.Score) (next int) {
	for i, s := range list {
		e := p.evidenceOf(s)
		p.page.Span(p.row+i, col, 3, words(relative(e)))
		p.page.Put(p.row+i, col+3, centred(sized(e, s.Raw.V)))
	}
	if len(list) == 0 {
		p.page.Span(p.row, col, 4, book.Cell{Value: "没有", Look: book.Quiet})
		return p.row + 1
	}
	return p.row + len(list)
}

// evidenceOf finds what the rubric says of an evidence.
func (w *workbook) evidenceOf(s table.Score) *templates.Evidence {
	for _, e := range w.Definition.Rubric.Point(s.Point).Evidence {
		if e.ID == s.Evidence {
			return e
		}
	}
	panic("score: no evidence " + s.Point + " " + s.Evidence)
}

// questions is what to ask at the defence, the gravest first, as much as the page holds.
func (p *profile) questions() {
	p.part("答辩待问", 1, profileCols)
	p.row++
	all := p.asked()
	for i, q := range all {
		p.page.Span(p.row, 1, 2, centred(q.kind))
		p.page.Span(p.row, 3, profileCols-2, words(q.words))
		left := profileHigh - p.page.Tall(p.first, p.row)
		if left < 20 && i < len(all)-1 || left < 0 {
			p.page.Span(p.row, 1, 2, centred("其余"))
			p.page.Span(p.row, 3, profileCols-2, book.Cell{Value: fmt.Sprintf("还有%d条，见“问题清单”“得分依据”“承诺可信度”", len(all)-i), Look: book.Plain})
			p.page.Height(p.row, 18)
			p.row++
			return
		}
		p.row++
	}
	if len(all) == 0 {
		p.page.Span(p.row, 1, profileCols, words("没有未了结的问题、缺失的依据和需核实的承诺。"))
		p.row++
	}
}

// question is one line of what to ask.
type question struct{ kind, words string }

func (p *profile) asked() []question {
	var out []question
	add := func(kind, format string, args ...any) {
		out = append(out, question{kind, fmt.Sprintf(format, args...)})
	}
	for _, want := range []string{toMend, toExplain} {
		for _, x := range p.found {
			if p.answered(x) == want {
				add(want, "%s（%s）", x.Message, model.Place{File: x.File, Sheet: x.Sheet, Cell: x.Cell})
			}
		}
	}
	if p.rank.Proposals != "" {
		add("专家的提议", "%s", p.rank.Proposals)
	}
	if p.rank.LineReason != "" {
		add("名次两可", "%s", p.rank.LineReason)
	}
	for _, c := range p.promises {
		add("承诺可信度", "%s：%s", p.Definition.Label(c.Indicator), c.Note)
	}
	lacking := map[string][]string{}
	var notes []string
	for _, s := range p.proof {
		if !s.Raw.Valid {
			if lacking[s.Note] == nil {
				notes = append(notes, s.Note)
			}
			lacking[s.Note] = append(lacking[s.Note], s.Point+" "+p.evidenceOf(s).Label)
		}
	}
	for _, n := range notes {
		add(pointLacking, "%s：%s", strings.Join(lacking[n], "、"), n)
	}
	for _, x := range p.found {
		if p.answered(x) == explained {
			add("说明待核", "%s 说明：%s", x.Message, x.Explanation)
		}
	}
	return out
}
