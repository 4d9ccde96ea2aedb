package templates

import (
	"slices"
	"strings"
)

// Register is what the Department keeps beside the submissions: consents, selections, decisions, receipts.
type Register struct {
	Title  string           `check:"must"`
	Next   string           `check:"must"` // the file in which each run writes the register for the one after it
	Sheets []*RegisterSheet `check:"must"`
}

// RegisterSheet is one sheet of the register; each row is one entry.
type RegisterSheet struct {
	ID      string
	Title   string `check:"must,alone"`
	Hint    string
	Effect  RegisterEffect `check:"must,in answer adjust select explain receive schools rule award object"`
	Rules   []string       // ids of the rules whose findings an entry answers
	Late    bool           // an entry answers for what was received after the deadline, too
	Rows    int            // ready to be typed in; 0: as many as any sheet
	Steps   []*RegisterStep
	Columns []*RegisterColumn

	at `yaml:"-"`
}

// RegisterStep is a step of an award, done when its columns are filled and pass; taken in order, unless optional.
type RegisterStep struct {
	ID       string
	Label    string   `check:"must"`
	Columns  []string `check:"must"`
	Pass     []string // options that let it go on; none: any
	Optional bool
	Document string // the column that names what it rests on; empty: none yet
}

// Steps that documents ask for.
const (
	StepAdvised     = "advised"
	StepProposed    = "proposed"
	StepPublicised  = "publicised"
	StepCleared     = "cleared"
	StepChosen      = "chosen"
	StepRecommended = "recommended"
	StepAgreed      = "agreed" // of an adjustment
)

// Steps lists those the program knows, in their order.
var Steps = []string{StepAdvised, StepProposed, StepPublicised, StepCleared, StepChosen, StepRecommended}

// Decided says whether all columns of a step are filled and pass, whether any is, and which are left.
func (s *RegisterStep) Decided(sheet *RegisterSheet, values map[string]string) (done, begun bool, left []string) {
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
	Private  bool // stays in the register alone
	Must     bool // of Receives: what must be there; a date, or the first of the options
	// consortia: those of the directory are offered, others may be typed; schools: one of the kinds of school
	Choices string   `check:"in consortia schools cities"`
	Options []string // one of these
	Width   float64  `check:"must"`
}

// RegisterEffect says what an entry brings about.
type RegisterEffect string

const (
	Settles  RegisterEffect = "answer"
	Adjusts  RegisterEffect = "adjust" // what the directory lists, once it is agreed to
	Selects  RegisterEffect = "select"
	Decides  RegisterEffect = "explain"
	Receives RegisterEffect = "receive"
	Lists    RegisterEffect = "schools"
	Rules    RegisterEffect = "rule"  // decides what experts proposed
	Awards   RegisterEffect = "award" // who is to be chosen, and who is
	Objects  RegisterEffect = "object"
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
	RegisterAsked       = "asked" // prefilled: what waits for the Department
)

// registerNeeds are the columns without which an effect can't come about.
var registerNeeds = map[RegisterEffect][]string{
	Settles: {RegisterConsortium, RegisterDocument}, Selects: {RegisterConsortium, RegisterDocument},
	Decides: {RegisterFingerprint, RegisterDecision}, Receives: {RegisterConsortium},
	Rules: {RegisterConsortium, RegisterDocument}, Awards: {RegisterConsortium},
	Lists: {RegisterSchool, RegisterKind}, Objects: {RegisterConsortium, RegisterDate},
	Adjusts: {RegisterConsortium, RegisterPark, RegisterCity},
}

// OptionsOf lists what a column may hold; nothing where it is free.
func (d *Definition) OptionsOf(c *RegisterColumn) []string {
	if offer := offers[c.Choices]; offer != nil && c.Choices != "consortia" { // of which others may be typed, too
		return offer(d)
	}
	return c.Options
}

// Column finds a column by its id, or gives nil.
func (s *RegisterSheet) Column(id string) *RegisterColumn {
	return first(s.Columns, func(c *RegisterColumn) bool { return c.ID == id })
}

// Step finds a step by its id, or gives nil.
func (s *RegisterSheet) Step(id string) *RegisterStep {
	return first(s.Steps, func(step *RegisterStep) bool { return step.ID == id })
}

// Lacking lists the columns that must be there and are not, by their labels.
func (s *RegisterSheet) Lacking(values map[string]string) []string {
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
			l.when(c == nil || !c.Required, s.at, name+"缺必填的列 "+id, "请补上这一列，并写 required: true。")
		}
		for _, id := range []string{RegisterEnrolment, RegisterYear} {
			c := s.Column(id)
			l.when(s.Effect == Lists && (c == nil || !c.Number), s.at, name+"缺数字列 "+id, "请补上这一列，并写 number: true。")
		}
		decision := s.Column(RegisterDecision)
		l.when(s.Effect == Decides && decision != nil && len(decision.Options) != 2, s.at,
			"列 decision 的 options 要有两个", "先写采纳，再写不采纳。")
		points, reject := s.Column(RegisterPoints), s.Column(RegisterReject)
		l.when(s.Effect == Rules && (points == nil || !points.Number || reject == nil || len(reject.Options) != 2), s.at,
			name+"缺列 points（number: true）或 reject（两个 options）", "先写不予立项，再写予以保留。")
		s.checkSteps(l)
		l.when((s.Effect == Settles || s.Effect == Adjusts) != (len(s.Rules) > 0), s.at,
			name+"的 rules 与 effect 不配", "effect: answer、adjust 的写明了结哪些规则的问题，其余不写。")
		for _, id := range s.Rules {
			rule := d.Rule(d.CodeOf(id))
			l.when(rule == nil || rule.Severity != "warning", s.at, "规则“"+id+"”没有，或不是需核实说明的",
				"登记只能了结 severity: warning 的规则。")
		}
	}
	selects := slices.ContainsFunc(r.Sheets, func(s *RegisterSheet) bool { return s.Effect == Selects })
	l.when(!selects, at{"register.yaml", "$"}, "没有 effect: select 的工作表", "可参照上一年度的 register.yaml。")
}

func (s *RegisterSheet) checkSteps(l *loader) {
	for _, step := range s.Steps {
		for _, id := range append(slices.Clone(step.Columns), step.Document) {
			l.when(id != "" && s.Column(id) == nil, s.at, "步骤“"+step.Label+"”的列“"+id+"”没有", "请在 columns 里补上，或改正。")
		}
	}
	want := map[RegisterEffect][]string{Awards: Steps, Adjusts: {StepAgreed}}[s.Effect]
	l.when(!slices.Equal(each(s.Steps, func(step *RegisterStep) string { return step.ID }), want), s.at,
		"工作表“"+s.Title+"”的 steps 不对",
		"effect: award 的依次写 "+strings.Join(Steps, "、")+"，adjust 的写 "+StepAgreed+"，其余不写。")
}

// RegisterNames is the sheet of a blank register that holds what its dropdowns offer.
const RegisterNames = "名单"
