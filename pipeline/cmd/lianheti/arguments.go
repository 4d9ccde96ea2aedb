package main

import (
	"cmp"
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

// split tells the flags of a command, with their values, from the paths.
func split(command *cli.Command, args []string) (flags, paths []string, err error) {
	given := map[string]bool{}
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
		err = cmp.Or(err, once(command, arg, given))
		name, value, assigned := strings.Cut(arg, "=")
		if takesValue(command, arg) {
			if i++; i < len(args) && !isFlag(command, args[i]) {
				flags, value = append(flags, args[i]), args[i]
			}
			assigned = true
		}
		if assigned && strings.TrimSpace(value) == "" {
			err = cmp.Or[error](err, usageError{fmt.Errorf("选项 %s 后面要有内容", name)})
		}
	}
	return flags, paths, err
}

// once refuses a flag that is written twice, but for one that lists things: the parser would take the last in silence.
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
