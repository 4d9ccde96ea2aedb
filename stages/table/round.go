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
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Facts is what was read: the hand-off from normalize to everything after it, none of which changes them.
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
	// Progress is what the progress forms say, under their own definition; nil where none arrived.
	Progress *Facts
	// Told are the findings in the progress forms, each of a file and of nobody's submission.
	Told []Finding
	// Sources are the numbers of the files among those that were read, in the order of Files; only where files were read.
	Sources []int
	// Reading holds the findings about files: code, places, submission and variables; the words are the catalogue's.
	Reading []model.Finding
	// People are whom the workbooks name; nobody where there are only tables, in which they are hidden already.
	People text.People
	// Said is what each submission says, as a hash, by submission; only where workbooks were read.
	Said map[string]string
}

// With is the same facts together with what came beside the workbooks: the pieces, and the findings about them.
func (f *Facts) With(pieces Table[Piece], findings []model.Finding) *Facts {
	out := *f
	out.Pieces, out.Reading = pieces, slices.Concat(f.Reading, findings)
	return &out
}

// Economies are the economies that a submission belongs to, by their labels.
func (f *Facts) Economies(form *Form) []string {
	industries, _ := form.Text("park_industries", 0)
	return f.Definition.Directory.EconomiesOf(form.Submission.Consortium, industries)
}

// Given is an explanation that was in force before.
type Given struct{ Fingerprint, ValueHash, Words string }

// Explained lists the explanations in force, for the next round.
func (j *Judgement) Explained() []Given {
	own := Where(j.Findings.All(), func(x Finding) bool { return x.Own != "" })
	return Each(own, func(x Finding) Given { return Given{x.Fingerprint, x.ValueHash, x.Own} })
}

// Judgement is what check made of the facts, and of what the Department had decided.
type Judgement struct {
	Register Register

	Findings Table[Finding] `table:"findings"` // ordered by submission, severity, code, place
	Outcomes Table[Outcome] `table:"outcomes"`
	Verdicts Table[Verdict] // one a submission, in the order of Facts.Submissions
}

// Marking is what the experts' workbooks say; nothing where none were handed in.
type Marking struct {
	Files Table[File]
	Marks Table[Mark] // by expert, submission and point, in the order of the rubric
	// Earlier are the experts whose workbooks were issued under another rubric; not known from tables alone.
	Earlier []string
}

// Ranking is what score made of the facts and the judgement.
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

// Arrived lists the files that were handed in to be read: the submissions', then the progress forms, which are nobody's
// submission of this batch.
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

// Entry is the directory's about a submission; the zero value where it has none.
func (f *Facts) Entry(s Submission) templates.Entry {
	for _, e := range f.Definition.Directory.Entries {
		if s.DirectoryNo == Some(int32(e.No)) {
			return e
		}
	}
	return templates.Entry{}
}

// UnknownCity stands for the prefecture of a submission that can't be told.
const UnknownCity = "未识别地市"

// CityOf is the prefecture that a submission belongs to: the directory's for a listed consortium, otherwise the
// cover's.
func (f *Facts) CityOf(s Submission) string {
	if e := f.Entry(s); e.No > 0 {
		return e.City
	}
	if s.CityCode != "" {
		return s.City
	}
	return UnknownCity
}

// Round is all that one run knows of a batch: what every writer takes, and what the next run is compared with.
type Round struct {
	*Facts
	*Judgement
	*Ranking
	Marking Marking
	Changes Table[Change] // since the round before; no rows where there is none
}

// Publication is a round as it goes out: what every writer takes.
type Publication struct {
	Round
	Standing Standing // what is known, shown wherever a score stands
	Select   int      // how many are to be chosen; 0: as the directory says
	Date     string   // of the run, as it is to be shown; empty: none
	ReplyBy  string   // the day by which the prefectures answer; empty: as the calendar says
	DataRoot string   // see publish.Manifest: what all this rests on, in one hash
	// Returns gives the annotated copy of a submission that goes back, as a path relative to the results.
	Returns map[string]string
}

// Choose is how many are to be chosen.
func (p *Publication) Choose() int {
	return cmp.Or(max(p.Select, 0), p.Definition.Directory.Select.Default)
}

// AllFiles lists every file that was handed in: those that arrived to be read, then the experts'.
func (r *Round) AllFiles() Table[File] {
	return Of(append(r.Arrived(), slices.Collect(r.Marking.Files.All())...))
}

// AllFindings lists what was found in the submissions, then in the progress forms.
func (r *Round) AllFindings() []Finding {
	return append(slices.Collect(r.Findings.All()), r.Told...)
}

// later are tables that earlier programs did not publish: where they are not, they are empty.
var later = []string{"list_cells", "scales", "lapses", "stakes", "assessments", "disagreements", "fulfilment", "pieces"}

// Restore makes a round of published tables, by name, without the contacts. An error names the table that is missing or
// of another make.
func Restore(d *templates.Definition, records map[string]arrow.Record) (r *Round, err error) {
	r = &Round{Facts: &Facts{Definition: d}, Judgement: &Judgement{}, Ranking: &Ranking{}}
	if err := validate(d, records); err != nil {
		return nil, err
	}
	r.Facts.Contacts = Of[Contact](nil)
	for _, holder := range []any{r.Facts, r.Judgement, r.Ranking} {
		for name, t := range tablesOf(holder) {
			if described := d.Table(name); described != nil && described.Internal {
				continue
			}
			if _, there := records[name]; !there && slices.Contains(later, name) {
				t.clear()
			} else {
				if err := restore(records, name, t); err != nil {
					return nil, err
				}
			}
		}
	}
	var notes Table[Note]
	if err := restore(records, "submissions", &r.Judgement.Verdicts); err != nil {
		return nil, err
	} // whose columns they share
	if err := restore(records, "file_notes", &notes); err != nil {
		return nil, err
	}
	if r.Facts.Reading, err = readingOf(notes); err != nil {
		return nil, err
	}
	r.separate()
	return r, nil
}

// separate parts what is published together: the experts' workbooks from the files, marks from what scoring made of
// them, what was found in progress forms from the findings.
func (r *Round) separate() {
	files, marked := split(r.Files.All(), func(f File) bool { return f.Role == RoleMarks }) // a progress form's stays
	findings, told := split(r.Findings.All(), func(x Finding) bool { return x.Role == RoleProgress })
	r.Files, r.Marking.Files, r.Findings, r.Told = Of(files), Of(marked), Of(findings), told
	marks := slices.Collect(r.Ranking.Marks.All())
	for i := range marks {
		if marks[i].Status == MarkDropped {
			marks[i].Status = MarkCounted
		}
	}
	r.Marking.Marks = Of(marks)
}

// split gives the rows that are not of a kind, and those that are.
func split[T any](rows iter.Seq[T], of func(T) bool) (others, these []T) {
	return Where(rows, func(x T) bool { return !of(x) }), Where(rows, of)
}

func restore(records map[string]arrow.Record, name string, to stored) error {
	rec, ok := records[name]
	if !ok {
		return fmt.Errorf("缺数据表 %s", name)
	}
	if err := to.fill(rec); err != nil {
		return fmt.Errorf("数据表 %s：%w", name, err)
	}
	return nil
}

// validate holds tables that are to be read again against what their description promises: keys that don't repeat,
// closed sets of values, references that lead somewhere, numbers, fields and years that the form has. Whoever altered a
// table could alter its hash with it.
func validate(d *templates.Definition, records map[string]arrow.Record) error {
	held := ReferencedValues(d, func(name string) arrow.Record { return records[name] })
	for _, t := range d.Tables {
		if rec := records[t.Name]; rec != nil {
			if err := validateTable(d, t, rec, held); err != nil {
				return fmt.Errorf("数据表 %s：%w", t.Name, err)
			}
		}
	}
	return nil
}

// ReferencedValues gives what the columns hold that others refer to, by table.column; nil for a table that is not
// there.
func ReferencedValues(d *templates.Definition, record func(table string) arrow.Record) map[string]map[string]bool {
	held := map[string]map[string]bool{}
	for _, t := range d.Tables {
		for _, c := range t.Columns {
			table, column, ok := strings.Cut(c.References, ".")
			if _, known := held[c.References]; !ok || known {
				continue
			}
			held[c.References] = nil
			if rec := record(table); rec != nil {
				held[c.References] = Values(rec, column)
			}
		}
	}
	return held
}

func validateTable(d *templates.Definition, t *templates.Table, rec arrow.Record,
	held map[string]map[string]bool) error {
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
			case held[c.References] != nil && !held[c.References][v]:
				return fmt.Errorf("列 %s 的“%s”在 %s 里没有", c.Name, v, c.References)
			}
		}
	}
	if key := DuplicateKey(rec, t.Key); key != "" {
		return fmt.Errorf("有两行的主键相同（%s）", key)
	}
	if t.Name == "fulfilment" { // of the years of several batches
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

// DuplicateKey gives a key that two rows share, its parts with 、 between; empty where none do, or there is no key.
func DuplicateKey(rec arrow.Record, key []string) string {
	seen, parts := make(map[string]bool, rec.NumRows()), make([]string, len(key))
	for row := range int(rec.NumRows()) {
		for i, name := range key {
			parts[i] = cellOf(rec, name, row)
		}
		whole := strings.Join(parts, "\x00")
		if len(key) > 0 && seen[whole] {
			return strings.Join(parts, "、")
		}
		seen[whole] = true
	}
	return ""
}

// validateField says whether a row is about a field that the form has, in one of its years.
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

// Values are the different values of a column, as text; none where there is no such column.
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

// cellOf is a value as text; empty where there is none.
func cellOf(rec arrow.Record, name string, row int) string {
	if column := columnOf(rec, name); column != nil && !column.IsNull(row) {
		return column.ValueStr(row)
	}
	return ""
}

// columnOf finds a column; nil where there is none, or more than one.
func columnOf(rec arrow.Record, name string) arrow.Array {
	if at := rec.Schema().FieldIndices(name); len(at) == 1 {
		return rec.Column(at[0])
	}
	return nil
}

// notesOf writes the findings made while reading as rows, places and variables as JSON.
func notesOf(reading []model.Finding) []Note {
	inJSON := func(v any) string { return strings.TrimSuffix(string(text.JSON(v, false)), "\n") }
	return Each(reading, func(x model.Finding) Note {
		return Note{x.Code, x.Submission, strings.Join(x.Fields, " "), Nonzero(x.Year), x.Member, x.Raw, x.Value,
			inJSON(x.Places), inJSON(x.Vars)}
	})
}

// readingOf is the inverse of notesOf.
func readingOf(notes Table[Note]) ([]model.Finding, error) {
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
