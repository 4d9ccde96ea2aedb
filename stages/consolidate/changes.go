package consolidate

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/templates"
)

// Earlier is the run that this one is compared with.
type Earlier struct {
	Date       string
	Definition map[string]string // sha256 of its definition files
	Complete   bool              // all marks were in: it had a line
}

// lineCrossing says whether a rank crossed the line, and which way; empty unless both rounds were completely marked.
func (w *workbook) lineCrossing(c table.Change) string {
	if c.Kind != table.RankChanged || !w.Standing.Complete() || w.Earlier == nil || !w.Earlier.Complete {
		return ""
	}
	inside := func(rank table.Opt[float64]) bool { return rank.Valid && int(rank.V) <= w.Choose() }
	switch was, is := inside(c.BeforeNumber), inside(c.AfterNumber); {
	case was == is:
		return ""
	case is:
		return "进到线内"
	}
	return "退出线内"
}

// changedRows lists the changes since the previous run, those that crossed the line first.
func (w *workbook) changedRows() ([]table.Change, list.Words) {
	if w.Earlier == nil {
		return nil, nil
	}
	var out []table.Change
	different := 0
	for c := range w.Changes.All() {
		switch {
		case c.Kind == table.TotalStep:
			continue
		case slices.Contains([]table.ChangeKind{table.NotResent, table.ResentUnchanged, table.FindingOpen}, c.Kind):
		case c.Kind == table.FindingExplained && c.Before == c.After: // in the last round
		default:
			different++
		}
		out = append(out, c)
	}
	passes := func(c table.Change) int {
		return min(len(w.lineCrossing(c)), 1) + 2*boolToInt(c.Kind == table.ObjectionUpheld)
	}
	slices.SortStableFunc(out, func(a, b table.Change) int { return passes(b) - passes(a) })
	said := list.Words{"different": fmt.Sprint(different), "definition": w.definitionChanges(), "causes": w.causes(),
		"passed": "", "when": textIf(w.Earlier.Date != "", "（"+w.Earlier.Date+"）")}
	if passed := w.crossings(); len(passed) > 0 {
		said["passed"] = fmt.Sprintf("拟遴选%d家的线：%s。", w.Choose(), strings.Join(passed, "、"))
	}
	return out, said
}

func (w *workbook) crossings() []string {
	crossed := table.Where(w.Changes.All(), func(c table.Change) bool { return w.lineCrossing(c) != "" })
	return table.Each(crossed, func(c table.Change) string {
		return fmt.Sprintf("%s%s（%s→%s）", c.Consortium, w.lineCrossing(c), c.Before, c.After)
	})
}

// moves lists the totals that changed, largest change first.
func (w *workbook) moves() ([][]any, list.Words) {
	before := map[string]string{}
	for c := range w.Changes.All() {
		if c.Kind == table.RankChanged {
			before[c.Submission] = rankText(c.BeforeNumber)
		}
	}
	moved := func(c table.Change) float64 { return c.AfterNumber.V - c.BeforeNumber.V }
	totals := table.Where(w.Changes.All(), func(c table.Change) bool { return c.Kind == table.TotalChanged })
	slices.SortStableFunc(totals, func(a, b table.Change) int {
		return cmp.Compare(math.Abs(moved(b)), math.Abs(moved(a)))
	})
	return table.Each(totals, func(c table.Change) []any {
		r := w.ranks[c.Submission].Rank
		now := rankText(table.Opt[float64]{V: float64(r.V), Valid: r.Valid})
		return []any{c.Submission, c.BeforeNumber, c.AfterNumber, moved(c), cmp.Or(before[c.Submission], now), now}
	}), nil
}

func rankText(rank table.Opt[float64]) string {
	return table.Either(rank.Valid, table.Plain(rank), "不排")
}

// definitionParts names what the definition files contain, by the beginning of the file name.
var definitionParts = [][2]string{{"rubric", "权重或计分办法"}, {"rules", "检查规则"}, {"form", "表单"},
	{"directory", "指导目录、期限或遴选家数"}, {"register", "登记项目的作用"}}

func (w *workbook) definitionChanges() string {
	moved := table.Words(definitionParts, func(m [2]string) string {
		for file, sum := range w.Definition.Sources {
			if strings.HasPrefix(path.Base(file), m[0]) && w.Earlier.Definition[file] != sum {
				return m[1]
			}
		}
		return ""
	})
	return table.Either(len(moved) == 0, "定义没有改动。", "定义也改过："+strings.Join(moved, "、")+"。")
}

// causes counts the submissions whose total each cause changed.
func (w *workbook) causes() string {
	out := table.Words(allCauses, func(cause table.Cause) string {
		moved := howMany(slices.Collect(maps.Values(w.steps)), func(steps []table.Change) bool {
			return slices.ContainsFunc(steps, func(c table.Change) bool { return c.Causes == string(cause) })
		})
		return textIf(moved > 0, fmt.Sprintf("%s%d家", w.Definition.Sheets().Codes["cause"][string(cause)], moved))
	})
	moved := "得分变动的原因：" + strings.Join(out, "、") + "，逐家见" + w.sheet("moves") + "。"
	return table.Either(len(out) == 0, "得分没有变。", moved)
}

// allCauses are all causes, as the workbook lists them.
var allCauses = append(slices.Clone(table.Causes), table.CauseForm)

// reasons explains a change: of a total by the points of each cause, of a verdict by its causes.
func (w *workbook) reasons(c table.Change) string {
	r, steps := w.ranks[c.Submission], strings.Join(table.Each(w.steps[c.Submission], func(s table.Change) string {
		return fmt.Sprintf("%s%+.2f", w.Definition.Sheets().Codes["cause"][s.Causes], s.AfterNumber.V-s.BeforeNumber.V) +
			textIf(s.Because != "", "（"+s.Because+"）")
	}), "；")
	switch {
	case c.Kind == table.VerdictChanged:
		causes := strings.Fields(c.Causes)
		words := w.Definition.Sheets().Codes["verdict_cause"]
		return strings.Join(table.Each(causes, func(id string) string { return words[id] }), "；")
	case c.Kind == table.TotalChanged && r.Unranked != "":
		return "不参加排名，得分只作对照：" + steps
	case c.Kind == table.TotalChanged:
		return steps
	case c.Kind != table.RankChanged:
		return ""
	case !c.AfterNumber.Valid && r.Unranked != "":
		return r.Unranked
	case !c.BeforeNumber.Valid:
		return "上轮不参加排名，本轮参加"
	case steps != "":
		return strings.TrimSuffix("自己的得分变了："+steps+"。"+c.Because, "。")
	}
	return "自己的得分没有变。" + c.Because
}

// entryText is the content of an entry without what has a column of its own.
func entryText(e table.RegisterEntry) string {
	own := []string{templates.RegisterConsortium, templates.RegisterFingerprint, templates.RegisterDate}
	return strings.Join(table.Words(e.Sheet.Columns, func(c *templates.RegisterColumn) string {
		return textIf(e.Values[c.ID] != "" && !slices.Contains(own, c.ID), c.Label+"："+e.Values[c.ID])
	}), "；")
}

func (w *workbook) effect(e table.RegisterEntry) string {
	stranger := func(o table.RegisterEntry) bool { return o.Place == e.Place }
	i, sent := w.byKey[e.Key]
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
		listed := func(m table.Member) bool { return slices.Contains(e.SchoolNames(), m.NameKey) }
		of := table.Where(w.Facts.Members.All(), listed)
		rosters := table.Unique(of, func(m table.Member) string { return m.Submission })
		return fmt.Sprintf("本次%d份名册里有它", len(rosters))
	case !sent && slices.ContainsFunc(w.UnknownEntries(), stranger):
		return "名称不在指导目录，本次也没有这样的申报，登记没有起作用；请核对名称"
	case !sent && effect == templates.EffectSelect:
		return "没有申报；不列入未报清单"
	case !sent:
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

func (w *workbook) rulingEffect(e table.RegisterEntry, id string) string {
	r, points := w.Register.Ruling(e.Key), ""
	if r.Points.Valid {
		points = fmt.Sprintf("得分已减%s分", table.Plain(r.Points))
	}
	return cmp.Or(table.Join("；", points, textIf(r.Reject.V, "列出，不参加排名"),
		textIf(w.ranks[id].Proposals == "", "没有专家这样提议")), "不减分，仍参加排名")
}

func (w *workbook) award(s table.Submission) string {
	return w.Register.Award(table.ConsortiumKey(s)).Status()
}
