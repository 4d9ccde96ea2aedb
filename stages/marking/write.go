package marking

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Columns of a submission's sheet.
const (
	colPoint = iota + 1
	colLabel
	colData
	colTexts
	colFull
	colMark
	colEarned
	colComment
)

var sheetWidths = []float64{8, 56, 66, 14, 8, 10, 10, 40}

// Columns of the cover.
const (
	coverAsked = iota + 4 // after number, name and city
	coverMarked
	coverEarned
	coverFull
	coverDeducted
	coverState
)

var coverWidths = []float64{6, 44, 10, 10, 10, 12, 10, 10, 18}

// Write writes the workbook of one expert.
func Write(w io.Writer, d *templates.Definition, subjects []Subject, a Assignment) (err error) {
	defer try.Caught(&err)
	x := &index{form: formID(d), batch: d.Directory.Batch, version: version, expert: a.Expert, name: a.Name,
		scale: d.Rubric().Experts.Scale.String(), maxDeduction: d.Rubric().Experts.Deduction.String(),
		sources: map[string]string{}, part: a.Part, rubric: rubricHash(d)}
	if a.Part > 0 {
		isAsked := func(s Subject) bool { return len(a.pointsFor(d.Rubric(), s.Submission.Submission)) > 0 }
		subjects = table.Where(slices.Values(subjects), isAsked)
	}
	sheets := []string{coverSheet}
	for n, s := range subjects {
		sheets = append(sheets, s.title(n+1))
		x.order = append(x.order, s.Submission.Submission)
		x.sources[s.Submission.Submission] = s.Submission.SHA256
	}
	title := fmt.Sprintf("%d年%s专家评分表", d.Year, strings.TrimSuffix(d.Form.Title, "推荐书"))
	report := try.Get(book.NewReport(title+" "+a.Expert, sheets...))
	wr := &writer{d: d, a: a, index: x}
	pages := []*page{nil}
	for n, s := range subjects {
		pages = append(pages, wr.subject(sheets[n+1], s))
	}
	pages[0] = wr.cover(title, subjects, pages[1:])
	free := table.IndexBy(slices.Values(x.slots), func(s slot) cellRef { return s.cellRef })
	for _, p := range pages {
		try.Do(report.Page(&p.Page))
		x.regions = append(x.regions, p.region(free))
	}
	try.Do(report.Hidden(indexSheet, x.rows()))
	return report.Write(w, title)
}

type writer struct {
	d     *templates.Definition
	a     Assignment
	index *index
}

// page is a sheet, with the rows that the cover adds up.
type page struct {
	book.Page
	index                   *index
	asked                   int // number of marks
	full                    float64
	sum, deduction, recused int // rows
}

func (w *writer) page(sheet string, widths []float64) *page {
	return &page{Page: book.Page{Sheet: sheet, Widths: widths, Landscape: true, Protected: true}, index: w.index}
}

func (p *page) at(row, col int) string { return book.SheetPrefix(p.Sheet) + model.CellName(row, col) }

// region returns the extent of a page and the digest of its locked cells.
func (p *page) region(free map[cellRef]slot) region {
	out, locked := region{sheet: p.Sheet}, []lockedCell{}
	for at, c := range p.Cells {
		out.lastRow, out.lastCol = max(out.lastRow, at[0]), max(out.lastCol, at[1])
		if _, left := free[cellRef{p.Sheet, at[0], at[1]}]; !left && c.Value != nil && c.Value != "" {
			locked = append(locked, lockedCell{at[0], at[1], normalizeText(fmt.Sprint(c.Value))})
		}
	}
	out.digest = digest(locked)
	return out
}

// addSlot adds a cell that the digest leaves out: for the expert to fill in, or with a formula.
func (p *page) addSlot(use string, row, col, cols int, submission, point string, c book.Cell) {
	p.Span(row, col, cols, c)
	p.index.slots = append(p.index.slots, slot{use, cellRef{p.Sheet, row, col}, submission, point})
}

func (p *page) formula(row, col int, formula string, value any, look book.Look) {
	p.addSlot(formulaUse, row, col, 1, "", "", book.Cell{Formula: formula, Value: value, Look: look})
}

// addAnswer adds the cells for a mark, what it earns, and a comment.
func (p *page) addAnswer(use string, row int, submission, point, earned string) {
	p.addSlot(use, row, colMark, 1, submission, point, book.Cell{Look: book.Input})
	if earned != "" {
		p.formula(row, colEarned, earned, "", book.Points)
	} else {
		p.Span(row, colEarned, 1, book.Cell{Look: book.Plain})
	}
	p.addSlot(commentUse, row, colComment, 1, submission, point, book.Cell{Look: book.Entry})
}

// Words on the sheets that formulas and the reader look for.
const (
	recusalWord = "回避"
	expertLabel = "专家编号 "
)

// coverText is the instructions on the cover, a row for each line.
//
//go:embed cover.txt
var coverText string

// cover is the sheet 评分说明: the expert, the instructions, and the progress.
func (w *writer) cover(title string, subjects []Subject, pages []*page) *page {
	p, r := w.page(coverSheet, coverWidths), w.d.Rubric()
	width := len(coverWidths)
	p.Span(1, 1, width, book.Title.Cell(title))
	part := fmt.Sprintf("　补充表第%d份：只列还缺的，评过的不用再评", w.a.Part)
	who := expertLabel + w.a.Expert + table.Either(w.a.Part > 0, part, "") + table.Either(w.a.Name != "", "　"+w.a.Name, "")
	p.Span(2, 1, width, book.Subtitle.Cell(who))
	p.Span(4, 1, 2, book.Heading.Cell("所在单位（全称，必填）"))
	unit := table.Either[any](w.a.Unit != "", w.a.Unit, nil)
	p.addSlot(unitUse, 4, 3, width-2, "", "", book.Entry.Cell(unit))
	p.Mark(4, 3, 4, width, missingMark)
	yes := w.d.Form.YesNo[0]
	words := map[string]string{"scale": r.Experts.Scale.String(), "deduction": r.Experts.Deduction.String(), "yes": yes,
		"aside": recusalWord, "rejections": strings.Join(r.Experts.Rejections, "、"), "weights": r.WeightsNote,
		"bands": bandText(r.Experts)}
	for i, line := range strings.Split(strings.TrimSpace(coverText), "\n") {
		p.Span(5+i, 1, width, book.Remark.Cell(templates.Fill(line, words)))
	}
	header := 13
	p.PutHeaders(header, 1, "序号", "联合体（点击进入）", "地市", "应评项数", "已评项数", "折算分小计", "满分", "扣分", "进度")
	for n, t := range pages {
		row, s := header+1+n, subjects[n].Submission
		asked := t.asked + table.Either(t.deduction > 0, 1, 0)
		p.PutFitted(row, 1, book.Integer.Cell(n+1),
			book.Cell{Value: s.Consortium, Look: book.Link, Link: book.CellLink(t.Sheet, "A1")},
			book.Centred.Cell(s.City), book.Integer.Cell(asked))
		done, deducted := t.at(t.sum, colMark), `""`
		if t.deduction > 0 {
			deducted = t.at(t.deduction, colMark)
			done = fmt.Sprintf("%s+COUNT(%s)", done, deducted)
			deducted = fmt.Sprintf(`IF(ISNUMBER(%s),%s,"")`, deducted, deducted)
		}
		p.formula(row, coverMarked, done, 0, book.Integer)
		p.formula(row, coverEarned, t.at(t.sum, colEarned), 0, book.Points)
		p.Span(row, coverFull, 1, book.Points.Cell(t.full))
		p.formula(row, coverDeducted, deducted, "", book.Points)
		state := fmt.Sprintf(`IF(%s=%s,"%s",IF(%s=%s,"已评完","尚缺"&(%[5]s-%[4]s)&"项"))`, t.at(t.recused, colMark),
			book.Quote(yes), recusalWord, model.CellName(row, coverMarked), model.CellName(row, coverAsked))
		p.formula(row, coverState, state, fmt.Sprintf("尚缺%d项", asked), book.Centred)
	}
	p.Mark(header+1, coverState, header+max(1, len(pages)), coverState,
		book.Mark{Word: "已评完", Tone: book.Good}, book.Mark{Word: recusalWord, Tone: book.Info})
	return p
}

func (w *writer) subject(sheet string, s Subject) *page {
	p := w.page(sheet, sheetWidths)
	width, id, yes := len(sheetWidths), s.Submission.Submission, w.d.Form.YesNo[0]
	p.Span(1, 1, width-1, book.Title.Cell(s.Submission.Consortium))
	p.Span(1, width, 1, book.Cell{Value: "回到" + coverSheet, Look: book.Link, Link: book.CellLink(coverSheet, "A1")})
	about := []string{id, s.Submission.City, s.Submission.Park,
		"牵头学校 " + s.Submission.LeadSchool, "牵头企业 " + s.Submission.LeadEnterprise}
	p.Span(2, 1, width, book.Subtitle.Cell(strings.Join(about, "；")))
	p.recused = 3
	p.Span(p.recused, 1, colFull, book.Plain.Cell(recusalWord+"（与该联合体有利害关系的选“"+yes+"”，本页评分就不计入）"))
	p.addSlot(recuseUse, p.recused, colMark, 1, id, "", book.Cell{Look: book.Input})
	p.LimitToWords(p.recused, colMark, p.recused, colMark, "没有利害关系的不用填。", yes)
	p.Span(4, 1, width, book.Remark.Cell("评分的参考档："+bandText(w.d.Rubric().Experts)))
	header := 5
	p.PutHeaders(header, 1, "观测点", "评什么（附件2原文）", "报送的数据和材料，有什么存疑", "相关文字", "满分", "评分", "折算分", "评语")
	p.Frozen = header
	scale := w.d.Rubric().Experts.Scale
	first, row := header+1, header
	var deduction *templates.Point
	var linked []int // rows of points, for links to their texts
	asked := w.a.pointsFor(w.d.Rubric(), id)
	for _, point := range asked {
		if point.Deduction {
			deduction = point
			continue
		}
		row++
		full := point.Weight.Mul(point.ExpertShare)
		w.putPoint(p, row, point, s)
		linked = append(linked, row)
		p.asked++
		p.full += full.InexactFloat64()
		p.Span(row, colFull, 1, book.Decimal.Cell(full.InexactFloat64()))
		mark, most := model.CellName(row, colMark), model.CellName(row, colFull)
		p.addAnswer(markUse, row, id, point.ID, fmt.Sprintf(`IF(ISNUMBER(%s),%[1]s/%s*%s,"")`, mark, scale, most))
	}
	if p.asked > 0 {
		p.LimitToNumbers(first, colMark, row, colMark, fmt.Sprintf("请填0到%s之间的数。", scale), 0, scale.InexactFloat64(), false)
	}
	row++
	p.sum = row
	p.Span(row, 1, colTexts, book.Total.Cell("小计（已评项数、折算分）"))
	area := func(col int) string {
		return model.CellName(first, col) + ":" + model.CellName(max(first, row-1), col)
	}
	if p.asked == 0 { // this expert marks only the deduction
		area = func(col int) string { return model.CellName(p.recused, colComment) }
	}
	p.Span(row, colFull, 1, book.Sum.Cell(p.full))
	p.formula(row, colMark, "COUNT("+area(colMark)+")", 0, book.Sum)
	p.formula(row, colEarned, fmt.Sprintf("SUMPRODUCT(%s,%s)/%s", area(colMark), area(colFull), scale), 0, book.Sum)
	p.Span(row, colComment, 1, book.Cell{Look: book.Total})
	if deduction != nil {
		row++
		p.deduction = row
		w.putPoint(p, row, deduction, s)
		linked = append(linked, row)
		p.Span(row, colFull, 1, book.Centred.Cell("扣分"))
		p.addAnswer(deductUse, row, id, deduction.ID, "")
		most := w.d.Rubric().Experts.Deduction
		p.LimitToNumbers(row, colMark, row, colMark, fmt.Sprintf("请填0到%s之间的数；没有应扣的填0；扣分要写依据。", most),
			0, most.InexactFloat64(), false)
	}
	p.Mark(first, colMark, row, colMark, missingMark)
	row++
	p.Span(row, 1, colFull, book.Plain.Cell("不予立项（工作方案一（一）的情形，提议的选出是哪一种，并在右边写明事实和依据；由省教育厅认定）"))
	p.addAnswer(vetoUse, row, id, "", "")
	p.LimitToWords(row, colMark, row, colMark, "不提议的不用填。", w.d.Rubric().Experts.Rejections...)
	w.putMaterials(p, row+2, s, linked)
	return p
}

// missingMark highlights what an expert has yet to fill in.
var missingMark = book.Mark{Tone: book.Lacking}

func (w *writer) putPoint(p *page, row int, point *templates.Point, s Subject) {
	about := strings.TrimSpace(strings.TrimPrefix(point.Label, point.ID) + "\n" + point.Ask)
	p.PutFitted(row, colPoint, book.Centred.Cell(point.ID), book.Prose.Cell(about),
		book.Prose.Cell(strings.Join(s.data[point.ID], "\n")))
}

// putMaterials writes the long texts and the supporting materials below, and links each point to its first text.
func (w *writer) putMaterials(p *page, row int, s Subject, points []int) {
	at, pane := map[string]int{}, book.Pane{Page: &p.Page, Row: row, Col: 1, Cols: len(sheetWidths)}
	pane.AddText("文字材料（报送原文）", book.Heading)
	for _, x := range s.texts {
		label := x.label + table.Either(len(x.points) > 0, "（观测点"+strings.Join(x.points, "、")+"）", "")
		for _, point := range x.points {
			if at[point] == 0 {
				at[point] = pane.Row
			}
		}
		pane.AddText(label, book.Total)
		for _, part := range splitText(x.words) {
			pane.AddText(part, book.Prose)
		}
	}
	pane.Row++
	list := w.d.Layout().Area("materials")
	pane.AddText(list.Sheet, book.Heading)
	for _, m := range s.materials {
		pane.AddFitted(book.Centred.Cell(m.Number), book.Plain.Cell(m.Title).Over(2), book.Plain.Cell(m.Supports).Over(4),
			book.Plain.Cell(m.Pages))
	}
	if len(s.materials) == 0 {
		pane.AddText("没有列出支撑材料。", book.Quiet)
	}
	marked := w.a.pointsFor(w.d.Rubric(), s.Submission.Submission)
	for i, line := range points {
		text := book.Cell{Look: book.Plain}
		if to := at[marked[i].ID]; to > 0 {
			text = book.Cell{Value: fmt.Sprintf("见第%d行", to), Look: book.Link,
				Link: book.CellLink(p.Sheet, model.CellName(to, 1))}
		}
		p.Span(line, colTexts, 1, text)
	}
}

// splitText splits a text into paragraphs, and long ones into parts that fit the tallest row.
func splitText(words string) []string {
	const longest = 1200
	var out []string
	for paragraph := range strings.SplitSeq(words, "\n") {
		for piece := range slices.Chunk([]rune(strings.TrimSpace(paragraph)), longest) {
			out = append(out, string(piece))
		}
	}
	return out
}

func bandText(x templates.Experts) string {
	var out []string
	above := x.Scale
	for i, b := range x.Bands {
		out = append(out, fmt.Sprintf("%s—%s%s分，%s", b.From, table.Either(i > 0, "不到", ""), above, b.Words))
		above = b.From
	}
	return strings.Join(out, "；")
}
