// Package pipeline is the order of the stages. Run below is the sketch of the whole program: read what arrived, make
// tables of it, check, score, compare with the last round, write workbooks, returns and analysts' files, publish.
//
// Each hand-off is a type of its own, so that the compiler keeps the order: table.Facts (what was read), check.Known
// (what the Department decided, and was told before), table.Judgement (what check made of both), table.Marking (what
// the experts say), table.Ranking (what score made of it all), table.Round (everything, for whoever writes).
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"lianheti/pipeline/publish"
	"lianheti/stages/check"
	"lianheti/stages/compare"
	"lianheti/stages/consolidate"
	"lianheti/stages/export"
	"lianheti/stages/feedback"
	"lianheti/stages/review"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/stages/workers"
	"lianheti/templates"
)

// Options of a run. Definition must be set, and either Inputs or From.
type Options struct {
	Definition    *templates.Definition
	DefinitionDir string   // the folder that it was read from; empty: the shipped one
	Inputs        []string // folders, .xlsx files and .zip packages
	From          string   // a data folder that an earlier run published, in the place of Inputs; empty: none
	Out           string   // the results go to Out/<year>
	Previous      string   // a published folder of an earlier run, to compare with; empty: none
	Earlier       []string // published folders of earlier years, for what became of their promises
	Rescale       bool     // lay the scales anew, where experts have marked, too
	Freeze        string   // also keep these results as Out/<year>-<Freeze>, which later runs leave alone; empty: don't
	Register      string   // the Department's register; empty: none
	Opinions      string   // what a meeting advised on the previous run; empty: nothing
	AllowTrial    bool     // weights may be tried on the page for the meeting before all marks are in, too
	Date          string   // the run's date, as it is to be shown; empty: none
	ReplyBy       string   // the day by which the prefectures are to answer; empty: as the calendar says
	Marks         string   // the experts' workbooks: a folder, or one of them; empty: none
	Annotate      string   // check: the folder for annotated copies of workbooks in which something was found; empty: none
	Readings      bool     // check: beside the annotated copies also say how every number and date was read
	Experts       string   // experts: a workbook that lists them; empty: Count of them, numbered
	Count         int      // experts: 0: as many as the definition says
	Workers       int      // files read at a time; 0: as many as there are processors
	Score         score.Options
	// Progress hears from one goroutine which step is being done and, file by file, how many are; nil: nobody watches.
	Progress func(step string, done, total int)
}

// Result is what a run has to say at its end.
type Result struct {
	*table.Round
	Dir      string // where the results are
	Manifest *publish.Manifest
	Kept     []publish.Kept // results that somebody had changed, where they are kept
	Notes    []string       // what else the officer should know about the results folder
	Standing table.Standing
	Progress *table.Round     // what the progress forms say, and what was found in them; nil where none arrived
	Opinions *review.Opinions // what a meeting advised; nil where none was given
}

// Run processes everything that arrived and publishes the year's results. An error means that nothing was published;
// faults in submissions are findings in the results.
func Run(ctx context.Context, o Options) (_ *Result, err error) {
	if o.Score, err = o.Score.Resolve(o.Definition); err != nil { // now: the manifest names what was used
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
	out, err := publish.Begin(o.Out, year, o.reads())
	if err != nil {
		return nil, err
	}
	defer out.Discard()
	meeting, err := publish.PrepareFreeze(o.Out, year, o.Freeze)
	if err != nil {
		return nil, err
	}
	defer meeting.Discard()

	r := &running{Options: o}
	if r.taken, err = r.take(ctx, sources); err != nil {
		return nil, err
	}
	if err := r.worthwhile(r.facts, out.Final); err != nil {
		return nil, err
	}
	if err := r.judge(ctx); err != nil {
		return nil, err
	}
	if err := r.write(ctx, out.Fresh); err != nil {
		return nil, err
	}
	if err := meeting.Copy(out.Fresh, *r.manifest, func(dir string) error {
		r.in.Standing.Meeting = meeting.Name
		// it holds names, and no meeting needs it
		return errors.Join(os.Remove(filepath.Join(dir, o.Definition.Register.Next)), r.forPeople(dir))
	}); err != nil {
		return nil, err
	}
	if err := out.Publish(); err != nil {
		return nil, err
	}
	if err := meeting.Keep(out.Final); err != nil {
		return nil, err
	}
	return &Result{r.round, out.Final, r.manifest, out.Kept, out.Notes, r.known, r.progress, r.opinions}, nil
}

// running is a run under way: what was read, what was made of it, and what is written.
type running struct {
	Options
	taken
	progress *table.Round
	round    *table.Round
	known    table.Standing
	manifest *publish.Manifest
	in       consolidate.Input
}

// judge takes what was read to a round, and describes the run.
func (r *running) judge(ctx context.Context) (err error) {
	if !r.Rescale {
		r.Score.Scales = r.earlier.scales()
	}
	r.progress, r.facts, err = r.follow(r.facts, r.register, r.batches)
	if err != nil {
		return err
	}
	r.doing("检查、计分")
	if r.round, err = judge(r.facts, r.given(), r.marking, r.Score); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	moves, err := r.earlier.moves(r.round, r.registered)
	if err != nil {
		return err
	}
	r.round.Changes = compare.Run(r.earlier.round, r.round, moves)
	r.known = table.Standing{State: r.round.State(), Waiting: r.round.Waiting(), Trial: r.Definition.Differences()}
	if r.manifest, err = newManifest(r.Options, r.round, r.from, r.known); err != nil {
		return err
	}
	r.manifest.Previous, r.manifest.Earlier, r.manifest.Register = r.earlier.manifest, r.named, r.registered
	r.manifest.Opinions, r.manifest.AllowTrial = r.advised, r.AllowTrial
	r.in = consolidate.Input{Round: *r.round, FromTables: r.from != nil, Before: r.batches,
		Earlier: r.earlier.consolidated(),
		Select:  r.Score.Select, Date: r.Date, ReplyBy: r.ReplyBy, Standing: r.known}
	return nil
}

func (r *running) write(ctx context.Context, dir string) error {
	r.doing("写数据表、退回件")
	if err := workers.All(
		func() error { return writeTables(dir, r.manifest, r.round) },
		func() (err error) {
			if r.in.Returns, err = writeReturns(dir, r.in, r.open); err != nil {
				return err
			}
			return writeProgress(dir, r.progress, r.Options, r.sources, r.in.Returns)
		},
		func() error { return writeRegister(dir, r.round, r.opinions) },
	); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	r.in.DataRoot = r.manifest.DataRoot
	r.doing("写省级汇总")
	if err := r.forPeople(dir); err != nil {
		return err
	}
	if err := r.manifest.Seal(dir); err != nil {
		return err
	}
	return ctx.Err()
}

// forPeople writes what people open; the documents at last: one of them lists all else.
func (r *running) forPeople(dir string) error {
	if err := writeForPeople(dir, r.in, r.Options, r.opinions); err != nil {
		return err
	}
	return writeDocuments(dir, r.in)
}

// judge takes a batch from what was read to its ranking. Each hand-off is of a type that only the stage before makes.
func judge(facts *table.Facts, known check.Known, marking table.Marking, o score.Options) (*table.Round, error) {
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

// doing says to whoever watches which step comes now.
func (o Options) doing(step string) {
	if o.Progress != nil {
		o.Progress(step, 0, 0)
	}
}

// dataFolder holds the analysts' files.
const dataFolder = "data"

// reads lists what the run reads, for the proof that its results take the place of none of it.
func (o Options) reads() []publish.Read {
	out := table.Each(o.Inputs, func(input string) publish.Read { return publish.Read{Path: input, What: "输入"} })
	for _, dir := range o.Earlier {
		out = append(out, publish.Read{Path: dir, What: "以前年度的结果", Whole: true})
	}
	return append(out,
		publish.Read{Path: o.Register, What: "登记表", Cure: "请先把登记表拷出来，再用 --register 指向拷出来的那一份"},
		publish.Read{Path: o.Marks, What: "专家评分表"},
		publish.Read{Path: o.Opinions, What: "会审意见"},
		publish.Read{Path: o.DefinitionDir, What: "定义", Whole: true},
		publish.Read{Path: o.Previous, What: "上一轮的结果", Whole: true},
		publish.Read{Path: o.From, What: "数据表", Whole: true},
	)
}

// worthwhile refuses to replace results that have submissions by some without any: the run read the wrong folder.
func (o Options) worthwhile(facts *table.Facts, final string) error {
	before, err := publish.ReadManifest(final)
	if facts.Submissions.Len() > 0 || err != nil || before.Counts.Submissions == 0 {
		return nil
	}
	return publish.Refuse("这次一家申报也没有采用，而 %s 里有 %d 家：没有用空的结果换掉它。请检查输入 %s；确实要这样的结果，用 --out 换一个文件夹",
		final, before.Counts.Submissions, strings.Join(o.Inputs, "、"))
}

// writeTables writes the analysts' files and the definition below dir, and their hash into the manifest.
func writeTables(dir string, m *publish.Manifest, round *table.Round) error {
	tables, err := table.Published(round)
	if err != nil {
		return fmt.Errorf("数据表：%w", err)
	}
	if err := export.Write(filepath.Join(dir, dataFolder), round.Definition, tables); err != nil {
		return fmt.Errorf("数据文件：%w", err)
	}
	if err := keepDefinition(dir, round.Definition); err != nil {
		return err
	}
	m.DataRoot, err = m.Data(dir, dataFolder)
	return err
}

// writeReturns writes what goes back to the prefectures below dir, and gives the copies; none where open is nil.
func writeReturns(dir string, in consolidate.Input, open func(string) ([]byte, error)) (map[string]string, error) {
	if open == nil {
		return nil, nil
	}
	copies, err := feedback.Write(filepath.Join(dir, feedback.Folder),
		feedback.Input{Round: in.Round, Date: in.Date, ReplyBy: in.ReplyBy}, open)
	if err != nil {
		return nil, fmt.Errorf("退回件：%w", err)
	}
	return copies, nil
}

// writeForPeople makes the workbooks and the page for the meeting room below dir, for a meeting without personal data.
func writeForPeople(dir string, in consolidate.Input, o Options, advised *review.Opinions) error {
	if in.Standing.Meeting != "" {
		if err := os.RemoveAll(filepath.Join(dir, consolidate.ContactsFile)); err != nil {
			return err
		}
	}
	return workers.All(
		func() error { return writeReview(dir, in, o, advised) },
		func() error {
			return consolidate.Books(in, func(name string) (io.WriteCloser, error) {
				return os.Create(filepath.Join(dir, name))
			})
		})
}
