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
	o, r, err := runCommand(c, pipeline.Check)
	if err != nil {
		return err
	}
	report := newCheckReport(r, o.Definition, c.String("code"))
	if err := printResult(c, r, "check", report); err != nil {
		return err
	}
	if c.Bool("readings") && !c.Bool("json") {
		if err := printMessage(c.App.Writer, "readings", report); err != nil {
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
	return answer(nil, r.MustCorrect())
}

// Up to maxInFull findings of one rule are printed in full, up to maxByName by value and cell, more by cell only.
const (
	maxInFull = 6
	maxByName = 20
)

// checkReport is what messages/check.tmpl prints.
type checkReport struct {
	Files []checkedFile
	Later string // titles of the rules that need all submissions
}

// checkedFile is one file of the report. Paper is the check code on the paper copy; empty: not given.
type checkedFile struct {
	pipeline.CheckedFile
	D     *templates.Definition
	Paper string
}

func newCheckReport(r *pipeline.Checked, d *templates.Definition, paper string) checkReport {
	used := table.Where(slices.Values(r.Files), func(f pipeline.CheckedFile) bool { return f.Fate != model.Ignored })
	later := table.Each(r.Later, func(rule pipeline.CheckedRule) string { return rule.Title })
	return checkReport{table.Each(used, func(f pipeline.CheckedFile) checkedFile { return checkedFile{f, d, paper} }),
		strings.Join(later, "、")}
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
	var all []model.Place
	for _, x := range g.Findings {
		all = append(all, x.Places...)
	}
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

// formatPlaces lists the cells of a finding.
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
