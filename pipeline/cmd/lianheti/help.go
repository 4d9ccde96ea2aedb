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
