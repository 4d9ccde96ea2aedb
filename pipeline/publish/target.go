// Package publish puts what a command made on the disk, and proves later that it is still what was put there.
//
// What we did not make ourselves is never replaced or removed. A results folder is replaced only where it is provably
// an earlier result (its manifest is whole and lists all that stands in it) and where nothing that the run reads lies
// in it or above it. A result that somebody has changed since is kept in 留存. A single file that differs from what we
// would write needs the caller's word.
//
// Results appear whole: they are written to a folder beside the final one and renamed into its place.
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

	"github.com/gofrs/flock"
)

// Target is one folder of results while a run makes it anew. The caller writes below Fresh and calls Publish; a run
// that is killed leaves the old results, or none, never a mixture.
type Target struct {
	Final string // where the results will stand
	Fresh string // where they are written

	out, old string
	made     []string // folders that were not there before, the innermost first
	lock     *flock.Flock
	Kept     []Kept   // changed results of the earlier run, where they are now
	Notes    []string // what else the officer should know: what an interrupted run had left, what could not be removed
}

// ErrBusy says that another run holds the output folder.
var ErrBusy = errors.New("另一次运行正在写这个输出文件夹")

// heldError is why results that a program holds open can't be moved: Windows calls that a lack of permission.
type heldError struct{ error }

func (e heldError) Unwrap() error { return e.error }

// markName is a file in a folder that a run is still writing: the folder is ours although it has no manifest yet.
const markName = ".lianheti"

// Begin proves that <out>/<name> may be replaced by a run that reads these, locks it and clears what a killed run left.
// A Refusal means that nothing was touched. The caller calls Discard in any case.
func Begin(out, name string, reads []Read) (*Target, error) {
	if strings.TrimSpace(out) == "" {
		return nil, Refuse("--out 后面要写输出文件夹")
	}
	t := &Target{
		Final: filepath.Join(out, name),
		Fresh: filepath.Join(out, "."+name+".new"),
		out:   out,
		old:   filepath.Join(out, "."+name+".old"),
		lock:  flock.New(filepath.Join(out, "."+name+".lock")),
	}
	for _, place := range []string{t.Final, t.old, t.Fresh} {
		if err := apart(place, reads); err != nil {
			return nil, err
		}
	}
	if err := t.replaceable(); err != nil {
		return nil, err
	}
	for dir := range upwards(filepath.Clean(out)) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		t.made = append(t.made, dir)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, fmt.Errorf("无法建立输出文件夹 %s：%w", out, err)
	}
	locked, err := t.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("无法锁定输出文件夹 %s，请检查写入权限：%w", out, err)
	}
	if !locked {
		return nil, fmt.Errorf("%w（%s）。请等它结束后再运行", ErrBusy, t.Final)
	}
	if err := t.recover(); err != nil {
		t.Discard()
		return nil, err
	}
	return t, nil
}

// replaceable says why what stands in the way of the results, or in the way of writing them, is not ours to replace.
func (t *Target) replaceable() error {
	for _, dir := range []string{t.out, filepath.Join(t.out, keptFolder)} {
		if err := Folder(dir); err != nil {
			return err
		}
	}
	if info, err := os.Lstat(t.lock.Path()); err == nil && !info.Mode().IsRegular() { // a pipe would be waited for
		return Refuse("%s 是一个%s，本程序要在那里放一个空文件作锁：请把它移走，或用 --out 换一个文件夹", t.lock.Path(), entry{Mode: info.Mode()}.kind())
	}
	for _, dir := range []string{t.Final, t.old} {
		if _, err := ownResult(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return unfinished(t.Fresh)
}

// recover puts the old results back after a run that was killed while it moved the new ones in, and clears up.
func (t *Target) recover() error {
	if _, err := os.Lstat(t.Final); errors.Is(err, fs.ErrNotExist) {
		switch err := os.Rename(t.old, t.Final); {
		case err == nil:
			t.Notes = append(t.Notes, fmt.Sprintf("上次运行在换上新结果时中断，旧结果已从 %s 放回", t.old))
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("上次运行中断，旧结果无法放回 %s：%w", t.Final, err)
		}
	}
	if err := t.retire(); err != nil {
		return fmt.Errorf("上次运行移开的旧结果 %s 无法清理：%w", t.old, err)
	}
	if err := os.RemoveAll(t.Fresh); err != nil {
		return fmt.Errorf("上次运行留下的临时文件夹 %s 无法删除：%w", t.Fresh, err)
	}
	err := os.Mkdir(t.Fresh, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(t.Fresh, markName), []byte("lianheti 正在这里写结果，写完改名。\n"), 0o644)
	}
	if err != nil {
		return fmt.Errorf("无法建立临时文件夹 %s：%w", t.Fresh, err)
	}
	return nil
}

// unfinished says why a folder was not left half written by us: empty, marked, or finished and not renamed.
func unfinished(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && info.IsDir() {
		entries, err := os.ReadDir(dir)
		if err == nil && len(entries) == 0 {
			return nil
		}
		if mark, err := os.Lstat(filepath.Join(dir, markName)); err == nil && mark.Mode().IsRegular() {
			return nil
		}
		if _, err := ownResult(dir); err == nil {
			return nil
		}
	}
	return Refuse("%s 不是本程序留下的临时文件夹，而结果要先写在那里：请把它移走，或用 --out 换一个文件夹", dir)
}

// Publish moves the old results aside and the new ones in; where that fails the old ones are where they were. Results
// that somebody changed are kept (Kept), the others removed.
func (t *Target) Publish() error {
	if err := t.replaceable(); err != nil { // once more: a run takes its time
		return err
	}
	if err := finish(t.Fresh); err != nil {
		return err
	}
	switch err := os.Rename(t.Final, t.old); {
	case errors.Is(err, fs.ErrNotExist): // the first run
	case err != nil:
		return fmt.Errorf("旧结果 %s 无法移开%s。请关闭后重新运行，旧结果没有改动：%w", t.Final, openHint(t.Final), heldError{err})
	}
	if err := os.Rename(t.Fresh, t.Final); err != nil {
		return errors.Join(fmt.Errorf("新结果无法放到 %s：%w", t.Final, err), putBack(t.old, t.Final))
	}
	syncDir(t.out)
	// The new results stand. What can't be put away now is put away by the next run.
	if err := t.retire(); err != nil {
		t.Notes = append(t.Notes, fmt.Sprintf("旧结果还在 %s，没能清理完，下次运行会再试：%s", t.old, InWords(err)))
	}
	return nil
}

func putBack(old, final string) error {
	if err := os.Rename(old, final); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("旧结果在 %s，没能放回：%w", old, err)
	}
	return nil
}

// finish makes sure that finished results are on the disk, whole and without the mark, before anything is renamed.
func finish(dir string) error {
	err := os.Remove(filepath.Join(dir, markName))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err := errors.Join(err, syncTree(dir)); err != nil {
		return fmt.Errorf("结果无法写到磁盘（%s），请检查剩余空间：%w", dir, err)
	}
	return nil
}

// Discard removes what was not published, lets go of the lock, and leaves no empty folder that was not there.
func (t *Target) Discard() {
	if unfinished(t.Fresh) == nil {
		_ = os.RemoveAll(t.Fresh)
	}
	_ = t.lock.Unlock()
	if _, err := os.Lstat(t.Final); len(t.made) > 0 && errors.Is(err, fs.ErrNotExist) {
		for _, path := range append([]string{t.lock.Path()}, t.made...) {
			_ = os.Remove(path) // only if it is empty
		}
	}
}

// openHint names the workbooks of a folder that are open in Excel or WPS: each leaves a file ~$name beside it.
func openHint(dir string) string {
	var open []string
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(d.Name(), "~$") {
			open = append(open, strings.TrimPrefix(d.Name(), "~$"))
		}
		return nil
	})
	if len(open) == 0 {
		return "，可能有文件正被 Excel、WPS 或资源管理器打开"
	}
	return "，下列文件正被打开：" + strings.Join(open, "、")
}

// syncTree makes sure that everything below dir is on the disk before anything is renamed.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			syncDir(path)
			return nil
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}

// syncDir puts the names in a folder on the disk, where the system can do that: Windows can't.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		_ = f.Close()
	}
}

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
