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

// Folders of the results: the data files, and the definition, with which --definition repeats the run.
const (
	dataFolder       = "data"
	definitionFolder = "definition"
)

// write writes the results below dir.
func (r *run) write(ctx context.Context, dir string) error {
	r.reportStep("写数据表、退回件")
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
	r.publication.DataRoot = r.manifest.DataRoot
	r.reportStep("写省级汇总")
	if err := r.writeReports(dir); err != nil {
		return err
	}
	if err := r.manifest.Seal(dir); err != nil {
		return err
	}
	return ctx.Err()
}

// writeTables writes the data files and the definition, and adds their hash to the manifest.
func (r *run) writeTables(dir string) error {
	tables, err := table.Published(r.round)
	if err != nil {
		return fmt.Errorf("数据表：%w", err)
	}
	if err := export.Write(filepath.Join(dir, dataFolder), r.round.Definition, tables); err != nil {
		return fmt.Errorf("数据文件：%w", err)
	}
	for name, text := range r.round.Definition.Texts {
		if err := publish.WriteFile(filepath.Join(dir, definitionFolder, filepath.FromSlash(name)), text); err != nil {
			return err
		}
	}
	r.manifest.DataRoot, err = r.manifest.DataHash(dir, dataFolder)
	return err
}

// writeReturns writes what goes back to the prefectures; nothing where the run started from tables.
func (r *run) writeReturns(folder string) (err error) {
	if r.open == nil {
		return nil
	}
	if r.publication.Returns, err = feedback.Write(folder, r.publication, r.open); err != nil {
		return fmt.Errorf("退回件：%w", err)
	}
	if r.progressRound == nil {
		return nil
	}
	written, err := feedback.Write(folder, table.Publication{Round: *r.progressRound, Date: r.Date, ReplyBy: r.ReplyBy},
		opener(r.sources, r.progressRound.Facts))
	if err != nil {
		return fmt.Errorf("年度数据核对表的退回件：%w", err)
	}
	for s := range r.progressRound.Submissions.All() {
		if path := written[s.Submission]; path != "" {
			r.publication.Returns[s.File] = path
		}
	}
	return nil
}

// writeRegister writes the register for the next run: the current one, with the pending decisions prefilled.
func (r *run) writeRegister(dir string) error {
	d, advice := r.round.Definition, map[string][2]string{} // by submission: label and reason
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
		return fmt.Errorf("%s：%w", d.Register().Next, err)
	}
	return publish.WriteFile(filepath.Join(dir, d.Register().Next), book.Bytes())
}

// writeReports writes the page, workbooks and documents that people read; a meeting copy has no personal data.
// Documents come last, because one lists all other files.
func (r *run) writeReports(dir string) error {
	if r.publication.Standing.Meeting != "" {
		if err := os.RemoveAll(filepath.Join(dir, consolidate.ContactsFile)); err != nil {
			return err
		}
	}
	err := workers.All(
		func() error {
			var page bytes.Buffer
			in := review.Input{Publication: r.publication, AllowTrial: r.AllowTrial, Opinions: r.opinions}
			if err := review.Write(&page, in); err != nil {
				return fmt.Errorf("会审页：%w", err)
			}
			return publish.WriteFile(filepath.Join(dir, review.FileName), page.Bytes())
		},
		func() error {
			in := consolidate.Input{Publication: r.publication, FromTables: r.fromData != nil, Before: r.earlierRounds,
				Earlier: r.previous.summary()}
			return consolidate.Books(in, func(name string) (io.WriteCloser, error) {
				return os.Create(filepath.Join(dir, name))
			})
		})
	if err != nil {
		return err
	}
	return r.writeDocuments(dir)
}

// writeDocuments writes the drafts, and last the one that lists all other files.
func (r *run) writeDocuments(dir string) error {
	if documents := r.Definition.Documents(); documents != nil {
		if err := os.RemoveAll(filepath.Join(dir, documents.Folder)); err != nil {
			return err
		}
	}
	in := dossier.Input{Publication: r.publication, Outputs: func() ([][2]string, error) {
		outputs, err := publish.Outputs(dir)
		return table.Each(outputs, func(o publish.Output) [2]string { return [2]string{o.Path, o.SHA256} }), err
	}}
	return dossier.Write(in, func(name string, data []byte) error {
		return publish.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), data)
	})
}

// buildManifest fills in the manifest, all but the outputs, and proves that the counts of files and cells add up.
func (r *run) buildManifest() error {
	m := &publish.Manifest{
		Year: r.Definition.Year, Version: publish.Version, Date: r.Date,
		State: string(r.standing.State), Trial: r.standing.Trial, Definition: r.Definition.Sources,
		Options: publish.Options{Select: r.Score.Select, Draws: r.Score.Draws, Rescale: r.Rescale, ReplyBy: r.ReplyBy,
			Seed: r.Definition.Rubric().Robustness.Seed},
		Previous: r.previous.entry, Earlier: r.earlierManifests, From: r.fromData, Inputs: []publish.Input{},
		Register: r.registerFile, Opinions: r.opinionsFile, AllowTrial: r.AllowTrial,
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
