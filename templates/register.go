package templates

import (
	"slices"
	"strings"
)

// Register is register.yaml: the form of the Department's own records (consents, selections, decisions, receipts).
type Register struct {
	Title  string           `check:"must"`
	Next   string           `check:"must"` // file name of the prefilled register that each run writes for the next one
	Sheets []*RegisterSheet `check:"must"`
}

// RegisterSheet is one sheet of the register; each row is one entry.
type RegisterSheet struct {
	ID      string
	Title   string `check:"must,alone"`
	Hint    string
	Effect  RegisterEffect `check:"must,in answer adjust select explain receive schools rule award object"`
	Rules   []string       // ids of the rules whose findings an entry answers
	Late    bool           // an entry also settles papers received after the deadline
	Rows    int            // prepared rows; 0: the default number
	Steps   []*RegisterStep
	Columns []*RegisterColumn

	pos `yaml:"-"`
}

// RegisterStep is one step of an award: done when all its columns are filled with passing values. Steps are taken in
// order; optional ones may be left out.
type RegisterStep struct {
	ID       string
	Label    string   `check:"must"`
	Columns  []string `check:"must"`
	Pass     []string // passing values of columns with options; none: all
	Optional bool
	Document string // column with the document that the step is based on; empty: none
}

// Ids of steps.
const (
	StepAdvised     = "advised"
	StepProposed    = "proposed"
	StepPublicised  = "publicised"
	StepCleared     = "cleared"
	StepChosen      = "chosen"
	StepRecommended = "recommended"
	StepAgreed      = "agreed" // of an adjustment
)

// Steps lists the steps of an award in order.
var Steps = []string{StepAdvised, StepProposed, StepPublicised, StepCleared, StepChosen, StepRecommended}

// Status says whether a step is done, whether any of its columns is filled, and which are still blank; none are listed
// where a value does not pass.
func (s *RegisterStep) Status(sheet *RegisterSheet, values map[string]string) (done, begun bool, left []string) {
	refused := false
	for _, id := range s.Columns {
		c, v := sheet.Column(id), values[id]
		begun = begun || v != ""
		if v == "" {
			left = append(left, c.Label)
		} else if len(c.Options) > 0 && len(s.Pass) > 0 && !slices.Contains(s.Pass, v) {
			refused = true
		}
	}
	if refused {
		return false, true, nil
	}
	return len(left) == 0, begun, left
}

// RegisterColumn is one column of a sheet of the register.
type RegisterColumn struct {
	ID       string `check:"must,alone"`
	Label    string `check:"must,alone"`
	Hint     string
	Required bool
	Date     bool
	Number   bool // not below zero
	Given    bool // prefilled by the program and not read
	Private  bool // never leaves the register
	Must     bool // of EffectReceive: required, a date or the first of the options
	// consortia: those of the directory, others may be typed; schools: the kinds of school
	Choices string   `check:"in consortia schools cities"`
	Options []string // one of these
	Width   float64  `check:"must"`
}

// RegisterEffect says what an entry of a sheet does.
type RegisterEffect string

const (
	EffectAnswer  RegisterEffect = "answer"  // settles findings of Rules
	EffectAdjust  RegisterEffect = "adjust"  // changes the directory, once it is agreed to
	EffectSelect  RegisterEffect = "select"  // was selected in an earlier batch
	EffectExplain RegisterEffect = "explain" // accepts or refuses an explanation
	EffectReceive RegisterEffect = "receive" // papers that were received
	EffectSchools RegisterEffect = "schools" // a school of the Department's list
	EffectRule    RegisterEffect = "rule"    // decides on what experts proposed
	EffectAward   RegisterEffect = "award"   // the steps to being chosen in this batch
	EffectObject  RegisterEffect = "object"  // an objection
)

// Columns of the register that the program knows by name.
const (
	RegisterConsortium  = "consortium"
	RegisterFingerprint = "fingerprint"
	RegisterDocument    = "document"
	RegisterDecision    = "decision"
	RegisterWords       = "words"
	RegisterDate        = "date"
	RegisterSchool      = "school"
	RegisterKind        = "kind"
	RegisterEnrolment   = "enrolment"
	RegisterYear        = "year"
	RegisterOthers      = "others"
	RegisterMemberOf    = "member_of"
	RegisterPoints      = "points"
	RegisterReject      = "reject"
	RegisterReason      = "reason"
	RegisterCode        = "code"
	RegisterOutcome     = "outcome"
	RegisterCity        = "city"
	RegisterPark        = "park"
	RegisterReplaces    = "replaces"
	RegisterAsked       = "asked" // prefilled: what the Department has to decide
)

var registerNeeds = map[RegisterEffect][]string{
	EffectAnswer: {RegisterConsortium, RegisterDocument}, EffectSelect: {RegisterConsortium, RegisterDocument},
	EffectExplain: {RegisterFingerprint, RegisterDecision}, EffectReceive: {RegisterConsortium},
	EffectRule: {RegisterConsortium, RegisterDocument}, EffectAward: {RegisterConsortium},
	EffectSchools: {RegisterSchool, RegisterKind}, EffectObject: {RegisterConsortium, RegisterDate},
	EffectAdjust: {RegisterConsortium, RegisterPark, RegisterCity},
}

// OptionsOf lists the values allowed in a column; nil where any are.
func (d *Definition) OptionsOf(c *RegisterColumn) []string {
	if offer := optionLists[c.Choices]; offer != nil && c.Choices != "consortia" { // of which others may be typed, too
		return offer(d)
	}
	return c.Options
}

// Column finds a column by its id, or nil.
func (s *RegisterSheet) Column(id string) *RegisterColumn {
	return first(s.Columns, func(c *RegisterColumn) bool { return c.ID == id })
}

// Step finds a step by its id, or nil.
func (s *RegisterSheet) Step(id string) *RegisterStep {
	return first(s.Steps, func(step *RegisterStep) bool { return step.ID == id })
}

// MissingColumns lists the labels of the columns with Must whose value is missing.
func (s *RegisterSheet) MissingColumns(values map[string]string) []string {
	var out []string
	for _, c := range s.Columns {
		if v := values[c.ID]; c.Must && (v == "" || len(c.Options) > 0 && v != c.Options[0]) {
			out = append(out, c.Label)
		}
	}
	return out
}

func (r *Register) check(l *loader, d *Definition) {
	for _, s := range r.Sheets {
		name := "工作表“" + s.Title + "”"
		for _, id := range registerNeeds[s.Effect] {
			c := s.Column(id)
			l.problemIf(c == nil || !c.Required, s.pos, name+"缺必填的列 "+id, "请补上这一列，并写 required: true。")
		}
		for _, id := range []string{RegisterEnrolment, RegisterYear} {
			c := s.Column(id)
			l.problemIf(s.Effect == EffectSchools && (c == nil || !c.Number), s.pos, name+"缺数字列 "+id, "请补上这一列，并写 number: true。")
		}
		decision := s.Column(RegisterDecision)
		l.problemIf(s.Effect == EffectExplain && decision != nil && len(decision.Options) != 2, s.pos,
			"列 decision 的 options 要有两个", "先写采纳，再写不采纳。")
		points, reject := s.Column(RegisterPoints), s.Column(RegisterReject)
		complete := points != nil && points.Number && reject != nil && len(reject.Options) == 2
		l.problemIf(s.Effect == EffectRule && !complete, s.pos,
			name+"缺列 points（number: true）或 reject（两个 options）", "先写不予立项，再写予以保留。")
		s.checkSteps(l)
		l.problemIf((s.Effect == EffectAnswer || s.Effect == EffectAdjust) != (len(s.Rules) > 0), s.pos,
			name+"的 rules 与 effect 不配", "effect: answer、adjust 的写明了结哪些规则的问题，其余不写。")
		for _, id := range s.Rules {
			rule := d.Rule(d.CodeOf(id))
			l.problemIf(rule == nil || rule.Severity != "warning", s.pos, "规则“"+id+"”没有，或不是需核实说明的",
				"登记只能了结 severity: warning 的规则。")
		}
	}
	selects := slices.ContainsFunc(r.Sheets, func(s *RegisterSheet) bool { return s.Effect == EffectSelect })
	l.problemIf(!selects, pos{"register.yaml", "$"}, "没有 effect: select 的工作表", "可参照上一年度的 register.yaml。")
}

func (s *RegisterSheet) checkSteps(l *loader) {
	for _, step := range s.Steps {
		for _, id := range append(slices.Clone(step.Columns), step.Document) {
			l.problemIf(id != "" && s.Column(id) == nil, s.pos, "步骤“"+step.Label+"”的列“"+id+"”没有", "请在 columns 里补上，或改正。")
		}
	}
	want := map[RegisterEffect][]string{EffectAward: Steps, EffectAdjust: {StepAgreed}}[s.Effect]
	l.problemIf(!slices.Equal(each(s.Steps, func(step *RegisterStep) string { return step.ID }), want), s.pos,
		"工作表“"+s.Title+"”的 steps 不对",
		"effect: award 的依次写 "+strings.Join(Steps, "、")+"，adjust 的写 "+StepAgreed+"，其余不写。")
}

// RegisterNames is the sheet of a blank register with the options of its dropdowns.
const RegisterNames = "名单"
