package consolidate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/office/word"
	"lianheti/stages/table"
	"lianheti/stages/text"
)

// Names of the Word files for the meeting.
const (
	ProposalFile = "按名次建议名单（代拟稿）.docx"
	OpinionsFile = "评审意见汇总（代拟稿）.docx"
)

// Documents gives the Word files for the meeting, by name: once the marks are in, the list that follows from the ranks; and what is to be said
// of each around the line. Every number in them is the run's. There are none where nobody is ranked.
func Documents(in Input) (map[string][]byte, error) {
	w := newWorkbook(in)
	out := map[string][]byte{}
	if w.ranked == 0 {
		return out, nil
	}
	all := w.gathered()
	made := map[string]word.Document{OpinionsFile: w.summary(all)}
	if w.Standing.Complete() {
		made[ProposalFile] = w.proposal(all)
	}
	for name, d := range made {
		var b bytes.Buffer
		if err := word.Write(&b, d); err != nil {
			return nil, fmt.Errorf("%s：%w", name, err)
		}
		out[name] = b.Bytes()
	}
	return out, nil
}

func say(format string, args ...any) word.Paragraph {
	return word.P(word.Body, text.Mask(fmt.Sprintf(format, args...)))
}

// inside are those within the line, ties across it included.
func (w *workbook) inside(all []*gathered) []*gathered {
	var out []*gathered
	for _, g := range all {
		if g.rank.Ranked && int(g.rank.Rank.V) <= w.choose() {
			out = append(out, g)
		}
	}
	return out
}

// file is one document in the house's form. What is known stands under its title and at the foot of each page.
func (w *workbook) file(title string, body ...word.Block) word.Document {
	known := word.Paragraph{Style: word.Small, Align: word.Centre, Runs: []word.Run{{Text: text.Mask("代拟稿·" + w.Standing.Short())}}}
	return word.Document{Title: title, Text: word.FormText,
		Sections: []word.Section{{Page: word.A4, Footer: append(word.PageNumbers(), known), Body: append([]word.Block{word.P(word.Title, title), known}, body...)}}}
}

// grid is a table of texts; shares are how its columns divide the width.
func grid(head []string, shares []float64, rows [][]string) word.Table {
	t := word.Table{Columns: word.Widths(word.A4.Inside(), shares...)}
	line := word.Row{Header: true}
	for _, h := range head {
		line.Cells = append(line.Cells, word.Label(h))
	}
	t.Rows = append(t.Rows, line)
	for _, r := range rows {
		line := word.Row{Whole: true}
		for i, s := range r {
			cell := word.Text(text.Mask(s))
			if len([]rune(s)) <= 6 && i != 1 {
				cell = word.Label(text.Mask(s))
			}
			line.Cells = append(line.Cells, cell)
		}
		t.Rows = append(t.Rows, line)
	}
	return t
}

// basis is how the list came about, in two sentences.
func (w *workbook) basis() []word.Block {
	date := ""
	if w.Date != "" {
		date = "（" + w.Date + "）"
	}
	return []word.Block{
		say("本次%s收到申报%d家，参加排名%d家，拟遴选%d家。%s。", date, len(w.submissions), w.ranked, w.choose(), w.method()),
		say("知道多少：%s。", w.Standing),
		say("权重说明：%s。本件由程序按本次运行的结果生成，供研究，未经审定不作为结论；名次不等于入选，拟入选和入选由省教育厅决定。", w.Definition.Rubric.WeightsNote),
	}
}

// proposal is 按名次建议名单. Who is to be chosen is for the Department to decide and register.
func (w *workbook) proposal(all []*gathered) word.Document {
	body := w.basis()
	inside := w.inside(all)
	if len(inside) > w.choose() {
		body = append(body, say("第%d名有并列，下表列出%d家，取舍待定。", inside[len(inside)-1].rank.Rank.V, len(inside)))
	}
	body = append(body, word.P(word.Heading, "一、名单"))
	var rows [][]string
	for _, g := range inside {
		s := g.form.Submission
		rows = append(rows, []string{fmt.Sprint(g.rank.Rank.V), w.name(g.submission), s.City, s.Park, s.LeadSchool + "\n" + s.LeadEnterprise, g.rank.Said(), standsAt(g.rank)})
	}
	body = append(body, grid([]string{"名次", w.Definition.Label("consortium"), "地市", w.Definition.Label("park"), "牵头学校、牵头企业", "得分", "线内线外"}, []float64{7, 23, 8, 18, 23, 11, 13}, rows))

	body = append(body, word.P(word.Heading, "二、线的两侧"))
	contested := false
	for _, g := range all {
		if g.rank.LineReason == "" {
			continue
		}
		contested = true
		body = append(body, say("%s（第%d名，%s分，%s）：%s。", w.name(g.submission), g.rank.Rank.V, g.rank.Said(), standsAt(g.rank), g.rank.LineReason))
	}
	if !contested {
		body = append(body, say("权重和专家一起抽、起决定作用的情景、尺度里去掉任何一家、还没有认定的提议、待评的申报，都不改变线内线外。"))
	}
	for s := range w.Ranking.Swaps.All() {
		body = append(body, say("%s（相差%.2f分）。", s.Words, s.Gap))
	}

	body = append(body, word.P(word.Heading, "三、名单内尚未了结的事项"))
	rows = nil
	for _, g := range inside {
		open, lacking := 0, 0
		for _, x := range g.found {
			if w.answered(x) == toExplain {
				open++
			}
		}
		for _, s := range g.proof {
			if !s.Raw.Valid {
				lacking++
			}
		}
		rows = append(rows, []string{fmt.Sprint(g.rank.Rank.V), w.name(g.submission), fmt.Sprint(open), fmt.Sprint(lacking), fmt.Sprint(len(g.promises))})
	}
	body = append(body, grid([]string{"名次", w.Definition.Label("consortium"), "未说明的问题", "缺数的依据", "需核实的承诺"}, []float64{8, 40, 16, 16, 16}, rows))

	body = append(body, word.P(word.Heading, "四、列出而不参加排名的"))
	rows = nil
	for _, g := range all {
		if !g.rank.Ranked {
			rows = append(rows, []string{fmt.Sprint(len(rows) + 1), w.name(g.submission), g.rank.City, g.rank.Unranked})
		}
	}
	if rows == nil {
		body = append(body, say("没有。"))
	} else {
		body = append(body, grid([]string{"序号", w.Definition.Label("consortium"), "地市", "原因"}, []float64{8, 34, 10, 48}, rows))
	}
	return w.file(fmt.Sprintf("%d年省级市域产教联合体按名次建议名单", w.Definition.Year), body...)
}

// summary is 评审意见汇总: what is to be said of each of those inside the line; before there is a line, of those around it.
func (w *workbook) summary(all []*gathered) word.Document {
	body := w.basis()
	comments := map[string][]table.Mark{}
	for m := range w.Ranking.Marks.All() {
		if m.Comment != "" {
			comments[m.Submission] = append(comments[m.Submission], m)
		}
	}
	inside := w.inside(all)
	if !w.Standing.Complete() {
		_, last := w.Definition.Rubric.Robustness.Window(w.choose())
		inside = slices.DeleteFunc(slices.Clone(all), func(g *gathered) bool { return !g.rank.Ranked || int(g.rank.Rank.V) > last })
		body = append(body, say("%s以下按数据部分暂列的次序列出%d家。", noLine, len(inside)))
	}
	for i, g := range inside {
		p := &profile{workbook: w, gathered: g}
		r := g.rank
		heading := word.P(word.Heading, fmt.Sprintf("%d. %s", i+1, w.name(r.Submission)))
		body = append(body, heading)
		parts := fmt.Sprintf("已有基础%.2f分，建设承诺%.2f分", r.Foundation, r.Promise)
		if r.Experts.Valid {
			parts += fmt.Sprintf("，专家评分%.2f分", r.Experts.V)
		}
		if r.Deduction.V > 0 {
			parts += fmt.Sprintf("，登记扣%.2f分", r.Deduction.V)
		}
		if r.Proposals != "" {
			parts += "；" + r.Proposals
		}
		if r.OtherTotal.Valid {
			parts += fmt.Sprintf("，若按提议扣分为%.2f分", r.OtherTotal.V)
		}
		interval := ""
		if r.RankLow.Valid {
			interval = fmt.Sprintf("权重变动时名次在%d—%d之间；", r.RankLow.V, r.RankHigh.V)
		}
		if r.FirstK.Valid {
			interval += fmt.Sprintf("进入前%d的机会%s；", w.choose(), share(r.FirstK))
		}
		body = append(body, say("%s，得分%s：%s。%s依据计入%s，缺数的上下限为%.2f—%.2f分。", w.placeOf(r), r.Said(), parts, interval, share(table.Some(r.Present)), r.Lower, r.Upper))
		body = append(body, say("强项：%s。", p.named(p.strengths())))
		body = append(body, say("弱项：%s。", p.named(p.weaknesses())))
		for _, m := range comments[g.submission] {
			body = append(body, say("专家%s（观测点%s）：%s", m.Expert, orDash(m.Point), m.Comment))
		}
		if len(comments[g.submission]) == 0 {
			body = append(body, say("专家意见：本次运行没有读到。"))
		}
		const shown = 8
		asked := p.asked()
		for _, q := range asked[:min(shown, len(asked))] {
			body = append(body, say("待核（%s）：%s", q.kind, q.words))
		}
		if n := len(asked) - shown; n > 0 {
			body = append(body, say("另有%d条待核，见省级汇总“%s”。", n, sheetProfiles))
		}
	}
	return w.file(fmt.Sprintf("%d年市域产教联合体评审意见汇总", w.Definition.Year), body...)
}

// share writes a share for a person.
func share(v table.Opt[float64]) string {
	if !v.Valid {
		return "－"
	}
	return fmt.Sprintf("%.1f％", float64(int64(v.V*1000))/10)
}

// named lists evidence with its values.
func (p *profile) named(list []table.Score) string {
	var out []string
	for _, s := range list {
		e := p.evidenceOf(s.Point, s.Evidence)
		out = append(out, relative(e)+" "+sized(e, s.Raw.V))
	}
	return orNone(strings.Join(out, "；"))
}
