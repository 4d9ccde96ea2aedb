package publish

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Cause says in words what to do about an error of the system; empty where its own words must serve.
func Cause(err error) string {
	var number syscall.Errno
	var held heldError
	var file *fs.PathError
	switch errors.As(err, &number); {
	case errors.As(err, &held):
		return "旧结果里有文件正被打开。请在 Excel、WPS 或资源管理器里关闭它，再运行一次"
	// where large sheets wait
	case slices.Contains(diskFull, number) && errors.As(err, &file) &&
		filepath.Dir(file.Path) == filepath.Clean(os.TempDir()):
		return "临时文件夹 " + filepath.Clean(os.TempDir()) + " 所在的磁盘已满。请腾出空间，再运行一次"
	case slices.Contains(diskFull, number):
		return "磁盘已满。请腾出空间，或用 --out 换一个地方，再运行一次"
	case slices.Contains(heldOpen, number):
		return "文件正被别的程序打开。请在 Excel 或 WPS 里关闭它，再运行一次"
	case errors.Is(err, fs.ErrPermission) && errors.As(err, &file) && unreadable(file.Path):
		return "没有权限读 " + file.Path + "。请检查它的权限，或复制到本机普通文件夹，再运行一次"
	case errors.Is(err, fs.ErrPermission), number == syscall.EROFS:
		return "没有写入权限，或者所在的磁盘只读。请用 --out 换一个能写的文件夹，再运行一次"
	}
	return ""
}

// unreadable says whether something is there and may not be read.
func unreadable(path string) bool {
	f, err := os.Open(path)
	if err == nil {
		_ = f.Close()
	}
	return errors.Is(err, fs.ErrPermission)
}

// InWords is what an error says, with what the system says of a file in Chinese: what is known of it, and the file
// once.
func InWords(err error) string {
	message := err.Error()
	var file *fs.PathError
	var files *os.LinkError
	switch {
	case errors.As(err, &file):
		said := reason(file.Err)
		message = strings.ReplaceAll(message, "\n"+file.Error(), "") // writing and closing say the same
		if rest := strings.Replace(message, file.Error(), "", 1); !strings.Contains(rest, file.Path) {
			said = file.Path + " " + said
		}
		return strings.Replace(message, file.Error(), said, 1)
	case errors.As(err, &files):
		return strings.Replace(message, files.Error(), files.Old+" → "+files.New+" "+reason(files.Err), 1)
	}
	return message
}

// reason says in Chinese why the system did not do something, where that is a reason people meet.
func reason(err error) string {
	var number syscall.Errno
	_ = errors.As(err, &number)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "不存在"
	case errors.Is(err, fs.ErrExist):
		return "已经有了"
	case errors.Is(err, fs.ErrPermission):
		return "没有权限"
	case slices.Contains(diskFull, number):
		return "磁盘已满"
	case slices.Contains(heldOpen, number):
		return "正被别的程序打开"
	}
	words := map[syscall.Errno]string{
		syscall.ENOTDIR: "上一级不是文件夹", syscall.EISDIR: "是一个文件夹", syscall.EROFS: "所在的磁盘只读",
		syscall.ELOOP: "链接绕成了圈", syscall.ENAMETOOLONG: "名称太长", syscall.EIO: "读写出错（磁盘可能有问题）",
	}[number]
	return cmp.Or(words, err.Error())
}
