package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"lianheti/stages/intake"
	"lianheti/stages/marking"
	"lianheti/stages/table"
)

// readMarks reads the experts' workbooks. Their paths begin with the folder that they came in, so that none is taken
// for a submission's. Where none are given, the marks are those of the tables that the facts come from.
func readMarks(ctx context.Context, from origin, o Options) (given table.Marking, err error) {
	if o.Marks == "" {
		return from.marking, nil
	}
	sources, err := intake.Discover([]string{o.Marks})
	if err != nil {
		return given, fmt.Errorf("专家评分：%w", err)
	}
	var returned []marking.Returned
	for _, s := range sources {
		if err := ctx.Err(); err != nil {
			return given, err
		}
		file, cells := intake.Flat(s)
		file.Path = filepath.Base(filepath.Clean(o.Marks)) + "/" + file.Path
		returned = append(returned, marking.Returned{File: file, Cells: cells})
	}
	given = marking.Read(from.facts, returned)
	if from.from != nil { // nobody knows whose names to hide in what they wrote
		marks := slices.Collect(given.Marks.All())
		for i := range marks {
			if marks[i].Comment != "" {
				marks[i].Comment = "〔没有收：由数据表重算时不知道要遮盖谁的姓名，见评分表原件〕"
			}
		}
		given.Marks = table.Of(marks)
	}
	return given, nil
}
