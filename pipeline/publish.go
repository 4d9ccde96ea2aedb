package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// publication is one year's output folder while a run makes it anew. Files are written to a folder beside it; Publish
// puts that folder in its place whole. A run that is killed leaves the old results, or none, never a mixture.
type publication struct {
	final, fresh, old string
	lock              *flock.Flock
}

// ErrBusy says that another run holds the output folder.
var ErrBusy = errors.New("另一次运行正在写这个输出文件夹")

// heldError is why results that a program holds open can't be moved. Windows calls that a lack of permission; permission to write here
// was proved by the lock.
type heldError struct{ error }

func (e heldError) Unwrap() error { return e.error }

// publish takes the lock on <out>/<year> and clears what a killed run left behind. The caller calls discard in any case.
func publish(out, year string) (*publication, error) {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, fmt.Errorf("无法建立输出文件夹 %s：%w", out, err)
	}
	p := &publication{
		final: filepath.Join(out, year),
		fresh: filepath.Join(out, "."+year+".new"),
		old:   filepath.Join(out, "."+year+".old"),
		lock:  flock.New(filepath.Join(out, "."+year+".lock")),
	}
	locked, err := p.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("无法锁定输出文件夹 %s，请检查写入权限：%w", out, err)
	}
	if !locked {
		return nil, fmt.Errorf("%w（%s）。请等它结束后再运行", ErrBusy, p.final)
	}
	if err := p.recover(); err != nil {
		p.discard()
		return nil, err
	}
	return p, nil
}

// recover puts the old results back where a run was killed between moving them aside and putting the new ones in.
func (p *publication) recover() error {
	if _, err := os.Stat(p.final); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(p.old, p.final); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("上次运行中断，旧结果无法放回 %s：%w", p.final, err)
		}
	}
	for _, dir := range []string{p.fresh, p.old} {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("上次运行留下的临时文件夹 %s 无法删除：%w", dir, err)
		}
	}
	if err := os.MkdirAll(p.fresh, 0o755); err != nil {
		return fmt.Errorf("无法建立临时文件夹 %s：%w", p.fresh, err)
	}
	return nil
}

// publish moves the old results aside and the new ones in. Where that fails the old results are where they were.
func (p *publication) publish() error {
	if err := syncTree(p.fresh); err != nil {
		return fmt.Errorf("结果无法写到磁盘（%s），请检查剩余空间：%w", p.fresh, err)
	}
	switch err := os.Rename(p.final, p.old); {
	case errors.Is(err, fs.ErrNotExist): // the first run
	case err != nil:
		return fmt.Errorf("旧结果 %s 无法移开%s。请关闭后重新运行，旧结果没有改动：%w", p.final, openHint(p.final), heldError{err})
	}
	if err := os.Rename(p.fresh, p.final); err != nil {
		return errors.Join(fmt.Errorf("新结果无法放到 %s：%w", p.final, err), os.Rename(p.old, p.final))
	}
	// The new results stand. What can't be removed now is removed by the next run.
	_ = os.RemoveAll(p.old)
	return nil
}

// discard removes what was not published and lets go of the lock.
func (p *publication) discard() {
	_ = os.RemoveAll(p.fresh)
	_ = p.lock.Unlock()
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
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}
