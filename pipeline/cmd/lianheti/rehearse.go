package main

import (
	"fmt"

	"lianheti/pipeline"

	"github.com/urfave/cli/v2"
)

func rehearse(c *cli.Context) error {
	d, err := definition(c)
	if err != nil {
		return err
	}
	paths, err := inputs(c)
	if err != nil {
		return err
	}
	if len(paths) != 1 {
		return usageError{fmt.Errorf("一次演练一份工作簿")}
	}
	results, err := pipeline.Rehearse(c.Context, d, paths[0])
	if err != nil {
		return usageError{err}
	}
	unseen, unmade := 0, 0
	for _, r := range results {
		switch {
		case r.Error != "":
			unmade++
		case !r.Seen:
			unseen++
		}
	}
	err = tell(c, map[string]any{"file": paths[0], "damages": results, "unseen": unseen, "not_made": unmade},
		"rehearsal", map[string]any{
			"Results": results, "Seen": len(results) - unseen - unmade, "Unseen": unseen, "Unmade": unmade})
	return concluded(err, unseen+unmade > 0)
}
