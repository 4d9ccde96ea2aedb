package pipeline

import (
	"context"

	"lianheti/stages"
	"lianheti/stages/check"
	"lianheti/stages/intake"
	"lianheti/stages/table"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Checked is what can be said of workbooks before they are sent.
type Checked struct {
	Files    []table.File    `json:"files"`
	Verdicts []table.Verdict `json:"verdicts"`
	Findings []table.Finding `json:"findings"`
}

// Check reads and checks without writing anything: what a prefecture sees before sending.
func Check(ctx context.Context, o Options) (*Checked, error) {
	sources, err := intake.Discover(o.Inputs)
	if err != nil {
		return nil, err
	}
	mem := memory.NewGoAllocator()
	facts, err := read(ctx, mem, o.Definition, sources, o)
	if err != nil {
		return nil, err
	}
	judgement, err := check.Run(mem, facts)
	if err != nil {
		return nil, err
	}
	r := &Checked{}
	for f := range facts.Files.All() {
		r.Files = append(r.Files, f)
	}
	for v := range judgement.Verdicts.All() {
		r.Verdicts = append(r.Verdicts, v)
	}
	for f := range judgement.Findings.All() {
		r.Findings = append(r.Findings, f)
	}
	return r, nil
}

// MustCorrect says whether a file was refused or a submission has errors.
func (r *Checked) MustCorrect() bool {
	for _, f := range r.Files {
		if f.Fate == stages.Rejected {
			return true
		}
	}
	for _, v := range r.Verdicts {
		if v.Verdict == stages.Return {
			return true
		}
	}
	return false
}

// Verdict gives the verdict on a submission.
func (r *Checked) Verdict(submission string) table.Verdict {
	for _, v := range r.Verdicts {
		if v.Submission == submission {
			return v
		}
	}
	return table.Verdict{}
}

// Of lists the findings of one severity about a submission, in their order.
func (r *Checked) Of(submission string, severity stages.Severity) []table.Finding {
	var out []table.Finding
	for _, f := range r.Findings {
		if f.Submission == submission && f.Severity == severity {
			out = append(out, f)
		}
	}
	return out
}
