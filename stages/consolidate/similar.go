package consolidate

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// passage is how many characters in a row must be the same to be marked.
const passage = 8

// compared puts beside each text that a finding calls near-identical the one that the finding names, with how much they
// have in common as the finding says it.
func (w *workbook) compared() (out [][]any, words list.Words) {
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
				a, b := texts[key[0]], texts[key[1]]
				row := append([]any{w.Definition.Label(ref.Field), percentage.FindString(said)}, w.side(a, b)...)
				out = append(out, append(row, w.side(b, a)...))
			}
		}
	}
	return out, list.Words{"passage": strconv.Itoa(passage)}
}

// side is whose a text is, the text with what another has too marked, and where it stands.
func (w *workbook) side(t, other table.Text) []any {
	return []any{plain(w.of(t.Submission).Consortium),
		cell(commonPassages(text.Mask(t.Text), text.Mask(other.Text)), book.Prose), w.placed(t.Submission, t.Sheet, t.Cell)}
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
