package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// arrange puts flags before paths, because cli v2 stops reading flags at the first path, and makes `check` of a command
// line that names no command but something that is there: that is what Windows passes when files are dropped on the
// program. dropped says that there was nothing else, as it is then.
// A flag without its value is an error, and never takes the next flag, or nothing, for it.
func arrange(app *cli.App, args []string) (out []string, dropped bool, err error) {
	if len(args) < 2 {
		return args, false, nil
	}
	command, rest := app.Command(args[1]), args[2:]
	if command == nil {
		command, rest = app.Command("check"), args[1:]
		if !namesAFile(command, rest) {
			return args, false, nil
		}
		dropped = !slices.ContainsFunc(rest, func(arg string) bool { return strings.HasPrefix(arg, "-") })
	}
	if slices.Contains(rest, "--help") || slices.Contains(rest, "-h") { // cli takes a path beside it for a topic
		return []string{args[0], command.Name, "--help"}, false, nil
	}
	var flags, paths []string
	given := map[string]bool{}
	for i := 0; i < len(rest); i++ {
		arg := rest[i]
		if arg == "--" {
			paths = append(paths, rest[i+1:]...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			paths = append(paths, arg)
			continue
		}
		flags = append(flags, arg)
		if err := once(command, arg, given); err != nil {
			return nil, false, err
		}
		if name, value, assigned := strings.Cut(arg, "="); assigned && strings.TrimSpace(value) == "" {
			return nil, false, usageError{fmt.Errorf("选项 %s 后面要有内容", name)}
		}
		if takesValue(command, arg) {
			if i++; i == len(rest) || strings.TrimSpace(rest[i]) == "" || isFlag(command, rest[i]) {
				return nil, false, usageError{fmt.Errorf("选项 %s 后面要有内容", arg)}
			}
			flags = append(flags, rest[i])
		}
	}
	return append(append(append([]string{args[0], command.Name}, flags...), "--"), paths...), dropped, nil
}

// namesAFile says whether the first of the arguments that is neither a flag nor its value is there on disk.
func namesAFile(command *cli.Command, args []string) bool {
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case len(arg) < 2 || arg[0] != '-':
			_, err := os.Stat(arg)
			return err == nil
		case takesValue(command, arg):
			i++
		}
	}
	return false
}

// once refuses a flag that is written twice: the parser would take the last and say nothing. One that lists things may
// be.
func once(command *cli.Command, arg string, given map[string]bool) error {
	f := flagOf(command, arg)
	if _, list := f.(*cli.StringSliceFlag); f == nil || list {
		return nil
	}
	name := f.Names()[0]
	if given[name] {
		return usageError{fmt.Errorf("选项 --%s 写了两次，不知以哪一个为准", name)}
	}
	given[name] = true
	return nil
}

// isFlag says whether an argument is one of the command's flags, or ends them.
func isFlag(command *cli.Command, arg string) bool {
	return arg == "--" || strings.HasPrefix(arg, "-") && flagOf(command, arg) != nil
}

// takesValue says whether the next argument belongs to this flag.
func takesValue(command *cli.Command, arg string) bool {
	f := flagOf(command, arg)
	_, boolean := f.(*cli.BoolFlag)
	return f != nil && !boolean && !strings.Contains(arg, "=")
}

// flagOf is the flag of a command that an argument names, with or without its value; nil: none.
func flagOf(command *cli.Command, arg string) cli.Flag {
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	i := slices.IndexFunc(command.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) })
	if i < 0 {
		return nil
	}
	return command.Flags[i]
}
