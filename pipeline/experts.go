package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"lianheti/pipeline/publish"
	"lianheti/stages/marking"
	"lianheti/stages/table"
)

// Issued is what was given to the experts.
type Issued struct {
	Files    []publish.File // not written yet
	Subjects []marking.Subject
	LeftOut  []table.Rank         // submissions that the experts don't get, and why
	Short    []string             // where too few experts can mark, in words
	Parts    []marking.Assignment // what the supplementary workbooks ask; nil: these are the first
}

// Experts makes one marking workbook an expert; with marks that came back (o.Marks) for what is missing only.
func Experts(ctx context.Context, o Options) (*Issued, error) {
	assignments, err := o.assignments()
	if err != nil {
		return nil, err
	}
	in := &running{Options: o}
	if err := in.takeApart(ctx); err != nil {
		return nil, err
	}
	o.Score.Draws = 1 // only the scores are shown
	round, err := judge(in.facts, in.given, in.marking, o.Score)
	if err != nil {
		return nil, err
	}
	out := &Issued{Subjects: marking.Subjects(round),
		LeftOut: table.Where(round.Ranking.Ranking.All(), func(r table.Rank) bool { return !r.Ranked && !r.Waiting })}
	if len(out.Subjects) == 0 {
		return nil, errors.New("没有可以参加排名的申报，没有可评的。请先用 lianheti run 查看退回的原因")
	}
	out.Short = marking.Short(in.facts, in.marking, out.Subjects, assignments)
	if o.Marks != "" {
		assignments = marking.Supplements(in.facts, in.marking, out.Subjects, assignments)
		out.Parts = assignments
		if assignments == nil {
			return nil, publish.Refuse("交回的评分里没有还缺而这些专家能补的，没有要做的补充表%s", strings.Join(append([]string{""}, out.Short...), "；"))
		}
	}
	return out, out.make(ctx, in.Options, assignments)
}

// assignments are the experts of a list, or numbered ones.
func (o Options) assignments() ([]marking.Assignment, error) {
	if o.Experts == "" {
		return marking.Numbered(cmp.Or(o.Count, o.Definition.Rubric.Experts.Count)), nil
	}
	cells, err := cellsOf(o.Definition, o.Experts, "专家名单", "--experts")
	if err != nil {
		return nil, err
	}
	return marking.ReadList(o.Definition, cells)
}

func (i *Issued) make(ctx context.Context, o Options, assignments []marking.Assignment) error {
	for _, a := range assignments {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := filepath.Join(o.Out, marking.FileName(o.Definition, a))
		var b bytes.Buffer
		if err := marking.Write(&b, o.Definition, i.Subjects, a); err != nil {
			return fmt.Errorf("评分表 %s：%w", a.Expert, err)
		}
		i.Files = append(i.Files, publish.File{Path: path, Data: b.Bytes()})
	}
	return nil
}
