package consolidate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// shared is one unit as one consortium lists it, where others list it too.
type shared struct {
	table.Member
	others int
}

// sharedMembers is 成员重复: every unit that more than one consortium lists, one line a listing, those of a unit together.
func (w *workbook) sharedMembers(name string) error {
	lists := map[string]map[string]bool{}
	for m := range w.Facts.Members.All() {
		if m.NameKey == "" {
			continue
		}
		if lists[m.NameKey] == nil {
			lists[m.NameKey] = map[string]bool{}
		}
		lists[m.NameKey][m.Submission] = true
	}
	var all []shared
	units := map[string]bool{}
	for m := range w.Facts.Members.All() {
		if n := len(lists[m.NameKey]); n > 1 {
			all, units[m.NameKey] = append(all, shared{m, n - 1}), true
		}
	}
	slices.SortStableFunc(all, func(a, b shared) int {
		return cmp.Or(compareBool(w.public(a.Kind), w.public(b.Kind)), -cmp.Compare(a.others, b.others), strings.Compare(a.NameKey, b.NameKey))
	})
	label := func(column string) string { return w.head("members", column) }
	columns := append([]column[shared]{
		{Head: label("name"), Width: 40, Cell: func(s shared) book.Cell { return words(s.Name) }},
		{Head: "另见几家", Width: 9, Cell: func(s shared) book.Cell { return count(int32(s.others)) }},
	}, who(w, func(s shared) string { return s.Submission })...)
	columns = append(columns,
		column[shared]{Head: label("kind_label"), Width: 22, Cell: func(s shared) book.Cell { return words(s.KindLabel) }},
		column[shared]{Head: label("is_lead"), Width: 8, Cell: func(s shared) book.Cell { return yes(s.IsLead) }},
		column[shared]{Head: label("enrolment"), Width: 11, Cell: func(s shared) book.Cell { return optional(s.Enrolment, book.Integer) }},
		column[shared]{Head: "位置", Width: 16, Cell: func(s shared) book.Cell { return w.placed(s.Submission, s.Sheet, s.Cell) }},
	)
	remark := fmt.Sprintf("%d家单位同时列在几个联合体中，同一单位的各行排在一起，政府部门排在最后（按名称核对，全角半角、括号形状不计）。请核对培养人数、研发经费等没有重复计算。", len(units))
	if len(units) == 0 {
		remark = "没有一家单位同时列在几个联合体中。"
	}
	return rows(w, name, remark, 1, len(all), slices.Values(all), columns)
}

// public says that a kind of unit belongs to several consortia as a matter of course: no rule asks about it.
func (w *workbook) public(kind string) bool {
	return !slices.ContainsFunc(w.Definition.Rules, func(r *templates.Rule) bool { return r.Check == "shared_member" && slices.Contains(r.Kinds, kind) })
}

// placed shows where a value stands and leads into the annotated copy where there is one.
func (w *workbook) placed(submission, sheet, cell string) book.Cell {
	c := mono(model.Place{File: w.of(submission).File, Sheet: sheet, Cell: cell}.String())
	if path, ok := w.Returns[submission]; ok && sheet != "" {
		c.Look, c.Link = book.Link, path+book.CellLink(sheet, cell)
	}
	return c
}

// pair is two texts of one field that are nearly the same.
type pair struct {
	field  string
	year   table.Opt[int32]
	a, b   table.Text
	common float64 // share of the shorter one's characters that stand in the other too
}

// comparedTexts is 文字比对: near-identical texts side by side, what they have in common marked.
func (w *workbook) comparedTexts(name string) error {
	pairs := w.pairs()
	side := func(head string, of func(pair) (table.Text, table.Text)) []column[pair] {
		return []column[pair]{
			{Head: head, Width: 16, Cell: func(p pair) book.Cell {
				t, _ := of(p)
				return words(w.of(t.Submission).Consortium)
			}},
			{Head: head + "的文字", Width: 70, Cell: func(p pair) book.Cell {
				t, other := of(p)
				return book.Cell{Value: marked(text.Mask(t.Text), text.Mask(other.Text)), Look: book.Prose}
			}},
			{Head: "位置", Width: 14, Cell: func(p pair) book.Cell {
				t, _ := of(p)
				return w.placed(t.Submission, t.Sheet, t.Cell)
			}},
		}
	}
	columns := []column[pair]{
		{Head: w.head("texts", "field"), Width: 18, Cell: func(p pair) book.Cell { return words(w.Definition.Label(p.field)) }},
		{Head: "相同的字", Width: 10, Style: book.Column{Scale: 1}, Cell: func(p pair) book.Cell { return book.Cell{Value: p.common, Look: book.Share} }},
	}
	columns = append(columns, side("甲", func(p pair) (table.Text, table.Text) { return p.a, p.b })...)
	columns = append(columns, side("乙", func(p pair) (table.Text, table.Text) { return p.b, p.a })...)
	remark := fmt.Sprintf("“问题清单”中文字雷同的，每份与最像的一份并排，共%d对；红字是两边相同的片段（连续%d字以上）。", len(pairs), passage)
	if len(pairs) == 0 {
		remark = "没有雷同的文字。"
	}
	return rows(w, name, remark, 2, len(pairs), slices.Values(pairs), columns)
}

// passage is how many characters in a row must be the same to be marked.
const passage = 8

// mostCompared bounds the texts of one field that are compared with each other here.
const mostCompared = 100

// pairs gives each text that a finding calls near-identical its nearest among the others of which the same is said.
func (w *workbook) pairs() []pair {
	said := map[templates.Ref][]string{}
	var fields []templates.Ref
	for x := range w.Judgement.Findings.All() {
		if r := w.Definition.Rule(x.Code); r != nil && r.Check == "near_text" {
			ref := templates.Ref{Field: x.Fields, Year: int(x.Year.V)}
			if said[ref] == nil {
				fields = append(fields, ref)
			}
			said[ref] = append(said[ref], x.Submission)
		}
	}
	var out []pair
	for _, ref := range fields {
		var texts []table.Text
		for t := range w.Facts.Texts.All() {
			if t.Field == ref.Field && (ref.Year == 0 || int(t.Year.V) == ref.Year) && slices.Contains(said[ref], t.Submission) {
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
			out = append(out, pair{ref.Field, texts[i].Year, texts[key[0]], texts[key[1]], best})
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

// marked cuts a text into the passages that another has too and what lies between them.
func marked(text, other string) book.Passages {
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
