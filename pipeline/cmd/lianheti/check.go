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

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "报送前自检：这些工作簿会不会被退回，哪里要改",
		UsageText: "lianheti check [选项] 文件或文件夹...",
		Description: "逐份自检，与省里汇总时对这一份的结论相同；涉及几份申报之间的规则只列出名称，汇总时才能核对。\n" +
			"不改动原件；写了 --annotate 才另存标注件，已有的文件不覆盖。",
		Flags: []cli.Flag{
			yearFlag, definitionFlag, workersFlag,
			&cli.StringFlag{Name: "code", Usage: "纸质件页脚上的`校验码`：与各份现在的比，旧版的认得出"},
			&cli.StringFlag{Name: "annotate", Usage: "把有问题的各份另存为标注件，放到这个`文件夹`：有问题的格子标色，批注里写着怎么改"},
			&cli.BoolFlag{Name: "readings", Usage: "另列读数一览：每个数和日期是怎样读的（--json 总是带着）；写了 --annotate 的，在标注件旁另存一份"},
			&cli.BoolFlag{Name: "list", Usage: "另写一份地市报送汇总表（Word），随报送函用：推荐次序、核实方式留着填"}, overwriteFlag,
			jsonFlag,
		},
		Action: func(c *cli.Context) error {
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
		},
	}
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
	var out checked
	for _, f := range r.Files {
		if f.Fate != model.Ignored {
			out.Files = append(out.Files, checkedFile{f, d, paper})
		}
	}
	var later []string
	for _, rule := range r.Later {
		later = append(later, rule.Title)
	}
	out.Later = strings.Join(later, "、")
	return out
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

// Groups are the findings of one severity, still open or answered, those of one rule together, in the order in which
// the rules come.
func (f checkedFile) Groups(severity string, open bool) []group {
	var out []group
	for _, x := range f.Submission.Findings {
		if string(x.Severity) != severity || (x.Explanation == "") != open {
			continue
		}
		i := slices.IndexFunc(out, func(g group) bool { return g.Findings[0].Code == x.Code })
		if i < 0 {
			i, out = len(out), append(out, group{d: f.D})
		}
		out[i].Findings = append(out[i].Findings, x)
	}
	return out
}

// group is the findings of one rule in one workbook.
type group struct {
	d        *templates.Definition
	Findings []pipeline.CheckedFinding
}

// Rule is what is wrong, with its code.
func (g group) Rule() string {
	return fmt.Sprintf("%s（%s）", g.Findings[0].Title, g.Findings[0].Code)
}

// Name says also how often.
func (g group) Name() string {
	if n := len(g.Findings); n > 1 {
		return fmt.Sprintf("%s（%s，%d 处）", g.Findings[0].Title, g.Findings[0].Code, n)
	}
	return g.Rule()
}

// Many says whether there are too many to be told one by one.
func (g group) Many() bool { return len(g.Findings) > toldInFull }

// Unheard says whether it is words of the filler's that nobody can use.
func (g group) Unheard() bool { return g.d.Rule(g.Findings[0].Code).Check == "unheard" }

// Cures are how to mend them, once where that is the same for all; nothing where they are answered.
func (g group) Cures() []string {
	var out []string
	for _, x := range g.Findings {
		if x.Explanation == "" && !slices.Contains(out, x.Cure) {
			out = append(out, x.Cure)
		}
	}
	return out
}

// Cells names the value and the cells of each finding, sheet by sheet; of very many, the cells.
func (g group) Cells() string {
	if all := allPlaces(g.Findings...); len(all) > toldByName {
		return model.Ranges(all)
	}
	var out []string
	for _, x := range g.Findings {
		what := places(x)
		if name := g.value(x); name != "" {
			what += " " + name
		}
		if !slices.Contains(out, what) {
			out = append(out, what)
		}
	}
	return strings.Join(out, "；")
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

// allPlaces lists the places of several findings.
func allPlaces(findings ...pipeline.CheckedFinding) []model.Place {
	var out []model.Place
	for _, x := range findings {
		for _, p := range x.Places {
			out = append(out, model.Place(p))
		}
	}
	return out
}

// places lists the cells of a finding; the sheet is named once where the cells are on one.
func places(x pipeline.CheckedFinding) string {
	if len(x.Places) > toldByName {
		return model.Ranges(allPlaces(x))
	}
	var out []string
	sheet := ""
	for _, p := range x.Places {
		at := model.Place(p).String()
		switch {
		case p.Sheet == "":
			at = "整份文件"
		case p.Sheet == sheet && p.Cell != "":
			at = p.Cell
		}
		sheet = p.Sheet
		if !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return strings.Join(out, "、")
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
