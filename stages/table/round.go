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
		if ok && slices.ContainsFunc(numbers.Float64Values(), noNumber) {
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

func noNumber(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

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
