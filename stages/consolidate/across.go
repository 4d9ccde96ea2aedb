package consolidate

import (
	"regexp"
	"strconv"

	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// pair is two texts of one field that are nearly the same.
type pair struct {
	field string
	texts [2]table.Text
	said  string // how much they have in common, as the finding says
}

// passage is how many characters in a row must be the same to be marked.
const passage = 8

// mostCompared bounds the texts of one field that are compared with each other here.
const mostCompared = 100

// pairs gives each text that a finding calls near-identical its nearest among the others of which the same is said.
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
		var texts []table.Text
		for t := range w.Facts.Texts.All() {
			if t.Field == ref.Field && (ref.Year == 0 || int(t.Year.V) == ref.Year) && said[ref][t.Submission] != "" {
				texts = append(texts, t)
			}
		}
		texts = texts[:min(len(texts), mostCompared)]
		seen, shares := map[[2]int]bool{}, alike(texts)
		for i := range texts {
			best, nearest := 0.0, -1
			for k := range texts {
				if c := max(shares[i][k], shares[k][i]); k != i && c > best {
					best, nearest = c, k
				}
			}
			key := [2]int{min(i, nearest), max(i, nearest)}
			if nearest < 0 || seen[key] {
				continue
			}
			seen[key] = true
			out = append(out, pair{ref.Field, [2]table.Text{texts[key[0]], texts[key[1]]}, shareSaid(said[ref][texts[i].Submission])})
		}
	}
	return out
}

// alike gives, of each text and each other, the share of its characters that stand in passages that the other has too. Passages
// become numbers once, so that long texts are compared by looking numbers up.
func alike(texts []table.Text) [][]float64 {
	number := map[[passage]rune]int32{}
	passages, lengths := make([][]int32, len(texts)), make([]int, len(texts))
	for i, t := range texts {
		runes := []rune(t.Text)
		lengths[i] = len(runes)
		for at := 0; at+passage <= len(runes); at++ {
			key := [passage]rune(runes[at : at+passage])
			n, known := number[key]
			if !known {
				n = int32(len(number))
				number[key] = n
			}
			passages[i] = append(passages[i], n)
		}
	}
	shares, has := make([][]float64, len(texts)), make([]int, len(number)) // has: by passage, the text last marked that has it
	for i := range texts {
		shares[i] = make([]float64, len(texts))
	}
	for k := range texts {
		for _, n := range passages[k] {
			has[n] = k + 1
		}
		for i := range texts {
			in, end := 0, 0
			for at, n := range passages[i] {
				if has[n] == k+1 {
					in, end = in+at+passage-max(at, end), at+passage
				}
			}
			shares[i][k] = float64(in) / float64(max(lengths[i], 1))
		}
	}
	return shares
}

// marked2 cuts a text into the passages that another has too and what lies between them.
func marked2(text, other string) book.Passages {
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

// shareSaid is the percentage in the message of a finding: one figure wherever it is shown.
func shareSaid(message string) string { return percentage.FindString(message) }

var percentage = regexp.MustCompile(`[0-9]+％`)

// compared are the near-identical texts, side by side.
func (w *workbook) compared() ([]pair, words) {
	return w.pairs(), words{"passage": strconv.Itoa(passage)}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
