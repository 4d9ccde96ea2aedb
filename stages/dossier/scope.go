package dossier

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// scope holds the placeholders and lists that a text may use. A row of a list is a scope too.
type scope struct {
	words   map[string]string
	lists   map[string][]*scope
	state   map[string]bool // of the batch
	unknown []string        // placeholders that do not exist
}

const (
	blankDate = "　　　　年　　月　　日" // to be filled in by hand
	differing = "（各家不同，见登记表）" // the register has different values
)

func (s *scope) setWords(words map[string]any) {
	for name, v := range words {
		s.words[name] = fmt.Sprint(v)
	}
}

// commonWords returns a scope with the placeholders that depend on the definition alone.
func commonWords(d *templates.Definition) *scope {
	calendar, experts := d.Directory.Calendar, d.Rubric().Experts
	annual, trim := "　　月　　日", ""
	if month, day, ok := strings.Cut(calendar.AnnualReport, "-"); ok {
		annual = strings.TrimPrefix(month, "0") + "月" + strings.TrimPrefix(day, "0") + "日"
	}
	if experts.Combine == templates.TrimmedMean {
		trim = strconv.Itoa(experts.TrimFrom)
	}
	s := &scope{lists: map[string][]*scope{}, words: map[string]string{}}
	s.setWords(map[string]any{"year": d.Year, "form": d.Form.Title, "date": blankDate, "annual": annual, "trim": trim,
		"office": d.Directory.Addressee.Office, "email": d.Directory.Addressee.Email,
		"deadline": table.ChineseDate(d.Directory.Deadline), "min": d.Directory.Select.Min, "max": d.Directory.Select.Max,
		"weights_note": d.Rubric().WeightsNote, "publicity_days": calendar.PublicityDays, "expert_scale": experts.Scale,
		"expert_least": experts.Least, "deduction_most": experts.Deduction,
		"rejections": strings.Join(experts.Rejections, "、"),
		"definition": d.Sources[fmt.Sprintf("%d/rubric.yaml", d.Year)][:16]})
	return s
}

func newScope(in Input) *scope {
	d, f := in.Definition, in.Facts
	s := commonWords(d)
	s.lists["missing"], s.lists["objections"] = nil, nil // so that they have a count of 0
	s.setWords(map[string]any{"select": in.Choose(), "state": in.Standing, "data_root": in.DataRoot,
		"experts": in.Ranking.Experts.Len(), "files_count": f.Files.Len()})
	if in.Date != "" {
		s.words["date"] = table.ChineseDate(in.Date)
	}
	s.addFeedback(in, s.addSubmissions(in))
	s.addProgress(in)
	s.words["public_period"] = s.publicPeriod()
	s.addRubric(d)
	for _, e := range in.Unreported() {
		no := strconv.Itoa(e.No)
		s.append("missing", map[string]string{"no": no, "consortium": e.Consortium, "city": e.City, "park": e.Park})
	}
	for file := range f.Files.All() {
		w := wordsOf(file)
		w["fate"] = file.FateLabel(d)
		s.append("files", w)
	}
	for swap := range in.Swaps.All() {
		s.append("swaps", wordsOf(swap))
	}
	var upheld []string
	for _, e := range in.Register {
		if e.Sheet.Effect == templates.EffectObject {
			w := map[string]string{}
			for _, c := range e.Sheet.Columns {
				w[c.ID] = e.Values[c.ID]
			}
			s.append("objections", w)
		}
		if e.Upheld() && !in.Register.Award(e.Key).Reached(templates.StepProposed) {
			upheld = append(upheld, text.Mask(e.Values[templates.RegisterConsortium]))
		}
	}
	s.words["upheld"] = strings.Join(upheld, "、")
	for name, list := range s.lists {
		s.words[name+"_count"] = strconv.Itoa(len(list))
	}
	s.state = map[string]bool{"always": true, "review": !in.Standing.Complete(), "complete": in.Standing.Complete()}
	for _, step := range templates.Steps {
		n := len(s.selectRows(&templates.DocumentBlock{Of: "ranking", Where: map[string]string{step: "*"}}))
		s.words[step+"_count"], s.words[step], s.state[step] = strconv.Itoa(n), yesIf(n > 0), n > 0
	}
	return s
}

// publicPeriod is the period of publication: of those not yet cleared, or else of all; blank if they differ.
func (s *scope) publicPeriod() string {
	published := map[string]string{templates.StepPublicised: "*"}
	public := s.selectRows(&templates.DocumentBlock{Of: "submissions", Where: published})
	ongoing := table.Where(slices.Values(public), func(row *scope) bool { return row.words[templates.StepCleared] == "" })
	if len(ongoing) > 0 {
		public = ongoing
	}
	days := table.Unique(public, func(r *scope) string { return r.words["awards_from"] + "至" + r.words["awards_to"] })
	if len(days) == 1 {
		return days[0]
	}
	return blankDate + "至" + blankDate
}

// append adds a row to a list. Typed texts are masked; texts of the definition, such as the office address, are not.
func (s *scope) append(list string, words map[string]string) *scope {
	for name, v := range words {
		if name != "sha256" {
			words[name] = text.Mask(v)
		}
	}
	row := &scope{words: words, lists: map[string][]*scope{}}
	s.lists[list] = append(s.lists[list], row)
	row.words["seq"] = strconv.Itoa(len(s.lists[list]))
	return row
}

// addSubmissions adds every submission with the columns of its table rows and its register entries: the list
// submissions in the order of ids, the list ranking in the order of ranks.
func (s *scope) addSubmissions(in Input) map[string]*scope {
	r, rows, verdicts := &in.Round, map[string]*scope{}, map[model.Verdict]int{}
	for i := range r.Facts.Submissions.Len() {
		x, v := r.Facts.Submissions.Row(i), r.Judgement.Verdicts.Row(i)
		w := wordsOf(v)
		maps.Copy(w, wordsOf(x))
		w["verdict"], w["city"], verdicts[v.Verdict] = string(v.Verdict), r.Facts.CityOf(x), verdicts[v.Verdict]+1
		key, entry := table.ConsortiumKey(x), r.Facts.Entry(x)
		w["adjusted"], w["adjustable"] = entry.AdjustmentNote(), ""
		award := r.Register.Award(key)
		for _, id := range templates.Steps {
			w[id] = yesIf(award.Reached(id))
		}
		w["award"], w["lacking"] = award.Status(), strings.Join(r.MissingPapers(key), "；")
		s.addRegister(w, r, key)
		rows[x.Submission] = s.append("submissions", w)
	}
	s.setWords(map[string]any{"accept_count": verdicts[model.Accept], "explain_count": verdicts[model.AskFirst],
		"return_count": verdicts[model.Return]})
	for f := range r.Judgement.Findings.All() {
		if row := rows[f.Submission]; row != nil {
			row.addFinding(f)
			if slices.ContainsFunc(r.Definition.Register().Sheets, func(x *templates.RegisterSheet) bool {
				return x.Effect == templates.EffectAdjust && slices.Contains(x.Rules, f.Rule)
			}) {
				row.words["adjustable"] = "是"
			}
		}
	}
	ranked := 0
	for k := range r.Ranking.Ranking.All() {
		row := rows[k.Submission]
		w := wordsOf(k)
		w["said"], w["tag"] = strings.Replace(k.TotalText(), "/", " / ", 1), k.Tag()+row.words["adjusted"]
		w["inside"] = yesIf(k.Ranked && k.Complete && k.Rank.V <= int32(in.Choose()))
		if k.Ranked {
			ranked++
		}
		delete(w, "verdict")
		delete(w, "city")
		for name, v := range w {
			row.words[name] = text.Mask(v)
		}
		s.lists["ranking"] = append(s.lists["ranking"], row)
	}
	s.setWords(map[string]any{"ranked_count": ranked, "unranked_count": len(s.lists["ranking"]) - ranked})
	s.addComments(in, rows)
	return rows
}

// addFinding adds a finding to its submission or form.
func (s *scope) addFinding(x table.Finding) {
	w := wordsOf(x)
	w["severity"], w["open"] = x.Severity.Label(), yesIf(x.Severity != model.Hint && x.Explanation == "")
	s.append("findings", w)
}

// addProgress adds every progress form: the result of each figure, the number of each result, the findings.
func (s *scope) addProgress(in Input) {
	rows, results := map[string]*scope{}, in.Definition.Sheets().Codes["fulfilment"]
	for _, form := range in.FulfilmentByForm() {
		row, counts := s.append("progress", wordsOf(form[0])), table.Results(form)
		for _, r := range form {
			w := wordsOf(r)
			w["figure"], w["result"] = in.Definition.Label(r.Indicator), strings.TrimSuffix(results[r.Status]+"："+r.Reason, "：")
			w["promised"], w["stated"], w["reported"] = table.Plain(r.Promised), table.Plain(r.Stated), table.Plain(r.Reported)
			if r.Rate.Valid {
				w["rate"] = percent(r.Rate.V / 100)
			}
			row.append("figures", w)
		}
		for id := range results {
			row.words[id+"_count"] = strconv.Itoa(counts[id])
		}
		rows[form[0].File] = row
	}
	for _, x := range in.ProgressFindings {
		if row := rows[x.File]; row != nil {
			row.addFinding(x)
		}
	}
}

func yesIf(is bool) string { return table.Either(is, "是", "") }

// addRegister adds the register entries of a consortium, and the dates of publication where all consortia agree.
func (s *scope) addRegister(w map[string]string, r *table.Round, key string) {
	told := []templates.RegisterEffect{templates.EffectAward, templates.EffectReceive, templates.EffectAdjust}
	for _, sheet := range r.Definition.Register().Sheets {
		if !slices.Contains(told, sheet.Effect) {
			continue
		}
		e := r.Register.EntryOn(sheet, key)
		for _, c := range sheet.Columns {
			if c.ID == templates.RegisterConsortium || c.Given || c.Private {
				continue
			}
			name := sheet.ID + "_" + c.ID
			if w[name] = e.Values[c.ID]; c.Date {
				w[name] = table.ChineseDate(w[name])
			}
			switch common := s.words[name]; {
			case sheet.Effect != templates.EffectAward:
			case common == "":
				s.words[name] = text.Mask(w[name])
			case w[name] != "" && w[name] != common:
				s.words[name] = differing
			}
		}
	}
}

// addComments adds the experts' comments, and the best and worst points of each submission.
func (s *scope) addComments(in Input, rows map[string]*scope) {
	for m := range in.Ranking.Marks.All() {
		if row := rows[m.Submission]; row != nil && m.Comment != "" {
			w := wordsOf(m)
			w["whole"] = yesIf(m.Point == "")
			row.append("comments", w)
		}
	}
	points := map[string]string{}
	for _, p := range in.Definition.Rubric().Points() {
		points[p.ID], _, _ = strings.Cut(p.Full(), "，")
	}
	whole := table.Where(in.Ranking.Scores.All(), func(x table.Score) bool {
		return x.Evidence == "" && x.Value.Valid && x.Weight > 0 && rows[x.Submission] != nil
	})
	const few = 3
	for _, list := range table.GroupBy(whole, func(x table.Score) string { return x.Submission }) {
		row := rows[list[0].Submission]
		slices.SortStableFunc(list, func(a, b table.Score) int { return cmp.Compare(b.Value.V, a.Value.V) })
		for i, x := range list {
			name := "worst"
			if i < few {
				name = "best"
			} else if i < len(list)-few {
				continue
			}
			w := wordsOf(x)
			w["point"], w["rate"] = points[x.Point], percent(x.Value.V)
			row.append(name, w)
		}
	}
}

// minForMedian is the least number of values for which a median is shown: with fewer it would reveal another's value.
const minForMedian = 5

// addFeedback adds the figures of the last actual year with the median of the batch, and the findings that were
// settled since the previous round: no score, no rank, nothing of others.
func (s *scope) addFeedback(in Input, rows map[string]*scope) {
	form, all := in.Definition.Form, map[templates.Ref][]float64{}
	of := map[templates.Ref]map[string]string{} // by submission
	year := form.Year("last")
	for m := range in.Facts.Metrics.All() {
		if year.ID != "" && int(m.Year) == year.Year && m.Status == table.Normal {
			ref := templates.Ref{Field: m.Indicator, Year: year.Year}
			all[ref], table.Submap(of, ref)[m.Submission] = append(all[ref], m.Value.V), table.Plain(m.Value)
		}
	}
	for _, f := range form.Metrics() {
		if !slices.Contains(f.RequiredYears, year.ID) {
			continue
		}
		ref := templates.Ref{Field: f.ID, Year: year.Year}
		median := table.Either(len(all[ref]) >= minForMedian, table.Plain(table.Median(all[ref])),
			"（不足"+strconv.Itoa(minForMedian)+"家，不列）")
		for id, row := range rows {
			row.append("figures", map[string]string{"figure": in.Definition.Name(ref), "unit": f.Unit,
				"value": cmp.Or(of[ref][id], "未填或不适用"), "median": median})
		}
	}
	for c := range in.Changes.All() {
		if row := rows[c.Submission]; row != nil && (c.Kind == table.FindingClosed || c.Kind == table.FindingExplained) {
			w := wordsOf(c)
			w["kind"] = in.Definition.Sheets().Codes["change"][string(c.Kind)]
			row.append("improved", w)
		}
	}
}

// percent formats a share without trailing zeros.
func percent(v float64) string { return table.Plain(table.Some(math.Round(v*1000)/10)) + "％" }

func (s *scope) addRubric(d *templates.Definition) {
	for _, p := range d.Rubric().Points() {
		indicator := p.Indicator.ID + "." + strings.TrimPrefix(p.Indicator.Label, p.Indicator.ID+".")
		s.append("points", map[string]string{"id": p.ID, "indicator": indicator, "label": p.Label,
			"weight": p.Weight.String(), "by_experts": p.Weight.Mul(p.ExpertShare).String()})
	}
	for i, b := range d.Rubric().Experts.Bands {
		to := d.Rubric().Experts.Scale.String()
		if i > 0 {
			to = d.Rubric().Experts.Bands[i-1].From.String() + "以下"
		}
		s.append("bands", map[string]string{"from": b.From.String(), "to": to, "words": b.Words})
	}
}

// wordsOf returns the columns of a table row as text, floats with two decimals.
func wordsOf(row any) map[string]string {
	out := map[string]string{}
	v := reflect.ValueOf(row)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("col"), ",")
		x := v.Field(i)
		if x.Kind() == reflect.Struct && x.NumField() == 2 { // table.Opt
			if !x.Field(1).Bool() {
				out[name] = ""
				continue
			}
			x = x.Field(0)
		}
		switch x.Kind() {
		case reflect.Float64:
			out[name] = fmt.Sprintf("%.2f", x.Float())
		case reflect.Bool:
			out[name] = yesIf(x.Bool())
		default:
			out[name] = fmt.Sprint(x.Interface())
		}
	}
	delete(out, "")
	return out
}

// selectRows returns the rows of a list that a block selects. Each also has the placeholders of this scope.
func (s *scope) selectRows(b *templates.DocumentBlock) []*scope {
	var out []*scope
	for _, r := range s.lists[b.Of] {
		fits := true
		for w, want := range b.Where {
			has := r.words[w]
			fits = fits && (has == want || want == "*" && has != "")
		}
		if fits && (b.Most == 0 || len(out) < b.Most) {
			words := maps.Clone(s.words)
			maps.Copy(words, r.words)
			words["seq"] = strconv.Itoa(len(out) + 1)
			out = append(out, &scope{words: words, lists: r.lists})
		}
	}
	return out
}

func (s *scope) lookUp(name string) string {
	v, ok := s.words[name]
	if !ok {
		s.unknown = append(s.unknown, name)
	}
	return v
}

func (s *scope) fill(words string) string {
	for _, name := range templates.Placeholders(words) {
		s.lookUp(name)
	}
	return templates.Fill(words, s.words)
}
