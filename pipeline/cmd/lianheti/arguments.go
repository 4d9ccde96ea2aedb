package main

import (
	"os"
	"strings"

	"github.com/urfave/cli/v2"
)

// arrange puts flags before paths, because cli v2 stops reading flags at the first path, and makes `check` of bare paths,
// which is what Windows passes when files are dropped on the program; dropped says that it was so.
func arrange(app *cli.App, args []string) (out []string, dropped bool) {
	if len(args) < 2 {
		return args, false
	}
	name, rest := args[1], args[2:]
	command := app.Command(name)
	if command == nil {
		if _, err := os.Stat(name); err != nil || strings.HasPrefix(name, "-") {
			return args, false
		}
		command, rest, dropped = app.Command("check"), args[1:], true
	}
	var flags, paths []string
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
		if takesValue(command, arg) && i+1 < len(rest) {
			i++
			flags = append(flags, rest[i])
		}
	}
	return append(append(append([]string{args[0], command.Name}, flags...), "--"), paths...), dropped
}

// takesValue says whether the next argument belongs to this flag.
func takesValue(command *cli.Command, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range command.Flags {
		for _, n := range f.Names() {
			if n == name {
				_, boolean := f.(*cli.BoolFlag)
				return !boolean
			}
		}
	}
	return false
}
