package templates

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lianheti/stages/text"

	"go.yaml.in/yaml/v4"
)

// A definition's file is larger than this, or its lists stand deeper in each other, only by mistake or by malice.
const (
	largestFile = 4 << 20
	deepest     = 60
)

// readFile reads a file of a definition, and nothing that is none: a pipe would never end.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("定义文件 %s 不是普通文件，请换成文件本身", name)
	case info.Size() > largestFile:
		return nil, fmt.Errorf("定义文件 %s 有%d字节，超过%d字节，不像一份定义，请换成原来的文件", name, info.Size(), largestFile)
	}
	return fs.ReadFile(fsys, name)
}

// unmarshal reads a file strictly. line is where what is wrong stands; 0: nobody knows.
func unmarshal(data []byte, into any) (line int, err error) {
	err = yaml.Load(data, into, yaml.WithKnownFields(), yaml.WithPlugin(limits{}))
	if wrong, ok := errors.AsType[*yaml.LoadError](err); ok {
		return wrong.Mark.Line, errors.New(inChinese(wrong.Message))
	}
	if err != nil {
		err = errors.New(inChinese(err.Error()))
	}
	return 0, err
}

// limits refuses what no definition needs: a few references stand for any amount of text.
type limits struct{}

func (limits) CheckDepth(depth int, _ *yaml.DepthContext) error {
	if depth > deepest {
		return fmt.Errorf("括号或缩进套了%d层以上", deepest)
	}
	return nil
}

func (limits) CheckAlias(aliases, _ int) error {
	if aliases > 0 {
		return errors.New("用了 & 或 * 引用")
	}
	return nil
}

// line is where a path such as $.rules[3].when stands in its file; 0 where it can't be found.
func (l *loader) line(where at) int {
	known := l.lines[where.file]
	if known == nil {
		known = map[string]int{}
		if root := new(yaml.Node); yaml.Load(l.sources[where.file], root) == nil {
			linesOf("$", root, known)
		}
		if l.lines == nil {
			l.lines = map[string]map[string]int{}
		}
		l.lines[where.file] = known
	}
	return known[where.path]
}

// linesOf puts down the line of each path from one on.
func linesOf(path string, n *yaml.Node, into map[string]int) {
	into[path] = n.Line
	for i, x := range n.Content {
		switch {
		case n.Kind == yaml.DocumentNode:
			linesOf(path, x, into)
		case n.Kind == yaml.SequenceNode:
			linesOf(path+"["+strconv.Itoa(i)+"]", x, into)
		case i%2 == 1: // of a mapping
			linesOf(path+"."+n.Content[i-1].Value, x, into)
		}
	}
}

// wordings are what the libraries say, as patterns, and the same in Chinese with what to do.
//
//go:embed wordings.tsv
var wordings string

var position = regexp.MustCompile(` \((\d+):(\d+)\)$`)

// inChinese translates what a library says about a definition. What nobody has translated is given with its words.
func inChinese(message string) string {
	message, _, _ = strings.Cut(message, "\n")
	where := ""
	if m := position.FindStringSubmatch(message); m != nil {
		message, where = strings.TrimSuffix(message, m[0]), "（第 "+m[2]+" 个字符附近）"
	}
	for line := range strings.Lines(wordings) {
		said, chinese, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if pattern := regexp.MustCompile(said); pattern.MatchString(message) {
			return pattern.ReplaceAllString(message, chinese) + where
		}
	}
	if strings.ContainsFunc(message, func(r rune) bool { return r >= '一' && r <= '龥' }) { // our own
		return message + where
	}
	return "写法不合规定（" + message + "）" + where
}

// extensionFile makes a year's definition out of an earlier one: only what differs is written.
const extensionFile = "year.yaml"

// extension is that file: years move on, files are dropped, texts edited; a file of the year's own goes before.
type extension struct {
	Extends int
	Draft   bool // no call was issued yet: never the year that is meant where none is named
	Drop    []string
	Edits   []struct{ File, Old, New string }
}

var yearNumber = regexp.MustCompile(`20[0-9]{2}`)

// MoveYears moves on every year that a batch's papers speak of, from one batch to another.
func MoveYears(text string, from, to int) string {
	return yearNumber.ReplaceAllStringFunc(text, func(s string) string {
		y, _ := strconv.Atoi(s)
		if max(y-from, from-y) > 2 { // none of those that the form speaks of
			return s
		}
		return strconv.Itoa(y + to - from)
	})
}

// Latest is the newest year with a call that was issued.
func Latest() int {
	return slices.Max(slices.DeleteFunc(Years(), draft))
}

func draft(year int) bool {
	data, err := shipped.ReadFile(path.Join(strconv.Itoa(year), extensionFile))
	var e extension
	if err == nil {
		_, err = unmarshal(data, &e)
	}
	return err == nil && e.Draft
}

// filesOf reads the files of a year, those that it takes over from an earlier one included.
func filesOf(fsys fs.FS, root string, year int) (map[string][]byte, error) {
	own, dir := map[string][]byte{}, strconv.Itoa(year)
	for _, pattern := range []string{dir + "/*.yaml", dir + "/" + progressFolder + "/*.yaml"} {
		names, _ := fs.Glob(fsys, pattern)
		for _, name := range names {
			var err error
			if own[name], err = readFile(fsys, name); err != nil {
				return nil, err
			}
		}
	}
	if len(own) == 0 {
		return nil, fmt.Errorf("没有 %d 年的定义（%s）：请检查年份，或先建立该年度的定义文件", year, filepath.Join(root, dir))
	}
	file := path.Join(dir, extensionFile)
	data, extends := own[file]
	if !extends {
		return own, nil
	}
	var e extension
	l := &loader{dir: filepath.ToSlash(filepath.Join(root, dir)), sources: map[string][]byte{extensionFile: data}}
	l.decode(extensionFile, &e)
	l.when(e.Extends >= year, at{extensionFile, "$.extends"}, fmt.Sprintf("extends 写的是%d年", e.Extends), "请写以前的年度。")
	if len(l.problems) > 0 {
		return nil, errors.Join(l.problems...)
	}
	from := fsys
	if _, err := fs.Stat(fsys, strconv.Itoa(e.Extends)); err != nil {
		from = shipped
	}
	earlier, err := filesOf(from, root, e.Extends)
	if err != nil {
		return nil, err
	}
	delete(own, file)
	e.apply(l, earlier, own, year)
	return own, errors.Join(l.problems...)
}

func (e *extension) apply(l *loader, earlier, own map[string][]byte, year int) {
	for _, name := range slices.Sorted(maps.Keys(earlier)) {
		short := strings.TrimPrefix(name, strconv.Itoa(e.Extends)+"/")
		if slices.Contains(e.Drop, short) {
			continue
		}
		text := MoveYears(string(earlier[name]), e.Extends, year)
		for i, edit := range e.Edits {
			if edit.File != short {
				continue
			}
			l.when(strings.Count(text, edit.Old) != 1, at{extensionFile, fmt.Sprintf("$.edits[%d]", i)},
				fmt.Sprintf("edits 第%d项的 old 在 %s 里不是恰好一处", i+1, short), "请照录改动前的文字（其中的年份已加过），写到只有一处为止。")
			text = strings.Replace(text, edit.Old, edit.New, 1)
		}
		if mine := path.Join(strconv.Itoa(year), short); own[mine] == nil {
			own[mine] = []byte(text)
		}
	}
}

// Differences lists where a definition differs in what it says from the shipped one of its year.
func (d *Definition) Differences() []string {
	official, err := filesOf(shipped, "templates", d.Year)
	if err != nil { // it does not ship
		return nil
	}
	var out []string
	for _, name := range sortedKeys(d.Texts, official) {
		if bytes.Equal(d.Texts[name], official[name]) {
			continue
		}
		was, is := leaves(official[name]), leaves(d.Texts[name])
		for _, at := range sortedKeys(was, is) {
			if was[at] != is[at] {
				out = append(out, fmt.Sprintf("%s %s（%s→%s）", path.Base(name), at, brief(was[at]), brief(is[at])))
			}
		}
	}
	return out
}

// leaves gives what stands at each place of a file; items of a list are known by their ids where they have one.
func leaves(text []byte) map[string]string {
	out := map[string]string{}
	var root any
	if yaml.Load(text, &root) != nil {
		return out
	}
	var walk func(at []string, v any)
	walk = func(at []string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, x := range v {
				walk(append(slices.Clone(at), key), x)
			}
		case []any:
			for i, x := range v {
				name := fmt.Sprint(i + 1)
				if m, ok := x.(map[string]any); ok && m["id"] != nil {
					name = fmt.Sprint(m["id"])
				}
				walk(append(slices.Clone(at), name), x)
			}
		case time.Time: // a date without quotes
			out[strings.Join(at, "/")] = v.Format(time.DateOnly)
		default:
			out[strings.Join(at, "/")] = fmt.Sprint(v)
		}
	}
	walk(nil, root)
	return out
}

func sortedKeys[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func brief(s string) string {
	const longest = 20
	return cmp.Or(text.Clip(s, longest-1), "无")
}
