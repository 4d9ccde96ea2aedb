package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lianheti/stages/check"
	"lianheti/stages/intake"
	"lianheti/stages/marking"
	"lianheti/stages/score"
	"lianheti/stages/table"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Issued is what was given to the experts.
type Issued struct {
	Files    []string // as written
	Subjects []marking.Subject
	LeftOut  []table.Rank // submissions that the experts don't get, and why
}

// Experts reads, checks and scores, and writes one marking workbook an expert into the folder o.Out. list is a workbook that lists
// the experts; without one there are so many, numbered. A workbook that is there already may hold marks: it is never
// overwritten.
func Experts(ctx context.Context, o Options, list string, count int) (*Issued, error) {
	mem := memory.NewGoAllocator()
	assignments, err := o.assignments(list, count)
	if err != nil {
		return nil, err
	}
	sources, err := intake.Discover(o.Inputs)
	if err != nil {
		return nil, err
	}
	facts, err := read(ctx, mem, o.Definition, sources, o)
	if err != nil {
		return nil, err
	}
	if _, err := readRegister(facts, o); err != nil {
		return nil, err
	}
	judgement, err := check.Run(mem, facts)
	if err != nil {
		return nil, fmt.Errorf("检查：%w", err)
	}
	o.Score.Draws = 1 // only the scores are shown
	ranking, err := score.Run(mem, facts, judgement, o.Score)
	if err != nil {
		return nil, fmt.Errorf("计分：%w", err)
	}
	out := &Issued{Subjects: marking.Subjects(facts, ranking)}
	for r := range ranking.Ranking.All() {
		if !r.Ranked {
			out.LeftOut = append(out.LeftOut, r)
		}
	}
	if len(out.Subjects) == 0 {
		return nil, errors.New("没有可以参加排名的申报，没有可评的。请先用 lianheti run 查看退回的原因")
	}
	return out, out.write(ctx, o, assignments)
}

// assignments are the experts of a list, or numbered ones.
func (o Options) assignments(list string, count int) ([]marking.Assignment, error) {
	if list == "" {
		if count == 0 {
			count = o.Definition.Rubric.Experts.Count
		}
		return marking.Numbered(count), nil
	}
	sources, err := intake.Discover([]string{list})
	if err != nil || len(sources) != 1 {
		return nil, fmt.Errorf("专家名单 %s 要是一个 .xlsx 文件，请检查 --experts 后面的路径", list)
	}
	cells, refusal := intake.Cells(sources[0])
	if refusal != nil {
		rule := o.Definition.Rule(refusal.Code)
		return nil, fmt.Errorf("专家名单 %s 用不了：%s（%s）", list, rule.Title, refusal.Code)
	}
	return marking.ReadList(o.Definition, cells)
}

// write makes all workbooks first, then puts them in place.
func (i *Issued) write(ctx context.Context, o Options, assignments []marking.Assignment) error {
	made := map[string][]byte{}
	for _, a := range assignments {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := filepath.Join(o.Out, marking.FileName(o.Definition, a))
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s 已经在了，里面可能有评分，不覆盖。请换一个文件夹，或先移走它", path)
		}
		var b bytes.Buffer
		if err := marking.Write(&b, o.Definition, i.Subjects, a); err != nil {
			return fmt.Errorf("评分表 %s：%w", a.Expert, err)
		}
		made[path] = b.Bytes()
		i.Files = append(i.Files, path)
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil {
		return err
	}
	for _, path := range i.Files {
		if err := os.WriteFile(path+".new", made[path], 0o644); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return fmt.Errorf("无法写 %s：%w", path, err)
		}
	}
	return nil
}
