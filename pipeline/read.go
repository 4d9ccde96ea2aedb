package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/table"
	"lianheti/stages/workers"
	"lianheti/templates"
)

// read opens every source once, a few at a time, and gathers the rows in the order of the sources. Only as many workbooks
// are in memory as there are workers; what is kept of each are its rows.
func read(ctx context.Context, d *templates.Definition, sources []intake.Source, o Options) (*table.Facts, error) {
	facts, err := readAs(ctx, d, sources, o, normalize.Workbook)
	if err != nil {
		return nil, err
	}
	return facts[0], nil
}

// way is a way of making rows of a workbook.
type way func(*templates.Definition, model.Workbook) *normalize.Rows

// readAs reads like read and makes rows in several ways of each workbook; the facts are in the order of the ways.
func readAs(ctx context.Context, d *templates.Definition, sources []intake.Source, o Options, ways ...way) ([]*table.Facts, error) {
	waiting := func(yield func(intake.Source) bool) {
		for _, source := range sources {
			if ctx.Err() != nil || !yield(source) {
				return
			}
		}
	}
	batches := make([]*normalize.Batch, len(ways))
	for i := range ways {
		batches[i] = normalize.NewBatch(d)
	}
	done := 0
	for each := range workers.InOrder(o.workers(), waiting, func(s intake.Source) []*normalize.Rows { return rowsOf(d, s, ways) }) {
		for i, rows := range each {
			batches[i].Add(rows)
		}
		done++
		if o.Progress != nil {
			o.Progress(done, len(sources))
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	facts := make([]*table.Facts, len(ways))
	for i, b := range batches {
		facts[i] = b.Facts()
	}
	return facts, nil
}

// rowsOf reads one file. Whatever a file makes the program do, the others are read: a panic is a refusal of this one.
func rowsOf(d *templates.Definition, source intake.Source, ways []way) (rows []*normalize.Rows) {
	defer func() {
		if recover() != nil {
			rows = inWays(d, intake.Defeated(source), ways)
		}
	}()
	return inWays(d, intake.Read(d, source), ways)
}

func inWays(d *templates.Definition, w model.Workbook, ways []way) []*normalize.Rows {
	rows := make([]*normalize.Rows, len(ways))
	for i, way := range ways {
		rows[i] = way(d, w)
	}
	return rows
}

// opener gives the bytes of a file that arrived, by its path in the files table. That path may differ from the file's own, in
// which somebody's name or phone was hidden; the files stand in the order of their sources.
func opener(sources []intake.Source, facts *table.Facts) func(path string) ([]byte, error) {
	at := make(map[string]int, len(sources))
	for i := range sources {
		at[facts.Files.Row(i).Path] = i
	}
	return func(path string) ([]byte, error) {
		i, ok := at[path]
		if !ok {
			return nil, fmt.Errorf("没有读过文件 %s", path)
		}
		data, err := sources[i].Read(intake.MaxFile)
		if sum := sha256.Sum256(data); err == nil && hex.EncodeToString(sum[:]) != facts.Files.Row(i).SHA256 {
			err = errors.New("文件在运行中被改动；请等文件放好再运行")
		}
		return data, err
	}
}
