package table

import (
	"iter"
	"math"
	"slices"
	"strconv"

	"lianheti/stages/model"
	"lianheti/stages/text"
	"lianheti/templates"

	"github.com/shopspring/decimal"
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

// Form is one submission with all its answers. It implements templates.Answers.
type Form struct {
	Submission    Submission
	Figures       []Figure
	Metrics       []Metric
	Texts         []Text
	Members       []Member
	Materials     []Material
	Verifications []Verification
	Explanations  []Explanation
	Coercions     []Coercion
	ListColumns   []ListColumn
	ListCells     []ListCell
	Loose         []LooseCell

	def     *templates.Definition
	named   map[string]map[string]int // how often a column of a list names a unit
	figures map[string]*Figure
	metrics map[templates.Ref]*Metric
	texts   map[templates.Ref]*Text
}

// Forms yields the submissions one by one, in order, each with its rows of every table.
func (f *Facts) Forms(yield func(*Form) bool) {
	figures, metrics, texts := taker(f.Figures), taker(f.Metrics), taker(f.Texts)
	members, materials, verifications := taker(f.Members), taker(f.Materials), taker(f.Verifications)
	explanations, coercions, loose := taker(f.Explanations), taker(f.Coercions), taker(f.Loose)
	columns, cells := taker(f.ListColumns), taker(f.ListCells)
	for s := range f.Submissions.All() {
		id := s.Submission
		form := &Form{Submission: s, def: f.Definition, Figures: figures(id), Metrics: metrics(id), Texts: texts(id),
			Members: members(id), Materials: materials(id), Verifications: verifications(id), Explanations: explanations(id),
			Coercions: coercions(id), ListColumns: columns(id), ListCells: cells(id), Loose: loose(id)}
		form.index()
		if !yield(form) {
			return
		}
	}
}

// taker gives the rows of a submission after those of the one before: rows stand in the order of the submissions.
func taker[T any](t Table[T]) func(submission string) []T {
	at := 0
	return func(submission string) (out []T) {
		from := at
		for at < t.Len() && cellOf(t.record, "submission", at) == submission {
			at++
		}
		out = slices.Grow(out, at-from)[:at-from]
		for i := range out {
			t.read(from+i, &out[i])
		}
		return out
	}
}

func (f *Form) index() {
	f.figures = indexed(f.Figures, func(g *Figure) string { return g.Field })
	f.metrics = indexed(f.Metrics, func(m *Metric) templates.Ref {
		return templates.Ref{Field: m.Indicator, Year: int(m.Year)}
	})
	f.texts = indexed(f.Texts, func(t *Text) templates.Ref {
		return templates.Ref{Field: t.Field, Year: int(t.Year.V)}
	})
}

// indexed finds rows by their keys.
func indexed[T any, K comparable](rows []T, key func(*T) K) map[K]*T {
	out := make(map[K]*T, len(rows))
	for i := range rows {
		out[key(&rows[i])] = &rows[i]
	}
	return out
}

// Clone gives a form whose answers can be changed, its original staying as it is.
func (f *Form) Clone() *Form {
	out := *f
	out.Figures, out.Metrics, out.Texts = slices.Clone(f.Figures), slices.Clone(f.Metrics), slices.Clone(f.Texts)
	out.Members, out.Coercions = slices.Clone(f.Members), slices.Clone(f.Coercions)
	out.named = nil // what is counted again where the rows become others
	out.index()
	return &out
}

// Answer puts another answer in the place of a figure's, as if it had been typed so.
func (f *Form) Answer(r templates.Ref, status Status, value decimal.Decimal, raw string) {
	number := Known(value.InexactFloat64(), status == Normal)
	if status == Missing {
		raw = ""
	}
	if m := f.metrics[r]; m != nil {
		m.Status, m.Value, m.Raw = status, number, raw
	} else if g := f.figures[r.Field]; g != nil && r.Year == 0 {
		g.Status, g.Number, g.Text, g.Raw = status, number, "", raw
	}
	f.Coercions = slices.DeleteFunc(f.Coercions, func(c Coercion) bool {
		return c.Field == r.Field && int(c.Year.V) == r.Year
	})
}

// Figure gives the row of an undated field, or nil.
func (f *Form) Figure(field string) *Figure { return f.figures[field] }

// Metric gives the row of a number in a year, or nil.
func (f *Form) Metric(field string, year int) *Metric {
	return f.metrics[templates.Ref{Field: field, Year: year}]
}

// LongText gives the row of a long text, or nil.
func (f *Form) LongText(field string, year int) *Text {
	return f.texts[templates.Ref{Field: field, Year: year}]
}

// Observation is what is known of a field in a year, whatever table it stands in.
type Observation struct {
	Status Status
	Value  string // clean value as a person reads it
	Raw    string
	Place  model.Place
}

// NotAsked says that the workbook is of a version of the form without the field: nobody wrote that it does not apply.
func (f *Form) NotAsked(r templates.Ref) bool {
	return f.Status(r) == NotApplicable && f.Observe(r).Place.Cell == ""
}

// Status says what became of a field in a year (0: undated).
func (f *Form) Status(r templates.Ref) Status {
	if m := f.metrics[r]; m != nil {
		return m.Status
	}
	if t := f.texts[r]; t != nil {
		return t.Status
	}
	if g := f.figures[r.Field]; g != nil && r.Year == 0 {
		return g.Status
	}
	return Missing
}

// Observe gives what was read for a field in a year (0: undated).
func (f *Form) Observe(r templates.Ref) Observation {
	file := f.Submission.File
	if m := f.metrics[r]; m != nil {
		return Observation{m.Status, exact(m.Value), m.Raw, model.Place{File: file, Sheet: m.Sheet, Cell: m.Cell}}
	}
	if t := f.texts[r]; t != nil {
		return Observation{t.Status, t.Text, t.Text, model.Place{File: file, Sheet: t.Sheet, Cell: t.Cell}}
	}
	if g := f.figures[r.Field]; g != nil && r.Year == 0 {
		value := g.Text
		if g.Number.Valid {
			value = exact(g.Number)
		}
		return Observation{g.Status, value, g.Raw, model.Place{File: file, Sheet: g.Sheet, Cell: g.Cell}}
	}
	return Observation{Status: Missing, Place: model.Place{File: file}}
}

// Rounded drops the noise of binary sums.
func Rounded(v float64) float64 { return math.Round(v*1e10) / 1e10 }

// Plain writes a number without exponent and needless zeros, so that nobody takes it for a phone; empty without one.
func Plain(v Opt[float64]) string {
	return text.Amount(exact(v))
}

// Median is the middle of some numbers; nothing where there are none.
func Median(values []float64) Opt[float64] {
	if len(values) == 0 {
		return Opt[float64]{}
	}
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return Some((values[(n-1)/2] + values[n/2]) / 2)
}

func exact(v Opt[float64]) string {
	if !v.Valid {
		return ""
	}
	return strconv.FormatFloat(v.V+0, 'f', -1, 64) // no minus before 0
}

// Number implements templates.Answers. The float of the table is turned into the decimal that was typed: the shortest
// one with that float value, exact up to 15 digits.
func (f *Form) Number(field string, year int) (decimal.Decimal, bool) {
	var status Status
	var value Opt[float64]
	if g := f.figures[field]; year == 0 && g != nil {
		status, value = g.Status, g.Number
	} else if m := f.Metric(field, year); m != nil {
		status, value = m.Status, m.Value
	}
	return exactly(value.V), status == Normal && value.Valid
}

// exactly is decimal.NewFromFloat, which takes long, by a shorter way for whole numbers.
func exactly(v float64) decimal.Decimal {
	if whole := int64(v); float64(whole) == v && v < 1e15 && v > -1e15 {
		return decimal.NewFromInt(whole)
	}
	return decimal.NewFromFloat(v)
}

// Text implements templates.Answers.
func (f *Form) Text(field string, year int) (string, bool) {
	if t := f.LongText(field, year); t != nil {
		return t.Text, t.Status == Normal
	}
	if g := f.figures[field]; g != nil && year == 0 && g.Status == Normal {
		return g.Text, true
	}
	return "", false
}

// Confirmed implements templates.Answers.
func (f *Form) Confirmed(field string) (yes, ok bool) {
	said, ok := f.Text(field, 0)
	return said == "true", ok
}

// Filled implements templates.Answers.
func (f *Form) Filled(field string, year int) bool {
	return f.Status(templates.Ref{Field: field, Year: year}) != Missing
}

// Count implements templates.Answers.
func (f *Form) Count(kinds ...string) int {
	return len(Where(slices.Values(f.Members), func(m Member) bool { return is(m.Kind, kinds) }))
}

// Enrolment implements templates.Answers. It is not known where a school of these kinds gives none.
func (f *Form) Enrolment(kinds ...string) (decimal.Decimal, bool) {
	total, some := decimal.Decimal{}, false
	for m := range f.Schools(kinds...) {
		if some = m.Enrolment.Valid; !some {
			return decimal.Decimal{}, false
		}
		total = total.Add(decimal.NewFromFloat(m.Enrolment.V))
	}
	return total, some
}

// Schools are the members that are schools, of some kinds or of all.
func (f *Form) Schools(kinds ...string) iter.Seq[Member] {
	return func(yield func(Member) bool) {
		for _, m := range f.Members {
			if f.def.Form.Kind(m.Kind).School && is(m.Kind, kinds) && !yield(m) {
				return
			}
		}
	}
}

// IsMember implements templates.Answers. Names are compared by their key, so that width and brackets do not matter.
func (f *Form) IsMember(name string, kinds ...string) bool {
	key := text.NameKey(name)
	return slices.ContainsFunc(f.Members, func(m Member) bool { return m.NameKey == key && is(m.Kind, kinds) })
}

// Records implements templates.Answers.
func (f *Form) Records(block string) int {
	return len(f.Rows(block))
}

// RecordsOf implements templates.Answers.
func (f *Form) RecordsOf(block, column, said string) int {
	in := block + "_" + column
	if f.named == nil {
		f.named = map[string]map[string]int{}
	}
	if f.named[in] == nil {
		counts := map[string]int{}
		for _, row := range f.Rows(block) {
			counts[text.NameKey(row.Cells[in].Text)]++
		}
		f.named[in] = counts
	}
	return f.named[in][text.NameKey(said)]
}

// Total implements templates.Answers.
func (f *Form) Total(block string, columns ...string) (sum decimal.Decimal) {
	for _, row := range f.Rows(block) {
		for _, c := range columns {
			sum = sum.Add(decimal.NewFromFloat(row.Cells[block+"_"+c].Number.V))
		}
	}
	return sum
}

// is says whether a kind is among those asked for; none asked for means any.
func is(kind string, kinds []string) bool { return len(kinds) == 0 || slices.Contains(kinds, kind) }
