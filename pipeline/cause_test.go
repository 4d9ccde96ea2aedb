package pipeline

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

func TestVerifyTellsARenamedFile(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a", "same")
	outputs, err := hashTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	moved := t.TempDir()
	if err := (&Manifest{Outputs: outputs}).write(moved); err != nil {
		t.Fatal(err)
	}
	put(t, moved, "b", "same")
	put(t, moved, "c", "other")
	_, diff, err := Verify(moved)
	if want := []Difference{{"a", "改名为 b"}, {"c", "多出"}}; err != nil || len(diff) != 2 || diff[0] != want[0] || diff[1] != want[1] {
		t.Errorf("%v %v", diff, err)
	}
	put(t, moved, ManifestName, `{"outputs": [`)
	if _, _, err := Verify(moved); err == nil || !strings.Contains(err.Error(), "已损坏") {
		t.Errorf("a damaged manifest: %v", err)
	}
}
