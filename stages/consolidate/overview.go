package consolidate

import (
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

// The first sheet is one screen (1920 × 1080 at 100 %): left how reporting stands and what is missing, in the middle the ranking
// with its chart, right what goes wrong most and what changed. The list of sheets stands below.
const (
	cityCol    = 1 // 7 columns
	rankCol    = 9 // 7 columns
	spreadCol  = 17
	issueCol   = 23 // 4 columns
	spreadData = 28 // helper columns that the chart is drawn from, not printed
	partRow    = 7
	lowerRow   = 20
	shownTop   = 20 // submissions in the ranking shown
	shownRule  = 10 // rules shown
	headerHigh = 34 // points: heads of two lines
)

// overview is 总览.
func (w *workbook) overview(name string) error {
	o := &overview{workbook: w, page: &book.Page{Sheet: name, Landscape: true, Printed: issueCol + 3,
		Widths: []float64{9, 8, 7, 7, 8, 9, 7, 1.5, 6, 8, 39, 9, 9, 10, 13, 1.5, 10, 10, 10, 10, 10, 1.5, 34, 11, 7, 7, 2, 6, 6}}}
	o.heading()
	o.tiles()
	o.byCity()
	o.lacking()
	o.top()
	o.issues()
	o.moved()
	o.contents()
	return w.report.Page(o.page)
}

// overview lays the first sheet out.
type overview struct {
	*workbook
	page *book.Page
}

func (o *overview) heading() {
	width := issueCol + 3
	o.page.Span(1, 1, width, book.Cell{Value: o.workbook.title(), Look: book.Title})
	o.page.Height(1, 32)
	parts := []string{o.Standing.String(), o.Definition.Rubric.WeightsNote}
	if o.Date != "" {
		parts = append([]string{o.Date}, parts...)
	}
	if o.FromTables {
		parts = append(parts, "由数据表重新计算，没有退回件和联系人")
	}
	parts = append(parts, "改权重看名次到“"+sheetWeights+"”，为什么谁在前到“"+sheetDuel+"”，逐家细看到“"+sheetProfiles+"”")
	if scale := o.said("尺度"); scale != "" {
		parts = append(parts, scale)
	}
	if o.DataRoot != "" {
		parts = append(parts, "数据校验值（data_root）"+o.DataRoot)
	}
	o.page.Span(2, 1, width, book.Cell{Value: strings.Join(parts, "；"), Look: book.Subtitle})
}

// tiles are the figures to be seen from afar.
func (o *overview) tiles() {
	fates, verdicts := map[model.Fate]int{}, map[model.Verdict]int{}
	for f := range o.Facts.Files.All() {
		fates[f.Fate]++
	}
	for _, v := range o.verdicts {
		verdicts[v.Verdict]++
	}
	const row = 4
	for _, t := range []struct {
		col, cols int
		caption   string
		n         int
	}{
		{1, 2, "收到文件", o.Facts.Files.Len()}, {3, 2, "文件不予受理", fates[model.Rejected]}, {5, 3, "申报", len(o.submissions)}, {9, 2, string(model.Accept), verdicts[model.Accept]},
		{11, 1, string(model.AskFirst), verdicts[model.AskFirst]}, {12, 2, string(model.Return), verdicts[model.Return]}, {14, 2, "目录中未报", len(o.unreported())},
		{17, 5, "参加排名", o.ranked}, {23, 4, "拟遴选", o.choose()},
	} {
		o.page.Span(row, t.col, t.cols, book.Cell{Value: t.n, Look: book.Figure})
		o.page.Span(row+1, t.col, t.cols, book.Cell{Value: t.caption, Look: book.Caption})
	}
	o.page.Height(row, 30)
	o.page.Put(3, 1, book.Cell{Look: book.Bare})
	o.page.Height(3, 6)
	o.page.Put(6, 1, book.Cell{Look: book.Bare})
	o.page.Height(6, 6)
}

// unreported are the entries of the directory that should have reported and did not.
func (w *workbook) unreported() []templates.Entry {
	var out []templates.Entry
	for _, e := range w.Definition.Directory.Entries {
		if w.exempt(e) == "" && !w.reported(e) {
			out = append(out, e)
		}
	}
	return out
}

// part begins a part with its heading.
func (o *overview) part(row, col, cols int, title string) {
	o.page.Span(row, col, cols, book.Cell{Value: title, Look: book.Heading})
	o.page.Height(row, 22)
}

// byCity shows how reporting stands, prefecture by prefecture.
func (o *overview) byCity() {
	o.part(partRow, cityCol, 7, "各地市报送情况")
	lines, row := o.tally(), partRow+1
	o.page.Put(row, cityCol, book.Cell{Value: o.head("submissions", "city"), Look: book.Header})
	for i, c := range cityCounts {
		o.page.Put(row, cityCol+1+i, book.Cell{Value: c.head, Look: book.Header})
	}
	first := row + 1
	for c := range o.withTotal(lines) {
		row++
		label, figure := book.Centred, book.Integer
		if c.row == len(lines)+3 {
			label, figure = book.Total, book.Sum
		}
		o.page.Put(row, cityCol, book.Cell{Value: c.name, Look: label})
		for i, counted := range cityCounts {
			cell := book.Cell{Value: counted.of(c), Look: figure}
			if figure == book.Sum {
				cell.Formula = fmt.Sprintf("SUM(%s:%s)", model.CellName(first, cityCol+1+i), model.CellName(row-1, cityCol+1+i))
			}
			o.page.Put(row, cityCol+1+i, cell)
		}
	}
}

// lacking says what is still missing.
func (o *overview) lacking() {
	row := max(lowerRow, partRow+len(o.Definition.Directory.Cities)+5)
	o.part(row, cityCol, 7, "还缺什么")
	line := func(label, format string, args ...any) {
		row++
		o.page.Span(row, cityCol, 2, book.Cell{Value: label, Look: book.Total})
		o.page.Span(row, cityCol+2, 5, words(fmt.Sprintf(format, args...)))
	}
	var names []string
	for _, e := range o.unreported() {
		names = append(names, e.Consortium)
	}
	if len(names) > 3 {
		names = append(names[:3], fmt.Sprintf("等%d家", len(names)))
	}
	line("未报", "%s", orNone(strings.Join(names, "、")))
	open := map[string]int{}
	for x := range o.Judgement.Findings.All() {
		open[o.answered(x)]++
	}
	line(toMend, "%d个问题，见“"+sheetFindings+"”", open[toMend])
	line(toExplain, "%d处，见“"+sheetUnexplained+"”", open[toExplain])
	gaps, whose := 0, map[string]bool{}
	for s := range o.Ranking.Scores.All() {
		if s.Weight > 0 && s.Evidence != "" && !s.Raw.Valid {
			gaps++
			whose[s.Submission] = true
		}
	}
	line("缺依据", "%d项计分依据缺数，涉及%d家", gaps, len(whose))
	experts := o.Standing.State.Label()
	if !o.Standing.Complete() && o.Ranking.Marks.Len() > 0 {
		experts = o.wanting()
	}
	line("专家评分", "%s", experts)
}

func orNone(s string) string {
	if s == "" {
		return "没有"
	}
	return s
}

// top shows the ranking, linked to the live one on 权重, and how far each rank may move.
func (o *overview) top() {
	title, heads := "排名（完整名单见“"+sheetRanking+"”）", []string{"在线内的机会", o.head("ranking", "line")}
	if !o.Standing.Complete() {
		title, heads = "数据部分暂列（专家未评齐；完整的见“"+sheetRanking+"”）", []string{"补齐缺失时", "超过前一名，专家分须高出"}
	}
	o.part(partRow, rankCol, 7, title)
	header := partRow + 1
	o.page.Height(header, headerHigh)
	for i, head := range append([]string{o.head("ranking", "rank"), o.head("submissions", "city"), o.head("submissions", "consortium"), o.totalHead(), "名次区间"}, heads...) {
		o.page.Put(header, rankCol+i, book.Cell{Value: head, Look: book.Header})
	}
	row, ranked := header, o.inOrder()
	for i, r := range ranked[:min(shownTop, len(ranked))] {
		row++
		live := func(i int) string {
			return o.formula("%s", book.Range(sheetWeights)+book.Fixed(weightsFirst+row-header-1, placeCol+i))
		}
		o.page.PutRow(row, rankCol,
			book.Cell{Value: r.Rank.V, Look: book.Integer, Formula: live(0)},
			book.Cell{Value: text.Mask(r.City), Look: book.Centred, Formula: live(1)},
			book.Cell{Value: o.name(r.Submission), Look: book.Plain, Formula: live(2)},
			book.Cell{Value: r.Total, Look: book.Points, Formula: live(3)},
		)
		chance, stands := book.Cell{Value: "－", Look: book.Quiet}, centred(standsAt(r))
		if r.RankLow.Valid {
			o.page.PutRow(row, spreadData, book.Cell{Value: float64(r.RankLow.V) - 0.5, Look: book.Subtitle}, book.Cell{Value: r.RankHigh.V - r.RankLow.V + 1, Look: book.Subtitle})
		}
		if r.FirstK.Valid {
			chance = book.Cell{Value: r.FirstK.V, Look: book.Share}
		}
		if !o.Standing.Complete() {
			chance, stands = centred(between(r.RankBest, r.RankWorst)), book.Cell{Value: "－", Look: book.Quiet}
			if i > 0 {
				points, possible := lead(ranked[i-1], r)
				if stands = (book.Cell{Value: points, Look: book.Points}); !possible {
					stands = centred("不可能")
				}
			}
		}
		// At other weights the rows may be others' and the intervals mean nothing.
		for i, c := range []book.Cell{centred(between(r.RankLow, r.RankHigh)), chance, stands} {
			value := fmt.Sprint(c.Value)
			if s, ok := c.Value.(string); ok {
				value = book.Quote(s)
			}
			c.Formula = o.formula(`IF(%s=%s,"－",%s)`, setting(rangesRow), book.Quote(onlyRun), value)
			o.page.Put(row, rankCol+4+i, c)
		}
	}
	if row == header {
		o.page.Span(row+1, rankCol, 7, words("没有可以排名的申报，原因见“"+sheetRanking+"”。"))
		return
	}
	o.page.Mark(header+1, rankCol+6, row, rankCol+6, standMarks...)
	o.part(partRow, spreadCol, 5, "名次区间（权重变动时，5％—95％）")
	o.spread(header, row)
}

// wanting says what the marks lack, from the words of the scoring.
func (w *workbook) wanting() string {
	kind, _, _ := strings.Cut(w.method(), "；")
	if _, rest, ok := strings.Cut(kind, "评分不足"); ok {
		rest, _, _ = strings.Cut(rest, "，满分")
		return w.Standing.State.Label() + "：不足" + rest
	}
	return w.Standing.State.Label()
}

func orDash(s string) string {
	if s == "" {
		return "－"
	}
	return s
}

// spread draws the rank intervals, bar beside row.
func (o *overview) spread(header, last int) {
	data := func(col int) string { return book.Absolute(sheetOverview, header+1, col, last, col) }
	name := func(col int) string { return book.Absolute(sheetOverview, header, col, header, col) }
	o.page.PutRow(header, spreadData, book.Cell{Value: "起", Look: book.Subtitle}, book.Cell{Value: "名次区间", Look: book.Subtitle})
	labels := data(rankCol + 2)
	chart := columnChart(excelize.BarStacked, "", []excelize.ChartSeries{
		{Name: name(spreadData), Categories: labels, Values: data(spreadData), Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFFFFF"}, Transparency: 100}},
		{Name: name(spreadData + 1), Categories: labels, Values: data(spreadData + 1), Fill: solid(book.Blue)},
	}, "0")
	chart.Title, chart.Legend = excelize.ChartTitle{}, excelize.ChartLegend{Position: "none"}
	chart.XAxis.ReverseOrder, chart.XAxis.None = true, true // the rows beside it are its labels
	least, most := 0.5, float64(last-header)+0.5
	chart.YAxis.Minimum, chart.YAxis.Maximum = &least, &most
	gap := uint(60)
	chart.GapWidth = &gap
	const pixels, usual = 24, 18 // of a row; points of one of one line
	chart.Dimension = excelize.ChartDimension{Width: 372, Height: uint((last - header + 2) * pixels)}
	chart.Format.OffsetY = (headerHigh - usual) * 4 / 3 // its own axis takes a row's height
	o.page.Chart(header, spreadCol, chart)
}

// issues shows what goes wrong most.
func (o *overview) issues() {
	o.part(partRow, issueCol, 4, "问题最多的规则")
	row := partRow + 1
	for i, head := range []string{o.head("findings", "title"), "程度", "处数", "申报数"} {
		o.page.Put(row, issueCol+i, book.Cell{Value: head, Look: book.Header})
	}
	all := o.counted()
	first := row + 1
	for _, c := range all[:min(shownRule, len(all))] {
		row++
		o.page.PutRow(row, issueCol, words(c.rule.Title), centred(model.Severity(c.rule.Severity).Label()), count(int32(c.times)), count(int32(len(c.submissions))))
	}
	if len(all) == 0 {
		o.page.Span(first, issueCol, 4, words("没有查出问题。"))
		return
	}
	o.page.Mark(first, issueCol+1, row, issueCol+1, severityMarks...)
}

// moved shows what changed since the run before.
func (o *overview) moved() {
	o.part(lowerRow, issueCol, 4, "与上一次运行相比")
	row := lowerRow
	if o.Earlier == nil {
		o.page.Span(row+1, issueCol, 4, words("本次没有与上一次相比（run --previous）。"))
		return
	}
	kinds := map[table.ChangeKind]int{}
	for c := range o.Changes.All() {
		kinds[c.Kind]++
	}
	const shown = 7
	for _, k := range table.ChangeKinds {
		if kinds[k] == 0 || k == table.TotalStep || row-lowerRow == shown {
			continue
		}
		row++
		o.page.Span(row, issueCol, 3, words(k.Label()))
		o.page.Put(row, issueCol+3, count(int32(kinds[k])))
	}
	row++
	o.page.Span(row, issueCol, 4, words(o.definitionChanges()+o.causes()+"逐条见“本次变化”。"))
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

// contents lists the sheets, below the screen, in three columns.
func (o *overview) contents() {
	row := partRow + 2 + shownTop + 2
	o.part(row, 1, issueCol+3, "各工作表")
	areas := [][4]int{{1, 2, 3, 5}, {9, 2, 11, 4}, {17, 2, 19, 8}} // link, its columns, what it shows, its columns
	rest := sheets[1:]
	per := (len(rest) + len(areas) - 1) / len(areas)
	for i, s := range rest {
		a, at := areas[i/per], row+1+i%per
		o.page.Span(at, a[0], a[1], book.Cell{Value: s.name, Look: book.Link, Link: book.CellLink(s.name, "A1")})
		o.page.Span(at, a[2], a[3], words(s.shows))
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
