package score

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

func (m *scheme) scores(entrants []*entrant) (rows []table.Score) {
	for _, e := range entrants {
		for i, c := range m.criteria {
			rows = append(rows, m.pointRow(e, i, c))
			for k, evidence := range c.Evidence {
				rows = append(rows, m.evidenceRow(e, i, c, k, evidence))
			}
		}
	}
	return rows
}

// pointRow is the row of a point: Points = (Weight − Open) × Value × reweighting, which add up to the total.
func (m *scheme) pointRow(e *entrant, i int, c criterion) table.Score {
	p, x := e.points[i], e.marks[i]
	row := table.Score{
		Submission: e.Submission,
		Point:      c.ID,
		Method:     "weighted_mean",
		Weight:     c.weight,
		Lower:      p.lower,
		Upper:      p.upper,
		Open:       c.weight - c.earn(e.Complete),
		Status:     table.Scored,
	}
	if p.there > 0 {
		row.Normalised = table.Some(p.figures)
	}
	if p.present > 0 {
		earn := c.earn(e.Complete) * e.reweighting
		row.Value, row.Points = table.Some(p.value), table.Some(earn*p.value)
		row.Foundation, row.Promise = table.Some(earn*p.foundation), table.Some(earn*p.promise)
		if c.expertShare(e.Complete) > 0 {
			row.ExpertPoints = table.Some(earn * p.experts)
		}
	}
	if c.marked() && len(x.opinions) > 0 {
		row.Mark, row.Marks = table.Some(x.value), table.Some(int32(len(x.opinions)))
		if len(x.opinions) > 1 {
			row.MarkSpread = table.Some(x.spread)
		}
	}
	switch {
	case c.Deduction:
		row.Status, row.Method, row.Note = "expert", "expert", "专家提议、处里认定扣几分；评分一栏是提议中最多的"
	case len(c.Evidence) == 0 && !e.Complete:
		row.Status, row.Method, row.Note = "expert", "expert", "等专家评分"
	case p.present == 0:
		row.Status, row.Note = table.Unscored, "依据都缺，登记同意不计，由其余观测点按权重代表；下限按0、上限按满分"
	case len(c.Evidence) == 0:
		row.Method = "expert"
	case p.known < 1:
		row.Status, row.Note = table.Partial, p.gapNote()
	}
	if p.present > 0 && e.reweighting != 1 && row.Status != "expert" {
		factor := plain(math.Round(e.reweighting*1e4) / 1e4)
		row.Note = strings.TrimPrefix(row.Note+"；别的观测点没有依据，得分按"+factor+"放大", "；")
	}
	return row
}

// gapNote says what became of a point's gaps.
func (p point) gapNote() string {
	var out []string
	if bottom := p.there - p.known; round10(bottom) > 0 {
		out = append(out, fmt.Sprintf("依据的%s没有数，登记没有采纳理由，按最低计", percent(bottom)))
	}
	if p.there < 1 {
		out = append(out, fmt.Sprintf("%s登记同意不计，由其余依据按权重代表", percent(1-p.there)))
	}
	return strings.Join(append(out, "下限按0、上限按满分"), "；")
}

// evidenceRow is the row of one evidence; its weight is its part of the points that figures can earn.
func (m *scheme) evidenceRow(e *entrant, i int, c criterion, k int, evidence *templates.Evidence) table.Score {
	x, weight := e.measures[c.first+k], c.figures*c.shares[k]
	row := table.Score{
		Submission: e.Submission,
		Point:      c.ID,
		Evidence:   evidence.ID,
		Kind:       evidence.Kind,
		Formula:    evidence.Expr,
		Method:     evidence.Method,
		Weight:     weight,
		Status:     table.Unscored,
		Upper:      weight,
		Cells:      x.cells,
		Doubt:      e.doubt(c.first + k),
		Note:       x.note,
	}
	if x.excused {
		return row
	}
	row.Normalised = table.Some(x.normalised)
	if e.points[i].present > 0 {
		row.Points = table.Some(m.pointsAtBest(e, i, k) * x.normalised)
	}
	row.Status = table.Bottom
	if x.ok {
		row.Raw, row.Status = table.Some(x.raw), table.Scored
		row.Lower = weight * x.normalised
		row.Upper = row.Lower
	}
	return row
}

// ranking lists the standings, the ranked first, and adds what is the same for all and who could overtake whom.
func (m *scheme) ranking(entrants []*entrant, method string) (rows []table.Rank) {
	for _, e := range slices.SortedFunc(slices.Values(entrants), byRank) {
		e.State, e.Method, e.Possible, e.Open = string(m.state), method, sum(m.weights(e.Complete)), m.waiting(e.Complete)
		if e.Ranked && len(rows) > 0 && !m.complete && e.Open > 0 {
			e.overtake(rows[len(rows)-1])
		}
		rows = append(rows, e.standing)
	}
	return rows
}

// overtake says what marks a submission needs, before they are in, to stand before the next better one.
func (e *entrant) overtake(ahead table.Rank) {
	by, most := math.Ceil(round10(ahead.Total-e.Total)*100)/100, plain(e.Open)
	e.OvertakeBy = table.Some(by)
	e.Overtake = fmt.Sprintf("%s要超过%s，专家部分须高出%.2f分（满%s）", e.Consortium, ahead.Consortium, by, most)
	if by >= e.Open {
		e.Overtake = fmt.Sprintf("%s要超过%s，专家部分（满%s）全得满也不够", e.Consortium, ahead.Consortium, most)
	}
}

// method tells a reader of the ranking how it was made.
func (m *scheme) method(p *panel, ranked []*entrant, ref reference, draws int, o Options) string {
	r := m.def.Rubric
	parts := []string{m.kind(p), r.WeightsNote, "线性加权；按" + m.def.Sheets.Codes["method"][r.Method] + "归一",
		ref.words(len(m.slots), len(ranked)), "缺数按最低计，登记同意不计的由其余依据代表，另列上下限", fmt.Sprintf("拟遴选%d家", o.Select)}
	if draws > 0 {
		how := fmt.Sprintf("Dirichlet，平均大小的权重标准差%s，SplitMix64，种子%d",
			percent(r.Robustness.Spread.InexactFloat64()), o.Seed)
		parts = append(parts, fmt.Sprintf("名次区间（5%%—95%%）为权重抽取%d次所得（%s）", draws, how))
		if m.complete {
			parts = append(parts, fmt.Sprintf("换专家的名次区间为有放回重抽专家%d次所得（种子%d）；在线内的机会是权重和专家一起抽", draws, o.Seed+1))
		}
	}
	return strings.Join(parts, "；")
}

// kind says what the total is, and what of the experts' marks is in it.
func (m *scheme) kind(p *panel) string {
	x, possible, waiting := m.def.Rubric.Experts, sum(m.weights(m.complete)), m.waiting(m.complete)
	switch {
	case m.complete:
		how := "平均"
		if x.Combine == templates.TrimmedMean {
			how = fmt.Sprintf("满%d个时去掉一个最高分和一个最低分再平均", x.TrimFrom)
		}
		return fmt.Sprintf("总分（满分%s分，含%d名专家评分，每项至少%d个，%s，已减登记的扣分）", plain(possible), len(p.experts), x.Least, how)
	case waiting == 0:
		return "数据部分得分"
	case len(p.rows) == 0:
		return fmt.Sprintf("数据部分得分（专家未评，满分%s分，待评%s分）", plain(possible), plain(waiting))
	}
	const shown = 5
	wanting := strings.Join(p.wanting[:min(shown, len(p.wanting))], "、")
	if len(p.wanting) > shown {
		wanting += "等"
	}
	if wanting != "" {
		wanting = fmt.Sprintf("，评分不足%d个的还有%d项：%s", x.Least, len(p.wanting), wanting)
	}
	return fmt.Sprintf("数据部分得分（专家评分未评齐，未计入%s，满分%s分，待评%s分）", wanting, plain(possible), plain(waiting))
}

// percent writes a share for a person, never rounded up to what it isn't.
func percent(share float64) string { return plain(math.Floor(round10(share*1000))/10) + "％" }

func plain(x float64) string { return table.Plain(table.Some(round10(x))) }
