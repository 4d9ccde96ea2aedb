//go:build !windows

package publish

import "syscall"

func makePipe(at string) error { return syscall.Mkfifo(at, 0o644) }
