package templates

import (
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
	root, known := l.parsed[where.file]
	if !known {
		root = new(yaml.Node)
		if yaml.Load(l.sources[where.file], root) != nil {
			root = new(yaml.Node)
		}
		if l.parsed == nil {
			l.parsed = map[string]*yaml.Node{}
		}
		l.parsed[where.file] = root
	}
	if len(root.Content) == 0 {
		return 0
	}
	node := root.Content[0]
	line := node.Line
	steps := strings.FieldsFunc(where.path, func(r rune) bool { return strings.ContainsRune("$.[]", r) })
	for _, step := range steps {
		next := -1
		if n, err := strconv.Atoi(step); err == nil && node.Kind == yaml.SequenceNode {
			next = n
		} else if node.Kind == yaml.MappingNode {
			for i := 0; i < len(node.Content); i += 2 {
				if node.Content[i].Value == step {
					next = i + 1
				}
			}
		}
		if next < 0 || next >= len(node.Content) {
			return 0
		}
		node = node.Content[next]
		line = node.Line
	}
	return line
}

// wordings are what the libraries say, and the same in Chinese with what to do.
var wordings = []struct {
	pattern *regexp.Regexp
	chinese string
}{
	{regexp.MustCompile(`^field (\S+) not found in type .*`), `不认识的键“$1”`},
	{regexp.MustCompile(`^mapping key "(.*)" already defined at line (\d+)`), `键“$1”在第 $2 行已经写过，请删去一处`},
	{regexp.MustCompile(`^did not find expected ',' or '([\]}])'`), `括号里少了逗号，或括号没有闭合，请补上 $1`},
	{regexp.MustCompile(`^found unexpected (?:end of stream|document indicator)`), `引号或括号没有闭合，请补上`},
	{regexp.MustCompile(`^found .*\btabs?\b.*|^found character that cannot start any token`),
		`这里有制表符，或以 @ % 开头：缩进请用空格，文字请加引号`},
	{regexp.MustCompile(`^(?:mapping|block sequence) \w+ are not allowed.*`),
		`这里不能再写值：多半是缩进不齐，或文字里有冒号而没有加引号`},
	{regexp.MustCompile(`^(?:did|could) not find .*`), `这里少了键或冒号：多半是缩进不齐，或引号没有成对`},
	{regexp.MustCompile(`^cannot construct \S+ ` + "`(.*)` into.*"), `“$1”的值类型不对`},
	{regexp.MustCompile(`^cannot construct .*`), `值的类型不对`},
	{regexp.MustCompile(`^unknown anchor '(.*)' referenced`), `“*$1”引用了没有的内容；以 * 开头的文字请加引号`},
	{regexp.MustCompile(`^yaml: no documents in stream`), `里面什么都没有，请换成原来的文件`},
	{regexp.MustCompile(`^yaml: expected single document.*`), `里面有单独一行 ---，请删去`},
	{regexp.MustCompile(`^unknown name (\S+).*`), `没有“$1”这个栏目或函数`},
	{regexp.MustCompile(`^unexpected token (.*)`), `“$1”不该在这里：多半是少了运算符、逗号或括号`},
	{regexp.MustCompile(`^cannot (?:call|use) (.*)`), `“$1”用得不对`},
	{regexp.MustCompile(`^not enough arguments to call (\S+).*`), `函数 $1 的参数少了`},
	{regexp.MustCompile(`^too many arguments to call (\S+).*`), `函数 $1 的参数多了`},
	{regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types.*`), `运算 $1 两边的类型不同`},
	{regexp.MustCompile(`^unclosed .*`), `括号或引号没有闭合`},
}

var position = regexp.MustCompile(` \((\d+):(\d+)\)$`)

// inChinese translates what a library says about a definition. What nobody has translated is given with its words.
func inChinese(message string) string {
	message, _, _ = strings.Cut(message, "\n")
	where := ""
	if m := position.FindStringSubmatch(message); m != nil {
		message, where = strings.TrimSuffix(message, m[0]), "（第 "+m[2]+" 个字符附近）"
	}
	for _, w := range wordings {
		if w.pattern.MatchString(message) {
			return w.pattern.ReplaceAllString(message, w.chinese) + where
		}
	}
	if strings.ContainsFunc(message, func(r rune) bool { return r >= '一' && r <= '龥' }) { // our own
		return message + where
	}
	return "写法不合规定（" + message + "）" + where
}
