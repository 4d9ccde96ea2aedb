package pipeline

import (
	"context"
	"fmt"
	"path/filepath"

	"lianheti/stages/intake"
	"lianheti/stages/marking"
	"lianheti/stages/table"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// readMarks reads the experts' workbooks into the facts. Their paths begin with the folder that they came in, so that none is taken
// for a submission's.
func readMarks(ctx context.Context, mem memory.Allocator, facts *table.Facts, o Options) error {
	if o.Marks == "" {
		return nil
	}
	sources, err := intake.Discover([]string{o.Marks})
	if err != nil {
		return fmt.Errorf("专家评分：%w", err)
	}
	var returned []marking.Returned
	for _, s := range sources {
		if err := ctx.Err(); err != nil {
			return err
		}
		file, cells := intake.Flat(s)
		file.Path = filepath.Base(filepath.Clean(o.Marks)) + "/" + file.Path
		returned = append(returned, marking.Returned{File: file, Cells: cells})
	}
	facts.Marking = marking.Read(mem, facts, returned)
	return nil
}
