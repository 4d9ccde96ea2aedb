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

// subject is one submission on its way to the page.
type subject struct {
	Input
	*table.SubmissionRows
	record record
}

// bare is what trial weights need of a ranked submission that the page does not show: it is ranked among the others.
func (in Input) bare(r table.Rank, about *table.SubmissionRows) record {
	x := subject{in, about, record{}}
	x.scores()
	points := table.Each(x.record["points"].([]record), func(p record) record {
		return record{"value": p["value"], "free": p["free"], "there": p["there"]}
	})
	return record{"points": points, "deduction": r.Deduction.V}
}

// places makes the rows of a ranking into what the page shows.
func (in Input) places(rows []table.Rank, about map[string]*table.SubmissionRows) []record {
	return table.Each(rows, func(r table.Rank) record {
		x := subject{in, about[r.Submission], nil}
		s := x.Form.Submission
		entry, pair, _ := in.Definition.Directory.ByConsortium(s.Consortium)
		x.record = record{
			"id": r.Submission, "name": said(cmp.Or(r.Consortium, r.Submission)), "city": said(in.Facts.CityOf(s)),
			"facts": x.facts(), "economies": in.Facts.Economies(x.Form), "industry": cmp.Or(pair.Industry, entry.Industry),
			"tags": x.tags(), "unranked": said(r.Unranked), "file": said(s.File),
			"copy":    (&url.URL{Path: in.Returns[r.Submission]}).EscapedPath(),
			"counted": r.Complete, // the marks are in the total
			"rank":    r.Rank.Pointer(), "total": r.Total, "lower": r.Lower, "upper": r.Upper, "possible": r.Possible,
			"deduction": r.Deduction.V, "parts": [3]float64{r.Foundation, r.Promise, r.Experts.V}, // 已有基础, 建设承诺, 专家
			"reach": "", "chances": [4]*float64{}, "line": "", "firm": "",
			"questions": table.Each(x.Questions(in.Definition), func(q table.Question) [2]said {
				return [2]said{said(q.Kind), said(q.Words)}
			}),
		}
		x.scores()
		x.entries()
		x.judged()
		if in.Standing.Complete() {
			x.contest()
			x.record["opinions"] = x.assessments()
		}
		return x.record
	})
}

// facts are what the consortium is: label and value.
func (x subject) facts() [][2]said {
	s, name := x.Form.Submission, x.Definition.Label
	out := [][2]said{{said(name("park")), said(s.Park)}, {said(name("lead_school")), said(s.LeadSchool)},
		{said(name("lead_enterprise")), said(s.LeadEnterprise)}}
	for _, f := range x.Definition.Form.Metrics() {
		if len(f.Years) > 1 {
			continue
		}
		y := x.Definition.Form.Year(f.Years[0])
		if m := x.Form.Metric(f.ID, y.Year); m != nil && m.Value.Valid {
			asked := x.Definition.Name(templates.Ref{Field: f.ID, Year: y.Year})
			out = append(out, [2]said{said(asked), said(table.Plain(m.Value) + m.Unit)})
		}
	}
	return append(out, [2]said{said(x.Definition.Table("members").Label), said(x.Form.MembersByKind(x.Definition))})
}

// tags are what must be known at a glance; their tones are bad, caution and info.
func (x subject) tags() []record {
	var out []record
	r := x.Rank
	add := func(is bool, word, why, tone string) {
		if is {
			out = append(out, record{"word": word, "why": said(why), "tone": tone})
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
	_, selected := x.Register.Find(templates.EffectSelect, table.ConsortiumKey(x.Form.Submission))
	add(x.Form.Submission.National || selected, "已入选", r.Unranked, "info")
	add(!x.Form.Submission.DirectoryNo.Valid, "目录外", "名称不在指导目录", "info")
	add(r.Waiting, "待评", "评分之后才有的申报，评分还不够", "info")
	add(r.Rank.Valid && r.Tied, "并列", "得分相同", "info")
	return out
}

// scores fills in points and evidence. Value and free repeat the total, see package score.
func (x subject) scores() {
	type key struct{ point, evidence string }
	found := map[key]table.Score{}
	// Of the evidence of a point, by weight.
	doubt, left, all := map[string]bool{}, map[string]float64{}, map[string]float64{}
	for _, s := range x.Scores {
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
	for _, c := range earning(x.Definition) {
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
		points = append(points, record{"value": s.Value.Pointer(), "points": s.Points.Pointer(), "note": said(s.Note),
			"free": free, "there": there, // shares of the weight that counts as things stand, and of the evidence that counts
			"doubt": doubt[c.ID]}) // a figure of it has an open finding: it wins no comparison
		for _, e := range c.Evidence {
			if s := found[key{c.ID, e.ID}]; e.Counts() {
				note := said(strings.TrimSpace(s.Doubt + " " + s.Note))
				evidence = append(evidence, record{"raw": s.Raw.Pointer(), "points": s.Points.Pointer(),
					"cells": s.Cells, "note": note})
			}
		}
	}
	x.record["indicators"], x.record["points"], x.record["evidence"] = indicators, points, evidence
}

// entries are what was filled in.
func (x subject) entries() {
	x.record["series"] = table.Each(series(x.Definition), func(f *templates.Field) record {
		var sheet said
		var values []*float64
		var status, cells []string
		for _, y := range x.Definition.Form.Years {
			m := x.Form.Metric(f.ID, y.Year)
			if m == nil {
				m = &table.Metric{Sheet: string(sheet)}
			}
			values, status = append(values, m.Value.Pointer()), append(status, string(m.Status))
			cells, sheet = append(cells, m.Cell), said(m.Sheet)
		}
		return record{"values": values, "status": status, "sheet": sheet, "cells": cells}
	})
	x.record["texts"] = table.Each(x.Form.Texts, func(t table.Text) record {
		asked := x.Definition.Name(templates.Ref{Field: t.Field, Year: int(t.Year.V)})
		return record{"label": asked, "text": said(t.Text), "characters": t.Characters, "limit": t.Limit.V,
			"place": said(t.Sheet + "!" + t.Cell)}
	})
	x.record["materials"] = table.Each(x.Form.Materials, func(m table.Material) [3]said {
		return [3]said{said(m.Title), said(m.Supports), said(m.Pages)}
	})
	x.record["verified"] = table.Each(x.Form.Verifications, func(v table.Verification) [4]said {
		return [4]said{said(v.Section), said(v.Means), said(v.Unit), said(v.Result)}
	})
}

// assessments are the experts' marks point by point, with comments in an order that says nothing of whose they are.
func (x subject) assessments() []record {
	var out []record
	add := func(label string, mark *float64, marks []table.Mark) {
		if len(marks) == 0 {
			return
		}
		low, high := marks[0].Value.V, marks[0].Value.V
		var comments []said
		for _, m := range marks {
			if low, high = min(low, m.Value.V), max(high, m.Value.V); m.Comment != "" {
				comments = append(comments, said(m.Comment))
			}
		}
		slices.Sort(comments)
		a := record{"label": label, "low": low, "high": high, "mark": mark, "count": len(marks), "comments": comments}
		if marks[0].Kind == table.MarkVeto { // nothing between least and most
			a["low"], a["high"] = nil, nil
		}
		out = append(out, a)
	}
	given := func(fits func(table.Mark) bool) []table.Mark { return table.Where(slices.Values(x.Marks), fits) }
	for _, c := range x.Definition.Rubric.Points() {
		var mark *float64
		for _, s := range x.Scores {
			if s.Point == c.ID && s.Evidence == "" && !c.Deduction {
				mark = s.Mark.Pointer()
			}
		}
		add(c.Full(), mark, given(func(m table.Mark) bool {
			counted := m.Status == table.MarkCounted || m.Status == table.MarkDropped
			return m.Point == c.ID && counted && m.Value.Valid && !(c.Deduction && m.Value.V == 0)
		}))
	}
	add("提议不予立项", nil, given(func(m table.Mark) bool { return m.Kind == table.MarkVeto && m.Value.V > 0 }))
	return out
}

// judged fills in what was found, and between which ranks it may stand.
func (x subject) judged() {
	x.record["findings"] = table.Each(x.Findings, func(f table.Finding) record {
		place := model.Place{File: f.File, Sheet: f.Sheet, Cell: f.Cell}.String()
		return record{"state": cmp.Or(f.State(), "提示"), "title": said(f.Title), "message": said(f.Message),
			"answer": said(f.Explanation), "place": said(place)}
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

// contest says why a place is contested, and what would settle it.
func (x subject) contest() {
	r := x.Rank
	x.record["line"], x.record["firm"] = table.SideLabels[r.Line], x.Definition.Sheets.Codes["firm"][r.Firm]
	x.record["chances"] = [4]*float64{r.First3.Pointer(), r.First4.Pointer(), r.First5.Pointer(), r.FirstK.Pointer()}
	if r.LineReason != "" {
		x.record["reasons"] = table.Each(strings.Split(r.LineReason, "；"), func(s string) said { return said(s) })
	}
	var decides []said
	add := func(format string, args ...any) { decides = append(decides, said(fmt.Sprintf(format, args...))) }
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
		if e := x.Definition.Rubric.Point(l.Point).Find(l.Evidence); e != nil {
			what = e.Label
		}
		over := ""
		if l.Inside {
			over = "，过线"
		}
		add("%s %s若同各家最好的一样（%s），加%.2f分，到%.2f分%s", l.Point, what, table.Plain(table.Some(l.Best)), l.Gain, l.Total, over)
	}
	x.record["decides"] = decides
}
