package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestCause(t *testing.T) {
	for word, err := range map[string]error{
		"磁盘已满":  fmt.Errorf("数据文件：%w", errors.Join(&fs.PathError{Op: "write", Path: "a", Err: diskFull[0]})),
		"临时文件夹": fmt.Errorf("省级汇总：%w", &fs.PathError{Op: "write", Path: filepath.Join(os.TempDir(), "excelize-1"), Err: diskFull[0]}),
		"正被别的":  &fs.PathError{Op: "rename", Path: "a", Err: fileInUse[0]},
		"旧结果里":  fmt.Errorf("旧结果 a 无法移开：%w", inUseError{&fs.PathError{Op: "rename", Path: "a", Err: fs.ErrPermission}}), // as Windows says it
		"没有写入":  fmt.Errorf("无法建立：%w", &fs.PathError{Op: "mkdir", Path: "a", Err: fs.ErrPermission}),
		"磁盘只读":  &fs.PathError{Op: "mkdir", Path: "a", Err: syscall.EROFS},
	} {
		if got := Advice(err); !strings.Contains(got, word) {
			t.Errorf("%v: %q", err, got)
		}
	}
	if got := Advice(errors.New("别的")); got != "" {
		t.Errorf("%q", got)
	}
}

func TestInWords(t *testing.T) {
	for want, err := range map[string]error{
		"读不到 a：不存在":          fmt.Errorf("读不到 a：%w", &fs.PathError{Op: "lstat", Path: "a", Err: syscall.ENOENT}),
		"无法建立文件夹：b/c 没有权限":   fmt.Errorf("无法建立文件夹：%w", &fs.PathError{Op: "mkdir", Path: "b/c", Err: syscall.EACCES}),
		"旧结果无法放回：a → b 已经有了": fmt.Errorf("旧结果无法放回：%w", &os.LinkError{Op: "rename", Old: "a", New: "b", Err: syscall.EEXIST}),
		"无法写 a：.a-1 磁盘已满":    fmt.Errorf("无法写 a：%w", errors.Join(&fs.PathError{Op: "write", Path: ".a-1", Err: diskFull[0]}, &fs.PathError{Op: "write", Path: ".a-1", Err: diskFull[0]})),
		"别的":                 errors.New("别的"),
	} {
		if got := ErrorText(err); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
