package templates

import (
	"fmt"
	"slices"
	"strings"
)

// Documents is documents.yaml: the Word drafts that a run writes, when each is written, and its text.
type Documents struct {
	Folder string `check:"must"`
	// heading and end of the file name of every draft: a division does not issue documents by itself
	Draft     string `check:"must"`
	Number    string `check:"must"` // blank for 文号
	Sign      string `check:"must"` // blanks for signature and date
	Documents []*Document
}

// Document is one draft, or, with Each, a draft for each row of a list that matches Where.
type Document struct {
	ID      string
	Name    string `check:"must,alone"`
	Title   string `check:"must"`
	When    string `check:"is time"` // see DocumentTimes
	Each    string
	Where   map[string]string // as in a block
	Last    bool              // written after all others, which it lists
	Outward bool              // sent to others: with blanks for 文号, signature and date
	Blocks  []*DocumentBlock  `check:"must"`

	pos `yaml:"-"`
}

// DocumentBlock is a heading, a text, a table with a row for each row of the list Of that matches Where, or blocks
// repeated for these rows. The run fills words in braces. Empty is the text where no row matches.
type DocumentBlock struct {
	Heading, Text string
	If            string // written only where this word is not empty
	Of            string
	Where         map[string]string // word: value; * is any value but the empty one
	Columns       []*DocumentColumn
	Rows          [][]string // fixed rows of a table, instead of Of
	Blocks        []*DocumentBlock
	Most          int // maximum number of rows; 0: all
	Empty         string
}

// DocumentColumn is one column of a table.
type DocumentColumn struct {
	Label string `check:"must"`
	Value string
	Width float64 `check:"must"`
}

// DocumentTimes are the values of When: states of the batch or steps of an award; list is made by a prefecture itself.
var DocumentTimes = append([]string{"always", "review", "complete", "list"}, Steps...)

func (x *Documents) check(l *loader, _ *Definition) {
	for _, d := range x.Documents {
		checkBlocks(l, d.pos, d.Blocks)
	}
}

func checkBlocks(l *loader, where pos, blocks []*DocumentBlock) {
	for _, b := range blocks {
		for _, c := range b.Columns {
			l.problemIf((c.Value == "") != (len(b.Rows) > 0), where, "表格的列“"+c.Label+"”的 value 与 rows 不配",
				"有 rows 的不写 value，没有的要写。")
		}
		for _, r := range b.Rows {
			l.problemIf(len(r) != len(b.Columns), where, fmt.Sprintf("表格的一行有%d格，表头有%d列", len(r), len(b.Columns)), "请改成一样多。")
		}
		listed := b.Of != "" || len(b.Rows) > 0
		l.problemIf(listed == (len(b.Columns)+len(b.Blocks) == 0) || b.Of != "" && len(b.Rows) > 0 ||
			!listed && b.Heading+b.Text == "", where,
			"有一块既不是 heading、text，也不是 of 加 columns 或 blocks，或 rows 加 columns", "请改正。")
		checkBlocks(l, where, b.Blocks)
	}
}

// Letters is letters.yaml: the texts of the Word files that go back to a prefecture.
type Letters struct {
	To, From string `check:"must"`
	List     string `check:"must"` // name of the workbook with a prefecture's findings
	Draft    string `check:"must"` // heading of every letter: a division does not issue documents by itself
	Due      string `check:"must"` // text of {due} where the date is known
	Open     string `check:"must"` // text of {due} where it is not: a blank
	Overdue  string `check:"must"` // text of {late} after the deadline
	Letters  []*Letter
}

// Letter is one kind of letter: the paragraphs before and after the table of what to do.
type Letter struct {
	ID     string
	Name   string   `check:"must,alone"` // its file name begins with it
	Title  string   `check:"must"`
	Before []string `check:"must"`
	After  []string

	pos `yaml:"-"`
}

// Kinds of letters that the program writes.
const (
	ReturnLetter  = "return"
	ExplainLetter = "explain"
	AcceptLetter  = "accept"
	RemindLetter  = "remind"
)

// LetterVars are the placeholders that a letter may use.
var LetterVars = []string{"city", "consortium", "form", "edition", "faults", "explained", "hints", "deadline", "due",
	"reply", "late", "office", "email",
	"explanations", "list", "copy", "sha256", "count"}

// Letter finds a letter by its kind.
func (l *Letters) Letter(id string) *Letter {
	return first(l.Letters, func(x *Letter) bool { return x.ID == id })
}

func (l *Letters) check(load *loader, _ *Definition) {
	root := pos{"letters.yaml", "$"}
	for _, id := range []string{ReturnLetter, ExplainLetter, AcceptLetter, RemindLetter} {
		load.problemIf(l.Letter(id) == nil, root, "缺公文 "+id, "请补上，可参照上一年度的 letters.yaml。")
	}
	checkWords := func(where pos, texts ...string) {
		for _, word := range Placeholders(strings.Join(texts, "")) {
			load.problemIf(!slices.Contains(LetterVars, word), where, "大括号里的“"+word+"”不认识", "可用的词见文件开头。")
		}
	}
	checkWords(root, l.To, l.From, l.Due, l.Open, l.Overdue)
	for _, x := range l.Letters {
		checkWords(x.pos, slices.Concat([]string{x.Title}, x.Before, x.After)...)
	}
}
