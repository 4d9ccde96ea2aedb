// Package check applies the rules of the definition to the submissions. Each rule has one outcome on each submission:
//
//	fail           at least one of its cases failed
//	could_not_run  none failed, but at least one was undecided: a value it needs is missing, unreadable or at fault
//	pass           every case that applies was decided, and none failed
//	na             no case applies; the reason says why
//
// A case is one value, one field in one year, or one row of a list. Missing is never pass. A failed case becomes a
// finding with its places and the texts of the rule. Later rules don't use a value that a rule voids, so one mistake
// gives one finding. The same facts always give the same judgement.
package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/stages/workers"
	"lianheti/templates"
)

// Known is the input of a judgement beside the facts.
type Known struct {
	Register table.Register           // decisions of the Department; may be empty
	Given    []table.PriorExplanation // explanations of the last round, valid for the same values
	Alone    bool                     // each submission by itself: rules across submissions do not apply
}

// Run checks the facts of a batch. An error means that the program does not fit the rules.
func Run(facts *table.Facts, known Known) (*table.Judgement, error) {
	b, err := newBatch(facts, known)
	if err != nil {
		return nil, err
	}
	n := facts.Submissions.Len()
	findings, verdicts := table.NewBuilder[table.Finding](0), table.NewBuilder[table.Verdict](n)
	outcomes := table.NewBuilder[table.Outcome](n * (len(b.plans) + len(b.lastPlans)))
	unowned := table.Each(b.readingFindings[""], func(x model.Finding) table.Finding { return b.readingFinding(x, nil) })
	slices.SortStableFunc(unowned, b.compareFindings)
	findings.Append(unowned...)
	for j := range workers.InOrder(0, b.facts.Forms, b.judge) {
		findings.Append(j.findings...)
		outcomes.Append(j.outcomes...)
		verdicts.Append(j.verdict)
	}
	return &table.Judgement{Register: known.Register, Findings: findings.Finish(), Outcomes: outcomes.Finish(),
		Verdicts: verdicts.Finish()}, nil
}

// Single returns a function that judges one form with other values, all others unchanged. It may run concurrently.
func Single(facts *table.Facts, known Known) (func(*table.Form) ([]table.Finding, table.Verdict), error) {
	b, err := newBatch(facts, known)
	return func(f *table.Form) ([]table.Finding, table.Verdict) {
		j := b.judge(f)
		return j.findings, j.verdict
	}, err
}

type submissionResult struct {
	findings []table.Finding
	outcomes []table.Outcome
	verdict  table.Verdict
}

// judge applies every rule to one submission, in the order of the codes.
func (b *batch) judge(t *table.Form) *submissionResult {
	f := newForm(b, t)
	j := &submissionResult{}
	for _, p := range b.plans {
		j.apply(f, p)
	}
	f.attachExplanations(j.findings)
	for _, p := range b.lastPlans {
		j.apply(f, p)
	}
	slices.SortStableFunc(j.outcomes, func(x, y table.Outcome) int { return strings.Compare(x.Code, y.Code) })
	f.applyRegister(j.findings)
	slices.SortStableFunc(j.findings, b.compareFindings)
	j.verdict = verdict(t.Submission, j.findings, f.unrankedReason())
	j.verdict.Award = text.Mask(b.register.Award(f.key).Status())
	return j
}

func (j *submissionResult) apply(f *form, p *plan) {
	b, result := f.batch, &tally{}
	if b.alone && p.rule.NeedsBatch() {
		result.skip(laterOn)
	} else {
		checks[p.rule.Check](f, p, result)
	}
	for _, reading := range b.readingFindings[f.Submission.Submission] {
		if reading.Code == p.rule.Code {
			result.cases++
			result.failed++
			j.findings = append(j.findings, b.readingFinding(reading, f))
		}
	}
	for _, x := range result.faults {
		if p.rule.Voids {
			f.void(p.rule.Check, x)
		}
		j.findings = append(j.findings, f.finding(p.rule, x))
	}
	j.outcomes = append(j.outcomes, f.outcome(p.rule, result))
}

func (f *form) outcome(r *templates.Rule, t *tally) table.Outcome {
	s := f.Submission
	o := table.Outcome{Submission: s.Submission, Code: r.Code, Rule: r.ID,
		Cases: int32(t.cases), Failed: int32(t.failed), Undecided: int32(t.undecided)}
	switch {
	case t.failed > 0:
		o.Outcome = model.Fail
	case t.undecided > 0:
		o.Outcome, o.Reason = model.NotRun, f.undecidedReason(t)
	case t.cases > 0:
		o.Outcome = model.Pass
	default:
		o.Outcome, o.Reason = model.NotApplicable, t.why
	}
	return o
}

// verdict computes the verdict. apart is the reason why the Department lists a consortium without ranking it.
func verdict(s table.Submission, findings []table.Finding, apart string) table.Verdict {
	v := table.Verdict{Submission: s.Submission}
	for _, x := range findings {
		switch {
		case x.Severity == model.MustFix:
			v.Errors++
		case x.Severity == model.Explain && x.Explanation != "":
			v.Explained++
		case x.Severity == model.Explain:
			v.Warnings++
		default:
			v.Hints++
		}
	}
	switch {
	case v.Errors > 0:
		v.Verdict = model.Return
	case v.Warnings > 0:
		v.Verdict = model.AskFirst
	default:
		v.Verdict = model.Accept
	}
	switch {
	case s.National:
		v.Unranked = "指导目录标明已入选国家级，只列示，不参加排名"
	case apart != "":
		v.Unranked = apart
	case v.Errors > 0:
		v.Unranked = fmt.Sprintf("有%d个必须修改的问题，退回修改后再参加排名", v.Errors)
	default:
		v.Ranked = true
	}
	return v
}

// finding makes a finding from a fault: with the texts of the rule, the places and the fingerprint.
func (f *form) finding(r *templates.Rule, x fault) table.Finding {
	places := slices.Concat(f.placesOf(x.refs), x.places)
	for _, p := range r.Places {
		places = append(places, f.furtherPlaces(x.ruleCase, p)...)
	}
	if len(places) == 0 {
		places = []model.Place{{File: f.Submission.File}}
	}
	fields, slots := slices.Clone(x.fields), slices.Clone(x.fields)
	for _, ref := range x.refs {
		slots = append(slots, templates.SlotName(ref.Field, ref.Year))
		if !slices.Contains(fields, ref.Field) {
			fields = append(fields, ref.Field)
		}
	}
	slices.Sort(slots)
	out := f.newFinding(r, f, model.Finding{
		Places: places, Fields: fields, Year: commonYear(x.refs), Member: x.member,
		Raw: f.joinValues(x, x.raw, f.shownRaw), Value: f.joinValues(x, x.value, f.shownValue),
		Vars: f.messageVars(r, x),
	})
	out.Fingerprint = digest(append([]string{r.ID, f.key, x.member}, slots...))
	out.ValueHash = f.valueHash(x)
	return out
}

// readingFinding completes a finding that was made in reading. f is nil if it belongs to no submission.
func (b *batch) readingFinding(x model.Finding, f *form) table.Finding {
	r := b.def.Rule(x.Code)
	at := x.Places[0]
	vars := map[string]string{"raw": x.Raw, "value": x.Value, "member": x.Member, "file": at.File, "sheet": at.Sheet,
		"cell": at.Cell, "year": b.yearLabel(x.Year), "count": fmt.Sprint(len(x.Places))}
	if len(x.Fields) > 0 {
		vars["label"], vars["name"] = b.def.Label(x.Fields[0]), b.def.Name(templates.Ref{Field: x.Fields[0], Year: x.Year})
	}
	maps.Copy(vars, x.Vars)
	x.Vars = vars
	out := b.newFinding(r, f, x)
	// The fingerprint uses the path of a file without submission, and the places of a finding without fields.
	key := []string{r.ID, at.File, x.Member, fmt.Sprint(x.Year)}
	if f != nil {
		key[1] = f.key
	}
	key = append(key, x.Fields...)
	if len(x.Fields) == 0 {
		for _, p := range x.Places {
			key = append(key, p.Sheet, p.Cell)
		}
	}
	out.Fingerprint, out.ValueHash = digest(key), digest([]string{out.Raw, out.Value, x.Vars["detail"]})
	return out
}

// newFinding fills the texts of the rule and masks personal data. f is nil if the finding belongs to no submission.
func (b *batch) newFinding(r *templates.Rule, f *form, x model.Finding) table.Finding {
	first := x.Places[0]
	out := table.Finding{
		Role: table.RoleOf(b.def), Code: r.Code, Rule: r.ID, Severity: model.Severity(r.Severity), Title: r.Title,
		Fields: strings.Join(x.Fields, " "), Member: x.Member, Year: table.Nonzero(x.Year), Authority: r.Authority,
		File: first.File, Sheet: first.Sheet, Cell: first.Cell, Places: joinPlaces(x.Places),
		Raw: text.Mask(x.Raw), Value: text.Mask(x.Value),
		Message: text.Mask(templates.Fill(r.Message, x.Vars)), Cure: text.Mask(templates.Fill(r.Cure, x.Vars)),
	}
	if f != nil {
		s := f.Submission
		out.Submission, out.CityCode, out.City, out.Consortium = s.Submission, s.CityCode, s.City, s.Consortium
	}
	return out
}

// joinPlaces lists places without duplicates. A place in another file than the first is prefixed with its file.
func joinPlaces(places []model.Place) string {
	return strings.Join(table.Unique(places, func(p model.Place) string {
		if p.File != places[0].File && p.Sheet != "" {
			return p.File + "!" + p.String()
		}
		return p.String()
	}), "; ")
}

func (f *form) placesOf(refs []templates.Ref) []model.Place {
	return table.Each(refs, func(r templates.Ref) model.Place { return f.Observe(r).Place })
}

// furtherPlaces resolves one of the places of the rule: a value, or a list, which means its sheet.
func (f *form) furtherPlaces(c templates.Case, name string) []model.Place {
	if area := f.def.Layout().Area(name); area.Block != nil {
		place := model.Place{File: f.Submission.File, Sheet: area.Sheet}
		for _, c := range f.ListColumns {
			if c.Field == area.Columns[0].Name {
				place.Sheet = c.Sheet
			}
		}
		return []model.Place{place}
	}
	ref, err := f.def.CaseRef(c, name)
	if err != nil {
		return nil
	}
	return f.placesOf([]templates.Ref{ref})
}

// joinValues shows the values of a fault: one value alone, several with their names.
func (f *form) joinValues(x fault, given string, show func(templates.Ref) string) string {
	if given != "" || len(x.refs) == 0 {
		return text.Clip(given, maxText)
	}
	if len(x.refs) == 1 {
		return show(x.refs[0])
	}
	var list []string
	for _, r := range x.refs {
		if s := show(r); s != "" {
			list = append(list, f.def.Name(r)+" "+s)
		}
	}
	return strings.Join(list, "；")
}

// messageVars returns the variables of the texts of a rule: general ones, those of the check, and values in braces.
func (f *form) messageVars(r *templates.Rule, x fault) map[string]string {
	vars := map[string]string{"member": "", "count": fmt.Sprint(len(x.refs)), "list": f.namesOf(x.refs),
		"file": f.Submission.File, "deadline": table.ChineseDate(f.def.Directory.Deadline)}
	for _, y := range f.def.Form.Years {
		vars[y.ID] = y.Label // {last} is 2023年
	}
	for _, name := range templates.Placeholders(r.Message + r.Cure) {
		if r.List != "" && strings.HasPrefix(name, "it.") {
			continue // of the row: set by the check
		}
		if ref, err := f.def.CaseRef(x.ruleCase, name); err == nil {
			vars[name] = f.shownValue(ref)
		}
	}
	for name, sum := range x.ruleCase.Sums {
		if n, err := sum.Number(f); err == nil {
			vars[name] = n.String()
		}
	}
	if entry, pair, listed := f.def.Directory.ByConsortium(f.Submission.Consortium); listed {
		vars["listed_city"], vars["listed_park"], vars["national"] = entry.City, pair.Park, entry.National
	}
	var field *templates.Field
	if len(x.refs) > 0 {
		ref := x.refs[0]
		field = f.def.Field(ref.Field)
		maps.Copy(vars, map[string]string{"name": f.def.Name(ref), "year": f.yearLabel(ref.Year),
			"limit": fmt.Sprint(field.Limit), "raw": f.shownRaw(ref), "value": f.shownValue(ref)})
		if field.Min != nil {
			vars["min"] = field.Min.String()
		}
		if field.Max != nil {
			vars["max"] = field.Max.String()
		}
	} else {
		vars["count"] = fmt.Sprint(len(x.places))
	}
	if len(x.fields) > 0 { // of a list
		field = f.def.Field(x.fields[0])
		vars["raw"], vars["value"] = text.Clip(x.raw, maxText), text.Clip(x.value, maxText)
	}
	if field != nil {
		vars["label"], vars["unit"], vars["how"] = f.def.Label(field.ID), field.Unit, f.def.Reading.How[field.Type]
	}
	maps.Copy(vars, x.vars)
	return vars
}

// commonYear returns the year of all values; 0: they differ.
func commonYear(refs []templates.Ref) int {
	if len(refs) == 0 || slices.ContainsFunc(refs, func(r templates.Ref) bool { return r.Year != refs[0].Year }) {
		return 0
	}
	return refs[0].Year
}

// valueHash shows whether values changed since an explanation was given. It does not include personal data.
func (f *form) valueHash(x fault) string {
	parts := []string{x.raw, x.value}
	for _, r := range x.refs {
		value := table.Either(f.def.Field(r.Field).Personal, "", f.Observe(r).Value)
		parts = append(parts, templates.SlotName(r.Field, r.Year), string(f.Status(r)), value)
	}
	return digest(parts)
}

// digest returns a stable hash of 16 hexadecimal digits.
func digest(parts []string) string {
	return model.Digest([]byte(strings.Join(parts, "\x00")))[:16]
}

// How fields and values are called and shown to people.
const (
	maxNames = 5  // how many names a list in a text begins with
	maxText  = 60 // characters of a text that a finding shows
)

func (b *batch) yearLabel(year int) string {
	return b.def.Form.YearOf(year).Label
}

func (b *batch) namesOf(refs []templates.Ref) string {
	return text.Few(table.Each(refs, b.def.Name), maxNames, "项")
}

// undecidedReason returns why a rule could not run.
func (b *batch) undecidedReason(t *tally) string {
	reasons := table.Unique(t.reasons, func(s string) string { return s })
	if missing := table.Unique(t.missing, func(r templates.Ref) templates.Ref { return r }); len(missing) > 0 {
		reasons = append(reasons, "缺少可用的数据："+b.namesOf(missing))
	}
	return strings.Join(reasons, "；")
}

// shownValue shows a clean value in a text; of personal data only the number of names.
func (f *form) shownValue(r templates.Ref) string {
	field, o := f.def.Field(r.Field), f.Observe(r)
	n, counted := f.number(r)
	switch {
	case o.Status != table.Normal:
		return o.Status.Absent()
	case field.Type == templates.NamesField && counted:
		return n.String()
	case field.Type == templates.NamesField, field.Personal:
		return "已填"
	case field.Type == templates.ConfirmField:
		return map[string]string{"true": "已确认", "false": "未确认"}[o.Value]
	case field.Type == templates.DateField:
		return table.ChineseDate(o.Value)
	case field.Numeric():
		return text.AmountText(o.Value)
	}
	return text.Clip(o.Value, maxText)
}

// shownRaw shows the raw value in a text; empty for personal data.
func (f *form) shownRaw(r templates.Ref) string {
	return table.Either(f.def.Field(r.Field).Personal, "", text.Clip(f.Observe(r).Raw, maxText))
}
