package score

import (
	"fmt"
	"math"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

// scores writes each entrant's points with their evidence.
func (m *scheme) scores(entrants []*entrant) table.Table[table.Score] {
	rows := table.NewBuilder[table.Score]()
	for _, e := range entrants {
		for i, c := range m.criteria {
			rows.Append(m.pointRow(e, i, c))
			for k, evidence := range c.Evidence {
				rows.Append(evidenceRow(e, i, c, k, evidence))
			}
		}
	}
	return rows.Finish()
}

// pointRow is the row of a point as a whole: Points = (Weight − Open) × Value, times the stretch where other points have nothing: the points
// of a submission always add up to its total.
func (m *scheme) pointRow(e *entrant, i int, c criterion) table.Score {
	p, x := e.points[i], e.marks[i]
	row := table.Score{
		Batch:      e.submission.Batch,
		Submission: e.submission.Submission,
		Point:      c.ID,
		Method:     WeightedMean,
		Weight:     c.weight,
		Lower:      p.lower,
		Upper:      p.upper,
		Open:       c.weight - c.earn(e.complete),
		Status:     Scored,
	}
	if p.there > 0 {
		row.Normalised = table.Some(p.figures)
	}
	if p.present > 0 {
		earn := c.earn(e.complete) * e.stretch
		row.Value, row.Points = table.Some(p.value), table.Some(earn*p.value)
		row.Foundation, row.Promise = table.Some(earn*p.foundation), table.Some(earn*p.promise)
		if c.say(e.complete) > 0 {
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
		row.Status, row.Method, row.Note = Waiting, Waiting, "专家提议、处里认定扣几分；评分一栏是提议中最多的"
	case len(c.Evidence) == 0 && !e.complete:
		row.Status, row.Method, row.Note = Waiting, Waiting, "等专家评分"
	case p.present == 0:
		row.Status, row.Note = Missing, "依据都缺，登记同意不计，由其余观测点按权重代表；下限按0、上限按满分"
	case len(c.Evidence) == 0:
		row.Method = Waiting
	case p.known < 1:
		row.Status, row.Note = Partial, e.gapNote(c, p)
	}
	if p.present > 0 && e.stretch != 1 && row.Status != Waiting {
		row.Note = strings.TrimPrefix(row.Note+fmt.Sprintf("；别的观测点没有依据，得分按%s放大", plain(math.Round(e.stretch*1e4)/1e4)), "；")
	}
	return row
}

// gapNote says what became of a point's gaps.
func (e *entrant) gapNote(c criterion, p point) string {
	var out []string
	if bottom := p.there - p.known; round10(bottom) > 0 {
		out = append(out, fmt.Sprintf("依据的%s没有数，登记没有采纳理由，按最低计", percent(bottom)))
	}
	if p.there < 1 {
		out = append(out, fmt.Sprintf("%s登记同意不计，由其余依据按权重代表", percent(1-p.there)))
	}
	return strings.Join(append(out, "下限按0、上限按满分"), "；")
}

// evidenceRow is the row of one evidence. Its weight is its part of the points that figures can earn; its points are what it adds to the
// point's, which are their sum and what experts give. Evidence that counts nothing weighs nothing.
func evidenceRow(e *entrant, i int, c criterion, k int, evidence *templates.Evidence) table.Score {
	x, p, weight := e.measures[c.first+k], e.points[i], c.figures*c.shares[k]
	row := table.Score{
		Batch:      e.submission.Batch,
		Submission: e.submission.Submission,
		Point:      c.ID,
		Evidence:   evidence.ID,
		Kind:       evidence.Kind,
		Formula:    evidence.Expr,
		Method:     evidence.Method,
		Weight:     weight,
		Status:     Missing,
		Upper:      weight,
		Cells:      x.cells,
		Doubt:      e.doubt(c.first + k),
		Note:       x.note,
	}
	if x.excused {
		return row
	}
	row.Normalised = table.Some(x.normalised)
	if p.present > 0 {
		share := (1 - c.say(e.complete)) * c.shares[k] / p.present
		row.Points = table.Some(float64(c.earn(e.complete)*e.stretch) * share * x.normalised)
	}
	row.Status = Bottom
	if x.ok {
		row.Raw, row.Status = table.Some(x.raw), Scored
		row.Lower = weight * x.normalised
		row.Upper = row.Lower
	}
	return row
}

// ranking writes the entrants in the order given.
func (m *scheme) ranking(placed []*entrant, method string) table.Table[table.Rank] {
	rows := table.NewBuilder[table.Rank]()
	for i, e := range placed {
		row := table.Rank{
			Batch:      e.submission.Batch,
			Submission: e.submission.Submission,
			CityCode:   e.submission.CityCode,
			City:       e.submission.City,
			Consortium: e.submission.Consortium,
			Verdict:    string(e.verdict.Verdict),
			Ranked:     e.ranked,
			Unranked:   e.unranked,
			Waiting:    e.waiting,
			Complete:   e.complete,
			State:      string(m.state),
			Total:      e.total,
			Lower:      e.lower,
			Upper:      e.upper,
			Possible:   sum(m.earnings(e.complete)),
			Open:       m.waiting(e.complete),
			Vetoes:     e.vetoes,
			Proposals:  e.proposals,
			Pending:    e.pending,
			Line:       e.line,
			Firm:       e.firm,
			LineReason: e.reason,
			Present:    e.present,
			Method:     method,
		}
		m.parts(&row, e)
		if row.Deduction = e.ruled; e.proposed.Valid {
			row.OtherTotal = table.Some(e.total - e.proposed.V)
		}
		if e.ranked {
			row.Rank, row.Tied = table.Some(int32(e.rank)), e.tied
			if i > 0 && !m.complete {
				m.overtake(&row, placed[i-1])
			}
		}
		if e.drawn && m.complete {
			row.First3, row.First4, row.First5 = table.Some(e.first[0]), table.Some(e.first[1]), table.Some(e.first[2])
			row.FirstK = table.Some(e.chosen)
		}
		row.RankLow, row.RankHigh = e.weights.ends()
		row.RankBest, row.RankWorst = e.missing.ends()
		row.MendedBest, row.MendedWorst = e.mended.ends()
		row.MethodBest, row.MethodWorst = e.methods.ends()
		row.ScaleBest, row.ScaleWorst = e.scale.ends()
		row.LeaveBest, row.LeaveWorst = e.without.ends()
		row.ExpertLow, row.ExpertHigh = e.experts.ends()
		rows.Append(row)
	}
	return rows.Finish()
}

// overtake says what a submission's marks would have to do, before they are in, for it to stand before the next better one.
func (m *scheme) overtake(row *table.Rank, ahead *entrant) {
	if row.Open == 0 {
		return
	}
	by, most := math.Ceil(round10(ahead.total-row.Total)*100)/100, plain(row.Open)
	row.OvertakeBy = table.Some(by)
	row.Overtake = fmt.Sprintf("%s要超过%s，专家部分须高出%.2f分（满%s）", row.Consortium, ahead.submission.Consortium, by, most)
	if by >= row.Open {
		row.Overtake = fmt.Sprintf("%s要超过%s，专家部分（满%s）全得满也不够", row.Consortium, ahead.submission.Consortium, most)
	}
}

// parts splits the total into what has happened, what is promised and what experts give and take. Where a point has nothing, the others
// stand for it in the total, and so do their parts.
func (m *scheme) parts(row *table.Rank, e *entrant) {
	weights := m.earnings(e.complete)
	happened, promised, said := 0.0, 0.0, 0.0
	for i, p := range e.points {
		happened += float64(weights[i] * p.foundation)
		promised += float64(weights[i] * p.promise)
		said += float64(weights[i] * p.experts)
	}
	row.Foundation, row.Promise = happened*e.stretch, promised*e.stretch
	if e.complete {
		row.Experts = table.Some(said * e.stretch)
	}
}

// ends gives a span as two columns.
func (s span) ends() (best, worst table.Opt[int32]) {
	if s.best == 0 {
		return
	}
	return table.Some(int32(s.best)), table.Some(int32(s.worst))
}

// method tells a reader of the ranking how it was made.
func (m *scheme) method(p *panel, ranked []*entrant, ref reference, draws int, o Options) string {
	r := m.def.Rubric
	parts := []string{m.kind(p), r.WeightsNote, "线性加权；归一 " + r.Method}
	parts = append(parts, ref.words(len(m.slots), len(ranked)))
	parts = append(parts, "缺数按最低计，登记同意不计的由其余依据代表，另列上下限", fmt.Sprintf("拟遴选%d家", o.Select))
	if draws > 0 {
		spread := percent(r.Robustness.Spread.InexactFloat64())
		parts = append(parts, fmt.Sprintf("名次区间（5%%—95%%）为权重抽取%d次所得（Dirichlet，平均大小的权重标准差%s，SplitMix64，种子%d）", draws, spread, o.Seed))
		if m.complete {
			parts = append(parts, fmt.Sprintf("换专家的名次区间为有放回重抽专家%d次所得（种子%d）；在线内的机会是权重和专家一起抽", draws, o.Seed+1))
		}
	}
	return strings.Join(parts, "；")
}

// kind says what the total is, and what of the experts' marks is in it.
func (m *scheme) kind(p *panel) string {
	x, possible, waiting := m.def.Rubric.Experts, sum(m.weights()), m.waiting(m.complete)
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
