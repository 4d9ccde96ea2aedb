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

// Notice is notice.yaml: each sentence of the work plan with what implements it. The definition is checked against it.
type Notice struct {
	Title  string
	SHA256 string // hash of the whole text without white space, which detects edits
	Parts  []*NoticePart
}

// NoticePart is a paragraph or an annex, with the name by which rules and fields cite it.
type NoticePart struct {
	Cite  string
	Items []*NoticeItem
}

// NoticeItem is a sentence, or a row of a table (its cells joined by NoticeCell), with the ids of what implements it.
type NoticeItem struct {
	Cite string // where it differs from the part's
	Text string

	Fields, Lists, Kinds, Years, Notes []string // form.yaml
	Entries, Settings                  []string // directory.yaml
	Points, Rules, Letters, Register   []string
	Commands                           []string // with their flags
	Manual                             string   // what people do by hand, and why

	pos `yaml:"-"`
}

// NoticeCell separates the cells of a table's row.
const NoticeCell = "|"

// answerKind is one kind of thing that implements a sentence. wordings gives for an id the name to show, empty where
// there is no such thing, and then its official wordings.
type answerKind struct {
	label    string
	ids      func(*NoticeItem) []string
	wordings func(d *Definition, id string) []string
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
		return []string{d.Directory.settingText(id)}
	}},
	{"观测点", func(i *NoticeItem) []string { return i.Points }, pointAnswer},
	{"规则", func(i *NoticeItem) []string { return i.Rules }, func(d *Definition, id string) []string {
		r := cmp.Or(d.Rule(d.CodeOf(id)), &Rule{})
		return []string{strings.TrimSpace(r.Code + " " + r.Title)}
	}},
	{"公文", func(i *NoticeItem) []string { return i.Letters }, func(d *Definition, id string) []string {
		return []string{cmp.Or(d.Letters().Letter(id), &Letter{}).Name}
	}},
	{"登记", func(i *NoticeItem) []string { return i.Register }, func(d *Definition, id string) []string {
		s := first(d.Register().Sheets, func(s *RegisterSheet) bool { return s.ID == id })
		return []string{cmp.Or(s, &RegisterSheet{}).Title}
	}},
	{"命令", func(i *NoticeItem) []string { return i.Commands }, func(_ *Definition, id string) []string {
		if commandLine.MatchString(id) { // a test of the command line checks that the command exists
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
	for _, p := range d.Rubric().Points() {
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

// Answers lists what implements an item, kind by kind, in words.
func (d *Definition) Answers(i *NoticeItem) []string {
	var out []string
	for _, k := range answerKinds {
		names := each(k.ids(i), func(id string) string { return k.wordings(d, id)[0] })
		if len(names) > 0 {
			out = append(out, k.label+"："+strings.Join(names, "、"))
		}
	}
	if i.Manual != "" {
		out = append(out, "人工："+i.Manual)
	}
	return out
}

// CiteOf is the paragraph of an item of the part.
func (p *NoticePart) CiteOf(i *NoticeItem) string { return cmp.Or(i.Cite, p.Cite) }

// loadNotice loads notice.yaml. Its problems do not stop the load; they set Warning.
func (d *Definition) loadNotice(l *loader) {
	noticeLoader, n := &loader{dir: l.dir, sources: l.sources}, &Notice{}
	noticeLoader.decode("notice.yaml", n)
	if len(noticeLoader.problems) == 0 {
		noticeLoader.validate(d, []part{{"notice.yaml", n}})
	}
	if len(noticeLoader.problems) > 0 {
		d.Warning = fmt.Sprintf("依据对照有 %d 处不符（不影响运行，依据以各条所写为准），第一处：%v", len(noticeLoader.problems), noticeLoader.problems[0])
		return
	}
	d.Notice = n
}

func (n *Notice) check(l *loader, d *Definition) {
	cited := map[[2]string]bool{} // paragraph and rule
	var paragraphs []string
	var whole strings.Builder
	printed := map[string]bool{} // texts of the form that may stand anywhere, without white space
	for _, words := range []string{"序号", "基本指标", "观测点", d.Form.Title, d.Form.Dated, d.Paper().Attachment} {
		printed[stripSpaces(words)] = true
	}
	for _, s := range d.Paper().Sections {
		for _, item := range s.Items() { // Text is set where it belongs to no field
			printed[stripSpaces(item.Text)] = true
		}
	}
	for _, p := range n.Parts {
		paragraphs = append(paragraphs, p.Cite)
		for _, item := range p.Items {
			n.checkItem(l, d, printed, p, item)
			paragraphs = append(paragraphs, p.CiteOf(item))
			for _, id := range item.Rules {
				cited[[2]string{p.CiteOf(item), id}] = true
			}
			whole.WriteString(stripSpaces(strings.ReplaceAll(item.Text, NoticeCell, "")))
		}
	}
	if got := model.Digest([]byte(whole.String())); got != n.SHA256 {
		l.problem(pos{"notice.yaml", "$.sha256"}, "原文与 sha256 不符", "原文请照录通知，一字不改；通知确已不同的，sha256 写作 "+got+"。")
	}
	for _, r := range d.Rules {
		for _, cite := range d.Form.citations(r.Authority) {
			if !cited[[2]string{cite, r.ID}] {
				l.problem(r.pos, fmt.Sprintf("规则 %s（%s）的依据“%s”里没有一句写着它", r.Code, r.ID, cite),
					"请在 notice.yaml 那一段给真正要求它的一句写上；没有这样一句的，依据改写为“"+
						d.Form.Beyond.Tool+"”或“"+d.Form.Beyond.Coherence+"”。")
			}
		}
	}
	checkCitation := func(where pos, what, paragraph string) {
		for _, cite := range d.Form.citations(paragraph) {
			within := func(p string) bool { return cite == p || strings.HasPrefix(cite, p+" ") }
			if !slices.ContainsFunc(paragraphs, within) {
				l.problem(where, what+"的出处“"+cite+"”不是通知的段落", "请写 notice.yaml 里有的段落。")
			}
		}
	}
	for _, f := range d.Form.Fields() {
		checkCitation(f.pos, "栏目“"+f.ID+"”", f.Paragraph)
	}
	for _, t := range d.Published().Tables {
		for _, c := range t.Columns {
			checkCitation(c.pos, "列“"+t.Name+"."+c.Name+"”", c.Paragraph)
		}
	}
}

// checkItem checks that what implements a sentence exists, and that each cell of an annex is its official wording.
func (n *Notice) checkItem(l *loader, d *Definition, printed map[string]bool, p *NoticePart, item *NoticeItem) {
	var wording []string
	for _, k := range answerKinds {
		for _, id := range k.ids(item) {
			matches := k.wordings(d, id)
			l.problemIf(matches[0] == "", item.pos, "“"+id+"”不是已有的"+k.label, "请改正编号；没有什么回应这一句的，写 manual 和原因。")
			wording = append(wording, matches[1:]...)
		}
	}
	l.problemIf(len(d.Answers(item)) == 0, item.pos, "“"+item.Text+"”没有回应", "请写明由什么回应；程序不做的写 manual 和原因。")
	if !strings.HasPrefix(p.Cite, "附件") || item.Manual != "" {
		return
	}
	for piece := range strings.SplitSeq(item.Text, NoticeCell) {
		key := stripSpaces(piece)
		matches := func(w string) bool { return stripSpaces(w) == key }
		isLabel := func(id string) bool { return stripSpaces(d.Label(id)) == key } // of columns
		official := printed[key] || slices.ContainsFunc(wording, matches) || slices.ContainsFunc(item.Fields, isLabel)
		l.problemIf(!official, item.pos, "“"+piece+"”不是所指各项的原文",
			"请核对栏目、目录、观测点的 label 是否照录，或编号是否写错。")
	}
}

// citations splits an authority into the paragraphs it cites, without the words of Form.Beyond.
func (f *Form) citations(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, "；") {
		if part != "" && part != f.Beyond.Asked && part != f.Beyond.Tool && part != f.Beyond.Coherence {
			out = append(out, strings.Split(part, "、")...)
		}
	}
	return out
}

// Mark is the tag of a field that is not in the official form; empty for the others.
func (f *Form) Mark(x *Field) string {
	switch {
	case x.Paragraph == f.Beyond.Tool:
		return f.Beyond.Tool
	case x.Extra:
		return f.Beyond.Asked
	}
	return ""
}

// stripSpaces removes all white space: the printed form spaces its words at will.
func stripSpaces(s string) string { return strings.Join(strings.Fields(s), "") }
