package table

import (
	"fmt"
	"math"
	"strings"

	"lianheti/stages/model"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

// The rows below are the published tables; the tag of a field names its column, and "null" says that the zero value
// means: nothing there. What each column means stands in tables.yaml. Rows of one submission stand together.

// Status is the SDMX observation status of a value.
type Status string

const (
	Normal        Status = "A"
	Missing       Status = "O" // 未填
	NotApplicable Status = "M" // 不适用
	Invalid       Status = "V" // something stands there that can't be read
)

// Absent is how a person reads why there is no value; empty where there is one.
func (s Status) Absent() string {
	return map[Status]string{Missing: "未填", NotApplicable: "不适用", Invalid: "无法识别"}[s]
}

// What a file was handed in as.
const (
	RoleSubmission = "submission" // a recommendation workbook
	RoleMarks      = "marks"      // an expert's marking workbook
	RoleProgress   = "progress"   // a progress form of one chosen in an earlier batch
)

// File is one row of files: one file that arrived.
type File struct {
	Role         string     `col:"role"`
	Path         string     `col:"path"`
	SHA256       string     `col:"sha256"`
	Size         int64      `col:"size"`
	Fate         model.Fate `col:"fate"`
	Code         string     `col:"code,null"`
	Reason       string     `col:"reason,null"`
	Cure         string     `col:"cure,null"`
	Submission   string     `col:"submission,null"`
	SupersededBy string     `col:"superseded_by,null"`
	CellsRead    int32      `col:"cells_read"`
	CellsUsed    int32      `col:"cells_used"`
	CellsOther   int32      `col:"cells_explained"`
}

// Became says in words what became of the file: a recommendation as Word or PDF is none of those that have nothing to do
// with the call.
func (f File) Became(d *templates.Definition) string {
	if rule := d.Rule(f.Code); rule != nil && (rule.ID == "piece" || rule.ID == "old_word") {
		return d.Rule(d.CodeOf("piece")).Title
	}
	return f.Fate.Label()
}

// Submission is one consortium's valid workbook. The published table adds the verdict and the single figures.
type Submission struct {
	Submission     string     `col:"submission"` // 2024-07; off the directory 2024-X and six hex digits of the name
	DirectoryNo    Opt[int32] `col:"directory_no"`
	CityCode       string     `col:"city_code,null"`
	City           string     `col:"city,null"`
	Consortium     string     `col:"consortium,null"`
	Park           string     `col:"park,null"`
	LeadSchool     string     `col:"lead_school,null"`
	LeadEnterprise string     `col:"lead_enterprise,null"`
	National       bool       `col:"is_national" was:"national"` // the directory marks it as national: listed, never ranked
	Edition        Opt[int32] `col:"edition"`
	File           string     `col:"file"`
	SHA256         string     `col:"sha256"`
	CheckCode      string     `col:"check_code"` // as in the footer of the printed form; see CheckCode
}

// Figure is the answer to one undated field that is not a long text: one row a submission and field. For personal fields
// only the status (and, for a list of persons, their number) stands here.
type Figure struct {
	Submission string       `col:"submission"`
	Field      string       `col:"field"`
	Number     Opt[float64] `col:"number"`
	Text       string       `col:"text,null"` // texts, choices, ISO dates; true or false for declarations
	Unit       string       `col:"unit,null"`
	Status     Status       `col:"status"`
	Sheet      string       `col:"sheet"`
	Cell       string       `col:"cell"`
	Raw        string       `col:"raw,null"`
}

// ListCell is one filled cell of a list of a form that has no table of its own.
type ListCell struct {
	Submission string       `col:"submission,null"` // empty: of a progress form, which is nobody's submission
	File       string       `col:"file,later"`
	List       string       `col:"list"`
	Record     int32        `col:"record"` // 1-based, as in the workbook
	Field      string       `col:"field"`
	Number     Opt[float64] `col:"number"`
	Text       string       `col:"text,null"`
	Unit       string       `col:"unit,null"`
	Status     Status       `col:"status"`
	Sheet      string       `col:"sheet"`
	Cell       string       `col:"cell"`
	Raw        string       `col:"raw,null"`
}

// Piece is a recommendation that arrived as Word or PDF, and where it says otherwise than the workbook one such value.
type Piece struct {
	File        string     `col:"file"`
	Kind        string     `col:"kind"`
	Submission  string     `col:"submission,null"` // whose workbook it was held against
	DirectoryNo Opt[int32] `col:"directory_no"`
	Consortium  string     `col:"consortium,null"`
	Code        string     `col:"code,null"` // check code that it prints
	Result      string     `col:"result"`
	Differences int32      `col:"differences"`
	Field       string     `col:"field,null"`
	Year        Opt[int32] `col:"year"`
	Said        string     `col:"said,null"`
	SaidAt      string     `col:"said_at,null"`
	Held        string     `col:"held,null"` // by the workbook
	Sheet       string     `col:"sheet,null"`
	Cell        string     `col:"cell,null"`
}

// Kinds of pieces, and what came of them.
const (
	PieceWord    = "word"
	PiecePDF     = "pdf"
	PieceOld     = "old_word"
	PieceSame    = "same"
	PieceDiffers = "differs"
	PieceAlone   = "alone"    // there is no workbook: reported, to be transcribed
	PieceNoCode  = "no_code"  // a scan, or printed by something else
	PieceOther   = "misnamed" // agrees with a workbook whose name is not the file's
)

// Metric is one number of one year: the long form of everything that has a year.
type Metric struct {
	Submission string       `col:"submission"`
	Indicator  string       `col:"indicator"`
	Year       int32        `col:"year"`
	Value      Opt[float64] `col:"value"`
	Unit       string       `col:"unit"`
	Kind       string       `col:"kind"` // actual or committed
	Status     Status       `col:"status"`
	Sheet      string       `col:"sheet"`
	Cell       string       `col:"cell"`
	Raw        string       `col:"raw,null"`
}

// Text is one long text.
type Text struct {
	Submission string     `col:"submission"`
	Field      string     `col:"field"`
	Year       Opt[int32] `col:"year"`
	Text       string     `col:"text,null"`
	Characters int32      `col:"characters"`
	Limit      Opt[int32] `col:"character_limit" was:"limit"`
	Status     Status     `col:"status"`
	Sheet      string     `col:"sheet"`
	Cell       string     `col:"cell"`
}

// Member is one member unit.
type Member struct {
	Submission string       `col:"submission"`
	Record     int32        `col:"record"`    // 1-based, as listed
	Kind       string       `col:"kind,null"` // id of the member kind; null where it is not one of the seven
	KindLabel  string       `col:"kind_label,null"`
	Name       string       `col:"name,null"`
	NameKey    string       `col:"name_key,null"` // for recognising the same unit elsewhere
	Enrolment  Opt[float64] `col:"enrolment"`
	Status     Status       `col:"enrolment_status"`
	IsLead     bool         `col:"is_lead"`
	Sheet      string       `col:"sheet"`
	Cell       string       `col:"cell"` // of the name
}

// Material is one row of the index of supporting materials.
type Material struct {
	Submission string `col:"submission"`
	Record     int32  `col:"record"`
	Number     string `col:"number,null"`
	Title      string `col:"title,null"`
	Supports   string `col:"supports,null"`
	Pages      string `col:"pages,null"`
	Sheet      string `col:"sheet"`
	Cell       string `col:"cell"`
}

// Verification is one thing the prefecture verified.
type Verification struct {
	Submission string            `col:"submission"`
	Record     int32             `col:"record"`
	Section    string            `col:"section,null"`
	Means      string            `col:"means,null"`
	Unit       string            `col:"unit,null"`
	Result     string            `col:"result,null"`
	Day        Opt[arrow.Date32] `col:"date"` // of Date, where it names one
	Date       string            `col:"date_text,null" was:"date"`
	Sheet      string            `col:"sheet"`
	Cell       string            `col:"cell"`
}

// Explanation is one row of 情况说明.
type Explanation struct {
	Submission  string `col:"submission"`
	Record      int32  `col:"record"`
	Fingerprint string `col:"fingerprint,null"`
	ValueHash   string `col:"value_hash,null"` // of the values that it was asked about
	About       string `col:"about,null"`
	Explanation string `col:"explanation,null"`
	Sheet       string `col:"sheet"`
	Cell        string `col:"cell"`
}

// Coercion is one change made in reading a value: raw to clean.
type Coercion struct {
	Submission string     `col:"submission"`
	Field      string     `col:"field"`
	Year       Opt[int32] `col:"year"`
	Record     Opt[int32] `col:"record"`
	Kind       string     `col:"kind"`
	Guess      bool       `col:"guess"` // it changes magnitude or meaning
	From       string     `col:"from_raw"`
	To         string     `col:"to_clean,null"`
	Sheet      string     `col:"sheet"`
	Cell       string     `col:"cell"`
}

// ListColumn is where a column of a list stands in a workbook: columns move with what people insert.
type ListColumn struct {
	Submission string `col:"submission"`
	Field      string `col:"field"`
	Sheet      string `col:"sheet"`
	Cell       string `col:"cell"` // of the header
}

// LooseCell is a filled cell that became no value, with the reason.
type LooseCell struct {
	Submission string `col:"submission"`
	Sheet      string `col:"sheet"`
	Cell       string `col:"cell"`
	Raw        string `col:"raw,null"`
	Reason     string `col:"reason"`
}

// Note is one finding made while reading files, as Facts.Reading has it: with it check can be done again from the tables.
type Note struct {
	Code       string     `col:"code"`
	Submission string     `col:"submission,null"`
	Fields     string     `col:"fields,null"` // ids, joined by blanks
	Year       Opt[int32] `col:"year"`
	Member     string     `col:"member,null"`
	Raw        string     `col:"raw,null"`
	Value      string     `col:"value,null"`
	Places     string     `col:"places"`    // JSON: [{"file","sheet","cell"}]
	Variables  string     `col:"variables"` // JSON: {name: value}
}

// Contact is a field with personal data. It goes to one sheet of the provincial workbook and nowhere else.
type Contact struct {
	Submission string `col:"submission"`
	Field      string `col:"field"`
	Text       string `col:"text,null"`
	Sheet      string `col:"sheet"`
	Cell       string `col:"cell"`
}

// Finding is one fault or remark, with its first place; all places stand in places.
type Finding struct {
	Role        string         `col:"role,later"` // of the file that it is about, as in files
	Code        string         `col:"code"`
	Rule        string         `col:"rule"`
	Severity    model.Severity `col:"severity"`
	Submission  string         `col:"submission,null"`
	CityCode    string         `col:"city_code,null"`
	City        string         `col:"city,null"`
	Consortium  string         `col:"consortium,null"`
	Fields      string         `col:"fields,null"` // ids, joined by blanks
	Year        Opt[int32]     `col:"year"`
	Member      string         `col:"member,null"`
	File        string         `col:"file"`
	Sheet       string         `col:"sheet,null"`
	Cell        string         `col:"cell,null"`
	Places      string         `col:"places"` // all, joined by "; "
	Raw         string         `col:"raw,null"`
	Value       string         `col:"value,null"`
	Title       string         `col:"title"`
	Message     string         `col:"message"`
	Cure        string         `col:"cure"`
	Authority   string         `col:"authority"`
	Fingerprint string         `col:"fingerprint"`
	ValueHash   string         `col:"value_hash"`
	Explanation string         `col:"explanation,null"`          // in force, with what the register says of it
	Own         string         `col:"own_explanation,null"`      // the prefecture's words for these values, whatever the register says
	Outdated    string         `col:"outdated_explanation,null"` // given for other values
	Accepted    bool           `col:"accepted,null"`             // the register accepted the explanation
}

// Outcome is one rule on one submission.
type Outcome struct {
	Submission string        `col:"submission"`
	Code       string        `col:"code"`
	Rule       string        `col:"rule"`
	Outcome    model.Outcome `col:"outcome"`
	Cases      int32         `col:"cases"` // how many values the rule looked at
	Failed     int32         `col:"failed"`
	Undecided  int32         `col:"undecided"`
	Reason     string        `col:"reason,null"`
}

// Verdict is what follows from the findings of one submission.
type Verdict struct {
	Submission string        `col:"submission"`
	Verdict    model.Verdict `col:"verdict"`
	Ranked     bool          `col:"ranked"`
	Unranked   string        `col:"unranked_reason,null"`
	Errors     int32         `col:"errors"`
	Warnings   int32         `col:"warnings"`  // not yet explained
	Explained  int32         `col:"explained"` // warnings with an explanation in force
	Hints      int32         `col:"hints"`
	Award      string        `col:"award,null"` // how far it has come to being chosen, as registered
}

// Incentive is one move that an applicant could make, and what would come of it. It is for the Department alone.
type Incentive struct {
	Submission  string       `col:"submission"`
	City        string       `col:"city,null"`
	Consortium  string       `col:"consortium,null"`
	List        string       `col:"list"` // perverse or claim
	Kind        string       `col:"kind"` // id of the move in audit.yaml, or pair, gathered
	Move        string       `col:"move"` // unique in the submission
	What        string       `col:"what"`
	Cells       string       `col:"cells,null"` // joined by "; "
	RankBefore  int32        `col:"rank_before"`
	RankAfter   Opt[int32]   `col:"rank_after"` // nothing where it is no longer ranked
	TotalBefore float64      `col:"total_before"`
	TotalAfter  Opt[float64] `col:"total_after"`
	Pays        bool         `col:"pays"`
	Verdict     string       `col:"verdict,null"` // this and what follows: nothing where the total does not rise
	Errors      Opt[int32]   `col:"new_errors"`
	Warnings    Opt[int32]   `col:"new_warnings"`
	Gone        Opt[int32]   `col:"findings_gone"`
	Findings    string       `col:"new_findings,null"`
	Evidence    string       `col:"evidence,null"`
}

// Score is one observation point of one submission (Evidence empty: the point as a whole), or one evidence of it. Of a point
// as a whole, Points = (Weight − Open) × Value = Foundation + Promise + ExpertPoints.
type Score struct {
	Submission   string       `col:"submission"`
	Point        string       `col:"point"`
	Evidence     string       `col:"evidence,null"`
	Kind         string       `col:"kind,null"` // level, growth, commitment
	Formula      string       `col:"formula,null"`
	Raw          Opt[float64] `col:"raw"`
	Normalised   Opt[float64] `col:"normalised"` // 0–1; of a point, what its figures say
	Method       string       `col:"method"`
	Weight       float64      `col:"weight"`
	Points       Opt[float64] `col:"points"`
	Lower        float64      `col:"lower"`
	Upper        float64      `col:"upper"`
	Open         float64      `col:"open"`        // points that wait for experts
	Value        Opt[float64] `col:"value"`       // of a point, 0–1: figures and marks together, as far as they count
	Foundation   Opt[float64] `col:"foundation"`  // of a point: points from level and growth, which only know years that are over
	Promise      Opt[float64] `col:"promise"`     // of a point: points from commitments
	Mark         Opt[float64] `col:"mark"`        // of a point: the experts' marks combined, on the rubric's scale; for a deduction, points
	Marks        Opt[int32]   `col:"marks"`       // of a point: how many marks that is made of
	MarkSpread   Opt[float64] `col:"mark_spread"` // sample standard deviation of the marks
	ExpertPoints Opt[float64] `col:"expert_points"`
	Status       string       `col:"status"`
	Cells        string       `col:"cells,null"` // source cells, joined by "; "
	Doubt        string       `col:"doubt,null"` // of an evidence: open findings about its cells; such a figure wins no comparison
	Note         string       `col:"note,null"`
}

// AsCounted is the Scale.Base of a value as it counts.
const AsCounted = "none"

// Scale is one value of the set over which the scale of an evidence is laid.
type Scale struct {
	Evidence   string       `col:"evidence"`
	Base       string       `col:"base"` // what it is divided by in a scenario; none: as it counts
	Formula    string       `col:"formula"`
	Submission string       `col:"submission"`
	Raw        Opt[float64] `col:"raw"`   // none: a gap, worse than any value
	Fixed      bool         `col:"fixed"` // experts have marked: later rounds keep it
}

// Lapse is one edit of one submission after which it stands otherwise than any fair way to score lets it.
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

// Rank is one submission in the ranking. Ranks are ranges where something could be otherwise: the weights (low, high), what is
// missing (best, worst), the method, a point left out, other experts.
type Rank struct {
	Submission  string       `col:"submission"`
	CityCode    string       `col:"city_code,null"`
	City        string       `col:"city,null"`
	Consortium  string       `col:"consortium,null"`
	Verdict     string       `col:"verdict"`
	Ranked      bool         `col:"ranked"`
	Unranked    string       `col:"unranked_reason,null"`
	Waiting     bool         `col:"waiting,later"` // came after the marking: listed beside, rank_best and rank_worst over all that it could get
	Complete    bool         `col:"complete"`      // the experts' marks are in and counted: total is 总分, otherwise 数据部分得分
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
	OtherTotal  Opt[float64] `col:"total_if_deducted"` // where a proposed deduction is not decided: the total less the largest proposed
	Proposals   string       `col:"proposals,null"`    // what experts propose, and what became of it
	Pending     bool         `col:"pending,later"`     // some of it is not decided
	Vetoes      Opt[int32]   `col:"vetoes"`            // experts who propose to turn it down
	Rank        Opt[int32]   `col:"rank"`
	Tied        bool         `col:"tied"`
	RankLow     Opt[int32]   `col:"rank_low"`  // 5 % quantile over weight draws
	RankHigh    Opt[int32]   `col:"rank_high"` // 95 %
	First3      Opt[float64] `col:"first_3"`   // chances are there once the state is complete
	First4      Opt[float64] `col:"first_4"`
	First5      Opt[float64] `col:"first_5"`
	FirstK      Opt[float64] `col:"first_k"`     // k: how many are to be chosen
	OvertakeBy  Opt[float64] `col:"overtake_by"` // before the state is complete: by what its marks must exceed those of the one before it
	Overtake    string       `col:"overtake,null"`
	MendedBest  Opt[int32]   `col:"mended_best"` // of a returned one: the ranks that it could have if it were mended; the Department's alone
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
	Firm        string       `col:"firm,null"` // safe, fairly, contested: how many tests carry it over the line: none, one, more
	LineReason  string       `col:"line_reason,null"`
	Present     float64      `col:"evidence_present"` // share of evidence that is there
	Method      string       `col:"method"`
}

// Tag stands beside the name of a submission wherever its rank stands, while experts' proposals about it are undecided.
func (r Rank) Tag() string {
	if !r.Pending || r.Proposals == "" {
		return ""
	}
	return "〔待厅里认定：" + r.Proposals + "〕"
}

// Range is the ranks that a submission takes where something is otherwise.
type Range struct {
	Where       string
	Best, Worst Opt[int32]
	Marked      bool // known only when the marks are in
}

// Places of two of them.
const (
	Reweighted = iota
	Filled
)

// Ranges lists them.
func (r Rank) Ranges() []Range {
	return []Range{
		{"权重变动（5%—95%）", r.RankLow, r.RankHigh, false}, {"缺数补齐", r.RankBest, r.RankWorst, false},
		{"尺度里去掉一家", r.ScaleBest, r.ScaleWorst, false}, {"换一种方法", r.MethodBest, r.MethodWorst, false},
		{"去掉一个观测点", r.LeaveBest, r.LeaveWorst, false}, {"换专家（5%—95%）", r.ExpertLow, r.ExpertHigh, true},
	}
}

// String writes it; a dash where nothing is known.
func (r Range) String() string {
	switch {
	case !r.Best.Valid:
		return "－"
	case r.Best == r.Worst:
		return fmt.Sprint(r.Best.V)
	}
	return fmt.Sprintf("%d–%d", r.Best.V, r.Worst.V)
}

// Said writes a total with what can be had, and says where some of the evidence was left out of it: 16.70/54.
func (r Rank) Said() string {
	said := fmt.Sprintf("%.2f/%s", r.Total, Plain(Some(math.Round(r.Possible*1e10)/1e10)))
	if r.Present < 1 {
		said += fmt.Sprintf("（依据计入%s％，其余按比例补足）", Plain(Some(math.Floor(r.Present*1000)/10)))
	}
	return said
}

// Kinds of a mark, and what became of it.
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

// Mark is one mark of one expert: of a point, of the deduction, or a proposal to turn the submission down. An expert is known by
// an id: names are personal data.
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

// Expert is what one expert's marks come to.
type Expert struct {
	Expert    string       `col:"expert"`
	File      string       `col:"file"`
	Asked     int32        `col:"asked"` // marks and deductions that the workbook asks for
	Counted   int32        `col:"counted"`
	Unfilled  int32        `col:"unfilled"`
	Invalid   int32        `col:"invalid"`
	Conflicts int32        `col:"conflicts"`
	Lacking   string       `col:"lacking,null"` // what is unfilled: submission and points
	Mean      Opt[float64] `col:"mean"`
	Spread    Opt[float64] `col:"spread"`   // sample standard deviation
	Leniency  Opt[float64] `col:"leniency"` // of the additive fit mark = point of a submission + expert, by least squares; they add up to 0
}

// How far an expert has come with a submission.
const (
	AssessedWhole    = "whole"
	AssessedPart     = "part"
	AssessedNone     = "none"
	AssessedConflict = "conflict"
)

// Assessment is one cell of the matrix expert × submission; without an expert, what all of them come to.
type Assessment struct {
	Expert     string       `col:"expert,null"`
	Submission string       `col:"submission"`
	State      string       `col:"state"`
	Asked      int32        `col:"asked"`
	Counted    int32        `col:"counted"`
	Lacking    string       `col:"lacking,null"` // points
	Points     Opt[float64] `col:"points"`       // of all together: the mean over the experts who marked everything that they were asked
	Full       float64      `col:"possible"`     // what could be had for what counted
	Spread     Opt[float64] `col:"spread"`       // of all together: sample standard deviation of those experts' points
	Deduction  Opt[float64] `col:"deduction"`    // proposed
	Veto       bool         `col:"veto"`
}

// Add counts one mark in; full is what its point leaves to experts, scale the highest mark.
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

// Disagreement is a point of a submission on which the experts' words differ, their leniency taken off.
type Disagreement struct {
	Submission string  `col:"submission"`
	Point      string  `col:"point"`
	Marks      int32   `col:"marks"`
	Lowest     float64 `col:"lowest"`
	LowestBy   string  `col:"lowest_by"`
	Highest    float64 `col:"highest"`
	HighestBy  string  `col:"highest_by"`
	Spread     float64 `col:"spread"`
	Stake      float64 `col:"stake"` // points of the total between the two, leniency taken off
}

// Growth is one promise of one submission: growth promised beside growth achieved, and beside the peers'.
type Growth struct {
	Submission    string       `col:"submission"`
	Indicator     string       `col:"indicator"`
	Measure       string       `col:"measure"`  // percent a year, points a year
	Achieved      Opt[float64] `col:"achieved"` // from the year before the last actual one to it
	Promised      Opt[float64] `col:"promised"` // a year, from the last actual year to the last committed one
	PeersAchieved Opt[float64] `col:"peers_achieved"`
	PeersPromised Opt[float64] `col:"peers_promised"`
	PeersUpper    Opt[float64] `col:"peers_upper"`
	Flag          string       `col:"flag"` // verify, none, unknown
	Note          string       `col:"note,null"`
	Cells         string       `col:"cells,null"`
}

// Scenario is one submission's place under one other way to rank.
type Scenario struct {
	Scenario   string  `col:"scenario"`
	Submission string  `col:"submission"`
	Total      float64 `col:"total"`
	Rank       int32   `col:"rank"`
}

// Influence is how much one point decides.
type Influence struct {
	Point     string       `col:"point"`
	Nominal   float64      `col:"nominal"`   // share of the points that can be earned
	Effective Opt[float64] `col:"effective"` // share of the variance of the totals
	R2        Opt[float64] `col:"r2"`        // squared correlation with the total
	Deviation Opt[float64] `col:"deviation"` // standard deviation of the point's value, 0–1
}

// Swap is the smallest change of one point's weight that makes one submission inside the line and one outside change places.
type Swap struct {
	Inside  string       `col:"inside"`
	Outside string       `col:"outside"`
	Gap     float64      `col:"gap"`        // points between them
	Point   string       `col:"point,null"` // empty: no single weight does it
	Weight  Opt[float64] `col:"weight"`
	Needed  Opt[float64] `col:"weight_needed"`
	Words   string       `col:"words"`
}

// Certificate is the least weight that must be moved between observation points before anybody else is chosen.
type Certificate struct {
	Inside  string       `col:"inside"`
	Outside string       `col:"outside"`
	Gap     float64      `col:"gap"`
	Moved   Opt[float64] `col:"moved"` // points: half of the sum of all changes
	To      string       `col:"point_to,null"`
	Words   string       `col:"words"`
}

// Check is one doubtful cell: what it could cost, and whether it must be confirmed so that the rest can't change who is chosen.
type Check struct {
	Submission string     `col:"submission"`
	Order      int32      `col:"item_no" was:"order"`
	Needed     bool       `col:"needed"`
	Field      string     `col:"field,null"`
	Year       Opt[int32] `col:"year"`
	Raw        string     `col:"raw,null"`
	Guessed    bool       `col:"guessed"`
	Points     string     `col:"points,null"`
	Loss       float64    `col:"loss"` // points of the total, where it counted nothing
	Reason     string     `col:"reason"`
	Sheet      string     `col:"sheet,null"`
	Cell       string     `col:"cell,null"`
}

// Stake is what hangs on one open finding. The Department alone sees it.
type Stake struct {
	Submission  string         `col:"submission"`
	Fingerprint string         `col:"fingerprint"`
	Code        string         `col:"code"`
	Severity    model.Severity `col:"severity"`
	Title       string         `col:"title"`
	Points      string         `col:"points"` // observation points
	Loss        float64        `col:"loss"`   // of the total, where the figures count nothing
	Gain        float64        `col:"gain"`   // where they are as good as can be
	RankBest    int32          `col:"rank_best"`
	RankWorst   int32          `col:"rank_worst"`
}

// Lift is one step by which a submission outside the line would get inside: an evidence, or the experts' mark of a point, that would be as
// good as the best of the ranked. The steps of a submission follow each other; the others stay as they are.
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
	Label        string         `col:"label"` // what it is about, for people
	Before       string         `col:"before,null"`
	After        string         `col:"after,null"`
	BeforeNumber Opt[float64]   `col:"before_number"`
	AfterNumber  Opt[float64]   `col:"after_number"`
	Sheet        string         `col:"sheet,null"` // where it stands now; what is gone, where it stood
	Cell         string         `col:"cell,null"`
	Fingerprint  string         `col:"fingerprint,null"` // of a finding
	Causes       string         `col:"causes,null"`      // of a verdict or a step of the total: what moved it, ids joined by blanks
	Because      string         `col:"because,null"`     // of a total, a step of it or a rank: why, in words that name the submissions
}

// Cause is what can move a total from one round to the next.
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

// Label is how a person reads it.
func (c Cause) Label() string {
	return map[Cause]string{CauseProgram: "程序版本", CauseRegister: "登记", CauseOwn: "本申报的数", CauseScale: "定标的各家", CauseMarks: "专家评分", CauseRules: "规则、目录", CauseRubric: "权重、计分办法",
		CauseForm: "表单"}[c]
}

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

// Grouped puts together what has the same key, in the order in which the keys come first.
func Grouped[T any, K comparable](rows []T, key func(T) K) [][]T {
	var out [][]T
	at := map[K]int{}
	for _, r := range rows {
		i, known := at[key(r)]
		if !known {
			i = len(out)
			at[key(r)], out = i, append(out, nil)
		}
		out[i] = append(out[i], r)
	}
	return out
}

// SameTotal is by how much two totals differ at least: ranks are made of totals rounded so.
const SameTotal = 1e-10

// ChangeKind says what changed.
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

// ChangeKinds lists them in the order in which the changes of a submission stand.
var ChangeKinds = []ChangeKind{SubmissionNew, SubmissionWithdrawn, NotResent, ResentUnchanged, Resent,
	ObjectionUpheld, VerdictChanged, FindingNew, FindingReopened, FindingOpen, FindingExplained, FindingClosed,
	ValueFilled, ValueCleared, ValueChanged, ValueRewritten, RecordAdded, RecordRemoved, RecordChanged, TotalChanged, TotalStep, RankChanged}

// Label is how a person reads it.
func (k ChangeKind) Label() string {
	return map[ChangeKind]string{SubmissionNew: "新增申报", SubmissionWithdrawn: "本轮没有", NotResent: "没有重报", ResentUnchanged: "重报而内容未变（个人信息栏目不比较）", Resent: "已重报",
		VerdictChanged: "结论改变", ObjectionUpheld: "异议成立", FindingNew: "新出现的问题", FindingReopened: "须重新说明", FindingOpen: "仍未解决", FindingExplained: "已说明", FindingClosed: "已解决",
		ValueFilled: "补填", ValueCleared: "清空", ValueChanged: "改数", ValueRewritten: "改写法", RecordAdded: "增加一行", RecordRemoved: "删去一行", RecordChanged: "改动一行",
		TotalChanged: "得分改变", TotalStep: "其中", RankChanged: "名次改变"}[k]
}
