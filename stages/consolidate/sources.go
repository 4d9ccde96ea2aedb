package consolidate

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/list"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// allSources are the rows that sheets.yaml can use besides the published tables.
func (w *workbook) allSources() map[string]list.Source {
	return map[string]list.Source{
		"entries":  list.Rows(w.entries),
		"ranked":   list.From(w.rankedRows),
		"near":     list.From(w.nearRows),
		"lifted":   list.From(w.liftRows),
		"promises": list.From(w.flaggedCommitments),
		"changed":  list.From(w.changedRows),
		"moves":    list.Named("submission was now moved rank_before rank_now", w.moves),
		"scored":   list.From(w.scored),
		"evidence": list.Table(table.AnyRows(w.Ranking.Scores.NonEmpty("evidence"))),
		"rubric":   list.Named("point wording indicator weight experts evidence", w.rubricRows),
		"method":   list.Named("order words", w.methodRows),
		"series":   list.From(w.series),
		"shared":   list.Named("name kind_label lists where leads enrolments places", w.sharedMembers),
		"compared": list.Named("field_label share first first_text first_place second second_text second_place",
			w.similarTexts),
		"cities":     list.Named("name total sums "+strings.Join(tallyColumns, " "), w.cityRows),
		"unreported": list.Named("directory_no city consortium park state", w.unreportedRows),
		"registered": list.Named("item consortium fingerprint says date effect place", w.registered),
		"doubts":     list.From(w.openWarnings),
		"rules":      list.Named("code title severity authority each fail pass not_applicable not_run", w.ruleRows),
		"marked":     list.From(w.markedRows),
		"told":       list.From(func() ([]table.Finding, list.Words) { return w.AllFindings(), nil }),
		"followed":   list.From(w.fulfilmentRows),
		"kept":       list.Named("city forms results promised paid rate", w.fulfilmentByCity),
		"reserves":   list.Named("directory_no city consortium park now seasons open weak", w.reserves),
		"tasks":      list.Named("city consortium file cell columns", w.tasks),
	}
}

// addRemarkWords adds the words for the remark of a sheet whose rows are a published table.
func (w *workbook) addRemarkWords(sheet string, said list.Words) {
	switch sheet {
	case "ranking":
		said["how"] = w.methodSummary()
	case "findings":
		b := w.Definition.Form.Beyond
		said["coherence"], said["tool"], said["asked"] = b.Coherence, b.Tool, b.Asked
	case "checklist":
		needed := howMany(slices.Collect(w.Ranking.Checklist.All()), func(c table.Check) bool { return c.Needed })
		state := map[bool]string{false: "before", true: "complete"}[w.Standing.Complete()]
		said["needed"] = templates.Fill(w.Definition.Sheets().Codes["checks"][state], list.Words{"n": strconv.Itoa(needed)})
	case "influence":
		for _, begins := range []string{"尺度", "名次与", "逐项", "注意："} {
			if part := w.methodPart(begins); part != "" {
				said["said"] += part + "。"
			}
		}
	}
}

// entry is a submission with all its answers.
type entry struct {
	table.Submission
	table.Verdict
	form *table.Form
}

func (e entry) id() string { return e.Submission.Submission }

func (w *workbook) nearRows() ([]table.Rank, list.Words) {
	all := w.nearLine()
	some := fmt.Sprintf("只算第%d名前后的%d家，其余不算。", w.Choose(), len(all))
	return all, list.Words{"noline": w.Definition.Sheets().Codes["line"]["before"],
		"near": textIf(len(all) < len(w.byRank), some)}
}

func (w *workbook) rankedRows() ([]table.Rank, list.Words) {
	return w.byRank, list.Words{"colours": textIf(w.Standing.Complete(), fmt.Sprintf("绿色是前%d名。", w.Choose()))}
}

func (w *workbook) liftRows() ([]table.Lift, list.Words) {
	below := func(r table.Rank) bool { return int(r.Rank.V) > w.Choose() }
	outside := table.Each(table.Where(slices.Values(w.byRank), below), func(r table.Rank) string { return r.Submission })
	all := slices.Collect(w.Ranking.Lifts.All())
	slices.SortStableFunc(all, func(a, b table.Lift) int {
		return slices.Index(outside, a.Submission) - slices.Index(outside, b.Submission)
	})
	some := fmt.Sprintf("线外共%d家，只列离入选线最近的%d家。", len(outside), len(w.lifts))
	return all, list.Words{"last": fmt.Sprintf("%.2f", w.lastInside()), "k": strconv.Itoa(w.Choose()),
		"some": textIf(len(w.lifts) < len(outside), some)}
}

func (w *workbook) flaggedCommitments() ([]table.Growth, list.Words) {
	all := table.Where(w.Ranking.Credibility.All(), func(g table.Growth) bool { return g.Flag == table.Verify })
	return all, list.Words{"all": strconv.Itoa(w.Ranking.Credibility.Len())}
}

func (w *workbook) rubricRows() ([][]any, list.Words) {
	var out [][]any
	for _, p := range w.Definition.Rubric().Points() {
		lines := table.Each(p.Evidence, func(e *templates.Evidence) string {
			method := w.Definition.Sheets().Codes["method"][e.Method]
			return fmt.Sprintf("%s（%s，%s）：%s％", e.Label, e.Basis, method, e.Weight.Shift(2).Round(1))
		})
		if p.Deduction {
			lines = append(lines, "由专家酌情扣分")
		} else if len(lines) == 0 {
			lines = append(lines, "等专家评分")
		}
		out = append(out, []any{p.ID, p.Label, p.Indicator.Label, p.Weight.InexactFloat64(),
			p.ExpertShare.InexactFloat64(), strings.Join(lines, "\n")})
	}
	return out, list.Words{"note": w.Definition.Rubric().WeightsNote}
}

func (w *workbook) methodRows() ([][]any, list.Words) {
	var out [][]any
	for part := range strings.SplitSeq(w.method(), "；") {
		out = append(out, []any{len(out) + 1, samplingRemark.ReplaceAllString(part, "权重抽样所得")})
	}
	return out, nil
}

// unreportedRows lists the directory entries that should have reported and did not.
func (w *workbook) unreportedRows() ([][]any, list.Words) {
	var out [][]any
	exempt := 0
	for _, e := range w.Definition.Directory.Entries {
		if w.Register.Exempt(e) != "" {
			exempt++
		} else if !w.reported(e) {
			state := "未收到可用的申报；请查“文件清单”有无不予受理的文件，或催报"
			if file := w.Untranscribed(e); file != "" {
				state = "已报、待转录：有附送件 " + file + "，没有工作簿；用 lianheti template --from-word 搬进模板，请地市核对后报送"
			}
			out = append(out, []any{e.No, e.City, e.Consortium, e.Park, state})
		}
	}
	return out, list.Words{"all": strconv.Itoa(len(w.Definition.Directory.Entries)), "exempt": strconv.Itoa(exempt)}
}

func (w *workbook) reported(e templates.Entry) bool {
	return slices.ContainsFunc(w.entries, func(s entry) bool { return s.DirectoryNo == table.Some(int32(e.No)) })
}

// maxOutcomeColumns is the largest number of submissions for which 规则执行 has a column each.
const maxOutcomeColumns = 60

// ruleRows lists the rules with their outcomes, counted and by submission.
func (w *workbook) ruleRows() (out [][]any, said list.Words) {
	each, counts := map[string][]model.Outcome{}, map[[2]string]int{} // by code
	aboutFiles := func(r *templates.Rule) bool { return r.Check == "file" || r.Check == "marks" }
	for o := range w.Judgement.Outcomes.All() {
		if o.Outcome != model.Fail && aboutFiles(w.Definition.Rule(o.Code)) {
			continue // a rejected file has no submission
		}
		if each[o.Code] == nil {
			each[o.Code] = make([]model.Outcome, len(w.entries))
		}
		each[o.Code][w.index[o.Submission]] = o.Outcome
		counts[[2]string{o.Code, string(o.Outcome)}]++
	}
	for x := range w.Judgement.Findings.All() {
		if x.Submission == "" {
			counts[[2]string{x.Code, string(model.Fail)}]++
		}
	}
	for _, r := range w.Definition.Rules {
		row := []any{r.Code, r.Title, model.Severity(r.Severity), r.Authority, each[r.Code]}
		for _, o := range outcomes {
			n := count(counts[[2]string{r.Code, string(o)}])
			row = append(row, table.Either(o != model.Fail && aboutFiles(r), centred(""), n))
		}
		out = append(out, row)
	}
	beside := "申报较多，逐个申报的结果见 data/outcomes。"
	if len(w.entries) <= maxOutcomeColumns {
		mark := func(o model.Outcome) string { return marks[o] + " " + o.Label() }
		all := []model.Outcome{model.Pass, model.Fail, model.NotApplicable, model.NotRun}
		beside = "右边逐个申报列出：" + strings.Join(table.Each(all, mark), "，") + "。"
	}
	return out, list.Words{"beside": beside}
}

// outcomes lists the outcomes in the order of their columns.
var outcomes = []model.Outcome{model.Fail, model.Pass, model.NotApplicable, model.NotRun}

// marks are the symbols of outcomes.
var marks = map[model.Outcome]string{model.Pass: "✓", model.Fail: "✗", model.NotApplicable: "－", model.NotRun: "？"}

// sharedMembers lists the units that are members of several consortia, those of sharedByDefault last.
func (w *workbook) sharedMembers() (out [][]any, said list.Words) {
	in := func(list []table.Member) []string {
		return table.Unique(list, func(m table.Member) string { return w.submission(m.Submission).Consortium })
	}
	named := table.Where(w.Facts.Members.All(), func(m table.Member) bool { return m.NameKey != "" })
	units := table.GroupBy(named, func(m table.Member) string { return m.NameKey })
	slices.SortStableFunc(units, func(a, b []table.Member) int {
		return cmp.Or(boolToInt(w.sharedByDefault(a[0].Kind))-boolToInt(w.sharedByDefault(b[0].Kind)), len(in(b))-len(in(a)),
			strings.Compare(a[0].NameKey, b[0].NameKey))
	})
	for _, list := range units {
		first, where := list[0], in(list)
		enrolments := table.Words(list, func(m table.Member) string { return table.Plain(m.Enrolment) })
		places := table.Each(list, func(m table.Member) string {
			return model.Place{File: w.submission(m.Submission).File, Sheet: m.Sheet, Cell: m.Cell}.String()
		})
		leads := howMany(list, func(m table.Member) bool { return m.IsLead })
		if len(where) > 1 {
			out = append(out, []any{first.Name, w.kindOf(first), len(where), strings.Join(where, "、"), leads,
				strings.Join(enrolments, "、"), strings.Join(places, "\n")})
		}
	}
	return out, nil
}

// sharedByDefault says that units of a kind may be members of several consortia: no rule reports it.
func (w *workbook) sharedByDefault(kind string) bool {
	return !slices.ContainsFunc(w.Definition.Rules, func(r *templates.Rule) bool {
		return r.Check == "shared_member" && slices.Contains(r.Kinds, kind)
	})
}

type markedRow struct {
	table.Assessment
	Deductions int                         `col:"deductions"`
	Vetoes     int                         `col:"vetoes"`
	Conflicts  int                         `col:"conflicts"`
	by         map[string]table.Assessment // by expert
}

func (w *workbook) markedRows() ([]markedRow, list.Words) {
	by := map[string]map[string]table.Assessment{}
	var out []markedRow
	for a := range w.Ranking.Assessments.All() {
		if of := table.Submap(by, a.Submission); a.Expert != "" {
			of[a.Expert] = a
			continue
		}
		x := markedRow{Assessment: a, by: by[a.Submission]}
		for _, each := range x.by {
			x.Deductions += boolToInt(each.Deduction.V > 0)
			x.Vetoes += boolToInt(each.Veto)
			x.Conflicts += boolToInt(each.State == table.AssessedConflict)
		}
		out = append(out, x)
	}
	return out, nil
}

func boolToInt(b bool) int { return table.Either(b, 1, 0) }

// registered lists the register's entries with their effect in this run.
func (w *workbook) registered() ([][]any, list.Words) {
	return table.Each(w.Register, func(e table.RegisterEntry) []any {
		key := model.ExplanationKey(e.Fingerprint, e.ValueHash)
		return []any{e.Sheet.Title, text.Mask(e.Values[templates.RegisterConsortium]), key,
			entryText(e), e.Values[templates.RegisterDate], w.effect(e), e.Place.String()}
	}), nil
}

// openWarning is a warning without explanation, with its effect on the scores.
type openWarning struct {
	table.Finding
	rank   table.Opt[int32]
	Points string `col:"concerns"` // observation points that it affects
	Since  string `col:"since"`    // kind of its change since the last round; empty: not compared
	Void   string `col:"void"`     // explanation that does not count
}

// group is 0 where the finding affects points of a ranked submission, 1 where it affects none, 2 where not ranked.
func (x openWarning) group() int {
	switch {
	case !x.rank.Valid:
		return 2
	case x.Points == "":
		return 1
	}
	return 0
}

// openWarnings lists the warnings without explanation, by group and rank, with the number of those in group 0.
func (w *workbook) openWarnings() ([]openWarning, list.Words) {
	changes := table.IndexBy(w.Changes.All(), func(c table.Change) string { return c.Fingerprint })
	stakes := table.IndexBy(w.Ranking.Stakes.All(), func(x table.Stake) [2]string {
		return [2]string{x.Submission, x.Fingerprint}
	})
	var all []openWarning
	for x := range w.Judgement.Findings.All() {
		if x.State() == table.ToExplain {
			on, since := stakes[[2]string{x.Submission, x.Fingerprint}].Points, changes[x.Fingerprint].Kind
			d := openWarning{x, w.ranks[x.Submission].Rank, on, w.Definition.Sheets().Codes["change"][string(since)], ""}
			if x.OwnExplanation != "" {
				d.Void = "登记不采纳：" + x.OwnExplanation
			} else if x.Outdated != "" {
				d.Void = "说明后数又改了：" + x.Outdated
			}
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(a, b openWarning) int {
		return cmp.Or(cmp.Compare(a.group(), b.group()), cmp.Compare(a.rank.V, b.rank.V))
	})
	concerned := table.Unique(all, func(x openWarning) string { return x.Submission })
	scored := howMany(all, func(x openWarning) bool { return x.group() == 0 })
	return all, list.Words{"submissions": fmt.Sprint(len(concerned)), "scored": fmt.Sprint(scored)}
}

// minPassage is the smallest number of consecutive equal characters that are marked.
const minPassage = 8

// similarTexts lists the pairs of texts that a finding calls near-identical, with their common share as in the finding.
func (w *workbook) similarTexts() (out [][]any, words list.Words) {
	said := map[templates.Ref]map[string]string{} // message of the finding, by submission
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
				return x.Submission != t.Submission && strings.Contains(said, "“"+w.submission(x.Submission).Consortium+"”")
			})
			if key := [2]int{min(i, nearest), max(i, nearest)}; nearest >= 0 && !seen[key] {
				seen[key] = true
				a, b := texts[key[0]], texts[key[1]]
				row := append([]any{w.Definition.Label(ref.Field), percentage.FindString(said)}, w.textSide(a, b)...)
				out = append(out, append(row, w.textSide(b, a)...))
			}
		}
	}
	return out, list.Words{"passage": strconv.Itoa(minPassage)}
}

// textSide is one side of such a pair: consortium, text with the common passages marked, place.
func (w *workbook) textSide(t, other table.Text) []any {
	return []any{plain(w.submission(t.Submission).Consortium),
		cell(commonPassages(text.Mask(t.Text), text.Mask(other.Text)), book.Prose),
		w.placeCell(t.Submission, t.Sheet, t.Cell)}
}

// commonPassages cuts a text into passages that are also in another text, and the others.
func commonPassages(text, other string) book.RichText {
	a, b := []rune(text), []rune(other)
	known := map[string]bool{}
	for i := 0; i+minPassage <= len(b); i++ {
		known[string(b[i:i+minPassage])] = true
	}
	common := make([]bool, len(a))
	for i := 0; i+minPassage <= len(a); i++ {
		if known[string(a[i:i+minPassage])] {
			for k := range minPassage {
				common[i+k] = true
			}
		}
	}
	var out book.RichText
	for from := 0; from < len(a); {
		to := from
		for to < len(a) && common[to] == common[from] {
			to++
		}
		out = append(out, book.TextRun{Text: string(a[from:to]), Common: common[from]})
		from = to
	}
	return out
}

// percentage matches the common share in the message of a finding.
var percentage = regexp.MustCompile(`[0-9]+％`)
