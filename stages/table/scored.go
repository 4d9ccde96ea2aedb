package table

import (
	"fmt"
	"math"
	"strings"

	"lianheti/stages/model"
)

// Score is one observation point of one submission (Evidence is empty), or one evidence of it. Of a point,
// Points = (Weight − Open) × Value = Foundation + Promise + ExpertPoints.
type Score struct {
	Submission   string       `col:"submission"`
	Point        string       `col:"point"`
	Evidence     string       `col:"evidence,null"`
	Kind         string       `col:"kind,null"` // level, growth, commitment
	Formula      string       `col:"formula,null"`
	Raw          Opt[float64] `col:"raw"`
	Normalised   Opt[float64] `col:"normalised"` // 0–1; of a point, the weighted mean of its evidence
	Method       string       `col:"method"`
	Weight       float64      `col:"weight"`
	Points       Opt[float64] `col:"points"`
	Lower        float64      `col:"lower"`
	Upper        float64      `col:"upper"`
	Open         float64      `col:"open"`        // points that wait for experts
	Value        Opt[float64] `col:"value"`       // of a point, 0–1: figures and marks, as far as they count
	Foundation   Opt[float64] `col:"foundation"`  // of a point: points from level and growth
	Promise      Opt[float64] `col:"promise"`     // of a point: points from commitments
	Mark         Opt[float64] `col:"mark"`        // of a point: marks combined, on the rubric's scale; or points deducted
	Marks        Opt[int32]   `col:"marks"`       // how many marks that is made of
	MarkSpread   Opt[float64] `col:"mark_spread"` // their sample standard deviation
	ExpertPoints Opt[float64] `col:"expert_points"`
	Status       string       `col:"status"`     // scored, partial, missing, bottom, expert: marks wait
	Cells        string       `col:"cells,null"` // source cells, joined by "; "
	Doubt        string       `col:"doubt,null"` // open findings about the cells of an evidence
	Note         string       `col:"note,null"`
}

// AsCounted is the Scale.Base of values that are not divided by a base.
const AsCounted = "none"

// Scale is one value of the reference set by which an evidence is normalised.
type Scale struct {
	Evidence   string       `col:"evidence"`
	Base       string       `col:"base"` // base that it is divided by in a scenario, or AsCounted
	Formula    string       `col:"formula"`
	Submission string       `col:"submission"`
	Raw        Opt[float64] `col:"raw"`   // null: missing, worse than any value
	Fixed      bool         `col:"fixed"` // kept by later rounds, because experts have marked
}

// Lapse is a violation of a fairness property of the scoring: an edit of one submission that changes its rank in a way
// that the property forbids.
type Lapse struct {
	Submission string     `col:"submission"`
	Property   string     `col:"property"`
	Field      string     `col:"field,null"` // empty: the roster, or nothing
	Year       Opt[int32] `col:"year"`
	Edit       string     `col:"edit,null"`
	Total      float64    `col:"total"`
	TotalAfter float64    `col:"total_after"`
	Rank       int32      `col:"rank"`
	RankAfter  int32      `col:"rank_after"`
}

// Codes that columns hold.
const (
	Inside, Tied, Outside   = "inside", "tied", "outside"   // Rank.Line: whether among the first k
	Safe, Fairly, Contested = "safe", "fairly", "contested" // Rank.Firm: none, one, more tests move it over the line

	Scored, Partial, Unscored, Bottom = "scored", "partial", "missing", "bottom" // Score.Status

	Verify, NoFlag, UnknownGrowth = "verify", "none", "unknown" // Growth.Flag
)

// Rank is one submission in the ranking, with the ranges of its rank under changed assumptions (see Ranges).
type Rank struct {
	Submission  string       `col:"submission"`
	CityCode    string       `col:"city_code,null"`
	City        string       `col:"city,null"`
	Consortium  string       `col:"consortium,null"`
	Verdict     string       `col:"verdict"`
	Ranked      bool         `col:"ranked"`
	Unranked    string       `col:"unranked_reason,null"`
	Waiting     bool         `col:"waiting,later"` // came after the marking
	Complete    bool         `col:"complete"`      // the experts' marks count: total is 总分, otherwise 数据部分得分
	State       string       `col:"state,later"`   // of the batch: figures, part, complete
	Total       float64      `col:"total"`
	Lower       float64      `col:"total_lower"`
	Upper       float64      `col:"total_upper"`
	Possible    float64      `col:"possible"` // points that can be earned as things stand
	Open        float64      `col:"open"`     // points that wait for experts
	Foundation  float64      `col:"foundation"`
	Promise     float64      `col:"promise"`
	Experts     Opt[float64] `col:"expert_points"`
	Deduction   Opt[float64] `col:"deduction"`         // 7 其他, as the Department decided, off the total; null: not decided
	OtherTotal  Opt[float64] `col:"total_if_deducted"` // by the largest deduction that is proposed and not decided
	Proposals   string       `col:"proposals,null"`    // what experts propose, and what became of it
	Pending     bool         `col:"pending,later"`     // some of it is not decided
	Vetoes      Opt[int32]   `col:"vetoes"`            // number of experts who propose to reject it
	Rank        Opt[int32]   `col:"rank"`
	Tied        bool         `col:"tied"`
	RankLow     Opt[int32]   `col:"rank_low"`  // 5 % quantile over weight draws
	RankHigh    Opt[int32]   `col:"rank_high"` // 95 %
	First3      Opt[float64] `col:"first_3"`   // chances are there once the state is complete
	First4      Opt[float64] `col:"first_4"`
	First5      Opt[float64] `col:"first_5"`
	FirstK      Opt[float64] `col:"first_k"`     // k: number to choose
	OvertakeBy  Opt[float64] `col:"overtake_by"` // not complete: by what its marks must exceed those of the one before
	Overtake    string       `col:"overtake,null"`
	MendedBest  Opt[int32]   `col:"mended_best"` // of a returned one, if it were mended; the Department's alone
	MendedWorst Opt[int32]   `col:"mended_worst"`
	RankBest    Opt[int32]   `col:"rank_best"` // over what is missing
	RankWorst   Opt[int32]   `col:"rank_worst"`
	MethodBest  Opt[int32]   `col:"method_best"` // over other normalisations, aggregations and sets of weights
	MethodWorst Opt[int32]   `col:"method_worst"`
	LeaveBest   Opt[int32]   `col:"leave_out_best"` // over rankings without one of the points
	LeaveWorst  Opt[int32]   `col:"leave_out_worst"`
	ScaleBest   Opt[int32]   `col:"scale_best"` // over scales without one submission around the line; all stay ranked
	ScaleWorst  Opt[int32]   `col:"scale_worst"`
	ExpertLow   Opt[int32]   `col:"expert_low"` // 5 % quantile over resampled experts
	ExpertHigh  Opt[int32]   `col:"expert_high"`
	Line        string       `col:"line,null"` // inside, tied, outside, once the state is complete: as to the first k
	Firm        string       `col:"firm,null"` // safe, fairly, contested: none, one, more tests carry it over the line
	LineReason  string       `col:"line_reason,null"`
	Present     float64      `col:"evidence_present"` // share of evidence that is not missing
	Method      string       `col:"method"`
}

// Tag is shown with the name of a submission wherever its rank is shown, while experts' proposals are not decided.
func (r Rank) Tag() string {
	return Either(!r.Pending || r.Proposals == "", "", "〔待厅里认定："+r.Proposals+"〕")
}

// Range is the range of ranks of a submission under one kind of changed assumptions.
type Range struct {
	Where       string // the assumption, in words
	Best, Worst Opt[int32]
	Marked      bool // known only once all marks are in
}

// Indexes of two of the Ranges.
const (
	Reweighted = iota
	Filled
)

// Ranges lists the ranges of the rank.
func (r Rank) Ranges() []Range {
	return []Range{
		{"权重变动（5%—95%）", r.RankLow, r.RankHigh, false}, {"缺数补齐", r.RankBest, r.RankWorst, false},
		{"尺度里去掉一家", r.ScaleBest, r.ScaleWorst, false}, {"换一种方法", r.MethodBest, r.MethodWorst, false},
		{"去掉一个观测点", r.LeaveBest, r.LeaveWorst, false}, {"换专家（5%—95%）", r.ExpertLow, r.ExpertHigh, true},
	}
}

// String formats the range; a dash where it is unknown.
func (r Range) String() string {
	switch {
	case !r.Best.Valid:
		return "－"
	case r.Best == r.Worst:
		return fmt.Sprint(r.Best.V)
	}
	return fmt.Sprintf("%d–%d", r.Best.V, r.Worst.V)
}

// TotalText is the total with the points that can be earned, and the share of evidence where some is missing: 16.70/54.
func (r Rank) TotalText() string {
	said := fmt.Sprintf("%.2f/%s", r.Total, Plain(Some(Rounded(r.Possible))))
	if r.Present < 1 {
		said += fmt.Sprintf("（依据计入%s％，其余按比例补足）", Plain(Some(math.Floor(r.Present*1000)/10)))
	}
	return said
}

// Kinds of a mark, and its status.
const (
	MarkPoint     = "mark"
	MarkDeduction = "deduction"
	MarkVeto      = "veto"

	MarkCounted  = "counted"
	MarkDropped  = "dropped"  // as the highest or the lowest
	MarkConflict = "conflict" // the expert has a conflict of interest
	MarkUnfilled = "unfilled"
	MarkInvalid  = "invalid" // no number, or out of range
	MarkUnknown  = "unknown" // no such submission or point
)

// Mark is one mark of one expert: for a point, a deduction, or a proposal to reject the submission (veto). Experts have
// ids, because names are personal data.
type Mark struct {
	Expert     string       `col:"expert"`
	Submission string       `col:"submission"`
	Point      string       `col:"point,null"`
	Kind       string       `col:"kind"` // mark, deduction, veto
	Value      Opt[float64] `col:"value"`
	Status     string       `col:"status"` // counted, dropped, conflict, unfilled, invalid, unknown
	Comment    string       `col:"comment,null"`
	Note       string       `col:"note,null"`
	File       string       `col:"file"`
	Supplement int32        `col:"supplement"` // 0: the first workbook; otherwise the number of the supplementary one
	Sheet      string       `col:"sheet"`
	Cell       string       `col:"cell"`
}

// Expert is the summary of one expert's marks.
type Expert struct {
	Expert    string       `col:"expert"`
	File      string       `col:"file"`
	Asked     int32        `col:"asked"` // number of marks and deductions in the workbook
	Counted   int32        `col:"counted"`
	Unfilled  int32        `col:"unfilled"`
	Invalid   int32        `col:"invalid"`
	Conflicts int32        `col:"conflicts"`
	Lacking   string       `col:"lacking,null"` // unfilled: submissions and points
	Mean      Opt[float64] `col:"mean"`
	Spread    Opt[float64] `col:"spread"`   // sample standard deviation
	Leniency  Opt[float64] `col:"leniency"` // of the least-squares fit mark = submission's point + expert; they sum to 0
}

// Values of Assessment.State.
const (
	AssessedWhole    = "whole"
	AssessedPart     = "part"
	AssessedNone     = "none"
	AssessedConflict = "conflict"
)

// Assessment is one cell of the matrix expert × submission; without an expert, the summary of all experts.
type Assessment struct {
	Expert     string       `col:"expert,null"`
	Submission string       `col:"submission"`
	State      string       `col:"state"`
	Asked      int32        `col:"asked"`
	Counted    int32        `col:"counted"`
	Lacking    string       `col:"lacking,null"` // points
	Points     Opt[float64] `col:"points"`       // in the summary: mean over the experts who marked everything
	Full       float64      `col:"possible"`     // highest points of what counted
	Spread     Opt[float64] `col:"spread"`       // in the summary: sample standard deviation of those points
	Deduction  Opt[float64] `col:"deduction"`    // proposed
	Veto       bool         `col:"veto"`
}

// Add adds one mark; full are the points that experts can give for its point, scale is the highest mark.
func (a *Assessment) Add(m Mark, full, scale float64) {
	counted := m.Status == MarkCounted || m.Status == MarkDropped
	if m.Kind == MarkVeto {
		a.Veto = counted && m.Value.V > 0
		return
	}
	a.Asked++
	switch {
	case counted && m.Kind == MarkPoint:
		a.Counted, a.Full = a.Counted+1, a.Full+full
		a.Points = Some(a.Points.V + float64(full*m.Value.V/scale))
	case counted:
		a.Counted, a.Deduction = a.Counted+1, m.Value
	default:
		a.Lacking = strings.TrimPrefix(a.Lacking+"、"+m.Point, "、")
	}
	switch {
	case m.Status == MarkConflict:
		a.State = AssessedConflict
	case a.Counted == a.Asked:
		a.State = AssessedWhole
	case a.Counted == 0:
		a.State = AssessedNone
	default:
		a.State = AssessedPart
	}
}

// Disagreement is a point of a submission whose marks, corrected for leniency, fall into different bands.
type Disagreement struct {
	Submission string  `col:"submission"`
	Point      string  `col:"point"`
	Marks      int32   `col:"marks"`
	Lowest     float64 `col:"lowest"`
	LowestBy   string  `col:"lowest_by"`
	Highest    float64 `col:"highest"`
	HighestBy  string  `col:"highest_by"`
	Spread     float64 `col:"spread"`
	Stake      float64 `col:"stake"` // difference of the two in points of the total, corrected for leniency
}

// Growth compares one commitment of one submission: promised growth, achieved growth, and the peers'.
type Growth struct {
	Submission    string       `col:"submission"`
	Indicator     string       `col:"indicator"`
	Measure       string       `col:"measure"`  // percent a year, points a year
	Achieved      Opt[float64] `col:"achieved"` // between the last two actual years
	Promised      Opt[float64] `col:"promised"` // per year, from the last actual year to the last committed one
	PeersAchieved Opt[float64] `col:"peers_achieved"`
	PeersPromised Opt[float64] `col:"peers_promised"`
	PeersUpper    Opt[float64] `col:"peers_upper"`
	Flag          string       `col:"flag"` // verify, none, unknown
	Note          string       `col:"note,null"`
	Cells         string       `col:"cells,null"`
}

// Scenario is the rank of one submission in one alternative ranking.
type Scenario struct {
	Scenario   string  `col:"scenario"`
	Submission string  `col:"submission"`
	Total      float64 `col:"total"`
	Rank       int32   `col:"rank"`
}

// Influence is how much one point contributes to the ranking.
type Influence struct {
	Point     string       `col:"point"`
	Nominal   float64      `col:"nominal"`   // share of the points that can be earned
	Effective Opt[float64] `col:"effective"` // share of the variance of the totals
	R2        Opt[float64] `col:"r2"`        // squared correlation with the total
	Deviation Opt[float64] `col:"deviation"` // standard deviation of the point's value, 0–1
}

// Swap is the smallest change of one point's weight that swaps a submission inside the line and one outside.
type Swap struct {
	Inside  string       `col:"inside"`
	Outside string       `col:"outside"`
	Gap     float64      `col:"gap"`        // difference of their totals
	Point   string       `col:"point,null"` // empty: no change of a single weight is enough
	Weight  Opt[float64] `col:"weight"`
	Needed  Opt[float64] `col:"weight_needed"`
	Words   string       `col:"words"`
}

// Certificate is the smallest shift of weight between observation points that changes who is chosen.
type Certificate struct {
	Inside  string       `col:"inside"`
	Outside string       `col:"outside"`
	Gap     float64      `col:"gap"`
	Moved   Opt[float64] `col:"moved"` // points: half of the sum of all changes
	To      string       `col:"point_to,null"`
	Words   string       `col:"words"`
}

// Check is one doubtful cell: the points it could cost, and whether it must be verified to settle who is chosen.
type Check struct {
	Submission string     `col:"submission"`
	Order      int32      `col:"item_no" was:"order"`
	Needed     bool       `col:"needed"`
	Field      string     `col:"field,null"`
	Year       Opt[int32] `col:"year"`
	Raw        string     `col:"raw,null"`
	Guessed    bool       `col:"guessed"`
	Points     string     `col:"points,null"`
	Loss       float64    `col:"loss"` // points of the total if the cell counts nothing
	Reason     string     `col:"reason"`
	Sheet      string     `col:"sheet,null"`
	Cell       string     `col:"cell,null"`
}

// Lift is one step by which a submission outside the line could get inside: an evidence, or the experts' mark of a
// point, raised to the best of the ranked. The steps of a submission add up.
type Lift struct {
	Submission string       `col:"submission"`
	Step       int32        `col:"step"`
	Point      string       `col:"point"`
	Evidence   string       `col:"evidence,null"` // empty: the experts' mark
	Kind       string       `col:"kind,null"`
	Raw        Opt[float64] `col:"raw"`
	Best       float64      `col:"best"`
	BestOf     string       `col:"best_of"` // submission
	Gain       float64      `col:"gain"`
	Total      float64      `col:"total"`  // after this step
	Inside     bool         `col:"inside"` // then
}

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
