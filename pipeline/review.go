package pipeline

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"lianheti/pipeline/publish"
	"lianheti/stages/consolidate"
	"lianheti/stages/model"
	"lianheti/stages/review"
	"lianheti/stages/text"
)

// readOpinions reads what a meeting advised on the run that o.Previous names, and on no other, and describes the file
// for the manifest; both nil where none was given.
func readOpinions(o Options, earlier previous) (*review.Opinions, *publish.Source, error) {
	if o.Opinions == "" {
		return nil, nil, nil
	}
	data, err := os.ReadFile(o.Opinions)
	if err != nil {
		return nil, nil, fmt.Errorf("会审意见 %s 打不开，请检查 --opinions 后面的路径", o.Opinions)
	}
	root := ""
	if earlier.run != nil {
		root = earlier.run.DataRoot
	}
	read, err := review.ReadOpinions(data, o.Definition.Directory.Batch, root)
	if err != nil {
		return nil, nil, fmt.Errorf("会审意见 %s 用不了：%w", o.Opinions, err)
	}
	return read, sourceOf(o.Opinions, data, len(read.Opinions)), nil
}

// sourceOf is how the manifest names a file beside the inputs.
func sourceOf(file string, data []byte, entries int) *publish.Source {
	return &publish.Source{Name: text.Mask(filepath.Base(file)), SHA256: model.Digest(data), Entries: entries}
}

func writeReview(dir string, in consolidate.Input, o Options, advised *review.Opinions) error {
	page := review.Input{Round: &in.Round, Select: in.Select, Date: in.Date, DataRoot: in.DataRoot,
		Standing: in.Standing, Returns: in.Returns, AllowTrial: o.AllowTrial, Opinions: advised}
	var b bytes.Buffer
	if err := review.Write(&b, page); err != nil {
		return fmt.Errorf("会审页：%w", err)
	}
	return os.WriteFile(filepath.Join(dir, review.FileName), b.Bytes(), 0o644)
}
