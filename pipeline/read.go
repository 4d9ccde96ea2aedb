package pipeline

import (
	"context"
	"fmt"

	"lianheti/stages/intake"
	"lianheti/stages/normalize"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// read opens every source once, a few at a time, and gathers the rows in the order of the sources. Only as many workbooks
// are in memory as there are workers; what is kept of each are its rows.
func read(ctx context.Context, mem memory.Allocator, d *templates.Definition, sources []intake.Source, o Options) (*table.Facts, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Each source gets a place in line before it is read, so that rows come in order whoever is done first.
	line := make(chan chan *normalize.Rows, o.workers())
	go func() {
		defer close(line)
		for _, source := range sources {
			place := make(chan *normalize.Rows, 1)
			select {
			case line <- place:
			case <-ctx.Done():
				return
			}
			go func() { place <- normalize.Workbook(d, intake.Read(d, source)) }()
		}
	}()
	batch := normalize.NewBatch(mem, d)
	done := 0
	for place := range line {
		batch.Add(<-place)
		done++
		if o.Progress != nil {
			o.Progress(done, len(sources))
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return batch.Facts(), nil
}

// opener gives the bytes of a file that arrived, by its path in the files table. That path may differ from the file's own, in
// which somebody's name or phone was hidden; the files stand in the order of their sources.
func opener(sources []intake.Source, facts *table.Facts) func(path string) ([]byte, error) {
	byPath := make(map[string]intake.Source, len(sources))
	for i, s := range sources {
		byPath[facts.Files.Row(i).Path] = s
	}
	return func(path string) ([]byte, error) {
		s, ok := byPath[path]
		if !ok {
			return nil, fmt.Errorf("没有读过文件 %s", path)
		}
		return s.Read(intake.MaxFile)
	}
}
