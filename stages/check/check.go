// Package check judges what was submitted by the rules of the definition. Each rule has one outcome on each submission:
//
//	fail           at least one of its cases failed
//	could_not_run  none failed, but at least one was undecided: a value it needs is missing, unreadable or at fault
//	pass           every case that applies was decided, and none failed
//	na             no case applies; the reason says why
//
// A case is one value, one field in one year, or one row of a list. Missing is never pass. What fails becomes a finding
// with all its places and the catalogue's words. A value that a rule voids proves nothing about others: later rules do
// without it, so that one slip is one finding. The same facts give the same judgement.
package check

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/stages/workers"
	"lianheti/templates"
)

// Known is what a judgement rests on beside what was read.
type Known struct {
	Register table.Register // what the Department decided; empty where no register was handed in
	Given    []table.Given  // explanations of the last round, in force for the same values
	Alone    bool           // each submission by itself: rules across submissions do not apply
}

// Run checks the facts of a batch. An error means that program and catalogue do not fit each other.
func Run(facts *table.Facts, known Known) (*table.Judgement, error) {
	b, err := newBatch(facts, known)
	if err != nil {
		return nil, err
	}
	findings, outcomes := table.NewBuilder[table.Finding](), table.NewBuilder[table.Outcome]()
	verdicts := table.NewBuilder[table.Verdict]()
	unowned := table.Each(b.reading[""], func(x model.Finding) table.Finding { return b.read(x, nil) })
	slices.SortStableFunc(unowned, b.inOrder)
	findings.Append(unowned...)
	for j := range workers.InOrder(0, b.facts.Forms, b.judge) {
		findings.Append(j.findings...)
		outcomes.Append(j.outcomes...)
		verdicts.Append(j.verdict)
	}
	return &table.Judgement{Register: known.Register, Findings: findings.Finish(), Outcomes: outcomes.Finish(),
		Verdicts: verdicts.Finish()}, nil
}

// Single gives what judges one form otherwise filled, all others being as they are; it may serve several at a time.
func Single(facts *table.Facts, known Known) (func(*table.Form) ([]table.Finding, table.Verdict), error) {
	b, err := newBatch(facts, known)
	return func(f *table.Form) ([]table.Finding, table.Verdict) {
		j := b.judge(f)
		return j.findings, j.verdict
	}, err
}

type judged struct {
	findings []table.Finding
	outcomes []table.Outcome
	verdict  table.Verdict
}

// judge applies every rule to one submission, in the order of the codes.
func (b *batch) judge(t *table.Form) *judged {
	f := newForm(b, t)
	j := &judged{}
	for _, p := range b.plans {
		j.apply(f, p)
	}
	f.explain(j.findings)
	for _, p := range b.last {
		j.apply(f, p)
	}
	slices.SortStableFunc(j.outcomes, func(x, y table.Outcome) int { return strings.Compare(x.Code, y.Code) })
	f.settle(j.findings)
	slices.SortStableFunc(j.findings, b.inOrder)
	j.verdict = verdict(t.Submission, j.findings, f.apart())
	j.verdict.Award = text.Mask(b.register.Award(f.key).Said())
	return j
}

func (j *judged) apply(f *form, p *plan) {
	b, result := f.batch, &tally{}
	if b.alone && p.rule.Across() {
		result.skip(laterOn)
	} else {
		checks[p.rule.Check](f, p, result)
	}
	for _, reading := range b.reading[f.Submission.Submission] {
		if reading.Code == p.rule.Code {
			result.cases++
			result.failed++
			j.findings = append(j.findings, b.read(reading, f))
		}
	}
	for _, x := range result.faults {
		if p.rule.Voids {
			f.void(p.rule.Check, x)
		}
		j.findings = append(j.findings, f.finding(p.rule, x))
	}
	j.outcomes = append(j.outcomes, f.outcome(p.rule, result))
}

func (f *form) outcome(r *templates.Rule, t *tally) table.Outcome {
	s := f.Submission
	o := table.Outcome{Submission: s.Submission, Code: r.Code, Rule: r.ID,
		Cases: int32(t.cases), Failed: int32(t.failed), Undecided: int32(t.undecided)}
	switch {
	case t.failed > 0:
		o.Outcome = model.Fail
	case t.undecided > 0:
		o.Outcome, o.Reason = model.NotRun, f.undecided(t)
	case t.cases > 0:
		o.Outcome = model.Pass
	default:
		o.Outcome, o.Reason = model.NotApplicable, t.why
	}
	return o
}

// verdict is what follows from the findings. apart says why the Department lists a consortium without ranking it.
func verdict(s table.Submission, findings []table.Finding, apart string) table.Verdict {
	v := table.Verdict{Submission: s.Submission}
	for _, x := range findings {
		switch {
		case x.Severity == model.MustFix:
			v.Errors++
		case x.Severity == model.Explain && x.Explanation != "":
			v.Explained++
		case x.Severity == model.Explain:
			v.Warnings++
		default:
			v.Hints++
		}
	}
	switch {
	case v.Errors > 0:
		v.Verdict = model.Return
	case v.Warnings > 0:
		v.Verdict = model.AskFirst
	default:
		v.Verdict = model.Accept
	}
	switch {
	case s.National:
		v.Unranked = "指导目录标明已入选国家级，只列示，不参加排名"
	case apart != "":
		v.Unranked = apart
	case v.Errors > 0:
		v.Unranked = fmt.Sprintf("有%d个必须修改的问题，退回修改后再参加排名", v.Errors)
	default:
		v.Ranked = true
	}
	return v
}
