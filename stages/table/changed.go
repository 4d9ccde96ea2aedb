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
	Label        string         `col:"label"` // what it is about, for people
	Before       string         `col:"before,null"`
	After        string         `col:"after,null"`
	BeforeNumber Opt[float64]   `col:"before_number"`
	AfterNumber  Opt[float64]   `col:"after_number"`
	Sheet        string         `col:"sheet,null"` // where it stands now; what is gone, where it stood
	Cell         string         `col:"cell,null"`
	Fingerprint  string         `col:"fingerprint,null"` // of a finding
	Causes       string         `col:"causes,null"`      // of a verdict or a step of the total: ids joined by blanks
	Because      string         `col:"because,null"`     // of a total, a step of it or a rank: why, in words
}

// Cause is what can move a total from one round to the next; sheets.yaml has the words.
type Cause string

const (
	CauseProgram  Cause = "program"  // the earlier total scored again by this program
	CauseRegister Cause = "register" // the Department's: who was selected before, which consents and explanations count
	CauseOwn      Cause = "own"      // the submission's own figures
	CauseScale    Cause = "scale"    // the others' figures and who is ranked, over which the scales are laid
	CauseMarks    Cause = "marks"    // the experts'
	CauseRules    Cause = "rules"    // and the directory: they say who is ranked
	CauseRubric   Cause = "rubric"   // weights and the way to score
	CauseForm     Cause = "form"     // another form: the steps can't be told apart
)

// Causes lists them in the order in which they are taken one after the other; CauseForm stands alone.
var Causes = []Cause{CauseProgram, CauseRegister, CauseOwn, CauseScale, CauseMarks, CauseRules, CauseRubric}

// Move is one step of a total from one round to the next.
type Move struct {
	Cause         Cause
	Before, After float64
	Because       string // where the scales moved: whose figures moved them
}

// Place is where a submission stands.
type Place struct {
	Ranked   bool
	Unranked string // why not
	Total    float64
	Rank     int // among the ranked; 0 where it is not
}

// FewNames is how many of those that a move affects are named.
const FewNames = 3

// SameTotal is by how much two totals differ at least: ranks are made of totals rounded so.
const SameTotal = 1e-10

// ChangeKind says what changed: tables.yaml lists them in the order in which the changes of a submission stand, and
// sheets.yaml has the words.
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
