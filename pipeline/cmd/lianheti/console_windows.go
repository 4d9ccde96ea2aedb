package main

import (
	"fmt"
	"io"

	"golang.org/x/sys/windows"
)

const utf8CodePage = 65001

// prepareConsole switches the console to UTF-8 and enables control sequences, which the progress line uses.
func prepareConsole() {
	_ = windows.SetConsoleOutputCP(utf8CodePage)
	for _, id := range []uint32{windows.STD_OUTPUT_HANDLE, windows.STD_ERROR_HANDLE} {
		h, err := windows.GetStdHandle(id)
		if err != nil {
			continue
		}
		var mode uint32
		if windows.GetConsoleMode(h, &mode) == nil {
			_ = windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
		}
	}
}

// waitForKey keeps the window open, so that the result for dropped files can be read.
func waitForKey(w io.Writer) {
	fmt.Fprint(w, "\n按回车键关闭窗口。")
	_, _ = fmt.Scanln()
}
