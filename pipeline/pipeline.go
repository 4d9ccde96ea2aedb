// Package pipeline runs the stages in order. Run is the outline of the whole program: read the files that arrived,
// build tables, check, score, compare with the previous run, write workbooks, returns and data files, publish.
//
// Every stage hands its result to the next as a type of its own, so that the compiler enforces the order: table.Facts
// (what was read), check.Known (the register, and explanations given before), table.Judgement (findings and verdicts),
// table.Marking (the experts' marks), table.Ranking (scores and ranks), table.Round (all of these, for the writers).
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"lianheti/pipeline/publish"
	"lianheti/stages/check"
	"lianheti/stages/compare"
	"lianheti/stages/consolidate"
	"lianheti/stages/review"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Options of a run. Definition must be set, and either Inputs or From.
type Options struct {
	Definition    *templates.Definition
	DefinitionDir string   // the folder that it was read from; empty: the built-in one
	Inputs        []string // folders, .xlsx files and .zip packages
	From          string   // the data folder of an earlier run, read instead of Inputs; empty: none
	Out           string   // the results go to Out/<year>
	Previous      string   // the results of an earlier run of the same year, to compare with; empty: none
	Earlier       []string // the results of earlier years, to see whether their commitments were kept
	Rescale       bool     // compute the scales anew, even after experts have marked
	Freeze        string   // also keep a copy as Out/<year>-<Freeze>, which no later run changes; empty: no copy
	Register      string   // the Department's register; empty: none
	Opinions      string   // 意见.json, a meeting's advice on the previous run; empty: none
	AllowTrial    bool     // 会审.html lets people try other weights even before all marks are in
	Date          string   // the run's date, YYYY-MM-DD; empty: none is shown
	ReplyBy       string   // the date by which prefectures must answer; empty: from the calendar
	Marks         string   // the experts' marking workbooks: a folder or one file; empty: none
	Annotate      string   // check: where to write annotated copies of workbooks with findings; empty: none
	Readings      bool     // check: also list how every number and date was read
	Experts       string   // experts: a workbook that lists them; empty: Count experts, numbered
	Count         int      // experts: how many; 0: the number in the definition
	Workers       int      // files read at a time; 0: one per processor
	Score         score.Options
	// Progress gets the current step and, unless total is 0, how many files are done, in one goroutine; nil: not shown.
	Progress func(step string, done, total int)
}

// Result is what a run returns.
type Result struct {
	*table.Round
	Dir      string // where the results are
	Manifest *publish.Manifest
	Kept     []publish.Kept // earlier results that somebody had edited, and where they were moved
	Notes    []string       // messages about the results folder
	Standing table.Standing
	Progress *table.Round     // the progress forms and their findings; nil: none arrived
	Opinions *review.Opinions // a meeting's advice; nil: none given
}

// Run processes the inputs and publishes the year's results. An error means that nothing was published; faults in
// submissions are no errors but findings in the results.
func Run(ctx context.Context, o Options) (_ *Result, err error) {
	if o.Score, err = o.Score.Resolve(o.Definition); err != nil { // first: the manifest records the resolved options
		return nil, fmt.Errorf("计分：%w", err)
	}
	if err := consolidate.Check(o.Definition); err != nil {
		return nil, err
	}
	sources, err := o.discover()
	if err != nil {
		return nil, err
	}
	year := strconv.Itoa(o.Definition.Year)
	out, err := publish.Begin(o.Out, year, o.pathsRead())
	if err != nil {
		return nil, err
	}
	defer out.Discard()
	meeting, err := publish.PrepareFreeze(o.Out, year, o.Freeze)
	if err != nil {
		return nil, err
	}
	defer meeting.Discard()

	r := &run{Options: o}
	if err := r.readInputs(ctx, sources); err != nil {
		return nil, err
	}
	if err := r.refuseEmpty(r.facts, out.Final); err != nil {
		return nil, err
	}
	if err := r.evaluate(ctx); err != nil {
		return nil, err
	}
	if err := r.write(ctx, out.Temp); err != nil {
		return nil, err
	}
	if err := meeting.Copy(out.Temp, *r.manifest, func(dir string) error {
		r.publication.Standing.Meeting = meeting.Name
		// the register contains names, and the meeting does not need it
		return errors.Join(os.Remove(filepath.Join(dir, o.Definition.Register().Next)), r.writeReports(dir))
	}); err != nil {
		return nil, err
	}
	if err := out.Publish(); err != nil {
		return nil, err
	}
	if err := meeting.Publish(out.Final); err != nil {
		return nil, err
	}
	return &Result{r.round, out.Final, r.manifest, out.Kept, out.Notes, r.standing, r.progressRound, r.opinions}, nil
}

// run is the state of a run in progress: what was read, computed and written so far.
type run struct {
	Options
	inputs
	progressRound *table.Round
	round         *table.Round
	standing      table.Standing
	manifest      *publish.Manifest
	publication   table.Publication
}

// evaluate checks, scores and compares what was read, and builds the manifest.
func (r *run) evaluate(ctx context.Context) (err error) {
	if err := r.checkProgressForms(); err != nil {
		return err
	}
	r.reportStep("检查、计分")
	if r.round, err = checkAndScore(r.facts, r.known, r.marking, r.Score); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	moves, err := r.previous.causes(r.round, r.registerFile)
	if err != nil {
		return err
	}
	r.round.Changes = compare.Run(r.previous.round, r.round, moves)
	r.standing = table.Standing{State: r.round.State(), Waiting: r.round.Waiting(), Trial: r.Definition.Differences()}
	r.publication = table.Publication{Round: *r.round, Standing: r.standing, Select: r.Score.Select, Date: r.Date,
		ReplyBy: r.ReplyBy}
	return r.buildManifest()
}

// checkAndScore checks and scores the facts of a batch.
func checkAndScore(facts *table.Facts, known check.Known, marking table.Marking, o score.Options) (*table.Round,
	error) {
	judgement, err := check.Run(facts, known)
	if err != nil {
		return nil, fmt.Errorf("检查：%w", err)
	}
	ranking, err := score.Run(facts, judgement, marking, o)
	if err != nil {
		return nil, fmt.Errorf("计分：%w", err)
	}
	return &table.Round{Facts: facts, Judgement: judgement, Marking: marking, Ranking: ranking}, nil
}

// reportStep tells Progress which step begins.
func (o Options) reportStep(step string) {
	if o.Progress != nil {
		o.Progress(step, 0, 0)
	}
}

// pathsRead lists every path that the run reads, so that its results can be proved to overwrite none of them.
func (o Options) pathsRead() []publish.ReadPath {
	out := table.Each(o.Inputs, func(input string) publish.ReadPath { return publish.ReadPath{Path: input, Label: "输入"} })
	for _, dir := range o.Earlier {
		out = append(out, publish.ReadPath{Path: dir, Label: "以前年度的结果", ReadFirst: true})
	}
	return append(out,
		publish.ReadPath{Path: o.Register, Label: "登记表", Cure: "请先把登记表拷出来，再用 --register 指向拷出来的那一份"},
		publish.ReadPath{Path: o.Marks, Label: "专家评分表"},
		publish.ReadPath{Path: o.Opinions, Label: "会审意见"},
		publish.ReadPath{Path: o.DefinitionDir, Label: "定义", ReadFirst: true},
		publish.ReadPath{Path: o.Previous, Label: "上一轮的结果", ReadFirst: true},
		publish.ReadPath{Path: o.From, Label: "数据表", ReadFirst: true},
	)
}

// refuseEmpty refuses to replace results that contain submissions by results without any: wrong input, probably.
func (o Options) refuseEmpty(facts *table.Facts, final string) error {
	before, err := publish.ReadManifest(final)
	if facts.Submissions.Len() > 0 || err != nil || before.Counts.Submissions == 0 {
		return nil
	}
	return publish.Refuse("这次一家申报也没有采用，而 %s 里有 %d 家：没有用空的结果换掉它。请检查输入 %s；确实要这样的结果，用 --out 换一个文件夹",
		final, before.Counts.Submissions, strings.Join(o.Inputs, "、"))
}
