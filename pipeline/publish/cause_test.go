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
		"正被别的":  &fs.PathError{Op: "rename", Path: "a", Err: heldOpen[0]},
		"旧结果里":  fmt.Errorf("旧结果 a 无法移开：%w", heldError{&fs.PathError{Op: "rename", Path: "a", Err: fs.ErrPermission}}), // as Windows says it
		"没有写入":  fmt.Errorf("无法建立：%w", &fs.PathError{Op: "mkdir", Path: "a", Err: fs.ErrPermission}),
		"磁盘只读":  &fs.PathError{Op: "mkdir", Path: "a", Err: syscall.EROFS},
	} {
		if got := Cause(err); !strings.Contains(got, word) {
			t.Errorf("%v: %q", err, got)
		}
	}
	if got := Cause(errors.New("别的")); got != "" {
		t.Errorf("%q", got)
	}
}
