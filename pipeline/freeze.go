package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"
)

// frozen is the copy of a run that is kept for a meeting: <out>/<year>-<name>. No later run writes there, and its files are
// read-only. It has the run's own run.json, so that verify proves it like any other result.
type frozen struct{ final, fresh string }

// longestName of a frozen copy, in characters.
const longestName = 40

// prepareFreeze makes sure before any work that the name is usable and free; nil where nothing is to be frozen.
func prepareFreeze(o Options) (*frozen, error) {
	name := strings.TrimSpace(o.Freeze)
	if name == "" {
		return nil, nil
	}
	if strings.ContainsAny(name, `/\:*?"<>|`) || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || utf8.RuneCountInString(name) > longestName {
		return nil, fmt.Errorf("会议版的名称“%s”不能用作文件夹名，请换一个，例如 0905评审会", name)
	}
	folder := strconv.Itoa(o.Definition.Year) + "-" + name
	f := &frozen{final: filepath.Join(o.Out, folder), fresh: filepath.Join(o.Out, "."+folder+".new")}
	if _, err := os.Lstat(f.final); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("会议版 %s 已经有了，不会改动它。请换一个名称", f.final)
	}
	if err := os.RemoveAll(f.fresh); err != nil {
		return nil, fmt.Errorf("上次中断留下的 %s 无法删除：%w", f.fresh, err)
	}
	return f, nil
}

// copy takes over the results before they are published.
func (f *frozen) copy(dir string) error {
	if f == nil {
		return nil
	}
	if err := os.CopyFS(f.fresh, os.DirFS(dir)); err != nil {
		return errors.Join(fmt.Errorf("会议版无法写到磁盘：%w", err), os.RemoveAll(f.fresh))
	}
	return nil
}

// keep puts the copy in its place and makes its files read-only.
func (f *frozen) keep() error {
	if f == nil {
		return nil
	}
	if err := syncTree(f.fresh); err != nil {
		return fmt.Errorf("会议版无法写到磁盘：%w", err)
	}
	if err := os.Rename(f.fresh, f.final); err != nil {
		return fmt.Errorf("结果已经发布，但会议版无法放到 %s：%w", f.final, err)
	}
	return filepath.WalkDir(f.final, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o444)
	})
}

// discard removes a copy that was not kept.
func (f *frozen) discard() {
	if f != nil {
		_ = os.RemoveAll(f.fresh)
	}
}
