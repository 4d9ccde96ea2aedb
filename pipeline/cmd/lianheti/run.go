package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/stages/model"
	"lianheti/stages/office/try"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/urfave/cli/v2"
)

func run(c *cli.Context) (err error) {
	defer try.Caught(&err)
	_, result := runCommand(c, func(ctx context.Context, o pipeline.Options) (*pipeline.Result, error) {
		try.Do(runOptions(c, &o))
		return pipeline.Run(ctx, o)
	})
	r := runReport{result}
	if err = printResult(c, result.Manifest, "run", r); err == nil && c.Bool("json") {
		err = printMessage(c.App.ErrWriter, "kept", r)
	}
	return answer(err, r.Nothing() || c.Bool("strict") && len(r.Returned()) > 0)
}

func runOptions(c *cli.Context, o *pipeline.Options) error {
	o.Rescale, o.Freeze, o.Date, o.ReplyBy = c.Bool("rescale"), c.String("freeze"), c.String("date"), c.String("reply-by")
	o.Opinions, o.AllowTrial = c.String("opinions"), c.Bool("allow-trial")
	o.Score = score.Options{Select: c.Int("select"), Workers: o.Workers}
	o.Previous = "" // commonOptions took the last; a run may have several
	for _, dir := range c.StringSlice("previous") {
		m, err := publish.ReadManifest(dir)
		switch {
		case err == nil && m.Year < o.Definition.Year:
			o.Earlier = append(o.Earlier, dir)
		case o.Previous != "":
			return usageError{fmt.Errorf("--previous 给了两个本年度的结果（%s、%s）：只能与一轮相比", o.Previous, dir)}
		default:
			o.Previous = dir
		}
	}
	return checkDates(c, o.Definition.Year)
}

// checkDates checks that --date and --reply-by are dates, in the years of the call, and in this order.
func checkDates(c *cli.Context, year int) (err error) {
	defer try.Caught(&err)
	const longest = 20 // years after the call
	for _, flag := range []string{"date", "reply-by"} {
		day := c.String(flag)
		at, err := time.Parse(time.DateOnly, day)
		try.Do(usageIf(day != "" && err != nil, "--%s 要写成 年-月-日（四位-两位-两位数字），并且真有这一天，不是“%s”", flag, day))
		try.Do(usageIf(day != "" && (at.Year() < year || at.Year() > year+longest),
			"--%s 写的是 %s，不会是处理%d年批次的日子，请检查年份", flag, day, year))
	}
	date, by := c.String("date"), c.String("reply-by")
	return usageIf(by != "" && date != "" && by <= date, "--reply-by %s 不在 --date %s 之后：发出去就过期了", by, date)
}

// runReport is what messages/run.tmpl prints at the end of a run.
type runReport struct{ *pipeline.Result }

// Nothing reports whether no file was accepted.
func (r runReport) Nothing() bool {
	return r.Manifest.From == nil && r.Manifest.Counts.Submissions == 0
}

// Returned lists the submissions to be returned with their verdicts, in the order of the submissions.
func (r runReport) Returned() []returned {
	var out []returned
	for i := range r.Submissions.Len() {
		if v := r.Verdicts.Row(i); v.Verdict == model.Return {
			out = append(out, returned{r.Submissions.Row(i), v})
		}
	}
	return out
}

type returned struct {
	table.Submission
	Said table.Verdict
}

// ByVerdict and ByProgress count the submissions and the progress forms by verdict.
func (r runReport) ByVerdict() string  { return verdictCounts(r.Judgement) }
func (r runReport) ByProgress() string { return verdictCounts(r.Progress.Judgement) }

func verdictCounts(of *table.Judgement) string {
	all := []model.Verdict{model.Accept, model.AskFirst, model.Return}
	return strings.Join(table.Each(all, func(v model.Verdict) string {
		return fmt.Sprintf("%s %d", v, countVerdicts(of, v))
	}), "，")
}

func countVerdicts(of *table.Judgement, is model.Verdict) int {
	return len(table.Where(of.Verdicts.All(), func(v table.Verdict) bool { return v.Verdict == is }))
}

// Marks counts the experts' workbooks with a fate.
func (r runReport) Marks(fate string) int {
	return len(table.Where(r.Marking.Files.All(), func(f table.File) bool { return string(f.Fate) == fate }))
}

// Copies lists the experts who gave the same marks throughout, in groups: one person's, perhaps, handed in twice.
func (r runReport) Copies() [][]string {
	given := map[string]string{} // all marks, by expert
	for m := range r.Marking.Marks.All() {
		if m.Kind == table.MarkPoint && m.Value.Valid {
			given[m.Expert] += fmt.Sprintln(m.Submission, m.Point, m.Value.V)
		}
	}
	groups := table.GroupBy(slices.Sorted(maps.Keys(given)), func(expert string) string { return given[expert] })
	return slices.DeleteFunc(groups, func(experts []string) bool { return len(experts) == 1 })
}

// Chosen counts the consortia that are selected in the register.
func (r runReport) Chosen() int {
	return len(table.Where(r.Submissions.All(), func(s table.Submission) bool {
		return r.Register.Award(table.ConsortiumKey(s)).Reached(templates.StepChosen)
	}))
}

// Method names the scoring method; empty: nothing was scored.
func (r runReport) Method() string {
	if r.Ranking.Ranking.Len() == 0 {
		return ""
	}
	kind, _, _ := strings.Cut(r.Ranking.Ranking.Row(0).Method, "；")
	return kind
}

// Head returns the top of the ranking.
func (r runReport) Head() []table.Rank {
	const few = 5
	ranked := table.Where(r.Ranking.Ranking.All(), func(x table.Rank) bool { return x.Ranked && x.Rank.Valid })
	return ranked[:min(few, len(ranked))]
}

// Next lists what to do next, given how far the year's work is.
func (r runReport) Next() ([]string, error) {
	const most = 3
	var b strings.Builder
	err := messageTemplates().ExecuteTemplate(&b, "next", r)
	steps := strings.FieldsFunc(b.String(), func(c rune) bool { return c == '\n' })
	return steps[:min(most, len(steps))], err
}

// Back counts what must be corrected, explained or sent again.
func (r runReport) Back() int {
	return countVerdicts(r.Judgement, model.Return) + countVerdicts(r.Judgement, model.AskFirst) +
		r.Manifest.Counts.Rejected
}

func check(c *cli.Context) (err error) {
	defer try.Caught(&err)
	try.Do(usageIf(c.Bool("list") && c.Bool("json"), "--list 和 --json 只能写一个"))
	o, r := runCommand(c, pipeline.Check)
	used := table.Where(slices.Values(r.Files), func(f pipeline.CheckedFile) bool { return f.Fate != model.Ignored })
	later := table.Each(r.Later, func(rule pipeline.CheckedRule) string { return rule.Title })
	report := map[string]any{"Later": strings.Join(later, "、"), "Files": table.Each(used,
		func(f pipeline.CheckedFile) checkedFile { return checkedFile{f, o.Definition, c.String("code")} })}
	try.Do(printResult(c, r, "check", report))
	if c.Bool("readings") && !c.Bool("json") {
		try.Do(printMessage(c.App.Writer, "readings", report))
	}
	if c.Bool("list") {
		for name, data := range try.Get(pipeline.List(o.Definition, r)) {
			try.Do(writeFiles(c, []publish.File{{Path: name, Data: data}}))
		}
	}
	return answer(nil, r.MustCorrect())
}

// Up to maxInFull findings of one rule are printed in full, up to maxByName by value and cell, more by cell only.
const (
	maxInFull = 6
	maxByName = 20
)

// checkedFile is a file as messages/check.tmpl prints it. Paper is the check code on the paper copy; empty: not given.
type checkedFile struct {
	pipeline.CheckedFile
	D     *templates.Definition
	Paper string
}

// Told returns the verdict on the submission, or the fate of the file.
func (f checkedFile) Told() string {
	switch {
	case f.Submission != nil:
		return string(f.Submission.Verdict)
	case f.Fate == model.Superseded:
		return "不采用"
	}
	return "不予受理"
}

// Compared compares the code on paper with that of the workbook; empty: no code was given.
func (f checkedFile) Compared() string {
	if f.Paper == "" {
		return ""
	}
	return table.CompareCode(f.Paper, f.Submission.CheckCode)
}

// Groups returns the findings of one severity, open or explained, grouped by rule.
func (f checkedFile) Groups(severity string, open bool) []group {
	selected := table.Where(slices.Values(f.Submission.Findings), func(x pipeline.CheckedFinding) bool {
		return string(x.Severity) == severity && (x.Explanation == "") == open
	})
	byRule := table.GroupBy(selected, func(x pipeline.CheckedFinding) string { return x.Code })
	return table.Each(byRule, func(of []pipeline.CheckedFinding) group { return group{f.D, of} })
}

// group is the findings of one rule in one workbook.
type group struct {
	d        *templates.Definition
	Findings []pipeline.CheckedFinding
}

// Rule returns the title and the code of the rule.
func (g group) Rule() string { return g.Findings[0].Title + "（" + g.Findings[0].Code + "）" }

// Name is Rule with the number of findings.
func (g group) Name() string {
	if n := len(g.Findings); n > 1 {
		return fmt.Sprintf("%s，%d 处）", strings.TrimSuffix(g.Rule(), "）"), n)
	}
	return g.Rule()
}

// Many reports whether there are too many findings to print each.
func (g group) Many() bool { return len(g.Findings) > maxInFull }

// Unheard reports whether the rule is about explanations that could not be matched to anything.
func (g group) Unheard() bool { return g.d.Rule(g.Findings[0].Code).Check == "unheard" }

// Cures returns the distinct cures of the open findings.
func (g group) Cures() []string {
	open := table.Where(slices.Values(g.Findings), func(x pipeline.CheckedFinding) bool { return x.Explanation == "" })
	return table.Unique(open, func(x pipeline.CheckedFinding) string { return x.Cure })
}

// Cells lists the value and the cells of each finding; if there are very many, the cells alone.
func (g group) Cells() string {
	all := slices.Concat(table.Each(g.Findings, func(x pipeline.CheckedFinding) []model.Place { return x.Places })...)
	if len(all) > maxByName {
		return model.Ranges(all)
	}
	return strings.Join(table.Unique(g.Findings, func(x pipeline.CheckedFinding) string {
		return strings.TrimSpace(formatPlaces(x) + " " + g.value(x))
	}), "；")
}

// value names the value that a finding is about, if it is a single one.
func (g group) value(x pipeline.CheckedFinding) string {
	if len(x.Fields) != 1 || g.d.Field(x.Fields[0]) == nil {
		return x.Member
	}
	ref := templates.Ref{Field: x.Fields[0]}
	if x.Year != nil {
		ref.Year = int(*x.Year)
	}
	return g.d.Name(ref)
}

func formatPlaces(x pipeline.CheckedFinding) string {
	if len(x.Places) > maxByName {
		return model.Ranges(x.Places)
	}
	return strings.Join(model.Cells(x.Places), "、")
}

// formatReading prints how one number or date was read.
func formatReading(x pipeline.CheckedReading) string {
	value, how := x.Shown(), ""
	if x.Value != "" {
		value += x.Unit
	}
	if len(x.Rules) > 0 {
		how = "（" + strings.Join(x.Rules, "、") + "）"
	}
	return fmt.Sprintf("%s %s：%s → %s%s", x.Cell, x.Name, x.Raw, value, how)
}
