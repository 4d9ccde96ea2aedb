package pipeline

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"lianheti/pipeline/publish"
	"lianheti/stages/audit"
	"lianheti/stages/check"
	"lianheti/stages/export"
	"lianheti/stages/office/try"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/stages/workers"
	"lianheti/templates"
)

// Audited is the result of an audit: the moves by which applicants could gain. Its JSON keys are public.
type Audited struct {
	Year    int               `json:"year"`
	Version string            `json:"version"` // of the program
	Tried   int               `json:"tried"`   // number of moves
	Ranked  int               `json:"ranked"`  // number of submissions on which moves were tried
	LeftOut []AuditLeftOut    `json:"left_out"`
	Pays    []audit.Paying    `json:"pays"` // perverse moves that raise a rank, the strongest first
	Claims  []audit.Paying    `json:"claims"`
	Rows    []table.Incentive `json:"-"` // all that were tried
	Files   []publish.File    `json:"-"` // to be written below Out
}

// AuditLeftOut is a submission that is not ranked, so no move was tried on it.
type AuditLeftOut struct {
	Submission string `json:"submission"`
	Consortium string `json:"consortium"`
	Why        string `json:"why"`
}

// Audit tries the moves of the definition on every ranked submission, one at a time, with all others unchanged. The
// scales of an earlier run (o.Previous) are kept, and so are its marks unless o.Marks gives others.
func Audit(ctx context.Context, o Options) (_ *Audited, err error) {
	defer try.Caught(&err)
	in := &run{Options: o}
	try.Do(in.readInputsApart(ctx))
	if in.previous.round != nil && o.Marks == "" {
		in.marking = in.previous.round.Marking
	}
	a := try.Get(newAuditRun(in.facts, in.known, in.marking, in.Score.Scales))
	try.Do(a.tryAll(ctx, o.Workers))
	result := a.result()
	result.Files, err = a.files(o.Out, result)
	return result, err
}

// auditRun is a batch whose moves are being tried.
type auditRun struct {
	d          *templates.Definition
	checkForm  func(*table.Form) ([]table.Finding, table.Verdict)
	scoreTrial score.Trial
	cases      []*auditCase // of the ranked
	leftOut    []audit.Subject
}

type auditCase struct {
	form    *table.Form
	subject audit.Subject
	verdict table.Verdict
	open    map[string]bool // open findings of the form as it is, by fingerprint
	tried   []audit.Tried
}

// newAuditRun checks and scores the batch as it is. kept are the scales of an earlier run.
func newAuditRun(facts *table.Facts, known check.Known, marking table.Marking, kept []table.Scale,
) (_ *auditRun, err error) {
	defer try.Caught(&err)
	a := &auditRun{d: facts.Definition}
	judgement, err := check.Run(facts, known)
	try.In("检查", err)
	a.checkForm, err = check.Single(facts, known)
	try.In("检查", err)
	a.scoreTrial, err = score.NewTrial(&table.Round{Facts: facts, Judgement: judgement, Marking: marking}, kept)
	try.In("计分", err)
	for form := range facts.Forms {
		c := &auditCase{form: form, subject: audit.Subject{Submission: form.Submission, City: facts.CityOf(form.Submission)}}
		findings, verdict := a.checkForm(form)
		c.verdict, c.open = verdict, map[string]bool{}
		for _, x := range table.Where(slices.Values(findings), table.Finding.Open) {
			c.open[x.Fingerprint] = true
		}
		place := a.scoreTrial.Place(form, verdict, func(*templates.Expression) bool { return false })
		c.subject.Position = place
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

// tryAll tries the moves of several submissions at a time; their results do not depend on each other.
func (a *auditRun) tryAll(ctx context.Context, atOnce int) error {
	return workers.Each(atOnce, slices.Values(a.cases), func(c *auditCase) error {
		c.tried = audit.TryMoves(a.d, c.subject, c.form, func(m audit.Move) audit.Tried {
			if ctx.Err() != nil {
				return audit.Tried{Move: m}
			}
			return a.evaluateMove(c, m)
		})
		return ctx.Err()
	})
}

// evaluateMove scores a form as a move leaves it, and checks it only where the move brings something.
func (a *auditRun) evaluateMove(c *auditCase, m audit.Move) audit.Tried {
	form := m.Apply(c.form)
	place := a.scoreTrial.Place(form, c.verdict, m.Touches)
	out := audit.Tried{Move: m, Position: place, Verdict: c.verdict.Verdict}
	if !c.subject.Pays(out) && c.subject.Gain(out) <= 0 {
		return out
	}
	findings, verdict := a.checkForm(form)
	if verdict.Ranked != c.verdict.Ranked {
		out.Position = a.scoreTrial.Place(form, verdict, m.Touches)
	}
	out.Verdict, out.Judged = verdict.Verdict, true
	still := 0
	for _, x := range table.Where(slices.Values(findings), table.Finding.Open) {
		if c.open[x.Fingerprint] {
			still++
		} else {
			out.New = append(out.New, x)
		}
	}
	out.Gone = len(c.open) - still
	return out
}

func (a *auditRun) result() *Audited {
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
	for _, row := range slices.SortedStableFunc(slices.Values(out.Rows), audit.CompareRows) {
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

func (a *auditRun) files(out string, r *Audited) (_ []publish.File, err error) {
	defer try.Caught(&err)
	var book bytes.Buffer
	report := audit.Report{Definition: a.d, Rows: r.Rows, LeftOut: a.leftOut,
		Subjects: table.Each(a.cases, func(c *auditCase) audit.Subject { return c.subject })}
	title := a.d.Audit().Title
	try.In(title, report.Write(&book))
	files := []publish.File{{Path: filepath.Join(out, title+".xlsx"), Data: book.Bytes()}}
	dir, err := os.MkdirTemp("", "lianheti-audit-")
	try.In("无法建立临时文件夹", err)
	defer os.RemoveAll(dir)
	try.Do(export.WriteOne(dir, a.d, try.Get(table.InternalTable(a.d, "incentives", r.Rows))))
	for _, p := range try.Get(publish.Outputs(dir)) {
		path := filepath.FromSlash(p.Path)
		data := try.Get(os.ReadFile(filepath.Join(dir, path)))
		files = append(files, publish.File{Path: filepath.Join(out, title+dataFolder, path), Data: data})
	}
	return files, nil
}
