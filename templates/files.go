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

// readFile reads a definition file. It refuses what is not a regular file: reading a pipe would never end.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	const most = 4 << 20 // bytes: only a mistake or an attack exceeds them
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("定义文件 %s 不是普通文件，请换成文件本身", name)
	case info.Size() > most:
		return nil, fmt.Errorf("定义文件 %s 有%d字节，超过%d字节，不像一份定义，请换成原来的文件", name, info.Size(), most)
	}
	return fs.ReadFile(fsys, name)
}

// unmarshal parses YAML strictly. line is the line of the error; 0 where it is unknown.
func unmarshal(data []byte, into any) (line int, err error) {
	err = yaml.Load(data, into, yaml.WithKnownFields(), yaml.WithPlugin(limits{}))
	if wrong, ok := errors.AsType[*yaml.LoadError](err); ok {
		return wrong.Mark.Line, errors.New(translate(wrong.Message))
	}
	if err != nil {
		err = errors.New(translate(err.Error()))
	}
	return 0, err
}

// limits refuses deep nesting and aliases: a few aliases can expand to any amount of text.
type limits struct{}

func (limits) CheckDepth(depth int, _ *yaml.DepthContext) error {
	const most = 60 // deeper is a mistake or an attack
	if depth > most {
		return fmt.Errorf("括号或缩进套了%d层以上", most)
	}
	return nil
}

func (limits) CheckAlias(aliases, _ int) error {
	if aliases > 0 {
		return errors.New("用了 & 或 * 引用")
	}
	return nil
}

// lineOf is where a path such as $.rules[3].when stands in its file; 0 where it can't be found.
func (l *loader) lineOf(where pos) int {
	known := l.lines[where.file]
	if known == nil {
		known = map[string]int{}
		if root := new(yaml.Node); yaml.Load(l.sources[where.file], root) == nil {
			collectLines("$", root, known)
		}
		if l.lines == nil {
			l.lines = map[string]map[string]int{}
		}
		l.lines[where.file] = known
	}
	return known[where.path]
}

// collectLines records the line of a node's path and of all paths below it.
func collectLines(path string, n *yaml.Node, into map[string]int) {
	into[path] = n.Line
	for i, x := range n.Content {
		switch {
		case n.Kind == yaml.DocumentNode:
			collectLines(path, x, into)
		case n.Kind == yaml.SequenceNode:
			collectLines(path+"["+strconv.Itoa(i)+"]", x, into)
		case i%2 == 1: // of a mapping
			collectLines(path+"."+n.Content[i-1].Value, x, into)
		}
	}
}

// messageTranslations has a line for each known error message of the YAML and expression libraries: a regular
// expression, a tab, and the Chinese text with the cure.
//
//go:embed wordings.tsv
var messageTranslations string

var positionSuffix = regexp.MustCompile(` \((\d+):(\d+)\)$`)

// translate puts a library's error message into Chinese. An unknown message is quoted in a general sentence.
func translate(message string) string {
	message, _, _ = strings.Cut(message, "\n")
	where := ""
	if m := positionSuffix.FindStringSubmatch(message); m != nil {
		message, where = strings.TrimSuffix(message, m[0]), "（第 "+m[2]+" 个字符附近）"
	}
	for line := range strings.Lines(messageTranslations) {
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

// extensionFile makes a year an extension of an earlier one: its folder has only the files that differ.
const extensionFile = "year.yaml"

// extension is the content of extensionFile. The earlier year's files are taken over with all years shifted, some
// files dropped and some texts edited; a file in the year's own folder replaces the earlier one.
type extension struct {
	Extends int
	Draft   bool // the call was not issued yet: Latest never returns this year
	Drop    []string
	Edits   []struct{ File, Old, New string }
}

var yearNumber = regexp.MustCompile(`20[0-9]{2}`)

// ShiftYears shifts the years in a text from one batch to another. Years more than two from the batch stay.
func ShiftYears(text string, from, to int) string {
	return yearNumber.ReplaceAllStringFunc(text, func(s string) string {
		y, _ := strconv.Atoi(s)
		if max(y-from, from-y) > 2 { // not a year of the form
			return s
		}
		return strconv.Itoa(y + to - from)
	})
}

// Latest returns the newest year whose call was issued.
func Latest() int { return slices.Max(slices.DeleteFunc(Years(), isDraft)) }

func isDraft(year int) bool {
	data, err := shipped.ReadFile(path.Join(strconv.Itoa(year), extensionFile))
	var e extension
	if err == nil {
		_, err = unmarshal(data, &e)
	}
	return err == nil && e.Draft
}

// readFiles reads the files of a year, with those taken over from the year that it extends.
func readFiles(fsys fs.FS, root string, year int) (map[string][]byte, error) {
	files, dir := map[string][]byte{}, strconv.Itoa(year)
	for _, pattern := range []string{dir + "/*.yaml", dir + "/" + progressFolder + "/*.yaml"} {
		names, _ := fs.Glob(fsys, pattern)
		for _, name := range names {
			var err error
			if files[name], err = readFile(fsys, name); err != nil {
				return nil, err
			}
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("没有 %d 年的定义（%s）：请检查年份，或先建立该年度的定义文件", year, filepath.Join(root, dir))
	}
	file := path.Join(dir, extensionFile)
	data, extends := files[file]
	if !extends {
		return files, nil
	}
	var e extension
	l := &loader{dir: filepath.ToSlash(filepath.Join(root, dir)), sources: map[string][]byte{extensionFile: data}}
	l.decode(extensionFile, &e)
	l.problemIf(e.Extends >= year, pos{extensionFile, "$.extends"}, fmt.Sprintf("extends 写的是%d年", e.Extends), "请写以前的年度。")
	if len(l.problems) > 0 {
		return nil, errors.Join(l.problems...)
	}
	from := fsys
	if _, err := fs.Stat(fsys, strconv.Itoa(e.Extends)); err != nil {
		from = shipped
	}
	earlier, err := readFiles(from, root, e.Extends)
	if err != nil {
		return nil, err
	}
	delete(files, file)
	e.apply(l, earlier, files, year)
	return files, errors.Join(l.problems...)
}

func (e *extension) apply(l *loader, earlier, files map[string][]byte, year int) {
	for _, name := range slices.Sorted(maps.Keys(earlier)) {
		short := strings.TrimPrefix(name, strconv.Itoa(e.Extends)+"/")
		if slices.Contains(e.Drop, short) {
			continue
		}
		text := ShiftYears(string(earlier[name]), e.Extends, year)
		for i, edit := range e.Edits {
			if edit.File != short {
				continue
			}
			l.problemIf(strings.Count(text, edit.Old) != 1, pos{extensionFile, fmt.Sprintf("$.edits[%d]", i)},
				fmt.Sprintf("edits 第%d项的 old 在 %s 里不是恰好一处", i+1, short), "请照录改动前的文字（其中的年份已加过），写到只有一处为止。")
			text = strings.Replace(text, edit.Old, edit.New, 1)
		}
		if target := path.Join(strconv.Itoa(year), short); files[target] == nil {
			files[target] = []byte(text)
		}
	}
}

// Differences lists the values in which a definition differs from the embedded one of its year.
func (d *Definition) Differences() []string {
	official, err := readFiles(shipped, "templates", d.Year)
	if err != nil { // the year is not embedded
		return nil
	}
	var out []string
	for _, name := range sortedKeys(d.Texts, official) {
		if bytes.Equal(d.Texts[name], official[name]) {
			continue
		}
		was, is := flattenYAML(official[name]), flattenYAML(d.Texts[name])
		for _, at := range sortedKeys(was, is) {
			if was[at] != is[at] {
				out = append(out, fmt.Sprintf("%s %s（%s→%s）", path.Base(name), at, shorten(was[at]), shorten(is[at])))
			}
		}
	}
	return out
}

// flattenYAML maps the path of each scalar in a file to its value. List items appear under their id, or else number.
func flattenYAML(text []byte) map[string]string {
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

func shorten(s string) string {
	const longest = 20
	return cmp.Or(text.Clip(s, longest-1), "无")
}
