package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"lianheti/stages/consolidate"
	"lianheti/stages/export"
	"lianheti/stages/table"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// previous is an earlier run; all nil where none was given.
type previous struct {
	round    *table.Round
	manifest *ManifestPrevious
	run      *Manifest
}

// consolidated is what the provincial workbook says about the earlier run; nil where there is none.
func (p previous) consolidated() *consolidate.Earlier {
	if p.run == nil {
		return nil
	}
	return &consolidate.Earlier{Date: p.run.Date, Definition: p.run.Definition}
}

// readPrevious reads what an earlier run published. Nothing of it is believed before every file was hashed again.
func readPrevious(mem memory.Allocator, o Options) (previous, error) {
	if o.Previous == "" {
		return previous{}, nil
	}
	dir := o.Previous
	m, differences, err := Verify(dir)
	switch {
	case err != nil:
		return previous{}, fmt.Errorf("上一轮的结果：%w", err)
	case len(differences) > 0:
		return previous{}, fmt.Errorf("上一轮的结果 %s 不是发布时的样子：%s%s（共 %d 处）。请改用没有动过的结果", dir, differences[0].Path, differences[0].What, len(differences))
	case m.Year != o.Definition.Year:
		return previous{}, fmt.Errorf("上一轮的结果 %s 是%d年的，本轮是%d年，不能相比", dir, m.Year, o.Definition.Year)
	}
	data, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		return previous{}, err
	}
	sum := sha256.Sum256(data)
	records, err := export.Read(mem, filepath.Join(dir, dataFolder))
	if err != nil {
		return previous{}, fmt.Errorf("上一轮的结果 %s：%w", dir, err)
	}
	round, err := table.Restore(mem, o.Definition, records)
	if err != nil {
		return previous{}, fmt.Errorf("上一轮的结果 %s：%w。它可能是旧版程序的结果，请用本版程序重新运行上一轮的输入", dir, err)
	}
	return previous{round, &ManifestPrevious{Date: m.Date, SHA256: hex.EncodeToString(sum[:])}, m}, nil
}
