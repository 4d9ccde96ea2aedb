package review

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

type entry struct {
	Input
	*table.SubmissionRows
	record record
}

// trialData returns what trial weights need of a ranked submission that the page does not show.
func (in Input) trialData(r table.Rank, about *table.SubmissionRows) record {
	x := entry{in, about, record{}}
	x.addScores()
	points := table.Each(x.record["points"].([]record), func(p record) record {
		return record{"value": p["value"], "free": p["free"], "there": p["there"]}
	})
	return record{"points": points, "deduction": r.Deduction.V}
}

// submissionRecords returns the records of the submissions in the rows of a ranking.
func (in Input) submissionRecords(rows []table.Rank, about map[string]*table.SubmissionRows) []record {
	return table.Each(rows, func(r table.Rank) record {
		x := entry{in, about[r.Submission], nil}
		s := x.Form.Submission
		entry, pair, _ := in.Definition.Directory.ByConsortium(s.Consortium)
		x.record = record{
			"id": r.Submission, "name": masked(cmp.Or(r.Consortium, r.Submission)), "city": masked(in.Facts.CityOf(s)),
			"facts": x.facts(), "economies": in.Facts.Economies(x.Form), "industry": cmp.Or(pair.Industry, entry.Industry),
			"tags": x.tags(), "unranked": masked(r.Unranked), "file": masked(s.File),
			"copy":    (&url.URL{Path: in.Returns[r.Submission]}).EscapedPath(),
			"counted": r.Complete, // the total includes the marks
			"rank":    r.Rank.Pointer(), "total": r.Total, "lower": r.Lower, "upper": r.Upper, "possible": r.Possible,
			"deduction": r.Deduction.V, "parts": [3]float64{r.Foundation, r.Promise, r.Experts.V}, // 已有基础, 建设承诺, 专家
			"reach": "", "chances": [4]*float64{}, "line": "", "firm": "",
			"questions": table.Each(x.Questions(in.Definition), func(q table.Question) [2]masked {
				return [2]masked{masked(q.Kind), masked(q.Words)}
			}),
		}
		x.addScores()
		x.addEntries()
		x.addFindings()
		if in.Standing.Complete() {
			x.addContest()
			x.record["opinions"] = x.expertMarks()
		}
		return x.record
	})
}

// facts returns basic facts about the consortium, as label and value.
func (x entry) facts() [][2]masked {
	s, name := x.Form.Submission, x.Definition.Label
	out := [][2]masked{{masked(name("park")), masked(s.Park)}, {masked(name("lead_school")), masked(s.LeadSchool)},
		{masked(name("lead_enterprise")), masked(s.LeadEnterprise)}}
	for _, f := range x.Definition.Form.Metrics() {
		if len(f.Years) > 1 {
			continue
		}
		y := x.Definition.Form.Year(f.Years[0])
		if m := x.Form.Metric(f.ID, y.Year); m != nil && m.Value.Valid {
			asked := x.Definition.Name(templates.Ref{Field: f.ID, Year: y.Year})
			out = append(out, [2]masked{masked(asked), masked(table.Plain(m.Value) + m.Unit)})
		}
	}
	return append(out, [2]masked{masked(x.Definition.Table("members").Label), masked(x.Form.MembersByKind(x.Definition))})
}

// tags returns the tags beside the name; their tones are bad, caution and info.
func (x entry) tags() []record {
	var out []record
	r := x.Rank
	add := func(is bool, word, why, tone string) {
		if is {
			out = append(out, record{"word": word, "why": masked(why), "tone": tone})
		}
	}
	add(r.Vetoes.V > 0, "否决", fmt.Sprintf("%d名专家提议不予立项。%s", r.Vetoes.V, r.Proposals), "bad")
	add(r.Vetoes.V == 0 && r.Pending, "待认定", r.Proposals, "caution")
	add(r.Verdict == string(model.Return), "退回", r.Unranked, "bad")
	add(r.Verdict == string(model.AskFirst), r.Verdict, "还有没有说明的问题", "caution")
	for _, f := range x.Findings {
		if x.Definition.Rule(f.Code).Check == "near_text" {
			add(true, "雷同", f.Message, "caution")
			break
		}
	}
	selected := x.Register.Find(templates.EffectSelect, table.ConsortiumKey(x.Form.Submission))
	add(x.Form.Submission.National || selected.Sheet != nil, "已入选", r.Unranked, "info")
	add(!x.Form.Submission.DirectoryNo.Valid, "目录外", "名称不在指导目录", "info")
	add(r.Waiting, "待评", "评分之后才有的申报，评分还不够", "info")
	add(r.Rank.Valid && r.Tied, "并列", "得分相同", "info")
	return out
}

// addScores adds points and evidence. From value and free the script repeats the total, see package score.
func (x entry) addScores() {
	type key struct{ point, evidence string }
	found := map[key]table.Score{}
	// by point: whether its evidence is in doubt; the weight of evidence with a value; the weight of all evidence
	doubt, left, all := map[string]bool{}, map[string]float64{}, map[string]float64{}
	for s := range x.Scores {
		if found[key{s.Point, s.Evidence}] = s; s.Evidence == "" {
			continue
		}
		all[s.Point] += s.Weight
		doubt[s.Point] = doubt[s.Point] || s.Doubt != "" && s.Weight > 0
		if s.Normalised.Valid {
			left[s.Point] += s.Weight
		}
	}
	var indicators []float64 // points earned
	var points, evidence []record
	last := ""
	for _, c := range scoredPoints(x.Definition) {
		if c.Indicator.ID != last {
			indicators, last = append(indicators, 0), c.Indicator.ID
		}
		s, there, free := found[key{c.ID, ""}], 1.0, 0.0
		if all[c.ID] > 0 {
			there = left[c.ID] / all[c.ID]
		}
		if s.Weight > 0 {
			free = (s.Weight - s.Open) / s.Weight
		}
		indicators[len(indicators)-1] += s.Points.V
		points = append(points, record{"value": s.Value.Pointer(), "points": s.Points.Pointer(), "note": masked(s.Note),
			"free": free, "there": there, // share of the weight not left to experts, and of the evidence with a value
			"doubt": doubt[c.ID]}) // a figure has an open finding, so it counts in no comparison
		for _, e := range c.Evidence {
			if s := found[key{c.ID, e.ID}]; e.Counts() {
				note := masked(strings.TrimSpace(s.Doubt + " " + s.Note))
				evidence = append(evidence, record{"raw": s.Raw.Pointer(), "points": s.Points.Pointer(),
					"cells": s.Cells, "note": note})
			}
		}
	}
	x.record["indicators"], x.record["points"], x.record["evidence"] = indicators, points, evidence
}

// addEntries adds what was filled in.
func (x entry) addEntries() {
	x.record["series"] = table.Each(yearlyMetrics(x.Definition), func(f *templates.Field) record {
		var sheet masked
		var values []*float64
		var status, cells []string
		for _, y := range x.Definition.Form.Years {
			m := x.Form.Metric(f.ID, y.Year)
			if m == nil {
				m = &table.Metric{Sheet: string(sheet)}
			}
			values, status = append(values, m.Value.Pointer()), append(status, string(m.Status))
			cells, sheet = append(cells, m.Cell), masked(m.Sheet)
		}
		return record{"values": values, "status": status, "sheet": sheet, "cells": cells}
	})
	x.record["texts"] = table.Each(x.Form.Texts, func(t table.Text) record {
		asked := x.Definition.Name(templates.Ref{Field: t.Field, Year: int(t.Year.V)})
		return record{"label": asked, "text": masked(t.Text), "characters": t.Characters, "limit": t.Limit.V,
			"place": masked(t.Sheet + "!" + t.Cell)}
	})
	x.record["materials"] = table.Each(x.Form.Materials, func(m table.Material) [3]masked {
		return [3]masked{masked(m.Title), masked(m.Supports), masked(m.Pages)}
	})
	x.record["verified"] = table.Each(x.Form.Verifications, func(v table.Verification) [4]masked {
		return [4]masked{masked(v.Section), masked(v.Means), masked(v.Unit), masked(v.Result)}
	})
}

// expertMarks returns the marks for each point, with comments in an order that doesn't tell who wrote them.
func (x entry) expertMarks() []record {
	var out []record
	add := func(label string, mark *float64, marks []table.Mark) {
		if len(marks) == 0 {
			return
		}
		low, high := marks[0].Value.V, marks[0].Value.V
		var comments []masked
		for _, m := range marks {
			if low, high = min(low, m.Value.V), max(high, m.Value.V); m.Comment != "" {
				comments = append(comments, masked(m.Comment))
			}
		}
		slices.Sort(comments)
		a := record{"label": label, "low": low, "high": high, "mark": mark, "count": len(marks), "comments": comments}
		if marks[0].Kind == table.MarkVeto { // a veto has no range
			a["low"], a["high"] = nil, nil
		}
		out = append(out, a)
	}
	given := func(fits func(table.Mark) bool) []table.Mark { return table.Where(slices.Values(x.Marks), fits) }
	marks := map[string]*float64{}
	for s := range x.Scores {
		if s.Evidence == "" && !x.Definition.Rubric().Point(s.Point).Deduction {
			marks[s.Point] = s.Mark.Pointer()
		}
	}
	for _, c := range x.Definition.Rubric().Points() {
		add(c.Full(), marks[c.ID], given(func(m table.Mark) bool {
			counted := m.Status == table.MarkCounted || m.Status == table.MarkDropped
			return m.Point == c.ID && counted && m.Value.Valid && !(c.Deduction && m.Value.V == 0)
		}))
	}
	add("提议不予立项", nil, given(func(m table.Mark) bool { return m.Kind == table.MarkVeto && m.Value.V > 0 }))
	return out
}

// addFindings adds the findings, and the range of ranks.
func (x entry) addFindings() {
	x.record["findings"] = table.Each(x.Findings, func(f table.Finding) record {
		place := model.Place{File: f.File, Sheet: f.Sheet, Cell: f.Cell}.String()
		return record{"state": cmp.Or(f.State(), "提示"), "title": masked(f.Title), "message": masked(f.Message),
			"answer": masked(f.Explanation), "place": masked(place)}
	})
	var ranges [][2]string
	for i, r := range x.Rank.Ranges() {
		if r.Best.Valid && r.Worst.Valid {
			ranges = append(ranges, [2]string{r.Where, "第" + r.String() + "名"})
		}
		if i == 0 && r.Best.Valid {
			x.record["reach"] = r.String()
		}
	}
	x.record["ranges"] = ranges
}

// addContest adds why the selection of a submission is uncertain, and what would settle it.
func (x entry) addContest() {
	r := x.Rank
	x.record["line"], x.record["firm"] = table.SideLabels[r.Line], x.Definition.Sheets().Codes["firm"][r.Firm]
	x.record["chances"] = [4]*float64{r.First3.Pointer(), r.First4.Pointer(), r.First5.Pointer(), r.FirstK.Pointer()}
	if r.LineReason != "" {
		x.record["reasons"] = table.Each(strings.Split(r.LineReason, "；"), func(s string) masked { return masked(s) })
	}
	var decides []masked
	add := func(format string, args ...any) { decides = append(decides, masked(fmt.Sprintf(format, args...))) }
	if r.Pending {
		add("厅里认定：%s", r.Proposals)
	}
	for _, c := range x.Checks {
		if c.Needed {
			add("核实 %s!%s（%s，填的是“%s”）：不成立则少%.2f分", c.Sheet, c.Cell, x.Definition.Label(c.Field), c.Raw, c.Loss)
		}
	}
	const few = 3
	for i, l := range x.Lifts {
		if i == few {
			add("……共%d步，见省级汇总", len(x.Lifts))
			break
		}
		what := "专家评分"
		if e := x.Definition.Rubric().Point(l.Point).Find(l.Evidence); e != nil {
			what = e.Label
		}
		over := table.Either(l.Inside, "，过线", "")
		add("%s %s若同各家最好的一样（%s），加%.2f分，到%.2f分%s", l.Point, what, table.Plain(table.Some(l.Best)), l.Gain, l.Total, over)
	}
	x.record["decides"] = decides
}
