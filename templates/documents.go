package templates

import (
	"fmt"
	"slices"
	"strings"
)

// Documents are the Word drafts that a run writes: which there are, when each is written, and its text.
type Documents struct {
	Folder string `check:"must"`
	// what stands above each, and at the end of its file name: a division issues nothing by itself
	Draft     string `check:"must"`
	Number    string `check:"must"` // the open place of 文号
	Sign      string `check:"must"` // the open places of who signs and when
	Documents []*Document
}

// Document is one draft; Each makes one of every row of a list, or of those that Where says.
type Document struct {
	ID      string
	Name    string `check:"must,alone"`
	Title   string `check:"must"`
	When    string `check:"is time"` // see DocumentTimes
	Each    string
	Where   map[string]string // of its rows, as in a block
	Last    bool              // written when all else is there, which it lists
	Outward bool              // leaves the house: with 文号, signature and day to be filled in
	Blocks  []*DocumentBlock  `check:"must"`

	at `yaml:"-"`
}

// DocumentBlock is a heading, a text, a table of a list, or blocks repeated for its rows. Words in braces are the
// run's; Of and Where choose rows; Empty is what stands where there are none.
type DocumentBlock struct {
	Heading, Text string
	If            string // written where this word is not empty
	Of            string
	Where         map[string]string // word: value, or * for anything but nothing
	Columns       []*DocumentColumn
	Rows          [][]string // of a table that is always the same, in the place of Of
	Blocks        []*DocumentBlock
	Most          int // rows; 0: all
	Empty         string
}

// DocumentColumn is one column of a table.
type DocumentColumn struct {
	Label string `check:"must"`
	Value string
	Width float64 `check:"must"`
}

// DocumentTimes are the states in which documents are written; list is what a prefecture makes for itself.
var DocumentTimes = append([]string{"always", "review", "complete", "list"}, Steps...)

func (x *Documents) check(l *loader, _ *Definition) {
	for _, d := range x.Documents {
		checkBlocks(l, d.at, d.Blocks)
	}
}

func checkBlocks(l *loader, where at, blocks []*DocumentBlock) {
	for _, b := range blocks {
		for _, c := range b.Columns {
			l.when((c.Value == "") != (len(b.Rows) > 0), where, "表格的列“"+c.Label+"”的 value 与 rows 不配",
				"有 rows 的不写 value，没有的要写。")
		}
		for _, r := range b.Rows {
			l.when(len(r) != len(b.Columns), where, fmt.Sprintf("表格的一行有%d格，表头有%d列", len(r), len(b.Columns)), "请改成一样多。")
		}
		listed := b.Of != "" || len(b.Rows) > 0
		l.when(listed == (len(b.Columns)+len(b.Blocks) == 0) || b.Of != "" && len(b.Rows) > 0 ||
			!listed && b.Heading+b.Text == "", where,
			"有一块既不是 heading、text，也不是 of 加 columns 或 blocks，或 rows 加 columns", "请改正。")
		checkBlocks(l, where, b.Blocks)
	}
}

// Letters are the texts that go back to a prefecture as Word files.
type Letters struct {
	To, From string `check:"must"`
	List     string `check:"must"` // the workbook with what was found, a prefecture
	Draft    string `check:"must"` // what stands above each: a division issues nothing by itself
	Due      string `check:"must"` // how {due} reads where the day is known
	Open     string `check:"must"` // and where it is to be filled in
	Overdue  string `check:"must"` // how {late} reads once the deadline has passed
	Letters  []*Letter
}

// Letter is one kind of letter: what is said before and after the table of what to do.
type Letter struct {
	ID     string
	Name   string   `check:"must,alone"` // its file name begins with it
	Title  string   `check:"must"`
	Before []string `check:"must"`
	After  []string

	at `yaml:"-"`
}

// Kinds of letters that the program writes.
const (
	ReturnLetter  = "return"
	ExplainLetter = "explain"
	AcceptLetter  = "accept"
	RemindLetter  = "remind"
)

// LetterVars are the words that a letter may leave to the program.
var LetterVars = []string{"city", "consortium", "form", "edition", "faults", "explained", "hints", "deadline", "due",
	"reply", "late", "office", "email",
	"explanations", "list", "copy", "sha256", "count"}

// Letter finds a letter by its kind.
func (l *Letters) Letter(id string) *Letter {
	return first(l.Letters, func(x *Letter) bool { return x.ID == id })
}

func (l *Letters) check(load *loader, _ *Definition) {
	whole := at{"letters.yaml", "$"}
	for _, id := range []string{ReturnLetter, ExplainLetter, AcceptLetter, RemindLetter} {
		load.when(l.Letter(id) == nil, whole, "缺公文 "+id, "请补上，可参照上一年度的 letters.yaml。")
	}
	words := func(where at, texts ...string) {
		for _, word := range Placeholders(strings.Join(texts, "")) {
			load.when(!slices.Contains(LetterVars, word), where, "大括号里的“"+word+"”不认识", "可用的词见文件开头。")
		}
	}
	words(whole, l.To, l.From, l.Due, l.Open, l.Overdue)
	for _, x := range l.Letters {
		words(x.at, slices.Concat([]string{x.Title}, x.Before, x.After)...)
	}
}
