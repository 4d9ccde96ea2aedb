package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"lianheti/pipeline/publish"
	"lianheti/stages/table"

	"github.com/mattn/go-runewidth"
	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v4"
)

//go:embed commands.yaml
var commandsText []byte

// actions are what the commands of commands.yaml do.
var actions = map[string]cli.ActionFunc{"run": run, "check": check, "experts": experts, "word": printForms,
	"audit": auditMoves, "template": writeTemplates, "dictionary": writeDictionary, "verify": verify, "rehearse": rehearse}

// commandsFile is commands.yaml.
type commandsFile struct {
	Flags    []flagSpec
	Commands []struct {
		Name, Usage, Text, About string
		Flags                    []flagSpec
	}
	App struct {
		Usage, Text, Help string
		CommandHelp       string `yaml:"command_help"`
		ExitCodes         string `yaml:"exit_codes"`
	}
}

// flagSpec is a flag. What it names to be read is looked for on disk before the command begins.
type flagSpec struct {
	Name, Short, Type, Default, Usage string
	Read                              bool
}

// found says so where something that a flag names to be read is not there.
func (f flagSpec) found(paths ...string) error {
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil && f.Read {
			return usageError{fmt.Errorf("找不到“%s”，请检查 --%s 后面的路径", path, f.Name)}
		}
	}
	return nil
}

func (f flagSpec) flag() cli.Flag {
	switch f.Type {
	case "number":
		return &cli.IntFlag{Name: f.Name, Usage: f.Usage}
	case "count":
		return &cli.IntFlag{Name: f.Name, Usage: f.Usage, Action: func(_ *cli.Context, n int) error {
			if n < 1 {
				return usageError{fmt.Errorf("--%s 要写正整数，不是 %d", f.Name, n)}
			}
			return nil
		}}
	case "switch":
		return &cli.BoolFlag{Name: f.Name, Usage: f.Usage}
	case "list":
		return &cli.StringSliceFlag{Name: f.Name, Usage: f.Usage,
			Action: func(_ *cli.Context, paths []string) error { return f.found(paths...) }}
	}
	text := &cli.StringFlag{Name: f.Name, Usage: f.Usage, Value: f.Default,
		Action: func(_ *cli.Context, path string) error { return f.found(path) }}
	if f.Short != "" {
		text.Aliases = []string{f.Short}
	}
	return text
}

func newApp(stdout, stderr io.Writer) *cli.App {
	speakChinese()
	var file commandsFile
	if err := yaml.Load(commandsText, &file, yaml.WithKnownFields()); err != nil {
		panic(err) // the program's own text
	}
	app := &cli.App{
		Name: "lianheti", Usage: file.App.Usage, UsageText: file.App.Text, Version: publish.Version,
		Writer: stdout, ErrWriter: stderr,
		ExitErrHandler:            func(*cli.Context, error) {}, // cli's own would end the process inside the library
		OnUsageError:              onUsageError,
		HideHelpCommand:           true,
		DisableSliceFlagSeparator: true, // a path may have a comma in it
		CustomAppHelpTemplate:     file.App.Help + file.App.ExitCodes,
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usageError{fmt.Errorf("没有“%s”这个命令，也没有这个文件", c.Args().First())}
			}
			return cli.ShowAppHelp(c)
		},
	}
	common := table.By(slices.Values(file.Flags), func(f flagSpec) string { return f.Name })
	for _, x := range file.Commands {
		command := &cli.Command{Name: x.Name, Usage: x.Usage, UsageText: x.Text, Description: x.About,
			Action: actions[x.Name], OnUsageError: onUsageError, HideHelpCommand: true,
			CustomHelpTemplate: file.App.CommandHelp + file.App.ExitCodes}
		for _, f := range x.Flags {
			if f.Usage == "" {
				f = common[f.Name]
			}
			command.Flags = append(command.Flags, f.flag())
		}
		app.Commands = append(app.Commands, command)
	}
	return app
}

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
