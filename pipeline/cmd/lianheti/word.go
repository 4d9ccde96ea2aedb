package main

import (
	"fmt"
	"io"
	"path/filepath"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/stages/model"
	"lianheti/stages/text"

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
			o, err := options(c)
			if err != nil {
				return err
			}
			printed, err := watched(c, &o, func() (*pipeline.Printed, error) { return pipeline.Word(c.Context, o) })
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
			tellPrinted(c.App.Writer, printed, o.Out)
			if printed.Refused() {
				return errNo
			}
			return nil
		},
	}
}

// tellPrinted says what was written, and what was not and why.
func tellPrinted(w io.Writer, p *pipeline.Printed, dir string) {
	for _, f := range p.Forms {
		if f.Data == nil {
			fmt.Fprintf(w, "没有生成  %s：文字超过限定字数\n", text.Mask(f.Submission.File))
			for _, x := range f.TooLong {
				fmt.Fprintf(w, "    %s  %s\n      %s（%s）\n", model.Place{File: x.File, Sheet: x.Sheet, Cell: x.Cell}, x.Message, x.Cure, x.Code)
			}
			continue
		}
		fmt.Fprintf(w, "%s　校验码 %s\n", filepath.Join(dir, f.Name), f.CheckCode)
		for _, m := range f.Unprinted {
			fmt.Fprintf(w, "    没有印出  %s!%s  成员单位“%s”：组成“%s”不在推荐书所列的各类之中，请改正后重新生成\n", m.Sheet, m.Cell, m.Name, m.KindLabel)
		}
	}
	for _, f := range p.Files {
		switch f.Fate {
		case model.Rejected:
			fmt.Fprintf(w, "没有生成  %s：%s（%s）\n    怎么办：%s\n", text.Mask(f.Path), f.Reason, f.Code, f.Cure)
		case model.Superseded:
			fmt.Fprintf(w, "没有生成  %s：%s\n", text.Mask(f.Path), f.Reason)
		}
	}
	if len(p.Forms) == 0 {
		fmt.Fprintln(w, "没有可以生成推荐书的工作簿。")
	}
}
