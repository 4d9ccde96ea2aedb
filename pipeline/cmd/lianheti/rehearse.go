package main

import (
	"fmt"
	"io"
	"strings"

	"lianheti/pipeline"
	"lianheti/stages/office/book"

	"github.com/urfave/cli/v2"
)

func rehearseCommand() *cli.Command {
	return &cli.Command{
		Name:      "rehearse",
		Usage:     "演练：把一份好的工作簿弄坏几十种，看每一种是不是都能发现",
		UsageText: "lianheti rehearse [选项] 工作簿.xlsx",
		Description: "照人、办公软件和邮件系统常有的样子弄坏副本，逐份读一遍，看给出的代码和单元格对不对；\n" +
			"本来无害的改动（插行、改表名等），看数据是不是一个不变。原件不动，不写任何结果。",
		Flags: []cli.Flag{yearFlag, definitionFlag, jsonFlag},
		Action: func(c *cli.Context) error {
			d, err := definition(c)
			if err != nil {
				return err
			}
			paths, err := inputs(c)
			if err != nil {
				return err
			}
			if len(paths) != 1 {
				return usageError{fmt.Errorf("一次演练一份工作簿")}
			}
			results, err := pipeline.Rehearse(c.Context, d, paths[0])
			if err != nil {
				return usageError{err}
			}
			unseen, unmade := 0, 0
			for _, r := range results {
				switch {
				case r.Error != "":
					unmade++
				case !r.Seen:
					unseen++
				}
			}
			if c.Bool("json") {
				if err := writeJSON(c.App.Writer, map[string]any{"file": paths[0], "damages": results, "unseen": unseen, "not_made": unmade}); err != nil {
					return err
				}
			} else {
				tellRehearsal(c.App.Writer, results, unseen, unmade)
			}
			if unseen+unmade > 0 {
				return errNo
			}
			return nil
		},
	}
}

// tellRehearsal lists the damages with what was noticed, and sums up.
func tellRehearsal(w io.Writer, results []pipeline.Rehearsed, unseen, unmade int) {
	for i, r := range results {
		verdict := "发现"
		switch {
		case r.Error != "":
			verdict = "没做成"
			r.Noticed = r.Error
		case !r.Seen:
			verdict = "没有发现"
		case r.Code == "":
			verdict = "无害"
		}
		fmt.Fprintf(w, "%2d  %s  %s\n", i+1, verdict+strings.Repeat(" ", max(0, 8-book.Width(verdict))), r.What)
		fmt.Fprintf(w, "      应当：%s\n", r.Expected)
		fmt.Fprintf(w, "      实际：%s\n", strings.TrimSpace(r.Code+" "+r.Place+" "+r.Noticed))
	}
	fmt.Fprintf(w, "\n共 %d 种：都看出来的 %d 种，没有发现 %d 种，没做成 %d 种。\n", len(results), len(results)-unseen-unmade, unseen, unmade)
}
