package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/templates"
)

// register is 登记: every entry that the Department made, and what it brought about in this run.
func (w *workbook) register(name string) error {
	label := func(id string) func(table.Registered) string {
		return func(e table.Registered) string { return e.Values[id] }
	}
	columns := []column[table.Registered]{
		{Head: "登记项目", Width: 14, Cell: func(e table.Registered) book.Cell { return centred(e.Sheet.Title) }},
		{Head: w.head("submissions", "consortium"), Width: 40, Cell: func(e table.Registered) book.Cell { return words(e.Values[templates.RegisterConsortium]) }},
		{Head: w.head("findings", "fingerprint"), Width: 36, Cell: func(e table.Registered) book.Cell { return mono(model.ExplanationKey(e.Fingerprint, e.ValueHash)) }},
		{Head: "内容", Width: 60, Cell: func(e table.Registered) book.Cell { return words(registered(e)) }},
		{Head: "日期", Width: 12, Cell: func(e table.Registered) book.Cell { return centred(label(templates.RegisterDate)(e)) }},
		{Head: "在本次运行中", Width: 49, Cell: func(e table.Registered) book.Cell { return words(w.effect(e)) }},
		{Head: "位置", Width: 18, Cell: func(e table.Registered) book.Cell { return mono(e.Place.String()) }},
	}
	remark := fmt.Sprintf("登记表共%d条。登记表由本处保管，程序只读不写；改了登记表，重新运行即可。", len(w.Register))
	if len(w.Register) == 0 {
		remark = "本次运行没有登记内容。空白登记表用 lianheti template --register 生成，运行时加 --register 登记表.xlsx。"
	}
	return rows(w, name, remark, 1, len(w.Register), slices.Values(w.Register), columns)
}

// registered says what was typed, beside what has a column of its own.
func registered(e table.Registered) string {
	own := []string{templates.RegisterConsortium, templates.RegisterFingerprint, templates.RegisterDate}
	out := ""
	for _, c := range e.Sheet.Columns {
		if v := e.Values[c.ID]; v != "" && !slices.Contains(own, c.ID) {
			if out != "" {
				out += "；"
			}
			out += c.Label + "：" + v
		}
	}
	return out
}

// effect says what became of an entry.
func (w *workbook) effect(e table.Registered) string {
	if e.Sheet.Effect == templates.Objects {
		return "不改变数据和名次；随之的决定另行登记"
	}
	if e.Sheet.Effect == templates.Awards {
		return "见“" + sheetRanking + "”；名次和排名不因此改变"
	}
	if e.Sheet.Effect == templates.Decides {
		for x := range w.Judgement.Findings.All() {
			what := fmt.Sprintf("%s %s", w.of(x.Submission).Consortium, x.Title)
			switch {
			case e.Decides(x):
				return what + "：" + w.answered(x)
			case x.Fingerprint == e.Fingerprint:
				return what + "：数据变了，登记的不再有效，请重新定夺"
			}
		}
		return "没有对上本次的任何问题：可能已经改正，或指纹抄错"
	}
	if e.Sheet.Effect == templates.Lists {
		return fmt.Sprintf("本次%d份名册里有它", w.rosters(e.SchoolNames()))
	}
	i := slices.IndexFunc(w.submissions, func(s table.Submission) bool { return table.ConsortiumKey(s) == e.Key })
	switch {
	case i < 0 && slices.ContainsFunc(w.Strangers(), func(o table.Registered) bool { return o.Place == e.Place }):
		return "名称不在指导目录，本次也没有这样的申报，登记没有起作用；请核对名称"
	case i < 0 && e.Sheet.Effect == templates.Selects:
		return "没有申报；不列入未报清单"
	case i < 0:
		return "没有对上本次的任何申报：可能尚未报送，或名称写错"
	case e.Sheet.Effect == templates.Selects:
		return "列出，不参加排名"
	case e.Sheet.Effect == templates.Rules:
		return w.ruled(e, w.submissions[i].Submission)
	case e.Sheet.Effect == templates.Receives:
		if typed := e.Values[templates.RegisterCode]; typed != "" {
			return "校验码" + table.CompareCode(typed, w.submissions[i].CheckCode)
		}
		return "见“" + sheetSubmissions + "”"
	}
	n := 0
	for x := range w.Judgement.Findings.All() {
		if x.Submission == w.submissions[i].Submission && slices.Contains(e.Sheet.Rules, x.Rule) {
			n++
		}
	}
	if n == 0 {
		return "没有要了结的问题"
	}
	return fmt.Sprintf("了结%d个问题", n)
}

// rosters counts the submissions that list a unit of one of these names.
func (w *workbook) rosters(keys []string) int {
	in := map[string]bool{}
	for m := range w.Facts.Members.All() {
		if slices.Contains(keys, m.NameKey) {
			in[m.Submission] = true
		}
	}
	return len(in)
}

// ruled says what a decision about the experts' proposals brought about.
func (w *workbook) ruled(e table.Registered, id string) string {
	var out []string
	r := w.Register.Ruling(e.Key)
	for k := range w.Ranking.Ranking.All() {
		if k.Submission != id {
			continue
		}
		if r.Points.Valid {
			out = append(out, fmt.Sprintf("得分已减%s分", table.Plain(r.Points)))
		}
		if r.Reject.V {
			out = append(out, "列出，不参加排名")
		}
		if k.Proposals == "" {
			out = append(out, "没有专家这样提议")
		}
	}
	if out == nil {
		return "不减分，仍参加排名"
	}
	return strings.Join(out, "；")
}

// award is what the Department registered as the result; only from there anybody is chosen.
func (w *workbook) award(r table.Rank) string {
	return w.Register.Award(table.ConsortiumKey(w.of(r.Submission))).Said()
}

// receipts are the columns of 申报一览 that show what was registered.
func (w *workbook) receipts() []perEntry {
	var out []perEntry
	for _, s := range w.Definition.Register.Sheets {
		if slices.Contains([]templates.RegisterEffect{templates.Decides, templates.Lists, templates.Objects}, s.Effect) || len(w.Register) == 0 {
			continue
		}
		find := func(e entry) (table.Registered, bool) {
			for _, r := range w.Register {
				if r.Sheet == s && r.Key == table.ConsortiumKey(e.Submission) {
					return r, true
				}
			}
			return table.Registered{}, false
		}
		if s.Effect != templates.Receives {
			out = append(out, perEntry{Head: s.Title, Width: 18, Cell: func(e entry) book.Cell {
				if s.Effect == templates.Awards {
					return words(w.Register.Award(table.ConsortiumKey(e.Submission)).Said())
				}
				r, _ := find(e)
				return words(r.Document())
			}})
			continue
		}
		for _, c := range s.Columns {
			if c.Must {
				out = append(out, perEntry{Head: c.Label, Width: 9, Style: book.Column{Marks: []book.Mark{{Word: "缺", Tone: book.Caution}}}, Cell: func(e entry) book.Cell {
					r, _ := find(e)
					return centred(r.Values[c.ID])
				}})
			}
		}
	}
	return out
}

// exempt says why an entry of the directory need not report; empty where it must.
func (w *workbook) exempt(e templates.Entry) string { return w.Register.Exempt(e) }
