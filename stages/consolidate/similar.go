package consolidate

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/templates"
)

type pair struct {
	Field string `col:"field_label"`
	Share string `col:"share"` // how much they have in common, as the finding says
	texts [2]table.Text
}

// passage is how many characters in a row must be the same to be marked.
const passage = 8

// pairs gives each text that a finding calls near-identical the one that the finding names.
func (w *workbook) pairs() []pair {
	said := map[templates.Ref]map[string]string{} // by submission, what the finding says
	var fields []templates.Ref
	for x := range w.Judgement.Findings.All() {
		if r := w.Definition.Rule(x.Code); r != nil && r.Check == "near_text" {
			ref := templates.Ref{Field: x.Fields, Year: int(x.Year.V)}
			if said[ref] == nil {
				fields, said[ref] = append(fields, ref), map[string]string{}
			}
			said[ref][x.Submission] = x.Message
		}
	}
	var out []pair
	for _, ref := range fields {
		texts := table.Where(w.Facts.Texts.All(), func(t table.Text) bool {
			return t.Field == ref.Field && (ref.Year == 0 || int(t.Year.V) == ref.Year) && said[ref][t.Submission] != ""
		})
		seen := map[[2]int]bool{}
		for i, t := range texts {
			said := said[ref][t.Submission]
			nearest := slices.IndexFunc(texts, func(x table.Text) bool {
				return x.Submission != t.Submission && strings.Contains(said, "“"+w.of(x.Submission).Consortium+"”")
			})
			if key := [2]int{min(i, nearest), max(i, nearest)}; nearest >= 0 && !seen[key] {
				seen[key] = true
				sides := [2]table.Text{texts[key[0]], texts[key[1]]}
				out = append(out, pair{w.Definition.Label(ref.Field), percentage.FindString(said), sides})
			}
		}
	}
	return out
}

// commonPassages cuts a text into the passages that another has too and what lies between them.
func commonPassages(text, other string) book.Passages {
	a, b := []rune(text), []rune(other)
	known := map[string]bool{}
	for i := 0; i+passage <= len(b); i++ {
		known[string(b[i:i+passage])] = true
	}
	common := make([]bool, len(a))
	for i := 0; i+passage <= len(a); i++ {
		if known[string(a[i:i+passage])] {
			for k := range passage {
				common[i+k] = true
			}
		}
	}
	var out book.Passages
	for from := 0; from < len(a); {
		to := from
		for to < len(a) && common[to] == common[from] {
			to++
		}
		out = append(out, book.Passage{Text: string(a[from:to]), Common: common[from]})
		from = to
	}
	return out
}

// percentage is what a finding says is the same: one figure wherever it is shown.
var percentage = regexp.MustCompile(`[0-9]+％`)

func (w *workbook) compared() ([]pair, list.Words) {
	return w.pairs(), list.Words{"passage": strconv.Itoa(passage)}
}
