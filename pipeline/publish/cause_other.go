//go:build !windows

package publish

import "syscall"

// What the system says where a disk is full, and where a file is held by another program.
var (
	diskFull = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}
	heldOpen = []syscall.Errno{syscall.EBUSY, syscall.ETXTBSY}
)
