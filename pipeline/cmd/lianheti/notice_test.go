package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"lianheti/templates"

	"github.com/urfave/cli/v2"
)

// TestNoticeNamesRealCommands: what the notice's sentences are said to be answered by exists on the command line.
func TestNoticeNamesRealCommands(t *testing.T) {
	app := newApp(io.Discard, io.Discard)
	for _, year := range templates.Years() {
		d, err := templates.Load(year)
		if err != nil {
			t.Fatal(err)
		}
		if d.Notice == nil {
			continue // not issued yet
		}
		for _, p := range d.Notice.Parts {
			for _, item := range p.Items {
				for _, line := range item.Commands {
					words := strings.Fields(line)
					command := app.Command(words[0])
					for _, word := range words[1:] {
						if command != nil && !slices.ContainsFunc(command.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), strings.TrimPrefix(word, "--")) }) {
							t.Errorf("%s: %s has no %s", p.Cite, words[0], word)
						}
					}
					if command == nil {
						t.Errorf("%s: no command %s", p.Cite, words[0])
					}
				}
			}
		}
	}
}
