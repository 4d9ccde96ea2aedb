package consolidate

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// The first sheet fits on one screen and one page. At the top are key figures; on the left the ranks around the line;
// on the right the next steps and the returned submissions; below the most frequent rules and who crossed the line.
const (
	tileRow    = 4
	partRow    = 7
	stepCol    = 9  // 5 columns
	placesLow  = 16 // maximum of ranks
	shownRules = 8
	shownBack  = 6  // maximum of returned submissions
	headerHigh = 34 // points: headers of two lines
	partHigh   = 22
)

func (w *workbook) overview(name string) error {
	widths := []float64{7, 8, 34, 11, 12, 12, 24, 1.5, 32, 36, 15, 20, 15}
	page := &book.Page{Sheet: name, Landscape: true, OnePage: true, Widths: widths}
	o := &overview{workbook: w, page: page}
	o.left, o.right = book.Pane{Page: page, Col: 1, Cols: 7}, book.Pane{Page: page, Col: stepCol, Cols: 5}
	o.heading()
	o.tiles()
	o.alignPanes(partRow)
	o.places()
	o.steps()
	o.right.Row++
	o.returned()
	o.alignPanes(max(o.left.Row, o.right.Row) + 1)
	o.rules()
	o.moved()
	o.contents(max(o.left.Row, o.right.Row) + 1)
	return w.report.Page(page)
}

type overview struct {
	*workbook
	page        *book.Page
	left, right book.Pane
}

// alignPanes continues both sides in the same row.
func (o *overview) alignPanes(row int) { o.left.Row, o.right.Row = row, row }

func (o *overview) heading() {
	adjusted := len(o.Register.Adjustments())
	o.page.AddTitle(len(o.page.Widths), o.title, table.Join("；", o.Date, o.Standing.String(),
		o.Definition.Rubric().WeightsNote, textIf(o.FromTables, "由数据表重新计算，没有退回件和联系人"),
		textIf(adjusted > 0, fmt.Sprintf("指导目录经同意调整%d处（见%s）", adjusted, o.sheet("filing"))),
		o.methodPart("尺度"), textIf(o.DataRoot != "", "数据校验值（data_root）"+o.DataRoot)))
}

// tiles are the key figures, in large type.
func (o *overview) tiles() {
	verdict := func(v model.Verdict) book.Cell {
		return count(howMany(o.entries, func(e entry) bool { return e.Verdict.Verdict == v }))
	}
	vetoed := howMany(slices.Collect(maps.Values(o.ranks)), func(r table.Rank) bool { return r.Vetoes.V > 0 })
	choose := count(o.Choose())
	if len(o.entries) > 0 {
		choose.Formula = o.formula("%s", setting(selectRow))
	}
	for _, t := range []struct {
		col, cols int
		caption   string
		cell      book.Cell
	}{
		{1, 2, "收到文件", count(o.Facts.Files.Len())}, {3, 1, "申报", count(len(o.entries))},
		{4, 1, string(model.Accept), verdict(model.Accept)}, {5, 1, string(model.AskFirst), verdict(model.AskFirst)},
		{6, 1, string(model.Return), verdict(model.Return)}, {7, 1, "应报而未报", count(len(o.Unreported()))},
		{9, 1, "参加排名", count(len(o.byRank))}, {10, 1, "拟遴选", choose}, {11, 3, "专家提议不予立项（家）", count(vetoed)},
	} {
		t.cell.Look = book.Figure
		o.page.Span(tileRow, t.col, t.cols, t.cell)
		o.page.Span(tileRow+1, t.col, t.cols, cell(t.caption, book.Caption))
	}
	o.page.Height(tileRow, 30)
	for _, row := range []int{tileRow - 1, tileRow + 2} {
		o.page.Put(row, 1, book.Cell{Look: book.Bare})
		o.page.Height(row, 6)
	}
}

func part(p *book.Pane, title string, heads ...string) {
	if p.AddSection(title, partHigh); len(heads) > 0 {
		p.Add(table.Each(heads, func(words string) book.Cell { return head(0, words) })...)
		p.Height(p.Row-1, headerHigh)
	}
}

// places lists the ranks around the line, with formulas for the order on 权重, and the range of each rank.
func (o *overview) places() {
	title, heads := "谁在线内，谁在线外", []string{"线内线外", "在线内的机会"}
	if !o.Standing.Complete() {
		title, heads = "数据部分暂列（专家未评齐）", []string{"补齐缺失时", "超过前一名，专家分须高出"}
	}
	ranked := o.byRank
	shown := ranked[:min(len(ranked), max(o.Choose()+4, 9), placesLow)]
	low := int32(1)
	for _, r := range shown {
		low = max(low, r.RankHigh.V)
	}
	part(&o.left, title, o.head("ranking", "rank"), o.head("submissions", "city"), o.head("submissions", "consortium"),
		o.totalHeader(), heads[0], heads[1], fmt.Sprintf("权重变动时的名次（1至%d）", low))
	if len(shown) == 0 {
		o.left.AddText("没有可以排名的申报，原因见"+o.sheet("ranking")+"。", book.Plain)
		return
	}
	first := o.left.Row
	o.page.Put(first-1, 4, cell(o.totalHeader(), book.Header,
		o.formula(`"得分（满"&ROUND(SUM(%s),2)&"）"`,
			book.SheetPrefix(sheetPoints)+earnableCells(o.lists.Layout("points"), o.complete))))
	for i, r := range shown {
		o.place(i, r, int(low))
	}
	o.page.Mark(first, 5, o.left.Row-1, 5, list.Marks(o.Definition, "stand")...)
	if left := len(ranked) - len(shown); left > 0 {
		o.left.AddText(fmt.Sprintf("其余%d家见%s。", left, o.sheet("ranking")), book.Subtitle)
	}
}

// place is one line: formulas for what depends on the weights; the others show a dash at other weights.
func (o *overview) place(i int, r table.Rank, low int) {
	live := func(col int) string {
		return o.formula("%s", book.SheetPrefix(sheetWeights)+book.AbsCell(weightsFirst+i, placeCol+col))
	}
	stands, chance := centred(o.sideText(r)), greyed("－")
	if r.FirstK.Valid {
		chance = cell(r.FirstK.V, book.Share)
	}
	if !o.Standing.Complete() {
		stands = centred(r.Ranges()[table.Filled].String())
		if i > 0 {
			needed, possible := margin(o.byRank[i-1], r)
			if chance = points(needed); !possible {
				chance = centred("不可能")
			}
		}
	}
	interval := cell("－", book.Plain)
	if r.RankLow.Valid {
		interval.Value = bar(r.Ranges()[table.Reweighted], low)
	}
	for _, c := range []*book.Cell{&stands, &chance, &interval} {
		c.Formula = o.onlyAtRun(c.Value)
	}
	o.left.Add(cell(r.Rank.V, book.Centred, live(0)), cell(text.Mask(r.City), book.Centred, live(1)),
		cell(o.name(r.Submission), book.Plain, live(2)).Over(1), cell(table.Rounded(r.Total), book.Points, live(3)),
		stands, chance, interval)
}

// bar draws a range of ranks in characters, so that it moves with its row.
func bar(ranks table.Range, low int) string {
	const most = 20
	step := (low + most - 1) / most // ranks per character
	at := func(rank int) int { return (rank - 1) / step }
	best, worst := at(int(ranks.Best.V)), at(int(ranks.Worst.V))
	return strings.Repeat("·", best) + strings.Repeat("■", worst-best+1) + strings.Repeat("·", at(low)-worst) + " " +
		ranks.String()
}

// step is one kind of next step: n tasks, described by the format much, and the id of the sheet that lists them.
type step struct {
	what, who, when string
	n               int
	much, sheet     string
}

// nextSteps lists what has to be done, by whom and by when.
func (o *overview) nextSteps() []step {
	found := slices.Collect(o.Judgement.Findings.All())
	answered := func(kind string) (n int, whose, cities []string) {
		all := table.Where(slices.Values(found), func(x table.Finding) bool { return x.State() == kind })
		whose = submissions(all)
		return len(all), whose, table.Unique(whose, func(id string) string { return o.Facts.CityOf(o.submission(id)) })
	}
	faults, mending, mendIn := answered(table.ToMend)
	doubts, explaining, explainIn := answered(table.ToExplain)
	lacking := o.Unreported()
	late := table.Unique(lacking, func(e templates.Entry) string { return e.City })
	pending := howMany(slices.Collect(maps.Values(o.ranks)), func(r table.Rank) bool { return r.Pending })
	doubtful := howMany(slices.Collect(o.Ranking.Checklist.All()), func(c table.Check) bool {
		return c.Needed || !o.Standing.Complete()
	})
	unmarked := table.Either(o.Standing.Complete(), 0, len(o.byRank))
	calendar := o.Definition.Directory
	by, first := cmp.Or(o.ReplyBy, calendar.ReplyBy(o.Date, true)), cmp.Or(o.ReplyBy, calendar.ReplyBy(o.Date, false))
	reply := table.Either(by != "", by+"前", "按退回通知")
	due := table.Either(o.Date > calendar.Deadline && first != "", first+"前，期限已过", "期限"+calendar.Deadline)
	all := []step{
		{"催报", few(late), due, len(lacking), "%d家未报", "filing"},
		{"改正后重报", few(mendIn), reply, len(mending), fmt.Sprintf("%%d家，%d处必须修改", faults), "findings"},
		{"写情况说明", few(explainIn), reply, len(explaining), fmt.Sprintf("%%d家，%d处未说明", doubts), "findings"},
		{"核实存疑的数", "职成处、地市", "会前", doubtful, "%d格", "checklist"},
		{"评分", "各位专家", "会前", unmarked, "%d家还没有评齐", "ranking"},
		{"补请专家评晚到的", "职成处", "会前", o.Standing.Waiting, "%d家待评", "ranking"},
		{"认定专家的提议（扣分、不予立项）", "职成处", "会上", pending, "%d家", "ranking"},
		{"登记里没有对上的，核对名称", "职成处", "下次运行前", len(o.UnknownEntries()), "%d条", "register"},
	}
	return slices.DeleteFunc(append(all, o.registerSteps()...), func(s step) bool { return s.n == 0 })
}

func (o *overview) registerSteps() []step {
	unsealed, going, objections := 0, 0, 0
	var whom []string
	for _, t := range o.Todos(nil) {
		typed := o.Register.EntryOn(t.Sheet, t.Key).Sheet != nil
		switch t.Sheet.Effect {
		case templates.EffectReceive:
			if i, sent := o.byKey[t.Key]; typed && sent {
				unsealed++
				whom = append(whom, o.Facts.CityOf(o.entries[i].Submission))
			}
		case templates.EffectAward:
			going += boolToInt(t.Key != "" && o.Register.Award(t.Key).Reached(templates.StepProposed))
		case templates.EffectObject:
			objections++
		}
	}
	return []step{
		{"补齐登记为缺的材料、签章", few(table.Unique(whom, strings.Clone)), "公示前", unsealed, "%d项", "filing"},
		{"办理异议并登记结果", "职成处", "公布前", objections, "%d件", "register"},
		{"登记下一步（公示、公示结果、公布）", "职成处", "按程序", going, "%d家", "ranking"},
	}
}

func submissions(found []table.Finding) []string {
	return table.Words(table.Unique(found, func(x table.Finding) string { return x.Submission }), strings.Clone)
}

func few(names []string) string { return text.Few(slices.Sorted(slices.Values(names)), 5, "个") }

func (o *overview) steps() {
	part(&o.right, "下一步", "做什么", "谁", "何时", "多少", "看哪里")
	all := o.nextSteps()
	for _, s := range all {
		to := o.linkTo(s.sheet, "A1")
		see := table.Either(to == "", plain(""), linked(o.sheet(s.sheet), to))
		o.right.AddFitted(plain(s.what), plain(s.who), centred(s.when), plain(fmt.Sprintf(s.much, s.n)), see)
	}
	if len(all) == 0 {
		o.right.AddText("没有等着办的事。", book.Plain)
	}
}

func (o *overview) returned() {
	back := table.GroupBy(table.Where(o.Judgement.Findings.All(), func(x table.Finding) bool {
		return x.State() == table.ToMend && x.Submission != ""
	}), func(x table.Finding) string { return x.Submission })
	if len(back) == 0 {
		return
	}
	slices.SortFunc(back, func(a, b []table.Finding) int { return strings.Compare(a[0].Submission, b[0].Submission) })
	part(&o.right, "谁要退回修改，为什么")
	for _, faults := range back[:min(shownBack, len(back))] {
		titles := table.Unique(faults, func(x table.Finding) string { return x.Title })
		o.right.AddFitted(plain(o.name(faults[0].Submission)), plain(text.Few(titles, 5, "个")).Over(4))
	}
	if left := len(back) - shownBack; left > 0 {
		o.right.AddText(fmt.Sprintf("其余%d家见%s。", left, o.sheet("findings")), book.Subtitle)
	}
}

// moved lists who crossed the line since the previous run, and whom experts propose to reject.
func (o *overview) moved() {
	part(&o.right, "谁进谁出，谁被提议不予立项")
	say := func(words string) { o.right.AddText(text.Mask(words), book.Plain) }
	switch passed := o.crossings(); {
	case o.Earlier == nil:
		say("本次没有与上一次相比：第一次运行，或没有给上一次的结果。")
	case len(passed) > 0:
		for _, words := range passed {
			say(words)
		}
	case o.Standing.Complete() && o.Earlier.Complete:
		say("与上一次相比，没有谁越过入选线。")
	default:
		say("两次没有都评齐，不说谁越线。")
	}
	if o.Earlier != nil {
		say(o.definitionChanges() + o.causes())
		kinds := table.GroupMap(o.Changes.All(), func(c table.Change) string { return string(c.Kind) })
		parts := table.Words(o.Definition.Table("changes").Column("kind").Values, func(k string) string {
			said := fmt.Sprintf("%s %d", o.Definition.Sheets().Codes["change"][k], len(kinds[k]))
			return textIf(kinds[k] != nil && k != string(table.TotalStep), said)
		})
		if len(parts) > 0 {
			say(strings.Join(parts, "、") + "，逐条见" + o.sheet("changes") + "。")
		}
	}
	for c := range o.Changes.All() {
		if c.Kind == table.ObjectionUpheld {
			say(c.Consortium + "：" + o.Definition.Sheets().Codes["change"][string(c.Kind)] + "（" + c.After + "）。")
		}
	}
	for r := range o.Ranking.Ranking.All() {
		if r.Vetoes.V > 0 {
			say(fmt.Sprintf("%s：%s。", r.Consortium, r.Proposals))
		}
	}
}

func (o *overview) rules() {
	part(&o.left, "问题最多的规则")
	o.left.AddFitted(head(3, o.head("findings", "title")), head(1, "程度"), head(1, "处数"), head(1, "申报数"))
	first := o.left.Row
	all := table.GroupBy(slices.Collect(o.Judgement.Findings.All()), func(x table.Finding) string { return x.Code })
	slices.SortFunc(all, func(a, b []table.Finding) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a[0].Code, b[0].Code)) // the most frequent first
	})
	for _, found := range all[:min(shownRules, len(all))] {
		rule := o.Definition.Rule(found[0].Code)
		severity := centred(model.Severity(rule.Severity).Label())
		o.left.AddFitted(plain(rule.Title).Over(3), severity, count(len(found)), count(len(submissions(found))))
	}
	if len(all) == 0 {
		o.left.AddFitted(plain("没有查出问题。").Over(6))
		return
	}
	o.page.Mark(first, 4, o.left.Row-1, 4, list.Marks(o.Definition, "severity")...)
}

func (o *overview) contents(row int) {
	p := &book.Pane{Page: o.page, Row: row, Col: 1, Cols: len(o.page.Widths)}
	part(p, "各工作表")
	all := o.sheetsWithContent(provinceBook)[1:]
	half := (len(all) + 1) / 2
	for i, s := range all {
		at, to := p.Row+i%half, linked(s.Name, book.CellLink(s.Name, "A1"))
		if i < half {
			p.PutFitted(at, 1, to.Over(2), plain(s.Shows).Over(5))
		} else {
			p.PutFitted(at, stepCol, to, plain(s.Shows).Over(4))
		}
	}
	p.PutFitted(p.Row+half, 1, linked(appendixBook, AppendixFile).Over(2),
		plain("其余各表：申报、年度数据、名册、文字、规则、文件和计分的全部细节；联系人另在"+ContactsFile).Over(5))
}

func round2(v float64) float64 { return math.Round(v*100) / 100 }

// textIf is the text where the condition holds, otherwise empty.
func textIf(holds bool, words string) string { return table.Either(holds, words, "") }

func howMany[T any](rows []T, is func(T) bool) int { return len(table.Where(slices.Values(rows), is)) }
