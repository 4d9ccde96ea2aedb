package table

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

// Rows of one submission are consecutive. Columns tagged null store the zero value as null. See also tables.yaml.

// Status is the SDMX observation status of a value.
type Status string

const (
	Normal        Status = "A"
	Missing       Status = "O" // 未填
	NotApplicable Status = "M" // 不适用
	Invalid       Status = "V" // filled in, but can't be read
)

// Absent is the reason why there is no value, in words; empty where there is one.
func (s Status) Absent() string {
	return map[Status]string{Missing: "未填", NotApplicable: "不适用", Invalid: "无法识别"}[s]
}

// What a file was handed in as.
const (
	RoleSubmission = "submission" // a recommendation workbook
	RoleMarks      = "marks"      // an expert's marking workbook
	RoleProgress   = "progress"   // a progress form of one chosen in an earlier batch
)

// File is one row of files: one file that arrived. Its JSON is public: check prints it.
type File struct {
	Role         string     `col:"role" json:"-"`
	Path         string     `col:"path" json:"path"`
	SHA256       string     `col:"sha256" json:"sha256"`
	Size         int64      `col:"size" json:"-"`
	Fate         model.Fate `col:"fate" json:"fate"`
	Code         string     `col:"code,null" json:"code,omitempty"` // why it was not accepted
	Reason       string     `col:"reason,null" json:"reason,omitempty"`
	Cure         string     `col:"cure,null" json:"cure,omitempty"`
	Submission   string     `col:"submission,null" json:"-"`
	SupersededBy string     `col:"superseded_by,null" json:"superseded_by,omitempty"`
	CellsRead    int32      `col:"cells_read" json:"-"`
	CellsUsed    int32      `col:"cells_used" json:"-"`
	CellsOther   int32      `col:"cells_explained" json:"-"`
}

// FileOf is the row of a file, with the catalogue's words for why it was not used; other is the file used instead.
func FileOf(d *templates.Definition, role string, f model.File, other string, read, used int) File {
	row := File{Role: role, Path: f.Path, SHA256: f.SHA256, Size: f.Size, Fate: f.Fate, Code: f.Code,
		SupersededBy: other, CellsRead: int32(read)}
	if f.Fate == model.Accepted {
		row.CellsUsed = int32(used)
	}
	row.CellsOther = row.CellsRead - row.CellsUsed
	if rule := d.Rule(f.Code); rule != nil {
		vars := map[string]string{"detail": f.Detail, "file": f.Path, "other": other}
		row.Reason, row.Cure = f.Because(templates.Fill(rule.Message, vars)), templates.Fill(rule.Cure, vars)
	}
	return row
}

// FateLabel is the fate of the file in words. Word and PDF copies are ignored, but have a name of their own.
func (f File) FateLabel(d *templates.Definition) string {
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
	National       bool       `col:"is_national" was:"national"` // as the directory says: listed, never ranked
	Edition        Opt[int32] `col:"edition"`
	File           string     `col:"file"`
	SHA256         string     `col:"sha256"`
	CheckCode      string     `col:"check_code"` // as in the footer of the printed form; see CheckCode
}

// EditionText is the edition in words.
func (s Submission) EditionText() string {
	return Either(s.Edition.Valid, fmt.Sprintf("报送版次%d", s.Edition.V), "未填报送版次")
}

// Order is the number in the directory; submissions off the directory come last.
func (s Submission) Order() int32 { return Either(s.DirectoryNo.Valid, s.DirectoryNo.V, math.MaxInt32) }

// Figure is the answer to one undated field that is not a long text. Of a personal field only the status is here, and
// of a list of persons their number.
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

// Piece is a recommendation that arrived as Word or PDF, with one value in which it differs from the workbook, if any.
type Piece struct {
	File        string     `col:"file"`
	Kind        string     `col:"kind"`
	Submission  string     `col:"submission,null"` // whose workbook it was compared with
	DirectoryNo Opt[int32] `col:"directory_no"`
	Consortium  string     `col:"consortium,null"`
	Code        string     `col:"code,null"` // check code that it prints
	Result      string     `col:"result"`
	Differences int32      `col:"differences"`
	Field       string     `col:"field,null"`
	Year        Opt[int32] `col:"year"`
	Said        string     `col:"said,null"`
	SaidAt      string     `col:"said_at,null"`
	Held        string     `col:"held,null"` // value in the workbook
	Sheet       string     `col:"sheet,null"`
	Cell        string     `col:"cell,null"`
}

// Kinds of pieces, and results of the comparison.
const (
	PieceWord    = "word"
	PiecePDF     = "pdf"
	PieceOld     = "old_word"
	PieceSame    = "same"
	PieceDiffers = "differs"
	PieceAlone   = "alone"    // there is no workbook: reported, to be transcribed
	PieceNoCode  = "no_code"  // a scan, or printed by something else
	PieceOther   = "misnamed" // same as a workbook of another name
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
	NameKey    string       `col:"name_key,null"` // the same for the same unit elsewhere
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

// ListColumn is the place of a list's column in a workbook, which changes where people insert columns.
type ListColumn struct {
	Submission string `col:"submission"`
	Field      string `col:"field"`
	Sheet      string `col:"sheet"`
	Cell       string `col:"cell"` // of the header
}

// LooseCell is a filled cell that is in no other table, with the reason.
type LooseCell struct {
	Submission string `col:"submission"`
	Sheet      string `col:"sheet"`
	Cell       string `col:"cell"`
	Raw        string `col:"raw,null"`
	Reason     string `col:"reason"`
}

// Note is one row of Facts.FileFindings, published so that check can be repeated from the tables.
type Note struct {
	Code       string     `col:"code"`
	Submission string     `col:"submission,null"`
	Fields     string     `col:"fields,null"` // ids, joined by spaces
	Year       Opt[int32] `col:"year"`
	Member     string     `col:"member,null"`
	Raw        string     `col:"raw,null"`
	Value      string     `col:"value,null"`
	Places     string     `col:"places"`    // JSON: [{"file","sheet","cell"}]
	Variables  string     `col:"variables"` // JSON: {name: value}
}

// Contact is a field with personal data. It is written into the workbook of contacts and nowhere else.
type Contact struct {
	Submission string `col:"submission"`
	Field      string `col:"field"`
	Text       string `col:"text,null"`
	Sheet      string `col:"sheet"`
	Cell       string `col:"cell"`
}

// Finding is one fault or remark. Sheet and Cell are its first place, Places are all.
type Finding struct {
	Role           string         `col:"role,later"` // of the file that it is about, as in files
	Code           string         `col:"code"`
	Rule           string         `col:"rule"`
	Severity       model.Severity `col:"severity"`
	Submission     string         `col:"submission,null"`
	CityCode       string         `col:"city_code,null"`
	City           string         `col:"city,null"`
	Consortium     string         `col:"consortium,null"`
	Fields         string         `col:"fields,null"` // ids, joined by spaces
	Year           Opt[int32]     `col:"year"`
	Member         string         `col:"member,null"`
	File           string         `col:"file"`
	Sheet          string         `col:"sheet,null"`
	Cell           string         `col:"cell,null"`
	Places         string         `col:"places"` // all, joined by "; "
	Raw            string         `col:"raw,null"`
	Value          string         `col:"value,null"`
	Title          string         `col:"title"`
	Message        string         `col:"message"`
	Cure           string         `col:"cure"`
	Authority      string         `col:"authority"`
	Fingerprint    string         `col:"fingerprint"`
	ValueHash      string         `col:"value_hash"`
	Explanation    string         `col:"explanation,null"`          // in force, with what the register says of it
	OwnExplanation string         `col:"own_explanation,null"`      // the prefecture's, for these values
	Outdated       string         `col:"outdated_explanation,null"` // given for other values
	Accepted       bool           `col:"accepted,null"`             // the register accepted the explanation
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

// Verdict is the verdict on one submission, which follows from its findings.
type Verdict struct {
	Submission string        `col:"submission"`
	Verdict    model.Verdict `col:"verdict"`
	Ranked     bool          `col:"ranked"`
	Unranked   string        `col:"unranked_reason,null"`
	Errors     int32         `col:"errors"`
	Warnings   int32         `col:"warnings"`  // not yet explained
	Explained  int32         `col:"explained"` // warnings with an explanation in force
	Hints      int32         `col:"hints"`
	Award      string        `col:"award,null"` // see Award.Status
}

// Incentive is one move that an applicant could make, and its effect. It is for the Department alone.
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
	RankAfter   Opt[int32]   `col:"rank_after"` // null where it is no longer ranked
	TotalBefore float64      `col:"total_before"`
	TotalAfter  Opt[float64] `col:"total_after"`
	Pays        bool         `col:"pays"`
	Verdict     string       `col:"verdict,null"` // this and the following: null where the total does not rise
	Errors      Opt[int32]   `col:"new_errors"`
	Warnings    Opt[int32]   `col:"new_warnings"`
	Gone        Opt[int32]   `col:"findings_gone"`
	Findings    string       `col:"new_findings,null"`
	Evidence    string       `col:"evidence,null"`
}

// Stake is the effect that one open finding could have on the total. It is for the Department alone.
type Stake struct {
	Submission  string         `col:"submission"`
	Fingerprint string         `col:"fingerprint"`
	Code        string         `col:"code"`
	Severity    model.Severity `col:"severity"`
	Title       string         `col:"title"`
	Points      string         `col:"points"` // observation points
	Loss        float64        `col:"loss"`   // points of the total, if the figures count nothing
	Gain        float64        `col:"gain"`   // if they are as good as possible
	RankBest    int32          `col:"rank_best"`
	RankWorst   int32          `col:"rank_worst"`
}

// Where lists the rows for which fits holds.
func Where[T any](rows iter.Seq[T], fits func(T) bool) []T {
	var out []T
	for x := range rows {
		if fits(x) {
			out = append(out, x)
		}
	}
	return out
}

// First is the first row for which fits holds; the zero value where there is none.
func First[T any](rows iter.Seq[T], fits func(T) bool) (found T) {
	for x := range rows {
		if fits(x) {
			return x
		}
	}
	return found
}

// Unique lists the different values of a function over rows, in the order of their first rows.
func Unique[T any, K comparable](rows []T, say func(T) K) []K {
	var out []K
	seen := map[K]bool{}
	for _, x := range rows {
		if s := say(x); !seen[s] {
			seen[s], out = true, append(out, s)
		}
	}
	return out
}

// Each maps every row to a value.
func Each[T, V any](rows []T, made func(T) V) []V {
	out := make([]V, 0, len(rows))
	for _, x := range rows {
		out = append(out, made(x))
	}
	return out
}

// Either is the first value where the condition holds, otherwise the second. Both are computed.
func Either[T any](holds bool, yes, no T) T {
	if holds {
		return yes
	}
	return no
}

// Words maps every row to a text, and leaves out the empty ones.
func Words[T any](rows []T, say func(T) string) []string {
	return slices.DeleteFunc(Each(rows, say), func(s string) bool { return s == "" })
}

// Join joins the texts that are not empty.
func Join(separator string, parts ...string) string {
	return strings.Join(Words(parts, strings.Clone), separator)
}

// IndexBy maps keys to rows; where several rows have the same key, to the last.
func IndexBy[T any, K comparable](rows iter.Seq[T], say func(T) K) map[K]T {
	out := map[K]T{}
	for x := range rows {
		out[say(x)] = x
	}
	return out
}

// GroupMap maps each key to its rows, in their order.
func GroupMap[T any, K comparable](rows iter.Seq[T], key func(T) K) map[K][]T {
	out := map[K][]T{}
	for x := range rows {
		out[key(x)] = append(out[key(x)], x)
	}
	return out
}

// Submap returns the map at a key of a map of maps, and makes it where there is none.
func Submap[K, L comparable, V any](all map[K]map[L]V, key K) map[L]V {
	if all[key] == nil {
		all[key] = map[L]V{}
	}
	return all[key]
}

// GroupBy groups rows by key, in the order of the keys' first rows.
func GroupBy[T any, K comparable](rows []T, key func(T) K) [][]T {
	groups := GroupMap(slices.Values(rows), key)
	return Each(Unique(rows, key), func(k K) []T { return groups[k] })
}
