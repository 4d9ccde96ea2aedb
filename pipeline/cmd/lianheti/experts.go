package main

import (
	"errors"
	"fmt"

	"lianheti/pipeline"
	"lianheti/pipeline/publish"

	"github.com/urfave/cli/v2"
)

func experts(c *cli.Context) error {
	if c.IsSet("experts") && c.IsSet("count") {
		return usageError{errors.New("--experts 和 --count 只能写一个")}
	}
	_, made, err := worked(c, pipeline.Experts)
	if err != nil {
		return err
	}
	written, err := publish.Files(made.Files, c.Bool("overwrite"))
	if err != nil {
		return err
	}
	return say(c.App.Writer, "experts", handedOut{made, written})
}

// handedOut is what was given to the experts, as it is told: see messages/others.tmpl.
type handedOut struct {
	*pipeline.Issued
	Written []publish.Written
}

// Asked counts what the n-th workbook asks, where it is a supplementary one.
func (i handedOut) Asked(n int) string {
	if i.Parts == nil {
		return ""
	}
	items := 0
	for _, points := range i.Parts[n].Only {
		items += len(points)
	}
	return fmt.Sprintf("  %d家%d项", len(i.Parts[n].Only), items)
}
