package templates

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
)

// Notice is the work plan sentence by sentence, each with what answers it; the definition is held against it.
type Notice struct {
	Title  string
	SHA256 string // of the whole text without blanks, so that nobody edits it unnoticed
	Parts  []*NoticePart
}

// NoticePart is a paragraph or an annex, as rules and fields cite it.
type NoticePart struct {
	Cite  string
	Items []*NoticeItem
}

// NoticeItem is one sentence, or one row of a table with its cells apart by NoticeCell, and the ids of what answers it.
type NoticeItem struct {
	Cite string // where it is not the part's
	Text string

	Fields, Lists, Kinds, Years, Notes []string // form.yaml
	Entries, Settings                  []string // directory.yaml
	Points, Rules, Letters, Register   []string
	Commands                           []string // with their options
	Manual                             string   // what people do, and why the program does not

	at `yaml:"-"`
}

// NoticeCell stands between the cells of a table's row.
const NoticeCell = "|"

// answerKind is one way to answer: how an id is shown, empty where there is none, and then the official wordings.
type answerKind struct {
	label string
	ids   func(*NoticeItem) []string
	says  func(d *Definition, id string) []string
}

var answerKinds = []answerKind{
	{"栏目", func(i *NoticeItem) []string { return i.Fields }, func(d *Definition, id string) []string {
		f := cmp.Or(d.Field(id), &Field{})
		return append([]string{d.Label(id), f.Label, f.PaperLabel(), f.Printed, f.PrintedLimit, f.Seal},
			strings.Fields(f.Group)...)
	}},
	{"名册", func(i *NoticeItem) []string { return i.Lists }, func(d *Definition, id string) []string {
		return []string{d.Layout().Area(id).Sheet}
	}},
	{"成员组成", func(i *NoticeItem) []string { return i.Kinds }, func(d *Definition, id string) []string {
		k := d.Form.Kind(id)
		return []string{k.Label, k.Label}
	}},
	{"年度", func(i *NoticeItem) []string { return i.Years }, func(d *Definition, id string) []string {
		y := d.Form.Year(id)
		return []string{y.Label + y.Tag, y.Label}
	}},
	{"照印", func(i *NoticeItem) []string { return i.Notes }, func(d *Definition, id string) []string {
		return []string{d.Form.Note(id), d.Form.Note(id)}
	}},
	{"指导目录", func(i *NoticeItem) []string { return i.Entries }, entryAnswer},
	{"批次", func(i *NoticeItem) []string { return i.Settings }, func(d *Definition, id string) []string {
		return []string{d.Directory.setting(id)}
	}},
	{"观测点", func(i *NoticeItem) []string { return i.Points }, pointAnswer},
	{"规则", func(i *NoticeItem) []string { return i.Rules }, func(d *Definition, id string) []string {
		r := cmp.Or(d.Rule(d.CodeOf(id)), &Rule{})
		return []string{strings.TrimSpace(r.Code + " " + r.Title)}
	}},
	{"公文", func(i *NoticeItem) []string { return i.Letters }, func(d *Definition, id string) []string {
		return []string{cmp.Or(d.Letters.Letter(id), &Letter{}).Name}
	}},
	{"登记", func(i *NoticeItem) []string { return i.Register }, func(d *Definition, id string) []string {
		s := first(d.Register.Sheets, func(s *RegisterSheet) bool { return s.ID == id })
		return []string{cmp.Or(s, &RegisterSheet{}).Title}
	}},
	{"命令", func(i *NoticeItem) []string { return i.Commands }, func(_ *Definition, id string) []string {
		if commandLine.MatchString(id) { // whether there is such a command, the command line's own test asks
			return []string{"lianheti " + id}
		}
		return []string{""}
	}},
}

var commandLine = regexp.MustCompile(`^[a-z]+( --[a-z-]+)*$`)

func entryAnswer(d *Definition, id string) []string {
	e, ok := find(d.Directory.Entries, func(e Entry) bool { return strconv.Itoa(e.No) == id })
	if !ok {
		return []string{""}
	}
	out := []string{"序号" + id, id, e.Consortium, e.City, e.Park, "（" + e.National + "）"}
	for _, other := range e.Alternatives {
		out = append(out, "（或"+other.Consortium+"）", "（或"+other.Park+"）")
	}
	return out
}

func pointAnswer(d *Definition, id string) []string {
	out := []string{""}
	for _, p := range d.Rubric.Points() {
		if p.ID == id || p.Indicator.ID == id {
			out[0] = id
			out = append(out, p.Indicator.Label)
		}
		if p.ID == id {
			out = append(out, p.Label)
		}
	}
	return out
}

// Answers lists what answers an item, kind by kind, as people read it.
func (d *Definition) Answers(i *NoticeItem) []string {
	var out []string
	for _, k := range answerKinds {
		names := each(k.ids(i), func(id string) string { return k.says(d, id)[0] })
		if len(names) > 0 {
			out = append(out, k.label+"："+strings.Join(names, "、"))
		}
	}
	if i.Manual != "" {
		out = append(out, "人工："+i.Manual)
	}
	return out
}

// CiteOf is the paragraph that an item of a part belongs to.
func (p *NoticePart) CiteOf(i *NoticeItem) string { return cmp.Or(i.Cite, p.Cite) }

// loadNotice reads notice.yaml. What is wrong with it stops nothing: the definition bears one warning.
func (d *Definition) loadNotice(l *loader) {
	own, n := &loader{dir: l.dir, sources: l.sources}, &Notice{}
	own.decode("notice.yaml", n)
	if len(own.problems) == 0 {
		own.prove(d, []part{{"notice.yaml", n}})
	}
	if len(own.problems) > 0 {
		d.Warning = fmt.Sprintf("依据对照有 %d 处不符（不影响运行，依据以各条所写为准），第一处：%v", len(own.problems), own.problems[0])
		return
	}
	d.Notice = n
}

func (n *Notice) check(l *loader, d *Definition) {
	supported := map[[2]string]bool{} // paragraph and rule
	var paragraphs []string
	var whole strings.Builder
	printed := map[string]bool{} // what the paper says whatever the item, without its spaces
	for _, words := range []string{"序号", "基本指标", "观测点", d.Form.Title, d.Form.Dated, d.Paper.Attachment} {
		printed[unspaced(words)] = true
	}
	for _, s := range d.Paper.Sections {
		for _, item := range s.items() { // whose text belongs to no field
			printed[unspaced(item.Text)] = true
		}
	}
	for _, p := range n.Parts {
		paragraphs = append(paragraphs, p.Cite)
		for _, item := range p.Items {
			n.checkItem(l, d, printed, p, item)
			paragraphs = append(paragraphs, p.CiteOf(item))
			for _, id := range item.Rules {
				supported[[2]string{p.CiteOf(item), id}] = true
			}
			whole.WriteString(unspaced(strings.ReplaceAll(item.Text, NoticeCell, "")))
		}
	}
	if got := model.Digest([]byte(whole.String())); got != n.SHA256 {
		l.problem(at{"notice.yaml", "$.sha256"}, "原文与 sha256 不符", "原文请照录通知，一字不改；通知确已不同的，sha256 写作 "+got+"。")
	}
	for _, r := range d.Rules {
		for _, cite := range d.Form.citations(r.Authority) {
			if !supported[[2]string{cite, r.ID}] {
				l.problem(r.at, fmt.Sprintf("规则 %s（%s）的依据“%s”里没有一句写着它", r.Code, r.ID, cite),
					"请在 notice.yaml 那一段给真正要求它的一句写上；没有这样一句的，依据改写为“"+
						d.Form.Beyond.Tool+"”或“"+d.Form.Beyond.Coherence+"”。")
			}
		}
	}
	known := func(where at, what, paragraph string) {
		for _, cite := range d.Form.citations(paragraph) {
			within := func(p string) bool { return cite == p || strings.HasPrefix(cite, p+" ") }
			if !slices.ContainsFunc(paragraphs, within) {
				l.problem(where, what+"的出处“"+cite+"”不是通知的段落", "请写 notice.yaml 里有的段落。")
			}
		}
	}
	for _, f := range d.Form.Fields() {
		known(f.at, "栏目“"+f.ID+"”", f.Paragraph)
	}
	for _, t := range d.Tables {
		for _, c := range t.Columns {
			known(c.at, "列“"+t.Name+"."+c.Name+"”", c.Paragraph)
		}
	}
}

// checkItem proves that a sentence is answered by things that exist, and that each cell of an annex is their wording.
func (n *Notice) checkItem(l *loader, d *Definition, printed map[string]bool, p *NoticePart, item *NoticeItem) {
	var wording []string
	for _, k := range answerKinds {
		for _, id := range k.ids(item) {
			said := k.says(d, id)
			l.when(said[0] == "", item.at, "“"+id+"”不是已有的"+k.label, "请改正编号；没有什么回应这一句的，写 manual 和原因。")
			wording = append(wording, said[1:]...)
		}
	}
	l.when(len(d.Answers(item)) == 0, item.at, "“"+item.Text+"”没有回应", "请写明由什么回应；程序不做的写 manual 和原因。")
	if !strings.HasPrefix(p.Cite, "附件") || item.Manual != "" {
		return
	}
	for piece := range strings.SplitSeq(item.Text, NoticeCell) {
		key := unspaced(piece)
		said := func(w string) bool { return unspaced(w) == key }
		heads := func(id string) bool { return unspaced(d.Label(id)) == key } // of columns
		l.when(!printed[key] && !slices.ContainsFunc(wording, said) && !slices.ContainsFunc(item.Fields, heads), item.at,
			"“"+piece+"”不是所指各项的原文", "请核对栏目、目录、观测点的 label 是否照录，或编号是否写错。")
	}
}

// citations are the paragraphs that an authority or a paragraph names, the program's own words left out.
func (f *Form) citations(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, "；") {
		if part != "" && part != f.Beyond.Asked && part != f.Beyond.Tool && part != f.Beyond.Coherence {
			out = append(out, strings.Split(part, "、")...)
		}
	}
	return out
}

// Mark says how a field that the official form does not have is marked wherever people meet it; empty for the others.
func (f *Form) Mark(x *Field) string {
	switch {
	case x.Paragraph == f.Beyond.Tool:
		return f.Beyond.Tool
	case x.Extra:
		return f.Beyond.Asked
	}
	return ""
}

// unspaced is a text without blanks: the printed form spaces its words at will.
func unspaced(s string) string { return strings.Join(strings.Fields(s), "") }
