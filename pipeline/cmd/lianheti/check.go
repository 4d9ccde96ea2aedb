package main

import (
	"fmt"
	"io"

	"lianheti/pipeline"
	"lianheti/stages"
	"lianheti/stages/table"

	"github.com/urfave/cli/v2"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:        "check",
		Usage:       "报送前自检：这些工作簿会不会被退回，哪里要改",
		UsageText:   "lianheti check [选项] 文件或文件夹...",
		Description: "只看，不写任何文件。涉及几份申报之间的规则，汇总时才能核对。",
		Flags:       []cli.Flag{yearFlag, definitionFlag, workersFlag, jsonFlag},
		Action: func(c *cli.Context) error {
			d, err := definition(c)
			if err != nil {
				return err
			}
			paths, err := inputs(c)
			if err != nil {
				return err
			}
			r, err := pipeline.Check(c.Context, pipeline.Options{Definition: d, Inputs: paths, Workers: c.Int("workers")})
			if err != nil {
				return err
			}
			if c.Bool("json") {
				if err := writeJSON(c.App.Writer, r); err != nil {
					return err
				}
			} else {
				tell(c.App.Writer, r)
			}
			if r.MustCorrect() {
				return answerNo
			}
			return nil
		},
	}
}

// tell lists what was found, file by file: the verdict, then the findings, gravest first.
func tell(w io.Writer, r *pipeline.Checked) {
	for _, f := range r.Files {
		if f.Fate == stages.Ignored {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", f.Path)
		if f.Fate != stages.Accepted {
			fmt.Fprintf(w, "  不予受理：%s（%s）\n  怎么办：%s\n", f.Reason, f.Code, f.Cure)
			continue
		}
		v := r.Verdict(f.Submission)
		fmt.Fprintf(w, "  结论：%s　必须修改 %d 处，需核实说明 %d 处，提示 %d 处\n", v.Verdict, v.Errors, v.Warnings, v.Hints)
		for _, severity := range stages.Severities {
			tellFindings(w, severity.Label(), r.Of(f.Submission, severity))
		}
	}
	fmt.Fprintln(w, "\n涉及几份申报之间的规则（成员重复、文字雷同等），汇总时核对。")
}

func tellFindings(w io.Writer, heading string, findings []table.Finding) {
	if len(findings) == 0 {
		return
	}
	fmt.Fprintf(w, "  【%s】\n", heading)
	for _, x := range findings {
		place := stages.Place{File: x.File, Sheet: x.Sheet, Cell: x.Cell}
		fmt.Fprintf(w, "    %s  %s\n      %s（%s）\n", place, x.Message, x.Cure, x.Code)
	}
}
