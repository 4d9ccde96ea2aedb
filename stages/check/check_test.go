package check

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"
)

// What is demanded here:
//  1. Every rule above tier 1 has a valid, an invalid and an undecided fixture, and behaves as they say.
//  2. A complete form has no finding, and no rule is left undecided.
//  3. A finding's fingerprint survives a change of values and tells fields, years, members and consortia apart.
//  4. Nothing of personal data stands in a finding.
//  5. One slip is one finding; explanations and verdicts follow from the findings.
//  6. The same facts give the same judgement; Arrow memory is freed.

// fixture is the three kinds of cases of one rule.
type fixture struct {
	Severity                  string // said twice, here and in the catalogue, so that a slip there is noticed
	Scope                     int    // cases of the rule: its fields times its years
	Decided                   bool   // it never stays undecided
	Valid, Invalid, Undecided []ruleCase
}

type ruleCase struct {
	Edit      `yaml:",inline"`
	Neighbour *Edit
	Others    int      // further neighbours without a change
	Schools   []string // the register's list: name|kind|enrolment|year|other names
	Reading   []struct {
		Code  string
		Files []string
	}
	At      []string
	Count   int
	Outcome model.Outcome
}

var definition = func() *templates.Definition {
	d, err := templates.Load(2024)
	if err != nil {
		panic(err)
	}
	return d
}()

// judgement is the tables of a run as rows.
type judgement struct {
	findings []table.Finding
	outcomes []table.Outcome
	verdicts []table.Verdict
}

func run(t testing.TB, f *table.Facts) judgement { t.Helper(); return runKnowing(t, f, Known{}) }

func runKnowing(t testing.TB, f *table.Facts, known Known) judgement {
	t.Helper()
	j, err := Run(f, known)
	if err != nil {
		t.Fatal(err)
	}
	return judgement{slices.Collect(j.Findings.All()), slices.Collect(j.Outcomes.All()), slices.Collect(j.Verdicts.All())}
}

// prepare makes the facts of a case.
func prepare(t *testing.T, c ruleCase) (*table.Facts, Known) {
	t.Helper()
	first := base(t)
	fillings := []filling{first.apply(c.Edit, filling{})}
	if c.Neighbour != nil {
		fillings = append(fillings, another(t).apply(*c.Neighbour, first))
	}
	for i := range c.Others {
		fillings = append(fillings, another(t).apply(Edit{Set: map[string]any{"consortium": fmt.Sprintf("第%d产教联合体", i)}}, first))
	}
	f := facts(t, definition, fillings...)
	var known Known
	for _, s := range c.Schools {
		known.Register = append(known.Register, listed(s))
	}
	id := f.Submissions.Row(0).Submission
	for _, x := range c.Reading {
		reading := model.Finding{Code: x.Code, Submission: id, Vars: map[string]string{"list": strings.Join(x.Files, "、"), "file": x.Files[0], "detail": "都是1"}}
		for _, file := range x.Files {
			reading.Places = append(reading.Places, model.Place{File: file})
		}
		f.FileFindings = append(f.FileFindings, reading)
	}
	return f, known
}

// listed makes an entry of the register's list of schools.
func listed(line string) table.RegisterEntry {
	i := slices.IndexFunc(definition.Register().Sheets, func(s *templates.RegisterSheet) bool { return s.Effect == templates.EffectSchools })
	e := table.RegisterEntry{Sheet: definition.Register().Sheets[i], Values: map[string]string{}}
	columns := []string{templates.RegisterSchool, templates.RegisterKind, templates.RegisterEnrolment, templates.RegisterYear, templates.RegisterOthers}
	for i, value := range strings.Split(line, "|") {
		e.Values[columns[i]] = value
	}
	return e
}

// about gives the findings and the outcome of one rule on the first submission.
func about(t *testing.T, code string, f *table.Facts, known Known) ([]table.Finding, table.Outcome) {
	t.Helper()
	id, j := f.Submissions.Row(0).Submission, runKnowing(t, f, known)
	var found []table.Finding
	for _, x := range j.findings {
		if x.Code == code && x.Submission == id {
			found = append(found, x)
		}
	}
	for _, o := range j.outcomes {
		if o.Code == code && o.Submission == id {
			return found, o
		}
	}
	t.Fatalf("%s has no outcome", code)
	return nil, table.Outcome{}
}

// departure says in what a rule departs from one of its fixtures; empty: in nothing. want is the outcome of the fixture's kind.
func (c ruleCase) departure(t *testing.T, want model.Outcome, severity string, found []table.Finding, o table.Outcome) string {
	t.Helper()
	if o.Outcome != want || int(o.Failed) != len(found) {
		return fmt.Sprintf("%s (%s), want %s; %d findings: %+v", o.Outcome, o.Reason, want, len(found), found)
	}
	if want != model.Fail {
		if len(found) > 0 || want != model.Pass && o.Reason == "" {
			return fmt.Sprintf("no reason, or findings: %+v", found)
		}
		return ""
	}
	if len(found) != max(1, c.Count) {
		return fmt.Sprintf("%d findings: %+v", len(found), found)
	}
	var marks []string
	for _, at := range c.At {
		marks = append(marks, place(t, at))
	}
	got := strings.Split(found[0].Places, "; ")
	slices.Sort(marks)
	slices.Sort(got)
	if !slices.Equal(got, marks) {
		return fmt.Sprintf("marks %v, want %v", got, marks)
	}
	x := found[0]
	if words := x.Message + x.Cure; strings.Contains(words, "（无）") || strings.Contains(words, "{") {
		return "a placeholder was left open: " + words
	}
	if x.Title == "" || x.Message == "" || x.Cure == "" || x.Authority == "" || string(x.Severity) != severity || len(x.Fingerprint) != 16 {
		return fmt.Sprintf("not put into words, or not %s: %+v", severity, x)
	}
	return ""
}

// all gives the cases of a fixture with the outcome that each must have.
func (f fixture) all(yield func(ruleCase, model.Outcome) bool) {
	for _, c := range f.Valid {
		if !yield(c, model.Pass) {
			return
		}
	}
	for _, c := range f.Invalid {
		if !yield(c, model.Fail) {
			return
		}
	}
	for _, c := range f.Undecided {
		if !yield(c, c.Outcome) {
			return
		}
	}
}

// place writes where a fixture expects a mark the way findings write it.
func place(t *testing.T, at string) string {
	t.Helper()
	if file, ok := strings.CutPrefix(at, "file:"); ok {
		return file
	}
	parts := strings.Split(at, ":")
	if area := definition.Layout().Area(parts[0]); area.Block != nil {
		if len(parts) == 1 {
			return area.Sheet
		}
		column := strings.TrimPrefix(area.Columns[0].Name, parts[0]+"_")
		if len(parts) == 3 {
			column = parts[2]
		}
		var row int
		fmt.Sscan(parts[1], &row)
		title, cell := rowCell(definition, parts[0], row, column)
		return title + "!" + cell
	}
	ref, err := definition.Ref(at, nil)
	if err != nil {
		t.Fatal(err)
	}
	slot := definition.Layout().Slot(ref.Field, ref.Year)
	return slot.Sheet + "!" + model.CellName(slot.Row, slot.Col)
}

func TestRulesHaveFixtures(t *testing.T) {
	haveFixtures(t, "testdata/fixtures.yaml", definition.Rules)
}

func TestProgressRulesHaveFixtures(t *testing.T) {
	d, err := templates.Load(templates.Latest() + 1)
	if err != nil {
		t.Fatal(err)
	}
	recommendation, complete := definition, base(t)
	definition, baseRead = d.Progress, filling{}
	defer func() { definition, baseRead = recommendation, complete }()
	readYAML(t, "testdata/progress.yaml", &baseRead)
	haveFixtures(t, "testdata/fixtures-progress.yaml", slices.DeleteFunc(slices.Clone(d.Progress.Rules), func(r *templates.Rule) bool { return d.CodeOf(r.ID) != "" || r.Check == "file" }))
}

func haveFixtures(t *testing.T, file string, rules []*templates.Rule) {
	fixtures := map[string]fixture{}
	readYAML(t, file, &fixtures)
	for _, r := range rules {
		if r.Tier() == 1 {
			continue
		}
		f, ok := fixtures[r.Code]
		delete(fixtures, r.Code)
		t.Run(r.Code+" "+r.ID, func(t *testing.T) {
			if !ok || len(f.Valid) == 0 || len(f.Invalid) == 0 || (len(f.Undecided) == 0) != f.Decided {
				t.Fatal("needs a valid, an invalid and an undecided fixture in testdata/fixtures.yaml")
			}
			if f.Severity != r.Severity || f.Scope != len(r.Cases) {
				t.Errorf("fixtures.yaml says severity %q, scope %d; the catalogue %q, %d", f.Severity, f.Scope, r.Severity, len(r.Cases))
			}
			i := 0
			for c, want := range f.all {
				i++
				facts, known := prepare(t, c)
				found, o := about(t, r.Code, facts, known)
				if departs := c.departure(t, want, f.Severity, found, o); departs != "" {
					t.Errorf("fixture %d (%s): %s", i, want, departs)
				}
			}
		})
	}
	for code := range fixtures {
		t.Errorf("fixtures for %s, which is no rule", code)
	}
}

func TestACompleteFormIsSound(t *testing.T) {
	j := run(t, facts(t, definition, base(t), another(t)))
	for _, x := range j.findings {
		t.Errorf("%s %s %s", x.Submission, x.Code, x.Message)
	}
	for _, o := range j.outcomes {
		if o.Outcome != model.Pass && o.Outcome != model.NotApplicable && !slices.Contains([]string{"note_too_long"}, o.Rule) {
			t.Errorf("%s %s %s", o.Code, o.Outcome, o.Reason)
		}
	}
	rules := 0
	for _, r := range definition.Rules {
		if r.Check != "marks" {
			rules++
		}
	}
	if len(j.outcomes) != 2*rules {
		t.Errorf("%d outcomes for %d rules and 2 submissions", len(j.outcomes), rules)
	}
	for _, v := range j.verdicts {
		if v.Verdict != model.Accept || !v.Ranked {
			t.Errorf("%+v", v)
		}
	}
}

// What the official form does not have is no reason to return a submission, however it is filled.
func TestBeyondTheFormNothingIsReturned(t *testing.T) {
	none := []map[string]string{}
	garbled := []map[string]string{{"number": "1"}}
	unclear := map[string]any{"enrolment": map[string]any{"status": "V", "raw": "很多"}, "lead": false}
	for what, e := range map[string]Edit{
		"blank":   {Materials: &none, Verifications: &none, Set: map[string]any{"edition": nil}, Members: map[int]map[string]any{1: {"enrolment": nil}, 3: {"lead": false}}},
		"garbled": {Materials: &garbled, Verifications: &garbled, Members: map[int]map[string]any{1: unclear, 2: unclear, 3: unclear, 4: unclear, 5: unclear}},
	} {
		j := run(t, facts(t, definition, base(t).apply(e, filling{})))
		if len(j.findings) < 3 || j.verdicts[0].Verdict != model.AskFirst {
			t.Errorf("%s: %s with %d findings", what, j.verdicts[0].Verdict, len(j.findings))
		}
		for _, x := range j.findings {
			if x.Severity == model.MustFix {
				t.Errorf("%s: %s must be mended: %s", what, x.Code, x.Message)
			}
		}
	}
}

func TestEveryKindOfCheckIsThere(t *testing.T) {
	for _, kind := range templates.Checks {
		if checks[kind] == nil && kind != "marks" {
			t.Errorf("nothing checks %s", kind)
		}
	}
	if len(checks) != len(templates.Checks)-1 {
		t.Errorf("%d checks for %d kinds", len(checks), len(templates.Checks))
	}
	want := append([]string{"not_applicable", "slid", "swapped", "unchanged"}, templates.RecordKinds...)
	if got := slices.Sorted(maps.Keys(kindChecks)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("columns and rows of lists are checked for %v, a rule may name %v", got, want)
	}
}

// faulty is a form with many faults at once.
func faulty(t testing.TB) filling {
	return base(t).apply(Edit{
		Set: map[string]any{"staff_total": 12, "apprentices.first": 100, "apprentices.next": 90, "field_engineers.first": 50, "employment_rate.last": 0.95,
			"shared_courses.prior": nil, "city": map[string]any{"status": "V", "raw": "闽北"}, "filled_on": "2024-08-20", "office_phone": nil,
			"features": strings.Repeat("特色明显。", 60) + "联系电话13900000000，身份证350102199001011234"},
		Add: []map[string]any{{"kind": "enterprise", "name": "鼎创软件有限公司"}, {"kind": "行业协会", "name": "某协会"}, {"kind": "enterprise"}, {"kind": "enterprise"}},
	}, filling{})
}

func byFingerprint(t *testing.T, j judgement) map[string]table.Finding {
	t.Helper()
	out := map[string]table.Finding{}
	for _, x := range j.findings {
		if other, twice := out[x.Fingerprint]; twice {
			t.Errorf("%s and %s share a fingerprint: %s, %s", x.Code, other.Code, x.Message, other.Message)
		}
		out[x.Fingerprint] = x
	}
	return out
}

func TestFingerprintsAreAboutTheFaultNotTheValues(t *testing.T) {
	first := byFingerprint(t, run(t, facts(t, definition, faulty(t))))
	changed := faulty(t)
	changed.Values["staff_total"], changed.Values["apprentices.first"], changed.File = 13, 101, "样例/再报.xlsx"
	second := byFingerprint(t, run(t, facts(t, definition, changed)))
	if len(first) < 12 {
		t.Fatalf("only %d findings", len(first))
	}
	hashes := 0
	for k, x := range first {
		y, ok := second[k]
		if !ok {
			t.Errorf("%s has another fingerprint after values changed", x.Code)
		}
		if x.ValueHash != y.ValueHash {
			hashes++
		}
	}
	if hashes == 0 || hashes > 5 {
		t.Errorf("%d value hashes changed with two values", hashes)
	}
	for k := range byFingerprint(t, run(t, facts(t, definition, another(t).apply(Edit{Set: faulty(t).Values, Copy: nil}, filling{}).named("漳州古雷石化产教联合体")))) {
		if _, same := first[k]; same {
			t.Error("another consortium's finding has the same fingerprint")
		}
	}
}

func (f filling) named(consortium string) filling {
	f.Values["consortium"] = consortium
	return f
}

func TestPersonalDataStaysOut(t *testing.T) {
	f := facts(t, definition, faulty(t).apply(Edit{Set: map[string]any{
		"head_name": map[string]any{"status": "V", "raw": "王某某"}, "staff_names": map[string]any{"value": 3, "raw": "王某某、李某某、张某某"}, "apprentices.last": map[string]any{"status": "V", "raw": "见13911112222"}}}, filling{}))
	f.FileFindings = append(f.FileFindings, model.Finding{Code: "LHT-5-006", Submission: f.Submissions.Row(0).Submission, Places: []model.Place{{File: "甲.xlsx"}},
		Raw: "13933334444", Vars: map[string]string{"list": "王13933334444.xlsx", "file": "甲.xlsx"}})
	for _, x := range run(t, f).findings {
		text := fmt.Sprintf("%+v", x)
		for _, secret := range []string{"王某某", "李某某", "13900000000", "350102199001011234", "13911112222", "13933334444"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %s", x.Code, secret)
			}
		}
	}
}

func TestOneSlipIsOneFinding(t *testing.T) {
	for field, value := range map[string]any{"employment_rate.last": 135, "exam_progression_rate.last": 0.45, "public_training.prior": -7000, "apprentices.last": 408.5} {
		j := run(t, facts(t, definition, base(t).apply(Edit{Set: map[string]any{field: value}}, filling{})))
		if len(j.findings) != 1 {
			t.Errorf("%s = %v: %d findings", field, value, len(j.findings))
			for _, x := range j.findings {
				t.Logf("  %s %s", x.Code, x.Message)
			}
		}
	}
}

func TestExplanationsAndVerdicts(t *testing.T) {
	late := base(t).apply(Edit{Set: map[string]any{"apprentices.first": 400, "field_engineers.first": 100}}, filling{})
	j := run(t, facts(t, definition, late))
	if len(j.findings) != 2 || j.verdicts[0].Verdict != model.AskFirst || !j.verdicts[0].Ranked || j.verdicts[0].Warnings != 2 {
		t.Fatalf("%+v %+v", j.verdicts, j.findings)
	}
	late.Explanations = map[string]string{" " + strings.ToUpper(j.findings[0].Fingerprint) + " ": "基地改造，电话13900000000", j.findings[1].Fingerprint: " ", "0000000000000000": "无关"}
	j = run(t, facts(t, definition, late))
	if v := j.verdicts[0]; v.Verdict != model.AskFirst || v.Warnings != 1 || v.Explained != 1 {
		t.Errorf("%+v", v)
	}
	if got := j.findings[0].Explanation; !strings.HasPrefix(got, "基地改造") || strings.Contains(got, "13900000000") {
		t.Errorf("explanation %q", got)
	}
	late.Explanations[j.findings[1].Fingerprint] = "设备更新"
	if v := run(t, facts(t, definition, late)).verdicts[0]; v.Verdict != model.Accept || !v.Ranked || v.Explained != 2 {
		t.Errorf("%+v", v)
	}
	wrong := base(t).apply(Edit{Set: map[string]any{"staff_total": 11, "staff_names": 11}}, filling{})
	j = run(t, facts(t, definition, wrong))
	wrong.Explanations = map[string]string{j.findings[0].Fingerprint: "确实如此"}
	if v := run(t, facts(t, definition, wrong)).verdicts[0]; v.Verdict != model.Return || v.Ranked || v.Unranked == "" || v.Errors != 1 {
		t.Errorf("an error was explained away: %+v", v)
	}
	national := base(t).apply(Edit{Set: map[string]any{"consortium": "晋江市域产教联合体", "city": "泉州", "park": "晋江经济开发区"}}, filling{})
	if v := run(t, facts(t, definition, national)).verdicts[0]; v.Ranked || !strings.Contains(v.Unranked, "国家级") {
		t.Errorf("%+v", v)
	}
}

func TestExplanationsAreForTheirValues(t *testing.T) {
	form := func(value int) filling {
		return base(t).apply(Edit{Set: map[string]any{"field_engineers.first": value}}, filling{})
	}
	judged := func(value int, explanations map[string]string, given ...table.PriorExplanation) table.Finding {
		t.Helper()
		x := form(value)
		x.Explanations = explanations
		f := facts(t, definition, x)
		j := runKnowing(t, f, Known{Given: given})
		j.findings = slices.DeleteFunc(j.findings, func(x table.Finding) bool { return x.Rule == "explanation_unheard" })
		if len(j.findings) != 1 || j.findings[0].Severity != model.Explain {
			t.Fatalf("%+v", j.findings)
		}
		return j.findings[0]
	}
	asked, other := judged(100, nil), judged(101, nil)
	if asked.Fingerprint != other.Fingerprint || asked.ValueHash == other.ValueHash {
		t.Fatalf("%+v %+v", asked, other)
	}
	key := model.ExplanationKey(asked.Fingerprint, asked.ValueHash)
	about := model.ExplanationAbout(asked.Title, asked.Message)
	before := table.PriorExplanation{Fingerprint: asked.Fingerprint, ValueHash: asked.ValueHash, Words: "扩招"}
	for _, c := range []struct {
		why          string
		value        int
		explanations map[string]string
		given        []table.PriorExplanation
		in, out      string
	}{
		{"asked and explained", 100, map[string]string{key: "扩招"}, nil, "扩招", ""},
		{"typed off with blanks, in capitals", 100, map[string]string{" " + strings.ToUpper(strings.Replace(key, "-", " — ", 1)): "扩招"}, nil, "扩招", ""},
		{"the value changed since", 101, map[string]string{key: "扩招"}, nil, "", "扩招"},
		{"the value changed, and was explained anew", 101, map[string]string{key: "扩招", model.ExplanationKey(other.Fingerprint, other.ValueHash): "又扩招"}, nil, "又扩招", ""},
		{"a fingerprint alone is for the values beside it", 101, map[string]string{asked.Fingerprint: "扩招"}, nil, "扩招", ""},
		{"unless the last round had the same words for others", 101, map[string]string{asked.Fingerprint: "扩招"}, []table.PriorExplanation{before}, "", "扩招"},
		{"so, but the words are others", 101, map[string]string{asked.Fingerprint: "又扩招"}, []table.PriorExplanation{before}, "又扩招", ""},
		{"explained in the last round, not in this file", 100, nil, []table.PriorExplanation{before}, "扩招", ""},
		{"so, but the value changed", 101, nil, []table.PriorExplanation{before}, "", "扩招"},
		{"the key is lost, what is explained stands there", 100, map[string]string{"|" + about: "扩招"}, nil, "扩招", ""},
		{"so, but for other values", 101, map[string]string{"|" + about: "扩招"}, nil, "", ""},
		{"half of the key is left", 100, map[string]string{key[:12] + "|" + about: "扩招"}, nil, "扩招", ""},
		{"explained before being asked, by the field's name", 100, map[string]string{"|现场工程师培养": "扩招"}, nil, "扩招", ""},
		{"so, and the value changed since the last round", 101, map[string]string{"|现场工程师培养": "扩招"}, []table.PriorExplanation{before}, "", "扩招"},
		{"by the name of another", 100, map[string]string{"|中国特色学徒制培养": "扩招"}, nil, "", ""},
		{"the words behind what is to be explained", 100, map[string]string{key + "|" + about + "\n扩招": ""}, nil, "扩招", ""},
		{"so, in brackets", 100, map[string]string{key + "|" + about + "（扩招）": ""}, nil, "（扩招）", ""},
		{"what the copy adds of the register", 100, map[string]string{key + "|" + about + "（原说明不采纳：请附文件）": ""}, nil, "", ""},
		{"the words in its place", 100, map[string]string{key + "|扩招": ""}, nil, "扩招", ""},
		{"nothing but what the copy had there", 100, map[string]string{key + "|" + about: ""}, nil, "", ""},
		{"or had there for other values", 101, map[string]string{key + "|" + about: ""}, nil, "", ""},
		{"of something else", 100, map[string]string{"0123456789abcdef": "扩招"}, nil, "", ""},
	} {
		x := judged(c.value, c.explanations, c.given...)
		if x.Explanation != c.in || x.Outdated != c.out {
			t.Errorf("%s: in force %q, outdated %q", c.why, x.Explanation, x.Outdated)
		}
	}
}

func TestAFieldsNameExplainsNoChangeOfTheWorkbook(t *testing.T) {
	x := base(t)
	x.Explanations = map[string]string{"|现场工程师培养": "扩招"}
	f := facts(t, definition, x)
	f.FileFindings = []model.Finding{{Code: "LHT-1-030", Submission: f.Submissions.Row(0).Submission, Fields: []string{"field_engineers"}, Places: []model.Place{{File: "甲.xlsx"}}, Vars: map[string]string{"detail": "x"}}}
	if j := run(t, f); len(j.findings) != 2 || j.findings[0].Explanation != "" || j.findings[1].Rule != "explanation_unheard" {
		t.Errorf("%+v", j.findings)
	}
}

func TestAColumnsNameExplainsNoRow(t *testing.T) {
	form := base(t).apply(Edit{Members: map[int]map[string]any{1: {"enrolment": 60001}}}, filling{})
	asked := run(t, facts(t, definition, form)).findings
	if len(asked) != 1 || asked[0].Member == "" {
		t.Fatalf("%+v", asked)
	}
	for about, want := range map[string]string{definition.Label(enrolmentColumn): "", model.ExplanationAbout(asked[0].Title, asked[0].Message): "当年扩招"} {
		form.Explanations = map[string]string{"|" + about: "当年扩招"}
		if x := run(t, facts(t, definition, form)).findings[0]; x.Explanation != want {
			t.Errorf("said of %s: in force %q, want %q", about, x.Explanation, want)
		}
	}
}

func TestSameFactsSameJudgement(t *testing.T) {
	forms := []filling{faulty(t), another(t).apply(Edit{Copy: []string{"plan", "features"}, Add: []map[string]any{{"kind": "enterprise", "name": "鼎创软件有限公司"}}}, faulty(t))}
	var first judgement
	for i := range 3 {
		f := facts(t, definition, forms...)
		f.FileFindings = []model.Finding{{Code: "LHT-5-006", Submission: "nobody's", Places: []model.Place{{File: "丙.xlsx"}}, Vars: map[string]string{"list": "丙.xlsx"}}}
		j, err := Run(f, Known{})
		if err != nil {
			t.Fatal(err)
		}
		got := judgement{slices.Collect(j.Findings.All()), slices.Collect(j.Outcomes.All()), slices.Collect(j.Verdicts.All())}
		if i == 0 {
			first = got
		}
		if !reflect.DeepEqual(got, first) {
			t.Error("another judgement")
		}
	}
	if first.findings[0].File != "丙.xlsx" || first.findings[0].Submission != "" {
		t.Errorf("a finding about a file without submission does not come first: %+v", first.findings[0])
	}
	severities := []model.Severity{model.MustFix, model.Explain, model.Hint}
	order := func(x table.Finding) string {
		return fmt.Sprintf("%s %d %s", x.Submission, slices.Index(severities, x.Severity), x.Code)
	}
	if !slices.IsSortedFunc(first.findings, func(x, y table.Finding) int { return strings.Compare(order(x), order(y)) }) {
		t.Error("findings are not in order")
	}
}
