package publish

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
	case slices.Contains(diskFull, number) && errors.As(err, &file) && filepath.Dir(file.Path) == filepath.Clean(os.TempDir()): // where large sheets wait
		return "临时文件夹 " + filepath.Clean(os.TempDir()) + " 所在的磁盘已满。请腾出空间，再运行一次"
	case slices.Contains(diskFull, number):
		return "磁盘已满。请腾出空间，或用 --out 换一个地方，再运行一次"
	case slices.Contains(heldOpen, number):
		return "文件正被别的程序打开。请在 Excel 或 WPS 里关闭它，再运行一次"
	case errors.Is(err, fs.ErrPermission), number == syscall.EROFS:
		return "没有写入权限，或者所在的磁盘只读。请用 --out 换一个能写的文件夹，再运行一次"
	}
	return ""
}
