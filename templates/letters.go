package templates

import (
	"fmt"
	"slices"
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
	found, _ := find(l.Letters, func(x *Letter) bool { return x.ID == id })
	return found
}

func (l *Letters) check(load *loader) {
	const file = "letters.yaml"
	for _, id := range []string{ReturnLetter, ExplainLetter, AcceptLetter, RemindLetter} {
		if l.Letter(id) == nil {
			load.problem(at{file, "$.letters"}, "缺公文 "+id, "请补上，可参照上一年度的 letters.yaml。")
		}
	}
	words := func(where at, texts ...string) {
		for _, text := range texts {
			for _, word := range Placeholders(text) {
				if !slices.Contains(LetterVars, word) {
					load.problem(where, "大括号里的“"+word+"”不认识", "可用的词见文件开头。")
				}
			}
		}
	}
	words(at{file, "$"}, l.To, l.From, l.Due, l.Open, l.Overdue)
	for i, x := range l.Letters {
		words(at{file, fmt.Sprintf("$.letters[%d]", i)}, slices.Concat([]string{x.Title}, x.Before, x.After)...)
	}
}
