package table

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/try"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Facts are the tables made by normalize. No later stage changes them.
type Facts struct {
	Definition    *templates.Definition
	Files         Table[File]         `table:"files"`
	Submissions   Table[Submission]   `table:"submissions"` // ordered by id
	Figures       Table[Figure]       `table:"figures"`
	Metrics       Table[Metric]       `table:"metrics"`
	Texts         Table[Text]         `table:"texts"`
	Members       Table[Member]       `table:"members"`
	Materials     Table[Material]     `table:"materials"`
	Verifications Table[Verification] `table:"verifications"`
	Explanations  Table[Explanation]  `table:"explanations"`
	Coercions     Table[Coercion]     `table:"coercions"`
	ListColumns   Table[ListColumn]   `table:"list_columns"`
	ListCells     Table[ListCell]     `table:"list_cells"`
	Loose         Table[LooseCell]    `table:"loose_cells"`
	Contacts      Table[Contact]      `table:"contacts"`
	Fulfilment    Table[Fulfilled]    `table:"fulfilment"` // of those chosen in earlier batches
	Pieces        Table[Piece]        `table:"pieces"`
	// Progress are the tables of the progress forms, under their own definition; nil where none arrived.
	Progress *Facts
	// ProgressFindings are the findings in the progress forms, which belong to a file and no submission.
	ProgressFindings []Finding
	// FileIndexes has for each row of Files the index of the file that was read; nil for tables read back.
	FileIndexes []int
	// FileFindings are the findings made while reading, without the words, which the rule catalogue has.
	FileFindings []model.Finding
	// People are the persons named in the workbooks, to be masked; empty for tables read back, which are masked already.
	People text.People
	// ContentHashes has a hash of each submission's values, by submission; nil for tables read back.
	ContentHashes map[string]string
}

// WithPieces returns the facts with the Word and PDF files that arrived, and the findings about them.
func (f *Facts) WithPieces(pieces Table[Piece], findings []model.Finding) *Facts {
	out := *f
	out.Pieces, out.FileFindings = pieces, slices.Concat(f.FileFindings, findings)
	return &out
}

// Economies lists the labels of the economies that a submission belongs to.
func (f *Facts) Economies(form *Form) []string {
	industries, _ := form.Text("park_industries", 0)
	return f.Definition.Directory.EconomiesOf(form.Submission.Consortium, industries)
}

// PriorExplanation is an explanation in force in the previous round.
type PriorExplanation struct{ Fingerprint, ValueHash, Words string }

// ExplanationsInForce lists the explanations in force, for the next round.
func (j *Judgement) ExplanationsInForce() []PriorExplanation {
	own := Where(j.Findings.All(), func(x Finding) bool { return x.OwnExplanation != "" })
	return Each(own, func(x Finding) PriorExplanation {
		return PriorExplanation{x.Fingerprint, x.ValueHash, x.OwnExplanation}
	})
}

// Judgement are the tables made by check from the facts and the register.
type Judgement struct {
	Register Register

	Findings Table[Finding] `table:"findings"` // ordered by submission, severity, code, place
	Outcomes Table[Outcome] `table:"outcomes"`
	Verdicts Table[Verdict] // one a submission, in the order of Facts.Submissions
}

// Marking are the tables of the experts' workbooks; empty where none were handed in.
type Marking struct {
	Files Table[File]
	Marks Table[Mark] // by expert, submission and point, in the order of the rubric
	// Earlier are the experts whose workbooks were issued under another rubric; nil for tables read back.
	Earlier []string
}

// Ranking are the tables made by score from the facts and the judgement.
type Ranking struct {
	Scores        Table[Score]        `table:"scores"`
	Ranking       Table[Rank]         `table:"ranking"` // ranked ones first, by rank; then the others, by id
	Marks         Table[Mark]         `table:"marks"`   // with what became of each
	Experts       Table[Expert]       `table:"experts"`
	Credibility   Table[Growth]       `table:"credibility"`
	Scenarios     Table[Scenario]     `table:"scenarios"` // scenario by scenario, in the order of the ranking
	Influence     Table[Influence]    `table:"influence"`
	Scales        Table[Scale]        `table:"scales"`
	Lapses        Table[Lapse]        `table:"lapses"`
	Swaps         Table[Swap]         `table:"swaps"`
	Lifts         Table[Lift]         `table:"lifts"`
	Certificate   Table[Certificate]  `table:"certificate"`
	Checklist     Table[Check]        `table:"checklist"`
	Stakes        Table[Stake]        `table:"stakes"`
	Assessments   Table[Assessment]   `table:"assessments"` // expert × submission, then all experts, by rank
	Disagreements Table[Disagreement] `table:"disagreements"`
}

// Arrived lists the files that were read: recommendations, then progress forms, which have no submission of this batch.
func (f *Facts) Arrived() []File {
	out := slices.Collect(f.Files.All())
	if f.Progress != nil {
		for file := range f.Progress.Files.All() {
			file.Submission = ""
			out = append(out, file)
		}
	}
	return out
}

// Entry is the directory entry of a submission; the zero value where there is none.
func (f *Facts) Entry(s Submission) templates.Entry {
	if e := f.Definition.Directory.ByNumber(int(s.DirectoryNo.V)); e != nil && s.DirectoryNo.Valid {
		return *e
	}
	return templates.Entry{}
}

// UnknownCity is the name of the prefecture where it is unknown.
const UnknownCity = "未识别地市"

// CityOf is the prefecture of a submission: as in the directory, or else as on the cover.
func (f *Facts) CityOf(s Submission) string {
	if e := f.Entry(s); e.No > 0 {
		return e.City
	}
	return Either(s.CityCode != "", s.City, UnknownCity)
}

// Round are all tables of one run. The next run is compared with them.
type Round struct {
	*Facts
	*Judgement
	*Ranking
	Marking Marking
	Changes Table[Change] // since the previous round; empty where there is none
}

// Publication is a round with the settings of its publication: the input of every writer.
type Publication struct {
	Round
	Standing Standing                          // state of the marking, shown wherever a score is shown
	Select   int                               // number to choose; 0: the directory's default
	Date     string                            // of the run, as text; empty: not shown
	Rows     func() map[string]*SubmissionRows // BySubmission, once for all writers; nil: each collects its own
	ReplyBy  string                            // date by which the prefectures answer; empty: as in the calendar
	DataRoot string                            // hash of all data, see publish.Manifest
	// Returns maps submissions to their annotated copy, as a path relative to the results.
	Returns map[string]string
}

// Choose is the number of consortia to choose.
func (p *Publication) Choose() int {
	return cmp.Or(max(p.Select, 0), p.Definition.Directory.Select.Default)
}

// AllFindings lists the findings of the submissions, then those of the progress forms.
func (r *Round) AllFindings() []Finding {
	return append(slices.Collect(r.Findings.All()), r.ProgressFindings...)
}

// optionalTables are tables that older programs did not publish. They are empty where they are missing.
var optionalTables = []string{"list_cells", "scales", "lapses", "stakes", "assessments", "disagreements", "fulfilment",
	"pieces"}

// Restore makes a round from published tables, by name. The error names the table that is missing or invalid.
func Restore(d *templates.Definition, records map[string]arrow.Record) (r *Round, err error) {
	defer try.Caught(&err)
	r = &Round{Facts: &Facts{Definition: d}, Judgement: &Judgement{}, Ranking: &Ranking{}}
	try.Do(validate(d, records))
	for name, t := range r.tables() {
		described, optional := d.Table(name), records[name] == nil && slices.Contains(optionalTables, name)
		if !optional && (described == nil || !described.Internal) {
			try.Do(restoreTable(records, name, t))
		}
	}
	var notes Table[Note]
	try.Do(restoreTable(records, "submissions", &r.Judgement.Verdicts)) // it has the columns of the verdicts
	try.Do(restoreTable(records, "file_notes", &notes))
	r.Facts.FileFindings = try.Get(findingsFromNotes(notes))
	r.splitRows()
	return r, nil
}

// splitRows splits tables that are published together: files into arrived and marking workbooks, findings into those of
// submissions and of progress forms; and it resets the status that scoring gave to marks.
func (r *Round) splitRows() {
	files, marked := partition(r.Files.All(), func(f File) bool { return f.Role == RoleMarks }) // a progress form's stays
	findings, told := partition(r.Findings.All(), func(x Finding) bool { return x.Role == RoleProgress })
	r.Files, r.Marking.Files, r.Findings, r.ProgressFindings = Of(files), Of(marked), Of(findings), told
	marks := slices.Collect(r.Ranking.Marks.All())
	for i := range marks {
		if marks[i].Status == MarkDropped {
			marks[i].Status = MarkCounted
		}
	}
	r.Marking.Marks = Of(marks)
}

// partition lists the rows for which of does not hold, and those for which it does.
func partition[T any](rows iter.Seq[T], of func(T) bool) (others, these []T) {
	return Where(rows, func(x T) bool { return !of(x) }), Where(rows, of)
}

func restoreTable(records map[string]arrow.Record, name string, to anyTable) error {
	if records[name] == nil {
		return fmt.Errorf("缺数据表 %s", name)
	}
	return try.Named("数据表 "+name, to.fill(records[name]))
}

// validate checks published tables against their description: unique keys, allowed values, foreign keys, finite
// numbers, fields and years of the form. A hash is not enough: whoever altered a table could alter its hash too.
func validate(d *templates.Definition, records map[string]arrow.Record) (err error) {
	defer try.Caught(&err)
	referenced := ReferencedValues(d, func(name string) arrow.Record { return records[name] })
	for _, t := range d.Published().Tables {
		if rec := records[t.Name]; rec != nil {
			try.In("数据表 "+t.Name, validateTable(d, t, rec, referenced))
		}
	}
	return nil
}

// ReferencedValues has the values of all columns that foreign keys refer to, by table.column; nil for missing tables.
func ReferencedValues(d *templates.Definition, record func(table string) arrow.Record) map[string]map[string]bool {
	values := map[string]map[string]bool{}
	for _, t := range d.Published().Tables {
		for _, c := range t.Columns {
			table, column, ok := strings.Cut(c.References, ".")
			if _, known := values[c.References]; !ok || known {
				continue
			}
			values[c.References] = nil
			if rec := record(table); rec != nil {
				values[c.References] = Values(rec, column)
			}
		}
	}
	return values
}

func validateTable(d *templates.Definition, t *templates.Table, rec arrow.Record,
	referenced map[string]map[string]bool) error {
	for i, f := range rec.Schema().Fields() {
		numbers, ok := rec.Column(i).(*array.Float64)
		none := func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }
		if ok && slices.ContainsFunc(numbers.Float64Values(), none) {
			return fmt.Errorf("列 %s 里有不是数的值", f.Name)
		}
	}
	for _, c := range t.Columns {
		for v := range Values(rec, c.Name) {
			switch {
			case v == "":
			case len(c.Values) > 0 && !slices.Contains(c.Values, v):
				return fmt.Errorf("列 %s 里没有“%s”这样的值", c.Name, v)
			case referenced[c.References] != nil && !referenced[c.References][v]:
				return fmt.Errorf("列 %s 的“%s”在 %s 里没有", c.Name, v, c.References)
			}
		}
	}
	if key := DuplicateKey(rec, t.Key); key != "" {
		return fmt.Errorf("有两行的主键相同（%s）", key)
	}
	if t.Name == "fulfilment" { // has years of several batches
		return nil
	}
	for row := range int(rec.NumRows()) {
		form := d
		if t.Name == "list_cells" && cellOf(rec, "submission", row) == "" && d.Progress != nil {
			form = d.Progress
		}
		if err := validateField(form, rec, row); err != nil {
			return err
		}
	}
	return nil
}

// DuplicateKey returns a key that two rows share, its parts joined by 、; empty where keys are unique or there is none.
func DuplicateKey(rec arrow.Record, key []string) string {
	seen, parts := make(map[string]bool, rec.NumRows()), make([]string, len(key))
	columns := Each(key, func(name string) arrow.Array { return columnOf(rec, name) })
	for row := range int(rec.NumRows()) {
		for i, column := range columns {
			if parts[i] = ""; column != nil && !column.IsNull(row) {
				parts[i] = column.ValueStr(row)
			}
		}
		whole := strings.Join(parts, "\x00")
		if len(key) > 0 && seen[whole] {
			return strings.Join(parts, "、")
		}
		seen[whole] = true
	}
	return ""
}

// validateField checks that the field and year of a row are in the form.
func validateField(d *templates.Definition, rec arrow.Record, row int) error {
	for _, name := range []string{"field", "indicator"} {
		id, year := cellOf(rec, name, row), cellOf(rec, "year", row)
		f := d.Field(id)
		isList := func(f *templates.Field) bool { return f.Record == id }
		switch {
		case id == "", slices.ContainsFunc(d.Form.Fields(), isList):
		case f == nil:
			return fmt.Errorf("推荐书没有栏目 %s", id)
		case year != "" && !slices.ContainsFunc(d.Refs(f), func(r templates.Ref) bool { return fmt.Sprint(r.Year) == year }):
			return fmt.Errorf("栏目 %s 没有 %s 年", id, year)
		}
	}
	return nil
}

// Values is the set of values of a column, as text; empty where there is no such column.
func Values(rec arrow.Record, name string) map[string]bool {
	out := map[string]bool{}
	if column := columnOf(rec, name); column != nil {
		for row := range column.Len() {
			if !column.IsNull(row) {
				out[column.ValueStr(row)] = true
			}
		}
	}
	return out
}

// cellOf is a value as text; empty where it is null or there is no such column.
func cellOf(rec arrow.Record, name string, row int) string {
	if column := columnOf(rec, name); column != nil && !column.IsNull(row) {
		return column.ValueStr(row)
	}
	return ""
}

// columnOf finds a column by its name; nil where there is none, or more than one.
func columnOf(rec arrow.Record, name string) arrow.Array {
	if at := rec.Schema().FieldIndices(name); len(at) == 1 {
		return rec.Column(at[0])
	}
	return nil
}

// notesFromFindings makes rows of the table file_notes, with places and variables as JSON.
func notesFromFindings(reading []model.Finding) []Note {
	inJSON := func(v any) string { return strings.TrimSuffix(string(text.JSON(v, false)), "\n") }
	return Each(reading, func(x model.Finding) Note {
		return Note{x.Code, x.Submission, strings.Join(x.Fields, " "), Nonzero(x.Year), x.Member, x.Raw, x.Value,
			inJSON(x.Places), inJSON(x.Vars)}
	})
}

func findingsFromNotes(notes Table[Note]) ([]model.Finding, error) {
	var out []model.Finding
	for n := range notes.All() {
		x := model.Finding{Code: n.Code, Submission: n.Submission, Fields: strings.Fields(n.Fields),
			Year: int(n.Year.V), Member: n.Member, Raw: n.Raw, Value: n.Value}
		if err := json.Unmarshal([]byte(n.Places), &x.Places); err != nil || len(x.Places) == 0 {
			return nil, fmt.Errorf("表 file_notes 的 places “%s”读不成位置：%w", n.Places, err)
		}
		if err := json.Unmarshal([]byte(n.Variables), &x.Vars); err != nil {
			return nil, fmt.Errorf("表 file_notes 的 variables “%s”读不成变量：%w", n.Variables, err)
		}
		out = append(out, x)
	}
	return out, nil
}

// State is how far the marking of a batch has come.
type State string

// States, in the order in which a batch goes through them.
const (
	FiguresOnly State = "figures"  // no marks
	PartMarked  State = "part"     // some marks, not enough of them for every point
	AllMarked   State = "complete" // every ranked submission has the least number of marks on every point
)

// Label is how a person reads it.
func (s State) Label() string {
	return map[State]string{FiguresOnly: "数据部分（专家未评）", PartMarked: "部分已评（评分还没有计入）", AllMarked: "评齐"}[s]
}

// State is the state of a ranking; FiguresOnly where it is empty.
func (r *Ranking) State() State {
	if r == nil || r.Ranking.Len() == 0 {
		return FiguresOnly
	}
	return State(r.Ranking.Row(0).State)
}

// Waiting counts the submissions that came after the marking.
func (r *Ranking) Waiting() int {
	return len(Where(r.Ranking.All(), func(k Rank) bool { return k.Waiting }))
}

// Standing is shown wherever a score is shown: how much of the score is known, and what kind of run made it.
type Standing struct {
	State   State
	Waiting int      // submissions that came after the marking and have no rank yet
	Trial   []string // differences from the definition in force; nil: none, no trial
	Meeting string   // name of the copy kept for a meeting; empty: none
}

// Complete says whether all marks are in. Only then there is a line between chosen and others.
func (s Standing) Complete() bool { return s.State == AllMarked }

// Short is the text for the footer of a page.
func (s Standing) Short() string { return Join("·", s.parts("试算")...) }

// shownTrial is how many differences a sentence names.
const shownTrial = 4

// String is a sentence without its full stop.
func (s Standing) String() string {
	listed := strings.Join(s.Trial[:min(shownTrial, len(s.Trial))], "，")
	if len(s.Trial) > shownTrial {
		listed += fmt.Sprintf("等%d处", len(s.Trial))
	}
	return Join("；", s.parts("试算，与正式定义不同："+listed)...)
}

// parts are the state, the number of submissions without rank, a trial in the words given, and the meeting.
func (s Standing) parts(trial string) []string {
	return []string{cmp.Or(s.State, FiguresOnly).Label(),
		Either(s.Waiting > 0, fmt.Sprintf("另有%d家待评，没有名次", s.Waiting), ""),
		Either(s.Trial != nil, trial, ""), Either(s.Meeting != "", "会议版 "+s.Meeting, "")}
}
