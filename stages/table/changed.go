package table

import "lianheti/stages/model"

// Change is one difference between a round and the one before it.
type Change struct {
	Submission   string         `col:"submission"`
	CityCode     string         `col:"city_code,null"`
	City         string         `col:"city,null"`
	Consortium   string         `col:"consortium,null"`
	Kind         ChangeKind     `col:"kind"`
	Severity     model.Severity `col:"severity,null"` // of a finding
	Code         string         `col:"code,null"`     // of a finding
	Field        string         `col:"field,null"`    // of a value; the list of a record
	Year         Opt[int32]     `col:"year"`
	Label        string         `col:"label"` // what changed, in words
	Before       string         `col:"before,null"`
	After        string         `col:"after,null"`
	BeforeNumber Opt[float64]   `col:"before_number"`
	AfterNumber  Opt[float64]   `col:"after_number"`
	Sheet        string         `col:"sheet,null"` // place now; of what is gone, place before
	Cell         string         `col:"cell,null"`
	Fingerprint  string         `col:"fingerprint,null"` // of a finding
	Causes       string         `col:"causes,null"`      // of a verdict or a step of the total: ids joined by spaces
	Because      string         `col:"because,null"`     // of a total, a step of it or a rank: the reason in words
}

// Cause is a reason why a total changes from one round to the next; sheets.yaml has the words.
type Cause string

const (
	CauseProgram  Cause = "program"  // another version of the program
	CauseRegister Cause = "register" // the register: earlier selections, consents, decisions on explanations
	CauseOwn      Cause = "own"      // the submission's own figures
	CauseScale    Cause = "scale"    // the reference set of the scales: others' figures, and who is ranked
	CauseMarks    Cause = "marks"    // the experts' marks
	CauseRules    Cause = "rules"    // rules and directory, which decide who is ranked
	CauseRubric   Cause = "rubric"   // weights and scoring methods
	CauseForm     Cause = "form"     // another form, so that the causes can't be separated
)

// Causes lists the causes in the order in which their effects are computed. CauseForm only occurs alone.
var Causes = []Cause{CauseProgram, CauseRegister, CauseOwn, CauseScale, CauseMarks, CauseRules, CauseRubric}

// Move is one step of a total from one round to the next.
type Move struct {
	Cause         Cause
	Before, After float64
	Because       string // of CauseScale: whose figures changed the scales
}

// Position is the rank of a submission, or the reason why it has none.
type Position struct {
	Ranked   bool
	Unranked string // reason
	Total    float64
	Rank     int // among the ranked; 0 where it is not
}

// FewNames is the maximum number of names listed in a reason.
const FewNames = 3

// SameTotal is the smallest difference of two totals: ranks compare totals rounded to it.
const SameTotal = 1e-10

// ChangeKind says what changed. tables.yaml has the kinds in the order of a submission's rows, sheets.yaml the words.
type ChangeKind string

const (
	SubmissionNew       ChangeKind = "submission_new"       // 新增申报
	SubmissionWithdrawn ChangeKind = "submission_withdrawn" // no longer there
	NotResent           ChangeKind = "not_resent"           // the same file as in the last round
	ResentUnchanged     ChangeKind = "resent_unchanged"     // another file, and nothing in it changed
	Resent              ChangeKind = "resent"
	VerdictChanged      ChangeKind = "verdict"
	ObjectionUpheld     ChangeKind = "objection" // the register says so; what else changed may follow from it
	FindingNew          ChangeKind = "finding_new"
	FindingOpen         ChangeKind = "finding_open"     // was there in the last round
	FindingReopened     ChangeKind = "finding_reopened" // had an explanation, which no longer covers it
	FindingExplained    ChangeKind = "finding_explained"
	FindingClosed       ChangeKind = "finding_closed"
	ValueFilled         ChangeKind = "value_filled"
	ValueCleared        ChangeKind = "value_cleared"
	ValueChanged        ChangeKind = "value_changed"
	ValueRewritten      ChangeKind = "value_rewritten" // the same value, written otherwise
	RecordAdded         ChangeKind = "record_added"
	RecordRemoved       ChangeKind = "record_removed"
	RecordChanged       ChangeKind = "record_changed"
	TotalChanged        ChangeKind = "total"
	TotalStep           ChangeKind = "total_step" // part of it that one cause made
	RankChanged         ChangeKind = "rank"
)
