package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/urfave/cli/v2"
)

// speakChinese sets what cli keeps in its own variables: the help flag, and how a flag is written in a help text.
func speakChinese() {
	cli.HelpFlag = &cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "显示用法"}
	cli.VersionFlag = &cli.BoolFlag{Name: "version", Aliases: []string{"v"}, Usage: "显示版本"}
	cli.FlagStringer = flagText
}

// placeholder finds the word of a usage that names the value of the flag: 放到哪个`文件夹`.
var placeholder = regexp.MustCompile("`([^`]+)`")

// columns measures texts as terminals show them, hanzi two wide; namesWidth is that of the first column of a help text.
var columns = &runewidth.Condition{EastAsianWidth: false}

const namesWidth = 22

// flagText writes a flag as a line of help: names, value, usage, and the default where there is one.
func flagText(f cli.Flag) string {
	flag, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	var names []string
	for _, name := range f.Names() {
		names = append(names, strings.Repeat("-", min(len(name), 2))+name)
	}
	text, usage := strings.Join(names, ", "), flag.GetUsage()
	if flag.TakesValue() {
		if m := placeholder.FindStringSubmatch(usage); m != nil {
			text += " " + m[1]
		}
		if standard := strings.Trim(flag.GetDefaultText(), `"`); standard != "" && standard != "0" {
			usage += fmt.Sprintf("（默认 %s）", standard)
		}
	}
	return columns.FillRight(text, namesWidth) + "  " + strings.ReplaceAll(usage, "`", "")
}

const exitCodes = `退出码:
   0 完成（有需要退回的申报也是完成）   1 结论为否（check：须修改；verify：有出入；rehearse：有没看出来的；audit：有逆向动作抬高名次；run：一份也没有采用；run --strict：有退回）
   2 用法有误                           3 未能完成，没有发布任何结果
`

const appHelp = `{{.Name}} {{.Version}} — {{.Usage}}

用法:
   {{.UsageText}}

命令:{{range .VisibleCommands}}
   {{.Name}}	{{.Usage}}{{end}}

每个命令的选项见 lianheti 命令 --help。

` + exitCodes

const commandHelp = `{{.HelpName}} — {{.Usage}}

用法:
   {{.UsageText}}
{{if .Description}}
{{.Description}}
{{end}}
选项:{{range .VisibleFlags}}
   {{.}}{{end}}

` + exitCodes
