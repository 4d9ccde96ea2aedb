package main

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"unicode/utf8"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/text"

	"github.com/mattn/go-isatty"
)

// What the commands say when they are done stands in messages/*.tmpl, as it is read on the screen.
//
//go:embed messages
var messages embed.FS

var said = template.Must(template.New("").Funcs(template.FuncMap{
	"mask": text.Mask, "short": short, "replace": strings.ReplaceAll, "join": strings.Join,
	"path": filepath.Join, "slash": filepath.FromSlash, "wrap": wrap, "pad": pad, "places": places, "reading": reading,
	"add":   func(a, b int) int { return a + b },
	"label": func(s string) string { return model.Severity(s).Label() },
	"at": func(file, sheet, cell string) string {
		return model.Place{File: file, Sheet: sheet, Cell: cell}.String()
	},
}).ParseFS(messages, "messages/*.tmpl"))

// say writes a message, no blanks at the end of its lines.
func say(w io.Writer, message string, about any) error {
	var b bytes.Buffer
	if err := said.ExecuteTemplate(&b, message, about); err != nil {
		return err
	}
	for line := range strings.Lines(b.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// pad fills a text with blanks to a width on the screen.
func pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-book.Width(s))) }

// short is a text as one line of a list.
func short(s string) string {
	const most = 40
	return text.Clip(strings.NewReplacer("\n", " ", "\t", " ").Replace(text.Mask(s)), most)
}

const consoleWidth = 78

// wrap breaks a paragraph into lines, with this before the first and blanks before the others.
func wrap(indent, text string) string {
	var out strings.Builder
	line, wide := indent, book.Width(indent)
	for _, word := range words(strings.ReplaceAll(text, "\n", " ")) { // fillers break lines within a cell
		if w := book.Width(word); wide+w > consoleWidth && strings.TrimSpace(line) != "" {
			out.WriteString(line + "\n")
			line = strings.Repeat(" ", book.Width(indent))
			wide = len(line)
			word = strings.TrimLeft(word, " ")
		}
		line += word
		wide += book.Width(word)
	}
	return out.String() + line
}

// words cuts a text where a line may end: between hanzi and at blanks, not before a closing mark nor after an opening.
func words(text string) []string {
	var out []string
	for _, r := range text {
		s, before := string(r), ""
		if len(out) > 0 {
			before = out[len(out)-1]
		}
		last, _ := utf8.DecodeLastRuneInString(before)
		glued := strings.ContainsRune("，。、；：！？”）》％%)", r) || strings.ContainsRune("“（《", last) ||
			r != ' ' && book.Width(s) == 1 && book.Width(string(last)) == 1
		if before != "" && glued {
			out[len(out)-1] += s
			continue
		}
		out = append(out, s)
	}
	return out
}

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
