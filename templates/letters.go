package templates

import (
	"slices"
	"strings"
)

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
