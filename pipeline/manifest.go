package pipeline

import (
	"fmt"

	"lianheti/pipeline/publish"
	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
)

// newManifest describes a run before its outputs are written.
func newManifest(o Options, round *table.Round, from *publish.Previous, known table.Standing,
) (*publish.Manifest, error) {
	m := &publish.Manifest{
		Year: o.Definition.Year, Version: publish.Version, Date: o.Date, State: string(known.State), Trial: known.Trial,
		Definition: o.Definition.Sources,
		Options: publish.Options{Select: o.Score.Select, Draws: o.Score.Draws, Seed: o.Score.Seed, Rescale: o.Rescale,
			ReplyBy: o.ReplyBy},
		From: from, Inputs: []publish.Input{},
	}
	c := &m.Counts
	fates := map[model.Fate]*int{model.Accepted: &c.Accepted, model.Superseded: &c.Superseded,
		model.Rejected: &c.Rejected, model.Ignored: &c.Ignored}
	for _, f := range round.Arrived() {
		m.Inputs = append(m.Inputs, manifestInput(f))
		c.Files++
		*fates[f.Fate]++
		c.CellsRead += int(f.CellsRead)
		c.CellsUsed += int(f.CellsUsed)
		c.CellsExplained += int(f.CellsOther)
	}
	for f := range round.Marking.Files.All() {
		m.Marks = append(m.Marks, manifestInput(f))
	}
	c.Submissions, c.Findings = round.Submissions.Len(), len(round.AllFindings())
	if c.Files != c.Accepted+c.Superseded+c.Rejected+c.Ignored || c.CellsRead != c.CellsUsed+c.CellsExplained {
		return nil, fmt.Errorf("账目不平：%+v。这是程序的错误，请连同输入文件报告给开发者", *c)
	}
	return m, nil
}

func manifestInput(f table.File) publish.Input {
	return publish.Input{Path: text.Mask(f.Path), SHA256: f.SHA256, Size: f.Size, Fate: f.Fate, Code: f.Code}
}
