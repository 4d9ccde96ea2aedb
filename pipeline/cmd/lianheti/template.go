package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"lianheti/stages/export"
	"lianheti/stages/render"

	"github.com/urfave/cli/v2"
)

func templateCommand() *cli.Command {
	return &cli.Command{
		Name:      "template",
		Usage:     "写出空白的填报模板",
		UsageText: "lianheti template [选项]",
		Flags: []cli.Flag{
			yearFlag, definitionFlag,
			&cli.BoolFlag{Name: "register", Usage: "改写处里用的空白登记表（run --register 读它）"},
			fromWordFlag,
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Value: ".", Usage: "放到哪个`文件夹`"},
		},
		Action: func(c *cli.Context) error {
			d, err := definition(c)
			if err != nil {
				return err
			}
			if c.IsSet(fromWordFlag.Name) {
				return fromWord(c, d)
			}
			write, name := render.Template, render.FileName(d)
			if c.Bool("register") {
				write, name = render.Register, render.RegisterFile(d)
			}
			var b bytes.Buffer
			if err := write(&b, d); err != nil {
				return err
			}
			path := filepath.Join(c.String("out"), name)
			if err := os.MkdirAll(c.String("out"), 0o755); err != nil {
				return err
			}
			if err := writeNew(path, b.Bytes()); err != nil {
				return err
			}
			fmt.Fprintf(c.App.Writer, "已写出 %s\n", path)
			return nil
		},
	}
}

// writeNew writes a file under another name and renames it, so that nobody ever sees half of it.
func writeNew(path string, data []byte) error {
	fresh := path + ".new"
	if err := os.WriteFile(fresh, data, 0o644); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		_ = os.Remove(fresh)
		return fmt.Errorf("无法写 %s，可能正被打开：%w", path, err)
	}
	return nil
}

func dictionaryCommand() *cli.Command {
	return &cli.Command{
		Name:      "dictionary",
		Usage:     "数据字典：每张表、每一列的含义（Markdown，或一份工作簿）",
		UsageText: "lianheti dictionary [选项]",
		Flags: []cli.Flag{
			yearFlag, definitionFlag,
			&cli.StringFlag{Name: "xlsx", Usage: "不在屏幕上写出，而写成工作簿`文件`，例如 --xlsx 数据字典.xlsx"},
		},
		Action: func(c *cli.Context) error {
			d, err := definition(c)
			if err != nil {
				return err
			}
			path := c.String("xlsx")
			if path == "" {
				return export.DictionaryMarkdown(c.App.Writer, d)
			}
			var b bytes.Buffer
			if err := export.DictionarySheet(&b, d); err != nil {
				return err
			}
			if err := writeNew(path, b.Bytes()); err != nil {
				return err
			}
			fmt.Fprintf(c.App.Writer, "已写出 %s\n", path)
			return nil
		},
	}
}
