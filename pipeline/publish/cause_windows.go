package publish

import "syscall"

// System errors for a full disk, and for a file that another program holds open.
var (
	diskFull  = []syscall.Errno{39, 112} // ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
	fileInUse = []syscall.Errno{32, 33}  // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
)
