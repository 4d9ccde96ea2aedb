package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Frozen is the copy of a run that is kept for a meeting: <out>/<year>-<name>, read-only, with a run.json of its own.
type Frozen struct{ Name, final, fresh string }

// PrepareFreeze makes sure before any work that the name is usable and free; nil where nothing is to be frozen.
func PrepareFreeze(out, year, name string) (*Frozen, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return nil, nil
	}
	if strings.ContainsAny(name, `/\:*?"<>|`) || strings.ContainsFunc(name, unicode.IsControl) ||
		strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") ||
		utf8.RuneCountInString(name) > 40 {
		return nil, Refuse("会议版的名称“%s”不能用作文件夹名，请换一个，例如 0905评审会", name)
	}
	folder := year + "-" + name
	f := &Frozen{Name: name, final: filepath.Join(out, folder), fresh: filepath.Join(out, "."+folder+".new")}
	if _, err := os.Lstat(f.final); !errors.Is(err, fs.ErrNotExist) {
		return nil, Refuse("会议版 %s 已经有了，不会改动它。请换一个名称", f.final)
	}
	return f, unfinished(f.fresh)
}

// Copy takes over the results before they are published. again makes those anew that people read, which name the copy.
func (f *Frozen) Copy(dir string, m Manifest, again func(dir string) error) error {
	if f == nil {
		return nil
	}
	// ours: PrepareFreeze saw to it
	if err := os.RemoveAll(f.fresh); err != nil {
		return fmt.Errorf("上次中断留下的 %s 无法删除：%w", f.fresh, err)
	}
	err := os.CopyFS(f.fresh, os.DirFS(dir)) // our mark in dir, which says whose the copy is, comes first
	if err == nil {
		err = again(f.fresh)
	}
	m.Meeting = f.Name
	if err == nil {
		err = m.Seal(f.fresh)
	}
	if err != nil {
		return fmt.Errorf("会议版无法写到磁盘：%w", err)
	}
	return nil
}

// Keep puts the copy in its place and makes its files read-only. The results stand in dir by then.
func (f *Frozen) Keep(dir string) error {
	if f == nil {
		return nil
	}
	if err := finish(f.fresh); err != nil {
		return Halfway{dir, nil, fmt.Errorf("会议版没有留成：%w", err)}
	}
	if err := os.Rename(f.fresh, f.final); err != nil {
		return Halfway{dir, nil, fmt.Errorf("会议版没能放到 %s：%w", f.final, err)}
	}
	syncDir(filepath.Dir(f.final))
	err := filepath.WalkDir(f.final, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(at, 0o444)
	})
	if err != nil {
		return Halfway{dir, nil, fmt.Errorf("会议版 %s 已经留好，但没能设为只读：%w", f.final, err)}
	}
	return nil
}

// Discard removes a copy that was not kept.
func (f *Frozen) Discard() {
	if f != nil && unfinished(f.fresh) == nil {
		_ = os.RemoveAll(f.fresh)
	}
}
