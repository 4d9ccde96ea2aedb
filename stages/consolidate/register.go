package consolidate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/table"
	"lianheti/templates"
)

// entryText is the content of an entry without what has a column of its own.
func entryText(e table.RegisterEntry) string {
	own := []string{templates.RegisterConsortium, templates.RegisterFingerprint, templates.RegisterDate}
	return strings.Join(table.Words(e.Sheet.Columns, func(c *templates.RegisterColumn) string {
		return textIf(e.Values[c.ID] != "" && !slices.Contains(own, c.ID), c.Label+"："+e.Values[c.ID])
	}), "；")
}

func (w *workbook) effect(e table.RegisterEntry) string {
	i, stranger := w.indexByKey(e.Key), func(o table.RegisterEntry) bool { return o.Place == e.Place }
	switch effect := e.Sheet.Effect; {
	case effect == templates.EffectObject:
		return "不改变数据和名次；随之的决定另行登记"
	case effect == templates.EffectAdjust && e.Agreed():
		return "本次运行的指导目录照此调整"
	case effect == templates.EffectAdjust && e.Values[templates.RegisterDecision] == "":
		return "还没有决定，仍按印发的目录"
	case effect == templates.EffectAdjust:
		return "不同意，仍按印发的目录"
	case effect == templates.EffectAward:
		return "见" + w.sheet("ranking") + "；名次和排名不因此改变"
	case effect == templates.EffectExplain:
		return w.explanationEffect(e)
	case effect == templates.EffectSchools:
		return fmt.Sprintf("本次%d份名册里有它", w.countRosters(e.SchoolNames()))
	case i < 0 && slices.ContainsFunc(w.UnknownEntries(), stranger):
		return "名称不在指导目录，本次也没有这样的申报，登记没有起作用；请核对名称"
	case i < 0 && effect == templates.EffectSelect:
		return "没有申报；不列入未报清单"
	case i < 0:
		return "没有对上本次的任何申报：可能尚未报送，或名称写错"
	case effect == templates.EffectSelect:
		return "列出，不参加排名"
	case effect == templates.EffectRule:
		return w.rulingEffect(e, w.entries[i].id())
	case effect == templates.EffectReceive && e.Values[templates.RegisterCode] != "":
		return "校验码" + table.CompareCode(e.Values[templates.RegisterCode], w.entries[i].CheckCode)
	case effect == templates.EffectReceive:
		return "见" + w.sheet("submissions")
	}
	if n := len(table.Where(w.Judgement.Findings.All(), func(x table.Finding) bool {
		return x.Submission == w.entries[i].id() && slices.Contains(e.Sheet.Rules, x.Rule)
	})); n > 0 {
		return fmt.Sprintf("了结%d个问题", n)
	}
	return "没有要了结的问题"
}

func (w *workbook) explanationEffect(e table.RegisterEntry) string {
	for x := range w.Judgement.Findings.All() {
		what := w.submission(x.Submission).Consortium + " " + x.Title
		switch {
		case e.Decides(x):
			return what + "：" + x.State()
		case x.Fingerprint == e.Fingerprint:
			return what + "：数据变了，登记的不再有效，请重新定夺"
		}
	}
	return "没有对上本次的任何问题：可能已经改正，或指纹抄错"
}

func (w *workbook) indexByKey(key string) int {
	return slices.IndexFunc(w.entries, func(e entry) bool { return table.ConsortiumKey(e.Submission) == key })
}

func (w *workbook) countRosters(keys []string) int {
	of := table.Where(w.Facts.Members.All(), func(m table.Member) bool { return slices.Contains(keys, m.NameKey) })
	return len(table.Unique(of, func(m table.Member) string { return m.Submission }))
}

func (w *workbook) rulingEffect(e table.RegisterEntry, id string) string {
	r, points := w.Register.Ruling(e.Key), ""
	if r.Points.Valid {
		points = fmt.Sprintf("得分已减%s分", table.Plain(r.Points))
	}
	return cmp.Or(joinNonEmpty(points, textIf(r.Reject.V, "列出，不参加排名"),
		textIf(w.ranks[id].Proposals == "", "没有专家这样提议")), "不减分，仍参加排名")
}

// award is the registered state of a submission's award.
func (w *workbook) award(s table.Submission) string {
	return w.Register.Award(table.ConsortiumKey(s)).Status()
}
