//go:build !windows

package main

import "io"

// prepareConsole does nothing: these consoles use UTF-8.
func prepareConsole() {}

// waitForKey does nothing: the window stays open.
func waitForKey(io.Writer) {}
