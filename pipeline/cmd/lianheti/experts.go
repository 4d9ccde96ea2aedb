package main

import (
	"errors"
	"fmt"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"

	"github.com/urfave/cli/v2"
)

func expertsCommand() *cli.Command {
	return &cli.Command{
		Name:      "experts",
		Usage:     "给每位专家做一份评分表",
		UsageText: "lianheti experts [选项] 文件夹或文件...",
		Description: "评分表里有各联合体报送的数据和文字，专家填好交回后，放进一个文件夹，用 lianheti run --marks 文件夹 读回。\n" +
			"专家名单是一个工作簿，表头为 编号、姓名、单位、观测点（后三列可以不填；观测点写 2.1、2.2 或整个指标 6，空着为全部），一行一位。\n" +
			"已经在的评分表里可能有评分：内容不同的不覆盖，除非写了 --overwrite。",
		Flags: []cli.Flag{
			yearFlag,
			outFlag("专家评分", "评分表放到哪个`文件夹`"),
			&cli.StringFlag{Name: "experts", TakesFile: true, Usage: "专家名单`文件`（.xlsx）；不写则按 --count 编号"},
			&cli.IntFlag{Name: "count", Action: positive("count"), Usage: "没有名单时做几份（`份数`）；不写则按定义"},
			&cli.StringFlag{Name: "marks", TakesFile: true, Usage: "已经交回的评分表所在的`文件夹`：只做补充表，各问还缺的（新的申报、换了的专家、回避的），评过的不再问"},
			registerFlag, overwriteFlag, definitionFlag, workersFlag,
		},
		Action: func(c *cli.Context) error {
			if c.IsSet("experts") && c.IsSet("count") {
				return usageError{errors.New("--experts 和 --count 只能写一个")}
			}
			_, made, err := worked(c, pipeline.Experts)
			if err != nil {
				return err
			}
			written, err := publish.Files(made.Files, c.Bool(overwriteFlag.Name))
			if err != nil {
				return err
			}
			return say(c.App.Writer, "experts", handedOut{made, written})
		},
	}
}

// handedOut is what was given to the experts, as it is told: see messages/others.tmpl.
type handedOut struct {
	*pipeline.Issued
	Written []publish.Written
}

// Asked counts what the n-th workbook asks, where it is a supplementary one.
func (i handedOut) Asked(n int) string {
	if i.Parts == nil {
		return ""
	}
	items := 0
	for _, points := range i.Parts[n].Only {
		items += len(points)
	}
	return fmt.Sprintf("  %d家%d项", len(i.Parts[n].Only), items)
}
