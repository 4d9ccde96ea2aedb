//go:build !windows

package main

import "io"

// prepareConsole has nothing to do where consoles speak UTF-8.
func prepareConsole() {}

// waitForKey has nothing to do where a program is started in a window that stays.
func waitForKey(io.Writer) {}
