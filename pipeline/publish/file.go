package publish

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// File is one file that a command writes by itself.
type File struct {
	Path string
	Data []byte
}

// Written says what became of a File.
type Written string

const (
	New      Written = "已写出"
	Same     Written = "已经在了，内容相同，没有重写"
	Replaced Written = "已覆盖"
)

// Files writes single files, all or none: each is new, or stands there with the same content. What stands there and differs may have
// been filled in by somebody: it is replaced only with overwrite, else a Refusal names it and nothing is written.
func Files(files []File, overwrite bool) ([]Written, error) {
	out := make([]Written, len(files))
	for i, f := range files {
		there, err := standing(f)
		if err != nil {
			return nil, err
		}
		if out[i] = there; there == Replaced && !overwrite {
			return nil, Refuse("已经有 %s，内容与要写的不同（可能有人填过），没有覆盖；什么也没有写。请移走它，或用 --out 换一个文件夹；确要覆盖，加 --overwrite", f.Path)
		}
	}
	for i, f := range files {
		if out[i] == Same {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
			return nil, fmt.Errorf("无法建立文件夹 %s：%w", filepath.Dir(f.Path), err)
		}
		if err := place(f, out[i] == Replaced); err != nil {
			return nil, fmt.Errorf("无法写 %s：%w", f.Path, err)
		}
	}
	return out, nil
}

// standing says what writing a file would mean. Only a plain file may ever be replaced.
func standing(f File) (Written, error) {
	info, err := os.Lstat(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		for dir := filepath.Dir(f.Path); ; dir = filepath.Dir(dir) {
			if i, err := os.Stat(dir); err == nil && !i.IsDir() {
				return "", Refuse("%s 是一个文件，不能在里面写文件；什么也没有写。请用 --out 换一个文件夹", dir)
			}
			if dir == filepath.Dir(dir) {
				return New, nil
			}
		}
	case err != nil:
		return "", fmt.Errorf("读不到 %s：%w", f.Path, err)
	case !info.Mode().IsRegular():
		return "", Refuse("%s 已经有了，是一个%s，不会动它；什么也没有写。请移走它，或换一个地方", f.Path, entry{Mode: info.Mode()}.kind())
	case info.Size() != int64(len(f.Data)):
		return Replaced, nil
	}
	data, err := os.ReadFile(f.Path)
	if err != nil {
		return "", fmt.Errorf("读不到 %s：%w", f.Path, err)
	}
	if bytes.Equal(data, f.Data) {
		return Same, nil
	}
	return Replaced, nil
}

// place writes under a name that nothing has and moves the file into place whole. Where it is to be new, it takes the place of nothing
// that came in the meantime.
func place(f File, replace bool) error {
	w, err := os.CreateTemp(filepath.Dir(f.Path), markName+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(w.Name())
	_, err = w.Write(f.Data)
	if err := errors.Join(err, w.Chmod(0o644), w.Sync(), w.Close()); err != nil {
		return err
	}
	if !replace {
		err := os.Link(w.Name(), f.Path)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
		// Not every disk knows links.
		if _, err := os.Lstat(f.Path); err == nil {
			return fs.ErrExist
		}
	}
	return os.Rename(w.Name(), f.Path)
}
