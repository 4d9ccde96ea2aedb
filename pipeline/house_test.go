package pipeline

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"unicode/utf8"
)

// How much of the code a reader has to take in at once: lines of a function and of a file, characters of a line.
const (
	longestFunction = 80
	longestFile     = 500
	widestLine      = 120
)

// Requirements
//  1. No function, file or line of the program is longer than a reader takes in.
func TestCodeIsShort(t *testing.T) {
	set := token.NewFileSet()
	err := fs.WalkDir(os.DirFS(".."), ".", func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path.Join("..", file))
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(set, file, data, 0)
		if err != nil {
			return err
		}
		for _, declared := range parsed.Decls {
			f, ok := declared.(*ast.FuncDecl)
			if !ok {
				continue
			}
			from := set.Position(f.Pos()).Line
			if n := set.Position(f.End()).Line - from + 1; n > longestFunction {
				t.Errorf("%s:%d: %s has %d lines, more than %d", file, from, f.Name.Name, n, longestFunction)
			}
		}
		lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
		if len(lines) > longestFile {
			t.Errorf("%s has %d lines, more than %d", file, len(lines), longestFile)
		}
		for i, line := range lines {
			if n := utf8.RuneCountInString(line); n > widestLine {
				t.Errorf("%s:%d is %d characters wide, more than %d", file, i+1, n, widestLine)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
