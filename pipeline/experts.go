package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"path/filepath"
	"strings"

	"lianheti/pipeline/publish"
	"lianheti/stages/marking"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
)

// MarkingWorkbooks are the experts' workbooks, not yet written.
type MarkingWorkbooks struct {
	Files    []publish.File
	Subjects []marking.Subject
	LeftOut  []table.Rank         // submissions that are not marked, and why
	Short    []string             // messages about points that too few experts can mark
	Parts    []marking.Assignment // of supplementary workbooks, what each asks; nil: these are the first ones
}

// Experts makes a marking workbook per expert; if marks came back (o.Marks), supplementary ones for missing marks.
func Experts(ctx context.Context, o Options) (_ *MarkingWorkbooks, err error) {
	defer try.Caught(&err)
	assignments, err := o.assignments()
	if err != nil {
		return nil, publish.Refuse("%v", err)
	}
	in := &run{Options: o}
	try.Do(in.readInputsApart(ctx))
	o.Score.Draws = 1 // rank intervals are not shown
	round := try.Get(checkAndScore(in.facts, in.known, in.marking, o.Score))
	out := &MarkingWorkbooks{Subjects: marking.Subjects(round),
		LeftOut: table.Where(round.Ranking.Ranking.All(), func(r table.Rank) bool { return !r.Ranked && !r.Waiting })}
	if len(out.Subjects) == 0 {
		return nil, publish.Refuse("没有可以参加排名的申报，没有可评的。请先用 lianheti run 查看退回的原因")
	}
	out.Short = marking.Shortages(in.facts, in.marking, out.Subjects, assignments)
	if o.Marks != "" {
		assignments = marking.Supplements(in.facts, in.marking, out.Subjects, assignments)
		out.Parts = assignments
		if assignments == nil {
			return nil, publish.Refuse("交回的评分里没有还缺而这些专家能补的，没有要做的补充表%s", strings.Join(append([]string{""}, out.Short...), "；"))
		}
	}
	for _, a := range assignments {
		try.Do(ctx.Err())
		var b bytes.Buffer
		try.In("评分表 "+a.Expert, marking.Write(&b, in.Definition, out.Subjects, a))
		path := filepath.Join(o.Out, marking.FileName(in.Definition, a))
		out.Files = append(out.Files, publish.File{Path: path, Data: b.Bytes()})
	}
	return out, nil
}

// assignments returns the experts of the list, or numbered ones.
func (o Options) assignments() (_ []marking.Assignment, err error) {
	defer try.Caught(&err)
	if o.Experts == "" {
		return marking.NumberedAssignments(cmp.Or(o.Count, o.Definition.Rubric().Experts.Count)), nil
	}
	return marking.ReadList(o.Definition, try.Get(readCells(o.Definition, o.Experts, "专家名单", "--experts")))
}
