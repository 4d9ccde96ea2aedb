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
)

// File is one file that a command writes by itself.
type File struct {
	Path string
	Data []byte
}

// Put writes a file, and makes the folders that it lies in.
func Put(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// Written says what became of a File.
type Written string

const (
	New      Written = "已写出"
	Same     Written = "已经在了，内容相同，没有重写"
	Replaced Written = "已覆盖"
)

// Files writes single files, all or none: each is new, or stands there with the same content. What differs may have
// been filled in by somebody: without overwrite a Refusal names it and nothing is written.
func Files(files []File, overwrite bool) (_ []Written, err error) {
	out := make([]Written, len(files))
	for i, f := range files {
		if out[i], err = standing(f); err != nil {
			return nil, err
		}
		if out[i] == Replaced && !overwrite {
			return nil, Refuse("已经有 %s，内容与要写的不同（可能有人填过），没有覆盖；什么也没有写。请移走它，或换一个地方写；确要覆盖，加 --overwrite", f.Path)
		}
	}
	// all are written before the first is put in its place: a full disk changes nothing
	staged := make([]string, len(files))
	defer func() {
		for _, name := range staged {
			_ = os.Remove(name)
		}
	}()
	for i, f := range files {
		if out[i] == Same {
			continue
		}
		staged[i], err = stage(f)
		if err != nil {
			return nil, fmt.Errorf("无法写 %s：%w", f.Path, err)
		}
	}
	var done []string
	for i, f := range files {
		if out[i] == Same {
			continue
		}
		if err := place(staged[i], f.Path, out[i] == Replaced); err != nil {
			return nil, Partly(done, fmt.Errorf("无法写 %s：%w", f.Path, err))
		}
		done = append(done, f.Path)
	}
	return out, nil
}

// errTaken says that something came where nothing was.
var errTaken = errors.New("写的时候那里来了别的文件，没有动它")

// Beside writes a file under a name that nothing has yet, with a number after it where need be.
func Beside(path string, data []byte) (string, error) {
	staged, err := stage(File{path, data})
	if err != nil {
		return "", err
	}
	defer os.Remove(staged)
	ext := filepath.Ext(path)
	for n, at := 2, path; ; n++ {
		if err := place(staged, at, false); !errors.Is(err, errTaken) {
			return at, err
		}
		at = fmt.Sprintf("%s（%d）%s", strings.TrimSuffix(path, ext), n, ext)
	}
}

// Folder says why nothing may be written to a folder: a file, or a link to nothing, stands where it or one above it
// would, or it lies in published results.
func Folder(dir string) error {
	for at := real(dir); at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := ReadManifest(at); err == nil {
			return Refuse("%s 是一次运行的结果，不往里面写别的；什么也没有写。请换一个文件夹", at)
		}
	}
	for at := range upwards(dir) {
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

// standing says what writing a file would mean. Only a plain file may ever be replaced.
func standing(f File) (Written, error) {
	if err := Folder(filepath.Dir(f.Path)); err != nil {
		return "", err
	}
	info, err := os.Lstat(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return New, nil
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

// stage writes whole, beside where the file belongs, under a name that nothing has.
func stage(f File) (string, error) {
	dir := filepath.Dir(f.Path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("无法建立文件夹 %s：%w", dir, err)
	}
	w, err := os.CreateTemp(dir, markName+"-*")
	if err != nil {
		return "", err
	}
	_, err = w.Write(f.Data)
	if err = errors.Join(err, w.Chmod(0o644), w.Sync(), w.Close()); err != nil {
		_ = os.Remove(w.Name())
	}
	return w.Name(), err
}

// place moves a staged file into its place; a new one replaces nothing that came in the meantime.
func place(staged, path string, replace bool) error {
	if !replace {
		err := os.Link(staged, path)
		if err == nil {
			return nil
		}
		// Not every disk knows links.
		if _, there := os.Lstat(path); there == nil {
			return errTaken
		}
	}
	return os.Rename(staged, path)
}
