package main

import (
	"fmt"

	"lianheti/pipeline"

	"github.com/urfave/cli/v2"
)

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "核对一次运行的结果是否仍是当时发布的样子",
		UsageText: "lianheti verify output/2024",
		Flags:     []cli.Flag{jsonFlag},
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usageError{fmt.Errorf("要给出一个结果文件夹，例如 output/2024")}
			}
			m, differences, err := pipeline.Verify(c.Args().First())
			if err != nil {
				return usageError{err}
			}
			if c.Bool("json") {
				if err := writeJSON(c.App.Writer, map[string]any{"files": len(m.Outputs), "differences": differences}); err != nil {
					return err
				}
			} else if len(differences) == 0 {
				fmt.Fprintf(c.App.Writer, "一致：%d 个文件与 %s 所记相同。\n", len(m.Outputs), pipeline.ManifestName)
			} else {
				fmt.Fprintf(c.App.Writer, "有出入：%d 处。\n", len(differences))
				for _, x := range differences {
					fmt.Fprintf(c.App.Writer, "  %s  %s\n", x.What, x.Path)
				}
			}
			if len(differences) > 0 {
				return errNo
			}
			return nil
		},
	}
}
