package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lianheti/stages/export"
	"lianheti/stages/intake"
	"lianheti/stages/table"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// origin is where the facts of a run come from: the files that arrived, or the tables that an earlier run published of them.
type origin struct {
	facts *table.Facts
	open  func(path string) ([]byte, error) // a file that arrived, by its path in the files table; nil where there are only tables
	from  *ManifestFrom                     // nil where the files themselves were read
}

// gather reads what the options name.
func gather(ctx context.Context, mem memory.Allocator, o Options) (origin, error) {
	if o.From != "" {
		return readTables(mem, o)
	}
	sources, err := intake.Discover(o.Inputs)
	if err != nil {
		return origin{}, err
	}
	facts, err := read(ctx, mem, o.Definition, sources, o)
	if err != nil {
		return origin{}, err
	}
	return origin{facts: facts, open: opener(sources, facts)}, nil
}

// readTables takes the facts from published tables. Nothing of them is believed before every file was hashed again, by the data
// package in the folder and, where the folder stands in the results of a run, by that run's manifest.
func readTables(mem memory.Allocator, o Options) (origin, error) {
	if err := o.apart(); err != nil {
		return origin{}, err
	}
	p, digest, err := export.Verify(o.From)
	if err != nil {
		return origin{}, fmt.Errorf("数据表 %s：%w", o.From, err)
	}
	if _, err := os.Stat(filepath.Join(o.From, "..", ManifestName)); err == nil {
		if err := o.agrees(digest); err != nil {
			return origin{}, err
		}
	}
	if p.Batch != o.Definition.Directory.Batch {
		return origin{}, fmt.Errorf("数据表 %s 是%d年批次的，定义是%d年批次的：请用 --year 写明年度", o.From, p.Batch, o.Definition.Directory.Batch)
	}
	// What was read depends on the form and the directory; rules, weights and words may be others now.
	for file, sum := range o.Definition.Sources {
		if base := filepath.Base(file); (base == "form.yaml" || base == "directory.yaml") && p.Definition[file] != sum {
			return origin{}, fmt.Errorf("数据表 %s 是按另一份 %s 读出来的：表单或目录变了，要从原件重新读取；只改规则、权重的才能用 --from", o.From, file)
		}
	}
	records, err := export.Read(mem, o.From)
	if err != nil {
		return origin{}, err
	}
	round, err := table.Restore(mem, o.Definition, records)
	for _, r := range records {
		r.Release()
	}
	if err != nil {
		return origin{}, fmt.Errorf("数据表 %s：%w。它可能是旧版程序的结果，请用本版程序从原件重新运行", o.From, err)
	}
	round.Judgement.Release() // judged and scored anew
	round.Ranking.Release()
	return origin{facts: round.Facts, from: &ManifestFrom{SHA256: digest}}, nil
}

// apart makes sure that the run does not replace what it reads, which has more than can be made again of tables alone.
func (o Options) apart() error {
	data, err := filepath.Abs(o.From)
	if err != nil {
		return err
	}
	final, err := filepath.Abs(filepath.Join(o.Out, fmt.Sprint(o.Definition.Year)))
	if err != nil {
		return err
	}
	if rel, err := filepath.Rel(final, data); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return fmt.Errorf("结果会写到 %s，数据表 %s 就在其中：原来的退回件、联系人会没有了，请用 -o 写到另一个文件夹", final, o.From)
	}
	return nil
}

// agrees compares a data package with the manifest of the run whose results it stands in. What that run knew from the Department's
// register is in no table.
func (o Options) agrees(digest string) error {
	m, err := ReadManifest(filepath.Join(o.From, ".."))
	if err != nil {
		return err
	}
	if m.Register != nil && o.Register == "" {
		return fmt.Errorf("数据表 %s 是用登记表 %s 得出的，登记的内容不在数据表里：请同样写上 --register（不想用它，就给一份空白的登记表）", o.From, m.Register.Name)
	}
	for _, out := range m.Outputs {
		if out.Path == dataFolder+"/"+export.PackageName && out.SHA256 == digest {
			return nil
		}
	}
	return fmt.Errorf("数据表 %s 与它旁边的 %s 所记不同：不是那次运行公布的样子", o.From, ManifestName)
}
