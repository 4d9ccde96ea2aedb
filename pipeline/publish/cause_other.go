//go:build !windows

package publish

import "syscall"

// System errors for a full disk, and for a file that another program holds open.
var (
	diskFull  = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}
	fileInUse = []syscall.Errno{syscall.EBUSY, syscall.ETXTBSY}
)
