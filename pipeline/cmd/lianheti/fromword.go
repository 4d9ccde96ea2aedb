package main

import (
	"fmt"
	"io"
	"path/filepath"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/stages/text"
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
	w := c.App.Writer
	if t.Workbook == nil {
		fmt.Fprintf(w, "没有生成：%s（%s）\n怎么办：%s\n", t.File.Reason, t.File.Code, t.File.Cure)
		return errNo
	}
	path := filepath.Join(c.String("out"), t.Name)
	if err := writeFiles(c, []publish.File{{Path: path, Data: t.Workbook}}); err != nil {
		return err
	}
	fmt.Fprintf(w, "填入 %d 项。\n", t.Values)
	tellTranscribed(w, t)
	if len(t.Unplaced)+len(t.Doubtful) > 0 {
		return errNo
	}
	return nil
}

// tellTranscribed lists what a person has to put in by hand or look at.
func tellTranscribed(w io.Writer, t *pipeline.Transcribed) {
	if len(t.Unplaced) > 0 {
		fmt.Fprintf(w, "\n没有放进模板的 %d 处，请对照 Word 版补填或确认：\n", len(t.Unplaced))
	}
	for _, u := range t.Unplaced {
		fmt.Fprintf(w, "  %s%s  “%s”\n      %s\n", u.Place.Sheet, u.Place.Cell, short(u.Text), u.Why)
	}
	if len(t.Doubtful) > 0 {
		fmt.Fprintf(w, "\n请核对的 %d 处：\n", len(t.Doubtful))
	}
	for _, x := range t.Doubtful {
		if x.Read == "" {
			fmt.Fprintf(w, "  %s：“%s”读不成这一栏要的内容，已原样填入\n", x.Name, short(x.Wrote))
		} else {
			fmt.Fprintf(w, "  %s：Word 版写的是“%s”，填为 %s\n", x.Name, short(x.Wrote), x.Read)
		}
	}
	fmt.Fprintln(w, "\nWord 版里没有的栏目（支撑材料目录、市级核实、补充采集的年度数据等）请在模板里补填，再用 lianheti check 自检。")
}

// short is a text as one line of a list.
func short(s string) string {
	const most = 40
	var out []rune
	for _, r := range text.Mask(s) {
		if r == '\n' || r == '\t' {
			r = ' '
		}
		if out = append(out, r); len(out) == most {
			return string(out) + "…"
		}
	}
	return string(out)
}
