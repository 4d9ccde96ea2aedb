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
	out := make([]WriteStatus, len(files))
	for i, f := range files {
		if out[i], err = statusOf(f); err != nil {
			return nil, err
		}
		if out[i] == StatusReplaced && !overwrite {
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
		if err != nil {
			return nil, fmt.Errorf("无法写 %s：%w", f.Path, err)
		}
	}
	var done []string
	for i, f := range files {
		if out[i] == StatusSame {
			continue
		}
		if err := moveIntoPlace(staged[i], f.Path, out[i] == StatusReplaced); err != nil {
			return nil, WithWritten(done, fmt.Errorf("无法写 %s：%w", f.Path, err))
		}
		done = append(done, f.Path)
	}
	return out, nil
}

// errOccupied means that a file appeared where none was before.
var errOccupied = errors.New("写的时候那里来了别的文件，没有动它")

// WriteUnique writes a file under a name that is not taken, with a number added if necessary, and returns its path.
func WriteUnique(path string, data []byte) (string, error) {
	staged, err := writeTemp(File{path, data})
	if err != nil {
		return "", err
	}
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
	for at := realPath(dir); at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := ReadManifest(at); err == nil {
			return Refuse("%s 是一次运行的结果，不往里面写别的；什么也没有写。请换一个文件夹", at)
		}
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
func statusOf(f File) (WriteStatus, error) {
	if err := CheckFolder(filepath.Dir(f.Path)); err != nil {
		return "", err
	}
	info, err := os.Lstat(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return StatusNew, nil
	case err != nil:
		return "", fmt.Errorf("读不到 %s：%w", f.Path, err)
	case !info.Mode().IsRegular():
		return "", Refuse("%s 已经有了，是一个%s，不会动它；什么也没有写。请移走它，或换一个地方", f.Path, entry{Mode: info.Mode()}.kind())
	case info.Size() != int64(len(f.Data)):
		return StatusReplaced, nil
	}
	data, err := os.ReadFile(f.Path)
	if err != nil {
		return "", fmt.Errorf("读不到 %s：%w", f.Path, err)
	}
	if bytes.Equal(data, f.Data) {
		return StatusSame, nil
	}
	return StatusReplaced, nil
}

// writeTemp writes a file completely, under a temporary name in the same folder.
func writeTemp(f File) (string, error) {
	dir := filepath.Dir(f.Path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("无法建立文件夹 %s：%w", dir, err)
	}
	w, err := os.CreateTemp(dir, markerName+"-*")
	if err != nil {
		return "", err
	}
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
