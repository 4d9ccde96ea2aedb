package templates

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

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
