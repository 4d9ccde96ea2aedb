package table

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lianheti/stages/model"
	"lianheti/templates"
)

// Todo is one open task of the Department: a row of a sheet of the register, prefilled with what is known. Without a
// key it is a remark about the sheet as a whole.
type Todo struct {
	Sheet  *templates.RegisterSheet
	Key    string // of the consortium, or of the explanation
	Asked  string // what has to be decided, or what is missing
	Values map[string]string
}

// Todos lists the open tasks sheet by sheet, in the order of the submissions, awards by rank. advised has the advice of
// a meeting and its reason, by submission.
func (r *Round) Todos(advised map[string][2]string) []Todo {
	byID := IndexBy(r.Submissions.All(), func(s Submission) string { return s.Submission })
	w := &todoBuilder{Round: r, submissions: byID}
	for _, s := range r.Facts.Definition.Register().Sheets {
		switch s.Effect {
		case templates.EffectAnswer, templates.EffectAdjust:
			w.consents(s)
		case templates.EffectExplain:
			w.explanations(s)
		case templates.EffectRule:
			for k := range r.Ranking.Ranking.All() {
				if k.Pending {
					w.add(s, w.submissions[k.Submission], k.Proposals)
				}
			}
		case templates.EffectReceive:
			for x := range r.Submissions.All() {
				w.add(s, x, r.receiptFaults(s, x)...)
			}
		case templates.EffectAward:
			w.awards(s, advised)
		case templates.EffectObject:
			w.objections(s)
		}
	}
	return w.todos
}

type todoBuilder struct {
	*Round
	submissions map[string]Submission // by id
	todos       []Todo
}

// add adds a task about a submission and returns its values, to be completed; nil where nothing is asked.
func (w *todoBuilder) add(s *templates.RegisterSheet, x Submission, asked ...string) map[string]string {
	said := Join("；", asked...)
	if said == "" || x.Consortium == "" {
		return nil
	}
	name := x.Consortium
	if _, _, listed := w.Facts.Definition.Directory.ByConsortium(name); !listed && x.DirectoryNo.Valid {
		name = w.Facts.Entry(x).Consortium // the register knows it by this name
	}
	values := map[string]string{templates.RegisterConsortium: name}
	w.todos = append(w.todos, Todo{s, ConsortiumKey(x), said, values})
	return values
}

// consents adds the findings that only the Department can settle, and papers received late.
func (w *todoBuilder) consents(s *templates.RegisterSheet) {
	found := map[string][]string{}
	for f := range w.Judgement.Findings.All() {
		if f.Explanation == "" && slices.Contains(s.Rules, f.Rule) {
			found[f.Submission] = append(found[f.Submission], f.Title+"："+f.Message)
		}
	}
	for x := range w.Submissions.All() {
		asked, e := found[x.Submission], w.Register.EntryOn(s, ConsortiumKey(x))
		if s.Late && e.Sheet == nil {
			asked = append(asked, w.lateReceipts(x)...)
		}
		if len(asked) == 0 || s.Effect == templates.EffectAdjust && e.Values[templates.RegisterDecision] != "" {
			continue // decided already
		}
		if values := w.add(s, x, asked...); s.Effect == templates.EffectAdjust && values != nil {
			values[templates.RegisterConsortium], values[templates.RegisterPark] = x.Consortium, x.Park
			values[templates.RegisterCity] = x.City
		}
	}
}

// lateReceipts lists the papers of a submission that came after the deadline.
func (r *Round) lateReceipts(x Submission) []string {
	var out []string
	for _, s := range r.Definition.Register().Sheets {
		e := r.Register.EntryOn(s, ConsortiumKey(x))
		for _, c := range s.Columns {
			if day := e.Values[c.ID]; s.Effect == templates.EffectReceive && c.Date && day > r.Definition.Directory.Deadline {
				out = append(out, fmt.Sprintf("%s%s收到，晚于报送期限%s", c.Label, day, r.Definition.Directory.Deadline))
			}
		}
	}
	return out
}

// receiptFaults lists the missing papers of a submission, and a check code that differs from the workbook's.
func (r *Round) receiptFaults(s *templates.RegisterSheet, x Submission) []string {
	e := r.Register.EntryOn(s, ConsortiumKey(x))
	var out []string
	if left := s.MissingColumns(e.Values); len(left) > 0 {
		out = append(out, "缺："+strings.Join(left, "、"))
	}
	if typed := e.Values[templates.RegisterCode]; typed != "" && normalizeCode(typed) != x.CheckCode {
		out = append(out, fmt.Sprintf("纸质件的校验码%s、工作簿的%s：%s", typed, x.CheckCode, CompareCode(typed, x.CheckCode)))
	}
	return out
}

// explanations adds a decision for each warning, whether its explanation was given or is still missing.
func (w *todoBuilder) explanations(s *templates.RegisterSheet) {
	for f := range w.Judgement.Findings.All() {
		decided := slices.ContainsFunc(w.Register, func(e RegisterEntry) bool { return e.Decides(f) })
		if f.Severity != model.Explain || f.Submission == "" || decided || f.OwnExplanation == "" && f.Explanation != "" {
			continue
		}
		said := Either(f.OwnExplanation != "", "说明："+f.OwnExplanation, "还没有说明")
		asked := fmt.Sprintf("%s %s：%s　%s", f.Consortium, f.Title, f.Message, said)
		key := model.ExplanationKey(f.Fingerprint, f.ValueHash)
		w.todos = append(w.todos, Todo{s, key, asked, map[string]string{templates.RegisterFingerprint: key}})
	}
}

// awards adds the next step of each award, by rank, once all marks are in.
func (w *todoBuilder) awards(s *templates.RegisterSheet, advised map[string][2]string) {
	if w.Ranking.State() != AllMarked {
		return
	}
	last, chosen := int32(0), 0
	for k := range w.Ranking.Ranking.All() {
		if w.Register.Award(ConsortiumKey(w.submissions[k.Submission])).Reached(templates.StepProposed) {
			chosen, last = chosen+1, max(last, k.Rank.V)
		}
	}
	for k := range w.Ranking.Ranking.All() {
		x := w.submissions[k.Submission]
		a := w.Register.Award(ConsortiumKey(x))
		if !k.Ranked && !a.Reached(templates.StepProposed) || a.Reached(templates.StepChosen) {
			continue
		}
		place := Either(k.Ranked, fmt.Sprintf("第%d名，%s分", k.Rank.V, k.TotalText()), k.Unranked)
		asked := append([]string{place, w.needsReason(a, k, last)}, w.next(a, x)...)
		if values := w.add(s, x, asked...); values != nil {
			values[w.step(templates.StepAdvised).Columns[0]] = advised[k.Submission][0]
			values[templates.RegisterReason] = advised[k.Submission][1]
		}
	}
	if plan := w.Facts.Definition.Directory.Select; chosen > 0 && (chosen < plan.Min || chosen > plan.Max) {
		asked := fmt.Sprintf("拟入选%d家，工作方案是%d—%d家左右", chosen, plan.Min, plan.Max)
		w.todos = append(w.todos, Todo{Sheet: s, Asked: asked})
	}
}

// needsReason says whether an award needs a reason that is not registered: it differs from the meeting's advice, has no
// rank, or was passed over for a lower rank. last is the lowest rank that is proposed.
func (w *todoBuilder) needsReason(a Award, k Rank, last int32) string {
	proposed, step := a.Reached(templates.StepProposed), ""
	if advised := w.step(templates.StepAdvised); a.Sheet != nil && a.Values[advised.Columns[0]] != "" {
		if done, _, _ := advised.Status(a.Sheet, a.Values); done != proposed && (proposed || last > 0) {
			step = "与评审会建议不一致"
		}
	}
	if proposed && !k.Ranked {
		step = "没有参加排名而拟入选"
	}
	if !proposed && k.Ranked && k.Rank.V < last {
		step = fmt.Sprintf("名次在前而没有拟入选（拟入选的到第%d名）", last)
	}
	return Either(step == "" || a.Values[templates.RegisterReason] != "", "", step+"，请写明理由")
}

func (w *todoBuilder) step(id string) *templates.RegisterStep {
	for _, s := range w.Facts.Definition.Register().Sheets {
		if step := s.Step(id); step != nil {
			return step
		}
	}
	return nil
}

// next is the next step of an award, after the obstacles to it.
func (w *todoBuilder) next(a Award, x Submission) []string {
	if !a.Reached(templates.StepProposed) {
		return nil
	}
	out := Each(w.MissingPapers(ConsortiumKey(x)), func(lacking string) string { return "拟入选而" + lacking })
	if n := w.step(templates.StepPublicised).Columns; a.Reached(templates.StepPublicised) {
		days, least := workingDays(a.Values[n[0]], a.Values[n[len(n)-1]]), w.Facts.Definition.Directory.Calendar.PublicityDays
		if days < least {
			out = append(out, fmt.Sprintf("公示%d个工作日（按周一至周五数），少于%d个", days, least))
		}
	}
	if cleared := w.step(templates.StepCleared); a.Sheet != nil {
		if done, begun, _ := cleared.Status(a.Sheet, a.Values); begun && !done {
			return append(out, a.Values[cleared.Columns[0]]+"：请改为不拟入选并写明理由（公示的日期照留），或者重新公示")
		}
	}
	next := slices.Index(templates.Steps, a.Step.ID) + 1
	return append(out, "下一步："+w.step(templates.Steps[next]).Label)
}

// workingDays counts the days from Monday to Friday, both ends included; holidays are not considered.
func workingDays(from, to string) (n int) {
	day, err := time.Parse(time.DateOnly, from)
	end, err2 := time.Parse(time.DateOnly, to)
	for ; err == nil && err2 == nil && !day.After(end); day = day.AddDate(0, 0, 1) {
		if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday {
			n++
		}
	}
	return n
}

// objections adds objections without outcome, and upheld ones where 无异议 is registered.
func (w *todoBuilder) objections(s *templates.RegisterSheet) {
	for _, e := range w.Register {
		asked := ""
		switch {
		case e.Sheet != s:
		case e.Values[templates.RegisterOutcome] == "":
			asked = "还没有处理结果"
		case e.Upheld() && w.Register.Award(e.Key).Reached(templates.StepCleared):
			asked = "异议成立，而“" + w.step(templates.StepCleared).Label + "”已登记通过"
		}
		if asked != "" {
			w.todos = append(w.todos, Todo{s, e.Place.String(), asked, nil})
		}
	}
}

// NextRegister is the register for the next run, by sheet: the rows that were handed in, with their open tasks, then a
// row for every other task. A meeting's advice fills cells that are blank.
func (r *Round) NextRegister(advised map[string][2]string) map[string][]map[string]string {
	rows, todos := map[string][]map[string]string{}, r.Todos(advised)
	for _, e := range r.Register {
		row := maps.Clone(e.Values)
		maps.Copy(row, e.Private)
		key := e.Key
		if e.Sheet.Effect == templates.EffectObject {
			key = e.Place.String()
		} else if e.Fingerprint != "" {
			key = model.ExplanationKey(e.Fingerprint, e.ValueHash)
		}
		todos = slices.DeleteFunc(todos, func(t Todo) bool {
			same := t.Sheet == e.Sheet && t.Key == key
			if same {
				row[templates.RegisterAsked] = t.Asked
				for id, v := range t.Values {
					row[id] = cmp.Or(row[id], v)
				}
			}
			return same
		})
		rows[e.Sheet.ID] = append(rows[e.Sheet.ID], row)
	}
	for _, t := range todos {
		if t.Key != "" {
			row := maps.Clone(t.Values)
			row[templates.RegisterAsked] = t.Asked
			rows[t.Sheet.ID] = append(rows[t.Sheet.ID], row)
		}
	}
	return rows
}
