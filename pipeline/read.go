package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/table"
	"lianheti/stages/workers"
	"lianheti/templates"
)

// read opens every source once, a few at a time, and gathers the rows in the order of the sources.
func read(ctx context.Context, d *templates.Definition, sources []intake.Source, o Options) (*table.Facts, error) {
	facts, err := readAs(ctx, d, sources, o, normalize.Workbook)
	if err != nil {
		return nil, err
	}
	return facts[0], nil
}

type way func(*templates.Definition, model.Workbook) *normalize.Rows

// readAs makes rows of each workbook in several ways, and facts of each way; progress forms are kept apart.
func readAs(ctx context.Context, d *templates.Definition, sources []intake.Source, o Options,
	ways ...way) ([]*table.Facts, error) {
	waiting := func(yield func(intake.Source) bool) {
		for _, source := range sources {
			if ctx.Err() != nil || !yield(source) {
				return
			}
		}
	}
	forms := []*templates.Definition{d}
	if d.Progress != nil {
		forms = append(forms, d.Progress)
	}
	batches, which := map[*templates.Definition][]*normalize.Batch{}, map[*templates.Definition][]int{}
	for _, form := range forms {
		for range ways {
			batches[form] = append(batches[form], normalize.NewBatch(form))
		}
	}
	done, pieces := 0, []*piece(nil)
	for each := range workers.InOrder(o.Workers, waiting, func(s intake.Source) fileRows { return rowsOf(d, s, ways) }) {
		for i, rows := range each.rows {
			batches[each.form][i].Add(rows)
		}
		which[each.form] = append(which[each.form], done)
		pieces = append(pieces, each.piece)
		done++
		if o.Progress != nil {
			o.Progress("读取", done, len(sources))
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	facts := make([]*table.Facts, len(ways))
	for i := range ways {
		facts[i] = batches[d][i].Facts()
		facts[i].Sources = which[d]
		facts[i] = paired(facts[i], pieces)
		if len(which[d.Progress]) > 0 {
			facts[i].Progress = batches[d.Progress][i].Facts()
			facts[i].Progress.Sources = which[d.Progress]
		}
	}
	return facts, nil
}

// fileRows are the rows of one file, in several ways, and the form that it is.
type fileRows struct {
	rows  []*normalize.Rows
	form  *templates.Definition
	piece *piece // the recommendation as Word or PDF; nil: none
}

// rowsOf reads one file. Whatever a file makes the program do, the others are read: a panic is a refusal of this one.
func rowsOf(d *templates.Definition, source intake.Source, ways []way) (out fileRows) {
	defer func() {
		if recover() != nil {
			out = inWays(d, intake.Defeated(source), ways)
		}
	}()
	w := intake.Read(d, source)
	p := pieceOf(d, source, &w.File, ways[len(ways)-1])
	out = inWays(d, w, ways)
	out.piece = p
	return out
}

func inWays(d *templates.Definition, w model.Workbook, ways []way) fileRows {
	out := fileRows{form: d.Asking(w.Form.ID), rows: make([]*normalize.Rows, len(ways))}
	for i, way := range ways {
		out.rows[i] = way(out.form, w)
	}
	return out
}

// opener gives the bytes of a file that arrived, by its path in the files table, where names and phones are hidden.
func opener(sources []intake.Source, facts *table.Facts) func(path string) ([]byte, error) {
	at := make(map[string]int, len(sources))
	for i := range facts.Sources {
		at[facts.Files.Row(i).Path] = i
	}
	return func(path string) ([]byte, error) {
		i, ok := at[path]
		if !ok {
			return nil, fmt.Errorf("没有读过文件 %s", path)
		}
		data, err := sources[facts.Sources[i]].Read(intake.MaxFile)
		if err == nil && model.Digest(data) != facts.Files.Row(i).SHA256 {
			err = errors.New("文件在运行中被改动；请等文件放好再运行")
		}
		return data, err
	}
}

// InputYears lists the known years of the forms that arrived, ascending.
func InputYears(inputs []string, known []int) ([]int, error) {
	sources, err := intake.Discover(inputs)
	if err != nil {
		return nil, err
	}
	var found []int
	for year := range workers.InOrder(0, slices.Values(sources), intake.FormYear) {
		if slices.Contains(known, year) {
			found = append(found, year)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}
