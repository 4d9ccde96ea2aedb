package pipeline

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"lianheti/pipeline/publish"
	"lianheti/stages/blankform"
	"lianheti/stages/intake"
	"lianheti/stages/model"
	"lianheti/stages/normalize"
	"lianheti/stages/review"
	"lianheti/stages/table"
	"lianheti/templates"
)

// readRegister reads the Department's register, and describes the file for the manifest; both nil where none was given.
// From then on the directory is the one with what was agreed to.
func (o *Options) readRegister() (register table.Register, described *publish.Source, err error) {
	if o.Register == "" {
		return nil, nil, nil
	}
	cells, err := cellsOf(o.Definition, o.Register, "登记表", "--register")
	if err != nil {
		return nil, nil, publish.Refuse("%v", err)
	}
	if register, err = normalize.Register(o.Definition, cells); err != nil {
		return nil, nil, publish.Refuse("登记表 %s 有读不准的地方，请改正后再运行：\n%v", o.Register, err)
	}
	data, err := os.ReadFile(o.Register)
	if err != nil {
		return nil, nil, err
	}
	described = sourceOf(o.Register, data, len(register))
	if o.Definition, err = o.Definition.Adjusted(register.Adjustments()); err != nil {
		return nil, nil, err
	}
	return register, described, nil
}

// cellsOf reads a single workbook that somebody names for something else than submissions.
func cellsOf(d *templates.Definition, file, what, flag string) ([]model.Cell, error) {
	sources, err := intake.Discover([]string{file})
	if err != nil || len(sources) != 1 {
		return nil, fmt.Errorf("%s %s 要是一个 .xlsx 文件，请检查 %s 后面的路径", what, file, flag)
	}
	cells, refusal := intake.Cells(sources[0])
	if refusal != nil {
		rule := d.Rule(refusal.Code)
		return nil, fmt.Errorf("%s %s 用不了：%s（%s）。%s", what, file, rule.Title, refusal.Code, rule.Cure)
	}
	return cells, nil
}

// writeRegister writes the register for the next run below dir: what was handed in, and what waits.
func writeRegister(dir string, round *table.Round, advised *review.Opinions) error {
	d, advice := round.Facts.Definition, map[string][2]string{} // of each submission: the words, and the reason
	if advised != nil {
		for _, x := range advised.Opinions {
			advice[x.Submission] = [2]string{x.Label(), x.Reason}
		}
	}
	var off []string
	for s := range round.Facts.Submissions.All() {
		if !s.DirectoryNo.Valid && s.Consortium != "" {
			off = append(off, s.Consortium)
		}
	}
	var book bytes.Buffer
	if err := blankform.Register(&book, d, round.NextRegister(advice), off...); err != nil {
		return fmt.Errorf("%s：%w", d.Register.Next, err)
	}
	return os.WriteFile(filepath.Join(dir, d.Register.Next), book.Bytes(), 0o644)
}

// Chosen reads from a register who was chosen already, by table.EntryKey, and gives the definition adjusted to it.
func Chosen(d *templates.Definition, register string) (*templates.Definition, map[string]bool, error) {
	o := Options{Definition: d, Register: register}
	kept, _, err := o.readRegister()
	return o.Definition, kept.Chosen(), err
}
