package pipeline

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"lianheti/samples/must"
)

// Requirements
//  1. Imports run one way: cmd/lianheti -> pipeline -> stages/X -> stages/table, stages/office -> templates -> stages/model, stages/text.
//  2. A stage never imports another stage: what they share is a noun in stages/model, a habit with words in stages/text, a table
//     in stages/table, a habit of writing workbooks or Word files or their container in stages/office.
//  3. urfave/cli only in cmd/lianheti, so that everything can be used without a command line.
//  4. excelize only where a workbook is read or written; Arrow neither in templates nor in model and text, which are plain.
//  5. The file tree's top level is as agreed.
func TestLayers(t *testing.T) {
	nouns := []string{"lianheti/stages/model", "lianheti/stages/text", "lianheti/stages/workers"}
	below := []string{"lianheti/templates", "lianheti/stages/model", "lianheti/stages/text", "lianheti/stages/workers", "lianheti/stages/table", "lianheti/stages/office/book", "lianheti/stages/office/formula", "lianheti/stages/office/list", "lianheti/stages/office/word", "lianheti/stages/office/ooxml", "lianheti/stages/office/try"}
	allowed := map[string][]string{ // package -> packages of ours that it may import
		"lianheti/stages/text":           {},
		"lianheti/stages/workers":        {},
		"lianheti/stages/model":          {"lianheti/stages/text"},
		"lianheti/templates":             nouns,
		"lianheti/stages/table":          append([]string{"lianheti/templates", "lianheti/stages/office/try"}, nouns...),
		"lianheti/stages/office/book":    append([]string{"lianheti/templates", "lianheti/stages/office/try", "lianheti/stages/office/ooxml"}, nouns...),
		"lianheti/stages/office/list":    append([]string{"lianheti/templates", "lianheti/stages/table", "lianheti/stages/office/book", "lianheti/stages/office/try"}, nouns...),
		"lianheti/stages/office/word":    append([]string{"lianheti/templates", "lianheti/stages/office/try", "lianheti/stages/office/ooxml"}, nouns...),
		"lianheti/stages/office/formula": {"lianheti/stages/model", "lianheti/stages/office/try"},
		// plain arguments: it knows files and hashes, no tables
		"lianheti/pipeline/publish":    append([]string{"lianheti/stages/office/try"}, nouns...),
		"lianheti/stages/office/ooxml": {},
		"lianheti/stages/office/try":   {},
		"lianheti/pipeline/heap":       {}, // initialised before all others
		"lianheti/stages/office/pdf":   {},
	}
	stages := []string{"blankform", "wordform", "intake", "normalize", "check", "score", "compare", "consolidate", "feedback", "export", "rehearse", "marking", "audit", "review"}
	for _, s := range stages {
		allowed["lianheti/stages/"+s] = below
	}
	excelize := []string{"lianheti/stages/office/book", "lianheti/stages/blankform", "lianheti/stages/intake", "lianheti/stages/consolidate", "lianheti/stages/feedback", "lianheti/stages/rehearse", "lianheti/stages/office/ooxml",
		"lianheti/samples/programs"} // reads, for tests, what other programs wrote
	for pkg, imports := range packages(t) {
		for _, i := range imports {
			if may, fixed := allowed[pkg]; fixed && strings.HasPrefix(i, "lianheti/") && !slices.Contains(may, i) {
				t.Errorf("%s imports %s: data flows the other way", pkg, i)
			}
			if strings.HasPrefix(i, "github.com/urfave/cli") && pkg != "lianheti/pipeline/cmd/lianheti" {
				t.Errorf("%s imports %s: only the command knows the command line", pkg, i)
			}
			if strings.HasPrefix(i, "github.com/xuri/excelize") && !slices.Contains(excelize, pkg) {
				t.Errorf("%s imports %s: it neither reads nor writes workbooks", pkg, i)
			}
			if strings.HasPrefix(i, "github.com/apache/arrow") && (pkg == "lianheti/templates" || slices.Contains(nouns, pkg)) {
				t.Errorf("%s imports %s: its structs are plain", pkg, i)
			}
		}
	}
}

// Requirements
//  1. Only stages/workers starts goroutines: a panic in any other would end the program with the language's status, not with ours.
func TestGoroutinesAreWatched(t *testing.T) {
	started := 0
	eachFile(t, 0, func(path string, f *ast.File) {
		watched := strings.HasPrefix(filepath.ToSlash(path), "../stages/workers/")
		for _, i := range f.Imports {
			if strings.HasSuffix(strings.Trim(i.Path.Value, `"`), "sync/errgroup") && !watched {
				t.Errorf("%s: errgroup lets a panic end the program; use stages/workers", path)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.GoStmt:
				started++
				if !watched {
					t.Errorf("%s starts a goroutine itself; use stages/workers", path)
				}
			case *ast.SelectorExpr:
				if id, ok := x.X.(*ast.Ident); ok && (id.Name == "sync" && x.Sel.Name == "WaitGroup" || id.Name == "time" && x.Sel.Name == "AfterFunc") {
					t.Errorf("%s uses %s.%s; use stages/workers", path, id.Name, x.Sel.Name)
				}
			}
			return true
		})
	})
	if started == 0 {
		t.Error("no goroutine found: the search sees nothing")
	}
}

// Facts are what was read: normalize makes them, table restores them, and nothing puts anything into them afterwards.
func TestFactsAreReadOnly(t *testing.T) {
	eachFile(t, 0, func(path string, f *ast.File) {
		if dir := filepath.ToSlash(filepath.Dir(path)); dir == "../stages/normalize" || dir == "../stages/table" {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			assign, ok := n.(*ast.AssignStmt)
			for i := 0; ok && i < len(assign.Lhs); i++ {
				field, _ := assign.Lhs[i].(*ast.SelectorExpr)
				if field == nil {
					continue
				}
				holder, _ := field.X.(*ast.Ident)
				if inner, nested := field.X.(*ast.SelectorExpr); nested {
					holder = inner.Sel
				}
				if holder != nil && strings.EqualFold(holder.Name, "facts") {
					t.Errorf("%s: %s.%s is changed after normalize", path, holder.Name, field.Sel.Name)
				}
			}
			return true
		})
	})
}

// packages gives the imports of every package of the module, tests left out.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	eachFile(t, parser.ImportsOnly, func(path string, f *ast.File) {
		pkg := "lianheti/" + strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")
		for _, i := range f.Imports {
			out[pkg] = append(out[pkg], strings.Trim(i.Path.Value, `"`))
		}
	})
	if len(out) < 8 {
		t.Fatalf("%d packages found", len(out))
	}
	return out
}

// eachFile parses every file of the module, tests left out.
func eachFile(t *testing.T, mode parser.Mode, see func(path string, f *ast.File)) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, mode)
		if err == nil {
			see(path, f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A new year, or another count of indicators, is an edit of data: no text or number of the program may know one.
func TestNoYearStandsInGo(t *testing.T) {
	known := regexp.MustCompile(`\b20[2-3][0-9]\b|[二三四五六七八九十]个指标|[二三四五六七八九十]类`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "../samples") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind != token.FLOAT && known.MatchString(strings.Trim(lit.Value, "`\"")) {
				t.Errorf("%s holds %s", path, lit.Value)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTopLevel(t *testing.T) {
	want := []string{"README.md", "Taskfile.yml", "go.mod", "go.sum", "output", "pipeline", "samples", "stages", "templates"}
	found := must.Get(filepath.Glob("../[^.]*"))(t)
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	if !slices.Equal(found, want) {
		t.Errorf("top level holds %v, agreed are %v", found, want)
	}
}

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
