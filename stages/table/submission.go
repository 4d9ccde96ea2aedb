package table

import (
	"cmp"
	"fmt"
	"iter"
	"strings"

	"lianheti/stages/model"
	"lianheti/templates"
)

// SideLabels are the words for the sides of the line after the first k, by Rank.Line.
var SideLabels = map[string]string{Inside: "线内", Tied: "并列跨线", Outside: "线外"}

// States of a finding.
const (
	ToMend    = "待修改"
	ToExplain = "未说明"
	Explained = "已说明"
)

// State says whether somebody still has to act on the finding; empty for a hint.
func (x Finding) State() string {
	switch {
	case x.Severity == model.MustFix:
		return ToMend
	case x.Severity != model.Explain:
		return ""
	case x.Explanation == "":
		return ToExplain
	}
	return Explained
}

// SubmissionRows are the rows of one submission in the tables of a round.
type SubmissionRows struct {
	Form     *Form
	Verdict  Verdict
	Rank     Rank
	Scores   iter.Seq[Score] // read anew each time: of a thousand submissions they are many
	Findings []Finding
	Promises []Growth // those with the flag Verify
	Marks    []Mark
	Checks   []Check
	Lifts    []Lift
}

// BySubmission collects the rows of each submission, by its id.
func (r *Round) BySubmission() map[string]*SubmissionRows {
	out := map[string]*SubmissionRows{}
	for form := range r.Facts.Forms {
		out[form.Submission.Submission] = &SubmissionRows{Form: form}
	}
	gather(out, r.Verdicts, func(a *SubmissionRows, x Verdict) { a.Verdict = x })
	gather(out, r.Ranking.Ranking, func(a *SubmissionRows, x Rank) { a.Rank = x })
	gather(out, r.Judgement.Findings, func(a *SubmissionRows, x Finding) { a.Findings = append(a.Findings, x) })
	gather(out, r.Ranking.Marks, func(a *SubmissionRows, x Mark) { a.Marks = append(a.Marks, x) })
	gather(out, r.Ranking.Checklist, func(a *SubmissionRows, x Check) { a.Checks = append(a.Checks, x) })
	gather(out, r.Ranking.Lifts, func(a *SubmissionRows, x Lift) { a.Lifts = append(a.Lifts, x) })
	gather(out, r.Ranking.Credibility, func(a *SubmissionRows, x Growth) {
		if x.Flag == Verify {
			a.Promises = append(a.Promises, x)
		}
	})
	scored := map[string][]int{}
	for i := range r.Ranking.Scores.Len() {
		id := cellOf(r.Ranking.Scores.record, "submission", i)
		scored[id] = append(scored[id], i)
	}
	for id, a := range out {
		a.Scores = r.Ranking.Scores.only(scored[id])
	}
	return out
}

// BySubmission is that of the round.
func (p Publication) BySubmission() map[string]*SubmissionRows {
	if p.Rows != nil {
		return p.Rows()
	}
	return p.Round.BySubmission()
}

func gather[T any](all map[string]*SubmissionRows, rows Table[T], add func(*SubmissionRows, T)) {
	for i := range rows.Len() {
		if a := all[cellOf(rows.record, "submission", i)]; a != nil {
			add(a, rows.Row(i))
		}
	}
}

// OpenIssues lists the titles of the findings on which somebody still has to act, in one text.
func (a *SubmissionRows) OpenIssues() string {
	said := Unique(a.Findings, func(x Finding) string {
		if x.State() == ToMend || x.State() == ToExplain {
			return x.State() + "：" + x.Title
		}
		return ""
	})
	return cmp.Or(strings.Join(Words(said, strings.Clone), "；"), "没有")
}

// Question is what to ask a consortium at the defence.
type Question struct{ Kind, Words string }

// Questions lists what to ask at the defence, most serious first.
func (a *SubmissionRows) Questions(d *templates.Definition) []Question {
	var out []Question
	add := func(kind, format string, args ...any) {
		out = append(out, Question{kind, fmt.Sprintf(format, args...)})
	}
	for _, want := range []string{ToMend, ToExplain} {
		for _, x := range a.Findings {
			if x.State() == want {
				add(want, "%s（%s）", x.Message, model.Place{File: x.File, Sheet: x.Sheet, Cell: x.Cell})
			}
		}
	}
	if a.Rank.Proposals != "" {
		add("专家的提议", "%s", a.Rank.Proposals)
	}
	if a.Rank.LineReason != "" {
		add("名次两可", "%s", a.Rank.LineReason)
	}
	for _, c := range a.Promises {
		add("承诺可信度", "%s：%s", d.Label(c.Indicator), c.Note)
	}
	lacking := Where(a.Scores, func(s Score) bool {
		return s.Evidence != "" && s.Weight > 0 && !s.Raw.Valid
	})
	for _, same := range GroupBy(lacking, func(s Score) string { return s.Note }) {
		names := Each(same, func(s Score) string { return s.Point + " " + d.Rubric().Point(s.Point).Find(s.Evidence).Label })
		add("缺依据", "%s：%s", strings.Join(names, "、"), same[0].Note)
	}
	for _, x := range a.Findings {
		if x.State() == Explained {
			add("说明待核", "%s 说明：%s", x.Message, x.Explanation)
		}
	}
	return out
}

// MembersByKind is the number of members in words: 12家：高职2、企业8.
func (f *Form) MembersByKind(d *templates.Definition) string {
	kinds := Words(d.Form.Kinds, func(k templates.MemberKind) string {
		if n := f.Count(k.ID); n > 0 {
			return fmt.Sprintf("%s%d", k.Label, n)
		}
		return ""
	})
	return fmt.Sprintf("%d家：%s", len(f.Members), strings.Join(kinds, "、"))
}

// AllPlaces lists the places of a finding.
func (x Finding) AllPlaces() []model.Place {
	var out []model.Place
	for s := range strings.SplitSeq(x.Places, "; ") {
		parts := strings.Split(s, "!")
		p := model.Place{File: x.File}
		switch len(parts) {
		case 1:
			if s != x.File && x.Sheet != "" {
				p.Sheet = s
			} else {
				p.File = s
			}
		case 2:
			p.Sheet, p.Cell = parts[0], parts[1]
		default: // of another file
			p.File, p.Sheet, p.Cell = strings.Join(parts[:len(parts)-2], "!"), parts[len(parts)-2], parts[len(parts)-1]
		}
		out = append(out, p)
	}
	return out
}
