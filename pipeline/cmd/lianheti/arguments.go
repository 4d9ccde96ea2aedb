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
