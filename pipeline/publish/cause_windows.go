package publish

import "syscall"

// What the system says where a disk is full, and where a file is held by another program.
var (
	diskFull = []syscall.Errno{39, 112} // ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
	heldOpen = []syscall.Errno{32, 33}  // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
)
