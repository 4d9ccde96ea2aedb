package main

import (
	_ "embed"
	"fmt"
	"io"

	"lianheti/pipeline/publish"

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

// flagSpec is a flag. What it names to be read is looked for on disk before anything else is done.
type flagSpec struct {
	Name, Short, Type, Default, Usage string
	Read                              bool
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
		return &cli.StringSliceFlag{Name: f.Name, Usage: f.Usage, TakesFile: f.Read}
	}
	text := &cli.StringFlag{Name: f.Name, Usage: f.Usage, TakesFile: f.Read, Value: f.Default}
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
	common := map[string]flagSpec{}
	for _, f := range file.Flags {
		common[f.Name] = f
	}
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
