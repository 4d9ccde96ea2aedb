package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

// saysRegistered says what was typed, beside what has a column of its own.
func saysRegistered(e table.Registered) string {
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
	if e.Sheet.Effect == templates.Adjusts {
		switch {
		case e.Agreed():
			return "本次运行的指导目录照此调整"
		case e.Values[templates.RegisterDecision] == "":
			return "还没有决定，仍按印发的目录"
		}
		return "不同意，仍按印发的目录"
	}
	if e.Sheet.Effect == templates.Awards {
		return "见" + w.sheet("ranking") + "；名次和排名不因此改变"
	}
	if e.Sheet.Effect == templates.Decides {
		for x := range w.Judgement.Findings.All() {
			what := fmt.Sprintf("%s %s", w.of(x.Submission).Consortium, x.Title)
			switch {
			case e.Decides(x):
				return what + "：" + x.Answered()
			case x.Fingerprint == e.Fingerprint:
				return what + "：数据变了，登记的不再有效，请重新定夺"
			}
		}
		return "没有对上本次的任何问题：可能已经改正，或指纹抄错"
	}
	if e.Sheet.Effect == templates.Lists {
		return fmt.Sprintf("本次%d份名册里有它", w.rosters(e.SchoolNames()))
	}
	i := w.keyed(e.Key)
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
		return w.ruled(e, w.entries[i].id())
	case e.Sheet.Effect == templates.Receives:
		if typed := e.Values[templates.RegisterCode]; typed != "" {
			return "校验码" + table.CompareCode(typed, w.entries[i].CheckCode)
		}
		return "见" + w.sheet("submissions")
	}
	n := 0
	for x := range w.Judgement.Findings.All() {
		if x.Submission == w.entries[i].id() && slices.Contains(e.Sheet.Rules, x.Rule) {
			n++
		}
	}
	if n == 0 {
		return "没有要了结的问题"
	}
	return fmt.Sprintf("了结%d个问题", n)
}

// keyed finds the submission that a key of the register means; -1: none.
func (w *workbook) keyed(key string) int {
	return slices.IndexFunc(w.entries, func(e entry) bool { return table.ConsortiumKey(e.Submission) == key })
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
func (w *workbook) award(s table.Submission) string {
	return w.Register.Award(table.ConsortiumKey(s)).Said()
}
