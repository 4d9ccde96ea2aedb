package main

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

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

// options are what the flags that several commands have say, with the paths on the command line.
func options(c *cli.Context) (o pipeline.Options, err error) {
	if o.Definition, err = definition(c); err != nil {
		return o, err
	}
	if c.String("from") == "" {
		o.Inputs, err = inputs(c)
	} else if c.NArg() > 0 {
		err = usageError{fmt.Errorf("--from 从数据表重新计算，不能再给文件或文件夹（%s）", c.Args().First())}
	}
	o.DefinitionDir, o.Out, o.From = c.String("definition"), c.String("out"), c.String("from")
	o.Register, o.Marks, o.Previous = c.String("register"), c.String("marks"), c.String("previous")
	o.Experts, o.Count = c.String("experts"), c.Int("count")
	o.Annotate, o.Readings, o.Workers = c.String("annotate"), c.Bool("readings"), c.Int("workers")
	return o, err
}

// definition loads the year's definition, the shipped one or that of a folder.
func definition(c *cli.Context) (*templates.Definition, error) {
	dir, known, newest := c.String("definition"), templates.Years(), templates.Latest()
	if in := templates.YearsIn(dir); dir != "" && len(in) > 0 { // what is not there is said by its name
		known, newest = in, slices.Max(in)
	}
	year, err := yearOf(c, known, newest)
	if err != nil {
		return nil, err
	}
	if dir == "" {
		return templates.Load(year)
	}
	d, err := templates.LoadDir(dir, year)
	if err == nil && d.Warning != "" {
		fmt.Fprintln(c.App.ErrWriter, "提示："+d.Warning)
	}
	return d, err
}

// yearOf is the year that is written, or else that of the forms handed in or of what --from names, or else the newest.
func yearOf(c *cli.Context, known []int, newest int) (int, error) {
	switch {
	case c.IsSet("year"):
		return c.Int("year"), nil
	case len(known) == 1:
		return newest, nil
	}
	if from := c.String("from"); from != "" {
		if m, err := publish.ReadManifest(filepath.Dir(filepath.Clean(from))); err == nil && slices.Contains(known, m.Year) {
			return m.Year, nil
		}
	}
	years, err := pipeline.InputYears(c.Args().Slice(), known)
	switch {
	case err != nil || len(years) == 0: // what can't be read is said by the command itself
		return newest, nil
	case len(years) > 1:
		said := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(years)), "、"), "[]")
		return 0, usageError{fmt.Errorf("收到的工作簿有 %s 几个年度的：一次只处理一个年度，请用 --year 写明，或把各年的分开", said)}
	}
	return years[0], nil
}

// inputs are the paths on the command line; there must be one, and they must exist.
func inputs(c *cli.Context) ([]string, error) {
	if c.NArg() == 0 {
		return nil, usageError{fmt.Errorf("没有给出文件或文件夹。例如：lianheti %s samples/%d", c.Command.Name, templates.Latest())}
	}
	for _, path := range c.Args().Slice() {
		if _, err := os.Lstat(path); err != nil {
			return nil, usageError{fmt.Errorf("找不到“%s”，请检查路径", path)}
		}
	}
	return c.Args().Slice(), nil
}

// worked does what a command is for, as its flags say, and shows meanwhile how far it is.
func worked[T any](c *cli.Context, work func(context.Context, pipeline.Options) (T, error)) (o pipeline.Options,
	made T, err error) {
	if o, err = options(c); err != nil {
		return o, made, err
	}
	p := newProgress(c.App.ErrWriter)
	o.Progress = p.show
	p.show("查找文件", 0, 0)
	defer p.clear()
	made, err = work(c.Context, o)
	return o, made, err
}

// tell says what was made, in words or as JSON.
func tell(c *cli.Context, machine any, message string, about any) error {
	if c.Bool("json") {
		_, err := c.App.Writer.Write(text.JSON(machine, true))
		return err
	}
	return say(c.App.Writer, message, about)
}

// concluded is how a command ends that has done its work: the answer may be no.
func concluded(err error, no bool) error {
	if err == nil && no {
		return errNo
	}
	return err
}

// arrange puts flags before paths, because cli v2 stops reading flags at the first path, and makes `check` of a command
// line that names no command but something that is there: that is what Windows passes when files are dropped on the
// program. dropped says that there was nothing else, as it is then.
// A flag without its value is an error, and never takes the next flag, or nothing, for it.
func arrange(app *cli.App, args []string) (out []string, dropped bool, err error) {
	if len(args) < 2 {
		return args, false, nil
	}
	command, rest := app.Command(args[1]), args[2:]
	unnamed := command == nil
	if unnamed {
		command, rest = app.Command("check"), args[1:]
	}
	flags, paths, err := split(command, rest)
	if unnamed {
		if len(paths) == 0 {
			return args, false, nil
		}
		if _, missing := os.Stat(paths[0]); missing != nil {
			return args, false, nil
		}
	}
	if slices.Contains(rest, "--help") || slices.Contains(rest, "-h") { // cli takes a path beside it for a topic
		return []string{args[0], command.Name, "--help"}, false, nil
	}
	return slices.Concat([]string{args[0], command.Name}, flags, []string{"--"}, paths), unnamed && len(flags) == 0, err
}

// split tells the flags of a command, with their values, from the paths. A flag that is written twice is an error, but
// for one that lists things: the parser would take the last in silence.
func split(command *cli.Command, args []string) (flags, paths []string, err error) {
	known, given := map[string]cli.Flag{}, map[cli.Flag]bool{}
	for _, f := range command.Flags {
		for _, name := range f.Names() {
			known["-"+name], known["--"+name] = f, f
		}
	}
	wrong := func(format string, about string) {
		err = cmp.Or[error](err, usageError{fmt.Errorf(format, about)})
	}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return flags, append(paths, args[i+1:]...), err
		}
		if len(arg) < 2 || arg[0] != '-' {
			paths = append(paths, arg)
			continue
		}
		flags = append(flags, arg)
		name, value, assigned := strings.Cut(arg, "=")
		f := known[name]
		_, boolean := f.(*cli.BoolFlag)
		if _, list := f.(*cli.StringSliceFlag); f != nil && !list && given[f] {
			wrong("选项 --%s 写了两次，不知以哪一个为准", f.Names()[0])
		}
		given[f] = true
		if f != nil && !boolean && !assigned { // the next argument belongs to it, unless that is a flag
			assigned = true
			if i++; i < len(args) && args[i] != "--" && known[strings.Split(args[i], "=")[0]] == nil {
				flags, value = append(flags, args[i]), args[i]
			}
		}
		if assigned && strings.TrimSpace(value) == "" {
			wrong("选项 %s 后面要有内容", name)
		}
	}
	return flags, paths, err
}
