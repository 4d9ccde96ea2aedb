package score

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// scores writes each entrant's points with their evidence.
func (m *model) scores(mem memory.Allocator, entrants []*entrant) table.Table[table.Score] {
	rows := table.NewBuilder[table.Score](mem)
	for _, e := range entrants {
		for i, c := range m.criteria {
			rows.Append(pointRow(e, c, e.points[i]))
			for k, evidence := range c.Evidence {
				rows.Append(evidenceRow(e, c, k, evidence))
			}
		}
	}
	return rows.Finish()
}

// pointRow is the row of a point as a whole: Points = (Weight − Open) × Normalised.
func pointRow(e *entrant, c criterion, p point) table.Score {
	row := table.Score{
		Batch:      e.submission.Batch,
		Submission: e.submission.Submission,
		Point:      c.ID,
		Method:     WeightedMean,
		Weight:     c.weight,
		Lower:      p.lower,
		Upper:      p.upper,
		Open:       c.open,
		Status:     Scored,
	}
	if p.present > 0 {
		row.Normalised = table.Some(p.value)
		row.Points = table.Some(c.figures * p.value)
	}
	switch {
	case c.Deduction:
		row.Status, row.Method, row.Note = Waiting, Waiting, "由专家酌情扣分"
	case len(c.Evidence) == 0:
		row.Status, row.Method, row.Note = Waiting, Waiting, "等专家评分"
	case p.present == 0:
		row.Status, row.Note = Missing, "没有一项依据在案，不按0分计；下限按0、上限按满分"
	case p.present < 1:
		row.Status, row.Note = Partial, fmt.Sprintf("依据只有%s在案（按权重），得分是在案依据的加权平均；缺失的下限按0、上限按满分", percent(p.present))
	}
	return row
}

// evidenceRow is the row of one evidence. Its weight is its part of the points that figures can earn, so that Points = Weight ×
// Normalised. Where all evidence is there, the point's points are their sum; otherwise the point stands at the others' mean.
func evidenceRow(e *entrant, c criterion, k int, evidence *templates.Evidence) table.Score {
	x, weight := e.measures[c.first+k], c.figures*c.shares[k]
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
		Note:       x.note,
	}
	if x.ok {
		points := weight * x.normalised
		row.Raw, row.Normalised, row.Points = table.Some(x.raw), table.Some(x.normalised), table.Some(points)
		row.Lower, row.Upper, row.Status = points, points, Scored
	}
	return row
}

// ranking writes the ranked entrants by rank, then the others by id.
func (m *model) ranking(mem memory.Allocator, entrants []*entrant, method string) table.Table[table.Rank] {
	rows := table.NewBuilder[table.Rank](mem)
	for _, e := range slices.SortedFunc(slices.Values(entrants), byRank) {
		row := table.Rank{
			Batch:      e.submission.Batch,
			Submission: e.submission.Submission,
			City:       e.submission.City,
			Consortium: e.submission.Consortium,
			Verdict:    string(e.verdict.Verdict),
			Ranked:     e.ranked,
			Unranked:   e.unranked,
			Total:      e.total,
			Lower:      e.lower,
			Upper:      e.upper,
			Possible:   m.possible,
			Open:       m.open,
			Present:    e.present,
			Method:     method,
		}
		if e.ranked {
			row.Rank, row.Tied = table.Some(int32(e.rank)), e.tied
		}
		if e.drawn {
			row.RankLow, row.RankHigh = table.Some(int32(e.low)), table.Some(int32(e.high))
			row.First3, row.First4, row.First5 = table.Some(e.first[0]), table.Some(e.first[1]), table.Some(e.first[2])
		}
		rows.Append(row)
	}
	return rows.Finish()
}

// method tells a reader of the ranking how it was made.
func (m *model) method(ranked, declared, draws int, o Options) string {
	r := m.def.Rubric
	kind := "定量部分得分"
	if m.open > 0 {
		kind += fmt.Sprintf("（专家评分未计入，满分%s分，待评%s分）", plain(m.possible), plain(m.open))
	}
	parts := []string{kind, r.WeightsNote, "线性加权；归一 " + r.Method}
	if ranked > 0 {
		parts = append(parts, fmt.Sprintf("定标集合为参加排名的%d份", declared))
	} else {
		parts = append(parts, fmt.Sprintf("没有可以排名的申报，定标集合为全部%d份，得分仅供参考", declared))
	}
	parts = append(parts, "缺失不按0计，由在案依据按权重代表，另列上下限", fmt.Sprintf("拟遴选%d家", o.Select))
	if draws > 0 {
		spread := percent(r.Robustness.Spread.InexactFloat64())
		parts = append(parts, fmt.Sprintf("名次区间（5%%—95%%）和入围概率为权重抽取%d次所得（Dirichlet，平均大小的权重标准差%s，种子%d）", draws, spread, o.Seed))
	}
	return strings.Join(parts, "；")
}

// percent writes a share for a person, never rounded up to what it isn't.
func percent(share float64) string { return plain(math.Floor(round10(share*1000))/10) + "％" }

func plain(x float64) string { return table.Plain(table.Some(round10(x))) }
