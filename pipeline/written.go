package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lianheti/pipeline/publish"
	"lianheti/stages/blankform"
	"lianheti/stages/consolidate"
	"lianheti/stages/dossier"
	"lianheti/stages/export"
	"lianheti/stages/feedback"
	"lianheti/stages/model"
	"lianheti/stages/office/try"
	"lianheti/stages/review"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/stages/workers"
)

// Folders of the results: the analysts' files, and the definition that was used, so that --definition repeats the run.
const (
	dataFolder       = "data"
	definitionFolder = "definition"
)

// write writes the results below dir.
func (r *running) write(ctx context.Context, dir string) (err error) {
	defer try.Caught(&err)
	r.doing("写数据表、退回件")
	try.Do(workers.All(
		func() error { return r.writeTables(dir) },
		func() error { return r.writeReturns(filepath.Join(dir, feedback.Folder)) },
		func() error { return r.writeRegister(dir) }))
	try.Do(ctx.Err())
	r.out.DataRoot = r.manifest.DataRoot
	r.doing("写省级汇总")
	try.Do(r.forPeople(dir))
	try.Do(r.manifest.Seal(dir))
	return ctx.Err()
}

// writeTables writes the analysts' files and the definition, and their hash into the manifest.
func (r *running) writeTables(dir string) (err error) {
	defer try.Caught(&err)
	tables := try.Of(table.Published(r.round))("数据表")
	try.Told(export.Write(filepath.Join(dir, dataFolder), r.round.Definition, tables), "数据文件")
	for name, text := range r.round.Definition.Texts {
		try.Do(publish.Put(filepath.Join(dir, definitionFolder, filepath.FromSlash(name)), text))
	}
	r.manifest.DataRoot, err = r.manifest.Data(dir, dataFolder)
	return err
}

// writeReturns writes what goes back to the prefectures, about progress forms too, where the files are at hand.
func (r *running) writeReturns(folder string) (err error) {
	defer try.Caught(&err)
	if r.open == nil {
		return nil
	}
	r.out.Returns = try.Of(feedback.Write(folder, r.out, r.open))("退回件")
	if r.progress == nil {
		return nil
	}
	written, err := feedback.Write(folder, table.Publication{Round: *r.progress, Date: r.Date, ReplyBy: r.ReplyBy},
		opener(r.sources, r.progress.Facts))
	try.Told(err, "年度数据核对表的退回件")
	for s := range r.progress.Submissions.All() {
		if path := written[s.Submission]; path != "" {
			r.out.Returns[s.File] = path
		}
	}
	return nil
}

// writeRegister writes the register for the next run: what was handed in, and what waits.
func (r *running) writeRegister(dir string) error {
	d, advice := r.round.Definition, map[string][2]string{} // of each submission: the words, and the reason
	if r.opinions != nil {
		for _, x := range r.opinions.Opinions {
			advice[x.Submission] = [2]string{x.Label(), x.Reason}
		}
	}
	var off []string
	for s := range r.round.Submissions.All() {
		if !s.DirectoryNo.Valid && s.Consortium != "" {
			off = append(off, s.Consortium)
		}
	}
	var book bytes.Buffer
	if err := blankform.Register(&book, d, r.round.NextRegister(advice), off...); err != nil {
		return fmt.Errorf("%s：%w", d.Register.Next, err)
	}
	return publish.Put(filepath.Join(dir, d.Register.Next), book.Bytes())
}

// forPeople writes what people open, for a meeting without personal data; the documents at last: one lists all else.
func (r *running) forPeople(dir string) (err error) {
	defer try.Caught(&err)
	if r.out.Standing.Meeting != "" {
		try.Do(os.RemoveAll(filepath.Join(dir, consolidate.ContactsFile)))
	}
	try.Do(workers.All(
		func() (err error) {
			defer try.Caught(&err) // it goes no further than what is done at once
			var page bytes.Buffer
			in := review.Input{Publication: r.out, AllowTrial: r.AllowTrial, Opinions: r.opinions}
			try.Told(review.Write(&page, in), "会审页")
			return publish.Put(filepath.Join(dir, review.FileName), page.Bytes())
		},
		func() error {
			in := consolidate.Input{Publication: r.out, FromTables: r.from != nil, Before: r.batches,
				Earlier: r.earlier.consolidated()}
			return consolidate.Books(in, func(name string) (io.WriteCloser, error) {
				return os.Create(filepath.Join(dir, name))
			})
		}))
	return r.writeDocuments(dir)
}

// writeDocuments writes the drafts anew, and at last the index of all else that is there.
func (r *running) writeDocuments(dir string) (err error) {
	defer try.Caught(&err)
	if documents := r.Definition.Documents; documents != nil {
		try.Do(os.RemoveAll(filepath.Join(dir, documents.Folder)))
	}
	d := dossier.Input{Publication: r.out}
	for _, index := range []bool{false, true} {
		if index {
			outputs := try.Get(publish.Outputs(dir))
			d.Outputs = table.Each(outputs, func(o publish.Output) [2]string { return [2]string{o.Path, o.SHA256} })
		}
		files := try.Get(dossier.Write(d))
		for name, data := range files {
			try.Do(publish.Put(filepath.Join(dir, filepath.FromSlash(name)), data))
		}
	}
	return nil
}

// describe describes a run before its outputs are written.
func (r *running) describe() error {
	m := &publish.Manifest{
		Year: r.Definition.Year, Version: publish.Version, Date: r.Date, State: string(r.known.State), Trial: r.known.Trial,
		Definition: r.Definition.Sources,
		Options: publish.Options{Select: r.Score.Select, Draws: r.Score.Draws, Rescale: r.Rescale, ReplyBy: r.ReplyBy,
			Seed: r.Definition.Rubric.Robustness.Seed},
		Previous: r.earlier.manifest, Earlier: r.named, Register: r.registered, Opinions: r.advised, AllowTrial: r.AllowTrial,
		From: r.from, Inputs: []publish.Input{},
	}
	c := &m.Counts
	fates := map[model.Fate]*int{model.Accepted: &c.Accepted, model.Superseded: &c.Superseded,
		model.Rejected: &c.Rejected, model.Ignored: &c.Ignored}
	for _, f := range r.round.Arrived() {
		m.Inputs = append(m.Inputs, manifestInput(f))
		c.Files++
		*fates[f.Fate]++
		c.CellsRead += int(f.CellsRead)
		c.CellsUsed += int(f.CellsUsed)
		c.CellsExplained += int(f.CellsOther)
	}
	for f := range r.round.Marking.Files.All() {
		m.Marks = append(m.Marks, manifestInput(f))
	}
	c.Submissions, c.Findings = r.round.Submissions.Len(), len(r.round.AllFindings())
	if c.Files != c.Accepted+c.Superseded+c.Rejected+c.Ignored || c.CellsRead != c.CellsUsed+c.CellsExplained {
		return fmt.Errorf("账目不平：%+v。这是程序的错误，请连同输入文件报告给开发者", *c)
	}
	r.manifest = m
	return nil
}

func manifestInput(f table.File) publish.Input {
	return publish.Input{Path: text.Mask(f.Path), SHA256: f.SHA256, Size: f.Size, Fate: f.Fate, Code: f.Code}
}
