// Package pipeline runs the stages in order. Run is the outline of the whole program: read the files that arrived,
// build tables, check, score, compare with the previous run, write workbooks, returns and data files, publish.
//
// Every stage hands its result to the next as a type of its own, so that the compiler enforces the order: table.Facts
// (what was read), check.Known (the register, and explanations given before), table.Judgement (findings and verdicts),
// table.Marking (the experts' marks), table.Ranking (scores and ranks), table.Round (all of these, for the writers).
package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lianheti/pipeline/publish"
	"lianheti/stages/blankform"
	"lianheti/stages/check"
	"lianheti/stages/compare"
	"lianheti/stages/consolidate"
	"lianheti/stages/dossier"
	"lianheti/stages/export"
	"lianheti/stages/feedback"
	"lianheti/stages/model"
	"lianheti/stages/office/try"
	"lianheti/stages/review"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/stages/workers"
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
	NoReadings    bool     // check: the result has no readings, for a caller that does not show them
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
	defer try.Caught(&err)
	o.Score, err = o.Score.Resolve(o.Definition) // first: the manifest records the resolved options
	try.In("计分", err)
	try.Do(consolidate.Check(o.Definition))
	sources, year := try.Get(o.discover()), strconv.Itoa(o.Definition.Year)
	out := try.Get(publish.Begin(o.Out, year, o.pathsRead()))
	defer out.Discard()
	meeting := try.Get(publish.PrepareFreeze(o.Out, year, o.Freeze))
	defer meeting.Discard()

	r := &run{Options: o}
	try.Do(r.readInputs(ctx, sources))
	try.Do(r.protectEarlier(out))
	try.Do(r.evaluate(ctx))
	try.Do(r.write(ctx, out.Temp))
	try.Do(meeting.Copy(out.Temp, *r.manifest, func(dir string) error {
		r.publication.Standing.Meeting = meeting.Name
		// the register contains names, and the meeting does not need it
		return errors.Join(os.Remove(filepath.Join(dir, o.Definition.Register().Next)), r.writeReports(dir))
	}))
	try.Do(out.Publish())
	try.Do(meeting.Publish(out.Final))
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
	defer try.Caught(&err)
	try.Do(r.checkProgressForms())
	r.reportStep("检查、计分")
	r.round = try.Get(checkAndScore(r.facts, r.known, r.marking, r.Score))
	try.Do(ctx.Err())
	moves := try.Get(r.previous.causes(r.round, r.registerFile))
	r.round.Changes = compare.Run(r.previous.round, r.round, moves)
	r.standing = table.Standing{State: r.round.State(), Waiting: r.round.Waiting(), Trial: r.Definition.Differences()}
	r.publication = table.Publication{Round: *r.round, Standing: r.standing, Select: r.Score.Select, Date: r.Date,
		ReplyBy: r.ReplyBy, Rows: sync.OnceValue(r.round.BySubmission)}
	return r.buildManifest()
}

// checkAndScore checks and scores the facts of a batch.
func checkAndScore(facts *table.Facts, known check.Known, marking table.Marking, o score.Options) (
	_ *table.Round, err error) {
	defer try.Caught(&err)
	judgement, err := check.Run(facts, known)
	try.In("检查", err)
	ranking, err := score.Run(facts, judgement, marking, o)
	return &table.Round{Facts: facts, Judgement: judgement, Marking: marking, Ranking: ranking}, try.Named("计分", err)
}

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

// protectEarlier refuses to replace results of submissions by results of none, or of forms without a written word:
// wrong input, probably. Fewer submissions than before are noted.
func (r *run) protectEarlier(out *publish.Target) error {
	before, err := publish.ReadManifest(out.Final)
	if err != nil || before.Counts.Submissions == 0 {
		return nil
	}
	was, now, found := before.Counts.Submissions, r.facts.Submissions.Len(), "一家申报也没有采用"
	isWritten := func(x table.Text) bool { return x.Text != "" }
	texts := slices.Collect(r.facts.Texts.All())
	switch {
	case now > 0 && len(texts) > 0 && !slices.ContainsFunc(texts, isWritten):
		found = fmt.Sprintf("采用的 %d 家一段文字也没有写，是还没有填的模板", now)
	case now >= was:
		return nil
	case now > 0:
		out.Notes = append(out.Notes,
			fmt.Sprintf("注意：这里原来的结果有 %d 家，这次只有 %d 家；少给了文件的，请连同其余各家再运行一次", was, now))
		return nil
	}
	return publish.Refuse("这次%s，而 %s 里有 %d 家：没有用空的结果换掉它。请检查输入 %s；确实要这样的结果，用 --out 换一个文件夹",
		found, out.Final, was, strings.Join(r.Inputs, "、"))
}

// Folders of the results: the data files, and the definition, with which --definition repeats the run.
const (
	dataFolder       = "data"
	definitionFolder = "definition"
)

func (r *run) write(ctx context.Context, dir string) (err error) {
	defer try.Caught(&err)
	r.reportStep("写数据表、退回件")
	try.Do(workers.All(
		func() error { return r.writeTables(dir) },
		func() error { return r.writeReturns(filepath.Join(dir, feedback.Folder)) },
		func() error { return r.writeRegister(dir) }))
	try.Do(ctx.Err())
	r.publication.DataRoot = r.manifest.DataRoot
	r.reportStep("写省级汇总")
	try.Do(r.writeReports(dir))
	try.Do(r.manifest.Seal(dir))
	return ctx.Err()
}

// writeTables writes the data files and the definition, and adds their hash to the manifest.
func (r *run) writeTables(dir string) (err error) {
	defer try.Caught(&err)
	tables, err := table.Published(r.round)
	try.In("数据表", err)
	files, err := export.Write(filepath.Join(dir, dataFolder), r.round.Definition, tables)
	try.In("数据文件", err)
	for name, text := range r.round.Definition.Texts {
		try.Do(publish.WriteFile(filepath.Join(dir, definitionFolder, filepath.FromSlash(name)), text))
	}
	r.manifest.HashData(table.Each(files, func(f export.File) publish.Output {
		return publish.Output{Path: path.Join(dataFolder, f.Path), SHA256: f.SHA256, Size: f.Size}
	}))
	return nil
}

// writeReturns writes what goes back to the prefectures; nothing where the run started from tables.
func (r *run) writeReturns(folder string) (err error) {
	if r.open == nil {
		return nil
	}
	r.publication.Returns, err = feedback.Write(folder, r.publication, r.open)
	if err != nil || r.progressRound == nil {
		return try.Named("退回件", err)
	}
	written, err := feedback.Write(folder, table.Publication{Round: *r.progressRound, Date: r.Date, ReplyBy: r.ReplyBy},
		opener(r.sources, r.progressRound.Facts))
	if err != nil {
		return try.Named("年度数据核对表的退回件", err)
	}
	for s := range r.progressRound.Submissions.All() {
		if path := written[s.Submission]; path != "" {
			r.publication.Returns[s.File] = path
		}
	}
	return nil
}

// writeRegister writes the register for the next run: the current one, with the pending decisions prefilled.
func (r *run) writeRegister(dir string) error {
	d, advice := r.round.Definition, map[string][2]string{} // by submission: label and reason
	if r.opinions != nil {
		for _, x := range r.opinions.Opinions {
			advice[x.Submission] = [2]string{x.Label(), x.Reason}
		}
	}
	off := table.Words(slices.Collect(r.round.Submissions.All()), func(s table.Submission) string {
		return table.Either(s.DirectoryNo.Valid, "", s.Consortium)
	})
	var book bytes.Buffer
	if err := blankform.Register(&book, d, r.round.NextRegister(advice), off...); err != nil {
		return try.Named(d.Register().Next, err)
	}
	return publish.WriteFile(filepath.Join(dir, d.Register().Next), book.Bytes())
}

// writeReports writes the page, workbooks and documents that people read; a meeting copy has no personal data.
// Documents come last, because one lists all other files.
func (r *run) writeReports(dir string) (err error) {
	defer try.Caught(&err)
	if r.publication.Standing.Meeting != "" {
		try.Do(os.RemoveAll(filepath.Join(dir, consolidate.ContactsFile)))
	}
	try.Do(workers.All(
		func() error {
			var page bytes.Buffer
			in := review.Input{Publication: r.publication, AllowTrial: r.AllowTrial, Opinions: r.opinions}
			if err := review.Write(&page, in); err != nil {
				return try.Named("会审页", err)
			}
			return publish.WriteFile(filepath.Join(dir, review.FileName), page.Bytes())
		},
		func() error {
			in := consolidate.Input{Publication: r.publication, FromTables: r.fromData != nil, Before: r.earlierRounds,
				Earlier: r.previous.summary()}
			return consolidate.Books(in, func(name string) (io.WriteCloser, error) {
				return os.Create(filepath.Join(dir, name))
			})
		}))
	try.Do(os.RemoveAll(filepath.Join(dir, r.Definition.Documents().Folder)))
	in := dossier.Input{Publication: r.publication, Outputs: func() ([][2]string, error) {
		outputs, err := publish.Outputs(dir)
		return table.Each(outputs, func(o publish.Output) [2]string { return [2]string{o.Path, o.SHA256} }), err
	}}
	return dossier.Write(in, func(name string, data []byte) error {
		return publish.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), data)
	})
}

// buildManifest fills in the manifest, all but the outputs, and proves that the counts of files and cells add up.
func (r *run) buildManifest() error {
	m := &publish.Manifest{
		Year: r.Definition.Year, Version: publish.Version, Date: r.Date,
		State: string(r.standing.State), Trial: r.standing.Trial, Definition: r.Definition.Sources,
		Options: publish.Options{Select: r.Score.Select, Draws: r.Score.Draws, Rescale: r.Rescale, ReplyBy: r.ReplyBy,
			Seed: r.Definition.Rubric().Robustness.Seed},
		Previous: r.previous.entry, Earlier: r.earlierManifests, From: r.fromData, Inputs: []publish.Input{},
		Register: r.registerFile, Opinions: r.opinionsFile, AllowTrial: r.AllowTrial,
	}
	c := &m.Counts
	fates := map[model.Fate]*int{model.Accepted: &c.Accepted, model.Superseded: &c.Superseded,
		model.Rejected: &c.Rejected, model.Ignored: &c.Ignored}
	for _, f := range r.round.Arrived() {
		m.Inputs = append(m.Inputs, manifestInput(f))
		c.Files++
		*fates[f.Fate]++
		c.CellsRead += int(f.CellsRead)
		c.CellsUsed += int(f.CellsUsed)
		c.CellsExplained += int(f.CellsOther)
	}
	for f := range r.round.Marking.Files.All() {
		m.Marks = append(m.Marks, manifestInput(f))
	}
	c.Submissions, c.Findings = r.round.Submissions.Len(), len(r.round.AllFindings())
	if c.Files != c.Accepted+c.Superseded+c.Rejected+c.Ignored || c.CellsRead != c.CellsUsed+c.CellsExplained {
		return fmt.Errorf("账目不平：%+v。这是程序的错误，请连同输入文件报告给开发者", *c)
	}
	r.manifest = m
	return nil
}

func manifestInput(f table.File) publish.Input {
	return publish.Input{Path: text.Mask(f.Path), SHA256: f.SHA256, Size: f.Size, Fate: f.Fate, Code: f.Code}
}
