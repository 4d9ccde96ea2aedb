package table

import (
	"fmt"
	"slices"

	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
)

// Round is all that one run knows of a batch: what every writer takes, and what the next run is compared with.
type Round struct {
	*Facts
	*Judgement
	*Ranking
	Marking Marking
	Changes Table[Change] // since the round before; no rows where there is none
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

// Restore makes a round of tables that were published, by name. What is not published (contacts) is not there. An error names the
// table that is missing or of another make. The round holds the records; its Release lets go of them.
func Restore(d *templates.Definition, records map[string]arrow.Record) (*Round, error) {
	r := &Round{Facts: &Facts{Definition: d}, Judgement: &Judgement{}, Ranking: &Ranking{}}
	if err := sound(d, records); err != nil {
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
				continue
			}
			if err := restore(records, name, t); err != nil {
				return nil, err
			}
		}
	}
	var notes Table[Note]
	err := restore(records, "submissions", &r.Judgement.Verdicts) // whose columns they share
	if err == nil {
		err = restore(records, "file_notes", &notes)
	}
	if err == nil {
		r.Facts.Reading, err = readingOf(notes)
	}
	if err != nil {
		return nil, err
	}
	r.separate()
	return r, nil
}

// separate parts what is published together: the experts' workbooks stand among the files, and their marks with what scoring
// made of them; what was found in progress forms stands among the findings.
func (r *Round) separate() {
	files, findings := slices.Collect(r.Files.All()), slices.Collect(r.Findings.All())
	ofMarks := func(f File) bool { return f.Role == RoleMarks } // a progress form's figures are not read again
	r.Marking.Files = Of(slices.DeleteFunc(slices.Clone(files), func(f File) bool { return !ofMarks(f) }))
	r.Files = Of(slices.DeleteFunc(files, ofMarks))
	progress := func(x Finding) bool { return x.Role == RoleProgress }
	r.Told = slices.DeleteFunc(slices.Clone(findings), func(x Finding) bool { return !progress(x) })
	r.Findings = Of(slices.DeleteFunc(findings, progress))
	marks := slices.Collect(r.Ranking.Marks.All())
	for i := range marks {
		if marks[i].Status == MarkDropped {
			marks[i].Status = MarkCounted
		}
	}
	r.Marking.Marks = Of(marks)
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
