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
func (r *running) write(ctx context.Context, dir string) error {
	r.doing("写数据表、退回件")
	err := workers.All(
		func() error { return r.writeTables(dir) },
		func() error { return r.writeReturns(filepath.Join(dir, feedback.Folder)) },
		func() error { return r.writeRegister(dir) })
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	r.out.DataRoot = r.manifest.DataRoot
	r.doing("写省级汇总")
	if err := r.forPeople(dir); err != nil {
		return err
	}
	if err := r.manifest.Seal(dir); err != nil {
		return err
	}
	return ctx.Err()
}

// writeTables writes the analysts' files and the definition, and their hash into the manifest.
func (r *running) writeTables(dir string) error {
	tables, err := table.Published(r.round)
	if err != nil {
		return fmt.Errorf("数据表：%w", err)
	}
	if err := export.Write(filepath.Join(dir, dataFolder), r.round.Definition, tables); err != nil {
		return fmt.Errorf("数据文件：%w", err)
	}
	for name, text := range r.round.Definition.Texts {
		if err := publish.Put(filepath.Join(dir, definitionFolder, filepath.FromSlash(name)), text); err != nil {
			return err
		}
	}
	r.manifest.DataRoot, err = r.manifest.Data(dir, dataFolder)
	return err
}

// writeReturns writes what goes back to the prefectures, about progress forms too, where the files are at hand.
func (r *running) writeReturns(folder string) (err error) {
	if r.open == nil {
		return nil
	}
	if r.out.Returns, err = feedback.Write(folder, r.out, r.open); err != nil {
		return fmt.Errorf("退回件：%w", err)
	}
	if r.progress == nil {
		return nil
	}
	written, err := feedback.Write(folder, table.Publication{Round: *r.progress, Date: r.Date, ReplyBy: r.ReplyBy},
		opener(r.sources, r.progress.Facts))
	if err != nil {
		return fmt.Errorf("年度数据核对表的退回件：%w", err)
	}
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
func (r *running) forPeople(dir string) error {
	if r.out.Standing.Meeting != "" {
		if err := os.RemoveAll(filepath.Join(dir, consolidate.ContactsFile)); err != nil {
			return err
		}
	}
	err := workers.All(
		func() error {
			var page bytes.Buffer
			in := review.Input{Publication: r.out, AllowTrial: r.AllowTrial, Opinions: r.opinions}
			if err := review.Write(&page, in); err != nil {
				return fmt.Errorf("会审页：%w", err)
			}
			return publish.Put(filepath.Join(dir, review.FileName), page.Bytes())
		},
		func() error {
			in := consolidate.Input{Publication: r.out, FromTables: r.from != nil, Before: r.batches,
				Earlier: r.earlier.consolidated()}
			return consolidate.Books(in, func(name string) (io.WriteCloser, error) {
				return os.Create(filepath.Join(dir, name))
			})
		})
	if err != nil {
		return err
	}
	return r.writeDocuments(dir)
}

// writeDocuments writes the drafts anew, and at last the index of all else that is there.
func (r *running) writeDocuments(dir string) error {
	if documents := r.Definition.Documents; documents != nil {
		if err := os.RemoveAll(filepath.Join(dir, documents.Folder)); err != nil {
			return err
		}
	}
	d := dossier.Input{Publication: r.out}
	for _, index := range []bool{false, true} {
		if index {
			outputs, err := publish.Outputs(dir)
			if err != nil {
				return err
			}
			d.Outputs = table.Each(outputs, func(o publish.Output) [2]string { return [2]string{o.Path, o.SHA256} })
		}
		files, err := dossier.Write(d)
		if err != nil {
			return err
		}
		for name, data := range files {
			if err := publish.Put(filepath.Join(dir, filepath.FromSlash(name)), data); err != nil {
				return err
			}
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
