package score

import (
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/template"

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

// pointRow is the row of a point. Its Points are (Weight − Open) × Value × reweighting; they add up to the total.
func (m *scheme) pointRow(e *entrant, i int, c criterion) table.Score {
	p, x := e.points[i], e.marks[i]
	row := table.Score{
		Submission: e.Submission,
		Point:      c.ID,
		Method:     "weighted_mean",
		Weight:     c.weight,
		Lower:      p.lower,
		Upper:      p.upper,
		Open:       c.weight - c.maxPoints(e.Complete),
		Status:     table.Scored,
	}
	row.Normalised = table.Known(p.figures, p.counted > 0)
	there, earn := p.present > 0, c.maxPoints(e.Complete)*e.reweighting
	row.Value, row.Points = table.Known(p.value, there), table.Known(earn*p.value, there)
	row.Foundation, row.Promise = table.Known(earn*p.foundation, there), table.Known(earn*p.promise, there)
	row.ExpertPoints = table.Known(earn*p.experts, there && c.expertShare(e.Complete) > 0)
	if n := len(x.individual); c.takesMarks() {
		row.Mark, row.Marks, row.MarkSpread = table.Known(x.value, n > 0), table.Nonzero(n), table.Known(x.spread, n > 1)
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

// gapNote explains how the gaps of a point were treated.
func (p pointScore) gapNote() string {
	var out []string
	if bottom := p.counted - p.known; table.Rounded(bottom) > 0 {
		out = append(out, fmt.Sprintf("依据的%s没有数，登记没有采纳理由，按最低计", percent(bottom)))
	}
	if p.counted < 1 {
		out = append(out, fmt.Sprintf("%s登记同意不计，由其余依据按权重代表", percent(1-p.counted)))
	}
	return strings.Join(append(out, "下限按0、上限按满分"), "；")
}

// evidenceRow is the row of one evidence. Its weight is its part of the points that figures can earn.
func (m *scheme) evidenceRow(e *entrant, i int, c criterion, k int, evidence *templates.Evidence) table.Score {
	x, weight := e.measures[c.firstSlot+k], c.figureWeight*c.shares[k]
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
		Doubt:      e.openReasons(c.firstSlot + k),
		Note:       x.note,
	}
	if x.excused {
		return row
	}
	row.Normalised = table.Some(x.normalised)
	row.Points = table.Known(m.maxEvidencePoints(e, i, k)*x.normalised, e.points[i].present > 0)
	row.Status = table.Bottom
	if x.ok {
		row.Raw, row.Status = table.Some(x.raw), table.Scored
		row.Lower = weight * x.normalised
		row.Upper = row.Lower
	}
	return row
}

// ranking lists the rows of the ranking, the ranked first, and fills in what needs all of them.
func (m *scheme) ranking(entrants []*entrant, method string) (rows []table.Rank) {
	for _, e := range slices.SortedFunc(slices.Values(entrants), byRank) {
		e.State, e.Method, e.Possible, e.Open = string(m.state), method, sum(m.weights(e.Complete)), m.openPoints(e.Complete)
		if e.Ranked && len(rows) > 0 && !m.complete && e.Open > 0 {
			e.setOvertake(rows[len(rows)-1])
		}
		rows = append(rows, e.rankRow)
	}
	return rows
}

// setOvertake sets how many points from experts the entrant needs, before the marks are in, to pass the next one.
func (e *entrant) setOvertake(ahead table.Rank) {
	by, most := math.Ceil(table.Rounded(ahead.Total-e.Total)*100)/100, plain(e.Open)
	e.OvertakeBy = table.Some(by)
	e.Overtake = fmt.Sprintf("%s要超过%s，专家部分须高出%.2f分（满%s）", e.Consortium, ahead.Consortium, by, most)
	if by >= e.Open {
		e.Overtake = fmt.Sprintf("%s要超过%s，专家部分（满%s）全得满也不够", e.Consortium, ahead.Consortium, most)
	}
}

//go:embed method.tmpl
var methodText string

var methodTemplate = template.Must(template.New("").Parse(methodText))

// describeMethod explains to readers how the ranking was made; tried and lapses are testProperties' results.
func (f *scoredBatch) describeMethod(ranked []*entrant, draws int, o Options, lapses, tried int) (string, error) {
	r := f.def.Rubric()
	about := map[string]any{
		"Rubric": r, "Complete": f.complete, "Experts": len(f.panel.experts), "Marks": len(f.panel.rows),
		"Wanting": f.panel.missing, "Possible": plain(sum(f.weights(f.complete))), "Open": plain(f.openPoints(f.complete)),
		"Normalised": f.def.Sheets().Codes["method"][r.Method], "Select": o.Select, "Draws": draws,
		"Spread": percent(r.Robustness.Spread.InexactFloat64()), "ExpertSeed": r.Robustness.Seed + 1,
		"Size": sizeCorrelation(ranked), "Lapses": lapses, "Tried": tried, "Ranked": len(ranked),
		"Kept": f.reference.fixedSlots, "Slots": len(f.slots),
		"Fresh": len(f.slots) - f.reference.fixedSlots, "Over": f.reference.submissions,
	}
	var b strings.Builder
	err := methodTemplate.Execute(&b, about)
	return b.String(), err
}

// percent formats a share as a percentage, rounded down.
func percent(share float64) string { return plain(math.Floor(table.Rounded(share*1000))/10) + "％" }

func plain(x float64) string { return table.Plain(table.Some(table.Rounded(x))) }
