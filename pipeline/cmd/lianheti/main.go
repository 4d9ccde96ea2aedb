// Command lianheti processes the yearly call for 市域产教联合体: commands, messages and exit codes, over package pipeline.
package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"text/template"
	"unicode/utf8"

	_ "lianheti/pipeline/heap"
	"lianheti/pipeline/publish"
	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/text"
	"lianheti/stages/workers"

	"github.com/mattn/go-isatty"
	"github.com/urfave/cli/v2"
)

// Exit codes, as every help text states them.
const (
	exitDone   = 0
	exitNo     = 1 // the answer is no, for example: must be corrected, or differs
	exitUsage  = 2
	exitFailed = 3 // nothing published
)

// errNo is returned by a command that did its work and whose answer is no.
var errNo = errors.New("")

// usageError is a wrong command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// usageIf is a usageError if the command line is wrong, and otherwise nil.
func usageIf(wrong bool, format string, args ...any) error {
	if wrong {
		return usageError{fmt.Errorf(format, args...)}
	}
	return nil
}

func main() {
	os.Exit(Main(os.Args, os.Stdout, os.Stderr))
}

// Main runs the program and returns its exit code.
func Main(args []string, stdout, stderr io.Writer) (code int) {
	prepareConsole()
	defer func() { // panics in reading a file are caught there and reject that file
		if p := recover(); p != nil {
			stack := debug.Stack()
			if beside, ok := p.(*workers.Panic); ok { // of the goroutine, not of the caller
				stack = beside.Stack
			}
			fmt.Fprintf(stderr, "未能完成：程序出错，请把输入的文件和下面的内容交给程序的维护人员。\n%s\n%s\n", text.Mask(fmt.Sprint(p)), stack)
			code = exitFailed
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	app := newApp(stdout, stderr)
	args, dropped, err := normalizeArgs(app, args)
	if err == nil {
		err = app.RunContext(ctx, args)
	}
	code = report(stderr, err)
	if dropped { // the console window would close at once
		waitForKey(stdout)
	}
	return code
}

// report prints an error and returns the exit code for it.
func report(stderr io.Writer, err error) int {
	var usage usageError
	var refusal publish.Refusal
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errNo):
		return exitNo
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "用法有误：%s\n可用 lianheti --help 查看用法。\n", publish.ErrorText(err))
		return exitUsage
	case errors.As(err, &refusal):
		fmt.Fprintf(stderr, "没有做：%s。\n原有的文件都没有动。\n", strings.TrimSuffix(err.Error(), "。"))
		return exitUsage
	}
	halfway, _ := errors.AsType[publish.PartialError](err)
	cause := publish.Advice(err)
	if cause != "" {
		fmt.Fprintf(stderr, "%s。\n", cause)
	}
	switch words := publish.ErrorText(err); {
	case halfway.Dir != "":
		fmt.Fprintf(stderr, "结果已经发布在 %s，但是%s\n", halfway.Dir, words)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "已中止。没有发布任何结果，原有结果没有改动。")
	case halfway.Written != nil:
		fmt.Fprintf(stderr, "未能完成：%s\n已经写好的留着：%s；其余没有写。\n", words, strings.Join(halfway.Written, "、"))
	default:
		fmt.Fprintf(stderr, "未能完成：%s\n没有发布任何结果，原有结果没有改动。\n", words)
	}
	return exitFailed
}

func onUsageError(_ *cli.Context, err error, _ bool) error {
	return usageError{translateFlagError(err)}
}

// invalidValue matches the flag parser's message about an invalid value.
var invalidValue = regexp.MustCompile(`^invalid (boolean )?value "(.*)" for (?:flag )?-([^ :]+):`)

func translateFlagError(err error) error {
	message := err.Error()
	for english, chinese := range map[string]string{
		"flag provided but not defined: ": "没有这个选项：",
		"flag needs an argument: ":        "这个选项后面要有内容：",
	} {
		if rest, ok := strings.CutPrefix(message, english); ok {
			return errors.New(chinese + "-" + strings.TrimPrefix(rest, "-"))
		}
	}
	if m := invalidValue.FindStringSubmatch(message); m != nil {
		if m[1] != "" {
			return fmt.Errorf("选项 --%s 后面不写内容，不是“%s”", m[3], m[2])
		}
		return fmt.Errorf("选项 --%s 的内容不对：“%s”不是整数，或者太大", m[3], m[2])
	}
	return err
}

// messages are the templates of what the commands print when they are done.
//
//go:embed messages
var messages embed.FS

var messageTemplates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"mask": text.Mask, "short": shorten, "replace": strings.ReplaceAll, "join": strings.Join,
		"path": filepath.Join, "slash": filepath.FromSlash, "wrap": wrap, "pad": pad, "places": formatPlaces,
		"reading": formatReading, "add": func(a, b int) int { return a + b },
		"label": func(s string) string { return model.Severity(s).Label() },
		"at": func(file, sheet, cell string) string {
			return model.Place{File: file, Sheet: sheet, Cell: cell}.String()
		},
	}).ParseFS(messages, "messages/*.tmpl"))
})

// printMessage prints a message template, without spaces at the end of lines.
func printMessage(w io.Writer, message string, about any) error {
	var b bytes.Buffer
	if err := messageTemplates().ExecuteTemplate(&b, message, about); err != nil {
		return err
	}
	for line := range strings.Lines(b.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// pad appends spaces to a text up to a width on the screen.
func pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-book.TextWidth(s))) }

// shorten returns a text masked, on one line, and cut to the length of a list item.
func shorten(s string) string {
	const most = 40
	return text.Clip(strings.NewReplacer("\n", " ", "\t", " ").Replace(text.Mask(s)), most)
}

const consoleWidth = 78

// wrap breaks a paragraph into lines. The first begins with indent, the others with as many spaces.
func wrap(indent, text string) string {
	out, line := "", indent
	for _, word := range words(strings.ReplaceAll(text, "\n", " ")) { // fillers break lines within a cell
		if book.TextWidth(line+word) > consoleWidth && strings.TrimSpace(line) != "" {
			out, line = out+line+"\n", strings.Repeat(" ", book.TextWidth(indent))
			word = strings.TrimLeft(word, " ")
		}
		line += word
	}
	return out + line
}

// words splits a text where a line may end: between hanzi and at spaces, with punctuation kept where it belongs.
func words(text string) []string {
	var out []string
	for _, r := range text {
		s, before := string(r), ""
		if len(out) > 0 {
			before = out[len(out)-1]
		}
		last, _ := utf8.DecodeLastRuneInString(before)
		glued := strings.ContainsRune("，。、；：！？”）》％%)", r) || strings.ContainsRune("“（《", last) ||
			r != ' ' && book.TextWidth(s) == 1 && book.TextWidth(string(last)) == 1
		if before != "" && glued {
			out[len(out)-1] += s
			continue
		}
		out = append(out, s)
	}
	return out
}

// progressLine returns a function that shows on a terminal how far the work is: the step, and how many files are done
// unless total is 0. An empty step clears the line. Nothing is written to a pipe.
func progressLine(w io.Writer) func(step string, done, total int) {
	f, ok := w.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) && !isatty.IsCygwinTerminal(f.Fd()) {
		return func(string, int, int) {}
	}
	width := 0 // of the text on the line now
	return func(step string, done, total int) {
		line, end := step+"……", ""
		switch {
		case total > 0:
			line = fmt.Sprintf("%s %d/%d", step, done, total)
		case step == "":
			line, end = "", "\r"
		}
		fmt.Fprint(w, "\r"+pad(line, width)+end)
		width = book.TextWidth(line)
	}
}
