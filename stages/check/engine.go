package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/templates"

	"github.com/shopspring/decimal"
)

// check applies one rule to one submission and records the cases in the tally.
type check func(f *form, p *plan, t *tally)

// checks holds all checks; templates.Checks has the same list.
var checks = map[string]check{
	"file":          fileCheck,
	"two_versions":  fileCheck,
	"required":      required,
	"supplement":    supplement,
	"unreadable":    unreadable,
	"coercion":      coercion,
	"bounds":        bounds,
	"fraction":      fraction,
	"length":        length,
	"expr":          expression,
	"column":        byKind,
	"record":        byKind,
	"unsupported":   unsupported,
	"shared_member": sharedMember,
	"near_text":     nearText,
	"unheard":       unmatched,
	"school_list":   schoolList,
	"outlier":       outlier,
	"copied":        copiedFigures,
	"enrolments":    sharedEnrolment,
}

// kindChecks are checks that a rule names in Kinds: for all annual figures together, or for the rows of a list.
var kindChecks = map[string]check{
	"not_applicable":      inapplicable,
	"swapped":             swappedYears,
	"unchanged":           swappedYears,
	"slid":                shiftedRows,
	"enrolment_none":      noEnrolment,
	"member_campus":       repeatedUnit,
	"verification_denied": deniedVerification,
	"roster_shifted":      shiftedRoster,
}

func byKind(f *form, p *plan, t *tally) {
	for _, kind := range p.rule.Kinds {
		kindChecks[kind](f, p, t)
	}
}

// plan is a rule with what is computed once for all submissions.
type plan struct {
	rule        *templates.Rule
	refs        []templates.Ref // values that the rule covers, where it goes value by value, in form order
	coversLists bool            // it also covers lists; there 无 has its own rule, and a lossless coercion has none
	// near holds the near-identical texts by the position of the submission.
	near map[templates.Ref]map[int]neighbour
}

// batch is what the checks share: the facts, the plans, and the indexes across submissions.
type batch struct {
	facts           *table.Facts
	register        table.Register
	def             *templates.Definition
	plans           []*plan
	lastPlans       []*plan                    // rules that need to know which findings are explained
	allRefs         []templates.Ref            // all values of the form, without lists
	annualRefs      [][]templates.Ref          // those of the metrics that have all years, metric by metric
	actualRefs      [][]templates.Ref          // the same without the committed years
	readingFindings map[string][]model.Finding // found while reading, by submission
	order           map[string]int             // position of a submission in the facts
	names           []string                   // consortium of each submission
	units           []*unit                    // that rosters list, each name once
	unitsByKey      map[string]*unit           // by the keys of their names
	unitsByHash     map[uint64][]int32         // positions of units, by the hashes of their names
	schools         map[string]table.School    // the Department's list, by the keys of their names
	holders         map[reported][]int32       // positions of the submissions that report a number
	medians         map[templates.Ref]decimal.Decimal
	alone           bool // submissions are not compared
	*lexicon
	prior map[string][]table.PriorExplanation // explanations of the last round, by fingerprint
}

func newBatch(facts *table.Facts, known Known) (*batch, error) {
	d := facts.Definition
	b := &batch{alone: known.Alone, lexicon: newLexicon(d), facts: facts, register: known.Register, def: d,
		schools: known.Register.Schools(d), readingFindings: map[string][]model.Finding{}, order: map[string]int{},
		prior: map[string][]table.PriorExplanation{}, unitsByKey: map[string]*unit{},
		unitsByHash: map[uint64][]int32{}, holders: map[reported][]int32{}, medians: map[templates.Ref]decimal.Decimal{}}
	for _, g := range known.Given {
		b.prior[g.Fingerprint] = append(b.prior[g.Fingerprint], g)
	}
	for s := range facts.Submissions.All() {
		b.order[s.Submission] = len(b.names)
		b.names = append(b.names, s.Consortium)
	}
	for _, f := range b.def.Form.Fields() {
		if f.Record == "" {
			b.allRefs = append(b.allRefs, b.def.Refs(f)...)
		}
	}
	b.listAnnual()
	for _, r := range b.def.Rules {
		if r.Check == "marks" {
			continue // about experts' workbooks
		}
		if checks[r.Check] == nil {
			return nil, fmt.Errorf("规则 %s 的检查方式 %s 没有实现", r.Code, r.Check)
		}
		lossless := func(kind string) bool { return b.def.Reading.Route(kind).Class == templates.Lossless }
		p := &plan{rule: r, refs: b.coveredRefs(r)}
		p.coversLists = !slices.Contains(r.Kinds, "none") && !slices.ContainsFunc(r.Kinds, lossless)
		if r.Check == "unheard" {
			b.lastPlans = append(b.lastPlans, p)
		} else {
			b.plans = append(b.plans, p)
		}
	}
	for _, x := range facts.FileFindings {
		if b.def.Rule(x.Code) == nil {
			return nil, fmt.Errorf("读取时发现的问题 %q 不在规则目录中", x.Code)
		}
		owner := x.Submission
		if _, known := b.order[owner]; !known {
			owner = ""
		}
		b.readingFindings[owner] = append(b.readingFindings[owner], x)
	}
	for m := range facts.Members.All() {
		if i, known := b.order[m.Submission]; known && m.NameKey != "" {
			u := b.unit(m)
			if b.unitsByKey[m.NameKey] == nil {
				b.units, b.unitsByKey[m.NameKey] = append(b.units, u), u
			}
			u.rows = append(u.rows, rosterRow{i, m.Name, m.Enrolment})
		}
	}
	if !known.Alone {
		b.indexTexts()
		b.indexUnits()
		b.indexFigures()
	}
	return b, nil
}

// coveredRefs lists the values that a rule checks one by one; without `each` all values of the form.
func (b *batch) coveredRefs(r *templates.Rule) []templates.Ref {
	var refs []templates.Ref
	for _, c := range r.Cases {
		of := b.allRefs
		if c.Field != nil {
			of = b.def.Refs(c.Field)
		}
		for _, ref := range of {
			if (c.Year.Year == 0 || ref.Year == c.Year.Year) && r.Covers(b.def, b.def.Field(ref.Field), ref.Year) {
				refs = append(refs, ref)
			}
		}
	}
	return refs
}

// form is one submission that is being checked. As templates.Answers it hides the voided values.
type form struct {
	*table.Form
	*batch
	voided        map[templates.Ref]string // by which check
	voidedAt      map[model.Place]bool     // cells of lists
	rowShift      rowOffset                // annual figures entered in wrong rows
	coerced       map[templates.Ref][]table.Coercion
	listCoercions []table.Coercion // of the rows of lists
	shifted       int              // rows of the roster that are a column off
	misplaced     bool             // the roster was pasted a column off: its rows say nothing
	position      int              // in the facts
	addedRows     []*addedRow      // explanations that the filler added
	key           string           // of the consortium
	// The names that these explanations may use, by name key: of sheets, of values by their cell, of members.
	sheets, members map[string]bool
	slots           map[string]templates.Ref
}

func newForm(b *batch, t *table.Form) *form {
	f := &form{Form: t, batch: b, voided: map[templates.Ref]string{}, voidedAt: map[model.Place]bool{},
		coerced: map[templates.Ref][]table.Coercion{}, position: b.order[t.Submission.Submission],
		key: table.ConsortiumKey(t.Submission)}
	for _, c := range t.Coercions {
		if c.Record.Valid {
			f.listCoercions = append(f.listCoercions, c)
			continue
		}
		ref := templates.Ref{Field: c.Field, Year: int(c.Year.V)}
		f.coerced[ref] = append(f.coerced[ref], c)
	}
	for _, p := range b.plans { // known before any row is looked at
		switch {
		case slices.Contains(p.rule.Kinds, "slid"):
			f.rowShift = f.findRowShift(int(p.rule.Threshold.IntPart()))
			f.void(p.rule.Check, fault{refs: f.rowShift.refs})
		case slices.Contains(p.rule.Kinds, "roster_shifted"):
			const fewest = 3
			f.shifted = len(slices.DeleteFunc(slices.Clone(f.Members), func(m table.Member) bool { return !f.isShifted(m) }))
			f.misplaced = f.shifted >= fewest && share(f.shifted, len(f.Members)).GreaterThanOrEqual(*p.rule.Threshold)
		}
	}
	return f
}

// void marks faulty values, so that later rules don't report them again.
func (f *form) void(check string, x fault) {
	for _, r := range x.refs {
		f.voided[r] = check
	}
	for _, p := range x.places {
		f.voidedAt[p] = true
	}
}

// Number implements templates.Answers.
func (f *form) Number(field string, year int) (decimal.Decimal, bool) {
	if f.voided[templates.Ref{Field: field, Year: year}] != "" {
		return decimal.Decimal{}, false
	}
	return f.Form.Number(field, year)
}

// Confirmed implements templates.Answers. A declaration whose box was left empty is not confirmed.
func (f *form) Confirmed(field string) (yes, ok bool) {
	if f.Status(templates.Ref{Field: field}) == table.Missing {
		return false, true
	}
	return f.Form.Confirmed(field)
}

// number returns a value even if it was voided.
func (f *form) number(r templates.Ref) (decimal.Decimal, bool) { return f.Form.Number(r.Field, r.Year) }

// tally counts the cases of one rule on one submission.
type tally struct {
	cases, failed, undecided int
	faults                   []fault
	missing                  []templates.Ref // values that undecided cases lack
	reasons                  []string        // other causes of undecided cases
	why                      string          // why no case applies
}

func (t *tally) pass() { t.cases++ }

func (t *tally) fail(x fault) {
	t.cases++
	t.failed++
	t.faults = append(t.faults, x)
}

// decide records a decided case; fails makes the fault if it is not sound.
func (t *tally) decide(sound bool, fails func() fault) {
	if sound {
		t.pass()
		return
	}
	t.fail(fails())
}

// decideValue records a decided case of one value; vars are the variables of a fault.
func (t *tally) decideValue(r templates.Ref, sound bool, vars map[string]string) {
	t.decide(sound, func() fault { return fault{refs: []templates.Ref{r}, vars: vars} })
}

func (t *tally) lackValues(refs ...templates.Ref) {
	t.cases++
	t.undecided++
	t.missing = append(t.missing, refs...)
}

func (t *tally) undecide(reason string) {
	t.cases++
	t.undecided++
	t.reasons = append(t.reasons, reason)
}

func (t *tally) skip(why string) { t.why = cmp.Or(t.why, why) }

// fault is a failed case, from which a finding is made.
type fault struct {
	refs       []templates.Ref // its values; their places are marked
	places     []model.Place   // further places
	fields     []string        // fields it is about beyond refs (columns of a list)
	ruleCase   templates.Case  // resolves the shorthand of the rule's texts
	member     string          // key of the member unit
	raw, value string          // empty: those of refs
	vars       map[string]string
}

// Reasons why a case does not apply.
const (
	notFilled     = "没有填写，无从检查"
	notApplicable = "填的是不适用"
	notAsked      = "本份是以前版本的模板，还没有这一栏"
	guardFalse    = "本规则的适用条件不成立"
	emptyRoster   = "成员名册为空"
	shiftedList   = "成员名册疑似整体错列"
	nothingAdded  = "没有自行添加的说明"
	laterOn       = "汇总时核对"
	toldElsewhere = "读不出的原因另有一条问题"
)

func (f *form) skipReason(r templates.Ref) string {
	return table.Either(f.NotAsked(r), notAsked, notApplicable)
}

// usable reports whether a value can be checked. If not, it records the case as skipped or undecided.
func (t *tally) usable(f *form, r templates.Ref) bool {
	if f.voided[r] != "" {
		t.skip(toldElsewhere)
		return false
	}
	switch f.Status(r) {
	case table.Normal:
		return true
	case table.NotApplicable:
		t.skip(f.skipReason(r))
	default:
		t.lackValues(r)
	}
	return false
}

// fileCheck records only whether a file could be compared; apply adds the findings that were made in reading.
func fileCheck(f *form, p *plan, t *tally) {
	if p.rule.Check == "two_versions" && f.Submission.Consortium == "" {
		t.lackValues(templates.Ref{Field: "consortium"})
		return
	}
	t.pass()
}

// compareFindings orders findings of one submission by severity, code, file, sheet as in the form, row and column.
func (b *batch) compareFindings(x, y table.Finding) int {
	sheet := func(x table.Finding) int {
		titled := func(s *templates.SheetLayout) bool { return s.Sheet.Title == x.Sheet }
		return slices.IndexFunc(b.def.Layout().Sheets, titled)
	}
	xr, xc := model.RowCol(x.Cell)
	yr, yc := model.RowCol(y.Cell)
	return cmp.Or(
		cmp.Compare(slices.Index(model.Severities, x.Severity), slices.Index(model.Severities, y.Severity)),
		strings.Compare(x.Code, y.Code),
		strings.Compare(x.File, y.File),
		cmp.Compare(sheet(x), sheet(y)),
		strings.Compare(x.Sheet, y.Sheet),
		cmp.Compare(xr, yr), cmp.Compare(xc, yc),
		strings.Compare(x.Fingerprint, y.Fingerprint),
	)
}
