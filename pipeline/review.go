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
	"lianheti/stages/table"
	"lianheti/stages/text"
)

// opinions is what a meeting advised, with the file that says so; nil where none was given.
type opinions struct {
	*review.Opinions
	file publish.Source
}

// readOpinions reads what a meeting advised on the run that o.Previous names, and on no other.
func readOpinions(o Options, earlier previous) (*opinions, error) {
	if o.Opinions == "" {
		return nil, nil
	}
	data, err := os.ReadFile(o.Opinions)
	if err != nil {
		return nil, fmt.Errorf("会审意见 %s 打不开，请检查 --opinions 后面的路径", o.Opinions)
	}
	root := ""
	if earlier.run != nil {
		root = earlier.run.DataRoot
	}
	read, err := review.ReadOpinions(data, o.Definition.Directory.Batch, root)
	if err != nil {
		return nil, fmt.Errorf("会审意见 %s 用不了：%w", o.Opinions, err)
	}
	name := text.Mask(filepath.Base(o.Opinions))
	return &opinions{read,
		publish.Source{Name: name, SHA256: model.Digest(data), Entries: len(read.Opinions)}}, nil
}

// described is how the manifest names them.
func (p *opinions) described() *publish.Source {
	if p == nil {
		return nil
	}
	return &p.file
}

// notes name the opinions that are about nothing in this round.
func (p *opinions) notes(facts *table.Facts) []string {
	if p == nil {
		return nil
	}
	var out []string
	for _, x := range p.Strangers(facts) {
		out = append(out,
			fmt.Sprintf("会审意见 %s：%s“%s”本轮没有申报，意见照记，会审页上不显示", p.file.Name, text.Mask(x.Submission), x.Consortium))
	}
	return out
}

// advice is what it says of each submission: the words, and the reason.
func (p *opinions) advice() map[string][2]string {
	out := map[string][2]string{}
	if p != nil {
		for _, x := range p.Opinions.Opinions {
			out[x.Submission] = [2]string{x.Label(), x.Reason}
		}
	}
	return out
}

func writeReview(dir string, in consolidate.Input, o Options, advised *opinions) error {
	page := review.Input{Round: &in.Round, Select: in.Select, Date: in.Date,
		DataRoot: in.DataRoot, Standing: in.Standing, Returns: in.Returns, AllowTrial: o.AllowTrial}
	if advised != nil {
		page.Opinions = advised.Opinions
	}
	var b bytes.Buffer
	if err := review.Write(&b, page); err != nil {
		return fmt.Errorf("会审页：%w", err)
	}
	return os.WriteFile(filepath.Join(dir, review.FileName), b.Bytes(), 0o644)
}
