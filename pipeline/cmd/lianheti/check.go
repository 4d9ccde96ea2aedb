package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/urfave/cli/v2"
)

func check(c *cli.Context) error {
	if c.Bool("list") && c.Bool("json") {
		return usageError{errors.New("--list 和 --json 只能写一个")}
	}
	o, r, err := worked(c, pipeline.Check)
	if err != nil {
		return err
	}
	told := newChecked(r, o.Definition, c.String("code"))
	if err := tell(c, r, "check", told); err != nil {
		return err
	}
	if c.Bool("readings") && !c.Bool("json") {
		if err := say(c.App.Writer, "readings", told); err != nil {
			return err
		}
	}
	if c.Bool("list") {
		made, err := pipeline.List(o.Definition, r)
		if err != nil {
			return err
		}
		for name, data := range made {
			if err := writeFiles(c, []publish.File{{Path: name, Data: data}}); err != nil {
				return err
			}
		}
	}
	return concluded(nil, r.MustCorrect())
}

// At most so many findings of one rule are told in full; of more, value and cell of each; of still more, the cells.
const (
	toldInFull = 6
	toldByName = 20
)

// checked is what was found in workbooks, as people are told: see messages/check.tmpl.
type checked struct {
	Files []checkedFile
	Later string // the rules that a workbook alone can't be judged by
}

// checkedFile is one file of them. Paper is the check code on paper; empty: not asked about.
type checkedFile struct {
	pipeline.CheckedFile
	D     *templates.Definition
	Paper string
}

func newChecked(r *pipeline.Checked, d *templates.Definition, paper string) checked {
	used := table.Where(slices.Values(r.Files), func(f pipeline.CheckedFile) bool { return f.Fate != model.Ignored })
	later := table.Each(r.Later, func(rule pipeline.CheckedRule) string { return rule.Title })
	return checked{table.Each(used, func(f pipeline.CheckedFile) checkedFile { return checkedFile{f, d, paper} }),
		strings.Join(later, "、")}
}

// Told is the verdict on the submission, or what became of the file.
func (f checkedFile) Told() string {
	switch {
	case f.Submission != nil:
		return string(f.Submission.Verdict)
	case f.Fate == model.Superseded:
		return "不采用"
	}
	return "不予受理"
}

// Compared says how the code on paper fits the workbook; empty where nobody asks.
func (f checkedFile) Compared() string {
	if f.Paper == "" {
		return ""
	}
	return table.CompareCode(f.Paper, f.Submission.CheckCode)
}

// Groups are the findings of one severity, still open or answered, those of one rule together.
func (f checkedFile) Groups(severity string, open bool) []group {
	asked := table.Where(slices.Values(f.Submission.Findings), func(x pipeline.CheckedFinding) bool {
		return string(x.Severity) == severity && (x.Explanation == "") == open
	})
	ofRules := table.Grouped(asked, func(x pipeline.CheckedFinding) string { return x.Code })
	return table.Each(ofRules, func(of []pipeline.CheckedFinding) group { return group{f.D, of} })
}

// group is the findings of one rule in one workbook.
type group struct {
	d        *templates.Definition
	Findings []pipeline.CheckedFinding
}

// Rule is what is wrong, with its code.
func (g group) Rule() string { return g.Findings[0].Title + "（" + g.Findings[0].Code + "）" }

// Name says also how often.
func (g group) Name() string {
	if n := len(g.Findings); n > 1 {
		return fmt.Sprintf("%s，%d 处）", strings.TrimSuffix(g.Rule(), "）"), n)
	}
	return g.Rule()
}

// Many says whether there are too many to be told one by one.
func (g group) Many() bool { return len(g.Findings) > toldInFull }

// Unheard says whether it is words of the filler's that nobody can use.
func (g group) Unheard() bool { return g.d.Rule(g.Findings[0].Code).Check == "unheard" }

// Cures are how to mend them, once where that is the same for all; nothing where they are answered.
func (g group) Cures() []string {
	open := table.Where(slices.Values(g.Findings), func(x pipeline.CheckedFinding) bool { return x.Explanation == "" })
	return table.Unique(open, func(x pipeline.CheckedFinding) string { return x.Cure })
}

// Cells names the value and the cells of each finding, sheet by sheet; of very many, the cells.
func (g group) Cells() string {
	var all []model.Place
	for _, x := range g.Findings {
		all = append(all, x.Places...)
	}
	if len(all) > toldByName {
		return model.Ranges(all)
	}
	return strings.Join(table.Unique(g.Findings, func(x pipeline.CheckedFinding) string {
		return strings.TrimSpace(places(x) + " " + g.value(x))
	}), "；")
}

// value names the one value that a finding is about.
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

// places lists the cells of a finding.
func places(x pipeline.CheckedFinding) string {
	if len(x.Places) > toldByName {
		return model.Ranges(x.Places)
	}
	return strings.Join(model.Cells(x.Places), "、")
}

// reading is how one number or date was read.
func reading(x pipeline.CheckedReading) string {
	value, how := x.Shown(), ""
	if x.Value != "" {
		value += x.Unit
	}
	if len(x.Rules) > 0 {
		how = "（" + strings.Join(x.Rules, "、") + "）"
	}
	return fmt.Sprintf("%s %s：%s → %s%s", x.Cell, x.Name, x.Raw, value, how)
}
