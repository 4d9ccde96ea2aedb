package table

import (
	"fmt"
	"slices"

	"lianheti/templates"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Round is all that one run knows of a batch: what the next run is compared with.
type Round struct {
	Facts     *Facts
	Judgement *Judgement
	Ranking   *Ranking
}

// later are tables that earlier programs did not publish: where they are not, they are empty.
var later = []string{"scales", "lapses"}

// Restore makes a round of tables that were published, by name. What is not published (contacts) is not there. An error names the
// table that is missing or of another make. The round holds the records; its Release lets go of them.
func Restore(mem memory.Allocator, d *templates.Definition, records map[string]arrow.Record) (*Round, error) {
	r := &Round{Facts: &Facts{Definition: d}, Judgement: &Judgement{}, Ranking: &Ranking{}}
	r.Facts.Contacts = Of[Contact](mem, nil)
	for _, holder := range []any{r.Facts, r.Judgement, r.Ranking} {
		for name, t := range tablesOf(holder) {
			if described := d.Table(name); described != nil && described.Internal {
				continue
			}
			if _, there := records[name]; !there && slices.Contains(later, name) {
				t.clear(mem)
				continue
			}
			if err := restore(records, name, t); err != nil {
				r.Release()
				return nil, err
			}
		}
	}
	var notes Table[Note]
	defer notes.Release()
	err := restore(records, "submissions", &r.Judgement.Verdicts) // whose columns they share
	if err == nil {
		err = restore(records, "file_notes", &notes)
	}
	if err == nil {
		r.Facts.Reading, err = readingOf(notes)
	}
	if err != nil {
		r.Release()
		return nil, err
	}
	r.separate(mem)
	return r, nil
}

// separate parts what is published together: the experts' workbooks stand among the files, and their marks with what scoring
// made of them.
func (r *Round) separate(mem memory.Allocator) {
	files := map[string]*Builder[File]{RoleSubmission: NewBuilder[File](mem), RoleMarks: NewBuilder[File](mem)}
	for f := range r.Facts.Files.All() {
		if f.Role != RoleMarks {
			f.Role = RoleSubmission
		}
		files[f.Role].Append(f)
	}
	r.Facts.Files.Release()
	r.Facts.Files, r.Facts.Marking.Files = files[RoleSubmission].Finish(), files[RoleMarks].Finish()
	marks := NewBuilder[Mark](mem)
	for m := range r.Ranking.Marks.All() {
		if m.Status == MarkDropped {
			m.Status = MarkCounted
		}
		marks.Append(m)
	}
	r.Facts.Marking.Marks = marks.Finish()
}

// Release frees all tables.
func (r *Round) Release() {
	r.Facts.Release()
	r.Judgement.Release()
	r.Ranking.Release()
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
