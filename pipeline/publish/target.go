// Package publish writes the files of a command to disk, and verifies later that they are unchanged.
//
// Files that this program did not write are never replaced or removed. A results folder is replaced only if it is
// provably an earlier result (its manifest is intact and lists everything in it) and if no input of the run lies in
// it or contains it. Results that somebody has edited since are moved to 留存. A single file whose content differs is
// overwritten only with --overwrite.
//
// Results appear all at once: they are written to a folder beside the final one, which is then renamed.
package publish

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"lianheti/stages/office/try"

	"github.com/gofrs/flock"
)

// Target is a results folder that a run replaces. The caller writes below Temp and calls Publish; a run that is
// killed leaves the old results or none, never a mixture.
type Target struct {
	Final string // where the results will stand
	Temp  string // where they are written first

	out, old string
	created  []string // folders that Begin created, innermost first
	lock     *flock.Flock
	Kept     []Kept   // changed results of the earlier run, and where they were moved
	Notes    []string // messages: what an interrupted run left, what could not be removed
}

// ErrBusy means that another run holds the output folder.
var ErrBusy = errors.New("另一次运行正在写这个输出文件夹")

// inUseError means that results are held open by a program, which Windows reports as a missing permission.
type inUseError struct{ error }

func (e inUseError) Unwrap() error { return e.error }

// markerName is a file in the folder that a run is writing. It marks the folder as ours before there is a manifest.
const markerName = ".lianheti"

// Begin checks that a run with these inputs may replace <out>/<name>, locks the folder, and removes what a killed run
// left. A Refusal means that nothing was touched. The caller calls Discard in any case.
func Begin(out, name string, reads []ReadPath) (_ *Target, err error) {
	defer try.Caught(&err)
	if strings.TrimSpace(out) == "" {
		return nil, Refuse("--out 后面要写输出文件夹")
	}
	t := &Target{
		Final: filepath.Join(out, name),
		Temp:  filepath.Join(out, "."+name+".new"),
		out:   out,
		old:   filepath.Join(out, "."+name+".old"),
		lock:  flock.New(filepath.Join(out, "."+name+".lock")),
	}
	for _, place := range []string{t.Final, t.old, t.Temp} {
		try.Do(checkSeparate(place, reads))
	}
	try.Do(t.checkReplaceable())
	for dir := range parents(filepath.Clean(out)) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		t.created = append(t.created, dir)
	}
	try.In("无法建立输出文件夹 "+out, os.MkdirAll(out, 0o755))
	locked, err := t.lock.TryLock()
	try.In("无法锁定输出文件夹 "+out+"，请检查写入权限", err)
	if !locked {
		return nil, fmt.Errorf("%w（%s）。请等它结束后再运行", ErrBusy, t.Final)
	}
	if err := t.recover(); err != nil {
		t.Discard()
		return nil, err
	}
	return t, nil
}

// checkReplaceable refuses if anything in the place of the results, or of our working files, is not ours.
func (t *Target) checkReplaceable() (err error) {
	defer try.Caught(&err)
	for _, dir := range []string{t.out, filepath.Join(t.out, keptFolder)} {
		try.Do(CheckFolder(dir))
	}
	if info, err := os.Lstat(t.lock.Path()); err == nil && !info.Mode().IsRegular() { // opening a pipe would block
		return Refuse("%s 是一个%s，本程序要在那里放一个空文件作锁：请把它移走，或用 --out 换一个文件夹", t.lock.Path(), entry{Mode: info.Mode()}.kind())
	}
	for _, dir := range []string{t.Final, t.old} {
		if _, err := checkOwnResult(dir); !errors.Is(err, fs.ErrNotExist) {
			try.Do(err)
		}
	}
	return checkTemp(t.Temp)
}

// recover restores the old results after a run that was killed while renaming, removes its remains, and makes Temp.
func (t *Target) recover() (err error) {
	defer try.Caught(&err)
	if _, err := os.Lstat(t.Final); errors.Is(err, fs.ErrNotExist) {
		switch err := os.Rename(t.old, t.Final); {
		case err == nil:
			t.Notes = append(t.Notes, fmt.Sprintf("上次运行在换上新结果时中断，旧结果已从 %s 放回", t.old))
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("上次运行中断，旧结果无法放回 %s：%w", t.Final, err)
		}
	}
	try.In("上次运行移开的旧结果 "+t.old+" 无法清理", t.removeOld())
	try.In("上次运行留下的临时文件夹 "+t.Temp+" 无法删除", os.RemoveAll(t.Temp))
	if err = os.Mkdir(t.Temp, 0o755); err == nil {
		err = os.WriteFile(filepath.Join(t.Temp, markerName), []byte("lianheti 正在这里写结果，写完改名。\n"), 0o644)
	}
	return try.Named("无法建立临时文件夹 "+t.Temp, err)
}

// checkTemp refuses a temporary folder that is not ours. Ours is empty, marked, or a complete result.
func checkTemp(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	mark, unmarked := os.Lstat(filepath.Join(dir, markerName))
	if err == nil && info.IsDir() && unmarked == nil && mark.Mode().IsRegular() {
		return nil
	}
	if _, err := checkOwnResult(dir); err == nil { // also of an empty folder
		return nil
	}
	return Refuse("%s 不是本程序留下的临时文件夹，而结果要先写在那里：请把它移走，或用 --out 换一个文件夹", dir)
}

// Publish moves the old results aside and the new ones in; if that fails, the old ones stay where they were. Old
// results that somebody changed are kept (Kept), the others removed.
func (t *Target) Publish() (err error) {
	defer try.Caught(&err)
	try.Do(t.checkReplaceable()) // again: time has passed since Begin
	try.Do(flush(t.Temp))
	switch err := os.Rename(t.Final, t.old); {
	case errors.Is(err, fs.ErrNotExist): // the first run
	case err != nil:
		return fmt.Errorf("旧结果 %s 无法移开%s。请关闭后重新运行，旧结果没有改动：%w", t.Final, openHint(t.Final), inUseError{err})
	}
	if err := os.Rename(t.Temp, t.Final); err != nil {
		failed := fmt.Errorf("新结果无法放到 %s：%w", t.Final, err)
		if err := os.Rename(t.old, t.Final); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(failed, fmt.Errorf("旧结果在 %s，没能放回：%w", t.old, err))
		}
		return failed
	}
	syncDir(t.out)
	// The new results are published. What can't be removed now is removed by the next run.
	if err := t.removeOld(); err != nil {
		t.Notes = append(t.Notes, fmt.Sprintf("旧结果还在 %s，没能清理完，下次运行会再试：%s", t.old, ErrorText(err)))
	}
	return nil
}

// flush removes the marker and syncs the finished results to disk; they are renamed only then.
func flush(dir string) error {
	err := os.RemoveAll(filepath.Join(dir, markerName)) // there may be none
	return try.Named("结果无法写到磁盘（"+dir+"），请检查剩余空间", errors.Join(err, syncTree(dir)))
}

// Discard removes what was not published, unlocks, and removes the empty folders that Begin created.
func (t *Target) Discard() {
	if checkTemp(t.Temp) == nil {
		_ = os.RemoveAll(t.Temp)
	}
	_ = t.lock.Unlock()
	if _, err := os.Lstat(t.Final); len(t.created) > 0 && errors.Is(err, fs.ErrNotExist) {
		for _, path := range append([]string{t.lock.Path()}, t.created...) {
			_ = os.Remove(path) // only if it is empty
		}
	}
}

// openHint names the workbooks of a folder that are open in Excel or WPS, which put a file ~$name beside each.
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

// syncDir syncs the entries of a folder to disk, where the system can: Windows can't.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		_ = f.Close()
	}
}

// Frozen is the copy of a run that is kept for a meeting: <out>/<year>-<name>, read-only, with a run.json of its own.
type Frozen struct{ Name, final, temp string }

// PrepareFreeze checks before any work that the name is valid and free; nil: no copy is asked for.
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
	f := &Frozen{Name: name, final: filepath.Join(out, folder), temp: filepath.Join(out, "."+folder+".new")}
	if _, err := os.Lstat(f.final); !errors.Is(err, fs.ErrNotExist) {
		return nil, Refuse("会议版 %s 已经有了，不会改动它。请换一个名称", f.final)
	}
	return f, checkTemp(f.temp)
}

// Copy copies the results before they are published. rewrite writes the files for people anew: they name the copy.
func (f *Frozen) Copy(dir string, m Manifest, rewrite func(dir string) error) (err error) {
	if f == nil {
		return nil
	}
	defer try.Caught(&err)
	const what = "会议版无法写到磁盘"
	try.In("上次中断留下的 "+f.temp+" 无法删除", os.RemoveAll(f.temp)) // PrepareFreeze proved that it is ours
	try.In(what, os.CopyFS(f.temp, os.DirFS(dir)))          // copies the marker too
	try.In(what, rewrite(f.temp))
	m.Meeting = f.Name
	return try.Named(what, m.Seal(f.temp))
}

// Publish renames the copy into place and makes its files read-only. dir is where the results were published.
func (f *Frozen) Publish(dir string) error {
	if f == nil {
		return nil
	}
	if err := flush(f.temp); err != nil {
		return PartialError{dir, nil, try.Named("会议版没有留成", err)}
	}
	if err := os.Rename(f.temp, f.final); err != nil {
		return PartialError{dir, nil, try.Named("会议版没能放到 "+f.final, err)}
	}
	syncDir(filepath.Dir(f.final))
	err := filepath.WalkDir(f.final, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(at, 0o444)
	})
	if err != nil {
		return PartialError{dir, nil, fmt.Errorf("会议版 %s 已经留好，但没能设为只读：%w", f.final, err)}
	}
	return nil
}

// Discard removes a copy that was not published.
func (f *Frozen) Discard() {
	if f != nil && checkTemp(f.temp) == nil {
		_ = os.RemoveAll(f.temp)
	}
}

// File is one file that a command writes by itself.
type File struct {
	Path string
	Data []byte
}

// WriteFile writes a file and creates its folder.
func WriteFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// WriteStatus says what happened, or would happen, to a File.
type WriteStatus string

const (
	StatusNew      WriteStatus = "已写出"
	StatusSame     WriteStatus = "已经在了，内容相同，没有重写"
	StatusReplaced WriteStatus = "已覆盖"
)

// WriteFiles writes single files, all or none. A file that exists with the same content is left alone. One that
// differs may hold what somebody filled in: without overwrite a Refusal names it and nothing is written.
func WriteFiles(files []File, overwrite bool) (_ []WriteStatus, err error) {
	defer try.Caught(&err)
	out := make([]WriteStatus, len(files))
	for i, f := range files {
		if out[i] = try.Get(statusOf(f)); out[i] == StatusReplaced && !overwrite {
			return nil, Refuse("已经有 %s，内容与要写的不同（可能有人填过），没有覆盖；什么也没有写。请移走它，或换一个地方写；确要覆盖，加 --overwrite", f.Path)
		}
	}
	// All are written before the first is renamed: a full disk changes nothing.
	staged := make([]string, len(files))
	defer func() {
		for _, name := range staged {
			_ = os.Remove(name)
		}
	}()
	for i, f := range files {
		if out[i] == StatusSame {
			continue
		}
		staged[i], err = writeTemp(f)
		try.In("无法写 "+f.Path, err)
	}
	var done []string
	for i, f := range files {
		if out[i] == StatusSame {
			continue
		}
		err = moveIntoPlace(staged[i], f.Path, out[i] == StatusReplaced)
		try.Do(WithWritten(done, try.Named("无法写 "+f.Path, err)))
		done = append(done, f.Path)
	}
	return out, nil
}

// errOccupied means that a file appeared where none was before.
var errOccupied = errors.New("写的时候那里来了别的文件，没有动它")

// WriteUnique writes a file under a name that is not taken, with a number added if necessary, and returns its path.
func WriteUnique(path string, data []byte) (_ string, err error) {
	defer try.Caught(&err)
	staged := try.Get(writeTemp(File{path, data}))
	defer os.Remove(staged)
	ext := filepath.Ext(path)
	for n, at := 2, path; ; n++ {
		if err := moveIntoPlace(staged, at, false); !errors.Is(err, errOccupied) {
			return at, err
		}
		at = fmt.Sprintf("%s（%d）%s", strings.TrimSuffix(path, ext), n, ext)
	}
}

// CheckFolder refuses a folder if it, or one above it, is a file, a broken link or a published result.
func CheckFolder(dir string) error {
	if result := resultAbove(dir); result != "" {
		return Refuse("%s 是一次运行的结果，不往里面写别的；什么也没有写。请换一个文件夹", result)
	}
	for at := range parents(dir) {
		info, err := os.Stat(at)
		_, missing := os.Lstat(at)
		switch {
		case err == nil && info.IsDir():
			return nil
		case err == nil:
			return Refuse("%s 是一个文件，不能在里面写文件；什么也没有写。请换一个文件夹", at)
		case missing == nil:
			return Refuse("%s 是一个链接，它指向的地方不在；什么也没有写。请换一个文件夹", at)
		}
	}
	return nil
}

// statusOf returns what writing a file would do. Only a regular file may ever be replaced.
func statusOf(f File) (_ WriteStatus, err error) {
	defer try.Caught(&err)
	try.Do(CheckFolder(filepath.Dir(f.Path)))
	info, err := os.Lstat(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return StatusNew, nil
	case err != nil:
		return "", try.Named("读不到 "+f.Path, err)
	case !info.Mode().IsRegular():
		return "", Refuse("%s 已经有了，是一个%s，不会动它；什么也没有写。请移走它，或换一个地方", f.Path, entry{Mode: info.Mode()}.kind())
	case info.Size() != int64(len(f.Data)):
		return StatusReplaced, nil
	}
	data, err := os.ReadFile(f.Path)
	if bytes.Equal(data, f.Data) {
		return StatusSame, err
	}
	return StatusReplaced, try.Named("读不到 "+f.Path, err)
}

// writeTemp writes a file completely, under a temporary name in the same folder.
func writeTemp(f File) (_ string, err error) {
	defer try.Caught(&err)
	dir := filepath.Dir(f.Path)
	try.In("无法建立文件夹 "+dir, os.MkdirAll(dir, 0o755))
	w := try.Get(os.CreateTemp(dir, markerName+"-*"))
	_, err = w.Write(f.Data)
	if err = errors.Join(err, w.Chmod(0o644), w.Sync(), w.Close()); err != nil {
		_ = os.Remove(w.Name())
	}
	return w.Name(), err
}

// moveIntoPlace renames a temporary file. Unless replace is set, it overwrites nothing that appeared in the meantime.
func moveIntoPlace(staged, path string, replace bool) error {
	if !replace {
		err := os.Link(staged, path)
		if err == nil {
			return nil
		}
		// Not every file system has links.
		if _, there := os.Lstat(path); there == nil {
			return errOccupied
		}
	}
	return os.Rename(staged, path)
}
