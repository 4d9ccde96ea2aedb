package main

import (
	"path/filepath"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"

	"github.com/urfave/cli/v2"
)

func wordCommand() *cli.Command {
	return &cli.Command{
		Name:      "word",
		Usage:     "由填好的工作簿生成推荐书 Word 版（附件3），打印后签字盖章",
		UsageText: "lianheti word [选项] 文件或文件夹...",
		Description: "A4 双面、左侧装订；签字、盖章和日期处留空。页脚的校验码由印出的内容算得，lianheti check 报的是同一个。\n" +
			"文字超过限定字数的，那一份不生成，说明超了多少；其余照常生成。",
		Flags: []cli.Flag{
			yearFlag, definitionFlag, workersFlag, overwriteFlag,
			outFlag(".", "放到哪个`文件夹`"),
		},
		Action: func(c *cli.Context) error {
			o, printed, err := worked(c, pipeline.Word)
			if err != nil {
				return err
			}
			var made []publish.File
			for _, f := range printed.Forms {
				if f.Data != nil {
					made = append(made, publish.File{Path: filepath.Join(o.Out, f.Name), Data: f.Data})
				}
			}
			if err := writeFiles(c, made); err != nil {
				return err
			}
			err = say(c.App.Writer, "printed", struct {
				*pipeline.Printed
				Out string
			}{printed, o.Out})
			return concluded(err, printed.Refused())
		},
	}
}
