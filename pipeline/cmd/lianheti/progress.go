package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
)

// progress is one line on a terminal that is written anew as the work goes on, and nothing in a pipe.
type progress struct {
	w     io.Writer // nil: nobody watches
	width int       // of what stands there
}

func newProgress(w io.Writer) *progress {
	if f, ok := w.(*os.File); ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd())) {
		return &progress{w: w}
	}
	return &progress{}
}

// show says which step is being done, and where it goes file by file (total is not 0), how many are.
func (p *progress) show(step string, done, total int) {
	line := step + "……"
	if total > 0 {
		line = fmt.Sprintf("%s %d/%d", step, done, total)
	}
	p.write(line)
}

// clear leaves the terminal ready for the summary.
func (p *progress) clear() {
	p.write("")
	p.write("")
}

func (p *progress) write(line string) {
	if p.w == nil {
		return
	}
	width := columns.StringWidth(line)
	fmt.Fprint(p.w, "\r"+line+strings.Repeat(" ", max(0, p.width-width)))
	p.width = width
}
