package review

import (
	"fmt"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
)

// Words for where a submission stands to the line, there once the marks are in.
var (
	sides    = map[string]string{"inside": "线内", "tied": "并列跨线", "outside": "线外"}
	firmness = map[string]string{"safe": "稳", "fairly": "较稳", "contested": "两可"}
)

// States of a finding.
const (
	toMend    = "待修改"
	toExplain = "未说明"
	explained = "已说明"
	hint      = "提示"
)

// answered says whether anybody still has to act on a finding.
func answered(x table.Finding) string {
	switch {
	case x.Severity == model.MustFix:
		return toMend
	case x.Severity != model.Explain:
		return hint
	case x.Explanation == "":
		return toExplain
	}
	return explained
}

// judged fills in what was found, and between which ranks it may stand.
func (in Input) judged(x *place, r table.Rank, g gathered) {
	for _, f := range g.findings[r.Submission] {
		place := model.Place{File: f.File, Sheet: f.Sheet, Cell: f.Cell}
		x.Findings = append(x.Findings, flag{answered(f), said(f.Title), said(f.Message), said(f.Explanation), said(place.String())})
	}
	if r.RankLow.Valid && r.RankHigh.Valid {
		x.Reach = reach(r.RankLow.V, r.RankHigh.V)
	}
	for _, s := range []struct {
		what      string
		low, high table.Opt[int32]
	}{
		{"权重变动（5%—95%）", r.RankLow, r.RankHigh}, {"缺数补齐", r.RankBest, r.RankWorst}, {"换一种方法", r.MethodBest, r.MethodWorst},
		{"去掉一个观测点", r.LeaveBest, r.LeaveWorst}, {"尺度里去掉一家", r.ScaleBest, r.ScaleWorst}, {"换专家（5%—95%）", r.ExpertLow, r.ExpertHigh},
	} {
		if s.low.Valid && s.high.Valid {
			x.Ranges = append(x.Ranges, [2]string{s.what, "第" + reach(s.low.V, s.high.V) + "名"})
		}
	}
}

// reach writes a range of ranks.
func reach(low, high int32) string {
	if low == high {
		return fmt.Sprint(low)
	}
	return fmt.Sprintf("%d–%d", low, high)
}

// contest says why a place is contested, and what would settle it.
func (in Input) contest(x *place, r table.Rank, g gathered) {
	x.Line, x.Firm = sides[r.Line], firmness[r.Firm]
	x.Chances = [4]*float64{maybe(r.First3), maybe(r.First4), maybe(r.First5), maybe(r.FirstK)}
	if r.LineReason != "" {
		for _, reason := range strings.Split(r.LineReason, "；") {
			x.Reasons = append(x.Reasons, said(reason))
		}
	}
	add := func(format string, args ...any) { x.Decides = append(x.Decides, said(fmt.Sprintf(format, args...))) }
	if r.Pending {
		add("厅里认定：%s", r.Proposals)
	}
	for _, c := range g.checks[r.Submission] {
		if c.Needed {
			add("核实 %s!%s（%s，填的是“%s”）：不成立则少%.2f分", c.Sheet, c.Cell, in.Definition.Label(c.Field), c.Raw, c.Loss)
		}
	}
	const few = 3
	for i, l := range g.lifts[r.Submission] {
		if i == few {
			add("……共%d步，见省级汇总", len(g.lifts[r.Submission]))
			break
		}
		what := "专家评分"
		for _, e := range in.Definition.Rubric.Point(l.Point).Evidence {
			if e.ID == l.Evidence {
				what = e.Label
			}
		}
		words := fmt.Sprintf("%s %s若同各家最好的一样（%s），加%.2f分，到%.2f分", l.Point, what, table.Plain(table.Some(l.Best)), l.Gain, l.Total)
		if l.Inside {
			words += "，过线"
		}
		add("%s", words)
	}
}

// questions are what to ask at the defence, the gravest first.
func (in Input) questions(r table.Rank, g gathered) [][2]said {
	var out [][2]said
	add := func(kind, format string, args ...any) {
		out = append(out, [2]said{said(kind), said(fmt.Sprintf(format, args...))})
	}
	found := func(state, format string) {
		for _, x := range g.findings[r.Submission] {
			if answered(x) == state {
				add(state, format, x.Message, x.Explanation)
			}
		}
	}
	found(toMend, "%[1]s")
	found(toExplain, "%[1]s")
	if r.Proposals != "" {
		add("专家提议", "%s", r.Proposals)
	}
	for _, c := range g.promises[r.Submission] {
		if c.Flag == "verify" {
			add("承诺", "%s：%s", in.Definition.Label(c.Indicator), c.Note)
		}
	}
	for _, s := range g.scores[r.Submission] {
		if s.Evidence != "" && s.Weight > 0 && !s.Raw.Valid {
			for _, e := range in.Definition.Rubric.Point(s.Point).Evidence {
				if e.ID == s.Evidence {
					add("缺数", "%s %s：%s", s.Point, e.Label, s.Note)
				}
			}
		}
	}
	found(explained, "%[1]s 说明：%[2]s")
	return out
}
