package main

import (
	"fmt"
	"path/filepath"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/templates"

	"github.com/urfave/cli/v2"
)

var fromWordFlag = &cli.StringFlag{Name: "from-word", TakesFile: true, Usage: "由填好的推荐书 Word 版`文件`（.docx）填出模板，放不进去的逐条列出"}

// fromWord fills the template from a Word form and tells what found no place.
func fromWord(c *cli.Context, d *templates.Definition) error {
	t, err := pipeline.FromWord(d, c.String("from-word"))
	if err != nil {
		return err
	}
	if t.Workbook == nil {
		fmt.Fprintf(c.App.Writer, "没有生成：%s（%s）\n怎么办：%s\n", t.File.Reason, t.File.Code, t.File.Cure)
		return errNo
	}
	path := filepath.Join(c.String("out"), t.Name)
	if err := writeFiles(c, []publish.File{{Path: path, Data: t.Workbook}}); err != nil {
		return err
	}
	return concluded(say(c.App.Writer, "transcribed", t), len(t.Unplaced)+len(t.Doubtful) > 0)
}
