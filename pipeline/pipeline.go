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
	if err := r.take(ctx, sources); err != nil {
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
		r.out.Standing.Meeting = meeting.Name
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
	out      table.Publication
}

// judge takes what was read to a round, and describes the run.
func (r *running) judge(ctx context.Context) (err error) {
	if err := r.follow(); err != nil {
		return err
	}
	r.doing("检查、计分")
	if r.round, err = judge(r.facts, r.given, r.marking, r.Score); err != nil {
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
	r.out = table.Publication{Round: *r.round, Standing: r.known, Select: r.Score.Select, Date: r.Date, ReplyBy: r.ReplyBy}
	return r.describe()
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
