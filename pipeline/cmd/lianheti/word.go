package main

import (
	"path/filepath"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"

	"github.com/urfave/cli/v2"
)

func printForms(c *cli.Context) error {
	o, printed, err := worked(c, pipeline.Word)
	if err != nil {
		return err
	}
	var made []publish.File
	for _, f := range printed.Forms {
		if f.Data != nil {
			made = append(made, publish.File{Path: filepath.Join(o.Out, f.Name), Data: f.Data})
		}
	}
	if err := writeFiles(c, made); err != nil {
		return err
	}
	err = say(c.App.Writer, "printed", struct {
		*pipeline.Printed
		Out string
	}{printed, o.Out})
	return concluded(err, printed.Refused())
}
