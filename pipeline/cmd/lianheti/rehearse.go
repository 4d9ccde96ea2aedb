package main

import (
	"fmt"

	"lianheti/pipeline"

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
			err = tell(c, map[string]any{"file": paths[0], "damages": results, "unseen": unseen, "not_made": unmade},
				"rehearsal", map[string]any{
					"Results": results, "Seen": len(results) - unseen - unmade, "Unseen": unseen, "Unmade": unmade})
			return concluded(err, unseen+unmade > 0)
		},
	}
}
