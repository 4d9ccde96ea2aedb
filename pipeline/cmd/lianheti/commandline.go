package main

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/urfave/cli/v2"
	"go.yaml.in/yaml/v4"
)

//go:embed commands.yaml
var commandsText []byte

// actions are the functions of the commands in commands.yaml.
var actions = map[string]cli.ActionFunc{"run": run, "check": check, "experts": experts, "word": printForms,
	"audit": auditMoves, "template": writeTemplates, "dictionary": writeDictionary, "verify": verify, "rehearse": rehearse}

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

// flagSpec is a flag. If Read is set, its value is a path that must exist.
type flagSpec struct {
	Name, Short, Type, Default, Usage string
	Read                              bool
}

// checkExists refuses paths of the flag that do not exist.
func (f flagSpec) checkExists(paths ...string) (err error) {
	for _, path := range paths {
		_, missing := os.Stat(path)
		err = cmp.Or(err, usageIf(missing != nil && f.Read, "找不到“%s”，请检查 --%s 后面的路径", path, f.Name))
	}
	return err
}

func (f flagSpec) flag() cli.Flag {
	switch f.Type {
	case "number":
		return &cli.IntFlag{Name: f.Name, Usage: f.Usage}
	case "count":
		return &cli.IntFlag{Name: f.Name, Usage: f.Usage, Action: func(_ *cli.Context, n int) error {
			return usageIf(n < 1, "--%s 要写正整数，不是 %d", f.Name, n)
		}}
	case "switch":
		return &cli.BoolFlag{Name: f.Name, Usage: f.Usage}
	case "list":
		return &cli.StringSliceFlag{Name: f.Name, Usage: f.Usage,
			Action: func(_ *cli.Context, paths []string) error { return f.checkExists(paths...) }}
	}
	text := &cli.StringFlag{Name: f.Name, Usage: f.Usage, Value: f.Default,
		Action: func(_ *cli.Context, path string) error { return f.checkExists(path) }}
	if f.Short != "" {
		text.Aliases = []string{f.Short}
	}
	return text
}

func newApp(stdout, stderr io.Writer) *cli.App {
	cli.HelpFlag = &cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "显示用法"}
	cli.VersionFlag = &cli.BoolFlag{Name: "version", Aliases: []string{"v"}, Usage: "显示版本"}
	cli.FlagStringer = flagText
	var file commandsFile
	if err := yaml.Load(commandsText, &file, yaml.WithKnownFields()); err != nil {
		panic(err) // an embedded file
	}
	app := &cli.App{
		Name: "lianheti", Usage: file.App.Usage, UsageText: file.App.Text, Version: publish.Version,
		Writer: stdout, ErrWriter: stderr,
		ExitErrHandler:            func(*cli.Context, error) {}, // the default would exit inside the library
		OnUsageError:              onUsageError,
		HideHelpCommand:           true,
		DisableSliceFlagSeparator: true, // paths may contain commas
		CustomAppHelpTemplate:     file.App.Help + file.App.ExitCodes,
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usageError{fmt.Errorf("没有“%s”这个命令，也没有这个文件", c.Args().First())}
			}
			return cli.ShowAppHelp(c)
		},
	}
	common := table.IndexBy(slices.Values(file.Flags), func(f flagSpec) string { return f.Name })
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

// placeholder finds the name of the value in a usage text: 放到哪个`文件夹`.
var placeholder = regexp.MustCompile("`([^`]+)`")

// namesWidth is the width of the first column of a help text.
const namesWidth = 22

// flagText formats a flag as a line of help: names, value, usage, and the default if there is one.
func flagText(f cli.Flag) string {
	flag, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	names := table.Each(f.Names(), func(name string) string { return strings.Repeat("-", min(len(name), 2)) + name })
	text, usage := strings.Join(names, ", "), flag.GetUsage()
	if flag.TakesValue() {
		if m := placeholder.FindStringSubmatch(usage); m != nil {
			text += " " + m[1]
		}
		if standard := strings.Trim(flag.GetDefaultText(), `"`); standard != "" && standard != "0" {
			usage += fmt.Sprintf("（默认 %s）", standard)
		}
	}
	return pad(text, namesWidth) + "  " + strings.ReplaceAll(usage, "`", "")
}

// commonOptions reads the flags that several commands share, and the paths on the command line.
func commonOptions(c *cli.Context) (o pipeline.Options, err error) {
	defer try.Caught(&err)
	o.Definition = try.Get(loadDefinition(c))
	if c.String("from") == "" {
		o.Inputs = try.Get(inputPaths(c))
	} else {
		try.Do(usageIf(c.NArg() > 0, "--from 从数据表重新计算，不能再给文件或文件夹（%s）", c.Args().First()))
	}
	o.DefinitionDir, o.Out, o.From = c.String("definition"), c.String("out"), c.String("from")
	o.Register, o.Marks, o.Previous = c.String("register"), c.String("marks"), c.String("previous")
	o.Experts, o.Count = c.String("experts"), c.Int("count")
	o.Annotate, o.Readings, o.Workers = c.String("annotate"), c.Bool("readings"), c.Int("workers")
	o.NoReadings = !o.Readings && !c.Bool("json")
	return o, nil
}

// loadDefinition loads the definition of the year, built in or from --definition.
func loadDefinition(c *cli.Context) (_ *templates.Definition, err error) {
	defer try.Caught(&err)
	dir, known, newest := c.String("definition"), templates.Years(), templates.Latest()
	if dir != "" {
		known = templates.YearsIn(dir)
		try.Do(usageIf(len(known) == 0, "%s 里没有年度的文件夹（如 %d）：--definition 要写它的上一层", dir, newest))
		newest = slices.Max(known)
	}
	year := try.Get(batchYear(c, known, newest))
	if dir == "" {
		return templates.Load(year)
	}
	d, err := templates.LoadDir(dir, year)
	if err == nil && d.Warning != "" {
		fmt.Fprintln(c.App.ErrWriter, "提示："+d.Warning)
	}
	return d, err
}

// batchYear returns --year, or else the year of the input forms or of the data in --from, or else the newest.
func batchYear(c *cli.Context, known []int, newest int) (int, error) {
	switch {
	case c.IsSet("year") && !slices.Contains(known, c.Int("year")):
		return 0, usageError{fmt.Errorf("没有 %d 年的定义，有的是 %s：请检查 --year，或先建立该年度的定义文件", c.Int("year"),
			strings.Join(table.Each(known, strconv.Itoa), "、"))}
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
	found, err := pipeline.InputYears(c.Args().Slice(), known)
	years := slices.Sorted(maps.Keys(found))
	switch {
	case err != nil || len(years) == 0: // unreadable inputs are reported by the command
		return newest, nil
	case len(years) > 1:
		list := table.Each(years, func(y int) string { return fmt.Sprintf("%d年%d份（如 %s）", y, len(found[y]), found[y][0]) })
		return 0, usageError{fmt.Errorf("收到的工作簿不是同一个年度的：%s。一次只处理一个年度，请用 --year 写明，或把各年的分开",
			strings.Join(list, "、"))}
	}
	return years[0], nil
}

// inputPaths returns the paths on the command line: at least one, and all must exist.
func inputPaths(c *cli.Context) (paths []string, err error) {
	defer try.Caught(&err)
	try.Do(usageIf(c.NArg() == 0, "没有给出文件或文件夹。例如：lianheti %s samples/%d", c.Command.Name, templates.Latest()))
	for _, path := range c.Args().Slice() {
		_, missing := os.Lstat(path)
		try.Do(usageIf(missing != nil, "找不到“%s”，请检查路径", path))
	}
	return c.Args().Slice(), nil
}

// runCommand reads the common options and does the work of a command, showing progress. It ends a command that fails.
func runCommand[T any](c *cli.Context, work func(context.Context, pipeline.Options) (T, error)) (pipeline.Options, T) {
	o := try.Get(commonOptions(c))
	o.Progress = progressLine(c.App.ErrWriter)
	o.Progress("查找文件", 0, 0)
	defer o.Progress("", 0, 0)
	return o, try.Get(work(c.Context, o))
}

// printResult prints a result as JSON or as a message.
func printResult(c *cli.Context, machine any, message string, about any) error {
	if c.Bool("json") {
		_, err := c.App.Writer.Write(text.JSON(machine, true))
		return err
	}
	return printMessage(c.App.Writer, message, about)
}

// answer turns a negative answer of a command that did its work into errNo.
func answer(err error, no bool) error { return table.Either(err == nil && no, errNo, err) }

// normalizeArgs puts flags before paths, because cli v2 stops reading flags at the first path. It inserts `check`
// before a path in the place of a command, as when files are dropped on the program in Windows; dropped: there is
// nothing else. A flag without its value is an error; it never takes the next flag as value.
func normalizeArgs(app *cli.App, args []string) (out []string, dropped bool, err error) {
	if len(args) < 2 {
		return args, false, nil
	}
	command, rest := app.Command(args[1]), args[2:]
	unnamed := command == nil
	if unnamed {
		command, rest = app.Command("check"), args[1:]
	}
	flags, paths, err := splitArgs(command, rest)
	if unnamed {
		if len(paths) == 0 {
			return args, false, nil
		}
		if _, missing := os.Stat(paths[0]); missing != nil {
			return args, false, nil
		}
	}
	if slices.Contains(rest, "--help") || slices.Contains(rest, "-h") { // cli would take a path beside it for a help topic
		return []string{args[0], command.Name, "--help"}, false, nil
	}
	return slices.Concat([]string{args[0], command.Name}, flags, []string{"--"}, paths), unnamed && len(flags) == 0, err
}

// splitArgs separates flags with their values from paths. Only list flags may be repeated: cli would take the last.
func splitArgs(command *cli.Command, args []string) (flags, paths []string, err error) {
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
		if f != nil && !boolean && !assigned { // the next argument is its value, unless it is a flag
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
