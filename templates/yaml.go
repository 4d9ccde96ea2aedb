package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// A definition's file is larger than this, or its lists stand deeper in each other, only by mistake or by malice: the
// library takes minutes and gigabytes for what is nested a hundred thousand deep.
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
	if line := tooDeep(data); line > 0 {
		return line, fmt.Errorf("括号或缩进套了%d层以上", deepest)
	}
	file, err := parser.ParseBytes(data, 0)
	if err == nil && len(file.Docs) > 0 && file.Docs[0].Body != nil {
		l := &loose{}
		ast.Walk(l, file.Docs[0].Body)
		if l.alias > 0 {
			return l.alias, errors.New("用了 & 或 * 引用")
		}
		err = yaml.NodeToValue(file.Docs[0].Body, into, yaml.Strict())
	}
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		if t := syntax.GetToken(); t != nil {
			line = t.Position.Line
		}
		err = errors.New(inChinese(syntax.GetMessage()))
	}
	return line, err
}

// tooDeep gives the first line at which brackets or indents stand too deep in each other; 0: none does.
func tooDeep(data []byte) int {
	brackets, number := 0, 0
	var indents []int
	for line := range strings.SplitSeq(string(data), "\n") {
		number++
		at := 0
		for at < len(line) && strings.IndexByte(" -?", line[at]) >= 0 {
			if line[at] != ' ' && at+1 < len(line) && line[at+1] == ' ' { // a list in a list on one line
				indents = deeper(indents, at)
			}
			at++
		}
		if text := strings.TrimSpace(line); text != "" && text[0] != '#' {
			indents = deeper(indents, at)
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				if brackets++; brackets > deepest {
					return number
				}
			case ']', '}':
				brackets = max(0, brackets-1)
			}
		}
		if len(indents) > deepest {
			return number
		}
	}
	return 0
}

// deeper is the columns at which what is open began, once something begins at a column.
func deeper(indents []int, at int) []int {
	for len(indents) > 0 && indents[len(indents)-1] >= at {
		indents = indents[:len(indents)-1]
	}
	return append(indents, at)
}

// loose cuts the numbers of a file loose from the tokens around them: for each decimal that it makes of one, the
// library goes through all that hang together, which is the file. It notes the line of the first anchor or alias: a few
// of them stand for any amount of text.
type loose struct{ alias int }

func (l *loose) Visit(node ast.Node) ast.Visitor {
	cut := func(t *token.Token) *token.Token {
		alone := *t
		alone.Prev, alone.Next = nil, nil
		return &alone
	}
	switch n := node.(type) {
	case *ast.IntegerNode:
		n.Token = cut(n.Token)
	case *ast.FloatNode:
		n.Token = cut(n.Token)
	case *ast.AnchorNode, *ast.AliasNode:
		if l.alias == 0 {
			l.alias = node.GetToken().Position.Line
		}
	}
	return l
}

// wordings are what the libraries say, and the same in Chinese with what to do.
var wordings = []struct {
	pattern *regexp.Regexp
	chinese string
}{
	{regexp.MustCompile(`^unknown field "(.*)"`), `不认识的键“$1”`},
	{regexp.MustCompile(`^mapping key "(.*)" already defined at \[(\d+):.*`), `键“$1”在第 $2 行已经写过，请删去一处`},
	{regexp.MustCompile(`^duplicate key "(.*)"`), `键“$1”写了两次，请删去一处`},
	{regexp.MustCompile(`^',' or '[\]}]' must be specified`), `括号里少了逗号，或括号没有闭合`},
	{regexp.MustCompile(`(?s)^sequence end token.*`), `方括号没有闭合，请补上 ]`},
	{regexp.MustCompile(`(?s)^could not find flow mapping end.*`), `花括号没有闭合，请补上 }`},
	{regexp.MustCompile(`(?s)^could not find end character.*`), `引号没有闭合，请补上`},
	{regexp.MustCompile(`(?s)^found (?:a tab )?character.*cannot start.*`), `用了制表符缩进，请改为空格`},
	{regexp.MustCompile(`(?s)^(?:mapping value|value) is not allowed.*`), `这里不能再写值：多半是缩进不齐，或文字里有冒号而没有加引号`},
	{regexp.MustCompile(`^cannot unmarshal (\S+).* into Go struct field (\S+) of type .*`), `$2 的值类型不对`},
	{regexp.MustCompile(`^cannot unmarshal .*`), `值的类型不对`},
	{regexp.MustCompile(`^could not find alias "(.*)"`), `“*$1”引用了没有的内容；以 * 开头的文字请加引号`},
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
	message = firstLine(message)
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
