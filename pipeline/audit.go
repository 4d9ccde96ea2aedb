package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"lianheti/pipeline/publish"
	"lianheti/stages/audit"
	"lianheti/stages/check"
	"lianheti/stages/export"
	"lianheti/stages/model"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/stages/workers"
	"lianheti/templates"
)

// Audited is what applicants could gain by filling their forms otherwise. Its JSON keys are public.
type Audited struct {
	Year    int               `json:"year"`
	Version string            `json:"version"` // of the program
	Tried   int               `json:"tried"`   // moves
	Ranked  int               `json:"ranked"`  // submissions whose moves were tried
	LeftOut []AuditLeftOut    `json:"left_out"`
	Pays    []audit.Paying    `json:"pays"` // perverse moves that raise a rank, by what they raise most
	Claims  []audit.Paying    `json:"claims"`
	Rows    []table.Incentive `json:"-"` // all that were tried
	Files   []publish.File    `json:"-"` // to be written below Out
}

// AuditLeftOut is a submission that has no rank to raise.
type AuditLeftOut struct {
	Submission string `json:"submission"`
	Consortium string `json:"consortium"`
	Why        string `json:"why"`
}

// Audit tries on every ranked submission the moves of the definition, each judged and scored with the others as they
// are. The scales of an earlier run (o.Previous) are kept; so are its marks, unless others came back since (o.Marks).
func Audit(ctx context.Context, o Options) (*Audited, error) {
	in := &running{Options: o}
	if err := in.takeApart(ctx); err != nil {
		return nil, err
	}
	if in.earlier.round != nil && o.Marks == "" {
		in.marking = in.earlier.round.Marking
	}
	a, err := newAuditing(in.facts, in.given, in.marking, in.Score.Scales)
	if err != nil {
		return nil, err
	}
	if err := a.run(ctx, o.Workers); err != nil {
		return nil, err
	}
	result := a.result()
	result.Files, err = a.files(o.Out, result)
	return result, err
}

// auditing is a batch whose moves are being tried.
type auditing struct {
	d       *templates.Definition
	judge   func(*table.Form) ([]table.Finding, table.Verdict)
	trial   score.Trial
	cases   []*auditCase // of the ranked
	leftOut []audit.Subject
}

type auditCase struct {
	form    *table.Form
	subject audit.Subject
	verdict table.Verdict
	open    map[string]bool // findings that wait for a correction or an explanation, by fingerprint
	tried   []audit.Tried
}

// newAuditing judges and scores a batch as it is. kept are the scales of an earlier run.
func newAuditing(facts *table.Facts, known check.Known, marking table.Marking, kept []table.Scale,
) (*auditing, error) {
	a := &auditing{d: facts.Definition}
	judgement, err := check.Run(facts, known)
	if err != nil {
		return nil, fmt.Errorf("检查：%w", err)
	}
	a.judge, err = check.Single(facts, known)
	if err != nil {
		return nil, fmt.Errorf("检查：%w", err)
	}
	a.trial, err = score.NewTrial(&table.Round{Facts: facts, Judgement: judgement, Marking: marking}, kept)
	if err != nil {
		return nil, fmt.Errorf("计分：%w", err)
	}
	for form := range facts.Forms {
		c := &auditCase{form: form, subject: audit.Subject{Submission: form.Submission, City: facts.CityOf(form.Submission)}}
		findings, verdict := a.judge(form)
		c.verdict, c.open = verdict, map[string]bool{}
		for _, x := range openFindings(findings) {
			c.open[x.Fingerprint] = true
		}
		place := a.trial.Place(form, verdict, func(*templates.Expression) bool { return false })
		c.subject.Place = place
		if !place.Ranked {
			a.leftOut = append(a.leftOut, c.subject)
			continue
		}
		a.cases = append(a.cases, c)
	}
	if len(a.cases) == 0 {
		return nil, errors.New("没有参加排名的申报，没有名次可以抬高。请先用 lianheti run 查看退回的原因")
	}
	return a, nil
}

// openFindings are those that wait for a correction or an explanation.
func openFindings(all []table.Finding) []table.Finding {
	return slices.DeleteFunc(slices.Clone(all), func(x table.Finding) bool {
		return x.Severity == model.Hint || x.Severity == model.Explain && x.Explanation != ""
	})
}

// run tries the moves of several submissions at a time; what comes of each does not depend on the others.
func (a *auditing) run(ctx context.Context, atOnce int) error {
	return workers.Each(atOnce, slices.Values(a.cases), func(c *auditCase) error {
		c.tried = audit.Examine(a.d, c.subject, c.form, func(m audit.Move) audit.Tried {
			if ctx.Err() != nil {
				return audit.Tried{Move: m}
			}
			return a.try(c, m)
		})
		return ctx.Err()
	})
}

// try scores a form as a move leaves it, and judges it where the move brings anything.
func (a *auditing) try(c *auditCase, m audit.Move) audit.Tried {
	form := m.Apply(c.form)
	place := a.trial.Place(form, c.verdict, m.Touches)
	out := audit.Tried{Move: m, Place: place, Verdict: c.verdict.Verdict}
	if !c.subject.Pays(out) && c.subject.Gains(out) <= 0 {
		return out
	}
	findings, verdict := a.judge(form)
	if verdict.Ranked != c.verdict.Ranked {
		out.Place = a.trial.Place(form, verdict, m.Touches)
	}
	out.Verdict, out.Judged = verdict.Verdict, true
	still := 0
	for _, x := range openFindings(findings) {
		if c.open[x.Fingerprint] {
			still++
		} else {
			out.New = append(out.New, x)
		}
	}
	out.Gone = len(c.open) - still
	return out
}

func (a *auditing) result() *Audited {
	out := &Audited{Year: a.d.Year, Version: publish.Version, Ranked: len(a.cases),
		Pays: []audit.Paying{}, Claims: []audit.Paying{}}
	for _, s := range a.leftOut {
		out.LeftOut = append(out.LeftOut, AuditLeftOut{s.Submission.Submission, s.Submission.Consortium, s.Unranked})
	}
	for _, c := range a.cases {
		for _, t := range c.tried {
			out.Rows = append(out.Rows, c.subject.Row(t))
		}
	}
	for _, row := range slices.SortedStableFunc(slices.Values(out.Rows), audit.First) {
		switch {
		case !row.Pays:
		case row.List == string(templates.Claim):
			out.Claims = append(out.Claims, audit.NewPaying(row))
		default:
			out.Pays = append(out.Pays, audit.NewPaying(row))
		}
	}
	out.Tried = len(out.Rows)
	return out
}

func (a *auditing) files(out string, r *Audited) ([]publish.File, error) {
	var book bytes.Buffer
	report := audit.Report{Definition: a.d, Rows: r.Rows, LeftOut: a.leftOut,
		Subjects: table.Each(a.cases, func(c *auditCase) audit.Subject { return c.subject })}
	title := a.d.Audit.Title
	if err := report.Write(&book); err != nil {
		return nil, fmt.Errorf("%s：%w", title, err)
	}
	files := []publish.File{{Path: filepath.Join(out, title+".xlsx"), Data: book.Bytes()}}
	dir, err := os.MkdirTemp("", "lianheti-audit-")
	if err != nil {
		return nil, fmt.Errorf("无法建立临时文件夹：%w", err)
	}
	defer os.RemoveAll(dir)
	incentives, err := table.Apart(a.d, "incentives", r.Rows)
	if err != nil {
		return nil, err
	}
	if err := export.Alone(dir, a.d, incentives); err != nil {
		return nil, err
	}
	outputs, err := publish.Outputs(dir)
	if err != nil {
		return nil, err
	}
	for _, p := range outputs {
		path := filepath.FromSlash(p.Path)
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		files = append(files, publish.File{Path: filepath.Join(out, title+dataFolder, path), Data: data})
	}
	return files, nil
}
